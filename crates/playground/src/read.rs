//! Reads a story from the simulator's log: once, in order, from facts alone.

use crate::story::{
    Again, Detail, Effect, Exchange, Face, Facts, Fate, Figure, Flight, Interval, Lane, Mark,
    Outage, Role, Rule, Source, Span, SpanKind, Step, StepKind, Story, Wire,
};
use device::umqtt::Library;
use mqtt_proto::packet::{Connect, PacketType, Property, Publish};
use mqtt_proto::{Lifetime, Packet, ReasonCode, Version};
use sim::ledger::{self, CopyId, Ledger, Origin};
use sim::record::{Down, Loss};
use sim::{Cursor, FlightId, Log, NodeId, NodeRole, Record, RecordId, RecordKind};
use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

/// A payload with more characters is not quoted in sentences.
const QUOTED_MAX_CHARS: usize = 40;

/// The story that a log tells.
#[must_use]
pub(crate) fn story(log: &Log) -> Story {
    let mut reader = Reader {
        log,
        story: stage(log),
        ..Reader::new(log)
    };
    // The broker is there from the start.
    if let Some(broker) = reader
        .story
        .lanes
        .iter()
        .position(|lane| lane.figure == Figure::Broker)
    {
        reader.broker_up =
            Some(reader.begin_span(broker, SpanKind::Connection, Mark { record: 0, at: 0 }));
    }
    for record in log.records(log.end()) {
        reader.read(record);
    }
    reader.story
}

/// Who is there, before anything happens: the nodes in their order, but the broker in the middle, where arrows are short.
fn stage(log: &Log) -> Story {
    let mut nodes: Vec<usize> = (0..log.nodes().len()).collect();
    if let Some(broker) = log
        .nodes()
        .iter()
        .position(|node| node.role == NodeRole::Broker)
    {
        nodes.remove(broker);
        nodes.insert(nodes.len().div_ceil(2), broker);
    }
    let lanes = nodes.iter().filter_map(|&node| {
        let info = log.nodes().get(node)?;
        Some(Lane {
            node,
            name: info.name.clone(),
            figure: figure(&info.role),
            keeps_copies: keeps_copies(&info.role),
            // The log of a run knows nothing of places.
            place: None,
        })
    });
    let story = Story {
        lanes: lanes.collect(),
        ..Story::default()
    };
    // Every node has a lane, so every link has both ends, and a link's number is its wire's.
    let wires = log.links().iter().filter_map(|link| {
        Some(Wire {
            client: lane(&story, link.a)?,
            broker: lane(&story, link.b)?,
            latency: link.latency.as_micros(),
        })
    });
    Story {
        wires: wires.collect(),
        ..story
    }
}

fn figure(role: &NodeRole) -> Figure {
    match role {
        NodeRole::Broker => Figure::Broker,
        NodeRole::Device { blueprint, .. } => match blueprint.as_str() {
            "phone" => Figure::Phone,
            "robot" => Figure::Robot,
            "thermometer" => Figure::Thermometer,
            "button" => Figure::Button,
            "lamp" => Figure::Lamp,
            "window-sensor" => Figure::Window,
            "dashboard" => Figure::Dashboard,
            "sleeper" => Figure::Sleeper,
            _ => Figure::Client,
        },
    }
}

/// Whether a client keeps what is not acknowledged: of MicroPython's libraries only umqtt.robust2 does.
const fn keeps_copies(role: &NodeRole) -> bool {
    match role {
        NodeRole::Broker => true,
        NodeRole::Device { library, .. } => matches!(library, None | Some(Library::Robust2)),
    }
}

/// The lane of a node; `None` for a node that the log does not have.
fn lane(story: &Story, node: NodeId) -> Option<usize> {
    let node = usize::from(node.0);
    story.lanes.iter().position(|lane| lane.node == node)
}

fn place(record: RecordId) -> usize {
    usize::try_from(record.0).unwrap_or(usize::MAX)
}

fn mark(record: &Record) -> Mark {
    Mark {
        record: place(record.id),
        at: record.at.as_micros(),
    }
}

