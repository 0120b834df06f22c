//! A world as large as the page takes.

use std::fmt::Write;

/// 200 nodes, each of which gets what the first one publishes: `messages` of them, one every tenth of a second.
pub(crate) fn crowd(messages: usize) -> String {
    let mut text = format!(
        "scenario \"A crowd\"\nversion 3.1.1\nseed 1\nuntil {} s\nnode broker broker\n",
        20 + messages / 10
    );
    for node in 1..200 {
        let _ = write!(
            text,
            "node n{node} phone\n  subscribe \"a\" qos 0\nlink n{node} to broker\n  latency 3 s\nat 0 s: n{node} connect\n"
        );
    }
    for message in 0..messages {
        let _ = writeln!(
            text,
            "at {}.{} s: n1 publish \"a\" \"{message}\" qos 0",
            15 + message / 10,
            message % 10
        );
    }
    text
}
