use std::collections::{BTreeMap, BTreeSet};

use Occasion::{Blocked, Draining, Healed, NeedsApproval, Ready};

use super::*;
use crate::config::{Environment, parse};
use crate::model::{Look, NamesOnDisk, SpotRequest};
use crate::plan::{Finding, MachinePlan, Marks, Motion, Step};
use crate::protocol::{Revision, StepNumber};

const OLD: &str = "i-00000001";
const NEW: &str = "i-00000002";

/// A machine at one look.
#[derive(Clone)]
struct Sight {
    /// The instance that its request names, and how many seconds after the beginning it was launched.
    home: Option<(&'static str, i64)>,
    state: State,
    reason: &'static str,
    draining: bool,
    asks: Option<&'static str>,
}

fn ready(instance: &'static str, launched: i64) -> Sight {
    Sight { home: Some((instance, launched)), state: State::Ready, reason: "at home", draining: false, asks: None }
}

fn draining(instance: &'static str, launched: i64) -> Sight {
    Sight { state: State::Waiting, draining: true, ..ready(instance, launched) }
}

fn working(instance: &'static str, launched: i64) -> Sight {
    Sight { state: State::Working, ..ready(instance, launched) }
}

fn blocked(reason: &'static str) -> Sight {
    Sight { state: State::Blocked, reason, ..ready(OLD, 0) }
}

fn asking(reboot: &'static str) -> Sight {
    Sight { state: State::NeedsApproval, asks: Some(reboot), ..ready(OLD, 0) }
}

fn nowhere() -> Sight {
    Sight { home: None, state: State::Waiting, ..ready(OLD, 0) }
}

fn config() -> Config {
    let text = "[[machine]]\nname = \"train\"\nspot_request = \"sir-y1a23b4c\"\n[[machine.volume]]\n\
                id = \"vol-e123456f\"\ndevice = \"/dev/sdp\"\n";
    parse("config.toml", text, &Environment { home: Some("/home/me".into()), ..Environment::default() }).unwrap()
}

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn instance((id, launched): (&str, i64)) -> Instance {
    Instance {
        id: id.parse().unwrap(),
        name: Text::default(),
        state: "running".into(),
        state_reason: Text::default(),
        availability_zone: Text::new("us-east-1a"),
        instance_type: Text::new("m5.large"),
        launch_time: Some(time(launched)),
        public_ip: Some([203, 0, 113, 7].into()),
        private_ip: None,
        block_devices: BTreeMap::new(),
        spot_request: None,
        claims: crate::model::Claims::default(),
    }
}

fn request(instance: Option<InstanceId>) -> SpotRequest {
    SpotRequest {
        id: "sir-y1a23b4c".parse().unwrap(),
        state: "active".into(),
        status_code: Text::new("instance-terminated-no-capacity"),
        status_message: Text::default(),
        status_since: None,
        kind: "persistent".into(),
        interruption: "terminate".into(),
        instance,
        valid_until: None,
    }
}

fn plan(look: &Sight) -> MachinePlan {
    let steps = look.asks.map(|instance| Step {
        machine: "train".parse().unwrap(),
        action: Action::Reboot { instance: instance.parse().unwrap(), volumes: Vec::new() },
        why: "its home is attached".to_owned(),
        gate: Gate::Ask("confirm mode asks before each reboot".to_owned()),
        demanded: false,
    });
    MachinePlan {
        machine: "train".parse().unwrap(),
        finding: Finding { state: look.state, reason: look.reason.to_owned(), brief: "", motion: Motion::Steady },
        draining: look.home.filter(|_| look.draining).map(|(id, _)| id.parse().unwrap()),
        steps: steps.into_iter().collect(),
        not_taken: Vec::new(),
        offers: Vec::new(),
        marks: Marks::default(),
        warnings: Vec::new(),
        notes: Vec::new(),
        sights: BTreeSet::new(),
    }
}

fn snapshot(seconds: i64, look: &Sight) -> Snapshot {
    let (at, instance, plan) = (time(seconds), look.home.map(instance), plan(look));
    let request = request(instance.as_ref().map(|instance| instance.id.clone()));
    let numbers = plan.steps.iter().map(|_| (StepNumber(17), at)).collect();
    Snapshot {
        mode: Mode::Confirm,
        mode_is_fixed: false,
        may_act: true,
        paused: None,
        region: Text::new("us-east-1"),
        account: None,
        revision: Revision(1),
        machines: Arc::from([MachineView { plan, numbers, since: at, in_auto: Vec::new() }]),
        observation: Some(Arc::new(Observation {
            requests: Look { at, seen: BTreeMap::from([(request.id.clone(), request)]) },
            instances: Look { at, seen: instance.into_iter().map(|seen| (seen.id.clone(), seen)).collect() },
            volumes: Look { at, seen: BTreeMap::new() },
            names: NamesOnDisk::default(),
        })),
        looks: 1,
        look_failure: None,
        journal_failure: None,
        in_flight: Vec::new(),
        looking_since: None,
        pause: Duration::from_secs(15),
        calls_per_minute: 0,
        next_look: None,
        at_rest: true,
    }
}

/// What is told over these looks, the seconds of which are given: each as the second and the occasion.
fn told(looks: &[(i64, Sight)]) -> Vec<(i64, Occasion)> {
    let (config, mut changes) = (config(), Changes::default());
    let mut told = Vec::new();
    for (seconds, look) in looks {
        let taken = changes.take(&config, &snapshot(*seconds, look));
        told.extend(taken.into_iter().map(|change| (*seconds, change.occasion)));
    }
    told
}

#[test]
fn an_interruption_is_told_once_when_it_begins_and_once_when_it_is_over() {
    let looks = [
        (0, ready(OLD, -60)),
        (15, draining(OLD, -60)),
        (30, draining(OLD, -60)),
        (150, nowhere()),
        (200, working(NEW, 190)),
        (240, ready(NEW, 190)),
        (255, ready(NEW, 190)),
    ];
    assert_eq!(told(&looks), [(15, Draining), (240, Healed)]);
}

#[test]
fn a_machine_that_is_ready_at_the_start_is_no_news_and_one_that_becomes_ready_is() {
    assert_eq!(told(&[(0, ready(OLD, 0)), (15, ready(OLD, 0))]), []);
    assert_eq!(told(&[(0, nowhere()), (15, working(OLD, 10)), (40, ready(OLD, 10))]), [(40, Ready)]);
}

#[test]
fn what_stands_in_the_way_at_the_start_is_told() {
    assert_eq!(told(&[(0, blocked("zone"))]), [(0, Blocked)]);
    assert_eq!(told(&[(0, asking(OLD))]), [(0, NeedsApproval)]);
    assert_eq!(told(&[(0, draining(OLD, 0)), (200, ready(NEW, 150))]), [(0, Draining), (200, Healed)]);
}

#[test]
fn views_that_lag_behind_do_not_tell_an_interruption_twice_nor_heal_what_is_lost() {
    let looks = [
        (0, ready(OLD, 0)),
        (15, draining(OLD, 0)),
        (17, ready(OLD, 0)),
        (19, draining(OLD, 0)),
        (21, ready(OLD, 0)),
        (150, nowhere()),
        (152, ready(OLD, 0)),
        (154, nowhere()),
        (200, ready(NEW, 180)),
        (202, working(NEW, 180)),
        (204, ready(NEW, 180)),
    ];
    assert_eq!(told(&looks), [(15, Draining), (200, Healed)]);
}

#[test]
fn an_instance_that_ec2_leaves_after_all_is_healed_once_that_is_certain_and_can_be_taken_again() {
    let mut looks = vec![(0, ready(OLD, 0)), (15, draining(OLD, 0))];
    looks.extend((2..30).map(|n| (15 * n, ready(OLD, 0))));
    looks.push((450, draining(OLD, 0)));
    assert_eq!(told(&looks), [(15, Draining), (315, Healed), (450, Draining)]);
}

#[test]
fn the_same_instance_started_again_is_another_interruption() {
    let looks = [
        (0, ready(OLD, 0)),
        (15, draining(OLD, 0)),
        (60, nowhere()),
        (90, ready(OLD, 80)),
        (105, draining(OLD, 80)),
        (150, ready(OLD, 140)),
    ];
    assert_eq!(told(&looks), [(15, Draining), (90, Healed), (105, Draining), (150, Healed)]);
}

#[test]
fn an_instance_that_goes_without_notice_is_healed_all_the_same() {
    assert_eq!(told(&[(0, ready(OLD, 0)), (15, nowhere()), (90, ready(NEW, 60))]), [(90, Healed)]);
}

#[test]
fn work_on_a_machine_that_stays_where_it_is_is_no_news() {
    assert_eq!(told(&[(0, ready(OLD, 0)), (15, working(OLD, 0)), (30, ready(OLD, 0))]), []);
}

#[test]
fn being_blocked_is_told_once_for_each_reason_and_again_when_it_comes_back_later() {
    let looks = [
        (0, ready(OLD, 0)),
        (15, blocked("zone")),
        (30, blocked("zone")),
        (45, blocked("quota")),
        (60, blocked("zone")),
        (75, ready(OLD, 0)),
        (90, blocked("quota")),
        (105, ready(OLD, 0)),
        (1000, blocked("zone")),
        (1015, ready(OLD, 0)),
    ];
    let expected = [(15, Blocked), (45, Blocked), (75, Healed), (1000, Blocked), (1015, Healed)];
    assert_eq!(told(&looks), expected);
}

#[test]
fn a_step_is_asked_for_once_until_it_is_asked_for_anew_much_later() {
    let looks = [
        (0, ready(OLD, 0)),
        (15, asking(OLD)),
        (30, working(OLD, 0)),
        (45, asking(OLD)),
        (60, asking(NEW)),
        (75, working(OLD, 0)),
        (3700, asking(OLD)),
    ];
    assert_eq!(told(&looks), [(15, NeedsApproval), (60, NeedsApproval), (3700, NeedsApproval)]);
}

#[test]
fn an_hour_without_a_look_is_no_reason_to_tell_again_what_still_holds() {
    assert_eq!(told(&[(0, blocked("zone")), (3600, blocked("zone"))]), [(0, Blocked)]);
}

#[test]
fn a_machine_taken_up_later_is_found_as_at_a_start_and_one_that_is_gone_is_forgotten() {
    let (one, mut changes) = (config(), Changes::default());
    assert_eq!(changes.take(&one, &snapshot(0, &blocked("zone"))).len(), 1);
    let mut none = one.clone();
    none.machines.clear();
    assert_eq!(changes.take(&none, &snapshot(15, &blocked("zone"))), []);
    assert_eq!(changes.take(&one, &snapshot(30, &blocked("zone"))).len(), 1);
}

#[test]
fn a_change_says_where_what_and_why() {
    let (config, mut changes) = (config(), Changes::default());
    let [change] = changes.take(&config, &snapshot(0, &draining(OLD, 0))).try_into().unwrap();
    let words = "train: draining: i-00000001 is draining: EC2 takes it back within two minutes \
                 (instance-terminated-no-capacity)";
    assert_eq!(change.to_string(), words);
    assert_eq!(change.instance, Some(OLD.parse().unwrap()));
    assert_eq!(change.address, Some([203, 0, 113, 7].into()));
    assert_eq!((change.at, change.step), (time(0), None));
    let [change] = changes.take(&config, &snapshot(15, &asking(OLD))).try_into().unwrap();
    let words = "train: needs-approval: reboot i-00000001? its home is attached; confirm mode asks before each reboot";
    assert_eq!(change.to_string(), words);
    assert_eq!(change.step.map(|step| step.number), Some(StepNumber(17)));
}
