//! Whether a run did what its scenario expects.

use crate::id::{Cursor, NodeId};
use crate::link::PacketHead;
use crate::record::{DeliveredMessage, Record, RecordKind};
use crate::recording::Recording;
use crate::scenario::{DeviceClaim, Expectation, MessagePattern, NodeKind, PacketPattern, Quoted};
use crate::score::Score;
use crate::world::World;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use device::{Device, Metres};
use mqtt_broker::Broker;
use mqtt_proto::TopicFilter;
use mqtt_proto::session::Direction;

/// What became of an expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// As the scenario writes it.
    pub expectation: Expectation,
    /// Whether it holds.
    pub met: bool,
    /// What is so instead, or as well, in the words of the scenario.
    pub found: String,
}

/// What is found where a name means nothing here.
const NO_SUCH: &str = "no such node";

impl Recording {
    /// Judges every expectation by what has happened so far.
    #[must_use]
    pub fn verdicts(&self) -> Vec<Verdict> {
        let end = self.log().end();
        self.scenario()
            .expectations
            .iter()
            .map(|expectation| self.verdict(expectation, Cursor::START, end))
            .collect()
    }

    /// Judges one expectation by what has happened up to a cursor. What comes next counts from `since`.
    #[must_use]
    pub fn verdict(&self, expectation: &Expectation, since: Cursor, at: Cursor) -> Verdict {
        let (met, found) = self
            .judge(expectation, since, at)
            .unwrap_or_else(|| (false, NO_SUCH.to_owned()));
        Verdict {
            expectation: expectation.clone(),
            met,
            found,
        }
    }

    /// `None` where a name means nothing here.
    fn judge(
        &self,
        expectation: &Expectation,
        since: Cursor,
        at: Cursor,
    ) -> Option<(bool, String)> {
        Some(match expectation {
            Expectation::Device { node, claim } => {
                let score = self.score(self.node_named(node)?, at);
                judge_device(self.device(&self.world_at(at), node)?, score, claim)
            }
            Expectation::Received {
                node,
                messages,
                count,
            } => {
                let node = self.node_named(node)?;
                let found = self
                    .deliveries(node, at)
                    .filter(|message| is_meant(messages, message))
                    .count();
                let found = u32::try_from(found).unwrap_or(u32::MAX);
                (count.holds(found), format!("received {found} times"))
            }
            Expectation::Heard {
                node,
                filter,
                payloads,
            } => {
                let node = self.node_named(node)?;
                let heard: Vec<_> = self
                    .deliveries(node, at)
                    .filter(|message| filter.matches(&message.topic))
                    .map(|message| &message.payload)
                    .collect();
                let is_so = heard.iter().copied().eq(payloads);
                let mut text = "heard".to_owned();
                for payload in &heard {
                    text.push(' ');
                    text.push_str(&Quoted(payload).to_string());
                }
                if heard.is_empty() {
                    text.push_str(" nothing");
                }
                (is_so, text)
            }
            Expectation::Retains {
                broker,
                topic,
                payload,
            } => {
                let world = self.world_at(at);
                let found = self
                    .broker(&world, broker)?
                    .retained(self.log().time(at))
                    .find(|retained| retained.topic == topic)
                    .map(|retained| retained.payload.clone());
                let text = match &found {
                    Some(payload) => format!("retains {}", Quoted(payload)),
                    None => "retains nothing".to_owned(),
                };
                (found == *payload, text)
            }
            Expectation::Keeps {
                broker,
                node,
                count,
            } => {
                let world = self.world_at(at);
                let session = self.broker(&world, broker)?.session(self.client_id(node)?);
                let found = session.map_or(0, |session| {
                    let outgoing = |row: &mqtt_proto::session::InFlight<'_>| {
                        row.direction == Direction::Outgoing
                    };
                    session.in_flight().filter(outgoing).count()
                });
                let found = u32::try_from(found).unwrap_or(u32::MAX);
                (count.holds(found), format!("keeps {found}"))
            }
            Expectation::Believes {
                broker,
                node,
                is_connected,
            } => {
                let world = self.world_at(at);
                let session = self.broker(&world, broker)?.session(self.client_id(node)?);
                let found = session.is_some_and(|session| session.connection().is_some());
                let text = if found {
                    "believes it connected"
                } else {
                    "believes it gone"
                };
                (found == *is_connected, text.to_owned())
            }
            Expectation::Remembers { node, count } => {
                let world = self.world_at(at);
                let found = self
                    .device(&world, node)?
                    .client()
                    .in_flight()
                    .filter(|row| row.direction == Direction::Incoming)
                    .count();
                let found = u32::try_from(found).unwrap_or(u32::MAX);
                (count.holds(found), format!("remembers {found} ids"))
            }
            Expectation::Sent { pattern, count } => {
                let found = self
                    .flights(Cursor::START)
                    .take_while(|(record, _)| at.includes(record.id))
                    .filter(|(_, flight)| self.is_meant(pattern, flight))
                    .count();
                let found = u32::try_from(found).unwrap_or(u32::MAX);
                (count.holds(found), format!("{found} were sent"))
            }
            Expectation::Next { pattern } => self.judge_next(pattern, since, at),
            Expectation::Promise { check, is_kept } => {
                let breach = self
                    .breaches()
                    .into_iter()
                    .find(|breach| breach.check == *check);
                let text = match &breach {
                    Some(breach) => breach.to_string(),
                    None => "kept".to_owned(),
                };
                (breach.is_none() == *is_kept, text)
            }
            Expectation::All(claims) => {
                let verdicts: Vec<_> = claims
                    .iter()
                    .map(|claim| self.verdict(claim, since, at))
                    .collect();
                let found: Vec<_> = verdicts.iter().map(|it| it.found.as_str()).collect();
                (verdicts.iter().all(|it| it.met), found.join("; "))
            }
        })
    }

    fn judge_next(&self, pattern: &PacketPattern, since: Cursor, at: Cursor) -> (bool, String) {
        let next = self
            .flights(since)
            .take_while(|(record, _)| at.includes(record.id))
            .find(|(_, flight)| self.has_ends(pattern, flight));
        let Some((record, flight)) = next else {
            return (false, "nothing comes".to_owned());
        };
        let is_so = flight
            .packet()
            .is_some_and(|packet| PacketHead::of(&packet).is(pattern));
        (is_so, self.log().ladder_line(record).unwrap_or_default())
    }

    fn broker<'w>(&self, world: &'w World, name: &str) -> Option<&'w Broker> {
        world.node(self.node_named(name)?)?.broker()
    }

    fn device<'w>(&self, world: &'w World, name: &str) -> Option<&'w Device> {
        world.node(self.node_named(name)?)?.device()
    }

    fn client_id(&self, name: &str) -> Option<&str> {
        let spec = self
            .scenario()
            .nodes
            .iter()
            .find(|spec| spec.name == name)?;
        match &spec.kind {
            NodeKind::Device(device) => Some(device.client_id.as_str()),
            NodeKind::Broker => None,
        }
    }

    /// What a node's application got up to a cursor, oldest first.
    fn deliveries(&self, node: NodeId, at: Cursor) -> impl Iterator<Item = &DeliveredMessage> {
        let delivered = move |record: &Record| record.node == Some(node);
        self.log()
            .records(at)
            .iter()
            .filter(move |record| delivered(record))
            .filter_map(|record| match &record.kind {
                RecordKind::Delivered(message) => Some(&**message),
                _ => None,
            })
    }

    /// How often a node's application got a message on a topic that matches.
    #[must_use]
    pub fn received(&self, node: NodeId, filter: &TopicFilter) -> u32 {
        let count = self
            .deliveries(node, self.log().end())
            .filter(|message| filter.matches(&message.topic))
            .count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// The node of that name.
    #[must_use]
    pub fn node_named(&self, name: &str) -> Option<NodeId> {
        (0_u16..)
            .zip(&self.scenario().nodes)
            .find(|(_, spec)| spec.name == name)
            .map(|(id, _)| NodeId(id))
    }
}

