//! Lays a story out. Pure arithmetic: a story, a width and text widths in, positions out.
//!
//! Units are CSS pixels at 1x. Text is never scaled: a wider pane gets wider lanes, a narrow one drops the time column and
//! the details on the pills. The layout does not depend on the moment: a view cuts it off at the present.

use super::layout::{
    Arrow, CROSS_ROOM, EFFECT_HEIGHT, EffectBox, GHOST, Gap, LIFELINE_HALF, Label, Layout,
    PILL_AIR, ROW_MIN, Rect, Row, STOP_MOST, SUM_HEIGHT, Stub,
};
use super::notes::{self, OUTAGE_LABEL_AT, OUTAGE_LABEL_HEIGHT};
use super::shortened;
use crate::lanes::Lanes;
use crate::measure::{Face, Measure};
use crate::story::{Detail, Fate, Flight, IDLE_MICROS, Mark, StepKind, Story};
use crate::text::{self, Language};
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap};

/// The first row starts here.
const TOP: f64 = 20.0;
/// Right edge of the step numbers.
const STEP_RIGHT: f64 = 32.0;
const STEP_RIGHT_NARROW: f64 = 24.0;
/// Right edge of the times.
const TIME_RIGHT: f64 = 94.0;
/// Left of a number there is at least so much air.
const GUTTER_AIR: f64 = 3.0;
/// Where the gutter ends.
const GUTTER: f64 = 104.0;
const GUTTER_NARROW: f64 = 34.0;
/// Beside the outermost lane there is so much room for what goes on to lanes beyond it: the pill and the cross of a lost packet.
const BEYOND: f64 = 120.0;
/// Two lanes are at least so far apart, if there are few.
const LANE_MIN: f64 = 118.0;
/// Least distance of two lanes among many; what has no room then is hidden.
const LANE_CROWDED: f64 = 78.0;
/// What many lanes leave at the right.
const CROWDED_MARGIN: f64 = 90.0;
/// Widest content: wider panes centre it.
const CONTENT_MAX: f64 = 992.0;
/// Below this width the time column and the details drop out.
const NARROW_BELOW: f64 = 560.0;
/// Arrow drop per millisecond of latency.
const DROP_PER_MS: f64 = 0.5;
const DROP_MIN: f64 = 16.0;
const DROP_MAX: f64 = 60.0;
/// Height of a collapsed silence.
const IDLE_HEIGHT: f64 = 56.0;
/// Least vertical distance of the centres of two pills that share a place.
const PILL_PITCH: f64 = 28.0;
/// Text inset of a pill, both sides together.
const PILL_PADDING: f64 = 18.0;
/// Between name and detail.
const DETAIL_GAP: f64 = 14.0;
/// A pill covers at most this share of its arrow, or it drops the detail.
const PILL_SHARE: f64 = 0.75;
/// Whether there is a session is worth more of it, and so is the bare name.
const SESSION_SHARE: f64 = 0.85;
/// Where a pill sits on its arrow.
const PILL_AT: f64 = 0.48;
/// Between an arrival and what leaves the same lifeline after it.
const AFTER_ARRIVAL: f64 = 6.0;
/// The block of an outage holds its label.
const OUTAGE_HEIGHT: f64 = 52.0;

/// The last event on a lifeline.
#[derive(Clone, Copy, Default)]
struct LaneEvent {
    at: u64,
    y: f64,
}

/// A flight that has not yet been given its tip.
#[derive(Clone, Copy)]
struct Pending {
    due: u64,
    flight: usize,
    tip: f64,
}

impl Pending {
    /// Those that are due at the same time come in the order of their sending.
    const fn order(&self) -> (u64, usize) {
        (self.due, self.flight)
    }
}

impl Ord for Pending {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(&other.order())
    }
}

