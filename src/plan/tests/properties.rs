//! What no plan may ever do, in whatever world. Each guarantee is derived here anew, not by the planner's own words.

use proptest::prelude::*;

use super::kit::*;
use super::random;
use crate::config::{AddressKind, Consent, Mode, RebootRule};
use crate::model::{
    Attachment, AttachmentState, Escaped, Instance, InstanceId, InstanceState, RequestState, Volume, VolumeState, age,
};
use crate::plan::{Action, Debt, Gate, MachinePlan, Sight, State, Step, StepKind};

/// Rule 2 once more: present, named by its active and fulfilled request, in the zone of all volumes.
pub(super) fn is_eligible(world: &World, id: &InstanceId) -> bool {
    let Some(request) = world.seen.requests.seen.get(&sir(REQUEST)) else { return false };
    let Some(instance) = world.seen.instances.seen.get(id) else { return false };
    let zone = instance.availability_zone.as_str();
    request.state == RequestState::Active
        && request.status_code.as_str() == "fulfilled"
        && request.instance.as_ref() == Some(id)
        && ["pending", "running"].contains(&instance.state.as_str())
        && volumes(world).iter().flatten().all(|volume| {
            let home = volume.availability_zone.as_str();
            home.is_empty() || zone.is_empty() || home == zone
        })
}

/// The volumes of the machine, each as far as EC2 shows it.
fn volumes(world: &World) -> Vec<Option<&Volume>> {
    let wanted = &world.config.machines[0].volumes;
    wanted.iter().map(|wanted| world.seen.volumes.seen.get(&wanted.id)).collect()
}

fn is_attached(volume: &Volume, to: &InstanceId) -> bool {
    let on_it = |state: &AttachmentState| *state == AttachmentState::Attached;
    volume.attachments.iter().any(|held| held.instance.as_ref() == Some(to) && on_it(&held.state))
}

pub(super) fn all_attached(world: &World, to: &InstanceId) -> bool {
    volumes(world).into_iter().all(|volume| volume.is_some_and(|volume| is_attached(volume, to)))
}

fn is_fit(volume: &Volume) -> bool {
    let lost = [VolumeState::Error, VolumeState::Deleting, VolumeState::Deleted];
    let holders = volume.attachments.iter().filter(|held| held.state != AttachmentState::Detached).count();
    !volume.multi_attach && holders < 2 && !lost.contains(&volume.state)
}

fn debt<'a>(world: &'a World, id: &InstanceId) -> Option<&'a Debt> {
    world.memory.of(&world.config.machines[0].name).debt(id).filter(|debt| debt.is_open())
}

fn instance<'a>(world: &'a World, id: &InstanceId) -> Option<&'a Instance> {
    world.seen.instances.seen.get(id)
}

fn lost_sends(debt: &Debt) -> Vec<&crate::plan::Send> {
    debt.lost_sends().collect()
}

fn actions(plan: &MachinePlan) -> impl Iterator<Item = &Action> {
    plan.steps.iter().map(|step| &step.action)
}

fn opened(plan: &MachinePlan) -> impl Iterator<Item = &Step> {
    plan.steps.iter().filter(|step| step.gate == Gate::Open)
}

/// Whether the operator asks for it.
pub(super) fn is_demanded(world: &World, action: &Action) -> bool {
    world.wishes.demanded.contains(&(world.config.machines[0].name.clone(), action.clone()))
}

/// Applies a plan's notes as the engine does before it acts, and plans again.
fn noted(world: &World) -> (World, MachinePlan) {
    let mut world = world.clone();
    for fact in world.plan().notes {
        world.fact(fact);
    }
    let plan = world.plan();
    (world, plan)
}

/// The attachment to this instance; one that is over may stand beside it.
fn held_by<'a>(volume: &'a Volume, id: &InstanceId) -> &'a Attachment {
    let mut held = volume.attachments.iter().filter(|held| held.state != AttachmentState::Detached);
    held.find(|held| held.instance.as_ref() == Some(id)).unwrap()
}

