//! Undoing a creation, retiring a machine, and saying beforehand what that means.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use super::args::{Create, Retire};
use super::bench::{Bench, asker};
use super::kept::Kept;
use super::left::with_policy;
use crate::app::create::{End, Work};
use crate::cli::exit::{Exit, Trouble};
use crate::cli::output;
use crate::config::Machine;
use crate::create::{
    CREATE_TAG, Ending, Fact, Home, Memory, Phase, Recipe, Retirement, Run, Seen, Stage, imagined, replaced,
};
use crate::model::{Escaped, ImageId, InstanceState, MachineName, Text, VolumeId, VolumeState};

/// The stages of an ending.
fn stages() -> Vec<Stage> {
    vec![Stage::End, Stage::Remove, Stage::Forget]
}

impl Bench {
    /// Opens a ledger by which something was decided and said: somebody may have gone on with it meanwhile.
    fn open_as_it_was(&self, name: &MachineName, before: &Memory) -> Result<Work, Trouble> {
        let work = self.open(name)?;
        if work.memory == *before {
            return Ok(work);
        }
        let words =
            format!("{name} was changed meanwhile by another spotkeeper; run again; nothing was changed by this one");
        Err(Trouble::new(Exit::Error, words))
    }
}

pub(super) async fn undo(bench: &Bench, options: &Create) -> Result<Exit, Trouble> {
    let name = &options.name;
    let before = bench.read(name)?;
    let Some(recipe) = before.recipe.clone().filter(|_| !matches!(before.phase, Phase::Retiring(_))) else {
        return Err(Trouble::new(Exit::Usage, format!("nothing was begun for {name} that could be undone")));
    };
    bench.check_place(name, &before).await?;
    let (known, seen) = look_at_all(bench, before.clone(), name).await?;
    let may_go = may_be_deleted(&recipe, &known, options.delete_volume.as_ref())?;
    let ending = Ending::undo(&recipe, &known, may_go);
    if let Some(why) = replaced(&ending, &known, &seen) {
        return Err(Trouble::new(Exit::Usage, format!("{why}; nothing was changed")));
    }
    if options.dry_run {
        return print_calls(&known, &seen, Some(&ending), None, options.json);
    }
    let mut work = bench.open_as_it_was(name, &before)?;
    for line in explain_undo(&recipe, &ending, &known, &seen) {
        output::remark(&line);
    }
    let delete_volume = ask_undo(options, &recipe, &known, may_go)?;
    work.begin_undo(delete_volume)?;
    let again = format!("go on by: {}", bench.create_again(name, " --undo"));
    let End::Done(last) = bench.carry_on(&mut work, stages(), &again).await? else { return Ok(Exit::Unsettled) };
    undone(bench, &recipe, &last.1, options)
}

fn undone(bench: &Bench, recipe: &Recipe, seen: &Seen, options: &Create) -> Result<Exit, Trouble> {
    let name = &recipe.name;
    let left = volume_left(seen);
    let mut lines = match &left {
        Some(volume) => vec![format!("{name} is undone; the volume {volume} stays, and costs per GiB-month")],
        None => vec![format!("{name} is undone; nothing of it is left")],
    };
    // A volume that was there before is its owner's own affair.
    let made = left.iter().filter(|_| matches!(recipe.home, Home::New { .. })).cloned().collect();
    let kept = Kept { volumes: made, ..Kept::default() };
    lines.extend(kept.lines(bench));
    conclude(options.json, &lines.join("\n"), &json!({ "name": name, "undone": true, "volume_left": left }))
}

/// The volume that an undoing left.
fn volume_left(seen: &Seen) -> Option<VolumeId> {
    seen.volumes.values().find(|volume| volume.state != VolumeState::Deleted).map(|volume| volume.id.clone())
}

/// What an undoing would know and see at its first look: snapshots and names are looked for only once it is begun. What a lost
/// answer made is known by it too.
async fn look_at_all(bench: &Bench, mut known: Memory, name: &MachineName) -> Result<(Memory, Seen), Trouble> {
    known.apply(&Fact::UndoBegun { delete_volume: false });
    let seen = bench.site.look(&known, name).await?;
    seen.news(&known).into_iter().for_each(|thing| known.apply(&Fact::Learnt(thing)));
    Ok((known, seen))
}

fn conclude(json: bool, words: &str, report: &serde_json::Value) -> Result<Exit, Trouble> {
    let text = if json { format!("{report:#}") } else { words.to_owned() };
    output::print(&text)?;
    Ok(Exit::Ok)
}

/// Whether the volume may be deleted: the id that was given has to be the one that this creation made.
fn may_be_deleted(recipe: &Recipe, memory: &Memory, given: Option<&VolumeId>) -> Result<bool, Trouble> {
    let Some(given) = given else { return Ok(false) };
    let made = memory.volume.as_ref().filter(|_| matches!(recipe.home, Home::New { .. }));
    if made == Some(given) {
        return Ok(true);
    }
    let words = match made {
        Some(made) => format!("--delete-volume {given}: the volume that was made for {} is {made}", recipe.name),
        None => format!("--delete-volume {given}: no volume was made for {}", recipe.name),
    };
    Err(Trouble::new(Exit::Usage, words))
}

fn explain_undo(recipe: &Recipe, ending: &Ending, known: &Memory, seen: &Seen) -> Vec<String> {
    let mut lines = vec![format!("undoing {} (run {}) will, in this order:", recipe.name, recipe.run)];
    let (acts, stuck) = imagined(recipe, Some(ending), known, seen);
    lines.extend(acts.iter().map(|act| format!("  {}", act.described(recipe))));
    match stuck {
        Some(stuck) => lines.push(format!("then it stops: {}", stuck.why)),
        None if acts.is_empty() => lines.push("  remove nothing: nothing is there".to_owned()),
        None => {}
    }
    if let Some(volume) = known.volume.as_ref().filter(|volume| ending.volume.as_ref() != Some(*volume)) {
        lines.push(format!("  and leave the volume {volume} as it is"));
    }
    lines
}

