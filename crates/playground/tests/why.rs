//! Why something happened, and why something did not.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use playground::action::{Start, WhyAction};
use playground::level::Level;
use playground::story::StepKind;
use playground::text::{LANGUAGES, Language};
use playground::{Action, Command, Playground};

fn page(scenario: &str, language: Language) -> Playground {
    support::page(Start {
        level: Some(Level::Lab),
        language: Some(language),
        fragment: format!("#/play/{scenario}"),
        ..Start::default()
    })
}

/// The first step of a packet with this name from a node with that one.
fn step_of(page: &Playground, name: &str, from: &str) -> usize {
    let story = page.story();
    let mut flights = story.flights.iter();
    let found = flights.find(|it| it.face.name == name && story.name(it.from) == from);
    found.expect("it is sent").step
}

#[test]
fn every_step_has_a_chain_of_the_past_in_every_language() {
    for language in LANGUAGES {
        let mut any = page("qos1", language);
        for scenario in 0..any.frame().scenarios.len() {
            any.update(Action::Open(scenario));
            for step in 1..=any.story().steps.len().min(40) {
                any.update(Action::GoTo(step));
                let short = any.why();
                assert!(short.chain.len() <= playground::why::SHORT_MAX);
                any.update(Action::Letter('y'));
                let full = any.why();
                assert!(full.is_full && full.chain.len() >= short.chain.len());
                any.update(Action::Letter('y'));
                for view in [&short, &full] {
                    let place = format!("{language:?}, scenario {scenario}, step {step}");
                    let last = view.chain.last().expect("at least itself");
                    assert!(last.is_current && last.step == step, "{place}: {last:?}");
                    for cause in &view.chain {
                        assert!(cause.step <= step, "{place}: {cause:?} is in the future");
                        assert!(cause.text.ends_with('.'), "{place}: {cause:?}");
                    }
                    let steps: Vec<usize> = view.chain.iter().map(|it| it.step).collect();
                    assert!(view.is_full || steps.is_sorted(), "{place}: {steps:?}");
                }
                for row in &full.not_delivered {
                    assert!(row.text.ends_with('.'), "{row:?}");
                    assert!(!row.steps.is_empty(), "{row:?}");
                }
            }
        }
    }
}

/// Steps that only stand before one are not behind it: what somebody does, and a connection that opens, are no steps.
#[test]
fn nothing_is_a_cause_for_standing_before() {
    let rows: &[(&str, &str, &str, &[&str])] = &[
        (
            "will-viewer-restarts",
            "CONNECT",
            "lamp-1",
            &["lamp-1 connects with Clean Session 1."],
        ),
        (
            "same-id",
            "CONNECT",
            "sensor-2",
            &["sensor-2 connects with Clean Session 1."],
        ),
        (
            "topics",
            "PUBLISH",
            "temp-2",
            &[
                "temp-2 measures 21.5 °C.",
                "temp-2 sends the message and keeps nothing.",
            ],
        ),
        (
            "same-id",
            "CONNACK",
            "broker",
            &[
                "sensor-1 connects with Clean Session 1.",
                "The broker accepts the connection.",
            ],
        ),
    ];
    for (scenario, name, from, wanted) in rows {
        let mut page = page(scenario, Language::English);
        page.update(Action::GoToEnd);
        let step = step_of(&page, name, from);
        page.update(Action::GoTo(step));
        let why = page.why();
        let chain: Vec<&str> = why.chain.iter().map(|it| it.text.as_str()).collect();
        assert_eq!(chain, *wanted, "{scenario}, {name} of {from}");
        assert_eq!(why.left_out, 0, "{scenario}, {name} of {from}");
        page.update(Action::Letter('y'));
        for cause in &page.why().chain {
            let steps = &why.chain;
            assert!(
                steps.iter().any(|it| it.step == cause.step),
                "{scenario}, {name} of {from}: {cause:?} is seen at another's step"
            );
        }
    }
}

/// What nothing came from is behind a will that the broker publishes for want of a sign of life.
#[test]
fn silence_is_behind_what_is_done_about_it() {
    let mut page = page("will-keep-alive", Language::English);
    page.update(Action::GoToEnd);
    let wills = page.story().steps.iter().zip(1..);
    let mut wills =
        wills.filter(|(step, _)| step.line.ends_with("PUBLISH 2 QoS 1 state/lamp-1 \"0\""));
    let will = wills.next().expect("a will").1;
    let chain = |page: &Playground| -> Vec<String> {
        let why = page.why();
        why.chain.iter().map(|it| it.text.clone()).collect()
    };
    page.update(Action::GoTo(will));
    assert_eq!(
        chain(&page)[1..],
        [
            "lamp-1 shows that it is there.",
            "lamp-1 loses power.",
            "The broker publishes the will of a connection that ended without a goodbye.",
        ]
    );
    page.update(Action::GoToEnd);
    let questions = page.why().questions.clone();
    let offline = questions
        .iter()
        .position(|it| it.starts_with("lamp-1 has no connection"));
    page.update(Action::Why(WhyAction::Ask(offline.expect("it is asked"))));
    assert_eq!(
        chain(&page).last().map(String::as_str),
        Some("lamp-1 loses power.")
    );
}

