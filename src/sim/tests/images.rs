//! Images and snapshots, and what is launched from them.

use aws_sdk_ec2::types::{
    BlockDeviceMapping, EbsBlockDevice, Filter, RequestSpotLaunchSpecification, ResourceType, SpotInstanceType,
    SpotPlacement, Tag, TagSpecification,
};

use super::super::{Contents, Effect, Fault, Home, Phase};
use super::bench::{Bench, HOME, OLD, READY, bench, instance, words};
use super::builders::{BLANK, builder};

fn tags(kind: ResourceType) -> TagSpecification {
    TagSpecification::builder().resource_type(kind).tags(Tag::builder().key("run").value("1").build()).build()
}

/// An image of the root volume alone, which is available when this returns.
async fn picture(bench: &Bench, of: &str, name: &str) -> String {
    let without = BlockDeviceMapping::builder().device_name("/dev/sdp").no_device("").build();
    let made = bench.ec2.create_image().instance_id(of).name(name).block_device_mappings(without);
    let made = made.tag_specifications(tags(ResourceType::Image)).tag_specifications(tags(ResourceType::Snapshot));
    let id = made.send().await.unwrap().image_id().unwrap().to_owned();
    bench.wait(241).await;
    id
}

/// A builder that has prepared the home, its image, and the end of it.
async fn prepared(bench: &Bench, fstab: &str) -> String {
    let id = builder(bench, fstab).await;
    bench.wait(300).await;
    let image = picture(bench, &id, "box").await;
    bench.ec2.terminate_instances().instance_ids(&id).send().await.unwrap();
    bench.wait(60).await;
    image
}

/// A spot request for this image, and its first instance, which runs.
async fn spot(bench: &Bench, image: &str) -> String {
    let launch = RequestSpotLaunchSpecification::builder()
        .image_id(image)
        .instance_type("g5.xlarge".into())
        .placement(SpotPlacement::builder().availability_zone("us-east-1a").build())
        .build();
    let made = bench.ec2.request_spot_instances().r#type(SpotInstanceType::Persistent).launch_specification(launch);
    let made = made.send().await.unwrap();
    bench.wait(12).await;
    let request = made.spot_instance_requests()[0].spot_instance_request_id().unwrap().parse().unwrap();
    bench.sim.with_world(|world| world.request(&request).unwrap().instance.clone()).unwrap().to_string()
}

