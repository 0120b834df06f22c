//! The end of a connection, and what stays behind: the will, the session.

use super::{Broker, Events, session_bytes};
use crate::event::Out;
use crate::note::{Note, SessionEnd, WillCause};
use crate::store::{ConnectionKey, DelayedWill};
use crate::topics::SessionKey;
use mqtt_proto::packet::{Property, Will};
use mqtt_proto::session::Expiry;
use mqtt_proto::{CloseReason, Duration, Instant, ReasonCode, Violation};

impl WillCause {
    /// What the end of a connection means for its will.
    pub(crate) const fn of(why: &CloseReason) -> Self {
        match why {
            CloseReason::Violation(Violation::KeepAliveTimeout) => Self::KeepAliveTimeout,
            CloseReason::Malformed(_) | CloseReason::Violation(_) => Self::ProtocolError,
            CloseReason::PeerDisconnected(reason) => Self::Disconnected(*reason),
            CloseReason::Refused(_)
            | CloseReason::RefusedByServer(_)
            | CloseReason::Disconnected(_) => Self::ServerClosed,
        }
    }
}

impl Broker {
    /// The client said DISCONNECT.
    pub(super) fn disconnected(
        &mut self,
        now: Instant,
        at: ConnectionKey,
        reason: ReasonCode,
        sink: Events<'_>,
    ) {
        if reason == ReasonCode::Success
            && let Some(connection) = self.connections.get_mut(at)
            && let Some(will) = connection.will.take()
            && let Some(client) = connection.session.and_then(|key| self.clients.get(key))
        {
            let note = Note::WillDiscarded {
                client_id: client.id.clone(),
                topic: will.topic,
                returned: false,
            };
            self.note(Some(at), note, sink);
        }
        self.leave(now, at, WillCause::Disconnected(reason), sink);
    }

    /// Parts a connection from its session: the will is published or begins to wait, the session
    /// ends or begins to expire. Does nothing the second time.
    pub(super) fn leave(
        &mut self,
        now: Instant,
        at: ConnectionKey,
        cause: WillCause,
        sink: Events<'_>,
    ) {
        let Some(connection) = self.connections.get_mut(at) else {
            return;
        };
        let (key, will) = (connection.session.take(), connection.will.take());
        connection.authentication = None;
        let expiry = connection
            .server
            .session_expiry()
            .min(self.config.session_expiry_max);
        let client = key.and_then(|key| self.clients.get_mut(key));
        let version = connection.server.version();
        let mut out = Out::new(Some(connection.id), version, self.config.notes, sink);
        connection
            .server
            .handle_close(client.map(|client| &mut client.session), &mut out);
        let Some(key) = key else {
            return;
        };
        let Some(client) = self.clients.get_mut(key) else {
            return;
        };
        client.connection = None;
        client.expiry = expiry;
        let mut due_now = None;
        if let Some(will) = will {
            let delay = delay_of(&will);
            if delay == Duration::ZERO || expiry.is_at_close() {
                due_now = Some(will);
            } else {
                let note = Note::WillDelayed {
                    client_id: client.id.clone(),
                    topic: will.topic.clone(),
                    delay,
                };
                client.will = Some(DelayedWill {
                    will,
                    due: now + delay,
                });
                self.note(Some(at), note, sink);
            }
        }
        if let Some(will) = due_now {
            self.publish_will(now, Some(at), key, will, cause, sink);
        }
        if expiry.is_at_close() {
            self.end_session(now, Some(at), key, SessionEnd::ConnectionClosed, sink);
            return;
        }
        let Some(client) = self.clients.get_mut(key) else {
            return;
        };
        client.ends_at = expiry.ends(now);
        let note = Note::SessionKept {
            client_id: client.id.clone(),
            expires_in: (expiry != Expiry::NEVER)
                .then(|| Duration::from_secs(u64::from(expiry.as_secs()))),
        };
        self.note(Some(at), note, sink);
        self.count_what_stays(key);
        self.arm_client(key);
    }

    /// The will of a session that goes on without a connection may be gone.
    fn count_what_stays(&mut self, key: SessionKey) {
        let Some(client) = self.clients.get_mut(key) else {
            return;
        };
        let will = client.will.as_ref().map(|delayed| &delayed.will);
        let bytes = session_bytes(&client.id, client.user_name.as_ref(), will);
        self.session_bytes = self.session_bytes - client.bytes + bytes;
        client.bytes = bytes;
    }

    /// The client is back: its session neither expires nor speaks its will.
    pub(super) fn client_returned(&mut self, key: SessionKey, at: ConnectionKey, sink: Events<'_>) {
        let Some(client) = self.clients.get_mut(key) else {
            return;
        };
        client.ends_at = None;
        if let Some(delayed) = client.will.take() {
            let note = Note::WillDiscarded {
                client_id: client.id.clone(),
                topic: delayed.will.topic,
                returned: true,
            };
            self.note(Some(at), note, sink);
        }
    }

    /// A session that is not connected has something due.
    pub(crate) fn client_due(&mut self, now: Instant, key: SessionKey, sink: Events<'_>) {
        let Some(client) = self.clients.get_mut(key) else {
            return;
        };
        if client.ends_at.is_some_and(|at| at <= now) {
            return self.end_session(now, None, key, SessionEnd::Expired, sink);
        }
        if let Some(delayed) = client.will.take_if(|delayed| delayed.due <= now) {
            self.publish_will(now, None, key, delayed.will, WillCause::DelayOver, sink);
            self.count_what_stays(key);
        }
    }

    /// Removes a session with all that belongs to it. A will that waits is due now. `at` is the
    /// connection whose end or beginning is the reason.
    pub(super) fn end_session(
        &mut self,
        now: Instant,
        at: Option<ConnectionKey>,
        key: SessionKey,
        why: SessionEnd,
        sink: Events<'_>,
    ) {
        let delayed = self
            .clients
            .get_mut(key)
            .and_then(|client| client.will.take());
        if let Some(delayed) = delayed {
            self.publish_will(now, at, key, delayed.will, WillCause::SessionEnded, sink);
        }
        let Some(client) = self.clients.remove(key) else {
            return;
        };
        self.disarm_client(key, &client);
        self.session_bytes -= client.bytes;
        self.held_bytes -= client.held_bytes;
        let left = self.left_to_group(now, &client);
        for filter in client.filters {
            self.subscriptions.remove(filter, key);
        }
        self.pass_on(now, left, sink);
        let note = Note::SessionEnded {
            client_id: client.id,
            why,
        };
        self.note(at, note, sink);
    }

    fn publish_will(
        &mut self,
        now: Instant,
        at: Option<ConnectionKey>,
        key: SessionKey,
        will: Will,
        why: WillCause,
        sink: Events<'_>,
    ) {
        if let Some(client) = self.clients.get(key) {
            let note = Note::WillPublished {
                client_id: client.id.clone(),
                topic: will.topic.clone(),
                why,
            };
            self.note(at, note, sink);
        }
        let message = crate::broker::publish::Published {
            from: Some(key),
            topic: will.topic,
            payload: will.payload,
            qos: will.qos,
            retain: will.retain,
            properties: will
                .properties
                .retain(|property| !matches!(property, Property::WillDelayInterval(_))),
            will: Some(why),
        };
        self.take_message(now, at, message, sink);
    }
}

fn delay_of(will: &Will) -> Duration {
    let secs = will.properties.find(|property| match property {
        Property::WillDelayInterval(secs) => Some(secs),
        _ => None,
    });
    Duration::from_secs(u64::from(secs.unwrap_or(0)))
}
