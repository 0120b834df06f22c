//! Clients that mean harm: whatever they send, and whenever they leave, the broker keeps to its
//! bounds and forgets them in the end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod script;

use mqtt_broker::{Broker, BrokerConfig, BrokerEvent, ConnectionId, Durable};
use mqtt_proto::{Duration, Expiry, Instant, SinkFn};
use proptest::prelude::*;

const CONNECTIONS: u64 = 5;
const EXPIRY_SECS: u32 = 10;
/// Longer than every session, will and message lives.
const LONG: Duration = Duration::from_secs(1_000);

/// What clients say, in the notation of the conversations.
const PHRASES: &[&str] = &[
    r#"10 {"MQTT" 04 02 0001 "a"}"#,
    r#"10 {"MQTT" 04 00 0000 "b"}"#,
    r#"10 {"MQTT" 04 2C 0000 "b" "w/1" "will"}"#,
    r#"10 {"MQTT" 05 02 0000 {21 0001 22 0002} "a"}"#,
    r#"10 {"MQTT" 05 00 0001 {11 FFFFFFFF 27 00000040} "b"}"#,
    r#"10 {"MQTT" 05 06 0000 {11 00000005} "c" {18 00000003 02 00000001} "w/2" 0100 00*256}"#,
    r#"10 {"MQTT" 05 34 0000 {11 00000005} "c" {18 FFFFFFFF} "w/2" "will"}"#,
    r#"10 {"MQTT" 05 02 0000 {} ""}"#,
    r#"10 {"MQTT" 05 02 0000 {15 "SCRAM-SHA-256" 16 "n,,n=alice,r=abc"} "d"}"#,
    r#"10 {"MQTT" 05 02 0000 {15 "host" 16 "hi"} "d"}"#,
    r#"F0 {18 {15 "SCRAM-SHA-256" 16 "c=biws,r=abc,p=AAAA"}}"#,
    r#"F0 {19 {15 "host"}}"#,
    r##"82 {0001 {} "#" 02 "w/+" 01 "$share/g/#" 01}"##,
    r##"82 {0002 {0B 05} "t/1" 2D "t/2" 1E "$share/g/t/+" 02}"##,
    r##"82 {0003 "t/+" 02 "$share/g/#" 01}"##,
    r##"A2 {0004 {} "#" "t/1" "$share/g/#"}"##,
    r##"A2 {0005 "t/+"}"##,
    r#"30 {"t/1" {} 'x'}"#,
    r#"31 {"t/1" {02 00000001} 00*300}"#,
    r#"31 {"t/2" 'kept'}"#,
    r#"33 {"t/3" 0001 {23 0001} 'kept'}"#,
    r#"31 {"t/1" {}}"#,
    r#"32 {"t/1" 0002 {} 00*100}"#,
    r#"32 {"t/1" 0002 00*100}"#,
    r#"34 {"t/2" 0003 {} 00*200}"#,
    r#"34 {"t/2" 0004 00*200}"#,
    r#"3C {"t/2" 0003 {} 00*200}"#,
    r#"40 {0001} 40 {0002} 40 {0003}"#,
    r#"50 {0001} 50 {0002} 50 {0003 80}"#,
    r#"62 {0001} 62 {0002} 62 {0003} 62 {0004}"#,
    r#"70 {0001} 70 {0002} 70 {0003}"#,
    "C0 00",
    "E0 00",
    r#"E0 {04 {11 00000001}}"#,
    "30 FFFF",
];

#[derive(Clone, Debug)]
enum Step {
    Say {
        who: u64,
        phrase: usize,
    },
    /// A phrase with one byte changed.
    Garble {
        who: u64,
        phrase: usize,
        at: prop::sample::Index,
        change: u8,
    },
    Leave {
        who: u64,
    },
    Drained {
        who: u64,
    },
    Wait {
        millis: u64,
    },
    Restart,
}

fn config() -> BrokerConfig {
    let passwords = std::fs::read_to_string(script::data("scram")).unwrap();
    let mut config = BrokerConfig {
        sessions_max: 4,
        session_bytes_max: 600,
        held_bytes_max: 2_000,
        subscriptions_max: 4,
        subscription_bytes_max: 100_000,
        retained_max: 3,
        retained_bytes_max: 1_500,
        session_expiry_max: Expiry::from_secs(EXPIRY_SECS),
        backlog_max_bytes: Some(1_000),
        passwords: Some(mqtt_broker::policy::Passwords::parse(&passwords).unwrap()),
        allow_anonymous: true,
        host_methods: vec!["host".try_into().unwrap()],
        ..BrokerConfig::default()
    };
    config.session.queue_max = 3;
    config.session.bytes_max = 1_000;
    config.session.in_flight_max = 2;
    config
}

