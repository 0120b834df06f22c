//! What only a host can bring about: connections that do not take their bytes, and the end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod script;
mod wire;

use mqtt_broker::{Broker, BrokerConfig, BrokerEvent, ConnectionId};
use mqtt_proto::Instant;
use script::hex;
use std::collections::BTreeMap;

const NOW: Instant = Instant::from_micros(1_000_000);

struct Host {
    broker: Broker,
    sent: BTreeMap<u64, Vec<u8>>,
    closed: Vec<u64>,
}

impl Host {
    fn new(backlog_max_bytes: Option<usize>) -> Self {
        let mut config = BrokerConfig {
            backlog_max_bytes,
            ..BrokerConfig::default()
        };
        config.server.explain = false;
        Self {
            broker: Broker::new(config),
            sent: BTreeMap::new(),
            closed: Vec::new(),
        }
    }

    fn take(&mut self, events: Vec<BrokerEvent>) {
        for event in events {
            if let Some((connection, bytes)) = wire::sent(&event) {
                self.sent.entry(connection.0).or_default().extend(bytes);
            }
            if let BrokerEvent::Close { connection, .. } = event {
                self.closed.push(connection.0);
            }
        }
    }

    fn send(&mut self, id: u64, bytes: &str) {
        let bytes = script::bytes(bytes).unwrap();
        let mut events = Vec::new();
        self.broker.handle_open(NOW, ConnectionId(id), &mut events);
        self.broker
            .handle_input(NOW, ConnectionId(id), &bytes, &mut events);
        self.take(events);
    }

    fn drained(&mut self, id: u64) {
        let mut events = Vec::new();
        self.broker
            .handle_drained(NOW, ConnectionId(id), &mut events);
        self.take(events);
    }

    #[track_caller]
    fn expect(&mut self, id: u64, bytes: &str) {
        let expected = script::bytes(bytes).unwrap();
        let sent = self.sent.remove(&id).unwrap_or_default();
        assert_eq!(hex(&sent), hex(&expected));
    }
}

const ACCEPTED: &str = "20 {00 00 {21 0064 27 00100000 22 000A}}";

#[test]
fn a_slow_connection_loses_qos_0_and_gets_the_rest_when_it_is_ready() {
    let mut host = Host::new(Some(100));
    host.send(1, r#"10 {"MQTT" 05 02 0000 {} "s"}"#);
    host.expect(1, ACCEPTED);
    host.send(1, r#"82 {0001 {} "t/#" 01}"#);
    host.expect(1, "90 {0001 {} 01}");
    host.send(2, r#"10 {"MQTT" 04 02 0000 "p"}"#);
    host.expect(2, "20 {00 00}");
    // This one fills the backlog; what comes then waits, or is dropped.
    host.send(
        2,
        r#"30 {"t/0" 00*120} 30 {"t/1" 'lost'} 32 {"t/2" 0001 'waits'} 32 {"t/3" 0002 'too'}"#,
    );
    host.expect(1, r#"30 {"t/0" {} 00*120}"#);
    host.expect(2, "40 {0001} 40 {0002}");
    assert_eq!(host.broker.statistics().dropped.slow, 1);
    // Answers are not held back.
    host.send(1, "C0 00");
    host.expect(1, "D0 00");
    host.drained(1);
    host.expect(1, r#"32 {"t/2" 0001 {} 'waits'} 32 {"t/3" 0002 {} 'too'}"#);
    host.send(2, r#"30 {"t/4" 'again'}"#);
    host.expect(1, r#"30 {"t/4" {} 'again'}"#);
    // Drained without need.
    host.drained(1);
    host.drained(3);
    host.expect(1, "");
}

#[test]
fn a_slow_member_of_a_shared_subscription_is_passed_over() {
    let mut host = Host::new(Some(100));
    for id in [1, 2] {
        host.send(id, &format!(r#"10 {{"MQTT" 05 02 0000 {{}} "{id}"}}"#));
        host.expect(id, ACCEPTED);
        host.send(id, r#"82 {0001 {} "$share/g/t" 01}"#);
        host.expect(id, "90 {0001 {} 01}");
    }
    host.send(3, r#"10 {"MQTT" 04 02 0000 "p"}"#);
    host.expect(3, "20 {00 00}");
    host.send(3, r#"30 {"t" 00*120}"#);
    let slow = if host.sent.contains_key(&1) { 1 } else { 2 };
    let other = 3 - slow;
    host.expect(slow, r#"30 {"t" {} 00*120}"#);
    host.send(3, r#"30 {"t" '1'} 32 {"t" 0001 '2'} 30 {"t" '3'}"#);
    host.expect(3, "40 {0001}");
    host.expect(slow, "");
    host.expect(
        other,
        r#"30 {"t" {} '1'} 32 {"t" 0001 {} '2'} 30 {"t" {} '3'}"#,
    );
    // Both are slow: QoS 0 is lost, QoS 1 waits for one of them.
    host.send(3, r#"30 {"t" 00*120}"#);
    host.expect(other, r#"30 {"t" {} 00*120}"#);
    host.send(3, r#"30 {"t" '4'} 32 {"t" 0002 '5'}"#);
    host.expect(3, "40 {0002}");
    host.drained(slow);
    host.drained(other);
    let sent: Vec<Vec<u8>> = host.sent.values().cloned().collect();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].ends_with(b"5"), "{}", hex(&sent[0]));
}

// shows: MQTT-3.14.4-2 (5.0)
#[test]
fn a_broker_that_ends_says_so_publishes_wills_and_keeps_sessions() {
    let mut host = Host::new(None);
    // Its own session outlives it, so its will and those of others are there afterwards.
    host.send(
        1,
        r#"10 {"MQTT" 05 04 0000 {11 00000064} "s" {} "w/s" "s"}"#,
    );
    host.expect(1, ACCEPTED);
    host.send(1, r#"82 {0001 {} "w/#" 00}"#);
    host.expect(1, "90 {0001 {} 00}");
    host.send(2, r#"10 {"MQTT" 04 06 0000 "o" "w/o" "o"}"#);
    host.expect(2, "20 {00 00}");
    host.send(
        3,
        r#"10 {"MQTT" 05 06 0000 {11 00000064} "d" {18 0000003C} "w/d" "d"}"#,
    );
    host.expect(3, ACCEPTED);
    // One that has not said CONNECT.
    host.send(4, "10");
    let mut events = Vec::new();
    host.broker.handle_shutdown(NOW, &mut events);
    host.take(events);
    host.expect(1, "E0 {8B}");
    host.expect(2, "");
    host.expect(3, "E0 {8B}");
    host.expect(4, "");
    host.closed.sort_unstable();
    assert_eq!(host.closed, [1, 2, 3, 4]);
    assert!(host.broker.session("s").is_some());
    assert!(host.broker.session("o").is_none());
    // The will with a delay waits.
    assert!(host.broker.session("d").unwrap().delayed_will().is_some());
    // Nobody comes back to life.
    host.send(1, "C0 00");
    host.expect(1, "");
}
