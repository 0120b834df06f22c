//! Turns the corpus into files for the fuzzer and back.
//!
//! `unpack` writes `corpus/<target>/` from the packet vectors and `corpus/<target>.txt`;
//! `pack` writes the latter, one input a line in hexadecimal, from the former.

use mqtt_proto_fuzz::{selector, vectors};
use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs, process};

const TARGETS: [&str; 3] = ["decode", "chunked", "anatomy"];

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
            inputs.extend(text.lines().map(|line| vectors::unhex(line).unwrap().to_vec()));
        }
        for vector in &vectors {
            let mut input = vec![selector(&vector.framing)];
            if target == "chunked" {
                input.push(0x20);
            }
            input.extend_from_slice(&vector.bytes);
            inputs.insert(input);
        }
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
