//! Bounds on scenario files, so that a hostile one is refused before it costs anything.

/// A longer file is refused.
pub const FILE_MAX_BYTES: usize = 256 * 1024;
/// A name of a node may have this many bytes.
pub const NAME_MAX_BYTES: usize = 64;
/// A scenario may have this many nodes.
pub const NODES_MAX: usize = 256;
/// A node's place may be this far from the left and from the top.
pub const PLACE_MAX: u16 = 4_000;
/// A node may have this many subscriptions.
pub const SUBSCRIPTIONS_MAX: usize = 64;
/// A script may have this many bytes together with the files beside it.
pub const SCRIPT_MAX_BYTES: usize = 64 * 1024;
/// A script may have this many files beside it.
pub const SCRIPT_FILES_MAX: usize = 16;
/// A broker's access list may have this many lines.
pub const ACCESS_LINES_MAX: usize = 256;
/// A scenario may have this many `at` and `when` lines, and as many `expect` lines.
pub const EVENTS_MAX: usize = 10_000;
/// A lesson may have this many texts and questions.
pub const BEATS_MAX: usize = 256;
/// A question may have this many answers.
pub const ANSWERS_MAX: usize = 8;
/// A task may have this many goals.
pub const GOALS_MAX: usize = 16;
/// A task's solution may have this many acts.
pub const SOLUTION_MAX: usize = 64;
/// So many claims may follow another one after `and`.
pub const CLAIMS_MAX: usize = 15;
/// A claim may name this many payloads.
pub const PAYLOADS_MAX: usize = 1_000;
/// The longest time that can be written: 1,000 hours.
pub const TIME_MAX_MICROS: u64 = 1_000 * 3_600 * 1_000_000;
/// An error shows this much of what it found.
pub(super) const FOUND_MAX_CHARS: usize = 32;
