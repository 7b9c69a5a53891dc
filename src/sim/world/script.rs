//! The events of the scenario.

use std::time::Duration;

use super::super::guest::Guest;
use super::super::records::Request;
use super::super::refusal::Refusal;
use super::super::scenario::{Action, Attach, EventSpec};
use super::super::span;
use super::{Event, World, message};
use crate::model::{InstanceId, RequestState, SpotRequestId};

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
            let next = span::scaled(every, 0.75 + 0.5 * self.rng.f64());
            self.plan(next, Event::Script(index));
        }
        // What cannot happen now does not happen: a script is a wish, and the story tells what came of it.
        let refused = match action {
            Action::Interrupt { requests, early, cause } => match self.choose(&requests) {
                Some(instance) => self.interrupt_for(&instance, cause, early),
                None => Ok(()),
            },
            Action::SetCapacity(request, capacity) => self.set_capacity(&request, capacity),
            Action::Terminate(request) => self.on_instance(&request, Self::terminate),
            Action::Stop(request) => self.on_instance(&request, Self::stop),
            Action::Revoke(request) => self.on_instance(&request, Self::revoke),
            Action::ShutDown(request) => self.on_instance(&request, Self::shut_down),
            Action::Reboot(request) => self.on_instance(&request, |world, id| world.reboot(std::slice::from_ref(id))),
            Action::Start(request) => self.on_instance(&request, Self::start_again),
            Action::Cancel(request) => self.cancel(&request),
            Action::Expire(request) => self.expire(&request),
            Action::DeleteVolume(volume) => self.delete_volume(&volume),
            Action::Attach(Attach { volume, to, device }) => {
                self.on_instance(&to, |world, id| world.attach(&volume, id, &device).map(|_| ()))
            }
            Action::Detach(volume, force) => self.detach(&volume, None, None, force).map(|_| ()),
            Action::Show { request, state, status } => self.show(&request, state, status),
            Action::Meddle(requests) => self.meddle(&requests),
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

    /// Lets a request show what it has not come to by itself. Whatever was planned for it goes on.
    ///
    /// # Errors
    /// When there is no such request.
    pub(in crate::sim) fn show(
        &mut self,
        id: &SpotRequestId,
        state: Option<RequestState>,
        code: Option<String>,
    ) -> Result<(), Refusal> {
        let request = self.records.requests.get_mut(id).ok_or_else(|| Refusal::no_request(id))?;
        if let Some(state) = state {
            request.state = state;
        }
        if let Some(code) = code {
            request.status.message = message::of(request, &code);
            request.status.code = code;
        }
        Ok(())
    }

    /// What somebody does who does not know what spotkeeper is about to do.
    fn meddle(&mut self, requests: &[SpotRequestId]) -> Result<(), Refusal> {
        let deed = self.rng.usize(..6);
        let Some(chosen) = requests.get(self.rng.usize(..requests.len().max(1))) else { return Ok(()) };
        let Some(Request { bound: Some(instance), homes, .. }) = self.records.requests.get(chosen).cloned() else {
            return Ok(());
        };
        let home = homes.get(self.rng.usize(..homes.len().max(1))).cloned();
        self.tell(format!("somebody else is at work on {instance}"));
        match (deed, home) {
            (0, _) => self.reboot(&[instance]),
            (1, _) => self.terminate(&instance),
            (2, _) => self.stop(&instance),
            (3, _) => self.start_again(&instance),
            (4, Some(home)) => self.detach(&home, None, None, false).map(|_| ()),
            (_, Some(home)) => self.attach(&home, &instance, "/dev/sdp").map(|_| ()),
            (_, None) => Ok(()),
        }
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
