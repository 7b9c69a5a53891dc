//! What somebody does to the world: the market, the owner at the console, another tool.

use std::time::Duration;

use super::super::records::{Capacity, Instance, Request, StoppedBy};
use super::super::refusal::Refusal;
use super::spot::{BY_SERVICE, BY_USER, Step};
use super::{Cause, Event, World, instance};
use crate::model::{InstanceId, InstanceState, InterruptionBehavior, RequestKind, RequestState, SpotRequestId};

/// How long EC2 takes to clear away the stopped instance of a cancelled request.
pub(super) const REAPING: Duration = Duration::from_secs(5);

impl World {
    /// EC2 takes a spot instance back for want of capacity.
    pub(in crate::sim) fn interrupt(&mut self, id: &InstanceId, early: bool) -> Result<(), Refusal> {
        self.interrupt_for(id, Cause::NoCapacity, early)
    }

    /// EC2 takes a spot instance back. With `early`, the replacement may come while it still runs.
    pub(in crate::sim) fn interrupt_for(&mut self, id: &InstanceId, cause: Cause, early: bool) -> Result<(), Refusal> {
        let target = self.existing(id)?;
        if !target.state.is_present() {
            return Err(Refusal::not_running(id));
        }
        if self.interrupted.contains_key(id) {
            return Err(Refusal::client("IncorrectState", format!("'{id}' is taken back already")));
        }
        let owner = target.request.clone();
        let Some(owner) = owner.and_then(|owner| self.records.requests.get(&owner)) else {
            return Err(Refusal::client("IncorrectState", format!("'{id}' is no Spot instance, or has no request")));
        };
        if self.interrupted.contains_key(id) {
            return Err(Refusal::client("IncorrectState", format!("EC2 takes '{id}' back already")));
        }
        let (owner, behavior) = (owner.id.clone(), owner.behavior.clone());
        let current = self.records.requests.get(&owner).is_some_and(|owner| owner.bound.as_ref() == Some(id));
        let stop = behavior != InterruptionBehavior::Terminate;
        let notice = match behavior {
            InterruptionBehavior::Hibernate => Duration::ZERO,
            _ => self.draw(self.timing.notice),
        };
        self.interrupted.insert(id.clone(), cause);
        self.plan_instance(id, notice, instance::Step::NoticeEnds { stop });
        self.tell(format!("EC2 takes {id} back: {} s notice", notice.as_secs()));
        let marked = match (stop, cause) {
            (true, _) => Some(cause.marked_for_stop()),
            (false, Cause::Price) if self.knobs.marks_for_termination => Some(super::spot::MARKED_FOR_TERMINATION),
            _ => None,
        };
        if let Some(marked) = marked.filter(|_| current) {
            let state = self.records.requests.get(&owner).map(|owner| owner.state.clone());
            self.set_status(&owner, state.unwrap_or(RequestState::Active), marked);
        } else if current {
            let waits_for = (!early).then(|| id.clone());
            self.lose_instance(&owner, cause.terminated(), waits_for);
        }
        Ok(())
    }

    /// EC2 does not take the instance back after all.
    pub(in crate::sim) fn revoke(&mut self, id: &InstanceId) -> Result<(), Refusal> {
        let target = self.existing(id)?;
        if !target.state.is_present() || !self.interrupted.contains_key(id) {
            return Err(Refusal::client("IncorrectState", format!("'{id}' is not about to be interrupted")));
        }
        let owner = target.request.clone();
        self.interrupted.remove(id);
        // Whatever was planned for it is void; what is not the interruption is planned again.
        self.change(id, |_| {});
        self.resume(id);
        self.tell(format!("EC2 does not take {id} back after all"));
        let owner = owner.and_then(|owner| self.records.requests.get_mut(&owner));
        let Some(owner) = owner.filter(|owner| owner.bound.as_ref() == Some(id)) else { return Ok(()) };
        if owner.state != RequestState::Cancelled {
            let owner = owner.id.clone();
            self.fulfilled_with(&owner, id);
        }
        Ok(())
    }

    /// Sets whether there is capacity for a request. Capacity that comes is found at once; capacity that goes takes
    /// nothing away.
    pub(in crate::sim) fn set_capacity(&mut self, id: &SpotRequestId, capacity: Capacity) -> Result<(), Refusal> {
        let request = self.records.requests.get_mut(id).ok_or_else(|| Refusal::no_request(id))?;
        if request.capacity == capacity {
            return Ok(());
        }
        request.capacity = capacity;
        if request.valid_from.is_some_and(|begin| begin > self.now) {
            return Ok(());
        }
        let available = request.capacity == Capacity::Available;
        let stopped = request.state == RequestState::Disabled && request.status.code != "instance-stopped-by-user";
        let evaluated = !matches!(request.status.code.as_str(), "pending-evaluation" | "pending-fulfillment");
        // A request that has just lost its instance has its next evaluation planned already.
        let lost = request.status.code.starts_with("instance-terminated-");
        let step = match request.state {
            RequestState::Open if available && evaluated && !lost => Step::Reevaluate,
            RequestState::Open if evaluated && !lost => Step::Evaluate,
            RequestState::Disabled if available && stopped => Step::Restart,
            _ => return Ok(()),
        };
        self.plan_request(id, Duration::ZERO, step);
        self.advance_to(self.now);
        Ok(())
    }

