//! Turns the corpus into files for the fuzzer and back.
//!
//! `unpack` writes `corpus/<target>/` from the packet vectors and `corpus/<target>.txt`;
//! `pack` writes the latter, one input a line in hexadecimal, from the former.

use mqtt_proto_fuzz::vectors::Vector;
use mqtt_proto_fuzz::{drive, selector, vectors};
use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs, process};

const TARGETS: [&str; 5] = [
    "decode",
    "chunked",
    "anatomy",
    "client_session",
    "server_session",
];

/// The input of a target that holds this packet.
fn input(target: &str, vector: &Vector) -> Option<Vec<u8>> {
    let selector = selector(&vector.framing);
    Some(match target {
        "chunked" => [&[selector, 0x20], &vector.bytes[..]].concat(),
        "client_session" => drive::client_seed(&vector.framing, &vector.bytes)?,
        "server_session" => drive::server_seed(&vector.framing, &vector.bytes)?,
        _ => [&[selector], &vector.bytes[..]].concat(),
    })
}

fn main() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = home.join("corpus");
    match env::args().nth(1).as_deref() {
        Some("unpack") => unpack(home, &corpus),
        Some("pack") => pack(&corpus),
        _ => {
            eprintln!("usage: corpus unpack | pack");
            process::exit(2);
        }
    }
}

fn unpack(home: &Path, corpus: &Path) {
    let vectors = vectors::vectors_in(&home.join("../tests/vectors"));
    for target in TARGETS {
        let folder = corpus.join(target);
        fs::create_dir_all(&folder).unwrap();
        let mut inputs: BTreeSet<Vec<u8>> = BTreeSet::new();
        if let Ok(text) = fs::read_to_string(corpus.join(format!("{target}.txt"))) {
            inputs.extend(
                text.lines()
                    .map(|line| vectors::unhex(line).unwrap().to_vec()),
            );
        }
        inputs.extend(vectors.iter().filter_map(|vector| input(target, vector)));
        for (index, input) in inputs.iter().enumerate() {
            fs::write(folder.join(format!("{index:05}")), input).unwrap();
        }
        println!("{target}: {} inputs", inputs.len());
    }
}

fn pack(corpus: &Path) {
    for target in TARGETS {
        let Ok(folder) = fs::read_dir(corpus.join(target)) else {
            continue;
        };
        let inputs: BTreeSet<String> = folder
            .map(|entry| {
                let input = fs::read(entry.unwrap().path()).unwrap();
                input.iter().map(|byte| format!("{byte:02x}")).collect()
            })
            .collect();
        let text: String = inputs.iter().map(|line| format!("{line}\n")).collect();
        fs::write(corpus.join(format!("{target}.txt")), text).unwrap();
        println!("{target}: {} inputs", inputs.len());
    }
}
