//! The names of the tables and keys: the contract with everybody who has written a configuration.

use std::ops::Range;

use toml::de::DeTable;

use super::mistake::Mistakes;
use crate::model::Text;

/// One table of the configuration.
#[derive(Debug)]
pub(super) struct Schema {
    /// Its key in the table around it.
    pub(super) key: &'static str,
    /// How it is written.
    pub(super) heading: &'static str,
    /// Every key that it may have, in the order of the example.
    pub(super) keys: &'static [&'static str],
}

pub(super) static ROOT: Schema = Schema {
    key: "",
    heading: "the top level",
    keys: &["aws", "policy", "limits", "fence", "poll", "hosts", "ssh", "notify", "hooks", "state", "machine"],
};
pub(super) static AWS: Schema = Schema { key: "aws", heading: "[aws]", keys: &["region", "profile"] };
pub(super) static POLICY: Schema =
    Schema { key: "policy", heading: "[policy]", keys: &["mode", "attach", "reboot", "detach", "keep", "names"] };
pub(super) static LIMITS: Schema =
    Schema { key: "limits", heading: "[limits]", keys: &["reboots_per_hour", "detaches_per_hour"] };
pub(super) static FENCE: Schema = Schema { key: "fence", heading: "[fence]", keys: &["enabled"] };
pub(super) static POLL: Schema = Schema { key: "poll", heading: "[poll]", keys: &["steady", "active"] };
pub(super) static HOSTS: Schema = Schema { key: "hosts", heading: "[hosts]", keys: &["enabled", "file"] };
pub(super) static SSH: Schema = Schema { key: "ssh", heading: "[ssh]", keys: &["enabled", "file"] };
pub(super) static NOTIFY: Schema = Schema { key: "notify", heading: "[notify]", keys: &["bell", "desktop"] };
pub(super) static HOOKS: Schema = Schema {
    key: "hooks",
    heading: "[hooks]",
    keys: &["ready", "draining", "needs_approval", "blocked", "healed", "timeout"],
};
pub(super) static STATE: Schema = Schema { key: "state", heading: "[state]", keys: &["dir"] };
pub(super) static MACHINE: Schema = Schema {
    key: "machine",
    heading: "[[machine]]",
    keys: &["name", "spot_request", "hostnames", "address", "reboot", "reboot_delay", "ssh_user", "volume"],
};
pub(super) static VOLUME: Schema = Schema { key: "volume", heading: "[[machine.volume]]", keys: &["id", "device"] };

/// Every table that has keys of its own.
pub(super) static TABLES: [&Schema; 12] =
    [&AWS, &POLICY, &LIMITS, &FENCE, &POLL, &HOSTS, &SSH, &NOTIFY, &HOOKS, &STATE, &MACHINE, &VOLUME];

impl Schema {
    /// Notes every key of the table that it does not know.
    pub(super) fn check_keys(&'static self, table: &DeTable<'_>, mistakes: &mut Mistakes) {
        let unknown = table.keys().filter(|key| !self.keys.contains(&key.get_ref().as_ref()));
        for key in unknown {
            self.unknown(key.get_ref(), key.span(), mistakes);
        }
    }

    fn unknown(&self, key: &str, span: Range<usize>, mistakes: &mut Mistakes) {
        let is_part_of_a_machine = [MACHINE.key, VOLUME.key].contains(&self.key);
        if is_part_of_a_machine && AWS.keys.contains(&key) {
            let help = "one region a process for now: run a second spotkeeper with its own configuration, or set it \
                        for all machines under [aws]";
            mistakes.wrong(span, format!("a machine has no `{key}` of its own"), help.to_owned());
            return;
        }
        let title = format!(
            "unknown key `{}` {} {}",
            Text::new(key),
            if self.key.is_empty() { "at" } else { "in" },
            self.heading
        );
        mistakes.wrong(span, title, self.advice(key));
    }

    fn advice(&self, key: &str) -> String {
        if let Some(near) = nearest(key, self.keys.iter().copied()) {
            return format!("did you mean `{near}`?");
        }
        let homes: Vec<&str> =
            TABLES.iter().filter(|schema| schema.keys.contains(&key)).map(|schema| schema.heading).collect();
        if !homes.is_empty() {
            return format!("`{key}` belongs under {}", homes.join(" or "));
        }
        let known: Vec<String> = self.keys.iter().map(|known| format!("`{known}`")).collect();
        format!("{} has {}", self.heading, known.join(", "))
    }
}

/// The known word that was probably meant, if one is near enough.
pub(crate) fn nearest<'k>(given: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let plain = |word: &str| word.to_lowercase().replace('-', "_");
    let given = plain(given);
    known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(&given, &plain(known)), known))
        .filter(|(distance, known)| *distance <= known.len().div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_through_typing_slips_case_and_hyphens() {
        let keys = || MACHINE.keys.iter().copied();
        for (given, meant) in [
            ("hostname", "hostnames"),
            ("reboot-delay", "reboot_delay"),
            ("Name", "name"),
            ("spot_request_id", "spot_request"),
            ("volumes", "volume"),
            ("adress", "address"),
        ] {
            assert_eq!(nearest(given, keys()), Some(meant), "{given}");
        }
    }

    #[test]
    fn a_word_unlike_any_other_is_near_none() {
        for given in ["", "colour", "x", "kernel_parameters"] {
            assert_eq!(nearest(given, MACHINE.keys.iter().copied()), None, "{given}");
        }
    }
}
