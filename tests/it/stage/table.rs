//! The table: scenario, and what becomes of it. Each row plays on a stage of its own; the rows of a topic make one
//! snapshot beside the topic's source, where the whole course of every scenario can be read.
//!
//! A line of a course is what was found (`state: reason`), a step that began, a warning, a failure (`!`), a call that was to change
//! something (`→`), a name that was changed (`=`), or what somebody did (`*`). What is told in brackets is the usual
//! way home, without any deviation: the first row of `whose-volume` tells it in full. A course ends with the names on
//! disk and the guests.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::*;
use spotkeeper::model::{InstanceId, SpotRequestId, VolumeId};
use spotkeeper::plan::{Outcome, StepKind};
use spotkeeper::protocol::NumberedStep;
use spotkeeper::sim::{Capacity, Delay, World};

mod attach;
mod brief;
mod ec2_trouble;
mod hostile;
mod reboot;
mod request;

/// One scenario, what happens in it, and how it ends.
struct Row {
    scenario: &'static str,
    world: &'static [&'static str],
    config: &'static [&'static str],
    mode: Mode,
    course: &'static [Do],
    ends: State,
    /// How many requests to reboot the guests got, all together.
    reboots: u32,
    /// Whether the usual way home is told in full.
    in_full: bool,
}

/// What happens next in a scenario.
enum Do {
    /// Wait until the machine stands so.
    Until(State),
    /// Let time pass.
    Pass(&'static str),
    /// Somebody does something to the world.
    World(&'static str, fn(&Stage)),
    /// The operator says yes to the step that waits for it.
    Approve,
    /// The operator says no to it.
    Decline,
    /// The operator says that he rebooted the machine's instance himself.
    MarkRebooted,
    /// The engine is killed, and started again after this time.
    Away(&'static str),
}

/// The home volume.
const HOME: &str = r#"
[[volume]]
id = "vol-e123456f"
zone = "us-east-1b"
"#;

/// The request, whose keys may go on in the next piece.
const REQUEST: &str = r#"
[[request]]
id = "sir-y1a23b4c"
zone = "us-east-1b"
homes = ["vol-e123456f"]
"#;

const WORLD: &[&str] = &[HOME, REQUEST];

impl Row {
    /// A scenario in auto mode with the machine `train`, which ends ready after one reboot.
    const fn new(scenario: &'static str, world: &'static [&'static str], course: &'static [Do]) -> Self {
        Self {
            scenario,
            world,
            config: &[TRAIN],
            mode: Mode::Auto,
            course,
            ends: State::Ready,
            reboots: 1,
            in_full: false,
        }
    }

    const fn config(self, config: &'static [&'static str]) -> Self {
        Self { config, ..self }
    }

    const fn ends(self, ends: State, reboots: u32) -> Self {
        Self { ends, reboots, ..self }
    }

    const fn in_full(self) -> Self {
        Self { in_full: true, ..self }
    }

    /// Plays the scenario, checks what must hold in any, and returns its course.
    fn play(&self) -> String {
        // The SDK's dice for the pauses between attempts belong to the thread.
        fastrand::seed(1);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let stage = Stage::new(&self.world.join("\n"), &self.config.join("\n"));
            let running = stage.start(self.mode).await;
            let mut player = Player { stage: &stage, running, row: self, lines: Vec::new() };
            for next in self.course {
                player.act(next).await;
            }
            player.listen("2m", |_| false).await;
            let course = player.told();
            player.check(&course);
            course
        })
    }
}

/// Plays every row, and compares their courses with the topic's snapshot.
fn play(topic: &str, rows: &[Row]) {
    let courses: Vec<String> = rows.iter().map(Row::play).collect();
    insta::with_settings!({ snapshot_path => "table", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(topic, courses.join("\n"));
    });
}

/// The machine's request.
fn request() -> SpotRequestId {
    "sir-y1a23b4c".parse().unwrap()
}

/// The machine's home.
fn home() -> VolumeId {
    "vol-e123456f".parse().unwrap()
}

/// The instance that fulfilled the machine's request last, by EC2's word.
fn instance(stage: &Stage) -> InstanceId {
    stage.sim.with_world(|world| world.request(&request()).unwrap().instance.clone()).unwrap()
}

fn capacity(stage: &Stage, code: &str) {
    stage.sim.set_capacity(&request(), Capacity::from(code.to_owned())).unwrap();
}

fn change(stage: &Stage, how: impl FnOnce(&mut World)) {
    stage.sim.with_world(how);
}

/// When this action was called.
fn times_of(stage: &Stage, action: &str) -> Vec<Timestamp> {
    let calls = stage.sim.mutating_calls();
    calls.iter().filter(|call| call.action == action).map(|call| call.at).collect()
}

struct Player<'a> {
    stage: &'a Stage,
    running: Running,
    row: &'a Row,
    lines: Vec<(Timestamp, String)>,
}

