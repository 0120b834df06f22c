//! What the hub and a page say to each other over one WebSocket.
//!
//! A page can be the broker of a hub (`mqtt-hub --broker page`): the hub then carries the bytes of every device's
//! connection, unread, to that page and back. Other pages watch what goes over these connections, and follow what the
//! first one shows.
//!
//! Messages stand one after the other in binary WebSocket frames, each of them whole ([`read_frame`], [`write_frame`]).
//! Integers are big-endian; texts and bytes have their length before them, as 32 bits. What is too long, unknown or cut
//! off is a [`Fault`], and ends the WebSocket: both ends are of one version, which the subprotocol names.
//!
//! Flow control is per connection and in both directions ([`Window`], [`Meter`]): a page that is paused stops its
//! devices, by TCP, and never piles up what they send. [`Desk`] is the page's end of it.
//!
//! This crate opens no socket, knows no MQTT and no time, and says nothing about whoever is in a class but how many.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod class;
mod desk;
mod flow;
mod message;
mod record;
#[cfg(test)]
mod tests;
mod wire;

pub use class::{Answer, Cursor, Invitation, Prediction, Question, Tally, Work};
pub use desk::{Desk, DeskEvent};
pub use flow::{Meter, Overrun, Window};
pub use message::{FromHub, FromPage, Hello, Line, Opened, Refusal, Role, Transport, Welcome};
pub use record::Record;
pub use wire::{Chunk, Fault, Message, Text, TooLong, read_frame, write_frame};

/// The WebSocket subprotocol; its last part is the version.
pub const SUBPROTOCOL: &str = "mqtt-playground.relay.2";
/// Earlier versions, which this one does not speak. A page offers them too: a hub that takes one is too old, and can be told from
/// one that is not there.
pub const EARLIER: [&str; 1] = ["mqtt-playground.relay.1"];
/// The path of the WebSocket on the hub.
pub const PATH: &str = "/relay";
/// What the path begins with at which the hub dials a broker for a page, before `HOST:PORT`. The code to join stands in its query, as
/// `?code=CODE`.
pub const DIAL_PATH: &str = "/broker/";

/// The codes with which the hub closes a WebSocket at [`DIAL_PATH`], each with a reason: of an answer in HTTP a browser tells a
/// page nothing. They are of the range that RFC 6455, section 7.4.2, leaves to applications, so that no broker's close is taken for one.
pub mod dial_closes {
    /// The code to join is missing, or it is another one.
    pub const CODE_WANTED: u16 = 4401;
    /// The hub was not started with `--allow-broker` for this broker.
    pub const NOT_ALLOWED: u16 = 4403;
    /// Too many wrong codes came from there, or the hub has dialled as often as it may.
    pub const TRY_LATER: u16 = 4429;
    /// The broker does not answer the hub.
    pub const NOT_REACHED: u16 = 4502;
}

/// The largest WebSocket frame, in bytes. Whoever receives a larger one closes.
pub const FRAME_MAX_BYTES: usize = 1 << 20;
/// The most bytes of one connection in one message.
pub const CHUNK_MAX_BYTES: usize = 64 * 1024;
/// The most bytes of one connection and direction that are on their way or not dealt with at the other end.
pub const WINDOW_BYTES: u32 = 256 * 1024;
/// The most bytes that wait in a page for the other end of one connection to take them.
pub const WAITING_MAX_BYTES: usize = 8 << 20;
/// The longest reason, address or name, in bytes.
pub const WORDS_MAX_BYTES: usize = 512;
/// The longest code, in bytes.
pub const CODE_MAX_BYTES: usize = 64;
/// The longest work (scenario and acts, as text), in bytes.
pub const WORK_MAX_BYTES: usize = 512 * 1024;
/// The longest question, in bytes.
pub const QUESTION_MAX_BYTES: usize = 4 * 1024;
/// The most answers to choose from.
pub const ANSWERS_MAX: usize = 16;
