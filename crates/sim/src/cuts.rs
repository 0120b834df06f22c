//! The cut-point map: what comes of a scenario if a link is cut at each place of its run. Each cell is a run; they are made in
//! steps, so that whoever shows the map need not wait for all.

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
use device::script::Interpreter;
use device::{Act, Reconnect};
use mqtt_proto::packet::PacketType;
use mqtt_proto::{Duration, Qos, TopicFilter};

/// After the last thing that is planned a run goes on for so long at least, so that a client can come back.
const AFTERMATH: Duration = Duration::from_secs(20);
/// A run that has more events than this is not waited for.
const RUN_EVENTS_MAX: u64 = 50_000;

/// The rows besides the scenario as it is written.
const VARIANTS: [(Qos, SessionSpec); 4] = [
    (Qos::AtMostOnce, SessionSpec::Clean),
    (Qos::AtLeastOnce, SessionSpec::Clean),
    (Qos::AtLeastOnce, SessionSpec::Kept),
    (Qos::ExactlyOnce, SessionSpec::Kept),
];

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

/// A packet on the link that a map is about: where a cut can be.
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

impl CutQuestion {
    /// The scenario with one more cut: when so many bytes of a packet have arrived. What it expects is left out.
    ///
    /// # Errors
    /// The question names what is not there.
    fn cut(
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
fn places(run: &Recording, question: &CutQuestion) -> Result<Vec<CutPlace>, WorldError> {
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

/// How much of a run is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grain {
    /// So many packets of a run at most, from the first on.
    pub packets_max: usize,
    /// A packet is cut before its first byte, and at so many places more: at each of its bytes if it has no more of them,
    /// else at as many that lie evenly.
    pub parts_max: u32,
}

impl Grain {
    /// At each byte of each packet.
    pub const EVERYTHING: Self = Self {
        packets_max: usize::MAX,
        parts_max: u32::MAX,
    };
}

/// In which way the scenario is told in a row of the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// As it is written.
    Written,
    /// With one QoS for everything, and one kind of session for the device.
    Variant(Qos, SessionSpec),
}

/// A place where the link is cut, and what comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The packet.
    pub place: CutPlace,
    /// Which of the row's packets it is, from 0.
    pub packet: usize,
    /// How many of its bytes still arrive. If all do, nothing behind it does.
    pub arrived_bytes: u32,
    /// How often the device's application got messages; none while nobody knows.
    pub deliveries: Option<u32>,
}

/// A row of the map.
#[derive(Clone, Debug)]
pub struct Row {
    /// In which way the scenario is told.
    pub kind: RowKind,
    /// Whether it is written like this.
    pub is_written: bool,
    /// How often the device's application gets messages without a cut; none while nobody knows.
    pub plain: Option<u32>,
    /// The cells, in the order of the run without a cut. There are none before that run is made.
    pub cells: Vec<Cell>,
    /// Whether the run has more packets than are cut.
    pub is_short: bool,
    scenario: Rc<Scenario>,
}

/// A map that is being made.
///
/// What the scenario plans for links is left out, so that a cell shows one cut and nothing else; and its runs go on for long
/// enough after the last thing that is planned. Cut are PUBLISH packets and their acknowledgements.
#[derive(Clone, Debug)]
pub struct Map {
    question: CutQuestion,
    device: NodeId,
    grain: Grain,
    rows: Vec<Row>,
    /// Row and cell of the next run; a row's run without a cut comes first.
    next: (usize, Option<usize>),
    run: Option<Recording>,
    interpreter: Interpreter,
}

impl Map {
    /// A map of which nothing is known yet: a row for each QoS and kind of session, and one for the scenario as it is written
    /// if it is none of those.
    ///
    /// # Errors
    /// The question names a device that is not there.
    pub fn new(
        scenario: &Scenario,
        question: CutQuestion,
        grain: Grain,
    ) -> Result<Self, WorldError> {
        let calm = Rc::new(calm(scenario, question.span));
        let mut nodes = (0_u16..).zip(&calm.nodes);
        let device = nodes
            .find(|(_, node)| node.name == question.device)
            .map(|(number, _)| NodeId(number))
            .ok_or_else(|| WorldError::UnknownNode(question.device.clone()))?;
        let row = |kind, scenario: Rc<Scenario>| Row {
            kind,
            is_written: scenario == calm,
            plain: None,
            cells: Vec::new(),
            is_short: false,
            scenario,
        };
        let variants = VARIANTS.into_iter().map(|(qos, session)| {
            let scenario = variant(&calm, &question.device, qos, session);
            row(RowKind::Variant(qos, session), Rc::new(scenario))
        });
        let mut rows: Vec<Row> = variants.collect();
        if rows.iter().all(|row| !row.is_written) {
            rows.insert(0, row(RowKind::Written, Rc::clone(&calm)));
        }
        Ok(Self {
            question,
            device,
            grain,
            rows,
            next: (0, None),
            run: None,
            interpreter: Interpreter::default(),
        })
    }

    /// The same with somebody to run the scripts of its devices.
    #[must_use]
    pub fn with_interpreter(mut self, interpreter: &Interpreter) -> Self {
        self.interpreter = interpreter.clone();
        self
    }

