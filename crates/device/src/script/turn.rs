//! What a board that runs a script is told, and what it does then.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;
use mqtt_proto::{Duration, Instant};

/// A board with the program that it runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BoardSpec {
    /// The text of `main.py`. Every copy of a world has it.
    pub source: Rc<str>,
    /// The files that it comes with, beside `main.py`: they are on its flash when it gets power for the first time.
    pub modules: Rc<[ScriptFile]>,
    /// Its number: the end of its address and of its unique id. No two boards of a world have the same.
    pub number: u16,
    /// Which of the boards of its world that run scripts, from 0: what it has a machine by.
    pub order: u16,
    /// What its random numbers begin with.
    pub seed: u32,
    /// The name of the broker at the other end of its link.
    pub server: String,
    /// Why it starts.
    pub cause: Cause,
    /// What is on its flash by path, beyond what every board has.
    pub files: Files,
}

/// A file that a board comes with, beside its `main.py`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScriptFile {
    /// Its path from the root of the flash, without the slash that it begins with: `boot.py`, `lib/config.py`.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

impl ScriptFile {
    /// Its path on the board.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/{}", self.name)
    }
}

/// Why something is no name of a file that a board comes with: `None` if it is one.
#[must_use]
pub fn not_a_file_name(name: &str) -> Option<&'static str> {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-' | '.');
    let mut parts = name.split('/');
    if name.is_empty() || name.len() > FILE_NAME_MAX_BYTES {
        Some("a name of 1 to 64 characters")
    } else if name == "main.py" {
        Some("another name: main.py is the script itself")
    } else if !parts.all(|it| !it.starts_with('.') && !it.is_empty() && it.chars().all(is_plain)) {
        Some("a name of letters, digits, `_`, `-` and `.`, with `/` behind a folder")
    } else {
        None
    }
}

/// What a name of such a file has at most.
pub const FILE_NAME_MAX_BYTES: usize = 64;

/// A line of one of a board's files.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line {
    /// Which file: 0 is `main.py`, 1 the first of [`BoardSpec::modules`].
    pub file: u8,
    /// Which line of it, from 1; 0 before the first.
    pub number: u32,
}

impl From<u32> for Line {
    /// A line of `main.py`.
    fn from(number: u32) -> Self {
        Self { file: 0, number }
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.file {
            0 => write!(f, "{}", self.number),
            file => write!(f, "{file}:{}", self.number),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.file {
            0 => write!(f, "line {} of its script", self.number),
            file => write!(
                f,
                "line {} of the file {file} beside its script",
                self.number
            ),
        }
    }
}

/// What is on a board's flash, by path.
pub type Files = Rc<BTreeMap<String, Stored>>;

/// Something on a board's flash, as far as that differs from what every board has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stored {
    /// A file with these bytes.
    File(Bytes),
    /// A folder.
    Folder,
    /// Every other board has it, and this one has not.
    Gone,
}

/// Why a board starts, with the number that `machine.reset_cause()` has for it on an ESP32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Cause {
    /// It gets power.
    Power = 1,
    /// It has asked for a reset.
    Reset = 2,
    /// Its watchdog was not fed.
    Watchdog = 3,
    /// It has been in deep sleep, and a clock has woken it.
    Sleep = 4,
    /// Its interpreter has begun anew.
    Soft = 5,
}

/// A moment at which a board goes on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Turn {
    /// When.
    pub now: Instant,
    /// What has happened, in order; nothing if only the time has come.
    pub events: Vec<Event>,
}

