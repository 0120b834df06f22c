//! A probe: what does this broker support, and which packets say so?
//!
//! Each [`Row`] of the report is a little conversation of its own (`checks`), on connections of its own, and keeps the packets that
//! were exchanged as its proof. That something does not come is known only behind a fence: a message that a client sends to itself
//! and that does come. Without it the verdict is [`Verdict::NotSeen`]. Topics begin with a prefix that the caller chooses at random.
//! What was retained is cleared and sessions are ended, also when the probe is stopped; what stays nevertheless is told
//! ([`Probe::left_behind`]). What a broker does to others is not asked: no flood, no garbage, no guessing of passwords.

mod checks;
mod finding;
mod judge;
mod running;
#[cfg(test)]
mod tests;

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use bytes::Bytes;
use checks::CHECKS;
pub use checks::Check;
pub use finding::{Finding, Limits, said};
use mqtt_proto::codec::{Decoder, Framing};
use mqtt_proto::packet::{Properties, Publish};
use mqtt_proto::{
    Client, ClientEvent, CloseReason, Duration, Instant, ReasonCode, Sender, Sink, Text, Version,
};
use running::{Running, Turn, Waits};

/// How long the broker may take for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// After so long without anything nothing more is expected; or after so many of the longest times that an answer took, if that is
/// longer.
const QUIET: Duration = Duration::from_millis(400);
const QUIET_ANSWERS: u64 = 3;
/// Behind a fence, what comes out of order has come after so long, or after so many of the longest times.
const SETTLED: Duration = Duration::from_millis(200);
const SETTLED_ANSWERS: u64 = 2;
/// Where something always comes, it is listened to for so much longer and no more.
const BUSY: Duration = Duration::from_secs(2);
/// So many messages of a row say enough: on a busy broker more are strangers'.
const MESSAGES_MAX: usize = 200;
/// The most packets that are kept as the proof of a row, and the most bytes of each.
const PACKETS_MAX: usize = 200;
const PACKET_MAX_BYTES: usize = 512;
/// The most connections of a row.
const CLIENTS: usize = 2;

/// How the probe presents itself.
#[derive(Clone, Debug)]
pub struct ProbeConfig {
    /// What all topics and client ids begin with: random letters and digits, so that nobody else is disturbed.
    pub prefix: String,
    /// For the broker's policy.
    pub user_name: Option<Text>,
    /// For the broker's policy.
    pub password: Option<Bytes>,
    /// Whether the rows that leave something retained for a moment are among those that are asked.
    pub retains: bool,
}

/// What the probe wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum ProbeEvent {
    /// Open a transport with this number; then [`Probe::handle_open`], or [`Probe::handle_close`].
    Open(usize),
    /// Put these on its wire.
    Send(usize, Vec<u8>),
    /// Close it after everything before is out. No [`Probe::handle_close`] is wanted for it.
    Close(usize),
    /// A row is done.
    Row(Row),
    /// The report is complete.
    Done,
}

/// What was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Of what.
    pub name: &'static str,
    /// Whether the broker has it.
    pub verdict: Verdict,
    /// The finding.
    pub finding: Finding,
    /// What was said, in order.
    pub packets: Vec<Proof>,
}

/// A packet, or what came instead of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The connection's number within the row.
    pub connection: usize,
    /// Whether the probe has sent it.
    pub is_ours: bool,
    /// What the connection speaks.
    pub version: Version,
    /// Its bytes, or the first of them; of what came, as it came.
    pub bytes: Vec<u8>,
}

impl Proof {
    /// The packets that these bytes are, in words.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let sender = match self.is_ours {
            true => Sender::Client,
            false => Sender::Server,
        };
        let mut decoder = Decoder::new(Framing {
            version: Some(self.version),
            ..Framing::new(sender)
        });
        decoder.push(&self.bytes);
        let mut words = Vec::new();
        while let Ok(Some(packet)) = decoder.decode() {
            words.push(packet.to_string());
        }
        words
    }

    /// The bytes in hexadecimal.
    #[must_use]
    pub fn hex(&self) -> String {
        let bytes: Vec<String> = self.bytes.iter().map(|it| format!("{it:02x}")).collect();
        bytes.join(" ")
    }
}

/// Whether a broker has something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As the standard has it.
    Yes,
    /// Not.
    No,
    /// With a difference that the finding tells.
    Partly,
    /// It is up to the broker, and this is what it does.
    Told,
    /// What would have shown it did not come, and that proves nothing.
    NotSeen,
}

/// What the probe has left at the broker, and could not take back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// A retained message at this topic.
    Retained(String),
    /// The session of a client with this id.
    Session(String),
}

/// What came of a row's steps.
#[derive(Clone, Debug, PartialEq)]
enum Heard {
    Connected {
        client: usize,
        session_present: bool,
        properties: Properties,
    },
    Refused {
        client: usize,
        reason: ReasonCode,
    },
    Subscribed {
        client: usize,
        reasons: Vec<ReasonCode>,
    },
    Unsubscribed {
        reasons: Vec<ReasonCode>,
    },
    Message {
        client: usize,
        publish: Publish,
    },
    Acknowledged {
        reason: ReasonCode,
    },
    Closed {
        client: usize,
        why: Option<CloseReason>,
    },
    /// No transport could be had.
    NotOpened,
    /// This client would not say that to this broker.
    NotSaid(String),
    NoAnswer,
    /// What this client has sent to itself, behind everything else, has not come back.
    NoFence {
        client: usize,
    },
}

/// The probe.
#[derive(Debug)]
pub struct Probe {
    config: ProbeConfig,
    checks: VecDeque<&'static Check>,
    running: Option<Running>,
    rows: usize,
    /// The longest that an answer has taken.
    slowest: Duration,
    left: Vec<Left>,
    is_done: bool,
}

