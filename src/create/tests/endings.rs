use super::*;

use jiff::Timestamp;

fn spot() -> InstanceId {
    "i-0d0d0d0d".parse().unwrap()
}

/// A machine that was made, with its instance and everything left of it.
fn made() -> (Memory, Seen) {
    let raised = request(RequestState::Active, Some(&spot()));
    let facts = [
        Fact::Learnt(Thing::Volume(vol())),
        Fact::Learnt(Thing::Builder(builder_id())),
        Fact::Learnt(Thing::Image("ami-0a0a0a0a".parse().unwrap())),
        Fact::Learnt(Thing::Request(raised.id.clone())),
        Fact::Learnt(Thing::Instance(spot())),
    ];
    let mut seen = world(home(Some((&spot(), AttachmentState::Attached))), InstanceState::Stopped);
    seen.image = Some(image("ami-0a0a0a0a", "any"));
    seen.snapshots = ["snap-0a0a0a0a".parse().unwrap()].into();
    seen.instances = [(spot(), instance(&spot(), InstanceState::Running))].into();
    seen.configured = Some(raised.id.clone());
    seen.requests = [(raised.id.clone(), raised)].into();
    seen.named = true;
    (memory(&facts), seen)
}

fn acts(ending: &Ending, (memory, seen): &(Memory, Seen)) -> Vec<String> {
    let (acts, stuck) = imagined(&recipe(), Some(ending), memory, seen);
    assert_eq!(stuck, None);
    names(&acts)
}

fn flag(seen: &mut Seen) {
    let volume = seen.volumes.get_mut(&vol()).unwrap();
    volume.attachments[0].delete_on_termination = true;
}

#[test]
fn undoing_ends_the_request_before_its_instance_and_the_image_before_its_snapshots() {
    let made = made();
    let ending = Ending::undo(&recipe(), &made.0, true);
    let expected = [
        "cancel-request",
        "terminate-instance",
        "terminate-builder",
        "deregister-image",
        "delete-snapshot",
        "delete-volume",
        "withdraw-names",
        "remove-from-config",
    ];
    assert_eq!(acts(&ending, &made), expected);
}

#[test]
fn a_volume_is_deleted_only_when_it_was_made_here_and_somebody_said_so() {
    let made = made();
    assert_eq!(Ending::undo(&recipe(), &made.0, false).volume, None);
    let given = Recipe { home: Home::Existing { id: vol(), size_gib: 100 }, ..recipe() };
    let ending = Ending::undo(&given, &made.0, true);
    assert!(!acts(&ending, &made).contains(&"delete-volume".to_owned()));
}

#[test]
fn a_home_that_would_die_with_its_instance_is_kept_before_anything_ends() {
    let mut made = made();
    flag(&mut made.1);
    let ending = Ending::undo(&recipe(), &made.0, false);
    assert_eq!(acts(&ending, &made)[..3], ["keep-volume", "cancel-request", "terminate-instance"]);
    // The builder's too.
    let mut seen = world(home(Some((&builder_id(), AttachmentState::Attached))), InstanceState::Stopped);
    flag(&mut seen);
    assert_eq!(acts(&ending, &(memory(&knows_builder()), seen)), ["keep-volume", "terminate-builder"]);
}

#[test]
fn nothing_is_terminated_before_the_request_is_seen_cancelled() {
    let (mut memory, seen) = made();
    let ending = Ending::undo(&recipe(), &memory, false);
    let cancel = Act::CancelRequest { request: "sir-0a0a0a0a".parse().unwrap() };
    let now = Timestamp::UNIX_EPOCH;
    assert_eq!(next_end(&ending, &memory, &seen, now), Next::Do(cancel.clone()));
    memory.apply(&Fact::Ended { act: cancel, outcome: crate::plan::Outcome::Done });
    assert!(matches!(next_end(&ending, &memory, &seen, now), Next::Wait(_)));
}

