//! Messages: from a client, a will or the broker itself, to the retained store and to subscribers.

use super::{Broker, Events};
use crate::config::BrokerConfig;
use crate::event::{BrokerEvent, Out, size_of_publish};
use crate::note::{NoCopy, Note, Wait, WillCause};
use crate::policy::Identity;
use crate::store::{Client, Connection, ConnectionKey};
use crate::topics::{Matched, SessionKey, Subscriber};
use alloc::vec::Vec;
use bytes::Bytes;
use mqtt_proto::packet::{Packet, Properties, Property, Publish};
use mqtt_proto::{
    Delivery, Duration, Instant, Message, Misuse, Qos, ReasonCode, Retry, Tag, Text, TopicName,
    Version,
};
use mqtt_spec::{Rule, both, only_v5};

/// A message on its way through the broker.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    /// `None`: the broker itself.
    pub(crate) from: Option<SessionKey>,
    pub(crate) topic: TopicName,
    pub(crate) payload: Bytes,
    pub(crate) qos: Qos,
    pub(crate) retain: bool,
    pub(crate) properties: Properties,
    /// What made it due, if it is a will.
    pub(crate) will: Option<WillCause>,
}

/// What a copy comes of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Occasion {
    /// As the message was published.
    pub(super) published_qos: Qos,
    /// The rules behind it.
    pub(super) rules: [Option<Rule>; 3],
}

impl Published {
    /// What a copy of the message comes of that goes out because it has just been published.
    fn occasion(&self, copy: &Message, is_shared: bool) -> Occasion {
        let cause = match self.will {
            Some(WillCause::KeepAliveTimeout) => Some(both!("MQTT-3.1.2-24", "MQTT-3.1.2-22")),
            _ => is_shared.then_some(only_v5!("MQTT-4.8.2-3")),
        };
        let retain = match (self.retain, copy.retain) {
            (false, _) => None,
            (true, false) => Some(both!("MQTT-3.3.1-9", "MQTT-3.3.1-12")),
            (true, true) => Some(only_v5!("MQTT-3.3.1-13")),
        };
        let will = self.will.map(|_| both!("MQTT-3.1.2-8", "MQTT-3.1.2-8"));
        Occasion {
            published_qos: self.qos,
            rules: [will, cause, retain],
        }
    }

    /// The one copy for a session with these subscriptions: at the highest QoS granted, with the
    /// identifiers of all (5.0 MQTT-3.3.4-2, MQTT-3.3.4-4), and with RETAIN if any of them asks for it
    /// as published.
    pub(super) fn copy_for(&self, subscriptions: &[Subscriber]) -> Message {
        let options = || subscriptions.iter().map(|subscriber| subscriber.options);
        let granted = options().map(|options| options.qos).max();
        let identifiers = subscriptions
            .iter()
            .filter_map(|subscriber| subscriber.identifier);
        Message {
            topic: self.topic.clone(),
            payload: self.payload.clone(),
            qos: self.qos.min(granted.unwrap_or_default()),
            retain: self.retain && options().any(|options| options.retain_as_published),
            properties: with_identifiers(&self.properties, identifiers),
        }
    }
}

pub(crate) fn expiry_of(properties: &Properties) -> Option<Duration> {
    if properties.is_empty() {
        return None;
    }
    properties.find(|property| match property {
        Property::MessageExpiryInterval(secs) => Some(Duration::from_secs(u64::from(secs))),
        _ => None,
    })
}

/// The properties with the time waited taken off the Message Expiry Interval (MQTT-3.3.2-6).
pub(crate) fn aged(properties: &Properties, waited: Duration) -> Properties {
    let waited = u32::try_from(waited.as_secs()).unwrap_or(u32::MAX);
    if waited == 0 || expiry_of(properties).is_none() {
        return properties.clone();
    }
    properties
        .iter()
        .map(|property| match property {
            Property::MessageExpiryInterval(secs) => {
                Property::MessageExpiryInterval(secs.saturating_sub(waited))
            }
            other => other,
        })
        .collect()
}

