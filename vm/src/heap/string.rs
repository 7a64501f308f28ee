//! Text: a header word `hash << 32 | ascii << 31 | part << 30 | byte length`, then the UTF-8 bytes. Of a *part* of another text in the event region
//! a word follows that tells where it begins there, in bytes from the region's start: taking a text apart copies nothing but short parts.

use super::{Heap, region};
use crate::fault::{Fault, Limit};
use crate::value::{RegionId, Tag, Value};
use std::ops::Range;

const ASCII: u64 = 1 << 31;
const PART: u64 = 1 << 30;
const LEN: u64 = PART - 1;
/// The longest text that is copied when it is cut out of another.
const SHORT: usize = 8;

/// A 32-bit hash of text, the same in every run.
#[inline]
pub(super) fn hash(text: &str) -> u32 {
    hash_text(text).finish()
}

#[inline]
fn hash_text(text: &str) -> Hash {
    let (pairs, rest) = text.as_bytes().as_chunks::<16>();
    let mut hash = Hash::of(text.len());
    for pair in pairs {
        let pair = u128::from_le_bytes(*pair);
        hash = hash.with(pair as u64, (pair >> 64) as u64);
    }
    match rest.split_first_chunk::<8>() {
        Some((word, rest)) => hash = hash.with(u64::from_le_bytes(*word), last_word(rest)),
        None if !rest.is_empty() => hash = hash.with(last_word(rest), 0),
        None => {}
    }
    hash
}

/// The same of a text of `len` bytes in words, and the bits that are set in any of these.
#[inline]
fn hash_words(words: &[u64], len: usize) -> (Hash, u64) {
    let (pairs, rest) = words.as_chunks::<2>();
    let (mut hash, mut bits) = (Hash::of(len), 0);
    for &[first, second] in pairs {
        hash = hash.with(u64::from_le(first), u64::from_le(second));
        bits |= first | second;
    }
    if let [last] = rest {
        hash = hash.with(u64::from_le(*last), 0);
        bits |= last;
    }
    (hash, bits)
}

/// A hash in the making: of the length, then of each two words. Their products do not wait for each other.
#[derive(Clone, Copy)]
struct Hash(u64);

impl Hash {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    const OTHER: u64 = 0xD1B5_4A32_D192_ED03;

    #[inline]
    fn of(len: usize) -> Self {
        Self((len as u64).wrapping_mul(Self::FACTOR))
    }

    #[inline]
    fn with(self, first: u64, second: u64) -> Self {
        let product = u128::from(first ^ Self::FACTOR) * u128::from(second ^ Self::OTHER);
        Self(self.0.rotate_left(23) ^ (product as u64) ^ ((product >> 64) as u64))
    }

    #[inline]
    fn finish(self) -> u32 {
        (self.0 ^ (self.0 >> 32)) as u32
    }
}

/// At most eight bytes as a word, the first lowest.
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

