//! Two runs side by side.

use super::{Choice, DiffersView};
use crate::ladder::{self, Layout, Scene, Window};
use crate::lanes::Lanes;
use crate::measure::Measure;
use crate::memo::Shared;
use crate::run::{Run, told};
use crate::story::{Role, StepKind, Story};
use crate::text::{self, Language};
use sim::difference::{Difference, Differs, Fact, Subject, TOLD_EFFECTS_MAX};
use sim::twin::Comparison;
use sim::{Cursor, RecordId};

/// A ladder keeps this far from its fork line, in drawing units.
const FORK_AIR: f64 = 12.0;

/// So many steps of a future are listed at most.
const STEPS_MAX: usize = 200;

/// One of two futures, ready to draw.
#[derive(Clone, Debug, PartialEq)]
pub struct SideView {
    /// What it is.
    pub title: String,
    /// Which choice it is: its place in the list.
    pub choice: Option<usize>,
    /// How often messages were delivered, in words.
    pub badge: String,
    /// Whether that is as often as in the other.
    pub is_same: bool,
    /// Whether it is not as often as in the other, which is the run as it was before somebody did something to it.
    pub is_notable: bool,
    /// Whether it can be opened at the main screen.
    pub can_play: bool,
    /// The ladder.
    pub still: Shared<ladder::Still>,
    /// What moves in it: nothing does, but lifelines belong to it.
    pub moving: Shared<ladder::Moving>,
    /// Where the two part, in drawing units; none if they have no past in common.
    pub fork: Option<f64>,
    /// The selected step in a sentence.
    pub caption: Option<String>,
    /// The steps that the other has not got, a line each.
    pub steps: Vec<String>,
}

/// Two runs and how they differ.
pub(crate) struct Pair {
    pub(crate) choices: [Choice; 2],
    pub(crate) runs: [Run; 2],
    difference: Difference,
    /// How a run with a real broker and the simulated one compare.
    twins: Option<Comparison>,
}

impl Pair {
    /// A run with a real broker, and the same with the simulated one: no two packets have the same time, so they have no common
    /// past to draw, and the first packet that differs is marked.
    pub(crate) fn twins(runs: [Run; 2], compared: Comparison) -> Self {
        let mut pair = Self::new([Choice::Real, Choice::Simulated], runs);
        pair.difference.fork = Cursor::START;
        pair.difference.steps = Default::default();
        // Which message a broker outside sends on is not known, so only what devices did can be compared.
        let is_done = |it: &Differs| matches!(it.what, Subject::Done { .. });
        pair.difference.ends.retain(is_done);
        pair.twins = Some(compared);
        pair
    }

    pub(crate) const fn are_twins(&self) -> bool {
        self.twins.is_some()
    }

    /// The step of a side in which the two differ first; 0 is none.
    fn differing(&self, side: usize) -> usize {
        let first = self.twins.and_then(|it| it.first);
        let record = first.map(|it| if side == 0 { it.real } else { it.simulated });
        let run = self.runs.get(side);
        let told = run.and_then(|run| told(run.log(), record?));
        told.map_or(0, |(step, _)| step)
    }

    pub(crate) fn new(choices: [Choice; 2], runs: [Run; 2]) -> Self {
        let [first, second] = &runs;
        let difference = first.difference(second);
        Self {
            choices,
            runs,
            difference,
            twins: None,
        }
    }

    fn fork(&self) -> usize {
        usize::try_from(self.difference.fork.0).unwrap_or(usize::MAX)
    }

    /// How many steps only set the stage in both.
    pub(crate) fn foldable(&self) -> usize {
        let [first, second] = self.runs.each_ref().map(|run| foldable(run.story()));
        let story = self.runs[0].story();
        let common = story
            .steps
            .partition_point(|step| step.mark.record < self.fork());
        if first == second && first < common {
            first
        } else {
            0
        }
    }

    /// Both laid out, so that the same time stands at the same height.
    pub(crate) fn layouts(
        &self,
        language: Language,
        width: f64,
        folded: usize,
        measure: &dyn Measure,
    ) -> [Layout; 2] {
        let stories = self.runs.each_ref().map(Run::story);
        // What happens after the fork matters: where there is no room for all lanes, the others go.
        let mut lanes = Lanes::default();
        for story in stories {
            let after = story.flights.iter().rev();
            for flight in after.take_while(|flight| flight.sent.record >= self.fork()) {
                lanes.show(flight.from, true);
                lanes.show(flight.to, true);
            }
        }
        // Most of all the link at which the two part.
        for story in stories {
            let steps = story.steps.iter().rev();
            for step in steps.take_while(|step| step.mark.record >= self.fork()) {
                if let StepKind::Cut(wire) = step.kind
                    && let Some(wire) = story.wires.get(wire)
                {
                    lanes.show(wire.client, true);
                }
            }
        }
        let mut layouts =
            stories.map(|story| Layout::new(language, story, &lanes, width, folded, measure));
        ladder::align(&mut layouts);
        layouts
    }

