//! What people are told of, made of snapshots: each change once.
//!
//! Whoever watches an engine folds its snapshots by [`Changes`]: the screen, which rings, and the hooks. Nothing of
//! this is kept on disk. A machine that is ready in the first snapshot is no change; what stands in a machine's way in
//! the first snapshot is told, because nobody knows whether anybody heard of it.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::{MachineView, NumberedStep, Snapshot};
use crate::config::{Config, Machine, Mode, Occasion};
use crate::model::{Instance, InstanceId, MachineName, Observation, SpotRequestId, Text, age};
use crate::plan::{Action, Gate, State};

/// For how long something has to be gone before it is news again. EC2's views lag behind each other for seconds, or
/// half a minute at the worst, and a machine may seem to waver meanwhile.
const QUIET: Duration = Duration::from_mins(5);

/// Something that people are told of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it is about.
    pub occasion: Occasion,
    /// The machine.
    pub machine: MachineName,
    /// Its spot request.
    pub spot_request: SpotRequestId,
    /// Where it lives, or which instance it loses; none while it has none.
    pub instance: Option<InstanceId>,
    /// The instance's address, of the kind that the machine publishes.
    pub address: Option<IpAddr>,
    /// How the machine stands.
    pub state: State,
    /// Why, in plain words.
    pub reason: String,
    /// The step that waits for a yes, when one does.
    pub step: Option<NumberedStep>,
    /// The mode in force.
    pub mode: Mode,
    /// The region.
    pub region: Text,
    /// When it was seen, by this computer's clock.
    pub at: Timestamp,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.machine, self.occasion, self.reason)
    }
}

/// What was told already.
#[derive(Debug, Default)]
pub struct Changes {
    told: BTreeMap<MachineName, Told>,
    /// The plans that were looked at last.
    seen: Option<Arc<[MachineView]>>,
}

/// What was told of one machine.
#[derive(Debug, Default)]
struct Told {
    /// What holds, or held a moment ago, and when it was last seen to hold.
    matters: BTreeMap<Matter, Timestamp>,
    /// When the machine was last looked at.
    looked: Option<Timestamp>,
    /// Where the machine was last ready.
    home: Option<Start>,
    /// Whether trouble was told that its being ready ends.
    in_trouble: bool,
}

/// What is told once for as long as it lasts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Matter {
    Draining(Start),
    NeedsApproval(Action),
    Blocked(String),
}

/// One start of an instance: the same instance may be stopped and started again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Start {
    instance: InstanceId,
    launched: Option<Timestamp>,
}

/// One machine in one snapshot.
#[derive(Clone, Copy)]
struct Seen<'a> {
    snapshot: &'a Snapshot,
    observation: &'a Observation,
    machine: &'a Machine,
    view: &'a MachineView,
}

impl Changes {
    /// Takes a snapshot in, made of this configuration, and returns what has changed: machines in the order of the
    /// configuration.
    pub fn take(&mut self, config: &Config, snapshot: &Snapshot) -> Vec<Change> {
        let Some(observation) = snapshot.observation.as_deref() else { return Vec::new() };
        if self.seen.as_ref().is_some_and(|seen| Arc::ptr_eq(seen, &snapshot.machines)) {
            return Vec::new();
        }
        self.seen = Some(Arc::clone(&snapshot.machines));
        let mut changes = Vec::new();
        // Both are in the same order.
        for (machine, view) in config.machines.iter().zip(snapshot.machines.iter()) {
            let seen = Seen { snapshot, observation, machine, view };
            let found = || Told { home: seen.ready_home(), ..Told::default() };
            self.told.entry(machine.name.clone()).or_insert_with(found).take(seen, &mut changes);
        }
        if self.told.len() > config.machines.len() {
            self.told.retain(|name, _| config.machine(name).is_some());
        }
        changes
    }
}

impl Told {
    fn take(&mut self, seen: Seen<'_>, changes: &mut Vec<Change>) {
        let at = seen.observation.at();
        let before = self.looked.replace(at);
        self.matters.retain(|_, last| Some(*last) == before || age(at, *last) < QUIET);
        for (matter, change) in seen.matters() {
            let is_trouble = !matches!(matter, Matter::NeedsApproval(_));
            if self.matters.insert(matter, at).is_none() {
                self.in_trouble |= is_trouble;
                changes.push(change);
            }
        }
        if let Some(home) = seen.ready_home() {
            self.is_ready(home, seen, changes);
        }
    }

    fn is_ready(&mut self, home: Start, seen: Seen<'_>, changes: &mut Vec<Change>) {
        // Of an instance that was draining a moment ago, an old view is shown; or EC2 leaves it, as time will tell.
        if self.matters.contains_key(&Matter::Draining(home.clone())) {
            return;
        }
        let is_same = self.home.as_ref() == Some(&home);
        if self.in_trouble || !is_same {
            let was_ready = self.in_trouble || self.home.is_some();
            let occasion = if was_ready { Occasion::Healed } else { Occasion::Ready };
            changes.push(seen.change(occasion, seen.home(), seen.view.plan.finding.reason.clone()));
        }
        self.home = Some(home);
        self.in_trouble = false;
    }
}

impl<'a> Seen<'a> {
    /// What holds now, each with the words for it.
    fn matters(self) -> Vec<(Matter, Change)> {
        let plan = &self.view.plan;
        let mut matters = Vec::new();
        if let Some(id) = &plan.draining {
            let instance = self.observation.instance(id);
            let start = Start { instance: id.clone(), launched: instance.and_then(|instance| instance.launch_time) };
            let change = self.change(Occasion::Draining, instance, self.draining(id));
            matters.push((Matter::Draining(start), Change { instance: Some(id.clone()), ..change }));
        }
        if plan.finding.state == State::Blocked {
            let reason = plan.finding.reason.clone();
            let change = self.change(Occasion::Blocked, self.home(), reason.clone());
            matters.push((Matter::Blocked(reason), change));
        }
        for step in self.view.steps() {
            let Gate::Ask(because) = &step.step.gate else { continue };
            let action = step.step.action.clone();
            let reason = format!("{action}? {}; {because}", step.step.why);
            let change = self.change(Occasion::NeedsApproval, self.home(), reason);
            matters.push((Matter::NeedsApproval(action), Change { step: Some(step), ..change }));
        }
        matters
    }

    fn draining(self, instance: &InstanceId) -> String {
        let request = self.observation.request(&self.machine.spot_request);
        let code = request.map(|request| request.status_code.as_str()).unwrap_or_default();
        format!("{instance} is draining: EC2 takes it back within two minutes ({code})")
    }

    /// The instance that the machine's request names, as long as it is present.
    fn home(self) -> Option<&'a Instance> {
        self.observation.instance_of(&self.machine.spot_request).filter(|instance| instance.state.is_present())
    }

    /// Where the machine is ready, if it is.
    fn ready_home(self) -> Option<Start> {
        let home = self.home().filter(|_| self.view.plan.finding.state == State::Ready)?;
        Some(Start { instance: home.id.clone(), launched: home.launch_time })
    }

    fn change(self, occasion: Occasion, instance: Option<&Instance>, reason: String) -> Change {
        Change {
            occasion,
            machine: self.machine.name.clone(),
            spot_request: self.machine.spot_request.clone(),
            instance: instance.map(|instance| instance.id.clone()),
            address: instance.and_then(|instance| self.machine.address.of(instance)),
            state: self.view.plan.finding.state,
            reason,
            step: None,
            mode: self.snapshot.mode,
            region: self.snapshot.region.clone(),
            at: self.observation.at(),
        }
    }
}

#[cfg(test)]
mod tests;
