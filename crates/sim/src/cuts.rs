//! The cut-point map: what comes of a scenario if a link is cut at each place of its run.

use crate::id::{Cursor, NodeId};
use crate::record::RecordKind;
use crate::recording::Recording;
use crate::scenario::{
    Action, NodeAction, NodeKind, PacketPattern, Phase, Planned, Scenario, SessionSpec, When,
};
use crate::world::WorldError;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use mqtt_proto::packet::PacketType;
use mqtt_proto::{Duration, Qos, TopicFilter};

/// What a cut-point map is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutQuestion {
    /// The link that is cut, by the name of its device. That device's deliveries count.
    pub device: String,
    /// Messages on topics that match count.
    pub filter: TopicFilter,
    /// How long the link stays cut.
    pub span: Duration,
}

/// A place in a run and what comes of a cut there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutCell {
    /// The packet that the cut is about.
    pub packet: PacketType,
    /// Whether the device sends it.
    pub from_device: bool,
    /// On the wire: the packet is lost. Arrived: it is not, but nothing after it comes through.
    pub phase: Phase,
    /// How often the application got the message.
    pub deliveries: u32,
    /// The scenario with this cut: run it to see why.
    pub scenario: Scenario,
}

/// The cells of a scenario, in the order of its run without a cut: for every packet on the link that is sent after the
/// first PUBLISH of the scenario, a cut while it is on the wire and a cut when it has arrived.
///
/// Where in a packet the cut falls makes no difference: a part of a packet is no packet, and its receiver waits for the
/// rest until the connection is gone.
///
/// # Errors
/// The scenario, or the question, names what is not there.
pub fn cut_map(scenario: &Scenario, question: &CutQuestion) -> Result<Vec<CutCell>, WorldError> {
    let seed = scenario.seed;
    let plain = Recording::run(Rc::new(scenario.clone()), seed)?;
    let unknown = || WorldError::UnknownNode(question.device.clone());
    let device = plain.node_named(&question.device).ok_or_else(unknown)?;
    let broker = scenario
        .links
        .iter()
        .find(|link| link.a == question.device)
        .map(|link| link.b.clone())
        .ok_or_else(unknown)?;
    let mut cells = Vec::new();
    for (packet, from_device, nth) in packets_after_first_publish(&plain, device) {
        let (from, to) = if from_device {
            (question.device.clone(), broker.clone())
        } else {
            (broker.clone(), question.device.clone())
        };
        for phase in [Phase::OnTheWire, Phase::Arrived] {
            let mut cut = scenario.clone();
            cut.expectations.clear();
            cut.events.push(Planned {
                when: When::Packet {
                    pattern: PacketPattern {
                        from: Some(from.clone()),
                        to: Some(to.clone()),
                        ..PacketPattern::any(packet)
                    },
                    nth,
                    phase,
                    delay: Duration::ZERO,
                },
                action: Action::Cut {
                    a: question.device.clone(),
                    b: broker.clone(),
                    span: Some(question.span),
                },
            });
            let run = Recording::run(Rc::new(cut.clone()), seed)?;
            cells.push(CutCell {
                packet,
                from_device,
                phase,
                deliveries: run.received(device, &question.filter),
                scenario: cut,
            });
        }
    }
    Ok(cells)
}

/// The packets on a device's link from the first PUBLISH of the run on: type, whether the device sends it, and which of
/// its kind and direction it is in the whole run.
fn packets_after_first_publish(run: &Recording, device: NodeId) -> Vec<(PacketType, bool, u32)> {
    let log = run.log();
    let mut counts: Vec<((PacketType, bool), u32)> = Vec::new();
    let mut published = false;
    let mut packets = Vec::new();
    for record in log.records(log.end()) {
        let RecordKind::Sent(flight) = &record.kind else {
            continue;
        };
        let Some(packet) = flight.packet() else {
            continue;
        };
        let kind = packet.packet_type();
        published |= kind == PacketType::Publish;
        if flight.from != device && flight.to != device {
            continue;
        }
        let key = (kind, flight.from == device);
        let place = counts.iter().position(|(counted, _)| *counted == key);
        let nth = match place.and_then(|place| counts.get_mut(place)) {
            Some((_, count)) => {
                *count += 1;
                *count
            }
            None => {
                counts.push((key, 1));
                1
            }
        };
        if published {
            packets.push((key.0, key.1, nth));
        }
    }
    packets
}

/// The scenario with one QoS for everything that is published and subscribed to, and one kind of session for a device.
#[must_use]
pub fn variant(scenario: &Scenario, device: &str, qos: Qos, session: SessionSpec) -> Scenario {
    let mut variant = scenario.clone();
    for node in &mut variant.nodes {
        if let NodeKind::Device(spec) = &mut node.kind {
            for subscription in &mut spec.subscriptions {
                subscription.options.qos = qos;
            }
            if node.name == device {
                spec.session = session;
            }
        }
    }
    for planned in &mut variant.events {
        if let Action::Node {
            act: NodeAction::Publish { qos: published, .. },
            ..
        } = &mut planned.action
        {
            *published = qos;
        }
    }
    variant
}

/// Two runs that have the same past: where they part, and how they differ at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The last place at which both logs are the same.
    pub fork: Cursor,
    /// Steps of the first run after that, as the ladder writes them.
    pub first: Vec<String>,
    /// Steps of the second run after that.
    pub second: Vec<String>,
}

impl Recording {
    /// Where this run and another part.
    #[must_use]
    pub fn divergence(&self, other: &Self) -> Divergence {
        let (mine, theirs) = (self.log(), other.log());
        let same = mine
            .records(mine.end())
            .iter()
            .zip(theirs.records(theirs.end()))
            .take_while(|(mine, theirs)| mine == theirs)
            .count();
        let fork = Cursor(u32::try_from(same).unwrap_or(u32::MAX));
        let rest = |log: &crate::Log| {
            log.records_between(fork, log.end())
                .iter()
                .filter_map(|record| log.ladder_line(record))
                .map(|line| line.to_string())
                .collect()
        };
        Divergence {
            fork,
            first: rest(mine),
            second: rest(theirs),
        }
    }
}
