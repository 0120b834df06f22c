//! From packets to bytes.

use super::decode;
use super::pass::{Count, Output, Pass, Write};
use super::property_rules::{self, Place, Seen, ValueType};
use super::share_fault;
use super::versions;
use crate::packet::{ConnAck, Connect, Packet, PacketType, Properties, Publish, SubAck, Subscribe};
use crate::reason::{self, ReasonCode};
use crate::types::{PacketId, Sender};
use alloc::vec::Vec;
use bytes::BytesMut;
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
    /// Only servers send such a packet.
    NotFromClient,
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
            Self::NotFromClient => "a client has no such packet to send",
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
    put::<_, true>(packet, version, out)
}

/// [`encode`] for what a client sends: a program with a client only then does not hold the code that
/// writes what servers send.
pub(crate) fn encode_from_client(
    packet: &Packet,
    version: Version,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    put::<_, false>(packet, version, out)
}

#[inline(always)]
fn put<O: Output, const FROM_SERVERS: bool>(
    packet: &Packet,
    version: Version,
    out: &mut O,
) -> Result<(), EncodeError> {
    let remaining = remaining_len::<FROM_SERVERS>(packet, version)?;
    let v5 = versions::is_v5(version);
    out.reserve(1 + varint_len(remaining) + remaining);
    let mut pass = Write::<_, FROM_SERVERS>::new(out);
    pass.u8((packet.packet_type() as u8) << 4 | flags(packet));
    // At most REMAINING_MAX.
    pass.varint(remaining as u32);
    put_body(packet, v5, &mut pass);
    pass.bytes(tail_of::<FROM_SERVERS>(packet, v5));
    Ok(())
}

/// How many bytes [`encode`] writes, fixed header included.
///
/// # Errors
/// Those of [`encode`].
pub fn encoded_len(packet: &Packet, version: Version) -> Result<usize, EncodeError> {
    len_of::<true>(packet, version)
}

/// [`encoded_len`] for what a client sends, as [`encode_from_client`].
pub(crate) fn encoded_len_from_client(
    packet: &Packet,
    version: Version,
) -> Result<usize, EncodeError> {
    len_of::<false>(packet, version)
}

#[inline(always)]
fn len_of<const FROM_SERVERS: bool>(
    packet: &Packet,
    version: Version,
) -> Result<usize, EncodeError> {
    let remaining = remaining_len::<FROM_SERVERS>(packet, version)?;
    Ok(1 + varint_len(remaining) + remaining)
}

/// Checks that the packet can be written; the length of all behind its fixed header.
#[cfg_attr(feature = "small", inline(never))]
fn remaining_len<const FROM_SERVERS: bool>(
    packet: &Packet,
    version: Version,
) -> Result<usize, EncodeError> {
    if !versions::is_built_in(version) {
        return Err(EncodeError::VersionNotBuiltIn);
    }
    let v5 = versions::is_v5(version);
    let mut pass = Count::<FROM_SERVERS>::default();
    put_body(packet, v5, &mut pass);
    let len = pass.checked_len()? + tail_of::<FROM_SERVERS>(packet, v5).len();
    if len > REMAINING_MAX {
        return Err(EncodeError::TooLong);
    }
    Ok(len)
}

/// The lower four bits of the first byte.
fn flags(packet: &Packet) -> u8 {
    match packet {
        Packet::Publish(publish) => {
            u8::from(publish.delivery.dup()) << 3
                | publish.delivery.qos().bits() << 1
                | u8::from(publish.retain)
        }
        _ => decode::flags_of(packet.packet_type()),
    }
}

/// The end of a packet that is written as it stands, however long it is.
fn tail_of<const FROM_SERVERS: bool>(packet: &Packet, v5: bool) -> &[u8] {
    match packet {
        Packet::Publish(publish) => &publish.payload,
        Packet::Subscribe(subscribe) => subscribe.filters.as_bytes(),
        Packet::Unsubscribe(unsubscribe) => unsubscribe.filters.as_bytes(),
        Packet::SubAck(ack) | Packet::UnsubAck(ack) if v5 && FROM_SERVERS => ack.reasons.as_bytes(),
        _ => &[],
    }
}

