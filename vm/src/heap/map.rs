//! Maps: ordered entries with text keys, shared between versions.
//!
//! Header word: `length | offset << 32 | flags`. A live header's offset is its buffer:
//! `used << 32 | capacity`, the number of replacements, `index offset << 32 | index mask`, then `capacity` entries of key and value.
//! The owner is the newest version; it may append and replace in place, and hands the buffer on. The version before an append is
//! *outgrown*: its offset is the next version. The version before a replacement is *stale*: its offset is a record (entry number,
//! former value, next version). Reads follow these links, and the first record of an entry tells its value. Links between two copies
//! are bounded by the map's size, so a read of an old version costs at most one walk of that length.

use super::{Heap, string};
use crate::fault::Fault;
use crate::number::array_index;
use crate::value::{RegionId, Tag, Value};
use std::borrow::Cow;
use std::sync::atomic::{AtomicU8, Ordering};

/// One entry of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Entry {
    /// Text.
    pub key: Value,
    /// Any value.
    pub value: Value,
}

const STALE: u64 = 1 << 63;
const INTEGER_KEYS: u64 = 1 << 62;
const OUTGROWN: u64 = 1 << 61;
const OFFSET: u64 = (1 << 28) - 1;
pub(super) const BUFFER_WORDS: usize = 3;
/// Up to this many entries a scan beats an index.
pub(super) const SCAN: usize = 8;

#[derive(Clone, Copy)]
pub(super) struct Header {
    pub len: usize,
    pub offset: usize,
    state: State,
    pub integer_keys: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Live,
    Stale,
    Outgrown,
}

impl Header {
    #[inline]
    fn decode(word: u64) -> Self {
        Self {
            len: (word & 0xFFFF_FFFF) as usize,
            offset: ((word >> 32) & OFFSET) as usize,
            state: match word & (STALE | OUTGROWN) {
                0 => State::Live,
                STALE => State::Stale,
                _ => State::Outgrown,
            },
            integer_keys: word & INTEGER_KEYS != 0,
        }
    }

    pub(super) fn encode(self) -> u64 {
        self.len as u64
            | ((self.offset as u64 & OFFSET) << 32)
            | match self.state {
                State::Live => 0,
                State::Stale => STALE,
                State::Outgrown => OUTGROWN,
            }
            | if self.integer_keys { INTEGER_KEYS } else { 0 }
    }
}

#[inline]
pub(super) fn pair(word: u64) -> (usize, usize) {
    ((word >> 32) as usize, (word & 0xFFFF_FFFF) as usize)
}

pub(super) fn unpair(high: usize, low: usize) -> u64 {
    ((high as u64) << 32) | low as u64
}

/// The capacity of a map of `len` entries that grows: without an index as long as a scan beats it.
fn room_behind(len: usize) -> usize {
    let doubled = len * 2 + 4;
    if len < SCAN { doubled.min(SCAN) } else { doubled }
}

impl Heap {
    /// An empty map.
    ///
    /// # Errors
    /// [`crate::fault::Limit::Memory`]
    pub fn map_new(&mut self) -> Result<Value, Fault> {
        self.map_with_room(0)
    }

    /// An empty map with room for `capacity` entries.
    ///
    /// # Errors
    /// [`crate::fault::Limit::Memory`]
    pub fn map_with_room(&mut self, capacity: usize) -> Result<Value, Fault> {
        let slots = if capacity > SCAN { (capacity * 2).next_power_of_two() } else { 0 };
        let at = self.reserve(1 + BUFFER_WORDS + capacity * 2 + slots)?;
        let buffer = at + 1;
        let index = buffer + BUFFER_WORDS + capacity * 2;
        let header = Header { len: 0, offset: buffer, state: State::Live, integer_keys: false };
        let words = &mut self.event.words;
        let index_of = if slots > 0 { unpair(index, slots - 1) } else { 0 };
        words.extend_from_slice(&[header.encode(), unpair(0, capacity), 0, index_of]);
        words.resize(index + slots, 0);
        Ok(Value::handle(Tag::Map, RegionId::EVENT, at))
    }

