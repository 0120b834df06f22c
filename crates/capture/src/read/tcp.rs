//! Puts the segments of TCP connections in order: each byte once, and what is missing told.

use super::{Event, Stream, What};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

/// So many connections are read; what belongs to others is left out.
pub const STREAMS_MAX: usize = 1000;
/// So many bytes of a direction may wait for others that are missing, in so many segments.
const WAITING_MAX_BYTES: usize = 1024 * 1024;
const WAITING_MAX_SEGMENTS: usize = 4096;
/// So many bytes of all connections together.
const WAITING_ALL_MAX_BYTES: usize = 32 * 1024 * 1024;

/// An end of a connection.
pub(super) type Address = (IpAddr, u16);

/// What a frame says of a connection.
pub(super) struct Segment<'a> {
    /// In microseconds since the first frame.
    pub(super) at: u64,
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) syn: bool,
    pub(super) fin: bool,
    pub(super) rst: bool,
    pub(super) sequence: u32,
    pub(super) acknowledged: Option<u32>,
    pub(super) payload: &'a [u8],
    /// So many bytes of its end the capture left out.
    pub(super) missing: u32,
}

/// The connections, as far as they are read.
#[derive(Default)]
pub(super) struct Tcp {
    pub(super) streams: Vec<Stream>,
    pub(super) events: Vec<Event>,
    /// Segments of connections above the limit.
    pub(super) left_out: usize,
    /// By the two ends, the lower first: the connection that is open between them.
    open: HashMap<(Address, Address), usize>,
    states: Vec<State>,
    waiting_bytes: usize,
}

#[derive(Default)]
struct State {
    /// When the client dialled.
    dialled: Option<u64>,
    is_open: bool,
    has_payload: bool,
    is_over: bool,
    has_finished: [bool; 2],
    directions: [Direction; 2],
}

/// One direction of a connection as it is put together. Places in it are counted from its first byte.
#[derive(Default)]
struct Direction {
    /// The sequence number of the next byte that is wanted, and its place.
    next: Option<u32>,
    given: u64,
    /// Up to which place the other end has said that it has got everything, whether the capture has it or not.
    heard: u64,
    /// Up to which place that was told.
    acknowledged: u64,
    /// What came too early, by its place: when, its bytes, and how many more the capture left out.
    waiting: BTreeMap<u64, (u64, Vec<u8>, u32)>,
    waiting_bytes: usize,
}

impl Tcp {
    pub(super) fn take(&mut self, segment: &Segment<'_>) {
        let Some(stream) = self.stream(segment) else {
            self.left_out += 1;
            return;
        };
        let (Some(known), Some(state)) = (self.streams.get(stream), self.states.get_mut(stream))
        else {
            return;
        };
        let by_client = known.client == segment.from;
        let mut events = Vec::new();
        let at = segment.at;
        if segment.syn {
            if by_client {
                state.dialled.get_or_insert(at);
            }
        } else if !state.is_open
            && !segment.rst
            && (by_client || !segment.payload.is_empty() || segment.missing > 0)
        {
            state.is_open = true;
            // A round trip lies between the client's SYN and its next segment, wherever the capture was made.
            let trip = state
                .dialled
                .map_or(0, |since| at.saturating_sub(since) / 2);
            events.push((at, true, What::Opened { trip }));
        }
        state.has_payload |= !segment.payload.is_empty();
        let [client, server] = &mut state.directions;
        let (own, other) = if by_client {
            (client, server)
        } else {
            (server, client)
        };
        if let Some(acknowledged) = segment.acknowledged.filter(|_| !segment.syn) {
            other.hear(acknowledged);
            other.go_on(at, &mut |at, what| events.push((at, !by_client, what)));
        }
        let mut sequence = segment.sequence;
        if segment.syn {
            sequence = sequence.wrapping_add(1);
            own.next = Some(sequence);
        }
        let before = own.waiting_bytes + other.waiting_bytes;
        let has_room = self.waiting_bytes < WAITING_ALL_MAX_BYTES;
        own.take(sequence, segment, has_room, &mut |at, what| {
            events.push((at, by_client, what));
        });
        let after = own.waiting_bytes + other.waiting_bytes;
        self.waiting_bytes = (self.waiting_bytes + after).saturating_sub(before);
        if segment.rst && !state.is_over {
            let what = if state.is_open {
                What::Reset
            } else {
                What::Refused
            };
            events.push((at, by_client, what));
            state.is_over = true;
        } else if segment.fin && !state.is_over {
            let [client, server] = &mut state.has_finished;
            let (own, other) = if by_client {
                (client, server)
            } else {
                (server, client)
            };
            if !*own {
                events.push((at, by_client, What::Finished));
            }
            *own = true;
            state.is_over = *other;
        }
        self.events
            .extend(events.into_iter().map(|(at, by_client, what)| Event {
                at,
                stream,
                by_client,
                what,
            }));
    }

