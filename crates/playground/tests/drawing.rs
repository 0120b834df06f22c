//! What is drawn of the scenarios of the folder: ladder, map and timeline.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/scenarios.rs"]
mod scenarios;

use device::Blueprint;
use playground::ladder::{CROSS, PILL_HEIGHT, Rect};
use playground::story::Figure;
use playground::{Action, Playground};
use scenarios::{forward, open, page, said};

#[test]
fn no_pill_covers_another_in_any_scenario_at_any_width() {
    for index in 0..page().frame().scenarios.len() {
        for width in [366.0, 480.0, 600.0, 704.0, 784.0, 1200.0] {
            let mut page = page();
            page.update(Action::Resized {
                width,
                height: 100_000.0,
                scale: 1.0,
            });
            page.update(Action::Open(index));
            page.update(Action::GoToEnd);
            page.update(Action::ToggleFold);
            let still = page.ladder_still();
            let pills = still.arrows.iter().map(|it| {
                (
                    it.step,
                    Rect::around(it.pill.x, it.pill.y, it.pill.width, PILL_HEIGHT),
                )
            });
            let pills: Vec<(usize, Rect)> = pills.collect();
            for (at, (step, pill)) in pills.iter().enumerate() {
                let other = pills[at + 1..].iter().find(|(_, other)| pill.meets(other));
                assert!(
                    other.is_none(),
                    "scenario {index} in {width} px: step {step} and {other:?}"
                );
            }
        }
    }
}

#[test]
fn the_cross_of_a_lost_packet_leaves_its_text_alone() {
    for width in [360.0, 390.0, 720.0, 1100.0] {
        let mut crosses = 0;
        for index in 0..page().frame().scenarios.len() {
            let mut page = page();
            page.update(Action::Resized {
                width,
                height: 4000.0,
                scale: 1.0,
            });
            page.update(Action::Open(index));
            page.update(Action::GoToEnd);
            let still = page.ladder_still();
            for arrow in still.arrows.iter().filter(|arrow| arrow.is_lost) {
                let (x, y) = arrow.reach.expect("a lost packet stops somewhere");
                let cross = Rect::around(x, y, CROSS * 2.0, CROSS * 2.0);
                let pill = &arrow.pill;
                let pill = Rect::around(pill.x, pill.y, pill.width, PILL_HEIGHT);
                assert!(
                    !cross.meets(&pill),
                    "scenario {index}, {width} px, step {}: {cross:?} is on {pill:?}",
                    arrow.step
                );
                crosses += 1;
            }
        }
        assert!(crosses >= 5, "{width} px: {crosses}");
    }
}

#[test]
fn no_label_covers_the_number_of_a_step() {
    let mut labels = 0;
    for index in 0..page().frame().scenarios.len() {
        let mut page = page();
        page.update(Action::Resized {
            width: 366.0,
            height: 100_000.0,
            scale: 1.0,
        });
        page.update(Action::Open(index));
        page.update(Action::GoToEnd);
        let still = page.ladder_still();
        for note in &still.notes {
            assert!(
                note.rect.x > still.gutter.0,
                "scenario {index}: {note:?} is left of {}",
                still.gutter.0
            );
            labels += 1;
        }
    }
    assert!(labels >= 5, "{labels}");
}

#[test]
fn a_packet_that_vanishes_is_lost_and_no_link_is_cut() {
    let mut page = open("What the tutorials draw");
    page.update(Action::GoToEnd);
    let timeline = page.timeline();
    let phases: Vec<&str> = timeline.phases.iter().map(|phase| phase.name.en).collect();
    assert!(phases.contains(&"lost"), "{phases:?}");
    assert!(
        !phases.iter().any(|phase| phase.contains("cut")),
        "{phases:?}"
    );
}

#[test]
fn a_client_whose_new_connection_ends_its_old_one_is_online() {
    let mut page = open("early comeback");
    page.update(Action::GoToEnd);
    let map = page.map_still();
    let lamp = map
        .nodes
        .iter()
        .find(|node| node.name == "lamp-1")
        .expect("the lamp is on the map");
    assert!(lamp.is_online, "{lamp:?}");
}

#[test]
fn every_kind_of_device_has_a_figure_of_its_own() {
    let mut figures: Vec<(String, Figure)> = Vec::new();
    for index in 0..page().frame().scenarios.len() {
        let mut page = page();
        page.update(Action::Open(index));
        for node in &page.map_still().nodes {
            if !figures.iter().any(|(_, it)| *it == node.figure) {
                figures.push((node.name.clone(), node.figure));
            }
        }
    }
    assert!(
        !figures.iter().any(|(_, it)| *it == Figure::Client),
        "a kind of the scenarios has no figure: {figures:?}"
    );
    // The broker, and each blueprint.
    assert_eq!(figures.len(), 1 + Blueprint::all().len(), "{figures:?}");
}

#[test]
fn the_map_shows_what_devices_are_like_at_each_step() {
    // A lamp is lit from the step that says so, and not before.
    let mut page = open("Many talkers");
    let lamp = |page: &Playground| {
        let map = page.map_still();
        let node = map.nodes.iter().find(|it| it.figure == Figure::Lamp);
        node.map(|it| (it.look.is_lit, it.facts.clone()))
            .expect("a lamp")
    };
    assert!(!lamp(&page).0);
    page.update(Action::GoToEnd);
    assert_eq!(
        lamp(&page),
        (true, vec!["online".to_owned(), "lamp on".to_owned()])
    );

    // A sleeper sleeps and wakes.
    let mut page = open("Asleep, with a session");
    let mut asleep = Vec::new();
    loop {
        let map = page.map_still();
        let node = map.nodes.iter().find(|it| it.figure == Figure::Sleeper);
        let node = node.expect("a sleeper");
        assert_eq!(node.look.is_asleep, node.facts[0] == "asleep", "{node:?}");
        if asleep.last() != Some(&node.look.is_asleep) {
            asleep.push(node.look.is_asleep);
        }
        if page.timeline().is_end {
            break;
        }
        forward(&mut page);
    }
    assert!(
        asleep.starts_with(&[false, true, false, true]),
        "{asleep:?}"
    );
}

/// A broker that has not noticed counts a connection whose other end is dead; and an hour of quiet is said.
#[test]
fn a_connection_with_a_dead_end_is_counted_and_said() {
    let mut page = open("A lamp without a keep alive");
    let broker = |page: &Playground| {
        let map = page.map_still();
        let mut nodes = map.nodes.iter();
        let broker = nodes.find(|it| it.figure == Figure::Broker);
        broker.expect("a broker").facts.clone()
    };
    page.update(Action::GoToEnd);
    assert_eq!(
        broker(&page),
        ["believes 2 connected", "1 of them gone", "0 on the wire"]
    );
    let said = said(&page);
    assert!(
        said.ends_with("until the run ends, after 60 min."),
        "{said}"
    );
    for step in 0..page.story().last_step() {
        page.update(Action::GoTo(step));
        let facts = broker(&page);
        let is_off = facts.len() == 3;
        assert_eq!(
            is_off,
            page.position().now >= 12_000_000,
            "{step}: {facts:?}"
        );
    }
    // Where the broker has noticed, nothing is left over.
    let mut page = open("The program exits");
    page.update(Action::GoToEnd);
    assert_eq!(broker(&page), ["1 connected", "0 on the wire"]);
}
