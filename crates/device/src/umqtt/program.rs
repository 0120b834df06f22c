//! Programs: calls one after the other, some of them again and again.

use crate::rule::Template;
use alloc::vec::Vec;
use core::fmt;
use mqtt_proto::{Duration, Qos, TopicFilter};

use super::Library;

/// A program may have this many lines.
pub const STATEMENTS_MAX: usize = 64;

/// What a device runs instead of a standard client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Program {
    /// The library that it calls.
    pub library: Library,
    /// Its lines.
    pub statements: Vec<Statement>,
    /// Where the endless loop begins; `None` is a program that ends.
    pub loop_from: Option<usize>,
}

/// A line of a program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Statement {
    /// What is raised here is caught, and the program goes on with the next line. Otherwise it ends.
    pub catches: bool,
    /// When the line counts.
    pub guard: Guard,
    /// What it calls.
    pub call: Call,
}

/// When a line counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guard {
    /// Always.
    Always,
    /// When so much time has passed since it counted last.
    Every(Duration),
    /// When the newest connection has found no session: `if not c.connect(clean_session=False):`.
    NewSession,
    /// While there is a connection problem: `if c.is_conn_issue():`, robust2 only.
    Issue,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// `connect(clean_session)`.
    Connect {
        /// `clean_session`.
        clean: bool,
    },
    /// `disconnect()`.
    Disconnect,
    /// `ping()`.
    Ping,
    /// `publish(topic, msg, retain, qos)`.
    Publish(Template),
    /// `subscribe(topic, qos)`.
    Subscribe(TopicFilter, Qos),
    /// `unsubscribe(topic)`, umqtt.simple and umqtt.robust only.
    Unsubscribe(TopicFilter),
    /// `check_msg()`.
    CheckMsg,
    /// `wait_msg()`.
    WaitMsg,
    /// `reconnect()`, robust2 only: robust calls it by itself.
    Reconnect,
    /// `resubscribe()`, robust2 only.
    Resubscribe,
    /// `send_queue()`, robust2 only.
    SendQueue,
    /// `time.sleep()`.
    Sleep(Duration),
}

impl Call {
    /// Whether a library has it.
    #[must_use]
    pub const fn is_of(&self, library: Library) -> bool {
        match self {
            Self::Unsubscribe(_) => !library.is_second(),
            Self::Reconnect | Self::Resubscribe | Self::SendQueue => {
                matches!(library, Library::Robust2)
            }
            _ => true,
        }
    }

    /// Its name in Python.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Connect { .. } => "connect",
            Self::Disconnect => "disconnect",
            Self::Ping => "ping",
            Self::Publish(_) => "publish",
            Self::Subscribe(..) => "subscribe",
            Self::Unsubscribe(_) => "unsubscribe",
            Self::CheckMsg => "check_msg",
            Self::WaitMsg => "wait_msg",
            Self::Reconnect => "reconnect",
            Self::Resubscribe => "resubscribe",
            Self::SendQueue => "send_queue",
            Self::Sleep(_) => "sleep",
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}()", self.name())
    }
}
