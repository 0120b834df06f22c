//! The map: devices, links, and packets on their way. Figures stand still; packets move on a layer of their own.

mod marks;

pub use marks::{Fit, Mark, marks};

use crate::ladder::Rect;
use crate::ladder::shortened;
use crate::look::Look;
use crate::measure::{Face, Measure};
use crate::memo::{Shared, share_all};
use crate::menu::Target;
use crate::story::{Figure, Flight, Position, Role, Story};
use crate::text::{self, Language};

/// Width of the drawing. Its height depends on the ruler.
pub const WIDTH: f64 = 288.0;
/// Centre of the first column.
const COLUMN: f64 = 92.0;
/// Upper edge of the broker's box.
const BROKER_TOP: f64 = 148.0;
const BROKER_HEIGHT: f64 = 62.0;
/// Centre of the upper and of the lower devices.
const UPPER: f64 = 49.0;
const LOWER: f64 = 318.0;
/// Devices side by side are at least so far apart: the drawing grows with them.
const APART_MIN: f64 = 60.0;
/// A device that was put somewhere has its port so far from its centre.
const PORT: f64 = 37.0;
/// Half of the broker's box, with the port.
const HALF_BOX: (f64, f64) = (138.0, 35.0);
/// What a device's label takes to its right, and what stands above and below its centre.
const LABEL: f64 = 150.0;
const AROUND: f64 = 60.0;
/// The ground that robots stand on.
const FLOOR: f64 = 344.0;
/// Pixels for a metre, and where the ruler starts.
const METRE: f64 = 50.0;
const ZERO: f64 = 42.0;
/// The map's labels are a little larger than the measured face, and larger on a projector.
/// The style sheet has the same sizes.
const LABEL_SCALE: f64 = 13.5 / 13.0;
const LABEL_SCALE_LARGE: f64 = 16.5 / 13.0;
const NAME_SCALE: f64 = 14.5 / 13.0;
/// No more devices than these stand side by side where labels are large.
const LARGE_MOST: usize = 4;
/// What is written at one of several links side by side begins clear of the cross on it.
const CLEAR_OF_CROSS: f64 = 14.0;
/// How far before the middle of a pill a gate stands, across and down, and half of its length.
const GATE_CLEAR: (f64, f64) = (40.0, 19.0);
const GATE_HALF: f64 = 13.0;
/// What is written at a link by itself begins clear of the packets on it.
const CLEAR_OF_PACKETS: f64 = 72.0;
const CLEAR_OF_PACKETS_LARGE: f64 = 86.0;
/// A packet's inset, both sides together, and the frame of the selected one.
const PACKET_PADDING: f64 = 34.0;
/// Packets stay off the ends of their link, where figures and the broker's box are.
const PACKET_ENDS: f64 = 0.2;
/// A line in the broker's box has so much room.
const BOX_ROOM: f64 = 200.0;
/// Right of what is written at a link.
const EDGE: f64 = 6.0;
/// The map's letters are at most so much larger than the ladder's.
const LETTERS_MOST: f64 = 1.3;
/// From a line of a figure's label to the next.
pub const LINE: f64 = 19.0;
/// How many marks the ruler has, a metre apart.
const METRES: i64 = 5;
/// A mark nearer than this to the robot gives way to the robot's own.
const TICK_MIN_MILLIMETRES: i64 = 600;

/// A figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Which.
    pub figure: Figure,
    /// Centre.
    pub x: f64,
    /// Centre.
    pub y: f64,
    /// The name.
    pub name: String,
    /// As much of the name as there is room for.
    pub shown: String,
    /// Its state, in one line or, where figures stand side by side, in more.
    pub lines: Vec<String>,
    /// Its state, fact by fact.
    pub facts: Vec<String>,
    /// What can be seen of it.
    pub look: Look,
    /// Where name and state are written.
    pub label: (f64, f64),
    /// How the label stands there.
    pub align: Align,
    /// Whether it has a connection.
    pub is_online: bool,
    /// Whether it has a link, or needs none.
    pub is_linked: bool,
    /// The whole sentence for those who do not see it.
    pub sentence: String,
    /// Its name as something to act on.
    pub target: Target,
    /// Whether Tab reaches it.
    pub is_focus: bool,
}

