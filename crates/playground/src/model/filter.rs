//! Typing a filter, and what it leaves of the steps.

use super::Playground;
use crate::action::Command;
use crate::filter::{Completion, Fault, Field, Filter, Subject, complete};
use crate::memo::Shared;
use crate::text;
use std::collections::BTreeSet;

/// So many different values of a field are offered.
const VALUES_MAX: usize = 30;

/// The element that the filter is typed into.
pub const FILTER_ID: &str = "filter";
/// What the elements of the offered ways begin with; their numbers follow.
pub const FILTER_OFFER_ID: &str = "filter-offer-";

/// What the user does to the filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterAction {
    /// Moves the keyboard into it.
    Focus,
    /// Has typed this.
    Type(String),
    /// Goes down (1) or up (-1) in what is offered.
    Move(isize),
    /// Takes what is offered: this one, or the chosen one.
    Take(Option<usize>),
    /// Puts the offers away; when there are none, the filter.
    Escape,
    /// Goes elsewhere.
    Leave,
    /// Empties it.
    Clear,
    /// Leaves out what does not match, or draws it faint.
    ToggleHide,
}

/// The filter as it is being typed.
#[derive(Debug, Default)]
pub(super) struct Filtering {
    text: String,
    /// The last text that could be read: it filters until there is another.
    filter: Option<Filter>,
    fault: Option<Fault>,
    offers: Vec<Completion>,
    chosen: Option<usize>,
    hides: bool,
    /// Counts the filters: views depend on it.
    edition: usize,
}

/// The filter, as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterView {
    /// What is typed.
    pub text: String,
    /// What is wrong with it.
    pub fault: Option<String>,
    /// What could be typed next.
    pub offers: Vec<Completion>,
    /// Which of that is chosen.
    pub chosen: Option<usize>,
    /// Whether steps that do not match are left out.
    pub hides: bool,
    /// How many match, in words; none without a filter.
    pub count: Option<String>,
    /// How much is offered, in words.
    pub offered: String,
}

impl Playground {
    pub(super) fn filter_action(&mut self, action: FilterAction, commands: &mut Vec<Command>) {
        match action {
            FilterAction::Focus => {
                self.offer();
                commands.push(Command::Focus(FILTER_ID.to_owned()));
            }
            FilterAction::Type(text) => self.type_filter(text),
            FilterAction::Move(by) => {
                if self.filtering.offers.is_empty() {
                    self.offer();
                }
                let count = self.filtering.offers.len();
                let chosen = self.filtering.chosen;
                self.filtering.chosen = match (count, chosen) {
                    (0, _) => None,
                    (_, None) if by > 0 => Some(0),
                    (_, None) => Some(count - 1),
                    (_, Some(chosen)) => Some(chosen.saturating_add_signed(by).min(count - 1)),
                };
            }
            FilterAction::Take(offer) => {
                let offer = offer.or(self.filtering.chosen);
                match offer.and_then(|it| self.filtering.offers.get(it)) {
                    Some(offer) => {
                        let text = offer.text.clone();
                        self.type_filter(text);
                        commands.push(Command::Focus(FILTER_ID.to_owned()));
                    }
                    None => self.filtering.offers.clear(),
                }
            }
            FilterAction::Leave => {
                self.filtering.offers.clear();
                self.filtering.chosen = None;
            }
            FilterAction::Escape if !self.filtering.offers.is_empty() => {
                self.filtering.offers.clear();
                self.filtering.chosen = None;
            }
            FilterAction::Escape => {
                self.set_filter(String::new());
                commands.push(Command::Focus(self.place.main_id().to_owned()));
            }
            FilterAction::Clear => {
                self.set_filter(String::new());
                commands.push(Command::Focus(FILTER_ID.to_owned()));
            }
            FilterAction::ToggleHide => self.filtering.hides = !self.filtering.hides,
        }
    }

    fn type_filter(&mut self, text: String) {
        self.set_filter(text);
        self.offer();
    }

