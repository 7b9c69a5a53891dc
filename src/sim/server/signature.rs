//! Signatures (`SigV4`): read, and not verified.
//!
//! Sources: AWS General Reference, "Signature Version 4"; the wording of the errors is that of other AWS services, as
//! EC2's own is documented nowhere.

use hyper::header::AUTHORIZATION;
use hyper::http::request::Parts;

use super::super::refusal::Refusal;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What a signature says of its maker and its purpose.
#[derive(Debug, PartialEq, Eq)]
struct Credential {
    access_key: String,
    region: String,
    service: String,
}

impl Credential {
    /// Reads `AKIDEXAMPLE/20260101/us-east-1/ec2/aws4_request`. An access key may hold a slash itself.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.rsplitn(5, '/');
        let (end, service, region) = (parts.next()?, parts.next()?, parts.next()?);
        let (date, access_key) = (parts.next()?, parts.next()?);
        let whole = end == "aws4_request" && date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit());
        let given = ![access_key, region, service].contains(&"");
        (whole && given).then(|| Self {
            access_key: access_key.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
        })
    }
}

/// The access key of the signature in the header or in the query. A call without any is let in, so that curl will do.
///
/// # Errors
/// When what is there is no signature, or one for another region or service.
pub(super) fn access_key(parts: &Parts, query: &str, region: &str) -> Result<Option<String>, Refusal> {
    let Some(credential) = credential(parts, query)? else { return Ok(None) };
    if credential.region != region {
        let message =
            format!("Credential should be scoped to a valid region, not '{}': this is '{region}'.", credential.region);
        return Err(Refusal::new(401, "AuthFailure", message));
    }
    if !["ec2", "sts"].contains(&credential.service.as_str()) {
        let message = format!("Credential should be scoped to correct service, not '{}'.", credential.service);
        return Err(Refusal::new(401, "AuthFailure", message));
    }
    Ok(Some(credential.access_key))
}

fn credential(parts: &Parts, query: &str) -> Result<Option<Credential>, Refusal> {
    let incomplete =
        || Refusal::client("IncompleteSignature", "The request signature does not conform to AWS standards.");
    let from_header = parts.headers.get(AUTHORIZATION).map(|header| {
        let fields = header.to_str().ok()?.strip_prefix(ALGORITHM)?;
        let field = |name| fields.split(',').find_map(|field| field.trim().strip_prefix(name));
        field("SignedHeaders=").and(field("Signature="))?;
        Credential::parse(field("Credential=")?)
    });
    let found = from_header.or_else(|| {
        let (_, value) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "X-Amz-Credential")?;
        Some(Credential::parse(&value))
    });
    match found {
        None => Ok(None),
        Some(credential) => credential.map(Some).ok_or_else(incomplete),
    }
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    fn read(authorization: Option<&str>, query: &str) -> Result<Option<String>, Refusal> {
        let mut request = Request::builder();
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        access_key(&request.body(()).unwrap().into_parts().0, query, "us-east-1")
    }

    fn header(scope: &str) -> String {
        format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature=0123abcd")
    }

    #[test]
    fn a_signature_in_header_or_query_names_the_access_key_and_none_is_let_in() {
        let scope = "AKIDEXAMPLE/20260101/us-east-1/ec2/aws4_request";
        assert_eq!(read(Some(&header(scope)), ""), Ok(Some("AKIDEXAMPLE".to_owned())));
        let query = "Action=DescribeVolumes&X-Amz-Credential=AKID%2F20260101%2Fus-east-1%2Fsts%2Faws4_request";
        assert_eq!(read(None, query), Ok(Some("AKID".to_owned())));
        assert_eq!(read(None, "Action=DescribeVolumes"), Ok(None));
    }

    #[test]
    fn another_region_or_service_and_what_is_no_signature_are_refused() {
        let code = |scope: &str| read(Some(&header(scope)), "").unwrap_err().code;
        assert_eq!(code("AKID/20260101/eu-west-1/ec2/aws4_request"), "AuthFailure");
        assert_eq!(code("AKID/20260101/us-east-1/s3/aws4_request"), "AuthFailure");
        for wrong in ["AKID", "AKID/2026/us-east-1/ec2/aws4_request", "/20260101/us-east-1/ec2/aws4_request"] {
            assert_eq!(code(wrong), "IncompleteSignature", "{wrong}");
        }
        for wrong in ["Basic dXNlcjpwdw==", "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/ec2/aws4_request"] {
            assert_eq!(read(Some(wrong), "").unwrap_err().code, "IncompleteSignature", "{wrong}");
        }
    }
}
