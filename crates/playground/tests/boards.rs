//! A board on a cable at the page's broker, beside its twin, while time goes on. This file is the cable and the board.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use board::serial::{Frame, Heard, Reader};
use playground::action::{Start, Theme};
use playground::board::{BoardAction, CableCommand, CableEvent, StripView};
use playground::live::{LiveAction, LiveCommand};
use playground::measure::AverageWidths;
use playground::{Action, Command, Playground};

const LAMP: &str = "scenario \"x\"\nnode b broker\nnode abc lamp\n  session kept\n  \
    subscribe \"set\" qos 1\n  on change: publish \"state\" \"{reading}\"\nlink abc to b\n";
const CONNECT: &[u8] = b"\x10\x0f\x00\x04MQTT\x04\x00\x00\x3c\x00\x03abc";
const SUBSCRIBE: &[u8] = b"\x82\x08\x00\x01\x00\x03set\x01";
const ON: &[u8] = b"\x30\x09\x00\x05stateon";

/// The page, its clock, and what came out of its end of the cable.
struct Rig {
    page: Playground,
    wall: u64,
    reader: Reader,
    heard: Vec<Frame>,
}

impl Rig {
    fn new() -> Self {
        let mut rig = Self {
            page: Playground::new(Box::new(AverageWidths), Theme::Light),
            wall: 7_000_000,
            reader: Reader::default(),
            heard: Vec::new(),
        };
        rig.act(Action::Begin(Start {
            fragment: "#/esp32".to_owned(),
            ..Start::default()
        }));
        rig.cable(CableEvent::Running);
        rig
    }

    fn act(&mut self, action: Action) {
        for command in self.page.update(action) {
            if let Command::Cable(CableCommand::Send(bytes)) = command {
                let heard = bytes.iter().filter_map(|byte| self.reader.push(*byte));
                self.heard.extend(heard.filter_map(|it| match it {
                    Heard::Frame(frame) => Some(frame),
                    Heard::Line(_) | Heard::Improv(_) => None,
                }));
            }
        }
    }

    fn board(&mut self, action: BoardAction) {
        self.act(Action::Board(action));
    }

    fn cable(&mut self, event: CableEvent) {
        self.board(BoardAction::Cable(self.wall / 1000, event));
    }

    /// The board says this, and the page answers so.
    fn says(&mut self, frame: &Frame) -> Vec<Frame> {
        self.heard.clear();
        self.cable(CableEvent::Heard(frame.to_bytes()));
        std::mem::take(&mut self.heard)
    }

    fn says_bytes(&mut self, bytes: &[u8]) -> Vec<Frame> {
        self.says(&Frame::Data(bytes.to_vec()))
    }

    /// So much time passes, as browsers tell it.
    fn waits(&mut self, millis: u64) {
        for _ in 0..millis / 10 {
            self.wall += 10_000;
            self.act(Action::Live(LiveAction::Clock(self.wall)));
        }
    }

    fn joins(&mut self) {
        for piece in Frame::pieces(LAMP) {
            self.says(&piece);
        }
        assert_eq!(self.says(&Frame::Open), [Frame::Open]);
        let answers = self.says_bytes(CONNECT);
        assert!(
            matches!(&answers[..], [Frame::Data(it)] if it[0] == 0x20),
            "{answers:?}"
        );
        self.says_bytes(SUBSCRIBE);
    }

    fn strip(&self) -> StripView {
        self.page.board_strip().unwrap()
    }
}

#[test]
fn a_board_and_its_twin_are_compared_while_time_goes_on() {
    let mut rig = Rig::new();
    assert!(rig.page.board_strip().is_none() && rig.page.is_live());
    assert_eq!(rig.heard, [Frame::Ask, Frame::Open]);
    rig.joins();
    assert!(rig.page.board().joined.as_ref().unwrap().has_run);
    rig.board(BoardAction::Show);
    rig.waits(3_000);
    let strip = rig.strip();
    assert!(
        strip.is_open && strip.follows && !strip.differs,
        "{strip:?}"
    );
    assert_eq!(
        strip.twin.unwrap(),
        "Like its twin so far: 4 packets are the same."
    );
    assert_eq!(rig.page.ladder_still().differs, []);
    let looks = rig.page.map_still();
    let names: Vec<&str> = looks.nodes.iter().map(|it| &*it.name).collect();
    assert_eq!(names, ["abc", "abc-twin", "broker", "page"]);
    // Somebody switches the real lamp on.
    rig.says_bytes(ON);
    assert_eq!(rig.strip().reading.as_deref(), Some("its lamp is on"));
    rig.waits(3_000);
    let strip = rig.strip();
    assert!(strip.differs, "{strip:?}");
    assert_eq!(rig.page.ladder_still().differs.len(), 1);
    // The way there, and back to now.
    rig.board(BoardAction::ShowDifference);
    assert!(!rig.strip().follows);
    rig.board(BoardAction::Show);
    assert!(rig.strip().follows);
}

#[test]
fn a_board_in_the_network_says_in_text_what_it_is() {
    let mut rig = Rig::new();
    rig.board(BoardAction::Address("192.168.1.7".to_owned()));
    let mut dial = |action: Action| {
        let mut dialled = rig.page.update(action).into_iter();
        dialled.find_map(|it| match it {
            Command::Live(LiveCommand::Open(number, url) | LiveCommand::OpenAs(number, url, _)) => {
                Some((number, url))
            }
            _ => None,
        })
    };
    let (question, url) = dial(Action::Board(BoardAction::Dial)).unwrap();
    assert_eq!(url, "ws://192.168.1.7/device");
    let opened = LiveAction::Opened(question, "mqtt-playground.device".to_owned());
    assert_eq!(dial(Action::Live(opened)), None);
    let about = LiveAction::Text(question, LAMP.to_owned());
    let (_, url) = dial(Action::Live(about)).unwrap();
    assert_eq!(url, "ws://192.168.1.7/mqtt");
}

#[test]
fn a_run_with_a_board_goes_on_aside_and_ends_as_a_run() {
    let mut rig = Rig::new();
    rig.joins();
    rig.board(BoardAction::Show);
    rig.act(Action::Open(0));
    let strip = rig.strip();
    assert!(
        strip.is_open && !strip.follows && strip.twin.is_none(),
        "{strip:?}"
    );
    // The cable comes loose while another world is shown, and the board comes back to its session.
    rig.cable(CableEvent::Failed(playground::board::Fault::Loose));
    assert!(!rig.strip().is_open);
    rig.waits(1_000);
    rig.cable(CableEvent::Running);
    rig.says(&Frame::Open);
    let answers = rig.says_bytes(CONNECT);
    assert!(
        matches!(&answers[..], [Frame::Data(it)] if it[2] == 1),
        "session present: {answers:?}"
    );
    rig.board(BoardAction::Show);
    rig.heard.clear();
    rig.board(BoardAction::End);
    assert_eq!(rig.heard, [Frame::Close]);
    assert!(rig.page.board_strip().is_none() && !rig.page.is_live());
    // What happened is still there, as a run like any other.
    assert!(rig.page.ladder_still().rows.len() > 3);
}
