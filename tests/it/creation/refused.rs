//! What cannot be done is told with its stage, and done when it can be.

use spotkeeper::model::FailureKind;
use spotkeeper::sim::{Effect, Fault, Refusal};

use super::*;

/// Why a work left.
async fn left(work: &mut Work) -> Left {
    match work.run(ignore).await {
        Err(left) => left,
        Ok(end) => panic!("it went on: {end:?}"),
    }
}

async fn stuck(work: &mut Work) -> String {
    match left(work).await {
        Left::Stuck(stuck) => stuck.why,
        other => panic!("not stuck: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_volume_with_somebodys_data_is_refused_and_left_as_it_is() {
    let yard = Yard::new(&format!("[[volume]]\nid = 'vol-e123456f'\nzone = '{ZONE}'\nsize = 20\ncontents = 'data'\n"));
    let home = Home::Existing { id: "vol-e123456f".parse().unwrap(), size_gib: 20 };
    let mut work = yard.begun(Recipe { home, ..yard.recipe().await }).await;
    let why = stuck(&mut work).await;
    assert!(why.contains("has-data") && why.contains("vol-e123456f"), "{why}");
    // Run again, a new builder looks again, and the old one is gone.
    drop(work);
    let why = stuck(&mut yard.open().await).await;
    assert!(why.contains("has-data"), "{why}");
    let effects = yard.took_effect();
    let count = |action: &str| effects.iter().filter(|effect| *effect == action).count();
    assert_eq!((count("RunInstances"), count("TerminateInstances")), (2, 1), "{:?}", yard.changes());
    let mut work = yard.open().await;
    work.begin_undo(true).unwrap();
    done(work.run(ignore).await);
    yard.settle().await;
    assert_eq!(yard.left().await, BTreeSet::from(["volume vol-e123456f".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_volume_in_another_zone_stops_everything_before_it_costs() {
    let yard = Yard::new("[[volume]]\nid = 'vol-e123456f'\nzone = 'us-east-1a'\nsize = 20\n");
    let home = Home::Existing { id: "vol-e123456f".parse().unwrap(), size_gib: 20 };
    let mut work = yard.begun(Recipe { home, ..yard.recipe().await }).await;
    assert!(stuck(&mut work).await.contains("us-east-1a"));
    assert!(yard.changes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_failed_preparation_is_told_and_tried_anew_when_it_is_run_again() {
    let yard = Yard::new("[knobs]\nbuilders = ['copy']\n");
    let mut work = yard.begun(yard.recipe().await).await;
    let why = stuck(&mut work).await;
    assert!(why.contains("failed at copy") && why.contains("no space left"), "{why}");
    drop(work);
    let (memory, _) = done(yard.open().await.run(ignore).await);
    assert_eq!(memory.old_builders.len(), 1);
    yard.settle().await;
    let builders = yard.left().await.iter().filter(|left| left.starts_with("instance")).count();
    assert_eq!(builders, 1, "the spot instance alone");
}

#[tokio::test(start_paused = true)]
async fn a_builder_that_says_nothing_is_waited_for_and_then_told() {
    let yard = Yard::new("[knobs]\nbuilders = ['silent']\n");
    let mut work = yard.begun(yard.recipe().await).await;
    let why = stuck(&mut work).await;
    assert!(why.contains("without a verdict"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn a_quota_and_a_denied_call_leave_at_once_with_their_stage_and_go_on_when_mended() {
    for (call, code, kind) in [
        ("RunInstances", "InsufficientInstanceCapacity", FailureKind::Refused),
        ("RequestSpotInstances", "MaxSpotInstanceCountExceeded", FailureKind::Refused),
        ("RunInstances", "UnauthorizedOperation", FailureKind::Denied),
        ("CreateImage", "UnauthorizedOperation", FailureKind::Denied),
        ("CreateVolume", "VolumeLimitExceeded", FailureKind::Refused),
    ] {
        let yard = Yard::new("");
        let status = if code.ends_with("Capacity") { 500 } else { 400 };
        yard.sim.inject(Fault::new(Effect::Error(Refusal::new(status, code, "no"))).on(call));
        let mut work = yard.begun(yard.recipe().await).await;
        match left(&mut work).await {
            Left::Failed(_, failure) => assert_eq!(failure.kind, kind, "{failure}"),
            other => panic!("{call}: {other:?}"),
        }
        assert_eq!(yard.sim.calls().iter().filter(|made| made.action == call).count(), 1, "{call} is not repeated");
        yard.sim.clear_faults();
        drop(work);
        done(yard.open().await.run(ignore).await);
    }
}

#[tokio::test(start_paused = true)]
async fn throttling_and_trouble_of_ec2_pass_and_an_ec2_that_is_gone_is_told_after_minutes() {
    let yard = Yard::new("");
    yard.sim.inject(Fault::error("RequestLimitExceeded").chance(0.2));
    yard.made().await;
    let yard = Yard::new("");
    let recipe = yard.recipe().await;
    yard.sim.inject(Fault::new(Effect::RequestLost));
    let mut work = yard.begun(recipe).await;
    let began = yard.clock.now().monotonic;
    assert!(matches!(left(&mut work).await, Left::Failed(_, failure) if failure.kind == FailureKind::Unreachable));
    assert!(yard.clock.now().monotonic.saturating_sub(began) >= Duration::from_mins(5));
}

#[tokio::test(start_paused = true)]
async fn a_second_process_is_told_who_makes_the_machine() {
    let yard = Yard::new("");
    let _held = yard.open().await;
    assert!(Work::open(yard.site().await, &yard.config(), &"train".parse().unwrap()).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_builder_that_never_powers_off_is_stopped_once_it_has_said_its_verdict() {
    let yard = Yard::new("[knobs]\nbuilders = ['stays-on']\n");
    yard.made().await;
    assert!(yard.took_effect().contains(&"StopInstances".to_owned()), "{:?}", yard.changes());
}

/// A machine that the one to be made has a host name in common with.
const RIVAL: &str = "[[machine]]\nname = 'other'\nspot_request = 'sir-1a1b2c3d'\nhostnames = ['my-spot.amazonaws.com']\n[[machine.volume]]\nid = 'vol-1a1b2c3d'\ndevice = '/dev/sdp'\n";

#[tokio::test(start_paused = true)]
async fn whether_the_configuration_takes_the_machine_is_known_beforehand_and_nothing_is_written() {
    let yard = Yard::new("");
    let (site, recipe) = (yard.site().await, yard.recipe().await);
    let check = || site.check_config(&recipe, &Memory::default()).map_err(|error| error.to_string());
    check().unwrap();
    let inline = "machine = [{ name = 'a', spot_request = 'sir-1a1b2c3d', volume = [{ id = 'vol-1a1b2c3d', device = '/dev/sdp' }] }]\n";
    for (text, why) in [
        (inline.to_owned() + &yard.settings(), "[[machine]]"),
        (yard.settings() + RIVAL, "my-spot.amazonaws.com"),
        ("[poll\n".to_owned(), "poll"),
    ] {
        fs::write(yard.config_file(), &text).unwrap();
        let told = check().unwrap_err();
        assert!(told.contains(why), "{told}");
        assert_eq!(yard.config_text(), text);
    }
    fs::remove_file(yard.config_file()).unwrap();
    check().unwrap();
    assert!(!yard.config_file().exists());
    fs::create_dir(yard.config_file()).unwrap();
    assert!(check().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_cannot_be_written_is_told_in_lines_to_paste() {
    let yard = Yard::new("");
    let mut work = yard.begun(yard.recipe().await).await;
    fs::write(yard.config_file(), yard.settings() + RIVAL).unwrap();
    let Left::Unconfigured(failure, lines) = left(&mut work).await else { panic!("another end") };
    assert!(
        failure.why.as_str().contains("my-spot.amazonaws.com") && !failure.why.as_str().contains("u{a}"),
        "{failure}"
    );
    let request = work.memory.request.clone().unwrap();
    assert!(lines.starts_with("[[machine]]\nname = \"train\"\n") && lines.contains(request.as_str()), "{lines}");
    // Pasted, it is all that was missing.
    fs::write(yard.config_file(), yard.settings() + &lines).unwrap();
    done(work.run(ignore).await);
}

#[tokio::test(start_paused = true)]
async fn a_failed_image_is_told_and_made_once_more_when_it_is_run_again() {
    let yard = Yard::new("[knobs]\nimages_fail = 1\n");
    let mut work = yard.begun(yard.recipe().await).await;
    let why = stuck(&mut work).await;
    assert!(why.contains("failed"), "{why}");
    drop(work);
    let (memory, _) = done(yard.open().await.run(ignore).await);
    let effects = yard.took_effect();
    let count = |action: &str| effects.iter().filter(|effect| *effect == action).count();
    assert_eq!((count("CreateImage"), count("DeregisterImage"), count("RunInstances")), (2, 1, 1), "{effects:?}");
    assert!(yard.left().await.contains(&format!("image {}", memory.image.unwrap())));
    let mut work = yard.open().await;
    work.begin_undo(true).unwrap();
    done(work.run(ignore).await);
    yard.settle().await;
    assert!(yard.left().await.is_empty());
}
