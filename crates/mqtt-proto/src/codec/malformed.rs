//! What can be wrong with the bytes of a packet.

use super::field::{FieldName, property_name};
use super::property_rules::{self, Place};
use crate::packet::PacketType;
use crate::reason::ReasonCode;
use crate::types::Sender;
use core::fmt;
use mqtt_spec::{Rule, StatementId, Version};

/// Bytes that are no packet, or no packet that their sender may write: the connection is lost.
///
/// This is what one packet shows by itself. What a packet may not do at this moment of a connection
/// (a second CONNECT, a topic alias that nobody has set) is a violation, found elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Malformed {
    /// What is wrong.
    pub fault: Fault,
    /// With which field.
    pub field: FieldName,
    /// Where: the byte's place in the packet, whose first byte is 0.
    pub at: u32,
    /// The type of the packet, unless that is what is wrong.
    pub packet: Option<PacketType>,
    /// The version whose rules were applied.
    pub version: Version,
    /// The end that wrote the bytes.
    pub sender: Sender,
}

/// The ways in which bytes fail to be a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Packet type 0, or 15 under 3.1.1.
    ReservedPacketType,
    /// Only the other end sends this type.
    WrongDirection,
    /// Another type than CONNECT where the version is not known yet.
    NotConnect,
    /// Fixed-header flags other than the type's.
    WrongFlags,
    /// Two QoS bits of value 3.
    Qos3,
    /// DUP 1 with QoS 0.
    DupAtQos0,
    /// A variable byte integer of more than four bytes.
    LengthTooLong,
    /// 5.0: a variable byte integer with bytes to spare.
    LengthNotShortest,
    /// Larger than the receiver takes.
    TooLarge,
    /// The field is missing or runs past the end of the packet, or of the properties.
    CutShort,
    /// Bytes behind the last field.
    BytesLeftOver,
    /// A string that is not UTF-8.
    NotUtf8,
    /// A string with U+0000.
    Nul,
    /// A topic name or filter with no characters.
    EmptyTopic,
    /// A topic name with `+` or `#`.
    WildcardInName,
    /// A filter whose `#` does not fill a level, or is not last.
    MisplacedHash,
    /// A filter whose `+` does not fill a level.
    MisplacedPlus,
    /// A `$share` filter without share name.
    EmptyShareName,
    /// A `$share` filter with a wildcard in the name, or with no filter behind it.
    BadShare,
    /// Packet identifier 0.
    ZeroPacketId,
    /// CONNECT for another protocol than `MQTT`.
    ProtocolName,
    /// CONNECT at this level, which is not one of those built in.
    ProtocolLevel(u8),
    /// Reserved bits that are not 0.
    ReservedBits,
    /// Will QoS or Will Retain without a will.
    BitsWithoutWill,
    /// 3.1.1: a password without a user name.
    PasswordWithoutUserName,
    /// A reason or return code that this packet never carries from this end.
    ReasonCode(u8),
    /// Session Present beside a refusal.
    SessionPresentInRefusal,
    /// A SUBSCRIBE, UNSUBSCRIBE or acknowledgement of one with nothing in its list.
    EmptyList,
    /// Retain Handling 3.
    RetainHandling3,
    /// No Local on a shared subscription.
    NoLocalShared,
    /// No such property.
    UnknownProperty(u8),
    /// A property that this packet never carries from this end.
    MisplacedProperty(u8),
    /// A property that stands there twice.
    RepeatedProperty(u8),
    /// A property whose value is out of range.
    PropertyValue(u8),
    /// CONNECT with Authentication Data but no Authentication Method.
    DataWithoutMethod,
    /// AUTH without Authentication Method.
    MethodMissing,
}

impl Malformed {
    /// The rule that the bytes break, or the one that lets the receiver refuse them.
    #[must_use]
    pub fn rule(&self) -> Rule {
        rule(self)
    }

    /// The statement that they break, in the version that was applied. `None` for a packet that is
    /// [`Fault::TooLarge`] for a 3.1.1 receiver: a limit of its own, which no statement covers.
    #[must_use]
    pub fn statement(&self) -> Option<StatementId> {
        self.rule().id_in(self.version)
    }

