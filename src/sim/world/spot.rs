//! The life of a spot request.

use std::time::Duration;

use super::super::records::{Capacity, Request, Status, StoppedBy};
use super::{Cause, Event, World, later, message};
use crate::model::{InstanceId, InstanceState, RequestKind, RequestState, SpotRequestId};

/// The status code of a request whose instance is about to be terminated.
pub(super) const MARKED_FOR_TERMINATION: &str = "marked-for-termination";

/// The status code of a request whose instance was terminated while it was stopped.
pub(super) const BY_SERVICE: &str = "instance-terminated-by-service";

/// The status code of a request whose instance was terminated by its owner.
pub(super) const BY_USER: &str = "instance-terminated-by-user";

/// What a request is to do.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// Go back to `pending-evaluation`.
    Reevaluate,
    /// Decide whether there is capacity.
    Evaluate,
    /// Become `fulfilled`.
    Fulfil,
    /// Notice that its instance was terminated by the user.
    Reopen,
    /// Start its stopped instance again.
    Restart,
    /// The record goes.
    Forget,
}

impl World {
    pub(super) fn request_step(&mut self, id: &SpotRequestId, step: Step) {
        match step {
            Step::Reevaluate => {
                self.set_status(id, RequestState::Open, "pending-evaluation");
                let evaluation = self.draw(self.timing.evaluation);
                self.plan_request(id, evaluation, Step::Evaluate);
            }
            Step::Evaluate => self.evaluate(id),
            Step::Fulfil => self.fulfil(id),
            Step::Reopen => self.reopen(id),
            Step::Restart => self.restart(id),
            Step::Forget => {
                self.records.requests.remove(id);
            }
        }
    }

    /// Brings a new request into the world's course.
    pub(in crate::sim) fn begin_request(&mut self, id: &SpotRequestId) {
        let begin = self.records.requests.get(id).and_then(|request| request.valid_from);
        if let Some(begin) = begin.filter(|begin| *begin > self.now) {
            self.set_status(id, RequestState::Open, "not-scheduled-yet");
            let wait = begin.duration_since(self.now).try_into().unwrap_or(Duration::ZERO);
            return self.plan_request(id, wait, Step::Reevaluate);
        }
        let evaluation = self.draw(self.timing.evaluation);
        self.plan_request(id, evaluation, Step::Evaluate);
    }

    fn evaluate(&mut self, id: &SpotRequestId) {
        let Some(request) = self.records.requests.get(id) else { return };
        if let Some((code, until)) = self.hindrance(request) {
            self.hold(id, code);
            return until.into_iter().for_each(|until| self.plan_request(id, until, Step::Reevaluate));
        }
        // What EC2 says of a type that the zone does not have is not documented: here it is a constraint like any other.
        let nowhere = self.places(&request.instance_type, request.zone.as_deref()).next().is_none();
        match (&request.capacity, &request.waits_for) {
            _ if nowhere => self.set_status(id, RequestState::Open, "constraint-not-fulfillable"),
            (Capacity::Lacking(code), _) => {
                let code = code.clone();
                self.hold(id, &code);
            }
            (Capacity::Available, Some(_)) => self.set_status(id, RequestState::Open, "capacity-not-available"),
            (Capacity::Available, None) => {
                self.set_status(id, RequestState::Open, "pending-fulfillment");
                let fulfillment = self.draw(self.timing.fulfillment);
                self.plan_request(id, fulfillment, Step::Fulfil);
            }
        }
    }

    /// Says why there is no instance. Most reasons may pass, but not all.
    fn hold(&mut self, id: &SpotRequestId, code: &str) {
        let state = match code {
            "bad-parameters" if self.knobs.bad_parameters_fail => RequestState::Failed,
            "bad-parameters" | "system-error" => RequestState::Closed,
            _ => RequestState::Open,
        };
        let ended = state != RequestState::Open;
        self.tell(format!("{id} {}: {code}", if ended { "has ended" } else { "stays open" }));
        self.set_status(id, state, code);
        if ended {
            self.find_fault(id, code);
            self.plan_forget(id);
        }
    }

