//! The message ledger: every application message of a run, its copies on every hop, and who got it.
//!
//! It is read from the log record by record, and from facts alone: the marks that machines put on messages, what they say
//! they keep, drop and free, and the causes of records. Nothing is inferred from how packets look.

mod notes;
mod observe;
mod tell;

pub use tell::Tells;

use crate::id::{Cursor, FlightId, NodeId, RecordId};
use crate::log::Log;
use crate::record::RecordKind;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use bytes::Bytes;
use mqtt_broker::{NoCopy, SessionEnd};
use mqtt_proto::{DropReason, PacketId, Qos, Tag, TopicName};

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
    /// The copies that have ended, in the order in which they did.
    ended: Vec<CopyId>,
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
    /// By the record that tells a delivery: the copy.
    by_delivery: BTreeMap<RecordId, CopyId>,
    /// Deliveries that no record of their own tells, in the order in which they came to be known.
    acknowledged: Vec<Delivery>,
    /// By device that runs foreign code: what has come over its connection and has not been read, oldest first.
    unread: BTreeMap<NodeId, VecDeque<FlightId>>,
    /// Copies whose receiver has said no.
    refused: BTreeSet<Hop>,
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

    /// The copies that have ended, in the order in which they did.
    #[must_use]
    pub fn ended(&self) -> &[CopyId] {
        &self.ended
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
            RecordKind::Delivered(_) => {
                return Some(self.copy(*self.by_delivery.get(&record)?)?.message);
            }
            _ => return None,
        };
        Some(self.copy(self.copy_of(flight)?)?.message)
    }

    /// The copies of a message to or from a node.
    pub fn copies_of(&self, id: MessageId) -> impl Iterator<Item = (CopyId, &MessageCopy)> {
        let copies = self.message(id).map_or(&[][..], |it| &it.copies);
        copies.iter().filter_map(|id| Some((*id, self.copy(*id)?)))
    }

    /// The copy whose delivery a record tells.
    #[must_use]
    pub fn delivered_by(&self, record: RecordId) -> Option<CopyId> {
        self.by_delivery.get(&record).copied()
    }

    /// Deliveries to devices outside, whose programs tell nothing: their acknowledgements do. Oldest first; all others have
    /// a [`RecordKind::Delivered`].
    #[must_use]
    pub fn acknowledged(&self) -> &[Delivery] {
        &self.acknowledged
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

    /// Notes how a copy ends, unless it has ended before.
    fn end(&mut self, id: CopyId, record: RecordId, how: Ending) {
        if let Some(copy) = self.copy_mut(id)
            && copy.end.is_none()
        {
            copy.end = Some(End { record, how });
            self.ended.push(id);
        }
    }

    fn add_copy(&mut self, copy: MessageCopy) -> CopyId {
        let id = CopyId(u32::try_from(self.copies.len()).unwrap_or(u32::MAX));
        if let Some(message) = self.message_mut(copy.message) {
            message.copies.push(id);
        }
        self.copies.push(copy);
        id
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
