//! An end of a link that reads slowly or not at all: what waits where, and what a broker with a bound does then.

#![allow(clippy::expect_used, clippy::panic)]

use sim::{RecordKind, Recording, Scenario};
use std::fmt::Write as _;
use std::rc::Rc;

/// `a` publishes 80 bytes of PUBLISH a second, from 2 s to 7 s, at QoS 0, and then one at QoS 1; `b` reads as `acts` say.
fn run(broker: &str, link: &str, acts: &str) -> Recording {
    let mut text = format!(
        "scenario \"t\"\nuntil 60 s\n\nnode broker broker\n{broker}\n\nnode a phone\n\nnode b phone\n  subscribe \"t\" qos 1\n\n\
         link a to broker\n\nlink b to broker\n{link}\n\nat 0 s: a connect\nat 0 s: b connect\n{acts}\n"
    );
    for second in 2..8 {
        let payload = second.to_string().repeat(75);
        // Writing into a string cannot fail.
        let _ = writeln!(text, "at {second} s: a publish \"t\" \"{payload}\"");
    }
    text.push_str("at 8 s: a publish \"t\" \"last\" qos 1\n");
    let scenario = Scenario::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    Recording::run(Rc::new(scenario), 1).expect("its names are known")
}

/// The first character of what `b` got, and when, in milliseconds; what the broker says of waiting and dropping; and the
/// steps of the fault.
fn story(run: &Recording) -> String {
    let log = run.log();
    let mut story = String::new();
    for record in log.records(log.end()) {
        let what = match &record.kind {
            RecordKind::Delivered(message) => {
                let first = message.payload.first().copied().unwrap_or(b'-');
                format!("got {}", char::from(first))
            }
            RecordKind::Note(note)
                if matches!(
                    note.broker(),
                    Some(mqtt_broker::Note::NoCopy { .. } | mqtt_broker::Note::CopyWaits { .. })
                ) =>
            {
                note.to_string()
            }
            RecordKind::ReaderStalled { .. } | RecordKind::LinkRestored { .. } => {
                let line = log.ladder_line(record).unwrap_or_default();
                line.split("  ").last().unwrap_or_default().to_string()
            }
            _ => continue,
        };
        // Writing into a string cannot fail.
        let _ = writeln!(story, "{} {what}", record.at.as_micros() / 1_000);
    }
    story
}

#[track_caller]
fn expect(broker: &str, link: &str, acts: &str, expected: &str) {
    let run = run(broker, link, acts);
    assert_eq!(
        story(&run),
        expected,
        "{acts}\n{}",
        run.log().ladder_text(run.log().end())
    );
}

const AT_ONCE: &str =
    "2020 got 2\n3020 got 3\n4020 got 4\n5020 got 5\n6020 got 6\n7020 got 7\n8020 got l\n";

#[test]
fn who_does_not_read_gets_it_all_later() {
    expect("", "", "", AT_ONCE);
    expect(
        "",
        "",
        "at 1 s: stall b to broker for 9 s",
        "1000 b reads nothing\n\
         10000 link restored\n\
         10000 got 2\n\
         10000 got 3\n\
         10000 got 4\n\
         10000 got 5\n\
         10000 got 6\n\
         10000 got 7\n\
         10000 got l\n",
    );
}

// A second trip: the sender hears of the room, and then sends.
#[test]
fn a_full_window_makes_the_rest_wait_at_its_sender() {
    expect(
        "",
        "window 100 B",
        "at 1 s: stall b to broker for 9 s",
        "1000 b reads nothing\n\
         10000 link restored\n\
         10000 got 2\n\
         10020 got 3\n\
         10020 got 4\n\
         10020 got 5\n\
         10020 got 6\n\
         10020 got 7\n\
         10020 got l\n",
    );
}

// 80 bytes take 2 s.
#[test]
fn a_slow_reader_gets_so_many_bytes_each_second() {
    expect(
        "",
        "",
        "at 1 s: stall b to broker at 40 B/s",
        "1000 b reads 40 B/s\n\
         4020 got 2\n\
         6020 got 3\n\
         8020 got 4\n\
         10020 got 5\n\
         12020 got 6\n\
         14020 got 7\n\
         14295 got l\n",
    );
}

#[test]
fn a_broker_with_a_bound_drops_qos_0_and_keeps_the_rest_until_there_is_room() {
    expect(
        "backlog 200 B",
        "window 100 B",
        "at 1 s: stall b to broker for 9 s",
        "1000 b reads nothing\n\
         6010 no copy for b: QoS 0, and the connection is too slow\n\
         7010 no copy for b: QoS 0, and the connection is too slow\n\
         8010 copy for b held back: the connection is slow\n\
         10000 link restored\n\
         10000 got 2\n\
         10020 got 3\n\
         10020 got 4\n\
         10020 got 5\n\
         10030 got l\n",
    );
    // While there is room nobody notices.
    expect("backlog 200 B", "window 100 B", "", AT_ONCE);
}

#[test]
fn a_slow_link_fills_the_backlog_too() {
    expect(
        "backlog 100 B",
        "window 100 B\nbandwidth 20 B/s",
        "",
        "5010 no copy for b: QoS 0, and the connection is too slow\n\
         6010 no copy for b: QoS 0, and the connection is too slow\n\
         6020 got 2\n\
         7010 no copy for b: QoS 0, and the connection is too slow\n\
         8010 copy for b held back: the connection is slow\n\
         10020 got 3\n\
         14020 got 4\n\
         14570 got l\n",
    );
}

#[test]
fn the_other_end_can_be_slow_and_a_cut_ends_it() {
    expect(
        "",
        "",
        "at 1 s: stall a to broker toward broker for 4 s",
        "1000 broker reads nothing\n\
         5000 link restored\n\
         5010 got 2\n\
         5010 got 3\n\
         5010 got 4\n\
         5020 got 5\n\
         6020 got 6\n\
         7020 got 7\n\
         8020 got l\n",
    );
    expect(
        "",
        "",
        "at 1 s: stall b to broker\nat 5 s: cut b to broker for 1 s\nat 6.5 s: b connect",
        "1000 b reads nothing\n6000 link restored\n7020 got 7\n8020 got l\n",
    );
}
