//! Random clients, subscriptions and messages: what arrives is what a model says that looks at every
//! subscription one by one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use bytes::{Bytes, BytesMut};
use mqtt_broker::{Broker, BrokerConfig, BrokerEvent, ConnectionId, Durable};
use mqtt_proto::codec::encode;
use mqtt_proto::packet::{
    Ack, Connect, Properties, Property, Publish, Subscribe, SubscribeFilters, SubscriptionOptions,
    Unsubscribe,
};
use mqtt_proto::{
    Delivery, Duration, Instant, Packet, PacketId, Qos, ReasonCode, Text, TopicFilter, TopicName,
    Version,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, VecDeque};

const NOW: Instant = Instant::from_micros(1_000_000);
const CLIENTS: usize = 4;
/// The session outlives its connection by this.
const EXPIRY_SECS: u32 = 1_000;

/// What happens. The client's number decides its version: even ones speak 3.1.1.
#[derive(Clone, Debug)]
enum Step {
    Connect {
        client: usize,
        clean: bool,
        keep: bool,
    },
    Leave {
        client: usize,
        cut: bool,
    },
    Subscribe {
        client: usize,
        filter: String,
        options: u8,
        identifier: Option<u32>,
    },
    Unsubscribe {
        client: usize,
        filter: String,
    },
    Publish {
        client: usize,
        topic: String,
        qos: Qos,
        retain: bool,
        is_empty: bool,
    },
    /// Of the broker, which goes on from what it has saved.
    Restart,
}

/// A message as a client sees it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    topic: String,
    payload: Vec<u8>,
    qos: u8,
    retain: bool,
    identifiers: Vec<u32>,
}

fn version(client: usize) -> Version {
    match client % 2 {
        0 => Version::V311,
        _ => Version::V5,
    }
}

/// The rules of section 4.7, written down a second time: whether a topic name fits a filter.
fn fits(filter: &str, topic: &str) -> bool {
    fn levels(filter: &[&str], topic: &[&str]) -> bool {
        match (filter, topic) {
            (["#"], _) | ([], []) => true,
            ([wanted, filter @ ..], [level, topic @ ..]) => {
                (*wanted == "+" || wanted == level) && levels(filter, topic)
            }
            _ => false,
        }
    }
    let filter: Vec<&str> = filter.split('/').collect();
    let topic: Vec<&str> = topic.split('/').collect();
    let hides = topic[0].starts_with('$') && ["+", "#"].contains(&filter[0]);
    !hides && levels(&filter, &topic)
}

#[derive(Clone, Debug)]
struct Subscription {
    filter: String,
    options: SubscriptionOptions,
    identifier: Option<u32>,
}

#[derive(Clone, Debug, Default)]
struct ModelClient {
    is_connected: bool,
    has_session: bool,
    keep: bool,
    subscriptions: Vec<Subscription>,
    waiting: Vec<Seen>,
}

impl ModelClient {
    fn end(&mut self) {
        *self = Self::default();
    }

    fn disconnect(&mut self) {
        self.is_connected = false;
        if !self.keep {
            self.end();
        }
    }
}

struct ModelRetained {
    payload: Vec<u8>,
    qos: Qos,
    publisher: usize,
}

/// What should happen.
#[derive(Default)]
struct Model {
    clients: [ModelClient; CLIENTS],
    retained: BTreeMap<String, ModelRetained>,
}

type Deliveries = [Vec<Seen>; CLIENTS];

impl Model {
    /// Whether the session goes on, and what has waited.
    fn connect(&mut self, client: usize, clean: bool, keep: bool) -> (bool, Vec<Seen>) {
        let state = &mut self.clients[client];
        if state.is_connected {
            state.disconnect();
        }
        if clean {
            state.end();
        }
        let present = state.has_session;
        state.is_connected = true;
        state.has_session = true;
        state.keep = keep;
        (present, std::mem::take(&mut state.waiting))
    }

