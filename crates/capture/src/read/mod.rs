//! Reads the TCP connections of a capture: pcapng or pcap, over Ethernet, Linux's cooked links, loopback or bare IP.

mod tcp;

use crate::write::APPLICATION;
use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice};
use pcap_file::pcap::PcapParser;
use pcap_file::pcapng::blocks::interface_description::InterfaceDescriptionOption;
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::pcapng::{Block, PcapNgParser};
use pcap_file::{DataLink, PcapError};
use std::net::IpAddr;
use tcp::{Segment, Tcp};

pub use tcp::STREAMS_MAX;

/// A larger file is refused.
pub const FILE_MAX_BYTES: usize = 256 * 1024 * 1024;
/// A larger block is none: captures cut frames at a quarter of a mebibyte.
const BLOCK_MAX_BYTES: usize = 4 * 1024 * 1024;

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

/// A TCP connection: its two ends, address and port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Who dialled.
    pub client: (IpAddr, u16),
    /// Who answered.
    pub server: (IpAddr, u16),
}

/// Something that happened in a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it was captured, in microseconds since the first frame; never before the event before it.
    pub at: u64,
    /// In which connection: its place in [`Reader::streams`].
    pub stream: usize,
    /// Whether the client did it; for [`What::Acknowledged`] and [`What::Repeated`], whether it is about the client's bytes.
    pub by_client: bool,
    /// What.
    pub what: What,
}

/// What happened. Places in a direction are counted from its first byte in the capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The client's end is open, or, if the capture began later, was.
    Opened {
        /// One way between the ends, in microseconds: half the time from the client's SYN to its next segment; 0 if not known.
        trip: u64,
    },
    /// Bytes in order, each once.
    Bytes(Vec<u8>),
    /// So many bytes were sent that the capture does not have.
    Missing(u32),
    /// The other end has got everything before this place.
    Acknowledged {
        /// The place.
        until: u64,
    },
    /// Bytes that are not acknowledged are sent once more.
    Repeated {
        /// The place of the first of them.
        since: u64,
    },
    /// An end says that it sends no more: FIN.
    Finished,
    /// An end does not know the connection, or breaks it off: RST.
    Reset,
    /// A client dialled in vain.
    Refused,
}

/// What a capture holds besides the connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Frames of TCP.
    pub frames: usize,
    /// Frames of something else, or cut so short that nothing can be told.
    pub skipped: usize,
    /// Frames of TCP that belong to connections above [`STREAMS_MAX`], or to ones that were over.
    pub left_out: usize,
    /// Frames of any kind in sections that say that [`write`](crate::write) made them.
    pub own: usize,
    /// Whether the file ends in the middle, or cannot be read from somewhere on.
    pub is_cut_short: bool,
}

impl Summary {
    /// Whether nothing in the file was ever on a wire as it stands there: [`write`](crate::write) made all of it.
    #[must_use]
    pub const fn is_own(&self) -> bool {
        self.own > 0 && self.own == self.frames + self.skipped
    }
}

enum Format {
    Unknown,
    PcapNg(PcapNgParser),
    Pcap(PcapParser),
    /// What follows cannot be read.
    Over,
}

/// Reads a capture in pieces of any size.
pub struct Reader {
    format: Format,
    /// What is not a whole block yet.
    rest: Vec<u8>,
    taken: usize,
    frames: Frames,
}

