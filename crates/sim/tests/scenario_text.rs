//! Scenario files: what is read, what is refused and with which words, and that writing and reading agree.

#![allow(clippy::expect_used, clippy::indexing_slicing)]

use sim::scenario::Scenario;

fn check_refused(text: &str, expected: &str) {
    let error = Scenario::parse(text).expect_err("refused");
    assert_eq!(error.to_string(), expected, "\n{text}");
}

const START: &str = "scenario \"t\"\nnode b broker\nnode r robot\nlink r to b\n";

fn check_line_refused(line: &str, expected: &str) {
    check_refused(&format!("{START}{line}"), expected);
}

#[test]
fn an_error_names_the_place_and_what_could_stand_there() {
    check_refused(
        "",
        "line 1, column 1: expected `scenario`, found the end of the line",
    );
    check_refused(
        "# only a comment\nnode b broker",
        "line 2, column 1: expected `scenario`, found `node`",
    );
    check_refused(
        "scenario t",
        "line 1, column 10: expected a text in double quotes, found `t`",
    );
    check_refused(
        "scenario \"t\" x",
        "line 1, column 14: expected the end of the line, found `x`",
    );
    check_line_refused(
        "node x toaster",
        "line 5, column 8: expected `broker`, `phone`, `robot`, `thermometer`, `button`, `lamp`, `window-sensor`, \
         `dashboard` or `sleeper`, found `toaster`",
    );
    check_line_refused(
        "at 40 r connect",
        "line 5, column 4: expected `end` or a time such as `40 ms`, `2.06 s`, `5 min` or `12 h`, at most 1000 h, found `40`",
    );
    check_line_refused(
        "at 40 ms r connect",
        "line 5, column 10: expected `:`, found `r`",
    );
    check_line_refused(
        "at 1 s: robot-9 connect",
        "line 5, column 9: expected `say`, `ask`, `cut`, `silence`, `stall`, `hold`, `gate`, `pass`, `release`, `double`, `lose`, `restore` or the name of a node declared above, \
         found `robot-9`",
    );
    check_line_refused(
        "at 1 s: r publish \"a/+\" \"x\"",
        "line 5, column 19: expected a topic name in double quotes, without `+` and `#`, found `\"a/+\"`",
    );
    check_line_refused(
        "at 1 s: r subscribe \"a/#/b\"",
        "line 5, column 21: expected a topic filter in double quotes, with `+` and `#` on levels of their own, \
         found `\"a/#/b\"`",
    );
    check_line_refused(
        "at 1 s: r publish \"a\" \"x\" qos 3",
        "line 5, column 31: expected `0`, `1` or `2`, found `3`",
    );
    check_line_refused(
        "when PUBLISH is lost: r connect",
        "line 5, column 17: expected `sent` or `on the wire`, found `lost:`",
    );
    check_line_refused(
        "session kept",
        "line 5, column 1: expected `mode`, `loss`, `duplicate`, `reorder`, `latency`, `jitter`, `bandwidth`, `window`, `about`, `version`, `seed`, \
          `until`, `node`, `remote`, `link`, `at`, `when`, `expect`, `lesson` or `task`, found `session`",
    );
    check_line_refused(
        "link r to b",
        "line 5, column 6: expected a device that has no link yet, and a broker, found `r`",
    );
}

#[test]
fn a_stream_loses_nothing() {
    check_line_refused(
        "at 1 s: lose r to b",
        "line 5, column 14: expected the two ends of a datagram link: on a stream nothing is lost while the \
         connection lives, found `r`",
    );
    check_line_refused(
        "loss 1/10",
        "line 5, column 1: expected `mode datagram` above this: on a stream nothing is lost, doubled or overtaken, \
         found `loss 1/10`",
    );
    check_refused(
        &format!("{START}mode datagram\nloss 2/1"),
        "line 6, column 6: expected a ratio up to 1, such as `1/10`, found `2/1`",
    );
}

