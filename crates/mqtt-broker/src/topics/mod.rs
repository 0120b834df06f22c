//! Where messages go: subscriptions by topic filter, and retained messages by topic name.

mod levels;
mod retained;
mod tree;

pub(crate) use retained::RetainedMap;
pub use tree::{FilterKey, Matched, SessionKey, Subscriber, SubscriptionTree};

use alloc::vec::Vec;

/// Makes room for one more, by an eighth instead of by doubling: a million entries must not cost
/// two million.
fn grow_gently<T>(entries: &mut Vec<T>) {
    if entries.len() == entries.capacity() {
        entries.reserve_exact((entries.len() / 8).max(16));
    }
}
