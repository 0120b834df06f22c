//! The broker itself. This file only routes: each packet and each moment goes to the file that
//! knows what to do.

mod authenticate;
mod connect;
mod leave;
pub(crate) mod publish;
pub(crate) mod retained;
mod shared;
mod subscribe;
mod sys;

use crate::config::BrokerConfig;
use crate::event::{BrokerEvent, ConnectionId, Out};
use crate::note::{Note, WillCause};
use crate::statistics::Statistics;
use crate::store::{Client, Clients, Connection, ConnectionKey, Connections};
use crate::topics::{Matched, RetainedMap, SessionKey, Subscriber, SubscriptionTree};
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
pub(crate) use authenticate::Authentication;
use bytes::Bytes;
pub(crate) use connect::session_bytes;
use mqtt_proto::packet::{Properties, Property};
use mqtt_proto::{
    CloseReason, Effect, Instant, Misuse, ReasonCode, ServerConnection, ServerEvent, ServerState,
    Sink, Text,
};
pub(crate) use publish::identity;
use retained::Retained;

/// An MQTT broker: many connections, the sessions behind them, and what is kept for later.
///
/// A clone is a snapshot: messages are shared, not copied.
#[derive(Clone, Debug)]
pub struct Broker {
    pub(crate) config: BrokerConfig,
    pub(crate) connections: Connections,
    pub(crate) clients: Clients,
    pub(crate) subscriptions: SubscriptionTree,
    pub(crate) retained: RetainedMap<Retained>,
    /// Of all retained messages but the broker's own.
    pub(crate) retained_bytes: usize,
    /// Retained messages of the broker's own.
    retained_own: usize,
    /// No retained message expires before this; `None`: none expires.
    retained_expires: Option<Instant>,
    /// Of the messages in flight and waiting in all sessions.
    pub(crate) held_bytes: usize,
    /// Of the names and wills of all sessions.
    pub(crate) session_bytes: usize,
    timers: BTreeSet<(Instant, Timer)>,
    /// What has been counted since the start.
    pub(crate) statistics: Statistics,
    started: Option<Instant>,
    /// How many messages it has taken: their numbers.
    messages: u32,
    /// For client ids that the broker chooses.
    ids_assigned: u64,
    /// For the nonces of authentications.
    nonces_made: u64,
    /// What matched the topic of the last message, whose topic it was, and the state of the
    /// subscriptions then: messages mostly come in runs of one topic.
    matched: Vec<Matched>,
    matched_topic: String,
    matched_at: Option<u64>,
    /// Scratch of `route`, kept for its memory.
    copies: Vec<Subscriber>,
}

/// Whose turn it is when a time comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Sys,
    Connection(ConnectionKey),
    Client(SessionKey),
}

/// Where effects of the broker go.
type Events<'a> = &'a mut dyn Sink<BrokerEvent>;

impl Broker {
    /// A broker that nobody is connected to.
    #[must_use]
    pub fn new(config: BrokerConfig) -> Self {
        Self {
            connections: Connections::new(config.seed),
            clients: Clients::new(config.seed),
            subscriptions: SubscriptionTree::new(config.seed),
            retained: RetainedMap::default(),
            retained_bytes: 0,
            retained_own: 0,
            // Not known: what is restored may expire at any time.
            retained_expires: Some(Instant::ZERO),
            held_bytes: 0,
            session_bytes: 0,
            timers: BTreeSet::new(),
            statistics: Statistics::default(),
            started: None,
            messages: 0,
            ids_assigned: 0,
            nonces_made: 0,
            matched: Vec::new(),
            matched_topic: String::new(),
            matched_at: None,
            copies: Vec::new(),
            config,
        }
    }

    /// A transport has opened. An id that is in use is ignored.
    pub fn handle_open(&mut self, now: Instant, id: ConnectionId, _sink: Events<'_>) {
        if self.connections.find(id).is_some() {
            return;
        }
        self.handle_start(now);
        self.statistics.connections += 1;
        let at = self.connections.insert(Connection {
            id,
            server: ServerConnection::new(now, self.config.server),
            session: None,
            user_name: None,
            will: None,
            authentication: None,
            backlog_bytes: 0,
            armed: None,
        });
        self.arm_connection(at);
    }

    /// Bytes have come from the client.
    pub fn handle_input(&mut self, now: Instant, id: ConnectionId, bytes: &[u8], sink: Events<'_>) {
        self.handle_bytes(now, id, bytes.len(), sink, |server| {
            server.handle_input(bytes)
        });
    }

