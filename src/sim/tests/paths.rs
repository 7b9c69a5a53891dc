//! Ways of a request's life that are rarer than those of `life` and `stops`.

use std::time::Duration;

use super::super::{Cause, Check, Delay};
use super::bench::{Bench, HOME, NEW, OLD, READY, REQUEST, bench, instance, sir};

fn ready(keys: &str, more: &str) -> Bench {
    bench(&format!("{}\n{more}", READY.replacen("homes", &format!("{keys}\n homes"), 1)))
}

#[tokio::test(start_paused = true)]
async fn a_revoked_interruption_leaves_everything_as_it_was() {
    let after = "[[event]]\nat = '2m'\nrevoke = 'sir-y1a23b4c'";
    for (keys, cause, before) in [
        ("behavior = 'terminate'", "price", "active/marked-for-termination"),
        ("behavior = 'stop'", "no-capacity", "active/marked-for-stop"),
        ("behavior = 'terminate'", "no-capacity", "open/capacity-not-available"),
    ] {
        let more = format!("[[event]]\nat = '1m'\ninterrupt = 'sir-y1a23b4c'\ncause = '{cause}'\n{after}");
        let bench = ready(keys, &more);
        bench.wait(119).await;
        assert_eq!(bench.status(), before);
        bench.wait(1).await;
        assert_eq!((bench.status().as_str(), bench.current().as_str()), ("active/fulfilled", OLD));
        bench.wait(3600).await;
        assert_eq!((bench.status().as_str(), bench.state(OLD).as_str()), ("active/fulfilled", "running"));
        assert_eq!(bench.sim.guest(&instance(OLD)).unwrap().usable.len(), 1);
        assert!(bench.sim.with_world(|world| world.revoke(&instance(OLD))).is_err(), "there is none any more");
    }
}

