//! Identifiers from injected randomness: `c` and 24 letters and digits, like the ids KRL programs have always seen.

use std::sync::Arc;

/// A stream of random bits that a seed determines (xoshiro256**).
#[derive(Clone, Debug)]
pub struct Random([u64; 4]);

impl Random {
    /// The stream of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut state = seed;
        Self([(); 4].map(|()| {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^ (mixed >> 31)
        }))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        let [a, b, c, d] = self.0;
        let result = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let (c, d) = (c ^ a, d ^ b);
        self.0 = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// A fresh identifier: 124 random bits.
    pub fn id(&mut self) -> Arc<str> {
        const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
        let mut text = [b'c'; 25];
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
        assert!(ids(1).iter().all(|id| id.len() == 25 && id.starts_with('c')));
    }
}
