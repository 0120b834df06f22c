//! Scenarios: nodes, links, what happens when, and what is expected at the end.
//!
//! A scenario is a text file. [`Scenario::parse`] reads it and says line, column and what was expected when it cannot.
//! `Display` writes it in its one normal form, and reading that gives the same scenario again; comments, spacing and
//! the order of settings are not kept.
//!
//! Nodes and links are named here by text; a run gives them numbers in the order in which they stand.

mod display;
pub(crate) use display::{Quoted, Time};
mod lesson;
pub mod limits;
mod parse;

pub use lesson::{
    Answer, Ask, Beat, BeatKind, Control, Count, Goal, Lesson, Misconception, Moment, Task,
};
pub use parse::ScenarioError;

use crate::check::Check;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use bytes::Bytes;
use device::script::ScriptFile;
use device::umqtt::Program;
use device::{Blueprint, Charge, Input, Rule, Sleep, Strategy};
pub use device::{Reconnect, Wanted as SubscriptionSpec};
use mqtt_proto::packet::{PacketType, Properties};
use mqtt_proto::{
    Duration, Instant, Limits, Message, Qos, ReasonCode, ServerConfig, Text, TopicFilter,
    TopicName, Version,
};

/// Everything that a run is made from, but for its seed and what a user does to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// In a few words.
    pub title: String,
    /// In a sentence or two; may be empty.
    pub about: String,
    /// The version that clients speak unless they say otherwise.
    pub version: Version,
    /// The seed that a run uses unless it is given another.
    pub seed: u64,
    /// When the run ends at the latest.
    pub until: Instant,
    /// The nodes. Their places are their [`NodeId`](crate::NodeId)s.
    pub nodes: Vec<NodeSpec>,
    /// The links. Their places are their [`LinkId`](crate::LinkId)s.
    pub links: Vec<LinkSpec>,
    /// What happens, and when.
    pub events: Vec<Planned>,
    /// What must hold when the run is over.
    pub expectations: Vec<Expectation>,
    /// What it teaches, if it is a lesson.
    pub lesson: Option<Box<Lesson>>,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSpec {
    /// Unique in the scenario.
    pub name: String,
    /// What it is.
    pub kind: NodeKind,
    /// How long it works on each packet but the first that one event makes it send: its packets leave one by one.
    pub work: Duration,
    /// Sends again what is not answered after this long, though the connection lives, as drawings and old clients have it.
    pub retry: Option<Duration>,
    /// Whether its state survives a crash or a loss of power.
    pub storage: Storage,
    /// What it lets the other end of a connection do; 5.0 announces it.
    pub limits: Limits,
    /// How much of what it cannot pass on it keeps, if it is a broker.
    pub bounds: Bounds,
    /// Who may publish and receive what, if it is a broker: lines as in Mosquitto's `acl_file`. None is everybody
    /// everything.
    pub access: Vec<String>,
    /// Where a drawing puts its centre, from the left and from the top in the drawing's units. It means nothing to a run.
    pub place: Option<(u16, u16)>,
}

/// How much a broker keeps of what it cannot pass on at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The most bytes that wait for a connection to take them. Above that QoS 0 copies are dropped and others wait in the
    /// session. `None`: nothing is dropped for it.
    pub backlog_bytes: Option<u32>,
    /// The most messages that wait in a session. `None`: 1,000.
    pub queue: Option<u32>,
}

/// What is left of a node's state after a crash or a loss of power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Everything up to the last event: the node saves before it sends.
    Keeps,
    /// Nothing.
    Forgets,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A broker.
    Broker,
    /// A device.
    Device(Box<DeviceSpec>),
    /// Its program is outside of the run: a real broker, or a real device. What it does are acts, see [`Outside`].
    Remote(RemoteRole),
}

impl NodeKind {
    /// The script that a device runs, if it runs one.
    #[must_use]
    pub fn script(&self) -> Option<&str> {
        match self {
            Self::Device(device) => device.script.as_deref(),
            Self::Broker | Self::Remote(_) => None,
        }
    }

    /// The files that a device has beside its script.
    #[must_use]
    pub fn script_files(&self) -> &[ScriptFile] {
        match self {
            Self::Device(device) => &device.script_files,
            Self::Broker | Self::Remote(_) => &[],
        }
    }
}

/// What a node is whose program is outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RemoteRole {
    /// A broker: devices dial it.
    Broker,
    /// A device: it dials a broker of the run.
    Device,
}

