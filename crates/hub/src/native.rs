//! The broker on real sockets: one state machine behind one lock.
//!
//! A connection's task reads from its socket and hands the bytes to the broker; what the broker
//! sends is encoded at once into the receiving connection's buffer, and that connection's task is
//! woken. It writes whatever has gathered by then with one call, so a burst of messages costs one
//! write per receiver and not one per message.

use crate::pages::{Device, Relay};
use crate::persist::Loaded;
use crate::place::{READ_BYTES, Read, Signals, Written};
use bytes::{Bytes, BytesMut};
use mqtt_broker::policy::Passwords;
use mqtt_broker::{AuthOutcome, Broker, BrokerConfig, BrokerEvent, ConnectionId, Durable, Note};
use mqtt_proto::codec::{Decoder, Framing, encode};
use mqtt_proto::packet::Packet;
use mqtt_proto::{Instant, Sender, Sink, Text, Version};
use relay::Line;
use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::available_parallelism;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::{Notify, Semaphore};

/// Buffers up to this size are kept for later use.
const SPARE_BYTES_MAX: usize = 256 * 1024;
/// So many of them.
const SPARE_COUNT_MAX: usize = 32;

/// The broker and its connections.
#[derive(Debug)]
pub(crate) struct Native {
    state: Mutex<State>,
    started: std::time::Instant,
    /// The broker's next timeout has come nearer.
    rearm: Notify,
    /// A connection is gone.
    gone: Notify,
    /// Looked up outside the lock, because hashes take long on purpose.
    passwords: Option<Arc<Passwords>>,
    /// So many at a time.
    hashing: Arc<Semaphore>,
    /// Tells pages what goes over the connections. Its lock is taken within this one's, never the other way round.
    watchers: Option<Arc<Relay>>,
}

#[derive(Debug)]
struct State {
    broker: Broker,
    outboxes: Outboxes,
    connections_max: usize,
    /// Since the state was last taken to be saved.
    has_changed: bool,
    /// What the timer task waits for.
    armed: Option<Instant>,
    /// One for all connections: it is only used while the lock is held.
    scratch: Box<[u8]>,
}

#[derive(Debug, Default)]
struct Outboxes {
    /// By the lower half of the connection id.
    slots: Vec<Slot>,
    free: Vec<u32>,
    open: usize,
    spare: Vec<BytesMut>,
    /// Passwords that the broker has asked about in this call.
    checks: Vec<Check>,
    log_packets: bool,
}

/// Is this the user's password?
struct Check {
    connection: ConnectionId,
    user: Text,
    password: Bytes,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct Slot {
    /// The upper half of the connection id: a late event for an earlier connection in the same slot finds nobody.
    generation: u32,
    outbox: Option<Outbox>,
}

#[derive(Debug)]
struct Outbox {
    buffer: BytesMut,
    signals: Arc<Signals>,
    /// Who it is, for the log: the address, and once CONNECT has come the client id.
    name: Box<str>,
    woken: bool,
    closing: bool,
    /// Its password is being looked up: nothing is read from it meanwhile.
    is_checked: bool,
    /// Waits for that.
    reader: Option<Waker>,
    /// Reads what comes a second time, for the log.
    inspector: Option<Decoder>,
}

/// A place in the broker, held by the task that serves the connection.
#[derive(Debug)]
pub(crate) struct Place {
    native: Arc<Native>,
    id: ConnectionId,
    signals: Arc<Signals>,
    /// Its number for watchers, if there can be any.
    line: Option<Line>,
}

fn id_of(slot: u32, generation: u32) -> ConnectionId {
    ConnectionId(u64::from(generation) << 32 | u64::from(slot))
}

impl Outboxes {
    fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Outbox> {
        let slot = self.slots.get_mut(id.0 as u32 as usize)?;
        (u64::from(slot.generation) == id.0 >> 32)
            .then_some(slot.outbox.as_mut())
            .flatten()
    }