proptest! {
    #[test]
    fn nothing_is_attached_to_or_rebooted_but_an_eligible_instance_that_runs(world in random::world()) {
        for action in actions(&world.plan()) {
            if let Action::Attach { instance: id, .. } | Action::Reboot { instance: id, .. } = action {
                prop_assert!(is_eligible(&world, id), "{action}");
                prop_assert_eq!(&instance(&world, id).unwrap().state, &InstanceState::Running);
            }
        }
    }

    #[test]
    fn a_volume_that_anybody_holds_is_never_attached(world in random::world()) {
        for action in actions(&world.plan()) {
            if let Action::Attach { volume, device, instance: id } = action {
                let seen = &world.seen.volumes.seen[volume];
                prop_assert!(seen.attachments.iter().all(|held| held.state == AttachmentState::Detached));
                prop_assert!(seen.state == VolumeState::Available && is_fit(seen));
                let names = &instance(&world, id).unwrap().block_devices;
                prop_assert!(names.get(&device.as_str().into()).is_none_or(|taken| taken == volume));
                let others = world.config.machines[0].volumes.iter().filter(|other| other.id != *volume);
                prop_assert!(others.into_iter().all(|other| other.device != *device));
            }
        }
    }

    #[test]
    fn a_reboot_is_only_planned_with_all_volumes_attached_and_fit_and_a_reason_to(world in random::world()) {
        let plan = world.plan();
        prop_assert!(actions(&plan).filter(|action| action.kind() == StepKind::Reboot).count() < 2);
        for action in actions(&plan) {
            if let Action::Reboot { instance: id, volumes: with } = action {
                prop_assert!(all_attached(&world, id));
                prop_assert!(volumes(&world).into_iter().flatten().all(is_fit));
                prop_assert_eq!(with.len(), world.config.machines[0].volumes.len());
                if is_demanded(&world, action) {
                    continue;
                }
                prop_assert_eq!(world.config.machines[0].reboot, RebootRule::AfterAttach);
                let (after, _) = noted(&world);
                prop_assert!(debt(&after, id).is_some(), "a reboot without a debt");
            }
        }
    }

    #[test]
    fn a_doubtful_late_or_twice_lost_reboot_is_never_done_unasked(mut world in random::world()) {
        world.authority.yes_to_all = false;
        for step in opened(&world.plan()).filter(|step| !is_demanded(&world, &step.action)) {
            if let Action::Reboot { instance: id, .. } = &step.action {
                let (after, again) = noted(&world);
                let debt = debt(&after, id).unwrap();
                prop_assert!(!debt.doubtful);
                // Our own date, by our own clock.
                prop_assert!(age(world.now.wall, debt.since).as_secs() < 600);
                prop_assert!(age(debt.since, world.now.wall).as_secs() <= 60 || !lost_sends(debt).is_empty());
                let lost = lost_sends(debt);
                prop_assert!(lost.len() < 2);
                prop_assert!(lost.iter().all(|send| age(world.now.wall, send.at).as_secs() < 120));
                let machine = &world.config.machines[0];
                let sight = Sight::AllAttached(machine.name.clone(), id.clone());
                let waited = world.sightings.lasted(&sight, world.now.monotonic) >= machine.reboot_delay;
                prop_assert!(waited || lost.len() == 1);
                prop_assert_eq!(opened(&again).count(), opened(&world.plan()).count());
            }
        }
    }

    #[test]
    fn a_volume_is_never_taken_from_a_running_instance_that_does_not_drain(world in random::world()) {
        for action in actions(&world.plan()) {
            if let Action::Detach { volume, instance: id } = action {
                if is_demanded(&world, action) {
                    continue;
                }
                let held = held_by(&world.seen.volumes.seen[volume], id);
                let Some(holder) = instance(&world, id) else { continue };
                prop_assert!(!matches!(holder.state, InstanceState::Unknown(_)), "rule 10");
                if holder.state != InstanceState::Running {
                    continue;
                }
                let name = &world.config.machines[0].name;
                let ours = holder.spot_request == Some(sir(REQUEST)) || world.memory.of(name).has_lived_on(id);
                let named = world.seen.requests.seen[&sir(REQUEST)].instance.as_ref() == Some(id);
                let stuck = held.state == AttachmentState::Attaching && is_eligible(&world, id);
                prop_assert!(stuck || ours && !named, "{action}, {:?}", held.state);
            }
        }
    }

    #[test]
    fn taking_a_volume_from_another_instance_is_always_asked(mut world in random::world()) {
        world.authority.yes_to_all = false;
        for step in opened(&world.plan()) {
            if let Action::Detach { instance: id, .. } = &step.action {
                if step.demanded {
                    continue;
                }
                prop_assert!(is_eligible(&world, id), "{}", step.action);
            }
        }
    }

    #[test]
    fn deletion_on_termination_is_only_cleared_where_it_is_set_and_on_a_strangers_instance_never_unasked(
        mut world in random::world()
    ) {
        world.authority.yes_to_all = false;
        for step in world.plan().steps {
            if let Action::Keep { volume, instance: id, device } = &step.action {
                let seen = &world.seen.volumes.seen[volume];
                prop_assert!(is_fit(seen));
                let held = held_by(seen, id);
                prop_assert!(held.delete_on_termination && held.device == *device);
                let name = &world.config.machines[0].name;
                let ours = instance(&world, id).unwrap().spot_request == Some(sir(REQUEST))
                    || world.memory.of(name).has_lived_on(id)
                    || world.seen.requests.seen.values().any(|request| request.instance.as_ref() == Some(id));
                prop_assert!(ours || step.gate != Gate::Open);
            }
        }
    }

    #[test]
    fn a_name_is_only_published_for_an_instance_that_has_the_address_and_all_volumes_and_owes_nothing(
        world in random::world()
    ) {
        let (after, plan) = noted(&world);
        for action in actions(&plan) {
            if let Action::Publish { instance: id, address, .. } = action {
                let machine = &world.config.machines[0];
                let seen = instance(&world, id).unwrap();
                let has = if machine.address == AddressKind::Public { seen.public_ip } else { seen.private_ip };
                prop_assert_eq!(has, Some(*address));
                prop_assert!(seen.state.is_present() && all_attached(&world, id));
                prop_assert_eq!(&world.seen.requests.seen[&sir(REQUEST)].instance, &Some(id.clone()));
                prop_assert!(debt(&after, id).is_none() || machine.reboot == RebootRule::Never);
            }
        }
    }

    #[test]
    fn a_name_is_only_withdrawn_from_an_instance_that_left_or_lost_its_address_or_is_absent_for_long(
        world in random::world()
    ) {
        for action in actions(&world.plan()) {
            if let Action::Withdraw { target, instance: id } = action {
                let machine = &world.config.machines[0];
                let entry = world.seen.names.entry(*target, &machine.name).unwrap();
                prop_assert_eq!(&entry.instance, id);
                let Some(seen) = instance(&world, id) else {
                    let absent = world.sightings.lasted(&Sight::Absent(id.clone()), world.now.monotonic);
                    prop_assert!(absent.as_secs() >= 30);
                    continue;
                };
                let has = if machine.address == AddressKind::Public { seen.public_ip } else { seen.private_ip };
                prop_assert!(seen.state.has_left() || seen.state.is_present() && has != Some(entry.address));
            }
        }
    }

    #[test]
    fn no_gate_is_open_in_read_only_mode_or_against_never_or_a_refusal(mut world in random::world()) {
        let name = world.config.machines[0].name.clone();
        for step in opened(&world.plan()) {
            let policy = &world.config.policy;
            let consent = match step.action.kind() {
                StepKind::Attach => policy.attach,
                StepKind::Detach => policy.detach,
                StepKind::Keep => policy.keep,
                StepKind::Reboot => policy.reboot,
                StepKind::Names => policy.names,
            };
            prop_assert_ne!(world.authority.mode, Mode::ReadOnly);
            prop_assert_ne!(consent, Consent::Never);
            prop_assert!(!world.wishes.paused);
            if is_demanded(&world, &step.action) {
                continue;
            }
            let until = world.wishes.snoozed.get(&(name.clone(), step.action.clone()));
            prop_assert!(until.is_none_or(|until| *until <= world.now.monotonic));
            prop_assert!(world.authority.yes_to_all || consent != Consent::Ask);
            prop_assert!(!world.memory.of(&name).is_declined(&step.action));
            let asks = world.authority.mode == Mode::Confirm && !world.authority.yes_to_all;
            prop_assert!(!asks || step.action.kind() == StepKind::Names);
        }
        world.mode(Mode::ReadOnly);
        prop_assert_eq!(opened(&world.plan()).count(), 0);
    }

    #[test]
    fn a_step_that_rests_is_not_planned(world in random::world()) {
        let name = &world.config.machines[0].name;
        for action in actions(&world.plan()).filter(|action| !is_demanded(&world, action)) {
            let setback = world.setbacks.get(&(name.clone(), action.clone()));
            prop_assert!(setback.is_none_or(|setback| setback.until <= world.now.monotonic));
        }
    }

    #[test]
    fn the_state_agrees_with_the_gates(world in random::world()) {
        let plan = world.plan();
        let asks = plan.steps.iter().any(|step| matches!(step.gate, Gate::Ask(_)));
        match plan.finding.state {
            State::NeedsApproval => prop_assert!(asks),
            State::Ready | State::Waiting => prop_assert!(!asks && opened(&plan).count() == 0),
            State::Working => prop_assert!(!asks),
            State::Blocked => {}
        }
    }

    #[test]
    fn a_machine_is_only_ready_when_its_volumes_are_attached_and_nothing_is_owed(world in random::world()) {
        let (after, plan) = noted(&world);
        if plan.finding.state == State::Ready {
            let id = world.seen.requests.seen[&sir(REQUEST)].instance.clone().unwrap();
            prop_assert!(all_attached(&world, &id));
            prop_assert!(debt(&after, &id).is_none() || world.config.machines[0].reboot == RebootRule::Never);
        }
    }

    #[test]
    fn every_plan_has_words_and_none_of_them_act_on_a_terminal(world in random::world()) {
        let plan = world.plan();
        prop_assert!(!plan.finding.reason.is_empty());
        prop_assert!(plan.steps.iter().all(|step| !step.why.is_empty()));
        for words in everything_said(&plan) {
            prop_assert_eq!(Escaped(&words).to_string(), words);
        }
    }

    #[test]
    fn a_plan_is_a_function_of_its_inputs(world in random::world()) {
        prop_assert_eq!(world.plan(), world.plan());
    }

    #[test]
    fn a_plan_whose_notes_are_taken_in_has_no_more_to_note_and_no_wider_gates(world in random::world()) {
        let before = world.plan();
        let (after, again) = noted(&world);
        prop_assert!(noted(&after).1.notes.is_empty(), "{:?} and then {:?}", before.notes, again.notes);
        prop_assert!(again.notes.is_empty(), "{:?} and then {:?}", before.notes, again.notes);
        for step in opened(&before).filter(|step| step.action.kind() != StepKind::Names) {
            prop_assert!(opened(&again).any(|other| other.action == step.action), "{} was open too early", step.action);
        }
    }

    #[test]
    fn a_machine_is_planned_the_same_whoever_stands_beside_it(world in random::world()) {
        let mut crowd = world.clone();
        let mut other = crowd.config.machines[0].clone();
        (other.name, other.spot_request) = ("lab".parse().unwrap(), sir("sir-00000001"));
        crowd.config.machines.push(other);
        prop_assert_eq!(world.plan(), crowd.plan());
    }
}
