//! What each end of a connection lets the other do. 3.1.1 has no such announcements: there the
//! limits are constants.

use crate::packet::{Connect, Properties, Property};
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
        let mut limits = Self::UNLIMITED;
        for property in properties.iter() {
            match property {
                Property::ReceiveMaximum(value) => limits.receive_maximum = value.max(1),
                Property::MaximumPacketSize(value) => limits.max_packet_size = value.max(1),
                Property::TopicAliasMaximum(value) => limits.topic_alias_maximum = value,
                _ => {}
            }
        }
        limits
    }

    /// The properties that announce these limits; what has its default is left out.
    pub(crate) fn announce(self) -> impl Iterator<Item = Property> {
        [
            (self.receive_maximum != u16::MAX)
                .then_some(Property::ReceiveMaximum(self.receive_maximum)),
            (self.max_packet_size != u32::MAX)
                .then_some(Property::MaximumPacketSize(self.max_packet_size)),
            (self.topic_alias_maximum != 0)
                .then_some(Property::TopicAliasMaximum(self.topic_alias_maximum)),
        ]
        .into_iter()
        .flatten()
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
        let mut offer = Self::EVERYTHING;
        for property in properties.iter() {
            match property {
                Property::MaximumQos(one) => {
                    offer.maximum_qos = if one {
                        Qos::AtLeastOnce
                    } else {
                        Qos::AtMostOnce
                    };
                }
                Property::RetainAvailable(value) => offer.retain = value,
                Property::WildcardSubscriptionAvailable(value) => offer.wildcards = value,
                Property::SubscriptionIdentifierAvailable(value) => offer.subscription_ids = value,
                Property::SharedSubscriptionAvailable(value) => offer.shared = value,
                _ => {}
            }
        }
        offer
    }

    /// The properties that announce this offer; what is available is left out.
    pub(crate) fn announce(self) -> impl Iterator<Item = Property> {
        [
            (self.maximum_qos != Qos::ExactlyOnce)
                .then_some(Property::MaximumQos(self.maximum_qos == Qos::AtLeastOnce)),
            (!self.retain).then_some(Property::RetainAvailable(false)),
            (!self.wildcards).then_some(Property::WildcardSubscriptionAvailable(false)),
            (!self.subscription_ids).then_some(Property::SubscriptionIdentifierAvailable(false)),
            (!self.shared).then_some(Property::SharedSubscriptionAvailable(false)),
        ]
        .into_iter()
        .flatten()
    }
}

impl Default for Offer {
    fn default() -> Self {
        Self::EVERYTHING
    }
}

/// Whether the client wants reasons explained (5.0 section 3.1.2.11.7).
pub(crate) fn wants_problem_information(connect: &Connect) -> bool {
    connect
        .properties
        .find(|property| match property {
            Property::RequestProblemInformation(value) => Some(value),
            _ => None,
        })
        .unwrap_or(true)
}
