//! Every sentence of the page, in one place and in every language.

mod act;
mod board;
mod breaks;
mod bridge;
mod broker;
mod claim;
mod class;
mod effect;
mod filter;
mod forms;
mod frame;
mod futures;
mod guests;
mod import;
mod language;
mod layout;
mod lesson;
mod offline;
mod packet;
mod place;
mod probe;
mod running;
mod sandbox;
mod say;
mod script;
mod state;
mod stops;
mod study;
mod trouble;
mod twin;
mod why;

pub use act::*;
pub use board::*;
pub use breaks::*;
pub use bridge::*;
pub use broker::*;
pub use claim::{claim, found_so, went_astray};
pub use class::*;
pub use effect::*;
pub use filter::*;
pub use forms::*;
pub use frame::*;
pub use futures::*;
pub use guests::*;
pub use import::*;
pub use language::*;
pub use layout::*;
pub use lesson::*;
pub use offline::*;
pub use packet::*;
pub use place::*;
pub use probe::*;
pub use running::*;
pub use sandbox::*;
pub use say::*;
pub use script::*;
pub use state::*;
pub use stops::*;
pub use study::*;
pub use trouble::*;
pub use twin::*;
pub use why::*;

use crate::look::{Look, Reading};
use crate::map::{Node, PARCEL_BUTTONS_MAX};
use crate::memo::Shared;
use crate::story::{
    Exchange, Facts, Fate, Figure, Flight, Over, Position, Source, Step, StepKind, Story,
};
use language::phrases;
use mqtt_proto::packet::PacketType;
use std::collections::BTreeSet;

phrases! {
    /// The label of an outage.
    LINK_CUT: "link cut · no connection", "Leitung gekappt · keine Verbindung";
    /// The same where there is little room.
    LINK_CUT_SHORT: "link cut", "gekappt";
    /// A link works again.
    LINK_UP: "link up", "wieder da";
    /// Nothing arrives over a link.
    LINK_SILENT: "link silent", "Leitung stumm";
    /// An end of a link reads slowly, or not at all.
    LINK_STALLED: "hardly read", "kaum gelesen";
    /// Packets wait on a link.
    LINK_HELD: "held", "angehalten";
    /// Packets on a link go on.
    LINK_RELEASED: "released", "freigegeben";
    /// A packet that did not arrive.
    LOST: "lost", "verloren";
    /// A node's program stopped.
    CRASHES: "crashes", "stürzt ab";
    /// A node has no power.
    LOSES_POWER: "loses power", "verliert den Strom";
    /// A node is there again.
    STARTS_AGAIN: "starts again", "startet wieder";
    /// A client dialled in vain.
    REFUSED: "no connection", "keine Verbindung";
}

/// A time in seconds with milliseconds: `3.324`.
#[must_use]
pub fn clock(language: Language, micros: u64) -> String {
    let millis = (micros + 500) / 1000;
    let clock = format!("{}.{:03}", millis / 1000, millis % 1000);
    decimal(language, &clock)
}

/// A length of time: `60 ms`, `2.06 s`.
#[must_use]
pub fn seconds_short(language: Language, micros: u64) -> String {
    let millis = (micros + 500) / 1000;
    let length = match millis {
        0 => format!("{micros} µs"),
        1..1000 => format!("{millis} ms"),
        _ if millis < 100_000 => format!("{}.{:02} s", millis / 1000, millis % 1000 / 10),
        _ => format!("{} s", millis / 1000),
    };
    decimal(language, &length)
}

/// The flag at the present.
#[must_use]
pub fn now(language: Language, micros: u64) -> String {
    let clock = clock(language, micros);
    match language {
        Language::English => format!("now {clock} s"),
        Language::German => format!("jetzt {clock} s"),
    }
}

/// A way, from millimetres.
#[must_use]
pub fn metres(language: Language, millimetres: i64) -> String {
    let (whole, rest) = (millimetres / 1000, (millimetres % 1000).abs());
    if rest == 0 {
        format!("{whole} m")
    } else {
        let digits = format!("{rest:03}");
        let metres = format!("{whole}.{} m", digits.trim_end_matches('0'));
        decimal(language, &metres)
    }
}

