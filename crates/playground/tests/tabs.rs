//! Two tabs of the page keep their works in the same place, and neither loses what the other one has kept.

#![allow(clippy::expect_used, clippy::panic)]

mod support;

use playground::action::Start;
use playground::level::Level;
use playground::menu::Target;
use playground::sandbox::{SandboxAction, Section};
use playground::{Action, Command, FilesAction, Playground};

/// A tab of the page, with the part of the browser that keeps: it looks whether another tab has kept something, and then asks again.
struct Tab {
    page: Playground,
    known: String,
}

impl Tab {
    fn open(storage: &str, fragment: &str) -> Self {
        let page = support::page(Start {
            level: Some(Level::Lab),
            works: storage.to_owned(),
            fragment: fragment.to_owned(),
            ..Start::default()
        });
        Self {
            page,
            known: storage.to_owned(),
        }
    }

    fn act(&mut self, storage: &mut String, action: Action) {
        let mut actions = std::collections::VecDeque::from([action]);
        let mut rounds = 0;
        while let Some(action) = actions.pop_front() {
            rounds += 1;
            assert!(rounds < 1000, "it comes to an end");
            for command in self.page.update(action) {
                if command == Command::RequestFrame {
                    actions.push_back(Action::Tick(16_000));
                }
                let Command::KeepWorks(works) = command else {
                    continue;
                };
                if self.known == *storage {
                    storage.clone_from(&works);
                    self.known = works;
                } else {
                    actions.push_back(self.elsewhere(storage, true));
                }
            }
        }
    }

    fn elsewhere(&mut self, storage: &str, again: bool) -> Action {
        storage.clone_into(&mut self.known);
        let works = storage.to_owned();
        Action::Files(FilesAction::KeptElsewhere { works, again })
    }

    /// The browser tells that another tab has kept something.
    fn hear(&mut self, storage: &mut String) {
        let action = self.elsewhere(storage, false);
        self.act(storage, action);
    }

    /// Chooses an entry of the menu of the first link.
    fn choose(&mut self, storage: &mut String, label: &str) {
        self.act(storage, Action::OpenMenu(Target::Wire(0)));
        let menu = self.page.menu().expect("a menu");
        let entry = menu.items.iter().position(|item| item.label.en == label);
        self.act(storage, Action::ChooseEntry(entry.expect("an entry")));
    }

    fn build(&mut self, storage: &mut String, action: SandboxAction) {
        self.act(storage, Action::Sandbox(action));
    }

    /// The text of the world that is open.
    fn text(&mut self, storage: &mut String) -> String {
        self.build(storage, SandboxAction::Show(Section::Text));
        let editor = self.page.sandbox().editor.clone().expect("a world is open");
        editor.text.expect("the text is shown")
    }
}

#[test]
fn two_lessons_in_two_tabs_are_both_kept() {
    for hears in [true, false] {
        let mut storage = String::new();
        let mut first = Tab::open(&storage, "#/play/qos1");
        let mut second = Tab::open(&storage, "#/play/retained");
        for step in 1..4 {
            first.act(&mut storage, Action::GoTo(step));
            if hears {
                second.hear(&mut storage);
            }
            second.act(&mut storage, Action::GoTo(step + 1));
            if hears {
                first.hear(&mut storage);
            }
        }
        assert!(storage.contains("scenario qos1 "), "{storage}");
        assert!(storage.contains("\nat 3 "), "{storage}");
        assert!(storage.contains("scenario retained "), "{storage}");
        assert!(storage.contains("\nat 4 "), "{storage}");
    }
}

#[test]
fn what_one_tab_did_to_a_lesson_stays_while_another_one_walks_through_it() {
    let mut storage = String::new();
    let mut first = Tab::open(&storage, "#/play/qos1");
    let mut second = Tab::open(&storage, "#/play/qos1");
    first.act(&mut storage, Action::GoTo(4));
    first.choose(&mut storage, "Cut");
    assert!(storage.contains("\nafter "), "{storage}");
    for step in 1..5 {
        second.act(&mut storage, Action::GoTo(step));
        assert!(storage.contains("\nafter "), "{storage}");
    }
    assert!(second.page.notice().is_some(), "and it is said");
    // Something else in both: one is kept for the lesson, the other one aside.
    second.act(&mut storage, Action::GoTo(2));
    second.choose(&mut storage, "Cut");
    assert_eq!(storage.matches("\nafter ").count(), 2, "{storage}");
    first.act(&mut storage, Action::GoTo(5));
    second.act(&mut storage, Action::GoTo(6));
    assert_eq!(storage.matches("\nafter ").count(), 2, "{storage}");
    // All of it is there in the next visit.
    let mut again = Tab::open(&storage, "#/play/qos1");
    again.act(&mut storage, Action::GoTo(2));
    assert_eq!(storage.matches("\nafter ").count(), 2, "{storage}");
}

#[test]
fn worlds_that_two_tabs_make_are_two_worlds() {
    let mut storage = String::new();
    let mut first = Tab::open(&storage, "#/sandbox");
    let mut second = Tab::open(&storage, "#/sandbox");
    first.build(&mut storage, SandboxAction::New(0));
    // The same name at the same time.
    second.build(&mut storage, SandboxAction::New(2));
    let texts = [first.text(&mut storage), second.text(&mut storage)];
    for text in &texts {
        assert!(storage.contains(text.trim_end()), "{storage}");
    }
    first.hear(&mut storage);
    let again = Tab::open(&storage, "#/sandbox");
    assert_eq!(again.page.sandbox().worlds.len(), 2);
    assert_eq!(first.page.sandbox().worlds.len(), 2);
}

#[test]
fn a_world_that_one_tab_forgets_is_gone_in_the_other() {
    let mut storage = String::new();
    let mut first = Tab::open(&storage, "#/sandbox");
    first.build(&mut storage, SandboxAction::New(0));
    let mut second = Tab::open(&storage, "#/play/qos1");
    second.act(&mut storage, Action::GoTo(2));
    // Not heard of: the first one's list is older than what is kept.
    first.build(&mut storage, SandboxAction::Forget);
    first.build(&mut storage, SandboxAction::Forget);
    assert!(!storage.contains("\nown\n"), "{storage}");
    assert!(storage.contains("scenario qos1 "), "{storage}");
    second.hear(&mut storage);
    assert_eq!(second.page.sandbox().worlds.len(), 0);
    second.act(&mut storage, Action::GoTo(3));
    assert!(!storage.contains("\nown\n"), "{storage}");
}
