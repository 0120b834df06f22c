//! Packet identifiers of one side of a session: shared by PUBLISH, SUBSCRIBE and UNSUBSCRIBE.

use crate::types::PacketId;

/// Shows every identifier in use to its argument.
pub(super) type Used<'a> = dyn Fn(&mut dyn FnMut(PacketId)) + 'a;

/// Gives out identifiers in turn, so that one is reused as late as possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PacketIds {
    next: PacketId,
    /// How many identifiers from `next` on are known to be free. Freeing others never makes this
    /// wrong, so a search is due only once per run and not at every message.
    free_run: u16,
}

impl PacketIds {
    pub(super) const fn new() -> Self {
        Self {
            next: PacketId::FIRST,
            free_run: u16::MAX,
        }
    }

    /// For identifiers of which any may be in use.
    pub(super) const fn unknown() -> Self {
        Self {
            next: PacketId::FIRST,
            free_run: 0,
        }
    }

    /// The next free identifier; `None` if all 65,535 are in use. `used` shows those that are,
    /// `count` of them, to its argument.
    pub(super) fn allocate(&mut self, count: usize, used: &Used<'_>) -> Option<PacketId> {
        if self.free_run == 0 {
            if count >= usize::from(u16::MAX) {
                return None;
            }
            self.find_run(used);
        }
        let id = self.next;
        self.next = id.next();
        self.free_run = self.free_run.saturating_sub(1);
        Some(id)
    }

    /// Moves `next` to a free identifier, of which there is at least one, and counts the free ones
    /// from there. Due once in a round at most; looks at every identifier in use once for each 32
    /// of them that lie in its way.
    fn find_run(&mut self, used: &Used<'_>) {
        loop {
            // Bit n: the identifier n steps ahead is in use.
            let mut taken = 0_u32;
            let mut nearest = u16::MAX;
            used(&mut |id| {
                let steps = self.ahead(id);
                match steps {
                    0..32 => taken |= 1 << steps,
                    _ => nearest = nearest.min(steps),
                }
            });
            let free_at = taken.trailing_ones();
            for _ in 0..free_at {
                self.next = self.next.next();
            }
            if free_at < 32 {
                let run = (taken >> free_at).trailing_zeros();
                self.free_run = match run {
                    32.. => nearest.saturating_sub(free_at as u16),
                    run => run as u16,
                };
                return;
            }
        }
    }

    /// How many steps `id` lies ahead of `next`.
    fn ahead(&self, id: PacketId) -> u16 {
        match id.get().checked_sub(self.next.get()) {
            Some(steps) => steps,
            // Past 65,535 comes 1: the circle has 65,535 steps.
            None => u16::MAX - (self.next.get() - id.get()),
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
        let show = |visit: &mut dyn FnMut(PacketId)| used.iter().copied().for_each(visit);
        ids.allocate(used.len(), &show).map(PacketId::get)
    }

    #[test]
    fn goes_round_and_leaves_out_what_is_in_use() {
        let mut ids = PacketIds::new();
        let used = [id(3), id(65_535)];
        let first: Vec<_> = (0..65_535)
            .filter_map(|_| allocate(&mut ids, &used))
            .collect();
        // The first round trusts that nothing was in use before it began.
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
        let at_seven = || PacketIds {
            next: id(7),
            free_run: 0,
        };
        let all: Vec<_> = (1..=65_535).map(id).collect();
        assert_eq!(allocate(&mut at_seven(), &all), None);
        let block: Vec<_> = (7..=5_000).map(id).collect();
        assert_eq!(allocate(&mut at_seven(), &block), Some(5_001));
        let mut all_but_one = all;
        all_but_one.retain(|i| *i != id(2_000));
        assert_eq!(allocate(&mut at_seven(), &all_but_one), Some(2_000));
    }
}
