//! The MQTT clients of MicroPython, call by call: each row is a statement about a library and a run that shows it.
//!
//! What a run shows is its ladder, and between its steps what the program did that no packet shows (with `!`).

#![allow(clippy::expect_used, clippy::panic)]

use sim::record::Note;
use sim::{RecordKind, Recording, Scenario};
use std::rc::Rc;

/// The run of a program beside a phone that hears everything, as text.
fn run(client: &str, program: &str, rest: &str) -> String {
    let text = format!(
        "scenario \"t\"\nuntil 120 s\nnode broker broker\nnode esp thermometer\n{client}\n{program}\nnode p phone\n\
         subscribe \"up/#\" qos 2\nlink esp to broker\nlink p to broker\nat 0 s: p connect\nat 1 s: esp connect\n{rest}"
    );
    let scenario = Scenario::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(
        Scenario::parse(&scenario.to_string()).as_ref(),
        Ok(&scenario),
        "{scenario}"
    );
    let mut run = Recording::new(Rc::new(scenario), 1).expect("it can run");
    run.run_to_end();
    let log = run.log();
    let esp = run.node_named("esp");
    let lines = log.records(log.end()).iter().filter_map(|record| {
        let remark = match &record.kind {
            RecordKind::Note(Note::Device(remark)) if record.node == esp => {
                Some(format!("! {remark}"))
            }
            RecordKind::Delivered(message) if record.node == esp => {
                Some(format!("! callback {}", message.topic.as_str()))
            }
            _ => None,
        };
        remark.or_else(|| log.ladder_line(record))
    });
    lines.map(|line| line + "\n").collect()
}

/// Who the first CONNECT of `esp` says it is.
fn credentials(client: &str) -> (Option<String>, Option<Vec<u8>>) {
    let text = format!(
        "scenario \"t\"\nnode broker broker\nnode esp thermometer\n{client}\nlink esp to broker\nat 0 s: esp connect"
    );
    let scenario = Scenario::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let run = Recording::run(Rc::new(scenario), 1).expect("it can run");
    let log = run.log();
    let mut sent = log.records(log.end()).iter();
    let connect = sent.find_map(|record| match &record.kind {
        RecordKind::Sent(flight) => flight.packet(),
        _ => None,
    });
    let Some(mqtt_proto::Packet::Connect(connect)) = connect else {
        panic!("no CONNECT: {client}")
    };
    let name = connect.user_name.map(|name| name.to_string());
    (name, connect.password.map(|password| password.to_vec()))
}

#[test]
fn user_and_password_go_out_as_each_library_has_it() {
    let (user, both) = ("user-name \"u\"", "user-name \"u\"\npassword \"p\"");
    let (u, p) = (|| Some("u".to_owned()), |text: &str| Some(text.into()));
    for (library, settings, expected) in [
        ("", user, (u(), None)),
        ("", both, (u(), p("p"))),
        ("client umqtt.simple\n", "", (None, None)),
        ("client umqtt.simple\n", both, (u(), p("p"))),
        // It writes both or none.
        ("client umqtt.robust\n", user, (u(), p(""))),
        ("client umqtt.simple2\n", user, (u(), None)),
        ("client umqtt.robust2\n", both, (u(), p("p"))),
    ] {
        let client = format!("{library}{settings}");
        assert_eq!(credentials(&client), expected, "{client}");
    }
}

/// A statement; the client, its program, what else happens; what the run shows, in this order; and what it never shows.
type Row<'a> = (
    &'a str,
    &'a str,
    &'a str,
    &'a str,
    &'a [&'a str],
    &'a [&'a str],
);

