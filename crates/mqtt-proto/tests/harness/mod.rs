//! Runs scripts against a client, a server's connection, or a pair of them over a transport that
//! can be cut. A script is a text whose indented lines are what happened; see `scripts/README.md`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    unreachable_pub,
    reason = "tests"
)]

pub mod notation;

use bytes::{Bytes, BytesMut};
use mqtt_proto::codec::encode;
use mqtt_proto::packet::{ConnAck, Properties, Property, ReasonCodes};
use mqtt_proto::session::{Awaits, Direction, WhenFull};
use mqtt_proto::{
    Acceptance, Client, ClientConfig, ClientEvent, CloseReason, Duration, Effect, Expiry, Instant,
    Lifetime, Limits, Message, Misuse, Note, Offer, Packet, Qos, ReasonCode, Refused, Retry,
    ServerConfig, ServerConnection, ServerEvent, Session, SessionConfig, Tag, TopicName, Version,
};
use notation::{Line, qos, split, text};
use std::collections::VecDeque;
use std::fmt::Write;

/// What the test's server does with a CONNECT.
#[derive(Clone)]
enum Policy {
    Accept,
    Refuse(Refused, Properties),
    /// Asks for more with AUTH this many times, then accepts.
    Authenticate(u32),
    /// Decides nothing.
    Hold,
}

/// A server that knows one client.
struct Server {
    config: ServerConfig,
    session_config: SessionConfig,
    policy: Policy,
    acceptance: Acceptance,
    /// The answer to every QoS 1 and 2 PUBLISH.
    answer: (ReasonCode, Properties),
    /// What SUBSCRIBE is answered with beside the codes.
    sub_ack_properties: Properties,
    connection: Option<ServerConnection>,
    session: Option<Session>,
    asked: u32,
    /// What AUTH says beside its data.
    challenge: Properties,
    /// The connection carries the session.
    accepted: bool,
}

pub struct World {
    now: Instant,
    version: Version,
    client: Option<Client>,
    server: Option<Server>,
    /// Both ends share a transport, instead of the script's `>`.
    paired: bool,
    up: bool,
    to_server: VecDeque<Bytes>,
    to_client: VecDeque<Bytes>,
    tag: u32,
    out: String,
    /// For checkers: payloads in the order of their delivery, and those that were taken for it.
    pub delivered_to_server: Vec<Bytes>,
    pub delivered_to_client: Vec<Bytes>,
    pub taken_from_client: Vec<(Qos, Bytes)>,
    pub taken_from_server: Vec<(Qos, Bytes)>,
}

/// Runs the commands of a script and gives it back with what happened.
pub fn run(script: &str) -> String {
    let mut out = String::new();
    let mut world = World::new();
    for line in script.lines() {
        if line.starts_with("  ") {
            continue;
        }
        writeln!(out, "{line}").unwrap();
        if line.starts_with('#') {
            world = World::new();
        } else if !line.is_empty() {
            world.command(line);
            out += &std::mem::take(&mut world.out);
        }
    }
    out
}

impl World {
    pub fn new() -> Self {
        Self {
            now: Instant::ZERO,
            version: Version::V5,
            client: None,
            server: None,
            paired: false,
            up: false,
            to_server: VecDeque::new(),
            to_client: VecDeque::new(),
            tag: 0,
            out: String::new(),
            delivered_to_server: Vec::new(),
            delivered_to_client: Vec::new(),
            taken_from_client: Vec::new(),
            taken_from_server: Vec::new(),
        }
    }

