//! A row that is asked just now.

use super::checks::{Check, Step, connect, retain};
use super::finding::Finding;
use super::{
    ANSWER_WITHIN, CLIENTS, Heard, Left, MESSAGES_MAX, PACKET_MAX_BYTES, PACKETS_MAX, ProbeConfig,
    ProbeEvent, Proof, QUIET, QUIET_ANSWERS, Row, SETTLED, SETTLED_ANSWERS, Verdict,
};
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use bytes::Bytes;
use mqtt_proto::codec::remaining_length;
use mqtt_proto::packet::{
    Connect, PacketType, Properties, Property, Publish, SubscribeFilters, SubscriptionOptions, Will,
};
use mqtt_proto::{
    Client, ClientConfig, ClientEvent, CloseReason, Duration, Instant, Message, Packet, Qos, Sink,
    Tag, Text, TopicFilter, TopicName, Version,
};

#[derive(Debug)]
pub(super) struct Running {
    check: &'static Check,
    /// Its number.
    row: usize,
    steps: VecDeque<Step>,
    pub(super) clients: [Option<Client>; CLIENTS],
    /// Whose transport is open.
    open: [bool; CLIENTS],
    incoming: [Incoming; CLIENTS],
    heard: Vec<Heard>,
    packets: Vec<Proof>,
    /// What the last step waits for, at which client, and until when.
    pub(super) waits: Waits,
    at: usize,
    pub(super) until: Instant,
    /// When the last step began.
    pub(super) since: Instant,
    messages: usize,
    /// Who has subscribed to what it sends to itself, and how often that was sent.
    is_fenced: [bool; CLIENTS],
    fences: u32,
    /// Whether the last fence has come, and nothing but the fence was waited for since.
    is_behind_fence: bool,
    left: Vec<(Left, Way)>,
    /// Known before what it has left is taken back.
    judged: Option<(Verdict, Finding)>,
    is_stopped: bool,
}

/// How something is taken back that was left at the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// By an empty retained message at this topic.
    Clear(Version, &'static str),
    /// By a clean session of this client.
    Clean(Version, usize),
}

/// What a step needs from outside.
pub(super) struct Turn<'t> {
    pub(super) now: Instant,
    pub(super) config: &'t ProbeConfig,
    pub(super) sink: &'t mut dyn Sink<ProbeEvent>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waits {
    Nothing,
    /// CONNACK, or the end of the connection.
    Connected,
    /// SUBACK or UNSUBACK.
    Request,
    /// PUBACK or PUBCOMP.
    Acknowledgement,
    /// SUBACK for what the client will send to itself.
    FenceGranted,
    /// What the client has sent to itself.
    Fence,
    /// That nothing comes any more.
    Quiet,
}

/// What the acknowledgements of these messages mean.
const MESSAGE: Tag = Tag(1);
const FENCE: Tag = Tag(2);
const CLEARED: Tag = Tag(3);

/// A packet on its way in: its first bytes, and how many are still to come once its length is known.
#[derive(Debug, Default)]
struct Incoming {
    head: Vec<u8>,
    left: Option<usize>,
}

impl Incoming {
    /// Takes the bytes of one packet from the front; whether it is whole.
    fn take(&mut self, bytes: &mut &[u8]) -> bool {
        while self.left.is_none() {
            let Some((first, rest)) = bytes.split_first() else {
                return false;
            };
            self.head.push(*first);
            *bytes = rest;
            self.left = remaining_length(&self.head).map(|len| len as usize);
            /// A fixed header is no longer than this (section 2.2).
            const HEADER_MAX_BYTES: usize = 5;
            if self.left.is_none() && self.head.len() >= HEADER_MAX_BYTES {
                // It is no packet: what came is the proof.
                self.left = Some(bytes.len());
            }
        }
        let left = self.left.unwrap_or_default();
        let (mine, rest) = bytes.split_at(left.min(bytes.len()));
        let room = PACKET_MAX_BYTES.saturating_sub(self.head.len());
        self.head
            .extend_from_slice(mine.get(..room).unwrap_or(mine));
        *bytes = rest;
        self.left = Some(left - mine.len());
        left == mine.len()
    }
}

/// A report is shown to others: asterisks stand for the password, the last field of CONNECT (section 3.1.3).
fn without_password(connect: &Connect, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let password = connect.password.as_ref().map_or(0, Bytes::len);
    let from = bytes.len().saturating_sub(password);
    bytes.get_mut(from..).unwrap_or_default().fill(b'*');
    bytes
}

