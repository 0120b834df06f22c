//! The server's side of one connection.

use super::limits::wants_problem_information;
use super::{Arrival, Connection, Limits, Offer, Retry, ServerInput, ServerState};
use crate::codec::{Fault, encoded_len};
use crate::effect::Effect;
use crate::error::{CloseReason, Misuse, Refused, Violation};
use crate::message::{Message, Tag};
use crate::note::Note;
use crate::packet::{
    Auth, ConnAck, Connect, Disconnect, Packet, PacketType, Properties, PropertyWriter, Publish,
    ReasonCodes, SubAck, Subscribe, Unsubscribe,
};
use crate::reason::ReasonCode;
use crate::session::{Expiry, Lifetime, Outlet, Session, Unsendable, drop_unsendable};
use crate::sink::Sink;
use crate::time::{Duration, Instant};
use crate::types::{Delivery, PacketId, Qos, Sender, Text};
use alloc::boxed::Box;
use alloc::string::ToString;
use bytes::Bytes;
use mqtt_spec::Version;

const SUBSCRIPTION_IDENTIFIER: u8 = 0x0B;
const AUTHENTICATION_METHOD: u8 = 0x15;

/// What a server lets its clients do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// Announced in CONNACK and enforced.
    pub limits: Limits,
    /// Announced in CONNACK under 5.0, and enforced: of messages, wills and subscriptions. A 3.1.1
    /// client cannot be told, so its server has to make do: deliver what has RETAIN without keeping
    /// it, and refuse a filter in SUBACK.
    pub offer: Offer,
    /// The most topic aliases to use towards a client that allows them.
    pub aliases_wanted: u16,
    /// How long a new connection may take to send CONNECT.
    pub connect_timeout: Duration,
    /// Resending on a living connection.
    pub retry: Retry,
    /// Whether CONNACK and DISCONNECT after an error carry a Reason String.
    pub explain: bool,
}

impl ServerConfig {
    /// Receive maximum 100, packets up to 1 MiB, ten aliases each way, 10 s for CONNECT.
    pub const DEFAULT: Self = Self {
        limits: Limits {
            receive_maximum: 100,
            max_packet_size: 1 << 20,
            topic_alias_maximum: 10,
        },
        offer: Offer::EVERYTHING,
        aliases_wanted: 10,
        connect_timeout: Duration::from_secs(10),
        retry: Retry::OnResumeOnly,
        explain: true,
    };
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What a client wants, for the server to decide.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerEvent {
    /// Answer with [`ServerConnection::accept`], [`ServerConnection::refuse`] or
    /// [`ServerConnection::authenticate`]. No event follows before one of them.
    Connect(Box<Connect>),
    /// A new message, its topic name in full. At QoS 1 and 2 answer with
    /// [`ServerConnection::acknowledge`].
    Publish(Publish),
    /// Answer with [`ServerConnection::sub_ack`].
    Subscribe(Subscribe),
    /// Answer with [`ServerConnection::unsub_ack`].
    Unsubscribe(Unsubscribe),
    /// A step of an authentication, or with [`ReasonCode::ReAuthenticate`] the first of a new one.
    /// Answer with [`ServerConnection::authenticate`], or to end the first one with
    /// [`ServerConnection::accept`] or [`ServerConnection::refuse`].
    Auth(Auth),
    /// The client leaves in good order; [`Effect::Close`] has been emitted. The will is published
    /// unless the reason is [`ReasonCode::Success`].
    Disconnect(Disconnect),
}

/// The server's yes to a CONNECT.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Acceptance {
    /// The session goes on: CONNACK says so, and what is in flight is sent again.
    pub session_present: bool,
    /// Chosen by the server for a client that sent none.
    pub assigned_client_id: Option<Text>,
    /// Replaces the client's keep alive.
    pub server_keep_alive_secs: Option<u16>,
    /// Replaces the client's session expiry.
    pub session_expiry: Option<Expiry>,
    /// More for CONNACK: Response Information, Server Reference, Reason String, User Property,
    /// Authentication Data. Limits and offer are added from [`ServerConfig`].
    pub properties: Properties,
}