    /// The reason to give the sender: in CONNACK if CONNECT is at fault, else in DISCONNECT.
    ///
    /// Under 3.1.1 only [`ReasonCode::UnsupportedProtocolVersion`] can be said (as return code 1);
    /// everything else closes the connection without a word.
    #[must_use]
    pub const fn reason(&self) -> ReasonCode {
        match self.fault {
            Fault::ReservedPacketType
            | Fault::WrongFlags
            | Fault::LengthTooLong
            | Fault::LengthNotShortest
            | Fault::CutShort
            | Fault::BytesLeftOver
            | Fault::NotUtf8
            | Fault::Nul
            | Fault::ReservedBits
            | Fault::BitsWithoutWill
            | Fault::PasswordWithoutUserName
            | Fault::UnknownProperty(_) => ReasonCode::MalformedPacket,
            // In subscription options a Protocol Error, elsewhere malformed.
            Fault::Qos3 if matches!(self.field, FieldName::MaximumQos) => ReasonCode::ProtocolError,
            Fault::Qos3 => ReasonCode::MalformedPacket,
            // Properties of the right packet from the wrong end are Protocol Errors.
            Fault::MisplacedProperty(id) => match (self.field, self.packet) {
                (FieldName::Properties, Some(packet)) if property_rules::carries(packet, id) => {
                    ReasonCode::ProtocolError
                }
                _ => ReasonCode::MalformedPacket,
            },
            Fault::PropertyValue(0x23) => ReasonCode::TopicAliasInvalid,
            Fault::WrongDirection
            | Fault::NotConnect
            | Fault::DupAtQos0
            | Fault::EmptyTopic
            | Fault::WildcardInName
            | Fault::MisplacedHash
            | Fault::MisplacedPlus
            | Fault::EmptyShareName
            | Fault::BadShare
            | Fault::ZeroPacketId
            | Fault::ReasonCode(_)
            | Fault::SessionPresentInRefusal
            | Fault::EmptyList
            | Fault::RetainHandling3
            | Fault::NoLocalShared
            | Fault::RepeatedProperty(_)
            | Fault::PropertyValue(_)
            | Fault::DataWithoutMethod
            | Fault::MethodMissing => ReasonCode::ProtocolError,
            Fault::TooLarge => ReasonCode::PacketTooLarge,
            Fault::ProtocolName | Fault::ProtocolLevel(_) => ReasonCode::UnsupportedProtocolVersion,
        }
    }
}

/// No such duty in either version.
const NONE: Rule = Rule {
    v311: None,
    v5: None,
};

const EXACT: Rule = Rule::both("SECT-2.2.3-exact", "SECT-2.1.4-exact");

