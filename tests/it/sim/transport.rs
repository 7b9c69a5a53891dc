//! What the port does besides answering: times, broken bodies, and turns.

use std::io::Write as _;
use std::net::{Shutdown, TcpStream};

use rustix::process::Signal;

use super::{place, standing};
use crate::support::PATIENCE;
use crate::support::simulator::{Reply, receive};

#[test]
fn every_answer_has_the_worlds_time_and_not_this_computers() {
    let place = place();
    let scenario = "begin = '2026-01-01T00:00:00Z'\n[[fault]]\naction = 'DescribeTags'\neffect = 'garbage'\n";
    let simulator = standing(&place, scenario);
    let big = "x".repeat(2 << 20);
    for (method, path, body) in [
        ("POST", "/", "Action=DescribeVolumes"),
        ("POST", "/", "Action=DescribeTags"),
        ("POST", "/", big.as_str()),
        ("DELETE", "/", ""),
        ("GET", "/elsewhere", ""),
        ("GET", "/_spotkeeper/world", ""),
        ("GET", "/_spotkeeper/explode", ""),
    ] {
        let Reply { headers, .. } = simulator.ask(method, path, "", body);
        let dates: Vec<&str> = headers.lines().filter(|line| line.starts_with("date:")).collect();
        assert_eq!(dates, ["date: Thu, 01 Jan 2026 00:00:00 GMT"], "{method} {path}");
    }
}

#[test]
fn a_body_that_breaks_off_is_a_bad_request_and_not_one_that_is_too_long() {
    let place = place();
    let simulator = standing(&place, "");
    for rest in [
        "content-length: 100\r\n\r\nAction=DescribeVolumes",
        "transfer-encoding: chunked\r\n\r\nZZ\r\nAction=DescribeVolumes\r\n0\r\n\r\n",
    ] {
        let mut connection = TcpStream::connect(simulator.address()).unwrap();
        connection.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = format!("POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{rest}");
        connection.write_all(request.as_bytes()).unwrap();
        connection.shutdown(Shutdown::Write).unwrap();
        let reply = receive(connection);
        assert_eq!(reply.status, 400, "{reply:?}");
        assert!(reply.body.contains("breaks off"), "{reply:?}");
    }
}

#[test]
fn while_time_is_put_forward_by_a_year_others_are_answered_and_signals_heard() {
    let place = place();
    let busy = "[[request]]\nid = 'sir-y1a23b4c'\n[[event]]\nevery = '1s'\nreboot = 'sir-y1a23b4c'\n".to_owned();
    let simulator = standing(&place, &format!("begin = '2026-01-01T00:00:00Z'\n{busy}"));
    let year = simulator.send("POST", "/_spotkeeper/advance?by=366d", "", "");
    let time = || simulator.control("GET", "world")["now"].as_str().unwrap().to_owned();
    let (first, second) = (time(), time());
    assert!(first <= second && second.as_str() < "2027-01-01", "{first} {second}");
    let outcome = simulator.stop(Signal::TERM);
    assert_eq!(outcome.code, 143, "{outcome:?}");
    drop(year);
}
