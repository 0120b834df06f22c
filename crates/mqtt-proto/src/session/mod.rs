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
    RECEIVER, ReceiverAction, ReceiverInput, ReceiverState, SENDER, SenderAction, SenderInput,
    SenderState,
};

use crate::codec::EncodeError;
use crate::effect::{DropReason, Effect};
use crate::error::{Misuse, Violation};
use crate::message::{Message, Tag};
use crate::note::Note;
use crate::packet::{Ack, Packet, PacketType, Properties, PropertyWriter};
use crate::reason::ReasonCode;
use crate::sink::Sink;
use crate::time::{Duration, Instant};
use crate::types::{Delivery, PacketId, Qos, Sender};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use ids::PacketIds;
use mqtt_spec::Rule;

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
    /// Names the rule behind the packet that is sent next: the row of the table that was applied.
    fn follow(&mut self, rule: Option<Rule>);
    /// Which end this is.
    fn role(&self) -> Sender;
    /// Writes a line in the log, unless notes are not built in.
    fn note(&mut self, note: Note) {
        if cfg!(feature = "notes") {
            self.emit(Effect::Note(note));
        }
    }
}

const MESSAGE_EXPIRY_INTERVAL: u8 = 0x02;

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

/// One outgoing message, from the moment it comes until the peer is done with it.
#[derive(Clone, Debug, PartialEq)]
struct Exchange {
    awaits: Awaits,
    /// `None` while it waits to be sent.
    id: Option<PacketId>,
    /// `None` once PUBREC has come.
    message: Option<Message>,
    tag: Tag,
    /// What PUBREC said: the receiver's answer to the message. PUBCOMP's own code says at most that
    /// the receiver had forgotten the identifier.
    reason: ReasonCode,
    /// When the message came, for its expiry.
    since: Instant,
    sent_at: Instant,
    /// How often the packet that waits was sent.
    sends: u16,
    /// Sent on the present connection, so it counts against the quota.
    open: bool,
}

impl Exchange {
    fn state(&self) -> SenderState {
        match self.awaits {
            Awaits::PubAck => SenderState::AwaitPubAck,
            Awaits::PubRec => SenderState::AwaitPubRec,
            Awaits::PubComp => SenderState::AwaitPubComp,
            Awaits::Sending | Awaits::PubRel => SenderState::Free,
        }
    }

    /// Sends PUBLISH, or once PUBREC has come PUBREL, by the rule of a row of the table.
    fn send(
        &mut self,
        now: Instant,
        rule: Option<Rule>,
        outlet: &mut dyn Outlet,
    ) -> Result<(), Unsendable> {
        let Some(id) = self.id else { return Ok(()) };
        outlet.follow(rule);
        let packet = match &self.message {
            Some(message) => {
                let dup = self.sends > 0;
                let delivery = match message.qos {
                    Qos::ExactlyOnce => Delivery::ExactlyOnce { id, dup },
                    _ => Delivery::AtLeastOnce { id, dup },
                };
                let mut publish = message.to_publish(delivery);
                age(&mut publish.properties, now.since(self.since));
                Packet::Publish(publish)
            }
            None => Packet::PubRel(Ack::success(id)),
        };
        self.sent_at = now;
        outlet.send(packet)?;
        self.sends = self.sends.saturating_add(1);
        Ok(())
    }

    fn packet_type(&self) -> PacketType {
        match self.message {
            Some(_) => PacketType::Publish,
            None => PacketType::PubRel,
        }
    }

