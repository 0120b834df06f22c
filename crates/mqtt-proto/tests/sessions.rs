//! No bytes, calls or times make a client or a server's connection panic, send what cannot be
//! written, speak after its close, or be due twice at one moment.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod common;
mod drive;

use common::{Vector, vectors};
use drive::input;
use mqtt_proto::{Sender, Version};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::sync::LazyLock;

/// Parsed once: generated runs ask for them a thousand times.
static VECTORS: LazyLock<Vec<Vector>> = LazyLock::new(vectors);

/// The vectors' packets from this end, malformed ones among them.
fn packets(version: Version, sender: Sender) -> Vec<Vec<u8>> {
    VECTORS
        .iter()
        .filter(|vector| vector.framing.version == Some(version) && vector.framing.sender == sender)
        .map(|vector| vector.bytes.to_vec())
        .filter(|bytes| bytes.len() < 256)
        .collect()
}

/// A packet of the other end, a call with its arguments, or noise.
fn pieces(version: Version, sender: Sender) -> impl Strategy<Value = Vec<u8>> {
    let short = [0x40, 0x50, 0x62, 0x70, 0x32, 0x34, 0x3C];
    let exchange = (select(short.to_vec()), 1..6_u8).prop_map(|(first, id)| {
        input(&match first {
            // PUBLISH to topic "a", without properties.
            0x32.. if first < 0x40 => vec![first, 6, 0, 1, b'a', 0, id, 0],
            _ => vec![first, 2, 0, id],
        })
    });
    let piece = prop_oneof![
        4 => exchange,
        1 => select(packets(version, sender)).prop_map(|packet| input(&packet)),
        3 => (select(vec![4, 5, 6, 7, 8, 8, 8, 11, 11]), vec(any::<u8>(), 2..7))
            .prop_map(|(call, arguments)| [vec![call], arguments].concat()),
        1 => vec(any::<u8>(), 1..3),
    ];
    vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn version() -> impl Strategy<Value = Version> {
    select(vec![Version::V311, Version::V5])
}

/// Configuration, and mostly an accepted connection to begin with.
fn client_story() -> impl Strategy<Value = Vec<u8>> {
    let opening =
        |version| prop_oneof![4 => Just(drive::client_opening(version)), 1 => Just(Vec::new())];
    version().prop_flat_map(move |version| {
        (
            vec(any::<u8>(), drive::CLIENT_CONFIG_BYTES - 1),
            opening(version),
            pieces(version, Sender::Server),
        )
            .prop_map(move |(mut rest, opening, pieces)| {
                if let Some(authentication) = rest.last_mut() {
                    // Mostly without, or CONNACK would have to name the method.
                    *authentication &= u8::from(*authentication > 230);
                }
                let which = u8::from(version == Version::V5);
                [vec![which], rest, opening, pieces].concat()
            })
    })
}

fn server_story() -> impl Strategy<Value = Vec<u8>> {
    let opening =
        |version| prop_oneof![4 => Just(drive::server_opening(version)), 1 => Just(Vec::new())];
    version().prop_flat_map(move |version| {
        (
            vec(any::<u8>(), drive::SERVER_CONFIG_BYTES),
            opening(version),
            pieces(version, Sender::Client),
        )
            .prop_map(|(config, opening, pieces)| [config, opening, pieces].concat())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn a_client_survives_everything(data in client_story()) {
        drive::client(&data);
    }

    #[test]
    fn a_server_survives_everything(data in server_story()) {
        drive::server(&data);
    }
}
