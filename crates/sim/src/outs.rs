//! What machines want done: their effects in the world's words.
//!
//! Effects are translated as they come, so that none is moved more often than it must be.

use crate::link::PacketHead;
use crate::node::Leaving;
use crate::record::{self, DeliveredMessage, Note, Rules};
use crate::rules;
use alloc::boxed::Box;
use alloc::vec::Vec;
use device::{DeviceEvent, Effect};
use mqtt_broker::{Broker, BrokerEvent, ConnectionId};
use mqtt_proto::{CloseReason, Packet, Sender, Sink, Taken, Text, Version};

/// What a machine wants done, whichever it is.
pub(crate) enum Out {
    /// A packet, over this connection or the client's only one.
    Send {
        connection: Option<u32>,
        version: Version,
        packet: Packet,
        rules: Rules,
    },
    /// Over this connection, or the client's only one.
    Leave {
        connection: Option<u32>,
        what: Leaving,
    },
    Dial,
    /// The client's connection ends here, and nobody is told.
    RadioOff,
    /// The node has no power any more.
    PowerLost,
    Delivered(DeliveredMessage),
    Effect(Effect),
    Session(SessionChange, Text, Option<u32>),
    Note(Note, Rules),
    /// A row of a table was followed, about this connection or the client's only one.
    Took(Option<u32>, Taken),
    /// A broker's note, and the connection that it is about.
    BrokerNote(Option<u32>, mqtt_broker::Note, Rules),
    /// The machine closes this connection, or the client's only one, and says why.
    Close {
        connection: Option<u32>,
        why: CloseReason,
        rules: Rules,
    },
}

/// What became of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionChange {
    Started,
    Resumed,
    Ended,
}

/// Takes what a device does.
pub(crate) struct DeviceOuts<'a> {
    version: Version,
    duties: Duties,
    out: &'a mut Vec<Out>,
}

impl<'a> DeviceOuts<'a> {
    pub(crate) fn new(version: Version, out: &'a mut Vec<Out>) -> Self {
        Self {
            version,
            duties: Duties::default(),
            out,
        }
    }
}

impl Sink<DeviceEvent> for DeviceOuts<'_> {
    fn emit(&mut self, event: DeviceEvent) {
        let version = self.version;
        self.out.push(match event {
            DeviceEvent::Send(packet) => Out::Send {
                connection: None,
                version,
                packet,
                rules: self.duties.take(version),
            },
            DeviceEvent::Write(bytes) => Out::Leave {
                connection: None,
                what: Leaving::Packet {
                    head: record::packet(&bytes, Sender::Client, version)
                        .as_ref()
                        .map(PacketHead::of),
                    bytes,
                    rules: Rules::NONE,
                },
            },
            DeviceEvent::Delivered(publish) => match publish.topic {
                Some(topic) => Out::Delivered(DeliveredMessage {
                    topic,
                    payload: publish.payload,
                    delivery: publish.delivery,
                    retain: publish.retain,
                }),
                // The client has put the name in place of its alias.
                None => return,
            },
            DeviceEvent::Note(mqtt_proto::Note::Duty(rule)) => return self.duties.push(rule),
            DeviceEvent::Note(mqtt_proto::Note::Took(taken)) => Out::Took(None, taken),
            DeviceEvent::Note(note) => {
                let rules = rules::of_rule(note.rule(), version);
                Out::Note(Note::Protocol(note), rules)
            }
            DeviceEvent::Remark(remark) => Out::Note(Note::Device(Box::new(remark)), Rules::NONE),
            DeviceEvent::Effect(effect) => Out::Effect(effect),
            DeviceEvent::Dial => Out::Dial,
            DeviceEvent::HangUp => Out::Leave {
                connection: None,
                what: Leaving::Close,
            },
            DeviceEvent::RadioOff => Out::RadioOff,
            DeviceEvent::PowerLost => Out::PowerLost,
            DeviceEvent::Close(why) => Out::Close {
                connection: None,
                why,
                rules: rules::of_rule(why.rule(), version),
            },
            DeviceEvent::Dropped { tag, why } => Out::Note(Note::Dropped { tag, why }, Rules::NONE),
            DeviceEvent::Misuse(misuse) => {
                let rules = rules::of_rule(misuse.rule(), version);
                Out::Note(Note::Misuse(misuse), rules)
            }
            // The acknowledging packet has said so.
            DeviceEvent::Acknowledged { .. } => return,
        });
    }
}

/// What a connection speaks that a call is about: one that closes takes its version with it, so this is looked up before.
pub(crate) type Spoken = Option<(u32, Version)>;