/// How a label stands at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Lines that begin there, beside the figure.
    Start,
    /// Lines with their middle there: over or under figures that stand side by side.
    Middle,
    /// All in one line that begins there, under the ruler: the robot moves, its label need not.
    OneLine,
}

/// A link.
#[derive(Clone, Debug, PartialEq)]
pub struct Cable {
    /// Upper port.
    pub from: (f64, f64),
    /// Lower port.
    pub to: (f64, f64),
    /// Whether it is cut.
    pub is_cut: bool,
    /// Its latency, and since when it is cut or back.
    pub lines: Vec<String>,
    /// Where that is written.
    pub label: (f64, f64),
    /// How wide that is.
    pub widest: f64,
    /// The whole sentence for those who do not see it.
    pub sentence: String,
    /// Its name as something to act on.
    pub target: Target,
    /// Whether Tab reaches it.
    pub is_focus: bool,
}

/// The ruler that a robot stands on.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruler {
    /// Its height.
    pub y: f64,
    /// Left and right end.
    pub ends: (f64, f64),
    /// The marks: place, text, whether it is where the robot stands. There is always one of those.
    pub ticks: Vec<(f64, String, bool)>,
    /// The way that the robot has driven.
    pub trail: Option<(f64, f64)>,
}

/// A drawing's left, top, width and height, in its units.
pub type View = (f64, f64, f64, f64);

/// What stands still.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Still {
    /// Whether labels are larger, to be read from the last row.
    pub is_large: bool,
    /// The drawing: left, top, width, height.
    pub view: View,
    /// Whether the user has it larger than it fits.
    pub is_zoomed: bool,
    /// The figures.
    pub nodes: Vec<Shared<Node>>,
    /// The links.
    pub cables: Vec<Shared<Cable>>,
    /// The ruler, if somebody drives.
    pub ruler: Option<Ruler>,
    /// The whole picture in a sentence.
    pub sentence: String,
}

/// A packet on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Parcel {
    /// The step that sent it.
    pub step: usize,
    /// Centre.
    pub x: f64,
    /// Centre.
    pub y: f64,
    /// What it is called; empty for a mark, unless it is selected.
    pub title: String,
    /// Its role.
    pub role: Role,
    /// Whether it repeats an earlier packet.
    pub is_repeated: bool,
    /// Whether it is selected.
    pub is_selected: bool,
    /// The gate before what is held on its way: a line from one point to the other.
    pub gate: Option<((f64, f64), (f64, f64))>,
    /// The whole sentence for those who do not see it.
    pub sentence: String,
    /// Its name as something to act on.
    pub target: Target,
    /// Whether Tab reaches it.
    pub is_focus: bool,
}

/// What moves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moving {
    /// The packets on their way.
    pub parcels: Vec<Parcel>,
}

struct Places {
    nodes: Vec<(f64, f64)>,
    /// How many stand above the broker, and how many below.
    counts: (usize, usize),
    /// One device below the broker: its port stays while it drives.
    is_alone_below: bool,
}

/// Where the nodes stand: the lanes left of the broker above it, the others below.
fn places(story: &Story, position: Position) -> Places {
    let broker = story
        .lanes
        .iter()
        .position(|lane| lane.figure == Figure::Broker)
        .unwrap_or(0);
    let below = story.lanes.len().saturating_sub(broker + 1);
    let column = |index: usize, count: usize| {
        if count <= 1 {
            COLUMN
        } else {
            WIDTH.max(APART_MIN * count as f64) * (index as f64 + 0.5) / count as f64
        }
    };
    let nodes = story.lanes.iter().enumerate().map(|(index, lane)| {
        if let Some((x, y)) = lane.place {
            return (f64::from(x), f64::from(y));
        }
        match (lane.figure, index.cmp(&broker)) {
            (Figure::Broker, _) => (WIDTH / 2.0 + 6.0, BROKER_TOP + BROKER_HEIGHT / 2.0),
            (_, std::cmp::Ordering::Less) => (column(index, broker), UPPER),
            (Figure::Robot, _) if below == 1 => {
                let driven = story.driven(index, position);
                (ruler_x(driven, ruler_begin(driven)), LOWER)
            }
            (..) => (column(index - broker - 1, below), LOWER),
        }
    });
    Places {
        nodes: nodes.collect(),
        counts: (broker, below),
        is_alone_below: below == 1,
    }
}

