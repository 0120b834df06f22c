//! Looking on: what the broker holds at the moment, for a page or a test. Nothing here changes it.

use crate::broker::{Broker, identity};
use crate::config::BrokerConfig;
use crate::event::ConnectionId;
use crate::statistics::Statistics;
use crate::store::{Client, Connection};
use crate::topics::SessionKey;
use alloc::string::String;
use alloc::vec::Vec;
use bytes::Bytes;
use core::num::NonZeroU32;
use mqtt_proto::packet::{Properties, SubscriptionOptions, Will};
use mqtt_proto::session::{Expiry, InFlight};
use mqtt_proto::{Instant, Limits, Qos, ServerState, TopicName, Version};

/// A connection.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionView<'a> {
    broker: &'a Broker,
    connection: &'a Connection,
}

impl<'a> ConnectionView<'a> {
    /// The host's name for it.
    #[must_use]
    pub const fn id(&self) -> ConnectionId {
        self.connection.id
    }

    /// The session that it carries, once CONNECT is accepted.
    #[must_use]
    pub fn session(&self) -> Option<SessionView<'a>> {
        let key = self.connection.session?;
        let client = self.broker.clients.get(key)?;
        Some(SessionView {
            broker: self.broker,
            key,
            client,
        })
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> ServerState {
        self.connection.server.state()
    }

    /// What the client speaks; `None` before CONNECT.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        (self.state() != ServerState::AwaitConnect).then(|| self.connection.server.version())
    }

    /// What the client lets the broker do.
    #[must_use]
    pub const fn peer_limits(&self) -> &'a Limits {
        self.connection.server.peer_limits()
    }

    /// When the broker closes it if nothing comes, or does something else about it.
    #[must_use]
    pub const fn deadline(&self) -> Option<Instant> {
        self.connection.armed
    }

    /// What is published if it ends badly.
    #[must_use]
    pub const fn will(&self) -> Option<&'a Will> {
        self.connection.will.as_ref()
    }

    /// The client's user name.
    #[must_use]
    pub fn user_name(&self) -> Option<&'a str> {
        self.connection
            .user_name
            .as_ref()
            .map(mqtt_proto::Text::as_str)
    }
}

/// A session, connected or not.
#[derive(Clone, Copy, Debug)]
pub struct SessionView<'a> {
    broker: &'a Broker,
    key: SessionKey,
    client: &'a Client,
}

impl<'a> SessionView<'a> {
    /// Whose it is.
    #[must_use]
    pub fn client_id(&self) -> &'a str {
        self.client.id.as_str()
    }

    /// The connection that carries it.
    #[must_use]
    pub fn connection(&self) -> Option<ConnectionId> {
        let connection = self.broker.connections.get(self.client.connection?)?;
        Some(connection.id)
    }

    /// How long it outlives its connection.
    #[must_use]
    pub const fn expiry(&self) -> Expiry {
        self.client.expiry
    }

    /// When it ends; `None` while it is connected, or if it never does.
    #[must_use]
    pub const fn ends_at(&self) -> Option<Instant> {
        self.client.ends_at
    }

    /// A will that waits for its delay, and until when.
    #[must_use]
    pub fn delayed_will(&self) -> Option<(&'a Will, Instant)> {
        let delayed = self.client.will.as_ref()?;
        Some((&delayed.will, delayed.due))
    }

    /// The in-flight table: what was sent and waits for an answer, then the queue, then what is
    /// remembered of incoming QoS 2 messages.
    pub fn in_flight(&self) -> impl Iterator<Item = InFlight<'a>> + use<'a> {
        self.client.session.in_flight()
    }

    /// How many messages wait to be sent.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.client.session.queued()
    }

    /// Its subscriptions, by filter.
    #[must_use]
    pub fn subscriptions(&self) -> Vec<SubscriptionView<'a>> {
        let mut all: Vec<_> = self
            .client
            .filters
            .iter()
            .filter_map(|filter| {
                let subscriber = self.broker.subscriptions.get(*filter, self.key)?;
                Some(SubscriptionView {
                    client_id: self.client.id.as_str(),
                    filter: self.broker.subscriptions.filter(*filter),
                    options: subscriber.options,
                    identifier: subscriber.identifier,
                })
            })
            .collect();
        all.sort_by(|a, b| a.filter.cmp(&b.filter));
        all
    }
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionView<'a> {
    /// Whose.
    pub client_id: &'a str,
    /// As the client wrote it.
    pub filter: String,
    /// What was asked for; the QoS is the one granted.
    pub options: SubscriptionOptions,
    /// 5.0 Subscription Identifier.
    pub identifier: Option<NonZeroU32>,
}

/// A subscription that matches a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchView<'a> {
    /// Which.
    pub subscription: SubscriptionView<'a>,
    /// Whether it stands behind `$share` and a share name: one of the group gets a message.
    pub is_shared: bool,
    /// Whether it is the turn of this member of the group.
    pub is_next: bool,
    /// Whether the access list lets the client have messages of this topic.
    pub is_allowed: bool,
}

