//! The probe of our own broker, without sockets.

use super::*;
use mqtt_broker::{Broker, BrokerConfig, BrokerEvent, ConnectionId, Durable};
use mqtt_proto::codec::encode;
use mqtt_proto::packet::Packet;
use mqtt_proto::{Qos, ServerConfig};
use std::println;
use std::string::ToString as _;

/// Takes a packet of the broker on its way: to change it, or (`false`) to lose it.
type Way = fn(&mut Packet) -> bool;

/// The probe, a broker, and the way between them.
struct Rig {
    probe: Probe,
    broker: Broker,
    now: Instant,
    /// What the broker says comes so much later, and is changed or lost so.
    later: Duration,
    way: Way,
    on_the_way: VecDeque<(Instant, ConnectionId, Vec<u8>)>,
    lines: [Option<ConnectionId>; CLIENTS],
    made: u64,
    is_there: bool,
    events: VecDeque<ProbeEvent>,
    rows: Vec<Row>,
    is_done: bool,
}

impl Rig {
    fn new(config: BrokerConfig, later: Duration, way: Way) -> Self {
        Self {
            probe: Probe::new(ProbeConfig {
                prefix: "probe-x".into(),
                user_name: Some("ann".try_into().unwrap()),
                password: Some(Bytes::from_static(b"secret")),
                retains: true,
            }),
            broker: Broker::new(config),
            now: Instant::from_micros(1),
            later,
            way,
            on_the_way: VecDeque::new(),
            lines: [None; CLIENTS],
            made: 0,
            is_there: true,
            events: VecDeque::new(),
            rows: Vec::new(),
            is_done: false,
        }
    }

    fn run(mut self) -> Vec<Row> {
        while !self.is_done {
            self.turn();
        }
        self.rows
    }

    /// One thing happens.
    fn turn(&mut self) {
        let (mut more, mut said) = (Vec::new(), Vec::new());
        let (now, probe, broker) = (self.now, &mut self.probe, &mut self.broker);
        match self.events.pop_front() {
            None if self
                .on_the_way
                .front()
                .is_some_and(|(at, ..)| probe.poll_timeout().is_none_or(|due| *at <= due)) =>
            {
                let (at, connection, bytes) = self.on_the_way.pop_front().unwrap();
                self.now = at.max(now);
                let line = self.lines.iter().position(|it| *it == Some(connection));
                if let Some(at) = line {
                    probe.handle_input(self.now, at, &bytes, &mut more);
                }
            }
            None => {
                self.now = probe.poll_timeout().unwrap_or(now).max(now);
                broker.handle_timeout(self.now, &mut said);
                probe.handle_timeout(self.now, &mut more);
            }
            Some(ProbeEvent::Open(at)) if !self.is_there => {
                probe.handle_close(now, at, &mut more);
            }
            Some(ProbeEvent::Open(at)) => {
                self.made += 1;
                assert_eq!(self.lines[at], None, "it is still open");
                self.lines[at] = Some(ConnectionId(self.made));
                broker.handle_open(now, ConnectionId(self.made), &mut said);
                probe.handle_open(now, at, &mut more);
            }
            Some(ProbeEvent::Send(at, bytes)) => {
                if let Some(line) = self.lines[at] {
                    broker.handle_input(now, line, &bytes, &mut said);
                }
            }
            Some(ProbeEvent::Close(at)) => {
                if let Some(line) = self.lines[at].take() {
                    broker.handle_close(now, line, &mut said);
                }
            }
            Some(ProbeEvent::Row(row)) => self.rows.push(row),
            Some(ProbeEvent::Done) => self.is_done = true,
        }
        self.events.extend(more);
        for event in said {
            self.carry_out(event);
        }
    }

    fn carry_out(&mut self, event: BrokerEvent) {
        match event {
            BrokerEvent::Send {
                connection,
                version,
                mut packet,
            } => {
                if !(self.way)(&mut packet) {
                    return;
                }
                let mut bytes = bytes::BytesMut::new();
                encode(&packet, version, &mut bytes).unwrap();
                let at = self.now + self.later;
                self.on_the_way.push_back((at, connection, bytes.to_vec()));
            }
            BrokerEvent::Close { connection, .. } => {
                self.close(connection);
            }
            _ => {}
        }
    }

    /// A connection ends at both of its ends.
    fn close(&mut self, connection: ConnectionId) {
        let mut more = Vec::new();
        if let Some(at) = self.lines.iter().position(|it| *it == Some(connection)) {
            self.lines[at] = None;
            self.probe.handle_close(self.now, at, &mut more);
        }
        self.events.extend(more);
        self.broker
            .handle_close(self.now, connection, &mut Vec::new());
    }

