//! Turns `data/*.csv` into static tables, and refuses data that breaks its own format.
//!
//! The ids are a table of their own, so that `cite` and `id_str` do not pull the texts into a firmware image.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a build script reports broken data by failing"
)]

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

/// The published documents; anchors below are appended to these.
const DOCUMENT_V311: &str = "https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html";
const DOCUMENT_V5: &str = "https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html";

/// Anchors of sections 3.1 to 3.14 (CONNECT to DISCONNECT) in the 3.1.1 document.
const PACKET_ANCHORS_V311: [u32; 14] = [
    398718028, 398718033, 398718037, 398718043, 398718048, 398718053, 398718058, 398718063,
    398718068, 398718072, 398718077, 398718081, 398718086, 398718090,
];

/// Anchors of sections 3.1 to 3.15 (CONNECT to AUTH) in the 5.0 document.
const PACKET_ANCHORS_V5: [u32; 15] = [
    3901033, 3901074, 3901100, 3901121, 3901131, 3901141, 3901151, 3901161, 3901171, 3901179,
    3901187, 3901195, 3901200, 3901205, 3901217,
];

const HEADER: [&str; 7] = [
    "id",
    "section",
    "applies_to",
    "level",
    "summary",
    "observable",
    "violation_response",
];

fn main() {
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let mut code = String::new();
    table(
        &mut code,
        "V311",
        "data/mqtt311.csv",
        DOCUMENT_V311,
        &PACKET_ANCHORS_V311,
    );
    table(
        &mut code,
        "V5",
        "data/mqtt5.csv",
        DOCUMENT_V5,
        &PACKET_ANCHORS_V5,
    );
    fs::write(Path::new(&out).join("tables.rs"), code).expect("OUT_DIR is writable");
    println!("cargo::rerun-if-changed=build.rs");
}

fn table(code: &mut String, version: &str, path: &str, document: &str, anchors: &[u32]) {
    println!("cargo::rerun-if-changed={path}");
    let mut reader = csv::Reader::from_path(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let header = reader.headers().unwrap_or_else(|e| panic!("{path}: {e}"));
    assert_eq!(header, HEADER.as_slice(), "{path}: columns");

    let mut seen = HashSet::new();
    let mut ids = String::new();
    let mut statements = String::new();
    for (row, record) in reader.records().enumerate() {
        let record = record.unwrap_or_else(|e| panic!("{path}: {e}"));
        let at = format!("{path}, row {}", row + 2);
        let cell = |column: usize| record.get(column).expect("csv checks the column count");
        let (id, section) = (cell(0), cell(1));
        assert!(
            id.starts_with("MQTT-") || id.starts_with(&format!("SECT-{section}-")),
            "{at}: an id is MQTT-… or SECT-<section>-<slug>, not {id:?}"
        );
        assert!(seen.insert(id.to_owned()), "{at}: {id} is there twice");
        assert!(
            section
                .split('.')
                .all(|part| part.parse::<u8>().is_ok_and(|n| n > 0)),
            "{at}: section {section:?}"
        );
        let applies_to = match cell(2) {
            "encoding" => "Encoding",
            "client" => "Client",
            "broker" => "Server",
            "both" => "Both",
            other => panic!("{at}: applies_to {other:?}"),
        };
        let level = match cell(3) {
            "must" => "Must",
            "must_not" => "MustNot",
            other => panic!("{at}: level {other:?}"),
        };
        let observable = match cell(5) {
            "yes" => true,
            "no" => false,
            other => panic!("{at}: observable {other:?}"),
        };
        let (implied, reaction) = reaction(cell(6), &at);
        let url = url(document, anchors, section);
        writeln!(ids, "    {id:?},").expect("writing to a String");
        writeln!(
            statements,
            "    Statement {{ id: {id:?}, section: {section:?}, applies_to: AppliesTo::{applies_to}, \
             level: Level::{level}, summary: {:?}, observable: {observable}, \
             violation_response: ViolationResponse {{ reaction: Reaction::{reaction}, implied: {implied} }}, \
             url: {url:?} }},",
            cell(4)
        )
        .expect("writing to a String");
    }
    writeln!(
        code,
        "const IDS_{version}: &[&str] = &[\n{ids}];\nstatic STATEMENTS_{version}: &[Statement] = &[\n{statements}];"
    )
    .expect("writing to a String");
}

/// `[implied:](none | close | 0xNN | CONNACK 0xNN | ack 0xNN)`
fn reaction(text: &str, at: &str) -> (bool, String) {
    let (implied, text) = match text.strip_prefix("implied:") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let code = |hex: &str| {
        u8::from_str_radix(hex, 16).unwrap_or_else(|_| panic!("{at}: violation_response {text:?}"))
    };
    let reaction = if text == "none" {
        "None".to_owned()
    } else if text == "close" {
        "Close".to_owned()
    } else if let Some(hex) = text.strip_prefix("0x") {
        format!("Reason({:#04x})", code(hex))
    } else if let Some(hex) = text.strip_prefix("CONNACK 0x") {
        format!("ConnAck({:#04x})", code(hex))
    } else if let Some(hex) = text.strip_prefix("ack 0x") {
        format!("Ack({:#04x})", code(hex))
    } else {
        panic!("{at}: violation_response {text:?}")
    };
    (implied, reaction)
}

/// The packet's anchor for sections below 3.1 … 3.15, else the document: no other anchor is known for certain.
fn url(document: &str, anchors: &[u32], section: &str) -> String {
    let mut parts = section.split('.').map(|part| part.parse::<usize>().ok());
    let anchor = match (parts.next().flatten(), parts.next().flatten()) {
        (Some(3), Some(packet)) => anchors.get(packet - 1),
        _ => None,
    };
    match anchor {
        Some(anchor) => format!("{document}#_Toc{anchor}"),
        None => document.to_owned(),
    }
}
