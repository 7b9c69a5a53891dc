//! What is said before, in between and afterwards.

use std::path::Path;

use serde_json::json;

use super::resolve::Resolved;
use crate::app::create::Site;
use crate::cli::exit::{Exit, Trouble};
use crate::cli::output;
use crate::create::{Act, Ending, Fstab, Home, Memory, Recipe, Seen, imagined};
use crate::doctor::Aws;
use crate::model::{Escaped, HostName, SecurityGroupId, SpotRequest, Text};

/// The spot price of now, where it is to be had: nothing depends on it.
pub(super) async fn spot_price(site: &Site, recipe: &Recipe) -> Option<Text> {
    let now = site.clock.now().wall;
    site.ec2.spot_price(&recipe.instance_type, &recipe.zone, now).await.ok().flatten()
}

/// What is about to be made, in lines.
pub(super) fn summary(resolved: &Resolved, price: Option<&Text>, region: &Text) -> Vec<String> {
    let Recipe { name, instance_type, zone, subnet, home, device, fstab, login, hostnames, .. } = &resolved.recipe;
    let recipe = &resolved.recipe;
    let volume = match home {
        Home::New { size_gib, encrypted } => {
            let encrypted = if *encrypted { "encrypted" } else { "not encrypted" };
            format!("new, {size_gib} GiB gp3, {encrypted}: per GiB-month until it is deleted")
        }
        Home::Existing { id, size_gib } => {
            format!("{id}, {size_gib} GiB: it is refused if it holds anything but a home of spotkeeper's")
        }
    };
    let mount = match fstab {
        Fstab::Nofail => "nofail: the machine boots without its home too, and can be reached then",
        Fstab::Strict => "strict: the machine does not boot without its home",
    };
    let ceiling = recipe.max_price.as_ref().map_or("the price on demand".to_owned(), |price| format!("{price} USD"));
    let now = price.map_or_else(String::new, |price| format!("; now {price} USD an hour"));
    let without = recipe.without().map_or_else(String::new, |without| format!("{without}; "));
    let names: Vec<&str> = hostnames.iter().map(HostName::as_str).collect();
    let end = recipe.valid_until.map_or("never".to_owned(), |until| until.to_string());
    let key = login.key_name.as_ref().map_or("none".to_owned(), ToString::to_string);
    let groups: Vec<&str> = login.security_groups.iter().map(SecurityGroupId::as_str).collect();
    let mut lines = vec![
        format!("{name}, in {region}:"),
        format!("  home volume     {volume}"),
        format!("  mounted by      {mount}"),
        format!("  device          {device}"),
        format!("  image from      {}", resolved.image),
        format!(
            "  builder         {instance_type} on demand, in {subnet} ({zone}): per hour for the minutes that it runs"
        ),
        format!(
            "  own image       {without}snapshot of the root volume, {} GiB at most: per GiB-month",
            recipe.root_gib
        ),
        format!("  spot request    persistent, {instance_type}: spot price per hour, at most {ceiling}{now}"),
        format!("  ends by itself  {end}"),
        format!("  key pair        {key}; security groups {}", or(&groups.join(", "), "the VPC's default")),
        format!("  host names      {}", or(&names.join(", "), "none")),
    ];
    lines.extend(resolved.warnings.iter().map(|warning| format!("  warning: {warning}")));
    lines
}

fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}

/// How its owner gets to the builder.
pub(super) fn pause(memory: &Memory, seen: &Seen, aws: Aws<'_>) -> Vec<String> {
    let builder = memory.builder.as_ref().and_then(|id| seen.builders.get(id));
    let (Some(builder), Some(recipe)) = (builder, &memory.recipe) else { return Vec::new() };
    let address = builder.public_ip.or(builder.private_ip);
    let mut lines = vec![format!(
        "the builder {} is {}, with its home mounted: install what the image is to have, outside /home",
        builder.id, builder.state
    )];
    if let Some(address) = address {
        lines.push(format!("  {}", recipe.ssh(address)));
    } else {
        let look = aws.command(&["ec2", "describe-instances", "--instance-ids", builder.id.as_str()]);
        lines.push(format!("  it has no address; look it up: {look}"));
    }
    lines
}

/// What was made, and what comes next.
pub(super) fn made(memory: &Memory, status: Option<&SpotRequest>, config: &Path, options: &str) -> Vec<String> {
    let Some(recipe) = &memory.recipe else { return Vec::new() };
    let name = &recipe.name;
    let shown = |id: Option<String>| id.unwrap_or_else(|| "unknown".to_owned());
    let state = status.map_or_else(String::new, |request| format!(" ({}, {})", request.state, request.status_code));
    vec![
        format!("{name} is made:"),
        format!("  spot request  {}{state}", shown(memory.request.as_ref().map(ToString::to_string))),
        format!("  home volume   {}", shown(memory.volume.as_ref().map(ToString::to_string))),
        format!("  image         {}", shown(memory.image.as_ref().map(ToString::to_string))),
        format!("  configured in {}", Escaped(&config.to_string_lossy())),
        format!(
            "it comes home when it is kept: spotkeeper{options} run, or spotkeeper{options} once --yes --machine {name}"
        ),
    ]
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
        let call = |act: &Act| json!({ "call": act.described(recipe), "cost": act.cost(recipe).to_string() });
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
