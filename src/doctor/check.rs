//! The checks as data: their names, why they matter, and what has to be allowed for them.

use serde::{Serialize, Serializer};

macro_rules! checks {
    ($($(#[$doc:meta])* $variant:ident = $id:literal, [$($action:literal),*], $why:literal;)+) => {
        /// One thing that is examined. Its id is a contract: scripts read it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Check {
            $($(#[$doc])* $variant,)+
        }

        impl Check {
            /// Every check, in the order in which verdicts stand.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its id.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self {
                    $(Self::$variant => $id,)+
                }
            }

            /// Why it matters, in one sentence.
            #[must_use]
            pub fn why(self) -> &'static str {
                match self {
                    $(Self::$variant => $why,)+
                }
            }

            /// The actions of EC2 that have to be allowed for it, such as `ec2:DescribeImages`. What is only tried by a
            /// dry run needs nothing: a denial is its answer.
            #[must_use]
            pub fn actions(self) -> &'static [&'static str] {
                match self {
                    $(Self::$variant => &[$($action),*],)+
                }
            }
        }
    };
}

checks! {
    /// The configured request is one that EC2 knows.
    RequestExists = "request-exists", ["ec2:DescribeSpotInstanceRequests"],
        "Without its spot request a machine never gets an instance.";
    /// The state of the request.
    RequestState = "request-state", ["ec2:DescribeSpotInstanceRequests"],
        "Only a request that is open, active or disabled brings an instance again.";
    /// Whether it asks again.
    RequestPersistent = "request-persistent", ["ec2:DescribeSpotInstanceRequests"],
        "A one-time request ends with its first instance: after the first interruption nothing follows.";
    /// What an interruption does.
    InterruptionBehavior = "interruption-behavior", ["ec2:DescribeSpotInstanceRequests"],
        "It decides whether a new instance follows, or the same one where and when its very zone and type have room again.";
    /// When the request ends by itself.
    RequestExpiry = "request-expiry", ["ec2:DescribeSpotInstanceRequests"],
        "A request that expires is cancelled without a word; its instance runs on, and nothing follows it.";
    /// Whether the request can launch in one zone only.
    ZonePinned = "zone-pinned", ["ec2:DescribeSpotInstanceRequests", "ec2:DescribeSubnets"],
        "A replacement in another zone can never attach the home volume.";
    /// Whether this is the volume's zone.
    VolumeZone = "volume-zone",
        ["ec2:DescribeSpotInstanceRequests", "ec2:DescribeSubnets", "ec2:DescribeVolumes"],
        "A volume can be attached in its own zone only, for ever.";
    /// What becomes of the root volumes.
    RootDeleteOnTermination = "root-delete-on-termination",
        ["ec2:DescribeImages", "ec2:DescribeSpotInstanceRequests"],
        "Otherwise every interruption leaves a root volume behind, and each is paid for until somebody deletes it.";
    /// Whether instances can be launched from the image.
    ImageExists = "image-exists", ["ec2:DescribeImages", "ec2:DescribeSpotInstanceRequests"],
        "Without its image the request cannot launch the next instance, however well the present one runs.";
    /// Whether the image will be withdrawn.
    ImageDeprecation = "image-deprecation", ["ec2:DescribeImages", "ec2:DescribeSpotInstanceRequests"],
        "A deprecated image gets no fixes any more and may be withdrawn; then the next launch fails.";
    /// Whether the instance type can run the image.
    ImageArchitecture = "image-architecture",
        ["ec2:DescribeImages", "ec2:DescribeInstanceTypes", "ec2:DescribeSpotInstanceRequests"],
        "An image of another architecture cannot be launched on this instance type.";
    /// Whether the volume's device name is free.
    DeviceName = "device-name",
        ["ec2:DescribeImages", "ec2:DescribeInstances", "ec2:DescribeSpotInstanceRequests"],
        "EC2 refuses to attach a volume under a name that the image or the request gives to another one.";
    /// Whether instances come with an old copy of the home.
    HomeSnapshot = "home-snapshot",
        [
            "ec2:DescribeImages",
            "ec2:DescribeSnapshots",
            "ec2:DescribeSpotInstanceRequests",
            "ec2:DescribeVolumes"
        ],
        "A copy has the same file system UUID as the home: which of the two is mounted is chance, and work goes into the wrong one.";
    /// Whether the volume is there.
    VolumeExists = "volume-exists", ["ec2:DescribeVolumes"],
        "EC2 shows the volumes of this account and region only: another one can never be attached.";
    /// Whether an encrypted volume can be read.
    VolumeEncryption = "volume-encryption", ["ec2:DescribeVolumes"],
        "With a key that is disabled, deleted or not granted, attaching is accepted and then fails without an error.";
    /// Whether several instances may attach the volume.
    MultiAttach = "multi-attach", ["ec2:DescribeVolumes"],
        "The attachment is the lock that keeps two instances from one file system; with multi-attach there is none.";
    /// Whether the volume outlives its instance.
    HomeDeleteOnTermination = "home-delete-on-termination", ["ec2:DescribeVolumes"],
        "With this flag EC2 deletes the volume, and all that is on it, together with the instance.";
    /// Whether ssh reaches the instances.
    SecurityGroupSsh = "security-group-ssh",
        ["ec2:DescribeSecurityGroups", "ec2:DescribeSpotInstanceRequests", "ec2:DescribeSubnets"],
        "A published name that no packet reaches is of no use, and a launch with a group that is gone fails.";
    /// Whether the key pair is there.
    KeyPair = "key-pair", ["ec2:DescribeKeyPairs", "ec2:DescribeSpotInstanceRequests"],
        "A request that names a key pair which is gone cannot launch the next instance.";
    /// What the credentials may do, tried by dry runs.
    Permission = "permission", ["ec2:DescribeInstances", "ec2:DescribeSpotInstanceRequests", "ec2:DescribeVolumes"],
        "What is denied is noticed otherwise only when the next instance waits for it.";
    /// Whether another request could be raised.
    RequestApi = "request-api", ["ec2:DescribeSpotInstanceRequests"],
        "Where RequestSpotInstances is barred for the whole account, a request that is lost can never be replaced.";
    /// Whether something else gives a meaning to the machine's names.
    NameConflict = "name-conflict", [],
        "Another line with the same name may win, and lead to a stranger's machine.";
    /// Who keeps the machine.
    Lock = "lock", [],
        "Only one process acts for a machine; a second one only watches.";
    /// How far this computer's clock is off.
    ClockSkew = "clock-skew", [],
        "EC2 refuses requests that are signed at a wrong time, and what is due is reckoned from EC2's times by this clock.";
    /// Whether the hosts file can be written.
    HostsFile = "hosts-file", [],
        "Without it the new address is not published under the old name.";
    /// Whether the ssh configuration can be written.
    SshConfig = "ssh-config", [],
        "Without it the new address is not known to ssh under the old name.";
    /// Whether the journals can be written.
    StateFolder = "state-folder", [],
        "Nothing is done that cannot be written down first.";
    /// Whether the hooks' programs are there.
    Hooks = "hooks", [],
        "A hook whose program is missing tells nobody.";
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

impl std::fmt::Display for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.id())
    }
}
