//! A board on a cable, or in the network, and the run with it that goes on.

use super::Playground;
use crate::action::Command;
use crate::board::{
    BoardAction, BoardView, CableCommand, CableEvent, Heard, Join, JoinView, Line, Said, StripView,
    Wire, Wizard,
};
use crate::live::{LiveAction, LiveCommand};
use crate::look::Look;
use crate::memo::{Memo, Shared};
use crate::route::Place;
use crate::run::{Run, told};
use crate::text::{self, Language};
use ::board::serial::Frame;
use mqtt_proto::{Duration, Instant};
use sim::scenario::{Action as Act, NodeKind, NodeSpec};
use std::rc::Rc;

/// The page looks at the clock this often while a board is there: milliseconds.
const LOOK_EVERY_MILLIS: u32 = 1_000;
/// The same while another session counts on its own time, or an arrow moves.
const FRAME_MILLIS: u32 = 33;
/// When a run is over, whatever has not come will not come any more.
pub(super) const LATE: Duration = Duration::from_secs(60);

/// The way of a board, what it does at this page's broker, and what the screen shows of both.
#[derive(Default)]
pub(super) struct Board {
    wizard: Wizard,
    join: Option<Join>,
    /// The address of a board in the network, as it is typed, and whether it is none.
    address: (String, bool),
    /// The time on the wall, as it was told last: microseconds since anything.
    wall: u64,
    /// Counts what happened to the run with it.
    heard: usize,
    view: Memo<ViewKey, BoardView>,
    compared: Memo<ComparedKey, Option<Compared>>,
}

/// The way; what happened with a run, and which world is open; the language.
type ViewKey = ((usize, usize), (usize, usize), Language);
/// The run and how much of it there is, which second it is, the language.
type ComparedKey = ((usize, usize), u64, Language);

/// A board beside its twin.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Compared {
    same: usize,
    /// The first packets in which they differ: the steps and what they say, the board's and its twin's.
    first: Option<[Option<(usize, String)>; 2]>,
}

impl Board {
    /// What the page goes along with, if it shows the run with a board: whether it does, and what time it is there.
    pub(super) fn going(&mut self) -> Option<(&mut bool, Instant)> {
        let going = &mut self.join.as_mut()?.going;
        going.is_shown.then_some((&mut going.follows, going.now))
    }
}

impl Playground {
    /// The screen of a board.
    #[must_use]
    pub fn board(&self) -> Shared<BoardView> {
        let board = &self.board;
        let key = (
            board.wizard.edition(),
            (board.heard, self.scenario),
            self.language,
        );
        board.view.get(key, || {
            let joined = board.join.as_ref().and_then(|join| self.joined(join));
            let (address, is_wrong) = board.address.clone();
            let devices = self.devices_of_world().map(|(name, _)| name).collect();
            let mut view = board.wizard.view(self.language, joined, devices);
            view.address = address;
            view.is_address_wrong = is_wrong;
            view
        })
    }

    fn joined(&self, join: &Join) -> Option<JoinView> {
        let language = self.language;
        let (words, is_network) = match &join.line {
            Line::Cable if !join.has_begun() => return None,
            Line::Network(wire) if !join.is_open() => (
                text::board_dialling(language, wire.host(), wire.is_forbidden, wire.tries),
                true,
            ),
            line => (
                text::board_joined(language, join.is_open(), join.times, join.counts),
                matches!(line, Line::Network(_)),
            ),
        };
        Some(JoinView {
            words,
            is_open: join.is_open(),
            has_run: join.has_begun(),
            is_network,
        })
    }

    /// What is at hand at the main screen, while there is a run with a board.
    #[must_use]
    pub fn board_strip(&self) -> Option<StripView> {
        let join = self.board.join.as_ref().filter(|it| it.has_begun())?;
        Some(self.strip(join))
    }

    /// By itself, so that the page can fetch it after the first step.
    #[inline(never)]
    fn strip(&self, join: &Join) -> StripView {
        let compared = self.compared();
        let compared = compared.as_ref().filter(|_| join.going.is_shown);
        let first = compared.and_then(|it| it.first.as_ref());
        let language = self.language;
        StripView {
            name: join.board_name().to_owned(),
            is_open: join.is_open(),
            follows: join.going.is_shown && join.going.follows,
            reading: self
                .board_look()
                .and_then(|look| text::board_reading(language, &look)),
            twin: compared.map(|it| {
                let first = it.first.as_ref().map(|pair| {
                    pair.each_ref()
                        .map(|it| it.as_ref().map(|(step, what)| (*step, &**what)))
                });
                text::board_twin(language, it.same, first)
            }),
            differs: first.is_some(),
        }
    }

