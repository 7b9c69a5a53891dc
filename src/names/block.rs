//! The managed block in a file of which nothing else is ours: bytes in, the same bytes out.

use std::borrow::Cow;

use thiserror::Error;

const BEGIN: &str = "# BEGIN spotkeeper";
const END: &str = "# END spotkeeper";
const BEGIN_LINE: &[u8] = b"# BEGIN spotkeeper (managed: edits between these lines are lost)\n";
const END_LINE: &[u8] = b"# END spotkeeper\n";
/// Remembers that the text before the block had no newline at its end, so that it can be given back like that.
/// The note stands in a whole line of its own: whoever appends to the file then cannot run into it.
const END_LINE_JOINED: &[u8] = b"# END spotkeeper (no newline before the block)\n";
const JOINED: &str = "(no newline before the block)";

/// A file, cut at the marks of the block.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Document<'a> {
    /// What stands before the block; everything, when there is none.
    pub(super) before: Vec<Line<'a>>,
    /// The block.
    pub(super) block: Option<Block<'a>>,
    /// What stands after the block.
    pub(super) after: Vec<Line<'a>>,
}

/// The block, with its marks as they are written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block<'a> {
    begin: &'a [u8],
    /// The lines between the marks.
    pub(super) lines: Vec<Line<'a>>,
    end: Line<'a>,
}

/// One line of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Its number; the first line of a file is 1.
    pub(super) number: usize,
    /// All its bytes, the newline included.
    pub(super) raw: &'a [u8],
}

impl<'a> Line<'a> {
    /// The line without white space around it. Bytes that are not UTF-8 come out as U+FFFD, which occurs in no id,
    /// name or address and so is never taken for one.
    pub(super) fn text(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.raw.trim_ascii())
    }
}

/// Why a file's block cannot be told from the rest, so that nothing in the file may be changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Damage {
    #[error("line {0} begins spotkeeper's block, but nothing ends it")]
    Unended(usize),
    #[error("line {0} ends spotkeeper's block, but nothing begins it")]
    Unbegun(usize),
    #[error("the marks on lines {} do not make one block of spotkeeper's", join(.0))]
    Muddled(Vec<usize>),
}

fn join(numbers: &[usize]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

enum Mark {
    Begin,
    End,
}

impl<'a> Document<'a> {
    /// Finds the block.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Damage> {
        let mut document = Self { before: Vec::new(), block: None, after: Vec::new() };
        let mut open: Option<(Line<'a>, Vec<Line<'a>>)> = None;
        let mut marks = Vec::new();
        for (index, raw) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
            let line = Line { number: index + 1, raw };
            let mark = mark(&line);
            if mark.is_some() {
                marks.push(line.number);
            }
            match (mark, open.take()) {
                (Some(Mark::Begin), None) => open = Some((line, Vec::new())),
                (Some(Mark::End), Some((begin, lines))) if document.block.is_none() => {
                    document.block = Some(Block { begin: begin.raw, lines, end: line });
                }
                (None, Some((begin, mut lines))) => {
                    lines.push(line);
                    open = Some((begin, lines));
                }
                (None, None) if document.block.is_none() => document.before.push(line),
                (None, None) => document.after.push(line),
                // A mark out of place: their number says it below.
                (Some(_), still_open) => open = still_open,
            }
        }
        match (marks.as_slice(), &document.block) {
            ([], _) | ([_, _], Some(_)) => Ok(document),
            ([only], _) if open.is_some() => Err(Damage::Unended(*only)),
            ([only], _) => Err(Damage::Unbegun(*only)),
            _ => Err(Damage::Muddled(marks)),
        }
    }

    /// The file with this body in its block. An empty body takes the block away, and a file without a block gets one
    /// at its end.
    pub(super) fn with_body(&self, body: &[u8]) -> Vec<u8> {
        let mut out = concat(&self.before);
        match &self.block {
            None if body.is_empty() => {}
            None => {
                let joined = out.last().is_some_and(|&byte| byte != b'\n');
                if joined {
                    out.push(b'\n');
                }
                out.extend_from_slice(BEGIN_LINE);
                out.extend_from_slice(body);
                out.extend_from_slice(if joined { END_LINE_JOINED } else { END_LINE });
            }
            Some(block) if body.is_empty() => {
                // With lines appended behind the block, the newline has become a separator that is needed.
                if self.after.is_empty() && block.is_joined() && out.ends_with(b"\n") {
                    out.pop();
                }
            }
            Some(block) => {
                out.extend_from_slice(block.begin);
                out.extend_from_slice(body);
                out.extend_from_slice(block.end.raw);
            }
        }
        out.extend_from_slice(&concat(&self.after));
        out
    }

    /// The lines that are not ours.
    pub(super) fn outside(&self) -> impl Iterator<Item = &Line<'a>> {
        self.before.iter().chain(&self.after)
    }

    /// The lines between the marks; none without a block.
    pub(super) fn inside(&self) -> &[Line<'a>] {
        self.block.as_ref().map_or(&[], |block| &block.lines)
    }
}

