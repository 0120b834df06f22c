//! The server's side of one connection.

mod answers;
mod config;
mod handshake;

pub use config::{Acceptance, ServerConfig, ServerEvent};

use super::{Connection, Limits, Measure, Offer, ServerInput, ServerState, longest_silence};
use crate::codec::encoded_len;
use crate::effect::Effect;
use crate::error::{CloseReason, Misuse, Violation};
use crate::note::Note;
use crate::packet::property_id::SUBSCRIPTION_IDENTIFIER;
use crate::packet::{Disconnect, Packet, PacketType, Subscribe};
use crate::session::{Expiry, Session, Unsendable};
use crate::sink::Sink;
use crate::taken::Taken;
use crate::time::{Duration, Instant};
use crate::types::Sender;
use bytes::Bytes;
use mqtt_spec::Version;

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
                Measure(encoded_len),
                config.limits,
                config.aliases_wanted,
                config.retry,
                now,
            ),
            heard_at: now,
            keep_alive: None,
            expiry: Expiry::AT_CLOSE,
            wanted_expiry: Expiry::AT_CLOSE,
            client_id_is_empty: false,
            response_information: false,
        }
    }

    fn go(&mut self, input: ServerInput, sink: &mut dyn Sink<Effect>) {
        if cfg!(feature = "notes") {
            sink.emit(Effect::Note(Note::Took(Taken::Server(self.state, input))));
        }
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

    /// [`ServerConnection::handle_input`] from shared memory: what is received is no copy, see
    /// [`Decoder::push_shared`](crate::codec::Decoder::push_shared).
    pub fn handle_shared_input(&mut self, bytes: Bytes) {
        if self.state != ServerState::Closed {
            self.connection.decoder.push_shared(bytes);
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
                Packet::Auth(auth) => self.handle_auth(auth, sink).map(Some),
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
            Packet::Publish(mut publish) => {
                let offer = &self.config.offer;
                if publish.delivery.qos() > offer.maximum_qos {
                    line.connection.check(Violation::QosNotSupported)?;
                }
                if publish.retain && !offer.retain {
                    line.connection.check(Violation::RetainNotSupported)?;
                }
                let is_new = line.handle_publish(&mut publish, session)?;
                return Ok(is_new.then_some(ServerEvent::Publish(publish)));
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
            Packet::Auth(auth) => return self.handle_auth(auth, sink).map(Some),
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
        self.go(ServerInput::Disconnected, sink);
        sink.emit(Effect::Close(CloseReason::PeerDisconnected(
            disconnect.reason,
        )));
        Ok(ServerEvent::Disconnect(disconnect))
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
        if let (Some(session), ServerState::Connected) = (session, self.state) {
            session.retry(&mut self.connection.line(now, sink));
        }
    }

    /// When to call [`ServerConnection::handle_timeout`].
    #[must_use]
    pub fn poll_timeout(&self, session: Option<&Session>) -> Option<Instant> {
        let retry_at = match (session, self.connection.retry_after, self.state) {
            (_, Duration::MAX, _) => Instant::NEVER,
            (Some(session), timeout, ServerState::Connected) => session.oldest_send() + timeout,
            _ => Instant::NEVER,
        };
        let due = self.deadline().unwrap_or(Instant::NEVER).min(retry_at);
        (due != Instant::NEVER).then_some(due)
    }

    /// When the connection ends if nothing comes.
    fn deadline(&self) -> Option<Instant> {
        match self.state {
            ServerState::Closed | ServerState::AwaitDecision => None,
            ServerState::AwaitConnect | ServerState::AwaitAuth => {
                Some(self.heard_at + self.config.connect_timeout)
            }
            ServerState::Connected => {
                // Strictly more than that: one microsecond more.
                let silence = longest_silence(self.keep_alive?) + Duration::from_micros(1);
                Some(self.heard_at + silence)
            }
        }
    }

    /// The transport is gone, whoever closed it. What is in flight stays in the session.
    pub fn handle_close(&mut self, session: Option<&mut Session>, sink: &mut dyn Sink<Effect>) {
        self.go(ServerInput::TransportGone, sink);
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