    /// The owner terminates an instance.
    pub(in crate::sim) fn terminate(&mut self, id: &InstanceId) -> Result<(), Refusal> {
        let target = self.existing(id)?;
        if matches!(target.state, InstanceState::ShuttingDown | InstanceState::Terminated) {
            return Ok(());
        }
        self.end_by_owner(id, "Client.UserInitiatedShutdown", "User initiated shutdown");
        Ok(())
    }

    /// Ends an instance in a way that its request notices only later.
    fn end_by_owner(&mut self, id: &InstanceId, code: &str, message: &str) {
        let Some(target) = self.records.instances.get(id) else { return };
        let had_stopped = target.state == InstanceState::Stopped;
        let owner = target.request.as_ref().and_then(|request| self.records.requests.get(request));
        let lives = |owner: &&Request| matches!(owner.state, RequestState::Active | RequestState::Disabled);
        let owner = owner.filter(lives).filter(|owner| owner.bound.as_ref() == Some(id)).map(|owner| owner.id.clone());
        self.begin_shutdown(id, code, message);
        let Some(owner) = owner else { return };
        if had_stopped && self.knobs.stopped_termination_ends {
            return self.set_status(&owner, RequestState::Cancelled, BY_SERVICE);
        }
        let reopen = self.draw(self.timing.reopen);
        self.plan_request(&owner, reopen, Step::Reopen);
    }

    /// Somebody shuts an instance down from inside.
    pub(in crate::sim) fn shut_down(&mut self, id: &InstanceId) -> Result<(), Refusal> {
        let target = self.existing(id)?;
        if target.state != InstanceState::Running {
            return Err(Refusal::not_running(id));
        }
        let owner = target.request.as_ref().and_then(|owner| self.records.requests.get(owner));
        let terminates = match owner {
            Some(owner) if owner.kind != RequestKind::Persistent => true,
            // What EC2 takes back does not stay because it stopped a little sooner.
            Some(owner) => {
                let goes = self.knobs.guest_shutdown_terminates || self.interrupted.contains_key(id);
                owner.behavior == InterruptionBehavior::Terminate && goes
            }
            None => target.launch.instance_initiated_shutdown_behavior == "terminate",
        };
        if terminates {
            self.end_by_owner(id, "Client.InstanceInitiatedShutdown", "Instance initiated shutdown");
        } else {
            self.begin_stop(id, StoppedBy::Guest);
        }
        Ok(())
    }

    /// The owner stops an instance.
    pub(in crate::sim) fn stop(&mut self, id: &InstanceId) -> Result<(), Refusal> {
        self.may_stop(id)?;
        if let Some(request) = self.existing(id)?.request.clone() {
            self.set_status(&request, RequestState::Active, "marked-for-stop");
        }
        self.begin_stop(id, StoppedBy::User);
        Ok(())
    }

    /// The owner starts an instance that he stopped.
    pub(in crate::sim) fn start_again(&mut self, id: &InstanceId) -> Result<(), Refusal> {
        self.may_start(id)?;
        let Some(request) = self.existing(id)?.request.clone() else {
            self.start(id);
            return Ok(());
        };
        self.plan_request(&request, Duration::ZERO, Step::Reevaluate);
        self.advance_to(self.now);
        Ok(())
    }

    /// The owner cancels a request. The stopped instance of a disabled one is terminated; a running one runs on.
    pub(in crate::sim) fn cancel(&mut self, id: &SpotRequestId) -> Result<(), Refusal> {
        self.may_cancel(id)?;
        let request = self.records.requests.get(id).ok_or_else(|| Refusal::no_request(id))?;
        let code = match request.state {
            RequestState::Open => "canceled-before-fulfillment",
            RequestState::Active => "request-canceled-and-instance-running",
            _ if self.has_stopped(request) => BY_SERVICE,
            _ => BY_USER,
        };
        self.set_status(id, RequestState::Cancelled, code);
        self.tell(format!("{id} is cancelled: {code}"));
        self.has_been_cancelled(id, true);
        Ok(())
    }

    /// A request's time is over, now.
    pub(in crate::sim) fn expire(&mut self, id: &SpotRequestId) -> Result<(), Refusal> {
        let now = self.now;
        let request = self.records.requests.get_mut(id).ok_or_else(|| Refusal::no_request(id))?;
        request.valid_until = Some(now);
        self.plan(Duration::ZERO, Event::Expiry(id.clone()));
        self.advance_to(now);
        Ok(())
    }

    /// Passes requests to reboot on, which only guests that run can hear.
    ///
    /// # Errors
    /// `IncorrectState` for what is stopping or stopped, if the knob says so: the code and its words are a guess. By the EC2
    /// API reference, RebootInstances succeeds for every instance of the account, and is ignored for what is terminated.
    pub(in crate::sim) fn reboot(&mut self, ids: &[InstanceId]) -> Result<(), Refusal> {
        let stops = |state: &InstanceState| matches!(state, InstanceState::Stopping | InstanceState::Stopped);
        for id in ids {
            if stops(&self.existing(id)?.state) && self.knobs.refuses_stopped_reboots {
                let message = format!("The instance '{id}' is not in a state from which it can be rebooted.");
                return Err(Refusal::client("IncorrectState", message));
            }
        }
        for id in ids {
            if self.existing(id)?.state.is_present() {
                self.reboot_guest(id);
            }
        }
        Ok(())
    }

    pub(super) fn existing(&self, id: &InstanceId) -> Result<&Instance, Refusal> {
        self.records.instances.get(id).ok_or_else(|| Refusal::no_instance(id))
    }
}
