//! Retiring a machine, and saying beforehand what that means.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use super::args::Retire;
use super::bench::{Bench, asker};
use super::end::{conclude, stages};
use super::kept::Kept;
use super::left::with_policy;
use crate::cli::exit::{Exit, Trouble};
use crate::cli::output;
use crate::config::Machine;
use crate::create::{CREATE_TAG, Fact, Memory, Phase, Retirement, Run, Seen};
use crate::model::{Escaped, ImageId, InstanceState, MachineName, Text, VolumeId};

pub(in crate::cli) async fn retire(file: Option<&Path>, options: &Retire, ascii: bool) -> Result<Exit, Trouble> {
    Box::pin(end_machine(file, options, ascii)).await.map_err(with_policy)
}

async fn end_machine(file: Option<&Path>, options: &Retire, ascii: bool) -> Result<Exit, Trouble> {
    let bench = Bench::set_up(file, ascii).await?;
    let name = &options.name;
    let before = bench.read(name)?;
    let mut memory = before.clone();
    bench.check_place(name, &memory).await?;
    let retirement = match &memory.phase {
        Phase::Retiring(begun) => {
            check_begun(options, begun, &bench.retire_again(name))?;
            (**begun).clone()
        }
        Phase::Creating | Phase::Undoing(_) => {
            let undo = bench.create_again(name, " --undo");
            return Err(Trouble::new(Exit::Usage, format!("{name} is being made or undone; take it back by: {undo}")));
        }
        _ => retirement(&bench, options).await?,
    };
    let is_new = !matches!(memory.phase, Phase::Retiring(_));
    memory.apply(&Fact::RetireBegun { retirement: Box::new(retirement.clone()), place: None });
    let seen = bench.site.look(&memory, name).await?;
    let is_placed = !is_new && memory.place.is_some();
    if !is_placed {
        check_shown(&bench, &retirement, &seen).await?;
    }
    let lines = explain_retirement(&retirement, &memory, &seen);
    if options.dry_run {
        let steps: Vec<&str> = lines.iter().skip(1).map(|line| line.trim()).collect();
        let words = format!("{}\nnothing was changed", lines.join("\n"));
        return conclude(options.json, &words, &json!({ "name": name, "retired": false, "steps": steps }));
    }
    for line in &lines {
        output::remark(line);
    }
    confirm_retirement(options)?;
    let mut work = bench.open_as_it_was(name, &before)?;
    if is_new {
        work.account = bench.site.ec2.account().await.ok();
        work.begin_retirement(retirement.clone())?;
    }
    let again = format!("go on by: {}", bench.retire_again(name));
    bench.carry_on(&mut work, stages(), &again).await?;
    let mut kept = Kept { volumes: retirement.volumes.clone(), ..Kept::default() };
    // What was made for another request of this name is none of its own.
    if retirement.image.is_none() && memory.request.as_ref() == Some(&retirement.request) {
        kept = Kept::with_image(&bench, kept.volumes, &memory).await;
    }
    retired(&bench, &kept, options)
}

/// Flags that are given again have to say what they said at first.
fn check_begun(options: &Retire, begun: &Retirement, again: &str) -> Result<(), Trouble> {
    let added = [
        ("--keep-config", options.keep_config && !begun.keep_config),
        ("--delete-image", options.delete_image && begun.image.is_none()),
    ];
    match added.iter().find(|(_, is_added)| *is_added) {
        Some((flag, _)) => {
            let words = format!("the retirement of {} was begun without {flag}, and ends so", begun.name);
            Err(Trouble::new(Exit::Usage, format!("{words}: {again}")))
        }
        None => Ok(()),
    }
}