    /// The retained messages for a new subscription, in any order.
    fn subscribe(&mut self, client: usize, new: Subscription) -> Vec<Seen> {
        let state = &mut self.clients[client];
        let before = state.subscriptions.len();
        state.subscriptions.retain(|old| old.filter != new.filter);
        let is_new = state.subscriptions.len() == before;
        let sends = match new.options.bits() >> 4 {
            0 => true,
            1 => is_new,
            _ => false,
        };
        let found = self.retained.iter().filter(|(topic, retained)| {
            let own = new.options.no_local && retained.publisher == client;
            sends && !own && fits(&new.filter, topic)
        });
        let found = found
            .map(|(topic, retained)| Seen {
                topic: topic.clone(),
                payload: retained.payload.clone(),
                qos: retained.qos.min(new.options.qos).bits(),
                retain: true,
                identifiers: new.identifier.into_iter().collect(),
            })
            .collect();
        state.subscriptions.push(new);
        found
    }

    fn unsubscribe(&mut self, client: usize, filter: &str) -> bool {
        let subscriptions = &mut self.clients[client].subscriptions;
        let before = subscriptions.len();
        subscriptions.retain(|old| old.filter != filter);
        subscriptions.len() < before
    }

    /// What each client gets now, and whether anybody has subscribed.
    fn publish(
        &mut self,
        from: usize,
        topic: &str,
        qos: Qos,
        retain: bool,
        payload: &[u8],
    ) -> (Deliveries, bool) {
        if retain && payload.is_empty() {
            self.retained.remove(topic);
        } else if retain {
            let retained = ModelRetained {
                payload: payload.to_vec(),
                qos,
                publisher: from,
            };
            self.retained.insert(topic.to_owned(), retained);
        }
        let mut deliveries = Deliveries::default();
        let mut anybody = false;
        for (client, state) in self.clients.iter_mut().enumerate() {
            let matching: Vec<&Subscription> = state
                .subscriptions
                .iter()
                .filter(|subscription| fits(&subscription.filter, topic))
                .filter(|subscription| !(subscription.options.no_local && client == from))
                .collect();
            let Some(granted) = matching.iter().map(|it| it.options.qos).max() else {
                continue;
            };
            anybody = true;
            let qos = qos.min(granted);
            let mut identifiers: Vec<u32> =
                matching.iter().filter_map(|it| it.identifier).collect();
            identifiers.sort_unstable();
            let seen = Seen {
                topic: topic.to_owned(),
                payload: payload.to_vec(),
                qos: qos.bits(),
                retain: retain && matching.iter().any(|it| it.options.retain_as_published),
                identifiers,
            };
            if state.is_connected {
                deliveries[client].push(seen);
            } else if qos > Qos::AtMostOnce {
                state.waiting.push(seen);
            }
        }
        (deliveries, anybody)
    }
}

/// A broker with clients that acknowledge everything at once.
struct World {
    broker: Broker,
    config: BrokerConfig,
    connections: BTreeMap<u64, usize>,
    opened: u64,
    seen: Deliveries,
    /// What came besides messages and their handshakes.
    answers: Vec<(usize, Packet)>,
}

impl World {
    fn new() -> Self {
        let mut config = BrokerConfig::default();
        config.server.explain = false;
        Self {
            broker: Broker::new(config.clone()),
            config,
            connections: BTreeMap::new(),
            opened: 0,
            seen: Deliveries::default(),
            answers: Vec::new(),
        }
    }

    fn connection_of(&self, client: usize) -> ConnectionId {
        let newest = self.connections.iter().rev().find(|(_, of)| **of == client);
        ConnectionId(*newest.unwrap().0)
    }

    fn send(&mut self, client: usize, packet: Packet) {
        let mut inputs = VecDeque::from([(self.connection_of(client), packet)]);
        while let Some((id, packet)) = inputs.pop_front() {
            let client = self.connections[&id.0];
            let mut bytes = BytesMut::new();
            encode(&packet, version(client), &mut bytes).unwrap();
            let mut events = Vec::new();
            self.broker.handle_input(NOW, id, &bytes, &mut events);
            self.take(events, &mut inputs);
        }
    }