impl PartialOrd for Pending {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Pending {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Pending {}

/// How far a layout has come, and what the next step needs of it.
#[derive(Clone)]
struct SoFar {
    layout: Layout,
    /// How wide the names of lanes that are not shown are, in so much room.
    names: BTreeMap<(usize, u64), f64>,
    /// Per lane: where its last event stands.
    lane_last: Vec<LaneEvent>,
    /// What stands in the way of pills; only the last few matter.
    obstacles: Vec<Rect>,
    /// The next that is due first.
    pending: BinaryHeap<Reverse<Pending>>,
    /// The last moment at which something happened, and where it stands.
    busy_until: (u64, f64),
    /// When the last step was, and where it stands.
    previous: Option<(u64, f64)>,
    /// How many steps are laid out or left out.
    steps: usize,
}

/// A layout that can go on where it ended: of a story that grows, only what is new is laid out. It belongs to one story, and to
/// one order of lanes.
#[derive(Default)]
pub struct Growing {
    /// As far as nothing changes any more: before the first packet of which it is not known what becomes.
    known: Option<Known>,
    /// Of so many effects the widest, in this language.
    widest: (Option<Language>, usize, f64),
}

struct Known {
    /// An empty layout: what stood elsewhere in another one is laid out anew.
    frame: (Layout, Vec<usize>),
    language: Language,
    folded: usize,
    /// The last step.
    last: Option<Mark>,
    so_far: SoFar,
}

impl Growing {
    /// Lays out the first `steps` of the story without the first `folded` of them, as [`Layout::of_first`] does.
    pub fn layout(
        &mut self,
        language: Language,
        story: &Story,
        lanes: &Lanes,
        width: f64,
        (folded, steps): (usize, usize),
        measure: &dyn Measure,
    ) -> Layout {
        let (seen, widest) = match self.widest {
            (known, seen, widest) if known == Some(language) => (seen, widest),
            _ => (0, 0.0),
        };
        let fresh = story.effects.iter().skip(seen);
        let fresh = fresh.map(|it| effect_width(&text::effect(language, &it.what), measure));
        let widest = fresh.fold(widest, f64::max);
        self.widest = (Some(language), story.effects.len(), widest);
        let frame = frame(language, story, lanes, width, widest, measure);
        let open = story.first_open().map_or(usize::MAX, |flight| flight.step);
        let settled = steps.min(open.saturating_sub(1)).min(story.steps.len());
        let last_of = |steps: usize| Some(story.step(steps)?.mark);
        let known = self.known.take().filter(|it| {
            let so_far = it.so_far.steps;
            (it.language, it.folded) == (language, folded)
                && so_far <= settled
                && it.last == last_of(so_far)
                && it.frame == frame
        });
        let so_far = match known {
            Some(known) => known.so_far,
            None => SoFar::new(frame.0.clone(), story.lanes.len(), folded),
        };
        let mut builder = Builder {
            language,
            story,
            measure,
            order: &frame.1,
            so_far,
        };
        builder.go_on(settled);
        let so_far = builder.so_far.clone();
        builder.go_on(steps);
        let layout = builder.finish();
        self.known = Some(Known {
            last: last_of(so_far.steps),
            frame,
            language,
            folded,
            so_far,
        });
        layout
    }
}

impl SoFar {
    fn new(frame: Layout, lanes: usize, folded: usize) -> Self {
        Self {
            layout: frame,
            names: BTreeMap::new(),
            lane_last: vec![LaneEvent::default(); lanes],
            obstacles: Vec::new(),
            pending: BinaryHeap::new(),
            busy_until: (0, 0.0),
            previous: None,
            steps: folded,
        }
    }
}

struct Builder<'a> {
    language: Language,
    story: &'a Story,
    measure: &'a dyn Measure,
    /// All lanes left to right, those that are not shown, too.
    order: &'a [usize],
    so_far: SoFar,
}

/// How much more room than usual the numbers of a run's last step and of its time take, in the columns of the gutter.
fn longer(language: Language, story: &Story, step_right: f64, measure: &dyn Measure) -> (f64, f64) {
    // Bold, as the present's are; all digits are equally wide.
    let width = |text: String| {
        let zeros: String = text
            .chars()
            .map(|it| if it.is_ascii_digit() { '0' } else { it })
            .collect();
        measure.width(&zeros, Face::Strong)
    };
    let more = |text: String, room: f64| (width(text) + GUTTER_AIR - room).max(0.0);
    let last = story.steps.last().map_or(0, |step| step.mark.at);
    (
        more(story.steps.len().to_string(), step_right),
        more(text::clock(language, last), TIME_RIGHT - STEP_RIGHT),
    )
}

/// Where the lanes stand, with nothing on them, and all lanes left to right. Device effects are so wide at most.
fn frame(
    language: Language,
    story: &Story,
    lanes: &Lanes,
    width: f64,
    effects: f64,
    measure: &dyn Measure,
) -> (Layout, Vec<usize>) {
    let narrow = width < NARROW_BELOW;
    let content = width.min(CONTENT_MAX);
    let offset = (width - content) / 2.0;
    let step_right = if narrow {
        STEP_RIGHT_NARROW
    } else {
        STEP_RIGHT
    };
    let (more_steps, more_times) = longer(language, story, step_right, measure);
    let (first, right_margin) = if narrow {
        (60.0 + more_steps, 50.0)
    } else {
        let first = 154.0 + more_steps + more_times;
        (first, f64::max(130.0, effects + LIFELINE_HALF + 16.0))
    };
    let count = story.lanes.len();
    let gaps = |shown: usize| shown.max(2) as f64 - 1.0;
    let least = if narrow { LANE_CROWDED } else { LANE_MIN };
    let all = lanes.shown(count, count, |_| true).len();
    let is_crowded = (content - first - right_margin) / gaps(all) < least;
    let right_margin = if is_crowded && !narrow {
        CROWDED_MARGIN
    } else {
        right_margin
    };
    let order = lanes.order(count);
    let shown_in = |first: f64, right_margin: f64| {
        let room = (content - first - right_margin).max(0.0);
        let most = (room / LANE_CROWDED) as usize + 1;
        let shown = lanes.shown(count, most, |lane| story.is_broker(lane));
        (room, shown)
    };
    let (mut first, mut right_margin) = (first, right_margin);
    let (mut room, mut shown) = shown_in(first, right_margin);
    let (is_left, is_right) = beyond(story, &order, &shown);
    if is_left || is_right {
        let gutter = if narrow {
            GUTTER_NARROW
        } else {
            GUTTER + more_times
        } + more_steps;
        if is_left {
            first = first.max(gutter + BEYOND);
        }
        if is_right {
            right_margin = right_margin.max(BEYOND);
        }
        (room, shown) = shown_in(first, right_margin);
    }
    let spacing = (room / gaps(shown.len())).max(LANE_CROWDED);
    let mut lanes = vec![None; count];
    for (place, &lane) in shown.iter().enumerate() {
        if let Some(slot) = lanes.get_mut(lane) {
            *slot = Some(offset + first + spacing * place as f64);
        }
    }
    let layout = Layout {
        width,
        narrow,
        step_right: offset + step_right + more_steps,
        time_right: offset + TIME_RIGHT + more_steps + more_times,
        gutter: offset
            + more_steps
            + if narrow {
                GUTTER_NARROW
            } else {
                GUTTER + more_times
            },
        lanes,
        shown,
        pitch: spacing,
        ..Layout::default()
    };
    (layout, order)
}

/// Whether the leftmost lane that is shown has a link to one further left that is not, and the rightmost to one further right.
fn beyond(story: &Story, order: &[usize], shown: &[usize]) -> (bool, bool) {
    let place = |lane: usize| order.iter().position(|it| *it == lane);
    let mut found = (false, false);
    for wire in &story.wires {
        for (here, away) in [(wire.client, wire.broker), (wire.broker, wire.client)] {
            if !shown.contains(&away) {
                found.0 |= shown.first() == Some(&here) && place(away) < place(here);
                found.1 |= shown.last() == Some(&here) && place(away) > place(here);
            }
        }
    }
    found
}

impl Builder<'_> {
    /// Lays out what is missing of the first `steps` of the story.
    fn go_on(&mut self, steps: usize) {
        let story = self.story;
        let begun = self.so_far.steps;
        self.so_far.steps = steps.min(story.steps.len()).max(begun);
        for (index, step) in story.steps.iter().enumerate().take(steps).skip(begun) {
            let previous = self.so_far.previous;
            let at = step.mark.at;
            self.arrive_until(at);
            let mut y = match previous {
                None => TOP,
                Some((before, y)) => {
                    let idle = at.saturating_sub(self.so_far.busy_until.0);
                    if idle > IDLE_MICROS {
                        let from = self.so_far.busy_until.1.max(y);
                        self.so_far.layout.gaps.push(Gap {
                            y: from + IDLE_HEIGHT / 2.0,
                            micros: idle,
                            before: index + 1,
                        });
                        from + IDLE_HEIGHT
                    } else {
                        y + f64::max(ROW_MIN, millis(at - before) * DROP_PER_MS)
                    }
                }
            };
            let mut centre = y;
            match step.kind {
                StepKind::Packet(number) => {
                    if let Some(flight) = story.flights.get(number) {
                        y = self.depart(number, flight, y);
                        centre = self
                            .so_far
                            .layout
                            .arrows
                            .get(number)
                            .copied()
                            .flatten()
                            .map_or(y, |it| (it.y1 + it.y2) / 2.0);
                    }
                }
                StepKind::Cut(wire) if self.between(wire).is_some() => {
                    y = self.place_outage(wire, y);
                    centre = y;
                    self.so_far.busy_until = (at, y);
                }
                StepKind::Effect(effect) if self.has_lane(effect) => {
                    y = self.place_effect(
                        effect,
                        y,
                        previous.map_or(TOP, |(_, y)| y + ROW_MIN),
                        at,
                    );
                    centre = y;
                }
                // Of a packet that vanishes the cross on the arrow is all there is to see.
                other => {
                    let label = notes::label(
                        self.language,
                        story,
                        &self.so_far.layout,
                        other,
                        self.measure,
                    );
                    if let Some(label) = label {
                        let mut room = label.at(&self.so_far.layout, y);
                        y = self.free(&room);
                        centre = y;
                        room.y = y - room.height / 2.0 - NOTE_AIR;
                        room.height += 2.0 * NOTE_AIR;
                        self.obstruct(room);
                    }
                }
            }
            if self.so_far.busy_until.0 <= at {
                self.so_far.busy_until = (at, y);
            }
            self.so_far.layout.rows.push(Row {
                step: index + 1,
                y,
                centre,
            });
            self.so_far.layout.anchors.push((step.mark, y));
            self.so_far.previous = Some((at, y));
        }
    }

