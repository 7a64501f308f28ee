//! Between heaps and plain data, and between regions.

use super::{Closure, Heap, MAX_NESTING, Region};
use crate::data::{Data, DataMap};
use crate::fault::{Fault, Limit};
use crate::value::{Kind, MAX_OFFSET, RegionId, Tag, Value};
use std::collections::HashMap;
use std::sync::Arc;

impl Heap {
    /// Copies plain data into the event region.
    ///
    /// # Errors
    /// [`Limit::Memory`], [`Limit::Depth`]
    pub fn import(&mut self, data: &Data) -> Result<Value, Fault> {
        self.import_at(data, 0)
    }

    fn import_at(&mut self, data: &Data, depth: u32) -> Result<Value, Fault> {
        if depth > MAX_NESTING {
            return Err(Fault::limit(Limit::Depth));
        }
        match data {
            Data::Null => Ok(Value::NULL),
            Data::Bool(b) => Ok(Value::bool(*b)),
            Data::Number(n) => Ok(Value::number(*n)),
            Data::String(s) => self.string(s),
            Data::Array(items) => self.array_of(items.len(), |heap, at| {
                items.get(at).map_or(Ok(Value::NULL), |item| heap.import_at(item, depth + 1))
            }),
            Data::Map(entries) => self.import_entries(entries, depth + 1),
        }
    }

    /// Copies a map of plain data into the event region.
    ///
    /// # Errors
    /// As [`Self::import`] of each of its values.
    pub fn import_map(&mut self, entries: &DataMap) -> Result<Value, Fault> {
        self.import_entries(entries, 0)
    }

    fn import_entries(&mut self, entries: &DataMap, depth: u32) -> Result<Value, Fault> {
        self.map_of_distinct(entries.len(), |heap, at| match entries.get_index(at) {
            Some((key, item)) => Ok((heap.string(key)?, heap.import_at(item, depth)?)),
            None => Err(Fault::internal("fewer entries than counted")),
        })
    }

    /// Copies a value out as plain data, the way JSON sees it: functions vanish from maps and are null in arrays, a regular expression
    /// is `{}`, an infinity null (krl-language §4.1).
    ///
    /// # Errors
    /// [`Limit::Depth`]; [`Limit::Memory`] if the parts, of which values may share many, make more than the budget of this heap.
    pub fn export(&self, v: Value) -> Result<Data, Fault> {
        let mut left = self.limit_words;
        let data = self.export_at(v, 0, &mut left);
        self.count_work((self.limit_words - left) as u64);
        data
    }

    fn export_at(&self, v: Value, depth: u32, words_left: &mut usize) -> Result<Data, Fault> {
        if depth > MAX_NESTING {
            return Err(Fault::limit(Limit::Depth));
        }
        let words = 1 + self.str(v).len() / 8;
        *words_left = words_left.checked_sub(words).ok_or_else(|| Fault::limit(Limit::Memory))?;
        if let Some(n) = v.as_number() {
            return Ok(if n.is_finite() { Data::Number(n) } else { Data::Null });
        }
        Ok(match v.tag() {
            Some(Tag::String) => Data::String(self.str(v).into()),
            Some(Tag::RegExp) => Data::Map(DataMap::new()),
            Some(Tag::Array) => {
                let items = self.array(v).iter().map(|&item| self.export_at(item, depth + 1, words_left));
                Data::Array(items.collect::<Result<_, _>>()?)
            }
            Some(Tag::Map) => {
                let mut map = DataMap::with_capacity(self.map_len(v));
                for e in &*self.map_entries(v) {
                    if !is_function(e.value) {
                        let value = self.export_at(e.value, depth + 1, words_left)?;
                        map.insert(self.str(e.key).into(), value);
                    }
                }
                Data::Map(map)
            }
            _ => v.as_bool().map_or(Data::Null, Data::Bool),
        })
    }

    /// Copies `value` and all it reaches in the event region into `target`, the cloud's region of frozen globals. Handles into other
    /// regions stay as they are.
    ///
    /// # Errors
    /// [`Limit::Depth`], [`Limit::Memory`]
    pub fn freeze(&self, value: Value, target: &mut Region) -> Result<Value, Fault> {
        self.copy_frozen(value, target, &mut Copies { from: RegionId::EVENT, made: HashMap::new() })
    }

