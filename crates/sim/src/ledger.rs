//! The message ledger: every application message of a run, its copies on every hop, and who got it.
//!
//! It is read from the log record by record, and from facts alone: the marks that machines put on messages, what they say
//! they keep, drop and free, and the causes of records. Nothing is inferred from how packets look.

use crate::id::{Cursor, FlightId, NodeId, RecordId};
use crate::log::Log;
use crate::record::{Flight, Note, Record, RecordKind};
use crate::scenario::{Action, NodeAction};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use bytes::Bytes;
use mqtt_broker::{NoCopy, Note as BrokerNote, SessionEnd};
use mqtt_proto::packet::Publish;
use mqtt_proto::{DropReason, Packet, PacketId, Qos, Tag, TopicName};

/// A ledger has at most this many messages; later ones are counted and left out.
pub const MESSAGES_MAX: usize = 100_000;

/// Names a message: its place in [`Ledger::messages`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub u32);

/// Names a copy: its place in [`Ledger::copies`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CopyId(pub u32);

/// Where a message comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Somebody told a node to publish it.
    Published,
    /// A node published it by itself, because of a message or of its own clock.
    Own,
    /// The broker spoke for a client that was gone.
    Will,
    /// Raw bytes.
    Raw,
}

/// An application message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Where it comes from.
    pub origin: Origin,
    /// The record that it begins with: the user's act, the broker's note about the will, the first packet.
    pub record: RecordId,
    /// Whose message it is: the publisher, or the client whose will it is.
    pub by: NodeId,
    /// The topic name; `None` for a will, until a copy of it has gone out.
    pub topic: Option<TopicName>,
    /// What it says; empty for a will, until a copy of it has gone out.
    pub payload: Bytes,
    /// As published.
    pub qos: Qos,
    /// Whether it is to be retained.
    pub retain: bool,
    /// It never left its publisher: the record that says so.
    pub refused: Option<RecordId>,
    /// The broker did not pass it on: the record that says so.
    pub not_passed_on: Option<RecordId>,
    /// When the broker decided who gets it: each time that it took the message.
    pub routed: Vec<RecordId>,
    /// The broker keeps it for future subscribers: from the first record to the second.
    pub retained: Option<(RecordId, Option<RecordId>)>,
    /// Its copies, in the order in which they came to be.
    pub copies: Vec<CopyId>,
    /// Every time that an application got it.
    pub deliveries: Vec<Delivery>,
    /// Subscribers that were to get no copy, and why.
    pub withheld: Vec<Withheld>,
}

/// An application got a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The record of it.
    pub record: RecordId,
    /// Whose application.
    pub node: NodeId,
    /// The copy that arrived.
    pub copy: CopyId,
}

/// A subscriber gets no copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// The broker's note about it.
    pub record: RecordId,
    /// Who.
    pub node: NodeId,
    /// Why.
    pub why: NoCopy,
}

/// What makes a broker send a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// It has just been published.
    Live,
    /// It waited in the session.
    Queue,
    /// It was retained, and a new subscription asked for it.
    Retained,
}

/// A message on one hop: with its sender, on the way, and until the sender is done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageCopy {
    /// Of which message.
    pub message: MessageId,
    /// Who sends it.
    pub from: NodeId,
    /// Who is to get it.
    pub to: NodeId,
    /// On this hop; `None` until it is sent first.
    pub qos: Option<Qos>,
    /// The packet identifier, once it has one.
    pub id: Option<PacketId>,
    /// What made it be sent.
    pub source: Source,
    /// The copy whose arrival made this one.
    pub because_of: Option<CopyId>,
    /// The record that it begins with: it was queued, or sent.
    pub began: RecordId,
    /// Every PUBLISH that carried it, oldest first.
    pub flights: Vec<FlightId>,
    /// PUBREC has come: the sender keeps the identifier and no longer the message.
    pub released: Option<RecordId>,
    /// The receiver recognised a repeat: each time.
    pub suppressed: Vec<RecordId>,
    /// How it ended.
    pub end: Option<End>,
}

/// How a copy ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// The record that says so.
    pub record: RecordId,
    /// How.
    pub how: Ending,
}

