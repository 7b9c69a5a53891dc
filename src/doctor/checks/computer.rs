//! This computer: its clock, its files, and who else acts on it.

use std::time::Duration;

use super::Found;
use crate::config::{Config, NameFile};
use crate::doctor::case::Case;
use crate::doctor::check::Check;
use crate::doctor::facts::{Facts, Keeping};
use crate::doctor::remedy::{Remedy, shell};
use crate::doctor::verdict::{Draft, Finding, Unknown, fault, ok, warning};
use crate::model::NameTarget;
use crate::plan::span;

/// A clock that is off by more decides wrongly about what is due.
const OFF: Duration = Duration::from_mins(1);

/// A clock that is off by more is about to be refused: EC2 takes signatures of up to fifteen minutes, other services and
/// providers of credentials of five.
const FAR_OFF: Duration = Duration::from_mins(5);

pub(super) fn all(config: &Config, facts: &Facts) -> Vec<Draft> {
    let path = |file: &NameFile| file.file.display().to_string();
    vec![
        Draft::new(Check::ClockSkew, "this computer", clock(facts)),
        Draft::new(Check::HostsFile, &path(&config.hosts), Ok(name_file(&config.hosts, NameTarget::Hosts, facts))),
        Draft::new(Check::SshConfig, &path(&config.ssh), Ok(name_file(&config.ssh, NameTarget::Ssh, facts))),
        Draft::new(Check::StateFolder, &config.state_dir.display().to_string(), Ok(state(config, facts))),
        Draft::new(Check::Hooks, "[hooks]", Ok(hooks(config, facts))),
    ]
}

fn clock(facts: &Facts) -> Found {
    let ahead = facts.clock_ahead.ok_or_else(|| Unknown::new("no answer of EC2 told its time"))?;
    let off = ahead.unsigned_abs();
    if off <= OFF {
        return Ok(ok("right, to the minute"));
    }
    let way = if ahead.is_positive() { "behind" } else { "ahead of" };
    let seen = format!("{} {way} EC2's", span(off));
    let remedy = Remedy::new("let the clock be set by the network (on macOS: sudo sntp -sS time.apple.com)");
    let remedy = remedy.run("sudo timedatectl set-ntp true");
    Ok(if off > FAR_OFF { fault(seen, remedy) } else { warning(seen, remedy) })
}

fn name_file(file: &NameFile, target: NameTarget, facts: &Facts) -> Finding {
    let table = if target == NameTarget::Hosts { "[hosts]" } else { "[ssh]" };
    if !file.enabled {
        return ok(format!("not managed: {table} enabled = false"));
    }
    let mut problems =
        facts.names.problems.iter().filter(|problem| problem.target == target && problem.machine.is_none());
    let Some(problem) = problems.next() else { return ok("it can be read and written") };
    let remedy = match target {
        NameTarget::Hosts if problem.unusable => {
            let words = "mend the file, or run spotkeeper as root, or publish the names to ssh alone";
            Remedy::new(words).write("[hosts]\nenabled = false\n[ssh]\nenabled = true")
        }
        NameTarget::Ssh if problem.unusable => {
            Remedy::new("mend the file, or name another one").write("[ssh]\nfile = \"~/.ssh/config.d/spotkeeper\"")
        }
        _ => Remedy::new("look at the file").run(shell(["sudoedit", &file.file.display().to_string()])),
    };
    warning(problem.what.clone(), remedy)
}

fn state(config: &Config, facts: &Facts) -> Finding {
    let Some(trouble) = &facts.state_trouble else { return ok("it can be written") };
    let folder = config.state_dir.display().to_string();
    let words = "let this user write the folder, or name another one that all which acts for these machines uses";
    let own = format!("sudo chown -R \"$(id -un)\" {}", shell([folder.as_str()]));
    fault(trouble.clone(), Remedy::new(words).run(own).write("[state]\ndir = \"~/.local/state/spotkeeper\""))
}

fn hooks(config: &Config, facts: &Facts) -> Finding {
    if facts.hook_trouble.is_empty() {
        let count = config.hooks.commands.len();
        return ok(if count == 0 { "none is configured" } else { "their programs are there" });
    }
    let words = "install the program, or mend [hooks]; then";
    warning(facts.hook_trouble.join("; "), Remedy::new(words).run("spotkeeper check"))
}

/// What else speaks of this machine's names.
pub(super) fn name_conflict(case: &Case<'_>) -> Finding {
    let problems = case.facts.names.problems.iter();
    let own: Vec<_> = problems.filter(|problem| problem.machine.as_ref() == Some(&case.machine.name)).collect();
    let Some(first) = own.first() else { return ok("nothing else gives its names a meaning") };
    let seen: Vec<&str> = own.iter().map(|problem| problem.what.as_str()).collect();
    let edit = shell(["sudoedit", &first.file.display().to_string()]);
    warning(seen.join("; "), Remedy::new("take the names out of these lines").run(edit))
}

/// Who keeps it.
pub(super) fn lock(case: &Case<'_>) -> Found {
    match case.facts.keeping.get(&case.machine.name) {
        Some(Keeping::Nobody) => Ok(ok("nobody keeps it at the moment")),
        Some(Keeping::Held(holder)) => Ok(ok(format!("kept by {holder}"))),
        Some(Keeping::Unclear(why)) => Err(Unknown::new(why.clone())),
        None => Err(Unknown::new("nobody looked")),
    }
}
