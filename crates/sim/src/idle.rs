//! What a scenario plans and nothing comes of.

use crate::id::{Cursor, RecordId};
use crate::record::{Down, Record, RecordKind};
use crate::recording::Recording;
use crate::scenario::{Action, CrashMoment, NodeAction, Planned};
use alloc::vec::Vec;

impl Recording {
    /// The acts so far of which nothing came: no record follows from them, and they have left nothing behind that could
    /// still have an effect. Such as to restore a link that works, or to hold packets where there are none.
    #[must_use]
    pub fn acts_without_effect(&self) -> Vec<RecordId> {
        let log = self.log();
        let records = log.records(log.end());
        let mut causes: Vec<RecordId> = records.iter().filter_map(|record| record.cause).collect();
        causes.sort_unstable();
        let idle = records.iter().filter(|record| match &record.kind {
            RecordKind::Stimulus(action) => {
                causes.binary_search(&record.id).is_err() && !self.shows_elsewhere(record, action)
            }
            _ => false,
        });
        idle.map(|record| record.id).collect()
    }

    /// The lines of the scenario that did not happen: their packet never came, or the run was over before.
    pub fn never_happened(&self) -> impl Iterator<Item = &Planned> {
        self.head().not_happened()
    }

    /// Whether an act has an effect that no record names as its own.
    fn shows_elsewhere(&self, act: &Record, action: &Action) -> bool {
        let log = self.log();
        let mut behind = log.records_between(Cursor::after(act.id), log.end()).iter();
        match action {
            // The arrival springs the trap.
            Action::Node {
                act: NodeAction::Crash { moment, .. },
                ..
            } if *moment != CrashMoment::Now => behind.any(|record| {
                record.node == act.node
                    && record.kind == RecordKind::NodeDown { why: Down::Crashed }
            }),
            // The device remembers what it wants.
            Action::Node {
                act: NodeAction::Subscribe(_) | NodeAction::Unsubscribe { .. },
                ..
            } => true,
            Action::Double { a, b } => {
                log.in_flight(Cursor::after(act.id)).any(|(_, _, flight)| {
                    log.link(flight.link)
                        .is_some_and(|link| log.name(link.a) == a && log.name(link.b) == b)
                })
            }
            _ => false,
        }
    }
}
