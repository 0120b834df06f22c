//! The ladder as text: one line for each step, the same on every machine.

use crate::id::{Cursor, FlightId, NodeId, RecordId};
use crate::log::Log;
use crate::record::{Closing, Down, Flight, Loss, Record, RecordKind};
use crate::scenario::Quoted;
use alloc::string::String;
use bytes::Bytes;
use core::fmt::{self, Display, Formatter, Write};
use mqtt_proto::packet::{Ack, Connect, Publish};
use mqtt_proto::{Instant, Packet, ReasonCode};

/// A payload with more characters than this is told by its length.
const PAYLOAD_MAX_CHARS: usize = 40;

impl Log {
    /// The step that a record is, as one line without its end; `None` if it is no step.
    ///
    /// `1.045  broker -> robot-1  PUBLISH 1 QoS 1 robot/move "forward 1 m"`
    #[must_use]
    pub fn ladder_line(&self, record: &Record) -> Option<String> {
        let mut line = String::new();
        // Writing into a string cannot fail.
        self.write_line(record, &mut line).ok()?;
        record.kind.is_step().then_some(line)
    }

    /// All steps up to a cursor, a line each.
    #[must_use]
    pub fn ladder_text(&self, cursor: Cursor) -> String {
        let mut text = String::new();
        for line in self
            .records(cursor)
            .iter()
            .filter_map(|record| self.ladder_line(record))
        {
            text.push_str(&line);
            text.push('\n');
        }
        text
    }

    /// Any record as one line without its end, a step as the ladder has it; `?` if there is no such record.
    #[must_use]
    pub fn line(&self, id: RecordId) -> String {
        let mut line = String::new();
        // Writing into a string cannot fail.
        let _ = match self.record(id) {
            Some(record) if record.kind.is_step() => self.write_line(record, &mut line),
            Some(record) => self.write_between(record, &mut line),
            None => line.write_str("?"),
        };
        line
    }

    /// What happens between steps.
    fn write_between(&self, record: &Record, out: &mut String) -> fmt::Result {
        write!(out, "{}  ", Seconds(record.at))?;
        let of = |client: Option<NodeId>| client.map_or("?", |client| self.name(client));
        let node = of(record.node);
        match &record.kind {
            RecordKind::Stimulus(action) => write!(out, "done: {action}"),
            RecordKind::Arrived { flight } => match self.flight(*flight) {
                Some(flight) => write!(out, "{node}  {} has arrived", Brief(flight)),
                None => write!(out, "{node}  bytes have arrived"),
            },
            RecordKind::Lost { flight, .. } => self.write_lost_flight(*flight, out),
            RecordKind::ConnectionOpened { server, .. } => {
                write!(out, "{node}  connected to {}", self.name(*server))
            }
            RecordKind::ConnectionClosed { why, .. } => {
                let why = match why {
                    Closing::LinkCut => "the link was cut",
                    Closing::ByNode => "by itself",
                    Closing::ByPeer => "by the other end",
                    Closing::NodeDown => "it has stopped",
                };
                write!(out, "{node}  connection closed: {why}")
            }
            RecordKind::Dialled { link, .. } => {
                let server = self.link(*link).map_or("?", |link| self.name(link.b));
                write!(out, "{node}  dials {server}")
            }
            RecordKind::DialGivenUp { .. } => write!(out, "{node}  gives its dial up"),
            RecordKind::SessionStarted { client } => {
                write!(out, "{node}  starts a session for {}", of(*client))
            }
            RecordKind::SessionResumed { client } => {
                write!(out, "{node}  goes on with the session of {}", of(*client))
            }
            RecordKind::SessionEnded { client } => {
                write!(out, "{node}  ends the session of {}", of(*client))
            }
            RecordKind::Delivered(message) => {
                let (topic, payload) = (message.topic.as_str(), Payload(&message.payload));
                write!(out, "{node}  gets {payload} on {topic}")
            }
            RecordKind::Note(note) => write!(out, "{node}  {note}"),
            _ => Ok(()),
        }
    }

