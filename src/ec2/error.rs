//! One place where EC2's errors get their meaning, by code.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_ec2::config::http::HttpResponse;
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_types::error::display::DisplayErrorContext;

use super::client::Ec2;
use super::endpoint::Endpoint;
use crate::model::{Failure, FailureKind, Fate, Text};

impl Ec2 {
    /// Says what an error of a call to EC2 means, and whether the call may have had its effect.
    pub(super) fn classify<E>(&self, tried: &str, error: &SdkError<E, HttpResponse>) -> Failure
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        classify(tried, error, &self.endpoint)
    }
}

/// Says what an error of the SDK means, and whether the call may have had its effect.
pub(super) fn classify<E>(tried: &str, error: &SdkError<E, HttpResponse>, endpoint: &Endpoint) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    tracing::debug!(tried, "{}", DisplayErrorContext(error));
    let (kind, fate, why) = match error {
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            match service.err().code() {
                Some(code) => from_service(tried, status, code, service.err().message()),
                None => from_something_else(status),
            }
        }
        SdkError::TimeoutError(_) => {
            let why = format!("{} did not answer in time{}", endpoint.in_words(), endpoint.advice());
            (FailureKind::Unreachable, Fate::Unknown, why)
        }
        SdkError::ResponseError(response) => from_something_else(response.raw().status().as_u16()),
        // Before or during transmission: the credentials are fetched there, too.
        other => credentials_trouble(other).map_or_else(
            || {
                let why =
                    format!("no connection to {}: {}{}", endpoint.in_words(), innermost(other), endpoint.advice());
                (FailureKind::Unreachable, Fate::Unknown, why)
            },
            |why| (FailureKind::Credentials, Fate::NotDone, why),
        ),
    };
    Failure { kind, fate, tried: Text::new(tried), why: Text::new(&why) }
}

/// An answer without one of EC2's codes: from a proxy, a portal, or an EC2 in trouble. It tells nothing of the call.
fn from_something_else(status: u16) -> (FailureKind, Fate, String) {
    let kind = if status >= 500 { FailureKind::ServerTrouble } else { FailureKind::Unreadable };
    let why = format!("the answer (HTTP status {status}) could not be understood; is this an EC2 endpoint?");
    (kind, Fate::Unknown, why)
}

fn from_service(tried: &str, status: u16, code: &str, message: Option<&str>) -> (FailureKind, Fate, String) {
    let message = message.unwrap_or_default();
    let kind = by_code(tried, code, message).unwrap_or(match status {
        401 => FailureKind::Credentials,
        403 => FailureKind::Denied,
        500.. => FailureKind::ServerTrouble,
        _ => FailureKind::Refused,
    });
    // A server in trouble may have done it all the same; whoever refuses has not.
    let fate = if kind == FailureKind::ServerTrouble { Fate::Unknown } else { Fate::NotDone };
    let words = match message.trim_end_matches('.') {
        "" => code.to_owned(),
        message => format!("{code}: {message}"),
    };
    (kind, fate, advise(kind, tried, &words))
}

