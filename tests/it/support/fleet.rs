//! Any number of machines that have been ready for hours, on the embedded EC2: the tests count what they cost, and
//! the benchmark measures it.

use std::fmt::Write as _;
use std::fs;

use jiff::Timestamp;
use spotkeeper::app::Session;
use spotkeeper::clock::Clock;
use spotkeeper::config::{self, Environment};
use spotkeeper::ec2::{Ec2, Source};
use spotkeeper::sim::{SHIPPED_POLICY, Scenario, Sim};
use tempfile::TempDir;

/// Machines that have one host name each, and their name files.
pub(crate) struct Fleet {
    pub(crate) sim: Sim,
    pub(crate) clock: Clock,
    folder: TempDir,
    machines: String,
}

/// The volumes of one machine, each with its device name, when all machines have so many.
fn homes(machine: usize, each: usize) -> impl Iterator<Item = (String, String)> {
    let home = move |nth| (format!("vol-{:08x}", machine * each + nth), device(nth));
    (0..each).map(home)
}

fn device(nth: usize) -> String {
    let letter = ('p'..='z').nth(nth).expect("a letter for each volume");
    format!("/dev/sd{letter}")
}

/// The scenario of so many machines with so many volumes, for hours at home each. EC2 answers at once, and as often as
/// it is asked.
pub(crate) fn scenario(count: usize, each: usize) -> String {
    let mut scenario = "[knobs]\nthrottling = false\n[timing]\nlatency = \"0s\"\n".to_owned();
    for machine in 0..count {
        let (mut ids, mut attached) = (Vec::new(), Vec::new());
        for (id, device) in homes(machine, each) {
            write!(scenario, "[[volume]]\nid = \"{id}\"\nzone = \"us-east-1b\"\n")
                .expect("writing to a string does not fail");
            attached.push(format!("{{ volume = \"{id}\", device = \"{device}\" }}"));
            ids.push(format!("\"{id}\""));
        }
        write!(
            scenario,
            r#"
[[request]]
id = "sir-{machine:08}"
zone = "us-east-1b"
homes = [{}]
[request.instance]
id = "i-{machine:08x}"
age = "6h"
attached = [{}]
"#,
            ids.join(", "),
            attached.join(", ")
        )
        .expect("writing to a string does not fail");
    }
    scenario
}

/// The same machines, configured.
pub(crate) fn machines(count: usize, each: usize) -> String {
    let machine = |machine| {
        let volumes = homes(machine, each)
            .map(|(id, device)| format!("[[machine.volume]]\nid = \"{id}\"\ndevice = \"{device}\"\n"));
        format!(
            r#"
[[machine]]
name = "m{machine}"
spot_request = "sir-{machine:08}"
hostnames = ["m{machine}.example.com"]
{}"#,
            volumes.collect::<String>()
        )
    };
    (0..count).map(machine).collect()
}

/// The hosts file in which every machine can be found.
pub(crate) fn hosts(sim: &Sim, count: usize) -> String {
    let lines = sim.with_world(|world| {
        let line = |machine| {
            let id = format!("i-{machine:08x}");
            let instance = world.instance(&id.parse().expect("an id")).expect("the instance is there");
            let address = instance.public_ip.expect("it has an address");
            format!("{address} m{machine}.example.com # m{machine} {id}\n")
        };
        (0..count).map(line).collect::<String>()
    });
    format!("# BEGIN spotkeeper (managed: edits between these lines are lost)\n{lines}# END spotkeeper\n")
}

impl Fleet {
    /// So many machines with one volume each. Time is tokio's, from the new year of 2026.
    pub(crate) fn new(count: usize) -> Self {
        Self::with_volumes(count, 1)
    }

    /// So many machines with so many volumes each.
    pub(crate) fn with_volumes(count: usize, each: usize) -> Self {
        let begin: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
        let clock = Clock::starting_at(begin, 1.0);
        let mut scenario = Scenario::parse(&scenario(count, each)).expect("the scenario can be read");
        scenario.policy = Some(SHIPPED_POLICY.to_owned());
        let sim = Sim::new(&scenario, 1, clock.clone()).expect("the scenario can be played");
        let folder = TempDir::new().expect("a temporary folder");
        fs::write(folder.path().join("hosts"), hosts(&sim, count)).expect("a hosts file");
        Self { sim, clock, folder, machines: machines(count, each) }
    }

    /// A session on these machines.
    pub(crate) async fn session(&self) -> Session {
        let folder = self.folder.path();
        let (hosts, state) = (folder.join("hosts"), folder.join("state"));
        let (hosts, state) = (hosts.display(), state.display());
        let text = format!("[hosts]\nfile = '{hosts}'\n[state]\ndir = '{state}'\n{}", self.machines);
        let config = config::parse("fleet.toml", &text, &Environment::default()).expect("no mistakes");
        let source = Source::Embedded { http_client: self.sim.http_client(), clock: self.clock.clone() };
        let ec2 = Ec2::connect(source).await.expect("a region");
        Session::new(config, ec2, self.clock.clone())
    }

    /// How many calls that look EC2 has got so far.
    pub(crate) fn looks(&self) -> usize {
        self.sim.calls().iter().filter(|call| call.action.starts_with("Describe")).count()
    }
}
