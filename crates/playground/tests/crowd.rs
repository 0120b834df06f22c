//! A world as large as the page takes: what a step costs must not grow with what happened before it.

#[path = "support/crowd.rs"]
mod crowds;

use crowds::crowd;
use playground::action::{Start, Theme};
use playground::measure::AverageWidths;
use playground::{Action, Playground};
use std::time::{Duration, Instant};

fn open(scenario: &str) -> Playground {
    let mut page = Playground::new(Box::new(AverageWidths), Theme::Light);
    page.update(Action::Begin(Start::default()));
    let shared = format!("mqtt-playground 2\nscenario own 00000000\nat 0 0 0\nown\n\n{scenario}");
    page.update(Action::Unpacked(Some(shared)));
    while page.running().is_some() {
        page.update(Action::Tick(0));
    }
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
fn the_fold_line_of_a_crowd_names_the_first_ones() {
    let mut page = open(&crowd(20));
    page.update(Action::GoToEnd);
    let fold = page.ladder_still().fold.clone().expect("a fold");
    assert_eq!(
        fold.text,
        "Steps 1 to 597: n1, n2, n3, n4, n5 and 194 others connect and subscribe"
    );
}

#[test]
fn what_has_not_changed_on_the_map_is_taken_over() {
    let mut page = open(&crowd(20));
    page.update(Action::GoTo(4_000));
    let before = page.map_still();
    page.update(Action::StepForward);
    let after = page.map_still();
    let nodes = before.nodes.iter().zip(&after.nodes);
    assert!(nodes.filter(|(before, after)| before != after).count() <= 3);
    let cables = before.cables.iter().zip(&after.cables);
    assert!(cables.filter(|(before, after)| before != after).count() <= 1);
}

#[test]
fn a_long_list_shows_what_is_around_the_selected_step() {
    let mut page = open(&crowd(20));
    page.update(Action::GoToEnd);
    let lines = |page: &Playground| {
        let list = page.list();
        let numbers: Vec<usize> = list.lines().map(|(number, ..)| number).collect();
        assert!(numbers.is_sorted() && numbers.len() <= 350);
        (numbers[0], numbers[numbers.len() - 1])
    };
    let steps = page.story().steps.len();
    let (first, last) = lines(&page);
    assert_eq!(last, steps);
    assert!((steps - 349..=steps - 299).contains(&first), "{first}");
    page.update(Action::Select(first));
    let (before, behind) = lines(&page);
    assert!(before <= first - 149 && (first + 149..first + 200).contains(&behind));
    page.update(Action::Select(1));
    assert_eq!(lines(&page), (1, 160));
    // As a list it goes along with what is scrolled, and keeps room for the rest.
    page.update(Action::ShowList(true));
    page.update(Action::Scrolled(24.0 * 2_000.0));
    let list = page.list();
    let (first, last) = lines(&page);
    assert!(first < 2_000 && last > 2_000, "{first} to {last}");
    assert_eq!(list.above, first - 1);
    assert_eq!(list.above + list.lines().count() + list.below, steps);
    assert!(list.lines().count() < 200);
}

/// With a mark that moves on a scale that stands still, most steps change two marks.
#[test]
fn the_timeline_goes_along_in_strides() {
    let mut page = open(&crowd(20));
    page.update(Action::GoTo(1_000));
    let mut strides = 0;
    let mut first = page.timeline().marks[0].step;
    for _ in 0..240 {
        page.update(Action::StepForward);
        let view = page.timeline();
        assert_eq!(view.marks.len(), 48);
        let place = view.marks.iter().position(|mark| mark.is_now);
        assert!(place.is_some_and(|it| (12..36).contains(&it)), "{place:?}");
        strides += usize::from(view.marks[0].step != first);
        first = view.marks[0].step;
    }
    assert_eq!(strides, 240 / 12);
    page.update(Action::GoToEnd);
    let view = page.timeline();
    assert_eq!(view.marks[47].step, page.story().last_step());
    page.update(Action::Restart);
    assert_eq!(page.timeline().marks[0].step, 1);
}

#[test]
fn a_step_changes_few_marks_and_no_rows_that_nobody_sees() {
    let mut page = open(&crowd(20));
    page.update(Action::GoTo(1_004));
    assert!(page.packets().rows.is_empty());
    let before = page.timeline();
    page.update(Action::StepForward);
    let after = page.timeline();
    let marks = before.marks.iter().zip(&after.marks);
    let (same, changed): (Vec<_>, Vec<_>) = marks.partition(|(before, after)| before == after);
    assert_eq!((same.len(), changed.len()), (46, 2));
    assert_eq!(before.marks[0].step, after.marks[0].step);
    page.update(Action::HasRoomForPackets(true));
    assert_eq!(page.packets().rows.len(), 200);
    page.update(Action::HasRoomForPackets(false));
    assert!(page.packets().rows.is_empty());
}
