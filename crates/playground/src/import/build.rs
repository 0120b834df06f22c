//! Makes a log of the connections of a capture.

use super::ends::{Kind, Said, Start};
use super::way::{Piece, Way};
use super::{Captured, Findings};
use bytes::Bytes;
use capture::read::{Event, Reader, Stream, What};
use mqtt_proto::packet::PacketType;
use mqtt_proto::{Duration, Instant, Packet, PacketId, Sender, Version};
use sim::record::{Closing, Loss};
use sim::{
    Cursor, Flight, FlightId, LinkId, LinkInfo, Log, NodeId, NodeInfo, NodeRole, Record, RecordId,
    RecordKind, Rules,
};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::net::IpAddr;

/// So many nodes are drawn: as many as a scenario may have.
const NODES_MAX: usize = 256;
/// A log has so many records at most, like that of a run.
const RECORDS_MAX: u32 = 120_000;
/// TCP may say so much later that something has arrived, in microseconds (RFC 1122, 4.2.3.2).
const SAID_LATER_MAX: u64 = 500_000;
/// The name of the only broker.
const BROKER: &str = "broker";

/// The time, and a number that puts things of one time in order.
type Place = (u64, u64);

/// A log as it is made.
pub(crate) struct Build {
    name: String,
    log: Log,
    findings: Findings,
    lines: Vec<Line>,
    /// By stream: its place in `lines`.
    of_stream: Vec<Option<usize>>,
    events: std::vec::IntoIter<Event>,
    all: usize,
    order: u64,
    drafts: Vec<Draft>,
    sorted: Option<std::vec::IntoIter<Draft>>,
    /// By draft of a flight: what became of it.
    fates: BTreeMap<usize, (Place, bool)>,
    pushed: Pushed,
    /// Reads the log's story, once the log is there.
    reader: Option<crate::read::Reader>,
    read: Cursor,
}

/// Between whom a connection is.
#[derive(Clone, Copy)]
struct Ends {
    link: LinkId,
    client: NodeId,
    server: NodeId,
    version: Version,
    /// One way, in microseconds; 0 if not known.
    trip: u64,
}

/// A connection.
struct Line {
    ends: Ends,
    ways: [Way; 2],
    /// Flights that the other end has not acknowledged: their drafts, and the places behind their last bytes.
    open: [VecDeque<Unheard>; 2],
    /// Whether anything in this direction was acknowledged: some captures have one direction only.
    is_heard: [bool; 2],
    has_closed: [bool; 2],
    /// When it was over for good.
    dead: Option<Place>,
}

struct Unheard {
    draft: usize,
    end: u64,
    since: u64,
    is_repeated: bool,
}

/// Something that becomes a record.
struct Draft {
    place: Place,
    line: usize,
    what: Happening,
}

enum Happening {
    Opened,
    Refused,
    Sent {
        by_client: bool,
        number: usize,
        packet: Option<Packet>,
        bytes: Vec<u8>,
    },
    Arrived {
        number: usize,
    },
    Lost {
        number: usize,
    },
    Closed {
        by_client: bool,
        is_first: bool,
    },
}

/// What the records so far say.
#[derive(Default)]
struct Pushed {
    /// By line: the record of its opening.
    opened: HashMap<usize, RecordId>,
    /// By number of a flight: the record of its sending, and where it arrives.
    flights: HashMap<usize, Sent>,
    /// What may be answered: by line and direction, what it waits for, and the record of what asks for it.
    questions: HashMap<(usize, bool, PacketType, Option<PacketId>), RecordId>,
    /// The clients for whom there was a session.
    sessions: HashSet<NodeId>,
}

struct Sent {
    record: RecordId,
    to: NodeId,
    answers: Vec<(usize, bool, PacketType, Option<PacketId>)>,
}

