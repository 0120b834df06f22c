//! What is due when, and how a connection ends that goes wrong.

use super::event::AsClient;
use super::{Client, ClientEvent};
use crate::connection::{ClientInput, ClientState, Line, Retry};
use crate::error::{CloseReason, Violation};
use crate::note::Note;
use crate::packet::{Disconnect, Packet};
use crate::reason::ReasonCode;
use crate::session::Outlet;
use crate::sink::Sink;
use crate::time::Instant;

impl Client {
    /// Closes because of the server: says why if the version and the moment allow.
    pub(super) fn fail(
        &mut self,
        now: Instant,
        why: CloseReason,
        sink: &mut dyn Sink<ClientEvent>,
    ) {
        let sayable = self.connection.is_v5()
            && self.state == ClientState::Connected
            && is_client_disconnect(why.reason())
            // A server that does not answer is not told.
            && why != CloseReason::Violation(Violation::NoPingResp);
        self.go(ClientInput::Fault);
        if sayable {
            self.connection
                .line(now, &mut AsClient(sink))
                .transmit(Packet::Disconnect(Disconnect::with_reason(why.reason())));
        }
        sink.emit(ClientEvent::Close(why));
    }

    /// Time has come: to ping, to give up waiting, or to send again.
    pub fn handle_timeout(&mut self, now: Instant, sink: &mut dyn Sink<ClientEvent>) {
        if self.give_up_at().is_some_and(|at| at <= now) {
            let violation = match self.state {
                ClientState::AwaitConnAck => Violation::NoConnAck,
                _ => Violation::NoPingResp,
            };
            return self.fail(now, CloseReason::Violation(violation), sink);
        }
        if self.ping_at().is_some_and(|at| at <= now) {
            // The oldest question is the one whose answer is overdue.
            self.asked_at.get_or_insert(now);
            let mut sink = AsClient(&mut *sink);
            let mut line = self.connection.line(now, &mut sink);
            line.note(Note::PingSent);
            line.transmit(Packet::PingReq);
            // Also where the server takes not even these two bytes: the next is due a keep alive on.
            self.connection.sent_at = now;
        }
        self.retry(now, sink);
    }

    fn retry(&mut self, now: Instant, sink: &mut dyn Sink<ClientEvent>) {
        let Retry::AfterTimeout(timeout) = self.connection.retry else {
            return;
        };
        if self.state != ClientState::Connected {
            return;
        }
        let mut sink = AsClient(sink);
        let mut line: Line<'_> = self.connection.line(now, &mut sink);
        self.session.retry(now, timeout, &mut line);
        for request in &mut self.requests {
            if request.sent_at + timeout <= now {
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
        [self.give_up_at(), self.ping_at(), self.retry_at()]
            .into_iter()
            .flatten()
            .min()
    }

    /// When CONNACK or PINGRESP is overdue.
    fn give_up_at(&self) -> Option<Instant> {
        match self.state {
            ClientState::AwaitConnAck | ClientState::Connected => {
                Some(self.asked_at? + self.config.response_timeout)
            }
            ClientState::Closed | ClientState::Closing => None,
        }
    }

    /// When PINGREQ is due: a keep alive after the last packet that went out.
    fn ping_at(&self) -> Option<Instant> {
        if self.state == ClientState::Connected {
            Some(self.connection.sent_at + self.keep_alive?)
        } else {
            None
        }
    }

    fn retry_at(&self) -> Option<Instant> {
        let Retry::AfterTimeout(timeout) = self.connection.retry else {
            return None;
        };
        if self.state != ClientState::Connected {
            return None;
        }
        let requests = self
            .requests
            .iter()
            .map(|request| request.sent_at + timeout);
        requests.chain(self.session.retry_at(timeout)).min()
    }
}

/// Whether a client's DISCONNECT has this code (5.0 table 3-10).
pub(super) const fn is_client_disconnect(reason: ReasonCode) -> bool {
    use ReasonCode as R;
    matches!(
        reason,
        R::Success
            | R::DisconnectWithWill
            | R::UnspecifiedError
            | R::MalformedPacket
            | R::ProtocolError
            | R::ImplementationSpecificError
            | R::TopicNameInvalid
            | R::ReceiveMaximumExceeded
            | R::TopicAliasInvalid
            | R::PacketTooLarge
            | R::MessageRateTooHigh
            | R::QuotaExceeded
            | R::AdministrativeAction
            | R::PayloadFormatInvalid
    )
}
