//! Whether the parts of a scenario fit together. What a single value can be is said where it is read.

mod place;

use std::collections::{BTreeMap, BTreeSet};

use self::place::Source;
use super::super::account;
use super::super::launch::Disk;
use super::super::policy::Policy;
use super::{Action, GroupSpec, InstanceSpec, OneOrMany, RequestSpec, RuleSpec, Scenario, ScenarioError, value};
use crate::model::{SpotRequestId, VolumeId};

/// Looks for contradictions in a scenario that was read from this source.
///
/// # Errors
/// With all that there are, each with its line.
pub(super) fn check(scenario: &Scenario, source: &str) -> Result<(), ScenarioError> {
    let mut check = Check { scenario, zones: scenario.zone_names(), holders: BTreeMap::new(), mistakes: Vec::new() };
    check.account();
    check.groups();
    check.ids();
    check.images();
    check.volumes();
    check.requests();
    check.instances();
    check.held();
    check.events();
    check.policies();
    if check.mistakes.is_empty() {
        return Ok(());
    }
    let source = Source::new(source);
    let mut lines: Vec<_> = check.mistakes.into_iter().map(|(at, what)| (source.line(&at), what)).collect();
    lines.sort();
    let lines: Vec<String> = lines.into_iter().map(|(line, what)| format!("line {line}: {what}")).collect();
    Err(ScenarioError::Contradiction(lines.join("\n  ")))
}

/// The contradictions so far: where each is, as `request.0.zone`, and what is wrong there.
struct Check<'a> {
    scenario: &'a Scenario,
    zones: Vec<String>,
    /// Who has a volume attached.
    holders: BTreeMap<&'a VolumeId, usize>,
    mistakes: Vec<(String, String)>,
}

impl<'a> Check<'a> {
    fn wrong(&mut self, at: impl Into<String>, what: impl Into<String>) {
        self.mistakes.push((at.into(), what.into()));
    }

