//! A bridge between the broker in this page and a real one: `foreign`'s machine, with both of its connections in the run.
//!
//! In the run it is a device outside with two links: one to the page's broker, one to the real one. What it sends are stimuli,
//! what reaches it is read off the log, so that both sides of it are on the ladder, are held by the gates and end with the cuts
//! like everything else. Beside its machine it holds nothing that the log does not have. Nothing here opens a socket.

mod form;
pub mod view;

pub use foreign::bridge::{Direction as BridgeDirection, Side as BridgeSide};
pub(crate) use form::ROWS_MAX;
pub use form::{BridgeForm, FormFault};

use crate::live::{Dialled, LinkField, LinkFlag, LiveCommand};
use crate::run::Run;
use bytes::Bytes;
use foreign::bridge::{
    Bridge, BridgeConfig, BridgeEvent, Closing, Counts, Direction, EndState, Loss, Side,
};
use mqtt_proto::{CloseReason, Duration, Instant, ReasonCode, Violation};
use sim::remote::What;
use sim::scenario::{Action as Act, LinkSpec, NodeAction, NodeKind, NodeSpec, Outside, RemoteRole};
use sim::{Cursor, Scenario};
use std::collections::VecDeque;

/// The name of a run with a bridge and simulated devices, in addresses.
pub(crate) const FILE: &str = "bridge";
/// The name of its node.
const BRIDGE: &str = "bridge";
/// The name of the real broker's node.
const REMOTE: &str = "remote";
/// So many bytes are on their way over one of its links; more wait.
const WINDOW_BYTES: u32 = 256 * 1024;
/// So many things that went wrong are kept; of more, the oldest are forgotten.
const PROBLEMS_MAX: usize = 8;

/// What the user does about the bridge.
#[derive(Clone, PartialEq, Eq)]
pub enum BridgeAction {
    /// Shows the form.
    Open,
    /// Fills in a field about the real broker.
    Fill(LinkField, String),
    /// Ticks a box about it, or takes the tick off.
    Tick(LinkFlag, bool),
    /// Fills in a pattern, by its place.
    Row(usize, RowField),
    /// One more pattern.
    Add,
    /// One less, by its place.
    Remove(usize),
    /// Types the text of a mosquitto.conf.
    Conf(String),
    /// Takes over what it says.
    Import,
    /// Chooses the scenario that runs with the page's broker.
    Choose(usize),
    /// Begins.
    Start,
    /// Says goodbye to both brokers.
    Stop,
    /// Cuts the way to one of the two brokers, or mends it.
    Cut(Side, bool),
    /// Begins at another port of the same host.
    TryPort(u16),
}

/// A field of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowField {
    /// The topic filter.
    Pattern(String),
    /// Which way.
    Direction(Direction),
    /// The most, 0 to 2.
    Qos(u8),
    /// What stands before it here.
    Local(String),
    /// What stands before it there.
    Remote(String),
}

/// A pattern as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowForm {
    /// The topic filter.
    pub pattern: String,
    /// Which way.
    pub direction: Direction,
    /// The most, 0 to 2.
    pub qos: u8,
    /// What stands before it here.
    pub local: String,
    /// What stands before it there.
    pub remote: String,
}

impl Default for RowForm {
    fn default() -> Self {
        Self {
            pattern: "#".to_owned(),
            direction: Direction::Both,
            qos: 1,
            local: String::new(),
            remote: String::new(),
        }
    }
}

/// What a broker did not want, or what did not come through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A subscription was refused.
    NotSubscribed(Side, String, ReasonCode),
    /// A message is lost.
    Lost(Side, Loss),
}

/// A bridge that runs.
pub(crate) struct Bridged {
    machine: Bridge,
    /// The real broker's end: its WebSocket.
    pub(crate) dialled: Dialled,
    /// The names of the nodes: the bridge's, the page's broker's, the real broker's.
    bridge: String,
    local: String,
    remote: String,
    /// The connections in the run, as far as there are any: with the page's broker, and with the real one.
    connections: (Option<u32>, Option<u32>),
    /// What has been told to the machine.
    handed: Cursor,
    /// What went wrong last, and how often something did.
    pub(crate) problems: (VecDeque<Problem>, u64),
}

enum Heard {
    Opened,
    Bytes(Bytes),
    Closed,
}

