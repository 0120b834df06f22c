//! Where everything in the ladder stands: what a layout says, and what can be asked of it.

use super::build::Growing;
use crate::lanes::Lanes;
use crate::measure::Measure;
use crate::story::{Mark, Story};
use crate::text::Language;

/// Least distance of two rows.
pub(super) const ROW_MIN: f64 = 20.0;
/// Pills are this high.
pub const PILL_HEIGHT: f64 = 24.0;
/// How far the dashed ghost of a repeated packet stands out.
pub const GHOST: f64 = 6.0;
/// Half the width of a lifeline bar, and one more for air.
pub(super) const LIFELINE_HALF: f64 = 6.0;
/// Radius of the cross at which a lost packet stops.
pub const CROSS: f64 = 9.0;
/// A lost packet is shown to come this far at most.
pub(super) const STOP_MOST: f64 = 0.9;
/// Between a pill and what stands beside it on its arrow.
pub(super) const PILL_AIR: f64 = 4.0;
/// What a lost packet's arrow needs besides its pill, as far as the centre of the cross.
pub(super) const CROSS_ROOM: f64 = CROSS + 2.0 * PILL_AIR;
/// Height of the box of a device effect.
pub const EFFECT_HEIGHT: f64 = 28.0;
/// What the sum under an effect needs.
pub(super) const SUM_HEIGHT: f64 = 22.0;
/// Height of the label of a link that works again.
pub(super) const NOTE_HEIGHT: f64 = 22.0;

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Rect {
    /// The rectangle of this size around `(x, y)`.
    #[must_use]
    pub fn around(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self {
            x: x - width / 2.0,
            y: y - height / 2.0,
            width,
            height,
        }
    }

    /// Lower edge.
    #[must_use]
    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    /// Right edge.
    #[must_use]
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    /// The same, so much lower.
    #[must_use]
    pub fn moved(&self, down: f64) -> Self {
        Self {
            y: self.y + down,
            ..*self
        }
    }

    /// The smallest that holds both.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        Self {
            x,
            y,
            width: self.right().max(other.right()) - x,
            height: self.bottom().max(other.bottom()) - y,
        }
    }

    /// Whether the two share a point inside.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.x < other.right()
            && other.x < self.right()
            && self.y < other.bottom()
            && other.y < self.bottom()
    }
}

/// A row: a step and its place in the gutter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Number of the step, from 1.
    pub step: usize,
    /// Where the row starts.
    pub y: f64,
    /// The centre of what stands in the row.
    pub centre: f64,
}

/// A silence that was collapsed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// The centre.
    pub y: f64,
    /// How long it was, in microseconds.
    pub micros: u64,
    /// The step after it.
    pub before: usize,
}

/// A flight: its arrow and its pill at rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrow {
    /// Tail.
    pub x1: f64,
    /// Tail.
    pub y1: f64,
    /// Tip: at the lifeline.
    pub x2: f64,
    /// Tip.
    pub y2: f64,
    /// Where the pill rests, as a fraction of the way.
    pub rest: f64,
    /// Width of the pill.
    pub pill: f64,
    /// Which words fit.
    pub label: Label,
    /// The same as long as it flies: which words, and how wide they are.
    pub flying: (Label, f64),
    /// For a lost flight: how far it came, as a fraction of the way. On a short arrow it is the pill's front that came so
    /// far, so that the cross stands before the pill and not on its text.
    pub stop: Option<f64>,
    /// If one of its ends has no lane on the screen: which, and where its name stands.
    pub stub: Option<Stub>,
}

/// The name at the end of an arrow that goes to a lane that is not shown, or comes from there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stub {
    /// The lane.
    pub lane: usize,
    /// Where its name stands.
    pub rect: Rect,
}

impl Arrow {
    /// Where the centre of the pill is when the packet has made `progress` of its way, as a fraction of the arrow.
    ///
    /// Linear in time, from lifeline to lifeline: the pill leaves with its front and arrives with its back, and never
    /// covers what is written on a lifeline.
    #[must_use]
    pub fn pill_part(&self, progress: f64) -> f64 {
        let half = ((self.flying.1 / 2.0 + 2.0) / (self.x2 - self.x1).abs().max(1.0)).min(0.5);
        half + (1.0 - 2.0 * half) * progress
    }

    /// Puts pill and cross at these heights, as near as they can stand on the arrow.
    fn put_marks(&mut self, [rest, stop]: [Option<f64>; 2]) {
        let drop = (self.y2 - self.y1).max(1.0);
        let length = (self.x2 - self.x1).abs().max(1.0);
        let part = |y: f64| (y - self.y1) / drop;
        let half = (self.pill / 2.0 + PILL_AIR) / length;
        if let Some(stop) = stop.filter(|_| self.stop.is_some()) {
            let least = (self.pill + CROSS_ROOM) / length;
            self.stop = Some(part(stop).max(least).min(STOP_MOST));
        }
        let most = match self.stop {
            Some(stop) => stop - (CROSS_ROOM - PILL_AIR) / length - self.pill / 2.0 / length,
            None => 1.0 - half,
        };
        if let Some(rest) = rest {
            self.rest = part(rest).min(most).max(half.min(0.5));
        }
    }

