//! What is said of the scenarios of the folder: at a step, why, and at the end.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/scenarios.rs"]
mod scenarios;

use playground::{Action, Playground};
use scenarios::{answer, at_the_copy, forward, open, page, said};
use sim::Scenario;
use sim::scenario::BeatKind;
use std::fs;
use std::path::Path;

#[test]
fn the_caption_begins_with_what_the_lesson_says() {
    let mut page = open("lost acknowledgement");
    assert_eq!(
        page.explain().caption,
        "A phone tells a robot to drive 1 m, at QoS 1. The robot keeps its session. This time a packet will be lost. \
        Nothing has been sent yet: step forward, or press Play."
    );
    page.update(Action::StepForward);
    assert!(page.explain().caption.starts_with("Step 1: "));
    page.update(Action::StepBack);
    assert!(page.explain().caption.starts_with("A phone tells"));
    // Where a lesson says nothing before the first step, it is what the scenario is about.
    let page = open("The program exits");
    let caption = page.explain().caption.clone();
    assert!(caption.starts_with("A lamp says 1"), "{caption}");
}

#[test]
fn what_opens_a_lesson_gives_no_answer_away() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut told = 0;
    for file in fs::read_dir(folder).expect("the folder is there") {
        let path = file.expect("an entry").path();
        if path.extension().is_none_or(|ending| ending != "mqtt") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("it can be read");
        let scenario = Scenario::parse(&text).expect("a scenario");
        let Some(lesson) = scenario.lesson else {
            continue;
        };
        let before = [
            &scenario.title,
            &scenario.about,
            &lesson.title,
            &lesson.question,
        ]
        .map(|it| it.to_lowercase());
        let asked = lesson.beats.iter().filter_map(|beat| match &beat.kind {
            BeatKind::Ask(ask) => Some(&ask.answers),
            _ => None,
        });
        for answer in asked.flatten().filter(|it| it.is_right) {
            let words = answer.text.split([':', ',']).next().unwrap_or_default();
            // Short ones are in many words, and the name of a packet that is lost tells nothing yet.
            if words.len() < 5 || words == words.to_uppercase() {
                continue;
            }
            told += 1;
            assert!(
                !before.iter().any(|it| it.contains(&words.to_lowercase())),
                "{}: “{words}” is said before it is asked for: {before:?}",
                path.display()
            );
        }
    }
    assert!(told > 20, "only {told} answers were looked at");
}

#[test]
fn the_robot_stands_where_the_promise_puts_it() {
    for (title, metres) in [
        ("QoS 0: at most once", "1 m"),
        ("QoS 1: at least once", "1 m"),
        ("QoS 2: exactly once", "1 m"),
        ("QoS 1: the robot and the lost acknowledgement", "2 m"),
        ("QoS 2: PUBREC lost", "1 m"),
    ] {
        let mut page = open(title);
        let place = |page: &Playground| {
            let map = page.map_still();
            let ruler = map.ruler.as_ref().expect("a robot needs a ruler");
            ruler
                .ticks
                .iter()
                .find(|(_, _, here)| *here)
                .map(|(_, text, _)| text.clone())
        };
        assert_eq!(place(&page).as_deref(), Some("0 m"), "{title}");
        page.update(Action::GoToEnd);
        assert_eq!(place(&page).as_deref(), Some(metres), "{title}");
        let said = said(&page);
        assert!(
            said.ends_with(&format!("stands at {metres}.")),
            "{title}: {said}"
        );
    }
}

#[test]
fn the_copy_is_explained_from_the_first_send_to_the_reconnect() {
    let page = at_the_copy("lost acknowledgement");
    let explain = page.explain();
    let marked: Vec<&str> = explain
        .say
        .iter()
        .filter(|run| run.is_marked)
        .map(|run| run.text.as_str())
        .collect();
    assert_eq!(marked, ["the same message again"]);
    let why = page.why();
    let chain: Vec<&str> = why.chain.iter().map(|cause| cause.text.as_str()).collect();
    assert_eq!(
        chain,
        [
            "The broker sends the message and keeps a copy.",
            "The cut took PUBACK 1 with it: 4 bytes on the wire, gone for good.",
            "The broker still has the session of robot-1.",
            "So the copy goes out again. No timer did this; the reconnect did.",
        ]
    );
    assert!(why.chain.last().is_some_and(|cause| cause.is_current));
    let rules: Vec<&str> = explain.rules.iter().map(|rule| rule.id).collect();
    assert!(
        rules.contains(&"MQTT-4.4.0-1") && rules.contains(&"MQTT-3.3.1-1"),
        "{rules:?}"
    );
    assert!(
        explain
            .rules
            .iter()
            .all(|rule| rule.url.starts_with("https://docs.oasis-open.org/"))
    );
}