    fn take(&mut self, events: Vec<BrokerEvent>, inputs: &mut VecDeque<(ConnectionId, Packet)>) {
        for event in events {
            let (id, packet) = match event {
                BrokerEvent::Send {
                    connection, packet, ..
                } => (connection, packet),
                BrokerEvent::Close { connection, .. } => {
                    self.connections.remove(&connection.0);
                    let mut events = Vec::new();
                    self.broker.handle_close(NOW, connection, &mut events);
                    self.take(events, inputs);
                    continue;
                }
                _ => continue,
            };
            // A client that was cut off or taken over says nothing more.
            let Some(client) = self.connections.get(&id.0).copied() else {
                continue;
            };
            match packet {
                Packet::Publish(publish) => {
                    let answer = match publish.delivery {
                        Delivery::AtMostOnce => None,
                        Delivery::AtLeastOnce { id, .. } => Some(Packet::PubAck(Ack::success(id))),
                        Delivery::ExactlyOnce { id, .. } => Some(Packet::PubRec(Ack::success(id))),
                    };
                    inputs.extend(answer.map(|answer| (id, answer)));
                    self.seen[client].push(seen(&publish));
                }
                Packet::PubRel(ack) => {
                    inputs.push_back((id, Packet::PubComp(Ack::success(ack.id))));
                }
                other => self.answers.push((client, other)),
            }
        }
    }

    fn open(&mut self, client: usize) {
        self.opened += 1;
        let id = ConnectionId(self.opened);
        self.connections.insert(id.0, client);
        self.broker.handle_open(NOW, id, &mut Vec::new());
    }

    /// What has come since the last time.
    fn seen(&mut self) -> Deliveries {
        std::mem::take(&mut self.seen)
    }

    /// The only answer since the last time.
    fn answer(&mut self, client: usize) -> Packet {
        let answers: Vec<Packet> = std::mem::take(&mut self.answers)
            .into_iter()
            .filter(|(to, packet)| *to == client && !matches!(packet, Packet::Disconnect(_)))
            .map(|(_, packet)| packet)
            .collect();
        let [answer] = <[Packet; 1]>::try_from(answers).unwrap();
        answer
    }

    fn restart(&mut self) {
        let bytes = self.broker.durable(NOW).encode(0);
        let (durable, _) = Durable::decode(&bytes).unwrap();
        let mut events = Vec::new();
        let config = self.config.clone();
        self.broker = Broker::restore(config, &durable, NOW, Duration::ZERO, &mut events);
        self.connections.clear();
        self.take(events, &mut VecDeque::new());
    }
}

fn seen(publish: &Publish) -> Seen {
    let mut identifiers: Vec<u32> = publish
        .properties
        .iter()
        .filter_map(|property| match property {
            Property::SubscriptionIdentifier(number) => Some(number),
            _ => None,
        })
        .collect();
    identifiers.sort_unstable();
    Seen {
        topic: publish.topic.as_ref().unwrap().as_str().to_owned(),
        payload: publish.payload.to_vec(),
        qos: publish.delivery.qos().bits(),
        retain: publish.retain,
        identifiers,
    }
}

fn connect(client: usize, clean: bool, keep: bool) -> Packet {
    let expiry = match version(client) {
        Version::V5 if keep => Some(Property::SessionExpiryInterval(EXPIRY_SECS)),
        _ => None,
    };
    Packet::Connect(Box::new(Connect {
        version: version(client),
        clean_start: clean,
        keep_alive_secs: 0,
        client_id: Text::try_from(format!("c{client}").as_str()).unwrap(),
        will: None,
        user_name: None,
        password: None,
        properties: expiry.into_iter().collect(),
    }))
}

