//! The names of what packets are made of.

use mqtt_spec::Version;

/// What a range of bytes or bits of a packet is.
///
/// Errors and [anatomy](crate::anatomy) speak of packets in these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldName {
    /// Type, flags and length: the part that every packet has.
    FixedHeader,
    /// The first byte of a packet: type and flags.
    FirstByte,
    /// Four bits.
    PacketType,
    /// The four flag bits of a packet whose type gives them no meaning.
    ReservedFlags,
    /// PUBLISH flag.
    Dup,
    /// PUBLISH flags: two bits.
    Qos,
    /// PUBLISH flag.
    Retain,
    /// How many bytes follow it, as a variable byte integer.
    RemainingLength,
    /// What stands between fixed header and payload.
    VariableHeader,
    /// The end of some packets.
    Payload,
    /// `MQTT`
    ProtocolName,
    /// 3.1.1 Protocol Level, 5.0 Protocol Version.
    ProtocolLevel,
    /// The byte in CONNECT that says what follows.
    ConnectFlags,
    /// Connect flag.
    UserNameFlag,
    /// Connect flag.
    PasswordFlag,
    /// Connect flag.
    WillRetain,
    /// Connect flags: two bits.
    WillQos,
    /// Connect flag.
    WillFlag,
    /// Connect flag: 3.1.1 Clean Session, 5.0 Clean Start.
    CleanStart,
    /// Bits that have no meaning.
    Reserved,
    /// Seconds.
    KeepAlive,
    /// In CONNECT.
    ClientIdentifier,
    /// In CONNECT, 5.0 only.
    WillProperties,
    /// In CONNECT.
    WillTopic,
    /// In CONNECT: 3.1.1 Will Message, 5.0 Will Payload.
    WillPayload,
    /// In CONNECT.
    UserName,
    /// In CONNECT.
    Password,
    /// The byte in CONNACK whose lowest bit is Session Present.
    AcknowledgeFlags,
    /// CONNACK flag.
    SessionPresent,
    /// 3.1.1 Return Code.
    ReasonCode,
    /// In PUBLISH.
    TopicName,
    /// Two bytes, never 0.
    PacketIdentifier,
    /// The payload of PUBLISH.
    ApplicationMessage,
    /// One entry of SUBSCRIBE or UNSUBSCRIBE.
    Subscription,
    /// In SUBSCRIBE and UNSUBSCRIBE.
    TopicFilter,
    /// The byte behind each filter of SUBSCRIBE.
    SubscriptionOptions,
    /// Subscription option: two bits.
    RetainHandling,
    /// Subscription option.
    RetainAsPublished,
    /// Subscription option.
    NoLocal,
    /// Subscription option: two bits.
    MaximumQos,
    /// 5.0: a length and the properties.
    Properties,
    /// How many bytes of properties follow it, as a variable byte integer.
    PropertyLength,
    /// One property; the number is its identifier.
    Property(u8),
    /// Which property it is: one byte.
    PropertyIdentifier,
    /// The value of the property with this identifier.
    PropertyValue(u8),
    /// The first string of a User Property.
    UserPropertyName,
    /// The second string of a User Property.
    UserPropertyValue,
    /// The two bytes in front of a string or of binary data.
    Length,
    /// The characters of a string.
    Characters,
    /// Binary data.
    Data,
    /// Bytes that a fault keeps from being read, or that follow the packet.
    Unread,
}

impl FieldName {
    /// The name that the standard of that version gives it.
    #[must_use]
    pub const fn name_in(self, version: Version) -> &'static str {
        let v5 = matches!(version, Version::V5);
        match self {
            Self::FixedHeader => "Fixed Header",
            Self::FirstByte => "Type and Flags",
            Self::PacketType => "Packet Type",
            Self::ReservedFlags => "Flags",
            Self::Dup => "DUP",
            Self::Qos => "QoS",
            Self::Retain => "RETAIN",
            Self::RemainingLength => "Remaining Length",
            Self::VariableHeader => "Variable Header",
            Self::Payload => "Payload",
            Self::ProtocolName => "Protocol Name",
            Self::ProtocolLevel if v5 => "Protocol Version",
            Self::ProtocolLevel => "Protocol Level",
            Self::ConnectFlags => "Connect Flags",
            Self::UserNameFlag => "User Name Flag",
            Self::PasswordFlag => "Password Flag",
            Self::WillRetain => "Will Retain",
            Self::WillQos => "Will QoS",
            Self::WillFlag => "Will Flag",
            Self::CleanStart if v5 => "Clean Start",
            Self::CleanStart => "Clean Session",
            Self::Reserved => "Reserved",
            Self::KeepAlive => "Keep Alive",
            Self::ClientIdentifier => "Client Identifier",
            Self::WillProperties => "Will Properties",
            Self::WillTopic => "Will Topic",
            Self::WillPayload if v5 => "Will Payload",
            Self::WillPayload => "Will Message",
            Self::UserName => "User Name",
            Self::Password => "Password",
            Self::AcknowledgeFlags => "Connect Acknowledge Flags",
            Self::SessionPresent => "Session Present",
            Self::ReasonCode if v5 => "Reason Code",
            Self::ReasonCode => "Return Code",
            Self::TopicName => "Topic Name",
            Self::PacketIdentifier => "Packet Identifier",
            Self::ApplicationMessage => "Application Message",
            Self::Subscription => "Subscription",
            Self::TopicFilter => "Topic Filter",
            Self::SubscriptionOptions if v5 => "Subscription Options",
            Self::SubscriptionOptions => "Requested QoS",
            Self::RetainHandling => "Retain Handling",
            Self::RetainAsPublished => "Retain As Published",
            Self::NoLocal => "No Local",
            Self::MaximumQos if v5 => "Maximum QoS",
            Self::MaximumQos => "QoS",
            Self::Properties => "Properties",
            Self::PropertyLength => "Property Length",
            Self::Property(id) | Self::PropertyValue(id) => property_name(id),
            Self::PropertyIdentifier => "Property Identifier",
            Self::UserPropertyName => "Name",
            Self::UserPropertyValue => "Value",
            Self::Length => "Length",
            Self::Characters => "Characters",
            Self::Data => "Data",
            Self::Unread => "Not Read",
        }
    }
}

/// The standard's name of a property (5.0 table 2-4).
#[must_use]
pub const fn property_name(id: u8) -> &'static str {
    match id {
        0x01 => "Payload Format Indicator",
        0x02 => "Message Expiry Interval",
        0x03 => "Content Type",
        0x08 => "Response Topic",
        0x09 => "Correlation Data",
        0x0B => "Subscription Identifier",
        0x11 => "Session Expiry Interval",
        0x12 => "Assigned Client Identifier",
        0x13 => "Server Keep Alive",
        0x15 => "Authentication Method",
        0x16 => "Authentication Data",
        0x17 => "Request Problem Information",
        0x18 => "Will Delay Interval",
        0x19 => "Request Response Information",
        0x1A => "Response Information",
        0x1C => "Server Reference",
        0x1F => "Reason String",
        0x21 => "Receive Maximum",
        0x22 => "Topic Alias Maximum",
        0x23 => "Topic Alias",
        0x24 => "Maximum QoS",
        0x25 => "Retain Available",
        0x26 => "User Property",
        0x27 => "Maximum Packet Size",
        0x28 => "Wildcard Subscription Available",
        0x29 => "Subscription Identifier Available",
        0x2A => "Shared Subscription Available",
        _ => "Unknown Property",
    }
}
