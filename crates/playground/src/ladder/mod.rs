//! The ladder: the primary view of a run. Time runs down, one lane per node, one slanted arrow per packet.
//!
//! Drawn in two parts, so that playing redraws little: what stands still ([`Still`]) changes when a record happens, what
//! moves ([`Moving`]) changes with every frame. Spans (lifelines, brackets, outages) are drawn from their intervals and
//! clipped to the window, not from their rows.

mod align;
mod build;
mod flights;
mod heads;
mod layout;
mod marks;
mod notes;
mod present;
mod spans;

pub use align::align;
pub use build::{Growing, detail};
pub use heads::shortened;
pub use layout::{Arrow, CROSS, EFFECT_HEIGHT, GHOST, Label, Layout, PILL_HEIGHT, Rect, Stub};
pub use marks::{
    ArrowMark, Bar, Bracket, EffectMark, Flag, Fold, GapMark, LaneHead, Moving, Note, OutageMark,
    Pill, Point, RowMark, SessionBox, Still,
};

use crate::measure::Measure;
use crate::story::{Position, Story};
use crate::text::{self, Language};

/// The band of the selected row is this high.
const BAND: f64 = 50.0;
/// A frame round a row is so high, if there is room.
const FRAME: f64 = 30.0;
/// Half of the height of a row's number, with air.
const NUMBER_HALF: f64 = 9.0;
/// A bracket stands this far left of its lifeline.
const BRACKET: f64 = 14.0;
/// What is drawn above and below the window, in window heights.
const WINDOW_MARGIN: f64 = 1.0;
/// Below the present there is room for this, and for less than a stride more.
const FUTURE: f64 = 80.0;
const STRIDE: f64 = 256.0;
/// What stands further right of the pane than this reaches into it with nothing.
const BESIDE_PANE: f64 = 60.0;

/// The part of the ladder that is on the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Upper edge.
    pub top: f64,
    /// Height.
    pub height: f64,
}

impl Window {
    fn shows(&self, y1: f64, y2: f64) -> bool {
        let margin = self.height * WINDOW_MARGIN;
        y2 >= self.top - margin && y1 <= self.top + self.height + margin
    }

    /// From which height to which of a long line is drawn.
    const fn sight(&self) -> (f64, f64) {
        let margin = self.height * WINDOW_MARGIN;
        (self.top - margin, self.top + self.height + margin)
    }
}

/// What the view looks at.
pub struct Scene<'a> {
    /// The run.
    /// The language of its words.
    pub language: Language,
    /// The run.
    pub story: &'a Story,
    /// Where everything stands.
    pub layout: &'a Layout,
    /// The moment.
    pub position: Position,
    /// The selected step.
    pub selected: usize,
    /// The steps in which a board and its twin differ first; 0 is none.
    pub differs: [usize; 2],
    /// How many steps are folded away.
    pub folded: usize,
    /// How many could be.
    pub foldable: usize,
    /// The part on the screen.
    pub window: Window,
    /// Text widths.
    pub measure: &'a dyn Measure,
}