/// Puts what stands between the fixed header and the tail. In the first pass checks it, too, and the tail.
fn put_body<P: Pass>(packet: &Packet, v5: bool, pass: &mut P) {
    let kind = packet.packet_type();
    match packet {
        Packet::Publish(publish) => put_publish(publish, v5, pass),
        Packet::Connect(connect) => put_connect(connect, v5, pass),
        Packet::ConnAck(_) | Packet::SubAck(_) | Packet::UnsubAck(_) | Packet::PingResp
            if !P::FROM_SERVERS =>
        {
            pass.refuse(EncodeError::NotFromClient);
        }
        Packet::ConnAck(connack) => put_connack(connack, v5, pass),
        Packet::PubAck(ack) | Packet::PubRec(ack) | Packet::PubRel(ack) | Packet::PubComp(ack) => {
            pass.u16(ack.id.get());
            if !v5 && ack.reason.is_failure() {
                pass.refuse(EncodeError::NotInVersion);
            }
            put_reason(ack.reason, &ack.properties, kind, v5, pass);
        }
        Packet::Subscribe(subscribe) => {
            if pass.checks() {
                check_filters(subscribe, v5, pass);
            }
            put_list(subscribe.id, &subscribe.properties, kind, v5, pass);
        }
        Packet::Unsubscribe(unsubscribe) => {
            if pass.checks() {
                check_some(unsubscribe.filters.as_bytes(), pass);
                if v5 && unsubscribe.filters.raw().any(is_bad_share) {
                    pass.refuse(EncodeError::BadShare);
                }
            }
            put_list(unsubscribe.id, &unsubscribe.properties, kind, v5, pass);
        }
        Packet::SubAck(ack) | Packet::UnsubAck(ack) => {
            let has_codes = v5 || kind == PacketType::SubAck;
            if pass.checks() && has_codes {
                check_codes(ack, kind, v5, pass);
            }
            put_list(ack.id, &ack.properties, kind, v5, pass);
            if has_codes && !v5 {
                for code in ack.reasons.as_bytes() {
                    pass.u8(if *code < 0x80 { *code } else { 0x80 });
                }
            }
        }
        Packet::PingReq | Packet::PingResp => {}
        Packet::Disconnect(disconnect) => {
            let reason = disconnect.reason;
            if !v5 && reason != ReasonCode::Success {
                pass.refuse(EncodeError::NotInVersion);
            }
            put_reason(reason, &disconnect.properties, kind, v5, pass);
        }
        Packet::Auth(auth) => {
            if !v5 {
                pass.refuse(EncodeError::NotInVersion);
            }
            let seen = put_reason(auth.reason, &auth.properties, kind, v5, pass);
            if pass.checks() && !seen.contains(0x15) {
                pass.refuse(EncodeError::NoAuthenticationMethod);
            }
        }
    }
}

fn put_publish<P: Pass>(publish: &Publish, v5: bool, pass: &mut P) {
    let topic = publish.topic.as_ref().map(|name| name.text().as_bytes());
    pass.field(topic.unwrap_or_default());
    if let Some(id) = publish.delivery.id() {
        pass.u16(id.get());
    }
    let seen = put_properties(&publish.properties, PLACE_PUBLISH, v5, pass);
    if pass.checks() && topic.is_none() && !seen.contains(0x23) {
        pass.refuse(EncodeError::NoTopic);
    }
}

fn put_connect<P: Pass>(connect: &Connect, v5: bool, pass: &mut P) {
    if versions::is_v5(connect.version) != v5 {
        pass.refuse(EncodeError::NotInVersion);
    }
    if !v5 && connect.password.is_some() && connect.user_name.is_none() {
        pass.refuse(EncodeError::PasswordWithoutUserName);
    }
    let mut flags = u8::from(connect.clean_start) << 1
        | u8::from(connect.password.is_some()) << 6
        | u8::from(connect.user_name.is_some()) << 7;
    if let Some(will) = &connect.will {
        flags |= 0x04 | will.qos.bits() << 3 | u8::from(will.retain) << 5;
    }
    pass.bytes(b"\x00\x04MQTT");
    pass.u8(connect.version.level());
    pass.u8(flags);
    pass.u16(connect.keep_alive_secs);
    let seen = put_properties(&connect.properties, PLACE_CONNECT, v5, pass);
    if pass.checks() && seen.contains(0x16) && !seen.contains(0x15) {
        pass.refuse(EncodeError::NoAuthenticationMethod);
    }
    pass.field(connect.client_id.as_bytes());
    if let Some(will) = &connect.will {
        put_properties(&will.properties, Place::WILL, v5, pass);
        pass.field(will.topic.text().as_bytes());
        pass.field(&will.payload);
    }
    if let Some(user_name) = &connect.user_name {
        pass.field(user_name.as_bytes());
    }
    if let Some(password) = &connect.password {
        pass.field(password);
    }
}

fn put_connack<P: Pass>(connack: &ConnAck, v5: bool, pass: &mut P) {
    let code = if v5 {
        check_reason(connack.reason, PacketType::ConnAck, pass);
        Some(connack.reason.as_u8())
    } else {
        reason::to_return_code(connack.reason)
    };
    if connack.session_present && connack.reason != ReasonCode::Success {
        pass.refuse(EncodeError::SessionPresentInRefusal);
    }
    if code.is_none() {
        pass.refuse(EncodeError::NotInVersion);
    }
    pass.u8(u8::from(connack.session_present));
    pass.u8(code.unwrap_or_default());
    put_properties(
        &connack.properties,
        Place::of(PacketType::ConnAck),
        v5,
        pass,
    );
}

/// What stands before the payload of the four packets with lists.
fn put_list<P: Pass>(
    id: PacketId,
    properties: &Properties,
    kind: PacketType,
    v5: bool,
    pass: &mut P,
) {
    pass.u16(id.get());
    put_properties(properties, Place::of(kind), v5, pass);
}

