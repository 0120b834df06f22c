//! The broker by itself: bytes of a publisher in, bytes for its subscribers out.

use bytes::BytesMut;
use mqtt_broker::{Broker, BrokerConfig, BrokerEvent, ConnectionId};
use mqtt_proto::codec::encode;
use mqtt_proto::packet::{
    Connect, Packet, Properties, Publish, Subscribe, SubscribeFilters, SubscriptionOptions,
};
use mqtt_proto::{Delivery, Instant, PacketId, Sink, Text, TopicFilter, TopicName, Version};

/// Bytes of a payload.
const PAYLOAD_BYTES: usize = 64;
/// Messages in one piece of input.
pub const BATCH: usize = 100;
const TOPIC: &str = "bench/0/value";

/// A broker with one publisher and its subscribers.
pub struct Stage {
    broker: Broker,
    outputs: Outputs,
    now: u64,
    /// What the host hands over next.
    pub input: Vec<u8>,
}

/// By connection; the publisher's comes last.
struct Outputs(Vec<BytesMut>);

impl Outputs {
    fn put(&mut self, connection: ConnectionId, version: Version, packet: &Packet) {
        let out = self.0.get_mut(connection.0 as usize);
        out.and_then(|out| encode(packet, version, out).ok());
    }
}

impl Sink<BrokerEvent> for Outputs {
    fn emit(&mut self, event: BrokerEvent) {
        self.emit_shared(&event);
    }

    fn emit_shared(&mut self, event: &BrokerEvent) {
        if let BrokerEvent::Send {
            connection,
            version,
            packet,
        } = event
        {
            self.put(*connection, *version, packet);
        }
    }
}

fn bytes_of(packet: Packet) -> BytesMut {
    let mut out = BytesMut::new();
    encode(&packet, Version::V311, &mut out).expect("a packet of 3.1.1");
    out
}

/// The bytes of [`BATCH`] messages at QoS 0.
pub fn batch() -> Vec<u8> {
    bytes_of(Packet::Publish(Publish {
        delivery: Delivery::AtMostOnce,
        retain: false,
        topic: TopicName::try_from(TOPIC).ok(),
        payload: vec![b'x'; PAYLOAD_BYTES].into(),
        properties: Properties::EMPTY,
    }))
    .repeat(BATCH)
}

impl Stage {
    /// All are connected, and have subscribed.
    pub fn new(subscribers: usize) -> Self {
        let mut stage = Self {
            broker: Broker::new(BrokerConfig {
                notes: false,
                ..BrokerConfig::default()
            }),
            outputs: Outputs(vec![BytesMut::new(); subscribers + 1]),
            now: 0,
            input: vec![0; 64 * 1024],
        };
        for number in 0..=subscribers {
            let id = ConnectionId(number as u64);
            let now = Instant::ZERO;
            stage.broker.handle_open(now, id, &mut stage.outputs);
            let mut hello = bytes_of(Packet::Connect(Box::new(Connect {
                version: Version::V311,
                clean_start: true,
                keep_alive_secs: 0,
                client_id: Text::try_from(format!("c{number}").as_str()).expect("text"),
                will: None,
                user_name: None,
                password: None,
                properties: Properties::EMPTY,
            })));
            if number < subscribers {
                let filter = TopicFilter::try_from(TOPIC).expect("a filter");
                hello.extend_from_slice(&bytes_of(Packet::Subscribe(Subscribe {
                    id: PacketId::FIRST,
                    filters: SubscribeFilters::one(filter, SubscriptionOptions::default()),
                    properties: Properties::EMPTY,
                })));
            }
            stage
                .broker
                .handle_input(now, id, &hello, &mut stage.outputs);
        }
        for out in &mut stage.outputs.0 {
            assert!(!out.is_empty(), "an answer");
            out.clear();
        }
        stage
    }

    /// Bytes from the publisher: the first `len` of [`Stage::input`].
    pub fn feed(&mut self, len: usize) {
        self.now += 1;
        let now = Instant::from_micros(self.now);
        let id = ConnectionId(self.outputs.0.len() as u64 - 1);
        let bytes = self.input.get(..len).unwrap_or_default();
        self.broker.handle_input(now, id, bytes, &mut self.outputs);
    }

    /// Bytes for a subscriber.
    pub fn output(&self, subscriber: usize) -> &[u8] {
        self.outputs.0.get(subscriber).map_or(&[], |out| out)
    }

    /// They are taken.
    pub fn clear(&mut self, subscriber: usize) {
        if let Some(out) = self.outputs.0.get_mut(subscriber) {
            out.clear();
        }
    }
}