    fn open(&mut self, address: SocketAddr) -> (ConnectionId, Arc<Signals>) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            // Sockets are fewer than 2^32.
            (self.slots.len() - 1) as u32
        });
        let signals = Arc::new(Signals::default());
        self.open += 1;
        let mut generation = 0;
        if let Some(entry) = self.slots.get_mut(slot as usize) {
            entry.outbox = Some(Outbox {
                buffer: BytesMut::new(),
                signals: Arc::clone(&signals),
                name: address.to_string().into(),
                woken: false,
                closing: false,
                is_checked: false,
                reader: None,
                inspector: self
                    .log_packets
                    .then(|| Decoder::new(Framing::new(Sender::Client))),
            });
            generation = entry.generation;
        }
        (id_of(slot, generation), signals)
    }

    /// Puts a packet behind what waits for a connection.
    fn send(&mut self, connection: ConnectionId, version: Version, packet: &Packet) {
        let spare = &mut self.spare;
        let Some(slot) = self.slots.get_mut(connection.0 as u32 as usize) else {
            return;
        };
        if u64::from(slot.generation) != connection.0 >> 32 {
            return;
        }
        let Some(outbox) = &mut slot.outbox else {
            return;
        };
        if self.log_packets {
            tracing::trace!("{} < {packet}", outbox.name);
        }
        if outbox.buffer.capacity() == 0
            && let Some(spare) = spare.pop()
        {
            outbox.buffer = spare;
        }
        if let Err(error) = encode(packet, version, &mut outbox.buffer) {
            tracing::warn!("{}: a packet was left out: {error}", outbox.name);
        }
        outbox.wake();
    }

    fn close(&mut self, id: ConnectionId) {
        let slot = id.0 as u32;
        if let Some(entry) = self.slots.get_mut(slot as usize)
            && u64::from(entry.generation) == id.0 >> 32
            && entry.outbox.take().is_some()
        {
            entry.generation = entry.generation.wrapping_add(1);
            self.free.push(slot);
            self.open -= 1;
        }
    }
}

impl Sink<BrokerEvent> for Outboxes {
    fn emit_shared(&mut self, event: &BrokerEvent) {
        match event {
            BrokerEvent::Send {
                connection,
                version,
                packet,
            } => self.send(*connection, *version, packet),
            other => self.emit(other.clone()),
        }
    }

    fn emit(&mut self, event: BrokerEvent) {
        match event {
            BrokerEvent::Send {
                connection,
                version,
                packet,
            } => {
                self.send(connection, version, &packet);
            }
            BrokerEvent::Close { connection, why } => {
                if let Some(outbox) = self.get_mut(connection) {
                    tracing::info!("{}: closing: {why}", outbox.name);
                    outbox.closing = true;
                    outbox.wake();
                    outbox.signals.closing.notify_one();
                }
            }
            // The hub's configuration names no methods of its own.
            BrokerEvent::Authenticate { .. } => {}
            BrokerEvent::CheckPassword {
                connection,
                user,
                password,
            } => {
                if let Some(outbox) = self.get_mut(connection) {
                    outbox.is_checked = true;
                }
                self.checks.push(Check {
                    connection,
                    user,
                    password,
                });
            }
            // A step of a state machine's table: the packets and decisions beside it say the same.
            BrokerEvent::Note {
                note: Note::Protocol(mqtt_proto::Note::Took(_)),
                ..
            } => {}
            BrokerEvent::Note { connection, note } => {
                let outbox = connection.and_then(|connection| self.get_mut(connection));
                let Some(outbox) = outbox else {
                    return tracing::debug!("{note}");
                };
                if let Note::Accepted { client_id, .. } = &note {
                    // In quotes, and escaped: it is the client's to choose.
                    let name = format!("{:?} ({})", client_id.as_str(), outbox.name);
                    outbox.name = name.into();
                    tracing::info!("{}: connected", outbox.name);
                }
                tracing::debug!("{}: {note}", outbox.name);
            }
        }
    }
}

impl Outbox {
    fn log(&mut self, bytes: &[u8]) {
        let Some(inspector) = &mut self.inspector else {
            return;
        };
        inspector.push(bytes);
        while let Ok(Some(packet)) = inspector.decode() {
            tracing::trace!("{} > {packet}", self.name);
        }
    }

    fn wake(&mut self) {
        if !self.woken {
            self.woken = true;
            self.signals.wake.notify_one();
        }
    }
}

