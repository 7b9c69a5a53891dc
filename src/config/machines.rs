//! The machines: each as it is written, then all of them against each other.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use toml::Spanned;

use super::mistake::{Mistakes, line_of};
use super::rules;
use super::schema::VOLUME;
use super::table::Table;
use super::{AddressKind, HomeVolume, Machine, RebootRule};
use crate::model::{DeviceName, HostName, MachineName, SpotRequestId, VolumeId};

/// A machine as far as it could be read, each value with its place.
#[derive(Debug)]
pub(super) struct RawMachine {
    name: Option<Spanned<MachineName>>,
    spot_request: Option<Spanned<SpotRequestId>>,
    hostnames: Vec<Spanned<HostName>>,
    address: AddressKind,
    reboot: RebootRule,
    reboot_delay: Duration,
    ssh_user: Option<String>,
    volumes: Vec<RawVolume>,
}

#[derive(Debug)]
struct RawVolume {
    id: Option<Spanned<VolumeId>>,
    device: Option<Spanned<DeviceName>>,
}

impl RawMachine {
    /// Reads one machine.
    pub(super) fn read(table: &Table<'_, '_>, mistakes: &mut Mistakes) -> Self {
        Self {
            name: table.required("name", "train", rules::machine_name, mistakes),
            spot_request: table.required("spot_request", "sir-y1a23b4c", rules::spot_request, mistakes),
            hostnames: table.list("hostnames", "my-spot.example.com", rules::host_name, mistakes),
            address: table.or("address", AddressKind::Public, rules::word, mistakes),
            reboot: table.or("reboot", RebootRule::AfterAttach, rules::word, mistakes),
            reboot_delay: table.or("reboot_delay", Duration::from_secs(10), rules::reboot_delay, mistakes),
            ssh_user: table.optional("ssh_user", rules::login_name, mistakes).map(Spanned::into_inner),
            volumes: table
                .tables(&VOLUME, "this machine has no volume", mistakes)
                .iter()
                .map(|volume| RawVolume::read(volume, mistakes))
                .collect(),
        }
    }

    /// The machine, if nothing is missing from it.
    pub(super) fn complete(self) -> Option<Machine> {
        Some(Machine {
            name: self.name?.into_inner(),
            spot_request: self.spot_request?.into_inner(),
            hostnames: self.hostnames.into_iter().map(Spanned::into_inner).collect(),
            address: self.address,
            reboot: self.reboot,
            reboot_delay: self.reboot_delay,
            ssh_user: self.ssh_user,
            volumes: self.volumes.into_iter().map(RawVolume::complete).collect::<Option<_>>()?,
        })
    }

    fn volume_ids(&self) -> impl Iterator<Item = &Spanned<VolumeId>> {
        self.volumes.iter().filter_map(|volume| volume.id.as_ref())
    }

    fn devices(&self) -> impl Iterator<Item = &Spanned<DeviceName>> {
        self.volumes.iter().filter_map(|volume| volume.device.as_ref())
    }
}

impl RawVolume {
    fn read(table: &Table<'_, '_>, mistakes: &mut Mistakes) -> Self {
        Self {
            id: table.required("id", "vol-e123456f", rules::volume_id, mistakes),
            device: table.required("device", "/dev/sdp", rules::device, mistakes),
        }
    }

    fn complete(self) -> Option<HomeVolume> {
        Some(HomeVolume { id: self.id?.into_inner(), device: self.device?.into_inner() })
    }
}

/// Notes whatever may stand only once and stands twice.
pub(super) fn check_repetitions(machines: &[RawMachine], source: &str, mistakes: &mut Mistakes) {
    let mut check = Repetitions { source, mistakes };
    check.of(machines.iter().filter_map(|machine| machine.name.as_ref()), MachineName::to_string, |name| {
        (format!("two machines are named `{name}`"), "give each machine a name of its own")
    });
    check.of(machines.iter().filter_map(|machine| machine.spot_request.as_ref()), SpotRequestId::to_string, |id| {
        (format!("the spot request {id} is given twice"), "each machine has a spot request of its own")
    });
    check.of(machines.iter().flat_map(RawMachine::volume_ids), VolumeId::to_string, |id| {
        (format!("the volume {id} is given twice"), "a volume belongs to one machine, and stands there once")
    });
    check.of(machines.iter().flat_map(|machine| &machine.hostnames), folded, |name| {
        (format!("the host name `{name}` is given twice"), "a host name belongs to one machine, and stands there once")
    });
    for machine in machines {
        check.of(machine.devices(), DeviceName::to_string, |device| {
            (format!("two volumes of this machine are to be {device}"), "give each volume a device name of its own")
        });
    }
}

/// Notes host names that are another machine's name: in an ssh configuration both would head the same block.
pub(super) fn check_aliases(machines: &[RawMachine], source: &str, mistakes: &mut Mistakes) {
    let names: HashMap<String, &Spanned<MachineName>> = machines
        .iter()
        .filter_map(|machine| machine.name.as_ref())
        .map(|name| (name.get_ref().as_str().to_ascii_lowercase(), name))
        .collect();
    for machine in machines {
        let own = machine.name.as_ref().map(Spanned::span);
        for hostname in &machine.hostnames {
            let Some(other) = names.get(&folded(hostname.get_ref())).filter(|other| Some(other.span()) != own) else {
                continue;
            };
            let title = format!("the host name `{}` is the name of another machine", hostname.get_ref());
            let line = line_of(source, other.span().start);
            let help = format!("that machine is on line {line}; with [ssh] enabled both would be the same Host");
            mistakes.wrong(hostname.span(), title, help);
        }
    }
}

/// Host names are the same whatever their case.
fn folded(name: &HostName) -> String {
    name.as_str().to_ascii_lowercase()
}

struct Repetitions<'a> {
    source: &'a str,
    mistakes: &'a mut Mistakes,
}

impl Repetitions<'_> {
    /// Notes every value whose key has been seen before, in the words given for it.
    fn of<'v, T: 'v, K: Eq + Hash>(
        &mut self,
        values: impl Iterator<Item = &'v Spanned<T>>,
        key: impl Fn(&T) -> K,
        words: impl Fn(&T) -> (String, &'static str),
    ) {
        let mut seen = HashMap::new();
        for value in values {
            let span = value.span();
            let first = *seen.entry(key(value.get_ref())).or_insert(span.start);
            if first != span.start {
                let (title, advice) = words(value.get_ref());
                let help = format!("it stands first on line {}; {advice}", line_of(self.source, first));
                self.mistakes.wrong(span, title, help);
            }
        }
    }
}
