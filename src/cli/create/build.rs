//! Carrying a creation on to its end, and saying what was made.

use std::io::BufRead as _;

use serde_json::json;

use super::args::Create;
use super::bench::{Bench, asker};
use super::check::check_wishes;
use super::explain;
use crate::app::create::{End, Work};
use crate::app::signals::Leave;
use crate::cli::exit::{Exit, Trouble};
use crate::cli::output;
use crate::config;
use crate::create::{Memory, Seen, Stage};

pub(super) async fn build(bench: &Bench, work: &mut Work, options: &Create) -> Result<Exit, Trouble> {
    let name = &options.name;
    let pause = work.memory.recipe.as_ref().is_some_and(|recipe| recipe.pause);
    let again = format!(
        "nothing is lost: go on by: {}; or take it back: {}",
        bench.create_again(name, ""),
        bench.create_again(name, " --undo")
    );
    loop {
        match bench.carry_on(work, Stage::of_creation(pause), &again).await? {
            End::Done(last) => return finished(bench, &last.0, &last.1, options),
            End::Paused(last) => {
                let (memory, seen) = *last;
                for line in explain::pause(&memory, &seen, bench.aws()) {
                    output::remark(&line);
                }
                let go_on = bench.create_again(name, " --continue");
                if asker(options.yes).is_none() {
                    let words = format!("the builder is yours, and costs while it runs; when you are done: {go_on}");
                    output::remark(&words);
                    return Ok(Exit::Unsettled);
                }
                output::remark(&format!("Enter when you are done; or leave by Ctrl-C, and later: {go_on}"));
                wait_for_enter(&go_on).await?;
                work.customised()?;
            }
        }
    }
}

/// Waits for a line of its reader, or a signal.
async fn wait_for_enter(go_on: &str) -> Result<(), Trouble> {
    let mut leave = Leave::listen()?;
    let line = tokio::task::spawn_blocking(|| std::io::stdin().lock().read_line(&mut String::new()));
    let left = || format!("left; the builder runs, and costs; when you are done: {go_on}");
    tokio::select! {
        biased;
        number = leave.next() => Err(Trouble::new(Exit::Signal(number), left())),
        read = line => match read {
            Ok(Ok(length)) if length > 0 => Ok(()),
            _ => Err(Trouble::new(Exit::Unsettled, left())),
        },
    }
}

pub(super) fn made_already(bench: &Bench, work: &Work, options: &Create) -> Result<Exit, Trouble> {
    let name = &options.name;
    let Some(recipe) = work.memory.recipe.as_ref() else { return Ok(Exit::Ok) };
    let is_its = |machine: &&config::Machine| Some(&machine.spot_request) == work.memory.request.as_ref();
    if let Some(other) = bench.config.machines.iter().find(is_its).filter(|machine| machine.name != *name) {
        let other = &other.name;
        let words = format!("{name} was made (run {}), and lives on as {other} in the configuration", recipe.run);
        let retire = bench.retire_again(other);
        return Err(Trouble::new(Exit::Usage, format!("{words}; to end it: {retire}")));
    }
    if bench.config.machine(name).is_none() {
        let words = format!("{name} was made (run {}), and is not in the configuration any more", recipe.run);
        let undo = bench.create_again(name, " --undo");
        return Err(Trouble::new(Exit::Usage, format!("{words}; to remove what is left of it: {undo}")));
    }
    check_wishes(bench, recipe, options, "it is made; see how")?;
    finished(bench, &work.memory, &Seen::default(), options)
}

fn finished(bench: &Bench, memory: &Memory, seen: &Seen, options: &Create) -> Result<Exit, Trouble> {
    let (name, request) = (&options.name, memory.request.as_ref());
    let status = request.and_then(|id| seen.requests.get(id));
    if options.json {
        let report = json!({
            "name": name,
            "run": memory.recipe.as_ref().map(|recipe| recipe.run.as_str()),
            "spot_request": request,
            "status_code": status.map(|request| request.status_code.as_str()),
            "volume": memory.volume,
            "image": memory.image,
            "configuration": bench.site.config_file.to_string_lossy(),
        });
        output::print(&format!("{report:#}"))?;
        return Ok(Exit::Ok);
    }
    explain::made(memory, status, &bench.site.config_file, &bench.options)
        .iter()
        .try_for_each(|line| output::print(line))?;
    Ok(Exit::Ok)
}
