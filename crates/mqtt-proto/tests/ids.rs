//! Packet identifiers as a server sees them on the wire.
#![allow(clippy::unwrap_used, clippy::panic)]

use bytes::{Bytes, BytesMut};
use mqtt_proto::codec::encode;
use mqtt_proto::packet::{Ack, ConnAck, Properties};
use mqtt_proto::{
    Client, ClientConfig, ClientEvent, Instant, Message, Packet, PacketId, Qos, ReasonCode, Tag,
    Text, TopicName, Version,
};

/// A client with a connection.
struct Connected {
    client: Client,
    version: Version,
}

impl Connected {
    fn new(version: Version) -> Self {
        let config = ClientConfig::new(version, Text::try_from("sensor").unwrap());
        let mut connected = Self {
            client: Client::new(config),
            version,
        };
        connected
            .client
            .handle_open(Instant::ZERO, &mut Vec::new())
            .unwrap();
        connected.receive(&Packet::ConnAck(ConnAck {
            session_present: false,
            reason: ReasonCode::Success,
            properties: Properties::EMPTY,
        }));
        connected
    }

    fn receive(&mut self, packet: &Packet) {
        let mut bytes = BytesMut::new();
        encode(packet, self.version, &mut bytes).unwrap();
        self.client
            .handle_input(Instant::ZERO, &bytes, &mut Vec::<ClientEvent>::new());
    }

    /// The identifier of the PUBLISH that goes out for a message at QoS 1.
    fn publish(&mut self) -> PacketId {
        let topic = TopicName::try_from("a").unwrap();
        let message = Message::new(topic, Bytes::new(), Qos::AtLeastOnce);
        let mut events = Vec::new();
        self.client
            .publish(Instant::ZERO, message, Tag(0), &mut events)
            .unwrap();
        let sent = events.iter().find_map(|event| match event {
            ClientEvent::Send(packet @ Packet::Publish(_)) => packet.id(),
            _ => None,
        });
        sent.unwrap_or_else(|| panic!("no PUBLISH among {events:?}"))
    }
}

// shows: MQTT-2.3.1-2 (3.1.1)
// shows: MQTT-2.2.1-3 (5.0)
#[test]
fn an_identifier_that_waits_for_its_acknowledgement_is_not_given_out_again() {
    for version in [Version::V311, Version::V5] {
        let mut connected = Connected::new(version);
        let waiting = connected.publish();
        for _ in 1..PacketId::new(u16::MAX).unwrap().get() {
            let id = connected.publish();
            assert_ne!(id, waiting, "{version:?}");
            connected.receive(&Packet::PubAck(Ack::success(id)));
        }
        // All others have been used once: the circle begins again, but not at the one that waits.
        assert_eq!(connected.publish(), waiting.next(), "{version:?}");
    }
}
