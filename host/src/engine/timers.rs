//! Timers: jobs that come due are on the agenda by time; one thread wakes their clouds.

use super::Core;
use super::clock::Clock;
use super::start::Engine;
use krl_kernel::records::agenda::{self, Item};
use krl_kernel::shard::{Chore, Task};
use krl_kernel::store::{Space, StoreError, scan_prefix};
use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The longest sleep: the system's clock may be set.
const LONGEST: i64 = 60_000;
/// Timers read at a time.
const PAGE: usize = 4_096;

/// When the thread wakes up.
#[derive(Default)]
pub struct Alarm {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The earliest time that was set since the thread last looked.
    next: Option<i64>,
    stopped: bool,
}

impl Alarm {
    /// A job is due at this time.
    pub fn set(&self, due: i64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.next.is_none_or(|next| due < next) {
            state.next = Some(due);
            self.changed.notify_one();
        }
    }

    /// Ends the thread.
    pub fn stop(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).stopped = true;
        self.changed.notify_one();
    }

    /// Sleeps until `until`, or an earlier time that is set meanwhile; false once the thread is to end.
    fn sleep(&self, until: i64, clock: &Clock) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if state.stopped {
                return false;
            }
            let now = clock.now();
            let at = state.next.map_or(until, |next| next.min(until));
            if at <= now {
                state.next = None;
                return true;
            }
            let wait = Duration::from_millis((at - now).min(LONGEST).unsigned_abs());
            state = self.changed.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Wakes clouds whose jobs are due until the engine stops.
pub fn run(core: &Arc<Core>) {
    let mut until = core.clock.now();
    while core.timers.sleep(until, &core.clock) {
        until = match due(core, core.clock.now()) {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(%error, "timers could not be read");
                core.clock.now() + LONGEST
            }
        };
    }
}

/// Wakes the clouds with jobs due at `now`; answers when the next one is due. A job stays on the agenda until its event is committed, so
/// that the clouds told here are told again a second later if they have not come to it: then there is nothing left to fire, or it is late.
fn due(core: &Arc<Core>, now: i64) -> Result<i64, StoreError> {
    let mut clouds: Vec<Arc<str>> = Vec::new();
    let mut next = now + LONGEST;
    scan_prefix(&*core.store, Space::Agenda, &agenda::timers(), &mut |key, _| {
        let Ok(Item::Timer { due, cloud, .. }) = agenda::read_key(key) else {
            return ControlFlow::Continue(());
        };
        if due > now {
            next = next.min(due);
            return ControlFlow::Break(());
        }
        clouds.push(cloud);
        if clouds.len() < PAGE { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    let late = !clouds.is_empty();
    clouds.sort_unstable();
    clouds.dedup();
    for cloud in clouds {
        core.give(&cloud, Task::Chore { cloud: cloud.clone(), chore: Chore::Due });
    }
    Ok(if late { next.min(now + 1_000) } else { next })
}

impl Engine {
    /// Lets the clock run ahead, and wakes the clouds whose jobs have come due: for tests, and to see what a schedule will do.
    ///
    /// # Errors
    /// The store's.
    pub fn run_ahead(&self, milliseconds: i64) -> Result<(), StoreError> {
        let core = self.core();
        core.clock.set_ahead(milliseconds);
        let next = due(core, core.clock.now())?;
        core.timers.set(next);
        Ok(())
    }
}
