//! The scenarios that come with the page.

use sim::Scenario;
use std::rc::Rc;

/// The scenarios that come with the page: file name and text.
const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/scenarios.rs"));

/// What the chooser puts over the scenarios that are no lesson.
const MORE: &str = "More";

/// A scenario that can be opened: one that comes with the page, or one of the user's own.
pub(crate) struct BuiltIn {
    /// Its file's name without the ending, which addresses and kept work use.
    pub(crate) file: Rc<str>,
    /// What stands over it: its lesson.
    pub(crate) chapter: String,
    /// What it is.
    pub(crate) scenario: Rc<Scenario>,
    /// Its text, if it is the user's own.
    pub(crate) own: Option<Rc<str>>,
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
    let over = |scenario: &Scenario| match scenario.lesson.as_deref() {
        Some(lesson) => format!("{}. {}", lesson.number, lesson.title),
        None => MORE.to_owned(),
    };
    let built_in = scenarios.into_iter().map(|(file, scenario)| BuiltIn {
        file: file.into(),
        chapter: over(&scenario),
        scenario: Rc::new(scenario),
        own: None,
    });
    built_in.collect()
}
