//! A session with a real broker. A broker in a second world stands for it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "support/wire.rs"]
mod wire;

use playground::live::view::LinkState;
use playground::live::{LinkField, LinkFlag, LiveAction, Way};
use playground::timeline::Glyph;
use playground::{Action, FilesAction, LayoutAction, StopsAction};
use sim::scenario::Outside;
use wire::Rig;

#[test]
fn a_client_alone_connects_and_is_seen() {
    let mut rig = Rig::new();
    assert_eq!(rig.state(), LinkState::Idle);
    rig.fill(LinkField::User, "ann");
    rig.fill(LinkField::Password, "open-sesame");
    rig.live(LiveAction::Connect);
    rig.pass(200);
    let view = rig.page.link();
    assert_eq!(view.state, LinkState::Connected, "{:?}", view.trouble);
    assert_eq!(view.trouble, None);
    rig.live(LiveAction::Show);
    let steps = rig.steps();
    assert!(steps.iter().any(|it| it.contains("CONNACK")), "{steps:?}");
    // What is secret goes over the wire, and nowhere else.
    let holds = |bytes: &[u8]| bytes.windows(11).any(|it| it == b"open-sesame");
    assert!(holds(&rig.sent));
    rig.act(Action::Files(FilesAction::Save));
    rig.act(Action::Share);
    rig.live(LiveAction::End);
    rig.pass(20);
    rig.act(Action::Files(FilesAction::Save));
    assert!(rig.files.len() >= 3);
    for file in &rig.files {
        assert!(!holds(file), "{}", String::from_utf8_lossy(file));
    }
    // What happened stays, and runs again to the same.
    assert_eq!(rig.state(), LinkState::Idle);
    let kept = rig.steps();
    assert_eq!(kept[..steps.len().min(kept.len())], steps[..]);
}

#[test]
fn what_was_about_another_world_stays_there() {
    let mut rig = Rig::new();
    rig.act(Action::Navigated("#/play/qos1".to_owned()));
    rig.act(Action::StepForward);
    rig.act(Action::Stops(StopsAction::Mark));
    assert_eq!(rig.page.stops().markers.len(), 1);
    rig.act(Action::Navigated("#/broker".to_owned()));
    rig.live(LiveAction::Connect);
    rig.pass(200);
    assert_eq!(rig.state(), LinkState::Connected);
    assert_eq!(rig.page.stops().markers.len(), 0);
    // Coming back to it is going from one world to the other, too.
    let lanes = rig.page.lanes();
    rig.act(Action::Navigated("#/play/qos1".to_owned()));
    assert_eq!(rig.page.stops().markers.len(), 1, "as it was left");
    rig.act(Action::Layout(LayoutAction::ShowLane(0, false)));
    assert_eq!(rig.page.lanes().hidden, 1);
    rig.live(LiveAction::Show);
    assert_eq!(rig.page.stops().markers.len(), 0);
    assert_eq!(rig.page.lanes(), lanes);
}

#[test]
fn a_gate_is_shut_and_lets_pass_one_by_one() {
    let mut rig = Rig::new();
    rig.live(LiveAction::Connect);
    rig.pass(200);
    rig.live(LiveAction::Gate(Way::In, true));
    // Goodbye and hello again: the answer waits.
    rig.live(LiveAction::Disconnect);
    rig.pass(200);
    assert_eq!(rig.state(), LinkState::Off);
    rig.live(LiveAction::Connect);
    rig.pass(200);
    assert_eq!(rig.state(), LinkState::Connected);
    let gates = rig.page.link().gates.unwrap();
    assert_eq!(
        (gates.into, gates.next.1.as_deref()),
        ((true, 1), Some("CONNACK"))
    );
    // The other way has its own gate: opening that one lets nothing come.
    rig.live(LiveAction::Gate(Way::Out, true));
    rig.live(LiveAction::Gate(Way::Out, false));
    rig.pass(100);
    let gates = rig.page.link().gates.unwrap();
    assert_eq!((gates.into, gates.out), ((true, 1), (false, 0)));
    rig.live(LiveAction::Pass(Way::In));
    rig.pass(100);
    assert_eq!(rig.page.link().gates.unwrap().into, (true, 0));
    rig.live(LiveAction::Cut);
    rig.pass(50);
    assert!(rig.page.link().gates.unwrap().is_cut);
    rig.live(LiveAction::Resume);
    rig.live(LiveAction::Gate(Way::In, false));
    rig.pass(3_000);
    assert_eq!(rig.state(), LinkState::Connected);
}

