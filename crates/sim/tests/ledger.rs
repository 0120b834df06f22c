//! The message ledger and the answers to "why?" and "why not?", held against runs.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use mqtt_proto::Packet;
use sim::ledger::{Ledger, Origin};
use sim::why::{Part, why, why_not};
use sim::{NodeId, RecordKind, Recording, Scenario, random};
use std::fs;
use std::path::Path;
use std::rc::Rc;

fn run(text: &str) -> Recording {
    let scenario = Scenario::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let seed = scenario.seed;
    Recording::run(Rc::new(scenario), seed).expect("its names are known")
}

fn scenario(name: &str) -> Recording {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    run(&fs::read_to_string(folder.join(name).with_extension("mqtt")).expect("it is there"))
}

fn worlds() -> impl Iterator<Item = (String, Recording)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let files = fs::read_dir(folder).expect("the folder is there");
    let files = files.filter_map(|entry| {
        let path = entry.expect("it can be read").path();
        let is_scenario = path.extension().is_some_and(|ending| ending == "mqtt");
        let text = is_scenario.then(|| fs::read_to_string(&path).expect("it can be read"))?;
        Some((path.display().to_string(), run(&text)))
    });
    let random = (0..150).map(|seed| {
        let scenario = Rc::new(random::scenario(seed));
        let run = Recording::run(scenario, seed).expect("its names are known");
        (format!("seed {seed}"), run)
    });
    files.chain(random)
}

/// By payload and topic, which random worlds never use twice, the ledger's own way is checked: marks and causes.
#[test]
fn every_packet_and_every_delivery_is_of_the_message_that_it_looks_like() {
    for (name, run) in worlds() {
        let log = run.log();
        let ledger = Ledger::at(log, log.end());
        let mut deliveries = 0;
        for record in log.records(log.end()) {
            match &record.kind {
                RecordKind::Sent(flight) => {
                    let Some(Packet::Publish(publish)) = flight.packet() else {
                        continue;
                    };
                    let id = sim::FlightId(record.id);
                    let Some(copy) = ledger.copy_of(id) else {
                        // Of a sender that says nothing: known when it has come to the end of its way.
                        let fate = log.fate(id, log.end());
                        assert_eq!(fate, None, "{name}: {record:?} is of no message");
                        continue;
                    };
                    let copy = ledger.copy(copy).expect("it is there");
                    assert_eq!((copy.from, copy.to), (flight.from, flight.to), "{name}");
                    assert_eq!(copy.qos, Some(publish.delivery.qos()), "{name}");
                    assert_eq!(copy.id, publish.delivery.id(), "{name}");
                    let message = ledger.message(copy.message).expect("it is there");
                    assert_eq!(message.payload, publish.payload, "{name}: {record:?}");
                    if let Some(topic) = &publish.topic {
                        assert_eq!(message.topic.as_ref(), Some(topic), "{name}: {record:?}");
                    }
                }
                RecordKind::Delivered(delivered) => {
                    deliveries += 1;
                    let message = ledger.about(log, record.id).expect("of some message");
                    let message = ledger.message(message).expect("it is there");
                    assert_eq!(message.payload, delivered.payload, "{name}: {record:?}");
                }
                _ => {}
            }
        }
        let counted: usize = ledger.messages().iter().map(|it| it.deliveries.len()).sum();
        assert_eq!(counted, deliveries, "{name}");
    }
}

