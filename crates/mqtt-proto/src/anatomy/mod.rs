//! What every byte of a packet is: for the inspector, for error messages, for learners.
//!
//! ```
//! use bytes::Bytes;
//! use mqtt_proto::anatomy::dissect;
//! use mqtt_proto::{Sender, Version};
//!
//! let publish = Bytes::from_static(b"\x31\x05\x00\x01ahi");
//! assert_eq!(
//!     dissect(&publish, Some(Version::V311), Sender::Client).to_string(),
//!     "\
//! 0-1     Fixed Header
//! 0         Type and Flags
//! 0 :7-4      Packet Type: 3 (PUBLISH)
//! 0 :3        DUP: 0 (sent for the first time)
//! 0 :2-1      QoS: 0 (at most once)
//! 0 :0        RETAIN: 1 (the server keeps it for later subscribers)
//! 1         Remaining Length: 5 (bytes follow)
//! 2-4     Variable Header
//! 2-4       Topic Name
//! 2-3         Length: 1 (bytes follow)
//! 4           Characters: \"a\"
//! 5-6     Payload
//! 5-6       Application Message: 68 69
//! "
//! );
//! ```
//!
//! The fields are recorded by the decoder itself while it decodes, so what is shown is what was
//! understood. Faulty and incomplete packets have the fields up to the fault or the end.
//!
//! This is made for one packet at a time before human eyes: unlike decoding, it allocates.

mod meaning;

use crate::codec::decode;
use crate::codec::recorder::Recorder;
use crate::codec::{Fault, FieldName, Framing, Malformed};
use crate::packet::{Packet, PacketType};
use crate::types::Sender;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;
use core::ops::Range;
use mqtt_spec::{StatementId, Version};

/// A packet laid open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anatomy {
    /// The version whose rules were applied.
    pub version: Version,
    /// The type, if there is such a type.
    pub packet_type: Option<PacketType>,
    /// The fields: each before those inside it, siblings in the order of the bytes.
    pub fields: Vec<Field>,
    /// What the bytes turned out to be.
    pub outcome: Outcome,
}

/// What bytes turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A packet. Bytes that follow it are [`FieldName::Unread`].
    Whole(Packet),
    /// The start of a packet.
    Incomplete {
        /// How many bytes are missing, as soon as the length is there.
        missing_bytes: Option<usize>,
    },
    /// No packet.
    Faulty(Malformed),
}

/// A field of a packet, or of another field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it is.
    pub name: FieldName,
    /// How many fields it is inside of.
    pub depth: u8,
    /// Its bytes, counted from the first of the packet. Empty where a field should be and no byte
    /// is left.
    pub bytes: Range<usize>,
    /// Its bits, where it is less than a byte.
    pub bits: Option<Bits>,
    /// Whether it has no parts. Leaves cover each byte, or each of its bits, exactly once.
    pub is_leaf: bool,
    /// What stands there; nothing for fields with parts.
    pub value: Value,
    /// What that says; empty where the value says it all.
    pub meaning: Cow<'static, str>,
    /// The rule to look up.
    pub statement: Option<StatementId>,
    /// Whether the packet's fault is with this field. True of at most one.
    pub is_faulty: bool,
}

/// Some bits of a byte, 7 being the highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bits {
    /// The highest.
    pub high: u8,
    /// The lowest.
    pub low: u8,
}

/// What stands in a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Other fields.
    Parts,
    /// A number.
    Number(u32),
    /// Characters; U+FFFD stands for what is not UTF-8.
    Text(String),
    /// Bytes.
    Bytes(Bytes),
}