/// Where a bridge stands on the map, and where the real broker: to the right of all, and below all.
fn places(scenario: &Scenario, broker: &str) -> ((u16, u16), (u16, u16)) {
    /// Where the broker stands that was not put anywhere, how wide a map is, how much each device takes of it, and where the
    /// lowest stand (as the map has it).
    const BROKER: (u16, u16) = (150, 179);
    const WIDTH: u16 = 288;
    const APART: u16 = 30;
    const LOWEST: u16 = 318;
    /// From the others: half of a figure with its label, and half of a box with what stands below a device.
    const BESIDE: u16 = 70;
    const BELOW: u16 = 170;
    let put = || scenario.nodes.iter().filter_map(|node| node.place);
    let count = u16::try_from(scenario.nodes.len()).unwrap_or(u16::MAX);
    let wide = WIDTH.max(APART.saturating_mul(count));
    let right = put().map(|(x, _)| x).fold(wide, u16::max);
    let low = put().map(|(_, y)| y).fold(LOWEST, u16::max);
    let mut nodes = scenario.nodes.iter();
    let near = nodes.find(|node| node.name == broker);
    let near = near.and_then(|node| node.place).unwrap_or(BROKER);
    let far = (near.0, low.saturating_add(BELOW));
    let between = (right.saturating_add(BESIDE), near.1.midpoint(far.1));
    (between, far)
}

/// The nodes and links of a bridge at a broker of a scenario: the bridge, the real broker, and the bridge's links.
pub(crate) fn nodes(scenario: &Scenario, broker: &str) -> ([NodeSpec; 2], [LinkSpec; 2]) {
    let free = |wanted: &str| {
        crate::guests::name(wanted, |it| {
            scenario.nodes.iter().any(|node| node.name == it)
        })
    };
    let (bridge, remote) = (free(BRIDGE), free(REMOTE));
    let link = |to: &str| LinkSpec {
        latency: Duration::ZERO,
        window_bytes: WINDOW_BYTES,
        ..LinkSpec::new(bridge.clone(), to.to_owned())
    };
    let (between, far) = places(scenario, broker);
    let node = |name: &str, role, place| NodeSpec {
        place: Some(place),
        ..NodeSpec::new(name.to_owned(), NodeKind::Remote(role))
    };
    (
        [
            node(&bridge, RemoteRole::Device, between),
            node(&remote, RemoteRole::Broker, far),
        ],
        [link(broker), link(&remote)],
    )
}

/// The names of a bridge that a scenario has: its own, the page's broker's and the real one's.
pub(crate) fn names(scenario: &Scenario) -> Option<[String; 3]> {
    let is = |name: &str, kind: &NodeKind| {
        let mut nodes = scenario.nodes.iter();
        nodes.any(|node| node.name == name && node.kind == *kind)
    };
    let outside = NodeKind::Remote(RemoteRole::Broker);
    let links = scenario.links.iter();
    let to_remote = |link: &&LinkSpec| {
        is(&link.b, &outside) && is(&link.a, &NodeKind::Remote(RemoteRole::Device))
    };
    links.filter(to_remote).find_map(|far| {
        let mut links = scenario.links.iter();
        let near = links.find(|link| link.a == far.a && is(&link.b, &NodeKind::Broker))?;
        Some([far.a.clone(), near.b.clone(), far.b.clone()])
    })
}

impl Bridged {
    /// A bridge between nodes that the run has, from now on.
    pub(crate) fn new(
        config: &BridgeConfig,
        [bridge, local, remote]: [String; 3],
        dialled: Dialled,
        run: &Run,
        now: Instant,
    ) -> Self {
        let handed = run.log().end();
        Self {
            machine: Bridge::new(config, now),
            dialled: dialled.from(handed),
            bridge,
            local,
            remote,
            connections: (None, None),
            handed,
            problems: (VecDeque::new(), 0),
        }
    }

    /// The names of the two ends of its link to a broker.
    pub(crate) fn link(&self, side: Side) -> (&str, &str) {
        let broker = match side {
            Side::Local => &self.local,
            Side::Remote => &self.remote,
        };
        (&self.bridge, broker)
    }

    const fn connection(&self, side: Side) -> Option<u32> {
        match side {
            Side::Local => self.connections.0,
            Side::Remote => self.connections.1,
        }
    }

    const fn connection_mut(&mut self, side: Side) -> &mut Option<u32> {
        match side {
            Side::Local => &mut self.connections.0,
            Side::Remote => &mut self.connections.1,
        }
    }

    pub(crate) fn state(&self, side: Side) -> EndState {
        self.machine.state(side)
    }

    pub(crate) fn is_full(&self, side: Side) -> bool {
        self.machine.is_full(side)
    }

    pub(crate) fn waiting(&self, side: Side) -> usize {
        self.machine.waiting(side)
    }

    pub(crate) const fn counts(&self, side: Side) -> Counts {
        self.machine.counts(side)
    }

