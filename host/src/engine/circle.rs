//! Circles of events by way of other hosts: an event of a cloud asks a server by `http`, and that, or one that it asks, sends the same cloud an event
//! and waits for it. It would wait for ever, so it is refused.
//!
//! Each request that an event makes carries a word for the event in a header ([`crate::http::WAITS`]), and hosts hand on the words that led to what
//! they evaluate. A word is random and a hash of it with the cloud's id, which only this host can make: others learn nothing from it, not
//! even whether two requests come from one cloud.

use std::fmt::Write;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of words that are accepted: more than [`krl_kernel::cloud::Budgets::hops`] events in a row are a circle in any case.
const MAX_WORDS: usize = 100 * (WORD + 1);
/// Length of a word.
const WORD: usize = 32;

/// Makes words, and knows its own.
#[derive(Debug, Default)]
pub struct Circle {
    /// Keyed at random.
    hasher: RandomState,
    made: AtomicU64,
}

impl Circle {
    fn hash(&self, number: u64, cloud: &str) -> u64 {
        self.hasher.hash_one((number, cloud))
    }

    /// The words that go with a request of an event of `cloud`, which itself came with `words`.
    pub fn add(&self, words: &str, cloud: &str) -> String {
        let random = self.hasher.hash_one(self.made.fetch_add(1, Ordering::Relaxed));
        let mut all = String::with_capacity(words.len() + 1 + WORD);
        all.push_str(words);
        if !words.is_empty() {
            all.push(' ');
        }
        // A `String` takes all that is written.
        let _ = write!(all, "{random:016x}{:016x}", self.hash(random, cloud));
        all
    }

    /// Does an event of `cloud` wait for what these words came with?
    pub fn closes_circle(&self, words: &str, cloud: &str) -> bool {
        let number = |digits: Option<&str>| u64::from_str_radix(digits?, 16).ok();
        let is_own = |word: &str| {
            let number_and_hash = number(word.get(..WORD / 2)).zip(number(word.get(WORD / 2..)));
            number_and_hash.is_some_and(|(number, hash)| self.hash(number, cloud) == hash)
        };
        words.len() > MAX_WORDS || words.split(' ').any(is_own)
    }
}

#[cfg(test)]
mod tests {
    use super::Circle;

    #[test]
    fn a_host_knows_its_own_words() {
        let (here, there) = (Circle::default(), Circle::default());
        let first = here.add("", "a");
        let second = there.add(&first, "b");
        let third = here.add(&second, "c");
        assert_eq!(third.split(' ').count(), 3);
        for (host, words, cloud, expected) in [
            (&here, "", "a", false),
            (&here, first.as_str(), "a", true),
            (&here, &first, "b", false),
            (&there, &first, "a", false),
            (&here, &third, "a", true),
            (&here, &third, "c", true),
            (&there, &third, "b", true),
            (&there, &third, "c", false),
            (&here, "no word, but é", "a", false),
            (&here, &"0".repeat(10_000), "a", true),
        ] {
            assert_eq!(host.closes_circle(words, cloud), expected, "{words:.40} {cloud}");
        }
        assert_ne!(
            here.add("", "a").get(16..),
            first.get(16..),
            "two words of a cloud have nothing in common"
        );
    }
}