/// A reason code and properties at the end of a packet, which under 5.0 end as early as they can, and
/// under 3.1.1 are not there.
fn put_reason<P: Pass>(
    reason: ReasonCode,
    properties: &Properties,
    kind: PacketType,
    v5: bool,
    pass: &mut P,
) -> Seen {
    if !v5 {
        return Seen::default();
    }
    check_reason(reason, kind, pass);
    if reason != ReasonCode::Success || !properties.is_empty() {
        pass.u8(reason.as_u8());
    }
    if properties.is_empty() {
        return Seen::default();
    }
    put_properties(properties, Place::of(kind), v5, pass)
}

/// Properties with their length in front, which 3.1.1 leaves out; which there are, in the
/// first pass.
fn put_properties<P: Pass>(properties: &Properties, place: Place, v5: bool, pass: &mut P) -> Seen {
    let raw = properties.as_bytes();
    let mut seen = Seen::default();
    if v5 {
        if pass.checks() && !raw.is_empty() {
            seen = check_properties(properties, place, pass);
        }
        pass.varint(raw.len() as u32);
        pass.bytes(raw);
    }
    seen
}

/// In the first pass.
fn check_reason<P: Pass>(reason: ReasonCode, kind: PacketType, pass: &mut P) {
    if pass.checks()
        && !(P::FROM_SERVERS && reason::stands_in(reason, kind, Sender::Server))
        && !reason::stands_in(reason, kind, Sender::Client)
    {
        pass.refuse(EncodeError::ReasonCode(reason));
    }
}

fn check_codes<P: Pass>(ack: &SubAck, kind: PacketType, v5: bool, pass: &mut P) {
    check_some(ack.reasons.as_bytes(), pass);
    for reason in ack.reasons.iter() {
        if v5 {
            check_reason(reason, kind, pass);
        } else if reason.as_u8() > 2 && !reason.is_failure() {
            pass.refuse(EncodeError::ReasonCode(reason));
        }
    }
}

fn check_filters<P: Pass>(subscribe: &Subscribe, v5: bool, pass: &mut P) {
    check_some(subscribe.filters.as_bytes(), pass);
    for (filter, options) in subscribe.filters.raw() {
        if !v5 && options & !0b11 != 0 {
            pass.refuse(EncodeError::NotInVersion);
        }
        let no_local = options & 0b100 != 0;
        if v5 && (is_bad_share(filter) || (no_local && filter.starts_with(b"$share/"))) {
            pass.refuse(EncodeError::BadShare);
        }
    }
}

/// A list must not be empty.
fn check_some<P: Pass>(list: &[u8], pass: &mut P) {
    if list.is_empty() {
        pass.refuse(EncodeError::EmptyList);
    }
}

/// Whether a filter begins like a shared subscription's and is none (5.0 section 4.8.2).
fn is_bad_share(filter: &[u8]) -> bool {
    filter
        .strip_prefix(b"$share")
        .is_some_and(|behind| share_fault(behind).is_some())
}

const PLACE_CONNECT: Place = Place::of(PacketType::Connect);
const PLACE_PUBLISH: Place = Place::of(PacketType::Publish);

/// Checks that properties may stand there; which there are. Strings were checked when they were made.
fn check_properties<P: Pass>(properties: &Properties, place: Place, pass: &mut P) -> Seen {
    let mut seen = Seen::default();
    for (id, value) in properties.raw() {
        let misuse = match property_rules::row(id) {
            None => Some(PropertyMisuse::Value),
            Some(row) if !row.stands_in(place) => Some(PropertyMisuse::Misplaced),
            Some(_) if seen.contains(id) && !property_rules::may_repeat(place, id) => {
                Some(PropertyMisuse::Repeated)
            }
            Some(row) if !is_in_range(row.value, value) => Some(PropertyMisuse::Value),
            Some(_) => None,
        };
        if let Some(misuse) = misuse {
            pass.refuse(EncodeError::Property(id, misuse));
        }
        seen.insert(id);
    }
    seen
}

fn is_in_range(kind: ValueType, value: &[u8]) -> bool {
    match kind {
        ValueType::Bool => matches!(value, [0 | 1]),
        ValueType::U16NonZero | ValueType::U32NonZero | ValueType::VarintNonZero => {
            value.iter().any(|byte| *byte != 0)
        }
        ValueType::Topic => {
            // A length, and a name that is not empty and has no wildcards.
            let name = value.get(2..).unwrap_or_default();
            !name.is_empty() && !name.iter().any(|byte| matches!(byte, b'+' | b'#'))
        }
        ValueType::U16 | ValueType::U32 | ValueType::Text | ValueType::Binary | ValueType::Pair => {
            true
        }
    }
}

const fn varint_len(value: usize) -> usize {
    match value {
        0..=0x7F => 1,
        0x80..=0x3FFF => 2,
        0x4000..=0x1F_FFFF => 3,
        _ => 4,
    }
}
