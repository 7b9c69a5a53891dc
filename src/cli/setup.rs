//! The configuration: reading it for every command, checking it, writing a first one.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::exit::{Exit, Trouble};
use super::output;
use crate::config::{self, Config, ConfigError, Environment};
use crate::hooks;
use crate::model::Escaped;

/// Reads the configuration that the arguments or the environment name.
pub(super) fn load(file: Option<&Path>) -> Result<Config, Trouble> {
    let environment = Environment::from_process();
    config::load(&place(file, &environment)?, &environment).map_err(|error| mistakes(&error))
}

pub(super) fn place(file: Option<&Path>, environment: &Environment) -> Result<PathBuf, Trouble> {
    match file {
        Some(file) => Ok(file.to_owned()),
        None => config::path(environment).map_err(|error| mistakes(&error)),
    }
}

fn mistakes(error: &ConfigError) -> Trouble {
    Trouble::new(Exit::Usage, error.to_string())
}

pub(super) fn check(file: Option<&Path>) -> Result<Exit, Trouble> {
    let place = place(file, &Environment::from_process())?;
    let config = load(file)?;
    let count = config.machines.len();
    let machines = if count == 1 { "1 machine".to_owned() } else { format!("{count} machines") };
    output::print(&format!("{}: {machines}, no mistakes", Escaped(&place.display().to_string())))?;
    for missing in hooks::missing(&config.hooks) {
        output::remark(&format!("warning: {missing}"));
    }
    Ok(Exit::Ok)
}

pub(super) fn init(file: Option<&Path>) -> Result<Exit, Trouble> {
    let place = place(file, &Environment::from_process())?;
    let shown = Escaped(&place.display().to_string()).to_string();
    let failed = |error: std::io::Error| {
        let words = if error.kind() == ErrorKind::AlreadyExists {
            format!("{shown} exists already and is left as it is; check it by: spotkeeper check")
        } else {
            format!("cannot write {shown}: {error}")
        };
        Trouble::new(Exit::Error, words)
    };
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut new = OpenOptions::new().write(true).create_new(true).open(&place).map_err(failed)?;
    new.write_all(config::EXAMPLE.as_bytes()).map_err(failed)?;
    output::print(&format!(
        "wrote {shown}: put in your spot request, volume and host name, then try: spotkeeper check, spotkeeper status"
    ))?;
    Ok(Exit::Ok)
}
