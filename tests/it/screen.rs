//! The whole screen, off the terminal: the real engine on the embedded EC2 in virtual time, keys in, cells out.
//!
//! Beside screens in the snapshots stand their styles, a letter for each cell: `.` plain, `g` `c` green and cyan, `b`
//! bold, `G` `C` `Y` `R` bold in green, cyan, yellow and red, `d` dim, `v` reversed, `V` dim and reversed, `U` urgent (bold red
//! reversed), `P` pending (bold yellow reversed), `A` AUTO (bold green reversed).

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use ratatui::style::{Color, Modifier, Style};
use spotkeeper::config::Mode;
use spotkeeper::protocol::{Command, Snapshot};
use spotkeeper::ui::{Bindings, LogLine, News, Offscreen, Setup};
use tokio::sync::broadcast::error::TryRecvError;

use crate::stage::{Running, Stage};

mod calls;
mod commands;
mod fates;
mod guards;
mod rest;
mod takes;
mod trouble;
mod ward;
mod whole;

/// The sizes at which every screen is looked at.
const SIZES: [(u16, u16); 4] = [(60, 15), (80, 24), (120, 40), (200, 60)];

/// How often the screen looks at what the engine tells.
const BEAT: Duration = Duration::from_millis(50);

/// How long a calm hand waits between two keys.
const CALM: Duration = Duration::from_millis(600);

/// Tui-logger, which holds the lines that are shown, is one for the whole process.
static LOG: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// How the screen is set up.
#[derive(Debug, Clone, Copy)]
struct Looks {
    colours: bool,
    ascii: bool,
    profile: Option<&'static str>,
}

const COLOURFUL: Looks = Looks { colours: true, ascii: false, profile: Some("ml-dev") };

/// A screen over an engine over an embedded EC2.
struct Watched {
    stage: Stage,
    engine: Running,
    screen: Offscreen,
    /// Every command that the engine was given.
    sent: Vec<Command>,
    /// Whether what happens is told in the log pane; the test holds [`LOG`] then.
    logs: bool,
}

impl Watched {
    /// An engine that has just begun in this mode, and a screen of 80x24 that knows nothing yet.
    async fn begin(scenario: &str, machines: &str, mode: Mode) -> Self {
        Self::begin_with(scenario, machines, mode, COLOURFUL).await
    }

    async fn begin_with(scenario: &str, machines: &str, mode: Mode, looks: Looks) -> Self {
        // The SDK's dice for the pauses between attempts belong to the thread.
        fastrand::seed(1);
        let stage = Stage::new(scenario, machines);
        let screen = screen(&stage, looks).await;
        let engine = stage.start(mode).await;
        let mut watched = Self { stage, engine, screen, sent: Vec::new(), logs: false };
        watched.take(News::Connected(None)).await;
        watched
    }

    /// Lets the screen take something in, and gives the engine what comes of it.
    async fn take(&mut self, news: News) {
        let commands = self.screen.take(news);
        self.give(commands).await;
    }

    async fn give(&mut self, commands: Vec<Command>) {
        for command in commands {
            self.sent.push(command.clone());
            self.engine.tell(command).await;
        }
    }

