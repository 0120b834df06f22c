//! One line of the log: what happened, when, where, why, and which rule a machine named for it.

use crate::id::{FlightId, LinkId, NodeId, RecordId};
use crate::scenario::Action;
use alloc::boxed::Box;
use alloc::rc::Rc;
use bytes::Bytes;
use core::fmt;
use device::{Effect, Remark};
use mqtt_proto::codec::{Decoder, Framing};
use mqtt_proto::{
    CloseReason, Delivery, DropReason, Instant, Malformed, Misuse, Packet, Sender, Tag, TopicName,
    Version,
};
use mqtt_spec::StatementId;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its place in the log.
    pub id: RecordId,
    /// When, in virtual time.
    pub at: Instant,
    /// What made it happen. `None` for what the scenario or the user did, and for timers set by no record.
    pub cause: Option<RecordId>,
    /// Where. `None` for what happens to a link or to the run as a whole.
    pub node: Option<NodeId>,
    /// The statements at work, in the words of the machine that acted.
    pub rules: Rules,
    /// What.
    pub kind: RecordKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordKind {
    /// The scenario or the user did something. The root of a chain of causes.
    Stimulus(Rc<Action>),
    /// A node put bytes on a link: a packet, or raw bytes. Its record id names the flight.
    Sent(Flight),
    /// The last byte of a flight reached the other end.
    Arrived {
        /// Which.
        flight: FlightId,
    },
    /// A flight will never arrive.
    Lost {
        /// Which.
        flight: FlightId,
        /// Why.
        why: Loss,
    },
    /// A link carries nothing any more, and both ends know.
    LinkCut {
        /// Which.
        link: LinkId,
    },
    /// A link carries bytes again. Connections do not come back by themselves.
    LinkRestored {
        /// Which.
        link: LinkId,
    },
    /// Nothing arrives over a link any more, and nobody is told.
    LinkSilent {
        /// Which.
        link: LinkId,
        /// Only what would arrive there; `None` is both directions.
        toward: Option<NodeId>,
    },
    /// An end of a link reads slowly, or not at all, and its program does not know.
    ReaderStalled {
        /// Which link.
        link: LinkId,
        /// The end that does not read.
        reader: NodeId,
        /// So many bytes it reads each second; `None` is none.
        bytes_per_second: Option<u32>,
    },
    /// Packets wait on a link where they are.
    PacketsHeld {
        /// Which link.
        link: LinkId,
        /// Only those that would arrive there; `None` is both directions.
        toward: Option<NodeId>,
    },
    /// The packets that were held on a link go on.
    PacketsReleased {
        /// Which link.
        link: LinkId,
    },
    /// A node has stopped.
    NodeDown {
        /// How.
        why: Down,
    },
    /// A node has started again.
    NodeUp,
    /// A client's end of a connection is open: it can send CONNECT.
    ConnectionOpened {
        /// Over which link.
        link: LinkId,
        /// The end that dialled.
        client: NodeId,
        /// The end that answered.
        server: NodeId,
    },
    /// A client has dialled a node whose program is outside: what answers is not known yet.
    Dialled {
        /// Over which link.
        link: LinkId,
        /// The number of the connection.
        connection: u32,
    },
    /// A client has given up a dial that the outside had not answered.
    DialGivenUp {
        /// Over which link.
        link: LinkId,
        /// The number of the connection.
        connection: u32,
    },
    /// A client could not open a connection.
    ConnectionRefused {
        /// Over which link.
        link: LinkId,
    },
    /// One end of a connection is closed; the record's node says whose.
    ConnectionClosed {
        /// Over which link.
        link: LinkId,
        /// The end that had dialled.
        client: NodeId,
        /// The record of its opening at the client's end.
        opened: RecordId,
        /// Why.
        why: Closing,
    },
    /// The broker made a session for a client.
    SessionStarted {
        /// Whose; `None` for a client that is no node of this run.
        client: Option<NodeId>,
    },
    /// The broker found the session of a client that is back.
    SessionResumed {
        /// Whose.
        client: Option<NodeId>,
    },
    /// The broker threw a session away.
    SessionEnded {
        /// Whose.
        client: Option<NodeId>,
    },
    /// A node's application got a message.
    Delivered(Box<DeliveredMessage>),
    /// A device did something that one can see.
    Effect(Effect),
    /// A machine explained a decision; the record's rules say which statements it followed.
    Note(Note),
}

/// A trip over a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flight {
    /// Over which link.
    pub link: LinkId,
    /// In which connection: the record of its opening.
    pub connection: RecordId,
    /// Who sent it.
    pub from: NodeId,
    /// Who is to get it.
    pub to: NodeId,
    /// Which role of the connection `from` has.
    pub sender: Sender,
    /// The version that the connection speaks.
    pub version: Version,
    /// When the last byte is to arrive, if nothing comes between.
    pub arrives_at: Instant,
    /// Everything that is on the wire, fixed header first.
    pub bytes: Bytes,
}

impl Flight {
    /// The packet that the bytes are; `None` for raw bytes that are none, or more than one.
    #[must_use]
    pub fn packet(&self) -> Option<Packet> {
        packet(&self.bytes, self.sender, self.version)
    }
}

