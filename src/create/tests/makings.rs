use std::collections::BTreeSet;

use super::*;

fn decide(facts: &[Fact], seen: &Seen) -> Next {
    next(&recipe(), &memory(facts), seen)
}

fn act(next: Next) -> Act {
    match next {
        Next::Do(act) => act,
        other => panic!("no act, but {other:?}"),
    }
}

fn why(next: Next) -> (String, Option<Part>) {
    match next {
        Next::Stuck(stuck) => (stuck.why, stuck.again),
        other => panic!("not stuck, but {other:?}"),
    }
}

fn waits(next: Next) -> String {
    match next {
        Next::Wait(wait) => wait.what,
        other => panic!("no wait, but {other:?}"),
    }
}

#[test]
fn a_machine_from_nothing_takes_these_acts_and_no_more() {
    let (acts, stuck) = imagined(&recipe(), None, &memory(&[]), &Seen::default());
    let expected = [
        "create-volume",
        "run-builder",
        "attach-home",
        "detach-home",
        "create-image",
        "terminate-builder",
        "request-spot",
        "write-config",
    ];
    assert_eq!((names(&acts), stuck), (expected.map(str::to_owned).to_vec(), None));
}

#[test]
fn with_a_pause_the_builder_is_started_once_more_and_stopped_before_its_volume_comes_off() {
    let recipe = Recipe { pause: true, ..recipe() };
    let (acts, _) = imagined(&recipe, None, &memory(&[]), &Seen::default());
    assert_eq!(names(&acts)[2..6], ["attach-home", "start-builder", "stop-builder", "detach-home"]);
}

#[test]
fn a_volume_that_is_there_is_not_made_and_one_that_is_not_fit_stops_everything() {
    let recipe = Recipe { home: Home::Existing { id: vol(), size_gib: 100 }, ..recipe() };
    let seen = Seen { volumes: [(vol(), home(None))].into(), ..Seen::default() };
    let (acts, _) = imagined(&recipe, None, &memory(&[]), &seen);
    assert_eq!(names(&acts)[0], "run-builder");
    let other: InstanceId = "i-0c0c0c0c".parse().unwrap();
    for (unfit, word) in [
        (Volume { availability_zone: "us-east-1a".into(), ..home(None) }, "us-east-1a"),
        (Volume { multi_attach: true, ..home(None) }, "multi-attach"),
        (home(Some((&other, AttachmentState::Attached))), "i-0c0c0c0c"),
        (Volume { state: VolumeState::Error, ..home(None) }, "error"),
    ] {
        let seen = Seen { volumes: [(vol(), unfit)].into(), ..Seen::default() };
        let (acts, stuck) = imagined(&recipe, None, &memory(&[]), &seen);
        assert!(acts.is_empty(), "{acts:?}");
        assert!(stuck.as_ref().is_some_and(|stuck| stuck.why.contains(word)), "{word}: {stuck:?}");
    }
}

#[test]
fn what_was_made_and_is_not_shown_yet_is_waited_for_and_not_made_again() {
    let knows = knows_builder();
    assert!(waits(decide(&knows[..1], &Seen::default())).contains(vol().as_str()));
    let seen = Seen { volumes: [(vol(), home(None))].into(), ..Seen::default() };
    assert!(waits(decide(&knows, &seen)).contains(builder_id().as_str()));
    let image = Fact::Learnt(Thing::Image("ami-0a0a0a0a".parse().unwrap()));
    assert!(waits(decide(&[image], &seen)).contains("ami-0a0a0a0a"));
    let request = Fact::Learnt(Thing::Request("sir-0a0a0a0a".parse().unwrap()));
    assert!(waits(decide(&[request], &seen)).contains("sir-0a0a0a0a"));
}

#[test]
fn the_home_is_attached_to_a_running_builder_alone_and_only_when_nobody_holds_it() {
    let knows = knows_builder();
    waits(decide(&knows, &world(home(None), InstanceState::Pending)));
    let attach = Act::AttachHome { volume: vol(), builder: builder_id() };
    assert_eq!(act(decide(&knows, &world(home(None), InstanceState::Running))), attach);
    for state in [AttachmentState::Attaching, AttachmentState::Attached, AttachmentState::Detaching] {
        waits(decide(&knows, &world(home(Some((&builder_id(), state))), InstanceState::Running)));
    }
}

