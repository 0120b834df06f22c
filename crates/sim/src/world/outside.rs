//! What the world does with nodes whose program is outside.

use super::{Connection, End, Event, LogSink, World, WorldError};
use crate::id::{LinkId, NodeId, RecordId};
use crate::link::{Cargo, Link};
use crate::node::{Leaving, NodeState};
use crate::record::{Closing, Note, RecordKind, Rules};
use crate::remote::{CATCHING_UP, Cut, Piece, Remote};
use crate::rules;
use crate::scenario::{NodeAction, NodeKind, Outside};
use alloc::string::String;
use bytes::Bytes;
use mqtt_proto::Version;

/// A connection with a node whose program is outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteConnection {
    /// Its number.
    pub number: u32,
    /// Over which link.
    pub link: LinkId,
    /// Whether the remote end has answered or dialled, and is not closed; otherwise it is being dialled.
    pub is_open: bool,
}

impl World {
    /// The number of the next connection.
    #[must_use]
    pub const fn next_connection(&self) -> u32 {
        self.next_connection
    }

    /// The connections with nodes whose program is outside, oldest first, as far as their remote ends are not closed.
    pub fn remote_connections(&self) -> impl Iterator<Item = RemoteConnection> {
        let connections = self.connections.iter();
        connections.filter_map(|(key, connection)| {
            let link = self.links.get(usize::from(connection.link.0))?;
            let end = match (self.is_remote(link.a), self.is_remote(link.b)) {
                (true, _) => connection.client,
                (_, true) => connection.server,
                _ => return None,
            };
            (end != End::Closed).then_some(RemoteConnection {
                number: *key,
                link: connection.link,
                is_open: connection.opened.is_some(),
            })
        })
    }

    /// How many packets wait at a gate or are held on a link: towards the end that dials, and towards the one that answers.
    #[must_use]
    pub fn held_packets(&self, link: LinkId) -> (usize, usize) {
        use crate::link::Towards;
        self.links
            .get(usize::from(link.0))
            .map_or((0, 0), |it| (it.held(Towards::A), it.held(Towards::B)))
    }

    /// Whether anything is under way on a link, or held there.
    #[must_use]
    pub fn is_anything_under_way(&self) -> bool {
        self.links.iter().any(Link::is_busy)
    }

    /// Whether a link carries nothing, and both ends know.
    #[must_use]
    pub fn is_cut(&self, link: LinkId) -> bool {
        let link = self.links.get(usize::from(link.0));
        link.is_some_and(|link| !link.up)
    }

    /// Whether packets are held at the end of a link that dials, and at the one that answers.
    #[must_use]
    pub fn gates(&self, link: LinkId) -> (bool, bool) {
        use crate::link::Towards;
        self.links
            .get(usize::from(link.0))
            .map_or((false, false), |it| {
                (it.is_gated(Some(Towards::A)), it.is_gated(Some(Towards::B)))
            })
    }

    pub(super) fn is_remote(&self, node: NodeId) -> bool {
        let node = self.nodes.get(usize::from(node.0));
        node.is_some_and(|node| matches!(node.state, NodeState::Remote(_)))
    }

    /// What is outside does what it does; nobody in here can make it.
    pub(super) fn check_side(&self, name: &str, act: &NodeAction) -> Result<(), WorldError> {
        let node = self.scenario.nodes.iter().find(|node| node.name == name);
        let is_remote = node.is_some_and(|node| matches!(node.kind, NodeKind::Remote(_)));
        match (is_remote, act) {
            (true, NodeAction::Outside(_)) => Ok(()),
            (true, _) => Err(WorldError::IsOutside(String::from(name))),
            (false, NodeAction::Outside(_)) => Err(WorldError::IsInside(String::from(name))),
            (false, _) => Ok(()),
        }
    }

    fn remote_mut(&mut self, node: NodeId) -> Option<&mut Remote> {
        match &mut self.nodes.get_mut(usize::from(node.0))?.state {
            NodeState::Remote(remote) => Some(remote),
            NodeState::Broker(_) | NodeState::Device(_) => None,
        }
    }

