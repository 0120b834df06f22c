//! Topic aliases (5.0 section 3.3.2.3.4): a matter of one connection and one direction.
//!
//! They end here. Inside, every message has its full topic name.

use crate::error::Violation;
use crate::packet::property_id::TOPIC_ALIAS;
use crate::packet::{Properties, PropertyWriter, Publish};
use crate::types::{Sender, TopicName};
use alloc::vec::Vec;

/// The aliases that the peer has set.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct IncomingAliases {
    /// By alias, ascending. Grows with the aliases in use, up to our maximum.
    names: Vec<(u16, TopicName)>,
}

impl IncomingAliases {
    /// Replaces an alias by the name that it stands for, or takes a new one over.
    pub(super) fn resolve(
        &mut self,
        publish: &mut Publish,
        maximum: u16,
        by: Sender,
    ) -> Result<Option<u16>, Violation> {
        let Some(alias) = publish.properties.number(TOPIC_ALIAS) else {
            return Ok(None);
        };
        let alias = alias as u16;
        if alias == 0 || alias > maximum {
            return Err(Violation::TopicAliasTooLarge { by, alias });
        }
        publish.properties = publish.properties.without(&[TOPIC_ALIAS]);
        let place = self.names.binary_search_by_key(&alias, |(known, _)| *known);
        let known = place.ok().and_then(|at| self.names.get_mut(at));
        match (&mut publish.topic, known) {
            (Some(name), Some((_, known))) => known.clone_from(name),
            (Some(name), None) => {
                let (Ok(at) | Err(at)) = place;
                self.names.insert(at, (alias, name.clone()));
            }
            (topic, Some((_, known))) => {
                *topic = Some(known.clone());
                return Ok(None);
            }
            (None, None) => return Err(Violation::TopicAliasUnknown { alias }),
        }
        Ok(Some(alias))
    }
}

/// The aliases that this end has set: the first topics of the connection get one each, and keep it.
///
/// No replacement: with more topics in use than aliases it would cost more bytes than it saves.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct OutgoingAliases {
    /// The name of alias `n` at `n - 1`.
    names: Vec<TopicName>,
}

impl OutgoingAliases {
    /// Gives the packet an alias, in place of the name if the peer knows it already; `None` if
    /// there is none for it.
    pub(super) fn apply(&self, publish: &mut Publish, maximum: u16) -> Option<Applied> {
        let name = publish.topic.as_ref()?;
        let known = self.names.iter().position(|known| known == name);
        let at = known.unwrap_or(self.names.len());
        let alias = u16::try_from(at + 1).ok()?;
        if alias > maximum {
            return None;
        }
        let mut list = PropertyWriter::default();
        list.extend(&publish.properties);
        list.u16(TOPIC_ALIAS, alias);
        Some(Applied {
            properties: core::mem::replace(&mut publish.properties, list.finish()),
            topic: match known {
                Some(_) => publish.topic.take(),
                None => None,
            },
        })
    }

    /// The packet with a new alias for this name is out; the alias.
    pub(super) fn confirm(&mut self, name: TopicName) -> u16 {
        self.names.push(name);
        self.names.len() as u16
    }
}

/// What a packet has lost by its alias.
pub(super) struct Applied {
    properties: Properties,
    /// `None` if the packet has kept it, for the alias to be set by.
    topic: Option<TopicName>,
}

impl Applied {
    /// Whether the alias is new: the caller tells [`OutgoingAliases::confirm`] once the packet is out.
    pub(super) const fn is_new(&self) -> bool {
        self.topic.is_none()
    }

    /// Makes the packet what it was.
    pub(super) fn undo(self, publish: &mut Publish) {
        publish.properties = self.properties;
        if self.topic.is_some() {
            publish.topic = self.topic;
        }
    }
}
