//! Drives a client and a server's connection with arbitrary bytes, calls and times, and checks what
//! must hold after each. Used by `tests/sessions.rs` and by the fuzz targets.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    unreachable_pub,
    reason = "tests"
)]

use bytes::{Bytes, BytesMut};
use mqtt_proto::codec::{Framing, encode};
use mqtt_proto::packet::{
    Properties, Property, ReasonCodes, SubscribeFilters, SubscriptionOptions, UnsubscribeFilters,
};
use mqtt_proto::session::{Direction, WhenFull};
use mqtt_proto::{
    Acceptance, Client, ClientConfig, ClientEvent, ClientState, Delivery, Duration, Effect, Expiry,
    Instant, Limits, Message, Offer, Packet, Qos, ReasonCode, Refused, Retry, Sender, ServerConfig,
    ServerConnection, ServerEvent, ServerState, Session, SessionConfig, Tag, Text, TopicFilter,
    TopicName, Version,
};

/// "These bytes arrive", for both drivers.
pub const INPUT: u8 = 3;

/// The part of an input that lets bytes arrive, 255 at most.
pub fn input(bytes: &[u8]) -> Vec<u8> {
    let bytes = &bytes[..bytes.len().min(255)];
    [&[INPUT, bytes.len() as u8], bytes].concat()
}

/// An accepted connection to begin with, at either end.
pub fn client_opening(version: Version) -> Vec<u8> {
    let accepted = match version {
        Version::V311 => input(&[0x20, 2, 0, 0]),
        Version::V5 => input(&[0x20, 6, 0, 0, 3, 0x21, 0, 2]),
    };
    [vec![0], accepted].concat()
}

pub fn server_opening(version: Version) -> Vec<u8> {
    let connect: &[u8] = match version {
        Version::V311 => b"\x10\x0d\x00\x04MQTT\x04\x00\x00\x03\x00\x01c",
        Version::V5 => b"\x10\x11\x00\x04MQTT\x05\x00\x00\x03\x03\x21\x00\x02\x00\x01c",
    };
    [input(connect), vec![4, 0, 0, 0, 0, 0]].concat()
}

/// Bytes of configuration that the drivers read first.
pub const CLIENT_CONFIG_BYTES: usize = 14;
pub const SERVER_CONFIG_BYTES: usize = 11;

/// A fuzzer's seed: this packet arrives on an accepted connection. `None` if not at this end.
pub fn client_seed(framing: &Framing, packet: &[u8]) -> Option<Vec<u8>> {
    let version = framing.version?;
    let mut seed = vec![0; CLIENT_CONFIG_BYTES];
    seed[0] = u8::from(version == Version::V5);
    seed.extend(client_opening(version));
    seed.extend(input(packet));
    (framing.sender == Sender::Server).then_some(seed)
}

pub fn server_seed(framing: &Framing, packet: &[u8]) -> Option<Vec<u8>> {
    let mut seed = vec![0; SERVER_CONFIG_BYTES];
    if let Some(version) = framing.version {
        seed.extend(server_opening(version));
    }
    seed.extend(input(packet));
    (framing.sender == Sender::Client).then_some(seed)
}

/// Choices read off the input, 0 when it has run out.
struct Feed<'a>(&'a [u8]);

impl<'a> Feed<'a> {
    fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    fn below(&mut self, bound: u8) -> u8 {
        self.byte() % bound
    }

    fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn version(&mut self) -> Version {
        if self.flag() {
            Version::V5
        } else {
            Version::V311
        }
    }

    fn limits(&mut self) -> Limits {
        Limits {
            receive_maximum: u16::from(self.below(4)) + 1,
            max_packet_size: if self.flag() { u32::MAX } else { 64 },
            topic_alias_maximum: u16::from(self.below(4)),
        }
    }

