//! Through the scenarios of the folder: forward, back, playing, and what is selected on the way.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/scenarios.rs"]
mod scenarios;

use playground::lesson::AskState;
use playground::step::Unit;
use playground::text::Language;
use playground::timeline::Glyph;
use playground::{Action, Command, Playground, text};
use scenarios::{at_the_copy, forward, lines, open, page};
use sim::{Recording, Scenario};
use std::fs;
use std::path::Path;
use std::rc::Rc;

/// The scenarios of the folder, run natively: title and ladder.
fn native() -> Vec<(String, Vec<String>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|it| it.expect("an entry").path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "mqtt"));
    let runs = files.iter().map(|file| {
        let scenario = Scenario::parse(&fs::read_to_string(file).expect("it can be read"))
            .expect("a scenario");
        let (title, seed) = (scenario.title.clone(), scenario.seed);
        let recording = Recording::run(Rc::new(scenario), seed).expect("its names are known");
        let log = recording.log();
        (
            title,
            log.ladder_text(log.end())
                .lines()
                .map(str::to_owned)
                .collect(),
        )
    });
    runs.collect()
}

/// The page has these lines, or of a long ladder the last three hundred.
#[track_caller]
fn same(seen: &[String], ladder: &[String], title: &str) {
    let step = ladder.len();
    let from = step.saturating_sub(seen.len());
    assert!(from == 0 || seen.len() >= 300, "{title}, step {step}");
    assert_eq!(seen, &ladder[from..], "{title}, step {step}");
}

#[test]
fn every_scenario_of_the_folder_is_offered_and_steps_as_the_simulator_does() {
    let native = native();
    assert_eq!(page().frame().scenarios.len(), native.len());
    for (title, ladder) in native {
        let mut page = open(&title);
        assert!(lines(&page).is_empty(), "{title} begins before everything");
        for step in 1..=ladder.len() {
            forward(&mut page);
            same(&lines(&page), &ladder[..step], &title);
        }
        assert!(
            !page.timeline().is_end,
            "{title}: the last packet is still on its way or has just acted"
        );
        forward(&mut page);
        assert!(page.timeline().is_end);
        same(&lines(&page), &ladder, &title);
        forward(&mut page);
        same(&lines(&page), &ladder, &title);
    }
}

#[test]
fn going_back_shows_what_going_forward_showed() {
    for index in 0..page().frame().scenarios.len() {
        let mut page = page();
        page.update(Action::Open(index));
        let look = |page: &mut Playground| {
            // Where the ladder is scrolled to is not part of the moment.
            page.update(Action::Scrolled(0.0));
            let ladder = (page.ladder_still(), page.ladder_moving(), lines(page));
            let others = (
                page.map_still(),
                page.map_moving(),
                page.explain(),
                page.state(),
                page.packet(),
                page.timeline(),
            );
            format!("{ladder:?} {others:?}")
        };
        let mut seen = vec![look(&mut page)];
        while !page.timeline().is_end {
            forward(&mut page);
            seen.push(look(&mut page));
        }
        for (step, view) in seen.iter().enumerate().rev() {
            assert!(
                look(&mut page) == *view,
                "scenario {index} looks different at step {step} on the way back"
            );
            page.update(Action::StepBack);
        }
        assert!(page.timeline().is_start);
        for (step, view) in seen.iter().enumerate() {
            page.update(Action::GoTo(step));
            assert!(
                look(&mut page) == *view,
                "scenario {index} looks different at step {step} after a jump"
            );
        }
    }
}

#[test]
fn playing_comes_to_the_same_end_and_shortens_silences() {
    let mut page = open("lost acknowledgement");
    page.update(Action::ReduceMotion(false));
    page.update(Action::TogglePlay);
    let mut wall = 0;
    let mut steps = vec![0];
    let mut questions = 0;
    while page.timeline().is_playing {
        page.update(Action::Tick(16_000));
        wall += 16_000_u64;
        // Playing stops at a question, until it is answered.
        let stops = !page.timeline().is_playing && !page.timeline().is_end;
        if stops {
            questions += 1;
            page.update(Action::Answer(0));
            page.update(Action::Commit);
            page.update(Action::TogglePlay);
        }
        if steps.last() != Some(&page.position().step) {
            steps.push(page.position().step);
        }
        assert!(wall < 120_000_000, "it does not come to an end");
    }
    assert!(page.timeline().is_end);
    assert!(questions > 0, "the lesson asks something");
    assert!(steps.is_sorted(), "{steps:?}");
    // The run has 3.5 s, of which 2.9 are silent: at a twentieth of real time they alone would take a minute.
    assert!(wall < 30_000_000, "{wall} µs");
    // Playing again begins again.
    page.update(Action::TogglePlay);
    assert!(page.timeline().is_playing && page.timeline().is_start);
}

#[test]
fn a_step_forward_moves_its_packet_and_a_step_back_does_not() {
    let mut page = open("at least once");
    page.update(Action::ReduceMotion(false));
    assert!(
        page.update(Action::StepForward)
            .contains(&Command::RequestFrame)
    );
    let sent = page.position().now;
    page.update(Action::Tick(100_000));
    let moving = page.position().now;
    assert!(moving > sent);
    for _ in 0..100 {
        page.update(Action::Tick(100_000));
    }
    let there = page.position();
    assert_eq!(there, page.story().position(1), "it stops in mid-flight");
    forward(&mut page);
    assert!(
        !page
            .update(Action::StepBack)
            .contains(&Command::RequestFrame)
    );
    assert_eq!(page.position(), there);
}

