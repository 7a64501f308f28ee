//! Programs that clouds share. Those in use stay, and of the others the few that were used last: a cloud that is made goes through several, and
//! the next one goes through the same.

use crate::cloud::program::{Parts, Program};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Programs that nobody uses, but that are kept.
const KEPT: usize = 64;

/// Programs by their parts.
#[derive(Debug)]
pub(super) struct Programs {
    known: HashMap<Parts, Shared>,
    /// How often a program was looked up or put in.
    clock: AtomicU64,
    /// How many there may be before they are looked through.
    room: usize,
}

#[derive(Debug)]
struct Shared {
    program: Arc<Program>,
    used: AtomicU64,
}

impl Default for Programs {
    fn default() -> Self {
        Self { known: HashMap::new(), clock: AtomicU64::new(0), room: 2 * KEPT }
    }
}

impl Programs {
    pub fn get(&self, parts: &Parts) -> Option<Arc<Program>> {
        let shared = self.known.get(parts)?;
        shared.used.store(self.tick(), Ordering::Relaxed);
        Some(shared.program.clone())
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }

    /// Takes a program in; answers those that had to go.
    pub fn put(&mut self, parts: Parts, program: Arc<Program>) -> Vec<Arc<Program>> {
        let used = AtomicU64::new(self.tick());
        self.known.insert(parts, Shared { program, used });
        if self.known.len() < self.room {
            return Vec::new();
        }
        // Others get hold of a program through this map only, which is locked now.
        let unused = self.known.iter().filter(|(_, shared)| Arc::strong_count(&shared.program) == 1);
        let mut unused: Vec<_> =
            unused.map(|(parts, shared)| (shared.used.load(Ordering::Relaxed), parts.clone())).collect();
        unused.sort_unstable_by_key(|(used, _)| *used);
        unused.truncate(unused.len().saturating_sub(KEPT));
        let gone = unused.iter().filter_map(|(_, parts)| self.known.remove(parts));
        let gone = gone.map(|shared| shared.program).collect();
        // Each look costs what there is, so that there is one only when half as many have come.
        self.room = self.known.len() + (self.known.len() / 2).max(KEPT);
        gone
    }
}