fn rule(malformed: &Malformed) -> Rule {
    use FieldName as F;
    let from_client = malformed.sender == Sender::Client;
    // What CONNECT has in common with PUBLISH stands in its will, of which the rules for PUBLISH do not speak.
    let in_will = malformed.packet == Some(PacketType::Connect);
    match malformed.fault {
        Fault::ReservedPacketType => {
            const { Rule::both("SECT-2.2.1-packet-type", "SECT-2.1.2-packet-type") }
        }
        Fault::WrongDirection => {
            const { Rule::both("SECT-2.2.1-direction", "SECT-2.1.2-direction") }
        }
        Fault::NotConnect if from_client => const { Rule::both("MQTT-3.1.0-1", "MQTT-3.1.0-1") },
        Fault::NotConnect => const { Rule::both("MQTT-3.2.0-1", "MQTT-3.2.0-1") },
        Fault::WrongFlags => match malformed.packet {
            Some(PacketType::PubRel) => const { Rule::both("MQTT-3.6.1-1", "MQTT-3.6.1-1") },
            Some(PacketType::Subscribe) => const { Rule::both("MQTT-3.8.1-1", "MQTT-3.8.1-1") },
            Some(PacketType::Unsubscribe) => const { Rule::both("MQTT-3.10.1-1", "MQTT-3.10.1-1") },
            Some(PacketType::Disconnect) => const { Rule::both("MQTT-3.14.1-1", "MQTT-3.14.1-1") },
            Some(PacketType::Auth) => const { Rule::only_v5("MQTT-3.15.1-1") },
            _ => const { Rule::both("MQTT-2.2.2-1", "MQTT-2.1.3-1") },
        },
        Fault::Qos3 => match malformed.field {
            F::WillQos => const { Rule::both("MQTT-3.1.2-14", "MQTT-3.1.2-12") },
            F::MaximumQos => const { Rule::both("MQTT-3.8.3-4", "SECT-3.8.3.1-qos") },
            _ => const { Rule::both("MQTT-3.3.1-4", "MQTT-3.3.1-4") },
        },
        Fault::DupAtQos0 => const { Rule::both("MQTT-3.3.1-2", "MQTT-3.3.1-2") },
        Fault::LengthTooLong => const { Rule::both("SECT-2.2.3-length", "SECT-1.5.5-length") },
        Fault::LengthNotShortest => const { Rule::only_v5("MQTT-1.5.5-1") },
        Fault::TooLarge if from_client => const { Rule::only_v5("MQTT-3.2.2-15") },
        Fault::TooLarge => const { Rule::only_v5("MQTT-3.1.2-24") },
        Fault::CutShort => match malformed.field {
            F::ClientIdentifier => const { Rule::both("MQTT-3.1.3-3", "MQTT-3.1.3-3") },
            F::WillTopic | F::WillPayload => const { Rule::both("MQTT-3.1.2-9", "MQTT-3.1.2-9") },
            F::UserName => const { Rule::both("MQTT-3.1.2-19", "MQTT-3.1.2-17") },
            F::Password => const { Rule::both("MQTT-3.1.2-21", "MQTT-3.1.2-19") },
            F::PropertyLength => const { Rule::only_v5("MQTT-2.2.2-1") },
            F::Property(_)
            | F::UserPropertyName
            | F::UserPropertyValue
            | F::Properties
            | F::WillProperties => const { Rule::only_v5("SECT-2.2.2.1-exact") },
            _ => EXACT,
        },
        Fault::BytesLeftOver => EXACT,
        Fault::NotUtf8 => match malformed.field {
            F::ClientIdentifier => const { Rule::both("MQTT-3.1.3-4", "MQTT-3.1.3-4") },
            F::WillTopic => const { Rule::both("MQTT-3.1.3-10", "MQTT-3.1.3-11") },
            F::UserName => const { Rule::both("MQTT-3.1.3-11", "MQTT-3.1.3-12") },
            F::TopicName => const { Rule::both("MQTT-3.3.2-1", "MQTT-3.3.2-1") },
            F::TopicFilter if malformed.packet == Some(PacketType::Subscribe) => {
                const { Rule::both("MQTT-3.8.3-1", "MQTT-3.8.3-1") }
            }
            F::TopicFilter => const { Rule::both("MQTT-3.10.3-1", "MQTT-3.10.3-1") },
            F::Property(0x03) if !in_will => const { Rule::only_v5("MQTT-3.3.2-19") },
            F::Property(0x08) if !in_will => const { Rule::only_v5("MQTT-3.3.2-13") },
            F::UserPropertyName | F::UserPropertyValue => const { Rule::only_v5("MQTT-1.5.7-1") },
            _ => const { Rule::both("MQTT-1.5.3-1", "MQTT-1.5.4-1") },
        },
        Fault::Nul => match malformed.field {
            F::TopicName | F::WillTopic | F::TopicFilter => {
                const { Rule::both("MQTT-4.7.3-2", "MQTT-4.7.3-2") }
            }
            _ => const { Rule::both("MQTT-1.5.3-2", "MQTT-1.5.4-2") },
        },
        Fault::EmptyTopic => match malformed.field {
            F::TopicName => const { Rule::both("MQTT-4.7.3-1", "SECT-3.3.2.1-empty-topic") },
            _ => const { Rule::both("MQTT-4.7.3-1", "MQTT-4.7.3-1") },
        },
        Fault::WildcardInName => match malformed.field {
            F::TopicName => const { Rule::both("MQTT-3.3.2-2", "MQTT-3.3.2-2") },
            F::Property(_) if !in_will => const { Rule::only_v5("MQTT-3.3.2-14") },
            _ => const { Rule::both("MQTT-4.7.1-1", "MQTT-4.7.0-1") },
        },
        Fault::MisplacedHash => const { Rule::both("MQTT-4.7.1-2", "MQTT-4.7.1-1") },
        Fault::MisplacedPlus => const { Rule::both("MQTT-4.7.1-3", "MQTT-4.7.1-2") },
        Fault::EmptyShareName => const { Rule::only_v5("MQTT-4.8.2-1") },
        Fault::BadShare => const { Rule::only_v5("MQTT-4.8.2-2") },
        Fault::ZeroPacketId => match malformed.packet {
            Some(PacketType::PubAck | PacketType::PubRec | PacketType::PubRel) => {
                const { Rule::both("MQTT-2.3.1-6", "MQTT-2.2.1-5") }
            }
            Some(PacketType::PubComp) => const { Rule::both("MQTT-4.3.3-2", "MQTT-2.2.1-5") },
            Some(PacketType::SubAck | PacketType::UnsubAck) => {
                const { Rule::both("MQTT-2.3.1-7", "MQTT-2.2.1-6") }
            }
            _ if from_client => const { Rule::both("MQTT-2.3.1-1", "MQTT-2.2.1-3") },
            _ => const { Rule::both("MQTT-2.3.1-1", "MQTT-2.2.1-4") },
        },
        Fault::ProtocolName => const { Rule::both("MQTT-3.1.2-1", "MQTT-3.1.2-1") },
        Fault::ProtocolLevel(_) => const { Rule::both("MQTT-3.1.2-2", "MQTT-3.1.2-2") },
        Fault::ReservedBits => match malformed.field {
            F::ConnectFlags => const { Rule::both("MQTT-3.1.2-3", "MQTT-3.1.2-3") },
            F::AcknowledgeFlags => const { Rule::both("SECT-3.2.2.1-flags", "MQTT-3.2.2-1") },
            _ => const { Rule::both("MQTT-3.8.3-4", "MQTT-3.8.3-5") },
        },
        Fault::BitsWithoutWill => match malformed.field {
            F::WillQos => const { Rule::both("MQTT-3.1.2-13", "MQTT-3.1.2-11") },
            _ => const { Rule::both("MQTT-3.1.2-15", "MQTT-3.1.2-13") },
        },
        Fault::PasswordWithoutUserName => const { Rule::only_v311("MQTT-3.1.2-22") },
        Fault::ReasonCode(_) => match malformed.packet {
            Some(PacketType::ConnAck) => {
                const { Rule::both("SECT-3.2.2.3-return-code", "MQTT-3.2.2-8") }
            }
            Some(PacketType::PubAck) => const { Rule::only_v5("MQTT-3.4.2-1") },
            Some(PacketType::PubRec) => const { Rule::only_v5("MQTT-3.5.2-1") },
            Some(PacketType::PubRel) => const { Rule::only_v5("MQTT-3.6.2-1") },
            Some(PacketType::PubComp) => const { Rule::only_v5("MQTT-3.7.2-1") },
            Some(PacketType::SubAck) => const { Rule::both("MQTT-3.9.3-2", "MQTT-3.9.3-2") },
            Some(PacketType::UnsubAck) => const { Rule::only_v5("MQTT-3.11.3-2") },
            Some(PacketType::Disconnect) => const { Rule::only_v5("MQTT-3.14.2-1") },
            Some(PacketType::Auth) => const { Rule::only_v5("MQTT-3.15.2-1") },
            _ => NONE,
        },
        Fault::SessionPresentInRefusal => const { Rule::both("MQTT-3.2.2-4", "MQTT-3.2.2-6") },
        Fault::EmptyList => match malformed.packet {
            Some(PacketType::Subscribe) => const { Rule::both("MQTT-3.8.3-3", "MQTT-3.8.3-2") },
            Some(PacketType::Unsubscribe) => const { Rule::both("MQTT-3.10.3-2", "MQTT-3.10.3-2") },
            Some(PacketType::SubAck) => const { Rule::both("MQTT-3.8.4-5", "MQTT-3.8.4-6") },
            _ => const { Rule::only_v5("MQTT-3.11.3-2") },
        },
        Fault::RetainHandling3 => const { Rule::only_v5("SECT-3.8.3.1-retain-handling") },
        Fault::NoLocalShared => const { Rule::only_v5("MQTT-3.8.3-4") },
        Fault::UnknownProperty(_) => property_rules::PLACEMENT,
        Fault::MisplacedProperty(id) => match (malformed.packet, id) {
            (Some(PacketType::Publish), 0x0B) => const { Rule::only_v5("MQTT-3.3.4-6") },
            (Some(PacketType::Disconnect), 0x11) => const { Rule::only_v5("MQTT-3.14.2-2") },
            (Some(PacketType::Disconnect), 0x1C) => {
                const { Rule::only_v5("SECT-3.14.2.2.5-sender") }
            }
            _ => property_rules::PLACEMENT,
        },
        Fault::RepeatedProperty(id) => property_rules::once(place(malformed), id),
        Fault::PropertyValue(id) => property_rules::range(place(malformed), id),
        Fault::DataWithoutMethod => const { Rule::only_v5("SECT-3.1.2.11.10-no-method") },
        Fault::MethodMissing => const { Rule::only_v5("SECT-3.15.2.2.2-once") },
    }
}

