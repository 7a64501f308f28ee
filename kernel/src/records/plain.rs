//! Plain data as a field of records: its own bytes, since it says itself what it is.

use super::binary::{Reader, put_data, put_map};
use krl_vm::data::{Data, DataMap};
use serde::de::{Error, Visitor};
use serde::{Deserializer, Serializer};
use std::fmt;

/// Writes data.
pub(super) fn serialize<S: Serializer>(data: &Data, serializer: S) -> Result<S::Ok, S::Error> {
    let mut bytes = Vec::new();
    put_data(&mut bytes, data);
    serializer.serialize_bytes(&bytes)
}

/// Reads data.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Data, D::Error> {
    deserializer.deserialize_bytes(Bytes)
}

/// The same for maps.
pub(super) mod map {
    use super::{Bytes, Data, DataMap, Deserializer, Error, Serializer, put_map};

    /// Writes a map.
    pub fn serialize<S: Serializer>(map: &DataMap, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::new();
        put_map(&mut bytes, map);
        serializer.serialize_bytes(&bytes)
    }

    /// Reads a map.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DataMap, D::Error> {
        match deserializer.deserialize_bytes(Bytes)? {
            Data::Map(map) => Ok(map),
            _ => Err(D::Error::custom("no map")),
        }
    }
}

struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = Data;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("encoded data")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Data, E> {
        let mut reader = Reader::new(bytes);
        let data = reader.data().map_err(E::custom)?;
        reader.end().map_err(E::custom)?;
        Ok(data)
    }
}