    fn stop(&mut self) {
        let mut more = Vec::new();
        self.probe.stop(self.now, &mut more);
        self.events.extend(more);
    }
}

/// Runs a probe against a broker to its end.
fn report(config: BrokerConfig) -> Vec<Row> {
    report_from(config, Duration::ZERO)
}

/// What the broker says comes so much later.
fn report_from(config: BrokerConfig, later: Duration) -> Vec<Row> {
    Rig::new(config, later, |_| true).run()
}

/// The report about a broker whose packets are changed or lost on their way.
fn report_by(way: Way) -> Vec<Row> {
    Rig::new(BrokerConfig::default(), Duration::ZERO, way).run()
}

fn row<'r>(rows: &'r [Row], name: &str) -> (Verdict, &'r Finding) {
    let row = rows.iter().find(|row| row.name == name).unwrap();
    (row.verdict, &row.finding)
}

/// Whether it is a message whose topic ends so.
fn is_to(packet: &Packet, end: &str) -> bool {
    let Packet::Publish(publish) = packet else {
        return false;
    };
    publish
        .topic
        .as_ref()
        .is_some_and(|it| it.as_str().ends_with(end))
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
    let mut probe = busy();
    let (mut now, mut events) = (Instant::from_micros(1), Vec::new());
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

/// Behind no fence, that nothing comes says nothing; behind one it says no.
#[test]
fn what_did_not_come_is_a_no_only_behind_what_did() {
    let lost = report_by(|packet| !matches!(packet, Packet::Publish(_)));
    let only_fences = report_by(|packet| {
        !matches!(packet, Packet::Publish(_))
            || is_to(packet, "/fence/0")
            || is_to(packet, "/fence/1")
    });
    for (name, no) in [
        ("QoS 0", Verdict::No),
        ("QoS 2", Verdict::No),
        ("QoS 2 under 5.0", Verdict::No),
        ("wildcard +", Verdict::No),
        ("wildcard # matches its parent", Verdict::No),
        ("shared subscriptions (5.0)", Verdict::No),
        ("retained messages", Verdict::No),
        ("Retain As Published (5.0)", Verdict::No),
        ("No Local (5.0)", Verdict::Yes),
        ("persistent session (3.1.1)", Verdict::Partly),
        ("# leaves out $-topics", Verdict::NotSeen),
        ("will after a cut", Verdict::NotSeen),
    ] {
        assert_eq!(row(&lost, name).0, Verdict::NotSeen, "{name}");
        assert_eq!(row(&only_fences, name).0, no, "{name}");
    }
    let share = (Verdict::Told, &Finding::Nothing);
    assert_eq!(row(&lost, "shared subscriptions under 3.1.1"), share);
}

#[test]
fn a_group_of_which_a_message_is_missing_is_still_one() {
    let rows = report_by(|packet| match &*packet {
        Packet::Publish(publish) => !is_to(packet, "/s") || *publish.payload != *b"3",
        _ => true,
    });
    let (verdict, finding) = row(&rows, "shared subscriptions (5.0)");
    assert_eq!(verdict, Verdict::NotSeen);
    assert!(matches!(finding, Finding::SharedSome(3, ..)), "{finding}");
    // The same message twice is not two messages.
    let rows = report_by(|packet| {
        if let Packet::Publish(publish) = packet
            && *publish.payload == *b"3"
        {
            publish.payload = Bytes::from_static(b"2");
        }
        true
    });
    let (verdict, finding) = row(&rows, "shared subscriptions (5.0)");
    assert_eq!(verdict, Verdict::NotSeen);
    assert!(matches!(finding, Finding::SharedSome(3, ..)), "{finding}");
}

#[test]
fn whether_an_empty_message_clears_is_told_only_by_a_subscription() {
    let rows = report_by(|packet| !is_to(packet, "/fence/1"));
    let known = (Verdict::NotSeen, &Finding::RetainedAtLeast);
    assert_eq!(row(&rows, "retained messages"), known);
}

#[test]
fn topics_with_dollar_are_left_out_only_where_there_are_some() {
    let kept_back = |packet: &mut Packet| {
        let Packet::Publish(publish) = packet else {
            return true;
        };
        publish
            .topic
            .as_ref()
            .is_none_or(|it| !it.as_str().starts_with('$'))
    };
    let rows = report_by(kept_back);
    let found = row(&rows, "# leaves out $-topics");
    assert_eq!(found, (Verdict::NotSeen, &Finding::NoDollar));
}

#[test]
fn a_refused_subscription_is_not_silence() {
    let rows = report_by(|packet| {
        if let Packet::SubAck(ack) = packet {
            ack.reasons = [ReasonCode::UnspecifiedError].into_iter().collect();
        }
        true
    });
    for name in ["$SYS topics", "# leaves out $-topics"] {
        let (_, finding) = row(&rows, name);
        let refused = Finding::SubscriptionRefused([ReasonCode::UnspecifiedError].into());
        assert_eq!(*finding, refused, "{name}");
    }
}

#[test]
fn a_connection_that_never_opened_was_not_closed() {
    let mut rig = Rig::new(BrokerConfig::default(), Duration::ZERO, |_| true);
    rig.is_there = false;
    for row in rig.run() {
        let found = (row.verdict, &row.finding);
        let open = matches!(row.verdict, Verdict::Told | Verdict::NotSeen);
        assert!(
            open && row.finding == Finding::NotOpened,
            "{}: {found:?}",
            row.name
        );
    }
}

/// Wherever it is stopped.
#[test]
fn nothing_is_left_behind() {
    for turns in (0..).step_by(3) {
        let mut rig = Rig::new(BrokerConfig::default(), Duration::ZERO, |_| true);
        for _ in 0..turns {
            if !rig.is_done {
                rig.turn();
            }
        }
        if rig.is_done {
            assert!(turns > 300, "it was to be stopped before its end");
            return;
        }
        rig.stop();
        let rows = rig.rows.len();
        while !rig.is_done {
            rig.turn();
        }
        assert!(rig.rows.len() <= rows + 1, "it goes on");
        assert_eq!(rig.probe.left_behind().next(), None, "after {turns}");
        assert_eq!(rig.broker.durable(rig.now), Durable::default(), "{turns}");
    }
}

/// A row that is broken off is taken back, too; and what cannot be is told.
#[test]
fn what_stays_is_told() {
    for is_there in [true, false] {
        let mut kinds = Vec::new();
        let mut rig = Rig::new(BrokerConfig::default(), Duration::ZERO, |_| true);
        while !rig.is_done {
            rig.turn();
            let is_new = |it: &&Left| !kinds.contains(*it);
            let kind = rig.probe.left_behind().find(is_new).cloned();
            if let Some(kind) = kind {
                kinds.push(kind);
                rig.is_there = is_there;
                for line in rig.lines.into_iter().flatten() {
                    rig.close(line);
                }
                let row = rig.rows.len();
                while rig.rows.len() == row {
                    rig.turn();
                }
                rig.is_there = true;
            }
        }
        assert_eq!(kinds.len(), 4, "{kinds:?}");
        let told: Vec<Left> = rig.probe.left_behind().cloned().collect();
        let kept = rig.broker.durable(rig.now);
        match is_there {
            true => assert_eq!((told, kept), (Vec::new(), Durable::default())),
            false => assert_eq!(told, kinds),
        }
    }
}

/// By `#` comes what is nobody's business.
#[test]
fn a_report_holds_nothing_that_strangers_say() {
    let mut probe = busy();
    let mut events = Vec::new();
    let now = Instant::from_micros(1);
    // In three parts.
    for bytes in [&b"\x30\x0c\x00\x04ho"[..], b"mesec", b"ret\x30\x05\x00"] {
        probe.handle_input(now, 0, bytes, &mut events);
    }
    let running = probe.running.as_ref().unwrap();
    assert_eq!(running.left().next(), None);
    let packets: Vec<Vec<u8>> = running.proofs().map(|it| it.bytes.clone()).collect();
    assert_eq!(packets.last().unwrap(), b"\x30\x0c\x00\x04home******");
}

/// A probe that listens to everything.
fn busy() -> Probe {
    let mut probe = Probe::new(ProbeConfig {
        prefix: "probe-x".into(),
        user_name: None,
        password: None,
        retains: true,
    });
    probe
        .checks
        .retain(|check| check.name == "# leaves out $-topics");
    let (now, mut events) = (Instant::from_micros(1), Vec::new());
    probe.handle_timeout(now, &mut events);
    for at in [1, 0] {
        probe.handle_open(now, at, &mut events);
        probe.handle_input(now, at, &[0x20, 2, 0, 0], &mut events);
        probe.handle_input(now, at, &[0x90, 3, 0, 1, 0], &mut events);
        if at == 1 {
            probe.handle_input(now, at, &[0x90, 3, 0, 2, 0], &mut events);
        }
    }
    probe
}
