//! What is shown of real devices in this page's broker.

/// The part of the screen about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestsView {
    /// The hub's address, as it is typed.
    pub hub: String,
    /// The code, as it is typed.
    pub code: String,
    /// How it stands: whether that is good, a fault or neither, and a sentence.
    pub state: (GuestsMark, String),
    /// What to do about it, if there is something.
    pub advice: Option<String>,
    /// Whether this page is the hub's broker, or is about to be.
    pub is_open: bool,
    /// Whether another page can be taken over from.
    pub can_take_over: bool,
    /// Whether there is a run with devices.
    pub has_run: bool,
    /// Whether the broker is elsewhere, and nothing can be done from here.
    pub is_watching: bool,
    /// Whether time stands still there.
    pub is_paused: bool,
    /// The devices.
    pub devices: Vec<GuestRow>,
    /// Who else looks on, in a sentence.
    pub others: Option<String>,
    /// What to type where a device is: lines for a terminal.
    pub lines: Option<String>,
}

/// How it stands with the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuestsMark {
    /// Nothing is wanted.
    Off,
    /// It is on its way.
    Busy,
    /// All is well.
    Good,
    /// Something is wrong.
    Bad,
}

/// A device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestRow {
    /// Its place; `None` as long as it has said nothing.
    pub place: Option<usize>,
    /// Its name in the run.
    pub name: String,
    /// From where and how it is connected.
    pub how: String,
    /// Bytes that came and went.
    pub bytes: String,
    /// Whether it is connected.
    pub is_here: bool,
    /// Whether its link is cut.
    pub is_cut: bool,
}

/// What is at hand at the main screen about a pause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PauseView {
    /// Whether time stands still.
    pub is_paused: bool,
    /// How many packets wait.
    pub waiting: usize,
    /// The next one: what, from whom, to whom.
    pub next: Option<String>,
}