impl Native {
    /// A broker without connections, which goes on from what was saved.
    pub(crate) fn new(
        mut config: BrokerConfig,
        saved: Option<Loaded>,
        connections_max: usize,
        log_packets: bool,
        watchers: Option<Arc<Relay>>,
    ) -> Self {
        let mut outboxes = Outboxes {
            log_packets,
            ..Outboxes::default()
        };
        config.host_checks_passwords = true;
        let passwords = config.passwords.clone().map(Arc::new);
        let mut broker = match saved {
            None => Broker::new(config),
            Some(Loaded { durable, downtime }) => {
                Broker::restore(config, &durable, Instant::ZERO, downtime, &mut outboxes)
            }
        };
        broker.handle_start(Instant::ZERO);
        // One processor is left to everybody who is in.
        let processors = available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            passwords,
            hashing: Arc::new(Semaphore::new(processors.saturating_sub(1).max(1))),
            state: Mutex::new(State {
                broker,
                outboxes,
                connections_max,
                has_changed: false,
                armed: None,
                scratch: vec![0; READ_BYTES].into_boxed_slice(),
            }),
            started: std::time::Instant::now(),
            rearm: Notify::new(),
            gone: Notify::new(),
            watchers,
        }
    }

    fn now(&self) -> Instant {
        // 64 bits of microseconds outlast the machine.
        Instant::from_micros(self.started.elapsed().as_micros() as u64)
    }

    /// A panic while the lock was held would have to be a bug in the broker; the other
    /// connections go on.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the timer task if the broker now wants to be called sooner.
    fn check_timer(&self, state: &State) {
        let wanted = state.broker.poll_timeout();
        if wanted.is_some_and(|wanted| state.armed.is_none_or(|armed| wanted < armed)) {
            self.rearm.notify_one();
        }
    }

    /// Calls the broker whenever its time comes. Never returns.
    pub(crate) async fn keep_time(&self) {
        loop {
            let wanted = {
                let mut state = self.lock();
                let State {
                    broker, outboxes, ..
                } = &mut *state;
                let now = self.now();
                broker.handle_timeout(now, outboxes);
                state.has_changed = true;
                state.armed = state.broker.poll_timeout();
                state.armed
            };
            match wanted {
                None => self.rearm.notified().await,
                Some(at) => {
                    let at = self.started + std::time::Duration::from_micros(at.as_micros());
                    tokio::select! {
                        () = tokio::time::sleep_until(at.into()) => {}
                        () = self.rearm.notified() => {}
                    }
                }
            }
        }
    }

    /// Takes a new connection in, or says why not.
    pub(crate) fn open(self: &Arc<Self>, device: Device) -> Result<Place, &'static str> {
        let mut state = self.lock();
        if state.outboxes.open >= state.connections_max {
            return Err("there are too many connections");
        }
        let State {
            broker, outboxes, ..
        } = &mut *state;
        let (id, signals) = outboxes.open(device.address);
        broker.handle_open(self.now(), id, outboxes);
        self.check_timer(&state);
        let line = self
            .watchers
            .as_ref()
            .map(|relay| relay.native_opened(device));
        Ok(Place {
            native: Arc::clone(self),
            id,
            signals,
            line,
        })
    }

    /// Looks passwords up that the broker has asked about.
    fn look_up(self: &Arc<Self>, checks: Vec<Check>) {
        for check in checks {
            let native = Arc::clone(self);
            tokio::spawn(async move {
                let connection = check.connection;
                let _turn = native.hashing.acquire().await;
                let passwords = native.passwords.clone();
                let is_right = tokio::task::spawn_blocking(move || {
                    passwords.is_some_and(|passwords| {
                        passwords.check(check.user.as_str(), &check.password)
                    })
                });
                let is_right = is_right.await.unwrap_or(false);
                native.answer(connection, is_right);
            });
        }
    }

    fn answer(&self, connection: ConnectionId, is_right: bool) {
        let mut state = self.lock();
        let State {
            broker, outboxes, ..
        } = &mut *state;
        let outcome = match is_right {
            true => AuthOutcome::Accept {
                user_name: None,
                data: None,
            },
            false => AuthOutcome::Refuse,
        };
        if let Some(outbox) = outboxes.get_mut(connection) {
            outbox.is_checked = false;
            if let Some(reader) = outbox.reader.take() {
                reader.wake();
            }
        }
        // It may be gone by now.
        let _ = broker.authenticate(self.now(), connection, outcome, outboxes);
        state.has_changed = true;
        self.check_timer(&state);
    }

    /// The state to save, if anything has happened since the last time.
    pub(crate) fn changed(&self) -> Option<Durable> {
        let mut state = self.lock();
        if !std::mem::take(&mut state.has_changed) {
            return None;
        }
        Some(state.broker.durable(self.now()))
    }

    /// Says goodbye to all clients.
    pub(crate) fn shut_down(&self) {
        let mut state = self.lock();
        let State {
            broker, outboxes, ..
        } = &mut *state;
        broker.handle_shutdown(self.now(), outboxes);
    }

    /// Returns once no connection is left.
    pub(crate) async fn drained(&self) {
        while self.lock().outboxes.open > 0 {
            self.gone.notified().await;
        }
    }
}