    pub(super) fn set(&mut self, at: usize, word: u64) {
        if let Some(place) = self.event.words.get_mut(at) {
            *place = word;
        }
    }

    #[inline]
    pub(super) fn header(&self, map: Value) -> Header {
        if map.is_map() { Header::decode(self.word(map, 0)) } else { Header::decode(0) }
    }

    pub(super) fn at(&self, map: Value, offset: usize) -> u64 {
        self.region(map).words.get(offset).copied().unwrap_or(0)
    }

    /// The version that owns the buffer `map` was last seen in, with its header.
    fn newest(&self, map: Value) -> Header {
        let mut header = self.header(map);
        while header.state != State::Live {
            header = self.next(map, header);
        }
        header
    }

    fn next(&self, map: Value, header: Header) -> Header {
        let next = match header.state {
            State::Stale => self.at(map, header.offset + 2) as usize,
            _ => header.offset,
        };
        Header::decode(self.at(map, next))
    }

    /// Number of entries; 0 for anything but a map.
    #[inline]
    #[must_use]
    pub fn map_len(&self, map: Value) -> usize {
        self.header(map).len
    }

    /// The value of `key`.
    #[must_use]
    pub fn map_get(&self, map: Value, key: &str) -> Option<Value> {
        let hash = string::hash(key);
        let entry = self.find(map, hash, self.is_text(key, hash))?;
        Some(self.entry_value(map, entry))
    }

    /// The value of a key that is a string value.
    #[inline]
    #[must_use]
    pub fn map_get_key(&self, map: Value, key: Value) -> Option<Value> {
        let entry = self.find(map, self.str_hash(key), self.is_str(key))?;
        Some(self.entry_value(map, entry))
    }

    /// As [`Self::map_get_key`], looking first at the place where the key was found last time: maps that are made alike have their keys in the same
    /// places.
    #[inline]
    pub(crate) fn map_get_in_place(&self, map: Value, key: Value, place: &AtomicU8) -> Option<Value> {
        let header = self.header(map);
        if header.state != State::Live {
            return self.map_get_key(map, key);
        }
        let words = &self.region(map).words;
        let first = header.offset + BUFFER_WORDS;
        let entries = words.get(first..first + header.len * 2).unwrap_or_default().as_chunks::<2>().0;
        let is_key = self.is_str(key);
        if let Some(&[stored, value]) = entries.get(usize::from(place.load(Ordering::Relaxed)))
            && is_key(Value::from_bits(stored))
        {
            return Some(Value::from_bits(value));
        }
        let entry = self.probe(map, header, self.str_hash(key), is_key).ok()?;
        if let Ok(entry) = u8::try_from(entry) {
            place.store(entry, Ordering::Relaxed);
        }
        entries.get(entry).map(|&[_, value]| Value::from_bits(value))
    }

    /// Tells a string with a text from others.
    fn is_text<'a>(&'a self, text: &'a str, hash: u32) -> impl Fn(Value) -> bool + 'a {
        let header = string::header(text, hash);
        move |stored| self.str_header(stored) == header && self.str(stored) == text
    }

    #[inline]
    fn find(&self, map: Value, hash: u32, is_key: impl Fn(Value) -> bool) -> Option<usize> {
        let header = self.header(map);
        if header.len == 0 {
            return None;
        }
        let newest = if header.state == State::Live { header } else { self.newest(map) };
        self.probe(map, Header { len: header.len, ..newest }, hash, is_key).ok()
    }

