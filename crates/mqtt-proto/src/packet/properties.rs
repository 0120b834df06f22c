//! Properties (5.0 section 2.2.2) as a checked block of wire bytes.

use crate::codec::property_rules::{self, ValueType};
use crate::codec::{Span, read_varint};
use crate::types::{FIELD_MAX_BYTES, Text, share_list};
use alloc::vec::Vec;
use bytes::{Buf, Bytes};

/// The largest Subscription Identifier: what a variable byte integer can say.
pub const SUBSCRIPTION_IDENTIFIER_MAX: u32 = 268_435_455;

/// One property with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Property {
    /// 0x01: whether the payload is UTF-8 text.
    PayloadFormatIndicator(bool),
    /// 0x02: seconds.
    MessageExpiryInterval(u32),
    /// 0x03.
    ContentType(Text),
    /// 0x08: a topic name.
    ResponseTopic(Text),
    /// 0x09.
    CorrelationData(Bytes),
    /// 0x0B: 1 to 268,435,455.
    SubscriptionIdentifier(u32),
    /// 0x11: seconds; 0xFFFFFFFF never expires.
    SessionExpiryInterval(u32),
    /// 0x12.
    AssignedClientIdentifier(Text),
    /// 0x13: seconds.
    ServerKeepAlive(u16),
    /// 0x15.
    AuthenticationMethod(Text),
    /// 0x16.
    AuthenticationData(Bytes),
    /// 0x17.
    RequestProblemInformation(bool),
    /// 0x18: seconds.
    WillDelayInterval(u32),
    /// 0x19.
    RequestResponseInformation(bool),
    /// 0x1A.
    ResponseInformation(Text),
    /// 0x1C.
    ServerReference(Text),
    /// 0x1F.
    ReasonString(Text),
    /// 0x21: 1 to 65,535.
    ReceiveMaximum(u16),
    /// 0x22.
    TopicAliasMaximum(u16),
    /// 0x23: 1 to the peer's maximum.
    TopicAlias(u16),
    /// 0x24: true is QoS 1, false QoS 0; absent is QoS 2.
    MaximumQos(bool),
    /// 0x25.
    RetainAvailable(bool),
    /// 0x26: a name and a value; names may repeat.
    UserProperty(Text, Text),
    /// 0x27: bytes, not 0.
    MaximumPacketSize(u32),
    /// 0x28.
    WildcardSubscriptionAvailable(bool),
    /// 0x29.
    SubscriptionIdentifierAvailable(bool),
    /// 0x2A.
    SharedSubscriptionAvailable(bool),
}

/// The properties of one packet: their bytes as they stand on the wire, without the length in
/// front. The decoder has checked them, so reading cannot fail; order and repeats are kept.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub struct Properties {
    /// `None` if there are none: most packets have none, and nothing has to be dropped then.
    raw: Option<Block>,
}

#[cfg(not(feature = "small"))]
type Block = Bytes;

/// A word instead of four in each packet, and less code to move it.
#[cfg(feature = "small")]
type Block = alloc::boxed::Box<Bytes>;

#[cfg(not(feature = "small"))]
const fn block(raw: Bytes) -> Block {
    raw
}

#[cfg(feature = "small")]
fn block(raw: Bytes) -> Block {
    Block::new(raw)
}

static NO_BYTES: Bytes = Bytes::new();

impl Clone for Properties {
    #[cfg_attr(feature = "small", inline(never))]
    fn clone(&self) -> Self {
        Self {
            raw: self.raw.clone(),
        }
    }
}

impl Properties {
    /// None; all that 3.1.1 has.
    pub const EMPTY: Self = Self { raw: None };