    /// What is on its way arrives; nothing comes after it.
    fn finish(mut self) -> Layout {
        self.arrive_until(u64::MAX);
        self.so_far
            .layout
            .anchors
            .sort_by_key(|(mark, _)| mark.record);
        let mut lowest = 0.0;
        for (_, y) in &mut self.so_far.layout.anchors {
            lowest = f64::max(lowest, *y);
            *y = lowest;
        }
        self.so_far.layout.note_tallest();
        self.so_far.layout
    }

    /// The centre of the first place at or below `wished` that is free.
    fn free(&self, wished: &Rect) -> f64 {
        let mut place = *wished;
        while let Some(lowest) = self
            .so_far
            .obstacles
            .iter()
            .filter(|it| it.meets(&place))
            .map(Rect::bottom)
            .reduce(f64::max)
        {
            place.y = lowest;
        }
        place.y + place.height / 2.0
    }

    /// The free width between the two lifelines of a link.
    fn between(&self, wire: usize) -> Option<(f64, f64)> {
        notes::between(self.story, &self.so_far.layout, wire)
    }

    /// Whether a device that did something has a lane on the screen.
    fn has_lane(&self, effect: usize) -> bool {
        let effect = self.story.effects.get(effect);
        effect.is_some_and(|it| self.so_far.layout.lane(it.lane).is_some())
    }

