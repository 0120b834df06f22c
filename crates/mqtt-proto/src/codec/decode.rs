//! From bytes to packets.

use super::Framing;
use super::field::FieldName as F;
use super::malformed::{Fault, Malformed};
use super::property_rules::{self, Place, Seen, ValueType};
use super::reader::{Context, Read, Reader, Stop, TextRule, Varint};
use super::recorder::Recorder;
use super::versions;
use crate::packet::{
    Ack, Auth, ConnAck, Connect, Disconnect, Packet, PacketType, Properties, Publish, ReasonCodes,
    SubAck, Subscribe, SubscribeFilters, SubscriptionOptions, Unsubscribe, UnsubscribeFilters,
    Will,
};
use crate::reason::{self, ReasonCode};
use crate::types::{Delivery, PacketId, Qos, Sender, TopicName};
use alloc::boxed::Box;
use bytes::Bytes;
use core::ops::Range;
use mqtt_spec::Version;

/// A fixed header.
pub(crate) struct Header {
    pub(crate) packet: PacketType,
    /// The lower four bits of the first byte.
    flags: u8,
    /// Where the fixed header ends.
    pub(crate) body: usize,
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
) -> Result<Option<Header>, Malformed> {
    let Some((&first, rest)) = bytes.split_first() else {
        return Ok(None);
    };
    let mut context = Context {
        packet: None,
        // CONNECT is judged by the level inside. Until that is read, 3.1.1's answer to a bad one
        // is right in both versions: close without a word.
        version: framing.version.unwrap_or(Version::V311),
        sender: framing.sender,
    };
    let flags = first & 0x0F;
    recorder.open(F::FixedHeader, 0);
    recorder.open(F::FirstByte, 0);
    recorder.bits(F::PacketType, 0, 7, 4);
    let packet = match PacketType::from_bits(first >> 4) {
        Some(PacketType::Auth) if !versions::is_v5(context.version) => None,
        packet => packet,
    };
    if packet == Some(PacketType::Publish) {
        recorder.bits(F::Dup, 0, 3, 3);
        recorder.bits(F::Qos, 0, 2, 1);
        recorder.bits(F::Retain, 0, 0, 0);
    } else {
        recorder.bits(F::ReservedFlags, 0, 3, 0);
    }
    recorder.close(1);
    let Some(packet) = packet else {
        return Err(context.fault(Fault::ReservedPacketType, F::PacketType, 0));
    };
    if framing.version.is_none() && packet != PacketType::Connect {
        return Err(context.fault(Fault::NotConnect, F::PacketType, 0));
    }
    context.packet = Some(packet);
    let rules = FIRST_BYTE.get(packet as usize).copied().unwrap_or_default();
    if rules & sends(framing.sender, context.version) == 0 {
        return Err(context.fault(Fault::WrongDirection, F::PacketType, 0));
    }
    if packet == PacketType::Publish {
        if flags & 0b0110 == 0b0110 {
            return Err(context.fault(Fault::Qos3, F::Qos, 0));
        }
        if flags & 0b1110 == 0b1000 {
            return Err(context.fault(Fault::DupAtQos0, F::Dup, 0));
        }
    } else if flags != rules & 0x0F {
        return Err(context.fault(Fault::WrongFlags, F::ReservedFlags, 0));
    }
    let (remaining, len) = match Varint::read(rest) {
        Varint::Value { value, len } => (value as usize, len),
        Varint::Incomplete => return Ok(None),
        Varint::TooLong => return Err(context.fault(Fault::LengthTooLong, F::RemainingLength, 1)),
    };
    let body = 1 + len;
    recorder.leaf(F::RemainingLength, 1, body);
    recorder.close(body);
    let overlong = len > 1 && remaining >> (7 * (len - 1)) == 0;
    if overlong && packet != PacketType::Connect && versions::is_v5(context.version) {
        return Err(context.fault(Fault::LengthNotShortest, F::RemainingLength, 1));
    }
    let total = body + remaining;
    if total > framing.max_packet_size as usize {
        return Err(context.fault(Fault::TooLarge, F::RemainingLength, 1));
    }
    Ok(Some(Header {
        packet,
        flags,
        body,
        total,
        overlong,
    }))
}