/// Asks whether to undo, and, when it was not said, about the volume: its id is typed.
fn ask_undo(options: &Create, recipe: &Recipe, memory: &Memory, may_go: bool) -> Result<bool, Trouble> {
    let Some(asker) = asker(options.yes) else {
        if options.yes {
            return Ok(may_go);
        }
        return Err(Trouble::new(Exit::Usage, "nobody can be asked here: say --yes to undo it"));
    };
    if !asker.confirm(&format!("Undo {}?", recipe.name))? {
        return Err(Trouble::new(Exit::Error, "left; nothing was changed"));
    }
    match &memory.volume {
        Some(volume) if !may_go && matches!(recipe.home, Home::New { .. }) => {
            let typed = asker.line(&format!("To delete the volume too, with all that is on it, type {volume}:"))?;
            Ok(typed == volume.as_str())
        }
        _ => Ok(may_go),
    }
}

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
            check_begun(&bench, options, begun)?;
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
    let again = format!("go on by: spotkeeper{} retire {name}", bench.options);
    bench.carry_on(&mut work, stages(), &again).await?;
    let mut kept = Kept { volumes: retirement.volumes.clone(), ..Kept::default() };
    // What was made for another request of this name is none of its own.
    if retirement.image.is_none() && memory.request.as_ref() == Some(&retirement.request) {
        kept = Kept::with_image(&bench, kept.volumes, &memory).await;
    }
    retired(&bench, &kept, options)
}

/// Flags that are given again have to say what they said at first.
fn check_begun(bench: &Bench, options: &Retire, begun: &Retirement) -> Result<(), Trouble> {
    let added = [
        ("--keep-config", options.keep_config && !begun.keep_config),
        ("--delete-image", options.delete_image && begun.image.is_none()),
    ];
    match added.iter().find(|(_, is_added)| *is_added) {
        Some((flag, _)) => {
            let words = format!("the retirement of {} was begun without {flag}, and ends so", begun.name);
            let again = format!("spotkeeper{} retire {}", bench.options, begun.name);
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

/// Prints every call that is still to come, with what it costs.
pub(super) fn print_calls(
    memory: &Memory,
    seen: &Seen,
    ending: Option<&Ending>,
    price: Option<&Text>,
    json: bool,
) -> Result<Exit, Trouble> {
    let Some(recipe) = &memory.recipe else { return Ok(Exit::Ok) };
    let (acts, stuck) = imagined(recipe, ending, memory, seen);
    if json {
        let call =
            |act: &crate::create::Act| json!({ "call": act.described(recipe), "cost": act.cost(recipe).to_string() });
        let calls: Vec<_> = acts.iter().map(call).collect();
        output::print(&format!(
            "{:#}",
            json!({ "name": recipe.name, "calls": calls, "stops": stuck.map(|stuck| stuck.why) })
        ))?;
        return Ok(Exit::Ok);
    }
    for (number, act) in (1..).zip(&acts) {
        output::print(&format!("{number}. {}\n   {}", act.described(recipe), act.cost(recipe)))?;
    }
    if let Some(stuck) = stuck {
        output::print(&format!("then it stops: {}", stuck.why))?;
    }
    if let Some(price) = price.filter(|_| ending.is_none()) {
        output::print(&format!("spot price of {} in {} now: {price} USD an hour", recipe.instance_type, recipe.zone))?;
    }
    output::print("nothing was changed")?;
    Ok(Exit::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::create::Site;
    use crate::clock::Clock;
    use crate::config::{self, Environment};
    use crate::ec2::{Ec2, Source};
    use crate::model::Volume;
    use crate::sim::{Scenario, Sim};

    #[test]
    fn a_volume_that_is_deleted_and_shown_yet_is_not_told_to_be_left() {
        let id: VolumeId = "vol-0a0a0a0a".parse().unwrap();
        let seen = |state| {
            let volume = Volume {
                id: id.clone(),
                state,
                availability_zone: "us-east-1b".into(),
                multi_attach: false,
                attachments: Vec::new(),
            };
            Seen { volumes: [(id.clone(), volume)].into(), ..Seen::default() }
        };
        assert_eq!(volume_left(&seen(VolumeState::Deleted)), None);
        assert_eq!(volume_left(&seen(VolumeState::Available)), Some(id.clone()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_decided_by_a_ledger_that_has_changed_since_is_not_done() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::starting_at("2026-11-23T12:00:00Z".parse().unwrap(), 1.0);
        let sim = Sim::new(&Scenario::parse("").unwrap(), 1, clock.clone()).unwrap();
        let source = Source::Embedded { http_client: sim.http_client(), clock: clock.clone() };
        let ec2 = Ec2::connect(source).await.unwrap();
        let environment = Environment { home: Some(folder.path().to_owned()), ..Environment::default() };
        let config_file = folder.path().join("config.toml");
        let config = config::load_settings(&config_file, &environment).unwrap();
        let site = Site { ec2, clock, config_file, environment };
        let bench = Bench { site, config, options: String::new(), ascii: true };
        let name: MachineName = "train".parse().unwrap();
        let before = bench.read(&name).unwrap();
        let mut other = bench.open_as_it_was(&name, &before).unwrap_or_else(|_| panic!("nothing has changed"));
        other.begin_undo(false).unwrap();
        drop(other);
        let Err(trouble) = bench.open_as_it_was(&name, &before) else { panic!("it has changed") };
        assert!(trouble.words.contains("meanwhile"), "{}", trouble.words);
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
