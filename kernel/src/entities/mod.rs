//! Entity variables: plain data by ruleset and name, read and written by path without copying the rest
//! (`krl-runtime.md` §2.5, decision L1). Every write answers how to take it back.
//!
//! Variables may live in memory only. Or they are stored: then they stay encoded until they are first used, large ones in the store, and
//! [`Variables::save`] writes what changed, a record for each small variable or for each small part of a large one.

mod compare;
mod load;
mod named;
mod path;
mod save;
mod stored;
#[cfg(test)]
mod tests;
mod variable;

pub use path::Former;

use self::named::Named;
use self::stored::Entry;
use self::variable::{Here, Variable, fetch, pack, unpack};
use crate::records::Damage;
use crate::records::variable::{Form, read_variable, read_whole};
use crate::store::Read;
use krl_vm::data::{Data, DataMap};
use krl_vm::fault::Fault;
use std::fmt;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Bytes, roughly, from which a variable is large.
const LARGE: usize = 64 << 10;

/// Where variables are stored.
pub struct Home {
    /// Where large variables are read from, when they are first used. It holds what was saved, at least of the variables not yet read.
    pub read: Arc<dyn Read>,
    /// The secret of the hashes that tell what changed; they stay in memory.
    pub seed: u64,
    /// When variables are split.
    pub sizes: Sizes,
}

/// Where the variables of a ruleset are stored.
#[derive(Clone, Debug)]
pub struct Place {
    /// With those of all clouds.
    pub home: Arc<Home>,
    /// The cloud's id.
    pub cloud: Arc<str>,
    /// The ruleset's.
    pub rid: Arc<str>,
}

/// When variables are split, in bytes of encoded values.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Arrays and maps beyond this have a record for each entry.
    pub split: usize,
    /// Those that fall below this are one record again.
    pub join: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { split: 1024, join: 512 }
    }
}

/// The entity variables of one ruleset.
#[derive(Debug, Default)]
pub struct Variables {
    variables: Named<Variable>,
    /// Variables that are gone, and their records not yet.
    removed: Option<Box<Removed>>,
}

/// Names of variables, with their records.
#[derive(Debug, Default)]
struct Removed(Vec<(Arc<str>, Entry)>);

/// How to take a write back.
#[derive(Debug)]
pub enum Undo {
    /// There was no such variable.
    Created(Arc<str>),
    /// The variable was this.
    Replaced(Arc<str>, Data),
    /// The variable was this, at this position.
    Removed(usize, Arc<str>, Data),
    /// What stood at the path was this.
    Part(Arc<str>, Vec<Arc<str>>, Former),
}

impl Undo {
    /// The variable.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        match self {
            Self::Created(name)
            | Self::Replaced(name, _)
            | Self::Removed(_, name, _)
            | Self::Part(name, ..) => name,
        }
    }
}

impl Variables {
    /// Takes over the stored record of a variable. A large one is read from there when it is first used.
    ///
    /// # Errors
    /// The record is damaged.
    pub fn adopt(&mut self, place: &Place, name: Arc<str>, record: &[u8]) -> Result<(), Damage> {
        let variable = match read_variable(record)? {
            Form::Split(container) => Variable::InStore(container, Box::new(place.clone())),
            Form::Whole(bytes) => {
                // Decoded in any case, so that damage is found when the cloud is loaded.
                read_whole(bytes)?;
                Variable::Packed(pack(place.home.hash(bytes), bytes))
            }
        };
        self.variables.insert(usize::MAX, name, variable);
        Ok(())
    }

    /// Those that are in memory.
    #[must_use]
    pub fn in_memory(&self) -> DataMap {
        let values = self.variables.iter().filter_map(|(name, variable)| match variable {
            Variable::Here(here) => Some((name.clone(), here.value.clone())),
            Variable::Packed(bytes) => Some((name.clone(), unpack(bytes).ok()?.value)),
            Variable::InStore(..) => None,
        });
        values.collect()
    }

    /// Gives back memory that was taken in advance.
    pub(crate) fn shrink(&mut self) {
        self.variables.shrink();
    }

