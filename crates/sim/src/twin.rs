//! A run with a broker outside beside the same run with the simulated one, and the first packet in which they differ.
//!
//! The twin has the same devices, and everything that was done in here is done at the same times. Compared is what goes over
//! each link in each direction; not when, and not what brokers choose as they like: packet identifiers, topic aliases, what
//! 5.0's properties say of a broker, and what goes first of packets of two types. The standard orders acknowledgements of one
//! type, and of messages only those of one topic, publisher and QoS (section 4.6, statements MQTT-4.6.0-1 to -6): so messages are
//! compared topic by topic, in which order topics come is free. Two publishers of one topic or two QoS levels on it are taken as
//! ordered here, too: which of its publishers a message is from is not known of a broker outside.
//!
//! Of a message's properties those are compared that a broker passes on unaltered (5.0: MQTT-3.3.2-4, -15 to -18, -20), and
//! whether it has an expiry, which grows shorter as the message waits (MQTT-3.3.2-6).

use crate::id::{Cursor, FlightId, LinkId, NodeId, RecordId};
use crate::log::Log;
use crate::record::{Flight, Record, RecordKind};
use crate::recording::Recording;
use crate::scenario::{NodeKind, NodeSpec, RemoteRole, Scenario};
use crate::world::WorldError;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use mqtt_proto::packet::property_id::{
    CONTENT_TYPE, CORRELATION_DATA, MESSAGE_EXPIRY_INTERVAL, PAYLOAD_FORMAT_INDICATOR,
    RESPONSE_TOPIC, USER_PROPERTY,
};
use mqtt_proto::packet::{Properties, Property, Publish};
use mqtt_proto::{Duration, Instant, Packet, ReasonCode};

/// What has not come for so long is missing; before that it may be under way.
const PATIENCE: Duration = Duration::from_secs(2);

/// The first packet in which a run and its twin differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// On which link.
    pub link: LinkId,
    /// Who sends it.
    pub from: NodeId,
    /// Which of its type in this direction, from 1; of messages, which of its topic.
    pub nth: usize,
    /// What was really sent: its record in the run; `None` if nothing was.
    pub real: Option<RecordId>,
    /// What is sent in the simulation: its record in the twin.
    pub simulated: Option<RecordId>,
    /// In what the two differ; `None` where there are not two packets.
    pub what: Option<Differs>,
}

/// In what two packets of one type differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Differs {
    /// PUBLISH: the payload, and so the message.
    Message,
    /// PUBLISH: the QoS.
    Qos,
    /// PUBLISH: the flag DUP.
    Dup,
    /// PUBLISH: the flag RETAIN.
    Retain,
    /// PUBLISH: a property that is passed on unaltered, by its identifier; of User Properties their order, too.
    Property(u8),
    /// CONNACK: Session Present.
    Session,
    /// The reason codes of an answer.
    Reason,
}

/// How a run and its twin compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// So many packets are the same.
    pub same: usize,
    /// The first that is not, by time.
    pub first: Option<Divergence>,
}

impl Scenario {
    /// The same with a simulated broker in the place of each one outside.
    #[must_use]
    pub fn with_broker_inside(&self) -> Self {
        let mut twin = self.clone();
        for node in &mut twin.nodes {
            if node.kind == NodeKind::Remote(RemoteRole::Broker) {
                *node = NodeSpec {
                    place: node.place,
                    ..NodeSpec::new(core::mem::take(&mut node.name), NodeKind::Broker)
                };
            }
        }
        twin
    }
}

impl Recording {
    /// The same run with a simulated broker, up to a time.
    ///
    /// # Errors
    /// The scenario names what it does not have.
    pub fn twin(&self, until: Instant) -> Result<Self, WorldError> {
        let scenario = self.scenario().with_broker_inside();
        let mut twin = Self::with_interpreter(Rc::new(scenario), self.seed(), self.interpreter())?;
        for stimulus in self.stimuli().iter().filter(|it| !it.is_outside()) {
            twin.act(stimulus.at, stimulus.action.clone())?;
        }
        twin.run_until(until);
        Ok(twin)
    }

    /// Compares this run, as far as it has come at a time, with its twin.
    #[must_use]
    pub fn compare_with(&self, twin: &Self, now: Instant) -> Comparison {
        let mut compared = Comparing::default();
        let sides = [self.log(), twin.log()];
        for (side, log) in [Side::Real, Side::Simulated].into_iter().zip(sides) {
            for record in log.records(log.end()) {
                let Some((flight, sent, packet)) = Sent::of(record) else {
                    continue;
                };
                let end = sides[0].link(flight.link).map(|it| it.b == flight.from);
                if let Some(is_b) = end {
                    let topic = compared.topic(side, is_b, flight.connection, packet.as_ref());
                    let way = (flight.link, is_b, sent.name, topic);
                    compared.add(way, flight.from, side, sent, sides);
                }
            }
        }
        compared.at(now)
    }

