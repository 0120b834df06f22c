//! Whether a run did what its scenario expects.

use crate::check::Breach;
use crate::id::{Cursor, NodeId};
use crate::ledger::{Ledger, Tells};
use crate::link::PacketHead;
use crate::record::{DeliveredMessage, RecordKind};
use crate::recording::Recording;
use crate::scenario::{DeviceClaim, Expectation, MessagePattern, PacketPattern, Quoted, ScorePart};
use crate::score::Score;
use crate::world::World;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt::{self, Display, Formatter};
use device::{Charge, Device, Metres};
use mqtt_broker::{Broker, SessionView};
use mqtt_proto::TopicFilter;
use mqtt_proto::session::Direction;

/// What became of an expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// As the scenario writes it.
    pub expectation: Expectation,
    /// Whether it holds.
    pub met: bool,
    /// What is so instead, or as well.
    pub found: Found,
}

/// What is so. `Display` says it in the words of the scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A name means nothing here.
    NoSuchNode,
    /// Where a device stands, in millimetres.
    Position(i64),
    /// What a device says of itself.
    Reads(String),
    /// What a device shows for a topic, if it shows something.
    Shows(Option<Bytes>),
    /// How often, in the score of a device.
    Score(ScorePart, u32),
    /// The charge that a device has used.
    Used(Charge),
    /// How often messages were received.
    Received(u32),
    /// What was heard, in this order.
    Heard(Vec<Bytes>),
    /// What a broker retains for a topic, if it does.
    Retains(Option<Bytes>),
    /// How many messages a broker keeps for a client.
    Keeps(u32),
    /// Whether a broker believes a client connected.
    Believes(bool),
    /// How many packet identifiers a client remembers.
    Remembers(u32),
    /// How many packets were sent.
    Sent(u32),
    /// Nothing comes next.
    NothingNext,
    /// What comes next, as the ladder writes it.
    Next(String),
    /// How a promise was broken, if it was.
    Promise(Option<Breach>),
    /// Each of several.
    All(Vec<Self>),
}

impl Display for Found {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchNode => f.write_str("no such node"),
            Self::Position(millimetres) => {
                let minus = if *millimetres < 0 { "-" } else { "" };
                write!(f, "position {minus}{}", Metres(millimetres.unsigned_abs()))
            }
            Self::Reads(reading) => write!(f, "reads {}", Quoted(reading.as_bytes())),
            Self::Shows(Some(payload)) => write!(f, "shows {}", Quoted(payload)),
            Self::Shows(None) => f.write_str("shows nothing"),
            Self::Score(part, times) => write!(f, "{part} {times} times"),
            Self::Used(charge) => write!(f, "used {charge}"),
            Self::Received(times) => write!(f, "received {times} times"),
            Self::Heard(payloads) => {
                f.write_str("heard")?;
                for payload in payloads {
                    write!(f, " {}", Quoted(payload))?;
                }
                if payloads.is_empty() {
                    f.write_str(" nothing")?;
                }
                Ok(())
            }
            Self::Retains(Some(payload)) => write!(f, "retains {}", Quoted(payload)),
            Self::Retains(None) => f.write_str("retains nothing"),
            Self::Keeps(messages) => write!(f, "keeps {messages}"),
            Self::Believes(true) => f.write_str("believes it connected"),
            Self::Believes(false) => f.write_str("believes it gone"),
            Self::Remembers(ids) => write!(f, "remembers {ids} ids"),
            Self::Sent(1) => f.write_str("one was sent"),
            Self::Sent(packets) => write!(f, "{packets} were sent"),
            Self::NothingNext => f.write_str("nothing comes"),
            Self::Next(line) => f.write_str(line),
            Self::Promise(Some(breach)) => breach.fmt(f),
            Self::Promise(None) => f.write_str("kept"),
            Self::All(all) => {
                for (index, found) in all.iter().enumerate() {
                    if index > 0 {
                        f.write_str("; ")?;
                    }
                    found.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}

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
            .unwrap_or((false, Found::NoSuchNode));
        Verdict {
            expectation: expectation.clone(),
            met,
            found,
        }
    }

