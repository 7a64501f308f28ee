//! Records of entity variables. A variable is one record if it is small. Else its record says only that it is an array or a map, and each
//! entry is a record of its own, which in turn may say the same. Entries have ranks, and the key of an entry's record is that of the
//! variable and the ranks on the way to it: keys are short whatever a program uses as keys of its maps, entries are read in order, and
//! one that goes leaves its siblings alone.

use super::binary::{Reader, put_text, tag};
use super::key::{Tag, of_cloud};
use super::{Damage, VERSION, versioned};
use krl_vm::data::Data;

/// Bytes of a rank in a key.
pub const RANK: usize = 8;

/// Containers that can be stored in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// An array.
    Array,
    /// A map.
    Map,
}

impl Container {
    /// What data is, if it is a container.
    #[must_use]
    pub fn of(data: &Data) -> Option<Self> {
        match data {
            Data::Array(_) => Some(Self::Array),
            Data::Map(_) => Some(Self::Map),
            _ => None,
        }
    }
}

/// What a record says of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form<'a> {
    /// It is this, encoded.
    Whole(&'a [u8]),
    /// Its entries are other records.
    Split(Container),
}

/// The key of a variable.
#[must_use]
pub fn variable_key(cloud: &str, rid: &str, name: &str) -> Vec<u8> {
    of_cloud(cloud, Tag::Variable, &[rid, name])
}

/// What the keys of a variable's parts begin with; the ranks follow.
#[must_use]
pub fn parts_key(cloud: &str, rid: &str, name: &str) -> Vec<u8> {
    of_cloud(cloud, Tag::Part, &[rid, name])
}

/// The record of a variable.
#[must_use]
pub fn variable_record(form: Form<'_>) -> Vec<u8> {
    let mut out = vec![VERSION];
    put_form(&mut out, form);
    out
}

/// The record of a part: an entry of a map has a label, an item of an array has none.
#[must_use]
pub fn part_record(label: Option<&str>, form: Form<'_>) -> Vec<u8> {
    let mut out = vec![VERSION, u8::from(label.is_some())];
    if let Some(label) = label {
        put_text(&mut out, label);
    }
    put_form(&mut out, form);
    out
}

fn put_form(out: &mut Vec<u8>, form: Form<'_>) {
    match form {
        Form::Whole(bytes) => out.extend_from_slice(bytes),
        Form::Split(Container::Array) => out.push(tag::SPLIT_ARRAY),
        Form::Split(Container::Map) => out.push(tag::SPLIT_MAP),
    }
}

/// What the record of a variable says.
///
/// # Errors
/// It is no such record. The value in it is not looked at.
pub fn read_variable(record: &[u8]) -> Result<Form<'_>, Damage> {
    Ok(read_form(versioned(record)?))
}

/// What the record of a part says.
///
/// # Errors
/// It is no such record. The value in it is not looked at.
pub fn read_part(record: &[u8]) -> Result<(Option<&str>, Form<'_>), Damage> {
    let mut reader = versioned(record)?;
    let label = match reader.byte()? {
        0 => None,
        1 => Some(reader.text()?),
        other => return Err(Damage::Tag(other)),
    };
    Ok((label, read_form(reader)))
}

fn read_form(reader: Reader<'_>) -> Form<'_> {
    match reader.rest() {
        [tag::SPLIT_ARRAY] => Form::Split(Container::Array),
        [tag::SPLIT_MAP] => Form::Split(Container::Map),
        bytes => Form::Whole(bytes),
    }
}

/// The value of a [`Form::Whole`].
///
/// # Errors
/// The bytes are not exactly one value.
pub fn read_whole(bytes: &[u8]) -> Result<Data, Damage> {
    let mut reader = Reader::new(bytes);
    let data = reader.data()?;
    reader.end().map(|()| data)
}
