//! Modes and policy: who may say yes.

use super::kit::*;
use crate::config::{Consent, Mode};
use crate::model::NameTarget;
use crate::plan::Motion::{Moving, Steady};
use crate::plan::State::{NeedsApproval, Waiting, Working};
use crate::plan::{Action, Authority, Fact, Gate, State, StepKind};

/// One world for each kind of step, in which it is the only one planned.
fn worlds() -> [(StepKind, World); 5] {
    let mut stuck = World::new();
    stuck.show_attachment(HOME, OWN, "attaching", 1);
    stuck.look_twice(91);
    let mut owing = World::owing();
    owing.look_twice(10);
    let mut unpublished = World::settled();
    unpublished.seen.names.entries.clear();
    let mut flagged = World::settled();
    flagged.volume(HOME).attachments[0].delete_on_termination = true;
    [
        (StepKind::Attach, World::new()),
        (StepKind::Detach, stuck),
        (StepKind::Keep, flagged),
        (StepKind::Reboot, owing),
        (StepKind::Names, unpublished),
    ]
}

fn consent(world: &mut World, kind: StepKind) -> &mut Consent {
    let policy = &mut world.config.policy;
    match kind {
        StepKind::Attach => &mut policy.attach,
        StepKind::Detach => &mut policy.detach,
        StepKind::Keep => &mut policy.keep,
        StepKind::Reboot => &mut policy.reboot,
        StepKind::Names => &mut policy.names,
    }
}

/// The gate of the one step of this kind.
fn gate(world: &World, kind: StepKind) -> Gate {
    let plan = world.plan();
    assert_eq!(plan.steps.len(), 1, "{:?}", steps(&plan));
    assert_eq!(plan.steps[0].action.kind(), kind);
    plan.steps[0].gate.clone()
}

#[test]
fn mode_and_policy_open_ask_or_close_each_kind_of_step() {
    use Consent::{Ask, Auto, Never};
    let table = [
        (Mode::Auto, Auto, "open", "open"),
        (Mode::Auto, Ask, "ask", "ask"),
        (Mode::Auto, Never, "closed", "closed"),
        (Mode::Confirm, Auto, "ask", "open"),
        (Mode::Confirm, Ask, "ask", "ask"),
        (Mode::Confirm, Never, "closed", "closed"),
        (Mode::ReadOnly, Auto, "closed", "closed"),
        (Mode::ReadOnly, Ask, "closed", "closed"),
        (Mode::ReadOnly, Never, "closed", "closed"),
    ];
    for (mode, policy, others, names) in table {
        for (kind, mut world) in worlds() {
            world.mode(mode);
            *consent(&mut world, kind) = policy;
            let expected = if kind == StepKind::Names { names } else { others };
            let word = match gate(&world, kind) {
                Gate::Open => "open",
                Gate::Ask(_) => "ask",
                Gate::Closed(_) => "closed",
            };
            assert_eq!(word, expected, "{kind} in {mode:?} with {policy:?}");
        }
    }
}

#[test]
fn a_gate_says_why_it_is_not_open() {
    for (kind, mut world) in worlds() {
        *consent(&mut world, kind) = Consent::Ask;
        assert_eq!(gate(&world, kind), Gate::Ask(format!("the policy says {kind} = \"ask\"")));
        *consent(&mut world, kind) = Consent::Never;
        assert_eq!(gate(&world, kind), Gate::Closed(format!("the policy says {kind} = \"never\"")));
        *consent(&mut world, kind) = Consent::Auto;
        if kind != StepKind::Names {
            world.mode(Mode::Confirm);
            assert_eq!(gate(&world, kind), Gate::Ask(format!("confirm mode asks before each {kind}")));
        }
        world.mode(Mode::ReadOnly);
        assert_eq!(gate(&world, kind), Gate::Closed("read-only mode changes nothing".to_owned()));
        world.mode(Mode::Auto);
        let declined = world.plan().steps[0].action.clone();
        world.fact(Fact::Declined { declined });
        assert_eq!(gate(&world, kind), Gate::Closed("the operator declined it".to_owned()));
    }
}

