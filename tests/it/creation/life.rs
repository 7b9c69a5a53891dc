//! From nothing to a machine that comes home by itself, and back.

use serde_json::Value;
use spotkeeper::config::Mode;
use spotkeeper::engine::Options;
use spotkeeper::sim::{Policy, SHIPPED_POLICY};

use super::*;

/// What the shipped policies allow together: making a machine, and keeping it.
fn both() -> Value {
    let mut both: Value = serde_json::from_str(CREATE_POLICY).unwrap();
    let keeping: Value = serde_json::from_str(SHIPPED_POLICY).unwrap();
    both["Statement"].as_array_mut().unwrap().extend(keeping["Statement"].as_array().unwrap().clone());
    both
}

#[tokio::test(start_paused = true)]
async fn made_interrupted_recovered_and_retired_it_leaves_its_volume_and_its_image() {
    let yard = Yard::new("");
    let memory = yard.made().await;
    let (volume, request) = (memory.volume.unwrap(), memory.request.unwrap());
    let expected = [
        "CreateVolume",
        "RunInstances",
        "AttachVolume",
        "DetachVolume",
        "CreateImage",
        "TerminateInstances",
        "RequestSpotInstances",
    ];
    assert_eq!(yard.took_effect(), expected);
    assert!(yard.config_text().starts_with(&yard.settings()), "what was there is kept");

    // Whoever keeps the machine as well has both policies.
    yard.sim.restrict_to(Some(Policy::parse(&both().to_string()).unwrap()));
    let session = yard.session().await;
    let options = Options { mode: Mode::Auto, yes_to_all: false, mode_is_fixed: false };
    let (engine, mut handle, _) = session.acting_engine(options).unwrap();
    let engine = tokio::spawn(engine.run());
    let ready = |snapshot: &std::sync::Arc<spotkeeper::protocol::Snapshot>| {
        snapshot.machines.iter().any(|view| view.plan.finding.state == spotkeeper::plan::State::Ready)
    };
    let hour = Duration::from_hours(1);
    tokio::time::timeout(hour, handle.snapshots.wait_for(ready)).await.expect("it comes home").unwrap();
    let first = instance_of(&yard, &request);
    // It is ready when its reboot is asked for; then it boots.
    yard.settle().await;
    assert!(yard.sim.guest(&first).unwrap().is_usable());

    yard.sim.interrupt(&first).unwrap();
    yard.clock.sleep(Duration::from_mins(5)).await;
    tokio::time::timeout(hour, handle.snapshots.wait_for(ready)).await.expect("it comes home again").unwrap();
    let second = instance_of(&yard, &request);
    yard.settle().await;
    assert!(second != first && yard.sim.guest(&second).unwrap().is_usable());
    assert!(fs::read_to_string(yard.hosts_file()).unwrap().contains("my-spot.amazonaws.com"));

    // The engine keeps the machine all the while.
    let mut work = yard.open().await;
    work.begin_retirement(ends::retirement(&yard.config())).unwrap();
    done(work.run(ignore).await);
    yard.settle().await;
    let left = yard.left().await;
    let image = memory.image.unwrap();
    assert!(left.contains(&format!("volume {volume}")) && left.contains(&format!("image {image}")), "{left:?}");
    assert_eq!(left.iter().filter(|left| left.starts_with("snapshot")).count(), 1, "{left:?}");
    assert_eq!(left.len(), 3, "{left:?}");
    assert_eq!(yard.config_text().trim_end(), yard.settings().trim_end());
    assert_eq!(fs::read_to_string(yard.hosts_file()).unwrap(), "127.0.0.1 localhost\n");
    engine.abort();
}

#[tokio::test(start_paused = true)]
async fn a_machine_is_made_whatever_else_than_is_known_stands_in_an_answer() {
    let yard = Yard::new("[knobs]\nodd_xml = true");
    let memory = yard.made().await;
    assert!(memory.volume.is_some() && memory.image.is_some() && memory.request.is_some(), "{memory:?}");
}

fn instance_of(yard: &Yard, request: &spotkeeper::model::SpotRequestId) -> spotkeeper::model::InstanceId {
    yard.sim.with_world(|world| world.records().requests[request].instance.clone().unwrap())
}