    /// What can be seen of the board now.
    fn board_look(&self) -> Option<Look> {
        let join = self.board.join.as_ref().filter(|it| it.going.is_shown)?;
        let run = self.run.as_ref()?;
        let lane = self
            .story
            .lanes
            .iter()
            .position(|it| it.name == join.board_name())?;
        run.looks(self.position).into_iter().nth(lane).flatten()
    }

    /// How the board of the run that is shown and its twin compare; made anew only when there is something new.
    fn compared(&self) -> Shared<Option<Compared>> {
        let run = self.run.as_ref();
        let join = self.board.join.as_ref();
        let going = join.map(|it| &it.going).filter(|it| it.is_shown);
        let last = run.map_or(Instant::ZERO, |run| run.log().time(run.log().end()));
        let now = going.map_or_else(|| last + LATE, |it| it.now);
        let key = (
            (self.edition, self.story.records()),
            now.as_micros() / 1_000_000,
            self.language,
        );
        self.board.compared.get(key, || {
            let run = run?;
            let compared = run.boards_compared(now)?;
            let told = |record| told(run.log(), record);
            Some(Compared {
                same: compared.same,
                first: compared.first.map(|it| [told(it.real), told(it.simulated)]),
            })
        })
    }

    /// The steps in which a board and its twin differ first; 0 is none.
    pub(super) fn differs(&self) -> [usize; 2] {
        // Asked with every frame: most runs have nobody outside.
        let is_outside = |node: &NodeSpec| matches!(node.kind, NodeKind::Remote(_));
        let has_outside = |run: &Run| run.work().scenario.nodes.iter().any(is_outside);
        if !self.run.as_ref().is_some_and(has_outside) {
            return [0; 2];
        }
        self.first_difference()
    }

    /// By itself, so that the page can fetch it after the first step.
    #[inline(never)]
    fn first_difference(&self) -> [usize; 2] {
        let compared = self.compared();
        let first = compared.as_ref().and_then(|it| it.first.as_ref());
        first.map_or([0; 2], |pair| {
            pair.each_ref()
                .map(|it| it.as_ref().map_or(0, |(step, _)| *step))
        })
    }

    /// Who comes to the screen wants to know what the browser can do.
    pub(super) fn look_for_boards(&mut self, commands: &mut Vec<Command>) {
        if self.place == Place::Board {
            commands.extend(self.board.wizard.enter().map(Command::Cable));
        }
    }

    pub(super) fn board_action(&mut self, action: BoardAction, commands: &mut Vec<Command>) {
        let mut frames = Vec::new();
        let mut now = None;
        match &action {
            BoardAction::Cable(now_ms, event) => {
                let micros = now_ms.saturating_mul(1000);
                now = Some(micros);
                match event {
                    CableEvent::Running => self.board_runs(micros, commands),
                    CableEvent::Failed(_) => self.board_is_gone(commands),
                    _ => {}
                }
            }
            BoardAction::Leave | BoardAction::ChangeSettings => self.board_is_left(commands),
            BoardAction::ChooseDevice(place) => {
                let device = self.devices_of_world().nth(*place);
                self.board.wizard.choose_device(device);
                return;
            }
            BoardAction::Address(typed) => {
                self.board.address = (typed.clone(), false);
                self.board.heard += 1;
                return;
            }
            BoardAction::Dial => return self.dial_board(commands),
            BoardAction::Show => return self.show_board(commands),
            BoardAction::ShowDifference => return self.show_difference(commands),
            BoardAction::End => return self.end_board(commands),
            _ => {}
        }
        let outcome = self.board.wizard.act(action, self.language);
        frames.extend(outcome.frames);
        if let Some(now) = now {
            self.board_turn(now, frames, commands);
        }
        commands.extend(outcome.cable.into_iter().map(Command::Cable));
        commands.extend(outcome.saved.map(|log| Command::Download {
            name: text::BOARD_LOG_FILE.to_owned(),
            bytes: log.into_bytes(),
        }));
    }

    /// The devices of the world that is open, as boards can be them: what they are called, and as texts.
    fn devices_of_world(&self) -> impl Iterator<Item = (String, String)> {
        let run = self.run.as_ref().filter(|_| !self.shows_capture());
        let scenario = run.map(|run| &run.work().scenario);
        scenario
            .into_iter()
            .flat_map(|it| crate::board::devices(it))
    }

    /// The program on a cable runs: it may be waiting for this page.
    fn board_runs(&mut self, now: u64, commands: &mut Vec<Command>) {
        let on_cable = |it: &Join| matches!(it.line, Line::Cable);
        if !self.board.join.as_ref().is_some_and(on_cable) {
            self.end_board(commands);
        }
        let join = self
            .board
            .join
            .get_or_insert_with(|| Join::new(Line::Cable));
        let offer = join.offer(now);
        self.board_says(now, offer, commands);
    }