/// Plays a step in the broker and in the model, and compares.
fn play(step: &Step, number: usize, world: &mut World, model: &mut Model) {
    let id = PacketId::FIRST;
    let connected = |model: &Model, client: usize| model.clients[client].is_connected;
    match step {
        Step::Connect {
            client,
            clean,
            keep,
        } => {
            let client = *client;
            // 3.1.1 has one flag for both.
            let keep = match version(client) {
                Version::V311 => !clean,
                Version::V5 => *keep,
            };
            world.open(client);
            world.send(client, connect(client, *clean, keep));
            let (present, waiting) = model.connect(client, *clean, keep);
            let Packet::ConnAck(ack) = world.answer(client) else {
                panic!("no CONNACK");
            };
            assert_eq!(ack.reason, ReasonCode::Success);
            assert_eq!(ack.session_present, present);
            assert_eq!(world.seen()[client], waiting);
        }
        Step::Leave { client, cut } if connected(model, *client) => {
            if *cut {
                let id = world.connection_of(*client);
                world.connections.remove(&id.0);
                world.broker.handle_close(NOW, id, &mut Vec::new());
            } else {
                world.send(
                    *client,
                    Packet::Disconnect(mqtt_proto::packet::Disconnect {
                        reason: ReasonCode::Success,
                        properties: Properties::EMPTY,
                    }),
                );
            }
            model.clients[*client].disconnect();
        }
        Step::Subscribe {
            client,
            filter,
            options,
            identifier,
        } if connected(model, *client) => {
            let is_v5 = version(*client) == Version::V5;
            let bits = if is_v5 { *options } else { options & 0b11 };
            let options = SubscriptionOptions::from_bits(bits).unwrap();
            let identifier = identifier.filter(|_| is_v5);
            let text = TopicFilter::try_from(filter.as_str()).unwrap();
            world.send(
                *client,
                Packet::Subscribe(Subscribe {
                    id,
                    filters: SubscribeFilters::one(text, options),
                    properties: identifier
                        .map(Property::SubscriptionIdentifier)
                        .into_iter()
                        .collect(),
                }),
            );
            let Packet::SubAck(ack) = world.answer(*client) else {
                panic!("no SUBACK");
            };
            let granted: Vec<u8> = ack.reasons.iter().map(|reason| reason as u8).collect();
            assert_eq!(granted, [options.qos.bits()]);
            let mut expected = model.subscribe(
                *client,
                Subscription {
                    filter: filter.clone(),
                    options,
                    identifier,
                },
            );
            let mut seen = world.seen();
            seen[*client].sort();
            expected.sort();
            assert_eq!(seen[*client], expected);
        }
        Step::Unsubscribe { client, filter } if connected(model, *client) => {
            let text = TopicFilter::try_from(filter.as_str()).unwrap();
            world.send(
                *client,
                Packet::Unsubscribe(Unsubscribe {
                    id,
                    filters: core::iter::once(text).collect(),
                    properties: Properties::EMPTY,
                }),
            );
            let Packet::UnsubAck(ack) = world.answer(*client) else {
                panic!("no UNSUBACK");
            };
            let was_there = model.unsubscribe(*client, filter);
            if version(*client) == Version::V5 {
                let code = if was_there { 0x00 } else { 0x11 };
                let codes: Vec<u8> = ack.reasons.iter().map(|reason| reason as u8).collect();
                assert_eq!(codes, [code]);
            }
        }
        Step::Publish {
            client,
            topic,
            qos,
            retain,
            is_empty,
        } if connected(model, *client) => {
            let payload = match is_empty {
                true => Vec::new(),
                false => number.to_string().into_bytes(),
            };
            let dup = false;
            let delivery = match qos {
                Qos::AtMostOnce => Delivery::AtMostOnce,
                Qos::AtLeastOnce => Delivery::AtLeastOnce { id, dup },
                Qos::ExactlyOnce => Delivery::ExactlyOnce { id, dup },
            };
            world.send(
                *client,
                Packet::Publish(Publish {
                    delivery,
                    retain: *retain,
                    topic: Some(TopicName::try_from(topic.as_str()).unwrap()),
                    payload: Bytes::from(payload.clone()),
                    properties: Properties::EMPTY,
                }),
            );
            let (expected, anybody) = model.publish(*client, topic, *qos, *retain, &payload);
            let reason = match (anybody, version(*client)) {
                (false, Version::V5) => ReasonCode::NoMatchingSubscribers,
                _ => ReasonCode::Success,
            };
            match qos {
                Qos::AtMostOnce => {}
                Qos::AtLeastOnce => {
                    let ack = Ack::with_reason(id, reason);
                    assert_eq!(world.answer(*client), Packet::PubAck(ack));
                }
                Qos::ExactlyOnce => {
                    let ack = Ack::with_reason(id, reason);
                    assert_eq!(world.answer(*client), Packet::PubRec(ack));
                    world.send(*client, Packet::PubRel(Ack::success(id)));
                    assert_eq!(world.answer(*client), Packet::PubComp(Ack::success(id)));
                }
            }
            assert_eq!(world.seen(), expected);
        }
        Step::Restart => {
            world.restart();
            for client in &mut model.clients {
                client.disconnect();
            }
        }
        // What only a connected client can do.
        _ => {}
    }
    assert_eq!(world.seen(), Deliveries::default(), "nothing else");
    world.answers.clear();
}

