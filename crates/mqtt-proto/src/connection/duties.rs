//! The rules behind the packets that go out, for the log.

use crate::packet::{Packet, PacketType};
use crate::reason::ReasonCode;
use crate::rules::{both, only_v5};
use crate::types::Qos;
use mqtt_spec::Rule;

/// The rules behind a packet, most telling first: of the table's row that was applied, or of its type where no table
/// decides; and of the flag that says that it is sent again.
pub(super) fn of(packet: &Packet, row: Option<Rule>) -> [Option<Rule>; 2] {
    if let Packet::Publish(publish) = packet {
        return match (publish.delivery.qos(), publish.delivery.dup()) {
            (Qos::AtMostOnce, _) => [Some(both!("MQTT-4.3.1-1", "MQTT-4.3.1-1")), None],
            (_, true) => [row, Some(both!("MQTT-3.3.1-1", "MQTT-3.3.1-1"))],
            (Qos::AtLeastOnce, false) => [row, Some(only_v5!("MQTT-4.3.2-3"))],
            (Qos::ExactlyOnce, false) => [row, Some(only_v5!("MQTT-4.3.3-3"))],
        };
    }
    if row.is_some() {
        return [row, None];
    }
    let (first, second) = match packet.packet_type() {
        PacketType::Connect => (both!("MQTT-3.1.0-1", "MQTT-3.1.0-1"), None),
        PacketType::ConnAck => match packet {
            Packet::ConnAck(ack) if ack.reason != ReasonCode::Success => {
                (both!("MQTT-3.2.2-5", "MQTT-3.2.2-7"), None)
            }
            _ => (both!("MQTT-3.1.4-4", "MQTT-3.1.4-5"), None),
        },
        PacketType::SubAck => (
            both!("MQTT-3.8.4-1", "MQTT-3.8.4-1"),
            Some(both!("MQTT-3.8.4-5", "MQTT-3.8.4-7")),
        ),
        PacketType::UnsubAck => (both!("MQTT-3.10.4-4", "MQTT-3.10.4-4"), None),
        PacketType::PingReq => (both!("MQTT-3.1.2-23", "MQTT-3.1.2-20"), None),
        PacketType::PingResp => (both!("MQTT-3.12.4-1", "MQTT-3.12.4-1"), None),
        PacketType::Disconnect => {
            let closes = both!("MQTT-3.14.4-1", "MQTT-3.14.4-2");
            match packet {
                Packet::Disconnect(it) if it.reason == ReasonCode::SessionTakenOver => {
                    (only_v5!("MQTT-3.1.4-3"), Some(closes))
                }
                Packet::Disconnect(it) if it.reason == ReasonCode::KeepAliveTimeout => {
                    (only_v5!("MQTT-3.1.2-22"), Some(closes))
                }
                _ => (closes, None),
            }
        }
        // A client's wishes follow from no rule, and the tables decide about all others.
        _ => return [None, None],
    };
    [Some(first), second]
}
