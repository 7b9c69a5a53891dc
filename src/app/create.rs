//! Creations, undoings and retirements, carried out: look, decide, write the intent down, act once, write down how it
//! ended, and look again.
//!
//! Whatever is dropped or killed between any two of these goes on from the next look.

mod configure;
mod look;
mod perform;
mod rehearse;

use std::path::PathBuf;
use std::time::Duration;

use crate::clock::Clock;
use crate::config::{self, Config};
use crate::create::{
    Act, Ending, Fact, Line, Memory, Next, Phase, Place, Recipe, Retirement, Seen, Stage, Stuck, Thing, Wait, next,
    next_end,
};
use crate::ec2::Ec2;
use crate::journal::{Ledger, OpenError};
use crate::model::{Failure, FailureKind, Fate, MachineName, Text};
use crate::names::Names;
use crate::plan::Outcome;

pub use self::configure::NotWritten;
pub use self::rehearse::{Denied, Rehearsal};

/// Between two looks while something is waited for: as long as it has been waited for, but not shorter and not longer.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));
/// The same, the first times after a call failed that may well succeed: doubled each time.
const FIRST_RETRY: Duration = Duration::from_secs(2);
/// And the longest.
const LAST_RETRY: Duration = Duration::from_secs(20);
/// How long calls may fail on end before that is the end.
const TROUBLE: Duration = Duration::from_mins(5);

/// Where it is done: the EC2, the clock, and the files of this computer.
#[derive(Debug, Clone)]
pub struct Site {
    /// The connection to EC2.
    pub ec2: Ec2,
    /// The clock that this connection shares.
    pub clock: Clock,
    /// The configuration, there or not.
    pub config_file: PathBuf,
    /// Where files are when nobody says so.
    pub environment: config::Environment,
}

/// Something that whoever watches wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// An act begins: the stage, and what is called on what.
    Acting(Stage, String),
    /// Something is waited for: the stage, and what, in words that follow "waiting for".
    Waiting(Stage, String),
    /// Something in a sentence.
    Remark(String),
}

/// How a work ends that did not fail.
#[derive(Debug)]
pub enum End {
    /// All is done; this is what was seen last, and what the ledger knew before it was closed.
    Done(Box<(Memory, Seen)>),
    /// The builder is its owner's for now.
    Paused(Box<(Memory, Seen)>),
}

/// Why a work leaves before its end.
#[derive(Debug)]
pub enum Left {
    /// A call, or a file, failed in a way that waiting does not mend.
    Failed(Stage, Failure),
    /// The machine is not in the configuration: why, and the text that would stand there.
    Unconfigured(Failure, String),
    /// It does not go on by itself.
    Stuck(Stuck),
    /// What was waited for did not come.
    TooLong(Wait),
}

/// One machine's making or ending, with the lock on it.
#[derive(Debug)]
pub struct Work {
    site: Site,
    name: MachineName,
    ledger: Ledger<Line>,
    /// The account that what begins is begun in, where that is known.
    pub account: Option<Text>,
    /// What the ledger knows.
    pub memory: Memory,
    /// What was wrong with the ledger.
    pub remarks: Vec<String>,
}

/// What a work is after.
#[derive(Debug, Clone)]
enum Goal {
    Make(Box<Recipe>),
    End(Ending),
}

impl Goal {
    fn next(&self, memory: &Memory, seen: &Seen, site: &Site) -> Next {
        match self {
            Self::Make(recipe) => next(recipe, memory, seen),
            Self::End(ending) => next_end(ending, memory, seen, site.clock.now().wall),
        }
    }

    fn first(&self) -> Stage {
        match self {
            Self::Make(_) => Stage::Volume,
            Self::End(_) => Stage::End,
        }
    }

    fn over(&self, memory: &Memory) -> Fact {
        match (self, &memory.phase) {
            (Self::Make(_), _) => Fact::Finished,
            (Self::End(_), Phase::Retiring(_)) => Fact::Retired,
            (Self::End(_), _) => Fact::Undone,
        }
    }
}

impl Site {
    /// The configuration as it stands, with or without machines.
    ///
    /// # Errors
    ///
    /// When it cannot be read or has mistakes.
    pub fn config(&self) -> Result<Config, Failure> {
        config::load_settings(&self.config_file, &self.environment)
            .map_err(|error| Failure::local("reading the configuration", &error.to_string()))
    }

    /// This place, in this account.
    #[must_use]
    pub fn place(&self, account: Option<Text>) -> Place {
        let file = std::path::absolute(&self.config_file).unwrap_or_else(|_| self.config_file.clone());
        Place { account, region: self.ec2.region().clone(), config: file.to_string_lossy().into_owned() }
    }

