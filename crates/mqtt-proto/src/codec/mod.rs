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

mod buffer;
pub(crate) mod decode;
mod encode;
mod field;
mod look;
mod malformed;
mod pass;
pub(crate) mod property_rules;
mod reader;
pub(crate) mod recorder;
mod span;
mod versions;

pub use encode::{EncodeError, PropertyMisuse, encode, encoded_len};
pub(crate) use encode::{encode_from_client, encoded_len_from_client};
pub use field::{FieldName, property_name};
pub use malformed::{Fault, Malformed};
pub use versions::is_built_in;
pub(crate) use versions::is_v5;

pub(crate) use reader::{read_varint, share_fault};
pub(crate) use span::Span;

use crate::packet::Packet;
use crate::types::Sender;
use alloc::vec::Vec;
use buffer::Buffer;
#[cfg(not(feature = "small"))]
use bytes::Buf;
use bytes::{BufMut, Bytes};
use decode::{Frame, Header};
use mqtt_spec::Version;
use recorder::{Outcome, WhichFault};

/// The largest packet that the protocol can frame: five bytes of fixed header and a Remaining
/// Length of 268,435,455.
pub const PROTOCOL_MAX_PACKET_BYTES: u32 = 5 + 268_435_455;

/// How much room the decoder makes ahead of bytes that a peer has only announced.
const RESERVE_AHEAD_BYTES: usize = 64 * 1024;

/// A buffer up to about this size is kept for the next bytes.
const KEPT_BYTES_MAX: usize = 4 * 1024;

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
/// not at all by a host that reads into [`Decoder::buffer_mut`]. (With the feature `small` each packet
/// is a copy.)
#[derive(Clone, Debug)]
pub struct Decoder {
    framing: Framing,
    buffer: Buffer,
    /// Taken off the buffer to be read: packets, and maybe the start of one. To share one piece of memory
    /// is cheaper than to divide it again and again.
    whole: Bytes,
    /// Where the last packet starts in there, and the next.
    start: usize,
    next: usize,
    outcome: Outcome,
}

impl Decoder {
    /// A decoder at the start of a connection.
    #[must_use]
    #[cfg_attr(feature = "small", inline(never))]
    pub fn new(framing: Framing) -> Self {
        Self {
            framing,
            buffer: Buffer::new(),
            whole: Bytes::new(),
            start: 0,
            next: 0,
            outcome: Outcome::default(),
        }
    }

    /// How the stream is cut; the version is known once CONNECT has been decoded.
    #[must_use]
    pub const fn framing(&self) -> Framing {
        Framing {
            version: match self.framing.version {
                None => self.outcome.version,
                known => known,
            },
            ..self.framing
        }
    }

    /// Changes the largest packet that is taken from now on.
    pub const fn set_max_packet_size(&mut self, bytes: u32) {
        self.framing.max_packet_size = bytes;
    }

    /// Takes bytes off the wire. After a fault they are dropped.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.outcome.fault.is_none() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// [`Decoder::push`] without a copy, as far as the bytes are whole packets and nothing is left over from before:
    /// packets then share this memory. (With the feature `small` each packet is a copy.)
    pub fn push_shared(&mut self, mut bytes: Bytes) {
        let is_clear = self.buffer.is_empty() && self.next == self.whole.len();
        let whole = match is_clear && cfg!(not(feature = "small")) && self.outcome.fault.is_none() {
            true => whole_len(&bytes, 0),
            false => 0,
        };
        if whole > 0 {
            let rest = bytes.split_off(whole);
            self.whole = bytes;
            self.next = 0;
            bytes = rest;
        }
        if !bytes.is_empty() {
            self.push(&bytes);
        }
    }

    /// The buffer that [`Decoder::push`] appends to, for hosts that read into it directly. What is
    /// in it has not been decoded yet and must stay.
    pub fn buffer_mut(&mut self) -> &mut (impl BufMut + AsRef<[u8]> + use<>) {
        buffer::to_fill(&mut self.buffer)
    }

    /// The next packet; `Ok(None)` if its bytes are not all there yet.
    ///
    /// # Errors
    /// The fault that ends the stream. It is the answer to every later call.
    pub fn decode(&mut self) -> Result<Option<Packet>, Malformed> {
        self.decode_some::<true>()
    }

    /// [`Decoder::decode`] for what a server sends: a program with a client only then does not hold
    /// the code that reads what clients send.
    pub(crate) fn decode_from_server(&mut self) -> Result<Option<Packet>, Malformed> {
        self.decode_some::<false>()
    }

