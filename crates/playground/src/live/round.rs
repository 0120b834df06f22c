//! How long a broker outside takes to answer: by what is the answer to what, not by what comes next.

use crate::import::answers;
use mqtt_proto::packet::PacketType;
use mqtt_proto::{Instant, Packet, PacketId};
use sim::RecordId;

/// So many questions wait at once; of more, the answer is not timed.
const ASKED_MAX: usize = 64;

/// What waits for its answer: in which connection, for what packet with what identifier, since when.
#[derive(Default)]
pub(super) struct Questions {
    asked: Vec<Question>,
}

struct Question {
    connection: RecordId,
    answer: (PacketType, Option<PacketId>),
    since: Instant,
}

impl Questions {
    /// A packet leaves.
    pub(super) fn ask(&mut self, connection: RecordId, packet: &Packet, since: Instant) {
        if self.asked.len() >= ASKED_MAX {
            return;
        }
        if let Some(answer) = answers(packet) {
            self.asked.push(Question {
                connection,
                answer,
                since,
            });
        }
    }

    /// A packet has come: since when it was waited for, if it was.
    pub(super) fn answered(&mut self, connection: RecordId, packet: &Packet) -> Option<Instant> {
        let answer = (packet.packet_type(), packet.id());
        let mut asked = self.asked.iter();
        let place = asked.position(|it| it.connection == connection && it.answer == answer)?;
        Some(self.asked.remove(place).since)
    }

    /// A connection is over.
    pub(super) fn forget(&mut self, connection: RecordId) {
        self.asked.retain(|it| it.connection != connection);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use mqtt_proto::packet::{Ack, Properties, Publish, Subscribe, SubscribeFilters};
    use mqtt_proto::packet::{ReasonCodes, SubAck, SubscriptionOptions};
    use mqtt_proto::{Delivery, ReasonCode};

    fn publish(delivery: Delivery) -> Packet {
        Packet::Publish(Publish {
            delivery,
            retain: false,
            topic: Some("a".try_into().unwrap()),
            properties: Properties::EMPTY,
            payload: bytes::Bytes::new(),
        })
    }

    #[test]
    fn only_what_answers_stops_the_clock() {
        let (one, other) = (RecordId(1), RecordId(2));
        let id = PacketId::FIRST;
        let at = Instant::from_micros;
        let mut asked = Questions::default();
        // Nothing answers a PUBLISH of QoS 0, and what comes by itself answers nothing.
        asked.ask(one, &publish(Delivery::AtMostOnce), at(1));
        asked.ask(one, &Packet::PingReq, at(10));
        let subscribe = Packet::Subscribe(Subscribe {
            id,
            filters: SubscribeFilters::one("a".try_into().unwrap(), SubscriptionOptions::default()),
            properties: Properties::EMPTY,
        });
        asked.ask(one, &subscribe, at(20));
        assert_eq!(asked.answered(one, &publish(Delivery::AtMostOnce)), None);
        assert_eq!(asked.answered(one, &Packet::PubAck(Ack::success(id))), None);
        let ack = Packet::SubAck(SubAck {
            id,
            reasons: ReasonCodes::from_iter([ReasonCode::Success]),
            properties: Properties::EMPTY,
        });
        assert_eq!(asked.answered(other, &ack), None);
        assert_eq!(asked.answered(one, &ack), Some(at(20)));
        assert_eq!(asked.answered(one, &Packet::PingResp), Some(at(10)));
        assert_eq!(asked.answered(one, &Packet::PingResp), None);
        asked.ask(one, &Packet::PingReq, at(30));
        asked.forget(one);
        assert_eq!(asked.answered(one, &Packet::PingResp), None);
    }
}
