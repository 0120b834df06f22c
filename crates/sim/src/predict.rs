//! Questions about what comes next, made from a run: the right answer is computed by letting the world go on, wrong ones
//! are what a known misconception would have happen.
//!
//! Nothing here draws or tells: whoever asks shows a [`Question`], takes an answer and shows the correction.

use crate::id::{Cursor, FlightId, NodeId, RecordId};
use crate::ledger::{Ledger, Message, MessageId, Origin};
use crate::log::{Log, NodeRole};
use crate::record::{Flight, Note, RecordKind};
use crate::recording::Recording;
use crate::rng::Rng;
use crate::scenario::{Misconception, NodeKind, SessionSpec, Time};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use mqtt_broker::Note as BrokerNote;
use mqtt_proto::packet::PacketType;
use mqtt_proto::{Duration, Instant, Packet, Qos, TopicName, longest_silence};

/// A question about what comes after a cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What kind of question it is.
    pub kind: Kind,
    /// The place at which it is to be asked: nothing in it comes from behind that place.
    pub at: Cursor,
    /// The question.
    pub asked: Asked,
    /// What can be answered: at least two, all different, in an order that says nothing.
    pub options: Vec<Choice>,
    /// The place of the right one.
    pub right: usize,
    /// The place in the run without further acts at which the answer shows.
    pub shows_at: Cursor,
}

/// A kind of question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Which packet is sent next?
    NextPacket,
    /// How often does a subscriber get a message?
    HowOften,
    /// At which QoS does it arrive?
    WhichQos,
    /// Who gets it?
    WhoReceives,
    /// When does the will fire?
    WillFires,
    /// Is it sent again?
    SentAgain,
    /// How many messages does a new subscriber get at once?
    HowManyRetained,
    /// Which RETAIN flag does a subscriber see?
    RetainFlag,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::NextPacket,
        Self::HowOften,
        Self::WhichQos,
        Self::WhoReceives,
        Self::WillFires,
        Self::SentAgain,
        Self::HowManyRetained,
        Self::RetainFlag,
    ];

    /// Its word in scenario files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NextPacket => "next-packet",
            Self::HowOften => "how-often",
            Self::WhichQos => "which-qos",
            Self::WhoReceives => "who-receives",
            Self::WillFires => "will-fires",
            Self::SentAgain => "sent-again",
            Self::HowManyRetained => "how-many-retained",
            Self::RetainFlag => "retain-flag",
        }
    }
}

/// What is asked, with the names that it speaks of. `Display` says it in English.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "the kinds of questions say what they ask; the fields are who and what they ask about"
)]
pub enum Asked {
    NextPacket {
        who: String,
        packet: String,
    },
    WhoReceives {
        by: String,
        message: Mention,
    },
    HowOften {
        who: String,
        message: Mention,
    },
    WhichQos {
        message: Mention,
        published: u8,
        who: String,
        granted: u8,
    },
    RetainFlag {
        message: Mention,
        who: String,
    },
    SentAgain {
        from: String,
        packet: String,
        topic: String,
        to: String,
    },
    WillFires {
        now: Duration,
        who: String,
    },
    HowManyRetained {
        who: String,
        filter: String,
    },
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NextPacket { who, packet } => {
                write!(f, "{who} has sent {packet}. Which packet is sent next?")
            }
            Self::WhoReceives { by, message } => {
                write!(f, "{by} publishes {message}. Who gets it in the end?")
            }
            Self::HowOften { who, message } => {
                write!(f, "How often does {who} get {message} in the end?")
            }
            Self::WhichQos {
                message,
                published,
                who,
                granted,
            } => write!(
                f,
                "{message} was published at QoS {published}, and {who} was granted QoS {granted}. At which QoS does it arrive?"
            ),
            Self::RetainFlag { message, who } => write!(
                f,
                "{message} is published with RETAIN 1. Which RETAIN flag does {who} see?"
            ),
            Self::SentAgain {
                from,
                packet,
                topic,
                to,
            } => write!(
                f,
                "{from} has sent {packet} on {topic} to {to} and waits for the answer. Is it sent again?"
            ),
            Self::WillFires { now, who } => write!(
                f,
                "It is {}, and {who} has a will. When does the broker publish it?",
                Time(*now)
            ),
            Self::HowManyRetained { who, filter } => write!(
                f,
                "{who} subscribes to {filter}. How many retained messages come at once?"
            ),
        }
    }
}

