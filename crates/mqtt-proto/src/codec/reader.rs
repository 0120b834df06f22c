//! Reads fields off a packet, with their faults and their record.

use super::field::FieldName;
use super::look::Look;
use super::malformed::{Fault, Malformed};
use super::recorder::Recorder;
use super::versions;
use crate::packet::{PacketType, Properties};
use crate::types::{PacketId, Sender, Text, misplaced_wildcard};
use bytes::Bytes;
use core::ops::Range;
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

#[cold]
#[cfg_attr(not(feature = "small"), inline(never))]
fn last_fault<R: Recorder>(recorder: &R, context: Context, at: usize) -> Malformed {
    // It is always there.
    recorder
        .last_fault()
        .unwrap_or_else(|| context.fault(Fault::CutShort, FieldName::RemainingLength, at))
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
    /// What the packet is a part of, for fields that share its memory.
    shared: &'a Bytes,
    /// Where the packet starts in there.
    start: usize,
    /// The packet.
    frame: &'a [u8],
    at: usize,
    end: usize,
    pub(crate) context: Context,
    pub(crate) recorder: &'a mut R,
}

impl<'a, R: Recorder> Reader<'a, R> {
    /// Reads the packet in `place` of `shared` from its byte `at` on. It may end early.
    #[inline]
    pub(crate) fn new(
        shared: &'a Bytes,
        place: Range<usize>,
        at: usize,
        context: Context,
        recorder: &'a mut R,
    ) -> Self {
        let start = place.start;
        let frame = shared
            .get(place)
            .or_else(|| shared.get(start..))
            .unwrap_or_default();
        let end = frame.len();
        Self {
            shared,
            start,
            frame,
            at,
            end,
            context,
            recorder,
        }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at == self.end
    }

    /// Bytes left.
    pub(crate) fn left(&self) -> usize {
        self.end - self.at
    }

    pub(crate) fn is_v5(&self) -> bool {
        versions::is_v5(self.context.version)
    }

    pub(crate) fn is_from_client(&self) -> bool {
        self.context.sender == Sender::Client
    }

    /// A fault of this field at byte `at`.
    #[inline(always)]
    pub(crate) fn fault<T>(&mut self, fault: Fault, field: FieldName, at: usize) -> Read<T> {
        self.stop(fault, field, at);
        Err(Stop)
    }

    // Not the reader but its parts go out of line: so it can live in registers.
    #[cfg_attr(not(feature = "small"), inline(always))]
    #[cfg_attr(feature = "small", inline(never))]
    fn stop(&mut self, fault: Fault, field: FieldName, at: usize) {
        record_fault(self.recorder, self.context, fault, field, at);
    }

