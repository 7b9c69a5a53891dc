//! Builders: the life of an instance that prepares a home volume.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::super::{Contents, Fstab, HomeState, Mishap, PrepareStep};
use super::bench::{Bench, HOME, bench, instance, volume, words};

pub(super) const BLANK: &str = "
    [[volume]]
    id = 'vol-e123456f'
    zone = 'us-east-1a'
    size = 20
";

pub(super) const RUN: &str = "3f1c9a2b7d5e4f60";

/// The user-data of a builder for the home volume.
pub(super) fn script(fstab: &str) -> String {
    BASE64_STANDARD.encode(format!(
        "#!/bin/sh\nSPOTKEEPER_RUN='{RUN}'\nSPOTKEEPER_VOLUME='{HOME}'\nSPOTKEEPER_DEVICE='/dev/sdp'\n\
         SPOTKEEPER_SIZE='20'\nSPOTKEEPER_FSTAB='{fstab}'\n"
    ))
}

/// The image of the scenario's account that everything begins with.
pub(super) async fn image(bench: &Bench) -> String {
    let name = aws_sdk_ec2::types::Filter::builder().name("name").values("ubuntu/*noble*amd64*").build();
    let images = bench.ec2.describe_images().owners("099720109477").filters(name).send().await.unwrap();
    images.images()[0].image_id().unwrap().to_owned()
}

/// Launches a builder in the home volume's zone.
pub(super) async fn launch(bench: &Bench, fstab: &str) -> String {
    let run = bench
        .ec2
        .run_instances()
        .image_id(image(bench).await)
        .instance_type("g5.xlarge".into())
        .placement(aws_sdk_ec2::types::Placement::builder().availability_zone("us-east-1a").build())
        .min_count(1)
        .max_count(1)
        .user_data(script(fstab))
        .send()
        .await
        .unwrap();
    run.instances()[0].instance_id().unwrap().to_owned()
}

/// A builder whose volume was attached as soon as it ran, and its id. Its script begins 43 seconds after its launch.
pub(super) async fn builder(bench: &Bench, fstab: &str) -> String {
    let id = launch(bench, fstab).await;
    bench.wait(8).await;
    bench.attach(HOME, &id, "/dev/sdp").await.unwrap();
    id
}

/// The lines of a run on a console, as somebody finds them who knows the mark.
async fn said(bench: &Bench, id: &str, latest: bool) -> Vec<String> {
    let output = bench.ec2.get_console_output().instance_id(id).latest(latest).send().await.unwrap();
    let text = String::from_utf8(BASE64_STANDARD.decode(output.output().unwrap()).unwrap()).unwrap();
    let mark = format!("spotkeeper-prepare {RUN} ");
    let marked = text.lines().filter_map(|line| line.strip_prefix(mark.as_str()).map(str::to_owned));
    marked.collect()
}

fn verdict(bench: &Bench, id: &str) -> String {
    bench.sim.guest(&instance(id)).unwrap().prepare.unwrap().verdict.unwrap_or_default()
}

fn contents(bench: &Bench) -> Contents {
    bench.volume(HOME).contents
}

#[tokio::test(start_paused = true)]
async fn a_builder_makes_a_home_of_a_blank_volume_says_so_and_powers_off() {
    let bench = bench(BLANK);
    let id = builder(&bench, "nofail").await;
    bench.wait(300).await;
    let seen = bench.ec2.describe_instances().instance_ids(&id).send().await.unwrap();
    let seen = &seen.reservations()[0].instances()[0];
    assert_eq!(seen.state().unwrap().name().unwrap().as_str(), "stopped");
    assert_eq!(seen.state_reason().unwrap().code(), Some("Client.InstanceInitiatedShutdown"));
    let Contents::Home(home) = contents(&bench) else { panic!("{:?}", contents(&bench)) };
    assert_eq!((home.volume.as_str(), home.state), (HOME, HomeState::Complete));
    let steps = ["find", "partition", "format", "copy", "verify", "fstab", "switch"].map(|step| format!("step {step}"));
    let lines = said(&bench, &id, true).await;
    assert_eq!(lines[..7], steps);
    assert_eq!(lines[7..], [format!("ok uuid={} files=14 bytes=52310", home.uuid)]);
}

