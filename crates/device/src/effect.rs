//! What a device does to the world around it.

use core::fmt;

/// Something that a bystander sees the device do. Shown in the device's own words by `Display`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Effect {
    /// It drove.
    Drove {
        /// How far; negative is backwards.
        millimetres: i64,
    },
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drove { millimetres } if *millimetres < 0 => {
                write!(f, "drives back {}", Metres(millimetres.unsigned_abs()))
            }
            Self::Drove { millimetres } => {
                write!(f, "drives {}", Metres(millimetres.unsigned_abs()))
            }
        }
    }
}

/// A length in millimetres, written in metres without trailing zeros: `1 m`, `0.25 m`.
#[derive(Clone, Copy, Debug)]
pub struct Metres(pub u64);

impl fmt::Display for Metres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, mut rest) = (self.0 / 1_000, self.0 % 1_000);
        if rest == 0 {
            return write!(f, "{whole} m");
        }
        let mut digits = 3;
        while rest.is_multiple_of(10) {
            rest /= 10;
            digits -= 1;
        }
        write!(f, "{whole}.{rest:0digits$} m")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn lengths_are_written_without_trailing_zeros() {
        for (millimetres, expected) in [
            (1_000, "drives 1 m"),
            (1_500, "drives 1.5 m"),
            (1_050, "drives 1.05 m"),
            (7, "drives 0.007 m"),
            (-250, "drives back 0.25 m"),
        ] {
            assert_eq!(Effect::Drove { millimetres }.to_string(), expected);
        }
    }
}