#[test]
fn what_may_have_been_made_a_moment_ago_is_waited_for_before_anything_is_removed() {
    let at = |second: i64, fact| Line { at: Timestamp::from_second(second).unwrap(), fact };
    let begun = at(0, Fact::Begun { recipe: Box::new(recipe()), place: None });
    let intended = at(10, Fact::Intended { act: Act::RequestSpot { image: "ami-0a0a0a0a".parse().unwrap() } });
    let memory = Memory::of(&[begun, intended]);
    let ending = Ending::undo(&recipe(), &memory, false);
    let decide = |second| next_end(&ending, &memory, &Seen::default(), Timestamp::from_second(second).unwrap());
    assert!(matches!(decide(100), Next::Wait(_)));
    assert_eq!(decide(131), Next::Done);
}

#[test]
fn what_is_old_or_was_ended_already_is_not_waited_for() {
    let at = |second: i64, fact| Line { at: Timestamp::from_second(second).unwrap(), fact };
    let unseen =
        |lines: &[Line], second| Memory::of(lines).unseen(&Seen::default(), Timestamp::from_second(second).unwrap());
    let learnt = at(10, Fact::Learnt(Thing::Builder(builder_id())));
    assert!(unseen(std::slice::from_ref(&learnt), 100).is_some());
    // What is learnt of something else makes the builder no younger.
    let lines = [learnt.clone(), at(1000, Fact::Learnt(Thing::Instance(spot())))];
    assert_eq!(unseen(&lines, 1001), None);
    let request = at(1000, Fact::Learnt(Thing::Request("sir-0a0a0a0a".parse().unwrap())));
    assert_eq!(unseen(&[learnt.clone(), request.clone()], 1001).as_deref(), Some("sir-0a0a0a0a"));
    let ended = |act| at(20, Fact::Ended { act, outcome: crate::plan::Outcome::Done });
    assert_eq!(unseen(&[learnt, ended(Act::TerminateBuilder { builder: builder_id() })], 30), None);
    let cancel = Act::CancelRequest { request: "sir-0a0a0a0a".parse().unwrap() };
    assert_eq!(unseen(&[request, ended(cancel)], 1001), None);
}

#[test]
fn retiring_keeps_volume_and_image_and_only_what_it_was_told_to() {
    let mut made = made();
    made.1.builders.clear();
    let retirement = Retirement {
        name: "train".parse().unwrap(),
        request: "sir-0a0a0a0a".parse().unwrap(),
        volumes: vec![vol()],
        image: None,
        keep_config: false,
    };
    let expected = ["cancel-request", "terminate-instance", "withdraw-names", "remove-from-config"];
    assert_eq!(acts(&Ending::retire(&retirement), &made), expected);
    let kept = Retirement { keep_config: true, ..retirement.clone() };
    assert_eq!(acts(&Ending::retire(&kept), &made), expected[..3]);
    let run = Run::new(1);
    let more = Retirement { image: Some(("ami-0a0a0a0a".parse().unwrap(), run)), ..retirement };
    assert_eq!(acts(&Ending::retire(&more), &made)[2..4], ["deregister-image", "delete-snapshot"]);
}

#[test]
fn a_machine_that_lives_on_with_another_request_is_not_undone_under_it() {
    let (memory, mut seen) = made();
    let ending = Ending::undo(&recipe(), &memory, true);
    seen.configured = Some("sir-0c0c0c0c".parse().unwrap());
    let (acts, stuck) = imagined(&recipe(), Some(&ending), &memory, &seen);
    assert!(acts.is_empty(), "{acts:?}");
    let why = stuck.unwrap().why;
    for word in ["sir-0c0c0c0c", "sir-0a0a0a0a", "spotkeeper retire train"] {
        assert!(why.contains(word), "{why}");
    }
    // An earlier attempt's is its own.
    let mut memory = memory;
    memory.apply(&Fact::Learnt(Thing::Request("sir-0c0c0c0c".parse().unwrap())));
    memory.apply(&Fact::Again { part: Part::Request });
    assert_eq!(replaced(&ending, &memory, &seen), None);
}

