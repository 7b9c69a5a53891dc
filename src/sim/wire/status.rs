//! DescribeInstanceStatus.

use super::super::records::{Instance, Tags};
use super::super::refusal::Refusal;
use super::super::world::{Check, View, World};
use super::describe;
use super::filter::{Attribute, Row};
use super::query::Query;
use super::{Xml, instances};
use crate::model::{InstanceId, InstanceState};

/// How many ids may be given. Source: EC2 API reference, DescribeInstanceStatus, `InstanceId.N`.
const MOST_IDS: usize = 100;

/// An instance with what the checks say of it.
struct Checked<'a> {
    instance: &'a Instance,
    zone_id: String,
    system: Check,
    guest: Check,
}

impl<'a> Checked<'a> {
    fn new(world: &World, instance: &'a Instance) -> Self {
        // The view may lag behind: of what it shows as running there are outcomes, whatever has become of it.
        let (system, guest) = world.checks(instance);
        let zone_id = world.account.zone_id(&instance.zone).unwrap_or_default().to_owned();
        Self { instance, zone_id, system, guest }
    }
}

impl Row for Checked<'_> {
    fn attributes() -> Vec<Attribute<Self>> {
        vec![
            ("availability-zone", |row| vec![row.instance.zone.clone()]),
            ("availability-zone-id", |row| vec![row.zone_id.clone()]),
            ("instance-state-name", |row| vec![row.instance.state.to_string()]),
            ("instance-state-code", |row| vec![instances::code(&row.instance.state).to_string()]),
            ("instance-status.status", |row| vec![row.guest.status().to_owned()]),
            ("instance-status.reachability", |row| row.guest.reachability().iter().map(ToString::to_string).collect()),
            ("attached-ebs-status.status", |row| vec![row.system.status().to_owned()]),
            ("system-status.status", |row| vec![row.system.status().to_owned()]),
            ("system-status.reachability", |row| row.system.reachability().iter().map(ToString::to_string).collect()),
            // Nobody plans maintenance here.
            ("event.code", |_| Vec::new()),
            ("event.description", |_| Vec::new()),
            ("event.instance-event-id", |_| Vec::new()),
            ("event.not-after", |_| Vec::new()),
            ("event.not-before", |_| Vec::new()),
            ("event.not-before-deadline", |_| Vec::new()),
        ]
    }

    fn tags(&self) -> &Tags {
        &self.instance.tags
    }
}

pub(super) fn describe(world: &World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    if query.list("InstanceId").len() > MOST_IDS {
        return Err(Refusal::parameter(format!("The maximum number of instance IDs is {MOST_IDS}")));
    }
    let all = query.flag("IncludeAllInstances")?;
    let seen = &world.seen(View::Instances).instances;
    let shown = |instance: &Instance| all || instance.state == InstanceState::Running;
    // Of an instance that is named it has to be known that it is there, also when it is not shown.
    let named = query.list("InstanceId");
    let wanted = |instance: &&Instance| named.contains(&instance.id.as_str()) || shown(instance);
    let rows = seen.values().filter(wanted).map(|instance| Checked::new(world, instance)).collect();
    let empty_pages = world.knobs.empty_pages;
    let chosen = describe::choose::<InstanceId, Checked<'_>>(query, &instances::KIND, rows, empty_pages, |row| {
        row.instance.id.as_str()
    })?;
    let (rows, token) = (chosen.0.into_iter().filter(|row| shown(row.instance)), chosen.1);
    xml.list("instanceStatusSet", rows, |xml, row| write(xml, &row));
    describe::finish(xml, token);
    Ok(())
}

fn write(xml: &mut Xml, row: &Checked<'_>) {
    xml.text("instanceId", &row.instance.id);
    xml.text("availabilityZone", &row.instance.zone);
    xml.text("availabilityZoneId", &row.zone_id);
    instances::state(xml, "instanceState", &row.instance.state);
    for (name, check) in
        [("systemStatus", row.system), ("instanceStatus", row.guest), ("attachedEbsStatus", row.system)]
    {
        xml.within(name, |xml| {
            xml.text("status", check.status());
            xml.list("details", check.reachability(), |xml, reached| {
                xml.text("name", "reachability");
                xml.text("status", reached);
            });
        });
    }
}
