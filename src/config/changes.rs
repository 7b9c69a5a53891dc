//! What is different between two configurations, in the words of the file.

use clap::ValueEnum;

use super::rules::written;
use super::schema::{AWS, FENCE, HOOKS, HOSTS, LIMITS, NOTIFY, POLICY, POLL, SSH, STATE};
use super::{Aws, Config, HomeVolume, Hooks, Limits, Machine, NameFile, Notify, Occasion, Policy, Poll};
use crate::model::MachineName;

/// What changed, one line each.
struct Changes(Vec<String>);

impl Config {
    /// What is different in the configuration that comes next, one line each; nothing when it says the same.
    #[must_use]
    pub fn changes(&self, next: &Self) -> Vec<String> {
        // By name here and below, so that none is forgotten.
        let Self { aws, policy, limits, fence, poll, hosts, ssh, notify, hooks, state_dir, machines } = self;
        let mut changes = Changes(Vec::new());
        changes.aws(aws, &next.aws);
        changes.policy(policy, &next.policy);
        changes.limits(*limits, next.limits);
        changes.of(FENCE.heading, "enabled", &fence.to_string(), &next.fence.to_string());
        changes.poll(poll, &next.poll);
        changes.name_file(HOSTS.heading, hosts, &next.hosts);
        changes.name_file(SSH.heading, ssh, &next.ssh);
        changes.notify(*notify, next.notify);
        changes.hooks(hooks, &next.hooks);
        changes.of(STATE.heading, "dir", &state_dir.display().to_string(), &next.state_dir.display().to_string());
        changes.machines(machines, &next.machines);
        changes.0
    }
}

impl Changes {
    /// Notes a key that has another value.
    fn of(&mut self, heading: &str, key: &str, before: &str, now: &str) {
        if before != now {
            self.0.push(format!("{heading} {key}: was {before}, is {now} now"));
        }
    }

    fn aws(&mut self, before: &Aws, now: &Aws) {
        let Aws { region, profile } = before;
        self.of(AWS.heading, "region", or_unset(region.as_deref()), or_unset(now.region.as_deref()));
        self.of(AWS.heading, "profile", or_unset(profile.as_deref()), or_unset(now.profile.as_deref()));
    }

    fn policy(&mut self, before: &Policy, now: &Policy) {
        let Policy { mode, attach, reboot, detach, keep, names } = before;
        self.of(POLICY.heading, "mode", &word(mode), &word(&now.mode));
        self.of(POLICY.heading, "attach", &word(attach), &word(&now.attach));
        self.of(POLICY.heading, "reboot", &word(reboot), &word(&now.reboot));
        self.of(POLICY.heading, "detach", &word(detach), &word(&now.detach));
        self.of(POLICY.heading, "keep", &word(keep), &word(&now.keep));
        self.of(POLICY.heading, "names", &word(names), &word(&now.names));
    }

    fn limits(&mut self, before: Limits, now: Limits) {
        let Limits { reboots_per_hour, detaches_per_hour } = before;
        let mut of = |key, before: u16, now: u16| self.of(LIMITS.heading, key, &before.to_string(), &now.to_string());
        of("reboots_per_hour", reboots_per_hour, now.reboots_per_hour);
        of("detaches_per_hour", detaches_per_hour, now.detaches_per_hour);
    }

    fn poll(&mut self, before: &Poll, now: &Poll) {
        let Poll { steady, active } = before;
        self.of(POLL.heading, "steady", &written(*steady), &written(now.steady));
        self.of(POLL.heading, "active", &written(*active), &written(now.active));
    }

    fn name_file(&mut self, heading: &str, before: &NameFile, now: &NameFile) {
        let NameFile { enabled, file } = before;
        self.of(heading, "enabled", &enabled.to_string(), &now.enabled.to_string());
        self.of(heading, "file", &file.display().to_string(), &now.file.display().to_string());
    }

    fn notify(&mut self, before: Notify, now: Notify) {
        let Notify { bell, desktop } = before;
        self.of(NOTIFY.heading, "bell", &bell.to_string(), &now.bell.to_string());
        self.of(NOTIFY.heading, "desktop", &desktop.to_string(), &now.desktop.to_string());
    }

