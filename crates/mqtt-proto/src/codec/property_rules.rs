//! Which properties there are, where they may stand, and what they may be (5.0 table 2-4).

use crate::packet::PacketType;
use mqtt_spec::Rule;

/// What carries a block of properties: a packet, or the will inside CONNECT.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place(u8);

impl Place {
    /// Uses the number that no packet type has.
    pub(crate) const WILL: Self = Self(0);

    pub(crate) const fn of(packet: PacketType) -> Self {
        Self(packet as u8)
    }

    const fn bit(self) -> u16 {
        1 << self.0
    }
}

const WILL: u16 = Place::WILL.bit();
const CONNECT: u16 = Place::of(PacketType::Connect).bit();
const CONNACK: u16 = Place::of(PacketType::ConnAck).bit();
const PUBLISH: u16 = Place::of(PacketType::Publish).bit();
const SUBSCRIBE: u16 = Place::of(PacketType::Subscribe).bit();
const UNSUBSCRIBE: u16 = Place::of(PacketType::Unsubscribe).bit();
const DISCONNECT: u16 = Place::of(PacketType::Disconnect).bit();
const AUTH: u16 = Place::of(PacketType::Auth).bit();
const ACKS: u16 = Place::of(PacketType::PubAck).bit()
    | Place::of(PacketType::PubRec).bit()
    | Place::of(PacketType::PubRel).bit()
    | Place::of(PacketType::PubComp).bit()
    | Place::of(PacketType::SubAck).bit()
    | Place::of(PacketType::UnsubAck).bit();
const MESSAGE: u16 = PUBLISH | WILL;

/// The type of a value, with its range.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueType {
    /// A byte, 0 or 1.
    Bool,
    U16,
    /// Not 0.
    U16NonZero,
    U32,
    /// Not 0.
    U32NonZero,
    /// A variable byte integer, not 0.
    VarintNonZero,
    Text,
    /// A string that is a topic name.
    Topic,
    Binary,
    /// Two strings.
    Pair,
}

#[derive(Clone, Copy)]
pub(crate) struct PropertyRow {
    pub(crate) value: ValueType,
    places: u16,
}

impl PropertyRow {
    pub(crate) const fn stands_in(self, place: Place) -> bool {
        self.places & place.bit() != 0
    }
}

/// The row of a property; `None` if there is no such property.
pub(crate) const fn row(id: u8) -> Option<PropertyRow> {
    use ValueType as V;
    let (value, places) = match id {
        0x01 => (V::Bool, MESSAGE),
        0x02 => (V::U32, MESSAGE),
        0x03 => (V::Text, MESSAGE),
        0x08 => (V::Topic, MESSAGE),
        0x09 => (V::Binary, MESSAGE),
        0x0B => (V::VarintNonZero, PUBLISH | SUBSCRIBE),
        0x11 => (V::U32, CONNECT | CONNACK | DISCONNECT),
        0x12 => (V::Text, CONNACK),
        0x13 => (V::U16, CONNACK),
        0x15 => (V::Text, CONNECT | CONNACK | AUTH),
        0x16 => (V::Binary, CONNECT | CONNACK | AUTH),
        0x17 => (V::Bool, CONNECT),
        0x18 => (V::U32, WILL),
        0x19 => (V::Bool, CONNECT),
        0x1A => (V::Text, CONNACK),
        0x1C => (V::Text, CONNACK | DISCONNECT),
        0x1F => (V::Text, CONNACK | ACKS | DISCONNECT | AUTH),
        0x21 => (V::U16NonZero, CONNECT | CONNACK),
        0x22 => (V::U16, CONNECT | CONNACK),
        0x23 => (V::U16NonZero, PUBLISH),
        0x24 => (V::Bool, CONNACK),
        0x25 => (V::Bool, CONNACK),
        0x26 => (
            V::Pair,
            WILL | CONNECT | CONNACK | PUBLISH | ACKS | SUBSCRIBE | UNSUBSCRIBE | DISCONNECT | AUTH,
        ),
        0x27 => (V::U32NonZero, CONNECT | CONNACK),
        0x28 => (V::Bool, CONNACK),
        0x29 => (V::Bool, CONNACK),
        0x2A => (V::Bool, CONNACK),
        _ => return None,
    };
    Some(PropertyRow { value, places })
}

