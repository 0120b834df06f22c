//! Lessons: what is said around their own texts.

use crate::lesson::{AskState, AskView, OptionView};

/// What to do with a question.
pub const PREDICT: &str = "Choose, then lock in";
/// A button.
pub const LOCK_IN: &str = "Lock in";
/// A prediction is committed to.
pub const LOCKED_IN: &str = "Locked in";
/// A button.
pub const GO_ON: &str = "Go on";
/// Above the task.
pub const TASK: &str = "Your turn";
/// A link.
pub const NEXT_LESSON: &str = "Next lesson";

/// The button that goes to the answer.
#[must_use]
pub fn reveal_at(step: usize) -> String {
    format!("Reveal at step {step}")
}

/// Where one is in the curriculum.
#[must_use]
pub fn lesson_place(label: &str, title: &str) -> String {
    format!("Lesson {label}: {title}")
}

/// The crumb before the title of a scenario that is no lesson.
pub const BRAND_CRUMB: &str = "MQTT Playground /";

/// The crumb over a scenario's title.
#[must_use]
pub fn lesson_crumb(label: &str) -> String {
    format!("Lesson {label} /")
}

/// What came of a prediction, once it is known.
#[must_use]
pub fn outcome(ask: &AskView) -> &'static str {
    if ask.state != AskState::Revealed {
        return "";
    }
    let chosen = ask.options.iter().find(|option| option.is_chosen);
    match chosen.and_then(|option| option.is_right) {
        Some(true) => "You were right.",
        Some(false) => "It went another way.",
        None => "Nothing was predicted.",
    }
}

/// An answer for those who do not see its mark.
#[must_use]
pub const fn answer_state(option: &OptionView) -> &'static str {
    match (option.is_right, option.is_chosen) {
        (None, true) => " (your answer)",
        (Some(true), true) => " (your answer, right)",
        (Some(true), false) => " (right)",
        (Some(false), true) => " (your answer, wrong)",
        _ => "",
    }
}

/// What is behind a wrong answer.
#[must_use]
pub fn belief(belief: &str) -> String {
    format!("Many believe it: {belief}.")
}

/// A goal for those who do not see its mark.
#[must_use]
pub const fn goal_state(is_met: bool) -> &'static str {
    if is_met { "reached: " } else { "not reached: " }
}

/// What is so.
#[must_use]
pub fn found(found: &str) -> String {
    format!("Now: {found}")
}

/// How far the task is.
#[must_use]
pub const fn task_state(is_done: bool) -> &'static str {
    if is_done {
        "Done."
    } else {
        "Act on the map, at any step."
    }
}

/// How long a lesson takes.
#[must_use]
pub fn minutes(minutes: u16) -> String {
    if minutes == 0 {
        String::new()
    } else {
        format!("{minutes} min")
    }
}
