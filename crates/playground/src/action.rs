//! What the user does, and what the page is asked to do.

use crate::board::{BoardAction, CableCommand};
use crate::class::{ClassAction, ClassCommand};
use crate::futures::Side;
use crate::level::Level;
use crate::live::{LiveAction, LiveCommand};
use crate::menu::{Field, Target};
use crate::model::{Edge, FilesAction, FilterAction, LayoutAction, PaletteAction, StopsAction};
use crate::payload::Form;
use crate::sandbox::SandboxAction;
use crate::script::{ScriptAction, ScriptCommand};
use crate::step::Unit;
use crate::study::StudyAction;
use crate::text::Language;
use crate::vote::VoteAction;

/// What the page knows when it has loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// The level of the last visit.
    pub level: Option<Level>,
    /// The language of the last visit.
    pub language: Option<Language>,
    /// What [`Command::KeepSizes`] asked to keep.
    pub sizes: String,
    /// What [`Command::KeepWorks`] asked to keep.
    pub works: String,
    /// The fragment of the address.
    pub fragment: String,
}

/// Something that the user or the browser did.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// The page has loaded.
    Begin(Start),
    /// The fragment of the address has changed.
    Navigated(String),
    /// Opens a scenario: its place in the list.
    Open(usize),
    /// Shows more or less.
    SetLevel(Level),
    /// Speaks this language.
    SetLanguage(Language),
    /// Counts raised hands.
    Vote(VoteAction),
    /// Builds a world.
    Sandbox(SandboxAction),
    /// Opens the menu of something on the map.
    OpenMenu(Target),
    /// Chooses an entry of the open menu.
    ChooseEntry(usize),
    /// Moves the keyboard's place in the open menu to this entry.
    FocusEntry(usize),
    /// Closes menu or form.
    CloseMenu,
    /// Fills in a field of the form.
    Fill(Field, String),
    /// Chooses a quality of service in the form.
    FillQos(u8),
    /// Says in the form whether the broker is to keep the message.
    FillRetain(bool),
    /// Does what the form asks for.
    Submit,
    /// Moves the keyboard's place on the map.
    WalkMap(isize),
    /// Takes the last act back.
    Undo,
    /// Does again what was taken back.
    Redo,
    /// Shows one of the futures that were made: its place in the list.
    ShowFuture(usize),
    /// Puts what was said away.
    CloseNotice,
    /// Shows the keys, or puts them away.
    ToggleHelp,
    /// Shows what is behind "More", or puts it away.
    ToggleMore,
    /// The texts of a language that are data have come: pairs of the English text and the other one; none if they could
    /// not be got.
    Translated(Language, Option<Vec<(String, String)>>),
    /// A key was pressed that does this anywhere on the page; not in what is covered.
    Key(Box<Action>),
    /// A letter was typed, in small: in projector mode B makes the screen dark, else a letter chooses an answer.
    Letter(char),
    /// Chooses an answer to the question in view.
    Answer(usize),
    /// Commits to the answer that is chosen.
    Commit,
    /// Puts away what lies on top: help, menu, notice.
    Escape,
    /// Makes a link to the moment that is shown.
    Share,
    /// The link is in the clipboard, or, if it could not be put there, this is it.
    Shared(Option<String>),
    /// The browser cannot make links.
    ShareFailed,
    /// What was in a shared link, or nothing if it could not be unpacked.
    Unpacked(Option<String>),
    /// Moves the keyboard focus to what the place is for.
    SkipToMain,
    /// Goes one step on.
    StepForward,
    /// Goes one step back.
    StepBack,
    /// Goes to the start.
    Restart,
    /// Goes to the end.
    GoToEnd,
    /// Ends the run that is being made where it is.
    StopRun,
    /// Goes to a step.
    GoTo(usize),
    /// Plays or pauses.
    TogglePlay,
    /// Chooses a speed: its place in [`SPEEDS`](crate::timeline::SPEEDS).
    SetSpeed(usize),
    /// Time has passed on the wall, in microseconds.
    Tick(u64),
    /// Selects a step without going there.
    Select(usize),
    /// Selects a field of the packet.
    SelectField(usize),
    /// Selects a byte of the packet.
    SelectByte(usize),
    /// Moves the selected byte.
    MoveByte(isize),
    /// Moves the selected field.
    MoveField(isize),
    /// Opens or closes a rule.
    ToggleRule(usize),
    /// Folds the set-up away or shows it.
    ToggleFold,
    /// Shows the steps as a ladder or as a list.
    ShowList(bool),
    /// Shows a view where there is room for one.
    ShowTab(Tab),
    /// Shows the question that waits, where only one view has room.
    ShowQuestion,
    /// Shows what the broker keeps for a client: its place in the list.
    ShowClient(usize),
    /// Light or dark.
    ToggleTheme,
    /// Projector mode on or off.
    ToggleProjector,
    /// Makes the projector's screen dark, or shows it again.
    ToggleBlank,
    /// Goes to the next (1) or the last (-1) packet of the same exchange.
    StepInExchange(isize),
    /// Plays faster (1) or slower (-1).
    Faster(isize),
    /// Does something to the filter.
    Filter(FilterAction),
    /// Does something to the command palette.
    Palette(PaletteAction),
    /// Does something to stops and markers.
    Stops(StopsAction),
    /// Does something with files.
    Files(FilesAction),
    /// Arranges the page.
    Layout(LayoutAction),
    /// Goes to the next (1) or the last (-1) step, counted in this unit.
    StepBy(Unit, isize),
    /// Goes where a fragment leads.
    Visit(String),
    /// The ladder's pane has this size, in CSS pixels; the last is the page's scale.
    Resized {
        /// Width.
        width: f64,
        /// Height.
        height: f64,
        /// CSS pixels of a drawing unit.
        scale: f64,
    },
    /// The ladder was scrolled to here, in CSS pixels.
    Scrolled(f64),
    /// Whether there is room for the table of packets.
    HasRoomForPackets(bool),
    /// The user wants less motion.
    ReduceMotion(bool),
    /// A newer version of the page is kept, and waits.
    NewVersion,
    /// Loads it.
    UseNewVersion,
    /// Asks why, or why not.
    Why(WhyAction),
    /// Looks closer at machines, topics and messages.
    Study(StudyAction),
    /// Looks at futures.
    Futures(FuturesAction),
    /// Changes the bytes of the packet in view, or how its payload is written.
    Edit(EditAction),
    /// Does something to the link to a real broker, or tells what came over it.
    Live(LiveAction),
    /// Brings a board to the map.
    Board(BoardAction),
    /// Looks at boards that run scripts, and changes their programs.
    Script(ScriptAction),
    /// Leads a class, or follows one.
    Class(ClassAction),
}

