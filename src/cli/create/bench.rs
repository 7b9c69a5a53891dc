//! Where the commands work: the connection, the configuration, the ledger of one machine.

use std::path::{Path, PathBuf};

use super::ask::Asker;
use super::left::{self, Ways};
use super::progress::Teller;
use crate::app::create::{End, Site, Work};
use crate::app::signals::Leave;
use crate::cli::exit::{Exit, Trouble};
use crate::cli::{output, run as service, setup};
use crate::clock::Clock;
use crate::config::{self, Config, Environment};
use crate::create::{Line, Memory, Stage};
use crate::doctor::Aws;
use crate::ec2::{Ec2, Source};
use crate::journal;
use crate::model::MachineName;

/// Where a command works, and how it is called again.
pub(super) struct Bench {
    pub(super) site: Site,
    pub(super) config: Config,
    /// `--config FILE`, where that was given.
    pub(super) options: String,
    ascii: bool,
}

impl Bench {
    pub(super) async fn set_up(file: Option<&Path>, ascii: bool) -> Result<Self, Trouble> {
        let environment = Environment::from_process();
        let config_file: PathBuf = setup::place(file, &environment)?;
        let config = config::load_settings(&config_file, &environment);
        let config = config.map_err(|error| Trouble::new(Exit::Usage, error.to_string()))?;
        let aws = crate::ec2::Environment { region: config.aws.region.clone(), profile: config.aws.profile.clone() };
        let ec2 = Ec2::connect(Source::Aws(aws)).await.map_err(|failure| service::no_region(&failure))?;
        let site = Site { ec2, clock: Clock::real(), config_file, environment };
        let given = file.map(Path::to_string_lossy).and_then(|file| shlex::try_quote(&file).map(String::from).ok());
        let options = given.map_or_else(String::new, |file| format!(" --config {file}"));
        Ok(Self { site, config, options, ascii })
    }

    pub(super) fn open(&self, name: &MachineName) -> Result<Work, Trouble> {
        let work = Work::open(self.site.clone(), &self.config, name).map_err(|error| left::in_use(name, error))?;
        for remark in &work.remarks {
            output::remark(&format!("warning: {remark}"));
        }
        Ok(work)
    }

    /// Opens a ledger by which something was decided and said: somebody may have gone on with it meanwhile.
    pub(super) fn open_as_it_was(&self, name: &MachineName, before: &Memory) -> Result<Work, Trouble> {
        let work = self.open(name)?;
        if work.memory == *before {
            return Ok(work);
        }
        let words =
            format!("{name} was changed meanwhile by another spotkeeper; run again; nothing was changed by this one");
        Err(Trouble::new(Exit::Error, words))
    }

    pub(super) fn read(&self, name: &MachineName) -> Result<Memory, Trouble> {
        let read = journal::read_ledger::<Line>(&self.config.state_dir, name);
        let read = read.map_err(|error| Trouble::new(Exit::Error, error.to_string()))?;
        Ok(Memory::of(&read.lines))
    }

    /// Where commands of the AWS CLI go.
    pub(super) fn aws(&self) -> Aws<'_> {
        Aws { region: self.site.ec2.region(), profile: self.config.aws.profile.as_deref() }
    }

    /// How somebody goes on with a machine, or takes it back.
    pub(super) fn create_again(&self, name: &MachineName, flag: &str) -> String {
        format!("spotkeeper{} create {name}{flag}", self.options)
    }

    /// How somebody goes on with a retirement.
    pub(super) fn retire_again(&self, name: &MachineName) -> String {
        format!("spotkeeper{} retire {name}", self.options)
    }

    /// Carries a work on until it ends, fails or somebody leaves. `again` says how to go on.
    pub(super) async fn carry_on(&self, work: &mut Work, stages: Vec<Stage>, again: &str) -> Result<End, Trouble> {
        let recipe = work.memory.recipe.as_ref();
        let undo = recipe.map_or_else(String::new, |recipe| self.create_again(&recipe.name, " --undo"));
        let ways = Ways { again, undo: &undo, aws: self.aws() };
        let mut leave = Leave::listen()?;
        let mut teller = Teller::new(self.site.clock.clone(), stages, self.ascii);
        let ended = tokio::select! {
            biased;
            number = leave.next() => Err(Trouble::new(Exit::Signal(number), format!("left on a signal; what there is costs meanwhile; {again}"))),
            ended = work.run(|progress| teller.tell(&progress)) => ended.map_err(|left| left::trouble(&left, ways)),
        };
        teller.end(ended.is_ok());
        ended
    }
}

/// Who can be asked: nobody, when everything was said already.
pub(super) fn asker(yes: bool) -> Option<Asker> {
    Asker::at_terminal().filter(|_| !yes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Scenario, Sim};

    #[tokio::test(start_paused = true)]
    async fn what_was_decided_by_a_ledger_that_has_changed_since_is_not_done() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::starting_at("2026-11-23T12:00:00Z".parse().unwrap(), 1.0);
        let sim = Sim::new(&Scenario::parse("").unwrap(), 1, clock.clone()).unwrap();
        let source = Source::Embedded { http_client: sim.http_client(), clock: clock.clone() };
        let ec2 = Ec2::connect(source).await.unwrap();
        let environment = Environment { home: Some(folder.path().to_owned()), ..Environment::default() };
        let config_file = folder.path().join("config.toml");
        let config = config::load_settings(&config_file, &environment).unwrap();
        let site = Site { ec2, clock, config_file, environment };
        let bench = Bench { site, config, options: String::new(), ascii: true };
        let name: MachineName = "train".parse().unwrap();
        let before = bench.read(&name).unwrap();
        let mut other = bench.open_as_it_was(&name, &before).unwrap_or_else(|_| panic!("nothing has changed"));
        other.begin_undo(false).unwrap();
        drop(other);
        let Err(trouble) = bench.open_as_it_was(&name, &before) else { panic!("it has changed") };
        assert!(trouble.words.contains("meanwhile"), "{}", trouble.words);
    }
}