/// What strangers publish is not the report's: behind their topic stand asterisks. `packet` has come from the broker.
fn without_strangers(packet: &mut [u8], prefix: &str) {
    let publish = PacketType::Publish as u8;
    let header = 1 + packet.iter().skip(1).take_while(|it| **it >= 0x80).count() + 1;
    let Some((&mut first, _)) = packet.split_first_mut() else {
        return;
    };
    let topic = packet.get(header..header + 2).and_then(|len| {
        let len = len.iter().fold(0, |len, it| len << 8 | usize::from(*it));
        packet.get(header + 2..header + 2 + len)
    });
    let is_ours = topic.is_some_and(|it| it.starts_with(prefix.as_bytes()) || it.starts_with(b"$"));
    if first >> 4 == publish && !is_ours {
        let end = header + 2 + topic.map_or(0, <[u8]>::len);
        packet.get_mut(end..).unwrap_or_default().fill(b'*');
    }
}

impl Running {
    pub(super) fn new(check: &'static Check, row: usize, now: Instant) -> Self {
        Self {
            check,
            row,
            steps: check.steps.iter().copied().collect(),
            clients: [None, None],
            open: [false; CLIENTS],
            incoming: Default::default(),
            heard: Vec::new(),
            packets: Vec::new(),
            waits: Waits::Nothing,
            at: 0,
            until: now,
            since: now,
            messages: 0,
            is_fenced: [false; CLIENTS],
            fences: 0,
            is_behind_fence: false,
            left: Vec::new(),
            judged: None,
            is_stopped: false,
        }
    }

    /// What it has left at the broker so far.
    pub(super) fn left(&self) -> impl Iterator<Item = &Left> {
        self.left.iter().map(|(left, _)| left)
    }

    #[cfg(test)]
    pub(super) fn proofs(&self) -> impl Iterator<Item = &Proof> {
        self.packets.iter()
    }

    /// After so long without anything nothing more is expected.
    pub(super) fn quiet(&self, slowest: Duration) -> Duration {
        let (least, answers) = match self.is_behind_fence {
            true => (SETTLED, SETTLED_ANSWERS),
            false => (QUIET, QUIET_ANSWERS),
        };
        least.max(slowest.scaled(answers, 1)).min(ANSWER_WITHIN)
    }

    /// Nothing more is asked; only what it has left is taken back.
    pub(super) fn stop(&mut self) {
        self.is_stopped = true;
        if self.judged.is_none() {
            self.steps.clear();
            self.waits = Waits::Nothing;
        }
    }

    /// The next step. `false`: there is none.
    pub(super) fn step(&mut self, turn: &mut Turn<'_>) -> bool {
        if self.steps.is_empty() && self.judged.is_none() {
            self.judged = Some((self.check.judge)(&self.heard));
            let ways = self.left.iter().flat_map(|(_, way)| match *way {
                Way::Clear(version, topic) => [
                    Some(Step::Cut(0)),
                    Some(connect(0, version)),
                    Some(retain(0, topic, "")),
                ],
                Way::Clean(version, at) => [Some(Step::Cut(at)), Some(connect(at, version)), None],
            });
            self.steps = ways.flatten().collect();
        }
        let Some(step) = self.steps.pop_front() else {
            return false;
        };
        self.since = turn.now;
        self.run(step, turn);
        true
    }

    /// Closes what is open. Gives the row, unless it was stopped, and what stays at the broker.
    pub(super) fn end(
        self,
        sink: &mut dyn Sink<ProbeEvent>,
    ) -> (Option<Row>, impl Iterator<Item = Left>) {
        for (at, client) in self.clients.iter().enumerate() {
            if client.is_some() {
                sink.emit(ProbeEvent::Close(at));
            }
        }
        let judged = self.judged.filter(|_| !self.is_stopped);
        let row = judged.map(|(verdict, finding)| Row {
            name: self.check.name,
            verdict,
            finding,
            packets: self.packets,
        });
        (row, self.left.into_iter().map(|(left, _)| left))
    }

    /// Time has come to wait no longer.
    pub(super) fn give_up(&mut self, now: Instant) {
        if self.waits == Waits::Nothing || self.until > now {
            return;
        }
        match self.waits {
            Waits::Nothing | Waits::Quiet => {}
            Waits::FenceGranted | Waits::Fence => self.no_fence(),
            Waits::Connected | Waits::Request | Waits::Acknowledgement => {
                self.heard.push(Heard::NoAnswer);
            }
        }
        self.waits = Waits::Nothing;
    }

