//! What watchers are told.

use crate::WORDS_MAX_BYTES;
use crate::message::{Line, Opened};
use crate::wire::{Chunk, Text, messages};

messages! {
    /// Something that has happened on a connection of the hub, wherever its broker is.
    ///
    /// It is what the hub itself has seen: the bytes of both directions, in their order. Whoever reads them with the
    /// decoder of MQTT knows all that was said. Passwords and authentication data are not: asterisks stand for their bytes, as for
    /// all of a CONNECT that cannot be read.
    pub enum Record {
        /// A device has connected. Its address is left out.
        Opened(Opened) = 1,
        /// The device has sent, and the broker has got it.
        FromDevice {
            /// Which.
            line: Line,
            /// What.
            bytes: Chunk,
        } = 2,
        /// The broker has sent.
        ToDevice {
            /// To whom.
            line: Line,
            /// What.
            bytes: Chunk,
        } = 3,
        /// The connection is gone.
        Closed {
            /// Which.
            line: Line,
            /// Why, as far as the hub knows.
            why: Text<WORDS_MAX_BYTES>,
        } = 4,
        /// A device was refused.
        Refused {
            /// Why.
            why: Text<WORDS_MAX_BYTES>,
        } = 5,
        /// This connection was there before this watcher: what was said until now is not known.
        Joined(Opened) = 6,
        /// So many records were left out here, because this watcher was too slow. What follows of the connections that
        /// were open may begin within a packet.
        Missed {
            /// How many.
            records: u64,
        } = 7,
        /// A page is the broker from now on.
        BrokerCame {
            /// Whether another page was it until now.
            took_over: bool,
        } = 8,
        /// No page is the broker any more: the connections end.
        BrokerLeft {
            /// Why, as far as the hub knows.
            why: Text<WORDS_MAX_BYTES>,
        } = 9,
    }
}
