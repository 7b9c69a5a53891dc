//! The guest: why all this is needed.

use std::time::Duration;

use super::super::{Home, Phase};
use super::bench::{Bench, HOME, NEW, OLD, READY, bench, instance};
use crate::model::AttachmentState;

/// A new instance that has just begun to run, without its home.
async fn fresh() -> (Bench, String) {
    let bench = bench(NEW);
    bench.wait(12).await;
    let id = bench.current();
    (bench, id)
}

#[tokio::test(start_paused = true)]
async fn a_guest_without_its_home_hangs_until_it_is_rebooted_with_it() {
    let (bench, id) = fresh().await;
    let guest = |bench: &Bench| bench.sim.guest(&instance(&id)).unwrap();
    assert!(guest(&bench).is_hanging());
    bench.attach(HOME, &id, "/dev/sdp").await.unwrap();
    bench.wait(3600).await;
    assert!(guest(&bench).is_hanging(), "attaching alone wakes nobody");
    bench.reboot(&id).await.unwrap();
    bench.wait(44).await;
    assert!(!guest(&bench).is_usable());
    bench.wait(1).await;
    let guest = guest(&bench);
    assert!(guest.is_usable());
    assert_eq!(guest.mounted[0].as_str(), HOME);
    assert_eq!(guest.boots.iter().map(|boot| boot.home).collect::<Vec<_>>(), [Home::Missing, Home::Mounted]);
    assert_ne!(guest.boots[0].id, guest.boots[1].id);
    assert_eq!((guest.reboots_asked, guest.reboots_heard, guest.hard_resets), (1, 1, 0));
    assert_eq!(guest.usable.len(), 1);
    assert_eq!(guest.usable[0].from, guest.boots[1].at + Duration::from_secs(35));
}

#[tokio::test(start_paused = true)]
async fn a_reboot_before_the_volume_is_attached_boots_into_the_same_hang() {
    let (bench, id) = fresh().await;
    bench.wait(20).await;
    bench.reboot(&id).await.unwrap();
    bench.wait(600).await;
    let guest = bench.sim.guest(&instance(&id)).unwrap();
    assert_eq!((guest.phase, guest.boots.len(), guest.usable.len()), (Phase::Hanging, 2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_guest_too_early_in_its_boot_does_not_hear_and_is_reset_after_four_minutes() {
    let (bench, id) = fresh().await;
    bench.attach(HOME, &id, "/dev/sdp").await.unwrap();
    bench.wait(9).await;
    bench.reboot(&id).await.unwrap();
    bench.wait(239).await;
    let deaf = bench.sim.guest(&instance(&id)).unwrap();
    assert_eq!((deaf.phase, deaf.reboots_asked, deaf.reboots_heard), (Phase::Hanging, 1, 0));
    bench.wait(1 + 35).await;
    let reset = bench.sim.guest(&instance(&id)).unwrap();
    assert_eq!((reset.phase, reset.hard_resets), (Phase::Up, 1));
}

#[tokio::test(start_paused = true)]
async fn a_heard_reboot_makes_void_the_hard_reset_of_an_unheard_one() {
    let (bench, id) = fresh().await;
    bench.attach(HOME, &id, "/dev/sdp").await.unwrap();
    bench.reboot(&id).await.unwrap();
    bench.wait(20).await;
    bench.reboot(&id).await.unwrap();
    bench.wait(900).await;
    let guest = bench.sim.guest(&instance(&id)).unwrap();
    assert_eq!((guest.boots.len(), guest.hard_resets, guest.usable.len()), (2, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_mounted_volume_stays_busy_on_detach_until_the_guest_lets_go() {
    let bench = bench(READY);
    bench.detach(HOME, OLD).await.unwrap();
    bench.wait(3600).await;
    assert_eq!(bench.volume(HOME).attachments[0].state, AttachmentState::Busy);
    bench.reboot(OLD).await.unwrap();
    bench.wait(4).await;
    assert_eq!(bench.volume(HOME).state.to_string(), "available");
    bench.wait(60).await;
    assert!(bench.sim.guest(&instance(OLD)).unwrap().is_hanging());
}

#[tokio::test(start_paused = true)]
async fn a_forced_detach_tears_the_home_out_of_a_usable_guest() {
    let bench = bench(READY);
    bench.ec2.detach_volume().volume_id(HOME).force(true).send().await.unwrap();
    bench.wait(4).await;
    assert_eq!(bench.volume(HOME).state.to_string(), "available");
    let guest = bench.sim.guest(&instance(OLD)).unwrap();
    assert!(!guest.is_usable() && guest.usable[0].until.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_name_that_a_volume_was_torn_from_stays_taken_until_the_next_boot_or_not_as_the_knob_says() {
    for holds in [true, false] {
        let bench = bench(&format!("{READY}\n[knobs]\nforce_holds_device = {holds}"));
        bench.ec2.detach_volume().volume_id(HOME).force(true).send().await.unwrap();
        bench.wait(4 + 3600).await;
        let taken = bench.attach(HOME, OLD, "/dev/sdp").await;
        assert_eq!(
            taken.map_err(|(code, _)| code),
            if holds { Err("InvalidParameterValue".to_owned()) } else { Ok(()) }
        );
        if holds {
            bench.reboot(OLD).await.unwrap();
            bench.wait(10).await;
            bench.attach(HOME, OLD, "/dev/sdp").await.unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_attachment_takes_its_time_and_a_stuck_one_for_ever() {
    let (bench, id) = fresh().await;
    bench.sim.with_world(|world| world.stick_next_attach(&HOME.parse().unwrap()));
    bench.attach(HOME, &id, "/dev/sdp").await.unwrap();
    bench.wait(3600).await;
    assert_eq!(bench.volume(HOME).attachments[0].state, AttachmentState::Attaching);
    assert_eq!(bench.volume(HOME).state.to_string(), "in-use");
    bench.detach(HOME, &id).await.unwrap();
    bench.wait(4).await;
    assert!(bench.volume(HOME).attachments.is_empty());
    bench.attach(HOME, &id, "/dev/sdq").await.unwrap();
    bench.wait(2).await;
    assert_eq!(bench.volume(HOME).attachments[0].state, AttachmentState::Attached);
}

#[tokio::test(start_paused = true)]
async fn a_device_name_is_held_for_seconds_after_a_detach() {
    let (bench, id) = fresh().await;
    bench.attach(HOME, &id, "/dev/sdp").await.unwrap();
    bench.wait(2).await;
    bench.detach(HOME, &id).await.unwrap();
    bench.wait(4 + 7).await;
    let refused = bench.attach(HOME, &id, "/dev/sdp").await.unwrap_err();
    assert_eq!(refused.0, "InvalidParameterValue");
    bench.wait(1).await;
    bench.attach(HOME, &id, "/dev/sdp").await.unwrap();
}
