//! Undoing and retiring: what ends, in which order, and what never does.

use spotkeeper::sim::{Effect, Fault};

use super::*;

/// What retiring `train` means by default.
pub(super) fn retirement(config: &Config) -> Retirement {
    let machine = config.machine(&"train".parse().unwrap()).unwrap();
    Retirement {
        name: machine.name.clone(),
        request: machine.spot_request.clone(),
        volumes: machine.volumes.iter().map(|volume| volume.id.clone()).collect(),
        image: None,
        keep_config: false,
    }
}

fn home(memory: &Memory) -> VolumeId {
    memory.volume.clone().unwrap()
}

/// `train`, made and kept for a while, so that its instance holds its home.
async fn home_is_attached(yard: &Yard, flagged: bool) -> Memory {
    let memory = yard.made().await;
    yard.settle().await;
    attach(yard, &memory, flagged).await.unwrap();
    memory
}

/// The instance gets its home, which would be deleted with it.
pub(super) async fn attach_flagged(yard: &Yard, memory: &Memory) -> Option<()> {
    attach(yard, memory, true).await
}

async fn attach(yard: &Yard, memory: &Memory, flagged: bool) -> Option<()> {
    let request = memory.request.clone()?;
    let ec2 = yard.ec2().await;
    let seen = ec2.requests(&[request.clone()].into()).await.ok()?;
    let instance = seen.seen.get(&request)?.instance.clone()?;
    ec2.attach(&home(memory), &instance, &"/dev/sdp".parse().unwrap()).await.ok()?;
    yard.clock.sleep(Duration::from_mins(1)).await;
    if flagged {
        yard.sim.with_world(|world| {
            let volume = world.records_mut().volumes.get_mut(&home(memory)).unwrap();
            volume.attachments[0].delete_on_termination = true;
        });
    }
    Some(())
}

