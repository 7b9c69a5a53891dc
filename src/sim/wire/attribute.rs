//! DescribeInstanceAttribute, ModifyInstanceAttribute, GetConsoleOutput.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::super::hardware::Hardware;
use super::super::records::Instance;
use super::super::refusal::Refusal;
use super::super::world::{View, World, check_change};
use super::query::{Query, missing};
use super::{Xml, access, action, describe, instances, launch};
use crate::model::{InstanceId, InstanceState, VolumeId};

pub(super) fn describe(world: &World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let id: InstanceId = query.required_id("InstanceId")?;
    let attribute = query.required("Attribute")?;
    action::refuse_dry_run(query)?;
    let seen = world.seen(View::Instances);
    let instance = seen.instances.get(&id).ok_or_else(|| Refusal::no_instance(&id))?;
    xml.text("instanceId", &id);
    let value = |xml: &mut Xml, value: &str| xml.within(attribute, |xml| xml.text("value", value));
    match attribute {
        "blockDeviceMapping" => instances::mapping_of(xml, world, seen, instance),
        "groupSet" => instances::groups_of(xml, world, seen, instance),
        "instanceType" => value(xml, &instance.instance_type),
        "rootDeviceName" => value(xml, &instance.launch.root_device),
        "instanceInitiatedShutdownBehavior" => value(xml, &instance.launch.instance_initiated_shutdown_behavior),
        "disableApiTermination" => value(xml, truth(instance.launch.disable_api_termination)),
        "disableApiStop" => value(xml, truth(instance.launch.disable_api_stop)),
        "sourceDestCheck" => value(xml, truth(instance.launch.source_dest_check)),
        "enaSupport" => value(xml, truth(true)),
        "ebsOptimized" => value(xml, truth(instance.launch.ebs_optimized)),
        "enclaveOptions" => xml.within(attribute, |xml| xml.text("enabled", false)),
        "userData" => {
            xml.within(attribute, |xml| xml.optional("value", instance.launch.user_data.as_ref()));
        }
        "kernel" | "ramdisk" | "sriovNetSupport" => xml.within(attribute, |_| {}),
        "productCodes" => xml.nothing(attribute),
        unknown => {
            let message = format!("Value ({unknown}) for parameter attribute is invalid. Unknown attribute.");
            return Err(Refusal::parameter(message));
        }
    }
    Ok(())
}

fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// What EC2 changes and this simulator does not: the attribute, and the parameter of its own.
const BEYOND: [(&str, &str); 7] = [
    ("ebsOptimized", "EbsOptimized.Value"),
    ("enaSupport", "EnaSupport.Value"),
    ("enclaveOptions", "EnclaveOptions.Enabled"),
    ("kernel", "Kernel.Value"),
    ("ramdisk", "Ramdisk.Value"),
    ("sriovNetSupport", "SriovNetSupport.Value"),
    ("userData", "UserData.Value"),
];

/// What is to be changed of an instance.
#[derive(Debug, Default, PartialEq, Eq)]
struct Change {
    /// Device names, each with the volume that is to be there, if that was said, and with whether it goes with the instance.
    devices: Vec<(String, Option<VolumeId>, bool)>,
    /// The ids of the security groups that take the place of those it has.
    groups: Vec<String>,
    disable_api_termination: Option<bool>,
    disable_api_stop: Option<bool>,
    source_dest_check: Option<bool>,
    instance_initiated_shutdown_behavior: Option<String>,
    instance_type: Option<String>,
}

pub(super) fn modify(world: &mut World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let id: InstanceId = query.required_id("InstanceId")?;
    let change = change(query)?;
    action::refuse_dry_run(query)?;
    let instance = world.known_instance(&id)?;
    check(world, instance, &change)?;
    for (device, _, goes) in &change.devices {
        for volume in world.records.volumes.values_mut() {
            for held in volume.attachments.iter_mut().filter(|held| held.instance == id && held.device == *device) {
                held.delete_on_termination = *goes;
            }
        }
    }
    if let Some(instance) = world.records.instances.get_mut(&id) {
        let launch = &mut instance.launch;
        if !change.groups.is_empty() {
            launch.security_groups.clone_from(&change.groups);
        }
        change.disable_api_termination.into_iter().for_each(|keeps| launch.disable_api_termination = keeps);
        change.disable_api_stop.into_iter().for_each(|keeps| launch.disable_api_stop = keeps);
        change.source_dest_check.into_iter().for_each(|checks| launch.source_dest_check = checks);
        change
            .instance_initiated_shutdown_behavior
            .into_iter()
            .for_each(|what| launch.instance_initiated_shutdown_behavior = what);
        change.instance_type.into_iter().for_each(|kind| instance.instance_type = kind);
    }
    xml.text("return", true);
    Ok(())
}