/// A message in a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The topic.
    pub topic: String,
    /// The payload, if it is short text.
    pub payload: Option<String>,
}

impl fmt::Display for Mention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.payload {
            Some(payload) => write!(f, "\"{payload}\" on {}", self.topic),
            None => write!(f, "the message on {}", self.topic),
        }
    }
}

/// An answer, with the names that it speaks of. `Display` says it in English.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// This packet: its name, from whom, to whom.
    Packet(&'static str, String, String),
    /// No packet any more.
    NoPacket,
    /// So often.
    Times(usize),
    /// So many.
    Count(usize),
    /// At this quality of service, 0 to 2.
    Qos(u8),
    /// These nodes.
    Nodes(Vec<String>),
    /// At this time since the start of the run, or never.
    At(Option<Duration>),
    /// Again, after a while, over the same connection.
    AgainOnTimer,
    /// Again, when the session goes on.
    AgainOnResume,
    /// Not again.
    NotAgain,
    /// With this RETAIN flag.
    Retain(bool),
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Packet(name, from, to) => write!(f, "{name} from {from} to {to}"),
            Self::NoPacket => f.write_str("No packet any more"),
            Self::Times(0) => f.write_str("Not at all"),
            Self::Times(1) => f.write_str("Once"),
            Self::Times(2) => f.write_str("Twice"),
            Self::Times(times) => write!(f, "{times} times"),
            Self::Count(0) => f.write_str("None"),
            Self::Count(count) => write!(f, "{count}"),
            Self::Qos(qos) => write!(f, "QoS {qos}"),
            Self::Nodes(nodes) if nodes.is_empty() => f.write_str("Nobody"),
            Self::Nodes(nodes) => f.write_str(&nodes.join(", ")),
            Self::At(Some(at)) => write!(f, "At {}", Time(*at)),
            Self::At(None) => f.write_str("Never"),
            Self::AgainOnTimer => f.write_str("Yes, after a while, over the same connection"),
            Self::AgainOnResume => {
                f.write_str("Yes, when the session goes on over a new connection")
            }
            Self::NotAgain => f.write_str("No"),
            Self::Retain(flag) => write!(f, "RETAIN {}", u8::from(*flag)),
        }
    }
}

/// One of the answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What it says.
    pub told: Told,
    /// Whoever chooses it may believe this; `None` for the right one.
    pub belief: Option<Misconception>,
}

impl Misconception {
    /// What is so instead, in one sentence.
    #[must_use]
    pub const fn correction(self) -> &'static str {
        match self {
            Self::ResentOnTimer => {
                "TCP loses no bytes of a living connection, so only a resumed session has to send again: at any other time \
                 5.0 forbids it, and 3.1.1 does not ask for it."
            }
            Self::QosEndToEnd => {
                "QoS holds for one hop: the publisher's acknowledgement comes from the broker, and no subscriber has \
                 acknowledged anything by it."
            }
            Self::SubscribingSetsQos => {
                "A subscription's QoS is an upper limit: a message arrives at the lower one of the published and the \
                 granted QoS."
            }
            Self::RetainSaysStored => {
                "RETAIN is 1 on what a new subscription is sent from the store; a live copy has RETAIN 0 though the broker \
                 stores the message, unless a 5.0 subscription asks for Retain As Published."
            }
            Self::RetainedIsHistory => {
                "The broker keeps one retained message for each topic: the last one replaces those before."
            }
            Self::SessionIsEnough => {
                "A kept session has to queue only what was published and granted at QoS 1 or 2, and only for subscriptions \
                 that it already has."
            }
            Self::QueueWaitsForSubscribe => {
                "The subscription is part of the kept session: queued messages come right after CONNACK, without a new \
                 SUBSCRIBE."
            }
            Self::WillOnAnyEnd => {
                "A plain DISCONNECT deletes the will, and a silent client is missed only after one and a half times its \
                 keep alive."
            }
            Self::WillIsEnough => {
                "Without a keep alive nobody notices that a client is silent: its connection looks alive, and the will \
                 waits."
            }
            Self::ClientPingsForMe => {
                "A client has to send PINGREQ only if there is a keep alive and nothing else was sent in time, and some libraries \
                 leave it to the program."
            }
            Self::SleepIsOffline => {
                "A sleeping device that said no goodbye is still connected for its broker, until one and a half times its keep \
                 alive is over."
            }
            Self::IdsMayBeShared => {
                "One client identifier has one connection: who connects second throws the first one out."
            }
            Self::OnceOnTheWire => {
                "QoS 2 takes four packets and may send PUBLISH more than once: exactly once is the delivery, not the \
                 packet."
            }
            Self::DupMeansDuplicate => {
                "DUP says that the packet may have been sent before, not that the receiver has it: it may be the first copy \
                 that arrives, and at QoS 1 it is delivered in any case."
            }
            Self::LibraryDoesQos2 => {
                "Not every library speaks QoS 2: umqtt.simple, for one, gives up with an assertion."
            }
            Self::BrowserOpensTcp => {
                "A page has no TCP: it reaches a broker over WebSocket, at ws:// or wss://."
            }
            Self::PublisherKnowsSubscribers => {
                "A publisher sends one packet to the broker, which decides by topic and filters who gets a copy."
            }
            Self::FiltersAreExact => {
                "In a filter + stands for one level of a topic and # for all that follow, or none."
            }
        }
    }
}

