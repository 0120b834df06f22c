//! The lessons that come with the page, as a learner goes through them.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use playground::lesson::{AskState, AskView};
use playground::lobby::Entry;
use playground::measure::AverageWidths;
use playground::menu::Target;
use playground::route::Place;
use playground::sandbox::SandboxAction;
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

fn at(file: &str) -> Playground {
    let mut page = page();
    page.update(Action::Navigated(format!("#/play/{file}")));
    page
}

fn explained(page: &Playground) -> String {
    let explain = page.explain();
    explain.say.iter().map(|run| run.text.as_str()).collect()
}

fn is_open(page: &Playground) -> bool {
    asked(page).is_some_and(|it| matches!(it.state, AskState::Open | AskState::Chosen))
}

#[test]
fn no_explanation_answers_an_open_question() {
    let mut questions = 0;
    each(|title, page| {
        while !page.timeline().is_end {
            if is_open(page) {
                questions += 1;
                let rules = page.explain().rules.len();
                assert_eq!(rules, 0, "{title}: {}", explained(page));
                page.update(Action::Answer(0));
                page.update(Action::Commit);
            }
            page.update(Action::StepForward);
        }
    });
    assert!(questions > 40, "{questions} questions");

    let mut page = at("qos0");
    while !is_open(&page) {
        page.update(Action::StepForward);
    }
    assert_eq!(explained(&page), "phone-1 sends PUBLISH to the broker.");
    assert!(
        page.explain()
            .caption
            .ends_with("phone-1 sends PUBLISH to the broker.")
    );
    page.update(Action::Answer(0));
    page.update(Action::Commit);
    assert!(
        explained(&page).contains("no acknowledgement"),
        "{}",
        explained(&page)
    );
    assert!(!page.explain().rules.is_empty());
}

/// Who builds a lesson reads all of it, and who takes it is asked first: the same page, at the same step.
#[test]
fn what_the_builder_reads_answers_no_question_of_the_learner() {
    let mut page = at("qos0");
    while !is_open(&page) {
        page.update(Action::StepForward);
    }
    let asked = page.position().step;
    page.update(Action::Sandbox(SandboxAction::FromOpen));
    let play = page.frame().rail.clone().into_iter();
    let play = play.filter(|(place, _)| *place == Place::Play);
    let learn: Vec<String> = play.map(|(_, way)| way).collect();
    page.update(Action::GoTo(asked));
    assert!(
        explained(&page).contains("no acknowledgement"),
        "{}",
        explained(&page)
    );
    assert!(!page.has_question());
    page.update(Action::Navigated(learn.concat()));
    assert_eq!((page.position().step, is_open(&page)), (asked, true));
    assert!(page.has_question());
    assert_eq!(explained(&page), "phone-1 sends PUBLISH to the broker.");
}

#[test]
fn from_a_run_of_ones_own_a_button_leads_back_to_the_lessons() {
    let mut page = at("qos1");
    page.update(Action::GoTo(3));
    assert_eq!(pane(&page).own_run, None);
    page.update(Action::OpenMenu(Target::Wire(0)));
    let menu = page.menu().expect("it opens");
    assert_eq!(
        menu.items[0].label.en, "Cut for 2 s",
        "what comes back by itself comes first"
    );
    page.update(Action::ChooseEntry(0));
    let back = pane(&page).own_run.expect("the way back");
    page.update(Action::ShowFuture(back));
    assert_eq!(pane(&page).own_run, None);
}

#[test]
fn who_learns_alone_is_asked_to_count_no_hands() {
    let mut page = at("qos1");
    assert!(!pane(&page).has_hands);
    page.update(Action::ToggleProjector);
    assert!(pane(&page).has_hands);
}

#[test]
fn the_start_page_says_what_is_left_of_a_lesson() {
    let entry = |page: &Playground, number: &str| -> Entry {
        let entries = page.lobby().chapters.into_iter().flat_map(|it| it.entries);
        entries
            .into_iter()
            .find(|it| it.number == number)
            .expect("a lesson")
    };
    let mut page = at("qos1");
    answer_all(&mut page);
    page.update(Action::Navigated("#/lessons".to_owned()));
    let third = entry(&page, "3");
    assert_eq!(third.seen, "1 of 2 parts done");
    assert_eq!(
        third.fragment, third.parts[1].fragment,
        "it leads to the part that is left"
    );

    page.update(Action::Navigated("#/play/qos0-publish-lost".to_owned()));
    answer_all(&mut page);
    page.update(Action::Navigated("#/lessons".to_owned()));
    assert_eq!(entry(&page, "2").seen, "task open");
}
