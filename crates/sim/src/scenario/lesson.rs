//! What a scenario teaches: texts and questions at moments of its run, and a task with goals.
//!
//! Nothing here changes what a run does. A question's answers are claims about the run, so that whether one is right is
//! found by running it, never only written down; [`Lesson`]s are played by whoever shows them.

use super::{Expectation, PacketPattern, Planned, When};
use crate::predict::Kind;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A lesson, or a part of one: several files may carry the same number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lesson {
    /// Its place in the curriculum, from 1.
    pub number: u8,
    /// Which part of it, a letter from `a`; `None` if it is whole.
    pub part: Option<char>,
    /// The title of the whole lesson; the scenario's own title is that of the part.
    pub title: String,
    /// The chapter of the curriculum; may be empty.
    pub chapter: String,
    /// What the learner can answer afterwards; may be empty.
    pub question: String,
    /// How long it takes, in minutes; 0 is not said.
    pub minutes: u8,
    /// Texts and questions, in the order of the file.
    pub beats: Vec<Beat>,
    /// What to build or break at the end.
    pub task: Option<Task>,
}

/// Something that the lesson says or asks at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    /// When.
    pub when: Moment,
    /// What.
    pub kind: BeatKind,
}

/// A moment of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A time, or something that a packet does.
    When(When),
    /// The end of the run.
    End,
}

/// What a beat is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BeatKind {
    /// One idea, in a sentence or two.
    Say(String),
    /// A prediction to commit to before the run goes on.
    Ask(Ask),
    /// A prediction whose question and answers are made from the run: see [`predict`](crate::predict).
    Predict(Kind),
}

/// A question with its answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// What is asked.
    pub question: String,
    /// When the answer shows; `None` is at the end of the run.
    pub reveal: Option<Moment>,
    /// The answers, in the order in which they are offered.
    pub answers: Vec<Answer>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether it is the right one: its claim holds when the answer shows. The claim of a wrong one does not.
    pub is_right: bool,
    /// What it says.
    pub text: String,
    /// What would be so.
    pub claim: Expectation,
    /// The misconception behind a wrong answer.
    pub belief: Option<Misconception>,
    /// Why it is right or wrong, for whoever has chosen it; may be empty.
    pub because: String,
}

/// Something to build or break when the run has been seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Task {
    /// What to reach.
    pub text: String,
    /// The controls that it needs.
    pub controls: Vec<Control>,
    /// What must be so at the end.
    pub goals: Vec<Goal>,
    /// Acts with which it can be reached, for checking that it can. Not for showing before it is.
    pub solution: Vec<Planned>,
}

/// A condition on the end of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// Whether it already holds without any act and must not be spoilt. Otherwise it must be brought about.
    pub is_kept: bool,
    /// What must hold.
    pub claim: Expectation,
    /// What to tell whoever has not reached it: which rule is behind it.
    pub hint: String,
}

/// Something that a learner can do to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Control {
    /// Cut and restore links.
    Cut,
    /// Silence links.
    Silence,
    /// Lose packets of a datagram link.
    Lose,
    /// Switch nodes off and on.
    Power,
    /// Crash programs.
    Crash,
    /// Connect and disconnect.
    Connect,
    /// Publish.
    Publish,
    /// Subscribe and unsubscribe.
    Subscribe,
    /// Put bytes on a connection.
    Raw,
    /// Press, heat, break, mend and switch.
    Touch,
}

impl Control {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Cut,
        Self::Silence,
        Self::Lose,
        Self::Power,
        Self::Crash,
        Self::Connect,
        Self::Publish,
        Self::Subscribe,
        Self::Raw,
        Self::Touch,
    ];

    /// Its word in scenario files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Silence => "silence",
            Self::Lose => "lose",
            Self::Power => "power",
            Self::Crash => "crash",
            Self::Connect => "connect",
            Self::Publish => "publish",
            Self::Subscribe => "subscribe",
            Self::Raw => "send-raw",
            Self::Touch => "touch",
        }
    }
}

/// A belief about MQTT that many hold and that is wrong. `Display` says it as its holder would.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Misconception {
    /// An unacknowledged PUBLISH is resent on a timer.
    ResentOnTimer,
    /// QoS reaches from publisher to subscriber.
    QosEndToEnd,
    /// Subscribing at QoS 2 gives QoS 2.
    SubscribingSetsQos,
    /// The received RETAIN flag says whether the message was stored.
    RetainSaysStored,
    /// Retained messages are a history.
    RetainedIsHistory,
    /// Clean session false alone is enough for offline messages.
    SessionIsEnough,
    /// Queued messages wait until the client subscribes.
    QueueWaitsForSubscribe,
    /// A will fires on any end of a connection, and at once.
    WillOnAnyEnd,
    /// Setting a will is enough.
    WillIsEnough,
    /// The client library pings by itself.
    ClientPingsForMe,
    /// Deep sleep is the same as being offline.
    SleepIsOffline,
    /// Two devices may share a client identifier.
    IdsMayBeShared,
    /// QoS 2 is sent once on the wire.
    OnceOnTheWire,
    /// DUP 1 means that the message is a duplicate.
    DupMeansDuplicate,
    /// Every library does QoS 2.
    LibraryDoesQos2,
    /// A browser can open a TCP connection to a broker.
    BrowserOpensTcp,
    /// A publisher sends to the devices that it knows.
    PublisherKnowsSubscribers,
    /// A filter matches only the topic that is spelled like it.
    FiltersAreExact,
}

