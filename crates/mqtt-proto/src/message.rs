//! An application message on its way out, before it has a packet identifier.

use crate::packet::{Properties, Publish};
use crate::types::{Delivery, Qos, TopicName};
use bytes::Bytes;

/// What a caller asks to have published or delivered.
///
/// Not a [`Publish`]: that has an identifier and a DUP flag, which only a session can give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Where it goes.
    pub topic: TopicName,
    /// Any bytes.
    pub payload: Bytes,
    /// How it is delivered.
    pub qos: Qos,
    /// To the server: store it. From the server: it was stored (5.0: or is as published).
    pub retain: bool,
    /// 5.0; dropped at the edge of a 3.1.1 connection. Never holds a topic alias: aliases belong
    /// to the connection, which adds and removes them.
    pub properties: Properties,
}

impl Message {
    /// A message that is not retained and has no properties.
    #[must_use]
    pub const fn new(topic: TopicName, payload: Bytes, qos: Qos) -> Self {
        Self {
            topic,
            payload,
            qos,
            retain: false,
            properties: Properties::EMPTY,
        }
    }

    /// The same message with RETAIN set.
    #[must_use]
    pub fn retained(mut self) -> Self {
        self.retain = true;
        self
    }

    pub(crate) fn into_publish(self, delivery: Delivery) -> Publish {
        Publish {
            delivery,
            retain: self.retain,
            topic: Some(self.topic),
            payload: self.payload,
            properties: self.properties,
        }
    }

    /// Bytes of its topic, payload and properties.
    #[must_use]
    pub fn len_bytes(&self) -> usize {
        self.topic.text().as_bytes().len() + self.payload.len() + self.properties.as_bytes().len()
    }

    pub(crate) fn to_publish(&self, delivery: Delivery) -> Publish {
        Publish {
            delivery,
            retain: self.retain,
            topic: Some(self.topic.clone()),
            payload: self.payload.clone(),
            properties: self.properties.clone(),
        }
    }
}

/// The caller's own mark on a message, given back when the message is done with. It never reaches
/// the wire.
///
/// A packet identifier cannot serve: a message that waits in the queue has none yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub u32);