    /// Presses keys one after the other as a calm hand does, each a word; what they cause has happened then.
    async fn press(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            self.press_at_once(key).await;
            self.pass(CALM).await;
        }
    }

    /// Presses keys without waiting at all.
    async fn press_at_once(&mut self, keys: &str) {
        let commands = self.screen.press(keys);
        self.give(commands).await;
    }

    /// Lets this much time pass under the eyes of the screen.
    async fn pass(&mut self, time: Duration) {
        let until = self.stage.clock.now().monotonic + time;
        loop {
            let left = until.saturating_sub(self.stage.clock.now().monotonic);
            self.stage.clock.sleep(left.min(BEAT)).await;
            self.pump().await;
            if left <= BEAT {
                return;
            }
        }
    }

    /// Brings to the screen what the engine has told since, and the time.
    async fn pump(&mut self) {
        self.screen.at(self.stage.clock.now());
        if self.engine.handle.snapshots.has_changed().unwrap_or_default() {
            let snapshot = Arc::clone(&self.engine.handle.snapshots.borrow_and_update());
            self.take(News::Snapshot(snapshot)).await;
        }
        loop {
            match self.engine.handle.events.try_recv() {
                Ok(event) => {
                    if self.logs {
                        let machine = event.machine().map(ToString::to_string).unwrap_or_default();
                        let (at, words) = (self.stage.now(), event.to_string());
                        let line = LogLine { at, weight: event.weight(), machine, words };
                        self.take(News::Lines(vec![line])).await;
                    }
                    self.take(News::Event(event)).await;
                }
                Err(TryRecvError::Lagged(_)) => {}
                Err(_) => break,
            }
        }
        if self.engine.handle.pulse.has_changed().unwrap_or_default() {
            let pulse = *self.engine.handle.pulse.borrow_and_update();
            self.take(News::Pulse(pulse)).await;
        }
    }

    /// Waits until a text is on the screen; fails after ten virtual minutes.
    async fn until_shown(&mut self, text: &str) {
        for _ in 0..10 * 60 * 20 {
            self.pump().await;
            if self.screen.text().contains(text) {
                return;
            }
            self.stage.clock.sleep(BEAT).await;
        }
        panic!("waited in vain for {text:?} on\n{}", self.text());
    }

    /// Lets the screen believe that the engine told something else than it did last.
    async fn pretend(&mut self, change: impl FnOnce(&mut Snapshot)) {
        let mut snapshot = Snapshot::clone(&self.engine.handle.snapshots.borrow());
        change(&mut snapshot);
        self.take(News::Snapshot(Arc::new(snapshot))).await;
    }

    async fn resize(&mut self, (width, height): (u16, u16)) {
        self.take(News::Resize(width, height)).await;
    }

    /// What else the screen wanted since this was last asked, such as to quit, in words.
    fn wants(&mut self) -> Vec<String> {
        self.screen.wanted()
    }

    /// The screen as text.
    fn text(&mut self) -> String {
        self.screen.text()
    }

    /// The screen as text, and its styles.
    fn styled(&mut self) -> String {
        let text = self.screen.text();
        format!("{text}\n--- styles\n{}", styles(self.screen.draw()))
    }

    /// The screen in every size, with its styles in one.
    async fn in_every_size(&mut self) -> String {
        let mut out = String::new();
        for size in SIZES {
            self.resize(size).await;
            let shown = if size == (80, 24) { self.styled() } else { self.text() };
            writeln!(out, "=== {}x{}\n{shown}", size.0, size.1).unwrap();
        }
        self.resize((80, 24)).await;
        out
    }
}

async fn screen(stage: &Stage, looks: Looks) -> Offscreen {
    let Looks { colours, ascii, profile } = looks;
    let setup = Setup {
        config: stage.session().await.config,
        profile: profile.map(str::to_owned),
        is_demo: false,
        ascii,
        colours,
        zone: TimeZone::UTC,
        keys: Bindings::load(None).unwrap(),
    };
    Offscreen::new(setup, 80, 24, stage.clock.now())
}

/// The screen that the README shows.
pub(crate) async fn picture() -> ratatui::buffer::Buffer {
    let _alone = LOG.lock().await;
    let mut watched = Watched::begin(fates::WORLD, fates::machines(), Mode::Confirm).await;
    watched.logs = true;
    watched.until_shown("APPROVE").await;
    watched.resize((120, 40)).await;
    watched.pass(Duration::from_secs(62)).await;
    watched.screen.draw().clone()
}

/// A letter for the style of each cell.
fn styles(buffer: &ratatui::buffer::Buffer) -> String {
    let lines = buffer.content().chunks(usize::from(buffer.area.width).max(1));
    let lines = lines.map(|line| line.iter().map(|cell| letter(cell.style())).collect::<String>());
    lines.map(|line| line.trim_end_matches('.').to_owned()).collect::<Vec<_>>().join("\n")
}

/// The letter for a style; the reversed and the dim ones do not tell their colours apart where the symbol does.
fn letter(style: Style) -> char {
    assert_eq!(style.bg, Some(Color::Reset), "a background of its own: {style:?}");
    let has = |modifier| style.add_modifier.contains(modifier);
    let colour = match style.fg {
        None | Some(Color::Reset) => '.',
        Some(Color::Green) => 'g',
        Some(Color::Cyan) => 'c',
        Some(Color::Yellow) => 'y',
        Some(Color::Red) => 'r',
        other => panic!("a colour that no meaning has: {other:?}"),
    };
    match (colour, has(Modifier::BOLD), has(Modifier::DIM), has(Modifier::REVERSED)) {
        (colour, false, false, false) => colour,
        ('.', true, false, false) => 'b',
        (colour, true, false, false) => colour.to_ascii_uppercase(),
        ('r', true, false, true) => 'U',
        ('y', true, false, true) => 'P',
        ('g', true, false, true) => 'A',
        (_, _, false, true) => 'v',
        (_, _, true, false) => 'd',
        (_, _, true, true) => 'V',
    }
}
