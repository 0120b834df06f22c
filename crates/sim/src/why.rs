//! Why something happened, and why something did not: chains of recorded facts back to what a user did or to a fault.

use crate::id::{Cursor, FlightId, NodeId, RecordId};
use crate::ledger::{CopyId, Ending, Ledger, MessageCopy, MessageId, Tells};
use crate::log::Log;
use crate::record::{Closing, Note, Record, RecordKind};
use crate::scenario::Time;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use mqtt_broker::{NoCopy, Note as BrokerNote, SessionEnd, Wait, WillCause, is_broker_topic};
use mqtt_proto::{
    DropReason, Instant, Lifetime, Packet, PacketId, Qos, ReasonCode, TopicFilter, TopicName,
    Version,
};

/// A link of a chain of causes. Its record names the rules at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// What happened.
    pub record: RecordId,
    /// What it has to do with what is asked about.
    pub part: Part,
}

/// What a link of a chain has to do with what is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// It is what is asked about.
    Itself,
    /// It made a later link happen.
    Cause,
    /// A later link does the same once more.
    Before,
    /// It is missing: had it not been lost, a later link would not have happened.
    Missing,
}

/// The chain behind a record, oldest first: what made it happen, and for what is sent or delivered once more, the first
/// time and what was lost in between.
#[must_use]
pub fn why(log: &Log, ledger: &Ledger, record: RecordId) -> Vec<Link> {
    let mut chain = Chain {
        log,
        ledger,
        found: BTreeMap::new(),
    };
    chain.follow(record, Part::Cause);
    if let Some(part) = chain.found.get_mut(&record) {
        *part = Part::Itself;
    }
    let links = chain.found.into_iter();
    links.map(|(record, part)| Link { record, part }).collect()
}

struct Chain<'a> {
    log: &'a Log,
    ledger: &'a Ledger,
    found: BTreeMap<RecordId, Part>,
}

