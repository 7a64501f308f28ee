//! Where values live: bump-allocated regions of words.
//!
//! The event region is made new for each event or query and dropped whole; the cloud region holds frozen globals; each loaded unit has
//! a region of constants. A handle names its region, so values of all three mix freely and code never counts references.
//!
//! Values are immutable to programs. Two tricks keep loops linear where copies would be quadratic:
//! an array that is the newest version of its buffer grows in place (older versions keep their shorter length), and so does a map;
//! a map whose entry is replaced hands its buffer to the new version and remembers the one entry that differs (`map`).

mod coerce;
mod convert;
mod map;
mod path;
mod range;
mod region;
mod string;
mod whole;

pub use crate::load::UnitTable;
pub use convert::Copies;
pub use map::Entry;
pub(crate) use range::Items;
pub use region::Region;

use crate::fault::{Fault, Limit};
use crate::value::{Kind, MAX_OFFSET, RegionId, Tag, Value};
use krl_regexp::Regexp;
use std::cell::Cell;
use std::sync::Arc;

/// How deep nested arrays and maps may be for walks over them (equality, text, freezing).
pub const MAX_NESTING: u32 = 1_000;

/// The memory of one running evaluation.
#[derive(Debug)]
pub struct Heap {
    event: Region,
    cloud: Arc<Region>,
    units: Arc<UnitTable>,
    limit_words: usize,
    /// Text under construction; kept for its memory.
    scratch: String,
    /// Parts of values that were looked at since the machine last asked.
    work: Cell<u64>,
}

/// A function value, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closure {
    /// `Function` or `Action`.
    pub kind: Kind,
    /// Number of the unit its code is in.
    pub unit: u32,
    /// Index into the unit's functions.
    pub function: u32,
    /// The ruleset instance whose globals and entity variables it sees.
    pub instance: u32,
    /// Number of captured values.
    pub captures: u16,
}

const NO_WORDS: &Region = &Region::EMPTY;

impl Heap {
    /// A heap with an empty event region that may grow to `limit_bytes`.
    #[must_use]
    pub fn new(cloud: Arc<Region>, units: Arc<UnitTable>, limit_bytes: usize) -> Self {
        let limit_words = (limit_bytes / 8).min(MAX_OFFSET);
        Self {
            event: Region::default(),
            cloud,
            units,
            limit_words,
            scratch: String::new(),
            work: Cell::new(0),
        }
    }

    /// A heap of its own whose only limit is what handles can reach.
    pub(crate) fn unbounded() -> Self {
        Self::new(Arc::default(), Arc::default(), usize::MAX)
    }

    /// Forgets all values of the event region and keeps its memory for the next event.
    pub fn reset(&mut self, cloud: Arc<Region>, units: Arc<UnitTable>, limit_bytes: usize) {
        self.event.clear();
        self.work.set(0);
        self.cloud = cloud;
        self.units = units;
        self.limit_words = (limit_bytes / 8).min(MAX_OFFSET);
    }

    /// Makes everything in the event region the constants of a unit. Its values must have been made by [`Self::rehome`].
    pub(crate) fn into_region(self) -> Region {
        self.event
    }

    /// The handle that `v`, made in this event region, has once the region is `region`.
    pub(crate) fn rehome(&mut self, v: Value, region: RegionId) -> Value {
        match v.tag() {
            None | Some(Tag::Immediate | Tag::Native) => v,
            Some(tag) => {
                if tag == Tag::Map {
                    self.rehome_keys(v, region);
                }
                Value::handle(tag, region, v.offset())
            }
        }
    }

    /// Counts parts of values that an operation looked at, beyond what its operands' sizes tell.
    fn count_work(&self, parts: u64) {
        self.work.set(self.work.get() + parts);
    }

    /// The parts counted since the last call: the machine charges them to the budget of instructions.
    pub(crate) fn take_work(&self) -> u64 {
        self.work.take()
    }

    /// Bytes in use by the event region.
    #[must_use]
    pub fn used_bytes(&self) -> usize {
        self.event.bytes()
    }

    /// The loaded units.
    #[must_use]
    pub fn units(&self) -> &Arc<UnitTable> {
        &self.units
    }

    #[inline]
    fn region(&self, v: Value) -> &Region {
        match v.region() {
            RegionId::EVENT => &self.event,
            RegionId::CLOUD => &self.cloud,
            RegionId(n) => self.units.region(n - 2).unwrap_or(NO_WORDS),
        }
    }

