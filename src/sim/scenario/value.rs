//! What single values of a scenario can be: what is misspelt is refused where it is read, with its line.
//!
//! What a request shows at its beginning or by an event is left alone: it is there for states and codes that nobody knows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::super::hardware::Hardware;
use super::super::launch::is_device_name;
use super::super::records::Capacity;
use super::super::wire;
use crate::model::{DeviceName, ImageId, SecurityGroupId};

/// Defines functions for serde that take these words and no others.
macro_rules! words {
    ($($name:ident: $($word:literal)+;)+) => {$(
        pub(in crate::sim) fn $name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
            one_of(deserializer, &[$($word),+])
        }
    )+};
}

words! {
    kind: "one-time" "persistent";
    behavior: "terminate" "stop" "hibernate";
    instance_state: "pending" "running" "stopping" "stopped" "shutting-down" "terminated";
    volume_state: "creating" "available" "in-use" "deleting" "deleted" "error";
    attachment_state: "attaching" "attached" "detaching" "detached" "busy";
    image_state: "pending" "available" "invalid" "deregistered" "transient" "failed" "error" "disabled";
    architecture: "x86_64" "arm64" "i386" "x86_64_mac" "arm64_mac";
    protocol: "tcp" "udp" "icmp" "icmpv6" "-1";
}

fn one_of<'de, D: Deserializer<'de>>(deserializer: D, words: &[&str]) -> Result<String, D::Error> {
    let word = String::deserialize(deserializer)?;
    if words.contains(&word.as_str()) { Ok(word) } else { Err(none_of(&word, words)) }
}

fn none_of<E: Error>(word: &str, words: &[&str]) -> E {
    E::custom(format!("{word:?} is none of these: {}", words.join(", ")))
}

/// The status codes that a request can be held with. Source: Amazon EC2 user guide, "Spot request status"; the last one is
/// of its older editions.
const HOLDING: [&str; 13] = [
    "capacity-not-available",
    "price-too-low",
    "pending-evaluation",
    "pending-fulfillment",
    "not-scheduled-yet",
    "launch-group-constraint",
    "az-group-constraint",
    "placement-group-constraint",
    "constraint-not-fulfillable",
    "limit-exceeded",
    "bad-parameters",
    "system-error",
    "capacity-oversubscribed",
];

/// Capacity: `available`, or the status code that the request is held with; `{ unknown = "…" }` is one that EC2 does not
/// have yet.
pub(in crate::sim) fn capacity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Capacity, D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct OfTomorrow {
        unknown: String,
    }
    struct Written;
    impl<'de> Visitor<'de> for Written {
        type Value = Capacity;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("\"available\", a status code such as \"capacity-not-available\", or { unknown = \"…\" }")
        }

        fn visit_str<E: Error>(self, word: &str) -> Result<Capacity, E> {
            if word == "available" || HOLDING.contains(&word) {
                return Ok(Capacity::from(word.to_owned()));
            }
            let words = HOLDING.join(", ");
            Err(E::custom(format!(
                "{word:?} is none of these: available, {words}; a code that EC2 does not have is written {{ unknown = {word:?} }}"
            )))
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Capacity, A::Error> {
            let OfTomorrow { unknown } = OfTomorrow::deserialize(MapAccessDeserializer::new(map))?;
            if unknown.is_empty() {
                Err(A::Error::custom("a status code is some text"))
            } else {
                Ok(Capacity::Lacking(unknown))
            }
        }
    }
    deserializer.deserialize_any(Written)
}

/// The same, where it may be left out.
pub(in crate::sim) fn optional_capacity<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Capacity>, D::Error> {
    capacity(d).map(Some)
}

/// The state of a volume, where it may be left out.
pub(in crate::sim) fn optional_volume_state<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    volume_state(d).map(Some)
}

/// An action that is served.
pub(in crate::sim) fn optional_action<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    let action = String::deserialize(d)?;
    if wire::actions().chain(["GetCallerIdentity"]).any(|served| served == action) {
        return Ok(Some(action));
    }
    Err(D::Error::custom(format!("{action:?} is no call that is served here; the documentation lists them all")))
}

/// An instance type that there is, such as `g5.xlarge`.
pub(in crate::sim) fn instance_type<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    let name = String::deserialize(d)?;
    checked_type(&name)?;
    Ok(name)
}

/// The same, where it may be left out.
pub(in crate::sim) fn optional_instance_type<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    instance_type(d).map(Some)
}

/// Instance types by zone.
pub(in crate::sim) fn types_by_zone<'de, D: Deserializer<'de>>(
    d: D,
) -> Result<BTreeMap<String, Vec<String>>, D::Error> {
    let zones = BTreeMap::<String, Vec<String>>::deserialize(d)?;
    zones.values().flatten().try_for_each(|name| checked_type(name))?;
    Ok(zones)
}

