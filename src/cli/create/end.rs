//! Undoing a creation, and saying beforehand what that means.

use serde_json::json;

use super::args::Create;
use super::bench::{Bench, asker};
use super::explain;
use super::kept::Kept;
use crate::app::create::End;
use crate::cli::exit::{Exit, Trouble};
use crate::cli::output;
use crate::create::{Ending, Fact, Home, Memory, Phase, Recipe, Seen, Stage, imagined, replaced};
use crate::model::{MachineName, VolumeId, VolumeState};

/// The stages of an ending.
pub(super) fn stages() -> Vec<Stage> {
    vec![Stage::End, Stage::Remove, Stage::Forget]
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
        return explain::print_calls(&known, &seen, Some(&ending), None, options.json);
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

pub(super) fn conclude(json: bool, words: &str, report: &serde_json::Value) -> Result<Exit, Trouble> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Volume;

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
}
