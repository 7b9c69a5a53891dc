//! The configuration: what the user wrote, checked completely, or every mistake in it at once.

mod changes;
mod edit;
mod environment;
mod hooks;
mod machines;
mod mistake;
mod rules;
mod schema;
mod sections;
mod syntax;
mod table;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::de::DeTable;

pub use self::edit::{EditError, NewMachine, with_machine, without_machine};
pub use self::environment::Environment;
pub use self::hooks::{CommandLine, Hooks, Occasion};
pub use self::mistake::ConfigError;
pub(crate) use self::mistake::{Mistakes, line_of};
pub(crate) use self::rules::kind;
pub(crate) use self::schema::nearest;

use self::machines::RawMachine;
use self::schema::{AWS, FENCE, HOOKS, HOSTS, LIMITS, MACHINE, NOTIFY, POLICY, POLL, ROOT, SSH, STATE};
use self::table::Table;
use crate::model::{DeviceName, HostName, Instance, MachineName, SpotRequestId, Text, VolumeId};

/// A commented configuration with every key in it: what `spotkeeper init` writes.
pub const EXAMPLE: &str = include_str!("../config.example.toml");

/// A configuration without a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// What the AWS environment does not decide already.
    pub aws: Aws,
    /// What may be done unasked.
    pub policy: Policy,
    /// How much may be done unasked within an hour.
    pub limits: Limits,
    /// Whether other computers are told about reboots, by tags on the instances.
    pub fence: bool,
    /// How often to look.
    pub poll: Poll,
    /// The hosts file.
    pub hosts: NameFile,
    /// The ssh configuration.
    pub ssh: NameFile,
    /// How the screen calls for its user.
    pub notify: Notify,
    /// What is run when something changes for a machine.
    pub hooks: Hooks,
    /// Where journals, locks and the log file are.
    pub state_dir: PathBuf,
    /// The machines, in the order of the file; never empty.
    pub machines: Vec<Machine>,
}

impl Config {
    /// The machine with this name.
    #[must_use]
    pub fn machine(&self, name: &MachineName) -> Option<&Machine> {
        self.machines.iter().find(|machine| machine.name == *name)
    }
}

/// The `[aws]` table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Aws {
    /// The region; the AWS environment decides when it is absent.
    pub region: Option<String>,
    /// The profile; the AWS environment decides when it is absent.
    pub profile: Option<String>,
}

/// How freely the program acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Look, and change nothing.
    ReadOnly,
    /// Ask before each attach and reboot.
    Confirm,
    /// Act as the policy allows.
    Auto,
}

/// Whether a kind of step needs somebody's yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Consent {
    /// It is done unasked.
    Auto,
    /// Somebody is asked.
    Ask,
    /// It is not done.
    Never,
}

/// The `[policy]` table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The mode to start in.
    pub mode: Mode,
    /// In auto mode: attaching a volume.
    pub attach: Consent,
    /// In auto mode: rebooting an instance.
    pub reboot: Consent,
    /// In auto mode: detaching a volume.
    pub detach: Consent,
    /// In auto mode: letting a volume outlive the instance that holds it.
    pub keep: Consent,
    /// In auto and confirm mode: publishing and withdrawing names.
    pub names: Consent,
}

/// The `[limits]` table: from these numbers on, somebody is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many reboots of one machine's instances within an hour.
    pub reboots_per_hour: u16,
    /// How many detachments of one machine's volumes within an hour.
    pub detaches_per_hour: u16,
}

/// The `[poll]` table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poll {
    /// The time between two looks when nothing moves by itself.
    pub steady: Duration,
    /// The time between two looks when something does.
    pub active: Duration,
}

/// The `[hosts]` or `[ssh]` table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameFile {
    /// Whether the file is managed at all.
    pub enabled: bool,
    /// Which file, with `~` already replaced.
    pub file: PathBuf,
}

/// The `[notify]` table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notify {
    /// Whether the terminal's bell is rung.
    pub bell: bool,
    /// Whether the terminal is asked for a notification on the desktop, by OSC 9.
    pub desktop: bool,
}

