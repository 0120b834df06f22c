//! From CONNECT to CONNACK, and the exchanges of AUTH.

use super::{Acceptance, ServerConnection, ServerEvent, unless_too_large};
use crate::connection::{
    Announced, Authentication, ServerInput, ServerState, Turn, keep_alive, own_text,
};
use crate::effect::Effect;
use crate::error::{CloseReason, Misuse, Refused, Violation};
use crate::note::Note;
use crate::packet::{
    Auth, ConnAck, Connect, Packet, Properties, PropertyWriter, property_id as id,
};
use crate::reason::{ReasonCode, to_return_code};
use crate::session::{Lifetime, Outlet, Session, Unsendable};
use crate::sink::Sink;
use crate::time::Instant;
use crate::types::Sender;
use alloc::boxed::Box;

impl ServerConnection {
    /// `None`: refused already, for a will that the server has no support for.
    pub(super) fn handle_connect(
        &mut self,
        now: Instant,
        connect: Box<Connect>,
        sink: &mut dyn Sink<Effect>,
    ) -> Option<ServerEvent> {
        let announced = Announced::in_properties(&connect.properties);
        let connection = &mut self.connection;
        connection.set_version(connect.version, self.config.limits);
        connection.peer = announced.limits;
        connection.explain = announced.problem_information;
        let method = announced.method.and_then(own_text);
        connection.authentication = Authentication::begin(method, Turn::Own);
        self.response_information = announced.response_information;
        self.expiry = Lifetime::of(&connect).expiry;
        self.wanted_expiry = self.expiry;
        self.client_id_is_empty = connect.client_id.is_empty();
        self.keep_alive = connect.keep_alive();
        self.go(ServerInput::Connect, sink);
        let offer = &self.config.offer;
        let refused = match &connect.will {
            // 3.1.1 has no way to offer less.
            Some(will) if self.connection.is_v5() => {
                let qos = (will.qos > offer.maximum_qos).then_some(Refused::WillQos);
                qos.or((will.retain && !offer.retain).then_some(Refused::WillRetain))
            }
            _ => None,
        };
        match refused {
            Some(refused) => {
                // A bare CONNACK can always be written.
                let _ = self.refuse(now, refused, Properties::EMPTY, sink);
                None
            }
            None => Some(ServerEvent::Connect(connect)),
        }
    }