    pub(crate) fn due(&self) -> Option<Instant> {
        self.machine.poll_timeout()
    }

    /// What is due happens, what has reached the bridge goes on, and the browser does what comes of it.
    pub(crate) fn go_on(&mut self, run: &mut Run, now: Instant, wanted: &mut Vec<LiveCommand>) {
        let mut events = Vec::new();
        run.live_on(now, None);
        if run.catches_up(now).is_none() {
            self.machine.handle_timeout(now, &mut events);
        }
        self.carry_out(events, run, now);
        loop {
            run.live_on(now, None);
            let heard = self.heard(run);
            if heard.is_empty() {
                break;
            }
            for (side, what) in heard {
                let mut events = Vec::new();
                match what {
                    Heard::Opened => self.machine.handle_open(now, side, &mut events),
                    Heard::Bytes(bytes) => {
                        self.machine.handle_input(now, side, &bytes, &mut events)
                    }
                    Heard::Closed => {
                        *self.connection_mut(side) = None;
                        self.machine.handle_close(now, side, &mut events);
                    }
                }
                self.carry_out(events, run, now);
            }
        }
        self.dialled.look(run, wanted);
    }

    /// What has reached the bridge since, and from which side.
    fn heard(&mut self, run: &Run) -> Vec<(Side, Heard)> {
        let log = run.log();
        let handouts = run.handouts(self.handed);
        self.handed = log.end();
        let handouts = handouts.into_iter().filter_map(|it| {
            let node = log.record(it.record)?.node?;
            let known = Some(it.connection);
            let side = Side::BOTH
                .into_iter()
                .find(|side| self.connection(*side) == known);
            let side = side.filter(|_| log.name(node) == self.bridge)?;
            let what = match it.what {
                What::Opened => Heard::Opened,
                What::Bytes(bytes) => Heard::Bytes(bytes),
                What::Close => Heard::Closed,
                What::Dial { .. } => return None,
            };
            Some((side, what))
        });
        handouts.collect()
    }

    fn carry_out(&mut self, events: Vec<BridgeEvent>, run: &mut Run, now: Instant) {
        let mut waiting = VecDeque::from(events);
        while let Some(event) = waiting.pop_front() {
            match event {
                BridgeEvent::Open(side) => {
                    // What is due comes first: a device that dials takes a number, too.
                    run.live_on(now, None);
                    let connection = run.head().next_connection();
                    *self.connection_mut(side) = Some(connection);
                    let (_, to) = self.link(side);
                    let to = to.to_owned();
                    self.tell(Outside::Dials { connection, to }, run, now);
                }
                BridgeEvent::Send(side, bytes) => {
                    if let Some(connection) = self.connection(side) {
                        let bytes = bytes.into();
                        self.tell(Outside::Received { connection, bytes }, run, now);
                    }
                }
                BridgeEvent::Close(side, why) => {
                    let silent = CloseReason::Violation(Violation::NoConnAck);
                    if side == Side::Remote && why == Closing::Client(silent) {
                        self.dialled.no_connack();
                    }
                    if let Some(connection) = self.connection_mut(side).take() {
                        let why = why.to_string();
                        self.tell(Outside::Closed { connection, why }, run, now);
                    }
                    let mut more = Vec::new();
                    self.machine.handle_close(now, side, &mut more);
                    waiting.extend(more);
                }
                BridgeEvent::Connected(..) => {}
                BridgeEvent::NotSubscribed(side, filter, reason) => {
                    let filter = filter.as_str().to_owned();
                    self.note(Problem::NotSubscribed(side, filter, reason));
                }
                BridgeEvent::Lost(side, loss) => self.note(Problem::Lost(side, loss)),
            }
        }
    }

    fn note(&mut self, problem: Problem) {
        let (kept, count) = &mut self.problems;
        *count += 1;
        if kept.len() >= PROBLEMS_MAX {
            kept.pop_front();
        }
        kept.push_back(problem);
    }

    fn tell(&self, what: Outside, run: &mut Run, now: Instant) {
        let act = Act::Node {
            node: self.bridge.clone(),
            act: NodeAction::Outside(what),
        };
        run.live_on(now, Some(act));
    }

    /// Says goodbye to both brokers.
    pub(crate) fn stop(&mut self, run: &mut Run, now: Instant, wanted: &mut Vec<LiveCommand>) {
        let mut events = Vec::new();
        self.machine.handle_shutdown(now, &mut events);
        self.carry_out(events, run, now);
        run.live_on(now, None);
        self.dialled.look(run, wanted);
        self.dialled.hang_up(wanted);
    }
}