    /// Wraps a block that the decoder has checked.
    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) fn from_checked(raw: Bytes) -> Self {
        Self {
            raw: (!raw.is_empty()).then(|| block(raw)),
        }
    }

    /// Wraps a part of `shared` that the decoder has checked.
    #[cfg(not(feature = "small"))]
    #[inline(always)]
    pub(crate) fn part_of(shared: &Bytes, place: Span) -> Self {
        Self {
            raw: (!place.is_empty()).then(|| block(place.of(shared))),
        }
    }

    /// The same by way of what there is already.
    #[cfg(feature = "small")]
    pub(crate) fn part_of(shared: &Bytes, place: Span) -> Self {
        Self::from_checked(place.of(shared))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.raw.is_none()
    }

    /// The bytes on the wire, without the length in front.
    #[must_use]
    pub fn as_bytes(&self) -> &Bytes {
        match &self.raw {
            Some(raw) => raw,
            None => &NO_BYTES,
        }
    }

    /// The same, as a slice.
    #[cfg_attr(feature = "small", inline(never))]
    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }

    /// The properties in their order.
    #[must_use]
    pub fn iter(&self) -> PropertiesIter {
        PropertiesIter {
            rest: self.as_bytes().clone(),
        }
    }

    /// The first property with this identifier. Reads no other.
    #[must_use]
    pub fn get(&self, id: u8) -> Option<Property> {
        let mut start = 0;
        for (found, value) in self.raw() {
            let end = start + 1 + value.len();
            if found == id {
                return Property::take(&mut self.as_bytes().slice(start..end));
            }
            start = end;
        }
        None
    }

    /// Whether a property with this identifier is there.
    #[must_use]
    pub fn has(&self, id: u8) -> bool {
        self.raw().any(|(found, _)| found == id)
    }

    /// The number in the property with this identifier, whose value is one of a fixed length.
    #[must_use]
    pub fn number(&self, id: u8) -> Option<u32> {
        let (_, value) = self.raw().find(|(found, _)| *found == id)?;
        Some(
            value
                .iter()
                .fold(0, |number, byte| number << 8 | u32::from(*byte)),
        )
    }

    /// The content of the property with this identifier, a string or binary data.
    pub(crate) fn field(&self, id: u8) -> Option<&[u8]> {
        let (_, value) = self.raw().find(|(found, _)| *found == id)?;
        value.get(2..)
    }

    /// Identifiers and values, the latter as they stand on the wire. A value that has no form
    /// there appears as property 0.
    pub(crate) fn raw(&self) -> RawProperties<'_> {
        RawProperties { rest: self.bytes() }
    }

    /// The first value that `pick` takes.
    pub fn find<T>(&self, pick: impl FnMut(Property) -> Option<T>) -> Option<T> {
        self.iter().find_map(pick)
    }

    /// These and one more at the end. Whether it may stand in the packet is for the encoder to say.
    #[must_use]
    pub fn with(&self, property: &Property) -> Self {
        let mut raw = Vec::with_capacity(self.bytes().len() + property.wire_len_max());
        raw.extend_from_slice(self.bytes());
        property.put(&mut raw);
        Self::from_checked(share_list(raw))
    }

    /// These without the ones that have one of these identifiers. Shares memory when there are none.
    #[must_use]
    pub fn without(&self, ids: &[u8]) -> Self {
        if !self.raw().any(|(id, _)| ids.contains(&id)) {
            return self.clone();
        }
        let mut kept = PropertyWriter::default();
        for (id, value) in self.raw() {
            if !ids.contains(&id) {
                kept.put(id, value);
            }
        }
        kept.finish()
    }

    /// These without the ones that `keep` refuses. Shares memory when all are kept.
    #[must_use]
    pub fn retain(&self, mut keep: impl FnMut(&Property) -> bool) -> Self {
        if self.iter().all(|property| keep(&property)) {
            return self.clone();
        }
        self.iter().filter(|property| keep(property)).collect()
    }
}

impl FromIterator<Property> for Properties {
    fn from_iter<I: IntoIterator<Item = Property>>(properties: I) -> Self {
        let mut raw = Vec::new();
        for property in properties {
            property.put(&mut raw);
        }
        Self::from_checked(share_list(raw))
    }
}

/// Writes [`Properties`] without an enum and its iterators on the way, which a chip has to store.
#[derive(Default)]
pub(crate) struct PropertyWriter {
    raw: Vec<u8>,
}

impl PropertyWriter {
    /// A property with its value as it stands on the wire.
    #[cfg_attr(feature = "small", inline(never))]
    fn put(&mut self, id: u8, value: &[u8]) {
        self.raw.extend_from_slice(&[id]);
        self.raw.extend_from_slice(value);
    }

    pub(crate) fn u8(&mut self, id: u8, value: u8) {
        self.put(id, &[value]);
    }

    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) fn u16(&mut self, id: u8, value: u16) {
        self.put(id, &value.to_be_bytes());
    }

    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) fn u32(&mut self, id: u8, value: u32) {
        self.put(id, &value.to_be_bytes());
    }

    pub(crate) fn field(&mut self, id: u8, value: &[u8]) {
        self.u16(id, value.len() as u16);
        self.raw.extend_from_slice(value);
    }

    pub(crate) fn extend(&mut self, properties: &Properties) {
        self.raw.extend_from_slice(properties.bytes());
    }

    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) fn finish(self) -> Properties {
        Properties::from_checked(share_list(self.raw))
    }
}

