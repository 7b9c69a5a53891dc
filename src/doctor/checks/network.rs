//! Reaching the machine: security groups and the key pair.

use super::Found;
use crate::doctor::case::{Case, answered};
use crate::doctor::remedy::Remedy;
use crate::doctor::verdict::{Unknown, fault, ok, warning};
use crate::model::{Ingress, SecurityGroup, SecurityGroupId};

/// The port of ssh.
const SSH: i32 = 22;

/// From everywhere, as EC2 writes it.
const WORLD: [&str; 2] = ["0.0.0.0/0", "::/0"];

pub(super) fn ssh(case: &Case<'_>) -> Found {
    let ids = &case.terms()?.security_groups;
    if ids.is_empty() {
        let list = ["ec2", "describe-security-groups", "--filters", "Name=group-name,Values=default"];
        let remedy = Remedy::new("look at what the default group lets in").run(case.aws().command(&list));
        let why = "the request names no security group: its instances get the default one of their VPC";
        return Err(Unknown::new(why).with(remedy));
    }
    let known = answered(&case.facts.security_groups)?;
    if let Some(gone) = ids.iter().find(|id| !known.contains_key(*id)) {
        let rest: Vec<_> = ids.iter().filter(|id| known.contains_key(*id)).cloned().collect();
        let remedy = case.replace("without it", |fields| {
            fields.insert("SecurityGroupIds".to_owned(), serde_json::json!(rest));
        });
        return Ok(fault(format!("{gone} is not there: the next launch fails"), remedy));
    }
    if case.machine.hostnames.is_empty() && !case.config.ssh.enabled {
        return Ok(ok("its groups are there; no name is published for this machine, so nobody looks for its ssh"));
    }
    let open: Vec<(&SecurityGroup, &Ingress)> = ids
        .iter()
        .filter_map(|id| known.get(id))
        .flat_map(|group| group.ingress.iter().map(move |rule| (group, rule)))
        .filter(|(_, rule)| rule.lets_in(SSH) && !rule.sources.is_empty())
        .collect();
    if let Some((group, _)) =
        open.iter().find(|(_, rule)| rule.sources.iter().any(|from| WORLD.contains(&from.as_str())))
    {
        return Ok(ok(format!("{} ({}) lets in the whole world", group.id, group.name)));
    }
    let sources = |(group, rule): &(&SecurityGroup, &Ingress)| {
        let from: Vec<&str> = rule.sources.iter().map(crate::model::Text::as_str).collect();
        format!("{} lets in {}", group.id, from.join(", "))
    };
    if open.is_empty() {
        return Ok(fault("none of its security groups lets in TCP port 22", let_in(case, ids)));
    }
    let seen = open.iter().map(sources).collect::<Vec<_>>().join("; ");
    if open.iter().any(|(_, rule)| rule.lets_addresses_in(SSH)) {
        return Ok(ok(seen));
    }
    let seen = format!("only what is in a security group gets to its ssh, from no address outside: {seen}");
    Ok(warning(seen, let_in(case, ids)))
}

/// What lets this computer in.
fn let_in(case: &Case<'_>, ids: &[SecurityGroupId]) -> Remedy {
    let remedy = Remedy::new("let your own address in, in place of 203.0.113.7");
    let Some(group) = ids.first() else { return remedy };
    let open = ["ec2", "authorize-security-group-ingress", "--group-id", group.as_str(), "--protocol", "tcp"];
    let open = [open.as_slice(), &["--port", "22", "--cidr", "203.0.113.7/32"]].concat();
    remedy.run(case.aws().command(&open))
}

pub(super) fn key_pair(case: &Case<'_>) -> Found {
    let name = &case.terms()?.key_name;
    if name.is_empty() {
        return Ok(ok("the request names none: who may log in is up to the image"));
    }
    if let Some(key) = answered(&case.facts.key_pairs)?.get(name) {
        return Ok(ok(format!("{name} ({}) is there", key.kind)));
    }
    let import = ["ec2", "import-key-pair", "--key-name", name.as_str()];
    let import = [import.as_slice(), &["--public-key-material", "fileb://~/.ssh/id_ed25519.pub"]].concat();
    let remedy = Remedy::new("give EC2 a public key under this name again").run(case.aws().command(&import));
    Ok(fault(format!("{name} is not there: the next launch fails"), remedy))
}
