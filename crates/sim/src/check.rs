//! Checkers: what the standard promises, compared with what a run's log says happened.
//!
//! They know nothing of the machines: they read packets, deliveries and faults off the log, and hold them against the
//! promises. What a fault excuses is excused: a promise is checked only where all that it rests on has been there.

use crate::id::{FlightId, NodeId, RecordId};
use crate::record::{Flight, Note, Record, RecordKind};
use crate::recording::Recording;
use crate::scenario::{Action, NodeKind, SessionSpec, Storage};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;
use mqtt_proto::packet::PacketType;
use mqtt_proto::{CloseReason, Instant, Packet, PacketId, Qos, TopicName};

/// A promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// A packet identifier that is in use names no second message.
    IdsUnique,
    /// A living connection carries no PUBLISH or PUBREL twice.
    NoResendWhileConnected,
    /// QoS 2 on both hops, or QoS 0: never twice.
    NeverTwice,
    /// QoS 1 or 2 on both hops, both sessions kept: at least once when everything is well again.
    AtLeastOnce,
    /// One publisher's messages on one topic come in their order, when each first comes.
    Order,
    /// Nothing is in flight when everything is well again.
    Settled,
    /// The retained message of a topic is the last one that was published there.
    RetainedIsLast,
    /// A connection's will is published at most once, and only if nobody said goodbye.
    WillOnce,
    /// No machine finds that another breaks a rule.
    NoViolation,
    /// A session that is kept is found again.
    SessionKept,
}

impl Check {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::IdsUnique,
        Self::NoResendWhileConnected,
        Self::NeverTwice,
        Self::AtLeastOnce,
        Self::Order,
        Self::Settled,
        Self::RetainedIsLast,
        Self::WillOnce,
        Self::NoViolation,
        Self::SessionKept,
    ];

    /// Its word in scenario files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::IdsUnique => "ids-unique",
            Self::NoResendWhileConnected => "no-resend-while-connected",
            Self::NeverTwice => "never-twice",
            Self::AtLeastOnce => "at-least-once",
            Self::Order => "order",
            Self::Settled => "settled",
            Self::RetainedIsLast => "retained-is-last",
            Self::WillOnce => "will-once",
            Self::NoViolation => "no-violation",
            Self::SessionKept => "session-kept",
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IdsUnique => "packet identifiers are unique",
            Self::NoResendWhileConnected => "nothing is sent again while the connection lives",
            Self::NeverTwice => "never twice",
            Self::AtLeastOnce => "at least once",
            Self::Order => "order is kept",
            Self::Settled => "everything settles",
            Self::RetainedIsLast => "the retained message is the last one",
            Self::WillOnce => "a will fires at most once",
            Self::NoViolation => "nobody breaks a rule",
            Self::SessionKept => "a kept session is found again",
        })
    }
}

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Which.
    pub check: Check,
    /// Where it shows; the end of the log for what is missing.
    pub record: RecordId,
    /// What is wrong.
    pub text: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at {}): {}", self.check, self.record, self.text)
    }
}

/// A message that the scenario told a device to publish.
#[derive(Debug)]
struct Published {
    by: NodeId,
    at: Instant,
    topic: TopicName,
    payload: Bytes,
    qos: Qos,
    retain: bool,
}

/// What one end of one session has sent and not finished, by the log.
#[derive(Debug, Default)]
struct Sender {
    in_use: BTreeSet<PacketId>,
    /// Sent, and on which connection.
    on_connection: BTreeSet<(RecordId, PacketType, PacketId)>,
}

/// Reads a log once and notes what is wrong.
struct Checker<'a> {
    recording: &'a Recording,
    breaches: Vec<Breach>,
    /// By sender and receiver.
    senders: BTreeMap<(NodeId, NodeId), Sender>,
    published: Vec<Published>,
    /// For every message, by its place in `published`, and node: the records of its deliveries.
    deliveries: BTreeMap<(usize, NodeId), Vec<RecordId>>,
    /// Nodes that have been down.
    stopped: BTreeSet<NodeId>,
    /// When each client's subscriptions were first acknowledged in its present session.
    subscribed: BTreeMap<NodeId, Instant>,
    /// Sessions that the broker should have.
    sessions: BTreeSet<NodeId>,
    /// The connection that each client's present session began with. What the broker was still working on for an older one
    /// may leave later, and belongs to a session that is gone.
    began_with: BTreeMap<NodeId, RecordId>,
    /// For every client: connections that it has had, and those of them that ended with DISCONNECT.
    accepted: BTreeMap<NodeId, u32>,
    goodbyes: BTreeMap<NodeId, u32>,
}