#[test]
fn the_reasons_of_5_0_are_said() {
    let mut page = open("The broker says why");
    let mut said = String::new();
    while !page.timeline().is_end {
        forward(&mut page);
        answer(&mut page);
        said.extend(page.explain().say.iter().map(|run| run.text.as_str()));
        said.push('\n');
    }
    for reason in [
        "0x10 No matching subscribers",
        "0x11 No subscription existed",
        "0x8E Session taken over",
    ] {
        assert!(said.contains(reason), "{reason}\n{said}");
    }
}

#[test]
fn a_library_without_memory_is_not_said_to_keep_copies() {
    for (title_part, expected) in [
        ("an answer is missing", "keeps no copy"),
        ("robust2: a queue", "keeps a copy"),
        ("QoS 1: at least once", "keeps a copy"),
    ] {
        let mut page = open(title_part);
        let sends = |page: &Playground| {
            let say = &page.explain().say;
            say.iter()
                .any(|run| run.text.contains("sends the message on"))
        };
        while !sends(&page) {
            assert!(!page.timeline().is_end, "{title_part}: something is sent");
            forward(&mut page);
        }
        let say = &page.explain().say;
        let marked = say.iter().find(|run| run.is_marked);
        assert_eq!(
            marked.map(|run| run.text.as_str()),
            Some(expected),
            "{title_part}"
        );
    }
}

#[test]
fn a_copy_that_a_timer_sends_is_not_put_down_to_a_reconnect() {
    let page = at_the_copy("What the tutorials draw");
    assert_eq!(
        page.why().chain.last().map(|cause| cause.text.as_str()),
        Some("So the copy goes out again. A timer did this; the connection never went.")
    );
}

#[test]
fn every_step_is_said_and_named() {
    for index in 0..page().frame().scenarios.len() {
        let mut page = page();
        page.update(Action::Open(index));
        while !page.timeline().is_end {
            forward(&mut page);
            let step = page.position().step;
            let said = said(&page);
            assert!(
                said.ends_with('.') && said.len() > 20,
                "scenario {index}, step {step}: {said:?}"
            );
            assert!(
                !said.contains("  ") && !said.contains(" ."),
                "scenario {index}, step {step}: {said:?}"
            );
            assert!(
                page.why()
                    .chain
                    .iter()
                    .all(|cause| cause.text.ends_with('.')),
                "scenario {index}: {:?}",
                page.why().chain
            );
            assert!(
                page.timeline()
                    .marks
                    .iter()
                    .all(|mark| mark.sentence.len() > 5)
            );
        }
    }
}

#[test]
fn a_will_is_told_from_a_message_that_is_passed_on() {
    let mut page = open("obituary");
    while !page.timeline().is_end {
        forward(&mut page);
        let said = said(&page);
        if said.contains("publishes a will: the connection of lamp-1") {
            assert_eq!(
                page.packet()
                    .segments
                    .last()
                    .map(|it| it.value.clone())
                    .as_deref(),
                Some("0")
            );
            return;
        }
    }
    panic!("the will was not told");
}

#[test]
fn an_end_with_an_empty_message_says_that_it_is_empty() {
    let mut page = open("An empty message");
    page.update(Action::GoToEnd);
    let said = said(&page);
    assert!(
        said.contains("phone-1 got 2 messages; the last one, on room/light, is empty."),
        "{said}"
    );
}

#[test]
fn an_end_without_a_robot_says_what_was_heard() {
    let mut page = open("without a keep alive");
    page.update(Action::GoToEnd);
    let said = said(&page);
    assert_eq!(
        said,
        "Nothing is on its way any more. lamp-1 is off. viewer-1 got 1 message; the last one, on state/lamp-1: 1. \
        Nothing happens any more until the run ends, after 60 min."
    );
}
