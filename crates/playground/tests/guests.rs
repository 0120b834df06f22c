//! Real devices in this page's broker. This file stands for the hub and the devices behind it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use bytes::Bytes;
use playground::action::{Start, Theme};
use playground::guests::view::GuestsMark;
use playground::guests::{GuestsAction, GuestsField, HubCommand};
use playground::live::{LinkField, LiveAction, LiveCommand, Way};
use playground::measure::AverageWidths;
use playground::menu::Target;
use playground::probe::ProbeAction;
use playground::{Action, Command, Playground};
use relay::{
    Chunk, FromHub, FromPage, Line, Opened, Record, Refusal, Role, Text, Transport, Welcome,
    read_frame, write_frame,
};
use std::collections::BTreeMap;

const CONNECT: &[u8] = b"\x10\x0f\x00\x04MQTT\x04\x00\x00\x3c\x00\x03";
/// Without a keep alive.
const PATIENT: &[u8] = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01b";
const PINGREQ: &[u8] = &[0xc0, 0];
const CONNACK: &[u8] = &[0x20, 2, 0, 0];
/// To `t`, at QoS 2.
const SUBSCRIBE: &[u8] = b"\x82\x06\x00\x01\x00\x01t\x02";
const SUBACK: &[u8] = &[0x90, 3, 0, 1, 2];
/// `a` to `t`, at QoS 2, with id 7.
const PUBLISH: &[u8] = b"\x34\x06\x00\x01t\x00\x07a";
const PUBREC: &[u8] = &[0x50, 2, 0, 7];
const PUBREL: &[u8] = &[0x62, 2, 0, 7];
const PUBCOMP: &[u8] = &[0x70, 2, 0, 7];

fn chunk(bytes: &[u8]) -> Chunk {
    Chunk::take(&mut Bytes::copy_from_slice(bytes), 99).unwrap()
}

/// What a watcher is told of a device that comes.
fn opened(line: Line) -> Record {
    Record::Opened(Opened {
        line,
        peer: Text::cut(""),
        transport: Transport::WebSocket,
        tls: false,
    })
}

struct Rig {
    page: Playground,
    wall: u64,
    /// The addresses that were dialled.
    dialled: Vec<String>,
    hellos: Vec<relay::Hello>,
    /// What each device has got.
    got: BTreeMap<Line, Vec<u8>>,
    ended: Vec<(Line, String)>,
    closed: usize,
    works: Vec<String>,
    /// Whether what was done last has changed what is shown.
    is_seen: bool,
}

impl Rig {
    fn new() -> Self {
        let mut rig = Self {
            page: Playground::new(Box::new(AverageWidths), Theme::Light),
            wall: 1_000_000,
            dialled: Vec::new(),
            hellos: Vec::new(),
            got: BTreeMap::new(),
            ended: Vec::new(),
            closed: 0,
            works: Vec::new(),
            is_seen: false,
        };
        rig.act(Action::Begin(Start {
            fragment: "#/broker".to_owned(),
            ..Start::default()
        }));
        rig
    }

    /// A page that is the broker of a hub.
    fn joined() -> Self {
        let mut rig = Self::new();
        rig.guests(GuestsAction::Join(false));
        rig.guests(GuestsAction::Opened(relay::SUBPROTOCOL.to_owned()));
        rig.welcome();
        rig
    }

    /// A page that watches a hub.
    fn watching() -> Self {
        let mut rig = Self::new();
        rig.watch();
        rig
    }

    fn watch(&mut self) {
        self.guests(GuestsAction::Watch);
        self.guests(GuestsAction::Opened(relay::SUBPROTOCOL.to_owned()));
        self.welcome_as(Role::Watcher);
        self.live(LiveAction::Show);
    }

    fn welcome(&mut self) {
        self.welcome_as(Role::Broker);
    }

    fn welcome_as(&mut self, role: Role) {
        self.hub(&[FromHub::Welcome(Welcome {
            role,
            broker_is_page: true,
            window_bytes: relay::WINDOW_BYTES,
            mqtt_port: 1884,
            tls: false,
        })]);
    }

    fn act(&mut self, action: Action) {
        let turn = self.page.at(self.wall, action);
        self.is_seen = turn.is_seen;
        self.carry_out(turn.commands);
    }

    fn live(&mut self, action: LiveAction) {
        self.act(Action::Live(action));
    }