/// For each packet type its flags, PUBLISH aside, and above them a bit for each end that [`sends`] it.
const FIRST_BYTE: [u8; 16] = {
    use PacketType as P;
    [
        0,
        first_byte(P::Connect),
        first_byte(P::ConnAck),
        first_byte(P::Publish),
        first_byte(P::PubAck),
        first_byte(P::PubRec),
        first_byte(P::PubRel),
        first_byte(P::PubComp),
        first_byte(P::Subscribe),
        first_byte(P::SubAck),
        first_byte(P::Unsubscribe),
        first_byte(P::UnsubAck),
        first_byte(P::PingReq),
        first_byte(P::PingResp),
        first_byte(P::Disconnect),
        first_byte(P::Auth),
    ]
};

const fn first_byte(packet: PacketType) -> u8 {
    const fn senders(packet: PacketType, version: Version) -> u8 {
        let (client, server) = (Sender::Client, Sender::Server);
        let from_client = comes_from(packet, client, version) as u8 * sends(client, version);
        let from_server = comes_from(packet, server, version) as u8 * sends(server, version);
        from_client | from_server
    }
    flags_of(packet) | senders(packet, Version::V311) | senders(packet, Version::V5)
}

/// The bit that says in [`FIRST_BYTE`] that this end sends the packet in this version.
const fn sends(sender: Sender, version: Version) -> u8 {
    let end = match sender {
        Sender::Client => 0x10,
        Sender::Server => 0x40,
    };
    end << versions::is_v5(version) as u8
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

/// Reads the packet of this header, which stands in `shared` from byte `start` on. It need not be
/// all there. Without `FROM_CLIENTS` none of the packets is known that only clients send.
#[inline]
pub(crate) fn packet<R: Recorder, const FROM_CLIENTS: bool>(
    header: &Header,
    shared: &Bytes,
    start: usize,
    framing: &Framing,
    recorder: &mut R,
) -> Decoded {
    match header.packet {
        // The packets that have the most to move: see `Decoded`.
        PacketType::Publish => publish(header, shared, start, framing, recorder),
        PacketType::Connect if FROM_CLIENTS => connect(header, shared, start, framing, recorder),
        _ => other::<R, FROM_CLIENTS>(header, shared, start, framing, recorder),
    }
}

/// A reader of the packet of this header from its body on.
///
/// Each of the functions that read packets has its own, which it can keep in registers.
#[cfg_attr(not(feature = "small"), inline(always))]
#[cfg_attr(feature = "small", inline(never))]
fn reader<'a, R: Recorder>(
    header: &Header,
    shared: &'a Bytes,
    start: usize,
    framing: &Framing,
    recorder: &'a mut R,
) -> Reader<'a, R> {
    let context = Context {
        packet: Some(header.packet),
        version: framing.version.unwrap_or(Version::V311),
        sender: framing.sender,
    };
    let place = start..start + header.total;
    Reader::new(shared, place, header.body, context, recorder)
}

/// Any packet but PUBLISH and CONNECT.
#[cfg_attr(not(feature = "small"), inline(never))]
fn other<R: Recorder, const FROM_CLIENTS: bool>(
    header: &Header,
    shared: &Bytes,
    start: usize,
    framing: &Framing,
    recorder: &mut R,
) -> Decoded {
    let reader = &mut reader(header, shared, start, framing, recorder);
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
        Err(Stop) => Err(reader.why_stopped()),
    }
}

