//! What a real broker supports, asked by the page. mqtt-broker stands for it, and this file for the browser.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use bytes::BytesMut;
use mqtt_broker::{Broker, BrokerConfig, BrokerEvent, ConnectionId, Durable};
use mqtt_proto::Instant;
use mqtt_proto::codec::encode;
use playground::action::Start;
use playground::live::{LinkField, LiveAction, LiveCommand};
use playground::probe::ProbeAction;
use playground::probe::view::ProbeVerdict;
use playground::text::Language;
use playground::{Action, Command, Playground};
use std::collections::{BTreeSet, VecDeque};

/// The page, a broker, and what is between them.
struct Rig {
    page: Playground,
    broker: Broker,
    /// Whether anybody is at the address.
    is_there: bool,
    /// The code and the reason with which each WebSocket is closed at once.
    refuses: Option<(u16, &'static str)>,
    /// How many WebSockets the page has asked for.
    dialled: usize,
    wall: u64,
    wake: Option<u32>,
    open: BTreeSet<u32>,
    /// What the page is to be told next.
    next: VecDeque<LiveAction>,
    /// Everything that went over the wire.
    sent: Vec<u8>,
    file: String,
}

impl Rig {
    /// Asks the broker at an address, to the end.
    fn ask(url: &str, is_there: bool) -> Self {
        let mut rig = Self::new(url, is_there);
        rig.run();
        rig
    }

    fn new(url: &str, is_there: bool) -> Self {
        let fill = |field, text: &str| LiveAction::Fill(field, text.to_owned());
        Self {
            page: support::page(Start {
                fragment: "#/broker".to_owned(),
                ..Start::default()
            }),
            broker: Broker::new(BrokerConfig::default()),
            is_there,
            refuses: None,
            dialled: 0,
            wall: 5_000_000,
            wake: None,
            open: BTreeSet::new(),
            next: VecDeque::from([
                LiveAction::Drawn(0x1234_5678),
                fill(LinkField::Url, url),
                fill(LinkField::User, "ann"),
                fill(LinkField::Password, "open-sesame"),
                LiveAction::Probe(ProbeAction::Begin),
            ]),
            sent: Vec::new(),
            file: String::new(),
        }
    }

    /// Until there is nothing more to do.
    fn run(&mut self) {
        while self.turn() {}
        self.act(LiveAction::Probe(ProbeAction::Save));
    }

    /// Whether there was something to do.
    fn turn(&mut self) -> bool {
        let Some(action) = self.what_comes() else {
            return false;
        };
        self.act(action);
        self.with_broker(|broker, now, said| broker.handle_timeout(now, said));
        true
    }

    /// What is there to do, or the time for which the page has asked.
    fn what_comes(&mut self) -> Option<LiveAction> {
        self.next.pop_front().or_else(|| {
            self.wall += u64::from(self.wake.take()?) * 1_000;
            Some(LiveAction::Clock(self.wall))
        })
    }

    fn act(&mut self, action: LiveAction) {
        for command in self.page.at(self.wall, Action::Live(action)).commands {
            match command {
                Command::Live(command) => self.carry_out(command),
                Command::Download { bytes, .. } => self.file = String::from_utf8(bytes).unwrap(),
                _ => {}
            }
        }
    }

    fn carry_out(&mut self, command: LiveCommand) {
        self.dialled += usize::from(matches!(command, LiveCommand::Open(..)));
        let at = |number: u32| ConnectionId(u64::from(number));
        match command {
            LiveCommand::Open(number, _) if self.refuses.is_some() => {
                let opened = LiveAction::Opened(number, "mqtt".to_owned());
                let closed = self
                    .refuses
                    .map(|(code, why)| LiveAction::Closed(number, code, why.to_owned()));
                self.next.extend([opened].into_iter().chain(closed));
            }
            LiveCommand::Open(number, _) if self.is_there => {
                self.open.insert(number);
                self.next
                    .push_back(LiveAction::Opened(number, "mqtt".to_owned()));
                self.with_broker(|broker, now, said| broker.handle_open(now, at(number), said));
            }
            LiveCommand::Open(number, _) => {
                let closed = LiveAction::Closed(number, 1006, String::new());
                self.next.push_back(closed);
            }
            LiveCommand::Send(number, bytes) => {
                self.sent.extend_from_slice(&bytes);
                self.with_broker(|broker, now, said| {
                    broker.handle_input(now, at(number), &bytes, said);
                });
            }
            LiveCommand::Close(number) if self.open.remove(&number) => {
                self.with_broker(|broker, now, said| broker.handle_close(now, at(number), said));
            }
            LiveCommand::Wake(millis) => self.wake = Some(millis),
            _ => {}
        }
    }

