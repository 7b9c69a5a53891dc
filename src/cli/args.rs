//! The arguments.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Parser, Subcommand};
use jiff::SignedDuration;

use crate::app::logging::Format;
use crate::config::Mode;
use crate::model::MachineName;

const AFTER: &str = "\
Exit codes:
  0    all is well (status: it could look; once: every machine is ready;
       doctor: no fault, warnings allowed)
  1    an error
  2    usage or configuration
  3    once leaves something waiting, pending or blocked, or ran out of time;
       doctor found a fault; create waits for you, or waited in vain
  4    credentials, or a denied permission
  5    EC2 is unreachable or throttles
  6    another spotkeeper keeps one of these machines, or makes or ends it
  129, 130, 143  left on a signal: hang-up, Ctrl-C, SIGTERM

Without a screen, SIGHUP makes run read its configuration again. As a service
of systemd: see docs/service.md.

The configuration is read from --config, else $SPOTKEEPER_CONFIG, else
$XDG_CONFIG_HOME/spotkeeper/config.toml (~/.config/spotkeeper/config.toml).
Begin with: spotkeeper init";

/// Keeps EC2 spot machines alive: attaches the home volume to each new instance, reboots it, publishes its address.
#[derive(Debug, Parser)]
#[command(name = "spotkeeper", version, after_help = AFTER, max_term_width = 100)]
pub(super) struct Args {
    /// The configuration file
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Draw with ASCII characters only
    #[arg(long, global = true)]
    pub(super) ascii: bool,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

impl Args {
    /// How lines on stderr are written.
    pub(super) fn log_format(&self) -> Format {
        let given = match &self.command {
            Some(Command::Run(run)) => run.log_format,
            Some(Command::Once(once)) => once.log_format,
            Some(Command::Demo(demo)) => demo.log_format,
            _ => None,
        };
        given.unwrap_or_default()
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Keep the machines, with the screen: what spotkeeper does without a command
    Run(Run),
    /// Look, and with --yes act until every machine is settled or cannot go on: for cron
    Once(Once),
    /// Look once, and say how each machine stands and why; changes nothing and needs no lock
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Judge the set-up of one machine, or of all: what is wrong, why it matters, what mends it; changes nothing
    Doctor {
        /// Only this machine
        #[arg(value_name = "NAME")]
        name: Option<MachineName>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Check the configuration, and nothing else
    Check,
    /// Write a commented configuration, never over an existing one
    Init,
    /// Print the journal: what was intended, done, and owed
    Log {
        /// Print JSON lines
        #[arg(long)]
        json: bool,
        /// Only this machine
        #[arg(long, value_name = "NAME")]
        machine: Option<MachineName>,
    },
    /// Make a machine from nothing: volume, image, persistent spot request; interrupted anywhere, it goes on
    Create(Box<super::create::args::Create>),
    /// End a machine: its request is cancelled, its instance terminated, its volume kept
    Retire(super::create::args::Retire),
    /// Show the whole program on an embedded EC2: no account, no network, no file outside a temporary folder
    Demo(Demo),
    /// Serve the embedded EC2 on a port, to any AWS client: a world to test against, without an account
    Sim(Sim),
}

/// How many times faster than life the demonstration runs when nobody says.
const DEMO_SPEED: f64 = 20.0;

#[derive(Debug, Default, ClapArgs)]
pub(super) struct Run {
    /// Without a screen: log lines on stderr
    #[arg(long)]
    pub(super) no_tui: bool,
    /// The mode to start in, instead of the configured one
    #[arg(long, value_enum, value_name = "MODE", conflicts_with_all = ["auto", "read_only"])]
    pub(super) mode: Option<Mode>,
    /// The same as --mode auto
    #[arg(long, conflicts_with = "read_only")]
    pub(super) auto: bool,
    /// The same as --mode read-only
    #[arg(long)]
    pub(super) read_only: bool,
    /// How the log lines are written: text, or one JSON object a line
    #[arg(long, value_enum, value_name = "FORMAT", requires = "no_tui")]
    pub(super) log_format: Option<Format>,
}

impl Run {
    /// The mode that was asked for, if one was.
    pub(super) fn mode(&self) -> Option<Mode> {
        match (self.auto, self.read_only) {
            (true, _) => Some(Mode::Auto),
            (_, true) => Some(Mode::ReadOnly),
            _ => self.mode,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(super) struct Once {
    /// Act: stands for the approval of what the policy asks for. "never" and read-only hold all the same
    #[arg(long)]
    pub(super) yes: bool,
    /// Only this machine
    #[arg(long, value_name = "NAME")]
    pub(super) machine: Option<MachineName>,
    /// How long to go on at the most, such as 90s or 10m
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration, allow_hyphen_values = true)]
    pub(super) timeout: Duration,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
    /// How warnings on stderr are written: text, or one JSON object a line
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(super) log_format: Option<Format>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Demo {
    /// Without a screen: tell the story as log lines
    #[arg(long)]
    pub(super) no_tui: bool,
    /// How many times faster than life
    #[arg(long, value_name = "N", default_value_t = DEMO_SPEED, value_parser = speed)]
    pub(super) speed: f64,
    /// The mode to start in: confirm with the screen, auto without
    #[arg(long, value_enum, value_name = "MODE")]
    pub(super) mode: Option<Mode>,
    /// Another world, as docs/simulator.md describes it; its machines are the spot requests that want home volumes
    #[arg(long, value_name = "FILE")]
    pub(super) scenario: Option<PathBuf>,
    /// How the log lines are written: text, or one JSON object a line
    #[arg(long, value_enum, value_name = "FORMAT", requires = "no_tui")]
    pub(super) log_format: Option<Format>,
}

impl Default for Demo {
    fn default() -> Self {
        Self { no_tui: false, speed: DEMO_SPEED, mode: None, scenario: None, log_format: None }
    }
}

#[derive(Debug, ClapArgs)]
pub(super) struct Sim {
    /// Where to listen, on loopback only; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:5055", value_parser = loopback)]
    pub(super) listen: SocketAddr,
    /// The world to begin with, as docs/simulator.md describes it; without one, a fresh account
    #[arg(long, value_name = "FILE")]
    pub(super) scenario: Option<PathBuf>,
    /// How many times faster than life; 0: time stands until it is put forward
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = speed_or_standing)]
    pub(super) speed: f64,
    /// The seed of all chance, instead of the scenario's
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_| "an address is numbers and a port, such as 127.0.0.1:5055 or [::1]:0".to_owned())?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err("it checks no signature, so whoever reaches it may do anything with it: only this computer may, by 127.0.0.1 \
         or [::1]"
        .to_owned())
}

fn speed_or_standing(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(0.0) => Ok(0.0),
        _ => speed(text).map_err(|words| format!("{words}, or 0")),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "a time is a number with a unit, such as 90s, 10m or 1h".to_owned();
    let parsed: SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(parsed).ok().filter(|duration| !duration.is_zero()).ok_or_else(wrong)
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (0.1..=1_000.0).contains(&speed) => Ok(speed),
        _ => Err("a speed is a number from 0.1 to 1000".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn the_simulator_listens_on_loopback_alone() {
        assert_eq!(loopback("127.0.0.1:0").unwrap().port(), 0);
        assert!(loopback("[::1]:5055").is_ok());
        for wrong in ["0.0.0.0:5055", "192.168.1.2:5055", "[::]:5055"] {
            assert!(loopback(wrong).unwrap_err().contains("only this computer"), "{wrong}");
        }
        for wrong in ["localhost:5055", "127.0.0.1", "5055"] {
            assert!(loopback(wrong).unwrap_err().contains("such as"), "{wrong}");
        }
    }

    #[test]
    fn time_may_stand_in_the_simulator_and_nowhere_else() {
        assert_eq!(speed_or_standing("0"), Ok(0.0));
        assert_eq!(speed_or_standing("20"), Ok(20.0));
        assert!(speed_or_standing("-1").is_err() && speed("0").is_err());
    }

    #[test]
    fn a_timeout_has_a_unit() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("10m"), Ok(Duration::from_mins(10)));
        for wrong in ["", "10", "-5s", "0s", "soon"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
