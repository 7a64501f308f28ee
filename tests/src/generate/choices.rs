//! The choices a generator makes, as bytes: drawn from a seed, or given. The same bytes make the same program, so that a program is made
//! smaller by taking bytes away. Zero is always the simplest choice, and what is given counts as followed by zeros.

use krl_kernel::id::Random;
use std::ops::Range;

/// A source of choices that remembers them.
#[derive(Debug)]
pub struct Choices {
    given: Vec<u8>,
    /// Draws what is not given; without it zeros follow.
    seeded: Option<Random>,
    taken: Vec<u8>,
    /// The bytes that each part of the program was made of.
    parts: Vec<Range<usize>>,
}

/// What a generator has chosen.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// The choices.
    pub bytes: Vec<u8>,
    /// The bytes that each part of the program was made of.
    pub parts: Vec<Range<usize>>,
}

impl Choices {
    /// Choices that follow from a seed, without end.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self { given: Vec::new(), seeded: Some(Random::new(seed)), taken: Vec::new(), parts: Vec::new() }
    }

    /// These choices.
    #[must_use]
    pub fn given(bytes: &[u8]) -> Self {
        Self { given: bytes.to_vec(), seeded: None, taken: Vec::new(), parts: Vec::new() }
    }

    fn byte(&mut self) -> u8 {
        if let (Some(random), true) = (&mut self.seeded, self.given.len() == self.taken.len()) {
            self.given.extend(random.bits().to_le_bytes());
        }
        let byte = self.given.get(self.taken.len()).copied().unwrap_or(0);
        self.taken.push(byte);
        byte
    }

    /// A number below `count`, at most 256.
    pub fn below(&mut self, count: usize) -> usize {
        if count < 2 { 0 } else { usize::from(self.byte()) * count / 256 }
    }

    /// True in so many of 256 cases.
    pub fn chance(&mut self, cases: u8) -> bool {
        self.byte() > 255 - cases
    }

    /// One of these.
    ///
    /// # Panics
    /// Where there are none.
    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let at = self.below(all.len());
        all.get(at).expect("something to choose from")
    }

    /// A part of the program begins; [`Choices::end`] takes the answer.
    #[must_use]
    pub fn begin(&self) -> usize {
        self.taken.len()
    }

    /// A part of the program ends.
    pub fn end(&mut self, begun: usize) {
        if self.taken.len() > begun {
            self.parts.push(begun..self.taken.len());
        }
    }

    /// What was chosen.
    #[must_use]
    pub fn finish(self) -> Taken {
        Taken { bytes: self.taken, parts: self.parts }
    }
}
