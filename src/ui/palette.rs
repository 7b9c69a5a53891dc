//! Commands by their names.

use super::command::{Command, TABLE};

/// The commands whose name or sentence has every typed word in it; those whose name begins with it come first.
pub(crate) fn matches(typed: &str) -> Vec<Command> {
    let typed = typed.trim().to_lowercase();
    let has = |text: &str| typed.split_whitespace().all(|word| text.to_lowercase().contains(word));
    let mut found: Vec<(u8, Command)> = TABLE
        .iter()
        .filter_map(|entry| {
            let rank = match entry.name {
                name if name.starts_with(&typed) => 0,
                name if has(name) => 1,
                _ if has(entry.sentence) => 2,
                _ => return None,
            };
            Some((rank, entry.command))
        })
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, command)| command).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_before_sentences_and_nothing_typed_shows_everything() {
        assert_eq!(matches("").len(), TABLE.len());
        assert_eq!(matches("reb").first(), Some(&Command::RebootNow));
        assert_eq!(matches("copy me"), [Command::CopyMenu]);
        assert!(matches("palette zebra").is_empty());
    }
}
