//! The checks, in their order.

mod computer;
mod image;
mod network;
mod permission;
mod request;
mod volume;
mod zone;

use super::case::Case;
use super::check::Check;
use super::facts::Facts;
use super::verdict::{Finding, Unknown, Verdict};
use crate::config::{Config, HomeVolume};

/// How a check comes out.
type Found = Result<Finding, Unknown>;

/// All that concerns one machine.
pub(super) fn of_machine(case: &Case<'_>) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let request = case.machine.spot_request.as_str();
    let mut once = |check, subject: &str, judge: fn(&Case<'_>) -> Found| {
        verdicts.push(Verdict::new(check, subject, judge(case)));
    };
    once(Check::RequestExists, request, request::exists);
    once(Check::RequestState, request, request::state);
    once(Check::RequestPersistent, request, request::persistent);
    once(Check::InterruptionBehavior, request, request::interruption);
    once(Check::RequestExpiry, request, request::expiry);
    once(Check::ZonePinned, request, zone::pinned);
    each(&mut verdicts, case, Check::VolumeZone, zone::same);
    let image = case.image_id().map_or_else(|_| request.to_owned(), ToString::to_string);
    let mut once = |check, subject: &str, judge: fn(&Case<'_>) -> Found| {
        verdicts.push(Verdict::new(check, subject, judge(case)));
    };
    once(Check::RootDeleteOnTermination, request, image::root_goes);
    once(Check::ImageExists, &image, image::exists);
    once(Check::ImageDeprecation, &image, image::deprecation);
    once(Check::ImageArchitecture, &image, image::architecture);
    each(&mut verdicts, case, Check::DeviceName, image::device_name);
    verdicts.push(Verdict::new(Check::HomeSnapshot, request, image::home_snapshot(case)));
    each(&mut verdicts, case, Check::VolumeExists, volume::exists);
    each(&mut verdicts, case, Check::VolumeEncryption, volume::encryption);
    each(&mut verdicts, case, Check::MultiAttach, volume::multi_attach);
    each(&mut verdicts, case, Check::HomeDeleteOnTermination, volume::stays);
    verdicts.push(Verdict::new(Check::SecurityGroupSsh, request, network::ssh(case)));
    verdicts.push(Verdict::new(Check::KeyPair, request, network::key_pair(case)));
    verdicts.extend(permission::all(case));
    verdicts.push(Verdict::new(Check::RequestApi, "ec2:RequestSpotInstances", permission::request_api(case)));
    verdicts.push(Verdict::new(Check::NameConflict, case.machine.name.as_str(), Ok(computer::name_conflict(case))));
    verdicts.push(Verdict::new(Check::Lock, case.machine.name.as_str(), computer::lock(case)));
    verdicts
}

/// One verdict for each of the machine's volumes.
fn each(verdicts: &mut Vec<Verdict>, case: &Case<'_>, check: Check, judge: fn(&Case<'_>, &HomeVolume) -> Found) {
    let volumes = case.machine.volumes.iter();
    verdicts.extend(volumes.map(|home| Verdict::new(check, home.id.as_str(), judge(case, home))));
}

/// All that concerns this computer.
pub(super) fn of_computer(config: &Config, facts: &Facts) -> Vec<Verdict> {
    computer::all(config, facts)
}
