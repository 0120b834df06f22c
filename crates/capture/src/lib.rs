//! TCP connections as captures that Wireshark reads and writes.
//!
//! [`write()`] makes a pcapng file of connections that never were on a network: Ethernet, IP and TCP are synthetic, with real
//! handshakes, sequence numbers and checksums. [`read()`] takes the bytes of TCP connections out of a pcapng or pcap file, in
//! order and each once. What the bytes mean is not known here: there is no MQTT in this crate.

mod read;
mod write;

pub use read::{Capture, Chunk, End, FILE_MAX_BYTES, ReadError, Stream, read};
pub use write::{Connection, Happening, Host, What, write};
