//! The journal's facts: their form on disk, and the laws of their fold.

use jiff::Timestamp;
use proptest::prelude::*;

use super::kit::*;
use super::random;
use crate::model::{FailureKind, Fate, NameTarget, Text};
use crate::plan::{Action, Entry, Fact, MachineMemory, Memory, Outcome, Payment};

fn failed() -> Outcome {
    Outcome::Failed(failure(FailureKind::Throttled, Fate::Unknown))
}

/// Every kind of fact, and the line that the journal has for it.
fn golden() -> Vec<(Fact, &'static str)> {
    [golden_of_attachments_and_debts(), golden_of_the_rest()].concat()
}

fn golden_of_attachments_and_debts() -> Vec<(Fact, &'static str)> {
    let (volume, instance) = (vol(HOME), i(OWN));
    vec![
        (
            attach_intended(HOME, OWN, "/dev/sdp"),
            r#""fact":"attach-intended","volume":"vol-e123456f","instance":"i-0aaaaaaa","device":"/dev/sdp","reboot_owed":true"#,
        ),
        (
            Fact::AttachEnded { volume: volume.clone(), instance: instance.clone(), outcome: Outcome::Done },
            r#""fact":"attach-ended","volume":"vol-e123456f","instance":"i-0aaaaaaa","outcome":"done""#,
        ),
        (
            Fact::AttachEnded { volume: volume.clone(), instance: instance.clone(), outcome: failed() },
            r#""fact":"attach-ended","volume":"vol-e123456f","instance":"i-0aaaaaaa","outcome":"failed","failure":{"kind":"throttled","fate":"unknown","tried":"a call","why":"EC2 said no"}"#,
        ),
        (
            Fact::AttachSeen { volume: volume.clone(), instance: instance.clone(), attach_time: noon() },
            r#""fact":"attach-seen","volume":"vol-e123456f","instance":"i-0aaaaaaa","attach_time":"2026-03-01T12:00:00Z""#,
        ),
        (
            Fact::AttachmentFound { volume: volume.clone(), instance: instance.clone(), attach_time: noon() },
            r#""fact":"attachment-found","volume":"vol-e123456f","instance":"i-0aaaaaaa","attach_time":"2026-03-01T12:00:00Z""#,
        ),
        (
            Fact::DebtTakenOver { volume: volume.clone(), instance: instance.clone(), attach_time: noon() },
            r#""fact":"debt-taken-over","volume":"vol-e123456f","instance":"i-0aaaaaaa","attach_time":"2026-03-01T12:00:00Z""#,
        ),
        (Fact::RebootIntended { instance: instance.clone() }, r#""fact":"reboot-intended","instance":"i-0aaaaaaa""#),
        (
            Fact::RebootEnded { instance: instance.clone(), outcome: Outcome::Done },
            r#""fact":"reboot-ended","instance":"i-0aaaaaaa","outcome":"done""#,
        ),
        (Fact::RebootOvertaken { instance: instance.clone() }, r#""fact":"reboot-overtaken","instance":"i-0aaaaaaa""#),
        (
            Fact::DebtPaid { instance: instance.clone(), payment: Payment::StartedSince },
            r#""fact":"debt-paid","instance":"i-0aaaaaaa","payment":"started-since""#,
        ),
        (
            Fact::DebtPaid { instance: instance.clone(), payment: Payment::Elsewhere },
            r#""fact":"debt-paid","instance":"i-0aaaaaaa","payment":"elsewhere""#,
        ),
    ]
}

fn golden_of_the_rest() -> Vec<(Fact, &'static str)> {
    let (volume, instance) = (vol(HOME), i(OWN));
    let publish = Action::Publish {
        target: NameTarget::Ssh,
        instance: i(OWN),
        address: ADDRESS.parse().unwrap(),
        hostnames: vec!["a.example".parse().unwrap()],
        ssh_user: Some("ubuntu".into()),
    };
    vec![
        (
            Fact::DetachIntended { volume: volume.clone(), instance: instance.clone(), stuck_at: None },
            r#""fact":"detach-intended","volume":"vol-e123456f","instance":"i-0aaaaaaa","stuck_at":null"#,
        ),
        (
            Fact::DetachEnded { volume: volume.clone(), instance: instance.clone(), outcome: Outcome::Done },
            r#""fact":"detach-ended","volume":"vol-e123456f","instance":"i-0aaaaaaa","outcome":"done""#,
        ),
        (
            Fact::KeepIntended { volume: volume.clone(), instance: instance.clone() },
            r#""fact":"keep-intended","volume":"vol-e123456f","instance":"i-0aaaaaaa""#,
        ),
        (
            Fact::KeepEnded { volume, instance, outcome: Outcome::Done },
            r#""fact":"keep-ended","volume":"vol-e123456f","instance":"i-0aaaaaaa","outcome":"done""#,
        ),
        (
            Fact::Declined {
                declined: Action::Keep { volume: vol(HOME), instance: i(OWN), device: Text::new("/dev/sdp") },
            },
            r#""fact":"declined","declined":{"action":"keep","volume":"vol-e123456f","instance":"i-0aaaaaaa","device":"/dev/sdp"}"#,
        ),
        (
            Fact::NamesChanged { change: publish, outcome: Outcome::Done },
            r#""fact":"names-changed","change":{"action":"publish","target":"ssh","instance":"i-0aaaaaaa","address":"3.4.5.6","hostnames":["a.example"],"ssh_user":"ubuntu"},"outcome":"done""#,
        ),
        (
            Fact::Declined { declined: reboot() },
            r#""fact":"declined","declined":{"action":"reboot","instance":"i-0aaaaaaa","volumes":["vol-e123456f"]}"#,
        ),
        (
            Fact::Carried { memory: carried() },
            r#""fact":"carried","memory":{"debts":{"i-0aaaaaaa":{"since":"2026-03-01T12:00:00Z","volumes":{"vol-e123456f":"2026-03-01T12:00:00Z"},"doubtful":false,"sends":[{"at":"2026-03-01T12:00:00Z","lost":true}],"paid":null}},"attempts":[{"volume":"vol-e123456f","instance":"i-0aaaaaaa","device":"/dev/sdp","trouble":"begun"},{"volume":"vol-e123456f","instance":"i-0aaaaaaa","device":"/dev/sdp","trouble":"stuck"}],"declined":[{"action":"withdraw","target":"hosts","instance":"i-0bbbbbbb"}],"acts":[{"at":"2026-03-01T12:00:00Z","kind":"reboot"},{"at":"2026-03-01T12:00:00Z","kind":"detach"}]}"#,
        ),
    ]
}

fn carried() -> MachineMemory {
    let mut memory = MachineMemory::default();
    let facts = [
        attach_intended(HOME, OWN, "/dev/sdp"),
        Fact::AttachSeen { volume: vol(HOME), instance: i(OWN), attach_time: noon() },
        Fact::RebootIntended { instance: i(OWN) },
        Fact::DetachIntended { volume: vol(HOME), instance: i(OWN), stuck_at: "/dev/sdp".parse().ok() },
        Fact::Declined { declined: Action::Withdraw { target: NameTarget::Hosts, instance: i(OLD) } },
    ];
    for fact in &facts {
        memory.apply(noon(), fact);
    }
    memory
}

fn entry(fact: Fact) -> Entry {
    Entry { at: noon(), machine: "train".parse().unwrap(), fact }
}

#[test]
fn each_fact_is_one_line_of_json_in_a_form_that_later_versions_must_read() {
    for (fact, expected) in golden() {
        let entry = entry(fact);
        let line = serde_json::to_string(&entry).unwrap();
        assert_eq!(line, format!(r#"{{"at":"2026-03-01T12:00:00Z","machine":"train",{expected}}}"#));
        assert_eq!(serde_json::from_str::<Entry>(&line).unwrap(), entry);
    }
}

#[test]
fn a_memory_with_parts_missing_is_read_with_nothing_in_them() {
    let line = r#"{"at":"2026-03-01T12:00:00Z","machine":"train","fact":"carried","memory":{}}"#;
    let read: Entry = serde_json::from_str(line).unwrap();
    assert_eq!(read.fact, Fact::Carried { memory: MachineMemory::default() });
}

#[test]
fn entries_taken_in_together_are_taken_in_one_after_the_other() {
    let facts = vec![attach_intended(HOME, OWN, "/dev/sdp"), Fact::RebootIntended { instance: i(OWN) }];
    let mut one_by_one = Memory::default();
    for entry in &dated(facts.clone()) {
        one_by_one.apply(entry);
    }
    assert_eq!(fold(&dated(facts)), one_by_one);
    assert!(one_by_one.of(&"train".parse().unwrap()).has_lived_on(&i(OWN)));
}

#[test]
fn a_try_that_lies_an_hour_back_is_not_carried_on() {
    let carried = |after: u64| {
        let mut memory = MachineMemory::default();
        for at in [noon(), noon() + seconds(after)] {
            memory.apply(at, &Fact::RebootIntended { instance: i(OWN) });
        }
        serde_json::to_value(memory).unwrap()["acts"].as_array().unwrap().len()
    };
    assert_eq!((carried(3_599), carried(3_600)), (2, 1));
}

#[test]
fn declining_twice_is_declining_once() {
    let mut once = MachineMemory::default();
    once.apply(noon(), &Fact::Declined { declined: reboot() });
    let mut twice = once.clone();
    twice.apply(noon(), &Fact::Declined { declined: reboot() });
    assert_eq!(once, twice);
}

#[test]
fn a_reboot_that_was_answered_is_not_counted_as_lost() {
    let mut memory = MachineMemory::default();
    let answered = Fact::RebootEnded { instance: i(OWN), outcome: Outcome::Done };
    for fact in [attach_intended(HOME, OWN, "/dev/sdp"), Fact::RebootIntended { instance: i(OWN) }, answered] {
        memory.apply(noon(), &fact);
    }
    let debt = memory.debt(&i(OWN)).unwrap();
    assert_eq!((debt.is_open(), debt.sends.len(), debt.lost_sends().count()), (false, 1, 0));
}

#[test]
fn facts_about_what_was_never_heard_of_change_nothing() {
    let (volume, instance) = (vol(HOME), i(OWN));
    let facts = [
        Fact::AttachEnded { volume: volume.clone(), instance: instance.clone(), outcome: failed() },
        Fact::AttachSeen { volume, instance: instance.clone(), attach_time: noon() },
        Fact::RebootEnded { instance: instance.clone(), outcome: Outcome::Done },
        Fact::DebtPaid { instance, payment: Payment::Operator },
    ];
    let mut memory = MachineMemory::default();
    for fact in &facts {
        memory.apply(noon(), fact);
    }
    assert_eq!(memory, MachineMemory::default());
}

fn dated(facts: Vec<Fact>) -> Vec<Entry> {
    let at = |second: usize| noon() + seconds(second as u64);
    facts.into_iter().enumerate().map(|(n, fact)| Entry { at: at(n), ..entry(fact) }).collect()
}

fn fold(entries: &[Entry]) -> Memory {
    let mut memory = Memory::default();
    memory.extend(entries);
    memory
}

proptest! {
    #[test]
    fn a_carried_memory_equals_the_facts_that_it_stands_for(before in random::facts(), after in random::facts()) {
        let (before, after) = (dated(before), dated(after));
        let whole = fold(&[before.clone(), after.clone()].concat());
        let machine = "train".parse().unwrap();
        let carried = fold(&before).of(&machine).clone();
        let line = serde_json::to_string(&entry(Fact::Carried { memory: carried })).unwrap();
        let mut rotated = vec![serde_json::from_str(&line).unwrap()];
        rotated.extend(after);
        let rotated = fold(&rotated);
        prop_assert_eq!(rotated.of(&machine), whole.of(&machine));
    }

    #[test]
    fn every_fact_comes_back_from_its_line(facts in random::facts()) {
        for entry in dated(facts) {
            let line = serde_json::to_string(&entry).unwrap();
            prop_assert!(!line.contains('\n'));
            prop_assert_eq!(serde_json::from_str::<Entry>(&line).unwrap(), entry);
        }
    }

    #[test]
    fn memory_stays_small_however_long_the_journal_is(facts in random::facts()) {
        let mut memory = MachineMemory::default();
        for round in 0..100 {
            let at = Timestamp::from_second(round).unwrap();
            // Each of these is a call on somebody's word, and people tire.
            let facts = facts.iter().filter(|fact| !matches!(fact, Fact::RebootIntended { .. }));
            facts.for_each(|fact| memory.apply(at, fact));
        }
        prop_assert!(serde_json::to_string(&memory).unwrap().len() < 64 * 1024);
    }

    #[test]
    fn a_debt_is_only_ever_paid_by_a_fact_that_pays(facts in random::facts()) {
        let mut memory = MachineMemory::default();
        for Entry { at, fact, .. } in dated(facts) {
            let open = |id| memory.debt(&id).filter(|debt| debt.is_open()).cloned().map(|debt| (id, debt));
            let was_open: Vec<_> = random::instances().into_iter().filter_map(open).collect();
            memory.apply(at, &fact);
            for (instance, before) in was_open {
                let paid = memory.debt(&instance).and_then(|debt| debt.paid);
                let is_paid = paid.is_some();
                let pays = match &fact {
                    Fact::DebtPaid { instance: other, .. } => *other == instance,
                    Fact::RebootEnded { instance: other, outcome } => *other == instance && *outcome == Outcome::Done,
                    // An attachment that never came to be leaves what was paid before it as it was.
                    Fact::AttachEnded { instance: other, outcome: Outcome::Failed(failure), .. } => {
                        let earlier = before.earlier.as_ref().map(|earlier| earlier.at);
                        *other == instance && failure.fate == Fate::NotDone && is_paid && paid == earlier
                    }
                    _ => false,
                };
                prop_assert_eq!(is_paid, pays);
            }
        }
    }
}
