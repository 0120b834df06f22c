//! How a page that follows a class goes along without losing its own.

use super::{Own, Walker, tell};
use crate::action::Command;
use crate::class::{AT_END, ClassAction, Walk};
use crate::lesson::AskState;
use crate::model::{Motion, Notice, Playground};
use crate::route::Place;
use crate::story::Position;
use crate::text::{self, Words};
use crate::work::{Refusal, Work};
use std::rc::Rc;

/// The name in addresses of a world that the one who leads has made.
const FILE: &str = "class";

impl Playground {
    /// Goes where the class is, unless the user has gone elsewhere.
    pub(super) fn heed_class(&mut self, walker: Walker, commands: &mut Vec<Command>) {
        let attendance = &self.attendance;
        let follows = |it: &crate::class::Follower| it.walk == Walk::Follows;
        if attendance.class.follower().is_some_and(follows) {
            let now = (self.position.step, self.run_number);
            let has_walked = walker.is_some_and(|before| before != now);
            let plays = attendance.is_shown && self.motion == Motion::Playing;
            let is_elsewhere =
                !attendance.is_shown && attendance.taken.is_some() && attendance.refused.is_none();
            if attendance.is_shown && has_walked || plays || is_elsewhere {
                if let Some(follower) = self.attendance.class.follower_mut() {
                    follower.walk = Walk::Alone;
                }
                self.say(Notice::news(text::CLASS_WALKS_ALONE));
            } else if attendance.is_shown {
                self.come_along(commands);
            }
        }
        self.vote_as_chosen(commands);
    }

    /// Stands where the one who leads stands, as soon as the run has come so far.
    fn come_along(&mut self, commands: &mut Vec<Command>) {
        let attendance = &self.attendance;
        let number = attendance.taken.as_ref().map(|it| it.number);
        let follower = attendance.class.follower().filter(|it| it.is_led);
        let cursor = follower.and_then(|it| it.cursor);
        let Some(cursor) = cursor.filter(|it| Some(it.work) == number) else {
            return;
        };
        let records = usize::try_from(cursor.records).unwrap_or(usize::MAX);
        let step = match cursor.records {
            AT_END if self.is_running() => return,
            AT_END => self.story.last_step(),
            _ if self.is_running() && self.story.records() < records => return,
            _ => self
                .story
                .steps
                .partition_point(|it| it.mark.record < records),
        };
        if step != self.position.step {
            self.step_to(step, commands);
        }
    }

    /// Shows the work that the class is shown, unless the user walks alone.
    pub(super) fn take_up(&mut self, commands: &mut Vec<Command>) {
        let follower = self.attendance.class.follower();
        let follower = follower.filter(|it| it.walk == Walk::Follows);
        let Some(told) = follower.and_then(|it| it.work.clone()) else {
            return;
        };
        if self.attendance.taken.as_ref() == Some(&told)
            && self.attendance.is_shown
            && self.attendance.run == self.run_number
        {
            return;
        }
        let read = Work::read(&told.text, &self.scenarios).and_then(|(mut work, _)| {
            if work.own.is_some() {
                // What it is called where it was made may be another one's name here.
                work.file = FILE.into();
            }
            let run = self.begun(&work).ok_or(Refusal::Damaged)?;
            Ok((work, run))
        });
        self.attendance.taken = Some(told);
        match read {
            Ok((work, run)) => {
                self.attendance.refused = None;
                if self.attendance.is_shown {
                    self.keep_walk(commands);
                } else {
                    self.put_own_away();
                }
                self.leave_world();
                self.show(run);
                self.scenario = self.place_of(&work.file).unwrap_or(self.scenario);
                self.futures = vec![work];
                self.same = None;
                self.settle();
                self.position = Position::default();
                self.open_rule = Some(0);
                self.attendance.is_shown = true;
                self.attendance.run = self.run_number;
                if matches!(self.place, Place::Play | Place::Class | Place::Sandbox) {
                    self.go_to_class(commands);
                }
            }
            Err(why) => {
                let words = Words::of(|language| text::class_refused(language, &why));
                self.attendance.refused = Some(why);
                self.say(Notice::fault(words));
            }
        }
    }

    pub(super) fn go_to_class(&mut self, commands: &mut Vec<Command>) {
        self.enter(Place::Play, commands);
    }