    fn names(config: &Config) -> Names {
        let file = |names: &config::NameFile| names.enabled.then(|| names.file.clone());
        Names::new(file(&config.hosts), file(&config.ssh))
    }

    /// What is there, of a creation or of what is to end.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub async fn look(&self, memory: &Memory, name: &MachineName) -> Result<Seen, Failure> {
        look::look(self, memory, name).await
    }
}

/// The course of one run: what decides about patience.
#[derive(Debug, Default)]
struct Course {
    /// The stage that it came to.
    stage: Option<Stage>,
    /// Whether anything happened in it.
    has_acted: bool,
    /// Since when something is waited for.
    waits: Option<(String, Duration)>,
    /// Since when calls fail, and how long the next pause is.
    fails: Option<(Duration, Duration)>,
}

impl Work {
    /// Opens the ledger of this machine.
    ///
    /// # Errors
    ///
    /// When another process holds its lock, or it cannot be read or written.
    pub fn open(site: Site, config: &Config, name: &MachineName) -> Result<Self, OpenError> {
        let (ledger, read) = Ledger::open(&config.state_dir, name)?;
        let memory = Memory::of(&read.lines);
        Ok(Self { site, name: name.clone(), ledger, account: None, memory, remarks: read.remarks })
    }

    fn place(&self) -> Place {
        self.site.place(self.account.clone())
    }

    /// Begins a creation.
    ///
    /// # Errors
    ///
    /// When it cannot be written down.
    pub fn begin(&mut self, recipe: Recipe) -> Result<(), Failure> {
        let place = Some(self.place());
        self.record(Fact::Begun { recipe: Box::new(recipe), place })
    }

    /// The owner is done with the builder.
    ///
    /// # Errors
    ///
    /// When it cannot be written down.
    pub fn customised(&mut self) -> Result<(), Failure> {
        self.record(Fact::Customised)
    }

    /// Begins to undo, or goes on with it. Whether the volume goes is decided anew.
    ///
    /// # Errors
    ///
    /// When it cannot be written down.
    pub fn begin_undo(&mut self, delete_volume: bool) -> Result<(), Failure> {
        if self.memory.phase == Phase::Undoing(delete_volume) {
            return Ok(());
        }
        self.record(Fact::UndoBegun { delete_volume })
    }

    /// Begins to retire the machine.
    ///
    /// # Errors
    ///
    /// When it cannot be written down.
    pub fn begin_retirement(&mut self, retirement: Retirement) -> Result<(), Failure> {
        let place = Some(self.place());
        self.record(Fact::RetireBegun { retirement: Box::new(retirement), place })
    }

    /// Goes on with what was begun until it is over. `tell` hears of everything that changes.
    ///
    /// # Errors
    ///
    /// When it cannot go on; the ledger knows how far it came.
    pub async fn run(&mut self, mut tell: impl FnMut(Progress)) -> Result<End, Left> {
        let Some(mut goal) = self.goal() else { return Ok(End::Done(Box::default())) };
        let mut course = Course::default();
        loop {
            let seen = match self.site.look(&self.memory, &self.name).await {
                Ok(seen) => seen,
                Err(failure) => {
                    let stage = course.stage.unwrap_or(goal.first());
                    self.trouble(&mut course, stage, failure, &mut tell).await?;
                    continue;
                }
            };
            for thing in seen.news(&self.memory) {
                self.write(Fact::Learnt(thing))?;
            }
            // What was just learnt may have to end too.
            goal = self.goal().unwrap_or(goal);
            match goal.next(&self.memory, &seen, &self.site) {
                Next::Do(act) => {
                    if self.memory.has_done(&act) {
                        // EC2 does not show it yet, and would be asked as fast as it answers.
                        self.site.clock.sleep(PAUSE.0).await;
                    }
                    self.act(&act, &mut course, &mut tell).await?;
                }
                Next::Record(fact) => self.write(fact)?,
                Next::Wait(wait) => self.wait(wait, &mut course, &mut tell).await?,
                Next::Pause(_) => return Ok(End::Paused(Box::new((self.memory.clone(), seen)))),
                Next::Stuck(stuck) => match stuck.again.filter(|_| !course.has_acted) {
                    Some(part) => {
                        tell(Progress::Remark(format!("{}; the {part} is made once more", stuck.why)));
                        self.write(Fact::Again { part })?;
                    }
                    None => return Err(Left::Stuck(stuck)),
                },
                Next::Done => {
                    let memory = self.memory.clone();
                    self.write(goal.over(&memory))?;
                    return Ok(End::Done(Box::new((memory, seen))));
                }
            }
            course.has_acted = true;
        }
    }

