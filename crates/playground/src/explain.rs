//! What happens now, and by which rule.

use crate::story::{Position, Rule, Story};
use crate::text::{self, Language};

/// More rules than these are no explanation.
const RULES_MAX: usize = 12;

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The words.
    pub text: String,
    /// Whether they are marked.
    pub is_marked: bool,
}

/// An explanation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExplainView {
    /// The step that is explained, in words.
    pub place: String,
    /// What happens.
    pub say: Vec<Run>,
    /// What to do, before anything happens.
    pub hint: Option<&'static str>,
    /// The same in one line, for the projector and the telephone.
    pub caption: String,
    /// Its number.
    pub step: usize,
    /// The rules at work: its own, and those of steps before it that were named since it began.
    pub rules: Vec<Rule>,
    /// Which of them is open.
    pub open: Option<usize>,
}

/// The explanation of step `selected` as known at `position`. While a question about it is open (`is_asked`), it says of a packet
/// that it is sent, and names no rule.
#[must_use]
pub fn view(
    language: Language,
    story: &Story,
    about: &str,
    position: Position,
    selected: usize,
    open: Option<usize>,
    is_asked: bool,
) -> ExplainView {
    let plain = is_asked.then(|| text::say_plainly(language, story, selected));
    let sentence = plain
        .flatten()
        .unwrap_or_else(|| text::say(language, story, about, position, selected));
    let say = runs(&sentence);
    let plain: String = say.iter().map(|run| run.text.as_str()).collect();
    let rules: Vec<Rule> = if is_asked {
        Vec::new()
    } else {
        let rules = story.rules_at(selected, position);
        rules.take(RULES_MAX).cloned().collect()
    };
    ExplainView {
        step: selected,
        place: text::step_badge(language, story, selected),
        say,
        hint: text::hint(language, selected),
        caption: text::caption(language, story, selected, &plain),
        open: open.filter(|open| *open < rules.len()),
        rules,
    }
}

/// `plain [marked] plain`, as pieces.
fn runs(sentence: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    for (index, piece) in sentence
        .split([text::MARK_OPEN, text::MARK_CLOSE])
        .enumerate()
    {
        if !piece.is_empty() {
            runs.push(Run {
                text: piece.to_owned(),
                is_marked: index % 2 == 1,
            });
        }
    }
    runs
}