/// The server's side of one connection.
///
/// It decodes, checks and answers what needs no policy (PINGREQ, repeats, PUBREL, the keep alive);
/// what needs a decision comes out of [`ServerConnection::next_event`] one by one, and the server
/// answers it through a method before it asks for the next. So nothing behind a CONNECT is looked
/// at before that is accepted, and answers keep the order of the requests.
///
/// It owns no session: the server lends it the one that goes with the client id.
#[derive(Clone, Debug)]
pub struct ServerConnection {
    state: ServerState,
    config: ServerConfig,
    connection: Connection,
    /// The last packet came then, or the transport opened.
    heard_at: Instant,
    keep_alive: Option<Duration>,
    /// The method of CONNECT, and whether an exchange is going on.
    auth_method: Option<Text>,
    authenticating: bool,
    expiry: Expiry,
    /// What CONNECT had asked for.
    wanted_expiry: Expiry,
    client_id_is_empty: bool,
    /// Whether the client may be told the response information.
    response_information: bool,
}

impl ServerConnection {
    /// A transport has opened at `now`.
    #[must_use]
    pub fn new(now: Instant, config: ServerConfig) -> Self {
        Self {
            state: ServerState::AwaitConnect,
            config,
            // The version that most refusals before CONNECT are written in; CONNECT sets it.
            connection: Connection::new(
                Version::V5,
                Sender::Server,
                config.limits,
                config.aliases_wanted,
                config.retry,
                now,
            ),
            heard_at: now,
            keep_alive: None,
            auth_method: None,
            authenticating: false,
            expiry: Expiry::AT_CLOSE,
            wanted_expiry: Expiry::AT_CLOSE,
            client_id_is_empty: false,
            response_information: false,
        }
    }

    fn go(&mut self, input: ServerInput) {
        self.state = self.state.on(input).next;
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> ServerState {
        self.state
    }

    /// The client's version, once CONNECT has come.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.connection.version
    }

    /// What the client lets the server do, once CONNECT has come.
    #[must_use]
    pub const fn peer_limits(&self) -> &Limits {
        &self.connection.peer
    }

    /// When the session ends after this connection: CONNECT's wish, the server's override, then
    /// what DISCONNECT changed.
    #[must_use]
    pub const fn session_expiry(&self) -> Expiry {
        self.expiry
    }

    /// Bytes have come. Take what they mean from [`ServerConnection::next_event`].
    pub fn handle_input(&mut self, bytes: &[u8]) {
        if self.state != ServerState::Closed {
            self.connection.decoder.push(bytes);
        }
    }

    /// The next thing that the server has to decide; `None` if there is nothing more for now.
    ///
    /// `session` is the one given to [`ServerConnection::accept`]; `None` before that.
    pub fn next_event(
        &mut self,
        now: Instant,
        session: Option<&mut Session>,
        sink: &mut dyn Sink<Effect>,
    ) -> Option<ServerEvent> {
        let mut session = session;
        loop {
            if matches!(self.state, ServerState::AwaitDecision | ServerState::Closed) {
                return None;
            }
            let result = match self.connection.decoder.decode() {
                Ok(None) => return None,
                Ok(Some(packet)) => {
                    self.heard_at = now;
                    self.handle_packet(now, packet, session.as_deref_mut(), sink)
                        .map_err(CloseReason::Violation)
                }
                Err(malformed) => Err(CloseReason::Malformed(malformed)),
            };
            match result {
                Ok(None) => {}
                Ok(event) => return event,
                Err(why) => self.fail(now, why, sink),
            }
        }
    }

