//! What a device's program does that no packet shows.

use crate::script::Line;
use crate::umqtt::{Exception, Place, Status};
use alloc::boxed::Box;
use bytes::Bytes;
use core::fmt;
use mqtt_proto::TopicName;
use mqtt_proto::packet::PacketType;

/// Something that a device's program did. `Display` says it in one short sentence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Remark {
    /// A rule or a program made a message. Whether and when it is sent is another matter.
    Made {
        /// Where it is to go.
        topic: TopicName,
        /// What it says.
        payload: Bytes,
    },
    /// A call waits: until it returns, the program does nothing else.
    Waits {
        /// Which.
        call: &'static str,
    },
    /// A call was asked for, and the library has none like it, or the program does not run.
    NotCalled {
        /// Which.
        call: &'static str,
    },
    /// A call has raised something.
    Raised {
        /// What.
        exception: Exception,
        /// Which call.
        call: &'static str,
        /// Whether the program goes on.
        caught: bool,
    },
    /// `umqtt.robust` could not connect, and sleeps before it tries again.
    TriesAgain {
        /// Why not.
        exception: Exception,
    },
    /// `umqtt.robust2` has caught something, and keeps it for `is_conn_issue()`.
    Issue {
        /// What.
        exception: Exception,
        /// Where.
        place: Place,
    },
    /// The status callback of `umqtt.simple2` or `umqtt.robust2`.
    Status {
        /// Of the packet with this identifier.
        pid: u16,
        /// What became of it.
        status: Status,
    },
    /// A packet was written into a socket that the other end has closed: it is lost, and the call succeeds.
    WrittenToNobody {
        /// Which kind.
        kind: PacketType,
    },
    /// A script has written into a socket that the other end has closed: the bytes are lost, and the call succeeds.
    BytesLost {
        /// So many.
        count: usize,
    },
    /// A script connects a second socket: a board has one connection at a time here, and the first is closed.
    OneConnection,
    /// A script has printed a line.
    Printed {
        /// Without its end.
        line: Box<str>,
    },
    /// A script has printed a piece of a line: what it prints next goes on with it.
    PrintedPiece {
        /// What.
        text: Box<str>,
    },
    /// A script wants a name looked up, and its board has joined no network.
    Unjoined,
    /// A script has come to another line: what it does from now on is done there.
    AtLine {
        /// Which.
        line: Line,
    },
    /// `wait_msg()` of `umqtt.simple` has read one byte that it does not know, and left the rest of the packet unread.
    LeftUnread {
        /// The byte.
        first: u8,
    },
    /// The same message waits in the queue of `umqtt.robust2` already: this one is forgotten.
    Merged,
    /// The queue of `umqtt.robust2` is full: the oldest message is forgotten.
    Forgotten {
        /// Where it was to go.
        topic: TopicName,
        /// What it said.
        payload: Bytes,
    },
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Made { topic, .. } => {
                write!(f, "has something to publish on {}", topic.as_str())
            }
            Self::Waits { call } => {
                write!(f, "{call}() waits, and the program does nothing else")
            }
            Self::NotCalled { call } => {
                write!(f, "{call}() is not called: nothing runs that could")
            }
            Self::Raised {
                exception,
                call,
                caught,
            } => {
                let meaning = exception.meaning();
                write!(f, "{call}() raises {exception}: {meaning}")?;
                f.write_str(if *caught { "" } else { "; the program ends" })
            }
            Self::TriesAgain { exception } => {
                let meaning = exception.meaning();
                write!(
                    f,
                    "cannot connect, {exception}: {meaning}; tries again in 2 s"
                )
            }
            Self::Issue { exception, place } => {
                let meaning = exception.meaning();
                write!(f, "connection issue in {place}, {exception}: {meaning}")
            }
            Self::Status { pid, status } => match status {
                Status::TimedOut => write!(f, "status 0: no answer for {pid} in time"),
                Status::Answered => write!(f, "status 1: {pid} is answered"),
                Status::Unknown => write!(f, "status 2: nobody waits for {pid}"),
            },
            Self::WrittenToNobody { kind } => {
                write!(f, "{} is written into a dead socket, and lost", kind.name())
            }
            Self::BytesLost { count } => {
                write!(f, "{count} bytes are written into a dead socket, and lost")
            }
            Self::OneConnection => f.write_str(
                "connects a second socket: a board has one connection at a time here, and the first is closed",
            ),
            Self::Printed { line } => write!(f, "prints: {line}"),
            Self::PrintedPiece { text } => write!(f, "prints without an end: {text}"),
            Self::Unjoined => f.write_str("asks for a name before it has joined a network"),
            Self::AtLine { line } => write!(f, "is at {line}"),
            Self::LeftUnread { first } => {
                write!(
                    f,
                    "reads {first:#04x}, does not know it, and leaves the rest unread"
                )
            }
            Self::Merged => f.write_str("the same message waits already: this one is forgotten"),
            Self::Forgotten { topic, .. } => {
                write!(
                    f,
                    "the queue is full: forgets the oldest message, on {}",
                    topic.as_str()
                )
            }
        }
    }
}
