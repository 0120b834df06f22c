//! A run written down by hand, with the numbers of the interface design: the robot that moved twice, steps 1 to 15.

use crate::story::*;
use crate::text::Language;
use mqtt_proto::packet::PacketType;
use std::rc::Rc;

const PHONE: usize = 0;
const BROKER: usize = 1;
const ROBOT: usize = 2;

struct Log {
    story: Story,
}

impl Log {
    fn record(&mut self, at: u64) -> Mark {
        self.story.times.push(at);
        Mark {
            record: self.story.times.len() - 1,
            at,
        }
    }

    fn send(
        &mut self,
        ms: u64,
        (from, to): (usize, usize),
        role: Role,
        name: &'static str,
        id: Option<u16>,
        detail: Detail,
    ) -> usize {
        let sent = self.record(ms * 1000);
        let latency = if from == PHONE || to == PHONE {
            40_000
        } else {
            60_000
        };
        let flight = self.story.flights.len();
        let line = format!("{} {name}", crate::text::clock(Language::English, sent.at));
        self.story.steps.push(Step {
            mark: sent,
            kind: StepKind::Packet(flight),
            line,
            cause: None,
            rules: Vec::new(),
        });
        let short = if name == "PUBLISH" { "PUB" } else { name };
        let face = Face {
            role,
            kind: (1..=15)
                .filter_map(PacketType::from_bits)
                .find(|it| it.name() == name),
            name,
            short,
            id,
            detail,
            dup: detail == Detail::Dup,
        };
        self.story.flights.push(Flight {
            step: self.story.steps.len(),
            from,
            to,
            sent,
            due: sent.at + latency,
            fate: Fate::Open,
            held: None,
            face,
            facts: Facts::Plain,
            repeats: detail == Detail::Dup,
            bytes: Rc::from(&[0x3a_u8, 0][..]),
            exchange: None,
        });
        flight
    }

    fn arrive(&mut self, flight: usize) -> Mark {
        let due = self.story.flights[flight].due;
        let mark = self.record(due);
        self.story.flights[flight].fate = Fate::Arrived(mark);
        mark
    }

    fn drive(&mut self, ms: u64, step: usize, again: bool) {
        let mark = self.record(ms * 1000);
        let line = "drives 1 m".to_owned();
        self.story.steps.push(Step {
            mark,
            kind: StepKind::Effect(self.story.effects.len()),
            line,
            cause: Some(step),
            rules: Vec::new(),
        });
        self.story.effects.push(Effect {
            lane: ROBOT,
            mark,
            because_of: Some(step),
            millimetres: 1000,
            what: device::Effect::Drove { millimetres: 1000 },
            is_untold: false,
            again: again.then_some(Again::SameHop),
        });
    }
}

