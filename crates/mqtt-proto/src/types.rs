//! The small types that packets are made of. Each exists only in its checked form.

mod matching;
mod repr;
mod utf8;

use crate::codec::Span;
#[cfg(feature = "small")]
use alloc::boxed::Box;
use alloc::vec::Vec;
use bytes::Bytes;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::num::NonZeroU16;
pub use matching::Mismatch;
use repr::Repr;
pub(crate) use utf8::utf8_fault;

/// Which end of a connection a packet comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sender {
    /// The end that opened the connection with CONNECT.
    Client,
    /// The end that answered with CONNACK.
    Server,
}

/// Quality of service (3.1.1 and 5.0 section 4.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Qos {
    /// QoS 0: sent once, never acknowledged.
    #[default]
    AtMostOnce = 0,
    /// QoS 1: kept until PUBACK.
    AtLeastOnce = 1,
    /// QoS 2: kept until PUBREC, its id until PUBCOMP.
    ExactlyOnce = 2,
}

impl Qos {
    /// The level of its two bits; 3 is no level.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        match bits {
            0 => Some(Self::AtMostOnce),
            1 => Some(Self::AtLeastOnce),
            2 => Some(Self::ExactlyOnce),
            _ => None,
        }
    }

    /// The level as its two bits.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self as u8
    }
}

/// A packet identifier, 1 to 65,535: zero cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PacketId(NonZeroU16);

impl PacketId {
    /// The lowest identifier.
    pub const FIRST: Self = Self(NonZeroU16::MIN);

    /// The identifier `value`, if it is not zero.
    #[must_use]
    pub const fn new(value: u16) -> Option<Self> {
        match NonZeroU16::new(value) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }

    /// The number on the wire.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0.get()
    }

    /// The identifier after this one; 1 follows 65,535.
    #[must_use]
    pub const fn next(self) -> Self {
        match self.0.checked_add(1) {
            Some(value) => Self(value),
            None => Self::FIRST,
        }
    }
}

impl fmt::Display for PacketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How a PUBLISH is delivered: a QoS 0 packet with an identifier or a DUP flag cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// QoS 0.
    AtMostOnce,
    /// QoS 1.
    AtLeastOnce {
        /// Names the exchange until PUBACK.
        id: PacketId,
        /// Set on every send of this packet but the first.
        dup: bool,
    },
    /// QoS 2.
    ExactlyOnce {
        /// Names the exchange until PUBCOMP.
        id: PacketId,
        /// Set on every send of this packet but the first.
        dup: bool,
    },
}

impl Delivery {
    /// The quality of service.
    #[must_use]
    pub const fn qos(self) -> Qos {
        match self {
            Self::AtMostOnce => Qos::AtMostOnce,
            Self::AtLeastOnce { .. } => Qos::AtLeastOnce,
            Self::ExactlyOnce { .. } => Qos::ExactlyOnce,
        }
    }

    /// The packet identifier; none for QoS 0.
    #[must_use]
    pub const fn id(self) -> Option<PacketId> {
        match self {
            Self::AtMostOnce => None,
            Self::AtLeastOnce { id, .. } | Self::ExactlyOnce { id, .. } => Some(id),
        }
    }

    /// The DUP flag; never set for QoS 0.
    #[must_use]
    pub const fn dup(self) -> bool {
        match self {
            Self::AtMostOnce => false,
            Self::AtLeastOnce { dup, .. } | Self::ExactlyOnce { dup, .. } => dup,
        }
    }
}

/// The most bytes that a string or binary field can have: its length has two bytes.
pub const FIELD_MAX_BYTES: usize = u16::MAX as usize;

/// Why bytes are not an MQTT string, topic name or topic filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextFault {
    /// Longer than [`FIELD_MAX_BYTES`].
    TooLong,
    /// Not UTF-8; surrogates and overlong forms are not.
    NotUtf8 {
        /// How many bytes were right.
        valid_up_to: usize,
    },
    /// Holds U+0000.
    Nul {
        /// Where.
        at: usize,
    },
    /// A topic name or filter with no characters.
    Empty,
    /// A topic name with `+` or `#`.
    Wildcard {
        /// Where.
        at: usize,
    },
    /// A topic filter whose `+` or `#` does not fill a level, or whose `#` is not last.
    MisplacedWildcard {
        /// Where.
        at: usize,
    },
    /// A `$share` filter with an empty share name, one with a wildcard, or no filter behind it.
    Share,
}

