//! Reading parts of values by key or path (krl-language §4.6).

use super::Heap;
use crate::number::array_index;
use crate::value::{Tag, Value};

impl Heap {
    /// `v[key]`: one key, whatever it is; `null` where there is nothing.
    #[inline]
    #[must_use]
    pub fn get_key(&self, v: Value, key: Value) -> Value {
        match v.tag() {
            Some(Tag::Array) => self.array_item(v, key).unwrap_or(Value::NULL),
            Some(Tag::Map) => self.map_item(v, key).unwrap_or(Value::NULL),
            _ => Value::NULL,
        }
    }

    /// `v{path}`: the keys of an array one after the other, anything else as a single key; the empty path reads `null`.
    #[must_use]
    pub fn get_path(&self, v: Value, path: Value) -> Value {
        if !path.is_array() {
            return self.get_key(v, path);
        }
        let keys = self.array(path);
        if keys.is_empty() {
            return Value::NULL;
        }
        keys.iter().fold(v, |v, &key| self.get_key(v, key))
    }

    /// The item a key selects: numbers and texts that spell an index canonically do, nothing else.
    fn array_item(&self, array: Value, key: Value) -> Option<Value> {
        if let Some(n) = key.as_number() {
            let index = n as usize;
            return if index as f64 == n { self.item(array, index) } else { None };
        }
        self.item(array, array_index(&self.text(key))? as usize)
    }

    fn map_item(&self, map: Value, key: Value) -> Option<Value> {
        if key.is_string() { self.map_get_key(map, key) } else { self.map_get(map, &self.text(key)) }
    }

    /// `a >< b`: an array has an equal item, a map has the key; nothing else has members.
    ///
    /// # Errors
    /// [`crate::fault::Limit::Depth`]
    pub fn has_member(&self, a: Value, b: Value) -> Result<bool, crate::fault::Fault> {
        match a.tag() {
            Some(Tag::Array) => {
                for &item in self.array(a) {
                    if self.equals(item, b)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Some(Tag::Map) => Ok(self.map_item(a, b).is_some()),
            _ => Ok(false),
        }
    }
}