/// Lays a packet open. `bytes` begins with its first byte and may end before or behind its last.
///
/// Without a version only CONNECT, which says its own, can be read.
#[must_use]
pub fn dissect(bytes: &Bytes, version: Option<Version>, sender: Sender) -> Anatomy {
    let framing = Framing {
        version,
        ..Framing::new(sender)
    };
    let mut tape = Tape::default();
    let header = decode::header_or_fault(bytes, &framing, &mut tape);
    let mut version = version.unwrap_or(Version::V311);
    let mut packet_type = None;
    let mut end = bytes.len();
    let outcome = match header {
        Err(fault) => Outcome::Faulty(fault),
        Ok(None) => Outcome::Incomplete {
            missing_bytes: None,
        },
        Ok(Some(header)) => {
            packet_type = Some(header.packet);
            end = end.min(header.total);
            let frame = decode::Frame {
                shared: bytes,
                start: 0,
                bytes: bytes.get(..end).unwrap_or_default(),
            };
            let decoded = decode::packet::<_, true>(&header, frame, &framing, &mut tape);
            if let Ok(Some(Packet::Connect(connect))) = &decoded {
                version = connect.version;
            }
            let missing = header.total - end;
            match decoded {
                Ok(Some(packet)) if missing == 0 => Outcome::Whole(packet),
                Err(fault) if missing == 0 || !needs_the_end(fault.fault) => Outcome::Faulty(fault),
                unfinished => {
                    if let Err(fault) = unfinished {
                        version = fault.version;
                    }
                    Outcome::Incomplete {
                        missing_bytes: Some(missing),
                    }
                }
            }
        }
    };
    if let Outcome::Faulty(fault) = &outcome {
        version = fault.version;
        packet_type = fault.packet;
    }
    tape.finish(end, bytes.len());
    let mut anatomy = Anatomy {
        version,
        packet_type,
        fields: tape.fields,
        outcome,
    };
    meaning::explain(&mut anatomy, bytes, sender);
    anatomy.mark_fault();
    anatomy
}

/// Whether a fault is one only because the packet ends there.
const fn needs_the_end(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::CutShort | Fault::EmptyList | Fault::MethodMissing
    )
}

impl Anatomy {
    /// The fault, if that is the outcome.
    #[must_use]
    pub const fn fault(&self) -> Option<&Malformed> {
        match &self.outcome {
            Outcome::Faulty(fault) => Some(fault),
            Outcome::Whole(_) | Outcome::Incomplete { .. } => None,
        }
    }

    /// The leaf that this byte, or bit 0 to 7 of it, belongs to; its place in `fields`.
    #[must_use]
    pub fn leaf_at(&self, byte: usize, bit: u8) -> Option<usize> {
        self.fields.iter().position(|field| {
            field.is_leaf
                && field.bytes.contains(&byte)
                && field
                    .bits
                    .is_none_or(|bits| (bits.low..=bits.high).contains(&bit))
        })
    }

    /// Marks the field that the fault names, or else the innermost one at its place.
    fn mark_fault(&mut self) {
        let Some(fault) = self.fault().copied() else {
            return;
        };
        let at = fault.at as usize;
        let name = match fault.fault {
            Fault::UnknownProperty(id)
            | Fault::MisplacedProperty(id)
            | Fault::RepeatedProperty(id)
            | Fault::PropertyValue(id) => FieldName::Property(id),
            _ => fault.field,
        };
        let named = self
            .fields
            .iter()
            .rposition(|field| field.name == name && field.spans(at));
        let found = named.or_else(|| self.fields.iter().rposition(|field| field.spans(at)));
        if let Some(field) = found.and_then(|index| self.fields.get_mut(index)) {
            field.is_faulty = true;
        }
    }
}

impl Field {
    /// Whether a byte is in it or right behind it.
    fn spans(&self, at: usize) -> bool {
        (self.bytes.start..=self.bytes.end).contains(&at)
    }
}