    /// [`Broker::handle_input`] from shared memory: messages then share it, see
    /// [`Decoder::push_shared`](mqtt_proto::codec::Decoder::push_shared).
    pub fn handle_shared_input(
        &mut self,
        now: Instant,
        id: ConnectionId,
        bytes: Bytes,
        sink: Events<'_>,
    ) {
        self.handle_bytes(now, id, bytes.len(), sink, |server| {
            server.handle_shared_input(bytes);
        });
    }

    fn handle_bytes(
        &mut self,
        now: Instant,
        id: ConnectionId,
        len: usize,
        sink: Events<'_>,
        put_in: impl FnOnce(&mut ServerConnection),
    ) {
        let Some(at) = self.connections.find(id) else {
            return;
        };
        if let Some(connection) = self.connections.get_mut(at) {
            put_in(&mut connection.server);
        }
        self.statistics.bytes_received += len as u64;
        self.run(now, at, sink);
        self.arm_connection(at);
    }

    /// The transport is gone, whoever closed it.
    pub fn handle_close(&mut self, now: Instant, id: ConnectionId, sink: Events<'_>) {
        let Some(at) = self.connections.find(id) else {
            return;
        };
        self.leave(now, at, WillCause::ConnectionLost, sink);
        if let Some(armed) = self.connections.get(at).and_then(|gone| gone.armed) {
            self.timers.remove(&(armed, Timer::Connection(at)));
        }
        self.connections.remove(at);
    }

    /// The connection has taken everything that was sent so far.
    pub fn handle_drained(&mut self, now: Instant, id: ConnectionId, sink: Events<'_>) {
        let Some(at) = self.connections.find(id) else {
            return;
        };
        let Some(connection) = self.connections.get_mut(at) else {
            return;
        };
        let was = core::mem::take(&mut connection.backlog_bytes);
        if self.config.backlog_max_bytes.is_some_and(|max| was > max) {
            self.with_connection(at, sink, |server, client, out| {
                if let Some(client) = client {
                    server.flush(now, &mut client.session, out);
                }
            });
        }
    }

    /// Time has come: whatever is due by `now` is done. Too early, nothing is.
    pub fn handle_timeout(&mut self, now: Instant, sink: Events<'_>) {
        while let Some((at, timer)) = self.timers.first().copied() {
            if at > now {
                return;
            }
            self.timers.pop_first();
            match timer {
                Timer::Sys => self.publish_sys(now, sink),
                Timer::Connection(key) => {
                    if let Some(connection) = self.connections.get_mut(key) {
                        connection.armed = None;
                    }
                    let closed = self.with_connection(key, sink, |server, client, out| {
                        server.handle_timeout(now, client.map(|client| &mut client.session), out);
                    });
                    if let Some(why) = closed {
                        self.leave(now, key, WillCause::of(&why), sink);
                    }
                    self.arm_connection(key);
                }
                Timer::Client(key) => {
                    if let Some(client) = self.clients.get_mut(key) {
                        client.armed = None;
                    }
                    self.client_due(now, key, sink);
                    self.arm_client(key);
                }
            }
        }
    }

    /// When to call [`Broker::handle_timeout`]; read it again after every call.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// The broker stops: every client is told, as far as its version can be, and cut off. Sessions
    /// that outlive their connection are still there afterwards.
    pub fn handle_shutdown(&mut self, now: Instant, sink: Events<'_>) {
        for at in self.connections.keys() {
            self.cut_off(
                now,
                at,
                ReasonCode::ServerShuttingDown,
                WillCause::ServerClosed,
                sink,
            );
        }
    }

    /// Takes what the client has sent, piece by piece.
    fn run(&mut self, now: Instant, at: ConnectionKey, sink: Events<'_>) {
        loop {
            let mut event = None;
            let closed = self.with_connection(at, sink, |server, client, out| {
                event = server.next_event(now, client.map(|client| &mut client.session), out);
            });
            let is_last = event.is_none();
            match event {
                Some(ServerEvent::Connect(connect)) => self.connect(now, at, *connect, sink),
                Some(ServerEvent::Publish(publish)) => self.publish(now, at, publish, sink),
                Some(ServerEvent::Subscribe(subscribe)) => {
                    self.subscribe(now, at, &subscribe, sink);
                }
                Some(ServerEvent::Unsubscribe(unsubscribe)) => {
                    self.unsubscribe(now, at, &unsubscribe, sink);
                }
                Some(ServerEvent::Auth(auth)) => self.auth(now, at, &auth, sink),
                Some(ServerEvent::Disconnect(disconnect)) => {
                    self.disconnected(now, at, disconnect.reason, sink);
                }
                None => {}
            }
            if let Some(why) = closed {
                self.leave(now, at, WillCause::of(&why), sink);
            }
            if is_last {
                return;
            }
        }
    }