impl Block<'_> {
    fn is_joined(&self) -> bool {
        self.end.text().ends_with(JOINED)
    }
}

/// The bytes of some lines, in a row.
pub(super) fn concat(lines: &[Line<'_>]) -> Vec<u8> {
    lines.iter().flat_map(|line| line.raw).copied().collect()
}

/// What follows the mark may change from version to version; the mark itself may not.
fn mark(line: &Line<'_>) -> Option<Mark> {
    let text = line.text();
    let is = |mark: &str| text.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    if is(BEGIN) {
        Some(Mark::Begin)
    } else if is(END) {
        Some(Mark::End)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn torn_and_doubled_blocks_are_refused_with_their_lines() {
        for (text, damage) in [
            ("a\n# BEGIN spotkeeper\nb\n", Damage::Unended(2)),
            ("a\nb\n# END spotkeeper\n", Damage::Unbegun(3)),
            ("# END spotkeeper\n# BEGIN spotkeeper\n", Damage::Muddled(vec![1, 2])),
            ("# BEGIN spotkeeper\n\n# BEGIN spotkeeper (x)\n# END spotkeeper\n", Damage::Muddled(vec![1, 3, 4])),
            (
                "# BEGIN spotkeeper\n# END spotkeeper\n# BEGIN spotkeeper\n# END spotkeeper",
                Damage::Muddled(vec![1, 2, 3, 4]),
            ),
            ("# BEGIN spotkeeper\n# END spotkeeper\n# END spotkeeper", Damage::Muddled(vec![1, 2, 3])),
        ] {
            assert_eq!(Document::parse(text.as_bytes()), Err(damage), "{text:?}");
        }
        assert_eq!(
            Damage::Muddled(vec![1, 3]).to_string(),
            "the marks on lines 1, 3 do not make one block of spotkeeper's"
        );
    }

    #[test]
    fn marks_are_known_whatever_follows_them_and_however_the_line_ends() {
        let text = b"a\r\n  # BEGIN spotkeeper (of another version)\r\nx\r\n# END spotkeeper\r\nb";
        let document = Document::parse(text).unwrap();
        assert_eq!(concat(document.inside()), b"x\r\n");
        assert_eq!(document.with_body(b"x\r\n"), text);
        assert_eq!(document.with_body(b""), b"a\r\nb");
        assert_eq!(Document::parse(b"# BEGIN spotkeepers\n").map(|it| it.block), Ok(None));
    }

    #[test]
    fn a_file_without_a_final_newline_gets_it_taken_away_again_unless_lines_were_appended() {
        let with = Document::parse(b"a").unwrap().with_body(b"x\n");
        assert_eq!(Document::parse(&with).unwrap().with_body(b""), b"a");
        let appended = [with.as_slice(), b"b"].concat();
        assert_eq!(Document::parse(&appended).unwrap().with_body(b""), b"a\nb");
    }
}