    #[inline]
    fn decode_some<const FROM_CLIENTS: bool>(&mut self) -> Result<Option<Packet>, Malformed> {
        if let Some(fault) = self.outcome.fault {
            return Err(fault);
        }
        if self.framing.version.is_none() {
            self.framing.version = self.outcome.version;
        }
        #[cfg(not(feature = "small"))]
        loop {
            self.start = self.next;
            let unread = self.whole.get(self.start..).unwrap_or_default();
            if let Ok(Some(header)) = decode::header(unread, &self.framing, &mut self.outcome)
                && let Some(bytes) = unread.get(..header.total)
            {
                self.next = self.start + header.total;
                // To move a packet takes a good part of the time to read it: so nothing is to be done
                // when it has been read, and it is built where the caller wants it.
                let frame = Frame {
                    shared: &self.whole,
                    start: self.start,
                    bytes,
                };
                let outcome = &mut self.outcome;
                return decode::packet::<_, FROM_CLIENTS>(&header, frame, &self.framing, outcome);
            }
            if self.refill()?.is_none() {
                return Ok(None);
            }
        }
        #[cfg(feature = "small")]
        {
            let Some(header) = self.refill()? else {
                return Ok(None);
            };
            self.next = header.total;
            let frame = Frame {
                shared: &self.whole,
                start: 0,
                bytes: &self.whole,
            };
            decode::packet::<_, FROM_CLIENTS>(&header, frame, &self.framing, &mut self.outcome)
        }
    }

    /// Makes what has come since the last packet ready to be read, if a whole packet has: its header.
    /// Nothing else is left to be read.
    #[cfg_attr(not(feature = "small"), inline(never))]
    fn refill(&mut self) -> Result<Option<Header>, Malformed> {
        self.give_back();
        self.start = 0;
        self.next = 0;
        let recorder = &mut WhichFault::default();
        match decode::header_or_fault(&self.buffer, &self.framing, recorder) {
            Ok(Some(header)) => {
                let missing = header.total.saturating_sub(self.buffer.len());
                if missing > 0 {
                    self.buffer.reserve(missing.min(RESERVE_AHEAD_BYTES));
                    return Ok(None);
                }
                self.whole = buffer::cut_off(&mut self.buffer, header.total);
                Ok(Some(header))
            }
            Err(fault) => {
                self.outcome.fault = Some(fault);
                Err(fault)
            }
            incomplete => incomplete,
        }
    }

    /// Lets go of the memory that has been read; of much of it for good, for the peer may fall silent now.
    /// The start of a packet goes back to the buffer, before what has come since.
    fn give_back(&mut self) {
        let all = core::mem::take(&mut self.whole);
        if all.len() > self.next {
            self.give_back_rest(all);
        } else if all.len() > KEPT_BYTES_MAX && self.buffer.is_empty() {
            self.buffer = Buffer::new();
        }
    }

    #[cfg(not(feature = "small"))]
    fn give_back_rest(&mut self, mut all: Bytes) {
        let behind = core::mem::take(&mut self.buffer);
        all.advance(self.next);
        if behind.is_empty() {
            // Unless a packet is still held, no other part of the memory is left then, and nothing is
            // copied.
            drop(behind);
            self.buffer = Buffer::from(all);
        } else {
            self.buffer = Buffer::from(all);
            self.buffer.extend_from_slice(&behind);
        }
    }

    /// There is none: each packet is cut off by itself.
    #[cfg(feature = "small")]
    #[inline(always)]
    fn give_back_rest(&mut self, _: Bytes) {}

    /// How many bytes have come whose packets have not been given yet, the faulty one aside.
    #[must_use]
    pub fn pending_bytes(&self) -> usize {
        match self.outcome.fault {
            // Where its packet ends is not known.
            Some(_) if self.next == self.start => 0,
            _ => self.whole.len() - self.next + self.buffer.len(),
        }
    }

    /// The fault that has ended the stream.
    #[must_use]
    pub fn fault(&self) -> Option<Malformed> {
        self.outcome.fault
    }

    /// The bytes with the fault: the packet, or everything from its first byte on if its length
    /// cannot be known.
    #[must_use]
    pub fn faulty_bytes(&self) -> Option<Bytes> {
        self.outcome.fault?;
        if self.next > self.start {
            return Some(self.whole.slice(self.start..self.next));
        }
        let mut bytes = Vec::from(self.whole.get(self.start..).unwrap_or_default());
        bytes.extend_from_slice(&self.buffer);
        Some(Bytes::from(bytes))
    }
}

/// What a packet's bytes say of how many follow the length; `None` if the length is not whole, or longer than it can be
/// (section 2.2.3, 5.0 2.1.4).
#[must_use]
pub fn remaining_length(packet: &[u8]) -> Option<u32> {
    read_varint(packet.get(1..)?).map(|(remaining, _)| remaining)
}

/// How many bytes at the start are whole packets, as far as their lengths tell; `known` of them are.
#[cfg_attr(not(feature = "small"), inline)]
fn whole_len(bytes: &[u8], known: usize) -> usize {
    let mut whole = known;
    while let Some((first, rest)) = bytes.get(whole..).and_then(<[u8]>::split_first) {
        let Some((remaining, len)) = read_varint(rest) else {
            break;
        };
        let end = whole + size_of_val(first) + len + remaining as usize;
        if end > bytes.len() {
            break;
        }
        whole = end;
    }
    whole
}
