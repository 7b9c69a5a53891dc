//! The open points, and rare mishaps.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::super::prepare::Mishap;
use super::value;

/// What nobody knows for certain of EC2, and what seldom happens.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own, and a scenario answers it so")]
pub struct Knobs {
    /// Whether a request that is open again goes on naming its former instance.
    pub keeps_instance_id: bool,
    /// Whether a persistent request shows for a while that its owner terminated its instance, before it asks again.
    pub shows_user_termination: bool,
    /// Whether an instance that is taken back for its price is marked for termination before; for want of capacity none is.
    pub marks_for_termination: bool,
    /// Whether a persistent request asks again after an experiment took its instance.
    pub experiment_reopens: bool,
    /// Whether a persistent request ends when its owner terminates its instance while that is stopped.
    pub stopped_termination_ends: bool,
    /// Whether a request with bad parameters is `failed`; `closed` otherwise.
    pub bad_parameters_fail: bool,
    /// Whether a persistent request expires after seven days when nobody says when.
    pub persistent_expires: bool,
    /// Whether a shutdown from inside terminates the instance of a persistent request with the behaviour `terminate`;
    /// otherwise it is stopped.
    pub guest_shutdown_terminates: bool,
    /// Whether a guest that hangs without its home fails the instance's status check.
    pub hanging_fails_checks: bool,
    /// Whether the status check can fail while a guest reboots.
    pub reboot_fails_checks: bool,
    /// Whether a request to reboot what is stopping or stopped is refused; otherwise it is accepted, and nothing happens.
    pub refuses_stopped_reboots: bool,
    /// How many public addresses there are, if they are fewer than usual: so they come round again sooner.
    #[serde(deserialize_with = "value::optional_positive")]
    pub public_addresses: Option<u32>,
    /// Whether lists are in an order that changes with each call.
    pub shuffles: bool,
    /// Whether the codes of instance states have EC2's internal high byte set.
    pub high_bytes: bool,
    /// Whether the first page of a paged call is empty, yet has a token.
    pub empty_pages: bool,
    /// The HTTP status of a dry run that would have succeeded, from 400 to 599.
    #[serde(deserialize_with = "value::status")]
    pub dry_run_status: u16,
    /// Whether answers name their namespace without the slash at its end, and each structure in them begins with elements
    /// that EC2 does not have yet.
    pub odd_xml: bool,
    /// Whether calls are throttled by EC2's token buckets.
    pub throttling: bool,
    /// How many spot requests may live at once.
    pub spot_limit: usize,
    /// How many instances without a spot request may be there at once.
    pub instance_limit: usize,
    /// How many volumes, with the root volume, an instance can have.
    #[serde(deserialize_with = "value::positive")]
    pub attachment_limit: usize,
    /// The chance that an attachment stays `attaching` for ever, from 0 to 1.
    #[serde(deserialize_with = "value::share")]
    pub attach_sticks: f64,
    /// Whether a device name from which a running instance's volume was detached with force stays taken until it boots again.
    pub force_holds_device: bool,
    /// The device names with which every attachment stays `attaching` for ever.
    #[serde(deserialize_with = "value::devices")]
    pub stuck_devices: BTreeSet<String>,
    /// How many of the next images fail.
    pub images_fail: u32,
    /// What goes wrong in the next builders, one after another; nothing in those after them.
    pub builders: Vec<Mishap>,
}

/// More than any account has at its beginning, and few enough to be made while others wait.
const MANY: usize = 1000;

impl Default for Knobs {
    fn default() -> Self {
        Self {
            keeps_instance_id: true,
            shows_user_termination: true,
            marks_for_termination: true,
            experiment_reopens: true,
            stopped_termination_ends: false,
            bad_parameters_fail: true,
            persistent_expires: false,
            guest_shutdown_terminates: true,
            hanging_fails_checks: true,
            reboot_fails_checks: false,
            refuses_stopped_reboots: false,
            public_addresses: None,
            shuffles: true,
            high_bytes: false,
            empty_pages: false,
            dry_run_status: 412,
            odd_xml: false,
            throttling: true,
            spot_limit: MANY,
            instance_limit: MANY,
            // 28 on most types, one of which the network interface takes.
            attachment_limit: 27,
            attach_sticks: 0.0,
            force_holds_device: true,
            stuck_devices: BTreeSet::new(),
            images_fail: 0,
            builders: Vec::new(),
        }
    }
}
