//! A device: a client, what its blueprint makes of messages, and how it gets back after a lost connection.

use crate::blueprint::{Blueprint, Response};
use crate::effect::Effect;
use alloc::vec::Vec;
use mqtt_proto::packet::{
    Properties, Publish, SubAck, SubscribeFilters, SubscriptionOptions, UnsubscribeFilters,
};
use mqtt_proto::{
    Client, ClientConfig, ClientEvent, ClientState, CloseReason, DropReason, Duration, Instant,
    Message, Misuse, Note, Packet, PacketId, ReasonCode, Sink, Tag, TopicFilter, Version,
    Violation,
};

/// What a device does when its connection is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reconnect {
    /// Nothing, until it is told to connect.
    Never,
    /// Dials as soon as its network is there again; after [`REDIAL_PAUSE`] if it was there all the time.
    WhenLinkIsUp,
    /// Dials after this long, again and again.
    Every(Duration),
}

/// How long a device that reconnects at once waits when not the network but the other end hung up. Without the pause,
/// two devices under one client id would throw each other out as fast as they can.
pub const REDIAL_PAUSE: Duration = Duration::from_secs(1);

/// A device's settings.
#[derive(Clone, Debug)]
pub struct DeviceConfig {
    /// What it makes of messages.
    pub blueprint: &'static Blueprint,
    /// How it presents itself.
    pub client: ClientConfig,
    /// What it does when its connection is gone.
    pub reconnect: Reconnect,
    /// What it subscribes to when it is connected, as far as its session has not got it yet.
    pub subscriptions: Vec<(TopicFilter, SubscriptionOptions)>,
}

/// One thing that it subscribes to.
#[derive(Clone, Debug)]
struct Subscription {
    filter: TopicFilter,
    options: SubscriptionOptions,
    progress: Progress,
}

/// How far a subscription has come in the present session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// To be asked for, at the next connection at the latest: never asked, or the answer was lost or a refusal.
    Wanted,
    /// In a SUBSCRIBE under this identifier, at this place. Dies with the connection.
    Asked(PacketId, usize),
    /// SUBACK has granted it: the session has it.
    Granted,
}

/// What a device wants done or says, in the order in which it must be carried out.
#[derive(Clone, Debug, PartialEq)]
pub enum DeviceEvent {
    /// Open a connection, then call [`Device::handle_open`], or [`Device::handle_close`] if there is none to be had.
    Dial,
    /// Encode it and put it on the wire.
    Send(Packet),
    /// Close the connection once everything before is out, then call [`Device::handle_close`].
    Close(CloseReason),
    /// Its application got a message. What it does about it follows.
    Delivered(Publish),
    /// It did something that one can see.
    Effect(Effect),
    /// The server is done with a message.
    Acknowledged {
        /// As given with the message.
        tag: Tag,
        /// Free again.
        id: PacketId,
        /// A failure means that the server has refused it.
        reason: ReasonCode,
    },
    /// A message is given up unacknowledged.
    Dropped {
        /// As given with the message.
        tag: Tag,
        /// Why.
        why: DropReason,
    },
    /// Something a log wants to say.
    Note(Note),
    /// It was told to do what it cannot do; nothing has happened.
    Misuse(Misuse),
}

/// A device.
#[derive(Clone, Debug)]
pub struct Device {
    blueprint: &'static Blueprint,
    client: Client,
    reconnect: Reconnect,
    subscriptions: Vec<Subscription>,
    /// It was told to connect and not to disconnect.
    wants_connection: bool,
    /// It wants to go on with its session.
    goes_on: bool,
    /// But not before a server has confirmed one.
    starts_clean_once: bool,
    /// [`DeviceEvent::Dial`] is out.
    dialling: bool,
    network: bool,
    redial_at: Option<Instant>,
    millimetres: i64,
    next_tag: u32,
}

/// A client that has no session state, and whether it starts clean for that reason alone.
///
/// A 5.0 client without state must not go on with a session that the server still has (5.0 MQTT-3.2.2-4), so it starts
/// clean until it is connected. 3.1.1 knows no such rule, and there a clean start would also end the session with the
/// connection.
fn without_state(mut config: ClientConfig, goes_on: bool) -> (Client, bool) {
    let starts_clean_once = goes_on && config.version == Version::V5;
    config.clean_start = !goes_on || starts_clean_once;
    (Client::new(config), starts_clean_once)
}

