//! Every conversation in `conversations/`, with the broker itself.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod script;
mod wire;

use mqtt_broker::policy::{AccessList, Passwords};
use mqtt_broker::{Broker, BrokerConfig, BrokerEvent, ConnectionId, Durable};
use mqtt_proto::{Duration, Expiry, Instant, Qos};
use script::{Step, hex};
use std::collections::BTreeMap;

#[derive(Default)]
struct Wire {
    id: u64,
    received: Vec<u8>,
    closed: bool,
    gone: bool,
}

struct Run {
    broker: Broker,
    config: BrokerConfig,
    now: Instant,
    wires: BTreeMap<String, Wire>,
    opened: u64,
}

impl Run {
    fn new(config: BrokerConfig) -> Self {
        Self {
            broker: Broker::new(config.clone()),
            config,
            now: Instant::from_micros(1_000_000),
            wires: BTreeMap::new(),
            opened: 0,
        }
    }

    fn take(&mut self, events: Vec<BrokerEvent>) {
        for event in events {
            if let Some((connection, bytes)) = wire::sent(&event) {
                self.wire(connection).received.extend(bytes);
            }
            match event {
                BrokerEvent::Send { .. } => {}
                BrokerEvent::Close { connection, .. } => {
                    self.wire(connection).closed = true;
                    let mut events = Vec::new();
                    self.broker.handle_close(self.now, connection, &mut events);
                    self.take(events);
                }
                BrokerEvent::Authenticate { .. } | BrokerEvent::CheckPassword { .. } => {
                    panic!("the host has no methods and no passwords")
                }
                BrokerEvent::Note { note, .. } => {
                    // Every line of the log can be written.
                    assert!(!note.to_string().is_empty());
                }
            }
        }
    }

    fn wire(&mut self, id: ConnectionId) -> &mut Wire {
        self.wires
            .values_mut()
            .find(|wire| wire.id == id.0)
            .unwrap()
    }

    fn open(&mut self, name: &str) -> ConnectionId {
        if let Some(wire) = self.wires.get(name)
            && !wire.closed
            && !wire.gone
        {
            return ConnectionId(wire.id);
        }
        if let Some(wire) = self.wires.get(name) {
            assert!(
                wire.received.is_empty(),
                "{name} was not asked about {}",
                hex(&wire.received)
            );
        }
        self.opened += 1;
        let id = ConnectionId(self.opened);
        let wire = Wire {
            id: id.0,
            ..Wire::default()
        };
        self.wires.insert(name.to_owned(), wire);
        let mut events = Vec::new();
        self.broker.handle_open(self.now, id, &mut events);
        self.take(events);
        id
    }

    fn restart(&mut self) {
        let bytes = self.broker.durable(self.now).encode(7);
        let (durable, saved_at) = Durable::decode(&bytes).unwrap();
        assert_eq!(saved_at, 7);
        assert_eq!(durable, self.broker.durable(self.now));
        for wire in self.wires.values_mut() {
            assert!(wire.received.is_empty(), "got {}", hex(&wire.received));
            wire.gone = true;
        }
        let mut events = Vec::new();
        self.broker = Broker::restore(
            self.config.clone(),
            &durable,
            self.now,
            Duration::ZERO,
            &mut events,
        );
        self.take(events);
    }

    fn pass(&mut self, span: Duration) {
        let until = self.now + span;
        while let Some(at) = self.broker.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            let mut events = Vec::new();
            self.broker.handle_timeout(self.now, &mut events);
            self.take(events);
        }
        self.now = until;
    }

    fn step(&mut self, step: &Step, piece_bytes: usize) {
        match step {
            Step::Setting { name, .. } => panic!("{name} comes too late"),
            Step::Send { connection, bytes } => {
                let id = self.open(connection);
                for piece in bytes.chunks(piece_bytes) {
                    let mut events = Vec::new();
                    self.broker.handle_input(self.now, id, piece, &mut events);
                    self.take(events);
                }
            }
            Step::Expect { connection, any_of } => {
                let wire = self.wires.get_mut(connection).expect("not opened");
                if any_of.is_empty() {
                    assert!(wire.received.is_empty(), "got {}", hex(&wire.received));
                    return;
                }
                let Some(found) = any_of.iter().find(|bytes| wire.received.starts_with(bytes))
                else {
                    panic!("got {}, expected {}", hex(&wire.received), hex(&any_of[0]));
                };
                wire.received.drain(..found.len());
            }
            Step::Closed { connection } => {
                let wire = self.wires.get(connection).expect("not opened");
                assert!(wire.received.is_empty(), "got {}", hex(&wire.received));
                assert!(wire.closed, "still open");
            }
            Step::Cut { connection } => {
                let wire = self.wires.get_mut(connection).expect("not opened");
                assert!(!wire.closed, "closed already");
                wire.gone = true;
                let id = ConnectionId(wire.id);
                let mut events = Vec::new();
                self.broker.handle_close(self.now, id, &mut events);
                self.take(events);
            }
            Step::Restart => self.restart(),
            Step::Wait { millis } => self.pass(Duration::from_millis(*millis)),
        }
    }
}

