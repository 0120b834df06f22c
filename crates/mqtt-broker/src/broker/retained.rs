//! Retained messages: kept, replaced, forgotten, within bounds.

use super::publish::{Published, expiry_of, is_broker_topic, own_properties, own_topic};
use super::{Broker, Events};
use crate::note::Note;
use crate::store::ConnectionKey;
use bytes::Bytes;
use mqtt_proto::packet::Properties;
use mqtt_proto::{Instant, Qos, Tag, Text, TopicName};

/// A message kept for future subscribers.
#[derive(Clone, Debug)]
pub(crate) struct Retained {
    pub(crate) topic: TopicName,
    pub(crate) payload: Bytes,
    pub(crate) qos: Qos,
    pub(crate) properties: Properties,
    /// Who published it, for No Local.
    pub(crate) publisher: Option<Text>,
    pub(crate) since: Instant,
    /// The number that it was routed under.
    pub(crate) number: Tag,
}

impl Retained {
    /// What it counts for.
    pub(crate) fn bytes(&self) -> usize {
        retained_bytes(&self.topic, &self.payload, &self.properties)
    }

    /// When it expires (5.0 Message Expiry Interval).
    pub(crate) fn expires_at(&self) -> Option<Instant> {
        expiry_of(&self.properties).map(|span| self.since + span)
    }
}

fn retained_bytes(topic: &TopicName, payload: &Bytes, properties: &Properties) -> usize {
    // The name is there once, the rest is what a place in the store takes.
    size_of::<Retained>() + topic.as_str().len() + payload.len() + properties.as_bytes().len()
}

impl Broker {
    /// Does what RETAIN asks for: keeps the message in the place of the one before, or, if it is empty,
    /// forgets that one.
    pub(super) fn keep_retained(
        &mut self,
        now: Instant,
        at: Option<ConnectionKey>,
        message: &Published,
        number: Tag,
        sink: Events<'_>,
    ) {
        let topic = message.topic.clone();
        let replaced = self.forget_retained(&topic);
        let note = if message.payload.is_empty() {
            if !replaced {
                return;
            }
            Note::RetainedCleared { topic }
        } else if !self.has_room_to_retain(now, message) {
            Note::RetainedFull { topic }
        } else {
            let publisher = message
                .from
                .and_then(|key| self.clients.get(key))
                .map(|client| client.id.clone());
            let is_will = message.will.is_some();
            let message = own(message);
            let retained = Retained {
                topic: message.topic,
                payload: message.payload,
                qos: message.qos,
                properties: message.properties,
                publisher,
                since: now,
                number,
            };
            self.store_retained(retained);
            Note::RetainedKept {
                topic,
                replaced,
                is_will,
            }
        };
        if message.from.is_some() {
            self.note(at, note, sink);
        }
    }

    /// Whether there was one.
    pub(crate) fn forget_retained(&mut self, topic: &TopicName) -> bool {
        let gone = self.retained.remove(topic);
        if let Some(gone) = &gone {
            match is_broker_topic(topic.as_str()) {
                true => self.retained_own -= 1,
                false => self.retained_bytes -= gone.bytes(),
            }
        }
        gone.is_some()
    }

    /// Keeps one on a topic that has none.
    pub(crate) fn store_retained(&mut self, retained: Retained) {
        match is_broker_topic(retained.topic.as_str()) {
            true => self.retained_own += 1,
            false => self.retained_bytes += retained.bytes(),
        }
        if let Some(at) = retained.expires_at() {
            self.retained_expires = Some(self.retained_expires.map_or(at, |next| next.min(at)));
        }
        let topic = retained.topic.clone();
        self.retained.insert(&topic, retained);
    }

    /// Whether a message can be kept, if need be after those that have expired are gone. There is none
    /// on its topic.
    fn has_room_to_retain(&mut self, now: Instant, message: &Published) -> bool {
        let bytes = retained_bytes(&message.topic, &message.payload, &message.properties);
        // The broker's own are few, and take no room from anybody.
        let is_own = is_broker_topic(message.topic.as_str());
        let has_room = |broker: &Self| {
            is_own
                || broker.retained.len() - broker.retained_own < broker.config.retained_max
                    && broker.retained_bytes + bytes <= broker.config.retained_bytes_max
        };
        if !has_room(self) && self.retained_expires.is_some_and(|at| at <= now) {
            let (mut gone, mut next) = (0, None::<Instant>);
            self.retained.retain(|_, retained| {
                let Some(at) = retained.expires_at() else {
                    return true;
                };
                if at <= now {
                    gone += retained.bytes();
                    return false;
                }
                next = Some(next.map_or(at, |next| next.min(at)));
                true
            });
            self.retained_bytes -= gone;
            self.retained_expires = next;
        }
        has_room(self)
    }
}

/// The message in memory of its own: it stays.
fn own(message: &Published) -> Published {
    Published {
        from: message.from,
        topic: own_topic(&message.topic),
        payload: Bytes::copy_from_slice(&message.payload),
        qos: message.qos,
        retain: message.retain,
        properties: own_properties(&message.properties),
        // What is kept of a will is a message like any other.
        will: None,
    }
}
