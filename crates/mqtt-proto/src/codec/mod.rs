//! Between bytes and packets, for both versions.
//!
//! ```
//! use mqtt_proto::codec::{Decoder, Framing, encode};
//! use mqtt_proto::packet::Packet;
//! use mqtt_proto::{Sender, Version};
//!
//! let mut decoder = Decoder::new(Framing::new(Sender::Client));
//! decoder.push(&[0xC0]);
//! assert!(decoder.decode().is_err(), "CONNECT has to come first");
//!
//! let mut decoder = Decoder::new(Framing { version: Some(Version::V5), ..Framing::new(Sender::Client) });
//! decoder.push(&[0xC0]);
//! assert_eq!(decoder.decode(), Ok(None), "incomplete");
//! decoder.push(&[0x00]);
//! assert_eq!(decoder.decode(), Ok(Some(Packet::PingReq)));
//!
//! let mut out = bytes::BytesMut::new();
//! encode(&Packet::PingResp, Version::V5, &mut out).unwrap();
//! assert_eq!(out.as_ref(), [0xD0, 0x00]);
//! ```
//!
//! The decoder checks all that one packet shows by itself: flags, lengths, UTF-8, topics, where
//! properties stand, how often and with which values, reason codes per packet and direction.
//! It does not know what came before: order of packets, packet identifiers in use, topic aliases and
//! quotas are the connection's and the session's. Nor does it look into payloads, even where
//! Payload Format Indicator promises text.

pub(crate) mod decode;
mod encode;
mod field;
mod malformed;
pub(crate) mod property_rules;
mod reader;
pub(crate) mod recorder;
mod versions;

pub use encode::{EncodeError, PropertyMisuse, encode, encoded_len};
pub use field::{FieldName, property_name};
pub use malformed::{Fault, Malformed};
pub use versions::is_built_in;

pub(crate) use encode::put_varint;
pub(crate) use reader::{read_varint, share_fault};

use crate::packet::Packet;
use crate::types::Sender;
use bytes::{Bytes, BytesMut};
use mqtt_spec::Version;
use recorder::Off;

/// The largest packet that the protocol can frame: five bytes of fixed header and a Remaining
/// Length of 268,435,455.
pub const PROTOCOL_MAX_PACKET_BYTES: u32 = 5 + 268_435_455;

/// How much room the decoder makes ahead of bytes that a peer has only announced.
const RESERVE_AHEAD_BYTES: usize = 64 * 1024;

/// What has to be known to cut a byte stream into packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framing {
    /// The version that is spoken. `None`, at a server, until CONNECT says it: nothing else is
    /// then taken. CONNECT is always read by the level inside.
    pub version: Option<Version>,
    /// The end that writes the bytes.
    pub sender: Sender,
    /// The largest packet that is taken, fixed header included. A larger one is refused before
    /// any of its body is stored.
    pub max_packet_size: u32,
}

impl Framing {
    /// What this end writes, with no version agreed yet and no limit but the protocol's.
    #[must_use]
    pub const fn new(sender: Sender) -> Self {
        Self {
            version: None,
            sender,
            max_packet_size: PROTOCOL_MAX_PACKET_BYTES,
        }
    }
}

/// Takes the bytes of one connection in one direction, in pieces of any size, and gives packets.
///
/// Packets share the memory of the receive buffer. Bytes are copied once, by [`Decoder::push`], or
/// not at all by a host that reads into [`Decoder::buffer_mut`].
#[derive(Clone, Debug)]
pub struct Decoder {
    framing: Framing,
    buffer: BytesMut,
    broken: Option<(Malformed, Bytes)>,
}

impl Decoder {
    /// A decoder at the start of a connection.
    #[must_use]
    pub fn new(framing: Framing) -> Self {
        Self {
            framing,
            buffer: BytesMut::new(),
            broken: None,
        }
    }

    /// How the stream is cut; the version is known once CONNECT has been decoded.
    #[must_use]
    pub const fn framing(&self) -> &Framing {
        &self.framing
    }

    /// Changes the largest packet that is taken from now on.
    pub const fn set_max_packet_size(&mut self, bytes: u32) {
        self.framing.max_packet_size = bytes;
    }

    /// Takes bytes off the wire. After a fault they are dropped.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.broken.is_none() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// The buffer that [`Decoder::push`] appends to, for hosts that read into it directly. What is
    /// in it has not been decoded yet and must stay.
    pub const fn buffer_mut(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// The next packet; `Ok(None)` if its bytes are not all there yet.
    ///
    /// # Errors
    /// The fault that ends the stream. It is the answer to every later call.
    pub fn decode(&mut self) -> Result<Option<Packet>, Malformed> {
        if let Some((fault, _)) = &self.broken {
            return Err(*fault);
        }
        let header = match decode::header(&self.buffer, &self.framing, &mut Off) {
            Ok(Some(header)) => header,
            Ok(None) => return Ok(None),
            Err(fault) => {
                let bytes = core::mem::take(&mut self.buffer).freeze();
                return self.break_off(fault, bytes);
            }
        };
        if let Some(missing) = header
            .total
            .checked_sub(self.buffer.len())
            .filter(|missing| *missing > 0)
        {
            self.buffer.reserve(missing.min(RESERVE_AHEAD_BYTES));
            return Ok(None);
        }
        let mut frame = self.buffer.split_to(header.total).freeze();
        match decode::packet(&header, &mut frame, &self.framing, &mut Off) {
            Ok(packet) => {
                if let (None, Packet::Connect(connect)) = (self.framing.version, &packet) {
                    self.framing.version = Some(connect.version);
                }
                Ok(Some(packet))
            }
            Err(fault) => {
                self.buffer = BytesMut::new();
                self.break_off(fault, frame)
            }
        }
    }

    #[cold]
    fn break_off(&mut self, fault: Malformed, bytes: Bytes) -> Result<Option<Packet>, Malformed> {
        self.broken = Some((fault, bytes));
        Err(fault)
    }

    /// The fault that has ended the stream.
    #[must_use]
    pub fn fault(&self) -> Option<Malformed> {
        self.broken.as_ref().map(|(fault, _)| *fault)
    }

    /// The bytes with the fault, from the first of their packet on: what
    /// [`dissect`](crate::anatomy::dissect) explains.
    #[must_use]
    pub fn faulty_bytes(&self) -> Option<&Bytes> {
        self.broken.as_ref().map(|(_, bytes)| bytes)
    }
}
