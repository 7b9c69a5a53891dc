//! What mends a fault: the exact commands, or the exact lines of a configuration.

use serde::Serialize;

use super::check::Check;
use super::policy;
use crate::model::{Failure, FailureKind, Text};

/// What mends something.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Remedy {
    /// What is to be done, in words.
    pub words: String,
    /// Commands for a shell, in this order.
    pub commands: Vec<String>,
    /// Lines of a configuration or of a policy.
    pub config: Option<String>,
    /// The check of the same machine under which the commands stand that mend this too. Run once, they mend both.
    pub same_as: Option<Check>,
}

impl Remedy {
    pub(super) fn new(words: impl Into<String>) -> Self {
        Self { words: words.into(), ..Self::default() }
    }

    pub(super) fn run(mut self, command: impl Into<String>) -> Self {
        self.commands.push(command.into());
        self
    }

    pub(super) fn write(self, lines: impl Into<String>) -> Self {
        Self { config: Some(lines.into()), ..self }
    }

    /// What somebody wants in his clipboard: the commands, of which each needs the one before it to succeed, else the lines,
    /// else the words.
    #[must_use]
    pub fn to_copy(&self) -> String {
        match (self.commands.as_slice(), &self.config) {
            ([], None) => self.words.clone(),
            ([], Some(lines)) => lines.clone(),
            (commands, _) => commands.join(" &&\n"),
        }
    }
}

/// Words of a command, quoted for a shell where they need it.
pub(super) fn shell<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    // Only a NUL cannot be quoted, and none of the words can hold one.
    shlex::try_join(words).unwrap_or_default()
}

/// Where commands of the AWS CLI go.
#[derive(Debug, Clone, Copy)]
pub struct Aws<'a> {
    /// The region.
    pub region: &'a Text,
    /// The profile, where one is configured.
    pub profile: Option<&'a str>,
}

impl Aws<'_> {
    /// A command of the AWS CLI, such as `ec2 describe-images`, in this region and with this profile, quoted for a shell.
    #[must_use]
    pub fn command(self, words: &[&str]) -> String {
        let mut all = vec!["aws"];
        all.extend(words);
        all.extend(["--region", self.region.as_str()]);
        all.extend(self.profile.iter().flat_map(|profile| ["--profile", *profile]));
        shell(all)
    }
}

/// What allows an action that is denied.
pub(super) fn allow(failure: &Failure) -> Option<Remedy> {
    if failure.kind != FailureKind::Denied {
        return None;
    }
    let why = failure.why.as_str();
    let action = failure.tried.as_str().split(' ').next().unwrap_or_default();
    let action = format!("ec2:{action}");
    if is_barred(failure) {
        let words = format!(
            "a service control policy of the AWS Organization denies it: no policy of this account can allow it. Ask whoever \
             administers the organization to except {action}"
        );
        return Some(Remedy::new(words));
    }
    if why.contains("explicit deny") {
        let words =
            format!("a statement denies {action}: take it away, since no statement that allows it overrules it");
        return Some(Remedy::new(words));
    }
    let remedy = Remedy::new(format!("allow {action} to these credentials"));
    Some(match policy::statement(&action) {
        Some(statement) => remedy.write(statement),
        None => remedy,
    })
}

/// Whether a service control policy denied it. EC2 says so in the message. Source: IAM user guide, "Troubleshoot access
/// denied error messages".
pub(super) fn is_barred(failure: &Failure) -> bool {
    failure.kind == FailureKind::Denied && failure.why.as_str().contains("service control policy")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_quoted_for_a_shell_and_name_region_and_profile() {
        let region = Text::new("us-east-1");
        let aws = Aws { region: &region, profile: Some("my profile; rm -rf /") };
        let command = aws.command(&["ec2", "describe-images", "--query", "Images[].ImageId"]);
        let words = shlex::split(&command).unwrap();
        assert_eq!(words.last().unwrap(), "my profile; rm -rf /");
        assert!(
            command.starts_with("aws ec2 describe-images --query 'Images[].ImageId' --region us-east-1"),
            "{command}"
        );
    }

    #[test]
    fn a_denial_names_the_statement_that_is_missing_or_who_can_take_it_back() {
        let denied = |why: &str| Failure {
            kind: FailureKind::Denied,
            fate: crate::model::Fate::NotDone,
            tried: Text::new("DescribeImages"),
            why: Text::new(why),
        };
        let plain = allow(&denied("UnauthorizedOperation: no identity-based policy allows it")).unwrap();
        assert!(plain.config.unwrap().contains("ec2:DescribeImages"));
        let explicit = allow(&denied("with an explicit deny in an identity-based policy")).unwrap();
        assert!(explicit.words.contains("take it away") && explicit.config.is_none());
        let barred = allow(&denied("with an explicit deny in a service control policy")).unwrap();
        assert!(barred.words.contains("Organization"), "{}", barred.words);
        let unreachable = Failure { kind: FailureKind::Unreachable, ..denied("") };
        assert_eq!(allow(&unreachable), None);
    }
}
