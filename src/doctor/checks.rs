//! The checks, in their order.

mod computer;
mod image;
mod network;
mod permission;
mod request;
mod volume;
mod zone;

use super::anew;
use super::case::Case;
use super::check::Check;
use super::facts::Facts;
use super::verdict::{Draft, Finding, Unknown, Verdict};
use crate::config::{Config, HomeVolume};

/// How a check comes out.
type Found = Result<Finding, Unknown>;

/// All that concerns one machine.
pub(super) fn of_machine(case: &Case<'_>) -> Vec<Verdict> {
    let mut drafts = Vec::new();
    let request = case.machine.spot_request.as_str();
    let mut once = |check, subject: &str, judge: fn(&Case<'_>) -> Found| {
        drafts.push(Draft::new(check, subject, judge(case)));
    };
    once(Check::RequestExists, request, request::exists);
    once(Check::RequestState, request, request::state);
    once(Check::RequestPersistent, request, request::persistent);
    once(Check::InterruptionBehavior, request, request::interruption);
    once(Check::RequestExpiry, request, request::expiry);
    once(Check::ZonePinned, request, zone::pinned);
    each(&mut drafts, case, Check::VolumeZone, zone::same);
    let image = case.image_id().map_or_else(|_| request.to_owned(), ToString::to_string);
    let mut once = |check, subject: &str, judge: fn(&Case<'_>) -> Found| {
        drafts.push(Draft::new(check, subject, judge(case)));
    };
    once(Check::RootDeleteOnTermination, request, image::root_goes);
    once(Check::ImageExists, &image, image::exists);
    once(Check::ImageDeprecation, &image, image::deprecation);
    once(Check::ImageArchitecture, &image, image::architecture);
    each(&mut drafts, case, Check::DeviceName, image::device_name);
    drafts.push(Draft::new(Check::HomeSnapshot, request, image::home_snapshot(case)));
    each(&mut drafts, case, Check::VolumeExists, volume::exists);
    each(&mut drafts, case, Check::VolumeEncryption, volume::encryption);
    each(&mut drafts, case, Check::MultiAttach, volume::multi_attach);
    each(&mut drafts, case, Check::HomeDeleteOnTermination, volume::stays);
    drafts.push(Draft::new(Check::SecurityGroupSsh, request, network::ssh(case)));
    drafts.push(Draft::new(Check::KeyPair, request, network::key_pair(case)));
    drafts.extend(permission::all(case));
    drafts.push(Draft::new(Check::RequestApi, "ec2:RequestSpotInstances", permission::request_api(case)));
    drafts.push(Draft::new(Check::NameConflict, case.machine.name.as_str(), Ok(computer::name_conflict(case))));
    drafts.push(Draft::new(Check::Lock, case.machine.name.as_str(), computer::lock(case)));
    anew::settle(case, drafts)
}

/// One verdict for each of the machine's volumes.
fn each(drafts: &mut Vec<Draft>, case: &Case<'_>, check: Check, judge: fn(&Case<'_>, &HomeVolume) -> Found) {
    let volumes = case.machine.volumes.iter();
    drafts.extend(volumes.map(|home| Draft::new(check, home.id.as_str(), judge(case, home))));
}

/// All that concerns this computer.
pub(super) fn of_computer(config: &Config, facts: &Facts) -> Vec<Verdict> {
    // Nothing of a computer is mended by a new request.
    computer::all(config, facts).into_iter().map(|draft| draft.verdict).collect()
}
