//! The sender's side: messages on their way out.

use super::exchange::{Exchange, expiry_of};
use super::outlet::{Outlet, drop_unsendable, dropped, note, tell_expired};
use super::{Awaits, SenderAction, SenderInput, SenderState, Session, WhenFull, count};
use crate::effect::{DropReason, Effect};
use crate::error::{Misuse, Violation};
use crate::message::{Message, Tag};
use crate::note::Note;
use crate::packet::{Ack, Packet, PacketType};
use crate::reason::ReasonCode;
use crate::sink::Sink;
use crate::taken::Taken;
use crate::time::{Duration, Instant};
use crate::types::{PacketId, Qos};

impl Session {
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
        let bytes = message.len_bytes();
        if self.is_full_for(bytes) && self.queue_expires <= now {
            self.drop_expired(now, sink);
        }
        while self.is_full_for(bytes) {
            note(Note::DroppedQueueFull, sink);
            let oldest = match self.config.when_full {
                WhenFull::DropOldest => self.outgoing.get(self.started),
                WhenFull::DropNewest => None,
            };
            let Some(oldest) = oldest else {
                return Err(Misuse::QueueFull);
            };
            dropped(oldest.tag, DropReason::QueueFull, sink);
            self.outgoing.remove(self.started);
        }
        self.queue_expires = self.queue_expires.min(expiry_of(&message, now));
        self.push(now, message, tag);
        note(Note::MessageQueued { tag }, sink);
        Ok(())
    }

    fn push(&mut self, now: Instant, message: Message, tag: Tag) {
        self.outgoing.push(Exchange {
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

    /// Whether a message of so many bytes ([`Session::held_bytes`]) finds no room in the queue.
    #[must_use]
    pub fn is_full_for(&self, bytes: usize) -> bool {
        self.queued() >= self.config.queue_max as usize || !self.has_bytes_for(bytes)
    }

    /// One message there may always be, whatever its size.
    fn has_bytes_for(&self, bytes: usize) -> bool {
        let held = self.held_bytes();
        held == 0 || held.saturating_add(bytes) <= self.config.bytes_max
    }

    /// Makes room: what has expired in the queue need not wait any longer.
    fn drop_expired(&mut self, now: Instant, sink: &mut dyn Sink<Effect>) {
        let mut next = Instant::NEVER;
        self.outgoing.retain_from(self.started, |exchange| {
            let expires_at = exchange.expires_at();
            let is_kept = expires_at > now;
            if is_kept {
                next = next.min(expires_at);
            } else {
                tell_expired(exchange.tag, sink);
            }
            is_kept
        });
        self.queue_expires = next;
    }

    /// Publishes a QoS 1 or QoS 2 message over the connection behind `outlet`: at once if nothing
    /// waits before it and the quota allows, else from the queue as soon as it may.
    pub(crate) fn publish(
        &mut self,
        message: Message,
        tag: Tag,
        outlet: &mut impl Outlet,
    ) -> Result<(), Misuse> {
        if !(self.has_room(outlet.window()) && self.has_bytes_for(message.len_bytes())) {
            self.enqueue(outlet.now(), message, tag, outlet)?;
            self.tell_quota(outlet);
            return Ok(());
        }
        self.push(outlet.now(), message, tag);
        self.start(outlet);
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

    /// A new connection carries the session. If the peer has kept its part, or this end resends in
    /// any case, every PUBREL and, as far as the window allows, every PUBLISH with DUP goes out
    /// again; then what has waited.
    pub(crate) fn begin(&mut self, is_present: bool, outlet: &mut impl Outlet) {
        self.suspend();
        if is_present || self.exchanges() > 0 {
            outlet.note(Note::SessionResumed {
                publishes: count(self.started - self.released),
                releases: count(self.released),
            });
            for at in 0..self.released {
                self.resend(at, outlet);
            }
        }
        self.pump(outlet);
    }

    /// Sends what may be sent: first what an earlier connection left, then the queue.
    pub(crate) fn pump(&mut self, outlet: &mut impl Outlet) {
        let window = self.window(outlet.window());
        let mut at = self.released;
        while self.open < window && usize::from(self.open) < self.started && at < self.started {
            if self.outgoing.get(at).is_some_and(|exchange| exchange.open)
                || self.resend(at, outlet)
            {
                at += 1;
            }
        }
        while self.open < window {
            let Some(exchange) = self.outgoing.get(self.started) else {
                return;
            };
            if exchange.expires_at() <= outlet.now() {
                tell_expired(exchange.tag, outlet);
                self.outgoing.remove(self.started);
            } else if !self.start(outlet) {
                return;
            }
        }
        self.tell_quota(outlet);
    }

    /// What waits, waits for the peer if its limit is reached; this end can have a lower one.
    fn tell_quota(&self, outlet: &mut impl Outlet) {
        if self.queued() > 0 && self.open >= outlet.window() {
            outlet.note(Note::QuotaExhausted);
        }
    }

    /// Sends once more what an earlier connection left; says whether it is still there, which it
    /// is not if the peer does not take it any longer.
    fn resend(&mut self, at: usize, outlet: &mut impl Outlet) -> bool {
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
        let state = exchange.state();
        outlet.follow(state.rule(SenderInput::Resume));
        match exchange.send(outlet) {
            Ok(()) => {
                exchange.open = true;
                self.open += 1;
                if let Some(id) = exchange.id {
                    took(id, state, SenderInput::Resume, outlet);
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
    fn start(&mut self, outlet: &mut impl Outlet) -> bool {
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
        outlet.follow(SenderState::Free.rule(input));
        match exchange.send(outlet) {
            Ok(()) => {
                exchange.open = true;
                self.open += 1;
                self.started += 1;
                let tag = exchange.tag;
                took(id, SenderState::Free, input, outlet);
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
    fn remove(&mut self, at: usize) {
        if let Some(exchange) = self.outgoing.get(at) {
            self.open -= u16::from(exchange.open);
            self.started -= 1;
            self.released -= usize::from(at < self.released);
            self.outgoing.remove(at);
        }
    }

    fn allocate_id(&mut self) -> Option<PacketId> {
        let (outgoing, started) = (&self.outgoing, self.started);
        let requests = &self.requests;
        let count = started + requests.len();
        self.ids.allocate(count, |ahead| {
            for exchange in outgoing.iter().take(started) {
                if let Some(id) = exchange.id {
                    ahead.see(id);
                }
            }
            for id in requests {
                ahead.see(*id);
            }
        })
    }

    /// An identifier for a SUBSCRIBE or UNSUBSCRIBE, in use until [`Session::settle_request`].
    pub(crate) fn allocate_request(&mut self) -> Option<PacketId> {
        let id = self.allocate_id()?;
        self.requests.push(id);
        Some(id)
    }

    /// The identifier that [`Session::allocate_request`] has just given is not needed.
    pub(crate) fn withdraw_request(&mut self, id: PacketId) {
        self.requests.pop();
        self.ids.take_back(id);
    }

    /// Frees the identifier of a SUBSCRIBE or UNSUBSCRIBE.
    pub(crate) fn settle_request(&mut self, id: PacketId) {
        self.requests.retain(|request| *request != id);
    }

    /// PUBACK, PUBREC or PUBCOMP from the peer.
    pub(crate) fn handle_ack(
        &mut self,
        packet: PacketType,
        ack: &Ack,
        outlet: &mut impl Outlet,
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
        took(id, state, input, outlet);
        match state.on(input).action {
            SenderAction::SendPubRel => {
                outlet.follow(state.rule(input));
                self.release(at, ack.reason, outlet);
                outlet.note(Note::MessageReleased { id });
            }
            SenderAction::ResendPubRel => {
                if let Some(exchange) = self.outgoing.get_mut(at) {
                    // Four bytes fit wherever a PUBLISH did.
                    outlet.follow(state.rule(input));
                    let _ = exchange.send(outlet);
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
        self.pump(outlet);
        Ok(())
    }

    /// PUBREC has come: the message goes, PUBREL goes out, and the exchange goes behind those that
    /// had their PUBREC before.
    fn release(&mut self, at: usize, reason: ReasonCode, outlet: &mut impl Outlet) {
        let at_release = self.released;
        self.outgoing.move_up(at, at_release);
        if let Some(exchange) = self.outgoing.get_mut(at_release) {
            self.released += 1;
            exchange.awaits = Awaits::PubComp;
            exchange.reason = reason;
            exchange.sends = 0;
        }
        self.outgoing.forget_message(at_release);
        if let Some(exchange) = self.outgoing.get_mut(at_release) {
            let _ = exchange.send(outlet);
        }
    }

    fn settle(&mut self, at: usize, ack: &Ack, outlet: &mut impl Outlet) {
        let Some(exchange) = self.outgoing.get(at) else {
            return;
        };
        let (tag, id) = (exchange.tag, ack.id);
        let reason = match exchange.awaits {
            Awaits::PubComp => exchange.reason,
            _ => ack.reason,
        };
        self.remove(at);
        if reason.is_failure() {
            outlet.note(Note::MessageRefused { id });
        }
        let by = outlet.role();
        outlet.note(Note::IdFreed { id, by });
        outlet.emit(Effect::Acknowledged { tag, id, reason });
    }

    /// When the first unanswered packet was sent, for [`Retry::AfterTimeout`](crate::Retry);
    /// [`Instant::NEVER`] if there is none.
    pub(crate) fn oldest_send(&self) -> Instant {
        let mut oldest = Instant::NEVER;
        for exchange in self.outgoing.iter() {
            if exchange.open {
                oldest = oldest.min(exchange.sent_at);
            }
        }
        oldest
    }

    /// Sends again what has had no answer for as long as the connection has it.
    pub(crate) fn retry(&mut self, outlet: &mut impl Outlet) {
        let timeout = outlet.retry_after();
        if timeout == Duration::MAX {
            return;
        }
        for exchange in self.outgoing.iter_mut() {
            if exchange.open && exchange.sent_at + timeout <= outlet.now() {
                // It fitted when it was sent first.
                let state = exchange.state();
                outlet.follow(state.rule(SenderInput::RetryTimer));
                let _ = exchange.send(outlet);
                if let Some(id) = exchange.id {
                    took(id, state, SenderInput::RetryTimer, outlet);
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
        let has_id = |at: usize| self.outgoing.get(at).is_some_and(|e| e.id == Some(id));
        if let Some(front) = self.outgoing.get(0).and_then(|exchange| exchange.id) {
            let guess = usize::from(id.get().wrapping_sub(front.get()));
            if has_id(guess) {
                return guess;
            }
        }
        let len = self.outgoing.len();
        (0..len).find(|at| has_id(*at)).unwrap_or(len)
    }
}

/// Tells which row was followed.
fn took(id: PacketId, state: SenderState, input: SenderInput, outlet: &mut impl Outlet) {
    outlet.note(Note::Took(Taken::Sender(id, state, input)));
}
