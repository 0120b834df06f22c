//! The lessons that come with the page, as a learner goes through them.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use playground::lesson::{AskState, AskView};
use playground::measure::AverageWidths;
use playground::route::Place;
use playground::{Action, LessonPane, Playground, Shared};

fn page() -> Playground {
    let mut page = Playground::new(Box::new(AverageWidths), playground::action::Theme::Light);
    page.update(Action::ReduceMotion(true));
    page
}

/// Every lesson, opened at its start, with its title.
fn each(mut look: impl FnMut(&str, &mut Playground)) {
    let titles = page().frame().scenarios.clone();
    let mut lessons = 0;
    for (index, title) in titles.iter().enumerate() {
        let mut page = page();
        page.update(Action::Open(index));
        if page.lesson().is_some() {
            lessons += 1;
            look(title, &mut page);
        }
    }
    assert!(lessons > 40, "{lessons} lessons");
}

fn pane(page: &Playground) -> Shared<LessonPane> {
    page.lesson().expect("a lesson is open")
}

fn asked(page: &Playground) -> Option<AskView> {
    pane(page).lesson.ask.clone()
}

/// What of question and task stands in the pane.
fn shown(pane: &LessonPane) -> (Option<&AskView>, bool) {
    let ask = pane.lesson.ask.as_ref();
    match &pane.lesson.task {
        Some(_) if !pane.is_ask_first => (None, true),
        _ => (ask, false),
    }
}

/// Goes to the end, and answers each question on the way with its last answer.
fn answer_all(page: &mut Playground) -> usize {
    let mut answered = 0;
    while !page.timeline().is_end {
        if let Some(ask) = asked(page).filter(|it| it.state == AskState::Open) {
            page.update(Action::Answer(ask.options.len() - 1));
            page.update(Action::Commit);
            answered += 1;
        }
        page.update(Action::StepForward);
    }
    answered
}

#[test]
fn the_answer_to_a_prediction_is_shown_before_the_task() {
    let mut missed = Vec::new();
    each(|title, page| {
        let answered = answer_all(page);
        let pane = pane(page);
        let Some(ask) = pane.lesson.ask.as_ref() else {
            return;
        };
        let end = page.position().step;
        let is_shown = shown(&pane)
            .0
            .is_some_and(|it| it.state == AskState::Revealed);
        if answered > 0 && ask.reveal_step == end && !is_shown {
            missed.push(title.to_owned());
        }
        let has_task = pane.lesson.task.is_some();
        page.update(Action::StepForward);
        let after = self::pane(page);
        assert_eq!(
            shown(&after).1,
            has_task,
            "{title}: gone on from the answer"
        );
        // It stays read, also where an act has made another run of it.
        page.update(Action::StepBack);
        page.update(Action::StepForward);
        assert_eq!(shown(&self::pane(page)).1, has_task, "{title}: again");
    });
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn the_end_of_every_part_leads_on() {
    let mut last = String::new();
    each(|title, page| {
        assert_eq!(pane(page).onward, None, "{title}: at its start");
        answer_all(page);
        page.update(Action::StepForward);
        let onward = pane(page).onward.clone();
        let onward = onward.unwrap_or_else(|| panic!("{title} is a dead end"));
        let old = page.frame().scenario;
        page.update(Action::Navigated(onward.fragment));
        let is_left = page.frame().scenario != old || page.frame().place == Place::Lessons;
        assert!(is_left, "{title}: {}", onward.label);
        last = onward.label;
    });
    assert_eq!(last, "All lessons");
}