    /// Where the two part.
    fn fork_y(&self, layouts: &[Layout; 2]) -> Option<f64> {
        let fork = self.fork();
        if fork == 0 {
            return None;
        }
        let heights = self.runs.each_ref().map(Run::story);
        let heights = heights.iter().zip(layouts).filter_map(|(story, layout)| {
            let at = story.times.get(fork)?;
            Some(layout.y_at(fork, *at))
        });
        heights.reduce(f64::min).map(|y| (y - FORK_AIR).max(0.0))
    }

    /// One of the two as a drawing.
    pub(crate) fn side(
        &self,
        side: usize,
        layouts: &[Layout; 2],
        view: &Look<'_>,
    ) -> Option<SideView> {
        let (run, layout) = (self.runs.get(side)?, layouts.get(side)?);
        let story = run.story();
        let end = story.position(story.last_step());
        // Both end at the same height.
        let bottom = layouts.each_ref().map(Layout::bottom);
        let selected = view.selected.filter(|(it, _)| *it == side);
        let selected = selected.map_or(0, |(_, step)| step);
        let scene = Scene {
            language: view.language,
            story,
            layout,
            position: end,
            selected,
            differs: [self.differing(side), 0],
            folded: view.folded,
            foldable: view.foldable,
            window: view.window,
            measure: view.measure,
        };
        let mut moving = scene.moving();
        moving.flag = None;
        moving.now_lines.clear();
        moving.future = None;
        moving.height = bottom[0].max(bottom[1]) + 40.0;
        let [mine, other] = [side, 1 - side].map(|it| deliveries(&self.runs, it));
        let caption = (selected > 0).then(|| {
            let said = text::say(view.language, story, "", end, selected);
            let plain: String = said
                .chars()
                .filter(|it| ![text::MARK_OPEN, text::MARK_CLOSE].contains(it))
                .collect();
            text::caption(view.language, story, selected, &plain)
        });
        let steps = self.difference.steps.get(side).into_iter().flatten();
        let in_words = |record: &RecordId| {
            let record = usize::try_from(record.0).ok()?;
            let steps = &story.steps;
            let step = steps.binary_search_by_key(&record, |step| step.mark.record);
            Some(text::list_line(view.language, story, step.ok()? + 1))
        };
        Some(SideView {
            title: String::new(),
            choice: None,
            can_play: false,
            badge: text::delivered_times(view.language, mine),
            is_same: mine == other,
            is_notable: mine != other && !self.is_original(side) && self.is_original(1 - side),
            still: Shared::new(scene.still()),
            moving: Shared::new(moving),
            fork: self.fork_y(layouts),
            caption,
            steps: steps.take(STEPS_MAX).filter_map(in_words).collect(),
        })
    }

    /// Whether one of the two is the run to which nobody has done anything.
    fn is_original(&self, side: usize) -> bool {
        let choice = self.choices.get(side);
        matches!(choice, Some(Choice::Whole(_) | Choice::Made(0)))
    }

    /// What is not the same at the end, in words.
    pub(crate) fn differs(&self, language: Language) -> Vec<DiffersView> {
        let rows = self.difference.ends.iter().map(|row| DiffersView {
            fact: text::differs(language, &row.what),
            is: facts(language, row),
        });
        rows.collect()
    }

    /// Until when both are the same.
    pub(crate) fn same_until(&self, language: Language) -> String {
        if let Some(compared) = self.twins {
            let [real, simulated] = self.runs.each_ref().map(Run::log);
            return text::link_twin(language, real, simulated, compared);
        }
        let story = self.runs[0].story();
        let before = self.fork().checked_sub(1);
        let at = before.and_then(|record| story.times.get(record)).copied();
        text::same_until(language, at, self.difference.parts_with == [None, None])
    }
}

/// What something is at the two ends. What a device did is told as the ladder tells it.
fn facts(language: Language, row: &Differs) -> [String; 2] {
    let untold = row.untold_effects();
    row.is.each_ref().map(|fact| match fact {
        Some(Fact::Done(effects)) => {
            let told: Vec<String> = effects
                .iter()
                .skip(untold)
                .take(TOLD_EFFECTS_MAX)
                .map(|effect| text::effect(language, effect))
                .collect();
            text::done_so(&told, untold, effects.len())
        }
        fact => text::differs_fact(language, fact.as_ref()),
    })
}

/// How both are looked at.
pub(crate) struct Look<'a> {
    pub(crate) language: Language,
    pub(crate) selected: Option<(usize, usize)>,
    pub(crate) folded: usize,
    pub(crate) foldable: usize,
    pub(crate) window: Window,
    pub(crate) measure: &'a dyn Measure,
}

fn deliveries(runs: &[Run; 2], side: usize) -> usize {
    runs.get(side).map_or(0, |run| run.story().deliveries.len())
}

/// How many steps only set the stage: connections and subscriptions before the first message.
pub(crate) fn foldable(story: &Story) -> usize {
    let stage = story.steps.iter().take_while(|step| match step.kind {
        StepKind::Packet(flight) => story
            .flights
            .get(flight)
            .is_some_and(|it| matches!(it.face.role, Role::Control | Role::Subscribe)),
        _ => false,
    });
    stage.count()
}
