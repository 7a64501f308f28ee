//! What a ruleset keeps by name, in order: a list while it is little, which costs nothing but its entries, and with an index when it is much.

use indexmap::IndexMap;
use std::sync::Arc;

/// The longest list.
const FEW: usize = 16;

/// Values by name, in order.
#[derive(Debug)]
pub(super) enum Named<T> {
    Few(Vec<(Arc<str>, T)>),
    Many(Box<IndexMap<Arc<str>, T>>),
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl<T> Named<T> {
    pub fn len(&self) -> usize {
        match self {
            Self::Few(list) => list.len(),
            Self::Many(map) => map.len(),
        }
    }

    /// The position of a name.
    pub fn find(&self, name: &str) -> Option<usize> {
        match self {
            Self::Few(list) => list.iter().position(|(known, _)| **known == *name),
            Self::Many(map) => map.get_index_of(name),
        }
    }

    pub fn get(&self, name: &str) -> Option<&T> {
        match self {
            Self::Few(list) => list.iter().find(|(known, _)| **known == *name).map(|(_, value)| value),
            Self::Many(map) => map.get(name),
        }
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        match self {
            Self::Few(list) => list.iter_mut().find(|(known, _)| **known == *name).map(|(_, value)| value),
            Self::Many(map) => map.get_mut(name),
        }
    }

    /// What stands at a position.
    pub fn at_mut(&mut self, index: usize) -> Option<(&Arc<str>, &mut T)> {
        match self {
            Self::Few(list) => list.get_mut(index).map(|(name, value)| (&*name, value)),
            Self::Many(map) => map.get_index_mut(index),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &T)> {
        let (few, many) = match self {
            Self::Few(list) => (&**list, None),
            Self::Many(map) => (&[][..], Some(map)),
        };
        few.iter().map(|(name, value)| (name, value)).chain(many.into_iter().flat_map(|map| map.iter()))
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Arc<str>, &mut T)> {
        let (few, many) = match self {
            Self::Few(list) => (&mut **list, None),
            Self::Many(map) => (&mut [][..], Some(map)),
        };
        let few = few.iter_mut().map(|(name, value)| (&*name, value));
        few.chain(many.into_iter().flat_map(|map| map.iter_mut()))
    }

    /// Inserts what is not there at a position.
    pub fn insert(&mut self, index: usize, name: Arc<str>, value: T) {
        if let Self::Few(list) = self
            && list.len() >= FEW
        {
            *self = Self::Many(Box::new(std::mem::take(list).into_iter().collect()));
        }
        let index = index.min(self.len());
        match self {
            Self::Few(list) => list.insert(index, (name, value)),
            Self::Many(map) => drop(map.shift_insert(index, name, value)),
        }
    }

    /// Removes an entry; answers where it stood.
    pub fn remove(&mut self, name: &str) -> Option<(usize, Arc<str>, T)> {
        let index = self.find(name)?;
        match self {
            Self::Few(list) => {
                let (name, value) = list.remove(index);
                Some((index, name, value))
            }
            Self::Many(map) => map.shift_remove_full(name),
        }
    }

    /// Gives back memory that was taken in advance.
    pub fn shrink(&mut self) {
        match self {
            Self::Few(list) => list.shrink_to_fit(),
            Self::Many(map) => map.shrink_to_fit(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_entries_are_kept_alike() {
        let mut named = Named::default();
        let mut expected: Vec<(String, usize)> = Vec::new();
        let check = |named: &mut Named<usize>, expected: &[(String, usize)]| {
            let seen: Vec<_> = named.iter().map(|(name, value)| (name.to_string(), *value)).collect();
            assert_eq!(seen, expected);
            let seen: Vec<_> = named.iter_mut().map(|(name, value)| (name.to_string(), *value)).collect();
            assert_eq!((seen.as_slice(), named.len()), (expected, expected.len()));
            for (index, (name, value)) in expected.iter().enumerate() {
                assert_eq!((named.find(name), named.get(name)), (Some(index), Some(value)));
                assert_eq!(named.get_mut(name), Some(&mut value.clone()));
                assert_eq!(named.at_mut(index).map(|(name, _)| &**name), Some(&**name));
            }
            assert_eq!((named.find("none"), named.get("none")), (None, None));
        };
        for number in 0..40 {
            let at = number * 7 % (expected.len() + 1);
            named.insert(at, format!("n{number}").into(), number);
            expected.insert(at, (format!("n{number}"), number));
            check(&mut named, &expected);
        }
        for number in 0..40 {
            let at = expected.iter().position(|(_, known)| *known == number).unwrap();
            let removed = named.remove(&format!("n{number}")).unwrap();
            assert_eq!(removed, (at, format!("n{number}").into(), number));
            expected.remove(at);
            check(&mut named, &expected);
        }
        assert!(named.remove("none").is_none());
    }
}