/// A device's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceSpec {
    /// The name of its blueprint, such as `phone` or `robot`.
    pub blueprint: String,
    /// Its client identifier.
    pub client_id: Text,
    /// What it speaks.
    pub version: Version,
    /// Whether the broker keeps its session while it is away.
    pub session: SessionSpec,
    /// For how many seconds the broker keeps it, if not for ever (5.0).
    pub session_expiry_secs: Option<u32>,
    /// The most topic aliases that it uses (5.0).
    pub aliases: u16,
    /// User Properties of its CONNECT (5.0).
    pub properties: Properties,
    /// Seconds between signs of life; 0 is never.
    pub keep_alive_secs: u16,
    /// Who it says it is.
    pub user_name: Option<Text>,
    /// Under 3.1.1 only beside a user name.
    pub password: Option<Bytes>,
    /// What the broker says for it when it is gone.
    pub will: Option<WillSpec>,
    /// What it does when its connection is gone.
    pub reconnect: Reconnect,
    /// What it does with messages while it has no connection.
    pub strategy: Strategy,
    /// How it sleeps.
    pub sleep: Option<Sleep>,
    /// What its battery holds; `None` is the mains.
    pub battery: Option<Charge>,
    /// What it subscribes to when it has connected and the broker has no session for it.
    pub subscriptions: Vec<SubscriptionSpec>,
    /// What it does by itself.
    pub rules: Vec<Rule>,
    /// What it runs instead of a standard client.
    pub program: Option<Program>,
    /// The MicroPython script that it runs instead of either: the text of its `main.py`.
    pub script: Option<String>,
    /// The files that are on its board beside that, such as `boot.py`, which is run before.
    pub script_files: Vec<ScriptFile>,
}

/// A session's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionSpec {
    /// Starts new with each connection and ends with it (3.1.1: CleanSession 1).
    Clean,
    /// Kept while the client is away.
    Kept,
}

/// A will.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WillSpec {
    /// Where it goes.
    pub topic: TopicName,
    /// What it says.
    pub payload: Bytes,
    /// Published at this QoS.
    pub qos: Qos,
    /// Whether it is retained.
    pub retain: bool,
    /// 5.0; Will Delay Interval among them.
    pub properties: Properties,
}

/// A link between two nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkSpec {
    /// The end that dials, by name.
    pub a: String,
    /// The end that answers, by name.
    pub b: String,
    /// How bytes travel.
    pub mode: LinkMode,
    /// One way.
    pub latency: Duration,
    /// Up to this much more, drawn anew for every packet; order is kept.
    pub jitter: Duration,
    /// Bytes in each second; `None` is as fast as they come.
    pub bytes_per_second: Option<u32>,
    /// So many bytes can be under way or unread in each direction before a sender has to wait.
    pub window_bytes: u32,
}

/// How bytes travel over a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkMode {
    /// As TCP brings them: in order and complete while the connection lives. Loss is delay.
    #[default]
    Stream,
    /// As drawings have it, and as no MQTT connection is: packets vanish, double and overtake each other while the
    /// connection lives.
    Datagram(Datagram),
}

/// How often a datagram link does what no stream does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Datagram {
    /// A packet vanishes half way.
    pub loss: Ratio,
    /// A packet arrives twice.
    pub duplicate: Ratio,
    /// A packet takes twice as long as others.
    pub reorder: Ratio,
}

/// `numerator` times in `denominator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// Not above the denominator.
    pub numerator: u32,
    /// Not 0.
    pub denominator: u32,
}

impl Default for Ratio {
    fn default() -> Self {
        Self {
            numerator: 0,
            denominator: 1,
        }
    }
}

/// Something that will happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// When.
    pub when: When,
    /// What.
    pub action: Action,
}

/// When something happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// At a time.
    At(Instant),
    /// When a packet that matches is at a place. Happens once.
    Packet {
        /// Which packets count.
        pattern: PacketPattern,
        /// Which of those that count, from 1.
        nth: u32,
        /// Where the packet is.
        phase: Phase,
        /// How much later.
        delay: Duration,
    },
}

/// Where a packet is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Its sender has just put it on the link.
    Sent,
    /// Half of its way lies behind it.
    OnTheWire,
    /// It has arrived, and its receiver has done what it does.
    Arrived,
}

