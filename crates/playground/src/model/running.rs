//! A run that is being made: a little with every frame, and where the page goes when it is far enough.

use super::{Notice, Playground};
use crate::action::Command;
use crate::run::Run;
use crate::story::Position;
use crate::text::{self, Words};
use crate::work::Bookmark;
use std::rc::Rc;

/// A frame's share of a run, in records, before it is known how long that takes here.
const SLICE_RECORDS: u32 = 2_000;
/// A share grows to so many times what it was at first, and shrinks to one part in so many.
const SHARE_MOST: u32 = 3;
const SHARE_LEAST: u32 = 20;
/// A frame that took longer, in microseconds, was too much; one that took less leaves room.
const SLOW_FRAME_MICROS: u64 = 50_000;
const QUICK_FRAME_MICROS: u64 = 30_000;

/// How much of something long is done with a frame: less after slow frames, more after quick ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    first: u32,
    share: u32,
}

impl Pace {
    /// With so much in the first frame.
    pub(super) const fn new(first: u32) -> Self {
        Self {
            first,
            share: first,
        }
    }

    /// It takes longer from here on: as little as possible until the frames tell how long.
    fn slow_down(&mut self) {
        self.share = self.least();
    }

    fn least(self) -> u32 {
        (self.first / SHARE_LEAST).max(1)
    }

    /// The share of a frame that has come so long after the last one, in microseconds.
    pub(super) fn share(&mut self, elapsed: u64) -> u32 {
        if elapsed > SLOW_FRAME_MICROS {
            self.share = (self.share / 2).max(self.least());
        } else if (1..QUICK_FRAME_MICROS).contains(&elapsed) {
            let more = self.share.saturating_add(self.share / 4).saturating_add(1);
            self.share = more.min(self.first.saturating_mul(SHARE_MOST));
        }
        self.share
    }
}

/// A run's share.
impl Default for Pace {
    fn default() -> Self {
        Self::new(SLICE_RECORDS)
    }
}

/// Where the page is to stand as soon as the run has come so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Goal {
    /// Where an earlier visit or another page stood.
    Bookmark(Bookmark),
    /// At the first step that comes of an act, after so many records; the act's time.
    After(usize, u64),
    /// At a place where it stood before.
    Exactly(Position),
    /// At a time, in microseconds.
    Time(u64),
    /// At the end.
    End,
}

/// How far a run is that is being made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningView {
    /// In words.
    pub text: String,
    /// Of a hundred.
    pub percent: u8,
    /// Whether it waits for scripts to be run by somebody: then how long is not known.
    pub is_waiting: bool,
    /// Whether it goes no further before the user has it tried again.
    pub is_stuck: bool,
}

/// The making of the run that is shown.
#[derive(Default)]
pub(super) struct Making {
    goal: Option<Goal>,
    pace: Pace,
    /// Counts the slices: what shows how long the run is, or how it lies, depends on it.
    pub(super) slices: usize,
    /// Whether the learner has seen the end on another visit.
    has_seen_end: bool,
}

impl Playground {
    /// Whether the run that is shown is still being made.
    pub(super) fn is_running(&self) -> bool {
        self.run.as_ref().is_some_and(|run| !run.is_over())
    }

    /// The last step at which the page can stand now: the end of a run comes when it is made.
    pub(super) fn newest_step(&self) -> usize {
        if self.is_running() {
            self.story.steps.len()
        } else {
            self.story.last_step()
        }
    }

    /// A new run is shown.
    pub(super) fn set_off(&mut self) {
        // A script takes longer than a rule: how much longer, the frames tell.
        if self.has_scripts() {
            self.making.pace.slow_down();
        }
        self.making.goal = None;
        self.making.has_seen_end = false;
        self.making.slices += 1;
    }

    /// The user goes elsewhere.
    pub(super) fn forget_goal(&mut self) {
        self.making.goal = None;
    }

    pub(super) const fn has_goal(&self) -> bool {
        self.making.goal.is_some()
    }

    pub(super) const fn goal(&self) -> Option<Goal> {
        self.making.goal
    }

    /// Goes there as soon as the run has come so far.
    pub(super) fn head_for(&mut self, goal: Goal, commands: &mut Vec<Command>) {
        self.making.goal = Some(goal);
        self.come_on(commands);
    }

    fn come_on(&mut self, commands: &mut Vec<Command>) {
        let Some(goal) = self.making.goal else { return };
        if !self.is_running() || self.has_come_to(goal) {
            self.making.goal = None;
            self.stand_at(goal, commands);
        } else if self.story.steps.len() <= self.position.step
            || self.story.records() < self.position.shown
        {
            self.position = Position::default();
        }
    }

