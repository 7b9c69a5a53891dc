//! A builder's guest plays the prepare script: it waits for its volume, makes a home of it, says so, and powers off.

use std::time::Duration;

use super::super::contents::{Contents, HomeDisk, HomeNeed, HomeState};
use super::super::prepare::{Mishap, Prepare, PrepareStep, Settings};
use super::super::records::Volume;
use super::{World, guest};
use crate::model::{AttachmentState, InstanceId, VolumeId, age};

/// How often it looks for a disk that is not there yet.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// What it tells of a home that nobody has really copied.
const COPIED: &str = "files=14 bytes=52310";

impl World {
    /// Begins the script of an instance's user-data, if it is the prepare script: at the first boot only, as cloud-init
    /// does with user-data scripts.
    pub(super) fn begin_prepare(&mut self, id: &InstanceId) {
        let first = self.guests.get(id).is_some_and(|guest| guest.boots.len() == 1 && guest.prepare.is_none());
        let user_data = self.records.instances.get(id).and_then(|instance| instance.launch.user_data.as_deref());
        let Some(settings) = user_data.filter(|_| first).and_then(Settings::read) else { return };
        let builders = &mut self.knobs.builders;
        let mishap = if builders.is_empty() { Mishap::Fine } else { builders.remove(0) };
        let since = self.now;
        if let Some(guest) = self.guests.get_mut(id) {
            guest.prepare = Some(Prepare {
                settings,
                step: PrepareStep::Find,
                since,
                verdict: None,
                mishap,
                already: false,
                waits: false,
            });
        }
        self.tell(format!("{id} begins to prepare its volume"));
        self.enter(id, PrepareStep::Find);
    }

    /// Says a step, which takes its time.
    fn enter(&mut self, id: &InstanceId, step: PrepareStep) {
        let Some(prepare) = self.guests.get_mut(id).and_then(|guest| guest.prepare.as_mut()) else { return };
        prepare.step = step;
        let hangs = prepare.mishap == Mishap::Hangs && step == PrepareStep::Copy;
        self.say(id, &format!("step {step}"));
        let takes = match step {
            PrepareStep::Copy => self.timing.prepare_copy,
            PrepareStep::Verify => self.timing.prepare_verify,
            _ => self.timing.prepare_step,
        };
        let takes = self.draw(takes);
        if !hangs {
            self.plan_guest(id, takes, guest::Step::Prepare);
        }
    }

    /// Writes a marked line: to the console, and to the standard output, which cloud-init passes on to the console with
    /// words of its own before it.
    fn say(&mut self, id: &InstanceId, what: &str) {
        let now = self.now;
        let Some(guest) = self.guests.get_mut(id) else { return };
        let (Some(prepare), Some(boot)) = (&guest.prepare, guest.boots.last()) else { return };
        if prepare.mishap == Mishap::Silent {
            return;
        }
        let line = format!("spotkeeper-prepare {} {what}", prepare.settings.run);
        let uptime = age(now, boot.at).as_secs_f64();
        guest.console.push((now, format!("{line}\n[{uptime:12.6}] cloud-init[1187]: {line}")));
    }

    /// A step is over, or the guest has said its verdict and powers off.
    pub(super) fn prepare_step(&mut self, id: &InstanceId) {
        let Some(prepare) = self.guests.get(id).and_then(|guest| guest.prepare.clone()) else { return };
        if prepare.verdict.is_some() {
            if prepare.mishap != Mishap::StaysOn {
                // What runs no longer need not be shut down.
                let _ = self.shut_down(id);
            }
            return;
        }
        let settings = &prepare.settings;
        if prepare.mishap == Mishap::Fails(prepare.step) {
            let why = match prepare.step {
                PrepareStep::Copy => "no space left on the home volume",
                _ => "input/output error",
            };
            return self.end_prepare(id, &format!("failed {}: {why}", prepare.step));
        }
        match (prepare.step, self.disk(id, &settings.volume)) {
            (PrepareStep::Find, disk) => {
                let found = disk.map(|disk| (disk.contents.clone(), disk.size));
                match found {
                    None => self.wait_for_disk(id, &prepare),
                    Some((contents, size)) => self.judge_disk(id, settings, &contents, size),
                }
            }
            (step, None) => self.end_prepare(id, &format!("failed {step}: {} is gone", settings.volume)),
            (step, Some(_)) => self.finish_step(id, settings, step),
        }
    }

    /// The script's volume, while it is attached.
    fn disk(&self, id: &InstanceId, volume: &VolumeId) -> Option<&Volume> {
        let there =
            |volume: &&Volume| volume.attachment_to(id).is_some_and(|held| held.state == AttachmentState::Attached);
        self.records.volumes.get(volume).filter(there)
    }

    fn wait_for_disk(&mut self, id: &InstanceId, prepare: &Prepare) {
        let volume = &prepare.settings.volume;
        // The longest wait draws nothing: it is a figure of the script's.
        if age(self.now, prepare.since) >= self.timing.prepare_wait {
            return self.end_prepare(id, &format!("refused no-disk: {volume} did not appear"));
        }
        if !prepare.waits {
            self.say(id, &format!("wait {volume} at {}", prepare.settings.device));
            if let Some(prepare) = self.guests.get_mut(id).and_then(|guest| guest.prepare.as_mut()) {
                prepare.waits = true;
            }
        }
        self.plan_guest(id, LOOK_AGAIN, guest::Step::Prepare);
    }