    #[inline]
    fn word(&self, v: Value, at: usize) -> u64 {
        self.region(v).words.get(v.offset() + at).copied().unwrap_or(0)
    }

    /// How large an operand is: the items of an array or a map, the words of a text.
    #[inline]
    pub(crate) fn size_of(&self, v: Value) -> usize {
        match v.tag() {
            Some(Tag::Array) => self.array_len(v),
            Some(Tag::Map) => self.map_len(v),
            Some(Tag::String) => self.byte_len(v) / 8,
            _ => 0,
        }
    }

    /// Makes room for `n` more words, or says that the budget is used up.
    #[inline]
    fn reserve(&mut self, n: usize) -> Result<usize, Fault> {
        let at = self.event.words.len();
        if self.event.used() + n > self.limit_words {
            return Err(Fault::limit(Limit::Memory));
        }
        Ok(at)
    }

    /// Fails now if `bytes` more would not fit: for operations whose result size is known beforehand.
    ///
    /// # Errors
    /// [`Limit::Memory`]
    pub fn check_room(&self, bytes: usize) -> Result<(), Fault> {
        if self.event.used() + bytes / 8 > self.limit_words {
            return Err(Fault::limit(Limit::Memory));
        }
        Ok(())
    }

    // Arrays. Header: buffer offset << 32 | length. Buffer: used << 32 | capacity, then the items. Or the items are computed (`range`).

    /// A new array.
    ///
    /// # Errors
    /// [`Limit::Memory`]
    pub fn array_from(&mut self, items: &[Value]) -> Result<Value, Fault> {
        self.array_with_room(items, items.len())
    }

    fn array_with_room(&mut self, items: &[Value], capacity: usize) -> Result<Value, Fault> {
        let at = self.reserve(capacity + 2)?;
        let words = &mut self.event.words;
        let len = items.len() as u64;
        words.reserve(capacity + 2);
        words.extend_from_slice(&[((at as u64 + 1) << 32) | len, (len << 32) | capacity as u64]);
        words.extend(items.iter().map(|v| v.bits()));
        if capacity > items.len() {
            words.resize(at + 2 + capacity, 0);
        }
        Ok(Value::handle(Tag::Array, RegionId::EVENT, at))
    }

    /// The items of an array; empty for anything else.
    #[inline]
    #[must_use]
    pub fn array(&self, v: Value) -> &[Value] {
        if !v.is_array() {
            return &[];
        }
        let header = self.word(v, 0);
        let (start, len) = ((header >> 32) as usize + 1, (header & 0xFFFF_FFFF) as usize);
        if start > range::COMPUTED {
            return self.region(v).computed(self.word(v, 1) as usize, len);
        }
        region::values(self.region(v).words.get(start..start + len).unwrap_or_default())
    }

    /// `array` with `item` behind its last; in place where `array` is the newest version of its buffer.
    ///
    /// # Errors
    /// [`Limit::Memory`]
    pub fn array_push(&mut self, array: Value, item: Value) -> Result<Value, Fault> {
        self.array_extend(array, &[item])
    }

    /// `array` with `items` behind its last.
    ///
    /// # Errors
    /// [`Limit::Memory`]
    pub fn array_extend(&mut self, array: Value, items: &[Value]) -> Result<Value, Fault> {
        let header = self.word(array, 0);
        let (buffer, len) = ((header >> 32) as usize, (header & 0xFFFF_FFFF) as usize);
        if array.region() == RegionId::EVENT && array.is_array() {
            let state = self.event.words.get(buffer).copied().unwrap_or(0);
            let (used, capacity) = ((state >> 32) as usize, (state & 0xFFFF_FFFF) as usize);
            if used == len && len + items.len() <= capacity {
                let at = self.reserve(1)?;
                let room = self.event.words.get_mut(buffer + 1 + len..buffer + 1 + len + items.len());
                for (slot, item) in room.unwrap_or_default().iter_mut().zip(items) {
                    *slot = item.bits();
                }
                if let Some(state) = self.event.words.get_mut(buffer) {
                    *state = (((len + items.len()) as u64) << 32) | capacity as u64;
                }
                self.event.words.push(((buffer as u64) << 32) | (len + items.len()) as u64);
                return Ok(Value::handle(Tag::Array, RegionId::EVENT, at));
            }
        }
        let total = len + items.len();
        let capacity = if total < 8 { total + 4 } else { total * 2 };
        self.check_room((capacity + 2) * 8)?;
        let mut all = Vec::with_capacity(total);
        all.extend_from_slice(self.array(array));
        all.extend_from_slice(items);
        self.array_with_room(&all, capacity)
    }

