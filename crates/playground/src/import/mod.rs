//! A capture of real traffic as a log: who spoke MQTT with whom, and every packet with its times.
//!
//! A capture shows what was on the wire, at one place of it. What follows from that alone is in the log: connections, packets,
//! what arrived, what the standard makes an answer to what. What programs and brokers decided for themselves is not.
//!
//! All of it goes on in small steps, so that a page stays quick whatever it is given: `Import::take` for each piece of the
//! file, `Import::finish` once, `Build::advance` until it is done.

mod build;
mod ends;
#[cfg(test)]
mod tests;
mod way;
mod websocket;

pub(crate) use build::{Build, answers};

use crate::story::Story;
use capture::read::{Event, ReadError, Reader, What};
use ends::{Kind, Start};
use mqtt_proto::{Instant, Version};
use sim::{Log, Scenario};
use std::fmt;
use std::rc::Rc;

/// So many bytes of connections that may speak MQTT are kept.
const KEPT_MAX_BYTES: usize = 64 * 1024 * 1024;
/// So many things that happened in them.
const KEPT_MAX_EVENTS: usize = 400_000;

/// Why there is nothing to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The file is no capture, or one that cannot be read.
    File(ReadError),
    /// No connection in it speaks MQTT: how many there are, and how many of them are encrypted.
    NoMqtt {
        /// All of them.
        connections: usize,
        /// Encrypted.
        encrypted: usize,
    },
}

/// What is in a capture, and what of it could not be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Connections that speak MQTT.
    pub connections: usize,
    /// Of them, those that began before the capture.
    pub without_start: usize,
    /// Of them, those whose beginning is there and is no CONNECT that can be read. Like that of those before, their version is a
    /// guess.
    pub without_connect: usize,
    /// Connections that are encrypted.
    pub encrypted: usize,
    /// Other connections.
    pub others: usize,
    /// Frames that are no TCP.
    pub other_frames: usize,
    /// Packets that are not as the standard says.
    pub faults: usize,
    /// Packets of which the capture has only a part.
    pub cut: usize,
    /// Connections in which so much is missing that the rest cannot be read.
    pub gaps: usize,
    /// Whether the file ends in the middle.
    pub is_cut_short: bool,
    /// Whether there is more in it than is shown.
    pub has_more: bool,
    /// Whether the file is an export of this page: its frames were never on a wire.
    pub is_own: bool,
}

/// A capture, read.
pub(crate) struct Captured {
    /// The file's name.
    pub(crate) name: String,
    /// The version that most connections speak.
    pub(crate) version: Version,
    pub(crate) log: Log,
    pub(crate) story: Rc<Story>,
    pub(crate) findings: Findings,
}

impl fmt::Debug for Captured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Captured")
            .field("name", &self.name)
            .finish()
    }
}

/// There is one of each capture.
impl PartialEq for Captured {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Captured {
    /// A scenario in its place, in which nothing is and nothing happens: what it has is its title and its version.
    pub(crate) fn scenario(&self) -> Scenario {
        Scenario {
            title: self.name.clone(),
            about: String::new(),
            version: self.version,
            seed: 0,
            until: Instant::ZERO,
            nodes: Vec::new(),
            links: Vec::new(),
            events: Vec::new(),
            expectations: Vec::new(),
            lesson: None,
        }
    }
}

/// A capture that is being read.
pub(crate) struct Import {
    name: String,
    reader: Reader,
    starts: Vec<Start>,
    events: Vec<Event>,
    kept_bytes: usize,
    has_more: bool,
}

impl Import {
    /// Before the first byte of the file.
    pub(crate) fn new(name: String) -> Self {
        Self {
            name,
            reader: Reader::new(),
            starts: Vec::new(),
            events: Vec::new(),
            kept_bytes: 0,
            has_more: false,
        }
    }

    /// Whether more of the file would be of use.
    pub(crate) const fn is_full(&self) -> bool {
        self.has_more
    }

    /// Takes the next piece of the file.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.reader.push(bytes).map_err(Fault::File)?;
        let events: Vec<Event> = self.reader.events().collect();
        let streams = self.reader.streams();
        self.starts.resize_with(streams.len(), Start::default);
        for event in events {
            let (Some(start), Some(stream)) =
                (self.starts.get_mut(event.stream), streams.get(event.stream))
            else {
                continue;
            };
            if let What::Bytes(bytes) = &event.what {
                start.take(event.by_client, bytes, stream);
            }
            let is_wanted = matches!(start.kind, Kind::Unknown | Kind::Mqtt | Kind::WebSocket);
            if !is_wanted {
                continue;
            }
            if let What::Bytes(bytes) = &event.what {
                self.kept_bytes = self.kept_bytes.saturating_add(bytes.len());
            }
            if self.kept_bytes > KEPT_MAX_BYTES || self.events.len() >= KEPT_MAX_EVENTS {
                self.has_more = true;
                break;
            }
            self.events.push(event);
        }
        Ok(())
    }

    /// The file has ended: what is in it is known now, and is made a log of.
    pub(crate) fn finish(self) -> Result<Build, Fault> {
        let summary = self.reader.finish().map_err(Fault::File)?;
        let mut findings = Findings {
            other_frames: summary.skipped,
            is_cut_short: summary.is_cut_short,
            has_more: self.has_more,
            is_own: summary.is_own(),
            ..Findings::default()
        };
        for start in &self.starts {
            match start.kind {
                Kind::Encrypted => findings.encrypted += 1,
                Kind::Unknown | Kind::Other => findings.others += 1,
                Kind::Mqtt | Kind::WebSocket => findings.connections += 1,
            }
        }
        if findings.connections == 0 {
            return Err(Fault::NoMqtt {
                connections: self.starts.len(),
                encrypted: findings.encrypted,
            });
        }
        Ok(Build::new(
            self.name,
            &self.reader,
            self.starts,
            self.events,
            findings,
        ))
    }
}
