//! One machine's case: what the rules look at, and what they have said so far.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::action::{Action, NotTaken, Offer, Step, StepKind};
use super::fact::Fact;
use super::finding::{Finding, MachinePlan, Motion, State};
use super::gate::{Authority, Gate, forbidden};
use super::marks::{Mark, Marks, Part};
use super::memory::MachineMemory;
use super::sight::{Setback, Sight};
use super::{Inputs, span};
use crate::config::Machine;
use crate::model::{FailureKind, Instance, InstanceId, MachineName, Observation, SpotRequest, Volume, VolumeId};

/// One machine before the rules.
pub(super) struct Case<'a> {
    /// All inputs.
    pub(super) inputs: &'a Inputs<'a>,
    /// The machine as configured.
    pub(super) machine: &'a Machine,
    /// What is remembered of it.
    pub(super) memory: &'a MachineMemory,
    /// The part that is spoken of.
    part: Part,
    marks: BTreeMap<Part, Mark>,
    findings: Vec<Finding>,
    plan: MachinePlan,
}

impl<'a> Case<'a> {
    pub(super) fn new(inputs: &'a Inputs<'a>, machine: &'a Machine) -> Self {
        let plan = MachinePlan {
            machine: machine.name.clone(),
            finding: Finding::steady(State::Ready, "", ""),
            draining: None,
            steps: Vec::new(),
            not_taken: Vec::new(),
            offers: Vec::new(),
            marks: Marks::default(),
            warnings: Vec::new(),
            notes: Vec::new(),
            sights: BTreeSet::new(),
        };
        let memory = inputs.memory.of(&machine.name);
        Self { inputs, machine, memory, part: Part::Request, marks: BTreeMap::new(), findings: Vec::new(), plan }
    }

