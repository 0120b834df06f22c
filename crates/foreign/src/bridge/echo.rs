//! What a 3.1.1 broker sends back.

use alloc::collections::{BTreeMap, VecDeque};
use core::hash::{BuildHasher, Hasher};
use foldhash::quality::FixedState;
use mqtt_proto::{Delivery, PacketId, Qos, Tag, TopicName};

/// The most messages that are expected back; of more, the oldest are forgotten.
const ECHOES_MAX: usize = 20_000;

/// Messages that were published to a broker which sends them back, by their content.
///
/// That somebody else publishes the very same topic and payload at the same time does no harm: one of the two is dropped
/// and one is passed on, and nobody can tell which. A message that never comes back, because the broker gave it to nobody,
/// could stop a later one of the same content: that is why few are remembered, and none at QoS 0 beyond its connection.
///
/// What has come back at QoS 1 may come once more, with DUP and its identifier, until the broker has read its PUBACK. So long the
/// identifier is remembered, and no longer: the same words from somebody else are a message. QoS 2 comes once by itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Echoes {
    expected: Expected,
    unsettled: BTreeMap<PacketId, Unsettled>,
}

/// What was published and has not come back.
#[derive(Clone, Debug, Default)]
struct Expected {
    /// Numbers of each key, oldest first.
    of_key: BTreeMap<u64, VecDeque<u64>>,
    /// By number.
    all: BTreeMap<u64, (u64, Qos)>,
    made: u64,
}

/// An echo of which the broker may not know that it has come.
#[derive(Clone, Copy, Debug)]
struct Unsettled {
    key: u64,
    /// What was published to the broker before it came; `None`: it came on an earlier connection.
    after: Option<Tag>,
}

impl Expected {
    fn put(&mut self, key: u64, qos: Qos) {
        self.made += 1;
        self.all.insert(self.made, (key, qos));
        self.of_key.entry(key).or_default().push_back(self.made);
        while self.all.len() > ECHOES_MAX
            && let Some((oldest, _)) = self.all.first_key_value()
        {
            self.forget(*oldest);
        }
    }

    fn take(&mut self, key: u64) -> bool {
        let oldest = self.of_key.get(&key).and_then(VecDeque::front).copied();
        oldest.is_some_and(|number| self.forget(number))
    }

    fn forget(&mut self, number: u64) -> bool {
        let Some((key, _)) = self.all.remove(&number) else {
            return false;
        };
        if let Some(numbers) = self.of_key.get_mut(&key) {
            // Mostly it is the oldest.
            match numbers.front() == Some(&number) {
                true => drop(numbers.pop_front()),
                false => numbers.retain(|other| *other != number),
            }
            if numbers.is_empty() {
                self.of_key.remove(&key);
            }
        }
        true
    }
}

fn key(topic: &TopicName, payload: &[u8]) -> u64 {
    let mut hasher = FixedState::with_seed(0).build_hasher();
    hasher.write(topic.as_str().as_bytes());
    hasher.write_u8(0);
    hasher.write(payload);
    hasher.finish()
}

impl Echoes {
    /// This is sent to the broker.
    pub(super) fn expect(&mut self, topic: &TopicName, payload: &[u8], qos: Qos) {
        self.expected.put(key(topic, payload), qos);
    }

    /// Whether this is one that comes back, for the first time or again. `latest` is what was published to the broker last.
    pub(super) fn is_one(
        &mut self,
        topic: &TopicName,
        payload: &[u8],
        delivery: Delivery,
        latest: Tag,
    ) -> bool {
        let key = key(topic, payload);
        if delivery.qos() > Qos::AtMostOnce && !delivery.dup() {
            // What a broker repeats comes in its order before all that is new (MQTT-4.6.0-1): it repeats nothing more.
            self.unsettled.retain(|_, old| old.after.is_some());
        }
        let Delivery::AtLeastOnce { id, dup } = delivery else {
            return self.expected.take(key);
        };
        let now = Unsettled {
            key,
            after: Some(latest),
        };
        let is_repeated = dup && self.unsettled.get(&id).is_some_and(|old| old.key == key);
        if is_repeated || self.expected.take(key) {
            self.unsettled.insert(id, now);
            return true;
        }
        self.unsettled.remove(&id);
        false
    }

    /// The broker has acknowledged this: it has read all that was sent before.
    pub(super) fn settle(&mut self, acknowledged: Tag) {
        self.unsettled.retain(|_, old| {
            old.after
                .is_none_or(|Tag(after)| (acknowledged.0.wrapping_sub(after) as i32) <= 0)
        });
    }