    /// The rows, as far as they are known.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Whether everything is known.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.next.0 >= self.rows.len()
    }

    /// How many runs are done, and how many there will be as far as is known.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        let known = |row: &Row| {
            let cells = row.cells.iter().filter(|it| it.deliveries.is_some());
            cells.count() + usize::from(row.plain.is_some())
        };
        (
            self.rows.iter().map(known).sum(),
            self.rows.iter().map(|row| row.cells.len() + 1).sum(),
        )
    }

    /// Goes on for so many events.
    pub fn advance(&mut self, events: u32) {
        for _ in 0..events {
            let Some(mut run) = self.run.take().or_else(|| self.begin()) else {
                // A world that cannot be made has no map; and what is done stays so.
                self.next = (self.rows.len(), None);
                return;
            };
            if run.head().events() >= RUN_EVENTS_MAX || run.advance().is_err() {
                self.note(&run);
            } else {
                self.run = Some(run);
            }
        }
    }

    /// Makes all runs that are left.
    pub fn finish(&mut self) {
        while !self.is_done() {
            self.advance(u32::MAX);
        }
    }

    /// The scenario of a cell, or of a row without a cut: run it to see why.
    #[must_use]
    pub fn scenario(&self, row: usize, cell: Option<usize>) -> Option<Rc<Scenario>> {
        let row = self.rows.get(row)?;
        let Some(cell) = cell else {
            return Some(Rc::clone(&row.scenario));
        };
        let cell = row.cells.get(cell)?;
        let question = &self.question;
        let cut = question.cut(&row.scenario, cell.place, cell.arrived_bytes);
        cut.ok().map(Rc::new)
    }

    fn begin(&self) -> Option<Recording> {
        let (row, cell) = self.next;
        let scenario = self.scenario(row, cell)?;
        let seed = scenario.seed;
        Recording::with_interpreter(scenario, seed, &self.interpreter).ok()
    }

    fn note(&mut self, run: &Recording) {
        let received = run.received(self.device, &self.question.filter);
        let (row, cell) = self.next;
        let Some(found) = self.rows.get_mut(row) else {
            return;
        };
        match cell.map(|cell| found.cells.get_mut(cell)) {
            None => {
                found.plain = Some(received);
                let places = places(run, &self.question).unwrap_or_default();
                (found.cells, found.is_short) = cells(&places, self.grain);
            }
            Some(Some(cell)) => cell.deliveries = Some(received),
            Some(None) => {}
        }
        let next = cell.map_or(0, |cell| cell + 1);
        self.next = if next < found.cells.len() {
            (row, Some(next))
        } else {
            (row + 1, None)
        };
    }
}

/// The cells of the packets that carry messages and their acknowledgements; and whether some were left out.
fn cells(places: &[CutPlace], grain: Grain) -> (Vec<Cell>, bool) {
    let carriers = places.iter().filter(|place| {
        matches!(
            place.packet,
            PacketType::Publish
                | PacketType::PubAck
                | PacketType::PubRec
                | PacketType::PubRel
                | PacketType::PubComp
        )
    });
    let chosen = carriers.clone().take(grain.packets_max).enumerate();
    let cells = chosen.flat_map(|(packet, place)| {
        let parts = place.len_bytes.min(grain.parts_max).max(1);
        (0..=parts).map(move |part| Cell {
            place: *place,
            packet,
            arrived_bytes: u32::try_from(
                u64::from(place.len_bytes) * u64::from(part) / u64::from(parts),
            )
            .unwrap_or(place.len_bytes),
            deliveries: None,
        })
    });
    (
        cells.collect(),
        carriers.clone().count() > grain.packets_max,
    )
}

/// The devices that a map can be about: those that listen, on a link of their own.
#[must_use]
pub fn listeners(scenario: &Scenario) -> Vec<String> {
    let nodes = scenario.nodes.iter().filter(|node| match &node.kind {
        NodeKind::Device(device) => {
            !device.subscriptions.is_empty()
                && scenario.links.iter().any(|link| link.a == node.name)
        }
        NodeKind::Broker | NodeKind::Remote(_) => false,
    });
    nodes.map(|node| node.name.clone()).collect()
}

/// Whether a device stays away once its link was cut: nothing that was lost can come again then.
#[must_use]
pub fn never_comes_back(scenario: &Scenario, device: &str) -> bool {
    let mut nodes = scenario.nodes.iter();
    nodes.any(|node| match &node.kind {
        NodeKind::Device(spec) => {
            node.name == device
                && spec.reconnect == Reconnect::Never
                && spec.program.is_none()
                && spec.script.is_none()
        }
        NodeKind::Broker | NodeKind::Remote(_) => false,
    })
}

/// The scenario without the faults that it plans for itself, and with time to come back from one more.
fn calm(scenario: &Scenario, span: Duration) -> Scenario {
    let mut calm = scenario.clone();
    calm.events
        .retain(|planned| matches!(planned.action, Action::Node { .. }));
    calm.expectations.clear();
    calm.lesson = None;
    let last = calm.events.iter().filter_map(|planned| match planned.when {
        When::At(at) => Some(at),
        When::Packet { .. } => None,
    });
    if let Some(last) = last.max() {
        calm.until = calm.until.max(last + span + AFTERMATH);
    }
    calm
}

/// The scenario with one QoS for everything that is published and subscribed to, and one kind of session for a device.
fn variant(scenario: &Scenario, device: &str, qos: Qos, session: SessionSpec) -> Scenario {
    let mut variant = scenario.clone();
    for node in &mut variant.nodes {
        if let NodeKind::Device(spec) = &mut node.kind {
            for subscription in &mut spec.subscriptions {
                subscription.options.qos = qos;
            }
            for rule in &mut spec.rules {
                if let Act::Publish(template) = &mut rule.act {
                    template.qos = qos;
                }
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
