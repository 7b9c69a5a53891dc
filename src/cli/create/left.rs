//! Why a work was left, in words that say how to go on.

use crate::app::create::{Denied, Left, Rehearsal};
use crate::cli::exit::{Exit, Trouble};
use crate::create::Stage;
use crate::journal::{LockError, OpenError};
use crate::model::{FailureKind, MachineName};

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
        Left::Stuck(stuck) if stuck.is_refused => {
            let words = format!("{}: {}", stuck.stage.title(), stuck.why);
            let way = "run again, a new builder, which costs, only says the same of it; take it back, and create it with \
                       another --volume, or with --size:";
            Trouble::new(Exit::Error, format!("{words}\n{way} {undo}"))
        }
        Left::Stuck(stuck) => Trouble::new(Exit::Error, format!("{}: {}\n{again}", stuck.stage.title(), stuck.why)),
        Left::TooLong(wait) => {
            let words = format!("{}: waited in vain for {}", wait.stage.title(), wait.what);
            Trouble::new(Exit::Unsettled, format!("{words}, for {}\n{again}", crate::plan::span(wait.patience)))
        }
    }
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
    use crate::create::{Part, Stuck};
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
    fn a_refused_volume_is_not_told_to_go_on_with() {
        let stuck =
            Stuck { stage: Stage::Prepare, why: "has-data".to_owned(), again: Some(Part::Builder), is_refused: true };
        let told = |stuck: Stuck| trouble(&Left::Stuck(stuck), "go on by: create", "create --undo").words;
        let refused = told(stuck.clone());
        assert!(refused.contains("another --volume") && refused.ends_with("create --undo"), "{refused}");
        assert!(!refused.contains("go on by"), "{refused}");
        assert!(told(Stuck { is_refused: false, ..stuck }).contains("go on by"));
    }
}
