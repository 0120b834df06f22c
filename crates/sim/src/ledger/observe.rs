//! Reading the log into the ledger, record by record: stimuli and packets.

use super::{
    CopyId, Ending, Hop, Ledger, Message, MessageCopy, MessageId, Origin, Source, new_copy,
    new_message,
};
use crate::id::{FlightId, NodeId, RecordId};
use crate::log::Log;
use crate::record::{Flight, Note, Record, RecordKind};
use crate::scenario::{Action, NodeAction};
use mqtt_broker::Note as BrokerNote;
use mqtt_proto::packet::Publish;
use mqtt_proto::{Packet, Qos};

impl Ledger {
    pub(super) fn observe(&mut self, log: &Log, record: &Record) {
        match &record.kind {
            RecordKind::Stimulus(action) => self.observe_stimulus(record, action),
            RecordKind::Sent(flight) => self.observe_sent(log, record, flight),
            RecordKind::Arrived { flight } => {
                self.adopt(log, *flight, record, Ending::Arrived);
                self.end_without_keeping(*flight, record, Ending::Arrived);
                self.observe_arrived(log, record, *flight);
            }
            RecordKind::Lost { flight, .. } => {
                self.adopt(log, *flight, record, Ending::Lost);
                self.end_without_keeping(*flight, record, Ending::Lost);
            }
            RecordKind::Delivered(message) => self.observe_delivered(log, record, message),
            RecordKind::Note(note) => self.observe_note(log, record, note),
            RecordKind::ConnectionOpened { client, .. } => self.begin_to_read(*client),
            _ => {}
        }
    }

    fn observe_stimulus(&mut self, record: &Record, action: &Action) {
        let (Some(message), Some(by)) = (action.message(), record.node) else {
            return;
        };
        self.begin(Message {
            topic: Some(message.topic),
            payload: message.payload,
            qos: message.qos,
            retain: message.retain,
            ..new_message(Origin::Published, record.id, by)
        });
    }

    fn observe_sent(&mut self, log: &Log, record: &Record, flight: &Flight) {
        let Some(Packet::Publish(publish)) = flight.packet() else {
            return;
        };
        let (from, to) = (flight.from, flight.to);
        let qos = publish.delivery.qos();
        if let Some(id) = publish.delivery.id() {
            let hop = (from, to, id);
            if let Some(copy) = self.open.get(&hop).copied()
                && self
                    .copy(copy)
                    .is_some_and(|it| publish.delivery.dup() || it.flights.is_empty())
            {
                self.carry(copy, record.id, &publish);
                return;
            }
        }
        let found = self.message_behind(log, record, from, qos, &publish);
        match (found, publish.delivery.id()) {
            (Some((message, source, because_of)), id) => {
                let copy = self.add_copy(MessageCopy {
                    source,
                    because_of,
                    id,
                    ..new_copy(message, from, to, record.id)
                });
                self.carry(copy, record.id, &publish);
                if let Some(id) = id {
                    self.open.insert((from, to, id), copy);
                }
            }
            // What the machine says next names it.
            (None, Some(id)) => {
                self.nameless.insert((from, to, id), record.id);
            }
            (None, None) => {}
        }
    }

    /// A flight carries a copy. What a message of its own or a will says is known from its packets alone.
    fn carry(&mut self, copy: CopyId, flight: RecordId, publish: &Publish) {
        self.by_flight.insert(flight, copy);
        let Some(copy) = self.copy_mut(copy) else {
            return;
        };
        copy.flights.push(FlightId(flight));
        copy.qos = Some(publish.delivery.qos());
        let message = copy.message;
        let Some(message) = self.message_mut(message) else {
            return;
        };
        if message.origin == Origin::Published || !message.payload.is_empty() {
            return;
        }
        message.payload = publish.payload.clone();
        if message.topic.is_none() {
            message.topic = publish.topic.clone();
            message.qos = publish.delivery.qos();
            message.retain = publish.retain;
        }
    }

    /// The packet of that hop whose message was not known when it went out.
    pub(super) fn name(&mut self, log: &Log, hop: Hop, copy: CopyId) {
        if let Some(flight) = self.nameless.remove(&hop)
            && let Some(Packet::Publish(publish)) =
                log.flight(FlightId(flight)).and_then(Flight::packet)
        {
            self.carry(copy, flight, &publish);
        }
    }

