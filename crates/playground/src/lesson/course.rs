//! Where a learner is in a lesson.

use super::{AskState, AskView, Control, GoalView, LessonView, OptionView, TaskView};
use crate::payload::shown_lines;
use crate::story::{Position, Story};
use crate::text::{self, Language, Voice};
use sim::predict::{self, Asked, Told};
use sim::scenario::{Answer, Ask, BeatKind, Expectation, Lesson, Misconception, Moment};
use sim::{Cursor, Found, Place, Recording, Verdict};

/// A longer line of a text is cut.
const TEXT_MAX_CHARS: usize = 4000;

/// A lesson on one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    label: String,
    title: String,
    part_title: String,
    /// Texts with the steps at which they are said.
    says: Vec<(usize, String)>,
    /// What the lesson's own run is like at its end and this one is not: then its last text is not true here.
    went_astray: Option<Verdict>,
    asks: Vec<Question>,
    task: Option<Task>,
    last_step: usize,
    /// Whether the learner has seen an end of the run: from then on the task stays in view.
    has_seen_end: bool,
    /// The question before which a step forward was held back.
    held: Option<usize>,
}

/// How a question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stand {
    pub(crate) state: AskState,
    pub(crate) chosen: Option<usize>,
    pub(crate) right: Option<usize>,
}

/// A question on one run.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Question {
    /// Where it is asked; `None`: its moment does not come in this run.
    step: Option<usize>,
    reveal_step: usize,
    asked: Said<Asked>,
    options: Vec<Choice>,
    chosen: Option<usize>,
    is_locked: bool,
    /// Whether the learner has seen its answer, and gone on from there.
    is_read: bool,
}

/// A text of the lesson, or one that was made from the run.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Said<T> {
    Written(String),
    Made(T),
}