    /// From here on this is in the way of others.
    fn obstruct(&mut self, place: Rect) {
        self.so_far.obstacles.push(place);
        let keep = self.so_far.obstacles.len().saturating_sub(OBSTACLES_KEPT);
        self.so_far.obstacles.drain(..keep);
    }

    /// Places the block of an outage: it may begin beside a pill, but its label covers none.
    fn place_outage(&mut self, wire: usize, wished: f64) -> f64 {
        let Some((x1, x2)) = self.between(wire) else {
            return wished;
        };
        let narrow = self.so_far.layout.narrow;
        let (_, width) = notes::outage_words(self.language, narrow, x2 - x1, self.measure);
        let at = wished + 2.0 + OUTAGE_LABEL_AT;
        let label = Rect::around((x1 + x2) / 2.0, at, width, OUTAGE_LABEL_HEIGHT);
        let y = wished + self.free(&label) - at;
        self.obstruct(Rect {
            x: x1,
            y: y + 2.0,
            width: x2 - x1,
            height: OUTAGE_HEIGHT,
        });
        y
    }

    /// Gives their tips to the flights that are due by `at`.
    fn arrive_until(&mut self, at: u64) {
        loop {
            let next = self.so_far.pending.peek();
            if next.is_none_or(|next| next.0.due > at) {
                return;
            }
            let Some(Reverse(Pending {
                due,
                flight: number,
                tip,
            })) = self.so_far.pending.pop()
            else {
                return;
            };
            let Some(flight) = self.story.flights.get(number) else {
                continue;
            };
            // On its lifeline an arrival stands below everything that happened before it.
            let floor = self.floor(flight.to);
            let y = tip.max(floor);
            if let Some(Some(arrow)) = self.so_far.layout.arrows.get_mut(number) {
                arrow.put_tip(y);
            }
            let ended = flight.ended().map_or(due, |mark| mark.at.min(due));
            let lost = matches!(flight.fate, Fate::Lost(_));
            if !lost {
                if let Some(last) = self.so_far.lane_last.get_mut(flight.to) {
                    *last = LaneEvent { at: due, y };
                }
                if let Fate::Arrived(mark) = flight.fate {
                    self.so_far.layout.anchors.push((mark, y));
                }
            }
            if ended >= self.so_far.busy_until.0 {
                self.so_far.busy_until = (ended, if lost { self.so_far.busy_until.1 } else { y });
            }
        }
    }