impl fmt::Display for TextFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "longer than {FIELD_MAX_BYTES} bytes"),
            Self::NotUtf8 { valid_up_to } => write!(f, "not UTF-8 at byte {valid_up_to}"),
            Self::Nul { at } => write!(f, "U+0000 at byte {at}"),
            Self::Empty => f.write_str("a topic has at least one character"),
            Self::Wildcard { at } => write!(f, "a topic name has no wildcard, as at byte {at}"),
            Self::MisplacedWildcard { at } => {
                write!(
                    f,
                    "the wildcard at byte {at} does not fill a level, or is not last"
                )
            }
            Self::Share => f.write_str("not $share/name/filter"),
        }
    }
}

impl core::error::Error for TextFault {}

/// A copy of `bytes` in memory that packets can share: for a payload that is built anew.
///
/// The same as [`Bytes::copy_from_slice`]. But a chip, with the feature `small`, then has all its
/// bytes in memory of one kind, and stores only the code for that.
#[must_use]
#[cfg_attr(feature = "small", inline(never))]
pub fn share(bytes: &[u8]) -> Bytes {
    #[cfg(not(feature = "small"))]
    return Bytes::copy_from_slice(bytes);
    #[cfg(feature = "small")]
    match bytes {
        [] => Bytes::new(),
        bytes => Bytes::from_owner(Box::<[u8]>::from(bytes)),
    }
}

/// [`share`] for a list that has been written for it.
pub(crate) fn share_list(list: Vec<u8>) -> Bytes {
    if cfg!(feature = "small") {
        share(&list)
    } else {
        Bytes::from(list)
    }
}

/// A string of the wire: UTF-8 without U+0000, at most 65,535 bytes
/// (3.1.1 section 1.5.3, 5.0 section 1.5.4).
///
/// A short one is copied, a longer one shares its memory: a clone is a few words or a reference
/// count, never an allocation. (With the feature `small` all share.)
#[derive(Clone)]
pub struct Text(Repr);

impl Text {
    /// No characters.
    pub const EMPTY: Self = Self(Repr::EMPTY);

    /// Checks `bytes`.
    ///
    /// # Errors
    /// What is wrong with them, and where.
    pub fn new(bytes: Bytes) -> Result<Self, TextFault> {
        if bytes.len() > FIELD_MAX_BYTES {
            return Err(TextFault::TooLong);
        }
        if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
            return Err(TextFault::Nul { at });
        }
        if let Some(valid_up_to) = utf8_fault(&bytes) {
            return Err(TextFault::NotUtf8 { valid_up_to });
        }
        let all = Span {
            start: 0,
            len: bytes.len(),
        };
        Ok(Self::from_checked(&bytes, all))
    }

    /// Makes a text of a part of `shared` that has been checked.
    ///
    /// Out of line it would be moved, which takes longer than making it. On chips, where size
    /// counts, it is.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn from_checked(shared: &Bytes, place: Span) -> Self {
        Self(Repr::from_checked(shared, place))
    }

    /// The same for one of one byte or more that is short enough to be copied.
    #[cfg(not(feature = "small"))]
    #[inline(always)]
    pub(crate) fn short_from_checked(shared: &Bytes, place: Span) -> Option<Self> {
        Repr::inline(shared, place).map(Self)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Its bytes.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether there are no characters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::EMPTY
    }
}

// As the bytes compare, whichever way they are kept: UTF-8 sorts as its characters do.

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Text {}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Text").field(&self.as_str()).finish()
    }
}

impl TryFrom<&str> for Text {
    type Error = TextFault;

