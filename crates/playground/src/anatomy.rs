//! The fields of a packet as the tree shows them: the decoder's own record, with a few levels drawn together.

use crate::packet::Part;
use crate::payload::visible;
use bytes::Bytes;
use mqtt_proto::anatomy::{Field, Outcome, Value, dissect};
use mqtt_proto::codec::FieldName;
use mqtt_proto::{Sender, Version};

/// A value with more characters is cut in the tree; the bytes show all of it.
const VALUE_MAX_CHARS: usize = 120;

/// The parts of a packet, in the order of its bytes.
pub(crate) fn parts(bytes: &Bytes, version: Version, sender: Sender) -> Vec<Part> {
    let anatomy = dissect(bytes, Some(version), sender);
    let fields = &anatomy.fields;
    let mut parts = Vec::new();
    // The depth of the field whose children stand in its place.
    let mut lifted: Vec<u8> = Vec::new();
    let mut index = 0;
    while let Some(field) = fields.get(index) {
        lifted.retain(|depth| *depth < field.depth);
        index += 1;
        // The first byte is its bits: type and flags stand directly in the fixed header.
        if field.name == FieldName::FirstByte {
            lifted.push(field.depth);
            continue;
        }
        let depth = usize::from(field.depth).saturating_sub(lifted.len());
        // A string is one line: its length and its characters are said together.
        if let Some((prefix, content)) = prefixed(fields, index, field) {
            parts.push(Part {
                prefix,
                ..part(field, depth, version, Some(content))
            });
            index += 2;
            continue;
        }
        parts.push(part(field, depth, version, None));
    }
    parts
}

/// Why bytes are no packet.
pub(crate) struct Fault {
    /// The field at fault and its first byte; none for the start of a packet, and for a packet with something behind it.
    pub(crate) place: Option<(&'static str, u32)>,
    /// What is wrong.
    pub(crate) what: String,
    /// The rule that they break: its id and its gist.
    pub(crate) rule: Option<(&'static str, &'static str)>,
}

/// Why bytes are not exactly one packet; none if they are.
pub(crate) fn fault(bytes: &Bytes, version: Version, sender: Sender) -> Option<Fault> {
    let anatomy = dissect(bytes, Some(version), sender);
    let plain = |what: String| Fault {
        place: None,
        what,
        rule: None,
    };
    let unread = |field: &&Field| field.name == FieldName::Unread;
    match anatomy.outcome {
        Outcome::Whole(_) => {
            let behind = anatomy.fields.iter().find(unread)?;
            Some(plain(format!("+{}", behind.bytes.len())))
        }
        Outcome::Incomplete { missing_bytes } => Some(plain(
            missing_bytes.map_or_else(String::new, |it| format!("-{it}")),
        )),
        Outcome::Faulty(malformed) => Some(Fault {
            place: Some((malformed.field.name_in(version), malformed.at)),
            what: malformed.fault.to_string(),
            rule: malformed.statement().map(|statement| {
                let statement = statement.statement();
                (statement.id, statement.summary)
            }),
        }),
    }
}

/// If a field is a length and what has that length: how many bytes the length has, and the content.
fn prefixed<'a>(fields: &'a [Field], next: usize, field: &Field) -> Option<(usize, &'a Field)> {
    let (length, content) = (fields.get(next)?, fields.get(next + 1)?);
    let inside = |it: &Field| it.depth == field.depth + 1 && it.is_leaf;
    let is_pair = length.name == FieldName::Length
        && matches!(content.name, FieldName::Characters | FieldName::Data)
        && inside(length)
        && inside(content);
    is_pair.then_some((length.bytes.len(), content))
}

fn part(field: &Field, depth: usize, version: Version, content: Option<&Field>) -> Part {
    let told = content.unwrap_or(field);
    Part {
        depth,
        field: field.name,
        name: field.name.name_in(version),
        value: value(&told.value),
        meaning: match told.name {
            // The extent says it already.
            FieldName::RemainingLength | FieldName::PropertyLength | FieldName::Length => {
                String::new()
            }
            _ => told.meaning.to_string(),
        },
        bytes: field.bytes.clone(),
        bits: field.bits.map(|bits| (bits.high, bits.low)),
        prefix: 0,
        is_group: content.is_none() && !field.is_leaf,
        is_faulty: field.is_faulty,
        rule: field.statement.map(|statement| statement.id_str()),
    }
}

fn value(value: &Value) -> String {
    match value {
        Value::Parts => String::new(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => cut(text),
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if !text.chars().any(char::is_control) => cut(text),
            _ => cut(&bytes
                .iter()
                .take(VALUE_MAX_CHARS)
                .map(|byte| format!("{byte:02X} "))
                .collect::<String>()),
        },
    }
}

fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(VALUE_MAX_CHARS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    visible(&short)
}
