//! A key file: a table for each scope, and in it the keys of commands.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{APPROVALS, Key, KnownCommand};
use crate::config::{Mistakes, kind, nearest};
use crate::model::Text;

/// Commands without which an operator cannot leave, or cannot find out how.
const NEEDED: [&str; 2] = ["quit", "help"];

/// The keys that a file gives to a command.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) command: KnownCommand,
    pub(super) keys: Vec<Spanned<Key>>,
}

/// Reads a file, and notes what is wrong with each line of it.
pub(super) fn read(document: &DeTable<'_>, known: &[KnownCommand], mistakes: &mut Mistakes) -> Vec<Given> {
    let mut given = Vec::new();
    for (name, value) in document {
        let commands: Vec<KnownCommand> =
            known.iter().filter(|command| command.scope == name.get_ref().as_ref()).copied().collect();
        match value.get_ref().as_table() {
            _ if commands.is_empty() => unknown_scope(name, value, known, mistakes),
            Some(table) => given.extend(read_scope(table, &commands, known, mistakes)),
            None => {
                let title = format!("`{}` is {}, and should be a table", name.get_ref(), kind(value.get_ref()));
                let help = format!("write [{}] once on a line of its own, and its commands below", name.get_ref());
                mistakes.wrong(value.span(), title, help);
            }
        }
    }
    given
}

fn unknown_scope(
    name: &Spanned<impl AsRef<str>>,
    value: &Spanned<DeValue<'_>>,
    known: &[KnownCommand],
    mistakes: &mut Mistakes,
) {
    let (given, scopes) = (name.get_ref().as_ref(), scopes(known));
    let home = known.iter().find(|command| command.name == given).filter(|_| !value.get_ref().is_table());
    let what = if value.get_ref().is_table() { "table" } else { "key" };
    let (title, help) = match (home, nearest(given, scopes.iter().copied())) {
        (Some(command), _) => {
            (format!("`{given}` stands above every table"), format!("write it under [{}]", command.scope))
        }
        (None, Some(near)) => (unknown(what, given), format!("did you mean [{near}]?")),
        (None, None) => {
            let scopes: Vec<_> = scopes.iter().map(|scope| format!("[{scope}]")).collect();
            (unknown(what, given), format!("the tables of a key file are {}", scopes.join(", ")))
        }
    };
    mistakes.wrong(name.span(), title, help);
}

fn unknown(what: &str, given: &str) -> String {
    format!("unknown {what} `{}`", Text::new(given))
}

fn scopes(known: &[KnownCommand]) -> BTreeSet<&'static str> {
    known.iter().map(|command| command.scope).collect()
}

fn read_scope(
    table: &DeTable<'_>,
    commands: &[KnownCommand],
    known: &[KnownCommand],
    mistakes: &mut Mistakes,
) -> Vec<Given> {
    let mut given = Vec::new();
    for (name, value) in table {
        if let Some(command) = commands.iter().find(|command| command.name == name.get_ref().as_ref()) {
            given.push(Given { command: *command, keys: read_keys(*command, value, mistakes) });
        } else {
            let title = unknown("command", name.get_ref());
            mistakes.wrong(name.span(), title, advice(name.get_ref(), commands, known));
        }
    }
    given
}

fn advice(given: &str, commands: &[KnownCommand], known: &[KnownCommand]) -> String {
    if let Some(elsewhere) = known.iter().find(|command| command.name == given) {
        return format!("`{given}` belongs under [{}]", elsewhere.scope);
    }
    if let Some(near) = nearest(given, commands.iter().map(|command| command.name)) {
        return format!("did you mean `{near}`?");
    }
    let names: Vec<_> = commands.iter().map(|command| format!("`{}`", command.name)).collect();
    format!("the commands here are {}", names.join(", "))
}

fn read_keys(command: KnownCommand, value: &Spanned<DeValue<'_>>, mistakes: &mut Mistakes) -> Vec<Spanned<Key>> {
    let items = match value.get_ref() {
        DeValue::Array(items) if items.is_empty() && NEEDED.contains(&command.name) => {
            let title = format!("`{}` has no key, and needs one", command.name);
            mistakes.wrong(value.span(), title, "write at least one, or leave the line out".to_owned());
            return Vec::new();
        }
        DeValue::Array(items) => items.iter().collect(),
        _ => vec![value],
    };
    items.into_iter().filter_map(|item| read_key(command, item, mistakes)).collect()
}

/// A key that stands well where it stands; else the mistake is noted.
fn read_key(command: KnownCommand, value: &Spanned<DeValue<'_>>, mistakes: &mut Mistakes) -> Option<Spanned<Key>> {
    let span = value.span();
    let Some(text) = value.get_ref().as_str() else {
        let title = format!("`{}` is {}, and should be a key in quotes", command.name, kind(value.get_ref()));
        let example = match value.get_ref() {
            DeValue::Integer(number) if number.as_str().len() == 1 => number.as_str(),
            _ => "x",
        };
        mistakes.wrong(
            span,
            title,
            format!("write {0} = \"{example}\", or {0} = [\"{example}\", \"F5\"]", command.name),
        );
        return None;
    };
    let Some(key) = Key::parse(text) else {
        mistakes.wrong(span, format!("`{}` is not a key", Text::new(text)), help_for(text));
        return None;
    };
    match refusal(command, key, text) {
        None => Some(Spanned::new(span, key)),
        Some((title, help)) => {
            mistakes.wrong(span, title, help);
            None
        }
    }
}

/// Why this command cannot have this key, and what would be right; none when it can.
fn refusal(command: KnownCommand, key: Key, text: &str) -> Option<(String, String)> {
    if let Some(why) = key.why_not() {
        return Some((format!("`{}` {why}", Text::new(text)), "choose another key".to_owned()));
    }
    if !command.acting || command.scope == APPROVALS || !key.is_bare_lower_case() {
        return None;
    }
    let title = format!("`{}` changes the world, and cannot be on the bare lower-case key `{key}`", command.name);
    Some((title, format!("choose a key that no hand hits by accident, such as {}", key.to_string().to_uppercase())))
}

fn help_for(text: &str) -> String {
    let joined = text.replace('+', "-");
    match Key::parse(&joined).filter(|_| joined != text) {
        Some(key) => format!("write {key}"),
        None => "a key is written as it is shown, such as x, X, ?, F5, Enter, Shift-Tab, PgUp or Ctrl-d".to_owned(),
    }
}