fn by_code(tried: &str, code: &str, message: &str) -> Option<FailureKind> {
    Some(match code {
        "RequestLimitExceeded"
        | "Throttling"
        | "ThrottlingException"
        | "RequestThrottled"
        | "EC2ThrottledException"
        | "BandwidthLimitExceeded"
        | "SlowDown" => FailureKind::Throttled,
        "RequestExpired"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "AuthFailure"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationToken"
        | "IncompleteSignature"
        | "Blocked"
        | "OptInRequired"
        | "PendingVerification" => FailureKind::Credentials,
        "UnauthorizedOperation" | "AccessDenied" | "AccessDeniedException" => FailureKind::Denied,
        "InternalError" | "InternalFailure" | "Unavailable" | "ServiceUnavailable" => FailureKind::ServerTrouble,
        "InvalidAttachment.NotFound" => FailureKind::NotAttached,
        "IncorrectState" if message.contains("'available'") => FailureKind::NotAttached,
        "IncorrectState"
        | "IncorrectInstanceState"
        // Its image is there, or on its way: the next look finds it.
        | "InvalidAMIName.Duplicate"
        // Snapshots go after their image.
        | "InvalidSnapshot.InUse" => FailureKind::IncorrectState,
        // Of a device name whose volume is gone by now.
        "InvalidInstanceAttributeValue" if message.contains("No device is currently mapped") => {
            FailureKind::NotAttached
        }
        "VolumeInUse" => FailureKind::VolumeInUse,
        "InvalidVolume.ZoneMismatch" => FailureKind::ZoneMismatch,
        "AttachmentLimitExceeded" => FailureKind::AttachmentLimit,
        // The one error that EC2 tells apart by its message alone.
        "InvalidParameterValue" if message.contains("already in use") => FailureKind::DeviceNameTaken,
        // Of one that is not ready, too; but that can be deregistered.
        "InvalidAMIID.Unavailable" if tried.starts_with("DeregisterImage") => FailureKind::NotFound,
        // Its status is that of a server in trouble, but it has not been done, and will not be in minutes.
        code if lacks_capacity(code) => FailureKind::Refused,
        code if code.ends_with(".NotFound") => FailureKind::NotFound,
        _ => return None,
    })
}

/// Whether EC2 says by this code that it has none of what is asked for now. Source: EC2 API reference, "Server error codes".
fn lacks_capacity(code: &str) -> bool {
    code.starts_with("Insufficient") && code.contains("Capacity")
}

fn advise(kind: FailureKind, tried: &str, words: &str) -> String {
    match kind {
        FailureKind::Denied => {
            // What follows is some hundred characters of base 64.
            let words = words.split(" Encoded authorization failure message").next().unwrap_or(words);
            let words = words.trim_end_matches('.');
            let action = denied_action(tried, words);
            // Nothing that allows it helps against a statement that denies it.
            if words.contains("explicit deny") {
                format!("{words}; {action} is explicitly denied to the credentials")
            } else {
                format!("{words}; the credentials lack the permission {action}")
            }
        }
        FailureKind::Credentials => {
            format!("{words}; renew the credentials (aws sso login, or aws login) and check the clock")
        }
        FailureKind::Throttled => format!("{words}; EC2 is asked less often"),
        FailureKind::Refused if lacks_capacity(words.split(':').next().unwrap_or_default()) => {
            format!("{words}; there is no capacity now: run again later, or take another type or zone")
        }
        _ => words.to_owned(),
    }
}

/// The action that is denied: a call may need the permission for another one, such as ec2:CreateTags for what it makes. EC2
/// names it in its longer message. Source: IAM user guide, "Troubleshoot access denied error messages".
fn denied_action(tried: &str, words: &str) -> String {
    let named = words.split_once("is not authorized to perform: ").and_then(|(_, rest)| rest.split(' ').next());
    let call = || format!("ec2:{}", tried.split(' ').next().unwrap_or(tried).trim_end_matches(','));
    named.filter(|named| named.contains(':')).map_or_else(call, str::to_owned)
}