    /// Calls `f` with a connection, its session and a sink for its effects; says why the
    /// connection is to be closed, if it now is.
    fn with_connection(
        &mut self,
        at: ConnectionKey,
        sink: Events<'_>,
        f: impl FnOnce(&mut ServerConnection, Option<&mut Client>, &mut Out<'_>),
    ) -> Option<CloseReason> {
        let connection = self.connections.get_mut(at)?;
        let mut client = connection.session.and_then(|key| self.clients.get_mut(key));
        let version = connection.server.version();
        let mut out = Out::new(Some(connection.id), version, self.config.notes, sink);
        if connection.server.state() == ServerState::AwaitConnect {
            out.hold();
            f(&mut connection.server, client.as_deref_mut(), &mut out);
            out.release(connection.server.version());
        } else {
            f(&mut connection.server, client.as_deref_mut(), &mut out);
        }
        if let Some(client) = client {
            client.recount(&mut self.held_bytes);
            out.tell_given_up(client);
        }
        connection.backlog_bytes += out.sent_bytes;
        self.statistics.add(&out.counted);
        out.closed
    }

    /// Closes a connection from this side.
    fn cut_off(
        &mut self,
        now: Instant,
        at: ConnectionKey,
        reason: ReasonCode,
        cause: WillCause,
        sink: Events<'_>,
    ) {
        self.with_connection(at, sink, |server, _, out| {
            if server
                .disconnect(now, reason, Properties::EMPTY, out)
                .is_err()
            {
                // The client takes no DISCONNECT of that size: it is closed without a word.
                out.emit(Effect::Close(CloseReason::Disconnected(reason)));
            }
        });
        self.leave(now, at, cause, sink);
    }

    /// Sees to it that no request stays without its answer. The client may take no answer of that
    /// size (5.0 MQTT-3.1.2-24): nothing is left but to say so and close. What is otherwise wrong
    /// with an answer is this broker's fault, and the client cannot go on without it either.
    fn answered(
        &mut self,
        now: Instant,
        at: ConnectionKey,
        result: Result<(), Misuse>,
        sink: Events<'_>,
    ) {
        let reason = match result {
            // What has ended waits for nothing.
            Ok(()) | Err(Misuse::NotConnected) => return,
            Err(Misuse::PacketTooLarge) => ReasonCode::PacketTooLarge,
            Err(_) => ReasonCode::ImplementationSpecificError,
        };
        self.cut_off(now, at, reason, WillCause::ServerClosed, sink);
    }

    fn disarm_client(&mut self, key: SessionKey, client: &Client) {
        if let Some(at) = client.armed {
            self.timers.remove(&(at, Timer::Client(key)));
        }
    }

    /// A Reason String, if the broker is to explain itself.
    fn explanation(&self, why: &str) -> Properties {
        if !self.config.server.explain {
            return Properties::EMPTY;
        }
        Text::try_from(why)
            .map(|text| core::iter::once(Property::ReasonString(text)).collect())
            .unwrap_or_default()
    }

    fn note(&self, at: Option<ConnectionKey>, note: Note, sink: Events<'_>) {
        if !self.config.notes {
            return;
        }
        let connection = at
            .and_then(|at| self.connections.get(at))
            .map(|connection| connection.id);
        sink.emit(BrokerEvent::Note { connection, note });
    }

    /// Puts a connection's next deadline among the timers.
    pub(super) fn arm_connection(&mut self, at: ConnectionKey) {
        let Some(connection) = self.connections.get_mut(at) else {
            return;
        };
        let session = connection
            .session
            .and_then(|key| self.clients.get(key))
            .map(|client| &client.session);
        let wanted = connection.server.poll_timeout(session);
        re_arm(
            &mut self.timers,
            &mut connection.armed,
            wanted,
            Timer::Connection(at),
        );
    }

    /// Puts a session's next deadline among the timers.
    pub(crate) fn arm_client(&mut self, key: SessionKey) {
        if let Some(client) = self.clients.get_mut(key) {
            let wanted = client.deadline();
            re_arm(
                &mut self.timers,
                &mut client.armed,
                wanted,
                Timer::Client(key),
            );
        }
    }
}

fn re_arm(
    timers: &mut BTreeSet<(Instant, Timer)>,
    armed: &mut Option<Instant>,
    wanted: Option<Instant>,
    timer: Timer,
) {
    if *armed == wanted {
        return;
    }
    if let Some(at) = *armed {
        timers.remove(&(at, timer));
    }
    if let Some(at) = wanted {
        timers.insert((at, timer));
    }
    *armed = wanted;
}
