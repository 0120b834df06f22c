//! Every sentence of the page, in one place.

mod act;
mod claim;
mod filter;
mod language;
mod lesson;
mod offline;
mod packet;
mod place;
mod sandbox;
mod say;
mod state;
mod why;

pub use act::*;
pub use claim::claim;
pub use filter::*;
pub use language::{LANGUAGES, Language, Phrase};
pub use lesson::*;
pub use offline::*;
pub use packet::*;
pub use place::*;
pub use sandbox::*;
pub use say::*;
pub use state::*;
pub use why::*;

use crate::look::Look;
use crate::map::Node;
use crate::story::{
    Effect, Exchange, Facts, Fate, Figure, Flight, Position, Source, SpanKind, Step, StepKind,
    Story,
};

/// The label of an outage.
pub const LINK_CUT: &str = "link cut · no connection";
/// The same where there is little room.
pub const LINK_CUT_SHORT: &str = "link cut";

/// A link works again.
pub const LINK_UP: &str = "link up";
/// Nothing arrives over a link.
pub const LINK_SILENT: &str = "link silent";
/// An end of a link reads slowly, or not at all.
pub const LINK_STALLED: &str = "hardly read";
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
        "step {}{selected}, {}{id}{detail}, {} to {}, {fate}",
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

/// The state of a node, fact by fact.
#[must_use]
pub fn node_facts(story: &Story, lane: usize, position: Position, look: &Look) -> Vec<String> {
    let Some(figure) = story.lanes.get(lane).map(|it| it.figure) else {
        return Vec::new();
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
        return vec![format!("{online} online"), format!("{flying} in flight")];
    }
    let online = if is_off(story, lane, position) {
        "off"
    } else if look.is_asleep {
        "asleep"
    } else if is_online(story, lane, position) {
        "online"
    } else {
        "offline"
    };
    let mut facts = vec![online.to_owned()];
    if figure == Figure::Robot {
        let effects: Vec<&Effect> = story
            .effects
            .iter()
            .filter(|it| it.lane == lane && position.has(it.mark))
            .collect();
        facts.push(driven(&effects));
    } else if !look.reading.is_empty() {
        facts.push(look.reading.clone());
    } else {
        let sent = story.messages_sent(lane, position);
        if sent > 0 {
            facts.push(format!("{sent} sent"));
        }
    }
    if let Some(percent) = look.battery {
        facts.push(format!("battery {percent} %"));
    }
    facts
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
            StepKind::Stalled(wire),
            StepKind::Restored(wire),
            StepKind::Cut(wire),
        ]
        .contains(kind)
    });
    match last_change.last() {
        Some(StepKind::Silent(_)) => {
            lines.push("silent".to_owned());
            return lines;
        }
        Some(StepKind::Stalled(_)) => {
            lines.push("read slowly".to_owned());
            return lines;
        }
        _ => {}
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
pub fn map(story: &Story, position: Position, nodes: &[Node]) -> String {
    let nodes = nodes.iter().map(|node| node.sentence.clone());
    let flying = story.flights.iter().filter(|it| it.is_flying(position));
    let parcels = flying.map(|it| parcel(story, it));
    format!(
        "Map. {}.",
        nodes.chain(parcels).collect::<Vec<_>>().join("; ")
    )
}

// The timeline.

/// What is said about steps that have not been played.
pub const NOT_PLAYED: &str = "not yet played";
/// Connections and subscriptions are made.
pub const PHASE_CONNECT: &str = "connect ·\u{a0}subscribe";
/// A client publishes.
pub const PHASE_PUBLISH: &str = "publish";
/// The broker delivers.
pub const PHASE_DELIVER: &str = "deliver";
/// Both, where the first is too short for a name of its own.
pub const PHASE_PUBLISH_DELIVER: &str = "publish ·\u{a0}deliver";
/// A packet vanishes from a link that goes on.
pub const PHASE_LOST: &str = "lost";
/// A link is cut, and a client comes back.
pub const PHASE_CUT: &str = "cut ·\u{a0}return";
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
        return "End of the scenario".to_owned();
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
        Some(StepKind::Vanished(flight)) => {
            story.flights.get(flight).map_or_else(String::new, |it| {
                format!("{} vanishes on the way", it.face.title())
            })
        }
        Some(StepKind::Cut(wire)) => format!("link between {} is cut", ends(wire)),
        Some(StepKind::Restored(wire)) => format!("link between {} works again", ends(wire)),
        Some(StepKind::Silent(wire)) => format!("link between {} is silent", ends(wire)),
        Some(StepKind::Stalled(wire)) => {
            format!("link between {} is hardly read", ends(wire))
        }
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
        None => "end of the scenario".to_owned(),
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
        (
            StepKind::Cut(_) | StepKind::Restored(_) | StepKind::Silent(_) | StepKind::Stalled(_),
            _,
        ) => "link".to_owned(),
        (StepKind::Refused(lane) | StepKind::Down { lane, .. } | StepKind::Up(lane), _) => {
            story.name(lane).to_owned()
        }
        (StepKind::Effect(effect), _) => story
            .effects
            .get(effect)
            .map_or_else(String::new, |it| story.name(it.lane).to_owned()),
        (StepKind::Vanished(_), _) => "link".to_owned(),
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
        (StepKind::Vanished(flight), _) => story
            .flights
            .get(flight)
            .map_or_else(String::new, |it| format!("{} vanishes", it.face.title())),
        (StepKind::Cut(_), _) => "cut".to_owned(),
        (StepKind::Restored(_), _) => "works again".to_owned(),
        (StepKind::Silent(_), _) => "silent".to_owned(),
        (StepKind::Stalled(_), _) => "hardly read".to_owned(),
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
