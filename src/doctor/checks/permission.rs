//! What the credentials may do, by what dry runs said.

use super::Found;
use crate::config::{Consent, RebootRule};
use crate::doctor::case::{Case, unknown};
use crate::doctor::check::Check;
use crate::doctor::facts::{Answer, Trial};
use crate::doctor::remedy::{allow, is_barred};
use crate::doctor::verdict::{Draft, Finding, Outcome, Unknown, fault, ok, warning};
use crate::model::FailureKind;

/// One verdict for each action that keeping the machine needs.
pub(super) fn all(case: &Case<'_>) -> Vec<Draft> {
    let policy = &case.config.policy;
    let never = |consent: Consent, key: &str| (consent == Consent::Never).then(|| format!("{key} = \"never\""));
    let reboot = match case.machine.reboot {
        RebootRule::Never => Some("reboot = \"never\"".to_owned()),
        RebootRule::AfterAttach => never(policy.reboot, "reboot"),
    };
    let fence = (!case.config.fence).then(|| "[fence] enabled = false".to_owned());
    let is = |wanted: fn(&Trial) -> bool| wanted;
    let verdicts = [
        ("ec2:AttachVolume", never(policy.attach, "attach"), is(|trial| matches!(trial, Trial::Attach(_)))),
        ("ec2:DetachVolume", never(policy.detach, "detach"), is(|trial| matches!(trial, Trial::Detach(_)))),
        ("ec2:RebootInstances", reboot, is(|trial| matches!(trial, Trial::Reboot))),
        ("ec2:ModifyInstanceAttribute", never(policy.keep, "keep"), is(|trial| matches!(trial, Trial::Keep(_)))),
        ("ec2:CreateTags", fence, is(|trial| matches!(trial, Trial::Claim))),
    ];
    let verdicts = verdicts.into_iter().map(|(action, needless, is)| {
        let found = match needless {
            Some(because) => Ok(ok(format!("not needed: {because}"))),
            None => tried(case, action, is),
        };
        Draft::new(Check::Permission, action, found)
    });
    verdicts.collect()
}

/// What the dry runs of one action said: of several volumes, the worst.
fn tried(case: &Case<'_>, action: &str, is: fn(&Trial) -> bool) -> Found {
    let trials = case.facts.trials.get(&case.machine.name);
    let trials = trials.into_iter().flatten().filter(|(trial, _)| is(trial));
    let found = trials.map(|(_, answer)| judge(action, answer));
    let worst = found.max_by_key(|found| found.as_ref().map_or(Outcome::Unknown, |finding| finding.outcome));
    // Asked for last, so that a denial is told also where it is not known what else there is.
    worst.unwrap_or_else(|| {
        let why = match case.instance() {
            Err(why) => return Err(why),
            Ok(Some(_)) if is_of_volumes(action) => {
                for home in &case.machine.volumes {
                    case.volume(home)?;
                }
                "no volume is attached now, so there is nothing to try it on"
            }
            Ok(_) => "the machine has no instance now, so there is nothing to try it on",
        };
        Err(Unknown::new(why))
    })
}

fn is_of_volumes(action: &str) -> bool {
    ["ec2:AttachVolume", "ec2:DetachVolume", "ec2:ModifyInstanceAttribute"].contains(&action)
}

fn judge(action: &str, answer: &Answer<()>) -> Found {
    match answer {
        Ok(()) => Ok(ok("allowed")),
        Err(failure) if failure.kind == FailureKind::Denied => {
            let remedy = allow(failure).unwrap_or_default();
            let seen = failure.why.to_string();
            // Nothing stops for want of a tag: only other computers are not told.
            Ok(if action == "ec2:CreateTags" { warning(seen, remedy) } else { fault(seen, remedy) })
        }
        Err(failure) => Err(unknown(failure)),
    }
}

/// Whether another request could be raised: a remark, unless nobody in the account could.
pub(super) fn request_api(case: &Case<'_>) -> Found {
    let trials = case.facts.trials.get(&case.machine.name);
    let Some(answer) = trials.and_then(|trials| trials.get(&Trial::Request)) else {
        case.terms()?;
        return Err(Unknown::new("the request's terms do not suffice to try it"));
    };
    let plain = |seen: &str| -> Finding { ok(seen) };
    match answer {
        Ok(()) => Ok(plain("allowed to these credentials")),
        Err(failure) if is_barred(failure) => Ok(warning(failure.why.to_string(), allow(failure).unwrap_or_default())),
        Err(failure) if failure.kind == FailureKind::Denied => {
            Ok(plain("not allowed to these credentials, and not needed to keep machines"))
        }
        Err(failure) => Err(unknown(failure)),
    }
}
