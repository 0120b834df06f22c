//! What outlives a connection: the QoS 1 and QoS 2 exchanges of one side, both directions.
//!
//! Client and server use the same [`Session`]: QoS is symmetric, a hop has a sender and a receiver
//! for each message and either end can be either. Nothing here reads the protocol version, touches
//! the wire or knows a limit of the peer: a connection passes them in.
//!
//! Never resends by itself: on resume (what the standard demands), or when a host that asked for
//! [`Retry::AfterTimeout`](crate::Retry) calls for it.

mod ids;
mod lifetime;
mod table;

pub use lifetime::{Expiry, Lifetime};
pub use table::{
    RECEIVER, ReceiverAction, ReceiverInput, ReceiverRow, ReceiverState, Row, SENDER, SenderAction,
    SenderInput, SenderRow, SenderState,
};

use crate::codec::EncodeError;
use crate::effect::{DropReason, Effect};
use crate::error::{Misuse, Violation};
use crate::message::{Message, Tag};
use crate::note::Note;
use crate::packet::{Ack, Packet, PacketType, Property};
use crate::reason::ReasonCode;
use crate::sink::Sink;
use crate::time::{Duration, Instant};
use crate::types::{Delivery, PacketId, Qos};
use alloc::collections::VecDeque;
use ids::PacketIds;

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
    /// What happens to the message after that.
    pub when_full: WhenFull,
}

impl SessionConfig {
    /// 100 in flight, 1,000 waiting, the newest dropped.
    pub const DEFAULT: Self = Self {
        in_flight_max: 100,
        queue_max: 1_000,
        when_full: WhenFull::DropNewest,
    };
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// How a session reaches the wire and the log: the connection that carries it at the moment.
pub(crate) trait Outlet: Sink<Effect> {
    /// Sends a packet of this session.
    ///
    /// # Errors
    /// Why the packet cannot go out; nothing was sent.
    fn send(&mut self, packet: Packet) -> Result<(), Unsendable>;
    /// Writes a line in the log.
    fn note(&mut self, note: Note) {
        self.emit(Effect::Note(note));
    }
}

/// Why a packet cannot go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsendable {
    /// It is larger than the peer's Maximum Packet Size.
    TooLarge,
    /// It has no form in the connection's version.
    Unencodable(EncodeError),
}

/// A message that waits for an identifier.
#[derive(Clone, Debug, PartialEq)]
struct Queued {
    message: Message,
    tag: Tag,
    since: Instant,
}

/// A PUBLISH that waits for PUBACK or PUBREC; the QoS says which.
#[derive(Clone, Debug, PartialEq)]
struct Unacked {
    id: PacketId,
    message: Message,
    tag: Tag,
    /// When the message came, for its expiry.
    since: Instant,
    sent_at: Instant,
    sends: u16,
    /// Sent on the present connection, so it counts against the quota.
    open: bool,
}

impl Unacked {
    fn state(&self) -> SenderState {
        match self.message.qos {
            Qos::ExactlyOnce => SenderState::AwaitPubRec,
            _ => SenderState::AwaitPubAck,
        }
    }

    fn packet(&self, now: Instant, dup: bool) -> Packet {
        let id = self.id;
        let delivery = match self.message.qos {
            Qos::ExactlyOnce => Delivery::ExactlyOnce { id, dup },
            _ => Delivery::AtLeastOnce { id, dup },
        };
        let mut publish = self.message.to_publish(delivery);
        age(&mut publish.properties, now.since(self.since));
        Packet::Publish(publish)
    }
}

/// A PUBREL that waits for PUBCOMP. The message is gone.
#[derive(Clone, Debug, PartialEq)]
struct Released {
    id: PacketId,
    tag: Tag,
    /// What PUBREC said: the receiver's answer to the message.
    reason: ReasonCode,
    sent_at: Instant,
    sends: u16,
    open: bool,
}

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
}

