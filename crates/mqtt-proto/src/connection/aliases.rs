//! Topic aliases (5.0 section 3.3.2.3.4): a matter of one connection and one direction.
//!
//! They end here. Inside, every message has its full topic name.

use crate::error::Violation;
use crate::packet::{PropertyWriter, Publish};
use crate::types::{Sender, TopicName};
use alloc::vec::Vec;

const TOPIC_ALIAS: u8 = 0x23;

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
        let Some(name) = &publish.topic else {
            let known = place.ok().and_then(|at| self.names.get(at));
            let Some((_, name)) = known else {
                return Err(Violation::TopicAliasUnknown { alias });
            };
            publish.topic = Some(name.clone());
            return Ok(None);
        };
        if let Ok(at) = place {
            self.names.remove(at);
        }
        let (Ok(at) | Err(at)) = place;
        self.names.insert(at, (alias, name.clone()));
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
    /// The packet with an alias, in place of the name if the peer knows it already. True is a new
    /// alias: the caller tells [`OutgoingAliases::confirm`] if the packet really goes out.
    pub(super) fn apply(&self, publish: &Publish, maximum: u16) -> Option<(Publish, bool)> {
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
        let mut publish = publish.clone();
        publish.properties = list.finish();
        if known.is_some() {
            publish.topic = None;
        }
        Some((publish, known.is_none()))
    }

    /// The packet with a new alias for this name is out; the alias.
    pub(super) fn confirm(&mut self, name: TopicName) -> u16 {
        self.names.push(name);
        self.names.len() as u16
    }
}