/// Which packets count. What is `None` does not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacketPattern {
    /// Its type.
    pub packet_type: PacketType,
    /// Its packet identifier.
    pub id: Option<u16>,
    /// Whether DUP must be set.
    pub dup: bool,
    /// Its QoS, if it is a PUBLISH.
    pub qos: Option<Qos>,
    /// Its RETAIN flag, if it is a PUBLISH.
    pub retain: Option<bool>,
    /// The reason that it gives: the only or the first one.
    pub reason: Option<ReasonCode>,
    /// Who sent it, by name.
    pub from: Option<String>,
    /// Who is to get it, by name.
    pub to: Option<String>,
}

/// What the scenario or a user does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A node does something.
    Node {
        /// Who, by name.
        node: String,
        /// What.
        act: NodeAction,
    },
    /// A link is cut: bytes on it are lost and both ends learn it.
    Cut {
        /// The end that dials.
        a: String,
        /// The end that answers.
        b: String,
        /// So many bytes of the oldest packet in each direction still arrive.
        after_bytes: u32,
        /// For how long; `None` is until it is restored.
        span: Option<Duration>,
    },
    /// A link is silent: nothing arrives, and nobody is told. Bytes wait, as TCP goes on sending them.
    Silence {
        /// The end that dials.
        a: String,
        /// The end that answers.
        b: String,
        /// Only what would arrive at this end; `None` is both directions.
        toward: Option<String>,
        /// For how long; `None` is until it is restored.
        span: Option<Duration>,
    },
    /// An end of a link reads slowly, or not at all: what arrives there waits, and when its receive window is full, so
    /// does what its peer sends.
    Stall {
        /// The end that dials.
        a: String,
        /// The end that answers.
        b: String,
        /// The end that does not read; `None` is the one that dials.
        toward: Option<String>,
        /// So many bytes it reads each second; `None` is none.
        bytes_per_second: Option<u32>,
        /// For how long; `None` is until the link is restored.
        span: Option<Duration>,
    },
    /// The packets that are on a link wait where they are; on a stream, so does all that is behind them.
    Hold {
        /// The end that dials.
        a: String,
        /// The end that answers.
        b: String,
        /// Only what would arrive at this end; `None` is both directions.
        toward: Option<String>,
        /// For how long; `None` is until they are released.
        span: Option<Duration>,
    },
    /// From now on every packet that would arrive at one end waits, until it is let pass or released.
    Gate {
        /// The end that dials.
        a: String,
        /// The end that answers.
        b: String,
        /// The end behind the gate; `None` is both.
        toward: Option<String>,
    },
    /// The oldest packet that is held goes on.
    Pass {
        /// The end that dials.
        a: String,
        /// The end that answers.
        b: String,
        /// Only what would arrive at this end; `None` is one in each direction.
        toward: Option<String>,
    },
    /// What was held goes on, and gates are open again.
    Release {
        /// The end that dials.
        a: String,
        /// The end that answers.
        b: String,
        /// Only what would arrive at this end; `None` is both directions.
        toward: Option<String>,
    },
    /// Every packet that is on a datagram link arrives twice.
    Double {
        /// The end that dials.
        a: String,
        /// The end that answers.
        b: String,
    },
    /// Every packet that is on a datagram link vanishes.
    Lose {
        /// The end that dials.
        a: String,
        /// The end that answers.
        b: String,
    },
    /// A link carries bytes again.
    Restore {
        /// The end that dials.
        a: String,
        /// The end that answers.
        b: String,
    },
}

/// What a node does because somebody says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeAction {
    /// Dials its broker.
    Connect,
    /// Sends DISCONNECT and closes.
    Disconnect,
    /// Publishes a message.
    Publish {
        /// Where it goes.
        topic: TopicName,
        /// What it says.
        payload: Bytes,
        /// How sure it must be.
        qos: Qos,
        /// Whether the broker is to keep it.
        retain: bool,
        /// 5.0.
        properties: Properties,
    },
    /// Somebody does something to it.
    Input(Input),
    /// Somebody types at its prompt, as it runs a script: a statement, or several in lines.
    Type {
        /// What.
        text: String,
    },
    /// Somebody types Ctrl-C, as it runs a script.
    Interrupt,
    /// Subscribes.
    Subscribe(SubscriptionSpec),
    /// Puts bytes on its connection that no machine has made.
    SendRaw(Bytes),
    /// Loses power: nobody is told, and what it had not sent is gone.
    PowerOff {
        /// For how long; `None` is until it is switched on.
        span: Option<Duration>,
    },
    /// Starts again.
    PowerOn,
    /// Its program dies: its computer closes its connections.
    Crash {
        /// At which moment.
        moment: CrashMoment,
        /// Until it starts again; `None` is until it is switched on.
        span: Option<Duration>,
    },
    /// Unsubscribes.
    Unsubscribe {
        /// From what.
        filter: TopicFilter,
    },
    /// What a node did whose program is outside.
    Outside(Outside),
}

