//! From packets to bytes.

use super::property_rules::{self, Place, Seen, ValueType};
use super::share_fault;
use super::versions;
use crate::packet::{
    Ack, ConnAck, Connect, Packet, PacketType, Properties, Publish, SubAck, Subscribe,
};
use crate::reason::{self, ReasonCode};
use crate::types::{Delivery, FIELD_MAX_BYTES, PacketId, Sender};
use bytes::{BufMut, BytesMut};
use core::fmt;
use mqtt_spec::Version;

/// The largest Remaining Length that its four bytes can say.
const REMAINING_MAX: usize = 268_435_455;

/// Why a packet cannot be written in a version: a mistake of the caller, not of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// The version is switched off (features `v311` and `v5`).
    VersionNotBuiltIn,
    /// The Remaining Length would exceed 268,435,455 bytes, or a field 65,535.
    TooLong,
    /// 3.1.1 has no such packet, and no way to say what this one says.
    NotInVersion,
    /// The packet does not carry this reason, from neither end.
    ReasonCode(ReasonCode),
    /// Session Present beside a refusal.
    SessionPresentInRefusal,
    /// A PUBLISH with no topic, and (under 5.0) no topic alias either.
    NoTopic,
    /// No filters, or no reason codes.
    EmptyList,
    /// 3.1.1: a password without a user name.
    PasswordWithoutUserName,
    /// CONNECT with Authentication Data but no Authentication Method, or AUTH without the latter.
    NoAuthenticationMethod,
    /// A shared subscription without a share name or filter, or with No Local.
    BadShare,
    /// The property with this identifier; 0 stands for one whose value has no form on the wire.
    Property(u8, PropertyMisuse),
}

/// What is wrong with a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PropertyMisuse {
    /// It has no place in this packet.
    Misplaced,
    /// It stands there twice.
    Repeated,
    /// Its value is out of range, or too long for a field.
    Value,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::VersionNotBuiltIn => "this version is not built in",
            Self::TooLong => "longer than the protocol can frame",
            Self::NotInVersion => "3.1.1 has no way to say this",
            Self::ReasonCode(reason) => return write!(f, "the packet never carries {reason}"),
            Self::SessionPresentInRefusal => "a refusal has no Session Present",
            Self::NoTopic => "a PUBLISH needs a topic",
            Self::EmptyList => "the list is empty",
            Self::PasswordWithoutUserName => "3.1.1 has no password without a user name",
            Self::NoAuthenticationMethod => "an Authentication Method is missing",
            Self::BadShare => "not a shared subscription that can be made",
            Self::Property(id, misuse) => {
                let name = super::property_name(*id);
                let misuse = match misuse {
                    PropertyMisuse::Misplaced => "has no place in this packet",
                    PropertyMisuse::Repeated => "stands there twice",
                    PropertyMisuse::Value => "is out of range",
                };
                return write!(f, "{name} {misuse}");
            }
        })
    }
}

impl core::error::Error for EncodeError {}