    /// All of them.
    ///
    /// # Errors
    /// The store's, for large ones that were not used yet.
    pub fn to_map(&self) -> Result<DataMap, Fault> {
        let values = self.variables.iter().map(|(name, variable)| {
            let value = match variable {
                Variable::Here(here) => here.value.clone(),
                Variable::Packed(bytes) => unpack(bytes)?.value,
                Variable::InStore(container, place) => fetch(place, name, *container)?.value,
            };
            Ok((name.clone(), value))
        });
        values.collect()
    }

    /// Is the value of a variable known to be large, without a look at all of it?
    #[must_use]
    pub fn is_large(&self, name: &str) -> bool {
        self.variables.get(name).is_some_and(|variable| match variable {
            Variable::Here(here) => here.is_large(),
            Variable::Packed(bytes) => bytes.len() > LARGE,
            Variable::InStore(..) => false,
        })
    }

    /// The value of a variable; `None` where there is nothing.
    ///
    /// # Errors
    /// The store's, for a large one that was not used yet.
    pub fn get(&mut self, name: &str) -> Result<Option<&Data>, Fault> {
        Ok(self.variable(name)?.map(|(_, here)| &here.value))
    }

    /// What stands at a path in a variable; `None` where there is nothing.
    ///
    /// # Errors
    /// As [`Variables::get`].
    pub fn get_part(&mut self, name: &str, path: &[Arc<str>]) -> Result<Option<&Data>, Fault> {
        Ok(self.get(name)?.and_then(|root| path::get(root, path)))
    }

    /// Sets a variable; null removes it.
    ///
    /// # Errors
    /// As [`Variables::get`].
    pub fn set(&mut self, name: &str, value: Data) -> Result<Option<Undo>, Fault> {
        if value == Data::Null {
            return self.remove(name);
        }
        if let Some((name, here)) = self.variable(name)? {
            return Ok(Some(Undo::Replaced(name.clone(), here.replace(value))));
        }
        let name: Arc<str> = name.into();
        self.insert(self.variables.len(), name.clone(), value);
        Ok(Some(Undo::Created(name)))
    }

    /// Removes a variable.
    ///
    /// # Errors
    /// As [`Variables::get`].
    pub fn remove(&mut self, name: &str) -> Result<Option<Undo>, Fault> {
        self.variable(name)?;
        Ok(self.take(name).map(|(index, name, value)| Undo::Removed(index, name, value)))
    }

    /// Sets the part of a variable at a path. What is missing or scalar on the way becomes an array before an index, else a map; a name
    /// on an array is lost. An empty path sets nothing.
    ///
    /// # Errors
    /// As [`Variables::get`]; a limit for an index far beyond the end of an array, and for too much nesting.
    pub fn set_part(&mut self, name: &str, path: &[Arc<str>], value: Data) -> Result<Option<Undo>, Fault> {
        path::check_nesting(path, &value)?;
        let Some((name, Here { value: root @ (Data::Map(_) | Data::Array(_)), stored })) =
            self.variable(name)?
        else {
            let mut root = Data::Map(DataMap::new());
            path::put(&mut root, path, value)?;
            return self.set(name, root);
        };
        let Some((depth, former)) = path::put(root, path, value)? else { return Ok(None) };
        let path: Vec<Arc<str>> = path.iter().take(depth).cloned().collect();
        follow(
            root,
            stored,
            &path,
            match former {
                Former::Absent(_) => Step::Resized,
                _ => Step::Replaced,
            },
        );
        Ok(Some(Undo::Part(name.clone(), path, former)))
    }

    /// Removes the part of a variable at a path; an item of an array becomes null.
    ///
    /// # Errors
    /// As [`Variables::get`].
    pub fn remove_part(&mut self, name: &str, path: &[Arc<str>]) -> Result<Option<Undo>, Fault> {
        let Some((name, Here { value: root, stored })) = self.variable(name)? else { return Ok(None) };
        let Some(former) = path::remove(root, path) else { return Ok(None) };
        follow(
            root,
            stored,
            path,
            match former {
                Former::Entry(index, _) => Step::Removed(index),
                _ => Step::Replaced,
            },
        );
        Ok(Some(Undo::Part(name.clone(), path.to_vec(), former)))
    }

    /// Takes a write back. Writes are taken back in reverse order.
    pub fn undo(&mut self, undo: Undo) {
        match undo {
            Undo::Created(name) => drop(self.take(&name)),
            Undo::Removed(index, name, value) => self.insert(index, name, value),
            Undo::Replaced(name, value) => {
                if let Some(Variable::Here(here)) = self.variables.get_mut(&name) {
                    here.replace(value);
                }
            }
            Undo::Part(name, path, former) => self.put_back(&name, &path, former),
        }
    }

