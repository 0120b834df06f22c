//! What the screen shows of a bridge.

use super::{BridgeForm, BridgeSide};
use crate::live::view::{LinkState, TroubleView};

/// The part of the screen about the bridge.
#[derive(Clone, PartialEq)]
pub struct BridgeView {
    /// Whether the form is shown.
    pub is_open: bool,
    /// What the user has typed.
    pub form: BridgeForm,
    /// What is wrong with each pattern.
    pub faults: Vec<Option<String>>,
    /// Whether there is room for one more.
    pub has_room: bool,
    /// The client id as it is used.
    pub client_id: String,
    /// The prefix as it is used.
    pub prefix: String,
    /// Whether RETAIN may leave the page.
    pub retain: bool,
    /// What is wrong with the address, as long as nobody dials it.
    pub address: Option<String>,
    /// A warning about who else is there.
    pub warning: Option<String>,
    /// Which broker of this page it is: a sentence.
    pub here: String,
    /// What can run with the page's broker, and which of it does; nothing where it is that of real devices.
    pub worlds: Vec<String>,
    /// Which of them.
    pub world: usize,
    /// Whether it runs.
    pub is_on: bool,
    /// Both ends: the page's broker, and the real one.
    pub ends: Vec<EndView>,
    /// What went wrong last, oldest first.
    pub problems: Vec<String>,
    /// Why it cannot begin.
    pub fault: Option<String>,
    /// What went wrong on the way to the real broker.
    pub trouble: Option<TroubleView>,
}

/// An end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndView {
    /// Which.
    pub side: BridgeSide,
    /// Its name.
    pub name: String,
    /// Whether the way there is cut.
    pub is_cut: bool,
    /// As a dot.
    pub mark: LinkState,
    /// In words: connecting, up, waiting, full.
    pub state: String,
    /// When it is opened again, in words. It changes every second, and is not read out.
    pub next: Option<String>,
    /// Names and figures.
    pub stats: Vec<(String, String)>,
}