/// The sum under a repeated effect.
#[must_use]
pub fn in_total(language: Language, millimetres: i64) -> String {
    let metres = metres(language, millimetres);
    match language {
        Language::English => format!("{metres} in total"),
        Language::German => format!("insgesamt {metres}"),
    }
}

/// The title of the box about a session.
#[must_use]
pub fn session_of(language: Language, client: &str) -> String {
    match language {
        Language::English => format!("session {client}"),
        Language::German => format!("Sitzung {client}"),
    }
}

/// What is said about steps that have not been played.
#[must_use]
pub fn not_yet(language: Language, first: usize, last: usize) -> String {
    match language {
        Language::English if first == last => format!("step {last}: not yet played"),
        Language::English => format!("steps {first} to {last}: not yet played"),
        Language::German if first == last => format!("Schritt {last}: noch nicht gespielt"),
        Language::German => format!("Schritte {first} bis {last}: noch nicht gespielt"),
    }
}

/// So many are named in a line; of more, the first ones and how many others there are.
const NAMED_MAX: usize = 6;

/// What folded steps are.
#[must_use]
pub fn folded(language: Language, story: &Story, count: usize) -> String {
    let flights = || story.flights.iter().take_while(|it| it.step <= count);
    let of = |kind: PacketType| flights().filter(move |it| it.face.kind == Some(kind));
    let connect: BTreeSet<usize> = of(PacketType::Connect).map(|it| it.from).collect();
    let lanes = connect.into_iter().filter_map(|lane| story.lanes.get(lane));
    let names: Vec<String> = lanes.map(|it| it.shown.clone()).collect();
    let subscribes = of(PacketType::Subscribe).next().is_some();
    // A class of thirty is a number.
    let named = if names.len() <= NAMED_MAX {
        names.clone()
    } else {
        let others = names.len() + 1 - NAMED_MAX;
        let others = match language {
            Language::English => format!("{others} others"),
            Language::German => format!("{others} weitere"),
        };
        let first = names.iter().take(NAMED_MAX - 1).cloned();
        first.chain([others]).collect()
    };
    let who = and(language, &named);
    match language {
        Language::English => {
            let what = match names.len() {
                0 => "set-up".to_owned(),
                1 => format!("{who} connects"),
                _ => format!("{who} connect"),
            };
            let more = match (subscribes, names.len()) {
                (false, _) => "",
                (true, 0) => " and subscriptions",
                (true, 1) => " and subscribes",
                (true, _) => " and subscribe",
            };
            format!("Steps 1 to {count}: {what}{more}")
        }
        Language::German => {
            let what = match names.len() {
                0 => "Aufbau".to_owned(),
                1 => format!("{who} verbindet sich"),
                _ => format!("{who} verbinden sich"),
            };
            let more = match (subscribes, names.len()) {
                (false, _) => "",
                (true, 0) => " und Abonnements",
                (true, 1) => " und abonniert",
                (true, _) => " und abonnieren",
            };
            format!("Schritte 1 bis {count}: {what}{more}")
        }
    }
}

