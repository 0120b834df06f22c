//! Which row of which table a machine has followed, for whoever draws the tables.

use crate::connection::{ClientInput, ClientState, ServerInput, ServerState};
use crate::session::{ReceiverInput, ReceiverState, SenderInput, SenderState};
use crate::types::PacketId;
use core::fmt;
use mqtt_spec::Rule;

/// A transition that has just happened: the state before, and what happened in it. They name the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Taken {
    /// A row of [`CLIENT`](crate::connection::CLIENT).
    Client(ClientState, ClientInput),
    /// A row of [`SERVER`](crate::connection::SERVER).
    Server(ServerState, ServerInput),
    /// A row of [`SENDER`](crate::session::SENDER), for the exchange with this identifier.
    Sender(PacketId, SenderState, SenderInput),
    /// A row of [`RECEIVER`](crate::session::RECEIVER), for the exchange with this identifier.
    Receiver(PacketId, ReceiverState, ReceiverInput),
}

impl Taken {
    /// The rule of the row; `None` where the standard leaves it open.
    #[must_use]
    pub fn rule(self) -> Option<Rule> {
        match self {
            Self::Client(state, input) => state.rule(input),
            Self::Server(state, input) => state.rule(input),
            Self::Sender(_, state, input) => state.rule(input),
            Self::Receiver(_, state, input) => state.rule(input),
        }
    }
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(state, input) => {
                write!(f, "client: {state}, {input}: {}", state.on(*input).next)
            }
            Self::Server(state, input) => {
                write!(f, "server: {state}, {input}: {}", state.on(*input).next)
            }
            Self::Sender(id, state, input) => {
                write!(
                    f,
                    "sender of {id}: {state}, {input}: {}",
                    state.on(*input).next
                )
            }
            Self::Receiver(id, state, input) => write!(
                f,
                "receiver of {id}: {state}, {input}: {}",
                state.on(*input).next
            ),
        }
    }
}