    /// The connection is gone, and what was on its way at QoS 0 with it.
    pub(super) fn handle_close(&mut self) {
        for old in self.unsettled.values_mut() {
            old.after = None;
        }
        let lost: VecDeque<u64> = self
            .expected
            .all
            .iter()
            .filter(|(_, (_, qos))| *qos == Qos::AtMostOnce)
            .map(|(number, _)| *number)
            .collect();
        for number in lost {
            self.expected.forget(number);
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn topic() -> TopicName {
        "a".try_into().unwrap()
    }

    fn once(id: u16, dup: bool) -> Delivery {
        Delivery::AtLeastOnce {
            id: PacketId::new(id).unwrap(),
            dup,
        }
    }

    /// What was sent, what came, and whether that was an echo.
    fn comes(echoes: &mut Echoes, payload: &str, delivery: Delivery, latest: u32) -> bool {
        echoes.is_one(&topic(), payload.as_bytes(), delivery, Tag(latest))
    }

    #[test]
    fn a_repeat_is_known_by_its_identifier_until_its_acknowledgement_is_read() {
        let on = |echoes: &mut Echoes| echoes.expect(&topic(), b"on", Qos::AtLeastOnce);
        // As it was, then what happens, then whether "on" with DUP and identifier 1 is an echo.
        type Happens = fn(&mut Echoes);
        let cases: [(&str, Happens, bool); 7] = [
            ("nothing", |_| {}, true),
            ("a cut", Echoes::handle_close, true),
            (
                "an earlier message is acknowledged",
                |e| e.settle(Tag(5)),
                true,
            ),
            (
                "a later message is acknowledged",
                |e| e.settle(Tag(6)),
                false,
            ),
            (
                "a later message is acknowledged on another connection",
                |e| {
                    e.handle_close();
                    e.settle(Tag(6));
                },
                true,
            ),
            (
                "something new comes after a cut",
                |e| {
                    e.handle_close();
                    assert!(!comes(e, "new", once(2, false), 5));
                },
                false,
            ),
            (
                "the identifier is another message's",
                |e| assert!(!comes(e, "new", once(1, false), 5)),
                false,
            ),
        ];
        for (name, happens, expected) in cases {
            let mut echoes = Echoes::default();
            on(&mut echoes);
            assert!(comes(&mut echoes, "on", once(1, false), 5), "{name}");
            assert!(
                !comes(&mut echoes.clone(), "on", once(1, false), 5),
                "{name}: it is not the repeat of one"
            );
            assert!(
                !comes(&mut echoes.clone(), "on", once(2, true), 5),
                "{name}: another identifier"
            );
            happens(&mut echoes);
            assert_eq!(
                comes(&mut echoes, "on", once(1, true), 5),
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn what_was_on_its_way_at_qos_0_is_not_expected_after_a_cut() {
        let mut echoes = Echoes::default();
        echoes.expect(&topic(), b"zero", Qos::AtMostOnce);
        echoes.expect(&topic(), b"one", Qos::AtLeastOnce);
        echoes.handle_close();
        assert!(!comes(&mut echoes, "zero", Delivery::AtMostOnce, 0));
        assert!(comes(&mut echoes, "one", Delivery::AtMostOnce, 0));
    }

    #[test]
    fn of_too_many_the_oldest_are_forgotten_and_no_others() {
        let mut echoes = Echoes::default();
        let none = Delivery::AtMostOnce;
        let expect = |echoes: &mut Echoes, what: &str| {
            echoes.expect(&topic(), what.as_bytes(), Qos::AtLeastOnce);
        };
        expect(&mut echoes, "oldest");
        // One that has come back leaves nothing behind, of which a later one of its words would be counted off.
        expect(&mut echoes, "x");
        assert!(comes(&mut echoes, "x", none, 0));
        expect(&mut echoes, "x");
        for number in 0..ECHOES_MAX - 1 {
            expect(&mut echoes, &number.to_string());
        }
        assert_eq!(echoes.expected.all.len(), ECHOES_MAX);
        assert!(!comes(&mut echoes, "oldest", none, 0));
        assert!(comes(&mut echoes, "x", none, 0));
        assert!(!comes(&mut echoes, "x", none, 0));
        for number in 0..ECHOES_MAX - 1 {
            assert!(comes(&mut echoes, &number.to_string(), none, 0), "{number}");
        }
        assert!(echoes.expected.all.is_empty() && echoes.expected.of_key.is_empty());
    }
}
