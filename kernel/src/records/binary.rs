//! Plain data as bytes: compact, exact, canonical (equal data in equal order has equal bytes), and read without trust.
//! Neither way recurses, so that no nesting exhausts the stack.

use super::Damage;
use indexmap::map;
use krl_vm::data::{Data, DataMap};
use krl_vm::heap::MAX_NESTING;
use std::slice;
use std::sync::Arc;

/// The first byte of a value.
pub(super) mod tag {
    pub const NULL: u8 = 0;
    pub const FALSE: u8 = 1;
    pub const TRUE: u8 = 2;
    pub const NATURAL: u8 = 3;
    pub const NEGATIVE: u8 = 4;
    pub const DOUBLE: u8 = 5;
    pub const STRING: u8 = 6;
    pub const ARRAY: u8 = 7;
    pub const MAP: u8 = 8;
    /// An array, or a map, whose entries are records of their own.
    pub const SPLIT_ARRAY: u8 = 9;
    pub const SPLIT_MAP: u8 = 10;
}

/// Integers from here on are not told apart by doubles.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Appends an unsigned integer, seven bits to the byte, low ones first.
pub(super) fn put_number(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Appends text behind its length.
pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// What of a container is still to be written.
enum Open<'a> {
    Items(slice::Iter<'a, Data>),
    Entries(map::Iter<'a, Arc<str>, Data>),
}

/// Appends a value.
pub fn put_data(out: &mut Vec<u8>, data: &Data) {
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut next = Some(data);
    while let Some(value) = next {
        open.extend(put_start(out, value));
        next = loop {
            match open.last_mut() {
                None => break None,
                Some(Open::Items(items)) => {
                    if let Some(item) = items.next() {
                        break Some(item);
                    }
                }
                Some(Open::Entries(entries)) => {
                    if let Some((key, value)) = entries.next() {
                        put_text(out, key);
                        break Some(value);
                    }
                }
            }
            open.pop();
        };
    }
}

/// Appends a map.
pub(super) fn put_map(out: &mut Vec<u8>, map: &DataMap) {
    out.push(tag::MAP);
    put_number(out, map.len() as u64);
    for (key, value) in map {
        put_text(out, key);
        put_data(out, value);
    }
}

/// Appends a scalar, or what a container begins with.
fn put_start<'a>(out: &mut Vec<u8>, data: &'a Data) -> Option<Open<'a>> {
    match data {
        Data::Null => out.push(tag::NULL),
        Data::Bool(false) => out.push(tag::FALSE),
        Data::Bool(true) => out.push(tag::TRUE),
        Data::Number(n) => put_double(out, *n),
        Data::String(text) => {
            out.push(tag::STRING);
            put_text(out, text);
        }
        Data::Array(items) => {
            out.push(tag::ARRAY);
            put_number(out, items.len() as u64);
            return Some(Open::Items(items.iter()));
        }
        Data::Map(entries) => {
            out.push(tag::MAP);
            put_number(out, entries.len() as u64);
            return Some(Open::Entries(entries.iter()));
        }
    }
    None
}

fn put_double(out: &mut Vec<u8>, n: f64) {
    let whole = n.fract() == 0.0 && n.abs() < EXACT;
    if whole && (n > 0.0 || n.to_bits() == 0) {
        out.push(tag::NATURAL);
        put_number(out, n as u64);
    } else if whole && n < 0.0 {
        out.push(tag::NEGATIVE);
        put_number(out, -n as u64);
    } else {
        out.push(tag::DOUBLE);
        out.extend_from_slice(&n.to_le_bytes());
    }
}

/// Reads bytes from the front.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

/// A container that is being read.
enum Partial {
    Items(Vec<Data>),
    Entries(DataMap, Arc<str>),
}

impl<'a> Reader<'a> {
    /// Of these bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What is not read yet.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// One byte.
    pub(super) fn byte(&mut self) -> Result<u8, Damage> {
        let (&first, rest) = self.rest.split_first().ok_or(Damage::Short)?;
        self.rest = rest;
        Ok(first)
    }

