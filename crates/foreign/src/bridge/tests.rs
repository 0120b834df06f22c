//! The bridge between two of our own brokers, without sockets: cuts, restarts, loops.

use super::*;
use alloc::string::ToString;
use alloc::vec;
use mqtt_broker::{Broker, BrokerConfig, BrokerEvent, ConnectionId};
use mqtt_proto::codec::encode;
use std::println;

/// Two brokers, a bridge and an application at each of them, in one room.
struct Room {
    now: Instant,
    brokers: [Broker; 2],
    bridge: Bridge,
    apps: [Client; 2],
    received: [Vec<(String, Vec<u8>, bool)>; 2],
    /// The bridge's connection to each broker.
    lines: [Option<ConnectionId>; 2],
    made: u64,
    /// Nobody answers there.
    is_down: [bool; 2],
    /// What the broker sends to the bridge gets lost.
    is_deaf: [bool; 2],
    /// The next SUBSCRIBE of the bridge is lost, and the connection with it.
    loses_subscribe: [bool; 2],
    /// Bytes on their way, in their order.
    on_the_way: VecDeque<(To, Vec<u8>)>,
    is_running: bool,
}

#[derive(Clone, Copy, Debug)]
enum To {
    Broker(usize, ConnectionId),
    Bridge(usize, ConnectionId),
    App(usize),
    /// Nothing: the connection ends behind what was sent on it.
    End(usize),
}

const SIDES: [Side; 2] = Side::BOTH;

fn at(side: Side) -> usize {
    side as usize
}

fn app_line(side: usize) -> ConnectionId {
    ConnectionId(1 + side as u64)
}

impl Room {
    fn new(file: &str) -> Self {
        let mut room = Self::before(file);
        room.tick();
        room
    }

    /// Before the bridge has done anything.
    fn before(file: &str) -> Self {
        let config = parse(file).unwrap().remove(0);
        let now = Instant::from_micros(1);
        let app =
            |name: &str| Client::new(ClientConfig::new(Version::V5, name.try_into().unwrap()));
        let mut room = Self {
            now,
            brokers: [
                Broker::new(BrokerConfig::default()),
                Broker::new(BrokerConfig::default()),
            ],
            bridge: Bridge::new(&config, now),
            apps: [app("app-local"), app("app-remote")],
            received: [vec![], vec![]],
            lines: [None, None],
            made: 2,
            is_down: [false, false],
            is_deaf: [false, false],
            loses_subscribe: [false, false],
            on_the_way: VecDeque::new(),
            is_running: false,
        };
        for side in [0, 1] {
            room.brokers[side].handle_open(now, app_line(side), &mut Vec::new());
            let mut events = Vec::new();
            room.apps[side].handle_open(now, &mut events).unwrap();
            room.app_events(side, events);
            let filter = SubscribeFilters::one(
                "got/#".try_into().unwrap(),
                SubscriptionOptions {
                    retain_as_published: true,
                    ..SubscriptionOptions::at(Qos::ExactlyOnce)
                },
            );
            let mut events = Vec::new();
            room.apps[side]
                .subscribe(now, filter, Properties::EMPTY, &mut events)
                .unwrap();
            room.app_events(side, events);
        }
        room
    }

    /// What an application does; its broker's answers come back at once.
    fn app_events(&mut self, side: usize, events: Vec<ClientEvent>) {
        for event in events {
            match event {
                ClientEvent::Send(packet) => {
                    let mut bytes = Vec::new();
                    self.apps[side].encode(&packet, &mut bytes).unwrap();
                    self.say_to_broker(side, app_line(side), &bytes);
                }
                ClientEvent::Message(publish) => {
                    let topic = publish.topic.unwrap().as_str().to_string();
                    self.received[side].push((topic, publish.payload.to_vec(), publish.retain));
                }
                _ => {}
            }
        }
    }

    fn say_to_broker(&mut self, side: usize, line: ConnectionId, bytes: &[u8]) {
        self.send(To::Broker(side, line), bytes.to_vec());
    }

