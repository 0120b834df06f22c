//! What is said where a run is over.

use super::*;
use crate::story::Effect;

/// A run is over and goes on to be quiet, until this time in microseconds.
#[must_use]
pub fn quiet_until(language: Language, until: u64) -> String {
    let minutes = until / 60_000_000;
    tr!(
        language,
        en: format!(" Nothing happens any more until the run ends, after {minutes} min."),
        de: format!(" Bis der Lauf nach {minutes} min endet, geschieht nichts mehr."),
    )
}

pub(super) fn end(language: Language, story: &Story) -> String {
    let on_the_way = story
        .flights
        .iter()
        .filter(|flight| flight.fate == Fate::Open)
        .count();
    let mut sentence = match on_the_way {
        0 => tr!(
            language,
            en: "Nothing is on its way any more.".to_owned(),
            de: "Nichts ist mehr unterwegs.".to_owned(),
        ),
        many => {
            let packets = count(language, many, PACKETS);
            tr!(
                language,
                en: format!("The scenario ends here, with {packets} on the way."),
                de: format!("Das Szenario endet hier; unterwegs: {packets}."),
            )
        }
    };
    if !story.has_robot() {
        sentence.push_str(&heard(language, story));
    }
    let end = story.position(story.last_step());
    let sent = published(language, story.published(end), story.has_only_orders(end));
    for (lane, robot) in story.lanes.iter().enumerate() {
        if robot.figure != Figure::Robot {
            continue;
        }
        let effects: Vec<&Effect> = story.effects.iter().filter(|it| it.lane == lane).collect();
        let sum: i64 = effects.iter().map(|it| it.millimetres).sum();
        let (name, metres) = (&robot.name, metres(language, sum));
        sentence.push_str(&marked!(
            language,
            en: [
                format!(
                    " {sent}; {name} {} and stands at ",
                    match effects.len() {
                        0 => "did not move".to_owned(),
                        1 => "moved once".to_owned(),
                        2 => "moved twice".to_owned(),
                        more => format!("moved {more} times"),
                    }
                ),
                metres,
                "."
            ],
            de: [
                format!(
                    " {sent}; {name} ist {} und steht bei ",
                    match effects.len() {
                        0 => "nicht gefahren".to_owned(),
                        1 => "einmal gefahren".to_owned(),
                        2 => "zweimal gefahren".to_owned(),
                        more => format!("{more}-mal gefahren"),
                    }
                ),
                metres,
                "."
            ],
        ));
    }
    sentence
}

/// How many messages the clients have published, which are orders if all of them go to those who drive.
fn published(language: Language, messages: usize, are_orders: bool) -> String {
    match (language, messages, are_orders) {
        (Language::English, 1, true) => "One order was sent".to_owned(),
        (Language::English, more, true) => format!("{more} orders were sent"),
        (Language::English, 1, false) => "One message was published".to_owned(),
        (Language::English, more, false) => format!("{more} messages were published"),
        (Language::German, 1, true) => "Ein Auftrag wurde gesendet".to_owned(),
        (Language::German, more, true) => format!("{more} Aufträge wurden gesendet"),
        (Language::German, 1, false) => "Eine Nachricht wurde veröffentlicht".to_owned(),
        (Language::German, more, false) => format!("{more} Nachrichten wurden veröffentlicht"),
    }
}

/// What is left of the messages where nobody drives: what each device heard last, and who is off.
fn heard(language: Language, story: &Story) -> String {
    let end = story.position(story.last_step());
    let mut sentence = String::new();
    for (lane, it) in story.lanes.iter().enumerate() {
        let name = &it.name;
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
        if let (1.., Some((topic, payload))) = (heard, last) {
            let messages = count(language, heard, MESSAGES);
            if payload.is_empty() {
                sentence.push_str(&tr!(
                    language,
                    en: format!(" {name} got {messages}; the last one, on {topic}, is empty."),
                    de: format!(" {name} bekam {messages}; die letzte, auf {topic}, ist leer."),
                ));
            } else {
                sentence.push_str(&marked!(
                    language,
                    en: [
                        format!(" {name} got {messages}; the last one, on {topic}: "),
                        payload,
                        "."
                    ],
                    de: [
                        format!(" {name} bekam {messages}; die letzte, auf {topic}: "),
                        payload,
                        "."
                    ],
                ));
            }
        }
        if story.is_off(lane, end) {
            sentence.push_str(&tr!(
                language,
                en: format!(" {name} is off."),
                de: format!(" {name} ist aus."),
            ));
        }
    }
    sentence
}