    /// Where the last event on a lane stands; a lane that is not shown has no events.
    fn floor(&self, lane: usize) -> f64 {
        let last = self.so_far.lane_last.get(lane);
        last.filter(|_| self.so_far.layout.lane(lane).is_some())
            .map_or(0.0, |last| last.y)
    }

    /// Places the box of what a device did: its row is at its arrival, if that was what made it act.
    fn place_effect(&mut self, index: usize, wished: f64, least: f64, at: u64) -> f64 {
        let Some(effect) = self.story.effects.get(index) else {
            return wished;
        };
        let (Some(x), Some(&last)) = (
            self.so_far.layout.lane(effect.lane),
            self.so_far.lane_last.get(effect.lane),
        ) else {
            return wished;
        };
        let y = if last.at == at {
            last.y.max(least)
        } else {
            wished.max(last.y)
        };
        let width = effect_width(&text::effect(self.language, &effect.what), self.measure);
        let fits = x + LIFELINE_HALF + 12.0 + width <= self.so_far.layout.width;
        // The sum stands under what was done again.
        let sum = if effect.again.is_some() {
            SUM_HEIGHT
        } else {
            0.0
        };
        let (mut rect, stem) = if fits {
            let x = x + LIFELINE_HALF;
            let rect = Rect::around(x + 12.0 + width / 2.0, y, width, EFFECT_HEIGHT);
            (rect, Some(x))
        } else {
            // No room at the right: left of the lifeline, under the packet that came.
            let under = y + EFFECT_HEIGHT / 2.0 + 4.0;
            let rect = Rect::around(x - 14.0 - width / 2.0, under, width, 22.0);
            (rect, None)
        };
        let whole = |rect: Rect| Rect {
            height: rect.height + sum,
            ..rect
        };
        // Two that act at one time, and what comes or goes at that time, stand one under the other.
        let free = self.free(&whole(rect)) - whole(rect).height / 2.0;
        rect.y = free;
        let y = rect.y + rect.height / 2.0;
        self.obstruct(whole(rect));
        let placed = EffectBox { rect, stem };
        put(&mut self.so_far.layout.effects, index, placed);
        y
    }

