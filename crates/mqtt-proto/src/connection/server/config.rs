//! What a server's connection is told, and what it asks.

#[cfg(doc)]
use super::ServerConnection;
use crate::connection::{Limits, Offer, Retry};
use crate::packet::{Auth, Connect, Disconnect, Properties, Publish, Subscribe, Unsubscribe};
use crate::session::Expiry;
use crate::time::Duration;
use crate::types::Text;
#[cfg(doc)]
use crate::{effect::Effect, reason::ReasonCode};
use alloc::boxed::Box;

/// What a server lets its clients do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// Announced in CONNACK and enforced.
    pub limits: Limits,
    /// Announced in CONNACK under 5.0, and enforced: of messages, wills and subscriptions. A 3.1.1
    /// client cannot be told, so its server has to make do: deliver what has RETAIN without keeping
    /// it, and refuse a filter in SUBACK.
    pub offer: Offer,
    /// The most topic aliases to use towards a client that allows them.
    pub aliases_wanted: u16,
    /// How long a new connection may take to send CONNECT.
    pub connect_timeout: Duration,
    /// Resending on a living connection.
    pub retry: Retry,
    /// Whether CONNACK and DISCONNECT after an error carry a Reason String.
    pub explain: bool,
}

impl ServerConfig {
    /// Receive maximum 100, packets up to 1 MiB, ten aliases each way, 10 s for CONNECT.
    pub const DEFAULT: Self = Self {
        limits: Limits {
            receive_maximum: 100,
            max_packet_size: 1 << 20,
            topic_alias_maximum: 10,
        },
        offer: Offer::EVERYTHING,
        aliases_wanted: 10,
        connect_timeout: Duration::from_secs(10),
        retry: Retry::OnResumeOnly,
        explain: true,
    };
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What a client wants, for the server to decide.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerEvent {
    /// Answer with [`ServerConnection::accept`], [`ServerConnection::refuse`] or
    /// [`ServerConnection::authenticate`]. No event follows before one of them.
    Connect(Box<Connect>),
    /// A new message, its topic name in full. At QoS 1 and 2 answer with
    /// [`ServerConnection::acknowledge`].
    Publish(Publish),
    /// Answer with [`ServerConnection::sub_ack`].
    Subscribe(Subscribe),
    /// Answer with [`ServerConnection::unsub_ack`].
    Unsubscribe(Unsubscribe),
    /// A step of an authentication, or with [`ReasonCode::ReAuthenticate`] the first of a new one.
    /// Answer with [`ServerConnection::authenticate`], or to end the first one with
    /// [`ServerConnection::accept`] or [`ServerConnection::refuse`].
    Auth(Auth),
    /// The client leaves in good order; [`Effect::Close`] has been emitted. The will is published
    /// unless the reason is [`ReasonCode::Success`].
    Disconnect(Disconnect),
}

/// The server's yes to a CONNECT.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Acceptance {
    /// The session goes on: CONNACK says so, and what is in flight is sent again.
    pub session_present: bool,
    /// Chosen by the server for a client that sent none.
    pub assigned_client_id: Option<Text>,
    /// Replaces the client's keep alive.
    pub server_keep_alive_secs: Option<u16>,
    /// Replaces the client's session expiry.
    pub session_expiry: Option<Expiry>,
    /// More for CONNACK: Response Information, Server Reference, Reason String, User Property,
    /// Authentication Data. Limits and offer are added from [`ServerConfig`].
    pub properties: Properties,
}
