//! `create` and `retire` as commands: the real binary before an embedded EC2 of its own process.

use std::path::Path;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::binary::{Outcome, Place};
use crate::support::eventually;
use crate::support::pty::Pty;
use crate::support::simulator::Simulator;

/// The arguments of a whole creation.
const WHOLE: [&str; 8] =
    ["--instance-type", "m5.large", "--zone", "us-east-1b", "--size", "20", "--hostname", "my-spot.amazonaws.com"];

/// An embedded EC2 and a computer before it.
struct Town {
    simulator: Simulator,
    place: Place,
    _home: Place,
}

impl Town {
    /// So many times faster than life.
    fn new(speed: &str) -> Self {
        Self::with(speed, "")
    }

    /// The same with a scenario.
    fn with(speed: &str, scenario: &str) -> Self {
        let home = Place::new("http://127.0.0.1:1");
        let file = home.write("world.toml", scenario);
        let simulator = Simulator::start(&home, &["--speed", speed, "--seed", "1", "--scenario", &file]);
        let place = Place::new(&simulator.url());
        place.configure("");
        Self { simulator, place, _home: home }
    }

    fn create(&self, more: &[&str]) -> Outcome {
        self.place.run(&[&["create", "train"], more].concat())
    }

    fn mutating(&self) -> Vec<String> {
        let calls = self.simulator.control("GET", "calls");
        let calls = calls.as_array().unwrap().iter().filter(|call| call["dry_run"] == false);
        let name = |call: &Value| call["action"].as_str().unwrap().to_owned();
        let looks = |action: &String| action.starts_with("Describe") || action.starts_with("Get");
        calls.map(name).filter(|action| !looks(action)).collect()
    }

    fn terminal(&self, arguments: &[&str]) -> Pty {
        let mut command = self.place.command(Path::new(env!("CARGO_BIN_EXE_spotkeeper")));
        command.args(arguments).env("TERM", "xterm-256color");
        Pty::spawn(command, (40, 120), &[])
    }
}

