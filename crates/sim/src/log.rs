//! The log of a run: its records and what can be read off them at any cursor.

use crate::id::{Cursor, FlightId, LinkId, NodeId, RecordId};
use crate::record::{Flight, Record, RecordKind};
use alloc::string::String;
use alloc::vec::Vec;
use device::umqtt::Library;
use mqtt_proto::{Duration, Instant};

/// A node as the ladder and the map draw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeInfo {
    /// Its name in the scenario.
    pub name: String,
    /// Broker or device.
    pub role: NodeRole,
    /// Its program is outside of the run: nothing is known of it but its packets.
    pub is_remote: bool,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeRole {
    /// A broker.
    Broker,
    /// A device; its blueprint's name, such as `phone` or `robot`.
    Device {
        /// The blueprint's name.
        blueprint: String,
        /// Whose behaviour it imitates; `None` for a standard client.
        library: Option<Library>,
        /// Whether it runs a MicroPython script, whose libraries are its own.
        runs_script: bool,
    },
}

/// A link as the map draws it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkInfo {
    /// The end that dials.
    pub a: NodeId,
    /// The end that answers.
    pub b: NodeId,
    /// One way, without jitter.
    pub latency: Duration,
}

/// How a flight ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// The record of its arrival or loss.
    pub record: RecordId,
    /// When.
    pub at: Instant,
    /// Whether it arrived; otherwise it was lost.
    pub arrived: bool,
}

/// A stretch of time in which something existed: a connection or a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The client whose connection or session it is.
    pub client: NodeId,
    /// The record that began it.
    pub opened: RecordId,
    /// When it began.
    pub from: Instant,
    /// The record that ended it.
    pub closed: Option<RecordId>,
    /// When it ended.
    pub until: Option<Instant>,
}

impl Span {
    /// The span as it is known at a cursor: not begun is `None`, an end in the future is none.
    #[must_use]
    pub fn known_at(self, cursor: Cursor) -> Option<Self> {
        if !cursor.includes(self.opened) {
            return None;
        }
        match self.closed {
            Some(closed) if cursor.includes(closed) => Some(self),
            _ => Some(Self {
                closed: None,
                until: None,
                ..self
            }),
        }
    }
}

/// The records of a run with the nodes and links they speak of.
///
/// Nothing of the future leaks: every query takes a cursor, and answers from the records before it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    nodes: Vec<NodeInfo>,
    links: Vec<LinkInfo>,
    records: Vec<Record>,
    /// For every record: the record that ended its flight.
    ends: Vec<Option<RecordId>>,
    steps: Vec<RecordId>,
    connections: Vec<Span>,
    sessions: Vec<Span>,
}

impl Log {
    /// An empty log about these nodes and links.
    #[must_use]
    pub fn new(nodes: Vec<NodeInfo>, links: Vec<LinkInfo>) -> Self {
        Self {
            nodes,
            links,
            ..Self::default()
        }
    }

    /// More nodes and links, behind the others.
    pub(crate) fn grow(&mut self, nodes: Vec<NodeInfo>, links: Vec<LinkInfo>) {
        self.nodes.extend(nodes);
        self.links.extend(links);
    }

    /// Makes room for so many records more.
    pub(crate) fn reserve(&mut self, records: usize) {
        self.records.reserve(records);
        self.ends.reserve(records);
    }

    /// Takes the next record. Its id must be [`next_id`](Self::next_id); another is put right.
    pub fn push(&mut self, mut record: Record) {
        record.id = self.next_id();
        match &record.kind {
            RecordKind::Arrived { flight } | RecordKind::Lost { flight, .. } => {
                // A doubled packet arrives twice: the first arrival counts.
                if let Some(end) = self.ends.get_mut(index(flight.0)) {
                    end.get_or_insert(record.id);
                }
            }
            RecordKind::ConnectionOpened { client, .. } => {
                open(&mut self.connections, *client, &record)
            }
            RecordKind::ConnectionClosed { opened, .. } => {
                close(
                    &mut self.connections,
                    |span| span.opened == *opened,
                    &record,
                );
            }
            RecordKind::SessionStarted {
                client: Some(client),
            } => open(&mut self.sessions, *client, &record),
            RecordKind::SessionEnded {
                client: Some(client),
            } => close(&mut self.sessions, |span| span.client == *client, &record),
            _ => {}
        }
        if record.kind.is_step() {
            self.steps.push(record.id);
        }
        self.ends.push(None);
        self.records.push(record);
    }

    /// Forgets everything from a cursor on.
    pub fn truncate(&mut self, cursor: Cursor) {
        let keep = usize::try_from(cursor.0).unwrap_or(usize::MAX);
        self.records.truncate(keep);
        self.ends.truncate(keep);
        for end in &mut self.ends {
            *end = end.filter(|end| cursor.includes(*end));
        }
        self.steps.retain(|step| cursor.includes(*step));
        for spans in [&mut self.connections, &mut self.sessions] {
            *spans = spans
                .iter()
                .filter_map(|span| span.known_at(cursor))
                .collect();
        }
    }

