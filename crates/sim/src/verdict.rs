//! Whether a run did what its scenario expects.

use crate::id::NodeId;
use crate::record::RecordKind;
use crate::recording::Recording;
use crate::scenario::Expectation;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use device::Metres;
use mqtt_proto::TopicFilter;

/// What became of an expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// As the scenario writes it.
    pub expectation: Expectation,
    /// Whether it holds.
    pub met: bool,
    /// What is so instead, or as well, in the words of the scenario.
    pub found: String,
}

impl Recording {
    /// Judges every expectation by what has happened so far.
    #[must_use]
    pub fn verdicts(&self) -> Vec<Verdict> {
        self.scenario()
            .expectations
            .iter()
            .map(|expectation| {
                let (met, found) = self.judge(expectation);
                Verdict {
                    expectation: expectation.clone(),
                    met,
                    found,
                }
            })
            .collect()
    }

    fn judge(&self, expectation: &Expectation) -> (bool, String) {
        match expectation {
            Expectation::Position { node, millimetres } => {
                let device = self
                    .node_named(node)
                    .and_then(|node| self.head().node(node)?.device());
                match device {
                    Some(device) => {
                        let found = device.position();
                        (found == *millimetres, position(found))
                    }
                    None => (false, "no such device".to_string()),
                }
            }
            Expectation::Received {
                node,
                filter,
                times,
            } => {
                let found = self
                    .node_named(node)
                    .map_or(0, |node| self.received(node, filter));
                (found == *times, format!("received {found} times"))
            }
        }
    }

    /// How often a node's application got a message on a topic that matches.
    #[must_use]
    pub fn received(&self, node: NodeId, filter: &TopicFilter) -> u32 {
        let count = self
            .log()
            .records(self.log().end())
            .iter()
            .filter(|record| {
                record.node == Some(node)
                    && matches!(&record.kind, RecordKind::Delivered(message) if filter.matches(&message.topic))
            })
            .count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// The node of that name.
    #[must_use]
    pub fn node_named(&self, name: &str) -> Option<NodeId> {
        (0_u16..)
            .zip(&self.scenario().nodes)
            .find(|(_, spec)| spec.name == name)
            .map(|(id, _)| NodeId(id))
    }
}

fn position(millimetres: i64) -> String {
    let minus = if millimetres < 0 { "-" } else { "" };
    format!("position {minus}{}", Metres(millimetres.unsigned_abs()))
}
