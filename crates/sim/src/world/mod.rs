//! The world: nodes, links and the queue of what comes next. It moves by one event at a time.

mod faults;
mod grow;
mod outside;
mod transport;

pub use outside::RemoteConnection;

use crate::hash;
use crate::id::{LinkId, NodeId, RecordId};
use crate::link::{Link, PacketHead, Towards};
use crate::log::Log;
use crate::node::{Board, Leaving, Node, NodeDigest, NodeState, Outgoing};
use crate::outs::{Out, SessionChange, spoken};
use crate::queue::Queue;
use crate::record::{Down, Note, Record, RecordKind, Rules};
use crate::rng::Rng;
use crate::rules::of_rule;
use crate::sabotage::Sabotage;
use crate::scenario::{Action, NodeSpec, Planned, Scenario, When};
use crate::trace::{Trace, Traced};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use bytes::{Bytes, BytesMut};
use core::fmt;
use device::script::{BoardSpec, Cause, Files, Interpreter};
use mqtt_broker::SessionView;
use mqtt_broker::policy::{AccessListFault, LineFault};
use mqtt_proto::codec::encode;
use mqtt_proto::{Instant, Packet, Sink, Taken, Text, Version};

/// A running scenario.
///
/// A clone is an independent world with the same future.
#[derive(Clone, Debug)]
pub struct World {
    scenario: Rc<Scenario>,
    now: Instant,
    queue: Queue<Event>,
    /// The `at` lines in the order of their times: they come before everything else that is due at their time. Not in the
    /// queue, so that a kept state need not copy what lies far ahead.
    plan: Rc<[(Instant, usize)]>,
    /// What each line of the scenario does: shared with the records that say so.
    actions: Rc<[Rc<Action>]>,
    /// How many of them have happened.
    planned: usize,
    nodes: Vec<Node>,
    links: Vec<Link>,
    /// Connections of which at least one end is not closed.
    connections: BTreeMap<u32, Connection>,
    next_connection: u32,
    /// No timer goes off before: whoever moves the bytes has overslept, and takes first what has come.
    not_before: Instant,
    /// Who was last accepted under which client identifier, by broker: whose session it is.
    callers: Vec<Caller>,
    triggers: Vec<Trigger>,
    next_record: u32,
    events: u64,
    end: Option<RunEnd>,
    sabotage: Option<Sabotage>,
    /// The rows that machines follow, while somebody wants to know.
    trace: Option<Trace>,
    outs: Scratch,
    /// Where packets are written.
    buffer: BytesMut,
}

/// Who was last accepted by a broker under a client identifier.
#[derive(Clone, Debug)]
struct Caller {
    broker: NodeId,
    client_id: Text,
    client: NodeId,
    /// Of the session, also while nobody is connected to it.
    version: Option<Version>,
}

/// An empty list, kept for its memory. A clone has its own.
#[derive(Default)]
struct Scratch(Vec<Out>);

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scratch")
    }
}

impl Clone for Scratch {
    fn clone(&self) -> Self {
        Self::default()
    }
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
        faults: u32,
        cause: RecordId,
    },
    /// A connection may have taken all that its broker has sent.
    Drained {
        connection: u32,
        /// What made room.
        cause: RecordId,
    },
    /// The end of a hold.
    Release {
        link: LinkId,
        holds: u32,
        cause: RecordId,
    },
    /// The end of a node's stop.
    Start {
        node: NodeId,
        stops: u32,
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
    dialled_at: Instant,
    /// The record of its opening at the client.
    opened: Option<RecordId>,
    /// One end lost its power: the other does not know, until something arrives there and is answered with a reset.
    vanished: bool,
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
    /// It wants to lose packets on a stream, by its ends.
    NotADatagramLink(String, String),
    /// A broker's access list has a line that is none.
    AccessList(LineFault<AccessListFault>),
    /// It wants a node to do something whose program is outside, by its name.
    IsOutside(String),
    /// It says what the outside did at a node whose program is in the run, by its name.
    IsInside(String),
}