    fn put_back(&mut self, name: &str, path: &[Arc<str>], former: Former) {
        let Some(Variable::Here(here)) = self.variables.get_mut(name) else { return };
        let Here { value: root, stored } = &mut **here;
        let step = match (&former, path.split_last()) {
            (Former::Value(_), _) => Step::Replaced,
            (Former::Entry(index, _), _) => Step::Inserted(*index),
            (Former::Absent(_), Some((last, parents))) => {
                match path::get(root, parents).map(|parent| (parent, path::position(parent, last))) {
                    Some((Data::Map(_), Some(index))) => Step::Removed(index),
                    _ => Step::Resized,
                }
            }
            (Former::Absent(_), None) => return,
        };
        path::put_back(root, path, former);
        follow(root, stored, path, step);
    }

    /// A variable; reads it if it was not used yet.
    fn variable(&mut self, name: &str) -> Result<Option<(&Arc<str>, &mut Here)>, Fault> {
        let Some(index) = self.variables.find(name) else { return Ok(None) };
        let Some((name, variable)) = self.variables.at_mut(index) else { return Ok(None) };
        let here = match variable {
            Variable::Here(_) => None,
            Variable::Packed(bytes) => Some(unpack(bytes)?),
            Variable::InStore(container, place) => Some(fetch(place, name, *container)?),
        };
        if let Some(here) = here {
            *variable = Variable::Here(Box::new(here));
        }
        Ok(match variable {
            Variable::Here(here) => Some((name, here)),
            _ => None,
        })
    }

    fn insert(&mut self, index: usize, name: Arc<str>, value: Data) {
        let removed = self.removed.as_mut().and_then(|removed| removed.take(&name));
        let mut stored = removed.unwrap_or_default();
        stored.replace();
        self.variables.insert(index, name, Variable::Here(Box::new(Here { value, stored })));
    }

    fn take(&mut self, name: &str) -> Option<(usize, Arc<str>, Data)> {
        self.variable(name).ok()??;
        let (index, name, variable) = self.variables.remove(name)?;
        let Variable::Here(here) = variable else { return None };
        if here.stored.rank != 0 {
            self.removed.get_or_insert_default().0.push((name.clone(), here.stored));
        }
        Some((index, name, here.value))
    }
}

impl Removed {
    fn take(&mut self, name: &str) -> Option<Entry> {
        let at = self.0.iter().position(|(removed, _)| **removed == *name)?;
        Some(self.0.swap_remove(at).1)
    }
}

/// What happened at a path.
enum Step {
    /// Another value stands there.
    Replaced,
    /// An entry came to this position of its map.
    Inserted(usize),
    /// An entry went from this position of its map.
    Removed(usize),
    /// Entries came to the end of their container, or went from there.
    Resized,
}

/// Keeps the stored form in step with a change at a path of the value.
fn follow(root: &Data, stored: &mut Entry, path: &[Arc<str>], step: Step) {
    let Some((last, parents)) = path.split_last() else { return };
    let Some(parts) = stored.touch(root, parents) else { return };
    let Some(parent) = path::get(root, parents) else { return };
    match step {
        Step::Replaced => path::position(parent, last).into_iter().for_each(|index| parts.replace(index)),
        Step::Inserted(index) => parts.insert(index),
        Step::Removed(index) => parts.remove(index),
        Step::Resized => parts.resize(path::len(parent)),
    }
}

impl From<DataMap> for Variables {
    fn from(map: DataMap) -> Self {
        let mut variables = Self::default();
        for (name, value) in map {
            variables.insert(variables.variables.len(), name, value);
        }
        variables
    }
}

impl Home {
    /// Where variables are split as usual.
    #[must_use]
    pub fn new(read: Arc<dyn Read>, seed: u64) -> Arc<Self> {
        Arc::new(Self { read, seed, sizes: Sizes::default() })
    }

    /// Never 0.
    fn hash(&self, bytes: &[u8]) -> u64 {
        xxh3_64_with_seed(bytes, self.seed) | 1
    }
}

impl fmt::Debug for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Home").field("sizes", &self.sizes).finish_non_exhaustive()
    }
}
