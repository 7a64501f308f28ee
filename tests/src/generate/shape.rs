//! What an expression is to be: kinds, as the signature table names them, and what is in it.

use super::choices::Choices;
use krl_stdlib::types::Types;

/// Kinds of values, the simplest first.
pub const KINDS: [Types; 8] = [
    Types::NUMBER,
    Types::STRING,
    Types::BOOLEAN,
    Types::NULL,
    Types::ARRAY,
    Types::MAP,
    Types::REGEXP,
    Types::FUNCTION,
];

/// Kinds that are data: what attributes, entity variables and answers hold.
pub const DATA: Types =
    Types::NUMBER.or(Types::STRING).or(Types::BOOLEAN).or(Types::NULL).or(Types::COLLECTION);

/// Kinds that convert to numbers whatever their value.
pub const COUNTABLE: Types = Types::NUMBER.or(Types::BOOLEAN).or(Types::NULL).or(Types::COLLECTION);

/// Kinds without parts.
pub const SCALAR: Types = Types::NUMBER.or(Types::STRING).or(Types::BOOLEAN);

/// What an expression is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Its kind: one of these.
    pub is: Types,
    /// The kinds of its elements, or of what it returns.
    pub of: Types,
}

impl Shape {
    /// One of these kinds, with scalars in it.
    #[must_use]
    pub const fn of(is: Types) -> Self {
        Self { is, of: SCALAR }
    }

    /// A collection or function with parts of these kinds.
    #[must_use]
    pub const fn with(is: Types, of: Types) -> Self {
        Self { is, of }
    }

    /// Its parts.
    #[must_use]
    pub const fn part(self) -> Self {
        Self::of(self.of)
    }

    /// Is every value of this shape one of `wanted`?
    #[must_use]
    pub fn is_within(self, wanted: Self) -> bool {
        let plain = Types::COLLECTION.or(Types::FUNCTION);
        wanted.is.contains(self.is) && (!self.is.overlaps(plain) || wanted.of.contains(self.of))
    }

    /// One of the kinds that are possible.
    pub fn settled(self, choices: &mut Choices) -> Self {
        let possible: Vec<Types> = KINDS.into_iter().filter(|kind| self.is.contains(*kind)).collect();
        if possible.is_empty() {
            return Self { is: Types::NULL, ..self };
        }
        Self { is: *choices.pick(&possible), ..self }
    }
}

/// A kind of data that is not null.
pub fn any_kind(choices: &mut Choices) -> Types {
    *choices.pick(&[Types::NUMBER, Types::STRING, Types::BOOLEAN, Types::ARRAY, Types::MAP])
}
