//! Telling other computers about reboots, and listening to them.

use jiff::Timestamp;

use super::Performer;
use crate::model::{Claim, Claims, Failure, FailureKind, Fate, InstanceId, Keeper};
use crate::plan::{Gate, Step};

impl Performer {
    /// Says something about the reboot of an instance by a tag on it, if other computers are told at all. Where EC2 does not
    /// allow it, the rest goes on without: a machine must not stay down for that.
    pub(super) async fn claim(&self, instance: &InstanceId, claim: Claim) -> Result<(), Failure> {
        let Some(keeper) = &self.keeper else { return Ok(()) };
        match self.ec2.claim(instance, keeper, claim).await {
            Err(failure) if failure.kind == FailureKind::Denied => {
                tracing::warn!(
                    "other computers are not told about the reboot of {instance}: {failure}. Allow ec2:CreateTags, or set \
                     enabled = false under [fence]"
                );
                Ok(())
            }
            result => result,
        }
    }

    /// The same where what it announces must not be done unless it was said.
    pub(super) async fn announce(&self, instance: &InstanceId, claim: Claim) -> Result<(), Failure> {
        // Whatever became of the tag, what it announces was not even tried.
        self.claim(instance, claim).await.map_err(|failure| Failure { fate: Fate::NotDone, ..failure })
    }

    /// The same where what it tells of has happened already, and can be told no other way.
    pub(super) async fn report(&self, instance: &InstanceId, claim: Claim) {
        if let Err(failure) = self.claim(instance, claim).await {
            tracing::warn!("other computers are not told what became of the reboot of {instance}: {failure}");
        }
    }

    /// Why this step is not to be done because of what others say of the reboot for the attachment of this time.
    pub(super) fn forestalled(&self, step: &Step, claims: &Claims, attached: Option<Timestamp>) -> Option<String> {
        let attached = attached.filter(|_| !step.demanded)?;
        let others = || claims.iter().filter(|(keeper, _)| Some(*keeper) != self.keeper.as_ref());
        let says =
            |wanted: Claim| others().find(|(_, claim)| **claim == wanted).map(|(keeper, _): (&Keeper, _)| keeper);
        if let Some(keeper) = says(Claim::Done(attached)) {
            return Some(format!("{keeper} rebooted it after the attachment"));
        }
        // Who said yes knew of it.
        let unasked = step.gate == Gate::Open;
        says(Claim::Asked(attached)).filter(|_| unasked).map(|keeper| format!("{keeper} is rebooting it"))
    }
}