#[test]
fn without_a_terminal_everything_that_is_missing_is_named_at_once_and_nothing_is_called() {
    let town = Town::new("1");
    let outcome = town.create(&["--yes"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{outcome:?}");
    for missing in ["--instance-type", "--size", "--zone"] {
        assert!(outcome.stderr.contains(missing), "{missing}: {outcome:?}");
    }
    let outcome = town.create(&WHOLE);
    assert_eq!(outcome.code, 2, "without a yes, and nobody to ask: {outcome:?}");
    assert!(outcome.stderr.contains("--yes") && outcome.stderr.contains("--dry-run"), "{outcome:?}");
    assert!(town.mutating().is_empty());
}

#[test]
fn what_was_named_and_is_not_there_is_named_all_at_once() {
    let town = Town::new("1");
    let outcome = town.create(&["--yes", "--instance-type", "m5.lage", "--zone", "us-east-1b", "--size", "20"]);
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(outcome.stderr.contains("m5.lage") && outcome.stderr.contains("us-east-1b"), "{outcome:?}");
    let outcome = town.create(
        &[
            &WHOLE[..],
            &["--yes", "--key-name", "nobodys", "--security-group", "sg-ffffffff", "--image", "ami-ffffffff"],
        ]
        .concat(),
    );
    assert_eq!(outcome.code, 2, "{outcome:?}");
    for wrong in ["nobodys", "sg-ffffffff", "ami-ffffffff"] {
        assert!(outcome.stderr.contains(wrong), "{wrong}: {outcome:?}");
    }
    assert!(town.mutating().is_empty());
}

#[test]
fn an_image_that_nothing_is_launched_from_is_refused_and_a_deprecated_one_is_not() {
    let town = Town::with(
        "1",
        "[[image]]\nid = 'ami-0000000a'\nstate = 'disabled'\n[[image]]\nid = 'ami-0000000b'\n\
         owner = '099720109477'\ndeprecated = '2020-01-01T00:00:00Z'\n",
    );
    let outcome = town.create(&[&WHOLE[..], &["--dry-run", "--image", "ami-0000000a"]].concat());
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(outcome.stderr.contains("ami-0000000a: it is disabled"), "{outcome:?}");
    let outcome = town.create(&[&WHOLE[..], &["--dry-run", "--image", "ami-0000000b"]].concat());
    assert_eq!(outcome.code, 0, "{outcome:?}");
}

#[test]
fn a_dry_run_prints_every_call_with_its_cost_and_changes_nothing() {
    let town = Town::new("1");
    let before = town.place.files();
    let outcome = town.create(&[&WHOLE[..], &["--dry-run"]].concat());
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    let calls: Vec<&str> = lines.iter().filter_map(|line| line.split_once(". ").map(|(_, call)| call)).collect();
    let expected = [
        ("CreateVolume 20 GiB, gp3, encrypted, in us-east-1b", "per GiB-month"),
        ("RunInstances 1 × m5.large on demand", "per hour while it runs"),
        ("AttachVolume (the new volume) to (the builder) as /dev/sdp", "free"),
        ("DetachVolume (the new volume) from (the builder)", "free"),
        ("CreateImage of (the builder) as spotkeeper/train/", "per GiB-month"),
        ("TerminateInstances (the builder)", "ends the cost"),
        ("RequestSpotInstances from (the new image): persistent", "spot price per hour"),
        ("write the machine with (the new request) and (the new volume)", "free"),
    ];
    assert_eq!(calls.len(), expected.len(), "{}", outcome.stdout);
    for (index, (call, cost)) in expected.iter().enumerate() {
        assert!(calls[index].starts_with(call), "{:?} is not {call:?}", calls[index]);
        assert!(!calls[index].contains("(the builder) (the builder)"), "{:?}", calls[index]);
        assert!(lines[2 * index + 1].contains(cost), "{:?} has no {cost:?}", lines[2 * index + 1]);
    }
    assert!(outcome.stdout.contains("spot price of m5.large in us-east-1b now: 0."), "{}", outcome.stdout);
    assert!(town.mutating().is_empty());
    assert_eq!(town.place.files(), before, "not a file is written");
}

/// A scenario with the shipped policy, but that this statement is added and these actions are not in it.
fn under(statement: &str, without: &[&str]) -> String {
    let mut policy = include_str!("../../../assets/iam-policy-create.json").to_owned();
    for action in without {
        policy = policy.replace(action, "ec2:Nothing");
    }
    let mut policy: Value = serde_json::from_str(&policy).unwrap();
    policy["Statement"].as_array_mut().unwrap().extend(serde_json::from_str::<Value>(statement).ok());
    format!("policy = '{policy}'\n")
}

#[test]
fn what_is_denied_is_told_all_at_once_before_anything_is_paid_with_the_policy_that_has_it() {
    let deny = r#"{ "Effect": "Deny", "Action": "ec2:CreateImage", "Resource": "*" }"#;
    let town = Town::with("1", &under(deny, &["ec2:RunInstances", "ec2:AttachVolume"]));
    for (arguments, is_dry) in [("--yes", false), ("--dry-run", true)] {
        let outcome = town.create(&[&WHOLE[..], &[arguments]].concat());
        assert_eq!(outcome.code, 4, "{outcome:?}");
        for words in [
            "lack the permission ec2:RunInstances",
            "lack the permission ec2:AttachVolume (*)",
            "ec2:CreateImage is explicitly denied to the credentials (*)",
            "assets/iam-policy-create.json",
            "--despite-denials",
        ] {
            assert!(outcome.stderr.contains(words), "{words}: {outcome:?}");
        }
        assert!(!outcome.stderr.contains("lack the permission ec2:CreateImage"), "{outcome:?}");
        assert_eq!(outcome.stdout.contains("1. CreateVolume"), is_dry, "{outcome:?}");
    }
    assert!(town.mutating().is_empty(), "{:?}", town.mutating());
    let outcome = town.create(&[&WHOLE[..], &["--yes", "--despite-denials"]].concat());
    assert_eq!(outcome.code, 4, "what is there is no matter of belief: {outcome:?}");
    assert!(town.mutating().is_empty(), "{:?}", town.mutating());
}

#[test]
fn where_only_what_will_be_made_is_allowed_it_goes_on_when_told_so_and_a_denial_on_the_way_names_the_policy() {
    let town = Town::with("200", &under("", &["ec2:AttachVolume"]));
    let outcome = town.create(&[&WHOLE[..], &["--yes"]].concat());
    assert_eq!((outcome.code, town.mutating()), (4, Vec::new()), "{outcome:?}");
    let outcome = town.create(&[&WHOLE[..], &["--yes", "--despite-denials"]].concat());
    assert_eq!(outcome.code, 4, "{outcome:?}");
    assert!(town.mutating().contains(&"RunInstances".to_owned()), "{:?}", town.mutating());
    for words in ["lack the permission ec2:AttachVolume", "assets/iam-policy-create.json", "--undo"] {
        assert!(outcome.stderr.contains(words), "{words}: {outcome:?}");
    }
}

#[test]
fn made_by_flags_alone_then_kept_and_retired() {
    let town = Town::new("200");
    let outcome = town.create(&[&WHOLE[..], &["--yes", "--json"]].concat());
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let request = report["spot_request"].as_str().unwrap();
    let config = std::fs::read_to_string(town.place.config_file()).unwrap();
    assert!(config.contains(request) && config.contains(report["volume"].as_str().unwrap()), "{config}");
    assert!(outcome.stderr.contains("8/8"), "{outcome:?}");
    assert!(!outcome.stderr.contains('\u{1b}'), "nothing moves where there is no terminal");
    // Once more is no second machine.
    let again = town.create(&["--yes"]);
    assert_eq!(again.code, 0, "{again:?}");
    let otherwise = town.create(&["--yes", "--size", "30"]);
    assert_eq!(otherwise.code, 2, "what is made is not made otherwise: {otherwise:?}");
    assert!(otherwise.stderr.contains("--size"), "{otherwise:?}");
    assert_eq!(town.create(&["--yes", "--system", "ubuntu"]).code, 0, "the default");
    let otherwise = town.create(&["--yes", "--system", "amazon-linux"]);
    assert!(otherwise.code == 2 && otherwise.stderr.contains("--system"), "{otherwise:?}");
    assert_eq!(town.mutating().iter().filter(|action| *action == "RequestSpotInstances").count(), 1);

    let kept = town.place.run(&["once", "--yes"]);
    assert_eq!(kept.code, 0, "{kept:?}");
    let refused = town.place.run(&["retire", "train"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    let before = town.mutating();
    let told = town.place.run(&["retire", "train", "--dry-run", "--json"]);
    assert_eq!(told.code, 0, "{told:?}");
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert!(told["steps"][0].as_str().unwrap().contains(request), "{told}");
    assert_eq!(town.mutating(), before);
    let retired = town.place.run(&["retire", "train", "--yes"]);
    assert_eq!(retired.code, 0, "{retired:?}");
    assert!(
        retired.stdout.contains("until it is stopped") && !retired.stdout.contains("SIGHUP"),
        "the last one: {retired:?}"
    );
    assert!(retired.stderr.contains("cancel") && retired.stdout.contains(report["volume"].as_str().unwrap()));
    for (call, what) in [("delete-volume --volume-id", "volume"), ("deregister-image --image-id", "image")] {
        let command = format!("aws ec2 {call} {} --region us-east-1", report[what].as_str().unwrap());
        assert!(retired.stdout.contains(&command), "{command}: {retired:?}");
    }
    assert!(retired.stdout.contains("aws ec2 delete-snapshot --snapshot-id snap-"), "{retired:?}");
    let world = town.simulator.control("GET", "world");
    assert_eq!(world["requests"][request]["state"], "cancelled");
    assert!(!std::fs::read_to_string(town.place.config_file()).unwrap().contains("[[machine]]"));
    assert!(!town.place.hosts().contains("my-spot"), "{}", town.place.hosts());
}

/// The program elsewhere: with another region.
fn in_region(town: &Town, region: &str, arguments: &[&str]) -> std::process::Output {
    let mut command = town.place.command(Path::new(env!("CARGO_BIN_EXE_spotkeeper")));
    command.args(arguments).env("AWS_REGION", region).output().unwrap()
}

#[test]
fn in_another_region_account_or_with_another_configuration_nothing_is_taken_for_gone() {
    let town = Town::new("200");
    let made = town.create(&[&WHOLE[..], &["--yes"]].concat());
    assert_eq!(made.code, 0, "{made:?}");
    let before = town.mutating();
    for arguments in [
        &["create", "train", "--undo", "--yes"][..],
        &["create", "train", "--undo", "--dry-run"],
        &["create", "train", "--yes"],
        &["retire", "train", "--yes"],
    ] {
        let outcome = in_region(&town, "eu-west-1", arguments);
        let words = String::from_utf8(outcome.stderr).unwrap();
        assert_eq!(outcome.status.code(), Some(2), "{arguments:?}: {words}");
        assert!(words.contains("us-east-1 (account ") && words.contains("eu-west-1 (account "), "{words}");
    }
    let config = std::fs::read_to_string(town.place.config_file()).unwrap();
    let other = town.place.write("other.toml", &config);
    let outcome = town.place.run(&["--config", &other, "create", "train", "--undo", "--yes"]);
    assert_eq!(outcome.code, 2, "{outcome:?}");
    let own = town.place.config_file();
    assert!(outcome.stderr.contains(&other) && outcome.stderr.contains(own.to_str().unwrap()), "{outcome:?}");
    assert_eq!(town.mutating(), before);
    assert_eq!(std::fs::read_to_string(own).unwrap(), config);
}

/// Makes of the ledger of train one as it was written before places were.
fn forget_place(town: &Town) {
    let file = town.place.state_dir().join("creations/train/ledger.jsonl");
    let mut lines = Vec::new();
    for line in std::fs::read_to_string(&file).unwrap().lines() {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let had = line.as_object_mut().unwrap().remove("place").is_some();
        lines.push((had, line.to_string()));
    }
    assert!(lines[0].0, "it was written down: {lines:?}");
    std::fs::write(file, lines.into_iter().map(|(_, line)| line + "\n").collect::<String>()).unwrap();
}

#[test]
fn a_ledger_that_does_not_say_where_it_was_begun_is_gone_on_with_only_where_ec2_shows_what_it_names() {
    let town = Town::new("200");
    let made = town.create(&[&WHOLE[..], &["--yes"]].concat());
    assert_eq!(made.code, 0, "{made:?}");
    forget_place(&town);
    let elsewhere = Town::with("200", "region = 'eu-west-1'\n");
    let ledger = std::fs::read(town.place.state_dir().join("creations/train/ledger.jsonl")).unwrap();
    for arguments in [
        &["create", "train", "--undo", "--yes"][..],
        &["create", "train", "--undo", "--dry-run"],
        &["create", "train", "--yes"],
        &["retire", "train", "--yes"],
    ] {
        let mut command = town.place.command(Path::new(env!("CARGO_BIN_EXE_spotkeeper")));
        let command = command.args(arguments).env("AWS_REGION", "eu-west-1");
        let outcome = command.env("AWS_ENDPOINT_URL", elsewhere.simulator.url()).output().unwrap();
        let words = String::from_utf8(outcome.stderr).unwrap();
        assert_eq!(outcome.status.code(), Some(2), "{arguments:?}: {words}");
        assert!(words.contains("eu-west-1 (account ") && words.contains("AWS_REGION"), "{words}");
        assert!(words.contains("creations/train"), "{words}");
    }
    assert_eq!(std::fs::read(town.place.state_dir().join("creations/train/ledger.jsonl")).unwrap(), ledger);
    assert!(elsewhere.mutating().is_empty());
    let undone = town.create(&["--undo", "--yes"]);
    assert_eq!(undone.code, 0, "{undone:?}");
    assert!(town.mutating().contains(&"CancelSpotInstanceRequests".to_owned()), "{:?}", town.mutating());
}

#[test]
fn what_is_shown_before_the_yes_is_all_that_a_dry_run_prints_and_what_is_kept_can_be_removed_by_hand() {
    let town = Town::new("200");
    let made = town.create(&[&WHOLE[..], &["--yes", "--json"]].concat());
    let report: Value = serde_json::from_str(&made.stdout).unwrap();
    let kept = town.place.run(&["once", "--yes"]);
    assert_eq!(kept.code, 0, "{kept:?}");
    let volume = report["volume"].as_str().unwrap();

    // The configuration of another request is none of this creation's affair.
    let config = std::fs::read_to_string(town.place.config_file()).unwrap();
    let own = report["spot_request"].as_str().unwrap();
    std::fs::write(town.place.config_file(), config.replace(own, "sir-0c0c0c0c")).unwrap();
    let before = town.mutating();
    for last in ["--yes", "--dry-run"] {
        let refused = town.create(&["--undo", last]);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.stderr.contains(own) && refused.stderr.contains("sir-0c0c0c0c"), "{refused:?}");
    }
    assert_eq!(town.mutating(), before);
    std::fs::write(town.place.config_file(), config).unwrap();

    let dry = town.create(&["--undo", "--delete-volume", volume, "--dry-run"]);
    assert_eq!(dry.code, 0, "{dry:?}");
    let calls: Vec<&str> = dry.stdout.lines().filter_map(|line| line.split_once(". ").map(|(_, call)| call)).collect();
    let whole = [
        "CancelSpot",
        "TerminateInst",
        "DeregisterImage",
        "DeleteSnapshot",
        "DeleteVolume",
        "withdraw",
        "take train out",
    ];
    assert_eq!(calls.len(), whole.len(), "{}", dry.stdout);
    assert!(calls.iter().zip(whole).all(|(call, name)| call.starts_with(name)), "{calls:?}");

    let undone = town.create(&["--undo", "--yes"]);
    assert_eq!(undone.code, 0, "{undone:?}");
    let plan: Vec<&str> = undone.stderr.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    let expected: Vec<&str> = calls.into_iter().filter(|call| !call.starts_with("DeleteVolume")).collect();
    assert_eq!(plan[..expected.len()], expected, "{undone:?}");
    let command = format!("aws ec2 delete-volume --volume-id {volume} --region us-east-1");
    assert!(undone.stdout.contains(&command), "{undone:?}");
    assert!(!undone.stderr.contains("waiting for EC2 to show"), "{undone:?}");
}

#[test]
fn a_machine_of_which_ec2_shows_nothing_is_not_called_retired() {
    let town = Town::new("1");
    town.place.configure(
        "[[machine]]\nname = \"lab\"\nspot_request = \"sir-ffffffff\"\n[[machine.volume]]\nid = \"vol-ffffffff\"\ndevice = \"/dev/sdp\"\n",
    );
    let outcome = town.place.run(&["retire", "lab", "--yes"]);
    assert_eq!(outcome.code, 2, "{outcome:?}");
    for word in ["us-east-1", "sir-ffffffff", "vol-ffffffff"] {
        assert!(outcome.stderr.contains(word), "{word}: {outcome:?}");
    }
    assert!(std::fs::read_to_string(town.place.config_file()).unwrap().contains("sir-ffffffff"));
    assert_eq!(town.place.run(&["retire", "lab", "--dry-run"]).code, 2);
}

/// A creation at a terminal whose questions are answered, the last one by yes.
fn answered(town: &Town, arguments: &[&str]) -> Pty {
    let pty = town.terminal(arguments);
    pty.wait_for_text("Instance type");
    pty.type_keys("m5.large\r");
    pty.wait_for_text("Size of the home volume");
    pty.type_keys("20\r");
    pty.wait_for_text("Availability zone");
    pty.type_keys("us-east-1b\r");
    take_the_usual(&pty);
    pty.type_keys("my-spot.amazonaws.com\r");
    pty.wait_for_text("Create train?");
    assert!(town.mutating().is_empty(), "nothing before the yes");
    pty.type_keys("y\r");
    pty
}

/// Answers what is asked between zone and host name: the usual system and groups, and no key pair.
fn take_the_usual(pty: &Pty) {
    pty.wait_for_text("System");
    pty.type_keys("\r");
    pty.wait_for_text("Key pair");
    pty.type_keys("none\r");
    pty.wait_for_text("Security groups");
    pty.type_keys("\r");
    pty.wait_for_text("Host name to publish");
}

#[test]
fn each_answer_is_judged_when_it_is_given_and_a_volume_that_is_there_can_be_named() {
    let town = Town::with("1", "[[volume]]\nid = 'vol-e123456f'\nzone = 'us-east-1b'\nsize = 20\n");
    let back = |typed: &str| "\u{7f}".repeat(typed.len());
    let pty = town.terminal(&["create", "train"]);
    pty.wait_for_text("Instance type");
    pty.type_keys("m5\r");
    pty.wait_for_text("an instance type is such as");
    pty.type_keys(&format!("{}m5.lage\r", back("m5")));
    pty.wait_for_text("m5.lage: it is not offered in us-east-1");
    pty.type_keys("m5.large\r");
    pty.wait_for_text("Size of the home volume in GiB, or the id of one that is there");
    pty.type_keys("0\r");
    pty.wait_for_text("from 1 to 65536");
    pty.type_keys(&format!("{}vol-ffffffff\r", back("0")));
    pty.wait_for_text("there is no such volume");
    pty.type_keys("vol-e123456f\r");
    take_the_usual(&pty);
    pty.type_keys("no name\r");
    pty.wait_for_text("a host name is labels");
    pty.type_keys(&format!("{}my-spot.amazonaws.com\r", back("no name")));
    pty.wait_for_text("Create train?");
    pty.type_keys("n\r");
    let shown = pty.finish().screen.contents();
    assert!(shown.contains("vol-e123456f, 20 GiB") && shown.contains("us-east-1b"), "{shown}");
    assert!(!shown.contains("Availability zone"), "the volume decides it: {shown}");
    assert!(town.mutating().is_empty());
}

#[test]
fn a_type_that_was_said_and_is_not_there_is_refused_before_the_first_question() {
    let town = Town::new("1");
    let ended = town.terminal(&["create", "train", "--instance-type", "m5.lage"]).finish();
    let shown = ended.screen.contents();
    assert_eq!(ended.status.code(), Some(2), "{shown}");
    assert!(
        shown.contains("--instance-type m5.lage: it is not offered in us-east-1") && !shown.contains("Size"),
        "{shown}"
    );
}

#[test]
fn asked_at_a_terminal_it_hands_the_builder_over_goes_on_by_enter_and_ends_with_the_machine() {
    let town = Town::new("200");
    let pty = answered(&town, &["create", "train", "--pause-to-customize"]);
    pty.wait_for_text("Enter when you are done");
    pty.wait_for_text("ssh ubuntu@");
    let builder =
        town.simulator.control("GET", "world")["instances"].as_object().unwrap().keys().next().unwrap().clone();
    eventually("the builder with its home", || {
        let world = town.simulator.control("GET", "world");
        (world["guests"][&builder]["boots"][1]["home"] == "mounted").then_some(())
    });
    pty.type_keys("\r");
    pty.wait_for_text("train is made");
    let ended = pty.finish();
    assert_eq!(ended.status.code(), Some(0));
    let shown = ended.screen.contents();
    assert!(shown.contains("✓ image of the root volume") && !shown.contains("vol-00000000"), "{shown}");
    let config = std::fs::read_to_string(town.place.config_file()).unwrap();
    assert!(config.contains("hostnames = [\"my-spot.amazonaws.com\"]") && config.contains("ssh_user = \"ubuntu\""));
}

#[test]
fn asked_at_a_terminal_it_is_made_as_it_was_answered_and_left_by_ctrl_c_it_goes_on() {
    let town = Town::new("20");
    let pty = answered(&town, &["create", "train"]);
    pty.wait_for_text("waiting for the builder");
    pty.signal(Signal::INT);
    let ended = pty.finish();
    assert_eq!(ended.status.code(), Some(130));
    let last = ended.screen.contents();
    assert!(last.contains("spotkeeper create train") && last.contains("--undo"), "{last}");
    assert_eq!(ended.settings, town.terminal(&["check"]).finish().settings, "the terminal is as it was");

    let other = town.create(&["--yes", "--size", "30"]);
    assert_eq!(other.code, 2, "{other:?}");
    assert!(other.stderr.contains("--size"), "{other:?}");
    let world = town.simulator.control("GET", "world");
    let home = |(id, volume): (&String, &Value)| (volume["size"] == 20).then(|| id.clone());
    let volume = world["volumes"].as_object().unwrap().iter().find_map(home).unwrap();
    let wrong = town.create(&["--undo", "--yes", "--delete-volume", "vol-ffffffff"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    let pty = town.terminal(&["create", "train", "--undo"]);
    pty.wait_for_text("Undo train?");
    pty.type_keys("y\r");
    pty.wait_for_text("type vol-");
    pty.type_keys("no\r");
    pty.wait_for_text("train is undone");
    assert_eq!(pty.finish().status.code(), Some(0));
    let world = town.simulator.control("GET", "world");
    assert!(world["volumes"].as_object().unwrap().contains_key(&volume), "its id was not typed");
    assert!(!town.mutating().contains(&"DeleteVolume".to_owned()));
}

#[test]
fn a_configuration_that_cannot_take_the_machine_is_refused_before_anything_is_made() {
    let town = Town::new("1");
    let volume = "volume = [{ id = 'vol-1a1b2c3d', device = '/dev/sdp' }]";
    let text = format!("machine = [{{ name = 'a', spot_request = 'sir-1a1b2c3d', {volume} }}]\n");
    let file = town.place.write("inline.toml", &text);
    for how in ["--yes", "--dry-run"] {
        let outcome = town.place.run(&[&["--config", &file, "create", "train", how], &WHOLE[..]].concat());
        assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{outcome:?}");
        assert!(outcome.stderr.contains("[[machine]]"), "{outcome:?}");
    }
    assert!(town.mutating().is_empty());
}

/// Shortens the ledger of `train` to so many lines, as a kill would have left it, with this in the place of that.
fn cut_ledger(town: &Town, lines: usize, from: &str, to: &str) {
    let file = town.place.state_dir().join("creations/train/ledger.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(from));
    let kept: String = text.split_inclusive('\n').take(lines).collect();
    std::fs::write(&file, kept.replace(from, to)).unwrap();
}

#[test]
fn a_volume_that_only_ec2_knows_of_is_named_and_deleted_and_a_request_that_would_be_over_is_not_gone_on_with() {
    let town = Town::new("200");
    let made = town.create(&[&WHOLE[..], &["--yes", "--json", "--valid-until", "2099-01-01T00:00:00Z"]].concat());
    assert_eq!(made.code, 0, "{made:?}");
    let report: Value = serde_json::from_str(&made.stdout).unwrap();
    let volume = report["volume"].as_str().unwrap();
    // Begun, and CreateVolume intended.
    cut_ledger(&town, 2, "2099-01-01", "2020-01-01");
    let before = town.mutating();
    for how in ["--yes", "--dry-run"] {
        let over = town.create(&[how]);
        assert_eq!(over.code, 2, "{over:?}");
        assert!(over.stderr.contains("that is over") && over.stderr.contains("--undo"), "{over:?}");
    }
    assert_eq!(town.mutating(), before);
    let undone = town.create(&["--undo", "--delete-volume", volume, "--yes"]);
    assert_eq!(undone.code, 0, "{undone:?}");
    assert!(undone.stdout.contains("nothing of it is left"), "{undone:?}");
    let world = town.simulator.control("GET", "world");
    assert!(!world["volumes"].as_object().unwrap().contains_key(volume));
}