/// Names a message on a hop: sender, receiver, identifier.
type HopId = (usize, usize, u16);

struct Reader<'a> {
    log: &'a Log,
    story: Story,
    /// By record: the flight that it sends.
    flights: HashMap<usize, usize>,
    /// By record: the step that it is.
    steps: HashMap<usize, usize>,
    /// The messages that wait for an acknowledgement.
    open: HashMap<HopId, usize>,
    /// The last record of each client's connections: which of them are up.
    connections: HashMap<usize, (usize, RecordId)>,
    /// Per client: whether its last CONNECT asked for a session that ends with the connection.
    ends_at_close: HashMap<usize, bool>,
    /// Per client: the span of its kept session.
    sessions: HashMap<usize, usize>,
    /// The span in which the broker keeps at least one session.
    keeping: Option<usize>,
    /// The messages so far: what is a copy of what.
    ledger: Ledger,
    /// By copy: its exchange.
    exchanges: HashMap<CopyId, usize>,
    /// The span in which the broker runs.
    broker_up: Option<usize>,
}

impl<'a> Reader<'a> {
    fn new(log: &'a Log) -> Self {
        Self {
            log,
            story: Story::default(),
            flights: HashMap::new(),
            steps: HashMap::new(),
            open: HashMap::new(),
            connections: HashMap::new(),
            ends_at_close: HashMap::new(),
            sessions: HashMap::new(),
            keeping: None,
            ledger: Ledger::default(),
            exchanges: HashMap::new(),
            broker_up: None,
        }
    }

