//! What a client tells its host.

use crate::effect::{DropReason, Effect};
use crate::error::CloseReason;
use crate::message::Tag;
use crate::note::Note;
use crate::packet::{Auth, Disconnect, Packet, Properties, Publish, SubAck};
use crate::reason::ReasonCode;
use crate::sink::Sink;
use crate::types::PacketId;

/// What a client tells its host. Effects come in the order in which they must be carried out.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientEvent {
    /// Encode it and put it on the wire.
    Send(Packet),
    /// CONNACK said yes; sends that resume the session follow.
    Connected {
        /// The server has kept the session.
        session_present: bool,
        /// What else CONNACK says (5.0).
        properties: Properties,
    },
    /// CONNACK said no; [`ClientEvent::Close`] follows.
    Refused {
        /// Why.
        reason: ReasonCode,
        /// What else CONNACK says (5.0).
        properties: Properties,
    },
    /// A message, once per QoS 2 exchange; its topic name in full. Its acknowledgement follows.
    Message(Publish),
    /// The server is done with a message.
    Acknowledged {
        /// As given with the message.
        tag: Tag,
        /// Free again.
        id: PacketId,
        /// A failure means that the server has refused it.
        reason: ReasonCode,
    },
    /// A message is given up unacknowledged.
    Dropped {
        /// As given with the message.
        tag: Tag,
        /// Why.
        why: DropReason,
    },
    /// The answer to [`Client::subscribe`](super::Client::subscribe): one code per filter.
    Subscribed(SubAck),
    /// The answer to [`Client::unsubscribe`](super::Client::unsubscribe); 3.1.1 has no codes.
    Unsubscribed(SubAck),
    /// A step of an authentication. Answer with [`Client::authenticate`](super::Client::authenticate), unless its reason is
    /// [`ReasonCode::Success`].
    Auth(Auth),
    /// The server's DISCONNECT; [`ClientEvent::Close`] follows.
    Disconnected(Disconnect),
    /// Close the transport once everything before is out, then call [`Client::handle_close`](super::Client::handle_close).
    Close(CloseReason),
    /// Something a log wants to say.
    Note(Note),
}

impl From<Effect> for ClientEvent {
    fn from(effect: Effect) -> Self {
        match effect {
            Effect::Send(packet) => Self::Send(packet),
            Effect::Acknowledged { tag, id, reason } => Self::Acknowledged { tag, id, reason },
            Effect::Dropped { tag, why } => Self::Dropped { tag, why },
            Effect::Close(why) => Self::Close(why),
            Effect::Note(note) => Self::Note(note),
        }
    }
}

/// Passes effects on as client events.
pub(super) struct AsClient<'a>(pub(super) &'a mut dyn Sink<ClientEvent>);

impl Sink<Effect> for AsClient<'_> {
    fn emit(&mut self, effect: Effect) {
        self.0.emit(effect.into());
    }
}