/// Walks over [`Properties`] without looking into strings.
pub(crate) struct RawProperties<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for RawProperties<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (id, rest) = self.rest.split_first()?;
        let prefixed = |at: usize| {
            let len = rest.get(at..)?.first_chunk::<2>()?;
            Some(at + 2 + usize::from(u16::from_be_bytes(*len)))
        };
        let len = match property_rules::row(*id).map(|row| row.value) {
            // The rest of a block whose making went wrong.
            None => Some(rest.len()),
            Some(ValueType::Bool) => Some(1),
            Some(ValueType::U16 | ValueType::U16NonZero) => Some(2),
            Some(ValueType::U32 | ValueType::U32NonZero) => Some(4),
            Some(ValueType::VarintNonZero) => read_varint(rest).map(|(_, len)| len),
            Some(ValueType::Text | ValueType::Topic | ValueType::Binary) => prefixed(0),
            Some(ValueType::Pair) => prefixed(0).and_then(prefixed),
        }?;
        let (value, rest) = rest.split_at_checked(len)?;
        self.rest = rest;
        Some((*id, value))
    }
}

/// Reads [`Properties`] one by one.
#[derive(Clone, Debug)]
pub struct PropertiesIter {
    rest: Bytes,
}

impl Iterator for PropertiesIter {
    type Item = Property;

    fn next(&mut self) -> Option<Property> {
        Property::take(&mut self.rest)
    }
}

impl Property {
    /// Its number on the wire.
    #[must_use]
    pub const fn id(&self) -> u8 {
        match self {
            Self::PayloadFormatIndicator(_) => 0x01,
            Self::MessageExpiryInterval(_) => 0x02,
            Self::ContentType(_) => 0x03,
            Self::ResponseTopic(_) => 0x08,
            Self::CorrelationData(_) => 0x09,
            Self::SubscriptionIdentifier(_) => 0x0B,
            Self::SessionExpiryInterval(_) => 0x11,
            Self::AssignedClientIdentifier(_) => 0x12,
            Self::ServerKeepAlive(_) => 0x13,
            Self::AuthenticationMethod(_) => 0x15,
            Self::AuthenticationData(_) => 0x16,
            Self::RequestProblemInformation(_) => 0x17,
            Self::WillDelayInterval(_) => 0x18,
            Self::RequestResponseInformation(_) => 0x19,
            Self::ResponseInformation(_) => 0x1A,
            Self::ServerReference(_) => 0x1C,
            Self::ReasonString(_) => 0x1F,
            Self::ReceiveMaximum(_) => 0x21,
            Self::TopicAliasMaximum(_) => 0x22,
            Self::TopicAlias(_) => 0x23,
            Self::MaximumQos(_) => 0x24,
            Self::RetainAvailable(_) => 0x25,
            Self::UserProperty(..) => 0x26,
            Self::MaximumPacketSize(_) => 0x27,
            Self::WildcardSubscriptionAvailable(_) => 0x28,
            Self::SubscriptionIdentifierAvailable(_) => 0x29,
            Self::SharedSubscriptionAvailable(_) => 0x2A,
        }
    }

    /// Takes the first property off `rest`; `None` at its end (and for bytes that the decoder
    /// would have refused).
    fn take(rest: &mut Bytes) -> Option<Self> {
        Some(match rest.try_get_u8().ok()? {
            0x01 => Self::PayloadFormatIndicator(take_bool(rest)?),
            0x02 => Self::MessageExpiryInterval(rest.try_get_u32().ok()?),
            0x03 => Self::ContentType(take_text(rest)?),
            0x08 => Self::ResponseTopic(take_text(rest)?),
            0x09 => Self::CorrelationData(take_binary(rest)?),
            0x0B => Self::SubscriptionIdentifier(take_varint(rest)?),
            0x11 => Self::SessionExpiryInterval(rest.try_get_u32().ok()?),
            0x12 => Self::AssignedClientIdentifier(take_text(rest)?),
            0x13 => Self::ServerKeepAlive(rest.try_get_u16().ok()?),
            0x15 => Self::AuthenticationMethod(take_text(rest)?),
            0x16 => Self::AuthenticationData(take_binary(rest)?),
            0x17 => Self::RequestProblemInformation(take_bool(rest)?),
            0x18 => Self::WillDelayInterval(rest.try_get_u32().ok()?),
            0x19 => Self::RequestResponseInformation(take_bool(rest)?),
            0x1A => Self::ResponseInformation(take_text(rest)?),
            0x1C => Self::ServerReference(take_text(rest)?),
            0x1F => Self::ReasonString(take_text(rest)?),
            0x21 => Self::ReceiveMaximum(rest.try_get_u16().ok()?),
            0x22 => Self::TopicAliasMaximum(rest.try_get_u16().ok()?),
            0x23 => Self::TopicAlias(rest.try_get_u16().ok()?),
            0x24 => Self::MaximumQos(take_bool(rest)?),
            0x25 => Self::RetainAvailable(take_bool(rest)?),
            0x26 => Self::UserProperty(take_text(rest)?, take_text(rest)?),
            0x27 => Self::MaximumPacketSize(rest.try_get_u32().ok()?),
            0x28 => Self::WildcardSubscriptionAvailable(take_bool(rest)?),
            0x29 => Self::SubscriptionIdentifierAvailable(take_bool(rest)?),
            0x2A => Self::SharedSubscriptionAvailable(take_bool(rest)?),
            _ => return None,
        })
    }