#[tokio::test(start_paused = true)]
async fn an_image_of_a_builder_makes_instances_that_need_its_home() {
    for (fstab, phase, home) in [("strict", Phase::Hanging, Home::Missing), ("nofail", Phase::Bare, Home::Without)] {
        let bench = bench(BLANK);
        let image = prepared(&bench, fstab).await;
        let id = spot(&bench, &image).await;
        bench.wait(60).await;
        let guest = bench.sim.guest(&instance(&id)).unwrap();
        assert_eq!((guest.phase, guest.boots[0].home, guest.usable.len()), (phase, home, 0), "{fstab}");
        assert_eq!(guest.needs.unwrap().volume.as_str(), HOME);
        bench.attach(HOME, &id, "/dev/sdf").await.unwrap();
        bench.wait(60).await;
        assert!(!bench.sim.guest(&instance(&id)).unwrap().is_usable(), "{fstab}");
        bench.reboot(&id).await.unwrap();
        bench.wait(60).await;
        let guest = bench.sim.guest(&instance(&id)).unwrap();
        assert_eq!(
            (guest.phase, guest.boots[1].home, guest.bare.len()),
            (Phase::Up, Home::Mounted, usize::from(fstab == "nofail"))
        );
        assert!(guest.bare.iter().all(|interval| interval.until.is_some()));
        assert_eq!(guest.mounted[0].as_str(), HOME);
        let console = bench.sim.with_world(|world| world.console(&instance(&id), true)).unwrap().1;
        assert_eq!(console.contains("emergency mode"), fstab == "strict", "{console}");
        assert!(console.contains("Timed out waiting for device"), "{console}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_image_has_the_root_alone_when_the_home_is_left_out_and_its_snapshot_cannot_go_before_it() {
    let bench = bench(READY);
    let image = picture(&bench, OLD, "box").await;
    let seen = bench.ec2.describe_images().owners("self").image_ids(&image).send().await.unwrap();
    let seen = &seen.images()[0];
    assert_eq!(
        (seen.state().unwrap().as_str(), seen.name(), seen.source_instance_id()),
        ("available", Some("box"), Some(OLD))
    );
    assert_eq!(seen.tags()[0].key(), Some("run"));
    let [root] = seen.block_device_mappings() else { panic!("{seen:?}") };
    let ebs = root.ebs().unwrap();
    assert_eq!((root.device_name(), ebs.delete_on_termination()), (Some("/dev/sda1"), Some(true)));
    let snapshot = ebs.snapshot_id().unwrap();
    let filter = Filter::builder().name("tag:run").values("1").build();
    let snapshots = bench.ec2.describe_snapshots().owner_ids("self").filters(filter).send().await.unwrap();
    let [only] = snapshots.snapshots() else { panic!("{snapshots:?}") };
    assert_eq!(
        (only.snapshot_id(), only.state().unwrap().as_str(), only.progress()),
        (Some(snapshot), "completed", Some("100%"))
    );
    let delete = async || bench.ec2.delete_snapshot().snapshot_id(snapshot).send().await.map(|_| ()).map_err(words);
    assert_eq!(delete().await.unwrap_err().0, "InvalidSnapshot.InUse");
    bench.ec2.deregister_image().image_id(&image).send().await.unwrap();
    assert_eq!(delete().await, Ok(()));
    assert_eq!(delete().await.unwrap_err().0, "InvalidSnapshot.NotFound");
    let gone = bench.ec2.describe_images().image_ids(&image).send().await.unwrap_err();
    assert_eq!(words(gone).0, "InvalidAMIID.NotFound");
    assert!(bench.sim.with_world(|world| world.records().images.is_empty() && world.records().snapshots.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn an_image_with_the_home_in_it_gives_every_instance_a_copy() {
    let bench = bench(BLANK);
    let id = builder(&bench, "strict").await;
    bench.wait(300).await;
    let keep = BlockDeviceMapping::builder()
        .device_name("/dev/sdp")
        .ebs(EbsBlockDevice::builder().delete_on_termination(true).build())
        .build();
    let image = bench.ec2.create_image().instance_id(&id).name("box").block_device_mappings(keep).send().await.unwrap();
    bench.wait(241).await;
    let id = spot(&bench, image.image_id().unwrap()).await;
    bench.wait(60).await;
    let guest = bench.sim.guest(&instance(&id)).unwrap();
    assert!(guest.is_usable() && guest.mounted[0].as_str() != HOME, "{guest:?}");
    let copy = bench.sim.with_world(|world| world.volume(&guest.mounted[0]).unwrap().clone());
    assert!(matches!(copy.contents, Contents::Home(home) if home.volume.as_str() == HOME));
    assert!(copy.attachments[0].delete_on_termination);
}

#[tokio::test(start_paused = true)]
async fn an_image_needs_a_name_of_its_own_and_an_instance_that_is_there() {
    let bench = bench(READY);
    let ask = async |name: &str, id: &str| {
        bench.ec2.create_image().instance_id(id).name(name).send().await.map(|_| ()).map_err(|error| words(error).0)
    };
    for name in ["ab", "a/b*c", &"x".repeat(129)] {
        assert_eq!(ask(name, OLD).await, Err("InvalidAMIName.Malformed".to_owned()), "{name}");
    }
    assert_eq!(ask("abc", OLD).await, Ok(()));
    assert_eq!(ask("abc", OLD).await, Err("InvalidAMIName.Duplicate".to_owned()));
    assert_eq!(ask("abd", "i-0123abcd").await, Err("InvalidInstanceID.NotFound".to_owned()));
    bench.ec2.stop_instances().instance_ids(OLD).send().await.unwrap();
    assert_eq!(ask("abd", OLD).await, Err("IncorrectState".to_owned()), "on its way down");
}

#[tokio::test(start_paused = true)]
async fn a_running_instance_is_rebooted_for_its_image_unless_that_is_forbidden() {
    for (forbidden, reboots) in [(true, 0), (false, 1)] {
        let bench = bench(READY);
        bench.ec2.create_image().instance_id(OLD).name("abc").no_reboot(forbidden).send().await.unwrap();
        assert_eq!(bench.sim.guest(&instance(OLD)).unwrap().reboots_heard, reboots);
    }
}

#[tokio::test(start_paused = true)]
async fn an_image_whose_answer_is_lost_is_found_by_its_name() {
    let bench = bench(READY);
    bench.sim.inject(Fault::new(Effect::ReplyLost).on("CreateImage").times(1));
    let ask =
        async || bench.ec2.create_image().instance_id(OLD).name("box").send().await.map_err(|error| words(error).0);
    assert_eq!(ask().await.unwrap_err(), "dispatch");
    assert_eq!(ask().await.unwrap_err(), "InvalidAMIName.Duplicate");
    let filter = Filter::builder().name("name").values("box").build();
    let found = bench.ec2.describe_images().owners("self").filters(filter).send().await.unwrap();
    assert_eq!(found.images().len(), 1);
    assert_eq!(found.images()[0].state().unwrap().as_str(), "pending");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_launched_from_an_image_that_is_not_available() {
    let bench = bench(&format!("{READY}\n[knobs]\nimages_fail = 1"));
    let made = bench.ec2.create_image().instance_id(OLD).name("box").no_reboot(true).send().await.unwrap();
    let id = made.image_id().unwrap().to_owned();
    let launch = async |id: &str, kind: &str| {
        let run = bench.ec2.run_instances().image_id(id).instance_type(kind.into()).min_count(1).max_count(1);
        run.send().await.map(|_| ()).map_err(|error| words(error).0)
    };
    assert_eq!(launch(&id, "g5.xlarge").await, Err("InvalidAMIID.Unavailable".to_owned()));
    bench.wait(241).await;
    let seen = bench.ec2.describe_images().image_ids(&id).send().await.unwrap();
    assert_eq!(seen.images()[0].state().unwrap().as_str(), "failed");
    assert_eq!(seen.images()[0].state_reason().unwrap().code(), Some("Server.InternalError"));
    assert_eq!(launch(&id, "g5.xlarge").await, Err("InvalidAMIID.Unavailable".to_owned()));
    let second = picture(&bench, OLD, "box2").await;
    assert_eq!(launch(&second, "g5g.xlarge").await, Err("InvalidParameterValue".to_owned()));
    assert_eq!(launch(&second, "g5.xlarge").await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_of_a_volume_makes_volumes_with_what_was_on_it() {
    let bench = bench(&format!("{BLANK}\nencrypted = true\ncontents = 'data'"));
    let snapshot = bench.ec2.create_snapshot().volume_id(HOME).description("before").send().await.unwrap();
    let id = snapshot.snapshot_id().unwrap();
    assert_eq!(
        (snapshot.state().unwrap().as_str(), snapshot.volume_size(), snapshot.encrypted()),
        ("pending", Some(20), Some(true))
    );
    let make = async || {
        let make = bench.ec2.create_volume().availability_zone("us-east-1a").snapshot_id(id);
        make.send().await.map(|made| made.volume_id().unwrap().to_owned()).map_err(|error| words(error).0)
    };
    assert_eq!(make().await.unwrap_err(), "IncorrectState");
    bench.wait(60).await;
    let copy = bench.volume(&make().await.unwrap());
    assert_eq!((copy.contents, copy.size, copy.disk.encrypted), (Contents::Data, 20, true));
    assert_eq!(copy.disk.key, bench.volume(HOME).disk.key);
}

#[tokio::test(start_paused = true)]
async fn a_scenario_says_what_its_images_map() {
    let bench = bench(
        "[[image]]
        id = 'ami-56ef78ab'
        name = 'box'
        devices = [{ device = '/dev/sdb', virtual = 'ephemeral0' }, { device = '/dev/sdf', size = 30 }]
        [[volume]]
        id = 'vol-e123456f'
        zone = 'us-east-1a'",
    );
    let id = spot(&bench, "ami-56ef78ab").await;
    let taken = bench.attach(HOME, &id, "/dev/sdb").await.unwrap_err();
    assert_eq!(taken.0, "InvalidParameterValue");
    assert_eq!(bench.attach(HOME, &id, "/dev/sdf").await.unwrap_err().0, "InvalidParameterValue");
    assert_eq!(bench.attach(HOME, &id, "/dev/sdg").await, Ok(()));
    let seen = bench.ec2.describe_images().owners("self").send().await.unwrap();
    let names: Vec<_> =
        seen.images()[0].block_device_mappings().iter().map(|mapped| mapped.device_name().unwrap()).collect();
    assert_eq!(names, ["/dev/sda1", "/dev/sdb", "/dev/sdf"]);
}

#[tokio::test(start_paused = true)]
async fn a_new_image_is_shown_as_late_as_the_view_lags() {
    let bench = bench(&format!("{READY}\n[lag]\nimages = '30s'"));
    let made = bench.ec2.create_image().instance_id(OLD).name("box").no_reboot(true).send().await.unwrap();
    let seen = async || {
        let seen = bench.ec2.describe_images().image_ids(made.image_id().unwrap()).send().await;
        seen.map(|seen| seen.images()[0].state().unwrap().as_str().to_owned()).map_err(|error| words(error).0)
    };
    assert_eq!(seen().await, Err("InvalidAMIID.NotFound".to_owned()));
    bench.wait(30).await;
    assert_eq!(seen().await.as_deref(), Ok("pending"));
    bench.wait(220).await;
    assert_eq!(seen().await.as_deref(), Ok("pending"), "it is available, but that is not shown yet");
    bench.wait(20).await;
    assert_eq!(seen().await.as_deref(), Ok("available"));
}

#[tokio::test(start_paused = true)]
async fn the_name_of_a_disk_of_the_instance_is_free_where_a_launch_leaves_it_out() {
    let bench = bench(
        "[[image]]
        id = 'ami-56ef78ab'
        devices = [{ device = '/dev/sdb', virtual = 'ephemeral0' }]
        [[volume]]
        id = 'vol-e123456f'
        zone = 'us-east-1a'",
    );
    let without = || BlockDeviceMapping::builder().device_name("/dev/sdb").no_device("").build();
    let launch = RequestSpotLaunchSpecification::builder().image_id("ami-56ef78ab").instance_type("g5.xlarge".into());
    let launch = launch.placement(SpotPlacement::builder().availability_zone("us-east-1a").build());
    let asked =
        bench.ec2.request_spot_instances().launch_specification(launch.block_device_mappings(without()).build());
    let asked = asked.send().await.unwrap().spot_instance_requests()[0].spot_instance_request_id.clone().unwrap();
    let run = bench.ec2.run_instances().image_id("ami-56ef78ab").instance_type("g5.xlarge".into());
    let run = run.placement(aws_sdk_ec2::types::Placement::builder().availability_zone("us-east-1a").build());
    let run = run.block_device_mappings(without()).min_count(1).max_count(1).send().await.unwrap();
    bench.wait(12).await;
    let spot = bench.sim.with_world(|world| world.request(&asked.parse().unwrap()).unwrap().instance.clone()).unwrap();
    for id in [spot.as_str(), run.instances()[0].instance_id().unwrap()] {
        assert_eq!(bench.attach(HOME, id, "/dev/sdb").await, Ok(()));
        bench.wait(2).await;
        bench.detach(HOME, id).await.unwrap();
        bench.wait(4).await;
    }
}