/// The tree as text, one field a line, with the fault marked.
impl fmt::Display for Anatomy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for field in &self.fields {
            write!(f, "{field}")?;
            let name = field.name.name_in(self.version);
            write!(f, "{:1$}{name}", "", 2 * usize::from(field.depth))?;
            match &field.value {
                Value::Parts => {}
                value => write!(f, ": {value}")?,
            }
            if !field.meaning.is_empty() {
                write!(f, " ({})", field.meaning)?;
            }
            if field.is_faulty
                && let Some(fault) = self.fault()
            {
                write!(f, "  <-- {}", fault.fault)?;
                if let Some(statement) = fault.statement() {
                    write!(f, " [{statement}]")?;
                }
            }
            writeln!(f)?;
        }
        if let Outcome::Incomplete { missing_bytes } = self.outcome {
            match missing_bytes {
                Some(1) => writeln!(f, "1 byte is missing")?,
                Some(missing) => writeln!(f, "{missing} bytes are missing")?,
                None => writeln!(f, "the length is missing")?,
            }
        }
        Ok(())
    }
}

/// The place, in the width of a column.
impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (self.bytes.start, self.bytes.end.saturating_sub(1));
        let place = match self.bits {
            Some(Bits { high, low }) if high == low => alloc::format!("{first} :{high}"),
            Some(Bits { high, low }) => alloc::format!("{first} :{high}-{low}"),
            None if first > last || self.bytes.is_empty() => String::from("-"),
            None if first == last => alloc::format!("{first}"),
            None => alloc::format!("{first}-{last}"),
        };
        write!(f, "{place:<8}")
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parts => Ok(()),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Bytes(bytes) => {
                const SHOWN_BYTES: usize = 16;
                for (index, byte) in bytes.iter().take(SHOWN_BYTES).enumerate() {
                    let space = if index == 0 { "" } else { " " };
                    write!(f, "{space}{byte:02x}")?;
                }
                if bytes.len() > SHOWN_BYTES {
                    write!(f, " … {} bytes", bytes.len())?;
                }
                Ok(())
            }
        }
    }
}

/// Records what the decoder says.
#[derive(Default)]
struct Tape {
    fields: Vec<Field>,
    /// Fields that are not closed yet, as places in `fields`.
    open: Vec<usize>,
    /// Bytes before this one belong to a leaf.
    covered: usize,
    fault: Option<Malformed>,
}

impl Tape {
    fn add(&mut self, name: FieldName, bytes: Range<usize>, bits: Option<Bits>, is_leaf: bool) {
        self.fields.push(Field {
            name,
            // The decoder nests six levels at most.
            depth: self.open.len() as u8,
            bytes,
            bits,
            is_leaf,
            value: Value::Parts,
            meaning: Cow::Borrowed(""),
            statement: None,
            is_faulty: false,
        });
    }

    /// Covers what the decoder has not come to: in the packet, which ends before byte `end`, and
    /// behind it, where `all` bytes end.
    fn finish(&mut self, end: usize, all: usize) {
        let last = self.fields.last().map(|field| field.name);
        if matches!(
            last,
            Some(FieldName::Characters | FieldName::Data | FieldName::PropertyValue(_))
        ) {
            // The last part of its field, which is all there, whatever is wrong with it.
            self.close(self.covered);
        }
        if self.covered < end {
            self.leaf(FieldName::Unread, self.covered, end);
        }
        while !self.open.is_empty() {
            self.close(end);
        }
        if end < all {
            self.leaf(FieldName::Unread, end, all);
        }
    }
}

impl Recorder for Tape {
    fn open(&mut self, name: FieldName, at: usize) {
        let index = self.fields.len();
        self.add(name, at..at, None, false);
        self.open.push(index);
    }

    fn close(&mut self, at: usize) {
        self.covered = self.covered.max(at);
        let field = self.open.pop();
        if let Some(field) = field.and_then(|index| self.fields.get_mut(index)) {
            field.bytes.end = at;
        }
    }

    fn leaf(&mut self, name: FieldName, start: usize, end: usize) {
        self.covered = end;
        self.add(name, start..end, None, true);
    }

    fn bits(&mut self, name: FieldName, at: usize, high: u8, low: u8) {
        self.add(name, at..at + 1, Some(Bits { high, low }), true);
    }

    fn version(&mut self, _: Version) {
        // The packet says it.
    }

    fn fault(&mut self, fault: Malformed) {
        self.fault = Some(fault);
    }

    fn last_fault(&self) -> Option<Malformed> {
        self.fault
    }
}