#[tokio::test(start_paused = true)]
async fn user_data_is_kept_and_checked() {
    let bench = bench(BLANK);
    let id = launch(&bench, "nofail").await;
    let kept = bench.ec2.describe_instance_attribute().instance_id(&id).attribute("userData".into());
    assert_eq!(kept.send().await.unwrap().user_data().unwrap().value(), Some(script("nofail").as_str()));
    for (given, code) in [
        ("!".to_owned(), "InvalidUserData.Malformed"),
        (BASE64_STANDARD.encode(vec![b'x'; 16_385]), "InvalidParameterValue"),
    ] {
        let run = bench.ec2.run_instances().image_id(image(&bench).await).min_count(1).max_count(1).user_data(given);
        assert_eq!(words(run.send().await.unwrap_err()).0, code);
    }
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_is_to_terminate_when_it_shuts_down_leaves_the_home_behind() {
    let bench = bench(BLANK);
    let id = builder(&bench, "nofail").await;
    let change = aws_sdk_ec2::types::AttributeValue::builder().value("terminate").build();
    let modify = bench.ec2.modify_instance_attribute().instance_id(&id);
    modify.instance_initiated_shutdown_behavior(change).send().await.unwrap();
    bench.wait(300).await;
    assert_eq!(bench.state(&id), "terminated");
    assert_eq!(bench.volume(HOME).state.to_string(), "available");
    assert!(verdict(&bench, &id).starts_with("ok "));
}

#[tokio::test(start_paused = true)]
async fn a_builder_waits_ten_minutes_for_its_disk_and_no_longer() {
    let bench = bench(BLANK);
    let id = launch(&bench, "nofail").await;
    bench.wait(43 + 590).await;
    assert_eq!(said(&bench, &id, true).await, ["step find", "wait vol-e123456f at /dev/sdp"]);
    bench.attach(HOME, &id, "/dev/sdp").await.unwrap();
    bench.wait(300).await;
    assert!(verdict(&bench, &id).starts_with("ok "), "{}", verdict(&bench, &id));

    let alone = self::bench(BLANK);
    let id = launch(&alone, "nofail").await;
    alone.wait(43 + 610).await;
    assert_eq!(verdict(&alone, &id), "refused no-disk: vol-e123456f did not appear");
    alone.wait(60).await;
    assert_eq!((alone.state(&id).as_str(), contents(&alone)), ("stopped", Contents::Blank));
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_carries_anything_else_is_refused_and_stays_as_it_is() {
    let other = "{ home = { uuid = 'u', volume = 'vol-0123abcd', state = 'complete' } }";
    for (planted, reason) in [
        ("'data'", "refused has-data: "),
        ("'partition-table'", "refused has-data: "),
        ("{ system = {} }", "refused has-data: "),
        (other, "refused foreign-home: "),
        ("'blank'\nstate = 'available'", "ok "),
    ] {
        let bench = bench(&format!("{BLANK}\ncontents = {planted}"));
        let before = contents(&bench);
        let id = builder(&bench, "nofail").await;
        bench.wait(300).await;
        assert!(verdict(&bench, &id).starts_with(reason), "{planted}: {}", verdict(&bench, &id));
        assert_eq!(contents(&bench) == before, reason != "ok ", "{planted}");
        assert_eq!(bench.state(&id), "stopped", "{planted}");
    }
    let bench = bench(&BLANK.replace("20", "30"));
    let id = builder(&bench, "nofail").await;
    bench.wait(60).await;
    assert_eq!(verdict(&bench, &id), "refused wrong-size: it has 30 GiB, not 20");
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_is_cut_off_is_resumed_by_the_next_builder() {
    let bench = bench(BLANK);
    let first = builder(&bench, "nofail").await;
    bench.wait(120).await;
    let Contents::Home(begun) = contents(&bench) else { panic!("{:?}", contents(&bench)) };
    assert_eq!(begun.state, HomeState::Copying);
    bench.ec2.terminate_instances().instance_ids(&first).send().await.unwrap();
    bench.wait(60).await;
    assert_eq!(verdict(&bench, &first), "");

    let second = builder(&bench, "nofail").await;
    bench.wait(300).await;
    let Contents::Home(done) = contents(&bench) else { panic!("{:?}", contents(&bench)) };
    assert_eq!((done.state, &done.uuid), (HomeState::Complete, &begun.uuid));
    let lines = said(&bench, &second, true).await;
    assert_eq!(lines[..2], ["step find", "step copy"]);
    assert!(lines.last().unwrap().starts_with("ok uuid="));

    bench.ec2.terminate_instances().instance_ids(&second).send().await.unwrap();
    bench.wait(60).await;
    let third = builder(&bench, "nofail").await;
    bench.wait(100).await;
    assert_eq!(said(&bench, &third, true).await[..2], ["step find", "step fstab"]);
    assert!(verdict(&bench, &third).ends_with(" already"));
}

#[tokio::test(start_paused = true)]
async fn a_stopped_builder_that_starts_again_does_not_run_its_script_again() {
    let bench = bench(BLANK);
    let id = builder(&bench, "nofail").await;
    bench.wait(100).await;
    bench.ec2.stop_instances().instance_ids(&id).send().await.unwrap();
    bench.wait(30).await;
    bench.ec2.start_instances().instance_ids(&id).send().await.unwrap();
    bench.wait(600).await;
    assert_eq!(bench.state(&id), "running");
    assert!(matches!(contents(&bench), Contents::Home(home) if home.state == HomeState::Copying));
}

#[tokio::test(start_paused = true)]
async fn what_goes_wrong_in_builders_comes_in_the_order_of_the_scenario() {
    let bench = bench(&format!("{BLANK}\n[knobs]\nbuilders = ['copy', 'hangs', 'stays-on', 'fine']"));
    let end = async |id: &str| {
        bench.wait(300).await;
        let ended = (verdict(&bench, id), bench.state(id));
        bench.ec2.terminate_instances().instance_ids(id).send().await.unwrap();
        bench.wait(60).await;
        ended
    };
    let id = builder(&bench, "nofail").await;
    assert_eq!(bench.sim.guest(&instance(&id)).map(|guest| guest.prepare), Some(None), "not yet");
    assert_eq!(end(&id).await, ("failed copy: no space left on the home volume".into(), "stopped".into()));
    let mishap = bench.sim.guest(&instance(&id)).unwrap().prepare.unwrap().mishap;
    assert_eq!(mishap, Mishap::Fails(PrepareStep::Copy));
    let id = builder(&bench, "nofail").await;
    assert_eq!(end(&id).await, (String::new(), "running".into()));
    let id = builder(&bench, "nofail").await;
    let (verdict, state) = end(&id).await;
    assert!(verdict.starts_with("ok uuid=") && state == "running", "{verdict} {state}");
    let id = builder(&bench, "nofail").await;
    assert_eq!(end(&id).await.1, "stopped");
}

#[tokio::test(start_paused = true)]
async fn the_console_lags_behind_and_only_nitro_gives_its_latest() {
    let bench =
        bench(&format!("{BLANK}\n[[instance]]\nid = 'i-0ab12cd3'\nzone = 'us-east-1a'\ninstance_type = 't2.micro'"));
    let id = builder(&bench, "nofail").await;
    bench.wait(8 + 35 + 20).await;
    assert_eq!(said(&bench, &id, false).await, Vec::<String>::new());
    assert_eq!(said(&bench, &id, true).await.last().unwrap(), "step copy");
    bench.wait(60).await;
    assert_eq!(said(&bench, &id, false).await.last().unwrap(), "step copy");
    let old = bench.ec2.get_console_output().instance_id("i-0ab12cd3").latest(true).send().await.unwrap_err();
    assert_eq!(words(old).0, "UnsupportedOperation");
}

#[tokio::test(start_paused = true)]
async fn a_builder_needs_its_home_itself_from_then_on() {
    for (fstab, phase) in [("nofail", "Bare"), ("strict", "Hanging")] {
        let bench = bench(BLANK);
        let id = builder(&bench, fstab).await;
        bench.wait(300).await;
        bench.detach(HOME, &id).await.unwrap();
        bench.wait(30).await;
        bench.ec2.start_instances().instance_ids(&id).send().await.unwrap();
        bench.wait(100).await;
        let guest = bench.sim.guest(&instance(&id)).unwrap();
        assert_eq!(format!("{:?}", guest.phase), phase);
        assert_eq!((guest.usable.len(), guest.is_reachable()), (1, fstab == "nofail"));
        assert_eq!(guest.needs.unwrap().fstab == Fstab::Strict, fstab == "strict");
        bench.attach(HOME, &id, "/dev/sdp").await.unwrap();
        bench.wait(10).await;
        assert!(!bench.sim.guest(&instance(&id)).unwrap().is_usable(), "attaching alone mounts nothing");
        bench.reboot(&id).await.unwrap();
        bench.wait(60).await;
        let guest = bench.sim.guest(&instance(&id)).unwrap();
        assert!(guest.is_usable() && guest.mounted == [volume(HOME)], "{fstab}");
    }
}
