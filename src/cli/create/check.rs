//! What is looked at before anything is made: what was said, and whether it can be written down in the end.

use jiff::Timestamp;

use super::args::{Create, Wishes};
use super::bench::Bench;
use super::left;
use crate::app::create::Rehearsal;
use crate::cli::exit::{Exit, Trouble};
use crate::cli::output;
use crate::config::Config;
use crate::create::{Home, Memory, Recipe};
use crate::model::{FailureKind, MachineName};

pub(super) fn free_name(config: &Config, name: &MachineName) -> Result<(), Trouble> {
    match config.machine(name) {
        None => Ok(()),
        Some(machine) => {
            let words = format!("the configuration has a machine {name} already, with {}", machine.spot_request);
            Err(Trouble::new(Exit::Usage, format!("{words}; give the new one another name")))
        }
    }
}

/// Flags that are given again have to say what they said at first. `as_begun` is what goes without them.
pub(super) fn check_wishes(bench: &Bench, recipe: &Recipe, options: &Create, as_begun: &str) -> Result<(), Trouble> {
    let mut differences = differences(recipe, &options.wishes);
    if options.pause_to_customize && !recipe.pause {
        differences.push("--pause-to-customize".to_owned());
    }
    if differences.is_empty() {
        return Ok(());
    }
    let (again, undo) = (bench.create_again(&recipe.name, ""), bench.create_again(&recipe.name, " --undo"));
    let words = format!(
        "{} was begun otherwise than {} says; {as_begun}: {again}; or take it back: {undo}",
        recipe.name,
        differences.join(", ")
    );
    Err(Trouble::new(Exit::Usage, words))
}

/// A configuration that cannot take the machine would only be noticed when all else is done.
pub(super) fn check_config(bench: &Bench, recipe: &Recipe, memory: &Memory) -> Result<(), Trouble> {
    bench.site.check_config(recipe, memory).map_err(|error| {
        let words = format!("{} cannot be written into the configuration: {error}", recipe.name);
        Trouble::new(Exit::Usage, words)
    })
}

/// The same of a creation that was begun, unless only that is missing.
pub(super) fn check_begun(bench: &Bench, memory: &Memory) -> Result<(), Trouble> {
    match &memory.recipe {
        Some(recipe) if memory.request.is_none() => {
            check_end(bench, recipe.valid_until).map_err(|over| {
                let undo = bench.create_again(&recipe.name, " --undo");
                Trouble::new(over.exit, format!("{}; take it back, and create it with a later one: {undo}", over.words))
            })?;
            check_config(bench, recipe, memory)
        }
        _ => Ok(()),
    }
}

/// What is denied would only be noticed when something is paid for already. What cannot be told goes on.
pub(super) async fn check_permissions(bench: &Bench, memory: &Memory, options: &Create) -> Result<(), Trouble> {
    let mut rehearsal = match bench.site.look(memory, &options.name).await {
        Ok(seen) => bench.site.rehearse(memory, &seen).await,
        Err(failure) if failure.kind == FailureKind::Denied => return Err(failure.into()),
        // Whoever goes on waits until EC2 answers again.
        Err(failure) => Rehearsal { unknown: vec![failure.to_string()], ..Rehearsal::default() },
    };
    if !rehearsal.unknown.is_empty() {
        let why = rehearsal.unknown.join("; ");
        output::remark(&format!("warning: EC2 does not say beforehand whether all of it will be allowed: {why}"));
    }
    if options.despite_denials {
        for denied in rehearsal.denied.extract_if(.., |denied| denied.is_imagined) {
            output::remark(&format!("warning: going on despite: {}", denied.failure));
        }
    }
    if rehearsal.denied.is_empty() { Ok(()) } else { Err(left::denied(&rehearsal)) }
}

/// A request that has ended before it was made would only be refused when all else is done.
pub(super) fn check_end(bench: &Bench, until: Option<Timestamp>) -> Result<(), Trouble> {
    match until.filter(|until| *until <= bench.site.clock.now().wall) {
        Some(until) => Err(Trouble::new(Exit::Usage, format!("--valid-until {until}: that is over"))),
        None => Ok(()),
    }
}

/// The flags that say something else than the recipe.
fn differences(recipe: &Recipe, wishes: &Wishes) -> Vec<String> {
    let (size, volume) = match &recipe.home {
        Home::New { size_gib, .. } => (Some(*size_gib), None),
        Home::Existing { id, .. } => (None, Some(id.clone())),
    };
    let encrypted = matches!(recipe.home, Home::New { encrypted: true, .. });
    let groups = &wishes.security_groups;
    let checks = [
        ("--instance-type", wishes.instance_type.as_ref().is_some_and(|given| *given != recipe.instance_type)),
        ("--size", wishes.size.is_some() && wishes.size != size),
        ("--unencrypted", wishes.unencrypted && encrypted),
        ("--volume", wishes.volume.is_some() && wishes.volume != volume),
        ("--zone", wishes.zone.as_ref().is_some_and(|given| *given != recipe.zone)),
        ("--subnet", wishes.subnet.as_ref().is_some_and(|given| *given != recipe.subnet)),
        ("--key-name", wishes.key_name.is_some() && wishes.key_name != recipe.login.key_name),
        ("--security-group", !groups.is_empty() && *groups != recipe.login.security_groups),
        ("--image", wishes.image.as_ref().is_some_and(|given| *given != recipe.image)),
        ("--system", wishes.system.is_some() && wishes.system != recipe.system),
        ("--root-size", wishes.root_size.is_some_and(|given| given != recipe.root_gib)),
        ("--max-price", wishes.max_price.is_some() && wishes.max_price != recipe.max_price),
        ("--valid-until", wishes.valid_until.is_some() && wishes.valid_until != recipe.valid_until),
        ("--hostname", !wishes.hostnames.is_empty() && wishes.hostnames != recipe.hostnames),
        ("--device", wishes.device.as_ref().is_some_and(|given| *given != recipe.device)),
        ("--fstab", wishes.fstab.is_some_and(|given| given != recipe.fstab)),
        ("--user", wishes.user.is_some() && wishes.user != recipe.login.user),
    ];
    checks.into_iter().filter(|(_, differs)| *differs).map(|(flag, _)| flag.to_owned()).collect()
}