fn ruler_x(millimetres: i64, begin_metres: i64) -> f64 {
    ZERO + METRE * (millimetres - begin_metres * 1000) as f64 / 1000.0
}

/// The first mark of the ruler, in metres: a robot that drives off either end takes it along.
fn ruler_begin(driven_millimetres: i64) -> i64 {
    let first = driven_millimetres.div_euclid(1000);
    let last = -(-driven_millimetres).div_euclid(1000);
    (last - (METRES - 1)).max(0).min(first)
}

impl Places {
    /// What a label that stands like this has of width.
    fn room(&self, align: Align, y: f64) -> f64 {
        match align {
            Align::Start => LABEL,
            Align::OneLine => LABEL / 2.0,
            Align::Middle => {
                let count = self.beside(y).max(1) as f64;
                (WIDTH / count).max(APART_MIN) - 4.0
            }
        }
    }

    /// How many devices stand in the row at a height.
    const fn beside(&self, y: f64) -> usize {
        if y < BROKER_TOP {
            self.counts.0
        } else {
            self.counts.1
        }
    }

    /// The two ends of a wire, the client's first.
    fn ends(&self, story: &Story, wire: usize) -> Option<((f64, f64), (f64, f64))> {
        let wire = story.wires.get(wire)?;
        let (client, broker) = (*self.nodes.get(wire.client)?, *self.nodes.get(wire.broker)?);
        let is_put = |lane: usize| story.lanes.get(lane).is_some_and(|it| it.place.is_some());
        if is_put(wire.client) || is_put(wire.broker) {
            return Some(free_ends(client, broker));
        }
        let above = client.1 < broker.1;
        let port = client.0.clamp(30.0, WIDTH - 18.0);
        Some(if above {
            ((client.0, UPPER + 37.0), (port, BROKER_TOP - 4.0))
        } else {
            (
                (client.0, LOWER - 27.0),
                (
                    if self.is_alone_below { COLUMN } else { port },
                    BROKER_TOP + BROKER_HEIGHT + 4.0,
                ),
            )
        })
    }
}

impl Places {
    /// From where to where a packet goes. `wires` are those of [`wires_by_client`].
    fn way(
        &self,
        story: &Story,
        wires: &[Option<usize>],
        flight: &Flight,
    ) -> Option<((f64, f64), (f64, f64))> {
        let is_to_client = story.is_broker(flight.from);
        let (client, broker) = if is_to_client {
            (flight.to, flight.from)
        } else {
            (flight.from, flight.to)
        };
        let is_its = |wire: &usize| {
            let wire = story.wires.get(*wire);
            wire.is_some_and(|it| (it.client, it.broker) == (client, broker))
        };
        let wire = wires.get(client).copied().flatten();
        // A bridge has a second one.
        let wire = wire
            .filter(is_its)
            .or_else(|| (0..story.wires.len()).find(is_its));
        let (client, broker) = self.ends(story, wire?)?;
        Some(if is_to_client {
            (broker, client)
        } else {
            (client, broker)
        })
    }
}

impl Still {
    /// The same drawn larger, about what has the focus: each step shows two thirds of what the one before showed.
    #[must_use]
    pub fn zoomed(mut self, steps: u32) -> Self {
        let (left, top, width, height) = self.view;
        let part = (2.0_f64 / 3.0).powi(i32::try_from(steps).unwrap_or(0));
        let focus = self.nodes.iter().find(|node| node.is_focus);
        let middle = (left + width / 2.0, top + height / 2.0);
        let (x, y) = focus.map_or(middle, |node| (node.x, node.y));
        let begin = |at: f64, from: f64, whole: f64| {
            (at - whole * part / 2.0).clamp(from, from + whole * (1.0 - part))
        };
        self.view = (
            begin(x, left, width),
            begin(y, top, height),
            width * part,
            height * part,
        );
        self.is_zoomed = steps > 0;
        self
    }