fn checked_type<E: Error>(name: &str) -> Result<(), E> {
    let known = Hardware::of(name).map(|_| ());
    known.ok_or_else(|| E::custom(format!("{name:?} is no instance type that EC2 has, such as g5.xlarge")))
}

/// The id of an image.
pub(in crate::sim) fn image_id<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    ImageId::deserialize(d).map(String::from)
}

/// The ids of images.
pub(in crate::sim) fn image_ids<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<String>, D::Error> {
    Vec::<ImageId>::deserialize(d).map(|ids| ids.into_iter().map(String::from).collect())
}

/// The id of a security group, where it may be left out.
pub(in crate::sim) fn optional_group_id<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    SecurityGroupId::deserialize(d).map(|id| Some(String::from(id)))
}

/// The name of a device that a volume can be attached to.
pub(in crate::sim) fn device<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    DeviceName::deserialize(d).map(String::from)
}

/// The names of such devices.
pub(in crate::sim) fn devices<'de, D: Deserializer<'de>>(d: D) -> Result<BTreeSet<String>, D::Error> {
    Vec::<DeviceName>::deserialize(d).map(|names| names.into_iter().map(String::from).collect())
}

/// The name of a device that an image maps: its root has one that no volume is attached by later.
pub(in crate::sim) fn image_device<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    let name = String::deserialize(d)?;
    if is_device_name(&name) {
        return Ok(name);
    }
    Err(D::Error::custom(format!("{name:?} is no device name of an image, such as /dev/sda1 or /dev/sdf")))
}

/// The name of a disk of the instance itself, where it may be left out.
/// Source: EC2 API reference, `BlockDeviceMapping`, `VirtualName`.
pub(in crate::sim) fn optional_virtual_name<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    let name = String::deserialize(d)?;
    if name.strip_prefix("ephemeral").is_some_and(|number| number.parse::<u8>().is_ok()) {
        return Ok(Some(name));
    }
    Err(D::Error::custom(format!(
        "{name:?} is no disk of an instance itself: those are ephemeral0, ephemeral1 and so on"
    )))
}

/// The number of an account, where it may be left out.
pub(in crate::sim) fn optional_account<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    let account = String::deserialize(d)?;
    if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Some(account));
    }
    Err(D::Error::custom(format!("{account:?} is no account: that is a number of twelve digits")))
}

/// The name of a KMS key, where it may be left out.
pub(in crate::sim) fn optional_key<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    let key = String::deserialize(d)?;
    if key.starts_with("arn:") {
        return Ok(Some(key));
    }
    Err(D::Error::custom(format!("{key:?} is no ARN of a key, such as arn:aws:kms:us-east-1:123456789012:key/home")))
}

/// A share, from 0 to 1.
pub(in crate::sim) fn share<'de, D: Deserializer<'de>>(d: D) -> Result<f64, D::Error> {
    let share = f64::deserialize(d)?;
    if (0.0..=1.0).contains(&share) {
        return Ok(share);
    }
    Err(D::Error::custom(format!("{share} is no share: that is a number from 0 to 1")))
}

/// The same, where it may be left out.
pub(in crate::sim) fn optional_share<'de, D: Deserializer<'de>>(d: D) -> Result<Option<f64>, D::Error> {
    share(d).map(Some)
}

/// The HTTP status of an error, where it may be left out.
pub(in crate::sim) fn optional_status<'de, D: Deserializer<'de>>(d: D) -> Result<Option<u16>, D::Error> {
    status(d).map(Some)
}

/// The HTTP status of an error.
pub(in crate::sim) fn status<'de, D: Deserializer<'de>>(d: D) -> Result<u16, D::Error> {
    let status = u16::deserialize(d)?;
    if (400..=599).contains(&status) {
        return Ok(status);
    }
    Err(D::Error::custom(format!("{status} is no HTTP status of an error: those are 400 to 599")))
}

/// A number above nothing.
pub(in crate::sim) fn positive<'de, D, T>(d: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default + PartialEq,
{
    let number = T::deserialize(d)?;
    if number == T::default() { Err(D::Error::custom("this is 1 at least, not 0")) } else { Ok(number) }
}

/// The same, where it may be left out.
pub(in crate::sim) fn optional_positive<'de, D, T>(d: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default + PartialEq,
{
    positive(d).map(Some)
}

/// A range of addresses, as `10.0.0.0/8` or `::/0`.
///
/// # Errors
/// When it is none.
pub(super) fn cidr(text: &str) -> Result<(), String> {
    let parsed = text.split_once('/').and_then(|(address, bits)| {
        let address: std::net::IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        bits.parse::<u8>().ok().filter(|bits| *bits <= most)
    });
    parsed.map(|_| ()).ok_or_else(|| format!("{text:?} is no range of addresses such as 10.0.0.0/8 or ::/0"))
}
