//! From bytes to packets.

use super::Framing;
use super::field::FieldName as F;
use super::malformed::{Fault, Malformed};
use super::property_rules::{self, Place, Seen, ValueType};
use super::reader::{Context, Read, Reader, Stop, TextRule, Varint, is_overlong, last_fault, stop};
use super::recorder::{Recorder, WhichFault};
use super::span::Span;
use super::versions;
use crate::packet::{
    Ack, Auth, ConnAck, Connect, Disconnect, Packet, PacketType, Properties, Publish, ReasonCodes,
    SubAck, Subscribe, SubscribeFilters, SubscriptionOptions, Unsubscribe, UnsubscribeFilters,
    Will,
};
use crate::reason::{self, ReasonCode};
use crate::types::{Delivery, PacketId, Qos, Sender, Text, TopicName};
use alloc::boxed::Box;
use bytes::Bytes;
use mqtt_spec::Version;

/// A fixed header.
pub(crate) struct Header {
    pub(crate) packet: PacketType,
    /// The lower four bits of the first byte.
    flags: u8,
    /// Where the fixed header ends.
    body: usize,
    /// Bytes of the whole packet.
    pub(crate) total: usize,
    /// The length has bytes to spare, and the version that forbids it is not known yet.
    overlong: bool,
}

/// Reads the fixed header; `None` while it is incomplete. Checks all that it shows, so that a body
/// is never waited for in vain.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(crate) fn header<R: Recorder>(
    bytes: &[u8],
    framing: &Framing,
    recorder: &mut R,
) -> Read<Option<Header>> {
    let Some((&first, rest)) = bytes.split_first() else {
        return Ok(None);
    };
    let mut context = context(framing, None);
    recorder.open(F::FixedHeader, 0);
    recorder.open(F::FirstByte, 0);
    recorder.bits(F::PacketType, 0, 7, 4);
    if first >> 4 == PacketType::Publish as u8 {
        recorder.bits(F::Dup, 0, 3, 3);
        recorder.bits(F::Qos, 0, 2, 1);
        recorder.bits(F::Retain, 0, 0, 0);
    } else {
        recorder.bits(F::ReservedFlags, 0, 3, 0);
    }
    recorder.close(1);
    let packet = match quick_first_byte(first, framing) {
        Ok(packet) => packet,
        Err((packet, fault, field)) => {
            context.packet = packet;
            return stop(recorder, context, fault, field, 0);
        }
    };
    context.packet = Some(packet);
    let (remaining, len) = match Varint::read(rest) {
        Varint::Value { value, len } => (value, len),
        Varint::Incomplete => return Ok(None),
        Varint::TooLong => {
            let (fault, field) = (Fault::LengthTooLong, F::RemainingLength);
            return stop(recorder, context, fault, field, 1);
        }
    };
    let overlong = is_overlong(remaining, len);
    let body = 1 + len;
    recorder.leaf(F::RemainingLength, 1, body);
    recorder.close(body);
    if overlong && packet != PacketType::Connect && versions::is_v5(context.version) {
        let (fault, field) = (Fault::LengthNotShortest, F::RemainingLength);
        return stop(recorder, context, fault, field, 1);
    }
    let total = body + remaining as usize;
    if total > framing.max_packet_size as usize {
        return stop(recorder, context, Fault::TooLarge, F::RemainingLength, 1);
    }
    Ok(Some(Header {
        packet,
        flags: first & 0x0F,
        body,
        overlong,
        total,
    }))
}

/// [`header`], with its fault.
pub(crate) fn header_or_fault<R: Recorder>(
    bytes: &[u8],
    framing: &Framing,
    recorder: &mut R,
) -> Result<Option<Header>, Malformed> {
    header(bytes, framing, recorder).map_err(|Stop| last_fault(recorder))
}

/// What the faults of a packet have in common.
#[inline(always)]
fn context(framing: &Framing, packet: Option<PacketType>) -> Context {
    Context {
        packet,
        // CONNECT is judged by the level inside. Until that is read, 3.1.1's answer to a bad one
        // is right in both versions: close without a word.
        version: framing.version.unwrap_or(Version::V311),
        sender: framing.sender,
    }
}

/// The packet type in a first byte; or its fault, with the type unless that is at fault.
type FirstByte = Result<PacketType, (Option<PacketType>, Fault, F)>;

#[cfg(feature = "small")]
fn quick_first_byte(first: u8, framing: &Framing) -> FirstByte {
    first_byte(first, framing.version, framing.sender)
}

/// [`first_byte`], for a byte that is in order by a look into a table.
#[cfg(not(feature = "small"))]
#[inline(always)]
fn quick_first_byte(first: u8, framing: &Framing) -> FirstByte {
    let speaker = 1 << speaker(framing.version, framing.sender);
    let speakers = FIRST_BYTES.get(usize::from(first)).copied();
    match PacketType::from_bits(first >> 4) {
        Some(packet) if speakers.unwrap_or_default() & speaker != 0 => Ok(packet),
        _ => cold_first_byte(first, framing),
    }
}

