//! The client: its session, and the connection that carries it at the moment.
//!
//! It never opens a transport and never reconnects by itself: a host opens one, tells
//! [`Client::handle_open`], and decides what to do after [`ClientEvent::Close`].

mod calls;
mod config;
mod event;
mod incoming;
mod request;
mod timers;

pub use config::ClientConfig;
pub use event::ClientEvent;

use crate::codec::{EncodeError, encode_from_client, encoded_len_from_client};
use crate::connection::limits::{Limits, Offer};
use crate::connection::{
    Authentication, ClientInput, ClientState, Connection, Measure, Turn, keep_alive,
};
use crate::error::{CloseReason, Misuse};
use crate::note::Note;
use crate::packet::Packet;
use crate::session::{Expiry, InFlight, Session};
use crate::sink::Sink;
use crate::taken::Taken;
use crate::time::{Duration, Instant};
use crate::types::{Sender, Text};
use alloc::boxed::Box;
use alloc::vec::Vec;
use bytes::Bytes;
use event::AsClient;
use request::Request;

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
    /// [`Duration::MAX`]: off.
    keep_alive: Duration,
    /// PINGREQ or CONNECT went out then and is not answered; [`Instant::NEVER`]: none.
    asked_at: Instant,
    requests: Vec<Request>,
}

impl Client {
    /// A client without a transport, and with a session that no server knows.
    #[must_use]
    pub fn new(config: ClientConfig) -> Self {
        let connection = Connection::new(
            config.version,
            Sender::Client,
            Measure(encoded_len_from_client),
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
            keep_alive: Duration::MAX,
            asked_at: Instant::NEVER,
            requests: Vec::new(),
            config,
        }
    }

    #[cfg_attr(feature = "small", inline(never))]
    fn go(&mut self, input: ClientInput, sink: &mut dyn Sink<ClientEvent>) {
        note(Note::Took(Taken::Client(self.state, input)), sink);
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
        match self.keep_alive {
            Duration::MAX => None,
            span => Some(span),
        }
    }

    /// Writes a packet of this client, out of [`ClientEvent::Send`], at the end of `out`, which is left
    /// alone on an error.
    ///
    /// The same as [`encode`](crate::codec::encode) in the version of the connection. But a chip without a
    /// server then does not hold the code that writes a server's packets.
    ///
    /// # Errors
    /// Those of [`encode`](crate::codec::encode), and [`EncodeError::NotFromClient`]; none for what this
    /// client has sent.
    pub fn encode(&self, packet: &Packet, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        encode_from_client(packet, self.connection.version, out)
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
        encoded_len_from_client(&connect, config.version).map_err(Misuse::Unencodable)?;
        self.connection = Connection::new(
            config.version,
            Sender::Client,
            Measure(encoded_len_from_client),
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
        self.keep_alive = keep_alive(config.keep_alive_secs).unwrap_or(Duration::MAX);
        self.go(ClientInput::Opened, sink);
        self.asked_at = now;
        let method = self.config.method().cloned();
        self.connection.authentication = Authentication::begin(method, Turn::Peer);
        self.connection.explain = self.config.request_problem_information;
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
        self.go(ClientInput::TransportGone, sink);
        self.closed_at = now;
        self.asked_at = Instant::NEVER;
        self.keep_alive = Duration::MAX;
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
        self.handle_packets(now, sink);
    }

    /// [`Client::handle_input`] from shared memory: what is received is no copy, see
    /// [`Decoder::push_shared`](crate::codec::Decoder::push_shared).
    pub fn handle_shared_input(
        &mut self,
        now: Instant,
        bytes: Bytes,
        sink: &mut dyn Sink<ClientEvent>,
    ) {
        if matches!(self.state, ClientState::Closed | ClientState::Closing) {
            return;
        }
        self.connection.decoder.push_shared(bytes);
        self.handle_packets(now, sink);
    }

    /// What has come, packet by packet.
    fn handle_packets(&mut self, now: Instant, sink: &mut dyn Sink<ClientEvent>) {
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
}

/// Writes a line in the log, unless notes are not built in.
fn note(note: Note, sink: &mut dyn Sink<ClientEvent>) {
    if cfg!(feature = "notes") {
        sink.emit(ClientEvent::Note(note));
    }
}