    /// Compares what goes over two links of this run: that of a device outside, and that of its twin, who stand side by side
    /// at the same broker.
    #[must_use]
    pub fn compare_links(&self, real: LinkId, twin: LinkId, now: Instant) -> Comparison {
        let mut beside = Beside::new(real, twin);
        beside.take(self.log());
        beside.at(now)
    }
}

/// What goes over two links of one log, that of a device outside and that of its twin, compared as the log grows: each
/// packet is looked at once.
#[derive(Clone, Debug)]
pub struct Beside {
    links: [LinkId; 2],
    next: Cursor,
    compared: Comparing,
}

impl Beside {
    /// Has compared nothing yet.
    #[must_use]
    pub fn new(real: LinkId, twin: LinkId) -> Self {
        Self {
            links: [real, twin],
            next: Cursor::START,
            compared: Comparing::default(),
        }
    }

    /// The links: that of the device outside, and that of its twin.
    #[must_use]
    pub const fn links(&self) -> [LinkId; 2] {
        self.links
    }

    /// How far the log has been read.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        self.next
    }

    /// Reads what is new in the log: always the same one, which may have grown.
    pub fn take(&mut self, log: &Log) {
        let [real, twin] = self.links;
        for record in log.records_between(self.next, log.end()) {
            let Some((flight, sent, packet)) = Sent::of(record) else {
                continue;
            };
            let side = match flight.link {
                link if link == real => Side::Real,
                link if link == twin => Side::Simulated,
                _ => continue,
            };
            let (Some(own), Some(ends)) = (log.link(flight.link), log.link(real)) else {
                continue;
            };
            let is_b = own.b == flight.from;
            let from = if is_b { ends.b } else { ends.a };
            let compared = &mut self.compared;
            let topic = compared.topic(side, is_b, flight.connection, packet.as_ref());
            let way = (real, is_b, sent.name, topic);
            self.compared.add(way, from, side, sent, [log, log]);
        }
        self.next = log.end();
    }

    /// How the two compare at a time.
    #[must_use]
    pub fn at(&self, now: Instant) -> Comparison {
        self.compared.at(now)
    }
}

/// Which of the two runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Real,
    Simulated,
}

