//! Where the run stops by itself, and what the user has marked in it.

use super::Playground;
use super::over::{Kind, Layer};
use crate::action::Command;
use crate::filter::Filter;
use crate::text;

/// So many stops are kept.
const STOPS_MAX: usize = 20;
/// So many markers are kept.
pub(crate) const MARKERS_MAX: usize = 50;
/// A marker's name has at most so many characters.
const NAME_MAX_CHARS: usize = 40;

/// The element that a stop's expression is typed into.
pub const STOP_ID: &str = "stop-expression";

/// What the user does to stops and markers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopsAction {
    /// Shows or puts away their list.
    Toggle,
    /// Has typed this as a new stop.
    Type(String),
    /// Adds what is typed.
    Add,
    /// Switches a stop on or off.
    Switch(usize),
    /// Removes a stop.
    Remove(usize),
    /// Goes to the next (1) or the last (-1) step that a stop matches.
    Run(isize),
    /// Sets a marker at the moment that is shown, or takes it away.
    Mark,
    /// Names a marker.
    Name(usize, String),
    /// Takes a marker away.
    Unmark(usize),
    /// Goes to the next (1) or the last (-1) marker.
    GoMark(isize),
}

/// A condition at which the run stops.
#[derive(Clone, Debug, PartialEq)]
struct Stop {
    text: String,
    filter: Filter,
    is_on: bool,
    /// How often the run has stopped there.
    hits: usize,
}

/// A named moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// The step.
    pub step: usize,
    /// Its name.
    pub name: String,
}

/// Stops, and the expression that is being typed.
#[derive(Debug, Default)]
pub(super) struct Stops {
    draft: String,
    fault: Option<String>,
    list: Vec<Stop>,
    /// Counts the changes: what they match depends on it.
    edition: usize,
    pub(super) markers: Vec<Marker>,
}

/// A stop, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopRow {
    /// The expression.
    pub text: String,
    /// Whether it is heeded.
    pub is_on: bool,
    /// How often the run has stopped there, in words.
    pub hits: String,
}

/// The list of stops and markers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StopsView {
    /// Whether it is open.
    pub is_open: bool,
    /// The expression that is being typed.
    pub draft: String,
    /// What is wrong with it.
    pub fault: Option<String>,
    /// The stops.
    pub stops: Vec<StopRow>,
    /// The markers, in the order of the run.
    pub markers: Vec<Marker>,
}

impl Playground {
    pub(super) fn stops_action(&mut self, action: StopsAction, commands: &mut Vec<Command>) {
        match action {
            StopsAction::Toggle => self.toggle(Layer::Stops, commands),
            StopsAction::Type(text) => {
                self.stops.draft = text;
                self.stops.fault = None;
            }
            StopsAction::Add => self.add_stop(),
            StopsAction::Switch(index) => {
                if let Some(stop) = self.stops.list.get_mut(index) {
                    stop.is_on = !stop.is_on;
                    self.stops.edition += 1;
                }
            }
            StopsAction::Remove(index) => {
                if index < self.stops.list.len() {
                    self.stops.list.remove(index);
                    self.stops.edition += 1;
                }
            }
            StopsAction::Run(by) => {
                let from = self.position.step;
                let goal = if by > 0 {
                    self.next_stop(from)
                } else {
                    (1..from).rev().find(|step| self.stops_at(*step))
                };
                match goal {
                    Some(step) => {
                        self.step_to(step, commands);
                        self.count_hit(step);
                    }
                    None => self.say(super::Notice::news(text::NO_STOP)),
                }
            }
            StopsAction::Mark => self.mark(),
            StopsAction::Name(index, name) => {
                if let Some(marker) = self.stops.markers.get_mut(index) {
                    marker.name = clean_name(&name);
                    self.kept_state = None;
                }
            }
            StopsAction::Unmark(index) => {
                if index < self.stops.markers.len() {
                    self.stops.markers.remove(index);
                    self.kept_state = None;
                }
            }
            StopsAction::GoMark(by) => {
                let from = self.position.step;
                let mut steps = self.stops.markers.iter().map(|it| it.step);
                let goal = if by > 0 {
                    steps.find(|step| *step > from)
                } else {
                    steps.rfind(|step| *step < from)
                };
                if let Some(step) = goal {
                    self.step_to(step, commands);
                }
            }
        }
    }