#[test]
fn a_device_is_told_only_what_its_kind_and_its_version_have() {
    check_line_refused(
        "at 1 s: r press",
        "line 5, column 11: expected `connect`, `disconnect`, `publish`, `subscribe`, `unsubscribe`, `send-raw`, \
         `power-off`, `power-on` or `crash`, found `press`",
    );
    check_line_refused(
        "node x button\non heat: lamp on",
        "line 6, column 4: expected `message`, `connect`, `change` or `press`, found `heat:`",
    );
    check_line_refused(
        "at 1 s: r publish \"a\" \"x\" expires 5 s",
        "line 5, column 27: expected `version 5.0` in a line above, as 3.1.1 has no such word, found `expires`",
    );
    check_line_refused(
        "node x phone\nsubscribe \"a\" no-local",
        "line 6, column 15: expected `version 5.0` in a line above, as 3.1.1 has no such word, found `no-local`",
    );
    check_line_refused(
        "node x phone\nreceive-maximum 1",
        "line 6, column 1: expected `version 5.0` in a line above, as 3.1.1 has no such word, found `receive-maximum`",
    );
    check_line_refused(
        "node x phone\n  version 5.0\nsubscribe \"$share/g\"",
        "line 7, column 11: expected a share's name without wildcards and a filter behind `$share/` (5.0 MQTT-4.8.2-2), \
         found `\"$share/g\"`",
    );
    check_line_refused(
        "node x phone\n  version 5.0\nsubscribe \"$share/g/x\" qos 1 no-local",
        "line 7, column 30: expected no `no-local` for a shared subscription (5.0 MQTT-3.8.3-4), found `no-local`",
    );
    check_line_refused(
        "node x phone\n  client-id \"\"\n  session kept",
        "line 5, column 1: expected a clean session, as the client identifier is empty (3.1.1 MQTT-3.1.3-7), found `node x phone`",
    );
    check_line_refused(
        "node x phone\n  version 5.0\nwill \"a\" \"b\" expires 1 s expires 2 s",
        "line 7, column 37: expected each property once, and `delay` for a will only, found the end of the line",
    );
    check_line_refused(
        "node x sleeper\nsleep 60 s every 60 s",
        "line 6, column 18: expected a time that is longer than the sleep, found `60`",
    );
    check_line_refused(
        "node x phone\nbattery 2000000 mAh",
        "line 6, column 9: expected a charge such as `1000 mAh` or `0.25 mAh`, at most 1000000 mAh, found `2000000`",
    );
    check_line_refused(
        "node x phone\nclient umqtt",
        "line 6, column 8: expected `umqtt.simple`, `umqtt.robust`, `umqtt.simple2` or `umqtt.robust2`, found `umqtt`",
    );
    check_line_refused(
        "node x phone\nclient umqtt.simple2\ncall unsubscribe \"a\"",
        "line 7, column 6: expected `try`, `every`, `if-new-session`, `if-issue`, `connect`, `publish`, \
         `subscribe` or a call that this library has, found `unsubscribe`",
    );
    check_line_refused(
        "node x phone\ncall connect",
        "line 6, column 1: expected `client` above this, found `call connect`",
    );
    check_line_refused(
        "node x phone\nclient umqtt.simple\n  version 5.0",
        "line 7, column 1: expected `version 3.1.1`: no library of umqtt speaks 5.0, found `version 5.0`",
    );
    let rules = "every 1 s: lamp on\n".repeat(65);
    check_line_refused(
        &format!("node x lamp\n{rules}"),
        "line 70, column 1: expected at most 64 `on` and `every` lines for each node, found `every 1 s: lamp on`",
    );
}