/// The run.
pub(crate) fn robot_twice() -> Story {
    let lane = |name: &str, figure| Lane {
        node: 0,
        shown: name.to_owned(),
        name: name.to_owned(),
        figure,
        keeps: Keeps::Copies,
        place: None,
    };
    let mut log = Log {
        story: Story::default(),
    };
    log.story.lanes = vec![
        lane("phone-1", Figure::Phone),
        lane("Broker", Figure::Broker),
        lane("robot-1", Figure::Robot),
    ];
    log.story.wires = vec![
        Wire {
            client: PHONE,
            broker: BROKER,
            latency: 40_000,
        },
        Wire {
            client: ROBOT,
            broker: BROKER,
            latency: 60_000,
        },
    ];
    let connect = log.send(
        0,
        (ROBOT, BROKER),
        Role::Control,
        "CONNECT",
        None,
        Detail::Clean(false),
    );
    let opened = log.story.flights[connect].sent;
    log.arrive(connect);
    let connack = log.send(
        62,
        (BROKER, ROBOT),
        Role::Control,
        "CONNACK",
        None,
        Detail::Session(false),
    );
    log.arrive(connack);
    let subscribe = log.send(
        124,
        (ROBOT, BROKER),
        Role::Subscribe,
        "SUBSCRIBE",
        Some(1),
        Detail::None,
    );
    log.arrive(subscribe);
    let suback = log.send(
        186,
        (BROKER, ROBOT),
        Role::Subscribe,
        "SUBACK",
        Some(1),
        Detail::None,
    );
    log.arrive(suback);
    let phone = log.send(
        300,
        (PHONE, BROKER),
        Role::Control,
        "CONNECT",
        None,
        Detail::Clean(true),
    );
    log.arrive(phone);
    let phone_ack = log.send(
        342,
        (BROKER, PHONE),
        Role::Control,
        "CONNACK",
        None,
        Detail::Session(false),
    );
    log.arrive(phone_ack);
    let order = log.send(
        1000,
        (PHONE, BROKER),
        Role::Publish,
        "PUBLISH",
        Some(3),
        Detail::Qos(1),
    );
    log.arrive(order);
    let order_ack = log.send(
        1040,
        (BROKER, PHONE),
        Role::Acknowledge,
        "PUBACK",
        Some(3),
        Detail::Part(2, 2),
    );
    let publish = log.send(
        1045,
        (BROKER, ROBOT),
        Role::Publish,
        "PUBLISH",
        Some(7),
        Detail::Qos(1),
    );
    let freed = log.arrive(order_ack);
    log.arrive(publish);
    log.drive(1105, 9, false);
    let puback = log.send(
        1110,
        (ROBOT, BROKER),
        Role::Acknowledge,
        "PUBACK",
        Some(7),
        Detail::Part(2, 2),
    );
    let cut = log.record(1_140_000);
    log.story.flights[puback].fate = Fate::Lost(cut);
    log.story.steps.push(Step {
        mark: cut,
        kind: StepKind::Cut(1),
        line: "1.140 link cut".to_owned(),
        cause: None,
        rules: Vec::new(),
    });
    let back = log.send(
        3200,
        (ROBOT, BROKER),
        Role::Control,
        "CONNECT",
        None,
        Detail::Clean(false),
    );
    let returned = log.story.flights[back].sent;
    log.arrive(back);
    let resumed = log.send(
        3262,
        (BROKER, ROBOT),
        Role::Control,
        "CONNACK",
        None,
        Detail::Session(true),
    );
    log.arrive(resumed);
    let again = log.send(
        3324,
        (BROKER, ROBOT),
        Role::Publish,
        "PUBLISH",
        Some(7),
        Detail::Dup,
    );
    log.arrive(again);
    log.drive(3384, 15, true);
    let last = log.send(
        3390,
        (ROBOT, BROKER),
        Role::Acknowledge,
        "PUBACK",
        Some(7),
        Detail::Part(2, 2),
    );
    let done = log.arrive(last);
    let story = &mut log.story;
    let interval = |from, until| Interval { from, until };
    story.outages.push(Outage {
        wire: 1,
        interval: interval(cut, Some(returned)),
    });
    let phone_up = story.flights[phone].sent;
    for (lane, kind, from, until) in [
        (BROKER, SpanKind::Session, opened, None),
        (BROKER, SpanKind::Connection, opened, None),
        (ROBOT, SpanKind::Session, opened, None),
        (ROBOT, SpanKind::Connection, opened, Some(cut)),
        (ROBOT, SpanKind::Connection, returned, None),
        (PHONE, SpanKind::Connection, phone_up, None),
    ] {
        story.spans.push(Span {
            lane,
            kind,
            interval: interval(from, until),
        });
    }
    let first = story.flights[order].sent;
    let exchange = |sender, receiver, id, interval: Interval, flights| Exchange {
        sender,
        receiver,
        id,
        interval,
        flights,
        survived: Vec::new(),
        effects: Vec::new(),
        over: interval.until.map(|_| Over::Acknowledged),
    };
    story.exchanges.push(exchange(
        PHONE,
        BROKER,
        3,
        interval(first, Some(freed)),
        vec![order, order_ack],
    ));
    let kept = story.flights[publish].sent;
    story.exchanges.push(exchange(
        BROKER,
        ROBOT,
        7,
        interval(kept, Some(done)),
        vec![publish, puback, again, last],
    ));
    story.exchanges[1].survived = vec![returned];
    story.exchanges[1].effects = vec![0, 1];
    for (number, exchange) in [
        (order, 0),
        (order_ack, 0),
        (publish, 1),
        (puback, 1),
        (again, 1),
        (last, 1),
    ] {
        story.flights[number].exchange = Some(exchange);
    }
    log.story
}
