//! A run with a real board that goes on: what a message costs must not grow with what came before it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "support/cable.rs"]
mod cable;

use cable::{ON, Rig};
use playground::Playground;
use playground::board::BoardAction;
use playground::measure::{AverageWidths, Face, Measure};
use std::cell::Cell;
use std::rc::Rc;

const OFF: &[u8] = b"\x30\x0a\x00\x05stateoff";

/// A board that sends message after message; what is measured for them is counted.
struct Talk {
    rig: Rig,
    messages: usize,
    measured: Counting,
}

impl Talk {
    fn new() -> Self {
        let measured = Counting::default();
        let mut rig = Rig::measured_by(Box::new(measured.clone()));
        rig.joins();
        rig.board(BoardAction::Show);
        Self {
            rig,
            messages: 0,
            measured,
        }
    }

    /// The board sends a message, and a frame later the page is drawn.
    fn message(&mut self) {
        self.messages += 1;
        let state = if self.messages.is_multiple_of(2) {
            OFF
        } else {
            ON
        };
        self.rig.says_bytes(state);
        self.rig.frame(30);
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
    let mut talk = Talk::new();
    let mut worst = [0; 2];
    for (most, upto) in worst.iter_mut().zip([200, 1_200]) {
        while talk.messages < upto {
            talk.message();
        }
        for _ in 0..40 {
            let before = talk.measured.0.get();
            talk.message();
            look(&talk.rig.page);
            *most = (*most).max(talk.measured.0.get() - before);
        }
    }
    let [early, late] = worst;
    assert!(talk.rig.page.story().records() > 8_000);
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