    /// Its value, by how that is written.
    pub(super) const fn value(&self) -> PropertyValue<'_> {
        match self {
            Self::PayloadFormatIndicator(value)
            | Self::RequestProblemInformation(value)
            | Self::RequestResponseInformation(value)
            | Self::MaximumQos(value)
            | Self::RetainAvailable(value)
            | Self::WildcardSubscriptionAvailable(value)
            | Self::SubscriptionIdentifierAvailable(value)
            | Self::SharedSubscriptionAvailable(value) => PropertyValue::Bool(*value),
            Self::ServerKeepAlive(value)
            | Self::ReceiveMaximum(value)
            | Self::TopicAliasMaximum(value)
            | Self::TopicAlias(value) => PropertyValue::U16(*value),
            Self::MessageExpiryInterval(value)
            | Self::SessionExpiryInterval(value)
            | Self::WillDelayInterval(value)
            | Self::MaximumPacketSize(value) => PropertyValue::U32(*value),
            Self::SubscriptionIdentifier(value) => PropertyValue::Varint(*value),
            Self::ContentType(text)
            | Self::ResponseTopic(text)
            | Self::AssignedClientIdentifier(text)
            | Self::AuthenticationMethod(text)
            | Self::ResponseInformation(text)
            | Self::ServerReference(text)
            | Self::ReasonString(text) => PropertyValue::Text(text),
            Self::CorrelationData(data) | Self::AuthenticationData(data) => {
                PropertyValue::Binary(data)
            }
            Self::UserProperty(name, value) => PropertyValue::Pair(name, value),
        }
    }

    /// At least as many bytes as it has on the wire, its number included.
    fn wire_len_max(&self) -> usize {
        1 + match self.value() {
            PropertyValue::Bool(_) => 1,
            PropertyValue::U16(_) => 2,
            PropertyValue::U32(_) | PropertyValue::Varint(_) => 4,
            PropertyValue::Text(text) => 2 + text.as_bytes().len(),
            PropertyValue::Binary(data) => 2 + data.len(),
            PropertyValue::Pair(name, value) => 4 + name.as_bytes().len() + value.as_bytes().len(),
        }
    }

    /// Writes the property, or property 0, which the encoder refuses, if its value has no form.
    fn put(&self, out: &mut Vec<u8>) {
        let value = self.value();
        let has_form = match value {
            PropertyValue::Varint(value) => value <= SUBSCRIPTION_IDENTIFIER_MAX,
            PropertyValue::Binary(data) => data.len() <= FIELD_MAX_BYTES,
            _ => true,
        };
        if !has_form {
            out.push(0);
            return;
        }
        out.push(self.id());
        match value {
            PropertyValue::Bool(value) => out.push(u8::from(value)),
            PropertyValue::U16(value) => out.extend_from_slice(&value.to_be_bytes()),
            PropertyValue::U32(value) => out.extend_from_slice(&value.to_be_bytes()),
            PropertyValue::Varint(value) => put_varint(out, value),
            PropertyValue::Text(text) => put_field(out, text.as_bytes()),
            PropertyValue::Binary(data) => put_field(out, data),
            PropertyValue::Pair(name, value) => {
                put_field(out, name.as_bytes());
                put_field(out, value.as_bytes());
            }
        }
    }
}

/// The value of a property, by how it is written.
#[derive(Clone, Copy)]
pub(super) enum PropertyValue<'a> {
    Bool(bool),
    U16(u16),
    U32(u32),
    Varint(u32),
    Text(&'a Text),
    Binary(&'a Bytes),
    Pair(&'a Text, &'a Text),
}

fn take_bool(rest: &mut Bytes) -> Option<bool> {
    rest.try_get_u8().ok().map(|byte| byte != 0)
}

pub(super) fn take_binary(rest: &mut Bytes) -> Option<Bytes> {
    let len = usize::from(rest.try_get_u16().ok()?);
    (len <= rest.len()).then(|| rest.split_to(len))
}

pub(super) fn take_text(rest: &mut Bytes) -> Option<Text> {
    Text::new(take_binary(rest)?).ok()
}

fn take_varint(rest: &mut Bytes) -> Option<u32> {
    let (value, len) = read_varint(rest)?;
    rest.advance(len);
    Some(value)
}

/// Writes a field of at most 65,535 bytes with its length in front.
pub(super) fn put_field(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u16).to_be_bytes());
    out.extend_from_slice(bytes);
}

/// Writes a variable byte integer below 2^28 in its shortest form.
fn put_varint(out: &mut Vec<u8>, mut value: u32) {
    while value > 0x7F {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
