//! What the screen costs: a message with the frame after it, in a world of 1,000 machines, 5,000 volumes and 10,000 log
//! lines at 120x40; and the time from the start of the program to its first frame.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and cannot go on without its set-up"
)]

#[path = "../tests/it/support/fleet.rs"]
#[expect(dead_code, reason = "other benchmarks and tests want more of a fleet")]
mod fleet;
#[path = "support/percentiles.rs"]
mod percentiles;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use spotkeeper::protocol::{Snapshot, Weight};
use spotkeeper::ui::{Bindings, LogLine, News, Offscreen, Setup};

use fleet::Fleet;
use percentiles::report;

const MACHINES: usize = 1_000;
const VOLUMES_EACH: usize = 5;
const LOG_LINES: usize = 10_000;

/// Messages that are measured.
const MESSAGES: usize = 20_000;

/// Starts that are measured.
const STARTS: usize = 30;

/// Keys as an operator presses them who looks about.
const KEYS: [&str; 16] =
    ["j", "j", "k", "PgDn", "Tab", "j", "Ctrl-d", "G", "g", "Tab", "j", "t", "t", "Enter", "Esc", "Shift-Tab"];

fn main() {
    // Cargo's own arguments for benchmarks mean nothing here.
    frames();
    starts();
}

/// Snapshots of a fleet in which now and then an instance is taken away.
fn snapshots() -> (Setup, Vec<Arc<Snapshot>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let fleet = Fleet::with_volumes(MACHINES, VOLUMES_EACH);
        let session = fleet.session().await;
        let setup = Setup {
            config: Arc::clone(&session.config),
            profile: None,
            is_demo: false,
            ascii: false,
            colours: true,
            zone: TimeZone::UTC,
            keys: Bindings::load(None).expect("the shipped keys"),
        };
        let (engine, mut handle, _) = session.watching_engine().expect("an engine");
        tokio::spawn(engine.run());
        let mut snapshots = Vec::new();
        while snapshots.len() < 60 {
            handle.snapshots.changed().await.expect("the engine runs");
            snapshots.push(Arc::clone(&handle.snapshots.borrow_and_update()));
            let nth = snapshots.len();
            if nth.is_multiple_of(6) {
                let instance = format!("i-{:08x}", nth * 7).parse().expect("an id");
                fleet.sim.interrupt(&instance).expect("it runs");
            }
        }
        (setup, snapshots)
    })
}

fn frames() {
    let (setup, snapshots) = snapshots();
    let looks = snapshots.iter().filter(|snapshot| snapshot.looks > 0).cloned().collect::<Vec<_>>();
    let first = looks.first().expect("a look");
    assert_eq!(first.machines.len(), MACHINES);
    let wall = first.observed_at().expect("a look");
    let at = |second: u64| spotkeeper::model::Now {
        wall: wall + Duration::from_secs(second),
        monotonic: Duration::from_secs(second),
    };
    let mut screen = Offscreen::new(setup, 120, 40, at(0));
    screen.take(News::Connected(None));
    let line = |nth: usize| LogLine {
        at: wall,
        weight: if nth.is_multiple_of(10) { Weight::Warning } else { Weight::Info },
        machine: format!("m{}", nth % MACHINES),
        words: format!("step {nth} ended: attach vol-{nth:08x} to i-{nth:08x} as /dev/sdp: done"),
    };
    screen.take(News::Lines((0..LOG_LINES).map(line).collect()));
    screen.take(News::Snapshot(Arc::clone(first)));
    let mut taken = Vec::with_capacity(MESSAGES);
    let mut kinds: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    for nth in 0..MESSAGES {
        let second = u64::try_from(nth).expect("a small number") / 10;
        let began = Instant::now();
        let kind = match nth % 10 {
            0 => {
                let look = looks.iter().cycle().nth(nth / 10 % looks.len()).expect("a look");
                screen.take(News::Snapshot(Arc::clone(look)));
                "a snapshot"
            }
            1 => {
                screen.take(News::Lines(vec![line(nth)]));
                "a log line"
            }
            2 => {
                screen.at(at(second));
                "a tick"
            }
            _ => {
                screen.press(KEYS.iter().cycle().nth(nth % KEYS.len()).expect("a key"));
                "a key"
            }
        };
        screen.draw();
        let took = began.elapsed();
        kinds.entry(kind).or_default().push(took);
        taken.push(took);
    }
    report("update and view, 1,000 machines, 5,000 volumes, 10,000 log lines, 120x40", taken);
    for (kind, taken) in kinds {
        report(&format!("  of these, after {kind}"), taken);
    }
}

fn starts() {
    let taken = (0..STARTS).map(|_| start()).collect();
    report("from the start of the program to its first whole frame, in a terminal of 120x40", taken);
}

/// Starts the demonstration in a terminal, and returns how long its first frame takes.
fn start() -> Duration {
    let (mut terminal, inside) = pty_process::blocking::open().expect("a pseudo-terminal");
    terminal.resize(pty_process::Size::new(40, 120)).expect("a size");
    let began = Instant::now();
    let command = pty_process::blocking::Command::new(env!("CARGO_BIN_EXE_spotkeeper")).arg("demo");
    let mut program = command.spawn(inside).expect("the program starts");
    let mut seen: Vec<u8> = Vec::new();
    let mut piece = [0; 4_096];
    // The end of a synchronized update is the end of a frame.
    while !seen.windows(8).any(|bytes| bytes == b"\x1b[?2026l") {
        let read = terminal.read(&mut piece).expect("the program writes");
        seen.extend(piece.iter().take(read));
    }
    let took = began.elapsed();
    program.kill().expect("the program runs");
    program.wait().expect("the program ends");
    took
}
