//! Why a work was left, in words that say how to go on.

use crate::app::create::{Denied, Left, Rehearsal};
use crate::cli::exit::{Exit, Trouble};
use crate::create::{Stage, Unfit};
use crate::doctor::Aws;
use crate::journal::{LockError, OpenError};
use crate::model::{FailureKind, InstanceId, MachineName};

pub(super) fn in_use(name: &MachineName, error: OpenError) -> Trouble {
    match error {
        OpenError::Lock(LockError::Held { holder, .. }) => {
            let words = format!("{name} is being made or ended by another spotkeeper: {holder}. Wait for that one");
            Trouble::new(Exit::Locked, words)
        }
        error => error.into(),
    }
}

/// The way on from a work that was left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ways<'a> {
    /// How to go on.
    pub(super) again: &'a str,
    /// How to take it back.
    pub(super) undo: &'a str,
    /// Where commands of the AWS CLI go.
    pub(super) aws: Aws<'a>,
}

pub(super) fn trouble(left: &Left, ways: Ways<'_>) -> Trouble {
    let Ways { again, undo, aws } = ways;
    match left {
        Left::Failed(stage, failure) => Trouble::of(failure.kind, format!("{}: {failure}\n{again}", stage.title())),
        Left::Unconfigured(failure, text) => {
            let words = format!("{}: {failure}\n{again}", Stage::Config.title());
            let by_hand = "or put these lines into it by hand, and then run it again:";
            Trouble::of(failure.kind, format!("{words}\n{by_hand}\n\n{text}"))
        }
        Left::Stuck(stuck) => {
            let way = stuck.unfit.map_or_else(|| again.to_owned(), |unfit| instead(unfit, undo));
            let said = stuck.mute.as_ref().map(|builder| format!("see what it said: {}\n", console(aws, builder)));
            let said = said.unwrap_or_default();
            Trouble::new(Exit::Error, format!("{}: {}\n{said}{way}", stuck.stage.title(), stuck.why))
        }
        Left::TooLong(wait) => {
            let words = format!("{}: waited in vain for {}", wait.stage.title(), wait.what);
            let costs = wait.costs.as_ref().map_or_else(String::new, |builder| still_costs(builder, ways));
            Trouble::new(Exit::Unsettled, format!("{words}, for {}\n{costs}{again}", crate::plan::span(wait.patience)))
        }
    }
}

/// The way on when something of the recipe is none to be used.
fn instead(unfit: Unfit, undo: &str) -> String {
    let with = match unfit {
        Unfit::Volume => "another --volume, or with --size",
        Unfit::Image => "another --image, one with a plain /home, or with --system",
    };
    format!(
        "run again, a new builder, which costs, only says the same of it; take it back, and create it with {with}: {undo}"
    )
}

/// Lines on a builder that runs on when its waiter leaves.
fn still_costs(builder: &InstanceId, Ways { undo, aws, .. }: Ways<'_>) -> String {
    let (says, stop) =
        (console(aws, builder), aws.command(&["ec2", "stop-instances", "--instance-ids", builder.as_str()]));
    format!(
        "the builder {builder} runs on, and costs\nto see what it says: {says}\nto stop it, and have it judged by that: \
         {stop}\nto end it: {undo}\n"
    )
}

fn console(aws: Aws<'_>, builder: &InstanceId) -> String {
    aws.command(&["ec2", "get-console-output", "--instance-id", builder.as_str(), "--output", "text"])
}

/// The shipped policy with all that create, undo and retire need.
const POLICY: &str = "assets/iam-policy-create.json";

/// Where somebody finds what is missing.
pub(super) fn with_policy(trouble: Trouble) -> Trouble {
    if !trouble.is_denied {
        return trouble;
    }
    Trouble { words: format!("{}\nall that create, undo and retire need is in {POLICY}", trouble.words), ..trouble }
}

/// All that is denied of what is still to come. Nothing was made for it.
pub(super) fn denied(rehearsal: &Rehearsal) -> Trouble {
    let mut lines = vec!["not all of it would be allowed, as dry runs say; nothing was changed:".to_owned()];
    for Denied { failure, is_imagined } in &rehearsal.denied {
        lines.push(format!("  {failure}{}", if *is_imagined { " (*)" } else { "" }));
    }
    if rehearsal.denied.iter().any(|denied| denied.is_imagined) {
        let words = "(*) tried on something that is not there yet; if your policy allows it by the tags or ids of what will \
                     be made, say --despite-denials";
        lines.push(words.to_owned());
    }
    Trouble::of(FailureKind::Denied, lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::create::{Part, Stuck, Wait};
    use crate::model::{Failure, Text};

    fn told(left: &Left) -> String {
        let aws = Aws { region: &Text::new("eu-west-1"), profile: Some("my own") };
        trouble(left, Ways { again: "go on by: create", undo: "create --undo", aws }).words
    }

    #[test]
    fn what_cannot_be_written_into_the_configuration_is_printed_on_lines_of_its_own() {
        let lines = "[[machine]]\nname = \"train\"\n";
        let failure = Failure::local("changing the configuration", "its machines are in a list");
        let words = told(&Left::Unconfigured(failure, lines.to_owned()));
        assert!(words.contains("its machines are in a list"));
        assert!(words.ends_with(&format!("\n\n{lines}")), "{words}");
    }

    #[test]
    fn who_waited_in_vain_is_told_of_the_builder_that_costs_meanwhile_and_how_to_end_it() {
        let costs = Some("i-0b0b0b0b".parse().unwrap());
        let patience = std::time::Duration::from_hours(1);
        let wait = Wait { stage: Stage::Prepare, what: "the builder".to_owned(), patience, then: None, costs };
        let told = |wait: &Wait| told(&Left::TooLong(wait.clone()));
        let words = told(&wait);
        let stop = "aws ec2 stop-instances --instance-ids i-0b0b0b0b --region eu-west-1 --profile 'my own'";
        assert!(words.contains(stop) && words.contains("create --undo"), "{words}");
        assert!(!told(&Wait { costs: None, ..wait }).contains("costs"));
    }

    #[test]
    fn what_is_unfit_is_not_told_to_go_on_with() {
        let stuck = Stuck {
            stage: Stage::Prepare,
            why: "has-data".to_owned(),
            again: Some(Part::Builder),
            unfit: Some(Unfit::Volume),
            mute: None,
        };
        let told = |stuck: Stuck| told(&Left::Stuck(stuck));
        for (unfit, other) in [(Unfit::Volume, "another --volume"), (Unfit::Image, "another --image")] {
            let refused = told(Stuck { unfit: Some(unfit), ..stuck.clone() });
            assert!(refused.contains(other) && refused.ends_with("create --undo"), "{refused}");
            assert!(!refused.contains("go on by"), "{refused}");
        }
        assert!(told(Stuck { unfit: None, ..stuck.clone() }).contains("go on by"));
        let mute = told(Stuck { unfit: None, mute: Some("i-0b0b0b0b".parse().unwrap()), ..stuck });
        let console = "aws ec2 get-console-output --instance-id i-0b0b0b0b --output text --region eu-west-1";
        assert!(mute.contains(console) && mute.contains("go on by"), "{mute}");
    }
}
