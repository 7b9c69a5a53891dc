//! The tables that stand once: what each may say, and what holds when it says nothing.

use std::path::PathBuf;
use std::time::Duration;

use toml::Spanned;

use super::environment::Environment;
use super::mistake::Mistakes;
use super::rules::{self, written};
use super::table::Table;
use super::{Aws, Consent, Limits, Mode, NameFile, Notify, Policy, Poll};

pub(super) fn aws(table: &Table<'_, '_>, mistakes: &mut Mistakes) -> Aws {
    Aws {
        region: table.optional("region", rules::region, mistakes).map(Spanned::into_inner),
        profile: table.optional("profile", rules::profile, mistakes).map(Spanned::into_inner),
    }
}

pub(super) fn policy(table: &Table<'_, '_>, mistakes: &mut Mistakes) -> Policy {
    Policy {
        mode: table.or("mode", Mode::Confirm, rules::word, mistakes),
        attach: table.or("attach", Consent::Auto, rules::word, mistakes),
        reboot: table.or("reboot", Consent::Auto, rules::word, mistakes),
        detach: table.or("detach", Consent::Ask, rules::word, mistakes),
        keep: table.or("keep", Consent::Auto, rules::word, mistakes),
        names: table.or("names", Consent::Auto, rules::word, mistakes),
    }
}

pub(super) fn limits(table: &Table<'_, '_>, mistakes: &mut Mistakes) -> Limits {
    Limits {
        reboots_per_hour: table.or("reboots_per_hour", 6, rules::per_hour, mistakes),
        detaches_per_hour: table.or("detaches_per_hour", 3, rules::per_hour, mistakes),
    }
}

pub(super) fn fence(table: &Table<'_, '_>, mistakes: &mut Mistakes) -> bool {
    table.or("enabled", true, rules::boolean, mistakes)
}

pub(super) fn poll(table: &Table<'_, '_>, mistakes: &mut Mistakes) -> Poll {
    let before = mistakes.0.len();
    let steady = table.optional("steady", rules::interval, mistakes);
    let active = table.optional("active", rules::interval, mistakes);
    let place = steady.as_ref().or(active.as_ref()).map(Spanned::span);
    let by_default = if steady.is_none() { " by default" } else { "" };
    let poll = Poll {
        steady: steady.map_or(Duration::from_secs(15), Spanned::into_inner),
        active: active.map_or(Duration::from_secs(2), Spanned::into_inner),
    };
    // A value that is wrong by itself is not compared as well.
    if let Some(place) = place.filter(|_| poll.steady < poll.active && mistakes.0.len() == before) {
        let (longer, shorter) = (written(poll.active), written(poll.steady));
        let title = format!("`steady` ({shorter}{by_default}) is shorter than `active` ({longer})");
        let help = "`active` is the time between looks while something moves, `steady` while nothing does";
        mistakes.wrong(place, title, help.to_owned());
    }
    poll
}

pub(super) fn hosts(table: &Table<'_, '_>, env: &Environment, mistakes: &mut Mistakes) -> NameFile {
    name_file(table, true, "/etc/hosts", env, mistakes)
}

pub(super) fn ssh(table: &Table<'_, '_>, env: &Environment, mistakes: &mut Mistakes) -> NameFile {
    name_file(table, false, "~/.ssh/config.d/spotkeeper", env, mistakes)
}

fn name_file(
    table: &Table<'_, '_>,
    enabled: bool,
    default: &str,
    env: &Environment,
    mistakes: &mut Mistakes,
) -> NameFile {
    let enabled = table.or("enabled", enabled, rules::boolean, mistakes);
    let given = table.optional("file", |value| rules::path(value, env), mistakes).map(Spanned::into_inner);
    let file = given.or_else(|| env.expand(default)).unwrap_or_else(|| {
        // A service may run without a home folder, as long as nothing is to be written there.
        if enabled {
            let title = format!("`file` is {default}, and no home folder is known");
            mistakes.absent(table.heading.clone(), title, rules::NO_HOME.to_owned());
        }
        PathBuf::from(default)
    });
    NameFile { enabled, file }
}

pub(super) fn notify(table: &Table<'_, '_>, mistakes: &mut Mistakes) -> Notify {
    Notify {
        bell: table.or("bell", true, rules::boolean, mistakes),
        desktop: table.or("desktop", true, rules::boolean, mistakes),
    }
}

pub(super) fn state_dir(table: &Table<'_, '_>, env: &Environment, mistakes: &mut Mistakes) -> PathBuf {
    let given = table.optional("dir", |value| rules::path(value, env), mistakes).map(Spanned::into_inner);
    given.or_else(|| env.default_state_dir()).unwrap_or_else(|| {
        let title = "there is no place for the state: no home folder is known".to_owned();
        let help = "set HOME or XDG_STATE_HOME in the environment, or name an absolute path as `dir` under [state]";
        mistakes.absent(table.heading.clone(), title, help.to_owned());
        PathBuf::new()
    })
}
