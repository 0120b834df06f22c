//! What the broker keeps: for each client the messages in flight, its subscriptions and its session.

use crate::text::Phrase;
use std::rc::Rc;

/// A message that waits for an acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InFlight {
    /// The packet identifier.
    pub id: u16,
    /// Which packet it waits for.
    pub waits_for: &'static str,
    /// What it is: topic and QoS, or only the identifier that is kept.
    pub message: String,
    /// How often it was sent.
    pub sent: usize,
    /// Whether the selected step belongs to it.
    pub is_selected: bool,
}

/// What the broker keeps for one client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateView {
    /// The clients.
    pub clients: Rc<[String]>,
    /// Which of them is shown.
    pub client: usize,
    /// Its messages in flight, both ways.
    pub rows: Vec<InFlight>,
    /// Facts: name, value, whether the value is code.
    pub facts: Vec<(Phrase, String, bool)>,
    /// Why nothing is known, where that is so.
    pub note: Option<Phrase>,
    /// What has been counted: the number in words, and what was promised.
    pub tally: Option<(String, String)>,
}
