//! Whatever EC2 may show, and what it is made of.

use std::net::IpAddr;

use jiff::Timestamp;
use proptest::collection::vec;
use proptest::option::{self, of};
use proptest::prelude::*;
use proptest::sample::select;

use crate::model::{
    Attachment, AttachmentState, Claim, Claims, DeviceName, Instance, InstanceId, InstanceState, InterruptionBehavior,
    Keeper, NameEntry, RequestKind, RequestState, SpotRequest, Text, Volume, VolumeId, VolumeState,
};
use crate::plan::tests::kit::*;

/// Text that tries to steer whatever shows it.
pub(in crate::plan::tests) const HOSTILE: &str = "\u{1b}]0;x\u{7}\r\n127.0.0.1 evil\u{202e}\u{9b}31m`rm`'\"$(x)";

/// The moment of every random plan: everything else lies before it, mostly.
pub(in crate::plan::tests) const NOW: i64 = 4_000;

pub(in crate::plan::tests) fn instances() -> Vec<InstanceId> {
    [OWN, OLD, ALIEN].into_iter().map(i).collect()
}

pub(in crate::plan::tests) fn instance_id() -> impl Strategy<Value = InstanceId> {
    prop_oneof![4 => Just(i(OWN)), 2 => Just(i(OLD)), 1 => Just(i(ALIEN))]
}

pub(in crate::plan::tests) fn volume_id() -> impl Strategy<Value = VolumeId> {
    select(vec![vol(HOME), vol(DATA)])
}

/// A moment before the plan: mostly a few minutes.
pub(in crate::plan::tests) fn moment() -> impl Strategy<Value = Timestamp> {
    let second = prop_oneof![4 => NOW - 130..=NOW, 4 => NOW - 1_000..=NOW, 1 => 0..=NOW, 1 => NOW..NOW + 100];
    second.prop_map(|second| Timestamp::from_second(noon().as_second() + second).unwrap())
}

fn word(words: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop_oneof![9 => select(words), 1 => Just(HOSTILE)]
}

fn zone() -> impl Strategy<Value = Text> {
    prop_oneof![12 => Just("us-east-1a"), 1 => Just("us-east-1b"), 1 => Just(""), 1 => Just(HOSTILE)]
        .prop_map(Text::new)
}

pub(in crate::plan::tests) fn address() -> impl Strategy<Value = IpAddr> {
    select(vec![ADDRESS, "3.3.3.3", "10.0.0.7", "2600::1"]).prop_map(|address| address.parse().unwrap())
}

pub(in crate::plan::tests) fn device() -> impl Strategy<Value = DeviceName> {
    select(vec!["/dev/sdp", "/dev/sdo", "/dev/sdf"]).prop_map(|name| name.parse().unwrap())
}

pub(in crate::plan::tests) fn spot_request() -> BoxedStrategy<SpotRequest> {
    let states: &[&str] = &["active", "open", "disabled", "cancelled", "closed", "failed"];
    let codes: &[&str] = &[
        "pending-evaluation",
        "capacity-not-available",
        "constraint-not-fulfillable",
        "limit-exceeded",
        "price-too-low",
        "fulfilled",
        "marked-for-stop",
        "instance-terminated-no-capacity",
        "instance-stopped-by-user",
        "request-canceled-and-instance-running",
    ];
    let fulfilled = prop_oneof![3 => Just(("active", "fulfilled")), 1 => (word(states), word(codes))];
    let message = select(vec!["", "All is well.", HOSTILE]);
    let kinds = prop_oneof![4 => Just("persistent"), 1 => Just("one-time"), 1 => Just(HOSTILE)];
    (fulfilled, message, of(moment()), kinds, option::weighted(0.9, instance_id()), of(moment()))
        .prop_map(|((state, code), message, status_since, kind, instance, valid_until)| SpotRequest {
            id: sir(REQUEST),
            state: RequestState::from(state),
            status_code: Text::new(code),
            status_message: Text::new(message),
            status_since,
            kind: RequestKind::from(kind),
            interruption: InterruptionBehavior::Terminate,
            instance,
            valid_until,
        })
        .boxed()
}

