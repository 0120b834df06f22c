//! The outgoing exchanges, in their order.

use super::exchange::Exchange;
use crate::message::Message;
use alloc::vec::Vec;
use core::mem;

/// A list that is mostly taken from near its front, where that costs little. Its own rather than
/// the library's ring, which takes a kilobyte of flash.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    items: Vec<Exchange>,
    /// How many at the front are taken out; they hold no message any longer.
    gone: usize,
    /// Of the messages of all that are there.
    bytes: usize,
}

impl PartialEq for Queue {
    fn eq(&self, other: &Self) -> bool {
        self.all() == other.all()
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

    pub(super) fn all(&self) -> &[Exchange] {
        self.items.get(self.gone..).unwrap_or_default()
    }

    pub(super) fn all_mut(&mut self) -> &mut [Exchange] {
        self.items.get_mut(self.gone..).unwrap_or_default()
    }

    pub(super) const fn len(&self) -> usize {
        self.items.len() - self.gone
    }

    pub(super) fn get(&self, at: usize) -> Option<&Exchange> {
        self.items.get(self.gone + at)
    }

    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut Exchange> {
        self.items.get_mut(self.gone + at)
    }

    /// Adds one at the end.
    pub(super) fn push(&mut self, exchange: Exchange) {
        let len = self.len();
        if self.items.len() == self.items.capacity() && self.gone >= len {
            // As much is gone as is there: the rest moves up, in place of more memory.
            if let Some((gone, rest)) = self.items.split_at_mut_checked(self.gone) {
                gone.iter_mut()
                    .zip(rest)
                    .for_each(|(to, from)| mem::swap(to, from));
            }
            self.items.truncate(len);
            self.gone = 0;
        }
        self.bytes += exchange.message.as_ref().map_or(0, Message::len_bytes);
        self.items.push(exchange);
    }

    /// Takes the message out of one: it is not needed any longer.
    pub(super) fn forget_message(&mut self, at: usize) {
        let message = self.get_mut(at).and_then(|item| item.message.take());
        self.bytes -= message.as_ref().map_or(0, Message::len_bytes);
    }

    /// Takes one out. Moves those before it.
    pub(super) fn remove(&mut self, at: usize) {
        self.move_up(at, 0);
        if self.len() > 0 {
            self.forget_message(0);
            self.gone += 1;
        }
        if self.len() == 0 {
            self.items.clear();
            self.gone = 0;
        }
    }

    /// Moves one forward to a place before it; those between move back by one.
    pub(super) fn move_up(&mut self, from: usize, to: usize) {
        let between = self.all_mut().get_mut(to..=from).unwrap_or_default();
        if let Some((moved, rest)) = between.split_last_mut() {
            for item in rest {
                mem::swap(item, moved);
            }
        }
    }
}
