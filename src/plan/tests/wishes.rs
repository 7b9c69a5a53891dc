//! What the operator may demand, and what a demand, a pause and a snooze make of a plan.

use proptest::prelude::*;

use super::kit::*;
use super::properties::is_demanded;
use super::random;
use crate::config::{Consent, Mode, RebootRule};
use crate::model::{AttachmentState, FailureKind, InstanceState, NameTarget, VolumeState};
use crate::plan::Motion::{Moving, Steady};
use crate::plan::{Action, Fact, Gate, MachinePlan, Sight, State, StepKind, Wishes};

/// What may be demanded of a kind, and why the rest may not.
fn offers(plan: &MachinePlan, kind: StepKind) -> Vec<String> {
    let of_kind = plan.offers.iter().filter(|offer| offer.kind == kind);
    of_kind.map(|offer| offer.action.as_ref().map_or_else(|why| format!("not: {why}"), Action::to_string)).collect()
}

fn demand(world: &mut World, action: Action) {
    let name = world.machine().name.clone();
    world.wishes.demanded.insert((name, action));
}

fn snooze(world: &mut World, action: Action, rest: u64) {
    let (name, until) = (world.machine().name.clone(), world.now.monotonic + seconds(rest));
    world.wishes.snoozed.insert((name, action), until);
}

#[test]
fn a_free_volume_may_be_attached_and_what_lacks_it_may_not_be_rebooted_or_named() {
    let plan = World::new().plan();
    assert_eq!(offers(&plan, StepKind::Attach), ["attach vol-e123456f to i-0aaaaaaa as /dev/sdp"]);
    assert_eq!(offers(&plan, StepKind::Reboot), ["not: vol-e123456f is not attached to i-0aaaaaaa"]);
    assert_eq!(
        offers(&plan, StepKind::Names),
        ["not: a name is published when all volumes are attached and no reboot is owed"]
    );
}

#[test]
fn a_machine_that_is_ready_may_be_rebooted_and_says_why_nothing_else_can_be_done() {
    let plan = World::settled().plan();
    assert_eq!(offers(&plan, StepKind::Attach), ["not: vol-e123456f is attached on i-0aaaaaaa"]);
    assert_eq!(offers(&plan, StepKind::Reboot), ["reboot i-0aaaaaaa"]);
    assert_eq!(offers(&plan, StepKind::Names), ["not: the hosts file has 3.4.5.6 already"]);
}

/// The volume is taken from the instance that holds it.
fn take(from: &str) -> Action {
    Action::Detach { volume: vol(HOME), instance: i(from) }
}

#[test]
fn a_volume_may_be_taken_from_any_other_instance_whatever_it_does_there() {
    for (state, ours) in
        [("running", false), ("running", true), ("pending", false), ("stopped", false), ("shutting-down", true)]
    {
        for attached in ["attached", "attaching", "busy", "detaching"] {
            let mut world = World::new();
            world.held_by(OLD, state, ours);
            world.show_attachment(HOME, OLD, attached, 3_600);
            assert_eq!(offers(&world.plan(), StepKind::Detach), ["detach vol-e123456f from i-0bbbbbbb"], "{state}");
            world.request().instance = None;
            world.status("open", "capacity-not-available");
            assert_eq!(offers(&world.plan(), StepKind::Detach), ["detach vol-e123456f from i-0bbbbbbb"], "{state}");
        }
    }
    let mut unseen = World::new();
    unseen.show_attachment(HOME, OLD, "attached", 3_600);
    assert_eq!(offers(&unseen.plan(), StepKind::Detach), ["detach vol-e123456f from i-0bbbbbbb"]);
}