    fn read(&mut self, record: &Record) {
        let mark = mark(record);
        self.story.times.push(mark.at);
        self.ledger.advance(self.log, Cursor::after(record.id));
        let own_lane = record.node.and_then(|node| self.lane(node));
        match &record.kind {
            RecordKind::Sent(flight) => self.sent(record, flight),
            RecordKind::Arrived { flight } => self.ended(place(flight.0), Fate::Arrived(mark)),
            RecordKind::Lost { flight, why } => {
                let sent = place(flight.0);
                self.ended(sent, Fate::Lost(mark));
                if *why == Loss::Vanished
                    && let Some(&flight) = self.flights.get(&sent)
                {
                    self.step(record, StepKind::Vanished(flight));
                }
            }
            RecordKind::LinkCut { link } => {
                let wire = usize::from(link.0);
                let is_out = self
                    .story
                    .outages
                    .iter()
                    .any(|it| it.wire == wire && it.interval.until.is_none());
                if !is_out {
                    self.story.outages.push(Outage {
                        wire,
                        interval: Interval {
                            from: mark,
                            until: None,
                        },
                    });
                }
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
            RecordKind::PacketsHeld { link, .. } => {
                self.step(record, StepKind::Held(usize::from(link.0)))
            }
            RecordKind::PacketsReleased { link } => {
                self.step(record, StepKind::Released(usize::from(link.0)))
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
                if self.story.is_broker(lane)
                    && let Some(span) = self.broker_up.take()
                {
                    self.end_span(span, mark);
                }
            }
            RecordKind::NodeUp => {
                let Some(lane) = own_lane else { return };
                self.step(record, StepKind::Up(lane));
                if self.story.is_broker(lane) {
                    self.broker_up = Some(self.begin_span(lane, SpanKind::Connection, mark));
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
                    self.connected(usize::from(link.0), client, server, record.id, mark);
                }
            }
            RecordKind::ConnectionClosed { client, opened, .. } => {
                // The broker may close an old connection when the client has long had a new one.
                if let Some(lane) = self.lane(*client)
                    && let Some(&(span, of)) = self.connections.get(&lane)
                    && of == *opened
                {
                    self.connections.remove(&lane);
                    self.end_span(span, mark);
                }
            }
            RecordKind::SessionStarted {
                client: Some(client),
            } => {
                if let Some(client) = self.lane(*client) {
                    self.session_started(client, mark);
                }
            }
            RecordKind::SessionEnded {
                client: Some(client),
            } => {
                if let Some(client) = self.lane(*client) {
                    self.session_ended(client, mark);
                }
            }
            RecordKind::Effect(effect) => self.acted(record, effect),
            RecordKind::Delivered(_) => {
                if let Some(lane) = own_lane {
                    self.story.deliveries.push((lane, mark));
                }
            }
            RecordKind::Stimulus(_)
            | RecordKind::SessionStarted { client: None }
            | RecordKind::SessionEnded { client: None }
            | RecordKind::SessionResumed { .. } => {}
            RecordKind::Note(note) => self.noted(record, note),
        }
        self.name_rules(record);
    }

    fn lane(&self, node: NodeId) -> Option<usize> {
        lane(&self.story, node)
    }

    fn step(&mut self, record: &Record, kind: StepKind) {
        let line = self.log.ladder_line(record).unwrap_or_default();
        let cause = self
            .log
            .causes(record.id)
            .skip(1)
            .find_map(|cause| self.steps.get(&place(cause.id)).copied());
        self.story.steps.push(Step {
            mark: mark(record),
            kind,
            line,
            cause,
            rules: Vec::new(),
        });
        self.steps.insert(place(record.id), self.story.steps.len());
    }

    /// A step has the rules of its own record and of what followed from it before the next step.
    fn name_rules(&mut self, record: &Record) {
        let Some(step) = self.story.steps.last_mut() else {
            return;
        };
        for id in record.rules.iter() {
            let statement = id.statement();
            if step.rules.iter().any(|rule| rule.id == statement.id) {
                continue;
            }
            let version = version_name(id.version());
            step.rules.push(Rule {
                id: statement.id,
                version,
                section: statement.section,
                gist: Cow::Borrowed(statement.summary),
                url: statement.url().to_owned(),
                mark: mark(record),
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
            Some(packet) => self.exchange(packet, number, from, to, mark(record)),
            None => (None, false),
        };
        if let Some(Packet::Connect(connect)) = &packet {
            self.ends_at_close.insert(from, ends_at_close(connect));
        }
        self.flights.insert(place(record.id), number);
        self.story.flights.push(Flight {
            step: self.story.steps.len(),
            from,
            to,
            sent: mark(record),
            due: flight.arrives_at.as_micros(),
            fate: Fate::Open,
            face: packet.as_ref().map_or_else(raw_face, |packet| {
                face(packet, self.is_exactly_once(exchange, number, packet))
            }),
            facts: packet
                .as_ref()
                .map_or(Facts::Plain, |packet| self.facts(packet, record)),
            repeats,
            bytes: Rc::from(flight.bytes.as_ref()),
            exchange,
        });
    }

    /// What sentences need to know about a packet.
    fn facts(&self, packet: &Packet, record: &Record) -> Facts {
        facts(packet, self.source(record))
    }

    /// Where the message of a packet comes from, by the ledger.
    fn source(&self, record: &Record) -> Source {
        let copy = self.ledger.copy_of(FlightId(record.id));
        let Some(copy) = copy.and_then(|copy| self.ledger.copy(copy)) else {
            return Source::Client;
        };
        let is_will = self
            .ledger
            .message(copy.message)
            .is_some_and(|message| message.origin == Origin::Will);
        match copy.source {
            _ if is_will => Source::Will,
            ledger::Source::Retained => Source::Retained,
            ledger::Source::Queue => Source::Queue,
            ledger::Source::Live => Source::Client,
        }
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
            self.name_late();
        }
        self.close_exchanges(mark(record));
    }

    /// What waited has gone out, and only now is it known what it is.
    fn name_late(&mut self) {
        let Some(number) = self.story.flights.len().checked_sub(1) else {
            return;
        };
        let sent = self.story.flights.get(number).map(|it| it.sent.record);
        let record = sent
            .and_then(|sent| u32::try_from(sent).ok())
            .and_then(|sent| self.log.record(RecordId(sent)));
        let Some(source) = record.map(|record| self.source(record)) else {
            return;
        };
        if let Some(Flight {
            facts: Facts::Publish { source: known, .. },
            ..
        }) = self.story.flights.get_mut(number)
        {
            *known = source;
        }
        if let (Some(copy), Some(exchange)) = (
            record.and_then(|record| self.ledger.copy_of(FlightId(record.id))),
            self.story.flights.get(number).and_then(|it| it.exchange),
        ) {
            self.exchanges.entry(copy).or_insert(exchange);
        }
    }

    /// The flight that arrived at a record.
    fn arrived_flight(&self, record: RecordId) -> Option<usize> {
        match self.log.record(record)?.kind {
            RecordKind::Arrived { flight } => self.flights.get(&place(flight.0)).copied(),
            _ => None,
        }
    }

    /// Ends the exchanges whose senders are done with their messages.
    fn close_exchanges(&mut self, mark: Mark) {
        let (ledger, exchanges) = (&self.ledger, &mut self.story.exchanges);
        self.exchanges.retain(|copy, index| {
            let is_over = ledger.copy(*copy).is_none_or(|copy| copy.end.is_some());
            if is_over && let Some(exchange) = exchanges.get_mut(*index) {
                exchange.interval.until.get_or_insert(mark);
                self.open.retain(|_, open| open != index);
            }
            !is_over
        });
    }

    /// Whether a packet belongs to a message with QoS 2.
    fn is_exactly_once(&self, exchange: Option<usize>, number: usize, packet: &Packet) -> bool {
        let first = exchange
            .and_then(|it| self.story.exchanges.get(it))
            .and_then(|it| it.flights.first())
            .copied();
        match first
            .filter(|first| *first != number)
            .and_then(|first| self.story.flights.get(first))
        {
            Some(first) => matches!(first.facts, Facts::Publish { qos: 2, .. }),
            None => !matches!(packet.packet_type(), PacketType::PubAck),
        }
    }

    /// Which exchange a packet belongs to, and whether it takes it up again after an outage.
    fn exchange(
        &mut self,
        packet: &Packet,
        number: usize,
        from: usize,
        to: usize,
        mark: Mark,
    ) -> (Option<usize>, bool) {
        let Some(id) = packet.id().map(mqtt_proto::PacketId::get) else {
            return (None, false);
        };
        let hop = match packet.packet_type() {
            PacketType::Publish | PacketType::PubRel => (from, to, id),
            PacketType::PubAck | PacketType::PubRec | PacketType::PubComp => (to, from, id),
            _ => return (None, false),
        };
        if let Some(&index) = self.open.get(&hop)
            && let Some(exchange) = self.story.exchanges.get_mut(index)
        {
            let last = exchange
                .flights
                .last()
                .and_then(|last| self.story.flights.get(*last))
                .map(|flight| flight.sent);
            let repeats =
                last.is_some_and(|last| exchange.survived.iter().any(|back| *back > last));
            exchange.flights.push(number);
            return (Some(index), repeats);
        }
        if packet.packet_type() != PacketType::Publish {
            return (None, false);
        }
        let index = self.story.exchanges.len();
        self.open.insert(hop, index);
        let carried = u32::try_from(mark.record).ok();
        let copy = carried.and_then(|it| self.ledger.copy_of(FlightId(RecordId(it))));
        if let Some(copy) = copy {
            self.exchanges.insert(copy, index);
        }
        self.story.exchanges.push(Exchange {
            sender: from,
            receiver: to,
            id,
            interval: Interval {
                from: mark,
                until: None,
            },
            flights: vec![number],
            survived: Vec::new(),
            effects: Vec::new(),
        });
        (Some(index), false)
    }

    fn ended(&mut self, sent: usize, fate: Fate) {
        let Some(&number) = self.flights.get(&sent) else {
            return;
        };
        let Some(flight) = self.story.flights.get_mut(number) else {
            return;
        };
        flight.fate = fate;
    }

    fn connected(
        &mut self,
        wire: usize,
        client: usize,
        server: usize,
        opened: RecordId,
        mark: Mark,
    ) {
        for outage in self
            .story
            .outages
            .iter_mut()
            .filter(|it| it.wire == wire && it.interval.until.is_none())
        {
            outage.interval.until = Some(mark);
        }
        let had_one = self
            .story
            .spans
            .iter()
            .any(|span| span.lane == client && span.kind == SpanKind::Connection);
        if had_one {
            let ends = [(client, server), (server, client)];
            for (hop, index) in &self.open {
                if ends.contains(&(hop.0, hop.1))
                    && let Some(exchange) = self.story.exchanges.get_mut(*index)
                {
                    exchange.survived.push(mark);
                }
            }
        }
        let span = self.begin_span(client, SpanKind::Connection, mark);
        if let Some((old, _)) = self.connections.insert(client, (span, opened)) {
            self.end_span(old, mark);
        }
    }

    fn session_started(&mut self, client: usize, mark: Mark) {
        if self.ends_at_close.get(&client).copied().unwrap_or(true) {
            return;
        }
        let span = self.begin_span(client, SpanKind::Session, mark);
        self.sessions.insert(client, span);
        if self.keeping.is_none()
            && let Some(broker) = self
                .story
                .lanes
                .iter()
                .position(|lane| lane.figure == Figure::Broker)
        {
            self.keeping = Some(self.begin_span(broker, SpanKind::Session, mark));
        }
    }

    fn session_ended(&mut self, client: usize, mark: Mark) {
        if let Some(span) = self.sessions.remove(&client) {
            self.end_span(span, mark);
        }
        if self.sessions.is_empty()
            && let Some(span) = self.keeping.take()
        {
            self.end_span(span, mark);
        }
    }

    fn begin_span(&mut self, lane: usize, kind: SpanKind, from: Mark) -> usize {
        self.story.spans.push(Span {
            lane,
            kind,
            interval: Interval { from, until: None },
        });
        self.story.spans.len() - 1
    }

    fn end_span(&mut self, span: usize, mark: Mark) {
        if let Some(span) = self.story.spans.get_mut(span) {
            span.interval.until = Some(mark);
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
        let delivered = self
            .log
            .causes(record.id)
            .find(|cause| matches!(cause.kind, RecordKind::Delivered(_)))?;
        let message = self.ledger.about(self.log, delivered.id)?;
        let deliveries = self.ledger.message(message)?.deliveries.iter();
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
            let copies = [before.copy, this.copy].map(|copy| self.ledger.copy(copy));
            let parent = copies[1].and_then(|copy| self.ledger.copy(copy.because_of?));
            return Some(match parent {
                Some(parent) => Again::EarlierHop {
                    qos: parent.qos.map_or(0, mqtt_proto::Qos::bits),
                },
                None => Again::Stored,
            });
        }
        let copy = self.ledger.copy(this.copy)?;
        if copy.flights.len() == 1 {
            return Some(Again::Doubled);
        }
        Some(match copy.qos {
            Some(mqtt_proto::Qos::ExactlyOnce) => Again::Forgotten,
            _ => Again::SameHop,
        })
    }
}

/// The name of a version.
pub(crate) const fn version_name(version: Version) -> &'static str {
    match version {
        Version::V311 => "MQTT 3.1.1",
        Version::V5 => "MQTT 5.0",
    }
}

fn raw_face() -> Face {
    Face {
        role: Role::Fault,
        name: "bytes",
        short: "bytes",
        id: None,
        detail: Detail::None,
        dup: false,
    }
}

fn face(packet: &Packet, is_exactly_once: bool) -> Face {
    let kind = packet.packet_type();
    let role = match kind {
        PacketType::Publish => Role::Publish,
        PacketType::PubAck | PacketType::PubRec | PacketType::PubRel | PacketType::PubComp => {
            Role::Acknowledge
        }
        PacketType::Subscribe
        | PacketType::SubAck
        | PacketType::Unsubscribe
        | PacketType::UnsubAck => Role::Subscribe,
        PacketType::Connect
        | PacketType::ConnAck
        | PacketType::PingReq
        | PacketType::PingResp
        | PacketType::Disconnect
        | PacketType::Auth => Role::Control,
    };
    let short = match kind {
        PacketType::Publish => "PUB",
        PacketType::Subscribe => "SUB",
        PacketType::Unsubscribe => "UNSUB",
        PacketType::Disconnect => "DISCON",
        _ => kind.name(),
    };
    let detail = match packet {
        Packet::Connect(connect) => Detail::Clean(connect.clean_start),
        Packet::ConnAck(ack) if ack.reason.is_failure() => Detail::Refused,
        Packet::ConnAck(ack) => Detail::Session(ack.session_present),
        Packet::Publish(publish) if publish.delivery.dup() => Detail::Dup,
        Packet::Publish(publish) => Detail::Qos(publish.delivery.qos().bits()),
        Packet::PubAck(_) => Detail::Part(2, 2),
        Packet::PubRec(_) if is_exactly_once => Detail::Part(2, 4),
        Packet::PubRel(_) if is_exactly_once => Detail::Part(3, 4),
        Packet::PubComp(_) if is_exactly_once => Detail::Part(4, 4),
        Packet::Subscribe(subscribe) => match subscribe.filters.iter().count() {
            1 => subscribe
                .filters
                .iter()
                .next()
                .map_or(Detail::None, |(_, it)| Detail::Qos(it.qos.bits())),
            many => Detail::Filters(many),
        },
        _ => Detail::None,
    };
    let dup = matches!(packet, Packet::Publish(publish) if publish.delivery.dup());
    Face {
        role,
        name: kind.name(),
        short,
        id: packet.id().map(mqtt_proto::PacketId::get),
        detail,
        dup,
    }
}

/// Whether the session that CONNECT asks for ends with the connection.
fn ends_at_close(connect: &Connect) -> bool {
    Lifetime::of(connect).expiry.is_at_close()
}

fn facts(packet: &Packet, source: Source) -> Facts {
    match packet {
        Packet::Connect(connect) => Facts::Connect {
            is_clean: connect.clean_start,
            flag: match connect.version {
                Version::V311 => "Clean Session",
                Version::V5 => "Clean Start",
            },
            ends_at_close: ends_at_close(connect),
        },
        Packet::ConnAck(ack) => Facts::ConnAck {
            session_present: ack.session_present,
            is_accepted: !ack.reason.is_failure(),
        },
        Packet::Publish(publish) => {
            let text = std::str::from_utf8(&publish.payload).ok();
            Facts::Publish {
                topic: topic(publish),
                qos: publish.delivery.qos().bits(),
                payload: text
                    .filter(|it| it.chars().count() <= QUOTED_MAX_CHARS)
                    .map(str::to_owned),
                source,
            }
        }
        Packet::Subscribe(subscribe) => {
            let filters = subscribe
                .filters
                .iter()
                .map(|(filter, options)| (filter.as_str().to_owned(), options.qos.bits()));
            Facts::Subscribe {
                filters: filters.collect(),
            }
        }
        Packet::SubAck(ack) => {
            let granted = ack
                .reasons
                .iter()
                .map(|reason| (!reason.is_failure()).then_some(reason.as_u8()));
            Facts::SubAck {
                granted: granted.collect(),
            }
        }
        Packet::PubAck(ack) | Packet::PubRec(ack) | Packet::PubRel(ack) | Packet::PubComp(ack) => {
            reason(ack.reason)
        }
        Packet::Disconnect(disconnect) => reason(disconnect.reason),
        Packet::UnsubAck(ack) => {
            let mut reasons = ack.reasons.iter();
            let first = reasons.find(|it| *it != ReasonCode::Success);
            first.map_or(Facts::Plain, reason)
        }
        _ => Facts::Plain,
    }
}

fn reason(reason: ReasonCode) -> Facts {
    match reason {
        ReasonCode::Success => Facts::Plain,
        reason => Facts::Reason {
            text: reason.to_string(),
            is_failure: reason.is_failure(),
        },
    }
}

/// What stands in the packet for its topic: the name, or the number that this connection has for it.
fn topic(publish: &Publish) -> String {
    let alias = || {
        publish.properties.find(|property| match property {
            Property::TopicAlias(alias) => Some(format!("Topic Alias {alias}")),
            _ => None,
        })
    };
    match &publish.topic {
        Some(topic) => topic.as_str().to_owned(),
        None => alias().unwrap_or_default(),
    }
}