impl Place {
    /// Gives bytes from the client to the broker.
    pub(crate) fn input(&self, bytes: &[u8]) {
        let mut state = self.native.lock();
        self.hand_over(&mut state, bytes);
    }

    /// Reads once, as soon as there is something, and gives the bytes to the broker.
    pub(crate) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        reader: Pin<&mut impl AsyncRead>,
    ) -> Poll<std::io::Result<Read>> {
        let mut state = self.native.lock();
        if let Some(outbox) = state.outboxes.get_mut(self.id)
            && outbox.is_checked
        {
            outbox.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let mut scratch = std::mem::take(&mut state.scratch);
        let mut buffer = ReadBuf::new(&mut scratch);
        let result = reader.poll_read(cx, &mut buffer);
        let bytes = buffer.filled();
        let read = match bytes.len() {
            0 => Read::End,
            READ_BYTES => Read::Full,
            _ => Read::All,
        };
        if !bytes.is_empty() {
            self.hand_over(&mut state, bytes);
        }
        state.scratch = scratch;
        result.map_ok(|()| read)
    }

    fn hand_over(&self, state: &mut State, bytes: &[u8]) {
        let State {
            broker, outboxes, ..
        } = state;
        if outboxes.log_packets
            && let Some(outbox) = outboxes.get_mut(self.id)
        {
            outbox.log(bytes);
        }
        if let Some((relay, line)) = self.watched() {
            relay.native_received(line, bytes);
        }
        broker.handle_input(self.native.now(), self.id, bytes, outboxes);
        state.has_changed = true;
        self.native.check_timer(state);
        let checks = std::mem::take(&mut state.outboxes.checks);
        if !checks.is_empty() {
            self.native.look_up(checks);
        }
    }

    /// Ready when the client may go on: unless its password is being looked up.
    pub(crate) fn poll_taken(&self, cx: &mut Context<'_>) -> Poll<()> {
        match self.native.lock().outboxes.get_mut(self.id) {
            Some(outbox) if outbox.is_checked => {
                outbox.reader = Some(cx.waker().clone());
                Poll::Pending
            }
            _ => Poll::Ready(()),
        }
    }

    /// Writes in the log how the connection has ended.
    pub(crate) fn log_end(&self, result: &std::io::Result<()>) {
        let mut state = self.native.lock();
        let Some(outbox) = state.outboxes.get_mut(self.id) else {
            return;
        };
        match result {
            Ok(()) => tracing::info!("{}: closed", outbox.name),
            Err(error) => tracing::info!("{}: closed: {error}", outbox.name),
        }
    }

    pub(crate) fn signals(&self) -> &Signals {
        &self.signals
    }

    fn watched(&self) -> Option<(&Relay, Line)> {
        self.native.watchers.as_deref().zip(self.line)
    }

    /// What to write now. `done` is what the last call gave, now written.
    pub(crate) fn to_write(&self, done: Option<BytesMut>) -> Written {
        let mut state = self.native.lock();
        let State {
            broker, outboxes, ..
        } = &mut *state;
        if let Some(mut done) = done {
            if done.capacity() <= SPARE_BYTES_MAX && outboxes.spare.len() < SPARE_COUNT_MAX {
                done.clear();
                outboxes.spare.push(done);
            }
            if outboxes
                .get_mut(self.id)
                .is_some_and(|outbox| outbox.buffer.is_empty())
            {
                broker.handle_drained(self.native.now(), self.id, outboxes);
            }
        }
        let Some(outbox) = outboxes.get_mut(self.id) else {
            return Written::Close;
        };
        if !outbox.buffer.is_empty() {
            let bytes = std::mem::take(&mut outbox.buffer);
            if let Some((relay, line)) = self.watched() {
                relay.native_sent(line, &bytes);
            }
            return Written::Bytes(bytes);
        }
        if outbox.closing {
            return Written::Close;
        }
        outbox.woken = false;
        Written::Idle
    }

    /// Whether the broker wants the connection closed.
    pub(crate) fn is_closing(&self) -> bool {
        let mut state = self.native.lock();
        state
            .outboxes
            .get_mut(self.id)
            .is_none_or(|outbox| outbox.closing)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.native.lock();
        let State {
            broker, outboxes, ..
        } = &mut *state;
        outboxes.close(self.id);
        if let Some((relay, line)) = self.watched() {
            relay.native_closed(line, "");
        }
        broker.handle_close(self.native.now(), self.id, outboxes);
        state.has_changed = true;
        self.native.check_timer(&state);
        drop(state);
        self.native.gone.notify_one();
    }
}
