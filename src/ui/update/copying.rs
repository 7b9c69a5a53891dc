//! What can be copied of a row.

use serde_json::json;

use super::super::availability::ssh_words;
use super::super::message::Effect;
use super::super::model::Model;
use super::super::overlay::{Item, Menu, Overlay, Pick};
use super::super::subject::Subject;
use super::super::world::World;
use super::moving;

/// Copies the id of the selected row; of a machine, that of its instance.
pub(super) fn id(model: &Model) -> Vec<Effect> {
    let Some(subject) = moving::subject(model) else { return Vec::new() };
    vec![Effect::Copy("id", id_of(model, &subject))]
}

fn id_of(model: &Model, subject: &Subject) -> String {
    let instance = match (subject, &model.world) {
        (Subject::Machine(name), Some(world)) => {
            world.find(name).and_then(|(machine, _)| world.instance_of(machine)).map(|instance| instance.id.to_string())
        }
        _ => None,
    };
    instance.unwrap_or_else(|| subject.to_string())
}

/// Opens the menu of everything that can be copied.
pub(super) fn open(model: &mut Model) {
    let Some(subject) = moving::subject(model) else { return };
    let Some(world) = &model.world else { return };
    let item = |key: &str, what: &'static str, text: Result<String, String>| Item {
        key: key.to_owned(),
        label: what.to_owned(),
        note: in_one_line(&text.clone().unwrap_or_else(|why| format!("no: {why}"))),
        pick: text.ok().map(|text| Pick::Copy(what, text)),
    };
    let address = address(world, &subject);
    let ssh = ssh_words(model, world.owner(&subject)).map(|words| quoted(&words));
    let items = vec![
        item("1", "id", Ok(id_of(model, &subject))),
        item("2", "address", address),
        item("3", "ssh command", ssh),
        item("4", "aws-cli command", aws_cli(model, world, &subject)),
        item("5", "JSON", json_of(world, &subject)),
    ];
    let menu = Menu::new(format!("Copy of {subject}"), items);
    model.overlays.push(Overlay::Menu(menu));
}

fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn quoted(words: &[String]) -> String {
    shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default()
}

fn address(world: &World, subject: &Subject) -> Result<String, String> {
    let of_machine = world.owner(subject).and_then(|name| world.address_of(world.find(name)?.0));
    let own = match subject {
        Subject::Instance(id) => {
            let seen = world.seen().and_then(|seen| seen.instance(id));
            seen.and_then(|seen| seen.public_ip.or(seen.private_ip))
        }
        _ => of_machine,
    };
    own.map(|address| address.to_string()).ok_or_else(|| format!("{subject} has no address at the moment"))
}

/// The command that shows the same: `aws ec2 describe-…`.
fn aws_cli(model: &Model, world: &World, subject: &Subject) -> Result<String, String> {
    let what = match subject {
        Subject::Machine(name) => {
            let (machine, _) = world.find(name).ok_or("nothing is known of this machine yet")?;
            match world.instance_of(machine) {
                Some(instance) => {
                    vec!["describe-instances".to_owned(), "--instance-ids".to_owned(), instance.id.to_string()]
                }
                None => request_words(&machine.spot_request),
            }
        }
        Subject::Request(id) => request_words(id),
        Subject::Instance(id) => vec!["describe-instances".to_owned(), "--instance-ids".to_owned(), id.to_string()],
        Subject::Volume(id) => vec!["describe-volumes".to_owned(), "--volume-ids".to_owned(), id.to_string()],
    };
    let mut words = vec!["aws".to_owned(), "ec2".to_owned()];
    words.extend(what);
    words.extend(["--region".to_owned(), world.snapshot().region.to_string()]);
    words.extend(model.facts.profile.iter().flat_map(|profile| ["--profile".to_owned(), profile.clone()]));
    Ok(quoted(&words))
}

fn request_words(id: &crate::model::SpotRequestId) -> Vec<String> {
    vec!["describe-spot-instance-requests".to_owned(), "--spot-instance-request-ids".to_owned(), id.to_string()]
}

fn json_of(world: &World, subject: &Subject) -> Result<String, String> {
    let gone = || format!("nothing is shown of {subject}");
    let seen = world.seen().ok_or_else(gone)?;
    let value = match subject {
        Subject::Machine(name) => {
            let (machine, view) = world.find(name).ok_or_else(gone)?;
            json!({
                "name": machine.name,
                "state": view.plan.finding.state,
                "reason": view.plan.finding.reason,
                "spot_request": machine.spot_request,
                "instance": world.instance_of(machine).map(|instance| &instance.id),
                "address": world.address_of(machine),
                "volumes": machine.volumes.iter().map(|volume| &volume.id).collect::<Vec<_>>(),
            })
        }
        Subject::Request(id) => {
            let request = seen.request(id).ok_or_else(gone)?;
            json!({
                "id": request.id,
                "state": request.state,
                "status_code": request.status_code,
                "status_message": request.status_message,
                "instance": request.instance,
                "valid_until": request.valid_until,
            })
        }
        Subject::Instance(id) => {
            let instance = seen.instance(id).ok_or_else(gone)?;
            json!({
                "id": instance.id,
                "state": instance.state,
                "type": instance.instance_type,
                "availability_zone": instance.availability_zone,
                "launch_time": instance.launch_time,
                "public_ip": instance.public_ip,
                "private_ip": instance.private_ip,
                "spot_request": instance.spot_request,
            })
        }
        Subject::Volume(id) => {
            let volume = seen.volume(id).ok_or_else(gone)?;
            let held = volume.holders().next();
            json!({
                "id": volume.id,
                "state": volume.state,
                "availability_zone": volume.availability_zone,
                "attached_to": held.and_then(|held| held.instance.as_ref()),
                "device": held.map(|held| &held.device),
                "attachment_state": held.map(|held| &held.state),
                "attach_time": held.and_then(|held| held.attach_time),
            })
        }
    };
    Ok(format!("{value:#}"))
}