fn filters() -> impl Strategy<Value = String> {
    let level = || prop_oneof![Just("a"), Just("b"), Just(""), Just("+"), Just("$x")];
    let any = (proptest::collection::vec(level(), 1..4), any::<bool>()).prop_map(
        |(mut levels, with_hash)| {
            if with_hash {
                levels.push("#");
            }
            levels.join("/")
        },
    );
    prop_oneof![any, Just("#".to_owned())].prop_filter("empty", |text| !text.is_empty())
}

fn topics() -> impl Strategy<Value = String> {
    let level = prop_oneof![4 => Just("a"), 4 => Just("b"), 2 => Just(""), 1 => Just("$x")];
    proptest::collection::vec(level, 1..4)
        .prop_map(|levels| levels.join("/"))
        .prop_filter("empty", |text| !text.is_empty())
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let client = || 0..CLIENTS;
    let options = (0..=2_u8, 0..=3_u8, 0..=2_u8)
        .prop_map(|(qos, flags, handling)| qos | flags << 2 | handling << 4);
    let qos = (0..=2_u8).prop_map(|bits| Qos::from_bits(bits).unwrap());
    let step = prop_oneof![
        3 => (client(), any::<bool>(), any::<bool>()).prop_map(|(client, clean, keep)| {
            Step::Connect { client, clean, keep }
        }),
        2 => (client(), any::<bool>()).prop_map(|(client, cut)| Step::Leave { client, cut }),
        6 => (client(), filters(), options, proptest::option::of(1..5_u32)).prop_map(
            |(client, filter, options, identifier)| Step::Subscribe {
                client, filter, options, identifier,
            }
        ),
        1 => (client(), filters()).prop_map(|(client, filter)| Step::Unsubscribe { client, filter }),
        10 => (client(), topics(), qos, any::<bool>(), proptest::bool::weighted(0.1)).prop_map(
            |(client, topic, qos, retain, is_empty)| Step::Publish {
                client, topic, qos, retain, is_empty,
            }
        ),
        1 => Just(Step::Restart),
    ];
    proptest::collection::vec(step, 1..80)
}