#[test]
fn what_is_at_home_unfit_or_nobodys_may_not_be_taken_and_says_why() {
    type Change = fn(&mut World);
    let cases: [(Change, &str); 9] = [
        (|_| {}, "not: vol-e123456f is attached on i-0aaaaaaa, the machine's own instance"),
        (
            |world| world.status("active", "marked-for-termination"),
            "not: vol-e123456f is attached on i-0aaaaaaa, the machine's own instance",
        ),
        (
            |world| {
                world.status("disabled", "instance-stopped-no-capacity");
                world.instance(OWN).state = "stopped".into();
            },
            "not: vol-e123456f is attached on i-0aaaaaaa, the machine's own instance",
        ),
        (
            |world| world.show_attachment(HOME, OWN, "attaching", 3_600),
            "not: vol-e123456f is attaching on i-0aaaaaaa, the machine's own instance, and not stuck there yet",
        ),
        (
            |world| {
                world.volume(HOME).attachments.clear();
                world.volume(HOME).state = VolumeState::Available;
            },
            "not: no instance holds vol-e123456f",
        ),
        (|world| world.volume(HOME).multi_attach = true, "not: vol-e123456f has Multi-Attach enabled"),
        (
            |world| {
                let second = world.volume(HOME).attachments[0].clone();
                world.volume(HOME).attachments.push(second);
            },
            "not: EC2 shows vol-e123456f attached to several instances",
        ),
        (|world| world.volume(HOME).attachments[0].instance = None, "not: vol-e123456f is in use by something of AWS"),
        (|world| world.held_by(OLD, "hovering", true), "not: i-0bbbbbbb is hovering: this program does not know"),
    ];
    for (change, words) in cases {
        let mut world = World::settled();
        change(&mut world);
        let offers = offers(&world.look(), StepKind::Detach);
        assert!(offers.len() == 1 && offers[0].starts_with(words), "{offers:?} instead of {words:?}");
    }
    let mut forbidden = World::new();
    forbidden.held_by(ALIEN, "running", false);
    forbidden.config.policy.detach = Consent::Never;
    assert_eq!(offers(&forbidden.plan(), StepKind::Detach), ["not: the policy says detach = \"never\""]);
}

#[test]
fn what_attaches_at_home_may_be_taken_when_it_is_stuck_and_not_before() {
    for (lasted, words) in [
        (90, "not: vol-e123456f is attaching on i-0aaaaaaa, the machine's own instance, and not stuck there yet"),
        (91, "detach vol-e123456f from i-0aaaaaaa"),
    ] {
        let mut world = World::new();
        world.show_attachment(HOME, OWN, "attaching", 0);
        assert_eq!(offers(&world.look_twice(lasted), StepKind::Detach), [words]);
    }
}

#[test]
fn a_demand_takes_the_volume_from_a_running_stranger_which_nothing_else_does() {
    let mut world = World::new();
    world.held_by(ALIEN, "running", false);
    assert_finding(&world.look(), State::Blocked, Steady, &[ALIEN]);
    demand(&mut world, take(ALIEN));
    let plan = world.look();
    assert_eq!(steps(&plan), ["open: detach vol-e123456f from i-0eeeeeee"]);
    assert!(plan.steps[0].demanded);
    assert_finding(&plan, State::Working, Moving, &["next: detach vol-e123456f from i-0eeeeeee", "the operator"]);
}

#[test]
fn a_declined_detachment_of_what_is_stuck_is_done_all_the_same_on_demand() {
    let mut world = World::new();
    world.show_attachment(HOME, OWN, "attaching", 1);
    world.look_twice(91);
    world.fact(Fact::Declined { declined: take(OWN) });
    assert_eq!(steps(&world.look()), ["closed: detach vol-e123456f from i-0aaaaaaa"]);
    assert_eq!(offers(&world.plan(), StepKind::Detach), ["detach vol-e123456f from i-0aaaaaaa"]);
    demand(&mut world, take(OWN));
    assert_eq!(steps(&world.look()), ["open: detach vol-e123456f from i-0aaaaaaa"]);
}

#[test]
fn a_machine_that_is_never_rebooted_may_be_rebooted_on_the_operators_word() {
    let mut world = World::settled();
    world.machine().reboot = RebootRule::Never;
    assert_eq!(offers(&world.plan(), StepKind::Reboot), ["reboot i-0aaaaaaa"]);
}

#[test]
fn an_entry_that_is_not_as_it_should_be_may_be_written_in_each_managed_file() {
    let mut world = World::settled();
    world.config.ssh.enabled = true;
    world.publish(OLD, "3.3.3.3");
    let plan = world.plan();
    assert_eq!(
        offers(&plan, StepKind::Names),
        ["publish 3.4.5.6 of i-0aaaaaaa in the hosts file", "publish 3.4.5.6 of i-0aaaaaaa in the ssh configuration",]
    );
    (world.config.ssh.enabled, world.config.hosts.enabled) = (false, false);
    assert_eq!(
        offers(&world.plan(), StepKind::Names),
        ["not: neither the hosts file nor the ssh configuration is managed"]
    );
}

