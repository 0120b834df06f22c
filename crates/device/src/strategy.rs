//! What a device does with a message while it has no connection.

use alloc::collections::VecDeque;
use mqtt_proto::session::WhenFull;
use mqtt_proto::{DropReason, Duration, Instant, Message, Tag};

/// How long messages wait, and how many.
///
/// Where neither is set, the device leaves it to its client: QoS 0 is lost without a connection, the others wait in the
/// session's queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Strategy {
    /// Where messages wait for a connection.
    pub queue: Option<Queue>,
    /// A message that has waited for so long is worth nothing any more.
    pub deadline: Option<Duration>,
}

/// Where messages wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Queue {
    /// How many wait at most. None with 0: without a connection a message is dropped.
    pub max: u16,
    /// Which one goes when one more comes.
    pub when_full: WhenFull,
}

impl Queue {
    /// What a device with a deadline and no other wish has: the same as a session.
    pub const DEFAULT: Self = Self {
        max: 1_000,
        when_full: WhenFull::DropNewest,
    };
}

/// Messages that wait for a connection, in the order in which they were made.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    strategy: Strategy,
    waiting: VecDeque<Waiting>,
}

#[derive(Clone, Debug)]
struct Waiting {
    message: Message,
    tag: Tag,
    since: Instant,
}

/// A message that is given up.
pub(crate) type GivenUp = (Tag, DropReason);

impl Outbox {
    pub(crate) const fn new(strategy: Strategy) -> Self {
        Self {
            strategy,
            waiting: VecDeque::new(),
        }
    }

    pub(crate) const fn strategy(&self) -> Strategy {
        self.strategy
    }

    /// Whether it is at work: without a strategy messages are the client's affair.
    pub(crate) const fn is_used(&self) -> bool {
        self.strategy.queue.is_some() || self.strategy.deadline.is_some()
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Takes a message that cannot be sent now. The one that is given up for it, if any.
    pub(crate) fn push(&mut self, now: Instant, message: Message, tag: Tag) -> Option<GivenUp> {
        let queue = self.strategy.queue.unwrap_or(Queue::DEFAULT);
        if queue.max == 0 {
            return Some((tag, DropReason::NotConnected));
        }
        let mut given_up = None;
        if self.waiting.len() >= usize::from(queue.max) {
            let gone = match queue.when_full {
                WhenFull::DropNewest => return Some((tag, DropReason::QueueFull)),
                WhenFull::DropOldest => self.waiting.pop_front(),
            };
            given_up = gone.map(|gone| (gone.tag, DropReason::QueueFull));
        }
        self.waiting.push_back(Waiting {
            message,
            tag,
            since: now,
        });
        given_up
    }

    /// Takes out the next message that can be sent.
    pub(crate) fn pop(&mut self) -> Option<(Message, Tag)> {
        let next = self.waiting.pop_front()?;
        Some((next.message, next.tag))
    }

    /// Takes out a message that has waited too long. They stand in the order of their times.
    pub(crate) fn expire(&mut self, now: Instant) -> Option<GivenUp> {
        if self.expires_at()? > now {
            return None;
        }
        let gone = self.waiting.pop_front()?;
        Some((gone.tag, DropReason::Expired))
    }

    /// When the first message has waited too long.
    pub(crate) fn expires_at(&self) -> Option<Instant> {
        Some(self.waiting.front()?.since + self.strategy.deadline?)
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]

    use super::*;
    use alloc::string::String;
    use alloc::vec::Vec;
    use bytes::Bytes;
    use mqtt_proto::{Qos, TopicName};

    /// Four messages, one each second from 0 s; then, at 10 s, what is given up and what is left.
    fn check(strategy: Strategy, expected_gone: &[(u32, DropReason)], expected_left: &str) {
        let mut outbox = Outbox::new(strategy);
        let mut gone = Vec::new();
        for (secs, name) in (0..).zip(["a", "b", "c", "d"]) {
            let topic = TopicName::try_from("t").expect("a name");
            let message = Message::new(topic, Bytes::from(name), Qos::AtLeastOnce);
            let now = Instant::ZERO + Duration::from_secs(u64::from(secs));
            gone.extend(outbox.push(now, message, Tag(secs)));
        }
        let now = Instant::ZERO + Duration::from_secs(10);
        gone.extend(core::iter::from_fn(|| outbox.expire(now)));
        let gone: Vec<(u32, DropReason)> = gone.iter().map(|(tag, why)| (tag.0, *why)).collect();
        assert_eq!(gone, expected_gone, "{strategy:?}");
        let left = core::iter::from_fn(|| outbox.pop());
        let left: Vec<u8> = left.flat_map(|(message, _)| message.payload).collect();
        assert_eq!(String::from_utf8(left).as_deref(), Ok(expected_left));
    }

    #[test]
    fn what_waits_and_what_goes() {
        use DropReason::{Expired, NotConnected, QueueFull};
        let queue = |max, when_full| Strategy {
            queue: Some(Queue { max, when_full }),
            deadline: None,
        };
        check(
            queue(0, WhenFull::DropOldest),
            &[
                (0, NotConnected),
                (1, NotConnected),
                (2, NotConnected),
                (3, NotConnected),
            ],
            "",
        );
        check(
            queue(2, WhenFull::DropOldest),
            &[(0, QueueFull), (1, QueueFull)],
            "cd",
        );
        check(
            queue(2, WhenFull::DropNewest),
            &[(2, QueueFull), (3, QueueFull)],
            "ab",
        );
        check(queue(4, WhenFull::DropNewest), &[], "abcd");
        let deadline = Strategy {
            queue: None,
            deadline: Some(Duration::from_millis(8_500)),
        };
        check(deadline, &[(0, Expired), (1, Expired)], "cd");
    }
}
