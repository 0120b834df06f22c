//! What a device does, call by call.

#![allow(clippy::expect_used, clippy::indexing_slicing)]

use super::*;
use alloc::string::String;
use mqtt_proto::codec::encode;
use mqtt_proto::packet::{ConnAck, SubAck, SubscriptionOptions};
use mqtt_proto::{Expiry, Packet, PacketId, Text};

/// A device and the moment.
struct Bench {
    device: Device,
    now: Instant,
}

impl Bench {
    fn new(client: ClientConfig, filters: &[&str]) -> Self {
        let wanted = filters.iter().map(|filter| wanted(filter));
        let device = Device::new(DeviceConfig {
            reconnect: Reconnect::WhenLinkIsUp,
            subscriptions: wanted.collect(),
            ..DeviceConfig::new(blueprint("phone"), client)
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
            self.device.connect(self.now, &mut events);
        }
        self.device.handle_open(self.now, &mut events);
        sent(&events).into_iter().next().expect("a CONNECT")
    }

    fn receive(&mut self, packet: &Packet) -> Vec<DeviceEvent> {
        let mut bytes = bytes::BytesMut::new();
        encode(packet, self.device.version(), &mut bytes).expect("it has a form");
        let mut events = Vec::new();
        self.device
            .handle_input(self.now, bytes.freeze(), &mut events);
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

fn blueprint(name: &str) -> &'static Blueprint {
    Blueprint::named(name).expect("a blueprint")
}

fn wanted(filter: &str) -> Wanted {
    let filter = TopicFilter::try_from(filter).expect("a filter");
    Wanted::new(filter, SubscriptionOptions::default())
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
        let mut events = Vec::new();
        bench.device.subscribe(bench.now, wanted("c"), &mut events);
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

/// The pauses before each of six dials that find nobody, in milliseconds.
fn pauses(reconnect: Reconnect, seed: u64) -> Vec<u64> {
    let mut device = Device::new(DeviceConfig {
        reconnect,
        rng: Rng::new(seed),
        ..DeviceConfig::new(blueprint("phone"), config(Version::V311))
    });
    let mut now = Instant::ZERO;
    device.connect(now, &mut Vec::new());
    let mut pauses = Vec::new();
    for _ in 0..6 {
        device.handle_close(now, &mut Vec::new());
        let at = device.poll_timeout().expect("it dials again");
        pauses.push(at.since(now).as_millis());
        now = at;
        let mut events = Vec::new();
        device.handle_timeout(now, &mut events);
        assert_eq!(events, [DeviceEvent::Dial]);
    }
    pauses
}

#[test]
fn pauses_between_dials_double_up_to_the_cap_and_are_shortened_at_random() {
    let back_off = |jitter_percent| Reconnect::BackOff {
        first: Duration::from_secs(1),
        cap: Duration::from_secs(10),
        jitter_percent,
    };
    let plain = [1_000, 2_000, 4_000, 8_000, 10_000, 10_000];
    assert_eq!(pauses(back_off(0), 1), plain);
    let jittered = pauses(back_off(50), 1);
    assert_eq!(pauses(back_off(50), 1), jittered, "the same seed");
    assert_ne!(pauses(back_off(50), 2), jittered, "another seed");
    for (jittered, plain) in jittered.iter().zip(plain) {
        assert!((plain / 2..=plain).contains(jittered), "{jittered} {plain}");
    }
    let every = Reconnect::Every(Duration::from_secs(5));
    assert_eq!(pauses(every, 1), [5_000; 6]);
}

#[test]
fn an_outage_ends_the_back_off_only_when_a_server_has_accepted() {
    let reconnect = Reconnect::BackOff {
        first: Duration::from_secs(1),
        cap: Duration::from_secs(60),
        jitter_percent: 0,
    };
    let mut bench = Bench::new(config(Version::V311), &[]);
    bench.device = Device::new(DeviceConfig {
        reconnect,
        ..DeviceConfig::new(blueprint("phone"), config(Version::V311))
    });
    let wait = |bench: &mut Bench| {
        let at = bench.device.poll_timeout().expect("it dials again");
        let pause = at.since(bench.now).as_secs();
        bench.now = at;
        bench.device.handle_timeout(at, &mut Vec::new());
        pause
    };
    bench.open();
    bench.close();
    assert_eq!(wait(&mut bench), 1);
    // A connection that opens is no server that accepts.
    bench.open();
    bench.close();
    assert_eq!(wait(&mut bench), 2);
    bench.open();
    bench.accept(false);
    bench.close();
    assert_eq!(wait(&mut bench), 1);
}
