//! Where to look in a long story: what a lane did, what happened to a wire, which packets can be in flight.
//!
//! A step of the page must cost as much after 100,000 records as after ten, so no view reads a story from its beginning.
//! The index takes what the story has more than it when it is asked; a position then cuts it off, so that nothing of the
//! future can be seen in it.

use crate::story::{Facts, Figure, Flight, Mark, Position, Role, SpanKind, StepKind, Story};
use crate::timeline::{Stage, reached};
use mqtt_proto::{TopicFilter, TopicName, Version};
use std::cell::{Ref, RefCell};

/// The index of a story, as far as it was needed. It says nothing that the story does not say, so all are equal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lazy(RefCell<Index>);

impl Lazy {
    /// A flight that had ended goes on after all of which the index knows.
    pub(crate) fn reopen(&mut self, flight: usize) {
        let open_from = &mut self.0.get_mut().open_from;
        for open in open_from.iter_mut().rev().take_while(|it| **it > flight) {
            *open = flight;
        }
    }
}

impl PartialEq for Lazy {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Lazy {}

#[derive(Clone, Debug, Default)]
struct Index {
    lanes: Vec<LaneIndex>,
    wires: Vec<WireIndex>,
    /// By flight: the first flight that is still on its way, or may be, when this one is sent.
    open_from: Vec<usize>,
    /// The records that delivered something to an application.
    deliveries: Vec<usize>,
    /// The first step of each stage of the story.
    stages: Vec<(usize, Stage)>,
    /// By exchange: the first exchange that is still open, or may be, when this one begins.
    exchanges_from: Vec<usize>,
    /// The first message of a client that nobody who drives has asked for.
    stray: Option<usize>,
    /// By quality of service: the first record with which the broker sent a message at it.
    promised: [Option<usize>; 3],
    /// How much of the story is in it.
    spans: usize,
    outages: usize,
    effects: usize,
    steps: usize,
}

/// Everything in the order of the log.
#[derive(Clone, Debug, Default)]
struct LaneIndex {
    /// Its connections: places in [`Story::spans`].
    connections: Vec<usize>,
    /// Where it stopped, and where it started again.
    stops: Vec<(Mark, bool)>,
    /// How far it had driven, in millimetres.
    driven: Vec<(Mark, i64)>,
    /// The records that sent a message for the first time.
    messages: Vec<usize>,
    /// The filters that it has asked for, if it drives.
    filters: Vec<TopicFilter>,
}

#[derive(Clone, Debug, Default)]
struct WireIndex {
    changes: Vec<(Mark, StepKind)>,
    /// Places in [`Story::outages`].
    outages: Vec<usize>,
}

impl Index {
    /// Takes what is new in the story.
    fn take(&mut self, story: &Story) {
        self.lanes.resize(story.lanes.len(), LaneIndex::default());
        self.wires.resize(story.wires.len(), WireIndex::default());
        for (_, mark) in story.deliveries.iter().skip(self.deliveries.len()) {
            self.deliveries.push(mark.record);
        }
        for (place, span) in story.spans.iter().enumerate().skip(self.spans) {
            if let Some(lane) = self.lanes.get_mut(span.lane)
                && span.kind == SpanKind::Connection
            {
                lane.connections.push(place);
            }
        }
        for (place, outage) in story.outages.iter().enumerate().skip(self.outages) {
            if let Some(wire) = self.wires.get_mut(outage.wire) {
                wire.outages.push(place);
            }
        }
        for effect in story.effects.iter().skip(self.effects) {
            if let Some(lane) = self.lanes.get_mut(effect.lane) {
                let before = lane.driven.last().map_or(0, |(_, way)| *way);
                lane.driven.push((effect.mark, before + effect.millimetres));
            }
        }
        for (place, step) in story.steps.iter().enumerate().skip(self.steps) {
            self.step(step.mark, step.kind);
            let last = self.stages.last().map(|(_, stage)| *stage);
            let stage = reached(story, step.kind).unwrap_or(Stage::Connect);
            if last.is_none_or(|last| last < stage) {
                self.stages.push((place + 1, stage));
            }
        }
        self.spans = story.spans.len();
        self.outages = story.outages.len();
        self.effects = story.effects.len();
        self.steps = story.steps.len();
        self.take_flights(story);
        self.take_exchanges(story);
    }