/// A pill for those who do not see it.
#[must_use]
pub fn pill(
    language: Language,
    story: &Story,
    flight: &Flight,
    position: Position,
    is_selected: bool,
) -> String {
    let (from, to) = (story.name(flight.from), story.name(flight.to));
    let (step, name) = (flight.step, flight.face.name);
    let detail = match detail(language, &flight.face.detail) {
        none if none.is_empty() => none,
        some => format!(", {some}"),
    };
    let is_flying = flight.is_flying(position);
    let is_lost = matches!(flight.fate, Fate::Lost(_));
    match language {
        Language::English => {
            let selected = if is_selected { ", selected" } else { "" };
            let id = flight.face.id;
            let id = id.map_or_else(String::new, |id| format!(" packet id {id}"));
            let fate = match (is_flying, is_lost) {
                _ if flight.is_held(position) => "held",
                (true, _) => "in flight",
                (_, true) => "lost",
                _ => "arrived",
            };
            format!("step {step}{selected}, {name}{id}{detail}, {from} to {to}, {fate}")
        }
        Language::German => {
            let selected = if is_selected { ", ausgewählt" } else { "" };
            let id = flight.face.id;
            let id = id.map_or_else(String::new, |id| format!(" Paket-ID {id}"));
            let fate = match (is_flying, is_lost) {
                _ if flight.is_held(position) => "angehalten",
                (true, _) => "unterwegs",
                (_, true) => "verloren",
                _ => "angekommen",
            };
            format!("Schritt {step}{selected}, {name}{id}{detail}, {from} an {to}, {fate}")
        }
    }
}

/// The facts about a message in flight, as far as they are known at `position`.
#[must_use]
pub fn exchange_facts(
    language: Language,
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
        .filter(|it| it.face.kind == Some(PacketType::Publish) && position.has(it.sent))
        .count();
    let is_over = !exchange.interval.holds(position);
    let over = exchange.over.filter(|_| is_over);
    let acknowledged = over == Some(Over::Acknowledged);
    let survived = exchange.survived.iter().any(|&mark| position.has(mark));
    let id = exchange.id;
    match language {
        Language::English => {
            let yes = |it: bool| if it { "yes" } else { "no" }.to_owned();
            let state = match over {
                Some(Over::GivenUp) => "given up",
                Some(Over::CutOff) => "cut off",
                Some(Over::Acknowledged) | None => "in flight",
            };
            if narrow {
                let state = if acknowledged { "free" } else { state };
                return vec![
                    ("", format!("id {id} {state}")),
                    ("", format!("sent {sends}×")),
                ];
            }
            let times = match sends {
                1 => "once".to_owned(),
                _ => format!("{sends} times"),
            };
            let free = if is_over { " free" } else { "" };
            vec![
                (state, format!("id {id}{free}")),
                ("sent", times),
                ("acknowledged", yes(acknowledged)),
                ("survived a cut", yes(survived)),
            ]
        }
        Language::German => {
            let yes = |it: bool| if it { "ja" } else { "nein" }.to_owned();
            let state = match over {
                Some(Over::GivenUp) => "aufgegeben",
                Some(Over::CutOff) => "abgebrochen",
                Some(Over::Acknowledged) | None => "unterwegs",
            };
            if narrow {
                let state = if acknowledged { "frei" } else { state };
                return vec![
                    ("", format!("ID {id} {state}")),
                    ("", format!("{sends}× gesendet")),
                ];
            }
            let free = if is_over { " frei" } else { "" };
            vec![
                (state, format!("ID {id}{free}")),
                ("gesendet", format!("{sends}×")),
                ("bestätigt", yes(acknowledged)),
                ("Ausfall überlebt", yes(survived)),
            ]
        }
    }
}

/// The state line of a device that moves.
#[must_use]
pub fn driven(language: Language, millimetres: i64) -> String {
    let metres = metres(language, millimetres);
    match language {
        Language::English => format!("driven {metres}"),
        Language::German => format!("{metres} gefahren"),
    }
}

