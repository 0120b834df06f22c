//! One packet, three ways: its fields as a tree, its bytes, and the bits of one byte. What is selected in one is lit in all.

use crate::payload::PayloadView;
use crate::story::{Flight, Role};
use crate::text::{self, Language};
use mqtt_proto::codec::FieldName;
use mqtt_proto::packet::PacketType;
use std::ops::Range;

/// Bytes on one line.
pub const LINE_BYTES: usize = 8;
/// More bytes than this are counted, not drawn: a payload may have 256 MB.
pub const DRAWN_MAX_BYTES: usize = 1024;

/// A part of a packet, as the decoder recorded it. Parts come in the order of the bytes, a group before what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// How deep in the tree, from 0.
    pub depth: usize,
    /// What it is.
    pub field: FieldName,
    /// The name that the standard of its version gives it.
    pub name: &'static str,
    /// Its value, as text.
    pub value: String,
    /// What the value means.
    pub meaning: String,
    /// Its bytes.
    pub bytes: Range<usize>,
    /// Its bits, highest and lowest, if it is less than a byte.
    pub bits: Option<(u8, u8)>,
    /// For a string or binary data: how many of the bytes are its length.
    pub prefix: usize,
    /// Whether other parts lie in it.
    pub is_group: bool,
    /// Whether the packet is no packet because of it.
    pub is_faulty: bool,
    /// The statement that gives it its value, if the decoder names one.
    pub rule: Option<&'static str>,
}

/// What is selected in the packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Focus {
    /// The part: its place in the list.
    pub part: Option<usize>,
    /// The byte.
    pub byte: Option<usize>,
}

/// How the bytes of a part are underlined; no hue is used for this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// The fixed header.
    Solid,
    /// Every other part of the variable header.
    Grey,
    /// The parts between those.
    Double,
    /// The payload.
    Dotted,
}

/// A line of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRow {
    /// Its part.
    pub part: usize,
    /// How deep in the tree.
    pub depth: usize,
    /// The name.
    pub name: String,
    /// Value and meaning.
    pub value: String,
    /// Which bits, or how many bytes.
    pub extent: String,
    /// Whether other lines hang under it.
    pub is_group: bool,
    /// Whether it is the selected one.
    pub is_selected: bool,
    /// Whether the selection lies in it or it lies in the selection.
    pub is_lit: bool,
    /// Whether the packet is no packet because of it.
    pub is_faulty: bool,
}

/// A byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByteCell {
    /// Its place, from 0.
    pub index: usize,
    /// Two hexadecimal digits.
    pub hex: String,
    /// As a character, or a dot.
    pub ascii: char,
    /// Its underline.
    pub line: Line,
    /// Whether a segment starts here.
    pub starts: bool,
    /// Whether a segment ends here.
    pub ends: bool,
    /// Whether it is selected.
    pub is_lit: bool,
    /// Whether the arrow keys start from here.
    pub is_focus: bool,
    /// What it is, in words.
    pub sentence: String,
}

/// Neighbouring bytes with one underline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// What they are.
    pub name: String,
    /// Their value, if it is short enough to be said.
    pub value: String,
    /// The underline.
    pub line: Line,
    /// Which bytes.
    pub bytes: Range<usize>,
}

/// The eight bits of a byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bits {
    /// Which byte.
    pub byte: usize,
    /// Its number in words.
    pub label: String,
    /// As a number.
    pub hex: String,
    /// The bits, highest first: set, and lit.
    pub cells: [(bool, bool); 8],
    /// What they are: how many, which part, name, lit.
    pub captions: Vec<(u8, Option<usize>, String, bool)>,
    /// The whole in words.
    pub sentence: String,
}

/// A packet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PacketView {
    /// The step that sends it; 0 if no packet is selected.
    pub step: usize,
    /// Its role.
    pub role: Option<Role>,
    /// Type and identifier.
    pub title: String,
    /// Short facts; the first may be the notable one.
    pub badges: Vec<(String, bool)>,
    /// Whether it is lost: the first of the short facts says so.
    pub is_lost: bool,
    /// Which it is, if what is selected is about none: then it is the last one before, and nothing in it is lit.
    pub of_before: Option<String>,
    /// The fields.
    pub fields: Vec<FieldRow>,
    /// The bytes.
    pub bytes: Vec<ByteCell>,
    /// What the underlines mean.
    pub key: Vec<(Line, String)>,
    /// The pieces that the bytes fall into.
    pub segments: Vec<Segment>,
    /// The bits of the byte in hand.
    pub bits: Option<Bits>,
    /// What is left out, in words.
    pub left_out: Option<String>,
    /// The message that it carries.
    pub payload: Option<PayloadView>,
    /// Whether its bytes can be changed and sent.
    pub can_edit: bool,
    /// Why they cannot, where those of other packets can.
    pub no_edit: Option<&'static str>,
    /// What was changed, while it is being changed.
    pub edit: Option<EditView>,
}

