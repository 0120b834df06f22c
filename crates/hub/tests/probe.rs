//! `mqtt-hub probe` asks Mosquitto.
#![allow(clippy::unwrap_used)]

mod support;

use foreign::probe::rows;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use support::broker::Mosquitto;
use support::{program, run};

fn probe(broker: &Mosquitto) -> Child {
    program()
        .args(["probe", &broker.address.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn mosquitto_has_everything_that_is_asked_for() {
    let mosquitto = Mosquitto::start("");
    let output = run(&["probe", &mosquitto.address.to_string()]);
    let report = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert_eq!(report.lines().count(), rows().len(), "{report}");
    // What did not come in time is not seen, and never a no.
    let is_no = |line: &&str| line.starts_with("no ");
    assert_eq!(report.lines().find(is_no), None, "{report}");
}

/// While it asks about retained messages.
#[test]
fn one_that_is_stopped_takes_back_what_it_left() {
    let mosquitto = Mosquitto::start("");
    let mut child = probe(&mosquitto);
    let before = rows().position(|it| it == "retained messages").unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..before {
        lines.next().unwrap().unwrap();
    }
    let pid = child.id().to_string();
    let killed = Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert!(killed.success());
    let more = lines.map_while(Result::ok).count();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("stopped before the report"), "{said}");
    assert!(!said.contains("stays at the broker"), "{said}");
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(before + more < rows().len(), "it went on");
}
