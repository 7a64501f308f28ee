//! The format version of a store, and the way from older formats to this one.

use krl_kernel::store::{Batch, Read, Space, Store, StoreError};
use std::ops::ControlFlow;

/// The format this version writes.
pub const FORMAT: u32 = 3;

/// Where the version is kept: in `Space::Host`, big-endian.
const KEY: &[u8] = b"format";

/// Brings a store from one format to the next. A crash in the middle runs it again, so it must be safe to repeat.
pub type Migration = fn(&dyn Store) -> Result<(), StoreError>;

/// By the format they start from.
///
/// Format 2 has lists of rulesets beside the heads of clouds and names once in a record of a log. Records of format 1 are read as they are, and
/// written anew when they change. Format 3 has large values in files, which the store on disk has made when it comes here.
pub const MIGRATIONS: &[(u32, Migration)] = &[(1, |_| Ok(())), (2, |_| Ok(()))];

/// Marks an empty store with the `supported` format, and brings an older one up to it, step by step.
///
/// # Errors
/// [`StoreError::Version`] for a newer format and for an older one without a way up; the medium's.
pub fn migrate(store: &dyn Store, supported: u32, migrations: &[(u32, Migration)]) -> Result<(), StoreError> {
    let mut found = match version(store)? {
        Some(found) => found,
        None if is_empty(store)? => return mark(store, supported),
        None => {
            return Err(StoreError::Corrupt("it has entries but no format version".to_owned()));
        }
    };
    while found != supported {
        let step = migrations.iter().find(|(from, _)| *from == found && found < supported);
        let Some((_, migration)) = step else {
            return Err(StoreError::Version { found, supported });
        };
        migration(store)?;
        found += 1;
        mark(store, found)?;
    }
    Ok(())
}

/// What a store says of its format.
pub fn version(store: &dyn Read) -> Result<Option<u32>, StoreError> {
    let Some(value) = store.get(Space::Host, KEY)? else {
        return Ok(None);
    };
    let bytes = value
        .as_slice()
        .try_into()
        .map_err(|_| StoreError::Corrupt("its format version is not four bytes".to_owned()))?;
    Ok(Some(u32::from_be_bytes(bytes)))
}

fn is_empty(store: &dyn Store) -> Result<bool, StoreError> {
    let mut empty = true;
    for space in Space::ALL {
        store.scan(space, &[], None, &mut |_, _| {
            empty = false;
            ControlFlow::Break(())
        })?;
    }
    Ok(empty)
}

fn mark(store: &dyn Store, format: u32) -> Result<(), StoreError> {
    let mut batch = Batch::default();
    batch.put(Space::Host, KEY, format.to_be_bytes());
    store.commit(&batch)?;
    store.sync()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;
    use krl_kernel::store::MemoryStore;

    /// Made-up format 2 keeps names in capitals, format 3 puts a mark behind them.
    const STEPS: &[(u32, Migration)] = &[(1, capitals), (2, marks)];

    fn rewrite(store: &dyn Store, change: fn(String) -> String) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        store.scan(Space::Clouds, &[], None, &mut |key, value| {
            batch.put(Space::Clouds, key, change(String::from_utf8_lossy(value).into_owned()));
            ControlFlow::Continue(())
        })?;
        store.commit(&batch)
    }

    fn capitals(store: &dyn Store) -> Result<(), StoreError> {
        rewrite(store, |name| name.to_uppercase())
    }

    fn marks(store: &dyn Store) -> Result<(), StoreError> {
        rewrite(store, |name| if name.ends_with('!') { name } else { name + "!" })
    }

    fn check(at: Option<u32>, supported: u32, expected: Result<&str, StoreError>) {
        let store = MemoryStore::default();
        let mut batch = Batch::default();
        batch.put(Space::Clouds, "a", "ann");
        store.commit(&batch).unwrap();
        if let Some(format) = at {
            mark(&store, format).unwrap();
        }
        let result = migrate(&store, supported, STEPS);
        let name = store.get(Space::Clouds, b"a").unwrap().unwrap();
        let got = result.map(|()| String::from_utf8(name).unwrap());
        assert_eq!(got, expected.map(str::to_owned), "from {at:?} to {supported}");
        if got.is_ok() {
            assert_eq!(version(&store).unwrap(), Some(supported));
        }
    }

    #[test]
    fn older_formats_are_brought_up_and_others_refused() {
        check(Some(1), 3, Ok("ANN!"));
        check(Some(2), 3, Ok("ann!"));
        check(Some(3), 3, Ok("ann"));
        check(Some(4), 3, Err(StoreError::Version { found: 4, supported: 3 }));
        check(Some(0), 3, Err(StoreError::Version { found: 0, supported: 3 }));
        check(None, 3, Err(StoreError::Corrupt("it has entries but no format version".to_owned())));
    }

    #[test]
    fn every_format_has_a_way_up() {
        for format in 1..=FORMAT {
            let store = MemoryStore::default();
            mark(&store, format).unwrap();
            migrate(&store, FORMAT, MIGRATIONS).unwrap();
            assert_eq!(version(&store).unwrap(), Some(FORMAT), "from {format}");
        }
    }

    #[test]
    fn an_empty_store_gets_the_newest_format() {
        let store = MemoryStore::default();
        migrate(&store, FORMAT, MIGRATIONS).unwrap();
        assert_eq!(version(&store).unwrap(), Some(FORMAT));
    }
}
