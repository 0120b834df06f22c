//! Reads a story from a log: in order, from facts alone, and as far as the log goes.

mod face;
mod lifelines;
mod messages;
mod stage;

pub(crate) use face::version_name;

use crate::payload::shown;
use crate::story::{
    Again, Effect, Facts, Fate, Flight, Interval, Mark, Rule, Source, Step, StepKind, Story,
};
use lifelines::Lifelines;
use messages::{Messages, flight_of};
use mqtt_proto::Packet;
use mqtt_proto::packet::PacketType;
use sim::record::{Down, Loss};
use sim::scenario::Action;
use sim::{Cursor, Log, NodeId, Record, RecordId, RecordKind};
use stage::Stage;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::rc::Rc;

/// A longer line of a step is cut.
const LINE_MAX_CHARS: usize = 400;

/// Reads the story that a log tells, a stretch at a time.
///
/// The log may be one that still grows, or one that no run wrote. What a stretch costs depends on its length and not on
/// what was read before it, as long as nobody else holds the story while it is read.
pub(crate) struct Reader {
    story: Rc<Story>,
    stage: Stage,
    lifelines: Lifelines,
    messages: Messages,
    gates: Gates,
    next: Cursor,
}

/// Between which lanes, from and to, packets are held.
type Gates = BTreeSet<(usize, usize)>;

impl Reader {
    /// Has read nothing of the log, but knows who is there.
    pub(crate) fn new(log: &Log) -> Self {
        let (stage, mut story) = Stage::of(log);
        let mut lifelines = Lifelines::default();
        // Brokers are there from the start.
        let lanes = 0..story.lanes.len();
        let brokers: Vec<usize> = lanes.filter(|lane| story.is_broker(*lane)).collect();
        for broker in brokers {
            lifelines.broker_started(&mut story, broker, Mark { record: 0, at: 0 });
        }
        Self {
            story: Rc::new(story),
            stage,
            lifelines,
            messages: Messages::default(),
            gates: Gates::new(),
            next: Cursor::START,
        }
    }

    /// Has read all of a log: this is its story.
    pub(crate) fn done(log: &Log, story: Rc<Story>) -> Self {
        Self {
            story,
            next: log.end(),
            ..Self::new(log)
        }
    }

    /// Puts the lanes where the scenario says; `place` tells it of a node, by its number.
    pub(crate) fn place(mut self, place: impl Fn(usize) -> Option<(u16, u16)>) -> Self {
        for lane in &mut Rc::make_mut(&mut self.story).lanes {
            lane.place = place(lane.node);
        }
        self
    }

    /// Reads on to a later place of the same log. An earlier one changes nothing.
    pub(crate) fn take(&mut self, log: &Log, upto: Cursor) {
        let records = log.records_between(self.next, upto);
        if records.is_empty() {
            return;
        }
        let mut reading = Reading {
            log,
            story: Rc::make_mut(&mut self.story),
            stage: &self.stage,
            lifelines: &mut self.lifelines,
            messages: &mut self.messages,
            gates: &mut self.gates,
        };
        for record in records {
            reading.read(record);
        }
        self.next = upto.min(log.end());
    }

    /// The story so far.
    pub(crate) fn story(&self) -> &Story {
        &self.story
    }

    /// The messages so far.
    pub(crate) const fn ledger(&self) -> &sim::Ledger {
        &self.messages.ledger
    }

    /// The story so far, shared: to read on is dear while it is held.
    pub(crate) fn shared(&self) -> Rc<Story> {
        Rc::clone(&self.story)
    }
}

fn place(record: RecordId) -> usize {
    usize::try_from(record.0).unwrap_or(usize::MAX)
}

pub(crate) fn mark(record: &Record) -> Mark {
    Mark {
        record: place(record.id),
        at: record.at.as_micros(),
    }
}

