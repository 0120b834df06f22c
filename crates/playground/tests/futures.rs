//! The cut-point map, and two futures side by side.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use playground::action::{FuturesAction, Start};
use playground::futures::{Choice, Outcome, Side};
use playground::level::Level;
use playground::menu::Target;
use playground::route::Place;
use playground::text::Language;
use playground::{Action, Command, Playground};

fn page(scenario: &str, language: Language) -> Playground {
    support::page(Start {
        level: Some(Level::Lab),
        language: Some(language),
        fragment: format!("#/play/{scenario}"),
        ..Start::default()
    })
}

fn go(page: &mut Playground, action: FuturesAction) -> Vec<Command> {
    page.update(Action::Futures(action))
}

/// Goes to the futures and waits for the map; gives back how many frames that took.
fn with_map(page: &mut Playground) -> usize {
    let mut commands = page.update(Action::Navigated("#/futures".to_owned()));
    let mut frames = 0;
    while commands.contains(&Command::RequestFrame) {
        commands = page.update(Action::Tick(16_000));
        frames += 1;
        assert!(frames < 5_000, "the map has an end");
    }
    frames
}

/// A line for each row: its name, and the deliveries of its bars.
fn lines(page: &Playground) -> Vec<String> {
    let map = page.cut_map().expect("a device listens");
    let rows = map.rows.iter().map(|row| {
        let groups = row.groups.iter().map(|group| {
            let bars = group.cells.iter().map(|it| it.deliveries.to_string());
            format!(" {}:{}", group.name, bars.collect::<String>())
        });
        format!("{}{}", row.name, groups.collect::<String>())
    });
    rows.collect()
}

#[test]
fn the_map_is_made_over_many_frames_and_says_what_the_standard_promises() {
    let mut page = page("qos1-puback-lost", Language::English);
    let frames = with_map(&mut page);
    assert!(frames > 5, "{frames} frames: no frame does it all");
    assert_eq!(
        lines(&page),
        [
            "QoS 0 before PUBLISH:0 PUBLISH on the wire:000000000000000000000000 after PUBLISH:1",
            "QoS 1, clean session before PUBLISH:0 PUBLISH on the wire:00000000000000000000000000 \
             robot-1 has it:11 PUBACK on the wire:111 after PUBACK:1",
            "QoS 1, session kept before PUBLISH:1 PUBLISH on the wire:11111111111111111111111111 \
             robot-1 has it:22 PUBACK on the wire:222 after PUBACK:1",
            "QoS 2, session kept before PUBLISH:1 PUBLISH on the wire:11111111111111111111111111 \
             robot-1 has it:11 PUBREC on the wire:111 broker has it:11 PUBREL on the wire:111 \
             robot-1 has it:11 PUBCOMP on the wire:111 after PUBCOMP:1",
        ]
    );
    let map = page.cut_map().expect("there");
    assert!(map.rows[2].is_written && map.progress.is_none(), "{map:?}");
    assert!(map.note.starts_with("139 runs"), "{}", map.note);
    // Equal places stand below each other: one head for QoS 0 and 1, one for what QoS 2 has beyond.
    assert_eq!(map.columns, Some(9));
    for row in &map.rows {
        let rest = row.rest.iter().map(|it| it.1);
        let columns: usize = row.groups.iter().map(|it| it.columns).chain(rest).sum();
        assert_eq!(columns, 9, "{}", row.name);
    }
    let heads: Vec<String> = map
        .rows
        .iter()
        .map(|row| {
            let names = row
                .heads
                .iter()
                .map(|(name, columns)| format!("{name} {columns}"));
            names.collect::<Vec<_>>().join(", ")
        })
        .collect();
    assert_eq!(
        heads,
        [
            "before PUBLISH 1, PUBLISH on the wire 1, robot-1 has it 1, PUBACK on the wire 5, after PUBACK 1",
            "",
            "",
            " 1,  1, robot-1 has it 1, PUBREC on the wire 1, broker has it 1, PUBREL on the wire 1, \
             robot-1 has it 1, PUBCOMP on the wire 1, after PUBCOMP 1",
        ]
    );
    let puback = &map.rows[2].groups[3].cells[2];
    assert_eq!(
        puback.sentence,
        "QoS 1, session kept, PUBACK on the wire, cut after 3 of 4 bytes: delivered 2 times"
    );
    assert_eq!(puback.outcome, Outcome::More);

    // It is kept until something else is asked.
    page.update(Action::Navigated("#/play/qos1-puback-lost".to_owned()));
    assert_eq!(with_map(&mut page), 0);
    go(&mut page, FuturesAction::EveryByte(false));
    with_map(&mut page);
    assert!(
        lines(&page)[0].contains("PUBLISH on the wire:0 after"),
        "{:?}",
        lines(&page)
    );
}