    fn take_exchanges(&mut self, story: &Story) {
        let mut open = self.exchanges_from.last().copied().unwrap_or(0);
        for exchange in story.exchanges.iter().skip(self.exchanges_from.len()) {
            let begun = exchange.interval.from.record;
            while let Some(until) = story.exchanges.get(open).and_then(|it| it.interval.until)
                && until.record < begun
            {
                open += 1;
            }
            self.exchanges_from.push(open);
        }
    }

    fn take_flights(&mut self, story: &Story) {
        let mut open = self.open_from.last().copied().unwrap_or(0);
        for flight in story.flights.iter().skip(self.open_from.len()) {
            self.take_facts(story, flight);
            if flight.face.role == Role::Publish
                && !flight.face.dup
                && let Some(lane) = self.lanes.get_mut(flight.from)
            {
                lane.messages.push(flight.sent.record);
            }
            while let Some(end) = story.flights.get(open).and_then(Flight::ended)
                && end.record < flight.sent.record
            {
                open += 1;
            }
            self.open_from.push(open);
        }
    }

    /// Who asks for which messages, and what is sent.
    fn take_facts(&mut self, story: &Story, flight: &Flight) {
        match &flight.facts {
            Facts::Subscribe { filters } => {
                let from = story.lanes.get(flight.from);
                if let Some(lane) = self.lanes.get_mut(flight.from)
                    && from.is_some_and(|it| it.figure == Figure::Robot)
                {
                    let filters = filters.iter();
                    let filters =
                        filters.filter_map(|it| TopicFilter::try_from(it.filter.as_str()).ok());
                    lane.filters.extend(filters);
                }
            }
            Facts::Publish { qos, .. } if story.is_broker(flight.from) => {
                if let Some(first) = self.promised.get_mut(usize::from(*qos)) {
                    first.get_or_insert(flight.sent.record);
                }
            }
            Facts::Publish { topic, .. } if self.stray.is_none() && !flight.face.dup => {
                let topic = TopicName::try_from(topic.as_str()).ok();
                let mut filters = self.lanes.iter().flat_map(|it| &it.filters);
                // A shared filter has left its group behind.
                let is_asked = topic.is_some_and(|topic| {
                    filters.any(|it| it.mismatch_in(Version::V311, &topic).is_none())
                });
                if !is_asked {
                    self.stray = Some(flight.sent.record);
                }
            }
            _ => {}
        }
    }

    fn step(&mut self, mark: Mark, kind: StepKind) {
        match kind {
            StepKind::Cut(wire)
            | StepKind::Restored(wire)
            | StepKind::Silent(wire)
            | StepKind::Stalled(wire) => {
                if let Some(wire) = self.wires.get_mut(wire) {
                    wire.changes.push((mark, kind));
                }
            }
            StepKind::Down { lane, .. } | StepKind::Up(lane) => {
                if let Some(lane) = self.lanes.get_mut(lane) {
                    let is_off = matches!(kind, StepKind::Down { .. });
                    lane.stops.push((mark, is_off));
                }
            }
            _ => {}
        }
    }
}

/// What of a list has happened at a position.
fn happened<T>(all: &[(Mark, T)], position: Position) -> &[(Mark, T)] {
    let count = all.partition_point(|(mark, _)| position.has(*mark));
    all.get(..count).unwrap_or_default()
}

impl Story {
    fn find(&self) -> Ref<'_, Index> {
        self.index.0.borrow_mut().take(self);
        self.index.0.borrow()
    }

