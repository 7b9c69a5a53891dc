//! Questions, for those who are at a terminal.

use std::collections::BTreeSet;
use std::fmt;
use std::io::IsTerminal as _;

use inquire::validator::Validation;
use inquire::{Confirm, InquireError, MultiSelect, Select, Text as Line};

use super::args::{self, Wishes};
use super::resolve;
use crate::cli::exit::{Exit, Trouble};
use crate::cli::output;
use crate::create::Family;
use crate::ec2::Ec2;
use crate::model::{HostName, IdError, Ingress, SecurityGroup, Subnet, Text, VolumeId};

/// Somebody who can be asked. Questions block: nothing else goes on meanwhile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asker {
    /// Nobody else can make one: whoever has it was at a terminal.
    _private: (),
}

/// What a question came to.
fn answered<T>(answer: Result<T, InquireError>) -> Result<T, Trouble> {
    answer.map_err(|error| match error {
        InquireError::OperationInterrupted => Trouble::new(Exit::Signal(2), "left; nothing was changed"),
        InquireError::OperationCanceled => Trouble::new(Exit::Error, "left; nothing was changed"),
        error => Trouble::new(Exit::Usage, format!("cannot ask here ({error}); say it by flags, and --yes")),
    })
}

impl Asker {
    /// The person at the terminal, if there is one.
    pub(super) fn at_terminal() -> Option<Self> {
        let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        terminal.then_some(Self { _private: () })
    }

    /// A question that is answered by yes or no.
    #[expect(clippy::unused_self, reason = "without somebody there is nobody to ask")]
    pub(super) fn confirm(self, question: &str) -> Result<bool, Trouble> {
        answered(Confirm::new(question).with_default(false).prompt())
    }

    /// A question that is answered in a line.
    #[expect(clippy::unused_self, reason = "without somebody there is nobody to ask")]
    pub(super) fn line(self, question: &str) -> Result<String, Trouble> {
        answered(Line::new(question).prompt()).map(|line| line.trim().to_owned())
    }
}

/// A choice with the words for it, which come from EC2 and are harmless.
struct Choice<T>(T, String);

impl<T> fmt::Display for Choice<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.1)
    }
}

/// A question that is answered in a line, which is judged when it is given, by what reads the flag of the same meaning: what
/// it does not take is told there, and can be mended.
fn understood<T>(
    question: Line<'_, '_>,
    read: impl Fn(&str) -> Result<T, String> + Clone + 'static,
) -> Result<T, Trouble> {
    let reads = read.clone();
    let judge = move |line: &str| {
        Ok(match reads(line.trim()) {
            Ok(_) => Validation::Valid,
            Err(words) => Validation::Invalid(words.into()),
        })
    };
    let line = answered(question.with_validator(judge).prompt())?;
    read(line.trim()).map_err(|words| Trouble::new(Exit::Usage, words))
}

/// Asks for what was not said, with the choices that EC2 has. What EC2 does not have is told at once, and asked again.
pub(super) async fn fill_in(ec2: &Ec2, wishes: &mut Wishes, _: &Asker) -> Result<(), Trouble> {
    let offering = ask_type(ec2, wishes).await?;
    if wishes.volume.is_none() && wishes.size.is_none() {
        ask_home(ec2, wishes, &offering).await?;
    }
    if wishes.volume.is_none() && wishes.zone.is_none() && wishes.subnet.is_none() {
        let zones = ec2.zones().await?.into_iter().filter(|zone| offering.contains(zone)).collect();
        let zone = Select::new("Availability zone", zones).with_help_message("the volume stays in it for ever");
        wishes.zone = Some(answered(zone.prompt())?);
    }
    if wishes.image.is_none() && wishes.system.is_none() {
        let systems = vec![
            Choice(Family::Ubuntu, "Ubuntu, newest long-term release, by Canonical".to_owned()),
            Choice(Family::AmazonLinux, "Amazon Linux 2023, by Amazon".to_owned()),
        ];
        wishes.system = Some(answered(Select::new("System", systems).prompt())?.0);
    }
    ask_login(ec2, wishes).await?;
    if wishes.hostnames.is_empty() {
        let line = Line::new("Host name to publish").with_help_message("such as my-spot.example.com; empty for none");
        wishes.hostnames = understood(line, host_names)?;
    }
    Ok(())
}

/// The zones that offer the instance type, which is asked for when it was not said.
async fn ask_type(ec2: &Ec2, wishes: &mut Wishes) -> Result<BTreeSet<Text>, Trouble> {
    let said = wishes.instance_type.is_some();
    loop {
        let kind = if let Some(kind) = wishes.instance_type.clone() {
            kind
        } else {
            let line = Line::new("Instance type").with_help_message("for the builder and the spot instances");
            understood(line, args::instance_type)?
        };
        let zones = ec2.zones_with(&kind).await?;
        let problem = match &wishes.zone {
            _ if zones.is_empty() => format!("{kind}: it is not offered in {}", ec2.region()),
            Some(zone) if !zones.contains(zone) => {
                format!("{kind}: it is not offered in {zone}, but in {}", list(&zones))
            }
            _ => {
                wishes.instance_type = Some(kind);
                return Ok(zones);
            }
        };
        if said {
            return Err(Trouble::new(Exit::Usage, format!("--instance-type {problem}")));
        }
        output::remark(&problem);
    }
}

fn list(zones: &BTreeSet<Text>) -> String {
    zones.iter().map(Text::as_str).collect::<Vec<_>>().join(", ")
}

