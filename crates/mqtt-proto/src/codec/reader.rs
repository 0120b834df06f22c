//! Reads fields off a packet, with their faults and their record.

use super::decode::Frame;
use super::field::FieldName;
use super::look;
use super::malformed::{Fault, Malformed};
use super::recorder::Recorder;
use super::span::Span;
use super::versions;
use crate::packet::{PacketType, Properties};
use crate::types::{PacketId, Sender, Text, misplaced_wildcard, utf8_fault};
use bytes::Bytes;
use mqtt_spec::Version;

/// What faults in a packet have in common.
#[derive(Clone, Copy)]
pub(crate) struct Context {
    pub(crate) packet: Option<PacketType>,
    pub(crate) version: Version,
    pub(crate) sender: Sender,
}

impl Context {
    /// A fault of this field at byte `at` of the packet.
    ///
    /// Kept out of line: the way to it is cold, and there are many.
    #[cold]
    #[inline(never)]
    pub(crate) fn fault(self, fault: Fault, field: FieldName, at: usize) -> Malformed {
        Malformed {
            fault,
            field,
            // Packets have at most 2^28 + 4 bytes.
            at: at as u32,
            packet: self.packet,
            version: self.version,
            sender: self.sender,
        }
    }
}

/// Reading ends here: the recorder has been told the fault. It is not carried along, because every
/// field is read through this, and a fault takes four words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stop;

#[cold]
#[cfg_attr(not(feature = "small"), inline(never))]
fn record_fault<R: Recorder>(
    recorder: &mut R,
    context: Context,
    fault: Fault,
    field: FieldName,
    at: usize,
) {
    recorder.fault(context.fault(fault, field, at));
}

/// Ends the reading with a fault of this field at byte `at`.
// Not the reader but its parts go out of line: so it can live in registers.
#[inline(always)]
pub(super) fn stop<T, R: Recorder>(
    recorder: &mut R,
    context: Context,
    fault: Fault,
    field: FieldName,
    at: usize,
) -> Read<T> {
    // Said to the optimiser, which else takes the end of a packet for a place that is rarely reached.
    #[cfg(not(feature = "small"))]
    core::hint::cold_path();
    if R::KEEPS_FAULTS {
        record_fault(recorder, context, fault, field, at);
    }
    Err(Stop)
}

/// The fault that has ended the reading of a packet.
#[cold]
#[cfg_attr(not(feature = "small"), inline(never))]
pub(crate) fn last_fault<R: Recorder>(recorder: &R) -> Malformed {
    /// There always is one.
    const NONE: Malformed = Malformed {
        fault: Fault::CutShort,
        field: FieldName::FixedHeader,
        at: 0,
        packet: None,
        version: Version::V311,
        sender: Sender::Client,
    };
    recorder.last_fault().unwrap_or(NONE)
}

/// What was read, or that the packet is at fault.
pub(crate) type Read<T> = Result<T, Stop>;

/// What a string has to be, beside UTF-8 without U+0000.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextRule {
    Plain,
    /// A topic name.
    Name,
    /// A topic name, or empty.
    NameOrEmpty,
    /// A topic filter. Under 5.0, `$share` has its own rules.
    Filter,
}

/// A place in a packet, and the end of what may be read: of the packet, or of its properties.
pub(crate) struct Reader<'a, R> {
    /// What the packet is a part of, for fields that share its memory. Places are places in there.
    pub(crate) shared: &'a Bytes,
    /// Where the packet starts.
    start: usize,
    /// What has not been read yet.
    rest: &'a [u8],
    /// Where that ends.
    end: usize,
    pub(crate) context: Context,
    pub(crate) recorder: &'a mut R,
}

impl<'a, R: Recorder> Reader<'a, R> {
    /// Reads a packet from its byte `at` on.
    #[inline]
    pub(crate) fn new(frame: Frame<'a>, at: usize, context: Context, recorder: &'a mut R) -> Self {
        Self {
            shared: frame.shared,
            start: frame.start,
            rest: frame.bytes.get(at..).unwrap_or_default(),
            end: frame.start + frame.bytes.len(),
            context,
            recorder,
        }
    }

