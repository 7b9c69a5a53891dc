//! How far each part of a machine is, in one sign each.

use super::action::StepKind;

/// How far one part of a machine is. The order is the order of urgency: of several marks the greatest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Mark {
    /// It is as it should be.
    Done,
    /// It is not its turn yet, or it waits for something that this program does not do.
    #[default]
    Open,
    /// It goes by itself, or a step is being done.
    Moving,
    /// A step waits for somebody's yes.
    Asked,
    /// It is blocked, or a step failed.
    Wrong,
}

/// The parts of a machine, in the order in which they come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Part {
    Request,
    Instance,
    Volumes,
    Reboot,
    Name,
}

/// How far each part of a machine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks {
    /// The spot request.
    pub request: Mark,
    /// The instance.
    pub instance: Mark,
    /// The volumes, all of them.
    pub volumes: Mark,
    /// The reboot with the volumes.
    pub reboot: Mark,
    /// The names.
    pub name: Mark,
}

impl Marks {
    /// The mark of one part.
    pub(super) fn of(&mut self, part: Part) -> &mut Mark {
        match part {
            Part::Request => &mut self.request,
            Part::Instance => &mut self.instance,
            Part::Volumes => &mut self.volumes,
            Part::Reboot => &mut self.reboot,
            Part::Name => &mut self.name,
        }
    }
}

impl From<StepKind> for Part {
    fn from(kind: StepKind) -> Self {
        match kind {
            StepKind::Attach | StepKind::Detach | StepKind::Keep => Self::Volumes,
            StepKind::Reboot => Self::Reboot,
            StepKind::Names => Self::Name,
        }
    }
}