    pub(super) fn handle_auth(
        &mut self,
        auth: Auth,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<ServerEvent, Violation> {
        let is_accepted = self.state == ServerState::Connected;
        let authentication = &mut self.connection.authentication;
        authentication.heard(&auth, Sender::Client, is_accepted)?;
        self.go(ServerInput::Auth, sink);
        Ok(ServerEvent::Auth(auth))
    }

    /// Yes: CONNACK goes out, then what the session has in flight.
    ///
    /// With `session_present` unset, `session` is a new one.
    ///
    /// # Errors
    /// [`Misuse::NotConnected`] if no CONNECT waits for a decision, [`Misuse::EmptyClientId`] if the
    /// client has no id and is not assigned one, [`Misuse::Unencodable`] for properties that CONNACK
    /// cannot have. [`Misuse::PacketTooLarge`] if the client takes no CONNACK of this size: it has
    /// been closed.
    pub fn accept(
        &mut self,
        now: Instant,
        acceptance: Acceptance,
        session: &mut Session,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<(), Misuse> {
        if self.state != ServerState::AwaitDecision {
            return Err(Misuse::NotConnected);
        }
        if self.client_id_is_empty && acceptance.assigned_client_id.is_none() {
            return Err(Misuse::EmptyClientId);
        }
        let session_present = acceptance.session_present;
        let expiry = acceptance.session_expiry.unwrap_or(self.expiry);
        let announced = acceptance.server_keep_alive_secs;
        let keep_alive = match announced.filter(|_| self.connection.is_v5()) {
            Some(secs) => keep_alive(secs),
            None => self.keep_alive,
        };
        let properties = self.conn_ack_properties(acceptance);
        let accepted = Packet::ConnAck(ConnAck {
            session_present,
            reason: ReasonCode::Success,
            properties,
        });
        let mut line = self.connection.line(now, sink);
        if let Err(why) = line.send(accepted) {
            if why == Unsendable::TooLarge {
                // Nor can the client be told so.
                self.close(CloseReason::Refused(Refused::PacketTooLarge), sink);
            }
            return Err(why.into());
        }
        if !session_present {
            line.note(Note::SessionStarted);
        }
        session.begin(session_present, &mut line);
        self.go(ServerInput::Accept, sink);
        self.connection.authentication.turn = Turn::Nobody;
        self.expiry = expiry;
        self.keep_alive = keep_alive;
        Ok(())
    }

    fn conn_ack_properties(&self, acceptance: Acceptance) -> Properties {
        let mut list = PropertyWriter::default();
        self.config.limits.announce(&mut list);
        self.config.offer.announce(&mut list);
        if let Some(expiry) = acceptance.session_expiry {
            list.u32(id::SESSION_EXPIRY_INTERVAL, expiry.as_secs());
        }
        if let Some(client_id) = &acceptance.assigned_client_id {
            list.field(id::ASSIGNED_CLIENT_IDENTIFIER, client_id.as_bytes());
        }
        if let Some(secs) = acceptance.server_keep_alive_secs {
            list.u16(id::SERVER_KEEP_ALIVE, secs);
        }
        if let Some(method) = self.connection.authentication.method() {
            list.field(id::AUTHENTICATION_METHOD, method.as_bytes());
        }
        let unasked: &[u8] = match self.response_information {
            true => &[],
            false => &[id::RESPONSE_INFORMATION],
        };
        list.extend(&acceptance.properties.without(unasked));
        list.finish()
    }

    /// No: CONNACK says why, as far as the client's version can, and the connection closes.
    ///
    /// # Errors
    /// [`Misuse::NotConnected`] if no CONNECT waits for a decision, [`Misuse::Unencodable`] for
    /// properties that CONNACK cannot have.
    pub fn refuse(
        &mut self,
        now: Instant,
        refused: Refused,
        properties: Properties,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<(), Misuse> {
        if self.state != ServerState::AwaitDecision {
            return Err(Misuse::NotConnected);
        }
        let sent = self.send_refusal(now, refused.reason(), properties, sink);
        unless_too_large(sent)?;
        self.close(CloseReason::Refused(refused), sink);
        Ok(())
    }

    /// CONNACK with a failure, if the client's version has a code for it (3.1.1 MQTT-3.2.2-6).
    pub(super) fn send_refusal(
        &mut self,
        now: Instant,
        reason: ReasonCode,
        properties: Properties,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<(), Unsendable> {
        let sayable = self.connection.is_v5() || to_return_code(reason).is_some();
        if !sayable {
            return Ok(());
        }
        let ack = ConnAck {
            session_present: false,
            reason,
            properties,
        };
        self.connection.line(now, sink).send(Packet::ConnAck(ack))
    }

    /// A step of an authentication: AUTH with `data`. [`ReasonCode::ContinueAuthentication`] asks
    /// for more; [`ReasonCode::Success`] completes a re-authentication (the first one is completed
    /// by [`ServerConnection::accept`]).
    ///
    /// # Errors
    /// [`Misuse::NoAuthentication`] if CONNECT had no method or no authentication is going on,
    /// [`Misuse::AuthOutOfTurn`] if the client has not answered the last step,
    /// [`Misuse::WrongReason`] for other codes.
    pub fn authenticate(
        &mut self,
        now: Instant,
        reason: ReasonCode,
        properties: Properties,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<(), Misuse> {
        let is_accepted = self.state == ServerState::Connected;
        let next = match reason {
            ReasonCode::ContinueAuthentication => Turn::Peer,
            ReasonCode::Success if is_accepted => Turn::Nobody,
            ReasonCode::Success => return Err(Misuse::NoAuthentication),
            _ => return Err(Misuse::WrongReason),
        };
        let authentication = &self.connection.authentication;
        let Some(packet) = authentication.packet(reason, &properties) else {
            return Err(Misuse::NoAuthentication);
        };
        match (self.state, authentication.turn) {
            (ServerState::AwaitDecision | ServerState::Connected, Turn::Own) => {}
            (ServerState::AwaitAuth | ServerState::Connected, Turn::Peer) => {
                return Err(Misuse::AuthOutOfTurn);
            }
            _ => return Err(Misuse::NoAuthentication),
        }
        self.connection.line(now, sink).send(Packet::Auth(packet))?;
        self.go(ServerInput::AskMore, sink);
        self.connection.authentication.turn = next;
        Ok(())
    }
}
