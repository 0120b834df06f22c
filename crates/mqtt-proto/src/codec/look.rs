//! A quick look at a string, which most strings pass.

use super::reader::TextRule;
#[cfg(not(feature = "small"))]
use crate::types::misplaced_wildcard;

/// Whether a string passes at the first look. If not, it may still be right.
#[cfg(not(feature = "small"))]
#[inline(always)]
pub(super) fn passes(bytes: &[u8], rule: TextRule, v5: bool) -> bool {
    match rule {
        TextRule::Plain => all_words(bytes, |word| !word.is_odd()),
        TextRule::NameOrEmpty => all_words(bytes, |word| !word.is_odd_or_wild()),
        TextRule::Name => !bytes.is_empty() && all_words(bytes, |word| !word.is_odd_or_wild()),
        TextRule::Filter => {
            let mut wild = false;
            let odd = !all_words(bytes, |word| {
                wild |= word.is_odd_or_wild();
                !word.is_odd()
            });
            let misplaced = || wild && misplaced_wildcard(bytes).is_some();
            // A filter without wildcards can still be a shared one.
            let shared = || v5 && bytes.starts_with(b"$share");
            !(odd || bytes.is_empty() || misplaced() || shared())
        }
    }
}

/// Every string is looked at closely: that saves the code of a quick look.
#[cfg(feature = "small")]
pub(super) fn passes(_: &[u8], _: TextRule, _: bool) -> bool {
    false
}

#[cfg(not(feature = "small"))]
use words::all_words;

#[cfg(not(feature = "small"))]
mod words {
    /// Eight bytes of a string.
    #[derive(Clone, Copy)]
    pub(super) struct Word(u64);

    const fn each(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }

    impl Word {
        /// Each byte is 0 or not ASCII: as high bits, the lowest of which tells the truth.
        #[inline(always)]
        const fn odd(self) -> u64 {
            self.0.wrapping_sub(each(0x01)) | self.0
        }

        /// There is U+0000, or something else than ASCII.
        #[inline(always)]
        pub(super) const fn is_odd(self) -> bool {
            self.odd() & each(0x80) != 0
        }

        /// That, or a `+` or a `#`.
        #[inline(always)]
        pub(super) const fn is_odd_or_wild(self) -> bool {
            // `+` is 0x2B and `#` is 0x23: one bit apart.
            let wild = ((self.0 | each(0x08)) ^ each(b'+')).wrapping_sub(each(0x01));
            (self.odd() | wild) & each(0x80) != 0
        }
    }

    /// Whether `pass` lets all of a string pass. Sees some bytes twice, and in a short string maybe blanks.
    #[inline(always)]
    pub(super) fn all_words(bytes: &[u8], mut pass: impl FnMut(Word) -> bool) -> bool {
        let mut rest = bytes;
        while let Some((word, behind)) = rest.split_first_chunk() {
            if !pass(Word(u64::from_ne_bytes(*word))) {
                return false;
            }
            rest = behind;
        }
        rest.is_empty()
            || pass(Word(bytes.last_chunk().map_or_else(
                || short_word(rest),
                |last| u64::from_ne_bytes(*last),
            )))
    }

    /// All of the one to seven bytes of a short string.
    #[inline(always)]
    fn short_word(bytes: &[u8]) -> u64 {
        let quad = |four: &[u8; 4]| u64::from(u32::from_ne_bytes(*four));
        if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
            return quad(first) << 32 | quad(last);
        }
        // Blanks are none of what is looked for.
        let at = |at: usize| u64::from(bytes.get(at).copied().unwrap_or(b' '));
        each(b' ') << 24 | at(0) << 16 | at(1) << 8 | at(2)
    }
}
