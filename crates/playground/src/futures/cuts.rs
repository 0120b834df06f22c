//! The cut-point map of the scenario that is open, made in small steps: each cell is a run.

use mqtt_proto::packet::PacketType;
use mqtt_proto::{Duration, Qos, Text, TopicFilter};
use sim::cuts::{CutPlace, CutQuestion, places, variant};
use sim::scenario::{Action, NodeKind, SessionSpec, When};
use sim::{NodeId, Recording, Scenario};
use std::rc::Rc;

/// The link stays cut for so long.
const SPAN: Duration = Duration::from_secs(2);
/// After the last thing that is planned a run goes on for so long at least, so that a client can come back.
const AFTERMATH: Duration = Duration::from_secs(20);
/// So many events happen in one step: a few milliseconds.
pub(crate) const STEP_EVENTS: u32 = 600;
/// A run that has more events than this is not waited for.
const RUN_EVENTS_MAX: u64 = 50_000;
/// So many packets of a run are cut at most.
const PLACES_MAX: usize = 12;
/// A longer packet is not cut at each of its bytes, but at so many of them.
const BYTES_MAX: u32 = 48;

/// A way in which the scenario is told in the map: a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// As it is written.
    Written,
    /// With one QoS for everything, and one kind of session for the device.
    Variant(u8, bool),
}

/// The rows besides the scenario as it is written.
const VARIANTS: [(Qos, SessionSpec); 4] = [
    (Qos::AtMostOnce, SessionSpec::Clean),
    (Qos::AtLeastOnce, SessionSpec::Clean),
    (Qos::AtLeastOnce, SessionSpec::Kept),
    (Qos::ExactlyOnce, SessionSpec::Kept),
];

/// A cell: a place where the link is cut, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) place: CutPlace,
    /// Which of the row's packets it is.
    pub(crate) packet: usize,
    /// How many bytes of the packet still arrive.
    pub(crate) arrived: u32,
    /// How often the device's application got messages; none while nobody knows.
    pub(crate) deliveries: Option<u32>,
}

/// A row of the map.
pub(crate) struct Row {
    pub(crate) kind: RowKind,
    /// Whether the scenario is written like this.
    pub(crate) is_written: bool,
    scenario: Rc<Scenario>,
    /// How often the device's application gets messages without a cut; none while nobody knows.
    pub(crate) plain: Option<u32>,
    pub(crate) cells: Vec<Cell>,
    /// Whether not all packets are cut.
    pub(crate) is_short: bool,
}

/// What a map is about; it is kept as long as this stays the same.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Subject {
    pub(crate) scenario: Rc<Scenario>,
    pub(crate) device: String,
    /// Whether packets are cut at every byte, or at three places each.
    pub(crate) every_byte: bool,
}

/// A map that is being made.
pub(crate) struct CutMap {
    pub(crate) subject: Subject,
    question: CutQuestion,
    device: NodeId,
    pub(crate) rows: Vec<Row>,
    /// Row and cell that come next; the run without a cut comes before the first cell.
    next: (usize, Option<usize>),
    run: Option<Recording>,
}

/// The scenario without the faults that it plans for itself, and with time to come back from one more.
fn calm(scenario: &Scenario) -> Scenario {
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
        calm.until = calm.until.max(last + SPAN + AFTERMATH);
    }
    calm
}

/// The devices that a map can be about: those that listen, on a link of their own.
pub(crate) fn listeners(scenario: &Scenario) -> Vec<String> {
    let nodes = scenario.nodes.iter().filter(|node| match &node.kind {
        NodeKind::Device(device) => {
            !device.subscriptions.is_empty()
                && scenario.links.iter().any(|link| link.a == node.name)
        }
        NodeKind::Broker | NodeKind::Remote(_) => false,
    });
    nodes.map(|node| node.name.clone()).collect()
}

