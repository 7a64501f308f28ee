//! Text: a header word `hash << 32 | ascii << 31 | byte length`, then the UTF-8 bytes.

use super::{Heap, region};
use crate::fault::{Fault, Limit};
use crate::value::{RegionId, Tag, Value};

const ASCII: u64 = 1 << 31;
const LEN: u64 = ASCII - 1;

/// A 32-bit hash of text, the same in every run.
#[inline]
pub(super) fn hash(text: &str) -> u32 {
    let (chunks, rest) = text.as_bytes().as_chunks::<8>();
    let hash = chunks.iter().fold(Hash::of(text.len()), |hash, chunk| hash.with(u64::from_le_bytes(*chunk)));
    hash.with(last_word(rest)).finish()
}

/// A hash in the making: of the length, each whole word, and what is left, which may be nothing.
#[derive(Clone, Copy)]
struct Hash(u64);

impl Hash {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

    #[inline]
    fn of(len: usize) -> Self {
        Self((len as u64).wrapping_mul(Self::FACTOR))
    }

    #[inline]
    fn with(self, word: u64) -> Self {
        Self((self.0.rotate_left(23) ^ word).wrapping_mul(Self::FACTOR))
    }

    #[inline]
    fn finish(self) -> u32 {
        (self.0 ^ (self.0 >> 32)) as u32
    }
}

/// Fewer than eight bytes as a word, the first lowest.
#[inline]
fn last_word(bytes: &[u8]) -> u64 {
    // Two reads that may overlap, as nothing is changed by setting a bit twice.
    let shift = |of: usize| 8 * (bytes.len() - of) as u32;
    match bytes {
        [a, b, c, d, ..] => {
            let last = bytes.last_chunk::<4>().copied().unwrap_or_default();
            u64::from(u32::from_le_bytes([*a, *b, *c, *d])) | u64::from(u32::from_le_bytes(last)) << shift(4)
        }
        [a, b, ..] => {
            let last = bytes.last_chunk::<2>().copied().unwrap_or_default();
            u64::from(u16::from_le_bytes([*a, *b])) | u64::from(u16::from_le_bytes(last)) << shift(2)
        }
        [a] => u64::from(*a),
        [] => 0,
    }
}

/// What [`Heap::str_header`] is for a text with this hash.
#[inline]
pub(super) fn header(text: &str, hash: u32) -> u64 {
    (u64::from(hash) << 32) | text.len() as u64
}

impl Heap {
    /// New text.
    ///
    /// # Errors
    /// [`Limit::Memory`]
    pub fn string(&mut self, text: &str) -> Result<Value, Fault> {
        /// The high bits of eight bytes: none is set in ASCII.
        const HIGH: u64 = 0x8080_8080_8080_8080;
        if text.len() as u64 > LEN {
            return Err(Fault::limit(Limit::Memory));
        }
        let at = self.reserve(1 + text.len().div_ceil(8))?;
        let words = &mut self.event.words;
        words.reserve(1 + text.len().div_ceil(8));
        words.push(0);
        let (chunks, rest) = text.as_bytes().as_chunks::<8>();
        let (mut hash, mut bits) = (Hash::of(text.len()), 0);
        for chunk in chunks {
            let word = u64::from_le_bytes(*chunk);
            hash = hash.with(word);
            bits |= word;
            words.push(u64::from_ne_bytes(*chunk));
        }
        let last = last_word(rest);
        if !rest.is_empty() {
            words.push(u64::from_ne_bytes(last.to_le_bytes()));
        }
        let hash = u64::from(hash.with(last).finish());
        let ascii = if (bits | last) & HIGH == 0 { ASCII } else { 0 };
        if let Some(header) = words.get_mut(at) {
            *header = (hash << 32) | ascii | text.len() as u64;
        }
        Ok(Value::handle(Tag::String, RegionId::EVENT, at))
    }