    pub fn command(&mut self, command: &str) {
        if let Some(hex) = command.strip_prefix(">> ") {
            let bytes = hex
                .split_whitespace()
                .map(|byte| u8::from_str_radix(byte, 16).unwrap())
                .collect::<Vec<u8>>();
            return self.input(&bytes);
        }
        if let Some(packets) = command.strip_prefix("> ") {
            // Several packets in one piece, with `;` between them.
            let mut bytes = BytesMut::new();
            for packet in packets.split("; ") {
                let packet = notation::packet(packet, self.version);
                encode(&packet, self.version, &mut bytes).unwrap();
            }
            return self.input(&bytes);
        }
        if let Some(span) = command.strip_prefix('+') {
            return self.advance(duration(span));
        }
        let line = split(command);
        match line.words[0] {
            "client" => self.client = Some(Client::new(self.client_config(&line))),
            "server" => self.set_server(&line),
            "pair" => self.paired = true,
            "step" => match line.words.get(1) {
                None => self.step(),
                Some(way) => self.arrive(*way == "up", usize::MAX),
            },
            "half" => self.arrive(line.words[1] == "up", 3),
            "lose" => self.lose(line.words[1] == "up"),
            "run" => self.run(),
            "cut" => self.cut(),
            "open" => self.open(),
            "close" => self.close(),
            "wait" => self.show_timeout(),
            "session" => self.show_session(),
            "config" => {
                let config = self.client_config(&line);
                *self.client.as_mut().unwrap().config_mut() = config;
            }
            "accept" => self.server().acceptance = acceptance(&line),
            "refuse" => {
                self.server().policy = Policy::Refuse(refused(line.words[1]), line.properties);
            }
            "hold" => self.server().policy = Policy::Hold,
            "authenticate" => {
                self.server().policy = Policy::Authenticate(line.number("steps").unwrap_or(1));
                self.server().challenge = line.properties;
            }
            "answer" => {
                self.server().answer = (notation::reason(line.words[1]), line.properties);
            }
            "explain" => self.server().sub_ack_properties = line.properties,
            "kick" => {
                let mut effects = Vec::new();
                let now = self.now;
                let reason = notation::reason(line.words[1]);
                let connection = self.server().connection.as_mut().unwrap();
                let result = connection.disconnect(now, reason, line.properties, &mut effects);
                self.server_effects(effects);
                self.show_misuse(result);
            }
            "deliver" => self.deliver(&line),
            _ => self.client_call(&line),
        }
    }

    fn server(&mut self) -> &mut Server {
        self.server.as_mut().expect("a server")
    }

    fn version_of(&mut self, line: &Line<'_>) -> Version {
        let version = match line.words[1] {
            "3.1.1" => Version::V311,
            "5.0" => Version::V5,
            other => panic!("version {other:?}"),
        };
        self.version = version;
        version
    }

    fn client_config(&mut self, line: &Line<'_>) -> ClientConfig {
        let version = self.version_of(line);
        let mut config = ClientConfig::new(version, text(line.value("id").unwrap_or("c")));
        config.clean_start = !line.has("keep");
        if line.has("keep") {
            config.session_expiry = Expiry::NEVER;
        }
        if let Some(secs) = line.number("expiry") {
            config.session_expiry = Expiry::from_secs(secs);
        }
        config.keep_alive_secs = line.number("ka").unwrap_or(0);
        config.limits = limits(line);
        config.aliases_wanted = line.number("aliases").unwrap_or(0);
        config.user_name = line.value("user").map(text);
        config.password = line
            .value("pass")
            .map(|pass| Bytes::copy_from_slice(pass.as_bytes()));
        config.will = notation::will(line);
        config.request_problem_information = !line.has("noproblem");
        config.request_response_information = line.has("wantresponse");
        config.authentication = line.value("auth").map(|method| (text(method), None));
        config.properties = line.properties.clone();
        config.session = session_config(line);
        config.retry = retry(line);
        if let Some(timeout) = line.value("timeout") {
            config.response_timeout = duration(timeout);
        }
        config
    }

    fn set_server(&mut self, line: &Line<'_>) {
        self.version_of(line);
        let mut config = ServerConfig {
            limits: limits(line),
            offer: Offer::EVERYTHING,
            aliases_wanted: line.number("aliases").unwrap_or(0),
            connect_timeout: Duration::from_secs(10),
            retry: retry(line),
            explain: false,
        };
        if let Some(maximum) = line.value("maxqos") {
            config.offer.maximum_qos = qos(maximum);
        }
        config.offer.retain = !line.has("noretain");
        config.offer.wildcards = !line.has("nowildcards");
        config.offer.shared = !line.has("noshared");
        config.offer.subscription_ids = !line.has("nosubids");
        self.server = Some(Server {
            config,
            session_config: session_config(line),
            policy: Policy::Accept,
            acceptance: Acceptance::default(),
            answer: (ReasonCode::Success, Properties::EMPTY),
            sub_ack_properties: Properties::EMPTY,
            connection: None,
            session: None,
            asked: 0,
            challenge: Properties::EMPTY,
            accepted: false,
        });
        if self.client.is_none() {
            // A script that plays the client itself starts with an open transport.
            self.server().connection = Some(ServerConnection::new(Instant::ZERO, config));
        }
    }

