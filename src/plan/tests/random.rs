//! Random worlds, with a leaning towards those in which something may be done.

mod facts;
mod parts;

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::Timestamp;
use proptest::collection::{btree_set, vec};
use proptest::option::{self, of};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

pub(super) use facts::facts;
pub(super) use parts::instances;

use self::facts::{action, fact, sight};
use self::parts::{HOSTILE, NOW, instance, moment, name_entry, spot_request, volume};
use super::kit::*;
use crate::config::{AddressKind, Consent, HomeVolume, Mode, RebootRule};
use crate::model::{FailureKind, Fate, InstanceState, NameTarget, NamesProblem, Text};
use crate::plan::{Action, Authority, Entry, Fact, Setback, Sight, Sightings};

fn consents() -> impl Strategy<Value = [Consent; 5]> {
    let consent = prop_oneof![4 => Just(Consent::Auto), 1 => Just(Consent::Ask), 1 => Just(Consent::Never)];
    [consent.clone(), consent.clone(), consent.clone(), consent.clone(), consent]
}

fn authority() -> impl Strategy<Value = Authority> {
    let mode = prop_oneof![4 => Just(Mode::Auto), 1 => Just(Mode::Confirm), 1 => Just(Mode::ReadOnly)];
    (mode, prop::bool::weighted(0.2)).prop_map(|(mode, yes_to_all)| Authority { mode, yes_to_all })
}

/// What EC2 and the files show.
fn seen() -> BoxedStrategy<World> {
    let present = |id: &str| option::weighted(0.85, instance(i(id)));
    let shown = |id: &str| option::weighted(0.95, volume(vol(id)));
    (
        option::weighted(0.95, spot_request()),
        (present(OWN), present(OLD), present(ALIEN)),
        (shown(HOME), shown(DATA)),
        of(name_entry()),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(request, (own, old, alien), (home, data), entry, unusable)| {
            let mut world = World::new();
            world.seen.requests.seen = request.into_iter().map(|request| (request.id.clone(), request)).collect();
            let instances = [own, old, alien].into_iter().flatten();
            world.seen.instances.seen = instances.map(|instance| (instance.id.clone(), instance)).collect();
            let volumes = [home, data].into_iter().flatten();
            world.seen.volumes.seen = volumes.map(|volume| (volume.id.clone(), volume)).collect();
            let name = world.machine().name.clone();
            let entries = entry.map(|entry| (name, entry)).into_iter().collect();
            world.seen.names.entries.insert(NameTarget::Hosts, entries);
            let (target, file) = (NameTarget::Hosts, PathBuf::from("/etc/hosts"));
            let problem = NamesProblem { target, file, machine: None, what: HOSTILE.to_owned(), unusable };
            world.seen.names.problems.extend(unusable.then_some(problem));
            world
        })
        .boxed()
}

/// How much of a world is left to chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lean {
    /// Everything.
    Wild,
    /// The machine has its instance.
    Seated,
    /// Another instance holds its volumes.
    Held,
    /// Its volumes are attached there.
    Attached,
    /// By this program.
    Owing,
}

impl Lean {
    /// Takes the obstacles away.
    fn bend(self, world: &mut World, attached: &[Timestamp]) {
        if self == Self::Wild {
            return;
        }
        world.seen.requests.seen = World::new().seen.requests.seen;
        let own = world.instance(OWN);
        (own.state, own.availability_zone) = (InstanceState::Running, Text::new("us-east-1a"));
        for (id, attach_time) in [HOME, DATA].into_iter().zip(attached) {
            let volume = world.seen.volumes.seen.entry(vol(id)).or_insert_with(|| super::kit::volume(id));
            (volume.availability_zone, volume.multi_attach) = (Text::new("us-east-1a"), false);
            let holder = match self {
                Self::Wild | Self::Seated => None,
                Self::Held if attach_time.as_second() % 2 == 0 => Some(ALIEN),
                Self::Held => Some(OLD),
                Self::Attached | Self::Owing => Some(OWN),
            };
            if let Some(holder) = holder {
                world.show_attachment(id, holder, "attached", 0);
                world.volume(id).attachments[0].attach_time = Some(*attach_time);
            }
        }
    }

    /// What this program did for it.
    fn facts(self, attached: &[Timestamp]) -> Vec<(Fact, Timestamp)> {
        let owing = self == Self::Owing;
        let intents = [(HOME, "/dev/sdp"), (DATA, "/dev/sdf")].map(|(id, device)| attach_intended(id, OWN, device));
        intents.into_iter().zip(attached.iter().copied()).filter(|_| owing).collect()
    }
}