    fn no_fence(&mut self) {
        self.heard.push(Heard::NoFence { client: self.at });
    }

    pub(super) fn opened(&mut self, connection: usize) {
        if let Some(open) = self.open.get_mut(connection) {
            *open = true;
        }
    }

    /// A transport is gone, or there was none to be had.
    pub(super) fn gone(&mut self, connection: usize) {
        match self.open.get(connection) {
            Some(true) => self.closed(connection, None),
            _ => {
                self.heard.push(Heard::NotOpened);
                self.nothing_more_from(connection);
            }
        }
    }

    fn closed(&mut self, client: usize, why: Option<CloseReason>) {
        self.heard.push(Heard::Closed { client, why });
        self.nothing_more_from(client);
    }

    fn nothing_more_from(&mut self, client: usize) {
        if let Some(open) = self.open.get_mut(client) {
            *open = false;
        }
        if self.at == client && self.waits != Waits::Quiet {
            if matches!(self.waits, Waits::FenceGranted | Waits::Fence) {
                self.no_fence();
            }
            self.waits = Waits::Nothing;
        }
    }

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

    /// Keeps what has come, packet by packet.
    pub(super) fn prove_input(&mut self, connection: usize, mut bytes: &[u8], prefix: &str) {
        while !bytes.is_empty() {
            let Some(incoming) = self.incoming.get_mut(connection) else {
                return;
            };
            if !incoming.take(&mut bytes) {
                return;
            }
            let mut packet = core::mem::take(incoming).head;
            without_strangers(&mut packet, prefix);
            self.prove(connection, false, &packet);
        }
    }

    pub(super) fn take(&mut self, at: usize, events: Vec<ClientEvent>, turn: &mut Turn<'_>) {
        for event in events {
            match event {
                ClientEvent::Send(packet) => self.send(at, &packet, turn.sink),
                ClientEvent::Connected {
                    session_present,
                    properties,
                } => {
                    self.heard.push(Heard::Connected {
                        client: at,
                        session_present,
                        properties,
                    });
                    self.settle(at, Waits::Connected);
                    let keeps = self.clients.get(at).and_then(Option::as_ref);
                    if keeps.is_some_and(|it| it.config().clean_start) {
                        self.left
                            .retain(|(_, way)| !matches!(way, Way::Clean(_, of) if *of == at));
                    }
                }
                ClientEvent::Refused { reason, .. } => {
                    self.heard.push(Heard::Refused { client: at, reason });
                }
                ClientEvent::Message(publish) => self.message(at, publish, &turn.config.prefix),
                ClientEvent::Acknowledged { tag: FENCE, .. } => {}
                ClientEvent::Acknowledged { tag, reason, .. } => {
                    self.heard.push(Heard::Acknowledged { reason });
                    self.settle(at, Waits::Acknowledgement);
                    if tag == CLEARED && !reason.is_failure() {
                        self.left.retain(|(_, way)| !matches!(way, Way::Clear(..)));
                    }
                }
                ClientEvent::Subscribed(ack) if self.waits == Waits::FenceGranted => {
                    if let Some(is_fenced) = self.is_fenced.get_mut(at) {
                        *is_fenced = ack.reasons.iter().all(|it| !it.is_failure());
                    }
                    self.settle(at, Waits::FenceGranted);
                }
                ClientEvent::Subscribed(ack) => {
                    self.heard.push(Heard::Subscribed {
                        client: at,
                        reasons: ack.reasons.iter().collect(),
                    });
                    self.settle(at, Waits::Request);
                }
                ClientEvent::Unsubscribed(ack) => {
                    self.heard.push(Heard::Unsubscribed {
                        reasons: ack.reasons.iter().collect(),
                    });
                    self.settle(at, Waits::Request);
                }
                ClientEvent::Close(why) => {
                    self.closed(at, Some(why));
                    turn.sink.emit(ProbeEvent::Close(at));
                    if let Some(client) = self.clients.get_mut(at) {
                        *client = None;
                    }
                }
                ClientEvent::Dropped { tag: FENCE, .. } => {}
                ClientEvent::Dropped { why, .. } => {
                    self.heard.push(Heard::NotSaid(format!("{why}")));
                }
                ClientEvent::Auth(_) | ClientEvent::Disconnected(_) | ClientEvent::Note(_) => {}
            }
        }
    }

