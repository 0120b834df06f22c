//! A run with a broker outside beside the same run with the simulated one, and the first packet in which they differ.
//!
//! The twin has the same devices, and everything that was done in here is done at the same times. Compared is what goes over
//! each link in each direction, in order; not when, and not what brokers choose as they like: packet identifiers, what
//! 5.0's properties say of a broker, and what goes first of packets of two types. The standard orders messages among themselves
//! and acknowledgements among themselves (section 4.6), and not a message against the acknowledgement of another one.

use crate::id::{LinkId, NodeId, RecordId};
use crate::log::Log;
use crate::record::RecordKind;
use crate::recording::Recording;
use crate::scenario::{NodeKind, NodeSpec, RemoteRole, Scenario};
use crate::world::WorldError;
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
        let mut twin = Self::new(Rc::new(scenario), self.seed())?;
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
        for (link, info) in (0_u16..).map(LinkId).zip(self.log().links()) {
            for from in [info.a, info.b] {
                let real = packets(self.log(), link, from);
                let simulated = packets(twin.log(), link, from);
                compared.add(link, from, &real, &simulated, now);
            }
        }
        compared.done()
    }

    /// Compares what goes over two links of this run: that of a device outside, and that of its twin, who stand side by side
    /// at the same broker.
    #[must_use]
    pub fn compare_links(&self, real: LinkId, twin: LinkId, now: Instant) -> Comparison {
        let mut compared = Comparing::default();
        if let (Some(ends), Some(twins)) = (self.log().link(real), self.log().link(twin)) {
            for (from, twin_from) in [(ends.a, twins.a), (ends.b, twins.b)] {
                let real_sent = packets(self.log(), real, from);
                let simulated = packets(self.log(), twin, twin_from);
                compared.add(real, from, &real_sent, &simulated, now);
            }
        }
        compared.done()
    }
}

/// A comparison on its way.
#[derive(Default)]
struct Comparing {
    same: usize,
    /// The first that is not the same, and when the first of the two was sent.
    first: Option<(Instant, Divergence)>,
}

impl Comparing {
    fn done(self) -> Comparison {
        Comparison {
            same: self.same,
            first: self.first.map(|(_, it)| it),
        }
    }

    /// Compares what one end of a link has sent, each type of packet for itself.
    fn add(&mut self, link: LinkId, from: NodeId, real: &[Sent], simulated: &[Sent], now: Instant) {
        let name = |it: &Sent| it.2.as_ref().map(|gist| gist.name);
        let mut names: Vec<_> = real.iter().chain(simulated).map(name).collect();
        names.sort_unstable();
        names.dedup();
        for wanted in names {
            let of = |all: &[Sent]| -> Vec<Sent> {
                let those = all.iter().filter(|it| name(it) == wanted);
                those.cloned().collect()
            };
            self.add_type(link, from, &of(real), &of(simulated), now);
        }
    }

    /// Compares packets of one type.
    fn add_type(
        &mut self,
        link: LinkId,
        from: NodeId,
        real: &[Sent],
        simulated: &[Sent],
        now: Instant,
    ) {
        let mut nth = 0;
        loop {
            let pair = (real.get(nth), simulated.get(nth));
            nth += 1;
            let at = match pair {
                (None, None) => return,
                (Some((.., real)), Some((.., simulated))) if real == simulated => {
                    self.same += 1;
                    continue;
                }
                (Some((at, ..)), Some((other, ..))) => *at.min(other),
                // What one of them lacks may be under way.
                (Some((at, ..)), None) | (None, Some((at, ..))) if *at + PATIENCE > now => return,
                (Some((at, ..)), None) | (None, Some((at, ..))) => *at,
            };
            if self.first.is_none_or(|(before, _)| at < before) {
                let (real, simulated) = pair;
                let divergence = Divergence {
                    link,
                    from,
                    nth,
                    real: real.map(|it| it.1),
                    simulated: simulated.map(|it| it.1),
                };
                self.first = Some((at, divergence));
            }
            return;
        }
    }
}

/// A packet that was sent: when, where it stands in the log, and what both ends have to say alike.
type Sent = (Instant, RecordId, Option<Gist>);

/// What was sent over a link by one of its ends. Signs of life have their own times, and are no part of a story.
fn packets(log: &Log, link: LinkId, from: NodeId) -> Vec<Sent> {
    let sent = log.records(log.end()).iter().filter_map(|record| {
        let RecordKind::Sent(flight) = &record.kind else {
            return None;
        };
        let is_meant = flight.link == link && flight.from == from;
        let packet = is_meant.then(|| flight.packet())?;
        let is_sign_of_life = matches!(packet, Some(Packet::PingReq | Packet::PingResp));
        (!is_sign_of_life).then(|| (record.at, record.id, packet.as_ref().map(gist)))
    });
    sent.collect()
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
