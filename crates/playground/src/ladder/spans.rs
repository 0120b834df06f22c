//! What lasts: outages, connections and exchanges, each from its interval.

use super::{
    Arrow, BRACKET, Bar, Bracket, FUTURE, OutageMark, Point, Rect, Scene, WINDOW_MARGIN, layout,
    notes,
};
use crate::story::{Exchange, Outage, SpanKind, StepKind};

/// Brackets that are open at the same time stand this far apart.
const BRACKET_PITCH: f64 = 8.0;

/// An open bracket ends this far below the present.
const BRACKET_AHEAD: f64 = 14.0;

impl Scene<'_> {
    pub(super) fn outages(&self, lasting: bool) -> Vec<OutageMark> {
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

    pub(super) fn bars(&self) -> Vec<Bar> {
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

    pub(super) fn has_label_on_first_lane(&self) -> bool {
        // At the end the present stays where the last step was.
        let step = self.position.step.min(self.story.steps.len());
        let kind = self.story.step(step).map(|step| step.kind);
        let Some(StepKind::Down { lane, .. } | StepKind::Up(lane) | StepKind::Refused(lane)) = kind
        else {
            return false;
        };
        self.layout.shown.first() == Some(&lane)
    }

    pub(super) fn has_left_brackets(&self) -> bool {
        let first = self.layout.shown.first();
        self.story.exchanges.iter().any(|exchange| {
            Some(&exchange.sender) == first && self.position.has(exchange.interval.from)
        })
    }

    pub(super) fn brackets(&self, open: bool) -> Vec<Bracket> {
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

    pub(super) fn bracket(
        &self,
        index: usize,
        exchange: &Exchange,
        is_open: bool,
    ) -> Option<Bracket> {
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
}