/// Changing the bytes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditAction {
    /// Starts to change the bytes of the packet in view.
    Start,
    /// Leaves the bytes as they were.
    Stop,
    /// Types a hexadecimal digit of the byte in hand.
    Digit(u8),
    /// Turns a bit of the byte in hand over: 0 is the lowest.
    Flip(u8),
    /// Takes the last change back.
    TakeBack,
    /// Sends the bytes as they are now.
    Send,
    /// Writes payloads in this form.
    WritePayload(Form),
}

/// Looking at futures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FuturesAction {
    /// Chooses the device whose link is cut: its place in the list.
    ChooseDevice(usize),
    /// Cuts at every byte, or at three places of each packet.
    EveryByte(bool),
    /// Moves the keyboard's place in the map by rows and bars.
    MoveBar(isize, isize),
    /// Opens the run of a bar: row and place.
    OpenBar(usize, usize),
    /// Chooses what a side shows: its place in the list.
    Choose(Side, usize),
    /// Selects a step of a side.
    Select(Side, usize),
    /// Folds the set-up away or shows it.
    ToggleFold,
    /// Shows one side, or both, where there is little room.
    ShowSide(Option<Side>),
    /// The pane of a ladder has this width, in CSS pixels; the other is the page's scale.
    Resized(f64, f64),
    /// The ladders were scrolled to here, in CSS pixels.
    Scrolled(f64),
    /// Opens what a side shows at the main screen.
    Play(Side),
}