#[test]
fn huge_numbers_are_refused() {
    check_line_refused(
        "until 99999999999999999999 s",
        "line 5, column 7: expected a time such as `40 ms`, `2.06 s`, `5 min` or `12 h`, at most 1000 h, found \
         `99999999999999999999`",
    );
    check_line_refused(
        "until 1001 h",
        "line 5, column 7: expected a time such as `40 ms`, `2.06 s`, `5 min` or `12 h`, at most 1000 h, found `1001`",
    );
    check_line_refused(
        "node x phone\nplace 8 4001",
        "line 6, column 9: expected a number up to 4000, found `4001`",
    );
    check_refused(
        "scenario \"t\"\nnode b broker\n  access \"topics a\"",
        "line 3, column 10: expected a line as in Mosquitto's acl_file, such as `\"topic read news/#\"`, \
         `\"user alice\"` or `\"pattern write dev/%c\"`, found `\"topics`",
    );
    check_refused(
        "scenario \"t\"\nnode a phone\n  password \"p\"",
        "line 3, column 1: expected `user-name` above this, found `password \"p\"`",
    );
    check_line_refused(
        "seed 18446744073709551616",
        "line 5, column 6: expected a number up to 18446744073709551615, found `18446744073709551616`",
    );
    let nodes: String = (0..300).map(|n| format!("node n{n} phone\n")).collect();
    check_refused(
        &format!("scenario \"t\"\n{nodes}"),
        "line 258, column 1: expected at most 256 nodes, found `node n256 phone`",
    );
    check_refused(
        &"#".repeat(256 * 1024 + 1),
        "line 1, column 1: expected a file of at most 256 KiB, found the end of the line",
    );
}

#[test]
fn what_5_0_allows_is_read() {
    for device in [
        "password \"p\"",
        "receive-maximum 1",
        "client-id \"\"\n  session kept",
        "subscribe \"$share/g/x\" qos 1 retain-as-published",
    ] {
        let text =
            format!("scenario \"t\"\nversion 5.0\nnode b broker\nnode x phone\n  {device}\n");
        let scenario = Scenario::parse(&text);
        let scenario = scenario.expect(device);
        let again = Scenario::parse(&scenario.to_string());
        assert_eq!(again.as_ref(), Ok(&scenario), "{device}");
    }
}

#[test]
fn columns_count_characters_not_bytes() {
    check_refused(
        "scenario \"Grüße\" x",
        "line 1, column 18: expected the end of the line, found `x`",
    );
}

/// Everything that can be written, in normal form.
const EVERYTHING: &str = r#"scenario "Every \"word\"\n"
about "One of each"
version 5.0
seed 18446744073709551615
until 1 h

node broker broker
  work 5 ms
  retry 5 s
  storage forgets
  receive-maximum 5
  topic-alias-maximum 2
  max-packet 1000 B
  backlog 200 B
  session-queue 3
  access "topic read news/#"
  access "user alice"
  access "topic deny home/safe"

node a phone
  place 144 4000
  storage keeps
  client-id "device-α"
  version 3.1.1
  session kept
  keep-alive 60 s
  user-name "alice"
  password "\x00"
  will "state/a" "gone\xff" qos 1 retain
  reconnect every 2.5 s
  subscribe "robot/+"
  subscribe "$share/x/#" qos 2

node r robot
  reconnect when-link-is-up

link a to broker
  latency 40.5 ms
  jitter 7 us
  bandwidth 1200 B/s
  window 100 B

link r to broker
  mode datagram
  loss 1/10
  duplicate 1/20
  reorder 3/3

at 0 s: a connect
at 1.000001 s: a publish "robot/move" "forward 1 m" qos 1 retain
at 90 s: a subscribe "x" qos 1
at 2 min: a unsubscribe "x"
when PUBACK from r is on the wire: cut r to broker for 2.06 s
when 2nd PUBLISH id 7 dup from broker to r is sent plus 5 ms: cut r to broker
when 13th CONNECT has arrived: restore r to broker
at 3 min: a disconnect
at 4 min: silence a to broker
at 4 min: silence a to broker toward broker for 1 s
at 5 min: broker power-off for 1 s
at 5 min: a power-off
at 5 min: a power-on
at 6 min: broker crash
at 6 min: a crash before-saving
at 6 min: broker crash after-saving for 1 s
at 6 min: lose r to broker
at 6 min: double r to broker
at 6 min: stall a to broker
at 6 min: stall a to broker toward broker at 10 B/s for 1 s
at 6 min: hold a to broker
at 6 min: hold a to broker toward a for 1 s
at 6 min: release a to broker
at 7 min: a send-raw "\xff0"

expect r position -0.25 m
expect r received "robot/#" 2 times
"#;