#[cfg(not(feature = "small"))]
#[cold]
#[inline(never)]
fn cold_first_byte(first: u8, framing: &Framing) -> FirstByte {
    first_byte(first, framing.version, framing.sender)
}

/// For each first byte a bit for each [`speaker`] in whose packets it is in order.
#[cfg(not(feature = "small"))]
static FIRST_BYTES: [u8; 256] = {
    const fn add(bytes: &mut [u8; 256], version: Option<Version>, sender: Sender) {
        let bit = 1 << speaker(version, sender);
        let mut first = 0;
        let mut rest: &mut [u8] = bytes;
        while let Some((speakers, behind)) = rest.split_first_mut() {
            if first_byte(first, version, sender).is_ok() {
                *speakers |= bit;
            }
            first = first.wrapping_add(1);
            rest = behind;
        }
    }
    let mut bytes = [0; 256];
    add(&mut bytes, None, Sender::Client);
    add(&mut bytes, None, Sender::Server);
    add(&mut bytes, Some(Version::V311), Sender::Client);
    add(&mut bytes, Some(Version::V311), Sender::Server);
    add(&mut bytes, Some(Version::V5), Sender::Client);
    add(&mut bytes, Some(Version::V5), Sender::Server);
    bytes
};

/// A number for an end and the version that it speaks, if that is known.
#[cfg(not(feature = "small"))]
const fn speaker(version: Option<Version>, sender: Sender) -> u8 {
    let version = match version {
        None => 0,
        Some(Version::V311) => 1,
        Some(Version::V5) => 2,
    };
    version + 3 * (sender as u8)
}

const fn first_byte(first: u8, version: Option<Version>, sender: Sender) -> FirstByte {
    let flags = first & 0x0F;
    let spoken = match version {
        Some(version) => version,
        None => Version::V311,
    };
    let packet = match PacketType::from_bits(first >> 4) {
        None => return Err((None, Fault::ReservedPacketType, F::PacketType)),
        Some(PacketType::Auth) if !versions::is_v5(spoken) => {
            return Err((None, Fault::ReservedPacketType, F::PacketType));
        }
        Some(packet) => packet,
    };
    if version.is_none() && !matches!(packet, PacketType::Connect) {
        return Err((None, Fault::NotConnect, F::PacketType));
    }
    let fault = if !comes_from(packet, sender, spoken) {
        (Fault::WrongDirection, F::PacketType)
    } else if matches!(packet, PacketType::Publish) {
        if flags & 0b0110 == 0b0110 {
            (Fault::Qos3, F::Qos)
        } else if flags & 0b1110 == 0b1000 {
            (Fault::DupAtQos0, F::Dup)
        } else {
            return Ok(packet);
        }
    } else if flags != flags_of(packet) {
        (Fault::WrongFlags, F::ReservedFlags)
    } else {
        return Ok(packet);
    };
    Err((Some(packet), fault.0, fault.1))
}

/// The flags of a packet whose type gives them no meaning (3.1.1 table 2.2, 5.0 table 2-2).
pub(super) const fn flags_of(packet: PacketType) -> u8 {
    match packet {
        PacketType::PubRel | PacketType::Subscribe | PacketType::Unsubscribe => 0b0010,
        _ => 0,
    }
}

/// Whether this end sends packets of this type (3.1.1 table 2.1, 5.0 table 2-1).
const fn comes_from(packet: PacketType, sender: Sender, version: Version) -> bool {
    match packet {
        PacketType::Publish
        | PacketType::PubAck
        | PacketType::PubRec
        | PacketType::PubRel
        | PacketType::PubComp
        | PacketType::Auth => true,
        PacketType::Disconnect => matches!(sender, Sender::Client) || versions::is_v5(version),
        PacketType::Connect
        | PacketType::Subscribe
        | PacketType::Unsubscribe
        | PacketType::PingReq => matches!(sender, Sender::Client),
        PacketType::ConnAck | PacketType::SubAck | PacketType::UnsubAck | PacketType::PingResp => {
            matches!(sender, Sender::Server)
        }
    }
}

/// A packet, never `None`: the shape of [`Decoder::decode`](super::Decoder::decode), because every
/// change of shape on the way there moves the packet.
pub(crate) type Decoded = Result<Option<Packet>, Malformed>;

/// The bytes of a packet, which may end early.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'a> {
    /// What it is a part of, for fields that share its memory.
    pub(crate) shared: &'a Bytes,
    /// Where it starts in there.
    pub(crate) start: usize,
    pub(crate) bytes: &'a [u8],
}