/// The names of the rows, in their order.
pub fn rows() -> impl ExactSizeIterator<Item = &'static str> {
    CHECKS.iter().map(|check| check.name)
}

impl Probe {
    /// A probe that has not begun.
    #[must_use]
    pub fn new(config: ProbeConfig) -> Self {
        let checks = CHECKS.iter();
        Self {
            checks: checks
                .filter(|it| config.retains || !it.retains())
                .collect(),
            config,
            running: None,
            rows: 0,
            slowest: Duration::ZERO,
            left: Vec::new(),
            is_done: false,
        }
    }

    /// Asks nothing more: takes back what it has left at the broker, and is done.
    pub fn stop(&mut self, now: Instant, sink: &mut dyn Sink<ProbeEvent>) {
        self.checks.clear();
        if let Some(running) = &mut self.running {
            running.stop();
        }
        self.go_on(now, sink);
    }

    /// What is known to be left at the broker: what could not be taken back, and what the row that is asked now has left so far.
    pub fn left_behind(&self) -> impl Iterator<Item = &Left> {
        let now = self.running.iter().flat_map(Running::left);
        self.left.iter().chain(now)
    }

    /// How many rows are still to come, with the one that is asked now.
    #[must_use]
    pub fn left(&self) -> usize {
        self.checks.len() + usize::from(self.running.is_some())
    }

    /// Begins, or goes on when time has come.
    pub fn handle_timeout(&mut self, now: Instant, sink: &mut dyn Sink<ProbeEvent>) {
        if let Some(running) = &mut self.running {
            for at in 0..CLIENTS {
                let mut events = Vec::new();
                if let Some(client) = running.clients.get_mut(at).and_then(Option::as_mut) {
                    client.handle_timeout(now, &mut events);
                }
                let config = &self.config;
                running.take(at, events, &mut Turn { now, config, sink });
            }
            running.give_up(now);
        }
        self.go_on(now, sink);
    }

    /// A transport that was asked for is open.
    pub fn handle_open(
        &mut self,
        now: Instant,
        connection: usize,
        sink: &mut dyn Sink<ProbeEvent>,
    ) {
        if let Some(running) = &mut self.running {
            running.opened(connection);
        }
        self.with_client(now, connection, sink, |client, events| {
            // A configuration that this version cannot say ends as a row without an answer.
            let _ = client.handle_open(now, events);
        });
    }

    /// A transport is gone, or could not be opened.
    pub fn handle_close(
        &mut self,
        now: Instant,
        connection: usize,
        sink: &mut dyn Sink<ProbeEvent>,
    ) {
        if let Some(running) = &mut self.running {
            running.gone(connection);
            if let Some(client) = running.clients.get_mut(connection).and_then(Option::as_mut) {
                client.handle_close(now, &mut Vec::new());
            }
        }
        self.go_on(now, sink);
    }

    /// Bytes have come.
    pub fn handle_input(
        &mut self,
        now: Instant,
        connection: usize,
        bytes: &[u8],
        sink: &mut dyn Sink<ProbeEvent>,
    ) {
        if let Some(running) = &mut self.running {
            running.prove_input(connection, bytes, &self.config.prefix);
            if running.waits == Waits::Quiet {
                let quiet = running.quiet(self.slowest);
                running.until = (now + quiet).min(running.since + quiet + BUSY);
            }
        }
        self.with_client(now, connection, sink, |client, events| {
            client.handle_input(now, bytes, events)
        });
    }

    /// When to call [`Probe::handle_timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let running = self.running.as_ref()?;
        let clients = running
            .clients
            .iter()
            .flatten()
            .filter_map(Client::poll_timeout);
        clients
            .chain((running.waits != Waits::Nothing).then_some(running.until))
            .min()
    }

    fn with_client(
        &mut self,
        now: Instant,
        connection: usize,
        sink: &mut dyn Sink<ProbeEvent>,
        f: impl FnOnce(&mut Client, &mut Vec<ClientEvent>),
    ) {
        if let Some(running) = &mut self.running {
            let mut events = Vec::new();
            if let Some(client) = running.clients.get_mut(connection).and_then(Option::as_mut) {
                f(client, &mut events);
            }
            let waited = running.waits;
            let config = &self.config;
            running.take(connection, events, &mut Turn { now, config, sink });
            if waited != running.waits && waited != Waits::Quiet {
                self.slowest = self.slowest.max(now.since(running.since));
            }
        }
        self.go_on(now, sink);
    }

    /// Does what can be done without waiting.
    fn go_on(&mut self, now: Instant, sink: &mut dyn Sink<ProbeEvent>) {
        loop {
            let Some(running) = &mut self.running else {
                let Some(check) = self.checks.pop_front() else {
                    if !core::mem::replace(&mut self.is_done, true) {
                        sink.emit(ProbeEvent::Done);
                    }
                    return;
                };
                self.running = Some(Running::new(check, self.rows, now));
                continue;
            };
            if running.waits != Waits::Nothing {
                return;
            }
            let config = &self.config;
            if running.step(&mut Turn { now, config, sink }) {
                if running.waits == Waits::Quiet {
                    running.until = now + running.quiet(self.slowest);
                }
                continue;
            }
            if let Some(done) = self.running.take() {
                self.rows += 1;
                let (row, left) = done.end(sink);
                self.left.extend(left);
                if let Some(row) = row {
                    sink.emit(ProbeEvent::Row(row));
                }
            }
        }
    }
}

/// The versions, for [`checks`].
const V311: Version = Version::V311;
const V5: Version = Version::V5;
