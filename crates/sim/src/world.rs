//! The world: nodes, links and the queue of what comes next. It moves by one event at a time.

use crate::hash;
use crate::id::{FlightId, LinkId, NodeId, RecordId};
use crate::link::{Cargo, Link, PacketHead, Towards, Transit};
use crate::log::{LinkInfo, Log, NodeInfo, NodeRole};
use crate::node::{Leaving, Node, NodeDigest, NodeState, Out, Outgoing, SessionChange};
use crate::queue::Queue;
use crate::record::{Closing, Flight, Loss, Record, RecordKind, Rules};
use crate::rng::Rng;
use crate::scenario::{Action, NodeAction, PacketPattern, Phase, Planned, Scenario, When};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use mqtt_proto::{Duration, Instant, Sender, Sink, Text, Version};

/// A running scenario.
///
/// A clone is an independent world with the same future.
#[derive(Clone, Debug)]
pub struct World {
    scenario: Rc<Scenario>,
    now: Instant,
    queue: Queue<Event>,
    nodes: Vec<Node>,
    links: Vec<Link>,
    /// Connections of which at least one end is not closed.
    connections: BTreeMap<u32, Connection>,
    next_connection: u32,
    triggers: Vec<Trigger>,
    next_record: u32,
    events: u64,
    end: Option<RunEnd>,
}

/// What comes next.
#[derive(Clone, Debug)]
enum Event {
    /// An `at` or `when` line of the scenario.
    Planned {
        index: usize,
        cause: Option<RecordId>,
    },
    /// The packet that a node has been working on leaves.
    Transmit(NodeId),
    /// Something comes out of a link.
    Arrive {
        link: LinkId,
        towards: Towards,
        serial: u32,
    },
    /// A client's end of a connection is open.
    Opened { connection: u32 },
    /// A node's timer.
    Timer { node: NodeId, generation: u32 },
    /// The end of a cut.
    Restore {
        link: LinkId,
        cuts: u32,
        cause: RecordId,
    },
}

/// A connection between a client and a server.
#[derive(Clone, Debug)]
struct Connection {
    link: LinkId,
    version: Version,
    /// What made the client dial.
    cause: Option<RecordId>,
    /// The record of its opening at the client.
    opened: Option<RecordId>,
    client: End,
    server: End,
}

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Not open yet.
    Opening,
    Open,
    Closed,
}

/// Why a run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunEnd {
    /// The scenario's time is up.
    TimeUp,
    /// Nothing is left that could happen by itself.
    Quiet,
}

/// A `when` line.
#[derive(Clone, Debug)]
struct Trigger {
    index: usize,
    from: Option<NodeId>,
    to: Option<NodeId>,
    seen: u32,
    fired: bool,
}

/// Why a scenario cannot be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorldError {
    /// It names a node that it does not have.
    UnknownNode(String),
    /// It names a blueprint that does not exist.
    UnknownBlueprint(String),
    /// It names a link that it does not have, by its ends.
    UnknownLink(String, String),
}

impl fmt::Display for WorldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownNode(name) => write!(f, "there is no node `{name}`"),
            Self::UnknownBlueprint(name) => write!(f, "there is no blueprint `{name}`"),
            Self::UnknownLink(a, b) => write!(f, "there is no link from `{a}` to `{b}`"),
        }
    }
}

impl core::error::Error for WorldError {}

type LogSink<'a> = &'a mut dyn Sink<Record>;

impl World {
    /// The world of a scenario before anything has happened.
    ///
    /// # Errors
    /// A scenario that was read from a file can always be run; one that a program made can name what it does not have.
    pub fn new(scenario: Rc<Scenario>, seed: u64) -> Result<Self, WorldError> {
        let nodes = scenario
            .nodes
            .iter()
            .map(Node::new)
            .collect::<Result<Vec<_>, _>>()?;
        let mut world = Self {
            scenario: Rc::clone(&scenario),
            now: Instant::ZERO,
            queue: Queue::default(),
            nodes,
            links: Vec::new(),
            connections: BTreeMap::new(),
            next_connection: 0,
            triggers: Vec::new(),
            next_record: 0,
            events: 0,
            end: None,
        };
        for (index, spec) in (0_u64..).zip(&scenario.links) {
            let (a, b) = (world.node_named(&spec.a)?, world.node_named(&spec.b)?);
            let rng = Rng::stream(seed, index);
            world.links.push(Link::new(spec, a, b, rng));
        }
        for (index, planned) in scenario.events.iter().enumerate() {
            world.check(&planned.action)?;
            world.plan(index, planned)?;
        }
        Ok(world)
    }