    /// How many bytes of the packet have been read.
    #[inline(always)]
    pub(crate) fn at(&self) -> usize {
        self.place() - self.start
    }

    /// Where the next byte is.
    #[inline(always)]
    fn place(&self) -> usize {
        self.end - self.rest.len()
    }

    /// Where something of this length is that has just been read.
    #[inline(always)]
    pub(crate) fn place_of(&self, content: &[u8]) -> Span {
        Span {
            start: self.place() - content.len(),
            len: content.len(),
        }
    }

    /// Where all is that has not been read yet.
    #[inline(always)]
    pub(crate) fn place_of_rest(&self) -> Span {
        Span {
            start: self.place(),
            len: self.rest.len(),
        }
    }

    #[inline(always)]
    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Bytes left.
    #[inline(always)]
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn is_v5(&self) -> bool {
        versions::is_v5(self.context.version)
    }

    pub(crate) fn is_from_client(&self) -> bool {
        self.context.sender == Sender::Client
    }

    /// Ends the reading with a fault of this field at byte `at`.
    #[cfg(not(feature = "small"))]
    #[inline(always)]
    pub(crate) fn fault<T>(&mut self, fault: Fault, field: FieldName, at: usize) -> Read<T> {
        stop(self.recorder, self.context, fault, field, at)
    }

    #[cfg(feature = "small")]
    #[inline(always)]
    pub(crate) fn fault<T>(&mut self, fault: Fault, field: FieldName, at: usize) -> Read<T> {
        self.record_fault(fault, field, at);
        Err(Stop)
    }

    #[cfg(feature = "small")]
    #[inline(never)]
    fn record_fault(&mut self, fault: Fault, field: FieldName, at: usize) {
        record_fault(self.recorder, self.context, fault, field, at);
    }

