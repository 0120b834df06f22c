//! The codecs to compare with, each used in its best documented way.

use crate::cases::{Case, Version};
use crate::contender::{Codec, Contender, contender};
use crate::ours::Slices;
use bytes::BytesMut;

/// For codecs that read from and write to a `BytesMut`: the buffers.
macro_rules! bytes_mut {
    () => {
        type Input = BytesMut;
        type Output = BytesMut;

        fn fill(bytes: Vec<u8>, _: &Case) -> BytesMut {
            // Some decoders reserve a few bytes for the next header; a buffer filled to its last byte
            // would make them move it.
            let mut input = BytesMut::with_capacity(bytes.len() + 64);
            input.extend_from_slice(&bytes);
            input
        }
        fn output(case: &Case) -> BytesMut {
            BytesMut::with_capacity(case.bytes.len() + 64)
        }
        fn written(out: &mut BytesMut) -> Vec<u8> {
            out.to_vec()
        }
    };
}

/// For codecs whose packets read themselves from and write themselves to a `BytesMut`.
macro_rules! by_reference {
    ($struct:ident, $name:literal, $version:ident, $packet:ty, $fault:ty, $read:expr, $write:expr) => {
        struct $struct;

        impl Codec for $struct {
            const NAME: &'static str = $name;
            type Taken<'a> = Result<$packet, $fault>;
            type Packet<'a> = $packet;
            type Item = ();
            bytes_mut!();

            fn supports(case: &Case) -> bool {
                case.version == Version::$version
            }
            fn take(input: &mut BytesMut) -> Self::Taken<'_> {
                $read(input)
            }
            fn unwrap(taken: Self::Taken<'_>) -> Self::Packet<'_> {
                taken.expect("valid")
            }
            fn item(_: &Self::Packet<'_>) {}
            fn write(packet: &Self::Packet<'_>, (): (), out: &mut BytesMut) {
                out.clear();
                $write(packet, out).expect("valid");
            }
        }
    };
}

by_reference!(
    RumqttcV4,
    "rumqttc",
    V311,
    rumqttc::mqttbytes::v4::Packet,
    rumqttc::mqttbytes::Error,
    |input| rumqttc::mqttbytes::v4::Packet::read(input, usize::MAX),
    |packet: &rumqttc::mqttbytes::v4::Packet, out| packet.write(out, usize::MAX)
);
by_reference!(
    RumqttcV5,
    "rumqttc",
    V5,
    rumqttc::v5::mqttbytes::v5::Packet,
    rumqttc::v5::mqttbytes::Error,
    |input| rumqttc::v5::mqttbytes::v5::Packet::read(input, None),
    |packet: &rumqttc::v5::mqttbytes::v5::Packet, out| packet.write(out, None)
);

/// For mqttbytes, which writes each packet type with a function of its own.
macro_rules! mqttbytes {
    ($struct:ident, $version:ident, $module:ident) => {
        by_reference!(
            $struct,
            "mqttbytes",
            $version,
            mqttbytes::$module::Packet,
            mqttbytes::Error,
            |input| mqttbytes::$module::read(input, usize::MAX),
            |packet: &mqttbytes::$module::Packet, out| match packet {
                mqttbytes::$module::Packet::Publish(packet) => packet.write(out),
                mqttbytes::$module::Packet::Connect(packet) => packet.write(out),
                mqttbytes::$module::Packet::Subscribe(packet) => packet.write(out),
                _ => unreachable!("no such case"),
            }
        );
    };
}

mqttbytes!(MqttbytesV4, V311, v4);
mqttbytes!(MqttbytesV5, V5, v5);

struct Mqttrs;

impl Codec for Mqttrs {
    const NAME: &'static str = "mqttrs";
    type Input = Slices;
    type Taken<'a> = Result<Option<mqttrs::Packet<'a>>, mqttrs::Error>;
    type Packet<'a> = mqttrs::Packet<'a>;
    type Item = ();
    type Output = (Vec<u8>, usize);

    fn supports(case: &Case) -> bool {
        case.version == Version::V311
    }
    fn fill(bytes: Vec<u8>, case: &Case) -> Slices {
        Slices::new(bytes, case)
    }
    fn take(input: &mut Slices) -> Self::Taken<'_> {
        let start = input.advance().start;
        mqttrs::decode_slice(&input.bytes[start..])
    }
    fn unwrap(taken: Self::Taken<'_>) -> Self::Packet<'_> {
        taken.expect("valid").expect("complete")
    }
    fn item(_: &Self::Packet<'_>) {}
    fn output(case: &Case) -> Self::Output {
        (vec![0; case.bytes.len() + 64], 0)
    }
    fn write(packet: &Self::Packet<'_>, (): (), out: &mut Self::Output) {
        out.1 = mqttrs::encode_slice(packet, &mut out.0).expect("valid");
    }
    fn written(out: &mut Self::Output) -> Vec<u8> {
        out.0[..out.1].to_vec()
    }
}

/// Frames with its `PacketBuilder` and parses with the packets' own `parse`; encodes with
/// `to_continuous_buffer`, which makes a vector.
struct MqttProtocolCore;

struct Stream {
    bytes: Vec<u8>,
    at: usize,
    builder: mqtt_protocol_core::mqtt::connection::PacketBuilder,
    version: Version,
}

impl Codec for MqttProtocolCore {
    const NAME: &'static str = "mqtt-protocol-core";
    type Input = Stream;
    type Taken<'a> = Result<Self::Packet<'a>, mqtt_protocol_core::mqtt::result_code::MqttError>;
    type Packet<'a> = mqtt_protocol_core::mqtt::packet::Packet;
    type Item = ();
    type Output = Vec<u8>;

    fn supports(_: &Case) -> bool {
        true
    }
    fn fill(bytes: Vec<u8>, case: &Case) -> Stream {
        Stream {
            bytes,
            at: 0,
            builder: mqtt_protocol_core::mqtt::connection::PacketBuilder::new(),
            version: case.version,
        }
    }
    fn take(input: &mut Stream) -> Self::Taken<'_> {
        use mqtt_protocol_core::mqtt::common::Cursor;
        use mqtt_protocol_core::mqtt::connection::{PacketBuildResult, PacketData};
        use mqtt_protocol_core::mqtt::packet::{v3_1_1, v5_0};
        let mut cursor = Cursor::new(&input.bytes[input.at..]);
        let PacketBuildResult::Complete(raw) = input.builder.feed(&mut cursor) else {
            panic!("complete");
        };
        input.at += cursor.position() as usize;
        match (input.version, raw.packet_type(), &raw.data) {
            (Version::V311, 3, PacketData::Publish(data)) => {
                v3_1_1::Publish::parse(raw.flags(), data.clone()).map(|(packet, _)| packet.into())
            }
            (Version::V5, 3, PacketData::Publish(data)) => {
                v5_0::Publish::parse(raw.flags(), data.clone()).map(|(packet, _)| packet.into())
            }
            (Version::V311, 1, _) => raw.parse_exact(v3_1_1::Connect::parse).map(Into::into),
            (Version::V5, 1, _) => raw.parse_exact(v5_0::Connect::parse).map(Into::into),
            (Version::V311, 8, _) => raw.parse_exact(v3_1_1::Subscribe::parse).map(Into::into),
            (Version::V5, 8, _) => raw.parse_exact(v5_0::Subscribe::parse).map(Into::into),
            _ => unreachable!("no such case"),
        }
    }
    fn unwrap(taken: Self::Taken<'_>) -> Self::Packet<'_> {
        taken.expect("valid")
    }
    fn item(_: &Self::Packet<'_>) {}
    fn output(_: &Case) -> Vec<u8> {
        Vec::new()
    }
    fn write(packet: &Self::Packet<'_>, (): (), out: &mut Vec<u8>) {
        use mqtt_protocol_core::mqtt::packet::GenericPacketTrait;
        *out = packet.to_continuous_buffer();
    }
    fn written(out: &mut Vec<u8>) -> Vec<u8> {
        out.clone()
    }
}

/// For rmqtt-codec, which consumes the packets that it encodes.
macro_rules! rmqtt_codec {
    ($struct:ident, $version:ident, $module:ident) => {
        struct $struct;

        impl Codec for $struct {
            const NAME: &'static str = "rmqtt-codec";
            type Taken<'a> = Result<
                Option<(rmqtt_codec::$module::Packet, u32)>,
                rmqtt_codec::error::DecodeError,
            >;
            type Packet<'a> = rmqtt_codec::$module::Packet;
            type Item = rmqtt_codec::$module::Packet;
            bytes_mut!();

            fn supports(case: &Case) -> bool {
                case.version == Version::$version
            }
            fn take(input: &mut BytesMut) -> Self::Taken<'_> {
                use tokio_util::codec::Decoder;
                rmqtt_codec::$module::Codec::default().decode(input)
            }
            fn unwrap(taken: Self::Taken<'_>) -> Self::Packet<'_> {
                taken.expect("valid").expect("complete").0
            }
            fn item(packet: &Self::Packet<'_>) -> Self::Item {
                packet.clone()
            }
            fn write(_: &Self::Packet<'_>, item: Self::Item, out: &mut BytesMut) {
                use tokio_util::codec::Encoder;
                out.clear();
                let mut codec = rmqtt_codec::$module::Codec::default();
                codec.encode(item, out).expect("valid");
            }
        }
    };
}

rmqtt_codec!(RmqttCodecV3, V311, v3);
rmqtt_codec!(RmqttCodecV5, V5, v5);

/// For ntex-mqtt, which brings buffers of its own and gives payload and packet apart.
macro_rules! ntex {
    ($name:ident, $version:ident, $module:ident) => {
        struct $name;

        impl Codec for $name {
            const NAME: &'static str = "ntex-mqtt";
            type Input = ntex_bytes::BytesMut;
            type Taken<'a> = Result<Option<Self::Packet<'a>>, ntex_mqtt::error::DecodeError>;
            type Packet<'a> = ntex_mqtt::$module::codec::Decoded;
            type Item = ntex_mqtt::$module::codec::Encoded;
            type Output = ntex_bytes::BytePages;

            fn supports(case: &Case) -> bool {
                case.version == Version::$version
            }
            fn fill(bytes: Vec<u8>, _: &Case) -> Self::Input {
                let mut input = ntex_bytes::BytesMut::with_capacity(bytes.len() + 64);
                input.extend_from_slice(&bytes);
                input
            }
            fn take(input: &mut Self::Input) -> Self::Taken<'_> {
                use ntex_codec::Decoder;
                ntex_mqtt::$module::codec::Codec::new().decode(input)
            }
            fn unwrap(taken: Self::Taken<'_>) -> Self::Packet<'_> {
                taken.expect("valid").expect("complete")
            }
            fn item(packet: &Self::Packet<'_>) -> Self::Item {
                use ntex_mqtt::$module::codec::{Decoded, Encoded};
                match packet {
                    Decoded::Packet(packet, _) => Encoded::Packet(packet.clone()),
                    Decoded::Publish(packet, payload, _) => {
                        Encoded::Publish(packet.clone(), Some(payload.clone()))
                    }
                    Decoded::PayloadChunk(..) => unreachable!("the buffer holds whole packets"),
                }
            }
            fn output(_: &Case) -> Self::Output {
                ntex_bytes::BytePages::default()
            }
            fn write(_: &Self::Packet<'_>, item: Self::Item, out: &mut Self::Output) {
                use ntex_codec::Encoder;
                out.clear();
                let codec = ntex_mqtt::$module::codec::Codec::new();
                codec.encodev(item, out).expect("valid");
            }
            fn written(out: &mut Self::Output) -> Vec<u8> {
                out.freeze().to_vec()
            }
        }
    };
}

ntex!(NtexV3, V311, v3);
ntex!(NtexV5, V5, v5);

pub fn all() -> Vec<Contender> {
    vec![
        contender::<RumqttcV4>(),
        contender::<RumqttcV5>(),
        contender::<MqttbytesV4>(),
        contender::<MqttbytesV5>(),
        contender::<Mqttrs>(),
        contender::<MqttProtocolCore>(),
        contender::<RmqttCodecV3>(),
        contender::<RmqttCodecV5>(),
        contender::<NtexV3>(),
        contender::<NtexV5>(),
    ]
}
