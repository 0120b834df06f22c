//! The sandbox: a world that the user builds, as forms and as text.
//!
//! Truth is the text of a scenario, comments and all; every form changes lines of it. So there is nothing that forms can
//! make and text cannot say, and one reader judges both: the reader of scenarios. A text that is no world for the moment
//! is kept as a draft, with the place and the reason, and the last good run stays in view.

mod board;
mod edit;
mod form;
mod pattern;
mod sheet;
mod table;
mod template;
#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests;

pub use board::BoardEdit;
pub(crate) use board::MAIN;
pub use edit::{Choice, Edit, SCRIPT_NODE};
pub(crate) use edit::{apply, is_meant_as_world, is_unfilled, unfilled, with_acts};
pub use form::{EditorView, Field, GroupView, Input, LineView, LinkView, NoteView, SandboxView};
pub(crate) use form::{Notes, Showing, editor};
pub use sheet::Set;
pub use table::List;
pub use template::board_template;
pub(crate) use template::{TEMPLATES, from_template};

/// What the user does in the sandbox.
#[derive(Clone, Debug, PartialEq)]
pub enum SandboxAction {
    /// Makes a world from a template: its place in the list.
    New(usize),
    /// Makes a world from the scenario that is open.
    FromOpen,
    /// Goes to the list of worlds.
    Leave,
    /// Forgets the world that is open; the first time, asks.
    Forget,
    /// Shows a part of the editor.
    Show(Section),
    /// Shows the settings of a node: 0 is the world as a whole.
    ShowPart(usize),
    /// Shows other lines of a long list.
    Page(isize),
    /// Shows a line as text, or as a form again.
    ToggleRaw(usize),
    /// Changes the world.
    Edit(Edit),
    /// Something was typed into the text of the world, and not yet left.
    Type(String),
    /// A node is dragged on the map: its lane, and how far.
    Drag(usize, f64, f64),
    /// A device is linked to a broker on the map: their lanes.
    Connect(usize, usize),
    /// Draws the map larger (1), smaller (-1), or so that all of it can be seen (0).
    Zoom(isize),
}

/// A part of the editor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Section {
    /// The nodes and links.
    #[default]
    World,
    /// What happens, and when.
    Script,
    /// What must hold in the end.
    Checks,
    /// What it teaches.
    Lesson,
    /// All of it as text.
    Text,
}

/// All parts, left to right.
pub const SECTIONS: [Section; 5] = [
    Section::World,
    Section::Script,
    Section::Checks,
    Section::Lesson,
    Section::Text,
];