    fn plan(&mut self, index: usize, planned: &Planned) -> Result<(), WorldError> {
        match &planned.when {
            When::At(at) => self.queue.push(*at, Event::Planned { index, cause: None }),
            When::Packet { pattern, .. } => {
                let named = |name: &Option<String>| {
                    name.as_deref()
                        .map(|name| self.node_named(name))
                        .transpose()
                };
                let (from, to) = (named(&pattern.from)?, named(&pattern.to)?);
                self.triggers.push(Trigger {
                    index,
                    from,
                    to,
                    seen: 0,
                    fired: false,
                });
            }
        }
        Ok(())
    }

    /// A log that this world can write to from its beginning.
    #[must_use]
    pub fn empty_log(&self) -> Log {
        let nodes = self.scenario.nodes.iter().map(|spec| NodeInfo {
            name: spec.name.clone(),
            role: match &spec.kind {
                crate::scenario::NodeKind::Broker => NodeRole::Broker,
                crate::scenario::NodeKind::Device(device) => NodeRole::Device {
                    blueprint: device.blueprint.clone(),
                },
            },
        });
        let links = self.links.iter().map(|link| LinkInfo {
            a: link.a,
            b: link.b,
            latency: link.latency(),
        });
        Log::new(nodes.collect(), links.collect())
    }

    /// The time of the newest event.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// When the next event is due; `None` when the run is over.
    #[must_use]
    pub fn next_at(&self) -> Option<Instant> {
        if self.end.is_some() {
            return None;
        }
        self.queue.next_at()
    }

    /// How many events have happened.
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// Why the run is over, if it is.
    #[must_use]
    pub const fn end(&self) -> Option<RunEnd> {
        self.end
    }

    /// A node's state.
    #[must_use]
    pub fn node(&self, node: NodeId) -> Option<&NodeState> {
        Some(&self.nodes.get(usize::from(node.0))?.state)
    }

    /// Whether a link carries bytes.
    #[must_use]
    pub fn link_is_up(&self, link: LinkId) -> bool {
        self.links
            .get(usize::from(link.0))
            .is_some_and(|link| link.up)
    }