pub(in crate::plan::tests) fn instance(id: InstanceId) -> BoxedStrategy<Instance> {
    let states: &[&str] = &["running", "pending", "shutting-down", "terminated", "stopping", "stopped"];
    let state = prop_oneof![3 => Just("running"), 2 => word(states)];
    let launcher = prop_oneof![2 => Just(Some(sir(REQUEST))), 1 => Just(None), 1 => Just(Some(sir("sir-00000001")))];
    let taken = of((device(), select(vec![vol(HOME), vol("vol-00000001")])));
    let addresses = (of(address()), of(address()));
    (state, zone(), of(moment()), addresses, launcher, taken, claims())
        .prop_map(
            move |(state, availability_zone, launch_time, (public_ip, private_ip), spot_request, taken, claims)| {
                Instance {
                    id: id.clone(),
                    name: Text::new(HOSTILE),
                    state: InstanceState::from(state),
                    state_reason: Text::new(HOSTILE),
                    availability_zone,
                    instance_type: Text::new(HOSTILE),
                    launch_time,
                    public_ip,
                    private_ip,
                    block_devices: taken.into_iter().map(|(name, volume)| (Text::new(name.as_str()), volume)).collect(),
                    spot_request,
                    claims,
                }
            },
        )
        .boxed()
}

/// What other keepers say, and perhaps this one itself.
fn claims() -> impl Strategy<Value = Claims> {
    prop_oneof![3 => Just(Claims::new()), 1 => vec(claim(), 0..3).prop_map(Claims::from_iter)]
}

/// One keeper, and what it says.
pub(in crate::plan::tests) fn claim() -> impl Strategy<Value = (Keeper, Claim)> {
    let keeper = select(vec![KEEPER, BEFORE, AFTER]).prop_map(|keeper| keeper.parse().unwrap());
    let claim = prop_oneof![
        2 => Just(Claim::Owed),
        1 => moment().prop_map(Claim::Asked),
        1 => moment().prop_map(Claim::Done),
    ];
    (keeper, claim)
}

fn attachment() -> BoxedStrategy<Attachment> {
    let states: &[&str] = &["attached", "attaching", "detaching", "detached", "busy"];
    let state = prop_oneof![3 => Just("attached"), 2 => word(states)];
    let device = prop_oneof![4 => Just("/dev/sdp"), 1 => Just(HOSTILE)];
    let time = option::weighted(0.9, moment());
    (option::weighted(0.95, instance_id()), device, state, time, prop::bool::weighted(0.1))
        .prop_map(|(instance, device, state, attach_time, delete_on_termination)| Attachment {
            instance,
            device: Text::new(device),
            state: AttachmentState::from(state),
            attach_time,
            delete_on_termination,
        })
        .boxed()
}

pub(in crate::plan::tests) fn volume(id: VolumeId) -> BoxedStrategy<Volume> {
    let states: &[&str] = &["available", "in-use", "creating", "deleting", "deleted", "error"];
    let attachments = prop_oneof![1 => Just(Vec::new()), 4 => vec(attachment(), 1), 1 => vec(attachment(), 2)];
    (option::weighted(0.2, word(states)), zone(), prop::bool::weighted(0.05), attachments)
        .prop_map(move |(odd, availability_zone, multi_attach, attachments)| {
            let usual = if attachments.is_empty() { "available" } else { "in-use" };
            let state = VolumeState::from(odd.unwrap_or(usual));
            Volume { id: id.clone(), state, availability_zone, multi_attach, attachments }
        })
        .boxed()
}

pub(in crate::plan::tests) fn name_entry() -> impl Strategy<Value = NameEntry> {
    (instance_id(), address()).prop_map(|(instance, address)| NameEntry {
        instance,
        address,
        hostnames: vec!["my-spot.amazonaws.com".parse().unwrap()],
        ssh_user: None,
    })
}
