//! Reading the notes of machines into the ledger.

use super::{
    CopyId, End, Ending, Hop, Ledger, Message, MessageCopy, MessageId, Origin, Source, Withheld,
    broker_of, new_copy, new_message,
};
use crate::id::{NodeId, RecordId};
use crate::log::Log;
use crate::record::{Note, Record, RecordKind};
use alloc::vec::Vec;
use mqtt_broker::{NoCopy, Note as BrokerNote};
use mqtt_proto::Tag;

impl Ledger {
    pub(super) fn observe_note(&mut self, log: &Log, record: &Record, note: &Note) {
        let Some(node) = record.node else { return };
        if let Some(note) = note.protocol() {
            let client = match &record.kind {
                RecordKind::Note(Note::Broker { client, .. }) => *client,
                _ => None,
            };
            let peer = client.or_else(|| broker_of(log, node));
            if let Some(peer) = peer {
                self.observe_protocol(log, record, node, peer, *note);
            }
            return;
        }
        match note {
            Note::Broker { client, note } => {
                self.observe_broker(log, record, node, *client, note);
            }
            Note::Dropped { tag, why } => {
                if let Some(message) = self.marks.get(&(node, *tag)).copied() {
                    let how = Ending::GivenUp(*why);
                    self.end_where(record, how, |copy| {
                        copy.from == node && copy.message == message
                    });
                }
                self.refuse(log, record);
            }
            Note::Misuse(_) => self.refuse(log, record),
            Note::Forgot => {
                self.end_where(record, Ending::Forgotten, |copy| copy.from == node);
                self.marks.retain(|(of, _), _| *of != node);
                self.numbers.retain(|(of, _), _| *of != node);
                let kept: Vec<MessageId> = self
                    .retained
                    .iter()
                    .filter(|((broker, _), _)| *broker == node)
                    .map(|(_, message)| *message)
                    .collect();
                for message in kept {
                    self.retained_until(message, record.id);
                }
                self.retained.retain(|(of, _), _| *of != node);
            }
            _ => {}
        }
    }

    /// A device would not even take the message that it was told to publish.
    fn refuse(&mut self, log: &Log, record: &Record) {
        let begins = record.cause.and_then(|cause| self.beginning_with(cause));
        let is_act = record.cause.and_then(|cause| log.record(cause));
        if let (Some(id), Some(_)) = (begins, is_act)
            && let Some(message) = self.message_mut(id)
            && message.copies.is_empty()
        {
            message.refused = Some(record.id);
        }
    }

    pub(super) fn end_where(
        &mut self,
        record: &Record,
        how: Ending,
        mut ends: impl FnMut(&MessageCopy) -> bool,
    ) {
        let (copies, ended) = (&mut self.copies, &mut self.ended);
        let mut end = |id: &CopyId| {
            let Some(copy) = usize::try_from(id.0).ok().and_then(|at| copies.get_mut(at)) else {
                return true;
            };
            let ends = ends(copy);
            if ends && copy.end.is_none() {
                copy.end = Some(End {
                    record: record.id,
                    how,
                });
                ended.push(*id);
            }
            ends
        };
        self.open.retain(|_, id| !end(id));
        self.waiting.retain(|_, id| !end(id));
    }

    fn observe_protocol(
        &mut self,
        log: &Log,
        record: &Record,
        node: NodeId,
        peer: NodeId,
        note: mqtt_proto::Note,
    ) {
        use mqtt_proto::Note as N;
        match note {
            N::MessageQueued { tag } => {
                if !self.is_broker(log, node) {
                    self.mark(log, record, node, tag);
                }
                if let Some((message, because_of)) = self.marked(log, node, tag, record) {
                    self.wait(record, node, peer, tag, message, because_of);
                }
            }
            N::MessageKept { id, tag, .. } => self.kept(log, record, (node, peer, id), tag),
            N::MessageReleased { id } => {
                if let Some(copy) = self.open.get(&(node, peer, id)).copied()
                    && let Some(copy) = self.copy_mut(copy)
                {
                    copy.released = Some(record.id);
                }
            }
            N::MessageRefused { id } => {
                self.refused.insert((node, peer, id));
            }
            N::IdFreed { id, .. } => self.settle(log, record, (node, peer, id)),
            N::DuplicateSuppressed { .. } => {
                if let Some(copy) = self.arrived_copy(log, record)
                    && let Some(copy) = self.copy_mut(copy)
                {
                    copy.suppressed.push(record.id);
                }
            }
            _ => {}
        }
    }

    /// Which message a device's mark is on: what it was just told to publish, or one that begins here.
    fn mark(&mut self, log: &Log, record: &Record, node: NodeId, tag: Tag) {
        if self.marks.contains_key(&(node, tag)) {
            return;
        }
        let told = record.cause.and_then(|cause| self.beginning_with(cause));
        let message = told.or_else(|| {
            log.record(record.id)?;
            self.begin(new_message(Origin::Own, record.id, node))
        });
        if let Some(message) = message {
            self.marks.insert((node, tag), message);
        }
    }

    fn marked(
        &mut self,
        log: &Log,
        node: NodeId,
        tag: Tag,
        record: &Record,
    ) -> Option<(MessageId, Option<CopyId>)> {
        if !self.is_broker(log, node) {
            return Some((self.marks.get(&(node, tag)).copied()?, None));
        }
        if let Some(known) = self.numbers.get(&(node, tag)) {
            return Some(*known);
        }
        let found = self.message_at(log, record)?;
        self.numbers.insert((node, tag), found);
        Some(found)
    }

