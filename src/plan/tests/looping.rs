//! The planner in its loop, with a small EC2 around it that loses answers and a process that is killed: whatever
//! happens on the way, a volume is attached once, its instance is rebooted once, and the name follows.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::kit::*;
use crate::model::{FailureKind, Fate};
use crate::plan::{Action, Fact, Gate, Outcome, Sightings, State};

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Luck {
    /// It is done, and answered.
    Good,
    /// It is refused for the moment.
    Refused,
    /// It is done, but the answer is lost.
    AnswerLost,
    /// It never arrives, and nobody can know that.
    CallLost,
    /// It is done, and the process is killed before it can write that down.
    KilledAfter,
    /// The process is killed between the intent and the call.
    KilledBefore,
}

impl Luck {
    fn is_done(self) -> bool {
        matches!(self, Self::Good | Self::AnswerLost | Self::KilledAfter)
    }

    fn is_killed(self) -> bool {
        matches!(self, Self::KilledAfter | Self::KilledBefore)
    }

    fn outcome(self) -> Outcome {
        match self {
            Self::Refused => Outcome::Failed(failure(FailureKind::Throttled, Fate::NotDone)),
            Self::AnswerLost | Self::CallLost => Outcome::Failed(failure(FailureKind::Unreachable, Fate::Unknown)),
            Self::Good | Self::KilledAfter | Self::KilledBefore => Outcome::Done,
        }
    }
}

fn luck() -> impl Strategy<Value = Luck> {
    use Luck::{AnswerLost, CallLost, Good, KilledAfter, KilledBefore, Refused};
    prop_oneof![2 => Just(Good), 3 => select(vec![Refused, AnswerLost, CallLost, KilledAfter, KilledBefore])]
}

/// The world, and what was done in it.
struct Story {
    world: World,
    attached: u32,
    rebooted: u32,
    /// Reboots of which the journal cannot know whether they were made.
    in_the_dark: u32,
}

impl Story {
    fn new() -> Self {
        Self { world: World::new(), attached: 0, rebooted: 0, in_the_dark: 0 }
    }

    /// Looks, does what may be done unasked, and lets time pass. Returns the state.
    fn turn(&mut self, luck: &mut impl Iterator<Item = Luck>, pause: u64) -> State {
        self.world.look();
        let plan = self.world.look();
        if let Some(step) = plan.steps.iter().find(|step| step.gate == Gate::Open) {
            let luck = luck.next().unwrap_or(Luck::Good);
            self.perform(&step.action, luck);
        }
        self.world.pass(pause);
        plan.finding.state
    }

    fn perform(&mut self, action: &Action, luck: Luck) {
        let ended = match action.clone() {
            Action::Attach { volume, instance, device } => {
                self.world.fact(attach_intended(volume.as_str(), instance.as_str(), device.as_str()));
                if luck.is_done() {
                    self.attached += 1;
                    self.world.show_attachment(HOME, OWN, "attached", 0);
                }
                Fact::AttachEnded { volume, instance, outcome: luck.outcome() }
            }
            Action::Reboot { instance, .. } => {
                self.world.fact(Fact::RebootIntended { instance: instance.clone() });
                self.rebooted += u32::from(luck.is_done());
                self.in_the_dark += u32::from(!matches!(luck, Luck::Good | Luck::Refused));
                Fact::RebootEnded { instance, outcome: luck.outcome() }
            }
            Action::Publish { instance, address, .. } => {
                return self.world.publish(instance.as_str(), &address.to_string());
            }
            other => panic!("nothing in this world calls for: {other}"),
        };
        if luck.is_killed() {
            self.world.sightings = Sightings::default();
        } else {
            self.world.fact(ended);
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_lost_or_killed_a_volume_is_attached_once_and_rebooted_twice_only_if_the_first_was_lost(
        luck in vec(luck(), 0..12), pauses in vec(select(vec![2_u64, 15, 70, 200]), 12..30),
    ) {
        let mut story = Story::new();
        let mut luck = luck.into_iter();
        for pause in pauses {
            story.turn(&mut luck, pause);
            prop_assert!(story.attached <= 1);
            prop_assert!(story.rebooted <= 1 + u32::from(story.in_the_dark > 0));
            prop_assert!(story.in_the_dark <= 2, "the operator is asked before a third");
            let is_named = !story.world.seen.names.entries.is_empty();
            prop_assert!(!is_named || story.rebooted >= 1, "a name that points to a box that hangs");
        }
    }

    #[test]
    fn when_nothing_is_lost_every_machine_becomes_ready_by_itself(refusals in 0..5_usize, pause in 1..15_u64) {
        let mut story = Story::new();
        let mut luck = std::iter::repeat_n(Luck::Refused, refusals);
        let states: Vec<State> = (0..40).map(|_| story.turn(&mut luck, pause)).collect();
        prop_assert_eq!(states.last(), Some(&State::Ready));
        prop_assert_eq!((story.attached, story.rebooted), (1, 1));
    }

    #[test]
    fn whatever_was_lost_the_operators_word_makes_the_machine_ready(luck in vec(luck(), 0..12)) {
        let mut story = Story::new();
        let mut luck = luck.into_iter();
        for _ in 0..40 {
            story.turn(&mut luck, 30);
        }
        story.world.authority.yes_to_all = true;
        for _ in 0..4 {
            story.turn(&mut std::iter::empty(), 15);
        }
        prop_assert_eq!(story.turn(&mut std::iter::empty(), 1), State::Ready);
    }
}