/// The home: a size, or a volume that is there.
async fn ask_home(ec2: &Ec2, wishes: &mut Wishes, offering: &BTreeSet<Text>) -> Result<(), Trouble> {
    // Only a new one can be made without encryption.
    let may_be_there = !wishes.unencrypted;
    let question = if may_be_there {
        "Size of the home volume in GiB, or the id of one that is there"
    } else {
        "Size of the home volume in GiB"
    };
    loop {
        let line = Line::new(question).with_default("100");
        match understood(line, move |text| home(text, may_be_there))? {
            HomeWish::New(size) => {
                wishes.size = Some(size);
                return Ok(());
            }
            HomeWish::There(id) => wishes.volume = Some(id),
        }
        let mut problems = Vec::new();
        let chosen = resolve::home(ec2, wishes, &mut problems).await?;
        if let Some(zone) = chosen.zone.filter(|zone| !offering.contains(zone)) {
            let kind = wishes.instance_type.clone().unwrap_or_default();
            problems.push(format!("it is in {zone}, where {kind} is not offered, but in {}", list(offering)));
        }
        if problems.is_empty() {
            return Ok(());
        }
        wishes.volume = None;
        for problem in &problems {
            output::remark(problem);
        }
    }
}

/// What somebody answers for the home.
#[derive(Debug, PartialEq, Eq)]
enum HomeWish {
    New(u32),
    There(VolumeId),
}

fn home(text: &str, may_be_there: bool) -> Result<HomeWish, String> {
    if may_be_there && text.starts_with("vol-") {
        return text.parse().map(HomeWish::There).map_err(|error: IdError| error.to_string());
    }
    args::size(text).map(HomeWish::New)
}

/// One host name, or none.
fn host_names(text: &str) -> Result<Vec<HostName>, String> {
    let name = Some(text).filter(|text| !text.is_empty()).map(str::parse::<HostName>).transpose();
    name.map(|name| name.into_iter().collect()).map_err(|error| error.to_string())
}

async fn ask_login(ec2: &Ec2, wishes: &mut Wishes) -> Result<(), Trouble> {
    if wishes.key_name.is_none() {
        let keys = ec2.key_pairs().await?;
        let mut choices: Vec<_> = keys
            .into_values()
            .map(|key| Choice(Some(key.name.clone()), format!("{} ({})", key.name, key.kind)))
            .collect();
        choices.push(Choice(None, "none".to_owned()));
        wishes.key_name = answered(Select::new("Key pair", choices).prompt())?.0;
    }
    if wishes.security_groups.is_empty() {
        let vpc = vpc(ec2, wishes).await?;
        let groups = match &vpc {
            Some(vpc) => ec2.security_groups_in(vpc).await?,
            None => return Ok(()),
        };
        let choices: Vec<_> = groups.into_values().map(choice).collect();
        if !choices.is_empty() {
            let question = MultiSelect::new("Security groups", choices).with_help_message("space marks, Enter goes on");
            wishes.security_groups = answered(question.prompt())?.into_iter().map(|choice| choice.0).collect();
        }
    }
    Ok(())
}

fn choice(group: SecurityGroup) -> Choice<crate::model::SecurityGroupId> {
    let any = |lets: fn(&Ingress, i32) -> bool| group.ingress.iter().any(|rule| lets(rule, 22));
    let ssh = match (any(Ingress::lets_addresses_in), any(Ingress::lets_in)) {
        (true, _) => "lets ssh in",
        (false, true) => "lets ssh in from security groups only",
        (false, false) => "does not let ssh in",
    };
    let words = format!("{} {} ({ssh})", group.id, group.name);
    Choice(group.id, words)
}

/// The VPC that the machine will be in, as far as it is clear.
async fn vpc(ec2: &Ec2, wishes: &Wishes) -> Result<Option<Text>, Trouble> {
    let found = match (&wishes.subnet, &wishes.zone, &wishes.volume) {
        (Some(subnet), ..) => ec2.subnets(&[subnet.clone()].into()).await?,
        (None, Some(zone), _) => ec2.subnets_in(zone).await?,
        (None, None, Some(volume)) => {
            let volumes = ec2.volumes(&[volume.clone()].into()).await?;
            match volumes.seen.get(volume) {
                Some(volume) => ec2.subnets_in(&volume.availability_zone).await?,
                None => return Ok(None),
            }
        }
        _ => return Ok(None),
    };
    let subnets: Vec<Subnet> = found.into_values().collect();
    let usual = subnets.iter().find(|subnet| subnet.is_default).or_else(|| subnets.first());
    Ok(usual.map(|subnet| subnet.vpc.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_a_size_as_the_flag_takes_it_or_a_volume_where_the_flags_allow_one() {
        assert_eq!(home("20", true), Ok(HomeWish::New(20)));
        assert_eq!(home("vol-e123456f", true), Ok(HomeWish::There("vol-e123456f".parse().unwrap())));
        assert!(home("vol-e123456f", false).unwrap_err().contains("65536"));
        assert!(home("vol-none", true).is_err() && home("0", true).is_err());
    }

    #[test]
    fn a_group_that_lets_in_its_members_alone_is_not_offered_as_one_that_lets_ssh_in() {
        let of = |source: &str| {
            let rule = Ingress { protocol: "-1".into(), ports: None, sources: vec![source.into()] };
            let id = "sg-0a1b2c3d".parse().unwrap();
            choice(SecurityGroup { id, name: "own".into(), vpc: "vpc-1".into(), ingress: vec![rule] }).1
        };
        assert!(of("203.0.113.0/24").ends_with("(lets ssh in)"));
        assert!(of("sg-0a1b2c3d").ends_with("(lets ssh in from security groups only)"));
    }
}