/// What a broker keeps, in bytes, each with a bound in [`BrokerConfig`](crate::BrokerConfig).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeptBytes {
    /// Client ids, user names and wills.
    pub sessions: usize,
    /// Messages in flight and waiting in all sessions: topics, payloads and properties.
    pub messages: usize,
    /// All subscriptions, roughly.
    pub subscriptions: usize,
    /// Retained messages, roughly; not those of the broker itself.
    pub retained: usize,
}

/// A retained message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetainedView<'a> {
    /// Its topic.
    pub topic: &'a TopicName,
    /// What it says.
    pub payload: &'a Bytes,
    /// As published.
    pub qos: Qos,
    /// As published.
    pub properties: &'a Properties,
    /// Who published it; `None` is the broker.
    pub publisher: Option<&'a str>,
    /// When it came.
    pub since: Instant,
    /// When it is gone.
    pub expires_at: Option<Instant>,
}

impl Broker {
    /// What it was made with.
    #[must_use]
    pub const fn config(&self) -> &BrokerConfig {
        &self.config
    }

    /// The connections, by id.
    pub fn connections(&self) -> impl ExactSizeIterator<Item = ConnectionView<'_>> {
        self.connections
            .sorted()
            .into_iter()
            .map(|connection| ConnectionView {
                broker: self,
                connection,
            })
    }

    /// One connection.
    #[must_use]
    pub fn connection(&self, id: ConnectionId) -> Option<ConnectionView<'_>> {
        let connection = self.connections.get(self.connections.find(id)?)?;
        Some(ConnectionView {
            broker: self,
            connection,
        })
    }

    /// The sessions, by client id.
    pub fn sessions(&self) -> impl ExactSizeIterator<Item = SessionView<'_>> {
        self.clients
            .sorted()
            .into_iter()
            .map(|(key, client)| SessionView {
                broker: self,
                key,
                client,
            })
    }

    /// The session of a client id.
    #[must_use]
    pub fn session(&self, client_id: &str) -> Option<SessionView<'_>> {
        let key = self.clients.find(client_id)?;
        let client = self.clients.get(key)?;
        Some(SessionView {
            broker: self,
            key,
            client,
        })
    }

    /// What has been counted since the start.
    #[must_use]
    pub const fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// How many subscriptions there are.
    #[must_use]
    pub const fn subscription_count(&self) -> usize {
        self.subscriptions.len()
    }

    /// Bytes of memory that the subscriptions take, without the lists of subscribers that share a
    /// filter.
    #[must_use]
    pub fn subscription_memory_bytes(&self) -> usize {
        self.subscriptions.memory_bytes()
    }

    /// What it keeps.
    #[must_use]
    pub fn kept_bytes(&self) -> KeptBytes {
        KeptBytes {
            sessions: self.session_bytes,
            messages: self.held_bytes,
            subscriptions: self.subscription_bytes(),
            retained: self.retained_bytes,
        }
    }

    /// The subscriptions, by client id and filter.
    pub fn subscriptions(&self) -> impl Iterator<Item = SubscriptionView<'_>> {
        self.sessions().flat_map(|session| session.subscriptions())
    }

    /// Whose subscriptions match a topic, as a message to it would find them now: by client id and filter. Of overlapping
    /// ones a client gets one copy, at the highest QoS.
    #[must_use]
    pub fn matching(&self, topic: &TopicName) -> Vec<MatchView<'_>> {
        let found = self.subscriptions.matching(topic.as_str()).into_iter();
        let views = found.filter_map(|(key, subscriber, is_next)| {
            let client = self.clients.get(subscriber.session)?;
            let access = self.config.access.as_ref();
            Some(MatchView {
                subscription: SubscriptionView {
                    client_id: client.id.as_str(),
                    filter: self.subscriptions.filter(key),
                    options: subscriber.options,
                    identifier: subscriber.identifier,
                },
                is_shared: key.is_shared(),
                is_next,
                is_allowed: access
                    .is_none_or(|it| it.may_receive(identity(client), topic.as_str())),
            })
        });
        let mut all: Vec<_> = views.collect();
        all.sort_by(|a, b| {
            let (a, b) = (&a.subscription, &b.subscription);
            (a.client_id, &a.filter).cmp(&(b.client_id, &b.filter))
        });
        all
    }

    /// The retained messages that have not expired, by topic.
    pub fn retained(&self, now: Instant) -> impl Iterator<Item = RetainedView<'_>> {
        self.retained.iter().filter_map(move |(_, retained)| {
            let expires_at = retained.expires_at();
            if expires_at.is_some_and(|at| at <= now) {
                return None;
            }
            Some(RetainedView {
                topic: &retained.topic,
                payload: &retained.payload,
                qos: retained.qos,
                properties: &retained.properties,
                publisher: retained.publisher.as_ref().map(mqtt_proto::Text::as_str),
                since: retained.since,
                expires_at,
            })
        })
    }
}
