//! What the application asks for.

use super::event::AsClient;
use super::request::{Filters, Request};
use super::{Client, ClientEvent};
use crate::codec::{EncodeError, encoded_len_from_client};
use crate::connection::{ClientInput, ClientState, Connection, Turn};
use crate::error::{CloseReason, Misuse};
use crate::message::{Message, Tag};
use crate::packet::{
    Disconnect, Packet, PacketType, Properties, SubscribeFilters, UnsubscribeFilters,
    property_id as id,
};
use crate::reason::{ReasonCode, stands_in};
use crate::session::{Expiry, Outlet};
use crate::sink::Sink;
use crate::time::Instant;
use crate::types::{Delivery, PacketId, Qos, Sender, utf8_fault};

impl Client {
    /// Publishes a message. `tag` comes back with [`ClientEvent::Acknowledged`] or
    /// [`ClientEvent::Dropped`].
    ///
    /// QoS 0 is sent at once and forgotten. QoS 1 and 2 are sent as soon as there is a connection
    /// and quota, in the order of the calls; until then they wait in the session's bounded queue.
    ///
    /// # Errors
    /// What cannot be sent to this server at all, [`Misuse::QueueFull`], and for QoS 0
    /// [`Misuse::NotConnected`].
    pub fn publish(
        &mut self,
        now: Instant,
        message: Message,
        tag: Tag,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<(), Misuse> {
        let mut sink = AsClient(sink);
        if message.qos == Qos::AtMostOnce {
            let packet = Packet::Publish(message.into_publish(Delivery::AtMostOnce));
            self.check_publish(&packet, Qos::AtMostOnce)?;
            if self.state != ClientState::Connected {
                return Err(Misuse::NotConnected);
            }
            let mut line = self.connection.line(now, &mut sink);
            return line.send(packet).map_err(Misuse::from);
        }
        // The largest form that it will have: with an identifier, and with its topic spelled out.
        let delivery = Delivery::AtLeastOnce {
            id: PacketId::FIRST,
            dup: false,
        };
        let largest = Packet::Publish(message.to_publish(delivery));
        self.check_publish(&largest, message.qos)?;
        if self.state != ClientState::Connected {
            return self.session.enqueue(now, message, tag, &mut sink);
        }
        let mut line = self.connection.line(now, &mut sink);
        self.session.publish(message, tag, &mut line)
    }

    /// Whether this server takes a message, as it is sent at most.
    fn check_publish(&self, packet: &Packet, qos: Qos) -> Result<(), Misuse> {
        let Packet::Publish(publish) = packet else {
            return Ok(());
        };
        if publish.properties.has(id::TOPIC_ALIAS) {
            return Err(Misuse::TopicAlias);
        }
        check_text(&publish.properties, &publish.payload)?;
        let is_accepted = self.state == ClientState::Connected;
        let version = match is_accepted {
            true => self.connection.version,
            false => self.config.version,
        };
        let len = encoded_len_from_client(packet, version).map_err(Misuse::Unencodable)?;
        if is_accepted {
            let Connection { offer, peer, .. } = &self.connection;
            if qos > offer.maximum_qos {
                return Err(Misuse::QosNotSupported);
            }
            if publish.retain && !offer.retain {
                return Err(Misuse::RetainNotSupported);
            }
            if len > peer.max_packet_size as usize {
                return Err(Misuse::PacketTooLarge);
            }
        }
        Ok(())
    }

    /// Subscribes. The answer is [`ClientEvent::Subscribed`] with the returned identifier.
    ///
    /// Never queued and never resent: a request dies with its connection.
    ///
    /// # Errors
    /// [`Misuse::NotConnected`], or what this server does not offer.
    pub fn subscribe(
        &mut self,
        now: Instant,
        filters: SubscribeFilters,
        properties: Properties,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<PacketId, Misuse> {
        let offer = &self.connection.offer;
        if !offer.subscription_ids && properties.has(id::SUBSCRIPTION_IDENTIFIER) {
            return Err(Misuse::SubscriptionIdsNotSupported);
        }
        let mut count = 0;
        for (filter, _) in filters.raw() {
            count += 1;
            if !offer.wildcards && filter.iter().any(|byte| matches!(byte, b'+' | b'#')) {
                return Err(Misuse::WildcardsNotSupported);
            }
            if !offer.shared && filter.starts_with(b"$share/") {
                return Err(Misuse::SharedNotSupported);
            }
        }
        self.request(now, Filters::Subscribe(filters), properties, count, sink)
            .map_err(|misuse| match misuse {
                Misuse::Unencodable(EncodeError::BadShare) => Misuse::InvalidShare,
                misuse => misuse,
            })
    }

    /// Unsubscribes. The answer is [`ClientEvent::Unsubscribed`] with the returned identifier.
    ///
    /// # Errors
    /// [`Misuse::NotConnected`], [`Misuse::NoFilters`].
    pub fn unsubscribe(
        &mut self,
        now: Instant,
        filters: UnsubscribeFilters,
        properties: Properties,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<PacketId, Misuse> {
        let count = filters.raw().count();
        self.request(now, Filters::Unsubscribe(filters), properties, count, sink)
    }

    fn request(
        &mut self,
        now: Instant,
        filters: Filters,
        properties: Properties,
        count: usize,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<PacketId, Misuse> {
        if self.state != ClientState::Connected {
            return Err(Misuse::NotConnected);
        }
        let id = self
            .session
            .allocate_request()
            .ok_or(Misuse::NoFreePacketId)?;
        let request = Request {
            id,
            filters,
            properties,
            count,
            sent_at: now,
        };
        let sent = match count {
            0 => Err(Misuse::NoFilters(request.packet_type())),
            _ => self
                .connection
                .line(now, &mut AsClient(sink))
                .send(request.packet())
                .map_err(Misuse::from),
        };
        match sent {
            Ok(()) => self.requests.push(request),
            Err(_) => self.session.withdraw_request(id),
        }
        sent.map(|()| id)
    }

    /// Sends data of an authentication: the answer to [`ClientEvent::Auth`], or a new
    /// authentication on an accepted connection.
    ///
    /// # Errors
    /// [`Misuse::NoAuthentication`] if CONNECT had no method, [`Misuse::AuthOutOfTurn`] if the server
    /// has not answered the last step, [`Misuse::NotConnected`].
    pub fn authenticate(
        &mut self,
        now: Instant,
        properties: Properties,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<(), Misuse> {
        let is_accepted = self.state == ClientState::Connected;
        if !is_accepted && self.state != ClientState::AwaitConnAck {
            return Err(Misuse::NotConnected);
        }
        let authentication = &mut self.connection.authentication;
        let reason = match authentication.turn {
            Turn::Own => ReasonCode::ContinueAuthentication,
            Turn::Nobody if is_accepted => ReasonCode::ReAuthenticate,
            _ if authentication.method().is_none() => return Err(Misuse::NoAuthentication),
            _ => return Err(Misuse::AuthOutOfTurn),
        };
        let packet = authentication
            .packet(reason, &properties)
            .ok_or(Misuse::NoAuthentication)?;
        self.connection
            .line(now, &mut AsClient(sink))
            .send(Packet::Auth(packet))?;
        self.connection.authentication.turn = Turn::Peer;
        if !is_accepted {
            self.asked_at = now;
        }
        Ok(())
    }

    /// Leaves: DISCONNECT goes out, and the transport is to be closed.
    ///
    /// # Errors
    /// [`Misuse::NotConnected`]; [`Misuse::ExpiryFromZero`] for an expiry that CONNECT ruled out;
    /// [`Misuse::WrongReason`] for a code that a client's DISCONNECT does not have;
    /// [`Misuse::Unencodable`] or [`Misuse::PacketTooLarge`] for its properties.
    pub fn disconnect(
        &mut self,
        now: Instant,
        reason: ReasonCode,
        properties: Properties,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<(), Misuse> {
        if !matches!(
            self.state,
            ClientState::Connected | ClientState::AwaitConnAck
        ) {
            return Err(Misuse::NotConnected);
        }
        if !stands_in(reason, PacketType::Disconnect, Sender::Client)
            || (!self.connection.is_v5() && reason != ReasonCode::Success)
        {
            return Err(Misuse::WrongReason);
        }
        let asked = match self.connection.is_v5() {
            true => Expiry::announced(&properties),
            false => None,
        };
        // CONNECT's value counts, not the server's in its place (5.0 section 3.14.2.2.2).
        if self.wanted_expiry.is_at_close() && asked.is_some_and(|expiry| !expiry.is_at_close()) {
            return Err(Misuse::ExpiryFromZero);
        }
        let expiry = asked.unwrap_or(self.expiry);
        self.connection
            .line(now, &mut AsClient(sink))
            .send(Packet::Disconnect(Disconnect { reason, properties }))?;
        self.expiry = expiry;
        self.go(ClientInput::Leave, sink);
        sink.emit(ClientEvent::Close(CloseReason::Disconnected(reason)));
        Ok(())
    }
}

/// A payload that says that it is text must be text.
pub(super) fn check_text(properties: &Properties, payload: &[u8]) -> Result<(), Misuse> {
    let is_text = properties.number(id::PAYLOAD_FORMAT_INDICATOR) == Some(1);
    if is_text && utf8_fault(payload).is_some() {
        return Err(Misuse::PayloadNotText);
    }
    Ok(())
}