    /// The entry of a key among the first `header.len`; else the slot of the index, if there is one, where it belongs.
    #[inline]
    pub(super) fn probe(
        &self,
        map: Value,
        header: Header,
        hash: u32,
        is_key: impl Fn(Value) -> bool,
    ) -> Result<usize, usize> {
        let words = &self.region(map).words[..];
        let entries = words.get(header.offset + BUFFER_WORDS..).unwrap_or_default().as_chunks::<2>().0;
        let is_key = |stored: u64| is_key(Value::from_bits(stored));
        let (index, mask) = pair(words.get(header.offset + 2).copied().unwrap_or(0));
        if index == 0 {
            return entries.iter().take(header.len).position(|&[stored, _]| is_key(stored)).ok_or(0);
        }
        let mut slot = hash as usize & mask;
        loop {
            let (slot_hash, entry) = pair(words.get(index + slot).copied().unwrap_or(0));
            if entry == 0 {
                return Err(slot);
            }
            if slot_hash == hash as usize && entries.get(entry - 1).is_some_and(|&[stored, _]| is_key(stored))
            {
                // Newer versions may have more entries than this one.
                return if entry <= header.len { Ok(entry - 1) } else { Err(slot) };
            }
            slot = (slot + 1) & mask;
        }
    }

    /// The value of an entry as `map` sees it: the first difference on the way to the newest version, or what is there now.
    #[inline]
    fn entry_value(&self, map: Value, entry: usize) -> Value {
        let mut header = self.header(map);
        while header.state != State::Live {
            if header.state == State::Stale && self.at(map, header.offset) as usize == entry {
                return Value::from_bits(self.at(map, header.offset + 1));
            }
            header = self.next(map, header);
        }
        Value::from_bits(self.at(map, header.offset + BUFFER_WORDS + entry * 2 + 1))
    }

