//! Which clouds wait for which: an event may wait for an event of another cloud (`ctx:eventQuery`), but not in a circle, which would never
//! end (difference R14).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Clouds that wait. A cloud runs one event at a time, so that it waits for one other at most.
#[derive(Debug, Default)]
pub struct Waits(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// For which cloud, and the number of the wait.
    on: HashMap<Arc<str>, (Arc<str>, u64)>,
    last: u64,
}

impl Waits {
    /// `waiter` begins to wait for `on`; answers the number of the wait, none if it would close a circle.
    pub fn begin(&self, waiter: &Arc<str>, on: &Arc<str>) -> Option<u64> {
        let mut state = self.state();
        let mut at = on;
        while at != waiter {
            match state.on.get(at) {
                Some((next, _)) => at = next,
                None => {
                    state.last += 1;
                    let number = state.last;
                    state.on.insert(waiter.clone(), (on.clone(), number));
                    return Some(number);
                }
            }
        }
        None
    }

    /// A wait is over. One that has begun since is not.
    pub fn end(&self, waiter: &Arc<str>, number: u64) {
        let mut state = self.state();
        if state.on.get(waiter).is_some_and(|(_, known)| *known == number) {
            state.on.remove(waiter);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Waits;
    use std::sync::Arc;

    #[test]
    fn circles_are_refused() {
        let waits = Waits::default();
        let id = |name: &str| Arc::<str>::from(name);
        let begin = |waiter, on| waits.begin(&id(waiter), &id(on));
        assert_eq!(begin("a", "a"), None);
        let first = begin("a", "b");
        assert!(first.is_some() && begin("b", "c").is_some());
        for on in ["a", "b", "c"] {
            assert_eq!(begin("c", on), None, "{on}");
        }
        let second = begin("a", "d");
        first.into_iter().for_each(|number| waits.end(&id("a"), number));
        assert_eq!(begin("d", "a"), None, "the later wait stands");
        second.into_iter().for_each(|number| waits.end(&id("a"), number));
        assert!(begin("c", "a").is_some());
    }
}
