//! A board that runs a script, with a machine of this test in the place of an interpreter: what the world makes of it.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use bytes::Bytes;
use device::script::{BoardSpec, Deed, Doings, Ended, Event, Interpreter, Turn, Vm};
use mqtt_proto::{Duration, Instant};
use sim::ledger::{Ledger, MessageId};
use sim::scenario::{Action, NodeAction};
use sim::why::{Reason, why_not};
use sim::{Cursor, Recording, Scenario};
use std::rc::Rc;

/// Connects in two pieces, lights its lamp when it is accepted, prints what it is told, and sleeps when a button is pressed.
struct Program;

impl Vm for Program {
    fn reset(&mut self, _: &BoardSpec) {}

    fn turn(&mut self, turn: &Turn) -> Doings {
        let mut doings = Doings::default();
        for event in &turn.events {
            match event {
                Event::Start => doings.deeds.push(Deed::Dial {
                    socket: 3,
                    host: "broker".into(),
                    port: 1883,
                }),
                Event::Opened { .. } => {
                    for piece in [&b"\x10\x0d"[..], b"\x00\x04MQTT\x04\x02\x00\x00\x00\x01a"] {
                        doings.deeds.push(Deed::Send {
                            socket: 3,
                            bytes: Bytes::from_static(piece),
                        });
                    }
                }
                Event::Received { .. } => doings.deeds.push(Deed::Pin { pin: 2, high: true }),
                Event::Pin {
                    pin: 0,
                    high: false,
                } => {
                    doings.ended = Some(Ended::Asleep {
                        span: Some(Duration::from_secs(2)),
                    });
                }
                other => doings.deeds.push(Deed::Print {
                    line: format!("{other:?}"),
                }),
            }
        }
        doings
    }
}

const WORLD: &str = r#"scenario "a board"
version 3.1.1
seed 3
until 20 s

node broker broker

node esp button
  script
  | print("hello")
  |
  |     # a line with a # and a "quote"

link esp to broker
  latency 10 ms

at 0 s: esp connect
at 5 s: esp press
at 6 s: esp type "if led:\n  print(\"on\")"
at 7 s: esp interrupt
"#;

fn recording() -> Recording {
    let scenario = Rc::new(Scenario::parse(WORLD).expect("it is one"));
    let interpreter = Interpreter::new(vec![Box::new(Program)]);
    let mut recording =
        Recording::with_interpreter(scenario, 3, &interpreter).expect("its names are known");
    recording.run_to_end();
    recording
}

