//! The ladder: the primary view of a run. Time runs down, one lane per node, one slanted arrow per packet.
//!
//! Drawn in two parts, so that playing redraws little: what stands still ([`Still`]) changes when a record happens, what
//! moves ([`Moving`]) changes with every frame. Spans (lifelines, brackets, outages) are drawn from their intervals and
//! clipped to the window, not from their rows.

mod align;
mod build;
mod layout;
mod marks;
mod notes;

pub use align::align;
pub use build::{Growing, detail};
pub use layout::{Arrow, CROSS, EFFECT_HEIGHT, GHOST, Label, Layout, PILL_HEIGHT, Rect, Stub};
pub use marks::{
    ArrowMark, Bar, Bracket, EffectMark, Flag, Fold, GapMark, LaneHead, Moving, Note, OutageMark,
    Pill, Point, RowMark, SessionBox, Still,
};

use crate::measure::{Face as Type, Measure};
use crate::story::{Exchange, Flight, Outage, Position, SpanKind, StepKind, Story};
use crate::text::{self, Language};
use layout::LIFELINE_HALF;

/// The band of the selected row is this high.
const BAND: f64 = 50.0;
/// A frame round a row is so high, if there is room.
const FRAME: f64 = 30.0;
/// Half of the height of a row's number, with air.
const NUMBER_HALF: f64 = 9.0;
/// A bracket stands this far left of its lifeline.
const BRACKET: f64 = 14.0;
/// Brackets that are open at the same time stand this far apart.
const BRACKET_PITCH: f64 = 8.0;
/// An open bracket ends this far below the present.
const BRACKET_AHEAD: f64 = 14.0;
/// What is drawn above and below the window, in window heights.
const WINDOW_MARGIN: f64 = 1.0;
/// Below the present there is room for this, and for less than a stride more.
const FUTURE: f64 = 80.0;
const STRIDE: f64 = 256.0;
/// The box about a session: least width, insets, and what it needs besides its facts and for each of them.
const SESSION_BOX: SessionSizes = SessionSizes {
    least: 132.0,
    inset: 12.0,
    head: 44.0,
    pitch: 22.0,
};
/// The same where there is little room.
const SESSION_BOX_NARROW: SessionSizes = SessionSizes {
    least: 72.0,
    inset: 9.0,
    head: 36.0,
    pitch: 18.0,
};
/// Between the name of a fact and its value.
const FACT_GAP: f64 = 14.0;
/// Icon and air in the head of a lane.
const HEAD_PADDING: f64 = 44.0;
/// Air in the head of a lane without an icon.
const NAME_PADDING: f64 = 12.0;
/// So much of a name is looked at.
const NAME_MAX_CHARS: usize = 48;
/// Between two heads.
const HEAD_GAP: f64 = 2.0;
/// What the count of hidden lanes takes of the row of heads.
const CHIP: f64 = 40.0;
/// Between the last lifeline and the count beside its head.
const CHIP_AIR: f64 = 36.0;
/// The head of a long name is not longer than this.
const HEAD_MAX: f64 = 200.0;
const FLAG_WIDTH: f64 = 102.0;
/// No more boxes than these have room beside the flag.
const FLAG_BOXES: usize = 64;
/// What stands further right of the pane than this reaches into it with nothing.
const BESIDE_PANE: f64 = 60.0;
/// Between the pill of what is held and the gate before it.
const GATE_AIR: f64 = 7.0;
/// The tip of the flag, and air.
const FLAG_PADDING: f64 = 22.0;
const FLAG_PADDING_LEAST: f64 = 16.0;