#[test]
fn nothing_is_left_to_do_where_nothing_is_left() {
    let (memory, _) = made();
    let ending = Ending::undo(&recipe(), &memory, true);
    assert!(acts(&ending, &(memory, Seen::default())).is_empty());
}

#[test]
fn an_image_and_a_snapshot_that_a_late_view_still_shows_are_not_removed_twice() {
    let (mut memory, mut seen) = made();
    (seen.requests, seen.instances, seen.builders) = Default::default();
    let ending = Ending::undo(&recipe(), &memory, false);
    let now = Timestamp::UNIX_EPOCH;
    let deregister = Act::DeregisterImage { image: "ami-0a0a0a0a".parse().unwrap() };
    let delete = |id: &str| Act::DeleteSnapshot { snapshot: id.parse().unwrap() };
    let end = |memory: &mut Memory, act| {
        memory.apply(&Fact::Ended { act, outcome: crate::plan::Outcome::Done });
    };
    assert_eq!(next_end(&ending, &memory, &seen, now), Next::Do(deregister.clone()));
    end(&mut memory, deregister);
    let Next::Wait(wait) = next_end(&ending, &memory, &seen, now) else { panic!("it is deregistered twice") };
    assert!(wait.what.contains("ami-0a0a0a0a"), "{}", wait.what);
    let still = ["delete-snapshot", "withdraw-names", "remove-from-config"];
    assert_eq!(acts(&ending, &(memory.clone(), seen.clone())), still);
    seen.image = None;
    seen.snapshots.insert("snap-0b0b0b0b".parse().unwrap());
    for id in ["snap-0a0a0a0a", "snap-0b0b0b0b"] {
        assert_eq!(next_end(&ending, &memory, &seen, now), Next::Do(delete(id)));
        end(&mut memory, delete(id));
    }
    let Next::Wait(wait) = next_end(&ending, &memory, &seen, now) else { panic!("it is deleted twice") };
    assert!(wait.what.contains("snap-0a0a0a0a"), "{}", wait.what);
}

#[test]
fn an_instance_that_its_request_names_is_waited_for_before_it_is_taken_for_gone() {
    let (mut memory, mut seen) = made();
    seen.instances.clear();
    let ending = Ending::undo(&recipe(), &memory, false);
    memory.apply(&Fact::Ended {
        act: Act::CancelRequest { request: "sir-0a0a0a0a".parse().unwrap() },
        outcome: crate::plan::Outcome::Done,
    });
    let now = Timestamp::UNIX_EPOCH;
    for code in ["request-canceled-and-instance-running", "fulfilled"] {
        let request = SpotRequest { status_code: code.into(), ..request(RequestState::Cancelled, Some(&spot())) };
        seen.requests = [(request.id.clone(), request)].into();
        let Next::Wait(wait) = next_end(&ending, &memory, &seen, now) else { panic!("{code}: taken for gone") };
        assert!(wait.what.contains(spot().as_str()), "{}", wait.what);
        // A dry run goes on with it.
        let acts = acts(&ending, &(memory.clone(), seen.clone()));
        assert_eq!(acts[0], "terminate-instance", "{acts:?}");
    }
    let mut ended = memory.clone();
    let act = Act::TerminateInstance { instance: spot() };
    ended.apply(&Fact::Ended { act, outcome: crate::plan::Outcome::Done });
    assert!(matches!(next_end(&ending, &ended, &seen, now), Next::Do(_)), "EC2 forgets what is terminated");
    let code = "instance-terminated-by-user";
    let request = SpotRequest { status_code: code.into(), ..request(RequestState::Cancelled, Some(&spot())) };
    seen.requests = [(request.id.clone(), request)].into();
    assert!(matches!(next_end(&ending, &memory, &seen, now), Next::Do(_)), "its request says that it is gone");
}

