//! Conversions, equality and order of values (krl-language §4.2–4.5).

use super::{Heap, MAX_NESTING};
use crate::fault::{Fault, Limit};
use crate::number;
use crate::value::{Kind, Tag, Value};
use std::borrow::Cow;
use std::cmp::Ordering;

/// More pairs of parts than this are compared only where two values share theirs over and over.
const MAX_COMPARISONS: u32 = 1 << 24;

impl Heap {
    /// The String form: what `+`, chevrons and `as("String")` see.
    #[must_use]
    pub fn text(&self, v: Value) -> Cow<'_, str> {
        if v.is_string() {
            return Cow::Borrowed(self.str(v));
        }
        if let Some(n) = v.as_number()
            && n.is_finite()
        {
            let mut out = String::new();
            number::format(n, &mut out);
            return Cow::Owned(out);
        }
        if let Some(regexp) = self.regexp(v) {
            return Cow::Owned(regexp.to_source_text());
        }
        Cow::Borrowed(match self.kind(v) {
            Kind::Null => "null",
            Kind::Boolean if v == Value::TRUE => "true",
            Kind::Boolean => "false",
            Kind::Array => "[Array]",
            Kind::Map => "[Map]",
            Kind::Function => "[Function]",
            Kind::Action => "[Action]",
            Kind::ActionFunction => "[ActionFunction]",
            _ => "[JSObject]",
        })
    }

    /// Appends the String form.
    pub fn write_text(&self, v: Value, out: &mut String) {
        match v.as_number() {
            Some(n) if n.is_finite() => number::format(n, out),
            _ if v.is_string() => out.push_str(self.str(v)),
            _ => out.push_str(&self.text(v)),
        }
    }

    /// The Number form: what arithmetic and `<=>` see; `None` where there is none.
    #[must_use]
    pub fn to_number(&self, v: Value) -> Option<f64> {
        match v.tag() {
            None => v.as_number().filter(|n| n.is_finite()),
            Some(Tag::Immediate) => Some(if v == Value::TRUE { 1.0 } else { 0.0 }),
            Some(Tag::String) => number::parse(self.str(v)),
            Some(Tag::Array) => Some(self.array_len(v) as f64),
            Some(Tag::Map) => Some(self.map_len(v) as f64),
            _ => None,
        }
    }

    /// A path element or map key: the String form of `v` as a string value.
    ///
    /// # Errors
    /// [`Limit::Memory`]
    #[inline]
    pub fn key(&mut self, v: Value) -> Result<Value, Fault> {
        if v.is_string() {
            return Ok(v);
        }
        let text = self.text(v).into_owned();
        self.string(&text)
    }

    /// `==`: deep, without coercion.
    ///
    /// # Errors
    /// [`Limit::Depth`]; [`Limit::Instructions`] for values whose shared parts make the comparison endless.
    pub fn equals(&self, a: Value, b: Value) -> Result<bool, Fault> {
        let mut left = MAX_COMPARISONS;
        let equal = self.equals_at(a, b, 0, &mut left);
        self.count_work(u64::from(MAX_COMPARISONS - left));
        equal
    }

    fn equals_at(&self, a: Value, b: Value, depth: u32, left: &mut u32) -> Result<bool, Fault> {
        if let (Some(x), Some(y)) = (a.as_number(), b.as_number()) {
            return Ok(x == y);
        }
        if a == b {
            return Ok(true);
        }
        if depth > MAX_NESTING {
            return Err(Fault::limit(Limit::Depth));
        }
        let parts = 1 + self.array_len(a) / 16 + self.map_len(a);
        *left = left.checked_sub(parts as u32).ok_or_else(|| Fault::limit(Limit::Instructions))?;
        match (a.tag(), b.tag()) {
            (Some(Tag::String), Some(Tag::String)) => Ok(self.str_eq(a, b)),
            (Some(Tag::RegExp), Some(Tag::RegExp)) => Ok(self.regexp(a) == self.regexp(b)),
            (Some(Tag::Array), Some(Tag::Array)) => {
                let (x, y) = (self.array(a), self.array(b));
                if x.len() != y.len() {
                    return Ok(false);
                }
                for (&x, &y) in x.iter().zip(y) {
                    if !self.equals_at(x, y, depth + 1, left)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Some(Tag::Map), Some(Tag::Map)) => {
                if self.map_len(a) != self.map_len(b) {
                    return Ok(false);
                }
                for e in &*self.map_entries(a) {
                    match self.map_get_key(b, e.key) {
                        Some(other) if self.equals_at(e.value, other, depth + 1, left)? => {}
                        _ => return Ok(false),
                    }
                }
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// `<=>`: by Number forms if both have one, else by String forms.
    #[must_use]
    pub fn order(&self, a: Value, b: Value) -> Ordering {
        match (self.to_number(a), self.to_number(b)) {
            (Some(x), Some(y)) => x.partial_cmp(&y).unwrap_or(Ordering::Equal),
            _ => self.text_order(a, b),
        }
    }

    /// `cmp`: by String forms, scalar by scalar (`spec/decisions.md` L2; the order of UTF-8 bytes).
    #[must_use]
    pub fn text_order(&self, a: Value, b: Value) -> Ordering {
        self.text(a).cmp(&self.text(b))
    }
}
