//! Links: how bytes get from one node to another, and when.

use crate::id::{NodeId, RecordId};
use crate::rng::Rng;
use crate::scenario::{LinkMode, LinkSpec, PacketPattern, Ratio};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use bytes::Bytes;
use mqtt_proto::packet::PacketType;
use mqtt_proto::{Duration, Instant, Packet, PacketId, Qos, ReasonCode};

/// A link with what is on it.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    /// The end that dials.
    pub(crate) a: NodeId,
    /// The end that answers.
    pub(crate) b: NodeId,
    /// Whether it carries bytes.
    pub(crate) up: bool,
    /// How often it was cut or silenced: what was planned for an older time does not happen.
    pub(crate) faults: u32,
    /// How often something on it was held: what was planned for an older time does not happen.
    pub(crate) holds: u32,
    spec: Travel,
    rng: Rng,
    to_a: Pipe,
    to_b: Pipe,
}

/// How fast bytes travel.
#[derive(Clone, Copy, Debug)]
struct Travel {
    latency: Duration,
    jitter: Duration,
    bytes_per_second: Option<u32>,
    mode: LinkMode,
    /// So much a receiver has room for.
    window_bytes: u64,
}

/// One direction of a link: what was put in first comes out first.
#[derive(Clone, Debug, Default)]
struct Pipe {
    transits: VecDeque<Transit>,
    /// Nothing comes out.
    silent: bool,
    /// Every packet that is put in is held.
    gated: bool,
    reader: Reader,
    /// When the sender's side has put out all bytes so far.
    sent_out: Instant,
    /// When the newest of all transits comes out.
    last_arrival: Instant,
    serial: u32,
}

/// How what arrives is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Reader {
    #[default]
    AtOnce,
    Slow {
        bytes_per_second: u32,
        /// What is being read, and when that will be done.
        reading: Option<(u32, Instant)>,
    },
    Stalled,
}

/// What becomes of something that could be read now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    Done,
    /// It takes until then.
    Until(Instant),
    /// Something else is being read.
    Waits,
}

/// Something under way.
#[derive(Clone, Debug)]
pub(crate) struct Transit {
    /// Tells it from what was in its place before a cut.
    pub(crate) serial: u32,
    /// The connection that it belongs to.
    pub(crate) connection: u32,
    arrives_at: Instant,
    /// It waits where it is until it is released.
    held: bool,
    pub(crate) cargo: Cargo,
}

impl Transit {
    fn len_bytes(&self) -> u64 {
        match &self.cargo {
            Cargo::Packet { bytes, .. } => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Cargo::Open { .. } | Cargo::Close { .. } => 0,
        }
    }
}

/// What is under way.
#[derive(Clone, Debug)]
pub(crate) enum Cargo {
    /// The end of the handshake that opens a connection.
    Open {
        /// The record of its opening at the client.
        cause: RecordId,
    },
    /// Bytes.
    Packet {
        /// The record of its sending.
        flight: RecordId,
        /// It will not arrive: this is where it vanishes.
        vanishes: bool,
        bytes: Bytes,
        head: Option<PacketHead>,
    },
    /// The end of a connection.
    Close {
        /// The record of its closing at the sender.
        cause: RecordId,
    },
}

/// What a scenario can say about a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PacketHead {
    pub(crate) packet_type: PacketType,
    pub(crate) id: Option<PacketId>,
    pub(crate) dup: bool,
    /// Of a PUBLISH.
    pub(crate) qos: Option<Qos>,
    /// Of a PUBLISH.
    pub(crate) retain: Option<bool>,
    /// The only or the first one.
    pub(crate) reason: Option<ReasonCode>,
}

