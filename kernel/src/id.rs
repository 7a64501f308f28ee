//! Identifiers from injected randomness: `c` and letters and digits, like the ids KRL programs have always seen. Who knows the id of an
//! open channel may use it, so that ids must not be guessed from others: they come from a cryptographic generator.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::ops::Deref;
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

/// Bytes of an [`Id`] that lie in it.
const INLINE: usize = 30;

/// An identifier that lies where it is kept: a shared text takes as much again in memory of its own. Longer ones than the kernel makes are
/// shared texts.
#[derive(Clone)]
pub struct Id(Form);

#[derive(Clone)]
enum Form {
    /// So many bytes of a text.
    Inline(u8, [u8; INLINE]),
    Shared(Arc<str>),
}

impl Id {
    /// The bytes of its text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Form::Inline(length, bytes) => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Form::Shared(text) => text.as_bytes(),
        }
    }
}

impl Deref for Id {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            // They are those of a text.
            Form::Inline(..) => std::str::from_utf8(self.as_bytes()).unwrap_or_default(),
            Form::Shared(text) => text,
        }
    }
}

impl From<&str> for Id {
    fn from(text: &str) -> Self {
        let mut bytes = [0; INLINE];
        match bytes.get_mut(..text.len()) {
            Some(place) => {
                place.copy_from_slice(text.as_bytes());
                Self(Form::Inline(text.len() as u8, bytes))
            }
            None => Self(Form::Shared(text.into())),
        }
    }
}

impl From<&Arc<str>> for Id {
    fn from(text: &Arc<str>) -> Self {
        if text.len() > INLINE { Self(Form::Shared(text.clone())) } else { (&**text).into() }
    }
}

impl From<Arc<str>> for Id {
    fn from(text: Arc<str>) -> Self {
        (&text).into()
    }
}

impl From<&Id> for Arc<str> {
    fn from(id: &Id) -> Self {
        match &id.0 {
            Form::Inline(..) => (&**id).into(),
            Form::Shared(text) => text.clone(),
        }
    }
}

impl Borrow<str> for Id {
    fn borrow(&self) -> &str {
        self
    }
}

impl PartialEq for Id {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Id {}

impl PartialEq<str> for Id {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialOrd for Id {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Id {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Arc::<str>::deserialize(deserializer).map(Self::from)
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

    #[test]
    fn ids_keep_their_text_wherever_it_lies() {
        let texts =
            ["", "c1", "c0123456789abcdefghijklmnop", "\u{e9}\u{e8}", &"x".repeat(30), &"x".repeat(31)];
        for text in texts {
            let id = Id::from(text);
            assert_eq!(&*id, text);
            assert_eq!(*Arc::<str>::from(&id), *text);
            assert_eq!(Id::from(Arc::<str>::from(text)), id);
        }
        let mut ids: Vec<Id> = ["b", "a", &"a".repeat(40)].map(Id::from).into();
        ids.sort();
        assert_eq!(ids.iter().map(|id| id.len()).collect::<Vec<_>>(), [1, 40, 1]);
    }
}
