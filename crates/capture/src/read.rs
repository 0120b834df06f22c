//! Reads the TCP connections of a capture: pcapng or pcap, over Ethernet, Linux's cooked links, loopback or bare IP.

use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use pcap_file::pcap::PcapParser;
use pcap_file::pcapng::blocks::interface_description::InterfaceDescriptionOption;
use pcap_file::pcapng::{Block, PcapNgParser};
use pcap_file::{DataLink, PcapError};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

/// A larger file is refused.
pub const FILE_MAX_BYTES: usize = 256 * 1024 * 1024;
/// So many connections are read; what belongs to others is left out.
const STREAMS_MAX: usize = 1000;
/// So many bytes of a direction may wait for others that are missing.
const WAITING_MAX_BYTES: usize = 4 * 1024 * 1024;

/// Why a file is no capture that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// It is larger than [`FILE_MAX_BYTES`].
    TooLarge,
    /// It begins as neither pcapng nor pcap.
    NotACapture,
    /// Its first blocks cannot be read.
    Damaged,
    /// There is no TCP in it.
    NoTcp,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// An end has closed it.
    Finished,
    /// An end has reset it.
    Reset,
}

/// Bytes that came in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// When the last of them was captured, in microseconds since the first frame of the capture.
    pub at: u64,
    /// Whether the client sent them.
    pub by_client: bool,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A TCP connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Who dialled.
    pub client: (IpAddr, u16),
    /// Who answered.
    pub server: (IpAddr, u16),
    /// When its first frame was captured, in microseconds since the first frame of the capture.
    pub opened: u64,
    /// What was sent, in the order of the capture.
    pub chunks: Vec<Chunk>,
    /// When and how it ended.
    pub ended: Option<(u64, End)>,
    /// Bytes that the capture does not have, though later ones are in it.
    pub has_gap: bool,
}

/// What a capture holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capture {
    /// The connections, in the order of their first frames.
    pub streams: Vec<Stream>,
    /// Frames of TCP.
    pub frames: usize,
    /// Frames of something else, or cut short.
    pub skipped: usize,
    /// Whether the file ends in the middle.
    pub is_cut_short: bool,
}

/// Reads a capture.
///
/// # Errors
/// Why it cannot be read.
pub fn read(file: &[u8]) -> Result<Capture, ReadError> {
    if file.len() > FILE_MAX_BYTES {
        return Err(ReadError::TooLarge);
    }
    let mut reader = Reader::default();
    match file.get(..4) {
        Some([0x0a, 0x0d, 0x0d, 0x0a]) => reader.pcapng(file)?,
        Some(
            [0xd4, 0xc3, 0xb2, 0xa1]
            | [0xa1, 0xb2, 0xc3, 0xd4]
            | [0x4d, 0x3c, 0xb2, 0xa1]
            | [0xa1, 0xb2, 0x3c, 0x4d],
        ) => reader.pcap(file)?,
        _ => return Err(ReadError::NotACapture),
    }
    if reader.capture.frames == 0 {
        return Err(ReadError::NoTcp);
    }
    Ok(reader.finish())
}

type Address = (IpAddr, u16);

/// One direction of a connection as it is put together.
#[derive(Default)]
struct Direction {
    /// The next byte that is wanted.
    next: Option<u32>,
    /// What came too early.
    waiting: BTreeMap<u32, (u64, Vec<u8>)>,
    waiting_bytes: usize,
}

#[derive(Default)]
struct Reader {
    capture: Capture,
    /// By the two ends, the lower first: the connection that is open between them.
    open: HashMap<(Address, Address), usize>,
    directions: Vec<[Direction; 2]>,
    /// The time of the first frame, in nanoseconds.
    start: Option<u128>,
}