    /// Moves the tip. The pill stays at the height for which its neighbours made room.
    pub(super) fn put_tip(&mut self, y: f64) {
        // The cross of what is lost is where it was lost, as a part of the way.
        if self.stop.is_none() {
            self.rest *= (self.y2 - self.y1).max(1.0) / (y - self.y1).max(1.0);
        }
        self.y2 = y;
    }

    /// What its pill at rest takes and, if it is lost, its cross.
    pub(super) fn boxes(&self) -> impl Iterator<Item = Rect> {
        let around = |part: f64, width: f64, height: f64| {
            let (x, y) = self.point(part);
            Rect::around(x, y, width, height)
        };
        let pill = around(self.rest, self.pill, PILL_HEIGHT);
        let side = 2.0 * CROSS;
        let cross = self.stop.map(|stop| around(stop, side, side));
        [Some(pill), cross].into_iter().flatten()
    }

    /// The point at the fraction `part` of the way.
    #[must_use]
    pub fn point(&self, part: f64) -> (f64, f64) {
        (
            self.x1 + (self.x2 - self.x1) * part,
            self.y1 + (self.y2 - self.y1) * part,
        )
    }
}

/// How much a pill says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// Name, identifier and the detail at the right.
    Full,
    /// Name and identifier.
    Name,
    /// The short name.
    Short,
}

/// The box of a device effect.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EffectBox {
    /// The box.
    pub rect: Rect,
    /// Where its stem starts: at the lifeline.
    pub stem: Option<f64>,
}

/// Where everything stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// Width of the drawing.
    pub width: f64,
    /// Whether the time column and the details are left out.
    pub narrow: bool,
    /// Right edge of the step numbers.
    pub step_right: f64,
    /// Right edge of the times.
    pub time_right: f64,
    /// Where the lines from the gutter may start.
    pub gutter: f64,
    /// The lifelines, by lane; none for hidden ones.
    pub lanes: Vec<Option<f64>>,
    /// The lanes that are shown, left to right.
    pub shown: Vec<usize>,
    /// How far apart they stand.
    pub pitch: f64,
    /// The rows of the steps that are not folded away.
    pub rows: Vec<Row>,
    /// The collapsed silences.
    pub gaps: Vec<Gap>,
    /// The arrows, by flight; none for folded ones.
    pub arrows: Vec<Option<Arrow>>,
    /// The boxes, by effect; none for folded ones.
    pub effects: Vec<Option<EffectBox>>,
    /// The greatest height of an arrow.
    pub(super) tallest: f64,
    /// Where steps and arrivals stand, in the order of the log; heights never fall.
    pub(super) anchors: Vec<(Mark, f64)>,
}

impl Layout {
    /// Lays the story out in `width`, without its first `folded` steps.
    #[must_use]
    pub fn new(
        language: Language,
        story: &Story,
        lanes: &Lanes,
        width: f64,
        folded: usize,
        measure: &dyn Measure,
    ) -> Self {
        Self::of_first(language, story, lanes, width, (folded, usize::MAX), measure)
    }

    /// Lays out the first `steps` of the story without the first `folded` of them. What stands there is where the whole
    /// would have it, but for packets that arrive after the last of these steps.
    #[must_use]
    pub fn of_first(
        language: Language,
        story: &Story,
        lanes: &Lanes,
        width: f64,
        (folded, steps): (usize, usize),
        measure: &dyn Measure,
    ) -> Self {
        Growing::default().layout(language, story, lanes, width, (folded, steps), measure)
    }

    /// Where a lane stands, if it is shown.
    #[must_use]
    pub fn lane(&self, lane: usize) -> Option<f64> {
        self.lanes.get(lane).copied().flatten()
    }

    /// The leftmost and the rightmost lifeline.
    #[must_use]
    pub fn edges(&self) -> Option<(f64, f64)> {
        Some((
            self.lane(*self.shown.first()?)?,
            self.lane(*self.shown.last()?)?,
        ))
    }

    /// A label's box, moved right of the steps' numbers if it would cover them, as on the first of narrow lanes.
    #[must_use]
    pub fn beside_gutter(&self, label: Rect) -> Rect {
        Rect {
            x: label.x.max(self.gutter),
            ..label
        }
    }

