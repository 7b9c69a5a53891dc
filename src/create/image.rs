//! Which image a builder is launched from when nobody says, and whom to trust.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::model::{Image, Text};

/// The systems whose newest image is found by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// The newest Ubuntu with long-term support, by Canonical.
    #[default]
    Ubuntu,
    /// The newest Amazon Linux 2023.
    AmazonLinux,
}

/// The accounts whose public images are trusted: Canonical, Amazon, Debian. Sources: "Find Ubuntu images on AWS"
/// (documentation.ubuntu.com), Amazon Linux 2023 User Guide, wiki.debian.org/Cloud/AmazonEC2Image.
pub const TRUSTED: [(&str, &str); 3] =
    [("099720109477", "Canonical"), ("137112412989", "Amazon"), ("136693071363", "Debian")];

/// Whose an image is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// One of the trusted publishers', by name.
    Publisher(&'static str),
    /// The account's own.
    Own,
    /// Somebody else's: it is used only when it was named, and then its owner is shown.
    Stranger,
}

/// Whose an image is, for this account.
#[must_use]
pub fn trust(image: &Image, account: Option<&Text>) -> Trust {
    match TRUSTED.iter().find(|(owner, _)| *owner == image.owner.as_str()) {
        Some((_, name)) => Trust::Publisher(name),
        None if account == Some(&image.owner) => Trust::Own,
        None => Trust::Stranger,
    }
}

impl Family {
    /// The account that publishes it.
    #[must_use]
    pub fn owner(self) -> &'static str {
        match self {
            Self::Ubuntu => "099720109477",
            Self::AmazonLinux => "137112412989",
        }
    }

    /// What the names of its images look like, for an architecture as EC2 calls it.
    #[must_use]
    pub fn pattern(self, architecture: &str) -> String {
        match self {
            Self::Ubuntu => {
                let architecture = if architecture == "arm64" { "arm64" } else { "amd64" };
                format!("ubuntu/images/hvm-ssd*/ubuntu-*-{architecture}-server-*")
            }
            Self::AmazonLinux => format!("al2023-ami-2023.*-kernel-*-{architecture}"),
        }
    }

    /// The login name of its images.
    #[must_use]
    pub fn user(self) -> &'static str {
        match self {
            Self::Ubuntu => "ubuntu",
            Self::AmazonLinux => "ec2-user",
        }
    }

    /// The login name of this image, as far as its name tells.
    #[must_use]
    pub fn user_of(image: &Image) -> Option<&'static str> {
        let of = |family: Self| (image.owner.as_str() == family.owner()).then(|| family.user());
        of(Self::Ubuntu).or_else(|| of(Self::AmazonLinux))
    }
}

/// The newest of these images of a family that is for everybody: of Ubuntu, of the newest release with long-term support.
#[must_use]
pub fn newest<'a>(family: Family, images: impl Iterator<Item = &'a Image>) -> Option<&'a Image> {
    let candidates = images.filter_map(|image| Some((release(family, image)?, image.created, image)));
    candidates.max_by_key(|(release, created, image)| (*release, *created, image.id.clone())).map(|(_, _, image)| image)
}

/// The release as a number that grows; none for an image that is not meant.
fn release(family: Family, image: &Image) -> Option<u32> {
    match family {
        // Long-term support: April of every even year.
        Family::Ubuntu => {
            let year = image.name.as_str().split('-').find_map(|part| part.strip_suffix(".04"))?;
            year.parse().ok().filter(|year| year % 2 == 0)
        }
        Family::AmazonLinux => Some(0),
    }
}

/// The architecture of an instance type, as EC2 calls it: `arm64` for Graviton, whose families have a `g` behind their
/// generation (m7g, c6gn, im4gn), and for a1; else `x86_64`. Source: EC2 instance types, "Naming conventions".
#[must_use]
pub fn architecture(instance_type: &str) -> &'static str {
    let family = instance_type.split('.').next().unwrap_or_default();
    let after_letters = family.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let options = after_letters.trim_start_matches(|c: char| c.is_ascii_digit());
    if family == "a1" || options.split('-').next().unwrap_or_default().contains('g') { "arm64" } else { "x86_64" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::create::tests::image;

    #[test]
    fn the_newest_ubuntu_is_the_newest_of_the_newest_long_term_release() {
        let named = |id: &str, name: &str, day: u8| {
            let mut image = image(id, name);
            image.created = Some(format!("2026-01-{day:02}T00:00:00Z").parse().unwrap());
            image
        };
        let images = [
            named("ami-00000001", "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260101", 1),
            named("ami-00000002", "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260103", 3),
            named("ami-00000003", "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20260109", 9),
            named("ami-00000004", "ubuntu/images/hvm-ssd-gp3/ubuntu-plucky-25.04-amd64-server-20260110", 10),
            named("ami-00000005", "ubuntu/images/hvm-ssd-gp3/ubuntu-questing-25.10-amd64-server-20260110", 10),
        ];
        assert_eq!(newest(Family::Ubuntu, images.iter()).unwrap().id.as_str(), "ami-00000002");
        assert_eq!(newest(Family::Ubuntu, images[3..].iter()), None);
    }

    #[test]
    fn graviton_types_are_arm_and_graphics_types_are_not() {
        for arm in ["m7g.large", "c6gn.xlarge", "im4gn.large", "t4g.micro", "g5g.xlarge", "a1.large", "x2gd.medium"] {
            assert_eq!(architecture(arm), "arm64", "{arm}");
        }
        for x86 in ["g4dn.xlarge", "g6e.xlarge", "m5.large", "p5en.48xlarge", "u-6tb1.metal", "gr6.4xlarge", ""] {
            assert_eq!(architecture(x86), "x86_64", "{x86}");
        }
    }

    #[test]
    fn strangers_images_are_told_from_publishers_and_own_ones() {
        let mut image = image("ami-00000001", "anything");
        assert_eq!(trust(&image, None), Trust::Publisher("Canonical"));
        image.owner = "123456789012".into();
        assert_eq!(trust(&image, Some(&"123456789012".into())), Trust::Own);
        assert_eq!(trust(&image, Some(&"210987654321".into())), Trust::Stranger);
        assert_eq!(trust(&image, None), Trust::Stranger);
    }
}
