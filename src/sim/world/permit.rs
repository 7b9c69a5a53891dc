//! Whether the state of things lets an owner do what he asks: known before anything is done, so that a call about
//! several things does all or nothing.

use super::super::records::StoppedBy;
use super::super::refusal::Refusal;
use super::World;
use crate::model::{InstanceId, InstanceState, RequestKind, RequestState, SpotRequestId};

impl World {
    /// Whether an instance can be stopped by its owner.
    pub(in crate::sim) fn may_stop(&self, id: &InstanceId) -> Result<(), Refusal> {
        let target = self.instance(id).ok_or_else(|| Refusal::no_instance(id))?;
        if target.state != InstanceState::Running {
            return Err(Refusal::not_running(id));
        }
        let Some(request) = &target.request else { return Ok(()) };
        let owner = self.request(request).ok_or_else(|| Refusal::no_request(request))?;
        if owner.kind != RequestKind::Persistent {
            let message = format!(
                "You can't stop the Spot Instance '{id}' because it is associated with a one-time Spot Instance \
                 request. You can only stop Spot Instances associated with persistent Spot Instance requests."
            );
            return Err(Refusal::client("UnsupportedOperation", message));
        }
        if owner.launch_group.is_some() || owner.zone_group.is_some() {
            let message = format!(
                "You can't stop the Spot Instance '{id}' because its Spot Instance request is part of a launch group or \
                 Availability Zone group."
            );
            return Err(Refusal::client("UnsupportedOperation", message));
        }
        if owner.bound.as_ref() != Some(id) {
            let message = format!("The spot instance '{id}' cannot be stopped: its request has another one.");
            return Err(Refusal::client("IncorrectSpotRequestState", message));
        }
        if owner.state != RequestState::Active {
            let message = format!("The spot instance '{id}' cannot be stopped: its request is {}.", owner.state);
            return Err(Refusal::client("IncorrectSpotRequestState", message));
        }
        Ok(())
    }

    /// Whether an instance can be started by its owner.
    pub(in crate::sim) fn may_start(&self, id: &InstanceId) -> Result<(), Refusal> {
        let target = self.instance(id).ok_or_else(|| Refusal::no_instance(id))?;
        if target.state != InstanceState::Stopped {
            return Err(Refusal::client("IncorrectInstanceState", format!("Instance '{id}' is not 'stopped'.")));
        }
        if self.root_of(id).is_none() {
            let device = &target.launch.root_device;
            return Err(Refusal::parameter(format!(
                "Invalid value '{id}' for instanceId. Instance does not have a volume attached at root ({device})"
            )));
        }
        let Some(request) = &target.request else { return Ok(()) };
        if target.stopped_by == Some(StoppedBy::Ec2) {
            return Err(Refusal::client(
                "IncorrectSpotRequestState",
                "Only Amazon EC2 can restart an interrupted stopped Spot Instance.",
            ));
        }
        let owner = self.request(request).ok_or_else(|| Refusal::no_request(request))?;
        if owner.state != RequestState::Disabled {
            let message = format!("The spot instance '{id}' cannot be started: its request is {}.", owner.state);
            return Err(Refusal::client("IncorrectSpotRequestState", message));
        }
        Ok(())
    }

    /// Whether a request can be cancelled.
    pub(in crate::sim) fn may_cancel(&self, id: &SpotRequestId) -> Result<(), Refusal> {
        let request = self.request(id).ok_or_else(|| Refusal::no_request(id))?;
        match request.state {
            RequestState::Open | RequestState::Active | RequestState::Disabled => Ok(()),
            _ => {
                let message = format!("Spot request '{id}' is {} and cannot be cancelled.", request.state);
                Err(Refusal::client("IncorrectSpotRequestState", message))
            }
        }
    }
}
