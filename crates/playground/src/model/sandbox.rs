//! The user's own worlds: they stand behind the scenarios of the page, in one list with them.

use super::Playground;
use crate::library::BuiltIn;
use crate::lobby::Chapter;
use crate::text;
use crate::work::{Refusal, Work};
use std::rc::Rc;

/// So many worlds of one's own are kept.
pub(super) const OWN_MAX: usize = 24;
/// Their names in addresses begin like this.
const OWN: &str = "my-";

impl Playground {
    /// The user's own worlds with their places in the list.
    pub(super) fn own(&self) -> impl Iterator<Item = (usize, &BuiltIn)> {
        (0..)
            .zip(&self.scenarios)
            .filter(|(_, it)| it.own.is_some())
    }

    /// Puts the world of a work into the list as it is now, if it is the user's own.
    pub(super) fn put_own(&mut self, work: &Work) {
        if work.own.is_none() {
            return;
        }
        let world = BuiltIn {
            file: Rc::clone(&work.file),
            scenario: Rc::clone(&work.scenario),
            own: work.own.clone(),
        };
        let has_room = self.own().count() < OWN_MAX;
        match self.scenarios.iter_mut().find(|it| it.file == work.file) {
            Some(old) if old.own.is_some() => *old = world,
            // A name that a scenario of the page has is not taken from it.
            Some(_) => {}
            None if has_room => self.scenarios.push(world),
            None => {}
        }
    }

    /// Gives a world that comes from elsewhere a place of its own, unless it is here already.
    pub(super) fn adopt(&mut self, mut work: Work) -> Result<Work, Refusal> {
        if work.own.is_none() {
            return Ok(work);
        }
        let same = self.own().find(|(_, it)| it.own == work.own);
        let same = same.map(|(_, it)| Rc::clone(&it.file));
        work.file = match same {
            Some(file) => file,
            None if self.own().count() >= OWN_MAX => return Err(Refusal::TooMany),
            None => self.new_file(),
        };
        self.put_own(&work);
        Ok(work)
    }

    /// A name that no world has had.
    pub(super) fn new_file(&self) -> Rc<str> {
        let numbers = self.kept_files().filter_map(|file| {
            let number = file.strip_prefix(OWN)?;
            number.parse::<u32>().ok()
        });
        let last = numbers.max().unwrap_or(0);
        format!("{OWN}{}", last.saturating_add(1)).into()
    }

    /// The user's own worlds on the start page.
    pub(super) fn own_chapter(&self) -> Option<Chapter> {
        let entries = self.own().map(|(place, it)| {
            let words = (it.scenario.title.clone(), it.scenario.about.clone());
            let minutes = it.scenario.lesson.as_ref().map_or(0, |it| it.minutes);
            let part = self.part(place, it.scenario.title.clone());
            self.entry(String::new(), words, minutes.into(), vec![part])
        });
        let entries: Vec<_> = entries.collect();
        (!entries.is_empty()).then(|| Chapter {
            name: text::MINE.to(self.language).to_owned(),
            entries,
        })
    }
}
