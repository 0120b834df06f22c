//! Each different level of a topic, stored once.

use alloc::string::String;
use alloc::vec::Vec;
use core::hash::BuildHasher;
use foldhash::fast::FixedState;
use hashbrown::HashTable;

/// Stands for the text of one level. Equal levels have equal symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Symbol(u32);

impl Symbol {
    /// The level `+`.
    pub(super) const PLUS: Self = Self(0);
    /// The level `#`.
    pub(super) const HASH: Self = Self(1);

    pub(super) const fn number(self) -> u32 {
        self.0
    }
}

/// The symbols in use, each with a count of its uses. Text of released symbols is reclaimed when
/// it outweighs the rest.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    entries: Vec<Entry>,
    free: Vec<u32>,
    table: HashTable<u32>,
    text: String,
    dead_bytes: usize,
    hasher: FixedState,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u32,
    len: u16,
    /// 0: the entry is on the free list.
    uses: u32,
}

/// Dead text below this is left alone.
const COMPACT_FROM_BYTES: usize = 4_096;

impl Levels {
    pub(super) fn new(hasher: FixedState) -> Self {
        let mut levels = Self {
            entries: Vec::new(),
            free: Vec::new(),
            table: HashTable::new(),
            text: String::new(),
            dead_bytes: 0,
            hasher,
        };
        // Never released, so these two keep their numbers.
        let plus = levels.acquire("+");
        let hash = levels.acquire("#");
        debug_assert_eq!((plus, hash), (Some(Symbol::PLUS), Some(Symbol::HASH)));
        levels
    }

    /// The symbol of a level that is in use.
    pub(super) fn find(&self, level: &str) -> Option<Symbol> {
        let hash = self.hasher.hash_one(level.as_bytes());
        self.table
            .find(hash, |symbol| {
                text(&self.entries, &self.text, *symbol) == Some(level)
            })
            .copied()
            .map(Symbol)
    }

    /// The symbol of a level, with one use more. `None` if 4 GiB of text are in use.
    pub(super) fn acquire(&mut self, level: &str) -> Option<Symbol> {
        if let Some(symbol) = self.find(level) {
            let entry = self.entries.get_mut(symbol.0 as usize)?;
            entry.uses = entry.uses.checked_add(1)?;
            return Some(symbol);
        }
        let entry = Entry {
            start: u32::try_from(self.text.len()).ok()?,
            len: u16::try_from(level.len()).ok()?,
            uses: 1,
        };
        let number = match self.free.pop() {
            Some(number) => {
                *self.entries.get_mut(number as usize)? = entry;
                number
            }
            None => {
                let number = u32::try_from(self.entries.len()).ok()?;
                super::grow_gently(&mut self.entries);
                self.entries.push(entry);
                number
            }
        };
        self.text.push_str(level);
        let (hasher, entries, texts) = (&self.hasher, &self.entries, &self.text);
        self.table
            .insert_unique(hasher.hash_one(level.as_bytes()), number, |symbol| {
                let level = text(entries, texts, *symbol).unwrap_or_default();
                hasher.hash_one(level.as_bytes())
            });
        Some(Symbol(number))
    }

    /// Takes one use back.
    pub(super) fn release(&mut self, symbol: Symbol) {
        let Some(entry) = self.entries.get_mut(symbol.0 as usize) else {
            return;
        };
        entry.uses = entry.uses.saturating_sub(1);
        if entry.uses > 0 {
            return;
        }
        let len = usize::from(entry.len);
        let level = text(&self.entries, &self.text, symbol.0).unwrap_or_default();
        let hash = self.hasher.hash_one(level.as_bytes());
        if let Ok(found) = self.table.find_entry(hash, |number| *number == symbol.0) {
            found.remove();
        }
        self.free.push(symbol.0);
        self.dead_bytes += len;
        if self.dead_bytes > COMPACT_FROM_BYTES && self.dead_bytes > self.text.len() / 2 {
            self.compact();
        }
    }

    /// The level that a symbol in use stands for.
    pub(super) fn text(&self, symbol: Symbol) -> &str {
        text(&self.entries, &self.text, symbol.0).unwrap_or_default()
    }

    /// Bytes of memory held.
    pub(super) fn memory_bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
            + self.free.capacity() * size_of::<u32>()
            + self.table.allocation_size()
            + self.text.capacity()
    }

    fn compact(&mut self) {
        let mut packed = String::with_capacity(self.text.len() - self.dead_bytes);
        for entry in &mut self.entries {
            if entry.uses == 0 {
                continue;
            }
            let start = entry.start as usize;
            let level = self.text.get(start..start + usize::from(entry.len));
            // Never longer than the text before, whose places fit 32 bits.
            entry.start = packed.len() as u32;
            packed.push_str(level.unwrap_or_default());
        }
        self.text = packed;
        self.dead_bytes = 0;
    }
}

/// A function of the parts, so that the table can be changed while it is called.
fn text<'a>(entries: &[Entry], texts: &'a str, symbol: u32) -> Option<&'a str> {
    let entry = entries.get(symbol as usize)?;
    let start = entry.start as usize;
    texts.get(start..start + usize::from(entry.len))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn released_text_is_reclaimed_and_the_rest_stays_readable() {
        let mut levels = Levels::new(FixedState::with_seed(1));
        let kept = levels.acquire("kept").unwrap();
        for round in 0..10_000 {
            let symbol = levels.acquire(&format!("level number {round}")).unwrap();
            levels.release(symbol);
        }
        assert_eq!(levels.text(kept), "kept");
        assert_eq!(levels.find("kept"), Some(kept));
        assert_eq!(levels.find("level number 7"), None);
        assert!(levels.memory_bytes() < 64 * 1024);
    }
}
