//! The cut-point map equals what the standard promises, at every byte.

#![allow(clippy::expect_used)]

use mqtt_proto::{Duration, Qos, Text, TopicFilter};
use sim::Scenario;
use sim::cuts::{Cell, CutQuestion, Grain, Map, RowKind};
use sim::scenario::SessionSpec;
use std::fs;
use std::path::Path;
use std::rc::Rc;

const STORY: &str = include_str!("../../../scenarios/qos1-puback-lost.mqtt");

fn question() -> CutQuestion {
    CutQuestion {
        device: "robot-1".to_owned(),
        filter: TopicFilter::new(Text::try_from("robot/move").expect("short")).expect("plain"),
        span: Duration::from_secs(2),
    }
}

/// The map of a scenario with one QoS, and one kind of session for the robot; and the number of the row that is that.
fn map_of(qos: Qos, session: SessionSpec) -> (Map, usize) {
    let text = STORY.replace("qos 1", &format!("qos {}", qos.bits()));
    let text = match session {
        SessionSpec::Clean => text.replace("  session kept\n", ""),
        SessionSpec::Kept => text,
    };
    let scenario = Scenario::parse(&text).expect("it is one");
    let mut map = Map::new(&scenario, question(), Grain::EVERYTHING).expect("a robot");
    map.finish();
    let row = map.rows().iter().position(|row| row.is_written);
    (map, row.expect("a scenario is a row of its map"))
}

fn cells(qos: Qos, session: SessionSpec) -> Vec<Cell> {
    let (map, row) = map_of(qos, session);
    map.rows().get(row).expect("there").cells.clone()
}

/// A line for each packet: how often its message is delivered when 0, 1, 2, … of its bytes arrive.
fn map(qos: Qos, session: SessionSpec) -> String {
    let cells = cells(qos, session);
    let packets = cells.chunk_by(|a, b| a.packet == b.packet);
    packets
        .map(|packet| {
            let first = packet.first().expect("a packet has bytes").place;
            let arrow = if first.from_device { "->" } else { "<-" };
            let digits: String = packet
                .iter()
                .map(|cell| cell.deliveries.expect("it is done").to_string())
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
            let times = cell.deliveries.expect("it is done");
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
    let (map, row) = map_of(Qos::AtLeastOnce, SessionSpec::Kept);
    let mut cells = map.rows().get(row).expect("there").cells.iter();
    let twice = cells.position(|cell| cell.deliveries == Some(2));
    let twice = twice.expect("the robot that moved twice");
    let scenario = map
        .scenario(row, Some(twice))
        .expect("a cell is a scenario");
    let again = Scenario::parse(&scenario.to_string()).expect("it is a scenario file");
    assert_eq!(again, *scenario);
    let run = sim::Recording::run(Rc::new(again), 1).expect("its names are known");
    let robot = run.node_named("robot-1").expect("it is there");
    assert_eq!(run.received(robot, &question().filter), 2);
}

#[test]
fn a_map_is_the_same_in_however_many_steps_it_is_made() {
    let (whole, _) = map_of(Qos::AtLeastOnce, SessionSpec::Kept);
    let mut scenario = Scenario::parse(STORY).expect("it is one");
    let mut map = Map::new(&scenario, question(), Grain::EVERYTHING).expect("a robot");
    let mut steps = 0;
    while !map.is_done() {
        assert!(map.progress().0 < map.progress().1);
        map.advance(100);
        steps += 1;
    }
    assert!(steps > 10, "{steps}");
    assert_eq!(map.progress().0, map.progress().1);
    let cells = |map: &Map| -> Vec<Vec<Cell>> {
        let rows = map.rows().iter();
        rows.map(|row| row.cells.clone()).collect()
    };
    assert_eq!(cells(&map), cells(&whole));
    let kinds: Vec<RowKind> = map.rows().iter().map(|row| row.kind).collect();
    assert!(
        !kinds.contains(&RowKind::Written),
        "it is one of the others"
    );

    // A longer packet in fewer pieces, and fewer packets.
    let grain = Grain {
        packets_max: 1,
        parts_max: 2,
    };
    let mut coarse = Map::new(&scenario, question(), grain).expect("a robot");
    coarse.finish();
    let row = coarse.rows().get(2).expect("QoS 1, kept");
    let arrived: Vec<(u32, Option<u32>)> = row
        .cells
        .iter()
        .map(|cell| (cell.arrived_bytes, cell.deliveries))
        .collect();
    assert_eq!(arrived, [(0, Some(1)), (13, Some(1)), (27, Some(2))]);
    assert!(row.is_short);

    // What cannot be made is not waited for.
    let link = scenario.links.first().expect("a link").clone();
    scenario.links.push(link);
    let last = scenario.links.last_mut().expect("a link");
    last.b = "nobody".to_owned();
    let mut none = Map::new(&scenario, question(), Grain::EVERYTHING).expect("a robot");
    none.advance(1);
    assert!(none.is_done());

    let nobody = CutQuestion {
        device: "nobody".to_owned(),
        ..question()
    };
    assert!(Map::new(&scenario, nobody, Grain::EVERYTHING).is_err());
}

/// What a map opens on first says something: kept sessions get what was lost, and QoS 0 does not.
#[test]
fn a_device_that_comes_back_gets_what_its_session_kept() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    for (name, device) in [("topics", "display-2"), ("qos2", "robot-1")] {
        let text =
            fs::read_to_string(folder.join(name).with_extension("mqtt")).expect("it is there");
        let scenario = Scenario::parse(&text).expect("it is one");
        assert!(!sim::cuts::never_comes_back(&scenario, device), "{name}");
        let question = CutQuestion {
            device: device.to_owned(),
            filter: "#".try_into().expect("a filter"),
            span: Duration::from_secs(2),
        };
        let grain = Grain {
            packets_max: 8,
            parts_max: 2,
        };
        let mut map = Map::new(&scenario, question, grain).expect("the device is there");
        map.finish();
        let lost = |qos: u8| {
            let rows = map.rows().iter();
            let mut rows = rows.filter(|row| {
                matches!(row.kind, RowKind::Variant(of, session)
                    if of.bits() == qos && (qos == 0 || session == SessionSpec::Kept))
            });
            let row = rows.next().expect("it is a row");
            let cells = row.cells.iter().filter(|cell| cell.deliveries < row.plain);
            cells.count()
        };
        assert!(lost(0) > 0, "{name}");
        assert_eq!((lost(1), lost(2)), (0, 0), "{name}");
    }
}
