//! The network interface of an instance, of which there is one. It is made with the instance and goes with it, and calls
//! cannot name it.

use super::super::super::ACCOUNT;
use super::super::super::account::{id, mix};
use super::super::Xml;
use super::groups;
use super::shown::Shown;

/// The interface's id, which follows from its instance's.
pub(super) fn interface_id(shown: &Shown<'_>) -> String {
    id("eni", shown.instance.id.as_str())
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
        xml.text("attachmentId", id("eni-attach", instance.id.as_str()));
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
    xml.within("ipv6AddressesSet", |_| {});
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
            xml.text("ipOwnerId", "amazon");
        });
    }
}
