//! The probe of our own broker, without sockets.

use super::*;
use mqtt_broker::{Broker, BrokerConfig, BrokerEvent, ConnectionId};
use mqtt_proto::ServerConfig;
use mqtt_proto::codec::encode;
use std::println;
use std::string::ToString as _;

/// Runs a probe against a broker to its end.
fn report(config: BrokerConfig) -> Vec<Row> {
    report_from(config, Duration::ZERO)
}

/// What the broker says comes so much later.
fn report_from(config: BrokerConfig, later: Duration) -> Vec<Row> {
    let mut on_the_way: VecDeque<(Instant, ConnectionId, Vec<u8>)> = VecDeque::new();
    let mut broker = Broker::new(config);
    let mut probe = Probe::new(ProbeConfig {
        prefix: "probe-x".into(),
        user_name: Some("ann".try_into().unwrap()),
        password: Some(Bytes::from_static(b"secret")),
        retains: true,
    });
    let mut now = Instant::from_micros(1);
    let mut rows = Vec::new();
    let mut lines: [Option<ConnectionId>; CLIENTS] = [None; CLIENTS];
    let mut made = 0;
    let mut events: VecDeque<ProbeEvent> = VecDeque::new();
    loop {
        let mut more = Vec::new();
        let mut said: Vec<BrokerEvent> = Vec::new();
        match events.pop_front() {
            None if on_the_way
                .front()
                .is_some_and(|(at, ..)| probe.poll_timeout().is_none_or(|due| *at <= due)) =>
            {
                let (at, connection, bytes) = on_the_way.pop_front().unwrap();
                now = at.max(now);
                if let Some(at) = lines.iter().position(|line| *line == Some(connection)) {
                    probe.handle_input(now, at, &bytes, &mut more);
                }
            }
            None => {
                now = probe.poll_timeout().unwrap_or(now).max(now);
                broker.handle_timeout(now, &mut said);
                probe.handle_timeout(now, &mut more);
            }
            Some(ProbeEvent::Open(at)) => {
                made += 1;
                lines[at] = Some(ConnectionId(made));
                broker.handle_open(now, ConnectionId(made), &mut said);
                probe.handle_open(now, at, &mut more);
            }
            Some(ProbeEvent::Send(at, bytes)) => {
                if let Some(line) = lines[at] {
                    broker.handle_input(now, line, &bytes, &mut said);
                }
            }
            Some(ProbeEvent::Close(at)) => {
                if let Some(line) = lines[at].take() {
                    broker.handle_close(now, line, &mut said);
                }
            }
            Some(ProbeEvent::Row(row)) => rows.push(row),
            Some(ProbeEvent::Done) => return rows,
        }
        events.extend(more);
        for event in said {
            let at = |connection| lines.iter().position(|line| *line == Some(connection));
            let mut more = Vec::new();
            match event {
                BrokerEvent::Send {
                    connection,
                    version,
                    packet,
                } => {
                    let mut bytes = bytes::BytesMut::new();
                    encode(&packet, version, &mut bytes).unwrap();
                    on_the_way.push_back((now + later, connection, bytes.to_vec()));
                }
                BrokerEvent::Close { connection, .. } => {
                    if let Some(at) = at(connection) {
                        lines[at] = None;
                        probe.handle_close(now, at, &mut more);
                    }
                    broker.handle_close(now, connection, &mut Vec::new());
                }
                _ => {}
            }
            events.extend(more);
        }
    }
}

#[test]
fn our_broker_has_everything() {
    let rows = report(BrokerConfig::default());
    for row in &rows {
        println!("{:?} {}: {}", row.verdict, row.name, row.finding);
        assert!(
            matches!(row.verdict, Verdict::Yes | Verdict::Told),
            "{}: {}",
            row.name,
            row.finding
        );
        assert!(!row.packets.is_empty(), "{}", row.name);
    }
    assert_eq!(rows.len(), CHECKS.len());
}

/// A slow network is no reason for a no.
#[test]
fn what_comes_late_has_come() {
    for millis in [100, 600, 1500] {
        for row in report_from(BrokerConfig::default(), Duration::from_millis(millis)) {
            assert!(
                matches!(row.verdict, Verdict::Yes | Verdict::Told),
                "{millis} ms, {}: {}",
                row.name,
                row.finding
            );
        }
    }
}

#[test]
fn a_report_holds_no_password() {
    for row in report(BrokerConfig::default()) {
        for proof in &row.packets {
            let holds = |what: &[u8]| proof.bytes.windows(what.len()).any(|it| it == what);
            assert!(!holds(b"secret"), "{}", row.name);
            assert!(!holds(b"MQTT") || holds(b"ann\0\x06******"), "{}", row.name);
        }
    }
}

/// On a busy broker something always comes by `#`.
#[test]
fn a_row_ends_however_much_comes() {
    let mut probe = Probe::new(ProbeConfig {
        prefix: "probe-x".into(),
        user_name: None,
        password: None,
        retains: true,
    });
    probe
        .checks
        .retain(|check| check.name == "# leaves out $-topics");
    let mut now = Instant::from_micros(1);
    let mut events = Vec::new();
    probe.handle_timeout(now, &mut events);
    probe.handle_open(now, 0, &mut events);
    probe.handle_input(now, 0, &[0x20, 2, 0, 0], &mut events);
    probe.handle_input(now, 0, &[0x90, 3, 0, 1, 0], &mut events);
    let mut fed = 0;
    while !events.contains(&ProbeEvent::Done) {
        now += Duration::from_millis(100);
        probe.handle_timeout(now, &mut events);
        probe.handle_input(now, 0, b"\x30\x04\x00\x01ax", &mut events);
        fed += 1;
        assert!(fed < 200, "it goes on for ever");
    }
}

#[test]
fn nothing_is_retained_where_nothing_may_be() {
    let config = |retains| ProbeConfig {
        prefix: "probe-test".into(),
        user_name: None,
        password: None,
        retains,
    };
    assert_eq!(Probe::new(config(true)).left(), rows().len());
    let kept: Vec<&str> = CHECKS
        .iter()
        .filter(|check| check.retains())
        .map(|check| check.name)
        .collect();
    assert_eq!(kept, ["retained messages", "Retain As Published (5.0)"]);
    assert_eq!(Probe::new(config(false)).left(), rows().len() - kept.len());
}

#[test]
fn what_a_broker_does_not_offer_is_found() {
    let mut server = ServerConfig::DEFAULT;
    server.offer.maximum_qos = Qos::AtLeastOnce;
    server.offer.retain = false;
    server.offer.shared = false;
    let rows = report(BrokerConfig {
        server,
        ..BrokerConfig::default()
    });
    let verdict = |name: &str| {
        rows.iter()
            .find(|row| row.name == name)
            .map(|row| (row.verdict, row.finding.to_string()))
            .unwrap()
    };
    assert_eq!(verdict("MQTT 5.0").0, Verdict::Yes);
    assert_ne!(verdict("QoS 2 under 5.0").0, Verdict::Yes);
    assert_eq!(verdict("shared subscriptions (5.0)").0, Verdict::No);
    assert!(verdict("limits (5.0)").1.contains("Maximum QoS 1"));
    assert!(verdict("limits (5.0)").1.contains("shared no"));
}
