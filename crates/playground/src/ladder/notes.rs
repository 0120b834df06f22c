//! The labels of what happens beside the packets: to a link, to a device, and to what has no lane of its own on the screen.

use super::layout::{LIFELINE_HALF, Layout, NOTE_HEIGHT, Rect};
use crate::measure::{Face, Measure};
use crate::story::{StepKind, Story};
use crate::text::{self, Language};

/// Air in a label, both sides together.
const NOTE_PADDING: f64 = 20.0;
/// The label of an outage stands this far below its start, clear of the row that ends it.
pub(super) const OUTAGE_LABEL_AT: f64 = 24.0;
/// The label of an outage is this high.
pub(super) const OUTAGE_LABEL_HEIGHT: f64 = 26.0;

/// A label, and where it stands but for its height.
pub(super) struct Label {
    pub(super) text: String,
    pub(super) is_fault: bool,
    x: f64,
    width: f64,
}

impl Label {
    /// Its box in a row.
    pub(super) fn at(&self, layout: &Layout, y: f64) -> Rect {
        let rect = layout.beside_gutter(Rect::around(self.x, y, self.width, NOTE_HEIGHT));
        Rect {
            x: rect.x.min(layout.width - rect.width).max(0.0),
            ..rect
        }
    }
}

/// What is written in the row of a step, if it has a label. What happens on a lane that is not shown is written at a lane
/// that it has a link to, with its name.
pub(super) fn label(
    language: Language,
    story: &Story,
    layout: &Layout,
    kind: StepKind,
    measure: &dyn Measure,
) -> Option<Label> {
    let (phrase, is_fault) = match kind {
        StepKind::Restored(_) => (text::LINK_UP, false),
        StepKind::Silent(_) => (text::LINK_SILENT, true),
        StepKind::Stalled(_) => (text::LINK_STALLED, true),
        StepKind::Held(_) => (text::LINK_HELD, false),
        StepKind::Released(_) => (text::LINK_RELEASED, false),
        StepKind::Refused(_) => (text::REFUSED, true),
        StepKind::Down { crashed: true, .. } => (text::CRASHES, true),
        StepKind::Down { crashed: false, .. } => (text::LOSES_POWER, true),
        StepKind::Up(_) => (text::STARTS_AGAIN, false),
        // Where there is a lane, these have drawings.
        StepKind::Cut(_) => (text::LINK_CUT_SHORT, true),
        StepKind::Effect(effect) => return acted(language, story, layout, effect, measure),
        StepKind::Packet(_) | StepKind::Vanished(_) => return None,
    };
    let (x, away) = match kind {
        StepKind::Restored(wire)
        | StepKind::Silent(wire)
        | StepKind::Stalled(wire)
        | StepKind::Held(wire)
        | StepKind::Released(wire)
        | StepKind::Cut(wire) => {
            let ends = story.wires.get(wire)?;
            match (layout.lane(ends.client), layout.lane(ends.broker)) {
                (Some(_), Some(_)) if matches!(kind, StepKind::Cut(_)) => return None,
                (Some(a), Some(b)) => ((a + b) / 2.0, None),
                (Some(a), None) => (a, Some(ends.broker)),
                (None, Some(b)) => (b, Some(ends.client)),
                (None, None) => return None,
            }
        }
        StepKind::Refused(lane) | StepKind::Down { lane, .. } | StepKind::Up(lane) => {
            match layout.lane(lane) {
                Some(x) => (x, None),
                None => (beside(story, layout, lane)?, Some(lane)),
            }
        }
        StepKind::Effect(_) | StepKind::Packet(_) | StepKind::Vanished(_) => return None,
    };
    let words = phrase.to(language).to_owned();
    let words = Words {
        words,
        away,
        is_fault,
    };
    Some(words.at(story, layout, x, measure))
}

/// What a device did that has no lane on the screen.
fn acted(
    language: Language,
    story: &Story,
    layout: &Layout,
    effect: usize,
    measure: &dyn Measure,
) -> Option<Label> {
    let effect = story.effects.get(effect)?;
    if layout.lane(effect.lane).is_some() {
        return None;
    }
    let words = Words {
        words: text::effect(language, &effect.what),
        away: Some(effect.lane),
        is_fault: false,
    };
    let x = beside(story, layout, effect.lane)?;
    Some(words.at(story, layout, x, measure))
}

/// What a label says, and of which lane that is not shown.
struct Words {
    words: String,
    away: Option<usize>,
    is_fault: bool,
}

impl Words {
    fn at(self, story: &Story, layout: &Layout, x: f64, measure: &dyn Measure) -> Label {
        let Self {
            words,
            away,
            is_fault,
        } = self;
        let most = (layout.width - layout.gutter - NOTE_PADDING).max(0.0);
        let text = match away {
            Some(lane) => format!("{}: {words}", story.name(lane)),
            None => words,
        };
        let text = super::shortened(&text, most, measure);
        Label {
            width: measure.width(&text, Face::Strong) + NOTE_PADDING,
            text,
            is_fault,
            x,
        }
    }
}

/// A lane that is shown and that a lane that is not has a link to.
fn beside(story: &Story, layout: &Layout, lane: usize) -> Option<f64> {
    let others = story.wires.iter().filter_map(|wire| match lane {
        it if it == wire.client => Some(wire.broker),
        it if it == wire.broker => Some(wire.client),
        _ => None,
    });
    others.filter_map(|other| layout.lane(other)).next()
}

/// The free width between the two lifelines of a link.
pub(super) fn between(story: &Story, layout: &Layout, wire: usize) -> Option<(f64, f64)> {
    let wire = story.wires.get(wire)?;
    let (a, b) = (layout.lane(wire.client)?, layout.lane(wire.broker)?);
    Some((a.min(b) + LIFELINE_HALF, a.max(b) - LIFELINE_HALF))
}

/// The words of an outage and the width of their box, where there is so much room. On a short link the cross of what was lost
/// stands beside them.
pub(super) fn outage_words(
    language: Language,
    narrow: bool,
    room: f64,
    measure: &dyn Measure,
) -> (&'static str, f64) {
    let long = text::LINK_CUT.to(language);
    let width = measure.width(long, Face::Strong) + 24.0;
    if narrow || width > room - 8.0 {
        let short = text::LINK_CUT_SHORT.to(language);
        let width = measure.width(short, Face::Strong) + 14.0;
        (short, width.min(room - 8.0))
    } else {
        (long, width)
    }
}