    /// The packets that are on their way at a position, oldest first.
    pub(crate) fn flying(&self, position: Position) -> impl Iterator<Item = (usize, &Flight)> {
        let sent = self
            .flights
            .partition_point(|flight| position.has(flight.sent));
        let first = sent.checked_sub(1);
        let first = first.and_then(|last| self.find().open_from.get(last).copied());
        (first.unwrap_or(sent)..sent)
            .filter_map(|number| Some((number, self.flights.get(number)?)))
            .filter(move |(_, flight)| flight.is_flying(position))
    }

    /// The stages that the run goes through, each with its first step.
    pub(crate) fn stages(&self) -> impl Iterator<Item = (usize, Stage)> {
        // There are no more than a handful.
        self.find().stages.clone().into_iter()
    }

    /// The exchanges that may be open somewhere between two records, oldest first: their places.
    pub(crate) fn exchanges_within(&self, from: usize, to: usize) -> std::ops::Range<usize> {
        let begun = |record| {
            self.exchanges
                .partition_point(|it| it.interval.from.record < record)
        };
        let (before, behind) = (begun(from), begun(to.saturating_add(1)));
        let index = self.find();
        let first = before.checked_sub(1).or(Some(0));
        let first = first.and_then(|it| index.exchanges_from.get(it).copied());
        first.unwrap_or(behind).min(behind)..behind
    }

    /// The first packet of which it is not known what became.
    pub(crate) fn first_open(&self) -> Option<&Flight> {
        let first = self.find().open_from.last().copied().unwrap_or(0);
        let mut behind = self.flights.iter().skip(first);
        behind.find(|flight| flight.ended().is_none())
    }

    /// How many messages a lane has sent by `position`, repeated ones not counted.
    #[must_use]
    pub fn messages_sent(&self, lane: usize, position: Position) -> usize {
        let index = self.find();
        let lane = index.lanes.get(lane);
        lane.map_or(0, |it| {
            it.messages.partition_point(|&it| it < position.shown)
        })
    }

    /// How many messages all clients have sent by `position`.
    pub(crate) fn published(&self, position: Position) -> usize {
        let clients = (0..self.lanes.len()).filter(|lane| !self.is_broker(*lane));
        clients.map(|lane| self.messages_sent(lane, position)).sum()
    }

    /// Whether all that was sent by `position` is on topics that somebody who drives had asked for.
    pub(crate) fn has_only_orders(&self, position: Position) -> bool {
        let stray = self.find().stray;
        self.has_robot() && stray.is_none_or(|it| it >= position.shown)
    }

    /// At which qualities of service the broker has sent messages by `position`.
    pub(crate) fn promised(&self, position: Position) -> impl Iterator<Item = u8> {
        let promised = self.find().promised;
        let sent = promised.into_iter().zip(0_u8..);
        sent.filter(move |(first, _)| first.is_some_and(|it| it < position.shown))
            .map(|(_, qos)| qos)
    }

    /// How many messages have reached an application.
    pub(crate) fn delivered(&self, position: Position) -> usize {
        let deliveries = &self.find().deliveries;
        deliveries.partition_point(|&it| it < position.shown)
    }

    /// Whether a lane has a connection.
    #[must_use]
    pub fn is_online(&self, lane: usize, position: Position) -> bool {
        let index = self.find();
        let lane = index.lanes.get(lane);
        lane.is_some_and(|it| {
            it.connections.iter().any(|&span| {
                let span = self.spans.get(span);
                span.is_some_and(|span| span.interval.holds(position))
            })
        })
    }

    /// Whether a node has stopped.
    pub(crate) fn is_off(&self, lane: usize, position: Position) -> bool {
        let index = self.find();
        let lane = index.lanes.get(lane);
        lane.and_then(|it| happened(&it.stops, position).last())
            .is_some_and(|(_, is_off)| *is_off)
    }

    /// How far a device has driven, in millimetres.
    pub(crate) fn driven(&self, lane: usize, position: Position) -> i64 {
        let index = self.find();
        let lane = index.lanes.get(lane);
        lane.and_then(|it| happened(&it.driven, position).last())
            .map_or(0, |(_, way)| *way)
    }