    /// Copies a frozen value and all it reaches into `target`, which is to take the place of this heap's region of frozen globals without what
    /// nothing reaches any more. `copies` is the same for all values of a region: what they share stays shared.
    ///
    /// # Errors
    /// As [`Self::freeze`].
    pub fn refreeze(&self, value: Value, target: &mut Region, copies: &mut Copies) -> Result<Value, Fault> {
        self.copy_frozen(value, target, copies)
    }

    fn copy_frozen(&self, value: Value, target: &mut Region, copies: &mut Copies) -> Result<Value, Fault> {
        let mut frozen = Heap::new(Arc::default(), Arc::default(), usize::MAX);
        std::mem::swap(&mut frozen.event, target);
        frozen.limit_words = (frozen.event.words.len() + self.limit_words).min(MAX_OFFSET);
        let result = self.freeze_into(value, &mut frozen, copies, 0);
        std::mem::swap(&mut frozen.event, target);
        result
    }

    fn freeze_into(
        &self,
        v: Value,
        target: &mut Heap,
        copies: &mut Copies,
        depth: u32,
    ) -> Result<Value, Fault> {
        if depth > MAX_NESTING {
            return Err(Fault::limit(Limit::Depth));
        }
        let Some(tag) = v.tag() else { return Ok(v) };
        if matches!(tag, Tag::Immediate | Tag::Native) || v.region() != copies.from {
            return Ok(v);
        }
        if let Some(copy) = copies.made.get(&v) {
            return Ok(*copy);
        }
        let copy = match tag {
            Tag::String => target.string(self.str(v))?,
            Tag::RegExp => {
                target.event.regexps.extend(self.regexp(v).cloned());
                Value::handle(Tag::RegExp, RegionId::CLOUD, target.event.regexps.len() - 1)
            }
            Tag::Array => {
                let mut items = Vec::with_capacity(self.array(v).len());
                for &item in self.array(v) {
                    items.push(self.freeze_into(item, target, copies, depth + 1)?);
                }
                target.array_from(&items)?
            }
            Tag::Map => {
                let entries = self.map_entries(v);
                let mut values = Vec::with_capacity(entries.len());
                for e in &*entries {
                    let key = target.string(self.str(e.key))?;
                    values.push((key, self.freeze_into(e.value, target, copies, depth + 1)?));
                }
                let map = target.map_from(&values)?;
                target.rehome_keys(map, RegionId::CLOUD);
                map
            }
            _ => return self.freeze_closure(v, target, copies, depth),
        };
        let copy = Value::handle(tag, RegionId::CLOUD, copy.offset());
        if copies.from == RegionId::CLOUD {
            copies.made.insert(v, copy);
        }
        Ok(copy)
    }

    /// Closures may reach themselves through their captures: the copy is known before its captures are frozen.
    fn freeze_closure(
        &self,
        v: Value,
        target: &mut Heap,
        copies: &mut Copies,
        depth: u32,
    ) -> Result<Value, Fault> {
        let Some(Closure { kind, unit, function, instance, captures }) = self.closure(v) else {
            return Ok(Value::NULL);
        };
        let unset = vec![Value::UNSET; usize::from(captures)];
        let made = target.closure_from(kind == Kind::Action, unit, function, instance, &unset)?;
        let copy = Value::handle(Tag::Closure, RegionId::CLOUD, made.offset());
        copies.made.insert(v, copy);
        for i in 0..captures {
            let captured = self.freeze_into(self.capture(v, i), target, copies, depth + 1)?;
            target.set_capture(made, i, captured);
        }
        Ok(copy)
    }
}

/// What was copied from a region already.
#[derive(Debug)]
pub struct Copies {
    from: RegionId,
    made: HashMap<Value, Value>,
}

impl Default for Copies {
    /// Of frozen values.
    fn default() -> Self {
        Self { from: RegionId::CLOUD, made: HashMap::new() }
    }
}

fn is_function(v: Value) -> bool {
    v.has_tag(Tag::Closure) || v.has_tag(Tag::Native)
}