    /// Notes hooks that differ, and no more of them: their arguments may hold secrets.
    fn hooks(&mut self, before: &Hooks, now: &Hooks) {
        let Hooks { commands, timeout } = before;
        for occasion in Occasion::ALL {
            let what = match (commands.get(&occasion), now.commands.get(&occasion)) {
                (before, now) if before == now => continue,
                (None, _) => "a command now",
                (Some(_), None) => "no command any more",
                (Some(_), Some(_)) => "another command now",
            };
            self.0.push(format!("{} {}: is {what}", HOOKS.heading, occasion.key()));
        }
        self.of(HOOKS.heading, "timeout", &written(*timeout), &written(now.timeout));
    }

    fn machines(&mut self, before: &[Machine], now: &[Machine]) {
        for gone in before.iter().filter(|machine| find(now, machine).is_none()) {
            self.0.push(format!("machine {}: not kept any more; entries under its names stay as they are", gone.name));
        }
        for machine in now {
            match find(before, machine) {
                Some(before) => self.machine(before, machine),
                None => self.0.push(format!("machine {}: kept from now on, by {}", machine.name, machine.spot_request)),
            }
        }
        let in_both = |some: &[Machine], others: &[Machine]| -> Vec<MachineName> {
            some.iter().filter(|machine| find(others, machine).is_some()).map(|machine| machine.name.clone()).collect()
        };
        if in_both(before, now) != in_both(now, before) {
            self.0.push("the machines stand in another order".to_owned());
        }
    }

    fn machine(&mut self, before: &Machine, now: &Machine) {
        let Machine { name, spot_request, hostnames, address, reboot, reboot_delay, ssh_user, volumes } = before;
        let heading = format!("machine {name}");
        self.of(&heading, "spot_request", spot_request.as_str(), now.spot_request.as_str());
        self.of(&heading, "hostnames", &list(hostnames), &list(&now.hostnames));
        self.of(&heading, "address", &word(address), &word(&now.address));
        self.of(&heading, "reboot", &word(reboot), &word(&now.reboot));
        self.of(&heading, "reboot_delay", &written(*reboot_delay), &written(now.reboot_delay));
        self.of(&heading, "ssh_user", or_unset(ssh_user.as_deref()), or_unset(now.ssh_user.as_deref()));
        self.of(&heading, "volumes", &list(volumes.iter().map(volume)), &list(now.volumes.iter().map(volume)));
    }
}

/// The machine of the same name.
fn find<'m>(machines: &'m [Machine], wanted: &Machine) -> Option<&'m Machine> {
    machines.iter().find(|machine| machine.name == wanted.name)
}

fn or_unset(value: Option<&str>) -> &str {
    value.unwrap_or("unset")
}

/// A word as it stands in the file.
fn word<T: ValueEnum>(value: &T) -> String {
    value.to_possible_value().map(|word| word.get_name().to_owned()).unwrap_or_default()
}

fn volume(HomeVolume { id, device }: &HomeVolume) -> String {
    format!("{id} as {device}")
}

fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::super::{Environment, parse};
    use super::*;

    const MACHINES: &str = r#"
[[machine]]
name = "train"
spot_request = "sir-y1a23b4c"
[[machine.volume]]
id = "vol-e123456f"
device = "/dev/sdp"

[[machine]]
name = "lab"
spot_request = "sir-y1a23b4d"
[[machine.volume]]
id = "vol-e1234560"
device = "/dev/sdp"
"#;

    /// Other values than [`MACHINES`] has, in every key.
    const OTHER: &str = r#"
[aws]
region = "eu-west-1"
profile = "ml-dev"
[policy]
mode = "auto"
attach = "ask"
reboot = "never"
detach = "auto"
keep = "never"
names = "ask"
[limits]
reboots_per_hour = 9
detaches_per_hour = 8
[fence]
enabled = false
[poll]
steady = "1m"
active = "5s"
[hosts]
enabled = false
file = "/hosts"
[ssh]
enabled = true
file = "/ssh"
[notify]
bell = false
desktop = false
[hooks]
draining = ["tell-me", "secret"]
timeout = "1m"
[state]
dir = "/state"

