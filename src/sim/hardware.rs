//! What instance types are made of: by the rules of their names, so that every type has an answer.

/// An instance type, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hardware {
    /// The architecture of its processors, such as `x86_64`.
    pub(super) architecture: &'static str,
    /// Whether it runs on Nitro: its disks are `NVMe` then.
    pub(super) nitro: bool,
    pub(super) bare_metal: bool,
    pub(super) cpus: u32,
    /// In MiB.
    pub(super) memory: u32,
    /// Whether it brings disks of its own.
    pub(super) instance_storage: bool,
}

/// The families that run on Xen. Source: Amazon EC2 Instance Types guide, "Hypervisor type".
const XEN: [&str; 28] = [
    "m1", "m2", "m3", "m4", "c1", "c3", "c4", "r3", "r4", "t1", "t2", "i2", "i3", "d2", "g2", "g3", "g3s", "p2", "p3",
    "x1", "x1e", "f1", "h1", "hs1", "hi1", "cc2", "cr1", "cg1",
];

/// How many times the size `xlarge` the largest type has: `u7inh-32tb.480xlarge`. Source: botocore, `ec2/2016-11-15`,
/// `InstanceType`.
const LARGEST: u32 = 480;

impl Hardware {
    /// The hardware of a type such as `g5.xlarge`; none where there is no such size.
    pub(super) fn of(instance_type: &str) -> Option<Self> {
        let (family, size) = instance_type.split_once('.')?;
        let letters = family.find(|c: char| c.is_ascii_digit())?;
        let (class, rest) = family.split_at(letters);
        let suffix = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        if class.is_empty() || !class.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') {
            return None;
        }
        let cpus = cpus(size)?;
        let memory_for_each = match class {
            "c" => 2048,
            "r" | "x" | "z" | "i" => 8192,
            _ => 4096,
        };
        Some(Self {
            architecture: if family == "a1" || suffix.starts_with('g') { "arm64" } else { "x86_64" },
            // The metal of i3 is no guest of a hypervisor: its disks are `NVMe`.
            nitro: !XEN.contains(&family) || size == "metal",
            bare_metal: size.starts_with("metal"),
            cpus,
            memory: cpus * memory_for_each,
            instance_storage: suffix.contains('d') || matches!(class, "i" | "d" | "is" | "im") || family == "g5",
        })
    }

    pub(super) fn hypervisor(self) -> Option<&'static str> {
        match (self.bare_metal, self.nitro) {
            (true, _) => None,
            (false, true) => Some("nitro"),
            (false, false) => Some("xen"),
        }
    }
}

fn cpus(size: &str) -> Option<u32> {
    match size {
        "nano" | "micro" | "small" | "medium" | "large" => Some(2),
        "xlarge" => Some(4),
        metal if metal.starts_with("metal") => Some(96),
        other => {
            let times: u32 = other.strip_suffix("xlarge")?.parse().ok()?;
            (1..=LARGEST).contains(&times).then_some(times * 4)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_types_name_says_architecture_and_hypervisor() {
        for (name, architecture, hypervisor) in [
            ("g5.xlarge", "x86_64", Some("nitro")),
            ("g5g.xlarge", "arm64", Some("nitro")),
            ("m7g.large", "arm64", Some("nitro")),
            ("im4gn.large", "arm64", Some("nitro")),
            ("g4dn.xlarge", "x86_64", Some("nitro")),
            ("a1.medium", "arm64", Some("nitro")),
            ("p3.2xlarge", "x86_64", Some("xen")),
            ("p3dn.24xlarge", "x86_64", Some("nitro")),
            ("t2.micro", "x86_64", Some("xen")),
            ("m5.metal", "x86_64", None),
            ("u-6tb1.112xlarge", "x86_64", Some("nitro")),
            ("u7inh-32tb.480xlarge", "x86_64", Some("nitro")),
            ("mac-m4.metal", "x86_64", None),
        ] {
            let hardware = Hardware::of(name).unwrap();
            assert_eq!((hardware.architecture, hardware.hypervisor()), (architecture, hypervisor), "{name}");
        }
        for none in ["foo.bar", "m5", "m5.huge", "m5.0xlarge", "m5.999xlarge", ".large", "M5.large", "large.m5"] {
            assert_eq!(Hardware::of(none), None, "{none}");
        }
    }
}
