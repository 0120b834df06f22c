//! What the broker wants done, and for whom.

use crate::note::{NoCopy, Note};
use crate::statistics::Statistics;
use crate::store::Client;
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;
use mqtt_proto::packet::Publish;
use mqtt_proto::sink::Shared;
use mqtt_proto::{CloseReason, DropReason, Effect, Packet, Sink, Tag, Text, Version};
use mqtt_spec::Rule;

/// Names a connection. The host chooses it, and never uses it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One effect of a call, in the order in which it must be carried out.
#[derive(Clone, Debug, PartialEq)]
pub enum BrokerEvent {
    /// Encode it and put it on this connection's wire.
    Send {
        /// Which connection.
        connection: ConnectionId,
        /// The version that this client speaks.
        version: Version,
        /// What to send.
        packet: Packet,
    },
    /// Close the transport once everything before is out, then call
    /// [`Broker::handle_close`](crate::Broker::handle_close).
    Close {
        /// Which connection.
        connection: ConnectionId,
        /// Why.
        why: CloseReason,
    },
    /// A client authenticates by one of
    /// [`BrokerConfig::host_methods`](crate::BrokerConfig::host_methods): answer with
    /// [`Broker::authenticate`](crate::Broker::authenticate), at once or later. A client that is not
    /// in yet waits; one that is goes on meanwhile.
    Authenticate {
        /// Which connection.
        connection: ConnectionId,
        /// As in CONNECT.
        method: Text,
        /// What the client says; empty if it says nothing.
        data: Bytes,
        /// The client is in already, and authenticates anew.
        is_again: bool,
    },
    /// Is this the user's password? Asked only with
    /// [`BrokerConfig::host_checks_passwords`](crate::BrokerConfig::host_checks_passwords). Answer with
    /// [`Broker::authenticate`](crate::Broker::authenticate), at once or later; the client waits.
    CheckPassword {
        /// Which connection.
        connection: ConnectionId,
        /// As in CONNECT.
        user: Text,
        /// As in CONNECT; empty if it has none.
        password: Bytes,
    },
    /// Something a log wants to say.
    Note {
        /// The connection that it is about; `None` if that is gone.
        connection: Option<ConnectionId>,
        /// What.
        note: Note,
    },
}

impl Shared for BrokerEvent {}

/// The host's answer to [`BrokerEvent::Authenticate`] and [`BrokerEvent::CheckPassword`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthOutcome {
    /// The client is to say more: AUTH 0x18.
    Continue {
        /// What goes to the client.
        data: Option<Bytes>,
    },
    /// It is who it says: CONNACK, or AUTH 0x00 for a client that is in.
    Accept {
        /// The user, for the access list; `None`: as CONNECT says. A client that is in cannot become
        /// another user: that counts as a refusal.
        user_name: Option<Text>,
        /// What goes to the client.
        data: Option<Bytes>,
    },
    /// It is not: CONNACK or DISCONNECT 0x87, and the connection closes.
    Refuse,
}

/// Passes the effects of one connection on, under its name.
pub(crate) struct Out<'a> {
    connection: Option<ConnectionId>,
    version: Version,
    notes: bool,
    sink: &'a mut dyn Sink<BrokerEvent>,
    /// Bytes of messages sent, roughly.
    pub(crate) sent_bytes: usize,
    /// What has been sent and what has been dropped.
    pub(crate) counted: Statistics,
    /// The connection is to be closed.
    pub(crate) closed: Option<CloseReason>,
    /// Copies that the session has given up.
    given_up: Vec<(Tag, DropReason)>,
    /// What is passed on once the version is known.
    held: Option<Vec<Effect>>,
    /// The broker's own rules behind the packet that comes next.
    rules: Rules,
}

/// A few rules, most telling first.
pub(crate) type Rules = [Option<Rule>; 4];

/// What a PUBLISH has besides topic, payload and properties, at most.
const PUBLISH_OVERHEAD_BYTES: usize = 16;