/// The state of a node, fact by fact.
#[must_use]
pub fn node_facts(
    language: Language,
    story: &Story,
    lane: usize,
    position: Position,
    look: &Look,
) -> Vec<String> {
    let Some(figure) = story.lanes.get(lane).map(|it| it.figure) else {
        return Vec::new();
    };
    if figure == Figure::Broker {
        // Of two brokers each has its own.
        let brokers = story.lanes.iter().map(|it| it.figure);
        let is_only = brokers.filter(|it| *it == Figure::Broker).count() == 1;
        let is_its = |client| {
            let mut wires = story.wires.iter();
            is_only || wires.any(|it| (it.client, it.broker) == (client, lane))
        };
        let flying = story
            .flying(position)
            .filter(|(_, it)| is_only || it.from == lane || it.to == lane)
            .count();
        let online = story
            .lanes
            .iter()
            .enumerate()
            .filter(|&(it, lane)| lane.figure != Figure::Broker && story.is_online(it, position))
            .filter(|(it, _)| is_its(*it))
            .count();
        let connected = look.connected;
        let all = connected.map_or(online, |it| it.all);
        let gone = connected.map_or(0, |it| it.half_open);
        // A broker that has not noticed does not know better.
        let (connected, are_gone, flying) = match language {
            Language::English => (
                match gone {
                    0 => format!("{all} connected"),
                    _ => format!("believes {all} connected"),
                },
                format!("{gone} of them gone"),
                format!("{flying} on the wire"),
            ),
            Language::German => (
                match gone {
                    0 => format!("{all} verbunden"),
                    _ => format!("hält {all} für verbunden"),
                },
                format!("davon {gone} weg"),
                format!("{flying} auf der Leitung"),
            ),
        };
        return match gone {
            0 => vec![connected, flying],
            _ => vec![connected, are_gone, flying],
        };
    }
    let online = if story.is_off(lane, position) {
        OFF
    } else if look.is_asleep {
        ASLEEP
    } else if story.is_online(lane, position) {
        ONLINE
    } else {
        OFFLINE
    };
    let mut facts = vec![online.to(language).to_owned()];
    if figure == Figure::Robot {
        facts.push(driven(language, story.driven(lane, position)));
    } else if look.reading != Reading::Nothing {
        facts.push(reading(language, &look.reading));
    } else {
        let sent = story.messages_sent(lane, position);
        if sent > 0 {
            facts.push(match language {
                Language::English => format!("{sent} sent"),
                Language::German => format!("{sent} gesendet"),
            });
        }
    }
    if let Some(percent) = look.battery {
        facts.push(match language {
            Language::English => format!("battery {percent} %"),
            Language::German => format!("Batterie {percent} %"),
        });
    }
    facts
}

phrases! {
    /// The state of a device.
    ONLINE: "online", "online";
    /// The state of a device.
    OFFLINE: "offline", "offline";
    /// The state of a device.
    OFF: "off", "aus";
    /// The state of a device.
    ASLEEP: "asleep", "schläft";
    /// The state of a link.
    IS_SILENT: "silent", "stumm";
    /// The state of a link.
    IS_STALLED: "read slowly", "langsam gelesen";
    /// The state of a link.
    IS_CUT: "cut", "gekappt";
    /// The state of a link.
    NO_CONNECTION: "no connection", "keine Verbindung";
}

/// What is written at a link.
#[must_use]
pub fn wire_state(
    language: Language,
    story: &Story,
    wire: usize,
    position: Position,
) -> Vec<String> {
    let Some(latency) = story.wires.get(wire).map(|it| it.latency) else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    // A real line has none that is known.
    if latency > 0 {
        lines.push(seconds_short(language, latency));
    }
    match story.last_change(wire, position) {
        Some(StepKind::Silent(_)) => {
            lines.push(IS_SILENT.to(language).to_owned());
            return lines;
        }
        Some(StepKind::Stalled(_)) => {
            lines.push(IS_STALLED.to(language).to_owned());
            return lines;
        }
        _ => {}
    }
    let last = story.last_outage(wire, position);
    if let Some(outage) = last {
        match outage.interval.until {
            Some(until) if position.has(until) => {
                let length = until.at.saturating_sub(outage.interval.from.at);
                let length = seconds_short(language, length);
                lines.push(match language {
                    Language::English => format!("back after {length}"),
                    Language::German => format!("nach {length} zurück"),
                });
            }
            _ if story.is_cut(wire, position) => lines.push(IS_CUT.to(language).to_owned()),
            _ => lines.push(NO_CONNECTION.to(language).to_owned()),
        }
    }
    lines
}

