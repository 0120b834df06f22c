//! Messages while they are on a hop: which packets belong together, and until when.

use super::place;
use super::stage::Stage;
use crate::story::{Exchange, Facts, Interval, Mark, Over, Source, Story, Will};
use mqtt_broker::WillCause;
use mqtt_proto::Packet;
use mqtt_proto::packet::PacketType;
use sim::ledger::{self, CopyId, Ending, Ledger};
use sim::{FlightId, Log, NodeId, Record, RecordId, RecordKind};
use std::collections::{BTreeMap, HashMap};

/// Names a message on a hop: sender, receiver, identifier.
type HopId = (usize, usize, u16);

/// The messages so far, and those that wait for an acknowledgement.
#[derive(Default)]
pub(super) struct Messages {
    /// What is a copy of what.
    pub(super) ledger: Ledger,
    /// The exchanges that are not over.
    open: BTreeMap<HopId, usize>,
    /// By copy: its exchange, until that is over.
    exchanges: HashMap<CopyId, usize>,
    /// How many of the copies that have ended were looked at.
    looked_at: usize,
    /// How many of the deliveries that only acknowledgements tell were looked at.
    told: usize,
    /// Copies that had ended before their exchange was known.
    late: Vec<CopyId>,
}

impl Messages {
    /// Devices outside that have acknowledged a message since this was asked last.
    pub(super) fn told_by_acknowledgements(&mut self) -> Vec<NodeId> {
        let new = self.ledger.acknowledged().iter().skip(self.told);
        let nodes: Vec<NodeId> = new.map(|it| it.node).collect();
        self.told += nodes.len();
        nodes
    }

    /// Where the message of a packet comes from, by the ledger.
    pub(super) fn source(&self, log: &Log, stage: &Stage, sent: RecordId) -> Source {
        let copy = self.ledger.copy_of(FlightId(sent));
        let Some(copy) = copy.and_then(|copy| self.ledger.copy(copy)) else {
            return Source::Client;
        };
        let message = self.ledger.message(copy.message);
        match copy.source {
            ledger::Source::Retained => Source::Retained,
            ledger::Source::Queue => Source::Queue,
            // It is published once; what is kept of it is a message like any other.
            ledger::Source::Live => message
                .and_then(|it| will(log, stage, it))
                .map_or(Source::Client, Source::Will),
        }
    }

    /// Which exchange a packet belongs to, and whether it takes it up again after an outage.
    pub(super) fn exchange(
        &mut self,
        story: &mut Story,
        packet: &Packet,
        (from, to): (usize, usize),
        record: &Record,
    ) -> (Option<usize>, bool) {
        let number = story.flights.len();
        let Some(id) = packet.id().map(mqtt_proto::PacketId::get) else {
            return (None, false);
        };
        let hop = match packet.packet_type() {
            PacketType::Publish | PacketType::PubRel => (from, to, id),
            PacketType::PubAck | PacketType::PubRec | PacketType::PubComp => (to, from, id),
            _ => return (None, false),
        };
        if let Some(&index) = self.open.get(&hop)
            && let Some(exchange) = story.exchanges.get_mut(index)
        {
            let last = exchange
                .flights
                .last()
                .and_then(|last| story.flights.get(*last))
                .map(|flight| flight.sent);
            let repeats =
                last.is_some_and(|last| exchange.survived.iter().any(|back| *back > last));
            exchange.flights.push(number);
            return (Some(index), repeats);
        }
        if packet.packet_type() != PacketType::Publish {
            return (None, false);
        }
        let index = story.exchanges.len();
        self.open.insert(hop, index);
        if let Some(copy) = self.ledger.copy_of(FlightId(record.id)) {
            self.exchanges.insert(copy, index);
            self.note_late(copy);
        }
        story.exchanges.push(Exchange {
            sender: from,
            receiver: to,
            id,
            interval: Interval {
                from: super::mark(record),
                until: None,
            },
            flights: vec![number],
            survived: Vec::new(),
            effects: Vec::new(),
            over: None,
        });
        (Some(index), false)
    }

    /// Whether a packet belongs to a message with QoS 2.
    pub(super) fn is_exactly_once(story: &Story, exchange: Option<usize>, packet: &Packet) -> bool {
        let first = exchange
            .and_then(|it| story.exchanges.get(it))
            .and_then(|it| it.flights.first())
            .copied();
        match first.and_then(|first| story.flights.get(first)) {
            Some(first) => matches!(first.facts, Facts::Publish { qos: 2, .. }),
            None => !matches!(packet.packet_type(), PacketType::PubAck),
        }
    }

