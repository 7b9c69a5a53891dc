//! What is told of facts, steps and states, to people who read a log.

use super::kit::*;
use crate::model::{FailureKind, Fate, NameTarget, Text};
use crate::plan::{Action, Fact, MachineMemory, Outcome, Payment, State, StepKind};

fn attach_ended(outcome: Outcome) -> Fact {
    Fact::AttachEnded { volume: vol(HOME), instance: i(OWN), outcome }
}

fn publish() -> Action {
    Action::Publish {
        target: NameTarget::Ssh,
        instance: i(OWN),
        address: ADDRESS.parse().unwrap(),
        hostnames: Vec::new(),
        ssh_user: None,
    }
}

/// What is told of a fact, without the ids that nearly all of them have.
fn told(fact: &Fact) -> String {
    fact.to_string().replace(HOME, "HOME").replace(OWN, "OWN")
}

#[test]
fn the_end_of_a_call_tells_whether_it_was_done_failed_or_is_unknown() {
    let failed = |fate| Outcome::Failed(failure(FailureKind::Throttled, fate));
    assert_eq!(told(&attach_ended(Outcome::Done)), "AttachVolume HOME to OWN: done");
    assert_eq!(told(&attach_ended(failed(Fate::NotDone))), "AttachVolume HOME to OWN: failed: EC2 said no");
    assert_eq!(told(&attach_ended(failed(Fate::Unknown))), "AttachVolume HOME to OWN: fate unknown: EC2 said no");
}

#[test]
fn a_fact_about_an_attachment_is_told_with_what_it_is_about() {
    let (volume, instance, attach_time) = (vol(HOME), i(OWN), noon());
    let owing = attach_intended(HOME, OWN, "/dev/sdp");
    let device = || "/dev/sdp".parse().unwrap();
    let not_owing = Fact::AttachIntended {
        volume: volume.clone(),
        instance: instance.clone(),
        device: device(),
        reboot_owed: false,
    };
    let seen = Fact::AttachSeen { volume: volume.clone(), instance: instance.clone(), attach_time };
    let found = Fact::AttachmentFound { volume: volume.clone(), instance: instance.clone(), attach_time };
    let taken_over = Fact::DebtTakenOver { volume: volume.clone(), instance: instance.clone(), attach_time };
    let stuck = Fact::DetachIntended { volume: volume.clone(), instance: instance.clone(), stuck_at: Some(device()) };
    let taken = Fact::DetachIntended { volume: volume.clone(), instance: instance.clone(), stuck_at: None };
    let detached = Fact::DetachEnded { volume: volume.clone(), instance: instance.clone(), outcome: Outcome::Done };
    let kept = Fact::KeepIntended { volume: volume.clone(), instance: instance.clone() };
    let keep_ended = Fact::KeepEnded { volume, instance, outcome: Outcome::Done };
    let since = "2026-03-01T12:00:00Z";
    assert_eq!(told(&owing), "about to attach HOME to OWN as /dev/sdp; a reboot is owed with it");
    assert_eq!(told(&not_owing), "about to attach HOME to OWN as /dev/sdp");
    assert_eq!(told(&seen), format!("EC2 shows HOME on OWN, since {since}"));
    assert_eq!(told(&found), format!("found HOME on OWN since {since}, attached by somebody else"));
    assert_eq!(
        told(&taken_over),
        format!("another computer attached HOME to OWN at {since}, and did not reboot it: the reboot is owed here")
    );
    assert_eq!(told(&stuck), "about to detach HOME from OWN, where it is stuck as /dev/sdp");
    assert_eq!(told(&taken), "about to detach HOME from OWN");
    assert_eq!(told(&detached), "DetachVolume HOME from OWN: done");
    assert_eq!(told(&kept), "about to have HOME kept when OWN is terminated");
    assert_eq!(told(&keep_ended), "ModifyInstanceAttribute OWN, to keep HOME: done");
}

#[test]
fn a_fact_about_a_reboot_or_a_name_is_told_with_what_it_is_about() {
    let instance = i(OWN);
    let paid = |payment| told(&Fact::DebtPaid { instance: i(OWN), payment });
    let ended = Fact::RebootEnded { instance: instance.clone(), outcome: Outcome::Done };
    assert_eq!(told(&Fact::RebootIntended { instance }), "about to reboot OWN");
    assert_eq!(told(&ended), "RebootInstances OWN: done");
    let overtaken = told(&Fact::RebootOvertaken { instance: i(OWN) });
    assert_eq!(overtaken, "OWN was hibernated as its reboot was asked for: nobody knows what became of that");
    let no_more = "no reboot of OWN is owed any more";
    assert_eq!(paid(Payment::StartedSince), format!("{no_more}: it was started after the attachment"));
    assert_eq!(paid(Payment::Operator), format!("{no_more}: the operator says that it was rebooted"));
    assert_eq!(paid(Payment::Elsewhere), format!("{no_more}: another computer rebooted it"));
    let changed = Fact::NamesChanged { change: publish(), outcome: Outcome::Done };
    assert_eq!(told(&changed), "publish 3.4.5.6 of OWN in the ssh configuration: done");
    assert_eq!(told(&Fact::Declined { declined: reboot() }), "the operator declined to reboot OWN");
    let carried = Fact::Carried { memory: MachineMemory::default() };
    assert_eq!(told(&carried), "an earlier file was rotated away; what is still needed goes on");
}

#[test]
fn a_step_is_told_by_what_it_changes_where() {
    let (volume, instance) = (vol(HOME), i(OWN));
    let withdraw = Action::Withdraw { target: NameTarget::Hosts, instance: instance.clone() };
    let device = Text::new("/dev/sdp");
    let told = [
        attach("/dev/sdp"),
        Action::Detach { volume: volume.clone(), instance: instance.clone() },
        Action::Keep { volume, instance, device },
        reboot(),
        publish(),
        withdraw,
    ]
    .map(|action| format!("{}: {action}", action.kind()));
    let expected = [
        "attach: attach vol-e123456f to i-0aaaaaaa as /dev/sdp",
        "detach: detach vol-e123456f from i-0aaaaaaa",
        "keep: keep vol-e123456f when i-0aaaaaaa is terminated",
        "reboot: reboot i-0aaaaaaa",
        "names: publish 3.4.5.6 of i-0aaaaaaa in the ssh configuration",
        "names: withdraw the name of i-0aaaaaaa from the hosts file",
    ];
    assert_eq!(told, expected);
}

#[test]
fn states_and_kinds_are_told_as_the_configuration_and_the_json_spell_them() {
    let states = [State::Ready, State::Waiting, State::Working, State::NeedsApproval, State::Blocked];
    for state in states {
        assert_eq!(serde_json::json!(state), state.to_string());
    }
    for kind in [StepKind::Attach, StepKind::Detach, StepKind::Keep, StepKind::Reboot, StepKind::Names] {
        assert_eq!(serde_json::json!(kind), kind.to_string());
    }
    assert_eq!(format!("{:>8}|{:<7}|", State::Ready, StepKind::Keep), "   ready|keep   |", "columns line up");
}
