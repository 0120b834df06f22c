//! A world as large as the page takes: what a step costs must not grow with what happened before it.

use playground::action::{Start, Theme};
use playground::measure::AverageWidths;
use playground::{Action, Playground};
use std::fmt::Write;
use std::time::{Duration, Instant};

/// 200 nodes, each of which gets what the first one publishes: `messages` of them, one every tenth of a second.
fn crowd(messages: usize) -> String {
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

fn open(scenario: &str) -> Playground {
    let mut page = Playground::new(Box::new(AverageWidths), Theme::Light);
    page.update(Action::Begin(Start::default()));
    let shared = format!("mqtt-playground 2\nscenario own 00000000\nat 0 0 0\nown\n\n{scenario}");
    page.update(Action::Unpacked(Some(shared)));
    page
}

/// Every view that the main screen shows.
fn look(page: &Playground) {
    drop((page.frame(), page.explain(), page.packet(), page.list()));
    drop((page.map_still(), page.map_moving(), page.menu()));
    drop((page.ladder_still(), page.ladder_moving()));
    drop((page.state(), page.packets(), page.lesson()));
    drop((page.timeline(), page.clock()));
}

/// The quickest of many steps on from a place: the others were disturbed by what else the machine does.
fn quickest_step(page: &mut Playground, from: usize) -> Duration {
    page.update(Action::GoTo(from));
    look(page);
    let steps = (0..40).map(|_| {
        let begun = Instant::now();
        page.update(Action::StepForward);
        look(page);
        begun.elapsed()
    });
    steps.min().unwrap_or_default()
}

#[test]
fn a_step_costs_the_same_however_long_the_run_is() {
    let mut short = open(&crowd(20));
    let mut long = open(&crowd(240));
    assert!(short.story().records() > 10_000);
    assert!(long.story().records() > 100_000);
    // At both places as many packets are on their way.
    let early = quickest_step(&mut short, 4_000);
    let late = quickest_step(&mut long, 43_000);
    assert!(
        late < early * 4 + Duration::from_millis(1),
        "a step takes {early:?} after 4,000 steps and {late:?} after 43,000"
    );
}

#[test]
fn a_long_list_shows_what_is_around_the_selected_step() {
    let mut page = open(&crowd(20));
    page.update(Action::GoToEnd);
    let lines = |page: &Playground| {
        let list = page.list();
        let numbers = list.lines.iter().map(|(number, ..)| *number);
        (numbers.clone().min().unwrap(), numbers.max().unwrap())
    };
    let steps = page.story().steps.len();
    assert_eq!(lines(&page), (steps - 999, steps));
    page.update(Action::Select(steps - 999));
    assert_eq!(lines(&page), (steps - 1498, steps - 499));
    page.update(Action::Select(1));
    assert_eq!(lines(&page), (1, 501));
}