/// Reads the packet of this header. Without `FROM_CLIENTS` none of the packets is known that only
/// clients send.
#[cfg_attr(not(feature = "small"), inline(always))]
pub(crate) fn packet<R: Recorder, const FROM_CLIENTS: bool>(
    header: &Header,
    frame: Frame<'_>,
    framing: &Framing,
    recorder: &mut R,
) -> Decoded {
    match header.packet {
        // The packets that have the most to move: see `Decoded`.
        PacketType::Publish => publish(header, frame, framing, recorder),
        // A header and a frame of their own, so that these need not be in memory.
        PacketType::Connect if FROM_CLIENTS => {
            connect(&Header { ..*header }, Frame { ..frame }, framing, recorder)
        }
        _ => other::<R, FROM_CLIENTS>(&Header { ..*header }, Frame { ..frame }, framing, recorder),
    }
}

/// A reader of the packet of this header from its body on.
///
/// Each of the functions that read packets has its own, which it can keep in registers.
#[cfg_attr(not(feature = "small"), inline(always))]
#[cfg_attr(feature = "small", inline(never))]
fn reader<'a, R: Recorder>(
    header: &Header,
    frame: Frame<'a>,
    framing: &Framing,
    recorder: &'a mut R,
) -> Reader<'a, R> {
    let context = context(framing, Some(header.packet));
    Reader::new(frame, header.body, context, recorder)
}

/// What is wrong with a packet; `reader` has stopped there.
#[inline(always)]
fn fault_of<R: Recorder, const FROM_CLIENTS: bool>(
    header: &Header,
    frame: Frame<'_>,
    framing: &Framing,
    recorder: &mut R,
) -> Malformed {
    if R::KEEPS_FAULTS {
        last_fault(recorder)
    } else {
        read_again::<R, FROM_CLIENTS>(header, frame, framing, recorder)
    }
}

#[cold]
#[inline(never)]
fn read_again<R: Recorder, const FROM_CLIENTS: bool>(
    header: &Header,
    frame: Frame<'_>,
    framing: &Framing,
    recorder: &mut R,
) -> Malformed {
    let mut which = WhichFault::default();
    // What is refused once is refused again.
    let again = packet::<_, FROM_CLIENTS>(header, frame, framing, &mut which);
    let fault = again.err().unwrap_or_else(|| last_fault(&which));
    recorder.fault(fault);
    fault
}

/// Any packet but PUBLISH and CONNECT.
#[cfg_attr(not(feature = "small"), inline(never))]
fn other<R: Recorder, const FROM_CLIENTS: bool>(
    header: &Header,
    frame: Frame<'_>,
    framing: &Framing,
    recorder: &mut R,
) -> Decoded {
    let reader = &mut reader(header, frame, framing, recorder);
    let read = match header.packet {
        PacketType::ConnAck => connack(reader),
        PacketType::PubAck => ack(reader).map(Packet::PubAck),
        PacketType::PubRec => ack(reader).map(Packet::PubRec),
        PacketType::PubRel => ack(reader).map(Packet::PubRel),
        PacketType::PubComp => ack(reader).map(Packet::PubComp),
        PacketType::Subscribe if FROM_CLIENTS => subscribe(reader),
        PacketType::SubAck => suback(reader).map(Packet::SubAck),
        PacketType::Unsubscribe if FROM_CLIENTS => unsubscribe(reader),
        PacketType::UnsubAck => suback(reader).map(Packet::UnsubAck),
        PacketType::PingReq => reader.finish().map(|()| Packet::PingReq),
        PacketType::PingResp => reader.finish().map(|()| Packet::PingResp),
        PacketType::Disconnect => disconnect(reader),
        PacketType::Auth => auth(reader),
        // Read without `FROM_CLIENTS`: the header of such a packet from a server was refused.
        PacketType::Connect
        | PacketType::Subscribe
        | PacketType::Unsubscribe
        | PacketType::Publish => reader.fault(Fault::WrongDirection, F::PacketType, 0),
    };
    match read {
        Ok(packet) => Ok(Some(packet)),
        Err(Stop) => Err(fault_of::<R, FROM_CLIENTS>(
            header, frame, framing, recorder,
        )),
    }
}