impl PacketHead {
    pub(crate) fn of(packet: &Packet) -> Self {
        let publish = match packet {
            Packet::Publish(publish) => Some(publish),
            _ => None,
        };
        Self {
            packet_type: packet.packet_type(),
            id: packet.id(),
            dup: publish.is_some_and(|publish| publish.delivery.dup()),
            qos: publish.map(|publish| publish.delivery.qos()),
            retain: publish.map(|publish| publish.retain),
            reason: match packet {
                Packet::ConnAck(ack) => Some(ack.reason),
                Packet::PubAck(ack)
                | Packet::PubRec(ack)
                | Packet::PubRel(ack)
                | Packet::PubComp(ack) => Some(ack.reason),
                Packet::SubAck(ack) | Packet::UnsubAck(ack) => ack.reasons.iter().next(),
                Packet::Disconnect(goodbye) => Some(goodbye.reason),
                Packet::Auth(auth) => Some(auth.reason),
                _ => None,
            },
        }
    }

    /// Whether a pattern means this packet. Its ends are not looked at.
    pub(crate) fn is(self, pattern: &PacketPattern) -> bool {
        pattern.packet_type == self.packet_type
            && (!pattern.dup || self.dup)
            && pattern
                .id
                .is_none_or(|id| self.id.is_some_and(|actual| actual.get() == id))
            && (pattern.qos.is_none() || pattern.qos == self.qos)
            && (pattern.retain.is_none() || pattern.retain == self.retain)
            && (pattern.reason.is_none() || pattern.reason == self.reason)
    }
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lot {
    Arrives,
    Vanishes,
    Doubles,
}

/// The direction of a pipe: by the node that it ends at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Towards {
    A,
    B,
}

impl Link {
    pub(crate) fn new(spec: &LinkSpec, a: NodeId, b: NodeId, rng: Rng) -> Self {
        Self {
            a,
            b,
            up: true,
            faults: 0,
            holds: 0,
            spec: Travel {
                latency: spec.latency,
                jitter: spec.jitter,
                bytes_per_second: spec.bytes_per_second,
                mode: spec.mode,
                window_bytes: u64::from(spec.window_bytes),
            },
            rng,
            to_a: Pipe::default(),
            to_b: Pipe::default(),
        }
    }

    /// One way, without jitter.
    pub(crate) const fn latency(&self) -> Duration {
        self.spec.latency
    }

    /// The direction that leads away from a node.
    pub(crate) fn away_from(&self, node: NodeId) -> Towards {
        if node == self.a {
            Towards::B
        } else {
            Towards::A
        }
    }

    const fn pipe_of(&self, towards: Towards) -> &Pipe {
        match towards {
            Towards::A => &self.to_a,
            Towards::B => &self.to_b,
        }
    }

    const fn pipe(&mut self, towards: Towards) -> &mut Pipe {
        match towards {
            Towards::A => &mut self.to_a,
            Towards::B => &mut self.to_b,
        }
    }

    /// When something with `len` bytes that is sent now will arrive. Each call stands for one sending.
    pub(crate) fn arrival(&mut self, now: Instant, towards: Towards, len: usize) -> Instant {
        let Travel {
            latency,
            jitter,
            bytes_per_second,
            mode,
            window_bytes: _,
        } = self.spec;
        let jitter = match jitter.as_micros() {
            0 => Duration::ZERO,
            most => Duration::from_micros(self.rng.below(most.saturating_add(1))),
        };
        let late = match mode {
            LinkMode::Datagram(datagram) if self.happens(datagram.reorder) => latency,
            _ => Duration::ZERO,
        };
        let pipe = self.pipe(towards);
        if let Some(rate) = bytes_per_second {
            let len = u64::try_from(len).unwrap_or(u64::MAX);
            pipe.sent_out = pipe.sent_out.max(now)
                + Duration::from_micros(len.saturating_mul(1_000_000) / u64::from(rate.max(1)));
        } else {
            pipe.sent_out = now;
        }
        if let LinkMode::Datagram(_) = mode {
            return pipe.sent_out + latency + jitter + late;
        }
        // Jitter delays and never reorders: TCP puts bytes back in order.
        pipe.last_arrival = pipe.last_arrival.max(pipe.sent_out + latency + jitter);
        pipe.last_arrival
    }

    fn happens(&mut self, ratio: Ratio) -> bool {
        // No draw where nothing is to be drawn: the other numbers stay where they are.
        ratio.numerator > 0
            && self
                .rng
                .happens(u64::from(ratio.numerator), u64::from(ratio.denominator))
    }

