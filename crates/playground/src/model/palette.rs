//! The command palette: finds what can be done, and what can be opened, by what is typed.

use super::over::{Cover, Kind, Layer};
use super::{FilesAction, Playground};
use crate::action::{Action, Command};
use crate::commands::{DEEDS, GROUPS, Group, fit};
use crate::route::PLACES;
use crate::text;

/// The element that is typed into.
pub const PALETTE_ID: &str = "palette";
/// What the elements of the entries begin with; their numbers follow.
pub const PALETTE_ENTRY_ID: &str = "palette-entry-";
/// So many entries are shown.
const SHOWN_MAX: usize = 40;

/// What the user does to the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaletteAction {
    /// Opens it, with everything or with one group.
    Open(Option<Group>),
    /// Has typed this.
    Type(String),
    /// Goes down (1) or up (-1).
    Move(isize),
    /// Does what an entry says: this one, or the chosen one.
    Run(Option<usize>),
    /// Puts it away.
    Close,
}

/// The palette while it is open.
#[derive(Debug)]
pub(super) struct Palette {
    group: Option<Group>,
    text: String,
    chosen: usize,
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaletteEntry {
    /// What it does.
    pub name: String,
    /// What it belongs to.
    pub group: String,
    /// The keys that do it.
    pub keys: Vec<String>,
}

/// The palette, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaletteView {
    /// What it is about.
    pub title: String,
    /// What is typed.
    pub text: String,
    /// What fits, best first.
    pub entries: Vec<PaletteEntry>,
    /// Which is chosen.
    pub chosen: usize,
}

impl Playground {
    pub(super) fn palette_action(&mut self, action: PaletteAction, commands: &mut Vec<Command>) {
        match action {
            PaletteAction::Open(group) => {
                self.rest();
                let palette = Palette {
                    group,
                    text: String::new(),
                    chosen: 0,
                };
                self.lay_over(Layer::Cover(Cover::Palette(palette)), commands);
            }
            PaletteAction::Type(text) => {
                if let Some(palette) = self.over.palette_mut() {
                    palette.text = text.chars().take(100).collect();
                    palette.chosen = 0;
                }
            }
            PaletteAction::Move(by) => {
                let count = self.palette_found().len();
                if let Some(palette) = self.over.palette_mut().filter(|_| count > 0) {
                    let chosen = palette.chosen.min(count - 1);
                    // Round the ends.
                    palette.chosen = match (by > 0, chosen) {
                        (true, at) if at + 1 == count => 0,
                        (true, at) => at + 1,
                        (false, 0) => count - 1,
                        (false, at) => at - 1,
                    };
                }
            }
            // No entry is there, or `chosen_in_palette` would have taken its action.
            PaletteAction::Run(_) => {}
            PaletteAction::Close => {
                self.put_away(Kind::Palette, commands);
            }
        }
    }

    /// What is to be done: what an entry of the palette stands for, if one was chosen, else the action as it is. So what comes
    /// from the palette is one action like any other.
    pub(super) fn chosen_in_palette(
        &mut self,
        action: Action,
        commands: &mut Vec<Command>,
    ) -> Action {
        let Action::Palette(PaletteAction::Run(entry)) = action else {
            return action;
        };
        let entry = entry.or(self.over.palette().map(|it| it.chosen));
        let found = entry.and_then(|it| self.palette_found().into_iter().nth(it));
        let Some((_, does)) = found else {
            return action;
        };
        self.put_away(Kind::Palette, commands);
        does
    }

    /// What fits, with what it does.
    fn palette_found(&self) -> Vec<(PaletteEntry, Action)> {
        let Some(palette) = self.over.palette() else {
            return Vec::new();
        };
        let language = self.language;
        let mut found: Vec<(usize, (PaletteEntry, Action))> = Vec::new();
        let mut offer = |name: String, group: &str, keys: Vec<String>, action: Action| {
            if let Some(cost) = fit(&palette.text, &name) {
                let entry = PaletteEntry {
                    name,
                    group: group.to_owned(),
                    keys,
                };
                found.push((cost, (entry, action)));
            }
        };
        let has_run = self.screen().has_run();
        let has_aside = !self.files.aside.is_empty();
        for deed in DEEDS {
            let does = (deed.does)();
            let is_there = match does {
                Action::Files(FilesAction::SaveAside) => has_aside,
                Action::UseNewVersion => self.has_new_version,
                _ => has_run || !deed.needs_run,
            };
            if palette.group.is_some_and(|it| it != deed.group) || !is_there {
                continue;
            }
            let group = GROUPS.iter().find(|(it, _)| *it == deed.group);
            let keys = deed.keys.iter().map(|key| key.label(language)).collect();
            offer(
                deed.name.to(language).to_owned(),
                group.map_or("", |(_, name)| name.to(language)),
                keys,
                does,
            );
        }
        if palette.group.is_none() {
            for place in PLACES {
                let way = place.fragment();
                let name = text::place_name(language, place).to_owned();
                offer(
                    name,
                    text::PALETTE_PLACES.to(language),
                    Vec::new(),
                    Action::Visit(way),
                );
            }
            for (index, it) in self.scenarios.iter().enumerate() {
                offer(
                    self.voice().data(&it.scenario.title).to_owned(),
                    &it.chapter(self.voice()),
                    Vec::new(),
                    Action::Open(index),
                );
            }
        }
        // Without words, the order of the table.
        if !palette.text.trim().is_empty() {
            found.sort_by_key(|(cost, _)| *cost);
        }
        found.truncate(SHOWN_MAX);
        found.into_iter().map(|(_, it)| it).collect()
    }

    pub(super) fn palette_view(&self, palette: &Palette) -> PaletteView {
        let group = palette
            .group
            .and_then(|group| GROUPS.iter().find(|(it, _)| *it == group));
        let entries: Vec<PaletteEntry> =
            self.palette_found().into_iter().map(|(it, _)| it).collect();
        PaletteView {
            title: group
                .map_or(text::PALETTE, |(_, name)| *name)
                .to(self.language)
                .to_owned(),
            text: palette.text.clone(),
            chosen: palette.chosen.min(entries.len().saturating_sub(1)),
            entries,
        }
    }
}