/// How many bytes a PUBLISH takes on the wire, roughly.
pub(crate) fn size_of_publish(publish: &Publish) -> usize {
    let topic = publish.topic.as_ref();
    publish.payload.len()
        + topic.map_or(0, |topic| topic.text().as_bytes().len())
        + publish.properties.as_bytes().len()
        + PUBLISH_OVERHEAD_BYTES
}

impl<'a> Out<'a> {
    pub(crate) fn new(
        connection: Option<ConnectionId>,
        version: Version,
        notes: bool,
        sink: &'a mut dyn Sink<BrokerEvent>,
    ) -> Self {
        Self {
            connection,
            version,
            notes,
            sink,
            sent_bytes: 0,
            counted: Statistics::default(),
            closed: None,
            given_up: Vec::new(),
            held: None,
            rules: [None; 4],
        }
    }

    /// Keeps the effects back until [`Out::release`]: before CONNECT the version is not known, and a
    /// refusal is written in the version that turned up meanwhile.
    pub(crate) fn hold(&mut self) {
        self.held = Some(Vec::new());
    }

    /// Passes on what was kept back.
    pub(crate) fn release(&mut self, version: Version) {
        self.version = version;
        for effect in self.held.take().into_iter().flatten() {
            self.emit(effect);
        }
    }
}

impl Out<'_> {
    /// Writes a line of the broker's in the log.
    pub(crate) fn note(&mut self, note: Note) {
        if !self.notes {
            return;
        }
        let connection = self.connection;
        self.sink.emit(BrokerEvent::Note { connection, note });
    }

    /// Names the broker's own rules behind the packet that is sent next, if one is; its connection names others.
    pub(crate) fn explain(&mut self, rules: Rules) {
        if self.notes {
            self.rules = rules;
        }
    }

    /// Says that a session gets no copy.
    pub(crate) fn no_copy(&mut self, client: &Client, message: Tag, why: NoCopy) {
        let client_id = client.id.clone();
        self.note(Note::NoCopy {
            client_id,
            message,
            why,
        });
    }

    /// Says which copies the session has given up.
    pub(crate) fn tell_given_up(&mut self, client: &Client) {
        for (message, why) in core::mem::take(&mut self.given_up) {
            self.no_copy(client, message, NoCopy::GivenUp(why));
        }
    }
}

impl Sink<Effect> for Out<'_> {
    fn emit(&mut self, effect: Effect) {
        if let Some(held) = &mut self.held {
            held.push(effect);
            return;
        }
        if let Effect::Send(_) | Effect::Note(mqtt_proto::Note::Duty(_)) = effect {
            for rule in core::mem::take(&mut self.rules).into_iter().flatten() {
                self.note(Note::Protocol(mqtt_proto::Note::Duty(rule)));
            }
        }
        match (effect, self.connection) {
            (Effect::Send(packet), Some(connection)) => {
                if let Packet::Publish(publish) = &packet {
                    self.counted.messages_sent += 1;
                    self.sent_bytes += size_of_publish(publish);
                }
                self.sink.emit(BrokerEvent::Send {
                    connection,
                    version: self.version,
                    packet,
                });
            }
            (Effect::Close(why), Some(connection)) => {
                self.closed = Some(why);
                self.sink.emit(BrokerEvent::Close { connection, why });
            }
            (Effect::Note(_), _) if !self.notes => {}
            (Effect::Note(note), connection) => self.sink.emit(BrokerEvent::Note {
                connection,
                note: Note::Protocol(note),
            }),
            (Effect::Dropped { why, tag }, _) => {
                self.counted.dropped.count(why);
                self.given_up.push((tag, why));
            }
            // The broker marks no messages: whoever published has its acknowledgement already.
            (Effect::Acknowledged { .. }, _) => {}
            // Without a connection nothing is sent or closed.
            (Effect::Send(_) | Effect::Close(_), None) => {}
        }
    }
}