/// Whether a packet of this type carries the property, from one of the two ends at least.
pub(crate) const fn carries(packet: PacketType, id: u8) -> bool {
    match row(id) {
        Some(row) => row.stands_in(Place::of(packet)),
        None => false,
    }
}

/// Whether a property may stand there more than once.
pub(crate) const fn may_repeat(place: Place, id: u8) -> bool {
    match id {
        0x26 => true,
        0x0B => place.bit() == PUBLISH,
        _ => false,
    }
}

/// The identifiers of properties that have been seen in one block.
#[derive(Clone, Copy, Default)]
pub(crate) struct Seen([usize; SEEN_WORDS]);

/// All identifiers are below 64.
const SEEN_WORDS: usize = 64 / usize::BITS as usize;

impl Seen {
    pub(crate) fn contains(self, id: u8) -> bool {
        let (word, bit) = Self::place(id);
        self.0.get(word).is_some_and(|seen| seen & bit != 0)
    }

    /// Adds an identifier for which there is a [`row`].
    pub(crate) fn insert(&mut self, id: u8) {
        let (word, bit) = Self::place(id);
        if let Some(seen) = self.0.get_mut(word) {
            *seen |= bit;
        }
    }

    const fn place(id: u8) -> (usize, usize) {
        let at = (id & 63) as u32;
        ((at / usize::BITS) as usize, 1 << (at % usize::BITS))
    }
}

/// A property stands only where table 2-4 lists it.
pub(crate) const PLACEMENT: Rule = Rule::only_v5("SECT-2.2.2.2-placement");

macro_rules! sections {
    ($($places:ident $id:literal $once:literal $($range:literal)?;)*) => {
        /// The rule that the property stands in the place at most once.
        pub(crate) fn once(place: Place, id: u8) -> Rule {
            match (place.bit(), id) {
                $(($places, $id) => const { Rule::only_v5($once) },)*
                _ => PLACEMENT,
            }
        }

        /// The rule on the values that the property takes in the place.
        pub(crate) fn range(place: Place, id: u8) -> Rule {
            match (place.bit(), id) {
                $($(($places, $id) => const { Rule::only_v5($range) },)?)*
                (PUBLISH, 0x0B) => const { Rule::only_v5("SECT-3.3.2.3.8-range") },
                _ => PLACEMENT,
            }
        }
    };
}

const PUBACK: u16 = Place::of(PacketType::PubAck).bit();
const PUBREC: u16 = Place::of(PacketType::PubRec).bit();
const PUBREL: u16 = Place::of(PacketType::PubRel).bit();
const PUBCOMP: u16 = Place::of(PacketType::PubComp).bit();
const SUBACK: u16 = Place::of(PacketType::SubAck).bit();
const UNSUBACK: u16 = Place::of(PacketType::UnsubAck).bit();

