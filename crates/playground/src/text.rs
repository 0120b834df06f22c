//! Every sentence of the page, in one place. English.

use crate::packet::Part;
use crate::story::{
    Effect, Exchange, Facts, Fate, Figure, Flight, Position, SpanKind, Step, StepKind, Story,
};

/// The label of an outage.
pub const LINK_CUT: &str = "link cut · no connection";
/// The same where there is little room.
pub const LINK_CUT_SHORT: &str = "link cut";

/// A link works again.
pub const LINK_UP: &str = "link up";
/// Nothing arrives over a link.
pub const LINK_SILENT: &str = "link silent";
/// A node's program stopped.
pub const CRASHES: &str = "crashes";
/// A node has no power.
pub const LOSES_POWER: &str = "loses power";
/// A node is there again.
pub const STARTS_AGAIN: &str = "starts again";
/// A client dialled in vain.
pub const REFUSED: &str = "no connection";

/// A time in seconds with milliseconds: `3.324`.
#[must_use]
pub fn clock(micros: u64) -> String {
    let millis = (micros + 500) / 1000;
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

/// A length of time: `60 ms`, `2.06 s`.
#[must_use]
pub fn seconds_short(micros: u64) -> String {
    let millis = (micros + 500) / 1000;
    match millis {
        0 => format!("{micros} µs"),
        1..1000 => format!("{millis} ms"),
        _ if millis < 100_000 => format!("{}.{:02} s", millis / 1000, millis % 1000 / 10),
        _ => format!("{} s", millis / 1000),
    }
}

/// The flag at the present.
#[must_use]
pub fn now(micros: u64) -> String {
    format!("now {} s", clock(micros))
}

/// `1 packet`, `2 packets`.
#[must_use]
pub fn count(number: usize, thing: &str) -> String {
    if number == 1 {
        format!("1 {thing}")
    } else {
        format!("{number} {thing}s")
    }
}

/// A way, from millimetres.
#[must_use]
pub fn metres(millimetres: i64) -> String {
    let (whole, rest) = (millimetres / 1000, (millimetres % 1000).abs());
    if rest == 0 {
        format!("{whole} m")
    } else {
        let digits = format!("{rest:03}");
        format!("{whole}.{} m", digits.trim_end_matches('0'))
    }
}

/// The sum under a repeated effect.
#[must_use]
pub fn in_total(millimetres: i64) -> String {
    format!("{} in total", metres(millimetres))
}

/// The title of the box about a session.
#[must_use]
pub fn session_of(client: &str) -> String {
    format!("session {client}")
}

/// What is said about steps that have not been played.
#[must_use]
pub fn not_yet(first: usize, last: usize) -> String {
    if first == last {
        format!("step {last}: not yet played")
    } else {
        format!("steps {first} to {last}: not yet played")
    }
}

/// What folded steps are.
#[must_use]
pub fn folded(story: &Story, count: usize) -> String {
    let names: Vec<&str> = story
        .lanes
        .iter()
        .enumerate()
        .filter(|&(lane, _)| connects(story, lane, count))
        .map(|(_, it)| it.name.as_str())
        .collect();
    let who = match names.as_slice() {
        [] => "set-up".to_owned(),
        [one] => format!("{one} connects"),
        [all @ .., last] => format!("{} and {last} connect", all.join(", ")),
    };
    let subscribes = story
        .flights
        .iter()
        .take_while(|it| it.step <= count)
        .any(|it| it.face.name == "SUBSCRIBE");
    format!(
        "Steps 1 to {count}: {who}{}",
        if subscribes { " and subscribe" } else { "" }
    )
}

fn connects(story: &Story, lane: usize, count: usize) -> bool {
    story
        .flights
        .iter()
        .take_while(|it| it.step <= count)
        .any(|it| it.from == lane && it.face.name == "CONNECT")
}

/// A pill for those who do not see it.
#[must_use]
pub fn pill(story: &Story, flight: &Flight, position: Position, is_selected: bool) -> String {
    let name = |lane: usize| story.lanes.get(lane).map_or("", |it| it.name.as_str());
    let face = &flight.face;
    let selected = if is_selected { ", selected" } else { "" };
    let id = face
        .id
        .map_or_else(String::new, |id| format!(" packet id {id}"));
    let detail = if face.detail.is_empty() {
        String::new()
    } else {
        format!(", {}", face.detail)
    };
    let fate = match flight.fate {
        _ if flight.is_flying(position) => "in flight",
        Fate::Lost(_) => "lost",
        Fate::Arrived(_) | Fate::Open => "arrived",
    };
    format!(
        "Step {}{selected}: {}{id}{detail}, {} to {}, {fate}",
        flight.step,
        face.name,
        name(flight.from),
        name(flight.to)
    )
}

/// The facts about a message in flight, as far as they are known at `position`.
#[must_use]
pub fn exchange_facts(
    story: &Story,
    exchange: &Exchange,
    position: Position,
    narrow: bool,
) -> Vec<(&'static str, String)> {
    let flights = exchange
        .flights
        .iter()
        .filter_map(|&it| story.flights.get(it));
    let sends = flights
        .filter(|it| it.face.name == "PUBLISH" && position.has(it.sent))
        .count();
    let acknowledged = !exchange.interval.holds(position);
    let survived = exchange.survived.iter().any(|&mark| position.has(mark));
    let yes = |it: bool| if it { "yes" } else { "no" }.to_owned();
    if narrow {
        let state = if acknowledged { "free" } else { "in flight" };
        return vec![
            ("", format!("id {} {state}", exchange.id)),
            ("", format!("sent {sends}×")),
        ];
    }
    let times = if sends == 1 {
        "once".to_owned()
    } else {
        format!("{sends} times")
    };
    vec![
        (
            "in flight",
            if acknowledged {
                format!("id {} free", exchange.id)
            } else {
                format!("id {}", exchange.id)
            },
        ),
        ("sent", times),
        ("acknowledged", yes(acknowledged)),
        ("survived a cut", yes(survived)),
    ]
}

/// What a device did.
#[must_use]
pub fn drives(millimetres: i64) -> String {
    format!("drives {}", metres(millimetres))
}

/// The state line of a device that moves.
#[must_use]
pub fn driven(effects: &[&Effect]) -> String {
    format!(
        "driven {}",
        metres(effects.iter().map(|it| it.millimetres).sum())
    )
}

/// Whether a lane has a connection.
#[must_use]
pub fn is_online(story: &Story, lane: usize, position: Position) -> bool {
    story.spans.iter().any(|span| {
        span.lane == lane && span.kind == SpanKind::Connection && span.interval.holds(position)
    })
}

/// Whether a node has stopped.
#[must_use]
pub fn is_off(story: &Story, lane: usize, position: Position) -> bool {
    let steps = story
        .steps
        .iter()
        .take_while(|step| position.has(step.mark));
    let own = steps.filter_map(|step| match step.kind {
        StepKind::Down { lane: down, .. } if down == lane => Some(true),
        StepKind::Up(up) if up == lane => Some(false),
        _ => None,
    });
    own.last().unwrap_or(false)
}

/// Whether a link is cut.
#[must_use]
pub fn is_cut(story: &Story, wire: usize, position: Position) -> bool {
    let mut cut = false;
    for step in story
        .steps
        .iter()
        .take_while(|step| position.has(step.mark))
    {
        match step.kind {
            StepKind::Cut(number) if number == wire => cut = true,
            StepKind::Restored(number) if number == wire => cut = false,
            _ => {}
        }
    }
    cut
}

/// The state of a node in one line.
#[must_use]
pub fn node_state(story: &Story, lane: usize, position: Position) -> String {
    let Some(figure) = story.lanes.get(lane).map(|it| it.figure) else {
        return String::new();
    };
    if figure == Figure::Broker {
        let flying = story
            .flights
            .iter()
            .filter(|it| it.is_flying(position))
            .count();
        let online = story
            .lanes
            .iter()
            .enumerate()
            .filter(|&(it, lane)| lane.figure != Figure::Broker && is_online(story, it, position))
            .count();
        return format!("{online} online · {flying} in flight");
    }
    let online = if is_off(story, lane, position) {
        "off"
    } else if is_online(story, lane, position) {
        "online"
    } else {
        "offline"
    };
    let more = if figure == Figure::Robot {
        let effects: Vec<&Effect> = story
            .effects
            .iter()
            .filter(|it| it.lane == lane && position.has(it.mark))
            .collect();
        driven(&effects)
    } else {
        let sent = story.messages_sent(lane, position);
        if sent == 0 {
            return online.to_owned();
        }
        format!("{sent} sent")
    };
    format!("{online} · {more}")
}

/// What is written at a link.
#[must_use]
pub fn wire_state(story: &Story, wire: usize, position: Position) -> Vec<String> {
    let Some(latency) = story.wires.get(wire).map(|it| it.latency) else {
        return Vec::new();
    };
    let mut lines = vec![seconds_short(latency)];
    let changes = story
        .steps
        .iter()
        .take_while(|step| position.has(step.mark));
    let last_change = changes.map(|step| step.kind).filter(|kind| {
        [
            StepKind::Silent(wire),
            StepKind::Restored(wire),
            StepKind::Cut(wire),
        ]
        .contains(kind)
    });
    if last_change.last() == Some(StepKind::Silent(wire)) {
        lines.push("silent".to_owned());
        return lines;
    }
    let last = story
        .outages
        .iter()
        .rfind(|it| it.wire == wire && position.has(it.interval.from));
    if let Some(outage) = last {
        match outage.interval.until {
            Some(until) if position.has(until) => {
                lines.push(format!(
                    "back after {}",
                    seconds_short(until.at.saturating_sub(outage.interval.from.at))
                ));
            }
            _ if is_cut(story, wire, position) => lines.push("cut".to_owned()),
            _ => lines.push("no connection".to_owned()),
        }
    }
    lines
}

/// The map in a sentence.
#[must_use]
pub fn map(story: &Story, position: Position) -> String {
    let nodes = story
        .lanes
        .iter()
        .enumerate()
        .map(|(index, lane)| format!("{}, {}", lane.name, node_state(story, index, position)));
    let flying = story.flights.iter().filter(|it| it.is_flying(position));
    let name = |lane: usize| story.lanes.get(lane).map_or("", |it| it.name.as_str());
    let parcels = flying.map(|it| {
        format!(
            "{} on its way from {} to {}",
            it.face.title(),
            name(it.from),
            name(it.to)
        )
    });
    format!(
        "Map. {}.",
        nodes.chain(parcels).collect::<Vec<_>>().join("; ")
    )
}

// The packet.

/// Name of the fixed header under the bytes.
pub const HEADER: &str = "header";
/// Name of the variable header under the bytes.
pub const VARIABLE_HEADER: &str = "variable header, field by field";
/// Name of the payload under the bytes.
pub const PAYLOAD: &str = "payload";

/// Short facts about a packet; the notable one is true.
#[must_use]
pub fn badges(flight: &Flight) -> Vec<(String, bool)> {
    let mut badges = Vec::new();
    if flight.face.dup {
        badges.push(("DUP = 1".to_owned(), true));
    }
    match &flight.facts {
        Facts::Publish { qos, .. } => badges.push((format!("QoS {qos}"), false)),
        Facts::Connect { is_clean } => {
            badges.push((format!("clean {}", u8::from(*is_clean)), false))
        }
        Facts::ConnAck {
            session_present, ..
        } => badges.push((format!("session {}", u8::from(*session_present)), false)),
        _ => {}
    }
    badges.push((count(flight.bytes.len(), "byte"), false));
    badges
}

/// Bytes that are not drawn.
#[must_use]
pub fn left_out(bytes: usize) -> String {
    format!("and {} more", count(bytes, "byte"))
}

/// Which bits, or how many bytes, a part has.
#[must_use]
pub fn extent(part: &Part) -> String {
    match part.bits {
        Some((high, low)) if high == low => format!("bit {high}"),
        Some((high, low)) => format!("bits {high}–{low}"),
        None if part.prefix > 0 => format!(
            "{} + {}",
            part.prefix,
            part.bytes.len() - part.prefix.min(part.bytes.len())
        ),
        None => count(part.bytes.len(), "byte"),
    }
}

/// The name of a piece of the bytes.
#[must_use]
pub fn segment(name: &str) -> String {
    match name {
        "Fixed Header" => HEADER.to_owned(),
        "Topic Name" => "topic".to_owned(),
        "Packet Identifier" => "id".to_owned(),
        other => other.to_lowercase().replace("qos", "QoS"),
    }
}

/// A byte in words.
#[must_use]
pub fn byte(index: usize, hex: &str, part: &str) -> String {
    format!("byte {index}, {hex}, {part}")
}

/// What stands under the bits of a part.
#[must_use]
pub fn bit_caption(part: &Part, width: u8) -> String {
    match (part.name.as_str(), width) {
        ("Packet Type", _) => format!("type {}", part.value),
        ("QoS", _) => format!("QoS {}", part.value),
        ("RETAIN", _) => "RET".to_owned(),
        ("Reserved", _) => "–".to_owned(),
        ("User Name Flag", _) => "user".to_owned(),
        ("Password Flag", _) => "pass".to_owned(),
        ("Will Retain", _) => "w.ret".to_owned(),
        ("Will QoS", _) => "w.QoS".to_owned(),
        ("Will Flag", _) => "will".to_owned(),
        ("Clean Session" | "Clean Start", _) => "clean".to_owned(),
        ("Session Present", _) => "SP".to_owned(),
        (name, _) => name.to_owned(),
    }
}

/// What stands under a byte that has no parts.
#[must_use]
pub fn part_of(part: &Part, index: usize) -> String {
    if part.bytes.len() == 1 {
        return part.name.clone();
    }
    format!(
        "{}, byte {} of {}",
        part.name,
        index - part.bytes.start + 1,
        part.bytes.len()
    )
}

/// Eight bits in words.
#[must_use]
pub fn bits(index: usize, byte: u8, captions: &[(u8, Option<usize>, String, bool)]) -> String {
    let mut shift = 8;
    let mut words = Vec::new();
    for (width, _, name, _) in captions {
        shift -= width;
        if !name.is_empty() {
            let value = u16::from(byte) >> shift & ((1 << width) - 1);
            words.push(format!(
                "{name}: {value:0width$b}",
                width = usize::from(*width)
            ));
        }
    }
    format!("Byte {index} is hex {byte:02X}. {}", words.join(", "))
}

// The timeline.

/// What is said about steps that have not been played.
pub const NOT_PLAYED: &str = "not yet played";
/// Connections and subscriptions are made.
pub const PHASE_CONNECT: &str = "connect, subscribe";
/// A client publishes.
pub const PHASE_PUBLISH: &str = "publish";
/// The broker delivers.
pub const PHASE_DELIVER: &str = "deliver";
/// Both, where the first is too short for a name of its own.
pub const PHASE_PUBLISH_DELIVER: &str = "publish, deliver";
/// A link is cut, and a client comes back.
pub const PHASE_CUT: &str = "cut, return";
/// What was interrupted is done again.
pub const PHASE_AGAIN: &str = "again";

/// `Step 14 of 22`.
#[must_use]
pub fn place(step: usize, count: usize) -> String {
    match step {
        0 => "Start".to_owned(),
        _ if step > count => "End".to_owned(),
        _ => format!("Step {step} of {count}"),
    }
}

/// The badge beside the heading of the explanation.
#[must_use]
pub fn step_badge(story: &Story, step: usize) -> String {
    place(step, story.steps.len())
        .to_lowercase()
        .split(" of ")
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// A mark of the timeline; nothing of the future.
#[must_use]
pub fn mark(story: &Story, step: usize, is_past: bool, is_now: bool) -> String {
    if step > story.steps.len() {
        return "End: everything has arrived".to_owned();
    }
    if !is_past {
        return format!("Step {step}: not played yet");
    }
    let now = if is_now { ", now" } else { "" };
    format!("Step {step}{now}: {}", step_title(story, step))
}

/// A step in a few words.
#[must_use]
pub fn step_title(story: &Story, step: usize) -> String {
    let ends = |wire: usize| {
        story.wires.get(wire).map_or_else(String::new, |wire| {
            format!(
                "{} and {}",
                story.name(wire.client),
                story.name(wire.broker)
            )
        })
    };
    match story.step(step).map(|it| it.kind) {
        Some(StepKind::Packet(flight)) => {
            story
                .flights
                .get(flight)
                .map_or_else(String::new, |flight| {
                    format!(
                        "{}, {} to {}",
                        flight.face.title(),
                        story.name(flight.from),
                        story.name(flight.to)
                    )
                })
        }
        Some(StepKind::Cut(wire)) => format!("link between {} is cut", ends(wire)),
        Some(StepKind::Restored(wire)) => format!("link between {} works again", ends(wire)),
        Some(StepKind::Silent(wire)) => format!("link between {} is silent", ends(wire)),
        Some(StepKind::Down { lane, crashed }) => {
            format!("{} {}", story.name(lane), goes_down(crashed))
        }
        Some(StepKind::Up(lane)) => format!("{} {STARTS_AGAIN}", story.name(lane)),
        Some(StepKind::Refused(lane)) => format!("{} dials in vain", story.name(lane)),
        Some(StepKind::Effect(effect)) => {
            story.effects.get(effect).map_or_else(String::new, |it| {
                format!("{} {}", story.name(it.lane), it.text)
            })
        }
        None => "everything has arrived".to_owned(),
    }
}

const fn goes_down(crashed: bool) -> &'static str {
    if crashed { CRASHES } else { LOSES_POWER }
}

/// The speed, as written beside its slider.
#[must_use]
pub fn speed((numerator, denominator): (u64, u64)) -> String {
    if denominator == 1 {
        format!("{numerator}×")
    } else {
        format!("{numerator}/{denominator}×")
    }
}

/// The speed in words.
#[must_use]
pub fn speed_words((numerator, denominator): (u64, u64)) -> String {
    if denominator == numerator {
        "real time".to_owned()
    } else {
        format!("{numerator} to {denominator} of real time")
    }
}

/// The time under the place.
#[must_use]
pub fn clock_line(micros: u64, is_playing: bool) -> String {
    format!(
        "{} s · {}",
        clock(micros),
        if is_playing { "playing" } else { "paused" }
    )
}

// The explanation.

/// Opens a marked piece of a sentence.
pub const MARK_OPEN: char = '\u{2}';
/// Closes a marked piece of a sentence.
pub const MARK_CLOSE: char = '\u{3}';

/// Between these two a sentence is marked.
macro_rules! marked {
    ($before:expr, $marked:expr, $after:expr) => {
        format!("{}{MARK_OPEN}{}{MARK_CLOSE}{}", $before, $marked, $after)
    };
}

/// The line under the drawings on the projector and on telephones.
#[must_use]
pub fn caption(story: &Story, step: usize, sentence: &str) -> String {
    if story.step(step).is_some() {
        format!("Step {step}: {sentence}")
    } else {
        sentence.to_owned()
    }
}

/// What happens at step `selected`, as far as it is known at `position`.
#[must_use]
pub fn say(story: &Story, about: &str, position: Position, selected: usize) -> String {
    let Some(step) = story.step(selected) else {
        return if selected == 0 {
            start(about)
        } else {
            end(story)
        };
    };
    match step.kind {
        StepKind::Packet(flight) => story
            .flights
            .get(flight)
            .map_or_else(String::new, |flight| say_packet(story, flight, position)),
        StepKind::Cut(wire) => say_cut(story, wire, step.mark, position),
        StepKind::Restored(wire) => {
            let client = story
                .wires
                .get(wire)
                .map_or("", |wire| story.name(wire.client));
            marked!(
                format!("The link of {client} works again. "),
                "Nothing is sent again yet",
                ": first there has to be a connection."
            )
        }
        StepKind::Silent(wire) => {
            let client = story
                .wires
                .get(wire)
                .map_or("", |wire| story.name(wire.client));
            marked!(
                format!("Nothing arrives over the link of {client} any more, and "),
                "nobody is told",
                ": both ends go on as if the connection were there."
            )
        }
        StepKind::Down {
            lane,
            crashed: true,
        } => marked!(
            format!("{} crashes. ", capital(&actor(story, lane))),
            "Its connections are closed for it",
            ": the other ends learn it at once."
        ),
        StepKind::Down {
            lane,
            crashed: false,
        } => marked!(
            format!("{} loses power. ", capital(&actor(story, lane))),
            "It can say nothing any more",
            ": the other ends notice only when they miss it."
        ),
        StepKind::Up(lane) => marked!(
            format!("{} starts again with ", capital(&actor(story, lane))),
            "what it had saved",
            "."
        ),
        StepKind::Refused(lane) => marked!(
            format!("{} dials, but ", story.name(lane)),
            "there is no connection",
            "."
        ),
        StepKind::Effect(effect) => story
            .effects
            .get(effect)
            .map_or_else(String::new, |it| say_effect(story, it)),
    }
}

fn start(about: &str) -> String {
    let about = if about.is_empty() {
        String::new()
    } else {
        format!("{about} ")
    };
    marked!(
        format!("{about}Nothing has been sent yet. "),
        "Step forward",
        " with the button or the right arrow key."
    )
}

fn end(story: &Story) -> String {
    let mut sentence = "Everything has arrived.".to_owned();
    for (lane, figure) in story.lanes.iter().enumerate() {
        if figure.figure != Figure::Robot {
            continue;
        }
        let effects: Vec<&Effect> = story.effects.iter().filter(|it| it.lane == lane).collect();
        let sum: i64 = effects.iter().map(|it| it.millimetres).sum();
        let orders = story
            .lanes
            .iter()
            .enumerate()
            .filter(|(_, it)| it.figure != Figure::Broker);
        let orders: usize = orders
            .map(|(it, _)| story.messages_sent(it, story.position(story.last_step())))
            .sum();
        let times = match effects.len() {
            0 => "did not move".to_owned(),
            1 => "moved once".to_owned(),
            2 => "moved twice".to_owned(),
            more => format!("moved {more} times"),
        };
        sentence.push_str(&marked!(
            format!(
                " {} sent; {} {times} and stands at ",
                orders_sent(orders),
                figure.name
            ),
            metres(sum),
            "."
        ));
    }
    sentence
}

fn orders_sent(orders: usize) -> String {
    if orders == 1 {
        "One order was".to_owned()
    } else {
        format!("{orders} orders were")
    }
}

fn say_cut(story: &Story, wire: usize, cut: crate::story::Mark, position: Position) -> String {
    let ends = story.wires.get(wire).map_or_else(String::new, |it| {
        format!("{} and {}", story.name(it.client), story.name(it.broker))
    });
    let lost: Vec<String> = lost_at(story, cut, position)
        .map(|flight| flight.face.title())
        .collect();
    let before = format!("The link between {ends} is cut. ");
    match lost.as_slice() {
        [] => marked!(
            before,
            "No packet was on it",
            ", but the connection is gone."
        ),
        [one] => marked!(
            before,
            format!("{one} was on it and is gone for good"),
            ": neither end can know what the other one got."
        ),
        many => marked!(
            before,
            format!("{} were on it and are gone for good", many.join(", ")),
            ": neither end can know what the other one got."
        ),
    }
}

fn lost_at(
    story: &Story,
    cut: crate::story::Mark,
    position: Position,
) -> impl Iterator<Item = &Flight> {
    story
        .flights
        .iter()
        .filter(move |flight| match flight.fate {
            Fate::Lost(mark) => mark.at == cut.at && mark.record > cut.record && position.has(mark),
            Fate::Arrived(_) | Fate::Open => false,
        })
}

fn say_effect(story: &Story, effect: &Effect) -> String {
    let who = story.name(effect.lane);
    if effect.again {
        marked!(
            format!("{who} "),
            format!("{} once more", effect.text),
            ": it cannot tell the copy from a new order. QoS 1 promises at least once, not once."
        )
    } else {
        marked!(format!("The order has arrived: {who} "), &effect.text, ".")
    }
}

/// Who acts, with an article where it needs one.
fn actor(story: &Story, lane: usize) -> String {
    if story.is_broker(lane) {
        "the broker".to_owned()
    } else {
        story.name(lane).to_owned()
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        if text.starts_with("the ") {
            first.to_uppercase().chain(letters).collect()
        } else {
            text.to_owned()
        }
    })
}

