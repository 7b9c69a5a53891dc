//! A request that is raised anew. Its terms cannot be changed, so one new request has to mend all that is wrong with it.

use serde_json::{Map, Value, json};

use super::case::Case;
use super::check::Check;
use super::remedy::Remedy;
use super::specification::{specification, with_interface};
use super::verdict::{Draft, Verdict};
use crate::model::{Interface, InterruptionBehavior, RequestState, SecurityGroupId, Tags, Text};

/// What the new request has otherwise than the present one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Anew {
    /// Completes "raise another one".
    why: String,
    /// A command that lists what somebody has to choose from.
    list: Option<String>,
    change: Change,
}

/// One change of a request's terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// None but that it is persistent, as every new one is.
    Nothing,
    /// Another image, which is chosen.
    Image,
    /// Another subnet, which is chosen.
    Subnet,
    /// A placement in this zone, with its default subnet.
    Placement(Text),
    /// These security groups; none for the default one.
    Groups(Vec<SecurityGroupId>),
    /// Under each of these device names this, as RequestSpotInstances takes it; nothing where there is none.
    Devices(Vec<(Text, Option<Value>)>),
    /// No maximum price.
    NoPrice,
    /// No end.
    NoEnd,
    /// Terminate at an interruption.
    Terminate,
}

impl Anew {
    /// What changes, and why: that completes "raise another one".
    pub(super) fn new(why: impl Into<String>, change: Change) -> Self {
        Self { why: why.into(), list: None, change }
    }

    /// With a command that lists what to choose from.
    pub(super) fn out_of(self, command: String) -> Self {
        Self { list: Some(command), ..self }
    }
}

/// What RequestSpotInstances is called with.
#[derive(Debug)]
struct Order {
    specification: Map<String, Value>,
    /// Where subnet and security groups go, if not into the specification itself.
    interface: Option<Interface>,
    /// Further options of the AWS CLI with their values.
    options: Vec<(&'static str, String)>,
}

const PRICE: &str = "--spot-price";
const END: &str = "--valid-until";
const BEHAVIOR: &str = "--instance-interruption-behavior";

impl Order {
    /// The terms of the present request, as far as they are known.
    fn of(case: &Case<'_>) -> Self {
        let (terms, request) = (case.terms().ok(), case.request().ok());
        let price = terms.map(|terms| terms.max_price.to_string()).filter(|price| !price.is_empty());
        let end = request.and_then(|request| request.valid_until).map(|until| until.to_string());
        let behavior = request.map(|request| &request.interruption);
        let behavior =
            behavior.filter(|behavior| **behavior != InterruptionBehavior::Terminate).map(ToString::to_string);
        let tags = terms.and_then(|terms| tagged(&terms.tags));
        let options = [(PRICE, price), (END, end), (BEHAVIOR, behavior), ("--tag-specifications", tags)];
        let options = options.into_iter().filter_map(|(option, value)| Some((option, value?))).collect();
        let interface = terms.and_then(|terms| terms.interface);
        Self { specification: terms.map(specification).unwrap_or_default(), interface, options }
    }

    fn change(&mut self, change: &Change) {
        let mut put = |name: &str, value: Value| drop(self.specification.insert(name.to_owned(), value));
        match change {
            Change::Nothing => {}
            Change::Image => put("ImageId", json!("ami-…")),
            Change::Placement(zone) => put("Placement", json!({ "AvailabilityZone": zone })),
            Change::Subnet => {
                put("SubnetId", json!("subnet-…"));
                self.specification.remove("Placement");
            }
            Change::Groups(groups) if groups.is_empty() => drop(self.specification.remove("SecurityGroupIds")),
            Change::Groups(groups) => put("SecurityGroupIds", json!(groups)),
            Change::Devices(devices) => devices.iter().for_each(|(name, mapped)| self.map(name, mapped.clone())),
            Change::NoPrice => self.without(PRICE),
            Change::NoEnd => self.without(END),
            Change::Terminate => self.without(BEHAVIOR),
        }
    }

    fn without(&mut self, option: &str) {
        self.options.retain(|(other, _)| *other != option);
    }

    fn map(&mut self, name: &Text, mapped: Option<Value>) {
        const DEVICES: &str = "BlockDeviceMappings";
        let mut devices = match self.specification.remove(DEVICES) {
            Some(Value::Array(devices)) => devices,
            _ => Vec::new(),
        };
        devices.retain(|device| device.get("DeviceName").and_then(Value::as_str) != Some(name.as_str()));
        devices.extend(mapped);
        if !devices.is_empty() {
            self.specification.insert(DEVICES.to_owned(), Value::Array(devices));
        }
    }

