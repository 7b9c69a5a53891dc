//! `spotkeeper create` and `spotkeeper retire`.

pub(super) mod args;
mod ask;
mod end;
mod explain;
mod kept;
mod place;
mod progress;
mod resolve;

use std::io::BufRead as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::json;

use self::args::{Create, Wishes};
use self::ask::Asker;
use self::progress::Teller;
use super::exit::{Exit, Trouble};
use super::{output, run as service, setup};
use crate::app::create::{End, Left, Site, Work};
use crate::app::signals::Leave;
use crate::clock::Clock;
use crate::config::{self, Config, Environment};
use crate::create::{Home, Line, Memory, Phase, Recipe, Seen, Stage, Unfit};
use crate::ec2::{Ec2, Source};
use crate::journal::{self, LockError, OpenError};
use crate::model::{InstanceId, MachineName};

pub(super) use self::end::retire;

/// Where a command works, and how it is called again.
struct Bench {
    site: Site,
    config: Config,
    /// `--config FILE`, where that was given.
    options: String,
    ascii: bool,
}

impl Bench {
    async fn set_up(file: Option<&Path>, ascii: bool) -> Result<Self, Trouble> {
        let environment = Environment::from_process();
        let config_file: PathBuf = setup::place(file, &environment)?;
        let config = config::load_settings(&config_file, &environment);
        let config = config.map_err(|error| Trouble::new(Exit::Usage, error.to_string()))?;
        let aws = crate::ec2::Environment { region: config.aws.region.clone(), profile: config.aws.profile.clone() };
        let ec2 = Ec2::connect(Source::Aws(aws)).await.map_err(|failure| service::no_region(&failure))?;
        let site = Site { ec2, clock: Clock::real(), config_file, environment };
        let given = file.map(Path::to_string_lossy).and_then(|file| shlex::try_quote(&file).map(String::from).ok());
        let options = given.map_or_else(String::new, |file| format!(" --config {file}"));
        Ok(Self { site, config, options, ascii })
    }

    fn open(&self, name: &MachineName) -> Result<Work, Trouble> {
        let work = Work::open(self.site.clone(), &self.config, name).map_err(|error| in_use(name, error))?;
        for remark in &work.remarks {
            output::remark(&format!("warning: {remark}"));
        }
        Ok(work)
    }

    fn read(&self, name: &MachineName) -> Result<Memory, Trouble> {
        let read = journal::read_ledger::<Line>(&self.config.state_dir, name);
        let read = read.map_err(|error| Trouble::new(Exit::Error, error.to_string()))?;
        Ok(Memory::of(&read.lines))
    }

    /// How somebody goes on with a machine, or takes it back.
    fn create_again(&self, name: &MachineName, flag: &str) -> String {
        format!("spotkeeper{} create {name}{flag}", self.options)
    }

    /// Carries a work on until it ends, fails or somebody leaves. `again` says how to go on.
    async fn carry_on(&self, work: &mut Work, stages: Vec<Stage>, again: &str) -> Result<End, Trouble> {
        let recipe = work.memory.recipe.as_ref();
        let undo = recipe.map_or_else(String::new, |recipe| self.create_again(&recipe.name, " --undo"));
        let mut leave = Leave::listen()?;
        let mut teller = Teller::new(self.site.clock.clone(), stages, self.ascii);
        let ended = tokio::select! {
            biased;
            number = leave.next() => Err(Trouble::new(Exit::Signal(number), format!("left on a signal; what there is costs meanwhile; {again}"))),
            ended = work.run(|progress| teller.tell(&progress)) => ended.map_err(|left| trouble(&left, again, &undo)),
        };
        teller.end(ended.is_ok());
        ended
    }
}

/// Who can be asked: nobody, when everything was said already.
fn asker(yes: bool) -> Option<Asker> {
    Asker::at_terminal().filter(|_| !yes)
}

fn in_use(name: &MachineName, error: OpenError) -> Trouble {
    match error {
        OpenError::Lock(LockError::Held { holder, .. }) => {
            let words = format!("{name} is being made or ended by another spotkeeper: {holder}. Wait for that one");
            Trouble::new(Exit::Locked, words)
        }
        error => error.into(),
    }
}

