//! What a server says on an accepted connection, and how it ends one.

#[cfg(doc)]
use super::ServerEvent;
use super::{ServerConnection, unless_too_large};
use crate::codec::{Fault, encoded_len};
use crate::connection::{ServerInput, ServerState};
use crate::effect::Effect;
use crate::error::{CloseReason, Misuse, Violation};
use crate::message::{Message, Tag};
use crate::packet::property_id::REASON_STRING;
use crate::packet::{
    Disconnect, Packet, PacketType, Properties, PropertyWriter, ReasonCodes, SubAck,
};
use crate::reason::ReasonCode;
use crate::session::{Outlet, Session, Unsendable, drop_unsendable};
use crate::sink::Sink;
use crate::time::Instant;
use crate::types::{Delivery, PacketId, Qos, Text};
use alloc::string::ToString;
use mqtt_spec::Version;

impl ServerConnection {
    /// Answers a [`ServerEvent::Publish`] of QoS 1 or 2. A failure refuses the message; 3.1.1 cannot
    /// say so and acknowledges as usual.
    ///
    /// # Errors
    /// [`Misuse::NotConnected`], or [`Misuse::Unencodable`] for a reason or properties that the
    /// acknowledgement cannot have: the message then still waits for its answer.
    pub fn acknowledge(
        &mut self,
        now: Instant,
        delivery: Delivery,
        reason: ReasonCode,
        properties: Properties,
        session: &mut Session,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<(), Misuse> {
        if self.state != ServerState::Connected {
            return Err(Misuse::NotConnected);
        }
        let mut line = self.connection.line(now, sink);
        Ok(line.answer(delivery, reason, properties, session)?)
    }

    /// Answers a [`ServerEvent::Subscribe`].
    ///
    /// # Errors
    /// [`Misuse::NotConnected`], or [`Misuse::Unencodable`] for codes or properties that the answer
    /// cannot have.
    pub fn sub_ack(
        &mut self,
        now: Instant,
        id: PacketId,
        reasons: ReasonCodes,
        properties: Properties,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<(), Misuse> {
        let reasons = match self.connection.version {
            Version::V5 => reasons,
            // 3.1.1 has one code for every failure.
            Version::V311 => reasons
                .iter()
                .map(|reason| match reason.is_failure() {
                    true => ReasonCode::UnspecifiedError,
                    false => reason,
                })
                .collect(),
        };
        let ack = SubAck {
            id,
            reasons,
            properties,
        };
        self.reply(now, Packet::SubAck(ack), sink)
    }

    /// Answers a [`ServerEvent::Unsubscribe`].
    ///
    /// # Errors
    /// [`Misuse::NotConnected`], or [`Misuse::Unencodable`] for codes or properties that the answer
    /// cannot have.
    pub fn unsub_ack(
        &mut self,
        now: Instant,
        id: PacketId,
        reasons: ReasonCodes,
        properties: Properties,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<(), Misuse> {
        let ack = SubAck {
            id,
            reasons,
            properties,
        };
        self.reply(now, Packet::UnsubAck(ack), sink)
    }

    fn reply(
        &mut self,
        now: Instant,
        packet: Packet,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<(), Misuse> {
        if self.state != ServerState::Connected {
            return Err(Misuse::NotConnected);
        }
        Ok(self.connection.line(now, sink).send(packet)?)
    }

    /// Delivers a message to the client: at once if the quota allows, else from the session's queue
    /// as soon as it does. QoS 0 never waits.
    ///
    /// # Errors
    /// [`Misuse::QueueFull`], see [`Session::enqueue`].
    pub fn deliver(
        &mut self,
        now: Instant,
        message: Message,
        tag: Tag,
        session: &mut Session,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<(), Misuse> {
        if self.state != ServerState::Connected {
            return session.enqueue(now, message, tag, sink);
        }
        let mut line = self.connection.line(now, sink);
        if message.qos == Qos::AtMostOnce {
            let publish = message.into_publish(Delivery::AtMostOnce);
            if let Err(why) = line.send(Packet::Publish(publish)) {
                drop_unsendable(tag, why, &mut line);
            }
            return Ok(());
        }
        session.publish(message, tag, &mut line)
    }

    /// Whether a PUBLISH at QoS 0 goes to this client as it stands: no alias takes the place of its
    /// topic, nothing has to be left out, and it is not too large. The caller then sends it: a
    /// message for many is made once. Notes about it are not written. Otherwise nothing has
    /// happened, and [`Self::deliver`] knows what to do.
    #[must_use]
    pub fn deliver_as_is(&mut self, now: Instant, packet: &Packet) -> bool {
        let Packet::Publish(publish) = packet else {
            return false;
        };
        if self.state != ServerState::Connected || publish.delivery != Delivery::AtMostOnce {
            return false;
        }
        self.connection.sends_as_is(now, publish, packet)
    }

    /// Whether the client takes a message of this size (5.0 Maximum Packet Size).
    #[must_use]
    pub fn takes_size_of(&self, message: &Message) -> bool {
        let max = self.connection.peer.max_packet_size;
        if max == u32::MAX {
            return true;
        }
        let delivery = match message.qos {
            Qos::AtMostOnce => Delivery::AtMostOnce,
            // Any identifier is as long as the next.
            _ => Delivery::AtLeastOnce {
                id: PacketId::FIRST,
                dup: false,
            },
        };
        let packet = Packet::Publish(message.to_publish(delivery));
        encoded_len(&packet, self.connection.version)
            .is_ok_and(|len| u32::try_from(len).is_ok_and(|len| len <= max))
    }

    /// Whether a message of QoS 1 or 2 would go out at once: nothing waits before it, and the
    /// client's Receive Maximum is not reached.
    #[must_use]
    pub fn has_room(&self, session: &Session) -> bool {
        self.state == ServerState::Connected
            && session.has_room(self.connection.peer.receive_maximum)
    }

    /// Sends what waits in the session, as far as the quota allows: for a server that has held
    /// messages back with [`Session::enqueue`] while the client was too slow to take them.
    pub fn flush(&mut self, now: Instant, session: &mut Session, sink: &mut dyn Sink<Effect>) {
        if self.state == ServerState::Connected {
            session.pump(&mut self.connection.line(now, sink));
        }
    }

    /// The server ends the connection: DISCONNECT with `reason` under 5.0, a plain close under
    /// 3.1.1 and before CONNACK.
    ///
    /// # Errors
    /// [`Misuse::NotConnected`] if it has ended already, [`Misuse::Unencodable`] for
    /// a reason or properties that DISCONNECT cannot have.
    pub fn disconnect(
        &mut self,
        now: Instant,
        reason: ReasonCode,
        properties: Properties,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<(), Misuse> {
        if self.state == ServerState::Closed {
            return Err(Misuse::NotConnected);
        }
        let sent = self.send_disconnect(now, reason, properties, sink);
        unless_too_large(sent)?;
        self.close(CloseReason::Disconnected(reason), sink);
        Ok(())
    }

    pub(super) fn send_disconnect(
        &mut self,
        now: Instant,
        reason: ReasonCode,
        properties: Properties,
        sink: &mut dyn Sink<Effect>,
    ) -> Result<(), Unsendable> {
        if self.state != ServerState::Connected || !self.connection.is_v5() {
            return Ok(());
        }
        let disconnect = Disconnect { reason, properties };
        self.connection
            .line(now, sink)
            .send(Packet::Disconnect(disconnect))
    }

    /// Closes because of the client: says why if the version and the moment allow.
    pub(super) fn fail(&mut self, now: Instant, mut why: CloseReason, sink: &mut dyn Sink<Effect>) {
        // Whatever a second CONNECT says: DISCONNECT has no code for a protocol level.
        if let (ServerState::Connected, CloseReason::Malformed(malformed)) = (self.state, &why)
            && malformed.packet == Some(PacketType::Connect)
        {
            why = CloseReason::Violation(Violation::SecondConnect);
        }
        let reason = why.reason();
        let sent = match (self.state, &why) {
            // A silent peer is not told, and nor is one that sent no CONNECT.
            (ServerState::Closed, _) | (_, CloseReason::Violation(Violation::NoConnect)) => Ok(()),
            (ServerState::AwaitConnect, CloseReason::Malformed(malformed)) => {
                self.connection.version = malformed.version;
                // 3.1.1 answers a broken CONNECT by closing, with no CONNACK (MQTT-3.1.4-1), unless
                // its level is what is wrong (MQTT-3.1.2-2).
                let may_answer = malformed.version == Version::V5
                    || matches!(malformed.fault, Fault::ProtocolLevel(_));
                if may_answer && malformed.packet == Some(PacketType::Connect) {
                    // A level that is not known may not know properties.
                    let properties = match malformed.fault {
                        Fault::ProtocolLevel(_) => Properties::EMPTY,
                        _ => self.explanation(&why),
                    };
                    self.send_refusal(now, reason, properties, sink)
                } else {
                    Ok(())
                }
            }
            (ServerState::Connected, _) => {
                self.send_disconnect(now, reason, self.explanation(&why), sink)
            }
            _ => self.send_refusal(now, reason, self.explanation(&why), sink),
        };
        // A peer that takes not even the bare packet is closed without a word.
        let _ = sent;
        self.close(why, sink);
    }

    /// What is wrong, for whoever debugs the client.
    pub(super) fn explanation(&self, why: &CloseReason) -> Properties {
        if !self.config.explain {
            return Properties::EMPTY;
        }
        Text::try_from(why.to_string().as_str())
            .map(|text| {
                let mut list = PropertyWriter::default();
                list.field(REASON_STRING, text.as_str().as_bytes());
                list.finish()
            })
            .unwrap_or_default()
    }

    pub(super) fn close(&mut self, why: CloseReason, sink: &mut dyn Sink<Effect>) {
        let input = match why {
            CloseReason::Refused(_) => ServerInput::Refuse,
            CloseReason::Disconnected(_) => ServerInput::End,
            _ => ServerInput::Fault,
        };
        self.go(input, sink);
        sink.emit(Effect::Close(why));
    }
}