    /// The port is let go: the board is told.
    fn board_is_left(&mut self, commands: &mut Vec<Command>) {
        let on_cable = |it: &Join| matches!(it.line, Line::Cable) && it.is_open();
        if self.board.join.as_ref().is_some_and(on_cable) {
            self.board_says(0, [Frame::Close], commands);
            self.board_is_gone(commands);
        }
    }

    /// The cable came loose.
    fn board_is_gone(&mut self, commands: &mut Vec<Command>) {
        if matches!(
            self.board.join.as_ref().map(|it| &it.line),
            Some(Line::Cable)
        ) {
            self.through_board(commands, |join, run, _| join.lose(run));
        }
    }

    fn dial_board(&mut self, commands: &mut Vec<Command>) {
        let Some(mut wire) = Wire::to(&self.board.address.0) else {
            self.board.address.1 = true;
            self.board.heard += 1;
            return;
        };
        self.end_board(commands);
        self.board.address.1 = false;
        commands.push(Command::Live(wire.dial(false)));
        self.board.join = Some(Join::new(Line::Network(wire)));
        self.board.heard += 1;
        self.board_wakes(commands);
    }

    /// Whether there is a board, so that the page needs the time on the wall.
    pub(super) const fn has_board(&self) -> bool {
        self.board.join.is_some()
    }

    pub(super) fn is_board_shown(&self) -> bool {
        let join = self.board.join.as_ref();
        join.is_some_and(|it| it.going.is_shown)
    }

    /// Counts what was heard of a board: its screen and strip depend on it.
    pub(super) const fn board_heard(&self) -> usize {
        self.board.heard
    }

    /// The time on the wall has gone on.
    pub(super) fn board_clock(&mut self, wall: u64, commands: &mut Vec<Command>) {
        if !self.has_board() {
            return;
        }
        self.board_turn(wall, Vec::new(), commands);
        let Some(join) = self.board.join.as_mut() else {
            return;
        };
        let is_told = join.is_told();
        if let Line::Network(wire) = &mut join.line
            && wire.is_due(wall)
        {
            commands.push(Command::Live(wire.dial(is_told)));
            self.board.heard += 1;
        }
    }

    /// A WebSocket to a board says something.
    pub(super) fn board_socket(&mut self, action: LiveAction, commands: &mut Vec<Command>) {
        let (number, heard) = match action {
            LiveAction::Opened(number, _) => (number, Heard::Opened),
            LiveAction::Received(number, bytes) => (number, Heard::Bytes(bytes)),
            LiveAction::Closed(number, ..) => (number, Heard::Closed),
            LiveAction::Forbidden(number) => (number, Heard::Forbidden),
            _ => return,
        };
        let now = self.board.wall;
        let Some(join) = &mut self.board.join else {
            return;
        };
        let Line::Network(wire) = &mut join.line else {
            return;
        };
        let frames = match wire.hear(now, number, heard) {
            Some(Said::About(text)) => {
                let dialled = wire.go_on().into_iter().flatten();
                commands.extend(dialled.map(Command::Live));
                join.told(text);
                Vec::new()
            }
            Some(Said::Frame(frame)) => vec![frame],
            None => Vec::new(),
        };
        self.board_turn(now, frames, commands);
    }

    /// Frames came from the board, or time has passed.
    fn board_turn(&mut self, now: u64, frames: Vec<Frame>, commands: &mut Vec<Command>) {
        self.board.wall = self.board.wall.max(now);
        self.board.heard += usize::from(!frames.is_empty());
        let Some(join) = &mut self.board.join else {
            return;
        };
        let mut back = Vec::new();
        let listened = frames
            .into_iter()
            .filter_map(|frame| join.listen(now, frame, &mut back));
        let rest: Vec<Frame> = listened.collect();
        join.give_up_asking(now);
        if let Some(next) = join.turned() {
            self.end_board(commands);
            self.board.join = Some(next);
        }
        if let Some(run) = self.board.join.as_mut().and_then(Join::begin) {
            self.put_own(run.work());
            if let Some(join) = &mut self.board.join {
                join.going.aside = Some(run);
            }
        }
        self.board_says(now, back, commands);
        self.through_board(commands, |join, run, back| {
            join.going.clock(now);
            let Some(run) = run else { return };
            join.go_on(run, back);
            join.admit(run, back);
            for frame in rest {
                join.hear(run, frame, back);
            }
        });
    }

