//! A packet's parts, in words.

use super::count;
use crate::packet::Part;
use crate::story::{Facts, Flight};

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
        Facts::Connect { is_clean, .. } => {
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
