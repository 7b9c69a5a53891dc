//! An instance that is hibernated in the moment of its reboot: EC2 accepts that, and nobody hears it.

use super::*;

/// Taken back two seconds before the reboot is due, which the views do not show yet.
fn overtaken(refuses: bool) -> String {
    format!(
        "{}\n[knobs]\nrefuses_stopped_reboots = {refuses}\n[lag]\nrequests = '6s'\ninstances = '14s'\n\
         [[event]]\nat = '14s'\ninterrupt = 'sir-y1a23b4c'",
        RUNNING.replacen("homes", "behavior = 'hibernate'\nhomes", 1)
    )
}

fn is_usable(stage: &Stage) -> bool {
    stage.sim.with_world(|world| world.guests()[&"i-0000000a".parse().unwrap()].is_usable())
}

#[tokio::test(start_paused = true)]
async fn a_reboot_that_a_hibernation_overtook_is_asked_about_and_then_heals() {
    let stage = Stage::new(&overtaken(false), TRAIN);
    let mut engine = stage.start(Mode::Auto).await;
    engine.until_state("train", State::NeedsApproval).await;
    let guest = stage.sim.with_world(|world| world.guests()[&"i-0000000a".parse().unwrap()].clone());
    assert!(guest.is_hanging(), "it woke where it was: {guest:?}");
    assert_eq!((stage.count("RebootInstances"), guest.reboots_heard), (1, 0));
    stage.pass("2h").await;
    assert!(engine.stands(State::NeedsApproval), "nobody is rebooted unasked");
    engine.approve("train").await;
    engine.until_state("train", State::Ready).await;
    stage.until("the guest to be up", || is_usable(&stage)).await;
    stage.pass("1h").await;
    assert_eq!((stage.count("RebootInstances"), engine.state("train")), (2, State::Ready));
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_reboot_that_is_refused_because_the_instance_stops_is_still_owed_and_paid_unasked() {
    let stage = Stage::new(&overtaken(true), TRAIN);
    let mut engine = stage.start(Mode::Auto).await;
    engine.until_state("train", State::Ready).await;
    stage.until("the guest to be up", || is_usable(&stage)).await;
    engine.stop().await;
}
