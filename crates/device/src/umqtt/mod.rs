//! The MQTT clients of MicroPython as they are: `umqtt.simple` and `umqtt.robust` of micropython-lib, `umqtt.simple2`
//! and `umqtt.robust2` 2.2.0 by fizista. None of them is the standard's client: what they leave out is what they teach.
//!
//! A program is a list of their calls, run one after the other by one thread: a call that waits lets nothing else
//! happen. Packets are written and read by the same codec as everywhere; only which packet goes when, and what is left
//! unread, is theirs.
//!
//! Not here: TLS, `socket_timeout=None`, and what happens after 65,535 identifiers of `umqtt.simple`, which
//! has no provision for that.

pub(crate) mod machine;
mod program;
mod queues;
mod simple;
mod simple2;
mod socket;

pub(crate) use machine::Machine;
pub use program::{Call, Guard, Program, STATEMENTS_MAX, Statement};

use core::fmt;

/// A library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Library {
    /// `umqtt.simple`: blocking, no state.
    Simple,
    /// `umqtt.robust`: as simple, and reconnects for ever.
    Robust,
    /// `umqtt.simple2` 2.2.0: non-blocking.
    Simple2,
    /// `umqtt.robust2` 2.2.0: as simple2, with queues; it reports errors instead of raising them.
    Robust2,
}

impl Library {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Simple, Self::Robust, Self::Simple2, Self::Robust2];

    /// Its name, as Python and scenario files have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Simple => "umqtt.simple",
            Self::Robust => "umqtt.robust",
            Self::Simple2 => "umqtt.simple2",
            Self::Robust2 => "umqtt.robust2",
        }
    }

    /// Whether it is one of the two that do not wait for answers.
    pub(crate) const fn is_second(self) -> bool {
        matches!(self, Self::Simple2 | Self::Robust2)
    }
}

/// What a call raises. `Display` shows it as Python does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exception {
    /// `AssertionError`: what the authors thought could not be, or do not support.
    Assertion,
    /// `OSError` with its number. -1 is umqtt's own for a connection that the other end has closed.
    Os(i16),
    /// `MQTTException` with its number.
    Mqtt(i16),
    /// `NotImplementedError`.
    NotImplemented,
    /// `AttributeError`: a call before the first `connect()`.
    Attribute,
    /// `KeyError`.
    Key,
    /// `IndexError`: it looks at bytes that are not there.
    Index,
}

impl Exception {
    /// The other end has closed the connection, as umqtt.simple says it.
    pub const CLOSED: Self = Self::Os(-1);
    /// A socket that was closed by the program.
    pub const BAD_SOCKET: Self = Self::Os(9);
    /// The other end does not know the connection, or nobody listens there: lwIP says both as `ERR_RST`, `ECONNRESET`
    /// (micropython/micropython#5788).
    pub const RESET: Self = Self::Os(104);
    /// The network is gone and the connection with it, or nobody answers: lwIP's `ERR_ABRT`, `ECONNABORTED` with the numbers
    /// of newlib (micropython/micropython-esp32#204).
    pub const ABORTED: Self = Self::Os(113);
    /// No network.
    pub const UNREACHABLE: Self = Self::Os(118);

    /// In a few words, what it means there.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Assertion => "the library does not do that",
            Self::Os(-1) => "the other end has closed the connection",
            Self::Os(9) => "the socket is closed",
            Self::Os(104) => {
                "the other end does not know this connection any more, or nobody listens there"
            }
            Self::Os(113) => "the network is gone, or nobody answers there",
            Self::Os(118) => "there is no network",
            Self::Os(_) => "the socket failed",
            // Of umqtt.simple it is what CONNACK says, of umqtt.simple2 a number of its own.
            Self::Mqtt(1) => {
                "umqtt.simple: the server does not speak this version; simple2: the other end has closed the connection"
            }
            Self::Mqtt(-1) => "a packet that the library does not know",
            Self::Mqtt(5) => "an answer to a subscription that it does not know, or access refused",
            Self::Mqtt(7) => "nothing was heard for longer than the keep alive",
            Self::Mqtt(21..=25) => "the server has refused the connection",
            Self::Mqtt(28) => "it is not connected",
            Self::Mqtt(29) => "the answer to CONNECT is none",
            Self::Mqtt(30) => "no answer came in time",
            Self::Mqtt(44 | 128) => "the server has refused the subscription",
            Self::Mqtt(_) => "the server has refused",
            Self::NotImplemented => "the library does not do that",
            Self::Attribute => "there is no socket yet",
            Self::Key | Self::Index => "a mistake in the library",
        }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assertion => f.write_str("AssertionError"),
            Self::Os(number) => write!(f, "OSError({number})"),
            Self::Mqtt(number) => write!(f, "MQTTException({number})"),
            Self::NotImplemented => f.write_str("NotImplementedError"),
            Self::Attribute => f.write_str("AttributeError"),
            Self::Key => f.write_str("KeyError"),
            Self::Index => f.write_str("IndexError"),
        }
    }
}

/// Where `umqtt.robust2` met an error: the second half of its `conn_issue`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are those of the calls")]
#[repr(u8)]
pub enum Place {
    Connect = 1,
    Publish = 2,
    Subscribe = 3,
    Reconnect = 4,
    SendQueue = 5,
    Disconnect = 6,
    Ping = 7,
    WaitMsg = 8,
    KeepAlive = 9,
    CheckMsg = 10,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connect",
            Self::Publish => "publish",
            Self::Subscribe => "subscribe",
            Self::Reconnect => "reconnect",
            Self::SendQueue => "sendqueue",
            Self::Disconnect => "disconnect",
            Self::Ping => "ping",
            Self::WaitMsg => "wait_msg",
            Self::KeepAlive => "keepalive",
            Self::CheckMsg => "check_msg",
        })
    }
}

/// What the status callback of `umqtt.simple2` and `umqtt.robust2` is called with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Status {
    /// 0: no PUBACK or SUBACK in time.
    TimedOut = 0,
    /// 1: PUBACK or SUBACK has come.
    Answered = 1,
    /// 2: a PUBACK for an identifier that is not waited for, or not any more.
    Unknown = 2,
}
