//! A bridge: a client at each of two brokers, and messages from one to the other and back.
//!
//! At QoS 1 and 2 nothing is lost while the bridge lives, however often connections and brokers go and come, as long as the
//! brokers keep their sessions: what one side has given is in the session towards the other until that has
//! acknowledged it. If a broker forgets the session, what it had not acknowledged is sent anew, so QoS 2 then is at least
//! once. The bridge keeps no file: what it holds is gone with it.
//!
//! One end gives no more than the other takes: with [`HIGH_WATER_MESSAGES`] waiting, because the other end is away or slow, what
//! comes is not acknowledged any more, and a broker sends no more than its window without that. The rest waits there. Up to that
//! number messages are acknowledged and only in the bridge's memory. Not to read would stop the acknowledgements of the other
//! direction too, and both could wait for each other for ever.
//!
//! Loops: under 5.0 subscriptions say No Local. Under 3.1.1 a broker sends back what was published to it, and what comes
//! back is known by its content (`Echoes`). Two bridges side by side between the same brokers make a loop
//! that no single one can see; that is not prevented here.
//!
//! Retained messages: 5.0 says Retain As Published, so RETAIN goes across. 3.1.1 shows RETAIN only on what was stored
//! before the subscription: of later ones only the first crossing after a new session is retained on the other side.

mod config;
mod echo;
#[cfg(test)]
mod tests;

pub use config::{BridgeConfig, BridgeFault, Direction, EndConfig, Topic, parse};

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::hash::{BuildHasher, Hasher};
use echo::Echoes;
use foldhash::quality::FixedState;
use mqtt_proto::packet::{
    Properties, Publish, RetainHandling, SubAck, SubscribeFilters, SubscriptionOptions, property_id,
};
use mqtt_proto::session::{IN_FLIGHT_UNSAID, SessionConfig};
use mqtt_proto::{
    Client, ClientConfig, ClientEvent, ClientState, CloseReason, DropReason, Duration, Expiry,
    Instant, Message, Misuse, Packet, PacketId, Qos, ReasonCode, Sink, Tag, TopicFilter, TopicName,
    Version, Violation,
};

/// With so many messages waiting for one end, the other is not read.
pub const HIGH_WATER_MESSAGES: usize = 2_000;
/// With so many bytes of them likewise.
pub const HIGH_WATER_BYTES: usize = 8 << 20;
/// How long after a failure an end is opened again; twice as long after each further one.
const RETRY_MIN: Duration = Duration::from_secs(1);
/// The longest such wait.
const RETRY_MAX: Duration = Duration::from_secs(30);
/// A connection that has lasted so long was a success: the wait after it is short again.
const SETTLED_AFTER: Duration = RETRY_MAX;
/// Connections that have not lasted count as no more failures than this: the wait after them is 4 s.
const UNSETTLED_FAILURES_MAX: u32 = 2;
/// How long after a subscription was refused it is asked for again; twice as long after each further refusal.
const ASK_AGAIN_MIN: Duration = Duration::from_secs(30);
/// The longest such wait.
const ASK_AGAIN_MAX: Duration = Duration::from_secs(960);
/// How long a transport may take to open.
const OPEN_WITHIN: Duration = Duration::from_secs(15);

/// No broker has more identifiers than this to send with. It is not told to use fewer: Mosquitto 2.0 does not keep to a
/// Receive Maximum in a session that it has read from its file.
const QUEUE_MAX: u32 = HIGH_WATER_MESSAGES as u32 + 0xffff + 1;

/// One of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// `local_…` in the configuration.
    Local,
    /// `remote_…` and `address`.
    Remote,
}

impl Side {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Local, Self::Remote];

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Local => Self::Remote,
            Self::Remote => Self::Local,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "local",
            Self::Remote => "remote",
        })
    }
}

