//! Reaching the machine: security groups and the key pair.

use super::Found;
use crate::doctor::anew::{Anew, Change};
use crate::doctor::case::{Case, answered};
use crate::doctor::remedy::Remedy;
use crate::doctor::verdict::{Finding, fault, ok, warning};
use crate::model::{Ingress, SecurityGroup, SecurityGroupId};

/// The port of ssh.
const SSH: i32 = 22;

/// From everywhere, as EC2 writes it.
const WORLD: [&str; 2] = ["0.0.0.0/0", "::/0"];

pub(super) fn ssh(case: &Case<'_>) -> Found {
    let ids = &case.terms()?.security_groups;
    if ids.is_empty() {
        let group = case.default_group()?;
        let of = format!("the request names none, so that it is the default group of {}: ", group.vpc);
        return Ok(reach(case, &[group], &of));
    }
    let known = answered(&case.facts.security_groups)?;
    let (there, gone): (Vec<_>, Vec<_>) = ids.iter().partition(|id| known.contains_key(*id));
    if !gone.is_empty() {
        let gone = gone.into_iter().map(SecurityGroupId::as_str).collect::<Vec<_>>().join(", ");
        let anew = Anew::new(format!("without {gone}"), Change::Groups(there.into_iter().cloned().collect()));
        return Ok(fault(format!("{gone} is not there: the next launch fails"), anew));
    }
    Ok(reach(case, &ids.iter().filter_map(|id| known.get(id)).collect::<Vec<_>>(), ""))
}

/// Whether ssh gets through these groups. `of` says beforehand where they come from.
fn reach(case: &Case<'_>, groups: &[&SecurityGroup], of: &str) -> Finding {
    if case.machine.hostnames.is_empty() && !case.config.ssh.enabled {
        let words = "its groups are there; no name is published for this machine, so nobody looks for its ssh";
        return ok(format!("{of}{words}"));
    }
    let open: Vec<(&SecurityGroup, &Ingress)> = groups
        .iter()
        .flat_map(|group| group.ingress.iter().map(move |rule| (*group, rule)))
        .filter(|(_, rule)| rule.lets_in(SSH) && !rule.sources.is_empty())
        .collect();
    if let Some((group, _)) =
        open.iter().find(|(_, rule)| rule.sources.iter().any(|from| WORLD.contains(&from.as_str())))
    {
        return ok(format!("{of}{} ({}) lets in the whole world", group.id, group.name));
    }
    let sources = |(group, rule): &(&SecurityGroup, &Ingress)| {
        let from: Vec<&str> = rule.sources.iter().map(crate::model::Text::as_str).collect();
        format!("{} lets in {}", group.id, from.join(", "))
    };
    if open.is_empty() {
        return fault(format!("{of}none of its security groups lets in TCP port 22"), let_in(case, groups));
    }
    let seen = open.iter().map(sources).collect::<Vec<_>>().join("; ");
    if open.iter().any(|(_, rule)| rule.lets_addresses_in(SSH)) {
        return ok(format!("{of}{seen}"));
    }
    let seen = format!("{of}only what is in a security group gets to its ssh, from no address outside: {seen}");
    warning(seen, let_in(case, groups))
}

/// What lets this computer in.
fn let_in(case: &Case<'_>, groups: &[&SecurityGroup]) -> Remedy {
    let remedy = Remedy::new("let your own address in, in place of 203.0.113.7");
    let Some(group) = groups.first() else { return remedy };
    let open = ["ec2", "authorize-security-group-ingress", "--group-id", group.id.as_str(), "--protocol", "tcp"];
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
