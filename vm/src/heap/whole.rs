//! Arrays and maps that are written in place: nobody sees them before they are whole.

use super::Heap;
use super::map::{BUFFER_WORDS, Header, pair, unpair};
use crate::fault::Fault;
use crate::number::array_index;
use crate::value::Value;

impl Heap {
    /// A new array of `len` items, each made when those before it are: nobody sees the array before it is whole.
    ///
    /// # Errors
    /// [`crate::fault::Limit::Memory`], and what making an item ends in.
    pub fn array_of(
        &mut self,
        len: usize,
        mut item: impl FnMut(&mut Self, usize) -> Result<Value, Fault>,
    ) -> Result<Value, Fault> {
        let array = self.array_with_room(&[], len)?;
        let buffer = array.offset() + 1;
        for at in 0..len {
            let item = item(self, at)?;
            self.set(buffer + 1 + at, item.bits());
        }
        self.set(buffer, ((len as u64) << 32) | len as u64);
        self.set(array.offset(), ((buffer as u64) << 32) | len as u64);
        Ok(array)
    }

    /// A map of these entries; a later entry replaces an earlier one with the same key, in the earlier one's place. Keys must be strings.
    ///
    /// # Errors
    /// [`crate::fault::Limit::Memory`]
    pub fn map_from(&mut self, entries: &[(Value, Value)]) -> Result<Value, Fault> {
        self.map_of(entries.len(), entries.iter().copied())
    }

    /// As [`Self::map_from`], of at most `capacity` entries: nobody sees the map before it is whole, so it is written in place.
    ///
    /// # Errors
    /// [`crate::fault::Limit::Memory`]
    pub fn map_of(
        &mut self,
        capacity: usize,
        entries: impl IntoIterator<Item = (Value, Value)>,
    ) -> Result<Value, Fault> {
        let map = self.map_with_room(capacity)?;
        let mut header = self.header(map);
        let first = header.offset + BUFFER_WORDS;
        let (index, _) = pair(self.at(map, header.offset + 2));
        let mut seen = 0_u64;
        for (key, value) in entries.into_iter().take(capacity) {
            let hash = self.str_hash(key);
            // Short maps have no index: most keys are new by a bit of their hash.
            let bit = 1_u64 << (hash & 63);
            let new = index == 0 && seen & bit == 0;
            seen |= bit;
            let probed = if new { Err(0) } else { self.probe(map, header, hash, self.is_str(key)) };
            let entry = match probed {
                Ok(entry) => entry,
                Err(slot) => {
                    header.integer_keys |= array_index(self.str(key)).is_some();
                    header.len += 1;
                    if index != 0 {
                        self.set(index + slot, unpair(hash as usize, header.len));
                    }
                    self.set(first + (header.len - 1) * 2, key.bits());
                    header.len - 1
                }
            };
            self.set(first + entry * 2 + 1, value.bits());
        }
        self.finish_map(map, header, capacity);
        Ok(map)
    }

    /// A map of `len` entries whose keys all differ, each made when those before it are.
    pub(super) fn map_of_distinct(
        &mut self,
        len: usize,
        mut entry: impl FnMut(&mut Self, usize) -> Result<(Value, Value), Fault>,
    ) -> Result<Value, Fault> {
        let map = self.map_with_room(len)?;
        let mut header = self.header(map);
        for at in 0..len {
            let (key, value) = entry(self, at)?;
            self.add_distinct(&mut header, key, value);
        }
        self.finish_map(map, header, len);
        Ok(map)
    }

    /// A copy of `map` that owns its buffer, with room for `capacity` entries.
    pub(super) fn map_copy(&mut self, map: Value, capacity: usize) -> Result<Value, Fault> {
        let entries = self.entries_as_put(map).into_owned();
        let capacity = capacity.max(entries.len());
        let copy = self.map_with_room(capacity)?;
        let mut header = self.header(copy);
        for entry in entries {
            self.add_distinct(&mut header, entry.key, entry.value);
        }
        self.finish_map(copy, header, capacity);
        Ok(copy)
    }

    /// Writes the next entry of a map that is being made, whose key is new.
    #[inline]
    fn add_distinct(&mut self, header: &mut Header, key: Value, value: Value) {
        header.integer_keys |= array_index(self.str(key)).is_some();
        self.index_entry(*header, self.str_hash(key));
        let at = header.offset + BUFFER_WORDS + header.len * 2;
        self.set(at, key.bits());
        self.set(at + 1, value.bits());
        header.len += 1;
    }

    fn finish_map(&mut self, map: Value, header: Header, capacity: usize) {
        self.set(header.offset, unpair(header.len, capacity));
        self.set(map.offset(), header.encode());
    }
}