#[test]
fn what_is_missing_is_named_as_missing() {
    let mut page = page("qos1-puback-lost", Language::English);
    let story = page.story();
    let copy = story.flights.iter().find(|it| it.repeats);
    let copy = copy.expect("a copy").step;
    page.update(Action::GoTo(copy));
    let missing: Vec<usize> = page
        .why()
        .chain
        .iter()
        .filter(|cause| cause.is_missing)
        .map(|cause| cause.step)
        .collect();
    let cut = page.story().steps.iter();
    let cut = cut
        .zip(1..)
        .find(|(step, _)| matches!(step.kind, StepKind::Cut(_)));
    assert_eq!(missing, [cut.expect("a cut").1]);
}

#[test]
fn a_link_of_the_chain_leads_to_its_step_and_there_is_a_way_back() {
    let mut page = page("qos1-puback-lost", Language::English);
    page.update(Action::GoToEnd);
    let copy = page.story().flights.iter().find(|it| it.repeats);
    let copy = copy.expect("a copy").step;
    page.update(Action::GoTo(copy));
    let here = page.position();
    let first = page.why().chain[0].step;
    page.update(Action::Why(WhyAction::Follow(first)));
    assert_eq!(page.position().step, first);
    assert!(page.why().can_return);
    // In another language it is the same run.
    page.update(Action::SetLanguage(Language::German));
    assert!(page.why().can_return);
    assert_eq!(
        page.update(Action::Why(WhyAction::Return)).len(),
        2,
        "scrolls and keeps"
    );
    assert_eq!(page.position(), here);
    assert!(!page.why().can_return);
    // Without a link that was followed the key is the browser's own.
    let commands = page.update(Action::Why(WhyAction::Return));
    assert_eq!(commands, [Command::GoBack]);
}

#[test]
fn a_duplicate_and_an_output_can_be_asked_about() {
    let mut page = page("qos1-puback-lost", Language::English);
    page.update(Action::GoToEnd);
    let questions = page.why().questions.clone();
    assert_eq!(
        questions[..2],
        [
            "robot-1 got “forward 1 m” 2 times. Why?",
            "robot-1: drives 1 m. Why?",
        ]
    );
    page.update(Action::Why(WhyAction::Ask(0)));
    let why = page.why();
    assert_eq!(why.question.as_ref(), Some(&questions[0]));
    assert!(
        why.chain.iter().any(|cause| cause.is_missing),
        "{:?}",
        why.chain
    );
    page.update(Action::Why(WhyAction::AskStep));
    assert_eq!(page.why().question, None);
    // A question belongs to its moment.
    page.update(Action::Why(WhyAction::Ask(0)));
    page.update(Action::StepBack);
    assert_eq!(page.why().question, None);
}

#[test]
fn who_has_not_got_the_message_is_listed_with_the_reason() {
    for (language, words) in [
        (Language::English, "QoS 0 is not sent again"),
        (Language::German, "QoS 0 wird nicht wiederholt"),
    ] {
        let mut page = page("qos0-publish-lost", language);
        let publish = step_of(&page, "PUBLISH", "broker");
        page.update(Action::GoTo(publish));
        assert!(page.why().not_delivered.is_empty(), "it is only under way");
        page.update(Action::GoToEnd);
        page.update(Action::Select(publish));
        let why = page.why();
        let [row] = &why.not_delivered[..] else {
            panic!("{:?}", why.not_delivered)
        };
        assert_eq!(row.name, "robot-1");
        assert!(row.text.contains(words), "{row:?}");
        assert!(!row.steps.is_empty());
    }
}

/// At the end no step is in view: "why?" asks how it came out, and says what no record says.
#[test]
fn at_the_end_why_asks_how_it_came_out() {
    let mut page = page("will-crash", Language::English);
    page.update(Action::GoToEnd);
    let why = page.why();
    let offline = why
        .questions
        .iter()
        .position(|it| it == "lamp-1 has no connection. Why?");
    let offline = offline.expect("it is asked");
    page.update(Action::Letter('y'));
    assert_eq!(page.why().question.as_ref(), why.questions.first());
    assert!(page.why().is_full);
    page.update(Action::Why(WhyAction::Ask(offline)));
    let why = page.why();
    assert!(!why.chain.is_empty());
    let note = why.note.as_deref().expect("nobody told it to come back");
    assert!(note.contains("no strategy for coming back"), "{note}");
}