    /// The next `N` bytes, big end first, which are this field or the start of it.
    #[cfg(not(feature = "small"))]
    #[inline(always)]
    fn number<const N: usize>(&mut self, field: FieldName) -> Read<u32> {
        match self.rest.split_first_chunk::<N>() {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(big_endian(bytes))
            }
            None => self.fault(Fault::CutShort, field, self.at()),
        }
    }

    #[cfg(feature = "small")]
    fn number<const N: usize>(&mut self, field: FieldName) -> Read<u32> {
        self.number_of(N, field)
    }

    /// One function for all lengths, where its size counts.
    #[cfg(feature = "small")]
    #[inline(never)]
    fn number_of(&mut self, len: usize, field: FieldName) -> Read<u32> {
        match self.rest.split_at_checked(len) {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(big_endian(bytes))
            }
            None => self.fault(Fault::CutShort, field, self.at()),
        }
    }

    /// A byte whose bits the caller records.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn byte(&mut self, field: FieldName) -> Read<u8> {
        self.number::<1>(field).map(|number| number as u8)
    }

    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn u8(&mut self, field: FieldName, leaf: FieldName) -> Read<u8> {
        let byte = self.byte(field)?;
        let at = self.at();
        self.recorder.leaf(leaf, at - 1, at);
        Ok(byte)
    }

    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn u16(&mut self, field: FieldName, leaf: FieldName) -> Read<u16> {
        let number = self.number::<2>(field)?;
        let at = self.at();
        self.recorder.leaf(leaf, at - 2, at);
        Ok(number as u16)
    }

    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn u32(&mut self, field: FieldName, leaf: FieldName) -> Read<u32> {
        let number = self.number::<4>(field)?;
        let at = self.at();
        self.recorder.leaf(leaf, at - 4, at);
        Ok(number)
    }

    /// A variable byte integer in its shortest form: 3.1.1, where longer ones are legal, has none
    /// behind the fixed header.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn varint(&mut self, field: FieldName, leaf: FieldName) -> Read<u32> {
        let start = self.at();
        match Varint::read(self.rest) {
            Varint::Value { value, len } => {
                self.rest = self.rest.get(len..).unwrap_or_default();
                self.recorder.leaf(leaf, start, self.at());
                if is_overlong(value, len) {
                    return self.fault(Fault::LengthNotShortest, field, start);
                }
                Ok(value)
            }
            Varint::Incomplete => self.fault(Fault::CutShort, field, start),
            Varint::TooLong => self.fault(Fault::LengthTooLong, field, start),
        }
    }

    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn packet_id(&mut self) -> Read<PacketId> {
        let field = FieldName::PacketIdentifier;
        let id = self.u16(field, field)?;
        match PacketId::new(id) {
            Some(id) => Ok(id),
            None => self.fault(Fault::ZeroPacketId, field, self.at() - 2),
        }
    }

    /// The content of a field with its length in front.
    #[cfg_attr(not(feature = "small"), inline(always))]
    fn prefixed(&mut self, field: FieldName, leaf: FieldName) -> Read<&'a [u8]> {
        let len = usize::from(self.u16(field, FieldName::Length)?);
        let start = self.at();
        match self.rest.split_at_checked(len) {
            Some((content, rest)) => {
                self.rest = rest;
                self.recorder.leaf(leaf, start, self.at());
                Ok(content)
            }
            None => self.fault(Fault::CutShort, field, start - 2),
        }
    }

    /// Binary data; its place.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn place_of_binary(&mut self, field: FieldName) -> Read<Span> {
        self.recorder.open(field, self.at());
        let data = self.prefixed(field, FieldName::Data)?;
        self.recorder.close(self.at());
        Ok(self.place_of(data))
    }

    /// Binary data that a property or the like has opened.
    pub(crate) fn skip_binary(&mut self, field: FieldName) -> Read<()> {
        self.prefixed(field, FieldName::Data).map(drop)
    }

    /// A string; its place.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn place_of_text(&mut self, field: FieldName, rule: TextRule) -> Read<Span> {
        self.recorder.open(field, self.at());
        let text = self.text(field, rule)?;
        self.recorder.close(self.at());
        Ok(self.place_of(text))
    }

    /// The string in a place that has been checked.
    #[inline]
    pub(crate) fn text_in(&self, place: Span) -> Text {
        Text::from_checked(self.shared, place)
    }

    /// The properties in a place that has been checked.
    #[inline]
    pub(crate) fn properties_in(&self, place: Span) -> Properties {
        Properties::part_of(self.shared, place)
    }

    /// The bytes of a string that a property or the like has opened.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn text(&mut self, field: FieldName, rule: TextRule) -> Read<&'a [u8]> {
        let bytes = self.prefixed(field, FieldName::Characters)?;
        let v5 = self.is_v5();
        if !look::passes(bytes, rule, v5)
            && let Some((fault, at)) = text_fault(rule, bytes, v5)
        {
            let start = self.at() - bytes.len();
            // An empty string is the fault of its length.
            let at = if bytes.is_empty() {
                start - 2
            } else {
                start + at
            };
            return self.fault(fault, field, at);
        }
        Ok(bytes)
    }

    /// The same reader over again: what nobody else refers to can live in registers.
    #[inline(always)]
    pub(crate) fn own(&mut self) -> Reader<'_, R> {
        Reader {
            shared: self.shared,
            start: self.start,
            rest: self.rest,
            end: self.end,
            context: self.context,
            recorder: self.recorder,
        }
    }

    /// A reader of the next `len` bytes only, which byte `at` promises as this field. This one goes on
    /// behind them.
    #[inline]
    pub(crate) fn part(&mut self, len: usize, field: FieldName, at: usize) -> Read<Reader<'_, R>> {
        let end = self.place() + len;
        match self.rest.split_at_checked(len) {
            Some((part, rest)) => {
                self.rest = rest;
                Ok(Reader {
                    rest: part,
                    end,
                    ..self.own()
                })
            }
            None => self.fault(Fault::CutShort, field, at),
        }
    }

    /// The packet ends here.
    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) fn finish(&mut self) -> Read<()> {
        if self.is_at_end() {
            Ok(())
        } else {
            self.fault(Fault::BytesLeftOver, FieldName::RemainingLength, self.at())
        }
    }
}

/// What is wrong with a string, and where in it.
#[cfg_attr(not(feature = "small"), cold, inline(never))]
fn text_fault(rule: TextRule, bytes: &[u8], v5: bool) -> Option<(Fault, usize)> {
    if let Some(fault) = rule_broken(rule, bytes, v5) {
        return Some(fault);
    }
    utf8_fault(bytes).map(|at| (Fault::NotUtf8, at))
}

