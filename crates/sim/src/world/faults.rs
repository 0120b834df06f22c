//! What the world does to links and nodes.

use super::{Event, LogSink, World};
use crate::id::{FlightId, LinkId, NodeId, RecordId};
use crate::link::{Cargo, Link, Towards, Transit};
use crate::node::{NodeState, Trap};
use crate::outs::Out;
use crate::record::{Closing, Down, Loss, Note, RecordKind, Rules};
use crate::rules;
use crate::scenario::{CrashMoment, NodeAction, Storage};
use alloc::vec::Vec;
use mqtt_proto::{Duration, Instant, Version};
use mqtt_spec::Rule;

impl World {
    /// What somebody makes a node do. Its power is the world's affair, everything else its machine's.
    pub(super) fn node_acts(
        &mut self,
        node: NodeId,
        act: &NodeAction,
        cause: RecordId,
        log: LogSink<'_>,
    ) {
        match act {
            NodeAction::PowerOff { span } => {
                self.stop(node, Down::PowerLost, *span, Some(cause), log)
            }
            NodeAction::PowerOn => self.start(node, cause, log),
            NodeAction::Crash {
                moment: CrashMoment::Now,
                span,
            } => self.stop(node, Down::Crashed, *span, Some(cause), log),
            NodeAction::Crash { moment, span } => {
                if let Some(node) = self.nodes.get_mut(usize::from(node.0)) {
                    node.trap = Some(Trap {
                        after_saving: *moment == CrashMoment::AfterSaving,
                        span: *span,
                    });
                }
            }
            NodeAction::Outside(outside) => self.outside_acts(node, outside, cause, log),
            _ => self.with_node(node, Some(cause), log, |state, now, out| {
                state.act(now, act, out);
            }),
        }
    }