    fn handle_packet(
        &mut self,
        now: Instant,
        packet: Packet,
        session: Option<&mut Session>,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<Option<ServerEvent>, Violation> {
        match (self.state, session) {
            (ServerState::AwaitConnect, _) => match packet {
                Packet::Connect(connect) => Ok(self.handle_connect(now, connect, sink)),
                _ => Err(Violation::NoConnect),
            },
            (ServerState::AwaitAuth, _) => match packet {
                Packet::Auth(auth) => self.handle_auth(auth).map(Some),
                Packet::Disconnect(disconnect) => {
                    Ok(Some(self.handle_disconnect(disconnect, sink)?))
                }
                other => Err(Violation::DuringAuthentication(other.packet_type())),
            },
            (_, Some(session)) => self.handle_connected(now, packet, session, sink),
            // Accepted without a session: nothing can be done with the packet.
            (_, None) => Ok(None),
        }
    }

    fn handle_connected(
        &mut self,
        now: Instant,
        packet: Packet,
        session: &mut Session,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<Option<ServerEvent>, Violation> {
        let mut line = self.connection.line(now, sink);
        match packet {
            Packet::Publish(publish) => {
                let offer = &self.config.offer;
                if publish.delivery.qos() > offer.maximum_qos {
                    line.connection.check(Violation::QosNotSupported)?;
                }
                if publish.retain && !offer.retain {
                    line.connection.check(Violation::RetainNotSupported)?;
                }
                return Ok(match line.handle_publish(publish, session)? {
                    Arrival::New(publish) => Some(ServerEvent::Publish(publish)),
                    Arrival::Settled => None,
                });
            }
            Packet::PubAck(ack) => line.handle_ack(PacketType::PubAck, &ack, session)?,
            Packet::PubRec(ack) => line.handle_ack(PacketType::PubRec, &ack, session)?,
            Packet::PubRel(ack) => line.handle_ack(PacketType::PubRel, &ack, session)?,
            Packet::PubComp(ack) => line.handle_ack(PacketType::PubComp, &ack, session)?,
            Packet::Subscribe(subscribe) => {
                self.check_offer(&subscribe)?;
                return Ok(Some(ServerEvent::Subscribe(subscribe)));
            }
            Packet::Unsubscribe(unsubscribe) => {
                return Ok(Some(ServerEvent::Unsubscribe(unsubscribe)));
            }
            Packet::PingReq => line.transmit(Packet::PingResp),
            Packet::Disconnect(disconnect) => {
                return self.handle_disconnect(disconnect, sink).map(Some);
            }
            Packet::Auth(auth) => return self.handle_auth(auth).map(Some),
            Packet::Connect(_) => return Err(Violation::SecondConnect),
            // The decoder lets a server see no other packets.
            Packet::ConnAck(_) | Packet::SubAck(_) | Packet::UnsubAck(_) | Packet::PingResp => {
                return Err(Violation::WrongAcknowledgement(packet.packet_type()));
            }
        }
        Ok(None)
    }

    /// Whether a SUBSCRIBE asks only for what CONNACK has said to be available. 3.1.1 has no such
    /// announcement: there the server refuses the filter.
    fn check_offer(&self, subscribe: &Subscribe) -> Result<(), Violation> {
        let offer = &self.config.offer;
        if *offer == Offer::EVERYTHING {
            return Ok(());
        }
        let check = |broken: bool, violation| match broken {
            true => self.connection.check(violation),
            false => Ok(()),
        };
        check(
            !offer.subscription_ids && subscribe.properties.has(SUBSCRIPTION_IDENTIFIER),
            Violation::SubscriptionIdsNotSupported,
        )?;
        for (filter, _) in subscribe.filters.iter() {
            check(
                !offer.shared && matches!(filter.share(), Ok(Some(_))),
                Violation::SharedNotSupported,
            )?;
            check(
                !offer.wildcards && filter.as_str().contains(['+', '#']),
                Violation::WildcardsNotSupported,
            )?;
        }
        Ok(())
    }

    /// `None`: refused already, for a will that the server has no support for.
    fn handle_connect(
        &mut self,
        now: Instant,
        connect: Box<Connect>,
        sink: &mut dyn Sink<Effect>,
    ) -> Option<ServerEvent> {
        let connection = &mut self.connection;
        connection.set_version(connect.version, self.config.limits);
        connection.peer = Limits::announced(&connect.properties);
        connection.explain = wants_problem_information(&connect);
        self.auth_method = text_of(&connect.properties, AUTHENTICATION_METHOD);
        self.response_information = connect.properties.number(0x19) == Some(1);
        self.expiry = Lifetime::of(&connect).expiry;
        self.wanted_expiry = self.expiry;
        self.client_id_is_empty = connect.client_id.as_str().is_empty();
        self.keep_alive = connect.keep_alive();
        self.go(ServerInput::Connect);
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

    fn handle_auth(&mut self, auth: Auth) -> Result<ServerEvent, Violation> {
        let by = Sender::Client;
        let Some(method) = &self.auth_method else {
            return Err(Violation::AuthWithoutMethod { by });
        };
        if method_of(&auth.properties) != Some(method.as_str().as_bytes()) {
            return Err(match self.state {
                ServerState::Connected => Violation::ReauthMethodChanged,
                _ => Violation::AuthMethodChanged { by },
            });
        }
        let expected = match (self.state, self.authenticating) {
            (ServerState::Connected, false) => ReasonCode::ReAuthenticate,
            _ => ReasonCode::ContinueAuthentication,
        };
        if auth.reason != expected {
            return Err(Violation::AuthOutOfPlace { by });
        }
        self.authenticating = true;
        self.go(ServerInput::Auth);
        Ok(ServerEvent::Auth(auth))
    }

    fn handle_disconnect(
        &mut self,
        disconnect: Disconnect,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<ServerEvent, Violation> {
        if let Some(expiry) = Expiry::announced(&disconnect.properties) {
            // CONNECT's value counts, not the server's in its place (5.0 section 3.14.2.2.2).
            if self.wanted_expiry.is_at_close() && !expiry.is_at_close() {
                return Err(Violation::ExpiryFromZero);
            }
            self.expiry = expiry;
        }
        self.go(ServerInput::Disconnected);
        sink.emit(Effect::Close(CloseReason::PeerDisconnected(
            disconnect.reason,
        )));
        Ok(ServerEvent::Disconnect(disconnect))
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
        let is_v5 = self.connection.version == Version::V5;
        let keep_alive = match acceptance.server_keep_alive_secs.filter(|_| is_v5) {
            Some(secs) => keep_alive(secs),
            None => self.keep_alive,
        };
        let properties = match is_v5 {
            true => self.conn_ack_properties(acceptance),
            false => Properties::EMPTY,
        };
        let window = self.connection.peer.receive_maximum;
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
        if session_present {
            session.resume(now, window, &mut line);
        } else {
            line.note(Note::SessionStarted);
            session.pump(now, window, &mut line);
        }
        self.go(ServerInput::Accept);
        self.authenticating = false;
        self.expiry = expiry;
        self.keep_alive = keep_alive;
        Ok(())
    }

    fn conn_ack_properties(&self, acceptance: Acceptance) -> Properties {
        let mut list = PropertyWriter::default();
        self.config.limits.announce(&mut list);
        self.config.offer.announce(&mut list);
        if let Some(expiry) = acceptance.session_expiry {
            list.u32(0x11, expiry.as_secs());
        }
        if let Some(id) = &acceptance.assigned_client_id {
            list.field(0x12, id.as_str().as_bytes());
        }
        if let Some(secs) = acceptance.server_keep_alive_secs {
            list.u16(0x13, secs);
        }
        if let Some(method) = &self.auth_method {
            list.field(AUTHENTICATION_METHOD, method.as_str().as_bytes());
        }
        let unasked: &[u8] = match self.response_information {
            true => &[],
            false => &[0x1A],
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
    fn send_refusal(
        &mut self,
        now: Instant,
        reason: ReasonCode,
        properties: Properties,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<(), Unsendable> {
        let sayable = match self.connection.version {
            Version::V5 => true,
            Version::V311 => matches!(
                reason,
                ReasonCode::UnsupportedProtocolVersion
                    | ReasonCode::ClientIdentifierNotValid
                    | ReasonCode::ServerUnavailable
                    | ReasonCode::BadUserNameOrPassword
                    | ReasonCode::NotAuthorized
            ),
        };
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
    /// [`Misuse::WrongReason`] for other codes.
    pub fn authenticate(
        &mut self,
        now: Instant,
        reason: ReasonCode,
        properties: Properties,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<(), Misuse> {
        let Some(method) = self.auth_method.clone() else {
            return Err(Misuse::NoAuthentication);
        };
        let authenticating = match (self.state, self.authenticating, reason) {
            (ServerState::AwaitDecision, _, ReasonCode::ContinueAuthentication)
            | (ServerState::Connected, true, ReasonCode::ContinueAuthentication) => true,
            (ServerState::Connected, true, ReasonCode::Success) => false,
            (_, _, ReasonCode::ContinueAuthentication | ReasonCode::Success) => {
                return Err(Misuse::NoAuthentication);
            }
            _ => return Err(Misuse::WrongReason),
        };
        let properties = with_method(&method, &properties);
        self.connection
            .line(now, sink)
            .send(Packet::Auth(Auth { reason, properties }))?;
        self.go(ServerInput::AskMore);
        self.authenticating = authenticating;
        Ok(())
    }

    /// Answers a [`ServerEvent::Publish`] of QoS 1 or 2. A failure refuses the message; 3.1.1 cannot
    /// say so and acknowledges as usual.
    ///
    /// # Errors
    /// [`Misuse::NotConnected`], or [`Misuse::Unencodable`] for a reason or properties that the
    /// acknowledgement cannot have: the message then still waits for its answer.
    pub fn acknowledge(
        &mut self,
        now: Instant,
        delivery: Delivery,
        reason: ReasonCode,
        properties: Properties,
        session: &mut Session,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<(), Misuse> {
        if self.state != ServerState::Connected {
            return Err(Misuse::NotConnected);
        }
        let mut line = self.connection.line(now, sink);
        Ok(line.answer(delivery, reason, properties, session)?)
    }

    /// Answers a [`ServerEvent::Subscribe`].
    ///
    /// # Errors
    /// [`Misuse::NotConnected`], or [`Misuse::Unencodable`] for codes or properties that the answer
    /// cannot have.
    pub fn sub_ack(
        &mut self,
        now: Instant,
        id: PacketId,
        reasons: ReasonCodes,
        properties: Properties,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<(), Misuse> {
        let reasons = match self.connection.version {
            Version::V5 => reasons,
            // 3.1.1 has one code for every failure.
            Version::V311 => reasons
                .iter()
                .map(|reason| match reason.is_failure() {
                    true => ReasonCode::UnspecifiedError,
                    false => reason,
                })
                .collect(),
        };
        let ack = SubAck {
            id,
            reasons,
            properties,
        };
        self.reply(now, Packet::SubAck(ack), sink)
    }

    /// Answers a [`ServerEvent::Unsubscribe`].
    ///
    /// # Errors
    /// [`Misuse::NotConnected`], or [`Misuse::Unencodable`] for codes or properties that the answer
    /// cannot have.
    pub fn unsub_ack(
        &mut self,
        now: Instant,
        id: PacketId,
        reasons: ReasonCodes,
        properties: Properties,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<(), Misuse> {
        let ack = SubAck {
            id,
            reasons,
            properties,
        };
        self.reply(now, Packet::UnsubAck(ack), sink)
    }

    fn reply(
        &mut self,
        now: Instant,
        packet: Packet,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<(), Misuse> {
        if self.state != ServerState::Connected {
            return Err(Misuse::NotConnected);
        }
        Ok(self.connection.line(now, sink).send(packet)?)
    }

    /// Delivers a message to the client: at once if the quota allows, else from the session's queue
    /// as soon as it does. QoS 0 never waits.
    ///
    /// # Errors
    /// [`Misuse::QueueFull`], see [`Session::enqueue`].
    pub fn deliver(
        &mut self,
        now: Instant,
        message: Message,
        tag: Tag,
        session: &mut Session,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<(), Misuse> {
        if self.state != ServerState::Connected {
            return session.enqueue(now, message, tag, sink);
        }
        let window = self.connection.peer.receive_maximum;
        let mut line = self.connection.line(now, sink);
        if message.qos == Qos::AtMostOnce {
            let publish = message.to_publish(Delivery::AtMostOnce);
            if let Err(why) = line.send(Packet::Publish(publish)) {
                drop_unsendable(tag, why, &mut line);
            }
            return Ok(());
        }
        session.publish(now, message, tag, window, &mut line)
    }

    /// Whether the client takes a message of this size (5.0 Maximum Packet Size).
    #[must_use]
    pub fn takes_size_of(&self, message: &Message) -> bool {
        let max = self.connection.peer.max_packet_size;
        if max == u32::MAX {
            return true;
        }
        let delivery = match message.qos {
            Qos::AtMostOnce => Delivery::AtMostOnce,
            // Any identifier is as long as the next.
            _ => Delivery::AtLeastOnce {
                id: PacketId::FIRST,
                dup: false,
            },
        };
        let packet = Packet::Publish(message.to_publish(delivery));
        encoded_len(&packet, self.connection.version)
            .is_ok_and(|len| u32::try_from(len).is_ok_and(|len| len <= max))
    }

    /// Whether a message of QoS 1 or 2 would go out at once: nothing waits before it, and the
    /// client's Receive Maximum is not reached.
    #[must_use]
    pub fn has_room(&self, session: &Session) -> bool {
        self.state == ServerState::Connected
            && session.has_room(self.connection.peer.receive_maximum)
    }

    /// Sends what waits in the session, as far as the quota allows: for a server that has held
    /// messages back with [`Session::enqueue`] while the client was too slow to take them.
    pub fn flush(&mut self, now: Instant, session: &mut Session, sink: &mut dyn Sink<Effect>) {
        if self.state == ServerState::Connected {
            let window = self.connection.peer.receive_maximum;
            session.pump(now, window, &mut self.connection.line(now, sink));
        }
    }

    /// The server ends the connection: DISCONNECT with `reason` under 5.0, a plain close under
    /// 3.1.1 and before CONNACK.
    ///
    /// # Errors
    /// [`Misuse::NotConnected`] if it has ended already, [`Misuse::Unencodable`] for
    /// a reason or properties that DISCONNECT cannot have.
    pub fn disconnect(
        &mut self,
        now: Instant,
        reason: ReasonCode,
        properties: Properties,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<(), Misuse> {
        if self.state == ServerState::Closed {
            return Err(Misuse::NotConnected);
        }
        let sent = self.send_disconnect(now, reason, properties, sink);
        unless_too_large(sent)?;
        self.close(CloseReason::Disconnected(reason), sink);
        Ok(())
    }

    fn send_disconnect(
        &mut self,
        now: Instant,
        reason: ReasonCode,
        properties: Properties,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<(), Unsendable> {
        if self.state != ServerState::Connected || self.connection.version == Version::V311 {
            return Ok(());
        }
        let disconnect = Disconnect { reason, properties };
        self.connection
            .line(now, sink)
            .send(Packet::Disconnect(disconnect))
    }

    /// Closes because of the client: says why if the version and the moment allow.
    fn fail(&mut self, now: Instant, mut why: CloseReason, sink: &mut dyn Sink<Effect>) {
        // Whatever a second CONNECT says: DISCONNECT has no code for a protocol level.
        if let (ServerState::Connected, CloseReason::Malformed(malformed)) = (self.state, &why)
            && malformed.packet == Some(PacketType::Connect)
        {
            why = CloseReason::Violation(Violation::SecondConnect);
        }
        let reason = why.reason();
        let sent = match (self.state, &why) {
            // A silent peer is not told, and nor is one that sent no CONNECT.
            (ServerState::Closed, _) | (_, CloseReason::Violation(Violation::NoConnect)) => Ok(()),
            (ServerState::AwaitConnect, CloseReason::Malformed(malformed)) => {
                self.connection.version = malformed.version;
                // 3.1.1 answers a broken CONNECT by closing, with no CONNACK (MQTT-3.1.4-1), unless
                // its level is what is wrong (MQTT-3.1.2-2).
                let may_answer = malformed.version == Version::V5
                    || matches!(malformed.fault, Fault::ProtocolLevel(_));
                if may_answer && malformed.packet == Some(PacketType::Connect) {
                    // A level that is not known may not know properties.
                    let properties = match malformed.fault {
                        Fault::ProtocolLevel(_) => Properties::EMPTY,
                        _ => self.explanation(&why),
                    };
                    self.send_refusal(now, reason, properties, sink)
                } else {
                    Ok(())
                }
            }
            (ServerState::Connected, _) => {
                self.send_disconnect(now, reason, self.explanation(&why), sink)
            }
            _ => match self.connection.version {
                Version::V5 => self.send_refusal(now, reason, self.explanation(&why), sink),
                Version::V311 => Ok(()),
            },
        };
        // A peer that takes not even the bare packet is closed without a word.
        let _ = sent;
        self.close(why, sink);
    }

    /// What is wrong, for whoever debugs the client.
    fn explanation(&self, why: &CloseReason) -> Properties {
        if !self.config.explain {
            return Properties::EMPTY;
        }
        Text::try_from(why.to_string().as_str())
            .map(|text| {
                let mut list = PropertyWriter::default();
                list.field(0x1F, text.as_str().as_bytes());
                list.finish()
            })
            .unwrap_or_default()
    }

    fn close(&mut self, why: CloseReason, sink: &mut dyn Sink<Effect>) {
        self.go(match why {
            CloseReason::Refused(_) => ServerInput::Refuse,
            CloseReason::Disconnected(_) => ServerInput::End,
            _ => ServerInput::Fault,
        });
        sink.emit(Effect::Close(why));
    }

    /// Time has come: the client is late with CONNECT or silent for too long, or answers are.
    pub fn handle_timeout(
        &mut self,
        now: Instant,
        session: Option<&mut Session>,
        sink: &mut dyn Sink<Effect>,
    ) {
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            let violation = match self.state {
                ServerState::Connected => Violation::KeepAliveTimeout,
                ServerState::AwaitAuth => Violation::NoAuth,
                _ => Violation::NoConnect,
            };
            return self.fail(now, CloseReason::Violation(violation), sink);
        }
        if let (Some(session), Retry::AfterTimeout(timeout), ServerState::Connected) =
            (session, self.connection.retry, self.state)
        {
            session.retry(now, timeout, &mut self.connection.line(now, sink));
        }
    }

    /// When to call [`ServerConnection::handle_timeout`].
    #[must_use]
    pub fn poll_timeout(&self, session: Option<&Session>) -> Option<Instant> {
        let retry = match (session, self.connection.retry, self.state) {
            (Some(session), Retry::AfterTimeout(timeout), ServerState::Connected) => {
                session.retry_at(timeout)
            }
            _ => None,
        };
        [self.deadline(), retry].into_iter().flatten().min()
    }

    /// When the connection ends if nothing comes.
    fn deadline(&self) -> Option<Instant> {
        match self.state {
            ServerState::Closed | ServerState::AwaitDecision => None,
            ServerState::AwaitConnect | ServerState::AwaitAuth => {
                Some(self.heard_at + self.config.connect_timeout)
            }
            ServerState::Connected => {
                // Strictly more than one and a half times: one microsecond more.
                let silence = self.keep_alive?.scaled(3, 2) + Duration::from_micros(1);
                Some(self.heard_at + silence)
            }
        }
    }

    /// The transport is gone, whoever closed it. What is in flight stays in the session.
    pub fn handle_close(&mut self, session: Option<&mut Session>) {
        self.go(ServerInput::TransportGone);
        if let Some(session) = session {
            session.suspend();
        }
    }
}

/// A last packet that the client does not take for its size is left out: the close says enough.
fn unless_too_large(sent: Result<(), Unsendable>) -> Result<(), Misuse> {
    match sent {
        Err(Unsendable::TooLarge) => Ok(()),
        sent => sent.map_err(Misuse::from),
    }
}

/// A keep alive as a span; `None` is off.
pub(crate) const fn keep_alive(secs: u16) -> Option<Duration> {
    match secs {
        0 => None,
        secs => Some(Duration::from_secs(secs as u64)),
    }
}

/// The authentication method among these properties.
pub(crate) fn method_of(properties: &Properties) -> Option<&[u8]> {
    properties.field(AUTHENTICATION_METHOD)
}

/// What AUTH says, with the method before it.
pub(crate) fn with_method(method: &Text, properties: &Properties) -> Properties {
    let mut list = PropertyWriter::default();
    list.field(AUTHENTICATION_METHOD, method.as_str().as_bytes());
    list.extend(properties);
    list.finish()
}

/// The text in the property with this identifier, in memory of its own: what is kept for as long as
/// a connection must not keep a receive buffer alive.
pub(crate) fn text_of(properties: &Properties, id: u8) -> Option<Text> {
    Text::new(Bytes::copy_from_slice(properties.field(id)?)).ok()
}