    pub(super) fn observation(&self) -> &'a Observation {
        self.inputs.observation
    }

    pub(super) fn request(&self) -> Option<&'a SpotRequest> {
        self.observation().request(&self.machine.spot_request)
    }

    pub(super) fn volume(&self, id: &VolumeId) -> Option<&'a Volume> {
        self.observation().volume(id)
    }

    /// Whether every volume of the machine is attached to the instance, completely.
    pub(super) fn all_attached_to(&self, instance: &InstanceId) -> bool {
        let attached = |id| self.volume(id).is_some_and(|volume| volume.is_attached_to(instance));
        self.machine.volumes.iter().all(|volume| attached(&volume.id))
    }

    /// Whether the instance is, or was, this machine's: EC2 says so, or the journal does.
    pub(super) fn owns(&self, instance: &Instance) -> bool {
        instance.spot_request.as_ref() == Some(&self.machine.spot_request) || self.memory.has_lived_on(&instance.id)
    }

    /// Says from now on what it says of this part.
    pub(super) fn speak_of(&mut self, part: Part) {
        self.part = part;
    }

    /// Finds something of the part that is spoken of.
    pub(super) fn find(&mut self, finding: Finding) {
        let mark = match (finding.state, finding.motion) {
            (State::Blocked, _) => Mark::Wrong,
            (State::NeedsApproval, _) => Mark::Asked,
            (State::Working, _) | (_, Motion::Moving) => Mark::Moving,
            (State::Waiting | State::Ready, Motion::Steady) => Mark::Open,
        };
        self.mark(self.part, mark);
        self.findings.push(finding);
    }

    /// Marks a part. Of several marks the most urgent counts.
    pub(super) fn mark(&mut self, part: Part, mark: Mark) {
        let marked = self.marks.entry(part).or_insert(mark);
        *marked = mark.max(*marked);
    }

    /// Offers what the operator may demand, or says why not. What forbids the kind forbids the offer.
    pub(super) fn offer(&mut self, kind: StepKind, action: Result<Action, String>) {
        let action = action.and_then(|action| match forbidden(self.inputs, kind) {
            Some(no) => Err(no.why),
            None => Ok(action),
        });
        self.plan.offers.push(Offer { kind, action });
    }

    /// The words of the first finding.
    pub(super) fn first_words(&self) -> Option<&str> {
        self.findings.first().map(|finding| finding.reason.as_str())
    }

    /// Says that EC2 is taking this instance back.
    pub(super) fn drains(&mut self, instance: InstanceId) {
        self.plan.draining = Some(instance);
    }

    pub(super) fn warn(&mut self, warning: impl Into<String>) {
        self.plan.warnings.push(warning.into());
    }

    pub(super) fn skip(&mut self, kind: StepKind, why: impl Into<String>) {
        self.plan.not_taken.push(NotTaken { kind, why: why.into() });
    }

    pub(super) fn note(&mut self, fact: Fact) {
        self.plan.notes.push(fact);
    }

    /// For how long a condition that holds now has held already.
    pub(super) fn lasted(&mut self, sight: Sight) -> Duration {
        let lasted = self.inputs.sightings.lasted(&sight, self.inputs.now.monotonic);
        self.plan.sights.insert(sight);
        lasted
    }

    /// Proposes a step, unless it failed a moment ago. With a `doubt` it needs a yes whatever the policy says.
    pub(super) fn propose(&mut self, action: Action, why: impl Into<String>, doubt: Option<&str>) {
        self.put(action, why.into(), doubt, self.inputs.authority);
    }

    /// Proposes a step that needs a yes of its own: one that was given in advance to everything does not count.
    pub(super) fn propose_anew(&mut self, action: Action, why: impl Into<String>, doubt: &str) {
        let authority = Authority { yes_to_all: false, ..self.inputs.authority };
        self.put(action, why.into(), Some(doubt), authority);
    }

    fn put(&mut self, action: Action, why: String, doubt: Option<&str>, authority: Authority) {
        let key = (self.machine.name.clone(), action);
        if self.is_demanded(&key) {
            return;
        }
        let (machine, action) = key;
        let rests = |setback: &&Setback| setback.until > self.inputs.now.monotonic;
        if let Some(setback) = self.inputs.setbacks.get(&(machine.clone(), action.clone())).filter(rests) {
            return self.rest(&action, setback);
        }
        let limit = self.limit(action.kind());
        let (doubt, authority) = match &limit {
            // A yes that was given in advance to everything must not take a loop round and round.
            Some(words) => (Some(words.as_str()), Authority { yes_to_all: false, ..authority }),
            None => (doubt, authority),
        };
        let verdict = authority.judge(self.inputs, &machine, &action, doubt);
        let is_name = action.kind() == StepKind::Names;
        match &verdict {
            Ok(Gate::Ask(because)) => {
                let words = format!("{action}? {why}; {because}");
                self.find(Finding::steady(State::NeedsApproval, question(&action), words));
            }
            Ok(_) => self.find(Finding::moving(State::Working, doing(&action), format!("next: {action}: {why}"))),
            Err(no) if is_name => {
                self.mark(Part::Name, Mark::Open);
                self.warn(format!("would {action}, but {}", no.why));
            }
            // The warning about it says more; and the machine is ready all the same.
            Err(_) if action.kind() == StepKind::Keep => {}
            Err(no) => {
                let words = format!("would {action} ({why}), but {}", no.why);
                self.find(Finding::steady(State::Waiting, no.brief, words));
            }
        }
        if let Err(no) = &verdict {
            self.skip(action.kind(), format!("{action}: {}", no.why));
        }
        let gate = verdict.unwrap_or_else(|no| Gate::Closed(no.why));
        self.plan.steps.push(Step { machine, action, why, gate, demanded: false });
    }

    /// Why this much of a kind is enough for an hour, if it is.
    fn limit(&self, kind: StepKind) -> Option<String> {
        let limits = &self.inputs.config.limits;
        let (key, most, done) = match kind {
            StepKind::Reboot => ("reboots_per_hour", limits.reboots_per_hour, "rebooted"),
            StepKind::Detach => ("detaches_per_hour", limits.detaches_per_hour, "detached"),
            StepKind::Attach | StepKind::Keep | StepKind::Names => return None,
        };
        let tried = self.memory.tried_lately(kind, self.inputs.now.wall);
        (tried >= usize::from(most)).then(|| {
            let name = &self.machine.name;
            format!("{name} was {done} {tried} times within an hour, and [limits] {key} is {most}")
        })
    }

    /// Whether the operator demands this of the machine and it is offered.
    pub(super) fn demands(&self, action: &Action) -> bool {
        self.is_demanded(&(self.machine.name.clone(), action.clone()))
    }

    /// Whether the operator demands this step and it is offered: then it is not proposed besides.
    fn is_demanded(&self, key: &(MachineName, Action)) -> bool {
        let offered = |offer: &Offer| offer.action.as_ref().is_ok_and(|action| *action == key.1);
        self.inputs.wishes.demanded.contains(key) && self.plan.offers.iter().any(offered)
    }

    /// Puts what the operator demands before everything else, as far as it is offered.
    pub(super) fn put_demanded_first(&mut self) {
        let offers = std::mem::take(&mut self.plan.offers);
        let mut demanded = Vec::new();
        for action in offers.iter().filter_map(|offer| offer.action.as_ref().ok()) {
            let (machine, why) = (self.machine.name.clone(), "the operator asks for it".to_owned());
            if self.inputs.wishes.demanded.contains(&(machine.clone(), action.clone())) {
                self.speak_of(Part::from(action.kind()));
                self.find(Finding::moving(State::Working, doing(action), format!("next: {action}: {why}")));
                demanded.push(Step { machine, action: action.clone(), why, gate: Gate::Open, demanded: true });
            }
        }
        self.plan.offers = offers;
        self.plan.steps.splice(0..0, demanded);
    }

    fn rest(&mut self, action: &Action, setback: &Setback) {
        let why = &setback.failure.why;
        let (brief, mark, words) = match setback.failure.kind {
            // Nothing failed: the world moved, or does not show yet what was done.
            FailureKind::Stale => ("not yet", Mark::Moving, format!("not now: {action}: {why}")),
            _ => ("failed", Mark::Wrong, format!("could not {action}: {why}")),
        };
        self.mark(Part::from(action.kind()), mark);
        if action.kind() == StepKind::Names {
            self.warn(words.clone());
        } else if action.kind() == StepKind::Keep {
            if setback.failure.kind != FailureKind::Stale {
                self.warn(words.clone());
            }
        } else if setback.failure.is_for_people() {
            self.find(Finding::steady(State::Blocked, brief, words.clone()));
        } else {
            self.find(Finding::moving(State::Working, brief, words.clone()));
        }
        let rest = span(setback.until.saturating_sub(self.inputs.now.monotonic));
        self.skip(action.kind(), format!("{words}; the next look at it is in {rest}"));
    }

    /// The whole plan: of all findings the most urgent counts, and everything that is as urgent is told. A part that
    /// nothing was said of has the mark that `usual` has for it.
    pub(super) fn conclude(mut self, ready: String, usual: Marks) -> MachinePlan {
        let state = self.findings.iter().map(|finding| finding.state).max().unwrap_or(State::Ready);
        let motion = self.findings.iter().map(|finding| finding.motion).max().unwrap_or(Motion::Steady);
        let mut brief = "";
        let mut reasons: Vec<String> = Vec::new();
        for finding in self.findings.into_iter().filter(|finding| finding.state == state) {
            brief = if brief.is_empty() { finding.brief } else { brief };
            if !reasons.contains(&finding.reason) {
                reasons.push(finding.reason);
            }
        }
        let reason = if reasons.is_empty() { ready } else { reasons.join("; ") };
        self.plan.finding = Finding { state, reason, brief, motion };
        self.plan.marks = usual;
        for (part, mark) in self.marks {
            *self.plan.marks.of(part) = mark;
        }
        self.plan
    }
}