/// `again` says how to go on, `undo` how to take it back.
fn trouble(left: &Left, again: &str, undo: &str) -> Trouble {
    match left {
        Left::Failed(stage, failure) => {
            Trouble::new(Exit::for_failure(failure.kind), format!("{}: {failure}\n{again}", stage.title()))
        }
        Left::Unconfigured(failure, text) => {
            let words = format!("{}: {failure}\n{again}", Stage::Config.title());
            let by_hand = "or put these lines into it by hand, and then run it again:";
            Trouble::new(Exit::for_failure(failure.kind), format!("{words}\n{by_hand}\n\n{text}"))
        }
        Left::Stuck(stuck) => {
            let way = stuck.unfit.map_or_else(|| again.to_owned(), |unfit| instead(unfit, undo));
            Trouble::new(Exit::Error, format!("{}: {}\n{way}", stuck.stage.title(), stuck.why))
        }
        Left::TooLong(wait) => {
            let words = format!("{}: waited in vain for {}", wait.stage.title(), wait.what);
            let costs = wait.costs.as_ref().map_or_else(String::new, |builder| still_costs(builder, undo));
            Trouble::new(Exit::Unsettled, format!("{words}, for {}\n{costs}{again}", crate::plan::span(wait.patience)))
        }
    }
}

/// The way on when something of the recipe is none to be used.
fn instead(unfit: Unfit, undo: &str) -> String {
    let with = match unfit {
        Unfit::Volume => "another --volume, or with --size",
        Unfit::Image => "another --image, one with a plain /home, or with --system",
    };
    format!(
        "run again, a new builder, which costs, only says the same of it; take it back, and create it with {with}: {undo}"
    )
}

/// A line on a builder that runs on when its waiter leaves.
fn still_costs(builder: &InstanceId, undo: &str) -> String {
    format!(
        "the builder {builder} runs on, and costs: see what it says: aws ec2 get-console-output --instance-id {builder} \
         --output text; to stop it, and have it judged by that: aws ec2 stop-instances --instance-ids {builder}; to end \
         it: {undo}\n"
    )
}