[[machine]]
name = "train"
spot_request = "sir-y1a23b4e"
hostnames = ["a.example", "b.example"]
address = "private"
reboot = "never"
reboot_delay = "1m 30s"
ssh_user = "ubuntu"
[[machine.volume]]
id = "vol-e123456f"
device = "/dev/sdo"
[[machine.volume]]
id = "vol-e1234561"
device = "/dev/sdp"

[[machine]]
name = "gpu"
spot_request = "sir-y1a23b4f"
[[machine.volume]]
id = "vol-e1234562"
device = "/dev/sdp"
"#;

    fn config(text: &str) -> Config {
        let env = Environment { home: Some("/home/me".into()), ..Environment::default() };
        parse("config.toml", text, &env).unwrap()
    }

    #[test]
    fn the_same_in_other_words_is_no_change() {
        let other = format!("[policy]\nmode = \"confirm\"\n[poll]\nsteady = \"15000ms\"\n{MACHINES}");
        assert_eq!(config(MACHINES).changes(&config(&other)), [""; 0]);
    }

    #[test]
    fn every_key_that_differs_is_a_line_with_both_values() {
        let expected = [
            "[aws] region: was unset, is eu-west-1 now",
            "[aws] profile: was unset, is ml-dev now",
            "[policy] mode: was confirm, is auto now",
            "[policy] attach: was auto, is ask now",
            "[policy] reboot: was auto, is never now",
            "[policy] detach: was ask, is auto now",
            "[policy] keep: was auto, is never now",
            "[policy] names: was auto, is ask now",
            "[limits] reboots_per_hour: was 6, is 9 now",
            "[limits] detaches_per_hour: was 3, is 8 now",
            "[fence] enabled: was true, is false now",
            "[poll] steady: was 15s, is 1m now",
            "[poll] active: was 2s, is 5s now",
            "[hosts] enabled: was true, is false now",
            "[hosts] file: was /etc/hosts, is /hosts now",
            "[ssh] enabled: was false, is true now",
            "[ssh] file: was /home/me/.ssh/config.d/spotkeeper, is /ssh now",
            "[notify] bell: was true, is false now",
            "[notify] desktop: was true, is false now",
            "[hooks] draining: is a command now",
            "[hooks] timeout: was 10s, is 1m now",
            "[state] dir: was /home/me/.local/state/spotkeeper, is /state now",
            "machine lab: not kept any more; entries under its names stay as they are",
            "machine train spot_request: was sir-y1a23b4c, is sir-y1a23b4e now",
            "machine train hostnames: was none, is a.example, b.example now",
            "machine train address: was public, is private now",
            "machine train reboot: was after-attach, is never now",
            "machine train reboot_delay: was 10s, is 1m 30s now",
            "machine train ssh_user: was unset, is ubuntu now",
            "machine train volumes: was vol-e123456f as /dev/sdp, is vol-e123456f as /dev/sdo, vol-e1234561 as \
             /dev/sdp now",
            "machine gpu: kept from now on, by sir-y1a23b4f",
        ];
        assert_eq!(config(MACHINES).changes(&config(OTHER)), expected);
    }

    #[test]
    fn of_a_hook_no_argument_is_told() {
        let with = |hook: &str| config(&format!("[hooks]\n{hook}\n{MACHINES}"));
        let (one, other) = (with("ready = [\"tell-me\", \"secret\"]"), with("ready = [\"tell-me\", \"other\"]"));
        assert_eq!(one.changes(&other), ["[hooks] ready: is another command now"]);
        assert_eq!(one.changes(&config(MACHINES)), ["[hooks] ready: is no command any more"]);
        assert_eq!(one.changes(&one), [""; 0]);
    }

    #[test]
    fn another_order_is_a_change_and_a_place_beside_new_ones_is_none() {
        let (train, lab) = MACHINES.split_at(MACHINES.rfind("[[machine]]").unwrap());
        let turned = config(&format!("{lab}{train}"));
        assert_eq!(config(MACHINES).changes(&turned), ["the machines stand in another order"]);
        let alone = config(lab);
        assert_eq!(alone.changes(&config(MACHINES)), ["machine train: kept from now on, by sir-y1a23b4c"]);
    }
}
