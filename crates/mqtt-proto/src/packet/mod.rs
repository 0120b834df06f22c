//! Packets: one set of types for both versions.
//!
//! 3.1.1 packets have empty [`Properties`], and its return codes appear as the reason codes that
//! mean the same. Fields hold slices of the receive buffer, so a clone is a reference count. Lists
//! whose length the peer chooses ([`Properties`], [`SubscribeFilters`], …) stay in their wire form,
//! already checked, and are read by iterating: decoding allocates nothing.

mod display;
mod lists;
mod properties;
pub mod property_id;

pub use lists::{
    ReasonCodes, RetainHandling, SubscribeFilters, SubscriptionOptions, UnsubscribeFilters,
};
pub(crate) use properties::PropertyWriter;
pub use properties::{Properties, PropertiesIter, Property, SUBSCRIPTION_IDENTIFIER_MAX};

use crate::reason::ReasonCode;
use crate::time::Duration;
use crate::types::{Delivery, PacketId, Qos, Text, TopicName};
use alloc::boxed::Box;
use bytes::Bytes;
use mqtt_spec::Version;

/// One MQTT control packet of either version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// Client to server, first of a connection.
    Connect(Box<Connect>),
    /// The server's answer to CONNECT.
    ConnAck(ConnAck),
    /// An application message, either way.
    Publish(Publish),
    /// Ends a QoS 1 exchange.
    PubAck(Ack),
    /// Second packet of a QoS 2 exchange.
    PubRec(Ack),
    /// Third packet of a QoS 2 exchange.
    PubRel(Ack),
    /// Ends a QoS 2 exchange.
    PubComp(Ack),
    /// Client to server.
    Subscribe(Subscribe),
    /// The server's answer to SUBSCRIBE.
    SubAck(SubAck),
    /// Client to server.
    Unsubscribe(Unsubscribe),
    /// The server's answer to UNSUBSCRIBE.
    UnsubAck(SubAck),
    /// Client to server: is anyone there?
    PingReq,
    /// The server's answer to PINGREQ.
    PingResp,
    /// The last packet of a connection. 3.1.1: client to server only, always [`ReasonCode::Success`].
    Disconnect(Disconnect),
    /// A step of an enhanced authentication; 5.0 only.
    Auth(Auth),
}

/// A packet's type: the upper four bits of its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are the standard's own")]
pub enum PacketType {
    Connect = 1,
    ConnAck = 2,
    Publish = 3,
    PubAck = 4,
    PubRec = 5,
    PubRel = 6,
    PubComp = 7,
    Subscribe = 8,
    SubAck = 9,
    Unsubscribe = 10,
    UnsubAck = 11,
    PingReq = 12,
    PingResp = 13,
    Disconnect = 14,
    Auth = 15,
}

impl PacketType {
    /// The type of these four bits; 0 is no type.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            1 => Self::Connect,
            2 => Self::ConnAck,
            3 => Self::Publish,
            4 => Self::PubAck,
            5 => Self::PubRec,
            6 => Self::PubRel,
            7 => Self::PubComp,
            8 => Self::Subscribe,
            9 => Self::SubAck,
            10 => Self::Unsubscribe,
            11 => Self::UnsubAck,
            12 => Self::PingReq,
            13 => Self::PingResp,
            14 => Self::Disconnect,
            15 => Self::Auth,
            _ => return None,
        })
    }

    /// The standard's name for it, in capitals.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "CONNECT",
            Self::ConnAck => "CONNACK",
            Self::Publish => "PUBLISH",
            Self::PubAck => "PUBACK",
            Self::PubRec => "PUBREC",
            Self::PubRel => "PUBREL",
            Self::PubComp => "PUBCOMP",
            Self::Subscribe => "SUBSCRIBE",
            Self::SubAck => "SUBACK",
            Self::Unsubscribe => "UNSUBSCRIBE",
            Self::UnsubAck => "UNSUBACK",
            Self::PingReq => "PINGREQ",
            Self::PingResp => "PINGRESP",
            Self::Disconnect => "DISCONNECT",
            Self::Auth => "AUTH",
        }
    }
}

impl Packet {
    /// Its type.
    #[must_use]
    pub const fn packet_type(&self) -> PacketType {
        match self {
            Self::Connect(_) => PacketType::Connect,
            Self::ConnAck(_) => PacketType::ConnAck,
            Self::Publish(_) => PacketType::Publish,
            Self::PubAck(_) => PacketType::PubAck,
            Self::PubRec(_) => PacketType::PubRec,
            Self::PubRel(_) => PacketType::PubRel,
            Self::PubComp(_) => PacketType::PubComp,
            Self::Subscribe(_) => PacketType::Subscribe,
            Self::SubAck(_) => PacketType::SubAck,
            Self::Unsubscribe(_) => PacketType::Unsubscribe,
            Self::UnsubAck(_) => PacketType::UnsubAck,
            Self::PingReq => PacketType::PingReq,
            Self::PingResp => PacketType::PingResp,
            Self::Disconnect(_) => PacketType::Disconnect,
            Self::Auth(_) => PacketType::Auth,
        }
    }

    /// Its properties, if its kind has any; those of a will are the will's.
    #[must_use]
    pub fn properties_mut(&mut self) -> Option<&mut Properties> {
        Some(match self {
            Self::Connect(connect) => &mut connect.properties,
            Self::ConnAck(ack) => &mut ack.properties,
            Self::Publish(publish) => &mut publish.properties,
            Self::PubAck(ack) | Self::PubRec(ack) | Self::PubRel(ack) | Self::PubComp(ack) => {
                &mut ack.properties
            }
            Self::Subscribe(subscribe) => &mut subscribe.properties,
            Self::SubAck(ack) | Self::UnsubAck(ack) => &mut ack.properties,
            Self::Unsubscribe(unsubscribe) => &mut unsubscribe.properties,
            Self::Disconnect(disconnect) => &mut disconnect.properties,
            Self::Auth(auth) => &mut auth.properties,
            Self::PingReq | Self::PingResp => return None,
        })
    }

