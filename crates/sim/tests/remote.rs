//! Nodes whose program is outside. A broker in a second world stands for the real one: the bytes of the first world are
//! carried to it and back, as a host does it with a WebSocket.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use bytes::Bytes;
use mqtt_proto::{Duration, Instant};
use sim::ledger::{Ledger, MessageId};
use sim::remote::What;
use sim::scenario::{Action, LinkSpec, NodeAction, NodeKind, NodeSpec, Outside, RemoteRole};
use sim::twin::{Comparison, Differs};
use sim::why::{Reason, why_not};
use sim::{Cursor, Log, RecordKind, Recording, Scenario, WorldError};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::rc::Rc;

fn scenario(name: &str) -> Scenario {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let text = fs::read_to_string(folder.join(name).with_extension("mqtt")).expect("it is there");
    Scenario::parse(&text).expect("it is a scenario")
}

fn outside(node: &str, what: Outside) -> Action {
    Action::Node {
        node: node.to_owned(),
        act: NodeAction::Outside(what),
    }
}

/// A scenario's broker alone, with its devices outside.
fn other_side(scenario: &Scenario) -> Scenario {
    let mut other = scenario.clone();
    let is_broker = |name: &String| {
        let mut nodes = scenario.nodes.iter();
        nodes.any(|node| node.name == *name && node.kind == NodeKind::Broker)
    };
    for node in &mut other.nodes {
        if node.kind != NodeKind::Broker {
            *node = NodeSpec::new(node.name.clone(), NodeKind::Remote(RemoteRole::Device));
        }
    }
    for link in &mut other.links {
        *link = LinkSpec {
            latency: Duration::ZERO,
            ..LinkSpec::new(link.a.clone(), link.b.clone())
        };
    }
    other.events.retain(|planned| match &planned.action {
        Action::Node { node, .. } => is_broker(node),
        _ => false,
    });
    other.expectations.clear();
    other.lesson = None;
    other
}

/// Two worlds with a wire between them.
struct Pair {
    devices: Recording,
    broker: Recording,
    /// What each has handed out.
    done: [Cursor; 2],
    /// Connections of the devices' world by their numbers there, and the other way round.
    there: BTreeMap<u32, u32>,
    here: BTreeMap<u32, (u32, String)>,
    broker_name: String,
    device_of: BTreeMap<u32, String>,
    /// Dials that are answered after a round trip: when, number, by whom.
    dials: Vec<(Instant, u32, String)>,
}

impl Pair {
    fn new(scenario: &Scenario) -> Self {
        let (devices, _) = scenario.with_broker_outside();
        let broker = scenario
            .nodes
            .iter()
            .find(|node| node.kind == NodeKind::Broker)
            .expect("a broker");
        let start = |scenario: Scenario| {
            let seed = scenario.seed;
            Recording::new(Rc::new(scenario), seed).expect("its names are known")
        };
        Self {
            broker_name: broker.name.clone(),
            devices: start(devices),
            broker: start(other_side(scenario)),
            done: [Cursor::START; 2],
            there: BTreeMap::new(),
            here: BTreeMap::new(),
            device_of: BTreeMap::new(),
            dials: Vec::new(),
        }
    }

    fn tell_devices(&mut self, now: Instant, what: Outside) {
        let act = outside(&self.broker_name, what);
        self.devices.act_here(now, act).expect("it is outside");
    }

    fn tell_broker(&mut self, now: Instant, connection: u32, what: Outside) {
        let act = outside(&self.device_of[&connection], what);
        self.broker.act_here(now, act).expect("it is outside");
    }

    fn run(&mut self) {
        let end = self.devices.scenario().until;
        loop {
            let next = [&self.devices, &self.broker].map(|it| it.head().next_at());
            let answer = self.dials.first().map(|(at, ..)| *at);
            let next = next.into_iter().chain([answer]).flatten();
            let Some(now) = next.min().filter(|now| *now <= end) else {
                break;
            };
            self.devices.run_until(now);
            self.answer(now);
            self.exchange(now);
            self.broker.run_until(now);
            self.exchange(now);
        }
    }

    /// Answers the dials that are due.
    fn answer(&mut self, now: Instant) {
        while let Some((_, number, name)) =
            self.dials.first().filter(|(at, ..)| *at <= now).cloned()
        {
            self.dials.remove(0);
            let there = self.broker.head().next_connection();
            self.there.insert(number, there);
            self.here.insert(there, (number, name.clone()));
            self.device_of.insert(number, name);
            self.tell_broker(now, number, Outside::Opened { connection: there });
            let connection = number;
            let is_open = {
                let mut open = self.broker.head().remote_connections();
                open.any(|it| it.number == there)
            };
            let answer = if is_open {
                Outside::Opened { connection }
            } else {
                let why = "refused".to_owned();
                Outside::Closed { connection, why }
            };
            self.tell_devices(now, answer);
        }
    }