/// Asking why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyAction {
    /// Shows the full chain of causes, or the short one.
    ToggleFull,
    /// Asks one of the questions that are offered.
    Ask(usize),
    /// Asks about the step in view again.
    AskStep,
    /// Goes to the step of a link.
    Follow(usize),
    /// Goes back to where the last link was followed.
    Return,
}

/// A view, where only one has room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// The ladder.
    #[default]
    Ladder,
    /// The map.
    Map,
    /// The packet.
    Packet,
    /// The broker's state.
    State,
    /// The explanation.
    Explain,
}

/// All tabs, left to right.
pub const TABS: [Tab; 5] = [Tab::Ladder, Tab::Map, Tab::Packet, Tab::State, Tab::Explain];

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    #[default]
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// Its name in style sheets and in storage.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Light, Self::Dark]
            .into_iter()
            .find(|theme| theme.name() == name)
    }
}

/// Something that only the page can do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Call back with a [`Action::Tick`] at the next frame.
    RequestFrame,
    /// Scroll the ladder to this height, in CSS pixels.
    ScrollLadder(f64),
    /// Show the page like this.
    Appear {
        /// The theme.
        theme: Theme,
        /// Whether in projector mode.
        projector: bool,
    },
    /// Keep the theme for the next visit.
    KeepTheme(Theme),
    /// Keep the level for the next visit.
    KeepLevel(Level),
    /// The page speaks this language: tell the browser.
    Speak(Language),
    /// Get the texts of this language that are data, and call back with [`Action::Translated`].
    FetchWords(Language),
    /// Keep the language for the next visit.
    KeepLanguage(Language),
    /// Make the pane of this splitter so large, in drawing units, or as large as usual.
    Size(Edge, Option<i32>),
    /// Keep the sizes of the panes for the next visit.
    KeepSizes(String),
    /// Keep the works for the next visit.
    KeepWorks(String),
    /// Pack this text into a link, put the link into the clipboard, and call back with [`Action::Shared`].
    Share {
        /// The version of the form.
        form: u32,
        /// The text.
        text: String,
    },
    /// Unpack what stands in a link, and call back with [`Action::Unpacked`].
    Unpack(String),
    /// Make this the fragment of the address.
    SetFragment {
        /// With its `#`.
        fragment: String,
        /// Whether the address before it is no place to come back to.
        replace: bool,
    },
    /// Move the keyboard focus to the element with this name.
    Focus(String),
    /// Move the keyboard focus to this byte.
    FocusByte(usize),
    /// Move the keyboard focus to this field.
    FocusField(usize),
    /// Give the browser a file to save.
    Download {
        /// Its name.
        name: String,
        /// What is in it.
        bytes: Vec<u8>,
    },
    /// Ask for a file, and call back with [`FilesAction::Chosen`].
    AskForFile,
    /// Read a piece of the file that was chosen, and call back with [`FilesAction::Piece`].
    ReadFile {
        /// Its number.
        file: u64,
        /// The first byte.
        from: u64,
        /// The byte after the last.
        until: u64,
    },
    /// Save the drawing that is in the page for this, and call back with [`FilesAction::Printed`].
    Print {
        /// The file's name.
        name: String,
        /// As a picture; else as a drawing.
        is_picture: bool,
    },
    /// Show this as the title of the page.
    SetTitle(String),
    /// Go back to where the browser was before.
    GoBack,
    /// Load the page again, as the newer version.
    UseNewVersion,
    /// Something about the link to a real broker.
    Live(LiveCommand),
    /// Something about the interpreter of scripts.
    Script(ScriptCommand),
    /// Something about the link to a class.
    Class(ClassCommand),
    /// Do something with a serial port, and call back with [`BoardAction::Cable`].
    Cable(CableCommand),
}
