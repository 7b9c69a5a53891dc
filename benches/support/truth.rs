//! What a finding says, held against the world as it truly is.

use spotkeeper::model::{AttachmentState, InstanceId, InstanceState, RequestState, SpotRequestId, VolumeId};
use spotkeeper::plan::State;
use spotkeeper::sim::{Phase, World};

/// What matters of the world to the findings about one machine with one volume.
#[derive(Debug, Clone)]
pub(crate) struct Truth {
    /// How many instances have the volume.
    pub(crate) holders: usize,
    fulfilled: bool,
    open: bool,
    bound: Option<InstanceState>,
    /// Whether the guest of the bound instance hangs without its home.
    hangs: bool,
    /// How far the volume is on its way to the bound instance.
    here: Option<AttachmentState>,
}

impl Truth {
    /// The truth about a machine.
    pub(crate) fn of(world: &World, request: &str, volume: &str) -> Self {
        let request: SpotRequestId = request.parse().expect("an id");
        let volume: VolumeId = volume.parse().expect("an id");
        let request = world.request(&request).expect("the request is there");
        let volume = world.volume(&volume).expect("the volume is there");
        let bound = request.instance.as_ref();
        let instance = bound.and_then(|id| world.instance(id));
        let hangs = |id: &InstanceId| world.guests().get(id).is_some_and(|guest| guest.phase == Phase::Hanging);
        let held = bound.and_then(|id| volume.attachments.iter().find(|held| held.instance == *id));
        Self {
            holders: volume.attachments.len(),
            fulfilled: request.state == RequestState::Active && request.status.code == "fulfilled",
            open: matches!(request.state, RequestState::Open | RequestState::Disabled),
            bound: instance.map(|instance| instance.state.clone()),
            hangs: bound.is_some_and(hangs),
            here: held.map(|held| held.state.clone()),
        }
    }

    /// Whether a finding is true: state and brief, as the planner words them.
    pub(crate) fn fits(&self, state: State, brief: &str) -> bool {
        let attached = self.here == Some(AttachmentState::Attached);
        let free = self.holders == 0;
        match (state, brief) {
            (State::Ready, _) => self.fulfilled && attached && !self.hangs,
            (_, "draining") => !self.fulfilled,
            (_, "no capacity" | "evaluating" | "fulfilling" | "instance gone" | "price low") => self.open,
            (_, "pending") => self.bound == Some(InstanceState::Pending),
            (_, "starting") => self.fulfilled,
            (_, "gone") => self.bound.as_ref().is_none_or(InstanceState::has_left),
            (_, "attaching" | "attach?") => self.fulfilled && (free || self.here.is_some()),
            (_, "held back" | "volume held") => !free && self.here.is_none(),
            (_, "detaching" | "detach?" | "volume busy") => !attached && !free,
            (_, "reboots soon" | "rebooting" | "reboot?" | "publishing") => attached,
            (_, "stuck") => self.here == Some(AttachmentState::Attaching) || free,
            // They tell of this program and of what EC2 answered, not of the world.
            (_, "failed" | "not yet" | "withdrawing" | "withdraw?" | "publish?") => true,
            _ => false,
        }
    }
}
