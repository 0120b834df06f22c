//! What the world does with connections and bytes.

use super::{Connection, End, Event, LogSink, World};
use crate::id::{FlightId, LinkId, NodeId, RecordId};
use crate::link::{Cargo, Link, Lot, PacketHead, Reading, Towards};
use crate::node::{Leaving, NodeState, Outgoing};
use crate::record::{Closing, Down, Flight, Loss, RecordKind, Rules};
use crate::scenario::{Phase, Planned, When};
use alloc::rc::Rc;
use mqtt_proto::{Duration, Instant, Sender};

/// How long a client waits for an answer to its first segment before it gives up.
pub(super) const DIAL_GIVES_UP: Duration = Duration::from_secs(10);
/// How long until a first segment that was not answered is sent again.
const DIAL_AGAIN: Duration = Duration::from_secs(1);

/// Why a connection does not open.
enum NoAnswer {
    /// Nothing comes back.
    Silence { tried_since: Instant },
    /// The computer there says that nobody listens.
    Refused,
}

impl World {
    pub(super) fn dial(&mut self, node: NodeId, cause: Option<RecordId>, log: LogSink<'_>) {
        let found = (0_u16..)
            .zip(&self.links)
            .find(|(_, link)| link.a == node)
            .map(|(id, link)| (LinkId(id), link.up, link.latency()));
        let (link, latency) = match found {
            Some((link, true, latency)) => (link, latency),
            Some((link, false, _)) => return self.refuse(link, node, cause, log),
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
                dialled_at: self.now,
                opened: None,
                vanished: false,
                client: End::Opening,
                server: End::Opening,
            },
        );
        if let Some(node) = self.nodes.get_mut(usize::from(node.0)) {
            node.connection = Some(key);
        }
        let server = self.links.get(usize::from(link.0)).map(|link| link.b);
        if server.is_some_and(|server| self.is_remote(server)) {
            self.dialled(key, node, log);
            return self.plan_giving_up(key);
        }
        // SYN and its answer: one round trip before the client may send.
        let at = self.now + latency.scaled(2, 1);
        self.queue.push(at, Event::Opened { connection: key });
    }

    /// What keeps a connection from opening.
    fn answer_to_dial(&self, key: u32) -> Option<NoAnswer> {
        let connection = self.connections.get(&key)?;
        let link = self.links.get(usize::from(connection.link.0))?;
        let server = self.nodes.get(usize::from(link.b.0))?;
        let tried_since = connection.dialled_at;
        if self.is_remote(link.b) || link.is_silent(None) || server.down == Some(Down::PowerLost) {
            Some(NoAnswer::Silence { tried_since })
        } else if server.down.is_some() {
            Some(NoAnswer::Refused)
        } else {
            None
        }
    }

    pub(super) fn refuse(
        &mut self,
        link: LinkId,
        client: NodeId,
        cause: Option<RecordId>,
        log: LogSink<'_>,
    ) {
        let kind = RecordKind::ConnectionRefused { link };
        let refused = self.record(Some(client), cause, Rules::NONE, kind, log);
        self.dial_failed(client, Some(refused), log);
    }

    pub(super) fn dial_failed(&mut self, node: NodeId, cause: Option<RecordId>, log: LogSink<'_>) {
        self.with_node(node, cause, log, |state, now, out| {
            state.handle_close(now, None, out);
        });
    }

    /// The client's end is open; the last leg of the handshake goes out with the first bytes behind it.
    pub(super) fn opened(&mut self, key: u32, log: LogSink<'_>) {
        let Some((link, client, _)) = self.ends(key) else {
            return;
        };
        if let Some(answer) = self.answer_to_dial(key) {
            return match answer {
                // Nobody answers: it is tried again, and not for ever.
                NoAnswer::Silence { tried_since } if self.now < tried_since + DIAL_GIVES_UP => {
                    let again = Event::Opened { connection: key };
                    self.queue.push(self.now + DIAL_AGAIN, again);
                }
                NoAnswer::Silence { .. } | NoAnswer::Refused => {
                    let cause = self
                        .connections
                        .remove(&key)
                        .and_then(|connection| connection.cause);
                    let cause = self.dial_given_up(key, link, cause, log).or(cause);
                    self.refuse(link, client, cause, log);
                }
            };
        }
        let cause = self.connections.get(&key).and_then(|it| it.cause);
        self.client_opened(key, cause, log);
    }

    /// The link, client and server of a connection.
    pub(super) fn ends(&self, key: u32) -> Option<(LinkId, NodeId, NodeId)> {
        let id = self.connections.get(&key)?.link;
        let link = self.links.get(usize::from(id.0))?;
        Some((id, link.a, link.b))
    }

    /// Closes one end, if it is not closed yet, and tells its node.
    pub(super) fn close_end(
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
                let vanished = self.connections.get(&key).is_some_and(|it| it.vanished);
                if matches!(why, Closing::ByNode | Closing::NodeDown) && !vanished {
                    self.put(key, node, Cargo::Close { cause: closed }, 0);
                }
                self.with_node(node, Some(closed), log, |state, now, out| {
                    state.handle_close(now, Some(key), out);
                });
            }
            // It was still dialling.
            (End::Opening, _) if client_end => {
                let cause = self.dial_given_up(key, link, cause, log).or(cause);
                self.dial_failed(node, cause, log);
            }
            _ => {}
        }
    }

    // Bytes.

    /// Puts cargo on the link of a connection, away from `from`.
    pub(super) fn put(
        &mut self,
        key: u32,
        from: NodeId,
        cargo: Cargo,
        len: usize,
    ) -> Option<Instant> {
        // Otherwise both ends are closed: nobody waits for it.
        let link_id = self.connections.get(&key)?.link;
        self.put_on(link_id, key, from, cargo, len)
    }

    /// Puts cargo of a connection on its link.
    fn put_on(
        &mut self,
        link_id: LinkId,
        key: u32,
        from: NodeId,
        cargo: Cargo,
        len: usize,
    ) -> Option<Instant> {
        let now = self.now;
        let link = self.links.get_mut(usize::from(link_id.0))?;
        if !link.up {
            return None;
        }
        let towards = link.away_from(from);
        let arrival = link.arrival(now, towards, len);
        // What vanishes does so half way.
        let at = match cargo {
            Cargo::Packet { vanishes: true, .. } => now + arrival.since(now).scaled(1, 2),
            _ => arrival,
        };
        let serial = link.put(towards, key, cargo, at);
        self.queue.push(
            at,
            Event::Arrive {
                link: link_id,
                towards,
                serial,
            },
        );
        Some(arrival)
    }

    pub(super) fn arrive(&mut self, id: LinkId, towards: Towards, serial: u32, log: LogSink<'_>) {
        let Some(link) = self.links.get_mut(usize::from(id.0)) else {
            return;
        };
        let (to, from) = match towards {
            Towards::A => (link.a, link.b),
            Towards::B => (link.b, link.a),
        };
        let again = |serial| Event::Arrive {
            link: id,
            towards,
            serial,
        };
        match link.read(self.now, towards, serial) {
            Reading::Done => {}
            Reading::Until(at) => return self.queue.push(at, again(serial)),
            Reading::Waits => return,
        }
        let Some(transit) = link.take(towards, serial) else {
            return;
        };
        if let Some(next) = link.next_unread(self.now, towards) {
            self.queue.push(self.now, again(next));
        }
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
                vanishes: true,
                ..
            } => self.vanish(flight, flight, log),
            Cargo::Packet {
                flight,
                bytes,
                head,
                ..
            } => {
                let open = self.is_open(key, towards);
                let flight = FlightId(flight);
                if !open {
                    return self.arrive_nowhere(key, to, flight, log);
                }
                let kind = RecordKind::Arrived { flight };
                let arrived = self.record(Some(to), Some(flight.0), Rules::NONE, kind, log);
                let bug = self.sabotage;
                self.handle_arrival(to, arrived, log, |state, now, out| {
                    if let Some(bug) = bug {
                        bug.before(state, now, key, head);
                    }
                    state.handle_input(now, key, bytes, out);
                    if let Some(bug) = bug {
                        bug.after(state, now, key, head, out);
                    }
                });
                self.plan_drained(key, from, arrived);
                self.pull_triggers(head, from, to, arrived, None);
            }
        }
    }

    /// Whether the end of a connection is open that is in this direction.
    pub(super) fn is_open(&self, key: u32, towards: Towards) -> bool {
        self.connections.get(&key).is_some_and(|connection| {
            let end = match towards {
                Towards::A => connection.client,
                Towards::B => connection.server,
            };
            end == End::Open
        })
    }

    /// Bytes have come to the end of a connection that is gone.
    fn arrive_nowhere(&mut self, key: u32, to: NodeId, flight: FlightId, log: LogSink<'_>) {
        let is_up = self
            .nodes
            .get(usize::from(to.0))
            .is_some_and(|node| node.down.is_none() && node.state.is_awake());
        let why = if is_up {
            Loss::ConnectionGone
        } else {
            Loss::NodeDown
        };
        let kind = RecordKind::Lost { flight, why };
        let lost = self.record(Some(to), Some(flight.0), Rules::NONE, kind, log);
        if let Some(connection) = self.connections.get_mut(&key)
            && is_up
            && core::mem::take(&mut connection.vanished)
        {
            // Started anew, it does not know this connection: a reset.
            self.put(key, to, Cargo::Close { cause: lost }, 0);
        }
    }

    /// Sends what a node has finished, or queues it behind what the node still works on.
    pub(super) fn send(&mut self, node_id: NodeId, outgoing: Outgoing, log: LogSink<'_>) {
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

    pub(super) fn transmit_next(&mut self, node_id: NodeId, log: LogSink<'_>) {
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
        let Some(connection) = self.connections.get(&key) else {
            return;
        };
        let link = connection.link;
        let Some(ends) = self.links.get(usize::from(link.0)) else {
            return;
        };
        let client_end = from == ends.a;
        let (end, to) = if client_end {
            (connection.client, ends.b)
        } else {
            (connection.server, ends.a)
        };
        if end != End::Open {
            return;
        }
        let version = connection.version;
        let Some(opened) = connection.opened else {
            return;
        };
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
                        connection: opened,
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
        let lot = self
            .links
            .get_mut(usize::from(flight.link.0))
            .map_or(Lot::Arrives, Link::draw);
        let cargo = Cargo::Packet {
            flight: RecordId(self.next_record),
            vanishes: lot == Lot::Vanishes,
            bytes: flight.bytes.clone(),
            head,
        };
        let twin = (lot == Lot::Doubles).then(|| cargo.clone());
        let (link, len) = (flight.link, flight.bytes.len());
        let Some(arrives_at) = self.put_on(link, key, from, cargo, len) else {
            return;
        };
        if let Some(twin) = twin {
            self.put_on(link, key, from, twin, len);
        }
        flight.arrives_at = arrives_at;
        let sent = self.record(Some(from), cause, rules, RecordKind::Sent(flight), log);
        self.plan_drained(key, from, sent);
        self.pull_triggers(head, from, to, sent, Some(arrives_at));
    }

    /// Has a broker that bounds its backlog be told, when all that happens now has happened, that a connection has taken
    /// what was sent.
    fn plan_drained(&mut self, connection: u32, from: NodeId, cause: RecordId) {
        let bounds = self.nodes.get(usize::from(from.0)).map(|node| node.bounds);
        if bounds.is_some_and(|bounds| bounds.backlog_bytes.is_some())
            && self.is_drained(connection)
        {
            let drained = Event::Drained { connection, cause };
            self.queue.push(self.now, drained);
        }
    }

    /// Whether the computer of a connection's server has put all bytes on the wire: its client has room for them.
    pub(super) fn is_drained(&self, key: u32) -> bool {
        let Some((id, _, server)) = self.ends(key) else {
            return false;
        };
        let waits = self
            .nodes
            .get(usize::from(server.0))
            .is_none_or(|node| node.outbox.iter().any(|it| it.connection == key));
        let link = self.links.get(usize::from(id.0));
        !waits && link.is_some_and(|link| !link.is_full(Towards::A))
    }

    pub(super) fn drained(&mut self, key: u32, cause: RecordId, log: LogSink<'_>) {
        if let Some((_, _, server)) = self.ends(key) {
            self.with_node(server, Some(cause), log, |state, now, out| {
                state.handle_drained(now, key, out);
            });
        }
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
        if self.triggers.is_empty() {
            return;
        }
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
            if !ends_match || !head.is(pattern) {
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
}