fn read(name: &str) -> String {
    std::fs::read_to_string(script::data(name)).unwrap()
}

fn config(name: &str, value: &str, config: &mut BrokerConfig) {
    let number = || value.parse::<u32>().unwrap();
    match name {
        "max-queued" => config.session.queue_max = number(),
        "receive-maximum" => config.server.limits.receive_maximum = number() as u16,
        "max-packet-size" => config.server.limits.max_packet_size = number(),
        "topic-alias-maximum" => {
            config.server.limits.topic_alias_maximum = number() as u16;
            config.server.aliases_wanted = number() as u16;
        }
        "core.sys-interval" => {
            config.sys_interval = Some(Duration::from_secs(u64::from(number())));
        }
        "max-keep-alive" => config.keep_alive_max_secs = Some(number() as u16),
        "explain" => config.server.explain = value == "true",
        "max-retained" => config.retained_max = number() as usize,
        "max-session-expiry" => config.session_expiry_max = Expiry::from_secs(number()),
        "passwords" => config.passwords = Some(Passwords::parse(&read(value)).unwrap()),
        "acl" => config.access = Some(AccessList::parse(&read(value)).unwrap()),
        "allow-anonymous" => config.allow_anonymous = value == "true",
        "core.passwords" => config.passwords = Some(Passwords::parse(&read(value)).unwrap()),
        "core.retain" => config.server.offer.retain = value == "true",
        "core.wildcards" => config.server.offer.wildcards = value == "true",
        "core.subscription-ids" => config.server.offer.subscription_ids = value == "true",
        "core.shared" => config.server.offer.shared = value == "true",
        "core.max-qos" => {
            config.server.offer.maximum_qos = Qos::from_bits(number() as u8).unwrap();
        }
        "core.max-held-bytes" => config.held_bytes_max = number() as usize,
        "core.max-bytes-of-session" => config.session.bytes_max = number() as usize,
        "core.max-session-bytes" => config.session_bytes_max = number() as usize,
        "core.max-subscription-bytes" => config.subscription_bytes_max = number() as usize,
        "core.max-retained-bytes" => config.retained_bytes_max = number() as usize,
        "core.max-sessions" => config.sessions_max = number() as usize,
        "core.max-subscriptions" => config.subscriptions_max = number() as usize,
        "core.max-levels" => config.filter_levels_max = number() as usize,
        other => panic!("setting {other} is not known"),
    }
}

fn play(name: &str, text: &str, piece_bytes: usize) -> Result<(), String> {
    let lines = script::parse(text);
    let (settings, steps): (Vec<_>, Vec<_>) = lines
        .iter()
        .partition(|line| matches!(line.step, Step::Setting { .. }));
    let mut settings_of_broker = BrokerConfig::default();
    settings_of_broker.server.explain = false;
    for line in settings {
        if let Step::Setting { name, value } = &line.step {
            config(name, value, &mut settings_of_broker);
        }
    }
    let mut run = Run::new(settings_of_broker);
    for line in steps {
        let step = std::panic::AssertUnwindSafe(|| run.step(&line.step, piece_bytes));
        if let Err(why) = std::panic::catch_unwind(step) {
            let why = why
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| why.downcast_ref::<&str>().map(ToString::to_string))
                .unwrap_or_default();
            return Err(format!("{name} line {}: {why}", line.number));
        }
    }
    for (wire_name, wire) in &run.wires {
        if !wire.received.is_empty() {
            let rest = hex(&wire.received);
            return Err(format!("{name}: {wire_name} was not asked about {rest}"));
        }
    }
    Ok(())
}

#[test]
fn the_broker_keeps_to_every_conversation() {
    let mut faults = Vec::new();
    for (name, text) in script::all() {
        // In one piece, and byte by byte.
        for piece_bytes in [usize::MAX, 1] {
            if let Err(fault) = play(&name, &text, piece_bytes) {
                faults.push(fault);
            }
        }
    }
    faults.dedup();
    assert!(faults.is_empty(), "{faults:#?}");
}
