//! Where files are when nobody says so: by the XDG base directory specification, on macOS too.

use std::env;
use std::path::{Path, PathBuf};

/// What the process environment says about places, as plain data: nothing else in this crate's configuration asks
/// the environment.
///
/// The XDG strategy of `etcetera` reads the process environment itself, so only its home folder is used (it asks
/// the user database when `HOME` is unset); the two rules that are left stand here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Environment {
    /// The home folder.
    pub home: Option<PathBuf>,
    /// `XDG_CONFIG_HOME`.
    pub config_home: Option<PathBuf>,
    /// `XDG_STATE_HOME`.
    pub state_home: Option<PathBuf>,
    /// `SPOTKEEPER_CONFIG`.
    pub config_file: Option<PathBuf>,
}

impl Environment {
    /// The environment of this process.
    #[must_use]
    pub fn from_process() -> Self {
        let variable = |name| env::var_os(name).map(PathBuf::from);
        Self {
            home: etcetera::home_dir().ok(),
            config_home: variable("XDG_CONFIG_HOME"),
            state_home: variable("XDG_STATE_HOME"),
            config_file: variable("SPOTKEEPER_CONFIG"),
        }
    }

    /// The configuration that `SPOTKEEPER_CONFIG` names, if it names one.
    pub(super) fn named_config(&self) -> Option<PathBuf> {
        self.config_file.clone().filter(|path| !path.as_os_str().is_empty())
    }

    /// `$XDG_CONFIG_HOME/spotkeeper/config.toml`, else the same under `~/.config`.
    pub(super) fn default_config(&self) -> Option<PathBuf> {
        self.under(self.config_home.as_deref(), ".config").map(|folder| folder.join("config.toml"))
    }

    /// `$XDG_STATE_HOME/spotkeeper`, else the same under `~/.local/state`.
    pub(super) fn default_state_dir(&self) -> Option<PathBuf> {
        self.under(self.state_home.as_deref(), ".local/state")
    }

    /// The path with a leading `~/` replaced by the home folder; none when that is needed and unknown.
    pub(super) fn expand(&self, path: &str) -> Option<PathBuf> {
        match path.strip_prefix("~/") {
            Some(rest) => Some(self.absolute_home()?.join(rest)),
            None => Some(PathBuf::from(path)),
        }
    }

    fn under(&self, base: Option<&Path>, default: &str) -> Option<PathBuf> {
        // "All paths set in these environment variables must be absolute. If an implementation encounters a
        // relative path […] it should consider the path invalid and ignore it." (XDG base directory specification)
        let base = match base.filter(|path| path.is_absolute()) {
            Some(base) => base.to_owned(),
            None => self.absolute_home()?.join(default),
        };
        Some(base.join("spotkeeper"))
    }

    fn absolute_home(&self) -> Option<&Path> {
        self.home.as_deref().filter(|path| path.is_absolute())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_home() -> Environment {
        Environment { home: Some("/home/me".into()), ..Environment::default() }
    }

    #[test]
    fn without_xdg_variables_the_files_are_under_the_home_folder() {
        assert_eq!(at_home().default_config(), Some("/home/me/.config/spotkeeper/config.toml".into()));
        assert_eq!(at_home().default_state_dir(), Some("/home/me/.local/state/spotkeeper".into()));
    }

    #[test]
    fn xdg_variables_decide_even_without_a_home_folder() {
        let env = Environment {
            config_home: Some("/etc/xdg".into()),
            state_home: Some("/var/lib".into()),
            ..Environment::default()
        };
        assert_eq!(env.default_config(), Some("/etc/xdg/spotkeeper/config.toml".into()));
        assert_eq!(env.default_state_dir(), Some("/var/lib/spotkeeper".into()));
    }

    #[test]
    fn relative_and_empty_values_count_as_unset() {
        for value in ["conf", "", "./x"] {
            let env = Environment { config_home: Some(value.into()), state_home: Some(value.into()), ..at_home() };
            assert_eq!(env.default_config(), at_home().default_config(), "{value:?}");
            assert_eq!(env.default_state_dir(), at_home().default_state_dir(), "{value:?}");
        }
        let env = Environment { config_file: Some("".into()), home: Some("".into()), ..Environment::default() };
        assert_eq!(env.named_config(), None);
        assert_eq!(env.default_config(), None);
    }

    #[test]
    fn only_a_leading_tilde_and_slash_means_home() {
        assert_eq!(at_home().expand("~/.ssh/x"), Some("/home/me/.ssh/x".into()));
        assert_eq!(at_home().expand("/a/~/b"), Some("/a/~/b".into()));
        assert_eq!(Environment::default().expand("~/x"), None);
        assert_eq!(Environment::default().expand("/x"), Some("/x".into()));
    }
}