    fn set_filter(&mut self, text: String) {
        let filtering = &mut self.filtering;
        filtering.offers.clear();
        filtering.chosen = None;
        filtering.fault = None;
        let filter = if text.trim().is_empty() {
            Some(None)
        } else {
            match Filter::parse(&text) {
                Ok(filter) => Some(Some(filter)),
                Err(fault) => {
                    filtering.fault = Some(fault);
                    None
                }
            }
        };
        filtering.text = text;
        if let Some(filter) = filter
            && filtering.filter != filter
        {
            filtering.filter = filter;
            filtering.edition += 1;
        }
    }

    /// Offers ways to go on, with the values that have been seen by now.
    fn offer(&mut self) {
        let text = self.filtering.text.clone();
        let offers = complete(&text, self.language, |field| self.known_values(field));
        self.filtering.offers = offers;
        self.filtering.chosen = None;
    }

    /// The values that a field has had in what has happened.
    pub(super) fn known_values(&self, field: Field) -> Vec<String> {
        use crate::filter::Value;
        let mut known = BTreeSet::new();
        if let Some(run) = &self.run {
            run.each_subject(self.position.step, &mut |subject: &Subject<'_>| {
                for value in field.values(subject) {
                    match value {
                        Value::Number(number) => known.insert((number, number.to_string())),
                        Value::Text(text) => known.insert((0, text)),
                        Value::Data(_) => false,
                    };
                }
                known.len() < VALUES_MAX
            });
        }
        known.into_iter().map(|(_, text)| text).collect()
    }

    /// Which steps match; none without a filter.
    pub(super) fn matching(&self) -> Option<Shared<Vec<bool>>> {
        let filter = self.filtering.filter.as_ref()?;
        let key = (self.edition, self.filtering.edition);
        Some(self.memos.matching.get(key, || {
            self.run
                .as_ref()
                .map_or_else(Vec::new, |run| run.matching(filter))
        }))
    }

    /// The numbers of the steps that lists show; none if that is all of them.
    pub(super) fn matching_steps(&self) -> Option<Shared<Vec<usize>>> {
        let matching = self.matching()?;
        // What came after the run was looked through is shown.
        let steps = self.story.steps.len();
        let key = (self.edition, self.filtering.edition, self.is_running());
        Some(self.memos.matching_steps.get(key, || {
            let steps = 1..=steps;
            steps
                .filter(|step| !Self::is_left_out(Some(&matching), *step))
                .collect()
        }))
    }

    /// What [`matching`](Self::matching) depends on besides the run, for the keys of other views.
    pub(super) const fn filter_edition(&self) -> usize {
        self.filtering.edition
    }

    /// Whether lists leave this step out.
    pub(super) fn is_left_out(matching: Option<&Shared<Vec<bool>>>, step: usize) -> bool {
        let place = step.checked_sub(1);
        matching.is_some_and(|it| place.is_some_and(|at| it.get(at) == Some(&false)))
    }

    /// Which steps stand back in the ladder because they do not match; none without a filter. Step n is at n - 1.
    #[must_use]
    pub fn faint(&self) -> Option<Shared<Vec<bool>>> {
        self.matching()
    }

    /// The filter.
    #[must_use]
    pub fn filter(&self) -> FilterView {
        let Filtering {
            text,
            fault,
            offers,
            chosen,
            hides,
            ..
        } = &self.filtering;
        // What is counted is what stands there: a text that is no filter has no count.
        let matching = self.matching().filter(|_| fault.is_none());
        let count = matching.map(|matching| {
            let happened = self.position.step.min(matching.len());
            let count = matching.iter().take(happened).filter(|it| **it).count();
            text::filter_count(self.language, count, happened)
        });
        FilterView {
            text: text.clone(),
            // While something is offered, it is not wrong but unfinished.
            fault: fault.as_ref().filter(|_| offers.is_empty()).map(|fault| {
                let mut said = text::filter_fault(self.language, text, fault);
                if self.filtering.filter.is_some() {
                    said.push(' ');
                    said.push_str(text::FILTER_STILL.to(self.language));
                }
                said
            }),
            offers: offers.clone(),
            chosen: *chosen,
            hides: *hides,
            count,
            offered: text::filter_offered(self.language, offers.len()),
        }
    }
}
