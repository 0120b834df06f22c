//! The same log after every event, natively and in wasm: both compare with the hashes that stand beside the scenarios.

#![allow(clippy::expect_used)]

use sim::{Recording, Scenario};
use std::fmt::Write as _;
use std::rc::Rc;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A scenario with what is written down about it. Compiled in, because wasm has no files.
struct Written {
    name: &'static str,
    scenario: &'static str,
    ladder: &'static str,
    hashes: &'static str,
}

macro_rules! written {
    ($($name:literal,)*) => {
        &[$(Written {
            name: $name,
            scenario: include_str!(concat!("../../../scenarios/", $name, ".mqtt")),
            ladder: include_str!(concat!("../../../scenarios/", $name, ".ladder")),
            hashes: include_str!(concat!("../../../scenarios/", $name, ".hashes")),
        },)*]
    };
}

const SCENARIOS: &[Written] = written![
    "broker-crash",
    "device-forgets",
    "echo-no-local",
    "echo-retained",
    "echo-storm",
    "echo-topics",
    "half-open",
    "honest-link",
    "outage",
    "outage-tuned",
    "qos-per-hop",
    "qos0",
    "qos0-publish-lost",
    "qos1",
    "qos1-puback-lost",
    "qos2",
    "qos2-pubcomp-lost",
    "qos2-publish-lost",
    "qos2-pubrec-lost",
    "qos2-pubrel-lost",
    "real-broker",
    "real-esp32",
    "retained",
    "retained-config",
    "retained-deleted",
    "same-id",
    "sleeper-broker-forgets",
    "sleeper-clean",
    "sleeper-kept",
    "textbook",
    "topics",
    "umqtt-qos2",
    "umqtt-robust",
    "umqtt-robust-hangs",
    "umqtt-robust2",
    "umqtt-simple",
    "umqtt-waits",
    "v5-message-expiry",
    "v5-properties",
    "v5-reasons",
    "v5-receive-maximum",
    "v5-session-expiry",
    "v5-shared",
    "v5-will-delay",
    "will-crash",
    "will-goodbye",
    "will-keep-alive",
    "will-late",
    "will-never",
    "will-power-lost",
    "will-viewer-restarts",
];

fn run(written: &Written) -> Recording {
    let scenario = Scenario::parse(written.scenario).expect("it is one");
    let seed = scenario.seed;
    Recording::run(Rc::new(scenario), seed).expect("its names are known")
}

#[test]
fn every_log_has_the_hash_that_was_written_down_after_every_event() {
    for written in SCENARIOS {
        let recording = run(written);
        let mut hashes = String::new();
        for hash in recording.log_hashes() {
            writeln!(hashes, "{hash:016x}").expect("a string takes everything");
        }
        assert_eq!(hashes, written.hashes, "{}", written.name);
    }
}

#[test]
fn every_ladder_is_the_one_that_was_written_down() {
    for written in SCENARIOS {
        let recording = run(written);
        let log = recording.log();
        assert_eq!(
            log.ladder_text(log.end()),
            written.ladder,
            "{}",
            written.name
        );
    }
}

/// The hash of the world's state after every event: a line for each scenario, in order. `cargo xtask test` computes them
/// natively and builds the wasm test with them; a state's hash changes with every private field, so it stands in no file.
const STATE_HASHES: Option<&str> = option_env!("SCENARIO_STATE_HASHES");

#[test]
fn every_state_has_the_hash_that_it_has_natively() {
    let Some(expected) = STATE_HASHES else { return };
    let lines: Vec<&str> = expected.split(';').collect();
    assert_eq!(lines.len(), SCENARIOS.len());
    for (written, expected) in SCENARIOS.iter().zip(lines) {
        let hashes = run(written).state_hashes();
        let found: Vec<String> = hashes.iter().map(|hash| format!("{hash:016x}")).collect();
        assert_eq!(found.join(","), expected, "{}", written.name);
    }
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn no_scenario_of_the_folder_is_left_out() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "mqtt"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    let listed: Vec<&str> = SCENARIOS.iter().map(|written| written.name).collect();
    assert_eq!(listed, names);
}
