//! Keys of records. Names within a key end with a zero byte; the bytes 0 and 1 in them are escaped, so that no name begins another
//! and keys are in the order of the names.

use crate::id::LENGTH as CLOUD;

/// What a record of a cloud is; the byte behind the cloud's id. The parts of variables come last: one scan of the others loads a cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Tag {
    /// What the cloud is.
    Head = b'a',
    /// A channel: id.
    Channel = b'c',
    /// A child: id.
    Child = b'd',
    /// A job: id.
    Job = b'j',
    /// A match in progress: ruleset, rule.
    Match = b'm',
    /// An entity variable: ruleset, name.
    Variable = b'v',
    /// A part of an entity variable: ruleset, name, ranks.
    Part = b'w',
}

impl Tag {
    const ALL: [Self; 7] =
        [Self::Head, Self::Channel, Self::Child, Self::Job, Self::Match, Self::Variable, Self::Part];

    /// How many names follow it in a key.
    const fn names(self) -> usize {
        match self {
            Self::Head => 0,
            Self::Channel | Self::Child | Self::Job => 1,
            Self::Match | Self::Variable | Self::Part => 2,
        }
    }
}

/// What a key of a cloud's record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudKey<'a> {
    /// The cloud's id.
    pub cloud: &'a str,
    /// What the record is.
    pub tag: Tag,
    /// The names: none, an id, or a ruleset and a name.
    pub names: Vec<String>,
    /// What follows: the ranks of a part.
    pub rest: &'a [u8],
}

/// Reads the key of a cloud's record.
#[must_use]
pub fn read(key: &[u8]) -> Option<CloudKey<'_>> {
    let (cloud, rest) = key.split_at_checked(CLOUD)?;
    let (&first, mut rest) = rest.split_first()?;
    let tag = Tag::ALL.into_iter().find(|tag| *tag as u8 == first)?;
    let mut names = Vec::with_capacity(tag.names());
    for _ in 0..tag.names() {
        let (name, after) = take_name(rest)?;
        names.push(name);
        rest = after;
    }
    if rest.is_empty() == (tag == Tag::Part) {
        return None;
    }
    Some(CloudKey { cloud: std::str::from_utf8(cloud).ok()?, tag, names, rest })
}

/// Appends a name.
pub fn put_name(key: &mut Vec<u8>, name: &str) {
    for &byte in name.as_bytes() {
        if byte <= 1 {
            key.push(1);
        }
        key.push(if byte <= 1 { byte + 1 } else { byte });
    }
    key.push(0);
}

/// Takes a name from the front of what is left of a key.
#[must_use]
pub fn take_name(key: &[u8]) -> Option<(String, &[u8])> {
    let end = key.iter().position(|&byte| byte == 0)?;
    let (escaped, rest) = key.split_at(end);
    let mut name = Vec::with_capacity(end);
    let mut bytes = escaped.iter();
    while let Some(&byte) = bytes.next() {
        name.push(if byte == 1 { bytes.next()?.checked_sub(1).filter(|&b| b <= 1)? } else { byte });
    }
    Some((String::from_utf8(name).ok()?, rest.get(1..)?))
}

/// The key of a cloud's records of a kind, or what those begin with.
#[must_use]
pub fn of_cloud(cloud: &str, tag: Tag, names: &[&str]) -> Vec<u8> {
    let room = names.iter().map(|name| name.len() + 1).sum::<usize>();
    let mut key = Vec::with_capacity(cloud.len() + 1 + room);
    key.extend_from_slice(cloud.as_bytes());
    key.push(tag as u8);
    names.iter().for_each(|name| put_name(&mut key, name));
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_and_keep_their_order() {
        let names = ["", "\0", "\0a", "\u{1}", "\u{1}\0", "\u{2}", "a", "a\0", "a\u{1}", "ab", "ÿ"];
        let keys = names.map(|name| of_cloud("c", Tag::Variable, &[name, "end"]));
        assert!(keys.is_sorted());
        for (name, key) in names.iter().zip(&keys) {
            let (found, rest) = take_name(&key[2..]).unwrap();
            assert_eq!((&*found, rest), (*name, &b"end\0"[..]));
        }
        assert_eq!(take_name(b"open"), None);
        assert_eq!(take_name(b"\x01\x09\0"), None);
    }
}
