//! What a machine's owner should know although it stops nothing.

use std::time::Duration;

use crate::model::{Escaped, RequestKind, RequestState, age};
use crate::plan::case::Case;
use crate::plan::words::rough;

/// From how long before its end a request is warned about.
const BEFORE_EXPIRY: Duration = Duration::from_hours(7 * 24);

pub(super) fn judge(case: &mut Case<'_>) {
    request(case);
    delete_on_termination(case);
    name_files(case);
}

fn request(case: &mut Case<'_>) {
    let alive = [RequestState::Open, RequestState::Active, RequestState::Disabled];
    let Some(request) = case.request().filter(|request| alive.contains(&request.state)) else { return };
    if request.kind == RequestKind::OneTime {
        case.warn(format!("{} is a one-time request: after an interruption no replacement will come", request.id));
    }
    if let Some(end) = request.valid_until {
        let left = age(end, case.inputs.now.wall);
        if left < BEFORE_EXPIRY {
            case.warn(format!("{} expires at {end}, in {} or more: raise a new one in time", request.id, rough(left)));
        }
    }
}

fn delete_on_termination(case: &mut Case<'_>) {
    for wanted in &case.machine.volumes {
        let Some(volume) = case.volume(&wanted.id) else { continue };
        for held in volume.holders().filter(|held| held.delete_on_termination) {
            let Some(instance) = &held.instance else { continue };
            let device = held.device.as_str();
            let mapping = serde_json::json!([{ "DeviceName": device, "Ebs": { "DeleteOnTermination": false } }]);
            let mapping = mapping.to_string();
            // The device name is EC2's word, and this line will be pasted into a shell.
            let quoted = shlex::try_quote(&mapping).unwrap_or_default();
            case.warn(format!(
                "{} IS DELETED when {instance} is terminated: clear the flag by aws ec2 modify-instance-attribute \
                 --instance-id {instance} --block-device-mappings {quoted}",
                volume.id
            ));
        }
    }
}

fn name_files(case: &mut Case<'_>) {
    let problems = &case.observation().names.problems;
    for problem in problems.iter().filter(|p| p.machine.as_ref().is_none_or(|name| *name == case.machine.name)) {
        case.warn(Escaped(&problem.what).to_cow());
    }
}
