//! The form of everything the kernel stores: keys, and records that begin with a version and are read without trust.

pub mod agenda;
pub mod binary;
pub mod channel;
mod check;
pub mod cloud;
pub mod job;
pub mod key;
pub mod matches;
mod plain;
pub mod rulesets;
#[cfg(test)]
mod tests;
pub mod variable;

pub use check::check;

use crate::store::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;
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
    /// Its fields are not those of such a record.
    Fields,
    /// Its key is not the hash of what it holds.
    Hash,
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
            Self::Fields => f.write_str("its fields are not those of such a record"),
            Self::Hash => f.write_str("it is not what its key is the hash of"),
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

/// A record of these fields.
pub(crate) fn encode(fields: &impl Serialize) -> Vec<u8> {
    // The types of records have only lengths that are known beforehand, with which this cannot fail.
    postcard::to_extend(fields, vec![VERSION]).unwrap_or_default()
}

/// The fields of a record.
pub(crate) fn decode<T: DeserializeOwned>(record: &[u8]) -> Result<T, Damage> {
    let fields = versioned(record)?.rest();
    match postcard::take_from_bytes(fields) {
        Ok((fields, [])) => Ok(fields),
        Ok(_) => Err(Damage::Trailing),
        Err(postcard::Error::DeserializeUnexpectedEnd) => Err(Damage::Short),
        Err(_) => Err(Damage::Fields),
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