/// Whose properties are at fault.
fn place(malformed: &Malformed) -> Place {
    match (malformed.field, malformed.packet) {
        (FieldName::WillProperties, _) | (_, None) => Place::WILL,
        (_, Some(packet)) => Place::of(packet),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let property = |f: &mut fmt::Formatter<'_>, id: u8, what: &str| {
            write!(f, "{} (0x{id:02X}) {what}", property_name(id))
        };
        f.write_str(match self {
            Self::ReservedPacketType => "this packet type is reserved",
            Self::WrongDirection => "only the other end sends this packet",
            Self::NotConnect => "a connection begins with CONNECT",
            Self::WrongFlags => "these flag bits are fixed, and are others",
            Self::Qos3 => "QoS 3 does not exist",
            Self::DupAtQos0 => "a QoS 0 message is never a duplicate",
            Self::LengthTooLong => "a fifth length byte would follow",
            Self::LengthNotShortest => "fewer bytes can say this length",
            Self::TooLarge => "larger than the receiver takes",
            Self::CutShort => "there are too few bytes for it",
            Self::BytesLeftOver => "bytes are left over behind the last field",
            Self::NotUtf8 => "not UTF-8",
            Self::Nul => "U+0000 in a string",
            Self::EmptyTopic => "a topic has at least one character",
            Self::WildcardInName => "a wildcard in a topic name",
            Self::MisplacedHash => "# fills the last level by itself, or is not there",
            Self::MisplacedPlus => "+ fills a whole level, or is not there",
            Self::EmptyShareName => "a shared subscription has a share name",
            Self::BadShare => "behind $share/ stand a name without wildcards, a slash and a filter",
            Self::ZeroPacketId => "a packet identifier is never 0",
            Self::ProtocolName => "not MQTT",
            Self::ProtocolLevel(level) => return write!(f, "level {level} is not spoken here"),
            Self::ReservedBits => "reserved bits that are not 0",
            Self::BitsWithoutWill => "set although there is no will",
            Self::PasswordWithoutUserName => "a password without a user name",
            Self::ReasonCode(code) => {
                return write!(f, "0x{code:02X} never comes in this packet from this end");
            }
            Self::SessionPresentInRefusal => "a refusal with Session Present",
            Self::EmptyList => "the list is empty",
            Self::RetainHandling3 => "Retain Handling 3 does not exist",
            Self::NoLocalShared => "No Local on a shared subscription",
            Self::UnknownProperty(id) => return write!(f, "there is no property 0x{id:02X}"),
            Self::MisplacedProperty(id) => return property(f, *id, "has no place here"),
            Self::RepeatedProperty(id) => return property(f, *id, "stands there twice"),
            Self::PropertyValue(id) => return property(f, *id, "is out of range"),
            Self::DataWithoutMethod => "Authentication Data without a method",
            Self::MethodMissing => "no Authentication Method",
        })
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(packet) = self.packet {
            write!(f, "{}, ", packet.name())?;
        }
        let field = self.field.name_in(self.version);
        write!(f, "{field} at byte {}: {}", self.at, self.fault)?;
        match self.statement() {
            Some(statement) => write!(f, " [{statement}]"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for Malformed {}
