//! EC2's query protocol: form-encoded requests in, XML out.
//!
//! What XML 1.0 cannot carry (most control characters) is written as a numeric reference, as EC2's own servers do:
//! the SDK's parser takes it, and hands the character on. So does a carriage return, which a parser would otherwise
//! turn into a newline.

mod action;
mod describe;
mod filter;
mod instances;
mod page;
mod query;
mod requests;
mod sts;
mod volumes;
mod xml;

pub(super) use self::query::Query;
use self::xml::Xml;
use super::refusal::Refusal;
use super::world::World;

const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

/// Serves one call and returns the body of the answer.
pub(super) fn answer(world: &mut World, query: &Query, request_id: &str) -> Result<String, Refusal> {
    let action = query.action();
    let mut xml = Xml::default();
    match action {
        "" => {
            let message = "The request must contain the parameter Action";
            return Err(Refusal::client("MissingAction", message));
        }
        "GetCallerIdentity" => return Ok(sts::caller_identity(request_id)),
        "DescribeSpotInstanceRequests" => requests::describe(world, query, &mut xml)?,
        "DescribeInstances" => instances::describe(world, query, &mut xml)?,
        "DescribeVolumes" => volumes::describe(world, query, &mut xml)?,
        "AttachVolume" => action::attach(world, query, &mut xml)?,
        "DetachVolume" => action::detach(world, query, &mut xml)?,
        "RebootInstances" => action::reboot(world, query, &mut xml)?,
        unknown => {
            let message = format!("The action {unknown} is not valid for this web service.");
            return Err(Refusal::client("InvalidAction", message));
        }
    }
    Ok(format!(
        "{DECLARATION}<{action}Response xmlns=\"{NAMESPACE}\"><requestId>{request_id}</requestId>{}</{action}Response>",
        xml.into_string()
    ))
}

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// The body of an error.
pub(super) fn error(query: &Query, refusal: &Refusal, request_id: &str) -> String {
    if query.is_sts() {
        return sts::error(refusal, request_id);
    }
    let mut xml = Xml::default();
    xml.within("Response", |xml| {
        xml.within("Errors", |xml| {
            xml.within("Error", |xml| {
                xml.text("Code", &refusal.code);
                xml.text("Message", &refusal.message);
            });
        });
        xml.text("RequestID", request_id);
    });
    format!("{DECLARATION}{}", xml.into_string())
}
