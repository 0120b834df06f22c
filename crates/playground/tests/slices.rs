//! A long run is made a little with every frame: its start is shown at once, and nobody waits for the rest.

#[path = "support/crowd.rs"]
mod crowds;

use crowds::crowd;
use playground::action::{Start, Theme};
use playground::measure::AverageWidths;
use playground::menu::Target;
use playground::text::Language;
use playground::{Action, Command, Playground};

fn new_page() -> Playground {
    let mut page = Playground::new(Box::new(AverageWidths), Theme::Light);
    page.update(Action::Begin(Start::default()));
    page
}

fn link_to(scenario: &str, step: usize) -> Action {
    Action::Unpacked(Some(format!(
        "mqtt-playground 2\nscenario own 00000000\nat {step} 0 0\nown\n\n{scenario}"
    )))
}

/// Frames until the run is whole; each asks for the next.
fn make_whole(page: &mut Playground) -> usize {
    let mut frames = 0;
    while page.running().is_some() {
        let commands = page.update(Action::Tick(16_000));
        let asks = commands.contains(&Command::RequestFrame);
        assert!(
            asks || page.running().is_none(),
            "a frame must ask for the next"
        );
        frames += 1;
        assert!(frames < 1_000);
    }
    frames
}

#[test]
fn the_start_is_shown_at_once_and_the_rest_follows() {
    let mut page = new_page();
    let commands = page.update(link_to(&crowd(60), 0));
    assert!(commands.contains(&Command::RequestFrame));
    let running = page.running().expect("the run is long");
    assert!(running.text.starts_with("Running … "), "{}", running.text);
    assert!(page.story().records() < 10_000);
    // It can be walked meanwhile.
    page.update(Action::StepForward);
    assert_eq!(page.position().step, 1);
    let mut percent = running.percent;
    for _ in 0..3 {
        page.update(Action::Tick(16_000));
        let now = page.running().map_or(100, |it| it.percent);
        assert!(now >= percent);
        percent = now;
    }
    assert!(make_whole(&mut page) > 2);
    assert_eq!(page.position().step, 1);
    assert!(page.story().records() > 20_000);
}

#[test]
fn a_link_into_a_long_run_leads_there_when_the_run_is_there() {
    let mut page = new_page();
    page.update(link_to(&crowd(60), 10_000));
    assert_eq!(page.position().step, 0);
    make_whole(&mut page);
    assert_eq!(page.position().step, 10_000);
    // Whoever goes elsewhere meanwhile stays there.
    let mut page = new_page();
    page.update(link_to(&crowd(60), 10_000));
    page.update(Action::StepForward);
    make_whole(&mut page);
    assert_eq!(page.position().step, 1);
}

/// What is kept while a run is made has the place to which it leads, and not its start.
#[test]
fn the_place_in_a_long_run_is_kept_before_the_run_is_there() {
    let works = |commands: &[Command]| {
        commands.iter().rev().find_map(|it| match it {
            Command::KeepWorks(works) => Some(works.clone()),
            _ => None,
        })
    };
    let returned = |works: &str| {
        let mut page = Playground::new(Box::new(AverageWidths), Theme::Light);
        page.update(Action::Begin(Start {
            works: works.to_owned(),
            fragment: "#/play".to_owned(),
            ..Start::default()
        }));
        page
    };
    let first = works(&new_page().update(link_to(&crowd(60), 10_000))).expect("it is kept");
    let mut again = returned(&first);
    assert_eq!(again.position().step, 0);
    again.update(Action::Navigated("#/play/qos1".to_owned()));
    again.update(Action::StepForward);
    let mut kept = Vec::new();
    for _ in 0..200 {
        kept.extend(again.update(Action::Tick(16_000)));
    }
    let kept = works(&kept).expect("it is kept");
    let mut page = returned(&kept);
    page.update(Action::Navigated("#/play/my-1".to_owned()));
    make_whole(&mut page);
    assert_eq!(page.position().step, 10_000);
}

#[test]
fn the_end_comes_when_the_run_is_whole() {
    let mut page = new_page();
    page.update(link_to(&crowd(60), 0));
    page.update(Action::GoToEnd);
    make_whole(&mut page);
    assert_eq!(page.position().step, page.story().last_step());
    assert_eq!(page.position().shown, page.story().records());
}

#[test]
fn undo_leads_back_to_the_very_moment() {
    let mut page = new_page();
    page.update(link_to(&crowd(60), 10_000));
    make_whole(&mut page);
    let before = page.position();
    page.update(Action::OpenMenu(Target::Wire(0)));
    page.update(Action::ChooseEntry(0));
    assert!(page.frame().undo.is_some());
    make_whole(&mut page);
    assert_ne!(page.position(), before);
    page.update(Action::Undo);
    make_whole(&mut page);
    assert_eq!(page.position(), before);
}

#[test]
fn a_run_that_is_stopped_ends_there_and_says_so() {
    let mut page = new_page();
    page.update(link_to(&crowd(60), 0));
    page.update(Action::StopRun);
    assert_eq!(page.running(), None);
    let notice = page.notice().expect("it says so");
    assert!(
        notice
            .text
            .to(Language::English)
            .starts_with("The run was stopped after ")
    );
    page.update(Action::GoToEnd);
    assert_eq!(page.position().shown, page.story().records());
}

/// Two futures of a long run are made a little with every frame, too, and are then what the main screen makes of them.
#[test]
fn two_futures_are_made_in_slices() {
    let mut page = new_page();
    page.update(link_to(&crowd(60), 10_000));
    make_whole(&mut page);
    page.update(Action::OpenMenu(Target::Wire(0)));
    page.update(Action::ChooseEntry(0));
    make_whole(&mut page);
    let mut commands = page.update(Action::Navigated("#/futures".to_owned()));
    let mut frames = 0;
    while let Some(said) = &page.pair().making {
        assert!(said.starts_with("Running … "), "{said}");
        assert!(page.pair().sides.is_none());
        let asks = commands.contains(&Command::RequestFrame);
        assert!(asks, "a frame must ask for the next");
        commands = page.update(Action::Tick(16_000));
        frames += 1;
        assert!(frames < 1_000);
    }
    assert!(frames > 2, "{frames} frames");
    let pair = page.pair();
    assert!(pair.sides.is_some());
    assert!(!pair.differs.is_empty(), "a link was cut in one of them");
    // Nothing more is to be done for them.
    page.update(Action::Tick(16_000));
    assert!(page.pair() == pair);
}

#[test]
fn slow_frames_make_smaller_slices() {
    let took = |elapsed: u64| {
        let mut page = new_page();
        page.update(link_to(&crowd(240), 0));
        for _ in 0..5 {
            page.update(Action::Tick(elapsed));
        }
        page.story().records()
    };
    let (quick, slow) = (took(16_000), took(200_000));
    assert!(slow * 2 < quick, "{slow} and {quick} records");
}
