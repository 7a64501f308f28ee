//! Identifiers from injected randomness: `c` and letters and digits, like the ids KRL programs have always seen. Who knows the id of an
//! open channel may use it, so that ids must not be guessed from others: they come from a cryptographic generator.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::sync::Arc;

/// Characters of an identifier.
pub const LENGTH: usize = 27;

/// A stream of random bits that a seed determines (ChaCha20).
#[derive(Clone, Debug)]
pub struct Random(ChaCha20Rng);

impl Random {
    /// The stream of a short seed, for what must be the same again: tests, runs on the command line.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(ChaCha20Rng::seed_from_u64(seed))
    }

    /// The stream of a secret seed.
    #[must_use]
    pub fn secret(seed: [u8; 32]) -> Self {
        Self(ChaCha20Rng::from_seed(seed))
    }

    /// A stream of its own.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        let mut seed = [0; 32];
        self.0.fill_bytes(&mut seed);
        Self::secret(seed)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A fresh identifier: 130 random bits.
    pub fn id(&mut self) -> Arc<str> {
        const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
        let mut text = [b'c'; LENGTH];
        let (_, digits) = text.split_at_mut(1);
        for half in digits.chunks_mut(12) {
            let mut bits = self.bits();
            for digit in half {
                *digit = DIGITS.get((bits & 31) as usize).copied().unwrap_or(b'0');
                bits >>= 5;
            }
        }
        Arc::from(std::str::from_utf8(&text).unwrap_or("c"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_determined_by_the_seed_and_differ() {
        let ids = |seed| {
            let mut random = Random::new(seed);
            (0..1000).map(|_| random.id()).collect::<std::collections::BTreeSet<_>>()
        };
        assert_eq!(ids(1), ids(1));
        assert_eq!(ids(1).len(), 1000);
        assert!(ids(1).is_disjoint(&ids(2)));
        assert!(ids(1).iter().all(|id| id.len() == LENGTH && id.starts_with('c')));
    }
}