/// The strip of the wall is as wide as so many bytes, in tenths of one.
const STRIP_WIDTH: usize = 365;
/// Between two pieces, in tenths of a byte as all of these.
const PIECE_GAP: usize = 6;
/// A letter of a piece's name, and one of the packet's.
const NAME_LETTER: f64 = 3.7;
const TITLE_LETTER: f64 = 5.4;
/// Of a piece it shows at most so many bytes, and at least so many of the longest one.
const PIECE_BYTES_MAX: usize = 24;
const PIECE_BYTES_MIN: usize = 4;

impl Segment {
    /// What the strip of the wall calls the piece.
    #[must_use]
    pub fn label(&self) -> String {
        if self.value.is_empty() {
            self.name.clone()
        } else {
            format!("{}: {}", self.name, self.value)
        }
    }
}

impl PacketView {
    /// What the strip of the wall calls the packet.
    #[must_use]
    pub fn label(&self) -> String {
        let lost = self.badges.first().filter(|_| self.is_lost);
        lost.map_or_else(
            || self.title.clone(),
            |(word, _)| format!("{} {word}", self.title),
        )
    }

    /// How many bytes of a piece the strip of the wall shows at most: the long ones give way, so that all have room.
    #[must_use]
    pub fn strip_room(&self) -> usize {
        let wide = |text: &str, letter: f64| (text.chars().count() as f64 * letter) as usize;
        let before = self.of_before.as_deref().unwrap_or_default();
        let title = wide(&self.label(), TITLE_LETTER).max(wide(before, NAME_LETTER)) + PIECE_GAP;
        let names: Vec<(usize, usize)> = self
            .segments
            .iter()
            .map(|it| (it.bytes.len(), wide(&it.label(), NAME_LETTER)))
            .collect();
        let has_room = |room: &usize| {
            let pieces = names.iter().map(|(bytes, name)| {
                // Where bytes are left out, a sign for them stands.
                let shown = (*bytes).min(room + 1);
                name.max(&(shown * 10)) + PIECE_GAP
            });
            title + pieces.sum::<usize>() <= STRIP_WIDTH
        };
        let mut rooms = (PIECE_BYTES_MIN..=PIECE_BYTES_MAX).rev();
        rooms.find(has_room).unwrap_or(PIECE_BYTES_MIN)
    }
}

/// Bytes that are being changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditView {
    /// The device that sends them.
    pub from: String,
    /// How many bytes differ from the packet.
    pub changed: usize,
    /// Whether there is a change to take back.
    pub can_take_back: bool,
    /// Whether the device has a connection to send them over.
    pub is_online: bool,
    /// Why the bytes are no packet, if they are none.
    pub fault: Option<String>,
}

/// The view of a flight whose bytes have these `parts`.
#[must_use]
pub fn view(language: Language, flight: &Flight, parts: &[Part], focus: Focus) -> PacketView {
    let bytes = flight
        .bytes
        .get(..flight.bytes.len().min(DRAWN_MAX_BYTES))
        .unwrap_or_default();
    let segments = segments(language, parts);
    let selected = focus.part.and_then(|part| parts.get(part));
    let lit = selected.map_or_else(
        || focus.byte.map_or(0..0, |byte| byte..byte + 1),
        |part| part.bytes.clone(),
    );
    let first = focus.byte.unwrap_or(lit.start);
    PacketView {
        step: flight.step,
        role: Some(flight.face.role),
        title: flight.face.title(),
        badges: text::badges(language, flight),
        is_lost: false,
        of_before: None,
        fields: parts
            .iter()
            .enumerate()
            .map(|(index, part)| field_row(language, index, part, parts, focus, selected))
            .collect(),
        bytes: bytes
            .iter()
            .enumerate()
            .map(|(index, &byte)| cell(language, index, byte, &segments, &lit, first))
            .collect(),
        key: key(language, &segments),
        bits: bytes
            .get(first)
            .map(|&byte| bits(language, first, byte, parts, focus, selected)),
        left_out: (bytes.len() < flight.bytes.len())
            .then(|| text::left_out(language, flight.bytes.len() - bytes.len())),
        payload: None,
        can_edit: false,
        no_edit: None,
        edit: None,
        segments,
    }
}