proptest! {
    #[test]
    fn every_message_goes_where_a_look_at_every_subscription_says(steps in steps()) {
        let (mut world, mut model) = (World::new(), Model::default());
        for client in 0..CLIENTS {
            let connect = Step::Connect { client, clean: client == 0, keep: true };
            play(&connect, 0, &mut world, &mut model);
        }
        for (number, step) in steps.iter().enumerate() {
            play(step, number, &mut world, &mut model);
        }
        let subscriptions: usize = model.clients.iter().map(|it| it.subscriptions.len()).sum();
        prop_assert_eq!(world.broker.subscription_count(), subscriptions);
        prop_assert_eq!(world.broker.retained(NOW).count(), model.retained.len());
        // What has waited is all that is held: every client acknowledges at once.
        let held: usize = model
            .clients
            .iter()
            .flat_map(|client| &client.waiting)
            .map(|seen| seen.topic.len() + seen.payload.len() + 2 * seen.identifiers.len())
            .sum();
        prop_assert_eq!(world.broker.kept_bytes().messages, held);
    }

    /// Nothing is left of clients that are gone without a session, and retained messages that are
    /// deleted: every sum that the broker keeps comes back to where it began.
    #[test]
    fn nothing_is_left_in_the_end(steps in steps()) {
        let (mut world, mut model) = (World::new(), Model::default());
        let begin = world.broker.kept_bytes();
        for (number, step) in steps.iter().enumerate() {
            play(step, number, &mut world, &mut model);
        }
        let topics: Vec<String> = model.retained.keys().cloned().collect();
        for client in 0..CLIENTS {
            let connect = Step::Connect { client, clean: true, keep: false };
            play(&connect, 0, &mut world, &mut model);
        }
        for topic in topics {
            let clear = Step::Publish {
                client: 0, topic, qos: Qos::AtMostOnce, retain: true, is_empty: true,
            };
            play(&clear, 0, &mut world, &mut model);
        }
        for client in 0..CLIENTS {
            play(&Step::Leave { client, cut: true }, 0, &mut world, &mut model);
        }
        let end = world.broker.kept_bytes();
        prop_assert_eq!(world.broker.sessions().len(), 0);
        prop_assert_eq!(world.broker.subscription_count(), 0);
        prop_assert_eq!((end.sessions, end.messages, end.retained), (0, 0, 0));
        prop_assert!(begin.subscriptions <= end.subscriptions);
    }

    /// Each group gets each message once, at the QoS granted to whoever gets it.
    #[test]
    fn every_group_gets_every_message_once(
        members in proptest::collection::vec((0..CLIENTS, 0..3_usize, 0..=2_u8), 1..12),
        messages in proptest::collection::vec((topics(), 0..=2_u8), 1..30),
    ) {
        const GROUPS: [(&str, &str); 3] = [("g", "a/#"), ("h", "a/#"), ("g", "+/b")];
        let mut world = World::new();
        // Every number is odd, so that all speak 5.0: 3.1.1 has no shared subscriptions.
        let mut granted = BTreeMap::new();
        let speaker = |client: usize| client | 1;
        for client in [1, 3] {
            world.open(client);
            world.send(client, connect(client, true, false));
        }
        for (client, group, qos) in members {
            let client = speaker(client);
            let (share, filter) = GROUPS[group];
            let text = TopicFilter::try_from(format!("$share/{share}/{filter}").as_str()).unwrap();
            let qos = Qos::from_bits(qos).unwrap();
            world.send(client, Packet::Subscribe(Subscribe {
                id: PacketId::FIRST,
                filters: SubscribeFilters::one(text, SubscriptionOptions::at(qos)),
                properties: Properties::EMPTY,
            }));
            granted.insert((group, client), qos);
        }
        for (number, (topic, qos)) in messages.into_iter().enumerate() {
            let qos = Qos::from_bits(qos).unwrap();
            let (id, dup) = (PacketId::FIRST, false);
            world.send(1, Packet::Publish(Publish {
                delivery: match qos {
                    Qos::AtMostOnce => Delivery::AtMostOnce,
                    Qos::AtLeastOnce => Delivery::AtLeastOnce { id, dup },
                    Qos::ExactlyOnce => Delivery::ExactlyOnce { id, dup },
                },
                retain: false,
                topic: Some(TopicName::try_from(topic.as_str()).unwrap()),
                payload: Bytes::from(number.to_string()),
                properties: Properties::EMPTY,
            }));
            if qos == Qos::ExactlyOnce {
                world.send(1, Packet::PubRel(Ack::success(id)));
            }
            let mut seen: Vec<(usize, u8)> = world
                .seen()
                .iter()
                .enumerate()
                .flat_map(|(client, seen)| seen.iter().map(move |it| (client, it.qos)))
                .collect();
            // Each group takes one of them away: of some member of its own.
            let mut matching: Vec<Vec<(usize, u8)>> = (0..GROUPS.len())
                .filter(|group| fits(GROUPS[*group].1, &topic))
                .map(|group| {
                    granted
                        .iter()
                        .filter(|((of, _), _)| *of == group)
                        .map(|((_, client), granted)| (*client, qos.min(*granted).bits()))
                        .collect()
                })
                .filter(|members: &Vec<_>| !members.is_empty())
                .collect();
            matching.sort_by_key(Vec::len);
            prop_assert_eq!(seen.len(), matching.len());
            prop_assert!(assigns(&mut seen, &matching), "{:?} {:?}", seen, matching);
        }
    }
}

/// Whether each group can be given a delivery of its own.
fn assigns(seen: &mut Vec<(usize, u8)>, groups: &[Vec<(usize, u8)>]) -> bool {
    let Some((group, rest)) = groups.split_first() else {
        return seen.is_empty();
    };
    (0..seen.len()).any(|at| {
        let delivery = seen[at];
        if !group.contains(&delivery) {
            return false;
        }
        seen.remove(at);
        let fits = assigns(seen, rest);
        seen.insert(at, delivery);
        fits
    })
}
