//! What has to be mended before anything can go on, and by which command.

use super::super::super::freshness::Freshness;
use super::super::super::model::{Link, Model};
use crate::model::FailureKind;
use crate::plan::span;
use crate::protocol::{PauseReason, Snapshot};

/// The trouble that concerns everything, in words, if there is any.
pub(in super::super) fn words(model: &Model) -> Option<String> {
    if let Link::Down(why) = &model.link {
        return Some(why.clone());
    }
    if let Freshness::Stuck(silent) = model.freshness() {
        let silent = span(silent);
        return Some(format!("the engine's loop has not turned for {silent}: nothing is kept; leave and start again"));
    }
    let snapshot = model.latest.as_deref()?;
    if let Some(failure) = &snapshot.journal_failure {
        return Some(format!("nothing is done until the journal can be written: {failure}"));
    }
    if let Some(reason @ PauseReason::AccountChanged { .. }) = &snapshot.paused {
        let key = model.keys.first_key(super::super::super::command::Command::Pause);
        return Some(format!("{reason}: press {key}"));
    }
    let failure = snapshot.look_failure.as_ref()?;
    let next = next_look(model, snapshot);
    Some(match failure.kind {
        FailureKind::Credentials => format!("renew the credentials: {}; {next}. {failure}", renewal(model)),
        FailureKind::Throttled => {
            format!("EC2 asks to be called less often: looks every {} now; {next}", span(snapshot.pause))
        }
        _ => format!("{failure}; {next}"),
    })
}

fn next_look(model: &Model, snapshot: &Snapshot) -> String {
    match snapshot.next_look {
        Some(at) => format!("next look in {}", span(at.saturating_sub(model.now.clock.monotonic))),
        None => "looking now".to_owned(),
    }
}

/// The very command that renews the credentials.
fn renewal(model: &Model) -> String {
    match &model.facts.profile {
        Some(profile) => {
            let quoted = shlex::try_quote(profile).unwrap_or_default().into_owned();
            format!("aws sso login --profile {quoted}")
        }
        None => {
            "aws sso login, or export fresh AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN".to_owned()
        }
    }
}