#[test]
fn what_a_gate_holds_has_not_arrived() {
    let mut rig = Rig::new();
    rig.act(Action::Resized {
        width: 720.0,
        height: 400.0,
        scale: 1.0,
    });
    rig.live(LiveAction::Connect);
    rig.pass(200);
    rig.live(LiveAction::Gate(Way::Out, true));
    rig.live(LiveAction::Disconnect);
    rig.live(LiveAction::Show);
    rig.pass(2_000);
    assert_eq!(rig.page.link().gates.unwrap().out, (true, 1));
    let moving = rig.page.ladder_moving();
    let [held] = &moving.arrows[..] else {
        panic!("{:?}", moving.arrows)
    };
    let (gate, _) = held.gate.unwrap();
    let part = (gate - held.x1) / (held.x2 - held.x1);
    assert!(part < 0.75, "{part}: {held:?}");
    // And so on the map: nearer to its sender than to its receiver.
    let map = rig.page.map_moving();
    let [parcel] = &map.parcels[..] else {
        panic!("{:?}", map.parcels)
    };
    assert!(parcel.gate.is_some());
    let cable = rig.page.map_still().cables[0].clone();
    let middle = (cable.from.1 + cable.to.1) / 2.0;
    assert!(parcel.y < middle, "{parcel:?} on {cable:?}");
    // Nothing has failed.
    let marks = &rig.page.timeline().marks;
    let glyphs: Vec<_> = marks.iter().filter_map(|it| it.glyph).collect();
    assert!(
        glyphs.contains(&Glyph::Gate) && !glyphs.contains(&Glyph::Fault),
        "{glyphs:?}"
    );
    assert!(rig.page.ladder_still().notes.iter().all(|it| !it.is_fault));
    // It is let pass, and the gate stays shut.
    rig.live(LiveAction::Pass(Way::Out));
    rig.pass(200);
    assert_eq!(rig.page.ladder_moving().arrows.len(), 0);
    assert_eq!(rig.page.link().gates.unwrap().out, (true, 0));
}

#[test]
fn a_page_that_has_slept_sends_and_listens_before_it_loses_patience() {
    let mut rig = Rig::new();
    rig.fill(LinkField::KeepAlive, "30");
    rig.live(LiveAction::Connect);
    rig.pass(200);
    // Nothing goes on for longer than a ping and the patience for its answer take together. The broker is more patient: 45 s.
    let sent = rig.sent.len();
    rig.wall += 42_000_000;
    rig.live(LiveAction::Clock(rig.wall));
    rig.pass(1_500);
    assert_eq!(&rig.sent[sent..], [0xc0, 0], "a PINGREQ and no goodbye");
    assert_eq!(rig.state(), LinkState::Connected);
    rig.pass(3_000);
    // It slept while the answer to a ping came: the browser tells the time first, and then what has come.
    rig.pass(28_990);
    rig.listens = false;
    rig.pass(2_000);
    assert_eq!(&rig.sent[sent + 2..], [0xc0, 0]);
    rig.listens = true;
    rig.wall += 35_000_000;
    rig.live(LiveAction::Clock(rig.wall));
    rig.pass(1_500);
    assert_eq!(&rig.sent[sent + 4..], [0xc0, 0], "the answer was waiting");
    assert_eq!(rig.state(), LinkState::Connected);
    // Nobody answers any more, and that is noticed as ever.
    rig.pass(28_000);
    rig.listens = false;
    rig.pass(14_000);
    assert_ne!(rig.state(), LinkState::Connected);
}

#[test]
fn a_broker_that_is_not_there_is_dialled_again_until_somebody_stops_it() {
    let mut rig = Rig::new();
    rig.answers = false;
    rig.live(LiveAction::Connect);
    rig.pass(100);
    let view = rig.page.link();
    assert_eq!(view.state, LinkState::Waiting);
    let trouble = view.trouble.unwrap();
    assert!(trouble.known.contains("Browsers hide"), "{trouble:?}");
    assert!(trouble.tries.contains("next automatic try"), "{trouble:?}");
    rig.pass(4_000);
    assert!(rig.page.link().trouble.unwrap().tries.contains("tried"));
    rig.live(LiveAction::Disconnect);
    rig.pass(100);
    assert_eq!(rig.state(), LinkState::Off);
    rig.answers = true;
    rig.live(LiveAction::Connect);
    rig.pass(200);
    assert_eq!(rig.state(), LinkState::Connected);
    assert_eq!(rig.page.link().trouble, None);
}