    /// Says which number a dial to the outside has.
    pub(super) fn dialled(&mut self, key: u32, node: NodeId, log: LogSink<'_>) {
        let Some(connection) = self.connections.get(&key) else {
            return;
        };
        let kind = RecordKind::Dialled {
            link: connection.link,
            connection: key,
        };
        let cause = connection.cause;
        let dialled = self.record(Some(node), cause, Rules::NONE, kind, log);
        if let Some(connection) = self.connections.get_mut(&key) {
            connection.cause = Some(dialled);
        }
    }

    /// Says that a dial to the outside has ended unanswered. The answer is what says so, or `cause`.
    pub(super) fn dial_given_up(
        &mut self,
        key: u32,
        link: LinkId,
        cause: Option<RecordId>,
        log: LogSink<'_>,
    ) -> Option<RecordId> {
        let ends = self.links.get(usize::from(link.0)).map(|it| (it.a, it.b));
        let (client, _) = ends.filter(|(_, server)| self.is_remote(*server))?;
        let kind = RecordKind::DialGivenUp {
            link,
            connection: key,
        };
        Some(self.record(Some(client), cause, Rules::NONE, kind, log))
    }

    pub(super) fn outside_acts(
        &mut self,
        node: NodeId,
        outside: &Outside,
        cause: RecordId,
        log: LogSink<'_>,
    ) {
        match outside {
            Outside::Opened { connection } => self.outside_opened(node, *connection, cause, log),
            Outside::Dials { connection, to } if *connection == self.next_connection => {
                if let Some(key) = self.outside_dials(node, Some(to), cause, log) {
                    self.outside_waits(key, node, cause, log);
                }
            }
            Outside::Dials { .. } => {}
            Outside::Received { connection, bytes } => {
                self.outside_received(node, *connection, bytes, cause, log);
            }
            Outside::Closed { connection, .. } => {
                self.outside_closed(node, *connection, cause, log);
            }
            Outside::Late => self.wake_late(),
        }
    }

    /// Puts off what waits for something that may have come already: timers, and the ends of dials.
    fn wake_late(&mut self) {
        self.not_before = self.now + CATCHING_UP;
        self.queue.put_off(self.not_before, |event| {
            matches!(event, Event::Timer { .. } | Event::Opened { .. })
        });
    }