/// A machine of which EC2 shows nothing is more likely elsewhere than gone.
async fn check_shown(bench: &Bench, retirement: &Retirement, seen: &Seen) -> Result<(), Trouble> {
    let Retirement { name, request, volumes, .. } = retirement;
    if seen.requests.contains_key(request) || volumes.iter().any(|volume| seen.volumes.contains_key(volume)) {
        return Ok(());
    }
    let here = bench.site.place(bench.site.ec2.account().await.ok()).in_words();
    let volumes: Vec<&str> = volumes.iter().map(VolumeId::as_str).collect();
    let words = format!(
        "EC2 in {here} shows neither {request} nor {}: is this the region and the account of {name}? Then nothing of it is left to end: take it out of {} by hand; nothing was changed",
        volumes.join(", "),
        Escaped(&bench.site.config_file.to_string_lossy())
    );
    Err(Trouble::new(Exit::Usage, words))
}

/// The name is typed, unless somebody said yes beforehand.
fn confirm_retirement(options: &Retire) -> Result<(), Trouble> {
    let name = &options.name;
    let typed = match asker(options.yes) {
        Some(asker) => asker.line(&format!("Type {name} to retire it:"))?,
        None if options.yes => return Ok(()),
        None => return Err(Trouble::new(Exit::Usage, "nobody can be asked here: say --yes to retire it")),
    };
    is_typed(name, &typed)
}

fn is_typed(name: &MachineName, typed: &str) -> Result<(), Trouble> {
    if typed == name.as_str() {
        return Ok(());
    }
    let words = format!("\"{}\" is not {name}; nothing was changed", Text::new(typed));
    Err(Trouble::new(Exit::Error, words))
}

fn retired(bench: &Bench, kept: &Kept, options: &Retire) -> Result<Exit, Trouble> {
    let name = &options.name;
    let image = kept.image.as_ref().map(ImageId::as_str);
    let ids: Vec<&str> = kept.volumes.iter().map(VolumeId::as_str).chain(image).collect();
    let mut words = format!("{name} is retired; kept, at a cost per GiB-month until deleted: {}", ids.join(", "));
    for line in kept.lines(bench) {
        words.push('\n');
        words.push_str(&line);
    }
    let config = bench.site.config()?;
    if config.machine(name).is_none() {
        words.push('\n');
        words.push_str(still_shown(config.machines.is_empty()));
    }
    conclude(options.json, &words, &json!({ "name": name, "retired": true, "volumes_kept": kept.volumes }))
}

/// What a spotkeeper that runs makes of a machine that is not in the configuration any more; the service refuses one that
/// is without machines.
fn still_shown(is_last: bool) -> &'static str {
    if is_last {
        "no machine is left in the configuration: a spotkeeper that runs shows this one until it is stopped"
    } else {
        "a spotkeeper that runs shows it meanwhile: leave the screen and start it again; reload the service (systemctl \
         reload spotkeeper, or SIGHUP to run --no-tui)"
    }
}

/// What retiring this machine means.
async fn retirement(bench: &Bench, options: &Retire) -> Result<Retirement, Trouble> {
    let name = &options.name;
    let Some(machine) = bench.config.machine(name) else {
        let known: Vec<&str> = bench.config.machines.iter().map(|machine| machine.name.as_str()).collect();
        let known = if known.is_empty() { "no machine at all".to_owned() } else { known.join(", ") };
        let words = format!("there is no machine {name} in the configuration; it has: {known}");
        return Err(Trouble::new(Exit::Usage, words));
    };
    let image = if options.delete_image { Some(own_image(bench, machine).await?) } else { None };
    Ok(Retirement {
        name: name.clone(),
        request: machine.spot_request.clone(),
        volumes: machine.volumes.iter().map(|volume| volume.id.clone()).collect(),
        image,
        keep_config: options.keep_config,
    })
}

/// The image of the machine's request, when create made it.
async fn own_image(bench: &Bench, machine: &Machine) -> Result<(ImageId, Run), Trouble> {
    let usage = |words: String| Trouble::new(Exit::Usage, format!("--delete-image: {words}"));
    let request = &machine.spot_request;
    let terms = bench.site.ec2.terms(&BTreeSet::from([request.clone()])).await?;
    let id = terms.get(request).and_then(|terms| terms.image.clone());
    let Some(id) = id else { return Err(usage(format!("EC2 does not show the image of {request}"))) };
    let images = bench.site.ec2.images(&BTreeSet::from([id.clone()])).await?;
    let tag = images.get(&id).and_then(|image| image.tags.get(&Text::new(CREATE_TAG)));
    let run = tag.and_then(|tag| Run::try_from(tag.as_str().to_owned()).ok());
    match run {
        Some(run) => Ok((id, run)),
        None => Err(usage(format!("{id} was not made by spotkeeper create"))),
    }
}

