//! What the values of fields say, and which statement to look up.

use super::{Anatomy, Field, Outcome, Value};
use crate::codec::property_rules::{self, Place, ValueType};
use crate::codec::{FieldName as F, read_varint};
use crate::packet::PacketType;
use crate::reason::{self, ReasonCode};
use crate::types::Sender;
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use bytes::Bytes;
use mqtt_spec::{Rule, Version};

/// Fills in values, meanings and statements.
pub(super) fn explain(anatomy: &mut Anatomy, packet: &Bytes, sender: Sender) {
    let has_message = anatomy
        .fields
        .iter()
        .any(|field| field.name == F::ApplicationMessage && !field.bytes.is_empty());
    let around = Around {
        clears: !has_message && matches!(anatomy.outcome, Outcome::Whole(_)),
        packet: anatomy.packet_type,
        version: anatomy.version,
        sender,
    };
    let outside = around.packet.map_or(Place::WILL, Place::of);
    let mut place = outside;
    for field in &mut anatomy.fields {
        match field.name {
            F::WillProperties => place = Place::WILL,
            // What follows the will's properties in CONNECT.
            F::WillTopic => place = outside,
            _ => {}
        }
        field.value = value(field, packet);
        let number = match field.value {
            Value::Number(number) => Some(number),
            _ => None,
        };
        if let Some(number) = number {
            field.meaning = around.meaning(field.name, number);
        }
        field.statement = around
            .rule(field.name, number, place)
            .and_then(|rule| rule.id_in(around.version));
    }
}

fn value(field: &Field, packet: &Bytes) -> Value {
    let Some(bytes) = packet.get(field.bytes.clone()) else {
        return Value::Parts;
    };
    if !field.is_leaf {
        return Value::Parts;
    }
    if let (Some(bits), Some(byte)) = (field.bits, bytes.first()) {
        let mask = u8::MAX >> (7 + bits.low - bits.high);
        return Value::Number(u32::from(byte >> bits.low & mask));
    }
    let is_varint = match field.name {
        F::RemainingLength | F::PropertyLength => true,
        F::PropertyValue(id) => {
            property_rules::row(id).is_some_and(|row| matches!(row.value, ValueType::VarintNonZero))
        }
        _ => false,
    };
    match field.name {
        F::Characters => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
        // Opaque, even where the bytes happen to be text.
        F::ApplicationMessage | F::Data | F::Unread => {
            Value::Bytes(packet.slice(field.bytes.clone()))
        }
        _ if is_varint => Value::Number(read_varint(bytes).map_or(0, |(number, _)| number)),
        _ => Value::Number(
            bytes
                .iter()
                .fold(0, |number, byte| number << 8 | u32::from(*byte)),
        ),
    }
}

/// The packet that a field is in.
#[derive(Clone, Copy)]
struct Around {
    packet: Option<PacketType>,
    version: Version,
    sender: Sender,
    /// A retained message would have no payload: what is retained for its topic goes.
    clears: bool,
}

/// One of two texts for a flag.
const fn flag(number: u32, unset: &'static str, set: &'static str) -> &'static str {
    if number == 0 { unset } else { set }
}