#[test]
fn the_console_may_be_minutes_late_and_then_silence_is_a_verdict() {
    let seen = world(home(Some((&builder_id(), AttachmentState::Attached))), InstanceState::Stopped);
    let Next::Wait(wait) = decide(&knows_builder(), &seen) else { panic!() };
    assert_eq!(wait.then.as_deref(), Some(&judged(Verdict::Missing)));
    assert!(wait.patience >= std::time::Duration::from_mins(4));
    let mut spoke = seen.clone();
    spoke.console.verdict = Some(ok());
    assert_eq!(decide(&knows_builder(), &spoke), Next::Record(judged(ok())));
    let [volume, builder] = knows_builder();
    let Next::Stuck(stuck) = decide(&[volume, builder, judged(Verdict::Missing)], &seen) else { panic!() };
    assert_eq!((stuck.mute, stuck.again), (Some(builder_id()), Some(Part::Builder)), "{}", stuck.why);
}

#[test]
fn a_verdict_before_the_power_is_off_is_waited_out() {
    let mut seen = world(home(Some((&builder_id(), AttachmentState::Attached))), InstanceState::Running);
    seen.console.verdict = Some(ok());
    let Next::Wait(wait) = decide(&knows_builder(), &seen) else { panic!() };
    assert!(wait.what.contains("power off") && wait.then.as_deref() == Some(&judged(ok())));
    // A power switch that is broken is not waited for: it is stopped.
    let [volume, builder] = knows_builder();
    let stop = Act::StopBuilder { builder: builder_id() };
    assert_eq!(act(decide(&[volume, builder, judged(ok())], &seen)), stop);
}

#[test]
fn the_image_is_made_of_a_stopped_builder_without_the_home() {
    let [volume, builder] = knows_builder();
    let facts = [volume, builder, judged(ok())];
    let held = |state| home(Some((&builder_id(), state)));
    let stopped = InstanceState::Stopped;
    let detach = Act::DetachHome { volume: vol(), builder: builder_id() };
    assert_eq!(act(decide(&facts, &world(held(AttachmentState::Attached), stopped.clone()))), detach);
    waits(decide(&facts, &world(held(AttachmentState::Detaching), stopped.clone())));
    let image = Act::CreateImage { builder: builder_id() };
    assert_eq!(act(decide(&facts, &world(home(None), stopped))), image);
    let stop = Act::StopBuilder { builder: builder_id() };
    assert_eq!(act(decide(&facts, &world(held(AttachmentState::Attached), InstanceState::Running))), stop);
    assert_eq!(act(decide(&facts, &world(home(None), InstanceState::Running))), stop);
}

#[test]
fn a_refused_or_failed_home_is_told_and_a_new_builder_comes_only_after_the_old_one_let_go() {
    let refused = Verdict::Refused { reason: "has-data".into(), sentence: "there is an ext4 on it".into() };
    let failed = Verdict::Failed { step: "copy".into(), sentence: "no space".into() };
    let seen = world(home(Some((&builder_id(), AttachmentState::Attached))), InstanceState::Stopped);
    for (verdict, word) in [(refused, "there is an ext4 on it"), (failed, "no space")] {
        let [volume, builder] = knows_builder();
        let facts = [volume, builder, judged(verdict)];
        let (words, again) = why(decide(&facts, &seen));
        assert!(words.contains(word) && again == Some(Part::Builder), "{words}");
        assert_eq!(words.contains("still attached to the builder"), word == "there is an ext4 on it", "{words}");
        let mut memory = memory(&facts);
        memory.apply(&Fact::Again { part: Part::Builder });
        assert_eq!(memory.attempt(Part::Builder), 2);
        let (acts, stuck) = imagined(&recipe(), None, &memory, &seen);
        let expected = ["detach-home", "terminate-builder", "run-builder", "attach-home"];
        assert_eq!((&names(&acts)[..4], stuck), (&expected.map(str::to_owned)[..], None));
    }
}

#[test]
fn a_builder_that_is_gone_before_its_image_is_told_and_may_be_made_again() {
    let [volume, builder] = knows_builder();
    let (words, again) = why(decide(&[volume, builder], &world(home(None), InstanceState::Terminated)));
    assert!(words.contains("terminated") && again == Some(Part::Builder), "{words}");
}

