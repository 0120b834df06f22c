//! What can be typed next.

use super::field::{EVENTS, FIELDS, Field, FieldInfo, Kind, packet_type};
use super::parse::{Expected, is_word, open_at};
use crate::text::{self, Language, Phrase};
use mqtt_proto::ReasonCode;
use mqtt_proto::packet::PacketType;

/// So many ways to go on are offered.
const OFFERED_MAX: usize = 12;

/// A way to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The whole text, if it is taken.
    pub text: String,
    /// What is added.
    pub label: String,
    /// What that is.
    pub about: String,
}

/// The ways to go on at the end of `typed`, best first. `values` gives the values that a field has in the run.
#[must_use]
pub fn complete(
    typed: &str,
    language: Language,
    values: impl Fn(Field) -> Vec<String>,
) -> Vec<Completion> {
    // What is being typed is the last word, or the last text with an open quote.
    let start = if typed.matches('"').count() % 2 == 1 {
        typed.rfind('"').unwrap_or(typed.len())
    } else {
        match typed.trim_end_matches(is_word) {
            rest if rest.len() == typed.len() => typed.trim_end_matches(is_sign).len(),
            rest => rest.len(),
        }
    };
    let (before, word) = typed.split_at_checked(start).unwrap_or((typed, ""));
    let (place, expected) = open_at(before);
    // The text before is wrong already: nothing that follows mends it.
    if place < before.trim_end().len() {
        return Vec::new();
    }
    let typed_word = word.trim_start_matches('"').to_lowercase();
    let mut found: Vec<(u8, Completion)> = Vec::new();
    let mut offer = |label: String, about: String| {
        let bare = label.trim_matches('"').to_lowercase();
        if bare == typed_word && !word.starts_with('"') {
            return;
        }
        let rank = if bare.starts_with(&typed_word) {
            0
        } else if bare.contains(&typed_word) || about.to_lowercase().contains(&typed_word) {
            1
        } else {
            return;
        };
        let gap = if before.is_empty() || before.ends_with([' ', '(', '!', '{']) {
            ""
        } else {
            " "
        };
        found.push((
            rank,
            Completion {
                text: format!("{before}{gap}{label} "),
                label,
                about,
            },
        ));
    };
    for what in &expected {
        match what {
            Expected::Field => {
                for FieldInfo { name, about, .. } in FIELDS {
                    offer((*name).to_owned(), about.to(language).to_owned());
                }
            }
            Expected::Operator(kind) => {
                for (sign, about) in text::filter_operators(*kind) {
                    offer((*sign).to_owned(), about.to(language).to_owned());
                }
            }
            Expected::Value(kind) => {
                let field = last_field(before);
                for (value, about) in values_of(*kind, field, &values) {
                    offer(value, about);
                }
            }
            Expected::Join | Expected::End | Expected::Close | Expected::CloseSet => {}
        }
    }
    if expected.contains(&Expected::Join) && before.ends_with(' ') {
        for (sign, about) in text::FILTER_JOINS {
            offer((*sign).to_owned(), about.to(language).to_owned());
        }
    }
    let is_meant = found.is_empty() || packet_type(word).is_some();
    if is_meant && expected.contains(&Expected::Field) {
        let tests = plain(word).into_iter();
        found.extend(tests.map(|(test, about)| {
            let completion = Completion {
                text: format!("{before}{test} "),
                label: test,
                about: about.to(language).to_owned(),
            };
            (0, completion)
        }));
    }
    found.sort_by_key(|(rank, _)| *rank);
    found.truncate(OFFERED_MAX);
    found.into_iter().map(|(_, it)| it).collect()
}

/// What a plain word may be meant for where a field is expected: who begins to filter types what is to be found.
pub(super) fn plain(word: &str) -> Vec<(String, Phrase)> {
    let is_plain = word.chars().count() > 1 && word.chars().all(is_word);
    let is_plain = is_plain && !word.starts_with("mqtt.");
    let contains = |field| (field, "contains", format!("\"{word}\""));
    let tests = match packet_type(word) {
        Some(it) => vec![(Field::MsgType, "==", it.name().to_owned())],
        None if is_plain && nearest(word).is_none() => {
            vec![contains(Field::Topic), contains(Field::MessageText)]
        }
        None => Vec::new(),
    };
    let tests = tests.into_iter().filter_map(|(field, sign, value)| {
        let info = FIELDS.iter().find(|it| it.field == field)?;
        Some((format!("{} {sign} {value}", info.name), info.about))
    });
    tests.collect()
}

const fn is_sign(character: char) -> bool {
    matches!(character, '=' | '!' | '<' | '>' | '&' | '|')
}

/// The field that the value at the end of a text is for.
fn last_field(before: &str) -> Option<Field> {
    let mut words = before.split(|it: char| !is_word(it)).rev();
    words.find_map(|word| Field::named(word).map(|it| it.field))
}

fn values_of(
    kind: Kind,
    field: Option<Field>,
    values: &impl Fn(Field) -> Vec<String>,
) -> Vec<(String, String)> {
    match kind {
        Kind::PacketType => (1..=15)
            .filter_map(PacketType::from_bits)
            .map(|it| ((it as u8).to_string(), it.name().to_owned()))
            .collect(),
        Kind::Reason => ReasonCode::ALL
            .iter()
            .map(|it| (format!("0x{:02x}", it.as_u8()), it.name().to_owned()))
            .collect(),
        Kind::Flag => [("1", "true"), ("0", "false")]
            .map(|(one, other)| (one.to_owned(), other.to_owned()))
            .to_vec(),
        Kind::Text if field == Some(Field::Event) => EVENTS
            .iter()
            .map(|it| (format!("\"{it}\""), String::new()))
            .collect(),
        Kind::Text => {
            let known = field.map(values).unwrap_or_default().into_iter();
            known
                .map(|it| {
                    let quoted = it.replace('\\', "\\\\").replace('"', "\\\"");
                    (format!("\"{quoted}\""), String::new())
                })
                .collect()
        }
        Kind::Number(_) => {
            let known = field.map(values).unwrap_or_default().into_iter();
            known.map(|it| (it, String::new())).collect()
        }
        Kind::Data => Vec::new(),
    }
}

/// The field whose name is most like a word, if one is like it at all.
pub(super) fn nearest(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    let tail = word.rsplit('.').next().filter(|it| it.len() > 1)?;
    let names = || FIELDS.iter().map(|it| it.name);
    names()
        .find(|name| name.rsplit('.').next() == Some(tail))
        .or_else(|| {
            let near = names().map(|name| (distance(name, &word), name));
            near.min()
                .filter(|(distance, _)| *distance <= 3)
                .map(|(_, name)| name)
        })
        .or_else(|| names().find(|name| name.contains(tail)))
}

/// How many letters have to be added, left out or changed to make one word of the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut corner = index;
        let mut left = index + 1;
        let mut next = vec![left];
        for (above, it) in row.iter().skip(1).zip(&other) {
            left = (corner + usize::from(letter != *it))
                .min(above + 1)
                .min(left + 1);
            corner = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