/// What is selected when nobody has selected anything: the field for which this packet is in the story.
#[must_use]
pub fn notable(flight: &Flight, parts: &[Part]) -> Focus {
    let field = match (flight.face.kind, flight.face.dup) {
        (Some(PacketType::Publish), true) => FieldName::Dup,
        (Some(PacketType::Publish), false) => FieldName::Qos,
        (Some(PacketType::Connect), _) => FieldName::CleanStart,
        (Some(PacketType::ConnAck), _) => FieldName::SessionPresent,
        _ if flight.face.id.is_some() => FieldName::PacketIdentifier,
        _ => FieldName::PacketType,
    };
    let part = parts.iter().position(|part| part.field == field);
    Focus {
        part,
        byte: part
            .and_then(|part| parts.get(part))
            .map(|part| part.bytes.start),
    }
}

/// The selection that a press on byte `index` makes: the smallest part of whole bytes around it.
#[must_use]
pub fn focus_on_byte(parts: &[Part], index: usize) -> Focus {
    let around = parts
        .iter()
        .enumerate()
        .filter(|(_, part)| part.bits.is_none() && part.bytes.contains(&index));
    let part = around
        .filter(|(_, part)| part.depth > 0)
        .max_by_key(|(_, part)| part.depth)
        .map(|(number, _)| number);
    Focus {
        part,
        byte: Some(index),
    }
}

/// Where an arrow key leads from `byte`.
#[must_use]
pub fn next_byte(length: usize, byte: usize, by: isize) -> usize {
    byte.saturating_add_signed(by)
        .min(length.min(DRAWN_MAX_BYTES).saturating_sub(1))
}

fn field_row(
    language: Language,
    index: usize,
    part: &Part,
    parts: &[Part],
    focus: Focus,
    selected: Option<&Part>,
) -> FieldRow {
    let meaning = text::meaning(language, &part.meaning);
    let value = match (part.value.is_empty(), meaning.is_empty()) {
        (_, true) => part.value.clone(),
        (true, false) => meaning,
        (false, false) => format!("{} {meaning}", part.value),
    };
    // A byte of flags was pressed: its flags are lit, they have no row in common.
    let is_lit = selected.is_none()
        && part.bits.is_some()
        && focus.byte.is_some_and(|byte| part.bytes.contains(&byte));
    FieldRow {
        part: index,
        depth: part.depth,
        name: part.name.to_owned(),
        value,
        extent: text::extent(language, part),
        is_group: part.is_group
            || parts
                .get(index + 1)
                .is_some_and(|next| next.depth > part.depth),
        is_selected: focus.part == Some(index),
        is_lit,
        is_faulty: part.is_faulty,
    }
}

fn segments(language: Language, parts: &[Part]) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut group = 0;
    let mut in_variable = 0;
    for (index, part) in parts.iter().enumerate() {
        let line = match (part.depth, group) {
            (0, _) => {
                group += 1;
                let has_parts = parts.get(index + 1).is_some_and(|next| next.depth > 0);
                if group == 1 {
                    Line::Solid
                } else if part.field == FieldName::Payload {
                    Line::Dotted
                } else if has_parts {
                    continue;
                } else {
                    Line::Grey
                }
            }
            (1, 2..)
                if part.bits.is_none()
                    && segments.last().is_none_or(|last| last.line != Line::Dotted) =>
            {
                in_variable += 1;
                if in_variable % 2 == 1 {
                    Line::Grey
                } else {
                    Line::Double
                }
            }
            _ => continue,
        };
        let value = if part.value.chars().count() <= 24 {
            part.value.clone()
        } else {
            String::new()
        };
        segments.push(Segment {
            name: text::segment(language, part),
            value,
            line,
            bytes: part.bytes.clone(),
        });
    }
    // A payload of one part says what the part says.
    if let Some(last) = segments.last_mut()
        && last.line == Line::Dotted
    {
        let inside: Vec<&Part> = parts
            .iter()
            .filter(|part| part.depth == 1 && part.bytes.start >= last.bytes.start)
            .collect();
        if let [one] = inside.as_slice()
            && one.value.chars().count() <= 40
        {
            last.value.clone_from(&one.value);
        }
    }
    segments
}