    fn guests(&mut self, action: GuestsAction) {
        self.live(LiveAction::Guests(action));
    }

    fn hub(&mut self, messages: &[FromHub]) {
        for frame in write_frame(messages) {
            self.guests(GuestsAction::Frame(frame.into()));
        }
    }

    fn carry_out(&mut self, commands: Vec<Command>) {
        for command in commands {
            match command {
                Command::Live(LiveCommand::Hub(HubCommand::AskOrigin)) => {
                    self.guests(GuestsAction::Origin("http://127.0.0.1:8080".to_owned()));
                }
                Command::Live(LiveCommand::Hub(HubCommand::Open(url))) => self.dialled.push(url),
                Command::Live(LiveCommand::Hub(HubCommand::Close)) => self.closed += 1,
                Command::Live(LiveCommand::Hub(HubCommand::Send(frame))) => {
                    for message in read_frame::<FromPage>(frame).unwrap() {
                        match message {
                            FromPage::Hello(hello) => self.hellos.push(hello),
                            FromPage::Bytes { line, bytes } => {
                                self.got.entry(line).or_default().extend_from_slice(&bytes);
                            }
                            FromPage::Close { line, why } => {
                                self.ended.push((line, why.to_string()));
                            }
                            FromPage::Credit { .. } => {}
                            other => panic!("{other:?}"),
                        }
                    }
                }
                Command::Share { text, .. } => self.works.push(text),
                _ => {}
            }
        }
    }

    fn pass(&mut self, millis: u64) {
        let until = self.wall + millis * 1000;
        // A page that is awake looks at the clock at least every second.
        while self.wall < until {
            self.wall = until.min(self.wall + 1_000_000);
            self.live(LiveAction::Clock(self.wall));
            self.act(Action::Tick(0));
        }
    }

    fn open(&mut self, line: u64) {
        self.hub(&[FromHub::Opened(Opened {
            line: Line(line),
            peer: Text::cut("192.168.1.7:50000"),
            transport: Transport::Tcp,
            tls: false,
        })]);
    }

    /// A device sends; what it gets at once.
    fn send(&mut self, line: u64, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = Bytes::copy_from_slice(bytes);
        while let Some(chunk) = Chunk::take(&mut bytes, usize::MAX) {
            self.hub(&[FromHub::Bytes {
                line: Line(line),
                bytes: chunk,
            }]);
        }
        self.got(line)
    }

    fn got(&mut self, line: u64) -> Vec<u8> {
        self.got.remove(&Line(line)).unwrap_or_default()
    }

    fn connect(&mut self, line: u64, id: &str) -> Vec<u8> {
        self.open(line);
        self.send(line, &[CONNECT, id.as_bytes()].concat())
    }

    fn names(&self) -> Vec<(String, bool)> {
        let rows = self.page.guests().devices.into_iter();
        rows.map(|it| (it.name, it.is_here)).collect()
    }

    /// What the ladder has.
    fn steps(&mut self) -> Vec<String> {
        self.act(Action::ShowList(true));
        let list = self.page.list();
        let lines = list.lines().map(|(_, line, _)| line.to_owned());
        let lines: Vec<String> = lines.collect();
        self.act(Action::ShowList(false));
        lines
    }
}

#[test]
fn a_page_becomes_the_broker_of_the_hub_that_it_came_from() {
    let mut rig = Rig::new();
    assert_eq!(rig.page.guests().hub, "http://127.0.0.1:8080");
    rig.guests(GuestsAction::Fill(
        GuestsField::Code,
        " abcd 2345 ".to_owned(),
    ));
    rig.guests(GuestsAction::Join(false));
    assert_eq!(rig.dialled, ["ws://127.0.0.1:8080/relay"]);
    assert_eq!(rig.page.guests().state.0, GuestsMark::Busy);
    rig.guests(GuestsAction::Opened(relay::SUBPROTOCOL.to_owned()));
    assert_eq!(rig.hellos[0].role, Role::Broker);
    assert_eq!(rig.hellos[0].code.as_deref(), Some("abcd 2345"));
    assert!(!rig.hellos[0].take_over);
    // Somebody else is it.
    rig.hub(&[FromHub::Refused(Refusal::Taken)]);
    rig.guests(GuestsAction::Closed(1008, "policy".to_owned()));
    let view = rig.page.guests();
    assert_eq!(view.state.0, GuestsMark::Bad);
    assert!(view.can_take_over && !view.is_open, "{view:?}");
    assert!(!rig.page.is_live());
    rig.guests(GuestsAction::Join(true));
    rig.guests(GuestsAction::Opened(relay::SUBPROTOCOL.to_owned()));
    assert!(rig.hellos[1].take_over);
    rig.welcome();
    let view = rig.page.guests();
    assert_eq!(view.state.0, GuestsMark::Good);
    assert!(
        view.lines
            .unwrap()
            .contains("mosquitto_pub -h 127.0.0.1 -p 1884 ")
    );
    assert!(rig.page.is_live());
}

