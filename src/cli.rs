//! The command line: arguments in, exit code out.

mod args;
mod create;
mod doctor;
mod exit;
mod log;
mod once;
mod output;
mod report;
mod run;
mod screen;
mod setup;
mod sim;
mod status;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Args, Command, Run};
use exit::{Exit, Trouble};
use screen::Looks;

/// Runs the program with the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help goes to stdout, mistakes to stderr; a closed pipe is nobody's loss.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Ok.into() };
        }
    };
    let format = args.log_format();
    match runtime(args) {
        Ok(exit) => exit.into(),
        Err(trouble) => {
            output::complain_as(format, &trouble.words);
            trouble.exit.into()
        }
    }
}

fn runtime(args: Args) -> Result<Exit, Trouble> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Trouble::new(Exit::Error, format!("cannot start the runtime: {error}")))?;
    let result = runtime.block_on(dispatch(args));
    // A blocking task may hang on a dead network file system: it does not keep the program.
    runtime.shutdown_background();
    result
}

async fn dispatch(args: Args) -> Result<Exit, Trouble> {
    let (file, looks) = (args.config, Looks { ascii: args.ascii });
    match args.command {
        None => screen::run(file.as_deref(), &Run::default(), looks).await,
        Some(Command::Run(options)) if !options.no_tui => screen::run(file.as_deref(), &options, looks).await,
        Some(Command::Run(options)) => run::run(file.as_deref(), &options).await,
        Some(Command::Once(options)) => once::run(file.as_deref(), &options).await,
        Some(Command::Status { json }) => status::run(file.as_deref(), json).await,
        Some(Command::Doctor { name, json }) => {
            Box::pin(doctor::run(file.as_deref(), name.as_ref(), json, looks)).await
        }
        Some(Command::Check) => setup::check(file.as_deref()),
        Some(Command::Init) => setup::init(file.as_deref()),
        Some(Command::Log { json, machine }) => log::run(file.as_deref(), json, machine.as_ref()),
        Some(Command::Create(options)) => Box::pin(create::run(file.as_deref(), &options, looks.ascii)).await,
        Some(Command::Retire(options)) => Box::pin(create::retire(file.as_deref(), &options, looks.ascii)).await,
        Some(Command::Sim(options)) => sim::run(&options).await,
        Some(Command::Demo(options)) if options.no_tui => run::demo(&options).await,
        Some(Command::Demo(options)) => screen::demo(&options, looks).await,
    }
}