/// CONNECT, by the rules of the level that it names; in two steps, as PUBLISH.
#[inline(never)]
fn connect<R: Recorder>(
    header: &Header,
    frame: Frame<'_>,
    framing: &Framing,
    recorder: &mut R,
) -> Decoded {
    let reader = &mut reader(header, frame, framing, recorder);
    let Ok(fields) = connect_fields(reader, header.overlong) else {
        return Err(fault_of::<R, true>(header, frame, framing, recorder));
    };
    let flags = fields.flags;
    // What is made first can be moved without waiting for it.
    let will_payload = fields.will_payload.of(frame.shared);
    let password = flags.password.then(|| fields.password.of(frame.shared));
    let will = flags.will.map(|(qos, retain)| Will {
        topic: TopicName::from_checked(reader.text_in(fields.will_topic)),
        payload: will_payload,
        qos,
        retain,
        properties: reader.properties_in(fields.will_properties),
    });
    Ok(Some(Packet::Connect(Box::new(Connect {
        version: reader.context.version,
        clean_start: flags.clean_start,
        keep_alive_secs: fields.keep_alive_secs,
        client_id: reader.text_in(fields.client_id),
        will,
        user_name: flags.user_name.then(|| reader.text_in(fields.user_name)),
        password,
        properties: reader.properties_in(fields.properties),
    }))))
}

/// Where the parts of a CONNECT stand; `flags` says which there are.
struct ConnectFields {
    flags: ConnectFlags,
    keep_alive_secs: u16,
    properties: Span,
    client_id: Span,
    will_properties: Span,
    will_topic: Span,
    will_payload: Span,
    user_name: Span,
    password: Span,
}

#[inline(always)]
fn connect_fields<R: Recorder>(reader: &mut Reader<'_, R>, overlong: bool) -> Read<ConnectFields> {
    let start = reader.at();
    reader.recorder.open(F::VariableHeader, start);
    connect_version(reader, overlong)?;
    let flags = connect_flags(reader)?;
    let keep_alive_secs = reader.u16(F::KeepAlive, F::KeepAlive)?;
    let mut properties = Span::default();
    if reader.is_v5() {
        let seen;
        (properties, seen) = skip_properties(reader, Place::of(PacketType::Connect))?;
        if seen.contains(0x16) && !seen.contains(0x15) {
            let at = reader.at() - properties.len;
            return reader.fault(Fault::DataWithoutMethod, F::Properties, at);
        }
    }
    reader.recorder.close(reader.at());

    reader.recorder.open(F::Payload, reader.at());
    let client_id = reader.place_of_text(F::ClientIdentifier, TextRule::Plain)?;
    let (mut will_properties, mut will_topic, mut will_payload) =
        (Span::default(), Span::default(), Span::default());
    if flags.will.is_some() {
        if reader.is_v5() {
            (will_properties, _) = skip_properties(reader, Place::WILL)?;
        }
        will_topic = reader.place_of_text(F::WillTopic, TextRule::Name)?;
        will_payload = reader.place_of_binary(F::WillPayload)?;
    }
    let (mut user_name, mut password) = (Span::default(), Span::default());
    if flags.user_name {
        user_name = reader.place_of_text(F::UserName, TextRule::Plain)?;
    }
    if flags.password {
        password = reader.place_of_binary(F::Password)?;
    }
    reader.recorder.close(reader.at());
    reader.finish()?;
    Ok(ConnectFields {
        flags,
        keep_alive_secs,
        properties,
        client_id,
        will_properties,
        will_topic,
        will_payload,
        user_name,
        password,
    })
}