    /// Says of all but the first of several names that they are there already.
    fn once<'b>(&mut self, names: impl IntoIterator<Item = (String, &'b str)>) {
        let mut known = BTreeSet::new();
        for (at, name) in names {
            if !known.insert(name) {
                self.wrong(at, format!("{name} is there twice"));
            }
        }
    }

    fn zone(&mut self, at: String, zone: &str) {
        if !self.zones.iter().any(|known| known == zone) {
            let zones = self.zones.join(", ");
            self.wrong(at, format!("{zone} is no zone of the scenario, which has {zones}"));
        }
    }

    fn account(&mut self) {
        let (scenario, region) = (self.scenario, self.scenario.region());
        let is_zone = |zone: &str| zone.strip_prefix(region).is_some_and(|rest| !rest.is_empty());
        for (n, zone) in scenario.zones.iter().enumerate().filter(|(_, zone)| !is_zone(zone)) {
            self.wrong(
                format!("zones.{n}"),
                format!("{zone} is no zone of {region}: its zones begin with its name and have more"),
            );
        }
        self.once(numbered("zones", &scenario.zones));
        self.once(numbered("key_pairs", &scenario.key_pairs));
        for zone in scenario.not_offered.keys() {
            self.zone(format!("not_offered.{zone}"), zone);
        }
    }

    /// No id can be there twice.
    fn ids(&mut self) {
        let scenario = self.scenario;
        let own = (0..).zip(&scenario.more_images).map(|(n, image)| (format!("image.{n}.id"), image.id.as_str()));
        self.once(numbered("images", &scenario.images).chain(own));
        self.once((0..).zip(&scenario.volumes).map(|(n, volume)| (format!("volume.{n}.id"), volume.id.as_str())));
        self.once((0..).zip(&scenario.requests).map(|(n, request)| (format!("request.{n}.id"), request.id.as_str())));
        let instances = all_instances(scenario);
        self.once(instances.filter_map(|(at, instance, _)| Some((format!("{at}.id"), instance.id.as_ref()?.as_str()))));
    }

    fn groups(&mut self) {
        let scenario = self.scenario;
        let default = account::id("sg", scenario.region());
        let own = scenario.groups.iter().filter_map(|group| group.id.as_deref());
        let known: BTreeSet<&str> = own.chain([default.as_str()]).collect();
        self.once(
            (0..)
                .zip(&scenario.groups)
                .filter_map(|(n, group)| Some((format!("security_group.{n}.id"), group.id.as_deref()?))),
        );
        for (n, group) in scenario.groups.iter().enumerate() {
            let GroupSpec { id, name, ingress, .. } = group;
            if id.is_none() && name != "default" {
                self.wrong(format!("security_group.{n}"), format!("the security group {name} has no id"));
            }
            for (m, rule) in ingress.iter().enumerate() {
                self.rule(&format!("security_group.{n}.ingress.{m}"), rule, &known);
            }
        }
    }

    fn rule(&mut self, at: &str, rule: &RuleSpec, groups: &BTreeSet<&str>) {
        if let (Some(from), Some(to)) = (rule.from, rule.to)
            && to < from
        {
            self.wrong(format!("{at}.to"), format!("the ports {from} to {to} are none: the last is before the first"));
        }
        for wrong in rule.cidr.iter().flat_map(OneOrMany::iter).filter_map(|range| value::cidr(range).err()) {
            self.wrong(format!("{at}.cidr"), wrong);
        }
        let named = rule.group.iter().flat_map(OneOrMany::iter);
        for group in named.filter(|group| !groups.contains(group.as_str())) {
            self.wrong(format!("{at}.group"), format!("{group} is no security group of the scenario"));
        }
    }

    /// An image maps each device once.
    fn images(&mut self) {
        for (n, image) in self.scenario.more_images.iter().enumerate() {
            let root = (format!("image.{n}.root_device"), image.root_device.as_str());
            let others = image.devices.iter().enumerate();
            let others = others.map(|(m, own)| (format!("image.{n}.devices.{m}.device"), own.device.as_str()));
            self.once(std::iter::once(root).chain(others));
        }
    }

    fn volumes(&mut self) {
        for (n, volume) in self.scenario.volumes.iter().enumerate() {
            self.zone(format!("volume.{n}.zone"), &volume.zone);
            if volume.size > Disk::LARGEST {
                let what = format!("a volume has {} GiB at most, not {}", Disk::LARGEST, volume.size);
                self.wrong(format!("volume.{n}.size"), what);
            }
            if volume.encrypted == Some(false) && (volume.key.is_some() || volume.bad_key) {
                self.wrong(format!("volume.{n}.encrypted"), "a volume with a key is encrypted");
            }
        }
    }

    fn requests(&mut self) {
        for (n, request) in self.scenario.requests.iter().enumerate() {
            let RequestSpec { zone, next_zone, kind, behavior, homes, .. } = request;
            for (key, zone) in [("zone", zone), ("next_zone", next_zone)] {
                if let Some(zone) = zone {
                    self.zone(format!("request.{n}.{key}"), zone);
                }
            }
            if kind == "one-time" && behavior != "terminate" {
                let what =
                    format!("the instances of a one-time request are terminated: {behavior} needs a persistent one");
                self.wrong(format!("request.{n}.behavior"), what);
            }
            self.times(n, request);
            for (m, home) in homes.iter().enumerate() {
                self.volume(format!("request.{n}.homes.{m}"), home);
            }
        }
    }

    /// A request is valid for a while, and has an instance only then.
    fn times(&mut self, n: usize, request: &RequestSpec) {
        let RequestSpec { valid_in, valid_for, instance, kind, .. } = request;
        let at = format!("request.{n}.valid_in");
        if valid_in.is_some() && instance.is_some() {
            self.wrong(at.as_str(), "a request that asks only later has no instance yet");
        }
        if valid_in.zip(*valid_for).is_some_and(|(begin, end)| begin >= end) {
            self.wrong(at, "the request expires (`valid_for`) before it begins to ask (`valid_in`)");
        }
        let stops = instance.as_ref().filter(|instance| instance.state.starts_with("stop"));
        if let Some(instance) = stops.filter(|_| kind == "one-time") {
            let what = format!("EC2 stops no instance of a one-time request: this one is not {}", instance.state);
            self.wrong(format!("request.{n}.instance.state"), what);
        }
    }

    fn volume(&mut self, at: String, id: &VolumeId) {
        if !self.scenario.volumes.iter().any(|volume| volume.id == *id) {
            self.wrong(at, format!("{id} is no volume of the scenario"));
        }
    }

    fn instances(&mut self) {
        for (at, instance, request) in all_instances(self.scenario) {
            let asked = request.map(|request| request.zone.as_ref().or(self.zones.first()));
            let zone = instance.zone.as_ref().or(asked.flatten()).cloned();
            match (&instance.zone, &zone) {
                (Some(own), _) => self.zone(format!("{at}.zone"), own),
                (None, None) => self.wrong(at.as_str(), "an instance without a request has a `zone`"),
                (None, Some(_)) => {}
            }
            self.attachments(&at, instance, zone.as_deref().unwrap_or_default());
        }
    }

    fn attachments(&mut self, at: &str, instance: &'a InstanceSpec, zone: &str) {
        let devices = (0..).zip(&instance.attached);
        self.once(devices.map(|(n, held)| (format!("{at}.attached.{n}.device"), held.device.as_str())));
        for (n, held) in instance.attached.iter().enumerate() {
            let (at, id) = (format!("{at}.attached.{n}.volume"), &held.volume);
            let Some(volume) = self.scenario.volumes.iter().find(|volume| volume.id == *id) else {
                self.volume(at, id);
                continue;
            };
            let holders = self.holders.entry(id).or_default();
            *holders += 1;
            if *holders > 1 && !volume.multi_attach {
                self.wrong(&at, format!("{id} is attached twice, which only a volume with multi_attach = true can be"));
            }
            if volume.zone != zone {
                let zones = format!("it lies in {}, and the instance in {zone}", volume.zone);
                self.wrong(&at, format!("{id} cannot be attached there: {zones}"));
            }
            if instance.state == "terminated" {
                self.wrong(&at, format!("{id} cannot be attached to an instance that is terminated"));
            }
        }
    }

    /// A volume is in use if somebody has it attached, and else it is not.
    fn held(&mut self) {
        for (n, volume) in self.scenario.volumes.iter().enumerate() {
            let (state, id) = (volume.state.as_deref(), &volume.id);
            let held = self.holders.contains_key(id);
            match state {
                Some("in-use") if !held => {
                    self.wrong(format!("volume.{n}.state"), format!("no instance of the scenario has {id} attached"));
                }
                Some(state) if held && state != "in-use" => {
                    self.wrong(
                        format!("volume.{n}.state"),
                        format!("{id} is attached, so it is in-use and not {state}"),
                    );
                }
                _ => {}
            }
        }
    }

    fn events(&mut self) {
        for (n, event) in self.scenario.events.iter().enumerate() {
            let (key, requests, volume) = subjects(&event.action);
            for request in requests {
                if !self.scenario.requests.iter().any(|known| known.id == *request) {
                    self.wrong(format!("event.{n}.{key}"), format!("{request} is no request of the scenario"));
                }
            }
            if let Some(volume) = volume {
                self.volume(format!("event.{n}.{key}"), volume);
            }
        }
    }

    fn policies(&mut self) {
        for (key, document) in [("policy", &self.scenario.policy), ("scp", &self.scenario.scp)] {
            if let Some(error) = document.as_ref().and_then(|document| Policy::parse(document).err()) {
                self.wrong(key, format!("`{key}`: {error}"));
            }
        }
    }
}

