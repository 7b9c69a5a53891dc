//! Every command of the table: what its sentence says is what happens.

use std::collections::BTreeSet;

use super::whole::fates;
use super::*;

/// What a command does, seen from outside: in the world of the six fates, on a screen of 80x24.
struct Row {
    command: &'static str,
    /// Keys that lead to where the command is tried.
    before: &'static str,
    /// The keys that are tried.
    keys: &'static str,
    /// What is on the screen then.
    shows: &'static [&'static str],
    /// What is not.
    hides: &'static [&'static str],
    /// What the engine is told for these keys: how each command begins, and no more.
    sends: &'static [&'static str],
    /// What else the screen wants: how each wish begins, and no more.
    wants: &'static [&'static str],
    /// The calls by which EC2 is changed.
    calls: &'static [&'static str],
}

const fn row(command: &'static str, before: &'static str, keys: &'static str) -> Row {
    Row { command, before, keys, shows: &[], hides: &[], sends: &[], wants: &[], calls: &[] }
}

impl Row {
    const fn shows(self, shows: &'static [&'static str]) -> Self {
        Self { shows, ..self }
    }

    const fn hides(self, hides: &'static [&'static str]) -> Self {
        Self { hides, ..self }
    }

    const fn sends(self, sends: &'static [&'static str]) -> Self {
        Self { sends, ..self }
    }

    const fn wants(self, wants: &'static [&'static str]) -> Self {
        Self { wants, ..self }
    }

    const fn calls(self, calls: &'static [&'static str]) -> Self {
        Self { calls, ..self }
    }

    async fn play(&self) {
        let mut watched = fates(COLOURFUL).await;
        watched.press(self.before).await;
        let (told, changed) = (watched.sent.len(), watched.stage.changes().len());
        watched.wants();
        watched.press(self.keys).await;
        let text = watched.text();
        let what = format!("{}: `{}` then `{}`", self.command, self.before, self.keys);
        for shown in self.shows {
            assert!(text.contains(shown), "{what}: no {shown:?} on\n{text}");
        }
        for hidden in self.hides {
            assert!(!text.contains(hidden), "{what}: {hidden:?} on\n{text}");
        }
        let sent: Vec<String> = watched.sent.split_off(told).iter().map(|command| format!("{command:?}")).collect();
        begin(&sent, self.sends, &what);
        begin(&watched.wants(), self.wants, &what);
        begin(&watched.stage.changes().split_off(changed), self.calls, &what);
    }
}

/// Checks that each of these begins as is expected of it, and that there are no more.
fn begin(found: &[String], expected: &[&str], what: &str) {
    let fits = found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected));
    assert!(found.len() == expected.len() && fits, "{what}: {found:#?} instead of {expected:#?}");
}

const ATTACH: &str = "AttachVolume vol-0a71b20c19d3e4f58 i-0ab12cd34ef5641f2 /dev/sdp";
const REBOOT: &str = "RebootInstances i-0d1e2f3a4b5c677aa";
const NOTHING_WAITS: &str = "nothing waits for your yes";
const LIST: &str = "Waiting for your yes";

const ACTING: &[Row] = &[
    row("attach-now", "", "A").shows(&[
        "Attach train now?",
        "ec2:AttachVolume vol-0a71b20c19d3e4f58 to i-0ab12cd34ef5641f2",
        "last seen",
    ]),
    row("attach-now", "A", "l Enter")
        .sends(&["Demand { machine: MachineName(\"train\"), action: Attach"])
        .calls(&[ATTACH]),
    row("attach-now", "A", "Enter").hides(&["Attach train now?"]),
    row("attach-now", "A", "l Esc").hides(&["Attach train now?"]),
    row("attach-now", "j j", "A").shows(&[" attach: "]).hides(&["now?"]),
    row("attach-now", "j j j", "A").shows(&[" attach: "]).hides(&["now?"]),
    row("detach-now", "", "X").shows(&["detach: no instance holds vol-0a71b20c19d3e4f58"]).hides(&["Take vol"]),
    row("detach-now", "j j", "X").shows(&["detach: vol-0c93d42e3bf506170 is attached on"]).hides(&["Take vol"]),
    row("reboot-now", "j j", "B").shows(&[
        "Reboot notebook now?",
        "ec2:RebootInstances i-0d1e2f3a4b5c677aa",
        "type its name",
    ]),
    row("reboot-now", "j j B", "notebook Tab Enter").sends(&["Demand"]).calls(&[REBOOT]),
    row("reboot-now", "j j B", "note Tab Enter").shows(&["type notebook first"]),
    row("reboot-now", "j j B", "notebook Enter").hides(&["now?"]),
    row("reboot-now", "", "B").shows(&["reboot: vol-0a71b20c19d3e4f58 is not attached to i-0ab12cd34ef5641f2"]),
    row("rewrite-name", "j j", "U").shows(&["name: the hosts file has 203.0.113.3 already"]),
    row("rewrite-name", "", "U").shows(&["name: a name is published when all volumes are attached"]),
    row("approve", "p", "a").sends(&["Approve"]).calls(&[ATTACH]).shows(&["approved: attach", NOTHING_WAITS]),
    row("approve", "", "a"),
    row("decline", "p", "n").sends(&["Decline"]).shows(&["declined until its subject changes", NOTHING_WAITS]),
    row("decline", "", "n"),
    row("snooze", "p", "N").sends(&["Snooze"]).shows(&["put off for an hour", NOTHING_WAITS]),
    row("mark-rebooted", "p", "M").shows(&["only a reboot can be marked as done"]),
];

