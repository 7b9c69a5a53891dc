//! How the machines stand, in one line.

use std::collections::BTreeMap;

use crate::model::Escaped;
use crate::plan::State;
use crate::protocol::Snapshot;

/// The mode, how many machines there are in each state, and what is wrong with all of them.
pub(super) fn status(snapshot: &Snapshot) -> String {
    let mut parts = vec![machines(snapshot)];
    if let Some(reason) = &snapshot.paused {
        parts.push(format!("paused: {reason}"));
    }
    if let Some(failure) = &snapshot.look_failure {
        parts.push(format!("could not look: {failure}"));
    }
    if let Some(failure) = &snapshot.journal_failure {
        parts.push(format!("nothing is done until the journal can be written: {failure}"));
    }
    let line = format!("{}: {}", snapshot.mode, parts.join("; "));
    Escaped(&line).to_string()
}

fn machines(snapshot: &Snapshot) -> String {
    if snapshot.looks == 0 {
        return "nothing seen yet".to_owned();
    }
    let mut counts = BTreeMap::<State, usize>::new();
    for machine in snapshot.machines.iter() {
        *counts.entry(machine.plan.finding.state).or_default() += 1;
    }
    let counts = counts.iter().map(|(state, count)| format!("{count} {}", state.to_string().replace('-', " ")));
    let (all, word) = match snapshot.machines.len() {
        1 => (1, "machine"),
        more => (more, "machines"),
    };
    format!("{all} {word}: {}", counts.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::Demo;
    use crate::config::Mode;
    use crate::engine::{Handle, Options};
    use crate::model::Failure;
    use crate::protocol::PauseReason;

    /// What the demonstration's engine shows after so many looks.
    async fn after(looks: u64) -> Snapshot {
        let demo = Demo::new(1.0, None).unwrap();
        let (session, _) = demo.connect().await.unwrap();
        let options = Options { mode: Mode::Confirm, yes_to_all: false, mode_is_fixed: true };
        let (engine, Handle { mut snapshots, commands, .. }, _) = session.acting_engine(options).unwrap();
        let seen = async { Snapshot::clone(&*snapshots.wait_for(|now| now.looks >= looks).await.unwrap()) };
        let seen = tokio::select! {
            seen = seen => seen,
            () = engine.run() => panic!("the engine runs until it is told to stop"),
        };
        drop(commands);
        seen
    }

    #[tokio::test(start_paused = true)]
    async fn before_the_first_look_nothing_is_said_of_the_machines() {
        assert_eq!(status(&after(0).await), "confirm: nothing seen yet");
    }

    #[tokio::test(start_paused = true)]
    async fn the_machines_are_counted_by_state() {
        let mut snapshot = after(1).await;
        let counts = "6 machines: 3 waiting, 1 working, 1 needs approval, 1 blocked";
        assert_eq!(status(&snapshot), format!("confirm: {counts}"));
        let machines = snapshot.machines.iter().take(1).cloned().collect::<Vec<_>>();
        snapshot.machines = Arc::from(machines);
        assert_eq!(status(&snapshot), "confirm: 1 machine: 1 waiting");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_wrong_with_all_of_them_follows_in_one_harmless_line() {
        let mut snapshot = after(1).await;
        let counts = status(&snapshot);
        snapshot.paused = Some(PauseReason::Operator);
        snapshot.look_failure = Some(Failure::local("looking", "no\nanswer"));
        snapshot.journal_failure = Some(Failure::local("writing the journal", "the disk is full"));
        let line = status(&snapshot);
        let expected = "; paused: the operator said so; nothing is begun until it is resumed; could not look: looking: \
                        no\\u{a}answer; nothing is done until the journal can be written: writing the journal: the disk \
                        is full";
        assert_eq!(line, format!("{counts}{expected}"));
    }
}