/// Which of an instance's addresses is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum AddressKind {
    /// The public one.
    Public,
    /// The one inside the network.
    Private,
}

impl AddressKind {
    /// The address of this kind that an instance has.
    #[must_use]
    pub fn of(self, instance: &Instance) -> Option<IpAddr> {
        match self {
            Self::Public => instance.public_ip,
            Self::Private => instance.private_ip,
        }
    }
}

/// Whether an instance is rebooted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum RebootRule {
    /// Once, after the machine's volumes were attached.
    AfterAttach,
    /// Never: the image mounts the volume by itself.
    Never,
}

/// One `[[machine]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Its name.
    pub name: MachineName,
    /// The spot request that keeps asking for capacity.
    pub spot_request: SpotRequestId,
    /// The host names to publish; none when the key is left out.
    pub hostnames: Vec<HostName>,
    /// Which address to publish.
    pub address: AddressKind,
    /// Whether to reboot.
    pub reboot: RebootRule,
    /// How long after the last attachment to reboot: a guest too early in its boot does not hear the request.
    pub reboot_delay: Duration,
    /// The login name for the ssh configuration.
    pub ssh_user: Option<String>,
    /// Its volumes, never empty.
    pub volumes: Vec<HomeVolume>,
}

/// One `[[machine.volume]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeVolume {
    /// Its id.
    pub id: VolumeId,
    /// The device name to attach it under.
    pub device: DeviceName,
}

/// Where the configuration is when the command line does not say: the file that `SPOTKEEPER_CONFIG` names, else the
/// [`default_path`].
///
/// # Errors
///
/// As [`default_path`].
pub fn path(env: &Environment) -> Result<PathBuf, ConfigError> {
    env.named_config().map_or_else(|| default_path(env), Ok)
}

/// The default place of the configuration, where `spotkeeper init` puts it: `$XDG_CONFIG_HOME/spotkeeper/config.toml`,
/// else `~/.config/spotkeeper/config.toml`, on macOS too.
///
/// # Errors
///
/// When there is neither an `XDG_CONFIG_HOME` nor a home folder.
pub fn default_path(env: &Environment) -> Result<PathBuf, ConfigError> {
    env.default_config().ok_or_else(|| {
        let title = "there is no default place for the configuration: no home folder is known".to_owned();
        ConfigError::without_place(
            title,
            "set HOME or XDG_CONFIG_HOME in the environment, or name a file with --config",
        )
    })
}

/// Reads and checks the configuration in a file.
///
/// # Errors
///
/// When the file cannot be read or is not UTF-8, and for every mistake in it, all at once.
pub fn load(path: &Path, env: &Environment) -> Result<Config, ConfigError> {
    let shown = path.to_string_lossy();
    let bytes = fs::read(path).map_err(|error| unreadable(&shown, &error))?;
    decoded(&shown, bytes).and_then(|source| parse(&shown, &source, env))
}

/// The text of a file that has these bytes; `file` is what error messages call it.
///
/// # Errors
///
/// When it is not UTF-8.
pub(crate) fn decoded(file: &str, bytes: Vec<u8>) -> Result<String, ConfigError> {
    String::from_utf8(bytes).map_err(|error| not_utf8(file, error.as_bytes(), error.utf8_error().valid_up_to()))
}

/// Checks the text of a configuration; `file` is what error messages call it.
///
/// # Errors
///
/// For every mistake in it, all at once.
pub fn parse(file: &str, source: &str, env: &Environment) -> Result<Config, ConfigError> {
    document(file, source, |document, source, mistakes| read(document, source, env, false, mistakes))
}

