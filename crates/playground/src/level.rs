//! How much of the same world is shown: little at the start, everything in the lab.

use crate::action::Tab;

/// How much is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Who talks to whom: map, ladder, one sentence.
    Start,
    /// Also the packets' fields and bytes, the broker's state and the rules.
    #[default]
    Study,
    /// Everything.
    Lab,
}

/// The levels, from little to everything.
pub const LEVELS: [Level; 3] = [Level::Start, Level::Study, Level::Lab];

impl Level {
    /// Its name in style sheets and in storage.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Study => "study",
            Self::Lab => "lab",
        }
    }

    /// The level with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        LEVELS.into_iter().find(|level| level.name() == name)
    }

    /// Whether packets, the broker's state and rules are shown.
    #[must_use]
    pub fn shows_details(self) -> bool {
        self >= Self::Study
    }

    /// Whether a view is there at all.
    #[must_use]
    pub fn shows(self, tab: Tab) -> bool {
        self.shows_details() || !matches!(tab, Tab::Packet | Tab::State)
    }
}