/// Which rule on strings is broken and where, UTF-8 aside.
#[inline]
fn rule_broken(rule: TextRule, bytes: &[u8], v5: bool) -> Option<(Fault, usize)> {
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Some((Fault::Nul, at));
    }
    let wildcard = match rule {
        TextRule::Plain => return None,
        TextRule::NameOrEmpty if bytes.is_empty() => return None,
        TextRule::Name | TextRule::NameOrEmpty => {
            let at = bytes.iter().position(|byte| matches!(byte, b'+' | b'#'));
            at.map(|at| (Fault::WildcardInName, at))
        }
        TextRule::Filter => misplaced_wildcard(bytes).map(|at| match bytes.get(at) {
            Some(b'#') => (Fault::MisplacedHash, at),
            _ => (Fault::MisplacedPlus, at),
        }),
    };
    if wildcard.is_some() {
        return wildcard;
    }
    if bytes.is_empty() {
        return Some((Fault::EmptyTopic, 0));
    }
    if !v5 || rule != TextRule::Filter {
        return None;
    }
    let rest = bytes.strip_prefix(b"$share")?;
    let (fault, at) = share_fault(rest)?;
    Some((fault, bytes.len() - rest.len() + at))
}

/// The number that up to four bytes say, big end first.
#[inline]
fn big_endian(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// The result of reading a variable byte integer.
pub(crate) enum Varint {
    Value { value: u32, len: usize },
    Incomplete,
    TooLong,
}

impl Varint {
    /// Reads one off the start of `bytes`.
    #[cfg(not(feature = "small"))]
    #[inline(always)]
    pub(crate) fn read(bytes: &[u8]) -> Self {
        // Most packets are short, and most others have less than 16 KiB.
        match *bytes {
            [byte, ..] if byte < 0x80 => Self::Value {
                value: byte.into(),
                len: 1,
            },
            [low, high, ..] if high < 0x80 => Self::Value {
                value: u32::from(high) << 7 | u32::from(low & 0x7F),
                len: 2,
            },
            _ => Self::read_long(bytes),
        }
    }

    #[cfg(feature = "small")]
    #[inline(never)]
    pub(crate) fn read(bytes: &[u8]) -> Self {
        Self::read_long(bytes)
    }

    fn read_long(bytes: &[u8]) -> Self {
        let mut value = 0;
        for (index, byte) in bytes.iter().take(4).enumerate() {
            value |= u32::from(byte & 0x7F) << (7 * index);
            if byte & 0x80 == 0 {
                return Self::Value {
                    value,
                    len: index + 1,
                };
            }
        }
        if bytes.len() < 4 {
            Self::Incomplete
        } else {
            Self::TooLong
        }
    }
}

/// Whether a variable byte integer has a shorter form than this.
#[inline(always)]
pub(crate) const fn is_overlong(value: u32, len: usize) -> bool {
    len > 1 && value >> (7 * (len - 1)) == 0
}

/// A variable byte integer at the start of `bytes`, and its length.
pub(crate) fn read_varint(bytes: &[u8]) -> Option<(u32, usize)> {
    match Varint::read(bytes) {
        Varint::Value { value, len } => Some((value, len)),
        Varint::Incomplete | Varint::TooLong => None,
    }
}

/// What is wrong with a filter's bytes behind `$share`, and where in them.
pub(crate) fn share_fault(behind: &[u8]) -> Option<(Fault, usize)> {
    let Some((slash, rest)) = behind.split_first() else {
        return Some((Fault::EmptyShareName, 0));
    };
    if *slash != b'/' {
        // `$shared`, `$share-x` and the like are ordinary filters.
        return None;
    }
    let mut parts = rest.splitn(2, |byte| *byte == b'/');
    let name = parts.next().unwrap_or_default();
    let filter = parts.next().unwrap_or_default();
    if name.is_empty() {
        Some((Fault::EmptyShareName, 1))
    } else if filter.is_empty() || name.iter().any(|byte| matches!(byte, b'+' | b'#')) {
        Some((Fault::BadShare, 1))
    } else {
        None
    }
}