impl Broker {
    /// PUBLISH from a client.
    pub(super) fn publish(
        &mut self,
        now: Instant,
        at: ConnectionKey,
        publish: Publish,
        sink: Events<'_>,
    ) {
        self.statistics.messages_received += 1;
        let delivery = publish.delivery;
        let from = self.connections.get(at).and_then(|from| from.session);
        // The connection has put the name in the place of an alias.
        let Some(topic) = publish.topic else {
            return;
        };
        let mut properties = Properties::EMPTY;
        let refused = self.refuses_publish(from, &topic);
        let reason = if refused.is_none() {
            let message = Published {
                from,
                topic,
                payload: publish.payload,
                qos: delivery.qos(),
                retain: publish.retain,
                properties: publish.properties,
                will: None,
            };
            if self.take_message(now, Some(at), message, sink) {
                ReasonCode::Success
            } else {
                ReasonCode::NoMatchingSubscribers
            }
        } else {
            let reason = ReasonCode::NotAuthorized;
            properties = refused.map_or(Properties::EMPTY, |why| self.explanation(why));
            self.note(Some(at), Note::PublishRefused { topic, reason }, sink);
            reason
        };
        if delivery.qos() > Qos::AtMostOnce {
            let mut answered = Ok(());
            self.with_connection(at, sink, |server, client, out| {
                if let Some(client) = client {
                    let session = &mut client.session;
                    answered = server.acknowledge(now, delivery, reason, properties, session, out);
                }
            });
            self.answered(now, at, answered, sink);
        }
    }

