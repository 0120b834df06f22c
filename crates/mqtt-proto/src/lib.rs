//! MQTT 3.1.1 and 5.0 as sans-I/O state machines.
//!
//! This crate never opens a socket, reads a clock, starts a thread or resends on a timer of its
//! own: a host passes bytes and the time in, and carries out the effects that come out.
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
pub mod time;
pub mod types;

pub use client::{Client, ClientConfig, ClientEvent, ClientState};
pub use codec::Malformed;
pub use connection::{
    Acceptance, Limits, Offer, Retry, ServerConfig, ServerConnection, ServerEvent, ServerState,
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
pub use time::{Duration, Instant};
pub use types::{Delivery, PacketId, Qos, Sender, Text, TopicFilter, TopicName};