/// Packets of one type, and of one topic, that one end of a link sends; what is no packet has no name.
type Way = (LinkId, bool, Option<&'static str>, Option<String>);

/// A topic alias (5.0): in which run and connection, whose, and which.
type Alias = (Side, RecordId, bool, u16);

/// So many aliases are kept; the topic of one more is not known, and none.
const ALIASES_MAX: usize = 4_096;

/// A comparison on its way.
#[derive(Clone, Debug, Default)]
struct Comparing {
    ways: BTreeMap<Way, Compared>,
    aliases: BTreeMap<Alias, String>,
}

/// How packets of one type compare.
#[derive(Clone, Debug)]
struct Compared {
    from: NodeId,
    same: usize,
    /// What only one of the two has sent so far. One of them is empty.
    real: VecDeque<Sent>,
    simulated: VecDeque<Sent>,
    /// The first that are not the same, and when the first of the two was sent: what comes after them does not count.
    parted: Option<(Instant, [Sent; 2], Differs)>,
}

impl Comparing {
    /// The topic of a message, which 5.0 may say by an alias (section 3.3.2.3.4).
    fn topic(
        &mut self,
        side: Side,
        is_b: bool,
        connection: RecordId,
        packet: Option<&Packet>,
    ) -> Option<String> {
        let Some(Packet::Publish(publish)) = packet else {
            return None;
        };
        let topic = publish.topic.as_ref().map(|it| String::from(it.as_str()));
        let alias = publish.properties.find(|it| match it {
            Property::TopicAlias(alias) => Some(alias),
            _ => None,
        });
        let Some(alias) = alias.map(|alias| (side, connection, is_b, alias)) else {
            return topic;
        };
        match topic {
            Some(topic) => {
                if self.aliases.len() < ALIASES_MAX || self.aliases.contains_key(&alias) {
                    self.aliases.insert(alias, topic.clone());
                }
                Some(topic)
            }
            None => self.aliases.get(&alias).cloned(),
        }
    }

    /// One of the two sends a packet; `logs` are those of both.
    fn add(&mut self, way: Way, from: NodeId, side: Side, sent: Sent, logs: [&Log; 2]) {
        let known = self.ways.entry(way).or_insert_with(|| Compared {
            from,
            same: 0,
            real: VecDeque::new(),
            simulated: VecDeque::new(),
            parted: None,
        });
        if known.parted.is_some() {
            return;
        }
        match side {
            Side::Real => known.real.push_back(sent),
            Side::Simulated => known.simulated.push_back(sent),
        }
        while let (Some(&real), Some(&simulated)) = (known.real.front(), known.simulated.front()) {
            let [one, other] = [(logs[0], real), (logs[1], simulated)]
                .map(|(log, sent)| flight_of(log, sent.record).and_then(|it| it.packet()));
            let what = one
                .zip(other)
                .and_then(|(one, other)| differs(&one, &other));
            if let Some(what) = what {
                known.parted = Some((real.at.min(simulated.at), [real, simulated], what));
                return;
            }
            known.same += 1;
            known.real.pop_front();
            known.simulated.pop_front();
        }
    }

    /// How far they have come at a time.
    fn at(&self, now: Instant) -> Comparison {
        let mut same = 0;
        let mut first: Option<(Instant, Divergence)> = None;
        for (&(link, ..), known) in &self.ways {
            same += known.same;
            let (real, simulated) = (known.real.front(), known.simulated.front());
            let (at, real, simulated, what) = match (known.parted, real.or(simulated)) {
                (Some((at, [real, simulated], what)), _) => {
                    (at, Some(real), Some(simulated), Some(what))
                }
                (None, None) => continue,
                // What one of them lacks may be under way.
                (None, Some(sent)) if sent.at + PATIENCE > now => continue,
                (None, Some(sent)) => (sent.at, real.copied(), simulated.copied(), None),
            };
            if first.is_none_or(|(before, _)| at < before) {
                let divergence = Divergence {
                    link,
                    from: known.from,
                    nth: known.same + 1,
                    real: real.map(|it| it.record),
                    simulated: simulated.map(|it| it.record),
                    what,
                };
                first = Some((at, divergence));
            }
        }
        Comparison {
            same,
            first: first.map(|(_, it)| it),
        }
    }
}

/// A packet that was sent: when, and where it stands in its log.
#[derive(Clone, Copy, Debug)]
struct Sent {
    at: Instant,
    record: RecordId,
    name: Option<&'static str>,
}

impl Sent {
    /// A packet that is sent with a record. Signs of life have their own times, and are no part of a story.
    fn of(record: &Record) -> Option<(&Flight, Self, Option<Packet>)> {
        let RecordKind::Sent(flight) = &record.kind else {
            return None;
        };
        let packet = flight.packet();
        if matches!(packet, Some(Packet::PingReq | Packet::PingResp)) {
            return None;
        }
        let sent = Self {
            at: record.at,
            record: record.id,
            name: packet.as_ref().map(|it| it.packet_type().name()),
        };
        Some((flight, sent, packet))
    }
}

fn flight_of(log: &Log, record: RecordId) -> Option<&Flight> {
    log.flight(FlightId(record))
}

/// In what two packets of one type differ first, of what both brokers have to say alike.
fn differs(real: &Packet, simulated: &Packet) -> Option<Differs> {
    let of_message = match (real, simulated) {
        (Packet::Publish(real), Packet::Publish(simulated)) => message_differs(real, simulated),
        (Packet::ConnAck(real), Packet::ConnAck(simulated)) => {
            let is_other = real.session_present != simulated.session_present;
            is_other.then_some(Differs::Session)
        }
        _ => None,
    };
    // Who is refused has no session: that it is refused says more.
    let has_other_reason = reasons(real) != reasons(simulated);
    has_other_reason.then_some(Differs::Reason).or(of_message)
}

fn message_differs(real: &Publish, simulated: &Publish) -> Option<Differs> {
    let (one, other) = (real.delivery, simulated.delivery);
    let checks = [
        (real.payload != simulated.payload, Differs::Message),
        (one.qos() != other.qos(), Differs::Qos),
        (one.dup() != other.dup(), Differs::Dup),
        (real.retain != simulated.retain, Differs::Retain),
    ];
    let first = checks.into_iter().find(|(is_other, _)| *is_other);
    let first = first.map(|(_, what)| what);
    first.or_else(|| property_differs(&real.properties, &simulated.properties))
}

fn property_differs(real: &Properties, simulated: &Properties) -> Option<Differs> {
    let passed_on = [
        PAYLOAD_FORMAT_INDICATOR,
        MESSAGE_EXPIRY_INTERVAL,
        CONTENT_TYPE,
        RESPONSE_TOPIC,
        CORRELATION_DATA,
        USER_PROPERTY,
    ];
    let of = |properties: &Properties, id: u8| -> Vec<Property> {
        let these = properties.iter().filter(|it| it.id() == id);
        these
            .map(|it| match it {
                Property::MessageExpiryInterval(_) => Property::MessageExpiryInterval(0),
                other => other,
            })
            .collect()
    };
    let mut ids = passed_on.into_iter();
    ids.find(|id| of(real, *id) != of(simulated, *id))
        .map(Differs::Property)
}

/// The reason codes that both brokers have to give.
fn reasons(packet: &Packet) -> Vec<ReasonCode> {
    match packet {
        Packet::ConnAck(ack) => Vec::from([ack.reason]),
        Packet::PubAck(ack) | Packet::PubRec(ack) | Packet::PubRel(ack) | Packet::PubComp(ack) => {
            // “No matching subscribers” is news that a broker may keep to itself.
            let failure = ack.reason.is_failure().then_some(ack.reason);
            failure.into_iter().collect()
        }
        Packet::SubAck(ack) | Packet::UnsubAck(ack) => ack.reasons.iter().collect(),
        Packet::Disconnect(bye) => Vec::from([bye.reason]),
        _ => Vec::new(),
    }
}