    /// New text, the concatenation of `parts`.
    ///
    /// # Errors
    /// [`Limit::Memory`]
    pub fn string_of_parts(&mut self, parts: &[&str]) -> Result<Value, Fault> {
        self.check_room(parts.iter().map(|part| part.len()).sum())?;
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        parts.iter().for_each(|part| text.push_str(part));
        let made = self.string(&text);
        self.scratch = text;
        made
    }

    /// The part of a string at a range of bytes; empty where there is no such part.
    ///
    /// # Errors
    /// [`Limit::Memory`]
    pub fn string_part(&mut self, string: Value, range: std::ops::Range<usize>) -> Result<Value, Fault> {
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        text.push_str(self.str(string).get(range).unwrap_or_default());
        let made = self.string(&text);
        self.scratch = text;
        made
    }

    /// The String forms of `values`, concatenated.
    ///
    /// # Errors
    /// [`Limit::Memory`]
    pub fn concat(&mut self, values: &[Value]) -> Result<Value, Fault> {
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        for &v in values {
            self.write_text(v, &mut text);
            if text.len() / 8 > self.limit_words {
                break;
            }
        }
        let made = self.string(&text);
        self.scratch = text;
        made
    }

    /// The text of a string; empty for anything else.
    #[inline]
    #[must_use]
    pub fn str(&self, v: Value) -> &str {
        if !v.is_string() {
            return "";
        }
        let len = (self.word(v, 0) & LEN) as usize;
        let start = v.offset() + 1;
        let words = self.region(v).words.get(start..start + len.div_ceil(8)).unwrap_or_default();
        let bytes = region::bytes(words).get(..len).unwrap_or_default();
        // SAFETY: string objects are written by `string` alone, from whole `&str`s, and never changed; handles cannot be
        // forged by programs (the verifier admits no handle constants).
        #[expect(unsafe_code, reason = "text was UTF-8 when it was written")]
        unsafe {
            std::str::from_utf8_unchecked(bytes)
        }
    }

    /// Is the text ASCII, so that bytes and characters coincide?
    #[inline]
    #[must_use]
    pub fn is_ascii(&self, v: Value) -> bool {
        v.is_string() && self.word(v, 0) & ASCII != 0
    }

    /// Number of Unicode scalar values (`spec/decisions.md` L2).
    #[must_use]
    pub fn char_count(&self, v: Value) -> usize {
        if self.is_ascii(v) {
            return (self.word(v, 0) & LEN) as usize;
        }
        let text = self.str(v);
        self.count_work(text.len() as u64 / 128);
        text.chars().count()
    }

    /// The header of a string but for what is not known of a text: is it ASCII?
    #[inline]
    pub(super) fn str_header(&self, v: Value) -> u64 {
        self.word(v, 0) & !ASCII
    }

    #[inline]
    pub(super) fn str_hash(&self, v: Value) -> u32 {
        (self.word(v, 0) >> 32) as u32
    }

    /// Are two strings the same text?
    #[inline]
    #[must_use]
    pub fn str_eq(&self, a: Value, b: Value) -> bool {
        a == b || (self.word(a, 0) == self.word(b, 0) && self.has_same_words(a, b))
    }

    /// Tells a string from others: mostly by a look at their headers.
    #[inline]
    pub(super) fn is_str(&self, string: Value) -> impl Fn(Value) -> bool + '_ {
        let header = self.word(string, 0);
        move |other| other == string || (self.word(other, 0) == header && self.has_same_words(other, string))
    }

    /// Are two strings of one length the same? What is behind the text in its last word is zero.
    fn has_same_words(&self, a: Value, b: Value) -> bool {
        let len = (self.word(a, 0) & LEN) as usize;
        let words = |v: Value| {
            let start = v.offset() + 1;
            self.region(v).words.get(start..start + len.div_ceil(8)).unwrap_or_default()
        };
        let (a, b) = (words(a), words(b));
        // Most texts are short: a loop of words beats a call.
        a.iter().zip(b).all(|(a, b)| a == b)
    }
}