    /// Says what is wrong with a request that has ended for that. Which codes EC2 gives a fault is not documented: here
    /// they are those with which RunInstances refuses the same, and where there is none the status code.
    fn find_fault(&mut self, id: &SpotRequestId, code: &str) {
        let Some(request) = self.records.requests.get(id) else { return };
        let wrong = self.check_image(&request.launch.image, &request.instance_type).err();
        let wrong = wrong.filter(|_| code == "bad-parameters");
        let Some(request) = self.records.requests.get_mut(id) else { return };
        if let Some(wrong) = &wrong {
            request.status.message.clone_from(&wrong.message);
        }
        let code = wrong.map_or_else(|| code.to_owned(), |wrong| wrong.code);
        request.fault = Some((code, request.status.message.clone()));
    }

    fn fulfil(&mut self, id: &SpotRequestId) {
        let Some(request) = self.records.requests.get(id) else { return };
        if request.capacity != Capacity::Available {
            return self.evaluate(id);
        }
        if self.has_stopped(request) {
            return self.restart(id);
        }
        self.launch(id);
    }

    /// Whether the request has a stopped instance, which is started again before another is launched.
    pub(super) fn has_stopped(&self, request: &Request) -> bool {
        let bound = request.bound.as_ref().and_then(|bound| self.records.instances.get(bound));
        bound.is_some_and(|bound| bound.state == InstanceState::Stopped)
    }

    fn launch(&mut self, id: &SpotRequestId) {
        let instance = self.new_instance_id();
        let Some(instance_type) = self.records.requests.get(id).map(|request| request.instance_type.clone()) else {
            return;
        };
        let any = self.any_zone(&instance_type);
        let Some(request) = self.records.requests.get_mut(id) else { return };
        let zone = request.next_zone.take().or_else(|| request.zone.clone()).unwrap_or(any);
        let launch = request.launch.clone();
        let instance = self.make_instance(instance, zone, instance_type);
        self.equip(&instance, &launch);
        self.fulfilled_with(id, &instance);
        self.start(&instance);
        self.tell(format!("{id} is fulfilled by {instance}"));
    }

    /// Says that the request is fulfilled with this instance, and makes the instance its own.
    pub(in crate::sim) fn fulfilled_with(&mut self, id: &SpotRequestId, instance: &InstanceId) {
        self.bind(instance, id);
        let zone = self.records.instances.get(instance).map(|instance| instance.zone.clone());
        if let Some(request) = self.records.requests.get_mut(id) {
            request.instance = Some(instance.clone());
            request.bound = Some(instance.clone());
            request.waits_for = None;
            request.launched_zone = zone;
        }
        self.set_status(id, RequestState::Active, "fulfilled");
    }

    /// How a request goes on that has an instance at the beginning: what is being stopped, or has stopped, EC2 took back.
    pub(in crate::sim) fn resume_request(&mut self, id: &SpotRequestId) {
        let Some(bound) = self.records.requests.get(id).and_then(|request| request.bound.clone()) else { return };
        let Some(instance) = self.records.instances.get_mut(&bound) else { return };
        match instance.state {
            InstanceState::Stopping | InstanceState::Stopped => {
                instance.stopped_by = Some(StoppedBy::Ec2);
                let has_stopped = instance.state == InstanceState::Stopped;
                let cause = Cause::default();
                self.interrupted.insert(bound.clone(), cause);
                self.set_status(id, RequestState::Active, cause.marked_for_stop());
                if has_stopped {
                    self.instance_stopped(&bound);
                }
            }
            InstanceState::ShuttingDown | InstanceState::Terminated => {
                let reopen = self.draw(self.timing.reopen);
                self.plan_request(id, reopen, Step::Reopen);
            }
            _ => {}
        }
    }

    fn restart(&mut self, id: &SpotRequestId) {
        let Some(request) = self.records.requests.get(id) else { return };
        // Its owner may have terminated it since this was planned.
        let can_start = request.capacity == Capacity::Available && self.has_stopped(request);
        let Some(bound) = request.bound.clone().filter(|_| can_start) else { return };
        if self.root_of(&bound).is_none() {
            self.tell(format!("EC2 cannot start {bound} without its root volume"));
            self.set_status(id, RequestState::Cancelled, BY_SERVICE);
            return self.begin_shutdown(&bound, "Server.InternalError", "Internal error on launch");
        }
        self.fulfilled_with(id, &bound);
        self.start(&bound);
        self.tell(format!("EC2 starts {bound} again for {id}"));
    }