    /// The first bytes of the oldest packet in each direction still arrive.
    pub(super) fn let_through(&mut self, id: LinkId, most: u32, log: LogSink<'_>) {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        for towards in [Towards::B, Towards::A] {
            let Some(link) = self.links.get(usize::from(id.0)) else {
                return;
            };
            let to = match towards {
                Towards::A => link.a,
                Towards::B => link.b,
            };
            let Some((transit, flight, bytes)) = link.oldest_packet(towards).filter(|_| most > 0)
            else {
                continue;
            };
            let (serial, key) = (transit.serial, transit.connection);
            let Some(part) = bytes.get(..most).filter(|part| part.len() < bytes.len()) else {
                self.arrive(id, towards, serial, log);
                continue;
            };
            let part = bytes.slice_ref(part);
            if self.is_open(key, towards) {
                self.with_node(to, Some(flight), log, |state, now, out| {
                    state.handle_input(now, key, part, out);
                });
            }
        }
    }

    pub(super) fn cut(
        &mut self,
        id: LinkId,
        span: Option<Duration>,
        cause: RecordId,
        log: LogSink<'_>,
    ) {
        let Some(link) = self.links.get_mut(usize::from(id.0)) else {
            return;
        };
        if link.up {
            link.up = false;
            link.faults = link.faults.wrapping_add(1);
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
            self.with_node(client, Some(cut), log, |state, now, out| {
                state.handle_network(now, false, out);
            });
            for connection in self.connections_on(id) {
                self.close_end(connection, true, Closing::LinkCut, Some(cut), log);
                self.close_end(connection, false, Closing::LinkCut, Some(cut), log);
            }
        }
        self.plan_restore(id, span, cause);
    }

    /// Every packet on a datagram link vanishes.
    pub(super) fn lose(&mut self, id: LinkId, cause: RecordId, log: LogSink<'_>) {
        let Some(link) = self.links.get_mut(usize::from(id.0)) else {
            return;
        };
        for flight in link.lose_packets() {
            self.vanish(flight, cause, log);
        }
    }

    /// The packets on a link wait where they are.
    pub(super) fn hold(
        &mut self,
        id: LinkId,
        toward: Option<NodeId>,
        span: Option<Duration>,
        cause: RecordId,
        log: LogSink<'_>,
    ) {
        let at = span.map(|span| self.now + span);
        let Some(link) = self.links.get_mut(usize::from(id.0)) else {
            return;
        };
        let mut any = false;
        for (towards, end) in [(Towards::A, link.a), (Towards::B, link.b)] {
            if toward.is_none_or(|toward| toward == end) {
                any |= link.hold(towards);
            }
        }
        if !any {
            return;
        }
        link.holds = link.holds.wrapping_add(1);
        let holds = link.holds;
        let kind = RecordKind::PacketsHeld { link: id, toward };
        self.record(None, Some(cause), Rules::NONE, kind, log);
        if let Some(at) = at {
            let release = Event::Release {
                link: id,
                holds,
                cause,
            };
            self.queue.push(at, release);
        }
    }

    /// From now on packets wait on a link, until they are let pass one by one or all released.
    pub(super) fn gate(
        &mut self,
        id: LinkId,
        toward: Option<NodeId>,
        cause: RecordId,
        log: LogSink<'_>,
    ) {
        let Some(link) = self.links.get_mut(usize::from(id.0)) else {
            return;
        };
        let mut any = false;
        for (towards, end) in [(Towards::A, link.a), (Towards::B, link.b)] {
            if toward.is_none_or(|toward| toward == end) && !link.is_gated(Some(towards)) {
                link.gate(towards);
                any = true;
            }
        }
        if any {
            link.holds = link.holds.wrapping_add(1);
            let kind = RecordKind::PacketsHeld { link: id, toward };
            self.record(None, Some(cause), Rules::NONE, kind, log);
        }
    }

    /// The oldest packet that is held goes on.
    pub(super) fn pass(
        &mut self,
        id: LinkId,
        toward: Option<NodeId>,
        cause: RecordId,
        log: LogSink<'_>,
    ) {
        let now = self.now;
        let Some(link) = self.links.get_mut(usize::from(id.0)) else {
            return;
        };
        let ends = [(Towards::A, link.a), (Towards::B, link.b)];
        let passes = ends.map(|(towards, end)| {
            let is_meant = toward.is_none_or(|toward| toward == end) && link.held(towards) > 0;
            is_meant.then(|| (towards, link.pass(now, towards)))
        });
        if passes.iter().all(Option::is_none) {
            return;
        }
        let kind = RecordKind::PacketsReleased { link: id };
        self.record(None, Some(cause), Rules::NONE, kind, log);
        for (towards, planned) in passes.into_iter().flatten() {
            self.plan_arrivals(id, towards, planned);
        }
    }

    /// What was held goes on, and what waited behind it: in both directions, or only towards one end.
    pub(super) fn release(
        &mut self,
        id: LinkId,
        toward: Option<NodeId>,
        cause: RecordId,
        log: LogSink<'_>,
    ) {
        let now = self.now;
        let Some(link) = self.links.get(usize::from(id.0)) else {
            return;
        };
        let meant = [(Towards::A, link.a), (Towards::B, link.b)].map(|(towards, end)| {
            let is_meant = toward.is_none_or(|toward| toward == end);
            (is_meant && link.has_held(towards)).then_some(towards)
        });
        if meant.iter().all(Option::is_none) {
            return;
        }
        let kind = RecordKind::PacketsReleased { link: id };
        self.record(None, Some(cause), Rules::NONE, kind, log);
        for towards in meant.into_iter().flatten() {
            let Some(link) = self.links.get_mut(usize::from(id.0)) else {
                return;
            };
            let planned = link.release(now, towards);
            self.plan_arrivals(id, towards, planned);
        }
    }

    fn plan_arrivals(&mut self, link: LinkId, towards: Towards, planned: Vec<(u32, Instant)>) {
        for (serial, at) in planned {
            let event = Event::Arrive {
                link,
                towards,
                serial,
            };
            self.queue.push(at, event);
        }
    }

    /// Every packet on a datagram link arrives once more.
    pub(super) fn double(&mut self, id: LinkId) {
        for towards in [Towards::B, Towards::A] {
            let Some(link) = self.links.get_mut(usize::from(id.0)) else {
                return;
            };
            let planned = link.double(towards);
            self.plan_arrivals(id, towards, planned);
        }
    }

    /// A packet is gone though its connection lives.
    pub(super) fn vanish(&mut self, flight: RecordId, cause: RecordId, log: LogSink<'_>) {
        /// What a connection has to be: ordered and lossless.
        const TRANSPORT: Rule = Rule::only_v5("MQTT-4.2.0-1");
        let kind = RecordKind::Lost {
            flight: FlightId(flight),
            why: Loss::Vanished,
        };
        let rules = rules::of_rule(Some(TRANSPORT), Version::V5);
        self.record(None, Some(cause), rules, kind, log);
    }

    fn connections_on(&self, link: LinkId) -> Vec<u32> {
        self.connections
            .iter()
            .filter(|(_, connection)| connection.link == link)
            .map(|(key, _)| *key)
            .collect()
    }

    fn plan_restore(&mut self, id: LinkId, span: Option<Duration>, cause: RecordId) {
        if let (Some(span), Some(link)) = (span, self.links.get(usize::from(id.0))) {
            let faults = link.faults;
            self.queue.push(
                self.now + span,
                Event::Restore {
                    link: id,
                    faults,
                    cause,
                },
            );
        }
    }

    /// A link that works, with one more fault: what was planned for the end of an older one does not happen.
    fn link_in_trouble(&mut self, id: LinkId) -> Option<&mut Link> {
        let link = self.links.get_mut(usize::from(id.0)).filter(|it| it.up)?;
        link.faults = link.faults.wrapping_add(1);
        Some(link)
    }

    pub(super) fn silence(
        &mut self,
        id: LinkId,
        toward: Option<NodeId>,
        span: Option<Duration>,
        cause: RecordId,
        log: LogSink<'_>,
    ) {
        let Some(link) = self.link_in_trouble(id) else {
            return;
        };
        for towards in [Towards::A, Towards::B] {
            let end = match towards {
                Towards::A => link.a,
                Towards::B => link.b,
            };
            if toward.is_none_or(|toward| toward == end) {
                link.silence(towards);
            }
        }
        let kind = RecordKind::LinkSilent { link: id, toward };
        self.record(None, Some(cause), Rules::NONE, kind, log);
        self.plan_restore(id, span, cause);
    }

    /// An end of a link reads at this rate, or not at all.
    pub(super) fn stall(
        &mut self,
        id: LinkId,
        reader: NodeId,
        bytes_per_second: Option<u32>,
        span: Option<Duration>,
        cause: RecordId,
        log: LogSink<'_>,
    ) {
        let Some(link) = self.link_in_trouble(id) else {
            return;
        };
        let towards = if reader == link.a {
            Towards::A
        } else {
            Towards::B
        };
        link.stall(towards, bytes_per_second);
        let kind = RecordKind::ReaderStalled {
            link: id,
            reader,
            bytes_per_second,
        };
        self.record(None, Some(cause), Rules::NONE, kind, log);
        self.plan_restore(id, span, cause);
    }

    pub(super) fn restore(&mut self, id: LinkId, cause: Option<RecordId>, log: LogSink<'_>) {
        let now = self.now;
        let Some(link) = self.links.get_mut(usize::from(id.0)) else {
            return;
        };
        let was_up = link.up;
        if was_up && !link.is_silent(None) && !link.is_stalled() {
            return;
        }
        link.up = true;
        let client = link.a;
        for towards in [Towards::A, Towards::B] {
            let Some(link) = self.links.get_mut(usize::from(id.0)) else {
                return;
            };
            let mut planned = link.end_silence(now, towards);
            planned.extend(link.end_stall(now, towards));
            self.plan_arrivals(id, towards, planned);
        }
        let kind = RecordKind::LinkRestored { link: id };
        let restored = self.record(None, cause, Rules::NONE, kind, log);
        if !was_up {
            self.with_node(client, Some(restored), log, |state, now, out| {
                state.handle_network(now, true, out);
            });
        }
    }

    /// A node stops. What it has not sent is gone.
    pub(super) fn stop(
        &mut self,
        id: NodeId,
        why: Down,
        span: Option<Duration>,
        cause: Option<RecordId>,
        log: LogSink<'_>,
    ) {
        let now = self.now;
        let Some(node) = self.nodes.get_mut(usize::from(id.0)) else {
            return;
        };
        if node.down.is_none() {
            node.state.handle_power_off(now);
            node.down = Some(why);
            node.stops = node.stops.wrapping_add(1);
            node.trap = None;
            node.outbox.clear();
            node.timer_at = None;
            node.timer_generation = node.timer_generation.wrapping_add(1);
            let kind = RecordKind::NodeDown { why };
            let down = self.record(Some(id), cause, Rules::NONE, kind, log);
            for (key, client_end) in self.ends_of(id) {
                self.drop_end(key, client_end, why, down, log);
            }
        }
        if let (Some(span), Some(cause), Some(node)) =
            (span, cause, self.nodes.get(usize::from(id.0)))
        {
            let stops = node.stops;
            let event = Event::Start {
                node: id,
                stops,
                cause,
            };
            self.queue.push(self.now + span, event);
        }
    }

    /// The connections of a node, and whether it is their client.
    fn ends_of(&self, id: NodeId) -> Vec<(u32, bool)> {
        self.connections
            .iter()
            .filter_map(|(key, connection)| {
                let link = self.links.get(usize::from(connection.link.0))?;
                match (link.a == id, link.b == id) {
                    (true, _) => Some((*key, true)),
                    (_, true) => Some((*key, false)),
                    _ => None,
                }
            })
            .collect()
    }

    /// A stopped node's end of a connection is gone. After a crash its computer tells the peer; without power nobody does.
    fn drop_end(
        &mut self,
        key: u32,
        client_end: bool,
        why: Down,
        down: RecordId,
        log: LogSink<'_>,
    ) {
        if why == Down::PowerLost
            && let Some(connection) = self.connections.get_mut(&key)
        {
            connection.vanished = true;
        }
        self.close_end(key, client_end, Closing::NodeDown, Some(down), log);
    }

    /// A device's radio goes off: nobody is told that its connection has ended.
    pub(super) fn radio_off(&mut self, id: NodeId, cause: Option<RecordId>, log: LogSink<'_>) {
        let open = self.nodes.get(usize::from(id.0));
        let Some(key) = open.and_then(|node| node.connection) else {
            return;
        };
        if let Some(connection) = self.connections.get_mut(&key) {
            connection.vanished = true;
        }
        self.close_end(key, true, Closing::NodeDown, cause, log);
    }

    pub(super) fn start(&mut self, id: NodeId, cause: RecordId, log: LogSink<'_>) {
        let Some(node) = self.nodes.get_mut(usize::from(id.0)) else {
            return;
        };
        if node.down.take().is_none() {
            return;
        }
        node.free_at = self.now;
        let storage = node.storage;
        let up = self.record(Some(id), Some(cause), Rules::NONE, RecordKind::NodeUp, log);
        if storage == Storage::Forgets {
            let kind = RecordKind::Note(Note::Forgot);
            self.record(Some(id), Some(up), Rules::NONE, kind, log);
        }
        self.with_node(id, Some(up), log, |state, now, out| {
            state.restart(now, storage, out);
        });
    }

    /// Bytes have arrived, perhaps at a node that is to crash at that moment.
    pub(super) fn handle_arrival(
        &mut self,
        id: NodeId,
        arrived: RecordId,
        log: LogSink<'_>,
        handle: impl FnOnce(&mut NodeState, Instant, &mut Vec<Out>),
    ) {
        let node = self.nodes.get_mut(usize::from(id.0));
        let Some(trap) = node.and_then(|node| node.trap.take()) else {
            return self.with_node(id, Some(arrived), log, handle);
        };
        if trap.after_saving {
            // What it does is done and saved; what it wants to send comes too late.
            self.with_node(id, Some(arrived), log, |state, now, out| {
                handle(state, now, out);
                out.retain_mut(|out| match out {
                    Out::Close { why, rules, .. } => {
                        *out = Out::Note(Note::Closing(*why), *rules);
                        true
                    }
                    Out::Send { .. } | Out::Leave { .. } | Out::Dial => false,
                    _ => true,
                });
            });
        }
        self.stop(id, Down::Crashed, trap.span, Some(arrived), log);
    }
}