/// The map in a sentence.
#[must_use]
pub fn map(
    language: Language,
    story: &Story,
    position: Position,
    nodes: &[Shared<Node>],
) -> String {
    let nodes = nodes.iter().map(|node| node.sentence.clone());
    let parcels = story.flying(position).take(PARCEL_BUTTONS_MAX);
    let parcels = parcels.map(|(_, it)| parcel(language, story, it));
    let more = story.flying(position).skip(PARCEL_BUTTONS_MAX).count();
    let more = (more > 0).then(|| match language {
        Language::English => format!("{more} more packets on their way"),
        Language::German => format!("{more} weitere Pakete unterwegs"),
    });
    let all: Vec<String> = nodes.chain(parcels).chain(more).collect();
    let all = all.join("; ");
    format!("{}. {all}.", tab_name(language, crate::action::Tab::Map))
}

// The timeline.

phrases! {
    /// What is said about steps that have not been played.
    NOT_PLAYED: "not yet played", "noch nicht gespielt";
    /// Connections and subscriptions are made.
    PHASE_CONNECT: "connect ·\u{a0}subscribe", "verbinden ·\u{a0}abonnieren";
    /// A client publishes.
    PHASE_PUBLISH: "publish", "veröffentlichen";
    /// The broker delivers.
    PHASE_DELIVER: "deliver", "zustellen";
    /// Both, where the first is too short for a name of its own.
    PHASE_PUBLISH_DELIVER: "publish ·\u{a0}deliver", "senden ·\u{a0}zustellen";
    /// A packet vanishes from a link that goes on.
    PHASE_LOST: "lost", "verloren";
    /// A link is cut, and a client comes back.
    PHASE_CUT: "cut ·\u{a0}return", "Ausfall ·\u{a0}Rückkehr";
    /// What was interrupted is done again.
    PHASE_AGAIN: "again", "noch einmal";
    /// Behind the last step.
    END_OF_SCENARIO: "End of the scenario", "Ende des Szenarios";
}

/// `Step 14 of 22`.
#[must_use]
pub fn place(language: Language, step: usize, count: usize) -> String {
    match (step, language) {
        (0, Language::English) => "Start".to_owned(),
        (0, Language::German) => "Anfang".to_owned(),
        (_, Language::English) if step > count => "End".to_owned(),
        (_, Language::German) if step > count => "Ende".to_owned(),
        (_, Language::English) => format!("Step {step} of {count}"),
        (_, Language::German) => format!("Schritt {step} von {count}"),
    }
}

/// `Step 14`.
#[must_use]
pub fn step(language: Language, step: usize) -> String {
    match language {
        Language::English => format!("Step {step}"),
        Language::German => format!("Schritt {step}"),
    }
}

/// The badge beside the heading of the explanation.
#[must_use]
pub fn step_badge(language: Language, story: &Story, step: usize) -> String {
    let count = story.steps.len();
    match (language, step) {
        (_, 1..) if step <= count => match language {
            Language::English => format!("step {step}"),
            Language::German => format!("Schritt {step}"),
        },
        (Language::English, _) => place(language, step, count).to_lowercase(),
        (Language::German, _) => place(language, step, count),
    }
}

/// A mark of the timeline; nothing of the future.
#[must_use]
pub fn mark(language: Language, story: &Story, step: usize, is_past: bool, is_now: bool) -> String {
    if step > story.steps.len() {
        return END_OF_SCENARIO.to(language).to_owned();
    }
    let number = self::step(language, step);
    match (language, is_past, is_now) {
        (Language::English, false, _) => format!("{number}: not played yet"),
        (Language::German, false, _) => format!("{number}: noch nicht gespielt"),
        (Language::English, true, true) => {
            format!("{number}, now: {}", step_title(language, story, step))
        }
        (Language::German, true, true) => {
            format!("{number}, jetzt: {}", step_title(language, story, step))
        }
        (_, true, false) => format!("{number}: {}", step_title(language, story, step)),
    }
}