/// Protocol name and level. What follows is read by the rules of that level.
#[cfg_attr(not(feature = "small"), inline(always))]
fn connect_version<R: Recorder>(reader: &mut Reader<'_, R>, overlong: bool) -> Read<()> {
    let start = reader.at();
    reader.recorder.open(F::ProtocolName, start);
    let name = reader.text(F::ProtocolName, TextRule::Plain)?;
    reader.recorder.close(reader.at());
    if name != b"MQTT" {
        return reader.fault(Fault::ProtocolName, F::ProtocolName, start);
    }
    let level = reader.u8(F::ProtocolLevel, F::ProtocolLevel)?;
    let version = match Version::from_level(level) {
        Some(version) if versions::is_built_in(version) => version,
        _ => {
            // A newer client is told in 5.0's words, an older one in 3.1.1's.
            let newest = Version::ALL
                .into_iter()
                .rfind(|known| versions::is_built_in(*known) && known.level() <= level);
            reader.context.version = newest.unwrap_or(reader.context.version);
            return reader.fault(
                Fault::ProtocolLevel(level),
                F::ProtocolLevel,
                reader.at() - 1,
            );
        }
    };
    reader.context.version = version;
    reader.recorder.version(version);
    if overlong && reader.is_v5() {
        return reader.fault(Fault::LengthNotShortest, F::RemainingLength, 1);
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct ConnectFlags {
    clean_start: bool,
    will: Option<(Qos, bool)>,
    user_name: bool,
    password: bool,
}

#[cfg_attr(not(feature = "small"), inline(always))]
fn connect_flags<R: Recorder>(reader: &mut Reader<'_, R>) -> Read<ConnectFlags> {
    let at = reader.at();
    let bits = reader.byte(F::ConnectFlags)?;
    let recorder = &mut *reader.recorder;
    recorder.open(F::ConnectFlags, at);
    recorder.bits(F::UserNameFlag, at, 7, 7);
    recorder.bits(F::PasswordFlag, at, 6, 6);
    recorder.bits(F::WillRetain, at, 5, 5);
    recorder.bits(F::WillQos, at, 4, 3);
    recorder.bits(F::WillFlag, at, 2, 2);
    recorder.bits(F::CleanStart, at, 1, 1);
    recorder.bits(F::Reserved, at, 0, 0);
    recorder.close(at + 1);
    if bits & 1 != 0 {
        return reader.fault(Fault::ReservedBits, F::ConnectFlags, at);
    }
    let retain = bits & 0x20 != 0;
    let Some(qos) = Qos::from_bits(bits >> 3 & 0b11) else {
        return reader.fault(Fault::Qos3, F::WillQos, at);
    };
    let will = if bits & 0x04 != 0 {
        Some((qos, retain))
    } else if qos != Qos::AtMostOnce {
        return reader.fault(Fault::BitsWithoutWill, F::WillQos, at);
    } else if retain {
        return reader.fault(Fault::BitsWithoutWill, F::WillRetain, at);
    } else {
        None
    };
    let user_name = bits & 0x80 != 0;
    let password = bits & 0x40 != 0;
    if password && !user_name && !reader.is_v5() {
        return reader.fault(Fault::PasswordWithoutUserName, F::PasswordFlag, at);
    }
    Ok(ConnectFlags {
        clean_start: bits & 0x02 != 0,
        will,
        user_name,
        password,
    })
}

fn connack<R: Recorder>(reader: &mut Reader<'_, R>) -> Read<Packet> {
    let at = reader.at();
    reader.recorder.open(F::VariableHeader, at);
    let flags = reader.byte(F::AcknowledgeFlags)?;
    reader.recorder.open(F::AcknowledgeFlags, at);
    reader.recorder.bits(F::Reserved, at, 7, 1);
    reader.recorder.bits(F::SessionPresent, at, 0, 0);
    reader.recorder.close(at + 1);
    if flags & 0xFE != 0 {
        return reader.fault(Fault::ReservedBits, F::AcknowledgeFlags, at);
    }
    let session_present = flags != 0;
    let reason = reason_code(reader)?;
    if session_present && reason != ReasonCode::Success {
        return reader.fault(Fault::SessionPresentInRefusal, F::SessionPresent, at);
    }
    let properties = if reader.is_v5() {
        properties_of(reader, Place::of(PacketType::ConnAck))?
    } else {
        Properties::EMPTY
    };
    reader.recorder.close(reader.at());
    reader.finish()?;
    Ok(Packet::ConnAck(ConnAck {
        session_present,
        reason,
        properties,
    }))
}

/// PUBLISH, in the two steps that `Decoded` asks for: read numbers, then build the packet in its
/// place.
#[cfg_attr(not(feature = "small"), inline(always))]
#[cfg_attr(feature = "small", inline(never))]
fn publish<R: Recorder>(
    header: &Header,
    frame: Frame<'_>,
    framing: &Framing,
    recorder: &mut R,
) -> Decoded {
    let reader = &mut reader(header, frame, framing, recorder);
    let Ok(fields) = publish_fields(reader, header.flags) else {
        return Err(fault_of::<R, false>(
            &Header { ..*header },
            Frame { ..frame },
            framing,
            recorder,
        ));
    };
    let shared = frame.shared;
    #[cfg(not(feature = "small"))]
    if fields.properties.is_empty()
        && let Some(topic) = Text::short_from_checked(shared, fields.topic)
    {
        let (flags, id, payload) = (fields.flags, fields.id, fields.payload);
        return build_publish(shared, flags, id, payload, Some(topic), Properties::EMPTY);
    }
    let (topic, properties) = (fields.topic, fields.properties);
    build_other_publish(
        shared,
        fields.flags,
        fields.id,
        fields.payload,
        topic,
        properties,
    )
}

/// Builds a PUBLISH with properties, a long topic or none. Has a function of its own: what may be
/// kept in two ways would have to be moved.
#[cfg_attr(not(feature = "small"), inline(never))]
fn build_other_publish(
    shared: &Bytes,
    flags: u8,
    id: Option<PacketId>,
    payload: Span,
    topic: Span,
    properties: Span,
) -> Decoded {
    let properties = Properties::part_of(shared, properties);
    #[cfg(not(feature = "small"))]
    if let Some(topic) = Text::short_from_checked(shared, topic) {
        return build_publish(shared, flags, id, payload, Some(topic), properties);
    }
    let topic = (!topic.is_empty()).then(|| Text::from_checked(shared, topic));
    build_publish(shared, flags, id, payload, topic, properties)
}

#[cfg_attr(not(feature = "small"), inline(always))]
fn build_publish(
    shared: &Bytes,
    flags: u8,
    id: Option<PacketId>,
    payload: Span,
    topic: Option<Text>,
    properties: Properties,
) -> Decoded {
    // What is made first can be moved without waiting for it.
    let payload = payload.of(shared);
    let dup = flags & 0b1000 != 0;
    let delivery = match id {
        None => Delivery::AtMostOnce,
        Some(id) if flags & 0b0100 == 0 => Delivery::AtLeastOnce { id, dup },
        Some(id) => Delivery::ExactlyOnce { id, dup },
    };
    Ok(Some(Packet::Publish(Publish {
        delivery,
        retain: flags & 1 != 0,
        topic: topic.map(TopicName::from_checked),
        payload,
        properties,
    })))
}

/// Where the parts of a PUBLISH stand, and its identifier unless its QoS is 0.
struct PublishFields {
    flags: u8,
    id: Option<PacketId>,
    topic: Span,
    properties: Span,
    payload: Span,
}

#[inline(always)]
fn publish_fields<R: Recorder>(reader: &mut Reader<'_, R>, flags: u8) -> Read<PublishFields> {
    let start = reader.at();
    reader.recorder.open(F::VariableHeader, start);
    let rule = if reader.is_v5() {
        TextRule::NameOrEmpty
    } else {
        TextRule::Name
    };
    reader.recorder.open(F::TopicName, start);
    let topic = reader.text(F::TopicName, rule)?;
    let topic = reader.place_of(topic);
    reader.recorder.close(reader.at());
    let id = if flags & 0b0110 == 0 {
        None
    } else {
        Some(reader.packet_id()?)
    };
    let (properties, seen) = if reader.is_v5() {
        skip_properties(reader, Place::of(PacketType::Publish))?
    } else {
        (Span::default(), Seen::default())
    };
    if topic.is_empty() && !seen.contains(0x23) {
        return reader.fault(Fault::EmptyTopic, F::TopicName, start);
    }
    let payload = reader.at();
    reader.recorder.close(payload);
    if !reader.is_at_end() {
        reader.recorder.open(F::Payload, payload);
        let end = payload + reader.left();
        reader.recorder.leaf(F::ApplicationMessage, payload, end);
        reader.recorder.close(end);
    }
    Ok(PublishFields {
        flags,
        id,
        topic,
        properties,
        payload: reader.place_of_rest(),
    })
}

/// PUBACK, PUBREC, PUBREL and PUBCOMP.
fn ack<R: Recorder>(reader: &mut Reader<'_, R>) -> Read<Ack> {
    reader.recorder.open(F::VariableHeader, reader.at());
    let id = reader.packet_id()?;
    let (reason, properties, _) = reason_and_properties(reader)?;
    reader.recorder.close(reader.at());
    reader.finish()?;
    Ok(Ack {
        id,
        reason,
        properties,
    })
}

fn disconnect<R: Recorder>(reader: &mut Reader<'_, R>) -> Read<Packet> {
    let (reason, properties, _) = closing(reader)?;
    Ok(Packet::Disconnect(Disconnect { reason, properties }))
}

fn auth<R: Recorder>(reader: &mut Reader<'_, R>) -> Read<Packet> {
    let start = reader.at();
    let (reason, properties, seen) = closing(reader)?;
    // Which is why an AUTH of Remaining Length 0, legal by its form, never occurs.
    if !seen.contains(0x15) {
        return reader.fault(Fault::MethodMissing, F::Properties, start);
    }
    Ok(Packet::Auth(Auth { reason, properties }))
}

/// The whole of DISCONNECT and AUTH.
fn closing<R: Recorder>(reader: &mut Reader<'_, R>) -> Read<(ReasonCode, Properties, Seen)> {
    let has_header = !reader.is_at_end();
    if has_header {
        reader.recorder.open(F::VariableHeader, reader.at());
    }
    let found = reason_and_properties(reader)?;
    if has_header {
        reader.recorder.close(reader.at());
    }
    reader.finish()?;
    Ok(found)
}

/// The 5.0 tail that may end before the properties, or before the reason code.
fn reason_and_properties<R: Recorder>(
    reader: &mut Reader<'_, R>,
) -> Read<(ReasonCode, Properties, Seen)> {
    let reason = if reader.is_v5() && !reader.is_at_end() {
        reason_code(reader)?
    } else {
        ReasonCode::Success
    };
    let (properties, seen) = match reader.context.packet {
        Some(packet) if reader.is_v5() && !reader.is_at_end() => {
            properties(reader, Place::of(packet))?
        }
        _ => (Properties::EMPTY, Seen::default()),
    };
    Ok((reason, properties, seen))
}

fn subscribe<R: Recorder>(reader: &mut Reader<'_, R>) -> Read<Packet> {
    let reader = &mut reader.own();
    let (id, properties) = list_header(reader)?;
    let list = reader.place_of_rest();
    while !reader.is_at_end() {
        reader.recorder.open(F::Subscription, reader.at());
        let filter = list_filter(reader)?;
        let options = subscription_options(reader)?;
        if options.no_local && filter.starts_with(b"$share/") {
            return reader.fault(Fault::NoLocalShared, F::NoLocal, reader.at() - 1);
        }
        reader.recorder.close(reader.at());
    }
    end_of_list(reader, list.is_empty())?;
    Ok(Packet::Subscribe(Subscribe {
        id,
        filters: SubscribeFilters::from_checked(list.of(reader.shared)),
        properties,
    }))
}

fn unsubscribe<R: Recorder>(reader: &mut Reader<'_, R>) -> Read<Packet> {
    let reader = &mut reader.own();
    let (id, properties) = list_header(reader)?;
    let list = reader.place_of_rest();
    while !reader.is_at_end() {
        list_filter(reader)?;
    }
    end_of_list(reader, list.is_empty())?;
    Ok(Packet::Unsubscribe(Unsubscribe {
        id,
        filters: UnsubscribeFilters::from_checked(list.of(reader.shared)),
        properties,
    }))
}

/// SUBACK and UNSUBACK. 3.1.1's UNSUBACK has no codes.
fn suback<R: Recorder>(reader: &mut Reader<'_, R>) -> Read<SubAck> {
    let (id, properties) = list_header(reader)?;
    let list = reader.place_of_rest();
    if reader.context.packet == Some(PacketType::UnsubAck) && !reader.is_v5() {
        reader.recorder.close(reader.at());
        reader.finish()?;
    } else {
        while !reader.is_at_end() {
            reason_code(reader)?;
        }
        end_of_list(reader, list.is_empty())?;
    }
    Ok(SubAck {
        id,
        reasons: ReasonCodes::from_checked(list.of(reader.shared)),
        properties,
    })
}

/// What stands before the payload of the four packets with lists. Leaves the payload open.
#[cfg_attr(not(feature = "small"), inline(always))]
fn list_header<R: Recorder>(reader: &mut Reader<'_, R>) -> Read<(PacketId, Properties)> {
    reader.recorder.open(F::VariableHeader, reader.at());
    let id = reader.packet_id()?;
    let properties = match reader.context.packet {
        Some(packet) if reader.is_v5() => properties_of(reader, Place::of(packet))?,
        _ => Properties::EMPTY,
    };
    reader.recorder.close(reader.at());
    reader.recorder.open(F::Payload, reader.at());
    Ok((id, properties))
}

#[cfg_attr(not(feature = "small"), inline(always))]
fn list_filter<'a, R: Recorder>(reader: &mut Reader<'a, R>) -> Read<&'a [u8]> {
    reader.recorder.open(F::TopicFilter, reader.at());
    let filter = reader.text(F::TopicFilter, TextRule::Filter)?;
    reader.recorder.close(reader.at());
    Ok(filter)
}

