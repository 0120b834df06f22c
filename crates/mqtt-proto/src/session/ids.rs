//! Packet identifiers of one side of a session: shared by PUBLISH, SUBSCRIBE and UNSUBSCRIBE.

use crate::types::PacketId;

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

    /// The next free identifier; `None` if all 65,535 of `used` are in use.
    pub(super) fn allocate(
        &mut self,
        used: impl Iterator<Item = PacketId> + Clone,
    ) -> Option<PacketId> {
        if self.free_run == 0 {
            self.find_run(used)?;
        }
        let id = self.next;
        self.next = id.next();
        self.free_run -= 1;
        Some(id)
    }

    /// Moves `next` to a free identifier and counts the free ones from there. Due once in a round
    /// at most; looks at every identifier in use once for each 32 of them that lie in its way.
    fn find_run(&mut self, used: impl Iterator<Item = PacketId> + Clone) -> Option<()> {
        if used.clone().count() >= usize::from(u16::MAX) {
            return None;
        }
        for base in (0..u16::MAX).step_by(32) {
            let mut taken = 0_u32;
            for id in used.clone() {
                match self.ahead(id).checked_sub(base) {
                    Some(bit) if bit < 32 => taken |= 1 << bit,
                    _ => {}
                }
            }
            let steps = u32::from(base) + taken.trailing_ones();
            if taken != u32::MAX && steps < u32::from(u16::MAX) {
                for _ in 0..steps {
                    self.next = self.next.next();
                }
                let nearest = used.map(|id| self.ahead(id)).min();
                self.free_run = nearest.unwrap_or(u16::MAX);
                return Some(());
            }
        }
        None
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

    #[test]
    fn goes_round_and_leaves_out_what_is_in_use() {
        let mut ids = PacketIds::new();
        let used = [id(3), id(65_535)];
        let mut seen = Vec::new();
        for _ in 0..65_535 {
            seen.push(ids.allocate(used.iter().copied()).unwrap().get());
        }
        // The first round trusts that nothing was in use before it began.
        assert_eq!(seen.first(), Some(&1));
        assert_eq!(seen.last(), Some(&65_535));
        let round: Vec<u16> = (0..65_533)
            .map(|_| ids.allocate(used.iter().copied()).unwrap().get())
            .collect();
        assert!(!round.contains(&3) && !round.contains(&65_535));
        assert_eq!(ids.allocate(used.iter().copied()), Some(id(1)));
    }

    #[test]
    fn says_so_when_all_are_in_use() {
        let at_seven = || PacketIds {
            next: id(7),
            free_run: 0,
        };
        assert_eq!(at_seven().allocate((1..=65_535).map(id)), None);
        let block = (7..=5_000).map(id);
        assert_eq!(at_seven().allocate(block), Some(id(5_001)));
        let all_but_one = (1..=65_535).map(id).filter(|i| *i != id(8));
        assert_eq!(at_seven().allocate(all_but_one), Some(id(8)));
    }
}