    fn send(&mut self, to: To, bytes: Vec<u8>) {
        self.on_the_way.push_back((to, bytes));
        if core::mem::replace(&mut self.is_running, true) {
            return;
        }
        while let Some((to, bytes)) = self.on_the_way.pop_front() {
            match to {
                To::Broker(side, line) => {
                    let mut events = Vec::new();
                    self.brokers[side].handle_input(self.now, line, &bytes, &mut events);
                    self.broker_events(side, events);
                }
                To::Bridge(side, line) if self.lines[side] == Some(line) && !self.is_deaf[side] => {
                    let mut events = Vec::new();
                    self.bridge
                        .handle_input(self.now, SIDES[side], &bytes, &mut events);
                    self.bridge_events(events);
                }
                To::Bridge(..) => {}
                To::End(side) => self.cut(SIDES[side]),
                To::App(side) => {
                    let mut events = Vec::new();
                    self.apps[side].handle_input(self.now, &bytes, &mut events);
                    self.app_events(side, events);
                }
            }
        }
        self.is_running = false;
    }

    fn broker_events(&mut self, side: usize, events: Vec<BrokerEvent>) {
        for event in events {
            match event {
                BrokerEvent::Send {
                    connection,
                    version,
                    packet,
                } => {
                    let mut bytes = bytes::BytesMut::new();
                    encode(&packet, version, &mut bytes).unwrap();
                    let to = match connection == app_line(side) {
                        true => To::App(side),
                        false => To::Bridge(side, connection),
                    };
                    self.send(to, bytes.to_vec());
                }
                BrokerEvent::Close { connection, .. } => {
                    self.brokers[side].handle_close(self.now, connection, &mut Vec::new());
                    if self.lines[side] == Some(connection) {
                        self.cut(SIDES[side]);
                    }
                }
                _ => {}
            }
        }
    }

    fn bridge_events(&mut self, events: Vec<BridgeEvent>) {
        for event in events {
            match event {
                BridgeEvent::Open(side) if self.is_down[at(side)] => {
                    let mut events = Vec::new();
                    self.bridge.handle_close(self.now, side, &mut events);
                    self.bridge_events(events);
                }
                BridgeEvent::Open(side) => {
                    self.made += 1;
                    let line = ConnectionId(self.made);
                    self.lines[at(side)] = Some(line);
                    self.brokers[at(side)].handle_open(self.now, line, &mut Vec::new());
                    let mut events = Vec::new();
                    self.bridge.handle_open(self.now, side, &mut events);
                    self.bridge_events(events);
                }
                BridgeEvent::Send(side, bytes)
                    if self.loses_subscribe[at(side)] && bytes.first() == Some(&0x82) =>
                {
                    self.loses_subscribe[at(side)] = false;
                    self.send(To::End(at(side)), Vec::new());
                }
                BridgeEvent::Send(side, bytes) => {
                    if let Some(line) = self.lines[at(side)] {
                        self.say_to_broker(at(side), line, &bytes);
                    }
                }
                BridgeEvent::Close(side, why) => {
                    println!("closed: {why}");
                    self.send(To::End(at(side)), Vec::new());
                }
                BridgeEvent::Lost(side, loss) => {
                    panic!("lost on the way to the {side} end: {loss}")
                }
                BridgeEvent::NotSubscribed(side, filter, reason) => {
                    panic!("{side} {filter:?} {reason}")
                }
                BridgeEvent::Connected(..) => {}
            }
        }
    }

    /// The connection is gone, as both see it.
    fn cut(&mut self, side: Side) {
        if let Some(line) = self.lines[at(side)].take() {
            let mut events = Vec::new();
            self.brokers[at(side)].handle_close(self.now, line, &mut events);
            self.broker_events(at(side), events);
            let mut events = Vec::new();
            self.bridge.handle_close(self.now, side, &mut events);
            self.bridge_events(events);
        }
    }

    /// Time goes on until the bridge has done what is due.
    fn tick(&mut self) {
        for _ in 0..4 {
            self.now += Duration::from_secs(10);
            let mut events = Vec::new();
            self.bridge.handle_timeout(self.now, &mut events);
            self.bridge_events(events);
        }
    }

    fn publish(&mut self, side: Side, topic: &str, payload: &str, qos: Qos, retain: bool) {
        let mut message = Message::new(topic.try_into().unwrap(), payload.to_string().into(), qos);
        message.retain = retain;
        let mut events = Vec::new();
        self.apps[at(side)]
            .publish(self.now, message, Tag(0), &mut events)
            .unwrap();
        self.app_events(at(side), events);
    }

    fn payloads(&self, side: Side) -> Vec<String> {
        let text =
            |(_, payload, _): &(String, Vec<u8>, bool)| String::from_utf8(payload.clone()).unwrap();
        self.received[at(side)].iter().map(text).collect()
    }
}

const BOTH: &str = "connection c\naddress x:1\ntopic # both 2 \"\" \"\"\n";
const BOTH_311: &str =
    "connection c\naddress x:1\nbridge_protocol_version mqttv311\ntopic # both 2\n";