    /// Its packet identifier, if its kind has one.
    #[must_use]
    pub const fn id(&self) -> Option<PacketId> {
        match self {
            Self::Publish(publish) => publish.delivery.id(),
            Self::PubAck(ack) | Self::PubRec(ack) | Self::PubRel(ack) | Self::PubComp(ack) => {
                Some(ack.id)
            }
            Self::Subscribe(subscribe) => Some(subscribe.id),
            Self::SubAck(ack) | Self::UnsubAck(ack) => Some(ack.id),
            Self::Unsubscribe(unsubscribe) => Some(unsubscribe.id),
            _ => None,
        }
    }
}

/// CONNECT (section 3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connect {
    /// The version that the client wants to speak.
    pub version: Version,
    /// 5.0 Clean Start; 3.1.1 CleanSession, which also ends the session with the connection.
    pub clean_start: bool,
    /// Seconds; 0 switches it off.
    pub keep_alive_secs: u16,
    /// May be empty: the server is to choose one.
    pub client_id: Text,
    /// Published by the server when the connection ends badly.
    pub will: Option<Will>,
    /// Checked by the server's policy.
    pub user_name: Option<Text>,
    /// Binary. 3.1.1 allows it only beside a user name.
    pub password: Option<Bytes>,
    /// 5.0.
    pub properties: Properties,
}

/// A will: the message that the server publishes for a client that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Will {
    /// Where it goes.
    pub topic: TopicName,
    /// What it says.
    pub payload: Bytes,
    /// Published at this QoS.
    pub qos: Qos,
    /// Published as a retained message.
    pub retain: bool,
    /// 5.0; holds Will Delay Interval beside the message's own properties.
    pub properties: Properties,
}

/// CONNACK (section 3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnAck {
    /// The server has kept the session. Never beside a failure.
    pub session_present: bool,
    /// 3.1.1's return codes 0 to 5 appear as 0x00, 0x84, 0x85, 0x88, 0x86 and 0x87.
    pub reason: ReasonCode,
    /// 5.0.
    pub properties: Properties,
}

/// PUBLISH (section 3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publish {
    /// QoS, identifier and DUP.
    pub delivery: Delivery,
    /// To the server: store it. From the server: it was stored (or, under 5.0, it is as published).
    pub retain: bool,
    /// `None` is 5.0's empty name: a topic alias in the properties stands for it.
    pub topic: Option<TopicName>,
    /// Any bytes.
    pub payload: Bytes,
    /// 5.0.
    pub properties: Properties,
}

/// PUBACK, PUBREC, PUBREL or PUBCOMP (sections 3.4 to 3.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack {
    /// Of the PUBLISH that it belongs to.
    pub id: PacketId,
    /// Always [`ReasonCode::Success`] under 3.1.1.
    pub reason: ReasonCode,
    /// 5.0.
    pub properties: Properties,
}

impl Ack {
    /// The plain acknowledgement: success and no properties.
    #[must_use]
    pub const fn success(id: PacketId) -> Self {
        Self::with_reason(id, ReasonCode::Success)
    }

    /// An acknowledgement with a reason and no properties.
    #[must_use]
    pub const fn with_reason(id: PacketId, reason: ReasonCode) -> Self {
        Self {
            id,
            reason,
            properties: Properties::EMPTY,
        }
    }
}

/// SUBSCRIBE (section 3.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribe {
    /// Comes back in SUBACK.
    pub id: PacketId,
    /// One or more.
    pub filters: SubscribeFilters,
    /// 5.0.
    pub properties: Properties,
}

/// SUBACK or UNSUBACK (sections 3.9 and 3.11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubAck {
    /// Of the SUBSCRIBE or UNSUBSCRIBE.
    pub id: PacketId,
    /// One per filter, in their order. Empty in 3.1.1's UNSUBACK. 3.1.1's 0x80 is
    /// [`ReasonCode::UnspecifiedError`].
    pub reasons: ReasonCodes,
    /// 5.0.
    pub properties: Properties,
}

/// UNSUBSCRIBE (section 3.10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsubscribe {
    /// Comes back in UNSUBACK.
    pub id: PacketId,
    /// One or more.
    pub filters: UnsubscribeFilters,
    /// 5.0.
    pub properties: Properties,
}

/// DISCONNECT (section 3.14).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disconnect {
    /// Always [`ReasonCode::Success`] under 3.1.1.
    pub reason: ReasonCode,
    /// 5.0.
    pub properties: Properties,
}

impl Disconnect {
    /// A DISCONNECT with a reason and no properties.
    #[must_use]
    pub const fn with_reason(reason: ReasonCode) -> Self {
        Self {
            reason,
            properties: Properties::EMPTY,
        }
    }
}

/// AUTH (5.0 section 3.15).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Auth {
    /// Success, continue or re-authenticate.
    pub reason: ReasonCode,
    /// Holds the authentication method and data.
    pub properties: Properties,
}

impl Connect {
    /// The keep alive as a span; `None` when it is switched off.
    #[must_use]
    pub const fn keep_alive(&self) -> Option<Duration> {
        match self.keep_alive_secs {
            0 => None,
            secs => Some(Duration::from_secs(secs as u64)),
        }
    }
}
