//! A probe: what does this broker support, and which packets say so?
//!
//! Each [`Row`] of the report is a little conversation of its own (`checks`), on connections of its own, and keeps the packets that
//! were exchanged as its proof. Nothing is left behind: topics begin with a prefix that the caller chooses at random, and what was
//! retained is cleared. What a broker does to others is not asked: no flood, no garbage, no guessing of passwords.

mod checks;
mod finding;
#[cfg(test)]
mod tests;

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use bytes::Bytes;
pub use checks::Check;
use checks::{CHECKS, Step};
pub use finding::{Finding, Limits, said};
use mqtt_proto::codec::{Decoder, Framing};
use mqtt_proto::packet::{Connect, Properties, Property, Publish, SubscribeFilters, Will};
use mqtt_proto::{
    Client, ClientConfig, ClientEvent, CloseReason, Duration, Instant, Message, Packet, Qos,
    ReasonCode, Sender, Sink, Tag, Text, TopicFilter, TopicName, Version,
};

/// How long the broker may take for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// After so long without anything nothing more is expected; or after so many of the longest times that an answer took, if that is
/// longer.
const QUIET: Duration = Duration::from_millis(400);
const QUIET_ANSWERS: u64 = 3;
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
    /// This client would not say that to this broker.
    NotSaid(String),
    NoAnswer,
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
}

#[derive(Debug)]
struct Running {
    check: &'static Check,
    steps: VecDeque<&'static Step>,
    clients: [Option<Client>; CLIENTS],
    heard: Vec<Heard>,
    packets: Vec<Proof>,
    /// What the last step waits for, and until when.
    waits: Waits,
    until: Instant,
    /// When the last step began.
    since: Instant,
    messages: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    Nothing,
    /// CONNACK, or the end of the connection.
    Connected,
    /// SUBACK or UNSUBACK.
    Request,
    /// PUBACK or PUBCOMP.
    Acknowledgement,
    /// That nothing comes any more.
    Quiet,
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
        }
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
                running.take(at, events, sink);
            }
            if running.waits != Waits::Nothing && running.until <= now {
                if running.waits != Waits::Quiet {
                    running.heard.push(Heard::NoAnswer);
                }
                running.waits = Waits::Nothing;
            }
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
            running.closed(connection, None);
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
            running.prove(connection, false, bytes);
            if running.waits == Waits::Quiet {
                let quiet = quiet(self.slowest);
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
            running.take(connection, events, sink);
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
                    if core::mem::replace(&mut self.rows, usize::MAX) != usize::MAX {
                        sink.emit(ProbeEvent::Done);
                    }
                    return;
                };
                self.running = Some(Running {
                    check,
                    steps: check.steps.iter().collect(),
                    clients: [None, None],
                    heard: Vec::new(),
                    packets: Vec::new(),
                    waits: Waits::Nothing,
                    until: now,
                    since: now,
                    messages: 0,
                });
                continue;
            };
            if running.waits != Waits::Nothing {
                return;
            }
            if let Some(step) = running.steps.pop_front() {
                running.since = now;
                running.run(now, step, &self.config, self.rows, sink);
                if running.waits == Waits::Quiet {
                    running.until = now + quiet(self.slowest);
                }
                continue;
            }
            if let Some(done) = self.running.take() {
                for (at, client) in done.clients.iter().enumerate() {
                    if client.is_some() {
                        sink.emit(ProbeEvent::Close(at));
                    }
                }
                self.rows += 1;
                let (verdict, finding) = (done.check.judge)(&done.heard);
                sink.emit(ProbeEvent::Row(Row {
                    name: done.check.name,
                    verdict,
                    finding,
                    packets: done.packets,
                }));
            }
        }
    }
}

fn quiet(slowest: Duration) -> Duration {
    QUIET
        .max(slowest.scaled(QUIET_ANSWERS, 1))
        .min(ANSWER_WITHIN)
}

/// A report is shown to others: asterisks stand for the password, the last field of CONNECT (section 3.1.3).
fn without_password(connect: &Connect, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let password = connect.password.as_ref().map_or(0, Bytes::len);
    let from = bytes.len().saturating_sub(password);
    bytes.get_mut(from..).unwrap_or_default().fill(b'*');
    bytes
}

