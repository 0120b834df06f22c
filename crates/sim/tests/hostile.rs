//! Scenario texts that nobody means well: each is refused with its place and the reason, and before it costs anything.

#![allow(clippy::expect_used)]

use sim::Scenario;
use std::time::{Duration, Instant};

const HEAD: &str = "scenario \"t\"\nnode b broker\nnode r robot\nlink r to b\n";

/// Behind the head: a line, and what is said about it. `…` stands for the rest of what is expected there.
const LINES: &[(&str, &str)] = &[
    // Huge numbers.
    (
        "seed 99999999999999999999999",
        "line 5, column 6: expected a number up to 18446744073709551615, found `99999999999999999999999`",
    ),
    (
        "until 999999999999999999 h",
        "line 5, column 7: expected a time …",
    ),
    (
        "until 1000.0000001 s",
        "line 5, column 7: expected a time …",
    ),
    (
        "at 18446744073709551615 s: r connect",
        "line 5, column 4: expected …",
    ),
    ("latency 1001 h", "line 5, column 9: expected a time …"),
    (
        "bandwidth 4294967296 B/s",
        "line 5, column 11: expected a number of bytes each second, such as `1000 B/s`, found `4294967296`",
    ),
    (
        "bandwidth 0 B/s",
        "line 5, column 11: expected a number of bytes each second, such as `1000 B/s`, found `0`",
    ),
    (
        "at 1 s: cut r to b after 4294967296 B",
        "line 5, column 26: expected a number of bytes, such as `3 B`, found `4294967296`",
    ),
    (
        "when 4294967296th PUBLISH is sent: r connect",
        "line 5, column 6: expected …",
    ),
    (
        "when 0th PUBLISH is sent: r connect",
        "line 5, column 6: expected …",
    ),
    (
        "when PUBLISH id 65536 is sent: r connect",
        "line 5, column 17: expected …",
    ),
    (
        "expect r position 99999999999999999999 m",
        "line 5, column 19: expected a length …",
    ),
    (
        "expect r received \"#\" 4294967296 times",
        "line 5, column 23: expected …",
    ),
    // Deep nesting: nothing nests here, in whatever brackets.
    (
        "((((((((((((((((((((((((((((((((((((((((",
        "line 5, column 1: expected …",
    ),
    (
        "at 1 s: at 1 s: at 1 s: r connect",
        "line 5, column 9: expected …",
    ),
    (
        "when when when PUBLISH is sent: r connect",
        "line 5, column 6: expected …",
    ),
    // From a newer version, or of something else.
    ("format 7", "line 5, column 1: expected …"),
    ("node s submarine", "line 5, column 8: expected …"),
    ("at 1 s: r teleport 3 m", "line 5, column 11: expected …"),
    ("{\"scenario\": \"t\"}", "line 5, column 1: expected …"),
    // Broken texts.
    (
        "at 1 s: r publish \"a\" \"no end",
        "line 5, column 30: expected `\"`, found the end of the line",
    ),
    (
        "at 1 s: r publish \"a\" \"\\q\"",
        "line 5, column 24: expected …",
    ),
    (
        "at 1 s: r publish \"\" \"x\"",
        "line 5, column 19: expected a topic name …",
    ),
    (
        "at 1 s: r publish \"a\\x00\" \"x\"",
        "line 5, column 19: expected a topic name …",
    ),
    (
        "at 1 s: r subscribe \"a/#/b\"",
        "line 5, column 21: expected a topic filter …",
    ),
    ("\u{0}\u{1}\u{7f}", "line 5, column 1: expected …"),
    ("node b broker", "line 5, column 6: expected …"),
    (
        "link r to r",
        "line 5, column 11: expected the name of a broker declared above, found `r`",
    ),
    ("version 5.0", "line 5, column 1: expected …"),
];

fn fits(found: &str, expected: &str) -> bool {
    match expected.split_once('…') {
        Some((begin, _)) => found.starts_with(begin.trim_end()),
        None => found == expected,
    }
}

#[test]
fn every_hostile_line_is_refused_with_place_and_reason() {
    for (line, expected) in LINES {
        let error = Scenario::parse(&format!("{HEAD}{line}")).expect_err(line);
        let found = error.to_string();
        assert!(fits(&found, expected), "{line}\n{found}\n{expected}");
        assert!(found.len() < 2_000, "{line}: a reason that can be read");
    }
}

/// Long texts: what is too much, where it is too much, and quickly.
#[test]
fn what_is_too_much_is_refused_before_it_costs_anything() {
    let repeated = |head: &str, line: &str, times: usize| {
        let lines: String = (0..times)
            .map(|n| line.replace('N', &n.to_string()))
            .collect();
        format!("{head}{lines}")
    };
    let cases = [
        (
            "a million nodes",
            repeated("scenario \"t\"\n", "node nN phone\n", 1_000_000),
            "line 1, column 1: expected a file of at most 256 KiB…",
        ),
        (
            "300 nodes",
            repeated("scenario \"t\"\n", "node nN phone\n", 300),
            "line 258, column 1: expected at most 256 nodes, found `node n256 phone`",
        ),
        (
            "12,000 acts",
            repeated(HEAD, "at 1 s: r connect\n", 12_000),
            "line 10005, column 1: expected at most 10000 `at` and `when` lines…",
        ),
        (
            "12,000 expectations",
            repeated(HEAD, "expect r position 1 m\n", 11_000),
            "line 10005, column 1: expected at most 10000 `expect` lines…",
        ),
        (
            "100 subscriptions",
            repeated("scenario \"t\"\nnode r robot\n", "subscribe \"N\"\n", 100),
            "line 67, column 1: expected at most 64 subscriptions for each node…",
        ),
        (
            "a name of 65 bytes",
            format!("scenario \"t\"\nnode {} phone", "n".repeat(65)),
            "line 2, column 6: expected …",
        ),
        (
            "a filter of 65,536 bytes",
            format!("{HEAD}at 1 s: r subscribe \"{}\"", "f".repeat(65_536)),
            "line 5, column 21: expected a topic filter …",
        ),
        (
            "200,000 brackets",
            format!("{HEAD}{}", "[".repeat(200_000)),
            "line 5, column 1: expected …",
        ),
        (
            "200,000 escapes without an end",
            format!("{HEAD}at 1 s: r send-raw \"{}", "\\x41".repeat(50_000)),
            "line 5, column 200021: expected …",
        ),
        (
            "100,000 empty lines and nothing",
            "\n".repeat(100_000),
            "line 100000, column 1: expected `scenario`…",
        ),
    ];
    for (name, text, expected) in cases {
        let begun = Instant::now();
        let error = Scenario::parse(&text).expect_err(name);
        let took = begun.elapsed();
        let found = error.to_string();
        assert!(fits(&found, expected), "{name}\n{found}\n{expected}");
        assert!(found.len() < 2_000, "{name}: a reason that can be read");
        assert!(took < Duration::from_secs(5), "{name} took {took:?}");
    }
}

/// A `version` below a device without indentation could mean either: it is refused, and indented it is the device's.
#[test]
fn the_version_of_the_file_is_not_taken_for_a_devices() {
    let text = "scenario \"t\"\nnode b broker\nnode r robot\nversion 5.0\n";
    let error = Scenario::parse(text).expect_err("it could mean either");
    assert_eq!(
        error.to_string(),
        "line 4, column 1: expected `version` above the first node for all, or indented below a device for it alone, \
         found `version 5.0`"
    );
    let indented = text.replace("version", "  version");
    let scenario = Scenario::parse(&indented).expect("the device's");
    assert!(scenario.to_string().contains("\n  version 5.0\n"));
}