#[test]
fn what_stands_in_the_way_of_an_offer_is_told_with_its_ids() {
    let mut pending = World::new();
    pending.instance(OWN).state = InstanceState::Pending;
    assert_eq!(offers(&pending.plan(), StepKind::Attach), ["not: i-0aaaaaaa is pending"]);
    assert_eq!(offers(&pending.plan(), StepKind::Reboot), ["not: i-0aaaaaaa is pending"]);
    let mut held = World::new();
    held.held_by(ALIEN, "running", false);
    assert_eq!(offers(&held.plan(), StepKind::Attach), ["not: vol-e123456f is attached on i-0eeeeeee"]);
    let mut lost = World::new();
    lost.volume(HOME).state = VolumeState::Error;
    let words = "not: vol-e123456f is in the error state: its hardware failed; restore it from a snapshot";
    assert_eq!(offers(&lost.plan(), StepKind::Attach), [words]);
    let mut creating = World::new();
    creating.volume(HOME).state = VolumeState::Creating;
    assert_eq!(offers(&creating.plan(), StepKind::Attach), ["not: vol-e123456f is creating"]);
    let mut unknown = World::new();
    unknown.seen.volumes.seen.clear();
    assert_eq!(offers(&unknown.plan(), StepKind::Attach), ["not: EC2 does not know vol-e123456f"]);
    let mut open = World::new();
    open.status("open", "capacity-not-available");
    open.request().instance = None;
    let words = "not: there is no eligible instance: sir-y1a23b4c is open (capacity-not-available): there is no \
                 capacity at the moment";
    assert_eq!(offers(&open.plan(), StepKind::Attach), [words]);
    assert_eq!(offers(&open.plan(), StepKind::Reboot), [words]);
    let mut cancelled = World::settled();
    cancelled.status("cancelled", "request-canceled-and-instance-running");
    let words = "not: sir-y1a23b4c is cancelled: nothing is done to i-0aaaaaaa any more";
    assert_eq!(offers(&cancelled.plan(), StepKind::Reboot), [words]);
}

#[test]
fn read_only_mode_never_and_a_pause_allow_no_demand() {
    let mut world = World::settled();
    world.wishes.paused = true;
    assert_eq!(offers(&world.plan(), StepKind::Reboot), ["not: paused: nothing is begun until it is resumed"]);
    world.wishes.paused = false;
    world.mode(Mode::ReadOnly);
    assert_eq!(offers(&world.plan(), StepKind::Reboot), ["not: read-only mode changes nothing"]);
    world.mode(Mode::Auto);
    world.config.policy.reboot = Consent::Never;
    assert_eq!(offers(&world.plan(), StepKind::Reboot), ["not: the policy says reboot = \"never\""]);
    world.config.policy.reboot = Consent::Ask;
    assert_eq!(offers(&world.plan(), StepKind::Reboot), ["reboot i-0aaaaaaa"]);
}

#[test]
fn two_free_volumes_are_offered_under_two_names() {
    let mut world = World::with_two_volumes();
    // Both configured names are taken by others.
    let taken = [("/dev/sdp", "vol-00000001"), ("/dev/sdf", "vol-00000002")];
    world.instance(OWN).block_devices = taken.map(|(name, volume)| (name.into(), vol(volume))).into();
    let plan = world.plan();
    assert_eq!(
        offers(&plan, StepKind::Attach),
        ["attach vol-e123456f to i-0aaaaaaa as /dev/sdo", "attach vol-0000da7a to i-0aaaaaaa as /dev/sdn"]
    );
    assert_eq!(steps(&plan).len(), 2);
    assert!(plan.steps.iter().zip(&plan.offers).all(|(step, offer)| offer.action.as_ref() == Ok(&step.action)));
}