    fn reopen(&mut self, id: &SpotRequestId) {
        self.lose_instance(id, BY_USER, None);
        let open = self.records.requests.get(id).is_some_and(|request| request.state == RequestState::Open);
        if open && !self.knobs.shows_user_termination {
            self.request_step(id, Step::Reevaluate);
        }
    }

    /// The notice of an instance is over: a request that was only marked so far loses it now.
    pub(super) fn marked_instance_ends(&mut self, id: &InstanceId) {
        let marked =
            |request: &&Request| request.bound.as_ref() == Some(id) && request.status.code == MARKED_FOR_TERMINATION;
        let owner = self.records.requests.values().find(marked).map(|request| request.id.clone());
        if let (Some(owner), Some(cause)) = (owner, self.interrupted.get(id).copied()) {
            self.lose_instance(&owner, cause.terminated(), Some(id.clone()));
        }
    }

    /// What becomes of a request whose instance is lost: a persistent one asks again, once `waits_for` has ended.
    pub(super) fn lose_instance(&mut self, id: &SpotRequestId, code: &str, waits_for: Option<InstanceId>) {
        let keeps = self.knobs.keeps_instance_id;
        let Some(request) = self.records.requests.get_mut(id) else { return };
        if request.state == RequestState::Cancelled {
            return self.set_status(id, RequestState::Cancelled, code);
        }
        let ends = match code {
            "instance-terminated-by-schedule" => true,
            "instance-terminated-by-experiment" if !self.knobs.experiment_reopens => true,
            _ => request.kind != RequestKind::Persistent,
        };
        if ends {
            self.set_status(id, RequestState::Closed, code);
            return self.plan_forget(id);
        }
        if !keeps {
            request.instance = None;
        }
        request.waits_for = waits_for;
        self.set_status(id, RequestState::Open, code);
        let reevaluation = self.draw(self.timing.reevaluation);
        self.plan_request(id, reevaluation, Step::Reevaluate);
    }

    /// An instance is terminated: there is capacity for the request that waited for that, after a while.
    pub(super) fn instance_ended(&mut self, id: &InstanceId) {
        let waiting = self.records.requests.values_mut().find(|request| request.waits_for.as_ref() == Some(id));
        if let Some(request) = waiting {
            request.waits_for = None;
            let request = request.id.clone();
            self.look_again(&request);
        }
        let owner = self.records.requests.values().find(|request| request.bound.as_ref() == Some(id));
        if let Some(owner) = owner.filter(|owner| owner.state == RequestState::Cancelled) {
            let owner = owner.id.clone();
            self.cancelled_instance_ended(&owner);
        }
    }

    /// The instance of a cancelled request is no more: the request shows why, as far as it does not yet, and its record goes.
    fn cancelled_instance_ended(&mut self, id: &SpotRequestId) {
        let Some(request) = self.records.requests.get(id) else { return };
        let cause = request.bound.as_ref().and_then(|bound| self.interrupted.get(bound));
        let code = match request.status.code.as_str() {
            "request-canceled-and-instance-running" => Some(cause.map_or(BY_USER, |cause| cause.terminated())),
            stopped if stopped.starts_with("instance-stopped-") => Some(BY_SERVICE),
            _ => None,
        };
        if let Some(code) = code {
            self.set_status(id, RequestState::Cancelled, code);
        }
        self.plan_forget(id);
    }

    /// What becomes of a request that is cancelled now, and of its instance, which is left as it is unless `reaps`.
    pub(super) fn has_been_cancelled(&mut self, id: &SpotRequestId, reaps: bool) {
        let bound = self.records.requests.get(id).and_then(|request| request.bound.as_ref());
        let bound = bound.and_then(|bound| self.records.instances.get(bound));
        match bound.map(|bound| (bound.id.clone(), bound.state.clone())) {
            Some((bound, InstanceState::Stopped)) if reaps => {
                self.plan_instance(&bound, super::operator::REAPING, super::instance::Step::Reap);
            }
            None | Some((_, InstanceState::Terminated)) => self.cancelled_instance_ended(id),
            // Its end, or its stop, has its consequences when it comes.
            Some(_) => {}
        }
    }

