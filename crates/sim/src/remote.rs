//! Nodes whose program is outside of the run: a real broker, or a real device.
//!
//! What the outside does are acts ([`Outside`]), so that a run with it can be replayed. What
//! reaches a remote node is in the log like everything else, and [`Recording::handouts`] reads it off: no state of the host
//! is in a run, and nothing is handed out twice because somebody walked back.
//!
//! Nothing here opens a socket, and nothing is known of a remote node but what it sends.

use crate::id::{Cursor, LinkId, NodeId, RecordId};
use crate::link::PacketHead;
use crate::log::Log;
use crate::record::{Record, RecordKind};
use crate::recording::Recording;
use crate::scenario::{Action, Expectation, NodeAction, NodeKind, Outside, RemoteRole, Scenario};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use bytes::{Bytes, BytesMut};
use mqtt_proto::codec::{Decoder, Framing};
use mqtt_proto::{Duration, Malformed, Packet, Sender, Text, Version};

/// A packet from outside may be this long: a longer one counts as bytes that are no packet.
pub const PACKET_MAX_BYTES: u32 = 1024 * 1024;

/// How long what has come in the meantime is taken before timers go off, after [`Outside::Late`].
pub const CATCHING_UP: Duration = Duration::from_secs(1);

/// What is known of a node whose program is outside.
#[derive(Clone, Debug)]
pub struct Remote {
    role: RemoteRole,
    /// What it calls itself, once a CONNECT has said so.
    client_id: Option<Text>,
    /// What it sends, by connection.
    streams: BTreeMap<u32, Stream>,
}

/// What comes from outside over one connection.
#[derive(Clone, Debug)]
struct Stream {
    decoder: Decoder,
    /// The bytes that the decoder has not made a packet of.
    raw: BytesMut,
}

/// What the outside has put on a connection.
pub(crate) struct Piece {
    pub(crate) bytes: Bytes,
    /// `None` for bytes that are no packet.
    pub(crate) head: Option<PacketHead>,
}

/// What a chunk of bytes from outside is.
#[derive(Default)]
pub(crate) struct Cut {
    pub(crate) pieces: Vec<Piece>,
    /// Why the last of them is no packet, if that has just turned out.
    pub(crate) fault: Option<Malformed>,
    /// What the connection speaks, if its CONNECT is among them.
    pub(crate) version: Option<Version>,
}

impl Remote {
    pub(crate) const fn new(role: RemoteRole) -> Self {
        Self {
            role,
            client_id: None,
            streams: BTreeMap::new(),
        }
    }

    /// What it is.
    #[must_use]
    pub const fn role(&self) -> RemoteRole {
        self.role
    }

    /// What it calls itself, once a CONNECT has said so; a broker has no such name.
    #[must_use]
    pub const fn client_id(&self) -> Option<&Text> {
        self.client_id.as_ref()
    }

    /// A connection with it is open. `version` is what its other end speaks.
    pub(crate) fn open(&mut self, connection: u32, version: Version) {
        let (sender, version) = match self.role {
            RemoteRole::Broker => (Sender::Server, Some(version)),
            RemoteRole::Device => (Sender::Client, None),
        };
        let decoder = Decoder::new(Framing {
            version,
            sender,
            max_packet_size: PACKET_MAX_BYTES,
        });
        let raw = BytesMut::new();
        self.streams.insert(connection, Stream { decoder, raw });
    }

    /// Cuts bytes into packets. What is incomplete waits; behind a fault everything is raw.
    pub(crate) fn cut(&mut self, connection: u32, bytes: &Bytes) -> Cut {
        let mut cut = Cut::default();
        let Some(stream) = self.streams.get_mut(&connection) else {
            return cut;
        };
        let was_faulty = stream.decoder.fault().is_some();
        stream.raw.extend_from_slice(bytes);
        stream.decoder.push(bytes);
        while let Ok(Some(packet)) = stream.decoder.decode() {
            if let Packet::Connect(connect) = &packet {
                self.client_id = Some(connect.client_id.clone());
                cut.version = Some(connect.version);
            }
            let used = stream.raw.len() - stream.decoder.pending_bytes().min(stream.raw.len());
            cut.pieces.push(Piece {
                bytes: stream.raw.split_to(used).freeze(),
                head: Some(PacketHead::of(&packet)),
            });
        }
        if let Some(fault) = stream.decoder.fault() {
            cut.fault = (!was_faulty).then_some(fault);
            cut.pieces.extend(stream.rest());
        }
        cut
    }

    /// The bytes that still wait for the rest of their packet: it will not come any more.
    pub(crate) fn incomplete(&mut self, connection: u32) -> Option<Piece> {
        self.streams.get_mut(&connection)?.rest()
    }

    pub(crate) fn close(&mut self, connection: u32) {
        self.streams.remove(&connection);
    }
}

impl Stream {
    fn rest(&mut self) -> Option<Piece> {
        let bytes = core::mem::take(&mut self.raw).freeze();
        (!bytes.is_empty()).then_some(Piece { bytes, head: None })
    }
}

/// What the host of a remote node has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handout {
    /// The record that says so.
    pub record: RecordId,
    /// The number of the connection.
    pub connection: u32,
    /// What.
    pub what: What,
}

/// What has reached a remote node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A device dials it.
    Dial {
        /// Who.
        client: NodeId,
        /// Over which link.
        link: LinkId,
    },
    /// A device outside has [dialled](Outside::Dials), and is answered.
    Opened,
    /// Bytes: a packet, or what somebody wanted to be sent instead of one.
    Bytes(Bytes),
    /// The other end has closed, or is gone and it shows.
    Close,
}