    /// What becomes of the next packet. A stream loses and doubles nothing.
    pub(crate) fn draw(&mut self) -> Lot {
        let LinkMode::Datagram(datagram) = self.spec.mode else {
            return Lot::Arrives;
        };
        if self.happens(datagram.loss) {
            Lot::Vanishes
        } else if self.happens(datagram.duplicate) {
            Lot::Doubles
        } else {
            Lot::Arrives
        }
    }

    /// Whether packets vanish, double and overtake each other here.
    pub(crate) const fn is_datagram(&self) -> bool {
        matches!(self.spec.mode, LinkMode::Datagram(_))
    }

    /// Puts something in. The answer is its serial number.
    pub(crate) fn put(
        &mut self,
        towards: Towards,
        connection: u32,
        cargo: Cargo,
        arrives_at: Instant,
    ) -> u32 {
        let pipe = self.pipe(towards);
        let serial = pipe.serial;
        pipe.serial = serial.wrapping_add(1);
        pipe.transits.push_back(Transit {
            serial,
            connection,
            arrives_at,
            held: pipe.gated && matches!(cargo, Cargo::Packet { .. }),
            cargo,
        });
        serial
    }

    /// Whether something is still under way.
    pub(crate) fn holds(&self, towards: Towards, serial: u32) -> bool {
        let pipe = self.pipe_of(towards);
        // On a stream nothing comes out before what was put in earlier.
        let depth = if self.is_datagram() { usize::MAX } else { 1 };
        !pipe.silent
            && pipe.reader != Reader::Stalled
            && pipe
                .transits
                .iter()
                .take(depth)
                .any(|transit| transit.serial == serial && !transit.held)
    }

    /// Takes out what arrives, if it is still there.
    pub(crate) fn take(&mut self, towards: Towards, serial: u32) -> Option<Transit> {
        let transits = &mut self.pipe(towards).transits;
        if transits.front().is_some_and(|it| it.serial == serial) {
            return transits.pop_front();
        }
        let place = transits
            .iter()
            .position(|transit| transit.serial == serial)?;
        transits.remove(place)
    }

    /// The packet that comes out next in a direction, unless it is to vanish: its flight and bytes.
    pub(crate) fn oldest_packet(&self, towards: Towards) -> Option<(&Transit, RecordId, &Bytes)> {
        let pipe = self.pipe_of(towards);
        let oldest = pipe
            .transits
            .iter()
            .find_map(|transit| match &transit.cargo {
                Cargo::Packet {
                    flight,
                    vanishes: false,
                    bytes,
                    ..
                } => Some((transit, *flight, bytes)),
                _ => None,
            });
        oldest.filter(|_| self.up && !pipe.silent)
    }

    /// Takes out all packets; openings and closings stay. The answer is their flights.
    pub(crate) fn lose_packets(&mut self) -> Vec<RecordId> {
        let mut lost = Vec::new();
        for pipe in [&mut self.to_b, &mut self.to_a] {
            pipe.transits.retain(|transit| match transit.cargo {
                Cargo::Packet { flight, .. } => {
                    lost.push(flight);
                    false
                }
                Cargo::Open { .. } | Cargo::Close { .. } => true,
            });
        }
        lost
    }

    /// Whether nothing comes out in a direction, or in either.
    pub(crate) const fn is_silent(&self, towards: Option<Towards>) -> bool {
        match towards {
            Some(Towards::A) => self.to_a.silent,
            Some(Towards::B) => self.to_b.silent,
            None => self.to_a.silent || self.to_b.silent,
        }
    }

    /// Lets nothing come out in a direction.
    pub(crate) const fn silence(&mut self, towards: Towards) {
        self.pipe(towards).silent = true;
    }

    /// Lets everything come out again, in its order. What should have come out before now is sent once more. The answer
    /// says which serial number comes out when.
    pub(crate) fn end_silence(&mut self, now: Instant, towards: Towards) -> Vec<(u32, Instant)> {
        if !core::mem::take(&mut self.pipe(towards).silent) {
            return Vec::new();
        }
        self.go_on(now, towards)
    }