#[test]
fn a_volume_and_an_image_that_are_not_shown_yet_are_not_taken_for_gone() {
    let at = |second: i64, fact| Line { at: Timestamp::from_second(second).unwrap(), fact };
    let unseen =
        |lines: &[Line], second| Memory::of(lines).unseen(&Seen::default(), Timestamp::from_second(second).unwrap());
    let ended = |act| at(20, Fact::Ended { act, outcome: crate::plan::Outcome::Done });
    let image: crate::model::ImageId = "ami-0a0a0a0a".parse().unwrap();
    for (thing, id, act) in [
        (Thing::Volume(vol()), vol().to_string(), Act::DeleteVolume { volume: vol() }),
        (Thing::Image(image.clone()), image.to_string(), Act::DeregisterImage { image: image.clone() }),
    ] {
        let learnt = at(10, Fact::Learnt(thing));
        assert_eq!(unseen(std::slice::from_ref(&learnt), 100), Some(id));
        assert_eq!(unseen(std::slice::from_ref(&learnt), 131), None);
        assert_eq!(unseen(&[learnt, ended(act)], 30), None);
    }
}

#[test]
fn a_machine_that_lives_on_under_another_name_is_not_undone() {
    let (memory, mut seen) = made();
    seen.configured = None;
    seen.renamed = [("sir-0a0a0a0a".parse().unwrap(), "lab".parse().unwrap())].into();
    let ending = Ending::undo(&recipe(), &memory, true);
    let (acts, stuck) = imagined(&recipe(), Some(&ending), &memory, &seen);
    assert!(acts.is_empty(), "{acts:?}");
    let why = stuck.unwrap().why;
    assert!(why.contains("sir-0a0a0a0a") && why.contains("spotkeeper retire lab"), "{why}");
}

#[test]
fn what_was_made_under_a_name_is_none_of_the_machine_that_has_it_now_and_is_retired() {
    let at = |second: i64, fact| Line { at: Timestamp::from_second(second).unwrap(), fact };
    let retirement = |request: &str| Retirement {
        name: "train".parse().unwrap(),
        request: request.parse().unwrap(),
        volumes: vec![vol()],
        image: None,
        keep_config: false,
    };
    let retired = |request: &str| {
        let learnt = [
            Thing::Builder(builder_id()),
            Thing::Image("ami-0a0a0a0a".parse().unwrap()),
            Thing::Request("sir-0a0a0a0a".parse().unwrap()),
            Thing::Instance(spot()),
        ];
        let lines = learnt.map(|thing| at(10, Fact::Learnt(thing)));
        let begun = Fact::RetireBegun { retirement: Box::new(retirement(request)), place: None };
        Memory::of(lines.iter().chain([&at(20, begun)]))
    };
    let (own, other) = (retired("sir-0a0a0a0a"), retired("sir-0b0b0b0b"));
    assert_eq!((own.instances.len(), other.instances.len()), (1, 0), "another request's instance is not terminated");
    let unseen = |memory: &Memory| memory.unseen(&Seen::default(), Timestamp::from_second(30).unwrap());
    assert_eq!((unseen(&own).as_deref(), unseen(&other)), (Some("sir-0a0a0a0a"), None));
}

#[test]
fn an_image_that_is_being_made_is_waited_for_as_long_as_making_it_may_take_and_without_its_builder() {
    let mut pending = image("ami-0a0a0a0a", "any");
    pending.state = ImageState::Pending;
    let mut seen = Seen { image: Some(pending), ..world(home(None), InstanceState::Stopped) };
    let memory = memory(&knows_builder());
    let ending = Ending::undo(&recipe(), &memory, false);
    let decide = |seen: &Seen| next_end(&ending, &memory, seen, Timestamp::UNIX_EPOCH);
    assert_eq!(decide(&seen), Next::Do(Act::TerminateBuilder { builder: builder_id() }));
    seen.builders.clear();
    let Next::Wait(wait) = decide(&seen) else { panic!("it cannot be taken back yet") };
    assert_eq!(wait.patience, std::time::Duration::from_hours(24), "{}", wait.what);
}