/// What the bridge wants done or says.
#[derive(Clone, Debug, PartialEq)]
pub enum BridgeEvent {
    /// Open a transport; then [`Bridge::handle_open`], or [`Bridge::handle_close`] if it fails.
    Open(Side),
    /// Put these on the wire.
    Send(Side, Vec<u8>),
    /// Close the transport once everything before is out, then [`Bridge::handle_close`].
    Close(Side, Closing),
    /// CONNACK said yes.
    Connected(Side, /** The broker has kept the session. */ bool),
    /// A subscription was refused: nothing comes by these patterns.
    NotSubscribed(Side, TopicFilter, ReasonCode),
    /// A message is lost, or the broker does not want it.
    Lost(Side, Loss),
}

/// Why an end is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// As the client says.
    Client(CloseReason),
    /// It did not open in time, or the bridge stops.
    GivenUp,
}

impl fmt::Display for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(why) => why.fmt(f),
            Self::GivenUp => f.write_str("given up"),
        }
    }
}

/// How a message was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// On its way out.
    Dropped(DropReason),
    /// It cannot be sent to this broker.
    Unsendable(Misuse),
    /// The broker has answered no.
    Refused(ReasonCode),
    /// With the prefix its topic is none, or too long.
    BadTopic(String),
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dropped(why) => why.fmt(f),
            Self::Unsendable(why) => why.fmt(f),
            Self::Refused(reason) => write!(f, "refused: {reason}"),
            Self::BadTopic(topic) => write!(f, "not a topic: {topic:?}"),
        }
    }
}

/// What an end is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndState {
    /// Closed, and to be opened at this time.
    Waiting(Instant),
    /// The transport opens.
    Opening,
    /// CONNECT waits for CONNACK.
    Asking,
    /// CONNACK has said yes.
    Connected,
    /// It is closed for good, or about to be closed.
    Closed,
}

/// What an end has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages that came from this broker and go to the other.
    pub taken: u64,
    /// Messages that this broker has acknowledged; at QoS 0, that were sent.
    pub given: u64,
    /// Messages that were lost on the way to this broker.
    pub lost: u64,
    /// Messages that this broker sent back.
    pub echoes: u64,
}

/// The bridge.
#[derive(Clone, Debug)]
pub struct Bridge {
    topics: Vec<Topic>,
    local: End,
    remote: End,
    tags: u32,
}

#[derive(Clone, Debug)]
struct End {
    client: Client,
    /// Each connection begins with a new session, and not only the first.
    clean_start: bool,
    transport: Transport,
    /// What was given to the client and is not acknowledged, for a broker that forgets its session.
    unconfirmed: BTreeMap<Tag, Message>,
    echoes: Option<Echoes>,
    /// What was sent before comes back too: the broker has begun a new session with this connection.
    is_new_there: bool,
    /// Since the last connection that lasted.
    failures: u32,
    connected_at: Option<Instant>,
    wanted: Vec<Wanted>,
    /// Acknowledgements of what came from here, until there is room for it at the other end.
    held_back: VecDeque<Packet>,
    counts: Counts,
}

/// A subscription that an end is to have.
#[derive(Clone, Debug)]
struct Wanted {
    filter: TopicFilter,
    qos: Qos,
    answer: Answer,
    refusals: u32,
}

/// How far a subscription is, in the session that the broker has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// To be asked for then.
    Due(Instant),
    /// SUBSCRIBE is sent. It dies with its connection: whether the broker has read it, SUBACK says.
    Asked(PacketId),
    Granted,
    /// Until the next connection: to ask again before would change nothing.
    Refused,
}

/// Of one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    /// Closed, and to be opened then.
    Until(Instant),
    /// Being opened, since then.
    Opening(Instant),
    Open,
    /// The host has been asked to close it.
    Closing,
    /// Not to be opened.
    Ended,
}