/// Whether a file begins as a capture does.
#[must_use]
pub fn is_capture(start: &[u8]) -> bool {
    matches!(
        start.get(..4),
        Some(
            [0x0a, 0x0d, 0x0d, 0x0a]
                | [0xd4, 0xc3, 0xb2, 0xa1]
                | [0xa1, 0xb2, 0xc3, 0xd4]
                | [0x4d, 0x3c, 0xb2, 0xa1]
                | [0xa1, 0xb2, 0x3c, 0x4d]
        )
    )
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// Before the first byte of a file.
    #[must_use]
    pub fn new() -> Self {
        Self {
            format: Format::Unknown,
            rest: Vec::new(),
            taken: 0,
            frames: Frames::default(),
        }
    }

    /// Takes the next bytes of the file, and gives on what can be read.
    ///
    /// # Errors
    /// Why it is no capture.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), ReadError> {
        self.taken = self.taken.saturating_add(bytes.len());
        if self.taken > FILE_MAX_BYTES {
            return Err(ReadError::TooLarge);
        }
        if matches!(self.format, Format::Over) {
            return Ok(());
        }
        let mut all = std::mem::take(&mut self.rest);
        all.extend_from_slice(bytes);
        let before = all.len();
        let mut rest = all.as_slice();
        if matches!(self.format, Format::Unknown) {
            if rest.len() >= 4 && !is_capture(rest) {
                return Err(ReadError::NotACapture);
            }
            rest = self.begin(rest)?;
        }
        let frames = &mut self.frames;
        let outcome = match &mut self.format {
            Format::PcapNg(parser) => blocks(parser, &mut rest, frames),
            Format::Pcap(parser) => packets(parser, &mut rest, frames),
            Format::Unknown | Format::Over => Ok(()),
        };
        if outcome.is_err() || rest.len() > BLOCK_MAX_BYTES {
            if frames.count.frames == 0 {
                return Err(ReadError::Damaged);
            }
            frames.count.is_cut_short = true;
            self.format = Format::Over;
            return Ok(());
        }
        let done = before - rest.len();
        all.drain(..done);
        self.rest = all;
        Ok(())
    }

    fn begin<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], ReadError> {
        let (rest, format) = if bytes.starts_with(&[0x0a, 0x0d, 0x0d, 0x0a]) {
            match PcapNgParser::new(bytes) {
                Ok((rest, parser)) => (rest, Format::PcapNg(parser)),
                Err(PcapError::IncompleteBuffer) => return Ok(bytes),
                Err(_) => return Err(ReadError::Damaged),
            }
        } else {
            match PcapParser::new(bytes) {
                Ok((rest, parser)) => (rest, Format::Pcap(parser)),
                Err(PcapError::IncompleteBuffer) => return Ok(bytes),
                Err(_) => return Err(ReadError::Damaged),
            }
        };
        self.format = format;
        Ok(rest)
    }

    /// The connections so far, in the order of their first frames.
    #[must_use]
    pub fn streams(&self) -> &[Stream] {
        &self.frames.tcp.streams
    }

    /// What has happened since this was asked last, in the order of the file.
    pub fn events(&mut self) -> impl Iterator<Item = Event> {
        std::mem::take(&mut self.frames.tcp.events).into_iter()
    }

    /// Whether the client's SYN is in the capture: it did not begin later than this connection.
    #[must_use]
    pub fn has_start(&self, stream: usize) -> bool {
        self.frames.tcp.has_start(stream)
    }

    /// Whether the capture lacks bytes of a connection that were sent before others that it has, and nobody has said that they
    /// came through: what follows them cannot be told.
    #[must_use]
    pub fn has_gap(&self, stream: usize) -> bool {
        self.frames.tcp.has_gap(stream)
    }

    /// The file has ended.
    ///
    /// # Errors
    /// Why it was no capture.
    pub fn finish(&self) -> Result<Summary, ReadError> {
        match self.format {
            Format::Unknown if self.taken < 4 || !is_capture(&self.rest) => {
                return Err(ReadError::NotACapture);
            }
            Format::Unknown => return Err(ReadError::Damaged),
            Format::PcapNg(_) | Format::Pcap(_) | Format::Over => {}
        }
        let count = self.frames.count;
        if count.frames == 0 {
            return Err(ReadError::NoTcp);
        }
        Ok(Summary {
            left_out: self.frames.tcp.left_out,
            is_cut_short: count.is_cut_short || !self.rest.is_empty(),
            ..count
        })
    }
}

/// The file cannot be read on.
struct Unreadable;

