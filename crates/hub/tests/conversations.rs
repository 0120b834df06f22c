//! Every conversation of mqtt-broker's tests, with the hub: over TCP and over WebSocket. Those that need no settings run with a broker
//! in a page, too, which here is a page without a browser.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "../../mqtt-broker/tests/script/mod.rs"]
mod script;
mod support;

use mqtt_broker::BrokerConfig;
use relay::Role;
use script::{Line, Step, hex};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use support::page::{BrokerPage, hello};
use support::{Hub, PATIENCE, is_silence};
use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket};

/// How long nothing has to come where nothing may.
const SILENCE: Duration = Duration::from_millis(30);
/// Scripts that need more time than this only run against the broker itself, where time is free.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// So many scripts run at once, each with a hub.
const AT_ONCE: usize = 8;

enum Socket {
    Tcp(TcpStream),
    WebSocket(Box<WebSocket<TcpStream>>),
}

struct Wire {
    socket: Socket,
    received: Vec<u8>,
    closed: bool,
}

/// Where the broker is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Hub,
    Page,
}

#[derive(Clone, Copy)]
enum Transport {
    Tcp,
    WebSocket,
}

impl Wire {
    fn open(hub: &Hub, transport: Transport) -> Self {
        let socket = match transport {
            Transport::Tcp => Socket::Tcp(TcpStream::connect(hub.mqtt).unwrap()),
            Transport::WebSocket => {
                let mut request = format!("ws://{}/mqtt", hub.ws)
                    .into_client_request()
                    .unwrap();
                request
                    .headers_mut()
                    .insert("Sec-WebSocket-Protocol", "mqtt".parse().unwrap());
                let stream = TcpStream::connect(hub.ws).unwrap();
                let (socket, response) = tungstenite::client(request, stream).unwrap();
                assert_eq!(response.headers()["Sec-WebSocket-Protocol"], "mqtt");
                Socket::WebSocket(Box::new(socket))
            }
        };
        Self {
            socket,
            received: Vec::new(),
            closed: false,
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        match &mut self.socket {
            Socket::Tcp(stream) => stream.write_all(bytes).unwrap(),
            // Packets may be cut anywhere (MQTT-6.0.0-2).
            Socket::WebSocket(socket) => {
                for piece in bytes.chunks(7) {
                    // The hub may have closed at an earlier piece.
                    let _ = socket.send(Message::binary(piece.to_vec()));
                }
            }
        }
    }

    /// Ends the stream without a word, and waits until the hub has noticed.
    fn cut(self) {
        let mut stream = match self.socket {
            Socket::Tcp(stream) => stream,
            Socket::WebSocket(socket) => socket.into_inner(),
        };
        stream.shutdown(Shutdown::Write).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
    }

    /// Waits until something has come, for at most this long.
    fn wait(&mut self, time: Duration) {
        if self.closed {
            return;
        }
        let stream = match &self.socket {
            Socket::Tcp(stream) => stream,
            Socket::WebSocket(socket) => socket.get_ref(),
        };
        stream.set_read_timeout(Some(time)).unwrap();
        match &mut self.socket {
            Socket::Tcp(stream) => {
                let mut buffer = [0; 4096];
                match stream.read(&mut buffer) {
                    Ok(0) => self.closed = true,
                    Ok(count) => self.received.extend(&buffer[..count]),
                    Err(error) if is_silence(&error) => {}
                    Err(_) => self.closed = true,
                }
            }
            Socket::WebSocket(socket) => match socket.read() {
                Ok(Message::Binary(bytes)) => self.received.extend(bytes),
                Ok(Message::Close(_)) => self.closed = true,
                Ok(other) => panic!("{other:?}"),
                Err(tungstenite::Error::Io(error)) if is_silence(&error) => {}
                Err(_) => self.closed = true,
            },
        }
    }

    /// Waits until the hub has taken what was sent: connections are read side by side, and only an answer tells
    /// that a packet came before the next one on another connection.
    fn settle(&mut self) {
        const PINGREQ: [u8; 2] = [0xC0, 0];
        const PINGRESP: [u8; 2] = [0xD0, 0];
        self.send(&PINGREQ);
        self.wait_until(|wire| wire.received.ends_with(&PINGRESP));
        assert!(
            self.received.ends_with(&PINGRESP),
            "no PINGRESP behind {}",
            hex(&self.received)
        );
        self.received.truncate(self.received.len() - PINGRESP.len());
    }

    /// Waits until `done`, or for too long.
    fn wait_until(&mut self, done: impl Fn(&Self) -> bool) {
        let end = Instant::now() + PATIENCE / 4;
        while !done(self) && !self.closed && Instant::now() < end {
            self.wait(PATIENCE / 4);
        }
    }
}

fn step(step: &Step, hub: &Hub, transport: Transport, wires: &mut BTreeMap<String, Wire>) {
    match step {
        Step::Setting { .. } => {}
        Step::Send { connection, bytes } => {
            if wires.get(connection).is_none_or(|wire| wire.closed) {
                wires.insert(connection.clone(), Wire::open(hub, transport));
            }
            wires.get_mut(connection).unwrap().send(bytes);
        }
        Step::Expect { connection, any_of } => {
            let wire = wires.get_mut(connection).expect("not opened");
            if any_of.is_empty() {
                wire.wait(SILENCE);
                assert!(wire.received.is_empty(), "got {}", hex(&wire.received));
                return;
            }
            let longest = any_of.iter().map(Vec::len).max().unwrap();
            wire.wait_until(|wire| wire.received.len() >= longest);
            let Some(found) = any_of.iter().find(|bytes| wire.received.starts_with(bytes)) else {
                panic!("got {}, expected {}", hex(&wire.received), hex(&any_of[0]));
            };
            wire.received.drain(..found.len());
        }
        Step::Closed { connection } => {
            let wire = wires.get_mut(connection).expect("not opened");
            wire.wait_until(|wire| wire.closed);
            assert!(wire.received.is_empty(), "got {}", hex(&wire.received));
            assert!(wire.closed, "still open");
        }
        Step::Cut { connection } => {
            wires.remove(connection).expect("not opened").cut();
        }
        Step::Restart => unreachable!("such scripts are left out"),
        Step::Wait { millis } => std::thread::sleep(Duration::from_millis(*millis)),
    }
}

/// The connection of a packet that another connection's packet follows with nothing awaited between.
/// A CONNECT that is not whole cannot be followed by anything, and needs no order.
fn races<'a>(step: &'a Step, next: &Step) -> Option<&'a str> {
    match (step, next) {
        (
            Step::Send { connection, bytes },
            Step::Send {
                connection: other, ..
            },
        ) if connection != other && bytes.len() > 1 => Some(connection),
        _ => None,
    }
}