fn say_packet(story: &Story, flight: &Flight, position: Position) -> String {
    let (from, to) = (actor(story, flight.from), actor(story, flight.to));
    let who = capital(&from);
    let id = flight.face.id.map_or_else(String::new, |id| id.to_string());
    let exchange = flight.exchange.and_then(|index| story.exchanges.get(index));
    let is_lost = matches!(flight.fate, Fate::Lost(mark) if position.has(mark));
    let sentence = match (&flight.facts, flight.face.name) {
        (Facts::Connect { is_clean }, _) => {
            let was_cut = story.outages.iter().any(|it| {
                it.interval.from < flight.sent
                    && story
                        .wires
                        .get(it.wire)
                        .is_some_and(|wire| wire.client == flight.from)
            });
            match (was_cut, is_clean) {
                (true, false) => marked!(
                    format!("{who} is back and asks for "),
                    "the session that the broker kept",
                    " (clean session 0)."
                ),
                (true, true) => marked!(
                    format!("{who} is back and asks for "),
                    "a fresh start",
                    " (clean session 1)."
                ),
                (false, false) => marked!(
                    format!("{who} asks for a connection, and that "),
                    "its session be kept",
                    " while it is away (clean session 0)."
                ),
                (false, true) => marked!(
                    format!("{who} asks for a connection with "),
                    "a session that ends with it",
                    " (clean session 1)."
                ),
            }
        }
        (
            Facts::ConnAck {
                is_accepted: false, ..
            },
            _,
        ) => marked!(
            format!("{who} "),
            "refuses",
            format!(" the connection of {to}.")
        ),
        (
            Facts::ConnAck {
                session_present: true,
                ..
            },
            _,
        ) => marked!(
            format!("{who} accepts and says that "),
            "the session is still there",
            format!(": {to} need not subscribe again.")
        ),
        (Facts::ConnAck { .. }, _) => marked!(
            format!("{who} accepts. There is "),
            "no earlier session",
            format!(" of {to}.")
        ),
        (Facts::Subscribe { filters }, _) => {
            let wishes: Vec<String> = filters
                .iter()
                .map(|(filter, qos)| format!("{filter} with QoS {qos} at most"))
                .collect();
            marked!(
                format!("{who} asks for every message on "),
                wishes.join(", "),
                "."
            )
        }
        (Facts::SubAck { granted }, _) => {
            let codes: Vec<String> = granted
                .iter()
                .map(|it| it.map_or_else(|| "a refusal".to_owned(), |qos| format!("QoS {qos}")))
                .collect();
            marked!(
                format!("{who} answers subscription {id}: it grants "),
                codes.join(", "),
                "."
            )
        }
        (Facts::Publish { .. }, _) if flight.face.dup => {
            let missing = if matches!(flight.facts, Facts::Publish { qos: 2, .. }) {
                "PUBREC"
            } else {
                "PUBACK"
            };
            marked!(
                format!("{who} sends "),
                "the same message again",
                format!(
                    ": it never got the {missing} for packet {id}, so it cannot know that the message arrived."
                )
            )
        }
        (Facts::Publish { qos: 0, topic, .. }, _) => marked!(
            format!("{who} sends the message on {topic} to {to} "),
            "once and keeps nothing",
            ": QoS 0 has no acknowledgement."
        ),
        (Facts::Publish { qos, topic, .. }, _) => {
            let answer = if *qos == 2 { "PUBREC" } else { "PUBACK" };
            let what = if story.is_broker(flight.from) {
                format!("passes the message on to {to} as its own packet {id} and ")
            } else {
                format!("sends the message on {topic} to {to} as packet {id} and ")
            };
            marked!(
                format!("{who} {what}"),
                "keeps a copy",
                format!(" until {answer} {id} arrives.")
            )
        }
        (_, "PUBACK") => marked!(
            format!("{who} acknowledges packet {id}. "),
            format!("When this arrives, {to} may forget the message"),
            "."
        ),
        (_, "PUBREC") => marked!(
            format!("{who} has taken packet {id} and "),
            "remembers the id",
            ": it would recognise a copy and not deliver it again."
        ),
        (_, "PUBREL") if flight.repeats => marked!(
            format!("{who} takes up the exchange where it stopped: "),
            format!("id {id} is released again"),
            ", the message itself is not sent again."
        ),
        (_, "PUBREL") => marked!(
            format!("{who} has dropped the message and "),
            format!("releases id {id}"),
            format!(": {to} may forget it.")
        ),
        (_, "PUBCOMP") => marked!(
            format!("{who} has forgotten id {id}. When this arrives, "),
            "the exchange is complete",
            format!(" and {to} may use the id anew.")
        ),
        (_, "PINGREQ") => marked!(
            format!("{who} has had nothing to say for a while and "),
            "shows that it is there",
            "."
        ),
        (_, "PINGRESP") => marked!(format!("{who} "), "is there too", "."),
        (_, "DISCONNECT") => marked!(
            format!("{who} "),
            "takes leave",
            ": its will is thrown away."
        ),
        (_, name) => format!("{who} sends {name} to {to}."),
    };
    match exchange {
        Some(_) if is_lost => format!("{sentence} It was lost on the way."),
        _ => sentence,
    }
}