#[tokio::test(start_paused = true)]
async fn an_instance_marked_for_termination_is_replaced_only_after_its_end() {
    let bench = ready("", "[[event]]\nat = '1m'\ninterrupt = 'sir-y1a23b4c'\ncause = 'price'");
    bench.wait(60 + 119).await;
    assert_eq!((bench.status().as_str(), bench.state(OLD).as_str()), ("active/marked-for-termination", "running"));
    bench.wait(1).await;
    assert_eq!(
        (bench.status().as_str(), bench.state(OLD).as_str()),
        ("open/instance-terminated-by-price", "shutting-down")
    );
    bench.wait(20 + 20 + 1 + 3).await;
    assert_eq!(bench.status(), "active/fulfilled");
    assert_ne!(bench.current(), OLD);
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_back_already_is_not_taken_back_for_another_reason() {
    let bench = ready("", "[[event]]\nat = '1m'\ninterrupt = 'sir-y1a23b4c'\nearly = true");
    bench.wait(60).await;
    let refused = bench.sim.with_world(|world| world.interrupt_for(&instance(OLD), Cause::Price, true));
    assert_eq!(refused.unwrap_err().code, "IncorrectState");
    assert_eq!(bench.status(), "open/instance-terminated-no-capacity");
    bench.wait(30).await;
    assert_eq!(bench.status(), "active/fulfilled");
    assert_ne!(bench.current(), OLD);
}

#[tokio::test(start_paused = true)]
async fn only_the_instance_of_a_persistent_request_can_be_stopped() {
    let bench = ready("kind = 'one-time'", "");
    let refused = bench.sim.stop(&instance(OLD)).unwrap_err();
    assert_eq!(refused.code, "UnsupportedOperation");
    assert!(refused.message.contains("one-time"), "{refused}");
    assert_eq!(bench.status(), "active/fulfilled");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_from_inside_ends_or_stops_the_instance_as_behaviour_and_knob_say() {
    let row = async |keys: &str, knob: bool| {
        let more =
            format!("[knobs]\nguest_shutdown_terminates = {knob}\n[[event]]\nat = '1m'\nshut_down = '{REQUEST}'");
        let bench = ready(keys, &more);
        bench.wait(60 + 20).await;
        let reason = bench.instance(OLD).state_reason.unwrap().0;
        assert_eq!(reason, "Client.InstanceInitiatedShutdown", "{keys} {knob}");
        (bench.state(OLD), bench.status())
    };
    let stopped = ("stopped".to_owned(), "disabled/instance-stopped-by-user".to_owned());
    assert_eq!(row("behavior = 'terminate'", true).await.0, "terminated");
    assert_eq!(row("behavior = 'terminate'", false).await, stopped);
    assert_eq!(row("behavior = 'stop'", true).await, stopped);
    assert_eq!(row("kind = 'one-time'", false).await.0, "terminated");
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_stops_under_a_cancelled_request_is_terminated() {
    let bench = ready("behavior = 'stop'", "");
    bench.sim.stop(&instance(OLD)).unwrap();
    bench.wait(10).await;
    bench.sim.cancel(&sir(REQUEST)).unwrap();
    assert_eq!(bench.status(), "cancelled/request-canceled-and-instance-running");
    bench.wait(10).await;
    assert_eq!((bench.status().as_str(), bench.state(OLD).as_str()), ("cancelled/instance-stopped-by-user", "stopped"));
    bench.wait(5 + 20).await;
    assert_eq!(
        (bench.status().as_str(), bench.state(OLD).as_str()),
        ("cancelled/instance-terminated-by-service", "terminated")
    );
    assert_eq!(bench.volume(HOME).state.to_string(), "available");
}

#[tokio::test(start_paused = true)]
async fn a_termination_by_the_owner_is_shown_for_a_while_or_not_as_the_knob_says() {
    for shows in [true, false] {
        let bench = ready("", &format!("[knobs]\nshows_user_termination = {shows}"));
        bench.sim.terminate(&instance(OLD)).unwrap();
        bench.wait(15).await;
        let expected = if shows { "open/instance-terminated-by-user" } else { "open/pending-evaluation" };
        assert_eq!(bench.status(), expected);
        bench.wait(60).await;
        assert_eq!(bench.status(), "active/fulfilled");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_code_is_shown_until_the_request_goes_on_by_itself() {
    let show = "[[event]]\nat = '1m'\nrequest = 'sir-y1a23b4c'\nstatus = 'never-heard-of'\nstate = 'odd'";
    let bench = ready("", &format!("{show}\n[[event]]\nat = '2m'\nterminate = 'sir-y1a23b4c'"));
    bench.wait(60).await;
    assert_eq!(bench.status(), "odd/never-heard-of");
    let seen = bench.ec2.describe_spot_instance_requests().send().await.unwrap();
    assert_eq!(seen.spot_instance_requests()[0].status().unwrap().code(), Some("never-heard-of"));
    assert_eq!(bench.state(OLD), "running");
}

#[tokio::test(start_paused = true)]
async fn a_second_operator_attaches_reboots_and_detaches() {
    let events = "
        [[event]]
        at = '1m'
        attach = { volume = 'vol-e123456f', to = 'sir-y1a23b4c', device = '/dev/sdq' }
        [[event]]
        at = '2m'
        reboot = 'sir-y1a23b4c'
        [[event]]
        at = '4m'
        detach = 'vol-e123456f'
        [[event]]
        at = '5m'
        detach = 'vol-e123456f'
        force = true
    ";
    let bench = bench(&format!("{NEW}\n{events}"));
    bench.wait(180).await;
    let guest = |bench: &Bench| bench.sim.guest(&instance(&bench.current())).unwrap();
    assert_eq!(bench.volume(HOME).attachments[0].device, "/dev/sdq");
    assert!(guest(&bench).is_usable());
    bench.wait(100).await;
    assert_eq!(bench.volume(HOME).attachments[0].state.to_string(), "busy");
    bench.wait(30).await;
    assert_eq!(bench.volume(HOME).state.to_string(), "available");
    assert!(guest(&bench).is_hanging());
}

#[tokio::test(start_paused = true)]
async fn somebody_who_meddles_does_all_kinds_of_things() {
    let bench = ready("behavior = 'stop'", "[[event]]\nevery = '3m'\nmeddle = ['sir-y1a23b4c']");
    bench.wait(6 * 3600).await;
    let story: String = bench.sim.story().into_iter().map(|line| line.text + "\n").collect();
    for deed in ["reboots", "shuts down", "is being stopped", "is detached", "is attached"] {
        assert!(story.contains(deed), "{deed}: {story}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_guest_wakes_from_a_hibernation_with_the_boot_id_that_it_fell_asleep_with() {
    let bench = ready("behavior = 'hibernate'", "");
    let before = bench.sim.guest(&instance(OLD)).unwrap();
    bench.sim.interrupt(&instance(OLD)).unwrap();
    bench.wait(20 + 20 + 8).await;
    assert!(!bench.sim.guest(&instance(OLD)).unwrap().is_usable());
    bench.wait(5).await;
    let after = bench.sim.guest(&instance(OLD)).unwrap();
    assert!(after.is_usable());
    assert_eq!((after.boots, after.usable.len(), after.mounted), (before.boots, 2, before.mounted));
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_lost_its_home_in_its_sleep_hangs() {
    let bench = ready("behavior = 'hibernate'", "");
    bench.sim.interrupt(&instance(OLD)).unwrap();
    bench.wait(25).await;
    bench.detach(HOME, OLD).await.unwrap();
    bench.wait(60).await;
    assert_eq!(bench.state(OLD), "running");
    assert!(bench.sim.guest(&instance(OLD)).unwrap().is_hanging());
}

#[tokio::test(start_paused = true)]
async fn status_checks_come_minutes_after_the_launch_and_see_a_hanging_guest_as_the_knob_says() {
    for fails in [true, false] {
        let bench = bench(&format!("[knobs]\nhanging_fails_checks = {fails}\n{NEW}"));
        bench.wait(13).await;
        let id = instance(&bench.current());
        let checks = || bench.sim.with_world(|world| world.checks(world.instance(&id).unwrap()));
        assert_eq!(checks(), (Check::Initializing, Check::Initializing));
        bench.wait(600).await;
        assert_eq!(checks(), (Check::Ok, if fails { Check::Impaired } else { Check::Ok }));
        bench.attach(HOME, id.as_str(), "/dev/sdp").await.unwrap();
        bench.wait(10).await;
        bench.reboot(id.as_str()).await.unwrap();
        bench.wait(110).await;
        assert_eq!(checks(), (Check::Ok, Check::Ok));
        bench.sim.terminate(&id).unwrap();
        assert_eq!(checks(), (Check::NotApplicable, Check::NotApplicable));
    }
}

#[tokio::test(start_paused = true)]
async fn a_reboot_shows_in_the_status_checks_only_as_the_knob_says() {
    for fails in [true, false] {
        let bench = ready("", &format!("[knobs]\nreboot_fails_checks = {fails}"));
        bench.sim.with_world(|world| world.timing.guest_boot = Delay::fixed(Duration::from_mins(5)));
        bench.reboot(OLD).await.unwrap();
        bench.wait(180).await;
        let (system, own) = bench.sim.with_world(|world| world.checks(world.instance(&instance(OLD)).unwrap()));
        assert_eq!((system, own == Check::Impaired), (Check::Ok, fails));
        assert_eq!(bench.state(OLD), "running", "nothing else shows it");
    }
}

#[tokio::test(start_paused = true)]
async fn the_console_tells_of_boots_and_hanging_a_minute_late() {
    let bench = bench(NEW);
    bench.wait(12 + 50).await;
    let id = instance(&bench.current());
    let console = || bench.sim.with_world(|world| world.console(&id, false)).unwrap().1;
    assert_eq!(console(), "");
    bench.wait(20).await;
    assert!(console().contains("emergency mode"));
    bench.attach(HOME, id.as_str(), "/dev/sdp").await.unwrap();
    bench.wait(5).await;
    bench.reboot(id.as_str()).await.unwrap();
    bench.wait(120).await;
    let boots = bench.sim.guest(&id).unwrap().boots;
    assert!(boots.iter().all(|boot| console().contains(&boot.id)));
    assert!(console().ends_with(&format!("Mounted /home.\n{id} login:\n")), "{}", console());
}

#[tokio::test(start_paused = true)]
async fn a_volume_with_a_key_that_may_not_be_used_falls_back() {
    let bench = bench(&NEW.replacen("[[request]]", "bad_key = true\n    [[request]]", 1));
    bench.wait(12).await;
    let id = bench.current();
    bench.attach(HOME, &id, "/dev/sdp").await.unwrap();
    assert_eq!(bench.volume(HOME).attachments[0].state.to_string(), "attaching");
    bench.wait(2).await;
    assert_eq!(bench.volume(HOME).state.to_string(), "available");
}

#[tokio::test(start_paused = true)]
async fn an_address_can_come_late_and_a_strangers_can_be_the_next() {
    let bench = bench(&format!("[knobs]\npublic_addresses = 1\n{NEW}"));
    bench.sim.with_world(|world| world.timing.address = Delay::fixed(Duration::from_secs(7)));
    bench.wait(12 + 6).await;
    let first = bench.current();
    assert_eq!((bench.state(&first).as_str(), bench.instance(&first).public_ip), ("running", None));
    bench.wait(1).await;
    let address = bench.instance(&first).public_ip.unwrap();
    bench.sim.terminate(&instance(&first)).unwrap();
    bench.wait(60).await;
    assert_ne!(bench.current(), first);
    assert_eq!(bench.instance(&bench.current()).public_ip, Some(address));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_has_ended_cannot_be_cancelled() {
    for (code, state) in [("system-error", "closed"), ("bad-parameters", "failed")] {
        let bench = bench(&format!("{NEW}\ncapacity = '{code}'"));
        bench.wait(2).await;
        assert_eq!(bench.status(), format!("{state}/{code}"));
        let refused = bench.sim.cancel(&sir(REQUEST)).unwrap_err();
        assert_eq!(refused.code, "IncorrectSpotRequestState");
        bench.wait(4 * 3600).await;
        assert!(bench.sim.with_world(|world| world.request(&sir(REQUEST)).is_none()), "its record goes");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_can_be_cancelled_while_its_instance_is_marked() {
    for (keys, marked, after) in [
        ("behavior = 'stop'", "active/marked-for-stop", "instance-stopped-no-capacity"),
        ("behavior = 'terminate'", "active/marked-for-termination", "instance-terminated-by-price"),
    ] {
        let cause = if keys.contains("stop") { "no-capacity" } else { "price" };
        let bench = ready(keys, &format!("[[event]]\nat = '1m'\ninterrupt = 'sir-y1a23b4c'\ncause = '{cause}'"));
        bench.wait(60).await;
        assert_eq!(bench.status(), marked);
        bench.sim.cancel(&sir(REQUEST)).unwrap();
        assert_eq!(bench.status(), "cancelled/request-canceled-and-instance-running");
        bench.wait(120 + 20).await;
        assert_eq!(bench.status(), format!("cancelled/{after}"));
        bench.wait(600).await;
        assert_eq!((bench.state(OLD).as_str(), bench.current().as_str()), ("terminated", OLD), "nothing replaces it");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_shut_down_from_inside_within_its_notice_is_taken_back_all_the_same() {
    let more = "[knobs]\nguest_shutdown_terminates = false\n[[event]]\nat = '1m'\ninterrupt = 'sir-y1a23b4c'\n\
                [[event]]\nat = '2m'\nshut_down = 'sir-y1a23b4c'";
    let bench = ready("", more);
    bench.wait(120 + 60).await;
    assert_eq!(bench.state(OLD), "terminated");
    bench.wait(60).await;
    assert_eq!(bench.status(), "active/fulfilled");
    assert_ne!(bench.current(), OLD);
}
