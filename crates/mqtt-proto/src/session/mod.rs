//! What outlives a connection: the QoS 1 and QoS 2 exchanges of one side, both directions.
//!
//! Client and server use the same [`Session`]: QoS is symmetric, a hop has a sender and a receiver
//! for each message and either end can be either. Nothing here reads the protocol version, touches
//! the wire or knows a limit of the peer: a connection passes them in.
//!
//! Never resends by itself: on resume (what the standard demands), or when a host that asked for
//! [`Retry::AfterTimeout`](crate::Retry) calls for it.

mod exchange;
mod id_set;
mod ids;
mod in_flight;
mod lifetime;
mod outlet;
mod queue;
mod receiving;
mod sending;
mod table;

pub(crate) use id_set::IdSet;
pub use in_flight::{Awaits, Direction, InFlight, Saved};
pub use lifetime::{Expiry, Lifetime};
pub(crate) use outlet::{Outlet, Unsendable, drop_unsendable};
pub use table::{
    RECEIVER, ReceiverAction, ReceiverInput, ReceiverState, SENDER, SenderAction, SenderInput,
    SenderState,
};

use crate::effect::DropReason;
use crate::note::Note;
use crate::time::Instant;
use crate::types::PacketId;
use alloc::vec::Vec;
use ids::PacketIds;
use outlet::dropped;
use queue::Queue;

/// What a full queue does with one more message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WhenFull {
    /// Refuse the new one.
    #[default]
    DropNewest,
    /// Drop the one that has waited longest.
    DropOldest,
}

/// The bounds of one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionConfig {
    /// The most QoS 1 and QoS 2 messages in flight at a time, whatever the peer would allow. At least 1.
    pub in_flight_max: u16,
    /// The most messages that wait for an identifier.
    pub queue_max: u32,
    /// The most bytes of messages that are in flight or wait.
    pub bytes_max: usize,
    /// What happens to the message after that.
    pub when_full: WhenFull,
}

/// So many messages in flight are taken by a 3.1.1 broker that somebody has installed and left as it was. It cannot say how many
/// it takes, nor refuse one: Mosquitto 2.0, which takes 20 of QoS 2, answers more with a PUBREC whose reason 3.1.1 does not
/// have, and throws them away.
pub const IN_FLIGHT_UNSAID: u16 = 20;

impl SessionConfig {
    /// 100 in flight, 1,000 waiting, 64 MiB of both, the newest dropped.
    pub const DEFAULT: Self = Self {
        in_flight_max: 100,
        queue_max: 1_000,
        bytes_max: 64 << 20,
        when_full: WhenFull::DropNewest,
    };
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The QoS state of one side of a session, for as long as the session lives.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    config: SessionConfig,
    ids: PacketIds,
    /// First `released` exchanges that wait for PUBCOMP, in the order in which PUBREC came: PUBRELs
    /// go out in that order. Then, up to `started`, those that wait for PUBACK or PUBREC, in the
    /// order of their first send. Then those that wait for an identifier, oldest first.
    outgoing: Queue,
    released: usize,
    started: usize,
    /// How many of the started were sent on the present connection.
    open: u16,
    /// Incoming QoS 2 identifiers that wait for PUBREL, ascending.
    received: IdSet,
    /// Nothing in the queue expires before this; [`Instant::NEVER`]: nothing does.
    queue_expires: Instant,
    /// In use by SUBSCRIBE and UNSUBSCRIBE: the same identifiers, but gone with the connection.
    requests: Vec<PacketId>,
}

impl Session {
    /// A session with nothing in it.
    #[must_use]
    pub const fn new(config: SessionConfig) -> Self {
        Self {
            config,
            ids: PacketIds::new(),
            outgoing: Queue::new(),
            released: 0,
            started: 0,
            open: 0,
            received: IdSet::new(),
            queue_expires: Instant::NEVER,
            requests: Vec::new(),
        }
    }

    /// Its bounds.
    #[must_use]
    pub const fn config(&self) -> &SessionConfig {
        &self.config
    }

    /// Whether nothing is in flight, waiting or remembered.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.outgoing.len() == 0 && self.received.len() == 0
    }

    /// Messages in flight, of both directions.
    #[must_use]
    pub fn exchanges(&self) -> u16 {
        count(self.started + self.received.len())
    }

    /// Messages that wait for an identifier.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.outgoing.len() - self.started
    }

    /// Bytes of the messages that are in flight or wait: topics, payloads and properties.
    #[must_use]
    pub const fn held_bytes(&self) -> usize {
        self.outgoing.bytes()
    }

    /// Throws away what was in flight and remembered. The queue stays: what was never sent is no
    /// part of the state that a new session ends.
    pub(crate) fn discard_exchanges(&mut self, by_conn_ack: bool, outlet: &mut impl Outlet) {
        let exchanges = self.exchanges();
        if exchanges == 0 {
            return;
        }
        outlet.note(Note::SessionDiscarded {
            exchanges,
            by_conn_ack,
        });
        self.received.clear();
        self.open = 0;
        self.released = 0;
        while self.started > 0 {
            self.started -= 1;
            if let Some(exchange) = self.outgoing.get(0) {
                dropped(exchange.tag, DropReason::SessionEnded, outlet);
            }
            self.outgoing.remove(0);
        }
    }

    /// The peer has begun a new session, so it will never release what is remembered of the old one.
    pub(crate) fn forget_received(&mut self) {
        self.received.clear();
    }

    /// The connection is gone: nothing is open on it any longer.
    pub(crate) fn suspend(&mut self) {
        self.open = 0;
        self.requests.clear();
        for exchange in self.outgoing.iter_mut() {
            exchange.open = false;
        }
    }
}

fn count(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}