/// An answer as a fact: two options are equal if these are.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    Packet(PacketType, NodeId, NodeId),
    NoPacket,
    Times(usize),
    Count(usize),
    Level(Qos),
    Nodes(Vec<NodeId>),
    Fires(Option<Instant>),
    Again(Again),
    Flag(bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    OnTimer,
    OnResume,
    Never,
}

/// Every question that can be asked about a run at a place, in the order of their kinds. The same run, place and seed give
/// the same questions.
///
/// The future is the one in which nobody does anything more. It is computed anew, so a question costs a run.
#[must_use]
pub fn questions(recording: &Recording, at: Cursor, seed: u64) -> Vec<Question> {
    let mut future = recording.fork(at);
    let at = future.log().end();
    future.run_to_end();
    let log = future.log();
    let asker = Asker {
        log,
        future: &future,
        at,
        now: Ledger::at(log, at),
        then: Ledger::at(log, log.end()),
        rng: Rng::stream(seed, u64::from(at.0)),
        found: Vec::new(),
    };
    asker.ask()
}

/// The first question of a kind at a place, if there is one, in the order of the run's own seed.
#[must_use]
pub fn question(recording: &Recording, at: Cursor, kind: Kind) -> Option<Question> {
    questions(recording, at, recording.seed())
        .into_iter()
        .find(|question| question.kind == kind)
}

struct Asker<'a> {
    log: &'a Log,
    future: &'a Recording,
    at: Cursor,
    /// The ledger at the place.
    now: Ledger,
    /// The ledger at the end.
    then: Ledger,
    rng: Rng,
    found: Vec<Question>,
}

type Wrong = (Answer, Misconception);