/// The sizes of the box about a session.
struct SessionSizes {
    least: f64,
    inset: f64,
    head: f64,
    pitch: f64,
}

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

    fn arrow(&self, flight: usize) -> Option<&Arrow> {
        self.layout.arrows.get(flight)?.as_ref()
    }

    /// Whether something at this place can be seen: lanes beyond the pane are not drawn.
    fn is_in_pane(&self, x: f64) -> bool {
        x <= self.layout.width + BESIDE_PANE
    }

    fn lanes_in_sight(&self) -> impl Iterator<Item = f64> {
        let lanes = self.layout.lanes.iter().flatten().copied();
        lanes.filter(|x| self.is_in_pane(*x))
    }

    /// The count of what is hidden stands at the right, where most of it is, unless only the gutter has room for it.
    fn is_chip_left(&self) -> bool {
        let last = self.layout.edges().map_or(0.0, |(_, last)| last);
        self.layout.narrow && self.layout.width - last < CHIP + CHIP_AIR
    }

    fn heads(&self) -> Vec<LaneHead> {
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

    fn arrows(&self, flying: bool) -> Vec<ArrowMark> {
        let rows = self.layout.rows_within(self.window);
        rows.iter()
            .filter_map(|row| self.story.flight_of(row.step))
            .take_while(|(_, flight)| self.position.has(flight.sent))
            .filter(|(_, flight)| flight.is_flying(self.position) == flying)
            .filter_map(|(number, flight)| self.arrow_mark(number, flight, flying))
            .collect()
    }

    fn arrow_mark(&self, number: usize, flight: &Flight, is_flying: bool) -> Option<ArrowMark> {
        let arrow = self
            .arrow(number)
            .filter(|arrow| self.window.shows(arrow.y1, arrow.y2))
            .filter(|arrow| self.is_in_pane(arrow.x1.min(arrow.x2)))?;
        let is_lost = !is_flying && arrow.stop.is_some();
        let part = if is_flying {
            arrow.pill_part(flight.progress(self.position.now))
        } else {
            arrow.rest
        };
        let reach = if is_flying { Some(part) } else { arrow.stop };
        let (x, y) = arrow.point(part);
        let face = &flight.face;
        let detail = detail(self.language, flight, is_lost);
        let (label, width) = if is_flying {
            arrow.flying
        } else {
            (arrow.label, arrow.pill)
        };
        let detail = (label == Label::Full && !detail.is_empty()).then_some(detail);
        let title = if label == Label::Short {
            face.short_title()
        } else {
            face.title()
        };
        let lit = self.story.packet_about(self.selected, self.position);
        let is_selected = lit == Some(flight.step);
        let length = (arrow.x2 - arrow.x1).abs();
        let is_held = flight.is_held(self.position);
        let (detail, width) = if is_held {
            build::held(self.language, &title, length, self.measure)
        } else {
            (detail, width)
        };
        let gate = is_held.then(|| arrow.point(part + (width / 2.0 + GATE_AIR) / length.max(1.0)));
        // What is heard begins with what is seen.
        let seen = detail
            .as_ref()
            .map_or_else(|| title.clone(), |detail| format!("{title} {detail}"));
        let sentence = format!(
            "{seen}: {}",
            text::pill(
                self.language,
                self.story,
                flight,
                self.position,
                is_selected
            )
        );
        let pill = Pill {
            x,
            y,
            width,
            title,
            detail,
            is_repeated: face.dup,
            is_selected,
            sentence,
        };
        Some(ArrowMark {
            flight: number,
            step: flight.step,
            role: face.role,
            x1: arrow.x1,
            y1: arrow.y1,
            x2: arrow.x2,
            y2: arrow.y2,
            reach: reach.map(|part| arrow.point(part)),
            is_lost,
            gate,
            sight: self.window.sight(),
            pill,
            beyond: arrow.stub.map(|stub| {
                let name = self.story.name(stub.lane);
                let name = shortened(name, stub.rect.width + 1.0, self.measure);
                let middle = stub.rect.x + stub.rect.width / 2.0;
                (middle, stub.rect.y + 12.0, name)
            }),
        })
    }

    fn effects(&self) -> Vec<EffectMark> {
        let mut marks = Vec::new();
        let rows = self.rows_in_sight();
        let record = |row: Option<&layout::Row>| {
            let step = row.and_then(|row| self.story.step(row.step));
            step.map(|step| step.mark.record)
        };
        let (Some(first), Some(last)) = (record(rows.first()), record(rows.last())) else {
            return marks;
        };
        let effects = self.story.effects.iter().enumerate();
        let begun = self
            .story
            .effects
            .partition_point(|it| it.mark.record < first);
        let seen = effects
            .skip(begun)
            .take_while(|(_, it)| it.mark.record <= last && self.position.has(it.mark));
        for (index, effect) in seen {
            let Some(Some(placed)) = self.layout.effects.get(index) else {
                continue;
            };
            if !self.window.shows(placed.rect.y, placed.rect.bottom()) {
                continue;
            }
            let then = Position {
                shown: effect.mark.record + 1,
                ..self.position
            };
            let total = effect.again.map(|_| {
                let text = text::in_total(self.language, self.story.driven(effect.lane, then));
                let inset = if placed.stem.is_some() { 12.0 } else { 0.0 };
                // Where the words are longer than the box they stay in the pane.
                let most = self.layout.width - self.measure.width(&text, Type::Strong) - 4.0;
                ((placed.rect.x + inset).min(most), text)
            });
            marks.push(EffectMark {
                rect: placed.rect,
                stem: placed.stem,
                text: text::effect(self.language, &effect.what),
                again: effect.again.is_some(),
                total,
            });
        }
        marks
    }

    fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        let rows = self.rows_in_sight().iter();
        let steps = rows.filter_map(|row| Some((self.story.step(row.step)?, row)));
        for (step, row) in steps.take_while(|(step, _)| self.position.has(step.mark)) {
            let label = notes::label(
                self.language,
                self.story,
                self.layout,
                step.kind,
                self.measure,
            );
            notes.extend(label.map(|label| Note {
                rect: label.at(self.layout, row.y),
                text: label.text,
                is_fault: label.is_fault,
            }));
        }
        notes
    }

    fn outages(&self, lasting: bool) -> Vec<OutageMark> {
        let outages = self
            .story
            .outages
            .iter()
            .filter(|it| self.position.has(it.interval.from));
        outages
            .filter(|outage| outage.interval.holds(self.position) == lasting)
            .filter_map(|outage| self.outage_mark(outage, lasting))
            .collect()
    }

    fn outage_mark(&self, outage: &Outage, lasting: bool) -> Option<OutageMark> {
        let (x1, x2) = notes::between(self.story, self.layout, outage.wire)?;
        let y1 = self.layout.y_of(outage.interval.from) + 2.0;
        let until = if lasting {
            self.now_y()
        } else {
            self.layout.y_of(outage.interval.until?) - 4.0
        };
        let rect = Rect {
            x: x1,
            y: y1,
            width: x2 - x1,
            height: (until - y1).max(0.0),
        };
        if !self.window.shows(rect.y, rect.bottom()) {
            return None;
        }
        let narrow = self.layout.narrow;
        let (words, label_width) =
            notes::outage_words(self.language, narrow, rect.width, self.measure);
        let label = (rect.height >= 34.0)
            .then(|| self.outage_label(rect, label_width))
            .flatten();
        Some(OutageMark {
            rect,
            label,
            label_width,
            text: words,
        })
    }

    /// The centre of the label of an outage: below the pills and crosses that reach into its block, if that has room there.
    /// Side by side with another ladder packets may reach further into it than the layout had them.
    fn outage_label(&self, block: Rect, width: f64) -> Option<Point> {
        let wished = block.y + (block.height / 2.0).min(notes::OUTAGE_LABEL_AT);
        let x = block.x + block.width / 2.0;
        let mut label = Rect::around(x, wished, width, notes::OUTAGE_LABEL_HEIGHT);
        let rows = self.layout.rows_within(self.window).iter();
        let sent = rows
            .filter_map(|row| self.story.flight_of(row.step))
            .take_while(|(_, flight)| self.position.has(flight.sent));
        let drawn = sent.filter_map(|(number, _)| self.arrow(number));
        let mut taken: Vec<Rect> = drawn.flat_map(Arrow::boxes).collect();
        taken.sort_by(|one, other| one.y.total_cmp(&other.y));
        for it in taken {
            if it.meets(&label) {
                label.y = it.bottom() + 2.0;
            }
        }
        let is_inside = label.bottom()
            <= block
                .bottom()
                .max(wished + notes::OUTAGE_LABEL_HEIGHT / 2.0);
        is_inside.then_some((x, label.y + label.height / 2.0))
    }

    fn bars(&self) -> Vec<Bar> {
        let bottom = self.window.top + self.window.height * (1.0 + WINDOW_MARGIN);
        let far = bottom.max(self.now_y()) + FUTURE;
        let mut bars = Vec::new();
        for span in &self.story.spans {
            if !self.position.has(span.interval.from) {
                continue;
            }
            let Some(x) = self.layout.lane(span.lane) else {
                continue;
            };
            if !self.is_in_pane(x) {
                continue;
            }
            let y1 = self.layout.y_of(span.interval.from);
            let (y2, is_open) = match span.interval.until {
                Some(until) if self.position.has(until) => (self.layout.y_of(until), false),
                _ => (far, true),
            };
            if y2 > y1 && self.window.shows(y1, y2) {
                bars.push(Bar {
                    x,
                    y1,
                    y2,
                    kind: span.kind,
                    is_open,
                });
            }
        }
        bars.sort_by_key(|bar| bar.kind == SpanKind::Connection);
        bars
    }

    fn has_label_on_first_lane(&self) -> bool {
        // At the end the present stays where the last step was.
        let step = self.position.step.min(self.story.steps.len());
        let kind = self.story.step(step).map(|step| step.kind);
        let Some(StepKind::Down { lane, .. } | StepKind::Up(lane) | StepKind::Refused(lane)) = kind
        else {
            return false;
        };
        self.layout.shown.first() == Some(&lane)
    }

    fn has_left_brackets(&self) -> bool {
        let first = self.layout.shown.first();
        self.story.exchanges.iter().any(|exchange| {
            Some(&exchange.sender) == first && self.position.has(exchange.interval.from)
        })
    }

    fn brackets(&self, open: bool) -> Vec<Bracket> {
        let rows = self.rows_in_sight();
        let record = |row: &layout::Row| Some(self.story.step(row.step)?.mark.record);
        let first = rows.first().and_then(record).unwrap_or(0);
        // Its end is after its last row.
        let next = rows.last().map_or(1, |row| row.step + 1);
        let next = self.story.step(next).map(|step| step.mark.record);
        let last = next.unwrap_or(self.position.shown);
        let within = self.story.exchanges_within(first, last);
        let exchanges = self.story.exchanges.iter().enumerate();
        exchanges
            .take(within.end)
            .skip(within.start)
            .filter(|(_, exchange)| self.position.has(exchange.interval.from))
            .filter(|(_, exchange)| exchange.interval.holds(self.position) == open)
            .filter_map(|(index, exchange)| self.bracket(index, exchange, open))
            .collect()
    }

    fn bracket(&self, index: usize, exchange: &Exchange, is_open: bool) -> Option<Bracket> {
        let lane = self.layout.lane(exchange.sender)?;
        let first = exchange
            .flights
            .iter()
            .find_map(|&flight| self.arrow(flight));
        let y1 = first.map_or(0.0, |arrow| arrow.y1);
        let y2 = match exchange.interval.until {
            Some(until) if !is_open => self.layout.y_of(until),
            _ => self.now_y() + BRACKET_AHEAD,
        };
        if !self.window.shows(y1, y2) {
            return None;
        }
        // Messages of one sender that overlap stand side by side.
        let from = exchange.interval.from.record;
        let open = self.story.exchanges_within(from, from).start;
        let before = self.story.exchanges.iter().take(index).skip(open);
        let beside = before.filter(|it| {
            it.sender == exchange.sender
                && it
                    .interval
                    .until
                    .is_none_or(|until| until > exchange.interval.from)
        });
        let x = lane - BRACKET - BRACKET_PITCH * beside.count().min(3) as f64;
        Some(Bracket { x, y1, y2, is_open })
    }

    /// The facts about the selected message hang on its bracket, if there is free room left of it.
    fn session_box(&self, now_y: f64) -> Option<SessionBox> {
        let (_, flight) = self.story.flight_of(self.selected)?;
        let number = flight.exchange?;
        let exchange = self.story.exchanges.get(number)?;
        let shown = &self.layout.shown;
        let place = shown.iter().position(|lane| *lane == exchange.sender)?;
        let left = self.layout.lane(*shown.get(place.checked_sub(1)?)?)?;
        let bracket = self.bracket(number, exchange, exchange.interval.holds(self.position))?;
        let facts = text::exchange_facts(
            self.language,
            self.story,
            exchange,
            self.position,
            self.layout.narrow,
        );
        let sizes = if self.layout.narrow {
            SESSION_BOX_NARROW
        } else {
            SESSION_BOX
        };
        let receiver = self
            .story
            .lanes
            .get(exchange.receiver)
            .map_or("", |lane| lane.shown.as_str());
        let title = if self.layout.narrow {
            receiver.to_owned()
        } else {
            text::session_of(self.language, receiver)
        };
        let room = bracket.x - 14.0 - left - 8.0;
        let within = |width: f64| width + 2.0 * sizes.inset;
        let fact = |(name, value): &(&str, String)| {
            let gap = if name.is_empty() { 0.0 } else { FACT_GAP };
            self.measure.width(name, Type::Plain) + gap + self.measure.width(value, Type::Strong)
        };
        let facts_width = within(facts.iter().map(fact).fold(0.0, f64::max));
        // A long name gives way, a fact does not.
        let title = shortened(&title, room - 2.0 * sizes.inset, self.measure);
        let width = within(self.measure.width(&title, Type::Strong)).max(facts_width);
        let width = width.max(sizes.least).ceil();
        let height = sizes.head + sizes.pitch * facts.len() as f64;
        let x = bracket.x - 14.0 - width;
        if x < left + 8.0 {
            return None;
        }
        let mut rect = Rect {
            x,
            y: bracket.y1 + 8.0,
            width,
            height,
        };
        let obstacles = self.session_obstacles(rect.y, bracket.y2.max(now_y));
        while let Some(lowest) = obstacles
            .iter()
            .filter(|it| it.meets(&rect))
            .map(Rect::bottom)
            .reduce(f64::max)
        {
            rect.y = lowest + 1.0;
        }
        if rect.y + 20.0 > bracket.y2.max(now_y) {
            return None;
        }
        Some(SessionBox {
            rect,
            hook: bracket.x,
            narrow: self.layout.narrow,
            title,
            facts,
        })
    }

    /// The arrows from one height to another.
    fn session_obstacles(&self, from: f64, to: f64) -> Vec<Rect> {
        let rows = self.layout.rows_between(from - self.layout.reach(), to);
        let flights = rows
            .iter()
            .filter_map(|row| self.story.flight_of(row.step))
            .take_while(|(_, flight)| self.position.has(flight.sent));
        flights
            .filter_map(|(number, _)| self.arrow(number))
            .map(|arrow| Rect {
                x: arrow.x1.min(arrow.x2),
                y: arrow.y1 - 4.0,
                width: (arrow.x2 - arrow.x1).abs(),
                height: arrow.y2 - arrow.y1 + 14.0,
            })
            .collect()
    }

    /// The flag stands at the present, but never on a box in the same margin.
    fn flag_y(&self, now_y: f64, last: f64) -> f64 {
        let flag = Rect {
            x: last + 20.0,
            y: now_y - 12.0,
            width: FLAG_WIDTH,
            height: 24.0,
        };
        // The newest: older ones are further up.
        let happened = self
            .story
            .effects
            .partition_point(|it| self.position.has(it.mark));
        let newest = happened.saturating_sub(FLAG_BOXES)..happened;
        let shown = newest.filter_map(|it| self.layout.effects.get(it)?.as_ref());
        let lowest = shown
            .map(|it| it.rect)
            .filter(|rect| rect.meets(&flag))
            .map(|rect| rect.bottom())
            .reduce(f64::max);
        lowest.map_or(now_y, |bottom| bottom + 15.0)
    }

    /// The flag with the time, as far as there is room for words beside the last lifeline.
    fn flag(&self, last: f64, y: f64) -> Option<Flag> {
        let width = self.layout.width;
        let words = [
            (
                text::now(self.language, self.position.now),
                FLAG_WIDTH,
                FLAG_PADDING,
            ),
            (
                text::clock(self.language, self.position.now),
                0.0,
                FLAG_PADDING_LEAST,
            ),
        ];
        words.into_iter().find_map(|(text, least, padding)| {
            // Digits have one width: a new time is not measured anew with every frame.
            let digits = text.replace(|it: char| it.is_ascii_digit(), "0");
            let own = least.max(self.measure.width(&digits, Type::Strong) + padding);
            let x = (last + 24.0).min(width - own - 4.0);
            (x > last + LIFELINE_HALF).then_some(Flag {
                x,
                y,
                width: own,
                text,
            })
        })
    }

    fn future(&self, now_y: f64, session: Option<&SessionBox>) -> Option<(f64, f64, String)> {
        let next = self.position.step + 1;
        let count = self.story.steps.len();
        if next > count || self.layout.shown.is_empty() {
            return None;
        }
        let two = self.layout.shown.iter().take(2);
        let sum = two.filter_map(|lane| self.layout.lane(*lane)).sum::<f64>();
        let x = if self.layout.narrow {
            self.layout.width / 2.0 + 8.0
        } else {
            sum / 2.0
        };
        let text = text::not_yet(self.language, next, count);
        let half = self.measure.width(&text, Type::Plain) / 2.0 + 4.0;
        let least = self.layout.gutter + half;
        let x = x.max(least).min((self.layout.width - half).max(half));
        // Under the present, and under the band of the selected row.
        let band = self.band().map_or(0.0, |(y, height)| y + height + 20.0);
        let y = (now_y + 47.0).max(band);
        // And under the box of the session where that stands in its way.
        let hidden = session.map(|session| session.rect).filter(|rect| {
            let is_beside = x + half < rect.x || x - half > rect.right();
            !is_beside && y + 8.0 > rect.y && y - 16.0 < rect.bottom()
        });
        let y = hidden.map_or(y, |rect| rect.bottom() + 24.0);
        Some((x, y, text))
    }

    fn fold(&self) -> Option<Fold> {
        let is_open = self.folded == 0;
        (self.foldable > 1 && self.position.step > self.foldable).then(|| Fold {
            is_open,
            text: text::folded(self.language, self.story, self.foldable),
        })
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

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests;
