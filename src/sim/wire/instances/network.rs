//! The network interface of an instance, of which there is one. It is made with the instance and goes with it, and calls
//! cannot name it.

use super::super::super::ACCOUNT;
use super::super::super::account::{id, mix};
use super::super::Xml;
use super::super::filter::Attribute;
use super::super::xml::moment;
use super::groups;
use super::shown::{Shown, some};

/// Whose the public addresses are that EC2 lends.
const LENDER: &str = "amazon";

/// The interface's id, which follows from its instance's.
pub(super) fn interface_id(shown: &Shown<'_>) -> String {
    id("eni", shown.instance.id.as_str())
}

fn attachment_id(shown: &Shown<'_>) -> String {
    id("eni-attach", shown.instance.id.as_str())
}

/// An address of its own of the kind that is given out locally.
fn mac_address(shown: &Shown<'_>) -> String {
    let drawn = mix(shown.instance.id.as_str()).to_be_bytes();
    drawn.iter().take(5).fold("0a".to_owned(), |address, byte| format!("{address}:{byte:02x}"))
}

pub(super) fn interface(xml: &mut Xml, shown: &Shown<'_>) {
    let instance = shown.instance;
    xml.text("networkInterfaceId", interface_id(shown));
    if let Some((subnet, vpc, _)) = shown.network {
        xml.text("subnetId", subnet);
        xml.text("vpcId", vpc);
    }
    xml.text("description", "");
    xml.text("ownerId", ACCOUNT);
    xml.text("status", "in-use");
    xml.text("interfaceType", "interface");
    xml.text("macAddress", mac_address(shown));
    xml.text("sourceDestCheck", instance.launch.source_dest_check);
    groups(xml, shown);
    xml.within("attachment", |xml| {
        xml.text("attachmentId", attachment_id(shown));
        xml.text("deviceIndex", 0);
        xml.text("networkCardIndex", 0);
        xml.text("status", "attached");
        xml.time("attachTime", shown.made());
        xml.text("deleteOnTermination", true);
    });
    address(xml, shown);
    xml.list("privateIpAddressesSet", [()], |xml, ()| {
        xml.text("primary", true);
        address(xml, shown);
    });
    xml.nothing("ipv6AddressesSet");
}

/// An address inside the network, with the public one that belongs to it.
fn address(xml: &mut Xml, shown: &Shown<'_>) {
    let (private, public) = shown.names();
    xml.optional("privateIpAddress", shown.instance.private_ip);
    xml.text("privateDnsName", private);
    if let Some(outside) = shown.instance.public_ip {
        xml.within("association", |xml| {
            xml.text("publicIp", outside);
            xml.text("publicDnsName", public);
            xml.text("ipOwnerId", LENDER);
        });
    }
}

/// Something of the interface, while there is one.
fn of<T: ToString>(shown: &Shown<'_>, what: impl FnOnce(&Shown<'_>) -> T) -> Vec<String> {
    some(shown.network.map(|_| what(shown)))
}

/// Something of its public address, while it has one.
fn lent(shown: &Shown<'_>, what: impl FnOnce(&Shown<'_>) -> String) -> Vec<String> {
    some(shown.instance.public_ip.map(|_| what(shown)))
}

/// Those of EC2's filters for the interface for which there is something to compare here.
/// Source: EC2 API reference, DescribeInstances, `Filter.N`.
pub(super) fn attributes<'a>() -> Vec<Attribute<Shown<'a>>> {
    vec![
        ("network-interface.addresses.association.ip-owner-id", |row| lent(row, |_| LENDER.to_owned())),
        ("network-interface.addresses.association.public-dns-name", |row| lent(row, |row| row.names().1)),
        ("network-interface.addresses.association.public-ip", |row| some(row.instance.public_ip)),
        ("network-interface.addresses.primary", |row| of(row, |_| true)),
        ("network-interface.addresses.private-dns-name", |row| of(row, |row| row.names().0)),
        ("network-interface.addresses.private-ip-address", |row| some(row.instance.private_ip)),
        ("network-interface.association.ip-owner-id", |row| lent(row, |_| LENDER.to_owned())),
        ("network-interface.association.public-dns-name", |row| lent(row, |row| row.names().1)),
        ("network-interface.association.public-ip", |row| some(row.instance.public_ip)),
        ("network-interface.attachment.attach-time", |row| of(row, |row| moment(row.made()))),
        ("network-interface.attachment.attachment-id", |row| of(row, attachment_id)),
        ("network-interface.attachment.delete-on-termination", |row| of(row, |_| true)),
        ("network-interface.attachment.device-index", |row| of(row, |_| 0)),
        ("network-interface.attachment.instance-id", |row| of(row, |row| row.instance.id.clone())),
        ("network-interface.attachment.instance-owner-id", |row| of(row, |_| ACCOUNT)),
        ("network-interface.attachment.network-card-index", |row| of(row, |_| 0)),
        ("network-interface.attachment.status", |row| of(row, |_| "attached")),
        ("network-interface.availability-zone", |row| of(row, |row| row.instance.zone.clone())),
        ("network-interface.description", |row| of(row, |_| "")),
        ("network-interface.group-id", Shown::group_ids),
        ("network-interface.group-name", Shown::group_names),
        ("network-interface.mac-address", |row| of(row, mac_address)),
        ("network-interface.network-interface-id", |row| of(row, interface_id)),
        ("network-interface.owner-id", |row| of(row, |_| ACCOUNT)),
        ("network-interface.private-dns-name", |row| of(row, |row| row.names().0)),
        ("network-interface.private-ip-address", |row| some(row.instance.private_ip)),
        ("network-interface.public-dns-name", |row| lent(row, |row| row.names().1)),
        ("network-interface.requester-managed", |row| of(row, |_| false)),
        ("network-interface.source-dest-check", |row| of(row, |row| row.instance.launch.source_dest_check)),
        ("network-interface.status", |row| of(row, |_| "in-use")),
        ("network-interface.subnet-id", |row| some(row.network.map(|(subnet, ..)| subnet))),
        ("network-interface.vpc-id", |row| some(row.network.map(|(_, vpc, _)| vpc))),
    ]
}