impl fmt::Display for WorldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownNode(name) => write!(f, "there is no node `{name}`"),
            Self::UnknownBlueprint(name) => write!(f, "there is no blueprint `{name}`"),
            Self::AccessList(fault) => write!(f, "the access list of a broker: {fault}"),
            Self::NotADatagramLink(a, b) => write!(
                f,
                "the link from `{a}` to `{b}` is a stream: nothing is lost on it while the connection lives"
            ),
            Self::IsOutside(name) => write!(
                f,
                "the program of `{name}` is outside: nothing in the run can make it do anything"
            ),
            Self::IsInside(name) => write!(
                f,
                "the program of `{name}` is in the run: nothing comes from outside there"
            ),
            Self::UnknownLink(a, b) => write!(f, "there is no link from `{a}` to `{b}`"),
        }
    }
}

impl core::error::Error for WorldError {}

/// Links draw from the streams below, nodes from this one on.
const DEVICE_STREAMS: u64 = 1 << 32;

/// The `at` lines of a scenario by time, and at one time in their order.
fn plan(scenario: &Scenario) -> Rc<[(Instant, usize)]> {
    let lines = scenario.events.iter().enumerate();
    let timed = lines.filter_map(|(index, planned)| match planned.when {
        When::At(at) => Some((at, index)),
        When::Packet { .. } => None,
    });
    let mut plan: Vec<(Instant, usize)> = timed.collect();
    plan.sort_by_key(|(at, _)| *at);
    plan.into()
}

fn actions(scenario: &Scenario) -> Rc<[Rc<Action>]> {
    let actions = scenario.events.iter().map(|planned| &planned.action);
    actions.cloned().map(Rc::new).collect()
}

type LogSink<'a> = &'a mut dyn Sink<Record>;

/// What makes a node do what it does in one call.
struct Thread {
    /// What made it be called.
    root: Option<RecordId>,
    /// What the next thing follows from: `root`, the delivery of a message to its application, or a decision of its own,
    /// such as to publish a will.
    cause: Option<RecordId>,
}

/// The client that a broker's note names.
const fn client_id(note: &mqtt_broker::Note) -> Option<&Text> {
    use mqtt_broker::Note as N;
    match note {
        N::Accepted { client_id, .. }
        | N::TakenOver { client_id }
        | N::SessionKept { client_id, .. }
        | N::SessionEnded { client_id, .. }
        | N::WillPublished { client_id, .. }
        | N::WillDelayed { client_id, .. }
        | N::WillDiscarded { client_id, .. }
        | N::CopyWaits { client_id, .. }
        | N::NoCopy { client_id, .. } => Some(client_id),
        _ => None,
    }
}

/// The board of a device that runs a script.
fn board(scenario: &Scenario, spec: &NodeSpec, stream: u64, seed: u64) -> Option<BoardSpec> {
    let source = spec.kind.script()?;
    let link = scenario.links.iter().find(|link| link.a == spec.name);
    let before = scenario
        .nodes
        .iter()
        .take_while(|it| it.name != spec.name)
        .filter(|it| it.kind.script().is_some());
    Some(BoardSpec {
        source: source.into(),
        modules: spec.kind.script_files().into(),
        // Addresses begin at 10.0.0.2.
        number: u16::try_from(stream - DEVICE_STREAMS).unwrap_or(u16::MAX - 2) + 2,
        order: u16::try_from(before.count()).unwrap_or(u16::MAX),
        seed: u32::try_from(Rng::stream(seed, stream).below(1 << 32)).unwrap_or_default(),
        server: link.map(|link| link.b.clone()).unwrap_or_default(),
        cause: Cause::Power,
        files: Files::default(),
    })
}

impl World {
    /// The world of a scenario before anything has happened.
    ///
    /// # Errors
    /// A scenario that was read from a file can always be run; one that a program made can name what it does not have.
    pub fn new(scenario: Rc<Scenario>, seed: u64) -> Result<Self, WorldError> {
        Self::with_interpreter(scenario, seed, &Interpreter::default())
    }

