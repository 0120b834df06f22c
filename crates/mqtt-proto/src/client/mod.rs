//! The client: its session, and the connection that carries it at the moment.
//!
//! It never opens a transport and never reconnects by itself: a host opens one, tells
//! [`Client::handle_open`], and decides what to do after [`ClientEvent::Close`].

mod config;
mod event;
mod request;

pub use config::ClientConfig;
pub use event::ClientEvent;

use crate::codec::encoded_len;
use crate::connection::limits::{Limits, Offer};
use crate::connection::{
    Arrival, ClientInput, ClientState, Connection, Line, Retry, keep_alive, method_of, text_of,
    with_method,
};
use crate::error::{CloseReason, Misuse, Violation};
use crate::message::{Message, Tag};
use crate::note::Note;
use crate::packet::{
    Auth, ConnAck, Disconnect, Packet, PacketType, Properties, Publish, SubAck, SubscribeFilters,
    UnsubscribeFilters,
};
use crate::reason::ReasonCode;
use crate::session::{Expiry, InFlight, Outlet, Session};
use crate::sink::Sink;
use crate::time::{Duration, Instant};
use crate::types::{Delivery, PacketId, Qos, Sender, Text};
use alloc::boxed::Box;
use alloc::vec::Vec;
use event::AsClient;
use request::{Filters, Request};

/// The client's end of MQTT, with a session that outlives its connections.
#[derive(Clone, Debug)]
pub struct Client {
    config: ClientConfig,
    state: ClientState,
    session: Session,
    /// A server has confirmed the session, and it has not ended since.
    has_state: bool,
    /// When the session ends after the present connection.
    expiry: Expiry,
    /// What CONNECT had asked for.
    wanted_expiry: Expiry,
    closed_at: Instant,
    connection: Connection,
    assigned_client_id: Option<Text>,
    keep_alive: Option<Duration>,
    /// PINGREQ or CONNECT went out then and is not answered.
    asked_at: Option<Instant>,
    requests: Vec<Request>,
    authenticating: bool,
}

impl Client {
    /// A client without a transport, and with a session that no server knows.
    #[must_use]
    pub fn new(config: ClientConfig) -> Self {
        let connection = Connection::new(
            config.version,
            Sender::Client,
            config.limits,
            config.aliases_wanted,
            config.retry,
            Instant::ZERO,
        );
        Self {
            state: ClientState::Closed,
            session: Session::new(config.session),
            has_state: false,
            expiry: config.expiry(),
            wanted_expiry: config.expiry(),
            closed_at: Instant::ZERO,
            connection,
            assigned_client_id: None,
            keep_alive: None,
            asked_at: None,
            requests: Vec::new(),
            authenticating: false,
            config,
        }
    }

    fn go(&mut self, input: ClientInput) {
        self.state = self.state.on(input).next;
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> ClientState {
        self.state
    }

    /// How it presents itself.
    #[must_use]
    pub const fn config(&self) -> &ClientConfig {
        &self.config
    }

    /// Changes how it presents itself, from the next [`Client::handle_open`] on.
    pub const fn config_mut(&mut self) -> &mut ClientConfig {
        &mut self.config
    }

    /// Its identifier: the configured one, or the one that the server assigned.
    #[must_use]
    pub fn client_id(&self) -> &Text {
        self.assigned_client_id
            .as_ref()
            .unwrap_or(&self.config.client_id)
    }

    /// The state that outlives connections.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Everything in flight, waiting or remembered; see [`Session::in_flight`].
    pub fn in_flight(&self) -> impl Iterator<Item = InFlight<'_>> {
        self.session.in_flight()
    }

    /// What the server lets this client do on the present connection.
    #[must_use]
    pub const fn peer_limits(&self) -> &Limits {
        &self.connection.peer
    }

    /// What the server offers on the present connection.
    #[must_use]
    pub const fn offer(&self) -> &Offer {
        &self.connection.offer
    }