/// The version that a connection of a broker speaks, once CONNECT has named it.
pub(crate) fn spoken(broker: &Broker, connection: u32) -> Option<Version> {
    broker.connection(id(connection))?.version()
}

/// Takes what a broker does in one call. Which version a note is about can turn up behind it: [`BrokerOuts::finish`] says
/// the rules.
pub(crate) struct BrokerOuts<'a> {
    before: Spoken,
    duties: Duties,
    /// Where what this call does begins.
    begins: usize,
    out: &'a mut Vec<Out>,
}

impl<'a> BrokerOuts<'a> {
    pub(crate) fn new(before: Spoken, out: &'a mut Vec<Out>) -> Self {
        Self {
            before,
            duties: Duties::default(),
            begins: out.len(),
            out,
        }
    }

    /// The call has returned.
    pub(crate) fn finish(self, broker: &Broker) {
        let Some(outs) = self.out.get_mut(self.begins..) else {
            return;
        };
        let speaks = |connection: Option<u32>| match (self.before, connection) {
            (Some((known, version)), Some(connection)) if known == connection => Some(version),
            (_, connection) => spoken(broker, connection?),
        };
        // What is about no connection follows from what was sent or from a packet of this version.
        let mut version = outs.iter().find_map(|out| match out {
            Out::Send { version, .. } => Some(*version),
            _ => None,
        });
        for out in outs {
            let (connection, rule, rules) = match out {
                Out::Send { version: sent, .. } => {
                    version = Some(*sent);
                    continue;
                }
                Out::BrokerNote(connection, note, rules) => (connection, note.rule(), rules),
                Out::Close {
                    connection,
                    why,
                    rules,
                } => (connection, why.rule(), rules),
                _ => continue,
            };
            if let Some(version) = speaks(*connection).or(version) {
                *rules = rules::of_rule(rule, version);
            }
        }
    }
}

impl Sink<BrokerEvent> for BrokerOuts<'_> {
    fn emit(&mut self, event: BrokerEvent) {
        use mqtt_broker::Note as N;
        let out = match event {
            BrokerEvent::Send {
                connection,
                version,
                packet,
            } => Out::Send {
                connection: Some(key(connection)),
                version,
                packet,
                rules: self.duties.take(version),
            },
            BrokerEvent::Note {
                note: N::Protocol(mqtt_proto::Note::Duty(rule)),
                ..
            } => return self.duties.push(rule),
            BrokerEvent::Note {
                connection,
                note: N::Protocol(mqtt_proto::Note::Took(taken)),
            } => Out::Took(connection.map(key), taken),
            BrokerEvent::Close { connection, why } => Out::Close {
                connection: Some(key(connection)),
                why,
                rules: Rules::NONE,
            },
            // No world has a host with methods or passwords of its own.
            BrokerEvent::Authenticate { .. } | BrokerEvent::CheckPassword { .. } => return,
            BrokerEvent::Note { connection, note } => {
                let change = match &note {
                    N::Accepted {
                        client_id,
                        session_present: true,
                    } => Some((SessionChange::Resumed, client_id)),
                    N::Accepted { client_id, .. } => Some((SessionChange::Started, client_id)),
                    N::SessionEnded { client_id, .. } => Some((SessionChange::Ended, client_id)),
                    _ => None,
                };
                if let Some((change, client_id)) = change {
                    let connection = connection.map(key);
                    self.out
                        .push(Out::Session(change, client_id.clone(), connection));
                }
                Out::BrokerNote(connection.map(key), note, Rules::NONE)
            }
        };
        self.out.push(out);
    }
}

pub(crate) fn id(connection: u32) -> ConnectionId {
    ConnectionId(u64::from(connection))
}

/// World connections are numbered with 32 bits, so a broker never says another number.
pub(crate) fn key(connection: ConnectionId) -> u32 {
    u32::try_from(connection.0).unwrap_or(u32::MAX)
}

/// The rules that a machine names for the packet that comes next.
#[derive(Default)]
struct Duties([Option<mqtt_spec::Rule>; Rules::MOST]);

impl Duties {
    /// What is above the limit is left out.
    fn push(&mut self, rule: mqtt_spec::Rule) {
        if let Some(free) = self.0.iter_mut().find(|slot| slot.is_none()) {
            *free = Some(rule);
        }
    }

    fn take(&mut self, version: Version) -> Rules {
        if let [None, ..] = self.0 {
            return Rules::NONE;
        }
        let rules = core::mem::take(&mut self.0).into_iter().flatten();
        rules.filter_map(|rule| rule.id_in(version)).collect()
    }
}
