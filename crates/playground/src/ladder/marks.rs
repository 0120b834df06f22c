//! What a ladder is drawn from: the marks of what stands still and of what moves, placed and with their texts.

use super::layout::Rect;
use crate::story::{Figure, Role, SpanKind};

/// A row's mark in the gutter.
#[derive(Clone, Debug, PartialEq)]
pub struct RowMark {
    /// The step, from 1.
    pub step: usize,
    /// Height of its text.
    pub y: f64,
    /// The time, as text; none where there is no room.
    pub time: Option<String>,
    /// Whether it is selected.
    pub is_selected: bool,
}

/// A collapsed silence.
#[derive(Clone, Debug, PartialEq)]
pub struct GapMark {
    /// Height.
    pub y: f64,
    /// How long it was; none where there is no room.
    pub length: Option<String>,
}

/// A pill.
#[derive(Clone, Debug, PartialEq)]
pub struct Pill {
    /// Centre.
    pub x: f64,
    /// Centre.
    pub y: f64,
    /// Width; the height is [`PILL_HEIGHT`](super::PILL_HEIGHT).
    pub width: f64,
    /// The bold text.
    pub title: String,
    /// The detail at the right.
    pub detail: Option<String>,
    /// Whether it repeats an earlier packet, which a dashed ghost shows.
    pub is_repeated: bool,
    /// Whether it is selected.
    pub is_selected: bool,
    /// Whether the Tab key stops at it: at one of all packets, as the arrow keys lead to the others.
    pub is_stop: bool,
    /// The whole sentence for those who do not see it.
    pub sentence: String,
}

/// An arrow and its pill.
#[derive(Clone, Debug, PartialEq)]
pub struct ArrowMark {
    /// The flight.
    pub flight: usize,
    /// The step.
    pub step: usize,
    /// The role.
    pub role: Role,
    /// Tail.
    pub x1: f64,
    /// Tail.
    pub y1: f64,
    /// Tip.
    pub x2: f64,
    /// Tip.
    pub y2: f64,
    /// For a packet that has not reached its tip: how far its solid line goes.
    pub reach: Option<(f64, f64)>,
    /// Whether it is lost at [`reach`](Self::reach); else it flies on.
    pub is_lost: bool,
    /// The gate before what is held on its way.
    pub gate: Option<Point>,
    /// From which height to which the drawing can be seen: what lies beyond need not be drawn.
    pub sight: (f64, f64),
    /// The pill.
    pub pill: Pill,
    /// The name of a lane that is not shown, at the end where it would be: centre, base line, text.
    pub beyond: Option<(f64, f64, String)>,
}

impl ArrowMark {
    /// The part that can be seen of a line between two points of the arrow; none if that is nothing.
    #[must_use]
    pub fn in_sight(&self, (x1, y1): Point, (x2, y2): Point) -> Option<(Point, Point)> {
        let (top, bottom) = self.sight;
        if y1.min(y2) > bottom || y1.max(y2) < top {
            return None;
        }
        let at = |y: f64| {
            let kept = y.clamp(top, bottom);
            if kept == y {
                return None;
            }
            Some((x1 + (x2 - x1) * (kept - y1) / (y2 - y1), kept))
        };
        Some((at(y1).unwrap_or((x1, y1)), at(y2).unwrap_or((x2, y2))))
    }

    /// Whether its pill can be seen, or has to be there because it is selected.
    #[must_use]
    pub fn has_pill(&self) -> bool {
        let (top, bottom) = self.sight;
        self.pill.is_selected || (top..=bottom).contains(&self.pill.y)
    }
}

/// A place in the drawing.
pub type Point = (f64, f64);

/// The block of an outage between two lifelines.
#[derive(Clone, Debug, PartialEq)]
pub struct OutageMark {
    /// The block.
    pub rect: Rect,
    /// The centre of its label, if there is room for one.
    pub label: Option<(f64, f64)>,
    /// Width of the label's box.
    pub label_width: f64,
    /// The label.
    pub text: &'static str,
}

/// A short label in a row of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// Its box.
    pub rect: Rect,
    /// What it says.
    pub text: String,
    /// Whether it tells of a fault.
    pub is_fault: bool,
}

