//! What the prepare script says on the console. The console is text from a guest: anybody may write there.

use serde::{Deserialize, Serialize};

use super::recipe::Run;
use crate::model::Text;

/// How preparing ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// The home is on the volume, and the image will mount it.
    Ok {
        /// The file system's UUID.
        uuid: Text,
        /// How many files were copied.
        files: u64,
        /// How many bytes.
        bytes: u64,
        /// Whether all of it had been done before.
        already: bool,
    },
    /// It will not touch this disk.
    Refused {
        /// One word, such as `has-data`.
        reason: Text,
        /// A sentence.
        sentence: Text,
    },
    /// It tried and could not; it may be tried again.
    Failed {
        /// In which step.
        step: Text,
        /// A sentence.
        sentence: Text,
    },
    /// The builder stopped, and its console never said anything.
    Missing,
}

/// What the console says so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The step that it came to.
    pub step: Option<Text>,
    /// What it waits for, when that is the last that it said.
    pub waits_for: Option<Text>,
    /// How it ended.
    pub verdict: Option<Verdict>,
}

/// The steps that the script announces.
const STEPS: [&str; 7] = ["find", "partition", "format", "copy", "verify", "fstab", "switch"];

/// Reads the console's output for the lines of this run. Whatever else stands there is passed over, and so is a line of
/// this run that is not as the script writes it. Of several verdicts the last one counts: the script may have been run
/// again.
#[must_use]
pub fn read_console(run: &Run, console: &str) -> Report {
    let mark = format!("spotkeeper-prepare {run} ");
    let mut report = Report::default();
    for line in console.split(['\n', '\r']) {
        let Some((_, said)) = line.rsplit_once(&mark) else { continue };
        let (word, rest) = said.split_once(' ').unwrap_or((said, ""));
        match word {
            "step" if STEPS.contains(&rest.trim()) => {
                report.step = Some(Text::new(rest.trim()));
                report.waits_for = None;
            }
            "wait" => report.waits_for = Some(Text::new(rest.trim())).filter(|text| !text.is_empty()),
            _ => {
                if let Some(verdict) = verdict(word, rest) {
                    report.waits_for = None;
                    report.verdict = Some(verdict);
                }
            }
        }
    }
    report
}

fn verdict(word: &str, rest: &str) -> Option<Verdict> {
    match word {
        "ok" => ok(rest),
        "refused" => {
            let (reason, sentence) = worded(rest)?;
            Some(Verdict::Refused { reason, sentence })
        }
        "failed" => {
            let (step, sentence) = worded(rest)?;
            Some(Verdict::Failed { step, sentence })
        }
        _ => None,
    }
}

fn ok(rest: &str) -> Option<Verdict> {
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let field = |key: &str| fields.iter().find_map(|field| field.strip_prefix(key)?.strip_prefix('='));
    let uuid = field("uuid").filter(|uuid| is_uuid(uuid))?;
    let already = fields.contains(&"already");
    let number = |key: &str| field(key).and_then(|number| number.parse().ok());
    let (files, bytes) = match (number("files"), number("bytes")) {
        (Some(files), Some(bytes)) => (files, bytes),
        // What was done before is not counted again.
        (files, bytes) if already => (files.unwrap_or(0), bytes.unwrap_or(0)),
        _ => return None,
    };
    Some(Verdict::Ok { uuid: Text::new(uuid), files, bytes, already })
}

/// `WORD: sentence`.
fn worded(rest: &str) -> Option<(Text, Text)> {
    let (word, sentence) = rest.split_once(':')?;
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let is_word = (1..=32).contains(&word.len()) && word.bytes().all(good);
    is_word.then(|| (Text::new(word), Text::new(sentence.trim())))
}

