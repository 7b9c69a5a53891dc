//! How machines stand, as a table and as JSON.

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Value, json};

use crate::app::{Session, View};
use crate::config::{Config, Machine, Mode};
use crate::model::{Failure, Instance, Observation, Text};
use crate::plan::{Gate, MachinePlan, State};

/// What a report is made of.
pub(super) struct Report<'a> {
    pub(super) config: &'a Config,
    pub(super) observation: &'a Observation,
    pub(super) plans: Vec<&'a MachinePlan>,
    pub(super) account: Option<Text>,
    pub(super) region: Text,
}

/// One look at everything, and at the account meanwhile.
pub(super) async fn look(session: &Session, mode: Mode) -> Result<(View, Option<Text>), Failure> {
    let (view, account) = tokio::join!(session.view(mode), session.ec2.account());
    Ok((view?, account.ok()))
}

impl<'a> Report<'a> {
    /// The report of one look.
    pub(super) fn of(session: &'a Session, view: &'a View, account: Option<Text>) -> Self {
        Self {
            config: &session.config,
            observation: &view.observation,
            plans: view.plans.iter().collect(),
            account,
            region: session.ec2.region().clone(),
        }
    }

    /// Whether every machine is ready.
    pub(super) fn all_ready(&self) -> bool {
        self.plans.iter().all(|plan| plan.finding.state == State::Ready)
    }

    /// The JSON that `status --json` and `once --json` print; its shape is a contract.
    pub(super) fn to_json(&self) -> Value {
        let machines: Vec<Value> = self.machines().map(|(machine, plan)| self.machine(machine, plan)).collect();
        json!({
            "observed_at": self.observation.at(),
            "account": self.account.as_ref().map_or("unknown", Text::as_str),
            "region": self.region,
            "machines": machines,
        })
    }

    fn machines(&self) -> impl Iterator<Item = (&Machine, &MachinePlan)> {
        let plan_of = |machine: &Machine| self.plans.iter().find(|plan| plan.machine == machine.name).copied();
        self.config.machines.iter().filter_map(move |machine| Some((machine, plan_of(machine)?)))
    }

    fn machine(&self, machine: &Machine, plan: &MachinePlan) -> Value {
        let request = self.observation.request(&machine.spot_request);
        let volumes: Vec<Value> = machine.volumes.iter().map(|wanted| self.volume(wanted)).collect();
        json!({
            "name": machine.name,
            "state": plan.finding.state,
            "reason": plan.finding.reason,
            "spot_request": request.map(|request| json!({
                "id": request.id,
                "state": request.state,
                "status_code": request.status_code,
            })),
            "instance": self.instance(machine).map(|instance| json!({
                "id": instance.id,
                "state": instance.state,
                "availability_zone": instance.availability_zone,
                "public_ip": instance.public_ip,
            })),
            "volumes": volumes,
            "next_step": plan.steps.first(),
            "warnings": plan.warnings,
        })
    }

    /// The instance that the machine's request names, if EC2 shows it.
    fn instance(&self, machine: &Machine) -> Option<&Instance> {
        self.observation.instance_of(&machine.spot_request)
    }

    fn volume(&self, wanted: &crate::config::HomeVolume) -> Value {
        let volume = self.observation.volume(&wanted.id);
        let held = volume.and_then(|volume| volume.holders().next());
        json!({
            "id": wanted.id,
            "state": volume.map(|volume| &volume.state),
            "attached_to": held.and_then(|held| held.instance.as_ref()),
            "device": held.map(|held| &held.device),
            "attachment_state": held.map(|held| &held.state),
        })
    }

    /// One row a machine, with its reason, its warnings and its next step below.
    pub(super) fn to_text(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(["MACHINE", "STATE", "REQUEST", "INSTANCE", "ADDRESS", "VOLUMES"]);
        for (machine, plan) in self.machines() {
            table.add_row(self.row(machine, plan));
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        let mut text: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        for (machine, plan) in self.machines() {
            text.push(String::new());
            text.push(format!("{}: {}", machine.name, plan.finding.reason));
            text.extend(plan.steps.iter().map(|step| format!("  next: {}{}", step.action, gate_words(&step.gate))));
            text.extend(plan.warnings.iter().map(|warning| format!("  warning: {warning}")));
        }
        text.join("\n")
    }

    fn row(&self, machine: &Machine, plan: &MachinePlan) -> Vec<String> {
        let none = || "-".to_owned();
        let request = self.observation.request(&machine.spot_request);
        let instance = self.instance(machine);
        let address = instance.and_then(|instance| machine.address.of(instance));
        let volumes = machine.volumes.iter().map(|wanted| {
            let volume = self.observation.volume(&wanted.id);
            let held = volume.and_then(|volume| volume.holders().next());
            match (volume, held) {
                (None, _) => format!("{} unknown", wanted.id),
                (Some(volume), None) => format!("{} {}", wanted.id, volume.state),
                (Some(_), Some(held)) => format!("{} {}", wanted.id, held.state),
            }
        });
        vec![
            machine.name.to_string(),
            plan.finding.state.to_string(),
            request.map_or_else(none, |request| request.state.to_string()),
            instance.map_or_else(none, |instance| format!("{} {}", instance.id, instance.state)),
            address.map_or_else(none, |address| address.to_string()),
            volumes.collect::<Vec<_>>().join(", "),
        ]
    }
}

fn gate_words(gate: &Gate) -> String {
    match gate {
        Gate::Open => String::new(),
        Gate::Ask(because) => format!(" (needs a yes: {because})"),
        Gate::Closed(because) => format!(" (not done: {because})"),
    }
}