/// How a copy ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// QoS 0: it arrived.
    Arrived,
    /// QoS 0: it was lost, and nobody keeps one.
    Lost,
    /// The receiver has acknowledged it, and its sender freed the identifier.
    Settled,
    /// Its sender gave it up.
    GivenUp(DropReason),
    /// The broker's session that held it ended.
    SessionEnded(SessionEnd),
    /// Its sender lost its memory.
    Forgotten,
}

impl MessageCopy {
    /// Who still keeps the message for this hop; `None` if nobody does.
    #[must_use]
    pub fn owner(&self) -> Option<NodeId> {
        (self.end.is_none() && self.released.is_none() && self.qos != Some(Qos::AtMostOnce))
            .then_some(self.from)
    }

    /// Whether it waits for its first sending.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.end.is_none() && self.flights.is_empty()
    }
}

/// Names a copy on a hop: sender, receiver, identifier.
type Hop = (NodeId, NodeId, PacketId);

/// The messages of a run up to a cursor.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    cursor: Cursor,
    messages: Vec<Message>,
    copies: Vec<MessageCopy>,
    left_out: u64,
    /// By the record that a message begins with.
    by_origin: BTreeMap<RecordId, MessageId>,
    /// By flight: the copy that it carries.
    by_flight: BTreeMap<RecordId, CopyId>,
    /// Copies with an identifier that is not free yet.
    open: BTreeMap<Hop, CopyId>,
    /// Packets with an identifier whose message is not known yet.
    nameless: BTreeMap<Hop, RecordId>,
    /// By device and its mark.
    marks: BTreeMap<(NodeId, Tag), MessageId>,
    /// By broker and its number: the message, and the copy that brought it.
    numbers: BTreeMap<(NodeId, Tag), (MessageId, Option<CopyId>)>,
    /// Copies that wait to be sent, by sender, receiver and mark.
    waiting: BTreeMap<(NodeId, NodeId, Tag), CopyId>,
    /// By broker and topic: the message that is retained.
    retained: BTreeMap<(NodeId, TopicName), MessageId>,
}

impl Ledger {
    /// The ledger of a run at a cursor.
    #[must_use]
    pub fn at(log: &Log, cursor: Cursor) -> Self {
        let mut ledger = Self::default();
        ledger.advance(log, cursor);
        ledger
    }

    /// Reads on to a later cursor. An earlier one changes nothing.
    pub fn advance(&mut self, log: &Log, cursor: Cursor) {
        for record in log.records_between(self.cursor, cursor) {
            self.observe(log, record);
        }
        self.cursor = self.cursor.max(cursor.min(log.end()));
    }

    /// How far it has read.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// The messages, in the order in which they came to be.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// All copies of all messages.
    #[must_use]
    pub fn copies(&self) -> &[MessageCopy] {
        &self.copies
    }

    /// How many messages were left out, because there are [`MESSAGES_MAX`].
    #[must_use]
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// A message.
    #[must_use]
    pub fn message(&self, id: MessageId) -> Option<&Message> {
        self.messages.get(usize::try_from(id.0).ok()?)
    }

    /// A copy.
    #[must_use]
    pub fn copy(&self, id: CopyId) -> Option<&MessageCopy> {
        self.copies.get(usize::try_from(id.0).ok()?)
    }

    /// The copy that a flight carries.
    #[must_use]
    pub fn copy_of(&self, flight: FlightId) -> Option<CopyId> {
        self.by_flight.get(&flight.0).copied()
    }

    /// The message that begins with a record.
    #[must_use]
    pub fn beginning_with(&self, record: RecordId) -> Option<MessageId> {
        self.by_origin.get(&record).copied()
    }

    /// The message that a record is about: it begins there, or a copy of it is sent, arrives, is lost or delivered there.
    #[must_use]
    pub fn about(&self, log: &Log, record: RecordId) -> Option<MessageId> {
        if let Some(message) = self.beginning_with(record) {
            return Some(message);
        }
        let flight = match &log.record(record)?.kind {
            RecordKind::Sent(_) => FlightId(record),
            RecordKind::Arrived { flight } | RecordKind::Lost { flight, .. } => *flight,
            RecordKind::Delivered(_) => return self.about(log, log.record(record)?.cause?),
            _ => return None,
        };
        Some(self.copy(self.copy_of(flight)?)?.message)
    }

