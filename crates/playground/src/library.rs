//! The scenarios that come with the page.

use crate::import::Captured;
use crate::text::{self, Voice};
use sim::Scenario;
use std::rc::Rc;

/// The scenarios that come with the page: file name and text.
const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/scenarios.rs"));

/// A scenario that can be opened: one that comes with the page, or one of the user's own.
pub(crate) struct BuiltIn {
    /// Its file's name without the ending, which addresses and kept work use.
    pub(crate) file: Rc<str>,
    /// What it is.
    pub(crate) scenario: Rc<Scenario>,
    /// Its text, if it is the user's own.
    pub(crate) own: Option<Rc<str>>,
    /// What was captured, if it is no scenario but real traffic.
    pub(crate) captured: Option<Rc<Captured>>,
}

impl BuiltIn {
    /// Scenarios with the same stand together in the chooser: whether it is a capture, whether it is the user's own, and its
    /// lesson.
    pub(crate) fn shelf(&self) -> (bool, bool, Option<u8>) {
        let is_own = self.own.is_some();
        let lesson = self.scenario.lesson.as_deref().filter(|_| !is_own);
        (
            self.captured.is_some(),
            is_own,
            lesson.map(|lesson| lesson.number),
        )
    }

    /// What the chooser puts over it: its lesson.
    pub(crate) fn chapter(&self, voice: Voice<'_>) -> String {
        if self.captured.is_some() {
            return text::CAPTURES.to(voice.language).to_owned();
        }
        if self.own.is_some() {
            return text::MINE.to(voice.language).to_owned();
        }
        match self.scenario.lesson.as_deref() {
            Some(lesson) => format!("{}. {}", lesson.number, voice.data(&lesson.title)),
            None => text::MORE.to(voice.language).to_owned(),
        }
    }
}

/// The scenarios that come with the page in the order of the chooser: lessons by number and part, then the others.
///
/// One that cannot be read is left out: a test reads them all.
pub(crate) fn built_in() -> Vec<BuiltIn> {
    let readable = BUILT_IN
        .iter()
        .filter_map(|&(file, text)| Some((file, Scenario::parse(text).ok()?)));
    let mut scenarios: Vec<(&'static str, Scenario)> = readable.collect();
    // Files come by name, and those of one place stay so.
    scenarios.sort_by_key(|(_, scenario)| {
        let lesson = scenario.lesson.as_deref();
        lesson.map_or((u8::MAX, None), |lesson| (lesson.number, lesson.part))
    });
    let built_in = scenarios.into_iter().map(|(file, scenario)| BuiltIn {
        file: file.into(),
        scenario: Rc::new(scenario),
        own: None,
        captured: None,
    });
    built_in.collect()
}
