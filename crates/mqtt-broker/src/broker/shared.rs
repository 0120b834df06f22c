//! Shared subscriptions (5.0 section 4.8.2): who of a group gets a message.
//!
//! Members take turns. Whoever could not receive a message at all is left out: the access list
//! forbids it, it is larger than their Maximum Packet Size, it is of QoS 0 and they are away or too
//! slow, or their queue is full. Of the others, those that can be sent it at once come before those
//! whose window is full, and these before those who are away.
//!
//! A message stays with its member while the session lives. When that ends, what is at QoS 1 and not
//! acknowledged, and what was never sent, goes to another member; a QoS 2 delivery that has begun does
//! not (MQTT-4.8.2-5). What a member refuses goes to nobody (MQTT-4.8.2-6). After a restart of the
//! broker the same holds.

use super::publish::{Published, aged, expiry_of, identity, is_slow};
use super::{Broker, Events};
use crate::store::Client;
use crate::topics::{FilterKey, Subscriber};
use alloc::vec::Vec;
use mqtt_proto::packet::Property;
use mqtt_proto::session::{Awaits, Direction};
use mqtt_proto::{InFlight, Instant, Qos, Tag, TopicFilter, TopicName};

/// How soon a member would get a message, the soonest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Readiness {
    Now,
    /// It waits for the client's acknowledgements, or for its connection.
    Soon,
    /// It waits for the client to come back.
    Away,
}

impl Broker {
    /// Gives a message of a shared subscription to one of its members, who are in the order of
    /// their turns; whether that member gets it. `None`: no member may receive it.
    pub(super) fn deliver_to_one(
        &mut self,
        now: Instant,
        message: &Published,
        number: Tag,
        members: &[Subscriber],
        sink: Events<'_>,
    ) -> Option<bool> {
        let mut best = None;
        for member in members {
            let readiness = self.readiness(message, member);
            if let Some(readiness) = readiness
                && best.is_none_or(|(_, best)| readiness < best)
            {
                best = Some((member, readiness));
            }
            if readiness == Some(Readiness::Now) {
                break;
            }
        }
        let member = match best {
            Some((member, _)) => member,
            // Nobody can: the log and the counters say so of the one whose turn it is.
            None => members
                .iter()
                .find(|member| self.may_receive(member, &message.topic))
                .or(members.first())?,
        };
        self.deliver(
            now,
            message,
            number,
            (core::slice::from_ref(member), true),
            sink,
        )
    }

    fn may_receive(&self, member: &Subscriber, topic: &TopicName) -> bool {
        match (&self.config.access, self.clients.get(member.session)) {
            (Some(access), Some(client)) => access.may_receive(identity(client), topic.as_str()),
            (_, client) => client.is_some(),
        }
    }

    /// `None`: the member would not get the message.
    fn readiness(&self, message: &Published, member: &Subscriber) -> Option<Readiness> {
        if !self.may_receive(member, &message.topic) {
            return None;
        }
        let client = self.clients.get(member.session)?;
        let copy = message.copy_for(core::slice::from_ref(member));
        let bytes = copy.len_bytes();
        let waits = copy.qos > Qos::AtMostOnce && !client.session.is_full_for(bytes);
        let Some(connection) = client.connection.and_then(|at| self.connections.get(at)) else {
            return waits.then_some(Readiness::Away);
        };
        if !connection.server.takes_size_of(&copy) {
            return None;
        }
        let is_now = match copy.qos {
            Qos::AtMostOnce => true,
            _ => connection.server.has_room(&client.session),
        };
        match is_now && !is_slow(&self.config, connection) {
            true => Some(Readiness::Now),
            false => waits.then_some(Readiness::Soon),
        }
    }

    /// What a session that ends leaves to the others of its shared subscriptions.
    ///
    /// A session does not keep by which subscription a message came. One that another of its
    /// subscriptions matches as well came twice; if one copy is left, it counts as that one's.
    pub(super) fn left_to_group(&self, now: Instant, ends: &Client) -> Vec<Left> {
        let mut left = Vec::new();
        if ends.session.is_idle() || !ends.filters.iter().any(FilterKey::is_shared) {
            return left;
        }
        let filters: Vec<(FilterKey, TopicFilter)> = ends
            .filters
            .iter()
            .filter_map(|key| {
                let text = self.subscriptions.filter(*key);
                Some((*key, TopicFilter::try_from(text.as_str()).ok()?))
            })
            .collect();
        // How many copies of the same message stand before this one.
        let mut before: Option<(Published, Tag, usize)> = None;
        for row in ends.session.in_flight() {
            let Some((message, number)) = message_to_pass_on(now, &row) else {
                continue;
            };
            let copies = match &before {
                Some((same, tag, copies))
                    if *tag == number
                        && same.topic == message.topic
                        && same.payload == message.payload =>
                {
                    copies + 1
                }
                _ => 0,
            };
            before = Some((message.clone(), number, copies));
            let matches = filters
                .iter()
                .filter(|(_, filter)| filter.matches(&message.topic));
            let is_plain = matches.clone().any(|(key, _)| !key.is_shared());
            let group = copies.checked_sub(usize::from(is_plain)).and_then(|nth| {
                let mut groups = matches.filter(|(key, _)| key.is_shared());
                groups.nth(nth)
            });
            if let Some((group, _)) = group {
                left.push(Left {
                    group: *group,
                    message,
                    number,
                });
            }
        }
        left
    }

    /// Gives what a session has left to others, once it is gone.
    pub(super) fn pass_on(&mut self, now: Instant, left: Vec<Left>, sink: Events<'_>) {
        let mut members = Vec::new();
        for Left {
            group,
            message,
            number,
        } in left
        {
            self.subscriptions.take_turn(group, &mut members);
            self.deliver_to_one(now, &message, number, &members, sink);
            members.clear();
        }
    }
}

/// A message that a session has left to a group.
#[derive(Debug)]
pub(super) struct Left {
    group: FilterKey,
    message: Published,
    number: Tag,
}

/// The message as if it had just been published, if another member may have it and it has not
/// expired.
fn message_to_pass_on(now: Instant, row: &InFlight<'_>) -> Option<(Published, Tag)> {
    if row.direction != Direction::Outgoing {
        return None;
    }
    match row.awaits {
        Awaits::PubAck | Awaits::Sending => {}
        Awaits::PubRec | Awaits::PubComp | Awaits::PubRel => return None,
    }
    let (message, since) = (row.message?, row.since?);
    if expiry_of(&message.properties).is_some_and(|expiry| since + expiry <= now) {
        return None;
    }
    let properties = aged(&message.properties, now.since(since))
        .retain(|property| !matches!(property, Property::SubscriptionIdentifier(_)));
    let message = Published {
        from: None,
        topic: message.topic.clone(),
        payload: message.payload.clone(),
        qos: message.qos,
        retain: message.retain,
        properties,
        will: None,
    };
    Some((message, row.tag.unwrap_or_default()))
}