impl End {
    fn new(config: &EndConfig, topics: &[Topic], side: Side, now: Instant) -> Self {
        let wanted = |(filter, qos)| Wanted {
            filter,
            qos,
            answer: Answer::Due(now),
            refusals: 0,
        };
        let session = SessionConfig {
            in_flight_max: IN_FLIGHT_UNSAID,
            queue_max: QUEUE_MAX,
            bytes_max: usize::MAX,
            ..SessionConfig::DEFAULT
        };
        let client = ClientConfig {
            keep_alive_secs: config.keep_alive_secs,
            user_name: config.user_name.clone(),
            password: config.password.clone(),
            session,
            ..ClientConfig::new(config.version, config.client_id.clone())
        };
        let mut client = if config.clean_start {
            client
        } else {
            client.persistent()
        };
        if let Some(secs) = config.session_expiry_secs.filter(|_| !config.clean_start) {
            client.session_expiry = Expiry::from_secs(secs);
        }
        Self {
            client: Client::new(client),
            clean_start: config.clean_start,
            transport: Transport::Until(now),
            unconfirmed: BTreeMap::new(),
            echoes: (config.version == Version::V311).then(Echoes::default),
            is_new_there: false,
            failures: 0,
            connected_at: None,
            wanted: topics
                .iter()
                .filter_map(|topic| topic.subscription(side).map(wanted))
                .collect(),
            held_back: VecDeque::new(),
            counts: Counts::default(),
        }
    }

    /// Whether as much waits as may.
    fn is_full(&self) -> bool {
        let session = self.client.session();
        self.unconfirmed.len() >= HIGH_WATER_MESSAGES || session.held_bytes() >= HIGH_WATER_BYTES
    }

    fn is_connected(&self) -> bool {
        self.client.state() == ClientState::Connected
    }

    fn due(&self) -> Option<Instant> {
        let transport = match self.transport {
            Transport::Until(at) => Some(at),
            Transport::Opening(since) => Some(since + OPEN_WITHIN),
            _ => None,
        };
        let client = self.client.poll_timeout();
        let asks = self.wanted.iter().filter_map(|wanted| match wanted.answer {
            Answer::Due(at) if self.is_connected() => Some(at),
            _ => None,
        });
        transport.into_iter().chain(client).chain(asks).min()
    }

    /// How long to wait before the next try: twice as long each time, and up to a quarter more, by whose turn it is: of many
    /// bridges that have lost the same broker not all come back at once.
    fn wait(&self) -> Duration {
        let wait = RETRY_MIN.as_micros() << self.failures.min(5);
        let wait = wait.min(RETRY_MAX.as_micros());
        let mut hasher = FixedState::with_seed(u64::from(self.failures)).build_hasher();
        hasher.write(self.client.client_id().as_str().as_bytes());
        Duration::from_micros(wait + wait / 4 * (hasher.finish() % 256) / 256)
    }
}

impl End {
    /// Subscribes to what is due.
    fn ask(
        &mut self,
        now: Instant,
        side: Side,
        retained: RetainHandling,
        events: &mut Vec<ClientEvent>,
        sink: &mut dyn Sink<BridgeEvent>,
    ) {
        for wanted in &mut self.wanted {
            if !matches!(wanted.answer, Answer::Due(at) if at <= now) {
                continue;
            }
            let options = match self.client.config().version {
                Version::V5 => SubscriptionOptions {
                    qos: wanted.qos,
                    no_local: true,
                    retain_as_published: true,
                    retain_handling: retained,
                },
                // 3.1.1 has the QoS only; the rest is not written there.
                Version::V311 => SubscriptionOptions::at(wanted.qos),
            };
            let filters = SubscribeFilters::one(wanted.filter.clone(), options);
            let asked = self
                .client
                .subscribe(now, filters, Properties::EMPTY, events);
            wanted.answer = match asked {
                Ok(id) => Answer::Asked(id),
                Err(_) => {
                    wanted.refused(side, ReasonCode::UnspecifiedError, sink);
                    Answer::Refused
                }
            };
        }
    }
}

impl Wanted {
    /// Says so, once: the same again is no news.
    fn refused(&mut self, side: Side, reason: ReasonCode, sink: &mut dyn Sink<BridgeEvent>) {
        if self.refusals == 0 {
            let filter = self.filter.clone();
            sink.emit(BridgeEvent::NotSubscribed(side, filter, reason));
        }
        self.refusals = self.refusals.saturating_add(1);
    }
}