#[test]
fn an_image_that_fails_and_a_request_that_ends_at_once_are_told() {
    let mut bad = image("ami-0a0a0a0a", "any");
    bad.state = ImageState::Failed;
    bad.state_reason = "no quota".into();
    let seen = Seen { image: Some(bad), ..Seen::default() };
    let (words, again) = why(decide(&[], &seen));
    assert!(words.contains("no quota") && again == Some(Part::Image), "{words}");
    let ended = SpotRequest { status_code: "bad-parameters".into(), ..request(RequestState::Failed, None) };
    let seen = Seen { requests: [(ended.id.clone(), ended.clone())].into(), ..Seen::default() };
    let (words, again) = why(decide(&[Fact::Learnt(Thing::Request(ended.id))], &seen));
    assert!(words.contains("bad-parameters") && again == Some(Part::Request), "{words}");
}

#[test]
fn a_failed_image_is_deregistered_seen_gone_and_made_once_more() {
    let mut bad = image("ami-0a0a0a0a", "any");
    bad.state = ImageState::Failed;
    let [volume, builder] = knows_builder();
    let learnt = Fact::Learnt(Thing::Image(bad.id.clone()));
    let mut facts = vec![volume, builder, judged(ok()), learnt, Fact::Again { part: Part::Image }];
    let stopped = world(home(None), InstanceState::Stopped);
    let mut seen = Seen { image: Some(bad.clone()), ..stopped };
    assert!(seen.news(&memory(&facts)).is_empty(), "it is no image of this attempt");
    let deregister = Act::DeregisterImage { image: bad.id };
    assert_eq!(act(decide(&facts, &seen)), deregister);
    facts.push(Fact::Ended { act: deregister, outcome: crate::plan::Outcome::Done });
    assert!(waits(decide(&facts, &seen)).contains("deregistered"), "its name is taken until then");
    seen.image = None;
    assert_eq!(act(decide(&facts, &seen)), Act::CreateImage { builder: builder_id() });
}

#[test]
fn the_configuration_of_another_request_is_never_overwritten() {
    let raised = request(RequestState::Open, None);
    let mut seen = Seen { requests: [(raised.id.clone(), raised.clone())].into(), ..Seen::default() };
    let facts = [Fact::Learnt(Thing::Volume(vol())), Fact::Learnt(Thing::Request(raised.id.clone()))];
    assert_eq!(act(decide(&facts, &seen)), Act::WriteConfig { request: raised.id.clone(), volume: vol() });
    seen.configured = Some(raised.id);
    assert_eq!(decide(&facts, &seen), Next::Done);
    seen.configured = Some("sir-ffffffff".parse().unwrap());
    assert!(why(decide(&facts, &seen)).0.contains("sir-ffffffff"));
}

fn paused(facts: &[Fact], seen: &Seen) -> Next {
    next(&Recipe { pause: true, ..recipe() }, &memory(facts), seen)
}

#[test]
fn a_builder_is_its_owners_only_once_its_start_is_known_to_have_ended_well() {
    let [volume, builder] = knows_builder();
    let start = Act::StartBuilder { builder: builder_id() };
    let intended = Fact::Intended { act: start.clone() };
    let failed = crate::plan::Outcome::Failed(crate::model::Failure::stale("StartInstances", "no capacity"));
    let failed = Fact::Ended { act: start.clone(), outcome: failed };
    let begun = [volume, builder, judged(ok())];
    let state = |state| world(home(Some((&builder_id(), AttachmentState::Attached))), state);
    // Killed before the call, or before its answer; or the call failed.
    for more in [&[][..], std::slice::from_ref(&intended), &[intended.clone(), failed]] {
        let facts = [&begun[..], more].concat();
        for seen in [InstanceState::Stopped, InstanceState::Running] {
            assert_eq!(act(paused(&facts, &state(seen))), start, "{more:?}");
        }
        assert!(!memory(&facts).started, "{more:?}");
    }
    let done = Fact::Ended { act: start, outcome: crate::plan::Outcome::Done };
    let facts = [&begun[..], &[intended, done]].concat();
    assert_eq!(paused(&facts, &state(InstanceState::Running)), Next::Pause(builder_id()));
    assert!(memory(&facts).started);
    // What EC2 shows may lag behind; and its owner may have stopped it.
    let told = waits(paused(&facts, &state(InstanceState::Stopped)));
    assert!(told.contains("to run") && told.contains("--continue"), "{told}");
}