impl Around {
    fn meaning(self, name: F, number: u32) -> Cow<'static, str> {
        let v5 = self.version == Version::V5;
        Cow::Borrowed(match name {
            F::PacketType => match PacketType::from_bits(number as u8) {
                Some(PacketType::Auth) if !v5 => "reserved",
                Some(packet) => packet.name(),
                None => "reserved",
            },
            F::ReservedFlags => match self.packet {
                Some(PacketType::PubRel | PacketType::Subscribe | PacketType::Unsubscribe) => {
                    "always 2"
                }
                _ => "always 0",
            },
            F::Reserved => "always 0",
            F::Dup => flag(
                number,
                "sent for the first time",
                "may have been sent before",
            ),
            F::Qos | F::WillQos | F::MaximumQos => qos(number),
            F::Retain => match (self.sender, number) {
                (Sender::Client, 0) => "not to be retained",
                // Whether it is retained is another matter: a live copy has 0 all the same.
                (Sender::Server, 0) => "passed on live",
                (Sender::Client, _) if self.clears => {
                    "the server deletes what it keeps for the topic"
                }
                (Sender::Client, _) => "the server keeps it for later subscribers",
                (Sender::Server, _) if v5 => "kept, or published so",
                (Sender::Server, _) => "kept from before the subscription",
            },
            F::RemainingLength | F::PropertyLength | F::Length => "bytes follow",
            F::ProtocolLevel => match Version::from_level(number as u8) {
                Some(Version::V311) => "MQTT 3.1.1",
                Some(Version::V5) => "MQTT 5.0",
                None => "not known here",
            },
            F::UserNameFlag | F::PasswordFlag | F::WillFlag => flag(number, "absent", "present"),
            F::WillRetain => flag(number, "not retained", "published as a retained message"),
            F::CleanStart if v5 => flag(number, "resume a session", "drop any session"),
            F::CleanStart => flag(
                number,
                "resume a session and keep it",
                "no session before or after",
            ),
            F::KeepAlive if number == 0 => "off",
            F::KeepAlive => "seconds",
            F::SessionPresent => flag(number, "no session from before", "the session goes on"),
            F::ReasonCode => return self.reason(number as u8),
            F::RetainHandling => match number {
                0 => "send retained messages",
                1 => "send retained messages if the subscription is new",
                2 => "send no retained messages",
                _ => "no such value",
            },
            F::RetainAsPublished => flag(number, "RETAIN is cleared", "RETAIN as published"),
            F::NoLocal => flag(number, "own messages too", "not the client's own messages"),
            F::PropertyIdentifier => return property_id(number as u8),
            F::PropertyValue(id) => return property_value(id, number),
            _ => "",
        })
    }

    fn reason(self, code: u8) -> Cow<'static, str> {
        let name = match self.packet {
            Some(PacketType::ConnAck) if self.version == Version::V311 => {
                reason::from_return_code(code).map(ReasonCode::name)
            }
            Some(PacketType::SubAck) if code == 0 => Some("Granted QoS 0"),
            Some(PacketType::Disconnect) if code == 0 => Some("Normal disconnection"),
            _ => ReasonCode::from_u8(code).map(ReasonCode::name),
        };
        Cow::Borrowed(name.unwrap_or("no such code"))
    }

    fn rule(self, name: F, number: Option<u32>, place: Place) -> Option<Rule> {
        macro_rules! both {
            ($v311:literal, $v5:literal) => {
                const { Rule::both($v311, $v5) }
            };
        }
        macro_rules! v5 {
            ($id:literal) => {
                const { Rule::only_v5($id) }
            };
        }
        let set = number.is_some_and(|number| number != 0);
        Some(match name {
            F::PacketType => both!("SECT-2.2.1-packet-type", "SECT-2.1.2-packet-type"),
            F::ReservedFlags => match self.packet {
                Some(PacketType::PubRel) => both!("MQTT-3.6.1-1", "MQTT-3.6.1-1"),
                Some(PacketType::Subscribe) => both!("MQTT-3.8.1-1", "MQTT-3.8.1-1"),
                Some(PacketType::Unsubscribe) => both!("MQTT-3.10.1-1", "MQTT-3.10.1-1"),
                Some(PacketType::Disconnect) => both!("MQTT-3.14.1-1", "MQTT-3.14.1-1"),
                Some(PacketType::Auth) => v5!("MQTT-3.15.1-1"),
                _ => both!("MQTT-2.2.2-1", "MQTT-2.1.3-1"),
            },
            F::Dup if set => both!("MQTT-3.3.1-1", "MQTT-3.3.1-1"),
            F::Dup => both!("MQTT-3.3.1-2", "MQTT-3.3.1-2"),
            F::Qos => both!("MQTT-3.3.1-4", "MQTT-3.3.1-4"),
            F::Retain => match (self.sender, set) {
                (Sender::Client, true) if self.clears => both!("MQTT-3.3.1-10", "MQTT-3.3.1-6"),
                (Sender::Client, true) => both!("MQTT-3.3.1-5", "MQTT-3.3.1-5"),
                (Sender::Client, false) => both!("MQTT-3.3.1-12", "MQTT-3.3.1-8"),
                // Retained copies for a new subscription, or live ones as published: which is not in the packet.
                (Sender::Server, true) if self.version == Version::V5 => return None,
                (Sender::Server, true) => const { Rule::only_v311("MQTT-3.3.1-8") },
                (Sender::Server, false) => both!("MQTT-3.3.1-9", "MQTT-3.3.1-12"),
            },
            F::RemainingLength => both!("SECT-2.2.3-length", "MQTT-1.5.5-1"),
            F::ProtocolName => both!("MQTT-3.1.2-1", "MQTT-3.1.2-1"),
            F::ProtocolLevel => both!("MQTT-3.1.2-2", "MQTT-3.1.2-2"),
            F::UserNameFlag if set => both!("MQTT-3.1.2-19", "MQTT-3.1.2-17"),
            F::UserNameFlag => both!("MQTT-3.1.2-18", "MQTT-3.1.2-16"),
            F::PasswordFlag if set => both!("MQTT-3.1.2-21", "MQTT-3.1.2-19"),
            F::PasswordFlag => both!("MQTT-3.1.2-20", "MQTT-3.1.2-18"),
            F::WillRetain if set => both!("MQTT-3.1.2-17", "MQTT-3.1.2-15"),
            F::WillRetain => both!("MQTT-3.1.2-16", "MQTT-3.1.2-14"),
            F::WillQos => both!("MQTT-3.1.2-14", "MQTT-3.1.2-12"),
            F::WillFlag if set => both!("MQTT-3.1.2-8", "MQTT-3.1.2-7"),
            F::WillFlag => both!("MQTT-3.1.2-11", "MQTT-3.1.2-11"),
            F::CleanStart if set => both!("MQTT-3.1.2-6", "MQTT-3.1.2-4"),
            F::CleanStart => both!("MQTT-3.1.2-4", "MQTT-3.1.2-5"),
            F::Reserved => match self.packet {
                Some(PacketType::Connect) => both!("MQTT-3.1.2-3", "MQTT-3.1.2-3"),
                Some(PacketType::ConnAck) => both!("SECT-3.2.2.1-flags", "MQTT-3.2.2-1"),
                _ => both!("MQTT-3.8.3-4", "MQTT-3.8.3-5"),
            },
            F::KeepAlive => both!("MQTT-3.1.2-24", "MQTT-3.1.2-22"),
            F::ClientIdentifier => both!("MQTT-3.1.3-3", "MQTT-3.1.3-3"),
            F::WillProperties | F::WillPayload => both!("MQTT-3.1.2-9", "MQTT-3.1.2-9"),
            F::WillTopic => both!("MQTT-3.1.3-10", "MQTT-3.1.3-11"),
            F::UserName => both!("MQTT-3.1.3-11", "MQTT-3.1.3-12"),
            F::Password => both!("MQTT-3.1.2-21", "MQTT-3.1.2-19"),
            F::SessionPresent if set => both!("MQTT-3.2.2-2", "MQTT-3.2.2-3"),
            F::SessionPresent => both!("MQTT-3.2.2-3", "MQTT-3.2.2-3"),
            F::ReasonCode => match self.packet? {
                PacketType::ConnAck => both!("SECT-3.2.2.3-return-code", "MQTT-3.2.2-8"),
                PacketType::PubAck => v5!("MQTT-3.4.2-1"),
                PacketType::PubRec => v5!("MQTT-3.5.2-1"),
                PacketType::PubRel => v5!("MQTT-3.6.2-1"),
                PacketType::PubComp => v5!("MQTT-3.7.2-1"),
                PacketType::SubAck => both!("MQTT-3.9.3-2", "MQTT-3.9.3-2"),
                PacketType::UnsubAck => v5!("MQTT-3.11.3-2"),
                PacketType::Disconnect => v5!("MQTT-3.14.2-1"),
                PacketType::Auth => v5!("MQTT-3.15.2-1"),
                _ => return None,
            },
            F::TopicName => both!("MQTT-3.3.2-1", "MQTT-3.3.2-1"),
            F::PacketIdentifier => match (self.packet?, self.sender) {
                (PacketType::Publish, Sender::Server) => both!("MQTT-2.3.1-4", "MQTT-2.2.1-4"),
                (PacketType::Publish | PacketType::Subscribe | PacketType::Unsubscribe, _) => {
                    both!("MQTT-2.3.1-1", "MQTT-2.2.1-3")
                }
                (PacketType::SubAck | PacketType::UnsubAck, _) => {
                    both!("MQTT-2.3.1-7", "MQTT-2.2.1-6")
                }
                (PacketType::PubComp, _) => both!("MQTT-4.3.3-2", "MQTT-2.2.1-5"),
                _ => both!("MQTT-2.3.1-6", "MQTT-2.2.1-5"),
            },
            F::TopicFilter => match self.packet? {
                PacketType::Subscribe => both!("MQTT-3.8.3-1", "MQTT-3.8.3-1"),
                _ => both!("MQTT-3.10.3-1", "MQTT-3.10.3-1"),
            },
            F::RetainHandling => match number? {
                0 => v5!("MQTT-3.3.1-9"),
                1 => v5!("MQTT-3.3.1-10"),
                2 => v5!("MQTT-3.3.1-11"),
                _ => v5!("SECT-3.8.3.1-retain-handling"),
            },
            F::RetainAsPublished if set => v5!("MQTT-3.3.1-13"),
            F::RetainAsPublished => v5!("MQTT-3.3.1-12"),
            F::NoLocal => v5!("MQTT-3.8.3-3"),
            F::MaximumQos => both!("MQTT-3.8.4-6", "MQTT-3.8.4-8"),
            F::PropertyLength => v5!("MQTT-2.2.2-1"),
            F::PropertyIdentifier => property_rules::PLACEMENT,
            F::Property(0x26) => match self.packet? {
                PacketType::Publish => v5!("MQTT-3.3.2-18"),
                PacketType::Connect if place == Place::WILL => v5!("MQTT-3.1.3-10"),
                _ => v5!("MQTT-1.5.7-1"),
            },
            F::Property(0x0B) if self.packet == Some(PacketType::Publish) => v5!("MQTT-3.3.4-4"),
            F::Property(id) | F::PropertyValue(id) => {
                let range = property_rules::range(place, id);
                if matches!(name, F::PropertyValue(_)) && range != property_rules::PLACEMENT {
                    range
                } else {
                    property_rules::once(place, id)
                }
            }
            F::UserPropertyName | F::UserPropertyValue => v5!("MQTT-1.5.7-1"),
            F::Characters => both!("MQTT-1.5.3-1", "MQTT-1.5.4-1"),
            F::FixedHeader
            | F::FirstByte
            | F::VariableHeader
            | F::Payload
            | F::ConnectFlags
            | F::AcknowledgeFlags
            | F::ApplicationMessage
            | F::Subscription
            | F::SubscriptionOptions
            | F::Properties
            | F::Length
            | F::Data
            | F::Unread => return None,
        })
    }
}

