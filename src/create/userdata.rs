//! The user data of a builder: the prepare script with its settings.

use super::recipe::{Recipe, RecipeError};
use crate::model::VolumeId;

/// The script that is shipped.
const SCRIPT: &str = include_str!("../../assets/prepare.sh");

/// The most that EC2 takes as user data, in bytes, before it is encoded. Source: EC2 User Guide, "Run commands at launch".
pub const LARGEST: usize = 16_384;

/// The prepare script with the settings of this creation below its first line.
///
/// # Errors
///
/// When a setting holds a character that it may not, or all of it is longer than EC2 takes.
pub fn user_data(recipe: &Recipe, volume: &VolumeId) -> Result<String, RecipeError> {
    let (first, rest) = SCRIPT.split_once('\n').unwrap_or((SCRIPT, ""));
    let size = recipe.home.size_gib().to_string();
    let settings = [
        ("SPOTKEEPER_RUN", recipe.run.as_str()),
        ("SPOTKEEPER_VOLUME", volume.as_str()),
        ("SPOTKEEPER_DEVICE", recipe.device.as_str()),
        ("SPOTKEEPER_SIZE", &size),
        ("SPOTKEEPER_FSTAB", recipe.fstab.as_str()),
    ];
    let mut script = format!("{first}\n");
    for (name, value) in settings {
        script.push_str(&setting(name, value)?);
    }
    script.push_str(rest);
    if script.len() > LARGEST {
        return Err(RecipeError(format!("the user data has {} bytes, and EC2 takes {LARGEST}", script.len())));
    }
    Ok(script)
}

fn setting(name: &str, value: &str) -> Result<String, RecipeError> {
    let good = |b: u8| b.is_ascii_alphanumeric() || b"/_.-".contains(&b);
    if value.is_empty() || !value.bytes().all(good) {
        return Err(RecipeError(format!("{name} is letters, digits, '/', '_', '.' and '-', not {value:?}")));
    }
    Ok(format!("{name}='{value}'\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::create::tests::recipe;

    #[test]
    fn the_settings_stand_below_the_first_line_each_in_quotes_and_all_of_it_fits() {
        let script = user_data(&recipe(), &"vol-0123456789abcdef0".parse().unwrap()).unwrap();
        let lines: Vec<&str> = script.lines().take(6).collect();
        let expected = [
            "#!/bin/sh",
            "SPOTKEEPER_RUN='3f1c9a2b7d5e4f60'",
            "SPOTKEEPER_VOLUME='vol-0123456789abcdef0'",
            "SPOTKEEPER_DEVICE='/dev/sdp'",
            "SPOTKEEPER_SIZE='100'",
            "SPOTKEEPER_FSTAB='nofail'",
        ];
        assert_eq!(lines, expected);
        assert!(script.len() <= LARGEST, "{} bytes", script.len());
    }

    #[test]
    fn nothing_can_be_smuggled_into_the_script() {
        for hostile in ["", "a'b", "a b", "$(reboot)", "a\nb", "é"] {
            assert!(setting("SPOTKEEPER_SIZE", hostile).is_err(), "{hostile:?}");
        }
    }
}
