//! How a work is followed: on a terminal a line for each stage that is over and a moving one for what goes on, elsewhere
//! a line for each change.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::app::create::Progress;
use crate::cli::output;
use crate::clock::Clock;
use crate::create::Stage;
use crate::model::Escaped;
use crate::plan;

/// How often the moving line is drawn.
const TICK: Duration = Duration::from_millis(200);

/// Tells of the progress of one work.
pub(super) struct Teller {
    clock: Clock,
    stages: Vec<Stage>,
    bar: Option<ProgressBar>,
    done: &'static str,
    /// The stage that goes on, and since when.
    current: Option<(Stage, Duration)>,
}

impl Teller {
    pub(super) fn new(clock: Clock, stages: Vec<Stage>, ascii: bool) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| bar(ascii));
        Self { clock, stages, bar, done: if ascii { "done:" } else { "✓" }, current: None }
    }

    pub(super) fn tell(&mut self, progress: &Progress) {
        match progress {
            Progress::Acting(stage, what) => self.say(*stage, what),
            Progress::Waiting(stage, what) => self.say(*stage, &format!("waiting for {what}")),
            Progress::Remark(words) => self.line(words),
        }
    }

    fn say(&mut self, stage: Stage, words: &str) {
        let now = self.clock.now().monotonic;
        match self.current {
            Some((current, _)) if current == stage => {}
            _ => {
                self.close();
                self.current = Some((stage, now));
            }
        }
        let number = self.stages.iter().position(|known| *known == stage);
        let place = number.map_or_else(String::new, |number| format!("{}/{} ", number + 1, self.stages.len()));
        let words = format!("{place}{}: {words}", stage.title());
        match &self.bar {
            Some(bar) => bar.set_message(Escaped(&words).to_string()),
            None => output::remark(&words),
        }
    }

    fn line(&self, words: &str) {
        match &self.bar {
            Some(bar) => bar.println(Escaped(words).to_string()),
            None => output::remark(words),
        }
    }

    /// The stage that went on is over.
    fn close(&mut self) {
        let Some((stage, since)) = self.current.take() else { return };
        let took = self.clock.now().monotonic.saturating_sub(since);
        if self.bar.is_some() {
            self.line(&format!("{} {} ({})", self.done, stage.title(), plan::span(took)));
        }
    }

    /// Ends the moving line: `well` when the stage that went on is over, too.
    pub(super) fn end(&mut self, well: bool) {
        if well {
            self.close();
        }
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(ascii: bool) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let ticks: &[&str] = if ascii { &["-", "\\", "|", "/", "-"] } else { &["◐", "◓", "◑", "◒", "↻"] };
    // A template of ours: one that cannot be read would leave the usual one.
    if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}") {
        bar.set_style(style.tick_strings(ticks));
    }
    bar.enable_steady_tick(TICK);
    bar
}
