//! Who tells that an application got a message: the one rule about deliveries.

use super::{CopyId, Delivery, Ending, Hop, Ledger};
use crate::id::{FlightId, NodeId, RecordId};
use crate::log::{Log, NodeRole};
use crate::record::{DeliveredMessage, Flight, Record};
use mqtt_proto::packet::Publish;
use mqtt_proto::{Packet, Qos};

/// Who tells that a node's application got a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// Its machine does, when a packet comes.
    Machine,
    /// Its program reads its socket when it likes: it has a message when it has read the packet's last byte.
    Reading,
    /// Nobody in here: its acknowledgement does (PUBACK, or PUBCOMP), and at QoS 0, which has none, the arrival.
    Acknowledgement,
}

impl Log {
    /// Who tells that a node's application got a message; `None` for a broker, which has none.
    #[must_use]
    pub fn tells(&self, node: NodeId) -> Option<Tells> {
        let info = self.nodes().get(usize::from(node.0))?;
        let NodeRole::Device {
            library,
            runs_script,
            ..
        } = &info.role
        else {
            return None;
        };
        Some(if info.is_remote {
            Tells::Acknowledgement
        } else if library.is_some() || *runs_script {
            Tells::Reading
        } else {
            Tells::Machine
        })
    }

    pub(crate) fn is_remote(&self, node: NodeId) -> bool {
        let info = self.nodes().get(usize::from(node.0));
        info.is_some_and(|info| info.is_remote)
    }
}

impl Ledger {
    /// A new connection: what came over the last one and was not read is gone.
    pub(super) fn begin_to_read(&mut self, client: NodeId) {
        self.unread.remove(&client);
    }

    pub(super) fn observe_arrived(&mut self, log: &Log, record: &Record, id: FlightId) {
        let Some(flight) = log.flight(id) else {
            return;
        };
        let tells = log.tells(flight.to);
        // Of most packets nothing has to be known.
        if tells.is_none_or(|it| it == Tells::Machine) && !log.is_remote(flight.to) {
            return;
        }
        match flight.packet() {
            Some(Packet::Publish(publish)) => match tells {
                Some(Tells::Reading) => self.unread.entry(flight.to).or_default().push_back(id),
                Some(Tells::Acknowledgement) if publish.delivery.qos() == Qos::AtMostOnce => {
                    self.acknowledge(record.id, flight.to, self.copy_of(id));
                }
                _ => {}
            },
            Some(packet) if log.is_remote(flight.to) => {
                self.observe_answer(log, record, flight, &packet);
            }
            _ => {}
        }
    }

    /// An answer reaches a node outside, which keeps what it sends as the standard wants and does not say so.
    fn observe_answer(&mut self, log: &Log, record: &Record, flight: &Flight, answer: &Packet) {
        let (from, to) = (flight.to, flight.from);
        match answer {
            Packet::PubAck(ack) | Packet::PubComp(ack) => {
                if ack.reason.is_failure() {
                    self.refused.insert((from, to, ack.id));
                }
                self.settle(log, record, (from, to, ack.id));
            }
            Packet::PubRec(ack) if ack.reason.is_failure() => {
                self.refused.insert((from, to, ack.id));
                self.settle(log, record, (from, to, ack.id));
            }
            Packet::PubRec(ack) => {
                if let Some(copy) = self.open.get(&(from, to, ack.id)).copied()
                    && let Some(copy) = self.copy_mut(copy)
                {
                    copy.released = Some(record.id);
                }
            }
            Packet::ConnAck(ack) if !ack.session_present => {
                self.end_where(record, Ending::Forgotten, |copy| {
                    (copy.from, copy.to) == (from, to)
                });
            }
            _ => {}
        }
    }

    /// What was delivered, as its packet says.
    pub(crate) fn as_delivered(&self, log: &Log, delivery: &Delivery) -> Option<DeliveredMessage> {
        let copy = self.copy(delivery.copy)?;
        let flight = log.flight(*copy.flights.last()?)?;
        let Packet::Publish(publish) = flight.packet()? else {
            return None;
        };
        Some(DeliveredMessage {
            topic: self.message(copy.message)?.topic.clone()?,
            payload: publish.payload,
            delivery: publish.delivery,
            retain: publish.retain,
        })
    }

    /// A copy is acknowledged, and its identifier free.
    pub(super) fn settle(&mut self, log: &Log, record: &Record, hop: Hop) {
        let is_refused = self.refused.remove(&hop);
        let Some(copy) = self.open.remove(&hop) else {
            return;
        };
        self.end(copy, record.id, Ending::Settled);
        let (_, to, _) = hop;
        if !is_refused && log.tells(to) == Some(Tells::Acknowledgement) {
            self.acknowledge(record.id, to, Some(copy));
        }
    }

    fn acknowledge(&mut self, record: RecordId, node: NodeId, copy: Option<CopyId>) {
        let Some(copy) = copy else { return };
        let delivery = Delivery { record, node, copy };
        self.acknowledged.push(delivery);
        self.deliver(delivery);
    }

    fn deliver(&mut self, delivery: Delivery) {
        self.by_delivery.insert(delivery.record, delivery.copy);
        if let Some(id) = self.copy(delivery.copy).map(|it| it.message)
            && let Some(message) = self.message_mut(id)
        {
            message.deliveries.push(delivery);
        }
    }

    pub(super) fn observe_delivered(
        &mut self,
        log: &Log,
        record: &Record,
        message: &DeliveredMessage,
    ) {
        let Some(node) = record.node else { return };
        let copy = match log.tells(node) {
            // What makes it read now need not be what brought the message.
            Some(Tells::Reading) => self.read(log, node, message),
            _ => self.arrived_copy(log, record),
        };
        if let Some(copy) = copy {
            let record = record.id;
            self.deliver(Delivery { record, node, copy });
        }
    }

    /// A program has read a message. It reads in the order of arrival; what is before that in vain was read and not taken.
    fn read(&mut self, log: &Log, node: NodeId, message: &DeliveredMessage) -> Option<CopyId> {
        let unread = self.unread.get_mut(&node)?;
        let at = unread.iter().position(|flight| {
            let packet = log.flight(*flight).and_then(Flight::packet);
            matches!(packet, Some(Packet::Publish(publish)) if is_it(&publish, message))
        })?;
        let flight = unread.drain(..=at).next_back()?;
        self.copy_of(flight)
    }
}

fn is_it(publish: &Publish, message: &DeliveredMessage) -> bool {
    publish.delivery == message.delivery
        && publish.payload == message.payload
        && publish.topic.as_ref() == Some(&message.topic)
}