    /// Whether an end of a connection is this node's: its client's end, or its server's.
    fn remote_end(&self, node: NodeId, key: u32) -> Option<bool> {
        let (_, client, server) = self.ends(key)?;
        match (client == node, server == node) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        }
    }

    fn outside_opened(&mut self, node: NodeId, key: u32, cause: RecordId, log: LogSink<'_>) {
        match self.remote_end(node, key) {
            // A device has dialled it, and it answers.
            Some(false) => {
                let Some(connection) = self.connections.get_mut(&key) else {
                    return;
                };
                if connection.opened.is_some() || connection.client != End::Opening {
                    return;
                }
                connection.server = End::Open;
                let version = connection.version;
                if let Some(remote) = self.remote_mut(node) {
                    remote.open(key, version);
                }
                self.client_opened(key, Some(cause), log);
            }
            None if key == self.next_connection => {
                if let Some(key) = self.outside_dials(node, None, cause, log) {
                    self.client_opened(key, Some(cause), log);
                }
            }
            _ => {}
        }
    }

    /// A broker outside has to answer first; one in here has.
    fn outside_waits(&mut self, key: u32, node: NodeId, cause: RecordId, log: LogSink<'_>) {
        let is_outside = self.ends(key).is_some_and(|(.., it)| self.is_remote(it));
        if is_outside {
            self.dialled(key, node, log);
            self.plan_giving_up(key);
        } else {
            self.client_opened(key, Some(cause), log);
        }
    }

    /// A device outside dials: over its first link, or over the one to somebody. The connection, if there is somebody.
    fn outside_dials(
        &mut self,
        node: NodeId,
        to: Option<&str>,
        cause: RecordId,
        log: LogSink<'_>,
    ) -> Option<u32> {
        let key = self.next_connection;
        let is_meant = |server: NodeId| {
            let spec = self.scenario.nodes.get(usize::from(server.0));
            to.is_none_or(|to| spec.is_some_and(|it| it.name == to))
        };
        let (link, is_up, server) = (0_u16..)
            .zip(&self.links)
            .find(|(_, link)| link.a == node && is_meant(link.b))
            .map(|(id, link)| (LinkId(id), link.up, link.b))?;
        self.next_connection += 1;
        let answers = self
            .nodes
            .get(usize::from(server.0))
            .is_some_and(|server| server.down.is_none());
        if !is_up || !answers {
            let kind = RecordKind::DialGivenUp {
                link,
                connection: key,
            };
            let given_up = self.record(Some(node), Some(cause), Rules::NONE, kind, log);
            self.refuse(link, node, Some(given_up), log);
            return None;
        }
        let version = self.scenario.version;
        self.connections.insert(
            key,
            Connection {
                link,
                version,
                cause: Some(cause),
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
        if let Some(remote) = self.remote_mut(node) {
            remote.open(key, version);
        }
        Some(key)
    }

    fn outside_received(
        &mut self,
        node: NodeId,
        key: u32,
        bytes: &Bytes,
        cause: RecordId,
        log: LogSink<'_>,
    ) {
        let Some(remote) = self.remote_mut(node) else {
            return;
        };
        let Cut {
            pieces,
            fault,
            version,
        } = remote.cut(key, bytes);
        if let (Some(version), Some(connection)) = (version, self.connections.get_mut(&key)) {
            connection.version = version;
            // Where the other end is outside, too, both ends are only watched.
            let server = self.ends(key).map(|(_, _, server)| server);
            if let Some(server) = server.filter(|it| *it != node)
                && let Some(remote) = self.remote_mut(server)
            {
                remote.open(key, version);
            }
        }
        for piece in pieces {
            if let (None, Some(fault)) = (piece.head, fault) {
                let version = self.connections.get(&key).map(|it| it.version);
                let rule = Some(fault.rule());
                let rules = rules::of_rule(rule, version.unwrap_or(Version::V311));
                let kind = RecordKind::Note(Note::NoPacket(fault));
                self.record(Some(node), Some(cause), rules, kind, log);
            }
            self.leave_outside(node, key, piece, cause, log);
        }
    }

    fn leave_outside(
        &mut self,
        node: NodeId,
        key: u32,
        piece: Piece,
        cause: RecordId,
        log: LogSink<'_>,
    ) {
        let what = Leaving::Packet {
            bytes: piece.bytes,
            head: piece.head,
            rules: Rules::NONE,
        };
        self.leave(node, Some(key), Some(cause), what, log);
    }

    fn outside_closed(&mut self, node: NodeId, key: u32, cause: RecordId, log: LogSink<'_>) {
        let Some(is_client) = self.remote_end(node, key) else {
            return;
        };
        let is_open = self
            .connections
            .get(&key)
            .is_some_and(|it| it.opened.is_some());
        if is_open {
            // The start of a packet whose rest does not come any more.
            let rest = self.remote_mut(node).and_then(|it| it.incomplete(key));
            if let Some(rest) = rest {
                self.leave_outside(node, key, rest, cause, log);
            }
            return self.close_end(key, is_client, Closing::ByNode, Some(cause), log);
        }
        // It was being dialled.
        let Some((link, client, _)) = self.ends(key) else {
            return;
        };
        self.connections.remove(&key);
        if let Some(client) = self.nodes.get_mut(usize::from(client.0))
            && client.connection == Some(key)
        {
            client.connection = None;
        }
        self.refuse(link, client, Some(cause), log);
    }

    /// The client's end is open; the last leg of the handshake goes out with the first bytes behind it.
    pub(super) fn client_opened(&mut self, key: u32, cause: Option<RecordId>, log: LogSink<'_>) {
        let Some((link, client, server)) = self.ends(key) else {
            return;
        };
        let Some(connection) = self.connections.get_mut(&key) else {
            return;
        };
        connection.client = End::Open;
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

    /// When a dial to the outside is given up.
    pub(super) fn plan_giving_up(&mut self, key: u32) {
        let at = self.now + super::transport::DIAL_GIVES_UP;
        self.queue.push(at, Event::Opened { connection: key });
    }
}