    fn is_expired(&self, now: Instant) -> bool {
        let expiry = self.message.as_ref().and_then(expiry_secs);
        expiry.is_some_and(|secs| now >= self.since + Duration::from_secs(u64::from(secs)))
    }
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

/// The QoS state of one side of a session, for as long as the session lives.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    config: SessionConfig,
    ids: PacketIds,
    /// First `released` exchanges that wait for PUBCOMP, in the order in which PUBREC came: PUBRELs
    /// go out in that order. Then, up to `started`, those that wait for PUBACK or PUBREC, in the
    /// order of their first send. Then those that wait for an identifier, oldest first.
    outgoing: VecDeque<Exchange>,
    released: usize,
    started: usize,
    /// How many of the started were sent on the present connection.
    open: u16,
    /// Incoming QoS 2 identifiers that wait for PUBREL, ascending.
    received: Vec<PacketId>,
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
            outgoing: VecDeque::new(),
            released: 0,
            started: 0,
            open: 0,
            received: Vec::new(),
            requests: Vec::new(),
        }
    }

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
                    if let Err(place) = session.received.binary_search(&id) {
                        session.received.insert(place, id);
                    }
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
            match awaits {
                Awaits::PubComp => {
                    session.outgoing.insert(session.released, exchange);
                    session.released += 1;
                    session.started += 1;
                }
                Awaits::Sending => session.outgoing.push_back(exchange),
                _ => {
                    session.outgoing.insert(session.started, exchange);
                    session.started += 1;
                }
            }
        }
        session
    }

    /// Its bounds.
    #[must_use]
    pub const fn config(&self) -> &SessionConfig {
        &self.config
    }

    /// Whether nothing is in flight, waiting or remembered.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.outgoing.is_empty() && self.received.is_empty()
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
            id: Some(*id),
            direction: Direction::Incoming,
            awaits: Awaits::PubRel,
            sends: 0,
            message: None,
            tag: None,
            since: None,
        });
        outgoing.chain(received)
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
        if self.is_full() {
            self.drop_expired(now, sink);
        }
        if self.is_full() {
            note(Note::DroppedQueueFull, sink);
            let oldest = match self.config.when_full {
                WhenFull::DropOldest => self.outgoing.remove(self.started),
                WhenFull::DropNewest => None,
            };
            let Some(oldest) = oldest else {
                return Err(Misuse::QueueFull);
            };
            dropped(oldest.tag, DropReason::QueueFull, sink);
        }
        self.push(now, message, tag);
        note(Note::MessageQueued { tag }, sink);
        Ok(())
    }

    fn push(&mut self, now: Instant, message: Message, tag: Tag) {
        self.outgoing.push_back(Exchange {
            awaits: Awaits::Sending,
            id: None,
            message: Some(message),
            tag,
            reason: ReasonCode::Success,
            since: now,
            sent_at: now,
            sends: 0,
            open: false,
        });
    }

    /// Whether the queue holds as many messages as it may.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.queued() >= self.config.queue_max as usize
    }

    /// Makes room: what has expired in the queue need not wait any longer.
    fn drop_expired(&mut self, now: Instant, sink: &mut dyn Sink<Effect>) {
        let mut at = self.started;
        while let Some(exchange) = self.outgoing.get(at) {
            if exchange.is_expired(now) {
                tell_expired(exchange.tag, sink);
                self.outgoing.remove(at);
            } else {
                at += 1;
            }
        }
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
        if !self.has_room(window) {
            return self.enqueue(now, message, tag, outlet);
        }
        self.push(now, message, tag);
        self.start(now, outlet);
        Ok(())
    }

    /// Whether one more message would go out at once: nothing waits before it, and the peer's
    /// `window` allows.
    pub(crate) fn has_room(&self, window: u16) -> bool {
        let all_open = usize::from(self.open) == self.started;
        all_open && self.queued() == 0 && self.open < self.window(window)
    }

    /// How many messages may be open: as the peer has it, but no more than configured.
    fn window(&self, peer: u16) -> u16 {
        peer.min(self.config.in_flight_max).max(1)
    }

    /// Throws away what was in flight and remembered. The queue stays: what was never sent is no
    /// part of the state that a new session ends.
    pub(crate) fn discard_exchanges(&mut self, by_conn_ack: bool, outlet: &mut dyn Outlet) {
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
            if let Some(exchange) = self.outgoing.pop_front() {
                dropped(exchange.tag, DropReason::SessionEnded, outlet);
            }
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
        for exchange in self.outgoing.iter_mut().take(self.started) {
            exchange.open = false;
        }
    }

    /// A new connection carries the session: every PUBREL and, as far as the peer's `window`
    /// allows, every PUBLISH with DUP goes out again; then what has waited.
    pub(crate) fn resume(&mut self, now: Instant, window: u16, outlet: &mut dyn Outlet) {
        self.suspend();
        outlet.note(Note::SessionResumed {
            publishes: count(self.started - self.released),
            releases: count(self.released),
        });
        for at in 0..self.released {
            self.resend(at, now, outlet);
        }
        self.pump(now, window, outlet);
    }

    /// Sends what may be sent: first what an earlier connection left, then the queue.
    pub(crate) fn pump(&mut self, now: Instant, window: u16, outlet: &mut dyn Outlet) {
        let window = self.window(window);
        let mut at = self.released;
        while self.open < window && usize::from(self.open) < self.started && at < self.started {
            if self.outgoing.get(at).is_some_and(|exchange| exchange.open)
                || self.resend(at, now, outlet)
            {
                at += 1;
            }
        }
        while self.open < window {
            let Some(exchange) = self.outgoing.get(self.started) else {
                return;
            };
            if exchange.is_expired(now) {
                tell_expired(exchange.tag, outlet);
                self.outgoing.remove(self.started);
            } else if !self.start(now, outlet) {
                return;
            }
        }
        if self.queued() > 0 {
            outlet.note(Note::QuotaExhausted);
        }
    }

    /// Sends once more what an earlier connection left; says whether it is still there, which it
    /// is not if the peer does not take it any longer.
    fn resend(&mut self, at: usize, now: Instant, outlet: &mut dyn Outlet) -> bool {
        let Some(exchange) = self.outgoing.get_mut(at) else {
            return false;
        };
        let resends = matches!(
            exchange.state().on(SenderInput::Resume).action,
            SenderAction::ResendPublish | SenderAction::ResendPubRel
        );
        if !resends {
            return true;
        }
        let rule = exchange.state().rule(SenderInput::Resume);
        match exchange.send(now, rule, outlet) {
            Ok(()) => {
                exchange.open = true;
                self.open += 1;
                if let Some(id) = exchange.id {
                    let packet = exchange.packet_type();
                    outlet.note(Note::Resent { id, packet });
                }
                true
            }
            Err(why) => {
                drop_unsendable(exchange.tag, why, outlet);
                self.remove(at);
                false
            }
        }
    }

    /// Gives the message that has waited longest an identifier and sends it for the first time.
    /// `false` if there is no free identifier.
    fn start(&mut self, now: Instant, outlet: &mut dyn Outlet) -> bool {
        let Some(id) = self.allocate_id() else {
            return false;
        };
        let at = self.started;
        let Some(exchange) = self.outgoing.get_mut(at) else {
            return false;
        };
        let qos = match &exchange.message {
            Some(message) => message.qos,
            None => Qos::AtMostOnce,
        };
        let input = match qos {
            Qos::ExactlyOnce => SenderInput::PublishQos2,
            _ => SenderInput::PublishQos1,
        };
        exchange.id = Some(id);
        exchange.awaits = match SenderState::Free.on(input).next {
            SenderState::AwaitPubRec => Awaits::PubRec,
            _ => Awaits::PubAck,
        };
        match exchange.send(now, SenderState::Free.rule(input), outlet) {
            Ok(()) => {
                exchange.open = true;
                self.open += 1;
                self.started += 1;
                let tag = exchange.tag;
                outlet.note(Note::MessageKept { id, qos, tag });
            }
            Err(why) => {
                drop_unsendable(exchange.tag, why, outlet);
                self.outgoing.remove(at);
            }
        }
        true
    }

    /// Takes a started exchange out.
    fn remove(&mut self, at: usize) -> Option<Exchange> {
        let exchange = self.outgoing.remove(at)?;
        self.started -= 1;
        self.released -= usize::from(at < self.released);
        self.open -= u16::from(exchange.open);
        Some(exchange)
    }

    fn allocate_id(&mut self) -> Option<PacketId> {
        let outgoing = &self.outgoing;
        let requests = &self.requests;
        let started = self.started;
        self.ids.allocate(started + requests.len(), &|visit| {
            for exchange in outgoing.iter().take(started) {
                if let Some(id) = exchange.id {
                    visit(id);
                }
            }
            for id in requests {
                visit(*id);
            }
        })
    }

    /// An identifier for a SUBSCRIBE or UNSUBSCRIBE, in use until [`Session::settle_request`].
    pub(crate) fn allocate_request(&mut self) -> Option<PacketId> {
        let id = self.allocate_id()?;
        self.requests.push(id);
        Some(id)
    }

    /// Frees the identifier of a SUBSCRIBE or UNSUBSCRIBE.
    pub(crate) fn settle_request(&mut self, id: PacketId) {
        self.requests.retain(|request| *request != id);
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
        let at = self.position(id);
        let state = match self.outgoing.get(at) {
            Some(exchange) => exchange.state(),
            None => SenderState::Free,
        };
        match state.on(input).action {
            SenderAction::SendPubRel => {
                self.release(at, ack.reason, now, state.rule(input), outlet);
                outlet.note(Note::MessageReleased { id });
            }
            SenderAction::ResendPubRel => {
                if let Some(exchange) = self.outgoing.get_mut(at) {
                    // Four bytes fit wherever a PUBLISH did.
                    let _ = exchange.send(now, state.rule(input), outlet);
                }
            }
            SenderAction::Settle => self.settle(at, ack, outlet),
            SenderAction::SendPubRelUnknown => {
                outlet.note(Note::UnknownId { id, packet });
                let unknown = Ack::with_reason(id, ReasonCode::PacketIdentifierNotFound);
                outlet.follow(state.rule(input));
                let _ = outlet.send(Packet::PubRel(unknown));
            }
            SenderAction::Ignore => outlet.note(Note::UnknownId { id, packet }),
            SenderAction::Close => return Err(Violation::WrongAcknowledgement(packet)),
            // No acknowledgement starts an exchange or resends a PUBLISH.
            SenderAction::SendPublish | SenderAction::ResendPublish => {}
        }
        Ok(())
    }

    /// PUBREC has come: the message goes, PUBREL goes out, and the exchange goes behind those that
    /// had their PUBREC before.
    fn release(
        &mut self,
        mut at: usize,
        reason: ReasonCode,
        now: Instant,
        rule: Option<Rule>,
        outlet: &mut dyn Outlet,
    ) {
        if at != self.released
            && let Some(exchange) = self.outgoing.remove(at)
        {
            at = self.released;
            self.outgoing.insert(at, exchange);
        }
        let Some(exchange) = self.outgoing.get_mut(at) else {
            return;
        };
        self.released += 1;
        exchange.awaits = Awaits::PubComp;
        exchange.message = None;
        exchange.reason = reason;
        exchange.sends = 0;
        let _ = exchange.send(now, rule, outlet);
    }

    fn settle(&mut self, at: usize, ack: &Ack, outlet: &mut dyn Outlet) {
        let Some(exchange) = self.remove(at) else {
            return;
        };
        let (tag, id) = (exchange.tag, ack.id);
        let reason = match exchange.awaits {
            Awaits::PubComp => exchange.reason,
            _ => ack.reason,
        };
        if reason.is_failure() {
            outlet.note(Note::MessageRefused { id });
        }
        let by = outlet.role();
        outlet.note(Note::IdFreed { id, by });
        outlet.emit(Effect::Acknowledged { tag, id, reason });
    }

    /// A QoS 1 or QoS 2 PUBLISH from the peer: what to do about it. Changes nothing yet.
    pub(crate) fn on_publish(&self, id: PacketId, qos: Qos) -> ReceiverAction {
        let input = match qos {
            Qos::ExactlyOnce => ReceiverInput::PublishQos2,
            _ => ReceiverInput::PublishQos1,
        };
        self.receiver(id).0.on(input).action
    }

    /// The rule by which a QoS 1 or QoS 2 PUBLISH is answered that is new, or else is not.
    pub(crate) fn answer_rule(qos: Qos, is_new: bool) -> Option<Rule> {
        let input = match qos {
            Qos::ExactlyOnce => ReceiverInput::PublishQos2,
            _ => ReceiverInput::PublishQos1,
        };
        let state = match is_new {
            true => ReceiverState::Free,
            false => ReceiverState::AwaitPubRel,
        };
        state.rule(input)
    }

    /// The state of an incoming identifier, and its place in `received`.
    fn receiver(&self, id: PacketId) -> (ReceiverState, usize) {
        match self.received.binary_search(&id) {
            Ok(at) => (ReceiverState::AwaitPubRel, at),
            Err(at) => (ReceiverState::Free, at),
        }
    }

    /// A new QoS 2 message has come: its repeats are known from here on.
    pub(crate) fn remember(&mut self, id: PacketId, outlet: &mut dyn Outlet) {
        if let (ReceiverState::Free, at) = self.receiver(id) {
            self.received.insert(at, id);
            outlet.note(Note::IdRemembered { id });
        }
    }

    /// The application does not take the QoS 2 message, or its sender has lost it: the identifier is
    /// free again.
    pub(crate) fn refuse(&mut self, id: PacketId) {
        self.forget(id, ReceiverInput::Refuse);
    }

    /// PUBREL from the peer.
    pub(crate) fn handle_pub_rel(&mut self, id: PacketId, outlet: &mut dyn Outlet) {
        let rule = self.receiver(id).0.rule(ReceiverInput::PubRel);
        let reason = match self.forget(id, ReceiverInput::PubRel) {
            ReceiverAction::SendPubComp => {
                outlet.note(Note::IdForgotten { id });
                ReasonCode::Success
            }
            _ => {
                let packet = PacketType::PubRel;
                outlet.note(Note::UnknownId { id, packet });
                ReasonCode::PacketIdentifierNotFound
            }
        };
        outlet.follow(rule);
        let _ = outlet.send(Packet::PubComp(Ack::with_reason(id, reason)));
    }

    fn forget(&mut self, id: PacketId, input: ReceiverInput) -> ReceiverAction {
        let (state, at) = self.receiver(id);
        let step = state.on(input);
        if state != step.next {
            self.received.remove(at);
        }
        step.action
    }

    /// When the first unanswered packet is to be sent again under
    /// [`Retry::AfterTimeout`](crate::Retry).
    pub(crate) fn retry_at(&self, timeout: Duration) -> Option<Instant> {
        let started = self.outgoing.iter().take(self.started);
        let sent = started
            .filter(|exchange| exchange.open)
            .map(|exchange| exchange.sent_at);
        sent.min().map(|sent| sent + timeout)
    }

    /// Sends again what has had no answer for `timeout`.
    pub(crate) fn retry(&mut self, now: Instant, timeout: Duration, outlet: &mut dyn Outlet) {
        for exchange in self.outgoing.iter_mut().take(self.started) {
            if exchange.open && exchange.sent_at + timeout <= now {
                // It fitted when it was sent first.
                let rule = exchange.state().rule(SenderInput::RetryTimer);
                let _ = exchange.send(now, rule, outlet);
                if let Some(id) = exchange.id {
                    let packet = exchange.packet_type();
                    outlet.note(Note::ResentOnTimer { id, packet });
                }
            }
        }
    }

    /// The index of the started exchange with this identifier, or one past all. Acknowledgements
    /// mostly come in order, so the place is tried where it would be if nothing had been taken out
    /// of the middle.
    fn position(&self, id: PacketId) -> usize {
        let has_id = |at: usize| {
            at < self.started && self.outgoing.get(at).is_some_and(|e| e.id == Some(id))
        };
        if let Some(front) = self.outgoing.front().and_then(|exchange| exchange.id) {
            let guess = usize::from(id.get().wrapping_sub(front.get()));
            if has_id(guess) {
                return guess;
            }
        }
        (0..self.started)
            .find(|at| has_id(*at))
            .unwrap_or(self.outgoing.len())
    }
}

fn count(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}

/// The message's expiry, in seconds from the moment it came.
fn expiry_secs(message: &Message) -> Option<u32> {
    message.properties.number(MESSAGE_EXPIRY_INTERVAL)
}

/// Takes the time that a message has waited off its Message Expiry Interval.
fn age(properties: &mut Properties, waited: Duration) {
    let Some(secs) = properties.number(MESSAGE_EXPIRY_INTERVAL) else {
        return;
    };
    let waited = u32::try_from(waited.as_secs()).unwrap_or(u32::MAX);
    if waited > 0 {
        let mut list = PropertyWriter::default();
        list.extend(&properties.without(&[MESSAGE_EXPIRY_INTERVAL]));
        list.u32(MESSAGE_EXPIRY_INTERVAL, secs.saturating_sub(waited));
        *properties = list.finish();
    }
}

fn note(note: Note, sink: &mut dyn Sink<Effect>) {
    if cfg!(feature = "notes") {
        sink.emit(Effect::Note(note));
    }
}

fn dropped(tag: Tag, why: DropReason, sink: &mut dyn Sink<Effect>) {
    sink.emit(Effect::Dropped { tag, why });
}

fn tell_expired(tag: Tag, sink: &mut dyn Sink<Effect>) {
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