impl Asker<'_> {
    fn ask(mut self) -> Vec<Question> {
        self.next_packet();
        self.about_newest_message();
        self.about_wills();
        self.about_retained();
        self.found
    }

    /// Puts a question together, if there is a wrong answer that differs from the right one.
    fn add(
        &mut self,
        kind: Kind,
        asked: Asked,
        right: Answer,
        shows_at: Cursor,
        wrong: Vec<Wrong>,
    ) {
        const WRONG_MAX: usize = 3;
        let mut answers: Vec<(Answer, Option<Misconception>)> = Vec::from([(right, None)]);
        for (answer, misconception) in wrong {
            if answers.len() <= WRONG_MAX && answers.iter().all(|(known, _)| *known != answer) {
                answers.push((answer, Some(misconception)));
            }
        }
        // Nor is there a question about what is known already.
        if answers.len() < 2 || shows_at <= self.at {
            return;
        }
        let mut options: Vec<Choice> = Vec::new();
        let mut right = 0;
        for (answer, misconception) in answers {
            let place = self.rng.below(options.len() as u64 + 1);
            let place = usize::try_from(place).unwrap_or(0);
            let choice = Choice {
                told: self.say(&answer),
                belief: misconception,
            };
            if misconception.is_none() {
                right = place;
            } else if place <= right {
                right += 1;
            }
            options.insert(place, choice);
        }
        self.found.push(Question {
            kind,
            at: self.at,
            asked,
            options,
            right,
            shows_at,
        });
    }

    fn name(&self, node: NodeId) -> String {
        self.log.name(node).to_string()
    }

    fn say(&self, answer: &Answer) -> Told {
        match answer {
            Answer::Packet(kind, from, to) => {
                Told::Packet(kind.name(), self.name(*from), self.name(*to))
            }
            Answer::NoPacket => Told::NoPacket,
            Answer::Times(times) => Told::Times(*times),
            Answer::Count(count) => Told::Count(*count),
            Answer::Level(qos) => Told::Qos(qos.bits()),
            Answer::Nodes(nodes) => Told::Nodes(nodes.iter().map(|it| self.name(*it)).collect()),
            Answer::Fires(at) => Told::At(at.map(|at| rounded(at).since(Instant::ZERO))),
            Answer::Again(Again::OnTimer) => Told::AgainOnTimer,
            Answer::Again(Again::OnResume) => Told::AgainOnResume,
            Answer::Again(Again::Never) => Told::NotAgain,
            Answer::Flag(flag) => Told::Retain(*flag),
        }
    }

    /// The first packet after a place.
    fn sent_after(&self, at: Cursor) -> Option<(RecordId, &Flight)> {
        let behind = self.log.records_between(at, self.log.end());
        behind.iter().find_map(|record| match &record.kind {
            RecordKind::Sent(flight) => Some((record.id, flight)),
            _ => None,
        })
    }

    fn next_packet(&mut self) {
        let newest = self.log.records(self.at).iter().rev();
        let newest = newest.into_iter().find_map(|record| match &record.kind {
            RecordKind::Sent(flight) => Some(flight.clone()),
            _ => None,
        });
        let Some(flight) = newest else {
            return;
        };
        let Some(packet) = flight.packet() else {
            return;
        };
        let (right, shows_at) = match self.sent_after(self.at) {
            Some((record, next)) => {
                let Some(packet) = next.packet() else { return };
                let right = Answer::Packet(packet.packet_type(), next.from, next.to);
                (right, Cursor::after(record))
            }
            None => (Answer::NoPacket, self.log.end()),
        };
        let mut wrong: Vec<Wrong> = Vec::new();
        let (from, to) = (flight.from, flight.to);
        match &packet {
            Packet::Publish(publish) => {
                let subscriber = self.subscribers().next();
                let end = subscriber.unwrap_or(to);
                if publish.delivery.qos() > Qos::AtMostOnce {
                    wrong.push((
                        Answer::Packet(PacketType::Publish, from, to),
                        Misconception::ResentOnTimer,
                    ));
                }
                if end != to {
                    let ack = match publish.delivery.qos() {
                        Qos::ExactlyOnce => PacketType::PubRec,
                        _ => PacketType::PubAck,
                    };
                    wrong.push((Answer::Packet(ack, end, from), Misconception::QosEndToEnd));
                }
                if publish.delivery.qos() == Qos::ExactlyOnce {
                    wrong.push((Answer::NoPacket, Misconception::OnceOnTheWire));
                }
            }
            Packet::PubRec(_) | Packet::PubRel(_) => {
                let sender = if packet.packet_type() == PacketType::PubRec {
                    (to, from)
                } else {
                    (from, to)
                };
                wrong.push((
                    Answer::Packet(PacketType::Publish, sender.0, sender.1),
                    Misconception::ResentOnTimer,
                ));
                wrong.push((Answer::NoPacket, Misconception::OnceOnTheWire));
            }
            Packet::Connect(_) | Packet::ConnAck(_) => {
                let client = if self.is_broker(from) { to } else { from };
                let broker = if self.is_broker(from) { from } else { to };
                if self.keeps_session(client) {
                    wrong.push((
                        Answer::Packet(PacketType::Subscribe, client, broker),
                        Misconception::QueueWaitsForSubscribe,
                    ));
                }
                wrong.push((
                    Answer::Packet(PacketType::PingReq, client, broker),
                    Misconception::ClientPingsForMe,
                ));
            }
            _ => {}
        }
        let asked = Asked::NextPacket {
            who: self.name(from),
            packet: format!("{}{}", packet.packet_type().name(), id_of(&packet)),
        };
        self.add(Kind::NextPacket, asked, right, shows_at, wrong);
    }

    fn is_broker(&self, node: NodeId) -> bool {
        let info = self.log.nodes().get(usize::from(node.0));
        info.is_some_and(|info| info.role == NodeRole::Broker)
    }

    fn device(&self, node: NodeId) -> Option<&crate::scenario::DeviceSpec> {
        match &self.future.scenario().nodes.get(usize::from(node.0))?.kind {
            NodeKind::Device(device) => Some(device),
            NodeKind::Broker | NodeKind::Remote(_) => None,
        }
    }

    fn keeps_session(&self, node: NodeId) -> bool {
        self.device(node)
            .is_some_and(|device| device.session == SessionSpec::Kept)
    }

    fn devices(&self) -> impl Iterator<Item = NodeId> + use<'_> {
        let nodes = (0_u16..).zip(self.log.nodes()).map(|(id, _)| NodeId(id));
        nodes.filter(|node| !self.is_broker(*node))
    }

    /// Who has a subscription at the place, by what the broker said.
    fn subscribers(&self) -> impl Iterator<Item = NodeId> + use<'_> {
        self.devices()
            .filter(|node| !self.filters(*node).is_empty())
    }

    /// A client's subscriptions at the place: filter and QoS granted.
    fn filters(&self, node: NodeId) -> Vec<(mqtt_proto::TopicFilter, Qos)> {
        let mut filters: Vec<(mqtt_proto::TopicFilter, Qos)> = Vec::new();
        for record in self.log.records(self.at) {
            let RecordKind::Note(Note::Broker { client, note }) = &record.kind else {
                if matches!(&record.kind, RecordKind::Note(Note::Forgot))
                    && record.node.is_some_and(|node| self.is_broker(node))
                {
                    filters.clear();
                }
                continue;
            };
            if *client != Some(node) {
                continue;
            }
            match note.as_ref() {
                BrokerNote::Subscribed { filter, qos, .. } => {
                    if let Ok(filter) = mqtt_proto::TopicFilter::new(filter.clone()) {
                        filters.retain(|(known, _)| *known != filter);
                        filters.push((filter, *qos));
                    }
                }
                BrokerNote::Unsubscribed { filter } => {
                    filters.retain(|(known, _)| known.as_str() != filter.as_str());
                }
                BrokerNote::SessionEnded { .. } => filters.clear(),
                _ => {}
            }
        }
        filters
    }

    /// The QoS at which a client's subscriptions take a topic.
    fn granted(&self, node: NodeId, topic: &TopicName) -> Option<Qos> {
        let filters = self.filters(node).into_iter();
        let matching = filters.filter(|(filter, _)| filter.matches(topic));
        matching.map(|(_, qos)| qos).max()
    }

    /// Whether a client is connected at the place.
    fn is_connected(&self, node: NodeId) -> bool {
        let last = self.log.connections(node, self.at).last();
        last.is_some_and(|span| span.closed.is_none())
    }

    /// The newest message that was published before the place.
    fn newest(&self) -> Option<(MessageId, &Message)> {
        let messages = (0_u32..).zip(self.now.messages());
        let published = messages.filter(|(_, message)| {
            matches!(message.origin, Origin::Published | Origin::Own) && message.topic.is_some()
        });
        let (id, message) = published.last()?;
        Some((MessageId(id), message))
    }

    fn about_newest_message(&mut self) {
        let Some((id, message)) = self.newest() else {
            return;
        };
        let message = message.clone();
        let Some(topic) = message.topic.clone() else {
            return;
        };
        // Who gets it is settled when the broker has routed it; before that it is worth asking.
        if message.routed.is_empty() && message.refused.is_none() {
            self.who_receives(id, &message, &topic);
        }
        let open: Vec<NodeId> = self
            .devices()
            .filter(|node| *node != message.by && self.granted(*node, &topic).is_some())
            .collect();
        for node in open {
            self.how_often(id, &message, &topic, node);
            self.which_qos(id, &message, &topic, node);
            self.retain_flag(id, &message, &topic, node);
        }
        self.sent_again(id, &message);
    }

    fn who_receives(&mut self, id: MessageId, message: &Message, topic: &TopicName) {
        let receivers: Vec<NodeId> = self
            .devices()
            .filter(|node| self.then.delivered(id, *node) > 0)
            .collect();
        let subscribed: Vec<NodeId> = self
            .devices()
            .filter(|node| self.granted(*node, topic).is_some())
            .collect();
        let here: Vec<NodeId> = subscribed
            .iter()
            .copied()
            .filter(|node| self.is_connected(*node))
            .collect();
        let kept: Vec<NodeId> = self
            .devices()
            .filter(|node| subscribed.contains(node) || self.would_subscribe(*node, topic))
            .collect();
        let wrong = Vec::from([
            (Answer::Nodes(here), Misconception::QueueWaitsForSubscribe),
            (Answer::Nodes(subscribed), Misconception::SessionIsEnough),
            (Answer::Nodes(kept), Misconception::SleepIsOffline),
        ]);
        let shows_at = self.last_delivery(id);
        let asked = Asked::WhoReceives {
            by: self.name(message.by),
            message: mention(message, topic),
        };
        self.add(
            Kind::WhoReceives,
            asked,
            Answer::Nodes(receivers),
            shows_at,
            wrong,
        );
    }

    /// Whether a device subscribes to a topic when it connects.
    fn would_subscribe(&self, node: NodeId, topic: &TopicName) -> bool {
        self.device(node).is_some_and(|device| {
            let wanted = device.subscriptions.iter();
            wanted.clone().any(|wanted| wanted.filter.matches(topic))
        })
    }

    fn last_delivery(&self, id: MessageId) -> Cursor {
        let message = self.then.message(id);
        let last = message.and_then(|message| message.deliveries.last());
        last.map_or(self.log.end(), |last| Cursor::after(last.record))
    }

    fn how_often(&mut self, id: MessageId, message: &Message, topic: &TopicName, node: NodeId) {
        let times = self.then.delivered(id, node);
        let granted = self.granted(node, topic).unwrap_or_default();
        let lowest = message.qos.min(granted);
        let mut wrong: Vec<Wrong> = Vec::new();
        let offline = !self.is_connected(node);
        match (lowest, times) {
            // It is lost, and people expect that it is sent again, or that the session had kept it.
            (Qos::AtMostOnce, 0) if offline => {
                wrong.push((Answer::Times(1), Misconception::SessionIsEnough));
            }
            (_, 0) => {
                wrong.push((Answer::Times(1), Misconception::ResentOnTimer));
            }
            (_, 1) if offline => {
                wrong.push((Answer::Times(0), Misconception::QueueWaitsForSubscribe));
                wrong.push((Answer::Times(2), Misconception::ResentOnTimer));
            }
            (Qos::ExactlyOnce, 1) => {
                wrong.push((Answer::Times(2), Misconception::ResentOnTimer));
                wrong.push((Answer::Times(0), Misconception::OnceOnTheWire));
            }
            (_, 1) => wrong.push((Answer::Times(2), Misconception::ResentOnTimer)),
            _ => {
                wrong.push((Answer::Times(1), Misconception::DupMeansDuplicate));
                wrong.push((Answer::Times(times + 1), Misconception::ResentOnTimer));
            }
        }
        let asked = Asked::HowOften {
            who: self.name(node),
            message: mention(message, topic),
        };
        // Known when the last copy is done with.
        let ends = self.then.copies_of(id).filter(|(_, copy)| copy.to == node);
        let ends = ends.map(|(_, copy)| {
            copy.end
                .map_or(self.log.end(), |end| Cursor::after(end.record))
        });
        let shows_at = ends.fold(self.last_delivery(id), Cursor::max);
        self.add(Kind::HowOften, asked, Answer::Times(times), shows_at, wrong);
    }

    fn which_qos(&mut self, id: MessageId, message: &Message, topic: &TopicName, node: NodeId) {
        let Some(granted) = self.granted(node, topic) else {
            return;
        };
        let behind = self.then.message(id).map(|it| it.deliveries.as_slice());
        let first = behind
            .unwrap_or_default()
            .iter()
            .find(|delivery| delivery.node == node && !self.at.includes(delivery.record));
        let Some(first) = first else { return };
        let Some(right) = self.then.copy(first.copy).and_then(|copy| copy.qos) else {
            return;
        };
        let wrong = Vec::from([
            (Answer::Level(message.qos), Misconception::QosEndToEnd),
            (Answer::Level(granted), Misconception::SubscribingSetsQos),
        ]);
        let asked = Asked::WhichQos {
            message: mention(message, topic),
            published: message.qos.bits(),
            who: self.name(node),
            granted: granted.bits(),
        };
        let shows_at = Cursor::after(first.record);
        self.add(Kind::WhichQos, asked, Answer::Level(right), shows_at, wrong);
    }

    fn retain_flag(&mut self, id: MessageId, message: &Message, topic: &TopicName, node: NodeId) {
        if !message.retain {
            return;
        }
        let behind = self.then.message(id).map(|it| it.deliveries.as_slice());
        let first = behind
            .unwrap_or_default()
            .iter()
            .find(|delivery| delivery.node == node && !self.at.includes(delivery.record));
        let Some(first) = first else { return };
        let Some(RecordKind::Delivered(delivered)) =
            self.log.record(first.record).map(|record| &record.kind)
        else {
            return;
        };
        let right = Answer::Flag(delivered.retain);
        let wrong = Vec::from([(
            Answer::Flag(!delivered.retain),
            Misconception::RetainSaysStored,
        )]);
        let asked = Asked::RetainFlag {
            message: mention(message, topic),
            who: self.name(node),
        };
        self.add(
            Kind::RetainFlag,
            asked,
            right,
            Cursor::after(first.record),
            wrong,
        );
    }

    /// Is the newest copy that is open sent again?
    fn sent_again(&mut self, id: MessageId, message: &Message) {
        let open = self.now.copies_of(id).filter(|(_, copy)| {
            copy.end.is_none()
                && copy.released.is_none()
                && !copy.flights.is_empty()
                && copy.qos != Some(Qos::AtMostOnce)
        });
        let Some((copy_id, copy)) = open.last() else {
            return;
        };
        let (from, to) = (copy.from, copy.to);
        let known = copy.flights.len();
        let qos = copy.qos.unwrap_or_default();
        let flights = self.then.copy(copy_id).map(|copy| copy.flights.clone());
        let next = flights.and_then(|flights| flights.get(known).copied());
        let (right, shows_at) = match next {
            Some(flight) => {
                let same = self.connection_of(flight)
                    == copy
                        .flights
                        .last()
                        .and_then(|last| self.connection_of(*last));
                let again = if same {
                    Again::OnTimer
                } else {
                    Again::OnResume
                };
                (again, Cursor::after(flight.0))
            }
            None => (Again::Never, self.log.end()),
        };
        let never = match qos {
            Qos::ExactlyOnce => Misconception::OnceOnTheWire,
            _ => Misconception::DupMeansDuplicate,
        };
        let mut wrong = Vec::from([(Answer::Again(Again::OnTimer), Misconception::ResentOnTimer)]);
        if right == Again::OnResume {
            wrong.push((Answer::Again(Again::Never), never));
        }
        let topic = message.topic.as_ref().map_or("", |topic| topic.as_str());
        let id = copy.id.map_or_else(String::new, |id| format!(" {id}"));
        let asked = Asked::SentAgain {
            from: self.name(from),
            packet: format!("PUBLISH{id}"),
            topic: topic.to_string(),
            to: self.name(to),
        };
        self.add(
            Kind::SentAgain,
            asked,
            Answer::Again(right),
            shows_at,
            wrong,
        );
    }

    fn connection_of(&self, flight: FlightId) -> Option<RecordId> {
        Some(self.log.flight(flight)?.connection)
    }

    fn about_wills(&mut self) {
        let candidates: Vec<NodeId> = self
            .devices()
            .filter(|node| self.device(*node).is_some_and(|it| it.will.is_some()))
            .filter(|node| self.had_trouble(*node))
            .collect();
        for node in candidates {
            self.will_fires(node);
        }
    }

    /// Whether something that has to do with its will has happened and its will has neither fired nor been deleted since.
    fn had_trouble(&self, node: NodeId) -> bool {
        let mut trouble = false;
        for record in self.log.records(self.at) {
            match &record.kind {
                RecordKind::NodeDown { .. } if record.node == Some(node) => trouble = true,
                RecordKind::LinkCut { link } | RecordKind::LinkSilent { link, .. }
                    if self.log.link(*link).is_some_and(|it| it.a == node) =>
                {
                    trouble = true;
                }
                RecordKind::Sent(flight)
                    if flight.from == node
                        && matches!(flight.packet(), Some(Packet::Disconnect(_))) =>
                {
                    trouble = true;
                }
                RecordKind::Note(Note::Broker { client, note }) if *client == Some(node) => {
                    match note.as_ref() {
                        BrokerNote::WillPublished { .. }
                        | BrokerNote::WillDiscarded { .. }
                        | BrokerNote::Accepted { .. } => trouble = false,
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        trouble
    }

    fn will_fires(&mut self, node: NodeId) {
        let behind = self.log.records_between(self.at, self.log.end());
        let fires = behind.iter().find(|record| {
            matches!(&record.kind, RecordKind::Note(Note::Broker { client, note })
                if *client == Some(node) && matches!(note.as_ref(), BrokerNote::WillPublished { .. }))
        });
        let now = self.log.time(self.at);
        let keep_alive = self.device(node).map_or(0, |device| device.keep_alive_secs);
        let heard = self.last_heard(node);
        let (right, shows_at) = match fires {
            Some(record) => (Some(record.at), Cursor::after(record.id)),
            None => (None, self.log.end()),
        };
        // What waits on the wire, and the microsecond by which a silence is longer than allowed, make no other answer.
        let same = Duration::from_millis(500);
        let is_right = |wrong: Instant| {
            right.is_some_and(|right| right <= wrong + same && wrong <= right + same)
        };
        let mut wrong: Vec<Wrong> = Vec::new();
        if !is_right(now) {
            wrong.push((Answer::Fires(Some(now)), Misconception::WillOnAnyEnd));
        }
        let (silence, belief) = match keep_alive {
            // Something like it is bound to be there.
            0 => (60, Misconception::WillIsEnough),
            secs => (secs, Misconception::WillOnAnyEnd),
        };
        let missed = heard + longest_silence(Duration::from_secs(u64::from(silence)));
        let is_now = missed <= now + same && now <= missed + same;
        if !is_right(missed) && !is_now {
            wrong.push((Answer::Fires(Some(missed)), belief));
        }
        let asked = Asked::WillFires {
            now: now.since(Instant::ZERO),
            who: self.name(node),
        };
        self.add(
            Kind::WillFires,
            asked,
            Answer::Fires(right),
            shows_at,
            wrong,
        );
    }

    /// When the broker last heard of a client.
    fn last_heard(&self, node: NodeId) -> Instant {
        let newest = self.log.records(self.at).iter().rev();
        let heard = newest.filter(|record| match record.kind {
            RecordKind::Arrived { flight } => self
                .log
                .flight(flight)
                .is_some_and(|flight| flight.from == node),
            _ => false,
        });
        heard.map(|record| record.at).next().unwrap_or_default()
    }

    /// A subscription is under way, and there is something retained for it, or was.
    fn about_retained(&mut self) {
        let newest = self.log.records(self.at).iter().rev();
        let newest = newest.into_iter().find_map(|record| match &record.kind {
            RecordKind::Sent(flight) => Some(flight.clone()),
            _ => None,
        });
        let Some(flight) = newest else { return };
        let Some(Packet::Subscribe(subscribe)) = flight.packet() else {
            return;
        };
        let Some((filter, _)) = subscribe.filters.iter().next() else {
            return;
        };
        let published = self.now.messages().iter().filter(|message| {
            let topic = message.topic.as_ref();
            message.retain && topic.is_some_and(|topic| filter.matches(topic))
        });
        let published = published.count();
        if published == 0 {
            return;
        }
        let behind = self.log.records_between(self.at, self.log.end());
        let sent_retained = behind.iter().find_map(|record| match &record.kind {
            RecordKind::Note(Note::Broker { client, note }) if *client == Some(flight.from) => {
                match note.as_ref() {
                    BrokerNote::RetainedSent {
                        filter: of, count, ..
                    } if of.as_str() == filter.as_str() => Some((record.id, *count)),
                    _ => None,
                }
            }
            _ => None,
        });
        let (shows_at, count) = match sent_retained {
            Some((record, count)) => (Cursor::after(record), usize::try_from(count).unwrap_or(0)),
            None => (self.log.end(), 0),
        };
        let wrong = Vec::from([(Answer::Count(published), Misconception::RetainedIsHistory)]);
        let asked = Asked::HowManyRetained {
            who: self.name(flight.from),
            filter: filter.as_str().to_string(),
        };
        self.add(
            Kind::HowManyRetained,
            asked,
            Answer::Count(count),
            shows_at,
            wrong,
        );
    }
}

/// To a hundredth of a second: more than that would tell the right answer by its digits.
const fn rounded(at: Instant) -> Instant {
    const STEP: u64 = 10_000;
    Instant::from_micros((at.as_micros() + STEP / 2) / STEP * STEP)
}

fn id_of(packet: &Packet) -> String {
    packet.id().map_or_else(String::new, |id| format!(" {id}"))
}

/// A message in a few words.
fn mention(message: &Message, topic: &TopicName) -> Mention {
    const QUOTED_MAX_CHARS: usize = 40;
    let text = core::str::from_utf8(&message.payload).ok();
    let short = text.filter(|it| !it.is_empty() && it.chars().count() <= QUOTED_MAX_CHARS);
    Mention {
        topic: topic.as_str().to_string(),
        payload: short.map(ToString::to_string),
    }
}
