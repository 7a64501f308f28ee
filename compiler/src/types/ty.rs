//! What is known of a value: a set of kinds, and where it pays, the shape behind one of them (design §4, "Types").
//!
//! Typing is gradual: what is not known is `Any`, and `Any` never causes a diagnostic.

use krl_stdlib::signature::Signature;
use krl_stdlib::types::Types;
use std::sync::Arc;

/// What is known of a value.
#[derive(Clone, Debug)]
pub struct Type {
    /// The kinds it may have.
    pub kinds: Types,
    /// More about one of these kinds.
    pub shape: Shape,
}

/// What is known of a value beyond its kind. It describes the value only where the value has [`Shape::kinds`].
#[derive(Clone, Debug)]
pub enum Shape {
    /// Nothing.
    Unknown,
    /// It is this text.
    Text(Arc<str>),
    /// It is this number.
    Number(f64),
    /// It is this boolean.
    Boolean(bool),
    /// An array of such elements.
    Array(Arc<Type>),
    /// A map.
    Map(Arc<Record>),
    /// A function or action written in KRL.
    Callable(Arc<Callable>),
    /// A function or action of the standard library.
    Native(&'static Signature),
}

/// What is known of a map.
#[derive(Clone, Debug)]
pub struct Record {
    /// Keys that are certainly there, in order.
    pub entries: Vec<(Arc<str>, Type)>,
    /// May there be other keys?
    pub open: bool,
}

/// A function or action written in KRL.
#[derive(Clone, Debug)]
pub struct Callable {
    /// Its parameters.
    pub params: Vec<Parameter>,
    /// What it yields.
    pub result: Type,
}

/// A parameter of a [`Callable`].
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: Arc<str>,
    /// Has it a default?
    pub optional: bool,
}

impl Type {
    /// Anything: nothing is known.
    pub const ANY: Self = Self::of(Types::ANY);
    /// `null`
    pub const NULL: Self = Self::of(Types::NULL);
    /// No value: the code is never reached.
    pub const NEVER: Self = Self::of(Types::NEVER);

    /// A value of these kinds.
    #[must_use]
    pub const fn of(kinds: Types) -> Self {
        Self { kinds, shape: Shape::Unknown }
    }

    /// This text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self { kinds: Types::STRING, shape: Shape::Text(text.into()) }
    }

    /// This number.
    #[must_use]
    pub const fn number(number: f64) -> Self {
        Self { kinds: Types::NUMBER, shape: Shape::Number(number) }
    }

    /// This boolean.
    #[must_use]
    pub const fn boolean(value: bool) -> Self {
        Self { kinds: Types::BOOLEAN, shape: Shape::Boolean(value) }
    }

    /// An array of such elements.
    #[must_use]
    pub fn array(element: Self) -> Self {
        Self { kinds: Types::ARRAY, shape: Shape::Array(Arc::new(element)) }
    }

    /// A map.
    #[must_use]
    pub fn map(record: Record) -> Self {
        Self { kinds: Types::MAP, shape: Shape::Map(Arc::new(record)) }
    }

    /// Is nothing of note known? A test that excludes a kind or two of an unknown value is no evidence of the others.
    #[must_use]
    pub fn is_any(&self) -> bool {
        const KINDS: [Types; 9] = [
            Types::NULL,
            Types::BOOLEAN,
            Types::STRING,
            Types::NUMBER,
            Types::REGEXP,
            Types::ARRAY,
            Types::MAP,
            Types::FUNCTION,
            Types::ACTION,
        ];
        KINDS.iter().filter(|k| self.kinds.overlaps(**k)).count() > 5
    }

    /// Certainly one of `kinds`? `NEVER` is no evidence of anything.
    #[must_use]
    pub fn is_within(&self, kinds: Types) -> bool {
        !self.kinds.is_never() && kinds.contains(self.kinds)
    }

    /// May it be null, as far as there is evidence of it?
    #[must_use]
    pub fn may_be_null(&self) -> bool {
        self.kinds.overlaps(Types::NULL) && !self.is_any()
    }

    /// The text, if it is a known one.
    #[must_use]
    pub fn known_text(&self) -> Option<&str> {
        match &self.shape {
            Shape::Text(text) if self.kinds == Types::STRING => Some(text),
            _ => None,
        }
    }

    /// The map's keys, if it is certainly a map of which something is known.
    #[must_use]
    pub fn record(&self) -> Option<&Record> {
        match &self.shape {
            Shape::Map(record) if self.kinds == Types::MAP => Some(record),
            _ => None,
        }
    }

    /// Truthy (`Some(true)`), falsy, or not known (krl-language.md §4.3).
    #[must_use]
    pub fn truth(&self) -> Option<bool> {
        const TRUTHY: Types = Types::REGEXP.or(Types::COLLECTION).or(Types::FUNCTION).or(Types::ACTION);
        if self.is_within(Types::NULL) {
            return Some(false);
        }
        if self.is_within(TRUTHY) {
            return Some(true);
        }
        match &self.shape {
            Shape::Text(text) if self.kinds == Types::STRING => Some(!text.is_empty()),
            Shape::Number(number) if self.kinds == Types::NUMBER => Some(*number != 0.0 && !number.is_nan()),
            Shape::Boolean(value) if self.kinds == Types::BOOLEAN => Some(*value),
            _ => None,
        }
    }

    /// The part of it whose kind is in `kinds`.
    #[must_use]
    pub fn only(&self, kinds: Types) -> Self {
        let kinds = self.kinds.and(kinds);
        let shape = if self.shape.kinds().overlaps(kinds) { self.shape.clone() } else { Shape::Unknown };
        Self { kinds, shape }
    }

    /// The part of it whose kind is not in `kinds`.
    #[must_use]
    pub fn without(&self, kinds: Types) -> Self {
        self.only(Types::ANY.without(kinds))
    }

    /// Either of the two.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        if self.kinds.is_never() {
            return other.clone();
        }
        if other.kinds.is_never() {
            return self.clone();
        }
        Self { kinds: self.kinds.or(other.kinds), shape: self.shape_with(other) }
    }

    fn shape_with(&self, other: &Self) -> Shape {
        match (&self.shape, &other.shape) {
            (Shape::Array(a), Shape::Array(b)) => Shape::Array(Arc::new(a.or(b))),
            (mine, Shape::Unknown) if !other.kinds.overlaps(mine.kinds()) => mine.clone(),
            (Shape::Unknown, theirs) if !self.kinds.overlaps(theirs.kinds()) => theirs.clone(),
            (Shape::Map(a), Shape::Map(b)) => Shape::Map(Arc::new(a.common(b))),
            _ => Shape::Unknown,
        }
    }

    /// Are they certainly different values under `==` (krl-language.md §4.2)?
    #[must_use]
    pub fn never_equals(&self, other: &Self) -> bool {
        if self.kinds.is_never() || other.kinds.is_never() {
            return false;
        }
        if !self.kinds.overlaps(other.kinds) {
            return true;
        }
        match (&self.shape, &other.shape) {
            _ if !self.is_one_kind() || !other.is_one_kind() => false,
            (Shape::Text(a), Shape::Text(b)) => a != b,
            (Shape::Number(a), Shape::Number(b)) => a != b,
            (Shape::Boolean(a), Shape::Boolean(b)) => a != b,
            _ => false,
        }
    }

    fn is_one_kind(&self) -> bool {
        matches!(self.kinds, Types::STRING | Types::NUMBER | Types::BOOLEAN)
    }

    /// What iterating over it or picking an element yields; `Any` if it is not known.
    #[must_use]
    pub fn element(&self) -> Self {
        match &self.shape {
            Shape::Array(element) if self.is_within(Types::ARRAY) => (**element).clone(),
            Shape::Map(record) if self.is_within(Types::MAP) && !record.open => {
                record.entries.iter().fold(Self::NEVER, |all, (_, value)| all.or(value))
            }
            _ => Self::ANY,
        }
    }
}

