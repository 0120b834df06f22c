//! A lesson in progress: what it says now, what it asks, what came of the task.
//!
//! The content is data, in the scenario's file; the answers are computed: which one is right is what the run says, not
//! what the file says. A [`Course`] belongs to one run; it is made anew when the learner's acts make another.
//!
//! How to show it:
//! - [`Course::view`] at the page's position gives a [`LessonView`]: one text, at most one question, the task.
//! - A question that is open ([`AskState::Open`], [`AskState::Chosen`]) stays in view. Playing stops at it:
//!   [`Course::stop_before`] says at which step. Going on from there is held back once.
//! - Nothing of the future leaks: answers are neutral and say no reason until the question is revealed.
//! - [`shelf`] gives what the home screen lists.

mod course;
mod shelf;
#[cfg(test)]
#[allow(clippy::expect_used, clippy::indexing_slicing)]
mod tests;

pub use course::Course;
pub(crate) use course::verdicts;
pub use shelf::{LessonCard, PartCard, shelf};
pub use sim::scenario::Control;

/// What a lesson shows at a position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LessonView {
    /// Its number and part, as in the list: `3`, `4b`.
    pub label: String,
    /// The title of the lesson.
    pub title: String,
    /// The title of this part; the same as the lesson's if it has no parts.
    pub part_title: String,
    /// The newest text, one idea; none before the first.
    pub say: Option<String>,
    /// The newest question that was reached, open or revealed.
    pub ask: Option<AskView>,
    /// How many questions were answered, and how many there are.
    pub answered: (usize, usize),
    /// How many of those answered were right, among those revealed.
    pub right: usize,
    /// What to build or break: shown at the end of the run, and from then on.
    pub task: Option<TaskView>,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskView {
    /// Its place among the lesson's questions: what [`Course::choose`] and [`Course::lock`] take.
    pub index: usize,
    /// The step of the ladder at which it is asked.
    pub step: usize,
    /// What is asked.
    pub question: String,
    /// The answers, in the order of the file.
    pub options: Vec<OptionView>,
    /// How far the learner is with it.
    pub state: AskState,
    /// Whether its answer was seen, and gone on from.
    pub is_read: bool,
    /// Whether a step forward was held back for it: the next one leaves it.
    pub is_held: bool,
    /// The step of the ladder at which it is revealed: `Reveal at step 15`.
    pub reveal_step: usize,
}

/// How far a question is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskState {
    /// Nothing chosen.
    Open,
    /// Something chosen, and not committed to.
    Chosen,
    /// Committed to; the run has not come to the answer.
    Locked,
    /// Left without an answer; the run has not come to it, but what is shown may tell it already.
    Passed,
    /// The run has shown the answer. Nothing may have been chosen.
    Revealed,
}

impl AskState {
    /// Whether an answer can be chosen: nothing that is shown may tell it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Chosen)
    }
}

/// An answer to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionView {
    /// `A`, `B`, … : also the key that chooses it.
    pub letter: char,
    /// What it says.
    pub text: String,
    /// Whether it is chosen.
    pub is_chosen: bool,
    /// Whether it is right: only when revealed, and only if an answer to the question is right in this run.
    pub is_right: Option<bool>,
    /// Why: only when revealed, for the right one and for the one that was chosen.
    pub because: Option<String>,
    /// The misconception behind it, as a sentence without a full stop: only when revealed, if it was chosen.
    pub belief: Option<String>,
}

/// The task at the end of a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskView {
    /// What to reach.
    pub text: String,
    /// The controls that it needs; others may stay hidden.
    pub controls: Vec<Control>,
    /// What must be so at the end of the run.
    pub goals: Vec<GoalView>,
    /// Whether all goals are met.
    pub is_done: bool,
}

/// A goal, judged by the end of the run as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoalView {
    /// What must hold, in words.
    pub text: String,
    /// Whether it does.
    pub is_met: bool,
    /// What is so, in words: `position 1 m`.
    pub found: String,
    /// What to think about, if it is not met.
    pub hint: Option<String>,
}