/// Whether a machine says that of a packet that it sends, which has the rule itself.
fn is_said_by_a_packet(kind: &RecordKind) -> bool {
    use mqtt_proto::Note as N;
    let RecordKind::Note(note) = kind else {
        return false;
    };
    let is_sent = matches!(
        note.protocol(),
        Some(N::MessageKept { .. } | N::Resent { .. } | N::ResentOnTimer { .. } | N::PingSent)
    );
    is_sent || matches!(note.broker(), Some(mqtt_broker::Note::Downgraded { .. }))
}

/// The number of the step that a record is.
fn step_of(story: &Story, record: RecordId) -> Option<usize> {
    let record = place(record);
    let found = story
        .steps
        .binary_search_by_key(&record, |step| step.mark.record);
    found.ok().map(|index| index + 1)
}

/// A stretch that is being read.
struct Reading<'a> {
    log: &'a Log,
    story: &'a mut Story,
    stage: &'a Stage,
    lifelines: &'a mut Lifelines,
    messages: &'a mut Messages,
    gates: &'a mut Gates,
}

impl Reading<'_> {
    fn read(&mut self, record: &Record) {
        let mark = mark(record);
        self.story.times.push(mark.at);
        self.messages
            .ledger
            .advance(self.log, Cursor::after(record.id));
        let own_lane = record.node.and_then(|node| self.lane(node));
        for node in self.messages.told_by_acknowledgements() {
            if let Some(lane) = self.lane(node) {
                self.story.deliveries.push((lane, mark));
            }
        }
        match &record.kind {
            RecordKind::Sent(flight) => self.sent(record, flight),
            RecordKind::Arrived { flight } => {
                if let Some(flight) = self.ended(flight.0, Fate::Arrived(mark)) {
                    self.answered(flight, record, mark);
                }
            }
            RecordKind::Lost { flight, why } => {
                let flight = self.ended(flight.0, Fate::Lost(mark));
                if *why == Loss::Vanished
                    && let Some(flight) = flight
                {
                    self.step(record, StepKind::Vanished(flight));
                }
            }
            RecordKind::LinkCut { link } => {
                let wire = usize::from(link.0);
                self.lifelines.cut(self.story, wire, mark);
                self.step(record, StepKind::Cut(wire));
            }
            RecordKind::LinkRestored { link } => {
                self.step(record, StepKind::Restored(usize::from(link.0)))
            }
            RecordKind::LinkSilent { link, .. } => {
                self.step(record, StepKind::Silent(usize::from(link.0)))
            }
            RecordKind::ReaderStalled { link, .. } => {
                self.step(record, StepKind::Stalled(usize::from(link.0)))
            }
            RecordKind::PacketsHeld { link, toward } => {
                let wire = usize::from(link.0);
                self.step(record, StepKind::Held(wire));
                self.hold(wire, toward.and_then(|it| self.lane(it)), mark);
            }
            RecordKind::PacketsReleased { link } => {
                let wire = usize::from(link.0);
                self.step(record, StepKind::Released(wire));
                self.let_go(record, wire);
            }
            RecordKind::NodeDown { why } => {
                let Some(lane) = own_lane else { return };
                self.step(
                    record,
                    StepKind::Down {
                        lane,
                        crashed: *why == Down::Crashed,
                    },
                );
                if self.story.is_broker(lane) {
                    self.lifelines.broker_stopped(self.story, lane, mark);
                }
            }
            RecordKind::NodeUp => {
                let Some(lane) = own_lane else { return };
                self.step(record, StepKind::Up(lane));
                if self.story.is_broker(lane) {
                    self.lifelines.broker_started(self.story, lane, mark);
                }
            }
            // What comes of it is a step.
            RecordKind::Dialled { .. } | RecordKind::DialGivenUp { .. } => {}
            RecordKind::ConnectionRefused { .. } => {
                if let Some(lane) = own_lane {
                    self.step(record, StepKind::Refused(lane));
                }
            }
            RecordKind::ConnectionOpened {
                link,
                client,
                server,
            } => {
                if let (Some(client), Some(server)) = (self.lane(*client), self.lane(*server)) {
                    let wire = usize::from(link.0);
                    let (lifelines, story) = (&mut *self.lifelines, &mut *self.story);
                    if lifelines.connected(story, (wire, client), record.id, mark) {
                        self.messages.survive(story, [client, server], mark);
                    }
                }
            }
            RecordKind::ConnectionClosed { client, opened, .. } => {
                if let Some(lane) = self.lane(*client) {
                    self.lifelines.closed(self.story, lane, *opened, mark);
                    if record.node == Some(*client) && self.stage.begins_anew(lane) {
                        self.messages.cut_off(self.story, lane, mark);
                    }
                }
            }
            RecordKind::SessionStarted {
                client: Some(client),
            } => {
                let client = self.caller(record).or(self.lane(*client));
                if let (Some(broker), Some(client)) = (own_lane, client) {
                    self.lifelines
                        .session_started(self.story, (broker, client), mark);
                }
            }
            RecordKind::SessionEnded {
                client: Some(client),
            } => {
                if let (Some(broker), Some(client)) = (own_lane, self.lane(*client)) {
                    self.lifelines
                        .session_ended(self.story, (broker, client), mark);
                }
            }
            RecordKind::Effect(effect) => self.acted(record, effect),
            RecordKind::Delivered(_) => {
                if let Some(lane) = own_lane {
                    self.story.deliveries.push((lane, mark));
                }
            }
            RecordKind::SessionResumed {
                client: Some(client),
            } => {
                let client = self.caller(record).or(self.lane(*client));
                if let (Some(broker), Some(client)) = (own_lane, client) {
                    self.lifelines
                        .session_resumed(self.story, (broker, client), mark);
                }
            }
            RecordKind::Stimulus(_)
            | RecordKind::SessionStarted { client: None }
            | RecordKind::SessionEnded { client: None }
            | RecordKind::SessionResumed { client: None } => {}
            RecordKind::Note(note) => self.noted(record, note),
        }
        self.name_rules(record);
    }

    /// The two directions of a link, or the one towards a lane.
    fn ways(&self, wire: usize, toward: Option<usize>) -> Vec<(usize, usize)> {
        let wire = self.story.wires.get(wire);
        let ways = wire.map(|it| [(it.client, it.broker), (it.broker, it.client)]);
        let ways = ways.into_iter().flatten();
        ways.filter(|(_, to)| toward.is_none_or(|toward| toward == *to))
            .collect()
    }

    fn hold(&mut self, wire: usize, toward: Option<usize>, from: Mark) {
        let ways = self.ways(wire, toward);
        for flight in &mut self.story.flights {
            let is_meant = flight.fate == Fate::Open && ways.contains(&(flight.from, flight.to));
            if is_meant && flight.held.is_none() {
                flight.held = Some(Interval { from, until: None });
            }
        }
        self.gates.extend(ways);
    }

    /// What was held goes on: all of it, or the oldest, if that was what was wanted.
    fn let_go(&mut self, record: &Record, wire: usize) {
        let wanted = record.cause.and_then(|cause| self.log.record(cause));
        let wanted = wanted.map(|it| &it.kind);
        let (toward, is_one) = match wanted {
            Some(RecordKind::Stimulus(action)) => match &**action {
                Action::Pass { toward, .. } => (toward.as_deref(), true),
                Action::Release { toward, .. } => (toward.as_deref(), false),
                _ => (None, false),
            },
            _ => (None, false),
        };
        let lanes = &self.story.lanes;
        let toward = toward.and_then(|name| lanes.iter().position(|it| it.name == name));
        for way in self.ways(wire, toward) {
            let flights = self.story.flights.iter_mut();
            let held = flights.filter(|it| it.fate == Fate::Open && (it.from, it.to) == way);
            let held = held.filter_map(|it| it.held.as_mut());
            let held = held.filter(|it| it.until.is_none());
            for held in held.take(if is_one { 1 } else { usize::MAX }) {
                held.until = Some(mark(record));
            }
            if !is_one {
                self.gates.remove(&way);
            }
        }
    }

    fn lane(&self, node: NodeId) -> Option<usize> {
        self.stage.lane(node)
    }

    fn step(&mut self, record: &Record, kind: StepKind) {
        let line = self.log.ladder_line(record).unwrap_or_default();
        let line = shown(&line, LINE_MAX_CHARS);
        let cause = self
            .log
            .causes(record.id)
            .skip(1)
            .find_map(|cause| step_of(self.story, cause.id));
        self.story.steps.push(Step {
            mark: mark(record),
            kind,
            line,
            cause,
            rules: Vec::new(),
        });
    }

    /// A record's rules belong to the step that it is or follows from, however late, and not to the one that happens to stand
    /// before it: that can be anybody's.
    fn name_rules(&mut self, record: &Record) {
        if record.rules.is_empty() || is_said_by_a_packet(&record.kind) {
            return;
        }
        let mut causes = self.log.causes(record.id);
        let Some(number) = causes.find_map(|cause| step_of(self.story, cause.id)) else {
            return;
        };
        let is_late = number < self.story.steps.len();
        let Some(step) = self.story.steps.get_mut(number.saturating_sub(1)) else {
            return;
        };
        for id in record.rules.iter() {
            let statement = id.statement();
            if step.rules.iter().any(|rule| rule.id == statement.id) {
                continue;
            }
            let version = version_name(id.version());
            if is_late {
                let late = (place(record.id), number, step.rules.len());
                self.story.late_rules.push(late);
            }
            step.rules.push(Rule {
                id: statement.id,
                version,
                section: statement.section,
                gist: Cow::Borrowed(statement.summary),
                url: statement.url().to_owned(),
                mark: mark(record),
                step: number,
            });
        }
    }

    fn sent(&mut self, record: &Record, flight: &sim::Flight) {
        let (Some(from), Some(to)) = (self.lane(flight.from), self.lane(flight.to)) else {
            return;
        };
        let number = self.story.flights.len();
        self.step(record, StepKind::Packet(number));
        let packet = flight.packet();
        let (exchange, repeats) = match &packet {
            Some(packet) => self
                .messages
                .exchange(self.story, packet, (from, to), record),
            None => (None, false),
        };
        if let Some(Packet::Connect(connect)) = &packet {
            let ends_at_close = face::expiry(connect).is_at_close();
            self.lifelines
                .asked(from, &connect.client_id, ends_at_close);
        }
        self.story.flights.push(Flight {
            step: self.story.steps.len(),
            from,
            to,
            sent: mark(record),
            due: flight.arrives_at.as_micros(),
            fate: Fate::Open,
            held: self.gates.contains(&(from, to)).then(|| Interval {
                from: mark(record),
                until: None,
            }),
            face: packet.as_ref().map_or_else(face::raw_face, |packet| {
                let is_exactly_once = Messages::is_exactly_once(self.story, exchange, packet);
                face::face(packet, is_exactly_once)
            }),
            facts: packet.as_ref().map_or(Facts::Plain, |packet| {
                face::facts(packet, flight.version, self.source(record))
            }),
            repeats,
            bytes: Rc::from(flight.bytes.as_ref()),
            exchange,
        });
    }

    fn source(&self, record: &Record) -> Source {
        self.messages.source(self.log, self.stage, record.id)
    }

    /// A machine has said something that a sentence or a drawing depends on.
    fn noted(&mut self, record: &Record, note: &sim::Note) {
        if let Some(mqtt_broker::Note::WillDiscarded {
            returned: false, ..
        }) = note.broker()
        {
            let goodbye = record.cause.and_then(|cause| self.arrived_flight(cause));
            if let Some(flight) = goodbye.and_then(|it| self.story.flights.get_mut(it)) {
                flight.facts = Facts::Goodbye {
                    deletes_will: mark(record),
                };
            }
        }
        if let Some(mqtt_proto::Note::MessageKept { .. }) = note.protocol() {
            self.messages.name_late(self.log, self.stage, self.story);
        }
        self.messages.close(self.story, mark(record));
    }

    /// Whose CONNECT caused a record. Of several clients with one identifier it says which.
    fn caller(&self, record: &Record) -> Option<usize> {
        let flight = self.arrived_flight(record.cause?)?;
        let flight = self.story.flights.get(flight)?;
        matches!(flight.facts, Facts::Connect { .. }).then_some(flight.from)
    }

    /// The flight that arrived at a record.
    fn arrived_flight(&self, record: RecordId) -> Option<usize> {
        match self.log.record(record)?.kind {
            RecordKind::Arrived { flight } => flight_of(self.story, flight.0),
            _ => None,
        }
    }

    /// A flight is over: its place in [`Story::flights`].
    fn ended(&mut self, sent: RecordId, fate: Fate) -> Option<usize> {
        let number = flight_of(self.story, sent)?;
        let flight = self.story.flights.get_mut(number)?;
        let is_again = flight.fate != Fate::Open;
        flight.fate = fate;
        // What comes through was not held.
        let is_held = flight.held.is_some_and(|it| it.until.is_none());
        if is_held && matches!(fate, Fate::Arrived(_)) {
            flight.held = None;
            self.gates.remove(&(flight.from, flight.to));
        }
        // A doubled packet is under way until its second arrival.
        if is_again {
            self.story.index.reopen(number);
        }
        Some(number)
    }

    /// A packet has arrived. Of a program that is outside, or that runs a library of its own, only its packets say when it is done
    /// with a message.
    fn answered(&mut self, flight: usize, arrival: &Record, mark: Mark) {
        let node = arrival.node.map_or(usize::MAX, |it| usize::from(it.0));
        let is_remote = self.log.nodes().get(node).is_some_and(|it| it.is_remote);
        let lane = arrival.node.and_then(|node| self.lane(node));
        if !is_remote && !lane.is_some_and(|lane| self.stage.begins_anew(lane)) {
            return;
        }
        let Some(flight) = self.story.flights.get(flight) else {
            return;
        };
        let is_last = match flight.face.kind {
            Some(PacketType::PubAck | PacketType::PubComp) => true,
            Some(PacketType::PubRec) => matches!(
                flight.facts,
                Facts::Reason {
                    is_failure: true,
                    ..
                }
            ),
            _ => false,
        };
        if let Some(exchange) = flight.exchange.filter(|_| is_last) {
            self.messages.acknowledged(self.story, exchange, mark);
        }
    }

    fn acted(&mut self, record: &Record, effect: &device::Effect) {
        let Some(lane) = record.node.and_then(|node| self.lane(node)) else {
            return;
        };
        let index = self.story.effects.len();
        self.step(record, StepKind::Effect(index));
        let because_of = self.story.steps.last().and_then(|step| step.cause);
        let flight = because_of
            .and_then(|step| self.story.flight_of(step))
            .map(|(number, _)| number);
        let again = self.again(record);
        let exchange = flight
            .and_then(|number| self.story.flights.get(number))
            .and_then(|flight| flight.exchange);
        if let Some(exchange) = exchange.and_then(|it| self.story.exchanges.get_mut(it)) {
            exchange.effects.push(index);
        }
        let millimetres = match effect {
            device::Effect::Drove { millimetres } => *millimetres,
            _ => 0,
        };
        self.story.effects.push(Effect {
            lane,
            mark: mark(record),
            because_of,
            millimetres,
            what: effect.clone(),
            is_untold: flight.is_none(),
            again,
        });
    }

    /// How it comes that a message that had an effect before has one once more, if it does.
    fn again(&self, record: &Record) -> Option<Again> {
        let ledger = &self.messages.ledger;
        let delivered = self
            .log
            .causes(record.id)
            .find(|cause| matches!(cause.kind, RecordKind::Delivered(_)))?;
        let message = ledger.about(self.log, delivered.id)?;
        let deliveries = ledger.message(message)?.deliveries.iter();
        let mut here = deliveries.filter(|it| Some(it.node) == record.node);
        let (mut before, mut this) = (None, None);
        for delivery in here.by_ref() {
            if delivery.record == delivered.id {
                this = Some(delivery);
                break;
            }
            before = Some(delivery);
        }
        let (before, this) = (before?, this?);
        if before.copy != this.copy {
            let copies = [before.copy, this.copy].map(|copy| ledger.copy(copy));
            let begun = copies.map(|copy| self.log.record(copy?.began)?.cause);
            if begun[0].is_some() && begun[0] == begun[1] {
                return Some(Again::TwoSubscriptions);
            }
            let parent = copies[1].and_then(|copy| ledger.copy(copy.because_of?));
            return Some(match parent {
                Some(parent) => Again::EarlierHop {
                    qos: parent.qos.map_or(0, mqtt_proto::Qos::bits),
                },
                None => Again::Stored,
            });
        }
        let copy = ledger.copy(this.copy)?;
        if copy.flights.len() == 1 {
            return Some(Again::Doubled);
        }
        Some(match copy.qos {
            Some(mqtt_proto::Qos::ExactlyOnce) => Again::Forgotten,
            _ => Again::SameHop,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Reader;
    use crate::story::Position;
    use crate::work::Work;
    use sim::{Cursor, Recording};

    /// A story is the same in whatever stretches it is read, while the run goes on or after it.
    #[test]
    fn stretches_make_the_same_story() {
        for built_in in crate::library::built_in() {
            let work = Work::untouched(&built_in);
            let mut whole =
                crate::run::Run::new(work.clone(), &device::script::Interpreter::default())
                    .unwrap();
            whole.go_on(u32::MAX);
            let scenario = std::rc::Rc::clone(&work.scenario);
            let recording = Recording::run(scenario, work.scenario.seed).unwrap();
            let log = recording.log();
            for (length, is_looked_at) in [(1, false), (7, true)] {
                let nodes = &recording.scenario().nodes;
                let mut reader = Reader::new(log).place(|node| nodes.get(node)?.place);
                for upto in (0..=log.end().0 + length).step_by(length as usize) {
                    reader.take(log, Cursor(upto));
                    let story = reader.story();
                    assert_eq!(story.records(), upto.min(log.end().0) as usize);
                    // What a view looks for on the way must not stay what it was then.
                    if is_looked_at {
                        let here = Position {
                            step: story.last_step(),
                            shown: story.records(),
                            now: story.end(),
                        };
                        let flying = story.flights.iter().filter(|it| it.is_flying(here));
                        assert_eq!(story.flying(here).count(), flying.count());
                    }
                }
                assert_eq!(reader.story(), whole.story(), "{}", built_in.file);
                for step in 0..=whole.story().last_step() {
                    let position = whole.story().position(step);
                    let flying = |it: &crate::story::Story| {
                        it.flying(position).map(|it| it.0).collect::<Vec<_>>()
                    };
                    assert_eq!(flying(reader.story()), flying(whole.story()));
                    let delivered = reader.story().delivered(position);
                    assert_eq!(delivered, whole.story().delivered(position));
                }
            }
        }
    }

    /// A run that is made in slices is the run that is made at once, acts and all.
    #[test]
    fn slices_make_the_same_run() {
        for built_in in crate::library::built_in() {
            let whole = crate::run::Run::of(
                Work::untouched(&built_in),
                &device::script::Interpreter::default(),
            )
            .unwrap();
            let middle = whole.story().position(whole.story().steps.len() / 2);
            let node = whole.story().lanes[0].name.clone();
            let act = sim::scenario::Action::Node {
                node,
                act: sim::scenario::NodeAction::PowerOff { span: None },
            };
            let (work, _) = whole.with(middle, act);
            let whole =
                crate::run::Run::of(work.clone(), &device::script::Interpreter::default()).unwrap();
            let mut slices =
                crate::run::Run::new(work, &device::script::Interpreter::default()).unwrap();
            while !slices.is_over() {
                slices.go_on(5);
            }
            assert_eq!(slices.log(), whole.log(), "{}", built_in.file);
            assert_eq!(slices.story(), whole.story(), "{}", built_in.file);
        }
    }
}