const AUTOPILOT: &[Row] = &[
    row("pending", "", "p").shows(&[LIST, "1  train  attach vol-0a71b20c19d3e4f58", "why", "asked", "seen"]),
    row("pending", "p", "p").hides(&[LIST]),
    row("mode", "", "m").shows(&["READ-ONLY looks", "* CONFIRM", "AUTO"]),
    row("mode", "m", "k Enter").sends(&["SetMode(ReadOnly)"]).shows(&["READ-ONLY  ml-dev"]),
    row("mode", "m", "Enter").shows(&["the mode is CONFIRM already"]),
    row("mode", "m", "j Enter").shows(&["Go to AUTO mode?", "at once", "train: attach vol-0a71b20c19d3e4f58"]),
    row("mode", "m j Enter", "l Enter").sends(&["SetMode(Auto)"]).calls(&[ATTACH]).shows(&["AUTO  ml-dev"]),
    row("mode", "m j Enter", "Enter").shows(&["CONFIRM  ml-dev"]),
    row("pause", "", "!").sends(&["Pause"]).shows(&["PAUSED  ml-dev"]),
    row("pause", "!", "!").shows(&["Resume in CONFIRM mode?"]),
    // What waits is asked for anew, but rang a moment ago.
    row("pause", "! !", "l Enter").sends(&["Resume"]).shows(&["CONFIRM  ml-dev"]),
    row("pause", "!", "A").shows(&["resume first"]),
    row("look-now", "", "r").sends(&["LookNow"]).hides(&["refused"]),
];

const LOOKING: &[Row] = &[
    row("actions", "", "x").shows(&[
        "Actions for train",
        "A     attach-now",
        "B     reboot-now   no: vol-0a71b20c19d3e4f58",
    ]),
    row("actions", "x", "A").shows(&["Attach train now?"]),
    row("details", "", "Enter").shows(&["╔ train ", "needs-approval", "Planned"]),
    row("details", "", "d").shows(&["╔ train "]),
    row("details", "j j j", "d").shows(&["╔ batch ", "blocked", "us-east-1c"]),
    row("raw-fields", "", "i").shows(&["Machine {", "MachineName("]),
    row("filter", "", "/ zone:1c Enter").shows(&["batch", "/zone:1c"]).hides(&["notebook"]),
    row("filter", "", "/ !ready Enter").shows(&["batch", "train"]).hides(&["notebook"]),
    row("filter", "/ zone:1c Enter", "/ Ctrl-u Enter").shows(&["notebook"]),
    row("filter", "", "/ nowhere:x").shows(&["no column `nowhere`: there are machine, state"]),
    row("sort", "", "o j Enter").shows(&["MACHINE▲", "AZ  ADDRESS      SINCE║\n║ ✗ batch"]),
    row("sort", "o j Enter", "o j Enter").shows(&["MACHINE▼", "AZ  ADDRESS      SINCE║\n║>! train"]),
    row("sort", "o j Enter", "o Enter").hides(&["▲"]),
    row("sort", "5", "o").shows(&["sort: the log is in the order of time"]),
    row("zoom", "", "z").hides(&["5 Log info+", "next "]),
    row("zoom", "z", "z").shows(&["5 Log info+"]),
    row("freeze", "", "f").shows(&["FROZEN"]),
    row("freeze", "f", "f").hides(&["FROZEN"]),
    row("freeze", "5", "f").shows(&["info+ frozen"]).hides(&["FROZEN"]),
    row("errors-only", "5", "e").shows(&["warnings+"]),
    row("errors-only", "5 e", "e").shows(&["info+"]),
    row("errors-only", "", "e").shows(&["errors: that is for the log"]),
    row("toggle-time", "", "t").shows(&["12:00:0"]),
    row("toggle-time", "t", "t").hides(&["12:00:0"]),
    row("copy-id", "", "c").wants(&["Copy(\"id\", \"i-0ab12cd34ef5641f2\")"]),
    row("copy-id", "2", "c").wants(&["Copy(\"id\", \"sir-train001\")"]),
    row("copy-menu", "", "y").shows(&["Copy of train", "203.0.113.1", "aws ec2 describe-instances --instance-ids"]),
    row("copy-menu", "y", "j Enter").wants(&["Copy(\"address\", \"203.0.113.1\")"]),
    row("copy-menu", "y", "j j Enter").wants(&["Copy(\"ssh command\", \"ssh ubuntu@203.0.113.1\")"]),
    row("copy-menu", "j j j j y", "j Enter").shows(&["no: render has no address at the moment"]),
    row("doctor", "", "D j j")
        .sends(&["Examine { machine: MachineName(\"train\")"])
        .shows(&["Doctor: train at ", " why "]),
    row("doctor", "D j j g", "c").wants(&["Copy(\"remedy\", \"{\\\"Action\\\":"]),
    row("doctor", "D j j", "D k k").sends(&["Examine { machine: MachineName(\"train\")"]).shows(&["Doctor: train at "]),
    row("doctor", "D", "Esc").hides(&["Doctor: "]),
    row("ssh", "", "s").wants(&["Ssh(MachineName(\"train\"), [\"ssh\", \"ubuntu@203.0.113.1\"])"]),
    row("ssh", "j j j j", "s").shows(&["ssh: render has no address at the moment"]),
];

