//! The configuration: whether a machine can be written into it, writing one, and taking one out.

use std::io::ErrorKind;

use thiserror::Error;

use super::Site;
use crate::config::{EditError, NewMachine, with_machine, without_machine};
use crate::create::{Home, Memory, Recipe};
use crate::model::{Failure, MachineName, SpotRequestId, VolumeId};
use crate::names::{NamesError, check_file, edit_file};

/// What stands for ids that are not there yet.
const NOT_YET: (&str, &str) = ("sir-00000000", "vol-00000000");

/// Why the configuration cannot be changed, or was not.
#[derive(Debug, Error)]
pub enum NotWritten {
    /// The file, or its folder.
    #[error(transparent)]
    File(#[from] NamesError),
    /// What would stand in it.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// It cannot be read.
    #[error("the configuration cannot be read: {0}")]
    Unread(#[from] std::io::Error),
    /// It is not text.
    #[error("the configuration is not UTF-8")]
    NotText,
    /// An id that stands for another one is none.
    #[error("{0}")]
    Id(#[from] crate::model::IdError),
}

/// The machine of a recipe, as it is written.
pub(super) fn new_machine(recipe: &Recipe, request: &SpotRequestId, volume: &VolumeId) -> NewMachine {
    NewMachine {
        name: recipe.name.clone(),
        spot_request: request.clone(),
        hostnames: recipe.hostnames.clone(),
        ssh_user: recipe.login.user.clone(),
        volume: volume.clone(),
        device: recipe.device.clone(),
    }
}

impl Site {
    /// Says beforehand, without writing anything, whether the machine of this recipe can be written into the configuration
    /// as it is now. What is not there yet is imagined.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or written, has mistakes, or would have them with the machine.
    pub fn check_config(&self, recipe: &Recipe, memory: &Memory) -> Result<(), NotWritten> {
        check_file(&self.config_file)?;
        let (request, volume) = (NOT_YET.0.parse()?, NOT_YET.1.parse()?);
        let volume = match &recipe.home {
            Home::Existing { id, .. } => id,
            Home::New { .. } => memory.volume.as_ref().unwrap_or(&volume),
        };
        let machine = new_machine(recipe, memory.request.as_ref().unwrap_or(&request), volume);
        let text = match std::fs::read(&self.config_file) {
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            read => read?,
        };
        let text = std::str::from_utf8(&text).map_err(|_| NotWritten::NotText)?;
        with_machine(&self.config_file.to_string_lossy(), text, &machine, &self.environment)?;
        Ok(())
    }
}

pub(super) fn write(site: &Site, machine: &NewMachine) -> Result<(), Failure> {
    edit(site, |file, text| with_machine(file, text, machine, &site.environment))
}

pub(super) fn remove(site: &Site, name: &MachineName) -> Result<(), Failure> {
    edit(site, |file, text| without_machine(file, text, name, &site.environment))
}

fn edit(site: &Site, edit: impl Fn(&str, &str) -> Result<String, EditError>) -> Result<(), Failure> {
    let file = &site.config_file;
    let shown = file.to_string_lossy();
    let changed = edit_file(file, |bytes| {
        let text = std::str::from_utf8(bytes).map_err(|_| NotWritten::NotText)?;
        Ok::<_, NotWritten>(edit(&shown, text)?.into_bytes())
    });
    changed.map(drop).map_err(|error| {
        // A failure is one line, and a configuration's mistakes are one line each.
        let words: Vec<String> = error.to_string().lines().map(|line| line.trim().to_owned()).collect();
        Failure::local(&format!("changing the configuration {shown}"), &words.join("; "))
    })
}