/// A link of the chain of causes in a few words, for the sake of step `of`.
#[must_use]
pub fn because(story: &Story, step: usize, of: usize) -> String {
    let is_last = step == of;
    match story.step(step).map(|it| it.kind) {
        Some(StepKind::Packet(flight)) => story
            .flights
            .get(flight)
            .map_or_else(String::new, |flight| because_packet(story, flight, is_last)),
        Some(StepKind::Cut(_)) => {
            let mark = story.step(step).map(|it| it.mark);
            let everything = story.position(of.max(step));
            let lost: Vec<&Flight> = mark
                .map(|mark| lost_at(story, mark, everything).collect())
                .unwrap_or_default();
            match lost.as_slice() {
                [] => "The link was cut.".to_owned(),
                [one] => format!(
                    "The cut took {} with it: {} on the wire, gone for good.",
                    one.face.title(),
                    count(one.bytes.len(), "byte")
                ),
                many => format!("The cut took {} with it.", count(many.len(), "packet")),
            }
        }
        Some(StepKind::Restored(_)) => "The link works again.".to_owned(),
        Some(StepKind::Silent(_)) => "The link fell silent; nobody was told.".to_owned(),
        Some(StepKind::Down { lane, crashed }) => {
            format!("{} {}.", capital(&actor(story, lane)), goes_down(crashed))
        }
        Some(StepKind::Up(lane)) => format!("{} {STARTS_AGAIN}.", capital(&actor(story, lane))),
        Some(StepKind::Refused(lane)) => format!("{} dialled in vain.", story.name(lane)),
        Some(StepKind::Effect(effect)) => {
            story.effects.get(effect).map_or_else(String::new, |it| {
                format!("{} {}.", capital(&actor(story, it.lane)), it.text)
            })
        }
        None => String::new(),
    }
}

