//! A machine in the embedded EC2, and the program before it.

use std::fs;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use spotkeeper::sim::Sim;

use crate::support::binary::{HOSTS, Outcome, Place};
use crate::support::embedded::{brisk, grow_older, served_by};
use crate::support::proxy::Proxy;
use crate::support::{eventually, is_claim};

pub(crate) const REQUEST: &str = "sir-y1a23b4c";
pub(crate) const INSTANCE: &str = "i-0ab12cd34ef56ab78";
pub(crate) const VOLUME: &str = "vol-e123456f";

/// A fulfilled request, whose instance hangs in its boot because its home is not attached.
pub(crate) const HANGING: &str = r#"
[[volume]]
id = "vol-e123456f"
zone = "us-east-1b"

[[request]]
id = "sir-y1a23b4c"
zone = "us-east-1b"
homes = ["vol-e123456f"]
[request.instance]
id = "i-0ab12cd34ef56ab78"
age = "1m"
guest = "hanging"
"#;

/// A request for which there is no capacity.
pub(crate) const NO_CAPACITY: &str = r#"
[[volume]]
id = "vol-e123456f"
zone = "us-east-1b"

[[request]]
id = "sir-y1a23b4c"
zone = "us-east-1b"
capacity = "capacity-not-available"
"#;

/// The machine, as a user would configure it who cannot wait.
pub(crate) const TRAIN: &str = r#"
[poll]
active = "1s"

[[machine]]
name = "train"
spot_request = "sir-y1a23b4c"
hostnames = ["my-spot.example.com"]
reboot_delay = "0s"

[[machine.volume]]
id = "vol-e123456f"
device = "/dev/sdp"
"#;

/// An embedded EC2, and the program with a proxy before it.
pub(crate) struct World {
    /// Where the program runs.
    pub(crate) place: Place,
    /// What the program takes for EC2.
    pub(crate) proxy: Proxy,
    /// What answers in truth.
    pub(crate) sim: Sim,
}

impl World {
    /// The world of a scenario, with the usual machine configured.
    pub(crate) fn new(scenario: &str) -> Self {
        let sim = brisk(scenario);
        let proxy = Proxy::start(served_by(sim.clone()));
        let place = Place::new(&proxy.url());
        place.configure(TRAIN);
        Self { place, proxy, sim }
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.place.run(arguments)
    }

    /// The calls that may have changed something and that EC2 got, each as `AttachVolume vol-… i-… /dev/sdp`; what other
    /// computers are told by tags is left out.
    pub(crate) fn changes(&self) -> Vec<String> {
        let calls = self.sim.mutating_calls().into_iter().filter(|call| !is_claim(&call.action));
        calls.map(|call| call.to_string()).collect()
    }

    /// An hour passes, in which nothing happens: what EC2 and the journal tell of the past becomes an hour older.
    pub(crate) fn an_hour_passes(&self) {
        let hour = Duration::from_hours(1);
        grow_older(&self.sim, hour);
        let journal = self.place.state_dir().join("machines").join(REQUEST).join("journal.jsonl");
        let lines = fs::read_to_string(&journal).expect("there is a journal");
        let older = lines.lines().map(|line| {
            let mut entry: Value = serde_json::from_str(line).expect("a line of the journal is JSON");
            for time in ["at", "attach_time"] {
                if let Some(told) = entry[time].as_str() {
                    let told: Timestamp = told.parse().expect("the journal's times are times");
                    entry[time] = (told - hour).to_string().into();
                }
            }
            format!("{entry}\n")
        });
        fs::write(&journal, older.collect::<String>()).expect("the journal can be written");
    }

    /// That the machine is connected, can be found under its name, and its guest can be used.
    pub(crate) fn assert_home(&self) {
        let instance = INSTANCE.parse().expect("an id");
        let address = self.sim.with_world(|world| {
            let volume = world.volume(&VOLUME.parse().expect("an id")).expect("the volume is there");
            assert!(volume.attachment_to(&instance).is_some_and(|held| held.device == "/dev/sdp"), "{volume:?}");
            world.instance(&instance).and_then(|instance| instance.public_ip).expect("it has an address")
        });
        let line = format!("{address} my-spot.example.com # train {INSTANCE}\n");
        assert_eq!(self.place.hosts(), format!("{HOSTS}{BEGIN}{line}{END}"));
        eventually("a guest that can be used", || self.sim.guest(&instance)?.is_usable().then_some(()));
    }
}

/// The lines around what is managed in a file.
pub(crate) const BEGIN: &str = "# BEGIN spotkeeper (managed: edits between these lines are lost)\n";
pub(crate) const END: &str = "# END spotkeeper\n";