fn play(name: &str, lines: &[Line], place: Place, transport: Transport) -> Result<(), String> {
    let mut options = BTreeMap::from([("explain".to_owned(), "false".to_owned())]);
    for line in lines {
        if let Step::Setting { name, value } = &line.step {
            let value = match name.as_str() {
                "passwords" | "acl" => script::data(value),
                _ => value.clone(),
            };
            options.insert(name.clone(), value);
        }
    }
    let options: Vec<String> = options
        .into_iter()
        .map(|(name, value)| format!("--{name}={value}"))
        .collect();
    // What the broker says about itself is no part of the scripts, and takes room among the retained messages.
    let quiet = "--sys-interval=0";
    // The scripts name the client ids that the broker chooses.
    let counted = "--client-ids=counted";
    let options: Vec<_> = options
        .iter()
        .map(String::as_str)
        .chain([quiet, counted])
        .collect();
    let in_page = ["--broker", "page"];
    let hub = Hub::start(match place {
        Place::Hub => &options,
        Place::Page => &in_page,
    });
    let _page = (place == Place::Page).then(|| {
        let mut config = BrokerConfig::default();
        config.server.explain = false;
        BrokerPage::open_as(hub.http, hello(Role::Broker), config)
    });
    let mut wires = BTreeMap::new();
    let following = lines.iter().skip(1).map(Some).chain([None]);
    for (line, next) in lines.iter().zip(following) {
        let step = std::panic::AssertUnwindSafe(|| {
            step(&line.step, &hub, transport, &mut wires);
            if let Some(next) = next
                && let Some(connection) = races(&line.step, &next.step)
            {
                wires.get_mut(connection).unwrap().settle();
            }
        });
        if std::panic::catch_unwind(step).is_err() {
            return Err(format!("{name} line {}", line.number));
        }
    }
    for (connection, wire) in &mut wires {
        wire.wait(SILENCE);
        if !wire.received.is_empty() {
            return Err(format!(
                "{name}: {connection} was not asked about {}",
                hex(&wire.received)
            ));
        }
    }
    Ok(())
}

/// What cannot be asked of a hub.
fn is_for_the_core(step: &Step) -> bool {
    match step {
        Step::Restart => true,
        Step::Setting { name, .. } => name.starts_with("core."),
        _ => false,
    }
}

fn play_all(place: Place, transport: Transport) {
    let scripts: Vec<_> = script::all()
        .into_iter()
        .map(|(name, text)| (name, script::parse(&text)))
        .filter(|(_, lines)| !lines.iter().any(|line| is_for_the_core(&line.step)))
        .filter(|(_, lines)| {
            let waits = lines.iter().map(|line| match line.step {
                Step::Wait { millis } => millis,
                _ => 0,
            });
            Duration::from_millis(waits.sum()) <= WAIT_MAX
        })
        .filter(|(_, lines)| {
            let mut settings = lines.iter().map(|line| &line.step);
            place == Place::Hub || !settings.any(|it| matches!(it, Step::Setting { .. }))
        })
        .collect();
    assert!(scripts.len() > 5);
    // Most of a script's time is waiting, so several run at once; not all, for some of them count on time.
    let next = Mutex::new(scripts.iter());
    let faults: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                scope.spawn(|| {
                    let take = || next.lock().unwrap().next();
                    let faults = std::iter::from_fn(take)
                        .filter_map(|(name, lines)| play(name, lines, place, transport).err());
                    faults.collect::<Vec<_>>()
                })
            })
            .collect();
        running
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn the_hub_keeps_to_every_conversation_over_tcp() {
    play_all(Place::Hub, Transport::Tcp);
}

// Each packet comes in several frames.
// shows: MQTT-6.0.0-2, MQTT-6.0.0-4 (3.1.1, 5.0)
#[test]
fn the_hub_keeps_to_every_conversation_over_websocket() {
    play_all(Place::Hub, Transport::WebSocket);
}

#[test]
fn a_broker_in_a_page_keeps_to_the_conversations_as_the_hub_does() {
    play_all(Place::Page, Transport::Tcp);
}