/// The packet that some bytes are; `None` for bytes that are none, or more than one.
pub(crate) fn packet(bytes: &[u8], sender: Sender, version: Version) -> Option<Packet> {
    let mut decoder = Decoder::new(Framing {
        version: Some(version),
        ..Framing::new(sender)
    });
    decoder.push(bytes);
    let packet = decoder.decode().ok()??;
    (decoder.pending_bytes() == 0).then_some(packet)
}

/// A message as an application got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveredMessage {
    /// The topic name, an alias resolved.
    pub topic: TopicName,
    /// What it says.
    pub payload: Bytes,
    /// QoS, packet identifier and DUP of the PUBLISH that brought it.
    pub delivery: Delivery,
    /// RETAIN of that PUBLISH.
    pub retain: bool,
}

/// Why a flight never arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Loss {
    /// The link was cut while the bytes were on it.
    LinkCut,
    /// The connection was gone when they arrived.
    ConnectionGone,
    /// Nobody was there when they arrived.
    NodeDown,
    /// A datagram link lost them, though the connection lives.
    Vanished,
}

/// How a node stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Down {
    /// No power: nobody is told.
    PowerLost,
    /// Its program died: its computer closed its connections.
    Crashed,
}

/// Why one end of a connection closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Closing {
    /// The link was cut.
    LinkCut,
    /// The node closed it itself.
    ByNode,
    /// The other end closed it.
    ByPeer,
    /// The node stopped.
    NodeDown,
}

/// A machine's explanation. `Display` says it in one short sentence.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// What a client does or decides.
    Protocol(mqtt_proto::Note),
    /// What a broker does or decides.
    Broker {
        /// The client that it is about; `None` for a client that is no node of this run, and for none.
        client: Option<NodeId>,
        /// What.
        note: Box<mqtt_broker::Note>,
    },
    /// Why a machine closes its connection.
    Closing(CloseReason),
    /// A device gave a message up.
    Dropped {
        /// The mark under which it was kept.
        tag: Tag,
        /// Why.
        why: DropReason,
    },
    /// A node has started again, and all that it knew is gone.
    Forgot,
    /// A device was told to do what it cannot do.
    Misuse(Misuse),
    /// What a device's program did that no packet shows.
    Device(Box<Remark>),
    /// Bytes from outside are no packet: why the decoder stops.
    NoPacket(Malformed),
}

impl Note {
    /// What the machine's session or connection says, whichever machine it is.
    #[must_use]
    pub fn protocol(&self) -> Option<&mqtt_proto::Note> {
        match self {
            Self::Protocol(note) => Some(note),
            Self::Broker { note, .. } => match note.as_ref() {
                mqtt_broker::Note::Protocol(note) => Some(note),
                _ => None,
            },
            _ => None,
        }
    }

    /// What the broker itself says.
    #[must_use]
    pub fn broker(&self) -> Option<&mqtt_broker::Note> {
        match self {
            Self::Broker { note, .. } => Some(note),
            _ => None,
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protocol(note) => note.fmt(f),
            Self::Broker { note, .. } => note.fmt(f),
            Self::Closing(why) => write!(f, "closes: {why}"),
            Self::Forgot => f.write_str("starts with an empty memory"),
            Self::Dropped { why, .. } => write!(f, "message given up: {why}"),
            Self::Misuse(misuse) => write!(f, "cannot: {misuse}"),
            Self::Device(remark) => remark.fmt(f),
            Self::NoPacket(fault) => write!(f, "sent bytes that are no packet: {fault}"),
        }
    }
}

/// Up to [`Rules::MOST`] statements. Few records name more than one; what is above the limit is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rules([Option<StatementId>; Rules::MOST]);

impl Rules {
    /// How many one record can name.
    pub const MOST: usize = 4;

    /// No rule.
    pub const NONE: Self = Self([None; Self::MOST]);

    /// The statements, most important first.
    pub fn iter(&self) -> impl Iterator<Item = StatementId> + '_ {
        self.0.iter().copied().flatten()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl FromIterator<StatementId> for Rules {
    fn from_iter<I: IntoIterator<Item = StatementId>>(statements: I) -> Self {
        let mut statements = statements.into_iter();
        Self(core::array::from_fn(|_| statements.next()))
    }
}

impl RecordKind {
    /// Whether it is one of the steps that the ladder shows and that a user walks through.
    ///
    /// Arrivals are the ends of arrows and losses belong to the cut that made them, so they are no steps of their own.
    #[must_use]
    pub const fn is_step(&self) -> bool {
        matches!(
            self,
            Self::Sent(_)
                | Self::LinkCut { .. }
                | Self::LinkRestored { .. }
                | Self::LinkSilent { .. }
                | Self::ReaderStalled { .. }
                | Self::PacketsHeld { .. }
                | Self::PacketsReleased { .. }
                | Self::NodeDown { .. }
                | Self::NodeUp
                | Self::Lost {
                    why: Loss::Vanished,
                    ..
                }
                | Self::ConnectionRefused { .. }
                | Self::Effect(_)
        )
    }
}
