use super::*;
use crate::plan::Outcome;

/// A memory is what the ledger's lines fold into, and lines are what stands on disk.
#[test]
fn what_is_written_down_is_what_is_remembered() {
    let facts = [
        Fact::Begun { recipe: Box::new(recipe()), place: None },
        Fact::Intended { act: Act::CreateVolume },
        Fact::Learnt(Thing::Volume(vol())),
        Fact::Ended { act: Act::CreateVolume, outcome: Outcome::Done },
        judged(ok()),
        Fact::Again { part: Part::Builder },
        Fact::Customised,
        Fact::UndoBegun { delete_volume: true },
    ];
    for fact in facts {
        let line = Line { at: jiff::Timestamp::UNIX_EPOCH, fact };
        let text = serde_json::to_string(&line).unwrap();
        assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), line, "{text}");
    }
}

#[test]
fn what_cannot_be_written_down_is_told_of_the_stage_that_it_is_of() {
    for (fact, stage) in [
        (Fact::Learnt(Thing::Volume(vol())), Stage::Volume),
        (Fact::Learnt(Thing::Instance(builder_id())), Stage::Request),
        (Fact::Again { part: Part::Builder }, Stage::Builder),
        (judged(ok()), Stage::Prepare),
        (Fact::Intended { act: Act::CreateImage { builder: builder_id() } }, Stage::Image),
        (Fact::Undone, Stage::Forget),
    ] {
        assert_eq!(fact.stage(), stage, "{fact:?}");
    }
}

#[test]
fn another_attempt_is_another_token_and_the_same_one_the_same() {
    let mut memory = memory(&knows_builder());
    let run = recipe().run;
    let first = run.token(Part::Builder, memory.attempt(Part::Builder));
    assert_eq!(first, run.token(Part::Builder, memory.attempt(Part::Builder)));
    memory.apply(&Fact::Again { part: Part::Builder });
    let second = run.token(Part::Builder, memory.attempt(Part::Builder));
    assert!(first != second && first.len() <= 64 && second.starts_with("spotkeeper-3f1c9a2b7d5e4f60-builder-"));
    assert!(memory.builder.is_none() && memory.old_builders.contains(&builder_id()));
}

#[test]
fn what_a_lost_answer_made_is_learnt_from_the_next_look() {
    let seen = world(home(None), InstanceState::Pending);
    assert_eq!(seen.news(&memory(&[])), [Thing::Volume(vol()), Thing::Builder(builder_id())]);
    let mut memory = memory(&knows_builder());
    assert!(seen.news(&memory).is_empty());
    memory.apply(&Fact::Again { part: Part::Builder });
    assert!(seen.news(&memory).is_empty(), "the builder of an earlier attempt is no news");
}

#[test]
fn a_new_creation_remembers_nothing_of_one_before() {
    let mut memory = memory(&knows_builder());
    memory.apply(&Fact::Undone);
    assert_eq!(memory, Memory::default());
    memory.apply(&Fact::Begun { recipe: Box::new(recipe()), place: None });
    assert_eq!((memory.volume, memory.phase), (None, Phase::Creating));
}

fn place(account: Option<&str>, region: &str) -> Place {
    Place { account: account.map(Text::new), region: region.into(), config: "/etc/spotkeeper.toml".into() }
}

#[test]
fn where_it_was_begun_is_remembered_until_it_is_over_and_an_older_ledger_knows_none() {
    let here = place(Some("123456789012"), "us-east-1");
    let begun = Fact::Begun { recipe: Box::new(recipe()), place: Some(here.clone()) };
    let line = Line { at: jiff::Timestamp::UNIX_EPOCH, fact: begun };
    let text = serde_json::to_string(&line).unwrap();
    let mut memory = Memory::of(&[serde_json::from_str::<Line>(&text).unwrap()]);
    memory.apply(&Fact::Finished);
    assert_eq!(memory.place, Some(here));
    memory.apply(&Fact::Undone);
    assert_eq!(memory.place, None);
    let mut older: serde_json::Value = serde_json::from_str(&text).unwrap();
    older.as_object_mut().unwrap().remove("place");
    let memory = Memory::of(&[serde_json::from_value::<Line>(older).unwrap()]);
    assert_eq!((memory.place, memory.phase), (None, Phase::Creating));
}

#[test]
fn another_region_or_account_is_elsewhere_and_an_unknown_account_is_no_reason() {
    let here = place(Some("123456789012"), "us-east-1");
    assert_eq!(here.elsewhere(&here), None);
    for (other, word) in [
        (place(Some("123456789012"), "eu-west-1"), "eu-west-1"),
        (place(None, "eu-west-1"), "eu-west-1"),
        (place(Some("999999999999"), "us-east-1"), "999999999999"),
    ] {
        let words = here.elsewhere(&other).unwrap();
        assert!(words.contains(word) && words.contains("us-east-1 (account 123456789012)"), "{words}");
    }
    let unknown = place(None, "us-east-1");
    assert_eq!((here.elsewhere(&unknown), unknown.elsewhere(&here)), (None, None));
}
