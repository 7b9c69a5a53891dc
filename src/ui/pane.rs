//! The panes.

/// A pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Pane {
    /// One row a machine.
    Machines,
    /// Spot requests.
    Requests,
    /// Instances.
    Instances,
    /// Volumes.
    Volumes,
    /// Log lines.
    Log,
}

impl Pane {
    /// All panes in their order.
    pub(crate) const ALL: [Self; 5] = [Self::Machines, Self::Requests, Self::Instances, Self::Volumes, Self::Log];

    /// Its title.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Machines => "Machines",
            Self::Requests => "Requests",
            Self::Instances => "Instances",
            Self::Volumes => "Volumes",
            Self::Log => "Log",
        }
    }

    /// The pane so many further, round and round.
    pub(crate) fn step(self, by: usize) -> Self {
        Self::ALL.into_iter().cycle().skip_while(|pane| *pane != self).nth(by).unwrap_or(self)
    }

    /// The next one.
    pub(crate) fn next(self) -> Self {
        self.step(1)
    }

    /// The one before.
    pub(crate) fn previous(self) -> Self {
        self.step(Self::ALL.len() - 1)
    }
}