/// The QoS state of one side of a session, for as long as the session lives.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    config: SessionConfig,
    ids: PacketIds,
    /// Waiting for PUBACK or PUBREC, in the order of their first send.
    publishes: VecDeque<Unacked>,
    /// Waiting for PUBCOMP, in the order in which PUBREC came: PUBRELs go out in that order.
    releases: VecDeque<Released>,
    /// Waiting for an identifier, oldest first.
    queue: VecDeque<Queued>,
    /// Incoming QoS 2 identifiers that wait for PUBREL, ascending.
    received: VecDeque<PacketId>,
    /// In use by SUBSCRIBE and UNSUBSCRIBE: the same identifiers, but gone with the connection.
    requests: VecDeque<PacketId>,
    /// How many of `publishes` and `releases` were sent on the present connection.
    open: u16,
}

impl Session {
    /// A session with nothing in it.
    #[must_use]
    pub const fn new(config: SessionConfig) -> Self {
        Self {
            config,
            ids: PacketIds::new(),
            publishes: VecDeque::new(),
            releases: VecDeque::new(),
            queue: VecDeque::new(),
            received: VecDeque::new(),
            requests: VecDeque::new(),
            open: 0,
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
        self.exchanges() == 0 && self.queue.is_empty()
    }

    /// Messages in flight, of both directions.
    #[must_use]
    pub fn exchanges(&self) -> u16 {
        let all = self.publishes.len() + self.releases.len() + self.received.len();
        u16::try_from(all).unwrap_or(u16::MAX)
    }

    /// Messages that wait for an identifier.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Incoming QoS 2 messages that wait for PUBREL.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.received.len()
    }