const fn qos(number: u32) -> &'static str {
    match number {
        0 => "at most once",
        1 => "at least once",
        2 => "exactly once",
        _ => "no such QoS",
    }
}

fn property_id(id: u8) -> Cow<'static, str> {
    if property_rules::row(id).is_some() {
        Cow::Borrowed(crate::codec::property_name(id))
    } else {
        Cow::Borrowed("no such property")
    }
}

fn property_value(id: u8, number: u32) -> Cow<'static, str> {
    const NEVER: u32 = u32::MAX;
    Cow::Borrowed(match (id, number) {
        (0x01, 0) => "bytes",
        (0x01, 1) => "UTF-8 text",
        (0x11, NEVER) => "never expires",
        (0x11, 0) => "ends with the connection",
        (0x02 | 0x11 | 0x13 | 0x18, _) => "seconds",
        (0x17 | 0x19, 0) => "not wanted",
        (0x17 | 0x19, 1) => "wanted",
        (0x21, _) => "messages above QoS 0 at a time",
        (0x22, 0) => "no topic aliases",
        (0x22, _) => return Cow::Owned(format!("aliases 1 to {number}")),
        (0x24, _) => qos(number),
        (0x25 | 0x28 | 0x29 | 0x2A, 0) => "not available",
        (0x25 | 0x28 | 0x29 | 0x2A, 1) => "available",
        (0x27, _) => "bytes at most",
        _ => "",
    })
}
