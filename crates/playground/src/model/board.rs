//! A board on a cable.

use super::Playground;
use crate::action::Command;
use crate::board::{BoardAction, BoardView, CableCommand, CableEvent, Join, Wizard};
use crate::memo::{Memo, Shared};
use crate::route::Place;
use crate::run::Run;
use crate::text::{self, Language};

/// The way of a board, what it does at this page's broker, and what the screen shows of both.
#[derive(Default)]
pub(super) struct Board {
    wizard: Wizard,
    join: Option<Join>,
    /// Counts what came over the cable.
    heard: usize,
    view: Memo<((usize, usize), usize, Language), BoardView>,
}

impl Playground {
    /// The screen of a board.
    #[must_use]
    pub fn board(&self) -> Shared<BoardView> {
        let board = &self.board;
        let key = (board.wizard.edition(), board.heard, self.language);
        board.view.get(key, || {
            let joined = board.join.as_ref().filter(|join| join.times > 0);
            let joined = joined.map(|join| {
                text::board_joined(self.language, join.is_open(), join.times, join.counts)
            });
            board.wizard.view(self.language, joined)
        })
    }

    /// Who comes to the screen wants to know what the browser can do.
    pub(super) fn look_for_boards(&mut self, commands: &mut Vec<Command>) {
        if self.place == Place::Board {
            commands.extend(self.board.wizard.enter().map(Command::Cable));
        }
    }

    pub(super) fn board_action(&mut self, action: BoardAction, commands: &mut Vec<Command>) {
        let board = &mut self.board;
        let mut frames = Vec::new();
        let mut is_gone = false;
        let mut now_ms = None;
        match &action {
            BoardAction::Cable(now, event) => {
                now_ms = Some(*now);
                match event {
                    CableEvent::Running => {
                        board.join = board.join.take().or_else(|| Join::new(*now));
                        frames.extend(board.join.as_mut().map(Join::offer));
                    }
                    CableEvent::Failed(_) => is_gone = true,
                    _ => {}
                }
            }
            BoardAction::Show => return self.show_board(commands),
            _ => {}
        }
        let outcome = board.wizard.act(action, self.language);
        if let (Some(now), Some(join)) = (now_ms, &mut board.join) {
            board.heard += 1;
            if is_gone {
                join.unplugged(now);
            }
            frames.extend(join.go_on(now));
            for frame in outcome.frames {
                frames.extend(join.hear(now, frame));
            }
        }
        let send = |frame: &::board::serial::Frame| CableCommand::Send(frame.to_bytes());
        commands.extend(frames.iter().map(send).map(Command::Cable));
        commands.extend(outcome.cable.into_iter().map(Command::Cable));
        commands.extend(outcome.saved.map(|log| Command::Download {
            name: text::BOARD_LOG_FILE.to_owned(),
            bytes: log.into_bytes(),
        }));
    }

    /// Shows what has happened so far between the board and this page's broker, as a run like any other.
    fn show_board(&mut self, commands: &mut Vec<Command>) {
        let Some(work) = self.board.join.as_ref().map(Join::work) else {
            return;
        };
        let Some(run) = Run::of(work.clone()) else {
            return;
        };
        self.put_own(&work);
        self.leave_world();
        self.show(run);
        self.futures = vec![work];
        self.scenario = self
            .place_of(crate::board::RUN_FILE)
            .unwrap_or(self.scenario);
        self.settle();
        self.position = self.story.at(self.story.last_step(), self.story.end());
        self.place = Place::Play;
        commands.push(self.title());
        self.address(false, commands);
    }
}