    /// An instance is stopped: its request is disabled, and EC2 starts again what EC2 stopped.
    pub(super) fn instance_stopped(&mut self, id: &InstanceId) {
        let owner = self.records.requests.values().find(|request| request.bound.as_ref() == Some(id));
        let Some((request, state)) = owner.map(|owner| (owner.id.clone(), owner.state.clone())) else { return };
        let by_ec2 = self.records.instances.get(id).is_some_and(|instance| instance.stopped_by == Some(StoppedBy::Ec2));
        let cause = self.interrupted.get(id).copied().unwrap_or_default();
        let code = if by_ec2 { cause.stopped() } else { "instance-stopped-by-user" };
        if state == RequestState::Cancelled {
            // What EC2 does with the stopped instance of a request that was cancelled after that, it does here too.
            self.set_status(&request, state, code);
            return self.plan_instance(id, super::operator::REAPING, super::instance::Step::Reap);
        }
        self.set_status(&request, RequestState::Disabled, code);
        if by_ec2 {
            self.look_again(&request);
        }
    }

    /// Plans the next look at a request for which there may be capacity now.
    pub(super) fn look_again(&mut self, id: &SpotRequestId) {
        let Some(request) = self.records.requests.get(id) else { return };
        if request.capacity != Capacity::Available {
            return;
        }
        let by_ec2 = request.status.code.starts_with("instance-stopped-") && !request.status.code.ends_with("-by-user");
        let step = match request.state {
            RequestState::Open => Step::Reevaluate,
            RequestState::Disabled if by_ec2 => Step::Restart,
            _ => return,
        };
        let delay = self.draw(self.timing.capacity_return);
        self.plan_request(id, delay, step);
    }

    pub(super) fn expire_now(&mut self, id: &SpotRequestId) {
        let now = self.now;
        let Some(request) = self.records.requests.get(id) else { return };
        if request.valid_until.is_none_or(|end| end > now) {
            return;
        }
        let code = match request.state {
            // It was on the way to be started again.
            RequestState::Open if self.has_stopped(request) => "instance-stopped-by-user".to_owned(),
            RequestState::Open => "schedule-expired".to_owned(),
            RequestState::Active => "request-canceled-and-instance-running".to_owned(),
            // Whoever stopped it: its request ends as it is.
            RequestState::Disabled => request.status.code.clone(),
            _ => return,
        };
        self.tell(format!("{id} has expired"));
        self.set_status(id, RequestState::Cancelled, &code);
        self.has_been_cancelled(id, false);
    }

    /// Plans the expiry of a request, which no change of its status makes void.
    pub(in crate::sim) fn plan_expiry(&mut self, id: &SpotRequestId) {
        let now = self.now;
        if let Some(end) = self.records.requests.get(id).and_then(|request| request.valid_until) {
            let left = end.duration_since(now).try_into().unwrap_or(Duration::ZERO);
            self.plan(left, Event::Expiry(id.clone()));
        }
    }

    /// Sets state and status, which makes void whatever was planned for the request.
    pub(in crate::sim) fn set_status(&mut self, id: &SpotRequestId, state: RequestState, code: &str) {
        let since = self.now;
        if let Some(request) = self.records.requests.get_mut(id) {
            request.state = state;
            request.status = Status { code: code.to_owned(), message: message::of(request, code), since };
            request.ticket += 1;
        }
    }

    pub(super) fn plan_forget(&mut self, id: &SpotRequestId) {
        let record = self.draw(self.timing.request_record);
        self.plan_request(id, record, Step::Forget);
    }

    pub(super) fn plan_request(&mut self, id: &SpotRequestId, after: Duration, step: Step) {
        if let Some(ticket) = self.records.requests.get(id).map(|request| request.ticket) {
            self.plan(after, Event::Request(id.clone(), ticket, step));
        }
    }

    /// Whether the request is shown yet.
    pub(in crate::sim) fn is_visible(&self, request: &Request) -> bool {
        request.visible_from <= self.now
    }

    /// Hides a request for a while, as EC2 does with new ones.
    pub fn hide_request(&mut self, id: &SpotRequestId, for_how_long: Duration) {
        let until = later(self.now, for_how_long);
        if let Some(request) = self.records.requests.get_mut(id) {
            request.visible_from = until;
        }
    }
}