    /// The keep alive in force: the server's if it named one; `None` is off.
    #[must_use]
    pub const fn keep_alive(&self) -> Option<Duration> {
        self.keep_alive
    }

    /// The transport is up: CONNECT goes out.
    ///
    /// # Errors
    /// [`Misuse::AlreadyOpen`]; what 3.1.1 cannot say: [`Misuse::EmptyClientId`] and
    /// [`Misuse::PasswordWithoutUserName`]; [`Misuse::Unencodable`].
    pub fn handle_open(
        &mut self,
        now: Instant,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<(), Misuse> {
        if self.state != ClientState::Closed {
            return Err(Misuse::AlreadyOpen);
        }
        self.config.check()?;
        let config = &self.config;
        let connect = Packet::Connect(Box::new(config.connect(self.client_id().clone())));
        encoded_len(&connect, config.version).map_err(Misuse::Unencodable)?;
        self.connection = Connection::new(
            config.version,
            Sender::Client,
            config.limits,
            config.aliases_wanted,
            config.retry,
            now,
        );
        let ended = self
            .expiry
            .ends(self.closed_at)
            .is_some_and(|end| end <= now);
        self.expiry = config.expiry();
        self.wanted_expiry = self.expiry;
        self.keep_alive = keep_alive(config.keep_alive_secs);
        self.go(ClientInput::Opened);
        self.asked_at = Some(now);
        self.authenticating = self.config.method().is_some();
        let mut sink = AsClient(sink);
        let mut line = self.connection.line(now, &mut sink);
        if self.config.clean_start || ended {
            self.has_state = false;
            self.session.discard_exchanges(false, &mut line);
        }
        line.transmit(connect);
        Ok(())
    }

    /// The transport is gone, whoever closed it. Messages in flight stay in the session, if that
    /// outlives its connection.
    pub fn handle_close(&mut self, now: Instant, sink: &mut dyn Sink<ClientEvent>) {
        if self.state == ClientState::Closed {
            return;
        }
        self.go(ClientInput::TransportGone);
        self.closed_at = now;
        self.asked_at = None;
        self.keep_alive = None;
        self.authenticating = false;
        self.requests.clear();
        self.session.suspend();
        if self.expiry.is_at_close() {
            self.has_state = false;
            let mut sink = AsClient(sink);
            self.session
                .discard_exchanges(false, &mut self.connection.line(now, &mut sink));
        }
    }

    /// Bytes have come, in pieces of any size.
    pub fn handle_input(&mut self, now: Instant, bytes: &[u8], sink: &mut dyn Sink<ClientEvent>) {
        if matches!(self.state, ClientState::Closed | ClientState::Closing) {
            return;
        }
        self.connection.decoder.push(bytes);
        while !matches!(self.state, ClientState::Closed | ClientState::Closing) {
            let result = match self.connection.decoder.decode_from_server() {
                Ok(None) => return,
                Ok(Some(packet)) => self
                    .handle_packet(now, packet, sink)
                    .map_err(CloseReason::Violation),
                Err(malformed) => Err(CloseReason::Malformed(malformed)),
            };
            if let Err(why) = result {
                self.fail(now, why, sink);
            }
        }
    }

    fn handle_packet(
        &mut self,
        now: Instant,
        packet: Packet,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<(), Violation> {
        match self.state {
            ClientState::Closed | ClientState::Closing => Ok(()),
            ClientState::AwaitConnAck => self.handle_before_accepted(now, packet, sink),
            ClientState::Connected => self.handle_connected(now, packet, sink),
        }
    }

    fn handle_before_accepted(
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

    fn handle_connected(
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

    /// Publishes a message. `tag` comes back with [`ClientEvent::Acknowledged`] or
    /// [`ClientEvent::Dropped`].
    ///
    /// QoS 0 is sent at once and forgotten. QoS 1 and 2 are sent as soon as there is a connection
    /// and quota, in the order of the calls; until then they wait in the session's bounded queue.
    ///
    /// # Errors
    /// What cannot be sent to this server at all, [`Misuse::QueueFull`], and for QoS 0
    /// [`Misuse::NotConnected`].
    pub fn publish(
        &mut self,
        now: Instant,
        message: Message,
        tag: Tag,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<(), Misuse> {
        self.check_message(&message)?;
        let mut sink = AsClient(sink);
        if self.state != ClientState::Connected {
            return self.session.enqueue(now, message, tag, &mut sink);
        }
        let window = self.connection.peer.receive_maximum;
        let mut line = self.connection.line(now, &mut sink);
        if message.qos == Qos::AtMostOnce {
            let publish = message.to_publish(Delivery::AtMostOnce);
            return line.send(Packet::Publish(publish)).map_err(Misuse::from);
        }
        self.session.publish(now, message, tag, window, &mut line)
    }

    fn check_message(&self, message: &Message) -> Result<(), Misuse> {
        if message.properties.has(0x23) {
            return Err(Misuse::TopicAlias);
        }
        check_text(&message.properties, &message.payload)?;
        // The largest form that it will have: with an identifier, and with its topic spelled out.
        let id = PacketId::FIRST;
        let delivery = match message.qos {
            Qos::AtMostOnce => Delivery::AtMostOnce,
            _ => Delivery::AtLeastOnce { id, dup: false },
        };
        let packet = Packet::Publish(message.to_publish(delivery));
        let len = encoded_len(&packet, self.config.version).map_err(Misuse::Unencodable)?;
        if self.state == ClientState::Connected {
            if message.qos > self.connection.offer.maximum_qos {
                return Err(Misuse::QosNotSupported);
            }
            if message.retain && !self.connection.offer.retain {
                return Err(Misuse::RetainNotSupported);
            }
            if len > self.connection.peer.max_packet_size as usize {
                return Err(Misuse::PacketTooLarge);
            }
        }
        Ok(())
    }

    /// Subscribes. The answer is [`ClientEvent::Subscribed`] with the returned identifier.
    ///
    /// Never queued and never resent: a request dies with its connection.
    ///
    /// # Errors
    /// [`Misuse::NotConnected`], or what this server does not offer.
    pub fn subscribe(
        &mut self,
        now: Instant,
        filters: SubscribeFilters,
        properties: Properties,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<PacketId, Misuse> {
        if properties.has(0x0B) && !self.connection.offer.subscription_ids {
            return Err(Misuse::SubscriptionIdsNotSupported);
        }
        let mut count = 0;
        for (filter, options) in filters.iter() {
            count += 1;
            if filter.has_wildcard() && !self.connection.offer.wildcards {
                return Err(Misuse::WildcardsNotSupported);
            }
            if self.connection.is_v5() {
                match filter.share() {
                    Ok(None) => {}
                    Ok(Some(_)) if !self.connection.offer.shared => {
                        return Err(Misuse::SharedNotSupported);
                    }
                    Ok(Some(_)) if !options.no_local => {}
                    _ => return Err(Misuse::InvalidShare),
                }
            }
        }
        self.request(now, Filters::Subscribe(filters), properties, count, sink)
    }

    /// Unsubscribes. The answer is [`ClientEvent::Unsubscribed`] with the returned identifier.
    ///
    /// # Errors
    /// [`Misuse::NotConnected`], [`Misuse::NoFilters`].
    pub fn unsubscribe(
        &mut self,
        now: Instant,
        filters: UnsubscribeFilters,
        properties: Properties,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<PacketId, Misuse> {
        let count = filters.iter().count();
        self.request(now, Filters::Unsubscribe(filters), properties, count, sink)
    }

    fn request(
        &mut self,
        now: Instant,
        filters: Filters,
        properties: Properties,
        count: usize,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<PacketId, Misuse> {
        if self.state != ClientState::Connected {
            return Err(Misuse::NotConnected);
        }
        let id = self
            .session
            .allocate_request()
            .ok_or(Misuse::NoFreePacketId)?;
        let request = Request {
            id,
            filters,
            properties,
            count,
            sent_at: now,
        };
        let sent = match count {
            0 => Err(Misuse::NoFilters(request.packet_type())),
            _ => self
                .connection
                .line(now, &mut AsClient(sink))
                .send(request.packet())
                .map_err(Misuse::from),
        };
        match sent {
            Ok(()) => self.requests.push(request),
            Err(_) => self.session.settle_request(id),
        }
        sent.map(|()| id)
    }

    /// Sends data of an authentication: the answer to [`ClientEvent::Auth`], or a new
    /// authentication on an accepted connection.
    ///
    /// # Errors
    /// [`Misuse::NoAuthentication`] if CONNECT had no method, [`Misuse::NotConnected`].
    pub fn authenticate(
        &mut self,
        now: Instant,
        properties: Properties,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<(), Misuse> {
        let Some(method) = self.config.method() else {
            return Err(Misuse::NoAuthentication);
        };
        let reason = match (self.state, self.authenticating) {
            (ClientState::AwaitConnAck, _) | (ClientState::Connected, true) => {
                ReasonCode::ContinueAuthentication
            }
            (ClientState::Connected, false) => ReasonCode::ReAuthenticate,
            _ => return Err(Misuse::NotConnected),
        };
        let properties = with_method(method, &properties);
        self.connection
            .line(now, &mut AsClient(sink))
            .send(Packet::Auth(Auth { reason, properties }))?;
        self.authenticating = true;
        if self.state == ClientState::AwaitConnAck {
            self.asked_at = Some(now);
        }
        Ok(())
    }

    /// Leaves: DISCONNECT goes out, and the transport is to be closed.
    ///
    /// # Errors
    /// [`Misuse::NotConnected`]; [`Misuse::ExpiryFromZero`] for an expiry that CONNECT ruled out;
    /// [`Misuse::WrongReason`] for a code that a client's DISCONNECT does not have;
    /// [`Misuse::Unencodable`] or [`Misuse::PacketTooLarge`] for its properties.
    pub fn disconnect(
        &mut self,
        now: Instant,
        reason: ReasonCode,
        properties: Properties,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<(), Misuse> {
        if !matches!(
            self.state,
            ClientState::Connected | ClientState::AwaitConnAck
        ) {
            return Err(Misuse::NotConnected);
        }
        if !is_client_disconnect(reason)
            || (!self.connection.is_v5() && reason != ReasonCode::Success)
        {
            return Err(Misuse::WrongReason);
        }
        let asked = match self.connection.is_v5() {
            true => Expiry::announced(&properties),
            false => None,
        };
        // CONNECT's value counts, not the server's in its place (5.0 section 3.14.2.2.2).
        if self.wanted_expiry.is_at_close() && asked.is_some_and(|expiry| !expiry.is_at_close()) {
            return Err(Misuse::ExpiryFromZero);
        }
        let expiry = asked.unwrap_or(self.expiry);
        self.connection
            .line(now, &mut AsClient(sink))
            .send(Packet::Disconnect(Disconnect { reason, properties }))?;
        self.expiry = expiry;
        self.go(ClientInput::Leave);
        sink.emit(ClientEvent::Close(CloseReason::Disconnected(reason)));
        Ok(())
    }

    /// Closes because of the server: says why if the version and the moment allow.
    fn fail(&mut self, now: Instant, why: CloseReason, sink: &mut dyn Sink<ClientEvent>) {
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

/// A payload that says that it is text must be text.
fn check_text(properties: &Properties, payload: &[u8]) -> Result<(), Misuse> {
    let is_text = properties.number(0x01) == Some(1);
    if is_text && core::str::from_utf8(payload).is_err() {
        return Err(Misuse::PayloadNotText);
    }
    Ok(())
}

/// Writes a line in the log, unless notes are not built in.
fn note(note: Note, sink: &mut dyn Sink<ClientEvent>) {
    if cfg!(feature = "notes") {
        sink.emit(ClientEvent::Note(note));
    }
}

/// Whether a client's DISCONNECT has this code (5.0 table 3-10).
const fn is_client_disconnect(reason: ReasonCode) -> bool {
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
