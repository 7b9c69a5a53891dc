//! What a hook prints, on its way to the log: line by line, harmless, and not too much of it.

use crate::model::Text;

/// How much of a hook's output goes to the log, in bytes.
pub(super) const LOGGED: usize = 8 * 1024;

/// Where a line is broken that does not end, in bytes: the log keeps fewer characters of it.
const LONGEST: usize = 2 * 1024;

/// One stream of output, taken in piece by piece.
#[derive(Debug, Default)]
pub(super) struct Lines {
    line: Vec<u8>,
    taken: usize,
    /// How many bytes came after it was enough.
    pub(super) left_out: u64,
}

impl Lines {
    /// Takes a piece in. Returns the lines that end in it, without those that hold nothing.
    pub(super) fn take(&mut self, piece: &[u8]) -> Vec<Text> {
        let (piece, rest) = piece.split_at_checked(LOGGED - self.taken).unwrap_or((piece, &[]));
        self.taken += piece.len();
        self.left_out += rest.len() as u64;
        let mut lines = Vec::new();
        for byte in piece {
            if *byte == b'\n' {
                lines.extend(self.end());
            } else {
                self.line.push(*byte);
                if self.line.len() >= LONGEST {
                    lines.extend(self.end());
                }
            }
        }
        lines
    }

    /// What stands on the line that has begun.
    pub(super) fn end(&mut self) -> Option<Text> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end();
        (!line.is_empty()).then(|| Text::new(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(lines: &mut Lines, pieces: &[&[u8]]) -> Vec<String> {
        let mut taken: Vec<Text> = pieces.iter().flat_map(|piece| lines.take(piece)).collect();
        taken.extend(lines.end());
        taken.into_iter().map(String::from).collect()
    }

    #[test]
    fn lines_are_whole_however_they_arrive_and_the_last_needs_no_end() {
        let mut lines = Lines::default();
        assert_eq!(taken(&mut lines, &[b"on", b"e\r\n\n \ntw", "o ✓".as_bytes()]), ["one", "two ✓"]);
        assert_eq!(lines.left_out, 0);
    }

    #[test]
    fn what_would_act_on_a_terminal_is_escaped_and_bytes_that_are_no_text_are_replaced() {
        assert_eq!(taken(&mut Lines::default(), &[b"a\x1b[2Jb\r\xff\n"]), ["a\\u{1b}[2Jb\\u{d}\u{fffd}"]);
    }

    #[test]
    fn neither_a_line_without_end_nor_output_without_end_is_kept() {
        let mut lines = Lines::default();
        let piece = [b'x'; 1000];
        let mut told = Vec::new();
        for _ in 0..1000 {
            told.extend(lines.take(&piece));
            assert!(lines.line.len() < LONGEST);
        }
        assert_eq!(told.len(), LOGGED / LONGEST);
        assert_eq!(lines.end(), None);
        assert_eq!(lines.left_out, 1_000_000 - LOGGED as u64);
    }
}