impl Recording {
    /// Every promise that this run has broken. Promises about the end count only if, at the end, all links carry bytes
    /// and all devices are connected.
    #[must_use]
    pub fn breaches(&self) -> Vec<Breach> {
        let mut checker = Checker {
            recording: self,
            breaches: Vec::new(),
            senders: BTreeMap::new(),
            published: Vec::new(),
            deliveries: BTreeMap::new(),
            stopped: BTreeSet::new(),
            subscribed: BTreeMap::new(),
            sessions: BTreeSet::new(),
            began_with: BTreeMap::new(),
            accepted: BTreeMap::new(),
            goodbyes: BTreeMap::new(),
        };
        let log = self.log();
        for record in log.records(log.end()) {
            checker.observe(record);
        }
        // What a broker outside has promised, and to whom, is not in the log.
        if !self.scenario().has_remote() {
            checker.judge();
        }
        checker.breaches
    }
}

impl Checker<'_> {
    fn breach(&mut self, check: Check, record: RecordId, text: String) {
        self.breaches.push(Breach {
            check,
            record,
            text,
        });
    }

    fn name(&self, node: NodeId) -> &str {
        self.recording.log().name(node)
    }

    fn observe(&mut self, record: &Record) {
        match &record.kind {
            RecordKind::Stimulus(action) => self.observe_stimulus(record, action),
            RecordKind::Sent(flight) => {
                if let Some(packet) = flight.packet() {
                    self.observe_sent(record, flight, &packet);
                }
            }
            RecordKind::Arrived { flight } => self.observe_arrived(record, *flight),
            // RETAIN is set on what a new subscription brings: one more copy, and rightly so.
            RecordKind::Delivered(message) if !message.retain => {
                if let (Some(node), Some(index)) =
                    (record.node, self.message(&message.topic, &message.payload))
                {
                    let places = self.deliveries.entry((index, node)).or_default();
                    places.push(record.id);
                }
            }
            RecordKind::NodeDown { .. } => {
                self.stopped.extend(record.node);
                if let Some(node) = record.node
                    && self
                        .spec(node)
                        .is_some_and(|spec| spec.storage == Storage::Forgets)
                {
                    self.senders.retain(|(from, _), _| *from != node);
                }
            }
            RecordKind::SessionStarted {
                client: Some(client),
            } => self.observe_session(record, *client, false),
            RecordKind::SessionResumed {
                client: Some(client),
            } => self.observe_session(record, *client, true),
            RecordKind::SessionEnded {
                client: Some(client),
            } => {
                self.sessions.remove(client);
                self.subscribed.remove(client);
            }
            RecordKind::Note(Note::Closing(CloseReason::Violation(violation)))
                if !violation.is_silence() =>
            {
                let text = format!("{violation}");
                self.breach(Check::NoViolation, record.id, text);
            }
            _ => {}
        }
    }

    fn observe_stimulus(&mut self, record: &Record, action: &Action) {
        let (Some(message), Some(by)) = (action.message(), record.node) else {
            return;
        };
        // What was refused at once, or said to a device without power, was never published.
        let log = self.recording.log();
        let behind = log.records_between(crate::Cursor::after(record.id), log.end());
        let given_up = behind
            .iter()
            .take_while(|behind| behind.at == record.at)
            .any(|behind| {
                behind.cause == Some(record.id)
                    && matches!(
                        behind.kind,
                        RecordKind::Note(Note::Dropped { .. } | Note::Misuse(_))
                    )
            });
        if given_up || self.is_down(by, record.id) {
            return;
        }
        self.published.push(Published {
            by,
            at: record.at,
            topic: message.topic,
            payload: message.payload,
            qos: message.qos,
            retain: message.retain,
        });
    }

    /// Whether a node was down right before a record.
    fn is_down(&self, node: NodeId, before: RecordId) -> bool {
        let log = self.recording.log();
        log.records(crate::Cursor(before.0))
            .iter()
            .rev()
            .filter(|record| record.node == Some(node))
            .find_map(|record| match record.kind {
                RecordKind::NodeDown { .. } => Some(true),
                RecordKind::NodeUp => Some(false),
                _ => None,
            })
            .unwrap_or(false)
    }

    fn message(&self, topic: &TopicName, payload: &Bytes) -> Option<usize> {
        self.published
            .iter()
            .position(|published| published.payload == *payload && published.topic == *topic)
    }

    fn observe_sent(&mut self, record: &Record, flight: &Flight, packet: &Packet) {
        let (from, to) = (flight.from, flight.to);
        let kind = packet.packet_type();
        let starts_exchange = match packet {
            Packet::Publish(publish) => {
                publish.delivery.id().map(|id| (id, publish.delivery.dup()))
            }
            Packet::PubRel(ack) => Some((ack.id, true)),
            Packet::Subscribe(subscribe) => Some((subscribe.id, false)),
            Packet::Unsubscribe(unsubscribe) => Some((unsubscribe.id, false)),
            _ => None,
        };
        let Some((id, again)) = starts_exchange else {
            return;
        };
        if self
            .began_with
            .get(&to)
            .is_some_and(|connection| flight.connection < *connection)
        {
            return;
        }
        let sender = self.senders.entry((from, to)).or_default();
        let repeated = !sender.on_connection.insert((flight.connection, kind, id));
        let taken = !sender.in_use.insert(id);
        if taken && !again {
            let text = format!("{} {id} from {}", kind.name(), self.name(from));
            self.breach(Check::IdsUnique, record.id, text);
        } else if repeated {
            let text = format!("{} {id} from {}", kind.name(), self.name(from));
            self.breach(Check::NoResendWhileConnected, record.id, text);
        }
    }

    fn observe_arrived(&mut self, record: &Record, flight: FlightId) {
        let Some(flight) = self.recording.log().flight(flight) else {
            return;
        };
        let Some(packet) = flight.packet() else {
            return;
        };
        // The receiver of an answer is the sender of what is answered.
        let ends = (flight.to, flight.from);
        match &packet {
            Packet::PubAck(ack) | Packet::PubComp(ack) => self.free(ends, ack.id),
            Packet::PubRec(ack) if ack.reason.is_failure() => self.free(ends, ack.id),
            Packet::PubRec(ack) => {
                // The identifier lives on; a later PUBLISH under it would be a second one.
                let sender = self.senders.entry(ends).or_default();
                sender.in_use.insert(ack.id);
            }
            Packet::SubAck(ack) | Packet::UnsubAck(ack) => {
                self.free(ends, ack.id);
                if packet.packet_type() == PacketType::SubAck {
                    self.subscribed.entry(flight.to).or_insert(record.at);
                }
            }
            Packet::ConnAck(ack) if !ack.session_present => {
                // A new session on the client's side as well.
                self.senders.remove(&ends);
            }
            Packet::ConnAck(_) => {
                // Requests end with their connection.
                let in_flight = self.ids_of_messages(flight.to);
                if let Some(sender) = self.senders.get_mut(&ends) {
                    sender.in_use.retain(|id| in_flight.contains(id));
                }
            }
            Packet::Disconnect(_) if self.is_device(flight.from) => {
                *self.goodbyes.entry(flight.from).or_default() += 1;
            }
            _ => {}
        }
    }

    /// Identifiers that a client has used for messages, ever: SUBSCRIBE and UNSUBSCRIBE may have used others.
    fn ids_of_messages(&self, client: NodeId) -> BTreeSet<PacketId> {
        let log = self.recording.log();
        log.records(log.end())
            .iter()
            .filter_map(|record| match &record.kind {
                RecordKind::Sent(flight) if flight.from == client => match flight.packet()? {
                    Packet::Publish(publish) => publish.delivery.id(),
                    _ => None,
                },
                _ => None,
            })
            .collect()
    }

    fn free(&mut self, ends: (NodeId, NodeId), id: PacketId) {
        if let Some(sender) = self.senders.get_mut(&ends) {
            sender.in_use.remove(&id);
            sender.on_connection.retain(|(_, _, sent)| *sent != id);
        }
    }

    fn observe_session(&mut self, record: &Record, client: NodeId, resumed: bool) {
        if !resumed {
            if self.sessions.contains(&client)
                && self.keeps_session(client)
                && self.broker_is_durable()
            {
                let text = format!("{} got a new one", self.name(client));
                self.breach(Check::SessionKept, record.id, text);
            }
            self.subscribed.remove(&client);
            let log = self.recording.log();
            let newest = log.connections(client, crate::Cursor(record.id.0)).last();
            if let Some(newest) = newest {
                self.began_with.insert(client, newest.opened);
            }
            let broker = record.node.unwrap_or(client);
            self.senders.remove(&(broker, client));
        }
        self.sessions.insert(client);
        // Not by CONNACK: a broker may have accepted a connection, and crashed before it could say so.
        *self.accepted.entry(client).or_default() += 1;
    }

    fn is_device(&self, node: NodeId) -> bool {
        self.spec(node)
            .is_some_and(|spec| matches!(spec.kind, NodeKind::Device(_)))
    }

    fn spec(&self, node: NodeId) -> Option<&crate::scenario::NodeSpec> {
        self.recording.scenario().nodes.get(usize::from(node.0))
    }

    fn keeps_session(&self, node: NodeId) -> bool {
        self.spec(node).is_some_and(|spec| match &spec.kind {
            NodeKind::Device(device) => device.session == SessionSpec::Kept,
            NodeKind::Broker | NodeKind::Remote(_) => true,
        })
    }

    /// Whether a node has all that it ever knew.
    fn is_durable(&self, node: NodeId) -> bool {
        let keeps = self
            .spec(node)
            .is_some_and(|spec| spec.storage == Storage::Keeps);
        self.keeps_session(node) && (keeps || !self.stopped.contains(&node))
    }

    fn broker_is_durable(&self) -> bool {
        self.nodes()
            .filter(|node| !self.is_device(*node))
            .all(|broker| self.is_durable(broker))
    }

    fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        let count = self.recording.scenario().nodes.len();
        (0..u16::try_from(count).unwrap_or(u16::MAX)).map(NodeId)
    }

    fn judge(&mut self) {
        self.judge_copies();
        self.judge_order();
        self.judge_wills();
        if self.all_is_well() {
            self.judge_settled();
            self.judge_retained();
        }
    }

    /// The QoS at which a client's subscription takes a message, if exactly one does.
    fn granted(&self, client: NodeId, topic: &TopicName) -> Option<Qos> {
        let NodeKind::Device(device) = &self.spec(client)?.kind else {
            return None;
        };
        let mut matching = device
            .subscriptions
            .iter()
            .filter(|subscription| subscription.filter.matches(topic));
        let first = matching.next()?;
        matching.next().is_none().then_some(first.options.qos)
    }

    fn judge_copies(&mut self) {
        let well = self.all_is_well();
        let broker_durable = self.broker_is_durable();
        let end = self.end();
        let mut found = Vec::new();
        for (index, message) in self.published.iter().enumerate() {
            let unique = self.message(&message.topic, &message.payload) == Some(index);
            if !unique {
                continue;
            }
            for client in self.nodes() {
                let Some(granted) = self.granted(client, &message.topic) else {
                    continue;
                };
                let places = self.deliveries.get(&(index, client));
                let count = places.map_or(0, Vec::len);
                let text = || {
                    format!(
                        "{} {:?} at {}: {count} times",
                        message.topic.as_str(),
                        message.payload,
                        self.name(client)
                    )
                };
                let hops = [message.qos, message.qos.min(granted)];
                let never_twice = !hops.contains(&Qos::AtLeastOnce)
                    && broker_durable
                    && (self.is_durable(client) || !self.keeps_session(client))
                    && (self.is_durable(message.by) || !self.keeps_session(message.by));
                if never_twice && count > 1 {
                    let at = places.and_then(|places| places.get(1)).copied();
                    found.push((Check::NeverTwice, at.unwrap_or(end), text()));
                }
                let subscribed_before = self
                    .subscribed
                    .get(&client)
                    .is_some_and(|since| *since < message.at);
                let at_least_once = !hops.contains(&Qos::AtMostOnce)
                    && well
                    && broker_durable
                    && self.is_durable(client)
                    && self.is_durable(message.by)
                    && subscribed_before;
                if at_least_once && count == 0 {
                    found.push((Check::AtLeastOnce, end, text()));
                }
            }
        }
        for (check, record, text) in found {
            self.breach(check, record, text);
        }
    }

    fn end(&self) -> RecordId {
        self.recording
            .log()
            .end()
            .last_record()
            .unwrap_or(RecordId(0))
    }

    /// First deliveries of one publisher's messages on one topic and QoS come in the order of publishing.
    fn judge_order(&mut self) {
        let mut newest: BTreeMap<(NodeId, NodeId, &TopicName, Qos), (usize, RecordId)> =
            BTreeMap::new();
        let mut found = Vec::new();
        // By message in the order of publishing, then by node.
        for ((index, node), places) in &self.deliveries {
            let (Some(message), Some(first)) = (self.published.get(*index), places.first()) else {
                continue;
            };
            let key = (message.by, *node, &message.topic, message.qos);
            if let Some((_, newer)) = newest.get(&key)
                && newer > first
            {
                let text = format!("{:?} came late", message.payload);
                found.push((*newer, text));
            }
            newest.insert(key, (*index, *first));
        }
        for (record, text) in found {
            self.breach(Check::Order, record, text);
        }
    }

    /// Wills are told from everything else by their topics: a checker can only follow those that nobody else uses.
    fn judge_wills(&mut self) {
        let log = self.recording.log();
        let mut found = Vec::new();
        for client in self.nodes() {
            let Some(NodeKind::Device(device)) = self.spec(client).map(|spec| &spec.kind) else {
                continue;
            };
            let Some(will) = &device.will else { continue };
            let shared = self.published.iter().any(|it| it.topic == will.topic);
            if shared || !self.broker_is_durable() {
                continue;
            }
            let accepted = self.accepted.get(&client).copied().unwrap_or(0);
            let goodbyes = self.goodbyes.get(&client).copied().unwrap_or(0);
            let allowed = accepted.saturating_sub(goodbyes);
            for viewer in self.nodes() {
                let sure = self.granted(viewer, &will.topic) == Some(Qos::ExactlyOnce)
                    && will.qos != Qos::AtLeastOnce
                    && !self.stopped.contains(&viewer);
                if !sure {
                    continue;
                }
                let records = log.records(log.end()).iter();
                let seen: Vec<RecordId> = records
                    .filter(|record| {
                        record.node == Some(viewer)
                            && matches!(&record.kind, RecordKind::Delivered(message)
                                if message.topic == will.topic && !message.retain)
                    })
                    .map(|record| record.id)
                    .collect();
                let allowed = usize::try_from(allowed).unwrap_or(usize::MAX);
                if let Some(record) = seen.get(allowed) {
                    let text = format!(
                        "{}: {} wills for {accepted} connections and {goodbyes} goodbyes",
                        self.name(client),
                        seen.len()
                    );
                    found.push((*record, text));
                }
            }
        }
        for (record, text) in found {
            self.breach(Check::WillOnce, record, text);
        }
    }

    /// All links carry bytes, and every device is connected.
    fn all_is_well(&self) -> bool {
        let world = self.recording.head();
        world.is_whole()
            && self.nodes().all(|node| {
                world.node(node).is_some_and(|state| match state.device() {
                    Some(device) => device.client().state() == mqtt_proto::ClientState::Connected,
                    None => true,
                })
            })
    }

    fn judge_settled(&mut self) {
        let world = self.recording.head();
        let mut found = Vec::new();
        for node in self.nodes() {
            let Some(state) = world.node(node) else {
                continue;
            };
            // A 3.1.1 client that does not get the CONNACK with session 0 takes the broker's new session for its old one.
            let same_session = self.broker_is_durable();
            if let Some(device) = state.device().filter(|_| same_session) {
                for row in device.client().in_flight() {
                    found.push(format!("{}: {row:?}", self.name(node)));
                }
            }
            if let Some(broker) = state.broker() {
                // What a device has forgotten its broker waits for in vain.
                for session in broker.sessions() {
                    let client = world.client_of(node, session.client_id());
                    if client.is_none_or(|client| !self.is_durable(client)) {
                        continue;
                    }
                    for row in session.in_flight() {
                        found.push(format!("broker, {}: {row:?}", session.client_id()));
                    }
                }
            }
        }
        let end = self.end();
        for text in found {
            self.breach(Check::Settled, end, text);
        }
    }

    fn judge_retained(&mut self) {
        let world = self.recording.head();
        let topics: BTreeSet<&TopicName> = self
            .published
            .iter()
            .filter(|message| message.retain)
            .map(|message| &message.topic)
            .collect();
        let mut found = Vec::new();
        for topic in topics {
            let here = || {
                self.published
                    .iter()
                    .filter(|message| message.retain && message.topic == *topic)
            };
            let Some(last) = here().last() else { continue };
            // Only where it is sure that all of them reached the broker, in this order.
            let sure = here().all(|message| message.by == last.by && message.qos == last.qos)
                && last.qos != Qos::AtMostOnce
                && self.is_durable(last.by)
                && self.broker_is_durable()
                && !self.is_a_will(topic);
            if !sure {
                continue;
            }
            for broker in self.nodes().filter_map(|node| world.node(node)?.broker()) {
                let kept = broker
                    .retained(world.now())
                    .find(|retained| retained.topic == topic)
                    .map(|retained| retained.payload.clone());
                let expected = (!last.payload.is_empty()).then(|| last.payload.clone());
                if kept != expected {
                    found.push(format!(
                        "{}: {kept:?} is kept, {expected:?} was published last",
                        topic.as_str()
                    ));
                }
            }
        }
        let end = self.end();
        for text in found {
            self.breach(Check::RetainedIsLast, end, text);
        }
    }

    fn is_a_will(&self, topic: &TopicName) -> bool {
        self.recording.scenario().nodes.iter().any(|spec| {
            matches!(&spec.kind, NodeKind::Device(device)
                if device.will.as_ref().is_some_and(|will| will.topic == *topic))
        })
    }
}