#[cfg_attr(not(feature = "small"), inline(always))]
fn end_of_list<R: Recorder>(reader: &mut Reader<'_, R>, is_empty: bool) -> Read<()> {
    let at = reader.at();
    reader.recorder.close(at);
    if is_empty {
        return reader.fault(Fault::EmptyList, F::Payload, at);
    }
    Ok(())
}

#[cfg_attr(not(feature = "small"), inline(always))]
fn subscription_options<R: Recorder>(reader: &mut Reader<'_, R>) -> Read<SubscriptionOptions> {
    let at = reader.at();
    let bits = reader.byte(F::SubscriptionOptions)?;
    let v5 = reader.is_v5();
    let recorder = &mut *reader.recorder;
    recorder.open(F::SubscriptionOptions, at);
    if v5 {
        recorder.bits(F::Reserved, at, 7, 6);
        recorder.bits(F::RetainHandling, at, 5, 4);
        recorder.bits(F::RetainAsPublished, at, 3, 3);
        recorder.bits(F::NoLocal, at, 2, 2);
    } else {
        recorder.bits(F::Reserved, at, 7, 2);
    }
    recorder.bits(F::MaximumQos, at, 1, 0);
    recorder.close(at + 1);
    let reserved = if v5 { 0b1100_0000 } else { 0b1111_1100 };
    if bits & reserved != 0 {
        return reader.fault(Fault::ReservedBits, F::SubscriptionOptions, at);
    }
    match SubscriptionOptions::from_bits(bits) {
        Some(options) => Ok(options),
        None if bits & 0b11 == 0b11 => reader.fault(Fault::Qos3, F::MaximumQos, at),
        None => reader.fault(Fault::RetainHandling3, F::RetainHandling, at),
    }
}

