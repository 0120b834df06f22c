//! The outgoing exchanges, in their order.

use super::exchange::Exchange;
use crate::message::Message;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// Exchanges, and the bytes of their messages.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Queue {
    /// Boxed: they move often, and a list of pointers takes less code to keep in order than a ring.
    #[allow(clippy::vec_box, reason = "see above")]
    items: Vec<Box<Exchange>>,
    /// Of the messages of all that are there.
    bytes: usize,
}

impl Queue {
    pub(super) const fn new() -> Self {
        Self {
            items: Vec::new(),
            bytes: 0,
        }
    }

    /// What the messages take.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn all(&self) -> &[Box<Exchange>] {
        &self.items
    }

    pub(super) fn all_mut(&mut self) -> &mut [Box<Exchange>] {
        &mut self.items
    }

    pub(super) const fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn get(&self, at: usize) -> Option<&Exchange> {
        self.items.get(at).map(|item| &**item)
    }

    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut Exchange> {
        self.items.get_mut(at).map(|item| &mut **item)
    }

    /// Adds one at the end.
    pub(super) fn push(&mut self, exchange: Exchange) {
        self.bytes += exchange.message.as_ref().map_or(0, Message::len_bytes);
        self.items.push(Box::new(exchange));
    }

    /// Takes the message out of one: it is not needed any longer.
    pub(super) fn forget_message(&mut self, at: usize) {
        if let Some(item) = self.items.get_mut(at)
            && let Some(message) = &item.message
        {
            self.bytes -= message.len_bytes();
            item.message = None;
        }
    }

    /// Takes one out.
    pub(super) fn remove(&mut self, at: usize) {
        self.forget_message(at);
        if at < self.items.len() {
            self.items.remove(at);
        }
    }

    /// Moves one forward to a place before it; those between move back by one.
    pub(super) fn move_up(&mut self, from: usize, to: usize) {
        if to < from && from < self.items.len() {
            let moved = self.items.remove(from);
            self.items.insert(to, moved);
        }
    }
}
