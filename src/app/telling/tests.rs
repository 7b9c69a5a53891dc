use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::config::Mode;
use crate::doctor::Examination;
use crate::model::{Failure, Text};
use crate::plan::{Action, Gate, Outcome, State, Step};
use crate::protocol::{Revision, StepNumber};

fn reboot() -> NumberedStep {
    let action =
        Action::Reboot { instance: "i-0ab12cd3".parse().unwrap(), volumes: vec!["vol-0000000a".parse().unwrap()] };
    let (machine, why, gate) = ("train".parse().unwrap(), "it is owed".to_owned(), Gate::Ask("late".to_owned()));
    NumberedStep {
        number: StepNumber(7),
        since: jiff::Timestamp::UNIX_EPOCH,
        step: Step { machine, action, why, gate, demanded: false },
    }
}

fn examination() -> Examination {
    Examination {
        examined_at: jiff::Timestamp::UNIX_EPOCH,
        region: Text::new("us-east-1"),
        account: None,
        failure: None,
        machines: Vec::new(),
        computer: Vec::new(),
    }
}

#[test]
fn each_event_has_a_kind_and_the_fields_that_it_speaks_of() {
    let machine = || "train".parse().unwrap();
    let failure = || Failure::local("looking", "no answer");
    let step = json!({
        "step": 7, "action": "reboot", "instance": "i-0ab12cd3", "volumes": ["vol-0000000a"], "why": "it is owed",
        "gate": "ask", "because": "late",
    });
    let mut ended = step.clone();
    ended["outcome"] = json!("failed");
    ended["failure"] = json!({ "kind": "local-file", "fate": "not-done", "tried": "looking", "why": "no answer" });
    let account = PauseReason::AccountChanged { from: Text::new("1"), to: Text::new("2") };
    let outcome = Outcome::Failed(failure());
    for (event, expected_kind, expected) in [
        (
            Event::Found { machine: machine(), state: State::NeedsApproval, reason: "a reboot is owed".to_owned() },
            "found",
            json!({ "state": "needs-approval", "reason": "a reboot is owed" }),
        ),
        (Event::Warned { machine: machine(), warning: "mind".to_owned() }, "warned", json!({ "warning": "mind" })),
        (Event::ApprovalNeeded { revision: Revision(1), step: reboot() }, "approval-needed", step.clone()),
        (Event::StepBegan(reboot()), "step-began", step),
        (Event::StepEnded { step: reboot(), outcome }, "step-ended", ended.clone()),
        (Event::Refused { why: "no".to_owned() }, "refused", json!({ "why": "no" })),
        (Event::LookFailed(failure()), "look-failed", json!({ "failure": ended["failure"] })),
        (Event::LookRecovered { failures: 2 }, "look-recovered", json!({ "failures": 2 })),
        (Event::ModeChanged(Mode::ReadOnly), "mode-changed", json!({ "mode": "read-only" })),
        (Event::Paused(PauseReason::Operator), "paused", json!({ "reason": "operator" })),
        (Event::Paused(account), "paused", json!({ "reason": "account-changed", "from": "1", "to": "2" })),
        (Event::Resumed, "resumed", json!({})),
        (
            Event::Examined { machine: machine(), examination: Arc::new(examination()) },
            "examined",
            json!({ "counts": { "fault": 0, "warning": 0, "unknown": 0, "ok": 0 } }),
        ),
        (Event::JournalFailed(failure()), "journal-failed", json!({ "failure": ended["failure"] })),
    ] {
        assert_eq!((kind(&event), Value::from(fields(&event))), (expected_kind, expected));
    }
}