    /// The copies of a message to or from a node.
    pub fn copies_of(&self, id: MessageId) -> impl Iterator<Item = (CopyId, &MessageCopy)> {
        let copies = self.message(id).map_or(&[][..], |it| &it.copies);
        copies.iter().filter_map(|id| Some((*id, self.copy(*id)?)))
    }

    /// How often a node's application got a message.
    #[must_use]
    pub fn delivered(&self, id: MessageId, node: NodeId) -> usize {
        let message = self.message(id);
        message.map_or(0, |it| {
            let deliveries = it.deliveries.iter();
            deliveries.filter(|delivery| delivery.node == node).count()
        })
    }

    /// Everybody who keeps a message now: senders of copies that are not settled, and the broker that retains it.
    pub fn owners(&self, id: MessageId) -> impl Iterator<Item = NodeId> {
        let keepers = self.copies_of(id).filter_map(|(_, copy)| copy.owner());
        let retained = self.retained.iter();
        let retained = retained
            .filter(move |(_, kept)| **kept == id)
            .map(|((broker, _), _)| *broker);
        keepers.chain(retained)
    }

    // Reading.

    fn observe(&mut self, log: &Log, record: &Record) {
        match &record.kind {
            RecordKind::Stimulus(action) => self.observe_stimulus(record, action),
            RecordKind::Sent(flight) => self.observe_sent(log, record, flight),
            RecordKind::Arrived { flight } => {
                self.adopt(log, *flight, record, Ending::Arrived);
                self.end_without_keeping(*flight, record, Ending::Arrived);
            }
            RecordKind::Lost { flight, .. } => {
                self.adopt(log, *flight, record, Ending::Lost);
                self.end_without_keeping(*flight, record, Ending::Lost);
            }
            RecordKind::Delivered(_) => self.observe_delivered(log, record),
            RecordKind::Note(note) => self.observe_note(log, record, note),
            _ => {}
        }
    }

    fn begin(&mut self, message: Message) -> Option<MessageId> {
        if self.messages.len() >= MESSAGES_MAX {
            self.left_out += 1;
            return None;
        }
        let id = MessageId(u32::try_from(self.messages.len()).unwrap_or(u32::MAX));
        self.by_origin.insert(message.record, id);
        self.messages.push(message);
        Some(id)
    }

    fn message_mut(&mut self, id: MessageId) -> Option<&mut Message> {
        self.messages.get_mut(usize::try_from(id.0).ok()?)
    }

    fn copy_mut(&mut self, id: CopyId) -> Option<&mut MessageCopy> {
        self.copies.get_mut(usize::try_from(id.0).ok()?)
    }

    fn observe_stimulus(&mut self, record: &Record, action: &Action) {
        let (
            Action::Node {
                act:
                    NodeAction::Publish {
                        topic,
                        payload,
                        qos,
                        retain,
                        ..
                    },
                ..
            },
            Some(by),
        ) = (action, record.node)
        else {
            return;
        };
        self.begin(Message {
            topic: Some(topic.clone()),
            payload: payload.clone(),
            qos: *qos,
            retain: *retain,
            ..new_message(Origin::Published, record.id, by)
        });
    }

    fn add_copy(&mut self, copy: MessageCopy) -> CopyId {
        let id = CopyId(u32::try_from(self.copies.len()).unwrap_or(u32::MAX));
        if let Some(message) = self.message_mut(copy.message) {
            message.copies.push(id);
        }
        self.copies.push(copy);
        id
    }

    fn observe_sent(&mut self, log: &Log, record: &Record, flight: &Flight) {
        let Some(Packet::Publish(publish)) = flight.packet() else {
            return;
        };
        let (from, to) = (flight.from, flight.to);
        let qos = publish.delivery.qos();
        if let Some(id) = publish.delivery.id() {
            let hop = (from, to, id);
            if let Some(copy) = self.open.get(&hop).copied()
                && self
                    .copy(copy)
                    .is_some_and(|it| publish.delivery.dup() || it.flights.is_empty())
            {
                self.carry(copy, record.id, &publish);
                return;
            }
        }
        let found = self.message_behind(log, record, from, qos, &publish);
        match (found, publish.delivery.id()) {
            (Some((message, source, because_of)), id) => {
                let copy = self.add_copy(MessageCopy {
                    source,
                    because_of,
                    id,
                    ..new_copy(message, from, to, record.id)
                });
                self.carry(copy, record.id, &publish);
                if let Some(id) = id {
                    self.open.insert((from, to, id), copy);
                }
            }
            // What the machine says next names it.
            (None, Some(id)) => {
                self.nameless.insert((from, to, id), record.id);
            }
            (None, None) => {}
        }
    }