/// Effects of a call on the client, worked through when the call has returned: what the device makes of a message may
/// call the client again.
type ClientEvents = Vec<ClientEvent>;

impl Device {
    /// A device that has not been told to connect. Its network is there.
    #[must_use]
    pub fn new(config: DeviceConfig) -> Self {
        let goes_on = !config.client.clean_start;
        let (client, starts_clean_once) = without_state(config.client, goes_on);
        Self {
            blueprint: config.blueprint,
            client,
            goes_on,
            reconnect: config.reconnect,
            subscriptions: config
                .subscriptions
                .into_iter()
                .map(|(filter, options)| Subscription {
                    filter,
                    options,
                    progress: Progress::Wanted,
                })
                .collect(),
            wants_connection: false,
            starts_clean_once,
            dialling: false,
            network: true,
            redial_at: None,
            millimetres: 0,
            next_tag: 0,
        }
    }

    /// What it makes of messages.
    #[must_use]
    pub const fn blueprint(&self) -> &'static Blueprint {
        self.blueprint
    }

    /// Its client.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The version that it speaks.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.client.config().version
    }

    /// How far it is from where it started, in millimetres.
    #[must_use]
    pub const fn position(&self) -> i64 {
        self.millimetres
    }

    /// Whether it waits for a connection to open.
    #[must_use]
    pub const fn is_dialling(&self) -> bool {
        self.dialling
    }

    /// Tells it to connect, and from then on to reconnect as it is set to.
    pub fn connect(&mut self, sink: &mut dyn Sink<DeviceEvent>) {
        self.wants_connection = true;
        self.dial(sink);
    }

    /// Tells it to say goodbye, and not to come back.
    pub fn disconnect(&mut self, now: Instant, sink: &mut dyn Sink<DeviceEvent>) {
        self.wants_connection = false;
        self.redial_at = None;
        self.ask(now, sink, |client, events| {
            client.disconnect(now, ReasonCode::Success, Properties::EMPTY, events)
        });
    }

    /// Publishes a message. The tag comes back with its acknowledgement.
    pub fn publish(
        &mut self,
        now: Instant,
        message: Message,
        sink: &mut dyn Sink<DeviceEvent>,
    ) -> Tag {
        let tag = Tag(self.next_tag);
        self.next_tag = self.next_tag.wrapping_add(1);
        self.ask(now, sink, |client, events| {
            client.publish(now, message, tag, events)
        });
        tag
    }

    /// Subscribes: now if it is connected, and after every CONNACK until its session has the subscription.
    pub fn subscribe(
        &mut self,
        now: Instant,
        filter: TopicFilter,
        options: SubscriptionOptions,
        sink: &mut dyn Sink<DeviceEvent>,
    ) {
        self.subscriptions.retain(|known| known.filter != filter);
        let at = self.subscriptions.len();
        self.subscriptions.push(Subscription {
            filter,
            options,
            progress: Progress::Wanted,
        });
        if self.client.state() == ClientState::Connected {
            self.subscribe_wanted(now, at, sink);
        }
    }

    /// Asks in one SUBSCRIBE for what is wanted, from that place in the list on.
    fn subscribe_wanted(&mut self, now: Instant, from: usize, sink: &mut dyn Sink<DeviceEvent>) {
        let wanted = |known: &&Subscription| known.progress == Progress::Wanted;
        let listed = self.subscriptions.iter().skip(from).filter(wanted);
        let filters: SubscribeFilters = listed
            .map(|known| (known.filter.clone(), known.options))
            .collect();
        if filters.iter().next().is_none() {
            return;
        }
        let mut asked = None;
        self.ask(now, sink, |client, events| {
            asked = Some(client.subscribe(now, filters, Properties::EMPTY, events)?);
            Ok(())
        });
        let Some(id) = asked else { return };
        let listed = self.subscriptions.iter_mut().skip(from);
        let wanted = listed.filter(|known| known.progress == Progress::Wanted);
        for (place, known) in wanted.enumerate() {
            known.progress = Progress::Asked(id, place);
        }
    }

    /// SUBACK has come.
    fn subscribed(&mut self, ack: &SubAck) {
        for known in &mut self.subscriptions {
            if let Progress::Asked(id, place) = known.progress
                && id == ack.id
            {
                known.progress = match ack.reasons.iter().nth(place) {
                    Some(reason) if !reason.is_failure() => Progress::Granted,
                    _ => Progress::Wanted,
                };
            }
        }
    }

    /// The session is gone, or what it had asked for on a connection that is.
    fn forget_progress(&mut self, lost: impl Fn(Progress) -> bool) {
        for known in &mut self.subscriptions {
            if lost(known.progress) {
                known.progress = Progress::Wanted;
            }
        }
    }

    /// Unsubscribes.
    pub fn unsubscribe(
        &mut self,
        now: Instant,
        filter: TopicFilter,
        sink: &mut dyn Sink<DeviceEvent>,
    ) {
        self.subscriptions.retain(|known| known.filter != filter);
        let filters: UnsubscribeFilters = core::iter::once(filter).collect();
        self.ask(now, sink, |client, events| {
            client
                .unsubscribe(now, filters, Properties::EMPTY, events)
                .map(drop)
        });
    }

    /// The connection is open.
    pub fn handle_open(&mut self, now: Instant, sink: &mut dyn Sink<DeviceEvent>) {
        self.dialling = false;
        self.ask(now, sink, |client, events| client.handle_open(now, events));
    }

    /// Bytes have come.
    pub fn handle_input(&mut self, now: Instant, bytes: &[u8], sink: &mut dyn Sink<DeviceEvent>) {
        self.tell(now, sink, |client, events| {
            client.handle_input(now, bytes, events);
        });
    }

    /// The connection is closed, or could not be opened.
    pub fn handle_close(&mut self, now: Instant, sink: &mut dyn Sink<DeviceEvent>) {
        self.dialling = false;
        self.tell(now, sink, |client, events| client.handle_close(now, events));
        if !self.wants_connection {
            return;
        }
        self.redial_at = match self.reconnect {
            Reconnect::Never => None,
            Reconnect::WhenLinkIsUp => self.network.then_some(now + REDIAL_PAUSE),
            Reconnect::Every(pause) => Some(now + pause),
        };
    }

    /// The network is there, or gone: what a radio tells its device. Connections close separately.
    pub fn handle_network(&mut self, up: bool, sink: &mut dyn Sink<DeviceEvent>) {
        self.network = up;
        if up && self.wants_connection && self.reconnect == Reconnect::WhenLinkIsUp {
            self.dial(sink);
        }
    }

    /// It starts again after a crash or a loss of power. What it has in memory is gone unless it `keeps` its session in
    /// storage. Where it stands, it stands still; and it connects again if it had been told to.
    pub fn restart(&mut self, now: Instant, keeps: bool, sink: &mut dyn Sink<DeviceEvent>) {
        self.dialling = false;
        if keeps {
            self.tell(now, sink, |client, events| client.handle_close(now, events));
        } else {
            let (client, starts_clean_once) =
                without_state(self.client.config().clone(), self.goes_on);
            self.client = client;
            self.starts_clean_once = starts_clean_once;
            self.forget_progress(|_| true);
        }
        if self.wants_connection {
            self.dial(sink);
        }
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant, sink: &mut dyn Sink<DeviceEvent>) {
        if self.redial_at.is_some_and(|at| at <= now) {
            self.dial(sink);
        }
        self.tell(now, sink, |client, events| {
            client.handle_timeout(now, events);
        });
    }

    /// When to call [`Device::handle_timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.redial_at, self.client.poll_timeout()]
            .into_iter()
            .flatten()
            .min()
    }

    fn dial(&mut self, sink: &mut dyn Sink<DeviceEvent>) {
        self.redial_at = None;
        if !self.dialling && self.client.state() == ClientState::Closed {
            self.dialling = true;
            sink.emit(DeviceEvent::Dial);
        }
    }

    /// Calls the client for something that it may refuse.
    fn ask(
        &mut self,
        now: Instant,
        sink: &mut dyn Sink<DeviceEvent>,
        call: impl FnOnce(&mut Client, &mut ClientEvents) -> Result<(), Misuse>,
    ) {
        let mut events = ClientEvents::new();
        let result = call(&mut self.client, &mut events);
        self.work_through(now, events, sink);
        if let Err(misuse) = result {
            sink.emit(DeviceEvent::Misuse(misuse));
        }
    }

    /// Calls the client.
    fn tell(
        &mut self,
        now: Instant,
        sink: &mut dyn Sink<DeviceEvent>,
        call: impl FnOnce(&mut Client, &mut ClientEvents),
    ) {
        let mut events = ClientEvents::new();
        call(&mut self.client, &mut events);
        self.work_through(now, events, sink);
    }

    fn work_through(
        &mut self,
        now: Instant,
        events: ClientEvents,
        sink: &mut dyn Sink<DeviceEvent>,
    ) {
        for event in events {
            match event {
                ClientEvent::Send(packet) => sink.emit(DeviceEvent::Send(packet)),
                ClientEvent::Connected {
                    session_present, ..
                } => {
                    if core::mem::take(&mut self.starts_clean_once) {
                        self.client.config_mut().clean_start = false;
                    }
                    // Requests have died with the connection before; without a session, all has.
                    self.forget_progress(|progress| {
                        !session_present || progress != Progress::Granted
                    });
                    self.subscribe_wanted(now, 0, sink);
                }
                ClientEvent::Subscribed(ack) => self.subscribed(&ack),
                ClientEvent::Message(publish) => self.receive(publish, sink),
                ClientEvent::Acknowledged { tag, id, reason } => {
                    sink.emit(DeviceEvent::Acknowledged { tag, id, reason });
                }
                ClientEvent::Dropped { tag, why } => sink.emit(DeviceEvent::Dropped { tag, why }),
                ClientEvent::Close(why) => {
                    if why == CloseReason::Violation(Violation::UnexpectedSessionPresent) {
                        // The server has kept longer what is gone here. It would say so again.
                        self.client.config_mut().clean_start = true;
                        self.starts_clean_once = true;
                    }
                    sink.emit(DeviceEvent::Close(why));
                }
                ClientEvent::Note(note) => sink.emit(DeviceEvent::Note(note)),
                // The packets themselves say all that there is to say.
                ClientEvent::Refused { .. }
                | ClientEvent::Unsubscribed(_)
                | ClientEvent::Auth(_)
                | ClientEvent::Disconnected(_) => {}
            }
        }
    }

    /// Does what the blueprint says about a message.
    fn receive(&mut self, publish: Publish, sink: &mut dyn Sink<DeviceEvent>) {
        let response = self.blueprint.rules.iter().find_map(|rule| {
            let millimetres = rule.payload.millimetres(&publish.payload)?;
            Some((&rule.response, millimetres))
        });
        sink.emit(DeviceEvent::Delivered(publish));
        if let Some((Response::Drive { backwards }, length)) = response {
            let millimetres = if *backwards { -length } else { length };
            self.millimetres = self.millimetres.saturating_add(millimetres);
            sink.emit(DeviceEvent::Effect(Effect::Drove { millimetres }));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, clippy::indexing_slicing)]

    use super::*;
    use alloc::string::String;
    use mqtt_proto::codec::encode;
    use mqtt_proto::packet::ConnAck;
    use mqtt_proto::{Expiry, Text};

    const BLUEPRINT: Blueprint = Blueprint {
        name: "phone",
        rules: &[],
    };

    /// A device and the moment.
    struct Bench {
        device: Device,
        now: Instant,
    }

    impl Bench {
        fn new(client: ClientConfig, filters: &[&str]) -> Self {
            let device = Device::new(DeviceConfig {
                blueprint: &BLUEPRINT,
                client,
                reconnect: Reconnect::WhenLinkIsUp,
                subscriptions: filters
                    .iter()
                    .map(|filter| (filter_of(filter), SubscriptionOptions::default()))
                    .collect(),
            });
            let now = Instant::ZERO;
            Self { device, now }
        }

        fn wait(&mut self, span: Duration) {
            self.now += span;
        }

        /// Opens a connection and gives back the CONNECT.
        fn open(&mut self) -> Packet {
            let mut events = Vec::new();
            if !self.device.is_dialling() {
                self.device.connect(&mut events);
            }
            self.device.handle_open(self.now, &mut events);
            sent(&events).into_iter().next().expect("a CONNECT")
        }

        fn receive(&mut self, packet: &Packet) -> Vec<DeviceEvent> {
            let mut bytes = bytes::BytesMut::new();
            encode(packet, self.device.version(), &mut bytes).expect("it has a form");
            let mut events = Vec::new();
            self.device.handle_input(self.now, &bytes, &mut events);
            events
        }

        fn accept(&mut self, session_present: bool) -> Vec<DeviceEvent> {
            self.receive(&Packet::ConnAck(ConnAck {
                session_present,
                reason: ReasonCode::Success,
                properties: Properties::EMPTY,
            }))
        }

        fn close(&mut self) {
            self.device.handle_close(self.now, &mut Vec::new());
        }
    }

    fn filter_of(text: &str) -> TopicFilter {
        TopicFilter::try_from(text).expect("a filter")
    }

    fn sent(events: &[DeviceEvent]) -> Vec<Packet> {
        let packets = events.iter().filter_map(|event| match event {
            DeviceEvent::Send(packet) => Some(packet.clone()),
            _ => None,
        });
        packets.collect()
    }

    fn config(version: Version) -> ClientConfig {
        let id = Text::try_from("d").expect("a text");
        ClientConfig::new(version, id).persistent()
    }

    fn starts_clean(connect: &Packet) -> bool {
        matches!(connect, Packet::Connect(connect) if connect.clean_start)
    }

    #[test]
    fn a_session_that_only_the_server_still_has_is_given_up_once() {
        let mut client = config(Version::V5);
        client.session_expiry = Expiry::from_secs(5);
        let mut bench = Bench::new(client, &[]);
        bench.open();
        bench.accept(false);
        bench.close();
        // The server has noticed the end of the connection later than the device, and still has the session.
        bench.wait(Duration::from_secs(6));
        assert!(!starts_clean(&bench.open()));
        let why = CloseReason::Violation(Violation::UnexpectedSessionPresent);
        assert!(bench.accept(true).contains(&DeviceEvent::Close(why)));
        bench.close();
        assert!(starts_clean(&bench.open()));
        bench.accept(false);
        bench.close();
        assert!(!starts_clean(&bench.open()));
    }
    /// The identifier and the filters of each SUBSCRIBE.
    fn subscribes(events: &[DeviceEvent]) -> Vec<(PacketId, Vec<String>)> {
        let packets = sent(events);
        let subscribes = packets.iter().filter_map(|packet| match packet {
            Packet::Subscribe(subscribe) => {
                let filters = subscribe.filters.iter();
                let names = filters.map(|(filter, _)| String::from(filter.as_str()));
                Some((subscribe.id, names.collect()))
            }
            _ => None,
        });
        subscribes.collect()
    }

    fn sub_ack(id: PacketId, reasons: &[ReasonCode]) -> Packet {
        Packet::SubAck(SubAck {
            id,
            reasons: reasons.iter().copied().collect(),
            properties: Properties::EMPTY,
        })
    }

    #[test]
    fn what_no_suback_has_granted_is_asked_for_again_in_a_session_that_goes_on() {
        for version in [Version::V311, Version::V5] {
            let mut bench = Bench::new(config(version), &["a", "b"]);
            bench.open();
            let asked = subscribes(&bench.accept(false));
            assert_eq!(asked.len(), 1);
            assert_eq!(asked[0].1, ["a", "b"]);
            // SUBSCRIBE is lost with its connection.
            bench.close();
            bench.open();
            let asked = subscribes(&bench.accept(true));
            assert_eq!(asked.len(), 1);
            assert_eq!(asked[0].1, ["a", "b"]);
            let reasons = [ReasonCode::Success, ReasonCode::UnspecifiedError];
            bench.receive(&sub_ack(asked[0].0, &reasons));
            bench.close();
            // The first is granted, the second was refused, the third is new.
            let options = SubscriptionOptions::default();
            let mut events = Vec::new();
            bench
                .device
                .subscribe(bench.now, filter_of("c"), options, &mut events);
            assert_eq!(events, []);
            bench.open();
            let asked = subscribes(&bench.accept(true));
            assert_eq!(asked.len(), 1);
            assert_eq!(asked[0].1, ["b", "c"]);
            bench.receive(&sub_ack(asked[0].0, &[ReasonCode::Success; 2]));
            bench.close();
            bench.open();
            assert_eq!(subscribes(&bench.accept(true)), []);
            bench.close();
            // A new session has nothing.
            bench.open();
            let asked = subscribes(&bench.accept(false));
            assert_eq!(asked[0].1, ["a", "b", "c"]);
        }
    }
}
