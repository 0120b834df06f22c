//! What a session shows of itself, and what it can be made of again.

use super::PacketIds;
use super::exchange::Exchange;
use super::{Session, SessionConfig};
use crate::message::{Message, Tag};
use crate::reason::ReasonCode;
use crate::time::Instant;
use crate::types::{PacketId, Qos};

/// Which way a message goes, seen from this session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// This side is the sender.
    Outgoing,
    /// This side is the receiver.
    Incoming,
}

/// What an exchange waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Awaits {
    /// A connection, or quota: it has no identifier yet.
    Sending,
    /// PUBACK.
    PubAck,
    /// PUBREC.
    PubRec,
    /// PUBCOMP.
    PubComp,
    /// PUBREL.
    PubRel,
}

/// A row of the in-flight table, for whoever looks on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InFlight<'a> {
    /// `None` while it waits to be sent.
    pub id: Option<PacketId>,
    /// Which way.
    pub direction: Direction,
    /// For what.
    pub awaits: Awaits,
    /// How often the packet that waits was sent; 0 for incoming ones.
    pub sends: u16,
    /// The message, while it is kept.
    pub message: Option<&'a Message>,
    /// The caller's mark on an outgoing message.
    pub tag: Option<Tag>,
    /// When the message came, while it is kept: its expiry counts from then.
    pub since: Option<Instant>,
}

/// A part of a session that was saved, for [`Session::restore`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    /// A PUBLISH that was sent and not answered.
    Sent(PacketId, Message),
    /// A PUBREL that was sent and not answered.
    Released(PacketId),
    /// A message that was never sent.
    Queued(Message),
    /// An incoming QoS 2 identifier that waits for PUBREL.
    Received(PacketId),
}

impl Session {
    /// A session as [`Session::in_flight`] showed it when it was saved, in that order, without a
    /// connection. Messages count as having come at `now`; what they had waited before is to be
    /// taken off their expiry already. Marks ([`Tag`]) are gone.
    #[must_use]
    pub fn restore(
        config: SessionConfig,
        now: Instant,
        saved: impl IntoIterator<Item = Saved>,
    ) -> Self {
        let mut session = Self::new(config);
        // Identifiers in use are now anywhere: the next one has to be looked for.
        session.ids = PacketIds::unknown();
        for part in saved {
            let (awaits, id, message) = match part {
                Saved::Sent(id, message) if message.qos == Qos::ExactlyOnce => {
                    (Awaits::PubRec, Some(id), Some(message))
                }
                Saved::Sent(id, message) => (Awaits::PubAck, Some(id), Some(message)),
                Saved::Released(id) => (Awaits::PubComp, Some(id), None),
                Saved::Queued(message) => (Awaits::Sending, None, Some(message)),
                Saved::Received(id) => {
                    session.received.insert(id);
                    continue;
                }
            };
            let exchange = Exchange {
                awaits,
                id,
                message,
                tag: Tag::default(),
                reason: ReasonCode::Success,
                since: now,
                sent_at: now,
                sends: u16::from(id.is_some()),
                open: false,
            };
            let last = session.outgoing.len();
            session.outgoing.push(exchange);
            match awaits {
                Awaits::Sending => {}
                Awaits::PubComp => {
                    session.outgoing.move_up(last, session.released);
                    session.released += 1;
                    session.started += 1;
                }
                _ => {
                    session.outgoing.move_up(last, session.started);
                    session.started += 1;
                }
            }
        }
        // Not known: what has waited may expire at any time.
        session.queue_expires = Instant::ZERO;
        session
    }

    /// Everything in flight: PUBRELs, PUBLISHes, the queue, then what is remembered of the other
    /// direction; each in the order in which it would be sent.
    pub fn in_flight(&self) -> impl Iterator<Item = InFlight<'_>> {
        let outgoing = self.outgoing.iter().map(|exchange| InFlight {
            id: exchange.id,
            direction: Direction::Outgoing,
            awaits: exchange.awaits,
            sends: exchange.sends,
            message: exchange.message.as_ref(),
            tag: Some(exchange.tag),
            since: exchange.message.as_ref().map(|_| exchange.since),
        });
        let received = self.received.iter().map(|id| InFlight {
            id: Some(id),
            direction: Direction::Incoming,
            awaits: Awaits::PubRel,
            sends: 0,
            message: None,
            tag: None,
            since: None,
        });
        outgoing.chain(received)
    }
}
