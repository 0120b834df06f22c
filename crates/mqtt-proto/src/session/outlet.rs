//! How a session reaches the wire and the log.

use crate::codec::EncodeError;
use crate::effect::{DropReason, Effect};
use crate::message::Tag;
use crate::note::Note;
use crate::packet::Packet;
use crate::sink::Sink;
use crate::time::{Duration, Instant};
use crate::types::Sender;
use mqtt_spec::Rule;

/// How a session reaches the wire and the log: the connection that carries it at the moment.
pub(crate) trait Outlet: Sink<Effect> {
    /// Sends a packet of this session.
    ///
    /// # Errors
    /// Why the packet cannot go out; nothing was sent.
    fn send(&mut self, packet: Packet) -> Result<(), Unsendable>;
    /// Names the rule behind the packet that is sent next: the row of the table that was applied.
    fn follow(&mut self, rule: Option<Rule>);
    /// Which end this is.
    fn role(&self) -> Sender;
    /// The time.
    fn now(&self) -> Instant;
    /// How many QoS 1 and QoS 2 messages the peer takes at a time.
    fn window(&self) -> u16;
    /// How long to wait for an answer before sending again; [`Duration::MAX`]: for ever.
    fn retry_after(&self) -> Duration;
    /// Writes a line in the log, unless notes are not built in.
    fn note(&mut self, note: Note) {
        if cfg!(feature = "notes") {
            self.emit(Effect::Note(note));
        }
    }
}

/// Why a packet cannot go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsendable {
    /// It is larger than the peer's Maximum Packet Size.
    TooLarge,
    /// It has no form in the connection's version.
    Unencodable(EncodeError),
    /// It is above the peer's Maximum QoS.
    QosNotSupported,
    /// It has RETAIN, and the peer does not offer that.
    RetainNotSupported,
}

pub(super) fn note(note: Note, sink: &mut dyn Sink<Effect>) {
    if cfg!(feature = "notes") {
        sink.emit(Effect::Note(note));
    }
}

#[cfg_attr(feature = "small", inline(never))]
pub(super) fn dropped(tag: Tag, why: DropReason, sink: &mut dyn Sink<Effect>) {
    sink.emit(Effect::Dropped { tag, why });
}

pub(super) fn tell_expired(tag: Tag, sink: &mut dyn Sink<Effect>) {
    note(Note::DroppedExpired, sink);
    dropped(tag, DropReason::Expired, sink);
}

/// A message that cannot go out to this peer is given up; one that is too large for a client counts
/// as delivered (5.0 MQTT-3.1.2-25).
pub(crate) fn drop_unsendable(tag: Tag, why: Unsendable, sink: &mut dyn Sink<Effect>) {
    let why = match why {
        Unsendable::TooLarge => DropReason::TooLarge,
        Unsendable::Unencodable(_) => DropReason::Unencodable,
        Unsendable::QosNotSupported => DropReason::QosNotSupported,
        Unsendable::RetainNotSupported => DropReason::RetainNotSupported,
    };
    dropped(tag, why, sink);
}