    /// A flight carries a copy. What a message of its own or a will says is known from its packets alone.
    fn carry(&mut self, copy: CopyId, flight: RecordId, publish: &Publish) {
        self.by_flight.insert(flight, copy);
        let Some(copy) = self.copy_mut(copy) else {
            return;
        };
        copy.flights.push(FlightId(flight));
        copy.qos = Some(publish.delivery.qos());
        let message = copy.message;
        let Some(message) = self.message_mut(message) else {
            return;
        };
        if message.origin == Origin::Published || !message.payload.is_empty() {
            return;
        }
        message.payload = publish.payload.clone();
        if message.topic.is_none() {
            message.topic = publish.topic.clone();
            message.qos = publish.delivery.qos();
            message.retain = publish.retain;
        }
    }

    /// The packet of that hop whose message was not known when it went out.
    fn name(&mut self, log: &Log, hop: Hop, copy: CopyId) {
        if let Some(flight) = self.nameless.remove(&hop)
            && let Some(Packet::Publish(publish)) =
                log.flight(FlightId(flight)).and_then(Flight::packet)
        {
            self.carry(copy, flight, &publish);
        }
    }

    /// The message of a packet that is sent for the first time, by what caused it.
    fn message_behind(
        &mut self,
        log: &Log,
        record: &Record,
        from: NodeId,
        qos: Qos,
        publish: &Publish,
    ) -> Option<(MessageId, Source, Option<CopyId>)> {
        let cause = log.record(record.cause?)?;
        match &cause.kind {
            RecordKind::Stimulus(action) => {
                if let Some(message) = self.beginning_with(cause.id) {
                    return Some((message, Source::Live, None));
                }
                let raw = matches!(
                    action.as_ref(),
                    Action::Node {
                        act: NodeAction::SendRaw(_),
                        ..
                    }
                );
                let origin = if raw { Origin::Raw } else { Origin::Own };
                self.own(origin, record, from, qos, publish)
            }
            RecordKind::Arrived { flight } if self.is_broker(log, from) => {
                let copy = self.copy_of(*flight)?;
                let message = self.copy(copy)?.message;
                Some((message, Source::Live, Some(copy)))
            }
            RecordKind::Note(Note::Broker { note, .. }) => match note.as_ref() {
                BrokerNote::WillPublished { .. } => {
                    Some((self.beginning_with(cause.id)?, Source::Live, None))
                }
                BrokerNote::RetainedSent { .. } => {
                    let topic = publish.topic.clone()?;
                    let message = self.retained.get(&(from, topic)).copied()?;
                    Some((message, Source::Retained, None))
                }
                _ => None,
            },
            // A device's own doing. What it only sends now has its mark, and comes to light with the next note.
            _ if !self.is_broker(log, from) && publish.delivery.id().is_none() => {
                self.own(Origin::Own, record, from, qos, publish)
            }
            _ => None,
        }
    }

    fn own(
        &mut self,
        origin: Origin,
        record: &Record,
        by: NodeId,
        qos: Qos,
        publish: &Publish,
    ) -> Option<(MessageId, Source, Option<CopyId>)> {
        let message = self.begin(Message {
            topic: publish.topic.clone(),
            payload: publish.payload.clone(),
            qos,
            retain: publish.retain,
            ..new_message(origin, record.id, by)
        })?;
        Some((message, Source::Live, None))
    }

    fn is_broker(&self, log: &Log, node: NodeId) -> bool {
        log.nodes()
            .get(usize::from(node.0))
            .is_some_and(|info| info.role == crate::log::NodeRole::Broker)
    }

