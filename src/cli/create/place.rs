//! Where a creation was begun, and where somebody goes on with it.

use std::fs;

use super::bench::Bench;
use crate::cli::exit::{Exit, Trouble};
use crate::cli::output;
use crate::create::{Memory, Phase, Place};
use crate::journal;
use crate::model::{Escaped, MachineName};

impl Bench {
    /// Makes sure that this is the account, the region and the configuration that something was begun with: elsewhere nothing
    /// of it is shown, and what is not shown would be taken for gone.
    pub(super) async fn check_place(&self, name: &MachineName, memory: &Memory) -> Result<(), Trouble> {
        if memory.phase == Phase::Nothing {
            return Ok(());
        }
        let Some(begun) = &memory.place else { return self.check_unplaced(name, memory).await };
        let account = if begun.account.is_some() { self.site.ec2.account().await.ok() } else { None };
        let here = self.site.place(account);
        if let Some(words) = begun.elsewhere(&here) {
            let words =
                format!("{name} was begun in {words}, which this is: go there (AWS_REGION, AWS_PROFILE, or [aws]");
            return Err(Trouble::new(Exit::Usage, words + " in the configuration); nothing was changed"));
        }
        check_same_config(name, memory, begun, &here)
    }

    /// A ledger of before places were written down: what it names has to be shown here, or the network that it was begun in.
    /// Of a retirement alone, whoever goes on with it looks for request and volumes.
    async fn check_unplaced(&self, name: &MachineName, memory: &Memory) -> Result<(), Trouble> {
        let Some(recipe) = &memory.recipe else { return Ok(()) };
        let ec2 = &self.site.ec2;
        let seen = self.site.look(memory, name).await?;
        let is_shown =
            seen.image.is_some() || !(seen.volumes.is_empty() && seen.builders.is_empty() && seen.requests.is_empty());
        // An undoing may have removed all of it, and be left before its last line.
        let may_be_gone = !memory.names_something() || matches!(memory.phase, Phase::Undoing(_));
        let is_here = is_shown
            || (may_be_gone && ec2.subnets(&[recipe.subnet.clone()].into()).await?.contains_key(&recipe.subnet));
        if is_here {
            if memory.request.is_some() && self.config.machine(name).is_none() {
                output::remark(&format!(
                    "warning: {name} is not in this configuration, and it was not written down with which one it was begun; \
                     if that is another one, name it by --config"
                ));
            }
            return Ok(());
        }
        let here = self.site.place(ec2.account().await.ok()).in_words();
        let ledger = journal::ledger_folder(&self.config.state_dir, name);
        let words = format!(
            "where {name} was begun was not written down, and EC2 in {here} shows nothing of it: go where it was begun \
             (AWS_REGION, AWS_PROFILE, or [aws] in the configuration); nothing was changed. If this is the place, nothing is \
             left of it: then remove {}",
            Escaped(&ledger.to_string_lossy())
        );
        Err(Trouble::new(Exit::Usage, words))
    }
}

/// A machine that is made is in the configuration that it was begun with. That one may have moved since: then it is told.
fn check_same_config(name: &MachineName, memory: &Memory, begun: &Place, here: &Place) -> Result<(), Trouble> {
    let canonical = |file: &str| fs::canonicalize(file).ok();
    let (before, now) = (canonical(&begun.config), canonical(&here.config));
    if begun.config.is_empty() || begun.config == here.config || (before.is_some() && before == now) {
        return Ok(());
    }
    let words = format!(
        "{name} was begun with the configuration {}, and this is {}",
        Escaped(&begun.config),
        Escaped(&here.config)
    );
    if before.is_none() && memory.phase == Phase::Created {
        output::remark(&format!("warning: {words}; the former is not there any more"));
        return Ok(());
    }
    Err(Trouble::new(Exit::Usage, format!("{words}; name the former by --config; nothing was changed")))
}
