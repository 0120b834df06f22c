//! The cut-point map: what comes of a scenario if a link is cut at each place of its run.

use crate::id::NodeId;
use crate::record::RecordKind;
use crate::recording::Recording;
use crate::scenario::{
    Action, NodeAction, NodeKind, PacketPattern, Phase, Planned, Scenario, SessionSpec, When,
};
use crate::world::WorldError;
use alloc::rc::Rc;
use alloc::string::String;
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
    /// Which of its type and direction it is in the run, from 1.
    pub nth: u32,
    /// Whether the device sends it.
    pub from_device: bool,
    /// How many bytes of it still arrive.
    pub arrived_bytes: u32,
    /// How many it has.
    pub len_bytes: u32,
    /// How often the application got the message.
    pub deliveries: u32,
    /// The scenario with this cut: run it to see why.
    pub scenario: Scenario,
}

impl CutCell {
    /// Whether the packet arrives: nothing behind it does.
    #[must_use]
    pub const fn arrives(&self) -> bool {
        self.arrived_bytes == self.len_bytes
    }
}

/// The cells of a scenario, in the order of its run without a cut: for every packet on the link that is sent after the
/// first PUBLISH of the scenario, a cut before its first byte arrives, and one after each of its bytes.
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
    for Sent {
        packet,
        from_device,
        nth,
        len,
    } in packets_after_first_publish(&plain, device)
    {
        let (from, to) = if from_device {
            (question.device.clone(), broker.clone())
        } else {
            (broker.clone(), question.device.clone())
        };
        for after_bytes in 0..=len {
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
                    phase: Phase::OnTheWire,
                    delay: Duration::ZERO,
                },
                action: Action::Cut {
                    a: question.device.clone(),
                    b: broker.clone(),
                    after_bytes,
                    span: Some(question.span),
                },
            });
            let run = Recording::run(Rc::new(cut.clone()), seed)?;
            cells.push(CutCell {
                packet,
                nth,
                from_device,
                arrived_bytes: after_bytes,
                len_bytes: len,
                deliveries: run.received(device, &question.filter),
                scenario: cut,
            });
        }
    }
    Ok(cells)
}

/// A packet of a run.
struct Sent {
    packet: PacketType,
    from_device: bool,
    /// Which of its kind and direction it is in the whole run.
    nth: u32,
    len: u32,
}

/// The packets on a device's link from the first PUBLISH of the run on.
fn packets_after_first_publish(run: &Recording, device: NodeId) -> Vec<Sent> {
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
            packets.push(Sent {
                packet: key.0,
                from_device: key.1,
                nth,
                len: u32::try_from(flight.bytes.len()).unwrap_or(u32::MAX),
            });
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
