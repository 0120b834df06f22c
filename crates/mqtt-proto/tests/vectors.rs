//! Runs every packet vector through decoder, encoder and anatomy.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod common;

use bytes::BytesMut;
use common::examine::assert_covers;
use common::vectors::{Expected, Vector, vectors};
use mqtt_proto::Version;
use mqtt_proto::anatomy::{Outcome, dissect};
use mqtt_proto::codec::{Decoder, Malformed, encode, encoded_len};
use mqtt_proto::packet::Packet;
use mqtt_spec::Reaction;

/// There were never fewer.
const VECTORS_MIN: usize = 2_840;

fn fault_text(fault: &Malformed) -> String {
    let statement = fault.statement().map_or("-", |id| id.id_str());
    match fault.version {
        Version::V311 => format!("! {statement} @{}", fault.at),
        Version::V5 => format!(
            "! {statement} 0x{:02X} @{}",
            fault.reason().as_u8(),
            fault.at
        ),
    }
}

/// What a vector says, for comparison.
fn expected_text(vector: &Vector) -> String {
    match &vector.expected {
        Expected::Packet(text) | Expected::Longer(text) | Expected::Fault(text) => text.clone(),
        Expected::Incomplete(missing) => format!("… {missing:?}"),
    }
}

#[test]
fn there_are_enough_and_no_two_are_alike() {
    let vectors = vectors();
    assert!(vectors.len() >= VECTORS_MIN, "{}", vectors.len());
    let mut seen = std::collections::HashMap::new();
    for vector in &vectors {
        let key = (
            vector.framing.version.map(Version::level),
            format!("{:?}", vector.framing.sender),
            vector.bytes.clone(),
        );
        if let Some(other) = seen.insert(key, &vector.name) {
            panic!("the same bytes: {other} and {}", vector.name);
        }
    }
}

#[test]
fn the_decoder_finds_what_the_vectors_say() {
    let mut failures = Vec::new();
    for vector in vectors() {
        let mut decoder = Decoder::new(vector.framing);
        decoder.push(&vector.bytes);
        let found = match decoder.decode() {
            Ok(Some(packet)) => {
                assert_eq!(decoder.decode(), Ok(None), "{}: one packet", vector.name);
                packet.to_string()
            }
            Ok(None) => match vector.expected {
                // How many bytes are missing is for anatomy to say.
                Expected::Incomplete(missing) => format!("… {missing:?}"),
                _ => String::from("…"),
            },
            Err(fault) => fault_text(&fault),
        };
        let expected = expected_text(&vector);
        if found != expected {
            failures.push(format!(
                "{}\n  expected {expected}\n  found    {found}",
                vector.name
            ));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of them:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn pieces_of_any_size_give_the_same() {
    for vector in vectors() {
        let mut whole = Decoder::new(vector.framing);
        whole.push(&vector.bytes);
        let expected = whole.decode();
        for size in [1, 2, 3, 7] {
            let mut decoder = Decoder::new(vector.framing);
            let mut found = Ok(None);
            for piece in vector.bytes.chunks(size) {
                decoder.push(piece);
                found = decoder.decode();
                if found != Ok(None) {
                    break;
                }
            }
            assert_eq!(found, expected, "{} in pieces of {size}", vector.name);
        }
    }
}

/// The version in which a decoded packet is to be written.
fn version_of(vector: &Vector, packet: &Packet) -> Version {
    match packet {
        Packet::Connect(connect) => connect.version,
        _ => vector.framing.version.unwrap(),
    }
}

#[test]
fn the_encoder_gives_the_bytes_back() {
    for vector in vectors() {
        let mut decoder = Decoder::new(vector.framing);
        decoder.push(&vector.bytes);
        let Ok(Some(packet)) = decoder.decode() else {
            continue;
        };
        let version = version_of(&vector, &packet);
        let mut out = BytesMut::new();
        encode(&packet, version, &mut out).unwrap();
        assert_eq!(
            encoded_len(&packet, version),
            Ok(out.len()),
            "{}",
            vector.name
        );
        match vector.expected {
            Expected::Packet(_) => assert_eq!(out, vector.bytes, "{}", vector.name),
            Expected::Longer(_) => {
                assert!(out.len() < vector.bytes.len(), "{}", vector.name);
                let mut again = Decoder::new(vector.framing);
                again.push(&out);
                assert_eq!(again.decode(), Ok(Some(packet)), "{}", vector.name);
            }
            Expected::Incomplete(_) | Expected::Fault(_) => {
                panic!("{}: decoded all the same", vector.name)
            }
        }
    }
}

#[test]
fn anatomy_agrees_and_covers_every_bit_once() {
    for vector in vectors() {
        let anatomy = dissect(&vector.bytes, vector.framing.version, vector.framing.sender);
        let found = match &anatomy.outcome {
            Outcome::Whole(packet) => packet.to_string(),
            Outcome::Incomplete { missing_bytes } => format!("… {missing_bytes:?}"),
            Outcome::Faulty(fault) => fault_text(fault),
        };
        assert_eq!(found, expected_text(&vector), "{}\n{anatomy}", vector.name);
        assert_covers(&anatomy, vector.bytes.len(), &vector.name);
        let faulty = anatomy
            .fields
            .iter()
            .filter(|field| field.is_faulty)
            .count();
        let expected = usize::from(anatomy.fault().is_some());
        assert_eq!(
            faulty, expected,
            "{}: marks its fault\n{anatomy}",
            vector.name
        );
    }
}

#[test]
fn reasons_are_those_that_the_statements_name() {
    for vector in vectors() {
        let mut decoder = Decoder::new(vector.framing);
        decoder.push(&vector.bytes);
        let Err(fault) = decoder.decode() else {
            continue;
        };
        let Some(id) = fault.statement() else {
            panic!("{}: no statement", vector.name)
        };
        let response = id.statement().violation_response;
        let named = match response.reaction {
            Reaction::Reason(code) => code,
            // 3.1.1's only word: return code 1.
            Reaction::ConnAck(1) => 0x84,
            Reaction::ConnAck(_) | Reaction::Close | Reaction::None | Reaction::Ack(_) => continue,
        };
        assert_eq!(fault.reason().as_u8(), named, "{}: {id:?}", vector.name);
    }
}