    /// The entries in the order they were first put.
    pub(super) fn entries_as_put(&self, map: Value) -> Cow<'_, [Entry]> {
        let header = self.header(map);
        let buffer = self.newest(map).offset + BUFFER_WORDS;
        let words = self.region(map).words.get(buffer..buffer + header.len * 2).unwrap_or_default();
        let (pairs, _) = super::region::values(words).as_chunks::<2>();
        if header.state == State::Live {
            // SAFETY: `Entry` is `repr(C)` of two `Value`s, the layout of `[Value; 2]`.
            #[expect(unsafe_code, reason = "reading entries without a copy")]
            return Cow::Borrowed(unsafe { std::slice::from_raw_parts(pairs.as_ptr().cast(), pairs.len()) });
        }
        let mut entries: Vec<Entry> = pairs.iter().map(|&[key, value]| Entry { key, value }).collect();
        let mut older = Vec::new();
        let mut at = header;
        while at.state != State::Live {
            if at.state == State::Stale {
                older.push((self.at(map, at.offset) as usize, Value::from_bits(self.at(map, at.offset + 1))));
            }
            at = self.next(map, at);
        }
        for (entry, value) in older.into_iter().rev() {
            if let Some(e) = entries.get_mut(entry) {
                e.value = value;
            }
        }
        Cow::Owned(entries)
    }

    /// The entries in KRL's order: integer-like keys by their number, then the others as first put (krl-language §4.1).
    #[must_use]
    pub fn map_entries(&self, map: Value) -> Cow<'_, [Entry]> {
        let entries = self.entries_as_put(map);
        if !self.header(map).integer_keys {
            return entries;
        }
        let mut entries = entries.into_owned();
        entries.sort_by_key(|e| array_index(self.str(e.key)).map_or(u64::MAX, u64::from));
        Cow::Owned(entries)
    }

    /// `map` with `key` set to `value`. `key` must be a string.
    ///
    /// # Errors
    /// [`crate::fault::Limit::Memory`]
    pub fn map_put(&mut self, map: Value, key: Value, value: Value) -> Result<Value, Fault> {
        let header = self.header(map);
        let found = self.find(map, self.str_hash(key), self.is_str(key));
        let (used, capacity) = pair(self.at(map, header.offset));
        let owned = map.region() == RegionId::EVENT && map.is_map() && header.state == State::Live;
        match found {
            Some(entry) if owned && self.may_replace(header) => self.replace(map, header, entry, value),
            None if owned && used < capacity => self.append(map, header, key, value),
            _ => {
                let room = if found.is_some() { header.len } else { room_behind(header.len) };
                let copy = self.map_copy(map, room)?;
                self.map_put(copy, key, value)
            }
        }
    }

    fn may_replace(&self, header: Header) -> bool {
        let words = &self.event.words;
        words.get(header.offset + 1).is_some_and(|&w| w <= header.len.max(16) as u64)
    }

    /// Puts `value` into an entry in place; `map` becomes stale, the answer is the new owner.
    fn replace(&mut self, map: Value, header: Header, entry: usize, value: Value) -> Result<Value, Fault> {
        let at = self.reserve(4)?;
        let slot = header.offset + BUFFER_WORDS + entry * 2 + 1;
        let words = &mut self.event.words;
        let former = words.get(slot).copied().unwrap_or(0);
        words.push(header.encode());
        words.extend([entry as u64, former, at as u64]);
        let stale = Header { offset: at + 1, state: State::Stale, ..header };
        let replacements = words.get(header.offset + 1).copied().unwrap_or(0);
        for (offset, word) in
            [(slot, value.bits()), (header.offset + 1, replacements + 1), (map.offset(), stale.encode())]
        {
            if let Some(w) = words.get_mut(offset) {
                *w = word;
            }
        }
        Ok(Value::handle(Tag::Map, RegionId::EVENT, at))
    }

    /// Adds an entry behind the last, in place; the answer is the new owner.
    fn append(&mut self, map: Value, header: Header, key: Value, value: Value) -> Result<Value, Fault> {
        let integer_keys = header.integer_keys || array_index(self.str(key)).is_some();
        let at = self.reserve(1)?;
        let (_, capacity) = pair(self.at(map, header.offset));
        let entry = header.offset + BUFFER_WORDS + header.len * 2;
        self.index_entry(header, self.str_hash(key));
        let words = &mut self.event.words;
        for (offset, word) in [
            (header.offset, unpair(header.len + 1, capacity)),
            (entry, key.bits()),
            (entry + 1, value.bits()),
            (map.offset(), Header { offset: at, state: State::Outgrown, ..header }.encode()),
        ] {
            if let Some(w) = words.get_mut(offset) {
                *w = word;
            }
        }
        words.push(Header { len: header.len + 1, integer_keys, ..header }.encode());
        Ok(Value::handle(Tag::Map, RegionId::EVENT, at))
    }

    /// Makes the keys of a map in the event region point into `region`, which the whole event region is about to become.
    pub(super) fn rehome_keys(&mut self, map: Value, region: RegionId) {
        let header = self.header(map);
        for entry in 0..header.len {
            if let Some(word) = self.event.words.get_mut(header.offset + BUFFER_WORDS + entry * 2) {
                *word = Value::handle(Tag::String, region, Value::from_bits(*word).offset()).bits();
            }
        }
    }

    /// Notes the entry behind the last in the index, if there is one.
    pub(super) fn index_entry(&mut self, header: Header, hash: u32) {
        let words = &mut self.event.words;
        let (index, mask) = pair(words.get(header.offset + 2).copied().unwrap_or(0));
        if index == 0 {
            return;
        }
        let mut slot = hash as usize & mask;
        while words.get(index + slot).is_some_and(|&taken| taken != 0) {
            slot = (slot + 1) & mask;
        }
        if let Some(free) = words.get_mut(index + slot) {
            *free = unpair(hash as usize, header.len + 1);
        }
    }

    /// `map` without `key`; `map` itself where it has no such key.
    ///
    /// # Errors
    /// [`crate::fault::Limit::Memory`]
    pub fn map_remove(&mut self, map: Value, key: &str) -> Result<Value, Fault> {
        let hash = string::hash(key);
        if self.find(map, hash, self.is_text(key, hash)).is_none() {
            return Ok(map);
        }
        let kept: Vec<(Value, Value)> = self
            .entries_as_put(map)
            .iter()
            .filter(|e| self.str(e.key) != key)
            .map(|e| (e.key, e.value))
            .collect();
        self.map_from(&kept)
    }
}