/// Every claim and every word of a lesson, in normal form.
const LESSON: &str = r#"scenario "t"
version 3.1.1
seed 1
until 1 min

node broker broker

node a phone

node r robot

expect a received "x" "on" qos 1 retain 0 at least 3 times
expect a received "x" retain 1 at most 1 times
expect a heard "state/+" "1" "\xff"
expect broker retains "state/a" "0"
expect broker retains "state/a" nothing
expect broker keeps 3 for r
expect broker believes a connected
expect broker believes r gone
expect r remembers 0 ids
expect 2 PUBLISH id 7 dup qos 2 retain 1 from broker to r
expect at most 0 CONNACK reason 0x87
expect promise never-twice kept and r remembers 0 ids and 1 PUBREL
expect promise no-resend-while-connected broken

lesson 4 part b "Exactly once"
  chapter "Promises"
  question "What does it cost?"
  takes 8 min

at 0 s: say "One idea."

when PUBREC from r is on the wire: say "Another."

when 2nd PUBREC from r has arrived plus 5 ms: ask "Which packet is next?"
  reveal when PUBCOMP has arrived
  right "PUBREL": next PUBREL from broker to r
    because "It is."
  wrong "PUBLISH, \"again\"": next PUBLISH dup from broker
    belief resent-on-timer
    because "Never."

at end: ask "Where is it?"
  reveal at end
  right "Here": r position 1 m

when PUBACK has arrived: ask generated next-packet

at end: say "The end."

task "Build it."
  enable cut power send-raw
  goal r position 2 m
    hint "Not there."
  keep a received "x" 0 times
  solution at 1 s: a publish "x" "y"
  solution when PUBLISH is sent: a power-off
"#;

/// Everything that can be written about devices, in normal form.
const DEVICES: &str = r#"scenario "Devices"
version 5.0
seed 1
until 1 min

node lamp-1 lamp
  session kept for 1 h
  topic-aliases 3
  user "maker" "me"
  will "state/lamp" "gone" delay 5 s expires 1 min text content-type "t" reply-to "r" correlation "\xff" user "a" "b" user "a" "c"
  reconnect back-off 1 s to 10 min jitter 50 %
  queue 20 drop-oldest
  deadline 15 s
  sleep 59 s every 1 min without-disconnect
  battery 0.25 mAh
  subscribe "lamp/set" qos 1 no-local retain-as-published retained if-new id 7
  subscribe "ask" retained never
  on message "lamp/set" saying "x" not-retained: lamp toggle
  on message "ask": publish reply "{payload}: {reading}"
  on change: publish "state/lamp" "{reading}" qos 1 retain expires 1 min
  on switch: lamp off
  on connect: publish "hello" "{n}" qos 2
  every 10 s: publish "beat" "" user "x" "y"

node sleeper-1 sleeper
  receive-maximum 1
  sleep never

node button-1 button
  reconnect back-off 1 s to 1 s
  queue 0 drop-newest
  on press: publish "button" "{n}"

node window-1 window-sensor

node esp-1 phone
  version 3.1.1
  client umqtt.robust2
  call try connect kept
  call if-new-session subscribe "cmd" qos 1
  loop
  call if-issue reconnect
  call every 5 s publish "t" "{n}" qos 1 retain
  call resubscribe
  call send_queue
  call check_msg
  call wait_msg
  call ping
  call sleep 1.5 s
  call disconnect

node esp-2 phone
  version 3.1.1
  client umqtt.simple
  call connect
  call unsubscribe "cmd"
  loop

at 8 min: lamp-1 publish "x" "y" qos 1 retain expires 30 s user "k" "v"
at 8 min: lamp-1 switch on
at 8 min: lamp-1 switch off
at 8 min: sleeper-1 heat -3.5 C
at 8 min: button-1 press
at 8 min: window-1 break
at 8 min: window-1 mend

expect lamp-1 reads "off"
expect window-1 shows "x" "y"
expect button-1 made 1 times
expect button-1 delivered 1 times
expect button-1 late 0 times
expect button-1 doubled 0 times
expect button-1 lost at most 3 times
expect button-1 used at most 10 mAh
expect button-1 used at least 0.001 mAh
"#;

