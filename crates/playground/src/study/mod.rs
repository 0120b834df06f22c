//! A closer look at the moment in view: the state machines by their tables, the topics of the broker, and every message.
//!
//! Each is asked of the run that is shown: the machines and the broker of its world at that moment, and the ledger of its log.

mod drawing;
pub mod machines;
pub mod messages;
pub mod topics;

use crate::run::Run;
use crate::story::Position;
use crate::text::{Language, Phrase, Voice};
use machines::MachinesView;
use messages::{MessagesView, Outcome};
use mqtt_spec::{Rule, Version};
use sim::{NodeId, NodeRole};
use topics::TopicsView;

/// What the broker's pane shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StudyTab {
    /// What the broker keeps for a client.
    #[default]
    Kept,
    /// The state machines.
    Machines,
    /// The topics.
    Topics,
    /// The messages.
    Messages,
    /// The boards that run scripts, where there are some.
    Script,
}

/// All of them, left to right.
pub const STUDY_TABS: [StudyTab; 5] = [
    StudyTab::Kept,
    StudyTab::Machines,
    StudyTab::Topics,
    StudyTab::Messages,
    StudyTab::Script,
];

impl StudyTab {
    /// Its word in style sheets and in the names of elements.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Machines => "machines",
            Self::Topics => "topics",
            Self::Messages => "messages",
            Self::Script => "script",
        }
    }

    /// What is written on it.
    #[must_use]
    pub const fn name(self) -> Phrase {
        match self {
            Self::Kept => crate::text::STUDY_KEPT,
            Self::Machines => crate::text::STUDY_MACHINES,
            Self::Topics => crate::text::STUDY_TOPICS,
            Self::Messages => crate::text::STUDY_MESSAGES,
            Self::Script => crate::text::STUDY_SCRIPT,
        }
    }

    /// The element that is pressed to see it.
    #[must_use]
    pub fn id(self) -> String {
        format!("study-{}", self.word())
    }
}

/// What is seen closer.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum StudyView {
    /// Nothing: the pane shows what the broker keeps.
    #[default]
    Kept,
    /// The state machines.
    Machines(MachinesView),
    /// The topics.
    Topics(TopicsView),
    /// The messages.
    Messages(MessagesView),
    /// The boards with scripts, which have a view of their own.
    Script,
}

impl StudyView {
    /// Which one it is.
    #[must_use]
    pub const fn tab(&self) -> StudyTab {
        match self {
            Self::Kept => StudyTab::Kept,
            Self::Machines(_) => StudyTab::Machines,
            Self::Topics(_) => StudyTab::Topics,
            Self::Messages(_) => StudyTab::Messages,
            Self::Script => StudyTab::Script,
        }
    }
}

/// Looking closer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StudyAction {
    /// Shows one of them.
    Show(StudyTab),
    /// Shows the machines of the connection, or else those of an exchange.
    ShowConnection(bool),
    /// Chooses an exchange: its place in the list.
    ChooseExchange(usize),
    /// Has typed this as a topic.
    TypeTopic(String),
    /// Chooses a topic of the tree: its place in the list.
    ChooseTopic(usize),
    /// Opens or closes what lies below a topic of the tree.
    ToggleTopic(usize),
    /// Goes through the tree by the keyboard.
    WalkTopics(Walk),
    /// Shows only messages of which this became, or all.
    FilterMessages(Option<Outcome>),
    /// Goes to a step. There is a way back.
    Follow(usize),
}

/// A way through a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    /// To the next (1) or the last (-1) row.
    By(isize),
    /// To the first row.
    First,
    /// To the last row.
    Last,
    /// Opens what is closed, or goes to the first row below.
    In,
    /// Closes what is open, or goes to the row above.
    Out,
}

/// A rule, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleLink {
    /// Its id.
    pub id: &'static str,
    /// What it says.
    pub gist: String,
    /// Where the standard says it.
    pub url: &'static str,
}

impl RuleLink {
    fn new(voice: Voice<'_>, rule: Option<Rule>, version: Version) -> Option<Self> {
        let statement = rule?.id_in(version)?.statement();
        Some(Self {
            id: statement.id,
            gist: voice.data(statement.summary).to_owned(),
            url: statement.url(),
        })
    }
}

/// What is looked at.
#[derive(Clone, Copy)]
pub(crate) struct Look<'a> {
    pub(crate) voice: Voice<'a>,
    pub(crate) position: Position,
    pub(crate) selected: usize,
    /// The client in view: its place among the clients, if one was chosen.
    pub(crate) client: Option<usize>,
}

impl Look<'_> {
    pub(crate) const fn language(&self) -> Language {
        self.voice.language
    }
}

impl Run {
    /// The node of a lane.
    pub(crate) fn node_of(&self, lane: usize) -> Option<NodeId> {
        let node = self.story().lanes.get(lane)?.node;
        u16::try_from(node).ok().map(NodeId)
    }

    /// The broker that a device's link leads to, or the first one.
    pub(crate) fn broker_of(&self, device: Option<NodeId>) -> Option<NodeId> {
        let log = self.log();
        let links = log.links();
        let own = links.iter().find(|link| Some(link.a) == device);
        let mut nodes = (0..).map(NodeId).zip(log.nodes());
        let mut first = || nodes.find(|(_, node)| node.role == NodeRole::Broker);
        own.map(|link| link.b).or_else(|| first().map(|it| it.0))
    }
}
