//! The form of everything the kernel stores: keys, and records that begin with a version and are read without trust.

pub mod binary;
pub mod key;
pub mod variable;

use crate::store::StoreError;
use std::fmt;

/// The version that records begin with.
pub const VERSION: u8 = 1;

/// What is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It begins with another version.
    Version(u8),
    /// It ends too early.
    Short,
    /// A kind of value that there is not.
    Tag(u8),
    /// A number of too many bytes.
    Number,
    /// Text that is not UTF-8.
    Text,
    /// More nesting than the machine holds.
    Nesting,
    /// A map has a key twice.
    Twice,
    /// Something follows its end.
    Trailing,
    /// A part without what it is a part of, or under a key of another shape.
    Stray,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => write!(f, "it has version {version}, not {VERSION}"),
            Self::Short => f.write_str("it ends too early"),
            Self::Tag(tag) => write!(f, "there is no value of kind {tag}"),
            Self::Number => f.write_str("a number is too long"),
            Self::Text => f.write_str("text is not UTF-8"),
            Self::Nesting => f.write_str("it is nested too deeply"),
            Self::Twice => f.write_str("a map has a key twice"),
            Self::Trailing => f.write_str("something follows its end"),
            Self::Stray => f.write_str("it belongs to nothing"),
        }
    }
}

impl std::error::Error for Damage {}

impl Damage {
    /// As an error of the store.
    #[must_use]
    pub fn at(&self, key: &[u8]) -> StoreError {
        StoreError::Corrupt(format!("the record `{}`: {self}", key.escape_ascii()))
    }
}

/// What follows the version of a record.
fn versioned(record: &[u8]) -> Result<binary::Reader<'_>, Damage> {
    let mut reader = binary::Reader::new(record);
    match reader.byte()? {
        VERSION => Ok(reader),
        other => Err(Damage::Version(other)),
    }
}
