//! Real traffic, and our own exports read back.

use super::{Captured, Fault, Findings, Import};
use crate::run::Run;
use crate::text::{Dictionary, Language, Voice};
use crate::work::Work;
use sim::scenario::{LinkMode, NodeKind};
use sim::{FlightId, Log, NodeId, RecordKind};

fn read(file: &[u8], piece: usize) -> Result<Captured, Fault> {
    let mut import = Import::new("a.pcapng".to_owned());
    for bytes in file.chunks(piece) {
        import.take(bytes)?;
    }
    let mut build = import.finish()?;
    while !build.advance(100) {}
    Ok(build.done())
}

/// The packets of a log: when, from whom, to whom, what bytes; what became of it, and when.
type Trip = (u64, String, String, Vec<u8>, Option<bool>, u64);

fn trips(log: &Log, name: &dyn Fn(NodeId) -> String) -> Vec<Trip> {
    let sent = log.records(log.end()).iter();
    let sent = sent.filter_map(|record| match &record.kind {
        RecordKind::Sent(flight) => Some((record, flight)),
        _ => None,
    });
    sent.map(|(record, it)| {
        let fate = log.fate(FlightId(record.id), log.end());
        (
            record.at.as_micros(),
            name(it.from),
            name(it.to),
            it.bytes.to_vec(),
            fate.map(|it| it.arrived),
            fate.map_or(0, |it| it.at.as_micros()),
        )
    })
    .collect()
}

fn names(log: &Log) -> impl Fn(NodeId) -> String {
    |node| log.name(node).to_owned()
}

#[test]
fn real_traffic_is_a_log() {
    let file = include_bytes!("../../../capture/tests/mosquitto.pcapng");
    let captured = read(file, 1000).unwrap();
    let log = &captured.log;
    let findings = Findings {
        connections: 4,
        ..Findings::default()
    };
    assert_eq!(captured.findings, findings);
    let nodes: Vec<&str> = log.nodes().iter().map(|it| it.name.as_str()).collect();
    assert_eq!(nodes, ["broker", "robot-1", "phone-1"]);
    let text = log.ladder_text(log.end());
    let steps = [
        "robot-1 -> broker  CONNECT clean 0 keep alive 60 s",
        "broker -> robot-1  SUBACK 1 QoS 2",
        "phone-1 -> broker  PUBLISH 1 QoS 2 robot/move \"forward 2 m\"",
        "broker -> robot-1  PUBLISH 2 QoS 2 robot/move \"forward 2 m\"",
        "robot-1 -> broker  PUBCOMP 2",
        "phone-1 -> broker  DISCONNECT",
    ];
    let mut rest = text.as_str();
    for step in steps {
        let at = rest.find(step);
        rest = &rest[at.unwrap_or_else(|| panic!("{step} in {rest}"))..];
    }
    assert_eq!(log.steps().len(), 28);
    let all = trips(log, &names(log));
    assert!(all.iter().all(|it| it.4 == Some(true)), "{all:?}");
    // An answer follows from what asks for it.
    let caused = |step: usize| {
        let record = log.record(log.steps()[step]).unwrap();
        let arrival = log.record(record.cause?)?;
        match arrival.kind {
            RecordKind::Arrived { flight } => {
                log.line(flight.0).split("  ").nth(2).map(str::to_owned)
            }
            _ => None,
        }
    };
    assert!(caused(1).unwrap().starts_with("CONNECT"));
    assert!(caused(25).unwrap().starts_with("PUBREL 2"));
    assert_eq!(caused(24).as_deref().map(|it| &it[..8]), Some("PUBREC 2"));
    assert_eq!(caused(8), None);
    // However it is cut up, it is the same.
    assert_eq!(read(file, 7).unwrap().log, captured.log);
}

/// A capture without its first frames: a block of type 6 is a frame.
fn later(file: &[u8], frames: usize) -> Vec<u8> {
    let (mut rest, mut seen, mut kept) = (file, 0, Vec::new());
    while let Some(head) = rest.first_chunk::<8>() {
        let number = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().unwrap());
        let (block, more) = rest.split_at(usize::try_from(number(4)).unwrap());
        seen += usize::from(number(0) == 6);
        if number(0) != 6 || seen > frames {
            kept.extend_from_slice(block);
        }
        rest = more;
    }
    kept
}

#[test]
fn what_began_before_the_capture_is_told_from_what_cannot_be_read() {
    let words = Dictionary::default();
    let built_in = crate::library::built_in();
    let per_hop = built_in.iter().find(|it| &*it.file == "qos-per-hop");
    let run = Run::of(
        Work::untouched(per_hop.unwrap()),
        &device::script::Interpreter::default(),
    )
    .unwrap();
    let (log, story) = (run.log(), run.story());
    let voice = Voice::new(Language::English, &words);
    let file = crate::capture::pcapng(voice, log, story, story.records()).unwrap();
    let file = file.as_slice();
    // The protocol name of 3.1 begins with these letters.
    let mut unreadable = file.to_vec();
    while let Some(at) = unreadable.windows(6).position(|it| it == b"\0\x04MQTT") {
        unreadable[at + 2..at + 6].copy_from_slice(b"MQIs");
    }
    let findings = read(&unreadable, 1000).unwrap().findings;
    assert_eq!((findings.without_start, findings.without_connect), (0, 4));
    // The SYN, its answer, and the CONNECT of the first connection are not there.
    let findings = read(&later(file, 4), 1000).unwrap().findings;
    assert_eq!((findings.without_start, findings.without_connect), (1, 0));
}

/// Our own exports, read back: the same packets between the same clients at the same times, and the same of them arrive.
#[test]
fn an_exported_run_is_read_again() {
    let words = Dictionary::default();
    let voice = Voice::new(Language::English, &words);
    for built_in in crate::library::built_in() {
        // What such links do, no TCP does.
        if built_in
            .scenario
            .links
            .iter()
            .any(|it| it.mode != LinkMode::Stream)
        {
            continue;
        }
        let run = Run::of(
            Work::untouched(&built_in),
            &device::script::Interpreter::default(),
        )
        .unwrap();
        let (log, story) = (run.log(), run.story());
        let file = crate::capture::pcapng(voice, log, story, story.records()).unwrap();
        let captured = read(&file, 4096).unwrap();
        // A capture knows clients by their ids.
        let client_id = |node: NodeId| match &built_in.scenario.nodes[usize::from(node.0)].kind {
            NodeKind::Device(device) => device.client_id.as_str().to_owned(),
            _ => "broker".to_owned(),
        };
        let (own, read) = (
            trips(log, &client_id),
            trips(&captured.log, &names(&captured.log)),
        );
        assert_eq!(own.len(), read.len(), "{}", built_in.file);
        for (own, read) in own.iter().zip(&read) {
            let what = |it: &Trip| (it.0, it.1.clone(), it.2.clone(), it.3.clone());
            assert_eq!(what(own), what(read), "{}", built_in.file);
            let arrived = |it: &Trip| it.4 == Some(true);
            assert_eq!(
                arrived(own),
                arrived(read),
                "{}: {own:?} {read:?}",
                built_in.file
            );
            if arrived(own) {
                // Never later than it was, and not much earlier.
                assert!(
                    read.5 <= own.5 && own.5 - read.5 < 600_000,
                    "{own:?} {read:?}"
                );
            }
        }
    }
}
