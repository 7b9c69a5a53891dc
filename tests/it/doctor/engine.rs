//! The examination that the screen asks for, beside the loop.

use spotkeeper::config::Mode;
use spotkeeper::plan::State;
use spotkeeper::protocol::{Command, Event};

use super::*;
use crate::stage::Running;

async fn examined(engine: &mut Running) -> Examination {
    loop {
        if let Event::Examined { examination, .. } = engine.handle.events.recv().await.unwrap() {
            return Examination::clone(&examination);
        }
    }
}

fn ask() -> Command {
    Command::Examine { machine: "train".parse().unwrap() }
}

#[tokio::test(start_paused = true)]
async fn the_engine_examines_in_every_mode_also_without_a_journal() {
    let stage = stage(SOUND, TRAIN);
    let mut watching = stage.watch().await;
    watching.tell(ask()).await;
    assert_eq!(found(&examined(&mut watching).await), BTreeSet::new());
    watching.stop().await;
    for mode in [Mode::ReadOnly, Mode::Confirm, Mode::Auto] {
        let mut engine = stage.start(mode).await;
        engine.tell(ask()).await;
        let examination = examined(&mut engine).await;
        assert_eq!(found(&examination), BTreeSet::new());
        let lock = examination.verdicts().find(|verdict| verdict.check == Check::Lock).unwrap();
        assert!(lock.seen.contains("kept by process"), "{lock:?}");
        engine.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_examination_that_takes_its_time_delays_no_pass_and_no_step() {
    let stage = stage(&SOUND.replace("attached = [", "attached = []\n# ["), TRAIN);
    // The keys alone are slow: all that the loop asks for comes at once.
    stage.sim.inject(Fault::new(Effect::Latency(Duration::from_secs(9))).on("DescribeKeyPairs"));
    let mut engine = stage.start(Mode::Auto).await;
    engine.tell(ask()).await;
    engine.tell(ask()).await;
    engine.until_state("train", State::Working).await;
    let attached = stage.sim.calls().iter().position(|call| call.action == "AttachVolume" && !call.dry_run);
    let begun = stage.now();
    examined(&mut engine).await;
    assert!(attached.is_some() || stage.since(begun) > Duration::from_secs(1), "it was not beside the loop");
    engine.until_state("train", State::Ready).await;
    let keys = stage.sim.calls().iter().filter(|call| call.action == "DescribeKeyPairs").count();
    assert_eq!(keys, 1, "asked twice, examined once");
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_is_not_there_is_refused() {
    let stage = stage(SOUND, TRAIN);
    let mut engine = stage.start(Mode::Confirm).await;
    engine.tell(Command::Examine { machine: "other".parse().unwrap() }).await;
    loop {
        if let Event::Refused { why } = engine.handle.events.recv().await.unwrap() {
            assert!(why.contains("other"), "{why}");
            break;
        }
    }
    engine.stop().await;
}
