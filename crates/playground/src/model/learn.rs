//! Lessons: predictions, tasks, and which one comes next.

use super::{Motion, Playground};
use crate::action::{Action, Command, Tab};
use crate::class::view::ClassAsk;
use crate::lesson::{AskState, AskView, Course, LessonView};
use crate::memo::Shared;
use crate::route::{Place, Route};
use crate::step::step_by;
use crate::text;
use crate::vote::{VoteAction, VoteView};

/// A lesson as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LessonPane {
    /// What it says, asks and wants.
    pub lesson: LessonView,
    /// Which lesson it is, in words.
    pub place: String,
    /// The hands that were raised for the question in view, if they are counted.
    pub votes: Option<VoteView>,
    /// Whether they are counted now.
    pub is_voting: bool,
    /// Whether there may be hands to count: who learns alone is not asked to.
    pub has_hands: bool,
    /// The lesson's own run among the futures, where another one is shown.
    pub own_run: Option<usize>,
    /// What the question has to do with a class.
    pub class: Option<ClassAsk>,
    /// Whether the question stands in view though there is a task, too.
    pub is_ask_first: bool,
    /// Where to go when this one is at its end.
    pub onward: Option<Onward>,
}

/// Where the end of a part leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Onward {
    /// The words of the link.
    pub label: String,
    /// The fragment that leads there.
    pub fragment: String,
}

impl Playground {
    /// The lesson that is open, if the scenario is one.
    #[must_use]
    pub fn lesson(&self) -> Option<Shared<LessonPane>> {
        let course = self.course.as_ref()?;
        let key = (self.edition, self.position.step, self.answers);
        Some(self.memos.lesson.get(key, || {
            let lesson = course.view(self.voice(), self.position);
            let votes = lesson.ask.as_ref().and_then(|ask| self.votes_for(ask));
            let is_end = course.is_end(self.position);
            let is_ask_first = lesson.ask.as_ref().is_some_and(|ask| {
                // Where a class sees what it has voted, its task can wait for a step.
                let is_voted = votes.as_ref().is_some_and(|it| it.total > 0);
                let is_result = is_voted && ask.reveal_step == self.position.step;
                let is_answered = ask.options.iter().any(|it| it.is_chosen);
                ask.state != AskState::Revealed
                    || is_answered && !ask.is_read
                    || is_result && !(ask.is_read && is_end)
            });
            let is_waiting = is_ask_first && lesson.task.is_some();
            LessonPane {
                place: text::lesson_place(self.language, &lesson.label, &lesson.part_title),
                votes,
                class: lesson.ask.as_ref().and_then(|ask| self.class_ask(ask)),
                is_voting: self.votes.is_open(),
                has_hands: self.projector || self.votes.is_open() || self.attendance.is_any(),
                own_run: (self.future() != 0).then_some(0),
                is_ask_first,
                onward: (is_end && !is_waiting).then(|| self.onward()),
                lesson,
            }
        }))
    }

    /// The hands that were raised, and the votes of the class's pages.
    fn votes_for(&self, ask: &AskView) -> Option<VoteView> {
        let options = ask.options.len();
        let hands = self.votes.view(ask.index, options);
        self.with_class_votes(hands, ask.index, options)
    }

    /// The next part, the next lesson, or, after the last one, all of them.
    fn onward(&self) -> Onward {
        let number = |place: usize| {
            let lesson = self.scenarios.get(place)?.scenario.lesson.as_deref()?;
            Some(lesson.number)
        };
        let next = self.scenarios.get(self.scenario + 1);
        match (next, number(self.scenario + 1)) {
            (Some(next), Some(lesson)) => Onward {
                label: text::onward(
                    self.language,
                    Some(lesson) == number(self.scenario),
                    self.voice().data(&next.scenario.title),
                ),
                fragment: Route::Scenario(next.file.to_string()).fragment(),
            },
            _ => Onward {
                label: text::ALL_LESSONS.to(self.language).to_owned(),
                fragment: Place::Lessons.fragment(),
            },
        }
    }

    /// Goes on from an answer that is shown at the end: what comes next there is the task.
    pub(super) fn read_answer(&mut self) {
        if let Some(course) = &mut self.course
            && course.is_end(self.position)
        {
            course.read(self.position);
            self.answers += 1;
        }
    }

    /// Makes the lesson of the run that is shown. Answers that were given stay given.
    pub(super) fn set_out(&mut self, is_same: bool) {
        let old = self.course.take().filter(|_| is_same);
        self.course = self.run.as_ref().and_then(|run| run.course(old.as_ref()));
        self.answers += 1;
    }

    /// Counts raised hands for the question in view. What most hands are for is the answer of the class.
    pub(super) fn vote(&mut self, action: VoteAction) {
        let ask = self.lesson().and_then(|pane| pane.lesson.ask.clone());
        let Some(ask) = ask.filter(|it| it.state.is_open()) else {
            return;
        };
        self.votes.count(ask.index, ask.options.len(), action);
        self.answer_as_most();
    }