impl Chain<'_> {
    /// Takes a record in, and all that is behind it.
    fn follow(&mut self, record: RecordId, part: Part) {
        // A list and not a recursion: a chain may be as long as the log.
        let mut next = Vec::from([(record, part)]);
        while let Some((from, part)) = next.pop() {
            let mut part = part;
            if let Some(known) = self.found.get_mut(&from) {
                // What is said of it as such says more than that it is behind something.
                *known = part.max(*known);
            }
            let causes: Vec<RecordId> = self.log.causes(from).map(|cause| cause.id).collect();
            for id in causes {
                if self.found.contains_key(&id) {
                    break;
                }
                self.found.insert(id, part);
                // What a missing link follows from is a cause like any other.
                part = match part {
                    Part::Missing => Part::Missing,
                    _ => Part::Cause,
                };
                self.reasons(id, &mut next);
            }
        }
    }

    /// What is behind a record beside its cause.
    fn reasons(&self, id: RecordId, next: &mut Vec<(RecordId, Part)>) {
        let Some(record) = self.log.record(id) else {
            return;
        };
        match &record.kind {
            RecordKind::Sent(_) => self.reasons_for_repeat(record, next),
            RecordKind::Arrived { flight } => {
                // It would have been there earlier, had it not been held.
                let link = self.log.flight(*flight).map(|flight| flight.link);
                let FlightId(sent) = *flight;
                let way = self.log.records_between(Cursor(sent.0), Cursor(id.0));
                let let_go = way.iter().rfind(|it| match it.kind {
                    RecordKind::PacketsReleased { link: of } => Some(of) == link,
                    _ => false,
                });
                next.extend(let_go.map(|let_go| (let_go.id, Part::Cause)));
            }
            RecordKind::Delivered(_) => {
                let Some(message) = self.ledger.about(self.log, id) else {
                    return;
                };
                let deliveries = self.ledger.message(message).map(|it| &it.deliveries);
                let earlier = deliveries
                    .into_iter()
                    .flatten()
                    .rfind(|delivery| Some(delivery.node) == record.node && delivery.record < id);
                next.extend(earlier.map(|earlier| (earlier.record, Part::Before)));
                // What made a program read need not be what brought the message.
                let copy = self.ledger.delivered_by(id);
                let copy = copy.and_then(|copy| self.ledger.copy(copy));
                let flights = copy.into_iter().flat_map(|copy| copy.flights.iter().rev());
                let mut came = flights.filter_map(|flight| {
                    let fate = self.log.fate(*flight, Cursor(id.0))?;
                    fate.arrived.then_some((fate.record, Part::Cause))
                });
                next.extend(came.next());
            }
            RecordKind::ConnectionClosed {
                why: Closing::ByNode,
                ..
            } => next.extend(self.silence(record)),
            RecordKind::Note(note) => {
                let is_missed = matches!(
                    note.broker(),
                    Some(BrokerNote::WillPublished {
                        why: WillCause::KeepAliveTimeout,
                        ..
                    })
                );
                next.extend(is_missed.then(|| self.silence(record)).flatten());
            }
            _ => {}
        }
    }

    /// Why nothing more came from a client between its last packet and what a timer did about it.
    fn silence(&self, record: &Record) -> Option<(RecordId, Part)> {
        let last = self.log.record(record.cause?)?;
        let RecordKind::Arrived { flight } = last.kind else {
            return None;
        };
        let client = self.log.flight(flight)?;
        let between = (Cursor::after(last.id), Cursor(record.id.0));
        let between = self.log.records_between(between.0, between.1).iter();
        let mut silent = between.filter(|it| match it.kind {
            RecordKind::NodeDown { .. } => it.node == Some(client.from),
            RecordKind::LinkSilent { link, .. } | RecordKind::PacketsHeld { link, .. } => {
                link == client.link
            }
            _ => false,
        });
        silent.next().map(|it| (it.id, Part::Cause))
    }

    /// The first sending of what is sent again, and what was lost since: it, or the answer to it.
    fn reasons_for_repeat(&self, record: &Record, next: &mut Vec<(RecordId, Part)>) {
        let RecordKind::Sent(flight) = &record.kind else {
            return;
        };
        let again = match flight.packet() {
            Some(Packet::Publish(publish)) if publish.delivery.dup() => publish.delivery.id(),
            Some(Packet::PubRel(ack)) => Some(ack.id),
            _ => None,
        };
        let Some(id) = again else { return };
        let Some(earlier) = self.last_like(record, flight.from, flight.to, id) else {
            return;
        };
        next.push((earlier, Part::Before));
        match self.log.fate(FlightId(earlier), Cursor(record.id.0)) {
            Some(fate) if !fate.arrived => next.push((fate.record, Part::Missing)),
            Some(fate) => {
                // It came: then the answer did not.
                let between = self
                    .log
                    .records_between(Cursor::after(fate.record), Cursor(record.id.0));
                let answer = between.iter().find_map(|answer| {
                    let RecordKind::Sent(back) = &answer.kind else {
                        return None;
                    };
                    let is_answer = (back.from, back.to) == (flight.to, flight.from)
                        && back.packet().and_then(|packet| packet.id()) == Some(id);
                    let lost = self.log.fate(FlightId(answer.id), Cursor(record.id.0))?;
                    (is_answer && !lost.arrived).then_some(lost.record)
                });
                next.extend(answer.map(|lost| (lost, Part::Missing)));
            }
            None => {}
        }
    }

    /// The newest packet of the same type and identifier on the same hop before a record.
    fn last_like(
        &self,
        record: &Record,
        from: NodeId,
        to: NodeId,
        id: PacketId,
    ) -> Option<RecordId> {
        let RecordKind::Sent(flight) = &record.kind else {
            return None;
        };
        let kind = flight.packet()?.packet_type();
        // The ledger knows the flights of a message; releases are looked for.
        if let Some(copy) = self.ledger.copy_of(FlightId(record.id)) {
            let flights = &self.ledger.copy(copy)?.flights;
            return flights
                .iter()
                .rfind(|flight| flight.0 < record.id)
                .map(|flight| flight.0);
        }
        let earlier = self.log.records(Cursor(record.id.0)).iter().rev();
        earlier
            .filter_map(|earlier| match &earlier.kind {
                RecordKind::Sent(flight) if (flight.from, flight.to) == (from, to) => {
                    let packet = flight.packet()?;
                    (packet.packet_type() == kind && packet.id() == Some(id)).then_some(earlier.id)
                }
                _ => None,
            })
            .next()
    }
}

