//! A run with a real board that goes on: what a message costs must not grow with what came before it.

use board::serial::Frame;
use playground::action::{Start, Theme};
use playground::board::{BoardAction, CableEvent};
use playground::live::LiveAction;
use playground::measure::{AverageWidths, Face, Measure};
use playground::{Action, Playground};
use std::cell::Cell;
use std::rc::Rc;

const LAMP: &str = "scenario \"x\"\nnode b broker\nnode abc lamp\n  session kept\n  \
    subscribe \"set\" qos 1\n  on change: publish \"state\" \"{reading}\"\nlink abc to b\n";
const CONNECT: &[u8] = b"\x10\x0f\x00\x04MQTT\x04\x00\x00\x3c\x00\x03abc";
const SUBSCRIBE: &[u8] = b"\x82\x08\x00\x01\x00\x03set\x01";
const ON: &[u8] = b"\x30\x09\x00\x05stateon";
const OFF: &[u8] = b"\x30\x0a\x00\x05stateoff";

/// The page, a board on its cable, and the clock on the wall.
struct Rig {
    page: Playground,
    wall: u64,
    messages: usize,
    measured: Counting,
}

impl Rig {
    fn new() -> Self {
        let measured = Counting::default();
        let page = Playground::new(Box::new(measured.clone()), Theme::Light);
        let mut rig = Self {
            page,
            wall: 7_000_000,
            messages: 0,
            measured,
        };
        let fragment = "#/esp32".to_owned();
        rig.act(Action::Begin(Start {
            fragment,
            ..Start::default()
        }));
        rig.cable(CableEvent::Running);
        for piece in Frame::pieces(LAMP) {
            rig.says(&piece);
        }
        rig.says(&Frame::Open);
        rig.says(&Frame::Data(CONNECT.to_vec()));
        rig.says(&Frame::Data(SUBSCRIBE.to_vec()));
        rig.act(Action::Board(BoardAction::Show));
        rig
    }

    fn act(&mut self, action: Action) {
        drop(self.page.update(action));
    }

    fn cable(&mut self, event: CableEvent) {
        self.act(Action::Board(BoardAction::Cable(self.wall / 1000, event)));
    }

    fn says(&mut self, frame: &Frame) {
        self.cable(CableEvent::Heard(frame.to_bytes()));
    }

    /// The board sends a message, and a frame later the page is drawn.
    fn message(&mut self) {
        self.messages += 1;
        let state = if self.messages.is_multiple_of(2) {
            OFF
        } else {
            ON
        };
        self.says(&Frame::Data(state.to_vec()));
        self.wall += 30_000;
        self.act(Action::Live(LiveAction::Clock(self.wall)));
    }
}

/// Counts the texts that are measured: for each packet that is laid out there is at least one.
#[derive(Clone, Default)]
struct Counting(Rc<Cell<usize>>);

impl Measure for Counting {
    fn width(&self, text: &str, face: Face) -> f64 {
        self.0.set(self.0.get() + 1);
        AverageWidths.width(text, face)
    }
}

#[test]
fn a_message_costs_the_same_however_long_the_run_is() {
    let mut rig = Rig::new();
    let mut worst = [0; 2];
    for (most, upto) in worst.iter_mut().zip([200, 1_200]) {
        while rig.messages < upto {
            rig.message();
        }
        for _ in 0..40 {
            let before = rig.measured.0.get();
            rig.message();
            look(&rig.page);
            *most = (*most).max(rig.measured.0.get() - before);
        }
    }
    let [early, late] = worst;
    assert!(rig.page.story().records() > 8_000);
    assert!(
        late <= early * 2,
        "for a message {early} texts are measured after 200 and {late} after 1,200"
    );
}

/// What depends on the whole run.
fn look(page: &Playground) {
    drop((page.ladder_still(), page.ladder_moving()));
    drop((page.map_still(), page.explain(), page.why()));
    assert!(page.board_strip().is_some());
}