    /// Draws the flight's arrow from `wished` or below, where its pill has room; returns where it starts.
    fn depart(&mut self, number: usize, flight: &Flight, wished: f64) -> f64 {
        let Some((x1, x2, away)) = self.ends(flight) else {
            return wished;
        };
        let side = if x2 > x1 { 1.0 } else { -1.0 };
        let length = (x2 - x1).abs();
        let latency = flight.due.saturating_sub(flight.sent.at);
        let drop = (millis(latency) * DROP_PER_MS).clamp(DROP_MIN, DROP_MAX);
        let stop = match flight.fate {
            // What is lost at the very end is lost before the lifeline.
            Fate::Lost(mark) => Some(flight.progress(mark.at).min(STOP_MOST)),
            Fate::Arrived(_) | Fate::Open => None,
        };
        let (label, pill) = self.label(flight, length, stop.is_some());
        // What becomes of it must not show before it happens.
        let flying = self.label(flight, length, false);
        // A stub of what is lost is as long as its pill and its cross need, across a lifeline if it must.
        let least = match (away, stop) {
            (Some(_), Some(_)) => (pill + CROSS_ROOM) / STOP_MOST,
            _ => length,
        };
        let longer = side * (least - length).max(0.0);
        let (x1, x2) = match away {
            Some(lane) if lane == flight.from => (x1 - longer, x2),
            _ => (x1, x2 + longer),
        };
        // And never out of the pane.
        let over = (x1.max(x2) + PANE_AIR - self.so_far.layout.width).max(0.0);
        let (x1, x2) = match away {
            Some(_) => (x1 - over, x2 - over),
            None => (x1, x2),
        };
        let length = (x2 - x1).abs();
        let stop = stop.map(|stop| stop.max((pill + CROSS_ROOM) / length).min(STOP_MOST));
        let rest = match stop {
            // Before the cross.
            Some(stop) => {
                let most = (stop * length - CROSS_ROOM + PILL_AIR - pill / 2.0) / length;
                PILL_AT.min(most).max((pill / 2.0 + PILL_AIR) / length)
            }
            None => PILL_AT,
        };
        let floor = self.floor(flight.from);
        let floor = if floor > 0.0 {
            floor + AFTER_ARRIVAL
        } else {
            0.0
        };
        let mut y = wished.max(floor);
        let ghost = if flight.face.dup { GHOST * 2.0 } else { 0.0 };
        let x = x1 + side * length * rest;
        let name = away.map(|lane| self.name_at(lane, (x1, x2), flight.from == lane, (drop, rest)));
        // What it takes, if it starts at nought.
        let centre = drop * rest;
        let own = Rect::around(x, centre - ghost / 2.0, pill + 8.0, PILL_PITCH + ghost);
        let own = name.map_or(own, |name| own.with(&name.rect));
        loop {
            let place = Rect {
                y: own.y + y,
                ..own
            };
            let Some(lowest) = self
                .so_far
                .obstacles
                .iter()
                .filter(|it| it.meets(&place))
                .map(Rect::bottom)
                .reduce(f64::max)
            else {
                break;
            };
            y += f64::max(1.0, lowest - place.y);
        }
        self.obstruct(Rect::around(x, y + centre, pill, PILL_PITCH));
        let stub = name.map(|name| Stub {
            rect: name.rect.moved(y),
            ..name
        });
        if let Some(stub) = stub {
            self.obstruct(stub.rect);
        }
        let arrow = Arrow {
            x1,
            y1: y,
            x2,
            y2: y + drop,
            rest,
            pill,
            label,
            flying,
            stop,
            stub,
        };
        put(&mut self.so_far.layout.arrows, number, arrow);
        if let Some(last) = self.so_far.lane_last.get_mut(flight.from) {
            *last = LaneEvent {
                at: flight.sent.at,
                y: last.y.max(y),
            };
        }
        self.so_far.pending.push(Reverse(Pending {
            due: flight.due,
            flight: number,
            tip: y + drop,
        }));
        y
    }