#[test]
fn the_state_follows_the_gate() {
    for (kind, mut world) in worlds() {
        *consent(&mut world, kind) = Consent::Auto;
        assert_finding(&world.plan(), Working, Moving, &["next: "]);
        *consent(&mut world, kind) = Consent::Ask;
        assert_finding(&world.plan(), NeedsApproval, Steady, &["?", "the policy says"]);
        *consent(&mut world, kind) = Consent::Never;
        let plan = world.plan();
        assert!(why_not(&plan, kind).contains("= \"never\""));
        if [StepKind::Names, StepKind::Keep].contains(&kind) {
            assert_finding(&plan, State::Ready, Steady, &[]);
        } else {
            assert_finding(&plan, Waiting, Steady, &["would", "but the policy says"]);
        }
    }
}

#[test]
fn yes_to_all_stands_for_auto_and_ask_but_not_for_never_declined_or_read_only() {
    for (kind, mut world) in worlds() {
        for mode in [Mode::Auto, Mode::Confirm] {
            world.authority = Authority { mode, yes_to_all: true };
            for policy in [Consent::Auto, Consent::Ask] {
                *consent(&mut world, kind) = policy;
                assert_eq!(gate(&world, kind), Gate::Open, "{kind}");
            }
            *consent(&mut world, kind) = Consent::Never;
            assert!(matches!(gate(&world, kind), Gate::Closed(_)), "{kind}");
        }
        *consent(&mut world, kind) = Consent::Auto;
        world.mode(Mode::ReadOnly);
        assert!(matches!(gate(&world, kind), Gate::Closed(_)), "{kind}");
        world.mode(Mode::Auto);
        let declined = world.plan().steps[0].action.clone();
        world.fact(Fact::Declined { declined });
        assert!(matches!(gate(&world, kind), Gate::Closed(_)), "{kind}");
    }
}

#[test]
fn a_doubt_asks_in_auto_mode_whatever_the_policy_says_and_says_the_doubt() {
    let mut world = World::owing();
    world.pass(3_600);
    assert_eq!(gate(&world, StepKind::Reboot), Gate::Ask("EC2 cannot say whether it was rebooted since".to_owned()));
    world.config.policy.reboot = Consent::Never;
    assert!(matches!(gate(&world, StepKind::Reboot), Gate::Closed(_)));
}

#[test]
fn a_declined_attachment_stays_declined_until_its_subject_changes() {
    let mut world = World::new();
    world.mode(Mode::Confirm);
    world.fact(Fact::Declined { declined: attach("/dev/sdp") });
    for _ in 0..2 {
        let plan = world.look();
        assert_eq!(steps(&plan), ["closed: attach vol-e123456f to i-0aaaaaaa as /dev/sdp"]);
        assert_finding(&plan, Waiting, Steady, &["would attach", "the operator declined it"]);
        world.pass(86_400);
    }
    world.request().instance = Some(i(OLD));
    world.instance(OLD).spot_request = Some(sir(REQUEST));
    assert_eq!(steps(&world.look()), ["ask: attach vol-e123456f to i-0bbbbbbb as /dev/sdp"]);
}

#[test]
fn a_declined_reboot_comes_up_again_after_a_new_attachment() {
    let mut world = World::owing();
    world.fact(Fact::Declined { declined: reboot() });
    assert_eq!(steps(&world.look_twice(10)), ["closed: reboot i-0aaaaaaa"]);
    world.attach_here(HOME);
    assert_eq!(steps(&world.look_twice(10)), ["open: reboot i-0aaaaaaa"]);
}

#[test]
fn a_declined_withdrawal_stays_declined_while_the_next_instance_gets_its_volume() {
    let mut world = World::new();
    world.publish(OLD, "3.3.3.3");
    world.instance(OLD).state = "terminated".into();
    let withdraw = Action::Withdraw { target: NameTarget::Hosts, instance: i(OLD) };
    world.fact(Fact::Declined { declined: withdraw });
    world.attach_here(HOME);
    assert_eq!(steps(&world.look()), ["closed: withdraw the name of i-0bbbbbbb from the hosts file"]);
}

#[test]
fn what_was_declined_for_one_instance_is_forgotten_when_the_machine_moves_on() {
    let mut world = World::new();
    world.fact(Fact::Declined { declined: attach("/dev/sdp") });
    world.fact(attach_intended(HOME, OLD, "/dev/sdp"));
    assert_eq!(steps(&world.look()), ["open: attach vol-e123456f to i-0aaaaaaa as /dev/sdp"]);
}
