//! A machine in moto's EC2, and the program before it.

use serde_json::{Value, json};

use crate::support::binary::{Outcome, Place};
use crate::support::moto::Moto;
use crate::support::proxy::{Proxy, server_at};

const HOSTNAME: &str = "my-spot.example.com";

/// A persistent request and a volume in the zone of its instance. Prints request, instance, zone, address and volume.
/// moto ignores the zone in `Placement`, so one is chosen by a subnet or not at all; an instance in a named subnet
/// has no public address there.
const MACHINE: &str = r#"
import boto3, json
ec2 = boto3.client("ec2")
specification = {"ImageId": "ami-12abcd34", "InstanceType": "m5.large"}
if ZONE:
    subnets = ec2.describe_subnets(Filters=[{"Name": "availability-zone", "Values": [ZONE]}])["Subnets"]
    specification["SubnetId"] = subnets[0]["SubnetId"]
request = ec2.request_spot_instances(InstanceCount=1, Type="persistent", LaunchSpecification=specification)
request = request["SpotInstanceRequests"][0]
instance = ec2.describe_instances(InstanceIds=[request["InstanceId"]])["Reservations"][0]["Instances"][0]
zone = instance["Placement"]["AvailabilityZone"]
print(json.dumps({
    "request": request["SpotInstanceRequestId"],
    "instance": instance["InstanceId"],
    "zone": zone,
    "public": instance.get("PublicIpAddress"),
    "private": instance["PrivateIpAddress"],
    "volume": ec2.create_volume(Size=8, AvailabilityZone=zone)["VolumeId"],
}))
"#;

/// What EC2 says of a volume's attachments, by another client than ours.
const ATTACHMENTS: &str = r#"
import boto3, json
volume = boto3.client("ec2").describe_volumes(VolumeIds=[VOLUME])["Volumes"][0]
print(json.dumps([[a["InstanceId"], a["Device"], a["State"]] for a in volume["Attachments"]]))
"#;

/// A machine in moto's EC2, and the program with a proxy before it.
pub(crate) struct World {
    machine: Value,
    /// Where the program runs.
    pub(crate) place: Place,
    /// What the program takes for EC2.
    pub(crate) proxy: Proxy,
    /// What answers in truth.
    pub(crate) moto: Moto,
}

impl World {
    /// A world with one fulfilled request, and a free volume in its instance's zone: the named one, or moto's default.
    pub(crate) fn with_machine(zone: Option<&str>) -> Self {
        let moto = Moto::start();
        let proxy = Proxy::start(server_at(moto.address()));
        let zone = zone.map_or("None".to_owned(), python_string);
        let machine = read_json(&moto.python(&format!("ZONE = {zone}\n{MACHINE}")));
        Self { machine, place: Place::new(&proxy.url()), proxy, moto }
    }

    /// The usual machine, configured.
    pub(crate) fn new() -> Self {
        let world = Self::with_machine(None);
        world.configure("public", world.id("request"), world.id("volume"));
        world
    }

    /// Writes the configuration of one machine, with which kind of address to publish.
    pub(crate) fn configure(&self, address: &str, request: &str, volume: &str) {
        self.place.configure(&format!(
            r#"
[poll]
active = "1s"

[[machine]]
name = "train"
spot_request = "{request}"
hostnames = ["{HOSTNAME}"]
address = "{address}"
reboot_delay = "1s"

[[machine.volume]]
id = "{volume}"
device = "/dev/sdp"
"#
        ));
    }

    /// One of the machine's properties, by the name that the script gives it.
    pub(crate) fn id(&self, of: &str) -> &str {
        self.machine[of].as_str().unwrap_or_else(|| panic!("the machine has no {of}"))
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.place.run(arguments)
    }

    /// `status --json`, and that it changed nothing.
    pub(crate) fn status(&self) -> Value {
        let before = self.mutating_calls();
        let outcome = self.run(&["status", "--json"]);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        assert_eq!(self.mutating_calls(), before, "status looks and does nothing else");
        read_json(&outcome.stdout)
    }

    /// The actions of the calls that may have changed something.
    pub(crate) fn mutating_calls(&self) -> Vec<String> {
        self.proxy.mutating_calls().into_iter().map(|call| call.action).collect()
    }

    /// Instance, device and state of each attachment of the volume.
    pub(crate) fn attachments(&self) -> Value {
        read_json(&self.moto.python(&format!("VOLUME = {}\n{ATTACHMENTS}", python_string(self.id("volume")))))
    }

    /// That the machine is connected, once, and can be found under its name.
    pub(crate) fn assert_home(&self, address: &str) {
        assert_eq!(self.attachments(), json!([[self.id("instance"), "/dev/sdp", "attached"]]));
        assert_eq!(lines_for(&self.place.hosts(), HOSTNAME), [self.id(address)]);
    }
}

/// Reads what a command or a script printed.
pub(crate) fn read_json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text:?}"))
}

/// A string that Python reads back as it is: JSON's strings are Python's.
pub(crate) fn python_string(text: &str) -> String {
    Value::from(text).to_string()
}

/// The addresses of the lines that carry this host name.
fn lines_for<'a>(hosts: &'a str, name: &str) -> Vec<&'a str> {
    let entries = hosts.lines().map(|line| line.split('#').next().unwrap_or_default().split_whitespace());
    entries
        .filter_map(|mut words| {
            let address = words.next()?;
            words.any(|word| word == name).then_some(address)
        })
        .collect()
}