/// What the ledger says is still kept is what the machines still keep.
#[test]
fn what_is_open_at_the_end_is_what_the_machines_have_in_flight() {
    for (name, run) in worlds() {
        let log = run.log();
        let ledger = Ledger::at(log, log.end());
        for index in 0..log.nodes().len() {
            let node = NodeId(u16::try_from(index).expect("few"));
            let mut kept = Vec::new();
            let state = run.head().node(node).expect("it is there");
            if let Some(device) = state.device() {
                kept.extend(
                    device
                        .client()
                        .in_flight()
                        .filter(|row| row.tag.is_some())
                        .map(|row| (None, row.id, row.message.is_some())),
                );
            }
            if let Some(broker) = state.broker() {
                for session in broker.sessions() {
                    kept.extend(
                        session
                            .in_flight()
                            .filter(|row| row.tag.is_some())
                            .map(|row| {
                                let id = String::from(session.client_id());
                                (Some(id), row.id, row.message.is_some())
                            }),
                    );
                }
            }
            let mut ours: Vec<_> = ledger
                .copies()
                .iter()
                .filter(|copy| {
                    copy.from == node
                        && copy.end.is_none()
                        && copy.qos != Some(mqtt_proto::Qos::AtMostOnce)
                })
                .map(|copy| {
                    let to = run.head().node(copy.to).and_then(|to| to.device());
                    let to = to.map(|to| to.client().client_id().to_string());
                    (to, copy.id, copy.owner().is_some())
                })
                .collect();
            kept.sort();
            ours.sort();
            assert_eq!(ours, kept, "{name}: {}", log.name(node));
        }
    }
}

#[test]
fn a_ledger_that_reads_on_is_the_one_that_reads_at_once() {
    for (name, run) in worlds().take(20) {
        let log = run.log();
        let mut ledger = Ledger::default();
        for cursor in 0..=log.end().0 {
            ledger.advance(log, sim::Cursor(cursor));
        }
        let whole = Ledger::at(log, log.end());
        assert_eq!(ledger.messages(), whole.messages(), "{name}");
        assert_eq!(ledger.copies(), whole.copies(), "{name}");
    }
}

/// The chain behind each record ends at what the scenario did, and names nothing that came later.
#[test]
fn every_chain_goes_back_to_an_act() {
    for (name, run) in worlds().take(40) {
        let log = run.log();
        let ledger = Ledger::at(log, log.end());
        for record in log.records(log.end()) {
            let chain = why(log, &ledger, record.id);
            assert!(chain.is_sorted_by(|a, b| a.record < b.record), "{name}");
            let last = chain.last().expect("itself at least");
            assert_eq!(
                (last.record, last.part),
                (record.id, Part::Itself),
                "{name}"
            );
            let first = log.record(chain[0].record).expect("it is there");
            assert!(
                matches!(first.kind, RecordKind::Stimulus(_)),
                "{name}: {record:?} goes back to {first:?}"
            );
        }
    }
}

fn step_lines(run: &Recording, chain: &[sim::why::Link]) -> Vec<String> {
    let log = run.log();
    let records = chain.iter().filter_map(|link| {
        let record = log.record(link.record)?;
        let line = match &record.kind {
            RecordKind::Stimulus(action) => action.to_string(),
            _ => log.ladder_line(record)?.to_string(),
        };
        Some(format!("{:?}: {line}", link.part))
    });
    records.collect()
}