/// The header of a text: of its words, the hash and the bits that are set in any of them.
#[inline]
fn header_word(hash: Hash, bits: u64, len: usize) -> u64 {
    /// The high bits of eight bytes: none is set in ASCII.
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let ascii = if bits & HIGH == 0 { ASCII } else { 0 };
    (u64::from(hash.finish()) << 32) | ascii | len as u64
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
        if text.len() as u64 > LEN {
            return Err(Fault::limit(Limit::Memory));
        }
        if text.len() <= 8 {
            return self.short_string(last_word(text.as_bytes()), text.len());
        }
        let at = self.begin_string(text.len())?;
        let (chunks, rest) = text.as_bytes().as_chunks::<8>();
        let words = &mut self.event.words;
        words.extend(chunks.iter().map(|chunk| u64::from_ne_bytes(*chunk)));
        if !rest.is_empty() {
            words.push(last_word(rest).to_le());
        }
        Ok(self.end_string(at, text.len()))
    }

    /// New text of at most eight bytes; the first is the lowest of the word.
    #[inline]
    fn short_string(&mut self, word: u64, len: usize) -> Result<Value, Fault> {
        if len == 0 {
            let at = self.begin_string(0)?;
            return Ok(self.end_string(at, 0));
        }
        let at = self.reserve(2)?;
        let header = header_word(Hash::of(len).with(word, 0), word, len);
        self.event.words.extend_from_slice(&[header, word.to_le()]);
        Ok(Value::handle(Tag::String, RegionId::EVENT, at))
    }

    /// Makes room for a text of `len` bytes, whose words are to follow.
    #[inline]
    fn begin_string(&mut self, len: usize) -> Result<usize, Fault> {
        let size = 1 + len.div_ceil(8);
        let at = self.reserve(size)?;
        self.event.words.reserve(size);
        self.event.words.push(0);
        Ok(at)
    }

    /// Writes the header of the text whose words have been added.
    #[inline]
    fn end_string(&mut self, at: usize, len: usize) -> Value {
        if let Some([header, words @ ..]) = self.event.words.get_mut(at..) {
            let (hash, bits) = hash_words(words, len);
            *header = header_word(hash, bits, len);
        }
        Value::handle(Tag::String, RegionId::EVENT, at)
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
    pub fn string_part(&mut self, string: Value, range: Range<usize>) -> Result<Value, Fault> {
        let Some(part) = self.str(string).get(range.clone()) else { return self.string("") };
        if string.region() != RegionId::EVENT {
            // Constants and frozen globals are rarely taken apart.
            let part = part.to_owned();
            return self.string(&part);
        }
        let (len, bytes) = (part.len(), part.as_bytes());
        if len <= SHORT {
            return self.short_string(last_word(bytes), len);
        }
        let bits = if self.is_ascii(string) || part.is_ascii() { 0 } else { u64::MAX };
        let header = header_word(hash_text(part), bits, len) | PART;
        let first =
            if self.is_part(string) { self.word(string, 1) as usize } else { (string.offset() + 1) * 8 };
        // It is paid for as if it had been copied, since it has been read.
        self.count_work(len as u64 / 64);
        let at = self.reserve(2)?;
        self.event.words.extend_from_slice(&[header, (first + range.start) as u64]);
        Ok(Value::handle(Tag::String, RegionId::EVENT, at))
    }

    #[inline]
    fn is_part(&self, string: Value) -> bool {
        self.word(string, 0) & PART != 0
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
        let (words, at) = (&self.region(v).words, v.offset());
        let word = |at: usize| words.get(at).copied().unwrap_or(0);
        let header = word(at);
        let start = if header & PART == 0 { (at + 1) * 8 } else { word(at + 1) as usize };
        let bytes = region::bytes(words).get(start..start + (header & LEN) as usize).unwrap_or_default();
        // SAFETY: string objects are written by `string`, `short_string` and `string_part` alone, from whole `&str`s, and never changed; what a
        // part refers to was a `&str` in this region, which keeps its words in their places as long as there are handles into it. Handles
        // cannot be forged by programs (the verifier admits no handle constants).
        #[expect(unsafe_code, reason = "text was UTF-8 when it was written")]
        unsafe {
            std::str::from_utf8_unchecked(bytes)
        }
    }

    /// Bytes of a string.
    #[inline]
    pub(super) fn byte_len(&self, string: Value) -> usize {
        (self.word(string, 0) & LEN) as usize
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
            return self.byte_len(v);
        }
        let text = self.str(v);
        self.count_work(text.len() as u64 / 128);
        text.chars().count()
    }

    /// The header of a string but for what is not known of a text: is it ASCII?
    #[inline]
    pub(super) fn str_header(&self, v: Value) -> u64 {
        self.word(v, 0) & !(ASCII | PART)
    }

    #[inline]
    pub(super) fn str_hash(&self, v: Value) -> u32 {
        (self.word(v, 0) >> 32) as u32
    }

    /// Are two strings the same text?
    #[inline]
    #[must_use]
    pub fn str_eq(&self, a: Value, b: Value) -> bool {
        a == b || ((self.word(a, 0) ^ self.word(b, 0)) & !PART == 0 && self.has_same_words(a, b))
    }

    /// Tells a string from others: mostly by a look at their headers.
    #[inline]
    pub(super) fn is_str(&self, string: Value) -> impl Fn(Value) -> bool + '_ {
        let header = self.word(string, 0);
        move |other| {
            other == string
                || ((self.word(other, 0) ^ header) & !PART == 0 && self.has_same_words(other, string))
        }
    }

    /// Are two strings of one length the same? What is behind the text in its last word is zero.
    fn has_same_words(&self, a: Value, b: Value) -> bool {
        if self.is_part(a) || self.is_part(b) {
            return self.str(a) == self.str(b);
        }
        let len = self.byte_len(a);
        let words = |v: Value| {
            let start = v.offset() + 1;
            self.region(v).words.get(start..start + len.div_ceil(8)).unwrap_or_default()
        };
        let (a, b) = (words(a), words(b));
        // Most texts are short: a loop of words beats a call.
        a.iter().zip(b).all(|(a, b)| a == b)
    }
}
