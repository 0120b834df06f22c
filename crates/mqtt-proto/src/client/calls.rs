//! What the application asks for.

use super::event::AsClient;
use super::request::{Filters, Request};
use super::timers::is_client_disconnect;
use super::{Client, ClientEvent};
use crate::codec::encoded_len;
use crate::connection::{ClientInput, ClientState, with_method};
use crate::error::{CloseReason, Misuse};
use crate::message::{Message, Tag};
use crate::packet::{Auth, Disconnect, Packet, Properties, SubscribeFilters, UnsubscribeFilters};
use crate::reason::ReasonCode;
use crate::session::{Expiry, Outlet};
use crate::sink::Sink;
use crate::time::Instant;
use crate::types::{Delivery, PacketId, Qos};

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
        self.check_message(&message)?;
        let mut sink = AsClient(sink);
        if self.state != ClientState::Connected {
            return self.session.enqueue(now, message, tag, &mut sink);
        }
        let window = self.connection.peer.receive_maximum;
        let mut line = self.connection.line(now, &mut sink);
        if message.qos == Qos::AtMostOnce {
            let publish = message.to_publish(Delivery::AtMostOnce);
            return line.send(Packet::Publish(publish)).map_err(Misuse::from);
        }
        self.session.publish(now, message, tag, window, &mut line)
    }

    fn check_message(&self, message: &Message) -> Result<(), Misuse> {
        if message.properties.has(0x23) {
            return Err(Misuse::TopicAlias);
        }
        check_text(&message.properties, &message.payload)?;
        // The largest form that it will have: with an identifier, and with its topic spelled out.
        let id = PacketId::FIRST;
        let delivery = match message.qos {
            Qos::AtMostOnce => Delivery::AtMostOnce,
            _ => Delivery::AtLeastOnce { id, dup: false },
        };
        let packet = Packet::Publish(message.to_publish(delivery));
        let len = encoded_len(&packet, self.config.version).map_err(Misuse::Unencodable)?;
        if self.state == ClientState::Connected {
            if message.qos > self.connection.offer.maximum_qos {
                return Err(Misuse::QosNotSupported);
            }
            if message.retain && !self.connection.offer.retain {
                return Err(Misuse::RetainNotSupported);
            }
            if len > self.connection.peer.max_packet_size as usize {
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
        if properties.has(0x0B) && !self.connection.offer.subscription_ids {
            return Err(Misuse::SubscriptionIdsNotSupported);
        }
        let mut count = 0;
        for (filter, options) in filters.iter() {
            count += 1;
            if filter.has_wildcard() && !self.connection.offer.wildcards {
                return Err(Misuse::WildcardsNotSupported);
            }
            if self.connection.is_v5() {
                match filter.share() {
                    Ok(None) => {}
                    Ok(Some(_)) if !self.connection.offer.shared => {
                        return Err(Misuse::SharedNotSupported);
                    }
                    Ok(Some(_)) if !options.no_local => {}
                    _ => return Err(Misuse::InvalidShare),
                }
            }
        }
        self.request(now, Filters::Subscribe(filters), properties, count, sink)
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
        let count = filters.iter().count();
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
            Err(_) => self.session.settle_request(id),
        }
        sent.map(|()| id)
    }

    /// Sends data of an authentication: the answer to [`ClientEvent::Auth`], or a new
    /// authentication on an accepted connection.
    ///
    /// # Errors
    /// [`Misuse::NoAuthentication`] if CONNECT had no method, [`Misuse::NotConnected`].
    pub fn authenticate(
        &mut self,
        now: Instant,
        properties: Properties,
        sink: &mut dyn Sink<ClientEvent>,
    ) -> Result<(), Misuse> {
        let Some(method) = self.config.method() else {
            return Err(Misuse::NoAuthentication);
        };
        let reason = match (self.state, self.authenticating) {
            (ClientState::AwaitConnAck, _) | (ClientState::Connected, true) => {
                ReasonCode::ContinueAuthentication
            }
            (ClientState::Connected, false) => ReasonCode::ReAuthenticate,
            _ => return Err(Misuse::NotConnected),
        };
        let properties = with_method(method, &properties);
        self.connection
            .line(now, &mut AsClient(sink))
            .send(Packet::Auth(Auth { reason, properties }))?;
        self.authenticating = true;
        if self.state == ClientState::AwaitConnAck {
            self.asked_at = Some(now);
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
        if !is_client_disconnect(reason)
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
        self.go(ClientInput::Leave);
        sink.emit(ClientEvent::Close(CloseReason::Disconnected(reason)));
        Ok(())
    }
}

/// A payload that says that it is text must be text.
pub(super) fn check_text(properties: &Properties, payload: &[u8]) -> Result<(), Misuse> {
    let is_text = properties.number(0x01) == Some(1);
    if is_text && core::str::from_utf8(payload).is_err() {
        return Err(Misuse::PayloadNotText);
    }
    Ok(())
}
