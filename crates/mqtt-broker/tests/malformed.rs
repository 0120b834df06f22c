//! Whatever bytes a client sends: its connection ends as the standard has it, its will goes out,
//! and nobody else notices.
//!
//! The bytes are the codec's vectors: every fault that they name, and variants of every packet that
//! is right.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[allow(dead_code, unreachable_pub)]
#[path = "../../mqtt-proto/tests/common/vectors.rs"]
mod vectors;
mod wire;

use mqtt_broker::{Broker, BrokerConfig, BrokerEvent, ConnectionId};
use mqtt_proto::codec::{Decoder, Framing};
use mqtt_proto::packet::PacketType;
use mqtt_proto::{Instant, ReasonCode, Sender, Version};
use std::path::Path;
use vectors::{Expected, Vector, vectors_in};

const NOW: Instant = Instant::from_micros(1_000_000);
const CULPRIT: ConnectionId = ConnectionId(1);
const WATCHER: ConnectionId = ConnectionId(2);

const CONNECT_311: &[u8] = b"\x10\x14\x00\x04MQTT\x04\x06\x00\x00\x00\x01c\x00\x01w\x00\x02hi";
const CONNECT_5: &[u8] =
    b"\x10\x16\x00\x04MQTT\x05\x06\x00\x00\x00\x00\x01c\x00\x00\x01w\x00\x02hi";
const WATCH: &[u8] = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01w\x82\x06\x00\x01\x00\x01w\x00";
const WILL: &[u8] = b"\x30\x05\x00\x01whi";

/// A broker with a client that watches for the will of another one.
struct World {
    broker: Broker,
}

/// What a call made the broker do.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    to_culprit: Vec<u8>,
    to_watcher: Vec<u8>,
    closed: Option<ReasonCode>,
}

impl World {
    fn new() -> Self {
        let mut config = BrokerConfig::default();
        config.server.explain = false;
        let mut world = Self {
            broker: Broker::new(config),
        };
        let mut events = Vec::new();
        world.broker.handle_open(NOW, WATCHER, &mut events);
        world.send(WATCHER, WATCH);
        world
    }

    /// A client with a will, accepted.
    fn with_culprit(version: Version) -> Self {
        let mut world = Self::new();
        world.open();
        let (connect, accepted): (_, &[u8]) = match version {
            Version::V311 => (CONNECT_311, b"\x20\x02\x00\x00"),
            Version::V5 => (CONNECT_5, b"\x20\x0e\x00\x00"),
        };
        let outcome = world.send(CULPRIT, connect);
        assert!(outcome.to_culprit.starts_with(accepted), "{outcome:?}");
        world
    }

    fn open(&mut self) {
        let mut events = Vec::new();
        self.broker.handle_open(NOW, CULPRIT, &mut events);
        assert!(events.is_empty());
    }

    fn send(&mut self, id: ConnectionId, bytes: &[u8]) -> Outcome {
        let mut events = Vec::new();
        self.broker.handle_input(NOW, id, bytes, &mut events);
        outcome(events)
    }

    /// The watcher is still served.
    fn check_watcher(&mut self) {
        assert_eq!(self.send(WATCHER, b"\xc0\x00").to_watcher, b"\xd0\x00");
    }
}

fn outcome(events: Vec<BrokerEvent>) -> Outcome {
    let mut outcome = Outcome::default();
    for event in events {
        match wire::sent(&event) {
            Some((CULPRIT, bytes)) => {
                assert_eq!(outcome.closed, None, "after Close: {event:?}");
                outcome.to_culprit.extend(bytes);
            }
            Some((_, bytes)) => outcome.to_watcher.extend(bytes),
            None => {}
        }
        if let BrokerEvent::Close { connection, why } = event {
            assert_eq!(connection, CULPRIT, "{why}");
            assert_eq!(outcome.closed, None, "closed twice: {why}");
            outcome.closed = Some(why.reason());
        }
    }
    outcome
}

fn all() -> Vec<Vector> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../mqtt-proto/tests/vectors");
    let mut all = vectors_in(Path::new(folder));
    all.retain(|vector| vector.framing.sender == Sender::Client);
    assert!(all.len() > 500, "{}", all.len());
    all
}

/// The reason code in `! statement 0x81 @7`, which only faults of 5.0 have.
fn code(fault: &str) -> Option<u8> {
    let word = fault.split(' ').find_map(|word| word.strip_prefix("0x"))?;
    Some(u8::from_str_radix(word, 16).unwrap())
}

/// DISCONNECT with a code and no more.
fn disconnect(code: u8) -> Vec<u8> {
    vec![0xE0, 0x01, code]
}

