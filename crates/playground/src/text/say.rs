//! What happens and why, in sentences.

use super::*;
use crate::story::{Again, Effect, Mark};

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
    } else if let Some(hint) = hint(step) {
        format!("{sentence} {hint}").trim_start().to_owned()
    } else {
        sentence.to_owned()
    }
}

/// What to do at the start.
#[must_use]
pub const fn hint(step: usize) -> Option<&'static str> {
    if step == 0 { Some(START) } else { None }
}

/// Said before the first step.
const START: &str = "Nothing has been sent yet: step forward, or press Play.";

/// What happens at step `selected`, as far as it is known at `position`.
#[must_use]
pub fn say(story: &Story, about: &str, position: Position, selected: usize) -> String {
    let Some(step) = story.step(selected) else {
        return if selected == 0 {
            about.to_owned()
        } else {
            end(story)
        };
    };
    match step.kind {
        StepKind::Packet(flight) => story
            .flights
            .get(flight)
            .map_or_else(String::new, |flight| say_packet(story, flight, position)),
        StepKind::Vanished(flight) => story.flights.get(flight).map_or_else(String::new, |it| {
            marked!(
                format!("{} vanishes on the way, and ", it.face.title()),
                "the connection goes on",
                ": drawings show this, but TCP never does it."
            )
        }),
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
        StepKind::Stalled(wire) => {
            let client = story
                .wires
                .get(wire)
                .map_or("", |wire| story.name(wire.client));
            marked!(
                format!("An end of the link of {client} hardly reads any more. "),
                "What is sent to it waits",
                ": first where it is to be read, then, when there is no room left, where it comes from."
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
            format!("{} starts again and knows ", capital(&actor(story, lane))),
            "only what it had saved",
            ", if anything."
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

fn end(story: &Story) -> String {
    let on_the_way = story
        .flights
        .iter()
        .filter(|flight| flight.fate == Fate::Open)
        .count();
    let mut sentence = match on_the_way {
        0 => "Nothing is on its way any more.".to_owned(),
        many => format!(
            "The scenario ends here, with {} on the way.",
            count(many, "packet")
        ),
    };
    if !story.has_robot() {
        sentence.push_str(&heard(story));
    }
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

/// What is left of the messages where nobody drives: what each device heard last, and who is off.
fn heard(story: &Story) -> String {
    let end = story.position(story.last_step());
    let mut sentence = String::new();
    for (lane, it) in story.lanes.iter().enumerate() {
        let heard = story.deliveries.iter().filter(|(to, _)| *to == lane);
        let heard = heard.count();
        let last = story
            .flights
            .iter()
            .filter(|flight| flight.to == lane && matches!(flight.fate, Fate::Arrived(_)))
            .filter_map(|flight| match &flight.facts {
                Facts::Publish {
                    topic,
                    payload: Some(payload),
                    ..
                } => Some((topic, payload)),
                _ => None,
            })
            .next_back();
        if let (1.., Some((topic, payload))) = (heard, last)
            && payload.is_empty()
        {
            sentence.push_str(&format!(
                " {} got {}; the last one, on {topic}, is empty.",
                it.name,
                count(heard, "message")
            ));
        } else if let (1.., Some((topic, payload))) = (heard, last) {
            sentence.push_str(&marked!(
                format!(
                    " {} got {}; the last one says that {topic} is ",
                    it.name,
                    count(heard, "message")
                ),
                payload,
                "."
            ));
        }
        if is_off(story, lane, end) {
            sentence.push_str(&format!(" {} is off.", it.name));
        }
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

fn say_cut(story: &Story, wire: usize, cut: Mark, position: Position) -> String {
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

fn lost_at(story: &Story, cut: Mark, position: Position) -> impl Iterator<Item = &Flight> {
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
    if let Some(explanation) = &effect.explanation {
        marked!(format!("{who}: "), &effect.text, format!(". {explanation}"))
    } else if let Some(again) = effect.again {
        let why = match again {
            Again::SameHop => {
                ": it cannot tell the copy from a new order. QoS 1 promises at least once, not once.".to_owned()
            }
            Again::Forgotten => {
                ": it had lost its memory of the packet id, and without that QoS 2 cannot know the copy.".to_owned()
            }
            Again::Doubled => ": the link doubled the packet, which no TCP connection does.".to_owned(),
            Again::EarlierHop { qos } => format!(
                ": the broker itself got the message twice, at QoS {qos}, and passed both on as messages of their own."
            ),
            Again::Stored => {
                ": the broker had retained the message, and the new subscription brought it once more.".to_owned()
            }
        };
        marked!(format!("{who} "), format!("{} once more", effect.text), why)
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

fn keeps_copies(story: &Story, lane: usize) -> bool {
    story.lanes.get(lane).is_none_or(|lane| lane.keeps_copies)
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
        (
            Facts::Connect {
                is_clean,
                flag,
                ends_at_close,
            },
            _,
        ) => {
            let mut earlier = story.flights.iter().take_while(|it| it.sent < flight.sent);
            let was_here =
                earlier.any(|it| it.from == flight.from && it.face.name == flight.face.name);
            let flag = format!(" ({flag} {}).", u8::from(*is_clean));
            match (was_here, is_clean, ends_at_close) {
                (true, false, _) => marked!(
                    format!("{who} is back and asks to go on with "),
                    "its earlier session",
                    flag
                ),
                (true, true, _) => marked!(
                    format!("{who} is back and asks for "),
                    "a fresh start",
                    flag
                ),
                (false, _, false) => marked!(
                    format!("{who} asks for a connection, and that "),
                    "its session be kept",
                    format!(" while it is away{flag}")
                ),
                (false, _, true) => marked!(
                    format!("{who} asks for a connection with "),
                    "a session that ends with it",
                    flag
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
        (
            Facts::Publish {
                qos, topic, source, ..
            },
            _,
        ) => {
            let answer = if *qos == 2 { "PUBREC" } else { "PUBACK" };
            let what = match source {
                _ if !story.is_broker(flight.from) => {
                    format!("sends the message on {topic} to {to} as packet {id} and ")
                }
                Source::Client => {
                    format!("passes the message on to {to} as its own packet {id} and ")
                }
                Source::Retained => format!(
                    "had retained a message on {topic}. It goes to {to} as packet {id}, and the broker "
                ),
                Source::Queue => format!(
                    "kept a message on {topic} while {to} was away. It goes out as packet {id}, and the broker "
                ),
                Source::Will => format!(
                    "speaks for a client that is gone: its will on {topic} goes to {to} as packet {id}. The broker "
                ),
            };
            if !keeps_copies(story, flight.from) {
                return marked!(
                    format!("{who} {what}"),
                    "keeps no copy",
                    ": its library could not send this packet again."
                );
            }
            marked!(
                format!("{who} {what}"),
                "keeps a copy",
                format!(" until {answer} {id} arrives.")
            )
        }
        (
            Facts::Reason {
                text,
                is_failure: true,
            },
            name @ ("PUBACK" | "PUBREC" | "PUBREL" | "PUBCOMP"),
        ) => marked!(format!("{who} answers {name} {id}: "), text, "."),
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
        (_, "DISCONNECT") if story.is_broker(flight.from) => {
            marked!(format!("{who} "), "ends the connection", ".")
        }
        (Facts::Goodbye { deletes_will }, _) if position.has(*deletes_will) => marked!(
            format!("{who} "),
            "takes leave",
            ": the broker deletes its will unpublished."
        ),
        (_, "DISCONNECT") => marked!(
            format!("{who} "),
            "takes leave",
            ": the connection ends in good order."
        ),
        (_, name) => format!("{who} sends {name} to {to}."),
    };
    let sentence = match &flight.facts {
        Facts::Reason {
            text,
            is_failure: false,
        } => format!("{sentence} The reason: {text}."),
        Facts::Reason { text, .. } if flight.face.name == "DISCONNECT" => {
            format!("{sentence} The reason: {text}.")
        }
        _ => sentence,
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
        Some(StepKind::Vanished(flight)) => {
            story.flights.get(flight).map_or_else(String::new, |it| {
                format!("{} vanished on the way.", it.face.title())
            })
        }
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
        Some(StepKind::Stalled(_)) => "An end of the link hardly reads any more.".to_owned(),
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
        (Facts::Publish { .. }, _) if flight.face.dup && flight.repeats => {
            "So the copy goes out again. No timer did this; the reconnect did.".to_owned()
        }
        (Facts::Publish { .. }, _) if flight.face.dup => {
            "So the copy goes out again. A timer did this; the connection never went.".to_owned()
        }
        (
            Facts::Publish {
                source: Source::Will,
                ..
            },
            _,
        ) => format!("{who} publishes the will of a client that is gone."),
        (
            Facts::Publish {
                source: Source::Retained,
                ..
            },
            _,
        ) => format!("{who} sends what it had retained."),
        (
            Facts::Publish {
                source: Source::Queue,
                ..
            },
            _,
        ) => format!("{who} sends what waited in the session."),
        (Facts::Publish { qos: 0, .. }, _) => format!("{who} sends the message and keeps nothing."),
        (Facts::Publish { .. }, _) if !keeps_copies(story, flight.from) => {
            format!("{who} sends the message and keeps no copy.")
        }
        (Facts::Publish { .. }, _) => format!("{who} sends the message and keeps a copy."),
        (Facts::Connect { is_clean, flag, .. }, _) => {
            format!("{who} connects with {flag} {}.", u8::from(*is_clean))
        }
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
        (_, "PINGREQ") => format!("{who} shows that it is there."),
        (_, "PINGRESP") => format!("{who} is there, too."),
        (_, "DISCONNECT") if story.is_broker(flight.from) => {
            format!("{who} ends the connection.")
        }
        (_, "DISCONNECT") => format!("{who} takes leave."),
        (_, name) if is_last => {
            format!("So {} answers with {name}{id}.", actor(story, flight.from))
        }
        (_, name) => format!("{who} answers with {name}{id}."),
    }
}
