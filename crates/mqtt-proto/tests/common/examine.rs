//! What is asked of every input: by the property tests, by the fuzz targets and by the replay of
//! their corpus.

use bytes::{Bytes, BytesMut};
use mqtt_proto::anatomy::{Anatomy, Outcome, dissect};
use mqtt_proto::codec::{Decoder, Framing, encode};
use mqtt_proto::packet::Packet;
use mqtt_proto::{Sender, Version};

/// All that may be asked about bytes from a peer.
pub fn examine(framing: Framing, bytes: &Bytes) {
    let anatomy = dissect(bytes, framing.version, framing.sender);
    assert_covers(&anatomy, bytes.len(), "damaged");
    let mut decoder = Decoder::new(framing);
    decoder.push(bytes);
    let first = decoder.decode();
    let mut sharing = Decoder::new(framing);
    sharing.push_shared(bytes.clone());
    assert_eq!(sharing.decode(), first);
    assert_eq!(sharing.pending_bytes(), decoder.pending_bytes());
    assert_eq!(sharing.faulty_bytes(), decoder.faulty_bytes());
    match (&anatomy.outcome, &first) {
        (Outcome::Whole(one), Ok(Some(other))) => assert_eq!(one, other),
        (Outcome::Faulty(one), Err(other)) => {
            assert_eq!(one, other);
            assert!(!other.to_string().is_empty());
            assert!(other.statement().is_some());
        }
        (Outcome::Incomplete { .. }, Ok(None)) => {}
        // Anatomy looks into a packet before it is whole.
        (Outcome::Faulty(_), Ok(None)) => {}
        (one, other) => panic!("anatomy: {one:?}, decoder: {other:?}"),
    }
    if let Ok(Some(packet)) = first {
        let version = match &packet {
            Packet::Connect(connect) => connect.version,
            _ => framing.version.unwrap(),
        };
        assert!(!packet.to_string().is_empty());
        let mut out = BytesMut::new();
        encode(&packet, version, &mut out).unwrap();
        let mut again = Decoder::new(framing);
        again.push(&out);
        assert_eq!(again.decode(), Ok(Some(packet)));
    }
}

/// Leaves cover each bit of `len` bytes once, and parts lie inside what they are part of.
pub fn assert_covers(anatomy: &Anatomy, len: usize, name: &str) {
    let mut covered = vec![0_u8; len];
    let mut around: Vec<std::ops::Range<usize>> = Vec::new();
    for field in &anatomy.fields {
        around.truncate(usize::from(field.depth));
        if let Some(outer) = around.last() {
            assert!(
                outer.start <= field.bytes.start && field.bytes.end <= outer.end,
                "{name}: {:?} lies outside\n{anatomy}",
                field.name
            );
        }
        around.push(field.bytes.clone());
        if !field.is_leaf {
            continue;
        }
        let mask = field.bits.map_or(0xFF, |bits| {
            (0xFF >> (7 - bits.high)) & (0xFF_u8 << bits.low)
        });
        for byte in &mut covered[field.bytes.clone()] {
            assert_eq!(
                *byte & mask,
                0,
                "{name}: {:?} covers again\n{anatomy}",
                field.name
            );
            *byte |= mask;
        }
    }
    assert!(
        covered.iter().all(|bits| *bits == 0xFF),
        "{name}: gaps\n{anatomy}"
    );
}

/// A way to cut a stream into packets, from one byte of a fuzzer's input.
fn framing(selector: u8) -> Framing {
    let sender = match selector & 1 {
        0 => Sender::Client,
        _ => Sender::Server,
    };
    Framing {
        version: match selector >> 1 & 3 {
            0 => None,
            1 => Some(Version::V311),
            _ => Some(Version::V5),
        },
        max_packet_size: match selector >> 3 & 1 {
            0 => u32::MAX,
            _ => 64,
        },
        ..Framing::new(sender)
    }
}

/// The selector of a framing without a limit.
pub fn selector(framing: &Framing) -> u8 {
    let version = match framing.version {
        None => 0,
        Some(Version::V311) => 1,
        Some(Version::V5) => 2,
    };
    version << 1 | u8::from(framing.sender == Sender::Server)
}

/// Decodes to the end or to a fault; the packets, and whether a fault followed.
fn drain(decoder: &mut Decoder, packets: &mut Vec<Packet>) -> bool {
    loop {
        match decoder.decode() {
            Ok(Some(packet)) => packets.push(packet),
            Ok(None) => return false,
            Err(_) => return true,
        }
    }
}

/// The target `decode`: a selector and a stream. Every packet of it can be printed, written, and
/// read again.
pub fn decode(data: &[u8]) {
    let Some((selector, stream)) = data.split_first() else {
        return;
    };
    let mut decoder = Decoder::new(framing(*selector));
    decoder.push(stream);
    let mut packets = Vec::new();
    drain(&mut decoder, &mut packets);
    if let Some(fault) = decoder.fault() {
        assert!(!fault.to_string().is_empty());
        assert!(decoder.faulty_bytes().is_some());
    }
    for packet in packets {
        let version = match &packet {
            Packet::Connect(connect) => connect.version,
            _ => decoder.framing().version.unwrap(),
        };
        assert!(!packet.to_string().is_empty());
        let mut out = BytesMut::new();
        encode(&packet, version, &mut out).unwrap();
        let mut again = Decoder::new(decoder.framing());
        again.push(&out);
        assert_eq!(again.decode(), Ok(Some(packet)));
    }
}

/// The target `chunked`: a selector, a byte of chunk sizes, and a stream. Pieces give what the
/// whole gives.
pub fn chunked(data: &[u8]) {
    let Some(([selector, sizes], stream)) = data.split_first_chunk::<2>() else {
        return;
    };
    let mut expected = Vec::new();
    let mut whole = Decoder::new(framing(*selector));
    whole.push(stream);
    let fault = drain(&mut whole, &mut expected);

    let mut found = Vec::new();
    let mut decoder = Decoder::new(framing(*selector));
    let mut faulted = false;
    let mut rest = stream;
    let mut sizes = [sizes & 0x0F, sizes >> 4].into_iter().cycle();
    while !rest.is_empty() && !faulted {
        let size = usize::from(sizes.next().unwrap_or_default()) + 1;
        let (chunk, behind) = rest.split_at(size.min(rest.len()));
        rest = behind;
        decoder.push(chunk);
        faulted = drain(&mut decoder, &mut found);
    }
    assert_eq!(found, expected);
    assert_eq!(faulted, fault);
    assert_eq!(decoder.fault(), whole.fault());
}

/// The target `anatomy`: a selector and the start of a packet.
pub fn anatomy(data: &[u8]) {
    let Some((selector, bytes)) = data.split_first() else {
        return;
    };
    // Anatomy has no limit.
    examine(framing(selector & 0b111), &Bytes::copy_from_slice(bytes));
}
