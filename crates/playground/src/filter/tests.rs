//! Expressions as tables: what they match, what is wrong with them, and how they go on.

use super::*;
use crate::library;
use crate::run::Run;
use crate::text::{self, Language};
use crate::work::Work;

fn run(file: &str) -> Run {
    let scenarios = library::built_in();
    let built_in = scenarios.iter().find(|it| &*it.file == file).unwrap();
    Run::of(
        Work::untouched(built_in),
        &device::script::Interpreter::default(),
    )
    .unwrap()
}

/// The lines of the steps that match: time and what follows it up to the packet's name.
fn matching(run: &Run, filter: &str) -> Vec<String> {
    let filter = Filter::parse(filter).unwrap_or_else(|fault| panic!("{filter}: {fault:?}"));
    let story = run.story();
    let held = run.matching(&filter);
    assert_eq!(held.len(), story.steps.len());
    let steps = story.steps.iter().zip(held);
    steps
        .filter(|(_, holds)| *holds)
        .map(|(step, _)| step.line.clone())
        .collect()
}

#[test]
fn fields_mean_what_they_mean_in_wireshark() {
    let run = run("qos1-puback-lost");
    let story = run.story();
    let count = |holds: &dyn Fn(&crate::story::Flight) -> bool| {
        story.flights.iter().filter(|it| holds(it)).count()
    };
    let publishes = count(&|it| it.face.name == "PUBLISH");
    let dups = count(&|it| it.face.dup);
    let pubacks = count(&|it| it.face.name == "PUBACK");
    assert!(dups > 0 && pubacks > 1 && publishes > dups);
    for (filter, number) in [
        ("mqtt.msgtype == 3", publishes),
        ("mqtt.msgtype == publish", publishes),
        ("mqtt.msgtype eq \"PUBLISH\"", publishes),
        ("mqtt.msgtype==0x3", publishes),
        ("mqtt.msgtype in {3, 4}", publishes + pubacks),
        ("mqtt.msgtype in {3 .. 4}", publishes + pubacks),
        (
            "mqtt.msgtype >= 3 and mqtt.msgtype <= 4",
            publishes + pubacks,
        ),
        (
            "mqtt.msgtype == 3 || mqtt.msgtype == 4",
            publishes + pubacks,
        ),
        // A field alone asks whether it is there, as in Wireshark: every PUBLISH has the flag, set or not.
        ("mqtt.dupflag", publishes),
        ("mqtt.dupflag == 1", dups),
        ("mqtt.dupflag == true", dups),
        ("not mqtt.dupflag == 0 and mqtt.msgtype == 3", dups),
        ("mqtt.qos >= 1 && !(mqtt.dupflag == 0)", dups),
        (
            "mqtt.topic == \"robot/move\" and mqtt.msgtype == 3",
            publishes,
        ),
        ("mqtt.msgtype == 3 and mqtt.topic contains robot", publishes),
        ("mqtt.msg contains \"forward\"", publishes),
        ("mqtt.msg contains 66:6f:72", publishes),
        ("mqtt.msg_text == \"forward 1 m\"", publishes),
        ("mqtt.hdrflags == 0x3a", dups),
        ("mqtt.topic contains \"nowhere\"", 0),
        // Not equal asks that the field is there.
        ("mqtt.msgtype != 3", count(&|it| it.face.name != "PUBLISH")),
        ("mqtt.qos != 1", 0),
        (
            "mqtt.conack.val == 0",
            count(&|it| it.face.name == "CONNACK"),
        ),
        ("mqtt.connack.reason_code", 0),
        ("mqtt.clientid == \"robot-1\"", 2),
        (
            "mqtt.clientid == \"robot-1\" and mqtt.conflag.cleansess == 0",
            2,
        ),
        ("mqtt.conack.flags.sp == 1", 1),
        (
            "mqtt.msgid == 1 and sim.client == \"robot-1\" and mqtt.msgtype == 4",
            2,
        ),
        (
            "sim.lost == 1",
            count(&|it| matches!(it.fate, crate::story::Fate::Lost(_))),
        ),
        ("sim.event == cut", 1),
        ("sim.event in {\"cut\", \"restored\"}", 2),
        ("sim.step == 3", 1),
        ("sim.step", story.steps.len()),
    ] {
        assert_eq!(matching(&run, filter).len(), number, "{filter}");
    }
}

#[test]
fn what_no_capture_shows_can_be_asked_for() {
    let run = run("qos1-puback-lost");
    let twice = matching(&run, "sim.delivered >= 2");
    assert_eq!(twice.len(), 1, "{twice:?}");
    assert!(!matching(&run, "sim.rule contains \"4.3.2\"").is_empty());
    assert!(matching(&run, "sim.broken").is_empty());
}