impl Build {
    pub(super) fn new(
        name: String,
        reader: &Reader,
        mut starts: Vec<Start>,
        events: Vec<Event>,
        mut findings: Findings,
    ) -> Self {
        let mut stage = Stage::default();
        let said: Vec<Option<Said>> = starts.iter().map(Start::said).collect();
        let streams = reader.streams();
        let mut servers: Vec<(IpAddr, u16)> = Vec::new();
        for (stream, _) in streams.iter().zip(&said).filter(|(_, it)| it.is_some()) {
            if !servers.contains(&stream.server) {
                servers.push(stream.server);
            }
        }
        let mut of_stream = Vec::new();
        let mut lines: Vec<Line> = Vec::new();
        for ((stream, said), (start, number)) in
            streams.iter().zip(said).zip(starts.iter_mut().zip(0..))
        {
            let known = said.and_then(|said| {
                let ends = stage.ends(stream, &said, servers.len() == 1)?;
                Some((said, ends))
            });
            start.forget();
            let Some((said, (link, client, server))) = known else {
                let is_mqtt = matches!(start.kind, Kind::Mqtt | Kind::WebSocket);
                if is_mqtt {
                    findings.connections -= 1;
                    findings.others += 1;
                }
                of_stream.push(None);
                continue;
            };
            let in_websocket = start.kind == Kind::WebSocket;
            let way = |sender| Way::new(sender, said.version, in_websocket);
            let has_start = reader.has_start(number);
            findings.without_start += usize::from(!said.has_connect && !has_start);
            findings.without_connect += usize::from(!said.has_connect && has_start);
            findings.gaps += usize::from(reader.has_gap(number));
            of_stream.push(Some(lines.len()));
            lines.push(Line {
                ends: Ends {
                    link,
                    client,
                    server,
                    version: said.version,
                    trip: 0,
                },
                ways: [way(Sender::Client), way(Sender::Server)],
                open: Default::default(),
                is_heard: [false; 2],
                has_closed: [false; 2],
                dead: None,
            });
        }
        findings.has_more |= stage.is_full;
        // The first handshake over a link says how long it is.
        for event in &events {
            let line = of_stream.get(event.stream).copied().flatten();
            if let (What::Opened { trip }, Some(line)) =
                (&event.what, line.and_then(|it| lines.get(it)))
            {
                stage.measure(line.ends.link, *trip);
            }
        }
        Self {
            name,
            log: Log::new(stage.nodes, stage.links),
            findings,
            lines,
            of_stream,
            all: events.len(),
            events: events.into_iter(),
            order: 0,
            drafts: Vec::new(),
            sorted: None,
            fates: BTreeMap::new(),
            pushed: Pushed::default(),
            reader: None,
            read: Cursor::START,
        }
    }

    /// How far it is: done, of all.
    pub(crate) fn progress(&self) -> (usize, usize) {
        let left = |it: Option<usize>| self.all - it.unwrap_or(self.all).min(self.all);
        let events = left(Some(self.events.len()));
        let drafts = left(self.sorted.as_ref().map(ExactSizeIterator::len));
        let of_log = usize::try_from(self.log.end().0.saturating_sub(self.read.0)).ok();
        let records = left(self.reader.as_ref().and(of_log));
        (events + drafts + records, 3 * self.all)
    }

    /// Does a little; whether it is done.
    pub(crate) fn advance(&mut self, steps: u32) -> bool {
        for _ in 0..steps {
            if let Some(reader) = &mut self.reader {
                if self.read >= self.log.end() {
                    return true;
                }
                self.read = Cursor(self.read.0.saturating_add(1));
                reader.take(&self.log, self.read);
            } else if let Some(sorted) = &mut self.sorted {
                let is_full = self.log.end().0 >= RECORDS_MAX;
                match sorted.next() {
                    Some(draft) if !is_full => self.push(draft),
                    more => {
                        self.findings.has_more |= more.is_some();
                        self.reader = Some(crate::read::Reader::new(&self.log));
                    }
                }
            } else if let Some(event) = self.events.next() {
                self.happen(event);
            } else {
                self.end();
            }
        }
        false
    }

    /// What came of it.
    pub(crate) fn done(self) -> Captured {
        let of_v5 = self
            .lines
            .iter()
            .filter(|it| it.ends.version == Version::V5);
        let is_v5 = of_v5.count() * 2 > self.lines.len();
        Captured {
            name: self.name,
            version: if is_v5 { Version::V5 } else { Version::V311 },
            story: self.reader.map(|it| it.shared()).unwrap_or_default(),
            log: self.log,
            findings: self.findings,
        }
    }