/// Something that happens to a board.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// It gets power.
    Start,
    /// Its Wi-Fi is there, or gone.
    Network {
        /// There.
        up: bool,
    },
    /// A socket that it dialled with is connected.
    Opened {
        /// Which.
        socket: u32,
    },
    /// A socket could not be connected.
    Refused {
        /// Which.
        socket: u32,
        /// The number of the `OSError`.
        errno: i16,
    },
    /// Bytes have come.
    Received {
        /// On which socket.
        socket: u32,
        /// Which.
        bytes: Bytes,
    },
    /// A connection has ended, and not by the program.
    Closed {
        /// Which socket.
        socket: u32,
        /// What reading finds when all is read: the number of an `OSError`, or 0 for the end of the stream.
        read: i16,
        /// What writing raises.
        write: i16,
        /// What is written is lost without a word, until the other end has answered that it does not know the connection.
        loses: bool,
    },
    /// A pin is pulled by something outside.
    Pin {
        /// Its number.
        pin: u8,
        /// High, or low.
        high: bool,
    },
    /// It has become warmer or colder.
    Heat {
        /// Thousandths of a degree Celsius.
        millidegrees: i32,
    },
    /// Somebody has typed at its prompt: a statement, or several in lines.
    Typed {
        /// What.
        text: Rc<str>,
    },
    /// Somebody has typed Ctrl-C while its program runs.
    Interrupt,
}

/// What a board did in a turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doings {
    /// In order.
    pub deeds: Vec<Deed>,
    /// When it goes on by itself; `None` is whenever something happens.
    pub until: Option<Instant>,
    /// It waits for nothing: it has only used up its time.
    pub is_busy: bool,
    /// The line that it is in.
    pub line: Line,
    /// It has come to an end.
    pub ended: Option<Ended>,
}

/// Something that a board does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Wants a socket connected.
    Dial {
        /// Which.
        socket: u32,
        /// As the program names it.
        host: String,
        /// TCP port.
        port: u16,
    },
    /// Writes.
    Send {
        /// Into which socket.
        socket: u32,
        /// What.
        bytes: Bytes,
    },
    /// Reads.
    Read {
        /// From which socket.
        socket: u32,
        /// How many bytes.
        count: u32,
    },
    /// Writes into a connection that is gone, and nobody says so.
    Lost {
        /// What.
        bytes: Bytes,
    },
    /// Closes a socket.
    Close {
        /// Which.
        socket: u32,
    },
    /// Has left the network under a connection: nobody closes it.
    Vanish {
        /// Which socket.
        socket: u32,
    },
    /// Prints a line on its console, or the rest of one.
    Print {
        /// Without its end.
        line: String,
    },
    /// Prints a piece of a line: what is printed next goes on with it.
    PrintPiece {
        /// What.
        text: String,
    },
    /// Asks for the address of a name, and has joined no network in which it could ask.
    Unjoined,
    /// Sets a pin.
    Pin {
        /// Its number.
        pin: u8,
        /// High, or low.
        high: bool,
    },
    /// Changes what is on its flash.
    Store {
        /// Where.
        path: String,
        /// What is there now; `None` is what every board has there.
        stored: Option<Stored>,
    },
    /// Has come to a line of its program: what follows is done there, by it or by what it calls.
    At {
        /// Which.
        line: Line,
    },
}

/// How a program ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ended {
    /// It has run to its last line, or left.
    Done,
    /// It raised what it did not catch; the console has the traceback.
    Raised,
    /// Its memory is full.
    OutOfMemory,
    /// What was typed at its prompt has been run, whatever came of it.
    Typed,
    /// It has asked for a reset.
    Reset,
    /// It has asked for its interpreter to begin anew: sockets are closed, and the radio stays.
    SoftReset,
    /// Its watchdog was not fed.
    Watchdog,
    /// It sleeps deeply.
    Asleep {
        /// Until a clock wakes it; `None` is for ever.
        span: Option<Duration>,
    },
    /// Between two of its calls that take time, loops inside of the interpreter have turned on and on.
    Endless,
    /// It has gone on for more turns than are kept.
    TooLong,
    /// Run again, it has done something else than before: what is shown of it cannot be relied on.
    Diverged,
    /// More boards run scripts than the host has machines for.
    TooMany,
    /// The interpreter has failed, in its own words.
    Failed(String),
    /// There is no interpreter here.
    NoInterpreter,
}
