//! The names of the lanes, above the ladder.

use super::{LaneHead, Scene};
use crate::measure::{Face as Type, Measure};

/// Icon and air in the head of a lane.
const HEAD_PADDING: f64 = 44.0;

/// Air in the head of a lane without an icon.
const NAME_PADDING: f64 = 12.0;

/// So much of a name is looked at.
const NAME_MAX_CHARS: usize = 48;

/// Between two heads.
const HEAD_GAP: f64 = 2.0;

/// What the count of hidden lanes takes of the row of heads.
pub(super) const CHIP: f64 = 40.0;

/// Between the last lifeline and the count beside its head.
const CHIP_AIR: f64 = 36.0;

/// The head of a long name is not longer than this.
const HEAD_MAX: f64 = 200.0;

impl Scene<'_> {
    pub(super) fn lanes_in_sight(&self) -> impl Iterator<Item = f64> {
        let lanes = self.layout.lanes.iter().flatten().copied();
        lanes.filter(|x| self.is_in_pane(*x))
    }

    /// The count of what is hidden stands at the right, where most of it is, unless only the gutter has room for it.
    pub(super) fn is_chip_left(&self) -> bool {
        let last = self.layout.edges().map_or(0.0, |(_, last)| last);
        self.layout.narrow && self.layout.width - last < CHIP + CHIP_AIR
    }

    pub(super) fn heads(&self) -> Vec<LaneHead> {
        let layout = self.layout;
        let most = (layout.pitch - HEAD_GAP).min(HEAD_MAX);
        let has_hidden = layout.shown.len() < self.story.lanes.len();
        let (chip_left, chip_right) = match (has_hidden, self.is_chip_left()) {
            (false, _) => (0.0, 0.0),
            (true, true) => (CHIP, 0.0),
            (true, false) => (0.0, CHIP),
        };
        // The names of the columns stay free.
        let gutter = if layout.narrow {
            0.0
        } else {
            layout.time_right + HEAD_GAP
        };
        let mut previous = f64::max(chip_left, gutter);
        let heads = layout.shown.iter().filter_map(|&number| {
            let (lane, x) = (self.story.lanes.get(number)?, layout.lane(number)?);
            let words = self.measure.width(&lane.shown, Type::Strong);
            // Among many lanes the name matters more than the figure.
            let has_figure = words + HEAD_PADDING <= most || words + NAME_PADDING > most;
            let padding = if has_figure && most > HEAD_PADDING * 2.0 {
                HEAD_PADDING
            } else {
                NAME_PADDING
            };
            let name = shortened(&lane.shown, most - padding, self.measure);
            let width = self.measure.width(&name, Type::Strong) + padding;
            // A head may stand beside its lifeline, but not outside the pane, and not on another.
            let edge = width / 2.0 + 4.0;
            let x = x
                .clamp(edge, (layout.width - chip_right - edge).max(edge))
                .max(previous + width / 2.0);
            previous = x + width / 2.0 + 2.0;
            Some(LaneHead {
                lane: number,
                x,
                width,
                figure: (padding == HEAD_PADDING).then_some(lane.figure),
                name,
                full: lane.shown.clone(),
            })
        });
        heads.collect()
    }
}

/// A name that is at most so wide: if it is wider, its beginning and three dots.
#[must_use]
pub fn shortened(name: &str, width: f64, measure: &dyn Measure) -> String {
    let is_wide = |text: &str| measure.width(text, Type::Strong) > width;
    // What is measured at all is bounded: an identifier may have 64 KiB.
    let mut short: String = name.chars().take(NAME_MAX_CHARS).collect();
    if short.len() == name.len() && !is_wide(&short) {
        return short;
    }
    while short.pop().is_some() {
        let text = format!("{}…", short.trim_end());
        if !is_wide(&text) {
            return text;
        }
    }
    "…".to_owned()
}