impl Misconception {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::ResentOnTimer,
        Self::QosEndToEnd,
        Self::SubscribingSetsQos,
        Self::RetainSaysStored,
        Self::RetainedIsHistory,
        Self::SessionIsEnough,
        Self::QueueWaitsForSubscribe,
        Self::WillOnAnyEnd,
        Self::WillIsEnough,
        Self::ClientPingsForMe,
        Self::SleepIsOffline,
        Self::IdsMayBeShared,
        Self::OnceOnTheWire,
        Self::DupMeansDuplicate,
        Self::LibraryDoesQos2,
        Self::BrowserOpensTcp,
        Self::PublisherKnowsSubscribers,
        Self::FiltersAreExact,
    ];

    /// Its word in scenario files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.texts().0
    }

    const fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::ResentOnTimer => (
                "resent-on-timer",
                "what is not acknowledged is sent again after a while",
            ),
            Self::QosEndToEnd => (
                "qos-end-to-end",
                "QoS reaches from the publisher to the subscriber",
            ),
            Self::SubscribingSetsQos => (
                "subscribing-sets-qos",
                "who subscribes at QoS 2 gets messages at QoS 2",
            ),
            Self::RetainSaysStored => (
                "retain-says-stored",
                "the RETAIN flag of a message says whether it was stored",
            ),
            Self::RetainedIsHistory => (
                "retained-is-history",
                "retained messages are a history of the topic",
            ),
            Self::SessionIsEnough => (
                "session-is-enough",
                "a kept session alone brings the messages of the time away",
            ),
            Self::QueueWaitsForSubscribe => (
                "queue-waits-for-subscribe",
                "waiting messages come when the client subscribes again",
            ),
            Self::WillOnAnyEnd => (
                "will-on-any-end",
                "a will goes out at any end of a connection, and at once",
            ),
            Self::WillIsEnough => ("will-is-enough", "setting a will is enough"),
            Self::ClientPingsForMe => (
                "client-pings-for-me",
                "the client library sends signs of life by itself",
            ),
            Self::SleepIsOffline => (
                "sleep-is-offline",
                "a sleeping device is a device that has gone offline",
            ),
            Self::IdsMayBeShared => (
                "ids-may-be-shared",
                "two devices may have the same client identifier",
            ),
            Self::OnceOnTheWire => (
                "once-on-the-wire",
                "a QoS 2 message is on the wire only once",
            ),
            Self::DupMeansDuplicate => (
                "dup-means-duplicate",
                "DUP 1 means that the receiver has the message already",
            ),
            Self::LibraryDoesQos2 => ("library-does-qos-2", "every library can do QoS 2"),
            Self::BrowserOpensTcp => (
                "browser-opens-tcp",
                "a page in a browser can connect to a broker's TCP port",
            ),
            Self::PublisherKnowsSubscribers => (
                "publisher-knows-subscribers",
                "a publisher sends to the devices that it knows",
            ),
            Self::FiltersAreExact => (
                "filters-are-exact",
                "a filter matches only the topic that is spelled like it",
            ),
        }
    }
}

impl fmt::Display for Misconception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.texts().1)
    }
}

impl Lesson {
    /// The texts, without the questions.
    pub fn says(&self) -> impl Iterator<Item = (&Moment, &str)> {
        self.beats.iter().filter_map(|beat| match &beat.kind {
            BeatKind::Say(text) => Some((&beat.when, text.as_str())),
            BeatKind::Ask(_) | BeatKind::Predict(_) => None,
        })
    }

    /// The newest question.
    pub(super) fn last_ask(&mut self) -> Option<&mut Ask> {
        match &mut self.beats.last_mut()?.kind {
            BeatKind::Ask(ask) => Some(ask),
            BeatKind::Say(_) | BeatKind::Predict(_) => None,
        }
    }
}

/// How many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Exactly(u32),
    /// So many or more.
    AtLeast(u32),
    /// So many or fewer.
    AtMost(u32),
}

impl Count {
    /// Whether a number is one of those that are meant.
    #[must_use]
    pub const fn holds(self, found: u32) -> bool {
        match self {
            Self::Exactly(wanted) => found == wanted,
            Self::AtLeast(wanted) => found >= wanted,
            Self::AtMost(wanted) => found <= wanted,
        }
    }
}

impl PacketPattern {
    /// Every packet of a type.
    #[must_use]
    pub const fn any(packet_type: mqtt_proto::packet::PacketType) -> Self {
        Self {
            packet_type,
            id: None,
            dup: false,
            qos: None,
            retain: None,
            reason: None,
            from: None,
            to: None,
        }
    }
}