/// As [`load`], but a file that is not there, or has no machine, is as good: then the settings are the file's or their
/// defaults, and `machines` is empty. For those who are about to write the first machine, or took the last one out.
///
/// # Errors
///
/// As [`load`].
pub fn load_settings(path: &Path, env: &Environment) -> Result<Config, ConfigError> {
    let shown = path.to_string_lossy();
    match fs::read(path) {
        Ok(bytes) => decoded(&shown, bytes).and_then(|source| parse_settings(&shown, &source, env)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => parse_settings(&shown, "", env),
        Err(error) => Err(unreadable(&shown, &error)),
    }
}

/// As [`parse`], but there may be no machine.
///
/// # Errors
///
/// For every mistake in it, all at once.
pub fn parse_settings(file: &str, source: &str, env: &Environment) -> Result<Config, ConfigError> {
    document(file, source, |document, source, mistakes| {
        let machines = document.get(MACHINE.key).map(Spanned::get_ref);
        let has_none = machines.is_none_or(|value| value.as_array().is_some_and(|items| items.is_empty()));
        read(document, source, env, has_none, mistakes)
    })
}

/// Makes something of the text of a TOML file; `file` is what error messages call it. `read` gets the document, the
/// text in which its places are, and a list for the mistakes that it finds; it may return nothing when it noted one.
///
/// # Errors
///
/// For every mistake, those in the syntax too, all at once.
pub(crate) fn document<T>(
    file: &str,
    source: &str,
    read: impl FnOnce(&DeTable<'_>, &str, &mut Mistakes) -> Option<T>,
) -> Result<T, ConfigError> {
    // Some editors begin a file with a byte order mark, which TOML allows and nobody sees.
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let (document, errors) = DeTable::parse_recoverable(source);
    let mut mistakes = Mistakes::default();
    let made = read(document.get_ref(), source, &mut mistakes);
    let mistakes = if errors.is_empty() { mistakes } else { syntax::join(&errors, source, mistakes) };
    made.filter(|_| mistakes.0.is_empty()).ok_or_else(|| ConfigError::new(file, source, mistakes))
}

fn read(
    document: &DeTable<'_>,
    source: &str,
    env: &Environment,
    settings_only: bool,
    mistakes: &mut Mistakes,
) -> Option<Config> {
    let end = source.trim_end().len();
    let root = Table::open(&ROOT, document, end..end, mistakes);
    let tables = if settings_only { Vec::new() } else { root.tables(&MACHINE, "there is no machine", mistakes) };
    let machines: Vec<RawMachine> = tables.iter().map(|machine| RawMachine::read(machine, mistakes)).collect();
    machines::check_repetitions(&machines, source, mistakes);
    let ssh = sections::ssh(&root.table(&SSH, mistakes), env, mistakes);
    if ssh.enabled {
        machines::check_aliases(&machines, source, mistakes);
    }
    Some(Config {
        aws: sections::aws(&root.table(&AWS, mistakes), mistakes),
        policy: sections::policy(&root.table(&POLICY, mistakes), mistakes),
        limits: sections::limits(&root.table(&LIMITS, mistakes), mistakes),
        fence: sections::fence(&root.table(&FENCE, mistakes), mistakes),
        poll: sections::poll(&root.table(&POLL, mistakes), mistakes),
        hosts: sections::hosts(&root.table(&HOSTS, mistakes), env, mistakes),
        ssh,
        notify: sections::notify(&root.table(&NOTIFY, mistakes), mistakes),
        hooks: hooks::read(&root.table(&HOOKS, mistakes), env, mistakes),
        state_dir: sections::state_dir(&root.table(&STATE, mistakes), env, mistakes),
        machines: machines.into_iter().map(RawMachine::complete).collect::<Option<_>>()?,
    })
}

fn unreadable(file: &str, error: &io::Error) -> ConfigError {
    let help = match error.kind() {
        io::ErrorKind::NotFound => "write one with `spotkeeper init`, or name another with --config",
        io::ErrorKind::PermissionDenied => "let this user read it, or name another with --config",
        _ => "name another file with --config",
    };
    ConfigError::without_place(format!("cannot read the configuration {}: {error}", Text::new(file)), help)
}

fn not_utf8(file: &str, bytes: &[u8], at: usize) -> ConfigError {
    let source = String::from_utf8_lossy(bytes);
    let mut mistakes = Mistakes::default();
    let byte = bytes.get(at).copied().unwrap_or_default();
    let title = format!("the file is not UTF-8: it has a byte 0x{byte:02x} here");
    let replaced = at..at + char::REPLACEMENT_CHARACTER.len_utf8();
    mistakes.wrong(replaced, title, "save it as UTF-8".to_owned());
    ConfigError::new(file, &source, mistakes)
}
