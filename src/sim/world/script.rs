//! The events of the scenario.

use std::time::Duration;

use super::super::guest::Guest;
use super::super::refusal::Refusal;
use super::super::scenario::{Action, EventSpec};
use super::{Event, World};
use crate::model::{InstanceId, SpotRequestId};

/// One scenario event, at work.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Script {
    every: Option<Duration>,
    action: Action,
}

impl World {
    /// Plans a scenario's event.
    pub(in crate::sim) fn plan_script(&mut self, event: EventSpec) {
        self.scripts.push(Script { every: event.every, action: event.action });
        self.plan(event.at, Event::Script(self.scripts.len() - 1));
    }

    pub(super) fn run_script(&mut self, index: usize) {
        let Some(Script { every, action }) = self.scripts.get(index).cloned() else { return };
        if let Some(every) = every {
            let next = every.mul_f64(0.75 + 0.5 * self.rng.f64());
            self.plan(next, Event::Script(index));
        }
        // What cannot happen now does not happen: a script is a wish, and the story tells what came of it.
        let refused = match action {
            Action::Interrupt { requests, early } => match self.choose(&requests) {
                Some(instance) => self.interrupt(&instance, early),
                None => Ok(()),
            },
            Action::SetCapacity(request, capacity) => self.set_capacity(&request, capacity),
            Action::Terminate(request) => self.on_instance(&request, Self::terminate),
            Action::Stop(request) => self.on_instance(&request, Self::stop),
            Action::Start(request) => self.on_instance(&request, Self::start_again),
            Action::Cancel(request) => self.cancel(&request),
            Action::Expire(request) => self.expire(&request),
            Action::DeleteVolume(volume) => self.delete_volume(&volume),
        };
        if let Err(refusal) = refused {
            self.tell(format!("a planned event does not happen: {refusal}"));
        }
    }

    fn choose(&mut self, requests: &[SpotRequestId]) -> Option<InstanceId> {
        let present = |request: &SpotRequestId| {
            let instance = self.records.requests.get(request)?.bound.clone()?;
            self.records.instances.get(&instance)?.state.is_present().then_some(instance)
        };
        let mut candidates: Vec<InstanceId> = requests.iter().filter_map(present).collect();
        if requests.len() > 1 {
            candidates.retain(|id| self.guests.get(id).is_some_and(Guest::is_usable));
        }
        let chosen = self.rng.usize(..candidates.len().max(1));
        candidates.into_iter().nth(chosen)
    }

    fn on_instance<R>(&mut self, request: &SpotRequestId, act: R) -> Result<(), Refusal>
    where
        R: FnOnce(&mut Self, &InstanceId) -> Result<(), Refusal>,
    {
        match self.records.requests.get(request).and_then(|request| request.bound.clone()) {
            Some(instance) => act(self, &instance),
            None => Ok(()),
        }
    }
}