#[test]
fn a_lesson_runs_against_the_broker_as_it_does_against_the_simulated_one() {
    let mut rig = Rig::new();
    let worlds = rig.page.link().worlds;
    let world = worlds.iter().position(|it| it.contains("QoS 2")).unwrap();
    rig.live(LiveAction::Choose(world));
    rig.live(LiveAction::Connect);
    rig.pass(5_000);
    rig.live(LiveAction::Show);
    let steps = rig.steps().join("\n");
    for packet in ["PUBREC", "PUBREL", "PUBCOMP", "drives 1 m"] {
        assert!(steps.contains(packet), "{steps}");
    }
    let twin = rig.page.link().twin.unwrap();
    assert!(twin.contains("the same so far"), "{twin}");
    // The same as two ladders, and nothing is marked.
    rig.live(LiveAction::Beside);
    let pair = rig.page.pair();
    let [real, simulated] = pair.sides.as_ref().unwrap();
    assert!(pair.are_twins && pair.same_until.contains("the same so far"));
    assert_eq!(pair.differs, []);
    for side in [real, simulated] {
        assert!(side.still.differs.is_empty() && side.fork.is_none());
        assert!(side.still.arrows.len() > 5);
    }
    rig.act(Action::Navigated("#/broker".to_owned()));
    assert_eq!(
        rig.page.state().note,
        Some(playground::text::OUTSIDE_KEEPS_UNKNOWN)
    );
}

/// A lesson about QoS 2 runs against the broker.
fn lesson() -> Rig {
    let mut rig = Rig::new();
    let worlds = rig.page.link().worlds;
    let world = worlds.iter().position(|it| it.contains("QoS 2")).unwrap();
    rig.live(LiveAction::Choose(world));
    rig.live(LiveAction::Connect);
    rig.pass(3_000);
    rig
}

/// Somebody else speaks at the real broker.
fn somebody_else_publishes(rig: &mut Rig) {
    let connection = rig.broker.head().next_connection();
    let says: [&[u8]; 2] = [
        b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01x",
        b"\x30\x0f\x00\x0arobot/moveabc",
    ];
    rig.tell("c15", Outside::Opened { connection });
    for bytes in says {
        let bytes = bytes::Bytes::from_static(bytes);
        rig.tell("c15", Outside::Received { connection, bytes });
    }
}

#[test]
fn a_difference_comes_while_the_two_are_looked_at() {
    let mut rig = lesson();
    rig.live(LiveAction::Beside);
    for _ in 0..2 {
        rig.pass(1_000);
        assert_eq!(rig.page.pair().differs, []);
    }
    somebody_else_publishes(&mut rig);
    // It is looked at while what is missing may still come, and nothing more happens then.
    for _ in 0..50 {
        rig.pass(100);
        let _ = rig.page.pair();
    }
    let pair = rig.page.pair();
    let explained = "The simulated broker sends nothing here";
    assert!(pair.same_until.contains(explained), "{}", pair.same_until);
}

#[test]
fn the_first_packet_that_the_simulated_broker_would_not_send_is_marked_and_explained() {
    let mut rig = lesson();
    somebody_else_publishes(&mut rig);
    rig.pass(5_000);
    let said = rig.page.link().twin.unwrap();
    assert!(
        said.contains("The simulated broker sends nothing here"),
        "{said}"
    );
    rig.live(LiveAction::Beside);
    let pair = rig.page.pair();
    let [real, simulated] = pair.sides.as_ref().unwrap();
    assert_eq!(pair.same_until, said);
    assert_eq!(real.still.differs.len(), 1, "the packet is framed");
    assert_eq!(simulated.still.differs.len(), 0);
}

/// Whether a part was sent.
fn has(rig: &Rig, part: &[u8]) -> bool {
    rig.sent.windows(part.len()).any(|it| it == part)
}

