//! Subscribing and unsubscribing, until the server has answered.

use crate::packet::{
    Packet, PacketType, Properties, Subscribe, SubscribeFilters, Unsubscribe, UnsubscribeFilters,
};
use crate::time::Instant;
use crate::types::PacketId;

/// A SUBSCRIBE or UNSUBSCRIBE that waits for its answer.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) id: PacketId,
    pub(super) filters: Filters,
    pub(super) properties: Properties,
    /// How many filters.
    pub(super) count: usize,
    pub(super) sent_at: Instant,
}

#[derive(Clone, Debug)]
pub(super) enum Filters {
    Subscribe(SubscribeFilters),
    Unsubscribe(UnsubscribeFilters),
}

impl Request {
    pub(super) fn packet_type(&self) -> PacketType {
        match self.filters {
            Filters::Subscribe(_) => PacketType::Subscribe,
            Filters::Unsubscribe(_) => PacketType::Unsubscribe,
        }
    }

    pub(super) fn packet(&self) -> Packet {
        let (id, properties) = (self.id, self.properties.clone());
        match &self.filters {
            Filters::Subscribe(filters) => Packet::Subscribe(Subscribe {
                id,
                filters: filters.clone(),
                properties,
            }),
            Filters::Unsubscribe(filters) => Packet::Unsubscribe(Unsubscribe {
                id,
                filters: filters.clone(),
                properties,
            }),
        }
    }
}
