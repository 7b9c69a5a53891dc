//! The calls of a creation that are still to come, tried by dry runs before anything is paid.

use std::collections::BTreeSet;

use super::Site;
use super::perform::{launch, new_volume, offer, tags};
use crate::create::{Act, Memory, Part, Recipe, Seen, imagined};
use crate::model::{Failure, FailureKind};

/// What dry runs said of the calls that are still to come.
#[derive(Debug, Default)]
pub struct Rehearsal {
    /// The calls that are denied.
    pub denied: Vec<Denied>,
    /// Why it is not known of some, each in a sentence.
    pub unknown: Vec<String>,
}

/// A call that is denied.
#[derive(Debug)]
pub struct Denied {
    /// The call, and what EC2 said.
    pub failure: Failure,
    /// Whether it was tried on something that is not there yet: a policy that allows it by tags or by ids cannot allow that.
    pub is_imagined: bool,
}

impl Rehearsal {
    fn take(&mut self, is_imagined: bool, answer: Result<(), Failure>) {
        match answer {
            Ok(()) => {}
            Err(failure) if failure.kind == FailureKind::Denied => self.denied.push(Denied { failure, is_imagined }),
            // Whoever is not allowed is not told what is there.
            Err(failure) if failure.kind == FailureKind::NotFound && is_imagined => {}
            Err(failure) => self.unknown.push(failure.to_string()),
        }
    }
}

impl Site {
    /// Tries the calls that a creation still takes, each action once, as far as EC2 lets one: on what is there, or on ids that
    /// are only imagined. Nothing is changed.
    pub async fn rehearse(&self, memory: &Memory, seen: &Seen) -> Rehearsal {
        let mut rehearsal = Rehearsal::default();
        let Some(recipe) = &memory.recipe else { return rehearsal };
        let (acts, _) = imagined(recipe, None, memory, seen);
        let mut tried = BTreeSet::new();
        for act in &acts {
            let call = act.to_string();
            let action = call.split(' ').next().unwrap_or_default().to_owned();
            if !tried.insert(action) {
                continue;
            }
            // The request is tried with an image that is there.
            let is_imagined = act.is_on_imagined() && !matches!(act, Act::RequestSpot { .. });
            if let Some(answer) = self.try_act(recipe, memory, act).await {
                rehearsal.take(is_imagined, answer);
            }
            if let Act::AttachHome { builder, .. } = act {
                rehearsal.take(is_imagined, self.ec2.may_read_console(builder).await);
            }
        }
        rehearsal
    }

    /// What a dry run says of an act; nothing of those that are no calls.
    async fn try_act(&self, recipe: &Recipe, memory: &Memory, act: &Act) -> Option<Result<(), Failure>> {
        let ec2 = &self.ec2;
        Some(match act {
            Act::CreateVolume => ec2.may_create_volume(&new_volume(recipe, memory)).await,
            // What it runs is nothing that is permitted or not.
            Act::RunBuilder => ec2.may_run_instance(&launch(recipe, memory, Part::Builder, &recipe.image), "").await,
            Act::RequestSpot { .. } => {
                ec2.may_request_spot(&launch(recipe, memory, Part::Request, &recipe.image), &offer(recipe)).await
            }
            Act::CreateImage { builder } => {
                ec2.may_create_image(builder, &recipe.image_name(), &tags(recipe, "")).await
            }
            Act::AttachHome { volume, builder } => ec2.may_attach(volume, builder, &recipe.device).await,
            Act::DetachHome { volume, builder } => ec2.may_detach(volume, builder).await,
            Act::StartBuilder { builder } => ec2.may_start(builder).await,
            Act::StopBuilder { builder } => ec2.may_stop(builder).await,
            Act::TerminateBuilder { builder } => ec2.may_terminate(builder).await,
            _ => return None,
        })
    }
}