/// Whether a refusal may be another answer later. 3.1.1 has one code for all.
fn may_pass(reason: ReasonCode) -> bool {
    matches!(
        reason,
        ReasonCode::UnspecifiedError
            | ReasonCode::ImplementationSpecificError
            | ReasonCode::NotAuthorized
            | ReasonCode::PacketIdentifierInUse
            | ReasonCode::QuotaExceeded
    )
}

impl Bridge {
    /// A bridge whose ends are still to be opened.
    #[must_use]
    pub fn new(config: &BridgeConfig, now: Instant) -> Self {
        Self {
            topics: config.topics.clone(),
            local: End::new(&config.local, &config.topics, Side::Local, now),
            remote: End::new(&config.remote, &config.topics, Side::Remote, now),
            tags: 0,
        }
    }

    const fn end(&self, side: Side) -> &End {
        match side {
            Side::Local => &self.local,
            Side::Remote => &self.remote,
        }
    }

    const fn end_mut(&mut self, side: Side) -> &mut End {
        match side {
            Side::Local => &mut self.local,
            Side::Remote => &mut self.remote,
        }
    }

    /// What an end has done.
    #[must_use]
    pub const fn counts(&self, side: Side) -> Counts {
        self.end(side).counts
    }

    /// Whether an end is connected.
    #[must_use]
    pub fn is_connected(&self, side: Side) -> bool {
        self.end(side).is_connected()
    }

    /// What an end is about.
    #[must_use]
    pub fn state(&self, side: Side) -> EndState {
        let end = self.end(side);
        match end.transport {
            Transport::Until(at) => EndState::Waiting(at),
            Transport::Opening(_) => EndState::Opening,
            Transport::Open if end.is_connected() => EndState::Connected,
            Transport::Open => EndState::Asking,
            Transport::Closing | Transport::Ended => EndState::Closed,
        }
    }

    /// Whether so much waits for this end that what comes from the other is not acknowledged.
    #[must_use]
    pub fn is_full(&self, side: Side) -> bool {
        self.end(side).is_full()
    }

    /// How many messages wait for this end, or for its acknowledgement.
    #[must_use]
    pub fn waiting(&self, side: Side) -> usize {
        self.end(side).unconfirmed.len()
    }

    /// A transport that was asked for is open.
    pub fn handle_open(&mut self, now: Instant, side: Side, sink: &mut dyn Sink<BridgeEvent>) {
        let end = self.end_mut(side);
        end.transport = Transport::Open;
        let mut events = Vec::new();
        if end.client.handle_open(now, &mut events).is_err() {
            // Its configuration cannot be said in this version: it will not get better.
            end.transport = Transport::Ended;
            sink.emit(BridgeEvent::Close(side, Closing::GivenUp));
        }
        self.carry_out(now, side, events, sink);
    }

    /// A transport is gone, whoever closed it, or could not be opened.
    pub fn handle_close(&mut self, now: Instant, side: Side, sink: &mut dyn Sink<BridgeEvent>) {
        let end = self.end_mut(side);
        let mut events = Vec::new();
        end.client.handle_close(now, &mut events);
        // What was not acknowledged comes again.
        end.held_back.clear();
        if let Some(echoes) = &mut end.echoes {
            echoes.handle_close();
        }
        for wanted in &mut end.wanted {
            if wanted.answer != Answer::Granted {
                wanted.answer = Answer::Due(now);
            }
        }
        // One that is thrown out right after CONNACK, by another client of its name maybe, has not succeeded; but a broker that
        // is there is not waited for as long as one that is not.
        if let Some(since) = end.connected_at.take() {
            end.failures = match since + SETTLED_AFTER <= now {
                true => 0,
                false => end.failures.min(UNSETTLED_FAILURES_MAX),
            };
        }
        if end.transport != Transport::Ended {
            end.transport = Transport::Until(now + end.wait());
            end.failures = end.failures.saturating_add(1);
        }
        self.carry_out(now, side, events, sink);
    }