impl CutMap {
    /// A map of which nothing is known yet; none if there is nothing to cut.
    pub(crate) fn new(subject: Subject) -> Option<Self> {
        let filter = TopicFilter::new(Text::try_from("#").ok()?).ok()?;
        let question = CutQuestion {
            device: subject.device.clone(),
            filter,
            span: SPAN,
        };
        let calm = Rc::new(calm(&subject.scenario));
        let node = calm.nodes.iter().position(|it| it.name == subject.device)?;
        let row = |kind, scenario| Row {
            kind,
            is_written: kind == RowKind::Written,
            scenario,
            plain: None,
            cells: Vec::new(),
            is_short: false,
        };
        let mut rows: Vec<Row> = VARIANTS
            .into_iter()
            .map(|(qos, session)| {
                let scenario = variant(&calm, &subject.device, qos, session);
                let kind = RowKind::Variant(qos.bits(), session == SessionSpec::Kept);
                Row {
                    is_written: scenario == *calm,
                    ..row(kind, Rc::new(scenario))
                }
            })
            .collect();
        if rows.iter().all(|row| !row.is_written) {
            rows.insert(0, row(RowKind::Written, calm));
        }
        Some(Self {
            subject,
            question,
            device: NodeId(u16::try_from(node).ok()?),
            rows,
            next: (0, None),
            run: None,
        })
    }

    /// Whether everything is known.
    pub(crate) fn is_done(&self) -> bool {
        self.next.0 >= self.rows.len()
    }

    /// How many runs are done, and how many there will be as far as is known.
    pub(crate) fn progress(&self) -> (usize, usize) {
        let known = |row: &Row| {
            let cells = row.cells.iter().filter(|it| it.deliveries.is_some());
            cells.count() + usize::from(row.plain.is_some())
        };
        (
            self.rows.iter().map(known).sum(),
            self.rows.iter().map(|row| row.cells.len() + 1).sum(),
        )
    }

    /// Goes on for a few milliseconds.
    pub(crate) fn advance(&mut self) {
        for _ in 0..STEP_EVENTS {
            let Some(mut run) = self.run.take().or_else(|| self.begin()) else {
                return;
            };
            let is_over = run.head().events() >= RUN_EVENTS_MAX || run.advance().is_err();
            if is_over {
                self.finish(&run);
            } else {
                self.run = Some(run);
            }
        }
    }

    /// The scenario of a cell.
    pub(crate) fn scenario(&self, row: usize, cell: Option<usize>) -> Option<Rc<Scenario>> {
        let row = self.rows.get(row)?;
        let Some(cell) = cell else {
            return Some(Rc::clone(&row.scenario));
        };
        let cell = row.cells.get(cell)?;
        let cut = self.question.cut(&row.scenario, cell.place, cell.arrived);
        cut.ok().map(Rc::new)
    }

    fn begin(&mut self) -> Option<Recording> {
        let (row, cell) = self.next;
        let scenario = self.scenario(row, cell)?;
        let seed = scenario.seed;
        match Recording::new(scenario, seed) {
            Ok(run) => Some(run),
            Err(_) => {
                // A world that cannot be made has no map.
                self.next = (self.rows.len(), None);
                None
            }
        }
    }

    fn finish(&mut self, run: &Recording) {
        let received = run.received(self.device, &self.question.filter);
        let (row, cell) = self.next;
        let Some(found) = self.rows.get_mut(row) else {
            return;
        };
        match cell.map(|cell| found.cells.get_mut(cell)) {
            None => {
                found.plain = Some(received);
                let places = places(run, &self.question).unwrap_or_default();
                (found.cells, found.is_short) = cells(&places, self.subject.every_byte);
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
fn cells(places: &[CutPlace], every_byte: bool) -> (Vec<Cell>, bool) {
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
    let carriers: Vec<CutPlace> = carriers.copied().collect();
    let chosen = carriers.iter().take(PLACES_MAX).enumerate();
    let cells = chosen.flat_map(|(packet, place)| {
        let parts = if every_byte {
            place.len_bytes.clamp(1, BYTES_MAX)
        } else {
            place.len_bytes.clamp(1, 2)
        };
        (0..=parts).map(move |part| Cell {
            place: *place,
            packet,
            arrived: u32::try_from(u64::from(place.len_bytes) * u64::from(part) / u64::from(parts))
                .unwrap_or(place.len_bytes),
            deliveries: None,
        })
    });
    (cells.collect(), carriers.len() > PLACES_MAX)
}
