//! Writes connections as a pcapng file, as the network card of each sender would have seen them.

use etherparse::PacketBuilder;
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::{DataLink, Endianness};
use std::borrow::Cow;
use std::time::Duration;

/// A TCP segment carries so many bytes at most, as on Ethernet.
const SEGMENT_MAX_BYTES: usize = 1460;
/// The window that every segment offers.
const WINDOW_BYTES: u16 = 64_240;
/// Where the connections' sequence numbers begin: small enough to be read, and not 0.
const FIRST_SEQUENCE: [u32; 2] = [1_000, 500_000];
/// Who has written the file, as its section header says (`shb_userappl`). Wireshark's programs keep it when they save a part.
pub(crate) const APPLICATION: &str = "MQTT Playground";
/// The clocks of captures count from 1970; these begin at 2020-01-01T00:00:00Z.
const EPOCH_MICROS: u64 = 1_577_836_800_000_000;

/// An end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its number, from 1: it makes its addresses, `10.0.0.number`.
    pub number: u8,
    /// Its TCP port.
    pub port: u16,
}

impl Host {
    const fn ip(self) -> [u8; 4] {
        [10, 0, 0, self.number]
    }

    /// Locally administered.
    const fn mac(self) -> [u8; 6] {
        [2, 0, 0, 0, 0, self.number]
    }
}

/// A connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Who dialled.
    pub client: Host,
    /// Who answered.
    pub server: Host,
}

/// Something that happens in a connection. Each comes from one of its ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The client asks for the connection: SYN.
    Dial,
    /// The server agrees: SYN and ACK.
    Answer,
    /// The client has heard it, its end is open: ACK.
    Open,
    /// Bytes are sent.
    Sent {
        /// Whether by the client.
        by_client: bool,
        /// The bytes.
        bytes: Vec<u8>,
        /// What is to be said about them.
        comment: String,
    },
    /// Bytes that were sent have reached the other end: which [`Sent`](What::Sent), counted from 0 in this connection and direction.
    Arrived {
        /// Whether the client had sent them.
        by_client: bool,
        /// Which.
        sent: usize,
    },
    /// An end closes, and says so: FIN.
    Finish {
        /// Whether the client's.
        by_client: bool,
        /// Whether the other end's FIN has reached it: its own acknowledges it.
        has_heard: bool,
    },
    /// The other end's FIN has reached an end that has sent its own: ACK.
    Heard {
        /// Whether the client's.
        by_client: bool,
    },
    /// An end does not know the connection and says so: RST. An end that is just gone says nothing.
    Reset {
        /// Whether the client's.
        by_client: bool,
        /// What is to be said about it.
        comment: String,
    },
}

/// Something that happens, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// In microseconds since the start; never before the one before it.
    pub at: u64,
    /// In which connection.
    pub connection: usize,
    /// What.
    pub what: What,
}

/// One direction of a connection.
#[derive(Default)]
struct Direction {
    /// The next sequence number.
    next: u32,
    /// What the other end has got without a gap.
    acknowledged: u32,
    /// Where each piece that was sent begins and ends.
    sent: Vec<(u32, u32)>,
    is_finished: bool,
}

impl Direction {
    /// Its FIN has come to the other end, which can acknowledge it: not behind a gap, and once.
    fn finish_arrives(&mut self) -> bool {
        let is_next = self.is_finished && self.acknowledged.wrapping_add(1) == self.next;
        if is_next {
            self.acknowledged = self.next;
        }
        is_next
    }
}

struct Writer {
    file: PcapNgWriter<Vec<u8>>,
}

/// What a segment says besides its bytes.
#[derive(Clone, Copy, Default)]
struct Flags {
    syn: bool,
    ack: bool,
    fin: bool,
    rst: bool,
}

impl Flags {
    const ACK: Self = Self {
        syn: false,
        ack: true,
        fin: false,
        rst: false,
    };
}

/// A pcapng file of what happened in these connections.
///
/// # Errors
/// None that memory has: the library's writers can fail.
pub fn write(connections: &[Connection], happenings: &[Happening]) -> Result<Vec<u8>, String> {
    let section = SectionHeaderBlock {
        endianness: Endianness::Little,
        options: vec![SectionHeaderOption::UserApplication(Cow::Borrowed(
            APPLICATION,
        ))],
        ..SectionHeaderBlock::default()
    };
    let mut file =
        PcapNgWriter::with_section_header(Vec::new(), section).map_err(|it| it.to_string())?;
    let interface = InterfaceDescriptionBlock {
        linktype: DataLink::ETHERNET,
        snaplen: 0,
        options: vec![
            InterfaceDescriptionOption::IfName(Cow::Borrowed("mqtt-playground")),
            // Ten to the power of -6.
            InterfaceDescriptionOption::IfTsResol(6),
        ],
    };
    file.write_pcapng_block(interface)
        .map_err(|it| it.to_string())?;
    let mut writer = Writer { file };
    let mut states: Vec<[Direction; 2]> = connections
        .iter()
        .map(|_| {
            FIRST_SEQUENCE.map(|first| Direction {
                next: first,
                acknowledged: first,
                ..Direction::default()
            })
        })
        .collect();
    for happening in happenings {
        let Some((connection, state)) = connections
            .get(happening.connection)
            .zip(states.get_mut(happening.connection))
        else {
            continue;
        };
        writer.happens(*connection, state, happening)?;
    }
    Ok(writer.file.into_inner())
}

