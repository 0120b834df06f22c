//! What the server sends.

use super::event::AsClient;
use super::{Client, ClientEvent, note};
use crate::connection::limits::{Limits, Offer};
use crate::connection::{Arrival, ClientInput, ClientState, keep_alive, method_of, text_of};
use crate::error::{CloseReason, Violation};
use crate::note::Note;
use crate::packet::{Auth, ConnAck, Packet, PacketType, Properties, Publish, SubAck};
use crate::reason::ReasonCode;
use crate::session::{Expiry, Outlet};
use crate::sink::Sink;
use crate::time::Instant;
use crate::types::Sender;

impl Client {
    pub(super) fn handle_before_accepted(
        &mut self,
        now: Instant,
        packet: Packet,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<(), Violation> {
        match packet {
            Packet::ConnAck(ack) => self.handle_conn_ack(now, ack, sink),
            Packet::Auth(auth) => self.handle_auth(auth, sink),
            other => Err(Violation::BeforeConnAck(other.packet_type())),
        }
    }

    fn handle_conn_ack(
        &mut self,
        now: Instant,
        ack: ConnAck,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<(), Violation> {
        if ack.reason != ReasonCode::Success {
            self.go(ClientInput::Refused);
            sink.emit(ClientEvent::Refused {
                reason: ack.reason,
                properties: ack.properties,
            });
            sink.emit(ClientEvent::Close(CloseReason::RefusedByServer(ack.reason)));
            return Ok(());
        }
        let by = Sender::Server;
        match (self.config.method(), method_of(&ack.properties)) {
            (None, Some(_)) => return Err(Violation::AuthWithoutMethod { by }),
            (Some(wanted), found) if found != Some(wanted.as_str().as_bytes()) => {
                return Err(Violation::AuthMethodChanged { by });
            }
            _ => {}
        }
        if ack.session_present && !self.has_state {
            self.connection.check(Violation::UnexpectedSessionPresent)?;
        }
        self.connection.peer = Limits::announced(&ack.properties);
        self.connection.offer = Offer::announced(&ack.properties);
        self.asked_at = None;
        self.authenticating = false;
        if let Some(id) = text_of(&ack.properties, 0x12) {
            self.assigned_client_id = Some(id);
            note(Note::ClientIdAssigned, sink);
        }
        if let Some(secs) = ack.properties.number(0x13) {
            let secs = secs as u16;
            self.keep_alive = keep_alive(secs);
            note(Note::ServerKeepAlive { secs }, sink);
        }
        if let Some(expiry) = Expiry::announced(&ack.properties) {
            self.expiry = expiry;
        }
        if self.client_id().as_str().is_empty() {
            self.connection.check(Violation::AssignedClientIdMissing)?;
        }
        self.go(ClientInput::Accepted);
        self.has_state = true;
        sink.emit(ClientEvent::Connected {
            session_present: ack.session_present,
            properties: ack.properties,
        });
        let window = self.connection.peer.receive_maximum;
        let goes_on = !self.connection.is_v5() && !self.config.clean_start;
        let mut sink = AsClient(sink);
        let mut line = self.connection.line(now, &mut sink);
        if !ack.session_present {
            line.note(Note::SessionStarted);
            // 5.0 has the client throw away what the server has lost (MQTT-3.2.2-5). 3.1.1 has it
            // sent again after every CONNECT with CleanSession 0 (MQTT-4.4.0-1); but the server
            // numbers its own messages anew.
            if goes_on {
                self.session.forget_received();
            } else {
                self.session.discard_exchanges(true, &mut line);
            }
        }
        if ack.session_present || self.session.exchanges() > 0 {
            self.session.resume(now, window, &mut line);
        } else {
            self.session.pump(now, window, &mut line);
        }
        Ok(())
    }

    pub(super) fn handle_connected(
        &mut self,
        now: Instant,
        mut packet: Packet,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<(), Violation> {
        let kind = packet.packet_type();
        self.check_explanation(kind, &mut packet)?;
        match packet {
            Packet::Publish(publish) => return self.handle_publish(now, publish, sink),
            Packet::PubAck(ack)
            | Packet::PubRec(ack)
            | Packet::PubRel(ack)
            | Packet::PubComp(ack) => {
                let mut sink = AsClient(sink);
                let mut line = self.connection.line(now, &mut sink);
                return line.handle_ack(kind, &ack, &mut self.session);
            }
            Packet::SubAck(ack) | Packet::UnsubAck(ack) => {
                if self.settle_request(kind, &ack, sink)? {
                    sink.emit(match kind {
                        PacketType::SubAck => ClientEvent::Subscribed(ack),
                        _ => ClientEvent::Unsubscribed(ack),
                    });
                }
            }
            Packet::Disconnect(disconnect) => {
                self.go(ClientInput::Disconnected);
                let reason = disconnect.reason;
                sink.emit(ClientEvent::Disconnected(disconnect));
                sink.emit(ClientEvent::Close(CloseReason::PeerDisconnected(reason)));
            }
            Packet::Auth(auth) => return self.handle_auth(auth, sink),
            Packet::PingResp => self.asked_at = None,
            // The decoder lets a client see no others.
            _ => return Err(Violation::SecondConnAck),
        }
        Ok(())
    }

    fn handle_publish(
        &mut self,
        now: Instant,
        publish: Publish,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<(), Violation> {
        let arrival = self
            .connection
            .line(now, &mut AsClient(sink))
            .handle_publish(publish, &mut self.session)?;
        if let Arrival::New(publish) = arrival {
            let delivery = publish.delivery;
            sink.emit(ClientEvent::Message(publish));
            // A plain success can always be written.
            let _ = self.connection.line(now, &mut AsClient(sink)).answer(
                delivery,
                ReasonCode::Success,
                Properties::EMPTY,
                &mut self.session,
            );
        }
        Ok(())
    }

    /// Whether the answer belongs to a request; a repeat of an earlier answer does not.
    fn settle_request(
        &mut self,
        packet: PacketType,
        ack: &SubAck,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<bool, Violation> {
        let asked_with = match packet {
            PacketType::SubAck => PacketType::Subscribe,
            _ => PacketType::Unsubscribe,
        };
        let found = self
            .requests
            .iter()
            .position(|request| request.id == ack.id && request.packet_type() == asked_with);
        let Some(at) = found else {
            note(Note::UnknownId { id: ack.id, packet }, sink);
            return Ok(false);
        };
        let request = self.requests.remove(at);
        self.session.settle_request(ack.id);
        let no_codes = packet == PacketType::UnsubAck && !self.connection.is_v5();
        if !no_codes && ack.reasons.as_bytes().len() != request.count {
            self.connection.check(Violation::ReasonCount(packet))?;
        }
        let (id, by) = (ack.id, Sender::Client);
        note(Note::IdFreed { id, by }, sink);
        Ok(true)
    }

    /// A client that wants no problem information must not get any (5.0 section 3.1.2.11.7).
    fn check_explanation(&self, kind: PacketType, packet: &mut Packet) -> Result<(), Violation> {
        let may_explain = self.config.request_problem_information
            || matches!(
                kind,
                PacketType::Publish | PacketType::ConnAck | PacketType::Disconnect
            );
        match packet.properties_mut() {
            Some(properties) if !may_explain && properties.explain() => {
                let violation = Violation::UnwantedProblemInformation(kind);
                self.connection.check(violation)
            }
            _ => Ok(()),
        }
    }

    fn handle_auth(
        &mut self,
        auth: Auth,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<(), Violation> {
        let by = Sender::Server;
        let Some(method) = self.config.method() else {
            return Err(Violation::AuthWithoutMethod { by });
        };
        if method_of(&auth.properties) != Some(method.as_str().as_bytes()) {
            return Err(Violation::AuthMethodChanged { by });
        }
        match (auth.reason, self.state) {
            (ReasonCode::ContinueAuthentication, _) if self.authenticating => {}
            (ReasonCode::Success, ClientState::Connected) if self.authenticating => {
                self.authenticating = false;
            }
            _ => return Err(Violation::AuthOutOfPlace { by }),
        }
        if self.state == ClientState::AwaitConnAck {
            // It is the caller's turn, who may have to ask somebody.
            self.asked_at = None;
        }
        sink.emit(ClientEvent::Auth(auth));
        Ok(())
    }
}
