//! Device names: which of them are one, and which is free.

use super::DeviceName;

/// The letters of `/dev/sd?` that EC2 recommends, the last first: images take the first. Source: EC2 User Guide, "Device
/// names on Linux instances".
const RECOMMENDED: &str = "ponmlkjihgf";

/// What tells device names apart: `/dev/sdf`, `/dev/xvdf` and `xvdf` are one, and so are `/dev/sda1` and `/dev/sda`.
#[must_use]
pub fn device_place(device: &str) -> &str {
    let name = device.strip_prefix("/dev/").unwrap_or(device);
    let letters = name.strip_prefix("xvd").or_else(|| name.strip_prefix("sd")).unwrap_or(name);
    letters.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// The last of the names that EC2 recommends whose place none of these device names takes.
#[must_use]
pub fn free_device<'a>(taken: impl IntoIterator<Item = &'a str>) -> Option<DeviceName> {
    let taken: Vec<&str> = taken.into_iter().map(device_place).collect();
    let mut names = RECOMMENDED.chars().map(|letter| format!("/dev/sd{letter}"));
    names.find(|name| !taken.contains(&device_place(name)))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_names_that_a_guest_takes_for_one_are_one() {
        for one in ["/dev/sdf", "/dev/xvdf", "xvdf", "sdf", "/dev/sdf1"] {
            assert_eq!(device_place(one), "f", "{one}");
        }
        assert_eq!(device_place("/dev/sda1"), device_place("/dev/xvda"));
        assert_ne!(device_place("/dev/xvdba"), device_place("/dev/sdb"));
    }

    #[test]
    fn a_free_name_is_none_that_is_taken_by_another_writing() {
        assert_eq!(free_device([]).unwrap().as_str(), "/dev/sdp");
        assert_eq!(free_device(["xvdp", "/dev/sdo", "/dev/sda1"]).unwrap().as_str(), "/dev/sdn");
        let all: Vec<String> = ('f'..='p').map(|letter| format!("/dev/xvd{letter}")).collect();
        assert_eq!(free_device(all.iter().map(String::as_str)), None);
    }
}