    fn with_broker(&mut self, happen: impl FnOnce(&mut Broker, Instant, &mut Vec<BrokerEvent>)) {
        let mut said = Vec::new();
        happen(&mut self.broker, Instant::from_micros(self.wall), &mut said);
        for event in said {
            match event {
                BrokerEvent::Send {
                    connection,
                    version,
                    packet,
                } => {
                    let mut bytes = BytesMut::new();
                    encode(&packet, version, &mut bytes).unwrap();
                    let number = u32::try_from(connection.0).unwrap();
                    self.next
                        .push_back(LiveAction::Received(number, bytes.freeze()));
                }
                BrokerEvent::Close { connection, .. } => {
                    let number = u32::try_from(connection.0).unwrap();
                    if self.open.remove(&number) {
                        let closed = LiveAction::Closed(number, 1005, String::new());
                        self.next.push_back(closed);
                        let now = Instant::from_micros(self.wall);
                        self.broker.handle_close(now, connection, &mut Vec::new());
                    }
                }
                _ => {}
            }
        }
    }

    fn sent(&self, what: &str) -> bool {
        let bytes = what.as_bytes();
        self.sent.windows(bytes.len()).any(|it| it == bytes)
    }
}

#[test]
fn our_broker_has_everything_and_the_packets_prove_it() {
    let rig = Rig::ask("ws://localhost:9001/mqtt?code=JOIN1234", true);
    let view = rig.page.probe();
    assert!(!view.is_running);
    assert_eq!(view.left_out, None);
    let names: Vec<&str> = view.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, foreign::probe::rows().collect::<Vec<_>>());
    for row in &view.rows {
        let is_good = matches!(row.verdict, ProbeVerdict::Yes | ProbeVerdict::Told);
        assert!(is_good, "{row:?}");
        let (first, bytes) = row.packets.first().unwrap();
        assert!(first.contains("CONNECT"), "{first}");
        assert!(bytes.starts_with("10 "), "{bytes}");
    }
    // Who asks is told to the broker, and to no report.
    assert!(rig.sent("open-sesame"));
    let in_hex = "6f 70 65 6e 2d 73 65 73 61 6d 65";
    assert!(rig.file.contains("CONNACK"), "{}", rig.file);
    assert!(!rig.file.contains("open-sesame") && !rig.file.contains(in_hex));
    assert!(rig.file.starts_with("ws://localhost:9001/mqtt\n"));
    assert!(rig.page.link().trouble.is_none());
}

#[test]
fn where_strangers_listen_nothing_is_retained() {
    let rig = Rig::ask("wss://broker.example", true);
    let view = rig.page.probe();
    assert!(view.left_out.is_some());
    assert_eq!(view.rows.len(), foreign::probe::rows().len() - 2);
    assert!(!view.rows.iter().any(|row| row.name.contains("etain")));
    assert!(rig.sent("probe-45678/"), "topics are nobody else's");
}

#[test]
fn where_nobody_is_the_report_says_so_at_once() {
    let rig = Rig::ask("ws://localhost:9001", false);
    assert_eq!(rig.page.probe().rows, []);
    let trouble = rig.page.link().trouble.unwrap();
    assert!(trouble.title.contains("did not open"), "{trouble:?}");
}

const REFUSAL: (u16, &str) = (
    relay::dial_closes::CODE_WANTED,
    "the code is another one; the hub has printed it at its start",
);
const THROUGH_HUB: &str = "ws://192.168.1.7:8080/broker/10.0.0.5:1883?code=JOIN4321";

/// It would be a report about the hub, row by row.
#[test]
fn a_hub_that_asks_for_its_code_is_no_broker() {
    let mut rig = Rig::new(THROUGH_HUB, true);
    rig.refuses = Some(REFUSAL);
    rig.run();
    assert_eq!(rig.page.probe().rows, []);
    let trouble = rig.page.link().trouble.unwrap();
    assert!(trouble.title.contains("asks for a code"), "{trouble:?}");
    assert!(
        trouble.steps[0]
            .0
            .contains("/broker/10.0.0.5:1883?code=CODE"),
        "{trouble:?}"
    );
    assert!(!rig.file.contains("JOIN4321"), "{}", rig.file);
}

