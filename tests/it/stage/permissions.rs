//! The shipped policy, under which every stage plays, is the least that does.

use serde_json::{Value, json};
use spotkeeper::sim::{Call, Outcome, Policy};

use super::*;

/// All that spotkeeper does with EC2 in one story: the first attachment is stuck, is detached, and tried again under
/// another name; then the instance is rebooted. A second volume is there already, and would be deleted with the instance.
const ALL_THERE_IS: &str = "[policy]\ndetach = 'auto'\n";

const SECOND: &str = r#"
attached = [{ volume = "vol-d123456f", device = "/dev/sdo", age = "1h", delete_on_termination = true }]
[[volume]]
id = "vol-d123456f"
zone = "us-east-1b"
"#;

const ITS_PLACE: &str = "[[machine.volume]]\nid = 'vol-d123456f'\ndevice = '/dev/sdo'\n";

/// Plays the story under a policy until the machine is ready and its volumes outlive the instance, or a virtual half hour
/// is over. Returns whether it is so, and the calls.
async fn play(policy: &Value) -> (bool, Vec<Call>) {
    let stage = Stage::new(&format!("{RUNNING}{SECOND}"), &format!("{ALL_THERE_IS}{TRAIN}{ITS_PLACE}"));
    stage.sim.restrict_to(Some(Policy::parse(&policy.to_string()).unwrap()));
    stage.sim.with_world(|world| world.stick_next_attach(&"vol-e123456f".parse().unwrap()));
    let mut engine = stage.start(Mode::Auto).await;
    let ready = engine.handle.snapshots.wait_for(|snapshot| {
        let plan = snapshot.machines.first().map(|view| &view.plan);
        plan.is_some_and(|plan| plan.finding.state == State::Ready && plan.warnings.is_empty())
    });
    let ready = tokio::time::timeout(Duration::from_mins(30), ready).await.is_ok();
    engine.stop().await;
    (ready, stage.sim.calls())
}

fn denied(calls: &[Call]) -> Vec<&str> {
    let refused = Outcome::Refused("UnauthorizedOperation".to_owned());
    calls.iter().filter(|call| call.outcome == refused).map(|call| call.action.as_str()).collect()
}

/// The policy without one of its actions, or one of its resources: each with the actions that are lost by that.
fn lessened(policy: &Value) -> Vec<(Value, Vec<String>)> {
    let several = |value: &Value| match value {
        Value::Array(several) => several.clone(),
        one => vec![one.clone()],
    };
    let mut all = Vec::new();
    for (index, statement) in policy["Statement"].as_array().unwrap().iter().enumerate() {
        let actions = several(&statement["Action"]);
        for key in ["Action", "Resource"] {
            for taken in several(&statement[key]) {
                let rest: Vec<Value> = several(&statement[key]).into_iter().filter(|kept| *kept != taken).collect();
                let mut less = policy.clone();
                less["Statement"][index][key] = Value::Array(rest);
                let lost = if key == "Action" { vec![taken] } else { actions.clone() };
                let lost = lost.iter().map(|action| action.as_str().unwrap().trim_start_matches("ec2:").to_owned());
                all.push((less, lost.collect()));
            }
        }
    }
    all
}

#[tokio::test(start_paused = true)]
async fn under_the_shipped_policy_nothing_is_denied_and_without_any_part_of_it_something_is() {
    let shipped: Value = serde_json::from_str(SHIPPED_POLICY).unwrap();
    let (ready, calls) = play(&shipped).await;
    assert!(ready && denied(&calls).is_empty(), "{calls:?}");
    let less = lessened(&shipped);
    assert_eq!(less.len(), 15, "eight actions, and seven resources");
    for (policy, lost) in less {
        let (ready, calls) = play(&policy).await;
        let denied = denied(&calls);
        // That other computers are not told keeps no machine down.
        assert_eq!(ready, lost == ["CreateTags"], "without {lost:?}");
        assert!(denied.iter().any(|action| lost.iter().any(|lost| lost == action)), "{lost:?}: {denied:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_says_more_than_is_understood_is_refused_not_weakened() {
    let mut policy: Value = serde_json::from_str(SHIPPED_POLICY).unwrap();
    policy["Statement"][0]["Condition"] = json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } });
    assert!(Policy::parse(&policy.to_string()).unwrap_err().to_string().contains("aws:MultiFactorAuthPresent"));
}
