//! Random numbers that are the same everywhere.

/// SplitMix64 (Steele, Lea, Flood 2014). Not for secrets.
///
/// Every link has a stream of its own, so that one more link does not change what happens on the others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rng {
    state: u64,
}

/// The golden ratio's share of 2^64: SplitMix64's step.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl Rng {
    /// The generator as published: `seed` is its state.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The generator of stream `stream` of a run.
    #[must_use]
    pub const fn stream(seed: u64, stream: u64) -> Self {
        // Mixed twice: streams of neighbouring seeds and numbers begin far apart.
        Self::new(mix(seed.wrapping_add(mix(stream.wrapping_add(STEP)))))
    }

    /// 64 random bits.
    pub const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        mix(self.state)
    }

    /// A number from 0 to `bound - 1`, each as likely as the others; 0 if `bound` is 0.
    pub const fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        // Numbers from the last, incomplete run of `bound` are thrown away.
        let limit = u64::MAX - u64::MAX % bound;
        loop {
            let bits = self.next_u64();
            if bits < limit {
                return bits % bound;
            }
        }
    }

    /// Whether something happens that happens `numerator` times in `denominator`.
    pub const fn happens(&mut self, numerator: u64, denominator: u64) -> bool {
        self.below(denominator) < numerator
    }
}

const fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference output for seed 1234567.
    #[test]
    fn the_published_vector() {
        let mut rng = Rng::new(1_234_567);
        for expected in [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ] {
            assert_eq!(rng.next_u64(), expected);
        }
    }

    #[test]
    fn below_reaches_every_number_and_no_other() {
        let mut rng = Rng::stream(1, 2);
        let mut seen = [0_u32; 6];
        for _ in 0..6_000 {
            seen[usize::try_from(rng.below(6)).unwrap()] += 1;
        }
        // 1,000 each are expected; 200 off is more than six standard deviations.
        assert!(
            seen.iter().all(|count| (800..1_200).contains(count)),
            "{seen:?}"
        );
        assert_eq!(rng.below(0), 0);
        assert_eq!(rng.below(1), 0);
    }

    #[test]
    fn streams_differ() {
        let first = |seed, stream| Rng::stream(seed, stream).next_u64();
        assert_ne!(first(1, 0), first(1, 1));
        assert_ne!(first(1, 0), first(2, 0));
        assert_ne!(first(1, 2), first(2, 1));
    }
}
