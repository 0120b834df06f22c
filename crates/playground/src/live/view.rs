//! What the screen of a real broker shows.

use super::LinkForm;
use crate::guests::view::PauseView;

/// The screen.
#[derive(Clone, PartialEq)]
pub struct LinkView {
    /// What the user has typed.
    pub form: LinkForm,
    /// The prefix as it is used.
    pub prefix: String,
    /// The client id as it is used.
    pub client_id: String,
    /// Whether RETAIN may leave the page.
    pub retain: bool,
    /// What is wrong with the address, as long as nobody dials it.
    pub address: Option<String>,
    /// A warning about who else is there.
    pub warning: Option<String>,
    /// What can run against the broker.
    pub worlds: Vec<String>,
    /// What the clients of the chosen scenario are called there, in a sentence.
    pub ids: Option<String>,
    /// Whether a session goes on.
    pub is_live: bool,
    /// What the link is like now.
    pub state: LinkState,
    /// Where, since when.
    pub detail: String,
    /// Names and figures.
    pub stats: Vec<(String, String)>,
    /// What the broker has said of itself: a mark, and a sentence.
    pub facts: Vec<(FactMark, String)>,
    /// Whether the connection is encrypted, and with which subprotocol.
    pub secrecy: Option<String>,
    /// The gates.
    pub gates: Option<GatesView>,
    /// What went wrong.
    pub trouble: Option<TroubleView>,
    /// How the run with the broker and its simulated twin differ.
    pub twin: Option<String>,
    /// Where the run with the broker is shown.
    pub fragment: String,
}

/// What the link is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkState {
    /// Nobody has dialled.
    #[default]
    Idle,
    /// The WebSocket opens.
    Dialling,
    /// CONNECT waits for CONNACK.
    Asking,
    /// CONNACK has said yes.
    Connected,
    /// There is no connection, and it will be dialled again.
    Waiting,
    /// There is no connection.
    Off,
}

/// What a fact says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactMark {
    /// It can.
    Yes,
    /// It cannot.
    No,
    /// A limit, or not known.
    Note,
}

/// The gates of the link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatesView {
    /// To the broker: whether it is shut, and how many packets wait.
    pub out: (bool, usize),
    /// From the broker.
    pub into: (bool, usize),
    /// What waits next in both directions, by name.
    pub next: (Option<String>, Option<String>),
    /// Whether the link is cut.
    pub is_cut: bool,
}

/// What is at hand at the main screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StripView {
    /// What the link is like now.
    pub state: LinkState,
    /// The gates.
    pub gates: Option<GatesView>,
    /// Whether it is about real devices.
    pub are_devices: bool,
    /// Time that can stand still, where real devices are in the page's broker.
    pub pause: Option<PauseView>,
    /// Whether the newest moment is shown: what is done there happens really.
    pub follows: bool,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TroubleView {
    /// In a few words.
    pub title: String,
    /// What is known, and what the browser hides.
    pub known: String,
    /// What to try: a sentence, and lines for a file or a terminal.
    pub steps: Vec<(String, Option<String>)>,
    /// A port that is worth a try.
    pub port: Option<u16>,
    /// How often it was tried, and when it is tried next.
    pub tries: String,
}
