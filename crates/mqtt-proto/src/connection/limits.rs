//! What each end of a connection lets the other do. 3.1.1 has no such announcements: there the
//! limits are constants.

use crate::packet::{Properties, PropertyWriter, property_id as id};
use crate::session::Expiry;
use crate::time::Duration;
use crate::types::{Qos, Text, share};
use mqtt_spec::Version;

/// What one end announces: in CONNECT the client's, in CONNACK the server's.
///
/// [`Limits::UNLIMITED`] is what a 3.1.1 peer implies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// The most QoS 1 and QoS 2 messages open towards it; 1 to 65,535.
    pub receive_maximum: u16,
    /// The largest packet it takes, in bytes, fixed header included. `u32::MAX`: no limit of its own.
    pub max_packet_size: u32,
    /// The highest topic alias it takes; 0 is none.
    pub topic_alias_maximum: u16,
}

impl Limits {
    /// No limit but the format's, and no aliases.
    pub const UNLIMITED: Self = Self {
        receive_maximum: u16::MAX,
        max_packet_size: u32::MAX,
        topic_alias_maximum: 0,
    };

    /// Announces these limits; what has its default is left out.
    pub(crate) fn announce(self, list: &mut PropertyWriter) {
        if self.receive_maximum != u16::MAX {
            list.u16(id::RECEIVE_MAXIMUM, self.receive_maximum);
        }
        if self.max_packet_size != u32::MAX {
            list.u32(id::MAXIMUM_PACKET_SIZE, self.max_packet_size);
        }
        if self.topic_alias_maximum != 0 {
            list.u16(id::TOPIC_ALIAS_MAXIMUM, self.topic_alias_maximum);
        }
    }

    /// The limits as far as a version can announce them: a 3.1.1 peer never learns of a receive
    /// maximum or an alias, so neither can be enforced. A packet size can: by closing.
    #[must_use]
    pub(crate) const fn in_version(self, version: Version) -> Self {
        match version {
            Version::V5 => self,
            Version::V311 => Self {
                max_packet_size: self.max_packet_size,
                ..Self::UNLIMITED
            },
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::UNLIMITED
    }
}

/// What a server offers (5.0 sections 3.2.2.3.4 to 3.2.2.3.13). 3.1.1 servers offer everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Offer {
    /// The highest QoS of a PUBLISH that it takes.
    pub maximum_qos: Qos,
    /// Retained messages.
    pub retain: bool,
    /// Filters with `+` and `#`.
    pub wildcards: bool,
    /// Subscription identifiers.
    pub subscription_ids: bool,
    /// `$share` filters.
    pub shared: bool,
}

impl Offer {
    /// All that the protocol has.
    pub const EVERYTHING: Self = Self {
        maximum_qos: Qos::ExactlyOnce,
        retain: true,
        wildcards: true,
        subscription_ids: true,
        shared: true,
    };

    /// Announces this offer; what is available is left out.
    pub(crate) fn announce(self, list: &mut PropertyWriter) {
        if self.maximum_qos != Qos::ExactlyOnce {
            list.u8(id::MAXIMUM_QOS, self.maximum_qos.bits());
        }
        for (property, available) in [
            (id::RETAIN_AVAILABLE, self.retain),
            (id::WILDCARD_SUBSCRIPTION_AVAILABLE, self.wildcards),
            (id::SUBSCRIPTION_IDENTIFIER_AVAILABLE, self.subscription_ids),
            (id::SHARED_SUBSCRIPTION_AVAILABLE, self.shared),
        ] {
            if !available {
                list.u8(property, 0);
            }
        }
    }
}

impl Default for Offer {
    fn default() -> Self {
        Self::EVERYTHING
    }
}

/// What one end says of itself: in CONNECT the client, in CONNACK the server. Without properties, as
/// under 3.1.1, it says what the standard has for that.
pub(crate) struct Announced<'a> {
    pub(crate) limits: Limits,
    pub(crate) offer: Offer,
    pub(crate) session_expiry: Option<Expiry>,
    pub(crate) client_id: Option<&'a [u8]>,
    pub(crate) keep_alive_secs: Option<u16>,
    pub(crate) method: Option<&'a [u8]>,
    /// The client may be told Response Information.
    pub(crate) response_information: bool,
    /// The client wants reasons explained (5.0 section 3.1.2.11.7).
    pub(crate) problem_information: bool,
}

impl<'a> Announced<'a> {
    /// Reads them all in one walk: the decoder has seen to it that none stands there twice.
    pub(crate) fn in_properties(properties: &'a Properties) -> Self {
        let mut found = Self {
            limits: Limits::UNLIMITED,
            offer: Offer::EVERYTHING,
            session_expiry: None,
            client_id: None,
            keep_alive_secs: None,
            method: None,
            response_information: false,
            problem_information: true,
        };
        for (property, value) in properties.raw() {
            let number = value
                .iter()
                .fold(0, |number, byte| number << 8 | u32::from(*byte));
            let is_set = number != 0;
            let field = value.get(2..);
            match property {
                id::SESSION_EXPIRY_INTERVAL => {
                    found.session_expiry = Some(Expiry::from_secs(number));
                }
                id::ASSIGNED_CLIENT_IDENTIFIER => found.client_id = field,
                id::SERVER_KEEP_ALIVE => found.keep_alive_secs = Some(number as u16),
                id::AUTHENTICATION_METHOD => found.method = field,
                id::REQUEST_PROBLEM_INFORMATION => found.problem_information = is_set,
                id::REQUEST_RESPONSE_INFORMATION => found.response_information = is_set,
                id::RECEIVE_MAXIMUM => found.limits.receive_maximum = number as u16,
                id::TOPIC_ALIAS_MAXIMUM => found.limits.topic_alias_maximum = number as u16,
                id::MAXIMUM_PACKET_SIZE => found.limits.max_packet_size = number,
                id::MAXIMUM_QOS if is_set => found.offer.maximum_qos = Qos::AtLeastOnce,
                id::MAXIMUM_QOS => found.offer.maximum_qos = Qos::AtMostOnce,
                id::RETAIN_AVAILABLE => found.offer.retain = is_set,
                id::WILDCARD_SUBSCRIPTION_AVAILABLE => found.offer.wildcards = is_set,
                id::SUBSCRIPTION_IDENTIFIER_AVAILABLE => found.offer.subscription_ids = is_set,
                id::SHARED_SUBSCRIPTION_AVAILABLE => found.offer.shared = is_set,
                _ => {}
            }
        }
        found
    }
}

/// A keep alive as a span; `None` is off.
pub(crate) const fn keep_alive(secs: u16) -> Option<Duration> {
    match secs {
        0 => None,
        secs => Some(Duration::from_secs(secs as u64)),
    }
}

/// The longest silence that a server bears from a client with this keep alive: one and a half times as long (3.1.1
/// MQTT-3.1.2-24, 5.0 MQTT-3.1.2-22).
#[must_use]
pub const fn longest_silence(keep_alive: Duration) -> Duration {
    keep_alive.scaled(3, 2)
}

/// A text of the peer's in memory of its own: what is kept for as long as a connection must not keep
/// a receive buffer alive.
pub(crate) fn own_text(bytes: &[u8]) -> Option<Text> {
    Text::new(share(bytes)).ok()
}