    /// From where to where the arrow of a flight goes, and which of its ends has no lane on the screen: there it is a stub
    /// beside the lane of the other end. A flight between two such lanes is not drawn.
    fn ends(&self, flight: &Flight) -> Option<(f64, f64, Option<usize>)> {
        let (from, to) = (
            self.so_far.layout.lane(flight.from),
            self.so_far.layout.lane(flight.to),
        );
        match (from, to) {
            (Some(from), Some(to)) => {
                let side = if to > from { 1.0 } else { -1.0 };
                let (x1, x2) = (from + side * LIFELINE_HALF, to - side * LIFELINE_HALF);
                Some((x1, x2, None))
            }
            (Some(from), None) => {
                let (near, far) = self.stub(flight.from, from, flight.to);
                Some((near, far, Some(flight.to)))
            }
            (None, Some(to)) => {
                let (near, far) = self.stub(flight.to, to, flight.from);
                Some((far, near, Some(flight.from)))
            }
            (None, None) => None,
        }
    }

    /// Where a stub to a lane that is not shown begins and ends: on the side of that lane if there is room, and never on the
    /// next lifeline.
    fn stub(&self, lane: usize, x: f64, away: usize) -> (f64, f64) {
        let place = |lane: usize| self.order.iter().position(|it| *it == lane);
        let shown = &self.so_far.layout.shown;
        let here = shown.iter().position(|it| *it == lane).unwrap_or(0);
        let inner = self.so_far.layout.pitch - 2.0 * LIFELINE_HALF - STUB_AIR;
        let right = if here + 1 < shown.len() {
            inner
        } else {
            self.so_far.layout.width - x - LIFELINE_HALF - PANE_AIR
        };
        let left = if here > 0 {
            inner
        } else {
            x - LIFELINE_HALF - self.so_far.layout.gutter
        };
        let wants_right = place(away) > place(lane);
        let (own, other) = if wants_right {
            (right, left)
        } else {
            (left, right)
        };
        let is_right = wants_right == (own >= STUB_LEAST || own >= other);
        let (side, room) = if is_right { (1.0, right) } else { (-1.0, left) };
        let near = x + side * LIFELINE_HALF;
        (near, near + side * room.clamp(8.0, STUB_MOST))
    }

    /// Where the name of a lane that is not shown stands at its stub, if that starts at nought: at the free end, clear of
    /// arrow and pill.
    fn name_at(
        &mut self,
        lane: usize,
        (x1, x2): (f64, f64),
        comes: bool,
        (drop, rest): (f64, f64),
    ) -> Stub {
        let most = (x2 - x1).abs() + 2.0 * LIFELINE_HALF;
        let known = self.so_far.names.get(&(lane, most.to_bits())).copied();
        let width = known.unwrap_or_else(|| {
            let name = shortened(self.story.name(lane), most, self.measure);
            let width = self.measure.width(&name, Face::Strong);
            self.so_far.names.insert((lane, most.to_bits()), width);
            width
        });
        let half = PILL_PITCH / 2.0;
        let rect = Rect {
            x: (x1 + x2 - width) / 2.0,
            y: if comes {
                f64::min(-2.0, drop * rest - half) - STUB_NAME
            } else {
                f64::max(drop + 2.0, drop * rest + half)
            },
            width,
            height: STUB_NAME,
        };
        let rect = Rect {
            x: rect.x.min(self.so_far.layout.width - width),
            ..rect
        };
        Stub { lane, rect }
    }