fn change(query: &Query) -> Result<Change, Refusal> {
    refuse_beyond(query)?;
    let groups = query.list("GroupId").into_iter().map(str::to_owned).collect();
    let mut change = Change { groups, ..Change::default() };
    for group in query.groups("BlockDeviceMapping") {
        let device = query.required(&format!("{group}.DeviceName"))?.to_owned();
        let volume = query.optional_id(&format!("{group}.Ebs.VolumeId"))?;
        // Source: EC2 API reference, ModifyInstanceAttribute, `BlockDeviceMapping.N`: true when nothing is said.
        let flag = format!("{group}.Ebs.DeleteOnTermination");
        change.devices.push((device, volume, query.get(&flag).is_none() || query.flag(&flag)?));
    }
    // Either `InstanceType.Value=…`, or `Attribute=instanceType&Value=…`.
    let named = |name: &str, attribute: &str| {
        let general = (query.get("Attribute") == Some(attribute)).then_some("Value");
        let own = format!("{name}.Value");
        if query.get(&own).is_some() { Some(own) } else { general.map(str::to_owned) }
    };
    let flag = |name: &str, attribute: &str| named(name, attribute).map(|name| query.flag(&name)).transpose();
    change.disable_api_termination = flag("DisableApiTermination", "disableApiTermination")?;
    change.disable_api_stop = flag("DisableApiStop", "disableApiStop")?;
    change.source_dest_check = flag("SourceDestCheck", "sourceDestCheck")?;
    if let Some(name) = named("InstanceInitiatedShutdownBehavior", "instanceInitiatedShutdownBehavior") {
        change.instance_initiated_shutdown_behavior = Some(on_shutdown(query.required(&name)?)?);
    }
    if let Some(name) = named("InstanceType", "instanceType") {
        // Source: EC2 API reference, ModifyInstanceAttribute, `InstanceType`.
        let other_code = |refusal: Refusal| Refusal::client("InvalidInstanceAttributeValue", refusal.message);
        change.instance_type = Some(launch::instance_type(query.required(&name)?).map_err(other_code)?);
    }
    one_at_a_time(&change)?;
    Ok(change)
}

/// Source: EC2 API reference, ModifyInstanceAttribute: "You can specify only one attribute at a time."
fn one_at_a_time(change: &Change) -> Result<(), Refusal> {
    let given = [
        ("blockDeviceMapping", !change.devices.is_empty()),
        ("groupSet", !change.groups.is_empty()),
        ("disableApiTermination", change.disable_api_termination.is_some()),
        ("disableApiStop", change.disable_api_stop.is_some()),
        ("sourceDestCheck", change.source_dest_check.is_some()),
        ("instanceInitiatedShutdownBehavior", change.instance_initiated_shutdown_behavior.is_some()),
        ("instanceType", change.instance_type.is_some()),
    ];
    let names: Vec<&str> = given.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect();
    match names.as_slice() {
        [] => Err(missing("attribute")),
        [_] => Ok(()),
        several => {
            let message = format!("Fields for multiple attribute types specified: {}", several.join(", "));
            Err(Refusal::client("InvalidParameterCombination", message))
        }
    }
}

fn refuse_beyond(query: &Query) -> Result<(), Refusal> {
    let asked = query.get("Attribute");
    let beyond = BEYOND.iter().find(|(attribute, own)| asked == Some(attribute) || query.get(own).is_some());
    let Some((attribute, _)) = beyond else { return Ok(()) };
    let message = format!(
        "This simulator does not change {attribute}, only blockDeviceMapping, disableApiStop, disableApiTermination, \
         groupSet, instanceInitiatedShutdownBehavior, instanceType and sourceDestCheck."
    );
    Err(Refusal::client("UnsupportedOperation", message))
}

/// What a shutdown from inside is to do.
pub(super) fn on_shutdown(given: &str) -> Result<String, Refusal> {
    if matches!(given, "stop" | "terminate") {
        return Ok(given.to_owned());
    }
    Err(Refusal::parameter(format!("Value ({given}) for parameter instanceInitiatedShutdownBehavior is invalid.")))
}

fn check(world: &World, instance: &Instance, change: &Change) -> Result<(), Refusal> {
    let id = &instance.id;
    for (device, named, _) in &change.devices {
        let mut attached = world.records().attached_to(id);
        let volume = attached.find(|(_, held)| held.device == *device).map(|(volume, _)| &volume.id);
        let message = match (volume, named) {
            (None, _) => format!("No device is currently mapped at {device}"),
            (Some(volume), Some(named)) if volume != named => format!("{device} is mapped to {volume}, not {named}"),
            _ => continue,
        };
        return Err(Refusal::client("InvalidInstanceAttributeValue", message));
    }
    describe::all_there(&access::GROUPS, &change.groups, |id| world.account.group(id).is_some())?;
    // Source: EC2 User Guide, "Change instance termination protection" and "Enable stop protection".
    for (what, wanted) in [("termination", change.disable_api_termination), ("stop", change.disable_api_stop)] {
        if wanted == Some(true) && instance.request.is_some() {
            let message = format!("You can't enable {what} protection for the Spot Instance '{id}'.");
            return Err(Refusal::client("UnsupportedOperation", message));
        }
    }
    if let Some(kind) = &change.instance_type {
        check_change(&instance.instance_type, kind)?;
    }
    if change.instance_type.is_some() && instance.state != InstanceState::Stopped {
        return Err(Refusal::client(
            "IncorrectInstanceState",
            format!("The instance '{id}' is not in the 'stopped' state."),
        ));
    }
    Ok(())
}

/// What stood on the console, which follows the guest.
pub(super) fn console(world: &World, query: &Query, xml: &mut Xml) -> Result<(), Refusal> {
    let id: InstanceId = query.required_id("InstanceId")?;
    let latest = query.flag("Latest")?;
    action::refuse_dry_run(query)?;
    let instance = world.known_instance(&id)?;
    if latest && !Hardware::of(&instance.instance_type).is_some_and(|hardware| hardware.nitro) {
        let message = "This instance type does not support retrieving the latest console logs.";
        return Err(Refusal::client("UnsupportedOperation", message));
    }
    xml.text("instanceId", &id);
    if let Some((until, output)) = world.console(&id, latest) {
        xml.time("timestamp", until);
        xml.text("output", BASE64_STANDARD.encode(output));
    }
    Ok(())
}