#[test]
fn everything_goes_across_once_and_nothing_comes_back() {
    for file in [BOTH, BOTH_311] {
        let mut room = Room::new(file);
        for (number, qos) in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce]
            .into_iter()
            .enumerate()
        {
            room.publish(Side::Local, "got/l", &std::format!("l{number}"), qos, false);
            room.publish(
                Side::Remote,
                "got/r",
                &std::format!("r{number}"),
                qos,
                false,
            );
            // The same text from both ends at once is two messages.
            room.publish(Side::Local, "got/x", "same", qos, false);
            room.publish(Side::Remote, "got/x", "same", qos, false);
        }
        for side in SIDES {
            let mut found = room.payloads(side);
            found.sort();
            assert_eq!(
                found,
                [
                    "l0", "l1", "l2", "r0", "r1", "r2", "same", "same", "same", "same", "same",
                    "same"
                ],
                "{file}"
            );
            assert_eq!(room.bridge.waiting(side), 0);
        }
        let is_311 = file == BOTH_311;
        assert_eq!(room.bridge.counts(Side::Remote).echoes > 0, is_311);
        assert_eq!(room.bridge.counts(Side::Local).echoes, 0, "No Local");
    }
}

#[test]
fn directions_and_prefixes_are_those_of_the_file() {
    let file = "# comment\nconnection c\naddress there\ntopic temp/# out 1 got/ site/7/\ntopic cmd in 2 got/ site/7/\n\
                topic hello both 0 got/ got/";
    let mut room = Room::new(file);
    let config = parse(file).unwrap().remove(0);
    assert_eq!(config.address, "there:1883");
    assert_eq!(config.remote.client_id.as_str(), "c-remote");
    let filter = SubscribeFilters::one(
        "site/#".try_into().unwrap(),
        SubscriptionOptions::at(Qos::ExactlyOnce),
    );
    let mut events = Vec::new();
    room.apps[1]
        .subscribe(room.now, filter, Properties::EMPTY, &mut events)
        .unwrap();
    room.app_events(1, events);
    room.publish(Side::Local, "got/temp/a", "t", Qos::ExactlyOnce, false);
    room.publish(
        Side::Local,
        "got/cmd",
        "not this way",
        Qos::ExactlyOnce,
        false,
    );
    room.publish(Side::Remote, "site/7/cmd", "c", Qos::ExactlyOnce, false);
    room.publish(
        Side::Remote,
        "site/7/temp/a",
        "not this way",
        Qos::ExactlyOnce,
        false,
    );
    room.publish(Side::Local, "got/hello", "h", Qos::ExactlyOnce, false);
    let topics = |side: usize| -> Vec<(&str, &[u8])> {
        room.received[side]
            .iter()
            .map(|(topic, payload, _)| (topic.as_str(), payload.as_slice()))
            .collect()
    };
    assert_eq!(
        topics(0),
        [
            ("got/temp/a", &b"t"[..]),
            ("got/cmd", b"not this way"),
            ("got/cmd", b"c"),
            ("got/hello", b"h"),
        ]
    );
    assert_eq!(
        topics(1),
        [
            ("site/7/temp/a", &b"t"[..]),
            ("site/7/cmd", b"c"),
            ("site/7/temp/a", b"not this way"),
            ("got/hello", b"h"),
        ]
    );
}

#[test]
fn nothing_is_lost_while_either_end_is_away_and_it_comes_once() {
    for file in [BOTH, BOTH_311] {
        let mut room = Room::new(file);
        let mut expected = [vec![], vec![]];
        for round in 0..6 {
            let away = SIDES[round % 2];
            room.is_down[at(away)] = round % 3 != 0;
            room.cut(away);
            for number in 0..50 {
                for side in SIDES {
                    let payload = std::format!("{side} {round} {number}");
                    let qos = if number % 2 == 0 {
                        Qos::AtLeastOnce
                    } else {
                        Qos::ExactlyOnce
                    };
                    room.publish(side, "got/m", &payload, qos, false);
                    expected[at(side)].push(payload);
                }
                if number == 25 {
                    room.tick();
                }
            }
            room.is_down[at(away)] = false;
            room.tick();
        }
        for side in SIDES {
            let found = room.payloads(side);
            let from = |who: Side| -> Vec<String> {
                let mark = who.to_string();
                found
                    .iter()
                    .filter(|payload| payload.starts_with(&mark))
                    .cloned()
                    .collect()
            };
            assert_eq!(
                from(Side::Local),
                expected[0],
                "{file}: order and number, at the {side} end"
            );
            assert_eq!(
                from(Side::Remote),
                expected[1],
                "{file}: order and number, at the {side} end"
            );
            assert_eq!(room.bridge.counts(side).lost, 0);
        }
    }
}

