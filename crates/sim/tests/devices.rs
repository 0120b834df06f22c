//! Devices in a world: each case is a scenario whose expectations must be met.

#![allow(clippy::expect_used, clippy::panic)]

use sim::{Recording, Scenario};
use std::rc::Rc;

/// Runs nodes, events and expectations around a broker to which every device is linked and connects at 0 s.
fn check(version: &str, until: &str, devices: &[(&str, &str)], rest: &str) {
    let mut text =
        format!("scenario \"t\"\nversion {version}\nuntil {until}\nnode broker broker\n");
    for (declaration, settings) in devices {
        text += &format!("node {declaration}\n{settings}\n");
    }
    for (declaration, _) in devices {
        let name = declaration.split(' ').next().unwrap_or_default();
        text += &format!("link {name} to broker\nat 0 s: {name} connect\n");
    }
    text += rest;
    let scenario = Scenario::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let seed = scenario.seed;
    let mut run = Recording::new(Rc::new(scenario), seed).expect("it can run");
    run.run_to_end();
    let unmet: Vec<String> = run
        .verdicts()
        .into_iter()
        .filter(|verdict| !verdict.met)
        .map(|verdict| format!("{} but {}", verdict.expectation, verdict.found))
        .collect();
    let ladder = run.log().ladder_text(run.log().end());
    assert!(unmet.is_empty(), "{unmet:#?}\n{text}\n{ladder}");
}

#[test]
fn a_lamp_is_switched_by_message_and_by_hand_and_says_so() {
    let lamp = "subscribe \"lamp/set\"\non change: publish \"lamp\" \"{reading}\" retain";
    check(
        "3.1.1",
        "10 s",
        &[
            ("lamp-1 lamp", lamp),
            ("early phone", "subscribe \"lamp\""),
            ("late phone", ""),
        ],
        r#"
at 1 s: early publish "lamp/set" "on"
at 2 s: early publish "lamp/set" "on"
at 3 s: early publish "lamp/set" "brighter"
at 4 s: lamp-1 switch off
at 5 s: early publish "lamp/set" "toggle"
at 6 s: late subscribe "lamp"
expect lamp-1 reads "on"
expect early received "lamp" 3 times
expect late received "lamp" 1 times
expect late shows "lamp" "on"
expect lamp-1 made 3 times
expect lamp-1 delivered 3 times
"#,
    );
}

#[test]
fn inputs_make_messages() {
    check(
        "3.1.1",
        "10 s",
        &[
            (
                "t thermometer",
                "on heat: publish \"t\" \"{reading} C\"\nevery 4 s: publish \"beat\" \"{n}\"",
            ),
            ("b button", "on press: publish \"b\" \"{n}: {reading}\""),
            (
                "w window-sensor",
                "on break: publish \"w\" \"{reading}\" retain\non mend: publish \"w\" \"\" retain",
            ),
            ("d dashboard", "subscribe \"#\""),
        ],
        r#"
at 1 s: t heat 21.5 C
at 2 s: b press
at 3 s: b press
at 4 s: w break
at 5 s: w break
expect d shows "t" "21.5 C"
expect d shows "beat" "2"
expect d shows "b" "2: 2"
expect d shows "w" "broken"
expect w made 1 times
expect w reads "broken"
expect b reads "2"
expect t reads "21.5"
"#,
    );
}

/// Two devices that echo what they hear, at 10 ms each way, for one second after the first message.
fn check_echo(version: &str, subscription: &str, rule: &str, expected: u32) {
    let settings =
        format!("subscribe {subscription}\non message {rule}: publish \"chat\" \"{{payload}}\"");
    check(
        version,
        "2 s",
        &[
            ("a phone", &settings),
            ("b phone", &settings),
            ("c phone", ""),
        ],
        &format!(
            "at 1 s: c publish \"chat\" \"hello\" retain\nexpect a received \"chat\" {expected} times\n"
        ),
    );
}

#[test]
fn echoes_make_a_storm_and_each_cure_ends_it() {
    // Every copy makes two: 1, 2, 4, 8 and 16 to each, 20 ms apart. Only the clock ends it.
    let echo = "subscribe \"chat\"\non message \"chat\": publish \"chat\" \"{payload}\"";
    check(
        "3.1.1",
        "1.1 s",
        &[("a phone", echo), ("b phone", echo)],
        "at 1 s: a publish \"chat\" \"hello\"\nexpect b received \"chat\" 31 times\n",
    );
    // No Local cures a device of itself, and not two of each other.
    check(
        "5.0",
        "2 s",
        &[(
            "a phone",
            "subscribe \"chat\" no-local\non message \"chat\": publish \"chat\" \"{payload}\"",
        )],
        "at 1 s: a publish \"chat\" \"hello\"\nexpect a received \"chat\" 0 times\n",
    );
    // An answer that is not the question.
    check_echo("3.1.1", "\"chat\"", "\"other\"", 1);
    check_echo("3.1.1", "\"chat\"", "\"chat\" saying \"bye\"", 1);
}

