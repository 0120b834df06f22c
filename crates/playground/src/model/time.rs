//! Going through a run: stepping, playing, and keeping the present in sight.

use super::{Motion, Pane, Playground};
use crate::action::Command;
use crate::story::Position;
use crate::timeline::{self, SPEEDS};

/// A silence plays in this time, however long it was.
const SILENCE_PLAYS_MICROS: u64 = 900_000;
/// Going on by one step moves a packet for at most this long.
const GLIDE_MOST_MICROS: u64 = 600_000;
/// With less motion, playing stays this long on a step.
const DWELL_MICROS: u64 = 1_200_000;
/// A page that was hidden has not been looked at: a longer frame counts as this.
const FRAME_MOST_MICROS: u64 = 100_000;
/// The present stays this far from the edges of the ladder's pane, in drawing units.
const FOLLOW_MARGIN: f64 = 72.0;

impl Playground {
    /// Stands on a step. Going on by one lets its packet move there; everything else is at once.
    pub(super) fn step_to(&mut self, step: usize, commands: &mut Vec<Command>) {
        let step = step.min(self.newest_step());
        let goal = self.story.position(step);
        let is_next = step == self.position.step + 1;
        self.bench.stands_at_end = false;
        self.settle();
        self.position = goal;
        self.open_rule = Some(0);
        if let Some(current) = self
            .story
            .step(step)
            .filter(|_| is_next && !self.reduce_motion)
            && current.mark.at < goal.now
        {
            self.position = self.story.at(step, current.mark.at);
            self.motion = Motion::Gliding { until: goal.now };
            commands.push(Command::RequestFrame);
        }
    }

    /// Goes to the next or the last packet of the selected packet's exchange.
    pub(super) fn step_in_exchange(&mut self, by: isize, commands: &mut Vec<Command>) {
        if let Some(goal) = self.next_in_exchange(by) {
            self.step_to(goal, commands);
        }
    }

    /// The step of that packet, if there is one.
    pub(super) fn next_in_exchange(&self, by: isize) -> Option<usize> {
        let flight = self
            .story
            .flight_of(self.selected_step())
            .map(|(_, flight)| flight);
        let exchange = flight
            .and_then(|it| it.exchange)
            .and_then(|it| self.story.exchanges.get(it))?;
        let own = self.selected_step();
        let mut steps = exchange
            .flights
            .iter()
            .filter_map(|it| self.story.flights.get(*it))
            .map(|flight| flight.step);
        if by > 0 {
            steps.find(|step| *step > own)
        } else {
            steps.rfind(|step| *step < own)
        }
    }

    /// Ends every motion. A packet that was on its way to its place is there.
    pub(super) fn rest(&mut self) {
        if let Motion::Gliding { until } = self.motion {
            self.position = self.story.at(self.position.step, until);
        }
        self.motion = Motion::Still;
    }

    pub(super) fn is_still(&self) -> bool {
        self.motion == Motion::Still
    }

    /// Ends every motion and every selection that is not the step's own.
    pub(super) fn settle(&mut self) {
        self.motion = Motion::Still;
        self.forget_goal();
        self.selected = None;
        self.focus = None;
        self.dwell = 0;
        // What was said about an act is of no use where time has gone on.
        self.notice = self.notice.take().filter(|notice| notice.is_fault);
    }

    pub(super) fn toggle_play(&mut self, commands: &mut Vec<Command>) {
        if self.motion == Motion::Playing {
            self.motion = Motion::Still;
            return;
        }
        if self.position.step >= self.story.last_step() {
            self.position = Position::default();
        }
        self.settle();
        self.motion = Motion::Playing;
        commands.push(Command::RequestFrame);
    }

    pub(super) fn tick(&mut self, elapsed: u64, commands: &mut Vec<Command>) {
        let elapsed = elapsed.min(FRAME_MOST_MICROS);
        match self.motion {
            Motion::Still => return,
            Motion::Gliding { until } => self.glide(elapsed, until),
            Motion::Playing if self.reduce_motion => self.dwell(elapsed),
            Motion::Playing => self.play(elapsed, commands),
        }
        if self.motion != Motion::Still {
            commands.push(Command::RequestFrame);
        }
    }

