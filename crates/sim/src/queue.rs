//! The event queue: what is to happen, by time and, at one time, in the order in which it was planned.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::{Ordering, Reverse};
use mqtt_proto::Instant;

/// Events in the order of their times.
#[derive(Clone, Debug)]
pub(crate) struct Queue<E> {
    heap: BinaryHeap<Reverse<Entry<E>>>,
    planned: u64,
}

#[derive(Clone, Debug)]
struct Entry<E> {
    at: Instant,
    /// Unique, so that the order is total and no detail of the heap shows.
    sequence: u64,
    event: E,
}

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Self {
            heap: BinaryHeap::new(),
            planned: 0,
        }
    }
}

impl<E> Queue<E> {
    /// Plans an event.
    pub(crate) fn push(&mut self, at: Instant, event: E) {
        let sequence = self.planned;
        self.planned += 1;
        self.heap.push(Reverse(Entry {
            at,
            sequence,
            event,
        }));
    }

    /// Takes the next event.
    pub(crate) fn pop(&mut self) -> Option<(Instant, E)> {
        let Reverse(entry) = self.heap.pop()?;
        Some((entry.at, entry.event))
    }

    /// Puts off the events of a kind that are due before a time until then; they keep their order.
    pub(crate) fn put_off(&mut self, until: Instant, is_meant: impl Fn(&E) -> bool) {
        let put_off = |Reverse(mut entry): Reverse<Entry<E>>| {
            if entry.at < until && is_meant(&entry.event) {
                entry.at = until;
            }
            Reverse(entry)
        };
        let mut entries = core::mem::take(&mut self.heap).into_vec();
        entries.sort_unstable_by(|one, other| other.cmp(one));
        for (place, entry) in (0..).zip(&mut entries) {
            entry.0.sequence = place;
        }
        self.planned = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        self.heap = entries.into_iter().map(put_off).collect();
    }

    /// The next event.
    pub(crate) fn peek(&self) -> Option<&E> {
        self.heap.peek().map(|Reverse(entry)| &entry.event)
    }

    /// When the next event is due.
    pub(crate) fn next_at(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse(entry)| entry.at)
    }

    /// The events in the order in which they will come.
    pub(crate) fn in_order(&self) -> Vec<(Instant, u64, &E)> {
        let mut events: Vec<_> = self
            .heap
            .iter()
            .map(|Reverse(entry)| (entry.at, entry.sequence, &entry.event))
            .collect();
        events.sort_unstable_by_key(|(at, sequence, _)| (*at, *sequence));
        events
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<E> Eq for Entry<E> {}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.sequence).cmp(&(other.at, other.sequence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_by_time_and_then_in_the_order_of_planning() {
        let mut queue = Queue::default();
        for (at, name) in [(5, 'c'), (1, 'a'), (5, 'd'), (3, 'b'), (5, 'e')] {
            queue.push(Instant::from_micros(at), name);
        }
        assert_eq!(queue.next_at(), Some(Instant::from_micros(1)));
        let order: Vec<char> = core::iter::from_fn(|| queue.pop())
            .map(|(_, name)| name)
            .collect();
        assert_eq!(order, ['a', 'b', 'c', 'd', 'e']);
    }
}
