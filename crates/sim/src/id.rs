//! The names of things in a run: small numbers, given in order.

use core::fmt;

/// Names a record: its place in the log, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(pub u32);

/// Names a node: its place in the scenario, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u16);

/// Names a link: its place in the scenario, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u16);

/// Names one trip of a packet over a link: the record of its sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlightId(pub RecordId);

/// A place in a recording: how many records have happened. 0 is before the first.
///
/// One event can write several records. A cursor between two of them shows the first of them in the log, while the
/// state of the nodes is that after the whole event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor(pub u32);

impl Cursor {
    /// Before everything.
    pub const START: Self = Self(0);

    /// The place right after a record.
    #[must_use]
    pub const fn after(record: RecordId) -> Self {
        Self(record.0.saturating_add(1))
    }

    /// The last record that has happened here.
    #[must_use]
    pub const fn last_record(self) -> Option<RecordId> {
        match self.0.checked_sub(1) {
            Some(index) => Some(RecordId(index)),
            None => None,
        }
    }

    /// Whether a record has happened here.
    #[must_use]
    pub const fn includes(self, record: RecordId) -> bool {
        record.0 < self.0
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{}", self.0)
    }
}
