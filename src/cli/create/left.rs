//! Why a work was left, in words that say how to go on.

use crate::app::create::{Denied, Left, Rehearsal};
use crate::cli::exit::{Exit, Trouble};
use crate::create::{Stage, Unfit};
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

/// `again` says how to go on, `undo` how to take it back.
pub(super) fn trouble(left: &Left, again: &str, undo: &str) -> Trouble {
    match left {
        Left::Failed(stage, failure) => Trouble::of(failure.kind, format!("{}: {failure}\n{again}", stage.title())),
        Left::Unconfigured(failure, text) => {
            let words = format!("{}: {failure}\n{again}", Stage::Config.title());
            let by_hand = "or put these lines into it by hand, and then run it again:";
            Trouble::of(failure.kind, format!("{words}\n{by_hand}\n\n{text}"))
        }
        Left::Stuck(stuck) => {
            let way = stuck.unfit.map_or_else(|| again.to_owned(), |unfit| instead(unfit, undo));
            Trouble::new(Exit::Error, format!("{}: {}\n{way}", stuck.stage.title(), stuck.why))
        }
        Left::TooLong(wait) => {
            let words = format!("{}: waited in vain for {}", wait.stage.title(), wait.what);
            let costs = wait.costs.as_ref().map_or_else(String::new, |builder| still_costs(builder, undo));
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

/// A line on a builder that runs on when its waiter leaves.
fn still_costs(builder: &InstanceId, undo: &str) -> String {
    format!(
        "the builder {builder} runs on, and costs: see what it says: aws ec2 get-console-output --instance-id {builder} \
         --output text; to stop it, and have it judged by that: aws ec2 stop-instances --instance-ids {builder}; to end \
         it: {undo}\n"
    )
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
    use crate::model::Failure;

    #[test]
    fn what_cannot_be_written_into_the_configuration_is_printed_on_lines_of_its_own() {
        let lines = "[[machine]]\nname = \"train\"\n";
        let failure = Failure::local("changing the configuration", "its machines are in a list");
        let trouble = trouble(&Left::Unconfigured(failure, lines.to_owned()), "go on by: spotkeeper create train", "");
        assert!(trouble.words.contains("its machines are in a list"));
        assert!(trouble.words.ends_with(&format!("\n\n{lines}")), "{}", trouble.words);
    }

    #[test]
    fn who_waited_in_vain_is_told_of_the_builder_that_costs_meanwhile_and_how_to_end_it() {
        let costs = Some("i-0b0b0b0b".parse().unwrap());
        let patience = std::time::Duration::from_hours(1);
        let wait = Wait { stage: Stage::Prepare, what: "the builder".to_owned(), patience, then: None, costs };
        let told = |wait: &Wait| trouble(&Left::TooLong(wait.clone()), "go on by: create", "create --undo").words;
        let words = told(&wait);
        assert!(
            words.contains("stop-instances --instance-ids i-0b0b0b0b") && words.contains("create --undo"),
            "{words}"
        );
        assert!(!told(&Wait { costs: None, ..wait }).contains("costs"));
    }

    #[test]
    fn what_is_unfit_is_not_told_to_go_on_with() {
        let stuck = Stuck {
            stage: Stage::Prepare,
            why: "has-data".to_owned(),
            again: Some(Part::Builder),
            unfit: Some(Unfit::Volume),
        };
        let told = |stuck: Stuck| trouble(&Left::Stuck(stuck), "go on by: create", "create --undo").words;
        for (unfit, other) in [(Unfit::Volume, "another --volume"), (Unfit::Image, "another --image")] {
            let refused = told(Stuck { unfit: Some(unfit), ..stuck.clone() });
            assert!(refused.contains(other) && refused.ends_with("create --undo"), "{refused}");
            assert!(!refused.contains("go on by"), "{refused}");
        }
        assert!(told(Stuck { unfit: None, ..stuck }).contains("go on by"));
    }
}
