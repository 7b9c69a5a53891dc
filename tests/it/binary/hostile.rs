//! Nothing that EC2 says can act on a terminal, or write a line of its own anywhere.

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, Mutex};
use std::thread;

use hyper::body::Bytes;
use rustix::process::Signal;
use spotkeeper::sim::{Effect, Fault, Refusal};

use super::world::{BEGIN, END, HANGING, INSTANCE, NO_CAPACITY, TRAIN, World};
use crate::support::binary::{HOSTS, Outcome, Place};
use crate::support::embedded::{brisk, served_by};
use crate::support::eventually;
use crate::support::proxy::Proxy;

/// What is put into EC2's mouth: escape sequences, C1 controls, line ends, lines for both files, and every character
/// that changes the reading direction.
const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{1b}[31m\u{9b}2J\u{7f}\u{8}\r\n203.0.113.66 evil.example\r\nHost *\n    ProxyCommand evil\n\u{85}\u{2028}\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}";

const TAGS: &str = "tags = { Name = \"home\" }";

/// Which texts an EC2 spoils, and which it had.
#[derive(Debug, Default)]
struct Mouth {
    spoiled: Option<String>,
    heard: Mutex<BTreeSet<String>>,
}

/// An EC2 that adds the hostile text to all it says in elements of this name; to nothing, without a name.
fn world(scenario: &str, spoiled: Option<&str>) -> (World, Arc<Mouth>) {
    let sim = brisk(&scenario.replace("zone = \"us-east-1b\"\n", &format!("zone = \"us-east-1b\"\n{TAGS}\n")));
    sim.with_world(|world| {
        let instances = world.records_mut().instances.values_mut();
        instances.for_each(|instance| instance.state_reason = Some(("Code".to_owned(), "message".to_owned())));
    });
    let mouth = Arc::new(Mouth { spoiled: spoiled.map(str::to_owned), ..Mouth::default() });
    let truth = served_by(sim.clone());
    let proxy = Proxy::start({
        let mouth = Arc::clone(&mouth);
        move |request| {
            let (mouth, reply) = (Arc::clone(&mouth), truth(request));
            async move { reply.await.map(|reply| reply.map(|body| mouth.say(&body))) }
        }
    });
    let place = Place::new(&proxy.url());
    place.configure(&format!("[ssh]\nenabled = true\n{TRAIN}"));
    (World { place, proxy, sim }, mouth)
}

impl Mouth {
    fn say(&self, body: &Bytes) -> Bytes {
        let body = str::from_utf8(body).unwrap();
        let mut said = String::new();
        for piece in body.split_inclusive('>') {
            // A text is what stands before the end of the element that was just begun.
            if let Some((text, end)) = piece.rsplit_once("</") {
                let name = end.trim_end_matches('>');
                if said.ends_with(&format!("<{name}>")) {
                    self.heard.lock().unwrap().insert(name.to_owned());
                    said.push_str(text);
                    if self.spoiled.as_deref() == Some(name) {
                        said.extend(HOSTILE.chars().map(|c| format!("&#x{:x};", u32::from(c))));
                    }
                    said.extend(["</", end]);
                    continue;
                }
            }
            said.push_str(piece);
        }
        said.into()
    }
}

/// That this is text which only shows itself, and in which no line is EC2's.
fn assert_harmless(what: &str, bytes: &[u8]) {
    let text = str::from_utf8(bytes).unwrap();
    let acts = |c: char| c != '\n' && (c.is_control() || HOSTILE.contains(c) && !c.is_ascii());
    assert!(!text.contains(acts), "{what}: {text:?}");
    for forged in ["203.0.113.66", "Host *", "ProxyCommand"] {
        assert!(!text.lines().any(|line| line.trim_start().starts_with(forged)), "{what}: {text}");
    }
}

fn assert_outcome_harmless(what: &str, outcome: &Outcome) {
    assert!([0, 1, 3, 4, 5, 143].contains(&outcome.code), "{what}: {outcome:?}");
    assert_harmless(&format!("{what}, stdout"), outcome.stdout.as_bytes());
    assert_harmless(&format!("{what}, stderr"), outcome.stderr.as_bytes());
}

/// That both files have exactly the lines of the one machine, or none. Returns which.
fn is_published(world: &World) -> bool {
    let ssh = world.place.files().into_iter().find(|(path, _)| path.ends_with(".ssh/config.d/spotkeeper"));
    let ssh = ssh.map(|(_, bytes)| String::from_utf8(bytes).unwrap()).unwrap_or_default();
    let host = format!("{BEGIN}203.0.113.1 my-spot.example.com # train {INSTANCE}\n{END}");
    let section = format!(
        "{BEGIN}# train {INSTANCE}\nHost train my-spot.example.com\n    HostName 203.0.113.1\n    \
         HostKeyAlias {INSTANCE}\n{END}"
    );
    let hosts = world.place.hosts();
    assert!([HOSTS.to_owned(), format!("{HOSTS}{host}")].contains(&hosts), "{hosts}");
    assert!([String::new(), section.clone()].contains(&ssh), "{ssh}");
    ssh == section
}

