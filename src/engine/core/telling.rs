//! What is told of a plan: what is new, and nothing twice.

use std::collections::BTreeSet;

use super::{Core, Effect};
use crate::plan::{Action, Gate, State};
use crate::protocol::{Event, MachineView, NumberedStep};

/// What was last told about a machine.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    finding: Option<(State, String)>,
    warnings: BTreeSet<String>,
    asked: BTreeSet<Action>,
}

impl Core {
    /// Tells what is new since it was last told.
    pub(super) fn tell_changes(&mut self, effects: &mut Vec<Effect>) {
        let revision = self.numbering.revision();
        for machine in self.machines.iter() {
            let plan = &machine.plan;
            let told = self.told.entry(plan.machine.clone()).or_default();
            let asked: BTreeSet<Action> = asked(machine).map(|numbered| numbered.step.action).collect();
            let next = Told {
                finding: Some((plan.finding.state, plan.finding.reason.clone())),
                warnings: plan.warnings.iter().cloned().collect(),
                asked,
            };
            // The step that begins in the same breath says the same.
            let begins = plan.steps.iter().any(|step| step.gate == Gate::Open);
            if next.finding != told.finding && !(plan.finding.state == State::Working && begins) {
                effects.push(Effect::Tell(Event::Found {
                    machine: plan.machine.clone(),
                    state: plan.finding.state,
                    reason: plan.finding.reason.clone(),
                }));
            }
            for warning in next.warnings.difference(&told.warnings) {
                let (machine, warning) = (plan.machine.clone(), warning.clone());
                effects.push(Effect::Tell(Event::Warned { machine, warning }));
            }
            for step in asked_steps(machine, &told.asked) {
                effects.push(Effect::Tell(Event::ApprovalNeeded { revision, step }));
            }
            *told = next;
        }
    }
}

/// The steps of a machine that wait for a yes.
fn asked(machine: &MachineView) -> impl Iterator<Item = NumberedStep> {
    machine.steps().filter(|numbered| matches!(numbered.step.gate, Gate::Ask(_)))
}

fn asked_steps(machine: &MachineView, told: &BTreeSet<Action>) -> impl Iterator<Item = NumberedStep> {
    asked(machine).filter(|numbered| !told.contains(&numbered.step.action))
}