    /// The part of the plane that fills a pane of this width and height in pixels, where `scale` pixels are one of the usual
    /// size: the drawing, with air around it where letters would be much larger than anywhere else on the page.
    #[must_use]
    pub fn framed(&self, (width, height, scale): (f64, f64, f64)) -> View {
        let (left, top, own_width, own_height) = self.view;
        let letters = if self.is_large {
            LABEL_SCALE_LARGE
        } else {
            LABEL_SCALE
        };
        let most = LETTERS_MOST * scale / letters;
        let fits = (width / own_width).min(height / own_height);
        // Without a size nothing is shown yet.
        if self.is_zoomed || !fits.is_finite() || fits <= most {
            return self.view;
        }
        let (wide, high) = (width / most, height / most);
        (
            left - (wide - own_width) / 2.0,
            top - (high - own_height) / 2.0,
            wide,
            high,
        )
    }
}

/// What stands still at `position`. Figures and links that are as they were in `old` are taken over from there: of hundreds, most
/// are as they were a step before. `is_projected` is whether it is to be read from the last row.
#[must_use]
pub fn still(
    language: Language,
    story: &Story,
    position: Position,
    looks: Vec<Option<Look>>,
    measure: &dyn Measure,
    (focus, is_projected): (Target, bool),
    old: Option<&Still>,
) -> Still {
    let places = places(story, position);
    let is_large = is_projected && places.counts.0.max(places.counts.1) <= LARGE_MOST;
    let (scale, name_scale) = if is_large {
        (LABEL_SCALE_LARGE, LABEL_SCALE_LARGE)
    } else {
        (LABEL_SCALE, NAME_SCALE)
    };
    let wires = wires_by_client(story);
    let mut nodes = Vec::new();
    let mut looks = looks.into_iter();
    let robot = story
        .lanes
        .iter()
        .position(|lane| lane.figure == Figure::Robot && lane.place.is_none());
    let drives = robot.is_some();
    for (lane, &(x, y)) in story.lanes.iter().zip(&places.nodes) {
        let index = nodes.len();
        let look = looks.next().flatten().unwrap_or_default();
        let facts = text::node_facts(language, story, index, position, &look);
        let sentence = format!("{}, {}", lane.shown, facts.join(" · "));
        let beside = places.beside(y);
        let align = match lane.figure {
            Figure::Broker => Align::Start,
            _ if lane.place.is_some() => Align::Start,
            _ if beside > 1 => Align::Middle,
            Figure::Robot if y > BROKER_TOP => Align::OneLine,
            _ => Align::Start,
        };
        let lines: Vec<String> = match align {
            Align::Start => {
                let pairs = facts.chunks(2).map(|two| two.join(" · "));
                let pairs: Vec<String> = pairs.collect();
                let has_room = |line: &String| measure.width(line, Face::Plain) * scale <= BOX_ROOM;
                if lane.figure == Figure::Broker && facts.len() == 2 && !pairs.iter().all(has_room)
                {
                    facts.clone()
                } else {
                    pairs
                }
            }
            Align::Middle => facts.clone(),
            Align::OneLine => vec![facts.join(" · ")],
        };
        let height = LINE * lines.len() as f64;
        let label = match align {
            Align::Start if lane.figure == Figure::Broker => (x - 74.0, y + 4.5 - height / 2.0),
            Align::Middle if y < BROKER_TOP => (x, UPPER - 39.0 - height),
            Align::Middle => (x, FLOOR + if drives { 46.0 } else { 22.0 }),
            Align::OneLine => (14.0, FLOOR + 46.0),
            Align::Start => (x + 36.0, y + 2.0 - height / 2.0),
        };
        let is_online = lane.figure == Figure::Broker || story.is_online(index, position);
        nodes.push(Node {
            figure: lane.figure,
            x,
            y,
            name: lane.shown.clone(),
            shown: {
                let room = places.room(align, y) / name_scale;
                shortened(&lane.shown, room, measure)
            },
            lines,
            facts,
            look,
            label,
            align,
            is_online,
            is_linked: lane.figure == Figure::Broker
                || wires.get(index).is_some_and(Option::is_some),
            sentence,
            target: Target::Node(index),
            is_focus: focus == Target::Node(index),
        });
    }
    let nodes = share_all(nodes, old.map_or(&[], |old| &old.nodes));
    let sentence = text::map(language, story, position, &nodes);
    let pills = story.flying(position).take(PILLS_MAX);
    let covered = pills.filter_map(|(_, flight)| {
        let (from, to) = places.way(story, &wires, flight)?;
        let title = measure.width(&flight.face.short_title(), Face::Strong) * scale;
        let half = (title + PACKET_PADDING) / 2.0;
        let (left, top) = (from.0.min(to.0) - half, from.1.min(to.1));
        Some(Rect {
            x: left,
            y: top,
            width: from.0.max(to.0) + half - left,
            height: (from.1 - to.1).abs(),
        })
    });
    let covered: Vec<Rect> = covered.collect();
    let cables = (0..story.wires.len()).filter_map(|wire| {
        cable(
            language,
            story,
            &places,
            wire,
            position,
            (measure, scale),
            (focus, is_large, &covered),
        )
    });
    let cables = share_all(cables, old.map_or(&[], |old| &old.cables));
    let ruler = robot.map(|lane| ruler(language, story.driven(lane, position)));
    let centred = || nodes.iter().filter(|node| node.align == Align::Middle);
    let top = centred()
        .map(|node| node.label.1 - LINE)
        .fold(8.0, f64::min);
    let bottom = centred()
        .map(|node| node.label.1 + LINE * (node.lines.len() as f64 + 0.5))
        .fold(if drives { 400.0 } else { 376.0 }, f64::max);
    let put = || {
        let lanes = story.lanes.iter().zip(&nodes);
        lanes.filter(|(lane, _)| lane.place.is_some())
    };
    let right = |node: &Node| match node.figure {
        Figure::Broker => node.x + HALF_BOX.0,
        _ => node.x + LABEL,
    };
    let left = put().map(|(_, it)| {
        if it.figure == Figure::Broker {
            it.x - HALF_BOX.0
        } else {
            it.x - AROUND
        }
    });
    let left = left.fold(6.0, f64::min);
    let rows = nodes.iter().map(|node| node.x + APART_MIN / 2.0);
    let rows = rows.fold(6.0 + WIDTH, f64::max);
    let written = cables.iter().map(|it| it.label.0 + it.widest + EDGE);
    let rows = written.fold(rows, f64::max);
    let right = put().map(|(_, node)| right(node)).fold(rows, f64::max);
    let top = put().map(|(_, node)| node.y - AROUND).fold(top, f64::min);
    let bottom = put()
        .map(|(_, node)| node.y + AROUND)
        .fold(bottom, f64::max);
    Still {
        is_large,
        is_zoomed: false,
        view: (left, top, right - left, bottom - top),
        nodes,
        cables,
        ruler,
        sentence,
    }
}

