//! Replays what fuzzing has found interesting, on the stable toolchain.
#![allow(clippy::panic, reason = "tests")]

mod common;
mod drive;

use common::examine;
use common::vectors::unhex;

fn replay(corpus: &str, target: fn(&[u8])) {
    assert!(!corpus.is_empty());
    for (number, line) in corpus.lines().enumerate() {
        let Some(input) = unhex(line) else {
            panic!("line {}: {line:?} is not hexadecimal", number + 1)
        };
        target(&input);
    }
}

#[test]
fn decode() {
    replay(include_str!("../fuzz/corpus/decode.txt"), examine::decode);
}

#[test]
fn chunked() {
    replay(include_str!("../fuzz/corpus/chunked.txt"), examine::chunked);
}

#[test]
fn client_session() {
    replay(
        include_str!("../fuzz/corpus/client_session.txt"),
        drive::client,
    );
}

#[test]
fn server_session() {
    replay(
        include_str!("../fuzz/corpus/server_session.txt"),
        drive::server,
    );
}

#[test]
fn anatomy() {
    replay(include_str!("../fuzz/corpus/anatomy.txt"), examine::anatomy);
}
