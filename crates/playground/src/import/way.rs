//! One direction of a captured connection: its bytes cut into packets by the decoder that the machines use.

use super::websocket::WebSocket;
use mqtt_proto::anatomy::{Outcome, dissect};
use mqtt_proto::codec::{Decoder, Framing};
use mqtt_proto::{Packet, Sender, Version};

/// After so many packets that cannot be read nothing more is taken.
const FAULTS_MAX: usize = 64;

/// A piece of the direction: a packet, or bytes that are none.
pub(super) struct Piece {
    /// When its first byte was captured: a time, and a number that puts things of one time in order.
    pub(super) since: (u64, u64),
    /// What it is, if it is a whole packet.
    pub(super) packet: Option<Packet>,
    /// Its bytes, as far as the capture has them.
    pub(super) bytes: Vec<u8>,
    /// The place in the direction behind its last byte.
    pub(super) end: u64,
}

/// A direction as it is read.
pub(super) struct Way {
    framing: Framing,
    decoder: Decoder,
    socket: Option<WebSocket>,
    /// What the decoder has, and has not given on.
    raw: Vec<u8>,
    since: (u64, u64),
    /// The place behind the last byte.
    end: u64,
    /// So many bytes belong to a packet whose start was given on already.
    skip: usize,
    is_lost: bool,
    /// Packets that cannot be read.
    pub(super) faults: usize,
    /// Packets of which the capture has only a part.
    pub(super) cut: usize,
    /// Whether the capture lacks so much that what follows is no packet any more.
    pub(super) has_gap: bool,
}

impl Way {
    pub(super) fn new(sender: Sender, version: Version, in_websocket: bool) -> Self {
        let framing = Framing {
            version: Some(version),
            ..Framing::new(sender)
        };
        Self {
            framing,
            decoder: Decoder::new(framing),
            socket: in_websocket.then(WebSocket::default),
            raw: Vec::new(),
            since: (0, 0),
            end: 0,
            skip: 0,
            is_lost: false,
            faults: 0,
            cut: 0,
            has_gap: false,
        }
    }

    /// Takes the next bytes.
    pub(super) fn take(&mut self, now: (u64, u64), bytes: &[u8], give: &mut dyn FnMut(Piece)) {
        self.end = self.end.saturating_add(length(bytes.len()));
        if self.is_lost {
            return;
        }
        let unpacked;
        let mut bytes = match &mut self.socket {
            None => bytes,
            Some(socket) => match socket.take(bytes) {
                Ok(inside) => {
                    unpacked = inside;
                    &unpacked
                }
                Err(_) => return self.lose(),
            },
        };
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        bytes = bytes.get(skipped..).unwrap_or_default();
        if bytes.is_empty() {
            return;
        }
        if self.raw.is_empty() {
            self.since = now;
        }
        self.raw.extend_from_slice(bytes);
        self.decoder.push(bytes);
        loop {
            let before = self.decoder.pending_bytes();
            let (count, packet) = match self.decoder.decode() {
                Ok(Some(packet)) => {
                    let count = before.saturating_sub(self.decoder.pending_bytes());
                    (count, Some(packet))
                }
                Ok(None) => return,
                Err(_) => {
                    let faulty = self.decoder.faulty_bytes();
                    (faulty.map_or(self.raw.len(), |it| it.len()), None)
                }
            };
            let is_faulty = packet.is_none();
            self.give(count, packet, give);
            self.since = now;
            if is_faulty {
                self.faults += 1;
                if self.faults >= FAULTS_MAX {
                    return self.lose();
                }
                // The ends may have gone on.
                self.decoder = Decoder::new(self.framing);
                self.decoder.push(&self.raw);
            }
        }
    }

    fn give(&mut self, count: usize, packet: Option<Packet>, give: &mut dyn FnMut(Piece)) {
        let bytes: Vec<u8> = self.raw.drain(..count.min(self.raw.len())).collect();
        let behind = match self.socket {
            // How its frames lie is not kept: all that came is the end.
            Some(_) => 0,
            None => length(self.raw.len()),
        };
        give(Piece {
            since: self.since,
            packet,
            bytes,
            end: self.end.saturating_sub(behind),
        });
    }

    /// The capture lacks bytes. A packet whose length is known is given on as far as it is there, and what follows it is read
    /// again; after anything else nothing more can be told.
    pub(super) fn miss(&mut self, missing: u32, give: &mut dyn FnMut(Piece)) {
        self.end = self.end.saturating_add(missing.into());
        let missing = usize::try_from(missing).unwrap_or(usize::MAX);
        if self.is_lost {
            return;
        }
        if let Some(rest) = self.skip.checked_sub(missing)
            && self.raw.is_empty()
        {
            self.skip = rest;
            return;
        }
        let bytes = bytes::Bytes::copy_from_slice(&self.raw);
        let known = dissect(&bytes, self.framing.version, self.framing.sender).outcome;
        let Outcome::Incomplete {
            missing_bytes: Some(wanted),
        } = known
        else {
            self.has_gap = true;
            self.finish(give);
            return self.lose();
        };
        self.finish(give);
        match wanted.checked_sub(missing) {
            Some(rest) if self.socket.is_none() => {
                self.skip = rest;
                self.decoder = Decoder::new(self.framing);
            }
            _ => {
                self.has_gap = true;
                self.lose();
            }
        }
    }

    /// Nothing more comes: gives on what is there of a packet.
    pub(super) fn finish(&mut self, give: &mut dyn FnMut(Piece)) {
        if !self.raw.is_empty() {
            self.cut += 1;
            self.give(self.raw.len(), None, give);
        }
    }

    fn lose(&mut self) {
        self.is_lost = true;
        self.raw = Vec::new();
        self.socket = None;
        self.decoder = Decoder::new(self.framing);
    }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
