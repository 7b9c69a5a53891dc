//! Whatever the journal may hold.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::parts::{address, claim, device, instance_id, moment, volume_id};
use crate::model::{FailureKind, Fate, NameTarget};
use crate::plan::tests::kit::*;
use crate::plan::{Action, Fact, Outcome, Payment, Sight};

fn outcome() -> impl Strategy<Value = Outcome> {
    let kinds = [FailureKind::Throttled, FailureKind::VolumeInUse, FailureKind::DeviceNameTaken, FailureKind::Refused];
    let failed = (select(kinds.to_vec()), select(vec![Fate::NotDone, Fate::Unknown]))
        .prop_map(|(kind, fate)| Outcome::Failed(failure(kind, fate)));
    prop_oneof![Just(Outcome::Done), failed]
}

/// Any step that may have been declined, or changed a name.
pub(in crate::plan::tests) fn action() -> BoxedStrategy<Action> {
    let hosts = NameTarget::Hosts;
    prop_oneof![
        (volume_id(), instance_id(), device()).prop_map(|(volume, instance, device)| Action::Attach {
            volume,
            instance,
            device
        }),
        (volume_id(), instance_id()).prop_map(|(volume, instance)| Action::Detach { volume, instance }),
        (volume_id(), instance_id()).prop_map(|(volume, instance)| {
            let device = crate::model::Text::new("/dev/sdp");
            Action::Keep { volume, instance, device }
        }),
        instance_id().prop_map(|instance| Action::Reboot { instance, volumes: vec![vol(HOME)] }),
        instance_id().prop_map(move |instance| Action::Withdraw { target: hosts, instance }),
        (instance_id(), address()).prop_map(move |(instance, address)| Action::Publish {
            target: hosts,
            instance,
            address,
            hostnames: vec!["my-spot.amazonaws.com".parse().unwrap()],
            ssh_user: None,
        }),
    ]
    .boxed()
}

pub(in crate::plan::tests) fn fact() -> BoxedStrategy<Fact> {
    let pair = || (volume_id(), instance_id());
    prop_oneof![
        4 => (pair(), device(), prop::bool::weighted(0.9)).prop_map(|((volume, instance), device, reboot_owed)| {
            Fact::AttachIntended { volume, instance, device, reboot_owed }
        }),
        2 => (pair(), outcome())
            .prop_map(|((volume, instance), outcome)| Fact::AttachEnded { volume, instance, outcome }),
        1 => (pair(), moment())
            .prop_map(|((volume, instance), attach_time)| Fact::AttachSeen { volume, instance, attach_time }),
        1 => (pair(), moment())
            .prop_map(|((volume, instance), attach_time)| Fact::AttachmentFound { volume, instance, attach_time }),
        1 => (pair(), moment())
            .prop_map(|((volume, instance), attach_time)| Fact::DebtTakenOver { volume, instance, attach_time }),
        2 => instance_id().prop_map(|instance| Fact::RebootIntended { instance }),
        1 => (instance_id(), outcome()).prop_map(|(instance, outcome)| Fact::RebootEnded { instance, outcome }),
        1 => instance_id().prop_map(|instance| Fact::RebootOvertaken { instance }),
        1 => (instance_id(), select(vec![Payment::StartedSince, Payment::Operator, Payment::Elsewhere]))
            .prop_map(|(instance, payment)| Fact::DebtPaid { instance, payment }),
        1 => (pair(), of(device()))
            .prop_map(|((volume, instance), stuck_at)| Fact::DetachIntended { volume, instance, stuck_at }),
        1 => (pair(), outcome())
            .prop_map(|((volume, instance), outcome)| Fact::DetachEnded { volume, instance, outcome }),
        1 => pair().prop_map(|(volume, instance)| Fact::KeepIntended { volume, instance }),
        1 => (pair(), outcome())
            .prop_map(|((volume, instance), outcome)| Fact::KeepEnded { volume, instance, outcome }),
        1 => (action(), outcome()).prop_map(|(change, outcome)| Fact::NamesChanged { change, outcome }),
        1 => action().prop_map(|declined| Fact::Declined { declined }),
    ]
    .boxed()
}

pub(in crate::plan::tests) fn facts() -> impl Strategy<Value = Vec<Fact>> {
    vec(fact(), 0..10)
}

pub(in crate::plan::tests) fn sight() -> BoxedStrategy<Sight> {
    let pair = || (volume_id(), instance_id());
    prop_oneof![
        pair().prop_map(|(volume, instance)| Sight::Attaching(volume, instance)),
        pair().prop_map(|(volume, instance)| Sight::HeldBack(volume, instance)),
        pair().prop_map(|(volume, instance)| Sight::Detaching(volume, instance)),
        instance_id().prop_map(|instance| Sight::AllAttached("train".parse().unwrap(), instance)),
        instance_id().prop_map(Sight::Absent),
        (instance_id(), claim()).prop_map(|(instance, (keeper, claim))| Sight::Claimed(instance, keeper, claim)),
    ]
    .boxed()
}
