//! Spot instance requests.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::{InstanceId, SpotRequestId, Text};

/// A spot instance request as DescribeSpotInstanceRequests shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpotRequest {
    /// Its id.
    pub id: SpotRequestId,
    /// Its state.
    pub state: RequestState,
    /// The status code, a plain string in EC2's model: unknown ones occur.
    pub status_code: Text,
    /// EC2's sentence about the status.
    pub status_message: Text,
    /// When the status last changed, by EC2's clock.
    pub status_since: Option<Timestamp>,
    /// Whether it asks again after its instance is gone.
    pub kind: RequestKind,
    /// What EC2 does to the instance when it takes the capacity back.
    pub interruption: InterruptionBehavior,
    /// The instance that fulfils it, or, perhaps, the one that did.
    pub instance: Option<InstanceId>,
    /// When it ends by itself.
    pub valid_until: Option<Timestamp>,
}

impl SpotRequest {
    /// Whether the request is active and fulfilled with this very instance.
    #[must_use]
    pub fn is_fulfilled_with(&self, instance: &InstanceId) -> bool {
        self.state == RequestState::Active
            && self.status_code.as_str() == "fulfilled"
            && self.instance.as_ref() == Some(instance)
    }
}

macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
            /// One that this program has never heard of, as EC2 wrote it.
            Unknown(Text),
        }

        impl $name {
            /// The word that EC2 uses.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Unknown(text) => text.as_str(),
                }
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                match value {
                    $($text => Self::$variant,)+
                    other => Self::Unknown(Text::new(other)),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}
pub(super) use states;

states! {
    /// The state of a spot request. Source: EC2 User Guide, "Spot request status".
    RequestState {
        /// Waiting for capacity; also while the instance of an interrupted request still runs its last two minutes.
        Open = "open",
        /// An instance is associated with it.
        Active = "active",
        /// Its instance is stopped.
        Disabled = "disabled",
        /// Ended.
        Closed = "closed",
        /// Cancelled or expired; its instance may still run.
        Cancelled = "cancelled",
        /// Its parameters were bad.
        Failed = "failed",
    }
}

states! {
    /// Whether a request lives on after an interruption.
    RequestKind {
        /// It ends with its first instance.
        OneTime = "one-time",
        /// It asks again.
        Persistent = "persistent",
    }
}

states! {
    /// What happens to the instance at an interruption.
    InterruptionBehavior {
        /// It is terminated; a new instance follows.
        Terminate = "terminate",
        /// It is stopped, and started again with the same id.
        Stop = "stop",
        /// It is hibernated, and started again with the same id.
        Hibernate = "hibernate",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_states_are_kept_as_they_are() {
        assert_eq!(RequestState::from("active"), RequestState::Active);
        let odd = RequestState::from("hover\u{1b}ing");
        assert_eq!(odd.as_str(), r"hover\u{1b}ing");
    }
}