struct World {
    broker: Broker,
    now: Instant,
    /// The connection that each client has now; a new one for each that ends.
    open: [u64; CONNECTIONS as usize],
    next: u64,
}

impl World {
    fn call(&mut self, call: impl FnOnce(&mut Broker, Instant, &mut Vec<BrokerEvent>)) {
        let mut events = Vec::new();
        call(&mut self.broker, self.now, &mut events);
        for event in events {
            match event {
                BrokerEvent::Close { connection, .. } => self.leave(connection.0),
                BrokerEvent::Note { note, .. } => assert!(!note.to_string().is_empty()),
                _ => {}
            }
        }
        let (kept, bounds) = (self.broker.kept_bytes(), config());
        assert!(kept.sessions <= bounds.session_bytes_max, "{kept:?}");
        assert!(kept.messages <= bounds.held_bytes_max, "{kept:?}");
        assert!(kept.retained <= bounds.retained_bytes_max, "{kept:?}");
        assert!(self.broker.sessions().len() <= bounds.sessions_max);
        assert!(self.broker.retained(self.now).count() <= bounds.retained_max);
        for session in self.broker.sessions() {
            assert!(session.subscriptions().len() <= bounds.subscriptions_max);
            assert!(session.queued() <= bounds.session.queue_max as usize);
        }
    }

    fn leave(&mut self, id: u64) {
        for open in &mut self.open {
            if *open == id {
                *open = self.next;
                self.next += 1;
            }
        }
        self.call(|broker, now, events| broker.handle_close(now, ConnectionId(id), events));
    }

    fn say(&mut self, who: u64, bytes: &[u8]) {
        let id = ConnectionId(self.open[who as usize]);
        self.call(|broker, now, events| {
            broker.handle_open(now, id, events);
            broker.handle_input(now, id, bytes, events);
        });
    }

    fn pass(&mut self, span: Duration) {
        let until = self.now + span;
        while let Some(at) = self.broker.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.call(|broker, now, events| broker.handle_timeout(now, events));
        }
        self.now = until;
    }

    fn play(&mut self, step: &Step) {
        match step {
            Step::Say { who, phrase } => self.say(*who, &script::bytes(PHRASES[*phrase]).unwrap()),
            Step::Garble {
                who,
                phrase,
                at,
                change,
            } => {
                let mut bytes = script::bytes(PHRASES[*phrase]).unwrap();
                let at = at.index(bytes.len());
                bytes[at] ^= change;
                self.say(*who, &bytes);
            }
            Step::Leave { who } => self.leave(self.open[*who as usize]),
            Step::Drained { who } => {
                let id = ConnectionId(self.open[*who as usize]);
                self.call(|broker, now, events| broker.handle_drained(now, id, events));
            }
            Step::Wait { millis } => self.pass(Duration::from_millis(*millis)),
            Step::Restart => {
                let bytes = self.broker.durable(self.now).encode(0);
                let (durable, _) = Durable::decode(&bytes).unwrap();
                let sink = &mut SinkFn(|_: BrokerEvent| {});
                self.broker = Broker::restore(config(), &durable, self.now, Duration::ZERO, sink);
            }
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let who = || 0..CONNECTIONS;
    let phrase = || 0..PHRASES.len();
    prop_oneof![
        12 => (who(), phrase()).prop_map(|(who, phrase)| Step::Say { who, phrase }),
        // Most clients begin well.
        6 => (who(), 0..8_usize).prop_map(|(who, phrase)| Step::Say { who, phrase }),
        2 => (who(), phrase(), any::<prop::sample::Index>(), 1..=255_u8).prop_map(
            |(who, phrase, at, change)| Step::Garble { who, phrase, at, change }
        ),
        2 => who().prop_map(|who| Step::Leave { who }),
        1 => who().prop_map(|who| Step::Drained { who }),
        1 => (0..6_000_u64).prop_map(|millis| Step::Wait { millis }),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #[test]
    fn the_broker_keeps_to_its_bounds_and_forgets(steps in proptest::collection::vec(step(), 1..120)) {
        let mut world = World {
            broker: Broker::new(config()),
            now: Instant::from_micros(1_000_000),
            open: [0, 1, 2, 3, 4],
            next: CONNECTIONS,
        };
        for step in &steps {
            world.play(step);
        }
        for open in world.open {
            world.leave(open);
        }
        world.pass(LONG);
        let kept = world.broker.kept_bytes();
        prop_assert_eq!(world.broker.sessions().len(), 0);
        prop_assert_eq!(world.broker.connections().len(), 0);
        prop_assert_eq!(world.broker.subscription_count(), 0);
        prop_assert_eq!((kept.sessions, kept.messages), (0, 0));
        prop_assert_eq!(world.broker.poll_timeout(), None);
    }
}