fn cable(
    language: Language,
    story: &Story,
    places: &Places,
    number: usize,
    position: Position,
    (measure, scale): (&dyn Measure, f64),
    (focus, is_large, covered): (Target, bool, &[Rect]),
) -> Option<Cable> {
    let (from, to) = places.ends(story, number)?;
    let middle = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
    let lines = text::wire_state(language, story, number, position);
    let sentence = text::wire_sentence(language, story, number, &lines);
    let is_cut = story.is_cut(number, position);
    let widest = lines
        .iter()
        .map(|line| measure.width(line, Face::Plain) * scale)
        .fold(0.0, f64::max);
    // Beside the packets, if there is room; else what is written gives way to them.
    let is_beside = places.beside(middle.1) > 1;
    let away = match (is_beside, is_large) {
        (true, _) => CLEAR_OF_CROSS,
        (false, false) => CLEAR_OF_PACKETS,
        (false, true) => CLEAR_OF_PACKETS_LARGE,
    };
    let (lines, widest) = if is_beside {
        let room = places.room(Align::Middle, middle.1) - away;
        let short = lines.iter().map(|it| shortened(it, room / scale, measure));
        (short.collect(), widest.min(room))
    } else {
        (lines, widest)
    };
    let x = middle.0 + away;
    let label = (x, middle.1 + if lines.len() > 1 { -4.0 } else { 5.0 });
    let place = Rect {
        x,
        y: from.1.min(to.1),
        width: widest,
        height: (from.1 - to.1).abs(),
    };
    let is_covered = is_beside && covered.iter().any(|it| it.meets(&place));
    let lines = if is_covered { Vec::new() } else { lines };
    Some(Cable {
        from,
        to,
        is_cut,
        label,
        widest,
        sentence,
        lines,
        target: Target::Wire(number),
        is_focus: focus == Target::Wire(number),
    })
}

