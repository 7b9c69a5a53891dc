//! `spotkeeper create` and `spotkeeper retire`.

pub(super) mod args;
mod ask;
mod bench;
mod build;
mod check;
mod end;
mod explain;
mod kept;
mod left;
mod place;
mod progress;
mod resolve;
mod retire;

use std::path::Path;

use self::args::Create;
use self::ask::Asker;
use self::bench::{Bench, asker};
use self::build::{build, made_already};
use self::resolve::Resolved;
use super::exit::{Exit, Trouble};
use super::output;
use crate::app::create::Work;
use crate::create::{Fact, Memory, Phase};
use crate::model::Text;

pub(super) use self::retire::retire;

pub(super) async fn run(file: Option<&Path>, options: &Create, ascii: bool) -> Result<Exit, Trouble> {
    Box::pin(create(file, options, ascii)).await.map_err(left::with_policy)
}

async fn create(file: Option<&Path>, options: &Create, ascii: bool) -> Result<Exit, Trouble> {
    let bench = Bench::set_up(file, ascii).await?;
    if options.undo {
        return end::undo(&bench, options).await;
    }
    if options.dry_run {
        return dry_run(&bench, options).await;
    }
    let mut work = bench.open(&options.name)?;
    bench.check_place(&options.name, &work.memory).await?;
    match work.memory.phase {
        Phase::Nothing => begin(&bench, &mut work, options).await?,
        Phase::Creating => go_on(&bench, &mut work, options).await?,
        Phase::Created => return made_already(&bench, &work, options),
        Phase::Undoing(_) => {
            let words = format!("{} is being undone; go on by: ", options.name);
            return Err(Trouble::new(Exit::Usage, words + &bench.create_again(&options.name, " --undo")));
        }
        Phase::Retiring(_) => {
            let words =
                format!("{0} is being retired; go on by: spotkeeper{1} retire {0}", options.name, bench.options);
            return Err(Trouble::new(Exit::Usage, words));
        }
    }
    build(&bench, &mut work, options).await
}

/// What is to be made, and the spot price of now.
struct Decided {
    resolved: Resolved,
    price: Option<Text>,
}

/// Makes sure that the name is free, and decides everything; then tells what that comes to.
async fn decide(bench: &Bench, memory: &Memory, options: &Create, person: Option<Asker>) -> Result<Decided, Trouble> {
    let name = &options.name;
    check::free_name(&bench.config, name)?;
    check::check_end(bench, options.wishes.valid_until)?;
    let wishes = options.wishes.clone();
    let resolved = resolve::resolve(&bench.site.ec2, name, wishes, options.pause_to_customize, person).await?;
    check::check_config(bench, &resolved.recipe, memory)?;
    let price = explain::spot_price(&bench.site, &resolved.recipe).await;
    for line in explain::summary(&resolved, price.as_ref(), bench.site.ec2.region()) {
        output::remark(&line);
    }
    Ok(Decided { resolved, price })
}

/// Decides everything, and has it confirmed.
async fn begin(bench: &Bench, work: &mut Work, options: &Create) -> Result<(), Trouble> {
    let name = &options.name;
    if options.go_on {
        return Err(Trouble::new(Exit::Usage, format!("--continue: nothing was begun for {name}")));
    }
    let person = asker(options.yes);
    let Decided { resolved, .. } = decide(bench, &work.memory, options, person).await?;
    let mut begun = work.memory.clone();
    begun.apply(&Fact::Begun { recipe: Box::new(resolved.recipe.clone()), place: None });
    check::check_permissions(bench, &begun, options).await?;
    match person {
        Some(person) if !person.confirm(&format!("Create {name}?"))? => {
            return Err(Trouble::new(Exit::Error, "left; nothing was changed"));
        }
        None if !options.yes => {
            let words = "nobody can be asked here: say --yes to create it so, or --dry-run to see every call";
            return Err(Trouble::new(Exit::Usage, words));
        }
        _ => {}
    }
    work.account = bench.site.ec2.account().await.ok();
    Ok(work.begin(resolved.recipe)?)
}

/// A creation that was begun goes on as it was begun.
async fn go_on(bench: &Bench, work: &mut Work, options: &Create) -> Result<(), Trouble> {
    let Some(recipe) = &work.memory.recipe else { return Ok(()) };
    check::check_wishes(bench, recipe, options, "go on as it was begun")?;
    check::check_begun(bench, &work.memory)?;
    check::check_permissions(bench, &work.memory, options).await?;
    output::remark(&format!("going on with {}, begun as run {}", recipe.name, recipe.run));
    match options.go_on {
        true if work.memory.started => work.customised()?,
        true => output::remark("--continue: the builder has not been yours yet; it goes on to there"),
        false => {}
    }
    Ok(())
}

async fn dry_run(bench: &Bench, options: &Create) -> Result<Exit, Trouble> {
    let mut memory = bench.read(&options.name)?;
    bench.check_place(&options.name, &memory).await?;
    let mut price = None;
    match &memory.phase {
        Phase::Nothing => {
            let decided = decide(bench, &memory, options, asker(options.yes)).await?;
            price = decided.price;
            memory.apply(&Fact::Begun { recipe: Box::new(decided.resolved.recipe), place: None });
        }
        Phase::Creating => {
            if let Some(recipe) = &memory.recipe {
                check::check_wishes(bench, recipe, options, "see how it goes on")?;
            }
            check::check_begun(bench, &memory)?;
        }
        _ => {
            let words = format!("{} is made, or is ending: there is nothing to create", options.name);
            return Err(Trouble::new(Exit::Usage, words));
        }
    }
    let seen = bench.site.look(&memory, &options.name).await?;
    let exit = explain::print_calls(&memory, &seen, None, price.as_ref(), options.json)?;
    check::check_permissions(bench, &memory, options).await?;
    Ok(exit)
}
