//! What other computers that keep the same machine say of its reboot, so that two of them make one.
//!
//! EC2 itself sees to it that a volume is attached once; of a reboot it knows nothing. So every keeper says by a tag of its
//! own that a reboot is owed, before it attaches; that it asks for it; and that it did. Of several that owe it the one whose
//! name sorts first pays, and the others wait for it: but not for ever, since it may have died.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::{Claim, Instance, Keeper};
use crate::plan::case::Case;
use crate::plan::sight::Sight;

/// How long another computer is waited for. It takes longer than a reboot delay, and than what may be asked for again.
const PATIENCE: Duration = Duration::from_mins(2);

/// What other computers say.
pub(super) enum Others<'a> {
    /// Nothing that matters.
    Silent,
    /// This one rebooted it.
    Done(&'a Keeper),
    /// One is about to reboot it, in these words.
    Act(String),
    /// One asked for the reboot, and does not say what became of it.
    Lost(String),
    /// One owes the reboot, and does not come to it.
    Left(String),
}

/// What others say of the reboot for the attachment of this time.
pub(super) fn others<'a>(case: &mut Case<'_>, instance: &'a Instance, attached: Option<Timestamp>) -> Others<'a> {
    let own = case.inputs.keeper;
    let foreign = || instance.claims.iter().filter(|(keeper, _)| Some(*keeper) != own);
    // What this program did itself counts too, should its journal not know any more.
    let mut all = instance.claims.iter();
    if let Some((keeper, _)) = all.find(|(_, claim)| attached.is_some_and(|time| **claim == Claim::Done(time))) {
        return Others::Done(keeper);
    }
    let id = &instance.id;
    if let Some((keeper, claim)) =
        foreign().find(|(_, claim)| attached.is_some_and(|time| **claim == Claim::Asked(time)))
    {
        return if case.lasted(Sight::Claimed(id.clone(), keeper.clone(), *claim)) < PATIENCE {
            Others::Act(format!("{keeper} is rebooting {id}"))
        } else {
            Others::Lost(format!("{keeper} was about to reboot {id}, and has not said what became of it"))
        };
    }
    // Who cannot be seen by the others has no right of way.
    let is_before =
        |keeper: &Keeper| own.filter(|own| instance.claims.contains_key(*own)).is_none_or(|own| keeper < own);
    let Some((keeper, claim)) = foreign().find(|(keeper, claim)| **claim == Claim::Owed && is_before(keeper)) else {
        return Others::Silent;
    };
    if case.lasted(Sight::Claimed(id.clone(), keeper.clone(), *claim)) < PATIENCE {
        Others::Act(format!("{keeper} attached its volumes, and reboots {id}"))
    } else {
        Others::Left(format!("{keeper} attached its volumes, and has not rebooted {id} since"))
    }
}
