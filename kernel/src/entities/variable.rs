//! A variable in memory: in use, or as it was loaded.

use super::stored::Entry;
use super::{LARGE, Place, load};
use crate::records::variable::{Container, read_whole};
use krl_vm::data::Data;
use krl_vm::fault::Fault;

/// A variable.
#[derive(Debug)]
pub(super) enum Variable {
    Here(Box<Here>),
    /// One that was not used yet, as [`pack`] made it: that takes a fraction of the memory.
    Packed(Box<[u8]>),
    /// A large one that was not used yet.
    InStore(Container, Box<Place>),
}

/// A variable that is in use.
#[derive(Debug)]
pub(super) struct Here {
    pub value: Data,
    pub stored: Entry,
}

impl Here {
    /// Becomes another; answers what it was.
    pub fn replace(&mut self, value: Data) -> Data {
        self.stored.replace();
        std::mem::replace(&mut self.value, value)
    }

    /// Is its value known to be large, without a look at all of it?
    pub fn is_large(&self) -> bool {
        match &self.value {
            Data::String(text) => text.len() > LARGE,
            Data::Array(items) => items.len() > LARGE / 64,
            Data::Map(entries) => entries.len() > LARGE / 64,
            _ => self.stored.size > LARGE,
        }
    }
}

/// What memory keeps of a variable of one record that was not used yet: the hash of the encoded value, which tells whether it has changed when
/// it is written, and the value.
pub(super) fn pack(hash: u64, encoded: &[u8]) -> Box<[u8]> {
    [&hash.to_le_bytes(), encoded].concat().into()
}

pub(super) fn unpack(packed: &[u8]) -> Result<Here, Fault> {
    let (hash, encoded) =
        packed.split_first_chunk().ok_or_else(|| Fault::internal("a variable without hash"))?;
    let value = read_whole(encoded).map_err(|damage| Fault::storage(damage.to_string()))?;
    Ok(Here { value, stored: Entry { rank: 1, hash: u64::from_le_bytes(*hash), ..Entry::default() } })
}

/// Reads a variable that is stored in parts.
pub(super) fn fetch(place: &Place, name: &str, container: Container) -> Result<Here, Fault> {
    let read = load::read(place, name, container);
    let (value, stored) = read.map_err(|error| Fault::storage(error.to_string()))?;
    Ok(Here { value, stored })
}
