//! What either end's machine wants done or said.

use crate::error::CloseReason;
use crate::message::Tag;
use crate::note::Note;
use crate::packet::Packet;
use crate::reason::ReasonCode;
use crate::types::PacketId;
use core::fmt;

/// One effect of a call on a connection, in the order in which it must be carried out.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Encode it and put it on the wire.
    Send(Packet),
    /// The peer is done with a QoS 1 or QoS 2 message.
    Acknowledged {
        /// As given with the message.
        tag: Tag,
        /// Free again.
        id: PacketId,
        /// From PUBACK, PUBREC or PUBCOMP; a failure means that the peer has refused the message.
        reason: ReasonCode,
    },
    /// A message is given up unacknowledged.
    Dropped {
        /// As given with the message.
        tag: Tag,
        /// Why.
        why: DropReason,
    },
    /// Close the transport once everything before is out, then call `handle_close`.
    Close(CloseReason),
    /// Something a log wants to say.
    Note(Note),
}

/// Why a message was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DropReason {
    /// It is larger than the peer's Maximum Packet Size.
    TooLarge,
    /// It has no form in the connection's version, as it stands.
    Unencodable,
    /// Its QoS is above the peer's Maximum QoS.
    QosNotSupported,
    /// It has RETAIN, and the peer keeps nothing.
    RetainNotSupported,
    /// Its Message Expiry Interval passed while it waited.
    Expired,
    /// The queue was full.
    QueueFull,
    /// The session that held it is gone.
    SessionEnded,
    /// QoS 0, and there is no connection.
    NotConnected,
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "too large for the peer",
            Self::Unencodable => "this version cannot write it",
            Self::QosNotSupported => "above the peer's Maximum QoS",
            Self::RetainNotSupported => "the peer keeps no retained messages",
            Self::Expired => "expired",
            Self::QueueFull => "the queue is full",
            Self::SessionEnded => "its session is gone",
            Self::NotConnected => "QoS 0 and no connection",
        })
    }
}