#[test]
fn the_normal_form_reads_back_as_itself() {
    for text in [EVERYTHING, LESSON, DEVICES] {
        let scenario = Scenario::parse(text).expect("every word is known");
        assert_eq!(scenario.to_string(), text);
    }
}

#[test]
fn a_lesson_is_refused_where_a_part_of_it_is_out_of_place() {
    let lesson = "lesson 1 \"t\"";
    for (text, expected) in [
        (
            "at 0 s: say \"x\"",
            "line 5, column 1: expected `lesson` above this, found `at 0 s: say \"x\"`",
        ),
        (
            "task \"x\"",
            "line 5, column 1: expected `lesson` above this, found `task \"x\"`",
        ),
        (
            "lesson 0 \"t\"",
            "line 5, column 8: expected a number from 1 to 99, found `0`",
        ),
        (
            "lesson 1 part B \"t\"",
            "line 5, column 15: expected a letter from `a` to `z`, found `B`",
        ),
    ] {
        check_line_refused(text, expected);
    }
    for (text, expected) in [
        (
            "lesson 2 \"t\"",
            "line 6, column 1: expected one `lesson` line only, found `lesson 2 \"t\"`",
        ),
        (
            "at end: r connect",
            "line 6, column 9: expected `say` or `ask`, found `r`",
        ),
        (
            "at 0 s: ask \"x\"\nbelief once-on-the-wire",
            "line 7, column 1: expected `belief` below a `wrong` answer, found `belief once-on-the-wire`",
        ),
        (
            "at 0 s: ask \"x\"\nwrong \"y\": 1 PUBLISH\nbelief flat-earth",
            "line 8, column 8: expected a misconception such as `resent-on-timer`: scenarios/README.md lists them, \
             found `flat-earth`",
        ),
        (
            "task \"x\"\ngoal next PUBLISH",
            "line 7, column 6: expected `promise`, `at least`, a number, the name of a broker declared above or the name of a device declared above, found `next`",
        ),
        (
            "task \"x\"\nenable flying",
            "line 7, column 8: expected `cut`, `silence`, `lose`, `power`, `crash`, `connect`, `publish`, `subscribe`, \
             `send-raw` or `touch`, found `flying`",
        ),
        (
            "task \"x\"\ntask \"y\"",
            "line 7, column 1: expected one `task` line only, found `task \"y\"`",
        ),
    ] {
        check_line_refused(&format!("{lesson}\n{text}"), expected);
    }
    let many = "at 0 s: say \"x\"\n".repeat(257);
    check_line_refused(
        &format!("{lesson}\n{many}"),
        "line 262, column 1: expected at most 256 `say` and `ask` lines, found `at 0 s: say \"x\"`",
    );
}

#[test]
fn spacing_comments_and_the_order_of_settings_do_not_matter() {
    let normal =
        Scenario::parse("scenario \"t\"\nnode r robot\n  session kept\n  keep-alive 9 s\n");
    let other = Scenario::parse(
        "# a comment\n\nscenario   \"t\"  # another\nnode r robot # a robot\nkeep-alive 9000ms\n\tsession kept",
    );
    assert_eq!(normal, other);
    assert!(normal.is_ok());
}

#[test]
fn no_text_makes_the_parser_panic() {
    // Every prefix and every text with one character exchanged; of the long text one place in seven.
    for (text, stride) in [(EVERYTHING, 1), (LESSON, 1), (DEVICES, 7)] {
        for (end, _) in text.char_indices().step_by(stride) {
            drop(Scenario::parse(&text[..end]));
            for replacement in ["\"", "\\", "9", "\n", "é", "#", ":"] {
                let rest: String = text[end..].chars().skip(1).collect();
                let text = format!("{}{replacement}{rest}", &text[..end]);
                if let Ok(scenario) = Scenario::parse(&text) {
                    let written = scenario.to_string();
                    assert_eq!(Scenario::parse(&written), Ok(scenario), "{written}");
                }
            }
        }
    }
}
