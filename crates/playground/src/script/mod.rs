//! Boards that run MicroPython scripts: the source, the line that is being executed, and the console.
//!
//! What is shown of a board is read off the run: its log says what was printed and which line did what, and the world of the
//! moment which line it is in. Nothing here runs a script; that is the interpreter's work, which the page fetches when a world
//! needs it ([`ScriptCommand::Load`]).

mod code;
mod trouble;
mod view;

pub(crate) use code::is_unfinished;
pub use code::{CodeLine, Ink, read as code};
pub use trouble::Trouble;
pub(crate) use trouble::trouble;
pub(crate) use view::BoardSeen;
pub use view::{ConsoleKind, ConsoleLine};

/// What a machine of the page has to do.
pub use device::script as vm;

use crate::text::Phrase;
use device::script::Interpreter;
use sim::Scenario;

/// So many boards of a world can run scripts at once: each takes the memory of an interpreter.
pub const BOARDS_MAX: usize = 16;

/// The id of the field for the name of a file.
pub const FILE_NAME_ID: &str = "script-file-name";

/// What is entered at a prompt has so many bytes at most.
pub const TYPED_MAX_BYTES: usize = 2 * 1024;

/// How many boards of a world run scripts.
#[must_use]
pub(crate) fn boards(scenario: &Scenario) -> usize {
    let nodes = scenario.nodes.iter();
    nodes.filter(|node| node.kind.script().is_some()).count()
}

/// A file that every board has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LibraryFile {
    /// Its path beside the page's interpreter.
    pub path: &'static str,
    /// How a script names it.
    pub module: &'static str,
    /// Which edition it is.
    pub edition: Phrase,
}

/// The published libraries: www/script/umqtt/README.md says where they come from.
pub const LIBRARY: [LibraryFile; 4] = [
    LibraryFile {
        path: "umqtt/simple.py",
        module: "umqtt.simple",
        edition: crate::text::SCRIPT_SIMPLE,
    },
    LibraryFile {
        path: "umqtt/robust.py",
        module: "umqtt.robust",
        edition: crate::text::SCRIPT_ROBUST,
    },
    LibraryFile {
        path: "umqtt/simple2.py",
        module: "umqtt.simple2",
        edition: crate::text::SCRIPT_SIMPLE2,
    },
    LibraryFile {
        path: "umqtt/robust2.py",
        module: "umqtt.robust2",
        edition: crate::text::SCRIPT_ROBUST2,
    },
];

/// A file of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoardFile {
    /// One of its own: 0 is `main.py`, the others follow in their order.
    Own(usize),
    /// One of [`LIBRARY`].
    Library(usize),
}

impl Default for BoardFile {
    fn default() -> Self {
        Self::Own(0)
    }
}

/// One of the files of a board's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnFile {
    /// Its name.
    pub name: String,
    /// Whether what was typed into it has not been run.
    pub is_waiting: bool,
}

/// What the user or the browser does about scripts.
#[derive(Clone, Debug, PartialEq)]
pub enum ScriptAction {
    /// The interpreter is there, or why it is not.
    Loaded(Result<(), String>),
    /// Tries again to fetch it.
    Retry,
    /// Shows a board: its place in [`ScriptView::boards`].
    ShowBoard(usize),
    /// Shows a file of the board.
    ShowFile(BoardFile),
    /// Somebody is about to type into a file of a board: it stays in view.
    Hold(usize, BoardFile),
    /// Puts a new file on the board.
    AddFile,
    /// Gives the file that is shown this name.
    RenameFile(String),
    /// Deletes the file that is shown.
    RemoveFile,
    /// A file of [`LIBRARY`] has come, or nothing if it cannot be fetched.
    Read(usize, Option<String>),
    /// Something was typed into the program, which was not run yet.
    Type(String),
    /// Runs the program that is in the editor.
    Run,
    /// Something was typed at the prompt, which was not entered yet.
    Prompt(String),
    /// Enters it; a block that is not finished gets another line.
    Enter,
    /// Brings back what was entered before, or after: so many times.
    Recall(isize),
    /// Ctrl-C.
    Interrupt,
    /// Takes its power away.
    Stop,
    /// Starts it again.
    Reset,
}

/// What the page is asked to do about scripts.
#[derive(Clone, Debug, PartialEq)]
pub enum ScriptCommand {
    /// Fetch the interpreter if it is not there, give it so many more machines, and call back with [`ScriptAction::Loaded`].
    Load {
        /// Who gets them.
        interpreter: Interpreter,
        /// How many.
        machines: usize,
    },
    /// Fetch a file of [`LIBRARY`], and call back with [`ScriptAction::Read`].
    Read(usize),
}

/// What is shown of the boards that run scripts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScriptView {
    /// The boards, by name.
    pub boards: Vec<String>,
    /// Which of them is shown.
    pub board: usize,
    /// What it is doing, in words.
    pub status: String,
    /// Whether it is ended by something that went wrong.
    pub is_fault: bool,
    /// The board's own files.
    pub own: Vec<OwnFile>,
    /// Which file is shown.
    pub file: BoardFile,
    /// What stands in it.
    pub lines: Vec<CodeLine>,
    /// The same as one text, if it is one of the board's own.
    pub source: String,
    /// The line of it that the board is in at the moment, from 1; 0 if in none.
    pub now: usize,
    /// The line of it that did what the selected step shows, from 1; 0 if none did.
    pub by: usize,
    /// The same in words.
    pub by_words: Option<String>,
    /// What was printed up to the moment.
    pub console: Vec<ConsoleLine>,
    /// How many lines were printed before those.
    pub console_left_out: usize,
    /// Whether it was ended when it looked for a name without having joined a network.
    pub is_unjoined: bool,
    /// What the exception that has ended it means.
    pub trouble: Option<Trouble>,
    /// What is said where the file would be, while it is not there.
    pub file_note: Option<Phrase>,
    /// Whether its program is over at the moment, and it takes what is typed.
    pub is_at_prompt: bool,
    /// Whether a program runs at the moment, which Ctrl-C can end.
    pub can_interrupt: bool,
    /// What stands at the prompt, and was not entered yet.
    pub typed: String,
    /// Whether the program can be changed here.
    pub can_edit: bool,
    /// Whether something was typed into the board's files that has not been run.
    pub is_waiting: bool,
    /// Whether that was on an earlier visit.
    pub is_from_before: bool,
}

impl ScriptView {
    /// The name of the board that is shown.
    #[must_use]
    pub fn board_name(&self) -> &str {
        self.boards.get(self.board).map_or("", String::as_str)
    }

    /// The name of the file that is shown, if it is one of the board's own.
    #[must_use]
    pub fn own_name(&self) -> Option<&str> {
        match self.file {
            BoardFile::Own(file) => self.own.get(file).map(|it| it.name.as_str()),
            BoardFile::Library(_) => None,
        }
    }
}
