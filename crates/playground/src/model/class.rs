//! A class: what the page that leads tells of its run, and how a page that follows goes along without losing its own.

use super::{Moment, Motion, Notice, Playground};
use crate::action::{Action, Command};
use crate::class::view::{
    ClassAsk, ClassStripView, ClassView, GuestsMark, InvitationView, PartView, QuestionView,
};
use crate::class::{
    AT_END, Asked, Class, ClassAction, ClassCommand, Part, Stage, Told, Unshown, Walk,
    address_for_others, frames, qr, with_pages,
};
use crate::guests::HubState;
use crate::lesson::{AskState, AskView, Course};
use crate::payload::{shown, shown_lines};
use crate::route::{Place, Route};
use crate::run::Run;
use crate::story::Position;
use crate::text::{self, Words};
use crate::vote::VoteView;
use crate::work::{Progress, Refusal, Work};
use relay::{ANSWERS_MAX, FromPage, Prediction, Question, Text};
use std::rc::Rc;

/// The name in addresses of a world that the one who leads has made.
const FILE: &str = "class";
/// A longer line of what others have written is cut.
const LINE_MAX_CHARS: usize = 1_000;
/// A longer title is cut.
const TITLE_MAX_CHARS: usize = 80;

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

    // Who leads.

    /// Tells what is shown and where it stands, as far as that has changed.
    fn show_class(&mut self, commands: &mut Vec<Command>) {
        let run = self.run_number;
        let records = self.class_records();
        let work = self.class_work();
        let Some(lead) = self.attendance.class.lead_mut() else {
            return;
        };
        let mut said = Vec::new();
        let is_told = lead.told.as_ref().is_some_and(|it| {
            it.run == run
                && (it.records.is_some() || it.work.is_err())
                && it.work.is_ok() == work.is_ok()
        });
        if !is_told {
            // After an outage it is the same one, by the same number.
            let old = lead.told.take().filter(|it| it.run == run);
            let old = old.and_then(|it| it.work.ok());
            let work = work.map(|text| match old {
                Some(old) if old.text == text => old,
                _ => relay::Work {
                    number: lead.next_number(),
                    text,
                },
            });
            if let Ok(work) = &work {
                said.push(FromPage::Work(work.clone()));
                let open = lead.asked.as_ref().filter(|it| it.stage == Stage::Open);
                let open =
                    open.filter(|it| it.question.of.is_some_and(|it| it.work == work.number));
                said.extend(open.map(|it| FromPage::Ask(it.question.clone())));
            }
            lead.told = Some(Told {
                run,
                work,
                records: None,
            });
        }
        if let Some(Told {
            work: Ok(work),
            records: told,
            ..
        }) = &mut lead.told
            && *told != Some(records)
        {
            *told = Some(records);
            let work = work.number;
            // The place comes before the question, which is asked there.
            let at = said.len().min(1);
            said.insert(at, FromPage::Cursor(relay::Cursor { work, records }));
        }
        if !said.is_empty() {
            tell(frames(&said), commands);
        }
    }

    /// What the class can be shown of the run.
    fn class_work(&self) -> Result<Text<{ relay::WORK_MAX_BYTES }>, Unshown> {
        if self.is_live_shown() || self.is_board_shown() {
            return Err(Unshown::Live);
        }
        let run = self.run.as_ref().filter(|_| !self.shows_capture());
        let run = run.ok_or(Unshown::Captured)?;
        // What was answered stays with who answered.
        let told = self.attendance.class.lead().and_then(|it| it.told.as_ref());
        if let Some(Told {
            run,
            work: Ok(work),
            ..
        }) = told
            && *run == self.run_number
        {
            return Ok(work.text.clone());
        }
        let text = run.work().write(&Progress::default());
        text.try_into().map_err(|_| Unshown::TooLong)
    }

    /// How many records lie before the step at which the page stands.
    fn class_records(&self) -> u32 {
        if !self.is_running() && self.position.step >= self.story.last_step() {
            return AT_END;
        }
        let step = self.story.step(self.position.step);
        let records = step.map_or(0, |step| step.mark.record + 1);
        u32::try_from(records).unwrap_or(AT_END)
    }

    fn ask_class(&mut self, commands: &mut Vec<Command>) {
        let ask = self.lesson().and_then(|pane| pane.lesson.ask.clone());
        let Some(ask) = ask.filter(|it| self.can_ask(it)) else {
            return;
        };
        let run = self.run_number;
        let Some(lead) = self.attendance.class.lead_mut() else {
            return;
        };
        let (Some(work), Ok(place), Ok(answers)) = (
            lead.work(),
            u32::try_from(ask.index),
            u8::try_from(ask.options.len()),
        ) else {
            return;
        };
        let lines = std::iter::once(&ask.question).chain(ask.options.iter().map(|it| &it.text));
        let lines: Vec<String> = lines.map(|it| it.replace('\n', " ")).collect();
        let question = Question {
            number: lead.next_number(),
            answers,
            of: Some(Prediction { work, place }),
            text: Text::cut(&lines.join("\n")),
        };
        lead.asked = Some(Asked {
            question: question.clone(),
            run,
            stage: Stage::Open,
        });
        self.attendance.class.tally = None;
        tell(frames(&[FromPage::Ask(question)]), commands);
    }

    fn can_ask(&self, ask: &AskView) -> bool {
        let class = &self.attendance.class;
        let is_open = matches!(ask.state, AskState::Open | AskState::Chosen);
        let has_asked = |it: &Asked| {
            let place = it.question.of.map(|it| it.place as usize);
            it.stage == Stage::Open && it.run == self.run_number && place == Some(ask.index)
        };
        is_open
            && class.is_in()
            && (2..=ANSWERS_MAX).contains(&ask.options.len())
            && class.lead().is_some_and(|lead| {
                lead.work().is_some() && !lead.asked.as_ref().is_some_and(has_asked)
            })
    }

    /// The vote ends when the one who leads commits to an answer or goes elsewhere. Which answer is right the class is told
    /// when the run has shown it.
    fn end_vote(&mut self, commands: &mut Vec<Command>) {
        let run = self.run_number;
        let (course, position) = (self.course.as_ref(), self.position);
        let lead = self.attendance.class.lead_mut();
        let Some(asked) = lead.and_then(|it| it.asked.as_mut()) else {
            return;
        };
        let place = asked.question.of.map(|it| it.place as usize);
        let stand = course.zip(place).filter(|_| asked.run == run);
        let stand = stand.and_then(|(course, place)| course.stand(place, position));
        let (stage, right) = match (asked.stage, stand) {
            (Stage::Open, _) if asked.run != run => (Stage::Over, None),
            (Stage::Open | Stage::Over, Some(it)) if it.state == AskState::Revealed => {
                (Stage::Told, it.right)
            }
            (Stage::Open, Some(it)) if matches!(it.state, AskState::Locked | AskState::Passed) => {
                (Stage::Over, None)
            }
            _ => return,
        };
        asked.stage = stage;
        let reveal = FromPage::Reveal {
            question: asked.question.number,
            right: right.and_then(|it| u8::try_from(it).ok()),
        };
        tell(frames(&[reveal]), commands);
        self.answers += 1;
    }

    // Who follows.

    /// Whether what is shown is not the user's own: it is not kept.
    pub(super) const fn shows_class(&self) -> bool {
        self.attendance.is_shown
    }

    /// Goes where the class is, unless the user has gone elsewhere.
    fn heed_class(&mut self, walker: Walker, commands: &mut Vec<Command>) {
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
    fn take_up(&mut self, commands: &mut Vec<Command>) {
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

    fn go_to_class(&mut self, commands: &mut Vec<Command>) {
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
    fn leave_class(&mut self, commands: &mut Vec<Command>) {
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
    fn asked_here(&self) -> Option<usize> {
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

    // What is shown.

    /// The hands that were raised with the votes of pages.
    pub(super) fn with_class_votes(
        &self,
        hands: Option<VoteView>,
        ask: usize,
        options: usize,
    ) -> Option<VoteView> {
        let attendance = &self.attendance;
        if !attendance.is_any() {
            return hands;
        }
        let is_taken = attendance.is_shown && attendance.run == self.run_number;
        let taken = attendance.taken.as_ref().filter(|_| is_taken);
        let taken = taken.map(|it| it.number);
        match attendance.class.votes(self.run_number, taken, ask) {
            Some(tally) => Some(with_pages(hands, tally, options)),
            None => hands,
        }
    }

    /// What the lesson's question has to do with the class.
    pub(super) fn class_ask(&self, ask: &AskView) -> Option<ClassAsk> {
        if !self.attendance.is_any() {
            return None;
        }
        let language = self.language;
        let class = &self.attendance.class;
        let can_ask = self.can_ask(ask);
        let is_own_vote = self.asked_here() == Some(ask.index);
        let is_this = |it: &&Asked| {
            let place = it.question.of.map(|it| it.place as usize);
            it.run == self.run_number && place == Some(ask.index)
        };
        let asked = class.lead().and_then(|it| it.asked.as_ref());
        let text = match asked.filter(is_this) {
            Some(asked) => {
                let pages = class.tally.as_ref().map_or(0, |it| it.counts.iter().sum());
                let is_over = asked.stage != Stage::Open;
                Some(text::class_voted(
                    language,
                    pages,
                    class.hub.others.0,
                    is_over,
                ))
            }
            None if is_own_vote => {
                let has_voted = class.follower().is_some_and(|it| it.vote.is_some());
                Some(text::class_votes(language, has_voted).to_owned())
            }
            None => None,
        };
        (can_ask || text.is_some()).then_some(ClassAsk {
            can_ask,
            is_own_vote,
            text,
        })
    }

    /// The question that waits for this page's vote.
    fn class_question(&self) -> Option<QuestionView> {
        let class = &self.attendance.class;
        let question = class.open_question()?;
        let here = self.asked_here();
        let in_view = self.lesson().and_then(|pane| pane.lesson.ask.clone());
        let in_view = in_view.filter(|it| it.state != AskState::Passed);
        let is_in_lesson = here.is_some() && in_view.map(|it| it.index) == here;
        let own = here.zip(self.course.as_ref());
        let own = own.and_then(|(place, course)| course.words(self.voice(), place));
        let (text, answers) = own.unwrap_or_else(|| {
            let mut lines = question
                .text
                .lines()
                .map(|it| shown_lines(it, LINE_MAX_CHARS));
            let text = lines.next().unwrap_or_default();
            let answers = ('A'..='Z').take(usize::from(question.answers));
            let answers = answers.map(|letter| match lines.next() {
                Some(line) if !line.is_empty() => line,
                _ => letter.to_string(),
            });
            (text, answers.collect())
        });
        let vote = class.follower().and_then(|it| it.vote).map(usize::from);
        let answers = answers.into_iter().enumerate();
        Some(QuestionView {
            is_in_lesson: is_in_lesson && self.screen().has_run(),
            text,
            answers: answers
                .map(|(place, text)| (text, vote == Some(place)))
                .collect(),
        })
    }

    fn class_part(&self) -> PartView {
        match &self.attendance.class.part {
            Part::None => PartView::None,
            Part::Leads(_) => PartView::Leads,
            Part::Follows(it) if it.walk == Walk::Alone => PartView::Alone,
            Part::Follows(_) => PartView::Follows,
        }
    }

    fn class_mark(&self) -> GuestsMark {
        let class = &self.attendance.class;
        match &class.hub.state {
            _ if class.wait.is_some() => GuestsMark::Bad,
            HubState::Idle => GuestsMark::Off,
            HubState::Dialling | HubState::Asking => GuestsMark::Busy,
            HubState::In(_) => match class.follower() {
                Some(it) if !it.is_led => GuestsMark::Busy,
                _ if self.attendance.refused.is_some() => GuestsMark::Bad,
                _ => GuestsMark::Good,
            },
            _ => GuestsMark::Bad,
        }
    }

    /// The screen of the class.
    #[must_use]
    pub fn class(&self) -> ClassView {
        let language = self.language;
        let class = &self.attendance.class;
        let follower = class.follower();
        let led = follower.map(|it| (it.is_led, it.was_led));
        let state = text::class_state(language, &class.hub.state, self.class_part(), led);
        let shows = match (&class.part, &self.run) {
            (Part::Leads(lead), Some(run)) if class.is_in() => {
                let told = lead.told.as_ref().map(|it| it.work.as_ref().err().copied());
                let title = shown(self.voice().data(run.title()), TITLE_MAX_CHARS);
                told.map(|why| text::class_shows(language, why, &title))
            }
            (Part::Follows(_), _) => {
                let why = self.attendance.refused.as_ref();
                why.map(|why| text::class_refused(language, why))
            }
            _ => None,
        };
        ClassView {
            hub: class.hub.address.clone(),
            code: class.hub.code.clone(),
            state: (self.class_mark(), state),
            advice: text::class_advice(language, &class.hub.state, class.is_at_home()),
            part: self.class_part(),
            can_take_over: class.hub.state == HubState::Refused(relay::Refusal::Taken),
            wait: class
                .wait
                .map(|it| text::class_wait(language, it.left_secs, it.tries)),
            invitation: self.invitation(),
            count: self.class_count(),
            shows,
            question: self.class_question(),
        }
    }

    fn class_count(&self) -> Option<String> {
        let class = &self.attendance.class;
        let count = class.is_in() && class.part != Part::None;
        count.then(|| text::class_count(self.language, class.hub.others.0))
    }

    fn invitation(&self) -> Option<InvitationView> {
        let class = &self.attendance.class;
        let lead = class.lead().filter(|_| class.is_in())?;
        let invitation = lead.invitation.as_ref()?;
        let (address, is_far) = address_for_others(&class.hub.address, invitation);
        let code = invitation.code.as_deref().map(in_groups);
        let word = invitation.code.as_deref().unwrap_or(crate::class::NO_CODE);
        let link = format!("{address}/{}", Route::Class(word.to_owned()).fragment());
        Some(InvitationView {
            drawing: qr::code(&link),
            is_only_here: (!is_far).then(|| text::CLASS_ONLY_HERE.to(self.language).to_owned()),
            address: shown(&address, LINE_MAX_CHARS),
            code,
            link: shown(&link, LINE_MAX_CHARS),
        })
    }

    /// What is at hand at the main screen while the page is in a class.
    #[must_use]
    pub fn class_strip(&self) -> Option<ClassStripView> {
        let class = &self.attendance.class;
        if class.part == Part::None {
            return None;
        }
        let language = self.language;
        let follower = class.follower();
        let led = follower.map(|it| (it.is_led, it.was_led));
        let detail = match class.wait {
            Some(it) => Some(text::class_wait(language, it.left_secs, it.tries)),
            None if self.attendance.refused.is_some() => {
                let why = self.attendance.refused.as_ref();
                why.map(|why| text::class_refused(language, why))
            }
            None => match class.lead().and_then(|it| it.told.as_ref()) {
                Some(Told { work: Err(why), .. }) => {
                    Some(text::class_shows(language, Some(*why), ""))
                }
                _ if led.is_some_and(|(is_led, _)| !is_led) => None,
                _ => self.class_count(),
            },
        };
        Some(ClassStripView {
            mark: self.class_mark(),
            state: text::class_state_short(language, &class.hub.state, self.class_part(), led),
            part: self.class_part(),
            detail,
            is_waiting: class.wait.is_some(),
            question: self.class_question(),
        })
    }
}

/// Eight letters are read as two times four; spaces do not count.
fn in_groups(code: &str) -> String {
    let code = shown(code, relay::CODE_MAX_BYTES);
    match code.split_at_checked(4) {
        Some((one, other)) if other.len() == 4 => format!("{one} {other}"),
        _ => code,
    }
}

fn tell(what: impl IntoIterator<Item = ClassCommand>, commands: &mut Vec<Command>) {
    commands.extend(what.into_iter().map(Command::Class));
}