/// What a device did.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectMark {
    /// Its box.
    pub rect: Rect,
    /// Where the stem starts.
    pub stem: Option<f64>,
    /// What it did.
    pub text: String,
    /// Whether the same message did so before.
    pub again: bool,
    /// The sum, under a repeated effect: its left edge and what it says.
    pub total: Option<(f64, String)>,
}

/// The bracket of a message in flight, left of its sender's lifeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Bracket {
    /// Its vertical line.
    pub x: f64,
    /// First send.
    pub y1: f64,
    /// Final acknowledgement, or a little below the present.
    pub y2: f64,
    /// Whether the acknowledgement is still missing.
    pub is_open: bool,
}

/// A stretch of a lifeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Its centre.
    pub x: f64,
    /// Upper end.
    pub y1: f64,
    /// Lower end.
    pub y2: f64,
    /// What it says.
    pub kind: SpanKind,
    /// Whether it goes on as far as the present, wherever that is.
    pub is_open: bool,
}

/// The box that hangs on a bracket.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionBox {
    /// The box.
    pub rect: Rect,
    /// The bracket that it hangs on.
    pub hook: f64,
    /// Whether it is the small one.
    pub narrow: bool,
    /// Its title.
    pub title: String,
    /// Facts: what and how much.
    pub facts: Vec<(&'static str, String)>,
}

/// The head of a lane.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneHead {
    /// The lane.
    pub lane: usize,
    /// Its centre.
    pub x: f64,
    /// Its width.
    pub width: f64,
    /// The figure, if there is room for it.
    pub figure: Option<Figure>,
    /// As much of the name as there is room for.
    pub name: String,
    /// The name.
    pub full: String,
}

/// What changes only when a record happens, the selection moves or the pane changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Still {
    /// Width of the drawing.
    pub width: f64,
    /// Whether the time column is left out.
    pub narrow: bool,
    /// Right edges of step number and time.
    pub gutter: (f64, f64),
    /// How far apart two lanes stand.
    pub pitch: f64,
    /// Whether the count of hidden lanes stands over the gutter.
    pub is_chip_left: bool,
    /// The heads of the lanes.
    pub heads: Vec<LaneHead>,
    /// The lifelines that are in the pane.
    pub lanes: Vec<f64>,
    /// Sessions and connections; what lasts reaches far, and is cut off at the present.
    pub bars: Vec<Bar>,
    /// The selected row: upper edge and height.
    pub band: Option<(f64, f64)>,
    /// The rows.
    pub rows: Vec<RowMark>,
    /// The rows in which a board and its twin differ first: upper edge and height.
    pub differs: Vec<(f64, f64)>,
    /// The collapsed silences.
    pub gaps: Vec<GapMark>,
    /// The outages that are over.
    pub outages: Vec<OutageMark>,
    /// The packets that do not fly any more.
    pub arrows: Vec<ArrowMark>,
    /// What devices did.
    pub effects: Vec<EffectMark>,
    /// Links that work again, and connections that were refused.
    pub notes: Vec<Note>,
    /// The messages that are acknowledged.
    pub brackets: Vec<Bracket>,
    /// What the fold hides, if it hides something or could.
    pub fold: Option<Fold>,
}

/// The line that stands for folded steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Fold {
    /// Whether the steps are shown.
    pub is_open: bool,
    /// What they are.
    pub text: String,
}

/// The flag at the present.
#[derive(Clone, Debug, PartialEq)]
pub struct Flag {
    /// Its tip.
    pub x: f64,
    /// Its middle.
    pub y: f64,
    /// Its width.
    pub width: f64,
    /// The time.
    pub text: String,
}

/// What changes with every frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moving {
    /// Height of the drawing.
    pub height: f64,
    /// The present.
    pub now_y: f64,
    /// The outages that last.
    pub outages: Vec<OutageMark>,
    /// The packets on their way.
    pub arrows: Vec<ArrowMark>,
    /// The messages that wait for their acknowledgement.
    pub brackets: Vec<Bracket>,
    /// The facts about the message of the selected step.
    pub session: Option<SessionBox>,
    /// The dashed lines of the present: left and right pieces.
    pub now_lines: Vec<(f64, f64)>,
    /// The flag with the time.
    pub flag: Option<Flag>,
    /// What is said about the future: centre, height, text.
    pub future: Option<(f64, f64, String)>,
}
