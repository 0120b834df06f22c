//! The rows of the tables that machines follow: not in the log, but made again for whoever draws the tables.

use crate::id::NodeId;
use alloc::collections::{BTreeMap, VecDeque};
use mqtt_proto::Taken;

/// Of more rows than this, only the newest are kept.
const TRACE_MAX: usize = 4_096;

/// A row that a machine has followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traced {
    /// How many events had happened by then: it happened in the last of them.
    pub events: u64,
    /// Whose machine.
    pub node: NodeId,
    /// The client that the machine is about: itself, or at a broker the client at the other end; `None` if the connection
    /// was over before anything came of it.
    pub client: Option<NodeId>,
    /// The row.
    pub taken: Taken,
}

/// The newest rows that were followed, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    rows: VecDeque<Traced>,
    /// Whose the connections are: a broker is told of the end of one that is gone already.
    clients: BTreeMap<u32, NodeId>,
}

impl Trace {
    /// With the connections that there are.
    pub(crate) fn new(clients: impl Iterator<Item = (u32, NodeId)>) -> Self {
        Self {
            rows: VecDeque::new(),
            clients: clients.collect(),
        }
    }

    /// Whose a connection is, if not as it is now, then as it was.
    pub(crate) fn client(&mut self, connection: u32, now: Option<NodeId>) -> Option<NodeId> {
        if let Some(client) = now {
            self.clients.insert(connection, client);
        }
        self.clients.get(&connection).copied()
    }

    pub(crate) fn push(&mut self, traced: Traced) {
        if self.rows.len() >= TRACE_MAX {
            self.rows.pop_front();
        }
        self.rows.push_back(traced);
    }

    pub(crate) fn into_rows(self) -> impl Iterator<Item = Traced> {
        self.rows.into_iter()
    }
}
