//! How long a session lives: one notion for 3.1.1's CleanSession and 5.0's Clean Start with expiry.

use crate::packet::property_id::SESSION_EXPIRY_INTERVAL;
use crate::packet::{Connect, Properties};
use crate::time::{Duration, Instant};
use mqtt_spec::Version;

/// How long a session outlives its connection (5.0 section 3.1.2.11.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Expiry(u32);

impl Expiry {
    /// It ends with the connection.
    pub const AT_CLOSE: Self = Self(0);
    /// It never ends by itself.
    pub const NEVER: Self = Self(u32::MAX);

    /// What these properties say about it.
    pub(crate) fn announced(properties: &Properties) -> Option<Self> {
        properties.number(SESSION_EXPIRY_INTERVAL).map(Self)
    }

    /// `secs` seconds after the connection; 0xFFFFFFFF never.
    #[must_use]
    pub const fn from_secs(secs: u32) -> Self {
        Self(secs)
    }

    /// As Session Expiry Interval writes it.
    #[must_use]
    pub const fn as_secs(self) -> u32 {
        self.0
    }

    /// Whether the session ends with its connection.
    #[must_use]
    pub const fn is_at_close(self) -> bool {
        self.0 == 0
    }

    /// When a session whose connection closed at `closed` ends; `None` is never.
    #[must_use]
    pub fn ends(self, closed: Instant) -> Option<Instant> {
        (self != Self::NEVER).then(|| closed + Duration::from_secs(u64::from(self.0)))
    }
}

/// What a CONNECT asks of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lifetime {
    /// Throw away what is stored under the client id, and begin anew.
    pub clean_start: bool,
    /// When the new session ends.
    pub expiry: Expiry,
}

impl Lifetime {
    /// 3.1.1's CleanSession 1 begins anew and ends with the connection; 0 continues and never ends
    /// (5.0 section 3.1.2.11.2 gives the equivalents).
    #[must_use]
    pub fn of(connect: &Connect) -> Self {
        let expiry = match connect.version {
            Version::V311 if connect.clean_start => Expiry::AT_CLOSE,
            Version::V311 => Expiry::NEVER,
            Version::V5 => Expiry::announced(&connect.properties).unwrap_or(Expiry::AT_CLOSE),
        };
        Self {
            clean_start: connect.clean_start,
            expiry,
        }
    }
}