    fn glide(&mut self, elapsed: u64, until: u64) {
        let start = self
            .story
            .step(self.position.step)
            .map_or(until, |step| step.mark.at);
        let (numerator, denominator) = SPEEDS[timeline::SPEED_AT_START];
        let by_speed = elapsed * numerator / denominator;
        let by_length = elapsed * until.saturating_sub(start) / GLIDE_MOST_MICROS;
        let now = (self.position.now + by_speed.max(by_length).max(1)).min(until);
        self.position = self.story.at(self.position.step, now);
        if now >= until {
            self.motion = Motion::Still;
        }
    }

    fn dwell(&mut self, elapsed: u64) {
        self.dwell += elapsed;
        // The run may have to be made first.
        if self.dwell >= DWELL_MICROS && self.position.step < self.newest_step() {
            self.dwell = 0;
            let question = self.halt();
            self.position = self.story.position(self.position.step + 1);
            if self.position.step >= self.story.last_step() || question == Some(self.position.step)
            {
                self.motion = Motion::Still;
                self.count_hit(self.position.step);
            }
        }
    }

    /// The next step at which playing halts: at a question, or where the user wants it to.
    fn halt(&self) -> Option<usize> {
        let step = self.position.step;
        let question = self.next_question();
        let stop = self.next_stop(step);
        question.into_iter().chain(stop).min()
    }

    /// Plays for `elapsed` microseconds of wall time. Silences are shortened, as they are in the drawing.
    fn play(&mut self, elapsed: u64, commands: &mut Vec<Command>) {
        let speed = SPEEDS.get(self.speed).copied().unwrap_or((1, 1));
        let now = self
            .story
            .play(self.position.now, elapsed, speed, SILENCE_PLAYS_MICROS);
        if let Some(step) = self.halt().filter(|step| *step <= self.story.step_at(now)) {
            self.step_to(step, commands);
            self.count_hit(step);
            return;
        }
        if now >= self.story.end() && self.is_running() {
            // As far as it is made.
            let end = self.story.end();
            self.position = self.story.at(self.story.step_at(end), end);
            return;
        }
        if now >= self.story.end() {
            self.position = self.story.position(self.story.last_step());
            self.motion = Motion::Still;
            return;
        }
        let step = self.story.step_at(now);
        if step != self.position.step {
            self.open_rule = Some(0);
            self.selected = None;
            self.focus = None;
        }
        self.position = self.story.at(step, now);
    }

    pub(super) fn resize(&mut self, width: f64, height: f64, scale: f64) {
        if width > 0.0 && height > 0.0 && scale > 0.0 {
            self.pane = Pane {
                width: width / scale,
                height: height / scale,
                top: self.pane.top,
                scale,
            };
        }
    }

    fn now_y(&mut self) -> f64 {
        if self.is_list {
            self.list_y()
        } else {
            self.with_scene(|scene| scene.now_y())
        }
    }

    /// Whether the present is in view, or nothing is yet.
    pub(super) fn shows_now(&mut self) -> bool {
        let Pane { height, top, .. } = self.pane;
        height <= 0.0 || (top..=top + height).contains(&self.now_y())
    }

    /// Keeps the present in the ladder's pane.
    pub(super) fn follow(&mut self, commands: &mut Vec<Command>) {
        let now_y = self.now_y();
        let Pane { height, top, .. } = self.pane;
        let goal = if now_y < top + FOLLOW_MARGIN {
            now_y - height / 2.0
        } else if now_y > top + height - FOLLOW_MARGIN {
            now_y - height + FOLLOW_MARGIN
        } else {
            return;
        };
        let goal = goal.max(0.0);
        if (goal - top).abs() > 0.5 {
            self.pane.top = goal;
            commands.push(Command::ScrollLadder(goal * self.pane.scale));
        }
    }
}
