//! A store that fails when it is told to, for tests of what its users do then.

use super::{Batch, Read, Space, Store, StoreError, Visitor, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Which calls fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Each commit after so many, until the fault is taken back.
    CommitsAfter(usize),
    /// Each commit that puts more bytes of keys and values.
    CommitsOver(usize),
    /// Each sync after so many.
    SyncsAfter(usize),
    /// Each read after so many.
    ReadsAfter(usize),
}

/// A store around another, and what of it fails.
pub struct FaultyStore<S> {
    inner: S,
    plan: Arc<Mutex<Plan>>,
}

/// What fails, how, and what was asked since then.
#[derive(Default)]
struct Plan {
    fault: Option<(Fault, StoreError)>,
    commits: usize,
    syncs: usize,
    reads: usize,
}

impl Plan {
    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        self.commits += 1;
        self.fail(|fault, plan| match fault {
            Fault::CommitsAfter(good) => plan.commits > *good,
            Fault::CommitsOver(bytes) => put_bytes(batch) > *bytes,
            Fault::SyncsAfter(_) | Fault::ReadsAfter(_) => false,
        })
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        self.syncs += 1;
        self.fail(|fault, plan| matches!(fault, Fault::SyncsAfter(good) if plan.syncs > *good))
    }

    fn read(&mut self) -> Result<(), StoreError> {
        self.reads += 1;
        self.fail(|fault, plan| matches!(fault, Fault::ReadsAfter(good) if plan.reads > *good))
    }

    fn fail(&self, fails: impl Fn(&Fault, &Self) -> bool) -> Result<(), StoreError> {
        match &self.fault {
            Some((fault, error)) if fails(fault, self) => Err(error.clone()),
            _ => Ok(()),
        }
    }
}

fn put_bytes(batch: &Batch) -> usize {
    let bytes = |write: &Write| match write {
        Write::Put(_, key, value) => key.len() + value.len(),
        Write::Remove(..) => 0,
    };
    batch.writes.iter().map(bytes).sum()
}

impl<S: Store> FaultyStore<S> {
    /// A store that does not fail yet.
    pub fn new(inner: S) -> Self {
        Self { inner, plan: Arc::default() }
    }

    /// From now on this fails, with this error, instead of what failed before; calls are counted anew.
    pub fn fail(&self, fault: Fault, error: StoreError) {
        *self.plan() = Plan { fault: Some((fault, error)), ..Plan::default() };
    }

    /// Nothing fails any more.
    pub fn mend(&self) {
        *self.plan() = Plan::default();
    }

    /// The store inside.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        lock(&self.plan)
    }
}

fn lock(plan: &Mutex<Plan>) -> std::sync::MutexGuard<'_, Plan> {
    plan.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: Store> Read for FaultyStore<S> {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.plan().read()?;
        self.inner.get(space, key)
    }

    fn scan(
        &self,
        space: Space,
        from: &[u8],
        to: Option<&[u8]>,
        visit: Visitor<'_>,
    ) -> Result<(), StoreError> {
        self.plan().read()?;
        self.inner.scan(space, from, to, visit)
    }
}

impl<S: Store> Store for FaultyStore<S> {
    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        self.plan().commit(batch)?;
        self.inner.commit(batch)
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.plan().sync()?;
        self.inner.sync()
    }

    fn write_ahead(&self, batch: &mut Batch) -> Result<(), StoreError> {
        self.inner.write_ahead(batch)
    }

    fn snapshot(&self) -> Box<dyn Read> {
        Box::new(FaultyView { inner: self.inner.snapshot(), plan: Arc::clone(&self.plan) })
    }
}

/// A snapshot whose reads count with those of its store.
struct FaultyView {
    inner: Box<dyn Read>,
    plan: Arc<Mutex<Plan>>,
}

impl Read for FaultyView {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        lock(&self.plan).read()?;
        self.inner.get(space, key)
    }

    fn scan(
        &self,
        space: Space,
        from: &[u8],
        to: Option<&[u8]>,
        visit: Visitor<'_>,
    ) -> Result<(), StoreError> {
        lock(&self.plan).read()?;
        self.inner.scan(space, from, to, visit)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    /// Three rounds of a commit (of 3, 6 and 9 bytes), a sync and a read of the last value: which of them failed.
    fn check(fault: Fault, expected: [&str; 3]) {
        let store = FaultyStore::new(MemoryStore::default());
        store.fail(fault.clone(), StoreError::Full);
        for (round, expected) in (1..).zip(expected) {
            let mut batch = Batch::default();
            batch.put(Space::Clouds, vec![round; 2 * usize::from(round)], vec![0; round.into()]);
            let failed = [
                store.commit(&batch).is_err().then_some("commit"),
                store.sync().is_err().then_some("sync"),
                store.get(Space::Clouds, &[9]).is_err().then_some("read"),
            ];
            let failed: Vec<_> = failed.into_iter().flatten().collect();
            assert_eq!(failed.join(" "), expected, "{fault:?}, round {round}");
            let kept = store.inner().get(Space::Clouds, &vec![round; 2 * usize::from(round)]);
            assert_eq!(kept.unwrap().is_none(), failed.contains(&"commit"), "{fault:?}");
        }
        store.mend();
        assert_eq!(store.sync(), Ok(()));
        assert_eq!(store.snapshot().get(Space::Clouds, &[9]), Ok(None));
        assert_eq!(store.commit(&Batch::default()), Ok(()));
    }

    #[test]
    fn what_is_told_to_fail_fails_and_leaves_nothing() {
        check(Fault::CommitsAfter(0), ["commit", "commit", "commit"]);
        check(Fault::CommitsAfter(2), ["", "", "commit"]);
        check(Fault::CommitsOver(6), ["", "", "commit"]);
        check(Fault::SyncsAfter(1), ["", "sync", "sync"]);
        check(Fault::ReadsAfter(2), ["", "", "read"]);
    }
}
