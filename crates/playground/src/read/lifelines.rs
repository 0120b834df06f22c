//! What lifelines show: connections, sessions, outages.

use crate::story::{Interval, Mark, Outage, Span, SpanKind, Story};
use mqtt_proto::Text;
use sim::RecordId;
use std::collections::{HashMap, HashSet};

/// Which of them last.
#[derive(Default)]
pub(super) struct Lifelines {
    /// By client: the span of its newest connection while that is up, and the record that opened it.
    connections: HashMap<usize, (usize, RecordId)>,
    /// The clients that were connected before.
    known: HashSet<usize>,
    /// Per client: whether its last CONNECT asked for a session that ends with the connection.
    ends_at_close: HashMap<usize, bool>,
    /// Per broker and client: the span of its kept session.
    sessions: HashMap<(usize, usize), usize>,
    /// Per client: the identifier in its last CONNECT.
    names: HashMap<usize, Text>,
    /// By broker: the span in which it keeps at least one session.
    keeping: HashMap<usize, usize>,
    /// By broker: the span in which it runs.
    brokers_up: HashMap<usize, usize>,
    /// By wire: its outage that lasts.
    outages: HashMap<usize, usize>,
}

impl Lifelines {
    /// A broker starts, or is there from the start.
    pub(super) fn broker_started(&mut self, story: &mut Story, broker: usize, mark: Mark) {
        let span = begin(story, broker, SpanKind::Connection, mark);
        self.brokers_up.insert(broker, span);
    }

    pub(super) fn broker_stopped(&mut self, story: &mut Story, broker: usize, mark: Mark) {
        if let Some(span) = self.brokers_up.remove(&broker) {
            end(story, span, mark);
        }
    }

    /// A link is cut: it is out until the next connection.
    pub(super) fn cut(&mut self, story: &mut Story, wire: usize, mark: Mark) {
        self.outages.entry(wire).or_insert_with(|| {
            story.outages.push(Outage {
                wire,
                interval: Interval {
                    from: mark,
                    until: None,
                },
            });
            story.outages.len() - 1
        });
    }

    /// A client asks for a connection, and for a session that lasts as long or longer.
    pub(super) fn asked(&mut self, client: usize, name: &Text, ends_at_close: bool) {
        self.ends_at_close.insert(client, ends_at_close);
        self.names.insert(client, name.clone());
    }

    /// A client is connected; whether it was before.
    pub(super) fn connected(
        &mut self,
        story: &mut Story,
        (wire, client): (usize, usize),
        opened: RecordId,
        mark: Mark,
    ) -> bool {
        let outage = self.outages.remove(&wire);
        if let Some(outage) = outage.and_then(|it| story.outages.get_mut(it)) {
            outage.interval.until = Some(mark);
        }
        let span = begin(story, client, SpanKind::Connection, mark);
        if let Some((old, _)) = self.connections.insert(client, (span, opened)) {
            end(story, old, mark);
        }
        !self.known.insert(client)
    }

    /// A connection is closed. The broker may close an old one when the client has long had a new one.
    pub(super) fn closed(
        &mut self,
        story: &mut Story,
        client: usize,
        opened: RecordId,
        mark: Mark,
    ) {
        if let Some(&(span, of)) = self.connections.get(&client)
            && of == opened
        {
            self.connections.remove(&client);
            end(story, span, mark);
        }
    }

    pub(super) fn session_started(
        &mut self,
        story: &mut Story,
        (broker, client): (usize, usize),
        mark: Mark,
    ) {
        if self.ends_at_close.get(&client).copied().unwrap_or(true) {
            return;
        }
        let span = begin(story, client, SpanKind::Session, mark);
        self.sessions.insert((broker, client), span);
        let keeping = self.keeping.entry(broker);
        keeping.or_insert_with(|| begin(story, broker, SpanKind::Session, mark));
    }

    /// A session goes on: with the client that had it, or with another that has the same identifier now.
    pub(super) fn session_resumed(
        &mut self,
        story: &mut Story,
        (broker, client): (usize, usize),
        mark: Mark,
    ) {
        let owner = self.owner(broker, client);
        if let Some(span) = owner
            .filter(|it| *it != client)
            .and_then(|owner| self.sessions.remove(&(broker, owner)))
        {
            end(story, span, mark);
            let span = begin(story, client, SpanKind::Session, mark);
            self.sessions.insert((broker, client), span);
        }
    }

    /// Who has the kept session of a client: itself, or the one that had its identifier before.
    fn owner(&self, broker: usize, client: usize) -> Option<usize> {
        if self.sessions.contains_key(&(broker, client)) {
            return Some(client);
        }
        let name = self.names.get(&client)?;
        let own = self.sessions.keys().filter(|(of, _)| *of == broker);
        let mut owners = own.map(|(_, owner)| *owner);
        owners.find(|owner| self.names.get(owner) == Some(name))
    }

    pub(super) fn session_ended(
        &mut self,
        story: &mut Story,
        (broker, client): (usize, usize),
        mark: Mark,
    ) {
        let owner = self.owner(broker, client);
        if let Some(span) = owner.and_then(|owner| self.sessions.remove(&(broker, owner))) {
            end(story, span, mark);
        }
        if self.sessions.keys().all(|(of, _)| *of != broker)
            && let Some(span) = self.keeping.remove(&broker)
        {
            end(story, span, mark);
        }
    }
}

fn begin(story: &mut Story, lane: usize, kind: SpanKind, from: Mark) -> usize {
    story.spans.push(Span {
        lane,
        kind,
        interval: Interval { from, until: None },
    });
    story.spans.len() - 1
}

fn end(story: &mut Story, span: usize, mark: Mark) {
    if let Some(span) = story.spans.get_mut(span) {
        span.interval.until = Some(mark);
    }
}
