//! A run with a broker outside beside the same run with the simulated one, and the first packet in which they differ.
//!
//! The twin has the same devices, and everything that was done in here is done at the same times. Compared is what goes over
//! each link in each direction, in order; not when, and not what brokers choose as they like: packet identifiers, what
//! 5.0's properties say of a broker, and what goes first of packets of two types. The standard orders messages among themselves
//! and acknowledgements among themselves (section 4.6), and not a message against the acknowledgement of another one.

use crate::id::{Cursor, FlightId, LinkId, NodeId, RecordId};
use crate::log::Log;
use crate::record::{Flight, Record, RecordKind};
use crate::recording::Recording;
use crate::scenario::{NodeKind, NodeSpec, RemoteRole, Scenario};
use crate::world::WorldError;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::rc::Rc;
use alloc::vec::Vec;
use bytes::Bytes;
use mqtt_proto::{Duration, Instant, Packet, Qos, ReasonCode, TopicName};

/// What has not come for so long is missing; before that it may be under way.
const PATIENCE: Duration = Duration::from_secs(2);

/// The first packet in which a run and its twin differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// On which link.
    pub link: LinkId,
    /// Who sends it.
    pub from: NodeId,
    /// Which of its type in this direction, from 1.
    pub nth: usize,
    /// What was really sent: its record in the run; `None` if nothing was.
    pub real: Option<RecordId>,
    /// What is sent in the simulation: its record in the twin.
    pub simulated: Option<RecordId>,
}

/// How a run and its twin compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// So many packets are the same.
    pub same: usize,
    /// The first that is not, by time.
    pub first: Option<Divergence>,
}

/// What of a packet both brokers have to say alike.
#[derive(Clone, PartialEq, Eq)]
struct Gist {
    name: &'static str,
    message: Option<(Option<TopicName>, Bytes, Qos, bool, bool)>,
    reasons: Vec<ReasonCode>,
    session_present: bool,
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
                let Some((flight, sent)) = Sent::of(record) else {
                    continue;
                };
                let end = sides[0].link(flight.link).map(|it| it.b == flight.from);
                if let Some(is_b) = end {
                    let way = (flight.link, is_b, sent.name);
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
            let Some((flight, sent)) = Sent::of(record) else {
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
            let way = (real, is_b, sent.name);
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
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Real,
    Simulated,
}

/// Packets of one type that one end of a link sends; what is no packet has no name.
type Way = (LinkId, bool, Option<&'static str>);

/// A comparison on its way.
#[derive(Clone, Debug, Default)]
struct Comparing {
    ways: BTreeMap<Way, Compared>,
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
    parted: Option<(Instant, [Sent; 2])>,
}

impl Comparing {
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
            if one.as_ref().map(gist) != other.as_ref().map(gist) {
                known.parted = Some((real.at.min(simulated.at), [real, simulated]));
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
            let (at, real, simulated) = match (known.parted, real.or(simulated)) {
                (Some((at, [real, simulated])), _) => (at, Some(real), Some(simulated)),
                (None, None) => continue,
                // What one of them lacks may be under way.
                (None, Some(sent)) if sent.at + PATIENCE > now => continue,
                (None, Some(sent)) => (sent.at, real.copied(), simulated.copied()),
            };
            if first.is_none_or(|(before, _)| at < before) {
                let divergence = Divergence {
                    link,
                    from: known.from,
                    nth: known.same + 1,
                    real: real.map(|it| it.record),
                    simulated: simulated.map(|it| it.record),
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
    fn of(record: &Record) -> Option<(&Flight, Self)> {
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
            name: packet.map(|it| it.packet_type().name()),
        };
        Some((flight, sent))
    }
}

fn flight_of(log: &Log, record: RecordId) -> Option<&Flight> {
    log.flight(FlightId(record))
}

fn gist(packet: &Packet) -> Gist {
    let reasons = match packet {
        Packet::ConnAck(ack) => Vec::from([ack.reason]),
        Packet::PubAck(ack) | Packet::PubRec(ack) | Packet::PubRel(ack) | Packet::PubComp(ack) => {
            // “No matching subscribers” is news that a broker may keep to itself.
            let failure = ack.reason.is_failure().then_some(ack.reason);
            failure.into_iter().collect()
        }
        Packet::SubAck(ack) | Packet::UnsubAck(ack) => ack.reasons.iter().collect(),
        Packet::Disconnect(bye) => Vec::from([bye.reason]),
        _ => Vec::new(),
    };
    Gist {
        name: packet.packet_type().name(),
        message: match packet {
            Packet::Publish(it) => Some((
                it.topic.clone(),
                it.payload.clone(),
                it.delivery.qos(),
                it.delivery.dup(),
                it.retain,
            )),
            _ => None,
        },
        reasons,
        session_present: matches!(packet, Packet::ConnAck(ack) if ack.session_present),
    }
}