impl<T> Said<T> {
    fn to(&self, voice: Voice<'_>, say: impl Fn(Language, &T) -> String) -> String {
        match self {
            Self::Written(text) => shown_lines(voice.data(text), TEXT_MAX_CHARS),
            Self::Made(made) => say(voice.language, made),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Choice {
    told: Said<Told>,
    /// What the run says.
    is_right: bool,
    because: Because,
    belief: Option<Misconception>,
}

/// Why an answer is right or wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Because {
    /// The lesson says so; it may say nothing.
    Written(String),
    /// What is said against the misconception, if there is one.
    Correction(Option<Misconception>),
}

/// The task at the end of a lesson, on one run.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Task {
    text: String,
    controls: Vec<Control>,
    goals: Vec<Goal>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Goal {
    claim: Expectation,
    is_met: bool,
    found: Found,
    hint: String,
}

impl Course {
    /// The lesson of a run that has come to its end; `None` if its scenario is none.
    ///
    /// A text or a question whose moment never comes in this run is left out.
    #[must_use]
    pub fn new(recording: &Recording, story: &Story) -> Option<Self> {
        let scenario = recording.scenario();
        let lesson = scenario.lesson.as_deref()?;
        let has_last_text = lesson.says().any(|(moment, _)| *moment == Moment::End);
        let went_astray = has_last_text
            .then(|| recording.verdicts().into_iter().find(|it| !it.met))
            .flatten();
        let is_so = |moment: &Moment| *moment != Moment::End || went_astray.is_none();
        let says = lesson.says().filter_map(|(moment, text)| {
            let place = recording.place(moment).filter(|_| is_so(moment))?;
            Some((step_before(story, moment, place), text.to_owned()))
        });
        // Each has its place among all, also those whose moment does not come: answers are kept by it.
        let asks = lesson.beats.iter();
        let asks = asks.filter(|beat| !matches!(beat.kind, BeatKind::Say(_)));
        let asks = asks.map(|beat| {
            let place = recording.place(&beat.when);
            let asked = place.and_then(|place| match &beat.kind {
                BeatKind::Say(_) => None,
                BeatKind::Ask(ask) => Some(question(recording, story, ask, &beat.when, place)),
                BeatKind::Predict(kind) => {
                    let made = predict::question(recording, place.cursor, *kind)?;
                    Some(generated(story, made, &beat.when, place))
                }
            });
            asked.unwrap_or_else(Question::that_does_not_come)
        });
        Some(Self {
            label: label(lesson),
            title: lesson.title.clone(),
            part_title: scenario.title.clone(),
            says: says.collect(),
            went_astray: went_astray.clone(),
            asks: asks.collect(),
            task: task(recording, lesson),
            last_step: story.last_step(),
            has_seen_end: false,
            held: None,
        })
    }

    /// The same lesson on another run of it, with the answers that were given.
    #[must_use]
    pub fn on(&self, recording: &Recording, story: &Story) -> Option<Self> {
        let mut other = Self::new(recording, story)?;
        other.has_seen_end = self.has_seen_end;
        for (new, old) in other.asks.iter_mut().zip(&self.asks) {
            new.chosen = old.chosen;
            new.is_locked = old.is_locked;
            new.is_read = old.is_read;
        }
        Some(other)
    }

    /// Chooses an answer, unless the question is committed to. Numbers that mean nothing do nothing.
    pub fn choose(&mut self, ask: usize, option: usize) {
        if let Some(question) = self.asks.get_mut(ask)
            && !question.is_locked
            && option < question.options.len()
        {
            question.chosen = Some(option);
        }
    }

    /// Commits to the answer that is chosen, if one is.
    pub fn lock(&mut self, ask: usize) {
        if let Some(question) = self.asks.get_mut(ask) {
            question.is_locked = question.chosen.is_some();
        }
    }

    /// How a question stands at a position, what was chosen, and which answer is right; `None`: there is no such question.
    pub(crate) fn stand(&self, ask: usize, position: Position) -> Option<Stand> {
        let question = self.asks.get(ask)?;
        Some(Stand {
            state: question.state(position),
            chosen: question.chosen,
            right: question.options.iter().position(|it| it.is_right),
        })
    }

    /// A question and its answers, in the language of `voice`.
    pub(crate) fn words(&self, voice: Voice<'_>, ask: usize) -> Option<(String, Vec<String>)> {
        let question = self.asks.get(ask)?;
        let told = |option: &Choice| option.told.to(voice, text::told);
        let answers = question.options.iter().map(told).collect();
        Some((question.asked.to(voice, text::asked), answers))
    }

    /// The answers that are committed to: question and answer, by their places.
    pub fn committed(&self) -> impl Iterator<Item = (usize, usize)> {
        let asks = self
            .asks
            .iter()
            .enumerate()
            .filter(|(_, ask)| ask.is_locked);
        asks.filter_map(|(index, ask)| Some((index, ask.chosen?)))
    }

    /// The learner stands here now.
    pub fn visit(&mut self, position: Position) {
        self.has_seen_end |= position.step >= self.last_step;
        // At the end the task would take the answer's place before anybody has seen it.
        if position.step < self.last_step {
            self.read(position);
        }
        // Who goes on with an answer has answered, however far the way leads.
        for ask in &mut self.asks {
            ask.is_locked |= ask.chosen.is_some() && ask.step.is_some_and(|it| it < position.step);
        }
        let asked = self.held.and_then(|ask| self.asks.get(ask));
        if asked.is_some_and(|ask| ask.step != Some(position.step)) {
            self.held = None;
        }
    }

    /// The learner has seen the answer that is shown here, and goes on.
    pub fn read(&mut self, position: Position) {
        let shown = self.ask(position).map(|(index, _)| index);
        if let Some(ask) = shown.and_then(|index| self.asks.get_mut(index)) {
            ask.is_read |= ask.state(position) == AskState::Revealed;
        }
    }

    /// Whether the run ends here.
    #[must_use]
    pub const fn is_end(&self, position: Position) -> bool {
        self.last_step > 0 && position.step >= self.last_step
    }

    /// Whether going on is to wait for the question that is open here: the first time it is tried. The second time what was chosen
    /// is committed to.
    pub(crate) fn holds_back(&mut self, position: Position) -> bool {
        let Some(ask) = self.open_ask(position) else {
            return false;
        };
        let is_first = self.held.replace(ask) != Some(ask);
        if !is_first {
            self.lock(ask);
        }
        is_first
    }

    /// Playing from `step` on stops at this step: a question there waits for its answer.
    #[must_use]
    pub fn stop_before(&self, step: usize) -> Option<usize> {
        let open = self.asks.iter().filter(|ask| !ask.is_locked);
        let open = open.filter(|ask| ask.is_asked());
        open.filter_map(|ask| ask.step)
            .filter(|asked| *asked > step)
            .min()
    }

    /// The question that is in view and not committed to, by its place.
    #[must_use]
    pub fn open_ask(&self, position: Position) -> Option<usize> {
        let (index, ask) = self.ask(position)?;
        ask.state(position).is_open().then_some(index)
    }

    /// Whether a question is open whose answer an explanation of `step` could tell.
    #[must_use]
    pub fn asks_about(&self, position: Position, step: usize) -> bool {
        let open = self.open_ask(position);
        let asked = open.and_then(|ask| self.asks.get(ask)?.step);
        asked.is_some_and(|asked| step >= asked)
    }

    /// What to show at a position, in the language of `voice`.
    #[must_use]
    pub fn view(&self, voice: Voice<'_>, position: Position) -> LessonView {
        let revealed = |ask: &&Question| ask.is_locked && position.step >= ask.reveal_step;
        let says = self.says.iter();
        let is_over = self.has_seen_end || position.step >= self.last_step;
        let asked = self.ask(position);
        // What was said before a question tells of what was before it.
        let since = asked.and_then(|(_, ask)| ask.step).unwrap_or(0);
        LessonView {
            label: self.label.clone(),
            title: voice.data(&self.title).to_owned(),
            part_title: voice.data(&self.part_title).to_owned(),
            say: match &self.went_astray {
                Some(verdict) if position.step >= self.last_step => {
                    Some(text::went_astray(voice.language, verdict))
                }
                _ => says
                    .filter(|(step, _)| (since..=position.step).contains(step))
                    .max_by_key(|(step, _)| *step)
                    .map(|(_, text)| voice.data(text).to_owned()),
            },
            ask: asked.map(|(index, ask)| AskView {
                is_held: self.held == Some(index),
                ..ask.view(voice, index, position)
            }),
            answered: (
                self.asks
                    .iter()
                    .filter(|ask| ask.is_locked && ask.is_asked())
                    .count(),
                self.asks.iter().filter(|ask| ask.is_asked()).count(),
            ),
            right: self
                .asks
                .iter()
                .filter(revealed)
                .filter(|ask| ask.chosen_is_right())
                .count(),
            task: self
                .task
                .as_ref()
                .filter(|_| is_over)
                .map(|task| task.view(voice)),
        }
    }

    /// The newest question that was reached, and its place.
    fn ask(&self, position: Position) -> Option<(usize, &Question)> {
        self.asks
            .iter()
            .enumerate()
            .filter(|(_, ask)| ask.is_asked() && ask.step <= Some(position.step))
            .max_by_key(|(index, ask)| (ask.step, *index))
    }
}

impl Question {
    /// It keeps what was answered in another run.
    const fn that_does_not_come() -> Self {
        Self {
            step: None,
            reveal_step: 0,
            asked: Said::Written(String::new()),
            options: Vec::new(),
            chosen: None,
            is_locked: false,
            is_read: false,
        }
    }

    /// Whether one of its answers is right in this run, which may be another than the lesson's.
    fn holds(&self) -> bool {
        self.options.iter().any(|option| option.is_right)
    }

    /// Whether it has a place in this run. Who has committed to an answer is told that none of them holds.
    fn is_asked(&self) -> bool {
        self.step.is_some() && (self.is_locked || self.holds())
    }

    fn state(&self, position: Position) -> AskState {
        let is_revealed = position.step >= self.reveal_step
            && (self.is_locked || Some(position.step) > self.step);
        match (is_revealed, self.is_locked, self.chosen) {
            (true, ..) => AskState::Revealed,
            (_, true, _) => AskState::Locked,
            _ if Some(position.step) > self.step => AskState::Passed,
            (_, _, Some(_)) => AskState::Chosen,
            (_, _, None) => AskState::Open,
        }
    }

    fn view(&self, voice: Voice<'_>, index: usize, position: Position) -> AskView {
        let state = self.state(position);
        let is_revealed = state == AskState::Revealed && self.holds();
        let options = ('A'..='Z').zip(&self.options).enumerate();
        AskView {
            index,
            step: self.step.unwrap_or_default(),
            question: self.asked.to(voice, text::asked),
            options: options
                .map(|(place, (letter, option))| {
                    let is_chosen = self.chosen == Some(place);
                    let is_told = is_revealed && (is_chosen || option.is_right);
                    OptionView {
                        letter,
                        text: option.told.to(voice, text::told),
                        is_chosen,
                        is_right: is_revealed.then_some(option.is_right),
                        because: option.because.to(voice).filter(|_| is_told),
                        belief: option
                            .belief
                            .filter(|_| is_revealed && is_chosen && !option.is_right)
                            .map(|belief| text::misconception(voice.language, belief)),
                    }
                })
                .collect(),
            state,
            is_read: self.is_read,
            is_held: false,
            reveal_step: self.reveal_step,
        }
    }

    fn chosen_is_right(&self) -> bool {
        self.chosen
            .and_then(|chosen| self.options.get(chosen))
            .is_some_and(|option| option.is_right)
    }
}

impl Because {
    fn to(&self, voice: Voice<'_>) -> Option<String> {
        let because = match self {
            Self::Written(because) => voice.data(because),
            Self::Correction(belief) => {
                belief.map_or("", |belief| text::correction(voice.language, belief))
            }
        };
        (!because.is_empty()).then(|| shown_lines(because, TEXT_MAX_CHARS))
    }
}

impl Task {
    fn view(&self, voice: Voice<'_>) -> TaskView {
        let goals = self.goals.iter().map(|goal| GoalView {
            text: text::claim(voice.language, &goal.claim),
            is_met: goal.is_met,
            found: text::found_so(voice.language, &goal.found),
            hint: Some(voice.data(&goal.hint).to_owned())
                .filter(|hint| !goal.is_met && !hint.is_empty()),
        });
        TaskView {
            text: shown_lines(voice.data(&self.text), TEXT_MAX_CHARS),
            controls: self.controls.clone(),
            is_done: self.goals.iter().all(|goal| goal.is_met),
            goals: goals.collect(),
        }
    }
}

/// `3`, `4b`.
fn label(lesson: &Lesson) -> String {
    let part = lesson.part.map(String::from).unwrap_or_default();
    format!("{}{part}", lesson.number)
}

/// The last step before a place: what is said or asked there does not give away what comes next.
fn step_before(story: &Story, moment: &Moment, place: Place) -> usize {
    if *moment == Moment::End {
        return story.last_step();
    }
    let records = usize::try_from(place.cursor.0).unwrap_or(usize::MAX);
    story
        .steps
        .partition_point(|step| step.mark.record < records)
}

/// The first step on which everything up to a place can be seen.
fn step_showing(story: &Story, moment: &Moment, place: Place) -> usize {
    if *moment == Moment::End {
        return story.last_step();
    }
    let records = usize::try_from(place.cursor.0).unwrap_or(usize::MAX);
    (0..story.last_step())
        .find(|step| story.position(*step).shown >= records)
        .unwrap_or_else(|| story.last_step())
}

/// Where a question says that its answer is shown.
fn revealed<'a>(recording: &Recording, ask: &'a Ask) -> Option<(&'a Moment, Place)> {
    let moment = ask.reveal.as_ref()?;
    Some((moment, recording.place(moment)?))
}

/// What the run says about each answer to a question that is asked at `place`.
pub(crate) fn verdicts(recording: &Recording, ask: &Ask, place: Place) -> Vec<Verdict> {
    let at = match revealed(recording, ask) {
        Some((_, place)) => place.cursor,
        None => recording.log().end(),
    };
    let verdict = |answer: &Answer| recording.verdict(&answer.claim, place.cursor, at);
    ask.answers.iter().map(verdict).collect()
}

fn question(
    recording: &Recording,
    story: &Story,
    ask: &Ask,
    moment: &Moment,
    place: Place,
) -> Question {
    let reveal_step = match revealed(recording, ask) {
        Some((moment, place)) => step_showing(story, moment, place),
        None => next_step(story, ask, place.cursor),
    };
    let verdicts = verdicts(recording, ask, place);
    let options = ask.answers.iter().zip(verdicts).map(|(answer, it)| Choice {
        told: Said::Written(answer.text.clone()),
        is_right: it.met,
        because: Because::Written(answer.because.clone()),
        belief: answer.belief,
    });
    Question {
        step: Some(step_before(story, moment, place)),
        reveal_step,
        asked: Said::Written(ask.question.clone()),
        options: options.collect(),
        chosen: None,
        is_locked: false,
        is_read: false,
    }
}

/// A question that was made from the run. Its answers are corrected by what is said against the misconception.
fn generated(story: &Story, made: predict::Question, moment: &Moment, place: Place) -> Question {
    let shows_at = Place {
        cursor: made.shows_at,
        ..place
    };
    let right = made.right;
    let options = made.options.into_iter().enumerate();
    Question {
        step: Some(step_before(story, moment, place)),
        reveal_step: step_showing(story, moment, shows_at),
        asked: Said::Made(made.asked),
        options: options
            .map(|(index, option)| Choice {
                told: Said::Made(option.told),
                is_right: index == right,
                because: Because::Correction(option.belief),
                belief: option.belief,
            })
            .collect(),
        chosen: None,
        is_locked: false,
        is_read: false,
    }
}

/// Where a question shows its answer that does not say where: at the next packet if that is the question, else at the end.
fn next_step(story: &Story, ask: &Ask, since: Cursor) -> usize {
    let next = ask.answers.iter().find_map(|answer| match &answer.claim {
        Expectation::Next { pattern } => Some(pattern),
        _ => None,
    });
    let since = usize::try_from(since.0).unwrap_or(usize::MAX);
    let found = next.and_then(|pattern| {
        let is = |lane: usize, name: &Option<String>| {
            name.as_deref().is_none_or(|name| story.name(lane) == name)
        };
        story.flights.iter().find(|flight| {
            flight.sent.record >= since
                && is(flight.from, &pattern.from)
                && is(flight.to, &pattern.to)
        })
    });
    found.map_or_else(|| story.last_step(), |flight| flight.step)
}

fn task(recording: &Recording, lesson: &Lesson) -> Option<Task> {
    let task = lesson.task.as_ref()?;
    let end = recording.log().end();
    let goals = task
        .goals
        .iter()
        .map(|goal| {
            let verdict = recording.verdict(&goal.claim, Cursor::START, end);
            Goal {
                claim: goal.claim.clone(),
                is_met: verdict.met,
                found: verdict.found,
                hint: goal.hint.clone(),
            }
        })
        .collect();
    Some(Task {
        text: task.text.clone(),
        controls: task.controls.clone(),
        goals,
    })
}