/// Writes a packet at the end of `out`, which is left alone on an error.
///
/// Writes the shortest form. Under 3.1.1, properties are left out, and so is what only says more
/// about a success; failures that 3.1.1 cannot tell are an error, except that every failure in
/// SUBACK becomes its one failure code.
///
/// # Errors
/// Why the packet has no form in that version. Which of the two ends may send it, and whether now,
/// is not checked here.
pub fn encode(packet: &Packet, version: Version, out: &mut BytesMut) -> Result<(), EncodeError> {
    if let Packet::Publish(publish) = packet {
        return put_publish(publish, version, out);
    }
    let remaining = remaining_len(packet, version)?;
    let v5 = versions::is_v5(version);
    // The end of a packet that is written as it stands, however long it is.
    let tail: &[u8] = match packet {
        Packet::Subscribe(subscribe) => subscribe.filters.as_bytes(),
        Packet::Unsubscribe(unsubscribe) => unsubscribe.filters.as_bytes(),
        Packet::SubAck(ack) | Packet::UnsubAck(ack) if v5 => ack.reasons.as_bytes(),
        _ => &[],
    };
    let total = 1 + varint_len(remaining) + remaining;
    let start = out.len();
    out.reserve(total);
    out.resize(start + total - tail.len(), 0);
    let mut writer = Writer {
        rest: out.get_mut(start..).unwrap_or_default(),
    };
    let flags = match packet {
        Packet::PubRel(_) | Packet::Subscribe(_) | Packet::Unsubscribe(_) => 0b0010,
        _ => 0,
    };
    writer.u8((packet.packet_type() as u8) << 4 | flags);
    // At most REMAINING_MAX.
    writer.varint(remaining as u32);
    match packet {
        Packet::Connect(connect) => writer.connect(connect, v5),
        Packet::ConnAck(connack) => {
            writer.u8(u8::from(connack.session_present));
            if v5 {
                writer.u8(connack.reason.as_u8());
                writer.properties(&connack.properties);
            } else {
                writer.u8(reason::to_return_code(connack.reason).unwrap_or_default());
            }
        }
        Packet::PubAck(ack) | Packet::PubRec(ack) | Packet::PubRel(ack) | Packet::PubComp(ack) => {
            writer.u16(ack.id.get());
            writer.tail(ack.reason, &ack.properties, v5);
        }
        Packet::Subscribe(subscribe) => writer.list(subscribe.id, &subscribe.properties, v5),
        Packet::Unsubscribe(packet) => writer.list(packet.id, &packet.properties, v5),
        Packet::SubAck(ack) => {
            writer.list(ack.id, &ack.properties, v5);
            if !v5 {
                for code in ack.reasons.as_bytes() {
                    writer.u8(if *code < 0x80 { *code } else { 0x80 });
                }
            }
        }
        Packet::UnsubAck(ack) => writer.list(ack.id, &ack.properties, v5),
        // PUBLISH has a writer of its own.
        Packet::Publish(_) | Packet::PingReq | Packet::PingResp => {}
        Packet::Disconnect(disconnect) => {
            writer.tail(disconnect.reason, &disconnect.properties, v5);
        }
        Packet::Auth(auth) => writer.tail(auth.reason, &auth.properties, v5),
    }
    debug_assert!(writer.rest.is_empty(), "{packet} is as long as it says");
    out.extend_from_slice(tail);
    Ok(())
}

/// Writes the packet that matters most, in as few pieces as can be.
fn put_publish(publish: &Publish, version: Version, out: &mut BytesMut) -> Result<(), EncodeError> {
    if !versions::is_built_in(version) {
        return Err(EncodeError::VersionNotBuiltIn);
    }
    let v5 = versions::is_v5(version);
    let remaining = publish_len(publish, v5)?;
    if remaining > REMAINING_MAX {
        return Err(EncodeError::TooLong);
    }
    out.reserve(1 + varint_len(remaining) + remaining);
    let first = (PacketType::Publish as u8) << 4
        | u8::from(publish.delivery.dup()) << 3
        | publish.delivery.qos().bits() << 1
        | u8::from(publish.retain);
    let topic = publish.topic.as_ref().map(|name| name.text().as_bytes());
    let topic = topic.unwrap_or_default();
    // A field's length, which its type keeps below 2^16.
    let [high, low] = (topic.len() as u16).to_be_bytes();
    match remaining {
        0..=0x7F => out.extend_from_slice(&[first, remaining as u8, high, low]),
        0x80..=0x3FFF => {
            let (lower, upper) = (remaining as u8 | 0x80, (remaining >> 7) as u8);
            out.extend_from_slice(&[first, lower, upper, high, low]);
        }
        _ => {
            out.put_u8(first);
            put_varint(out, remaining as u32);
            out.extend_from_slice(&[high, low]);
        }
    }
    out.extend_from_slice(topic);
    let properties = publish.properties.as_bytes();
    match publish.delivery.id() {
        Some(id) if v5 && properties.is_empty() => {
            let [high, low] = id.get().to_be_bytes();
            out.extend_from_slice(&[high, low, 0]);
        }
        None if v5 && properties.is_empty() => out.put_u8(0),
        id => {
            if let Some(id) = id {
                out.put_u16(id.get());
            }
            if v5 {
                put_varint(out, properties.len() as u32);
                out.extend_from_slice(properties);
            }
        }
    }
    out.extend_from_slice(&publish.payload);
    Ok(())
}

/// Fills the place of a packet from front to back.
struct Writer<'a> {
    rest: &'a mut [u8],
}

