//! Sets of value kinds: the vocabulary in which signatures and the type checker speak.

use krl_vm::value::Kind;
use std::fmt;
use std::ops::BitOr;

/// A set of kinds.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Types(u16);

impl Types {
    /// No kind: code that never yields.
    pub const NEVER: Self = Self(0);
    /// `null`
    pub const NULL: Self = Self(1);
    /// `true`, `false`
    pub const BOOLEAN: Self = Self(1 << 1);
    /// Text.
    pub const STRING: Self = Self(1 << 2);
    /// Numbers.
    pub const NUMBER: Self = Self(1 << 3);
    /// Regular expressions.
    pub const REGEXP: Self = Self(1 << 4);
    /// Arrays.
    pub const ARRAY: Self = Self(1 << 5);
    /// Maps.
    pub const MAP: Self = Self(1 << 6);
    /// Functions.
    pub const FUNCTION: Self = Self(1 << 7);
    /// Actions.
    pub const ACTION: Self = Self(1 << 8);
    /// Arrays and maps.
    pub const COLLECTION: Self = Self(1 << 5 | 1 << 6);
    /// Everything.
    pub const ANY: Self = Self((1 << 9) - 1);
    /// Everything but `null`.
    pub const SOME: Self = Self(((1 << 9) - 1) & !1);

    const NAMES: [(Self, &str); 9] = [
        (Self::NULL, "Null"),
        (Self::BOOLEAN, "Boolean"),
        (Self::STRING, "String"),
        (Self::NUMBER, "Number"),
        (Self::REGEXP, "RegExp"),
        (Self::ARRAY, "Array"),
        (Self::MAP, "Map"),
        (Self::FUNCTION, "Function"),
        (Self::ACTION, "Action"),
    ];

    /// The kind as a set. `ActionFunction` is both; infinities count as numbers.
    #[must_use]
    pub const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Null => Self::NULL,
            Kind::Boolean => Self::BOOLEAN,
            Kind::String => Self::STRING,
            Kind::Number | Kind::JsObject => Self::NUMBER,
            Kind::RegExp => Self::REGEXP,
            Kind::Array => Self::ARRAY,
            Kind::Map => Self::MAP,
            Kind::Function => Self::FUNCTION,
            Kind::Action => Self::ACTION,
            Kind::ActionFunction => Self(1 << 7 | 1 << 8),
        }
    }

    /// Kinds in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Kinds in either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Kinds of `self` not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Is every kind of `other` in `self`?
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Have they a kind in common?
    #[must_use]
    pub const fn overlaps(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Is it empty?
    #[must_use]
    pub const fn is_never(self) -> bool {
        self.0 == 0
    }
}

impl BitOr for Types {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.or(other)
    }
}

impl fmt::Display for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ANY {
            return f.write_str("Any");
        }
        let mut first = true;
        for (set, name) in Self::NAMES {
            if self.contains(set) {
                write!(f, "{}{name}", if first { "" } else { " | " })?;
                first = false;
            }
        }
        if first { f.write_str("Never") } else { Ok(()) }
    }
}

impl fmt::Debug for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