    /// The height at which a moment stands: that of the last event that has happened, and from there in proportion to the
    /// next. `shown` is how many records have happened.
    #[must_use]
    pub fn y_at(&self, shown: usize, now: u64) -> f64 {
        let after = self
            .anchors
            .partition_point(|(mark, _)| mark.record < shown);
        let before = after
            .checked_sub(1)
            .and_then(|index| self.anchors.get(index));
        match (before, self.anchors.get(after)) {
            // Of two events at one time the later one has not happened: this stays at the earlier.
            (Some((from, y0)), Some((to, y1))) if from.at < now => {
                let part = (now - from.at) as f64 / to.at.saturating_sub(from.at).max(1) as f64;
                y0 + (y1 - y0) * part.min(1.0)
            }
            (Some((_, y)), _) => *y,
            (None, _) => 0.0,
        }
    }

    /// The height of an event.
    #[must_use]
    pub fn y_of(&self, mark: Mark) -> f64 {
        self.y_at(mark.record + 1, mark.at)
    }

    /// Where the lowest of it ends.
    #[must_use]
    pub fn bottom(&self) -> f64 {
        let effects = self.effects.iter().flatten();
        let lowest = effects.map(|effect| effect.rect.bottom() + SUM_HEIGHT);
        let last = self.anchors.last().map_or(0.0, |(_, y)| *y);
        lowest.fold(last, f64::max)
    }

    /// The times at which something stands.
    pub(super) fn times(&self) -> impl Iterator<Item = u64> {
        self.anchors.iter().map(|(mark, _)| mark.at)
    }

    /// From where to where what happens at a time stands; where nothing does, the height that the time has.
    pub(super) fn extent(&self, at: u64) -> (f64, f64) {
        let first = self.anchors.partition_point(|(mark, _)| mark.at < at);
        let end = self.anchors.partition_point(|(mark, _)| mark.at <= at);
        match (
            self.anchors.get(first),
            end.checked_sub(1).and_then(|it| self.anchors.get(it)),
        ) {
            (Some((_, from)), Some((_, to))) if first < end => (*from, *to),
            _ => {
                let shown = self
                    .anchors
                    .get(first)
                    .map_or(usize::MAX, |(mark, _)| mark.record);
                let y = self.y_at(shown, at);
                (y, y)
            }
        }
    }

    /// Moves everything to another height. What is a box keeps its size.
    pub(super) fn map_heights(&mut self, moved: &dyn Fn(f64) -> f64) {
        for row in &mut self.rows {
            let y = moved(row.y);
            row.centre = moved(row.centre).max(y);
            row.y = y;
        }
        for gap in &mut self.gaps {
            gap.y = moved(gap.y);
        }
        for arrow in self.arrows.iter_mut().flatten() {
            let ends = (arrow.y1, arrow.y2);
            // Pill and cross stay with what stands beside them, which may move less than the tip does.
            let marks =
                [Some(arrow.rest), arrow.stop].map(|part| Some(moved(arrow.point(part?).1)));
            (arrow.y1, arrow.y2) = (moved(arrow.y1), moved(arrow.y2));
            arrow.put_marks(marks);
            if let Some(stub) = &mut arrow.stub {
                // With the end that it stands at.
                let is_above = stub.rect.y < ends.0;
                stub.rect.y += if is_above {
                    arrow.y1 - ends.0
                } else {
                    arrow.y2 - ends.1
                };
            }
        }
        for effect in self.effects.iter_mut().flatten() {
            let half = effect.rect.height / 2.0;
            effect.rect.y = moved(effect.rect.y + half) - half;
        }
        for (_, y) in &mut self.anchors {
            *y = moved(*y);
        }
        self.note_tallest();
    }

    /// To be called when the arrows have their places.
    pub(super) fn note_tallest(&mut self) {
        let arrows = self.arrows.iter().flatten();
        self.tallest = arrows.map(|it| it.y2 - it.y1).fold(0.0, f64::max);
    }

    /// How far below its row an arrow reaches at most.
    pub(super) const fn reach(&self) -> f64 {
        self.tallest
    }

    /// The rows whose arrows can be seen in a window.
    pub(super) fn rows_within(&self, window: super::Window) -> &[Row] {
        let margin = window.height * super::WINDOW_MARGIN;
        let from = window.top - margin - self.tallest - ROW_MIN;
        let to = window.top + window.height + margin + ROW_MIN;
        let first = self.rows.partition_point(|row| row.y < from);
        let behind = self.rows.partition_point(|row| row.y <= to);
        self.rows.get(first..behind).unwrap_or_default()
    }

    /// The rows from one height to another.
    pub(super) fn rows_between(&self, from: f64, to: f64) -> &[Row] {
        let first = self.rows.partition_point(|row| row.y < from);
        let behind = self.rows.partition_point(|row| row.y <= to);
        self.rows.get(first..behind.max(first)).unwrap_or_default()
    }

    /// The row of a step.
    #[must_use]
    pub fn row(&self, step: usize) -> Option<&Row> {
        let first = self.rows.first()?.step;
        self.rows.get(step.checked_sub(first)?)
    }
}