#[test]
fn a_faulty_packet_ends_its_connection_with_the_code_of_the_standard() {
    let mut checked = [0, 0, 0];
    for vector in all() {
        let Expected::Fault(fault) = &vector.expected else {
            continue;
        };
        let name = &vector.name;
        let is_connect = vector.bytes.first().is_some_and(|first| first >> 4 == 1);
        let Some(version) = vector.framing.version.filter(|_| !is_connect) else {
            // CONNECT itself: 3.1.1 is closed without a word (MQTT-3.1.4-1) unless the level is what
            // is wrong (MQTT-3.1.2-2); 5.0 says why.
            checked[0] += 1;
            let mut world = World::new();
            world.open();
            let outcome = world.send(CULPRIT, &vector.bytes);
            assert!(outcome.closed.is_some(), "{name}");
            let expected = match code(fault) {
                Some(code) => vec![0x20, 0x03, 0x00, code, 0x00],
                None if fault.starts_with("! MQTT-3.1.2-2 ") => vec![0x20, 0x02, 0x00, 0x01],
                None => Vec::new(),
            };
            assert_eq!(outcome.to_culprit, expected, "{name}");
            assert_eq!(outcome.to_watcher, [], "{name}");
            world.check_watcher();
            continue;
        };
        checked[if version == Version::V5 { 1 } else { 2 }] += 1;
        let mut world = World::with_culprit(version);
        let outcome = world.send(CULPRIT, &vector.bytes);
        let expected = match version {
            Version::V5 => disconnect(code(fault).expect(name)),
            Version::V311 => Vec::new(),
        };
        assert_eq!(outcome.to_culprit, expected, "{name}");
        assert!(outcome.closed.is_some(), "{name}");
        assert_eq!(outcome.to_watcher, WILL, "{name}");
        // What follows is not looked at, and the will goes out once.
        assert_eq!(world.send(CULPRIT, &vector.bytes), Outcome::default());
        let mut events = Vec::new();
        world.broker.handle_close(NOW, CULPRIT, &mut events);
        assert_eq!(outcome_of_close(events), [], "{name}");
        world.check_watcher();
    }
    assert!(checked.iter().all(|count| *count > 20), "{checked:?}");
}

fn outcome_of_close(events: Vec<BrokerEvent>) -> Vec<u8> {
    outcome(events).to_watcher
}

#[test]
fn a_packet_that_is_not_whole_waits_and_its_cut_publishes_the_will() {
    for vector in all() {
        let (Expected::Packet(_) | Expected::Longer(_), Some(version)) =
            (&vector.expected, vector.framing.version)
        else {
            continue;
        };
        for len in 1..vector.bytes.len().min(40) {
            let mut world = World::with_culprit(version);
            let outcome = world.send(CULPRIT, &vector.bytes[..len]);
            assert_eq!(outcome, Outcome::default(), "{} at {len}", vector.name);
            let mut events = Vec::new();
            world.broker.handle_close(NOW, CULPRIT, &mut events);
            assert_eq!(outcome_of_close(events), WILL, "{}", vector.name);
            world.check_watcher();
        }
    }
}

/// Packets that are nearly right: every packet with each byte of its head changed in every bit, and
/// cut short with a length that says so.
fn variants(bytes: &[u8]) -> Vec<Vec<u8>> {
    const HEAD_BYTES: usize = 24;
    let mut variants = Vec::new();
    for at in 0..bytes.len().min(HEAD_BYTES) {
        for bit in 0..8 {
            let mut variant = bytes.to_vec();
            variant[at] ^= 1 << bit;
            variants.push(variant);
        }
    }
    if (2..120).contains(&bytes.len()) {
        for len in 2..bytes.len() {
            let mut variant = bytes[..len].to_vec();
            variant[1] = (len - 2) as u8;
            variants.push(variant);
        }
    }
    variants
}

#[test]
fn a_packet_that_is_nearly_right_harms_nobody() {
    let (mut faults, mut taken) = (0, 0);
    for vector in all() {
        let (Expected::Packet(_) | Expected::Longer(_), Some(version)) =
            (&vector.expected, vector.framing.version)
        else {
            continue;
        };
        for bytes in variants(&vector.bytes) {
            // What the bytes mean, by the codec: its own tests say that it is right.
            let mut decoder = Decoder::new(Framing {
                version: Some(version),
                max_packet_size: 1 << 20,
                ..Framing::new(Sender::Client)
            });
            decoder.push(&bytes);
            let decoded = std::iter::from_fn(|| decoder.decode().transpose());
            let first = decoded.take(1).next();
            let mut world = World::with_culprit(version);
            let outcome = world.send(CULPRIT, &bytes);
            let name = format!("{} as {bytes:02x?}", vector.name);
            match first {
                Some(Err(malformed)) => {
                    faults += 1;
                    // Whatever a second CONNECT says, it is one (MQTT-3.1.0-2).
                    let reason = match malformed.packet {
                        Some(PacketType::Connect) => ReasonCode::ProtocolError,
                        _ => malformed.reason(),
                    };
                    let expected = match version {
                        Version::V5 => disconnect(reason as u8),
                        Version::V311 => Vec::new(),
                    };
                    assert_eq!(outcome.to_culprit, expected, "{name}");
                    assert_eq!(outcome.closed, Some(reason), "{name}");
                    assert_eq!(outcome.to_watcher, WILL, "{name}");
                }
                Some(Ok(_)) => taken += 1,
                None => assert_eq!(outcome, Outcome::default(), "{name}"),
            }
            world.check_watcher();
        }
    }
    assert!(faults > 1_000 && taken > 1_000, "{faults} {taken}");
}