    /// Bytes have come.
    pub fn handle_input(
        &mut self,
        now: Instant,
        side: Side,
        bytes: &[u8],
        sink: &mut dyn Sink<BridgeEvent>,
    ) {
        let mut events = Vec::new();
        self.end_mut(side)
            .client
            .handle_input(now, bytes, &mut events);
        self.carry_out(now, side, events, sink);
    }

    /// Time has come.
    pub fn handle_timeout(&mut self, now: Instant, sink: &mut dyn Sink<BridgeEvent>) {
        for side in Side::BOTH {
            let mut events = Vec::new();
            let end = self.end_mut(side);
            match end.transport {
                Transport::Until(at) if at <= now => {
                    end.transport = Transport::Opening(now);
                    sink.emit(BridgeEvent::Open(side));
                }
                Transport::Opening(since) if since + OPEN_WITHIN <= now => {
                    end.transport = Transport::Closing;
                    sink.emit(BridgeEvent::Close(side, Closing::GivenUp));
                }
                _ => {}
            }
            end.client.handle_timeout(now, &mut events);
            if end.is_connected() {
                end.ask(now, side, RetainHandling::Send, &mut events, sink);
            }
            self.carry_out(now, side, events, sink);
        }
    }

    /// When to call [`Bridge::handle_timeout`]; read it again after every call.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.local.due().into_iter().chain(self.remote.due()).min()
    }

    /// The bridge stops: both brokers are told. Sessions stay there.
    pub fn handle_shutdown(&mut self, now: Instant, sink: &mut dyn Sink<BridgeEvent>) {
        for side in Side::BOTH {
            self.leave(now, side, Closing::GivenUp, sink);
            self.end_mut(side).transport = Transport::Ended;
        }
    }

    /// Says goodbye to a broker.
    fn leave(&mut self, now: Instant, side: Side, why: Closing, sink: &mut dyn Sink<BridgeEvent>) {
        let end = self.end_mut(side);
        if end.transport != Transport::Open {
            return;
        }
        let mut events = Vec::new();
        let goodbye =
            end.client
                .disconnect(now, ReasonCode::Success, Properties::EMPTY, &mut events);
        events.retain(|event| matches!(event, ClientEvent::Send(_)));
        self.carry_out(now, side, events, sink);
        let end = self.end_mut(side);
        // Before CONNACK there is nothing to say goodbye to, and the transport is closed all the same.
        let _ = goodbye;
        end.transport = Transport::Closing;
        sink.emit(BridgeEvent::Close(side, why));
    }

    fn carry_out(
        &mut self,
        now: Instant,
        from: Side,
        events: Vec<ClientEvent>,
        sink: &mut dyn Sink<BridgeEvent>,
    ) {
        let mut waiting: VecDeque<(Side, ClientEvent)> =
            events.into_iter().map(|event| (from, event)).collect();
        let mut out: [Vec<u8>; 2] = [Vec::new(), Vec::new()];
        while let Some((side, event)) = waiting.pop_front() {
            let mut more = Vec::new();
            let mut target = side;
            match event {
                ClientEvent::Send(packet @ (Packet::PubAck(_) | Packet::PubRec(_)))
                    if self.end(side.other()).is_full() || !self.end(side).held_back.is_empty() =>
                {
                    self.end_mut(side).held_back.push_back(packet);
                }
                ClientEvent::Send(packet) => {
                    if let Packet::Publish(publish) = &packet {
                        self.expect(side, publish);
                    }
                    self.write(side, &packet, &mut out);
                }
                ClientEvent::Connected {
                    session_present, ..
                } => {
                    self.connected(now, side, session_present, &mut more, sink);
                }
                ClientEvent::Message(publish) => {
                    target = side.other();
                    self.take(now, side, publish, &mut more, sink);
                }
                ClientEvent::Acknowledged { tag, reason, .. } => {
                    let end = self.end_mut(side);
                    end.unconfirmed.remove(&tag);
                    if let Some(echoes) = &mut end.echoes
                        && end.held_back.is_empty()
                    {
                        echoes.settle(tag);
                    }
                    match reason.is_failure() {
                        false => end.counts.given += 1,
                        true => self.lost(side, Loss::Refused(reason), sink),
                    }
                }
                ClientEvent::Dropped { tag, why } => {
                    let message = self.end_mut(side).unconfirmed.remove(&tag);
                    match (message, why) {
                        (Some(message), DropReason::SessionEnded) => {
                            self.give(now, side, message, &mut more, sink)
                        }
                        _ => self.lost(side, Loss::Dropped(why), sink),
                    }
                }
                ClientEvent::Subscribed(ack) => self.subscribed(now, side, &ack, sink),
                ClientEvent::Close(why) => {
                    flush(&mut out, sink);
                    let end = self.end_mut(side);
                    // Of a session from before this bridge it knows nothing, and 5.0 does not let a client go on with one
                    // (MQTT-3.2.2-4): the next connection begins anew. 3.1.1 lets it go on. No connection begins anew without
                    // need: Mosquitto 2.0 does not keep such a session when it is restarted before the next connection.
                    let violation = Violation::UnexpectedSessionPresent;
                    end.client.config_mut().clean_start |= why == CloseReason::Violation(violation);
                    end.transport = Transport::Closing;
                    sink.emit(BridgeEvent::Close(side, Closing::Client(why)));
                }
                ClientEvent::Refused { .. }
                | ClientEvent::Unsubscribed(_)
                | ClientEvent::Auth(_)
                | ClientEvent::Disconnected(_)
                | ClientEvent::Note(_) => {}
            }
            for event in more.into_iter().rev() {
                waiting.push_front((target, event));
            }
        }
        for side in Side::BOTH {
            if self.end(side.other()).is_full() {
                continue;
            }
            for packet in core::mem::take(&mut self.end_mut(side).held_back) {
                self.write(side, &packet, &mut out);
            }
        }
        flush(&mut out, sink);
    }

    fn write(&self, side: Side, packet: &Packet, out: &mut [Vec<u8>; 2]) {
        let [local, remote] = out;
        let out = match side {
            Side::Local => local,
            Side::Remote => remote,
        };
        // A client sends only what it can write.
        let _ = self.end(side).client.encode(packet, out);
    }

    fn connected(
        &mut self,
        now: Instant,
        side: Side,
        session_present: bool,
        events: &mut Vec<ClientEvent>,
        sink: &mut dyn Sink<BridgeEvent>,
    ) {
        sink.emit(BridgeEvent::Connected(side, session_present));
        let end = self.end_mut(side);
        end.client.config_mut().clean_start = end.clean_start;
        end.connected_at = Some(now);
        end.is_new_there = !session_present;
        if !session_present {
            if let Some(echoes) = &mut end.echoes {
                // Nothing is on its way back from a session that is gone.
                echoes.clear();
            }
            for wanted in &mut end.wanted {
                wanted.answer = Answer::Due(now);
            }
        }
        let retained = match session_present {
            true => RetainHandling::SendIfNew,
            false => RetainHandling::Send,
        };
        end.ask(now, side, retained, events, sink);
    }

    fn subscribed(
        &mut self,
        now: Instant,
        side: Side,
        ack: &SubAck,
        sink: &mut dyn Sink<BridgeEvent>,
    ) {
        let end = self.end_mut(side);
        let is_it = |wanted: &&mut Wanted| wanted.answer == Answer::Asked(ack.id);
        let Some(wanted) = end.wanted.iter_mut().find(is_it) else {
            return;
        };
        let Some(reason) = ack.reasons.iter().find(|reason| reason.is_failure()) else {
            wanted.answer = Answer::Granted;
            wanted.refusals = 0;
            return;
        };
        wanted.answer = match may_pass(reason) {
            true => {
                let wait = ASK_AGAIN_MIN.as_micros() << wanted.refusals.min(8);
                Answer::Due(now + Duration::from_micros(wait).min(ASK_AGAIN_MAX))
            }
            false => Answer::Refused,
        };
        wanted.refused(side, reason, sink);
    }

    /// A PUBLISH goes out: whether it comes back.
    fn expect(&mut self, side: Side, publish: &Publish) {
        let Some(topic) = &publish.topic else {
            return;
        };
        let comes_back = self.end(side).wanted.iter();
        let mut comes_back = comes_back.filter(|wanted| wanted.filter.matches(topic));
        if comes_back.next().is_none() {
            return;
        }
        let end = self.end_mut(side);
        // To be sent anew makes it no second message, unless the session is another one.
        let is_first = !publish.delivery.dup() || end.is_new_there;
        if let Some(echoes) = end.echoes.as_mut().filter(|_| is_first) {
            echoes.expect(topic, &publish.payload, publish.delivery.qos());
        }
    }

    /// A message has come from `side`: it goes to the other.
    fn take(
        &mut self,
        now: Instant,
        side: Side,
        publish: Publish,
        events: &mut Vec<ClientEvent>,
        sink: &mut dyn Sink<BridgeEvent>,
    ) {
        let Some(topic) = publish.topic else {
            return;
        };
        let qos = publish.delivery.qos();
        let latest = Tag(self.tags);
        let end = self.end_mut(side);
        if let Some(echoes) = &mut end.echoes
            && echoes.is_one(&topic, &publish.payload, publish.delivery, latest)
        {
            end.counts.echoes += 1;
            return;
        }
        let Some((name, qos)) = self
            .topics
            .iter()
            .find_map(|rule| rule.map(side, &topic, qos))
        else {
            // Another client of the same session has subscribed to it: not this bridge's.
            return;
        };
        let Ok(topic) = TopicName::try_from(name.as_str()) else {
            return self.lost(side.other(), Loss::BadTopic(name), sink);
        };
        self.end_mut(side).counts.taken += 1;
        let message = Message {
            topic,
            payload: publish.payload,
            qos,
            retain: publish.retain,
            // They belong to the connection on which they came.
            properties: publish.properties.without(&[
                property_id::SUBSCRIPTION_IDENTIFIER,
                property_id::TOPIC_ALIAS,
            ]),
        };
        self.give(now, side.other(), message, events, sink);
    }

    /// Publishes to a broker, now or when it is there.
    fn give(
        &mut self,
        now: Instant,
        side: Side,
        mut message: Message,
        events: &mut Vec<ClientEvent>,
        sink: &mut dyn Sink<BridgeEvent>,
    ) {
        self.tags = self.tags.wrapping_add(1);
        let tag = Tag(self.tags);
        let end = self.end_mut(side);
        let offer = *end.client.offer();
        if end.is_connected() {
            // Better with less than not at all.
            message.qos = message.qos.min(offer.maximum_qos);
            message.retain &= offer.retain;
        }
        let qos = message.qos;
        if qos > Qos::AtMostOnce {
            end.unconfirmed.insert(tag, message.clone());
        }
        match end.client.publish(now, message, tag, events) {
            Ok(()) if qos == Qos::AtMostOnce => end.counts.given += 1,
            Ok(()) => {}
            Err(misuse) => {
                end.unconfirmed.remove(&tag);
                self.lost(side, Loss::Unsendable(misuse), sink);
            }
        }
    }

    fn lost(&mut self, side: Side, loss: Loss, sink: &mut dyn Sink<BridgeEvent>) {
        self.end_mut(side).counts.lost += 1;
        sink.emit(BridgeEvent::Lost(side, loss));
    }
}

fn flush(out: &mut [Vec<u8>; 2], sink: &mut dyn Sink<BridgeEvent>) {
    for (side, bytes) in Side::BOTH.into_iter().zip(out) {
        if !bytes.is_empty() {
            sink.emit(BridgeEvent::Send(side, core::mem::take(bytes)));
        }
    }
}