fn because_packet(story: &Story, flight: &Flight, is_last: bool) -> String {
    let who = capital(&actor(story, flight.from));
    let id = flight
        .face
        .id
        .map_or_else(String::new, |id| format!(" {id}"));
    match (&flight.facts, flight.face.name) {
        (Facts::Publish { .. }, _) if flight.face.dup => {
            "So the copy goes out again. No timer did this; the reconnect did.".to_owned()
        }
        (Facts::Publish { qos: 0, .. }, _) => format!("{who} sends the message and keeps nothing."),
        (Facts::Publish { .. }, _) => format!("{who} sends the message and keeps a copy."),
        (Facts::Connect { is_clean: false }, _) => format!("{who} connects with Clean Session 0."),
        (Facts::Connect { is_clean: true }, _) => format!("{who} connects with Clean Session 1."),
        (
            Facts::ConnAck {
                session_present: true,
                ..
            },
            _,
        ) => format!("{who} still has the session of {}.", story.name(flight.to)),
        (Facts::ConnAck { .. }, _) => format!("{who} accepts the connection."),
        (Facts::Subscribe { .. }, _) => format!("{who} subscribes."),
        (Facts::SubAck { .. }, _) => format!("{who} confirms the subscription."),
        (_, "PUBREL") if flight.repeats => {
            "So the exchange goes on where it stopped. No timer did this; the reconnect did."
                .to_owned()
        }
        (_, name) if is_last => {
            format!("So {} answers with {name}{id}.", actor(story, flight.from))
        }
        (_, name) => format!("{who} answers with {name}{id}."),
    }
}