#[test]
fn selecting_does_not_move_time_and_a_step_takes_the_selection_along() {
    let mut page = at_the_copy("lost acknowledgement");
    let now = page.position();
    page.update(Action::Select(8));
    assert_eq!(page.position(), now);
    assert_eq!(page.packet().step, 8);
    assert!(
        page.timeline()
            .marks
            .iter()
            .any(|mark| mark.step == 8 && mark.is_selected)
    );
    page.update(Action::Select(now.step + 1));
    assert_eq!(
        page.selected_step(),
        8,
        "what has not happened cannot be selected"
    );
    forward(&mut page);
    assert_eq!(page.selected_step(), now.step + 1);
}

#[test]
fn the_timeline_hides_what_is_to_come() {
    let page = at_the_copy("lost acknowledgement");
    let timeline = page.timeline();
    for mark in &timeline.marks {
        assert_eq!(
            mark.glyph.is_some(),
            mark.step <= page.position().step,
            "{mark:?}"
        );
    }
    let future = timeline
        .marks
        .iter()
        .find(|mark| mark.glyph.is_none())
        .expect("a future");
    assert_eq!(
        future.sentence,
        format!("Step {}: not played yet", page.position().step + 1)
    );
    let phases: Vec<&str> = timeline.phases.iter().map(|phase| phase.name.en).collect();
    assert_eq!(
        phases,
        [
            "connect ·\u{a0}subscribe",
            "publish ·\u{a0}deliver",
            "cut ·\u{a0}return",
            "again",
            "not yet played"
        ]
    );
    assert_eq!(
        timeline.marks[0].glyph,
        Some(Glyph::Packet(playground::story::Role::Control))
    );
}

#[test]
fn a_step_past_an_open_question_is_asked_for_twice() {
    for goes_on in [
        Action::StepForward,
        Action::TogglePlay,
        Action::StepBy(Unit::Packet, 1),
    ] {
        let mut page = open("lost acknowledgement");
        let ask = |page: &Playground| page.lesson().and_then(|it| it.lesson.ask.clone());
        while ask(&page).is_none() {
            page.update(Action::StepForward);
        }
        page.update(Action::ReduceMotion(true));
        let asked = page.position();
        let commands = page.update(goes_on.clone());
        assert!(commands.contains(&Command::Focus(text::QUESTION_ID.to_owned())));
        assert_eq!(page.position(), asked, "{goes_on:?}");
        assert_ne!(
            text::outcome(Language::English, &ask(&page).expect("it is asked")),
            ""
        );
        page.update(goes_on.clone());
        for _ in 0..20 {
            page.update(Action::Tick(100_000));
        }
        assert!(page.position().step > asked.step, "{goes_on:?}");
        let state = ask(&page).expect("it was asked").state;
        assert!(
            matches!(state, AskState::Passed | AskState::Revealed),
            "{goes_on:?}: {state:?}"
        );
        page.update(Action::Letter('a'));
        page.update(Action::Commit);
        page.update(Action::GoTo(asked.step));
        let again = ask(&page).expect("it is asked again");
        assert_eq!(again.state, AskState::Open, "{goes_on:?}");
        assert!(!again.is_held);
    }
}

#[test]
fn an_answer_is_committed_to_by_who_goes_past_its_question_and_by_nobody_else() {
    let asked = || {
        let mut page = open("lost acknowledgement");
        while !page.has_question() {
            page.update(Action::StepForward);
        }
        page.update(Action::Answer(1));
        page
    };
    let state = |page: &Playground| {
        let ask = page.lesson().and_then(|it| it.lesson.ask.clone());
        ask.expect("it is asked").state
    };
    // What is selected lies before the question, or nothing comes behind it.
    for (selected, goes_on) in [
        (3, Action::StepBy(Unit::Packet, 1)),
        (9, Action::StepInExchange(1)),
        (1, Action::StepInExchange(1)),
    ] {
        let mut page = asked();
        for _ in 0..2 {
            page.update(Action::Select(selected));
            page.update(goes_on.clone());
        }
        page.update(Action::GoTo(asked().position().step));
        assert_eq!(state(&page), AskState::Chosen, "{goes_on:?}");
    }
    // However far it goes.
    let mut page = asked();
    let there = page.position().step + 1;
    page.update(Action::GoTo(there));
    assert!(matches!(
        state(&page),
        AskState::Locked | AskState::Revealed
    ));
}

#[test]
fn the_present_stays_in_the_pane() {
    let mut page = open("lost acknowledgement");
    page.update(Action::Resized {
        width: 720.0,
        height: 200.0,
        scale: 1.0,
    });
    let mut top = 0.0;
    while !page.timeline().is_end {
        for command in page.update(Action::StepForward) {
            if let Command::ScrollLadder(to) = command {
                top = to;
                page.update(Action::Scrolled(to));
            }
        }
        let now_y = page.ladder_moving().now_y;
        assert!(
            now_y >= top - 1.0 && now_y <= top + 200.0,
            "step {}: {now_y} in {top}",
            page.position().step
        );
    }
}

#[test]
fn the_present_stays_in_a_pane_that_becomes_smaller() {
    let mut page = open("lost acknowledgement");
    page.update(Action::GoToEnd);
    let resized = |page: &mut Playground, height| {
        let commands = page.update(Action::Resized {
            width: 720.0,
            height,
            scale: 1.0,
        });
        commands.into_iter().find_map(|command| match command {
            Command::ScrollLadder(to) => Some(to),
            _ => None,
        })
    };
    let now_y = page.ladder_moving().now_y;
    let top = resized(&mut page, 120.0).expect("it goes along");
    page.update(Action::Scrolled(top));
    assert!((top..=top + 120.0).contains(&now_y), "{now_y} in {top}");
    // Whoever looks at what was before is left there.
    page.update(Action::Scrolled(0.0));
    assert_eq!(resized(&mut page, 100.0), None);
}