    /// Why a client may not publish to a topic; `None` if it may.
    fn refuses_publish(&self, from: Option<SessionKey>, topic: &TopicName) -> Option<&'static str> {
        let topic = topic.as_str();
        if is_broker_topic(topic) {
            return Some("only the broker itself publishes under $SYS");
        }
        let (Some(access), Some(client)) = (
            &self.config.access,
            from.and_then(|key| self.clients.get(key)),
        ) else {
            return None;
        };
        let is_allowed = access.may_publish(identity(client), topic);
        (!is_allowed).then_some("the access list forbids to publish to this topic")
    }

    /// Keeps a message if it is to be kept, and passes it on; whether anybody subscribes to it.
    /// Subscribers whose copy is dropped count: they are there (5.0 section 3.4.2.1, 0x10).
    pub(super) fn take_message(
        &mut self,
        now: Instant,
        at: Option<ConnectionKey>,
        message: Published,
        sink: Events<'_>,
    ) -> bool {
        let number = self.next_message();
        // A 3.1.1 client cannot know that nothing is kept: its message goes out all the same.
        if message.retain && self.config.server.offer.retain {
            self.keep_retained(now, at, &message, number, sink);
        }
        let (has_subscribers, copies) = self.route(now, &message, number, sink);
        // What the broker says about itself would fill the log.
        if message.from.is_some() {
            let note = Note::Routed {
                message: number,
                topic: message.topic,
                copies,
            };
            self.note(at, note, sink);
        }
        has_subscribers
    }

    /// The number of a message that comes now.
    pub(crate) const fn next_message(&mut self) -> Tag {
        let number = Tag(self.messages);
        self.messages = self.messages.wrapping_add(1);
        number
    }

    /// Passes a message on to everybody who subscribes to its topic: whether there is anybody, and
    /// how many sessions get a copy.
    fn route(
        &mut self,
        now: Instant,
        message: &Published,
        number: Tag,
        sink: Events<'_>,
    ) -> (bool, u32) {
        let mut copies = core::mem::take(&mut self.copies);
        let matched = self.matches(message.topic.as_str());
        copies.extend(matched.iter().filter_map(|matched| match matched {
            Matched::Session(subscriber) => Some(*subscriber),
            Matched::Group(_) => None,
        }));
        let is_own =
            |copy: &Subscriber| copy.options.no_local && Some(copy.session) == message.from;
        let before = copies.len();
        copies.retain(|copy| !is_own(copy));
        if copies.len() < before
            && let Some(own) = message.from
            && !copies.iter().any(|copy| copy.session == own)
        {
            self.no_copy(own, number, NoCopy::NoLocal, sink);
        }
        // Overlapping subscriptions of a session come to stand side by side; with one filter only,
        // they are in order already.
        copies.sort_by_key(|copy| copy.session);
        let (mut has_subscribers, mut count) = (false, 0);
        let mut tally = |outcome: Option<bool>| {
            has_subscribers |= outcome.is_some();
            count += u32::from(outcome == Some(true));
        };
        let mut same = None;
        for of_session in copies.chunk_by(|a, b| a.session == b.session) {
            tally(match of_session {
                [only] if self.send_same(now, message, only, &mut same, sink) => Some(true),
                _ => self.deliver(now, message, number, (of_session, false), sink),
            });
        }
        copies.clear();
        for group in &matched {
            if let Matched::Group(key) = group {
                self.subscriptions.take_turn(*key, &mut copies);
                tally(self.deliver_to_one(now, message, number, &copies, sink));
                copies.clear();
            }
        }
        self.matched = matched;
        self.copies = copies;
        (has_subscribers, count)
    }

    /// What matches a topic. To be put back into `self.matched`, which is not to be changed.
    fn matches(&mut self, topic: &str) -> Vec<Matched> {
        let mut matched = core::mem::take(&mut self.matched);
        let changes = Some(self.subscriptions.changes());
        if self.matched_at != changes || self.matched_topic != topic {
            matched.clear();
            self.subscriptions.matches(topic, &mut matched);
            self.matched_topic.clear();
            self.matched_topic.push_str(topic);
            self.matched_at = changes;
        }
        matched
    }

    /// Gives a session its one copy, for all of its subscriptions that match, or for a shared one; whether it gets one.
    pub(super) fn deliver(
        &mut self,
        now: Instant,
        message: &Published,
        number: Tag,
        (subscriptions, is_shared): (&[Subscriber], bool),
        sink: Events<'_>,
    ) -> Option<bool> {
        let first = subscriptions.first()?;
        let copy = message.copy_for(subscriptions);
        let occasion = message.occasion(&copy, is_shared);
        self.send(now, first.session, copy, number, occasion, sink)
    }

    /// Sends a session the one packet that everybody gets who wants nothing special: QoS 0, and no
    /// properties but those of the message. It is made for the first of them, into `same`. `false`
    /// if this session needs one of its own, or its client is not there or slow.
    fn send_same(
        &mut self,
        now: Instant,
        message: &Published,
        subscription: &Subscriber,
        same: &mut Option<BrokerEvent>,
        sink: Events<'_>,
    ) -> bool {
        let options = &subscription.options;
        let is_special = message.qos.min(options.qos) > Qos::AtMostOnce
            || message.retain && options.retain_as_published
            || subscription.identifier.is_some();
        // The access list is asked and notes are written for each copy.
        if is_special || self.config.access.is_some() || self.config.notes {
            return false;
        }
        let connection = self
            .clients
            .get(subscription.session)
            .and_then(|client| client.connection)
            .and_then(|at| self.connections.get_mut(at));
        let Some(to) = connection.filter(|to| !is_slow(&self.config, to)) else {
            return false;
        };
        let event = same.get_or_insert_with(|| BrokerEvent::Send {
            connection: to.id,
            version: to.server.version(),
            packet: Packet::Publish(Publish {
                delivery: Delivery::AtMostOnce,
                retain: false,
                topic: Some(message.topic.clone()),
                payload: message.payload.clone(),
                properties: message.properties.clone(),
            }),
        });
        let BrokerEvent::Send {
            connection,
            version,
            packet,
        } = event
        else {
            return false;
        };
        if !to.server.deliver_as_is(now, packet) {
            return false;
        }
        (*connection, *version) = (to.id, to.server.version());
        if let Packet::Publish(publish) = packet {
            to.backlog_bytes += size_of_publish(publish);
        }
        self.statistics.messages_sent += 1;
        sink.emit_shared(event);
        true
    }

    /// Sends a session a message, or keeps it until that can be done; whether either was. `None` if
    /// it may not receive it.
    pub(super) fn send(
        &mut self,
        now: Instant,
        key: SessionKey,
        message: Message,
        number: Tag,
        occasion: Occasion,
        sink: Events<'_>,
    ) -> Option<bool> {
        let client = self.clients.get_mut(key)?;
        if let Some(access) = &self.config.access
            && !access.may_receive(identity(client), message.topic.as_str())
        {
            self.no_copy(key, number, NoCopy::NotAllowed, sink);
            return None;
        }
        let connection = client
            .connection
            .and_then(|at| self.connections.get_mut(at));
        let qos = message.qos;
        let (id, version) = match &connection {
            Some(connection) => (Some(connection.id), connection.server.version()),
            None => (None, Version::V5),
        };
        let carried_by = client.connection;
        let mut out = Out::new(id, version, self.config.notes, sink);
        let held_bytes = self.held_bytes + message.len_bytes();
        let is_sent = match connection {
            _ if qos > Qos::AtMostOnce && held_bytes > self.config.held_bytes_max => false,
            Some(connection) if !is_slow(&self.config, connection) => {
                let (from, to) = (occasion.published_qos, qos);
                let downgraded = (to < from).then_some(Note::Downgraded { from, to });
                let rule = downgraded.as_ref().and_then(Note::rule);
                if let Some(note) = downgraded {
                    out.note(note);
                }
                let session = &mut client.session;
                let tag = number;
                let waits = qos > Qos::AtMostOnce && !connection.server.has_room(session);
                if !waits {
                    let [first, second, third] = occasion.rules;
                    out.explain([first, second, rule, third]);
                }
                let message = if waits { owned(&message) } else { message };
                let result = connection
                    .server
                    .deliver(now, message, tag, session, &mut out);
                connection.backlog_bytes += out.sent_bytes;
                result != Err(Misuse::QueueFull)
            }
            Some(_) if qos == Qos::AtMostOnce => {
                out.no_copy(client, number, NoCopy::Slow);
                out.counted.dropped.slow += 1;
                false
            }
            None if qos == Qos::AtMostOnce => {
                out.no_copy(client, number, NoCopy::Offline);
                out.counted.dropped.not_connected += 1;
                false
            }
            waits => {
                let what = match waits {
                    Some(_) => Wait::SlowConnection,
                    None => Wait::Client,
                };
                let result = client
                    .session
                    .enqueue(now, owned(&message), number, &mut out);
                if result.is_ok() {
                    out.note(Note::CopyWaits {
                        client_id: client.id.clone(),
                        message: number,
                        what,
                    });
                }
                result.is_ok()
            }
        };
        if !is_sent && qos > Qos::AtMostOnce {
            out.no_copy(client, number, NoCopy::QueueFull);
            out.counted.dropped.queue_full += 1;
        }
        client.recount(&mut self.held_bytes);
        out.tell_given_up(client);
        self.statistics.add(&out.counted);
        // Of all that a delivery changes, only resending on a timer changes when the connection wants to be called.
        if let (Retry::AfterTimeout(_), Some(at)) = (self.config.server.retry, carried_by) {
            self.arm_connection(at);
        }
        Some(is_sent)
    }
}