    fn command(self, case: &Case<'_>) -> String {
        let specification = match self.interface {
            Some(interface) => with_interface(self.specification, interface),
            None => self.specification,
        };
        let specification = Value::Object(specification).to_string();
        let mut raise = vec!["ec2", "request-spot-instances", "--instance-count", "1", "--type", "persistent"];
        raise.extend(["--launch-specification", &specification]);
        raise.extend(self.options.iter().flat_map(|(option, value)| [*option, value.as_str()]));
        case.aws().command(&raise)
    }
}

/// The verdicts, of which all that need a new request share one: it is shown under the first of the worst of them, and the
/// others refer to it.
pub(super) fn settle(case: &Case<'_>, drafts: Vec<Draft>) -> Vec<Verdict> {
    let shared = drafts.iter().enumerate().rev().filter(|(_, draft)| draft.anew.is_some());
    let shared = shared.max_by_key(|(_, draft)| draft.verdict.outcome).map(|(at, draft)| (at, draft.verdict.check));
    let anews: Vec<Anew> = drafts.iter().filter_map(|draft| draft.anew.clone()).collect();
    let settled = drafts.into_iter().enumerate().map(|(at, Draft { mut verdict, anew })| {
        if let (Some(anew), Some((shown_at, under))) = (anew, shared) {
            verdict.remedy = Some(if at == shown_at { remedy(case, &anews) } else { elsewhere(&anew, under) });
        }
        verdict
    });
    settled.collect()
}

/// What says that the new request of another verdict mends this one too.
fn elsewhere(anew: &Anew, under: Check) -> Remedy {
    let words = format!("the one new request that is shown under {under} mends this too: raise it {}", anew.why);
    Remedy { same_as: Some(under), ..Remedy::new(words) }
}

/// What raises one request with all of these changes.
fn remedy(case: &Case<'_>, anews: &[Anew]) -> Remedy {
    let mut whys: Vec<&str> = Vec::new();
    let mut lists: Vec<&String> = Vec::new();
    let mut order = Order::of(case);
    for anew in anews {
        order.change(&anew.change);
        let is_new = |list: &&String| !lists.contains(list);
        let list = anew.list.as_ref().filter(is_new);
        lists.extend(list);
        if !whys.contains(&anew.why.as_str()) {
            whys.push(&anew.why);
        }
    }
    let why = match whys.as_slice() {
        [only] => format!(" {only}"),
        several => format!(", which mends all of this: {}", several.join("; ")),
    };
    let (end, cancel) = end_of_the_present_one(case);
    let words = format!(
        "the terms of a request cannot be changed: raise another one{why} (it launches an instance, which is paid for), \
         {end}put the new id into spot_request. User data is not shown here: add it if the machine has any"
    );
    let remedy = lists.into_iter().fold(Remedy::new(words), Remedy::run);
    let remedy = remedy.run(order.command(case)).write("spot_request = \"sir-…\"");
    cancel.into_iter().fold(remedy, Remedy::run)
}

/// How the present request ends once there is another one: in words, and by a command where one may be given.
fn end_of_the_present_one(case: &Case<'_>) -> (&'static str, Option<String>) {
    let request = case.machine.spot_request.as_str();
    let cancel = ["ec2", "cancel-spot-instance-requests", "--spot-instance-request-ids", request];
    match case.request().map(|request| &request.state) {
        Ok(RequestState::Cancelled | RequestState::Closed | RequestState::Failed) => ("and ", None),
        // Source: EC2 User Guide, "Cancel a Spot Instance request".
        Ok(RequestState::Disabled) => (
            "but do not cancel this one while its instance is stopped, since that terminates the instance: wait until it \
             runs, or start it, then cancel this one; and ",
            None,
        ),
        _ => (
            "cancel this one (an instance of the cancelled request runs on until it is terminated), and ",
            Some(case.aws().command(&cancel)),
        ),
    }
}

/// The tags of a request as the AWS CLI takes them; none when there are none but AWS's own, which nobody can give.
fn tagged(tags: &Tags) -> Option<String> {
    let given = tags.iter().filter(|(key, _)| !key.as_str().starts_with("aws:"));
    let given: Vec<Value> = given.map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    let specification = json!([{ "ResourceType": "spot-instances-request", "Tags": given }]);
    (!given.is_empty()).then(|| specification.to_string())
}