    fn add_stop(&mut self) {
        let text = self.stops.draft.trim().to_owned();
        match Filter::parse(&text) {
            Ok(filter) => {
                self.stops.list.truncate(STOPS_MAX - 1);
                self.stops.list.insert(
                    0,
                    Stop {
                        text,
                        filter,
                        is_on: true,
                        hits: 0,
                    },
                );
                self.stops.draft.clear();
                self.stops.edition += 1;
            }
            Err(fault) => {
                self.stops.fault = Some(text::filter_fault(self.language, &text, &fault));
            }
        }
    }

    fn mark(&mut self) {
        let step = self.position.step;
        let markers = &mut self.stops.markers;
        match markers.binary_search_by_key(&step, |it| it.step) {
            Ok(index) => {
                markers.remove(index);
            }
            Err(index) if markers.len() < MARKERS_MAX => {
                let number = markers.len() + 1;
                let name = text::marker_name(self.language, number);
                markers.insert(index, Marker { step, name });
            }
            Err(_) => return,
        }
        self.kept_state = None;
    }

    /// For every step, which of the stops that are on it matches: the first.
    fn stopping(&self) -> crate::memo::Shared<Vec<Option<usize>>> {
        let key = (self.edition, self.stops.edition);
        self.memos.stopping.get(key, || {
            let Some(run) = &self.run else {
                return Vec::new();
            };
            let mut found = Vec::with_capacity(self.story.steps.len());
            let on: Vec<(usize, &Stop)> = (0..)
                .zip(&self.stops.list)
                .filter(|(_, stop)| stop.is_on)
                .collect();
            if on.is_empty() {
                return found;
            }
            run.each_subject(usize::MAX, &mut |subject| {
                let first = on.iter().find(|(_, stop)| stop.filter.matches(subject));
                found.push(first.map(|(index, _)| *index));
                true
            });
            found
        })
    }

    fn stops_at(&self, step: usize) -> bool {
        let place = step.checked_sub(1);
        place.is_some_and(|at| matches!(self.stopping().get(at), Some(Some(_))))
    }

    /// The next step after `from` at which the run stops.
    pub(super) fn next_stop(&self, from: usize) -> Option<usize> {
        let stopping = self.stopping();
        (from + 1..=stopping.len()).find(|step| {
            let place = step.checked_sub(1);
            place.is_some_and(|at| matches!(stopping.get(at), Some(Some(_))))
        })
    }

    /// The run has stopped at a step.
    pub(super) fn count_hit(&mut self, step: usize) {
        let place = step.checked_sub(1);
        let stop = place.and_then(|at| self.stopping().get(at).copied().flatten());
        if let Some(stop) = stop.and_then(|it| self.stops.list.get_mut(it)) {
            stop.hits += 1;
        }
    }

    /// Stops and markers.
    #[must_use]
    pub fn stops(&self) -> StopsView {
        let stops = self.stops.list.iter().map(|stop| StopRow {
            text: stop.text.clone(),
            is_on: stop.is_on,
            hits: text::hits(self.language, stop.hits),
        });
        StopsView {
            is_open: self.over.has(Kind::Stops),
            draft: self.stops.draft.clone(),
            fault: self.stops.fault.clone(),
            stops: stops.collect(),
            markers: self.stops.markers.clone(),
        }
    }
}

/// A name on one line, not too long.
pub(crate) fn clean_name(name: &str) -> String {
    let printable = name.chars().filter(|it| !it.is_control());
    printable.take(NAME_MAX_CHARS).collect()
}
