//! Guarantees as scripts: a world, what the operator does in it, and the log of everything that came of it.
//!
//! Each file of `tests/scripts` opens with the guarantee that it holds; beside it stands its log, which
//! `UPDATE_EXPECT=1 cargo test --test it scripts` writes anew.

use std::collections::BTreeSet;

use expect_test::expect_file;
use jiff::SignedDuration;
use serde::Deserialize;
use spotkeeper::plan::StepKind;

use super::*;

/// How often the log is brought up to date: events carry no time of their own.
const BEAT: Duration = Duration::from_millis(100);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    /// What it shows, in a sentence.
    guarantee: String,
    /// The mode to start in.
    mode: Mode,
    /// For how long it is played.
    lasts: SignedDuration,
    /// What the operator does, in the order of time.
    #[serde(default)]
    operator: Vec<Deed>,
    /// The scenario.
    world: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deed {
    at: SignedDuration,
    does: Does,
}

/// What an operator may do; to the machine `train`, where it is about one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Does {
    Approve,
    Decline,
    Pause,
    Resume,
    AttachNow,
    RebootNow,
    GoToAuto,
    GoToConfirm,
    /// Kills the program, and starts it again at once.
    Kill,
}

/// A script at work.
struct Play {
    stage: Stage,
    engine: Running,
    mode: Mode,
    log: Vec<String>,
}

impl Play {
    fn note(&mut self, at: Timestamp, who: &str, what: &str) {
        let seconds = at.duration_since(BEGIN.parse().unwrap()).as_millis_f64() / 1_000.0;
        self.log.push(format!("{seconds:7.1}s  {who:<8}  {what}"));
    }

    /// Writes down what happened since the last time: in the world first, then what the program said of it.
    fn catch_up(&mut self) {
        for line in self.stage.sim.story() {
            self.note(line.at, "EC2", &line.text);
        }
        let now = self.stage.now();
        for event in self.engine.events() {
            let machine = event.machine().map(|machine| format!("{machine}: ")).unwrap_or_default();
            self.note(now, "program", &format!("{machine}{event}"));
        }
    }

    async fn until(&mut self, end: Duration) {
        while self.stage.clock.now().monotonic < end {
            self.stage.clock.sleep(BEAT).await;
            self.catch_up();
        }
    }

    async fn act(&mut self, does: Does) {
        self.note(self.stage.now(), "operator", &format!("{does:?}"));
        let revision = self.engine.snapshot().revision;
        let step = || self.engine.asked("train").expect("a step is asked for").number;
        let demand = |kind| {
            let mut offers = self.engine.view("train").plan.offers.into_iter().filter(move |offer| offer.kind == kind);
            let action = offers.find_map(|offer| offer.action.ok()).expect("it is offered");
            Command::Demand { machine: "train".parse().unwrap(), action }
        };
        let command = match does {
            Does::Approve => Command::Approve { revision, step: step() },
            Does::Decline => Command::Decline { revision, step: step() },
            Does::Pause => Command::Pause,
            Does::Resume => Command::Resume,
            Does::AttachNow => demand(StepKind::Attach),
            Does::RebootNow => demand(StepKind::Reboot),
            Does::GoToAuto => Command::SetMode(Mode::Auto),
            Does::GoToConfirm => Command::SetMode(Mode::Confirm),
            Does::Kill => {
                self.engine.abort().await;
                self.catch_up();
                self.engine = self.stage.start(self.mode).await;
                return;
            }
        };
        self.engine.tell(command).await;
    }
}

async fn play(text: &str) -> String {
    // The SDK's dice for the pauses between attempts belong to the thread.
    fastrand::seed(1);
    let script: Script = toml::from_str(text).unwrap_or_else(|error| panic!("{error}"));
    let stage = Stage::new(&toml::to_string(&script.world).unwrap(), TRAIN);
    let engine = stage.start(script.mode).await;
    let mut play = Play { stage, engine, mode: script.mode, log: vec![script.guarantee, String::new()] };
    for deed in &script.operator {
        play.until(Duration::try_from(deed.at).unwrap()).await;
        play.act(deed.does).await;
    }
    play.until(Duration::try_from(script.lasts).unwrap()).await;
    let calls = play.stage.changes();
    let none = if calls.is_empty() { " none" } else { "" };
    play.log.push(format!("\ncalls that change something:{none}"));
    play.log.extend(calls.iter().map(|call| format!("  {call}")));
    play.log.push(format!("names: {:?}", play.stage.names()));
    play.engine.stop().await;
    play.log.join("\n") + "\n"
}

/// Plays one script and compares its log.
macro_rules! scripts {
    ($($name:ident = $file:literal;)+) => {
        const FILES: &[&str] = &[$($file),+];

        $(#[tokio::test(start_paused = true)]
        async fn $name() {
            let log = play(include_str!(concat!("../../scripts/", $file, ".toml"))).await;
            expect_file![concat!("../../scripts/", $file, ".log")].assert_eq(&log);
        })+
    };
}

scripts! {
    a_replacement_gets_its_home_one_reboot_and_the_name = "home-comes-back";
    confirm_mode_asks_for_each_step = "each-step-is-asked-for";
    what_is_declined_stays_undone = "declined-stays-undone";
    a_pause_begins_nothing = "a-pause-begins-nothing";
    killed_between_attach_and_reboot = "killed-between-attach-and-reboot";
    lost_answers_end_in_a_question = "lost-answers-end-in-a-question";
    a_running_holder_keeps_the_volume = "a-running-holder-keeps-the-volume";
    the_wrong_zone_is_blocked = "the-wrong-zone-is-blocked";
    read_only_changes_nothing = "read-only-changes-nothing";
    a_reboot_on_demand_is_one_reboot = "a-reboot-on-demand-is-one-reboot";
}

#[test]
fn every_script_is_played() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let there: BTreeSet<String> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(there, FILES.iter().map(ToString::to_string).collect());
}
