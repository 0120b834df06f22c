//! What was published, what the hub has acknowledged, and what has arrived.

use mqtt_proto::Qos;

/// One message's fate, in a byte.
#[derive(Clone, Copy, Debug, Default)]
struct Entry(u8);

const EXACTLY_ONCE: u8 = 0x80;
const ACKNOWLEDGED: u8 = 0x40;
/// How often it has arrived, no further than this.
const ARRIVALS: u8 = 0x0F;

/// The fate of every message, by its number.
#[derive(Debug, Default)]
pub(crate) struct Book {
    entries: Vec<Entry>,
    pub(crate) acknowledged: u64,
    pub(crate) arrived: u64,
    pub(crate) repeated: u64,
}

/// What is not as it should be.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
}

impl Book {
    /// Opens an entry; the message's number.
    pub(crate) fn publish(&mut self, qos: Qos) -> u32 {
        let flag = match qos {
            Qos::ExactlyOnce => EXACTLY_ONCE,
            _ => 0,
        };
        self.entries.push(Entry(flag));
        (self.entries.len() - 1) as u32
    }

    pub(crate) fn published(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn acknowledge(&mut self, number: u32) {
        if let Some(entry) = self.entries.get_mut(number as usize) {
            entry.0 |= ACKNOWLEDGED;
            self.acknowledged += 1;
        }
    }

    pub(crate) fn arrive(&mut self, number: u32) {
        if let Some(entry) = self.entries.get_mut(number as usize) {
            let arrivals = entry.0 & ARRIVALS;
            if arrivals > 0 {
                self.repeated += 1;
            } else {
                self.arrived += 1;
            }
            if arrivals < ARRIVALS {
                entry.0 += 1;
            }
        }
    }

    /// Messages that were acknowledged and have not arrived.
    pub(crate) fn missing(&self) -> u64 {
        let missing = |entry: &&Entry| entry.0 & ACKNOWLEDGED != 0 && entry.0 & ARRIVALS == 0;
        self.entries.iter().filter(missing).count() as u64
    }

    pub(crate) fn judge(&self) -> Verdict {
        let doubled = |entry: &&Entry| entry.0 & EXACTLY_ONCE != 0 && entry.0 & ARRIVALS > 1;
        Verdict {
            lost: self.missing(),
            doubled: self.entries.iter().filter(doubled).count() as u64,
        }
    }
}
