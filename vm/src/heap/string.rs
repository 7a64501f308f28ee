//! Text: a header word `hash << 32 | ascii << 31 | byte length`, then the UTF-8 bytes.

use super::{Heap, region};
use crate::fault::{Fault, Limit};
use crate::value::{RegionId, Tag, Value};

const ASCII: u64 = 1 << 31;
const LEN: u64 = ASCII - 1;

/// A 32-bit hash of text, the same in every run.
#[inline]
pub(super) fn hash(text: &str) -> u32 {
    const K: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut h = (text.len() as u64).wrapping_mul(K);
    let mut chunks = text.as_bytes().chunks_exact(8);
    for chunk in &mut chunks {
        let word = chunk.iter().rev().fold(0u64, |w, &b| (w << 8) | u64::from(b));
        h = (h.rotate_left(23) ^ word).wrapping_mul(K);
    }
    let rest = chunks.remainder().iter().rev().fold(0u64, |w, &b| (w << 8) | u64::from(b));
    h = (h.rotate_left(23) ^ rest).wrapping_mul(K);
    (h ^ (h >> 32)) as u32
}

impl Heap {
    /// New text.
    ///
    /// # Errors
    /// [`Limit::Memory`]
    pub fn string(&mut self, text: &str) -> Result<Value, Fault> {
        self.string_of_parts(&[text])
    }

    /// New text, the concatenation of `parts`.
    ///
    /// # Errors
    /// [`Limit::Memory`]
    pub fn string_of_parts(&mut self, parts: &[&str]) -> Result<Value, Fault> {
        let len: usize = parts.iter().map(|p| p.len()).sum();
        if len as u64 > LEN {
            return Err(Fault::limit(Limit::Memory));
        }
        let at = self.reserve(1 + len.div_ceil(8))?;
        self.event.words.resize(at + 1 + len.div_ceil(8), 0);
        let body = region::bytes_mut(self.event.words.get_mut(at + 1..).unwrap_or_default());
        let mut filled = 0;
        let mut ascii = true;
        for part in parts {
            if let Some(room) = body.get_mut(filled..filled + part.len()) {
                room.copy_from_slice(part.as_bytes());
            }
            ascii &= part.is_ascii();
            filled += part.len();
        }
        let value = Value::handle(Tag::String, RegionId::EVENT, at);
        if let Some(header) = self.event.words.get_mut(at) {
            *header = len as u64;
        }
        let hash = u64::from(hash(self.str(value)));
        if let Some(header) = self.event.words.get_mut(at) {
            *header = (hash << 32) | if ascii { ASCII } else { 0 } | len as u64;
        }
        Ok(value)
    }

    /// The String forms of `values`, concatenated.
    ///
    /// # Errors
    /// [`Limit::Memory`]
    pub fn concat(&mut self, values: &[Value]) -> Result<Value, Fault> {
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        for &v in values {
            text.push_str(&self.text(v));
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
        // SAFETY: string objects are written by `string_of_parts` alone, from whole `&str`s, and never changed; handles cannot be
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
        if self.is_ascii(v) { (self.word(v, 0) & LEN) as usize } else { self.str(v).chars().count() }
    }

    #[inline]
    pub(super) fn str_hash(&self, v: Value) -> u32 {
        (self.word(v, 0) >> 32) as u32
    }

    /// Are two strings the same text?
    #[inline]
    #[must_use]
    pub fn str_eq(&self, a: Value, b: Value) -> bool {
        a == b || (self.word(a, 0) == self.word(b, 0) && self.str(a) == self.str(b))
    }
}
