//! What each end of a connection lets the other do. 3.1.1 has no such announcements: there the
//! limits are constants.

use crate::packet::{Connect, Properties, PropertyWriter};
use crate::types::Qos;
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

    /// The limits as these properties announce them.
    #[must_use]
    pub(crate) fn announced(properties: &Properties) -> Self {
        let u16 = |id, default| match properties.number(id) {
            Some(value) => value as u16,
            None => default,
        };
        Self {
            receive_maximum: u16(0x21, u16::MAX).max(1),
            max_packet_size: properties.number(0x27).unwrap_or(u32::MAX).max(1),
            topic_alias_maximum: u16(0x22, 0),
        }
    }

    /// Announces these limits; what has its default is left out.
    pub(crate) fn announce(self, list: &mut PropertyWriter) {
        if self.receive_maximum != u16::MAX {
            list.u16(0x21, self.receive_maximum);
        }
        if self.max_packet_size != u32::MAX {
            list.u32(0x27, self.max_packet_size);
        }
        if self.topic_alias_maximum != 0 {
            list.u16(0x22, self.topic_alias_maximum);
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

    /// The offer that CONNACK's properties make.
    #[must_use]
    pub(crate) fn announced(properties: &Properties) -> Self {
        let available = |id| properties.number(id) != Some(0);
        Self {
            maximum_qos: match properties.number(0x24) {
                Some(0) => Qos::AtMostOnce,
                Some(_) => Qos::AtLeastOnce,
                None => Qos::ExactlyOnce,
            },
            retain: available(0x25),
            wildcards: available(0x28),
            subscription_ids: available(0x29),
            shared: available(0x2A),
        }
    }

    /// Announces this offer; what is available is left out.
    pub(crate) fn announce(self, list: &mut PropertyWriter) {
        if self.maximum_qos != Qos::ExactlyOnce {
            list.u8(0x24, self.maximum_qos.bits());
        }
        for (id, available) in [
            (0x25, self.retain),
            (0x28, self.wildcards),
            (0x29, self.subscription_ids),
            (0x2A, self.shared),
        ] {
            if !available {
                list.u8(id, 0);
            }
        }
    }
}

impl Default for Offer {
    fn default() -> Self {
        Self::EVERYTHING
    }
}

/// Whether the client wants reasons explained (5.0 section 3.1.2.11.7).
pub(crate) fn wants_problem_information(connect: &Connect) -> bool {
    connect.properties.number(0x17) != Some(0)
}