    fn goal(&self) -> Option<Goal> {
        let recipe = self.memory.recipe.as_ref();
        match &self.memory.phase {
            Phase::Nothing => None,
            Phase::Creating | Phase::Created => recipe.cloned().map(Box::new).map(Goal::Make),
            Phase::Undoing(delete) => recipe.map(|recipe| Goal::End(Ending::undo(recipe, &self.memory, *delete))),
            Phase::Retiring(retirement) => Some(Goal::End(Ending::retire(retirement))),
        }
    }

    async fn act(&mut self, act: &Act, course: &mut Course, tell: &mut impl FnMut(Progress)) -> Result<(), Left> {
        let words = self.memory.recipe.as_ref().map_or_else(|| act.to_string(), |recipe| act.described(recipe));
        course.stage = Some(act.stage());
        tell(Progress::Acting(act.stage(), words));
        self.write(Fact::Intended { act: act.clone() })?;
        let result = Box::pin(perform::perform(&self.site, &self.memory, &self.name, act)).await;
        if let Ok(Some(thing)) = &result {
            self.write(Fact::Learnt(thing.clone()))?;
        }
        let outcome = result.as_ref().err().map_or(Outcome::Done, |failure| Outcome::Failed(failure.clone()));
        self.write(Fact::Ended { act: act.clone(), outcome })?;
        match result {
            Ok(_) => {
                course.fails = None;
                Ok(())
            }
            Err(failure) if may_pass(act, &failure) => self.trouble(course, act.stage(), failure, tell).await,
            Err(failure) => Err(self.failed(act, failure)),
        }
    }

    fn failed(&self, act: &Act, failure: Failure) -> Left {
        match (act, &self.memory.recipe) {
            (Act::WriteConfig { request, volume }, Some(recipe)) => {
                Left::Unconfigured(failure, configure::new_machine(recipe, request, volume).text())
            }
            _ => Left::Failed(act.stage(), failure),
        }
    }

    async fn wait(&mut self, wait: Wait, course: &mut Course, tell: &mut impl FnMut(Progress)) -> Result<(), Left> {
        (course.fails, course.stage) = (None, Some(wait.stage));
        let now = self.site.clock.now().monotonic;
        // What changes its words makes progress.
        let since = match &course.waits {
            Some((what, since)) if *what == wait.what => *since,
            _ => {
                tell(Progress::Waiting(wait.stage, wait.what.clone()));
                course.waits = Some((wait.what.clone(), now));
                now
            }
        };
        let waited = now.saturating_sub(since);
        if waited < wait.patience {
            self.site.clock.sleep(waited.clamp(PAUSE.0, PAUSE.1)).await;
            return Ok(());
        }
        match wait.then {
            Some(fact) => self.write(*fact),
            None => Err(Left::TooLong(wait)),
        }
    }

    /// Lets some time pass after a failure that may pass, or leaves when it has not passed for minutes.
    async fn trouble(
        &mut self,
        course: &mut Course,
        stage: Stage,
        failure: Failure,
        tell: &mut impl FnMut(Progress),
    ) -> Result<(), Left> {
        let now = self.site.clock.now().monotonic;
        let hopeless = matches!(failure.kind, FailureKind::Credentials | FailureKind::Denied | FailureKind::LocalFile);
        let (since, pause) = course.fails.unwrap_or((now, FIRST_RETRY));
        if hopeless || now.saturating_sub(since) >= TROUBLE {
            return Err(Left::Failed(stage, failure));
        }
        tell(Progress::Remark(format!("{failure}; trying again")));
        course.fails = Some((since, (pause * 2).min(LAST_RETRY)));
        self.site.clock.sleep(pause).await;
        Ok(())
    }

    fn write(&mut self, fact: Fact) -> Result<(), Left> {
        let stage = fact.stage();
        self.record(fact).map_err(|failure| Left::Failed(stage, failure))
    }

    fn record(&mut self, fact: Fact) -> Result<(), Failure> {
        let line = Line { at: self.site.clock.now().wall, fact };
        let written = self.ledger.append(&line);
        written.map_err(|error| Failure::local("writing the ledger", &error.to_string()))?;
        self.memory.take(&line);
        Ok(())
    }
}

/// Whether a call that failed so may succeed later, as it is.
fn may_pass(act: &Act, failure: &Failure) -> bool {
    match failure.kind {
        FailureKind::Throttled
        | FailureKind::Unreachable
        | FailureKind::ServerTrouble
        | FailureKind::Unreadable
        | FailureKind::IncorrectState
        | FailureKind::VolumeInUse
        | FailureKind::DeviceNameTaken
        | FailureKind::NotAttached => true,
        // What was just made may not be known everywhere; what its owner named will not come to be.
        FailureKind::NotFound => !matches!(act, Act::CreateVolume | Act::RunBuilder),
        _ => failure.fate == Fate::Unknown,
    }
}

/// What an act made, if anything.
type Made = Option<Thing>;