fn key(language: Language, segments: &[Segment]) -> Vec<(Line, String)> {
    if segments.len() <= 4 {
        return segments
            .iter()
            .map(|segment| (segment.line, segment.name.clone()))
            .collect();
    }
    let mut key = vec![
        (Line::Solid, text::HEADER.to(language).to_owned()),
        (Line::Grey, text::VARIABLE_HEADER.to(language).to_owned()),
    ];
    if segments.iter().any(|segment| segment.line == Line::Dotted) {
        key.push((Line::Dotted, text::PAYLOAD.to(language).to_owned()));
    }
    key
}

fn cell(
    language: Language,
    index: usize,
    byte: u8,
    segments: &[Segment],
    lit: &Range<usize>,
    first: usize,
) -> ByteCell {
    let segment = segments
        .iter()
        .find(|segment| segment.bytes.contains(&index));
    let line_end = (index + 1).is_multiple_of(LINE_BYTES);
    let hex = format!("{byte:02X}");
    let sentence = text::byte(
        language,
        index,
        &hex,
        segment.map_or("", |segment| segment.name.as_str()),
    );
    ByteCell {
        index,
        hex,
        ascii: if byte.is_ascii_graphic() || byte == b' ' {
            char::from(byte)
        } else {
            '·'
        },
        line: segment.map_or(Line::Grey, |segment| segment.line),
        starts: index.is_multiple_of(LINE_BYTES)
            || segment.is_some_and(|segment| segment.bytes.start == index),
        ends: line_end || segment.is_some_and(|segment| segment.bytes.end == index + 1),
        is_lit: lit.contains(&index),
        is_focus: index == first,
        sentence,
    }
}

fn bits(
    language: Language,
    index: usize,
    byte: u8,
    parts: &[Part],
    focus: Focus,
    selected: Option<&Part>,
) -> Bits {
    let own = parts
        .iter()
        .enumerate()
        .filter(|(_, part)| part.bits.is_some() && part.bytes.contains(&index));
    let own: Vec<(usize, &Part, (u8, u8))> = own
        .filter_map(|(number, part)| Some((number, part, part.bits?)))
        .collect();
    let lit_bits = match selected {
        Some(Part {
            bits: Some(bits), ..
        }) => Some(*bits),
        Some(_) => Some((7, 0)),
        None => focus.byte.map(|_| (7, 0)),
    };
    let is_lit = |bit: u8| lit_bits.is_some_and(|(high, low)| (low..=high).contains(&bit));
    let cells = std::array::from_fn(|place| {
        let bit = 7 - place as u8;
        (byte >> bit & 1 == 1, is_lit(bit))
    });
    let mut captions = Vec::new();
    let mut next = 8_u8;
    for (number, part, (high, low)) in own {
        if high + 1 < next {
            captions.push((next - high - 1, None, String::new(), false));
        }
        let width = high - low + 1;
        let is_selected = focus.part == Some(number);
        captions.push((
            width,
            Some(number),
            text::bit_caption(language, part),
            is_selected,
        ));
        next = low;
    }
    if next == 8 {
        let around = parts
            .iter()
            .rfind(|part| part.bits.is_none() && part.bytes.contains(&index));
        captions.push((
            8,
            None,
            around.map_or(String::new(), |part| text::part_of(language, part, index)),
            false,
        ));
    } else if next > 0 {
        captions.push((next, None, String::new(), false));
    }
    let sentence = text::bits(language, index, byte, &captions);
    Bits {
        byte: index,
        label: text::byte_number(language, index),
        hex: format!("0x{byte:02X}"),
        cells,
        captions,
        sentence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strip_has_room_for_something_of_each_piece() {
        for (title, name, lengths, room) in [
            ("", "", &[2, 6, 1, 1, 2, 9][..], 24),
            ("", "", &[2, 44, 2, 9, 4], 14),
            // The names take room, too.
            ("PUBLISH 1", "", &[2, 44, 2, 9, 4], 10),
            ("", "topic name", &[2, 44, 2, 9, 4], 11),
            ("", "", &[9; 20], PIECE_BYTES_MIN),
        ] {
            let piece = |length: &usize| Segment {
                name: name.to_owned(),
                value: String::new(),
                line: Line::Solid,
                bytes: 0..*length,
            };
            let view = PacketView {
                title: title.to_owned(),
                segments: lengths.iter().map(piece).collect(),
                ..PacketView::default()
            };
            assert_eq!(view.strip_room(), room, "{title} {name} {lengths:?}");
        }
    }
}