impl Scene<'_> {
    /// The present's height.
    #[must_use]
    pub fn now_y(&self) -> f64 {
        if self.position.step == 0 {
            return 0.0;
        }
        let flying = self
            .story
            .flight_of(self.position.step)
            .filter(|(_, flight)| flight.is_flying(self.position));
        let arrow = flying.and_then(|(number, flight)| Some((self.arrow(number)?, flight)));
        match arrow {
            Some((arrow, flight)) => arrow.point(flight.progress(self.position.now)).1,
            None => self.layout.y_at(self.position.shown, self.position.now),
        }
    }

    /// What stands still.
    #[must_use]
    pub fn still(&self) -> Still {
        let layout = self.layout;
        let shown = |step: &usize| *step <= self.position.step;
        let rows = self.rows_in_sight().iter().filter(|row| shown(&row.step));
        Still {
            width: layout.width,
            narrow: layout.narrow,
            gutter: (layout.step_right, layout.time_right),
            pitch: layout.pitch,
            is_chip_left: self.is_chip_left(),
            heads: self.heads(),
            lanes: self.lanes_in_sight().collect(),
            bars: self.bars(),
            band: self.band(),
            rows: rows.filter_map(|row| self.row_mark(row)).collect(),
            differs: self.differing(),
            gaps: layout
                .gaps
                .iter()
                .filter(|gap| gap.before <= self.position.step && self.window.shows(gap.y, gap.y))
                .map(|gap| GapMark {
                    y: gap.y,
                    length: (!layout.narrow)
                        .then(|| text::seconds_short(self.language, gap.micros)),
                })
                .collect(),
            outages: self.outages(false),
            arrows: self.arrows(false),
            effects: self.effects(),
            notes: self.notes(),
            brackets: self.brackets(false),
            fold: self.fold(),
        }
    }

    /// What moves.
    #[must_use]
    pub fn moving(&self) -> Moving {
        let layout = self.layout;
        let now_y = self.now_y();
        let mut now_lines = Vec::new();
        let mut flag = None;
        if let (Some((first, last)), 1..) = (layout.edges(), self.position.step) {
            let air = if self.has_left_brackets() {
                BRACKET * 2.0
            } else {
                8.0
            };
            // A label on the first lane reaches to the gutter.
            if !self.has_label_on_first_lane() {
                now_lines.push((layout.gutter, first - air));
            }
            let flag_y = self.flag_y(now_y, last);
            // What stands in the way of the flag stands in the way of its line, too.
            if flag_y == now_y {
                let reach = if layout.narrow { 44.0 } else { 30.0 };
                now_lines.push((last + 10.0, layout.width.min(last + reach)));
            }
            flag = (!layout.narrow).then(|| self.flag(last, flag_y)).flatten();
        }
        let session = self.session_box(now_y);
        let future = self.future(now_y, session.as_ref());
        let lowest = future.as_ref().map_or(0.0, |(_, y, _)| y + 20.0);
        let height = lowest.max(now_y + FUTURE);
        Moving {
            // In strides: with each new height the browser lays the drawing out.
            height: ((height / STRIDE).ceil() * STRIDE).max(self.window.height),
            now_y,
            outages: self.outages(true),
            arrows: self.arrows(true),
            brackets: self.brackets(true),
            session,
            now_lines,
            flag,
            future,
        }
    }

    /// The rows that are in the window or near it.
    fn rows_in_sight(&self) -> &[layout::Row] {
        let margin = self.window.height * WINDOW_MARGIN + BAND;
        let (top, height) = (self.window.top, self.window.height);
        self.layout
            .rows_between(top - margin, top + height + margin)
    }

    /// Whether something at this place can be seen: lanes beyond the pane are not drawn.
    fn is_in_pane(&self, x: f64) -> bool {
        x <= self.layout.width + BESIDE_PANE
    }

    fn band(&self) -> Option<(f64, f64)> {
        let row = self
            .layout
            .row(self.selected)
            .filter(|_| self.selected <= self.position.step)?;
        let height = BAND.max((row.centre - row.y) * 2.0 + 20.0);
        Some((row.centre - height / 2.0 - 1.0, height))
    }

    /// A frame holds its row, and no other row's number.
    fn differing(&self) -> Vec<(f64, f64)> {
        let shown = |step: &&usize| **step <= self.position.step;
        let framed = |step: &usize| {
            let row = self.layout.row(*step)?;
            let beside = |step: Option<usize>| self.layout.row(step?).map(|it| it.y);
            let above = beside(step.checked_sub(1)).map_or(f64::MIN, |y| y + NUMBER_HALF);
            let below = beside(Some(step + 1)).map_or(f64::MAX, |y| y - NUMBER_HALF);
            let top = (row.centre - FRAME / 2.0)
                .max(above)
                .min(row.y - NUMBER_HALF);
            let bottom = (row.centre + FRAME / 2.0).min(below);
            let bottom = bottom.max(row.y + NUMBER_HALF);
            Some((top, bottom - top))
        };
        self.differs
            .iter()
            .filter(shown)
            .filter_map(framed)
            .collect()
    }

    fn row_mark(&self, row: &layout::Row) -> Option<RowMark> {
        let step = self.story.step(row.step)?;
        let is_selected = row.step == self.selected;
        let time = (!self.layout.narrow).then(|| text::clock(self.language, step.mark.at));
        Some(RowMark {
            step: row.step,
            y: if is_selected { row.centre } else { row.y } + 4.0,
            time,
            is_selected,
        })
    }

    fn fold(&self) -> Option<Fold> {
        let is_open = self.folded == 0;
        (self.foldable > 1 && self.position.step > self.foldable).then(|| Fold {
            is_open,
            text: text::folded(self.language, self.story, self.foldable),
        })
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests;
