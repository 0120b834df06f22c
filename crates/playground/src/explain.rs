//! What happens now, why, and by which rule.

use crate::story::{Position, Rule, Story};
use crate::text;
use crate::timeline::{Glyph, glyph};

/// A cause chain has at most this many links; older ones are left out.
const CHAIN_MAX: usize = 4;

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The words.
    pub text: String,
    /// Whether they are marked.
    pub is_marked: bool,
}

/// A link of the chain of causes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The step.
    pub step: usize,
    /// What it is.
    pub glyph: Glyph,
    /// In a few words.
    pub text: String,
    /// Whether it is the step that is explained.
    pub is_current: bool,
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
    /// Why, oldest first.
    pub chain: Vec<Cause>,
    /// The rules at work.
    pub rules: Vec<Rule>,
    /// Which of them is open.
    pub open: Option<usize>,
}

/// The explanation of step `selected` as known at `position`.
#[must_use]
pub fn view(
    story: &Story,
    about: &str,
    position: Position,
    selected: usize,
    open: Option<usize>,
) -> ExplainView {
    let sentence = text::say(story, about, position, selected);
    let say = runs(&sentence);
    let plain: String = say.iter().map(|run| run.text.as_str()).collect();
    let rules = story.step(selected).map_or_else(Vec::new, |step| {
        step.rules
            .iter()
            .filter(|rule| position.has(rule.mark))
            .cloned()
            .collect()
    });
    ExplainView {
        place: text::step_badge(story, selected),
        say,
        hint: text::hint(selected),
        caption: text::caption(story, selected, &plain),
        chain: chain(story, selected),
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

/// The steps that led to `step`: what the log names as causes, and for a message that is sent again, where it came from.
#[must_use]
pub fn chain(story: &Story, step: usize) -> Vec<Cause> {
    if story.step(step).is_none() {
        return Vec::new();
    }
    let mut steps = vec![step];
    let mut add = |candidate: usize| {
        if !steps.contains(&candidate) && candidate < step {
            steps.push(candidate);
        }
    };
    if let Some((_, flight)) = story.flight_of(step)
        && flight.repeats
        && let Some(exchange) = flight.exchange.and_then(|index| story.exchanges.get(index))
    {
        if let Some(first) = exchange
            .flights
            .first()
            .and_then(|&index| story.flights.get(index))
        {
            add(first.step);
        }
        for cut in story.cuts_survived(exchange) {
            add(cut);
        }
        // The connection that is back is the cause that a learner looks for.
        if let Some(back) = story.session_resumed_before(step, exchange) {
            add(back);
        }
    } else if let Some(cut) = story.cut_before(step) {
        add(cut);
    } else {
        let mut next = story.step(step).and_then(|it| it.cause);
        for _ in 1..CHAIN_MAX {
            let Some(cause) = next else { break };
            add(cause);
            next = story.step(cause).and_then(|it| it.cause);
        }
    }
    steps.sort_unstable();
    let from = steps.len().saturating_sub(CHAIN_MAX);
    let kept = steps.into_iter().skip(from);
    kept.map(|it| Cause {
        step: it,
        glyph: glyph(story, it),
        text: text::because(story, it, step),
        is_current: it == step,
    })
    .collect()
}
