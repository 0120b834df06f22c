//! Reads a story from the simulator's log: once, in order, from facts alone.

use crate::story::{
    Effect, Exchange, Face, Facts, Fate, Figure, Flight, Interval, Lane, Mark, Outage, Role, Rule,
    Source, Span, SpanKind, Step, StepKind, Story, Wire,
};
use mqtt_proto::packet::{Connect, PacketType, Property, Publish};
use mqtt_proto::{Lifetime, Packet, Version};
use sim::record::{Down, Loss};
use sim::{Log, NodeId, NodeRole, Record, RecordId, RecordKind};
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
        })
    });
    let story = Story {
        lanes: lanes.collect(),
        ..Story::default()
    };
    let wires = log.links().iter().map(|link| Wire {
        client: lane(&story, link.a),
        broker: lane(&story, link.b),
        latency: link.latency.as_micros(),
    });
    Story {
        wires: wires.collect(),
        ..story
    }
}

fn figure(role: &NodeRole) -> Figure {
    match role {
        NodeRole::Broker => Figure::Broker,
        NodeRole::Device { blueprint } => match blueprint.as_str() {
            "phone" => Figure::Phone,
            "robot" => Figure::Robot,
            _ => Figure::Client,
        },
    }
}

/// The lane of a node.
fn lane(story: &Story, node: NodeId) -> usize {
    story
        .lanes
        .iter()
        .position(|lane| lane.node == usize::from(node.0))
        .unwrap_or(0)
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
    /// Topics on which the broker has published a will.
    wills: Vec<String>,
    /// The span in which the broker runs.
    broker_up: Option<usize>,
    /// What made each device act: the stimulus, and the device.
    origins: Vec<(usize, usize)>,
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
            wills: Vec::new(),
            broker_up: None,
            origins: Vec::new(),
        }
    }

    fn read(&mut self, record: &Record) {
        let mark = mark(record);
        self.story.times.push(mark.at);
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
            RecordKind::NodeDown { why } => {
                let lane = record.node.map_or(0, |node| self.lane(node));
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
                let lane = record.node.map_or(0, |node| self.lane(node));
                self.step(record, StepKind::Up(lane));
                if self.story.is_broker(lane) {
                    self.broker_up = Some(self.begin_span(lane, SpanKind::Connection, mark));
                }
            }
            RecordKind::ConnectionRefused { .. } => {
                self.step(
                    record,
                    StepKind::Refused(record.node.map_or(0, |node| self.lane(node))),
                );
            }
            RecordKind::ConnectionOpened {
                link,
                client,
                server,
            } => {
                self.connected(
                    usize::from(link.0),
                    self.lane(*client),
                    self.lane(*server),
                    record.id,
                    mark,
                );
            }
            RecordKind::ConnectionClosed { client, opened, .. } => {
                // The broker may close an old connection when the client has long had a new one.
                let lane = self.lane(*client);
                if let Some(&(span, of)) = self.connections.get(&lane)
                    && of == *opened
                {
                    self.connections.remove(&lane);
                    self.end_span(span, mark);
                }
            }
            RecordKind::SessionStarted {
                client: Some(client),
            } => self.session_started(self.lane(*client), mark),
            RecordKind::SessionEnded {
                client: Some(client),
            } => self.session_ended(self.lane(*client), mark),
            RecordKind::Effect(effect) => self.acted(record, effect),
            RecordKind::Delivered(_) => {
                if let Some(node) = record.node {
                    self.story.deliveries.push((self.lane(node), mark));
                }
            }
            RecordKind::Stimulus(_)
            | RecordKind::SessionStarted { client: None }
            | RecordKind::SessionEnded { client: None }
            | RecordKind::SessionResumed { .. } => {}
            RecordKind::Note(note) => {
                if let sim::Note::Broker { note, .. } = note
                    && let mqtt_broker::Note::WillPublished { topic, .. } = note.as_ref()
                {
                    self.wills.push(topic.as_str().to_owned());
                }
            }
        }
        self.name_rules(record);
    }

    fn lane(&self, node: NodeId) -> usize {
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
                gist: statement.summary,
                url: statement.url().to_owned(),
                mark: mark(record),
            });
        }
    }

    fn sent(&mut self, record: &Record, flight: &sim::Flight) {
        let number = self.story.flights.len();
        self.step(record, StepKind::Packet(number));
        let packet = flight.packet();
        let (from, to) = (self.lane(flight.from), self.lane(flight.to));
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
                .map_or(Facts::Plain, |packet| self.facts(packet, from)),
            repeats,
            bytes: Rc::from(flight.bytes.as_ref()),
            exchange,
        });
    }

    /// What sentences need to know about a packet from lane `from`, whose step is the last one.
    fn facts(&self, packet: &Packet, from: usize) -> Facts {
        let Packet::Publish(publish) = packet else {
            return facts(packet, Source::Client);
        };
        let cause = self.story.steps.last().and_then(|step| step.cause);
        let because_of = cause
            .and_then(|step| self.story.flight_of(step))
            .map(|(_, flight)| flight.face.name);
        let topic = publish.topic.as_ref().map(|topic| topic.as_str());
        let source = match because_of {
            _ if !self.story.is_broker(from) => Source::Client,
            Some("PUBLISH" | "PUBREL") => Source::Client,
            _ if topic.is_some_and(|topic| self.wills.iter().any(|will| will == topic)) => {
                Source::Will
            }
            Some("SUBSCRIBE") => Source::Retained,
            Some("CONNECT") => Source::Queue,
            _ => Source::Client,
        };
        facts(packet, source)
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
        let Fate::Arrived(mark) = fate else { return };
        if matches!(flight.face.name, "PUBACK" | "PUBCOMP")
            && let Some(id) = flight.face.id
        {
            let hop = (flight.to, flight.from, id);
            self.close_exchange(hop, mark);
        }
    }

    fn close_exchange(&mut self, hop: HopId, mark: Mark) {
        if let Some(exchange) = self
            .open
            .remove(&hop)
            .and_then(|index| self.story.exchanges.get_mut(index))
        {
            exchange.interval.until = Some(mark);
        }
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
        let gone: Vec<HopId> = self
            .open
            .keys()
            .filter(|hop| hop.0 == client || hop.1 == client)
            .copied()
            .collect();
        for hop in gone {
            self.close_exchange(hop, mark);
        }
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
        let Some(lane) = record.node.map(|node| self.lane(node)) else {
            return;
        };
        let index = self.story.effects.len();
        self.step(record, StepKind::Effect(index));
        let because_of = self.story.steps.last().and_then(|step| step.cause);
        let flight = because_of
            .and_then(|step| self.story.flight_of(step))
            .map(|(number, _)| number);
        let origin = flight.map_or_else(|| self.root(record.id), |flight| self.origin(flight));
        let again = self.origins.contains(&(lane, origin));
        self.origins.push((lane, origin));
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
            text: effect.to_string(),
            again,
        });
    }

    /// The stimulus that a message goes back to, over all its hops and repetitions.
    fn origin(&self, flight: usize) -> usize {
        let mut number = flight;
        loop {
            let Some(flight) = self.story.flights.get(number) else {
                return number;
            };
            let exchange = flight.exchange.and_then(|it| self.story.exchanges.get(it));
            let first = exchange
                .and_then(|it| it.flights.first())
                .copied()
                .unwrap_or(number);
            let Some(first) = self.story.flights.get(first) else {
                return number;
            };
            let record = RecordId(u32::try_from(first.sent.record).unwrap_or(u32::MAX));
            let cause = self
                .log
                .causes(record)
                .skip(1)
                .find_map(|cause| self.flights.get(&place(cause.id)).copied());
            let came = cause.filter(|it| {
                self.story
                    .flights
                    .get(*it)
                    .is_some_and(|it| it.face.role == Role::Publish)
            });
            match came {
                // Causes are older, so this comes to an end.
                Some(cause) if cause < number => number = cause,
                _ => return self.root(record),
            }
        }
    }

    fn root(&self, record: RecordId) -> usize {
        self.log
            .causes(record)
            .last()
            .map_or(0, |root| place(root.id))
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
        detail: String::new(),
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
        Packet::Connect(connect) => format!("clean {}", u8::from(connect.clean_start)),
        Packet::ConnAck(ack) if ack.reason.is_failure() => "refused".to_owned(),
        Packet::ConnAck(ack) => format!("session {}", u8::from(ack.session_present)),
        Packet::Publish(publish) if publish.delivery.dup() => "DUP 1".to_owned(),
        Packet::Publish(publish) => format!("QoS {}", publish.delivery.qos().bits()),
        Packet::PubAck(_) => "2/2".to_owned(),
        Packet::PubRec(_) if is_exactly_once => "2/4".to_owned(),
        Packet::PubRel(_) if is_exactly_once => "3/4".to_owned(),
        Packet::PubComp(_) if is_exactly_once => "4/4".to_owned(),
        Packet::Subscribe(subscribe) => match subscribe.filters.iter().count() {
            1 => subscribe
                .filters
                .iter()
                .next()
                .map_or_else(String::new, |(_, it)| format!("QoS {}", it.qos.bits())),
            many => format!("{many} filters"),
        },
        _ => String::new(),
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
        _ => Facts::Plain,
    }
}
/// What stands in the packet for its topic: the name, or the number that this connection has for it.
fn topic(publish: &Publish) -> String {
    let alias = || {
        publish.properties.find(|property| match property {
            Property::TopicAlias(alias) => Some(format!("topic alias {alias}")),
            _ => None,
        })
    };
    match &publish.topic {
        Some(topic) => topic.as_str().to_owned(),
        None => alias().unwrap_or_default(),
    }
}