/// A step in a few words.
#[must_use]
pub fn step_title(language: Language, story: &Story, step: usize) -> String {
    let ends = |wire: usize| {
        story.wires.get(wire).map_or_else(String::new, |wire| {
            let names = [wire.client, wire.broker].map(|lane| story.name(lane).to_owned());
            and(language, &names)
        })
    };
    match story.step(step).map(|it| it.kind) {
        Some(StepKind::Packet(flight)) => {
            story
                .flights
                .get(flight)
                .map_or_else(String::new, |flight| {
                    let title = flight.face.title();
                    let (from, to) = (story.name(flight.from), story.name(flight.to));
                    match language {
                        Language::English => format!("{title}, {from} to {to}"),
                        Language::German => format!("{title}, {from} an {to}"),
                    }
                })
        }
        Some(StepKind::Vanished(flight)) => {
            story.flights.get(flight).map_or_else(String::new, |it| {
                let title = it.face.title();
                match language {
                    Language::English => format!("{title} vanishes on the way"),
                    Language::German => format!("{title} verschwindet unterwegs"),
                }
            })
        }
        Some(
            kind @ (StepKind::Cut(wire)
            | StepKind::Restored(wire)
            | StepKind::Silent(wire)
            | StepKind::Held(wire)
            | StepKind::Released(wire)
            | StepKind::Stalled(wire)),
        ) => {
            let ends = ends(wire);
            match language {
                Language::English => {
                    let what = match kind {
                        StepKind::Cut(_) => "is cut",
                        StepKind::Restored(_) => "works again",
                        StepKind::Silent(_) => "is silent",
                        StepKind::Held(_) => "is held",
                        StepKind::Released(_) => "is released",
                        _ => "is hardly read",
                    };
                    format!("link between {ends} {what}")
                }
                Language::German => {
                    let what = match kind {
                        StepKind::Cut(_) => "ist gekappt",
                        StepKind::Restored(_) => "geht wieder",
                        StepKind::Silent(_) => "ist stumm",
                        StepKind::Held(_) => "ist angehalten",
                        StepKind::Released(_) => "ist freigegeben",
                        _ => "wird kaum gelesen",
                    };
                    format!("Leitung zwischen {ends} {what}")
                }
            }
        }
        Some(StepKind::Down { lane, crashed }) => {
            format!("{} {}", story.name(lane), goes_down(language, crashed))
        }
        Some(StepKind::Up(lane)) => {
            format!("{} {}", story.name(lane), STARTS_AGAIN.to(language))
        }
        Some(StepKind::Refused(lane)) => {
            format!("{} {}", story.name(lane), DIALS_IN_VAIN.to(language))
        }
        Some(StepKind::Effect(index)) => story.effects.get(index).map_or_else(String::new, |it| {
            format!("{} {}", story.name(it.lane), effect(language, &it.what))
        }),
        None => match language {
            Language::English => "end of the scenario".to_owned(),
            Language::German => "Ende des Szenarios".to_owned(),
        },
    }
}

phrases! {
    /// A client does not reach its broker.
    DIALS_IN_VAIN: "dials in vain", "wählt vergeblich";
}

/// A step as a line of the list. English has the simulator's own.
#[must_use]
pub fn list_line(language: Language, story: &Story, number: usize) -> String {
    let Some(step) = story.step(number) else {
        return String::new();
    };
    match (language, step.kind, step.line.split_once("  ")) {
        (Language::English, ..) => step.line.clone(),
        // What packets say is names of the standard.
        (Language::German, StepKind::Packet(_), Some((time, packet))) => {
            format!("{}  {packet}", decimal(language, time))
        }
        (Language::German, ..) => format!(
            "{}  {}",
            clock(language, step.mark.at),
            step_title(language, story, number)
        ),
    }
}

