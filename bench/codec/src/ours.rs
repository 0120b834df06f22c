//! Our codec, and what every codec is measured against.

use crate::borrowed::{self, Parsed};
use crate::cases::{Case, Version};
use crate::contender::{Codec, Contender, contender};
use bytes::BytesMut;
use std::hint::black_box;

/// The limit of every decoder that keeps its bytes, and of every encoder: to copy them.
struct Memcpy;

pub struct Slices {
    pub bytes: Vec<u8>,
    packet_len: usize,
    at: usize,
    copy: Vec<u8>,
    pub version: Version,
}

impl Slices {
    pub fn new(bytes: Vec<u8>, case: &Case) -> Self {
        Self {
            bytes,
            packet_len: case.bytes.len(),
            at: 0,
            copy: vec![0; case.bytes.len()],
            version: case.version,
        }
    }

    /// The packet's place, for codecs that do not tell how much they took.
    pub fn advance(&mut self) -> std::ops::Range<usize> {
        let start = self.at;
        self.at += self.packet_len;
        start..self.at
    }
}

impl Codec for Memcpy {
    const NAME: &'static str = "memcpy (limit)";
    type Input = Slices;
    type Taken<'a> = &'a [u8];
    type Packet<'a> = &'a [u8];
    type Item = ();
    type Output = BytesMut;

    fn supports(_: &Case) -> bool {
        true
    }
    fn fill(bytes: Vec<u8>, case: &Case) -> Slices {
        Slices::new(bytes, case)
    }
    fn take(input: &mut Slices) -> &[u8] {
        let place = input.advance();
        let packet = &input.bytes[place];
        input.copy.copy_from_slice(packet);
        black_box(&input.copy);
        packet
    }
    fn unwrap(taken: Self::Taken<'_>) -> Self::Packet<'_> {
        taken
    }
    fn item(_: &&[u8]) {}
    fn output(case: &Case) -> BytesMut {
        BytesMut::with_capacity(case.bytes.len() + 16)
    }
    fn write(packet: &&[u8], (): (), out: &mut BytesMut) {
        out.clear();
        out.extend_from_slice(packet);
    }
    fn written(out: &mut BytesMut) -> Vec<u8> {
        out.to_vec()
    }
}

/// The limit of a decoder: see [`borrowed`].
struct Borrowed;

impl Codec for Borrowed {
    const NAME: &'static str = "borrowed parse (limit)";
    type Input = Slices;
    type Taken<'a> = Option<Self::Packet<'a>>;
    type Packet<'a> = (Parsed<'a>, &'a [u8]);
    type Item = ();
    type Output = Vec<u8>;

    fn supports(_: &Case) -> bool {
        true
    }
    fn fill(bytes: Vec<u8>, case: &Case) -> Slices {
        Slices::new(bytes, case)
    }
    fn take(input: &mut Slices) -> Self::Taken<'_> {
        let unread = &input.bytes[input.at..];
        let (packet, rest) = borrowed::parse(unread, input.version)?;
        let taken = unread.len() - rest.len();
        input.at += taken;
        Some((packet, &unread[..taken]))
    }
    fn unwrap(taken: Self::Taken<'_>) -> Self::Packet<'_> {
        taken.expect("valid")
    }
    fn item(_: &Self::Packet<'_>) {}
    fn output(_: &Case) -> Vec<u8> {
        Vec::new()
    }
    fn write(packet: &Self::Packet<'_>, (): (), out: &mut Vec<u8>) {
        out.clear();
        out.extend_from_slice(packet.1);
    }
    fn written(out: &mut Vec<u8>) -> Vec<u8> {
        out.clone()
    }
}

macro_rules! ours {
    ($struct:ident, $version:ident) => {
        struct $struct;

        impl Codec for $struct {
            const NAME: &'static str = crate::OURS;
            type Input = mqtt_proto::codec::Decoder;
            type Taken<'a> = Result<Option<mqtt_proto::Packet>, mqtt_proto::codec::Malformed>;
            type Packet<'a> = mqtt_proto::Packet;
            type Item = ();
            type Output = BytesMut;

            fn supports(case: &Case) -> bool {
                case.version == Version::$version
            }
            fn fill(bytes: Vec<u8>, _: &Case) -> Self::Input {
                use mqtt_proto::codec::{Decoder, Framing};
                let mut decoder = Decoder::new(Framing {
                    version: Some(mqtt_proto::Version::$version),
                    ..Framing::new(mqtt_proto::Sender::Client)
                });
                decoder.push(&bytes);
                decoder
            }
            fn take(input: &mut Self::Input) -> Self::Taken<'_> {
                input.decode()
            }
            fn unwrap(taken: Self::Taken<'_>) -> Self::Packet<'_> {
                taken.expect("valid").expect("complete")
            }
            fn item(_: &Self::Packet<'_>) {}
            fn output(case: &Case) -> BytesMut {
                BytesMut::with_capacity(case.bytes.len() + 64)
            }
            fn write(packet: &Self::Packet<'_>, (): (), out: &mut BytesMut) {
                out.clear();
                mqtt_proto::codec::encode(packet, mqtt_proto::Version::$version, out)
                    .expect("valid");
            }
            fn written(out: &mut BytesMut) -> Vec<u8> {
                out.to_vec()
            }
        }
    };
}

ours!(OursV311, V311);
ours!(OursV5, V5);

pub fn all() -> Vec<Contender> {
    vec![
        contender::<Memcpy>(),
        contender::<Borrowed>(),
        contender::<OursV311>(),
        contender::<OursV5>(),
    ]
}