    /// A packet under an identifier that no machine has named by the end of its way: its sender says nothing of what it
    /// keeps, as simple libraries do. It counts as a message of its own, and its copy as done with.
    fn adopt(&mut self, log: &Log, flight: FlightId, record: &Record, how: Ending) {
        let mut nameless = self.nameless.iter();
        let Some(hop) = nameless
            .find(|(_, of)| **of == flight.0)
            .map(|(hop, _)| *hop)
        else {
            return;
        };
        self.nameless.remove(&hop);
        let (from, to, id) = hop;
        let (Some(sent), Some(Packet::Publish(publish))) = (
            log.record(flight.0),
            log.flight(flight).and_then(Flight::packet),
        ) else {
            return;
        };
        let qos = publish.delivery.qos();
        let Some((message, ..)) = self.own(Origin::Own, sent, from, qos, &publish) else {
            return;
        };
        let copy = self.add_copy(MessageCopy {
            id: Some(id),
            end: Some(End {
                record: record.id,
                how,
            }),
            ..new_copy(message, from, to, sent.id)
        });
        self.carry(copy, sent.id, &publish);
    }

    /// QoS 0 ends with its only flight.
    fn end_without_keeping(&mut self, flight: FlightId, record: &Record, how: Ending) {
        let Some(id) = self.copy_of(flight) else {
            return;
        };
        if let Some(copy) = self.copy_mut(id)
            && copy.qos == Some(Qos::AtMostOnce)
            && copy.end.is_none()
        {
            copy.end = Some(End {
                record: record.id,
                how,
            });
        }
    }

    fn observe_delivered(&mut self, log: &Log, record: &Record) {
        let (Some(node), Some(copy)) = (record.node, self.arrived_copy(log, record)) else {
            return;
        };
        let Some(message) = self.copy(copy).map(|it| it.message) else {
            return;
        };
        if let Some(message) = self.message_mut(message) {
            message.deliveries.push(Delivery {
                record: record.id,
                node,
                copy,
            });
        }
    }

    /// The copy whose arrival caused a record.
    fn arrived_copy(&self, log: &Log, record: &Record) -> Option<CopyId> {
        match &log.record(record.cause?)?.kind {
            RecordKind::Arrived { flight } => self.copy_of(*flight),
            _ => None,
        }
    }

    /// The message that a broker is at when it writes a note: it has just arrived, or is a will.
    fn message_at(&self, log: &Log, record: &Record) -> Option<(MessageId, Option<CopyId>)> {
        if let Some(copy) = self.arrived_copy(log, record) {
            return Some((self.copy(copy)?.message, Some(copy)));
        }
        Some((self.beginning_with(record.cause?)?, None))
    }

    fn observe_note(&mut self, log: &Log, record: &Record, note: &Note) {
        let Some(node) = record.node else { return };
        if let Some(note) = note.protocol() {
            let client = match &record.kind {
                RecordKind::Note(Note::Broker { client, .. }) => *client,
                _ => None,
            };
            let peer = client.or_else(|| broker_of(log, node));
            if let Some(peer) = peer {
                self.observe_protocol(log, record, node, peer, *note);
            }
            return;
        }
        match note {
            Note::Broker { client, note } => {
                self.observe_broker(log, record, node, *client, note);
            }
            Note::Dropped { tag, why } => {
                if let Some(message) = self.marks.get(&(node, *tag)).copied() {
                    let how = Ending::GivenUp(*why);
                    self.end_where(record, how, |copy| {
                        copy.from == node && copy.message == message
                    });
                }
                self.refuse(log, record);
            }
            Note::Misuse(_) => self.refuse(log, record),
            Note::Forgot => {
                self.end_where(record, Ending::Forgotten, |copy| copy.from == node);
                self.marks.retain(|(of, _), _| *of != node);
                self.numbers.retain(|(of, _), _| *of != node);
                let kept: Vec<MessageId> = self
                    .retained
                    .iter()
                    .filter(|((broker, _), _)| *broker == node)
                    .map(|(_, message)| *message)
                    .collect();
                for message in kept {
                    self.retained_until(message, record.id);
                }
                self.retained.retain(|(of, _), _| *of != node);
            }
            _ => {}
        }
    }

    /// A device would not even take the message that it was told to publish.
    fn refuse(&mut self, log: &Log, record: &Record) {
        let begins = record.cause.and_then(|cause| self.beginning_with(cause));
        let is_act = record.cause.and_then(|cause| log.record(cause));
        if let (Some(id), Some(_)) = (begins, is_act)
            && let Some(message) = self.message_mut(id)
            && message.copies.is_empty()
        {
            message.refused = Some(record.id);
        }
    }