/// Everything that a person can have the program say about this world. Returns all of it.
fn everything_said(what: &str, world: &World) -> String {
    let mut said = String::new();
    let commands: [&[&str]; 4] = [&["once", "--yes", "--timeout", "4s"], &["status"], &["status", "--json"], &["log"]];
    for arguments in commands {
        let outcome = world.run(arguments);
        assert_outcome_harmless(&format!("{what}, {arguments:?}"), &outcome);
        said.push_str(&outcome.stdout);
        said.push_str(&outcome.stderr);
    }
    let before = world.place.log_files().len();
    let service = world.place.spawn(&["run", "--no-tui", "--auto"]);
    eventually("a look of the service", || {
        let log = String::from_utf8(world.place.log_files()).unwrap();
        let log = log.get(before..)?;
        (log.contains(" train  ") || log.contains("could not look")).then_some(())
    });
    service.signal(Signal::TERM);
    let outcome = service.wait();
    assert_outcome_harmless(&format!("{what}, run"), &outcome);
    let log = world.place.log_files();
    assert_harmless(&format!("{what}, log file"), &log);
    said + &outcome.stderr + str::from_utf8(&log).unwrap()
}

/// Goes through all subjects, several at a time, and returns what each came to.
fn each<T: Sync, R: Send>(subjects: &[T], check: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = Mutex::new(subjects.iter());
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some(subject) = next.lock().unwrap().next() else { return };
                    let result = check(subject);
                    done.lock().unwrap().push(result);
                }
            });
        }
    });
    done.into_inner().unwrap()
}

/// All elements that hold text in EC2's answers during a story.
fn elements(scenario: &str) -> Vec<String> {
    let (world, mouth) = world(scenario, None);
    everything_said("the truth", &world);
    mouth.heard.lock().unwrap().iter().cloned().collect()
}

#[test]
fn no_text_in_any_answer_of_ec2_can_act_on_a_terminal_or_write_a_line_of_its_own() {
    for (scenario, must_be_said) in [
        (HANGING, &["state", "name", "status", "availabilityZone", "device"][..]),
        (NO_CAPACITY, &["state", "code", "message", "Account"]),
    ] {
        let elements = elements(scenario);
        for name in ["value", "key", "instanceType"].iter().chain(must_be_said) {
            assert!(elements.iter().any(|element| element == name), "{name} is not in {elements:?}");
        }
        let results = each(&elements, |element| {
            let (world, _) = world(scenario, Some(element));
            let said = everything_said(element, &world).contains(r"\u{1b}");
            (element.clone(), said, is_published(&world))
        });
        let said: BTreeSet<_> = results.iter().filter(|result| result.1).map(|result| result.0.as_str()).collect();
        let silent: Vec<_> = must_be_said.iter().filter(|name| !said.contains(*name)).collect();
        assert!(silent.is_empty(), "shown, though escaped, was {said:?} but not {silent:?}");
        let published = results.iter().filter(|result| result.2).count();
        assert!(scenario == NO_CAPACITY || published > 10, "{results:?}");
    }
}

#[test]
fn no_error_of_ec2_can_act_on_a_terminal_or_write_a_line_of_its_own() {
    let actions = [
        "DescribeSpotInstanceRequests",
        "DescribeInstances",
        "DescribeVolumes",
        "AttachVolume",
        "RebootInstances",
        "GetCallerIdentity",
    ];
    each(&actions, |action| {
        let (world, _) = world(HANGING, None);
        let code = format!("Evil{HOSTILE}");
        world.sim.inject(Fault::new(Effect::Error(Refusal::new(400, &code, HOSTILE))).on(action));
        let said = everything_said(action, &world);
        assert!(said.contains(r"\u{1b}[31m"), "{action}: {said}");
        is_published(&world);
    });
}

#[test]
fn no_name_that_a_machine_had_in_a_tag_reaches_the_journal() {
    let (world, _) = world(HANGING, Some("value"));
    assert_eq!(world.run(&["once", "--yes"]).code, 0);
    let journal = world.place.state_dir().join("machines/sir-y1a23b4c/journal.jsonl");
    assert_harmless("the journal", &fs::read(journal).unwrap());
}