/// CONNECT, by the rules of the level that it names; in two steps, as PUBLISH.
#[inline(never)]
fn connect<R: Recorder>(
    header: &Header,
    shared: &Bytes,
    start: usize,
    framing: &Framing,
    recorder: &mut R,
) -> Decoded {
    let reader = &mut reader(header, shared, start, framing, recorder);
    let Ok(fields) = connect_fields(reader, header.overlong) else {
        return Err(reader.why_stopped());
    };
    let flags = fields.flags;
    // What is made first can be moved without waiting for it.
    let will_payload = reader.slice(fields.will_payload);
    let password = flags.password.then(|| reader.slice(fields.password));
    let will = flags.will.map(|(qos, retain)| Will {
        topic: TopicName::from_checked(reader.checked_text(fields.will_topic)),
        payload: will_payload,
        qos,
        retain,
        properties: reader.checked_properties(fields.will_properties),
    });
    Ok(Some(Packet::Connect(Box::new(Connect {
        version: reader.context.version,
        clean_start: flags.clean_start,
        keep_alive_secs: fields.keep_alive_secs,
        client_id: reader.checked_text(fields.client_id),
        will,
        user_name: flags
            .user_name
            .then(|| reader.checked_text(fields.user_name)),
        password,
        properties: reader.checked_properties(fields.properties),
    }))))
}

/// Where the parts of a CONNECT stand; `flags` says which there are.
struct ConnectFields {
    flags: ConnectFlags,
    keep_alive_secs: u16,
    properties: Range<usize>,
    client_id: Range<usize>,
    will_properties: Range<usize>,
    will_topic: Range<usize>,
    will_payload: Range<usize>,
    user_name: Range<usize>,
    password: Range<usize>,
}