    fn try_from(text: &str) -> Result<Self, TextFault> {
        Self::new(share(text.as_bytes()))
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The first `+` or `#` in a filter that does not fill a level, or a `#` that is not last.
pub(crate) fn misplaced_wildcard(filter: &[u8]) -> Option<usize> {
    let mut before = b'/';
    let mut rest = filter;
    while let Some((byte, behind)) = rest.split_first() {
        if matches!(byte, b'+' | b'#') {
            let ends_level = match behind.first() {
                None => true,
                Some(next) => *byte == b'+' && *next == b'/',
            };
            if before != b'/' || !ends_level {
                return Some(filter.len() - rest.len());
            }
        }
        before = *byte;
        rest = behind;
    }
    None
}

/// Where a message goes: not empty, no wildcards (section 4.7 in both versions).
///
/// The empty name that 5.0 allows beside a topic alias is not a `TopicName`: it is the absence of
/// one in [`Publish`](crate::packet::Publish).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicName(Text);

impl TopicName {
    /// Checks `text`.
    ///
    /// # Errors
    /// [`TextFault::Empty`] or [`TextFault::Wildcard`].
    pub fn new(text: Text) -> Result<Self, TextFault> {
        if text.is_empty() {
            return Err(TextFault::Empty);
        }
        match text
            .as_bytes()
            .iter()
            .position(|b| matches!(b, b'+' | b'#'))
        {
            Some(at) => Err(TextFault::Wildcard { at }),
            None => Ok(Self(text)),
        }
    }

    /// Wraps a text that the decoder has checked.
    pub(crate) const fn from_checked(text: Text) -> Self {
        Self(text)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The name as text, sharing its memory.
    #[must_use]
    pub fn text(&self) -> &Text {
        &self.0
    }

    /// Its levels, which `/` separates; there is always at least one, and any may be empty.
    pub fn levels(&self) -> impl Iterator<Item = &str> {
        self.as_str().split('/')
    }
}

impl TryFrom<&str> for TopicName {
    type Error = TextFault;

    fn try_from(text: &str) -> Result<Self, TextFault> {
        Self::new(Text::try_from(text)?)
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a subscriber asks for: not empty, `+` and `#` fill whole levels, `#` is last (section 4.7
/// in both versions), and behind `$share/` stand a share name and a filter (5.0 section 4.8.2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicFilter(Text);

impl TopicFilter {
    /// Checks `text` by the rules that both versions share. `$share` is left to
    /// [`TopicFilter::share`]: under 3.1.1 such a filter is an ordinary one.
    ///
    /// # Errors
    /// [`TextFault::Empty`] or [`TextFault::MisplacedWildcard`].
    pub fn new(text: Text) -> Result<Self, TextFault> {
        if text.is_empty() {
            return Err(TextFault::Empty);
        }
        match misplaced_wildcard(text.as_bytes()) {
            Some(at) => Err(TextFault::MisplacedWildcard { at }),
            None => Ok(Self(text)),
        }
    }

    /// The filter.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The filter as text, sharing its memory.
    #[must_use]
    pub fn text(&self) -> &Text {
        &self.0
    }

    /// Its levels, which `/` separates; `$share` and the share name count as levels here.
    pub fn levels(&self) -> impl Iterator<Item = &str> {
        self.as_str().split('/')
    }

    /// Whether `+` or `#` stands in it.
    #[must_use]
    pub fn has_wildcard(&self) -> bool {
        self.0.as_bytes().iter().any(|b| matches!(b, b'+' | b'#'))
    }

    /// The share name and the filter behind it, for `$share/{name}/{filter}`; `Ok(None)` for any
    /// other filter (5.0 section 4.8.2).
    ///
    /// # Errors
    /// [`TextFault::Share`] for a `$share` filter with an empty name, with a wildcard in the name
    /// or with nothing behind it.
    pub fn share(&self) -> Result<Option<(&str, &str)>, TextFault> {
        let Some(rest) = self.as_str().strip_prefix("$share/") else {
            return if self.as_str() == "$share" {
                Err(TextFault::Share)
            } else {
                Ok(None)
            };
        };
        match rest.split_once('/') {
            Some((name, filter))
                if !name.is_empty() && !filter.is_empty() && !name.contains(['+', '#']) =>
            {
                Ok(Some((name, filter)))
            }
            _ => Err(TextFault::Share),
        }
    }
}

impl TryFrom<&str> for TopicFilter {
    type Error = TextFault;

    fn try_from(text: &str) -> Result<Self, TextFault> {
        Self::new(Text::try_from(text)?)
    }
}

impl fmt::Display for TopicFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// filter | topic | matches; `!` in the third column: the filter itself is refused.
    const MATCHING: &str = "
        a/b         | a/b       | yes
        a/#         | a         | yes
        a/#         | a/b/c     | yes
        a/+         | a/        | yes
        a/+         | a         | no
        +/+         | /finance  | yes
        /+          | /finance  | yes
        +           | /finance  | no
        #           | $SYS/x    | no
        +/x         | $SYS/x    | no
        $SYS/#      | $SYS/x    | yes
        $share/g/#  | $SYS/x    | no
        $share/g/a  | a         | yes
        a//b        | a//b      | yes
        a#          | a         | !
        a/#/b       | a         | !
        a+/b        | a         | !
        +a          | a         | !
        #/          | a         | !";

    #[test]
    fn filters_match_as_section_4_7_says() {
        for row in MATCHING.lines().filter(|line| !line.trim().is_empty()) {
            let mut cells = row.split('|').map(str::trim);
            let mut cell = || cells.next().unwrap();
            let (filter, topic, expected) = (cell(), cell(), cell());
            let topic = TopicName::try_from(topic).unwrap();
            let found = match TopicFilter::try_from(filter) {
                Err(_) => "!",
                Ok(filter) if filter.matches(&topic) => "yes",
                Ok(_) => "no",
            };
            assert_eq!(found, expected, "{row}");
        }
    }
}