const MOVING: &[Row] = &[
    row("next-pane", "", "Tab").shows(&["║ REQUEST "]),
    row("previous-pane", "", "Shift-Tab").shows(&["║no log lines yet"]),
    row("machines", "3", "1").shows(&["║ MACHINE "]),
    row("requests", "", "2").shows(&["║ REQUEST ", ">sir-train001"]),
    row("instances", "", "3").shows(&["║ INSTANCE ", ">i-0ab12"]),
    row("volumes", "", "4").shows(&["║ VOLUME ", ">vol-0a7"]),
    row("log", "", "5").shows(&["║no log lines yet"]),
    row("down", "", "j").shows(&[">↻ sweep", "─ sweep ─"]),
    row("down", "", "Down").shows(&[">↻ sweep"]),
    row("up", "j j", "k").shows(&[">↻ sweep"]),
    row("first", "G", "g").shows(&[">! train"]),
    row("last", "", "G").shows(&[">◌ lab"]),
    row("page-down", "", "PgDn").shows(&[">◌ lab"]),
    row("page-up", "G", "PgUp").shows(&[">! train"]),
    row("half-page-down", "", "Ctrl-d").shows(&[">◌ render"]),
    row("half-page-up", "G", "Ctrl-u").shows(&[">↻ sweep"]),
    row("left", "2", "h").shows(&["║ MACHINE "]),
    row("right", "", "l").shows(&["║ REQUEST "]),
];

const PROGRAM: &[Row] = &[
    row("help", "", "?").shows(&["╔ Help", "Acting"]),
    row("help", "?", "?").hides(&["╔ Help"]),
    row("palette", "", ":").shows(&["Commands", "attach-now"]),
    row("palette", ":", "zoom Enter").hides(&["5 Log info+"]),
    row("palette", ":", "reboot Enter").shows(&["reboot: vol-0a71b20c19d3e4f58 is not attached"]),
    row("back", "p", "Esc").hides(&[LIST]),
    row("back", "p d", "Esc").shows(&[LIST]),
    row("back", "/ batch Enter", "Esc").shows(&["notebook"]),
    row("back", "z", "Esc").shows(&["5 Log info+"]),
    row("back", "", "Esc Esc Esc"),
    row("quit", "", "q").wants(&["Quit { at_once: false }"]),
    row("quit", "p", "q").hides(&[LIST]),
    row("suspend", "", "Ctrl-z").wants(&["Suspend"]),
    row("toggle-mouse", "", "%").wants(&["Mouse(true)"]),
    row("toggle-mouse", "%", "%").wants(&["Mouse(false)"]),
];

const TABLES: [&[Row]; 5] = [ACTING, AUTOPILOT, LOOKING, MOVING, PROGRAM];

#[test]
fn every_command_of_the_table_has_a_row_here() {
    let tried: BTreeSet<&str> = TABLES.into_iter().flatten().map(|row| row.command).collect();
    let commands = Bindings::load(None).unwrap().commands();
    let known: BTreeSet<&str> = commands.iter().map(|command| command.name).collect();
    assert_eq!(tried, known);
    assert!(commands.iter().all(|command| !command.keys.is_empty()), "{commands:?}");
}

#[tokio::test(start_paused = true)]
async fn what_acts_asks_first_and_then_does_exactly_what_it_showed() {
    for row in ACTING {
        Box::pin(row.play()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_autopilot_is_told_what_its_keys_say() {
    for row in AUTOPILOT {
        Box::pin(row.play()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn looking_closer_changes_nothing() {
    for row in LOOKING {
        Box::pin(row.play()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn moving_goes_where_the_keys_say() {
    for row in MOVING {
        Box::pin(row.play()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_program_itself_obeys() {
    for row in PROGRAM {
        Box::pin(row.play()).await;
    }
}
