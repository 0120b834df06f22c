//! The page over the scenarios of the folder: how to open one, and to go on to where something is to be seen.

#![allow(dead_code, reason = "not every test does everything")]

use playground::action::Theme;
use playground::measure::AverageWidths;
use playground::{Action, Playground};

pub(crate) fn page() -> Playground {
    let mut page = Playground::new(Box::new(AverageWidths), Theme::Light);
    page.update(Action::ReduceMotion(true));
    page.update(Action::Resized {
        width: 720.0,
        height: 400.0,
        scale: 1.0,
    });
    page
}

/// Steps forward, past a question too.
pub(crate) fn forward(page: &mut Playground) {
    let before = page.position();
    page.update(Action::StepForward);
    if page.position() == before && !page.timeline().is_end {
        page.update(Action::StepForward);
    }
}

pub(crate) fn open(title_part: &str) -> Playground {
    let mut page = page();
    let titles = page.frame().scenarios.clone();
    let index = titles
        .iter()
        .position(|title| title.contains(title_part))
        .expect("the scenario is there");
    page.update(Action::Open(index));
    page
}

pub(crate) fn lines(page: &Playground) -> Vec<String> {
    page.list()
        .lines()
        .map(|(_, line, _)| line.to_owned())
        .collect()
}

/// What is explained of the step in view.
pub(crate) fn said(page: &Playground) -> String {
    let explain = page.explain();
    explain.say.iter().map(|run| run.text.as_str()).collect()
}

/// Commits to an answer where a question waits: while it is open, nothing is explained that could answer it.
pub(crate) fn answer(page: &mut Playground) {
    page.update(Action::Answer(0));
    page.update(Action::Commit);
}

/// A scenario at the step at which its copy goes out.
pub(crate) fn at_the_copy(title_part: &str) -> Playground {
    let mut page = open(title_part);
    while !page
        .packet()
        .badges
        .iter()
        .any(|(text, _)| text == "DUP = 1")
    {
        assert!(!page.timeline().is_end, "there is a copy");
        forward(&mut page);
        answer(&mut page);
    }
    page
}