    /// Lets what arrives in a direction be read at this rate, or not at all.
    pub(crate) const fn stall(&mut self, towards: Towards, bytes_per_second: Option<u32>) {
        self.pipe(towards).reader = match bytes_per_second {
            Some(bytes_per_second) => Reader::Slow {
                bytes_per_second,
                reading: None,
            },
            None => Reader::Stalled,
        };
    }

    /// Whether a direction's end reads slowly or not at all, or either's.
    pub(crate) fn is_stalled(&self) -> bool {
        [&self.to_a, &self.to_b].map(|pipe| pipe.reader) != [Reader::AtOnce; 2]
    }

    /// Lets everything be read at once again. The answer says which serial number is read when.
    pub(crate) fn end_stall(&mut self, now: Instant, towards: Towards) -> Vec<(u32, Instant)> {
        let Travel {
            latency,
            window_bytes,
            ..
        } = self.spec;
        let pipe = self.pipe(towards);
        if core::mem::take(&mut pipe.reader) == Reader::AtOnce {
            return Vec::new();
        }
        // What had room is there. The sender of the rest hears of the room after one trip, and then it travels.
        let mut unread = 0;
        let rest = now + latency.scaled(2, 1);
        self.go_on_from(now, towards, |transit| {
            unread += transit.len_bytes();
            if unread <= window_bytes { now } else { rest }
        })
    }

    /// Reads on what could come out now, if its reader takes its time.
    pub(crate) fn read(&mut self, now: Instant, towards: Towards, serial: u32) -> Reading {
        let pipe = self.pipe(towards);
        let Reader::Slow {
            bytes_per_second,
            reading,
        } = &mut pipe.reader
        else {
            return Reading::Done;
        };
        match *reading {
            Some((current, until)) if current == serial && until <= now => {
                *reading = None;
                Reading::Done
            }
            // It was lost with a cut.
            Some((current, _)) if pipe.transits.iter().all(|it| it.serial != current) => {
                *reading = None;
                self.read(now, towards, serial)
            }
            Some(_) => Reading::Waits,
            None => {
                let found = pipe.transits.iter().find(|it| it.serial == serial);
                let len = found.map_or(0, Transit::len_bytes);
                if len == 0 {
                    return Reading::Done;
                }
                let micros = len.saturating_mul(1_000_000) / u64::from((*bytes_per_second).max(1));
                let until = now + Duration::from_micros(micros);
                *reading = Some((serial, until));
                Reading::Until(until)
            }
        }
    }

    /// What waits for a slow reader that has just finished something.
    pub(crate) fn next_unread(&self, now: Instant, towards: Towards) -> Option<u32> {
        let pipe = self.pipe_of(towards);
        let Reader::Slow { .. } = pipe.reader else {
            return None;
        };
        let waits = |transit: &&Transit| transit.arrives_at <= now && !transit.held;
        pipe.transits.iter().find(waits).map(|it| it.serial)
    }

    /// Whether a sender has to wait: more is under way or unread than its receiver has room for.
    pub(crate) fn is_full(&self, towards: Towards) -> bool {
        let unread = self.pipe_of(towards).transits.iter();
        unread.map(Transit::len_bytes).sum::<u64>() > self.spec.window_bytes
    }

    /// Keeps the packets that are in a direction now where they are. Whether there are any.
    pub(crate) fn hold(&mut self, towards: Towards) -> bool {
        let mut any = false;
        for transit in &mut self.pipe(towards).transits {
            let is_packet = matches!(transit.cargo, Cargo::Packet { .. });
            transit.held |= is_packet;
            any |= is_packet;
        }
        any
    }

    /// Holds what is in a direction, and every packet that is put in from now on.
    pub(crate) fn gate(&mut self, towards: Towards) {
        self.pipe(towards).gated = true;
        self.hold(towards);
    }

