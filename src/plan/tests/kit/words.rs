//! What a plan says, in a form that assertions can be made about.

use std::collections::BTreeSet;

use crate::plan::{Gate, MachinePlan, Motion, State, StepKind};

/// The steps in one line each, such as `open: reboot i-0aaaaaaa`.
pub(in crate::plan::tests) fn steps(plan: &MachinePlan) -> Vec<String> {
    let gate = |gate: &Gate| match gate {
        Gate::Open => "open",
        Gate::Ask(_) => "ask",
        Gate::Closed(_) => "closed",
    };
    plan.steps.iter().map(|step| format!("{}: {}", gate(&step.gate), step.action)).collect()
}

/// Why steps of this kind are not taken, in one string.
pub(in crate::plan::tests) fn why_not(plan: &MachinePlan, kind: StepKind) -> String {
    let whys: Vec<&str> = plan.not_taken.iter().filter(|not| not.kind == kind).map(|not| not.why.as_str()).collect();
    whys.join("\n")
}

/// Holds the finding against a state, a motion and key words.
#[track_caller]
pub(in crate::plan::tests) fn assert_finding(plan: &MachinePlan, state: State, motion: Motion, words: &[&str]) {
    assert_eq!((plan.finding.state, plan.finding.motion), (state, motion), "{}", plan.finding.reason);
    for word in words {
        assert!(plan.finding.reason.contains(word), "{word:?} is not in: {}", plan.finding.reason);
    }
}

#[track_caller]
pub(in crate::plan::tests) fn assert_warns(plan: &MachinePlan, words: &[&str]) {
    let all = |warning: &String| words.iter().all(|word| warning.contains(word));
    assert!(plan.warnings.iter().any(all), "{words:?} are in none of: {:#?}", plan.warnings);
}

/// Every string of a plan that somebody may read.
pub(in crate::plan::tests) fn everything_said(plan: &MachinePlan) -> BTreeSet<String> {
    let mut said: BTreeSet<String> = plan.warnings.iter().cloned().collect();
    said.insert(plan.finding.reason.clone());
    said.extend(plan.not_taken.iter().map(|not| not.why.clone()));
    for step in &plan.steps {
        said.insert(step.why.clone());
        said.insert(step.action.to_string());
        if let Gate::Ask(because) | Gate::Closed(because) = &step.gate {
            said.insert(because.clone());
        }
    }
    said
}