#[test]
fn a_hub_that_does_not_dial_says_why_in_a_session_too_and_no_report_has_the_code() {
    for (code, title) in [
        (relay::dial_closes::CODE_WANTED, "asks for a code"),
        (relay::dial_closes::NOT_ALLOWED, "may not dial this broker"),
        (relay::dial_closes::TRY_LATER, "does not dial now"),
        (relay::dial_closes::NOT_REACHED, "does not reach the broker"),
        (1008, "other end has closed the connection"),
    ] {
        let mut rig = Rig::new(THROUGH_HUB, true);
        rig.refuses = Some((code, "words of the hub"));
        rig.next.pop_back();
        rig.next.push_back(LiveAction::Connect);
        while rig.page.link().trouble.is_none() {
            let action = rig.what_comes().unwrap();
            rig.act(action);
        }
        let trouble = rig.page.link().trouble.unwrap();
        assert!(trouble.title.contains(title), "{code}: {trouble:?}");
        assert!(trouble.known.contains("words of the hub"), "{trouble:?}");
        rig.act(LiveAction::Report);
        assert!(rig.file.contains("/broker/10.0.0.5:1883\n"), "{}", rig.file);
        assert!(!rig.file.contains("JOIN4321"), "{}", rig.file);
    }
}

/// The hub counts wrong codes, and takes none from here at all after some of them.
#[test]
fn a_wrong_code_is_not_dialled_again_and_the_page_says_what_to_do() {
    let mut rig = Rig::new(THROUGH_HUB, true);
    rig.refuses = Some(REFUSAL);
    rig.next.pop_back();
    rig.next.push_back(LiveAction::Connect);
    while rig.wall < 120_000_000 {
        let Some(action) = rig.what_comes() else {
            break;
        };
        rig.act(action);
    }
    assert_eq!(rig.dialled, 1);
    assert!(!rig.page.is_live());
    let view = rig.page.link();
    let trouble = view.trouble.unwrap();
    assert!(trouble.title.contains("asks for a code"), "{trouble:?}");
    assert_eq!(trouble.tries, "", "no further try");
    let notice = rig.page.notice().unwrap();
    assert!(
        notice
            .text
            .to(Language::English)
            .contains("behind the address"),
        "{notice:?}"
    );
    // With the right one it goes on from the same form.
    rig.refuses = None;
    let url = THROUGH_HUB.replace("JOIN4321", "JOIN1234");
    rig.next
        .extend([LiveAction::Fill(LinkField::Url, url), LiveAction::Connect]);
    for _ in 0..20 {
        let action = rig.what_comes().unwrap();
        rig.act(action);
    }
    assert_eq!((rig.dialled, rig.page.is_live()), (2, true));
    assert_eq!(rig.page.link().trouble, None);
}

/// Wherever it is: once while it has something retained there, once while it has a session.
#[test]
fn who_stops_it_leaves_nothing_behind() {
    for row in ["wildcard +", "will after a cut"] {
        let before = foreign::probe::rows().position(|it| it == row).unwrap() - 1;
        let mut rig = Rig::new("ws://localhost:9001", true);
        let kept = |rig: &mut Rig| {
            let now = Instant::from_micros(rig.wall);
            rig.broker.durable(now) != Durable::default()
        };
        while rig.page.probe().rows.len() < before || !kept(&mut rig) {
            rig.turn();
        }
        rig.next.push_back(LiveAction::Probe(ProbeAction::End));
        rig.run();
        assert!(!kept(&mut rig), "{row}");
        let view = rig.page.probe();
        assert!(!view.is_running);
        assert_eq!(view.rows.len(), before);
        assert!(!view.progress.contains("stays"), "{}", view.progress);
    }
}

/// Pressed twice, it ends at once, and says what stays.
#[test]
fn what_could_not_be_taken_back_is_said() {
    let mut rig = Rig::new("ws://localhost:9001", true);
    let before = foreign::probe::rows()
        .position(|it| it == "wildcard +")
        .unwrap()
        - 1;
    while rig.page.probe().rows.len() < before || !rig.sent("kept") {
        rig.turn();
    }
    for _ in 0..2 {
        rig.act(LiveAction::Probe(ProbeAction::End));
    }
    let view = rig.page.probe();
    assert!(!view.is_running);
    let stays = "this stays at the broker: a retained message at probe-45678/";
    assert!(view.progress.contains(stays), "{}", view.progress);
}
