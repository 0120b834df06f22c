//! An action and its time.

use super::{Action, Command, Playground};
use crate::live::LiveAction;

/// What came of an action.
#[derive(Debug, PartialEq)]
pub struct Turn {
    /// What the page has to do for it.
    pub commands: Vec<Command>,
    /// Whether anything that is shown has changed, or the next frame does for it.
    pub is_seen: bool,
}

impl Playground {
    /// Does what the action says at a time on the wall, in microseconds since anything.
    ///
    /// What is done with a real broker or a real board happens at that time: what was due before it comes first.
    pub fn at(&mut self, wall: u64, action: Action) -> Turn {
        let is_live = self.is_live();
        // Playing scrolls with every frame: what came of that is drawn already.
        let stays = !is_live && matches!(action, Action::Scrolled(top) if self.scrolls_within(top));
        let mut commands = Vec::new();
        let mut is_seen = false;
        if is_live && !matches!(action, Action::Live(LiveAction::Clock(_))) {
            let before = self.shown_of_time();
            commands = self.update(Action::Live(LiveAction::Clock(wall)));
            is_seen = self.shown_of_time() != before;
        }
        commands.extend(self.update(action));
        is_seen |= !self.link.is_unseen && !stays;
        Turn { commands, is_seen }
    }

    /// What changes when the clock changes something that no frame waits for.
    fn shown_of_time(&self) -> impl PartialEq + use<> {
        (
            self.edition,
            self.notices,
            self.board_heard(),
            self.probe_found(),
        )
    }
}
