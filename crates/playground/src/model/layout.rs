//! How the page is arranged: lanes, splitters, and what is behind "More" where there is little room.

use super::Playground;
use super::over::{Kind, Layer};
use crate::action::Command;
use crate::lanes::Lanes;
use crate::route::Screen;
use crate::text;

/// A splitter: an edge between two panes that can be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// Between map and ladder.
    Map,
    /// Between ladder and packet.
    Foot,
    /// Between ladder and explanation.
    Dock,
}

/// The splitters.
pub const EDGES: [Edge; 3] = [Edge::Map, Edge::Foot, Edge::Dock];

impl Edge {
    /// Its name in the style sheet.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Map => "map",
            Self::Foot => "foot",
            Self::Dock => "dock",
        }
    }

    /// Whether the pane that it sizes is after it, so that the pane shrinks when the edge goes right or down.
    const fn is_before(self) -> bool {
        !matches!(self, Self::Map)
    }

    /// Least and greatest size of the pane, in drawing units.
    const fn range(self) -> (i32, i32) {
        match self {
            Self::Map => (200, 640),
            Self::Foot => (120, 560),
            Self::Dock => (260, 640),
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::Map => 0,
            Self::Foot => 1,
            Self::Dock => 2,
        }
    }

    /// The size that the style sheet gives the pane, in drawing units.
    fn usual(self, screen: Screen) -> i32 {
        match (self, screen == Screen::Builder) {
            (Self::Map, false) => 304,
            (Self::Map, true) => 320,
            (Self::Foot, _) => 298,
            (Self::Dock, false) => 352,
            (Self::Dock, true) => 416,
        }
    }
}

/// Arranging the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LayoutAction {
    /// Moves a lane by so many places to the right.
    MoveLane(usize, isize),
    /// Shows a lane, or puts it away.
    ShowLane(usize, bool),
    /// Opens or closes the list of lanes.
    ToggleLanes,
    /// Moves a splitter right or down, in drawing units.
    MoveEdge(Edge, i32),
    /// Puts a splitter back.
    ResetEdge(Edge),
}

/// How the page is arranged.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrangement {
    pub(super) lanes: Lanes,
    /// Whether the table of packets is drawn.
    pub(super) has_room_for_packets: bool,
    /// The sizes that the user has chosen.
    pub(super) sizes: [Option<i32>; EDGES.len()],
}

/// A splitter as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EdgeView {
    /// Which.
    pub edge: Edge,
    /// The size of its pane, in drawing units.
    pub size: i32,
    /// The least and the greatest.
    pub range: (i32, i32),
}

/// The lanes to choose from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LanesView {
    /// Whether the list is open.
    pub is_open: bool,
    /// How many are not shown.
    pub hidden: usize,
    /// All of them left to right: number, name, whether it is shown.
    pub lanes: Vec<(usize, String, bool)>,
}

impl Playground {
    pub(super) fn layout_action(&mut self, action: LayoutAction, commands: &mut Vec<Command>) {
        let shown = self.layout().shown.clone();
        let all = self.arrangement.lanes.order(self.story.lanes.len());
        let is_listing = self.over.has(Kind::Lanes);
        let here = &mut self.arrangement;
        match action {
            LayoutAction::MoveLane(lane, by) => {
                let among = if shown.contains(&lane) { &shown } else { &all };
                here.lanes.shift(lane, by, among, all.len());
                // In the list, the button that was pressed keeps the focus by itself.
                if !is_listing {
                    commands.push(Command::Focus(text::lane_id(lane)));
                }
            }
            LayoutAction::ShowLane(lane, is_shown) => {
                // One lane is left: an empty ladder says nothing.
                if is_shown || shown.len() > 1 {
                    here.lanes.show(lane, is_shown);
                }
                if !is_listing {
                    commands.push(Command::Focus(text::LANES_ID.to_owned()));
                }
            }
            LayoutAction::ToggleLanes => self.toggle(Layer::Lanes, commands),
            LayoutAction::MoveEdge(edge, by) => {
                let now = self.edge(edge).size;
                let by = if edge.is_before() { -by } else { by };
                let (least, most) = edge.range();
                self.size(edge, Some((now + by).clamp(least, most)), commands);
            }
            LayoutAction::ResetEdge(edge) => self.size(edge, None, commands),
        }
    }

    fn size(&mut self, edge: Edge, size: Option<i32>, commands: &mut Vec<Command>) {
        if let Some(slot) = self.arrangement.sizes.get_mut(edge.index()) {
            *slot = size;
        }
        commands.push(Command::Size(edge, size));
        let sizes = self.arrangement.sizes.iter();
        let words: Vec<String> = sizes
            .map(|size| size.map_or_else(|| "-".to_owned(), |it| it.to_string()))
            .collect();
        commands.push(Command::KeepSizes(words.join(" ")));
    }

    /// Takes up the sizes of the last visit.
    pub(super) fn resume_sizes(&mut self, kept: &str, commands: &mut Vec<Command>) {
        for (edge, word) in EDGES.into_iter().zip(kept.split(' ')) {
            let (least, most) = edge.range();
            let size: Option<i32> = word.parse().ok();
            if let (Some(size), Some(slot)) = (size, self.arrangement.sizes.get_mut(edge.index())) {
                *slot = Some(size.clamp(least, most));
                commands.push(Command::Size(edge, *slot));
            }
        }
    }

    /// A splitter as it stands.
    #[must_use]
    pub fn edge(&self, edge: Edge) -> EdgeView {
        let chosen = self.arrangement.sizes.get(edge.index()).copied().flatten();
        EdgeView {
            edge,
            size: chosen.unwrap_or_else(|| edge.usual(self.screen())),
            range: edge.range(),
        }
    }

    /// The lanes to choose from.
    #[must_use]
    pub fn lanes(&self) -> LanesView {
        let shown = &self.layout().shown;
        let order = self.arrangement.lanes.order(self.story.lanes.len());
        LanesView {
            is_open: self.over.has(Kind::Lanes),
            hidden: order.len() - shown.len(),
            lanes: order
                .into_iter()
                .filter_map(|lane| {
                    let name = self.story.lanes.get(lane)?.name.clone();
                    Some((lane, name, shown.contains(&lane)))
                })
                .collect(),
        }
    }
}
