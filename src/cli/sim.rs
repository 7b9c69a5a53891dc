//! `spotkeeper sim`: the embedded EC2 on a port.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use jiff::Timestamp;
use tokio::net::TcpListener;

use super::args;
use super::exit::{Exit, Trouble};
use super::output;
use crate::app::Story;
use crate::app::logging::{self, Format, Sink, Stderr};
use crate::app::signals::Leave;
use crate::clock::Clock;
use crate::model::Escaped;
use crate::sim::{self, Scenario, ScenarioError, Sim};

pub(super) async fn run(options: &args::Sim) -> Result<Exit, Trouble> {
    let scenario = scenario(options.scenario.as_deref())?.unwrap_or_default();
    let begin = scenario.begin.unwrap_or_else(Timestamp::now);
    let clock = if options.speed == 0.0 { Clock::standing_at(begin) } else { Clock::starting_at(begin, options.speed) };
    let sim = Sim::new(&scenario, options.seed.unwrap_or(scenario.seed), clock.clone())
        .map_err(|error| unplayable(options.scenario.as_deref(), &error))?;
    let mut leave = Leave::listen()?;
    let listener = TcpListener::bind(options.listen).await.map_err(|error| {
        Trouble::new(Exit::Error, format!("cannot listen on {}: {error}; --listen names another port", options.listen))
    })?;
    if let Err(words) = logging::start(&clock, None, &Sink::Stderr(Stderr::Everything, Format::Text)) {
        output::complain(&words);
    }
    output::print(&exports(listener.local_addr()?, &sim.region()))?;
    // What happens is told as it happens, also where the world's own time stands.
    let story = Story::new(sim.clone(), Clock::real());
    let end = tokio::select! {
        biased;
        signal = leave.next() => Exit::Signal(signal),
        () = sim::serve(sim, listener) => Exit::Error,
        () = story.tell() => Exit::Error,
    };
    story.tell_news();
    Ok(end)
}

/// The scenario in this file, if one is named.
pub(super) fn scenario(file: Option<&Path>) -> Result<Option<Scenario>, Trouble> {
    let Some(file) = file else { return Ok(None) };
    let text = fs::read_to_string(file)
        .map_err(|error| Trouble::new(Exit::Usage, format!("cannot read {}: {error}", shown(file))))?;
    Scenario::parse(&text).map(Some).map_err(|error| unplayable(Some(file), &error))
}

fn unplayable(file: Option<&Path>, error: &ScenarioError) -> Trouble {
    let words = file.map_or_else(|| error.to_string(), |file| format!("{}: {error}", shown(file)));
    Trouble::new(Exit::Usage, words)
}

fn shown(file: &Path) -> String {
    Escaped(&file.display().to_string()).to_string()
}

/// What a shell needs so that every AWS client comes here.
fn exports(address: SocketAddr, region: &str) -> String {
    format!(
        "# EC2 and STS are at http://{address} until this ends; in another shell:\n\
         export AWS_ENDPOINT_URL=http://{address}\n\
         export AWS_REGION={region}\n\
         export AWS_DEFAULT_REGION={region}\n\
         export AWS_ACCESS_KEY_ID=simulator\n\
         export AWS_SECRET_ACCESS_KEY=simulator"
    )
}
