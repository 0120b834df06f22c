//! CONNECT: who is it, may they, and which session goes on.

use super::authenticate::{WRONG_PASSWORD, method_of, with_data};
use super::publish::{is_broker_topic, own_properties, own_topic};
use super::{Broker, Events};
use crate::event::BrokerEvent;
use crate::note::{Note, SessionEnd, WillCause};
use crate::policy::{Identity, scram};
use crate::store::{Client, ConnectionKey};
use crate::topics::SessionKey;
use alloc::format;
use alloc::vec::Vec;
use bytes::Bytes;
use mqtt_proto::packet::{Connect, Will};
use mqtt_proto::session::{Lifetime, Session};
use mqtt_proto::{
    Acceptance, CloseReason, Effect, Instant, ReasonCode, Refused, Sink, Text, Version,
};
use mqtt_spec::both;

/// A refusal with a few words for whoever debugs the client.
pub(super) type Refusal = (Refused, &'static str);

impl Broker {
    pub(super) fn connect(
        &mut self,
        now: Instant,
        at: ConnectionKey,
        connect: Connect,
        sink: Events<'_>,
    ) {
        if let Some(method) = method_of(&connect.properties) {
            return self.begin_authentication(now, at, connect, method, sink);
        }
        if self.config.host_checks_passwords
            && self.config.passwords.is_some()
            && let Some(user) = connect.user_name.clone()
        {
            return self.ask_for_password(at, connect, user, sink);
        }
        if let Err(refusal) = self.check_password(&connect) {
            return self.refuse(now, at, refusal, sink);
        }
        self.let_in(now, at, connect, None, sink);
    }

    /// The client is who it says. `data` is for CONNACK: the end of an authentication.
    pub(super) fn let_in(
        &mut self,
        now: Instant,
        at: ConnectionKey,
        connect: Connect,
        data: Option<Bytes>,
        sink: Events<'_>,
    ) {
        let connect = own(connect);
        let (client_id, assigned) = match self.client_id(&connect) {
            Ok(found) => found,
            Err(refusal) => return self.refuse(now, at, refusal, sink),
        };
        if let Err(refusal) = self.check_will(&connect, &client_id) {
            return self.refuse(now, at, refusal, sink);
        }
        let lifetime = Lifetime::of(&connect);
        let mut key = self.clients.find(client_id.as_str());
        let bytes = session_bytes(
            &client_id,
            connect.user_name.as_ref(),
            connect.will.as_ref(),
        );
        if let Err(refusal) = self.check_room(key, bytes) {
            return self.refuse(now, at, refusal, sink);
        }
        let older = key
            .and_then(|key| self.clients.get(key))
            .and_then(|client| client.connection);
        if let Some(older) = older {
            let note = Note::TakenOver {
                client_id: client_id.clone(),
            };
            self.note(Some(older), note, sink);
            let reason = ReasonCode::SessionTakenOver;
            self.cut_off(now, older, reason, WillCause::TakenOver, sink);
            // That may have been the end of the session.
            key = self.clients.find(client_id.as_str());
        }
        if let Some(found) = key
            && lifetime.clean_start
        {
            self.end_session(now, Some(at), found, SessionEnd::CleanStart, sink);
            key = None;
        }
        let session_present = key.is_some();
        let max = self.config.session_expiry_max;
        let expiry = lifetime.expiry.min(max);
        let key = match key {
            Some(key) => {
                self.client_returned(key, at, sink);
                key
            }
            None => self.clients.insert(Client {
                id: client_id.clone(),
                session: Session::new(self.config.session),
                connection: None,
                user_name: None,
                bytes: 0,
                held_bytes: 0,
                filters: Vec::new(),
                expiry,
                ends_at: None,
                will: None,
                armed: None,
            }),
        };
        if let Some(client) = self.clients.get_mut(key) {
            client.connection = Some(at);
            self.session_bytes = self.session_bytes - client.bytes + bytes;
            client.bytes = bytes;
            client.user_name = connect.user_name.clone();
            client.expiry = expiry;
        }
        self.arm_client(key);
        let server_keep_alive_secs = self
            .config
            .keep_alive_max_secs
            .filter(|max| connect.keep_alive_secs == 0 || connect.keep_alive_secs > *max)
            .filter(|_| connect.version == Version::V5);
        if let Some(connection) = self.connections.get_mut(at) {
            connection.session = Some(key);
            connection.will = connect.will;
            connection.user_name = connect.user_name;
        }
        // Also for a host that wants no other notes: it names its connections so.
        let connection = self.connections.get(at).map(|connection| connection.id);
        let note = Note::Accepted {
            client_id: client_id.clone(),
            session_present,
        };
        sink.emit(BrokerEvent::Note { connection, note });
        let acceptance = Acceptance {
            session_present,
            assigned_client_id: assigned.then_some(client_id),
            server_keep_alive_secs,
            session_expiry: (expiry != lifetime.expiry).then_some(expiry),
            properties: with_data(data),
        };
        let rule = match (lifetime.clean_start, session_present) {
            (true, _) => both!("MQTT-3.2.2-1", "MQTT-3.2.2-2"),
            (false, true) => both!("MQTT-3.2.2-2", "MQTT-3.2.2-3"),
            (false, false) => both!("MQTT-3.2.2-3", "MQTT-3.2.2-3"),
        };
        let mut is_accepted = false;
        self.with_connection(at, sink, |server, client, out| {
            if let Some(client) = client {
                out.explain([Some(rule), None, None, None]);
                let result = server.accept(now, acceptance, &mut client.session, out);
                is_accepted = result.is_ok();
            }
        });
        if !is_accepted {
            self.take_back(now, at, key, session_present, sink);
        }
    }

    /// Whether a session with names and a will of so many bytes has room, in the place of the one that
    /// it goes on from or ends.
    fn check_room(&self, key: Option<SessionKey>, bytes: usize) -> Result<(), Refusal> {
        let before = key.and_then(|key| self.clients.get(key));
        if before.is_none() && self.clients.len() >= self.config.sessions_max {
            return Err((Refused::ServerUnavailable, "there are too many sessions"));
        }
        let before = before.map_or(0, |client| client.bytes);
        if self.session_bytes - before + bytes > self.config.session_bytes_max {
            return Err((
                Refused::ServerUnavailable,
                "client ids and wills take as much memory as they may",
            ));
        }
        Ok(())
    }

    /// The client takes no CONNACK of the size that it needs: it is closed without a word, as if it
    /// had not come.
    fn take_back(
        &mut self,
        now: Instant,
        at: ConnectionKey,
        key: SessionKey,
        session_present: bool,
        sink: Events<'_>,
    ) {
        self.with_connection(at, sink, |_, _, out| {
            out.emit(Effect::Close(CloseReason::Refused(Refused::PacketTooLarge)));
        });
        if let Some(connection) = self.connections.get_mut(at) {
            connection.will = None;
        }
        self.leave(now, at, WillCause::ServerClosed, sink);
        if !session_present {
            self.end_session(now, Some(at), key, SessionEnd::ConnectionClosed, sink);
        }
    }

    /// The client's id, and whether the broker chose it.
    fn client_id(&mut self, connect: &Connect) -> Result<(Text, bool), Refusal> {
        if !connect.client_id.as_str().is_empty() {
            return Ok((connect.client_id.clone(), false));
        }
        if connect.version == Version::V311 && !connect.clean_start {
            return Err((
                Refused::ClientIdentifier,
                "an empty client id needs CleanSession 1",
            ));
        }
        loop {
            self.ids_assigned += 1;
            let id = match &self.config.client_id_key {
                Some(key) => format!("auto-{}", scram::secret_name(key, self.ids_assigned)),
                None => format!("auto-{}", self.ids_assigned),
            };
            if self.clients.find(&id).is_none() {
                return match Text::try_from(id.as_str()) {
                    Ok(id) => Ok((id, true)),
                    Err(_) => Err((Refused::ClientIdentifier, "no client id is left")),
                };
            }
        }
    }

    /// Whether the client is who it says, as far as a user name and a password can tell.
    fn check_password(&self, connect: &Connect) -> Result<(), Refusal> {
        let Some(passwords) = &self.config.passwords else {
            return Ok(());
        };
        match &connect.user_name {
            Some(user) => {
                let password = connect.password.as_deref().unwrap_or_default();
                match passwords.check(user.as_str(), password) {
                    true => Ok(()),
                    false => Err(WRONG_PASSWORD),
                }
            }
            None if self.config.allow_anonymous => Ok(()),
            None => Err((
                Refused::NotAuthorized,
                "a user name and a password are needed",
            )),
        }
    }

    /// Whether the client may publish what it leaves behind.
    fn check_will(&self, connect: &Connect, client_id: &Text) -> Result<(), Refusal> {
        let Some(will) = &connect.will else {
            return Ok(());
        };
        let who = Identity {
            client_id: client_id.as_str(),
            user_name: connect.user_name.as_ref().map(Text::as_str),
        };
        if is_broker_topic(will.topic.as_str()) {
            return Err((Refused::NotAuthorized, "the will's topic is the broker's"));
        }
        match &self.config.access {
            Some(access) if !access.may_publish(who, will.topic.as_str()) => Err((
                Refused::NotAuthorized,
                "the access list forbids the will's topic",
            )),
            _ => Ok(()),
        }
    }

    pub(super) fn refuse(
        &mut self,
        now: Instant,
        at: ConnectionKey,
        refusal: Refusal,
        sink: Events<'_>,
    ) {
        let (refused, why) = refusal;
        let properties = self.explanation(why);
        let mut answered = Ok(());
        self.with_connection(at, sink, |server, _, out| {
            answered = server.refuse(now, refused, properties, out);
        });
        self.answered(now, at, answered, sink);
    }
}

/// What a session's names and its will take.
pub(crate) fn session_bytes(client_id: &Text, user: Option<&Text>, will: Option<&Will>) -> usize {
    let will = will.map_or(0, |will| {
        will.topic.as_str().len() + will.payload.len() + will.properties.as_bytes().len()
    });
    client_id.as_str().len() + user.map_or(0, |user| user.as_str().len()) + will
}

/// What is kept for as long as the client is there, in memory of its own: the packet shares its
/// memory with all that came with it.
fn own(connect: Connect) -> Connect {
    let text = |text: Text| Text::try_from(text.as_str()).unwrap_or(text);
    Connect {
        client_id: text(connect.client_id),
        user_name: connect.user_name.map(text),
        will: connect.will.map(|will| Will {
            topic: own_topic(&will.topic),
            payload: Bytes::copy_from_slice(&will.payload),
            properties: own_properties(&will.properties),
            ..will
        }),
        ..connect
    }
}