    /// Puts what the user has open where it is found again.
    fn put_own_away(&mut self) {
        self.rest();
        let was_live = self.is_live_shown();
        self.put_live_aside();
        let file = self.scenarios.get(self.scenario);
        let file = file.map_or_else(|| Rc::from(""), |it| Rc::clone(&it.file));
        self.attendance.own = Some(Box::new(Own {
            run: self.run.take(),
            was_live,
            file,
            futures: std::mem::take(&mut self.futures),
            undo: std::mem::take(&mut self.undo),
            redo: std::mem::take(&mut self.redo),
            course: self.course.take(),
            position: self.position,
            markers: std::mem::take(&mut self.stops.markers),
            same: self.same.take(),
        }));
    }

    /// What the user has done alone in the class's world is kept.
    fn keep_walk(&mut self, commands: &mut Vec<Command>) {
        let work = self.run.as_ref().map(|run| run.work().clone());
        if self.run_number == self.attendance.run || !self.attendance.is_shown {
            return;
        }
        if let Some(work) = work.filter(|it| !it.acts.is_empty() && it.captured.is_none()) {
            self.forget_class_world();
            self.keep_alone(work, commands);
        }
    }

    /// The world of the one who leads is no longer in the list.
    fn forget_class_world(&mut self) {
        if let Some(place) = self.place_of(FILE) {
            self.scenarios.remove(place);
            if place < self.scenario {
                self.scenario -= 1;
            }
            self.edition += 1;
        }
    }

    /// The page is in a class no longer: the user's own comes back.
    pub(super) fn leave_class(&mut self, commands: &mut Vec<Command>) {
        let own = self.attendance.own.take();
        self.attendance.taken = None;
        self.attendance.refused = None;
        if !self.attendance.is_shown {
            // The user has opened something since, and it stays.
            self.forget_class_world();
            return;
        }
        self.keep_walk(commands);
        self.leave_world();
        let Some(own) = own else {
            return self.open(0, commands);
        };
        match own.run {
            Some(run) => {
                self.course = own.course;
                self.show(run);
                self.scenario = self.place_of(&own.file).unwrap_or(0);
                self.futures = own.futures;
                self.undo = own.undo;
                self.redo = own.redo;
                self.stops.markers = own.markers;
                self.same = own.same;
                self.settle();
                self.position = own.position;
                self.take_up_draft();
            }
            None if own.was_live && self.has_link() => self.live_show(),
            None => {
                let place = self.place_of(&own.file).unwrap_or(0);
                self.open(place, commands);
            }
        }
        self.forget_class_world();
        self.say(Notice::news(text::CLASS_OWN_IS_BACK));
        commands.push(self.title());
        self.address(true, commands);
    }

    /// The place of the question that waits for this page's vote, if it is one of the run that is shown.
    pub(super) fn asked_here(&self) -> Option<usize> {
        let attendance = &self.attendance;
        let number = attendance.taken.as_ref()?.number;
        let is_here = attendance.is_shown && attendance.run == self.run_number;
        let of = attendance.class.open_question()?.of?;
        (is_here && of.work == number).then_some(of.place as usize)
    }

    /// An answer to the question that the class is asked is a vote.
    fn vote_as_chosen(&mut self, commands: &mut Vec<Command>) {
        let vote = self.attendance.class.follower().and_then(|it| it.vote);
        if let Some(place) = self.asked_here() {
            let position = self.position;
            let Some(course) = &mut self.course else {
                return;
            };
            let chosen = course.stand(place, position).and_then(|it| it.chosen);
            match (chosen, vote) {
                (Some(chosen), vote) if vote.map(usize::from) != Some(chosen) => {
                    let outcome = self.attendance.class.handle(ClassAction::Vote(chosen));
                    tell(outcome.commands, commands);
                    self.answers += 1;
                }
                (None, Some(vote)) => {
                    course.choose(place, vote.into());
                    self.answers += 1;
                }
                _ => {}
            }
        } else if let Some(place) = self.decided_here()
            && let Some(course) = &mut self.course
            && course
                .stand(place, self.position)
                .is_some_and(|it| matches!(it.state, AskState::Chosen | AskState::Passed))
        {
            course.lock(place);
            self.answers += 1;
        }
    }

    /// The place of the question on which the vote has ended, if it is one of the run that is shown.
    fn decided_here(&self) -> Option<usize> {
        let attendance = &self.attendance;
        let follower = attendance.class.follower()?;
        let (question, tally) = (
            follower.question.as_ref()?,
            attendance.class.tally.as_ref()?,
        );
        let of = question.of?;
        let is_here = attendance.is_shown && attendance.run == self.run_number;
        let is_it = tally.question == question.number
            && tally.is_over
            && attendance.taken.as_ref().map(|it| it.number) == Some(of.work);
        (is_here && is_it).then_some(of.place as usize)
    }
}