const fn goes_down(language: Language, crashed: bool) -> &'static str {
    if crashed { CRASHES } else { LOSES_POWER }.to(language)
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
pub fn speed_words(language: Language, (numerator, denominator): (u64, u64)) -> String {
    match language {
        Language::English if denominator == numerator => "real time".to_owned(),
        Language::English => format!("{numerator} to {denominator} of real time"),
        Language::German if denominator == numerator => "Echtzeit".to_owned(),
        Language::German => format!("{numerator} zu {denominator} der Echtzeit"),
    }
}

/// The time under the place.
#[must_use]
pub fn clock_line(language: Language, micros: u64, is_playing: bool) -> String {
    let clock = clock(language, micros);
    match (language, is_playing) {
        (Language::English, true) => format!("{clock} s · playing"),
        (Language::English, false) => format!("{clock} s · paused"),
        (Language::German, true) => format!("{clock} s · läuft"),
        (Language::German, false) => format!("{clock} s · angehalten"),
    }
}

/// The title of the page.
#[must_use]
pub fn page_title(scenario: &str) -> String {
    format!("{scenario} · MQTT Playground")
}

/// Where a rule stands.
#[must_use]
pub fn section(language: Language, section: &str) -> String {
    match language {
        Language::English => format!("Section {section}"),
        Language::German => format!("Abschnitt {section}"),
    }
}

/// From whom and to whom, in the packet list.
#[must_use]
pub fn row_ends(language: Language, story: &Story, step: &Step, flight: Option<&Flight>) -> String {
    match (step.kind, flight) {
        (_, Some(flight)) => format!("{}, {}", story.name(flight.from), story.name(flight.to)),
        (
            StepKind::Cut(_)
            | StepKind::Restored(_)
            | StepKind::Silent(_)
            | StepKind::Stalled(_)
            | StepKind::Held(_)
            | StepKind::Released(_)
            | StepKind::Vanished(_),
            _,
        ) => match language {
            Language::English => "link".to_owned(),
            Language::German => "Leitung".to_owned(),
        },
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

phrases! {
    /// A link, in the packet list.
    WORKS_AGAIN: "works again", "geht wieder";
}

/// What a row of the packet list is about.
#[must_use]
pub fn row_title(
    language: Language,
    story: &Story,
    step: &Step,
    flight: Option<&Flight>,
    position: Position,
) -> String {
    match (step.kind, flight) {
        (_, Some(flight)) => {
            let title = flight.face.title();
            match flight.fate {
                Fate::Lost(mark) if position.has(mark) => {
                    format!("{title}, {}", LOST.to(language))
                }
                _ if flight.face.dup => format!("{title} DUP"),
                _ => match flight.facts {
                    Facts::Connect { .. } | Facts::ConnAck { .. } => {
                        format!("{title} {}", detail(language, &flight.face.detail))
                    }
                    _ => title,
                },
            }
        }
        (StepKind::Vanished(flight), _) => {
            story.flights.get(flight).map_or_else(String::new, |it| {
                let title = it.face.title();
                match language {
                    Language::English => format!("{title} vanishes"),
                    Language::German => format!("{title} verschwindet"),
                }
            })
        }
        (StepKind::Cut(_), _) => IS_CUT.to(language).to_owned(),
        (StepKind::Restored(_), _) => WORKS_AGAIN.to(language).to_owned(),
        (StepKind::Silent(_), _) => IS_SILENT.to(language).to_owned(),
        (StepKind::Stalled(_), _) => LINK_STALLED.to(language).to_owned(),
        (StepKind::Held(_), _) => LINK_HELD.to(language).to_owned(),
        (StepKind::Released(_), _) => LINK_RELEASED.to(language).to_owned(),
        (StepKind::Down { crashed, .. }, _) => goes_down(language, crashed).to_owned(),
        (StepKind::Up(_), _) => STARTS_AGAIN.to(language).to_owned(),
        (StepKind::Refused(_), _) => DIALS_IN_VAIN.to(language).to_owned(),
        (StepKind::Effect(index), _) => story
            .effects
            .get(index)
            .map_or_else(String::new, |it| effect(language, &it.what)),
        (StepKind::Packet(_), None) => String::new(),
    }
}
