//! Channels in the order of their ids: a list while there are few, which costs nothing but them, and a tree when there are many.

use crate::channel::Channel;
use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// The longest list.
const FEW: usize = 32;

/// Channels by id. Of a list and a tree one is empty.
#[derive(Debug, Default)]
pub(super) struct Table {
    few: Vec<Channel>,
    many: BTreeSet<ById>,
}

/// A channel, found by its id.
#[derive(Debug)]
struct ById(Channel);

impl Borrow<str> for ById {
    fn borrow(&self) -> &str {
        &self.0.id
    }
}

impl PartialEq for ById {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for ById {}

impl PartialOrd for ById {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ById {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.id.cmp(&other.0.id)
    }
}

impl Table {
    /// One channel, or none.
    pub fn of(channel: Option<Channel>) -> Self {
        Self { few: channel.into_iter().collect(), many: BTreeSet::new() }
    }

    fn find(&self, id: &str) -> Result<usize, usize> {
        self.few.binary_search_by(|channel| channel.id.as_bytes().cmp(id.as_bytes()))
    }

    pub fn get(&self, id: &str) -> Option<&Channel> {
        match self.find(id) {
            Ok(at) => self.few.get(at),
            Err(_) => self.many.get(id).map(|channel| &channel.0),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Channel> {
        self.few.iter().chain(self.many.iter().map(|channel| &channel.0))
    }

    /// Puts a channel in its place.
    pub fn put(&mut self, channel: Channel) {
        if self.few.len() == FEW {
            self.many.extend(std::mem::take(&mut self.few).into_iter().map(ById));
        }
        if self.many.is_empty() {
            match self.find(&channel.id) {
                Ok(at) => drop(self.few.splice(at..=at, [channel])),
                Err(at) => self.few.insert(at, channel),
            }
        } else {
            self.many.replace(ById(channel));
        }
    }

    /// Takes a channel away.
    pub fn take(&mut self, id: &str) -> Option<Channel> {
        match self.find(id) {
            Ok(at) => Some(self.few.remove(at)),
            Err(_) => self.many.take(id).map(|channel| channel.0),
        }
    }

    /// Gives back memory that was taken in advance.
    pub fn shrink(&mut self) {
        self.few.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_channels_are_found_alike_and_in_order() {
        let name = |number: usize| format!("c{:03}", number * 7 % 101);
        let mut table = Table::default();
        for number in 0..100 {
            table.put(Channel::open(&*name(number)));
            table.put(Channel::open(&*name(number / 2)));
            let ids: Vec<String> = table.iter().map(|channel| channel.id.to_string()).collect();
            assert!(ids.is_sorted() && ids.len() == number + 1, "{ids:?}");
            assert!((0..=number).all(|known| table.get(&name(known)).is_some()));
            assert!(table.get(&name(number + 1)).is_none());
        }
        for number in 0..100 {
            assert_eq!(table.take(&name(number)).map(|channel| channel.id.to_string()), Some(name(number)));
            assert!(table.take(&name(number)).is_none());
            assert_eq!(table.iter().count(), 99 - number);
        }
    }
}