/// The title of the page.
#[must_use]
pub fn page_title(scenario: &str) -> String {
    format!("{scenario} · MQTT Playground")
}

/// From whom and to whom, in the packet list.
#[must_use]
pub fn row_ends(story: &Story, step: &Step, flight: Option<&Flight>) -> String {
    match (step.kind, flight) {
        (_, Some(flight)) => format!("{}, {}", story.name(flight.from), story.name(flight.to)),
        (StepKind::Cut(_) | StepKind::Restored(_) | StepKind::Silent(_), _) => "link".to_owned(),
        (StepKind::Refused(lane) | StepKind::Down { lane, .. } | StepKind::Up(lane), _) => {
            story.name(lane).to_owned()
        }
        (StepKind::Effect(effect), _) => story
            .effects
            .get(effect)
            .map_or_else(String::new, |it| story.name(it.lane).to_owned()),
        (StepKind::Packet(_), None) => String::new(),
    }
}

/// What a row of the packet list is about.
#[must_use]
pub fn row_title(
    story: &Story,
    step: &Step,
    flight: Option<&Flight>,
    position: Position,
) -> String {
    match (step.kind, flight) {
        (_, Some(flight)) => {
            let title = flight.face.title();
            match flight.fate {
                Fate::Lost(mark) if position.has(mark) => format!("{title}, lost"),
                _ if flight.face.dup => format!("{title} DUP"),
                _ => match flight.facts {
                    Facts::Connect { .. } | Facts::ConnAck { .. } => {
                        format!("{title} {}", flight.face.detail)
                    }
                    _ => title,
                },
            }
        }
        (StepKind::Cut(_), _) => "cut".to_owned(),
        (StepKind::Restored(_), _) => "works again".to_owned(),
        (StepKind::Silent(_), _) => "silent".to_owned(),
        (StepKind::Down { crashed, .. }, _) => goes_down(crashed).to_owned(),
        (StepKind::Up(_), _) => STARTS_AGAIN.to_owned(),
        (StepKind::Refused(_), _) => "dials in vain".to_owned(),
        (StepKind::Effect(effect), _) => story
            .effects
            .get(effect)
            .map_or_else(String::new, |it| it.text.clone()),
        (StepKind::Packet(_), None) => String::new(),
    }
}

