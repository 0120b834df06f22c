//! What the server sends.

use super::event::AsClient;
use super::{Client, ClientEvent, note};
use crate::connection::{Announced, ClientInput, ClientState, Turn, keep_alive, own_text};
use crate::error::{CloseReason, Violation};
use crate::note::Note;
use crate::packet::{ConnAck, Packet, PacketType, Properties, SubAck};
use crate::reason::ReasonCode;
use crate::session::Outlet;
use crate::sink::Sink;
use crate::time::{Duration, Instant};
use crate::types::{Delivery, Sender};

/// What is to be done once the host knows of a packet.
enum Then {
    Nothing,
    /// Acknowledge the message.
    Answer(Delivery),
    /// Go on with the session, if the server has kept it, or begin it.
    Begin {
        session_present: bool,
    },
    Close(CloseReason),
}

impl Client {
    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn handle_packet(
        &mut self,
        now: Instant,
        mut packet: Packet,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<(), Violation> {
        let Some(then) = self.take_in(now, &mut packet, sink)? else {
            return Ok(());
        };
        if let Some(event) = event(packet) {
            sink.emit(event);
        }
        let connection_sink = &mut AsClient(sink);
        let mut line = self.connection.line(now, connection_sink);
        match then {
            Then::Nothing => {}
            Then::Answer(delivery) => {
                // A plain success can always be written.
                let none = Properties::EMPTY;
                let _ = line.answer(delivery, ReasonCode::Success, none, &mut self.session);
            }
            Then::Begin { session_present } => {
                if !session_present {
                    line.note(Note::SessionStarted);
                    // 5.0 has the client throw away what the server has lost (MQTT-3.2.2-5). 3.1.1 has it
                    // sent again after every CONNECT with CleanSession 0 (MQTT-4.4.0-1); but the server
                    // numbers its own messages anew.
                    if line.connection.is_v5() || self.expiry.is_at_close() {
                        self.session.discard_exchanges(true, &mut line);
                    } else {
                        self.session.forget_received();
                    }
                }
                self.session.begin(session_present, &mut line);
            }
            Then::Close(why) => sink.emit(ClientEvent::Close(why)),
        }
        Ok(())
    }

    /// What the packet changes, and what follows once the host knows of it; `None` if the host need not know.
    fn take_in(
        &mut self,
        now: Instant,
        packet: &mut Packet,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<Option<Then>, Violation> {
        let kind = packet.packet_type();
        let is_accepted = self.state == ClientState::Connected;
        if !is_accepted && !matches!(kind, PacketType::ConnAck | PacketType::Auth) {
            return Err(Violation::BeforeConnAck(kind));
        }
        self.check_explanation(kind, packet)?;
        Ok(Some(match packet {
            Packet::ConnAck(_) if is_accepted => return Err(Violation::SecondConnAck),
            Packet::ConnAck(ack) => self.handle_conn_ack(ack, sink)?,
            Packet::Publish(publish) => {
                let connection_sink = &mut AsClient(sink);
                let mut line = self.connection.line(now, connection_sink);
                if !line.handle_publish(publish, &mut self.session)? {
                    return Ok(None);
                }
                Then::Answer(publish.delivery)
            }
            Packet::PubAck(ack)
            | Packet::PubRec(ack)
            | Packet::PubRel(ack)
            | Packet::PubComp(ack) => {
                let connection_sink = &mut AsClient(sink);
                let mut line = self.connection.line(now, connection_sink);
                line.handle_ack(kind, ack, &mut self.session)?;
                return Ok(None);
            }
            Packet::SubAck(ack) | Packet::UnsubAck(ack) => {
                if !self.settle_request(kind, ack, sink)? {
                    return Ok(None);
                }
                Then::Nothing
            }
            Packet::Disconnect(disconnect) => {
                self.go(ClientInput::Disconnected, sink);
                Then::Close(CloseReason::PeerDisconnected(disconnect.reason))
            }
            Packet::Auth(auth) => {
                let authentication = &mut self.connection.authentication;
                authentication.heard(auth, Sender::Server, is_accepted)?;
                if !is_accepted {
                    // It is the caller's turn, who may have to ask somebody.
                    self.asked_at = Instant::NEVER;
                }
                Then::Nothing
            }
            Packet::PingResp => {
                self.asked_at = Instant::NEVER;
                return Ok(None);
            }
            // The decoder lets a client see no others.
            Packet::Connect(_)
            | Packet::Subscribe(_)
            | Packet::Unsubscribe(_)
            | Packet::PingReq => return Ok(None),
        }))
    }

    #[cfg_attr(feature = "small", inline(never))]
    fn handle_conn_ack(
        &mut self,
        ack: &ConnAck,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<Then, Violation> {
        if ack.reason != ReasonCode::Success {
            self.go(ClientInput::Refused, sink);
            return Ok(Then::Close(CloseReason::RefusedByServer(ack.reason)));
        }
        let announced = Announced::in_properties(&ack.properties);
        let connection = &mut self.connection;
        let authentication = &mut connection.authentication;
        authentication.check_method(announced.method, Sender::Server)?;
        authentication.turn = Turn::Nobody;
        let session_present = ack.session_present;
        if session_present && !self.has_state {
            connection.check(Violation::UnexpectedSessionPresent)?;
        }
        connection.peer = announced.limits;
        connection.offer = announced.offer;
        self.asked_at = Instant::NEVER;
        if let Some(id) = announced.client_id.and_then(own_text) {
            self.assigned_client_id = Some(id);
            note(Note::ClientIdAssigned, sink);
        } else if self.client_id().is_empty() {
            self.connection.check(Violation::AssignedClientIdMissing)?;
        }
        if let Some(secs) = announced.keep_alive_secs {
            self.keep_alive = keep_alive(secs).unwrap_or(Duration::MAX);
            note(Note::ServerKeepAlive { secs }, sink);
        }
        if let Some(expiry) = announced.session_expiry {
            self.expiry = expiry;
        }
        self.go(ClientInput::Accepted, sink);
        self.has_state = true;
        Ok(Then::Begin { session_present })
    }

    /// Whether the answer belongs to a request; a repeat of an earlier answer does not.
    #[cfg_attr(feature = "small", inline(never))]
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
        let mut count = None;
        self.requests.retain(|request| {
            let is_answered = request.id == ack.id && request.packet_type() == asked_with;
            if is_answered {
                count = Some(request.count);
            }
            !is_answered
        });
        let Some(count) = count else {
            note(Note::UnknownId { id: ack.id, packet }, sink);
            return Ok(false);
        };
        self.session.settle_request(ack.id);
        let no_codes = packet == PacketType::UnsubAck && !self.connection.is_v5();
        if !no_codes && ack.reasons.as_bytes().len() != count {
            self.connection.check(Violation::ReasonCount(packet))?;
        }
        let (id, by) = (ack.id, Sender::Client);
        note(Note::IdFreed { id, by }, sink);
        Ok(true)
    }

    /// A client that wants no problem information must not get any (5.0 section 3.1.2.11.7).
    fn check_explanation(&self, kind: PacketType, packet: &mut Packet) -> Result<(), Violation> {
        let may_explain = self.connection.explain
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
}

/// What the host is told of a packet.
fn event(packet: Packet) -> Option<ClientEvent> {
    Some(match packet {
        Packet::ConnAck(ack) => match ack.reason {
            ReasonCode::Success => ClientEvent::Connected {
                session_present: ack.session_present,
                properties: ack.properties,
            },
            reason => ClientEvent::Refused {
                reason,
                properties: ack.properties,
            },
        },
        Packet::Publish(publish) => ClientEvent::Message(publish),
        Packet::SubAck(ack) => ClientEvent::Subscribed(ack),
        Packet::UnsubAck(ack) => ClientEvent::Unsubscribed(ack),
        Packet::Disconnect(disconnect) => ClientEvent::Disconnected(disconnect),
        Packet::Auth(auth) => ClientEvent::Auth(auth),
        other => {
            drop(other);
            return None;
        }
    })
}