fn check(rows: &[Row<'_>]) {
    for (statement, client, program, rest, shows, never) in rows {
        let found = run(client, program, rest);
        let mut lines = found.lines();
        for wanted in *shows {
            assert!(
                lines.any(|line| line.contains(wanted)),
                "{statement}\nmissing, in its place: {wanted}\n{found}"
            );
        }
        for unwanted in *never {
            assert!(
                !found.contains(unwanted),
                "{statement}\nthere: {unwanted}\n{found}"
            );
        }
    }
}

#[test]
fn umqtt_simple() {
    const SIMPLE: &str = "client umqtt.simple";
    const WAIT: &str = "call connect\ncall subscribe \"cmd\" qos 2\nloop\ncall wait_msg";
    check(&[
        (
            "keepalive default 0; clean_session=True",
            SIMPLE,
            "call connect",
            "",
            &["esp -> broker  CONNECT clean 1", "CONNACK session 0"],
            &["keep alive", "PINGREQ"],
        ),
        (
            "rc != 0 -> MQTTException(rc) with the raw 1..5",
            "client umqtt.simple\nclient-id \"\"",
            "call connect kept",
            "",
            &[
                "connect() raises MQTTException(2)",
                "program ends: MQTTException(2)",
            ],
            &[],
        ),
        (
            "a connection that is closed before CONNACK is looked at byte by byte: IndexError",
            SIMPLE,
            "call connect",
            "when CONNECT from esp is on the wire: broker crash before-saving for 1 s",
            &["connect() raises IndexError"],
            &[],
        ),
        (
            "connect() closes an old socket without DISCONNECT: the broker fires the will",
            "client umqtt.simple\nwill \"up/will\" \"x\"",
            "call connect\ncall sleep 1 s\ncall connect",
            "",
            &[
                "CONNECT clean 1",
                "broker -> p  PUBLISH QoS 0 up/will",
                "esp -> broker  CONNECT clean 1",
            ],
            &["DISCONNECT"],
        ),
        (
            "the first connect() fails as it is: OSError reaches the app",
            SIMPLE,
            "call connect",
            "at 0.5 s: cut esp to broker",
            &[
                "no connection",
                "connect() raises OSError(118): there is no network; the program ends",
            ],
            &[],
        ),
        (
            "publish qos 0: write, returns at once",
            SIMPLE,
            "call connect\ncall publish \"up/a\" \"1\"\ncall publish \"up/a\" \"2\"",
            "",
            &[
                "PUBLISH QoS 0 up/a \"1\"",
                "PUBLISH QoS 0 up/a \"2\"",
                "broker -> p  PUBLISH QoS 0 up/a \"1\"",
            ],
            &["waits"],
        ),
        (
            "qos 1: blocks until its own PUBACK; pid +1 for each",
            SIMPLE,
            "call connect\ncall publish \"up/a\" \"1\" qos 1\ncall publish \"up/a\" \"2\" qos 1",
            "",
            &[
                "esp -> broker  PUBLISH 1 QoS 1 up/a \"1\"",
                "publish() waits",
                "broker -> esp  PUBACK 1",
                "esp -> broker  PUBLISH 2 QoS 1 up/a \"2\"",
            ],
            &[],
        ),
        (
            "callbacks of other messages run meanwhile",
            SIMPLE,
            "call connect\ncall subscribe \"cmd\"\ncall sleep 1 s\ncall publish \"up/a\" \"1\" qos 1\ncall disconnect",
            "at 1.5 s: p publish \"cmd\" \"early\"",
            &[
                "! callback cmd",
                "publish() waits",
                "broker -> esp  PUBACK 2",
                "DISCONNECT",
            ],
            &[],
        ),
        (
            "no time-out, no DUP, no resend: with the network silent and keepalive 0 it waits for ever",
            SIMPLE,
            "call connect\ncall sleep 1 s\ncall publish \"up/a\" \"1\" qos 1\ncall publish \"up/a\" \"2\" qos 1",
            "at 1.5 s: silence esp to broker",
            &["PUBLISH 1 QoS 1 up/a \"1\"", "publish() waits"],
            &["PUBLISH 2", "DUP", "raises"],
        ),
        (
            "QoS 2: the packet IS sent, then AssertionError; the PUBREC stays unread",
            SIMPLE,
            "call connect\ncall try publish \"up/a\" \"1\" qos 2\nloop\ncall sleep 1 s\ncall check_msg",
            "",
            &[
                "esp -> broker  PUBLISH 1 QoS 2 up/a \"1\"",
                "publish() raises AssertionError",
                "broker -> esp  PUBREC 1",
                "reads 0x50, does not know it, and leaves the rest unread",
                "reads 0x02",
                "reads 0x00",
                "reads 0x01",
            ],
            &["esp -> broker  PUBREL", "program ends"],
        ),
        (
            "subscribe: 0x80 -> MQTTException(128)",
            SIMPLE,
            &format!("call connect\ncall subscribe \"{}\"", "a/".repeat(1_001)),
            "",
            &["subscribe() raises MQTTException(128)"],
            &[],
        ),
        (
            "unsubscribe(topic) blocks to UNSUBACK",
            SIMPLE,
            "call connect\ncall subscribe \"cmd\"\ncall unsubscribe \"cmd\"\ncall disconnect",
            "",
            &[
                "SUBSCRIBE 1",
                "SUBACK 1",
                "UNSUBSCRIBE 2 cmd",
                "unsubscribe() waits",
                "UNSUBACK 2",
                "DISCONNECT",
            ],
            &[],
        ),
        (
            "peer closed -> OSError(-1)",
            SIMPLE,
            WAIT,
            "at 2 s: broker crash for 1 s",
            &[
                "wait_msg() raises OSError(-1): the other end has closed the connection; the program ends",
            ],
            &[],
        ),
        (
            "PUBLISH -> callback, then PUBACK if QoS 1",
            SIMPLE,
            WAIT,
            "at 2 s: p publish \"cmd\" \"x\" qos 1",
            &[
                "PUBLISH 1 QoS 1 cmd",
                "! callback cmd",
                "esp -> broker  PUBACK 1",
            ],
            &["raises"],
        ),
        (
            "incoming QoS 2: the callback is called, then AssertionError, no PUBREC; the broker resends after reconnect",
            SIMPLE,
            "call connect kept\ncall if-new-session subscribe \"cmd\" qos 2\ncall try wait_msg\ncall disconnect\ncall connect \
             kept\ncall try wait_msg",
            "at 2 s: p publish \"cmd\" \"x\" qos 2",
            &[
                "! callback cmd",
                "wait_msg() raises AssertionError",
                "CONNECT clean 0",
                "PUBLISH 1 QoS 2 DUP cmd",
                "! callback cmd",
                "wait_msg() raises AssertionError",
            ],
            &["esp -> broker  PUBREC"],
        ),
        (
            "ping() just writes; PINGRESP is swallowed",
            "client umqtt.simple\nkeep-alive 4 s",
            "call connect\nloop\ncall every 3 s ping\ncall check_msg\ncall sleep 1 s",
            "",
            &["PINGREQ", "PINGRESP", "PINGREQ"],
            &["reads 0x", "raises"],
        ),
        (
            "nothing is automatic: an app with keepalive k that does not ping is cut at 1.5 k",
            "client umqtt.simple\nkeep-alive 4 s",
            WAIT,
            "",
            &["keep alive 4 s", "raises OSError(-1)"],
            &["PINGREQ"],
        ),
        (
            "what is written into a socket that the other end has closed is lost, once; then OSError",
            SIMPLE,
            "call connect\nloop\ncall every 2 s publish \"up/a\" \"{n}\"\ncall sleep 1 s",
            "at 4 s: broker crash for 1 s",
            &[
                "PUBLISH is written into a dead socket, and lost",
                "publish() raises OSError(104)",
                "program ends",
            ],
            &[],
        ),
        (
            "disconnect(): DISCONNECT, then close; a call after it fails",
            SIMPLE,
            "call connect\ncall disconnect\ncall publish \"up/a\" \"1\"",
            "",
            &["DISCONNECT", "publish() raises OSError(9)"],
            &[],
        ),
        (
            "before the first connect() there is no socket",
            SIMPLE,
            "call ping",
            "",
            &["ping() raises AttributeError"],
            &[],
        ),
    ]);
}

#[test]
fn umqtt_robust() {
    const ROBUST: &str = "client umqtt.robust";
    check(&[
        (
            "the first connect() is plain simple: OSError reaches the app",
            ROBUST,
            "call connect kept",
            "at 0.5 s: cut esp to broker",
            &["connect() raises OSError(118)", "program ends"],
            &["tries again"],
        ),
        (
            "DELAY = 2 s; reconnect() loops for ever with clean_session=False; the app blocks while offline",
            ROBUST,
            "call connect kept\nloop\ncall every 5 s publish \"up/a\" \"{n}\"\ncall check_msg\ncall sleep 1 s",
            "at 3 s: cut esp to broker for 7 s",
            &[
                "link cut",
                "OSError(118): there is no network; tries again in 2 s",
                "tries again in 2 s",
                "tries again in 2 s",
                "link restored",
                "CONNECT clean 0",
                "PUBLISH QoS 0 up/a \"2\"",
            ],
            &["raises"],
        ),
        (
            "publish on OSError: QoS 1 is sent again as a NEW packet, DUP 0",
            ROBUST,
            "call connect kept\ncall sleep 4 s\ncall publish \"up/a\" \"1\" qos 1\ncall disconnect",
            "at 3 s: cut esp to broker for 3 s",
            &[
                "CONNECT clean 0",
                "link cut",
                "CONNECT clean 0",
                "PUBLISH 1 QoS 1 up/a \"1\"",
                "PUBACK 1",
                "DISCONNECT",
            ],
            &["DUP", "raises"],
        ),
        (
            "QoS 1, connection lost while it waits for PUBACK: wait_msg() reconnects and waits on, for ever; nothing is resent",
            ROBUST,
            "call connect kept\ncall sleep 1 s\ncall publish \"up/a\" \"1\" qos 1\ncall disconnect",
            "when PUBLISH from esp is on the wire: cut esp to broker for 1 s",
            &[
                "PUBLISH 1 QoS 1",
                "publish() waits",
                "PUBLISH 1 lost",
                "CONNECT clean 0",
                "CONNACK session 1",
            ],
            &["PUBLISH 2", "DISCONNECT", "broker -> p  PUBLISH"],
        ),
        (
            "QoS 0 written into a dead socket is silently lost",
            ROBUST,
            "call connect kept\ncall sleep 3 s\ncall publish \"up/a\" \"1\"\ncall sleep 1 s\ncall publish \"up/a\" \"2\"",
            "at 2 s: broker crash for 1 s",
            &[
                "PUBLISH is written into a dead socket, and lost",
                "CONNECT clean 0",
                "PUBLISH QoS 0 up/a \"2\"",
            ],
            &["raises", "PUBLISH QoS 0 up/a \"1\""],
        ),
        (
            "half-open with keepalive 0: nobody ever knows",
            ROBUST,
            "call connect kept\nloop\ncall wait_msg",
            "at 2 s: silence esp to broker toward esp\nat 3 s: broker power-off for 1 s",
            &["link silent", "loses power"],
            &["tries again", "raises"],
        ),
        (
            "MQTTException (refused) escapes",
            "client umqtt.robust\nclient-id \"\"",
            "call connect clean\nloop\ncall wait_msg",
            "at 2 s: cut esp to broker for 1 s",
            &[
                "CONNECT clean 1",
                "link restored",
                "CONNECT clean 0",
                "raises MQTTException(2)",
                "program ends",
            ],
            &[],
        ),
        (
            "no resubscribe: relies on the broker's session, which a clean first connect does not leave",
            ROBUST,
            "call connect clean\ncall subscribe \"cmd\"\nloop\ncall wait_msg",
            "at 2 s: cut esp to broker for 1 s\nat 10 s: p publish \"cmd\" \"x\"",
            &[
                "SUBSCRIBE 1",
                "link restored",
                "CONNECT clean 0",
                "CONNACK session 0",
                "PUBLISH QoS 0 cmd",
            ],
            &["callback", "SUBSCRIBE 2"],
        ),
        (
            "the examples' way: the session brings the subscription back",
            ROBUST,
            "call connect kept\ncall if-new-session subscribe \"cmd\"\nloop\ncall wait_msg",
            "at 2 s: cut esp to broker for 1 s\nat 10 s: p publish \"cmd\" \"x\"",
            &[
                "SUBSCRIBE 1",
                "link restored",
                "CONNECT clean 0",
                "CONNACK session 1",
                "! callback cmd",
            ],
            &["SUBSCRIBE 2"],
        ),
        (
            "subscribe, ping, disconnect are not protected",
            ROBUST,
            "call connect kept\ncall sleep 2 s\ncall ping",
            "at 2 s: cut esp to broker for 5 s",
            &["ping() raises OSError(113)", "program ends"],
            &[],
        ),
    ]);
}

#[test]
fn umqtt_simple2() {
    const SIMPLE2: &str = "client umqtt.simple2";
    check(&[
        (
            "connect(): first DISCONNECT on the old socket if still open, so no will",
            "client umqtt.simple2\nwill \"up/will\" \"x\"",
            "call connect\ncall sleep 1 s\ncall connect",
            "",
            &["CONNECT clean 1", "DISCONNECT", "CONNECT clean 1"],
            &["up/will \"x\""],
        ),
        (
            "21..25 = CONNACK rc 1..5",
            "client umqtt.simple2\nclient-id \"\"",
            "call connect kept",
            "",
            &["connect() raises MQTTException(22): the server has refused the connection"],
            &[],
        ),
        (
            "30: socket time-out, 5 s",
            SIMPLE2,
            "call connect",
            "when CONNECT from esp is sent: silence esp to broker",
            &[
                "1.020  esp -> broker  CONNECT",
                "connect() raises MQTTException(30)",
            ],
            &[],
        ),
        (
            "28: not connected",
            SIMPLE2,
            "call try check_msg\ncall publish \"up/a\" \"1\"",
            "",
            &[
                "check_msg() raises MQTTException(28)",
                "publish() raises MQTTException(28)",
            ],
            &[],
        ),
        (
            "qos 2 -> AssertionError BEFORE sending",
            SIMPLE2,
            "call connect\ncall publish \"up/a\" \"1\" qos 2",
            "",
            &["publish() raises AssertionError"],
            &["PUBLISH"],
        ),
        (
            "publish returns at once; status 1 comes in check_msg()",
            SIMPLE2,
            "call connect\ncall publish \"up/a\" \"1\" qos 1\ncall publish \"up/a\" \"2\" qos 1\nloop\ncall check_msg\ncall sleep 1 s",
            "",
            &[
                "PUBLISH 1",
                "PUBLISH 2",
                "PUBACK 1",
                "PUBACK 2",
                "status 1: 1 is answered",
                "status 1: 2 is answered",
            ],
            &["waits"],
        ),
        (
            "nothing is resent here: status 0 after 10 s, and 2 if PUBACK comes later",
            SIMPLE2,
            "call connect\ncall publish \"up/a\" \"1\" qos 1\nloop\ncall check_msg\ncall sleep 1 s",
            "when PUBACK to esp is sent: silence esp to broker toward esp for 20 s",
            &[
                "PUBLISH 1",
                "status 0: no answer for 1 in time",
                "status 2: nobody waits for 1",
            ],
            &["DUP", "PUBLISH 2"],
        ),
        (
            "subscribe is asynchronous; SUBACK is handled in check_msg(): status 1, 0x80 -> 44",
            SIMPLE2,
            &format!(
                "call connect\ncall subscribe \"cmd\" qos 1\ncall subscribe \"{}\"\nloop\ncall check_msg",
                "a/".repeat(1_001)
            ),
            "",
            &[
                "SUBSCRIBE 1",
                "SUBSCRIBE 2",
                "status 1: 1 is answered",
                "check_msg() raises MQTTException(44)",
            ],
            &["waits"],
        ),
        (
            "PUBLISH -> callback, then PUBACK; incoming QoS 2 -> callback, then NotImplementedError",
            SIMPLE2,
            "call connect\ncall subscribe \"cmd\" qos 1\nloop\ncall wait_msg",
            "at 2 s: p publish \"cmd\" \"x\" qos 1\nat 3 s: esp subscribe \"cmd\"",
            &["! callback cmd", "esp -> broker  PUBACK 1"],
            &[],
        ),
        (
            "1: closed by host",
            SIMPLE2,
            "call connect\nloop\ncall wait_msg",
            "at 2 s: broker crash for 1 s",
            &["wait_msg() raises MQTTException(1)"],
            &[],
        ),
        (
            "other socket trouble stays OSError",
            SIMPLE2,
            "call connect\nloop\ncall check_msg\ncall sleep 1 s",
            "at 2.5 s: cut esp to broker for 1 s",
            &["check_msg() raises OSError(113)"],
            &[],
        ),
    ]);
}

#[test]
fn umqtt_robust2() {
    const ROBUST2: &str = "client umqtt.robust2";
    const LOOP: &str = "loop\ncall if-issue reconnect\ncall if-new-session resubscribe\ncall check_msg\ncall send_queue\ncall sleep 1 s";
    check(&[
        (
            "never raises: conn_issue = (exception, place 1)",
            ROBUST2,
            "call connect\ncall publish \"up/a\" \"1\"",
            "at 0.5 s: cut esp to broker",
            &[
                "! connection issue in connect, OSError(118)",
                "esp  connection issue: OSError(118)",
                "connection issue in publish, MQTTException(28)",
            ],
            &["raises", "program ends"],
        ),
        (
            "QoS 2 -> AssertionError, not caught",
            ROBUST2,
            "call connect\ncall publish \"up/a\" \"1\" qos 2",
            "",
            &["publish() raises AssertionError", "program ends"],
            &["PUBLISH"],
        ),
        (
            "queue of 5: the oldest is dropped; sent in order after the app has reconnected and calls send_queue()",
            ROBUST2,
            &format!(
                "call connect kept\ncall sleep 2 s\n{}{LOOP}",
                (1..=7)
                    .map(|n| format!("call publish \"up/a\" \"{n}\" qos 1\n"))
                    .collect::<String>()
            ),
            "at 2 s: cut esp to broker for 10 s",
            &[
                "connection issue in publish, OSError(113)",
                "the queue is full: forgets the oldest message",
                "the queue is full: forgets the oldest message",
                "link restored",
                "CONNECT clean 0",
                "PUBLISH 1 QoS 1 up/a \"3\"",
                "PUBLISH 2 QoS 1 up/a \"4\"",
                "PUBLISH 5 QoS 1 up/a \"7\"",
            ],
            &["PUBLISH 1 QoS 1 up/a \"1\"", "DUP", "raises"],
        ),
        (
            "equal messages are merged in the queue",
            ROBUST2,
            &format!(
                "call connect kept\ncall sleep 2 s\n{}{LOOP}",
                "call publish \"up/a\" \"same\" qos 1\n".repeat(3)
            ),
            "at 2 s: cut esp to broker for 10 s",
            &[
                "the same message waits already",
                "the same message waits already",
                "PUBLISH 1 QoS 1 up/a \"same\"",
            ],
            &["esp -> broker  PUBLISH 2"],
        ),
        (
            "retain=True first removes queued retained messages of the same topic",
            ROBUST2,
            &format!(
                "call connect kept\ncall sleep 2 s\n{}{LOOP}",
                (1..=3)
                    .map(|n| format!("call publish \"up/a\" \"{n}\" retain\n"))
                    .collect::<String>()
            ),
            "at 2 s: cut esp to broker for 10 s",
            &["esp -> broker  PUBLISH QoS 0 RETAIN up/a \"3\""],
            &["up/a \"1\"", "up/a \"2\""],
        ),
        (
            "status 0: the message goes to the front, and send_queue() sends it with a new pid and DUP 0",
            ROBUST2,
            &format!("call connect kept\ncall publish \"up/a\" \"1\" qos 1\n{LOOP}"),
            "when PUBACK to esp is sent: silence esp to broker toward esp for 15 s",
            &[
                "PUBLISH 1 QoS 1 up/a \"1\"",
                "status 0: no answer for 1",
                "PUBLISH 2 QoS 1 up/a \"1\"",
                "status 2: nobody waits for 1",
            ],
            &["DUP"],
        ),
        (
            "NOTHING is resubscribed by itself: the app calls resubscribe()",
            ROBUST2,
            "call connect clean\ncall subscribe \"cmd\" qos 1\nloop\ncall if-issue reconnect\ncall check_msg\ncall sleep 1 s",
            "at 5 s: cut esp to broker for 2 s\nat 20 s: p publish \"cmd\" \"x\"",
            &[
                "SUBSCRIBE 1",
                "link restored",
                "CONNECT clean 0",
                "CONNACK session 0",
            ],
            &["SUBSCRIBE 2", "callback"],
        ),
        (
            "resubscribe() repeats what was subscribed to",
            ROBUST2,
            &format!("call connect clean\ncall subscribe \"cmd\" qos 1\n{LOOP}"),
            "at 5 s: cut esp to broker for 2 s\nat 20 s: p publish \"cmd\" \"x\"",
            &[
                "SUBSCRIBE 1",
                "link restored",
                "CONNECT clean 0",
                "CONNACK session 0",
                "SUBSCRIBE 2 cmd QoS 1",
                "! callback cmd",
            ],
            &[],
        ),
        (
            "keepalive: seconds since the last counted packet > keepalive -> (MQTTException(7), 9); no ping goes out after it",
            "client umqtt.robust2\nkeep-alive 5 s",
            "call connect kept\nloop\ncall every 2 s ping\ncall check_msg\ncall sleep 1 s",
            "at 4.5 s: silence esp to broker",
            &[
                "PINGREQ",
                "PINGRESP",
                "connection issue in keepalive, MQTTException(7)",
            ],
            &["raises"],
        ),
        (
            "subscribe when offline: the last request for each topic waits",
            ROBUST2,
            &format!(
                "call connect kept\ncall sleep 2 s\ncall subscribe \"cmd\" qos 0\ncall subscribe \"cmd\" qos 1\n{}",
                LOOP.replace("call if-new-session resubscribe\n", "")
            ),
            "at 2 s: cut esp to broker for 3 s",
            &[
                "connection issue in subscribe",
                "link restored",
                "SUBSCRIBE 5 cmd QoS 1",
                "status 1: 5 is answered",
            ],
            &["cmd QoS 0"],
        ),
        (
            "more than 10 unconfirmed identifiers for one message: KeyError",
            ROBUST2,
            &format!(
                "call connect kept\n{}",
                "call publish \"up/a\" \"same\" qos 1\n".repeat(11)
            ),
            "at 1.5 s: silence esp to broker\n",
            &["PUBLISH 11", "publish() raises KeyError"],
            &[],
        ),
    ]);
}

#[test]
fn robust2_stops_pinging_once_the_keep_alive_is_over() {
    let found = run(
        "client umqtt.robust2\nkeep-alive 5 s",
        "call connect kept\nloop\ncall every 2 s ping\ncall check_msg\ncall sleep 1 s",
        "at 4.5 s: silence esp to broker",
    );
    let (before, after) = found
        .split_once("connection issue in keepalive")
        .expect("the issue");
    assert!(before.contains("PINGREQ"), "{found}");
    assert!(!after.contains("PINGREQ"), "{found}");
}
