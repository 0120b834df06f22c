//! What a log wants to say beside the packets, and the rule behind each such line.

use crate::message::Tag;
use crate::packet::PacketType;
use crate::rules::{both, only_v5};
use crate::taken::Taken;
use crate::types::{PacketId, Qos, Sender};
use core::fmt;
use mqtt_spec::Rule;

/// One thing that a machine did or decided. Notes change nothing: a host may drop them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Note {
    /// The connection begins with a new session.
    SessionStarted,
    /// The connection continues a session.
    SessionResumed {
        /// PUBLISH packets that wait to be sent again.
        publishes: u16,
        /// PUBREL packets that wait to be sent again.
        releases: u16,
    },
    /// Session state was thrown away, with this many messages in flight.
    SessionDiscarded {
        /// Of either direction.
        exchanges: u16,
        /// Because CONNACK says that the server has none; else because this end begins anew, or its
        /// session has ended.
        by_conn_ack: bool,
    },
    /// The packet that goes out next is sent because of this rule: the row of the table that was applied, or the duty of
    /// its type.
    Duty(Rule),
    /// A machine has followed this row of its table.
    Took(Taken),
    /// No identifier for it yet: there is no connection, or the peer's Receive Maximum is reached.
    MessageQueued {
        /// The caller's mark on it.
        tag: Tag,
    },
    /// Sent, and kept until it is acknowledged.
    MessageKept {
        /// Its identifier.
        id: PacketId,
        /// 1 or 2.
        qos: Qos,
        /// The caller's mark on it.
        tag: Tag,
    },
    /// PUBREC came: the message is not kept any longer, its identifier is.
    MessageReleased {
        /// Its identifier.
        id: PacketId,
    },
    /// The exchange is over and its identifier is free.
    IdFreed {
        /// The identifier.
        id: PacketId,
        /// Who had taken it.
        by: Sender,
    },
    /// The receiver of a QoS 2 message remembers its identifier.
    IdRemembered {
        /// The identifier.
        id: PacketId,
    },
    /// PUBREL came, or under 3.1.1 a QoS 1 message by the same identifier: the receiver forgets it.
    IdForgotten {
        /// The identifier.
        id: PacketId,
    },
    /// A repeat of a QoS 2 message whose identifier is remembered: acknowledged, not delivered.
    DuplicateSuppressed {
        /// The identifier.
        id: PacketId,
    },
    /// Sent again because the session was resumed.
    Resent {
        /// The identifier.
        id: PacketId,
        /// PUBLISH or PUBREL.
        packet: PacketType,
    },
    /// Sent again because no answer came in time, while the connection lives. 5.0 forbids it.
    ResentOnTimer {
        /// The identifier.
        id: PacketId,
        /// What was sent again.
        packet: PacketType,
    },
    /// An acknowledgement for an identifier that is not in use; normal after lost state.
    UnknownId {
        /// The identifier.
        id: PacketId,
        /// The acknowledgement.
        packet: PacketType,
    },
    /// The peer refused a message; it is not sent again.
    MessageRefused {
        /// Its identifier.
        id: PacketId,
    },
    /// The message waits: as many are open as the peer's Receive Maximum allows.
    QuotaExhausted,
    /// The message would be larger than the peer's Maximum Packet Size and was not sent.
    DroppedTooLarge {
        /// Who would have sent it.
        by: Sender,
    },
    /// The message's QoS is above the server's Maximum QoS, and it was not sent.
    DroppedQosNotSupported,
    /// The message has RETAIN, which the server does not offer, and it was not sent.
    DroppedRetainNotSupported,
    /// The message expired before it was sent.
    DroppedExpired,
    /// The queue is full; the newest or the oldest message was dropped, by its policy.
    DroppedQueueFull,
    /// A reason string or user properties were left out: unasked, or too large for the peer.
    ProblemInformationLeftOut {
        /// From this packet.
        packet: PacketType,
        /// It would have been larger than the peer takes.
        too_large: bool,
    },
    /// From now on this alias stands for the topic name, in this direction of this connection.
    AliasSet {
        /// The alias.
        alias: u16,
    },
    /// Nothing was sent for a keep alive: PINGREQ goes out.
    PingSent,
    /// The server's keep alive replaces the client's.
    ServerKeepAlive {
        /// Seconds; 0 is off.
        secs: u16,
    },
    /// The server gave the client an identifier.
    ClientIdAssigned,
}