    fn exchange(&mut self, now: Instant) {
        let handed: Vec<_> = self.devices.handouts(self.done[0]).collect();
        self.done[0] = self.devices.log().end();
        for it in handed {
            let number = it.connection;
            match it.what {
                What::Opened => panic!("its devices are inside"),
                What::Dial { client, link } => {
                    let log = self.devices.log();
                    let name = log.name(client).to_owned();
                    let latency = log.link(link).expect("a link").latency;
                    self.dials.push((now + latency.scaled(2, 1), number, name));
                    self.dials.sort_by_key(|(at, ..)| *at);
                }
                What::Bytes(bytes) => {
                    let connection = self.there[&number];
                    self.tell_broker(now, number, Outside::Received { connection, bytes });
                }
                What::Close if !self.there.contains_key(&number) => {
                    self.dials.retain(|(_, dial, _)| *dial != number);
                }
                What::Close => {
                    let (connection, why) = (self.there[&number], String::new());
                    self.tell_broker(now, number, Outside::Closed { connection, why });
                }
            }
        }
        let handed: Vec<_> = self.broker.handouts(self.done[1]).collect();
        self.done[1] = self.broker.log().end();
        for it in handed {
            let (connection, _) = self.here[&it.connection].clone();
            match it.what {
                What::Dial { .. } | What::Opened => panic!("the devices' world dials"),
                // One packet in two pieces: where the wire cuts must not matter.
                What::Bytes(bytes) => {
                    let (first, second) = bytes.split_at(bytes.len() / 2);
                    for part in [first, second] {
                        let bytes = Bytes::copy_from_slice(part);
                        self.tell_devices(now, Outside::Received { connection, bytes });
                    }
                }
                What::Close => {
                    let why = "closed".to_owned();
                    self.tell_devices(now, Outside::Closed { connection, why });
                }
            }
        }
    }
}

/// The steps of a log, link by link: what happens on two links at one time has no order.
fn steps(log: &Log, device: &str) -> Vec<String> {
    let is_about = |line: &str| {
        line.split(' ')
            .any(|word| word == device || word.trim_end_matches(':') == device)
    };
    log.ladder_text(log.end())
        .lines()
        .filter(|line| is_about(line))
        .map(ToOwned::to_owned)
        .collect()
}

fn devices(scenario: &Scenario) -> impl Iterator<Item = &str> {
    let nodes = scenario.nodes.iter();
    let devices = nodes.filter(|node| matches!(node.kind, NodeKind::Device(_)));
    devices.map(|node| node.name.as_str())
}

#[test]
fn the_ladder_with_a_broker_outside_is_the_simulated_one() {
    for name in [
        "qos0",
        "qos1",
        "qos2",
        "qos1-puback-lost",
        "qos2-publish-lost",
        "qos2-pubrec-lost",
        "qos2-pubrel-lost",
        "qos2-pubcomp-lost",
        "retained",
        "real-broker",
        "will-power-lost",
        "will-crash",
        "will-keep-alive",
        "half-open",
        "sleeper-kept",
        "topics",
        "same-id",
        "v5-properties",
        "v5-shared",
    ] {
        let scenario = scenario(name);
        let simulated = Recording::run(Rc::new(scenario.clone()), scenario.seed).expect("it runs");
        let mut pair = Pair::new(&scenario);
        pair.run();
        for device in devices(&scenario) {
            assert_eq!(
                steps(pair.devices.log(), device),
                steps(simulated.log(), device),
                "{name}, {device}"
            );
        }
        let end = pair.devices.scenario().until;
        let twin = pair.devices.twin(end).expect("its names are known");
        let compared = pair.devices.compare_with(&twin, end);
        assert_eq!(compared.first, None, "{name}");
        assert!(compared.same > 0, "{name}");
        for verdict in pair.devices.verdicts() {
            assert!(verdict.met, "{name}: {}", verdict.expectation);
        }
    }
}

/// A run with the outside in it, from its truth alone.
fn again(run: &Recording) -> Recording {
    let text = run.scenario().to_string();
    let scenario = Scenario::parse(&text).expect("what is written can be read");
    assert_eq!(scenario, *run.scenario());
    let mut replay = Recording::new(Rc::new(scenario), run.seed()).expect("its names are known");
    for stimulus in run.stimuli() {
        // As a work keeps it: as a line of text.
        let line = format!("at {}: {}", "0 s", stimulus.action);
        let read = Scenario::parse(&format!("{text}\n{line}\n")).expect("an act can be read");
        let action = read.events.last().expect("it is there").action.clone();
        assert_eq!(action, stimulus.action);
        while replay.head().events() < stimulus.after_events {
            replay.advance().expect("there is more");
        }
        replay
            .act_here(stimulus.at, action)
            .expect("it can be done");
    }
    while replay.head().events() < run.head().events() {
        replay.advance().expect("there is more");
    }
    replay
}

