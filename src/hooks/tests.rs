//! Hooks as real processes.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use rustix::fs::{CWD, FileType, Mode as Permissions, mknodat};
use serde_json::json;
use tempfile::TempDir;
use tracing::Level;
use tracing::subscriber::DefaultGuard;

use super::*;
use crate::config::{Mode, Occasion};
use crate::model::Text;
use crate::plan::{Action, Gate, State, Step};
use crate::protocol::{NumberedStep, StepNumber};

/// Longer than any of this takes.
const LONG: Duration = Duration::from_mins(1);

/// A folder for scripts and what they write, and the log.
struct Bench {
    folder: TempDir,
    log: Arc<Mutex<Vec<u8>>>,
    _guard: DefaultGuard,
}

impl Bench {
    fn new() -> Self {
        let log = Arc::new(Mutex::new(Vec::new()));
        let writer = {
            let log = Arc::clone(&log);
            move || Writer(Arc::clone(&log))
        };
        let subscriber = tracing_subscriber::fmt().with_writer(writer).with_max_level(Level::DEBUG).with_ansi(false);
        let guard = tracing::subscriber::set_default(subscriber.without_time().finish());
        Self { folder: tempfile::tempdir().unwrap(), log, _guard: guard }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn log(&self) -> String {
        String::from_utf8(self.log.lock().unwrap().clone()).unwrap()
    }

    /// A script that runs in the folder.
    fn script(&self, lines: &str) -> PathBuf {
        let file = self.path("hook script");
        fs::write(&file, format!("#!/bin/sh\ncd '{}'\n{lines}\n", self.folder.path().display())).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        file
    }

    /// A named pipe, and what tells when everything that opened it for writing has ended.
    fn pipe(&self, name: &str) -> thread::JoinHandle<()> {
        let path = self.path(name);
        mknodat(CWD, &path, FileType::Fifo, Permissions::RWXU, 0).unwrap();
        thread::spawn(move || {
            let mut read = Vec::new();
            fs::File::open(path).unwrap().read_to_end(&mut read).unwrap();
        })
    }
}

struct Writer(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn change() -> Change {
    Change {
        occasion: Occasion::Draining,
        machine: "train".parse().unwrap(),
        spot_request: "sir-y1a23b4c".parse().unwrap(),
        instance: Some("i-0ab12cd3".parse().unwrap()),
        address: Some([203, 0, 113, 7].into()),
        state: State::Waiting,
        reason: "$(touch owned) `x` \"quoted\" it's\u{1b}[31m\nover".to_owned(),
        step: None,
        mode: Mode::Auto,
        region: Text::new("us-east-1"),
        at: "2026-11-24T12:00:00Z".parse().unwrap(),
    }
}

fn asked() -> Change {
    let action = Action::Reboot { instance: "i-0ab12cd3".parse().unwrap(), volumes: vec![] };
    let step = Step {
        machine: "train".parse().unwrap(),
        action,
        why: "its home is attached".to_owned(),
        gate: Gate::Ask("confirm mode asks".to_owned()),
        demanded: false,
    };
    let step = NumberedStep { number: StepNumber(17), since: change().at, step };
    Change { occasion: Occasion::NeedsApproval, step: Some(step), instance: None, address: None, ..change() }
}

fn job(program: &Path, arguments: &[&str], timeout: Duration) -> Job {
    let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    Job { command: CommandLine { program: program.to_owned(), arguments }, timeout, change: change() }
}

#[tokio::test]
async fn arguments_arrive_word_for_word_and_no_shell_reads_anything() {
    let bench = Bench::new();
    let script = bench.script("for word; do printf '[%s]' \"$word\" >> words; done");
    let words = ["a b", "c'd\"", "", "$HOME", "*", "; touch owned", "line\nline", "~/x"];
    run::run(job(&script, &words, LONG)).await;
    assert_eq!(bench.read("words"), words.map(|word| format!("[{word}]")).concat());
    assert!(!bench.path("owned").exists());
    assert!(bench.log().contains("the hook for draining ended well"), "{}", bench.log());
}

#[tokio::test]
async fn what_happened_is_on_standard_input_as_one_line_of_json() {
    let bench = Bench::new();
    let script = bench.script("cat > told");
    run::run(job(&script, &[], LONG)).await;
    let told = bench.read("told");
    assert_eq!(told.lines().count(), 1, "{told}");
    let reason = "$(touch owned) `x` \"quoted\" it's\\u{1b}[31m\\u{a}over";
    let expected = json!({
        "event": "draining", "machine": "train", "message": format!("train: draining: {reason}"), "reason": reason,
        "state": "waiting", "mode": "auto", "time": "2026-11-24T12:00:00Z", "region": "us-east-1",
        "spot_request": "sir-y1a23b4c", "instance": "i-0ab12cd3", "address": "203.0.113.7", "step": null,
    });
    assert_eq!(serde_json::from_str::<serde_json::Value>(&told).unwrap(), expected);
}

#[tokio::test]
async fn a_step_that_waits_for_a_yes_is_told_in_full() {
    let bench = Bench::new();
    let script = bench.script("cat > told; printf %s \"$SPOTKEEPER_STEP|$SPOTKEEPER_INSTANCE|\" > step");
    run::run(Job { change: asked(), ..job(&script, &[], LONG) }).await;
    let told: serde_json::Value = serde_json::from_str(&bench.read("told")).unwrap();
    let expected = json!({
        "number": 17, "what": "reboot i-0ab12cd3", "action": "reboot", "instance": "i-0ab12cd3", "volumes": [],
        "why": "its home is attached", "gate": "ask", "because": "confirm mode asks",
    });
    assert_eq!(told["step"], expected);
    assert_eq!((&told["event"], &told["instance"]), (&json!("needs-approval"), &json!(null)));
    assert_eq!(bench.read("step"), "17: reboot i-0ab12cd3||");
}

#[tokio::test]
async fn the_same_stands_in_variables() {
    let bench = Bench::new();
    let script = bench.script("env | grep '^SPOTKEEPER_' | sort > variables");
    run::run(job(&script, &[], LONG)).await;
    let reason = "$(touch owned) `x` \"quoted\" it's\\u{1b}[31m\\u{a}over";
    let expected = format!(
        "SPOTKEEPER_ADDRESS=203.0.113.7\nSPOTKEEPER_EVENT=draining\nSPOTKEEPER_INSTANCE=i-0ab12cd3\n\
         SPOTKEEPER_MACHINE=train\nSPOTKEEPER_MESSAGE=train: draining: {reason}\nSPOTKEEPER_MODE=auto\n\
         SPOTKEEPER_REASON={reason}\nSPOTKEEPER_REGION=us-east-1\nSPOTKEEPER_SPOT_REQUEST=sir-y1a23b4c\n\
         SPOTKEEPER_STATE=waiting\nSPOTKEEPER_STEP=\nSPOTKEEPER_TIME=2026-11-24T12:00:00Z\n"
    );
    assert_eq!(bench.read("variables"), expected);
    assert!(!bench.path("owned").exists());
}

#[tokio::test]
async fn a_hook_that_takes_too_long_is_killed_with_everything_that_it_started() {
    let bench = Bench::new();
    let ended = bench.pipe("alive");
    let script = bench.script("exec 3> alive\ntrap '' TERM INT HUP\n(trap '' TERM; sleep 1000) &\nsleep 1000");
    run::run(job(&script, &[], Duration::from_millis(500))).await;
    ended.join().unwrap();
    assert!(bench.log().contains("did not end within"), "{}", bench.log());
}

#[tokio::test]
async fn what_a_hook_leaves_in_the_background_may_go_on_when_it_has_closed_the_output() {
    let bench = Bench::new();
    let done = bench.pipe("done");
    let script = bench.script("(read -r go < go; exec 3> done) < /dev/null > /dev/null 2>&1 &");
    mknodat(CWD, bench.path("go"), FileType::Fifo, Permissions::RWXU, 0).unwrap();
    run::run(job(&script, &[], LONG)).await;
    assert!(bench.log().contains("ended well"), "{}", bench.log());
    fs::OpenOptions::new().write(true).open(bench.path("go")).unwrap().write_all(b"go\n").unwrap();
    done.join().unwrap();
}

#[tokio::test]
async fn a_hook_has_neither_a_terminal_nor_the_session_of_one() {
    let bench = Bench::new();
    let script =
        bench.script("test -t 0 || test -t 1 || test -t 2 || sed 's/.*) //' /proc/$$/stat > stat; echo $$ > id");
    run::run(job(&script, &[], LONG)).await;
    // After the name: state, parent, group, session, terminal (proc(5)).
    let stat = bench.read("stat");
    let fields: Vec<&str> = stat.split(' ').collect();
    let id = bench.read("id");
    assert_eq!((fields[2], fields[3], fields[4]), (id.trim(), id.trim(), "0"), "{stat}");
}

#[tokio::test]
async fn both_outputs_go_to_the_log_line_by_line_and_harmless() {
    let bench = Bench::new();
    let script = bench.script("printf 'one\\n\\033[2Jtwo\\n'; echo three >&2");
    run::run(job(&script, &[], LONG)).await;
    let log = bench.log();
    for line in
        ["hook draining: one machine=", "hook draining: \\u{1b}[2Jtwo machine=", "hook draining: three machine="]
    {
        assert!(log.contains(line), "{line}: {log}");
    }
}

#[tokio::test]
async fn endless_output_is_read_and_not_kept() {
    let bench = Bench::new();
    let script = bench.script("head -c 3000000 /dev/zero | tr '\\0' x; echo; echo end");
    run::run(job(&script, &[], LONG)).await;
    let log = bench.log();
    assert!(log.len() < 3 * output::LOGGED, "{}", log.len());
    assert!(log.contains("bytes more") && log.contains("ended well"), "{log}");
}

#[tokio::test]
async fn a_failure_says_how_and_what_to_do() {
    let bench = Bench::new();
    let script = bench.script("echo no such topic >&2; exit 22");
    run::run(job(&script, &["secret"], LONG)).await;
    let log = bench.log();
    assert!(log.contains("hook draining: no such topic"), "{log}");
    assert!(log.contains("the hook for draining failed with exit status: 22"), "{log}");
    assert!(log.contains("try it by hand"), "{log}");
    assert!(!log.contains("secret"), "{log}");
}

#[tokio::test]
async fn a_program_that_cannot_be_started_is_told_with_what_to_do() {
    let bench = Bench::new();
    run::run(job(Path::new("/nowhere/tell-me"), &[], LONG)).await;
    let plain = bench.path("plain");
    fs::write(&plain, "text").unwrap();
    run::run(job(&plain, &[], LONG)).await;
    let log = bench.log();
    assert!(log.contains("could not start the hook for draining: /nowhere/tell-me: No such file"), "{log}");
    assert!(log.contains("installed and in PATH?"), "{log}");
    assert!(log.contains("let this user execute it"), "{log}");
}

#[tokio::test]
async fn a_hook_that_never_reads_what_it_is_told_ends_all_the_same() {
    let bench = Bench::new();
    let large = Change { reason: "x".repeat(100_000), ..change() };
    let script = bench.script("exit 0");
    run::run(Job { change: large.clone(), ..job(&script, &[], LONG) }).await;
    assert!(bench.log().contains("ended well"), "{}", bench.log());
    let script = bench.script("exec 3> alive\nsleep 1000");
    let ended = bench.pipe("alive");
    run::run(Job { change: large, ..job(&script, &[], Duration::from_millis(300)) }).await;
    ended.join().unwrap();
}

#[tokio::test]
async fn a_hook_that_hangs_holds_nobody_up_and_too_many_are_dropped_with_a_word() {
    let bench = Bench::new();
    let quick = bench.script("echo x >> ran");
    let hangs = PathBuf::from("sleep");
    let hooks = |program: &Path, argument: &str| Configured {
        commands: [(
            Occasion::Draining,
            CommandLine { program: program.to_owned(), arguments: vec![argument.to_owned()] },
        )]
        .into(),
        timeout: LONG,
    };
    let mut runner = Runner::default();
    (1..AT_ONCE).for_each(|_| runner.take(change(), &hooks(&hangs, "1000")));
    runner.take(change(), &hooks(&quick, ""));
    runner.take(change(), &hooks(&quick, ""));
    assert_eq!((runner.running.len(), runner.waiting.len()), (AT_ONCE, 1));
    for ended in 1..=2 {
        runner.running.join_next().await.unwrap().unwrap();
        runner.begin();
        assert_eq!(bench.read("ran").lines().count(), ended);
    }
    (0..=WAITING).for_each(|_| runner.take(change(), &hooks(&hangs, "1000")));
    assert!(!bench.log().contains("is not run"), "{}", bench.log());
    runner.take(change(), &hooks(&hangs, "1000"));
    assert!(bench.log().contains("the hook for draining is not run: 8 others run and 64 wait"), "{}", bench.log());
    // Other occasions have no hook: nothing is dropped, and nothing said.
    let before = bench.log();
    runner.take(asked(), &hooks(&hangs, "1000"));
    assert_eq!(bench.log(), before);
}

#[tokio::test]
async fn leaving_waits_for_what_runs_but_not_longer_than_its_timeout() {
    let bench = Bench::new();
    let hook = |program: PathBuf, timeout| Configured {
        commands: [(Occasion::Draining, CommandLine { program, arguments: Vec::new() })].into(),
        timeout,
    };
    let mut runner = Runner::default();
    runner.take(change(), &hook(bench.script("sleep 0.3; echo done > done"), LONG));
    let began = Instant::now();
    runner.finish().await;
    assert_eq!(bench.read("done"), "done\n");
    assert!(began.elapsed() < LONG / 2);

    let ended = bench.pipe("alive");
    let mut runner = Runner::default();
    runner.take(change(), &hook(bench.script("exec 3> alive\nsleep 1000"), Duration::from_millis(300)));
    runner.finish().await;
    ended.join().unwrap();
}

#[test]
fn programs_that_are_not_there_are_named_before_they_are_needed() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain");
    fs::write(&plain, "text").unwrap();
    let command = |program: PathBuf| CommandLine { program, arguments: Vec::new() };
    let hooks = Configured {
        commands: [
            (Occasion::Ready, command("/bin/sh".into())),
            (Occasion::Healed, command("sh".into())),
            (Occasion::Draining, command("notify-send hello".into())),
            (Occasion::Blocked, command(plain.clone())),
        ]
        .into(),
        timeout: LONG,
    };
    let missing = missing(&hooks);
    assert_eq!(missing.len(), 2, "{missing:?}");
    assert!(
        missing[0].starts_with("the hook for draining cannot run: there is no notify-send hello in"),
        "{missing:?}"
    );
    assert!(missing[1].contains(&format!("{} is no file that this user may execute", plain.display())), "{missing:?}");
}

const DOCUMENT: &str = include_str!("../../docs/hooks.md");

#[test]
fn every_field_and_every_variable_stands_in_the_document_and_nothing_else_does() {
    let mut documented: Vec<(String, String)> = Vec::new();
    for row in DOCUMENT.lines().filter(|row| row.contains("| `SPOTKEEPER_")) {
        let [_, field, variable, ..] = row.split('|').collect::<Vec<_>>()[..] else { panic!("{row}") };
        documented.push((field.trim().trim_matches('`').to_owned(), variable.trim().trim_matches('`').to_owned()));
    }
    let json: serde_json::Value = serde_json::from_str(&payload::json(&asked()).unwrap()).unwrap();
    let mut fields: Vec<String> = json.as_object().unwrap().keys().cloned().collect();
    let variables: Vec<&str> = payload::variables(&asked()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(documented.iter().map(|(_, variable)| variable.as_str()).collect::<Vec<_>>(), variables);
    let mut documented: Vec<String> = documented.into_iter().map(|(field, _)| field).collect();
    documented.sort_unstable();
    fields.sort_unstable();
    assert_eq!(documented, fields);
    let shown = DOCUMENT.lines().find(|line| line.starts_with("{\"event\"")).unwrap();
    let shown: serde_json::Value = serde_json::from_str(shown).unwrap();
    assert!(shown.as_object().unwrap().keys().eq(json.as_object().unwrap().keys()), "{shown}");
    assert!(shown["step"].as_object().unwrap().keys().eq(json["step"].as_object().unwrap().keys()), "{shown}");
}

#[test]
fn every_configuration_in_the_document_is_one() {
    let machine = "[[machine]]\nname = \"train\"\nspot_request = \"sir-y1a23b4c\"\n[[machine.volume]]\n\
                   id = \"vol-e123456f\"\ndevice = \"/dev/sdp\"\n";
    let home = crate::config::Environment { home: Some("/home/me".into()), ..Default::default() };
    let blocks: Vec<&str> = DOCUMENT.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), 5);
    for block in blocks {
        let heading = if block.starts_with('[') { "" } else { "[hooks]\n" };
        let parsed = crate::config::parse("hooks.md", &format!("{heading}{block}{machine}"), &home);
        let config = parsed.unwrap_or_else(|error| panic!("{error}"));
        for CommandLine { program, .. } in config.hooks.commands.values() {
            let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/hooks").join(program.file_name().unwrap());
            assert!(which::which(shipped).is_ok(), "{}", program.display());
        }
    }
}