impl Note {
    /// The rule that was applied, or broken where the line says so.
    #[must_use]
    pub const fn rule(&self) -> Option<Rule> {
        Some(match self {
            Self::Duty(rule) => *rule,
            // The row has one; a log has it with what came of the row.
            Self::Took(_) => return None,
            Self::SessionStarted => both!("MQTT-3.1.4-3", "MQTT-3.1.4-4"),
            Self::SessionResumed { .. } => both!("MQTT-4.4.0-1", "MQTT-4.4.0-1"),
            Self::SessionDiscarded {
                by_conn_ack: true, ..
            } => only_v5!("MQTT-3.2.2-5"),
            Self::SessionDiscarded { .. } => both!("MQTT-3.1.2-6", "MQTT-3.1.2-4"),
            Self::MessageKept {
                qos: Qos::ExactlyOnce,
                ..
            } => both!("MQTT-4.3.3-1", "MQTT-4.3.3-3"),
            Self::MessageKept { .. } => both!("MQTT-4.3.2-1", "MQTT-4.3.2-3"),
            Self::MessageReleased { .. } => both!("MQTT-4.3.3-1", "MQTT-4.3.3-4"),
            Self::IdFreed {
                by: Sender::Client, ..
            } => both!("MQTT-2.3.1-3", "MQTT-2.2.1-3"),
            Self::IdFreed {
                by: Sender::Server, ..
            } => both!("MQTT-2.3.1-4", "MQTT-2.2.1-4"),
            Self::IdRemembered { .. } => both!("MQTT-4.3.3-2", "MQTT-4.3.3-8"),
            Self::IdForgotten { .. } => both!("MQTT-4.3.3-2", "MQTT-4.3.3-12"),
            Self::DuplicateSuppressed { .. } => both!("MQTT-4.3.3-2", "MQTT-4.3.3-10"),
            Self::Resent {
                packet: PacketType::Publish,
                ..
            } => both!("MQTT-3.3.1-1", "MQTT-3.3.1-1"),
            Self::Resent { .. } => both!("MQTT-4.4.0-1", "MQTT-4.4.0-1"),
            Self::ResentOnTimer { .. } => only_v5!("MQTT-4.4.0-1"),
            Self::UnknownId { .. } => only_v5!("MQTT-2.2.1-5"),
            Self::MessageRefused { .. } => only_v5!("MQTT-4.4.0-2"),
            Self::QuotaExhausted => only_v5!("MQTT-4.9.0-2"),
            Self::DroppedTooLarge { by: Sender::Server } => only_v5!("MQTT-3.1.2-25"),
            Self::DroppedTooLarge { by: Sender::Client } => only_v5!("MQTT-3.2.2-15"),
            Self::DroppedQosNotSupported => only_v5!("MQTT-3.2.2-11"),
            Self::DroppedRetainNotSupported => only_v5!("MQTT-3.2.2-14"),
            Self::DroppedExpired => only_v5!("MQTT-3.3.2-5"),
            Self::ProblemInformationLeftOut {
                packet,
                too_large: true,
            } => match packet {
                PacketType::ConnAck => only_v5!("MQTT-3.2.2-19"),
                PacketType::PubAck => only_v5!("MQTT-3.4.2-2"),
                PacketType::PubRec => only_v5!("MQTT-3.5.2-2"),
                PacketType::PubRel => only_v5!("MQTT-3.6.2-2"),
                PacketType::PubComp => only_v5!("MQTT-3.7.2-2"),
                PacketType::SubAck => only_v5!("MQTT-3.9.2-1"),
                PacketType::UnsubAck => only_v5!("MQTT-3.11.2-1"),
                PacketType::Auth => only_v5!("MQTT-3.15.2-2"),
                _ => only_v5!("MQTT-3.14.2-3"),
            },
            Self::ProblemInformationLeftOut { .. } => only_v5!("MQTT-3.1.2-29"),
            Self::AliasSet { .. } => only_v5!("MQTT-3.3.2-7"),
            Self::PingSent => both!("MQTT-3.1.2-23", "MQTT-3.1.2-20"),
            Self::ServerKeepAlive { .. } => only_v5!("MQTT-3.2.2-21"),
            Self::ClientIdAssigned => only_v5!("MQTT-3.2.2-16"),
            Self::MessageQueued { .. } | Self::DroppedQueueFull => return None,
        })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SessionStarted => f.write_str("new session"),
            Self::SessionResumed {
                publishes,
                releases,
            } => write!(
                f,
                "session resumed, {publishes} PUBLISH and {releases} PUBREL to resend"
            ),
            Self::SessionDiscarded { exchanges, .. } => {
                write!(f, "session discarded with {exchanges} messages in flight")
            }
            Self::Duty(_) => f.write_str("a rule demands the packet that follows"),
            Self::Took(taken) => taken.fmt(f),
            Self::MessageQueued { .. } => f.write_str("message queued"),
            Self::MessageKept { id, .. } => write!(f, "message {id} kept until acknowledged"),
            Self::MessageReleased { id } => write!(f, "message {id} released, its id still in use"),
            Self::IdFreed { id, .. } => write!(f, "id {id} free"),
            Self::IdRemembered { id } => write!(f, "id {id} remembered until PUBREL"),
            Self::IdForgotten { id } => write!(f, "id {id} forgotten"),
            Self::DuplicateSuppressed { id } => write!(f, "duplicate {id} suppressed"),
            Self::Resent { id, packet } => write!(f, "{} {id} resent on resume", packet.name()),
            Self::ResentOnTimer { id, packet } => {
                write!(f, "{} {id} resent on a timer", packet.name())
            }
            Self::UnknownId { id, packet } => {
                write!(f, "{} for id {id}, which is not in use", packet.name())
            }
            Self::MessageRefused { id } => write!(f, "message {id} refused by the peer"),
            Self::QuotaExhausted => f.write_str("send quota used up"),
            Self::DroppedTooLarge { .. } => f.write_str("message dropped: too large for the peer"),
            Self::DroppedQosNotSupported => {
                f.write_str("message dropped: above the server's Maximum QoS")
            }
            Self::DroppedRetainNotSupported => {
                f.write_str("message dropped: the server keeps no retained messages")
            }
            Self::DroppedExpired => f.write_str("message dropped: expired"),
            Self::DroppedQueueFull => f.write_str("message dropped: queue full"),
            Self::ProblemInformationLeftOut { packet, .. } => {
                write!(f, "problem information left out of {}", packet.name())
            }
            Self::AliasSet { alias } => write!(f, "topic alias {alias} set"),
            Self::PingSent => f.write_str("keep alive is due"),
            Self::ServerKeepAlive { secs } => write!(f, "the server sets keep alive to {secs} s"),
            Self::ClientIdAssigned => f.write_str("the server assigned a client id"),
        }
    }
}
