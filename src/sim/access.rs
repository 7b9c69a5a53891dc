//! What lets people in: security groups and key pairs, which no call here makes or changes.

use super::records::Tags;

/// A security group.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    /// What comes in.
    pub(super) ingress: Vec<Rule>,
    /// What goes out.
    pub(super) egress: Vec<Rule>,
    pub(super) tags: Tags,
}

/// What one rule lets through.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// `tcp`, `udp`, `icmp`, or `-1` for everything, which has no ports.
    pub(super) protocol: String,
    /// The first port and the last.
    pub(super) ports: Option<(u16, u16)>,
    /// From or to where, as ranges of addresses; those of IPv6 have a colon.
    pub(super) ranges: Vec<String>,
    /// From or to which groups.
    pub(super) groups: Vec<String>,
}

impl Group {
    /// The default group of a network: its members may speak to one another, and to everybody.
    /// Source: Amazon VPC User Guide, "Default security groups for your VPCs".
    pub(super) fn default_one(id: &str) -> Self {
        let everything = |ranges: &[&str], groups: &[&str]| Rule {
            protocol: "-1".to_owned(),
            ports: None,
            ranges: ranges.iter().map(ToString::to_string).collect(),
            groups: groups.iter().map(ToString::to_string).collect(),
        };
        Self {
            id: id.to_owned(),
            name: "default".to_owned(),
            description: "default VPC security group".to_owned(),
            ingress: vec![everything(&[], &[id])],
            egress: vec![everything(&["0.0.0.0/0"], &[])],
            tags: Tags::new(),
        }
    }
}

/// A key pair.
#[derive(Debug, Clone)]
pub(super) struct KeyPair {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) fingerprint: String,
}