#[test]
fn a_run_with_the_outside_replays_scrubs_forks_and_hashes_the_same() {
    let mut pair = Pair::new(&scenario("qos2-pubrel-lost"));
    pair.run();
    let run = &pair.devices;
    let replay = again(run);
    assert_eq!(replay.log(), run.log());
    assert_eq!(replay.log_hashes(), run.log_hashes());
    assert_eq!(replay.state_hashes(), run.state_hashes());
    assert_eq!(
        replay.handouts(Cursor::START).collect::<Vec<_>>(),
        run.handouts(Cursor::START).collect::<Vec<_>>()
    );
    let hashes = run.state_hashes();
    for events in (0..run.head().events()).step_by(7) {
        let cursor = run.cursor_after(events);
        let at = usize::try_from(run.events_at(cursor)).expect("it fits");
        assert_eq!(run.world_at(cursor).state_hash(), hashes[at]);
    }
    // In another future the outside says nothing: a packet goes out and nothing answers.
    let half = run.cursor_after(run.head().events() / 2);
    let mut fork = run.fork(half);
    fork.run_to_end();
    let heard = |log: &Log, from: Cursor| {
        let records = log.records_between(from, log.end()).iter();
        let acts = records.filter(|it| matches!(it.kind, RecordKind::Stimulus(_)));
        acts.filter(|it| {
            it.node
                .is_some_and(|it| log.nodes()[usize::from(it.0)].is_remote)
        })
        .count()
    };
    assert!(heard(run.log(), half) > 0);
    assert_eq!(heard(fork.log(), half), 0);
    assert_eq!(fork.log().records(half), run.log().records(half));
}

const ALONE: &str = "scenario \"t\"\nuntil 1 h\nremote broker cloud\n  place 400 90\nnode r robot\n  keep-alive 10 s\n\
                     link r to cloud\nat 1 s: r connect\n";

fn alone() -> Recording {
    let scenario = Scenario::parse(ALONE).expect("it is a scenario");
    let mut run = Recording::new(Rc::new(scenario), 1).expect("it runs");
    run.run_until(at(1_000));
    run
}

const fn at(millis: u64) -> Instant {
    Instant::from_micros(millis * 1000)
}

fn opened(run: &mut Recording, millis: u64) {
    let act = outside("cloud", Outside::Opened { connection: 0 });
    run.act(at(millis), act).expect("it is outside");
}

fn received(run: &mut Recording, millis: u64, bytes: &'static [u8]) {
    let bytes = Bytes::from_static(bytes);
    let connection = 0;
    let act = outside("cloud", Outside::Received { connection, bytes });
    run.act(at(millis), act).expect("it is outside");
}

fn sent(run: &Recording) -> Vec<String> {
    let log = run.log();
    let lines = log.ladder_text(log.end());
    lines.lines().map(ToOwned::to_owned).collect()
}

#[test]
fn a_dial_is_handed_out_once_and_given_up_when_nobody_answers() {
    let mut run = alone();
    let dials: Vec<_> = run.handouts(Cursor::START).collect();
    assert!(
        matches!(dials[..], [ref it] if it.connection == 0 && matches!(it.what, What::Dial { .. }))
    );
    let done = run.log().end();
    run.run_until(at(12_000));
    let rest: Vec<_> = run
        .handouts(done)
        .map(|it| (it.connection, it.what))
        .collect();
    assert_eq!(rest, [(0, What::Close)]);
    assert_eq!(sent(&run), ["11.000  r  no connection"]);
}

#[test]
fn bytes_from_outside_are_cut_into_packets_and_garbage_stays_raw() {
    let mut run = alone();
    opened(&mut run, 1_100);
    // CONNACK and half a PINGRESP, then the rest.
    received(&mut run, 1_200, b"\x20\x02\x00\x00\xd0");
    assert_eq!(
        sent(&run).last().expect("a line"),
        "1.200  cloud -> r  CONNACK session 0"
    );
    received(&mut run, 1_300, b"\x00");
    assert_eq!(
        sent(&run).last().expect("a line"),
        "1.300  cloud -> r  PINGRESP"
    );
    received(&mut run, 1_400, b"HTTP/1.1 400 Bad Request");
    run.run_until(at(1_500));
    let why = run
        .log()
        .records(run.log().end())
        .iter()
        .find_map(|it| match &it.kind {
            RecordKind::Note(note @ sim::Note::NoPacket(_)) => Some(note.to_string()),
            _ => None,
        });
    assert!(why.is_some_and(|why| why.starts_with("sent bytes that are no packet: ")));
    // The device sees it and closes: the host is told.
    let last = run.handouts(Cursor::START).last().expect("there are some");
    assert_eq!(last.what, What::Close);
}

