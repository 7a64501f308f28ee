//! Identifiers from injected randomness: `c` and letters and digits, like the ids KRL programs have always seen. Who knows the id of an
//! open channel may use it, so that ids must not be guessed from others: they come from a cryptographic generator.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::sync::Arc;

/// Characters of an identifier.
pub const LENGTH: usize = 27;
/// Digits of the time in the id of a cloud: 45 bits.
const TIME: usize = 9;
const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

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
        self.id_behind(0, 0)
    }

    /// A fresh identifier for a cloud that is made at this time, in milliseconds: the time and 85 random bits. Clouds that were made one
    /// after the other lie side by side in the store, so that new ones are added to it and not mixed into it. Such an id opens nothing: the
    /// channel of this name is for the cloud itself.
    pub fn cloud_id(&mut self, now: i64) -> Arc<str> {
        self.id_behind(now.max(0).unsigned_abs(), TIME)
    }

    /// An identifier whose first digits, so many, are those of a number.
    fn id_behind(&mut self, number: u64, places: usize) -> Arc<str> {
        let mut text = [b'c'; LENGTH];
        let (number_digits, digits) = text.split_at_mut(1).1.split_at_mut(places);
        for (place, digit) in number_digits.iter_mut().rev().enumerate() {
            *digit = DIGITS.get((number >> (5 * place)) as usize & 31).copied().unwrap_or(b'0');
        }
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

    #[test]
    fn ids_of_clouds_are_in_the_order_of_their_times() {
        let mut random = Random::new(1);
        let times = [0, 1, 31, 32, 1_700_000_000_000, 1_700_000_000_001, 1 << 44];
        let ids = times.map(|time| random.cloud_id(time));
        assert!(ids.is_sorted(), "{ids:?}");
        assert!(ids.iter().all(|id| id.len() == LENGTH && id.starts_with('c')));
        assert_ne!(random.cloud_id(5), random.cloud_id(5));
    }
}
