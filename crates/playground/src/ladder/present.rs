//! What stands at the present: the session, the flag, and the room for what is to come.

use super::heads::shortened;
use super::layout::LIFELINE_HALF;
use super::{Flag, Rect, Scene, SessionBox};
use crate::measure::Face as Type;
use crate::text;

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

const FLAG_WIDTH: f64 = 102.0;

/// No more boxes than these have room beside the flag.
const FLAG_BOXES: usize = 64;

/// The tip of the flag, and air.
const FLAG_PADDING: f64 = 22.0;

const FLAG_PADDING_LEAST: f64 = 16.0;

impl Scene<'_> {
    /// The facts about the selected message hang on its bracket, if there is free room left of it.
    pub(super) fn session_box(&self, now_y: f64) -> Option<SessionBox> {
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
    pub(super) fn flag_y(&self, now_y: f64, last: f64) -> f64 {
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
    pub(super) fn flag(&self, last: f64, y: f64) -> Option<Flag> {
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

    pub(super) fn future(
        &self,
        now_y: f64,
        session: Option<&SessionBox>,
    ) -> Option<(f64, f64, String)> {
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
}

/// The sizes of the box about a session.
struct SessionSizes {
    least: f64,
    inset: f64,
    head: f64,
    pitch: f64,
}