    /// The fault that has stopped the reading.
    #[cfg_attr(not(feature = "small"), inline(always))]
    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) fn why_stopped(&self) -> Malformed {
        last_fault(self.recorder, self.context, self.at)
    }

    /// The next `N` bytes, big end first, which are this field or the start of it.
    #[cfg(not(feature = "small"))]
    #[inline(always)]
    fn number<const N: usize>(&mut self, field: FieldName) -> Read<u32> {
        match self
            .frame
            .get(self.at..self.end)
            .and_then(<[u8]>::first_chunk::<N>)
        {
            Some(bytes) => {
                self.at += N;
                Ok(big_endian(bytes))
            }
            None => self.fault(Fault::CutShort, field, self.at),
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
        let start = self.at;
        if len > self.left() {
            return self.fault(Fault::CutShort, field, start);
        }
        self.at += len;
        Ok(big_endian(self.bytes(start..self.at)))
    }

    /// A byte whose bits the caller records.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn byte(&mut self, field: FieldName) -> Read<u8> {
        self.number::<1>(field).map(|number| number as u8)
    }

    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn u8(&mut self, field: FieldName, leaf: FieldName) -> Read<u8> {
        let byte = self.byte(field)?;
        self.recorder.leaf(leaf, self.at - 1, self.at);
        Ok(byte)
    }

    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn u16(&mut self, field: FieldName, leaf: FieldName) -> Read<u16> {
        let number = self.number::<2>(field)?;
        self.recorder.leaf(leaf, self.at - 2, self.at);
        Ok(number as u16)
    }

    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn u32(&mut self, field: FieldName, leaf: FieldName) -> Read<u32> {
        let number = self.number::<4>(field)?;
        self.recorder.leaf(leaf, self.at - 4, self.at);
        Ok(number)
    }

    /// A variable byte integer in its shortest form: 3.1.1, where longer ones are legal, has none
    /// behind the fixed header.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn varint(&mut self, field: FieldName, leaf: FieldName) -> Read<u32> {
        let start = self.at;
        let rest = self.frame.get(start..self.end).unwrap_or_default();
        match Varint::read(rest) {
            Varint::Value { value, len } => {
                self.at += len;
                self.recorder.leaf(leaf, start, self.at);
                if len > 1 && value >> (7 * (len - 1)) == 0 {
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
            None => self.fault(Fault::ZeroPacketId, field, self.at - 2),
        }
    }

    /// The place of a field with its length in front.
    #[cfg_attr(not(feature = "small"), inline(always))]
    fn prefixed(&mut self, field: FieldName, leaf: FieldName) -> Read<Range<usize>> {
        let len = usize::from(self.u16(field, FieldName::Length)?);
        let start = self.at;
        if len > self.end - start {
            return self.fault(Fault::CutShort, field, start - 2);
        }
        self.at += len;
        self.recorder.leaf(leaf, start, self.at);
        Ok(start..self.at)
    }

    /// Binary data; its place.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn place_of_binary(&mut self, field: FieldName) -> Read<Range<usize>> {
        self.recorder.open(field, self.at);
        let range = self.prefixed(field, FieldName::Data)?;
        self.recorder.close(self.at);
        Ok(range)
    }

    /// Binary data that a property or the like has opened; its place.
    pub(crate) fn skip_binary(&mut self, field: FieldName) -> Read<()> {
        self.prefixed(field, FieldName::Data).map(drop)
    }

    /// A string; its place.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn place_of_text(&mut self, field: FieldName, rule: TextRule) -> Read<Range<usize>> {
        self.recorder.open(field, self.at);
        let range = self.skip_text(field, rule)?;
        self.recorder.close(self.at);
        Ok(range)
    }

    /// The string in a place that has been checked.
    #[inline]
    pub(crate) fn checked_text(&self, range: Range<usize>) -> Text {
        Text::from_checked(
            self.shared,
            self.start + range.start..self.start + range.end,
        )
    }

    /// The properties in a place that has been checked.
    #[cfg_attr(not(feature = "small"), inline)]
    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) fn checked_properties(&self, range: Range<usize>) -> Properties {
        if range.is_empty() {
            Properties::EMPTY
        } else {
            Properties::from_checked(self.slice(range))
        }
    }

    /// A string that a property or the like has opened; its place.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn skip_text(&mut self, field: FieldName, rule: TextRule) -> Read<Range<usize>> {
        let range = self.prefixed(field, FieldName::Characters)?;
        let bytes = self.bytes(range.clone());
        let look = Look::at(bytes, rule, self.is_v5());
        if look.is_suspicious
            && let Some((fault, at)) = why_suspicious(rule, bytes, self.is_v5())
        {
            // An empty string is the fault of its length.
            let at = if bytes.is_empty() {
                range.start - 2
            } else {
                range.start + at
            };
            return self.fault(fault, field, at);
        }
        if !look.is_ascii
            && let Err(fault) = core::str::from_utf8(bytes)
        {
            return self.fault(Fault::NotUtf8, field, range.start + fault.valid_up_to());
        }
        Ok(range)
    }

    /// The bytes of a place.
    pub(crate) fn bytes(&self, range: Range<usize>) -> &'a [u8] {
        self.frame.get(range).unwrap_or_default()
    }

    /// The same reader over again: what nobody else refers to can live in registers.
    #[inline(always)]
    pub(crate) fn own(&mut self) -> Reader<'_, R> {
        Reader {
            shared: self.shared,
            start: self.start,
            frame: self.frame,
            at: self.at,
            end: self.end,
            context: self.context,
            recorder: self.recorder,
        }
    }

    /// A reader of the next `len` bytes only, which byte `at` promises as this field.
    #[inline]
    pub(crate) fn part(&mut self, len: usize, field: FieldName, at: usize) -> Read<Reader<'_, R>> {
        if len > self.left() {
            return self.fault(Fault::CutShort, field, at);
        }
        let mut part = self.own();
        part.end = part.at + len;
        Ok(part)
    }

    /// Leaves out the next `len` bytes, which a [`Reader::part`] has read.
    #[inline]
    pub(crate) fn skip(&mut self, len: usize) {
        self.at += len;
    }

    /// A part of the packet, sharing its memory.
    #[cfg_attr(not(feature = "small"), inline)]
    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) fn slice(&self, range: Range<usize>) -> Bytes {
        self.shared
            .slice(self.start + range.start..self.start + range.end)
    }

    /// The packet ends here.
    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) fn finish(&mut self) -> Read<()> {
        if self.is_at_end() {
            Ok(())
        } else {
            self.fault(Fault::BytesLeftOver, FieldName::RemainingLength, self.at)
        }
    }

    /// The rest of the packet from byte `at` on, sharing its memory.
    pub(crate) fn rest(&self, at: usize) -> Bytes {
        self.slice(at..self.frame.len())
    }
}

/// What is wrong with a string and where in it, UTF-8 aside, or that it only looked as if something were.
#[cfg_attr(not(feature = "small"), cold, inline(never))]
fn why_suspicious(rule: TextRule, bytes: &[u8], v5: bool) -> Option<(Fault, usize)> {
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
    #[cfg_attr(not(feature = "small"), inline)]
    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) fn read(bytes: &[u8]) -> Self {
        // Most packets are short.
        #[cfg(not(feature = "small"))]
        if let Some(&byte) = bytes.first()
            && byte & 0x80 == 0
        {
            return Self::Value {
                value: u32::from(byte),
                len: 1,
            };
        }
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
