//! The `[hooks]` table: which command is run on which occasion.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use toml::Spanned;

use super::environment::Environment;
use super::mistake::Mistakes;
use super::rules;
use super::table::Table;

/// How long a hook may take when nobody says.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What people are told of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// It is ready for the first time.
    Ready,
    /// EC2 takes its instance back within two minutes.
    Draining,
    /// A step waits for a yes.
    NeedsApproval,
    /// It cannot go on until somebody mends something.
    Blocked,
    /// It is ready again, after an interruption or after it was blocked.
    Healed,
}

impl Occasion {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Ready, Self::Draining, Self::NeedsApproval, Self::Blocked, Self::Healed];

    /// Its key in the configuration.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::NeedsApproval => "needs_approval",
            other => other.as_str(),
        }
    }

    /// The word that people and hooks are told.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Draining => "draining",
            Self::NeedsApproval => "needs-approval",
            Self::Blocked => "blocked",
            Self::Healed => "healed",
        }
    }
}

impl fmt::Display for Occasion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A program with its arguments, as they are given to the system: no shell reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// An absolute path, with `~` already replaced, or a name that is looked up in `PATH`.
    pub program: PathBuf,
    /// The arguments.
    pub arguments: Vec<String>,
}

/// The `[hooks]` table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hooks {
    /// What is run, by occasion.
    pub commands: BTreeMap<Occasion, CommandLine>,
    /// How long each run may take.
    pub timeout: Duration,
}

impl Default for Hooks {
    fn default() -> Self {
        Self { commands: BTreeMap::new(), timeout: TIMEOUT }
    }
}

/// Reads the table.
pub(super) fn read(table: &Table<'_, '_>, env: &Environment, mistakes: &mut Mistakes) -> Hooks {
    let command = |occasion: Occasion| Some((occasion, command(occasion.key(), table, env, mistakes)?));
    Hooks {
        commands: Occasion::ALL.into_iter().filter_map(command).collect(),
        timeout: table.or("timeout", TIMEOUT, rules::hook_timeout, mistakes),
    }
}

fn command(key: &str, table: &Table<'_, '_>, env: &Environment, mistakes: &mut Mistakes) -> Option<CommandLine> {
    let before = mistakes.0.len();
    let mut words = table.list(key, "/usr/local/bin/tell-me", rules::command_word, mistakes).into_iter();
    // Words that are wrong are missing: then the first of the others is no program.
    let first = words.next().filter(|_| mistakes.0.len() == before)?;
    match rules::program(first.get_ref(), env) {
        Ok(program) => Some(CommandLine { program, arguments: words.map(Spanned::into_inner).collect() }),
        Err(rules::Fault { what, help }) => {
            mistakes.wrong(first.span(), format!("the program of `{key}` {what}"), help);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{EXAMPLE, parse};
    use super::*;

    fn hooks(table: &str) -> Hooks {
        let env = Environment { home: Some("/home/me".into()), ..Environment::default() };
        let source = EXAMPLE.replacen("[hooks]\n", &format!("[hooks]\n{table}\n"), 1);
        parse("config.toml", &source, &env).unwrap_or_else(|error| panic!("{error}")).hooks
    }

    #[test]
    fn arguments_stay_as_they_are_written_and_only_the_program_knows_a_home() {
        let read = hooks(r#"ready = ["~/bin/tell me", "~/x", "$HOME", "a 'b' \"c\"", "", "line\nline"]"#);
        let command = &read.commands[&Occasion::Ready];
        assert_eq!(command.program, PathBuf::from("/home/me/bin/tell me"));
        assert_eq!(command.arguments, ["~/x", "$HOME", "a 'b' \"c\"", "", "line\nline"]);
        assert_eq!(read.commands.len(), 1);
    }

    #[test]
    fn a_program_may_be_a_bare_name() {
        assert_eq!(
            hooks(r#"blocked = ["notify-send"]"#).commands[&Occasion::Blocked].program.as_os_str(),
            "notify-send"
        );
    }

    #[test]
    fn every_occasion_has_a_key_of_its_own_and_the_word_of_json() {
        for occasion in Occasion::ALL {
            let table = format!("{} = [\"x\"]", occasion.key());
            assert_eq!(hooks(&table).commands.into_keys().collect::<Vec<_>>(), [occasion]);
            assert_eq!(serde_json::to_value(occasion).unwrap(), occasion.as_str());
        }
    }

    #[test]
    fn a_hook_may_use_the_two_minutes_that_an_interruption_leaves() {
        let timeout = |written: &str| {
            let source = EXAMPLE.replacen("timeout = \"10s\"", &format!("timeout = \"{written}\""), 1);
            let env = Environment { home: Some("/home/me".into()), ..Environment::default() };
            parse("config.toml", &source, &env).map(|config| config.hooks.timeout)
        };
        assert_eq!(timeout("2m"), Ok(Duration::from_mins(2)));
        assert!(timeout("999ms").is_err());
        assert!(timeout("11m").is_err());
    }
}
