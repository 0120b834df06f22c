//! Enhanced authentication (5.0 section 4.12): the exchange of AUTH before CONNACK, and again later.
//!
//! `SCRAM-SHA-256` is done here, with the verifiers of the password file. Other methods are the
//! host's: it is asked step by step, and answers when it can.

use super::connect::Refusal;
use super::{Broker, Events};
use crate::event::BrokerEvent;
use crate::note::WillCause;
use crate::policy::scram;
use crate::policy::{Passwords, ScramExchange};
use crate::store::ConnectionKey;
use crate::{AuthOutcome, ConnectionId};
use alloc::boxed::Box;
use bytes::Bytes;
use mqtt_proto::packet::{Auth, Connect, Properties, Property};
use mqtt_proto::{Instant, Misuse, ReasonCode, Refused, Text};

/// An authentication that is going on.
#[derive(Clone, Debug)]
pub(crate) struct Authentication {
    method: Text,
    /// What waits for it; `None`: the client is in, and authenticates anew.
    connect: Option<Box<Connect>>,
    by: Mechanism,
}

#[derive(Clone, Debug)]
enum Mechanism {
    Scram(Scram),
    /// The host's; whether it owes an answer.
    Host {
        is_asked: bool,
    },
    /// The host's too: whether the password in CONNECT is the user's.
    Password,
}

#[derive(Clone, Debug)]
enum Scram {
    /// Nothing has come yet.
    Fresh,
    /// The client was asked for its first message, which it had left out of CONNECT.
    Asked,
    /// The server's first message is out.
    Challenged(Box<ScramExchange>),
}

impl Broker {
    /// CONNECT with an authentication method.
    pub(super) fn begin_authentication(
        &mut self,
        now: Instant,
        at: ConnectionKey,
        connect: Connect,
        method: Text,
        sink: Events<'_>,
    ) {
        let Some(by) = self.mechanism(&method) else {
            let refusal = (
                Refused::BadAuthenticationMethod,
                "this authentication method is not known here",
            );
            return self.refuse(now, at, refusal, sink);
        };
        let data = data_of(&connect.properties);
        if let Some(connection) = self.connections.get_mut(at) {
            connection.authentication = Some(Box::new(Authentication {
                method,
                connect: Some(Box::new(connect)),
                by,
            }));
        }
        self.authentication_step(now, at, data, sink);
    }

    /// AUTH from the client. Its method is CONNECT's: the connection has seen to that.
    pub(super) fn auth(&mut self, now: Instant, at: ConnectionKey, auth: &Auth, sink: Events<'_>) {
        if auth.reason == ReasonCode::ReAuthenticate
            && let Some(method) = method_of(&auth.properties)
            && let Some(by) = self.mechanism(&method)
            && let Some(connection) = self.connections.get_mut(at)
        {
            connection.authentication = Some(Box::new(Authentication {
                method,
                connect: None,
                by,
            }));
        }
        self.authentication_step(now, at, data_of(&auth.properties), sink);
    }

    fn mechanism(&self, method: &Text) -> Option<Mechanism> {
        let has_scram = self.config.passwords.as_ref();
        if method.as_str() == scram::METHOD && has_scram.is_some_and(Passwords::has_scram) {
            return Some(Mechanism::Scram(Scram::Fresh));
        }
        let is_hosts = self.config.host_methods.contains(method);
        is_hosts.then_some(Mechanism::Host { is_asked: false })
    }

    /// The client has sent something that belongs to its authentication.
    fn authentication_step(
        &mut self,
        now: Instant,
        at: ConnectionKey,
        data: Bytes,
        sink: Events<'_>,
    ) {
        let Some(connection) = self.connections.get_mut(at) else {
            return;
        };
        let Some(authentication) = &mut connection.authentication else {
            return;
        };
        match &mut authentication.by {
            Mechanism::Scram(state) => {
                let number = self.nonces_made;
                self.nonces_made += 1;
                let outcome = match &self.config.passwords {
                    Some(passwords) => {
                        let nonce = scram::nonce(&self.config.nonce_key, number);
                        state.step(passwords, &data, &nonce, &self.config.nonce_key)
                    }
                    None => AuthOutcome::Refuse,
                };
                self.authentication_outcome(now, at, outcome, sink);
            }
            // It has not been asked for more, so it has nothing to say.
            Mechanism::Host { is_asked: true } | Mechanism::Password => {
                let reason = ReasonCode::ProtocolError;
                self.cut_off(now, at, reason, WillCause::ProtocolError, sink);
            }
            Mechanism::Host { is_asked } => {
                *is_asked = true;
                sink.emit(BrokerEvent::Authenticate {
                    connection: connection.id,
                    method: authentication.method.clone(),
                    data,
                    is_again: authentication.connect.is_none(),
                });
            }
        }
    }

    /// CONNECT with a password that the host is to look up.
    pub(super) fn ask_for_password(
        &mut self,
        at: ConnectionKey,
        connect: Connect,
        user: Text,
        sink: Events<'_>,
    ) {
        let Some(connection) = self.connections.get_mut(at) else {
            return;
        };
        let password = connect.password.clone().unwrap_or_default();
        let id = connection.id;
        connection.authentication = Some(Box::new(Authentication {
            method: Text::default(),
            connect: Some(Box::new(connect)),
            by: Mechanism::Password,
        }));
        sink.emit(BrokerEvent::CheckPassword {
            connection: id,
            user,
            password,
        });
    }

