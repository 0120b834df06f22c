//! A hash that is the same on every machine: for comparing states, not for secrets.

use core::fmt;
use core::hash::Hasher;

/// FNV-1a with 64 bits, over little-endian bytes.
///
/// It is a [`Hasher`], so that everything that derives `Hash` can be told apart; lengths and enum tags are widened to
/// 64 bits, because they differ in size between machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateHasher(u64);

impl Default for StateHasher {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }
}

impl Hasher for StateHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }

    fn write_u16(&mut self, value: u16) {
        self.write(&value.to_le_bytes());
    }

    fn write_u32(&mut self, value: u32) {
        self.write(&value.to_le_bytes());
    }

    fn write_u64(&mut self, value: u64) {
        self.write(&value.to_le_bytes());
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn write_isize(&mut self, value: isize) {
        self.write_u64(value as u64);
    }
}

/// Hashes what is written: the `Debug` form of a state names every field of it and is the same on every machine.
impl fmt::Write for StateHasher {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.write(text.as_bytes());
        Ok(())
    }
}

/// The hash of a value's `Debug` form.
pub(crate) fn of_debug(value: &impl fmt::Debug) -> u64 {
    let mut hasher = StateHasher::default();
    // Writing into the hasher cannot fail.
    let _ = fmt::write(&mut hasher, format_args!("{value:?}"));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the authors' own list of test vectors.
    #[test]
    fn the_published_vectors() {
        for (text, expected) in [
            ("", 0xCBF2_9CE4_8422_2325),
            ("a", 0xAF63_DC4C_8601_EC8C),
            ("foobar", 0x8594_4171_F739_67E8),
        ] {
            let mut hasher = StateHasher::default();
            hasher.write(text.as_bytes());
            assert_eq!(hasher.finish(), expected, "{text}");
        }
    }
}
