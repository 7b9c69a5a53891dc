//! Where a creation was begun, and where somebody goes on with it.

use std::fs;

use super::bench::Bench;
use crate::cli::exit::{Exit, Trouble};
use crate::cli::output;
use crate::create::{Memory, Phase, Place};
use crate::model::{Escaped, MachineName};

impl Bench {
    /// Makes sure that this is the account, the region and the configuration that something was begun with: elsewhere nothing
    /// of it is shown, and what is not shown would be taken for gone.
    pub(super) async fn check_place(&self, name: &MachineName, memory: &Memory) -> Result<(), Trouble> {
        let Some(begun) = memory.place.as_ref().filter(|_| memory.phase != Phase::Nothing) else { return Ok(()) };
        let account = if begun.account.is_some() { self.site.ec2.account().await.ok() } else { None };
        let here = self.site.place(account);
        if let Some(words) = begun.elsewhere(&here) {
            let words =
                format!("{name} was begun in {words}, which this is: go there (AWS_REGION, AWS_PROFILE, or [aws]");
            return Err(Trouble::new(Exit::Usage, words + " in the configuration); nothing was changed"));
        }
        check_same_config(name, memory, begun, &here)
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
