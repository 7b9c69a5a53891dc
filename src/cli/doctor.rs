//! `spotkeeper doctor`: a set-up is judged, and nothing is changed.

use std::io::IsTerminal as _;
use std::path::Path;

use super::exit::{Exit, Trouble};
use super::output::{self, Painted};
use super::screen::{Looks, colours};
use super::{log, setup};
use crate::app::Session;
use crate::doctor::{Counts, Examination, Outcome, Verdict};
use crate::model::MachineName;

pub(super) async fn run(
    file: Option<&Path>,
    machine: Option<&MachineName>,
    json: bool,
    looks: Looks,
) -> Result<Exit, Trouble> {
    let config = setup::load(file)?;
    if let Some(name) = machine.filter(|name| config.machine(name).is_none()) {
        return Err(log::unknown(name, &config));
    }
    let session = Session::connect(config).await.map_err(|failure| super::run::no_region(&failure))?;
    let examination = Box::pin(session.examiner().examine(machine)).await;
    if json {
        output::print(&format!("{:#}", examination.to_json()))?;
    } else {
        let colours = colours() && std::io::stdout().is_terminal();
        output::print_painted(&Report { ascii: looks.ascii }.lines(&examination), colours)?;
    }
    match &examination.failure {
        // What this computer's files say was told all the same.
        Some(failure) => Err(failure.clone().into()),
        None if examination.counts().fault > 0 => Ok(Exit::Faults),
        None => Ok(Exit::Ok),
    }
}

/// The report for people.
struct Report {
    ascii: bool,
}

impl Report {
    fn lines(&self, examination: &Examination) -> Vec<Painted> {
        let account = examination.account.as_ref().map_or("an unknown account", |account| account.as_str());
        let at = examination.examined_at.strftime("%Y-%m-%d %H:%M:%SZ");
        let mut lines = vec![Painted::plain(format!("{account}  {}  {at}", examination.region))];
        for machine in &examination.machines {
            lines.extend(self.section(machine.name.as_str(), &machine.verdicts));
        }
        lines.extend(self.section("this computer", &examination.computer));
        lines
    }

    fn section(&self, title: &str, verdicts: &[Verdict]) -> Vec<Painted> {
        let mut lines =
            vec![Painted::plain(String::new()), Painted::plain(format!("{title}: {}", Counts::of(verdicts)))];
        lines.extend(verdicts.iter().flat_map(|verdict| self.verdict(verdict)));
        lines
    }

    /// One line for what is well; the others with why they matter and what mends them.
    fn verdict(&self, verdict: &Verdict) -> Vec<Painted> {
        let Verdict { check, subject, outcome, seen, remedy } = verdict;
        let (symbol, colour) = self.sign(*outcome);
        let head = format!("  {symbol} {:<7}", outcome.word());
        let mut lines = vec![Painted { colour, head, rest: self.words(&format!(" {check}  {subject}: {seen}")) }];
        if *outcome == Outcome::Ok {
            return lines;
        }
        let mut more = |words: String| lines.push(Painted::plain(self.words(&format!("      {words}"))));
        more(format!("why: {}", check.why()));
        let Some(remedy) = remedy else { return lines };
        more(format!("mend: {}", remedy.words));
        remedy.commands.iter().for_each(|command| more(format!("  $ {command}")));
        remedy.config.iter().flat_map(|config| config.lines()).for_each(|line| more(format!("    {line}")));
        lines
    }

    fn sign(&self, outcome: Outcome) -> (&'static str, &'static str) {
        match (outcome, self.ascii) {
            (Outcome::Ok, false) => ("✓", output::GREEN),
            (Outcome::Ok, true) => ("+", output::GREEN),
            (Outcome::Unknown, _) => ("?", ""),
            (Outcome::Warning, false) => ("⚠", output::YELLOW),
            (Outcome::Warning, true) => ("!", output::YELLOW),
            (Outcome::Fault, false) => ("✗", output::RED),
            (Outcome::Fault, true) => ("x", output::RED),
        }
    }

    fn words(&self, text: &str) -> String {
        if !self.ascii {
            return text.to_owned();
        }
        text.replace('…', "...").chars().map(|c| if c.is_ascii() { c } else { '?' }).collect()
    }
}
