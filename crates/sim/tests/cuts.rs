//! The cut-point map equals what the standard promises, at every byte.

#![allow(clippy::expect_used)]

use mqtt_proto::{Duration, Qos, Text, TopicFilter};
use sim::Scenario;
use sim::cuts::{CutCell, CutQuestion, cut_map, variant};
use sim::scenario::SessionSpec;
use std::rc::Rc;

fn question() -> CutQuestion {
    CutQuestion {
        device: "robot-1".to_owned(),
        filter: TopicFilter::new(Text::try_from("robot/move").expect("short")).expect("plain"),
        span: Duration::from_secs(2),
    }
}

fn cells(qos: Qos, session: SessionSpec) -> Vec<CutCell> {
    let text = include_str!("../../../scenarios/qos1-puback-lost.mqtt");
    let mut scenario = Scenario::parse(text).expect("it is one");
    // The story without its own cut.
    scenario
        .events
        .retain(|planned| !planned.action.to_string().starts_with("cut"));
    let scenario = variant(&scenario, "robot-1", qos, session);
    cut_map(&scenario, &question()).expect("its names are known")
}

/// A line for each packet: how often its message is delivered when 0, 1, 2, … of its bytes arrive.
fn map(qos: Qos, session: SessionSpec) -> String {
    let cells = cells(qos, session);
    let packets = cells.chunk_by(|a, b| (a.packet, a.nth) == (b.packet, b.nth));
    packets
        .map(|packet| {
            let first = packet.first().expect("a packet has bytes");
            let arrow = if first.from_device { "->" } else { "<-" };
            let digits: String = packet
                .iter()
                .map(|cell| cell.deliveries.to_string())
                .collect();
            assert_eq!(digits.len(), first.len_bytes as usize + 1);
            format!("robot-1 {arrow} {} {digits}\n", first.packet.name())
        })
        .collect()
}

/// PUBLISH has 27 bytes with an identifier and 25 without: what the cut leaves of it is nothing until the last byte.
const TABLE: &[(Qos, SessionSpec, &str)] = &[
    (
        Qos::AtMostOnce,
        SessionSpec::Clean,
        "robot-1 <- PUBLISH 00000000000000000000000001\n",
    ),
    (
        Qos::AtMostOnce,
        SessionSpec::Kept,
        "robot-1 <- PUBLISH 00000000000000000000000001\n",
    ),
    (
        Qos::AtLeastOnce,
        SessionSpec::Clean,
        "robot-1 <- PUBLISH 0000000000000000000000000001\n\
         robot-1 -> PUBACK 11111\n",
    ),
    (
        Qos::AtLeastOnce,
        SessionSpec::Kept,
        "robot-1 <- PUBLISH 1111111111111111111111111112\n\
         robot-1 -> PUBACK 22221\n",
    ),
    (
        Qos::ExactlyOnce,
        SessionSpec::Clean,
        "robot-1 <- PUBLISH 0000000000000000000000000001\n\
         robot-1 -> PUBREC 11111\n\
         robot-1 <- PUBREL 11111\n\
         robot-1 -> PUBCOMP 11111\n",
    ),
    (
        Qos::ExactlyOnce,
        SessionSpec::Kept,
        "robot-1 <- PUBLISH 1111111111111111111111111111\n\
         robot-1 -> PUBREC 11111\n\
         robot-1 <- PUBREL 11111\n\
         robot-1 -> PUBCOMP 11111\n",
    ),
];

#[test]
fn the_truth_table() {
    for (qos, session, expected) in TABLE {
        assert_eq!(map(*qos, *session), *expected, "{qos:?} {session:?}");
    }
}

/// The words of section 4.3, over all cells: at most once, at least once, exactly once.
#[test]
fn every_cell_keeps_the_promise_of_its_qos() {
    for (qos, session, _) in TABLE {
        for cell in cells(*qos, *session) {
            let kept = *session == SessionSpec::Kept;
            let times = cell.deliveries;
            let promised = match qos {
                Qos::AtMostOnce => times <= 1,
                Qos::AtLeastOnce if kept => times >= 1,
                Qos::ExactlyOnce if kept => times == 1,
                // The session ends with the connection, and what it held with it.
                _ => times <= 1,
            };
            assert!(
                promised,
                "{qos:?} {session:?}: {} of {cell:?}",
                cell.arrived_bytes
            );
        }
    }
}

#[test]
fn a_cell_is_a_run_that_can_be_looked_at() {
    let cells = cells(Qos::AtLeastOnce, SessionSpec::Kept);
    let cell = cells
        .iter()
        .find(|cell| cell.deliveries == 2)
        .expect("the robot that moved twice");
    let again = Scenario::parse(&cell.scenario.to_string()).expect("it is a scenario file");
    assert_eq!(again, cell.scenario);
    let run = sim::Recording::run(Rc::new(again), 1).expect("its names are known");
    let robot = run.node_named("robot-1").expect("it is there");
    assert_eq!(run.received(robot, &question().filter), 2);
}