impl Writer {
    fn happens(
        &mut self,
        connection: Connection,
        [client, server]: &mut [Direction; 2],
        happening: &Happening,
    ) -> Result<(), String> {
        let at = happening.at;
        let ends = |by_client: bool| {
            if by_client {
                (connection.client, connection.server)
            } else {
                (connection.server, connection.client)
            }
        };
        match &happening.what {
            What::Dial => {
                let syn = Flags {
                    syn: true,
                    ..Flags::default()
                };
                self.segment(at, ends(true), (client.next, 0), syn, &[], "")?;
                client.next = client.next.wrapping_add(1);
                Ok(())
            }
            What::Answer => {
                client.acknowledged = client.next;
                let both = Flags {
                    syn: true,
                    ack: true,
                    ..Flags::default()
                };
                let numbers = (server.next, client.acknowledged);
                self.segment(at, ends(false), numbers, both, &[], "")?;
                server.next = server.next.wrapping_add(1);
                Ok(())
            }
            What::Open => {
                server.acknowledged = server.next;
                let numbers = (client.next, server.acknowledged);
                self.segment(at, ends(true), numbers, Flags::ACK, &[], "")
            }
            What::Sent {
                by_client,
                bytes,
                comment,
            } => {
                let (own, back) = pick(*by_client, client, server);
                let start = own.next;
                for (index, piece) in bytes.chunks(SEGMENT_MAX_BYTES).enumerate() {
                    let said = if index == 0 { comment.as_str() } else { "" };
                    let numbers = (own.next, back.acknowledged);
                    self.segment(at, ends(*by_client), numbers, Flags::ACK, piece, said)?;
                    own.next = own
                        .next
                        .wrapping_add(u32::try_from(piece.len()).unwrap_or(0));
                }
                own.sent.push((start, own.next));
                Ok(())
            }
            What::Arrived { by_client, sent } => {
                let (own, back) = pick(*by_client, client, server);
                let Some(&(start, end)) = own.sent.get(*sent) else {
                    return Ok(());
                };
                // After a gap the old number is said again.
                if start == own.acknowledged {
                    own.acknowledged = end;
                }
                if back.is_finished {
                    return Ok(());
                }
                let numbers = (back.next, own.acknowledged);
                self.segment(at, ends(!by_client), numbers, Flags::ACK, &[], "")
            }
            What::Finish {
                by_client,
                has_heard,
            } => {
                let (own, back) = pick(*by_client, client, server);
                if own.is_finished {
                    return Ok(());
                }
                own.is_finished = true;
                if *has_heard {
                    back.finish_arrives();
                }
                let numbers = (own.next, back.acknowledged);
                own.next = own.next.wrapping_add(1);
                let fin = Flags {
                    fin: true,
                    ack: true,
                    ..Flags::default()
                };
                self.segment(at, ends(*by_client), numbers, fin, &[], "")
            }
            What::Heard { by_client } => {
                let (own, back) = pick(*by_client, client, server);
                if !back.finish_arrives() {
                    return Ok(());
                }
                let numbers = (own.next, back.acknowledged);
                self.segment(at, ends(*by_client), numbers, Flags::ACK, &[], "")
            }
            What::Reset { by_client, comment } => {
                let (own, back) = pick(*by_client, client, server);
                if own.is_finished {
                    return Ok(());
                }
                own.is_finished = true;
                let numbers = (own.next, back.acknowledged);
                let rst = Flags {
                    rst: true,
                    ack: true,
                    ..Flags::default()
                };
                self.segment(at, ends(*by_client), numbers, rst, &[], comment)
            }
        }
    }

    fn segment(
        &mut self,
        at: u64,
        (from, to): (Host, Host),
        (sequence, acknowledged): (u32, u32),
        flags: Flags,
        bytes: &[u8],
        comment: &str,
    ) -> Result<(), String> {
        let mut builder = PacketBuilder::ethernet2(from.mac(), to.mac())
            .ipv4(from.ip(), to.ip(), 64)
            .tcp(from.port, to.port, sequence, WINDOW_BYTES);
        if flags.syn {
            builder = builder.syn();
        }
        if flags.ack {
            builder = builder.ack(acknowledged);
        }
        if flags.fin {
            builder = builder.fin();
        }
        if flags.rst {
            builder = builder.rst();
        }
        if !bytes.is_empty() {
            builder = builder.psh();
        }
        let mut data = Vec::with_capacity(builder.size(bytes.len()));
        builder
            .write(&mut data, bytes)
            .map_err(|it| it.to_string())?;
        let options = if comment.is_empty() {
            Vec::new()
        } else {
            vec![EnhancedPacketOption::Comment(Cow::Borrowed(comment))]
        };
        let block = EnhancedPacketBlock {
            interface_id: 0,
            // The library writes what it calls nanoseconds as units of the interface's clock.
            timestamp: Duration::from_nanos(EPOCH_MICROS + at),
            original_len: u32::try_from(data.len()).unwrap_or(u32::MAX),
            data: Cow::Owned(data),
            options,
        };
        self.file
            .write_pcapng_block(block)
            .map_err(|it| it.to_string())?;
        Ok(())
    }
}

/// The direction of who acts, and the other.
fn pick<'a>(
    by_client: bool,
    client: &'a mut Direction,
    server: &'a mut Direction,
) -> (&'a mut Direction, &'a mut Direction) {
    if by_client {
        (client, server)
    } else {
        (server, client)
    }
}