    fn bytes(&mut self, len: usize) -> Result<&'a [u8], Damage> {
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or(Damage::Short)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// What [`put_number`] wrote.
    fn number(&mut self) -> Result<u64, Damage> {
        let mut n = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            n |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Ok(n);
            }
        }
        Err(Damage::Number)
    }

    /// A number of things of at least one byte each.
    fn count(&mut self) -> Result<usize, Damage> {
        let count = usize::try_from(self.number()?).map_err(|_| Damage::Short)?;
        if count > self.rest.len() { Err(Damage::Short) } else { Ok(count) }
    }

    /// What [`put_text`] wrote.
    pub(super) fn text(&mut self) -> Result<&'a str, Damage> {
        let len = self.count()?;
        std::str::from_utf8(self.bytes(len)?).map_err(|_| Damage::Text)
    }

    /// What [`put_data`] wrote.
    ///
    /// # Errors
    /// Bytes that it never writes.
    pub fn data(&mut self) -> Result<Data, Damage> {
        let mut open: Vec<(Partial, usize)> = Vec::new();
        loop {
            let (mut value, left) = self.start()?;
            if left > 0 {
                if open.len() > MAX_NESTING as usize {
                    return Err(Damage::Nesting);
                }
                let partial = match value {
                    Data::Map(entries) => Partial::Entries(entries, self.text()?.into()),
                    _ => Partial::Items(Vec::with_capacity(left)),
                };
                open.push((partial, left));
                continue;
            }
            loop {
                let Some((partial, left)) = open.last_mut() else { return Ok(value) };
                *left -= 1;
                match partial {
                    Partial::Items(items) => items.push(value),
                    Partial::Entries(entries, key) => {
                        if entries.insert(key.clone(), value).is_some() {
                            return Err(Damage::Twice);
                        }
                        if *left > 0 {
                            *key = self.text()?.into();
                        }
                    }
                }
                if *left > 0 {
                    break;
                }
                value = match open.pop() {
                    Some((Partial::Items(items), _)) => Data::Array(items),
                    Some((Partial::Entries(entries, _), _)) => Data::Map(entries),
                    None => Data::Null,
                };
            }
        }
    }

    /// A scalar, or an empty container with the number of entries that follow.
    fn start(&mut self) -> Result<(Data, usize), Damage> {
        let data = match self.byte()? {
            tag::NULL => Data::Null,
            tag::FALSE => Data::Bool(false),
            tag::TRUE => Data::Bool(true),
            tag::NATURAL => Data::Number(self.number()? as f64),
            tag::NEGATIVE => Data::Number(-(self.number()? as f64)),
            tag::DOUBLE => {
                let bytes = self.bytes(8)?.try_into().map_err(|_| Damage::Short)?;
                Data::Number(f64::from_le_bytes(bytes))
            }
            tag::STRING => Data::string(self.text()?),
            tag::ARRAY => return Ok((Data::Array(Vec::new()), self.count()?)),
            tag::MAP => return Ok((Data::Map(DataMap::new()), self.count()?)),
            other => return Err(Damage::Tag(other)),
        };
        Ok((data, 0))
    }

    /// That nothing is left.
    pub(super) fn end(&self) -> Result<(), Damage> {
        if self.rest.is_empty() { Ok(()) } else { Err(Damage::Trailing) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(data: &Data) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_data(&mut bytes, data);
        let mut reader = Reader::new(&bytes);
        assert_eq!(&reader.data().unwrap(), data);
        assert_eq!(reader.end(), Ok(()));
        bytes
    }

    #[test]
    fn data_comes_back() {
        for text in [
            "null",
            "true",
            "0",
            "-1",
            "9007199254740991",
            "-9007199254740993",
            "1e300",
            "0.1",
            r#""text ÿ \u0000""#,
            "[]",
            "{}",
            r#"[[],{},[null,{"b":[1,2],"a":{}}],3]"#,
            r#"{"b":1,"a":{"":[false]}}"#,
        ] {
            let data = Data::parse(text).unwrap();
            let bytes = round(&data);
            assert_eq!(Reader::new(&bytes).data().unwrap().to_json(), data.to_json(), "order of {text}");
        }
    }

    #[test]
    fn every_double_comes_back_bit_by_bit() {
        for n in [0.0, -0.0, f64::MIN_POSITIVE, f64::MAX, 5e-324, 1.0, -1.0, 4_294_967_296.0] {
            let bytes = round(&Data::Number(n));
            let Ok(Data::Number(m)) = Reader::new(&bytes).data() else { panic!("{n}") };
            assert_eq!(m.to_bits(), n.to_bits());
        }
    }

    #[test]
    fn nesting_neither_exhausts_the_stack_nor_comes_back_beyond_what_the_machine_holds() {
        let nested = |levels: usize| (0..levels).fold(Data::Null, |inner, _| Data::Array(vec![inner]));
        round(&nested(MAX_NESTING as usize + 1));
        let mut deep = nested(100_000);
        let mut bytes = Vec::new();
        put_data(&mut bytes, &deep);
        assert_eq!(Reader::new(&bytes).data(), Err(Damage::Nesting));
        while let Data::Array(items) = &mut deep {
            deep = items.pop().unwrap();
        }
    }

    #[test]
    fn what_is_not_data_is_refused() {
        for (bytes, damage) in [
            (&[][..], Damage::Short),
            (&[99], Damage::Tag(99)),
            (&[tag::ARRAY, 200, 1], Damage::Short),
            (&[tag::STRING, 1, 0xFF], Damage::Text),
            (&[tag::MAP, 2, 1, b'a', 0, 1, b'a', 0], Damage::Twice),
            (&[tag::NATURAL, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255], Damage::Number),
        ] {
            assert_eq!(Reader::new(bytes).data(), Err(damage), "{bytes:?}");
        }
    }
}