    /// Everything in flight: PUBRELs, PUBLISHes, the queue, then what is remembered of the other
    /// direction; each in the order in which it would be sent.
    pub fn in_flight(&self) -> impl Iterator<Item = InFlight<'_>> {
        let releases = self.releases.iter().map(|released| InFlight {
            id: Some(released.id),
            direction: Direction::Outgoing,
            awaits: Awaits::PubComp,
            sends: released.sends,
            message: None,
            tag: Some(released.tag),
        });
        let publishes = self.publishes.iter().map(|unacked| InFlight {
            id: Some(unacked.id),
            direction: Direction::Outgoing,
            awaits: match unacked.state() {
                SenderState::AwaitPubRec => Awaits::PubRec,
                _ => Awaits::PubAck,
            },
            sends: unacked.sends,
            message: Some(&unacked.message),
            tag: Some(unacked.tag),
        });
        let queue = self.queue.iter().map(|queued| InFlight {
            id: None,
            direction: Direction::Outgoing,
            awaits: Awaits::Sending,
            sends: 0,
            message: Some(&queued.message),
            tag: Some(queued.tag),
        });
        let received = self.received.iter().map(|id| InFlight {
            id: Some(*id),
            direction: Direction::Incoming,
            awaits: Awaits::PubRel,
            sends: 0,
            message: None,
            tag: None,
        });
        releases.chain(publishes).chain(queue).chain(received)
    }

    /// Puts a QoS 1 or QoS 2 message behind the ones that wait. What the full queue drops is told.
    ///
    /// # Errors
    /// [`Misuse::QueueFull`] if the policy is to drop the newest: this one. Messages at QoS 0 are
    /// not kept for later: [`Misuse::NotConnected`].
    pub fn enqueue(
        &mut self,
        now: Instant,
        message: Message,
        tag: Tag,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<(), Misuse> {
        if message.qos == Qos::AtMostOnce {
            return Err(Misuse::NotConnected);
        }
        if self.queue.len() >= self.config.queue_max as usize {
            self.drop_expired(now, sink);
        }
        if self.queue.len() >= self.config.queue_max as usize {
            let oldest = match self.config.when_full {
                WhenFull::DropOldest => self.queue.pop_front(),
                WhenFull::DropNewest => None,
            };
            let Some(oldest) = oldest else {
                sink.emit(Effect::Note(Note::DroppedQueueFull));
                return Err(Misuse::QueueFull);
            };
            sink.emit(Effect::Note(Note::DroppedQueueFull));
            sink.emit(Effect::Dropped {
                tag: oldest.tag,
                why: DropReason::QueueFull,
            });
        }
        self.queue.push_back(Queued {
            message,
            tag,
            since: now,
        });
        sink.emit(Effect::Note(Note::MessageQueued));
        Ok(())
    }

    /// Makes room: what has expired in the queue need not wait any longer.
    fn drop_expired(&mut self, now: Instant, sink: &mut dyn Sink<Effect>) {
        self.queue.retain(|queued| {
            let expired = is_expired(&queued.message, now.since(queued.since));
            if expired {
                tell_expired(queued.tag, sink);
            }
            !expired
        });
    }

    /// Publishes a QoS 1 or QoS 2 message over the connection behind `outlet`: at once if nothing
    /// waits before it and the quota allows, else from the queue as soon as it may.
    pub(crate) fn publish(
        &mut self,
        now: Instant,
        message: Message,
        tag: Tag,
        window: u16,
        outlet: &mut dyn Outlet,
    ) -> Result<(), Misuse> {
        let all_open = usize::from(self.open) == self.publishes.len() + self.releases.len();
        if !(all_open && self.queue.is_empty() && self.open < self.window(window)) {
            return self.enqueue(now, message, tag, outlet);
        }
        let queued = Queued {
            message,
            tag,
            since: now,
        };
        if let Err(back) = self.start(now, queued, outlet) {
            self.queue.push_back(back);
        }
        Ok(())
    }

    /// How many messages may be open: as the peer has it, but no more than configured.
    fn window(&self, peer: u16) -> u16 {
        peer.min(self.config.in_flight_max).max(1)
    }

    /// Throws away what was in flight and remembered. The queue stays: what was never sent is no
    /// part of the state that a new session ends.
    pub(crate) fn discard_exchanges(&mut self, outlet: &mut dyn Outlet) {
        let exchanges = self.exchanges();
        if exchanges == 0 {
            return;
        }
        outlet.note(Note::SessionDiscarded { exchanges });
        self.received.clear();
        self.open = 0;
        let releases = core::mem::take(&mut self.releases);
        let publishes = core::mem::take(&mut self.publishes);
        let tags = releases
            .iter()
            .map(|released| released.tag)
            .chain(publishes.iter().map(|unacked| unacked.tag));
        for tag in tags {
            outlet.emit(Effect::Dropped {
                tag,
                why: DropReason::SessionEnded,
            });
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
        for unacked in &mut self.publishes {
            unacked.open = false;
        }
        for released in &mut self.releases {
            released.open = false;
        }
    }

    /// A new connection carries the session: every PUBREL and, as far as the peer's `window`
    /// allows, every PUBLISH with DUP goes out again; then what has waited.
    pub(crate) fn resume(&mut self, now: Instant, window: u16, outlet: &mut dyn Outlet) {
        self.suspend();
        let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        outlet.note(Note::SessionResumed {
            publishes: count(self.publishes.len()),
            releases: count(self.releases.len()),
        });
        let row = SenderState::AwaitPubComp.on(SenderInput::Resume);
        for released in &mut self.releases {
            if row.action == SenderAction::ResendPubRel {
                released.open = true;
                self.open += 1;
                released.resend(now, outlet);
                outlet.note(Note::Resent {
                    id: released.id,
                    packet: PacketType::PubRel,
                });
            }
        }
        self.pump(now, window, outlet);
    }

    /// Sends what may be sent: first what an earlier connection left, then the queue.
    pub(crate) fn pump(&mut self, now: Instant, window: u16, outlet: &mut dyn Outlet) {
        let window = self.window(window);
        let mut at = 0;
        while self.open < window
            && usize::from(self.open) < self.publishes.len() + self.releases.len()
        {
            let Some(unacked) = self.publishes.get_mut(at) else {
                break;
            };
            at += 1;
            if unacked.open
                || unacked.state().on(SenderInput::Resume).action != SenderAction::ResendPublish
            {
                continue;
            }
            let (id, tag) = (unacked.id, unacked.tag);
            unacked.sends = unacked.sends.saturating_add(1);
            unacked.sent_at = now;
            unacked.open = true;
            self.open += 1;
            match outlet.send(unacked.packet(now, true)) {
                Ok(()) => outlet.note(Note::Resent {
                    id,
                    packet: PacketType::Publish,
                }),
                Err(why) => {
                    at -= 1;
                    self.open -= 1;
                    self.publishes.remove(at);
                    drop_unsendable(tag, why, outlet);
                }
            }
        }
        while self.open < window {
            let Some(queued) = self.queue.pop_front() else {
                return;
            };
            if is_expired(&queued.message, now.since(queued.since)) {
                tell_expired(queued.tag, outlet);
                continue;
            }
            if let Err(back) = self.start(now, queued, outlet) {
                self.queue.push_front(back);
                return;
            }
        }
        if !self.queue.is_empty() {
            outlet.note(Note::QuotaExhausted);
        }
    }

    /// Gives a message an identifier and sends it for the first time; gives it back if there is no
    /// free identifier.
    #[expect(
        clippy::result_large_err,
        reason = "given back to the queue, not passed on as an error"
    )]
    fn start(
        &mut self,
        now: Instant,
        queued: Queued,
        outlet: &mut dyn Outlet,
    ) -> Result<(), Queued> {
        let Some(id) = self.allocate_id() else {
            return Err(queued);
        };
        let unacked = Unacked {
            id,
            message: queued.message,
            tag: queued.tag,
            since: queued.since,
            sent_at: now,
            sends: 1,
            open: true,
        };
        let qos = unacked.message.qos;
        match outlet.send(unacked.packet(now, false)) {
            Ok(()) => {
                self.publishes.push_back(unacked);
                self.open += 1;
                outlet.note(Note::MessageKept { id, qos });
            }
            Err(why) => drop_unsendable(unacked.tag, why, outlet),
        }
        Ok(())
    }

    fn allocate_id(&mut self) -> Option<PacketId> {
        let publishes = self.publishes.iter().map(|unacked| unacked.id);
        let releases = self.releases.iter().map(|released| released.id);
        let requests = self.requests.iter().copied();
        self.ids.allocate(publishes.chain(releases).chain(requests))
    }

    /// An identifier for a SUBSCRIBE or UNSUBSCRIBE, in use until [`Session::settle_request`].
    pub(crate) fn allocate_request(&mut self) -> Option<PacketId> {
        let id = self.allocate_id()?;
        self.requests.push_back(id);
        Some(id)
    }

    /// Frees the identifier of a SUBSCRIBE or UNSUBSCRIBE; says whether it was in use by one.
    pub(crate) fn settle_request(&mut self, id: PacketId) -> bool {
        match self.requests.iter().position(|request| *request == id) {
            Some(at) => self.requests.remove(at).is_some(),
            None => false,
        }
    }

    /// PUBACK, PUBREC or PUBCOMP from the peer.
    pub(crate) fn handle_ack(
        &mut self,
        now: Instant,
        packet: PacketType,
        ack: &Ack,
        outlet: &mut dyn Outlet,
    ) -> Result<(), Violation> {
        let input = match (packet, ack.reason.is_failure()) {
            (PacketType::PubAck, false) => SenderInput::PubAck,
            (PacketType::PubAck, true) => SenderInput::PubAckError,
            (PacketType::PubRec, false) => SenderInput::PubRec,
            (PacketType::PubRec, true) => SenderInput::PubRecError,
            _ => SenderInput::PubComp,
        };
        let id = ack.id;
        let place = self.place_of(id);
        match place.state.on(input).action {
            SenderAction::SendPubRel => {
                let Some(unacked) = self.publishes.remove(place.at) else {
                    return Ok(());
                };
                let mut released = Released {
                    id,
                    tag: unacked.tag,
                    reason: ack.reason,
                    sent_at: now,
                    sends: 0,
                    open: unacked.open,
                };
                released.resend(now, outlet);
                self.releases.push_back(released);
                outlet.note(Note::MessageReleased { id });
            }
            SenderAction::ResendPubRel => {
                if let Some(released) = self.releases.get_mut(place.at) {
                    released.resend(now, outlet);
                }
            }
            SenderAction::Settle => self.settle(place, id, ack.reason, outlet),
            SenderAction::SendPubRelUnknown => {
                outlet.note(Note::UnknownId { id, packet });
                let unknown = Ack::with_reason(id, ReasonCode::PacketIdentifierNotFound);
                let _ = outlet.send(Packet::PubRel(unknown));
            }
            SenderAction::Ignore => outlet.note(Note::UnknownId { id, packet }),
            SenderAction::Close => return Err(Violation::WrongAcknowledgement(packet)),
            // No acknowledgement starts an exchange or resends a PUBLISH.
            SenderAction::SendPublish | SenderAction::ResendPublish => {}
        }
        Ok(())
    }

    fn settle(&mut self, place: Place, id: PacketId, reason: ReasonCode, outlet: &mut dyn Outlet) {
        let gone = match place.state {
            // PUBCOMP's own code says at most that the receiver had forgotten the identifier.
            SenderState::AwaitPubComp => self
                .releases
                .remove(place.at)
                .map(|released| (released.tag, released.open, released.reason)),
            _ => self
                .publishes
                .remove(place.at)
                .map(|unacked| (unacked.tag, unacked.open, reason)),
        };
        if let Some((tag, open, reason)) = gone {
            self.open = self.open.saturating_sub(u16::from(open));
            if reason.is_failure() {
                outlet.note(Note::MessageRefused { id });
            }
            outlet.note(Note::IdFreed { id });
            outlet.emit(Effect::Acknowledged { tag, id, reason });
        }
    }

    /// A QoS 1 or QoS 2 PUBLISH from the peer: what to do about it. Changes nothing yet.
    pub(crate) fn on_publish(&self, id: PacketId, qos: Qos) -> ReceiverAction {
        let input = match qos {
            Qos::ExactlyOnce => ReceiverInput::PublishQos2,
            _ => ReceiverInput::PublishQos1,
        };
        let state = match self.received.binary_search(&id) {
            Ok(_) => ReceiverState::AwaitPubRel,
            Err(_) => ReceiverState::Free,
        };
        state.on(input).action
    }

    /// A new QoS 2 message has come: its repeats are known from here on.
    pub(crate) fn remember(&mut self, id: PacketId, outlet: &mut dyn Outlet) {
        if let Err(at) = self.received.binary_search(&id) {
            self.received.insert(at, id);
            outlet.note(Note::IdRemembered { id });
        }
    }

    /// The application does not take the QoS 2 message: its identifier is free again.
    pub(crate) fn refuse(&mut self, id: PacketId) {
        self.forget(id, ReceiverInput::Refuse);
    }

    /// PUBREL from the peer.
    pub(crate) fn handle_pub_rel(&mut self, id: PacketId, outlet: &mut dyn Outlet) {
        let ack = match self.forget(id, ReceiverInput::PubRel) {
            ReceiverAction::SendPubComp => {
                outlet.note(Note::IdForgotten { id });
                Ack::success(id)
            }
            _ => {
                outlet.note(Note::UnknownId {
                    id,
                    packet: PacketType::PubRel,
                });
                Ack::with_reason(id, ReasonCode::PacketIdentifierNotFound)
            }
        };
        let _ = outlet.send(Packet::PubComp(ack));
    }

    fn forget(&mut self, id: PacketId, input: ReceiverInput) -> ReceiverAction {
        let found = self.received.binary_search(&id);
        let state = match found {
            Ok(_) => ReceiverState::AwaitPubRel,
            Err(_) => ReceiverState::Free,
        };
        let row = state.on(input);
        if let (Ok(at), ReceiverState::Free) = (found, row.next) {
            self.received.remove(at);
        }
        row.action
    }

    /// When the first unanswered packet is to be sent again under
    /// [`Retry::AfterTimeout`](crate::Retry).
    pub(crate) fn retry_at(&self, timeout: Duration) -> Option<Instant> {
        let publishes = self.publishes.iter().filter(|unacked| unacked.open);
        let releases = self.releases.iter().filter(|released| released.open);
        publishes
            .map(|unacked| unacked.sent_at)
            .chain(releases.map(|released| released.sent_at))
            .min()
            .map(|sent| sent + timeout)
    }

    /// Sends again what has had no answer for `timeout`.
    pub(crate) fn retry(&mut self, now: Instant, timeout: Duration, outlet: &mut dyn Outlet) {
        let due = |sent: Instant| sent + timeout <= now;
        for released in &mut self.releases {
            if released.open && due(released.sent_at) {
                let id = released.id;
                released.resend(now, outlet);
                outlet.note(Note::ResentOnTimer {
                    id,
                    packet: PacketType::PubRel,
                });
            }
        }
        for unacked in &mut self.publishes {
            if unacked.open && due(unacked.sent_at) {
                let id = unacked.id;
                unacked.sends = unacked.sends.saturating_add(1);
                unacked.sent_at = now;
                // It was sent once with the topic spelled out at least as long.
                let _ = outlet.send(unacked.packet(now, true));
                outlet.note(Note::ResentOnTimer {
                    id,
                    packet: PacketType::Publish,
                });
            }
        }
    }

    /// Where the exchange of an outgoing identifier stands.
    fn place_of(&self, id: PacketId) -> Place {
        if let Some(at) = position(&self.publishes, id, |unacked| unacked.id) {
            let state = match self.publishes.get(at) {
                Some(unacked) => unacked.state(),
                None => SenderState::Free,
            };
            return Place { state, at };
        }
        match position(&self.releases, id, |released| released.id) {
            Some(at) => Place {
                state: SenderState::AwaitPubComp,
                at,
            },
            None => Place {
                state: SenderState::Free,
                at: 0,
            },
        }
    }
}