/// A piece of state that one can ask about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The retained message of a topic.
    Retained(TopicName),
    /// The session that the broker has for a client, or no longer has.
    Session(NodeId),
    /// A subscription of a client.
    Subscription(NodeId, TopicFilter),
    /// A copy with its sender, as the ledger knows it.
    Copy(CopyId),
    /// Whether a client is connected.
    Connection(NodeId),
    /// What a device has done that one can see.
    Output(NodeId),
}

/// The record that made a piece of state what it is at a cursor: ask [`why`] about it.
#[must_use]
pub fn set_by(log: &Log, ledger: &Ledger, state: &State, cursor: Cursor) -> Option<RecordId> {
    if let State::Copy(copy) = state {
        let copy = ledger.copy(*copy)?;
        let end = copy.end.map(|end| end.record);
        let newest = copy.flights.last().map(|flight| flight.0);
        let known = [end, copy.released, newest, Some(copy.began)];
        return known
            .into_iter()
            .flatten()
            .filter(|id| cursor.includes(*id))
            .max();
    }
    let sets = |record: &&Record| match (&record.kind, state) {
        (RecordKind::Note(Note::Broker { note, .. }), State::Retained(wanted)) => {
            matches!(
                note.as_ref(),
                BrokerNote::RetainedKept { topic, .. }
                | BrokerNote::RetainedCleared { topic }
                | BrokerNote::RetainedExpired { topic } if topic == wanted
            )
        }
        (
            RecordKind::SessionStarted { client }
            | RecordKind::SessionResumed { client }
            | RecordKind::SessionEnded { client },
            State::Session(wanted),
        ) => *client == Some(*wanted),
        (RecordKind::Note(Note::Broker { client, note }), State::Subscription(wanted, filter)) => {
            *client == Some(*wanted)
                && matches!(
                    note.as_ref(),
                    BrokerNote::Subscribed { filter: found, .. }
                    | BrokerNote::SubscriptionRefused { filter: found, .. }
                    | BrokerNote::Unsubscribed { filter: found } if found.as_str() == filter.as_str()
                )
        }
        (
            RecordKind::ConnectionOpened { client, .. }
            | RecordKind::ConnectionClosed { client, .. },
            State::Connection(wanted),
        ) => client == wanted,
        (RecordKind::Effect(_), State::Output(wanted)) => record.node == Some(*wanted),
        _ => false,
    };
    let newest = log.records(cursor).iter().rev();
    newest.filter(sets).map(|record| record.id).next()
}

/// Why a subscriber did not get a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyNot {
    /// Why.
    pub reason: Reason,
    /// The facts behind it, oldest first; ask [`why`] about each.
    pub because: Vec<RecordId>,
    /// In a sentence, with names and times.
    pub text: String,
}

/// Why a subscriber did not get a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Its publisher never sent it: it could not, or was not running.
    NeverSent,
    /// It still waits at its publisher.
    WaitsAtPublisher,
    /// It was lost on the way to the broker, and nobody sends it again.
    LostBeforeBroker,
    /// It was lost on the way to the broker; its publisher sends it again when its session goes on (MQTT-4.4.0-1).
    LostBeforeBrokerAndKept,
    /// The publisher gave it up.
    GivenUpByPublisher,
    /// The publisher's server did not pass it on: the access list.
    NotPassedOn,
    /// The publisher's server did not pass it on: the topic is the broker's own.
    BrokersOwnTopic,
    /// The broker has not decided yet, or its copy is on the wire: the message is under way.
    UnderWay,
    /// Its copy has come to the subscriber's node, and the program there has not read it.
    NotRead,
    /// Its copy has come to a device outside, which has not acknowledged it.
    NotAcknowledged,
    /// The broker gave the subscriber no copy.
    NoCopy(NoCopy),
    /// Nothing that the subscriber had subscribed to at that moment matches.
    NotSubscribed,
    /// It subscribed too late.
    SubscribedLater,
    /// Its subscription had ended with its session.
    SessionEnded(SessionEnd),
    /// It had unsubscribed.
    Unsubscribed,
    /// Its subscription was refused.
    SubscriptionRefused(ReasonCode),
    /// The broker chose another member of the shared subscription.
    AnotherMember,
    /// Its copy waits at the broker.
    WaitsAtBroker,
    /// Its copy was lost on the way, and nobody sends it again.
    LostAfterBroker,
    /// Its copy was lost on the way; it will be sent again when the session goes on.
    LostAndKept,
    /// The broker gave its copy up.
    GivenUpByBroker(DropReason),
    /// Its session ended while the copy waited in it, or was under way.
    EndedWithSession(SessionEnd),
    /// The broker lost its memory, and the copy with it.
    Forgotten,
}

