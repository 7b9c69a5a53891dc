//! STS, as far as it is needed: who am I?

use super::super::refusal::Refusal;
use super::super::{ACCOUNT, CALLER};
use super::{DECLARATION, Xml};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

pub(super) fn caller_identity(request_id: &str) -> String {
    let mut xml = Xml::new(false);
    xml.within("GetCallerIdentityResult", |xml| {
        xml.text("Arn", CALLER);
        xml.text("UserId", "AIDAEXAMPLEEXAMPLE000");
        xml.text("Account", ACCOUNT);
    });
    xml.within("ResponseMetadata", |xml| xml.text("RequestId", request_id));
    let inside = xml.into_string();
    format!("{DECLARATION}<GetCallerIdentityResponse xmlns=\"{NAMESPACE}\">{inside}</GetCallerIdentityResponse>")
}

pub(super) fn error(refusal: &Refusal, request_id: &str) -> String {
    let mut xml = Xml::new(false);
    xml.within("Error", |xml| {
        xml.text("Type", if refusal.status < 500 { "Sender" } else { "Receiver" });
        xml.text("Code", &refusal.code);
        xml.text("Message", &refusal.message);
    });
    xml.text("RequestId", request_id);
    format!("{DECLARATION}<ErrorResponse xmlns=\"{NAMESPACE}\">{}</ErrorResponse>", xml.into_string())
}
