//! DescribeSecurityGroups and DescribeKeyPairs.

use super::super::ACCOUNT;
use super::super::access::{Group, KeyPair, Rule};
use super::super::records::Tags;
use super::super::refusal::Refusal;
use super::super::world::World;
use super::describe::{self, Kind};
use super::filter::{self, Attribute, Row};
use super::query::Query;
use super::{Xml, action};
use crate::model::SecurityGroupId;

pub(super) const GROUPS: Kind = Kind { parameter: "GroupId", not_found: Refusal::no_groups, never_paged: None };

/// A group with the network that it belongs to.
struct InVpc<'a> {
    group: &'a Group,
    vpc: &'a str,
}

/// The values of rules.
fn of_rules(rules: &[Rule], what: impl Fn(&Rule) -> Vec<String>) -> Vec<String> {
    rules.iter().flat_map(what).collect()
}

fn ranges(rules: &[Rule], v6: bool) -> Vec<String> {
    of_rules(rules, |rule| rule.ranges.iter().filter(|range| range.contains(':') == v6).cloned().collect())
}

fn ports(rules: &[Rule], port: impl Fn((u16, u16)) -> u16) -> Vec<String> {
    of_rules(rules, |rule| rule.ports.map(|ports| port(ports).to_string()).into_iter().collect())
}

impl Row for InVpc<'_> {
    fn attributes() -> Vec<Attribute<Self>> {
        vec![
            ("group-id", |row| vec![row.group.id.clone()]),
            ("group-name", |row| vec![row.group.name.clone()]),
            ("description", |row| vec![row.group.description.clone()]),
            ("vpc-id", |row| vec![row.vpc.to_owned()]),
            ("owner-id", |_| vec![ACCOUNT.to_owned()]),
            ("ip-permission.protocol", |row| of_rules(&row.group.ingress, |rule| vec![rule.protocol.clone()])),
            ("ip-permission.from-port", |row| ports(&row.group.ingress, |(first, _)| first)),
            ("ip-permission.to-port", |row| ports(&row.group.ingress, |(_, last)| last)),
            ("ip-permission.cidr", |row| ranges(&row.group.ingress, false)),
            ("ip-permission.ipv6-cidr", |row| ranges(&row.group.ingress, true)),
            ("ip-permission.group-id", |row| of_rules(&row.group.ingress, |rule| rule.groups.clone())),
            ("egress.ip-permission.cidr", |row| ranges(&row.group.egress, false)),
        ]
    }

    fn tags(&self) -> &Tags {
        &self.group.tags
    }
}

pub(super) fn groups(world: &World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let account = &world.account;
    let names = query.list("GroupName");
    if let Some(unknown) = names.iter().find(|name| !account.groups.iter().any(|group| group.name == **name)) {
        let message = format!("The security group '{unknown}' does not exist in default VPC '{}'", account.vpc);
        return Err(Refusal::client("InvalidGroup.NotFound", message));
    }
    let asked_for = |group: &&Group| names.is_empty() || names.contains(&group.name.as_str());
    let found = account.groups.iter().filter(asked_for);
    let mut rows: Vec<InVpc<'_>> = found.map(|group| InVpc { group, vpc: &account.vpc }).collect();
    rows.sort_by(|a, b| a.group.id.cmp(&b.group.id));
    let empty_pages = world.knobs.empty_pages;
    let chosen =
        describe::choose::<SecurityGroupId, _>(query, &GROUPS, rows, empty_pages, |row| row.group.id.as_str())?;
    xml.list("securityGroupInfo", chosen.0, |xml, row| {
        let group = row.group;
        xml.text("ownerId", ACCOUNT);
        xml.text("groupId", &group.id);
        xml.text("groupName", &group.name);
        xml.text("groupDescription", &group.description);
        xml.text("vpcId", row.vpc);
        xml.text("securityGroupArn", format!("arn:aws:ec2:{}:{ACCOUNT}:security-group/{}", world.region, group.id));
        xml.list("ipPermissions", &group.ingress, rule);
        xml.list("ipPermissionsEgress", &group.egress, rule);
        xml.tags(&group.tags);
    });
    describe::finish(xml, chosen.1);
    Ok(())
}

fn rule(xml: &mut Xml, rule: &Rule) {
    xml.text("ipProtocol", &rule.protocol);
    xml.optional("fromPort", rule.ports.map(|(first, _)| first));
    xml.optional("toPort", rule.ports.map(|(_, last)| last));
    xml.list("groups", &rule.groups, |xml, group| {
        xml.text("userId", ACCOUNT);
        xml.text("groupId", group);
    });
    let (v6, v4): (Vec<&String>, Vec<&String>) = rule.ranges.iter().partition(|range| range.contains(':'));
    xml.list("ipRanges", v4, |xml, range| xml.text("cidrIp", range));
    xml.list("ipv6Ranges", v6, |xml, range| xml.text("cidrIpv6", range));
    xml.nothing("prefixListIds");
}

/// A key pair with the tags that it does not have.
struct Shown<'a> {
    pair: &'a KeyPair,
    tags: Tags,
}

impl Row for Shown<'_> {
    fn attributes() -> Vec<Attribute<Self>> {
        vec![
            ("key-name", |row| vec![row.pair.name.clone()]),
            ("key-pair-id", |row| vec![row.pair.id.clone()]),
            ("fingerprint", |row| vec![row.pair.fingerprint.clone()]),
        ]
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }
}

/// Key pairs come without pages.
pub(super) fn key_pairs(world: &World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let (names, ids) = (query.list("KeyName"), query.list("KeyPairId"));
    action::refuse_dry_run(query)?;
    let pairs = &world.account.key_pairs;
    let unknown_name = names.iter().find(|name| !pairs.iter().any(|pair| pair.name == **name));
    let unknown_id = ids.iter().find(|id| !pairs.iter().any(|pair| pair.id == **id));
    if let Some(unknown) = unknown_name.or(unknown_id) {
        return Err(no_key_pair(unknown));
    }
    let all = names.is_empty() && ids.is_empty();
    let wanted = |pair: &&KeyPair| all || names.contains(&pair.name.as_str()) || ids.contains(&pair.id.as_str());
    let rows = pairs.iter().filter(wanted).map(|pair| Shown { pair, tags: Tags::new() }).collect();
    let mut rows = filter::select(rows, &query.filters())?;
    query.arrange(&mut rows);
    xml.list("keySet", rows, |xml, row| {
        xml.text("keyPairId", &row.pair.id);
        xml.text("keyName", &row.pair.name);
        xml.text("keyFingerprint", &row.pair.fingerprint);
        xml.text("keyType", "ed25519");
        xml.tags(&row.tags);
        xml.text("createTime", "2025-01-01T00:00:00.000Z");
    });
    Ok(())
}

/// Says that there is no such key pair.
pub(super) fn no_key_pair(name: &str) -> Refusal {
    Refusal::client("InvalidKeyPair.NotFound", format!("The key pair '{name}' does not exist"))
}
