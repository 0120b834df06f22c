//! The rules behind what is sent, by packet.

use crate::record::Rules;
use mqtt_proto::packet::PacketType;
use mqtt_proto::{Packet, Qos, ReasonCode, Version};
use mqtt_spec::Rule;

/// The statement of a machine's own rule in a version.
pub(crate) fn of_rule(rule: Option<Rule>, version: Version) -> Rules {
    rule.and_then(|rule| rule.id_in(version))
        .into_iter()
        .collect()
}

/// The statements that make a node send this packet, most telling first.
pub(crate) fn of_packet(packet: &Packet, version: Version) -> Rules {
    const RESEND: Rule = Rule::both("MQTT-4.4.0-1", "MQTT-4.4.0-1");
    const DUP: Rule = Rule::both("MQTT-3.3.1-1", "MQTT-3.3.1-1");
    const QOS0: Rule = Rule::both("MQTT-4.3.1-1", "MQTT-4.3.1-1");
    const QOS1_KEEP: Rule = Rule::both("MQTT-4.3.2-1", "MQTT-4.3.2-3");
    const QOS2_KEEP: Rule = Rule::both("MQTT-4.3.3-1", "MQTT-4.3.3-3");
    const CONNECT: Rule = Rule::both("MQTT-3.1.0-1", "MQTT-3.1.0-1");
    const CONNACK: Rule = Rule::both("MQTT-3.1.4-4", "MQTT-3.1.4-5");
    const REFUSAL: Rule = Rule::both("MQTT-3.2.2-5", "MQTT-3.2.2-7");
    const PUBACK: Rule = Rule::both("MQTT-4.3.2-2", "MQTT-4.3.2-4");
    const PUBREC: Rule = Rule::both("MQTT-4.3.3-2", "MQTT-4.3.3-8");
    const PUBREL: Rule = Rule::both("MQTT-4.3.3-1", "MQTT-4.3.3-4");
    const PUBCOMP: Rule = Rule::both("MQTT-4.3.3-2", "MQTT-4.3.3-11");
    const SUBACK: Rule = Rule::both("MQTT-3.8.4-1", "MQTT-3.8.4-1");
    const SUBACK_CODES: Rule = Rule::both("MQTT-3.8.4-5", "MQTT-3.8.4-7");
    const UNSUBACK: Rule = Rule::both("MQTT-3.10.4-4", "MQTT-3.10.4-4");
    const PING: Rule = Rule::both("MQTT-3.1.2-23", "MQTT-3.1.2-20");
    const PONG: Rule = Rule::both("MQTT-3.12.4-1", "MQTT-3.12.4-1");
    const GOODBYE: Rule = Rule::both("MQTT-3.14.4-1", "MQTT-3.14.4-2");

    let rules: &[Rule] = match packet.packet_type() {
        PacketType::Connect => &[CONNECT],
        PacketType::ConnAck => match packet {
            Packet::ConnAck(ack) if ack.reason != ReasonCode::Success => &[REFUSAL],
            _ => &[CONNACK],
        },
        PacketType::Publish => match packet {
            Packet::Publish(publish) => match (publish.delivery.qos(), publish.delivery.dup()) {
                (Qos::AtMostOnce, _) => &[QOS0],
                (Qos::AtLeastOnce, true) => &[RESEND, DUP, QOS1_KEEP],
                (Qos::AtLeastOnce, false) => &[QOS1_KEEP],
                (Qos::ExactlyOnce, true) => &[RESEND, DUP, QOS2_KEEP],
                (Qos::ExactlyOnce, false) => &[QOS2_KEEP],
            },
            _ => &[],
        },
        PacketType::PubAck => &[PUBACK],
        PacketType::PubRec => &[PUBREC],
        PacketType::PubRel => &[PUBREL],
        PacketType::PubComp => &[PUBCOMP],
        PacketType::SubAck => &[SUBACK, SUBACK_CODES],
        PacketType::UnsubAck => &[UNSUBACK],
        PacketType::PingReq => &[PING],
        PacketType::PingResp => &[PONG],
        PacketType::Disconnect => &[GOODBYE],
        // A client's wishes follow from no rule.
        PacketType::Subscribe | PacketType::Unsubscribe | PacketType::Auth => &[],
    };
    rules
        .iter()
        .filter_map(|rule| rule.id_in(version))
        .collect()
}