    fn happen(&mut self, event: Event) {
        self.order += 1;
        let now: Place = (event.at, self.order);
        let number = self.of_stream.get(event.stream).copied().flatten();
        let Some((number, line)) = number.and_then(|it| Some((it, self.lines.get_mut(it)?))) else {
            return;
        };
        let by_client = event.by_client;
        let side = usize::from(!by_client);
        let drafts = &mut self.drafts;
        let mut put = |place: Place, what: Happening| {
            drafts.push(Draft {
                place,
                line: number,
                what,
            });
        };
        match event.what {
            What::Opened { trip } => {
                line.ends.trip = trip;
                put(now, Happening::Opened);
            }
            What::Refused => {
                put(now, Happening::Refused);
                line.dead.get_or_insert(now);
            }
            What::Bytes(bytes) => {
                let mut pieces = Vec::new();
                if let Some(way) = line.ways.get_mut(side) {
                    way.take(now, &bytes, &mut |it| pieces.push(it));
                }
                for piece in pieces {
                    self.sent(number, by_client, piece);
                }
            }
            What::Missing(bytes) => {
                let mut pieces = Vec::new();
                if let Some(way) = line.ways.get_mut(side) {
                    way.miss(bytes, &mut |it| pieces.push(it));
                }
                for piece in pieces {
                    self.sent(number, by_client, piece);
                }
            }
            What::Acknowledged { until } => {
                let trip = line.ends.trip;
                if let Some(heard) = line.is_heard.get_mut(side) {
                    *heard = true;
                }
                let Some(open) = line.open.get_mut(side) else {
                    return;
                };
                while let Some(first) = open.pop_front_if(|it| it.end <= until) {
                    // The acknowledgement says that it has arrived. One trip after it was sent is nearer to when it did, unless
                    // something held it up.
                    let expected = first.since.saturating_add(trip);
                    let until = expected.saturating_add(trip).saturating_add(SAID_LATER_MAX);
                    let is_usual = trip > 0 && !first.is_repeated && now.0 <= until;
                    let place = if is_usual && expected < now.0 {
                        (expected, 0)
                    } else {
                        now
                    };
                    self.fates.insert(first.draft, (place, true));
                }
            }
            What::Repeated { since } => {
                let open = line.open.get_mut(side).into_iter().flatten();
                for unheard in open.filter(|it| it.end > since) {
                    unheard.is_repeated = true;
                }
            }
            What::Finished | What::Reset => {
                let is_reset = event.what == What::Reset;
                for by_client in [by_client, !by_client] {
                    let own = usize::from(!by_client);
                    let other = line.has_closed.get(1 - own).copied().unwrap_or(false);
                    let Some(has_closed) = line.has_closed.get_mut(own) else {
                        continue;
                    };
                    if !*has_closed {
                        *has_closed = true;
                        let is_first = !other;
                        put(
                            now,
                            Happening::Closed {
                                by_client,
                                is_first,
                            },
                        );
                    }
                    if !is_reset {
                        break;
                    }
                }
                if line.has_closed == [true; 2] {
                    line.dead.get_or_insert(now);
                }
            }
        }
    }

    fn sent(&mut self, number: usize, by_client: bool, piece: Piece) {
        let draft = self.drafts.len();
        let side = usize::from(!by_client);
        if let Some(open) = self
            .lines
            .get_mut(number)
            .and_then(|it| it.open.get_mut(side))
        {
            open.push_back(Unheard {
                draft,
                end: piece.end,
                since: piece.since.0,
                is_repeated: false,
            });
        }
        self.drafts.push(Draft {
            place: piece.since,
            line: number,
            what: Happening::Sent {
                by_client,
                number: draft,
                packet: piece.packet,
                bytes: piece.bytes,
            },
        });
    }

    /// All has been read: what is left is cut off, what became of each flight is known, and everything is put in order.
    fn end(&mut self) {
        self.supersede();
        for number in 0..self.lines.len() {
            for by_client in [true, false] {
                let side = usize::from(!by_client);
                let mut pieces = Vec::new();
                let Some(line) = self.lines.get_mut(number) else {
                    continue;
                };
                if let Some(way) = line.ways.get_mut(side) {
                    way.finish(&mut |it| pieces.push(it));
                    self.findings.faults += way.faults;
                    self.findings.cut += way.cut;
                    self.findings.gaps += usize::from(way.has_gap);
                }
                for piece in pieces {
                    self.sent(number, by_client, piece);
                }
                let Some(line) = self.lines.get_mut(number) else {
                    continue;
                };
                let is_heard = line.is_heard.get(side).copied().unwrap_or(false);
                let open = line.open.get_mut(side).map(std::mem::take);
                for unheard in open.unwrap_or_default() {
                    if !is_heard {
                        let place = (unheard.since.saturating_add(line.ends.trip), u64::MAX);
                        self.fates.insert(unheard.draft, (place, true));
                    } else if let Some(dead) = line.dead {
                        let place = dead.max((unheard.since, u64::MAX));
                        self.fates.insert(unheard.draft, (place, false));
                    }
                }
            }
        }
        for (number, (place, arrived)) in &self.fates {
            let Some(sent) = self.drafts.get(*number) else {
                continue;
            };
            let (line, since) = (sent.line, sent.place);
            let number = *number;
            self.drafts.push(Draft {
                place: if *place > since {
                    *place
                } else {
                    (since.0, since.1)
                },
                line,
                what: if *arrived {
                    Happening::Arrived { number }
                } else {
                    Happening::Lost { number }
                },
            });
        }
        // Stable, and the end of a flight was put behind its start.
        let mut drafts = std::mem::take(&mut self.drafts);
        drafts.sort_by_key(|it| it.place);
        self.all = self.all.max(drafts.len());
        self.sorted = Some(drafts.into_iter());
    }