#[test]
fn a_fault_says_where_and_what_could_stand_there() {
    for (typed, fault) in [
        ("", "At the end, a field such as `mqtt.topic` is missing."),
        (
            "mqtt.topik == 1",
            "Character 1: `mqtt.topik` is not a field such as `mqtt.topic`. Is `mqtt.topic` meant?",
        ),
        (
            "topic == 1",
            "Character 1: `topic` is not a field such as `mqtt.topic`. Is `mqtt.topic` meant?",
        ),
        ("mqtt.qos ==", "At the end, a number up to 255 is missing."),
        (
            "mqtt.qos == one",
            "Character 13: `one` is not a number up to 255.",
        ),
        (
            "mqtt.qos == 256",
            "Character 13: `256` is not a number up to 255.",
        ),
        (
            "mqtt.qos contains 1",
            "Character 10: `contains` is not one of `==`, `!=`, `>=`, `<=`, `>`, `<`, `in {…}` or `and` or `or`.",
        ),
        ("mqtt.dupflag == 2", "Character 17: `2` is not 0 or 1."),
        (
            "mqtt.topic matches \"a\"",
            "Character 12: `matches` is not one of `==`, `contains`, `!=`, `in {…}` or `and` or `or`.",
        ),
        (
            "mqtt.topic contains \"a",
            "Character 21: a text in quotes was expected.",
        ),
        (
            "mqtt.msgtype == PUBLISHED",
            "Character 17: `PUBLISHED` is not a packet type, by its number or as `PUBLISH`.",
        ),
        (
            "(mqtt.qos == 1",
            "At the end, `and` or `or` or `)` is missing.",
        ),
        (
            "mqtt.qos == 1)",
            "Character 14: `and` or `or` was expected.",
        ),
        (
            "mqtt.qos == 1 and",
            "At the end, a field such as `mqtt.topic` is missing.",
        ),
        ("mqtt.qos in {1, 2", "At the end, `,` or `}` is missing."),
        (
            "mqtt.topic == \"ü\" &",
            "Character 19: `and` or `or` was expected.",
        ),
    ] {
        let found = Filter::parse(typed).unwrap_err();
        assert_eq!(
            text::filter_fault(Language::English, typed, &found),
            fault,
            "{typed}"
        );
        assert!(typed.is_char_boundary(found.at));
    }
}

#[test]
fn and_binds_closer_than_or_and_not_closest() {
    let same =
        |one: &str, other: &str| assert_eq!(Filter::parse(one), Filter::parse(other), "{one}");
    same(
        "mqtt.qos or mqtt.msgid and mqtt.retain",
        "mqtt.qos or (mqtt.msgid and mqtt.retain)",
    );
    same(
        "not mqtt.qos and mqtt.msgid",
        "(not mqtt.qos) && mqtt.msgid",
    );
    same("! mqtt.qos == 1", "not (mqtt.qos == 1)");
    same(
        "mqtt.qos==1&&mqtt.msgid==2",
        "mqtt.qos eq 1 and mqtt.msgid eq 2",
    );
}

#[test]
fn hostile_expressions_end_soon() {
    for typed in [
        "(".repeat(900),
        "!".repeat(1000),
        "not ".repeat(240),
        "mqtt.qos or ".repeat(80),
        "ü".repeat(600),
        "\"".repeat(999),
        format!("mqtt.topic == \"{}\"", "\\".repeat(899)),
    ] {
        assert!(Filter::parse(&typed).is_err());
        let _ = complete(&typed, Language::German, |_| Vec::new());
    }
}

#[test]
fn typing_is_completed_at_the_end() {
    let values = |field: Field| match field {
        Field::Topic => vec!["robot/move".to_owned(), "a \"quoted\"".to_owned()],
        Field::MsgId => vec!["7".to_owned()],
        _ => Vec::new(),
    };
    for (typed, first) in [
        ("", Some("mqtt.msgtype ")),
        ("mqtt.top", Some("mqtt.topic ")),
        ("dup", Some("mqtt.dupflag ")),
        ("alive", Some("mqtt.kalive ")),
        ("mqtt.topic ", Some("mqtt.topic == ")),
        ("mqtt.topic con", Some("mqtt.topic contains ")),
        ("mqtt.topic == ", Some("mqtt.topic == \"robot/move\" ")),
        (
            "mqtt.topic == \"quo",
            Some("mqtt.topic == \"a \\\"quoted\\\"\" "),
        ),
        ("mqtt.qos >", Some("mqtt.qos >= ")),
        ("mqtt.msgtype == pub", Some("mqtt.msgtype == 3 ")),
        ("mqtt.msgid == ", Some("mqtt.msgid == 7 ")),
        ("mqtt.qos == 1 ", Some("mqtt.qos == 1 and ")),
        (
            "mqtt.qos == 1 and mqtt.m",
            Some("mqtt.qos == 1 and mqtt.msgtype "),
        ),
        ("!(mqtt.ret", Some("!(mqtt.retain ")),
        ("nonsense == ", None),
        ("robot/m", Some("mqtt.topic contains \"robot/m\" ")),
        ("puback", Some("mqtt.msgtype == PUBACK ")),
        ("PUBLISH", Some("mqtt.msgtype == PUBLISH ")),
        (
            "mqtt.qos == 1 and robot/move",
            Some("mqtt.qos == 1 and mqtt.topic contains \"robot/move\" "),
        ),
        ("mqtt.tpic", None),
        ("mqtt.nonsense", None),
        ("mqtt.qos", Some("mqtt.qos ")),
    ] {
        let offered = complete(typed, Language::English, values);
        let got = offered.first().map(|it| it.text.as_str());
        if typed == "mqtt.qos" {
            assert_eq!(got, None, "it is whole");
            continue;
        }
        assert_eq!(got, first, "{typed}");
    }
}