#[test]
fn a_script_is_written_as_it_was_read() {
    let scenario = Scenario::parse(WORLD).expect("it is one");
    let text = scenario.to_string();
    assert!(
        text.contains("  | print(\"hello\")\n  |\n  |     # a line"),
        "{text}"
    );
    assert_eq!(Scenario::parse(&text).expect("it is one still"), scenario);
    let typed = "at 6 s: esp type \"if led:\\n  print(\\\"on\\\")\"\nat 7 s: esp interrupt\n";
    assert!(text.ends_with(typed), "{text}");
    for (bad, why) in [
        ("", "`connect`"),
        ("  | x = 1\n", "`script` above this"),
        ("  client umqtt.simple\n  script\n", "not both"),
        (
            "  script\n  version 5.0\n",
            "no library of umqtt speaks 5.0",
        ),
    ] {
        let text = WORLD.replace(
            "  script\n  | print(\"hello\")\n  |\n  |     # a line with a # and a \"quote\"\n",
            bad,
        );
        let error = Scenario::parse(&text).expect_err(bad).to_string();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn a_board_has_files_beside_its_script() {
    let head = WORLD.find("link esp").expect("it is there");
    let with = |more: &str| {
        let mut text = WORLD.to_owned();
        text.insert_str(head - 1, more);
        text
    };
    let more = "  file \"boot.py\"\n  | import net\n  |\n  file \"lib/net.py\"\n  file \"empty.txt\"\n  | #\n";
    let scenario = Scenario::parse(&with(more)).expect("it is one");
    let files = scenario.nodes[1].kind.script_files();
    let files: Vec<_> = files.iter().map(|it| (&*it.name, &*it.text)).collect();
    let expected = [
        ("boot.py", "import net\n\n"),
        ("lib/net.py", ""),
        ("empty.txt", "#\n"),
    ];
    assert_eq!(files, expected);
    let script = scenario.nodes[1].kind.script();
    assert!(script.is_some_and(|it| it.ends_with("\"quote\"\n")));
    let text = scenario.to_string();
    assert!(text.contains(more), "{text}");
    assert_eq!(Scenario::parse(&text).expect("it is one still"), scenario);

    let bad = |name: &str| format!("  file {name:?}\n");
    let many: String = (0..17).map(|it| bad(&format!("m{it}.py"))).collect();
    let long = format!(
        "  file \"a.py\"\n{}",
        format!("  | {}\n", "#".repeat(1_000)).repeat(66)
    );
    for (more, why) in [
        ("  file boot.py\n".to_owned(), "a text in double quotes"),
        (bad(""), "a name of 1 to 64 characters"),
        (bad(&"x".repeat(65)), "a name of 1 to 64 characters"),
        (bad("main.py"), "main.py is the script itself"),
        (bad("a b.py"), "letters, digits"),
        (bad("../a.py"), "letters, digits"),
        (bad("/a.py"), "letters, digits"),
        (bad("lib/"), "letters, digits"),
        (bad(".marked"), "letters, digits"),
        (bad("a.py").repeat(2), "this board has such a file already"),
        (many, "at most 16 files"),
        (long, "at most 64 KiB for each script with its files"),
    ] {
        let error = Scenario::parse(&with(&more)).expect_err(&more);
        assert!(error.to_string().contains(why), "{error}");
        assert!(error.line >= 13 && error.column > 0, "{error}");
    }
    let alone = WORLD.replace("  script\n", "  file \"boot.py\"\n");
    let error = Scenario::parse(&alone).expect_err("no script");
    assert!(error.to_string().contains("`script` above this"), "{error}");
}

#[test]
fn pieces_become_a_packet_and_a_sleeping_board_comes_back() {
    let recording = recording();
    let log = recording.log();
    let expected = [
        "0.020  esp -> broker  CONNECT clean 1",
        "0.030  broker -> esp  CONNACK session 0",
        "0.040  esp  lamp on",
        "5.000  esp  button pressed",
        "5.000  esp  deep sleep",
        "5.000  esp  lamp off",
        "7.320  esp -> broker  CONNECT clean 1",
        "7.330  broker -> esp  CONNACK session 0",
        "7.340  esp  lamp on",
    ];
    let ladder = log.ladder_text(log.end());
    assert_eq!(ladder.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn every_place_of_the_run_is_the_same_again_and_a_fork_goes_its_own_way() {
    let (first, second) = (recording(), recording());
    assert_eq!(first.state_hashes(), second.state_hashes());
    for record in 0..=first.log().end().0 {
        let cursor = Cursor(record);
        let (now, again) = (first.world_at(cursor), second.world_at(cursor));
        assert_eq!(now.state_hash(), again.state_hash(), "{record}");
    }
    let mut fork = first.fork(first.cursor_after(3));
    let action = Action::Node {
        node: "esp".into(),
        act: NodeAction::PowerOff { span: None },
    };
    fork.act_here(Instant::from_micros(30_000), action)
        .expect("it can be done");
    fork.run_to_end();
    assert!(fork.log().end() < first.log().end());
    assert_eq!(first.state_hashes(), recording().state_hashes());
}

/// Subscribes under a name of its own, and reads only when it is told to: at a press of its button.
#[derive(Default)]
struct Reader {
    came: u32,
}

impl Vm for Reader {
    fn reset(&mut self, _: &BoardSpec) {
        self.came = 0;
    }

    fn turn(&mut self, turn: &Turn) -> Doings {
        let mut doings = Doings::default();
        let socket = 3;
        for event in &turn.events {
            match event {
                Event::Start => doings.deeds.push(Deed::Dial {
                    socket,
                    host: "broker".into(),
                    port: 1883,
                }),
                Event::Opened { .. } => doings.deeds.push(Deed::Send {
                    socket,
                    bytes: Bytes::from_static(
                        b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x00\x00\x03abc\x82\x06\x00\x01\x00\x01t\x00",
                    ),
                }),
                Event::Received { bytes, .. } => {
                    self.came += u32::try_from(bytes.len()).expect("few");
                }
                Event::Pin {
                    pin: 0,
                    high: false,
                } => {
                    // All but the last byte, and then that, too.
                    for count in [self.came.saturating_sub(1), 1] {
                        doings.deeds.push(Deed::Read { socket, count });
                    }
                    self.came = 0;
                }
                _ => {}
            }
        }
        doings
    }
}

const READS: &str = r#"scenario "reads when it likes"
version 3.1.1
until 20 s

node broker broker
node phone phone
node esp button
  script
  | pass

link esp to broker
  latency 10 ms
link phone to broker
  latency 10 ms

at 0 s: esp connect
at 0 s: phone connect
at 2 s: phone publish "t" "on"
at 3 s: phone publish "t" "on"
at 5 s: esp press

expect broker believes esp connected
expect broker keeps 0 for esp
expect esp received "t" 2 times
"#;

#[test]
fn a_script_has_a_message_when_it_has_read_it_to_the_end() {
    let scenario = Rc::new(Scenario::parse(READS).expect("it is one"));
    let interpreter = Interpreter::new(vec![Box::<Reader>::default()]);
    let mut run = Recording::with_interpreter(scenario, 1, &interpreter).expect("it can be run");
    run.run_to_end();
    for verdict in run.verdicts() {
        assert!(verdict.met, "{}: {}", verdict.expectation, verdict.found);
    }
    let log = run.log();
    let (esp, broker) = (
        run.node_named("esp").expect("it is there"),
        run.node_named("broker").expect("it is there"),
    );
    let ledger = Ledger::at(log, log.end());
    let (first, second) = (MessageId(0), MessageId(1));
    for message in [first, second] {
        assert_eq!(ledger.delivered(message, esp), 1, "each once");
        let delivery = ledger.message(message).expect("it is there").deliveries[0];
        let record = log.record(delivery.record).expect("it is there");
        assert_eq!(record.at, Instant::from_micros(5_000_000));
        assert_eq!(ledger.about(log, record.id), Some(message));
    }
    // Before it reads, both have come and none is with its program.
    let before = log.records(log.end()).iter();
    let before = before.take_while(|it| it.at < Instant::from_micros(4_000_000));
    let then = Cursor(u32::try_from(before.count()).expect("few"));
    let ledger = Ledger::at(log, then);
    let answer = why_not(log, &ledger, first, esp).expect("it has not read it");
    assert_eq!(answer.reason, Reason::NotRead);
    assert_eq!(
        answer.text,
        "not delivered yet: it came to esp at 2.02 s, and the program there has not read it"
    );
    // Its session is that of its connection, whatever it calls itself.
    let world = run.world_at(then);
    let session = world.session_of(broker, esp).expect("it is connected");
    assert_eq!(session.client_id(), "abc");
    assert_eq!(world.client_of(broker, "abc"), Some(esp));
    assert_eq!(world.client_of(broker, "esp"), None);
}
