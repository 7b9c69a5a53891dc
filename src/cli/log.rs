//! `spotkeeper log`: the journal.

use std::path::Path;

use super::exit::{Exit, Trouble};
use super::{output, setup};
use crate::app;
use crate::journal;
use crate::model::MachineName;

pub(super) fn run(file: Option<&Path>, json: bool, machine: Option<&MachineName>) -> Result<Exit, Trouble> {
    let config = setup::load(file)?;
    let owners: Vec<_> =
        app::owners(&config).into_iter().filter(|(name, _)| machine.is_none_or(|machine| machine == name)).collect();
    if let (Some(machine), true) = (machine, owners.is_empty()) {
        return Err(unknown(machine, &config));
    }
    let history = journal::read(&config.state_dir, &owners, true)
        .map_err(|error| Trouble::new(Exit::Error, error.to_string()))?;
    for remark in &history.remarks {
        output::complain(&format!("warning: {remark}"));
    }
    for entry in &history.chronicle() {
        if json {
            let line = serde_json::to_string(entry).map_err(|error| Trouble::new(Exit::Error, error.to_string()))?;
            output::print(&line)?;
        } else {
            let time = entry.at.strftime("%Y-%m-%d %H:%M:%SZ");
            output::print(&format!("{time}  {:<12} {}", entry.machine, entry.fact))?;
        }
    }
    Ok(Exit::Ok)
}

/// The error for a machine that nobody configured.
pub(super) fn unknown(machine: &MachineName, config: &crate::config::Config) -> Trouble {
    let known: Vec<&str> = config.machines.iter().map(|machine| machine.name.as_str()).collect();
    Trouble::new(
        Exit::Usage,
        format!("there is no machine {machine} in the configuration; it has {}", known.join(", ")),
    )
}