pub(super) async fn run(file: Option<&Path>, options: &Create, ascii: bool) -> Result<Exit, Trouble> {
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
        Phase::Creating => go_on(&bench, &mut work, options)?,
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

/// Makes sure that the name is free, decides everything, and has it confirmed.
async fn begin(bench: &Bench, work: &mut Work, options: &Create) -> Result<(), Trouble> {
    let name = &options.name;
    free_name(&bench.config, name)?;
    check_end(bench, options.wishes.valid_until)?;
    if options.go_on {
        return Err(Trouble::new(Exit::Usage, format!("--continue: nothing was begun for {name}")));
    }
    let person = asker(options.yes);
    let wishes = options.wishes.clone();
    let resolved = resolve::resolve(&bench.site.ec2, name, wishes, options.pause_to_customize, person).await?;
    check_config(bench, &resolved.recipe, &work.memory)?;
    let price = explain::spot_price(&bench.site, &resolved.recipe).await;
    for line in explain::summary(&resolved, price.as_ref(), bench.site.ec2.region()) {
        output::remark(&line);
    }
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

fn free_name(config: &Config, name: &MachineName) -> Result<(), Trouble> {
    match config.machine(name) {
        None => Ok(()),
        Some(machine) => {
            let words = format!("the configuration has a machine {name} already, with {}", machine.spot_request);
            Err(Trouble::new(Exit::Usage, format!("{words}; give the new one another name")))
        }
    }
}

/// Flags that are given again have to say what they said at first. `as_begun` is what goes without them.
fn check_wishes(bench: &Bench, recipe: &Recipe, options: &Create, as_begun: &str) -> Result<(), Trouble> {
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

/// A creation that was begun goes on as it was begun.
fn go_on(bench: &Bench, work: &mut Work, options: &Create) -> Result<(), Trouble> {
    let Some(recipe) = &work.memory.recipe else { return Ok(()) };
    check_wishes(bench, recipe, options, "go on as it was begun")?;
    check_begun(bench, &work.memory)?;
    output::remark(&format!("going on with {}, begun as run {}", recipe.name, recipe.run));
    match options.go_on {
        true if work.memory.started => work.customised()?,
        true => output::remark("--continue: the builder has not been yours yet; it goes on to there"),
        false => {}
    }
    Ok(())
}

/// A configuration that cannot take the machine would only be noticed when all else is done.
fn check_config(bench: &Bench, recipe: &Recipe, memory: &Memory) -> Result<(), Trouble> {
    bench.site.check_config(recipe, memory).map_err(|error| {
        let words = format!("{} cannot be written into the configuration: {error}", recipe.name);
        Trouble::new(Exit::Usage, words)
    })
}

/// The same of a creation that was begun, unless only that is missing.
fn check_begun(bench: &Bench, memory: &Memory) -> Result<(), Trouble> {
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

/// A request that has ended before it was made would only be refused when all else is done.
fn check_end(bench: &Bench, until: Option<Timestamp>) -> Result<(), Trouble> {
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

async fn build(bench: &Bench, work: &mut Work, options: &Create) -> Result<Exit, Trouble> {
    let name = &options.name;
    let pause = work.memory.recipe.as_ref().is_some_and(|recipe| recipe.pause);
    let again = format!(
        "nothing is lost: go on by: {}; or take it back: {}",
        bench.create_again(name, ""),
        bench.create_again(name, " --undo")
    );
    loop {
        match bench.carry_on(work, Stage::of_creation(pause), &again).await? {
            End::Done(last) => return finished(bench, &last.0, &last.1, options),
            End::Paused(last) => {
                let (memory, seen) = *last;
                for line in explain::pause(&memory, &seen) {
                    output::remark(&line);
                }
                let go_on = bench.create_again(name, " --continue");
                if asker(options.yes).is_none() {
                    let words = format!("the builder is yours, and costs while it runs; when you are done: {go_on}");
                    output::remark(&words);
                    return Ok(Exit::Unsettled);
                }
                output::remark(&format!("Enter when you are done; or leave by Ctrl-C, and later: {go_on}"));
                wait_for_enter(&go_on).await?;
                work.customised()?;
            }
        }
    }
}

/// Waits for a line of its reader, or a signal.
async fn wait_for_enter(go_on: &str) -> Result<(), Trouble> {
    let mut leave = Leave::listen()?;
    let line = tokio::task::spawn_blocking(|| std::io::stdin().lock().read_line(&mut String::new()));
    let left = || format!("left; the builder runs, and costs; when you are done: {go_on}");
    tokio::select! {
        biased;
        number = leave.next() => Err(Trouble::new(Exit::Signal(number), left())),
        read = line => match read {
            Ok(Ok(length)) if length > 0 => Ok(()),
            _ => Err(Trouble::new(Exit::Unsettled, left())),
        },
    }
}

fn made_already(bench: &Bench, work: &Work, options: &Create) -> Result<Exit, Trouble> {
    let name = &options.name;
    let Some(recipe) = work.memory.recipe.as_ref() else { return Ok(Exit::Ok) };
    let is_its = |machine: &&config::Machine| Some(&machine.spot_request) == work.memory.request.as_ref();
    if let Some(other) = bench.config.machines.iter().find(is_its).filter(|machine| machine.name != *name) {
        let other = &other.name;
        let words = format!("{name} was made (run {}), and lives on as {other} in the configuration", recipe.run);
        let retire = format!("spotkeeper{} retire {other}", bench.options);
        return Err(Trouble::new(Exit::Usage, format!("{words}; to end it: {retire}")));
    }
    if bench.config.machine(name).is_none() {
        let words = format!("{name} was made (run {}), and is not in the configuration any more", recipe.run);
        let undo = bench.create_again(name, " --undo");
        return Err(Trouble::new(Exit::Usage, format!("{words}; to remove what is left of it: {undo}")));
    }
    check_wishes(bench, recipe, options, "it is made; see how")?;
    finished(bench, &work.memory, &Seen::default(), options)
}

fn finished(bench: &Bench, memory: &Memory, seen: &Seen, options: &Create) -> Result<Exit, Trouble> {
    let (name, request) = (&options.name, memory.request.as_ref());
    let status = request.and_then(|id| seen.requests.get(id));
    if options.json {
        let report = json!({
            "name": name,
            "run": memory.recipe.as_ref().map(|recipe| recipe.run.as_str()),
            "spot_request": request,
            "status_code": status.map(|request| request.status_code.as_str()),
            "volume": memory.volume,
            "image": memory.image,
            "configuration": bench.site.config_file.to_string_lossy(),
        });
        output::print(&format!("{report:#}"))?;
        return Ok(Exit::Ok);
    }
    explain::made(memory, status, &bench.site.config_file, &bench.options)
        .iter()
        .try_for_each(|line| output::print(line))?;
    Ok(Exit::Ok)
}

async fn dry_run(bench: &Bench, options: &Create) -> Result<Exit, Trouble> {
    let mut memory = bench.read(&options.name)?;
    bench.check_place(&options.name, &memory).await?;
    let mut price = None;
    match &memory.phase {
        Phase::Nothing => {
            free_name(&bench.config, &options.name)?;
            check_end(bench, options.wishes.valid_until)?;
            let wishes = options.wishes.clone();
            let person = asker(options.yes);
            let pause = options.pause_to_customize;
            let resolved = resolve::resolve(&bench.site.ec2, &options.name, wishes, pause, person).await?;
            check_config(bench, &resolved.recipe, &memory)?;
            price = explain::spot_price(&bench.site, &resolved.recipe).await;
            for line in explain::summary(&resolved, price.as_ref(), bench.site.ec2.region()) {
                output::remark(&line);
            }
            memory.apply(&crate::create::Fact::Begun { recipe: Box::new(resolved.recipe), place: None });
        }
        Phase::Creating => {
            if let Some(recipe) = &memory.recipe {
                check_wishes(bench, recipe, options, "see how it goes on")?;
            }
            check_begun(bench, &memory)?;
        }
        _ => {
            let words = format!("{} is made, or is ending: there is nothing to create", options.name);
            return Err(Trouble::new(Exit::Usage, words));
        }
    }
    let seen = bench.site.look(&memory, &options.name).await?;
    end::print_calls(&memory, &seen, None, price.as_ref(), options.json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::create::{Part, Stuck, Wait};
    use crate::model::Failure;

    #[test]
    fn what_cannot_be_written_into_the_configuration_is_printed_on_lines_of_its_own() {
        let lines = "[[machine]]\nname = \"train\"\n";
        let failure = Failure::local("changing the configuration", "its machines are in a list");
        let trouble = trouble(&Left::Unconfigured(failure, lines.to_owned()), "go on by: spotkeeper create train", "");
        assert!(trouble.words.contains("its machines are in a list"));
        assert!(trouble.words.ends_with(&format!("\n\n{lines}")), "{}", trouble.words);
    }

    #[test]
    fn who_waited_in_vain_is_told_of_the_builder_that_costs_meanwhile_and_how_to_end_it() {
        let costs = Some("i-0b0b0b0b".parse().unwrap());
        let patience = std::time::Duration::from_hours(1);
        let wait = Wait { stage: Stage::Prepare, what: "the builder".to_owned(), patience, then: None, costs };
        let told = |wait: &Wait| trouble(&Left::TooLong(wait.clone()), "go on by: create", "create --undo").words;
        let words = told(&wait);
        assert!(
            words.contains("stop-instances --instance-ids i-0b0b0b0b") && words.contains("create --undo"),
            "{words}"
        );
        assert!(!told(&Wait { costs: None, ..wait }).contains("costs"));
    }

    #[test]
    fn what_is_unfit_is_not_told_to_go_on_with() {
        let stuck = Stuck {
            stage: Stage::Prepare,
            why: "has-data".to_owned(),
            again: Some(Part::Builder),
            unfit: Some(Unfit::Volume),
        };
        let told = |stuck: Stuck| trouble(&Left::Stuck(stuck), "go on by: create", "create --undo").words;
        for (unfit, other) in [(Unfit::Volume, "another --volume"), (Unfit::Image, "another --image")] {
            let refused = told(Stuck { unfit: Some(unfit), ..stuck.clone() });
            assert!(refused.contains(other) && refused.ends_with("create --undo"), "{refused}");
            assert!(!refused.contains("go on by"), "{refused}");
        }
        assert!(told(Stuck { unfit: None, ..stuck }).contains("go on by"));
    }
}