fn reason_code<R: Recorder>(reader: &mut Reader<'_, R>) -> Read<ReasonCode> {
    let code = reader.u8(F::ReasonCode, F::ReasonCode)?;
    let context = reader.context;
    let reason = match context.packet {
        Some(packet) if reader.is_v5() => ReasonCode::from_u8(code)
            .filter(|reason| reason::stands_in(*reason, packet, context.sender)),
        Some(PacketType::ConnAck) => reason::from_return_code(code),
        _ => match code {
            0 | 1 | 2 | 0x80 => ReasonCode::from_u8(code),
            _ => None,
        },
    };
    match reason {
        Some(reason) => Ok(reason),
        None => reader.fault(Fault::ReasonCode(code), F::ReasonCode, reader.at() - 1),
    }
}

#[cfg_attr(not(feature = "small"), inline(always))]
fn properties_of<R: Recorder>(reader: &mut Reader<'_, R>, place: Place) -> Read<Properties> {
    properties(reader, place).map(|(properties, _)| properties)
}

/// A property length and the properties behind it; also which there were.
#[cfg_attr(not(feature = "small"), inline(always))]
fn properties<R: Recorder>(reader: &mut Reader<'_, R>, place: Place) -> Read<(Properties, Seen)> {
    let (range, seen) = skip_properties(reader, place)?;
    Ok((reader.properties_in(range), seen))
}