    /// Bytes that the script sends to the one machine there is.
    fn input(&mut self, bytes: &[u8]) {
        if self.client.is_some() {
            self.client_input(bytes);
        } else {
            self.server_input(bytes);
        }
    }

    fn open(&mut self) {
        let now = self.now;
        self.up = true;
        if let Some(server) = &mut self.server {
            server.asked = 0;
            server.accepted = false;
            server.connection = Some(ServerConnection::new(now, server.config));
        }
        if let Some(client) = &mut self.client {
            let mut events = Vec::new();
            let result = client.handle_open(now, &mut events);
            self.client_events(events);
            self.show_misuse(result);
        }
    }

    fn close(&mut self) {
        self.up = false;
        self.to_client.clear();
        self.to_server.clear();
        let now = self.now;
        if let Some(client) = &mut self.client {
            let mut events = Vec::new();
            client.handle_close(now, &mut events);
            self.client_events(events);
        }
        if let Some(server) = &mut self.server
            && let Some(mut connection) = server.connection.take()
        {
            let ends = server.accepted && connection.session_expiry().is_at_close();
            connection.handle_close(server.session.as_mut());
            if ends {
                server.session = None;
            }
        }
    }

    /// The transport breaks, and what is on its way is lost.
    fn cut(&mut self) {
        let lost: Vec<(&str, Bytes)> = self
            .to_server
            .drain(..)
            .map(|bytes| ("C", bytes))
            .chain(self.to_client.drain(..).map(|bytes| ("S", bytes)))
            .collect();
        for (from, bytes) in lost {
            self.show_lost(from, &bytes);
        }
        self.close();
    }

    /// Every packet that is on its way arrives; then those that follow.
    pub fn run(&mut self) {
        for _ in 0..10_000 {
            if self.to_server.is_empty() && self.to_client.is_empty() {
                return;
            }
            self.step();
        }
        panic!("never quiet");
    }

    /// One packet arrives: the client's first.
    pub fn step(&mut self) {
        self.arrive(!self.to_server.is_empty(), usize::MAX);
    }

    /// The next packet of one direction arrives, or its first bytes.
    fn arrive(&mut self, up: bool, most: usize) {
        let (queue, to, from) = match up {
            true => (&mut self.to_server, "S", "C"),
            false => (&mut self.to_client, "C", "S"),
        };
        let Some(mut bytes) = queue.pop_front() else {
            return;
        };
        if most < bytes.len() {
            queue.push_front(bytes.split_off(most));
        }
        match self.decode_one(from, &bytes) {
            Some(packet) => writeln!(self.out, "  {to} <- {packet}").unwrap(),
            None => writeln!(self.out, "  {to} <- {} bytes", bytes.len()).unwrap(),
        }
        match up {
            true => self.server_input(&bytes),
            false => self.client_input(&bytes),
        }
    }

    /// A datagram is lost; no stream does that.
    fn lose(&mut self, up: bool) {
        let (queue, from) = match up {
            true => (&mut self.to_server, "C"),
            false => (&mut self.to_client, "S"),
        };
        if let Some(bytes) = queue.pop_front() {
            self.show_lost(from, &bytes);
        }
    }

    fn show_lost(&mut self, from: &str, bytes: &Bytes) {
        match self.decode_one(from, bytes) {
            Some(packet) => writeln!(self.out, "  {from} lost {packet}").unwrap(),
            None => writeln!(self.out, "  {from} lost {} bytes", bytes.len()).unwrap(),
        }
    }

    /// The packet, if these bytes are a whole one.
    fn decode_one(&self, from: &str, bytes: &Bytes) -> Option<Packet> {
        let sender = match from {
            "C" => mqtt_proto::Sender::Client,
            _ => mqtt_proto::Sender::Server,
        };
        let mut decoder = mqtt_proto::codec::Decoder::new(mqtt_proto::codec::Framing {
            version: Some(self.version),
            ..mqtt_proto::codec::Framing::new(sender)
        });
        decoder.push(bytes);
        decoder.decode().ok().flatten()
    }