fn ruler(language: Language, millimetres: i64) -> Ruler {
    let begin = ruler_begin(millimetres);
    let mut ticks: Vec<_> = (begin..begin + METRES)
        .filter(|metre| (metre * 1000 - millimetres).abs() >= TICK_MIN_MILLIMETRES)
        .map(|metre| (ruler_x(metre * 1000, begin), metre.to_string(), false))
        .collect();
    ticks.push((
        ruler_x(millimetres, begin),
        text::metres(language, millimetres),
        true,
    ));
    let from = ruler_x(begin.max(0) * 1000, begin);
    let trail = (millimetres != 0).then(|| (from, ruler_x(millimetres, begin) - 30.0));
    Ruler {
        y: FLOOR,
        ends: (14.0, WIDTH - 2.0),
        ticks,
        trail,
    }
}

/// The ends of a wire between a device and a broker that stand anywhere.
fn free_ends((cx, cy): (f64, f64), (bx, by): (f64, f64)) -> ((f64, f64), (f64, f64)) {
    let (half_width, half_height) = HALF_BOX;
    let is_beside = (cy - by).abs() < half_height;
    if is_beside {
        let side = if cx < bx { -1.0 } else { 1.0 };
        return ((cx - side * PORT, cy), (bx + side * half_width, cy));
    }
    let side = if cy < by { -1.0 } else { 1.0 };
    let port = cx.clamp(bx - half_width + 18.0, bx + half_width - 18.0);
    ((cx, cy - side * PORT), (port, by + side * half_height))
}

/// What moves at `position`.
#[must_use]
pub fn moving(
    language: Language,
    story: &Story,
    position: Position,
    selected: usize,
    focus: Target,
) -> Moving {
    let places = places(story, position);
    let mut parcels = Vec::new();
    let wires = wires_by_client(story);
    let is_crowd = story.flying(position).nth(PILLS_MAX).is_some();
    for (_, flight) in story.flying(position) {
        let Some((from, to)) = places.way(story, &wires, flight) else {
            continue;
        };
        let part = PACKET_ENDS + (1.0 - 2.0 * PACKET_ENDS) * flight.progress(position.now);
        let (x, y) = (
            from.0 + (to.0 - from.0) * part,
            from.1 + (to.1 - from.1) * part,
        );
        let is_held = flight.is_held(position);
        parcels.push(Parcel {
            step: flight.step,
            x,
            y,
            gate: is_held.then(|| gate((x, y), (to.0 - from.0, to.1 - from.1))),
            title: if is_crowd && flight.step != selected {
                String::new()
            } else {
                flight.face.short_title()
            },
            role: flight.face.role,
            is_repeated: flight.face.dup,
            is_selected: flight.step == selected,
            // Only buttons have names.
            sentence: if parcels.len() < PARCEL_BUTTONS_MAX {
                text::parcel(language, story, flight)
            } else {
                String::new()
            },
            target: Target::Packet(flight.step),
            is_focus: focus == Target::Packet(flight.step),
        });
    }
    Moving { parcels }
}

/// A line across the way of a packet, clear of its pill.
fn gate((x, y): (f64, f64), (across, down): (f64, f64)) -> ((f64, f64), (f64, f64)) {
    let length = (across * across + down * down).sqrt().max(1.0);
    let (across, down) = (across / length, down / length);
    let clear = GATE_CLEAR.0 * across.abs() + GATE_CLEAR.1 * down.abs();
    let (x, y) = (x + clear * across, y + clear * down);
    let (aside, along) = (GATE_HALF * down, GATE_HALF * across);
    ((x - aside, y + along), (x + aside, y - along))
}