    /// `None` where a name means nothing here.
    fn judge(&self, expectation: &Expectation, since: Cursor, at: Cursor) -> Option<(bool, Found)> {
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
                    .iter()
                    .filter(|message| is_meant(messages, message))
                    .count();
                let found = u32::try_from(found).unwrap_or(u32::MAX);
                (count.holds(found), Found::Received(found))
            }
            Expectation::Heard {
                node,
                filter,
                payloads,
            } => {
                let node = self.node_named(node)?;
                let heard: Vec<_> = self
                    .deliveries(node, at)
                    .iter()
                    .filter(|message| filter.matches(&message.topic))
                    .map(|message| message.payload.clone())
                    .collect();
                (heard == *payloads, Found::Heard(heard))
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
                (found == *payload, Found::Retains(found))
            }
            Expectation::Keeps {
                broker,
                node,
                count,
            } => {
                let world = self.world_at(at);
                let session = self.session(&world, broker, node)?;
                let found = session.map_or(0, |session| {
                    let outgoing = |row: &mqtt_proto::session::InFlight<'_>| {
                        row.direction == Direction::Outgoing
                    };
                    session.in_flight().filter(outgoing).count()
                });
                let found = u32::try_from(found).unwrap_or(u32::MAX);
                (count.holds(found), Found::Keeps(found))
            }
            Expectation::Believes {
                broker,
                node,
                is_connected,
            } => {
                let world = self.world_at(at);
                let session = self.session(&world, broker, node)?;
                let found = session.is_some_and(|session| session.connection().is_some());
                (found == *is_connected, Found::Believes(found))
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
                (count.holds(found), Found::Remembers(found))
            }
            Expectation::Sent { pattern, count } => {
                let found = self
                    .flights(Cursor::START)
                    .take_while(|(record, _)| at.includes(record.id))
                    .filter(|(_, flight)| self.is_meant(pattern, flight))
                    .count();
                let found = u32::try_from(found).unwrap_or(u32::MAX);
                (count.holds(found), Found::Sent(found))
            }
            Expectation::Next { pattern } => self.judge_next(pattern, since, at),
            Expectation::Promise { check, is_kept } => {
                let breach = self
                    .breaches()
                    .into_iter()
                    .find(|breach| breach.check == *check);
                (breach.is_none() == *is_kept, Found::Promise(breach))
            }
            Expectation::All(claims) => {
                let verdicts: Vec<_> = claims
                    .iter()
                    .map(|claim| self.verdict(claim, since, at))
                    .collect();
                let is_met = verdicts.iter().all(|it| it.met);
                let found = verdicts.into_iter().map(|it| it.found);
                (is_met, Found::All(found.collect()))
            }
        })
    }

    fn judge_next(&self, pattern: &PacketPattern, since: Cursor, at: Cursor) -> (bool, Found) {
        let next = self
            .flights(since)
            .take_while(|(record, _)| at.includes(record.id))
            .find(|(_, flight)| self.has_ends(pattern, flight));
        let Some((record, flight)) = next else {
            return (false, Found::NothingNext);
        };
        let is_so = flight
            .packet()
            .is_some_and(|packet| PacketHead::of(&packet).is(pattern));
        let line = self.log().ladder_line(record).unwrap_or_default();
        (is_so, Found::Next(line))
    }

    fn broker<'w>(&self, world: &'w World, name: &str) -> Option<&'w Broker> {
        world.node(self.node_named(name)?)?.broker()
    }

    fn device<'w>(&self, world: &'w World, name: &str) -> Option<&'w Device> {
        world.node(self.node_named(name)?)?.device()
    }

    /// The session that a broker has for a node, if it has one; `None` outside if a name means nothing.
    fn session<'w>(
        &self,
        world: &'w World,
        broker: &str,
        node: &str,
    ) -> Option<Option<SessionView<'w>>> {
        self.broker(world, broker)?;
        let (broker, node) = (self.node_named(broker)?, self.node_named(node)?);
        Some(world.session_of(broker, node))
    }

    /// What a node's application got up to a cursor, oldest first.
    fn deliveries(&self, node: NodeId, at: Cursor) -> Vec<Cow<'_, DeliveredMessage>> {
        let log = self.log();
        if log.tells(node) == Some(Tells::Acknowledgement) {
            let ledger = Ledger::at(log, at);
            let own = ledger.acknowledged().iter().filter(|it| it.node == node);
            let messages = own.filter_map(|it| ledger.as_delivered(log, it));
            return messages.map(Cow::Owned).collect();
        }
        let records = log.records(at).iter();
        records
            .filter(|record| record.node == Some(node))
            .filter_map(|record| match &record.kind {
                RecordKind::Delivered(message) => Some(Cow::Borrowed(&**message)),
                _ => None,
            })
            .collect()
    }

    /// How often a node's application got a message on a topic that matches.
    #[must_use]
    pub fn received(&self, node: NodeId, filter: &TopicFilter) -> u32 {
        let count = self
            .deliveries(node, self.log().end())
            .iter()
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

fn judge_device(device: &Device, score: Score, claim: &DeviceClaim) -> (bool, Found) {
    match claim {
        DeviceClaim::Position(millimetres) => {
            let found = device.position();
            (found == *millimetres, Found::Position(found))
        }
        DeviceClaim::Reads(reading) => {
            let found = device.reading();
            (found.as_bytes() == reading.as_ref(), Found::Reads(found))
        }
        DeviceClaim::Shows(topic, payload) => {
            let shown = device.body().shown(topic);
            let shown = shown.map(|shown| shown.payload.clone());
            (shown.as_ref() == Some(payload), Found::Shows(shown))
        }
        DeviceClaim::Score(part, count) => {
            let found = score.part(*part);
            (count.holds(found), Found::Score(*part, found))
        }
        DeviceClaim::Used { at_most, charge } => {
            let found = device.battery().used().total();
            let is_so = match at_most {
                true => found <= *charge,
                false => found >= *charge,
            };
            (is_so, Found::Used(found))
        }
    }
}