    /// What was last done to a wire: cut, restored, made silent or slow.
    pub(crate) fn last_change(&self, wire: usize, position: Position) -> Option<StepKind> {
        let index = self.find();
        let wire = index.wires.get(wire)?;
        happened(&wire.changes, position)
            .last()
            .map(|(_, kind)| *kind)
    }

    /// Whether a link is cut.
    pub(crate) fn is_cut(&self, wire: usize, position: Position) -> bool {
        let index = self.find();
        let Some(found) = index.wires.get(wire) else {
            return false;
        };
        let mut changes = happened(&found.changes, position).iter().rev();
        let last = changes
            .find(|(_, kind)| matches!(kind, StepKind::Cut(_) | StepKind::Restored(_)))
            .map(|(_, kind)| *kind);
        last == Some(StepKind::Cut(wire))
    }

    /// The last outage of a link that has begun.
    pub(crate) fn last_outage(
        &self,
        wire: usize,
        position: Position,
    ) -> Option<&crate::story::Outage> {
        let index = self.find();
        let wire = index.wires.get(wire)?;
        let mut outages = wire
            .outages
            .iter()
            .rev()
            .filter_map(|&it| self.outages.get(it));
        outages.find(|it| position.has(it.interval.from))
    }
}

#[cfg(test)]
mod tests {
    use crate::story::{Role, StepKind};

    /// The index against the story, read from its beginning, at every position of every scenario.
    #[test]
    fn the_index_says_what_the_story_says() {
        for built_in in crate::library::built_in() {
            let run = crate::run::Run::of(
                crate::work::Work::untouched(&built_in),
                &device::script::Interpreter::default(),
            )
            .unwrap();
            let story = run.story();
            for step in 0..=story.last_step() {
                let position = story.position(step);
                let flights = || story.flights.iter().enumerate();
                let flying = flights().filter(|(_, it)| it.is_flying(position));
                assert!(
                    story.flying(position).eq(flying),
                    "{} {step}",
                    built_in.file
                );
                for lane in 0..story.lanes.len() {
                    let messages = story.flights.iter().filter(|it| {
                        position.has(it.sent)
                            && it.from == lane
                            && it.face.role == Role::Publish
                            && !it.face.dup
                    });
                    assert_eq!(story.messages_sent(lane, position), messages.count());
                    let effects = story.effects.iter().filter(|it| it.lane == lane);
                    let driven = effects.filter(|it| position.has(it.mark));
                    let driven: i64 = driven.map(|it| it.millimetres).sum();
                    assert_eq!(story.driven(lane, position), driven);
                    let steps = story.steps.iter().filter(|it| position.has(it.mark));
                    let mut stops = steps.filter_map(|it| match it.kind {
                        StepKind::Down { lane: it, .. } if it == lane => Some(true),
                        StepKind::Up(it) if it == lane => Some(false),
                        _ => None,
                    });
                    assert_eq!(
                        story.is_off(lane, position),
                        stops.next_back().unwrap_or(false)
                    );
                }
                for wire in 0..story.wires.len() {
                    let steps = story.steps.iter().filter(|it| position.has(it.mark));
                    let mut cuts = steps.filter_map(|it| match it.kind {
                        StepKind::Cut(it) if it == wire => Some(true),
                        StepKind::Restored(it) if it == wire => Some(false),
                        _ => None,
                    });
                    assert_eq!(
                        story.is_cut(wire, position),
                        cuts.next_back().unwrap_or(false)
                    );
                    let outages = story.outages.iter().filter(|it| it.wire == wire);
                    let mut begun = outages.filter(|it| position.has(it.interval.from));
                    assert_eq!(story.last_outage(wire, position), begun.next_back());
                }
                let delivered = story.deliveries.iter().filter(|it| position.has(it.1));
                assert_eq!(story.delivered(position), delivered.count());
            }
        }
    }
}