impl Shape {
    /// The kinds this shape speaks of.
    #[must_use]
    pub const fn kinds(&self) -> Types {
        match self {
            Self::Unknown => Types::NEVER,
            Self::Text(_) => Types::STRING,
            Self::Number(_) => Types::NUMBER,
            Self::Boolean(_) => Types::BOOLEAN,
            Self::Array(_) => Types::ARRAY,
            Self::Map(_) => Types::MAP,
            Self::Callable(_) | Self::Native(_) => Types::FUNCTION.or(Types::ACTION),
        }
    }
}

impl Record {
    /// The value of `key`: `None` if it is certainly not there.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Type> {
        match self.entries.iter().rev().find(|(k, _)| &**k == key) {
            Some((_, value)) => Some(value.clone()),
            None if self.open => Some(Type::ANY),
            None => None,
        }
    }

    /// The keys both have for certain.
    fn common(&self, other: &Self) -> Self {
        let mut entries = Vec::new();
        for (key, value) in &self.entries {
            if let Some((_, theirs)) = other.entries.iter().find(|(k, _)| k == key) {
                entries.push((key.clone(), value.or(theirs)));
            }
        }
        Self { entries, open: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unions_keep_what_both_sides_agree_on() {
        let numbers = Type::array(Type::of(Types::NUMBER));
        let texts = Type::array(Type::text("a"));
        assert_eq!(numbers.or(&texts).element().kinds, Types::NUMBER | Types::STRING);
        assert_eq!(numbers.or(&Type::NULL).only(Types::ARRAY).element().kinds, Types::NUMBER);
        assert!(numbers.or(&Type::of(Types::ARRAY)).element().is_any());
    }

    #[test]
    fn truth_follows_the_language() {
        let cases = [
            (Type::text(""), Some(false)),
            (Type::text("0"), Some(true)),
            (Type::number(0.0), Some(false)),
            (Type::array(Type::NEVER), Some(true)),
            (Type::NULL, Some(false)),
            (Type::of(Types::STRING), None),
            (Type::ANY, None),
            (Type::NEVER, None),
        ];
        for (of, truth) in cases {
            assert_eq!(of.truth(), truth, "{of:?}");
        }
    }

    #[test]
    fn different_kinds_and_different_constants_are_never_equal() {
        assert!(Type::text("1").never_equals(&Type::number(1.0)));
        assert!(Type::text("a").never_equals(&Type::text("b")));
        assert!(!Type::text("a").never_equals(&Type::of(Types::STRING)));
        assert!(!Type::ANY.never_equals(&Type::NULL));
    }
}
