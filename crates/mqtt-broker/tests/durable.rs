//! Saved state: no damage goes unnoticed, and nothing that was saved is lost.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use mqtt_broker::{Broker, BrokerConfig, ConnectionId, Durable, DurableFault};
use mqtt_proto::Instant;
use proptest::prelude::*;

const NOW: Instant = Instant::from_micros(1_000_000);

/// A broker with a session, a subscription, a queued and a retained message.
fn saved() -> Vec<u8> {
    let mut broker = Broker::new(BrokerConfig::default());
    let mut events = Vec::new();
    let inputs: [(u64, &[u8]); 4] = [
        (1, b"\x10\x0d\x00\x04MQTT\x04\x00\x00\x3c\x00\x01a"),
        (1, b"\x82\x06\x00\x01\x00\x01t\x01\xe0\x00"),
        (2, b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01b"),
        (2, b"\x33\x07\x00\x01t\x00\x01hi"),
    ];
    for (connection, bytes) in inputs {
        let id = ConnectionId(connection);
        broker.handle_open(NOW, id, &mut events);
        broker.handle_input(NOW, id, bytes, &mut events);
    }
    broker.durable(NOW).encode(42).to_vec()
}

#[test]
fn an_empty_broker_is_saved_as_nothing() {
    let durable = Broker::new(BrokerConfig::default()).durable(NOW);
    assert!(durable.is_empty());
    assert_eq!(Durable::decode(&durable.encode(1)), Ok((durable, 1)));
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let bytes = saved();
    assert!(Durable::decode(&bytes).is_ok());
    for len in 0..bytes.len() {
        assert!(Durable::decode(&bytes[..len]).is_err(), "{len} bytes");
    }
}

#[test]
fn files_of_others_are_told_apart() {
    assert_eq!(Durable::decode(b"[settings]"), Err(DurableFault::NotOurs));
    let mut newer = saved();
    let format = newer.iter().position(|byte| *byte == b'1').unwrap();
    newer[format] = b'2';
    assert_eq!(Durable::decode(&newer), Err(DurableFault::Newer));
}

proptest! {
    #[test]
    fn a_changed_byte_is_found(at in any::<proptest::sample::Index>(), change in 1..=255_u8) {
        let mut bytes = saved();
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        prop_assert!(Durable::decode(&bytes).is_err());
    }

    #[test]
    fn arbitrary_bytes_are_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), ours in any::<bool>()) {
        if ours {
            let begin = saved();
            bytes.splice(0..0, begin[..27].iter().copied());
        }
        prop_assert!(Durable::decode(&bytes).is_err());
    }
}