/// The remote broker is away for long: the bridge holds so much, and the rest waits in the local broker.
#[test]
fn what_is_too_much_for_the_bridge_waits_at_the_broker() {
    let mut room = Room::new(BOTH);
    let config = BrokerConfig {
        session: SessionConfig {
            queue_max: 100_000,
            ..SessionConfig::DEFAULT
        },
        ..BrokerConfig::default()
    };
    // A broker that keeps more than by default; the room is made anew around it.
    room.brokers[0] = Broker::new(config);
    room.lines[0] = None;
    let mut events = Vec::new();
    room.bridge.handle_close(room.now, Side::Local, &mut events);
    room.bridge_events(events);
    room.apps[0].handle_close(room.now, &mut Vec::new());
    room.brokers[0].handle_open(room.now, app_line(0), &mut Vec::new());
    let mut events = Vec::new();
    room.apps[0].handle_open(room.now, &mut events).unwrap();
    room.app_events(0, events);
    room.tick();
    room.is_down[1] = true;
    room.cut(Side::Remote);
    let count = 3 * HIGH_WATER_MESSAGES;
    for number in 0..count {
        room.publish(
            Side::Local,
            "got/n",
            &std::format!("{number}"),
            Qos::AtLeastOnce,
            false,
        );
    }
    let waiting = room.bridge.waiting(Side::Remote);
    let window = usize::from(SessionConfig::DEFAULT.in_flight_max);
    assert!((HIGH_WATER_MESSAGES..=HIGH_WATER_MESSAGES + window).contains(&waiting));
    room.tick();
    // It is there all the same, and the other direction goes on.
    assert!(room.bridge.is_connected(Side::Local));
    room.is_down[1] = false;
    for _ in 0..4 {
        room.tick();
    }
    let expected: Vec<String> = (0..count).map(|number| std::format!("{number}")).collect();
    assert!(
        room.payloads(Side::Remote) == expected,
        "{} of {count}",
        room.received[1].len()
    );
}

#[test]
fn retained_messages_cross_as_retained() {
    let mut room = Room::new(BOTH);
    room.publish(Side::Local, "got/state", "on", Qos::AtLeastOnce, true);
    assert_eq!(
        room.received[1],
        [("got/state".to_string(), b"on".to_vec(), true)]
    );
    assert_eq!(room.brokers[1].retained(room.now).count(), 1);
    // A later connection of the same session asks for none of them again.
    room.cut(Side::Local);
    room.tick();
    assert_eq!(room.received[1].len(), 1);
    // And an empty one clears it on both sides.
    room.publish(Side::Remote, "got/state", "", Qos::AtLeastOnce, true);
    assert_eq!(room.brokers[0].retained(room.now).count(), 0);
}

/// A broker that has lost its sessions gets what it had not acknowledged, and nothing of that comes back from it.
#[test]
fn a_broker_that_forgets_costs_no_message_and_none_comes_twice() {
    for file in [BOTH, BOTH_311] {
        let mut room = Room::new(file);
        let mut expected = Vec::new();
        for is_sent in [true, false] {
            if is_sent {
                // The broker gets these and answers, and the answers are lost.
                room.is_deaf[1] = true;
            } else {
                room.is_down[1] = true;
                room.cut(Side::Remote);
            }
            for number in 0..5 {
                for qos in [Qos::AtLeastOnce, Qos::ExactlyOnce] {
                    let payload = std::format!("{is_sent} {number} {qos:?}");
                    room.publish(Side::Local, "got/n", &payload, qos, false);
                    expected.push(payload);
                }
            }
        }
        room.is_deaf[1] = false;
        room.brokers[1] = Broker::new(BrokerConfig::default());
        room.is_down[1] = false;
        room.tick();
        let view: Vec<_> = room.brokers[1]
            .sessions()
            .map(|session| session.client_id().to_string())
            .collect();
        assert_eq!(view, ["c-remote"]);
        assert_eq!(room.bridge.waiting(Side::Remote), 0);
        assert_eq!(room.bridge.counts(Side::Remote).given, 20);
        assert_eq!(room.payloads(Side::Local), expected, "{file}");
    }
}

