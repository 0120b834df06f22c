//! What a device subscribes to, and how far it has come with it.

use mqtt_proto::packet::{Properties, Property, SubAck, SubscribeFilters, SubscriptionOptions};
use mqtt_proto::{PacketId, TopicFilter};

use alloc::vec::Vec;

/// Something to subscribe to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// To what.
    pub filter: TopicFilter,
    /// How. 3.1.1 has the QoS only.
    pub options: SubscriptionOptions,
    /// The Subscription Identifier (5.0), 1 to 268,435,455.
    pub id: Option<u32>,
}

impl Wanted {
    /// A filter at a QoS, and nothing else.
    #[must_use]
    pub const fn new(filter: TopicFilter, options: SubscriptionOptions) -> Self {
        Self {
            filter,
            options,
            id: None,
        }
    }
}

/// One thing that it subscribes to.
#[derive(Clone, Debug)]
struct Subscription {
    wanted: Wanted,
    progress: Progress,
}

/// How far a subscription has come in the present session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// To be asked for, at the next connection at the latest: never asked, or the answer was lost or a refusal.
    Wanted,
    /// In a SUBSCRIBE under this identifier, at this place. Dies with the connection.
    Asked(PacketId, usize),
    /// SUBACK has granted it: the session has it.
    Granted,
}

/// All that it subscribes to.
#[derive(Clone, Debug)]
pub(super) struct Subscriptions {
    list: Vec<Subscription>,
}

/// What goes into one SUBSCRIBE: filters under one Subscription Identifier, or under none.
pub(super) struct Request {
    id: Option<u32>,
    pub(super) filters: SubscribeFilters,
    pub(super) properties: Properties,
}

impl Subscriptions {
    pub(super) fn new(wanted: Vec<Wanted>) -> Self {
        let wanted = wanted.into_iter();
        Self {
            list: wanted
                .map(|wanted| Subscription {
                    wanted,
                    progress: Progress::Wanted,
                })
                .collect(),
        }
    }

    /// Adds one, in place of an older one with the same filter.
    pub(super) fn add(&mut self, wanted: Wanted) {
        self.remove(&wanted.filter);
        self.list.push(Subscription {
            wanted,
            progress: Progress::Wanted,
        });
    }

    pub(super) fn remove(&mut self, filter: &TopicFilter) {
        self.list.retain(|known| known.wanted.filter != *filter);
    }

    /// The next SUBSCRIBE for what is wanted: one for each Subscription Identifier. With `newest` only for what was
    /// added last.
    pub(super) fn request(&self, newest: bool) -> Option<Request> {
        let from = if newest {
            self.list.len().saturating_sub(1)
        } else {
            0
        };
        let wanted = || {
            let listed = self.list.iter().skip(from);
            listed.filter(|known| known.progress == Progress::Wanted)
        };
        let id = wanted().next()?.wanted.id;
        let filters = wanted()
            .filter(|known| known.wanted.id == id)
            .map(|known| (known.wanted.filter.clone(), known.wanted.options))
            .collect();
        let properties = id.map(Property::SubscriptionIdentifier);
        Some(Request {
            id,
            filters,
            properties: properties.into_iter().collect(),
        })
    }

    /// A request has gone out.
    pub(super) fn asked(&mut self, request: &Request, id: PacketId) {
        let mut asked = request.filters.iter().enumerate();
        let Some(mut next) = asked.next() else { return };
        for known in &mut self.list {
            let (place, (filter, _)) = &next;
            if known.progress == Progress::Wanted
                && known.wanted.id == request.id
                && known.wanted.filter == *filter
            {
                known.progress = Progress::Asked(id, *place);
                match asked.next() {
                    Some(more) => next = more,
                    None => return,
                }
            }
        }
    }

    /// SUBACK has come.
    pub(super) fn answered(&mut self, ack: &SubAck) {
        for known in &mut self.list {
            if let Progress::Asked(id, place) = known.progress
                && id == ack.id
            {
                known.progress = match ack.reasons.iter().nth(place) {
                    Some(reason) if !reason.is_failure() => Progress::Granted,
                    _ => Progress::Wanted,
                };
            }
        }
    }

    /// The session is gone, or what it had asked for on a connection that is.
    pub(super) fn forget(&mut self, lost: impl Fn(Progress) -> bool) {
        for known in &mut self.list {
            if lost(known.progress) {
                known.progress = Progress::Wanted;
            }
        }
    }
}
