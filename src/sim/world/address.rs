//! Addresses: from the ranges set aside for documentation, given out in turn and, after their release, again.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

/// The first addresses of the public ranges and how many each has: TEST-NET-3, TEST-NET-2, TEST-NET-1 (RFC 5737), and
/// the benchmark range (RFC 2544) for worlds with more instances than documentation ever needed.
const PUBLIC: [(Ipv4Addr, u32); 4] = [
    (Ipv4Addr::new(203, 0, 113, 1), 254),
    (Ipv4Addr::new(198, 51, 100, 1), 254),
    (Ipv4Addr::new(192, 0, 2, 1), 254),
    (Ipv4Addr::new(198, 18, 0, 1), 131_070),
];

/// Where a zone has no subnet: 10.0.0.0/8 without its network address.
const ELSEWHERE: (Ipv4Addr, u32) = (Ipv4Addr::new(10, 0, 0, 10), 16_000_000);

/// How many addresses a /20 has for others: EC2 keeps the first four and the last. Source: Amazon VPC User Guide, "Subnet
/// CIDR blocks".
pub(in crate::sim) const IN_SUBNET: u32 = 4091;
const KEPT: u32 = 4;

/// The addresses in use and the ones to come.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    used: BTreeSet<IpAddr>,
    next_public: u32,
    /// By the first address of the network.
    next_private: BTreeMap<Ipv4Addr, u32>,
}

impl Addresses {
    /// A free public address; none when every one is in use.
    /// With a limit, of the first ones only.
    pub(super) fn public(&mut self, limit: Option<u32>) -> Option<IpAddr> {
        take(&PUBLIC, &mut self.next_public, &mut self.used, limit)
    }

    /// A free private address in the /20 that begins with this one; none when every one is in use.
    pub(super) fn private(&mut self, network: Option<Ipv4Addr>) -> Option<IpAddr> {
        let of_subnet = |network: Ipv4Addr| (Ipv4Addr::from_bits(network.to_bits().saturating_add(KEPT)), IN_SUBNET);
        let range = network.map_or(ELSEWHERE, of_subnet);
        take(&[range], self.next_private.entry(range.0).or_default(), &mut self.used, None)
    }

    /// Gives an address back: a stranger may have it next.
    pub(super) fn release(&mut self, address: IpAddr) {
        self.used.remove(&address);
    }
}

fn take(ranges: &[(Ipv4Addr, u32)], next: &mut u32, used: &mut BTreeSet<IpAddr>, limit: Option<u32>) -> Option<IpAddr> {
    let all: u32 = ranges.iter().map(|(_, size)| size).sum();
    let size = limit.map_or(all, |limit| limit.min(all));
    // The small ranges serve first and come round again: reuse by a stranger is to happen, and soon.
    let small = ranges.first().map_or(0, |(_, size)| *size).min(size);
    let turn = (0..small).map(|step| (*next + step) % small);
    let address = turn.chain(small..size).find_map(|index| nth(ranges, index).filter(|found| !used.contains(found)))?;
    *next = (*next + 1) % small.max(1);
    used.insert(address);
    Some(address)
}

fn nth(ranges: &[(Ipv4Addr, u32)], index: u32) -> Option<IpAddr> {
    let mut rest = index;
    for (first, size) in ranges {
        if rest < *size {
            return Some(Ipv4Addr::from_bits(first.to_bits() + rest).into());
        }
        rest -= size;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_given_to_one_instance_at_a_time_and_comes_round_again() {
        let mut addresses = Addresses::default();
        let first = addresses.public(None).unwrap();
        let given: BTreeSet<_> = (0..600).map(|_| addresses.public(None).unwrap()).collect();
        assert_eq!(given.len(), 600);
        assert!(!given.contains(&first));
        addresses.release(first);
        let again: Vec<_> = (0..300).filter_map(|_| addresses.public(None)).collect();
        assert!(again.contains(&first));
    }

    #[test]
    fn a_subnet_gives_all_its_addresses_but_those_that_ec2_keeps() {
        let mut addresses = Addresses::default();
        let network = Some(Ipv4Addr::new(172, 31, 16, 0));
        let given: BTreeSet<IpAddr> = (0..IN_SUBNET).map(|_| addresses.private(network).unwrap()).collect();
        assert_eq!(given.first(), Some(&IpAddr::from([172, 31, 16, 4])));
        assert_eq!(given.last(), Some(&IpAddr::from([172, 31, 31, 254])));
        assert_eq!(addresses.private(network), None);
    }

    #[test]
    fn few_addresses_come_round_at_once_and_run_out() {
        let mut addresses = Addresses::default();
        let (first, second) = (addresses.public(Some(2)).unwrap(), addresses.public(Some(2)).unwrap());
        assert_eq!(addresses.public(Some(2)), None);
        addresses.release(first);
        assert_eq!(addresses.public(Some(2)), Some(first));
        assert_ne!(first, second);
    }
}
