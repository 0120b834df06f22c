//! The exchange of AUTH (5.0 section 4.12), from either end.

use crate::error::Violation;
use crate::packet::property_id::AUTHENTICATION_METHOD;
use crate::packet::{Auth, Properties, PropertyWriter};
use crate::reason::ReasonCode;
use crate::types::{Sender, Text};

/// Whose AUTH is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// No authentication is going on.
    Nobody,
    /// This end's.
    Own,
    /// The peer's.
    Peer,
}

/// What CONNECT has begun, and how far it has come.
#[derive(Clone, Debug)]
pub(crate) struct Authentication {
    /// CONNECT's: the only one there is until the connection ends.
    method: Option<Text>,
    pub(crate) turn: Turn,
}

impl Authentication {
    /// There is no authentication without a method in CONNECT.
    pub(crate) const NONE: Self = Self {
        method: None,
        turn: Turn::Nobody,
    };

    /// CONNECT has named a method, or none; it is this end's turn or the peer's.
    pub(crate) fn begin(method: Option<Text>, turn: Turn) -> Self {
        match method {
            None => Self::NONE,
            method => Self { method, turn },
        }
    }

    pub(crate) const fn method(&self) -> Option<&Text> {
        self.method.as_ref()
    }

    /// Whether the peer names the method of CONNECT, as it has to in AUTH and in CONNACK.
    pub(crate) fn check_method(&self, found: Option<&[u8]>, by: Sender) -> Result<(), Violation> {
        let wanted = self.method.as_ref().map(Text::as_bytes);
        match wanted {
            None if found.is_some() => Err(Violation::AuthWithoutMethod { by }),
            _ if wanted == found => Ok(()),
            _ => Err(Violation::AuthMethodChanged { by }),
        }
    }

    /// AUTH from the peer. Afterwards it is this end's turn, or nobody's.
    pub(crate) fn heard(
        &mut self,
        auth: &Auth,
        by: Sender,
        is_accepted: bool,
    ) -> Result<(), Violation> {
        if self.method.is_none() {
            return Err(Violation::AuthWithoutMethod { by });
        }
        self.check_method(auth.properties.field(AUTHENTICATION_METHOD), by)
            .map_err(|changed| match by {
                Sender::Client if is_accepted => Violation::ReauthMethodChanged,
                _ => changed,
            })?;
        self.turn = match (self.turn, auth.reason, by) {
            (Turn::Peer, ReasonCode::ContinueAuthentication, _) => Turn::Own,
            (Turn::Nobody, ReasonCode::ReAuthenticate, Sender::Client) if is_accepted => Turn::Own,
            // The first one is completed by CONNACK.
            (Turn::Peer, ReasonCode::Success, Sender::Server) if is_accepted => Turn::Nobody,
            _ => return Err(Violation::AuthOutOfPlace { by }),
        };
        Ok(())
    }

    /// The AUTH of this end, with CONNECT's method before what it says; `None` without a method.
    pub(crate) fn packet(&self, reason: ReasonCode, properties: &Properties) -> Option<Auth> {
        let mut list = PropertyWriter::default();
        list.field(AUTHENTICATION_METHOD, self.method.as_ref()?.as_bytes());
        list.extend(properties);
        Some(Auth {
            reason,
            properties: list.finish(),
        })
    }
}