impl Broker {
    fn no_copy(&self, key: SessionKey, message: Tag, why: NoCopy, sink: Events<'_>) {
        let Some(client) = self.clients.get(key) else {
            return;
        };
        let note = Note::NoCopy {
            client_id: client.id.clone(),
            message,
            why,
        };
        self.note(client.connection, note, sink);
    }
}

/// Whether a topic is the broker's own, `$SYS` or below it: what it says about itself, nobody else says, whatever its
/// access list allows.
#[must_use]
pub fn is_broker_topic(topic: &str) -> bool {
    topic == "$SYS" || topic.starts_with("$SYS/")
}

/// Whether so much waits for a connection already that nothing is to be added.
pub(super) fn is_slow(config: &BrokerConfig, connection: &Connection) -> bool {
    config
        .backlog_max_bytes
        .is_some_and(|max| connection.backlog_bytes > max)
}

/// Who a session's client is.
pub(crate) fn identity(client: &Client) -> Identity<'_> {
    Identity {
        client_id: client.id.as_str(),
        user_name: client.user_name.as_ref().map(Text::as_str),
    }
}

/// The properties and a Subscription Identifier for each of `identifiers` (MQTT-3.3.4-4).
pub(super) fn with_identifiers(
    properties: &Properties,
    identifiers: impl Iterator<Item = core::num::NonZeroU32> + Clone,
) -> Properties {
    if identifiers.clone().next().is_none() {
        return properties.clone();
    }
    properties
        .iter()
        .chain(identifiers.map(|identifier| Property::SubscriptionIdentifier(identifier.get())))
        .collect()
}

/// A message in memory of its own: what a client has sent shares the memory of all that came with
/// it, which must not be kept for as long as one message is.
fn owned(message: &Message) -> Message {
    Message {
        topic: own_topic(&message.topic),
        payload: Bytes::copy_from_slice(&message.payload),
        properties: own_properties(&message.properties),
        ..*message
    }
}

pub(super) fn own_topic(topic: &TopicName) -> TopicName {
    TopicName::try_from(topic.as_str()).unwrap_or_else(|_| topic.clone())
}

pub(super) fn own_properties(properties: &Properties) -> Properties {
    if properties.is_empty() {
        return Properties::EMPTY;
    }
    properties.iter().collect()
}
