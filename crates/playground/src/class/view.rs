//! What is shown of a class.

pub use super::qr::Code;
pub use crate::guests::view::GuestsMark;

/// The screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassView {
    /// The hub's address, as it is typed.
    pub hub: String,
    /// The code, as it is typed.
    pub code: String,
    /// How it stands: whether that is good, a fault or neither, and a sentence.
    pub state: (GuestsMark, String),
    /// What to do about it, if there is something.
    pub advice: Option<String>,
    /// As what the page is in a class.
    pub part: PartView,
    /// Whether another page that leads can be taken over from.
    pub can_take_over: bool,
    /// It is tried again: when, in a sentence.
    pub wait: Option<String>,
    /// What others need to get in.
    pub invitation: Option<InvitationView>,
    /// How many are here, in a sentence.
    pub count: Option<String>,
    /// What the class sees, or why not.
    pub shows: Option<String>,
    /// The address of the run that is open.
    pub way_to_run: String,
    /// The question that waits for a vote.
    pub question: Option<QuestionView>,
}

/// As what a page is in a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartView {
    /// It is in none.
    None,
    /// It leads.
    Leads,
    /// It follows.
    Follows,
    /// It walks alone.
    Alone,
}

/// What others need to get in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationView {
    /// The address to open.
    pub address: String,
    /// The code to join with, where one is asked for, in two groups.
    pub code: Option<String>,
    /// The address that does both.
    pub link: String,
    /// The same as a drawing.
    pub drawing: Option<Code>,
    /// Other machines do not reach it: what to do.
    pub is_only_here: Option<String>,
}

/// What is at hand at the main screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassStripView {
    /// How the link is.
    pub mark: GuestsMark,
    /// In a few words.
    pub state: String,
    /// As what the page is in the class.
    pub part: PartView,
    /// How many are here, or what else there is to say.
    pub detail: Option<String>,
    /// Whether it is tried again, and can be at once.
    pub is_waiting: bool,
    /// The question that waits for a vote.
    pub question: Option<QuestionView>,
}

/// The question that waits for this page's vote: in the reader's words if they are known, else as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionView {
    /// Whether the lesson beside it asks the same, where that is shown.
    pub is_in_lesson: bool,
    /// What is asked.
    pub text: String,
    /// The answers, and whether this page has voted for them.
    pub answers: Vec<(String, bool)>,
}

/// What the lesson's question has to do with the class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassAsk {
    /// Whether this page can ask the class now.
    pub can_ask: bool,
    /// Whether an answer given here is a vote.
    pub is_own_vote: bool,
    /// How many have voted, or what a vote means.
    pub text: Option<String>,
}