    /// A connection of which nobody said that it was over is, when its client has a new one and it says nothing any more.
    fn supersede(&mut self) {
        let mut last: HashMap<usize, Place> = HashMap::new();
        let mut opened: Vec<(Place, usize)> = Vec::new();
        for draft in &self.drafts {
            let known = last.entry(draft.line).or_insert(draft.place);
            *known = draft.place.max(*known);
            if matches!(draft.what, Happening::Opened) {
                opened.push((draft.place, draft.line));
            }
        }
        let clients: Vec<NodeId> = self.lines.iter().map(|it| it.ends.client).collect();
        for (number, line) in self.lines.iter_mut().enumerate() {
            let said = last.get(&number).copied().unwrap_or_default();
            let next = opened
                .iter()
                .filter(|(place, of)| {
                    *of != number && clients.get(*of) == Some(&line.ends.client) && *place > said
                })
                .map(|(place, _)| *place)
                .min();
            line.dead = line.dead.or(next);
        }
    }

    fn push(&mut self, draft: Draft) {
        let Some(line) = self.lines.get(draft.line).map(|it| it.ends) else {
            return;
        };
        let at = Instant::from_micros(draft.place.0);
        let end = |by_client: bool| if by_client { line.client } else { line.server };
        let (node, cause, kind) = match draft.what {
            Happening::Opened => (
                Some(line.client),
                None,
                RecordKind::ConnectionOpened {
                    link: line.link,
                    client: line.client,
                    server: line.server,
                },
            ),
            Happening::Refused => (
                Some(line.client),
                None,
                RecordKind::ConnectionRefused { link: line.link },
            ),
            Happening::Closed {
                by_client,
                is_first,
            } => {
                let opened = self.pushed.opened.get(&draft.line).copied();
                let Some(opened) = opened else { return };
                (
                    Some(end(by_client)),
                    None,
                    RecordKind::ConnectionClosed {
                        link: line.link,
                        client: line.client,
                        opened,
                        why: if is_first {
                            Closing::ByNode
                        } else {
                            Closing::ByPeer
                        },
                    },
                )
            }
            Happening::Arrived { number } | Happening::Lost { number } => {
                let Some(sent) = self.pushed.flights.remove(&number) else {
                    return;
                };
                let flight = FlightId(sent.record);
                let is_lost = matches!(draft.what, Happening::Lost { .. });
                if !is_lost {
                    let arrived = self.log.next_id();
                    for answer in sent.answers {
                        self.pushed.questions.insert(answer, arrived);
                    }
                }
                let kind = if is_lost {
                    let why = Loss::ConnectionGone;
                    RecordKind::Lost { flight, why }
                } else {
                    RecordKind::Arrived { flight }
                };
                (Some(sent.to), Some(sent.record), kind)
            }
            Happening::Sent {
                by_client,
                number,
                packet,
                bytes,
            } => {
                let opened = self.pushed.opened.get(&draft.line).copied();
                let (from, to) = (end(by_client), end(!by_client));
                let key = |kind: PacketType, id| (draft.line, by_client, kind, id);
                let cause = packet.as_ref().and_then(|it| {
                    let key = key(it.packet_type(), it.id());
                    self.pushed.questions.remove(&key)
                });
                if let Some(Packet::ConnAck(ack)) = &packet
                    && !ack.reason.is_failure()
                {
                    self.session(at, &line, ack.session_present);
                }
                let arrives = self.fates.get(&number).filter(|(_, arrived)| *arrived);
                let arrives = arrives.map_or(draft.place.0.saturating_add(line.trip), |it| it.0.0);
                let sender = if by_client {
                    Sender::Client
                } else {
                    Sender::Server
                };
                let answers = packet.iter().flat_map(answers);
                let answers = answers.map(|(kind, id)| (draft.line, !by_client, kind, id));
                self.pushed.flights.insert(
                    number,
                    Sent {
                        record: self.log.next_id(),
                        to,
                        answers: answers.collect(),
                    },
                );
                let flight = Flight {
                    link: line.link,
                    connection: opened.unwrap_or(RecordId(0)),
                    from,
                    to,
                    sender,
                    version: line.version,
                    arrives_at: Instant::from_micros(arrives),
                    bytes: Bytes::from(bytes),
                };
                (Some(from), cause, RecordKind::Sent(flight))
            }
        };
        if matches!(kind, RecordKind::ConnectionOpened { .. }) {
            self.pushed.opened.insert(draft.line, self.log.next_id());
        }
        self.write(at, node, cause, kind);
    }

