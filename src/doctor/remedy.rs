//! What mends a fault: the exact commands, or the exact lines of a configuration.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::policy;
use crate::model::{BlockDevice, Failure, FailureKind, RequestTerms, SpotRequestId, Text};

/// What mends something.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Remedy {
    /// What is to be done, in words.
    pub words: String,
    /// Commands for a shell, in this order.
    pub commands: Vec<String>,
    /// Lines of a configuration or of a policy.
    pub config: Option<String>,
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

    /// What somebody wants in his clipboard: the commands, else the lines, else the words.
    #[must_use]
    pub fn to_copy(&self) -> String {
        match (self.commands.as_slice(), &self.config) {
            ([], None) => self.words.clone(),
            ([], Some(lines)) => lines.clone(),
            (commands, _) => commands.join("\n"),
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

    /// What raises a request anew with this launch specification, since the terms of a request cannot be changed.
    /// `why` completes "raise another one".
    pub(super) fn replace(self, why: &str, request: &SpotRequestId, specification: Map<String, Value>) -> Remedy {
        let words = format!(
            "the terms of a request cannot be changed: raise another one {why} (it launches an instance, which is \
             paid for), cancel this one, and put the new id into spot_request. An instance of the cancelled request runs \
             on until it is terminated. User data and instance profile are not shown here: add them if the machine has them"
        );
        let specification = Value::Object(specification).to_string();
        let mut raise = vec!["ec2", "request-spot-instances", "--instance-count", "1", "--type", "persistent"];
        raise.extend(["--launch-specification", &specification]);
        let cancel = ["ec2", "cancel-spot-instance-requests", "--spot-instance-request-ids", request.as_str()];
        Remedy::new(words).run(self.command(&raise)).run(self.command(&cancel)).write("spot_request = \"sir-…\"")
    }
}

/// The terms of a request as RequestSpotInstances takes them, as far as they are known.
pub(super) fn specification(terms: &RequestTerms) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
    if let Some(image) = &terms.image {
        put("ImageId", json!(image));
    }
    if !terms.instance_type.is_empty() {
        put("InstanceType", json!(terms.instance_type));
    }
    if let Some(subnet) = &terms.subnet {
        put("SubnetId", json!(subnet));
    }
    if !terms.availability_zone.is_empty() {
        put("Placement", json!({ "AvailabilityZone": terms.availability_zone }));
    }
    if !terms.key_name.is_empty() {
        put("KeyName", json!(terms.key_name));
    }
    if !terms.security_groups.is_empty() {
        put("SecurityGroupIds", json!(terms.security_groups));
    }
    let mapped = mappings(terms, |_| true);
    if !mapped.is_empty() {
        put("BlockDeviceMappings", json!(mapped));
    }
    fields
}

/// The block devices of a request as RequestSpotInstances takes them, those with a name that is wanted.
pub(super) fn mappings(terms: &RequestTerms, is_wanted: impl Fn(&Text) -> bool) -> Vec<Value> {
    let mapped = terms.devices.iter().filter(|(name, _)| is_wanted(name)).map(|(name, it)| mapping(name.as_str(), it));
    let left_out = terms.left_out.iter().filter(|name| is_wanted(name)).map(left_out);
    mapped.chain(left_out).collect()
}

/// A device of the image that is left out, as RequestSpotInstances takes it.
pub(super) fn left_out(name: &Text) -> Value {
    json!({ "DeviceName": name, "NoDevice": "" })
}

/// One block device as RequestSpotInstances takes it.
pub(super) fn mapping(name: &str, device: &BlockDevice) -> Value {
    let mut ebs = Map::new();
    if let Some(snapshot) = &device.snapshot {
        ebs.insert("SnapshotId".to_owned(), json!(snapshot));
    }
    if let Some(size) = device.size_gib {
        ebs.insert("VolumeSize".to_owned(), json!(size));
    }
    if let Some(delete) = device.delete_on_termination {
        ebs.insert("DeleteOnTermination".to_owned(), json!(delete));
    }
    if device.encrypted {
        ebs.insert("Encrypted".to_owned(), json!(true));
    }
    json!({ "DeviceName": name, "Ebs": ebs })
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