impl Writer<'_> {
    /// Writes bytes. There is room: the lengths that it was made from are those of these bytes.
    #[inline]
    fn bytes(&mut self, bytes: &[u8]) {
        if let Some((place, rest)) =
            core::mem::take(&mut self.rest).split_at_mut_checked(bytes.len())
        {
            place.copy_from_slice(bytes);
            self.rest = rest;
        }
    }

    #[inline]
    fn u8(&mut self, byte: u8) {
        self.bytes(&[byte]);
    }

    #[inline]
    fn u16(&mut self, number: u16) {
        self.bytes(&number.to_be_bytes());
    }

    /// Writes a variable byte integer below 2^28 in its shortest form.
    #[inline]
    fn varint(&mut self, mut value: u32) {
        while value > 0x7F {
            self.u8(value as u8 | 0x80);
            value >>= 7;
        }
        self.u8(value as u8);
    }

    /// Writes a field with its length in front, which was checked to fit.
    fn field(&mut self, bytes: &[u8]) {
        let rest = core::mem::take(&mut self.rest);
        if let Some((len, rest)) = rest.split_first_chunk_mut::<2>()
            && let Some((place, rest)) = rest.split_at_mut_checked(bytes.len())
        {
            *len = (bytes.len() as u16).to_be_bytes();
            place.copy_from_slice(bytes);
            self.rest = rest;
        }
    }

    fn properties(&mut self, properties: &Properties) {
        let raw = properties.as_bytes();
        self.varint(raw.len() as u32);
        self.bytes(raw);
    }

    /// What stands before the payload of the four packets with lists.
    fn list(&mut self, id: PacketId, properties: &Properties, v5: bool) {
        self.u16(id.get());
        if v5 {
            self.properties(properties);
        }
    }

    /// The end of a packet, which under 3.1.1 is empty and under 5.0 leaves out what goes without
    /// saying.
    fn tail(&mut self, reason: ReasonCode, properties: &Properties, v5: bool) {
        let has_properties = !properties.is_empty();
        if v5 && (has_properties || reason != ReasonCode::Success) {
            self.u8(reason.as_u8());
        }
        if v5 && has_properties {
            self.properties(properties);
        }
    }

    fn connect(&mut self, connect: &Connect, v5: bool) {
        let mut flags = u8::from(connect.clean_start) << 1
            | u8::from(connect.password.is_some()) << 6
            | u8::from(connect.user_name.is_some()) << 7;
        if let Some(will) = &connect.will {
            flags |= 0x04 | will.qos.bits() << 3 | u8::from(will.retain) << 5;
        }
        self.bytes(b"\x00\x04MQTT");
        self.u8(connect.version.level());
        self.u8(flags);
        self.u16(connect.keep_alive_secs);
        if v5 {
            self.properties(&connect.properties);
        }
        self.field(connect.client_id.as_bytes());
        if let Some(will) = &connect.will {
            if v5 {
                self.properties(&will.properties);
            }
            self.field(will.topic.text().as_bytes());
            self.field(&will.payload);
        }
        if let Some(user_name) = &connect.user_name {
            self.field(user_name.as_bytes());
        }
        if let Some(password) = &connect.password {
            self.field(password);
        }
    }
}

/// How many bytes [`encode`] writes, fixed header included.
///
/// # Errors
/// Those of [`encode`].
pub fn encoded_len(packet: &Packet, version: Version) -> Result<usize, EncodeError> {
    remaining_len(packet, version).map(|remaining| 1 + varint_len(remaining) + remaining)
}

/// Checks that the packet can be written; the length of all behind its fixed header.
fn remaining_len(packet: &Packet, version: Version) -> Result<usize, EncodeError> {
    if !versions::is_built_in(version) {
        return Err(EncodeError::VersionNotBuiltIn);
    }
    let v5 = versions::is_v5(version);
    let kind = packet.packet_type();
    let place = Place::of(kind);
    let len = match packet {
        Packet::Connect(connect) => connect_len(connect, v5)?,
        Packet::ConnAck(connack) => connack_len(connack, v5)?,
        Packet::Publish(publish) => publish_len(publish, v5)?,
        Packet::PubAck(ack) | Packet::PubRec(ack) | Packet::PubRel(ack) | Packet::PubComp(ack) => {
            ack_len(ack, kind, v5)?
        }
        Packet::Subscribe(subscribe) => {
            check_filters(subscribe, v5)?;
            2 + properties_len(&subscribe.properties, place, v5)?
                + some(subscribe.filters.as_bytes())?
        }
        Packet::Unsubscribe(unsubscribe) => {
            let mut filters = unsubscribe.filters.raw();
            if v5 && filters.any(is_bad_share) {
                return Err(EncodeError::BadShare);
            }
            2 + properties_len(&unsubscribe.properties, place, v5)?
                + some(unsubscribe.filters.as_bytes())?
        }
        Packet::SubAck(ack) => {
            check_codes(ack, kind, v5)?;
            2 + properties_len(&ack.properties, place, v5)? + some(ack.reasons.as_bytes())?
        }
        Packet::UnsubAck(ack) if v5 => {
            check_codes(ack, kind, v5)?;
            2 + properties_len(&ack.properties, place, v5)? + some(ack.reasons.as_bytes())?
        }
        Packet::UnsubAck(_) => 2,
        Packet::PingReq | Packet::PingResp => 0,
        Packet::Disconnect(disconnect) if v5 => {
            tail_len(disconnect.reason, &disconnect.properties, kind)?.0
        }
        Packet::Disconnect(disconnect) => match disconnect.reason {
            ReasonCode::Success => 0,
            _ => return Err(EncodeError::NotInVersion),
        },
        Packet::Auth(_) if !v5 => return Err(EncodeError::NotInVersion),
        Packet::Auth(auth) => {
            let (len, seen) = tail_len(auth.reason, &auth.properties, kind)?;
            if !seen.contains(0x15) {
                return Err(EncodeError::NoAuthenticationMethod);
            }
            len
        }
    };
    if len > REMAINING_MAX {
        return Err(EncodeError::TooLong);
    }
    Ok(len)
}

