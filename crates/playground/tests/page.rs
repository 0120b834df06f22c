//! What the page has beside the run: the chooser, what it asks of the browser, and which views stay as they are.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/scenarios.rs"]
mod scenarios;

use playground::action::{Tab, Theme};
use playground::lesson::AskState;
use playground::{Action, Command, Playground};
use scenarios::{at_the_copy, forward, page};

#[test]
fn the_chooser_has_lessons_in_order() {
    let frame = page().frame();
    let counts: usize = frame.chapters.iter().map(|(_, count)| count).sum();
    assert_eq!(counts, frame.scenarios.len());
    assert!(frame.chapters.len() >= 4, "{:?}", frame.chapters);
    assert!(
        frame.chapters.iter().all(|(_, count)| *count < 10),
        "{:?}",
        frame.chapters
    );
    let first: Vec<_> = frame.chapters.iter().take(3).collect();
    assert_eq!(
        first
            .iter()
            .map(|(lesson, _)| lesson.as_str())
            .collect::<Vec<_>>(),
        [
            "1. Many talkers, many listeners",
            "2. QoS 0: at most once",
            "3. QoS 1: the robot and the lost acknowledgement"
        ]
    );
}

#[test]
fn views_are_shared_until_something_changes() {
    let mut page = at_the_copy("lost acknowledgement");
    let (still, packet, state) = (page.ladder_still(), page.packet(), page.state());
    assert!(page.ladder_still() == still && page.packet() == packet);
    page.update(Action::ShowTab(Tab::Packet));
    assert!(
        page.ladder_still() == still && page.packet() == packet && page.state() == state,
        "a tab changes nothing else"
    );
    forward(&mut page);
    assert!(
        page.ladder_still() != still
            && page.packet().title == packet.title
            && packet.of_before.is_none()
            && page.packet().of_before.is_some(),
        "the robot acts: the packet that made it is shown, and is said to be from before"
    );
}

#[test]
fn commands_tell_the_page_what_only_it_can_do() {
    let mut page = page();
    let commands = page.update(Action::ToggleTheme);
    assert_eq!(
        commands,
        [
            Command::KeepTheme(Theme::Dark),
            Command::Appear {
                theme: Theme::Dark,
                projector: false
            }
        ]
    );
    assert_eq!(
        page.update(Action::ToggleProjector),
        [Command::Appear {
            theme: Theme::Dark,
            projector: true
        }]
    );
    page.update(Action::ToggleBlank);
    assert!(page.frame().blank);
    assert_eq!(
        page.update(Action::ToggleProjector),
        [Command::Appear {
            theme: Theme::Dark,
            projector: false
        }]
    );
    page.update(Action::ToggleBlank);
    assert!(!page.frame().blank, "only a projector can be blanked");
    // B is the key for it, but not where it is an answer: then it is one, and Shift+B makes the screen dark.
    page.update(Action::ToggleProjector);
    page.update(Action::Letter('b'));
    assert!(page.frame().blank);
    page.update(Action::Letter('a'));
    assert!(page.frame().blank, "whoever sees nothing chooses nothing");
    page.update(Action::Letter('b'));
    assert!(!page.frame().blank);
    page.update(Action::Navigated("#/play/qos1-puback-lost".to_owned()));
    let asks = |page: &Playground| page.lesson().and_then(|it| it.lesson.ask.clone());
    for _ in 0..200 {
        if asks(&page).is_some_and(|it| it.state == AskState::Open) {
            break;
        }
        forward(&mut page);
    }
    page.update(Action::Letter('b'));
    let chosen = asks(&page).expect("a question").options;
    assert!(!page.frame().blank && chosen.get(1).is_some_and(|it| it.is_chosen));
    page.update(Action::ToggleBlank);
    page.update(Action::Escape);
    assert!(!page.frame().blank);
}