    /// The host's answer to [`BrokerEvent::Authenticate`] and [`BrokerEvent::CheckPassword`].
    ///
    /// # Errors
    /// [`Misuse::NoAuthentication`] if this connection waits for no answer: it may be gone by now.
    pub fn authenticate(
        &mut self,
        now: Instant,
        id: ConnectionId,
        outcome: AuthOutcome,
        sink: Events<'_>,
    ) -> Result<(), Misuse> {
        let at = self.connections.find(id).ok_or(Misuse::NoAuthentication)?;
        let authentication = self
            .connections
            .get_mut(at)
            .and_then(|connection| connection.authentication.as_mut());
        match authentication.map(|authentication| &mut authentication.by) {
            Some(Mechanism::Host { is_asked }) if *is_asked => *is_asked = false,
            Some(Mechanism::Password) if !matches!(outcome, AuthOutcome::Continue { .. }) => {}
            _ => return Err(Misuse::NoAuthentication),
        }
        self.authentication_outcome(now, at, outcome, sink);
        // What the client has sent meanwhile.
        self.run(now, at, sink);
        self.arm_connection(at);
        Ok(())
    }

    fn authentication_outcome(
        &mut self,
        now: Instant,
        at: ConnectionKey,
        outcome: AuthOutcome,
        sink: Events<'_>,
    ) {
        let (user_name, data) = match outcome {
            AuthOutcome::Continue { data } => {
                let reason = ReasonCode::ContinueAuthentication;
                return self.send_auth(now, at, reason, data, sink);
            }
            AuthOutcome::Accept { user_name, data } => (user_name, data),
            AuthOutcome::Refuse => return self.not_authenticated(now, at, sink),
        };
        let Some(connection) = self.connections.get_mut(at) else {
            return;
        };
        let Some(authentication) = connection.authentication.take() else {
            return;
        };
        if let Some(mut connect) = authentication.connect {
            connect.user_name = user_name.or(connect.user_name);
            return self.let_in(now, at, *connect, data, sink);
        }
        // Whoever is in stays who they are: subscriptions were granted to that user.
        if user_name.is_some() && user_name != connection.user_name {
            return self.not_authenticated(now, at, sink);
        }
        self.send_auth(now, at, ReasonCode::Success, data, sink);
    }

    /// MQTT-4.12.0-4; for a client that is in, MQTT-4.12.1-2.
    fn not_authenticated(&mut self, now: Instant, at: ConnectionKey, sink: Events<'_>) {
        let authentication = self
            .connections
            .get_mut(at)
            .and_then(|connection| connection.authentication.take());
        if let Some(Authentication {
            connect: Some(_),
            by,
            ..
        }) = authentication.as_deref()
        {
            let refusal = match by {
                Mechanism::Password => WRONG_PASSWORD,
                _ => (Refused::NotAuthorized, "the authentication failed"),
            };
            return self.refuse(now, at, refusal, sink);
        }
        let reason = ReasonCode::NotAuthorized;
        self.cut_off(now, at, reason, WillCause::ServerClosed, sink);
    }

    fn send_auth(
        &mut self,
        now: Instant,
        at: ConnectionKey,
        reason: ReasonCode,
        data: Option<Bytes>,
        sink: Events<'_>,
    ) {
        let mut answered = Ok(());
        self.with_connection(at, sink, |server, _, out| {
            answered = server.authenticate(now, reason, with_data(data), out);
        });
        self.answered(now, at, answered, sink);
    }
}

impl Scram {
    fn step(
        &mut self,
        passwords: &Passwords,
        data: &[u8],
        nonce: &str,
        key: &[u8; 32],
    ) -> AuthOutcome {
        match self {
            Self::Fresh if data.is_empty() => {
                *self = Self::Asked;
                AuthOutcome::Continue { data: None }
            }
            Self::Fresh | Self::Asked => match ScramExchange::begin(passwords, data, nonce, key) {
                Ok((exchange, server_first)) => {
                    *self = Self::Challenged(Box::new(exchange));
                    let data = Some(server_first.into());
                    AuthOutcome::Continue { data }
                }
                Err(_) => AuthOutcome::Refuse,
            },
            Self::Challenged(exchange) => match exchange.finish(data) {
                Ok(success) => match Text::try_from(success.user.as_str()) {
                    Ok(user) => AuthOutcome::Accept {
                        user_name: Some(user),
                        data: Some(success.server_final.into()),
                    },
                    Err(_) => AuthOutcome::Refuse,
                },
                Err(_) => AuthOutcome::Refuse,
            },
        }
    }
}

/// Which of the two is wrong is nobody's business.
pub(super) const WRONG_PASSWORD: Refusal = (
    Refused::BadUserNameOrPassword,
    "the user name or the password is wrong",
);

/// The authentication method, in memory of its own: it is kept.
pub(super) fn method_of(properties: &Properties) -> Option<Text> {
    properties.find(|property| match property {
        Property::AuthenticationMethod(method) => Text::try_from(method.as_str()).ok(),
        _ => None,
    })
}

fn data_of(properties: &Properties) -> Bytes {
    let data = properties.find(|property| match property {
        Property::AuthenticationData(data) => Some(data),
        _ => None,
    });
    data.unwrap_or_default()
}

/// Authentication Data, if there is any.
pub(super) fn with_data(data: Option<Bytes>) -> Properties {
    data.map(Property::AuthenticationData).into_iter().collect()
}