/// What the outside does at a remote node's end of a connection. Connections are named by their numbers in the run, see
/// [`World::next_connection`](crate::World::next_connection).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outside {
    /// It answers a dial, or dials itself, over its first link: then the number is the next one, and its end is open already.
    Opened {
        /// Which.
        connection: u32,
    },
    /// It dials over one of its links. A broker in the run answers at once, one outside when it has.
    Dials {
        /// The next number.
        connection: u32,
        /// Whom: the other end of a link of its own.
        to: String,
    },
    /// Bytes came from it, in pieces of any size.
    Received {
        /// On which connection.
        connection: u32,
        /// What.
        bytes: Bytes,
    },
    /// The connection has ended there, or did not open.
    Closed {
        /// Which.
        connection: u32,
        /// What is known of the reason, in a few words; may be empty.
        why: String,
    },
    /// Whoever moves the bytes between the run and the outside has overslept: what the nodes' timers should have done by now
    /// they do a [moment](crate::remote::CATCHING_UP) later, so that what has come in the meantime is taken before.
    Late,
}

/// When a program dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashMoment {
    /// At once.
    Now,
    /// When the next bytes have arrived, before it has done anything about them.
    BeforeSaving,
    /// When the next bytes have arrived, after it has saved what they changed, before it sends anything.
    AfterSaving,
}

/// What must hold when the run is over, or at another moment of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// Something about a device itself.
    Device {
        /// Who, by name.
        node: String,
        /// What.
        claim: DeviceClaim,
    },
    /// A node's application got messages on a topic this many times.
    Received {
        /// Who, by name.
        node: String,
        /// Which messages count.
        messages: MessagePattern,
        /// How many, repeated ones included.
        count: Count,
    },
    /// These are the payloads that a node's application got on a topic, all of them and in this order.
    Heard {
        /// Who, by name.
        node: String,
        /// Messages on topics that match count.
        filter: TopicFilter,
        /// What they said.
        payloads: Vec<Bytes>,
    },
    /// The broker's retained message of a topic.
    Retains {
        /// The broker, by name.
        broker: String,
        /// The topic.
        topic: TopicName,
        /// What it says; `None` is that there is none.
        payload: Option<Bytes>,
    },
    /// The broker keeps this many messages for a client that it has not passed on, or that are not acknowledged.
    Keeps {
        /// The broker, by name.
        broker: String,
        /// For whom, by name.
        node: String,
        /// How many.
        count: Count,
    },
    /// Whether the broker believes that a client is connected.
    Believes {
        /// The broker, by name.
        broker: String,
        /// Whom, by name.
        node: String,
        /// What it believes.
        is_connected: bool,
    },
    /// A device remembers this many identifiers of QoS 2 messages that it has received and that are not released.
    Remembers {
        /// Who, by name.
        node: String,
        /// How many.
        count: Count,
    },
    /// Packets were sent.
    Sent {
        /// Which packets count.
        pattern: PacketPattern,
        /// How many.
        count: Count,
    },
    /// The next packet between the two ends of the pattern, counted from where the question is asked.
    Next {
        /// Which it is.
        pattern: PacketPattern,
    },
    /// A promise of the standard, by the checkers.
    Promise {
        /// Which.
        check: Check,
        /// Whether it was kept.
        is_kept: bool,
    },
    /// All of these; at least two, none of them such a list itself.
    All(Vec<Expectation>),
}

/// Which messages count. What is `None` does not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagePattern {
    /// Messages on topics that match.
    pub filter: TopicFilter,
    /// What they say.
    pub payload: Option<Bytes>,
    /// The QoS at which they came.
    pub qos: Option<Qos>,
    /// The RETAIN flag with which they came.
    pub retain: Option<bool>,
}

/// What must hold of a device itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceClaim {
    /// It has driven this far from its start, in millimetres.
    Position(i64),
    /// It tells this of itself, as `{reading}` in its messages has it.
    Reads(Bytes),
    /// Its display shows this for a topic.
    Shows(TopicName, Bytes),
    /// What became of the messages that it made.
    Score(ScorePart, Count),
    /// What it took from its battery or from the mains.
    Used {
        /// No more than that; otherwise no less.
        at_most: bool,
        /// How much.
        charge: Charge,
    },
}