    /// The connection between two ends; a new one if it begins anew.
    fn stream(&mut self, segment: &Segment<'_>) -> Option<usize> {
        let (from, to) = (segment.from, segment.to);
        let key = if from < to { (from, to) } else { (to, from) };
        let known = self.open.get(&key).copied();
        let begins = segment.syn && segment.acknowledged.is_none();
        let is_old = known
            .and_then(|it| self.states.get(it))
            .is_some_and(|it| it.is_over || it.has_payload || it.has_finished.contains(&true));
        match known {
            Some(stream) if !(begins && is_old) => Some(stream),
            _ if self.streams.len() >= STREAMS_MAX => None,
            // The last words of a connection whose bytes are not here are no connection.
            None if segment.rst => None,
            _ => {
                // Who dials says so; in the middle of a connection the lower port is the server's.
                let from_client = if segment.syn { begins } else { from.1 > to.1 };
                let (client, server) = if from_client { (from, to) } else { (to, from) };
                let stream = self.streams.len();
                self.streams.push(Stream { client, server });
                self.states.push(State::default());
                self.open.insert(key, stream);
                Some(stream)
            }
        }
    }

    /// Whether bytes of a connection are missing that its capture never had.
    pub(super) fn has_start(&self, stream: usize) -> bool {
        let state = self.states.get(stream);
        state.is_some_and(|it| it.dialled.is_some())
    }

    pub(super) fn has_gap(&self, stream: usize) -> bool {
        let state = self.states.get(stream);
        state.is_some_and(|it| it.directions.iter().any(|it| !it.waiting.is_empty()))
    }
}

impl Direction {
    /// The place of a sequence number. Numbers go round: what lies behind is seen by the sign.
    fn place(&self, sequence: u32) -> Option<i64> {
        let ahead = sequence.wrapping_sub(self.next?).cast_signed();
        i64::try_from(self.given).ok()?.checked_add(ahead.into())
    }

    fn hear(&mut self, acknowledged: u32) {
        let place = self
            .place(acknowledged)
            .and_then(|it| u64::try_from(it).ok());
        self.heard = self.heard.max(place.unwrap_or(0));
    }

    /// Takes a segment, and gives on what can be given on now, in order.
    fn take(
        &mut self,
        sequence: u32,
        segment: &Segment<'_>,
        has_room: bool,
        give: &mut dyn FnMut(u64, What),
    ) {
        self.next.get_or_insert(sequence);
        if segment.payload.is_empty() && segment.missing == 0 {
            return;
        }
        let Some(place) = self.place(sequence) else {
            return;
        };
        if let Some(early) = u64::try_from(place).ok().filter(|it| *it > self.given) {
            let is_longer = self
                .waiting
                .get(&early)
                .is_none_or(|(_, old, _)| old.len() < segment.payload.len());
            let bytes = self.waiting_bytes + segment.payload.len();
            if is_longer
                && has_room
                && bytes <= WAITING_MAX_BYTES
                && self.waiting.len() < WAITING_MAX_SEGMENTS
            {
                let it = (segment.at, segment.payload.to_vec(), segment.missing);
                let old = self.waiting.insert(early, it);
                self.waiting_bytes = bytes - old.map_or(0, |(_, old, _)| old.len());
            }
        } else {
            self.give(place, segment.at, segment.payload, segment.missing, give);
        }
        self.go_on(segment.at, give);
    }

    /// Gives on what waited and fits now, and what the other end has got without the capture.
    fn go_on(&mut self, at: u64, give: &mut dyn FnMut(u64, What)) {
        while let Some((place, _)) = self.waiting.first_key_value() {
            let place = *place;
            if place > self.given {
                if place > self.heard {
                    break;
                }
                self.skip(place - self.given, at, give);
            }
            let Some((_, (early, bytes, missing))) = self.waiting.pop_first() else {
                break;
            };
            self.waiting_bytes = self.waiting_bytes.saturating_sub(bytes.len());
            let place = i64::try_from(place).unwrap_or(i64::MAX);
            self.give(place, early.max(at), &bytes, missing, give);
        }
        let told = self.heard.min(self.given);
        if told > self.acknowledged {
            self.acknowledged = told;
            give(at, What::Acknowledged { until: told });
        }
    }