/// What the operator may come to want.
#[derive(Debug, Clone)]
struct Moods {
    /// What he demands, offered or not.
    demanded: Vec<Action>,
    /// What he puts off, planned or not, and for how many seconds yet.
    snoozed: Vec<(Action, u64)>,
    /// Which of the offers he demands, and which of the steps he puts off.
    picks: [bool; 8],
    paused: bool,
}

fn moods() -> impl Strategy<Value = Moods> {
    let (demanded, snoozed) = (vec(action(), 0..2), vec((action(), 0_u64..90), 0..2));
    let picks = proptest::array::uniform8(prop::bool::weighted(0.3));
    (demanded, snoozed, picks, prop::bool::weighted(0.1)).prop_map(|(demanded, snoozed, picks, paused)| Moods {
        demanded,
        snoozed,
        picks,
        paused,
    })
}

/// A world with everything in it, and an operator who wants something of it.
pub(super) fn world() -> BoxedStrategy<World> {
    (calm_world(), moods())
        .prop_map(|(mut world, moods)| {
            let Moods { demanded, snoozed, picks, paused } = moods;
            let plan = world.plan();
            let name = plan.machine.clone();
            let offered = plan.offers.into_iter().filter_map(|offer| offer.action.ok()).zip(picks);
            let offered = offered.filter_map(|(action, picked)| picked.then_some(action));
            world.wishes.demanded = offered.chain(demanded).map(|action| (name.clone(), action)).collect();
            let planned = plan.steps.into_iter().zip(picks.into_iter().rev());
            let planned = planned.filter_map(|(step, picked)| picked.then_some((step.action, 45)));
            let until = world.now.monotonic;
            let snoozed = planned.chain(snoozed).map(|(action, rest)| ((name.clone(), action), until + seconds(rest)));
            world.wishes.snoozed = snoozed.collect();
            world.wishes.paused = paused;
            world
        })
        .boxed()
}

/// A world with everything in it but an operator.
pub(super) fn calm_world() -> BoxedStrategy<World> {
    let lean = select(vec![Lean::Wild, Lean::Seated, Lean::Held, Lean::Attached, Lean::Owing, Lean::Owing]);
    let setback = (action(), 0_u64..60, select(vec![FailureKind::Denied, FailureKind::Throttled]));
    (
        (seen(), lean, [moment(), moment()]),
        prop_oneof![1 => Just(Vec::new()), 3 => vec((fact(), moment()), 0..6)],
        vec((btree_set(sight(), 0..12), 0_u64..400), 0..3),
        vec(setback, 0..3),
        (consents(), authority()),
        (any::<bool>(), any::<bool>(), prop::bool::weighted(0.1), prop::bool::weighted(0.3)),
        subsequence(vec![0_u64, 10, 60], 1),
    )
        .prop_map(
            |((mut world, lean, attached), mut facts, sights, setbacks, (consents, authority), choices, delay)| {
                let (two, ssh, never, private) = choices;
                let machine = &mut world.config.machines[0];
                machine.reboot_delay = seconds(delay[0]);
                if two {
                    machine.volumes.push(HomeVolume { id: vol(DATA), device: "/dev/sdf".parse().unwrap() });
                }
                if never {
                    machine.reboot = RebootRule::Never;
                }
                if private {
                    machine.address = AddressKind::Private;
                }
                world.config.ssh.enabled = ssh;
                let policy = &mut world.config.policy;
                [policy.attach, policy.reboot, policy.detach, policy.keep, policy.names] = consents;
                world.authority = authority;
                world.pass(u64::try_from(NOW).unwrap());
                lean.bend(&mut world, &attached);
                facts.splice(0..0, lean.facts(&attached));
                remember(&mut world, facts, sights);
                for (action, rest, kind) in setbacks {
                    let (failure, until) = (failure(kind, Fate::NotDone), world.now.monotonic + seconds(rest));
                    let key = (world.config.machines[0].name.clone(), action);
                    world.setbacks.insert(key, Setback { failure, times: 2, until });
                }
                world
            },
        )
        .boxed()
}

fn remember(world: &mut World, mut facts: Vec<(Fact, Timestamp)>, sights: Vec<(BTreeSet<Sight>, u64)>) {
    facts.sort_by_key(|(_, at)| *at);
    for (fact, at) in facts {
        let machine = world.config.machines[0].name.clone();
        world.memory.apply(&Entry { at, machine, fact });
    }
    let mut all = BTreeSet::new();
    world.sightings = Sightings::default();
    let mut sights = sights;
    sights.sort_by_key(|(_, ago)| std::cmp::Reverse(*ago));
    for (more, ago) in sights {
        all.extend(more);
        world.sightings.remember(all.clone(), world.now.monotonic.saturating_sub(seconds(ago)));
    }
}
