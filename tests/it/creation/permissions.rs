//! The shipped policies are enough, and nothing in them is too much.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use spotkeeper::sim::{Call, Outcome, Policy};

use super::*;

const WATCH: &str = include_str!("../../../assets/iam-policy-watch.json");

/// Everything that create, undo and retire do, once each, as far as the policy lets them. Returns whether all of it was
/// done, and the calls.
async fn play(policy: &Value) -> (bool, Vec<Call>) {
    let yard = Yard::new("key_pairs = ['laptop']\n");
    let mut recipe = yard.recipe().await;
    let ec2 = yard.ec2().await;
    let subnet = ec2.subnets(&[recipe.subnet.clone()].into()).await.unwrap().remove(&recipe.subnet).unwrap();
    recipe.login.security_groups = ec2.security_groups_in(&subnet.vpc).await.unwrap().into_keys().collect();
    recipe.login.key_name = Some("laptop".into());
    yard.sim.restrict_to(Some(Policy::parse(&policy.to_string()).unwrap()));
    let well = story(&yard, recipe).await.is_some();
    (well, yard.sim.calls())
}

/// A machine with a pause is made and retired, its home flagged; then another one is made and undone.
async fn story(yard: &Yard, recipe: Recipe) -> Option<()> {
    let ec2 = yard.ec2().await;
    ec2.key_pairs().await.ok()?;
    ec2.zones().await.ok()?;
    ec2.zones_with(&recipe.instance_type).await.ok()?;
    ec2.subnets_in(&ZONE.into()).await.ok()?;
    ec2.security_groups_in(&"vpc-1".into()).await.ok()?;
    ec2.spot_price(&recipe.instance_type, &recipe.zone, yard.clock.now().wall).await.ok()?;
    let mut work = yard.begun(Recipe { pause: true, ..recipe.clone() }).await;
    let End::Paused(_) = work.run(ignore).await.ok()? else { return None };
    work.customised().ok()?;
    let memory = done(Ok(work.run(ignore).await.ok()?)).0;
    yard.settle().await;
    ends::attach_flagged(yard, &memory).await?;
    work.begin_retirement(ends::retirement(&yard.config())).ok()?;
    work.run(ignore).await.ok()?;
    work.begin(Recipe { run: Run::new(2), ..recipe }).ok()?;
    work.run(ignore).await.ok()?;
    yard.settle().await;
    work.begin_undo(true).ok()?;
    work.run(ignore).await.ok()?;
    Some(())
}

fn denied(calls: &[Call]) -> BTreeSet<String> {
    let refused = Outcome::Refused("UnauthorizedOperation".to_owned());
    calls.iter().filter(|call| call.outcome == refused).map(|call| call.action.clone()).collect()
}

fn several(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(several) => several.clone(),
        one => vec![one.clone()],
    }
}

#[tokio::test(start_paused = true)]
async fn under_the_create_policy_nothing_is_denied_and_without_any_part_of_it_something_is() {
    let shipped: Value = serde_json::from_str(CREATE_POLICY).unwrap();
    let (well, calls) = Box::pin(play(&shipped)).await;
    assert!(well && denied(&calls).is_empty(), "{:?}", denied(&calls));
    let statements = shipped["Statement"].as_array().unwrap();
    let mut taken_away = 0;
    for (index, statement) in statements.iter().enumerate() {
        for key in ["Action", "Resource"] {
            for part in several(&statement[key]) {
                let rest: Vec<Value> = several(&statement[key]).into_iter().filter(|kept| *kept != part).collect();
                let mut less = shipped.clone();
                less["Statement"][index][key] = json!(rest);
                let (well, calls) = Box::pin(play(&less)).await;
                assert!(!well && !denied(&calls).is_empty(), "without {part} of {}", statement["Sid"]);
                taken_away += 1;
            }
        }
    }
    assert_eq!(taken_away, 55, "every action and every resource was tried");
}

/// What the rehearsal of a creation with a pause says is denied under this policy: actions, and whether all on imagined things.
async fn rehearsed(policy: &Value) -> Vec<(String, bool)> {
    rehearsed_in("", policy).await
}

/// The same in this world.
async fn rehearsed_in(scenario: &str, policy: &Value) -> Vec<(String, bool)> {
    let yard = Yard::new(scenario);
    let recipe = Recipe { pause: true, ..yard.recipe().await };
    yard.sim.restrict_to(Some(Policy::parse(&policy.to_string()).unwrap()));
    let mut memory = Memory::default();
    memory.apply(&spotkeeper::create::Fact::Begun { recipe: Box::new(recipe), place: None });
    let site = yard.site().await;
    let seen = site.look(&memory, &"train".parse().unwrap()).await.unwrap();
    let rehearsal = site.rehearse(&memory, &seen).await;
    assert_eq!(rehearsal.unknown, Vec::<String>::new());
    assert!(yard.changes().is_empty(), "{:?}", yard.changes());
    let denied = rehearsal.denied.into_iter();
    denied.map(|it| (it.failure.tried.as_str().split(' ').next().unwrap().to_owned(), it.is_imagined)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_rehearsal_finds_all_that_is_denied_at_once_and_nothing_under_the_shipped_policy() {
    let shipped: Value = serde_json::from_str(CREATE_POLICY).unwrap();
    for knobs in ["dry_run_status = 412", "dry_run_status = 400", "odd_xml = true"] {
        assert_eq!(rehearsed_in(&format!("[knobs]\n{knobs}"), &shipped).await, [], "{knobs}");
    }
    let mut looking = shipped.clone();
    looking["Statement"].as_array_mut().unwrap().truncate(1);
    let expected = [
        ("CreateVolume", false),
        ("RunInstances", false),
        ("AttachVolume", true),
        ("GetConsoleOutput", true),
        ("StartInstances", true),
        ("StopInstances", true),
        ("DetachVolume", true),
        ("CreateImage", true),
        ("TerminateInstances", true),
        ("RequestSpotInstances", false),
    ];
    let expected = expected.map(|(action, is_imagined)| (action.to_owned(), is_imagined));
    assert_eq!(rehearsed(&looking).await, expected);
    for (action, is_imagined) in expected {
        let less = shipped.to_string().replace(&format!("ec2:{action}"), "ec2:Nothing");
        assert_eq!(rehearsed(&serde_json::from_str(&less).unwrap()).await, [(action, is_imagined)]);
    }
}

#[tokio::test(start_paused = true)]
async fn under_the_watch_policy_one_looks_on_and_changes_nothing() {
    let yard = Yard::new("");
    yard.made().await;
    yard.settle().await;
    yard.sim.restrict_to(Some(Policy::parse(WATCH).unwrap()));
    let before = yard.sim.calls().len();
    let view = yard.session().await.view(config::Mode::ReadOnly).await.unwrap();
    assert_eq!(view.plans.len(), 1);
    let looked: BTreeSet<String> =
        yard.sim.calls()[before..].iter().map(|call| format!("ec2:{}", call.action)).collect();
    let shipped: Value = serde_json::from_str(WATCH).unwrap();
    let allowed: BTreeSet<String> =
        several(&shipped["Statement"][0]["Action"]).iter().map(|action| action.as_str().unwrap().to_owned()).collect();
    assert_eq!(looked, allowed, "each is needed, and no other");
}