    fn send(&mut self, at: usize, packet: &Packet, sink: &mut dyn Sink<ProbeEvent>) {
        let mut bytes = Vec::new();
        let client = self.clients.get(at).and_then(Option::as_ref);
        if client.is_some_and(|client| client.encode(packet, &mut bytes).is_ok()) {
            match packet {
                Packet::Connect(connect) => {
                    self.prove(at, true, &without_password(connect, &bytes));
                }
                _ => self.prove(at, true, &bytes),
            }
            sink.emit(ProbeEvent::Send(at, bytes));
        }
    }

    fn message(&mut self, at: usize, publish: Publish, prefix: &str) {
        let topic = publish.topic.as_ref().map_or("", TopicName::as_str);
        if topic == fence(prefix, self.row, at) {
            // By a wildcard, or a second time, it can come later than it is waited for.
            if *publish.payload == *format!("{}", self.fences).as_bytes() {
                self.is_behind_fence |= self.waits == Waits::Fence;
                self.settle(at, Waits::Fence);
            }
            return;
        }
        self.messages += 1;
        if self.messages > MESSAGES_MAX {
            self.settle(self.at, Waits::Quiet);
            return;
        }
        // Of strangers nothing follows.
        if topic.starts_with(prefix) || topic.starts_with('$') {
            self.heard.push(Heard::Message {
                client: at,
                publish,
            });
        }
    }

    fn settle(&mut self, at: usize, waits: Waits) {
        if self.waits == waits && self.at == at {
            self.waits = Waits::Nothing;
        }
    }

    fn run(&mut self, step: Step, turn: &mut Turn<'_>) {
        let (now, config, row) = (turn.now, turn.config, self.row);
        let topic = |text: &str| topic(config, row, text);
        self.until = now + ANSWER_WITHIN;
        if step != Step::Quiet {
            self.is_behind_fence = false;
        }
        match step {
            Step::Connect {
                at,
                version,
                keeps,
                id,
                will,
            } => self.connect(at, version, keeps, id, will, turn),
            Step::Quiet => {
                if self.open.contains(&true) {
                    self.waits = Waits::Quiet;
                }
            }
            Step::Cut(at) => {
                let client = self.clients.get_mut(at).and_then(Option::as_mut);
                if let Some(client) = client {
                    client.handle_close(now, &mut Vec::new());
                    turn.sink.emit(ProbeEvent::Close(at));
                }
                self.forget(at);
            }
            Step::Fence(at) => {
                self.steps.push_front(Step::Quiet);
                self.steps.push_front(Step::SayFence(at));
                if self.is_fenced.get(at) == Some(&false) {
                    let filter = fence(&config.prefix, self.row, at);
                    let options = SubscriptionOptions::at(Qos::AtLeastOnce);
                    let asked = self.subscribe(at, &filter, options, None, turn);
                    // If not, it is found out at once.
                    if asked.is_ok() {
                        self.wait(at, Waits::FenceGranted);
                    }
                }
            }
            Step::SayFence(at) => {
                self.fences += 1;
                let payload = Bytes::from(format!("{}", self.fences));
                let topic = fence(&config.prefix, self.row, at);
                self.wait(at, Waits::Fence);
                let fence = message(&topic, payload, Qos::AtLeastOnce, false);
                let is_said = self.is_fenced.get(at) == Some(&true)
                    && self.publish(at, fence, FENCE, turn).is_ok();
                if !is_said {
                    self.no_fence();
                    self.waits = Waits::Nothing;
                }
            }
            Step::Subscribe {
                at,
                filter,
                options,
                id,
            } => {
                let filter = topic(filter);
                self.wait(at, Waits::Request);
                let said = self.subscribe(at, &filter, options, id, turn);
                self.said(said);
            }
            Step::Unsubscribe { at, filter } => {
                let filter = topic(filter);
                self.wait(at, Waits::Request);
                let mut events = Vec::new();
                let said = self.on(at, |client| {
                    let filter = TopicFilter::try_from(filter.as_str())
                        .map_err(|fault| format!("{fault}"))?;
                    let filters = core::iter::once(filter).collect();
                    client
                        .unsubscribe(now, filters, Properties::EMPTY, &mut events)
                        .map(drop)
                        .map_err(|misuse| format!("{misuse}"))
                });
                self.take(at, events, turn);
                self.said(said);
            }
            Step::Publish {
                at,
                topic: name,
                qos,
                retain,
                payload,
            } => {
                let topic = topic(name);
                if qos > Qos::AtMostOnce {
                    self.wait(at, Waits::Acknowledgement);
                }
                let tag = match retain && payload.is_empty() {
                    true => CLEARED,
                    false => MESSAGE,
                };
                let bytes = Bytes::from_static(payload.as_bytes());
                let version = self.clients.get(at).and_then(Option::as_ref);
                if let Some(version) = version.map(|it| it.config().version)
                    && retain
                    && !payload.is_empty()
                {
                    let left = (Left::Retained(topic.clone()), Way::Clear(version, name));
                    self.left.push(left);
                }
                let message = message(&topic, bytes, qos, retain);
                let said = self.publish(at, message, tag, turn);
                self.said(said);
            }
        }
    }