#[test]
fn a_demand_goes_before_delay_back_off_refusal_snooze_and_question() {
    let obstacles: [fn(&mut World); 5] = [
        |world| world.fails(attach("/dev/sdp"), FailureKind::Denied),
        |world| world.fact(Fact::Declined { declined: attach("/dev/sdp") }),
        |world| snooze(world, attach("/dev/sdp"), 600),
        |world| world.mode(Mode::Confirm),
        |world| world.config.policy.attach = Consent::Ask,
    ];
    for stand_in_the_way in obstacles {
        let mut world = World::new();
        stand_in_the_way(&mut world);
        assert!(!steps(&world.plan()).contains(&"open: attach vol-e123456f to i-0aaaaaaa as /dev/sdp".to_owned()));
        demand(&mut world, attach("/dev/sdp"));
        let plan = world.plan();
        assert_eq!(steps(&plan), ["open: attach vol-e123456f to i-0aaaaaaa as /dev/sdp"]);
        assert_eq!(plan.steps[0].why, "the operator asks for it");
        assert_finding(&plan, State::Working, Moving, &["next: attach vol-e123456f", "the operator asks for it"]);
    }
    let mut delayed = World::owing();
    assert!(delayed.plan().steps.is_empty());
    demand(&mut delayed, reboot());
    assert_eq!(steps(&delayed.plan()), ["open: reboot i-0aaaaaaa"]);
}

#[test]
fn a_demand_goes_before_what_is_planned_besides() {
    let mut world = World::settled();
    world.seen.names.entries.clear();
    demand(&mut world, reboot());
    assert_eq!(
        steps(&world.plan()),
        ["open: reboot i-0aaaaaaa", "open: publish 3.4.5.6 of i-0aaaaaaa in the hosts file"]
    );
}

#[test]
fn a_reboot_without_a_debt_whose_fate_was_lost_is_asked_about_and_not_repeated() {
    let mut world = World::new();
    world.instance(OWN).launch_time = Some(world.ago(7_200));
    world.show_attachment(HOME, OWN, "attached", 3_600);
    world.fact(Fact::RebootIntended { instance: i(OWN) });
    world.pass(5);
    assert_eq!(steps(&world.plan()), ["ask: reboot i-0aaaaaaa"]);
}

#[test]
fn a_snoozed_step_waits_and_says_until_when_and_is_asked_for_again_then() {
    let mut world = World::new();
    world.mode(Mode::Confirm);
    snooze(&mut world, attach("/dev/sdp"), 600);
    let plan = world.plan();
    assert_eq!(steps(&plan), ["closed: attach vol-e123456f to i-0aaaaaaa as /dev/sdp"]);
    assert_finding(&plan, State::Waiting, Steady, &["but the operator put it off; asked again at 12:10:00Z"]);
    assert_eq!(plan.finding.brief, "put off");
    world.pass(599);
    assert_eq!(world.plan().finding.reason, plan.finding.reason);
    world.pass(1);
    assert_eq!(world.plan().finding.state, State::NeedsApproval);
}

#[test]
fn a_pause_closes_every_gate() {
    let mut world = World::new();
    world.wishes.paused = true;
    demand(&mut world, attach("/dev/sdp"));
    let plan = world.plan();
    assert_eq!(steps(&plan), ["closed: attach vol-e123456f to i-0aaaaaaa as /dev/sdp"]);
    assert_finding(&plan, State::Waiting, Steady, &["but paused: nothing is begun until it is resumed"]);
    assert_eq!(plan.finding.brief, "paused");
}

/// The same world without what is demanded.
fn undemanding(world: &World) -> World {
    let wishes = Wishes { demanded: std::collections::BTreeSet::new(), ..world.wishes.clone() };
    World { wishes, ..world.clone() }
}