#[test]
fn a_gate_holds_what_is_to_come_and_lets_pass_one_by_one() {
    let mut run = alone();
    opened(&mut run, 1_100);
    let link = |word: &str| {
        let text = format!("{ALONE}at 0 s: {word}\n");
        let read = Scenario::parse(&text).expect("an act");
        assert!(read.to_string().contains(word), "{word}");
        read.events.last().expect("it").action.clone()
    };
    received(&mut run, 1_200, b"\x20\x02\x00\x00");
    run.run_until(at(1_250));
    let handed = |run: &Recording| {
        let bytes = run.handouts(Cursor::START);
        bytes.filter(|it| matches!(it.what, What::Bytes(_))).count()
    };
    assert_eq!(handed(&run), 1);
    run.act(at(1_300), link("gate r to cloud toward cloud"))
        .expect("a link");
    for millis in [1_400, 1_410, 1_420] {
        let publish = link("r publish \"a\" \"x\" qos 1");
        run.act(at(millis), publish).expect("a device");
    }
    run.run_until(at(2_000));
    let id = sim::LinkId(0);
    assert_eq!(run.head().held_packets(id), (0, 3));
    assert_eq!(handed(&run), 1);
    for left in [2, 1] {
        let now = run.head().now() + Duration::from_millis(100);
        run.act(now, link("pass r to cloud toward cloud"))
            .expect("a link");
        run.run_until(now + Duration::from_millis(50));
        assert_eq!(run.head().held_packets(id), (0, left));
    }
    assert_eq!(handed(&run), 3);
    // With the connection goes what waits.
    run.act(at(5_000), link("cut r to cloud")).expect("a link");
    assert_eq!(run.head().held_packets(id), (0, 0));
    assert_eq!(run.head().gates(id), (false, true));
    // The other direction has its own gate.
    run.act(at(5_500), link("gate r to cloud")).expect("a link");
    run.act(at(5_500), link("release r to cloud toward cloud"))
        .expect("a link");
    assert_eq!(run.head().gates(id), (true, false));
    run.act(at(6_000), link("release r to cloud"))
        .expect("a link");
    assert_eq!(run.head().gates(id), (false, false));
    assert_eq!(handed(&run), 3);
}

#[test]
fn only_the_outside_does_what_the_outside_does() {
    let mut run = alone();
    let off = Action::Node {
        node: "cloud".to_owned(),
        act: NodeAction::PowerOff { span: None },
    };
    assert_eq!(
        run.act(at(1_000), off),
        Err(WorldError::IsOutside("cloud".to_owned()))
    );
    let opened = outside("r", Outside::Opened { connection: 0 });
    assert_eq!(
        run.act(at(1_000), opened),
        Err(WorldError::IsInside("r".to_owned()))
    );
}

#[test]
fn the_first_packet_that_the_simulated_broker_would_not_send_is_found() {
    let mut run = alone();
    opened(&mut run, 1_100);
    // A session, though the client wants a new one.
    received(&mut run, 1_200, b"\x20\x02\x01\x00");
    run.run_until(at(9_000));
    let twin = run.twin(at(9_000)).expect("its names are known");
    let compared = run.compare_with(&twin, at(9_000));
    let first = compared.first.expect("they differ");
    assert_eq!((first.nth, run.log().name(first.from)), (1, "cloud"));
    let line = |log: &Log, record: Option<sim::RecordId>| log.line(record.expect("a packet"));
    assert!(line(run.log(), first.real).ends_with("CONNACK session 1"));
    assert!(line(twin.log(), first.simulated).ends_with("CONNACK session 0"));
}