#[test]
fn a_retained_echo_can_be_ignored() {
    for (word, lamp) in [("", "on"), (" not-retained", "off")] {
        check(
            "3.1.1",
            "5 s",
            &[
                (
                    "lamp-1 lamp",
                    &format!("on message \"lamp\" saying \"1\"{word}: lamp on"),
                ),
                ("p phone", ""),
            ],
            &format!(
                "at 1 s: p publish \"lamp\" \"1\" retain\nat 2 s: lamp-1 subscribe \"lamp\"\nexpect lamp-1 reads \"{lamp}\"\n"
            ),
        );
    }
}

#[test]
fn a_question_carries_where_its_answer_goes() {
    check(
        "5.0",
        "5 s",
        &[
            (
                "t thermometer",
                "subscribe \"ask\"\non message \"ask\": publish reply \"{reading}\"",
            ),
            ("p phone", "subscribe \"answers/p\""),
        ],
        r#"
at 1 s: p publish "ask" "temperature?" reply-to "answers/p" correlation "7"
at 2 s: p publish "ask" "no answer wanted"
expect p received "answers/p" 1 times
expect p shows "answers/p" "20"
"#,
    );
}

#[test]
fn shared_and_delayed_and_expired() {
    // Three messages for a group of two; one old message for nobody; a will that comes too late to be true.
    check(
        "5.0",
        "60 s",
        &[
            ("a phone", "subscribe \"$share/g/work\""),
            ("b phone", "subscribe \"$share/g/work\""),
            (
                "sleepy phone",
                "session kept for 1 h\nreconnect when-link-is-up\nsubscribe \"news\" qos 1",
            ),
            (
                "lamp-1 lamp",
                "session kept for 1 h\nreconnect every 2 s\nwill \"dead\" \"x\" delay 20 s",
            ),
            ("p phone", "subscribe \"dead\""),
        ],
        r#"
at 1 s: p publish "work" "1"
at 2 s: p publish "work" "2"
at 3 s: p publish "work" "3"
at 3 s: p publish "work" "4"
at 4 s: cut sleepy to broker for 30 s
at 5 s: p publish "news" "stale" qos 1 expires 10 s
at 6 s: p publish "news" "lasting" qos 1 expires 1 h
at 7 s: cut lamp-1 to broker for 5 s
expect a received "work" 2 times
expect b received "work" 2 times
expect sleepy received "news" 1 times
expect sleepy shows "news" "lasting"
expect p received "dead" 0 times
"#,
    );
}

#[test]
fn a_sleeper_gets_its_messages_when_it_wakes() {
    let session = |session: &str| {
        format!("{session}\nsubscribe \"cmd\" qos 1\non connect: publish \"t\" \"{{n}}\" qos 1")
    };
    for (settings, got) in [("session kept", 5), ("session clean", 0)] {
        check(
            "3.1.1",
            "130 s",
            &[
                ("s sleeper", &session(settings)),
                ("p phone", "subscribe \"t\" qos 1"),
            ],
            &format!(
                "{}expect s received \"cmd\" {got} times\nexpect p received \"t\" 2 times\nexpect s used at most 0.6 mAh\n",
                (10..15)
                    .map(|secs| format!("at {secs} s: p publish \"cmd\" \"{secs}\" qos 1\n"))
                    .collect::<String>()
            ),
        );
    }
}

#[test]
fn asleep_is_not_away_until_the_keep_alive_has_passed() {
    // With DISCONNECT nobody is told. Without, the broker misses it after 1.5 x 10 s, once for each sleep.
    for (words, wills) in [("", 0), (" without-disconnect", 2)] {
        check(
            "3.1.1",
            "115 s",
            &[
                (
                    "s sleeper",
                    &format!(
                        "session kept\nkeep-alive 10 s\nsleep 59 s every 60 s{words}\nwill \"dead\" \"x\""
                    ),
                ),
                ("p phone", "subscribe \"dead\""),
            ],
            &format!("expect p received \"dead\" {wills} times\n"),
        );
    }
}

#[test]
fn an_empty_battery_is_a_loss_of_power() {
    check(
        "3.1.1",
        "10 min",
        &[
            (
                "t thermometer",
                "battery 1 mAh\nkeep-alive 10 s\nwill \"dead\" \"x\"\nevery 10 s: publish \"t\" \"{n}\"",
            ),
            ("p phone", "subscribe \"#\""),
        ],
        r#"
at 5 min: t power-on
expect p received "dead" 2 times
expect t used at least 1.9 mAh
expect t used at most 2.1 mAh
"#,
    );
}
