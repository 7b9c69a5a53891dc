//! Numbers for steps and plans, which an approval names, and since when they have stood.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::MachineName;
use crate::plan::{Action, Gate, MachinePlan, State};
use crate::protocol::{MachineView, Revision, StepNumber};

/// Gives a step the same number for as long as it stays planned, and a plan a new one when its steps change.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    revision: Revision,
    numbers: Numbers,
    standing: BTreeMap<MachineName, (State, &'static str, Timestamp)>,
    last: u64,
}

/// The planned steps.
type Numbers = BTreeMap<(MachineName, Action), Planned>;

/// What is known of a planned step.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Planned {
    number: StepNumber,
    since: Timestamp,
    gate: Gate,
}

impl Numbering {
    pub(super) fn revision(&self) -> Revision {
        self.revision
    }

    /// Numbers the steps of new plans, made `now`. With each plan comes what auto mode would do.
    pub(super) fn number(
        &mut self,
        plans: impl Iterator<Item = (MachinePlan, Vec<Action>)>,
        now: Timestamp,
    ) -> Vec<MachineView> {
        let before = std::mem::take(&mut self.numbers);
        let views = plans.map(|(plan, in_auto)| self.view(plan, in_auto, &before, now)).collect();
        if self.numbers != before {
            self.revision = Revision(self.revision.0 + 1);
        }
        views
    }

    fn view(&mut self, plan: MachinePlan, in_auto: Vec<Action>, before: &Numbers, now: Timestamp) -> MachineView {
        let mut numbers = Vec::with_capacity(plan.steps.len());
        for step in &plan.steps {
            let key = (step.machine.clone(), step.action.clone());
            let (number, since) = match before.get(&key) {
                Some(planned) => (planned.number, planned.since),
                None => (self.fresh(), now),
            };
            self.numbers.insert(key, Planned { number, since, gate: step.gate.clone() });
            numbers.push((number, since));
        }
        let since = self.stands(&plan, now);
        MachineView { plan, numbers, since, in_auto }
    }

    /// Since when the machine has stood as it does.
    fn stands(&mut self, plan: &MachinePlan, now: Timestamp) -> Timestamp {
        let (state, brief) = (plan.finding.state, plan.finding.brief);
        let since = match self.standing.get(&plan.machine) {
            Some((before, said, since)) if (*before, *said) == (state, brief) => *since,
            _ => now,
        };
        self.standing.insert(plan.machine.clone(), (state, brief, since));
        since
    }

    fn fresh(&mut self) -> StepNumber {
        self.last += 1;
        StepNumber(self.last)
    }
}