impl Released {
    fn resend(&mut self, now: Instant, outlet: &mut dyn Outlet) {
        self.sends = self.sends.saturating_add(1);
        self.sent_at = now;
        // Four bytes fit any Maximum Packet Size that lets a PUBLISH through.
        let _ = outlet.send(Packet::PubRel(Ack::success(self.id)));
    }
}

/// An outgoing exchange: its state, and its index in the list of that state.
#[derive(Clone, Copy)]
struct Place {
    state: SenderState,
    at: usize,
}

/// The index of the element with this identifier. Acknowledgements mostly come in order, so the
/// front is tried first, then where it would be if nothing had been taken out of the middle.
fn position<T>(list: &VecDeque<T>, id: PacketId, id_of: impl Fn(&T) -> PacketId) -> Option<usize> {
    let front = id_of(list.front()?);
    let guess = usize::from(id.get().wrapping_sub(front.get()));
    if list.get(guess).is_some_and(|element| id_of(element) == id) {
        return Some(guess);
    }
    list.iter().position(|element| id_of(element) == id)
}

/// The message's expiry, in seconds from the moment it came.
fn expiry_secs(message: &Message) -> Option<u32> {
    if message.properties.is_empty() {
        return None;
    }
    message.properties.find(|property| match property {
        Property::MessageExpiryInterval(secs) => Some(secs),
        _ => None,
    })
}

