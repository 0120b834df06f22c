//! MQTT 3.1.1 and 5.0 as sans-I/O state machines, for clients and servers.
//!
//! This crate never opens a socket, reads a clock, starts a thread, blocks, or resends on a timer
//! of its own: a host passes bytes and the time in, and carries out the effects that come out. The
//! same code therefore runs in a browser, on a chip, in a server and under a simulator's clock.
//! It decides nothing that is policy: who may connect, where a message goes, when to reconnect.
//!
//! | in | out |
//! | --- | --- |
//! | `handle_open`, `handle_input`, `handle_close`: what the transport does | events in a [`Sink`], in the order in which they must be carried out |
//! | `handle_timeout`: the time has come | `poll_timeout`: when it will; one timer is enough, read again after every call |
//! | `publish`, `subscribe`, …: what the application wants | `Err(`[`Misuse`]`)`: it cannot be, and nothing has changed |
//!
//! A late `handle_timeout` is legal, an early one does nothing. No bytes make a call panic, and what
//! is kept is bounded by [`SessionConfig`] and [`Limits`].
//!
//! # Where things are
//!
//! - [`codec`]: bytes to [`Packet`] and back; [`anatomy`]: the same decoder, explaining every bit.
//! - [`session`]: what outlives a connection. QoS 1 and 2 as [tables](session::SENDER) that the code
//!   runs on.
//! - [`connection`]: what dies with it: limits, quota, aliases, keep alive; the lives of a
//!   [client's](connection::CLIENT) and of a [server's](connection::SERVER) connection as tables.
//!   [`ServerConnection`] is the server's side; a server lends it a [`Session`].
//! - [`client`]: session and connection of a client in one.
//! - [`error`]: by blame, each with its statement and reason code. [`Note`]: what a log may say.
//!
//! # A client's run loop
//!
//! ```
//! use bytes::Bytes;
//! use mqtt_proto::packet::Properties;
//! use mqtt_proto::{Client, ClientConfig, ClientEvent, Instant, Message, Qos, ReasonCode, Tag, Text};
//! use mqtt_proto::{TopicName, Version};
//! use std::io::{ErrorKind, Read, Write};
//! use std::net::TcpStream;
//! # use mqtt_proto::{Acceptance, ServerConfig, ServerConnection, ServerEvent, Session, SessionConfig};
//! # use mqtt_proto::Effect;
//! # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
//! # let address = listener.local_addr()?;
//! # let server = std::thread::spawn(move || {
//! #     let (mut socket, _) = listener.accept().unwrap();
//! #     let mut connection = ServerConnection::new(Instant::ZERO, ServerConfig::DEFAULT);
//! #     let mut session = Session::new(SessionConfig::DEFAULT);
//! #     let (mut buffer, mut payload) = ([0; 512], None);
//! #     while let Ok(len @ 1..) = socket.read(&mut buffer) {
//! #         connection.handle_input(&buffer[..len]);
//! #         let mut effects = Vec::new();
//! #         while let Some(event) = connection.next_event(Instant::ZERO, Some(&mut session), &mut effects) {
//! #             match event {
//! #                 ServerEvent::Connect(_) => connection.accept(Instant::ZERO, Acceptance::default(), &mut session, &mut effects).unwrap(),
//! #                 ServerEvent::Publish(publish) => {
//! #                     payload = Some(publish.payload);
//! #                     connection.acknowledge(Instant::ZERO, publish.delivery, ReasonCode::Success, Properties::EMPTY, &mut session, &mut effects).unwrap();
//! #                 }
//! #                 _ => {}
//! #             }
//! #         }
//! #         for effect in effects {
//! #             if let Effect::Send(packet) = effect {
//! #                 let mut out = bytes::BytesMut::new();
//! #                 mqtt_proto::codec::encode(&packet, connection.version(), &mut out).unwrap();
//! #                 socket.write_all(&out).unwrap();
//! #             }
//! #         }
//! #     }
//! #     payload
//! # });
//!
//! let started = std::time::Instant::now();
//! let now = || Instant::from_micros(started.elapsed().as_micros() as u64);
//!
//! let mut client = Client::new(ClientConfig::new(Version::V5, Text::try_from("thermometer")?));
//! let mut events: Vec<ClientEvent> = Vec::new();
//! let mut socket = TcpStream::connect(address)?;
//! client.handle_open(now(), &mut events)?;
//! // It waits in the session until CONNACK has come.
//! let reading = Message::new(TopicName::try_from("home/kitchen/temperature")?, Bytes::from("21.5"), Qos::ExactlyOnce);
//! client.publish(now(), reading, Tag(1), &mut events)?;
//!
//! let mut buffer = [0; 4096];
//! loop {
//!     let mut out = Vec::new();
//!     let mut close = false;
//!     while !events.is_empty() {
//!         for event in std::mem::take(&mut events) {
//!             match event {
//!                 ClientEvent::Send(packet) => client.encode(&packet, &mut out)?,
//!                 ClientEvent::Message(publish) => println!("{:?}", publish.payload),
//!                 ClientEvent::Acknowledged { tag: Tag(1), .. } => {
//!                     client.disconnect(now(), ReasonCode::Success, Properties::EMPTY, &mut events)?;
//!                 }
//!                 ClientEvent::Close(_) => close = true,
//!                 _ => {}
//!             }
//!         }
//!     }
//!     socket.write_all(&out)?;
//!     if close {
//!         break;
//!     }
//!     let wait = client.poll_timeout().map(|at| std::time::Duration::from_micros(at.since(now()).as_micros().max(1)));
//!     socket.set_read_timeout(wait)?;
//!     match socket.read(&mut buffer) {
//!         Ok(0) => break,
//!         Ok(len) => client.handle_input(now(), &buffer[..len], &mut events),
//!         Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
//!             client.handle_timeout(now(), &mut events);
//!         }
//!         Err(error) => return Err(error.into()),
//!     }
//! }
//! drop(socket);
//! client.handle_close(now(), &mut events);
//! # assert_eq!(server.join().unwrap(), Some(Bytes::from("21.5")));
//! # assert!(client.session().is_idle());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A server's run loop
//!
//! One connection of a server that sends every message back to its sender. A real one
//! keeps its sessions by client id, and lends each connection the right one.
//!
//! ```
//! use bytes::BytesMut;
//! use mqtt_proto::codec::encode;
//! use mqtt_proto::packet::Properties;
//! use mqtt_proto::{Acceptance, Effect, Instant, Message, ReasonCode, ServerConfig, ServerConnection};
//! use mqtt_proto::{ServerEvent, Session, SessionConfig, Tag};
//! use std::io::{ErrorKind, Read, Write};
//! use std::net::{TcpListener, TcpStream};
//!
//! fn serve(mut socket: TcpStream) -> Result<(), Box<dyn std::error::Error>> {
//!     let started = std::time::Instant::now();
//!     let now = || Instant::from_micros(started.elapsed().as_micros() as u64);
//!     let mut connection = ServerConnection::new(now(), ServerConfig::DEFAULT);
//!     let mut session = Session::new(SessionConfig::DEFAULT);
//!     let mut effects: Vec<Effect> = Vec::new();
//!     let mut buffer = [0; 4096];
//!     loop {
//!         // Each event is answered before the next is asked for.
//!         while let Some(event) = connection.next_event(now(), Some(&mut session), &mut effects) {
//!             match event {
//!                 ServerEvent::Connect(_) => {
//!                     connection.accept(now(), Acceptance::default(), &mut session, &mut effects)?;
//!                 }
//!                 ServerEvent::Publish(publish) => {
//!                     let (delivery, none) = (publish.delivery, Properties::EMPTY);
//!                     connection.acknowledge(now(), delivery, ReasonCode::Success, none, &mut session, &mut effects)?;
//!                     let Some(topic) = publish.topic else { continue };
//!                     let echo = Message::new(topic, publish.payload, delivery.qos());
//!                     connection.deliver(now(), echo, Tag(0), &mut session, &mut effects)?;
//!                 }
//!                 ServerEvent::Subscribe(subscribe) => {
//!                     let granted = subscribe.filters.iter().map(|_| ReasonCode::Success).collect();
//!                     connection.sub_ack(now(), subscribe.id, granted, Properties::EMPTY, &mut effects)?;
//!                 }
//!                 ServerEvent::Unsubscribe(unsubscribe) => {
//!                     let done = unsubscribe.filters.iter().map(|_| ReasonCode::Success).collect();
//!                     connection.unsub_ack(now(), unsubscribe.id, done, Properties::EMPTY, &mut effects)?;
//!                 }
//!                 ServerEvent::Auth(_) | ServerEvent::Disconnect(_) => {}
//!             }
//!         }
//!         let mut out = BytesMut::new();
//!         let mut close = false;
//!         for effect in effects.drain(..) {
//!             match effect {
//!                 Effect::Send(packet) => encode(&packet, connection.version(), &mut out)?,
//!                 Effect::Close(_) => close = true,
//!                 _ => {}
//!             }
//!         }
//!         socket.write_all(&out)?;
//!         if close {
//!             break;
//!         }
//!         let due = connection.poll_timeout(Some(&session));
//!         let wait = due.map(|at| std::time::Duration::from_micros(at.since(now()).as_micros().max(1)));
//!         socket.set_read_timeout(wait)?;
//!         match socket.read(&mut buffer) {
//!             Ok(0) => break,
//!             Ok(len) => connection.handle_input(&buffer[..len]),
//!             Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
//!                 connection.handle_timeout(now(), Some(&mut session), &mut effects);
//!             }
//!             Err(error) => return Err(error.into()),
//!         }
//!     }
//!     connection.handle_close(Some(&mut session), &mut effects);
//!     Ok(())
//! }
//!
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! # let address = listener.local_addr()?;
//! # let client = std::thread::spawn(move || {
//! #     let mut socket = TcpStream::connect(address).unwrap();
//! #     socket.write_all(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01c\x30\x05\x00\x01thi\xe0\x00").unwrap();
//! #     let mut received = Vec::new();
//! #     socket.read_to_end(&mut received).unwrap();
//! #     received
//! # });
//! serve(listener.accept()?.0)?;
//! # assert_eq!(client.join().unwrap(), b"\x20\x02\x00\x00\x30\x05\x00\x01thi");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]

extern crate alloc;

pub mod anatomy;
pub mod codec;
mod rules;

pub mod client;
pub mod connection;
pub mod effect;
pub mod error;
pub mod message;
pub mod note;
pub mod packet;
pub mod reason;
pub mod session;
pub mod sink;
pub mod table;
mod taken;
pub mod time;
pub mod types;

pub use client::{Client, ClientConfig, ClientEvent};
pub use codec::Malformed;
pub use connection::{
    Acceptance, ClientState, Limits, Offer, Retry, ServerConfig, ServerConnection, ServerEvent,
    ServerState, longest_silence,
};
pub use effect::{DropReason, Effect};
pub use error::{CloseReason, Misuse, Refused, Violation};
pub use message::{Message, Tag};
pub use mqtt_spec::Version;
pub use note::Note;
pub use packet::Packet;
pub use reason::ReasonCode;
pub use session::{Expiry, InFlight, Lifetime, Session, SessionConfig};
pub use sink::{Sink, SinkFn};
pub use taken::Taken;
pub use time::{Duration, Instant};
pub use types::{Delivery, PacketId, Qos, Sender, Text, TopicFilter, TopicName};