/// The sessions are there from before, and it knows nothing of them.
#[test]
fn a_bridge_that_is_started_again_connects_again() {
    for file in [BOTH, BOTH_311] {
        let mut room = Room::new(file);
        for side in SIDES {
            room.lines[at(side)] = None;
        }
        room.bridge = Bridge::new(&parse(file).unwrap().remove(0), room.now);
        room.tick();
        for side in SIDES {
            assert!(room.bridge.is_connected(side), "{file}: the {side} end");
            room.publish(side, "got/m", "over there", Qos::AtLeastOnce, false);
        }
        for side in SIDES {
            assert_eq!(room.payloads(side).len(), 2, "{file}: at the {side} end");
        }
    }
}

/// A request dies with its connection, and the session does not.
#[test]
fn a_subscription_that_was_lost_is_asked_for_again() {
    for file in [BOTH, BOTH_311] {
        for side in SIDES {
            let mut room = Room::before(file);
            room.loses_subscribe[at(side)] = true;
            room.tick();
            assert!(room.bridge.is_connected(side));
            room.publish(side, "got/m", "over there", Qos::AtLeastOnce, false);
            assert_eq!(
                room.payloads(side.other()),
                ["over there"],
                "{file}: from the {side} end"
            );
        }
    }
}

/// What was an echo before is a message when somebody else says it.
#[test]
fn the_same_words_from_the_other_side_arrive_though_they_come_repeated() {
    for qos in [Qos::AtLeastOnce, Qos::ExactlyOnce] {
        let mut room = Room::new(BOTH_311);
        room.publish(Side::Local, "got/lamp", "on", qos, false);
        // It is sent to a connection that is dead already, and once more on the next one, with DUP.
        room.is_deaf[1] = true;
        room.publish(Side::Remote, "got/lamp", "on", qos, false);
        room.publish(Side::Remote, "got/lamp", "off", qos, false);
        room.cut(Side::Remote);
        room.is_deaf[1] = false;
        room.tick();
        assert_eq!(room.payloads(Side::Local), ["on", "on", "off"], "{qos:?}");
    }
}

/// An end with a broker played by hand, under 3.1.1.
struct ByHand {
    bridge: Bridge,
    now: Instant,
    events: Vec<BridgeEvent>,
}

const CONNACK: &[u8] = &[0x20, 2, 0, 0];

impl ByHand {
    fn new() -> Self {
        let mut config = parse(BOTH_311).unwrap().remove(0);
        config.remote.keep_alive_secs = 0;
        let now = Instant::from_micros(1);
        Self {
            bridge: Bridge::new(&config, now),
            now,
            events: Vec::new(),
        }
    }

    /// Until the remote end wants to be opened: how long that takes.
    fn open(&mut self) -> Duration {
        let since = self.now;
        loop {
            self.bridge.handle_timeout(self.now, &mut self.events);
            let wants = core::mem::take(&mut self.events);
            if wants.contains(&BridgeEvent::Open(Side::Remote)) {
                self.bridge
                    .handle_open(self.now, Side::Remote, &mut self.events);
                return self.now.since(since);
            }
            self.now += Duration::from_millis(100);
        }
    }

    fn say(&mut self, bytes: &[u8]) {
        self.bridge
            .handle_input(self.now, Side::Remote, bytes, &mut self.events);
    }

    /// The identifiers of the SUBSCRIBEs that were sent since the last call.
    fn subscribes(&mut self) -> Vec<[u8; 2]> {
        let events = core::mem::take(&mut self.events);
        let ids = events.into_iter().filter_map(|event| match event {
            BridgeEvent::Send(Side::Remote, bytes) if bytes.first() == Some(&0x82) => {
                Some([bytes[2], bytes[3]])
            }
            _ => None,
        });
        ids.collect()
    }
}

/// Two of one name throw each other out, right after CONNACK.
#[test]
fn a_connection_that_does_not_last_is_no_success() {
    let mut end = ByHand::new();
    end.open();
    let mut waits = Vec::new();
    for _ in 0..8 {
        end.say(CONNACK);
        end.bridge
            .handle_close(end.now, Side::Remote, &mut end.events);
        waits.push(end.open());
    }
    assert!(waits.is_sorted(), "{waits:?}");
    assert!(waits[0] < Duration::from_secs(2), "{waits:?}");
    assert!(waits[7] >= Duration::from_secs(4), "{waits:?}");
    assert!(waits[7] < Duration::from_secs(6), "{waits:?}");
    end.say(CONNACK);
    end.now += SETTLED_AFTER;
    end.bridge
        .handle_close(end.now, Side::Remote, &mut end.events);
    assert_eq!(end.open(), waits[0]);
}