    /// Something happens between a board and its run; what goes back to the board goes there.
    fn through_board(
        &mut self,
        commands: &mut Vec<Command>,
        happen: impl FnOnce(&mut Join, Option<&mut Run>, &mut Vec<Frame>),
    ) {
        let Some(mut join) = self.board.join.take() else {
            return;
        };
        let mut run = match join.going.is_shown {
            true => self.run.take(),
            false => join.going.aside.take(),
        };
        let before = run.as_ref().map(|run| run.log().end());
        let was_open = join.is_open();
        let mut back = Vec::new();
        happen(&mut join, run.as_mut(), &mut back);
        if let Some(run) = run.as_mut().filter(|run| Some(run.log().end()) > before) {
            // Whoever holds the story makes it dear to read on.
            if join.going.is_shown {
                self.story = Rc::default();
            }
            run.read_on();
            if join.going.is_shown {
                self.story = run.shared_story();
                self.edition += 1;
            }
            self.board.heard += 1;
        }
        self.board.heard += usize::from(was_open != join.is_open());
        match join.going.is_shown {
            true => self.run = run,
            false => join.going.aside = run,
        }
        self.board.join = Some(join);
        self.board_says(self.board.wall, back, commands);
        self.board_wakes(commands);
    }

    /// Sends frames to the board, whatever its line is.
    fn board_says(
        &mut self,
        now: u64,
        frames: impl IntoIterator<Item = Frame>,
        commands: &mut Vec<Command>,
    ) {
        let Some(join) = &mut self.board.join else {
            return;
        };
        for frame in frames {
            commands.extend(match &mut join.line {
                Line::Cable => Some(Command::Cable(CableCommand::Send(frame.to_bytes()))),
                Line::Network(wire) => wire.send(now, frame).map(Command::Live),
            });
        }
    }

    /// Asks for the time again: when something is due in the run, and before long.
    fn board_wakes(&self, commands: &mut Vec<Command>) {
        let Some(join) = &self.board.join else { return };
        let run = match join.going.is_shown {
            true => self.run.as_ref(),
            false => join.going.aside.as_ref(),
        };
        let mut wait = match self.has_link() {
            true => FRAME_MILLIS,
            false => LOOK_EVERY_MILLIS,
        };
        if let Some(at) = run.and_then(|run| run.head().next_at()) {
            let until_next = at.since(join.going.now).as_micros() / 1000 + 1;
            wait = wait.min(u32::try_from(until_next).unwrap_or(wait));
        }
        commands.push(Command::Live(LiveCommand::Wake(wait)));
    }

    /// What the user does at the newest moment of the run with a board happens now, and really. Whether it was that.
    pub(super) fn board_act(&mut self, act: &Act, commands: &mut Vec<Command>) -> bool {
        let Some((follows, _)) = self.board.going() else {
            return false;
        };
        if !*follows {
            // The past is another future: the run as it was really is kept beside it.
            if let Some(run) = &mut self.run {
                run.settle();
            }
            return false;
        }
        let act = act.clone();
        self.through_board(commands, |join, run, back| {
            if let Some(run) = run {
                join.act(run, act, back);
            }
        });
        true
    }

    /// Another run is about to be shown.
    pub(super) fn put_board_aside(&mut self) {
        if let Some(join) = self.board.join.as_mut().filter(|it| it.going.is_shown) {
            join.going.aside = self.run.take();
            join.going.is_shown = false;
            if let Some(run) = &mut join.going.aside {
                run.settle();
            }
        }
    }

    /// Shows the run with the board, which goes on.
    fn show_board(&mut self, commands: &mut Vec<Command>) {
        let Some(join) = self.board.join.as_mut().filter(|it| it.has_begun()) else {
            return;
        };
        join.going.follows = true;
        if let Some(run) = join.going.aside.take() {
            let work = run.work().clone();
            self.leave_world();
            self.show(run);
            if let Some(join) = &mut self.board.join {
                join.going.is_shown = true;
            }
            self.scenario = self.place_of(&work.file).unwrap_or(self.scenario);
            self.futures = vec![work];
            self.settle();
        }
        self.place = Place::Play;
        commands.push(self.title());
        self.address(false, commands);
    }

    /// Goes to where a board and its twin differ first.
    fn show_difference(&mut self, commands: &mut Vec<Command>) {
        let steps = self.differs().into_iter().filter(|it| *it > 0);
        if let Some(step) = steps.min() {
            self.select(step);
            self.step_to(step, commands);
        }
    }

    /// The run with the board is over. The line is let go.
    fn end_board(&mut self, commands: &mut Vec<Command>) {
        let Some(mut join) = self.board.join.take() else {
            return;
        };
        self.board.heard += 1;
        let is_open = join.is_open();
        match &mut join.line {
            Line::Network(wire) => commands.extend(wire.hang_up().map(Command::Live)),
            Line::Cable if is_open => {
                let close = CableCommand::Send(Frame::Close.to_bytes());
                commands.push(Command::Cable(close));
            }
            Line::Cable => {}
        }
        self.outside_ends(join.going, commands);
    }
}
