//! What a client is told before it begins.

use super::calls::check_text;
use crate::codec::is_v5;
use crate::connection::Retry;
use crate::connection::limits::Limits;
use crate::error::Misuse;
use crate::packet::{Connect, Properties, PropertyWriter, Will, property_id as id};
use crate::session::{Expiry, SessionConfig};
use crate::time::Duration;
use crate::types::Text;
use bytes::Bytes;
use mqtt_spec::Version;

/// How a client presents itself.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientConfig {
    /// The version that it speaks.
    pub version: Version,
    /// Names the session. Empty: the server is to choose one (3.1.1: with `clean_start` only).
    pub client_id: Text,
    /// Begin with a new session. Under 3.1.1 this is CleanSession: the session also ends with the
    /// connection, whatever `session_expiry` says.
    pub clean_start: bool,
    /// How long the session outlives the connection. 3.1.1 cannot say it: there CleanSession 0 is for ever.
    pub session_expiry: Expiry,
    /// Seconds without a packet after which a PINGREQ goes out; 0 is never.
    pub keep_alive_secs: u16,
    /// Published by the server when this client is gone without a word.
    pub will: Option<Will>,
    /// For the server's policy.
    pub user_name: Option<Text>,
    /// For the server's policy. 3.1.1 takes it only beside a user name.
    pub password: Option<Bytes>,
    /// What the server may do; 5.0 announces it.
    pub limits: Limits,
    /// The most topic aliases to use of those that the server allows.
    pub aliases_wanted: u16,
    /// Ask for Response Information (5.0).
    pub request_response_information: bool,
    /// Take reason strings and user properties in every packet (5.0).
    pub request_problem_information: bool,
    /// Method and first data of an enhanced authentication (5.0).
    pub authentication: Option<(Text, Option<Bytes>)>,
    /// User Properties for CONNECT (5.0).
    pub properties: Properties,
    /// The bounds of the session.
    pub session: SessionConfig,
    /// Resending on a living connection.
    pub retry: Retry,
    /// How long the server may take for CONNACK and for PINGRESP.
    pub response_timeout: Duration,
}

impl ClientConfig {
    /// Begins and ends with its connection, keep alive 60 s, no will, no credentials, 10 s to answer.
    #[must_use]
    pub fn new(version: Version, client_id: Text) -> Self {
        Self {
            version,
            client_id,
            clean_start: true,
            session_expiry: Expiry::AT_CLOSE,
            keep_alive_secs: 60,
            will: None,
            user_name: None,
            password: None,
            limits: Limits::UNLIMITED,
            aliases_wanted: 0,
            request_response_information: false,
            request_problem_information: true,
            authentication: None,
            properties: Properties::EMPTY,
            session: SessionConfig::DEFAULT,
            retry: Retry::OnResumeOnly,
            response_timeout: Duration::from_secs(10),
        }
    }

    /// A session that goes on after the connection, and with the next one: 3.1.1's CleanSession 0.
    #[must_use]
    pub fn persistent(mut self) -> Self {
        self.clean_start = false;
        self.session_expiry = Expiry::NEVER;
        self
    }

    /// When the session ends, in the terms of both versions.
    pub(super) fn expiry(&self) -> Expiry {
        match self.version {
            version if is_v5(version) => self.session_expiry,
            _ if self.clean_start => Expiry::AT_CLOSE,
            _ => Expiry::NEVER,
        }
    }

    /// The authentication method that CONNECT names.
    pub(super) fn method(&self) -> Option<&Text> {
        match (self.version, &self.authentication) {
            (version, Some((method, _))) if is_v5(version) => Some(method),
            _ => None,
        }
    }

    pub(super) fn check(&self) -> Result<(), Misuse> {
        if !is_v5(self.version) {
            if self.client_id.is_empty() && !self.clean_start {
                return Err(Misuse::EmptyClientId);
            }
            if self.password.is_some() && self.user_name.is_none() {
                return Err(Misuse::PasswordWithoutUserName);
            }
        }
        if let Some(will) = &self.will {
            check_text(&will.properties, &will.payload)?;
        }
        Ok(())
    }

    pub(super) fn connect(&self, client_id: Text) -> Connect {
        Connect {
            version: self.version,
            clean_start: self.clean_start,
            keep_alive_secs: self.keep_alive_secs,
            client_id,
            will: self.will.clone(),
            user_name: self.user_name.clone(),
            password: self.password.clone(),
            // The connection leaves them out under 3.1.1.
            properties: self.connect_properties(),
        }
    }

    fn connect_properties(&self) -> Properties {
        let mut list = PropertyWriter::default();
        if !self.session_expiry.is_at_close() {
            list.u32(id::SESSION_EXPIRY_INTERVAL, self.session_expiry.as_secs());
        }
        self.limits.announce(&mut list);
        if self.request_response_information {
            list.u8(id::REQUEST_RESPONSE_INFORMATION, 1);
        }
        if !self.request_problem_information {
            list.u8(id::REQUEST_PROBLEM_INFORMATION, 0);
        }
        if let Some((method, data)) = &self.authentication {
            list.field(id::AUTHENTICATION_METHOD, method.as_bytes());
            if let Some(data) = data {
                list.field(id::AUTHENTICATION_DATA, data);
            }
        }
        list.extend(&self.properties);
        list.finish()
    }
}