    fn has_come_to(&self, goal: Goal) -> bool {
        let story = &self.story;
        match goal {
            Goal::Bookmark(it) => {
                it == Bookmark::default() || story.steps.len() > it.step + 1 && story.end() > it.now
            }
            Goal::After(before, now) => {
                let newest = story.steps.last().map(|it| it.mark.record);
                newest.is_some_and(|it| it >= before) && story.end() > now
            }
            Goal::Exactly(it) => {
                story.steps.len() > it.step && story.records() > it.shown && story.end() > it.now
            }
            Goal::Time(now) => story.end() > now,
            Goal::End => false,
        }
    }

    fn stand_at(&mut self, goal: Goal, commands: &mut Vec<Command>) {
        match goal {
            Goal::Bookmark(bookmark) => self.position = self.resumed_at(bookmark),
            Goal::After(before, now) => self.stand_after(before, now, commands),
            Goal::Exactly(position) => self.position = position,
            Goal::Time(now) => {
                let now = now.min(self.story.end());
                self.position = self.story.at(self.story.step_at(now), now);
            }
            Goal::End => self.position = self.story.position(self.story.last_step()),
        }
    }

    /// Whoever has seen the end need not see it again.
    pub(super) fn note_seen_end(&mut self) {
        self.making.has_seen_end = true;
        self.show_seen_end();
    }

    fn show_seen_end(&mut self) {
        if self.making.has_seen_end
            && !self.is_running()
            && let Some(course) = &mut self.course
        {
            course.visit(self.story.position(self.story.last_step()));
        }
    }

    /// A frame has come, so long after the last one: the run goes on.
    pub(super) fn make(&mut self, elapsed_micros: u64, commands: &mut Vec<Command>) {
        let Some(run) = self.run.as_mut().filter(|run| !run.is_over()) else {
            return;
        };
        let making = &mut self.making;
        making.slices += 1;
        // Reading on is cheap only for who holds the story alone.
        self.story = Rc::default();
        run.go_on(making.pace.share(elapsed_micros));
        self.story = run.shared_story();
        if run.is_over() {
            self.note_made();
        }
        self.come_on(commands);
    }

    /// The run is whole: what was said of its beginning is said anew of all of it.
    fn note_made(&mut self) {
        self.edition += 1;
        self.kept_state = None;
        self.set_out(true);
        self.show_seen_end();
        if self.run.as_ref().is_some_and(Run::is_cut_short) {
            self.say(Notice::news(Words::of(|language| {
                text::run_is_full(language, self.story.records(), self.story.end())
            })));
        }
    }

    /// The user waits no longer: the run ends where it is.
    pub(super) fn stop_making(&mut self, commands: &mut Vec<Command>) {
        let Some(run) = self.run.as_mut().filter(|run| !run.is_over()) else {
            return;
        };
        run.stop();
        self.note_made();
        let end = self.story.end();
        self.say(Notice::news(Words::of(|language| {
            text::run_was_stopped(language, end)
        })));
        self.come_on(commands);
    }

    /// How far the run is, while it is being made.
    #[must_use]
    pub fn running(&self) -> Option<RunningView> {
        let run = self.run.as_ref().filter(|run| !run.is_over())?;
        if let Some((text, is_stuck)) = self.machines_words() {
            return Some(RunningView {
                text,
                percent: 0,
                is_waiting: true,
                is_stuck,
            });
        }
        let (now, until) = run.progress();
        let percent = now.saturating_mul(100) / until.max(1);
        Some(RunningView {
            text: text::running(self.language, now, until),
            percent: u8::try_from(percent).unwrap_or(100).min(100),
            is_waiting: false,
            is_stuck: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Pace, SHARE_LEAST, SHARE_MOST};

    #[test]
    fn a_share_follows_the_frames_within_bounds() {
        let mut pace = Pace::new(1_000);
        assert_eq!(pace.share(40_000), 1_000);
        assert_eq!(pace.share(0), 1_000);
        assert_eq!(pace.share(60_000), 500);
        assert_eq!(pace.share(16_000), 626);
        for _ in 0..50 {
            pace.share(100_000);
        }
        assert_eq!(pace.share(100_000), 1_000 / SHARE_LEAST);
        for _ in 0..50 {
            pace.share(16_000);
        }
        assert_eq!(pace.share(16_000), 1_000 * SHARE_MOST);
    }
}
