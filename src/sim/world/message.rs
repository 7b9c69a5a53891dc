//! The sentences that go with status codes. Source: Amazon EC2 user guide, "Spot request status".

use super::super::records::Request;
use super::spot::MARKED_FOR_TERMINATION;

/// The sentence of a request with this status code.
pub(super) fn of(request: &Request, code: &str) -> String {
    let text = match code {
        "fulfilled" => "Your spot request is fulfilled.",
        "pending-evaluation" => "Your Spot request has been submitted for review, and is pending evaluation.",
        "pending-fulfillment" => "Your Spot request is pending fulfillment.",
        "capacity-not-available" => "There is no Spot capacity available that matches your request.",
        "instance-terminated-no-capacity" => {
            "Your Spot instance was terminated because there is no Spot capacity available."
        }
        "instance-terminated-by-user" => "Your Spot instance was terminated by the user.",
        "instance-stopped-no-capacity" => "Your Spot instance was stopped because there is no Spot capacity available.",
        "instance-stopped-by-user" => "Your Spot instance was stopped by the user.",
        "marked-for-stop" | "marked-for-stop-by-experiment" => "Your Spot instance is marked for stop.",
        MARKED_FOR_TERMINATION => "Your Spot instance is marked for termination.",
        "not-scheduled-yet" => "The Spot request will not be evaluated until the scheduled date.",
        "price-too-low" => "Your Spot request price is lower than the minimum required Spot request fulfillment price.",
        "constraint-not-fulfillable" => {
            "The Spot request can't be fulfilled because one or more constraints are not valid."
        }
        "instance-terminated-by-price" => {
            "Your Spot instance was terminated because the Spot price exceeds your maximum price."
        }
        "instance-stopped-by-price" => {
            "Your Spot instance was stopped because the Spot price exceeds your maximum price."
        }
        "instance-terminated-by-service" => "Your Spot instance was terminated from a stopped state.",
        "bad-parameters" => "One or more parameters for your Spot request are not valid.",
        "system-error" => "There was an unexpected system error.",
        "request-canceled-and-instance-running" => {
            "You canceled the Spot request while the Spot instance was still running."
        }
        "canceled-before-fulfillment" => "The Spot request was canceled before it was fulfilled.",
        "schedule-expired" => "The Spot request has expired because it was not fulfilled before the specified date.",
        other => return format!("Spot request {} is in status {other}.", request.id),
    };
    text.to_owned()
}