/// By lane: the place of its wire, if it is a client with one.
fn wires_by_client(story: &Story) -> Vec<Option<usize>> {
    let mut wires = vec![None; story.lanes.len()];
    for (number, wire) in story.wires.iter().enumerate() {
        if let Some(place @ None) = wires.get_mut(wire.client) {
            *place = Some(number);
        }
    }
    wires
}

/// More packets than these would lie upon each other as pills: each is a mark in its colour then, without a title.
pub const PILLS_MAX: usize = 150;

/// Packets beyond these have no button of their own on the map; the ladder has them all.
pub const PARCEL_BUTTONS_MAX: usize = 24;

/// What can be acted on, in the order in which arrows walk it: from top to bottom.
#[must_use]
pub fn targets(story: &Story, position: Position) -> Vec<Target> {
    let broker = story
        .lanes
        .iter()
        .position(|lane| lane.figure == Figure::Broker)
        .unwrap_or(0);
    let wires = wires_by_client(story);
    let wire_of = |lane: usize| wires.get(lane).copied().flatten();
    let mut targets = Vec::new();
    for lane in 0..story.lanes.len() {
        let node = Target::Node(lane);
        let wire = wire_of(lane).map(Target::Wire);
        if lane <= broker {
            targets.push(node);
            targets.extend(wire);
        } else {
            targets.extend(wire);
            targets.push(node);
        }
    }
    let is_second = |number: &usize| {
        let wire = story.wires.get(*number);
        wire.is_some_and(|wire| wire_of(wire.client) != Some(*number))
    };
    targets.extend((0..story.wires.len()).filter(is_second).map(Target::Wire));
    let flying = story.flying(position).take(PARCEL_BUTTONS_MAX);
    targets.extend(flying.map(|(_, flight)| Target::Packet(flight.step)));
    targets
}

/// Whether a target stands in the upper half of the map.
#[must_use]
pub fn is_above(story: &Story, target: Target, position: Position) -> bool {
    let places = places(story, position);
    let middle = BROKER_TOP + BROKER_HEIGHT / 2.0;
    let client = match target {
        Target::Node(lane) => Some(lane),
        Target::Wire(wire) => story.wires.get(wire).map(|wire| wire.client),
        Target::Packet(step) => story.flight_of(step).map(|(_, flight)| {
            if story.is_broker(flight.from) {
                flight.to
            } else {
                flight.from
            }
        }),
    };
    let place = client.and_then(|lane| places.nodes.get(lane));
    place.is_some_and(|(_, y)| *y <= middle)
}

