//! What is due when, and how a connection ends that goes wrong.

use super::event::AsClient;
use super::{Client, ClientEvent};
use crate::connection::{ClientInput, ClientState};
use crate::error::{CloseReason, Violation};
use crate::note::Note;
use crate::packet::{Disconnect, Packet, PacketType};
use crate::reason::stands_in;
use crate::session::Outlet;
use crate::sink::Sink;
use crate::time::{Duration, Instant};
use crate::types::Sender;

impl Client {
    /// Closes because of the server: says why if the version and the moment allow.
    pub(super) fn fail(
        &mut self,
        now: Instant,
        why: CloseReason,
        sink: &mut dyn Sink<ClientEvent>,
    ) {
        let reason = why.reason();
        let sayable = self.connection.is_v5()
            && self.state == ClientState::Connected
            && stands_in(reason, PacketType::Disconnect, Sender::Client)
            // A server that does not answer is not told.
            && why != CloseReason::Violation(Violation::NoPingResp);
        self.go(ClientInput::Fault, sink);
        if sayable {
            self.connection
                .line(now, &mut AsClient(sink))
                .transmit(Packet::Disconnect(Disconnect::with_reason(reason)));
        }
        sink.emit(ClientEvent::Close(why));
    }

    /// Time has come: to ping, to give up waiting, or to send again.
    pub fn handle_timeout(&mut self, now: Instant, sink: &mut dyn Sink<ClientEvent>) {
        if self.give_up_at() <= now {
            let violation = match self.state {
                ClientState::AwaitConnAck => Violation::NoConnAck,
                _ => Violation::NoPingResp,
            };
            return self.fail(now, CloseReason::Violation(violation), sink);
        }
        if self.state != ClientState::Connected {
            return;
        }
        let ping_at = self.ping_at();
        let mut sink = AsClient(sink);
        let mut line = self.connection.line(now, &mut sink);
        if ping_at <= now {
            // The oldest question is the one whose answer is overdue.
            self.asked_at = self.asked_at.min(now);
            line.note(Note::PingSent);
            line.transmit(Packet::PingReq);
            // Also where the server takes not even these two bytes: the next is due a keep alive on.
            line.connection.sent_at = now;
        }
        self.session.retry(&mut line);
        for request in &mut self.requests {
            if request.sent_at + line.connection.retry_after <= now {
                request.sent_at = now;
                line.transmit(request.packet());
                line.note(Note::ResentOnTimer {
                    id: request.id,
                    packet: request.packet_type(),
                });
            }
        }
    }

    /// When to call [`Client::handle_timeout`]; `None` while nothing is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let due = self.give_up_at().min(self.ping_at()).min(self.retry_at());
        (due != Instant::NEVER).then_some(due)
    }

    /// When CONNACK or PINGRESP is overdue.
    fn give_up_at(&self) -> Instant {
        let is_open = matches!(
            self.state,
            ClientState::AwaitConnAck | ClientState::Connected
        );
        match is_open {
            true => self.asked_at + self.config.response_timeout,
            false => Instant::NEVER,
        }
    }

    /// When PINGREQ is due: a keep alive after the last packet that went out.
    fn ping_at(&self) -> Instant {
        match self.state {
            ClientState::Connected => self.connection.sent_at + self.keep_alive,
            _ => Instant::NEVER,
        }
    }

    fn retry_at(&self) -> Instant {
        let retry_after = self.connection.retry_after;
        if self.state != ClientState::Connected || retry_after == Duration::MAX {
            return Instant::NEVER;
        }
        let requests = self.requests.iter().map(|request| request.sent_at);
        requests.fold(self.session.oldest_send(), Instant::min) + retry_after
    }
}
