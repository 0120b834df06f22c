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

mod client;
pub mod notation;
mod options;
mod server;
mod show;
mod transport;

use bytes::{Bytes, BytesMut};
use mqtt_proto::codec::encode;
use mqtt_proto::{Client, Duration, Instant, Qos, Session, Version};
use notation::{Line, split};
use options::duration;
use server::{Policy, Server, acceptance, refused};
use std::collections::VecDeque;
use std::fmt::Write;

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
            "challenge" => {
                let mut effects = Vec::new();
                let now = self.now;
                let reason = notation::reason(line.words[1]);
                let connection = self.server().connection.as_mut().unwrap();
                let result = connection.authenticate(now, reason, line.properties, &mut effects);
                self.server_effects(effects);
                self.show_misuse(result);
            }
            "deliver" => self.deliver(&line),
            _ => self.client_call(&line),
        }
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

    /// Bytes that the script sends to the one machine there is.
    fn input(&mut self, bytes: &[u8]) {
        if self.client.is_some() {
            self.client_input(bytes);
        } else {
            self.server_input(bytes);
        }
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
