//! Topic aliases (5.0 section 3.3.2.3.4): a matter of one connection and one direction.
//!
//! They end here. Inside, every message has its full topic name.

use crate::error::Violation;
use crate::packet::property_id::TOPIC_ALIAS;
use crate::packet::{Properties, PropertyWriter, Publish};
use crate::types::{Sender, TopicName};
use alloc::vec::Vec;

/// The aliases of one direction. Those of the peer: whatever it sets, up to our maximum. Our own: the
/// first topics of the connection get one each, and keep it. No replacement: with more topics in use
/// than aliases it would cost more bytes than it saves.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Aliases {
    /// As many as are in use: mostly few, and looked through one by one.
    names: Vec<(u16, TopicName)>,
}

impl Aliases {
    /// Replaces the peer's alias by the name that it stands for, or takes a new one over.
    #[cfg_attr(feature = "small", inline(never))]
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
        let known = self.names.iter_mut().find(|(known, _)| *known == alias);
        match (&mut publish.topic, known) {
            (Some(name), Some((_, known))) => known.clone_from(name),
            (Some(name), None) => self.names.push((alias, name.clone())),
            (topic, Some((_, known))) => {
                *topic = Some(known.clone());
                return Ok(None);
            }
            (None, None) => return Err(Violation::TopicAliasUnknown { alias }),
        }
        Ok(Some(alias))
    }

    /// Gives the packet an alias, in place of the name if the peer knows it already; `None` if
    /// there is none for it.
    pub(super) fn apply(&self, publish: &mut Publish, maximum: u16) -> Option<Applied> {
        let name = publish.topic.as_ref()?;
        let known = self.names.iter().position(|(_, known)| known == name);
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
        // At most the peer's maximum.
        let alias = self.names.len() as u16 + 1;
        self.names.push((alias, name));
        alias
    }
}

/// What a packet has lost by its alias.
pub(super) struct Applied {
    properties: Properties,
    /// `None` if the packet has kept it, for the alias to be set by.
    topic: Option<TopicName>,
}

impl Applied {
    /// Whether the alias is new: the caller tells [`Aliases::confirm`] once the packet is out.
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