    fn session(&mut self) -> SessionConfig {
        SessionConfig {
            in_flight_max: u16::from(self.below(4)) + 1,
            queue_max: u32::from(self.below(4)),
            bytes_max: SessionConfig::DEFAULT.bytes_max,
            when_full: if self.flag() {
                WhenFull::DropNewest
            } else {
                WhenFull::DropOldest
            },
        }
    }

    fn retry(&mut self) -> Retry {
        if self.flag() {
            Retry::AfterTimeout(Duration::from_secs(1))
        } else {
            Retry::OnResumeOnly
        }
    }

    fn qos(&mut self) -> Qos {
        Qos::from_bits(self.below(3)).unwrap()
    }

    fn message(&mut self) -> Message {
        let topic = ["a", "b", "a/long/topic"][usize::from(self.below(3))];
        Message {
            topic: TopicName::try_from(topic).unwrap(),
            payload: Bytes::from(vec![b'x'; usize::from(self.below(80))]),
            qos: self.qos(),
            retain: self.flag(),
            properties: self.properties(),
        }
    }

    /// Any property, whether or not it has a place there.
    fn properties(&mut self) -> Properties {
        let text = || Text::try_from("text").unwrap();
        let count = self.byte().saturating_sub(200) / 16;
        (0..count)
            .map(|_| match self.below(10) {
                0 => Property::MessageExpiryInterval(u32::from(self.byte())),
                1 => Property::UserProperty(text(), text()),
                2 => Property::ReasonString(text()),
                3 => Property::TopicAlias(u16::from(self.below(3))),
                4 => Property::SessionExpiryInterval(u32::from(self.byte())),
                5 => Property::AuthenticationMethod(text()),
                6 => Property::AuthenticationData(Bytes::from_static(b"data")),
                7 => Property::SubscriptionIdentifier(u32::from(self.byte())),
                8 => Property::ReceiveMaximum(u16::from(self.byte())),
                _ => Property::ContentType(text()),
            })
            .collect()
    }

    fn reason(&mut self) -> ReasonCode {
        let all = ReasonCode::ALL;
        all[usize::from(self.byte()) % all.len()]
    }
}

/// What may be on the wire and how much may be kept.
struct Checker {
    version: Version,
    closed: bool,
}

impl Checker {
    fn send(&self, packet: &Packet, limit: u32) {
        assert!(!self.closed, "{packet} after the close");
        let mut bytes = BytesMut::new();
        encode(packet, self.version, &mut bytes)
            .unwrap_or_else(|why| panic!("{packet} cannot be written: {why}"));
        assert!(
            bytes.len() <= limit as usize,
            "{packet} is larger than {limit}"
        );
    }
}

fn check_session(session: &Session) {
    for direction in [Direction::Outgoing, Direction::Incoming] {
        let mut ids: Vec<_> = session
            .in_flight()
            .filter(|row| row.direction == direction)
            .filter_map(|row| row.id)
            .collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "an identifier twice");
    }
    assert!(session.queued() <= session.config().queue_max as usize + 1);
}