    fn advance(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            let client = self.client.as_ref().and_then(Client::poll_timeout);
            let server = self.server.as_ref().and_then(|server| {
                let connection = server.connection.as_ref()?;
                connection.poll_timeout(server.session.as_ref())
            });
            let next = [client, server].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= end) else {
                break;
            };
            // A machine whose time has come must not ask for the same moment again.
            assert!(
                next >= self.now || self.now == Instant::ZERO,
                "time runs back"
            );
            self.now = next.max(self.now);
            let micros = self.now.as_micros();
            writeln!(
                self.out,
                "  at {}.{:06} s",
                micros / 1_000_000,
                micros % 1_000_000
            )
            .unwrap();
            let now = self.now;
            if client.is_some_and(|at| at <= now) {
                let mut events = Vec::new();
                let client = self.client.as_mut().unwrap();
                client.handle_timeout(now, &mut events);
                assert!(
                    client.poll_timeout() != Some(next),
                    "the timer stands still"
                );
                self.client_events(events);
            }
            if server.is_some_and(|at| at <= now) {
                let mut effects = Vec::new();
                let server = self.server.as_mut().unwrap();
                let connection = server.connection.as_mut().unwrap();
                connection.handle_timeout(now, server.session.as_mut(), &mut effects);
                self.server_effects(effects);
            }
            if self.paired {
                self.run();
            }
        }
        self.now = end;
    }

    fn show_timeout(&mut self) {
        let client = self.client.as_ref().and_then(Client::poll_timeout);
        let server = self.server.as_ref().and_then(|server| {
            let connection = server.connection.as_ref()?;
            connection.poll_timeout(server.session.as_ref())
        });
        for (who, at) in [("C", client), ("S", server)] {
            if let Some(at) = at {
                let micros = at.as_micros();
                writeln!(
                    self.out,
                    "  {who} next at {}.{:06} s",
                    micros / 1_000_000,
                    micros % 1_000_000
                )
                .unwrap();
            }
        }
    }

    fn show_session(&mut self) {
        let client = self.client.as_ref().map(Client::session);
        let server = self
            .server
            .as_ref()
            .and_then(|server| server.session.as_ref());
        for (who, session) in [("C", client), ("S", server)] {
            let Some(session) = session else { continue };
            let mut rows = 0;
            for row in session.in_flight() {
                rows += 1;
                let id = row.id.map_or("-".to_owned(), |id| id.to_string());
                let arrow = match row.direction {
                    Direction::Outgoing => "out",
                    Direction::Incoming => "in",
                };
                let awaits = match row.awaits {
                    Awaits::Sending => "sending",
                    Awaits::PubAck => "PUBACK",
                    Awaits::PubRec => "PUBREC",
                    Awaits::PubComp => "PUBCOMP",
                    Awaits::PubRel => "PUBREL",
                };
                let message = row.message.map_or(String::new(), |message| {
                    format!(" {:?}", message.topic.as_str())
                });
                writeln!(
                    self.out,
                    "  {who} session: {arrow} {id} awaits {awaits}, sent {}{message}",
                    row.sends
                )
                .unwrap();
            }
            if rows == 0 {
                writeln!(self.out, "  {who} session: empty").unwrap();
            }
        }
    }

    fn client_call(&mut self, line: &Line<'_>) {
        let now = self.now;
        let mut events = Vec::new();
        let client = self.client.as_mut().expect("a client");
        let properties = line.properties.clone();
        let result = match line.words[0] {
            "publish" => {
                self.tag += 1;
                let message = message(line);
                let taken = (message.qos, message.payload.clone());
                let result = client.publish(now, message, Tag(self.tag), &mut events);
                if result.is_ok() {
                    self.taken_from_client.push(taken);
                }
                result
            }
            "subscribe" => {
                let filters = notation::filters(line.words.iter().skip(1).copied());
                client
                    .subscribe(now, filters, properties, &mut events)
                    .map(drop)
            }
            "unsubscribe" => {
                let filters = notation::unsubscribe_filters(line.words.iter().skip(1).copied());
                client
                    .unsubscribe(now, filters, properties, &mut events)
                    .map(drop)
            }
            "auth" => client.authenticate(now, properties, &mut events),
            "disconnect" => {
                let reason = line
                    .words
                    .get(1)
                    .map_or(ReasonCode::Success, |word| notation::reason(word));
                client.disconnect(now, reason, properties, &mut events)
            }
            other => panic!("command {other:?}"),
        };
        self.client_events(events);
        self.show_misuse(result);
    }

    fn show_misuse(&mut self, result: Result<(), Misuse>) {
        if let Err(misuse) = result {
            let rule = misuse.rule().and_then(|rule| rule.id_in(self.version));
            let id = rule.map_or(String::new(), |id| format!(" [{id}]"));
            writeln!(self.out, "  misuse: {misuse}{id}").unwrap();
        }
    }

    pub fn client_input(&mut self, bytes: &[u8]) {
        let mut events = Vec::new();
        let client = self.client.as_mut().unwrap();
        client.handle_input(self.now, bytes, &mut events);
        self.client_events(events);
    }

    fn client_events(&mut self, events: Vec<ClientEvent>) {
        for event in events {
            match event {
                ClientEvent::Send(packet) => {
                    writeln!(self.out, "  C -> {packet}").unwrap();
                    self.put(&packet, true);
                }
                ClientEvent::Message(publish) => {
                    self.delivered_to_client.push(publish.payload.clone());
                    let packet = Packet::Publish(publish);
                    writeln!(self.out, "  C message {}", &packet.to_string()[8..]).unwrap();
                }
                ClientEvent::Connected {
                    session_present,
                    properties,
                } => {
                    let ack = Packet::ConnAck(ConnAck {
                        session_present,
                        reason: ReasonCode::Success,
                        properties,
                    });
                    writeln!(self.out, "  C connected {}", &ack.to_string()[8..]).unwrap();
                }
                ClientEvent::Refused { reason, .. } => {
                    writeln!(self.out, "  C refused {reason}").unwrap();
                }
                ClientEvent::Acknowledged { tag, id, reason } => {
                    writeln!(self.out, "  C done: message {} (id {id}) {reason}", tag.0).unwrap();
                }
                ClientEvent::Dropped { tag, why } => {
                    writeln!(self.out, "  C dropped: message {} {why:?}", tag.0).unwrap();
                }
                ClientEvent::Subscribed(ack) => {
                    writeln!(self.out, "  C answered {}", Packet::SubAck(ack)).unwrap();
                }
                ClientEvent::Unsubscribed(ack) => {
                    writeln!(self.out, "  C answered {}", Packet::UnsubAck(ack)).unwrap();
                }
                ClientEvent::Auth(auth) => {
                    writeln!(self.out, "  C asked {}", Packet::Auth(auth)).unwrap();
                }
                ClientEvent::Disconnected(disconnect) => {
                    writeln!(self.out, "  C told {}", Packet::Disconnect(disconnect)).unwrap();
                }
                ClientEvent::Close(why) => self.show_close("C", &why),
                ClientEvent::Note(note) => self.show_note("C", note),
            }
        }
    }

    fn show_note(&mut self, who: &str, note: Note) {
        // One before every packet: the tables have snapshots of their own.
        if let Note::Duty(_) = note {
            return;
        }
        let rule = note.rule().and_then(|rule| rule.id_in(self.version));
        let id = rule.map_or(String::new(), |id| format!(" [{id}]"));
        writeln!(self.out, "  {who} note: {note}{id}").unwrap();
    }

    fn show_close(&mut self, who: &str, why: &CloseReason) {
        let rule = why.rule().and_then(|rule| rule.id_in(self.version));
        // Malformed packets name their statement themselves.
        let id = match why {
            CloseReason::Malformed(_) => String::new(),
            _ => rule.map_or(String::new(), |id| format!(" [{id}]")),
        };
        writeln!(self.out, "  {who} close: {why}{id}").unwrap();
    }

    fn put(&mut self, packet: &Packet, from_client: bool) {
        let mut bytes = BytesMut::new();
        encode(packet, self.version, &mut bytes).unwrap();
        if self.paired && self.up {
            if from_client {
                self.to_server.push_back(bytes.freeze());
            } else {
                self.to_client.push_back(bytes.freeze());
            }
        }
    }

    pub fn server_input(&mut self, bytes: &[u8]) {
        let Some(server) = &mut self.server else {
            return;
        };
        let Some(connection) = &mut server.connection else {
            return;
        };
        connection.handle_input(bytes);
        self.server_events();
    }

    fn server_events(&mut self) {
        loop {
            let now = self.now;
            let mut effects = Vec::new();
            let server = self.server.as_mut().unwrap();
            let Some(connection) = &mut server.connection else {
                return;
            };
            let event = connection.next_event(now, server.session.as_mut(), &mut effects);
            self.server_effects(effects);
            let Some(event) = event else { return };
            self.server_event(event);
        }
    }

    fn server_event(&mut self, event: ServerEvent) {
        let now = self.now;
        let mut effects = Vec::new();
        let server = self.server.as_mut().unwrap();
        let connection = server.connection.as_mut().unwrap();
        let result = match event {
            ServerEvent::Connect(connect) => {
                let lifetime = Lifetime::of(&connect);
                if lifetime.clean_start {
                    server.session = None;
                }
                writeln!(self.out, "  S asked {}", Packet::Connect(connect)).unwrap();
                self.decide();
                Ok(())
            }
            ServerEvent::Auth(auth) => {
                writeln!(self.out, "  S asked {}", Packet::Auth(auth)).unwrap();
                let is_again = connection.state() == mqtt_proto::ServerState::Connected;
                if let (true, Policy::Refuse(refused, properties)) = (is_again, &server.policy) {
                    let (reason, properties) = (refused.reason(), properties.clone());
                    connection.disconnect(now, reason, properties, &mut effects)
                } else if is_again {
                    connection.authenticate(
                        now,
                        ReasonCode::Success,
                        Properties::EMPTY,
                        &mut effects,
                    )
                } else {
                    self.decide();
                    Ok(())
                }
            }
            ServerEvent::Publish(publish) => {
                self.delivered_to_server.push(publish.payload.clone());
                let delivery = publish.delivery;
                writeln!(
                    self.out,
                    "  S message {}",
                    &Packet::Publish(publish).to_string()[8..]
                )
                .unwrap();
                let (reason, properties) = server.answer.clone();
                let session = server.session.as_mut().unwrap();
                connection.acknowledge(now, delivery, reason, properties, session, &mut effects)
            }
            ServerEvent::Subscribe(subscribe) => {
                let codes: ReasonCodes = subscribe
                    .filters
                    .iter()
                    .map(|(_, options)| ReasonCode::from_u8(options.qos.bits()).unwrap())
                    .collect();
                let properties = server.sub_ack_properties.clone();
                connection.sub_ack(now, subscribe.id, codes, properties, &mut effects)
            }
            ServerEvent::Unsubscribe(unsubscribe) => {
                let codes = unsubscribe
                    .filters
                    .iter()
                    .map(|_| ReasonCode::Success)
                    .collect();
                connection.unsub_ack(
                    now,
                    unsubscribe.id,
                    codes,
                    server.sub_ack_properties.clone(),
                    &mut effects,
                )
            }
            ServerEvent::Disconnect(disconnect) => {
                writeln!(
                    self.out,
                    "  S told {}, session expiry {}",
                    Packet::Disconnect(disconnect),
                    connection.session_expiry().as_secs()
                )
                .unwrap();
                Ok(())
            }
        };
        self.server_effects(effects);
        self.show_misuse(result);
    }

    fn decide(&mut self) {
        let now = self.now;
        let mut effects = Vec::new();
        let server = self.server.as_mut().unwrap();
        let connection = server.connection.as_mut().unwrap();
        match server.policy.clone() {
            Policy::Hold => {}
            Policy::Refuse(refused, properties) => {
                let result = connection.refuse(now, refused, properties, &mut effects);
                self.show_misuse(result);
            }
            Policy::Authenticate(steps) if server.asked < steps => {
                server.asked += 1;
                let data = Property::AuthenticationData(Bytes::from_static(b"challenge"));
                let properties = std::iter::once(data)
                    .chain(server.challenge.iter())
                    .collect();
                let result = connection.authenticate(
                    now,
                    ReasonCode::ContinueAuthentication,
                    properties,
                    &mut effects,
                );
                self.show_misuse(result);
            }
            Policy::Accept | Policy::Authenticate(_) => {
                let mut acceptance = server.acceptance.clone();
                acceptance.session_present = server.session.is_some();
                let session = server
                    .session
                    .get_or_insert_with(|| Session::new(server.session_config));
                let result = connection.accept(now, acceptance, session, &mut effects);
                server.accepted = result.is_ok();
                self.show_misuse(result);
            }
        }
        self.server_effects(effects);
    }

    fn deliver(&mut self, line: &Line<'_>) {
        let now = self.now;
        self.tag += 1;
        let tag = Tag(self.tag);
        let message = message(line);
        let mut effects = Vec::new();
        let server = self.server.as_mut().unwrap();
        let config = server.session_config;
        let session = server.session.get_or_insert_with(|| Session::new(config));
        let taken = (message.qos, message.payload.clone());
        let result = match &mut server.connection {
            Some(connection) => connection.deliver(now, message, tag, session, &mut effects),
            None => session.enqueue(now, message, tag, &mut effects),
        };
        if result.is_ok() {
            self.taken_from_server.push(taken);
        }
        self.server_effects(effects);
        self.show_misuse(result);
    }

    fn server_effects(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send(packet) => {
                    writeln!(self.out, "  S -> {packet}").unwrap();
                    self.put(&packet, false);
                }
                Effect::Acknowledged { tag, id, reason } => {
                    writeln!(self.out, "  S done: message {} (id {id}) {reason}", tag.0).unwrap();
                }
                Effect::Dropped { tag, why } => {
                    writeln!(self.out, "  S dropped: message {} {why:?}", tag.0).unwrap();
                }
                Effect::Close(why) => self.show_close("S", &why),
                Effect::Note(note) => self.show_note("S", note),
            }
        }
    }
}