#[tokio::test(start_paused = true)]
async fn the_request_is_persistent_pinned_to_the_volumes_zone_and_its_root_goes_with_the_instance() {
    let yard = Yard::new("");
    let recipe = Recipe { max_price: Some("0.05".to_owned()), ..yard.recipe().await };
    let mut work = yard.begun(recipe.clone()).await;
    let (memory, _) = done(work.run(ignore).await);
    let id = memory.request.unwrap();
    let ec2 = yard.ec2().await;
    let request = ec2.requests(&[id.clone()].into()).await.unwrap().seen.remove(&id).unwrap();
    assert_eq!((request.kind.as_str(), request.interruption.as_str()), ("persistent", "terminate"));
    assert_eq!(request.valid_until, None);
    let terms = ec2.terms(&[id.clone()].into()).await.unwrap().remove(&id).unwrap();
    assert_eq!((terms.subnet.as_ref(), terms.image.as_ref()), (Some(&recipe.subnet), memory.image.as_ref()));
    assert_eq!(terms.devices[&recipe.root_device].delete_on_termination, Some(true));
    assert_eq!(terms.tags[&CREATE_TAG.into()], recipe.run.as_str().into());
    assert!(terms.max_price.as_str().starts_with("0.05"), "{}", terms.max_price);
    let volume = memory.volume.unwrap();
    let traits = ec2.volumes_with_traits(&[volume.clone()].into()).await.unwrap().1.remove(&volume).unwrap();
    assert_eq!((traits.size_gib, traits.encrypted, traits.kind.as_str()), (20, true, "gp3"));
}

#[tokio::test(start_paused = true)]
async fn a_pause_hands_the_builder_over_with_its_home_mounted_and_goes_on_when_told() {
    let yard = Yard::new("");
    let recipe = Recipe { pause: true, ..yard.recipe().await };
    let mut work = yard.begun(recipe).await;
    let End::Paused(last) = work.run(ignore).await.unwrap() else { panic!("no pause") };
    let builder = last.0.builder.clone().unwrap();
    assert_eq!(last.1.builders[&builder].state, InstanceState::Running);
    drop(work);
    // Another process finds the same pause, until somebody says that he is done.
    let mut work = yard.open().await;
    assert!(matches!(work.run(ignore).await.unwrap(), End::Paused(_)));
    work.customised().unwrap();
    done(work.run(ignore).await);
    let starts = yard.took_effect().iter().filter(|action| *action == "StartInstances").count();
    assert_eq!(starts, 1, "{:?}", yard.changes());
}

#[tokio::test(start_paused = true)]
async fn a_volume_that_is_there_is_used_and_never_deleted() {
    let yard = Yard::new(&format!("[[volume]]\nid = 'vol-e123456f'\nzone = '{ZONE}'\nsize = 20\n"));
    let home = Home::Existing { id: "vol-e123456f".parse().unwrap(), size_gib: 20 };
    let mut work = yard.begun(Recipe { home, ..yard.recipe().await }).await;
    done(work.run(ignore).await);
    assert!(!yard.took_effect().contains(&"CreateVolume".to_owned()));
    work.begin_undo(true).unwrap();
    done(work.run(ignore).await);
    yard.settle().await;
    assert_eq!(yard.left().await, BTreeSet::from(["volume vol-e123456f".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_makes_the_very_calls_and_none_of_them() {
    let yard = Yard::new("");
    let recipe = yard.recipe().await;
    let mut memory = Memory::default();
    memory.apply(&spotkeeper::create::Fact::Begun { recipe: Box::new(recipe.clone()), place: None });
    let seen = yard.site().await.look(&memory, &recipe.name).await.unwrap();
    let (acts, stuck) = spotkeeper::create::imagined(&recipe, None, &memory, &seen);
    assert!(stuck.is_none() && yard.sim.mutating_calls().is_empty());
    let mut work = yard.begun(recipe).await;
    done(work.run(ignore).await);
    let made = yard.lines().into_iter().filter_map(|line| match line.fact {
        spotkeeper::create::Fact::Intended { act } => Some(std::mem::discriminant(&act)),
        _ => None,
    });
    assert_eq!(acts.iter().map(std::mem::discriminant).collect::<Vec<_>>(), made.collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn of_an_image_with_further_volumes_the_root_alone_is_launched_and_imaged() {
    let yard = Yard::new(
        "[[image]]\nid = 'ami-56ef78ab'\ndevices = [{ device = '/dev/sdb', virtual = 'ephemeral0' }, { device = '/dev/sdf', size = 100 }]\n",
    );
    let recipe =
        Recipe { image: "ami-56ef78ab".parse().unwrap(), left_out: vec!["/dev/sdf".into()], ..yard.recipe().await };
    let root = recipe.root_device.clone();
    let mut work = yard.begun(recipe).await;
    let (memory, _) = done(work.run(ignore).await);
    let id = memory.image.unwrap();
    let image = yard.ec2().await.images(&[id.clone()].into()).await.unwrap().remove(&id).unwrap();
    assert_eq!(image.devices.keys().collect::<Vec<_>>(), [&root]);
    work.begin_undo(true).unwrap();
    done(work.run(ignore).await);
    yard.settle().await;
    assert_eq!(yard.left().await, BTreeSet::from(["image ami-56ef78ab".to_owned()]), "no volume without a tag is left");
}