/// Properties that stay where they are: their place without the length in front.
#[cfg_attr(not(feature = "small"), inline(always))]
fn skip_properties<R: Recorder>(reader: &mut Reader<'_, R>, place: Place) -> Read<(Span, Seen)> {
    let group = if place == Place::WILL {
        F::WillProperties
    } else {
        F::Properties
    };
    let at = reader.at();
    reader.recorder.open(group, at);
    let len = reader.varint(F::PropertyLength, F::PropertyLength)?;
    let (mut properties, mut seen) = (Span::default(), Seen::default());
    if len > 0 {
        let mut inner = reader.part(len as usize, group, at)?;
        properties = inner.place_of_rest();
        seen = property_list(&mut inner, place, group)?;
    }
    reader.recorder.close(reader.at());
    Ok((properties, seen))
}

/// One property after the other, to the end of the reader.
#[inline(never)]
fn property_list<R: Recorder>(reader: &mut Reader<'_, R>, place: Place, group: F) -> Read<Seen> {
    let mut seen = Seen::default();
    while !reader.is_at_end() {
        property(reader, place, group, &mut seen)?;
    }
    Ok(seen)
}

fn property<R: Recorder>(
    reader: &mut Reader<'_, R>,
    place: Place,
    group: F,
    seen: &mut Seen,
) -> Read<()> {
    let start = reader.at();
    let id = reader.byte(group)?;
    let field = F::Property(id);
    let value = F::PropertyValue(id);
    reader.recorder.open(field, start);
    reader
        .recorder
        .leaf(F::PropertyIdentifier, start, reader.at());
    // Identifiers are variable byte integers, but none that exists needs a second byte.
    let Some(row) = property_rules::row(id) else {
        return reader.fault(Fault::UnknownProperty(id), group, start);
    };
    let wrong_end = match (reader.context.packet, id) {
        (Some(PacketType::Publish), 0x0B) | (Some(PacketType::Disconnect), 0x1C) => {
            reader.is_from_client()
        }
        (Some(PacketType::Disconnect), 0x11) => !reader.is_from_client(),
        _ => false,
    };
    if wrong_end || !row.stands_in(place) {
        return reader.fault(Fault::MisplacedProperty(id), group, start);
    }
    if seen.contains(id) && !property_rules::may_repeat(place, id) {
        return reader.fault(Fault::RepeatedProperty(id), group, start);
    }
    seen.insert(id);
    let in_range = match row.value {
        ValueType::Bool => reader.u8(field, value)? <= 1,
        ValueType::U16 => {
            reader.u16(field, value)?;
            true
        }
        ValueType::U16NonZero => reader.u16(field, value)? != 0,
        ValueType::U32 => {
            reader.u32(field, value)?;
            true
        }
        ValueType::U32NonZero => reader.u32(field, value)? != 0,
        ValueType::VarintNonZero => reader.varint(field, value)? != 0,
        ValueType::Text => {
            reader.text(field, TextRule::Plain)?;
            true
        }
        ValueType::Topic => {
            reader.text(field, TextRule::Name)?;
            true
        }
        ValueType::Binary => {
            reader.skip_binary(field)?;
            true
        }
        ValueType::Pair => {
            for part in [F::UserPropertyName, F::UserPropertyValue] {
                reader.recorder.open(part, reader.at());
                reader.text(part, TextRule::Plain)?;
                reader.recorder.close(reader.at());
            }
            true
        }
    };
    if !in_range {
        return reader.fault(Fault::PropertyValue(id), group, start);
    }
    reader.recorder.close(reader.at());
    Ok(())
}