    /// Gives on what of a segment is new: its start may have come before.
    fn give(
        &mut self,
        place: i64,
        at: u64,
        payload: &[u8],
        missing: u32,
        give: &mut dyn FnMut(u64, What),
    ) {
        let given = i64::try_from(self.given).unwrap_or(i64::MAX);
        let known = usize::try_from(given.saturating_sub(place)).unwrap_or(usize::MAX);
        if known > 0 && !payload.is_empty() && self.given > self.acknowledged {
            let since = u64::try_from(place).unwrap_or(0);
            give(at, What::Repeated { since });
        }
        if let Some(new) = payload.get(known..).filter(|it| !it.is_empty()) {
            let length = u32::try_from(new.len()).unwrap_or(0);
            self.advance(length);
            give(at, What::Bytes(new.to_vec()));
        }
        let end = place
            .saturating_add(i64::try_from(payload.len()).unwrap_or(i64::MAX))
            .saturating_add(missing.into());
        let end = u64::try_from(end).unwrap_or(0);
        if missing > 0 && end > self.given {
            self.skip(end - self.given, at, give);
        }
    }

    fn skip(&mut self, bytes: u64, at: u64, give: &mut dyn FnMut(u64, What)) {
        let length = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.advance(length);
        give(at, What::Missing(length));
    }

    fn advance(&mut self, length: u32) {
        self.given = self.given.saturating_add(length.into());
        self.next = self.next.map(|next| next.wrapping_add(length));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const CLIENT: Address = (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2)), 50_000);
    const SERVER: Address = (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 1883);

    fn sent(sequence: u32, payload: &[u8], missing: u32) -> Segment<'_> {
        Segment {
            at: 0,
            from: CLIENT,
            to: SERVER,
            syn: false,
            fin: false,
            rst: false,
            sequence,
            acknowledged: None,
            payload,
            missing,
        }
    }

    fn heard(acknowledged: u32) -> Segment<'static> {
        Segment {
            from: SERVER,
            to: CLIENT,
            acknowledged: Some(acknowledged),
            ..sent(7, b"", 0)
        }
    }

    /// What comes of segments: bytes as they are, and what is missing as `_` for each byte.
    fn given(segments: &[Segment<'_>]) -> (String, Vec<u64>) {
        let mut tcp = Tcp::default();
        let mut text = String::new();
        let mut told = Vec::new();
        for segment in segments {
            tcp.take(segment);
            for event in tcp.events.drain(..) {
                match event.what {
                    What::Bytes(bytes) => text.push_str(&String::from_utf8(bytes).unwrap()),
                    What::Missing(count) => {
                        text.extend(std::iter::repeat_n('_', usize::try_from(count).unwrap()))
                    }
                    What::Acknowledged { until } => told.push(until),
                    _ => {}
                }
            }
        }
        (text, told)
    }

    #[test]
    fn segments_come_in_order_and_once() {
        for first in [0_u32, u32::MAX - 11] {
            let at = |place: u32, text: &'static str| {
                sent(first.wrapping_add(place), text.as_bytes(), 0)
            };
            for (segments, whole) in [
                (vec![at(10, "ab"), at(12, "cd")], "abcd"),
                (vec![at(10, "ab"), at(14, "ef"), at(12, "cd")], "abcdef"),
                (vec![at(10, "ab"), at(10, "ab"), at(12, "cd")], "abcd"),
                (vec![at(10, "ab"), at(11, "bc"), at(10, "abcd")], "abcd"),
                (vec![at(10, "ab"), at(14, "ef")], "ab"),
                (
                    vec![at(10, "ab"), at(13, "def"), at(12, "cd"), at(9, "x")],
                    "abcdef",
                ),
            ] {
                assert_eq!(given(&segments).0, whole);
            }
        }
    }

    #[test]
    fn what_the_capture_left_out_is_told() {
        for first in [0_u32, u32::MAX - 3] {
            let at = |place: u32, text: &'static str, missing| {
                sent(first.wrapping_add(place), text.as_bytes(), missing)
            };
            let ack = |place: u32| heard(first.wrapping_add(place));
            // Cut short by the capture's snap length.
            let (text, _) = given(&[at(0, "ab", 3), at(5, "fg", 0)]);
            assert_eq!(text, "ab___fg");
            // A frame that the capture missed, though it came through.
            let (text, told) = given(&[at(0, "ab", 0), at(4, "ef", 0), ack(6)]);
            assert_eq!((text.as_str(), told), ("ab__ef", vec![6]));
            // One that may still come is waited for.
            let (text, told) = given(&[at(0, "ab", 0), at(4, "ef", 0), ack(2), at(2, "cd", 0)]);
            assert_eq!((text.as_str(), told), ("abcdef", vec![2]));
            // The acknowledgement of what is not there yet counts when it is.
            let (text, told) = given(&[at(0, "ab", 0), ack(4), at(2, "cd", 0)]);
            assert_eq!((text.as_str(), told), ("abcd", vec![2, 4]));
        }
    }
}