    /// The id of the next record.
    #[must_use]
    pub fn next_id(&self) -> RecordId {
        RecordId(u32::try_from(self.records.len()).unwrap_or(u32::MAX))
    }

    /// The cursor after the last record.
    #[must_use]
    pub fn end(&self) -> Cursor {
        Cursor(self.next_id().0)
    }

    /// The nodes, in the order of their ids.
    #[must_use]
    pub fn nodes(&self) -> &[NodeInfo] {
        &self.nodes
    }

    /// The links, in the order of their ids.
    #[must_use]
    pub fn links(&self) -> &[LinkInfo] {
        &self.links
    }

    /// A node's name; `?` for a node that is not here.
    #[must_use]
    pub fn name(&self, node: NodeId) -> &str {
        self.nodes
            .get(usize::from(node.0))
            .map_or("?", |node| node.name.as_str())
    }

    /// A link.
    #[must_use]
    pub fn link(&self, link: LinkId) -> Option<&LinkInfo> {
        self.links.get(usize::from(link.0))
    }

    /// A record.
    #[must_use]
    pub fn record(&self, id: RecordId) -> Option<&Record> {
        self.records.get(index(id))
    }

    /// All records up to a cursor, oldest first.
    #[must_use]
    pub fn records(&self, cursor: Cursor) -> &[Record] {
        let upto = index(RecordId(cursor.0)).min(self.records.len());
        self.records.get(..upto).unwrap_or_default()
    }

    /// The records from one cursor to a later one.
    #[must_use]
    pub fn records_between(&self, from: Cursor, to: Cursor) -> &[Record] {
        let before = index(RecordId(from.0));
        self.records(to).get(before..).unwrap_or_default()
    }

    /// The time at a cursor: that of its last record.
    #[must_use]
    pub fn time(&self, cursor: Cursor) -> Instant {
        self.records(cursor)
            .last()
            .map_or(Instant::ZERO, |record| record.at)
    }

    /// The steps of the ladder in the whole log, in order. Step number n, from 1, is at index n - 1.
    #[must_use]
    pub fn steps(&self) -> &[RecordId] {
        &self.steps
    }

    /// A flight.
    #[must_use]
    pub fn flight(&self, flight: FlightId) -> Option<&Flight> {
        match &self.record(flight.0)?.kind {
            RecordKind::Sent(flight) => Some(flight),
            _ => None,
        }
    }

    /// How a flight ended, as far as is known at a cursor.
    #[must_use]
    pub fn fate(&self, flight: FlightId, cursor: Cursor) -> Option<Fate> {
        let end = (*self.ends.get(index(flight.0))?)?;
        if !cursor.includes(end) {
            return None;
        }
        let record = self.record(end)?;
        Some(Fate {
            record: end,
            at: record.at,
            arrived: matches!(record.kind, RecordKind::Arrived { .. }),
        })
    }

    /// The flights that are under way at a cursor, oldest first.
    pub fn in_flight(&self, cursor: Cursor) -> impl Iterator<Item = (FlightId, &Record, &Flight)> {
        self.records(cursor).iter().filter_map(move |record| {
            let RecordKind::Sent(flight) = &record.kind else {
                return None;
            };
            let id = FlightId(record.id);
            self.fate(id, cursor)
                .is_none()
                .then_some((id, record, flight))
        })
    }

    /// The connections of a client as known at a cursor, oldest first.
    pub fn connections(&self, client: NodeId, cursor: Cursor) -> impl Iterator<Item = Span> {
        known(&self.connections, client, cursor)
    }

    /// The sessions that the broker has kept for a client, as known at a cursor, oldest first.
    pub fn sessions(&self, client: NodeId, cursor: Cursor) -> impl Iterator<Item = Span> {
        known(&self.sessions, client, cursor)
    }

    /// The chain of causes of a record: itself first, then what made it happen, back to a stimulus.
    pub fn causes(&self, id: RecordId) -> impl Iterator<Item = &Record> {
        let mut next = self.record(id);
        core::iter::from_fn(move || {
            let current = next?;
            // A cause is always older: a log from elsewhere that says otherwise must not make a circle.
            next = current
                .cause
                .filter(|cause| *cause < current.id)
                .and_then(|cause| self.record(cause));
            Some(current)
        })
    }
}

fn index(id: RecordId) -> usize {
    usize::try_from(id.0).unwrap_or(usize::MAX)
}

fn known(spans: &[Span], client: NodeId, cursor: Cursor) -> impl Iterator<Item = Span> {
    spans
        .iter()
        .filter(move |span| span.client == client)
        .filter_map(move |span| span.known_at(cursor))
}

fn open(spans: &mut Vec<Span>, client: NodeId, record: &Record) {
    spans.push(Span {
        client,
        opened: record.id,
        from: record.at,
        closed: None,
        until: None,
    });
}

/// Ends the newest open span that matches. A connection's first end to close counts; the other finds nothing open.
fn close(spans: &mut [Span], matches: impl Fn(&Span) -> bool, record: &Record) {
    let open = spans
        .iter_mut()
        .rev()
        .find(|span| span.closed.is_none() && matches(span));
    if let Some(span) = open {
        span.closed = Some(record.id);
        span.until = Some(record.at);
    }
}
