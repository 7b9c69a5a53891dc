//! Rule 9: a reboot that was asked for as the instance was hibernated may never have been heard.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::{InterruptionBehavior, SpotRequest, age};
use crate::plan::case::Case;
use crate::plan::fact::Fact;

/// How long a guest may take to go down after it was asked to reboot: EC2 resets it within a few minutes if it does not.
/// Source: EC2 API reference, RebootInstances.
const HEARD_WITHIN: Duration = Duration::from_mins(5);

/// Why it is in doubt whether the last reboot was heard, if it is: `RebootInstances` is answered alike whether there is a
/// guest to hear it or not, and what was hibernated goes on where it was, be it in a boot that hangs. A debt that was paid
/// so is reopened.
pub(super) fn doubt(case: &mut Case<'_>) -> Option<String> {
    let request = case.request().filter(|request| request.interruption == InterruptionBehavior::Hibernate)?;
    let id = request.instance.as_ref()?;
    let debt = case.memory.debt(id)?;
    if !debt.overtaken {
        let asked = debt.sends.last().filter(|_| !debt.is_open())?.at;
        let launched = case.observation().instances.seen.get(id).and_then(|instance| instance.launch_time);
        let near = |time: Timestamp| age(time, asked).max(age(asked, time)) < HEARD_WITHIN;
        // One that is over already began before the instance was started again.
        let began = hibernated_at(request).is_some_and(near) || launched.is_some_and(|time| time > asked && near(time));
        if !began {
            return None;
        }
        case.note(Fact::RebootOvertaken { instance: id.clone() });
    }
    Some(format!("{id} was hibernated as its reboot was asked for: perhaps it did not hear that"))
}

/// When the hibernation began that a request shows, by EC2's clock. An owner's stop is none.
fn hibernated_at(request: &SpotRequest) -> Option<Timestamp> {
    let code = request.status_code.as_str();
    let by_ec2 = code.starts_with("instance-stopped-") && code != "instance-stopped-by-user";
    request.status_since.filter(|_| by_ec2 || code.starts_with("marked-for-stop"))
}