impl Player<'_> {
    async fn act(&mut self, next: &Do) {
        match next {
            Do::Until(state) => {
                let stands = self.listen("2h", |running| running.stands(*state)).await;
                assert!(stands, "{}: waited in vain for {state}\n{}", self.row.scenario, self.told());
            }
            Do::Pass(time) => drop(self.listen(time, |_| false).await),
            Do::World(what, act) => {
                self.say(format!("* {what}"));
                act(self.stage);
            }
            Do::Approve => {
                let NumberedStep { number, step, .. } = self.asked();
                self.say(format!("* the operator approves: {}", step.action));
                let revision = self.running.snapshot().revision;
                self.running.tell(Command::Approve { revision, step: number }).await;
            }
            Do::Decline => {
                let NumberedStep { number, step, .. } = self.asked();
                self.say(format!("* the operator declines: {}", step.action));
                let revision = self.running.snapshot().revision;
                self.running.tell(Command::Decline { revision, step: number }).await;
            }
            Do::MarkRebooted => {
                let instance = instance(self.stage);
                self.say(format!("* the operator says that {instance} was rebooted"));
                let machine = "train".parse().unwrap();
                self.running.tell(Command::MarkRebooted { machine, instance }).await;
            }
            Do::Away(time) => {
                self.say(format!("* the program is killed, and started again after {time}"));
                self.running.abort().await;
                self.stage.pass(time).await;
                self.running = self.stage.start(self.row.mode).await;
            }
        }
    }

    fn asked(&self) -> NumberedStep {
        self.running.asked("train").unwrap_or_else(|| panic!("{}: nothing is asked", self.row.scenario))
    }

    fn say(&mut self, line: String) {
        self.lines.push((self.stage.now(), line));
    }

    /// Takes down what is told until the time is over or something holds; returns whether it does.
    async fn listen(&mut self, time: &str, holds: impl Fn(&Running) -> bool) -> bool {
        let time: jiff::SignedDuration = time.parse().unwrap();
        let deadline = tokio::time::Instant::now() + Duration::try_from(time).unwrap();
        loop {
            for event in self.running.events() {
                self.hear(&event);
            }
            if holds(&self.running) {
                return true;
            }
            // Every event comes right after a snapshot.
            if tokio::time::timeout_at(deadline, self.running.handle.snapshots.changed()).await.is_err() {
                return false;
            }
        }
    }

    fn hear(&mut self, event: &Event) {
        assert!(!event.to_string().chars().any(char::is_control), "{event:?}");
        match event {
            Event::Found { .. } => self.say(event.to_string()),
            Event::Warned { warning, .. } => self.say(format!("warning: {warning}")),
            Event::StepEnded { step, outcome: Outcome::Done } if step.step.action.kind() == StepKind::Names => {
                self.say(format!("= {}", step.step.action));
            }
            Event::StepBegan(NumberedStep { step, .. }) => self.say(format!("begins: {} ({})", step.action, step.why)),
            Event::StepEnded { outcome: Outcome::Done, .. } | Event::ApprovalNeeded { .. } => {}
            other => self.say(format!("! {other}")),
        }
    }

    /// The whole course so far.
    fn told(&self) -> String {
        let calls = self.stage.sim.mutating_calls();
        let calls = calls.iter().filter(|call| !is_claim(&call.action)).map(|call| (call.at, format!("→ {call}")));
        let mut lines: Vec<_> = self.lines.iter().cloned().chain(calls).collect();
        lines.sort_by_key(|(at, _)| *at);
        let mut out = format!("{}\n", self.row.scenario);
        for (_, line) in lines {
            writeln!(out, "  {line}").unwrap();
        }
        let names = self.stage.names();
        writeln!(out, "  names: {}", if names.is_empty() { "none".to_owned() } else { names.join(", ") }).unwrap();
        for guest in self.guests() {
            writeln!(out, "  {guest}").unwrap();
        }
        let out = brief::with_short_names(&out);
        if self.row.in_full { out } else { brief::with_short_ways(&out) }
    }

    /// The guests of the request's instances, in the order of their first boot.
    fn guests(&self) -> Vec<String> {
        self.stage.sim.with_world(|world| {
            let mut guests: Vec<_> = world.guests().iter().filter(|(_, guest)| !guest.homes.is_empty()).collect();
            guests.sort_by_key(|(_, guest)| guest.boots.first().map(|boot| boot.at));
            let told = guests.into_iter().map(|(id, guest)| {
                let resets = if guest.hard_resets > 0 { ", reset hard" } else { "" };
                let phase = format!("{:?}", guest.phase).to_lowercase();
                format!("guest of {id}: {phase}, reboots asked for: {}{resets}", guest.reboots_asked)
            });
            told.collect()
        })
    }

    /// What holds at the end of every scenario.
    fn check(&self, course: &str) {
        let reached = self.running.state("train");
        assert_eq!(reached, self.row.ends, "{course}");
        let asked: u32 = self.stage.sim.with_world(|world| world.guests().values().map(|g| g.reboots_asked).sum());
        assert_eq!(asked, self.row.reboots, "{course}");
        let hosts = fs::read_to_string(self.stage.hosts_file()).unwrap();
        assert!(!hosts.chars().any(|c| c.is_control() && c != '\n'), "{hosts:?}");
        if reached == State::Ready {
            let id = instance(self.stage);
            assert!(self.stage.sim.guest(&id).unwrap().is_usable(), "{course}");
            let instance = self.stage.sim.with_world(|world| world.instance(&id).cloned()).unwrap();
            let addresses: BTreeSet<_> = [instance.public_ip, instance.private_ip].into_iter().flatten().collect();
            for name in self.stage.names() {
                let address = name.split_whitespace().next().unwrap().parse().unwrap();
                assert!(addresses.contains(&address), "{name} is not of {id}\n{course}");
            }
        }
    }
}