/// A client whose server is the input.
pub fn client(data: &[u8]) {
    let mut feed = Feed(data);
    let version = feed.version();
    let mut config = ClientConfig::new(version, Text::try_from("c").unwrap());
    config.clean_start = feed.flag();
    config.session_expiry = Expiry::from_secs(u32::from(feed.below(3)));
    config.keep_alive_secs = u16::from(feed.below(4));
    config.limits = feed.limits();
    config.aliases_wanted = u16::from(feed.below(4));
    config.session = feed.session();
    config.retry = feed.retry();
    config.request_problem_information = feed.flag();
    if feed.flag() {
        config.authentication = Some((Text::try_from("text").unwrap(), None));
    }
    let mut client = Client::new(config);
    let mut now = Instant::ZERO;
    let mut events: Vec<ClientEvent> = Vec::new();
    let mut checker = Checker {
        version,
        closed: false,
    };
    while !feed.0.is_empty() {
        // What can be asked for while closed must not reach the wire.
        match feed.below(12) {
            0 | 1 => {
                if client.handle_open(now, &mut events).is_ok() {
                    checker.closed = false;
                }
            }
            2..=4 => {
                let len = usize::from(feed.byte());
                let bytes = feed.take(len);
                client.handle_input(now, bytes, &mut events);
            }
            5 => {
                let message = feed.message();
                let _ = client.publish(now, message, Tag(1), &mut events);
            }
            6 => {
                let filter = TopicFilter::try_from("a/#").unwrap();
                let options = SubscriptionOptions::at(feed.qos());
                let filters = SubscribeFilters::one(filter, options);
                let properties = feed.properties();
                let _ = client.subscribe(now, filters, properties, &mut events);
            }
            7 => {
                let filter = TopicFilter::try_from("a/#").unwrap();
                let filters: UnsubscribeFilters = [filter].into_iter().collect();
                let _ = client.unsubscribe(now, filters, feed.properties(), &mut events);
            }
            8 => {
                let properties = feed.properties();
                let _ = client.authenticate(now, properties, &mut events);
            }
            9 => {
                let (reason, properties) = (feed.reason(), feed.properties());
                let _ = client.disconnect(now, reason, properties, &mut events);
            }
            10 => {
                client.handle_close(now, &mut events);
                assert_eq!(client.state(), ClientState::Closed);
                assert_eq!(client.poll_timeout(), None, "due while closed");
                checker.closed = true;
            }
            _ => {
                now = match client.poll_timeout() {
                    Some(at) if feed.flag() => at,
                    _ => now + Duration::from_millis(u64::from(feed.byte()) * 10),
                };
                client.handle_timeout(now, &mut events);
                assert!(
                    client.poll_timeout().is_none_or(|at| at > now),
                    "due again at once"
                );
            }
        }
        for event in events.drain(..) {
            match event {
                ClientEvent::Send(packet) => checker.send(&packet, u32::MAX),
                ClientEvent::Close(_) => {
                    assert!(!checker.closed, "closed twice");
                    checker.closed = true;
                }
                ClientEvent::Message(publish) => {
                    assert!(publish.topic.is_some(), "an alias came through");
                    assert!(!checker.closed, "a message after the close");
                }
                _ => {}
            }
        }
        check_session(client.session());
        let expected = matches!(client.state(), ClientState::Closing);
        assert!(!expected || checker.closed, "closing without a word");
    }
}