/// Why a node's application has not got a message, by the facts up to a cursor; `None` if it has, or if there is no such
/// message. The ledger must be the one at that cursor.
#[must_use]
pub fn why_not(log: &Log, ledger: &Ledger, id: MessageId, subscriber: NodeId) -> Option<WhyNot> {
    let message = ledger.message(id)?;
    if ledger.delivered(id, subscriber) > 0 {
        return None;
    }
    let asked = Asked {
        log,
        ledger,
        id,
        subscriber,
    };
    let (reason, because) = asked.reason()?;
    let text = asked.say(reason, &because);
    debug_assert!(message.deliveries.iter().all(|it| it.node != subscriber));
    Some(WhyNot {
        reason,
        because,
        text,
    })
}

struct Asked<'a> {
    log: &'a Log,
    ledger: &'a Ledger,
    id: MessageId,
    subscriber: NodeId,
}

impl Asked<'_> {
    fn reason(&self) -> Option<(Reason, Vec<RecordId>)> {
        let message = self.ledger.message(self.id)?;
        let to_me = self
            .ledger
            .copies_of(self.id)
            .filter(|(_, copy)| copy.to == self.subscriber)
            .last();
        if let Some((_, copy)) = to_me {
            return Some(self.of_copy(copy));
        }
        let withheld = message.withheld.iter();
        if let Some(withheld) = withheld.rev().find(|it| it.node == self.subscriber) {
            let mut because = Vec::from([withheld.record]);
            if withheld.why == NoCopy::Offline {
                because.extend(self.closed_before(withheld.record));
                because.sort_unstable();
            }
            return Some((Reason::NoCopy(withheld.why), because));
        }
        if let Some(record) = message.not_passed_on {
            let topic = message.topic.as_ref().map(TopicName::as_str);
            let reason = match topic.is_some_and(is_broker_topic) {
                true => Reason::BrokersOwnTopic,
                false => Reason::NotPassedOn,
            };
            return Some((reason, Vec::from([record])));
        }
        if let Some(routed) = message.routed.last() {
            return Some(self.of_subscriptions(*routed));
        }
        if let Some(record) = message.refused {
            return Some((Reason::NeverSent, Vec::from([record])));
        }
        let Some((_, copy)) = self.ledger.copies_of(self.id).last() else {
            return Some((
                Reason::NeverSent,
                self.down_before(message.record, message.by),
            ));
        };
        Some(match copy.end {
            Some(end) => match end.how {
                Ending::Lost => (Reason::LostBeforeBroker, Vec::from([end.record])),
                Ending::GivenUp(_) | Ending::Forgotten | Ending::SessionEnded(_) => {
                    (Reason::GivenUpByPublisher, Vec::from([end.record]))
                }
                Ending::Arrived | Ending::Settled => (Reason::UnderWay, Vec::from([end.record])),
            },
            None if copy.is_waiting() => (Reason::WaitsAtPublisher, Vec::from([copy.began])),
            None => match self.lost(copy) {
                Some(lost) => {
                    let reason = match self.publisher_keeps_session() {
                        true => Reason::LostBeforeBrokerAndKept,
                        false => Reason::LostBeforeBroker,
                    };
                    (reason, Vec::from([lost]))
                }
                None => (Reason::UnderWay, Vec::from([copy.began])),
            },
        })
    }

    /// The record of the loss of a copy's newest flight.
    fn lost(&self, copy: &MessageCopy) -> Option<RecordId> {
        let newest = copy.flights.last()?;
        let fate = self.log.fate(*newest, self.ledger.cursor())?;
        (!fate.arrived).then_some(fate.record)
    }

    /// The record of the arrival of a copy's newest flight.
    fn came(&self, copy: &MessageCopy) -> Option<RecordId> {
        let newest = copy.flights.last()?;
        let fate = self.log.fate(*newest, self.ledger.cursor())?;
        fate.arrived.then_some(fate.record)
    }

    /// Why what has come is not with the application.
    fn not_taken(&self) -> Reason {
        match self.log.tells(self.subscriber) {
            Some(Tells::Acknowledgement) => Reason::NotAcknowledged,
            _ => Reason::NotRead,
        }
    }

    fn of_copy(&self, copy: &MessageCopy) -> (Reason, Vec<RecordId>) {
        let lost = self.lost(copy);
        let with = |reason, record: RecordId| {
            let mut because: Vec<RecordId> = lost.into_iter().chain([record]).collect();
            because.sort_unstable();
            because.dedup();
            (reason, because)
        };
        match copy.end {
            Some(end) => match end.how {
                Ending::Lost => with(Reason::LostAfterBroker, end.record),
                Ending::GivenUp(why) => with(Reason::GivenUpByBroker(why), end.record),
                Ending::SessionEnded(why) => with(Reason::EndedWithSession(why), end.record),
                Ending::Forgotten => with(Reason::Forgotten, end.record),
                Ending::Arrived | Ending::Settled => {
                    let came = self.came(copy).unwrap_or(end.record);
                    with(self.not_taken(), came)
                }
            },
            None if copy.is_waiting() => with(Reason::WaitsAtBroker, copy.began),
            None => match (lost, self.came(copy)) {
                (Some(lost), _) => with(Reason::LostAndKept, lost),
                (None, Some(came)) => with(self.not_taken(), came),
                (None, None) => with(Reason::UnderWay, copy.began),
            },
        }
    }

    /// Whether the publisher's session goes on at its next connection: it outlives the last one, and has not ended since.
    fn publisher_keeps_session(&self) -> bool {
        let Some(message) = self.ledger.message(self.id) else {
            return false;
        };
        let records = self.log.records(self.ledger.cursor()).iter().rev();
        let mut asked = records.filter_map(|record| match &record.kind {
            RecordKind::Sent(flight) if flight.from == message.by => match flight.packet()? {
                Packet::Connect(connect) => Some(Lifetime::of(&connect).expiry),
                _ => None,
            },
            _ => None,
        });
        let Some(expiry) = asked.next() else {
            return false;
        };
        let connections = self.log.connections(message.by, self.ledger.cursor());
        let closed = connections.last().and_then(|newest| newest.closed);
        let ends = closed
            .and_then(|closed| self.log.record(closed))
            .and_then(|closed| expiry.ends(closed.at));
        let now = self.log.time(self.ledger.cursor());
        !expiry.is_at_close() && ends.is_none_or(|end| now < end)
    }

    fn publisher_is_connected(&self) -> bool {
        self.ledger.message(self.id).is_some_and(|message| {
            let connections = self.log.connections(message.by, self.ledger.cursor());
            connections
                .last()
                .is_some_and(|newest| newest.closed.is_none())
        })
    }

    /// When a client's newest connection before a record ended.
    fn closed_before(&self, record: RecordId) -> Option<RecordId> {
        let connections = self.log.connections(self.subscriber, Cursor(record.0));
        connections.last()?.closed
    }

    fn down_before(&self, record: RecordId, node: NodeId) -> Vec<RecordId> {
        let earlier = self.log.records(Cursor(record.0)).iter().rev();
        let state = earlier
            .filter(|it| it.node == Some(node))
            .find(|it| matches!(it.kind, RecordKind::NodeDown { .. } | RecordKind::NodeUp));
        state
            .filter(|it| matches!(it.kind, RecordKind::NodeDown { .. }))
            .map(|it| it.id)
            .into_iter()
            .chain([record])
            .collect()
    }

    /// The broker gave the message to its subscribers, and this client was none.
    fn of_subscriptions(&self, routed: RecordId) -> (Reason, Vec<RecordId>) {
        let Some(topic) = self.ledger.message(self.id).and_then(|it| it.topic.clone()) else {
            return (Reason::NotSubscribed, Vec::from([routed]));
        };
        let version = self.version();
        let mut last = None;
        for record in self.log.records(self.ledger.cursor()) {
            let RecordKind::Note(Note::Broker { client, note }) = &record.kind else {
                continue;
            };
            if *client != Some(self.subscriber) {
                continue;
            }
            let matching = |filter: &mqtt_proto::Text| fits(filter, &topic, version);
            // What was ended or refused before was not lost with the session.
            let had_one = last.is_some_and(|(reason, _)| {
                matches!(reason, Reason::NotSubscribed | Reason::AnotherMember)
            });
            let found = match note.as_ref() {
                BrokerNote::Subscribed { filter, .. } if matching(filter).is_some() => {
                    let shared = matching(filter) == Some(true);
                    if record.id > routed {
                        Reason::SubscribedLater
                    } else if shared {
                        Reason::AnotherMember
                    } else {
                        // It had one: then it got a copy, and we are not here.
                        Reason::NotSubscribed
                    }
                }
                BrokerNote::Unsubscribed { filter }
                    if record.id < routed && matching(filter).is_some() =>
                {
                    Reason::Unsubscribed
                }
                BrokerNote::SubscriptionRefused { filter, reason }
                    if record.id < routed && matching(filter).is_some() =>
                {
                    Reason::SubscriptionRefused(*reason)
                }
                BrokerNote::SessionEnded { why, .. } if record.id < routed && had_one => {
                    Reason::SessionEnded(*why)
                }
                _ => continue,
            };
            // What came later does not undo why there was none at that moment.
            if found == Reason::SubscribedLater && last.is_some() {
                break;
            }
            last = Some((found, record.id));
            if found == Reason::SubscribedLater {
                break;
            }
        }
        match last {
            Some((reason, record)) => {
                let mut because = Vec::from([routed, record]);
                because.sort_unstable();
                (reason, because)
            }
            None => (Reason::NotSubscribed, Vec::from([routed])),
        }
    }

    /// What the subscriber speaks.
    fn version(&self) -> Version {
        let records = self.log.records(self.ledger.cursor()).iter().rev();
        let spoken = records.filter_map(|record| match &record.kind {
            RecordKind::Sent(flight) if flight.from == self.subscriber => Some(flight.version),
            _ => None,
        });
        spoken.into_iter().next().unwrap_or(Version::V311)
    }

    /// The QoS that the subscriber was granted, by its newest matching subscription before the message was routed.
    fn granted(&self) -> Option<Qos> {
        let message = self.ledger.message(self.id)?;
        let (topic, routed) = (message.topic.as_ref()?, message.routed.last()?);
        let version = self.version();
        let records = self.log.records(Cursor(routed.0)).iter().rev();
        let mut granted = records.filter_map(|record| match &record.kind {
            RecordKind::Note(Note::Broker { client, note }) if *client == Some(self.subscriber) => {
                match note.as_ref() {
                    BrokerNote::Subscribed { filter, qos, .. } => {
                        fits(filter, topic, version).map(|_| *qos)
                    }
                    _ => None,
                }
            }
            _ => None,
        });
        granted.next()
    }

    /// Whether the broker held a copy back from a client that is connected. Its session says first that the copy waits,
    /// and the broker right behind it why.
    fn is_held_back(&self, because: &[RecordId]) -> bool {
        let Some(began) = because.last().and_then(|id| self.log.record(*id)) else {
            return false;
        };
        let behind = self
            .log
            .records_between(Cursor(began.id.0), self.ledger.cursor());
        let mut whys = behind
            .iter()
            .take_while(|it| it.at == began.at)
            .filter_map(|it| {
                let RecordKind::Note(Note::Broker { client, note }) = &it.kind else {
                    return None;
                };
                match note.as_ref() {
                    BrokerNote::CopyWaits { what, .. } if *client == Some(self.subscriber) => {
                        Some(*what)
                    }
                    _ => None,
                }
            });
        whys.next() == Some(Wait::SlowConnection)
    }

    fn at(&self, record: Option<&RecordId>) -> Time {
        let at = record.and_then(|id| self.log.record(*id));
        Time(at.map_or(Instant::ZERO, |it| it.at).since(Instant::ZERO))
    }

    fn say(&self, reason: Reason, because: &[RecordId]) -> String {
        let who = self.log.name(self.subscriber);
        let by = self
            .ledger
            .message(self.id)
            .map_or("?", |message| self.log.name(message.by));
        let (first, last) = (self.at(because.first()), self.at(because.last()));
        match reason {
            Reason::NeverSent => match because.last().and_then(|id| self.log.record(*id)) {
                Some(Record {
                    kind: RecordKind::Note(note),
                    ..
                }) => format!("not delivered: {by} never sent it at {last}, {note}"),
                _ => format!("not delivered: {by} was not running at {last}"),
            },
            Reason::WaitsAtPublisher => {
                let why = match self.publisher_is_connected() {
                    // Then it waits for acknowledgements, or for CONNACK.
                    true => "",
                    false => ", which is not connected",
                };
                format!("not delivered: it waits at {by} since {last}{why}")
            }
            Reason::LostBeforeBroker => {
                format!("not delivered: lost on the way to the broker at {last}")
            }
            Reason::LostBeforeBrokerAndKept => format!(
                "not delivered yet: lost on the way to the broker at {last}, and kept by {by} until its session goes on"
            ),
            Reason::GivenUpByPublisher => format!("not delivered: {by} gave it up at {last}"),
            Reason::NotPassedOn => {
                format!("not delivered: the access list did not let {by} publish it at {last}")
            }
            Reason::BrokersOwnTopic => format!(
                "not delivered: topics under $SYS are the broker's own, and {by} cannot publish there ({last})"
            ),
            Reason::UnderWay => format!("not delivered yet: it is under way since {last}"),
            Reason::NotRead => format!(
                "not delivered yet: it came to {who} at {last}, and the program there has not read it"
            ),
            Reason::NotAcknowledged => {
                format!(
                    "not delivered yet: it came to {who} at {last}, which has not acknowledged it"
                )
            }
            Reason::NoCopy(NoCopy::Offline) => {
                let granted = self.granted().map_or(0, Qos::bits);
                let published = self.ledger.message(self.id).map_or(0, |it| it.qos.bits());
                let qos = if granted == 0 {
                    format!("granted QoS {granted}")
                } else {
                    format!("published at QoS {published}")
                };
                format!("not delivered: {qos} and offline at {last}")
            }
            Reason::NoCopy(why) => format!("not delivered: no copy at {last}, {why}"),
            Reason::NotSubscribed => {
                format!("not delivered: {who} had no matching subscription at {last}")
            }
            Reason::SubscribedLater => {
                format!("not delivered: published at {first}, and {who} subscribed only at {last}")
            }
            Reason::SessionEnded(why) => {
                format!(
                    "not delivered: the subscription of {who} ended with its session at {first}, {why}"
                )
            }
            Reason::Unsubscribed => format!("not delivered: {who} had unsubscribed at {first}"),
            Reason::SubscriptionRefused(code) => {
                format!("not delivered: the subscription of {who} was refused at {first}, {code}")
            }
            Reason::AnotherMember => {
                // Which need not have got it: its queue may have been full.
                format!(
                    "not delivered: the broker chose another member of the shared subscription at {last}"
                )
            }
            Reason::WaitsAtBroker if self.is_held_back(because) => format!(
                "not delivered yet: it waits in the session of {who} since {last}, whose connection is slow"
            ),
            Reason::WaitsAtBroker => {
                format!("not delivered yet: it waits in the session of {who} since {last}")
            }
            Reason::LostAfterBroker => {
                format!(
                    "not delivered: lost on the way to {who} at {last}, and QoS 0 is not sent again"
                )
            }
            Reason::LostAndKept => format!(
                "not delivered yet: lost on the way to {who} at {last}, and kept until its session goes on"
            ),
            Reason::GivenUpByBroker(why) => {
                format!("not delivered: the broker gave the copy for {who} up at {last}, {why}")
            }
            Reason::EndedWithSession(why) => {
                format!("not delivered: the session of {who} ended at {last}, {why}")
            }
            Reason::Forgotten => {
                format!("not delivered: the broker started with an empty memory at {last}")
            }
        }
    }
}

/// Whether a filter matches a topic, and if so, whether it is a shared subscription.
fn fits(filter: &mqtt_proto::Text, topic: &TopicName, version: Version) -> Option<bool> {
    let filter = TopicFilter::new(filter.clone()).ok()?;
    if version == Version::V5
        && let Ok(Some((_, levels))) = filter.share()
    {
        let levels = TopicFilter::try_from(levels).ok()?;
        return levels.matches(topic).then_some(true);
    }
    filter.matches(topic).then_some(false)
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Itself => "is asked about",
            Self::Cause => "made it happen",
            Self::Before => "was the first time",
            Self::Missing => "is missing",
        })
    }
}
