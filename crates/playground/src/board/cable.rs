//! What the page asks of the cable, and what comes of it. Both ends only move bytes.

/// Something that only the browser can do with a serial port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CableCommand {
    /// Look whether the browser has serial ports, and what firmware there is.
    Look,
    /// Let the user choose a port, start the chip's bootloader and ask what it is.
    Connect,
    /// Write these parts, in this order, and check each of them.
    Write {
        /// What, and where.
        parts: Vec<Piece>,
        /// Erase the whole flash before.
        erase: bool,
    },
    /// Stop writing.
    Stop,
    /// Start the program, and listen to it.
    Run,
    /// Send these bytes.
    Send(Vec<u8>),
    /// Let the port go.
    Close,
}

/// Something to write.
#[derive(Clone, PartialEq, Eq)]
pub struct Piece {
    /// Where it goes.
    pub offset: u32,
    /// What it is.
    pub contents: Contents,
}

/// What is written.
#[derive(Clone, PartialEq, Eq)]
pub enum Contents {
    /// A file beside the page.
    File {
        /// Where it is.
        path: String,
        /// What its check sum has to be.
        sha256: String,
    },
    /// These bytes. They can hold passwords.
    Bytes(Vec<u8>),
}

impl std::fmt::Debug for Piece {
    /// Without its contents: they can hold passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#x}", self.offset)
    }
}

/// Something that came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CableEvent {
    /// What the browser can do.
    Browser {
        /// It has serial ports.
        has_serial: bool,
        /// The page comes from a place that browsers trust with them.
        is_secure: bool,
    },
    /// The manifest of the firmware, if there is one.
    Firmware(Option<String>),
    /// A port is open: the ids of its USB device, if it says them.
    Opened(Option<(u16, u16)>),
    /// The flasher says something.
    Said(String),
    /// A chip has answered.
    Chip(Chip),
    /// Everything is being erased, before the first byte is written.
    Erasing,
    /// So much of a part is written.
    Wrote {
        /// Which part.
        part: usize,
        /// Bytes, as they go over the line.
        done: u32,
        /// Of so many.
        total: u32,
    },
    /// All is written and checked.
    Written,
    /// The program runs, and the port listens to it.
    Running,
    /// Bytes came.
    Heard(Vec<u8>),
    /// It did not work.
    Failed(Fault),
}

/// A chip that has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chip {
    /// As its maker calls it: `ESP32-C3`.
    pub family: String,
    /// With package and revision.
    pub description: String,
    /// Its own address.
    pub mac: String,
    /// How much flash it has, such as `4MB`; empty if it does not say.
    pub flash: String,
}

impl Chip {
    /// How much flash it has, in bytes, if it says so.
    pub(super) fn flash_bytes(&self) -> Option<u32> {
        let flash = self.flash.trim();
        let (count, unit) = [("KB", 1 << 10), ("MB", 1 << 20)]
            .into_iter()
            .find_map(|(unit, bytes)| Some((flash.strip_suffix(unit)?, bytes)))?;
        count.parse::<u32>().ok()?.checked_mul(unit)
    }
}

/// What can go wrong with a cable, and what the user can do about it is another thing in each case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The browser has no serial ports.
    NoSerial,
    /// The page comes from a place that browsers do not trust.
    NotSecure,
    /// There is no firmware beside the page.
    NoFirmware,
    /// No port was chosen.
    NoPort,
    /// The browser or the system does not allow it.
    NoPermission,
    /// Another program has the port.
    Busy,
    /// Nobody answers.
    Silent,
    /// The cable came loose.
    Loose,
    /// The board has less flash than the firmware of its chip needs.
    SmallFlash {
        /// What it has, in its own words: `2MB`.
        found: String,
        /// What is needed, in bytes.
        needs: u32,
    },
    /// There is no firmware for this chip.
    WrongChip {
        /// What is there.
        found: String,
        /// For what there is firmware.
        known: Vec<String>,
    },
    /// A file could not be fetched.
    NotFetched(String),
    /// A file is not the one that it should be.
    Damaged(String),
    /// What is in the flash is not what was written.
    Mismatch,
    /// The user has stopped it.
    Stopped,
    /// The user has stopped it, and the settings of the board were erased before.
    StoppedBlank,
    /// Something else; the words are the browser's.
    Other(String),
}
