//! The page, and a board on its cable.

#![allow(dead_code, reason = "not every test does everything")]

use board::serial::{Frame, Heard, Reader};
use playground::action::{Start, Theme};
use playground::board::{BoardAction, CableCommand, CableEvent, StripView};
use playground::live::LiveAction;
use playground::measure::{AverageWidths, Measure};
use playground::{Action, Command, Playground};

pub(crate) const LAMP: &str = "scenario \"x\"\nnode b broker\nnode abc lamp\n  session kept\n  \
    subscribe \"set\" qos 1\n  on change: publish \"state\" \"{reading}\"\nlink abc to b\n";
pub(crate) const CONNECT: &[u8] = b"\x10\x0f\x00\x04MQTT\x04\x00\x00\x3c\x00\x03abc";
pub(crate) const SUBSCRIBE: &[u8] = b"\x82\x08\x00\x01\x00\x03set\x01";
pub(crate) const ON: &[u8] = b"\x30\x09\x00\x05stateon";

/// The page, its clock, and what came out of its end of the cable.
pub(crate) struct Rig {
    pub(crate) page: Playground,
    pub(crate) wall: u64,
    reader: Reader,
    pub(crate) heard: Vec<Frame>,
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self::measured_by(Box::new(AverageWidths))
    }

    pub(crate) fn measured_by(measure: Box<dyn Measure>) -> Self {
        let mut rig = Self {
            page: Playground::new(measure, Theme::Light),
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

    pub(crate) fn act(&mut self, action: Action) {
        for command in self.page.at(self.wall, action).commands {
            if let Command::Cable(CableCommand::Send(bytes)) = command {
                let heard = bytes.iter().filter_map(|byte| self.reader.push(*byte));
                self.heard.extend(heard.filter_map(|it| match it {
                    Heard::Frame(frame) => Some(frame),
                    Heard::Line(_) | Heard::Improv(_) => None,
                }));
            }
        }
    }

    pub(crate) fn board(&mut self, action: BoardAction) {
        self.act(Action::Board(action));
    }

    pub(crate) fn cable(&mut self, event: CableEvent) {
        self.board(BoardAction::Cable(self.wall / 1000, event));
    }

    /// The board says this, and the page answers so.
    pub(crate) fn says(&mut self, frame: &Frame) -> Vec<Frame> {
        self.heard.clear();
        self.cable(CableEvent::Heard(frame.to_bytes()));
        std::mem::take(&mut self.heard)
    }

    pub(crate) fn says_bytes(&mut self, bytes: &[u8]) -> Vec<Frame> {
        self.says(&Frame::Data(bytes.to_vec()))
    }

    /// So much time passes, as browsers tell it.
    pub(crate) fn waits(&mut self, millis: u64) {
        for _ in 0..millis / 10 {
            self.frame(10);
        }
    }

    /// The clock is looked at once after so many milliseconds.
    pub(crate) fn frame(&mut self, millis: u64) {
        self.wall += millis * 1000;
        self.act(Action::Live(LiveAction::Clock(self.wall)));
    }

    pub(crate) fn joins(&mut self) {
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

    pub(crate) fn strip(&self) -> StripView {
        self.page.board_strip().unwrap()
    }
}
