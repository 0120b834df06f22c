//! What the QoS levels promise, over generated runs of a client and a server. A run that fails is
//! printed as a script (see `tests/scripts`).
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod harness;

use bytes::Bytes;
use harness::World;
use mqtt_proto::session::Direction;
use mqtt_proto::{ClientState, Qos, Session};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write;

#[derive(Clone, Copy, Debug)]
enum Act {
    Publish(u8),
    Deliver(u8),
    Up,
    Down,
    HalfUp,
    HalfDown,
    Cut,
    Open,
    Subscribe,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..3_u8).prop_map(Act::Publish),
        4 => (0..3_u8).prop_map(Act::Deliver),
        8 => Just(Act::Up),
        8 => Just(Act::Down),
        1 => Just(Act::HalfUp),
        1 => Just(Act::HalfDown),
        1 => Just(Act::Cut),
        2 => Just(Act::Open),
        1 => Just(Act::Subscribe),
    ]
}

/// Runs commands and remembers them.
struct Run {
    world: World,
    script: String,
    messages: u32,
}

impl Run {
    fn new(head: &[String]) -> Self {
        let mut run = Self {
            world: World::new(),
            script: String::new(),
            messages: 0,
        };
        for command in head {
            run.command(command);
        }
        run
    }

    fn command(&mut self, command: &str) {
        writeln!(self.script, "{command}").unwrap();
        self.world.command(command);
    }

    fn is_open(&self) -> bool {
        self.world.client().state() != ClientState::Closed
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Publish(qos) => {
                self.messages += 1;
                self.command(&format!("publish {qos} t c{}", self.messages));
            }
            Act::Deliver(qos) => {
                self.messages += 1;
                self.command(&format!("deliver {qos} t s{}", self.messages));
            }
            Act::Up => self.command("step up"),
            Act::Down => self.command("step down"),
            Act::HalfUp => self.command("half up"),
            Act::HalfDown => self.command("half down"),
            Act::Cut if self.is_open() => self.command("cut"),
            Act::Open if !self.is_open() => self.command("open"),
            Act::Subscribe => self.command("subscribe x:0"),
            Act::Cut | Act::Open => {}
        }
        self.check();
    }

    /// What must hold at any moment.
    fn check(&self) {
        let client = Some(self.world.client().session());
        for session in [client, self.world.server_session()].into_iter().flatten() {
            for direction in [Direction::Outgoing, Direction::Incoming] {
                let mut ids: Vec<_> = session
                    .in_flight()
                    .filter(|row| row.direction == direction)
                    .filter_map(|row| row.id)
                    .collect();
                let count = ids.len();
                ids.sort_unstable();
                ids.dedup();
                assert_eq!(ids.len(), count, "an id twice\n{}", self.story());
            }
        }
        assert!(
            !self.world.log().contains("close:"),
            "closed\n{}",
            self.story()
        );
    }

    fn check_delivery(&self, ordered: bool) {
        let world = &self.world;
        for (taken, delivered, session) in [
            (
                &world.taken_from_client,
                &world.delivered_to_server,
                Some(world.client().session()),
            ),
            (
                &world.taken_from_server,
                &world.delivered_to_client,
                world.server_session(),
            ),
        ] {
            let mut times: BTreeMap<&Bytes, usize> = BTreeMap::new();
            for payload in delivered {
                *times.entry(payload).or_default() += 1;
            }
            for (qos, payload) in taken {
                let times = times.get(payload).copied().unwrap_or(0);
                let is_right = match qos {
                    Qos::AtMostOnce => times <= 1,
                    Qos::AtLeastOnce => times >= 1,
                    Qos::ExactlyOnce => times == 1,
                };
                assert!(
                    is_right,
                    "{payload:?} at {qos:?} came {times} times\n{}",
                    self.story()
                );
            }
            for qos in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
                if ordered {
                    self.check_order(qos, taken, delivered);
                }
            }
            assert!(
                session.is_none_or(Session::is_idle),
                "not done\n{}",
                self.story()
            );
        }
    }

    /// Messages of one QoS come in their order, repeats aside.
    fn check_order(&self, qos: Qos, taken: &[(Qos, Bytes)], delivered: &[Bytes]) {
        let place = |payload: &Bytes| {
            taken
                .iter()
                .position(|(of, candidate)| *of == qos && candidate == payload)
        };
        let mut seen = Vec::new();
        for place in delivered.iter().filter_map(place) {
            if !seen.contains(&place) {
                assert!(
                    seen.last().is_none_or(|last| *last < place),
                    "out of order\n{}",
                    self.story()
                );
                seen.push(place);
            }
        }
    }

    fn story(&self) -> String {
        format!("# found by a property\n{}", self.script)
    }
}

fn head(version: &str, receive: u16, aliases: u16, more: &str) -> Vec<String> {
    vec![
        format!("client {version} keep receive={receive} takes={aliases} aliases={aliases} {more}"),
        format!("server {version} receive={receive} takes={aliases} aliases={aliases} {more}"),
        "pair".to_owned(),
        "open".to_owned(),
        "run".to_owned(),
    ]
}

fn version() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("3.1.1"), Just("5.0")]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// However often the transport breaks: nothing at QoS 1 and 2 is lost, nothing at QoS 2 comes
    /// twice, each QoS keeps its order, ids are unique, and nobody sees a rule broken (so neither
    /// end exceeds the other's receive maximum).
    #[test]
    fn a_cut_transport_loses_and_doubles_nothing(
        version in version(),
        receive in 1..6_u16,
        aliases in 0..3_u16,
        acts in vec(act(), 0..120),
    ) {
        let mut run = Run::new(&head(version, receive, aliases, ""));
        for act in acts {
            run.act(act);
        }
        run.act(Act::Open);
        run.command("run");
        run.check();
        run.check_delivery(true);
    }

    /// The same where packets vanish singly and both ends resend on a timer, but for the order:
    /// a message overtakes one that has to be sent again.
    #[test]
    fn resending_on_a_timer_makes_up_for_lost_packets(
        version in version(),
        acts in vec((act(), any::<bool>(), 0..4_u8), 0..80),
    ) {
        let mut run = Run::new(&head(version, 5, 0, "retry=2s timeout=3s"));
        for (act, up, chance) in acts {
            match act {
                // A datagram comes whole or not at all.
                Act::HalfUp | Act::HalfDown | Act::Cut | Act::Open => {
                    run.command(if up { "lose up" } else { "lose down" });
                }
                act => run.act(act),
            }
            if chance == 0 {
                run.command("+1s");
            }
        }
        run.command("run");
        run.command("+10s");
        run.check();
        run.check_delivery(false);
    }
}