fn is_meant(pattern: &MessagePattern, message: &DeliveredMessage) -> bool {
    pattern.filter.matches(&message.topic)
        && pattern
            .payload
            .as_ref()
            .is_none_or(|payload| *payload == message.payload)
        && pattern.qos.is_none_or(|qos| qos == message.delivery.qos())
        && pattern.retain.is_none_or(|retain| retain == message.retain)
}

fn judge_device(device: &Device, score: Score, claim: &DeviceClaim) -> (bool, String) {
    match claim {
        DeviceClaim::Position(millimetres) => {
            let found = device.position();
            (found == *millimetres, position(found))
        }
        DeviceClaim::Reads(reading) => {
            let found = device.reading();
            let text = format!("reads {}", Quoted(found.as_bytes()));
            (found.as_bytes() == reading.as_ref(), text)
        }
        DeviceClaim::Shows(topic, payload) => match device.body().shown(topic) {
            Some(shown) => {
                let text = format!("shows {}", Quoted(&shown.payload));
                (shown.payload == *payload, text)
            }
            None => (false, "shows nothing".to_owned()),
        },
        DeviceClaim::Score(part, count) => {
            let found = score.part(*part);
            (count.holds(found), format!("{part} {found} times"))
        }
        DeviceClaim::Used { at_most, charge } => {
            let found = device.battery().used().total();
            let is_so = match at_most {
                true => found <= *charge,
                false => found >= *charge,
            };
            (is_so, format!("used {found}"))
        }
    }
}

fn position(millimetres: i64) -> String {
    let minus = if millimetres < 0 { "-" } else { "" };
    format!("position {minus}{}", Metres(millimetres.unsigned_abs()))
}
