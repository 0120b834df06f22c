//! What became of the messages that a device made: the score of its strategy.

use crate::id::{Cursor, NodeId};
use crate::ledger::Ledger;
use crate::record::{Note, RecordKind};
use crate::recording::Recording;
use crate::scenario::{Action, NodeAction, NodeKind, ScorePart};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use bytes::Bytes;
use device::Remark;
use mqtt_proto::{Duration, Instant, TopicName};

/// What became of the messages that a device made, seen from outside.
///
/// A message is known by its topic and what it says; of two that say the same the older one counts as delivered first.
/// So a score is exact where each message says something else, as with `{n}` in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Score {
    /// It wanted to publish so many.
    pub made: u32,
    /// So many have come to at least one other device.
    pub delivered: u32,
    /// So many of these came first when they were older than the device's `deadline`; 0 without one.
    pub late: u32,
    /// So many copies came to a device that had the message already.
    pub doubled: u32,
    /// So many have come to nobody, yet.
    pub lost: u32,
}

impl Score {
    /// One of its numbers.
    #[must_use]
    pub const fn part(&self, part: ScorePart) -> u32 {
        match part {
            ScorePart::Made => self.made,
            ScorePart::Delivered => self.delivered,
            ScorePart::Late => self.late,
            ScorePart::Doubled => self.doubled,
            ScorePart::Lost => self.lost,
        }
    }
}

/// A message and who has it.
struct Made {
    at: Instant,
    has: Vec<NodeId>,
}

impl Recording {
    /// The score of a device as of a cursor. A node that is no device scores nothing.
    #[must_use]
    pub fn score(&self, device: NodeId, cursor: Cursor) -> Score {
        let spec = self.scenario().nodes.get(usize::from(device.0));
        let Some(NodeKind::Device(spec)) = spec.map(|spec| &spec.kind) else {
            return Score::default();
        };
        let deadline = spec.strategy.deadline;
        let mut score = Score::default();
        let mut made: BTreeMap<(TopicName, Bytes), Vec<Made>> = BTreeMap::new();
        // Devices outside tell nothing themselves.
        let log = self.log();
        let outside = if log.nodes().iter().any(|it| it.is_remote) {
            Ledger::at(log, cursor)
        } else {
            Ledger::default()
        };
        let mut outside_has = outside.acknowledged().iter().peekable();
        for record in log.records(cursor) {
            if let Some((topic, payload)) = offered(device, record.node, &record.kind) {
                score.made = score.made.saturating_add(1);
                made.entry((topic.clone(), payload.clone()))
                    .or_default()
                    .push(Made {
                        at: record.at,
                        has: Vec::new(),
                    });
            }
            if let (RecordKind::Delivered(message), Some(to)) = (&record.kind, record.node)
                && to != device
                && let Some(copies) =
                    made.get_mut(&(message.topic.clone(), message.payload.clone()))
            {
                score.deliver(copies, to, record.at, deadline);
            }
            while let Some(delivery) = outside_has.next_if(|it| it.record <= record.id) {
                if let Some(message) = outside.as_delivered(log, delivery)
                    && delivery.node != device
                    && let Some(copies) = made.get_mut(&(message.topic, message.payload))
                {
                    score.deliver(copies, delivery.node, record.at, deadline);
                }
            }
        }
        score.lost = score.made.saturating_sub(score.delivered);
        score
    }
}

impl Score {
    fn deliver(
        &mut self,
        copies: &mut [Made],
        to: NodeId,
        at: Instant,
        deadline: Option<Duration>,
    ) {
        let Some(made) = copies.iter_mut().find(|made| !made.has.contains(&to)) else {
            self.doubled = self.doubled.saturating_add(1);
            return;
        };
        if made.has.is_empty() {
            self.delivered = self.delivered.saturating_add(1);
            if deadline.is_some_and(|deadline| at.since(made.at) > deadline) {
                self.late = self.late.saturating_add(1);
            }
        }
        made.has.push(to);
    }
}

/// What a device wants to publish by this record.
fn offered(
    device: NodeId,
    node: Option<NodeId>,
    kind: &RecordKind,
) -> Option<(&TopicName, &Bytes)> {
    if node != Some(device) {
        return None;
    }
    match kind {
        RecordKind::Note(Note::Device(remark)) => match remark.as_ref() {
            Remark::Made { topic, payload } => Some((topic, payload)),
            _ => None,
        },
        RecordKind::Stimulus(action) => match action.as_ref() {
            Action::Node {
                act: NodeAction::Publish { topic, payload, .. },
                ..
            } => Some((topic, payload)),
            _ => None,
        },
        _ => None,
    }
}