/// The builder, with what hangs on it by its own view.
fn with_devices(devices: &[(&str, &str)]) -> Seen {
    let mut seen = world(home(None), InstanceState::Stopped);
    let held = devices.iter().map(|(name, id)| (Text::new(name), id.parse().unwrap()));
    seen.builders.get_mut(&builder_id()).unwrap().block_devices = held.collect();
    seen
}

#[test]
fn the_image_is_made_only_of_a_builder_that_holds_its_root_alone() {
    let [volume, builder] = knows_builder();
    let facts = [volume, builder, judged(ok())];
    let root = ("/dev/sda1", "vol-0f0f0f0f");
    assert_eq!(act(decide(&facts, &with_devices(&[root]))), Act::CreateImage { builder: builder_id() });
    let late = waits(decide(&facts, &with_devices(&[root, ("/dev/sdp", vol().as_str())])));
    assert!(late.contains(vol().as_str()), "{late}");
    let (told, again) = why(decide(&facts, &with_devices(&[root, ("/dev/sdx", "vol-0e0e0e0e")])));
    for word in ["vol-0e0e0e0e", "/dev/sdx", builder_id().as_str()] {
        assert!(told.contains(word), "{told}");
    }
    assert_eq!(again, None, "it has to be detached first");
}

#[test]
fn an_image_with_more_than_the_root_is_not_asked_for_but_made_once_more() {
    let mut made = image("ami-0a0a0a0a", "any");
    let device = || crate::model::BlockDevice {
        snapshot: None,
        size_gib: Some(100),
        delete_on_termination: None,
        encrypted: false,
        kms_key: Text::default(),
        kind: Text::default(),
        iops: None,
        throughput: None,
    };
    made.devices = [(Text::new("/dev/sda1"), device()), (Text::new("/dev/sdp"), device())].into();
    let seen = Seen { image: Some(made.clone()), ..world(home(None), InstanceState::Stopped) };
    let (told, again) = why(decide(&knows_builder(), &seen));
    assert!(told.contains("/dev/sdp") && again == Some(Part::Image), "{told}");
    // What the recipe leaves out is none of the owner's.
    let without = Recipe { left_out: vec!["/dev/sdp".into()], ..recipe() };
    let next = next(&without, &memory(&knows_builder()), &seen);
    assert_eq!(act(next), Act::TerminateBuilder { builder: builder_id() });
}

#[test]
fn a_builder_that_has_said_nothing_for_an_hour_is_told_and_one_that_copies_has_a_day() {
    let mut seen = world(home(Some((&builder_id(), AttachmentState::Attached))), InstanceState::Running);
    let waits = |seen: &Seen| match decide(&knows_builder(), seen) {
        Next::Wait(wait) => wait,
        other => panic!("{other:?}"),
    };
    let silent = waits(&seen);
    assert_eq!((silent.patience, silent.costs), (std::time::Duration::from_hours(1), Some(builder_id())));
    seen.console.step = Some("copy".into());
    let copies = waits(&seen);
    assert_eq!((copies.patience, copies.costs), (std::time::Duration::from_hours(24), Some(builder_id())));
}

#[test]
fn what_the_script_refuses_is_the_volumes_fault_the_images_or_nobodys() {
    let seen = world(home(Some((&builder_id(), AttachmentState::Attached))), InstanceState::Stopped);
    let unfit = |reason: &str| {
        let [volume, builder] = knows_builder();
        let verdict = Verdict::Refused { reason: reason.into(), sentence: "so it is".into() };
        match decide(&[volume, builder, judged(verdict)], &seen) {
            Next::Stuck(stuck) => stuck.unfit,
            other => panic!("{other:?}"),
        }
    };
    // Every reason of the script, so that none is forgotten here.
    let script = include_str!("../../../assets/prepare.sh");
    let said: BTreeSet<&str> = (script.split("refuse ").skip(1)).filter_map(|rest| rest.split(' ').next()).collect();
    for reason in said.into_iter().filter(|reason| reason.chars().all(|c| c.is_ascii_lowercase() || c == '-')) {
        let expected = match reason {
            "no-disk" | "in-use" | "ambiguous" | "wrong-disk" | "instance-store" | "root-disk" => None,
            "has-data" | "foreign-home" | "damaged" | "wrong-size" => Some(Unfit::Volume),
            "home-in-fstab" | "home-is-mounted" | "no-home" | "old-home" => Some(Unfit::Image),
            other => panic!("whose fault is {other}?"),
        };
        assert_eq!(unfit(reason), expected, "{reason}");
    }
}