#[test]
fn a_bar_opens_its_run_beside_the_one_without_a_cut() {
    let mut page = page("qos1-puback-lost", Language::English);
    with_map(&mut page);
    // The puback's third cut.
    go(&mut page, FuturesAction::OpenBar(2, 31));
    let pair = page.pair();
    let [a, b] = pair.sides.as_ref().expect("two");
    assert_eq!(
        a.title,
        "QoS 1, session kept, PUBACK on the wire, cut after 3 of 4 bytes"
    );
    assert_eq!(b.title, "QoS 1, session kept, no cut");
    assert_eq!(
        (a.badge.as_str(), b.badge.as_str()),
        ("delivered twice", "delivered once")
    );
    assert!(
        a.is_notable && !b.is_notable,
        "only what somebody did something to"
    );
    let facts: Vec<String> = pair
        .differs
        .iter()
        .map(|row| format!("{}: {} | {}", row.fact, row.is[0], row.is[1]))
        .collect();
    assert_eq!(
        facts,
        [
            "\"forward 1 m\" on robot/move, delivered to robot-1: 2 times | 1 time",
            "What robot-1 did: drives 1 m, drives 1 m | drives 1 m",
        ]
    );
    assert_eq!(pair.same_until, "The same until 1.100 s.");

    // The past is drawn the same, and above the line where they part.
    let fork = a.fork.expect("a past in common");
    assert_eq!(Some(fork), b.fork);
    let rows = |side: &playground::futures::SideView| -> Vec<(usize, f64)> {
        let rows = side.still.rows.iter().map(|row| (row.step, row.y));
        rows.filter(|(_, y)| *y < fork).collect()
    };
    assert!(!rows(a).is_empty());
    assert_eq!(rows(a), rows(b));
    assert_eq!(a.moving.height, b.moving.height);
    assert!(a.moving.flag.is_none() && a.moving.now_lines.is_empty());
    // What comes later stands lower in both.
    let at = |side: &playground::futures::SideView| {
        let timed = side
            .still
            .rows
            .iter()
            .filter_map(|row| Some((row.time.clone()?, row.y)));
        timed.collect::<Vec<_>>()
    };
    for (time, y) in at(a) {
        for (other, z) in at(b) {
            let order = time
                .parse::<f64>()
                .expect("s")
                .total_cmp(&other.parse().expect("s"));
            assert!(
                order.is_eq() || order == y.total_cmp(&z),
                "{time} at {y}, {other} at {z}"
            );
        }
    }

    go(&mut page, FuturesAction::Select(Side::A, 12));
    let caption = page.pair().sides.as_ref().expect("two")[0].caption.clone();
    assert!(caption.expect("a sentence").starts_with("Step 12: "));
}

#[test]
fn a_future_that_was_made_stands_beside_the_one_as_planned_and_can_be_opened() {
    let mut page = page("qos1", Language::German);
    let publish = page
        .story()
        .flights
        .iter()
        .find(|it| it.face.name == "PUBLISH");
    let step = publish.expect("one").step;
    page.update(Action::GoTo(step));
    page.update(Action::OpenMenu(Target::Packet(step)));
    page.update(Action::ChooseEntry(0));
    assert_eq!(page.frame().futures.len(), 2);
    page.update(Action::ShowFuture(0));
    with_map(&mut page);
    let pair = page.pair();
    let [a, b] = pair.sides.as_ref().expect("two");
    assert_eq!(pair.choices[a.choice.expect("one")].0, Choice::Made(1));
    assert_eq!(pair.choices[b.choice.expect("one")].0, Choice::Made(0));
    assert!(a.can_play && a.fork.is_some());
    assert!(
        pair.same_until.starts_with("Gleich bis"),
        "{}",
        pair.same_until
    );

    // Both sides can be the same one: then nothing differs.
    let same = b.choice.expect("one");
    go(&mut page, FuturesAction::Choose(Side::A, same));
    let pair = page.pair();
    assert!(pair.differs.is_empty() && pair.same_until == "Beide sind gleich.");
    go(&mut page, FuturesAction::Choose(Side::A, 1));
    go(&mut page, FuturesAction::Play(Side::A));
    assert_eq!(page.frame().place, Place::Play);
    assert_eq!(page.frame().future, 1);
}

#[test]
fn arrows_walk_the_bars() {
    let mut page = page("qos1-puback-lost", Language::English);
    with_map(&mut page);
    let focus = |commands: &[Command]| {
        let last = commands.iter().rev().find_map(|it| match it {
            Command::Focus(id) => Some(id.clone()),
            _ => None,
        });
        last.expect("the keyboard goes somewhere")
    };
    let commands = go(&mut page, FuturesAction::MoveBar(0, 1));
    assert_eq!(focus(&commands), "cut-0-1");
    let commands = go(&mut page, FuturesAction::MoveBar(0, isize::MAX / 2));
    assert_eq!(focus(&commands), "cut-0-25");
    // Rows have different lengths: the end stays the end.
    let commands = go(&mut page, FuturesAction::MoveBar(1, 0));
    assert_eq!(focus(&commands), "cut-1-32");
    let commands = go(&mut page, FuturesAction::MoveBar(-5, 0));
    assert_eq!(focus(&commands), "cut-0-25");
}

#[test]
fn a_map_says_what_it_leaves_out() {
    for (scenario, is_there) in [
        ("qos0", true),
        ("broker-crash", true),
        ("real-esp32", true),
        ("echo-topics", true),
        ("honest-link", true),
    ] {
        let mut page = page(scenario, Language::German);
        go(&mut page, FuturesAction::EveryByte(false));
        with_map(&mut page);
        let map = page.cut_map();
        assert_eq!(map.is_some(), is_there, "{scenario}");
        let Some(map) = map else { continue };
        assert!(map.progress.is_none());
        for row in &map.rows {
            let is_told = row.note.is_some() || !row.groups.is_empty();
            assert!(is_told, "{scenario}: {row:?}");
        }
        for side in page.pair().sides.iter().flatten() {
            assert!(!side.title.is_empty(), "{scenario}");
        }
    }
}