    /// Decides by what is on the disk.
    fn judge_disk(&mut self, id: &InstanceId, settings: &Settings, contents: &Contents, size: u32) {
        let volume = &settings.volume;
        let refusal = match contents {
            _ if size != settings.size => format!("wrong-size: it has {size} GiB, not {}", settings.size),
            Contents::Data => "has-data: there is a file system on it".to_owned(),
            Contents::PartitionTable | Contents::System { .. } => {
                "has-data: there is a partition table on it".to_owned()
            }
            Contents::Home(home) if home.volume != *volume => {
                format!("foreign-home: it is the home of {}, not of {volume}", home.volume)
            }
            Contents::Blank => return self.enter(id, PrepareStep::Partition),
            Contents::OwnPartition => return self.enter(id, PrepareStep::Format),
            Contents::Home(home) => return self.go_on_with(id, volume, home.state),
        };
        self.end_prepare(id, &format!("refused {refusal}"));
    }

    /// Goes on with a home that was begun before, or is ready.
    fn go_on_with(&mut self, id: &InstanceId, volume: &VolumeId, state: HomeState) {
        if state == HomeState::Copying {
            self.mount(id, volume);
            return self.enter(id, PrepareStep::Copy);
        }
        if let Some(prepare) = self.guests.get_mut(id).and_then(|guest| guest.prepare.as_mut()) {
            prepare.already = true;
        }
        self.enter(id, PrepareStep::Fstab);
    }

    fn finish_step(&mut self, id: &InstanceId, settings: &Settings, step: PrepareStep) {
        let volume = &settings.volume;
        match step {
            PrepareStep::Find | PrepareStep::Partition => {
                self.write_disk(volume, Contents::OwnPartition);
                self.enter(id, PrepareStep::Format);
            }
            PrepareStep::Format => {
                let uuid = self.uuid();
                let home = HomeDisk { uuid, volume: volume.clone(), state: HomeState::Copying };
                self.write_disk(volume, Contents::Home(home));
                self.mount(id, volume);
                self.enter(id, PrepareStep::Copy);
            }
            PrepareStep::Copy => self.enter(id, PrepareStep::Verify),
            PrepareStep::Verify => {
                if let Some(Contents::Home(home)) = self.records.volumes.get_mut(volume).map(|disk| &mut disk.contents)
                {
                    home.state = HomeState::Complete;
                }
                self.enter(id, PrepareStep::Fstab);
            }
            PrepareStep::Fstab => {
                self.write_fstab(id, settings);
                self.enter(id, PrepareStep::Switch);
            }
            PrepareStep::Switch => self.prepared(id, volume),
        }
    }

    fn write_disk(&mut self, volume: &VolumeId, contents: Contents) {
        if let Some(volume) = self.records.volumes.get_mut(volume) {
            volume.contents = contents;
        }
    }

    fn mount(&mut self, id: &InstanceId, volume: &VolumeId) {
        if let Some(guest) = self.guests.get_mut(id) {
            guest.mounted.push(volume.clone());
        }
    }

    /// From now on the system on the root volume needs its home.
    fn write_fstab(&mut self, id: &InstanceId, settings: &Settings) {
        let uuid = self.records.volumes.get(&settings.volume).and_then(|disk| disk.contents.home());
        let Some(uuid) = uuid.map(str::to_owned) else { return };
        let need = HomeNeed { uuid, volume: settings.volume.clone(), fstab: settings.fstab };
        if let Some(root) = self.root_of(id) {
            self.write_disk(&root, Contents::System { needs: Some(need) });
        }
    }

    fn prepared(&mut self, id: &InstanceId, volume: &VolumeId) {
        let uuid = self.records.volumes.get(volume).and_then(|disk| disk.contents.home()).unwrap_or_default();
        let already = self.guests.get(id).and_then(|guest| guest.prepare.as_ref()).is_some_and(|run| run.already);
        let verdict = format!("ok uuid={uuid} {COPIED}{}", if already { " already" } else { "" });
        self.end_prepare(id, &verdict);
    }

    /// Says the verdict, lets go of the disk, and is about to power off.
    fn end_prepare(&mut self, id: &InstanceId, verdict: &str) {
        self.say(id, verdict);
        self.tell(format!("{id} has prepared: {verdict}"));
        if let Some(guest) = self.guests.get_mut(id) {
            let own = guest.prepare.as_ref().map(|prepare| prepare.settings.volume.clone());
            guest.mounted.retain(|mounted| Some(mounted) != own.as_ref());
            if let Some(prepare) = &mut guest.prepare {
                prepare.verdict = Some(verdict.to_owned());
            }
        }
        self.unmounted(id);
        let shutdown = self.draw(self.timing.prepare_step);
        self.plan_guest(id, shutdown, guest::Step::Prepare);
    }
}