impl Running {
    fn prove(&mut self, connection: usize, is_ours: bool, bytes: &[u8]) {
        let client = self.clients.get(connection).and_then(Option::as_ref);
        if let Some(client) = client
            && self.packets.len() < PACKETS_MAX
        {
            let version = client.config().version;
            let bytes = bytes.get(..PACKET_MAX_BYTES).unwrap_or(bytes).to_vec();
            self.packets.push(Proof {
                connection,
                is_ours,
                version,
                bytes,
            });
        }
    }

    fn closed(&mut self, client: usize, why: Option<CloseReason>) {
        self.heard.push(Heard::Closed { client, why });
        // Nothing is answered any more.
        self.waits = Waits::Nothing;
    }

    fn take(&mut self, at: usize, events: Vec<ClientEvent>, sink: &mut dyn Sink<ProbeEvent>) {
        for event in events {
            match event {
                ClientEvent::Send(packet) => {
                    let mut bytes = Vec::new();
                    let client = self.clients.get(at).and_then(Option::as_ref);
                    if client.is_some_and(|client| client.encode(&packet, &mut bytes).is_ok()) {
                        match &packet {
                            Packet::Connect(connect) => {
                                self.prove(at, true, &without_password(connect, &bytes))
                            }
                            _ => self.prove(at, true, &bytes),
                        }
                        sink.emit(ProbeEvent::Send(at, bytes));
                    }
                }
                ClientEvent::Connected {
                    session_present,
                    properties,
                } => {
                    self.heard.push(Heard::Connected {
                        client: at,
                        session_present,
                        properties,
                    });
                    self.settle(Waits::Connected);
                }
                ClientEvent::Refused { reason, .. } => {
                    self.heard.push(Heard::Refused { client: at, reason })
                }
                ClientEvent::Message(publish) => {
                    self.messages += 1;
                    if self.messages > MESSAGES_MAX {
                        self.settle(Waits::Quiet);
                        continue;
                    }
                    self.heard.push(Heard::Message {
                        client: at,
                        publish,
                    });
                }
                ClientEvent::Acknowledged { reason, .. } => {
                    self.heard.push(Heard::Acknowledged { reason });
                    self.settle(Waits::Acknowledgement);
                }
                ClientEvent::Subscribed(ack) => {
                    self.heard.push(Heard::Subscribed {
                        reasons: ack.reasons.iter().collect(),
                    });
                    self.settle(Waits::Request);
                }
                ClientEvent::Unsubscribed(ack) => {
                    self.heard.push(Heard::Unsubscribed {
                        reasons: ack.reasons.iter().collect(),
                    });
                    self.settle(Waits::Request);
                }
                ClientEvent::Close(why) => {
                    self.closed(at, Some(why));
                    sink.emit(ProbeEvent::Close(at));
                    if let Some(client) = self.clients.get_mut(at) {
                        *client = None;
                    }
                }
                ClientEvent::Dropped { why, .. } => {
                    self.heard.push(Heard::NotSaid(format!("{why}")))
                }
                ClientEvent::Auth(_) | ClientEvent::Disconnected(_) | ClientEvent::Note(_) => {}
            }
        }
    }

    fn settle(&mut self, waits: Waits) {
        if self.waits == waits {
            self.waits = Waits::Nothing;
        }
    }