fn is_uuid(text: &str) -> bool {
    let hex = |part: &str, length: usize| part.len() == length && part.bytes().all(|b| b.is_ascii_hexdigit());
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == 5 && parts.iter().zip([8, 4, 4, 4, 12]).all(|(part, length)| hex(part, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "12a3456b-7890-43de-b855-62b2bce28cd9";

    fn run() -> Run {
        Run::new(0x3f1c_9a2b_7d5e_4f60)
    }

    fn read(console: &str) -> Report {
        read_console(&run(), console)
    }

    #[test]
    fn steps_and_waiting_are_told_and_the_verdict_ends_them() {
        let begun = "[    0.0] Linux\r\n[ 9.1] cloud-init[99]: spotkeeper-prepare 3f1c9a2b7d5e4f60 step find\r\n";
        assert_eq!(read(begun).step, Some("find".into()));
        let waits = format!("{begun}spotkeeper-prepare 3f1c9a2b7d5e4f60 wait the disk of vol-1\n[ 10.0] usb noise\n");
        assert_eq!(read(&waits).waits_for, Some("the disk of vol-1".into()));
        let done = format!("{waits}spotkeeper-prepare 3f1c9a2b7d5e4f60 ok uuid={UUID} files=12 bytes=3456\n");
        let report = read(&done);
        let verdict = Verdict::Ok { uuid: UUID.into(), files: 12, bytes: 3456, already: false };
        assert_eq!((report.verdict, report.waits_for), (Some(verdict), None));
    }

    #[test]
    fn done_before_refused_and_failed_are_told_apart() {
        let said = |rest: &str| read(&format!("x spotkeeper-prepare 3f1c9a2b7d5e4f60 {rest}")).verdict.unwrap();
        assert!(matches!(said(&format!("ok uuid={UUID} already")), Verdict::Ok { already: true, files: 0, .. }));
        let refused = Verdict::Refused { reason: "has-data".into(), sentence: "it has a file system".into() };
        assert_eq!(said("refused has-data: it has a file system"), refused);
        let failed = Verdict::Failed { step: "copy".into(), sentence: "no-space: the volume is full".into() };
        assert_eq!(said("failed copy: no-space: the volume is full"), failed);
    }

    #[test]
    fn another_run_a_forged_or_a_broken_line_says_nothing() {
        for silent in [
            &format!("spotkeeper-prepare 0000000000000000 ok uuid={UUID} files=1 bytes=1"),
            "spotkeeper-prepare 3f1c9a2b7d5e4f60",
            "spotkeeper-prepare 3f1c9a2b7d5e4f60 ok",
            "spotkeeper-prepare 3f1c9a2b7d5e4f60 ok uuid=1 files=1 bytes=1",
            &format!("spotkeeper-prepare 3f1c9a2b7d5e4f60 ok uuid={UUID} files=-1 bytes=1"),
            &format!("spotkeeper-prepare 3f1c9a2b7d5e4f60 ok uuid={UUID} files=1"),
            "spotkeeper-prepare 3f1c9a2b7d5e4f60 refused Has Data: no",
            "spotkeeper-prepare 3f1c9a2b7d5e4f60 step rm -rf",
            "spotkeeper-prepare 3f1c9a2b7d5e4f60 refused",
        ] {
            assert_eq!(read(silent), Report::default(), "{silent}");
        }
    }

    #[test]
    fn what_a_hostile_guest_writes_never_acts() {
        let console = "spotkeeper-prepare 3f1c9a2b7d5e4f60 failed copy: \u{1b}[2J\u{202e}gone \u{0}\n\u{fffd}\u{fffd}";
        let Some(Verdict::Failed { sentence, .. }) = read(console).verdict else { panic!() };
        assert_eq!(sentence.as_str(), r"\u{1b}[2J\u{202e}gone \u{0}");
        let long = format!("spotkeeper-prepare 3f1c9a2b7d5e4f60 wait {}", "x".repeat(100_000));
        assert!(read(&long).waits_for.unwrap().as_str().len() < 1_000);
    }

    #[test]
    fn the_last_verdict_counts() {
        let console = format!(
            "spotkeeper-prepare 3f1c9a2b7d5e4f60 failed copy: power\nspotkeeper-prepare 3f1c9a2b7d5e4f60 ok uuid={UUID} \
             files=1 bytes=2\n"
        );
        assert!(matches!(read(&console).verdict, Some(Verdict::Ok { .. })));
    }
}