    /// The width of a title, as if its digits were noughts: thousands of identifiers are then a few texts to measure.
    fn width(&self, title: &str) -> f64 {
        let noughts = |it: char| if it.is_ascii_digit() { '0' } else { it };
        let title: String = title.chars().map(noughts).collect();
        self.measure.width(&title, Face::Strong)
    }

    /// How much the pill can say on an arrow of `length`, and how wide that is. That a packet is lost is said wherever pill and
    /// cross have room beside each other; other details are said where much of the arrow stays free.
    fn label(&self, flight: &Flight, length: f64, is_lost: bool) -> (Label, f64) {
        let face = &flight.face;
        let name = self.width(&face.title()) + PILL_PADDING;
        let detail = detail(self.language, flight, is_lost);
        let full = name + DETAIL_GAP + self.measure.width(&detail, Face::Plain);
        let (room, name_room) = if is_lost {
            let room = length * STOP_MOST - CROSS_ROOM;
            (room, room)
        } else {
            let is_session = matches!(face.detail, Detail::Clean(_) | Detail::Session(_));
            let share = if is_session {
                SESSION_SHARE
            } else {
                PILL_SHARE
            };
            (length * share, length * SESSION_SHARE)
        };
        let is_said = !self.so_far.layout.narrow && !detail.is_empty();
        if is_said && full <= room {
            (Label::Full, full)
        } else if name <= name_room && !face.dup {
            (Label::Name, name)
        } else {
            (Label::Short, self.width(&face.short_title()) + PILL_PADDING)
        }
    }
}

/// Puts something at a place of its own, with nothing before it where nothing was put.
fn put<T: Clone>(all: &mut Vec<Option<T>>, place: usize, what: T) {
    if place >= all.len() {
        all.resize(place + 1, None);
    }
    if let Some(slot) = all.get_mut(place) {
        *slot = Some(what);
    }
}

/// A stub is at most so long, and shorter than this only where nothing else is free.
const STUB_MOST: f64 = 132.0;
const STUB_LEAST: f64 = 56.0;
/// Between a stub and the edge of the pane.
const PANE_AIR: f64 = 1.0;
/// Between a stub and the next lifeline.
const STUB_AIR: f64 = 6.0;
/// The line of a stub's name is this high.
const STUB_NAME: f64 = 16.0;
/// Above and below a label.
const NOTE_AIR: f64 = 2.0;
/// Pills further back than this are far above.
const OBSTACLES_KEPT: usize = 24;

fn millis(micros: u64) -> f64 {
    micros as f64 / 1000.0
}

fn effect_width(text: &str, measure: &dyn Measure) -> f64 {
    measure.width(text, Face::Strong) + 40.0
}

/// What the pill of a packet that is held says beside its `title`, and how wide it is then, on an arrow of `length`. The gate before
/// it says the same where there is no room for the word.
pub(super) fn held(
    language: Language,
    title: &str,
    length: f64,
    measure: &dyn Measure,
) -> (Option<String>, f64) {
    let word = text::LINK_HELD.to(language);
    let name = measure.width(title, Face::Strong) + PILL_PADDING;
    let full = name + DETAIL_GAP + measure.width(word, Face::Plain);
    if full <= length * SESSION_SHARE {
        (Some(word.to_owned()), full)
    } else {
        (None, name)
    }
}

/// The detail at the right of a pill: a packet that is known to be lost says so instead.
#[must_use]
pub fn detail(language: Language, flight: &Flight, is_lost: bool) -> String {
    if is_lost {
        text::LOST.to(language).to_owned()
    } else {
        text::detail(language, &flight.face.detail)
    }
}
