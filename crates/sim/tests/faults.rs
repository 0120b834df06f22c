//! Faults of single packets: held and released, doubled, lost.

#![allow(clippy::expect_used, clippy::panic)]

use sim::{RecordKind, Recording, Scenario};
use std::rc::Rc;

fn run(acts: &str, mode: &str) -> Recording {
    let text = format!(
        "scenario \"t\"\nuntil 20 s\n\nnode broker broker\n\nnode a phone\n\nnode b phone\n  subscribe \"t\" qos 1\n\n\
         link a to broker\n\nlink b to broker\n{mode}\nat 0 s: a connect\nat 0 s: b connect\n\
         at 1 s: a publish \"t\" \"first\" qos 1\nat 2 s: a publish \"t\" \"second\" qos 1\n{acts}\n"
    );
    let scenario = Scenario::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    Recording::run(Rc::new(scenario), 1).expect("its names are known")
}

/// Payloads that `b` got, and when, in milliseconds.
fn delivered(run: &Recording) -> Vec<(String, u64)> {
    let log = run.log();
    let records = log.records(log.end()).iter();
    records
        .filter_map(|record| match &record.kind {
            RecordKind::Delivered(message) => {
                let text = String::from_utf8_lossy(&message.payload).into_owned();
                Some((text, record.at.as_micros() / 1_000))
            }
            _ => None,
        })
        .collect()
}

fn expect(acts: &str, mode: &str, expected: &[(&str, u64)]) {
    let run = run(acts, mode);
    let found = delivered(&run);
    let found: Vec<(&str, u64)> = found
        .iter()
        .map(|(text, at)| (text.as_str(), *at))
        .collect();
    assert_eq!(
        found,
        expected,
        "{acts}\n{}",
        run.log().ladder_text(run.log().end())
    );
}

#[test]
fn what_is_held_waits_and_what_is_behind_it_too() {
    expect("", "", &[("first", 1_020), ("second", 2_020)]);
    let hold = "when PUBLISH to b is on the wire: hold b to broker";
    // On a stream nothing overtakes.
    expect(hold, "", &[]);
    expect(
        &format!("{hold} for 3 s"),
        "",
        &[("first", 4_025), ("second", 4_025)],
    );
    expect(
        &format!("{hold}\nat 5 s: release b to broker"),
        "",
        &[("first", 5_010), ("second", 5_010)],
    );
    expect(
        &format!("{hold} toward broker for 3 s"),
        "",
        &[("first", 1_020), ("second", 2_020)],
    );
    // Packets that go each on their own do overtake.
    expect(
        &format!("{hold} for 3 s"),
        "mode datagram",
        &[("second", 2_020), ("first", 4_025)],
    );
    // What is held is lost with the link like everything else.
    expect(
        &format!("{hold} for 3 s\nat 2.5 s: cut b to broker"),
        "",
        &[],
    );
}

#[test]
fn the_ladder_and_the_chain_of_causes_name_what_is_held() {
    let run = run(
        "when PUBLISH to b is on the wire: hold b to broker for 3 s\n\
         at 4.5 s: hold b to broker\nat 4.6 s: release b to broker",
        "",
    );
    let log = run.log();
    let ladder = log.ladder_text(log.end());
    let lines: Vec<&str> = ladder.lines().filter(|line| line.contains("--")).collect();
    // Nothing is on the link at 4.5 s: nothing is held, and nothing let go.
    assert_eq!(
        lines,
        [
            "1.015  b -- broker  held: PUBLISH 1",
            "4.015  b -- broker  released"
        ]
    );
    let ledger = sim::Ledger::at(log, log.end());
    let delivered = log.records(log.end()).iter();
    let first = delivered
        .filter(|record| matches!(record.kind, RecordKind::Delivered(_)))
        .map(|record| record.id)
        .next()
        .expect("it comes in the end");
    let chain: Vec<String> = sim::why::why(log, &ledger, first)
        .iter()
        .map(|link| log.line(link.record))
        .collect();
    for part in ["released", "done: hold b to broker for 3 s"] {
        assert!(chain.iter().any(|line| line.contains(part)), "{chain:#?}");
    }
}

#[test]
fn what_is_doubled_arrives_twice_and_what_is_lost_never() {
    let when = "when PUBLISH to b is on the wire:";
    expect(
        &format!("{when} double b to broker"),
        "mode datagram",
        &[("first", 1_020), ("first", 1_020), ("second", 2_020)],
    );
    expect(
        &format!("{when} lose b to broker"),
        "mode datagram",
        &[("second", 2_020)],
    );
    for word in ["double", "lose"] {
        let text = format!(
            "scenario \"t\"\nnode broker broker\nnode b phone\nlink b to broker\nat 1 s: {word} b to broker"
        );
        let error = Scenario::parse(&text).expect_err("a stream");
        assert!(
            error.to_string().contains("on a stream nothing is lost"),
            "{error}"
        );
    }
}