/// The box of a broker.
#[must_use]
pub fn broker_box(broker: &Node) -> Rect {
    Rect {
        x: broker.x - 134.0,
        y: broker.y - BROKER_HEIGHT / 2.0,
        width: 268.0,
        height: BROKER_HEIGHT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::AverageWidths;

    fn map_at(file: &str, step: usize, language: Language, is_projected: bool) -> (Still, Moving) {
        let all = crate::library::built_in();
        let found = all.iter().find(|it| &*it.file == file).expect("built in");
        let work = crate::work::Work::untouched(found);
        let run = crate::run::Run::of(work, &device::script::Interpreter::default());
        let run = run.expect("a run");
        let story = run.story();
        let position = story.position(step);
        let focus = Target::Node(0);
        let looks = run.looks(position);
        let (measure, shown) = (&AverageWidths, (focus, is_projected));
        let still = still(language, story, position, looks, measure, shown, None);
        (still, moving(language, story, position, step, focus))
    }

    #[test]
    fn nothing_that_is_written_at_a_link_is_covered() {
        let scale = LABEL_SCALE_LARGE;
        for (file, steps) in [("qos1-puback-lost", 18), ("topics", 30), ("outage", 24)] {
            for step in 0..=steps {
                for language in text::LANGUAGES {
                    let (still, moving) = map_at(file, step, language, true);
                    let of = format!("{file} at step {step}, {language:?}");
                    let (left, _, width, _) = still.view;
                    for cable in still.cables.iter().filter(|it| !it.lines.is_empty()) {
                        let label = Rect {
                            x: cable.label.0,
                            y: cable.label.1 - LINE,
                            width: cable.widest,
                            height: LINE * cable.lines.len() as f64,
                        };
                        assert!(label.right() <= left + width, "{of}: {cable:?}");
                        for other in &still.cables {
                            let (one, two) = (other.from.0, other.to.0);
                            let line = one.min(two)..=one.max(two);
                            let is_clear = *line.end() < label.x || *line.start() > label.right();
                            assert!(is_clear || one != two, "{of}: the line of {other:?}");
                        }
                        for parcel in &moving.parcels {
                            let title = AverageWidths.width(&parcel.title, Face::Strong) * scale;
                            let pill = Rect::around(parcel.x, parcel.y, title + 26.0, 26.0);
                            assert!(!pill.meets(&label), "{of}: {parcel:?} and {cable:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn what_the_broker_says_stays_in_its_box() {
        for language in text::LANGUAGES {
            for step in 0..=30 {
                let (still, _) = map_at("topics", step, language, true);
                let broker = still.nodes.iter().find(|it| it.figure == Figure::Broker);
                let broker = broker.expect("a broker");
                let most = broker_box(broker).right() - 8.0;
                for line in &broker.lines {
                    let width = AverageWidths.width(line, Face::Plain) * LABEL_SCALE_LARGE;
                    assert!(broker.label.0 + width <= most, "{line} at step {step}");
                }
            }
        }
    }

    #[test]
    fn the_maps_letters_are_about_as_large_as_the_ladders() {
        for (is_large, size) in [
            (false, (304.0, 450.0, 1.0)),
            (false, (700.0, 560.0, 1.0)),
            (true, (733.0, 816.0, 1.5)),
            (true, (733.0, 480.0, 1.5)),
            (true, (1466.0, 1632.0, 3.0)),
        ] {
            let (still, _) = map_at("qos1-puback-lost", 14, Language::English, is_large);
            let (left, top, width, height) = still.framed(size);
            let fit = (size.0 / width).min(size.1 / height);
            let letters = if is_large { 16.5 } else { 13.5 };
            let share = letters * fit / (13.0 * size.2);
            assert!((0.95..1.31).contains(&share), "{share} in {size:?}");
            let own = still.view;
            assert!(left <= own.0 && top <= own.1, "all of it is shown");
            assert!(left + width >= own.0 + own.2 && top + height >= own.1 + own.3);
        }
        let (still, _) = map_at("qos1-puback-lost", 14, Language::English, false);
        let still = still.zoomed(2);
        assert_eq!(still.framed((700.0, 560.0, 1.0)), still.view);
    }

    #[test]
    fn packets_stay_off_the_figures() {
        let (still, moving) = map_at("qos1-puback-lost", 7, Language::English, false);
        let cable = still.cables.first().expect("a link");
        let parcel = moving.parcels.first().expect("a packet");
        let ends = (cable.from.1.min(cable.to.1), cable.from.1.max(cable.to.1));
        let part = (parcel.y - ends.0) / (ends.1 - ends.0);
        assert!((0.19..0.81).contains(&part), "{part}");
    }

    #[test]
    fn the_ruler_goes_along_with_a_robot_that_drives_off_its_end() {
        for (driven, marks) in [
            (0, "0 m, 1, 2, 3, 4"),
            (4_000, "0, 1, 2, 3, 4 m"),
            (4_500, "1, 2, 3, 4.5 m"),
            (6_000, "2, 3, 4, 5, 6 m"),
            (-1_250, "-2, -1.25 m, 0, 1, 2"),
        ] {
            let ruler = ruler(Language::English, driven);
            let mut ticks = ruler.ticks;
            ticks.sort_by(|a, b| a.0.total_cmp(&b.0));
            let texts: Vec<_> = ticks.iter().map(|(_, text, _)| text.as_str()).collect();
            assert_eq!(texts.join(", "), marks);
            assert_eq!(ticks.iter().filter(|(_, _, here)| *here).count(), 1);
            for (x, text, _) in ticks {
                assert!((0.0..WIDTH).contains(&x), "{text} at {x}");
            }
        }
    }
}
