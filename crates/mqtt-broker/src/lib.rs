//! An MQTT 3.1.1 and 5.0 broker as a sans-I/O state machine.
//!
//! This crate never opens a socket, reads a clock, starts a thread or draws a random number: a
//! host passes bytes and the time in, and carries out the effects that come out. It never forwards
//! to other brokers and keeps no files. It knows user name and password, `SCRAM-SHA-256`, and what
//! authentication methods the host has.
//!
//! It delivers a QoS 2 message at its first PUBLISH and remembers the identifier (method B of
//! section 4.3.3), gives a session with overlapping subscriptions one copy at the highest QoS
//! granted, and keeps order per publisher and topic.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod broker;
mod config;
mod durable;
mod event;
mod note;
pub mod policy;
mod statistics;
mod store;
pub mod topics;
mod view;

pub use broker::Broker;
pub use broker::publish::is_broker_topic;
pub use config::BrokerConfig;
pub use durable::{Durable, DurableFault};
pub use event::{AuthOutcome, BrokerEvent, ConnectionId};
pub use note::{NoCopy, Note, SessionEnd, Wait, WillCause};
pub use statistics::{Dropped, Statistics};
pub use view::{ConnectionView, KeptBytes, MatchView, RetainedView, SessionView, SubscriptionView};