    fn wait(
        &mut self,
        record: &Record,
        from: NodeId,
        to: NodeId,
        tag: Tag,
        message: MessageId,
        because_of: Option<CopyId>,
    ) {
        let key = (from, to, tag);
        if self.waiting.contains_key(&key) {
            return;
        }
        let copy = self.add_copy(MessageCopy {
            source: Source::Queue,
            because_of,
            ..new_copy(message, from, to, record.id)
        });
        self.waiting.insert(key, copy);
    }

    /// A message has gone out under an identifier; its packet may already be in the log, or come a little later.
    fn kept(&mut self, log: &Log, record: &Record, hop: Hop, tag: Tag) {
        let (from, to, id) = hop;
        if let Some(copy) = self.waiting.remove(&(from, to, tag)) {
            if let Some(copy) = self.copy_mut(copy) {
                copy.id = Some(id);
            }
            self.open.insert(hop, copy);
            self.name(log, hop, copy);
            return;
        }
        if !self.is_broker(log, from) {
            if let Some(copy) = self.open.get(&hop).and_then(|copy| self.copy(*copy)) {
                self.marks.insert((from, tag), copy.message);
                return;
            }
            self.mark(log, record, from, tag);
        } else if let Some(known) = self.open.get(&hop).and_then(|copy| self.copy(*copy)) {
            let known = (known.message, known.because_of);
            self.numbers.entry((from, tag)).or_insert(known);
            return;
        }
        let Some((message, because_of)) = self.marked(log, from, tag, record) else {
            self.nameless.remove(&hop);
            return;
        };
        // Behind a broker's work the note comes before its packet: what made the broker send is the same for both.
        let is_retained = record
            .cause
            .and_then(|it| log.record(it))
            .is_some_and(|it| {
                let note = match &it.kind {
                    RecordKind::Note(note) => note.broker(),
                    _ => None,
                };
                matches!(note, Some(BrokerNote::RetainedSent { .. }))
            });
        let (source, because_of) = match is_retained {
            true => (Source::Retained, None),
            false => (Source::Live, because_of),
        };
        let copy = self.add_copy(MessageCopy {
            source,
            because_of,
            id: Some(id),
            ..new_copy(message, from, to, record.id)
        });
        self.open.insert(hop, copy);
        self.name(log, hop, copy);
    }

    fn observe_broker(
        &mut self,
        log: &Log,
        record: &Record,
        node: NodeId,
        client: Option<NodeId>,
        note: &BrokerNote,
    ) {
        match note {
            BrokerNote::WillPublished { topic, .. } => {
                self.begin(Message {
                    topic: Some(topic.clone()),
                    ..new_message(Origin::Will, record.id, client.unwrap_or(node))
                });
            }
            BrokerNote::Routed { message, .. } => {
                if let Some((id, _)) = self.marked(log, node, *message, record)
                    && let Some(message) = self.message_mut(id)
                {
                    message.routed.push(record.id);
                }
            }
            BrokerNote::PublishRefused { .. } => {
                if let Some((id, _)) = self.message_at(log, record)
                    && let Some(message) = self.message_mut(id)
                {
                    message.not_passed_on = Some(record.id);
                }
            }
            BrokerNote::CopyWaits { message, .. } => {
                if let (Some(client), Some((id, because_of))) =
                    (client, self.marked(log, node, *message, record))
                {
                    self.wait(record, node, client, *message, id, because_of);
                }
            }
            BrokerNote::NoCopy { message, why, .. } => {
                let Some(client) = client else { return };
                if let NoCopy::GivenUp(why) = why {
                    let of = self.numbers.get(&(node, *message)).map(|(id, _)| *id);
                    self.end_where(record, Ending::GivenUp(*why), |copy| {
                        copy.from == node && copy.to == client && Some(copy.message) == of
                    });
                }
                if let Some((id, _)) = self.marked(log, node, *message, record)
                    && let Some(message) = self.message_mut(id)
                {
                    message.withheld.push(Withheld {
                        record: record.id,
                        node: client,
                        why: *why,
                    });
                }
            }
            BrokerNote::SessionEnded { why, .. } => {
                let how = Ending::SessionEnded(*why);
                self.end_where(record, how, |copy| {
                    copy.from == node && Some(copy.to) == client
                });
            }
            BrokerNote::RetainedKept { topic, .. } => {
                if let Some((id, _)) = self.message_at(log, record) {
                    let before = self.retained.insert((node, topic.clone()), id);
                    if let Some(before) = before {
                        self.retained_until(before, record.id);
                    }
                    if let Some(message) = self.message_mut(id) {
                        message.retained = Some((record.id, None));
                    }
                }
            }
            BrokerNote::RetainedCleared { topic } | BrokerNote::RetainedExpired { topic } => {
                if let Some(id) = self.retained.remove(&(node, topic.clone())) {
                    self.retained_until(id, record.id);
                }
            }
            _ => {}
        }
    }

    fn retained_until(&mut self, id: MessageId, record: RecordId) {
        if let Some((_, until)) = self.message_mut(id).and_then(|it| it.retained.as_mut()) {
            until.get_or_insert(record);
        }
    }
}