fn connect_len(connect: &Connect, v5: bool) -> Result<usize, EncodeError> {
    if versions::is_v5(connect.version) != v5 {
        return Err(EncodeError::NotInVersion);
    }
    let mut len = 10 + field_len(connect.client_id.as_bytes())?;
    if v5 {
        let (properties, seen) = check_properties(&connect.properties, PLACE_CONNECT)?;
        if seen.contains(0x16) && !seen.contains(0x15) {
            return Err(EncodeError::NoAuthenticationMethod);
        }
        len += properties;
    } else if connect.password.is_some() && connect.user_name.is_none() {
        return Err(EncodeError::PasswordWithoutUserName);
    }
    if let Some(will) = &connect.will {
        len += properties_len(&will.properties, Place::WILL, v5)?
            + field_len(will.topic.text().as_bytes())?
            + field_len(&will.payload)?;
    }
    if let Some(user_name) = &connect.user_name {
        len += field_len(user_name.as_bytes())?;
    }
    if let Some(password) = &connect.password {
        len += field_len(password)?;
    }
    Ok(len)
}

fn connack_len(connack: &ConnAck, v5: bool) -> Result<usize, EncodeError> {
    if connack.session_present && connack.reason != ReasonCode::Success {
        return Err(EncodeError::SessionPresentInRefusal);
    }
    if v5 {
        check_reason(connack.reason, PacketType::ConnAck)?;
    } else if reason::to_return_code(connack.reason).is_none() {
        return Err(EncodeError::NotInVersion);
    }
    Ok(2 + properties_len(&connack.properties, Place::of(PacketType::ConnAck), v5)?)
}

fn publish_len(publish: &Publish, v5: bool) -> Result<usize, EncodeError> {
    let id = match publish.delivery {
        Delivery::AtMostOnce => 0,
        _ => 2,
    };
    let properties = if v5 {
        let (len, seen) = check_properties(&publish.properties, PLACE_PUBLISH)?;
        if publish.topic.is_none() && !seen.contains(0x23) {
            return Err(EncodeError::NoTopic);
        }
        len
    } else if publish.topic.is_none() {
        return Err(EncodeError::NoTopic);
    } else {
        0
    };
    let topic = publish
        .topic
        .as_ref()
        .map_or(0, |name| name.text().as_bytes().len());
    Ok(2 + topic + id + properties + publish.payload.len())
}

fn ack_len(ack: &Ack, kind: PacketType, v5: bool) -> Result<usize, EncodeError> {
    if v5 {
        tail_len(ack.reason, &ack.properties, kind).map(|(len, _)| 2 + len)
    } else if ack.reason.is_failure() {
        Err(EncodeError::NotInVersion)
    } else {
        Ok(2)
    }
}

/// Of a reason code and properties at the end of a packet, which end as early as they can.
fn tail_len(
    reason: ReasonCode,
    properties: &Properties,
    kind: PacketType,
) -> Result<(usize, Seen), EncodeError> {
    check_reason(reason, kind)?;
    if properties.is_empty() {
        let len = usize::from(reason != ReasonCode::Success);
        return Ok((len, Seen::default()));
    }
    let (len, seen) = check_properties(properties, Place::of(kind))?;
    Ok((1 + len, seen))
}