    /// What waited has gone out, and only now is it known what it is.
    pub(super) fn name_late(&mut self, log: &Log, stage: &Stage, story: &mut Story) {
        let Some(flight) = story.flights.last_mut() else {
            return;
        };
        let Ok(sent) = u32::try_from(flight.sent.record) else {
            return;
        };
        if let Facts::Publish { source, .. } = &mut flight.facts {
            *source = self.source(log, stage, RecordId(sent));
        }
        if let (Some(copy), Some(exchange)) = (
            self.ledger.copy_of(FlightId(RecordId(sent))),
            flight.exchange,
        ) {
            self.exchanges.entry(copy).or_insert(exchange);
            self.note_late(copy);
        }
    }

    fn note_late(&mut self, copy: CopyId) {
        if self.ledger.copy(copy).is_some_and(|it| it.end.is_some()) {
            self.late.push(copy);
        }
    }

    /// The exchanges between two ends that live on in a new connection.
    pub(super) fn survive(&self, story: &mut Story, ends: [usize; 2], mark: Mark) {
        let [one, other] = ends;
        for (from, to) in [(one, other), (other, one)] {
            for index in self.open.range((from, to, 0)..=(from, to, u16::MAX)) {
                if let Some(exchange) = story.exchanges.get_mut(*index.1) {
                    exchange.survived.push(mark);
                }
            }
        }
    }

    /// Ends the exchanges whose senders are done with their messages.
    pub(super) fn close(&mut self, story: &mut Story, mark: Mark) {
        let ended = self
            .ledger
            .ended()
            .get(self.looked_at..)
            .unwrap_or_default();
        for copy in ended.iter().copied().chain(self.late.drain(..)) {
            let Some(index) = self.exchanges.remove(&copy) else {
                continue;
            };
            let how = self.ledger.copy(copy).and_then(|it| it.end);
            let over = match how.map(|it| it.how) {
                Some(Ending::Settled) => Over::Acknowledged,
                _ => Over::GivenUp,
            };
            end(&mut self.open, story, index, (mark, over));
        }
        self.looked_at = self.ledger.ended().len();
    }

    /// Ends an exchange, as its packets say.
    pub(super) fn acknowledged(&mut self, story: &mut Story, exchange: usize, mark: Mark) {
        end(&mut self.open, story, exchange, (mark, Over::Acknowledged));
    }

    /// The connection is over, and nobody goes on with what this end has sent over it.
    pub(super) fn cut_off(&mut self, story: &mut Story, sender: usize, mark: Mark) {
        let own = self.open.range((sender, 0, 0)..);
        let own = own.take_while(|((from, ..), _)| *from == sender);
        let own: Vec<usize> = own.map(|(_, index)| *index).collect();
        for index in own {
            end(&mut self.open, story, index, (mark, Over::CutOff));
        }
    }
}

/// Whose will a message is, and how it came to be published.
fn will(log: &Log, stage: &Stage, message: &ledger::Message) -> Option<Will> {
    let RecordKind::Note(note) = &log.record(message.record)?.kind else {
        return None;
    };
    let Some(mqtt_broker::Note::WillPublished { why, .. }) = note.broker() else {
        return None;
    };
    Some(Will {
        of: stage.lane(message.by)?,
        is_unannounced: match why {
            WillCause::ConnectionLost
            | WillCause::KeepAliveTimeout
            | WillCause::ProtocolError
            | WillCause::TakenOver
            | WillCause::ServerClosed => true,
            // Of a will that waited, its delay is all that is told.
            WillCause::Disconnected(_) | WillCause::DelayOver | WillCause::SessionEnded => false,
        },
    })
}

fn end(
    open: &mut BTreeMap<HopId, usize>,
    story: &mut Story,
    index: usize,
    (mark, over): (Mark, Over),
) {
    let Some(exchange) = story.exchanges.get_mut(index) else {
        return;
    };
    exchange.interval.until.get_or_insert(mark);
    exchange.over.get_or_insert(over);
    let hop = (exchange.sender, exchange.receiver, exchange.id);
    if open.get(&hop) == Some(&index) {
        open.remove(&hop);
    }
}

/// The flight that a record sends: its place in [`Story::flights`].
pub(super) fn flight_of(story: &Story, sent: RecordId) -> Option<usize> {
    let sent = place(sent);
    story
        .flights
        .binary_search_by_key(&sent, |flight| flight.sent.record)
        .ok()
}
