//! The start page: what there is to learn, and where one was.

/// An entry of the start page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The lesson's number; empty if it is none.
    pub number: String,
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub about: String,
    /// How long it takes, in words; empty if nobody has said.
    pub minutes: String,
    /// The fragment that leads there.
    pub fragment: String,
    /// Its parts, if it has more than one.
    pub parts: Vec<PartLink>,
    /// How far it was seen, in words.
    pub seen: String,
    /// Whether it was seen to its end.
    pub is_done: bool,
    /// Whether it is the one that was open last.
    pub is_current: bool,
}

/// A part of a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartLink {
    /// Its letter and title.
    pub name: String,
    /// The fragment that leads there.
    pub fragment: String,
    /// Whether there was nothing left to do once.
    pub is_done: bool,
    /// Whether it is the one that was open last.
    pub is_current: bool,
    /// How far it was seen, in words.
    pub seen: Option<String>,
}

/// A chapter of the start page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chapter {
    /// Its name.
    pub name: String,
    /// What stands in it.
    pub entries: Vec<Entry>,
}

/// The work that can be taken up again, or the lesson to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resume {
    /// What it is called.
    pub title: String,
    /// Where the user was, or what the lesson is about.
    pub place: String,
    /// The fragment that leads there.
    pub fragment: String,
    /// Whether nothing was open yet.
    pub is_new: bool,
}

/// The start page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LobbyView {
    /// What was open last, else the first lesson.
    pub resume: Option<Resume>,
    /// The fragment of the first lesson whose task is to cut a link, if there is one.
    pub breaking: Option<String>,
    /// Everything there is.
    pub chapters: Vec<Chapter>,
}