    fn run(
        &mut self,
        now: Instant,
        step: &Step,
        config: &ProbeConfig,
        row: usize,
        sink: &mut dyn Sink<ProbeEvent>,
    ) {
        let name = |text: &str| format!("{}/{row}/{text}", config.prefix);
        let mut events = Vec::new();
        let (at, said) = match step {
            Step::Connect {
                at,
                version,
                keeps,
                id,
                will,
            } => {
                let id = if *id {
                    format!("{}-{row}-{at}", config.prefix)
                } else {
                    String::new()
                };
                let mut client =
                    ClientConfig::new(*version, Text::try_from(id.as_str()).unwrap_or_default());
                if *keeps {
                    client = client.persistent();
                }
                client.user_name = config.user_name.clone();
                client.password = config.password.clone();
                if let Some(will) = will
                    && let Ok(topic) = TopicName::try_from(name(will).as_str())
                {
                    client.will = Some(Will {
                        topic,
                        payload: Bytes::from_static(b"will"),
                        qos: Qos::AtLeastOnce,
                        retain: false,
                        properties: Properties::EMPTY,
                    });
                }
                // One that has been here before goes on with its session.
                let slot = self.clients.get_mut(*at);
                if let Some(slot) = slot
                    && (slot.is_none() || !*keeps)
                {
                    *slot = Some(Client::new(client));
                }
                self.waits = Waits::Connected;
                self.until = now + ANSWER_WITHIN;
                sink.emit(ProbeEvent::Open(*at));
                return;
            }
            Step::Quiet => {
                self.waits = Waits::Quiet;
                return;
            }
            Step::Cut(at) => {
                sink.emit(ProbeEvent::Close(*at));
                if let Some(client) = self.clients.get_mut(*at).and_then(Option::as_mut) {
                    client.handle_close(now, &mut Vec::new());
                }
                return;
            }
            Step::Subscribe {
                at,
                filter,
                options,
                id,
            } => {
                let text = match filter.strip_prefix("$share/g/") {
                    Some(rest) => format!("$share/{}/{}", config.prefix, name(rest)),
                    None if filter.starts_with('$') || *filter == "#" => String::from(*filter),
                    None => name(filter),
                };
                let properties = id
                    .map(Property::SubscriptionIdentifier)
                    .into_iter()
                    .collect();
                self.waits = Waits::Request;
                (
                    *at,
                    self.on(*at, |client| {
                        let filter = TopicFilter::try_from(text.as_str())
                            .map_err(|fault| format!("{fault}"))?;
                        let filters = SubscribeFilters::one(filter, *options);
                        client
                            .subscribe(now, filters, properties, &mut events)
                            .map(drop)
                            .map_err(|misuse| format!("{misuse}"))
                    }),
                )
            }
            Step::Unsubscribe { at, filter } => {
                self.waits = Waits::Request;
                (
                    *at,
                    self.on(*at, |client| {
                        let filter = TopicFilter::try_from(name(filter).as_str())
                            .map_err(|fault| format!("{fault}"))?;
                        let filters = core::iter::once(filter).collect();
                        client
                            .unsubscribe(now, filters, Properties::EMPTY, &mut events)
                            .map(drop)
                            .map_err(|misuse| format!("{misuse}"))
                    }),
                )
            }
            Step::Publish {
                at,
                topic,
                qos,
                retain,
                payload,
            } => {
                if *qos > Qos::AtMostOnce {
                    self.waits = Waits::Acknowledgement;
                }
                let text = if topic.starts_with('$') {
                    format!("{topic}/{}", config.prefix)
                } else {
                    name(topic)
                };
                (
                    *at,
                    self.on(*at, |client| {
                        let topic = TopicName::try_from(text.as_str())
                            .map_err(|fault| format!("{fault}"))?;
                        let mut message =
                            Message::new(topic, Bytes::from_static(payload.as_bytes()), *qos);
                        message.retain = *retain;
                        client
                            .publish(now, message, Tag(1), &mut events)
                            .map_err(|misuse| format!("{misuse}"))
                    }),
                )
            }
        };
        self.until = now + ANSWER_WITHIN;
        if let Err(why) = said {
            self.heard.push(Heard::NotSaid(why));
            self.waits = Waits::Nothing;
        }
        self.take(at, events, sink);
    }

    fn on(
        &mut self,
        at: usize,
        f: impl FnOnce(&mut Client) -> Result<(), String>,
    ) -> Result<(), String> {
        match self.clients.get_mut(at).and_then(Option::as_mut) {
            Some(client) => f(client),
            None => Err(String::from("there is no connection")),
        }
    }
}

/// The versions, for [`checks`].
const V311: Version = Version::V311;
const V5: Version = Version::V5;
