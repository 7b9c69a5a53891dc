//! The demonstration's world.

use std::collections::BTreeSet;
use std::time::Duration;

use super::super::{Scenario, Sim, World};
use crate::clock::Clock;
use crate::model::{InstanceId, RequestState};

const CONFIG: &str = include_str!("../../../assets/demo-config.toml");

fn demo() -> (Sim, Clock) {
    let clock = Clock::starting_at("2026-01-01T00:00:00Z".parse().unwrap(), 1.0);
    let scenario = Scenario::parse(include_str!("../../../assets/demo.toml")).unwrap();
    (Sim::new(&scenario, scenario.seed, clock.clone()).unwrap(), clock)
}

/// Every string under one of these keys, anywhere in a TOML document.
fn strings(value: &toml::Value, key: &str) -> BTreeSet<String> {
    match value {
        toml::Value::Table(table) => {
            let here = table.get(key).and_then(|value| value.as_str()).map(str::to_owned);
            here.into_iter().chain(table.values().flat_map(|value| strings(value, key))).collect()
        }
        toml::Value::Array(array) => array.iter().flat_map(|value| strings(value, key)).collect(),
        _ => BTreeSet::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn the_demonstrations_configuration_names_what_its_world_contains() {
    let config: toml::Value = toml::from_str(CONFIG).unwrap();
    let (sim, _) = demo();
    sim.with_world(|world| {
        let requests: BTreeSet<String> = world.records().requests.keys().map(ToString::to_string).collect();
        assert_eq!(strings(&config, "spot_request"), requests);
        let homes = world.records().requests.values().flat_map(|request| &request.homes);
        let homes: BTreeSet<String> = homes.map(ToString::to_string).collect();
        assert_eq!(strings(&config, "id"), homes);
    });
    let names: BTreeSet<String> = strings(&config, "name");
    let expected = ["train", "sweep", "notebook", "batch", "render", "lab"].map(str::to_owned);
    assert_eq!(names, BTreeSet::from(expected));
}

#[tokio::test(start_paused = true)]
async fn the_six_machines_begin_in_six_fates() {
    let (sim, clock) = demo();
    clock.sleep(Duration::from_millis(500)).await;
    let attachment =
        |id: &str| sim.with_world(|world| world.volume(&id.parse().unwrap()).unwrap().attachments.first().cloned());
    let request = |id: &str| sim.with_world(|world| world.request(&id.parse().unwrap()).unwrap().clone());
    assert_eq!(request("sir-lab00001").status.code, "instance-terminated-no-capacity");
    assert!(sim.with_world(|world| {
        let lab = world.volume(&"vol-0fc607516228394a3".parse().unwrap()).unwrap().attachments[0].instance.clone();
        world.instance(&lab).unwrap().state.is_present()
    }));
    assert_eq!(attachment("vol-0b82c31d2ae4f5069").unwrap().state.to_string(), "attaching");
    assert_eq!(request("sir-train001").state, RequestState::Open);
    let batch = request("sir-batch001");
    let zone = sim.with_world(|world| world.volume(&batch.homes[0]).unwrap().zone.clone());
    assert_ne!(batch.launched_zone.unwrap(), zone);
    let notebook = request("sir-noteb001").instance.unwrap();
    assert!(sim.guest(&notebook).unwrap().is_usable());
    clock.sleep(Duration::from_secs(59)).await;
    assert_eq!(request("sir-render001".replace("render", "rende").as_str()).status.code, "capacity-not-available");
    let train = request("sir-train001").instance.unwrap();
    assert!(sim.guest(&train).unwrap().is_hanging(), "train waits for its volume");
}

/// The simplest operator: attaches what is free to the instance that a request names, and reboots it later.
fn operate(world: &mut World) {
    let requests: Vec<_> = world.records().requests.values().cloned().collect();
    for request in requests.iter().filter(|request| request.state == RequestState::Active) {
        let Some(instance) = &request.instance else { continue };
        for (home, device) in request.homes.iter().zip(["/dev/sdp", "/dev/sdq"]) {
            let _later = world.attach(home, instance, device);
        }
        let attached = |id: &InstanceId| {
            request.homes.iter().all(|home| {
                let volume = world.volume(home).unwrap();
                volume.attachment_to(id).is_some_and(|held| held.state.as_str() == "attached")
            })
        };
        if attached(instance) && world.guests()[instance].is_hanging() {
            let _later = world.reboot(std::slice::from_ref(instance));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn interruptions_come_one_after_another_for_ever_and_machines_heal_in_between() {
    let (sim, clock) = demo();
    for hour in 0..6 {
        let (mut interruptions, mut usable) = (0, 0);
        for _ in 0..360 {
            clock.sleep(Duration::from_secs(10)).await;
            sim.with_world(operate);
            let story = sim.story();
            interruptions += story.iter().filter(|line| line.text.contains("takes i-")).count();
            usable += story.iter().filter(|line| line.text.contains("up and usable")).count();
        }
        assert!((10..=30).contains(&interruptions), "hour {hour}: {interruptions} interruptions");
        assert!(usable + 3 >= interruptions, "hour {hour}: {interruptions} interruptions, {usable} recoveries");
    }
}
