//! The words for EC2's things: ids, requests, instances, volumes, and the joined observation of them.
//!
//! Nothing here talks to anybody. What comes from outside is parsed into these types at the border and is
//! harmless afterwards: an id is well-formed, an address is an address, and free text is a [`Text`], which
//! cannot hold a control character. States that nobody has heard of are kept as they are.

mod account;
mod claim;
mod device;
mod failure;
mod id;
mod instance;
mod name;
mod observation;
mod request;
mod text;
mod time;
mod volume;
mod word;

pub use account::{
    BlockDevice, Image, ImageState, Ingress, Interface, KeyPair, RequestTerms, SecurityGroup, Subnet, Tags,
    VolumeTraits,
};
pub use claim::{CLAIM_TAG, Claim, Claims, Keeper};
pub use device::{device_place, free_device};
pub use failure::{Failure, FailureKind, Fate};
pub use id::{IdError, ImageId, InstanceId, SecurityGroupId, SnapshotId, SpotRequestId, SubnetId, VolumeId};
pub use instance::{Instance, InstanceState};
pub use name::{DeviceName, HostName, MachineName, NameError};
pub use observation::{Look, NameEntry, NameTarget, NamesOnDisk, NamesProblem, Observation};
pub use request::{InterruptionBehavior, RequestKind, RequestState, SpotRequest};
pub use text::{Escaped, Text};
pub use time::{Now, age};
pub use volume::{Attachment, AttachmentState, Volume, VolumeState};