#[test]
fn a_page_that_has_slept_takes_what_has_come_before_it_throws_anybody_out() {
    let mut rig = Rig::joined();
    // A will, and a keep alive of 30 s; somebody waits for the will.
    rig.open(1);
    let will = b"\x10\x13\x00\x04MQTT\x04\x04\x00\x1e\x00\x01w\x00\x01t\x00\x01x";
    assert_eq!(rig.send(1, will), CONNACK);
    rig.open(2);
    assert_eq!(rig.send(2, PATIENT), CONNACK);
    assert_eq!(rig.send(2, SUBSCRIBE), SUBACK);
    rig.pass(100);
    // While the page sleeps, the device is alive; the browser tells the time first.
    rig.wall += 60_000_000;
    rig.live(LiveAction::Clock(rig.wall));
    assert_eq!(rig.send(1, PINGREQ), [0xd0, 0]);
    rig.pass(2_000);
    assert_eq!((rig.got(2), rig.ended.len()), (Vec::new(), 0));
    // One that said nothing is noticed as ever.
    rig.wall += 60_000_000;
    rig.live(LiveAction::Clock(rig.wall));
    rig.pass(2_000);
    assert_eq!(rig.ended.len(), 1);
    assert!(!rig.got(2).is_empty(), "the will is spoken");
}

/// Traffic is drawn with the next frame. What the clock before it has changed waits for no frame.
#[test]
fn what_time_has_changed_is_shown_with_what_comes_over_the_wire() {
    let mut rig = Rig::joined();
    rig.open(1);
    assert_eq!(rig.send(1, PATIENT), CONNACK);
    rig.send(1, PINGREQ);
    assert!(!rig.is_seen);
    // Nobody is where the probe asks, until it gives up.
    let url = "ws://localhost:9001".to_owned();
    rig.live(LiveAction::Fill(LinkField::Url, url));
    rig.live(LiveAction::Probe(ProbeAction::Begin));
    rig.send(1, PINGREQ);
    assert!(!rig.is_seen && rig.page.probe().is_running);
    rig.wall += 60_000_000;
    rig.send(1, PINGREQ);
    assert!(rig.is_seen && !rig.page.probe().is_running);
    rig.send(1, PINGREQ);
    assert!(!rig.is_seen);
}

