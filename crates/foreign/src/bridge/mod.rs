//! A bridge: a client at each of two brokers, and messages from one to the other and back.
//!
//! At QoS 1 and 2 nothing is lost while the bridge lives, however often connections and brokers go and come, as long as the
//! brokers keep their sessions: what one side has given is in the session towards the other until that has
//! acknowledged it. If a broker forgets the session, what it had not acknowledged is sent anew, so QoS 2 then is at least
//! once. The bridge keeps no file: what it holds is gone with it.
//!
//! One end gives no more than the other takes: with [`HIGH_WATER_MESSAGES`] waiting, or the other end away, what comes is not
//! acknowledged any more, and a broker sends no more than its window without that. The rest waits there. Not to read would stop the
//! acknowledgements of the other direction too, and both could wait for each other for ever.
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
use echo::Echoes;
use mqtt_proto::packet::{
    Properties, Publish, RetainHandling, SubAck, SubscribeFilters, SubscriptionOptions, property_id,
};
use mqtt_proto::session::{IN_FLIGHT_UNSAID, SessionConfig};
use mqtt_proto::{
    Client, ClientConfig, ClientEvent, ClientState, CloseReason, DropReason, Duration, Expiry,
    Instant, Message, Misuse, Packet, PacketId, Qos, ReasonCode, Sink, Tag, TopicFilter, TopicName,
    Version,
};

/// With so many messages waiting for one end, the other is not read.
pub const HIGH_WATER_MESSAGES: usize = 2_000;
/// With so many bytes of them likewise.
pub const HIGH_WATER_BYTES: usize = 8 << 20;
/// How long after a failure an end is opened again; twice as long after each further one.
const RETRY_MIN: Duration = Duration::from_secs(1);
/// The longest such wait.
const RETRY_MAX: Duration = Duration::from_secs(30);
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
    failures: u32,
    /// SUBSCRIBEs that are not answered.
    asked: Vec<(PacketId, TopicFilter)>,
    /// It has subscribed since the bridge began: a session that is kept has what it needs.
    has_subscribed: bool,
    /// Acknowledgements of what came from here, until there is room for it at the other end.
    held_back: VecDeque<Packet>,
    counts: Counts,
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
    fn new(config: &EndConfig, now: Instant) -> Self {
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
        // Of a session from before this bridge it knows nothing, and 5.0 does not let a client go on with one (MQTT-3.2.2-4): the
        // first connection begins a new one. 3.1.1 lets it go on.
        client.clean_start |= config.version == Version::V5;
        Self {
            client: Client::new(client),
            clean_start: config.clean_start,
            transport: Transport::Until(now),
            unconfirmed: BTreeMap::new(),
            echoes: (config.version == Version::V311).then(Echoes::default),
            failures: 0,
            asked: Vec::new(),
            has_subscribed: false,
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
        transport.into_iter().chain(client).min()
    }
}

impl Bridge {
    /// A bridge whose ends are still to be opened.
    #[must_use]
    pub fn new(config: &BridgeConfig, now: Instant) -> Self {
        Self {
            topics: config.topics.clone(),
            local: End::new(&config.local, now),
            remote: End::new(&config.remote, now),
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
        if end.transport != Transport::Ended {
            let wait = RETRY_MIN.as_micros() << end.failures.min(5);
            let wait = Duration::from_micros(wait).min(RETRY_MAX);
            end.failures = end.failures.saturating_add(1);
            end.transport = Transport::Until(now + wait);
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
                ClientEvent::Send(packet) => self.write(side, &packet, &mut out),
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
                ClientEvent::Subscribed(ack) => self.subscribed(side, &ack, sink),
                ClientEvent::Close(why) => {
                    flush(&mut out, sink);
                    self.end_mut(side).transport = Transport::Closing;
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
        let topics: Vec<(TopicFilter, Qos)> = self
            .topics
            .iter()
            .filter_map(|topic| topic.subscription(side))
            .collect();
        let end = self.end_mut(side);
        end.failures = 0;
        end.client.config_mut().clean_start = end.clean_start;
        if let Some(echoes) = end.echoes.as_mut().filter(|_| !session_present) {
            // Nothing is on its way back from a session that is gone.
            echoes.clear();
        }
        if session_present && end.has_subscribed {
            return;
        }
        end.has_subscribed = true;
        end.asked.clear();
        for (filter, qos) in topics {
            let options = SubscriptionOptions {
                qos,
                no_local: true,
                retain_as_published: true,
                retain_handling: if session_present {
                    RetainHandling::SendIfNew
                } else {
                    RetainHandling::Send
                },
            };
            // 3.1.1 has the QoS only; the rest is not written there.
            let options = match end.client.config().version {
                Version::V5 => options,
                Version::V311 => SubscriptionOptions::at(qos),
            };
            let filters = SubscribeFilters::one(filter.clone(), options);
            match end
                .client
                .subscribe(now, filters, Properties::EMPTY, events)
            {
                Ok(id) => end.asked.push((id, filter)),
                Err(_) => sink.emit(BridgeEvent::NotSubscribed(
                    side,
                    filter,
                    ReasonCode::UnspecifiedError,
                )),
            }
        }
    }

    fn subscribed(&mut self, side: Side, ack: &SubAck, sink: &mut dyn Sink<BridgeEvent>) {
        let end = self.end_mut(side);
        let Some(at) = end.asked.iter().position(|(id, _)| *id == ack.id) else {
            return;
        };
        let (_, filter) = end.asked.swap_remove(at);
        if let Some(reason) = ack.reasons.iter().find(|reason| reason.is_failure()) {
            sink.emit(BridgeEvent::NotSubscribed(side, filter, reason));
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
        let end = self.end_mut(side);
        if let Some(echoes) = &mut end.echoes
            && echoes.is_one(&topic, &publish.payload, publish.delivery.dup())
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
        let comes_back = self.topics.iter().any(|topic| {
            let subscription = topic.subscription(side);
            subscription.is_some_and(|(filter, _)| filter.matches(&message.topic))
        });
        self.tags = self.tags.wrapping_add(1);
        let tag = Tag(self.tags);
        let end = self.end_mut(side);
        let offer = *end.client.offer();
        if end.is_connected() {
            // Better with less than not at all.
            message.qos = message.qos.min(offer.maximum_qos);
            message.retain &= offer.retain;
        }
        if let Some(echoes) = end.echoes.as_mut().filter(|_| comes_back) {
            echoes.expect(&message.topic, &message.payload);
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
