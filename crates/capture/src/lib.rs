//! TCP connections as captures that Wireshark reads and writes.
//!
//! [`write()`] makes a pcapng file of connections that never were on a network: Ethernet, IP and TCP are synthetic, with real
//! handshakes, sequence numbers and checksums. [`read::Reader`] takes the bytes of TCP connections out of a pcapng or pcap file, piece
//! by piece, in order and each once, and tells what is missing. What the bytes mean is not known here: there is no MQTT in this crate.

pub mod read;
mod write;

pub use write::{Connection, Happening, Host, What, write};
