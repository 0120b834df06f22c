//! The cut-point map: what comes of a scenario if a link is cut at each place of its run.

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

/// A packet on the link that a question is about: where a cut can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutPlace {
    /// The packet.
    pub packet: PacketType,
    /// Whether the device sends it.
    pub from_device: bool,
    /// Which of its type and direction it is in the whole run, from 1.
    pub nth: u32,
    /// How many bytes it has.
    pub len_bytes: u32,
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
    let mut cells = Vec::new();
    for place in places(&plain, question)? {
        for after_bytes in 0..=place.len_bytes {
            let cut = question.cut(scenario, place, after_bytes)?;
            let run = Recording::run(Rc::new(cut.clone()), seed)?;
            cells.push(CutCell {
                packet: place.packet,
                nth: place.nth,
                from_device: place.from_device,
                arrived_bytes: after_bytes,
                len_bytes: place.len_bytes,
                deliveries: run.received(device, &question.filter),
                scenario: cut,
            });
        }
    }
    Ok(cells)
}

impl CutQuestion {
    /// The scenario with one more cut: when so many bytes of a packet have arrived. What it expects is left out.
    ///
    /// # Errors
    /// The question names what is not there.
    pub fn cut(
        &self,
        scenario: &Scenario,
        place: CutPlace,
        after_bytes: u32,
    ) -> Result<Scenario, WorldError> {
        let links = scenario.links.iter();
        let broker = links
            .filter(|link| link.a == self.device)
            .map(|link| link.b.clone())
            .next()
            .ok_or_else(|| WorldError::UnknownNode(self.device.clone()))?;
        let (from, to) = if place.from_device {
            (self.device.clone(), broker.clone())
        } else {
            (broker.clone(), self.device.clone())
        };
        let mut cut = scenario.clone();
        cut.expectations.clear();
        cut.events.push(Planned {
            when: When::Packet {
                pattern: PacketPattern {
                    from: Some(from),
                    to: Some(to),
                    ..PacketPattern::any(place.packet)
                },
                nth: place.nth,
                phase: Phase::OnTheWire,
                delay: Duration::ZERO,
            },
            action: Action::Cut {
                a: self.device.clone(),
                b: broker,
                after_bytes,
                span: Some(self.span),
            },
        });
        Ok(cut)
    }
}

/// The packets on the link of a question from the first PUBLISH of a run on, in the order of their sending.
///
/// # Errors
/// The question names a device that is not there.
pub fn places(run: &Recording, question: &CutQuestion) -> Result<Vec<CutPlace>, WorldError> {
    let device = run
        .node_named(&question.device)
        .ok_or_else(|| WorldError::UnknownNode(question.device.clone()))?;
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
            packets.push(CutPlace {
                packet: key.0,
                from_device: key.1,
                nth,
                len_bytes: u32::try_from(flight.bytes.len()).unwrap_or(u32::MAX),
            });
        }
    }
    Ok(packets)
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