fn explain_retirement(retirement: &Retirement, memory: &Memory, seen: &Seen) -> Vec<String> {
    let Retirement { name, request, volumes, image, keep_config } = retirement;
    let mut lines = vec![format!("retiring {name} will, in this order:")];
    match seen.requests.get(request) {
        Some(request) => lines
            .push(format!("  cancel {} ({}, {}): it asks for no more", request.id, request.state, request.status_code)),
        None => lines.push(format!("  find no request: EC2 does not show {request} (any more)")),
    }
    let living = seen.instances.values().filter(|instance| instance.state != InstanceState::Terminated);
    for instance in living {
        let words = match instance.state {
            InstanceState::Stopped => "it is stopped: cancelling the request terminates it",
            _ => "what is on its root volume, and in its memory, is lost",
        };
        lines.push(format!("  terminate {} ({}); {words}", instance.id, instance.state));
    }
    for volume in volumes {
        let words = if seen.volumes.contains_key(volume) { "it outlives the instance" } else { "EC2 does not show it" };
        lines.push(format!("  keep {volume}: {words}; it costs per GiB-month until you delete it"));
    }
    let made = memory.image.as_ref().filter(|_| memory.request.as_ref() == Some(request));
    match (image, made) {
        (Some((image, _)), _) => lines.push(format!("  deregister {image}, and delete its snapshots")),
        (None, Some(image)) => lines.push(format!("  keep the image {image} (--delete-image: not)")),
        (None, None) => lines.push("  keep its image".to_owned()),
    }
    lines.push("  withdraw its names from this computer's hosts file and ssh configuration".to_owned());
    lines.push(match keep_config {
        true => "  leave it in the configuration".to_owned(),
        false => "  take it out of the configuration".to_owned(),
    });
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retirement_that_was_begun_takes_no_other_flags() {
        let begun = |image| Retirement {
            name: "train".parse().unwrap(),
            request: "sir-0a0a0a0a".parse().unwrap(),
            volumes: Vec::new(),
            image,
            keep_config: false,
        };
        let given = |keep_config, delete_image| Retire {
            name: "train".parse().unwrap(),
            dry_run: false,
            yes: true,
            json: false,
            keep_config,
            delete_image,
        };
        let image = || Some(("ami-0a0a0a0a".parse().unwrap(), Run::new(1)));
        let words =
            |options: &Retire, begun: &Retirement| check_begun(options, begun, "again").err().map(|it| it.words);
        assert_eq!(words(&given(false, false), &begun(image())), None);
        assert_eq!(words(&given(false, true), &begun(image())), None);
        let refused = words(&given(false, true), &begun(None)).unwrap();
        assert!(refused.contains("without --delete-image") && refused.ends_with("again"), "{refused}");
        assert!(words(&given(true, false), &begun(None)).unwrap().contains("without --keep-config"));
        let kept = Retirement { keep_config: true, ..begun(None) };
        assert_eq!(words(&given(true, false), &kept), None);
    }

    #[test]
    fn a_name_that_is_typed_wrongly_is_told() {
        let name = "train".parse().unwrap();
        assert!(is_typed(&name, "train").is_ok());
        let words = is_typed(&name, "trian").unwrap_err().words;
        assert!(words.contains("\"trian\" is not train"), "{words}");
    }

    #[test]
    fn the_screen_is_started_again_the_service_reloaded_and_without_machines_stopped() {
        let more = still_shown(false);
        assert!(more.contains("leave the screen") && more.contains("systemctl reload"), "{more}");
        let last = still_shown(true);
        assert!(last.contains("stopped") && !last.contains("reload"), "{last}");
    }
}