    /// As [`World::new`], with somebody to run the scripts of its devices. With the same interpreter the same scenario
    /// and seed give the same run.
    ///
    /// # Errors
    /// As [`World::new`].
    pub fn with_interpreter(
        scenario: Rc<Scenario>,
        seed: u64,
        interpreter: &Interpreter,
    ) -> Result<Self, WorldError> {
        let nodes = (DEVICE_STREAMS..)
            .zip(&scenario.nodes)
            .map(|(stream, spec)| {
                let board = board(&scenario, spec, stream, seed).map(|spec| Board {
                    spec,
                    interpreter: interpreter.clone(),
                });
                Node::new(spec, Rng::stream(seed, stream), board)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut world = Self {
            scenario: Rc::clone(&scenario),
            now: Instant::ZERO,
            queue: Queue::default(),
            plan: plan(&scenario),
            actions: actions(&scenario),
            planned: 0,
            nodes,
            links: Vec::new(),
            connections: BTreeMap::new(),
            next_connection: 0,
            not_before: Instant::ZERO,
            callers: Vec::new(),
            triggers: Vec::new(),
            next_record: 0,
            events: 0,
            end: None,
            sabotage: None,
            trace: None,
            outs: Scratch::default(),
            buffer: BytesMut::new(),
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
            When::At(_) => {}
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

    /// Plants a bug.
    pub const fn sabotage(&mut self, bug: Sabotage) {
        self.sabotage = Some(bug);
    }

    /// Keeps the rows that machines follow from here on; what was kept before is gone.
    pub(crate) fn begin_trace(&mut self) {
        let open = self.connections.keys();
        let ends = open.filter_map(|key| Some((*key, self.ends(*key)?.1)));
        self.trace = Some(Trace::new(ends));
    }

    /// What was kept since [`World::begin_trace`].
    pub(crate) fn end_trace(&mut self) -> Trace {
        self.trace.take().unwrap_or_default()
    }

    fn trace(&mut self, node: NodeId, connection: Option<u32>, taken: Taken) {
        if self.trace.is_none() {
            return;
        }
        let client = connection.and_then(|it| Some(self.ends(it)?.1));
        let events = self.events;
        if let Some(trace) = &mut self.trace {
            let client = match connection {
                Some(connection) => trace.client(connection, client),
                None => Some(node),
            };
            trace.push(Traced {
                events,
                node,
                client,
                taken,
            });
        }
    }

    /// A log that this world can write to from its beginning.
    #[must_use]
    pub fn empty_log(&self) -> Log {
        let nodes = self.scenario.nodes.iter().map(grow::node_info);
        let links = self.links.iter().map(grow::link_info);
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
        self.due_at()
    }

    /// When the next of all events is due, those that mean nothing any more included.
    fn due_at(&self) -> Option<Instant> {
        let planned = self.plan.get(self.planned).map(|(at, _)| *at);
        [planned, self.queue.next_at()].into_iter().flatten().min()
    }

    /// Takes out what is due next and means nothing any more: the next event is then really due when [`Self::next_at`] says.
    pub(crate) fn drop_stale(&mut self) {
        while let Some(event) = self.queue.peek()
            && !self.is_current(event)
        {
            self.queue.pop();
        }
    }

    /// Takes the next event.
    fn take_due(&mut self) -> Option<(Instant, Event)> {
        if let Some((at, index)) = self.plan.get(self.planned).copied()
            && self.queue.next_at().is_none_or(|next| at <= next)
        {
            self.planned += 1;
            return Some((at, Event::Planned { index, cause: None }));
        }
        self.queue.pop()
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

    /// The lines of the scenario that have not happened.
    pub(crate) fn not_happened(&self) -> impl Iterator<Item = &Planned> {
        let later = self.plan.iter().skip(self.planned).map(|(_, index)| *index);
        let waiting = self.triggers.iter().filter(|trigger| !trigger.fired);
        let mut lines: Vec<usize> = later.chain(waiting.map(|it| it.index)).collect();
        lines.sort_unstable();
        lines
            .into_iter()
            .filter_map(|index| self.scenario.events.get(index))
    }

    /// A node's state.
    #[must_use]
    pub fn node(&self, node: NodeId) -> Option<&NodeState> {
        Some(&self.nodes.get(usize::from(node.0))?.state)
    }

    /// Whether every link carries bytes, every node runs, and every connection is open at both ends.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let connections = self.connections.values();
        let mut ends = connections.flat_map(|it| [it.client, it.server]);
        ends.all(|end| end == End::Open)
            && self
                .links
                .iter()
                .all(|link| link.up && !link.is_silent(None) && !link.is_stalled())
            && self.nodes.iter().all(|node| node.down.is_none())
    }

    /// The hash of the whole state: equal for equal states, on every machine.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        let nodes: Vec<NodeDigest<'_>> = self
            .nodes
            .iter()
            .map(|node| NodeDigest(node, self.now))
            .collect();
        // Stale events have no future: whether they have been taken out yet makes no difference.
        let mut queue = self.queue.in_order();
        queue.retain(|(_, _, event)| self.is_current(event));
        // The scenario does not change, and hashing it each time would cost more than everything else.
        let state = (
            (self.now, self.events, self.next_record, self.planned),
            queue,
            nodes,
            &self.links,
            &self.connections,
            &self.triggers,
        );
        // What it holds back is ahead; once that time is over it holds back nothing, and is the same as never.
        match self.not_before > self.now {
            true => hash::of_debug(&(state, self.not_before)),
            false => hash::of_debug(&state),
        }
    }

    /// Lets the next event happen. `false` when the run is over.
    pub fn step(&mut self, log: LogSink<'_>) -> bool {
        while self.end.is_none() {
            match self.due_at() {
                None => self.end = Some(RunEnd::Quiet),
                Some(at) if at > self.scenario.until => self.end = Some(RunEnd::TimeUp),
                Some(_) => {
                    if let Some((at, event)) = self.take_due()
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
        self.carry_out(Rc::new(action.clone()), None, log);
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
            Event::Restore { link, faults, .. } => self
                .links
                .get(usize::from(link.0))
                .is_some_and(|link| link.faults == *faults),
            Event::Release { link, holds, .. } => self
                .links
                .get(usize::from(link.0))
                .is_some_and(|link| link.holds == *holds),
            Event::Start { node, stops, .. } => self
                .nodes
                .get(usize::from(node.0))
                .is_some_and(|node| node.down.is_some() && node.stops == *stops),
            Event::Drained { connection, .. } => self.is_drained(*connection),
            Event::Planned { .. } | Event::Transmit(_) => true,
        }
    }

    fn happen(&mut self, event: Event, log: LogSink<'_>) {
        match event {
            Event::Planned { index, cause } => {
                if let Some(action) = self.actions.get(index).map(Rc::clone) {
                    self.carry_out(action, cause, log);
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
            Event::Drained { connection, cause } => self.drained(connection, cause, log),
            Event::Release { link, cause, .. } => self.release(link, None, cause, log),
            Event::Start { node, cause, .. } => self.start(node, cause, log),
        }
    }

    // What scenario and user do.

    /// Whether the world has what an action names: the only reason for which [`act`](Self::act) refuses one.
    ///
    /// # Errors
    /// What it does not have.
    pub fn check(&self, action: &Action) -> Result<(), WorldError> {
        match action {
            Action::Node { node, act } => {
                self.node_named(node)?;
                self.check_side(node, act)
            }
            Action::Cut { a, b, .. }
            | Action::Silence { a, b, .. }
            | Action::Stall { a, b, .. }
            | Action::Hold { a, b, .. }
            | Action::Gate { a, b, .. }
            | Action::Pass { a, b, .. }
            | Action::Release { a, b, .. }
            | Action::Restore { a, b } => self.link_between(a, b).map(drop),
            Action::Lose { a, b } | Action::Double { a, b } => {
                let id = self.link_between(a, b)?;
                let link = self.links.get(usize::from(id.0));
                link.filter(|link| link.is_datagram())
                    .map(drop)
                    .ok_or_else(|| WorldError::NotADatagramLink(a.clone(), b.clone()))
            }
        }
    }

    fn carry_out(&mut self, action: Rc<Action>, cause: Option<RecordId>, log: LogSink<'_>) {
        let node = match action.as_ref() {
            Action::Node { node, .. } => self.node_named(node).ok(),
            _ => None,
        };
        let stimulus = RecordKind::Stimulus(Rc::clone(&action));
        let cause = self.record(node, cause, Rules::NONE, stimulus, log);
        match action.as_ref() {
            Action::Node { act, .. } => {
                if let Some(node) = node {
                    self.node_acts(node, act, cause, log);
                }
            }
            Action::Cut {
                a,
                b,
                after_bytes,
                span,
            } => {
                if let Ok(link) = self.link_between(a, b) {
                    self.let_through(link, *after_bytes, log);
                    self.cut(link, *span, cause, log);
                }
            }
            Action::Lose { a, b } => {
                if let Ok(link) = self.link_between(a, b) {
                    self.lose(link, cause, log);
                }
            }
            Action::Silence { a, b, toward, span } => {
                let toward = toward
                    .as_deref()
                    .and_then(|toward| self.node_named(toward).ok());
                if let Ok(link) = self.link_between(a, b) {
                    self.silence(link, toward, *span, cause, log);
                }
            }
            Action::Stall {
                a,
                b,
                toward,
                bytes_per_second,
                span,
            } => {
                let toward = toward.as_deref().unwrap_or(a);
                if let (Ok(link), Ok(reader)) = (self.link_between(a, b), self.node_named(toward)) {
                    self.stall(link, reader, *bytes_per_second, *span, cause, log);
                }
            }
            Action::Hold { a, b, toward, span } => {
                let toward = toward
                    .as_deref()
                    .and_then(|toward| self.node_named(toward).ok());
                if let Ok(link) = self.link_between(a, b) {
                    self.hold(link, toward, *span, cause, log);
                }
            }
            Action::Gate { a, b, toward } => {
                let toward = toward
                    .as_deref()
                    .and_then(|toward| self.node_named(toward).ok());
                if let Ok(link) = self.link_between(a, b) {
                    self.gate(link, toward, cause, log);
                }
            }
            Action::Pass { a, b, toward } => {
                let toward = toward
                    .as_deref()
                    .and_then(|toward| self.node_named(toward).ok());
                if let Ok(link) = self.link_between(a, b) {
                    self.pass(link, toward, cause, log);
                }
            }
            Action::Release { a, b, toward } => {
                let toward = toward
                    .as_deref()
                    .and_then(|toward| self.node_named(toward).ok());
                if let Ok(link) = self.link_between(a, b) {
                    self.release(link, toward, cause, log);
                }
            }
            Action::Double { a, b } => {
                if let Ok(link) = self.link_between(a, b) {
                    self.double(link);
                }
            }
            Action::Restore { a, b } => {
                if let Ok(link) = self.link_between(a, b) {
                    self.restore(link, Some(cause), log);
                }
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
    pub(super) fn with_node(
        &mut self,
        id: NodeId,
        cause: Option<RecordId>,
        log: LogSink<'_>,
        call: impl FnOnce(&mut NodeState, Instant, &mut Vec<Out>),
    ) {
        let now = self.now;
        let Some(node) = self
            .nodes
            .get_mut(usize::from(id.0))
            .filter(|node| node.down.is_none())
        else {
            return;
        };
        // What a node does may make another one do something: that one finds an empty list.
        let mut outs = core::mem::take(&mut self.outs.0);
        call(&mut node.state, now, &mut outs);
        if let Some(bug) = self.sabotage {
            bug.aftermath(&mut node.state, now, &mut outs);
        }
        let mut thread = Thread { root: cause, cause };
        for out in outs.drain(..) {
            self.carry_out_effect(id, &mut thread, out, log);
        }
        self.outs.0 = outs;
        self.arm(id, thread.cause);
    }

    /// A packet as it goes on the wire.
    fn write(&mut self, packet: &Packet, version: Version) -> Bytes {
        /// So many bytes of packets share one piece of memory; when it is used up, the buffer takes as much again.
        const CHUNK_BYTES: usize = 4096;
        if self.buffer.capacity() == 0 {
            self.buffer = BytesMut::with_capacity(CHUNK_BYTES);
        }
        // Machines send only what their version can write: they check before they send.
        let written = encode(packet, version, &mut self.buffer);
        debug_assert!(written.is_ok(), "{written:?} {packet:?}");
        self.buffer.split().freeze()
    }

    fn carry_out_effect(&mut self, id: NodeId, thread: &mut Thread, out: Out, log: LogSink<'_>) {
        match out {
            Out::Send {
                connection,
                version,
                packet,
                rules,
            } => {
                let what = Leaving::Packet {
                    bytes: self.write(&packet, version),
                    head: Some(PacketHead::of(&packet)),
                    rules,
                };
                self.leave(id, connection, thread.cause, what, log);
            }
            Out::Leave { connection, what } => {
                self.leave(id, connection, thread.cause, what, log);
            }
            Out::Close {
                connection,
                why,
                rules,
            } => {
                self.note(id, thread, Note::Closing(why), rules, log);
                self.leave(id, connection, thread.cause, Leaving::Close, log);
            }
            Out::Dial => self.dial(id, thread.cause, log),
            Out::RadioOff => self.radio_off(id, thread.cause, log),
            Out::PowerLost => self.stop(id, Down::PowerLost, None, thread.cause, log),
            Out::Delivered(message) => {
                let kind = RecordKind::Delivered(Box::new(message));
                let delivered = self.record(Some(id), thread.cause, Rules::NONE, kind, log);
                thread.cause = Some(delivered);
            }
            Out::Effect(effect) => {
                self.record(
                    Some(id),
                    thread.cause,
                    Rules::NONE,
                    RecordKind::Effect(effect),
                    log,
                );
            }
            Out::Note(note, rules) => {
                self.note(id, thread, note, rules, log);
            }
            Out::Took(connection, taken) => self.trace(id, connection, taken),
            Out::BrokerNote(connection, note, rules) => {
                let (client, session_speaks) = match client_id(&note) {
                    Some(client_id) => {
                        let caller = self.caller(id, client_id.as_str());
                        (caller.map(|it| it.client), caller.and_then(|it| it.version))
                    }
                    None => {
                        let ends = connection.and_then(|key| self.ends(key));
                        (ends.map(|(_, client, _)| client), None)
                    }
                };
                // Whoever else is spoken to may speak another version.
                let rules = match session_speaks {
                    Some(version) if connection.is_none() => of_rule(note.rule(), version),
                    _ => rules,
                };
                let note = Box::new(note);
                self.note(id, thread, Note::Broker { client, note }, rules, log);
            }
            Out::Session(change, client_id, connection) => {
                if change != SessionChange::Ended {
                    self.accept(id, &client_id, connection);
                }
                let client = self.client_of(id, client_id.as_str());
                let kind = match change {
                    SessionChange::Started => RecordKind::SessionStarted { client },
                    SessionChange::Resumed => RecordKind::SessionResumed { client },
                    SessionChange::Ended => RecordKind::SessionEnded { client },
                };
                self.record(Some(id), thread.cause, Rules::NONE, kind, log);
            }
        }
    }

    /// Something leaves a node, over this connection or the client's only one.
    pub(super) fn leave(
        &mut self,
        id: NodeId,
        connection: Option<u32>,
        cause: Option<RecordId>,
        what: Leaving,
        log: LogSink<'_>,
    ) {
        let connection = connection.or_else(|| self.nodes.get(usize::from(id.0))?.connection);
        if let Some(connection) = connection {
            let outgoing = Outgoing {
                connection,
                cause,
                what,
            };
            self.send(id, outgoing, log);
        }
    }

    /// Writes a machine's note down. Some are the reason for what comes behind them in the same call.
    fn note(
        &mut self,
        id: NodeId,
        thread: &mut Thread,
        note: Note,
        rules: Rules,
        log: LogSink<'_>,
    ) {
        use mqtt_broker::Note as BrokerNote;
        let begins = matches!(
            note.broker(),
            Some(BrokerNote::WillPublished { .. } | BrokerNote::RetainedSent { .. })
        ) || matches!(
            note.protocol(),
            Some(mqtt_proto::Note::SessionResumed { .. })
        );
        let ends = matches!(note.broker(), Some(BrokerNote::Routed { .. }));
        if begins {
            thread.cause = thread.root;
        }
        let kind = RecordKind::Note(note);
        let noted = self.record(Some(id), thread.cause, rules, kind, log);
        if begins {
            thread.cause = Some(noted);
        } else if ends {
            thread.cause = thread.root;
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
                at.max(now).max(self.not_before),
                Event::Timer {
                    node: id,
                    generation,
                },
            );
        }
    }

    pub(super) fn record(
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

    /// A broker has accepted a client under this identifier.
    fn accept(&mut self, broker: NodeId, client_id: &Text, connection: Option<u32>) {
        let ends = connection.and_then(|key| self.ends(key));
        let Some((_, client, _)) = ends else { return };
        let state = self.nodes.get(usize::from(broker.0));
        let state = state.and_then(|node| node.state.broker());
        let version = connection.and_then(|key| spoken(state?, key));
        let mut callers = self.callers.iter_mut();
        let known = callers.find(|it| it.broker == broker && it.client_id == *client_id);
        if let Some(known) = known {
            known.client = client;
            known.version = version;
            return;
        }
        // Clients without an identifier get a new one each time: those that are gone are of no use.
        if self.callers.len() > 2 * self.nodes.len() {
            let (nodes, callers) = (&self.nodes, &mut self.callers);
            callers.retain(|it| {
                let broker = nodes.get(usize::from(it.broker.0));
                let broker = broker.and_then(|node| node.state.broker());
                broker.is_some_and(|broker| broker.session(it.client_id.as_str()).is_some())
            });
        }
        self.callers.push(Caller {
            broker,
            client_id: client_id.clone(),
            client,
            version,
        });
    }

    /// Whose session at a broker has a client identifier: the node that was last accepted under it. What a node is called
    /// says nothing about that, and a script says what it likes.
    #[must_use]
    pub fn client_of(&self, broker: NodeId, client_id: &str) -> Option<NodeId> {
        Some(self.caller(broker, client_id)?.client)
    }

    fn caller(&self, broker: NodeId, client_id: &str) -> Option<&Caller> {
        let mut callers = self.callers.iter();
        callers.find(|it| it.broker == broker && it.client_id.as_str() == client_id)
    }

    /// The session that a broker has for a node: that of its connection, or the one that waits for it.
    #[must_use]
    pub fn session_of(&self, broker: NodeId, client: NodeId) -> Option<SessionView<'_>> {
        let state = self.nodes.get(usize::from(broker.0))?;
        let state = state.state.broker()?;
        let own = self.callers.iter().rev();
        let sessions = own
            .filter(|it| it.broker == broker && it.client == client)
            .filter_map(|it| state.session(it.client_id.as_str()));
        // A program may have said another identifier before: the one that is connected counts.
        sessions.max_by_key(|it| it.connection().is_some())
    }

    fn link_between(&self, a: &str, b: &str) -> Result<LinkId, WorldError> {
        (0_u16..)
            .zip(&self.scenario.links)
            .find(|(_, spec)| spec.a == a && spec.b == b)
            .map(|(id, _)| LinkId(id))
            .ok_or_else(|| WorldError::UnknownLink(a.into(), b.into()))
    }
}
