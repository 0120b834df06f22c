//! The lists in SUBSCRIBE, UNSUBSCRIBE and their acknowledgements, as checked wire bytes.

use super::properties::{put_field, take_text};
use crate::reason::ReasonCode;
use crate::types::{Qos, TopicFilter, share_list};
use alloc::vec::Vec;
use bytes::{Buf, Bytes};

/// When the server sends retained messages for a subscription (5.0 section 3.8.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum RetainHandling {
    /// At every SUBSCRIBE; all that 3.1.1 knows.
    #[default]
    Send = 0,
    /// Only if the subscription is new.
    SendIfNew = 1,
    /// Never.
    DoNotSend = 2,
}

/// What a SUBSCRIBE asks for with one filter. 3.1.1 has the QoS only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SubscriptionOptions {
    /// The most that the client wants.
    pub qos: Qos,
    /// Do not send me what I have published.
    pub no_local: bool,
    /// Leave RETAIN as the publisher set it.
    pub retain_as_published: bool,
    /// Retained messages at SUBSCRIBE.
    pub retain_handling: RetainHandling,
}

impl SubscriptionOptions {
    /// A QoS and nothing else.
    #[must_use]
    pub const fn at(qos: Qos) -> Self {
        Self {
            qos,
            no_local: false,
            retain_as_published: false,
            retain_handling: RetainHandling::Send,
        }
    }

    /// The options of a byte; `None` for QoS 3, Retain Handling 3 or reserved bits.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        let Some(qos) = Qos::from_bits(bits & 0b11) else {
            return None;
        };
        let retain_handling = match bits >> 4 {
            0 => RetainHandling::Send,
            1 => RetainHandling::SendIfNew,
            2 => RetainHandling::DoNotSend,
            _ => return None,
        };
        Some(Self {
            qos,
            no_local: bits & 0b100 != 0,
            retain_as_published: bits & 0b1000 != 0,
            retain_handling,
        })
    }

    /// The byte on the wire.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.qos.bits()
            | (self.no_local as u8) << 2
            | (self.retain_as_published as u8) << 3
            | (self.retain_handling as u8) << 4
    }
}

/// The payload of SUBSCRIBE: filters with their options.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SubscribeFilters {
    raw: Bytes,
}

impl SubscribeFilters {
    /// Wraps a payload that the decoder has checked.
    pub(crate) const fn from_checked(raw: Bytes) -> Self {
        Self { raw }
    }

    /// One filter.
    #[must_use]
    pub fn one(filter: TopicFilter, options: SubscriptionOptions) -> Self {
        core::iter::once((filter, options)).collect()
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &Bytes {
        &self.raw
    }

    /// The bytes of each filter, and its options byte.
    pub(crate) fn raw(&self) -> impl Iterator<Item = (&[u8], u8)> {
        let mut rest: &[u8] = &self.raw;
        core::iter::from_fn(move || {
            let filter = split_field(&mut rest)?;
            let (options, behind) = rest.split_first()?;
            rest = behind;
            Some((filter, *options))
        })
    }

    /// The filters in their order. Never empty in a decoded packet.
    pub fn iter(&self) -> impl Iterator<Item = (TopicFilter, SubscriptionOptions)> + use<> {
        let mut rest = self.raw.clone();
        core::iter::from_fn(move || {
            let filter = TopicFilter::new(take_text(&mut rest)?).ok()?;
            let options = SubscriptionOptions::from_bits(rest.try_get_u8().ok()?)?;
            Some((filter, options))
        })
    }
}

impl FromIterator<(TopicFilter, SubscriptionOptions)> for SubscribeFilters {
    fn from_iter<I: IntoIterator<Item = (TopicFilter, SubscriptionOptions)>>(filters: I) -> Self {
        let mut raw = Vec::new();
        for (filter, options) in filters {
            put_field(&mut raw, filter.text().as_bytes());
            raw.extend_from_slice(&[options.bits()]);
        }
        Self {
            raw: share_list(raw),
        }
    }
}

/// Splits a field with its length in front off `rest`.
fn split_field<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (len, behind) = rest.split_first_chunk::<2>()?;
    let (field, behind) = behind.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
    *rest = behind;
    Some(field)
}

/// The payload of UNSUBSCRIBE.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct UnsubscribeFilters {
    raw: Bytes,
}

impl UnsubscribeFilters {
    /// Wraps a payload that the decoder has checked.
    pub(crate) const fn from_checked(raw: Bytes) -> Self {
        Self { raw }
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &Bytes {
        &self.raw
    }

    /// The bytes of each filter.
    pub(crate) fn raw(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest: &[u8] = &self.raw;
        core::iter::from_fn(move || split_field(&mut rest))
    }

    /// The filters in their order. Never empty in a decoded packet.
    pub fn iter(&self) -> impl Iterator<Item = TopicFilter> + use<> {
        let mut rest = self.raw.clone();
        core::iter::from_fn(move || TopicFilter::new(take_text(&mut rest)?).ok())
    }
}

impl FromIterator<TopicFilter> for UnsubscribeFilters {
    fn from_iter<I: IntoIterator<Item = TopicFilter>>(filters: I) -> Self {
        let mut raw = Vec::new();
        for filter in filters {
            put_field(&mut raw, filter.text().as_bytes());
        }
        Self {
            raw: share_list(raw),
        }
    }
}

/// The payload of SUBACK or UNSUBACK: one code per filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ReasonCodes {
    raw: Bytes,
}

impl ReasonCodes {
    /// Wraps a payload that the decoder has checked.
    pub(crate) const fn from_checked(raw: Bytes) -> Self {
        Self { raw }
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &Bytes {
        &self.raw
    }

    /// The codes in the order of the filters.
    pub fn iter(&self) -> impl Iterator<Item = ReasonCode> + '_ {
        self.raw
            .iter()
            .filter_map(|code| ReasonCode::from_u8(*code))
    }
}

impl FromIterator<ReasonCode> for ReasonCodes {
    fn from_iter<I: IntoIterator<Item = ReasonCode>>(codes: I) -> Self {
        Self {
            raw: codes.into_iter().map(ReasonCode::as_u8).collect(),
        }
    }
}