impl Recording {
    /// What has reached remote nodes since a cursor, in order. It is read off the log: the same run says the same again, so a
    /// host keeps the cursor up to which it has done it.
    pub fn handouts(&self, from: Cursor) -> impl Iterator<Item = Handout> {
        let log = self.log();
        log.records_between(from, log.end())
            .iter()
            .filter_map(|record| handout(log, record))
    }
}

fn handout(log: &Log, record: &Record) -> Option<Handout> {
    let (connection, what) = match &record.kind {
        RecordKind::Dialled { link, connection } => {
            let client = record.node?;
            (
                *connection,
                What::Dial {
                    client,
                    link: *link,
                },
            )
        }
        RecordKind::DialGivenUp { connection, .. } => (*connection, What::Close),
        // Nobody opened: the other end has said so.
        RecordKind::ConnectionRefused { .. } if is_remote(log, record) => {
            match outside(log, record.cause)? {
                Outside::Closed { connection, .. } => (*connection, What::Close),
                _ => return None,
            }
        }
        RecordKind::ConnectionOpened { client, .. } if is_remote(log, record) => {
            let (node, outside) = done_outside(log, record.cause)?;
            let is_answered = match outside {
                Outside::Dials { .. } => true,
                Outside::Opened { .. } => node != log.name(*client),
                Outside::Received { .. } | Outside::Closed { .. } | Outside::Late => false,
            };
            let number = is_answered.then(|| number(log, record.id))?;
            (number?, What::Opened)
        }
        RecordKind::Arrived { flight } if is_remote(log, record) => {
            let flight = log.flight(*flight)?;
            let connection = number(log, flight.connection)?;
            (connection, What::Bytes(flight.bytes.clone()))
        }
        // What the outside has closed itself it knows.
        RecordKind::ConnectionClosed { opened, .. }
            if is_remote(log, record) && outside(log, record.cause).is_none() =>
        {
            (number(log, *opened)?, What::Close)
        }
        _ => return None,
    };
    Some(Handout {
        record: record.id,
        connection,
        what,
    })
}

fn is_remote(log: &Log, record: &Record) -> bool {
    let info = record.node.map(|node| usize::from(node.0));
    info.and_then(|node| log.nodes().get(node))
        .is_some_and(|info| info.is_remote)
}

/// What the outside did, if that is what a record says.
fn outside(log: &Log, record: Option<RecordId>) -> Option<&Outside> {
    done_outside(log, record).map(|(_, outside)| outside)
}

/// The same, and which node it was.
fn done_outside(log: &Log, record: Option<RecordId>) -> Option<(&str, &Outside)> {
    match &log.record(record?)?.kind {
        RecordKind::Stimulus(action) => match action.as_ref() {
            Action::Node {
                node,
                act: NodeAction::Outside(outside),
            } => Some((node, outside)),
            _ => None,
        },
        _ => None,
    }
}

/// The number of a connection with the outside, by the record of its opening.
fn number(log: &Log, opened: RecordId) -> Option<u32> {
    match outside(log, log.record(opened)?.cause)? {
        Outside::Opened { connection } | Outside::Dials { connection, .. } => Some(*connection),
        Outside::Received { .. } | Outside::Closed { .. } | Outside::Late => None,
    }
}

impl Scenario {
    /// Whether a node's program is outside.
    #[must_use]
    pub fn has_remote(&self) -> bool {
        let mut nodes = self.nodes.iter();
        nodes.any(|node| matches!(node.kind, NodeKind::Remote(_)))
    }

    /// The same with its broker outside; what cannot be done to it or known of it there is left out, and so are links that
    /// would not be links any more. The answer's second part says how many lines those are.
    #[must_use]
    pub fn with_broker_outside(&self) -> (Self, usize) {
        let mut twin = self.clone();
        let is_broker = |name: &str| {
            let mut nodes = self.nodes.iter();
            nodes.any(|node| node.name == name && node.kind == NodeKind::Broker)
        };
        for node in &mut twin.nodes {
            if node.kind == NodeKind::Broker {
                let place = node.place;
                *node = crate::scenario::NodeSpec {
                    place,
                    ..crate::scenario::NodeSpec::new(
                        core::mem::take(&mut node.name),
                        NodeKind::Remote(RemoteRole::Broker),
                    )
                };
            }
        }
        let before = twin.events.len() + twin.expectations.len();
        twin.events.retain(|planned| match &planned.action {
            Action::Node { node, .. } => !is_broker(node),
            Action::Lose { .. } | Action::Double { .. } => false,
            _ => true,
        });
        for link in &mut twin.links {
            link.mode = crate::scenario::LinkMode::Stream;
        }
        twin.expectations.retain(Expectation::is_outside_a_broker);
        // What it teaches speaks of the simulated one.
        twin.lesson = None;
        let left_out = before - twin.events.len() - twin.expectations.len();
        (twin, left_out)
    }
}

impl Expectation {
    /// Whether it can be told without looking into a broker, or trusting what only a broker says.
    fn is_outside_a_broker(&self) -> bool {
        match self {
            Self::Retains { .. }
            | Self::Keeps { .. }
            | Self::Believes { .. }
            | Self::Promise { .. } => false,
            Self::All(claims) => claims.iter().all(Self::is_outside_a_broker),
            _ => true,
        }
    }
}