/// A part of a [`Score`](crate::Score).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are those of the score's fields")]
pub enum ScorePart {
    Made,
    Delivered,
    Late,
    Doubled,
    Lost,
}

impl Action {
    /// The message, if that is what a node is told to publish.
    #[must_use]
    pub fn message(&self) -> Option<Message> {
        match self {
            Self::Node { act, .. } => act.message(),
            _ => None,
        }
    }
}

impl NodeAction {
    /// The message, if it is to publish one.
    #[must_use]
    pub fn message(&self) -> Option<Message> {
        let Self::Publish {
            topic,
            payload,
            qos,
            retain,
            properties,
        } = self
        else {
            return None;
        };
        Some(Message {
            topic: topic.clone(),
            payload: payload.clone(),
            qos: *qos,
            retain: *retain,
            properties: properties.clone(),
        })
    }
}

impl Scenario {
    /// Reads a scenario file.
    ///
    /// # Errors
    /// The first place that cannot be read, with what could have stood there.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        parse::parse(text)
    }

    /// A scenario file without the lines that set a device's password; the others stay as they are.
    #[must_use]
    pub fn without_passwords(text: &str) -> String {
        parse::without_passwords(text)
    }

    /// Nothing but a title: 3.1.1, one minute at most.
    #[must_use]
    pub const fn empty(title: String) -> Self {
        Self {
            title,
            about: String::new(),
            version: Version::V311,
            seed: 1,
            until: Instant::from_micros(60_000_000),
            nodes: Vec::new(),
            links: Vec::new(),
            events: Vec::new(),
            expectations: Vec::new(),
            lesson: None,
        }
    }
}

impl NodeSpec {
    /// A node of that kind, with nothing but a name. A broker keeps its state, a device does not.
    #[must_use]
    pub const fn new(name: String, kind: NodeKind) -> Self {
        let (storage, limits) = match kind {
            NodeKind::Broker => (Storage::Keeps, ServerConfig::DEFAULT.limits),
            NodeKind::Device(_) => (Storage::Forgets, Limits::UNLIMITED),
            NodeKind::Remote(_) => (Storage::Keeps, Limits::UNLIMITED),
        };
        Self {
            name,
            kind,
            work: Duration::ZERO,
            retry: None,
            storage,
            limits,
            bounds: Bounds {
                backlog_bytes: None,
                queue: None,
            },
            access: Vec::new(),
            place: None,
        }
    }
}

impl DeviceSpec {
    /// A device with nothing but a name and a version: a clean session, no keep alive, no will. It sleeps as its
    /// blueprint has it.
    #[must_use]
    pub fn new(blueprint: String, client_id: Text, version: Version) -> Self {
        Self {
            sleep: Blueprint::named(&blueprint).and_then(|blueprint| blueprint.sleep),
            blueprint,
            client_id,
            version,
            session: SessionSpec::Clean,
            session_expiry_secs: None,
            aliases: 0,
            properties: Properties::EMPTY,
            keep_alive_secs: 0,
            user_name: None,
            password: None,
            will: None,
            reconnect: Reconnect::Never,
            strategy: Strategy::default(),
            battery: None,
            subscriptions: Vec::new(),
            rules: Vec::new(),
            program: None,
            script: None,
            script_files: Vec::new(),
        }
    }

    /// Whether it asks for a session that outlives its connection without a name to keep it under, which no 3.1.1 client may send
    /// (MQTT-3.1.3-7).
    pub(crate) fn keeps_a_nameless_session(&self) -> bool {
        let is_standard = self.program.is_none() && self.script.is_none();
        is_standard
            && self.version == Version::V311
            && self.session == SessionSpec::Kept
            && self.client_id.as_str().is_empty()
    }
}

impl LinkSpec {
    /// What a link's latency is when the scenario does not say.
    pub const LATENCY: Duration = Duration::from_millis(10);

    /// How much a receiver has room for when the scenario does not say: the TCP window of an ESP32, four segments.
    pub const WINDOW_BYTES: u32 = 5_744;

    /// A stream without jitter or limit.
    #[must_use]
    pub const fn new(a: String, b: String) -> Self {
        Self {
            a,
            b,
            mode: LinkMode::Stream,
            latency: Self::LATENCY,
            jitter: Duration::ZERO,
            bytes_per_second: None,
            window_bytes: Self::WINDOW_BYTES,
        }
    }
}
