//! What a 3.1.1 broker sends back.

use alloc::collections::{BTreeMap, VecDeque};
use core::hash::{BuildHasher, Hasher};
use foldhash::quality::FixedState;
use mqtt_proto::TopicName;

/// The most messages that are expected back, and the most that are remembered to have come; of more, the oldest are
/// forgotten.
const ECHOES_MAX: usize = 20_000;

/// Messages that were published to a broker which sends them back, by their content.
///
/// That somebody else publishes the very same topic and payload at the same time does no harm: one of the two is dropped
/// and one is passed on, and nobody can tell which. A message that never comes back, because the broker gave it to nobody,
/// could stop a later one of the same content: that is why few are remembered.
#[derive(Clone, Debug, Default)]
pub(super) struct Echoes {
    expected: Counted,
    /// What has come back may come once more, with DUP.
    seen: Counted,
}

/// How often each key was put in, of the last ones.
#[derive(Clone, Debug, Default)]
struct Counted {
    counts: BTreeMap<u64, u32>,
    order: VecDeque<u64>,
}

impl Counted {
    fn put(&mut self, key: u64) {
        *self.counts.entry(key).or_insert(0) += 1;
        self.order.push_back(key);
        while self.order.len() > ECHOES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.take(oldest);
        }
    }

    fn take(&mut self, key: u64) -> bool {
        let Some(count) = self.counts.get_mut(&key) else {
            return false;
        };
        *count -= 1;
        if *count == 0 {
            self.counts.remove(&key);
        }
        // What has come is not worth a place; mostly it is the oldest.
        if self.order.front() == Some(&key) {
            self.order.pop_front();
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
    /// This was published to the broker.
    pub(super) fn expect(&mut self, topic: &TopicName, payload: &[u8]) {
        self.expected.put(key(topic, payload));
    }

    /// Whether this is one that comes back, for the first time or again.
    pub(super) fn is_one(&mut self, topic: &TopicName, payload: &[u8], dup: bool) -> bool {
        let key = key(topic, payload);
        if self.expected.take(key) {
            self.seen.put(key);
            return true;
        }
        dup && self.seen.counts.contains_key(&key)
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