    fn wait(&mut self, at: usize, waits: Waits) {
        self.at = at;
        self.waits = waits;
    }

    fn said(&mut self, said: Result<(), String>) {
        if let Err(why) = said {
            self.heard.push(Heard::NotSaid(why));
            self.waits = Waits::Nothing;
        }
    }

    /// What was known of a connection.
    fn forget(&mut self, at: usize) {
        for slot in [&mut self.open, &mut self.is_fenced] {
            if let Some(slot) = slot.get_mut(at) {
                *slot = false;
            }
        }
        if let Some(incoming) = self.incoming.get_mut(at) {
            *incoming = Incoming::default();
        }
    }

    fn connect(
        &mut self,
        at: usize,
        version: Version,
        keeps: bool,
        id: bool,
        will: Option<&'static str>,
        turn: &mut Turn<'_>,
    ) {
        let config = turn.config;
        let id = match id {
            true => format!("{}-{}-{at}", config.prefix, self.row),
            false => String::new(),
        };
        if keeps && !self.left().any(|it| *it == Left::Session(id.clone())) {
            self.left
                .push((Left::Session(id.clone()), Way::Clean(version, at)));
        }
        let mut client =
            ClientConfig::new(version, Text::try_from(id.as_str()).unwrap_or_default());
        if keeps {
            client = client.persistent();
        }
        client.user_name = config.user_name.clone();
        client.password = config.password.clone();
        if let Some(will) = will
            && let Ok(topic) = TopicName::try_from(topic(config, self.row, will).as_str())
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
        let slot = self.clients.get_mut(at);
        if let Some(slot) = slot
            && (slot.is_none() || !keeps)
        {
            *slot = Some(Client::new(client));
        }
        self.forget(at);
        self.wait(at, Waits::Connected);
        turn.sink.emit(ProbeEvent::Open(at));
    }

    fn subscribe(
        &mut self,
        at: usize,
        filter: &str,
        options: SubscriptionOptions,
        id: Option<u32>,
        turn: &mut Turn<'_>,
    ) -> Result<(), String> {
        let properties = id
            .map(Property::SubscriptionIdentifier)
            .into_iter()
            .collect();
        let mut events = Vec::new();
        let said = self.on(at, |client| {
            let filter = TopicFilter::try_from(filter).map_err(|fault| format!("{fault}"))?;
            let filters = SubscribeFilters::one(filter, options);
            client
                .subscribe(turn.now, filters, properties, &mut events)
                .map(drop)
                .map_err(|misuse| format!("{misuse}"))
        });
        self.take(at, events, turn);
        said
    }

    fn publish(
        &mut self,
        at: usize,
        message: Result<Message, String>,
        tag: Tag,
        turn: &mut Turn<'_>,
    ) -> Result<(), String> {
        let mut events = Vec::new();
        let said = self.on(at, |client| {
            client
                .publish(turn.now, message?, tag, &mut events)
                .map_err(|misuse| format!("{misuse}"))
        });
        self.take(at, events, turn);
        said
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

fn message(topic: &str, payload: Bytes, qos: Qos, retain: bool) -> Result<Message, String> {
    let topic = TopicName::try_from(topic).map_err(|fault| format!("{fault}"))?;
    let mut message = Message::new(topic, payload, qos);
    message.retain = retain;
    Ok(message)
}

/// The topic that only one client of a row is subscribed to, to send to itself.
fn fence(prefix: &str, row: usize, at: usize) -> String {
    format!("{prefix}/{row}/fence/{at}")
}

/// A topic of a row, or a filter, as the broker is told it: one that is nobody else's wherever that can be.
fn topic(config: &ProbeConfig, row: usize, text: &str) -> String {
    let prefix = &config.prefix;
    match text.strip_prefix("$share/g/") {
        Some(rest) => format!("$share/{prefix}/{prefix}/{row}/{rest}"),
        None if text == "#" || text.starts_with("$SYS") => String::from(text),
        None if text.starts_with('$') => format!("{text}/{prefix}"),
        None => format!("{prefix}/{row}/{text}"),
    }
}