    // Regular expressions.

    /// A regular expression value.
    ///
    /// # Errors
    /// [`Limit::Memory`]
    pub fn regexp_from(&mut self, regexp: Regexp) -> Result<Value, Fault> {
        self.check_room(64)?;
        self.event.regexps.push(regexp);
        Ok(Value::handle(Tag::RegExp, RegionId::EVENT, self.event.regexps.len() - 1))
    }

    /// The regular expression, if `v` is one.
    #[inline]
    #[must_use]
    pub fn regexp(&self, v: Value) -> Option<&Regexp> {
        v.has_tag(Tag::RegExp).then(|| self.region(v).regexps.get(v.offset())).flatten()
    }

    // Closures. Header: kind << 63 | captures << 32 | function; then unit << 32 | instance; then the captures.

    /// A closure; `captures` are its captured values, [`Value::UNSET`] where they come later.
    ///
    /// # Errors
    /// [`Limit::Memory`]
    pub fn closure_from(
        &mut self,
        is_action: bool,
        unit: u32,
        function: u32,
        instance: u32,
        captures: &[Value],
    ) -> Result<Value, Fault> {
        let at = self.reserve(captures.len() + 2)?;
        let words = &mut self.event.words;
        words.push(
            (u64::from(is_action) << 63) | ((captures.len() as u64 & 0xFFFF) << 32) | u64::from(function),
        );
        words.push((u64::from(unit) << 32) | u64::from(instance));
        words.extend(captures.iter().map(|v| v.bits()));
        Ok(Value::handle(Tag::Closure, RegionId::EVENT, at))
    }

    /// The parts of a closure.
    #[inline]
    #[must_use]
    pub fn closure(&self, v: Value) -> Option<Closure> {
        if !v.has_tag(Tag::Closure) {
            return None;
        }
        let (code, owner) = (self.word(v, 0), self.word(v, 1));
        Some(Closure {
            kind: if code >> 63 == 1 { Kind::Action } else { Kind::Function },
            unit: (owner >> 32) as u32,
            function: code as u32,
            instance: owner as u32,
            captures: (code >> 32) as u16,
        })
    }

    /// A captured value.
    #[inline]
    #[must_use]
    pub fn capture(&self, closure: Value, index: u16) -> Value {
        Value::from_bits(self.word(closure, 2 + usize::from(index)))
    }

    /// What a closure has captured; nothing for anything else.
    pub(crate) fn captures(&self, v: Value) -> &[Value] {
        let count = self.closure(v).map_or(0, |closure| usize::from(closure.captures));
        let from = v.offset() + 2;
        region::values(self.region(v).words.get(from..from + count).unwrap_or_default())
    }

    /// Fills a captured value that was not known when the closure was made.
    pub fn set_capture(&mut self, closure: Value, index: u16, value: Value) {
        if closure.has_tag(Tag::Closure)
            && closure.region() == RegionId::EVENT
            && let Some(slot) = self.event.words.get_mut(closure.offset() + 2 + usize::from(index))
        {
            *slot = value.bits();
        }
    }

    /// The kind of `v`.
    #[must_use]
    pub fn kind(&self, v: Value) -> Kind {
        match v.tag() {
            None if v.number_unchecked().is_infinite() => Kind::JsObject,
            None => Kind::Number,
            Some(Tag::Immediate) if v.as_bool().is_some() => Kind::Boolean,
            Some(Tag::Immediate) => Kind::Null,
            Some(Tag::String) => Kind::String,
            Some(Tag::Array) => Kind::Array,
            Some(Tag::Map) => Kind::Map,
            Some(Tag::RegExp) => Kind::RegExp,
            Some(Tag::Closure) => self.closure(v).map_or(Kind::Null, |c| c.kind),
            Some(Tag::Native) => v.native_kind(),
        }
    }

    /// KRL truth: everything but `null`, `false`, `0`, `-0` and `""` (krl-language §4.3).
    #[inline]
    #[must_use]
    pub fn is_truthy(&self, v: Value) -> bool {
        if let Some(b) = v.as_bool() {
            return b;
        }
        if v.is_number() {
            return v.number_unchecked() != 0.0;
        }
        match v.tag() {
            Some(Tag::Immediate) => false,
            Some(Tag::String) => !self.str(v).is_empty(),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests;