impl Reader {
    fn pcapng(&mut self, file: &[u8]) -> Result<(), ReadError> {
        let (mut rest, mut parser) = PcapNgParser::new(file).map_err(|_| ReadError::Damaged)?;
        while !rest.is_empty() {
            let (after, block) = match parser.next_block(rest) {
                Ok(it) => it,
                Err(PcapError::IncompleteBuffer) => {
                    self.capture.is_cut_short = true;
                    break;
                }
                Err(_) if self.capture.frames == 0 => return Err(ReadError::Damaged),
                Err(_) => {
                    self.capture.is_cut_short = true;
                    break;
                }
            };
            rest = after;
            let Block::EnhancedPacket(packet) = block else {
                continue;
            };
            let interface = usize::try_from(packet.interface_id).unwrap_or(usize::MAX);
            let Some(interface) = parser.interfaces().get(interface) else {
                self.capture.skipped += 1;
                continue;
            };
            let resolution = interface.options.iter().find_map(|option| match option {
                InterfaceDescriptionOption::IfTsResol(it) => Some(*it),
                _ => None,
            });
            // The library gives the units of the interface's clock and calls them nanoseconds.
            let units = packet.timestamp.as_nanos();
            let nanos = match resolution.unwrap_or(6) {
                exponent @ 0..=9 => units.saturating_mul(10_u128.pow(u32::from(9 - exponent))),
                exponent @ 10..=20 => units / 10_u128.pow(u32::from(exponent - 9)),
                exponent => {
                    let shift = u32::from(exponent & 0x7f).min(64);
                    units.saturating_mul(1_000_000_000) >> shift
                }
            };
            self.frame(interface.linktype, nanos, &packet.data);
        }
        Ok(())
    }

    fn pcap(&mut self, file: &[u8]) -> Result<(), ReadError> {
        let (mut rest, parser) = PcapParser::new(file).map_err(|_| ReadError::Damaged)?;
        let link = parser.header().datalink;
        while !rest.is_empty() {
            let Ok((after, packet)) = parser.next_packet(rest) else {
                self.capture.is_cut_short = true;
                break;
            };
            rest = after;
            self.frame(link, packet.timestamp.as_nanos(), &packet.data);
        }
        Ok(())
    }

    fn frame(&mut self, link: DataLink, nanos: u128, data: &[u8]) {
        let sliced = match link {
            DataLink::ETHERNET => SlicedPacket::from_ethernet(data),
            DataLink::LINUX_SLL => SlicedPacket::from_linux_sll(data),
            DataLink::RAW | DataLink::IPV4 | DataLink::IPV6 => SlicedPacket::from_ip(data),
            // Four bytes say which family of addresses follows.
            DataLink::NULL | DataLink::LOOP => {
                SlicedPacket::from_ip(data.get(4..).unwrap_or_default())
            }
            // Linux's cooked links, second version: twenty bytes, then IP.
            DataLink::LINUX_SLL2 => SlicedPacket::from_ip(data.get(20..).unwrap_or_default()),
            _ => {
                self.capture.skipped += 1;
                return;
            }
        };
        let parts = sliced.ok().and_then(|it| Some((it.net?, it.transport?)));
        let Some((net, TransportSlice::Tcp(tcp))) = parts else {
            self.capture.skipped += 1;
            return;
        };
        let (from, to): (IpAddr, IpAddr) = match net {
            NetSlice::Ipv4(it) => (
                it.header().source_addr().into(),
                it.header().destination_addr().into(),
            ),
            NetSlice::Ipv6(it) => (
                it.header().source_addr().into(),
                it.header().destination_addr().into(),
            ),
            _ => {
                self.capture.skipped += 1;
                return;
            }
        };
        self.capture.frames += 1;
        let start = *self.start.get_or_insert(nanos);
        let at = u64::try_from(nanos.saturating_sub(start) / 1000).unwrap_or(u64::MAX);
        let from = (from, tcp.source_port());
        let to = (to, tcp.destination_port());
        let Some(stream) = self.stream(from, to, tcp.syn(), tcp.ack(), at) else {
            return;
        };
        let by_client = self
            .capture
            .streams
            .get(stream)
            .is_some_and(|it| it.client == from);
        let Some(direction) = self
            .directions
            .get_mut(stream)
            .and_then(|it| it.get_mut(usize::from(!by_client)))
        else {
            return;
        };
        let mut sequence = tcp.sequence_number();
        if tcp.syn() {
            sequence = sequence.wrapping_add(1);
            direction.next = Some(sequence);
        }
        let ready = direction.take(sequence, at, tcp.payload());
        if let Some(it) = self.capture.streams.get_mut(stream) {
            it.chunks.extend(ready.into_iter().map(|(at, bytes)| Chunk {
                at,
                by_client,
                bytes,
            }));
            let end = match (tcp.rst(), tcp.fin()) {
                (true, _) => Some(End::Reset),
                (_, true) => Some(End::Finished),
                _ => None,
            };
            if let Some(end) = end {
                it.ended.get_or_insert((at, end));
            }
        }
    }