    fn write_lost_flight(&self, flight: FlightId, out: &mut String) -> fmt::Result {
        let Some(flight) = self.flight(flight) else {
            return Ok(());
        };
        let (from, to) = (self.name(flight.from), self.name(flight.to));
        write!(out, "{from} -> {to}  {} lost", Brief(flight))
    }

    fn write_line(&self, record: &Record, out: &mut String) -> fmt::Result {
        write!(out, "{}  ", Seconds(record.at))?;
        let ends = |link| {
            self.link(link)
                .map_or(("?", "?"), |link| (self.name(link.a), self.name(link.b)))
        };
        let node = record.node.map_or("?", |node| self.name(node));
        match &record.kind {
            RecordKind::Sent(flight) => {
                let (from, to) = (self.name(flight.from), self.name(flight.to));
                write!(out, "{from} -> {to}  {flight}")
            }
            RecordKind::LinkCut { link } => {
                let (a, b) = ends(*link);
                write!(out, "{a} -- {b}  link cut")?;
                self.write_lost(record, out)
            }
            RecordKind::LinkRestored { link } => {
                let (a, b) = ends(*link);
                write!(out, "{a} -- {b}  link restored")
            }
            RecordKind::LinkSilent { link, toward } => {
                let (a, b) = ends(*link);
                write!(out, "{a} -- {b}  link silent")?;
                match toward {
                    Some(toward) => write!(out, " toward {}", self.name(*toward)),
                    None => Ok(()),
                }
            }
            RecordKind::ReaderStalled {
                link,
                reader,
                bytes_per_second,
            } => {
                let (a, b) = ends(*link);
                write!(out, "{a} -- {b}  {} reads", self.name(*reader))?;
                match bytes_per_second {
                    Some(rate) => write!(out, " {rate} B/s"),
                    None => out.write_str(" nothing"),
                }
            }
            RecordKind::PacketsHeld { link, toward } => {
                let (a, b) = ends(*link);
                write!(out, "{a} -- {b}  held")?;
                let mut separator = ": ";
                for (_, _, flight) in self.in_flight(Cursor(record.id.0)) {
                    if flight.link == *link && toward.is_none_or(|toward| toward == flight.to) {
                        write!(out, "{separator}{}", Brief(flight))?;
                        separator = ", ";
                    }
                }
                Ok(())
            }
            RecordKind::PacketsReleased { link } => {
                let (a, b) = ends(*link);
                write!(out, "{a} -- {b}  released")
            }
            RecordKind::NodeDown {
                why: Down::PowerLost,
            } => write!(out, "{node}  loses power"),
            RecordKind::NodeDown { why: Down::Crashed } => write!(out, "{node}  crashes"),
            RecordKind::NodeUp => write!(out, "{node}  starts again"),
            RecordKind::Lost {
                flight,
                why: Loss::Vanished,
            } => self.write_lost_flight(*flight, out),
            RecordKind::ConnectionRefused { .. } => write!(out, "{node}  no connection"),
            RecordKind::Effect(effect) => write!(out, "{node}  {effect}"),
            _ => Ok(()),
        }
    }

    /// What a cut took with it: the records right behind it that it caused.
    fn write_lost(&self, cut: &Record, out: &mut String) -> fmt::Result {
        let behind = self
            .records(self.end())
            .iter()
            .skip(usize::try_from(cut.id.0).unwrap_or(usize::MAX))
            .skip(1);
        for record in behind {
            let RecordKind::Lost { flight, .. } = record.kind else {
                break;
            };
            match self.flight(flight) {
                Some(flight) => write!(out, ", {} lost", Brief(flight))?,
                None => out.write_str(", bytes lost")?,
            }
        }
        Ok(())
    }
}

/// Seconds with three decimals, or six where three would hide something.
struct Seconds(Instant);

impl Display for Seconds {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_micros();
        let (whole, part) = (micros / 1_000_000, micros % 1_000_000);
        if part.is_multiple_of(1_000) {
            write!(f, "{whole}.{:03}", part / 1_000)
        } else {
            write!(f, "{whole}.{part:06}")
        }
    }
}