#[test]
fn the_robot_moved_twice_because_puback_was_lost_with_the_link() {
    let run = scenario("qos1-puback-lost");
    let log = run.log();
    let ledger = Ledger::at(log, log.end());
    let deliveries: Vec<_> = ledger.messages()[0].deliveries.clone();
    assert_eq!(deliveries.len(), 2);
    let chain = why(log, &ledger, deliveries[1].record);
    let text = step_lines(&run, &chain).join("\n");
    for part in [
        "Cause: phone-1 publish \"robot/move\" \"forward 1 m\" qos 1",
        "Before: 1.040  broker -> robot-1  PUBLISH 1 QoS 1",
        "Missing: 1.130  robot-1 -- broker  link cut, PUBACK 1 lost",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

const WORLD: &str = r#"scenario "t"
version VERSION
until 20 s

node broker broker

node p phone
  reconnect when-link-is-up
  PUBLISHER

node s phone
  reconnect when-link-is-up
  SUBSCRIBER

link p to broker

link s to broker

at 0 s: p connect
at 0 s: s connect
"#;

/// What the settings and the acts are, and why the last message that `p` publishes does not reach `s`.
const WHY_NOT: &[(&str, &str, &str, &str, &str)] = &[
    (
        "granted QoS 0 and offline",
        "",
        "session kept; subscribe \"t\"",
        "at 3.2 s: cut s to broker; at 4 s: p publish \"t\" \"m\" qos 1",
        "not delivered: granted QoS 0 and offline at 4.01 s",
    ),
    (
        "published at QoS 0 and offline",
        "",
        "session kept; subscribe \"t\" qos 1",
        "at 3.2 s: cut s to broker; at 4 s: p publish \"t\" \"m\"",
        "not delivered: published at QoS 0 and offline at 4.01 s",
    ),
    (
        "a clean session ends with its connection",
        "",
        "subscribe \"t\" qos 1",
        "at 3 s: cut s to broker; at 4 s: p publish \"t\" \"m\" qos 1",
        "not delivered: the subscription of s ended with its session at 3 s, its connection closed",
    ),
    (
        "it waits in the session",
        "",
        "session kept; subscribe \"t\" qos 1",
        "at 3 s: cut s to broker; at 4 s: p publish \"t\" \"m\" qos 1",
        "not delivered yet: it waits in the session of s since 4.01 s",
    ),
    (
        "no subscription",
        "",
        "",
        "at 4 s: p publish \"t\" \"m\" qos 1",
        "not delivered: s had no matching subscription at 4.01 s",
    ),
    (
        "a subscription that came too late",
        "",
        "",
        "at 4 s: p publish \"t\" \"m\" qos 1; at 5 s: s subscribe \"t\"",
        "not delivered: published at 4.01 s, and s subscribed only at 5.01 s",
    ),
    (
        "unsubscribed",
        "",
        "subscribe \"t\" qos 1",
        "at 3 s: s unsubscribe \"t\"; at 4 s: p publish \"t\" \"m\" qos 1",
        "not delivered: s had unsubscribed at 3.01 s",
    ),
    (
        "unsubscribed before its session ended",
        "",
        "subscribe \"t\" qos 1",
        "at 2 s: s unsubscribe \"t\"; at 3 s: s disconnect; at 4 s: p publish \"t\" \"m\" qos 1",
        "not delivered: s had unsubscribed at 2.01 s",
    ),
    (
        "lost before the broker",
        "",
        "subscribe \"t\"",
        "at 4 s: p publish \"t\" \"m\"; when PUBLISH from p is on the wire: cut p to broker",
        "not delivered: lost on the way to the broker at 4.005 s",
    ),
    (
        "lost before the broker, and kept by its publisher",
        "session kept",
        "subscribe \"t\" qos 1",
        "at 4 s: p publish \"t\" \"m\" qos 1; when PUBLISH from p is on the wire: cut p to broker",
        "not delivered yet: lost on the way to the broker at 4.005 s, and kept by p until its session goes on",
    ),
    (
        "lost before the broker, and kept by its publisher, QoS 2",
        "session kept",
        "subscribe \"t\" qos 2",
        "at 4 s: p publish \"t\" \"m\" qos 2; when PUBLISH from p is on the wire: cut p to broker",
        "not delivered yet: lost on the way to the broker at 4.005 s, and kept by p until its session goes on",
    ),
    (
        "lost before the broker, and the publisher's session with its connection",
        "",
        "subscribe \"t\" qos 1",
        "at 4 s: p publish \"t\" \"m\" qos 1; when PUBLISH from p is on the wire: cut p to broker",
        "not delivered: p gave it up at 4.005 s",
    ),
    (
        "lost after the broker",
        "",
        "subscribe \"t\"",
        "at 4 s: p publish \"t\" \"m\"; when PUBLISH to s is on the wire: cut s to broker",
        "not delivered: lost on the way to s at 4.015 s, and QoS 0 is not sent again",
    ),
    (
        "lost after the broker, and kept",
        "",
        "session kept; subscribe \"t\" qos 1",
        "at 4 s: p publish \"t\" \"m\" qos 1; when PUBLISH to s is on the wire: cut s to broker",
        "not delivered yet: lost on the way to s at 4.015 s, and kept until its session goes on",
    ),
    (
        "the publisher is offline, QoS 0",
        "",
        "subscribe \"t\"",
        "at 3 s: cut p to broker; at 4 s: p publish \"t\" \"m\"",
        "not delivered: p never sent it at 4 s, cannot: not connected",
    ),
    (
        "the publisher is offline, QoS 1",
        "session kept",
        "subscribe \"t\" qos 1",
        "at 3 s: cut p to broker; at 4 s: p publish \"t\" \"m\" qos 1",
        "not delivered: it waits at p since 4 s, which is not connected",
    ),
    (
        "the publisher is connected, and may not send more yet",
        "session kept",
        "subscribe \"t\" qos 1",
        "at 3 s: silence p to broker; at 4 s: p publish \"t\" \"1\" qos 2; at 4 s: p publish \"t\" \"m\" qos 2",
        "not delivered: it waits at p since 4 s",
    ),
    (
        "the publisher has no power",
        "",
        "subscribe \"t\" qos 1",
        "at 3 s: p power-off; at 4 s: p publish \"t\" \"m\" qos 1",
        "not delivered: p was not running at 4 s",
    ),
    (
        "the broker keeps no more for a session",
        "",
        "session kept; subscribe \"t\" qos 1",
        "at 3 s: cut s to broker; at 4 s: p publish \"t\" \"1\" qos 1; at 5 s: p publish \"t\" \"m\" qos 1",
        "not delivered: no copy at 5.01 s, its queue is full",
    ),
    (
        "it does not read, QoS 0",
        "",
        "subscribe \"t\"",
        "at 3 s: stall s to broker; at 4 s: p publish \"t\" \"fills the window\"; at 5 s: p publish \"t\" \"fills the backlog\"; at 6 s: p publish \"t\" \"m\"",
        "not delivered: no copy at 6.01 s, QoS 0, and the connection is too slow",
    ),
    (
        "it does not read, QoS 1",
        "",
        "subscribe \"t\" qos 1",
        "at 3 s: stall s to broker; at 4 s: p publish \"t\" \"fills the window\"; at 5 s: p publish \"t\" \"fills the backlog\"; at 6 s: p publish \"t\" \"m\" qos 1",
        "not delivered yet: it waits in the session of s since 6.01 s, whose connection is slow",
    ),
    (
        "the access list forbids to publish",
        "",
        "subscribe \"t\" qos 1",
        "at 4 s: p publish \"t\" \"m\" qos 1",
        "not delivered: the access list did not let p publish it at 4.01 s",
    ),
    (
        "a topic of the broker's own, without an access list",
        "",
        "subscribe \"$SYS/x\" qos 1",
        "at 4 s: p publish \"$SYS/x\" \"m\" qos 1",
        "not delivered: topics under $SYS are the broker's own, and p cannot publish there (4.01 s)",
    ),
    (
        "the access list forbids to receive",
        "",
        "subscribe \"+\" qos 1",
        "at 4 s: p publish \"t\" \"m\" qos 1",
        "not delivered: no copy at 4.01 s, the access list does not let it read the topic",
    ),
    (
        "the access list forbids to subscribe",
        "",
        "subscribe \"t\" qos 1",
        "at 4 s: p publish \"t\" \"m\" qos 1",
        "not delivered: the subscription of s was refused at 50 ms, 0x87 Not authorized",
    ),
    (
        "the broker forgets",
        "",
        "session kept; subscribe \"t\" qos 1",
        "at 3 s: cut s to broker; at 4 s: p publish \"t\" \"m\" qos 1; at 5 s: broker crash for 1 s",
        "not delivered: the broker started with an empty memory at 6 s",
    ),
];

/// As above, of what only 5.0 has. With No Local `s` publishes itself.
const WHY_NOT_IN_5: &[(&str, &str, &str, &str, &str)] = &[
    (
        "No Local",
        "",
        "subscribe \"t\" qos 1 no-local",
        "at 4 s: s publish \"t\" \"m\" qos 1",
        "not delivered: no copy at 4.01 s, it published the message itself and asked for No Local",
    ),
    (
        "expired in the session",
        "",
        "session kept; subscribe \"t\" qos 1; reconnect when-link-is-up",
        "at 3 s: cut s to broker for 5 s; at 4 s: p publish \"t\" \"m\" qos 1 expires 2 s",
        "not delivered: the broker gave the copy for s up at 8.03 s, expired",
    ),
    (
        "too large for the subscriber",
        "",
        "max-packet 40 B; subscribe \"t\" qos 1",
        "at 4 s: p publish \"t\" \"more than its Maximum Packet Size allows\" qos 1",
        "not delivered: no copy at 4.01 s, given up, too large for the peer",
    ),
    (
        "too large for the subscriber, QoS 0",
        "",
        "max-packet 40 B; subscribe \"t\"",
        "at 4 s: p publish \"t\" \"more than its Maximum Packet Size allows\"",
        "not delivered: no copy at 4.01 s, given up, too large for the peer",
    ),
];

#[test]
fn every_missing_delivery_has_its_reason() {
    for version in ["3.1.1", "5.0"] {
        let more = if version == "5.0" { WHY_NOT_IN_5 } else { &[] };
        for (name, publisher, subscriber, acts, expected) in WHY_NOT.iter().chain(more) {
            let settings = |text: &str| text.replace("; ", "\n  ");
            let mut text = WORLD
                .replace("VERSION", version)
                .replace("PUBLISHER", &settings(publisher))
                .replace("SUBSCRIBER", &settings(subscriber));
            if name.contains("forgets") {
                text = text.replace(
                    "node broker broker\n",
                    "node broker broker\n  storage forgets\n",
                );
            }
            let access = match *name {
                "the access list forbids to publish" => {
                    "  access \"topic readwrite other/#\"\n  access \"pattern readwrite t/%c\"\n  access \"topic read t\"\n"
                }
                "the access list forbids to receive" => {
                    "  access \"pattern write +\"\n  access \"topic read u\"\n"
                }
                "the access list forbids to subscribe" => "  access \"topic write t\"\n",
                _ => "",
            };
            text = text.replace(
                "node broker broker\n",
                &format!("node broker broker\n{access}"),
            );
            if name.contains("keeps no more") {
                text = text.replace(
                    "node broker broker\n",
                    "node broker broker\n  session-queue 1\n",
                );
            }
            if name.contains("does not read") {
                text = text
                    .replace(
                        "node broker broker\n",
                        "node broker broker\n  backlog 10 B\n",
                    )
                    .replace("link s to broker\n", "link s to broker\n  window 20 B\n");
            }
            if name.contains("may not send more") {
                if version == "3.1.1" {
                    // There it may always.
                    continue;
                }
                text = text.replace(
                    "node broker broker\n",
                    "node broker broker\n  receive-maximum 1\n",
                );
            }
            text.push_str(&acts.replace("; ", "\n"));
            let run = run(&text);
            let log = run.log();
            let ledger = Ledger::at(log, log.end());
            let message = ledger
                .messages()
                .iter()
                .rposition(|message| message.origin == Origin::Published)
                .expect("one was published");
            let message = sim::ledger::MessageId(u32::try_from(message).expect("few"));
            let s = run.node_named("s").expect("it is there");
            let found = why_not(log, &ledger, message, s).expect("it was not delivered");
            assert_eq!(found.text, *expected, "{name}, {version}");
            for record in &found.because {
                let chain = why(log, &ledger, *record);
                let root = log.record(chain[0].record).expect("it is there");
                assert!(matches!(root.kind, RecordKind::Stimulus(_)), "{name}");
            }
        }
    }
}