    fn end_where(
        &mut self,
        record: &Record,
        how: Ending,
        mut ends: impl FnMut(&MessageCopy) -> bool,
    ) {
        let copies = &mut self.copies;
        let mut end = |id: &CopyId| {
            let Some(copy) = usize::try_from(id.0).ok().and_then(|at| copies.get_mut(at)) else {
                return true;
            };
            let ends = ends(copy);
            if ends && copy.end.is_none() {
                copy.end = Some(End {
                    record: record.id,
                    how,
                });
            }
            ends
        };
        self.open.retain(|_, id| !end(id));
        self.waiting.retain(|_, id| !end(id));
    }

    fn observe_protocol(
        &mut self,
        log: &Log,
        record: &Record,
        node: NodeId,
        peer: NodeId,
        note: mqtt_proto::Note,
    ) {
        use mqtt_proto::Note as N;
        match note {
            N::MessageQueued { tag } => {
                if !self.is_broker(log, node) {
                    self.mark(log, record, node, tag);
                }
                if let Some((message, because_of)) = self.marked(log, node, tag, record) {
                    self.wait(record, node, peer, tag, message, because_of);
                }
            }
            N::MessageKept { id, tag, .. } => self.kept(log, record, (node, peer, id), tag),
            N::MessageReleased { id } => {
                if let Some(copy) = self.open.get(&(node, peer, id)).copied()
                    && let Some(copy) = self.copy_mut(copy)
                {
                    copy.released = Some(record.id);
                }
            }
            N::IdFreed { id, .. } => {
                if let Some(copy) = self.open.remove(&(node, peer, id))
                    && let Some(copy) = self.copy_mut(copy)
                {
                    copy.end = Some(End {
                        record: record.id,
                        how: Ending::Settled,
                    });
                }
            }
            N::DuplicateSuppressed { .. } => {
                if let Some(copy) = self.arrived_copy(log, record)
                    && let Some(copy) = self.copy_mut(copy)
                {
                    copy.suppressed.push(record.id);
                }
            }
            _ => {}
        }
    }

    /// Which message a device's mark is on: what it was just told to publish, or one that begins here.
    fn mark(&mut self, log: &Log, record: &Record, node: NodeId, tag: Tag) {
        if self.marks.contains_key(&(node, tag)) {
            return;
        }
        let told = record.cause.and_then(|cause| self.beginning_with(cause));
        let message = told.or_else(|| {
            log.record(record.id)?;
            self.begin(new_message(Origin::Own, record.id, node))
        });
        if let Some(message) = message {
            self.marks.insert((node, tag), message);
        }
    }

    fn marked(
        &mut self,
        log: &Log,
        node: NodeId,
        tag: Tag,
        record: &Record,
    ) -> Option<(MessageId, Option<CopyId>)> {
        if !self.is_broker(log, node) {
            return Some((self.marks.get(&(node, tag)).copied()?, None));
        }
        if let Some(known) = self.numbers.get(&(node, tag)) {
            return Some(*known);
        }
        let found = self.message_at(log, record)?;
        self.numbers.insert((node, tag), found);
        Some(found)
    }

    fn wait(
        &mut self,
        record: &Record,
        from: NodeId,
        to: NodeId,
        tag: Tag,
        message: MessageId,
        because_of: Option<CopyId>,
    ) {
        let key = (from, to, tag);
        if self.waiting.contains_key(&key) {
            return;
        }
        let copy = self.add_copy(MessageCopy {
            source: Source::Queue,
            because_of,
            ..new_copy(message, from, to, record.id)
        });
        self.waiting.insert(key, copy);
    }

    /// A message has gone out under an identifier; its packet may already be in the log, or come a little later.
    fn kept(&mut self, log: &Log, record: &Record, hop: Hop, tag: Tag) {
        let (from, to, id) = hop;
        if let Some(copy) = self.waiting.remove(&(from, to, tag)) {
            if let Some(copy) = self.copy_mut(copy) {
                copy.id = Some(id);
            }
            self.open.insert(hop, copy);
            self.name(log, hop, copy);
            return;
        }
        if !self.is_broker(log, from) {
            if let Some(copy) = self.open.get(&hop).and_then(|copy| self.copy(*copy)) {
                self.marks.insert((from, tag), copy.message);
                return;
            }
            self.mark(log, record, from, tag);
        } else if let Some(known) = self.open.get(&hop).and_then(|copy| self.copy(*copy)) {
            let known = (known.message, known.because_of);
            self.numbers.entry((from, tag)).or_insert(known);
            return;
        }
        let Some((message, because_of)) = self.marked(log, from, tag, record) else {
            self.nameless.remove(&hop);
            return;
        };
        let copy = self.add_copy(MessageCopy {
            because_of,
            id: Some(id),
            ..new_copy(message, from, to, record.id)
        });
        self.open.insert(hop, copy);
        self.name(log, hop, copy);
    }