impl MachinePlan {
    /// Shows a step as said yes to or begun, until the next plan shows what came of it.
    pub(crate) fn begin(&mut self, action: &Action) {
        *self.marks.of(Part::from(action.kind())) = Mark::Moving;
        let Some(step) = self.steps.iter_mut().find(|step| step.action == *action) else { return };
        step.gate = Gate::Open;
        let words = format!("next: {action}: {}", step.why);
        let is_asked = self.steps.iter().any(|step| matches!(step.gate, Gate::Ask(_)));
        if self.finding.state <= State::NeedsApproval && !is_asked {
            self.finding = Finding::moving(State::Working, doing(action), words);
        }
    }
}

/// What a step that is next does, in a word.
fn doing(action: &Action) -> &'static str {
    match action {
        Action::Attach { .. } => "attaching",
        Action::Detach { .. } => "detaching",
        Action::Keep { .. } => "keeping",
        Action::Reboot { .. } => "rebooting",
        Action::Publish { .. } => "publishing",
        Action::Withdraw { .. } => "withdrawing",
    }
}

/// What a step that is asked for asks, in a word.
fn question(action: &Action) -> &'static str {
    match action {
        Action::Attach { .. } => "attach?",
        Action::Detach { .. } => "detach?",
        Action::Keep { .. } => "keep?",
        Action::Reboot { .. } => "reboot?",
        Action::Publish { .. } => "publish?",
        Action::Withdraw { .. } => "withdraw?",
    }
}

impl crate::model::Failure {
    /// Whether trying again is of no use until somebody mends something.
    fn is_for_people(&self) -> bool {
        matches!(
            self.kind,
            FailureKind::Denied | FailureKind::ZoneMismatch | FailureKind::AttachmentLimit | FailureKind::Refused
        )
    }
}
