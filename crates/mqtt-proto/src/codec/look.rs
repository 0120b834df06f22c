//! A quick look at a string, which most strings pass.

use super::reader::TextRule;
#[cfg(not(feature = "small"))]
use crate::types::misplaced_wildcard;

/// Whether a string has to be looked at closely.
pub(super) struct Look {
    /// It may break a rule, UTF-8 aside.
    pub(super) is_suspicious: bool,
    pub(super) is_ascii: bool,
}

#[cfg(not(feature = "small"))]
impl Look {
    #[inline(always)]
    pub(super) fn at(bytes: &[u8], rule: TextRule, v5: bool) -> Self {
        let scan = Scan::of(bytes);
        let is_suspicious = match rule {
            TextRule::Plain => scan.nul,
            TextRule::NameOrEmpty => scan.nul | scan.wildcard,
            TextRule::Name => scan.nul | scan.wildcard | bytes.is_empty(),
            TextRule::Filter => {
                scan.nul
                    || bytes.is_empty()
                    || (scan.wildcard && misplaced_wildcard(bytes).is_some())
                    // A filter without wildcards can still be a shared one.
                    || (v5 && bytes.starts_with(b"$share"))
            }
        };
        Self {
            is_suspicious,
            is_ascii: scan.ascii,
        }
    }
}

#[cfg(feature = "small")]
impl Look {
    /// Every string is looked at closely: that saves the code of a quick look.
    pub(super) fn at(_: &[u8], _: TextRule, _: bool) -> Self {
        Self {
            is_suspicious: true,
            is_ascii: false,
        }
    }
}

#[cfg(not(feature = "small"))]
use words::Scan;

#[cfg(not(feature = "small"))]
mod words {
    /// What a quick look over a string's bytes shows.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Scan {
        /// There is U+0000.
        pub(super) nul: bool,
        /// There is a `+` or a `#`.
        pub(super) wildcard: bool,
        /// There is nothing but ASCII.
        pub(super) ascii: bool,
    }

    impl Scan {
        /// Looks at a machine word at a time.
        #[inline]
        pub(super) fn of(bytes: &[u8]) -> Self {
            const fn each(byte: u8) -> usize {
                usize::from_ne_bytes([byte; size_of::<usize>()])
            }
            /// High bits that are set if any byte of the word is zero.
            const fn zeros(word: usize) -> usize {
                word.wrapping_sub(each(0x01)) & !word & each(0x80)
            }
            let (mut nul, mut wildcard, mut all) = (0, 0, 0);
            let mut look = |word: usize| {
                nul |= zeros(word);
                // `+` is 0x2B and `#` is 0x23: one bit apart.
                wildcard |= zeros((word | each(0x08)) ^ each(b'+'));
                all |= word;
            };
            let (words, tail) = bytes.as_chunks();
            for word in words {
                look(usize::from_ne_bytes(*word));
            }
            if !tail.is_empty() {
                look(match bytes.last_chunk() {
                    // Looks at some bytes again.
                    Some(last) => usize::from_ne_bytes(*last),
                    // Fewer bytes than a word has, among others that are none of what is looked for.
                    None => tail
                        .iter()
                        .fold(each(b' '), |word, byte| word << 8 | usize::from(*byte)),
                });
            }
            Self {
                nul: nul != 0,
                wildcard: wildcard != 0,
                ascii: all & each(0x80) == 0,
            }
        }
    }
}