    fn observe_broker(
        &mut self,
        log: &Log,
        record: &Record,
        node: NodeId,
        client: Option<NodeId>,
        note: &BrokerNote,
    ) {
        match note {
            BrokerNote::WillPublished { topic, .. } => {
                self.begin(Message {
                    topic: Some(topic.clone()),
                    ..new_message(Origin::Will, record.id, client.unwrap_or(node))
                });
            }
            BrokerNote::Routed { message, .. } => {
                if let Some((id, _)) = self.marked(log, node, *message, record)
                    && let Some(message) = self.message_mut(id)
                {
                    message.routed.push(record.id);
                }
            }
            BrokerNote::PublishRefused { .. } => {
                if let Some((id, _)) = self.message_at(log, record)
                    && let Some(message) = self.message_mut(id)
                {
                    message.not_passed_on = Some(record.id);
                }
            }
            BrokerNote::CopyWaits { message, .. } => {
                if let (Some(client), Some((id, because_of))) =
                    (client, self.marked(log, node, *message, record))
                {
                    self.wait(record, node, client, *message, id, because_of);
                }
            }
            BrokerNote::NoCopy { message, why, .. } => {
                let Some(client) = client else { return };
                if let NoCopy::GivenUp(why) = why {
                    let of = self.numbers.get(&(node, *message)).map(|(id, _)| *id);
                    self.end_where(record, Ending::GivenUp(*why), |copy| {
                        copy.from == node && copy.to == client && Some(copy.message) == of
                    });
                }
                if let Some((id, _)) = self.marked(log, node, *message, record)
                    && let Some(message) = self.message_mut(id)
                {
                    message.withheld.push(Withheld {
                        record: record.id,
                        node: client,
                        why: *why,
                    });
                }
            }
            BrokerNote::SessionEnded { why, .. } => {
                let how = Ending::SessionEnded(*why);
                self.end_where(record, how, |copy| {
                    copy.from == node && Some(copy.to) == client
                });
            }
            BrokerNote::RetainedKept { topic, .. } => {
                if let Some((id, _)) = self.message_at(log, record) {
                    let before = self.retained.insert((node, topic.clone()), id);
                    if let Some(before) = before {
                        self.retained_until(before, record.id);
                    }
                    if let Some(message) = self.message_mut(id) {
                        message.retained = Some((record.id, None));
                    }
                }
            }
            BrokerNote::RetainedCleared { topic } | BrokerNote::RetainedExpired { topic } => {
                if let Some(id) = self.retained.remove(&(node, topic.clone())) {
                    self.retained_until(id, record.id);
                }
            }
            _ => {}
        }
    }

    fn retained_until(&mut self, id: MessageId, record: RecordId) {
        if let Some((_, until)) = self.message_mut(id).and_then(|it| it.retained.as_mut()) {
            until.get_or_insert(record);
        }
    }
}

const fn new_message(origin: Origin, record: RecordId, by: NodeId) -> Message {
    Message {
        origin,
        record,
        by,
        topic: None,
        payload: Bytes::new(),
        qos: Qos::AtMostOnce,
        retain: false,
        refused: None,
        not_passed_on: None,
        routed: Vec::new(),
        retained: None,
        copies: Vec::new(),
        deliveries: Vec::new(),
        withheld: Vec::new(),
    }
}

const fn new_copy(message: MessageId, from: NodeId, to: NodeId, began: RecordId) -> MessageCopy {
    MessageCopy {
        message,
        from,
        to,
        qos: None,
        id: None,
        source: Source::Live,
        because_of: None,
        began,
        flights: Vec::new(),
        released: None,
        suppressed: Vec::new(),
        end: None,
    }
}

/// The broker that a device's link leads to.
pub(crate) fn broker_of(log: &Log, device: NodeId) -> Option<NodeId> {
    let link = log.links().iter().find(|link| link.a == device)?;
    Some(link.b)
}