/// Devices outside that come while the run goes on: the log and the states are those of a run in which they were there from
/// the beginning.
#[test]
fn a_node_that_comes_later_was_always_there_for_a_replay() {
    const WORLD: &str = "scenario \"Guests\"\nuntil 20 s\nnode broker broker\n";
    const CONNECT: &[u8] = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01";
    const SUBSCRIBE: &[u8] = b"\x82\x06\x00\x01\x00\x01t\x02";
    const PUBLISH: &[u8] = b"\x34\x06\x00\x01t\x00\x07a";
    let scenario = Rc::new(Scenario::parse(WORLD).expect("it is a scenario"));
    let mut run = Recording::new(scenario, 7).expect("it can be run");
    let mut at = Instant::ZERO;
    for (name, says) in [("a", SUBSCRIBE), ("b", PUBLISH), ("c", PUBLISH)] {
        at += Duration::from_millis(100);
        run.run_until(at);
        run.grow(
            vec![NodeSpec::new(
                name.to_owned(),
                NodeKind::Remote(RemoteRole::Device),
            )],
            vec![LinkSpec::new(name.to_owned(), "broker".to_owned())],
        )
        .expect("there is room");
        let connection = run.head().next_connection();
        let bytes = Bytes::from([CONNECT, name.as_bytes(), says].concat());
        for what in [
            Outside::Opened { connection },
            Outside::Received { connection, bytes },
        ] {
            run.act(at, outside(name, what)).expect("it is outside");
        }
    }
    run.run_until(at + Duration::from_millis(500));
    let to_a = run.handouts(Cursor::START).filter(|it| {
        it.connection == 0 && matches!(&it.what, What::Bytes(bytes) if bytes[0] & 0xf0 == 0x30)
    });
    assert_eq!(to_a.count(), 2, "both messages reach the first");

    let mut again = Recording::new(Rc::new(run.scenario().clone()), 7).expect("it can be run");
    for stimulus in run.stimuli() {
        while again.head().events() < stimulus.after_events {
            again.advance().expect("it goes on");
        }
        again
            .act_here(stimulus.at, stimulus.action.clone())
            .expect("it is possible");
    }
    while again.head().events() < run.head().events() {
        again.advance().expect("it goes on");
    }
    assert_eq!(again.log(), run.log());
    assert_eq!(again.log_hashes(), run.log_hashes());
    assert_eq!(again.state_hashes(), run.state_hashes());
    // Of what is walked back to, too.
    let half = Cursor(run.log().end().0 / 2);
    assert_eq!(
        again.world_at(half).state_hash(),
        run.world_at(half).state_hash()
    );
}

#[test]
fn only_what_is_outside_can_come_later() {
    let scenario = scenario("qos1");
    let mut run = Recording::new(Rc::new(scenario.clone()), 1).expect("it can be run");
    let remote = NodeSpec::new("late".to_owned(), NodeKind::Remote(RemoteRole::Device));
    let nowhere = LinkSpec::new("late".to_owned(), "nowhere".to_owned());
    assert_eq!(
        run.grow(vec![remote], vec![nowhere]),
        Err(WorldError::UnknownNode("nowhere".to_owned()))
    );
    let broker = NodeSpec::new("late".to_owned(), NodeKind::Broker);
    assert_eq!(
        run.grow(vec![broker], Vec::new()),
        Err(WorldError::IsInside("late".to_owned()))
    );
    assert_eq!(run.scenario(), &scenario);
}