#[tokio::test(start_paused = true)]
async fn retiring_cancels_before_it_terminates_and_the_home_outlives_even_a_flag_that_would_delete_it() {
    for flagged in [false, true] {
        let yard = Yard::new("");
        let memory = home_is_attached(&yard, flagged).await;
        let before = yard.took_effect().len();
        let mut work = yard.open().await;
        work.begin_retirement(retirement(&yard.config())).unwrap();
        done(work.run(ignore).await);
        let ended = &yard.took_effect()[before..];
        let keep = if flagged { &["ModifyInstanceAttribute"][..] } else { &[] };
        let expected: Vec<&str> = [keep, &["CancelSpotInstanceRequests", "TerminateInstances"]].concat();
        assert_eq!(ended, expected);
        yard.settle().await;
        assert!(yard.left().await.contains(&format!("volume {}", home(&memory))));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stopped_instance_ends_with_its_request_and_the_home_is_kept_before() {
    let yard = Yard::new("");
    let memory = home_is_attached(&yard, true).await;
    let request = memory.request.clone().unwrap();
    let instance = yard.sim.with_world(|world| world.records().requests[&request].instance.clone().unwrap());
    yard.sim.stop(&instance).unwrap();
    yard.settle().await;
    let mut work = yard.open().await;
    work.begin_retirement(retirement(&yard.config())).unwrap();
    done(work.run(ignore).await);
    yard.settle().await;
    let left = yard.left().await;
    assert!(left.contains(&format!("volume {}", home(&memory))), "{left:?}");
    assert!(!left.iter().any(|left| left.starts_with("instance")), "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn retiring_with_its_image_leaves_the_volume_alone() {
    let yard = Yard::new("");
    let memory = yard.made().await;
    yard.settle().await;
    let run = memory.recipe.as_ref().unwrap().run.clone();
    let image = Some((memory.image.clone().unwrap(), run));
    let mut work = yard.open().await;
    work.begin_retirement(Retirement { image, ..retirement(&yard.config()) }).unwrap();
    done(work.run(ignore).await);
    yard.settle().await;
    assert_eq!(yard.left().await, BTreeSet::from([format!("volume {}", home(&memory))]));
}

#[tokio::test(start_paused = true)]
async fn an_image_that_a_late_view_still_shows_is_deregistered_once_and_its_retirement_comes_to_its_end() {
    for lost in [false, true] {
        let yard = Yard::new("[lag]\nimages = \"30s\"\n");
        yard.lift_policy();
        let memory = yard.made().await;
        yard.settle().await;
        let run = memory.recipe.as_ref().unwrap().run.clone();
        let image = Some((memory.image.clone().unwrap(), run));
        if lost {
            yard.sim.inject(Fault::new(Effect::ReplyLost).on("DeregisterImage").times(1));
        }
        let before = yard.sim.mutating_calls().len();
        let mut work = yard.open().await;
        work.begin_retirement(Retirement { image, ..retirement(&yard.config()) }).unwrap();
        done(work.run(ignore).await);
        let calls = yard.sim.mutating_calls().split_off(before);
        let made = |action: &str| calls.iter().filter(|call| call.action == action).count();
        // Who got no answer asks once more, and hears that it is gone.
        assert_eq!(made("DeregisterImage") > 1, lost, "{calls:?}");
        assert_eq!(made("DeleteSnapshot"), 1, "{calls:?}");
        yard.settle().await;
        assert_eq!(yard.left().await, BTreeSet::from([format!("volume {}", home(&memory))]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_retired_machine_can_be_made_anew_under_its_name() {
    let yard = Yard::new("");
    yard.made().await;
    let mut work = yard.open().await;
    work.begin_retirement(retirement(&yard.config())).unwrap();
    done(work.run(ignore).await);
    work.begin(Recipe { run: Run::new(2), ..yard.recipe().await }).unwrap();
    done(work.run(ignore).await);
    assert_eq!(yard.config().machines.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn lost_answers_end_nothing_twice_and_leave_nothing() {
    for call in
        ["CancelSpotInstanceRequests", "TerminateInstances", "DeregisterImage", "DeleteSnapshot", "DeleteVolume"]
    {
        for effect in [Effect::ReplyLost, Effect::RequestLost] {
            let yard = Yard::new("");
            let mut work = yard.begun(yard.recipe().await).await;
            done(work.run(ignore).await);
            yard.settle().await;
            yard.sim.inject(Fault::new(effect.clone()).on(call).times(1));
            work.begin_undo(true).unwrap();
            done(work.run(ignore).await);
            yard.settle().await;
            assert_eq!(yard.left().await, BTreeSet::new(), "{call}: {effect:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_stands_beside_the_machine_in_the_configuration_stays() {
    let yard = Yard::new("");
    let other = "\n# The other one.\n[[machine]]\nname = \"lab\" # mine\nspot_request = \"sir-ffffffff\"\n\
                 [[machine.volume]]\nid = \"vol-ffffffff\"\ndevice = \"/dev/sdf\"\n";
    fs::write(yard.config_file(), yard.settings() + other).unwrap();
    yard.made().await;
    assert!(yard.config_text().starts_with(&(yard.settings() + other)));
    let mut work = yard.open().await;
    work.begin_retirement(retirement(&yard.config())).unwrap();
    done(work.run(ignore).await);
    assert_eq!(yard.config_text().trim_end(), (yard.settings() + other).trim_end());
}

/// The persistent request names its instance no more as soon as that loses its capacity, while the home is held for a while.
#[tokio::test(start_paused = true)]
async fn a_home_that_a_dying_instance_of_the_request_still_holds_is_waited_for_and_then_deleted() {
    let yard = Yard::new("");
    let memory = home_is_attached(&yard, false).await;
    let (request, volume) = (memory.request.clone().unwrap(), home(&memory));
    let named = || yard.sim.with_world(|world| world.records().requests[&request].instance.clone());
    let dying = named().unwrap();
    assert!(!Memory::of(&yard.lines()).instances.contains(&dying), "else the ledger knows it anyway");
    yard.ec2().await.terminate(&dying).await.unwrap();
    yard.sim.with_world(|world| world.records_mut().requests.get_mut(&request).unwrap().instance = None);
    let holds = yard.sim.with_world(|world| world.records().volumes[&volume].attachments.len());
    assert_eq!(holds, 1, "it is held yet");
    let mut work = yard.open().await;
    work.begin_undo(true).unwrap();
    done(work.run(ignore).await);
    yard.settle().await;
    assert_eq!(yard.left().await, BTreeSet::new());
}

/// `train` is `lab` in the configuration from now on.
fn rename(yard: &Yard) {
    fs::write(yard.config_file(), yard.config_text().replace("\"train\"", "\"lab\"")).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_was_renamed_is_not_undone_under_its_old_name() {
    let yard = Yard::new("");
    home_is_attached(&yard, false).await;
    rename(&yard);
    let before = yard.took_effect();
    let mut work = yard.open().await;
    work.begin_undo(true).unwrap();
    let Err(Left::Stuck(stuck)) = work.run(ignore).await else { panic!("lab is ended") };
    assert!(stuck.why.contains("retire lab"), "{}", stuck.why);
    assert_eq!(yard.took_effect(), before);
}

#[tokio::test(start_paused = true)]
async fn a_new_machine_of_an_old_name_is_retired_alone() {
    let yard = Yard::new("");
    let lab = home_is_attached(&yard, false).await;
    rename(&yard);
    // Made by hand: another request, and another volume.
    let other = yard.ec2().await;
    let recipe = yard.recipe().await;
    let launch = spotkeeper::ec2::Launch {
        token: "by-hand".to_owned(),
        image: recipe.image,
        instance_type: recipe.instance_type,
        subnet: recipe.subnet,
        key_name: None,
        security_groups: Vec::new(),
        root_device: recipe.root_device,
        root_gib: 10,
        left_out: Vec::new(),
        tags: vec![("Name".to_owned(), "by hand".to_owned())],
    };
    let request = other.request_spot(&launch, &spotkeeper::ec2::Offer::default()).await.unwrap();
    let machine = format!(
        "\n[[machine]]\nname = \"train\"\nspot_request = \"{request}\"\n[[machine.volume]]\nid = \"vol-ffffffff\"\ndevice = \"/dev/sdf\"\n"
    );
    fs::write(yard.config_file(), yard.config_text() + &machine).unwrap();
    yard.settle().await;
    let mut work = yard.open().await;
    work.begin_retirement(retirement(&yard.config())).unwrap();
    done(work.run(ignore).await);
    yard.settle().await;
    let left = yard.left().await;
    let living = |id: &str| left.iter().any(|left| left.ends_with(id));
    assert!(living(lab.request.unwrap().as_str()) && living(lab.image.unwrap().as_str()), "{left:?}");
    assert_eq!(left.iter().filter(|left| left.starts_with("instance")).count(), 1, "lab's alone: {left:?}");
    assert!(!living(request.as_str()), "{left:?}");
    assert!(yard.config().machine(&"lab".parse().unwrap()).is_some());
}