/// A flight by its packet's name and identifier.
struct Brief<'a>(&'a Flight);

impl Display for Brief<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0.packet() {
            Some(packet) => write_name(f, &packet),
            None => write!(f, "{} bytes", self.0.bytes.len()),
        }
    }
}

/// The packet in full, as the ladder writes it.
impl Display for Flight {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(packet) = self.packet() else {
            return write!(f, "{} raw bytes", self.bytes.len());
        };
        write_name(f, &packet)?;
        match &packet {
            Packet::Connect(connect) => write_connect(f, connect),
            Packet::ConnAck(ack) => {
                write!(f, " session {}", u8::from(ack.session_present))?;
                write_reason(f, ack.reason)
            }
            Packet::Publish(publish) => write_publish(f, publish),
            Packet::PubAck(ack)
            | Packet::PubRec(ack)
            | Packet::PubRel(ack)
            | Packet::PubComp(ack) => {
                let Ack { reason, .. } = ack;
                write_reason(f, *reason)
            }
            Packet::Subscribe(subscribe) => {
                for (filter, options) in subscribe.filters.iter() {
                    write!(f, " {} QoS {}", filter.as_str(), options.qos.bits())?;
                }
                Ok(())
            }
            Packet::SubAck(ack) => {
                for reason in ack.reasons.iter() {
                    match reason {
                        ReasonCode::Success => f.write_str(" QoS 0")?,
                        ReasonCode::GrantedQos1 => f.write_str(" QoS 1")?,
                        ReasonCode::GrantedQos2 => f.write_str(" QoS 2")?,
                        refused => write!(f, " {refused}")?,
                    }
                }
                Ok(())
            }
            Packet::Unsubscribe(unsubscribe) => {
                for filter in unsubscribe.filters.iter() {
                    write!(f, " {}", filter.as_str())?;
                }
                Ok(())
            }
            Packet::UnsubAck(ack) => ack
                .reasons
                .iter()
                .try_for_each(|reason| write_reason(f, reason)),
            Packet::Disconnect(disconnect) => write_reason(f, disconnect.reason),
            Packet::Auth(auth) => write_reason(f, auth.reason),
            Packet::PingReq | Packet::PingResp => Ok(()),
        }
    }
}

fn write_name(f: &mut Formatter<'_>, packet: &Packet) -> fmt::Result {
    f.write_str(packet.packet_type().name())?;
    match packet.id() {
        Some(id) => write!(f, " {id}"),
        None => Ok(()),
    }
}

/// A plain success goes without saying.
fn write_reason(f: &mut Formatter<'_>, reason: ReasonCode) -> fmt::Result {
    match reason {
        ReasonCode::Success => Ok(()),
        reason => write!(f, " {reason}"),
    }
}

fn write_connect(f: &mut Formatter<'_>, connect: &Connect) -> fmt::Result {
    write!(f, " clean {}", u8::from(connect.clean_start))?;
    if connect.keep_alive_secs > 0 {
        write!(f, " keep alive {} s", connect.keep_alive_secs)?;
    }
    if let Some(name) = &connect.user_name {
        write!(f, " user {name}")?;
    }
    if let Some(will) = &connect.will {
        write!(f, " will {}", will.topic.as_str())?;
    }
    Ok(())
}

fn write_publish(f: &mut Formatter<'_>, publish: &Publish) -> fmt::Result {
    write!(f, " QoS {}", publish.delivery.qos().bits())?;
    if publish.delivery.dup() {
        f.write_str(" DUP")?;
    }
    if publish.retain {
        f.write_str(" RETAIN")?;
    }
    if let Some(topic) = &publish.topic {
        write!(f, " {}", topic.as_str())?;
    }
    write!(f, " {}", Payload(&publish.payload))
}

/// A payload as text if it is short text, else by its length.
struct Payload<'a>(&'a Bytes);

impl Display for Payload<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match core::str::from_utf8(self.0) {
            Ok(text) if text.chars().count() <= PAYLOAD_MAX_CHARS => Quoted(self.0).fmt(f),
            _ => write!(f, "({} bytes)", self.0.len()),
        }
    }
}
