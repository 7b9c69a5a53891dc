//! EC2's query protocol: form-encoded requests in, XML out.
//!
//! What XML 1.0 cannot carry (most control characters) is taken from no caller, as most parsers refuse an answer with it.
//! Where a scenario or a test plants it, it is written as a numeric reference: the SDK's parser takes that, and hands the
//! character on. So is a carriage return, which a parser would otherwise turn into a newline.

mod access;
mod account;
mod action;
mod attribute;
mod cost;
mod describe;
mod disk;
mod filter;
mod images;
mod instances;
mod launch;
mod manner;
mod network;
mod once;
mod page;
mod parameters;
mod price;
mod query;
mod read;
mod requests;
mod run;
mod snapshots;
mod spot;
mod status;
mod sts;
mod tags;
mod types;
mod volumes;
mod xml;

pub(super) use self::filter::matches;
pub(super) use self::query::Query;
use self::xml::Xml;
use super::refusal::Refusal;
use super::world::World;

/// The version of the API, which has been the only one for years.
const VERSION: &str = "2016-11-15";

/// The namespace of EC2's answers, and how some others write it.
const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";
const ODD_NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15";

/// How one of EC2's actions is served.
type Handler = fn(&mut World, &Query, &mut Xml) -> Result<(), Refusal>;

/// EC2's actions, as far as they are served.
const ACTIONS: &[(&str, Handler)] = &[
    ("AttachVolume", action::attach),
    ("CancelSpotInstanceRequests", spot::cancel),
    ("CreateImage", images::create),
    ("CreateSnapshot", snapshots::create),
    ("CreateTags", tags::create),
    ("CreateVolume", disk::create),
    ("DeleteSnapshot", snapshots::delete),
    ("DeleteTags", tags::delete),
    ("DeleteVolume", disk::delete),
    ("DeregisterImage", images::deregister),
    ("DescribeAvailabilityZones", |world, query, xml| account::zones(world, query, xml)),
    ("DescribeImages", |world, query, xml| images::describe(world, query, xml)),
    ("DescribeInstanceAttribute", |world, query, xml| attribute::describe(world, query, xml)),
    ("DescribeInstanceStatus", |world, query, xml| status::describe(world, query, xml)),
    ("DescribeInstanceTypeOfferings", |world, query, xml| types::offerings(world, query, xml)),
    ("DescribeInstanceTypes", |world, query, xml| types::describe(world, query, xml)),
    ("DescribeInstances", |world, query, xml| instances::describe(world, query, xml)),
    ("DescribeKeyPairs", |world, query, xml| access::key_pairs(world, query, xml)),
    ("DescribeRegions", |world, query, xml| network::regions(world, query, xml)),
    ("DescribeSecurityGroups", |world, query, xml| access::groups(world, query, xml)),
    ("DescribeSnapshots", |world, query, xml| snapshots::describe(world, query, xml)),
    ("DescribeSpotInstanceRequests", |world, query, xml| requests::describe(world, query, xml)),
    ("DescribeSpotPriceHistory", |world, query, xml| price::history(world, query, xml)),
    ("DescribeSubnets", |world, query, xml| account::subnets(world, query, xml)),
    ("DescribeTags", |world, query, xml| tags::describe(world, query, xml)),
    ("DescribeVolumes", |world, query, xml| volumes::describe(world, query, xml)),
    ("DescribeVpcs", |world, query, xml| network::vpcs(world, query, xml)),
    ("DetachVolume", action::detach),
    ("GetConsoleOutput", |world, query, xml| attribute::console(world, query, xml)),
    ("ModifyInstanceAttribute", attribute::modify),
    ("RebootInstances", action::reboot),
    ("RequestSpotInstances", spot::request),
    ("RunInstances", run::run),
    ("StartInstances", run::start),
    ("StopInstances", run::stop),
    ("TerminateInstances", run::terminate),
];

fn served(action: &str) -> Option<&'static (&'static str, Handler)> {
    ACTIONS.iter().find(|(name, _)| *name == action)
}

/// The action of EC2's that a call is for, if it is for one: STS tells everybody who he is, and what does not exist can
/// neither be denied nor be asked too often.
pub(super) fn action(query: &Query) -> Option<&'static str> {
    served(query.action()).map(|(name, _)| *name)
}

/// Serves one call and returns the body of the answer.
pub(super) fn answer(world: &mut World, query: &Query, request_id: &str) -> Result<String, Refusal> {
    parameters::check_characters(query)?;
    let action = query.action();
    match action {
        "" => return Err(Refusal::client("MissingAction", "The request must contain the parameter Action")),
        "GetCallerIdentity" => return Ok(sts::caller_identity(request_id)),
        _ => {}
    }
    if let Some(version) = query.get("Version").filter(|version| !query.is_sts() && *version != VERSION) {
        let message = format!("The requested version ({version}) of service AmazonEC2 does not exist");
        return Err(Refusal::client("NoSuchVersion", message));
    }
    let Some((_, handler)) = served(action) else {
        let message = format!("The action {action} is not valid for this web service.");
        return Err(Refusal::client("InvalidAction", message));
    };
    parameters::check(query)?;
    // What cannot be read may have been meant as a dry run.
    query.flag("DryRun")?;
    let odd = query.manner.odd_xml;
    let mut xml = Xml::new(odd);
    xml.begin();
    handler(world, query, &mut xml)?;
    let namespace = if odd { ODD_NAMESPACE } else { NAMESPACE };
    Ok(format!(
        "{DECLARATION}<{action}Response xmlns=\"{namespace}\"><requestId>{request_id}</requestId>{}</{action}Response>",
        xml.into_string()
    ))
}

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// The body of an error.
pub(super) fn error(query: &Query, refusal: &Refusal, request_id: &str) -> String {
    if query.is_sts() {
        return sts::error(refusal, request_id);
    }
    let mut xml = Xml::new(query.manner.odd_xml);
    xml.within("Response", |xml| {
        xml.list_of("Errors", "Error", [refusal], |xml, refusal| {
            xml.text("Code", &refusal.code);
            xml.text("Message", &refusal.message);
        });
        xml.text("RequestID", request_id);
    });
    format!("{DECLARATION}{}", xml.into_string())
}

/// The actions of EC2's that are served.
pub(super) fn actions() -> impl Iterator<Item = &'static str> {
    ACTIONS.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_names_every_action() {
        let document = include_str!("../../docs/simulator.md");
        let (_, calls) = document.split_once("## Calls").unwrap();
        let (calls, _) = calls.split_once("##").unwrap();
        let named: Vec<&str> = calls.split(|c: char| !c.is_ascii_alphanumeric()).collect();
        for (action, _) in ACTIONS {
            assert!(named.contains(action), "no {action}");
        }
        assert!(ACTIONS.is_sorted_by_key(|(action, _)| *action));
    }
}