#[inline(always)]
fn connect_fields<R: Recorder>(reader: &mut Reader<'_, R>, overlong: bool) -> Read<ConnectFields> {
    let start = reader.at();
    reader.recorder.open(F::VariableHeader, start);
    connect_version(reader, overlong)?;
    let flags = connect_flags(reader)?;
    let keep_alive_secs = reader.u16(F::KeepAlive, F::KeepAlive)?;
    let mut properties = 0..0;
    if reader.is_v5() {
        let seen;
        (properties, seen) = skip_properties(reader, Place::of(PacketType::Connect))?;
        if seen.contains(0x16) && !seen.contains(0x15) {
            return reader.fault(Fault::DataWithoutMethod, F::Properties, properties.start);
        }
    }
    reader.recorder.close(reader.at());

    reader.recorder.open(F::Payload, reader.at());
    let client_id = reader.place_of_text(F::ClientIdentifier, TextRule::Plain)?;
    let (mut will_properties, mut will_topic, mut will_payload) = (0..0, 0..0, 0..0);
    if flags.will.is_some() {
        if reader.is_v5() {
            (will_properties, _) = skip_properties(reader, Place::WILL)?;
        }
        will_topic = reader.place_of_text(F::WillTopic, TextRule::Name)?;
        will_payload = reader.place_of_binary(F::WillPayload)?;
    }
    let (mut user_name, mut password) = (0..0, 0..0);
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
    let name = reader.place_of_text(F::ProtocolName, TextRule::Plain)?;
    if reader.bytes(name) != b"MQTT" {
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
#[inline(never)]
fn publish<R: Recorder>(
    header: &Header,
    shared: &Bytes,
    start: usize,
    framing: &Framing,
    recorder: &mut R,
) -> Decoded {
    let reader = &mut reader(header, shared, start, framing, recorder);
    let flags = header.flags;
    let Ok(fields) = publish_fields(reader, flags) else {
        return Err(reader.why_stopped());
    };
    // What is made first can be moved without waiting for it.
    let payload = reader.rest(fields.payload);
    let dup = flags & 0b1000 != 0;
    let delivery = match fields.id {
        None => Delivery::AtMostOnce,
        Some(id) if flags & 0b0100 == 0 => Delivery::AtLeastOnce { id, dup },
        Some(id) => Delivery::ExactlyOnce { id, dup },
    };
    Ok(Some(Packet::Publish(Publish {
        delivery,
        retain: flags & 1 != 0,
        topic: if fields.topic.is_empty() {
            None
        } else {
            Some(TopicName::from_checked(reader.checked_text(fields.topic)))
        },
        payload,
        properties: reader.checked_properties(fields.properties),
    })))
}

/// Where the parts of a PUBLISH stand, and its identifier unless its QoS is 0.
struct PublishFields {
    id: Option<PacketId>,
    topic: Range<usize>,
    properties: Range<usize>,
    payload: usize,
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
    let topic = reader.skip_text(F::TopicName, rule)?;
    reader.recorder.close(reader.at());
    let id = if flags & 0b0110 == 0 {
        None
    } else {
        Some(reader.packet_id()?)
    };
    let (properties, seen) = if reader.is_v5() {
        skip_properties(reader, Place::of(PacketType::Publish))?
    } else {
        (0..0, Seen::default())
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
        id,
        topic,
        properties,
        payload,
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
    let start = reader.at();
    while !reader.is_at_end() {
        reader.recorder.open(F::Subscription, reader.at());
        let filter = list_filter(reader)?;
        let options = subscription_options(reader)?;
        if options.no_local && reader.bytes(filter).starts_with(b"$share/") {
            return reader.fault(Fault::NoLocalShared, F::NoLocal, reader.at() - 1);
        }
        reader.recorder.close(reader.at());
    }
    end_of_list(reader, start)?;
    Ok(Packet::Subscribe(Subscribe {
        id,
        filters: SubscribeFilters::from_checked(reader.rest(start)),
        properties,
    }))
}

fn unsubscribe<R: Recorder>(reader: &mut Reader<'_, R>) -> Read<Packet> {
    let reader = &mut reader.own();
    let (id, properties) = list_header(reader)?;
    let start = reader.at();
    while !reader.is_at_end() {
        list_filter(reader)?;
    }
    end_of_list(reader, start)?;
    Ok(Packet::Unsubscribe(Unsubscribe {
        id,
        filters: UnsubscribeFilters::from_checked(reader.rest(start)),
        properties,
    }))
}

/// SUBACK and UNSUBACK. 3.1.1's UNSUBACK has no codes.
fn suback<R: Recorder>(reader: &mut Reader<'_, R>) -> Read<SubAck> {
    let (id, properties) = list_header(reader)?;
    let start = reader.at();
    if reader.context.packet == Some(PacketType::UnsubAck) && !reader.is_v5() {
        reader.recorder.close(start);
        reader.finish()?;
    } else {
        while !reader.is_at_end() {
            reason_code(reader)?;
        }
        end_of_list(reader, start)?;
    }
    Ok(SubAck {
        id,
        reasons: ReasonCodes::from_checked(reader.rest(start)),
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
fn list_filter<R: Recorder>(reader: &mut Reader<'_, R>) -> Read<Range<usize>> {
    reader.recorder.open(F::TopicFilter, reader.at());
    let filter = reader.skip_text(F::TopicFilter, TextRule::Filter)?;
    reader.recorder.close(reader.at());
    Ok(filter)
}

#[cfg_attr(not(feature = "small"), inline(always))]
fn end_of_list<R: Recorder>(reader: &mut Reader<'_, R>, start: usize) -> Read<()> {
    let at = reader.at();
    reader.recorder.close(at);
    if at == start {
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
    Ok((reader.checked_properties(range), seen))
}

/// Properties that stay where they are: their place without the length in front.
#[cfg_attr(not(feature = "small"), inline(always))]
fn skip_properties<R: Recorder>(
    reader: &mut Reader<'_, R>,
    place: Place,
) -> Read<(Range<usize>, Seen)> {
    let group = if place == Place::WILL {
        F::WillProperties
    } else {
        F::Properties
    };
    let at = reader.at();
    reader.recorder.open(group, at);
    let len = reader.varint(F::PropertyLength, F::PropertyLength)?;
    let start = reader.at();
    let mut seen = Seen::default();
    if len > 0 {
        let mut inner = reader.part(len as usize, group, at)?;
        seen = property_list(&mut inner, place, group)?;
        reader.skip(len as usize);
    }
    reader.recorder.close(reader.at());
    Ok((start..reader.at(), seen))
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
            reader.skip_text(field, TextRule::Plain)?;
            true
        }
        ValueType::Topic => {
            reader.skip_text(field, TextRule::Name)?;
            true
        }
        ValueType::Binary => {
            reader.skip_binary(field)?;
            true
        }
        ValueType::Pair => {
            for part in [F::UserPropertyName, F::UserPropertyValue] {
                reader.recorder.open(part, reader.at());
                reader.skip_text(part, TextRule::Plain)?;
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