fn blocks(
    parser: &mut PcapNgParser,
    rest: &mut &[u8],
    frames: &mut Frames,
) -> Result<(), Unreadable> {
    while !rest.is_empty() {
        let (after, block) = match parser.next_block(rest) {
            Ok(it) => it,
            Err(PcapError::IncompleteBuffer) => break,
            Err(_) => return Err(Unreadable),
        };
        *rest = after;
        let Block::EnhancedPacket(packet) = block else {
            continue;
        };
        frames.count.own += usize::from(is_own(parser.section()));
        let Some(interface) = parser.packet_interface(&packet) else {
            frames.count.skipped += 1;
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
        frames.take(interface.linktype, nanos, &packet.data);
    }
    Ok(())
}

/// Whether a section says that [`write`](crate::write) made it.
fn is_own(section: &SectionHeaderBlock<'_>) -> bool {
    section
        .options
        .iter()
        .any(|it| matches!(it, SectionHeaderOption::UserApplication(name) if name == APPLICATION))
}

fn packets(parser: &PcapParser, rest: &mut &[u8], frames: &mut Frames) -> Result<(), Unreadable> {
    let link = parser.header().datalink;
    while !rest.is_empty() {
        let (after, packet) = match parser.next_packet(rest) {
            Ok(it) => it,
            Err(PcapError::IncompleteBuffer) => break,
            Err(_) => return Err(Unreadable),
        };
        *rest = after;
        frames.take(link, packet.timestamp.as_nanos(), &packet.data);
    }
    Ok(())
}

/// The frames of a capture.
#[derive(Default)]
struct Frames {
    tcp: Tcp,
    count: Summary,
    /// The time of the first frame, in nanoseconds.
    start: Option<u128>,
    /// The time of the last one, in microseconds since the first.
    last: u64,
}

impl Frames {
    fn take(&mut self, link: DataLink, nanos: u128, data: &[u8]) {
        let is_tcp = sliced(link, data).is_some_and(|it| self.segment(nanos, &it));
        if is_tcp {
            self.count.frames += 1;
        } else {
            self.count.skipped += 1;
        }
    }

    /// Takes a frame of TCP; whether it is one.
    fn segment(&mut self, nanos: u128, frame: &LaxSlicedPacket<'_>) -> bool {
        let (Some(net), Some(TransportSlice::Tcp(tcp))) = (&frame.net, &frame.transport) else {
            return false;
        };
        let (from, to, length, part): (IpAddr, IpAddr, usize, _) = match net {
            LaxNetSlice::Ipv4(it) => (
                it.header().source_addr().into(),
                it.header().destination_addr().into(),
                usize::from(it.header().total_len()).saturating_sub(it.header().slice().len()),
                it.payload(),
            ),
            LaxNetSlice::Ipv6(it) => (
                it.header().source_addr().into(),
                it.header().destination_addr().into(),
                usize::from(it.header().payload_length())
                    .saturating_sub(it.extensions().slice().len()),
                it.payload(),
            ),
            LaxNetSlice::Arp(_) => return false,
        };
        let missing = length.saturating_sub(part.payload.len());
        let start = *self.start.get_or_insert(nanos);
        let at = u64::try_from(nanos.saturating_sub(start) / 1000).unwrap_or(u64::MAX);
        // Frames of more than one interface may stand out of order.
        self.last = self.last.max(at);
        self.tcp.take(&Segment {
            at: self.last,
            from: (from, tcp.source_port()),
            to: (to, tcp.destination_port()),
            syn: tcp.syn(),
            fin: tcp.fin(),
            rst: tcp.rst(),
            sequence: tcp.sequence_number(),
            acknowledged: tcp.ack().then(|| tcp.acknowledgment_number()),
            payload: tcp.payload(),
            missing: u32::try_from(missing).unwrap_or(0),
        });
        true
    }
}

/// The layers of a frame; what the capture has cut off may be missing.
fn sliced(link: DataLink, data: &[u8]) -> Option<LaxSlicedPacket<'_>> {
    let of_type = |at: usize, payload: usize| {
        let number = data
            .get(at..at + 2)?
            .try_into()
            .ok()
            .map(u16::from_be_bytes)?;
        let payload = data.get(payload..)?;
        Some(LaxSlicedPacket::from_ether_type(EtherType(number), payload))
    };
    match link {
        DataLink::ETHERNET => LaxSlicedPacket::from_ethernet(data).ok(),
        // Linux's cooked links: the type of what follows is the last field of the first version, and the first of the second.
        DataLink::LINUX_SLL => of_type(14, 16),
        DataLink::LINUX_SLL2 => of_type(0, 20),
        DataLink::RAW | DataLink::IPV4 | DataLink::IPV6 => LaxSlicedPacket::from_ip(data).ok(),
        // Four bytes say which family of addresses follows.
        DataLink::NULL | DataLink::LOOP => LaxSlicedPacket::from_ip(data.get(4..)?).ok(),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::{Connection, Happening, Host, What as Written, write};
    use etherparse::PacketBuilder;

    type Read = (Vec<Stream>, Vec<Event>, Summary);

    fn read(file: &[u8], piece: usize) -> Result<Read, ReadError> {
        let mut reader = Reader::new();
        let mut events = Vec::new();
        for bytes in file.chunks(piece) {
            reader.push(bytes)?;
            events.extend(reader.events());
        }
        let summary = reader.finish()?;
        Ok((reader.streams().to_vec(), events, summary))
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
        let sent = |by_client, bytes: &[u8]| Written::Sent {
            by_client,
            bytes: bytes.to_vec(),
            comment: "why".to_owned(),
        };
        let happenings: Vec<Happening> = [
            (0, 0, Written::Dial),
            (4, 0, Written::Answer),
            (8, 0, Written::Open),
            (10, 1, Written::Dial),
            (14, 1, Written::Answer),
            (18, 1, Written::Open),
            (20, 0, sent(true, b"hello")),
            (
                30,
                0,
                Written::Arrived {
                    by_client: true,
                    sent: 0,
                },
            ),
            (40, 1, sent(true, &long)),
            (50, 0, sent(false, b"well")),
            (
                60,
                0,
                Written::Finish {
                    by_client: true,
                    has_heard: false,
                },
            ),
            (
                70,
                1,
                Written::Reset {
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
        let (streams, events, summary) = read(&file, file.len()).unwrap();
        assert_eq!(streams.len(), 2);
        assert_eq!(
            read(&file, 1).unwrap(),
            (streams.clone(), events.clone(), summary)
        );
        assert!(!summary.is_cut_short && summary.is_own());
        // A section of somebody else behind it makes it another file.
        let other = include_bytes!("../../tests/mosquitto.pcapng");
        let (_, _, joined) = read(&[&file, other.as_slice()].concat(), 1000).unwrap();
        assert!(joined.own > 0 && !joined.is_own());
        let of = |stream: usize, by_client: bool| {
            let own = events.iter();
            let own = own.filter(|it| (it.stream, it.by_client) == (stream, by_client));
            own.filter_map(|it| match &it.what {
                What::Bytes(bytes) => Some(bytes.clone()),
                _ => None,
            })
            .collect::<Vec<_>>()
            .concat()
        };
        assert_eq!(of(0, true), b"hello");
        assert_eq!(of(0, false), b"well");
        assert_eq!(of(1, true), long);
        assert_eq!(streams[0].client.1, 49_152);
        let when = |stream: usize, what: What| {
            let found = events
                .iter()
                .find(|it| it.stream == stream && it.what == what);
            found.map(|it| (it.at, it.by_client))
        };
        assert_eq!(when(0, What::Opened { trip: 4 }), Some((8, true)));
        assert_eq!(when(0, What::Bytes(b"hello".to_vec())), Some((20, true)));
        assert_eq!(when(0, What::Acknowledged { until: 5 }), Some((30, true)));
        assert_eq!(when(0, What::Finished), Some((60, true)));
        assert_eq!(when(1, What::Reset), Some((70, false)));
        // However it is cut, it does not panic, and gives what it has.
        for end in 0..file.len() {
            let _ = read(&file[..end], 100);
        }
        let mut noise = file.clone();
        for index in (0..noise.len()).step_by(7) {
            noise[index] ^= 0x55;
            let _ = read(&noise, 1000);
        }
    }

    #[test]
    fn all_kinds_of_links_and_addresses_are_read() {
        let tcp = |v6: bool| {
            let builder = PacketBuilder::ethernet2([2; 6], [3; 6]);
            let mut frame = Vec::new();
            if v6 {
                let ends = ([1; 16], [2; 16]);
                let tcp = builder.ipv6(ends.0, ends.1, 64).tcp(50_000, 1883, 1, 100);
                tcp.write(&mut frame, b"hello").unwrap();
            } else {
                let tcp = builder.ipv4([10, 0, 0, 2], [10, 0, 0, 1], 64);
                tcp.tcp(50_000, 1883, 1, 100)
                    .write(&mut frame, b"hello")
                    .unwrap();
            }
            frame
        };
        for v6 in [false, true] {
            let frame = tcp(v6);
            let (kind, ip) = (&frame[12..14], &frame[14..]);
            let tagged = |tags: &[&[u8]]| [&frame[..12], &tags.concat(), kind, ip].concat();
            let cases = [
                (DataLink::ETHERNET, frame.clone()),
                (DataLink::ETHERNET, tagged(&[&[0x81, 0, 0, 7]])),
                (
                    DataLink::ETHERNET,
                    tagged(&[&[0x88, 0xa8, 0, 7], &[0x81, 0, 0, 9]]),
                ),
                (DataLink::LINUX_SLL, [&[0; 14], kind, ip].concat()),
                (DataLink::LINUX_SLL2, [kind, &[0; 18], ip].concat()),
                (DataLink::RAW, ip.to_vec()),
                (DataLink::NULL, [&[2, 0, 0, 0], ip].concat()),
            ];
            for (link, data) in cases {
                for missing in [0, 2] {
                    let mut frames = Frames::default();
                    frames.take(link, 5_000, &data[..data.len() - missing]);
                    let mut given = frames.tcp.events.iter().map(|it| &it.what);
                    assert_eq!(given.next(), Some(&What::Opened { trip: 0 }));
                    let text = &b"hello"[..5 - missing];
                    assert_eq!(given.next(), Some(&What::Bytes(text.to_vec())), "{link:?}");
                    let cut = (missing > 0).then_some(What::Missing(2));
                    assert_eq!(given.next(), cut.as_ref(), "{link:?}");
                }
                // Cut off further ahead, it is no TCP.
                let mut frames = Frames::default();
                frames.take(link, 0, &data[..data.len() - 15]);
                assert_eq!((frames.count.frames, frames.count.skipped), (0, 1));
            }
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
            assert_eq!(read(file, 3).err(), Some(why), "{file:?}");
        }
    }
}
