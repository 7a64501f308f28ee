//! Arrays of consecutive numbers, as `range` makes them: the items are computed, and laid out only for what must see them all.
//!
//! They count against the budget of memory as if they were laid out from the beginning, so that nobody can tell.

use super::{Heap, Region};
use crate::fault::Fault;
use crate::value::{RegionId, Tag, Value};
use std::sync::OnceLock;

/// In the header of such an array, in place of its buffer; the next word is its index in [`Region`].
pub(super) const COMPUTED: usize = u32::MAX as usize;

/// Shorter ones are laid out at once.
const LEAST: usize = 64;

/// Integers below this are exact, and so are their sums with small ones.
const EXACT: f64 = (1_u64 << 53) as f64;

/// Where the items of an array are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Items<'a> {
    /// In memory.
    Laid(&'a [Value]),
    /// Nowhere: each is computed from the first.
    Computed { first: f64, step: f64, len: usize },
}

/// The items of one array.
#[derive(Clone, Debug)]
pub(super) struct Range {
    start: f64,
    step: f64,
    items: OnceLock<Box<[Value]>>,
}

impl Range {
    #[inline]
    fn item(&self, at: usize) -> Value {
        Value::finite(self.start + self.step * at as f64)
    }
}

impl Region {
    /// The items of a computed array.
    #[cold]
    pub(super) fn computed(&self, index: usize, len: usize) -> &[Value] {
        let Some(range) = self.ranges.get(index) else { return &[] };
        range.items.get_or_init(|| (0..len).map(|at| range.item(at)).collect())
    }
}

impl Heap {
    /// An array of `len` numbers from `start` on, each `step` (1 or -1) from the one before.
    ///
    /// # Errors
    /// [`crate::fault::Limit::Memory`]
    pub fn array_range(&mut self, start: f64, step: f64, len: usize) -> Result<Value, Fault> {
        self.check_room(len * 8)?;
        let end = start + step * len as f64;
        if len < LEAST
            || start.to_bits() == (-0.0_f64).to_bits()
            || start.fract() != 0.0
            || start.abs() > EXACT
            || end.abs() > EXACT
        {
            let items: Vec<Value> =
                std::iter::successors(Some(start), |n| Some(n + step)).take(len).map(Value::number).collect();
            return self.array_from(&items);
        }
        // As many words as `array_from` takes, of which two are there.
        let at = self.reserve(len + 2)?;
        self.event.computed_words += len;
        self.event.words.push(((COMPUTED as u64) << 32) | len as u64);
        self.event.words.push(self.event.ranges.len() as u64);
        self.event.ranges.push(Range { start, step, items: OnceLock::new() });
        Ok(Value::handle(Tag::Array, RegionId::EVENT, at))
    }

    /// The number of items of an array; 0 for anything else.
    #[inline]
    #[must_use]
    pub fn array_len(&self, v: Value) -> usize {
        if v.is_array() { (self.word(v, 0) & 0xFFFF_FFFF) as usize } else { 0 }
    }

    /// Where the items of an array are; none for anything else.
    pub(crate) fn items(&self, v: Value) -> Items<'_> {
        let is_computed = v.is_array() && (self.word(v, 0) >> 32) as usize == COMPUTED;
        let range = is_computed.then(|| self.region(v).ranges.get(self.word(v, 1) as usize)).flatten();
        match range {
            Some(&Range { start, step, .. }) => {
                Items::Computed { first: start, step, len: self.array_len(v) }
            }
            None => Items::Laid(self.array(v)),
        }
    }

    /// An array of the items of another at these positions; null where it has none.
    ///
    /// # Errors
    /// [`crate::fault::Limit::Memory`]
    pub fn array_of_items(&mut self, v: Value, positions: &[usize]) -> Result<Value, Fault> {
        let items: Vec<Value> = match self.items(v) {
            Items::Laid(items) => {
                positions.iter().map(|&at| items.get(at).copied().unwrap_or(Value::NULL)).collect()
            }
            Items::Computed { .. } => {
                positions.iter().map(|&at| self.item(v, at).unwrap_or(Value::NULL)).collect()
            }
        };
        self.array_from(&items)
    }

    /// The item of an array at a position.
    #[inline]
    #[must_use]
    pub fn item(&self, v: Value, at: usize) -> Option<Value> {
        if !v.is_array() {
            return None;
        }
        let region = self.region(v);
        let header = region.words.get(v.offset()).copied().unwrap_or(0);
        let (buffer, len) = ((header >> 32) as usize, (header & 0xFFFF_FFFF) as usize);
        if at >= len {
            return None;
        }
        if buffer == COMPUTED {
            let index = region.words.get(v.offset() + 1).copied().unwrap_or(0) as usize;
            return region.ranges.get(index).map(|range| range.item(at));
        }
        region.words.get(buffer + 1 + at).map(|&bits| Value::from_bits(bits))
    }
}