// What the broker keeps.

/// Label.
pub const SESSION: &str = "Session";
/// Label.
pub const SUBSCRIPTION: &str = "Subscription";
/// Label.
pub const QUEUE: &str = "Queue";
/// Label.
pub const RETAINED: &str = "Retained";
/// There is none.
pub const NONE: &str = "none";
/// Nothing is in it.
pub const EMPTY: &str = "empty";
/// A session that is not kept.
pub const SESSION_ENDS: &str = "ends with the connection";
/// A message that waits for its turn or for a connection.
pub const WAITS_TO_BE_SENT: &str = "its turn";

/// A session that is kept.
#[must_use]
pub fn kept_since(step: usize) -> String {
    format!("kept since step {step}")
}

/// A subscription.
#[must_use]
pub fn subscription(filter: &str, qos: u8) -> String {
    format!("{filter} QoS {qos}")
}

/// How many there are, or a word for none.
#[must_use]
pub fn how_many(number: usize, none: &str) -> String {
    if number == 0 {
        none.to_owned()
    } else {
        number.to_string()
    }
}

/// A message that is kept until it is acknowledged.
#[must_use]
pub fn kept_message(topic: &str, qos: u8) -> String {
    format!("{topic}, QoS {qos}")
}

/// An exchange of which only the identifier is left.
#[must_use]
pub fn only_id(is_incoming: bool) -> String {
    if is_incoming {
        "id remembered, message passed on"
    } else {
        "id kept, message dropped"
    }
    .to_owned()
}

/// Orders and deliveries so far.
#[must_use]
pub fn tally(orders: usize, deliveries: usize) -> String {
    let deliveries = match deliveries {
        0 => "no delivery".to_owned(),
        1 => "1 delivery".to_owned(),
        more => format!("{more} deliveries"),
    };
    format!("{}, {deliveries} so far.", count(orders, "order"))
}

/// What a quality of service promises for one message.
#[must_use]
pub fn promise(qos: u8) -> String {
    match qos {
        0 => "QoS 0 promises at most one.",
        1 => "QoS 1 promises at least one.",
        _ => "QoS 2 promises exactly one.",
    }
    .to_owned()
}
