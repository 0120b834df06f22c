//! The outgoing exchanges, in their order.

use super::exchange::Exchange;
use crate::message::Message;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// So many places at the front may stay empty, however few are in use.
const GONE_MAX: usize = 4;

/// Exchanges, and the bytes of their messages.
///
/// Taking one from near the front costs little, however many wait behind it: acknowledgements come
/// in order. What is taken out gives its memory back at once, and its place soon after.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    /// Boxed: they move often, and a list of pointers takes less code than a list of exchanges. A
    /// list of its own rather than the library's ring, which takes more code still.
    items: Vec<Option<Box<Exchange>>>,
    /// How many places at the front are empty; no other is.
    gone: usize,
    /// Of the messages of all that are there.
    bytes: usize,
}

impl PartialEq for Queue {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Queue {
    pub(super) const fn new() -> Self {
        Self {
            items: Vec::new(),
            gone: 0,
            bytes: 0,
        }
    }

    /// What the messages take.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Exchange> {
        self.items.iter().filter_map(Option::as_deref)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Exchange> {
        self.items.iter_mut().filter_map(Option::as_deref_mut)
    }

    pub(super) const fn len(&self) -> usize {
        self.items.len() - self.gone
    }

    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn get(&self, at: usize) -> Option<&Exchange> {
        self.items.get(self.gone + at)?.as_deref()
    }

    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut Exchange> {
        self.items.get_mut(self.gone + at)?.as_deref_mut()
    }

    /// Adds one at the end.
    pub(super) fn push(&mut self, exchange: Exchange) {
        self.bytes += exchange.message.as_ref().map_or(0, Message::len_bytes);
        self.items.push(Some(Box::new(exchange)));
    }

    /// Takes the message out of one: it is not needed any longer.
    pub(super) fn forget_message(&mut self, at: usize) {
        let message = self.get_mut(at).and_then(|item| item.message.take());
        self.bytes -= message.as_ref().map_or(0, Message::len_bytes);
    }

    /// Takes one out, and moves those before it.
    pub(super) fn remove(&mut self, at: usize) {
        if at >= self.len() {
            return;
        }
        self.forget_message(at);
        self.move_up(at, 0);
        if let Some(front) = self.items.get_mut(self.gone) {
            *front = None;
            self.gone += 1;
        }
        let len = self.len();
        if self.gone >= len.max(GONE_MAX) {
            self.items = self.items.split_off(self.gone);
            self.gone = 0;
        }
    }

    /// Takes out those from `start` on that are not to be kept, all in one pass.
    pub(super) fn retain_from(&mut self, start: usize, mut keep: impl FnMut(&Exchange) -> bool) {
        let mut before = self.gone + start;
        let mut freed = 0;
        self.items.retain(|item| {
            if before > 0 {
                before -= 1;
                return true;
            }
            let is_kept = item.as_deref().is_none_or(&mut keep);
            if !is_kept {
                let message = item.as_ref().and_then(|item| item.message.as_ref());
                freed += message.map_or(0, Message::len_bytes);
            }
            is_kept
        });
        self.bytes -= freed;
    }

    /// Moves one forward to a place before it; those between move back by one.
    pub(super) fn move_up(&mut self, from: usize, to: usize) {
        let places = self.gone + to..=self.gone + from;
        let places = self.items.get_mut(places).unwrap_or_default();
        if let Some((moved, between)) = places.split_last_mut() {
            for place in between {
                core::mem::swap(place, moved);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Awaits;
    use super::*;
    use crate::message::Tag;
    use crate::reason::ReasonCode;
    use crate::time::Instant;

    fn exchange(number: usize) -> Exchange {
        Exchange {
            awaits: Awaits::Sending,
            id: None,
            message: None,
            tag: Tag(number as u32),
            reason: ReasonCode::Success,
            since: Instant::ZERO,
            sent_at: Instant::ZERO,
            sends: 0,
            open: false,
        }
    }

    fn tags(queue: &Queue) -> Vec<u32> {
        queue.iter().map(|exchange| exchange.tag.0).collect()
    }

    /// Whatever is taken out and moved, the order is that of a plain list.
    #[test]
    fn keeps_the_order_of_a_plain_list() {
        let (mut queue, mut list) = (Queue::new(), Vec::new());
        let mut random = 1_usize;
        for number in 0..5_000 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let draw = random >> 33;
            let at = draw % (list.len() + 1);
            match draw >> 20 & 3 {
                0 | 1 => {
                    queue.push(exchange(number));
                    list.push(number as u32);
                }
                2 => {
                    // Mostly near the front, at times where nothing is.
                    let at = if draw & 1 == 0 { at % 3 } else { at };
                    queue.remove(at);
                    if at < list.len() {
                        list.remove(at);
                    }
                }
                _ if at < list.len() => {
                    let to = at / 2;
                    queue.move_up(at, to);
                    let moved = list.remove(at);
                    list.insert(to, moved);
                }
                _ => {}
            }
            assert_eq!(tags(&queue), list);
            assert_eq!(queue.len(), list.len());
            let front = queue.get(0).map(|exchange| exchange.tag.0);
            assert_eq!(front, list.first().copied());
        }
    }

    /// What expires while it waits goes in one pass: a million of them in a moment, and not in an hour.
    #[test]
    fn many_are_taken_out_at_once() {
        let mut queue = Queue::new();
        for number in 0..1_000_000 {
            queue.push(exchange(number));
        }
        queue.remove(0);
        queue.retain_from(2, |exchange| exchange.tag.0 % 10 == 0);
        let kept: Vec<u32> = [1, 2]
            .into_iter()
            .chain((1..100_000).map(|n| n * 10))
            .collect();
        assert!(tags(&queue) == kept);
        queue.remove(0);
        assert_eq!(queue.get(0).map(|it| it.tag.0), Some(2));
        queue.retain_from(0, |_| false);
        assert_eq!(queue.len(), 0);
    }

    /// A long queue leaves as it came: in its order, in time that does not grow with what is behind, and
    /// with its memory given back.
    #[test]
    fn a_long_queue_gives_its_memory_back() {
        let mut queue = Queue::new();
        for number in 0..100_000 {
            queue.push(exchange(number));
        }
        for number in 0..100_000 {
            assert_eq!(queue.get(0).map(|it| it.tag.0), Some(number));
            queue.remove(0);
            let places = queue.items.capacity();
            assert!(
                places <= 4 * queue.len() + 4 * GONE_MAX || number < 50_000,
                "{places} places for {}",
                queue.len()
            );
        }
        assert!(queue.items.capacity() <= 2 * GONE_MAX);
    }
}