proptest! {
    #[test]
    fn what_is_demanded_and_not_offered_changes_nothing(world in random::world()) {
        let mut world = world;
        let offered: Vec<Action> = world.plan().offers.into_iter().filter_map(|offer| offer.action.ok()).collect();
        world.wishes.demanded.retain(|(_, action)| !offered.contains(action));
        prop_assert_eq!(world.plan(), undemanding(&world).plan());
    }

    #[test]
    fn what_is_demanded_and_offered_comes_first_and_once(world in random::world()) {
        let plan = world.plan();
        let offered = plan.offers.iter().filter_map(|offer| offer.action.as_ref().ok());
        let first: Vec<&Action> = offered.filter(|action| is_demanded(&world, action)).collect();
        let steps: Vec<&Action> = plan.steps.iter().map(|step| &step.action).collect();
        prop_assert!(steps.starts_with(&first), "{first:?} and then {steps:?}");
        prop_assert!(plan.steps.iter().take(first.len()).all(|step| step.gate == Gate::Open));
        let distinct: std::collections::BTreeSet<&Action> = steps.iter().copied().collect();
        prop_assert_eq!(distinct.len(), steps.len());
    }

    #[test]
    fn a_demand_changes_no_offer_note_or_sight_and_no_other_step(world in random::world()) {
        let (plan, without) = (world.plan(), undemanding(&world).plan());
        prop_assert_eq!(&plan.offers, &without.offers);
        prop_assert_eq!(&plan.notes, &without.notes);
        prop_assert_eq!(&plan.sights, &without.sights);
        let others = |plan: &MachinePlan| {
            let undemanded = plan.steps.iter().filter(|step| !is_demanded(&world, &step.action) || step.gate != Gate::Open);
            undemanded.cloned().collect::<Vec<_>>()
        };
        let demanded = |action: &Action| plan.steps.iter().any(|step| step.action == *action && step.gate == Gate::Open);
        let mut left = others(&without);
        left.retain(|step| !is_demanded(&world, &step.action) || !demanded(&step.action));
        prop_assert_eq!(others(&plan), left);
    }

    #[test]
    fn every_offer_is_safe(world in random::world()) {
        let offers = world.plan().offers;
        for kind in [StepKind::Attach, StepKind::Detach, StepKind::Reboot, StepKind::Names] {
            prop_assert!(offers.iter().any(|offer| offer.kind == kind), "nothing is said of {kind}");
        }
        prop_assert!(offers.iter().all(|offer| offer.action.as_ref().is_ok_and(|a| a.kind() == offer.kind)
            || offer.action.as_ref().is_err_and(|why| !why.is_empty())));
        for action in offers.into_iter().filter_map(|offer| offer.action.ok()) {
            match action {
                Action::Attach { volume, instance, .. } => {
                    let seen = &world.seen.volumes.seen[&volume];
                    prop_assert!(seen.state == VolumeState::Available && !seen.multi_attach);
                    prop_assert!(seen.attachments.iter().all(|held| held.state == AttachmentState::Detached));
                    prop_assert!(super::properties::is_eligible(&world, &instance));
                    prop_assert_eq!(&world.seen.instances.seen[&instance].state, &InstanceState::Running);
                }
                Action::Reboot { instance, .. } => {
                    prop_assert!(super::properties::is_eligible(&world, &instance));
                    prop_assert!(super::properties::all_attached(&world, &instance));
                }
                Action::Publish { target, address, .. } => {
                    prop_assert!(target != NameTarget::Hosts || world.config.hosts.enabled);
                    let entry = world.seen.names.entry(target, &world.config.machines[0].name);
                    prop_assert!(entry.is_none_or(|entry| entry.address != address
                        || entry.instance.as_str() != OWN || entry.ssh_user.is_none() || target == NameTarget::Ssh));
                }
                Action::Detach { volume, instance } => {
                    let seen = &world.seen.volumes.seen[&volume];
                    let holding = seen.attachments.iter().filter(|held| held.state != AttachmentState::Detached);
                    let held: Vec<_> = holding.collect();
                    prop_assert!(held.len() == 1 && !seen.multi_attach);
                    prop_assert_eq!(held[0].instance.as_ref(), Some(&instance));
                    let attaching = held[0].state == AttachmentState::Attaching;
                    let lasted = world.sightings.lasted(&Sight::Attaching(volume, instance.clone()), world.now.monotonic);
                    prop_assert!(!super::properties::is_eligible(&world, &instance) || attaching && lasted > seconds(90));
                    let holder = world.seen.instances.seen.get(&instance);
                    prop_assert!(!holder.is_some_and(|holder| matches!(holder.state, InstanceState::Unknown(_))));
                }
                other => prop_assert!(false, "{} is nobody's to demand", other),
            }
        }
    }

    #[test]
    fn while_paused_no_gate_is_open_whatever_is_demanded(world in random::world()) {
        let mut world = world;
        world.wishes.paused = true;
        let plan = world.plan();
        prop_assert!(plan.steps.iter().all(|step| matches!(&step.gate, Gate::Closed(why) if why.starts_with("paused"))));
        prop_assert!(plan.offers.iter().all(|offer| offer.action.is_err()));
    }
}
