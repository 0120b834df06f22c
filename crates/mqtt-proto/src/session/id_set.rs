//! Packet identifiers to remember.

use crate::types::PacketId;
use alloc::vec::Vec;
use core::mem::swap;

/// A set of packet identifiers, in ascending order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct IdSet {
    ids: Vec<PacketId>,
}

impl IdSet {
    pub(crate) const fn new() -> Self {
        Self { ids: Vec::new() }
    }

    pub(crate) fn contains(&self, id: PacketId) -> bool {
        self.ids.binary_search(&id).is_ok()
    }

    pub(crate) fn insert(&mut self, id: PacketId) {
        let Err(place) = self.ids.binary_search(&id) else {
            return;
        };
        if cfg!(feature = "small") {
            // A chip's lists are short, and to move memory takes the library's routine 800 bytes of code.
            let mut moved = id;
            for behind in self.ids.iter_mut().skip(place) {
                swap(behind, &mut moved);
            }
            self.ids.push(moved);
        } else {
            self.ids.insert(place, id);
        }
    }

    pub(crate) fn remove(&mut self, id: PacketId) {
        let Ok(place) = self.ids.binary_search(&id) else {
            return;
        };
        if cfg!(feature = "small") {
            if let Some(mut moved) = self.ids.pop() {
                for behind in self.ids.iter_mut().skip(place).rev() {
                    swap(behind, &mut moved);
                }
            }
        } else {
            self.ids.remove(place);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.ids.clear();
    }

    pub(crate) const fn len(&self) -> usize {
        self.ids.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = PacketId> {
        self.ids.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    #[test]
    fn is_a_sorted_set() {
        let (mut ids, mut model) = (IdSet::new(), BTreeSet::new());
        let mut random = 1_u32;
        for _ in 0..2_000 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let id = PacketId::new((random >> 16) as u16 % 40 + 1).unwrap();
            assert_eq!(ids.contains(id), model.contains(&id));
            if random & 0x8000 == 0 {
                ids.insert(id);
                model.insert(id);
            } else {
                ids.remove(id);
                model.remove(&id);
            }
            assert_eq!(ids.len(), model.len());
            assert!(ids.iter().eq(model.iter().copied()));
        }
    }
}