    /// Whether packets are held as they are put in, in a direction or in either.
    pub(crate) const fn is_gated(&self, towards: Option<Towards>) -> bool {
        match towards {
            Some(Towards::A) => self.to_a.gated,
            Some(Towards::B) => self.to_b.gated,
            None => self.to_a.gated || self.to_b.gated,
        }
    }

    /// How many packets wait in a direction until they are released.
    pub(crate) fn held(&self, towards: Towards) -> usize {
        let transits = self.pipe_of(towards).transits.iter();
        transits.filter(|transit| transit.held).count()
    }

    /// Whether anything is under way, or held.
    pub(crate) fn is_busy(&self) -> bool {
        !self.to_a.transits.is_empty() || !self.to_b.transits.is_empty()
    }

    /// Lets the oldest packet that is held in a direction go on. The answer says which serial number comes out when; empty if
    /// none is held.
    pub(crate) fn pass(&mut self, now: Instant, towards: Towards) -> Vec<(u32, Instant)> {
        let pipe = self.pipe(towards);
        let Some(oldest) = pipe.transits.iter_mut().find(|transit| transit.held) else {
            return Vec::new();
        };
        oldest.held = false;
        if pipe.silent {
            return Vec::new();
        }
        self.go_on(now, towards)
    }

    /// Whether something waits in a direction until it is released, or would.
    pub(crate) fn has_held(&self, towards: Towards) -> bool {
        self.is_gated(Some(towards)) || self.held(towards) > 0
    }

    /// Lets what is held in a direction go on, and what is behind it. The answer says which serial number comes out when.
    pub(crate) fn release(&mut self, now: Instant, towards: Towards) -> Vec<(u32, Instant)> {
        let pipe = self.pipe(towards);
        pipe.gated = false;
        let mut held = false;
        for transit in &mut pipe.transits {
            held |= core::mem::take(&mut transit.held);
        }
        if !held || pipe.silent {
            return Vec::new();
        }
        self.go_on(now, towards)
    }

    /// Doubles every packet in a direction: the copy comes out right behind it.
    pub(crate) fn double(&mut self, towards: Towards) -> Vec<(u32, Instant)> {
        let packets: Vec<Transit> = self
            .pipe(towards)
            .transits
            .iter()
            .filter(|transit| {
                matches!(
                    transit.cargo,
                    Cargo::Packet {
                        vanishes: false,
                        ..
                    }
                )
            })
            .cloned()
            .collect();
        packets
            .into_iter()
            .map(|it| {
                let serial = self.put(towards, it.connection, it.cargo, it.arrives_at);
                (serial, it.arrives_at)
            })
            .collect()
    }

    fn go_on(&mut self, now: Instant, towards: Towards) -> Vec<(u32, Instant)> {
        let latest = now + self.spec.latency;
        self.go_on_from(now, towards, |_| latest)
    }

    /// Plans anew what is in a direction. `overdue` says when what should have come out before now does so.
    fn go_on_from(
        &mut self,
        now: Instant,
        towards: Towards,
        mut overdue: impl FnMut(&Transit) -> Instant,
    ) -> Vec<(u32, Instant)> {
        let pipe = self.pipe(towards);
        let mut serial = pipe.serial;
        let mut planned = Vec::new();
        for transit in &mut pipe.transits {
            if transit.arrives_at <= now {
                transit.arrives_at = overdue(transit);
            }
            transit.serial = serial;
            planned.push((serial, transit.arrives_at));
            serial = serial.wrapping_add(1);
        }
        pipe.serial = serial;
        // Order is kept: nothing overtakes what is sent once more.
        let mut earliest = Instant::ZERO;
        for (_, at) in &mut planned {
            earliest = earliest.max(*at);
            *at = earliest;
        }
        pipe.last_arrival = pipe.last_arrival.max(earliest);
        planned
    }

    /// Takes everything out, in the order of sending for each direction.
    pub(crate) fn empty(&mut self) -> impl Iterator<Item = Transit> + use<> {
        let to_b = core::mem::take(&mut self.to_b.transits);
        let to_a = core::mem::take(&mut self.to_a.transits);
        to_b.into_iter().chain(to_a)
    }
}