    fn write(
        &mut self,
        at: Instant,
        node: Option<NodeId>,
        cause: Option<RecordId>,
        kind: RecordKind,
    ) {
        self.log.push(Record {
            id: self.log.next_id(),
            at,
            cause,
            node,
            rules: Rules::NONE,
            kind,
        });
    }

    /// What an accepting CONNACK says of the client's session.
    fn session(&mut self, at: Instant, ends: &Ends, is_present: bool) {
        let had = self.pushed.sessions.insert(ends.client);
        let client = Some(ends.client);
        if is_present {
            return;
        }
        if !had {
            self.write(
                at,
                Some(ends.server),
                None,
                RecordKind::SessionEnded { client },
            );
        }
        self.write(
            at,
            Some(ends.server),
            None,
            RecordKind::SessionStarted { client },
        );
    }
}

/// What the standard makes an answer to a packet.
pub(crate) fn answers(packet: &Packet) -> Option<(PacketType, Option<PacketId>)> {
    use PacketType as T;
    let id = packet.id();
    let kind = match packet.packet_type() {
        T::Connect => T::ConnAck,
        T::Publish if id.is_some() => match packet {
            Packet::Publish(publish) if publish.delivery.qos().bits() == 2 => T::PubRec,
            _ => T::PubAck,
        },
        T::PubRec => T::PubRel,
        T::PubRel => T::PubComp,
        T::Subscribe => T::SubAck,
        T::Unsubscribe => T::UnsubAck,
        T::PingReq => T::PingResp,
        _ => return None,
    };
    Some((kind, id))
}

/// Who takes part.
#[derive(Default)]
struct Stage {
    nodes: Vec<NodeInfo>,
    links: Vec<LinkInfo>,
    servers: HashMap<(IpAddr, u16), NodeId>,
    clients: HashMap<String, NodeId>,
    is_full: bool,
}

impl Stage {
    /// Link, client and server of a connection; none if there is no room for them.
    fn ends(
        &mut self,
        stream: &Stream,
        said: &Said,
        is_only_server: bool,
    ) -> Option<(LinkId, NodeId, NodeId)> {
        let server = match self.servers.get(&stream.server) {
            Some(known) => *known,
            None => {
                let name = if is_only_server {
                    BROKER.to_owned()
                } else {
                    address(stream.server)
                };
                let node = self.node(name, NodeRole::Broker)?;
                self.servers.insert(stream.server, node);
                node
            }
        };
        let name = said
            .client_id
            .clone()
            .unwrap_or_else(|| address(stream.client));
        let client = match self.clients.get(&name) {
            Some(known) => *known,
            None => {
                let role = NodeRole::Device {
                    blueprint: "client".to_owned(),
                    library: None,
                    runs_script: false,
                };
                let node = self.node(name.clone(), role)?;
                self.clients.insert(name, node);
                node
            }
        };
        let known = self
            .links
            .iter()
            .position(|it| (it.a, it.b) == (client, server));
        let link = known.unwrap_or(self.links.len());
        if known.is_none() {
            self.links.push(LinkInfo {
                a: client,
                b: server,
                latency: Duration::ZERO,
            });
        }
        Some((LinkId(u16::try_from(link).ok()?), client, server))
    }

    fn node(&mut self, name: String, role: NodeRole) -> Option<NodeId> {
        if self.nodes.len() >= NODES_MAX {
            self.is_full = true;
            return None;
        }
        let node = NodeId(u16::try_from(self.nodes.len()).ok()?);
        self.nodes.push(NodeInfo {
            name,
            role,
            is_remote: true,
        });
        Some(node)
    }

    fn measure(&mut self, link: LinkId, trip: u64) {
        if let Some(link) = self.links.get_mut(usize::from(link.0))
            && link.latency == Duration::ZERO
        {
            link.latency = Duration::from_micros(trip);
        }
    }
}

fn address((ip, port): (IpAddr, u16)) -> String {
    match ip {
        IpAddr::V4(ip) => format!("{ip}:{port}"),
        IpAddr::V6(ip) => format!("[{ip}]:{port}"),
    }
}