#[test]
fn who_says_goodbye_has_no_will_spoken_and_who_is_cut_has() {
    let wills = |how: fn(&mut Rig)| {
        let mut rig = Rig::new();
        rig.fill(LinkField::WillTopic, "w");
        rig.fill(LinkField::WillPayload, "gone");
        rig.live(LiveAction::Connect);
        rig.pass(200);
        assert_eq!(rig.state(), LinkState::Connected);
        how(&mut rig);
        let said = has(&rig, &[0xe0, 0]);
        (
            said,
            rig.sent.ends_with(&[0xe0, 0]),
            rig.page.link().is_live,
        )
    };
    let bye = (true, true);
    let ended = wills(|rig| rig.live(LiveAction::End));
    assert_eq!((ended.0, ended.1), bye);
    // A gate holds what the run says, and not the goodbye of whoever leaves.
    let held = wills(|rig| {
        rig.live(LiveAction::Gate(Way::Out, true));
        rig.live(LiveAction::End);
    });
    assert_eq!(held, (true, true, false));
    let another = wills(|rig| rig.live(LiveAction::TryPort(9001)));
    assert!(another.0);
    let cut = wills(|rig| {
        rig.live(LiveAction::Cut);
        rig.pass(100);
        rig.live(LiveAction::End);
    });
    assert_eq!(cut, (false, false, false));
}

#[test]
fn text_is_no_mqtt_whatever_its_bytes_are() {
    let mut rig = Rig::new();
    rig.answers = false;
    rig.live(LiveAction::Connect);
    rig.answers = true;
    rig.live(LiveAction::Connect);
    rig.pass(200);
    assert_eq!(rig.state(), LinkState::Connected);
    let closed = rig.closed;
    // The numbers of its connections: the first did not open.
    for number in 0..4 {
        rig.live(LiveAction::Text(number, "\x20\x02\x00\x00".to_owned()));
    }
    let view = rig.page.link();
    assert_ne!(view.state, LinkState::Connected);
    let trouble = view.trouble.unwrap();
    assert!(trouble.known.contains("MQTT-6.0.0-1"), "{trouble:?}");
    assert!(rig.closed > closed);
}

#[test]
fn a_password_alone_is_sent_in_5_and_refused_in_3() {
    let mut rig = Rig::new();
    rig.fill(LinkField::Password, "open-sesame");
    rig.live(LiveAction::Connect);
    let trouble = rig.page.link().trouble.unwrap();
    assert!(trouble.known.contains("MQTT-3.1.2-22"), "{trouble:?}");
    assert!(rig.sent.is_empty());
    rig.live(LiveAction::Tick(LinkFlag::V5, true));
    rig.live(LiveAction::Connect);
    rig.pass(200);
    assert_eq!(rig.state(), LinkState::Connected);
    assert!(has(&rig, b"open-sesame"));
}

const MIXED: &str = "scenario \"Mixed\"\nversion 3.1.1\nuntil 1 h\nnode broker broker\nnode old phone\n  keep-alive 0 s\n\
                     node new thermometer\n  version 5.0\n  keep-alive 0 s\n  every 3 s: publish \"t\" \"{reading}\"\n  subscribe \"room/#\"\n\
                     link old to broker\nlink new to broker\nat 0 s: old connect\nat 100 ms: new connect\n\
                     at 2 s: old publish \"room/1\" \"x\"\n";

#[test]
fn each_client_of_a_scenario_speaks_its_version_under_a_name_of_the_page() {
    let mut rig = Rig::new();
    rig.choose("Mixed", MIXED);
    rig.fill(LinkField::Prefix, "class/");
    let ids = rig.page.link().ids.unwrap();
    assert!(ids.contains("pg-45678-robot"), "{ids}");
    rig.live(LiveAction::Connect);
    rig.pass(4_000);
    for part in [
        b"pg-45678-old".as_slice(),
        b"pg-45678-new",
        b"class/room/#",
        b"class/room/1",
        b"class/t",
    ] {
        assert!(has(&rig, part), "{}", String::from_utf8_lossy(&rig.sent));
    }
    // What comes is read as what it is, and without the prefix.
    let steps = rig.steps().join("\n");
    assert!(
        steps.contains("room/1") && !steps.contains("class/"),
        "{steps}"
    );
    // Its rules are no signs of life, and nobody dials by itself who is connected.
    let stats = rig.page.link().stats;
    assert!(
        stats.iter().all(|(name, _)| !name.contains("due in")),
        "{stats:?}"
    );
}