#[test]
fn devices_come_to_the_map_and_get_what_they_are_owed() {
    let mut rig = Rig::joined();
    assert_eq!(rig.connect(1, "sub"), CONNACK);
    assert_eq!(rig.send(1, SUBSCRIBE), SUBACK);
    rig.pass(500);
    assert_eq!(rig.connect(2, "pub"), CONNACK);
    assert_eq!(rig.send(2, PUBLISH), PUBREC);
    let copy = rig.got(1);
    assert_eq!(copy[0], 0x34, "QoS 2, and no DUP: {copy:?}");
    assert_eq!(rig.send(2, PUBREL), PUBCOMP);
    assert_eq!(
        rig.names(),
        [("sub".to_owned(), true), ("pub".to_owned(), true)]
    );
    let steps = rig.steps();
    assert!(
        steps.iter().any(|it| it.contains("pub -> broker  PUBLISH")),
        "{steps:#?}"
    );
    // One leaves and comes again: the same place. Another without a name.
    rig.hub(&[FromHub::Closed {
        line: Line(1),
        why: Text::cut("the device has closed"),
    }]);
    assert!(!rig.page.guests().devices[0].is_here);
    rig.pass(100);
    // Session present; the message that was not acknowledged comes again.
    let again = rig.connect(3, "sub");
    assert_eq!((&again[..4], again[4]), (&[0x20, 2, 1, 0][..], 0x3c));
    rig.open(4);
    assert_eq!(
        rig.send(4, b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"),
        CONNACK
    );
    assert_eq!(rig.names().len(), 3);
    assert_eq!(rig.names()[2], ("guest-1".to_owned(), true));
    // Who says nothing is shown, too.
    rig.open(5);
    assert_eq!(rig.page.guests().devices[3].place, None);
    rig.pass(3_500);
    assert_eq!(rig.names()[3], ("guest-1-2".to_owned(), true));
    // What is no MQTT is closed by the broker.
    rig.open(6);
    rig.send(6, b"GET / HTTP/1.1\r\n\r\n");
    assert_eq!(rig.ended.last().map(|it| it.0), Some(Line(6)));
}

/// The run is one like any other: it is made again from its text, to the same state.
#[test]
fn a_run_with_devices_that_came_is_replayed_from_its_text() {
    let mut rig = Rig::joined();
    rig.live(LiveAction::Show);
    rig.connect(1, "sub");
    rig.send(1, SUBSCRIBE);
    rig.pass(10);
    rig.connect(2, "pub");
    rig.send(2, PUBLISH);
    rig.send(2, PUBREL);
    rig.pass(10);
    let before = rig.steps();
    rig.live(LiveAction::End);
    assert!(!rig.page.is_live());
    assert_eq!(rig.closed, 1, "the hub is left");
    assert_eq!(rig.steps(), before);
    rig.act(Action::Share);
    let work = rig.works.pop().unwrap();
    let mut other = Rig::new();
    other.act(Action::Unpacked(Some(work)));
    let again = other.steps();
    assert_eq!(again[..before.len()], before);
}

#[test]
fn a_pause_holds_every_packet_and_no_time_passes() {
    let mut rig = Rig::joined();
    rig.live(LiveAction::Show);
    rig.connect(1, "dev");
    rig.guests(GuestsAction::Pause(true));
    assert_eq!(rig.send(1, PUBLISH), b"");
    // Longer than its keep alive: nobody is thrown out meanwhile.
    rig.pass(600_000);
    let pause = rig.page.live_strip().unwrap().pause.unwrap();
    assert_eq!((pause.is_paused, pause.waiting), (true, 1));
    assert_eq!(pause.next.as_deref(), Some("PUBLISH dev → broker"));
    rig.guests(GuestsAction::Step);
    assert_eq!(rig.got(1), b"", "PUBREC waits in its turn");
    let pause = rig.page.live_strip().unwrap().pause.unwrap();
    assert_eq!(pause.next.as_deref(), Some("PUBREC broker → dev"));
    rig.guests(GuestsAction::Step);
    assert_eq!(rig.got(1), PUBREC);
    // Somebody who comes meanwhile waits, too.
    assert_eq!(rig.connect(2, "new"), b"");
    assert_eq!(rig.send(1, PUBREL), b"");
    rig.guests(GuestsAction::Pause(false));
    assert_eq!(rig.got(1), PUBCOMP);
    assert_eq!(rig.got(2), CONNACK);
    assert!(rig.ended.is_empty());
}

#[test]
fn a_direction_is_held_and_let_go_one_by_one() {
    let mut rig = Rig::joined();
    rig.connect(1, "dev");
    rig.live(LiveAction::Gate(Way::In, true));
    assert_eq!(rig.send(1, PUBLISH), b"");
    let strip = |rig: &Rig| rig.page.live_strip().unwrap().gates.unwrap();
    assert_eq!(strip(&rig).into, (true, 1));
    // A pause and its end let nothing go that is held by hand.
    rig.guests(GuestsAction::Pause(true));
    rig.guests(GuestsAction::Pause(false));
    rig.pass(10);
    assert_eq!(rig.got(1), b"");
    rig.live(LiveAction::Pass(Way::In));
    assert_eq!(rig.got(1), PUBREC);
    assert_eq!(rig.send(1, PUBREL), b"");
    rig.live(LiveAction::Gate(Way::In, false));
    assert_eq!(rig.got(1), PUBCOMP);
    // Who comes while something is held is held, too.
    rig.live(LiveAction::Gate(Way::Out, true));
    assert_eq!(rig.connect(2, "new"), b"");
    rig.live(LiveAction::Pass(Way::Out));
    assert_eq!(rig.got(2), CONNACK);
}

#[test]
fn a_cut_ends_a_real_connection_until_the_link_is_mended() {
    let mut rig = Rig::joined();
    rig.connect(1, "dev");
    rig.guests(GuestsAction::Cut(0, true));
    assert_eq!(rig.ended.len(), 1);
    assert!(rig.page.guests().devices[0].is_cut);
    rig.connect(2, "dev");
    assert_eq!(rig.ended.len(), 2, "nobody gets through");
    rig.guests(GuestsAction::Cut(0, false));
    rig.pass(10);
    assert_eq!(rig.connect(3, "dev")[..2], CONNACK[..2]);
    assert_eq!(rig.names(), [("dev".to_owned(), true)]);
    // The same from the device's menu on the map: nobody here can switch the device itself off.
    rig.live(LiveAction::Show);
    let lane = rig
        .page
        .story()
        .lanes
        .iter()
        .position(|it| it.name == "dev");
    rig.act(Action::OpenMenu(Target::Node(lane.unwrap())));
    let menu = rig.page.menu().unwrap();
    assert_eq!(menu.items[1].label.en, "Cut");
    rig.act(Action::ChooseEntry(1));
    assert!(rig.page.guests().devices[0].is_cut);
    // Each device speaks its own version.
    assert_eq!(rig.page.frame().version, "");
}

#[test]
fn the_hub_goes_and_comes_and_sessions_are_kept() {
    let mut rig = Rig::joined();
    rig.connect(1, "sub");
    rig.send(1, SUBSCRIBE);
    rig.guests(GuestsAction::Closed(1006, String::new()));
    assert_eq!(rig.page.guests().state.0, GuestsMark::Bad);
    assert!(!rig.page.guests().devices[0].is_here);
    rig.pass(1000);
    rig.guests(GuestsAction::Join(false));
    rig.guests(GuestsAction::Opened(relay::SUBPROTOCOL.to_owned()));
    rig.welcome();
    assert_eq!(rig.connect(1, "sub"), [0x20, 2, 1, 0], "session present");
    assert_eq!(rig.names().len(), 1);
    // Garbage from the hub ends it, and the page stays.
    rig.guests(GuestsAction::Frame(Bytes::from_static(&[0xff; 8])));
    assert_eq!(rig.page.guests().state.0, GuestsMark::Bad);
    assert_eq!(rig.closed, 1);
}

#[test]
fn where_no_hub_is_the_page_says_what_to_do() {
    let mut rig = Rig::new();
    rig.guests(GuestsAction::Fill(GuestsField::Hub, "ftp://x".to_owned()));
    rig.guests(GuestsAction::Join(false));
    assert!(rig.dialled.is_empty());
    assert!(rig.page.guests().advice.is_some());
    for (typed, dialled) in [
        ("192.168.1.20:8080", "ws://192.168.1.20:8080/relay"),
        ("https://hub.example/page", "wss://hub.example:443/relay"),
        ("http://[::1]:8080/", "ws://[::1]:8080/relay"),
    ] {
        rig.guests(GuestsAction::Fill(GuestsField::Hub, typed.to_owned()));
        rig.guests(GuestsAction::Join(false));
        assert_eq!(rig.dialled.last().map(String::as_str), Some(dialled));
    }
    rig.guests(GuestsAction::Closed(1006, String::new()));
    assert_eq!(rig.page.guests().state.0, GuestsMark::Bad);
    assert!(!rig.page.is_live());
}

#[test]
fn a_watcher_sees_what_devices_and_broker_say_and_does_nothing() {
    let mut rig = Rig::new();
    rig.guests(GuestsAction::Watch);
    rig.guests(GuestsAction::Opened(relay::SUBPROTOCOL.to_owned()));
    assert_eq!(rig.hellos[0].role, Role::Watcher);
    // It asks for no broker's place, and is not told to take it again.
    assert!(!rig.page.guests().state.1.contains("broker"));
    rig.guests(GuestsAction::Closed(1006, String::new()));
    let advice = rig.page.guests().advice.unwrap();
    assert!(advice.contains("Watch again"), "{advice}");
    rig.watch();
    let line = Line(9);
    let connect = [CONNECT, b"lab"].concat();
    let from = |bytes| Record::FromDevice { line, bytes };
    let to = |bytes| Record::ToDevice { line, bytes };
    let said = [
        Record::BrokerCame { took_over: false },
        opened(line),
        from(chunk(&connect[..5])),
        from(chunk(&connect[5..])),
        to(chunk(CONNACK)),
        from(chunk(PUBLISH)),
        to(chunk(PUBREC)),
    ];
    let records = said.map(|record| FromHub::Record {
        at_micros: 1,
        record,
    });
    rig.hub(&records);
    rig.pass(10);
    let lines = rig.steps();
    let words = ["CONNECT", "CONNACK", "PUBLISH", "PUBREC"];
    assert_eq!(lines.len(), words.len(), "{lines:#?}");
    for (line, word) in lines.iter().zip(words) {
        assert!(line.contains(word), "{line}");
    }
    let strip = rig.page.live_strip().unwrap();
    assert!(strip.are_devices && strip.pause.is_none() && strip.gates.is_none());
    // Nothing can be done, and nothing is sent.
    rig.guests(GuestsAction::Step);
    assert!(rig.got.is_empty() && rig.ended.is_empty());
    // The broker's tab is closed.
    rig.hub(&[
        FromHub::Record {
            at_micros: 2,
            record: Record::BrokerLeft {
                why: Text::cut("the page is gone"),
            },
        },
        FromHub::Record {
            at_micros: 2,
            record: Record::Closed {
                line,
                why: Text::cut("the page is gone"),
            },
        },
    ]);
    let view = rig.page.guests();
    assert!(view.state.1.contains("the page is gone"), "{view:?}");
    assert!(!view.devices[0].is_here);
    // From watching to being the broker: another run, and the hub is not left.
    rig.guests(GuestsAction::Join(false));
    rig.guests(GuestsAction::Opened(relay::SUBPROTOCOL.to_owned()));
    rig.welcome();
    assert_eq!(rig.closed, 0);
    assert_eq!(rig.connect(1, "dev"), CONNACK);
}

/// A watcher is told at once what happened before it came, and when each was.
#[test]
fn a_watcher_shows_when_things_happened() {
    let mut rig = Rig::watching();
    let line = Line(9);
    let connect = chunk(&[CONNECT, b"lab"].concat());
    let opened = opened(line);
    const MINUTE: u64 = 60_000_000;
    // The hub had been there for an hour.
    let began = 60 * MINUTE;
    let told = [
        (0, opened),
        (
            0,
            Record::FromDevice {
                line,
                bytes: connect,
            },
        ),
        (
            MINUTE,
            Record::ToDevice {
                line,
                bytes: chunk(CONNACK),
            },
        ),
        (
            5 * MINUTE,
            Record::FromDevice {
                line,
                bytes: chunk(PUBLISH),
            },
        ),
        (
            5 * MINUTE + 20_000,
            Record::ToDevice {
                line,
                bytes: chunk(PUBREC),
            },
        ),
    ];
    let records = told.map(|(later, record)| FromHub::Record {
        at_micros: began + later,
        record,
    });
    rig.hub(&records);
    rig.pass(10);
    let lines = rig.steps();
    for (line, time) in lines.iter().zip(["0.0", "60.0", "300.0", "300.02"]) {
        assert!(line.contains(time), "{lines:#?}");
    }
}

#[test]
fn devices_that_call_themselves_anew_each_time_take_the_places_of_their_former_selves() {
    let mut rig = Rig::joined();
    // One that the broker keeps a session for has its place for ever.
    assert_eq!(rig.connect(1, "own"), CONNACK);
    rig.hub(&[FromHub::Closed {
        line: Line(1),
        why: Text::cut("gone"),
    }]);
    for line in 2..120 {
        rig.open(line);
        let id = format!("x{line:03}");
        let connect = b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04";
        let connack = rig.send(line, &[connect.as_slice(), id.as_bytes()].concat());
        assert_eq!(connack, CONNACK, "{id}: {:?}", rig.ended);
        rig.send(line, &[0xe0, 0]);
        rig.pass(10);
    }
    let names = rig.names();
    assert_eq!((names.len(), names[0].0.as_str()), (96, "own"));
    assert!(
        names.iter().any(|(name, _)| name.starts_with("x119 (")),
        "{names:?}"
    );
    let back = rig.connect(120, "own");
    assert_eq!(back[..3], [0x20, 2, 1], "its session is there");
}