    /// The connection between two ends; a new one if it begins anew.
    fn stream(
        &mut self,
        from: Address,
        to: Address,
        syn: bool,
        ack: bool,
        at: u64,
    ) -> Option<usize> {
        let key = if from < to { (from, to) } else { (to, from) };
        let known = self.open.get(&key).copied();
        let begins = syn && !ack;
        let is_over = known
            .and_then(|it| self.capture.streams.get(it))
            .is_some_and(|it| it.ended.is_some() || !it.chunks.is_empty());
        match known {
            Some(stream) if !(begins && is_over) => Some(stream),
            _ if self.capture.streams.len() >= STREAMS_MAX => None,
            _ => {
                // Who dials says so; in the middle of a connection the well-known port is the server's.
                let from_client = if syn { !ack } else { from.1 > to.1 };
                let (client, server) = if from_client { (from, to) } else { (to, from) };
                let stream = self.capture.streams.len();
                self.capture.streams.push(Stream {
                    client,
                    server,
                    opened: at,
                    chunks: Vec::new(),
                    ended: None,
                    has_gap: false,
                });
                self.directions.push(<[Direction; 2]>::default());
                self.open.insert(key, stream);
                Some(stream)
            }
        }
    }

    fn finish(mut self) -> Capture {
        for (stream, directions) in self.capture.streams.iter_mut().zip(&self.directions) {
            stream.has_gap = directions.iter().any(|it| !it.waiting.is_empty());
        }
        self.capture
    }
}

impl Direction {
    /// Takes a segment; what can be given on now, in order.
    fn take(&mut self, sequence: u32, at: u64, payload: &[u8]) -> Vec<(u64, Vec<u8>)> {
        if payload.is_empty() {
            return Vec::new();
        }
        let next = *self.next.get_or_insert(sequence);
        // Sequence numbers go round: what lies behind is seen by the sign.
        let ahead = sequence.wrapping_sub(next).cast_signed();
        let mut ready = Vec::new();
        if ahead > 0 {
            if self.waiting_bytes + payload.len() <= WAITING_MAX_BYTES {
                let old = self.waiting.insert(sequence, (at, payload.to_vec()));
                self.waiting_bytes += payload.len();
                self.waiting_bytes -= old.map_or(0, |(_, old)| old.len());
            }
            return ready;
        }
        self.give(ahead, at, payload, &mut ready);
        // What came too early may fit now.
        while let Some(sequence) = self.fitting() {
            let Some((early, bytes)) = self.waiting.remove(&sequence) else {
                break;
            };
            self.waiting_bytes -= bytes.len();
            let ahead = sequence
                .wrapping_sub(self.next.unwrap_or(sequence))
                .cast_signed();
            self.give(ahead, early.max(at), &bytes, &mut ready);
        }
        ready
    }

    fn fitting(&self) -> Option<u32> {
        let next = self.next?;
        let mut waiting = self.waiting.keys();
        waiting
            .find(|it| it.wrapping_sub(next).cast_signed() <= 0)
            .copied()
    }