fn check_reason(reason: ReasonCode, kind: PacketType) -> Result<(), EncodeError> {
    if reason::stands_in(reason, kind, Sender::Server)
        || reason::stands_in(reason, kind, Sender::Client)
    {
        Ok(())
    } else {
        Err(EncodeError::ReasonCode(reason))
    }
}

fn check_codes(ack: &SubAck, kind: PacketType, v5: bool) -> Result<(), EncodeError> {
    for reason in ack.reasons.iter() {
        if v5 {
            check_reason(reason, kind)?;
        } else if reason.as_u8() > 2 && !reason.is_failure() {
            return Err(EncodeError::ReasonCode(reason));
        }
    }
    Ok(())
}

fn check_filters(subscribe: &Subscribe, v5: bool) -> Result<(), EncodeError> {
    for (filter, options) in subscribe.filters.raw() {
        if !v5 && options & !0b11 != 0 {
            return Err(EncodeError::NotInVersion);
        }
        let no_local = options & 0b100 != 0;
        if v5 && (is_bad_share(filter) || (no_local && filter.starts_with(b"$share/"))) {
            return Err(EncodeError::BadShare);
        }
    }
    Ok(())
}

/// Whether a filter begins like a shared subscription's and is none (5.0 section 4.8.2).
fn is_bad_share(filter: &[u8]) -> bool {
    filter
        .strip_prefix(b"$share")
        .is_some_and(|behind| share_fault(behind).is_some())
}

const PLACE_CONNECT: Place = Place::of(PacketType::Connect);
const PLACE_PUBLISH: Place = Place::of(PacketType::Publish);

/// The length of a list that must not be empty.
fn some(list: &[u8]) -> Result<usize, EncodeError> {
    match list.len() {
        0 => Err(EncodeError::EmptyList),
        len => Ok(len),
    }
}

/// Of a field with its length in front.
fn field_len(bytes: &[u8]) -> Result<usize, EncodeError> {
    if bytes.len() > FIELD_MAX_BYTES {
        return Err(EncodeError::TooLong);
    }
    Ok(2 + bytes.len())
}

/// Of properties with their length in front; 0 under 3.1.1, which leaves them out.
fn properties_len(properties: &Properties, place: Place, v5: bool) -> Result<usize, EncodeError> {
    if v5 {
        check_properties(properties, place).map(|(len, _)| len)
    } else {
        Ok(0)
    }
}

/// Checks that properties may stand there; their length with the length in front, and which there
/// are. Strings were checked when they were made.
fn check_properties(properties: &Properties, place: Place) -> Result<(usize, Seen), EncodeError> {
    let mut seen = Seen::default();
    if properties.is_empty() {
        return Ok((1, seen));
    }
    for (id, value) in properties.raw() {
        let misuse = |misuse| Err(EncodeError::Property(id, misuse));
        let Some(row) = property_rules::row(id) else {
            return misuse(PropertyMisuse::Value);
        };
        if !row.stands_in(place) {
            return misuse(PropertyMisuse::Misplaced);
        }
        if seen.contains(id) && !property_rules::may_repeat(place, id) {
            return misuse(PropertyMisuse::Repeated);
        }
        seen.insert(id);
        let in_range = match row.value {
            ValueType::Bool => matches!(value, [0 | 1]),
            ValueType::U16NonZero | ValueType::U32NonZero | ValueType::VarintNonZero => {
                value.iter().any(|byte| *byte != 0)
            }
            ValueType::Topic => {
                // A length, and a name that is not empty and has no wildcards.
                let name = value.get(2..).unwrap_or_default();
                !name.is_empty() && !name.iter().any(|byte| matches!(byte, b'+' | b'#'))
            }
            ValueType::U16
            | ValueType::U32
            | ValueType::Text
            | ValueType::Binary
            | ValueType::Pair => true,
        };
        if !in_range {
            return misuse(PropertyMisuse::Value);
        }
    }
    let len = properties.as_bytes().len();
    Ok((varint_len(len) + len, seen))
}

const fn varint_len(value: usize) -> usize {
    match value {
        0..=0x7F => 1,
        0x80..=0x3FFF => 2,
        0x4000..=0x1F_FFFF => 3,
        _ => 4,
    }
}

/// Writes a variable byte integer below 2^28 in its shortest form.
pub(crate) fn put_varint(out: &mut BytesMut, mut value: u32) {
    while value > 0x7F {
        out.put_u8(value as u8 | 0x80);
        value >>= 7;
    }
    out.put_u8(value as u8);
}
