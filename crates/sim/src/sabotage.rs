//! Planted bugs, for showing that the checkers find them.
//!
//! A machine is made to behave as if it had a bug by what it is fed: packets that nobody sent. The machines themselves are
//! the real ones.

use crate::link::PacketHead;
use crate::node::NodeState;
use crate::outs::{BrokerOuts, Out};
use alloc::boxed::Box;
use alloc::vec::Vec;
use bytes::{BufMut, Bytes, BytesMut};
use mqtt_broker::{Broker, BrokerEvent, ConnectionId};
use mqtt_proto::codec::encode;
use mqtt_proto::packet::{Ack, Connect, PacketType, Properties, Publish};
use mqtt_proto::{Delivery, Instant, Packet, PacketId, Sink, Text, TopicName, Version};

/// A bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sabotage {
    /// The receiver of a QoS 2 message does not know a repeat when it sees one.
    NoDeduplication,
    /// The sender of a QoS 2 message frees its identifier when it sends PUBREL.
    IdFreedEarly,
    /// The broker publishes wills twice.
    WillTwice,
    /// The broker loses each retained message.
    RetainedLost,
}

impl Sabotage {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::NoDeduplication,
        Self::IdFreedEarly,
        Self::WillTwice,
        Self::RetainedLost,
    ];

    /// Before a node gets a packet.
    pub(crate) fn before(
        self,
        state: &mut NodeState,
        now: Instant,
        connection: u32,
        head: Option<PacketHead>,
    ) {
        let Some(head) = head else { return };
        if self == Self::NoDeduplication
            && head.packet_type == PacketType::Publish
            && head.dup
            && let Some(id) = head.id
        {
            // What it answers nobody hears.
            let release = ack(Packet::PubRel, id);
            state.handle_input(now, connection, release, &mut Vec::new());
        }
    }

    /// After a node has got a packet.
    pub(crate) fn after(
        self,
        state: &mut NodeState,
        now: Instant,
        connection: u32,
        head: Option<PacketHead>,
        out: &mut Vec<Out>,
    ) {
        match (self, head) {
            (Self::IdFreedEarly, Some(head)) if head.packet_type == PacketType::PubRec => {
                if let Some(id) = head.id {
                    state.handle_input(now, connection, ack(Packet::PubComp, id), out);
                }
            }
            (Self::RetainedLost, _) => {
                let kept = topics(out, |note| match note {
                    mqtt_broker::Note::RetainedKept { topic, .. } => Some(topic.clone()),
                    _ => None,
                });
                if let NodeState::Broker(broker) = state {
                    for topic in kept {
                        intrude(broker, now, topic, Bytes::new(), true, &mut Vec::new());
                    }
                }
            }
            _ => {}
        }
    }

    /// After a broker has done anything at all.
    pub(crate) fn aftermath(self, state: &mut NodeState, now: Instant, out: &mut Vec<Out>) {
        if self != Self::WillTwice {
            return;
        }
        let NodeState::Broker(broker) = state else {
            return;
        };
        let wills = topics(out, |note| match note {
            mqtt_broker::Note::WillPublished { topic, .. } => Some(topic.clone()),
            _ => None,
        });
        for topic in wills {
            let mut sink = BrokerOuts::new(None, out);
            let again = Bytes::from_static(b"again");
            intrude(broker, now, topic, again, false, &mut sink);
            sink.finish(broker);
        }
    }
}

fn topics(out: &[Out], pick: impl Fn(&mqtt_broker::Note) -> Option<TopicName>) -> Vec<TopicName> {
    out.iter()
        .filter_map(|out| match out {
            Out::BrokerNote(_, note, _) => pick(note),
            _ => None,
        })
        .collect()
}

fn ack(kind: impl FnOnce(Ack) -> Packet, id: PacketId) -> Bytes {
    write(&kind(Ack::success(id)))
}

fn write(packet: &Packet) -> Bytes {
    let mut bytes = BytesMut::new();
    let written = encode(packet, Version::V311, &mut bytes);
    debug_assert!(written.is_ok(), "{written:?}");
    bytes.freeze()
}

/// Publishes a message at QoS 0 over a connection of its own.
fn intrude(
    broker: &mut Broker,
    now: Instant,
    topic: TopicName,
    payload: Bytes,
    retain: bool,
    sink: &mut dyn Sink<BrokerEvent>,
) {
    let connection = ConnectionId(u64::MAX);
    let connect = Packet::Connect(Box::new(Connect {
        version: Version::V311,
        clean_start: true,
        keep_alive_secs: 0,
        client_id: Text::try_from("intruder").unwrap_or_default(),
        will: None,
        user_name: None,
        password: None,
        properties: Properties::EMPTY,
    }));
    let publish = Packet::Publish(Publish {
        delivery: Delivery::AtMostOnce,
        retain,
        topic: Some(topic),
        payload,
        properties: Properties::EMPTY,
    });
    let mut bytes = BytesMut::new();
    bytes.put(write(&connect));
    bytes.put(write(&publish));
    broker.handle_open(now, connection, sink);
    broker.handle_input(now, connection, &bytes, sink);
    broker.handle_close(now, connection, sink);
}