/// A run with a broker, and devices outside that say these bytes at these times, in milliseconds.
fn guests(broker: &str, said: &[(u64, &str, &'static [u8])]) -> Recording {
    let text = format!(
        "scenario \"Guests\"\nversion 3.1.1\nuntil 20 s\n{broker}\nremote device pub\nremote device sub\nlink pub to broker\n  latency 0 ms\nlink sub to broker\n  latency 0 ms\n"
    );
    let scenario = Scenario::parse(&text).expect("it is a scenario");
    let mut run = Recording::new(Rc::new(scenario), 1).expect("it can be run");
    let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
    for (millis, who, bytes) in said {
        run.run_until(at(*millis));
        let device = if *who == "sub" || who.ends_with(">sub") {
            "sub"
        } else {
            "pub"
        };
        let node = if who.contains('>') { "broker" } else { *who };
        if !numbers.contains_key(device) {
            let connection = run.head().next_connection();
            numbers.insert(device, connection);
            let act = outside(node, Outside::Opened { connection });
            run.act(at(*millis), act).expect("it is outside");
        }
        let (connection, bytes) = (numbers[device], Bytes::from_static(bytes));
        let act = outside(node, Outside::Received { connection, bytes });
        run.act(at(*millis), act).expect("it is outside");
    }
    run.run_until(at(9_000));
    run
}

const HELLO_SUB: &[u8] = b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x00\x00\x03sub";
const HELLO_PUB: &[u8] = b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x00\x00\x03pub";

fn is_received(run: &Recording) -> bool {
    let sub = run.node_named("sub").expect("it is there");
    run.received(sub, &"t".try_into().expect("a filter")) == 1
}

/// What a program outside does with a message nobody in here sees: its acknowledgement tells, and at QoS 0 the arrival.
#[test]
fn a_device_outside_has_a_message_when_it_has_acknowledged_it() {
    let qos0 = [
        (100, "sub", HELLO_SUB),
        (200, "sub", b"\x82\x06\x00\x01\x00\x01t\x00"),
        (300, "pub", HELLO_PUB),
        (400, "pub", b"\x30\x05\x00\x01thi"),
    ];
    assert!(is_received(&guests("node broker broker", &qos0)));
    let mut qos1 = vec![
        (100, "sub", HELLO_SUB),
        (200, "sub", b"\x82\x06\x00\x01\x00\x01t\x01"),
        (300, "pub", HELLO_PUB),
        (400, "pub", b"\x32\x07\x00\x01t\x00\x07hi"),
    ];
    let run = guests("node broker broker", &qos1);
    assert!(!is_received(&run));
    let sub = run.node_named("sub").expect("it is there");
    let ledger = Ledger::at(run.log(), run.log().end());
    let message = &ledger.messages()[0];
    assert!(ledger.owners(MessageId(0)).eq(run.node_named("broker")));
    assert!(message.deliveries.is_empty());
    let answer = why_not(run.log(), &ledger, MessageId(0), sub).expect("it has not");
    assert_eq!(answer.reason, Reason::NotAcknowledged);

    qos1.push((500, "sub", b"\x40\x02\x00\x01"));
    let run = guests("node broker broker", &qos1);
    assert!(is_received(&run));
    let ledger = Ledger::at(run.log(), run.log().end());
    assert_eq!(ledger.messages().len(), 1);
    assert_eq!(ledger.owners(MessageId(0)).count(), 0, "nobody keeps it");
    assert_eq!(why_not(run.log(), &ledger, MessageId(0), sub), None);
}

/// As a watcher sees it: both ends say nothing but their packets.
#[test]
fn packets_alone_settle_what_others_say_to_each_other() {
    let said = [
        (100, "sub", HELLO_SUB),
        (150, "broker>sub", b"\x20\x02\x00\x00"),
        (300, "broker>sub", b"\x34\x07\x00\x01t\x00\x05hi"),
        (400, "sub", b"\x50\x02\x00\x05"),
        (500, "broker>sub", b"\x62\x02\x00\x05"),
        (600, "sub", b"\x70\x02\x00\x05"),
    ];
    let run = guests("remote broker broker", &said[..5]);
    assert!(!is_received(&run));
    let ledger = Ledger::at(run.log(), run.log().end());
    assert!(ledger.copies()[0].released.is_some() && ledger.copies()[0].end.is_none());
    let run = guests("remote broker broker", &said);
    assert!(is_received(&run));
    let ledger = Ledger::at(run.log(), run.log().end());
    assert_eq!(ledger.owners(MessageId(0)).count(), 0);
}

/// A device and a broker outside, of which a watcher is told: what both said is in the log, packet by packet.
#[test]
fn a_conversation_of_others_is_watched() {
    const WORLD: &str = "scenario \"Watched\"\nuntil 20 s\nremote broker broker\nremote device a\nlink a to broker\n  latency 0 ms\n";
    let scenario = Scenario::parse(WORLD).expect("it is a scenario");
    let mut run = Recording::new(Rc::new(scenario), 1).expect("it can be run");
    let at = Instant::ZERO;
    let connection = 0;
    let said = |bytes: &'static [u8]| Outside::Received {
        connection,
        bytes: Bytes::from_static(bytes),
    };
    let all = [
        ("a", Outside::Opened { connection }),
        ("a", said(b"\x10\x0d\x00\x04MQTT\x05\x02\x00\x3c")),
        ("a", said(b"\x00\x00\x00")),
        ("broker", said(b"\x20\x03\x00\x00\x00\xe0")),
        ("broker", said(b"\x02\x8b\x00")),
        (
            "broker",
            Outside::Closed {
                connection,
                why: "gone".to_owned(),
            },
        ),
    ];
    for (who, what) in all {
        run.act(at, outside(who, what)).expect("it is outside");
        run.run_until(at);
    }
    let log = run.log();
    let packets = log.records_between(Cursor::START, log.end()).iter();
    let packets = packets.filter_map(|it| match &it.kind {
        RecordKind::Sent(flight) => flight.packet(),
        _ => None,
    });
    let names: Vec<_> = packets.map(|it| it.packet_type().name()).collect();
    assert_eq!(names, ["CONNECT", "CONNACK", "DISCONNECT"]);
    assert_eq!(run.head().remote_connections().count(), 0);
}

/// A device outside with two links dials a broker in the run and one outside of it: the first answers at once, the other one when
/// it has, or never.
#[test]
fn a_device_outside_dials_whom_it_wants() {
    const WORLD: &str = "scenario \"Between\"\nuntil 60 s\nnode broker broker\nremote broker cloud\nremote device bridge\n\
                         link bridge to broker\n  latency 0 ms\nlink bridge to cloud\n  latency 0 ms\n";
    let scenario = Scenario::parse(WORLD).expect("it is a scenario");
    let mut run = Recording::new(Rc::new(scenario), 1).expect("it can be run");
    let mut seen = Cursor::START;
    let mut handed = |run: &Recording| {
        let all = run.handouts(seen).map(|it| {
            let record = run.log().record(it.record).expect("it is there");
            let name = run.log().name(record.node.expect("a node")).to_owned();
            (name, it.connection, it.what)
        });
        let all: Vec<_> = all.collect();
        seen = run.log().end();
        all
    };
    let tell = |run: &mut Recording, millis, who: &str, what| {
        run.act(at(millis), outside(who, what))
            .expect("it is outside");
        run.run_until(at(millis));
    };
    let dials = |connection, to: &str| Outside::Dials {
        connection,
        to: to.to_owned(),
    };
    let bridge = || "bridge".to_owned();

    tell(&mut run, 0, "bridge", dials(0, "broker"));
    assert_eq!(handed(&run), [(bridge(), 0, What::Opened)]);
    tell(&mut run, 1, "bridge", dials(1, "cloud"));
    let dialled = handed(&run);
    assert!(
        matches!(
            dialled[..],
            [(
                _,
                1,
                What::Dial {
                    link: sim::LinkId(1),
                    ..
                }
            )]
        ),
        "{dialled:?}"
    );
    tell(&mut run, 2, "cloud", Outside::Opened { connection: 1 });
    assert_eq!(handed(&run), [(bridge(), 1, What::Opened)]);
    // What is said over one of the two is not said over the other.
    let connect = Bytes::from_static(b"\x10\x0d\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x00");
    let hello = |connection| Outside::Received {
        connection,
        bytes: connect.clone(),
    };
    tell(&mut run, 3, "bridge", hello(1));
    assert_eq!(
        handed(&run),
        [("cloud".to_owned(), 1, What::Bytes(connect.clone()))]
    );
    tell(&mut run, 4, "bridge", hello(0));
    let [(who, 0, What::Bytes(answer))] = &handed(&run)[..] else {
        panic!("a CONNACK")
    };
    assert_eq!((who, answer[0]), (&bridge(), 0x20));
    let why = "gone".to_owned();
    tell(&mut run, 5, "cloud", Outside::Closed { connection: 1, why });
    assert_eq!(handed(&run), [(bridge(), 1, What::Close)]);
    // It says no, and then nobody answers.
    tell(&mut run, 6, "bridge", dials(2, "cloud"));
    let why = "refused".to_owned();
    tell(&mut run, 7, "cloud", Outside::Closed { connection: 2, why });
    let refused = handed(&run);
    assert_eq!(
        refused.last(),
        Some(&(bridge(), 2, What::Close)),
        "{refused:?}"
    );
    tell(&mut run, 8, "bridge", dials(3, "cloud"));
    run.run_until(at(20_000));
    let given_up = handed(&run);
    assert_eq!(
        given_up.last(),
        Some(&(bridge(), 3, What::Close)),
        "{given_up:?}"
    );
    // Whom it has no link to it cannot dial, and another number is nobody's.
    tell(&mut run, 20_001, "bridge", dials(4, "bridge"));
    tell(&mut run, 20_002, "bridge", dials(9, "cloud"));
    assert_eq!(handed(&run), []);
    let text = run.stimuli()[0].action.to_string();
    assert_eq!(text, "bridge dials 0 broker");
}

#[test]
fn whoever_has_overslept_takes_what_has_come_before_timers_go_off() {
    let mut run = alone();
    opened(&mut run, 1_001);
    received(&mut run, 1_010, b"\x20\x02\x00\x00");
    run.run_until(at(12_000));
    let pings = |run: &Recording| {
        let lines = sent(run).into_iter();
        lines.filter(|it| it.contains("PINGREQ")).count()
    };
    let closes = |run: &Recording| run.handouts(Cursor::START).any(|it| it.what == What::Close);
    assert_eq!((pings(&run), closes(&run)), (1, false));
    // The answer is there, and nobody has looked for 20 s: by then the next ping was due, too, and the patience over.
    let late = outside("cloud", Outside::Late);
    run.act_here(at(32_000), late.clone())
        .expect("it is outside");
    let answer = outside(
        "cloud",
        Outside::Received {
            connection: 0,
            bytes: Bytes::from_static(b"\xd0\x00"),
        },
    );
    run.act_here(at(32_000), answer).expect("it is outside");
    run.run_until(at(33_500));
    assert_eq!((pings(&run), closes(&run)), (2, false));
    // Without an answer the patience has an end.
    run.run_until(at(50_000));
    assert!(closes(&run));
    // The same comes out again, and it can be written down.
    let scenario = Scenario::parse(ALONE).expect("it is a scenario");
    let mut again = Recording::new(Rc::new(scenario), 1).expect("it runs");
    for stimulus in run.stimuli() {
        while again.head().events() < stimulus.after_events {
            again.advance().expect("there is more");
        }
        again
            .act_here(stimulus.at, stimulus.action.clone())
            .expect("it is outside");
    }
    again.run_until(at(50_000));
    assert_eq!(
        again.log().records(again.log().end()),
        run.log().records(run.log().end())
    );
    let text = format!("{ALONE}at 5 s: cloud late\n");
    let scenario = Scenario::parse(&text).expect("it is a scenario");
    assert_eq!(
        scenario.events.last().map(|it| it.action.clone()),
        Some(late)
    );
    assert!(scenario.to_string().contains("cloud late"));
}

/// A phone that hears itself by a broker outside, which sends these; beside its twin.
fn beside_itself(says: &[&'static [u8]]) -> Comparison {
    const WORLD: &str = "scenario \"t\"\nversion 5.0\nuntil 1 h\nremote broker cloud\nnode p phone\n  topic-alias-maximum 8\n  subscribe \"r/#\" qos 0\n\
                         link p to cloud\nat 1 s: p connect\nat 2 s: p publish \"r/b\" \"1\" qos 0\n\
                         at 3 s: p publish \"r/a\" \"2\" qos 0 user \"k\" \"v\" user \"l\" \"w\"\n\
                         at 3500 ms: p publish \"r/a\" \"3\" qos 0\n";
    let scenario = Scenario::parse(WORLD).expect("it is a scenario");
    let mut run = Recording::new(Rc::new(scenario), 1).expect("it runs");
    run.run_until(at(1_000));
    opened(&mut run, 1_100);
    received(&mut run, 1_200, b"\x20\x03\x00\x00\x00");
    received(&mut run, 1_500, b"\x90\x04\x00\x01\x00\x00");
    for (millis, bytes) in (4_000..).step_by(100).zip(says) {
        received(&mut run, millis, bytes);
    }
    let twin = run.twin(at(9_000)).expect("its names are known");
    run.run_until(at(9_000));
    run.compare_with(&twin, at(9_000))
}

#[test]
fn messages_are_compared_topic_by_topic_with_what_is_passed_on_with_them() {
    const B: &[u8] = b"\x30\x07\x00\x03r/b\x001";
    const A: &[u8] = b"\x30\x15\x00\x03r/a\x0e\x26\x00\x01k\x00\x01v\x26\x00\x01l\x00\x01w2";
    const C: &[u8] = b"\x30\x07\x00\x03r/a\x003";
    // CONNECT, CONNACK, SUBSCRIBE, SUBACK, and three messages each way.
    assert_eq!(beside_itself(&[B, A, C]).first, None);
    let other_way_round = beside_itself(&[A, B, C]);
    assert_eq!((other_way_round.same, other_way_round.first), (10, None));
    // The same by an alias of the broker's.
    let named = b"\x30\x18\x00\x03r/a\x11\x23\x00\x07\x26\x00\x01k\x00\x01v\x26\x00\x01l\x00\x01w2";
    let short = b"\x30\x07\x00\x00\x03\x23\x00\x073";
    assert_eq!(beside_itself(&[named, B, short]).first, None);
    // Properties that were dropped, or are in another order; another payload; RETAIN; one that never comes.
    let bare = b"\x30\x07\x00\x03r/a\x002";
    let swapped = b"\x30\x15\x00\x03r/a\x0e\x26\x00\x01l\x00\x01w\x26\x00\x01k\x00\x01v2";
    let kept = b"\x31\x15\x00\x03r/a\x0e\x26\x00\x01k\x00\x01v\x26\x00\x01l\x00\x01w2";
    let other = b"\x30\x07\x00\x03r/b\x002";
    let cases: [(&[&'static [u8]], _); 5] = [
        (&[A, other, C], Some(Differs::Message)),
        (&[bare, B, C], Some(Differs::Property(0x26))),
        (&[swapped, B, C], Some(Differs::Property(0x26))),
        (&[B, kept, C], Some(Differs::Retain)),
        (&[B, A], None),
    ];
    for (says, what) in cases {
        let first = beside_itself(says).first.expect("they differ");
        assert_eq!(first.what, what, "{says:?}");
    }
}
