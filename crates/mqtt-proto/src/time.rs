//! Time as the machines see it: microseconds since the host started, never a wall clock.

use core::ops::{Add, AddAssign, Sub};

/// A moment: microseconds since the host's own start. 64 bits last 584,000 years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

/// A span of time in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

impl Instant {
    /// The host's start.
    pub const ZERO: Self = Self(0);

    /// Later than every moment, also when a span is added to it.
    pub(crate) const NEVER: Self = Self(u64::MAX);

    /// A moment `micros` microseconds after the start.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since the start.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// The span since `earlier`; zero if `earlier` is in fact later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// Longer than any run.
    pub const MAX: Self = Self(u64::MAX);

    /// A span of `micros` microseconds.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// A span of `millis` milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// A span of `secs` seconds.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// Microseconds in the span.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Whole milliseconds in the span.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000
    }

    /// Whole seconds in the span.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        if cfg!(all(
            target_pointer_width = "32",
            not(target_family = "wasm")
        )) {
            // One million is 64 times 15,625.
            divide(self.0 >> 6, 15_625)
        } else {
            self.0 / 1_000_000
        }
    }

    /// The span times `numerator / denominator`, rounded down; a zero denominator counts as 1.
    #[must_use]
    pub const fn scaled(self, numerator: u64, denominator: u64) -> Self {
        let denominator = if denominator == 0 { 1 } else { denominator };
        Self(self.0.saturating_mul(numerator) / denominator)
    }
}

/// `dividend / divisor` by long division with 16-bit digits, for small chips: their library routine
/// takes a kilobyte of flash.
const fn divide(dividend: u64, divisor: u16) -> u64 {
    let mut quotient = 0;
    let mut rest = 0_u32;
    let mut shift = 64;
    while shift > 0 {
        shift -= 16;
        rest = rest << 16 | (dividend >> shift) as u16 as u32;
        quotient = quotient << 16 | (rest / divisor as u32) as u64;
        rest %= divisor as u32;
    }
    quotient
}

impl Add<Duration> for Instant {
    type Output = Self;

    #[cfg_attr(feature = "small", inline(never))]
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, span: Duration) {
        *self = *self + span;
    }
}

impl Add for Duration {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Duration {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_division_is_division() {
        for dividend in [0, 1, 15_624, 15_625, 1 << 33, u64::MAX >> 6, u64::MAX] {
            assert_eq!(divide(dividend, 15_625), dividend / 15_625, "{dividend}");
            let spread = dividend.rotate_left(13) ^ 0x5555;
            assert_eq!(divide(spread, 15_625), spread / 15_625, "{spread}");
        }
    }
}