fn duration(span: &str) -> Duration {
    if let Some(millis) = span.strip_suffix("ms") {
        Duration::from_millis(millis.parse().unwrap())
    } else if let Some(micros) = span.strip_suffix("us") {
        Duration::from_micros(micros.parse().unwrap())
    } else {
        Duration::from_secs(span.strip_suffix('s').unwrap().parse().unwrap())
    }
}

fn limits(line: &Line<'_>) -> Limits {
    Limits {
        receive_maximum: line.number("receive").unwrap_or(u16::MAX),
        max_packet_size: line.number("size").unwrap_or(u32::MAX),
        topic_alias_maximum: line.number("takes").unwrap_or(0),
    }
}

fn session_config(line: &Line<'_>) -> SessionConfig {
    SessionConfig {
        in_flight_max: line.number("inflight").unwrap_or(100),
        queue_max: line.number("queue").unwrap_or(1_000),
        when_full: if line.has("oldest") {
            WhenFull::DropOldest
        } else {
            WhenFull::DropNewest
        },
    }
}

fn retry(line: &Line<'_>) -> Retry {
    match line.value("retry") {
        Some(timeout) => Retry::AfterTimeout(duration(timeout)),
        None => Retry::OnResumeOnly,
    }
}

/// `publish 1 topic payload retain`
fn message(line: &Line<'_>) -> Message {
    Message {
        qos: qos(line.words[1]),
        topic: TopicName::try_from(line.words[2]).unwrap(),
        payload: notation::payload(
            line.words
                .get(3)
                .filter(|word| **word != "retain")
                .copied()
                .unwrap_or_default(),
        ),
        retain: line.has("retain"),
        properties: line.properties.clone(),
    }
}

fn acceptance(line: &Line<'_>) -> Acceptance {
    Acceptance {
        session_present: false,
        assigned_client_id: line.value("id").map(text),
        server_keep_alive_secs: line.number("ka"),
        session_expiry: line.number("expiry").map(Expiry::from_secs),
        properties: line.properties.clone(),
    }
}

fn refused(word: &str) -> Refused {
    match word {
        "banned" => Refused::Banned,
        "password" => Refused::BadUserNameOrPassword,
        "identifier" => Refused::ClientIdentifier,
        "method" => Refused::BadAuthenticationMethod,
        "authorization" => Refused::NotAuthorized,
        "moved" => Refused::ServerMoved,
        other => panic!("refusal {other:?}"),
    }
}

/// What generated runs look at.
impl World {
    pub fn client(&self) -> &Client {
        self.client.as_ref().unwrap()
    }

    pub fn server_session(&self) -> Option<&Session> {
        self.server.as_ref()?.session.as_ref()
    }

    /// Whether nothing is on its way.
    pub fn is_quiet(&self) -> bool {
        self.to_server.is_empty() && self.to_client.is_empty()
    }

    pub fn log(&self) -> &str {
        &self.out
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}
