//! Hooks as their users meet them.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::thread;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::world::{HANGING, INSTANCE, TRAIN, World};
use crate::support::binary::Place;
use crate::support::eventually;

const ASSETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/hooks");

/// Makes a script in the place. Returns how the configuration names it.
fn script(place: &Place, lines: &str) -> String {
    let file = place.write("hook", &format!("#!/bin/sh\n{lines}\n"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    file
}

/// A world with these hooks, whose machine is soon ready.
fn world(lines: &str, timeout: &str, occasions: &[&str]) -> World {
    let world = World::new(HANGING);
    let script = script(&world.place, lines);
    let hooks: Vec<String> = occasions.iter().map(|occasion| format!("{occasion} = ['{script}']\n")).collect();
    let quick = TRAIN.replacen("[poll]", "[poll]\nsteady = \"1s\"", 1);
    world.place.configure(&format!("[hooks]\ntimeout = '{timeout}'\n{}{quick}", hooks.concat()));
    world
}

fn told(world: &World) -> Vec<String> {
    let told = fs::read_to_string(world.place.hosts_file().with_file_name("told")).unwrap_or_default();
    told.lines().map(str::to_owned).collect()
}

#[test]
fn an_interruption_runs_draining_once_and_healed_once_and_a_restart_runs_nothing() {
    let all = ["ready", "draining", "needs_approval", "blocked", "healed"];
    let world = world("echo \"$SPOTKEEPER_EVENT $SPOTKEEPER_INSTANCE\" >> \"$HOME/told\"", "1m", &all);
    let service = world.place.spawn(&["run", "--no-tui", "--auto"]);
    eventually("the first hook", || (told(&world).len() == 1).then_some(()));
    world.sim.interrupt(&INSTANCE.parse().unwrap()).unwrap();
    eventually("the last hook", || told(&world).last()?.starts_with("healed").then_some(()));
    service.signal(Signal::TERM);
    assert_eq!(service.wait().code, 143);
    let first = told(&world);
    assert_eq!(first[..2], [format!("ready {INSTANCE}"), format!("draining {INSTANCE}")]);
    assert!(first.len() == 3 && first[2].starts_with("healed i-") && !first[2].ends_with(INSTANCE), "{first:?}");

    let service = world.place.spawn(&["run", "--no-tui", "--auto"]);
    service.wait_for_stderr("ready: already connected");
    service.signal(Signal::TERM);
    service.wait();
    assert_eq!(told(&world), first);
}

#[test]
fn what_was_told_is_not_told_again_because_the_configuration_is_read_anew() {
    let world = world("echo \"$SPOTKEEPER_EVENT\" >> \"$HOME/told\"", "1m", &["needs_approval"]);
    let config = world.place.config_file();
    let asking = fs::read_to_string(&config).unwrap() + "[policy]\nattach = \"ask\"\n";
    fs::write(&config, &asking).unwrap();
    let service = world.place.spawn(&["run", "--no-tui", "--auto"]);
    eventually("the hook", || (told(&world).len() == 1).then_some(()));
    fs::write(&config, asking.replacen("timeout = '1m'", "timeout = '2m'", 1)).unwrap();
    service.signal(Signal::HUP);
    service.wait_for_stderr("[hooks] timeout: was 1m, is 2m now");
    let looks = || world.sim.calls().iter().filter(|call| call.action == "DescribeVolumes").count();
    let before = looks();
    eventually("looks of the next engine", || (looks() > before + 2).then_some(()));
    service.signal(Signal::TERM);
    service.wait();
    assert_eq!(told(&world), ["needs-approval"]);
}

#[test]
fn leaving_gives_a_hook_its_time_and_its_output_is_in_the_log() {
    let world =
        world("echo begins; read -r go < \"$HOME/go\"; echo goes on; echo done > \"$HOME/told\"", "2m", &["ready"]);
    world.place.shell("mkfifo go");
    let service = world.place.spawn(&["run", "--no-tui", "--auto"]);
    service.wait_for_stderr("hook ready: begins");
    service.signal(Signal::TERM);
    service.wait_for_stderr("leaving after 1 hook, in 2m at the most");
    world.place.shell("echo go > go");
    let outcome = service.wait();
    assert_eq!((outcome.code, told(&world)), (143, vec!["done".to_owned()]), "{outcome:?}");
    assert!(outcome.stderr.contains("hook ready: goes on"), "{outcome:?}");
}

#[test]
fn one_more_signal_does_not_wait_for_a_hook() {
    let world = world("echo begins; exec sleep 1000", "10m", &["ready"]);
    let service = world.place.spawn(&["run", "--no-tui", "--auto"]);
    service.wait_for_stderr("hook ready: begins");
    service.signal(Signal::TERM);
    service.wait_for_stderr("leaving after 1 hook");
    service.signal(Signal::TERM);
    let outcome = service.wait();
    assert_eq!(outcome.code, 143, "{outcome:?}");
    assert!(outcome.stderr.contains("hooks that still ran were killed"), "{outcome:?}");
}

#[test]
fn a_hook_whose_program_is_missing_is_a_warning_of_check_and_of_the_service() {
    let world = World::new(HANGING);
    world.place.configure(&format!("[hooks]\nready = ['no-such-program-anywhere', 'x']\n{TRAIN}"));
    let words = "the hook for ready cannot run: there is no no-such-program-anywhere in this user's PATH";
    let checked = world.run(&["check"]);
    assert_eq!(checked.code, 0, "{checked:?}");
    assert!(checked.stderr.contains(&format!("warning: {words}")), "{checked:?}");
    let service = world.place.spawn(&["run", "--no-tui", "--auto"]);
    service.wait_for_stderr(words);
    service.wait_for_stderr("could not start the hook for ready: no-such-program-anywhere");
    service.signal(Signal::TERM);
    service.wait();
}

/// What a web server is sent: the request's line, headers and body.
struct Sent {
    line: String,
    headers: Vec<String>,
    body: String,
}

/// A web server for one request, which it answers with this status; its address, and what it was sent.
fn server(status: &'static str) -> (String, thread::JoinHandle<Sent>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let served = thread::spawn(move || {
        let mut reader = BufReader::new(listener.accept().unwrap().0);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let length = lines.iter().find_map(|line| line.strip_prefix("Content-Length: "));
        let length = length.map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        write!(reader.get_mut(), "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        Sent { line: lines.remove(0), headers: lines, body: String::from_utf8(body).unwrap() }
    });
    (address, served)
}

/// Runs one of the shipped scripts as a hook of the machine that becomes ready. Returns what the log says.
fn run_shipped(hook: &str) -> String {
    let world = World::new(HANGING);
    world.place.configure(&format!("[hooks]\nready = {hook}\n{TRAIN}"));
    let service = world.place.spawn(&["run", "--no-tui", "--auto"]);
    eventually("the end of the hook", || {
        let log = String::from_utf8(world.place.log_files()).unwrap();
        (log.contains("the hook for ready ended well") || log.contains("the hook for ready failed")).then_some(())
    });
    service.signal(Signal::TERM);
    service.wait().stderr
}

#[test]
fn the_shipped_script_for_ntfy_sends_title_priority_and_reason_and_fails_when_the_server_does() {
    let (address, served) = server("200 OK");
    let log = run_shipped(&format!("['{ASSETS}/ntfy', 'http://{address}/topic']"));
    let sent = served.join().unwrap();
    assert_eq!(sent.line, "POST /topic HTTP/1.1");
    for header in ["Title: train: ready", "Priority: default"] {
        assert!(sent.headers.iter().any(|line| line == header), "{:?}", sent.headers);
    }
    assert!(sent.body.starts_with("already connected: vol-e123456f on i-"), "{}", sent.body);
    assert!(!log.contains("failed"), "{log}");

    let (address, served) = server("403 Forbidden");
    let log = run_shipped(&format!("['{ASSETS}/ntfy', 'http://{address}/topic']"));
    served.join().unwrap();
    assert!(log.contains("the hook for ready failed with exit status: 22"), "{log}");
}

#[test]
fn the_shipped_script_for_slack_sends_text_that_mentions_nobody() {
    let (address, served) = server("200 OK");
    let place = Place::new("http://127.0.0.1:9");
    place.write("webhook.curl", &format!("url = \"http://{address}/services/T0/B0/secret\"\n"));
    let told = json!({ "message": "train: blocked: <!channel> & <http://x|y>" }).to_string();
    let outcome = place.shell(&format!("printf '%s\\n' '{told}' | '{ASSETS}/slack' webhook.curl"));
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let sent = served.join().unwrap();
    assert_eq!(sent.line, "POST /services/T0/B0/secret HTTP/1.1");
    assert!(sent.headers.iter().any(|line| line == "Content-Type: application/json"), "{:?}", sent.headers);
    let body: Value = serde_json::from_str(&sent.body).unwrap();
    assert_eq!(body, json!({ "text": "train: blocked: &lt;!channel&gt; &amp; &lt;http://x|y&gt;" }));
}