sections! {
    CONNECT 0x11 "SECT-3.1.2.11.2-once";
    CONNECT 0x21 "SECT-3.1.2.11.3-once" "SECT-3.1.2.11.3-range";
    CONNECT 0x27 "SECT-3.1.2.11.4-once" "SECT-3.1.2.11.4-range";
    CONNECT 0x22 "SECT-3.1.2.11.5-once";
    CONNECT 0x19 "SECT-3.1.2.11.6-once" "SECT-3.1.2.11.6-range";
    CONNECT 0x17 "SECT-3.1.2.11.7-once" "SECT-3.1.2.11.7-range";
    CONNECT 0x15 "SECT-3.1.2.11.9-once";
    CONNECT 0x16 "SECT-3.1.2.11.10-once";
    WILL 0x18 "SECT-3.1.3.2.2-once";
    WILL 0x01 "SECT-3.1.3.2.3-once" "SECT-3.1.3.2.3-range";
    WILL 0x02 "SECT-3.1.3.2.4-once";
    WILL 0x03 "SECT-3.1.3.2.5-once";
    WILL 0x08 "SECT-3.1.3.2.6-once";
    WILL 0x09 "SECT-3.1.3.2.7-once";
    CONNACK 0x11 "SECT-3.2.2.3.2-once";
    CONNACK 0x21 "SECT-3.2.2.3.3-once" "SECT-3.2.2.3.3-range";
    CONNACK 0x24 "SECT-3.2.2.3.4-once" "SECT-3.2.2.3.4-range";
    CONNACK 0x25 "SECT-3.2.2.3.5-once" "SECT-3.2.2.3.5-range";
    CONNACK 0x27 "SECT-3.2.2.3.6-once" "SECT-3.2.2.3.6-range";
    CONNACK 0x12 "SECT-3.2.2.3.7-once";
    CONNACK 0x22 "SECT-3.2.2.3.8-once";
    CONNACK 0x1F "SECT-3.2.2.3.9-once";
    CONNACK 0x28 "SECT-3.2.2.3.11-once" "SECT-3.2.2.3.11-range";
    CONNACK 0x29 "SECT-3.2.2.3.12-once" "SECT-3.2.2.3.12-range";
    CONNACK 0x2A "SECT-3.2.2.3.13-once" "SECT-3.2.2.3.13-range";
    CONNACK 0x13 "SECT-3.2.2.3.14-once";
    CONNACK 0x1A "SECT-3.2.2.3.15-once";
    CONNACK 0x1C "SECT-3.2.2.3.16-once";
    CONNACK 0x15 "SECT-3.2.2.3.17-once";
    CONNACK 0x16 "SECT-3.2.2.3.18-once";
    PUBLISH 0x01 "SECT-3.3.2.3.2-once" "SECT-3.3.2.3.2-range";
    PUBLISH 0x02 "SECT-3.3.2.3.3-once";
    PUBLISH 0x23 "SECT-3.3.2.3.4-once" "MQTT-3.3.2-8";
    PUBLISH 0x08 "SECT-3.3.2.3.5-once";
    PUBLISH 0x09 "SECT-3.3.2.3.6-once";
    PUBLISH 0x03 "SECT-3.3.2.3.9-once";
    PUBACK 0x1F "SECT-3.4.2.2.2-once";
    PUBREC 0x1F "SECT-3.5.2.2.2-once";
    PUBREL 0x1F "SECT-3.6.2.2.2-once";
    PUBCOMP 0x1F "SECT-3.7.2.2.2-once";
    SUBSCRIBE 0x0B "SECT-3.8.2.1.2-once" "SECT-3.8.2.1.2-range";
    SUBACK 0x1F "SECT-3.9.2.1.2-once";
    UNSUBACK 0x1F "SECT-3.11.2.1.2-once";
    DISCONNECT 0x11 "SECT-3.14.2.2.2-once";
    DISCONNECT 0x1F "SECT-3.14.2.2.3-once";
    DISCONNECT 0x1C "SECT-3.14.2.2.5-once";
    AUTH 0x15 "SECT-3.15.2.2.2-once";
    AUTH 0x16 "SECT-3.15.2.2.3-once";
    AUTH 0x1F "SECT-3.15.2.2.4-once";
}

#[cfg(test)]
mod tests {
    use super::*;
    use mqtt_spec::Version;

    #[test]
    fn every_place_has_its_rules() {
        for place in 0..=15_u8 {
            let place = Place(place);
            for id in 0..=u8::MAX {
                let Some(row) = row(id).filter(|row| row.stands_in(place)) else {
                    continue;
                };
                assert!(id < 64, "{id:#x} does not fit `Seen`");
                assert_eq!(
                    once(place, id) == PLACEMENT,
                    may_repeat(place, id),
                    "once: {id:#x}"
                );
                let bounded = matches!(
                    row.value,
                    ValueType::Bool
                        | ValueType::U16NonZero
                        | ValueType::U32NonZero
                        | ValueType::VarintNonZero
                );
                assert_eq!(
                    range(place, id) != PLACEMENT,
                    bounded,
                    "range: {id:#x} in {}",
                    place.0
                );
            }
        }
    }

    /// A rule's section speaks of the property whose name stands in its summary.
    #[test]
    fn rules_are_those_of_their_property() {
        for place in 0..=15_u8 {
            let place = Place(place);
            for id in 0..=u8::MAX {
                for rule in [once(place, id), range(place, id)] {
                    if rule == PLACEMENT {
                        continue;
                    }
                    let summary = rule.id_in(Version::V5).unwrap().statement().summary;
                    let name = super::super::field::property_name(id);
                    let known = summary.contains(name) || summary.contains("Topic alias");
                    assert!(known, "{name}: {summary}");
                }
            }
        }
    }
}
