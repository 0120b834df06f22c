//! A class: what the page that leads tells of its run, and how a page that follows goes along without losing its own.

mod follow;
mod lead;
mod view;

use super::{Moment, Notice, Playground};
use crate::action::{Action, Command};
use crate::class::view::PartView;
use crate::class::{Class, ClassAction, ClassCommand, Part, Walk};
use crate::lesson::Course;
use crate::route::Place;
use crate::run::Run;
use crate::story::Position;
use crate::text::{self, Words};
use crate::work::{Refusal, Work};
use std::rc::Rc;

/// The class and what this page does in it.
#[derive(Default)]
pub(super) struct Attendance {
    class: Class,
    /// Whether what is shown is the class's, or has come of it.
    is_shown: bool,
    /// The run that is the class's as it was told.
    run: usize,
    /// The work that was taken up last, or that could not be.
    taken: Option<relay::Work>,
    refused: Option<Refusal>,
    /// What this page had before.
    own: Option<Box<Own>>,
}

impl Attendance {
    /// Whether there is a class at all.
    pub(super) const fn is_any(&self) -> bool {
        !matches!(self.class.part, Part::None)
    }

    /// Another world is opened.
    pub(super) const fn leave_world(&mut self) {
        self.is_shown = false;
    }
}

/// What a user has open, to come back to.
struct Own {
    run: Option<Run>,
    was_live: bool,
    file: Rc<str>,
    futures: Vec<Work>,
    undo: Vec<Moment>,
    redo: Vec<Moment>,
    course: Option<Course>,
    position: Position,
    markers: Vec<super::Marker>,
    same: Option<super::keep::Same>,
}

/// Where the user stood before an action, if it is one by which users go elsewhere.
pub(super) type Walker = Option<(usize, usize)>;

impl Playground {
    /// What to compare with after an action.
    pub(super) fn walker(&self, action: &Action) -> Walker {
        let is_own = !matches!(
            action,
            Action::Tick(_)
                | Action::Live(_)
                | Action::Class(_)
                | Action::Script(_)
                | Action::Board(_)
                | Action::Resized { .. }
                | Action::HasRoomForPackets(_)
        );
        is_own.then_some((self.position.step, self.run_number))
    }

    pub(super) fn class_action(&mut self, action: ClassAction, commands: &mut Vec<Command>) {
        match action {
            ClassAction::Alone => {
                if let Some(follower) = self.attendance.class.follower_mut() {
                    follower.walk = Walk::Alone;
                }
                self.rest();
            }
            ClassAction::Follow => {
                if let Some(follower) = self.attendance.class.follower_mut() {
                    follower.walk = Walk::Follows;
                }
                self.take_up(commands);
                if self.attendance.is_shown {
                    self.go_to_class(commands);
                }
            }
            ClassAction::Ask => self.ask_class(commands),
            action => {
                if let (ClassAction::Vote(answer), Some(place)) = (&action, self.asked_here())
                    && let Some(course) = &mut self.course
                {
                    course.choose(place, *answer);
                }
                let before = self.attendance.class.tally.clone();
                let outcome = self.attendance.class.handle(action);
                tell(outcome.commands, commands);
                if outcome.has_left {
                    self.leave_class(commands);
                }
                if outcome.is_sent_away && self.place != Place::Class {
                    let state = self.attendance.class.hub.state.clone();
                    self.say(Notice::fault(Words::of(|language| {
                        text::class_state(language, &state, PartView::None, None)
                    })));
                }
                if outcome.has_work {
                    self.take_up(commands);
                }
                if self.attendance.class.tally != before && self.attendance.class.lead().is_some() {
                    self.answer_as_most();
                }
            }
        }
        // What a lesson shows says what the class does.
        self.answers += 1;
    }

    /// The address names a class.
    pub(super) fn invited(&mut self, code: &str, commands: &mut Vec<Command>) {
        self.place = Place::Class;
        let command = self.attendance.class.invited(code);
        tell([command], commands);
    }

    /// After each action: tells the class what has changed, or goes where it is.
    pub(super) fn attend(&mut self, walker: Walker, commands: &mut Vec<Command>) {
        if self.place == Place::Class {
            tell(self.attendance.class.looked_at(), commands);
        }
        match self.attendance.class.part {
            Part::None => {}
            Part::Leads(_) if self.attendance.class.is_in() => {
                self.show_class(commands);
                self.end_vote(commands);
            }
            Part::Leads(_) => {}
            Part::Follows(_) => self.heed_class(walker, commands),
        }
    }

    /// Whether what is shown is not the user's own: it is not kept.
    pub(super) const fn shows_class(&self) -> bool {
        self.attendance.is_shown
    }
}

fn tell(what: impl IntoIterator<Item = ClassCommand>, commands: &mut Vec<Command>) {
    commands.extend(what.into_iter().map(Command::Class));
}