fn numbered<'b>(key: &str, names: &'b [String]) -> impl Iterator<Item = (String, &'b str)> {
    names.iter().enumerate().map(move |(n, name)| (format!("{key}.{n}"), name.as_str()))
}

/// Every instance of a scenario, where it is, and the request that it belongs to.
fn all_instances(scenario: &Scenario) -> impl Iterator<Item = (String, &InstanceSpec, Option<&RequestSpec>)> {
    let of_requests = (0..).zip(&scenario.requests).filter_map(|(n, request): (usize, _)| {
        Some((format!("request.{n}.instance"), request.instance.as_ref()?, Some(request)))
    });
    let others = (0..).zip(&scenario.instances);
    of_requests.chain(others.map(|(n, instance): (usize, _)| (format!("instance.{n}"), instance, None)))
}

/// The key of an action, and what it names.
fn subjects(action: &Action) -> (&'static str, Vec<&SpotRequestId>, Option<&VolumeId>) {
    match action {
        Action::Interrupt { requests, .. } => ("interrupt", requests.iter().collect(), None),
        Action::Meddle(requests) => ("meddle", requests.iter().collect(), None),
        Action::SetCapacity(request, _) | Action::Show { request, .. } => ("request", vec![request], None),
        Action::Revoke(request) => ("revoke", vec![request], None),
        Action::Terminate(request) => ("terminate", vec![request], None),
        Action::Stop(request) => ("stop", vec![request], None),
        Action::ShutDown(request) => ("shut_down", vec![request], None),
        Action::Reboot(request) => ("reboot", vec![request], None),
        Action::Start(request) => ("start", vec![request], None),
        Action::Cancel(request) => ("cancel", vec![request], None),
        Action::Expire(request) => ("expire", vec![request], None),
        Action::DeleteVolume(volume) => ("delete_volume", Vec::new(), Some(volume)),
        Action::Detach(volume, _) => ("detach", Vec::new(), Some(volume)),
        Action::Attach(attach) => ("attach", vec![&attach.to], Some(&attach.volume)),
    }
}

#[cfg(test)]
mod tests;
