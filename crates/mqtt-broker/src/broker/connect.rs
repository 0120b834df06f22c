//! CONNECT: who is it, may they, and which session goes on.

use super::{Broker, Events};
use crate::note::{Note, SessionEnd, WillCause};
use crate::policy::Identity;
use crate::store::{Client, ConnectionKey};
use alloc::format;
use alloc::vec::Vec;
use mqtt_proto::packet::{Connect, Properties, Property};
use mqtt_proto::session::{Lifetime, Session};
use mqtt_proto::{Acceptance, Instant, ReasonCode, Refused, Text, Version};

impl Broker {
    pub(super) fn connect(
        &mut self,
        now: Instant,
        at: ConnectionKey,
        connect: Connect,
        sink: Events<'_>,
    ) {
        let (client_id, assigned) = match self.client_id(&connect) {
            Ok(found) => found,
            Err(refused) => return self.refuse(now, at, refused, sink),
        };
        if let Err(refused) = self.admit(&connect, &client_id) {
            return self.refuse(now, at, refused, sink);
        }
        let lifetime = Lifetime::of(&connect);
        let mut key = self.clients.find(client_id.as_str());
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
            self.end_session(now, found, SessionEnd::CleanStart, sink);
            key = None;
        }
        if key.is_none() && self.clients.len() >= self.config.sessions_max {
            return self.refuse(now, at, Refused::ServerUnavailable, sink);
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
                filters: Vec::new(),
                expiry,
                ends_at: None,
                will: None,
                armed: None,
            }),
        };
        if let Some(client) = self.clients.get_mut(key) {
            client.connection = Some(at);
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
        self.note(
            Some(at),
            Note::Accepted {
                client_id: client_id.clone(),
                session_present,
            },
            sink,
        );
        let acceptance = Acceptance {
            session_present,
            assigned_client_id: assigned.then_some(client_id),
            server_keep_alive_secs,
            session_expiry: (expiry != lifetime.expiry).then_some(expiry),
            properties: Properties::EMPTY,
        };
        self.with_connection(at, sink, |server, client, out| {
            if let Some(client) = client {
                // The connection has just said that it waits for this decision.
                let _ = server.accept(now, acceptance, &mut client.session, out);
            }
        });
    }

    /// The client's id, and whether the broker chose it.
    fn client_id(&mut self, connect: &Connect) -> Result<(Text, bool), Refused> {
        if !connect.client_id.as_str().is_empty() {
            return Ok((connect.client_id.clone(), false));
        }
        if connect.version == Version::V311 && !connect.clean_start {
            return Err(Refused::ClientIdentifier);
        }
        loop {
            self.ids_assigned += 1;
            let id = format!("auto-{}", self.ids_assigned);
            if self.clients.find(&id).is_none() {
                let id = Text::try_from(id.as_str()).map_err(|_| Refused::ClientIdentifier)?;
                return Ok((id, true));
            }
        }
    }

    /// Whether policy lets the client in.
    fn admit(&self, connect: &Connect, client_id: &Text) -> Result<(), Refused> {
        let has_method = connect
            .properties
            .iter()
            .any(|property| matches!(property, Property::AuthenticationMethod(_)));
        if has_method {
            return Err(Refused::BadAuthenticationMethod);
        }
        if let Some(passwords) = &self.config.passwords {
            match &connect.user_name {
                Some(user) => {
                    let password = connect.password.as_deref().unwrap_or_default();
                    if !passwords.check(user.as_str(), password) {
                        return Err(Refused::BadUserNameOrPassword);
                    }
                }
                None if self.config.allow_anonymous => {}
                None => return Err(Refused::NotAuthorized),
            }
        }
        let Some(will) = &connect.will else {
            return Ok(());
        };
        let offer = &self.config.server.offer;
        if will.qos > offer.maximum_qos {
            return Err(Refused::WillQos);
        }
        if will.retain && !offer.retain {
            return Err(Refused::WillRetain);
        }
        let who = Identity {
            client_id: client_id.as_str(),
            user_name: connect.user_name.as_ref().map(Text::as_str),
        };
        match &self.config.access {
            Some(access) if !access.may_publish(who, will.topic.as_str()) => {
                Err(Refused::NotAuthorized)
            }
            _ => Ok(()),
        }
    }

    fn refuse(&mut self, now: Instant, at: ConnectionKey, refused: Refused, sink: Events<'_>) {
        self.with_connection(at, sink, |server, _, out| {
            let _ = server.refuse(now, refused, Properties::EMPTY, out);
        });
    }
}
