//! Packet identifiers of one side of a session: shared by PUBLISH, SUBSCRIBE and UNSUBSCRIBE.

use crate::types::PacketId;

#[cfg(not(feature = "small"))]
pub(super) use quick::PacketIds;
#[cfg(feature = "small")]
pub(super) use small::PacketIds;

#[cfg(not(feature = "small"))]
mod quick {
    use super::PacketId;

    /// Gives out identifiers in turn, so that one is reused as late as possible.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub(in crate::session) struct PacketIds {
        next: PacketId,
        /// How many identifiers from `next` on are known to be free. Freeing others never makes this
        /// wrong, so a search is due only once per run and not at every message.
        free_run: u16,
    }

    impl PacketIds {
        pub(in crate::session) const fn new() -> Self {
            Self {
                next: PacketId::FIRST,
                free_run: u16::MAX,
            }
        }

        /// For identifiers of which any may be in use.
        pub(in crate::session) const fn unknown() -> Self {
            Self::from(PacketId::FIRST)
        }

        /// Begins to look at this one.
        pub(in crate::session) const fn from(next: PacketId) -> Self {
            Self { next, free_run: 0 }
        }

        /// The next free identifier; `None` if all 65,535 are in use. `used` shows those that are,
        /// `count` of them, to its argument.
        pub(in crate::session) fn allocate(
            &mut self,
            count: usize,
            used: impl Fn(&mut Ahead),
        ) -> Option<PacketId> {
            if self.free_run == 0 && count >= usize::from(u16::MAX) {
                return None;
            }
            // Moves `next` to a free identifier, of which there is at least one, and counts the free
            // ones from there. Due once in a round at most; looks at every identifier in use once for
            // each 32 of them that lie in its way.
            while self.free_run == 0 {
                let mut ahead = Ahead {
                    of: self.next,
                    taken: 0,
                    nearest: u16::MAX,
                };
                used(&mut ahead);
                let free_at = ahead.taken.trailing_ones();
                for _ in 0..free_at {
                    self.next = self.next.next();
                }
                if free_at < 32 {
                    let run = (ahead.taken >> free_at).trailing_zeros();
                    self.free_run = match run {
                        32.. => ahead.nearest.saturating_sub(free_at as u16),
                        run => run as u16,
                    };
                }
            }
            let id = self.next;
            self.next = id.next();
            self.free_run -= 1;
            Some(id)
        }

        /// The identifier that was given out last is not needed.
        pub(in crate::session) const fn take_back(&mut self, id: PacketId) {
            self.next = id;
            self.free_run += 1;
        }
    }

    /// Which identifiers from one on are in use.
    pub(in crate::session) struct Ahead {
        of: PacketId,
        /// Bit n: the one n steps on.
        taken: u32,
        /// Steps to the nearest that has no bit.
        nearest: u16,
    }

    impl Ahead {
        /// This one is in use.
        #[inline(never)]
        pub(in crate::session) fn see(&mut self, id: PacketId) {
            let steps = match id.get().checked_sub(self.of.get()) {
                Some(steps) => steps,
                // Past 65,535 comes 1: the circle has 65,535 steps.
                None => u16::MAX - (self.of.get() - id.get()),
            };
            match steps {
                0..32 => self.taken |= 1 << steps,
                _ => self.nearest = self.nearest.min(steps),
            }
        }
    }
}

/// With few identifiers in use it takes less code to look through all of them for every new one.
#[cfg(feature = "small")]
mod small {
    use super::PacketId;

    /// Gives out identifiers in turn, so that one is reused as late as possible.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub(in crate::session) struct PacketIds {
        next: PacketId,
    }

    impl PacketIds {
        pub(in crate::session) const fn new() -> Self {
            Self::from(PacketId::FIRST)
        }

        /// For identifiers of which any may be in use.
        pub(in crate::session) const fn unknown() -> Self {
            Self::new()
        }

        /// Begins to look at this one.
        pub(in crate::session) const fn from(next: PacketId) -> Self {
            Self { next }
        }

        /// The next free identifier; `None` if all 65,535 are in use. `used` shows those that are,
        /// `count` of them, to its argument.
        pub(in crate::session) fn allocate(
            &mut self,
            count: usize,
            used: impl Fn(&mut Ahead),
        ) -> Option<PacketId> {
            if count >= usize::from(u16::MAX) {
                return None;
            }
            loop {
                let mut ahead = Ahead {
                    of: self.next,
                    is_taken: false,
                };
                self.next = self.next.next();
                used(&mut ahead);
                if !ahead.is_taken {
                    return Some(ahead.of);
                }
            }
        }

        /// The identifier that was given out last is not needed.
        pub(in crate::session) const fn take_back(&mut self, id: PacketId) {
            self.next = id;
        }
    }

    /// Whether one identifier is in use.
    pub(in crate::session) struct Ahead {
        of: PacketId,
        is_taken: bool,
    }

    impl Ahead {
        /// This one is in use.
        pub(in crate::session) fn see(&mut self, id: PacketId) {
            self.is_taken |= self.of == id;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn id(value: u16) -> PacketId {
        PacketId::new(value).unwrap()
    }

    fn allocate(ids: &mut PacketIds, used: &[PacketId]) -> Option<u16> {
        ids.allocate(used.len(), |ahead| {
            used.iter().for_each(|id| ahead.see(*id))
        })
        .map(PacketId::get)
    }

    #[test]
    fn goes_round_and_leaves_out_what_is_in_use() {
        let mut ids = PacketIds::new();
        let used = [id(3), id(65_535)];
        let first: Vec<_> = (0..65_535)
            .filter_map(|_| allocate(&mut ids, &[]))
            .collect();
        assert!(first.iter().copied().eq(1..=65_535));
        let second: Vec<_> = (0..65_533)
            .filter_map(|_| allocate(&mut ids, &used))
            .collect();
        assert!(
            second
                .iter()
                .copied()
                .eq((1..=65_534).filter(|id| *id != 3))
        );
        assert_eq!(allocate(&mut ids, &used), Some(1));
    }

    #[test]
    fn says_so_when_all_are_in_use() {
        let at_seven = || PacketIds::from(id(7));
        let all: Vec<_> = (1..=65_535).map(id).collect();
        assert_eq!(allocate(&mut at_seven(), &all), None);
        let block: Vec<_> = (7..=5_000).map(id).collect();
        assert_eq!(allocate(&mut at_seven(), &block), Some(5_001));
        let mut all_but_one = all;
        all_but_one.retain(|i| *i != id(2_000));
        assert_eq!(allocate(&mut at_seven(), &all_but_one), Some(2_000));
    }
}