#[test]
fn a_refused_subscription_is_asked_for_again_and_told_once() {
    let mut end = ByHand::new();
    end.open();
    end.say(CONNACK);
    let mut told = 0;
    let mut asked = 0;
    for _ in 0..3 {
        let ids = end.subscribes();
        asked += ids.len();
        for [high, low] in ids {
            end.say(&[0x90, 3, high, low, 0x80]);
        }
        let is_told = |event: &&BridgeEvent| matches!(event, BridgeEvent::NotSubscribed(..));
        told += end.events.iter().filter(is_told).count();
        let next = end
            .bridge
            .remote
            .wanted
            .iter()
            .find_map(|wanted| match wanted.answer {
                Answer::Due(at) => Some(at),
                _ => None,
            });
        end.now = next.unwrap();
        assert!(end.bridge.poll_timeout().unwrap() <= end.now);
        end.bridge.handle_timeout(end.now, &mut end.events);
    }
    assert_eq!((asked, told), (3, 1));
    let [high, low] = end.subscribes()[0];
    end.say(&[0x90, 3, high, low, 2]);
    assert_eq!(end.bridge.remote.wanted[0].answer, Answer::Granted);
}

#[test]
fn what_is_wrong_with_a_file_is_said_by_line() {
    for (file, line, part) in [
        ("", 1, "begin with"),
        ("topic a", 1, "begin with"),
        ("connection c\naddress x\ntopic a sideways", 3, "PATTERN"),
        ("connection c\naddress x\ntopic a out 3", 3, "PATTERN"),
        (
            "connection c\naddress x\ntopic a/#/b",
            3,
            "not a topic filter",
        ),
        (
            "connection c\naddress x\ntopic a out 0 +/ b/",
            3,
            "not a topic filter",
        ),
        ("connection c\ntopic a", 2, "no `address`"),
        ("connection c\naddress x\nconnection d", 3, "no `topic`"),
        ("connection c\nbridge_cafile x", 2, "not known here"),
        (
            "connection c\nbridge_protocol_version mqttv31",
            2,
            "mqttv311 or mqttv50",
        ),
        ("connection c\naddress x:y", 2, "HOST:PORT"),
    ] {
        let (found, fault) = parse(file).unwrap_err();
        assert_eq!(found, line, "{file}");
        assert!(fault.to_string().contains(part), "{file}: {fault}");
    }
    let two =
        "connection a\naddress x\ntopic # in\n\nconnection b\naddress y:1884\ntopic # out 1\n";
    assert_eq!(parse(two).unwrap().len(), 2);
}

/// Both ends full of what the other one wants to be rid of: acknowledgements still come through.
#[test]
fn two_full_ends_do_not_wait_for_each_other() {
    let mut room = Room::new(BOTH);
    for side in SIDES {
        room.brokers[at(side)] = Broker::new(BrokerConfig {
            session: SessionConfig {
                queue_max: 100_000,
                ..SessionConfig::DEFAULT
            },
            ..BrokerConfig::default()
        });
        room.lines[at(side)] = None;
        let mut events = Vec::new();
        room.bridge.handle_close(room.now, side, &mut events);
        room.bridge_events(events);
        room.apps[at(side)].handle_close(room.now, &mut Vec::new());
        room.brokers[at(side)].handle_open(room.now, app_line(at(side)), &mut Vec::new());
        let mut events = Vec::new();
        room.apps[at(side)]
            .handle_open(room.now, &mut events)
            .unwrap();
        room.app_events(at(side), events);
    }
    room.tick();
    let count = 2 * HIGH_WATER_MESSAGES;
    for number in 0..count {
        // One end is away while the other's messages come, in turn.
        if number % 500 == 0 {
            let away = SIDES[number / 500 % 2];
            room.is_down = [false, false];
            room.tick();
            room.is_down[at(away)] = true;
            room.cut(away);
        }
        for side in SIDES {
            room.publish(
                side,
                "got/n",
                &std::format!("{side} {number}"),
                Qos::AtLeastOnce,
                false,
            );
        }
    }
    room.is_down = [false, false];
    room.tick();
    room.tick();
    for side in SIDES {
        assert_eq!(room.bridge.waiting(side), 0);
        assert_eq!(
            room.bridge.counts(side).given,
            count as u64,
            "to the {side} end"
        );
    }
}