fn is_expired(message: &Message, waited: Duration) -> bool {
    expiry_secs(message).is_some_and(|secs| waited >= Duration::from_secs(u64::from(secs)))
}

/// Takes the time that a message has waited off its Message Expiry Interval.
fn age(properties: &mut crate::packet::Properties, waited: Duration) {
    let waited = u32::try_from(waited.as_secs()).unwrap_or(u32::MAX);
    if waited == 0 || properties.is_empty() {
        return;
    }
    let mut found = false;
    let aged = properties
        .iter()
        .map(|property| match property {
            Property::MessageExpiryInterval(secs) => {
                found = true;
                Property::MessageExpiryInterval(secs.saturating_sub(waited))
            }
            other => other,
        })
        .collect();
    if found {
        *properties = aged;
    }
}

fn tell_expired(tag: Tag, sink: &mut dyn Sink<Effect>) {
    sink.emit(Effect::Note(Note::DroppedExpired));
    sink.emit(Effect::Dropped {
        tag,
        why: DropReason::Expired,
    });
}

/// A message that cannot go out to this peer counts as delivered (5.0 MQTT-3.1.2-25).
pub(crate) fn drop_unsendable(tag: Tag, why: Unsendable, sink: &mut dyn Sink<Effect>) {
    let why = match why {
        Unsendable::TooLarge => DropReason::TooLarge,
        Unsendable::Unencodable(_) => DropReason::Unencodable,
    };
    sink.emit(Effect::Dropped { tag, why });
}