fn credentials_trouble(error: &(dyn Error + 'static)) -> Option<String> {
    let found = chain(error).find(|cause| cause.downcast_ref::<CredentialsError>().is_some())?;
    Some(format!(
        "no usable AWS credentials: {}; log in (aws sso login, or aws login) or set the AWS_ variables",
        innermost(found)
    ))
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    let innermost = chain(error).last().map(ToString::to_string).unwrap_or_default();
    // Some list what they tried, a line each: the whole chain is in the log.
    innermost.lines().next().unwrap_or_default().trim_end_matches(':').to_owned()
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(code: &str, message: &str) -> FailureKind {
        from_service("AttachVolume vol-1 to i-1", 400, code, Some(message)).0
    }

    #[test]
    fn attach_errors_mean_what_the_field_has_seen() {
        assert_eq!(kind("IncorrectState", "Instance 'i-1' is not 'running'."), FailureKind::IncorrectState);
        assert_eq!(kind("IncorrectState", "Volume 'vol-1'is in the 'available' state."), FailureKind::NotAttached);
        assert_eq!(kind("VolumeInUse", "vol-1 is already attached to an instance"), FailureKind::VolumeInUse);
        let taken = "Invalid value '/dev/sdf' for unixDevice. Attachment point /dev/sdf is already in use";
        assert_eq!(kind("InvalidParameterValue", taken), FailureKind::DeviceNameTaken);
        assert_eq!(kind("InvalidParameterValue", "Invalid id"), FailureKind::Refused);
        assert_eq!(kind("InvalidVolume.NotFound", ""), FailureKind::NotFound);
    }

    #[test]
    fn only_a_server_in_trouble_leaves_the_fate_open() {
        assert_eq!(from_service("RebootInstances i-1", 503, "Unavailable", None).1, Fate::Unknown);
        let throttled = from_service("RebootInstances i-1", 503, "RequestLimitExceeded", None);
        assert_eq!((throttled.0, throttled.1), (FailureKind::Throttled, Fate::NotDone));
    }

    #[test]
    fn what_is_to_go_and_is_gone_already_is_not_found() {
        let gone = |tried: &str| from_service(tried, 400, "InvalidAMIID.Unavailable", Some("has been deregistered")).0;
        assert_eq!(gone("DeregisterImage ami-1"), FailureKind::NotFound);
        assert_eq!(gone("RunInstances of m5.large from ami-1"), FailureKind::Refused);
    }

    #[test]
    fn what_ec2_has_no_capacity_for_is_not_done_and_not_tried_again_at_once() {
        for code in ["InsufficientInstanceCapacity", "InsufficientCapacity", "InsufficientVolumeCapacity"] {
            let (kind, fate, why) = from_service("RunInstances", 500, code, Some("We have no m5.large."));
            assert_eq!((kind, fate), (FailureKind::Refused, Fate::NotDone), "{code}");
            assert!(why.contains("run again later") && why.contains("another type or zone"), "{why}");
        }
        assert_eq!(from_service("RunInstances", 500, "InternalError", None).0, FailureKind::ServerTrouble);
    }

    #[test]
    fn an_answer_without_one_of_ec2s_codes_says_nothing_of_the_call() {
        for (status, kind) in
            [(200, FailureKind::Unreadable), (403, FailureKind::Unreadable), (502, FailureKind::ServerTrouble)]
        {
            let (found, fate, _) = from_something_else(status);
            assert_eq!((found, fate), (kind, Fate::Unknown), "{status}");
        }
    }

    #[test]
    fn what_is_explicitly_denied_is_not_called_lacking_and_the_action_is_the_one_that_ec2_names() {
        let why = |how: &str| {
            let message = format!("User: me is not authorized to perform: ec2:CreateTags on resource: arn {how}");
            from_service("CreateVolume of 20 GiB", 403, "UnauthorizedOperation", Some(&message)).2
        };
        let denied = why("with an explicit deny in an identity-based policy");
        assert!(denied.ends_with("; ec2:CreateTags is explicitly denied to the credentials"), "{denied}");
        let lacking = why("because no identity-based policy allows the ec2:CreateTags action");
        assert!(lacking.ends_with("; the credentials lack the permission ec2:CreateTags"), "{lacking}");
    }

    #[test]
    fn a_denied_call_names_the_missing_permission_and_drops_the_encoded_message() {
        let message = "You are not authorized to perform this operation. Encoded authorization failure message: QUJD";
        let (kind, _, why) = from_service("RebootInstances i-1", 403, "UnauthorizedOperation", Some(message));
        assert_eq!(kind, FailureKind::Denied);
        assert_eq!(
            why,
            "UnauthorizedOperation: You are not authorized to perform this operation; \
             the credentials lack the permission ec2:RebootInstances"
        );
    }
}
