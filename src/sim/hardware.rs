//! Which instance types there are, and what they are made of: by the rules of their names, so that every type has an answer.

use std::sync::LazyLock;

/// The instance types, one a line, in order. Source: botocore, `ec2/2016-11-15`, by `tests/botocore_names.py`.
const LISTED: &str = include_str!("instance_types.txt");

static TYPES: LazyLock<Vec<&'static str>> = LazyLock::new(|| LISTED.lines().collect());

/// The instance types that there are, in order.
pub(super) fn types() -> &'static [&'static str] {
    &TYPES
}

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

impl Hardware {
    /// The hardware of a type such as `g5.xlarge`; none where there is no such type.
    pub(super) fn of(instance_type: &str) -> Option<Self> {
        TYPES.binary_search(&instance_type).ok()?;
        let (family, size) = instance_type.split_once('.')?;
        let letters = family.find(|c: char| c.is_ascii_digit())?;
        let (class, rest) = family.split_at(letters);
        let suffix = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let cpus = cpus(size)?;
        let memory_for_each = match class {
            "c" => 2048,
            "r" | "x" | "z" | "i" => 8192,
            _ => 4096,
        };
        Some(Self {
            architecture: architecture(family, suffix),
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

/// Source: Amazon EC2 Instance Types guide, "Naming conventions": `g` behind the generation is Graviton, and `gb` behind a
/// dash Grace.
fn architecture(family: &str, suffix: &str) -> &'static str {
    match family {
        "mac1" => "x86_64_mac",
        mac if mac.starts_with("mac") => "arm64_mac",
        "a1" => "arm64",
        _ if suffix.starts_with('g') || suffix.contains("-gb") => "arm64",
        _ => "x86_64",
    }
}

fn cpus(size: &str) -> Option<u32> {
    match size {
        "nano" | "micro" | "small" | "medium" | "large" => Some(2),
        "xlarge" => Some(4),
        "metal" => Some(96),
        other => {
            let times = other.strip_prefix("metal-").unwrap_or(other);
            let times: u32 = times.strip_suffix("xlarge").or(times.strip_suffix("xl"))?.parse().ok()?;
            Some(times * 4)
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
            ("p6e-gb200.36xlarge", "arm64", Some("nitro")),
            ("mac1.metal", "x86_64_mac", None),
            ("mac-m4.metal", "arm64_mac", None),
        ] {
            let hardware = Hardware::of(name).unwrap();
            assert_eq!((hardware.architecture, hardware.hypervisor()), (architecture, hypervisor), "{name}");
        }
        assert_eq!(Hardware::of("m7i.metal-24xl").unwrap().cpus, 96);
        for none in ["foo.bar", "m5", "m5.huge", "m5.3xlarge", "zz9.large", ".large", "M5.large", "large.m5"] {
            assert_eq!(Hardware::of(none), None, "{none}");
        }
    }

    #[test]
    fn every_type_that_is_listed_is_found_and_made_of_something() {
        assert!(types().is_sorted(), "they are searched in order");
        for name in types() {
            assert!(Hardware::of(name).is_some_and(|hardware| hardware.cpus > 0), "{name}");
        }
    }
}