    /// What most hands and pages are for is the answer of the class.
    pub(super) fn answer_as_most(&mut self) {
        self.answers += 1;
        let ask = self.lesson().and_then(|pane| pane.lesson.ask.clone());
        let most = ask.and_then(|ask| self.votes_for(&ask)?.most());
        if let Some(most) = most {
            self.answer(most);
        }
    }

    /// The step at which playing stops for a question; none while the lesson is built.
    pub(super) fn next_question(&self) -> Option<usize> {
        self.learning()?.stop_before(self.position.step)
    }

    /// Whether an action that goes on has to wait: at an open question the first one leads to the question, and the next one past it.
    pub(super) fn waits_for_answer(
        &mut self,
        action: &Action,
        commands: &mut Vec<Command>,
    ) -> bool {
        let position = self.position;
        let next = position.step + 1;
        let goal = match action {
            Action::StepForward => (next <= self.newest_step()).then_some(next),
            Action::TogglePlay => (self.motion != Motion::Playing).then_some(next),
            // What is selected can lie before the question.
            Action::StepBy(unit, by) => step_by(&self.story, *unit, self.selected_step(), *by),
            Action::StepInExchange(by) => self.next_in_exchange(*by),
            _ => None,
        };
        let goes_on = goal.is_some_and(|goal| goal > position.step);
        if !goes_on || !self.screen().has_run() || !self.has_question() {
            return false;
        }
        let Some(course) = &mut self.course else {
            return false;
        };
        let waits = course.holds_back(position);
        self.answers += 1;
        if waits {
            self.rest();
            self.tab = Tab::Explain;
            commands.push(Command::Focus(text::QUESTION_ID.to_owned()));
        }
        waits
    }

    /// Chooses an answer to the question in view.
    pub(super) fn answer(&mut self, option: usize) {
        if let Some(ask) = self.open_ask()
            && let Some(course) = &mut self.course
        {
            course.choose(ask, option);
            self.answers += 1;
        }
    }

    /// Commits to the answer that is chosen.
    pub(super) fn commit(&mut self, commands: &mut Vec<Command>) {
        if let Some(ask) = self.open_ask()
            && let Some(course) = &mut self.course
        {
            course.lock(ask);
            self.answers += 1;
            self.kept_state = None;
            self.keep(commands);
        }
    }

    /// A letter was typed: it chooses an answer if a question waits for one. Whether it did.
    pub(super) fn letter(&mut self, letter: char) -> bool {
        let option = self.offered(letter);
        match option {
            Some(option) if self.votes.is_open() => self.vote(VoteAction::Raise(option, 1)),
            Some(option) => self.answer(option),
            None => {}
        }
        option.is_some()
    }

    /// Whether a question waits that has an answer of this letter.
    pub(super) fn offers(&self, letter: char) -> bool {
        self.offered(letter).is_some()
    }

    /// The lesson that somebody goes through: whoever builds it does not see its questions, and is told everything.
    pub(super) fn learning(&self) -> Option<&Course> {
        self.course.as_ref().filter(|_| !self.is_building())
    }

    /// The question that waits for an answer, by its place.
    fn open_ask(&self) -> Option<usize> {
        self.learning()?.open_ask(self.position)
    }

    /// Whether a question waits for an answer.
    #[must_use]
    pub fn has_question(&self) -> bool {
        self.open_ask().is_some()
    }

    /// The answer of this letter, if a question waits for it.
    fn offered(&self, letter: char) -> Option<usize> {
        self.open_ask()?;
        let pane = self.lesson()?;
        let letter = letter.to_ascii_uppercase();
        let mut options = pane.lesson.ask.as_ref()?.options.iter();
        options.position(|it| it.letter == letter)
    }

    /// The answers that the learner has committed to: question and answer, by their places.
    pub(super) fn committed(&self) -> Vec<(usize, usize)> {
        self.course
            .as_ref()
            .map_or_else(Vec::new, |course| course.committed().collect())
    }

    /// Gives answers of an earlier visit again.
    pub(super) fn recommit(&mut self, answers: &[(usize, usize)]) {
        if let Some(course) = &mut self.course {
            for &(ask, option) in answers {
                course.choose(ask, option);
                course.lock(ask);
            }
            self.answers += 1;
        }
    }

    /// Whether there is nothing left to do in what is open.
    pub(super) fn is_done(&self) -> bool {
        // What is being built stands at its end, and nobody has gone through it.
        if self.is_building() {
            return false;
        }
        let last = self.story.last_step();
        let is_over = last > 0 && self.position.step >= last;
        match self.lesson().and_then(|pane| pane.lesson.task.clone()) {
            Some(task) => task.is_done,
            None => is_over,
        }
    }
}
