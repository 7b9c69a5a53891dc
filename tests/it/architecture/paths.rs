//! Which paths a source file spells out, read from its text: in macros too, which a parser would not look into.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::Chars;

/// The beginnings of a file's paths.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Paths {
    /// What follows `crate::`, or as many `super::` as lead there.
    pub(super) rooms: BTreeSet<String>,
    /// What begins any path.
    pub(super) crates: BTreeSet<String>,
}

impl Paths {
    /// Reads the text of a module that lies so many levels below the root of its crate.
    pub(super) fn read(text: &str, depth: usize) -> Self {
        let tokens = tokens(text);
        let mut paths = Self::default();
        // For each inline module around here, how many braces were open before its own.
        let mut modules = Vec::new();
        let mut braces = 0;
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let next = |by: usize| tokens.get(at + by).map_or("", String::as_str);
            match token.as_str() {
                "{" => braces += 1,
                "}" => {
                    braces -= 1;
                    modules.retain(|before| *before < braces);
                }
                "mod" if next(2) == "{" => modules.push(braces),
                word if is_word(word) && next(1) == "::" && (at == 0 || tokens[at - 1] != "::") => {
                    paths.crates.insert(word.to_owned());
                    let supers = tokens[at..].chunks(2).take_while(|pair| *pair == ["super", "::"]).count();
                    let inner = if word == "crate" { 1 } else { supers };
                    if word == "crate" || supers > 0 && supers >= depth + modules.len() {
                        paths.rooms.extend(heads(&tokens[at + 2 * inner..]));
                    }
                }
                _ => {}
            }
            at += 1;
        }
        paths
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The first words of what follows `crate::`: one, or those of a group.
fn heads(tokens: &[String]) -> Vec<String> {
    let Some(first) = tokens.first() else { return Vec::new() };
    if first != "{" {
        return vec![first.clone()];
    }
    let mut open = 0;
    let mut heads = Vec::new();
    let mut begins = false;
    for token in tokens {
        match token.as_str() {
            "{" => open += 1,
            "}" => open -= 1,
            word if begins && open == 1 => heads.push(word.to_owned()),
            _ => {}
        }
        if open == 0 {
            break;
        }
        begins = open == 1 && (token == "{" || token == ",");
    }
    heads
}

/// Words, `::` and single signs; comments, strings and characters are left out.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '/' if rest.peek() == Some(&'/') => rest.by_ref().take_while(|c| *c != '\n').for_each(drop),
            '"' => skip_string(&mut rest),
            '\'' => skip_character(&mut rest),
            'r' if is_raw_string(&rest) => skip_raw_string(&mut rest),
            c if c.is_alphanumeric() || c == '_' => {
                let mut word = String::from(c);
                while let Some(c) = rest.next_if(|c| c.is_alphanumeric() || *c == '_') {
                    word.push(c);
                }
                tokens.push(word);
            }
            ':' if rest.next_if_eq(&':').is_some() => tokens.push("::".to_owned()),
            c if c.is_whitespace() => {}
            c => tokens.push(c.to_string()),
        }
    }
    tokens
}

fn skip_string(rest: &mut Peekable<Chars<'_>>) {
    while let Some(c) = rest.next() {
        match c {
            '\\' => drop(rest.next()),
            '"' => return,
            _ => {}
        }
    }
}

/// Skips a character, but not what follows the name of a lifetime.
fn skip_character(rest: &mut Peekable<Chars<'_>>) {
    let mut ahead = rest.clone();
    match (ahead.next(), ahead.next()) {
        (Some('\\'), _) => {
            rest.nth(1);
            rest.by_ref().take_while(|c| *c != '\'').for_each(drop);
        }
        (Some(_), Some('\'')) => drop(rest.nth(1)),
        _ => {}
    }
}

fn is_raw_string(rest: &Peekable<Chars<'_>>) -> bool {
    rest.clone().find(|c| *c != '#') == Some('"')
}

fn skip_raw_string(rest: &mut Peekable<Chars<'_>>) {
    let hashes = rest.by_ref().take_while(|c| *c == '#').count();
    loop {
        if rest.by_ref().all(|c| c != '"') || rest.clone().take(hashes).filter(|c| *c == '#').count() == hashes {
            return rest.by_ref().take(hashes).for_each(drop);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rooms(text: &str, depth: usize) -> Vec<String> {
        Paths::read(text, depth).rooms.into_iter().collect()
    }

    #[test]
    fn rooms_are_found_in_imports_groups_expressions_and_macros() {
        let text = "use crate::a::{B, C};\nuse crate::{d, e::{self, F}, g as h};\nfn i() { crate::j::k() }\n
            macro_rules! l { () => { $crate::m::n } }\npub(crate) mod o;";
        assert_eq!(rooms(text, 1), ["a", "d", "e", "g", "j", "m"]);
    }

    #[test]
    fn supers_lead_to_rooms_only_where_they_reach_the_root() {
        assert_eq!(rooms("use super::a; use super::super::b; use super::super::{c, d};", 2), ["b", "c", "d"]);
        let inline =
            "use super::a; mod tests { use super::*; use super::b; fn f() {} use super::super::c; } use super::d;";
        assert_eq!(rooms(inline, 1), ["a", "c", "d"]);
    }

    #[test]
    fn comments_strings_and_characters_name_no_room() {
        let text = r##"// crate::a
            /// crate::b
            const C: &str = "crate::c \" crate::d"; const D: &str = r#"" crate::e"#;
            const Q: char = '"'; const E: char = '\''; fn f<'a>(x: &'a str) { crate::z() } const H: char = '\u{1b}';"##;
        assert_eq!(rooms(text, 1), ["z"]);
    }

    #[test]
    fn crates_are_found_where_paths_begin() {
        let crates = Paths::read("use aws_a::b; let x = c::aws_d::e(); aws_f::g()", 1).crates;
        assert_eq!(crates.into_iter().collect::<Vec<_>>(), ["aws_a", "aws_f", "c"]);
    }
}