    /// Gives on what of a segment is new: its start may have come before.
    fn give(&mut self, ahead: i32, at: u64, payload: &[u8], ready: &mut Vec<(u64, Vec<u8>)>) {
        let known = usize::try_from(ahead.unsigned_abs()).unwrap_or(usize::MAX);
        if let Some(new) = payload.get(known..).filter(|it| !it.is_empty()) {
            ready.push((at, new.to_vec()));
            let length = u32::try_from(new.len()).unwrap_or(0);
            self.next = self.next.map(|next| next.wrapping_add(length));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::{Connection, Happening, Host, What, write};

    #[test]
    fn segments_come_in_order_and_once() {
        for (segments, whole) in [
            (vec![(10, "ab"), (12, "cd")], "abcd"),
            (vec![(10, "ab"), (14, "ef"), (12, "cd")], "abcdef"),
            (vec![(10, "ab"), (10, "ab"), (12, "cd")], "abcd"),
            (vec![(10, "ab"), (11, "bc"), (10, "abcd")], "abcd"),
            (vec![(10, "ab"), (14, "ef")], "ab"),
            (
                vec![(10, "ab"), (13, "def"), (12, "cd"), (9, "x")],
                "abcdef",
            ),
        ] {
            for first in [0_u32, u32::MAX - 11] {
                let mut direction = Direction::default();
                let mut got = Vec::new();
                for (at, text) in &segments {
                    let ready = direction.take(first.wrapping_add(*at), 0, text.as_bytes());
                    got.extend(ready.into_iter().flat_map(|(_, bytes)| bytes));
                }
                assert_eq!(String::from_utf8(got).unwrap(), whole, "{segments:?}");
            }
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let host = |number, port| Host { number, port };
        let connections = [
            Connection {
                client: host(2, 49_152),
                server: host(1, 1883),
            },
            Connection {
                client: host(3, 49_153),
                server: host(1, 1883),
            },
        ];
        let long = vec![7_u8; 5000];
        let sent = |by_client, bytes: &[u8]| What::Sent {
            by_client,
            bytes: bytes.to_vec(),
            comment: "why".to_owned(),
        };
        let happenings: Vec<Happening> = [
            (0, 0, What::Dial),
            (4, 0, What::Answer),
            (8, 0, What::Open),
            (10, 1, What::Dial),
            (14, 1, What::Answer),
            (18, 1, What::Open),
            (20, 0, sent(true, b"hello")),
            (
                30,
                0,
                What::Arrived {
                    by_client: true,
                    sent: 0,
                },
            ),
            (40, 1, sent(true, &long)),
            (50, 0, sent(false, b"well")),
            (
                60,
                0,
                What::Finish {
                    by_client: true,
                    has_heard: false,
                },
            ),
            (
                70,
                1,
                What::Reset {
                    by_client: false,
                    comment: String::new(),
                },
            ),
        ]
        .into_iter()
        .map(|(at, connection, what)| Happening {
            at,
            connection,
            what,
        })
        .collect();
        let file = write(&connections, &happenings).unwrap();
        let capture = read(&file).unwrap();
        assert_eq!(capture.streams.len(), 2);
        let of = |stream: usize, by_client: bool| {
            let chunks = capture.streams[stream].chunks.iter();
            chunks
                .filter(|it| it.by_client == by_client)
                .flat_map(|it| it.bytes.clone())
                .collect::<Vec<u8>>()
        };
        assert_eq!(of(0, true), b"hello");
        assert_eq!(of(0, false), b"well");
        assert_eq!(of(1, true), long);
        assert_eq!(capture.streams[0].client.1, 49_152);
        assert_eq!(capture.streams[0].chunks[0].at, 20);
        assert_eq!(capture.streams[0].ended, Some((60, End::Finished)));
        assert_eq!(capture.streams[1].ended, Some((70, End::Reset)));
        // However it is cut, it does not panic, and gives what it has.
        for end in 0..file.len() {
            let _ = read(&file[..end]);
        }
        let mut noise = file.clone();
        for index in (0..noise.len()).step_by(7) {
            noise[index] ^= 0x55;
            let _ = read(&noise);
        }
    }

    #[test]
    fn what_is_no_capture_is_refused() {
        for (file, why) in [
            (&b""[..], ReadError::NotACapture),
            (b"mqtt-playground 1\n", ReadError::NotACapture),
            (&[0x0a, 0x0d, 0x0d, 0x0a], ReadError::Damaged),
            (&[0xd4, 0xc3, 0xb2, 0xa1, 0, 0], ReadError::Damaged),
        ] {
            assert_eq!(read(file), Err(why));
        }
    }
}