/// A server's connections, one after the other, whose client is the input.
pub fn server(data: &[u8]) {
    let mut feed = Feed(data);
    let config = ServerConfig {
        limits: feed.limits(),
        offer: Offer {
            maximum_qos: feed.qos(),
            retain: feed.flag(),
            ..Offer::EVERYTHING
        },
        aliases_wanted: u16::from(feed.below(4)),
        connect_timeout: Duration::from_secs(1),
        retry: feed.retry(),
        explain: feed.flag(),
    };
    let session_config = feed.session();
    let mut session = Session::new(session_config);
    let mut now = Instant::ZERO;
    let mut connection = ServerConnection::new(now, config);
    let mut effects: Vec<Effect> = Vec::new();
    let mut checker = Checker {
        version: Version::V5,
        closed: false,
    };
    let mut waiting: Option<Delivery> = None;
    while !feed.0.is_empty() {
        let accepted = connection.state() == ServerState::Connected;
        match feed.below(12) {
            0..=3 => {
                let len = usize::from(feed.byte());
                connection.handle_input(feed.take(len));
            }
            4 => {
                let acceptance = Acceptance {
                    session_present: feed.flag(),
                    assigned_client_id: feed.flag().then(|| Text::try_from("given").unwrap()),
                    server_keep_alive_secs: feed.flag().then(|| u16::from(feed.below(4))),
                    session_expiry: feed.flag().then_some(Expiry::NEVER),
                    properties: feed.properties(),
                };
                let _ = connection.accept(now, acceptance, &mut session, &mut effects);
            }
            5 => {
                let refused = [Refused::Banned, Refused::NotAuthorized][usize::from(feed.below(2))];
                let _ = connection.refuse(now, refused, feed.properties(), &mut effects);
            }
            6 => {
                let (reason, properties) = (feed.reason(), feed.properties());
                let _ = connection.authenticate(now, reason, properties, &mut effects);
            }
            7 => {
                if let Some(delivery) = waiting.take() {
                    let (reason, properties) = (feed.reason(), feed.properties());
                    let _ = connection.acknowledge(
                        now,
                        delivery,
                        reason,
                        properties,
                        &mut session,
                        &mut effects,
                    );
                }
            }
            8 => {
                // Messages come from decoded packets: what they hold can be written.
                let mut message = feed.message();
                message.properties = message.properties.retain(|property| {
                    matches!(
                        property,
                        Property::UserProperty(..) | Property::ReasonString(_)
                    ) && matches!(property, Property::UserProperty(..))
                });
                let _ = connection.deliver(now, message, Tag(1), &mut session, &mut effects);
            }
            9 => {
                let (reason, properties) = (feed.reason(), feed.properties());
                let _ = connection.disconnect(now, reason, properties, &mut effects);
            }
            10 => {
                connection.handle_close(accepted.then_some(&mut session), &mut effects);
                if feed.flag() {
                    session = Session::new(session_config);
                }
                connection = ServerConnection::new(now, config);
                checker.closed = false;
                waiting = None;
            }
            _ => {
                let held = accepted.then_some(&session);
                now = match connection.poll_timeout(held) {
                    Some(at) if feed.flag() => at,
                    _ => now + Duration::from_millis(u64::from(feed.byte()) * 10),
                };
                connection.handle_timeout(now, accepted.then_some(&mut session), &mut effects);
                let held = accepted.then_some(&session);
                assert!(
                    connection.poll_timeout(held).is_none_or(|at| at > now),
                    "due again at once"
                );
            }
        }
        loop {
            let accepted = connection.state() == ServerState::Connected;
            let held = accepted.then_some(&mut session);
            let event = connection.next_event(now, held, &mut effects);
            let is_last = event.is_none();
            match event {
                Some(ServerEvent::Publish(publish)) => {
                    assert!(publish.topic.is_some(), "an alias came through");
                    waiting = Some(publish.delivery);
                }
                Some(ServerEvent::Subscribe(subscribe)) => {
                    let reasons: ReasonCodes =
                        subscribe.filters.iter().map(|_| feed.reason()).collect();
                    let properties = feed.properties();
                    let id = subscribe.id;
                    let _ = connection.sub_ack(now, id, reasons, properties, &mut effects);
                }
                Some(ServerEvent::Unsubscribe(unsubscribe)) => {
                    let reasons = unsubscribe.filters.iter().map(|_| feed.reason()).collect();
                    let properties = feed.properties();
                    let id = unsubscribe.id;
                    let _ = connection.unsub_ack(now, id, reasons, properties, &mut effects);
                }
                Some(ServerEvent::Connect(_) | ServerEvent::Auth(_)) => {}
                Some(ServerEvent::Disconnect(_)) | None => {}
            }
            if is_last {
                break;
            }
        }
        checker.version = connection.version();
        let limit = connection.peer_limits().max_packet_size;
        for effect in effects.drain(..) {
            match effect {
                Effect::Send(packet) => checker.send(&packet, limit),
                Effect::Close(_) => {
                    assert!(!checker.closed, "closed twice");
                    checker.closed = true;
                }
                _ => {}
            }
        }
        check_session(&session);
        assert_eq!(
            connection.state() == ServerState::Closed,
            checker.closed,
            "closed without a word"
        );
    }
}