    /// The message of a packet that is sent for the first time, by what caused it.
    fn message_behind(
        &mut self,
        log: &Log,
        record: &Record,
        from: NodeId,
        qos: Qos,
        publish: &Publish,
    ) -> Option<(MessageId, Source, Option<CopyId>)> {
        let cause = log.record(record.cause?)?;
        match &cause.kind {
            RecordKind::Stimulus(action) => {
                if let Some(message) = self.beginning_with(cause.id) {
                    return Some((message, Source::Live, None));
                }
                let raw = matches!(
                    action.as_ref(),
                    Action::Node {
                        act: NodeAction::SendRaw(_),
                        ..
                    }
                );
                let origin = if raw { Origin::Raw } else { Origin::Own };
                self.own(origin, record, from, qos, publish)
            }
            // What has arrived elsewhere has only made room for what waited.
            RecordKind::Arrived { flight }
                if cause.node == Some(from) && self.is_broker(log, from) =>
            {
                let copy = self.copy_of(*flight)?;
                let message = self.copy(copy)?.message;
                Some((message, Source::Live, Some(copy)))
            }
            RecordKind::Note(Note::Broker { note, .. }) => match note.as_ref() {
                BrokerNote::WillPublished { .. } => {
                    Some((self.beginning_with(cause.id)?, Source::Live, None))
                }
                BrokerNote::RetainedSent { .. } => {
                    let topic = publish.topic.clone()?;
                    let message = self.retained.get(&(from, topic)).copied()?;
                    Some((message, Source::Retained, None))
                }
                _ => None,
            },
            // A device's own doing. What it only sends now has its mark, and comes to light with the next note.
            _ if !self.is_broker(log, from) && publish.delivery.id().is_none() => {
                self.own(Origin::Own, record, from, qos, publish)
            }
            _ => None,
        }
    }

    fn own(
        &mut self,
        origin: Origin,
        record: &Record,
        by: NodeId,
        qos: Qos,
        publish: &Publish,
    ) -> Option<(MessageId, Source, Option<CopyId>)> {
        let message = self.begin(Message {
            topic: publish.topic.clone(),
            payload: publish.payload.clone(),
            qos,
            retain: publish.retain,
            ..new_message(origin, record.id, by)
        })?;
        Some((message, Source::Live, None))
    }

    /// Whether a node passes messages on and says which. One outside says nothing: what it sends begins with it.
    pub(super) fn is_broker(&self, log: &Log, node: NodeId) -> bool {
        log.nodes()
            .get(usize::from(node.0))
            .is_some_and(|info| info.role == crate::log::NodeRole::Broker && !info.is_remote)
    }

    /// A packet under an identifier that no machine has named by the end of its way: its sender says nothing of what it
    /// keeps, as simple libraries do. It counts as a message of its own, and its copy as done with; but what is outside
    /// keeps what it sends like everybody.
    fn adopt(&mut self, log: &Log, flight: FlightId, record: &Record, how: Ending) {
        let mut nameless = self.nameless.iter();
        let Some(hop) = nameless
            .find(|(_, of)| **of == flight.0)
            .map(|(hop, _)| *hop)
        else {
            return;
        };
        self.nameless.remove(&hop);
        let (from, to, id) = hop;
        let (Some(sent), Some(Packet::Publish(publish))) = (
            log.record(flight.0),
            log.flight(flight).and_then(Flight::packet),
        ) else {
            return;
        };
        let qos = publish.delivery.qos();
        let Some((message, ..)) = self.own(Origin::Own, sent, from, qos, &publish) else {
            return;
        };
        let copy = self.add_copy(MessageCopy {
            id: Some(id),
            ..new_copy(message, from, to, sent.id)
        });
        if log.is_remote(from) {
            // What comes back to it settles it.
            self.open.insert(hop, copy);
        } else {
            self.end(copy, record.id, how);
        }
        self.carry(copy, sent.id, &publish);
    }

    /// QoS 0 ends with its only flight.
    fn end_without_keeping(&mut self, flight: FlightId, record: &Record, how: Ending) {
        let Some(id) = self.copy_of(flight) else {
            return;
        };
        let is_kept_by_nobody = |copy: &MessageCopy| copy.qos == Some(Qos::AtMostOnce);
        if self.copy(id).is_some_and(is_kept_by_nobody) {
            self.end(id, record.id, how);
        }
    }

    /// The copy whose arrival caused a record.
    pub(super) fn arrived_copy(&self, log: &Log, record: &Record) -> Option<CopyId> {
        match &log.record(record.cause?)?.kind {
            RecordKind::Arrived { flight } => self.copy_of(*flight),
            _ => None,
        }
    }

    /// The message that a broker is at when it writes a note: it has just arrived, or is a will.
    pub(super) fn message_at(
        &self,
        log: &Log,
        record: &Record,
    ) -> Option<(MessageId, Option<CopyId>)> {
        if let Some(copy) = self.arrived_copy(log, record) {
            return Some((self.copy(copy)?.message, Some(copy)));
        }
        Some((self.beginning_with(record.cause?)?, None))
    }
}