    /// The hash of the whole state: equal for equal states, on every machine.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        let nodes: Vec<NodeDigest<'_>> = self
            .nodes
            .iter()
            .map(|node| NodeDigest(node, self.now))
            .collect();
        // The scenario does not change, and hashing it each time would cost more than everything else.
        hash::of_debug(&(
            (self.now, self.events, self.next_record),
            self.queue.in_order(),
            nodes,
            &self.links,
            &self.connections,
            &self.triggers,
        ))
    }

    /// Lets the next event happen. `false` when the run is over.
    pub fn step(&mut self, log: LogSink<'_>) -> bool {
        while self.end.is_none() {
            match self.queue.next_at() {
                None => self.end = Some(RunEnd::Quiet),
                Some(at) if at > self.scenario.until => self.end = Some(RunEnd::TimeUp),
                Some(_) => {
                    if let Some((at, event)) = self.queue.pop()
                        && self.is_current(&event)
                    {
                        self.now = self.now.max(at);
                        self.events += 1;
                        self.happen(event, log);
                        return true;
                    }
                }
            }
        }
        false
    }

    /// Lets the user do something, at a time between the newest event and the next.
    ///
    /// # Errors
    /// The action names what this world does not have; nothing has happened then.
    pub fn act(
        &mut self,
        at: Instant,
        action: &Action,
        log: LogSink<'_>,
    ) -> Result<(), WorldError> {
        self.check(action)?;
        self.now = self.now.max(at);
        self.end = None;
        self.events += 1;
        self.carry_out(action, None, log);
        Ok(())
    }

    /// Whether an event still means something: timers that were set anew and links that were cut leave stale ones.
    fn is_current(&self, event: &Event) -> bool {
        match event {
            Event::Timer { node, generation } => self
                .nodes
                .get(usize::from(node.0))
                .is_some_and(|node| node.timer_generation == *generation),
            Event::Arrive {
                link,
                towards,
                serial,
            } => self
                .links
                .get(usize::from(link.0))
                .is_some_and(|link| link.holds(*towards, *serial)),
            Event::Opened { connection } => self
                .connections
                .get(connection)
                .is_some_and(|connection| connection.client == End::Opening),
            Event::Restore { link, cuts, .. } => self
                .links
                .get(usize::from(link.0))
                .is_some_and(|link| !link.up && link.cuts == *cuts),
            Event::Planned { .. } | Event::Transmit(_) => true,
        }
    }

    fn happen(&mut self, event: Event, log: LogSink<'_>) {
        match event {
            Event::Planned { index, cause } => {
                let scenario = Rc::clone(&self.scenario);
                if let Some(planned) = scenario.events.get(index) {
                    self.carry_out(&planned.action, cause, log);
                }
            }
            Event::Transmit(node) => self.transmit_next(node, log),
            Event::Arrive {
                link,
                towards,
                serial,
            } => self.arrive(link, towards, serial, log),
            Event::Opened { connection } => self.opened(connection, log),
            Event::Timer { node, .. } => self.timer(node, log),
            Event::Restore { link, cause, .. } => self.restore(link, Some(cause), log),
        }
    }

    // What scenario and user do.

    fn check(&self, action: &Action) -> Result<(), WorldError> {
        match action {
            Action::Node { node, .. } => self.node_named(node).map(drop),
            Action::Cut { a, b, .. } | Action::Restore { a, b } => {
                self.link_between(a, b).map(drop)
            }
        }
    }

    fn carry_out(&mut self, action: &Action, cause: Option<RecordId>, log: LogSink<'_>) {
        let node = match action {
            Action::Node { node, .. } => self.node_named(node).ok(),
            Action::Cut { .. } | Action::Restore { .. } => None,
        };
        let stimulus = RecordKind::Stimulus(Box::new(action.clone()));
        let cause = self.record(node, cause, Rules::NONE, stimulus, log);
        match action {
            Action::Node { act, .. } => {
                if let Some(node) = node {
                    self.node_acts(node, act, cause, log);
                }
            }
            Action::Cut { a, b, span } => {
                if let Ok(link) = self.link_between(a, b) {
                    self.cut(link, *span, cause, log);
                }
            }
            Action::Restore { a, b } => {
                if let Ok(link) = self.link_between(a, b) {
                    self.restore(link, Some(cause), log);
                }
            }
        }
    }

    fn node_acts(&mut self, node: NodeId, act: &NodeAction, cause: RecordId, log: LogSink<'_>) {
        self.with_node(node, Some(cause), log, |state, now, out| {
            state.act(now, act, out);
        });
    }

    fn cut(&mut self, id: LinkId, span: Option<Duration>, cause: RecordId, log: LogSink<'_>) {
        let Some(link) = self.links.get_mut(usize::from(id.0)) else {
            return;
        };
        if link.up {
            link.up = false;
            link.cuts = link.cuts.wrapping_add(1);
            let client = link.a;
            let lost: Vec<Transit> = link.empty().collect();
            let kind = RecordKind::LinkCut { link: id };
            let cut = self.record(None, Some(cause), Rules::NONE, kind, log);
            for transit in lost {
                if let Cargo::Packet { flight, .. } = transit.cargo {
                    let kind = RecordKind::Lost {
                        flight: FlightId(flight),
                        why: Loss::LinkCut,
                    };
                    self.record(None, Some(cut), Rules::NONE, kind, log);
                }
            }
            // The radio knows first: who is told that a connection is gone knows why already.
            self.with_node(client, Some(cut), log, |state, _, out| {
                state.handle_network(false, out);
            });
            let broken: Vec<u32> = self
                .connections
                .iter()
                .filter(|(_, connection)| connection.link == id)
                .map(|(key, _)| *key)
                .collect();
            for connection in broken {
                self.close_end(connection, true, Closing::LinkCut, Some(cut), log);
                self.close_end(connection, false, Closing::LinkCut, Some(cut), log);
            }
        }
        if let Some(span) = span
            && let Some(link) = self.links.get(usize::from(id.0))
        {
            let cuts = link.cuts;
            self.queue.push(
                self.now + span,
                Event::Restore {
                    link: id,
                    cuts,
                    cause,
                },
            );
        }
    }

    fn restore(&mut self, id: LinkId, cause: Option<RecordId>, log: LogSink<'_>) {
        let Some(link) = self.links.get_mut(usize::from(id.0)) else {
            return;
        };
        if link.up {
            return;
        }
        link.up = true;
        let client = link.a;
        let kind = RecordKind::LinkRestored { link: id };
        let restored = self.record(None, cause, Rules::NONE, kind, log);
        self.with_node(client, Some(restored), log, |state, _, out| {
            state.handle_network(true, out);
        });
    }

    // Connections.

    fn dial(&mut self, node: NodeId, cause: Option<RecordId>, log: LogSink<'_>) {
        let found = (0_u16..)
            .zip(&self.links)
            .find(|(_, link)| link.a == node)
            .map(|(id, link)| (LinkId(id), link.up, link.latency()));
        let (link, latency) = match found {
            Some((link, true, latency)) => (link, latency),
            Some((link, false, _)) => {
                let kind = RecordKind::ConnectionRefused { link };
                let refused = self.record(Some(node), cause, Rules::NONE, kind, log);
                self.dial_failed(node, Some(refused), log);
                return;
            }
            None => return self.dial_failed(node, cause, log),
        };
        let version = match self.node(node) {
            Some(NodeState::Device(device)) => device.version(),
            _ => self.scenario.version,
        };
        let key = self.next_connection;
        self.next_connection += 1;
        self.connections.insert(
            key,
            Connection {
                link,
                version,
                cause,
                opened: None,
                client: End::Opening,
                server: End::Opening,
            },
        );
        if let Some(node) = self.nodes.get_mut(usize::from(node.0)) {
            node.connection = Some(key);
        }
        // SYN and its answer: one round trip before the client may send.
        let at = self.now + latency.scaled(2, 1);
        self.queue.push(at, Event::Opened { connection: key });
    }

    fn dial_failed(&mut self, node: NodeId, cause: Option<RecordId>, log: LogSink<'_>) {
        self.with_node(node, cause, log, |state, now, out| {
            state.handle_close(now, None, out);
        });
    }

    /// The client's end is open; the last leg of the handshake goes out with the first bytes behind it.
    fn opened(&mut self, key: u32, log: LogSink<'_>) {
        let Some((link, client, server)) = self.ends(key) else {
            return;
        };
        let Some(connection) = self.connections.get_mut(&key) else {
            return;
        };
        connection.client = End::Open;
        let cause = connection.cause;
        let kind = RecordKind::ConnectionOpened {
            link,
            client,
            server,
        };
        let opened = self.record(Some(client), cause, Rules::NONE, kind, log);
        if let Some(connection) = self.connections.get_mut(&key) {
            connection.opened = Some(opened);
        }
        self.put(key, client, Cargo::Open { cause: opened }, 0);
        self.with_node(client, Some(opened), log, |state, now, out| {
            state.handle_open(now, key, out);
        });
    }

    /// The link, client and server of a connection.
    fn ends(&self, key: u32) -> Option<(LinkId, NodeId, NodeId)> {
        let id = self.connections.get(&key)?.link;
        let link = self.links.get(usize::from(id.0))?;
        Some((id, link.a, link.b))
    }

    /// Closes one end, if it is not closed yet, and tells its node.
    fn close_end(
        &mut self,
        key: u32,
        client_end: bool,
        why: Closing,
        cause: Option<RecordId>,
        log: LogSink<'_>,
    ) {
        let Some((link, client, server)) = self.ends(key) else {
            return;
        };
        let Some(connection) = self.connections.get_mut(&key) else {
            return;
        };
        let end = if client_end {
            &mut connection.client
        } else {
            &mut connection.server
        };
        let before = core::mem::replace(end, End::Closed);
        let opened = connection.opened;
        if connection.client == End::Closed && connection.server == End::Closed {
            self.connections.remove(&key);
        }
        let node = if client_end { client } else { server };
        if client_end
            && let Some(node) = self.nodes.get_mut(usize::from(node.0))
            && node.connection == Some(key)
        {
            node.connection = None;
        }
        match (before, opened) {
            (End::Open, Some(opened)) => {
                let kind = RecordKind::ConnectionClosed {
                    link,
                    client,
                    opened,
                    why,
                };
                let closed = self.record(Some(node), cause, Rules::NONE, kind, log);
                if why == Closing::ByNode {
                    self.put(key, node, Cargo::Close { cause: closed }, 0);
                }
                self.with_node(node, Some(closed), log, |state, now, out| {
                    state.handle_close(now, Some(key), out);
                });
            }
            // It was still dialling.
            (End::Opening, _) if client_end => self.dial_failed(node, cause, log),
            _ => {}
        }
    }

    // Bytes.

    /// Puts cargo on the link of a connection, away from `from`.
    fn put(&mut self, key: u32, from: NodeId, cargo: Cargo, len: usize) -> Option<Instant> {
        let link_id = match self.connections.get(&key) {
            Some(connection) => connection.link,
            // Both ends are closed: nobody waits for it.
            None => return None,
        };
        let now = self.now;
        let link = self.links.get_mut(usize::from(link_id.0))?;
        if !link.up {
            return None;
        }
        let towards = link.away_from(from);
        let at = link.arrival(now, towards, len);
        let serial = link.put(towards, key, cargo);
        self.queue.push(
            at,
            Event::Arrive {
                link: link_id,
                towards,
                serial,
            },
        );
        Some(at)
    }

    fn arrive(&mut self, id: LinkId, towards: Towards, serial: u32, log: LogSink<'_>) {
        let Some(link) = self.links.get_mut(usize::from(id.0)) else {
            return;
        };
        let (to, from) = match towards {
            Towards::A => (link.a, link.b),
            Towards::B => (link.b, link.a),
        };
        let Some(transit) = link.take(towards, serial) else {
            return;
        };
        let key = transit.connection;
        match transit.cargo {
            Cargo::Open { cause } => {
                if let Some(connection) = self.connections.get_mut(&key)
                    && connection.server == End::Opening
                {
                    connection.server = End::Open;
                    self.with_node(to, Some(cause), log, |state, now, out| {
                        state.handle_open(now, key, out);
                    });
                }
            }
            Cargo::Close { cause } => {
                self.close_end(
                    key,
                    towards == Towards::A,
                    Closing::ByPeer,
                    Some(cause),
                    log,
                );
            }
            Cargo::Packet {
                flight,
                bytes,
                head,
            } => {
                let open = self.connections.get(&key).is_some_and(|connection| {
                    let end = match towards {
                        Towards::A => connection.client,
                        Towards::B => connection.server,
                    };
                    end == End::Open
                });
                let flight = FlightId(flight);
                if !open {
                    let why = Loss::ConnectionGone;
                    let kind = RecordKind::Lost { flight, why };
                    self.record(Some(to), Some(flight.0), Rules::NONE, kind, log);
                    return;
                }
                let kind = RecordKind::Arrived { flight };
                let arrived = self.record(Some(to), Some(flight.0), Rules::NONE, kind, log);
                self.with_node(to, Some(arrived), log, |state, now, out| {
                    state.handle_input(now, key, &bytes, out);
                });
                self.pull_triggers(head, from, to, arrived, None);
            }
        }
    }

    /// Sends what a node has finished, or queues it behind what the node still works on.
    fn send(&mut self, node_id: NodeId, outgoing: Outgoing, log: LogSink<'_>) {
        let now = self.now;
        let Some(node) = self.nodes.get_mut(usize::from(node_id.0)) else {
            return;
        };
        if node.outbox.is_empty() && node.free_at <= now {
            node.free_at = now + node.work;
            self.transmit(node_id, outgoing, log);
        } else {
            if node.outbox.is_empty() {
                let at = node.free_at;
                self.queue.push(at, Event::Transmit(node_id));
            }
            node.outbox.push_back(outgoing);
        }
    }

    fn transmit_next(&mut self, node_id: NodeId, log: LogSink<'_>) {
        let now = self.now;
        let Some(node) = self.nodes.get_mut(usize::from(node_id.0)) else {
            return;
        };
        let Some(outgoing) = node.outbox.pop_front() else {
            return;
        };
        node.free_at = now + node.work;
        if !node.outbox.is_empty() {
            let at = node.free_at;
            self.queue.push(at, Event::Transmit(node_id));
        }
        self.transmit(node_id, outgoing, log);
    }

    fn transmit(&mut self, from: NodeId, outgoing: Outgoing, log: LogSink<'_>) {
        let Outgoing {
            connection: key,
            cause,
            what,
        } = outgoing;
        let Some((link, client, server)) = self.ends(key) else {
            return;
        };
        let Some(connection) = self.connections.get(&key) else {
            return;
        };
        let client_end = from == client;
        let (end, to) = if client_end {
            (connection.client, server)
        } else {
            (connection.server, client)
        };
        if end != End::Open {
            return;
        }
        let version = connection.version;
        match what {
            Leaving::Close => {
                self.close_end(key, client_end, Closing::ByNode, cause, log);
            }
            Leaving::Packet { bytes, head, rules } => {
                self.put_packet(
                    key,
                    cause,
                    Flight {
                        link,
                        from,
                        to,
                        sender: if client_end {
                            Sender::Client
                        } else {
                            Sender::Server
                        },
                        version,
                        arrives_at: self.now,
                        bytes,
                    },
                    head,
                    rules,
                    log,
                );
            }
        }
    }

    fn put_packet(
        &mut self,
        key: u32,
        cause: Option<RecordId>,
        mut flight: Flight,
        head: Option<PacketHead>,
        rules: Rules,
        log: LogSink<'_>,
    ) {
        let (from, to) = (flight.from, flight.to);
        let cargo = Cargo::Packet {
            flight: RecordId(self.next_record),
            bytes: flight.bytes.clone(),
            head,
        };
        let Some(arrives_at) = self.put(key, from, cargo, flight.bytes.len()) else {
            return;
        };
        flight.arrives_at = arrives_at;
        let sent = self.record(Some(from), cause, rules, RecordKind::Sent(flight), log);
        self.pull_triggers(head, from, to, sent, Some(arrives_at));
    }

    /// Plans what `when` lines say about a packet that was sent (its arrival is given then) or has arrived.
    fn pull_triggers(
        &mut self,
        head: Option<PacketHead>,
        from: NodeId,
        to: NodeId,
        cause: RecordId,
        arrives_at: Option<Instant>,
    ) {
        let Some(head) = head else { return };
        let scenario = Rc::clone(&self.scenario);
        for trigger in self.triggers.iter_mut().filter(|trigger| !trigger.fired) {
            let Some(Planned {
                when:
                    When::Packet {
                        pattern,
                        nth,
                        phase,
                        delay,
                    },
                ..
            }) = scenario.events.get(trigger.index)
            else {
                continue;
            };
            let at = match (phase, arrives_at) {
                (Phase::Sent, Some(_)) | (Phase::Arrived, None) => self.now,
                (Phase::OnTheWire, Some(arrives_at)) => {
                    self.now + arrives_at.since(self.now).scaled(1, 2)
                }
                _ => continue,
            };
            let ends_match = trigger.from.is_none_or(|wanted| wanted == from)
                && trigger.to.is_none_or(|wanted| wanted == to);
            if !ends_match || !matches(pattern, head) {
                continue;
            }
            trigger.seen += 1;
            if trigger.seen == *nth {
                trigger.fired = true;
                let event = Event::Planned {
                    index: trigger.index,
                    cause: Some(cause),
                };
                self.queue.push(at + *delay, event);
            }
        }
    }

    fn timer(&mut self, id: NodeId, log: LogSink<'_>) {
        let Some(node) = self.nodes.get_mut(usize::from(id.0)) else {
            return;
        };
        node.timer_at = None;
        let cause = node.timer_cause;
        self.with_node(id, cause, log, NodeState::handle_timeout);
    }

    // Nodes.

    /// Calls a node and carries out what it wants.
    fn with_node(
        &mut self,
        id: NodeId,
        cause: Option<RecordId>,
        log: LogSink<'_>,
        call: impl FnOnce(&mut NodeState, Instant, &mut Vec<Out>),
    ) {
        let now = self.now;
        let Some(node) = self.nodes.get_mut(usize::from(id.0)) else {
            return;
        };
        let mut outs = Vec::new();
        call(&mut node.state, now, &mut outs);
        let mut cause = cause;
        for out in outs {
            self.carry_out_effect(id, &mut cause, out, log);
        }
        self.arm(id, cause);
    }

    /// `cause` becomes the record of a delivery, so that what the application does next is seen to follow from it.
    fn carry_out_effect(
        &mut self,
        id: NodeId,
        cause: &mut Option<RecordId>,
        out: Out,
        log: LogSink<'_>,
    ) {
        match out {
            Out::Leave { connection, what } => {
                let connection = connection.or_else(|| {
                    self.nodes
                        .get(usize::from(id.0))
                        .and_then(|node| node.connection)
                });
                if let Some(connection) = connection {
                    let cause = *cause;
                    self.send(
                        id,
                        Outgoing {
                            connection,
                            cause,
                            what,
                        },
                        log,
                    );
                }
            }
            Out::Dial => self.dial(id, *cause, log),
            Out::Delivered(message) => {
                let kind = RecordKind::Delivered(Box::new(message));
                *cause = Some(self.record(Some(id), *cause, Rules::NONE, kind, log));
            }
            Out::Effect(effect) => {
                self.record(
                    Some(id),
                    *cause,
                    Rules::NONE,
                    RecordKind::Effect(effect),
                    log,
                );
            }
            Out::Note(note, rules) => {
                self.record(Some(id), *cause, rules, RecordKind::Note(note), log);
            }
            Out::Session(change, client_id) => {
                let client = self.device_of(&client_id);
                let kind = match change {
                    SessionChange::Started => RecordKind::SessionStarted { client },
                    SessionChange::Resumed => RecordKind::SessionResumed { client },
                    SessionChange::Ended => RecordKind::SessionEnded { client },
                };
                self.record(Some(id), *cause, Rules::NONE, kind, log);
            }
        }
    }

    /// Plans a node's timer anew if it wants another than the one that is planned.
    fn arm(&mut self, id: NodeId, cause: Option<RecordId>) {
        let now = self.now;
        let Some(node) = self.nodes.get_mut(usize::from(id.0)) else {
            return;
        };
        let wanted = node.state.poll_timeout();
        if wanted == node.timer_at {
            return;
        }
        node.timer_at = wanted;
        node.timer_cause = cause;
        node.timer_generation = node.timer_generation.wrapping_add(1);
        if let Some(at) = wanted {
            let generation = node.timer_generation;
            self.queue.push(
                at.max(now),
                Event::Timer {
                    node: id,
                    generation,
                },
            );
        }
    }

    // Small helpers.

    fn record(
        &mut self,
        node: Option<NodeId>,
        cause: Option<RecordId>,
        rules: Rules,
        kind: RecordKind,
        log: LogSink<'_>,
    ) -> RecordId {
        let id = RecordId(self.next_record);
        self.next_record = self.next_record.saturating_add(1);
        log.emit(Record {
            id,
            at: self.now,
            cause,
            node,
            rules,
            kind,
        });
        id
    }

    fn node_named(&self, name: &str) -> Result<NodeId, WorldError> {
        (0_u16..)
            .zip(&self.scenario.nodes)
            .find(|(_, spec)| spec.name == name)
            .map(|(id, _)| NodeId(id))
            .ok_or_else(|| WorldError::UnknownNode(name.into()))
    }

    fn device_of(&self, client_id: &Text) -> Option<NodeId> {
        (0_u16..)
            .zip(&self.nodes)
            .find(|(_, node)| {
                let device = node.state.device();
                device.is_some_and(|device| device.client().client_id() == client_id)
            })
            .map(|(id, _)| NodeId(id))
    }

    fn link_between(&self, a: &str, b: &str) -> Result<LinkId, WorldError> {
        (0_u16..)
            .zip(&self.scenario.links)
            .find(|(_, spec)| spec.a == a && spec.b == b)
            .map(|(id, _)| LinkId(id))
            .ok_or_else(|| WorldError::UnknownLink(a.into(), b.into()))
    }
}

fn matches(pattern: &PacketPattern, head: PacketHead) -> bool {
    pattern.packet_type == head.packet_type
        && pattern
            .id
            .is_none_or(|id| head.id.is_some_and(|actual| actual.get() == id))
        && (!pattern.dup || head.dup)
}
