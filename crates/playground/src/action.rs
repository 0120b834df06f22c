//! What the user does, and what the page is asked to do.

/// Something that the user or the browser did.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Opens a scenario: its place in the list.
    Open(usize),
    /// Goes one step on.
    StepForward,
    /// Goes one step back.
    StepBack,
    /// Goes to the start.
    Restart,
    /// Goes to the end.
    GoToEnd,
    /// Goes to a step.
    GoTo(usize),
    /// Plays or pauses.
    TogglePlay,
    /// Chooses a speed: its place in [`SPEEDS`](crate::timeline::SPEEDS).
    SetSpeed(usize),
    /// Time has passed on the wall, in microseconds.
    Tick(u64),
    /// Selects a step without going there.
    Select(usize),
    /// Selects a field of the packet.
    SelectField(usize),
    /// Selects a byte of the packet.
    SelectByte(usize),
    /// Moves the selected byte.
    MoveByte(isize),
    /// Moves the selected field.
    MoveField(isize),
    /// Opens or closes a rule.
    ToggleRule(usize),
    /// Folds the set-up away or shows it.
    ToggleFold,
    /// Shows the steps as a ladder or as a list.
    ShowList(bool),
    /// Shows a view where there is room for one.
    ShowTab(Tab),
    /// Shows what the broker keeps for a client: its place in the list.
    ShowClient(usize),
    /// Light or dark.
    ToggleTheme,
    /// Projector mode on or off.
    ToggleProjector,
    /// Makes the projector's screen dark, or shows it again.
    ToggleBlank,
    /// Goes to the next (1) or the last (-1) packet of the same exchange.
    StepInExchange(isize),
    /// Plays faster (1) or slower (-1).
    Faster(isize),
    /// The ladder's pane has this size, in CSS pixels; the last is the page's scale.
    Resized {
        /// Width.
        width: f64,
        /// Height.
        height: f64,
        /// CSS pixels of a drawing unit.
        scale: f64,
    },
    /// The ladder was scrolled to here, in CSS pixels.
    Scrolled(f64),
    /// The user wants less motion.
    ReduceMotion(bool),
}

/// A view, where only one has room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// The ladder.
    #[default]
    Ladder,
    /// The map.
    Map,
    /// The packet.
    Packet,
    /// The broker's state.
    State,
    /// The explanation.
    Explain,
}

/// All tabs, left to right.
pub const TABS: [Tab; 5] = [Tab::Ladder, Tab::Map, Tab::Packet, Tab::State, Tab::Explain];

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    #[default]
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// Its name in style sheets and in storage.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Light, Self::Dark]
            .into_iter()
            .find(|theme| theme.name() == name)
    }
}

/// Something that only the page can do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Call back with a [`Action::Tick`] at the next frame.
    RequestFrame,
    /// Scroll the ladder to this height, in CSS pixels.
    ScrollLadder(f64),
    /// Show the page like this.
    Appear {
        /// The theme.
        theme: Theme,
        /// Whether in projector mode.
        projector: bool,
    },
    /// Keep the theme for the next visit.
    KeepTheme(Theme),
    /// Move the keyboard focus to this byte.
    FocusByte(usize),
    /// Move the keyboard focus to this field.
    FocusField(usize),
    /// Show this as the title of the page.
    SetTitle(String),
}

/// What a key does anywhere on the page, if it is not typed into a control.
#[must_use]
pub fn key(name: &str, ctrl: bool, shift: bool, alt: bool) -> Option<Action> {
    match (name, ctrl || alt, shift) {
        ("ArrowRight" | "PageDown", false, false) => Some(Action::StepForward),
        ("ArrowLeft" | "PageUp", false, false) => Some(Action::StepBack),
        (" " | ".", false, false) => Some(Action::TogglePlay),
        ("Home", false, false) => Some(Action::Restart),
        ("End", false, false) => Some(Action::GoToEnd),
        ("]", false, _) => Some(Action::Faster(1)),
        ("[", false, _) => Some(Action::Faster(-1)),
        (".", true, false) => Some(Action::StepInExchange(1)),
        (",", true, false) => Some(Action::StepInExchange(-1)),
        ("b" | "B", false, _) => Some(Action::ToggleBlank),
        _ => None,
    }
}
