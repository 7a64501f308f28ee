//! How the clouds of a shard share its thread. What comes in waits by cloud; each cloud gets one task seen to and one piece of work begun, then the
//! next cloud does. Who has more waiting gets what is left of a turn, which is short while other clouds are about: answers leave when
//! the turn ends, and connections are served between turns.

use super::task::{Problem, Task};
use super::{Shard, fail};
use crate::cloud::Reply;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// How far into a turn a cloud gets more than its share while others are about.
const SHARED: Duration = Duration::from_micros(25);
/// The same while it is the only one.
const ALONE: Duration = Duration::from_millis(1);
/// How far into a turn clouds that have not had their share get it.
const LONGEST: Duration = Duration::from_micros(500);
/// Milliseconds for which other clouds count as about after one was served.
const ABOUT: i64 = 50;
/// One in so many turns goes on with an evaluation that has used up a slice, while others wait to begin.
const SLOW_SHARE: u64 = 2;

/// Tells how long a turn has lasted.
pub type Spent<'a> = &'a dyn Fn() -> Duration;

/// What waits, by cloud; it is taken from each cloud in turn.
pub(super) struct Rounds<T> {
    waiting: HashMap<Arc<str>, VecDeque<T>>,
    order: VecDeque<Arc<str>>,
    len: usize,
}

impl<T> Default for Rounds<T> {
    fn default() -> Self {
        Self { waiting: HashMap::new(), order: VecDeque::new(), len: 0 }
    }
}

impl<T> Rounds<T> {
    /// Puts something behind all that waits of its cloud.
    pub fn push(&mut self, cloud: &Arc<str>, one: T) {
        self.of(cloud).push_back(one);
    }

    /// Puts something before all that waits of its cloud.
    pub fn push_first(&mut self, cloud: &Arc<str>, one: T) {
        self.of(cloud).push_front(one);
    }

    fn of(&mut self, cloud: &Arc<str>) -> &mut VecDeque<T> {
        self.len += 1;
        if !self.waiting.contains_key(cloud) {
            self.order.push_back(cloud.clone());
        }
        self.waiting.entry(cloud.clone()).or_default()
    }

    /// The cloud whose turn it is.
    pub fn next(&self) -> Option<&Arc<str>> {
        self.order.front()
    }

    /// Takes the first that waits of the cloud whose turn it is; the turn goes on to the next cloud.
    pub fn pop(&mut self) -> Option<T> {
        let cloud = self.order.pop_front()?;
        let list = self.waiting.get_mut(&cloud)?;
        let one = list.pop_front();
        if list.is_empty() {
            self.waiting.remove(&cloud);
        } else {
            self.order.push_back(cloud);
        }
        self.len -= usize::from(one.is_some());
        one
    }

    /// How much waits of a cloud.
    pub fn count(&self, cloud: &str) -> usize {
        self.waiting.get(cloud).map_or(0, VecDeque::len)
    }

    /// How much waits of all clouds.
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl Shard {
    /// Puts a task with those that wait for the same cloud.
    pub(super) fn let_wait(&mut self, cloud: &Arc<str>, task: Task) {
        match task {
            // What is under way comes before what is new.
            Task::Resume(..) | Task::Report(..) => self.incoming.push_first(cloud, task),
            Task::Event(mut arrival) => match self.make_room(&mut arrival) {
                true => self.incoming.push(cloud, Task::Event(arrival)),
                false => fail(arrival.waiter, Problem::Overloaded),
            },
            task => self.incoming.push(cloud, task),
        }
    }

    /// Sees to what waits.
    pub(super) fn take_in(&mut self, spent: Spent<'_>) {
        let number = self.output.number;
        for step in 0..self.limits.turn {
            let Some(cloud) = self.incoming.next().cloned() else { return };
            let again = self.entry(&cloud).taken_in == number;
            if self.sliced || (step > 0 && !self.goes_on(again, spent())) {
                return;
            }
            self.entry(&cloud).taken_in = number;
            self.note_served(&cloud);
            if let Some(task) = self.incoming.pop() {
                self.see_to(task);
            }
        }
    }

    /// Begins what is ready, or goes on with what was begun.
    pub(super) fn begin(&mut self, spent: Spent<'_>) {
        // Long queries that come in all the time keep nobody from going on.
        self.sliced = false;
        let number = self.output.number;
        let slow_turn = number.is_multiple_of(SLOW_SHARE);
        for step in 0..self.limits.turn {
            // Others' answers must not wait for more than one slice.
            if self.sliced {
                return;
            }
            let slow_first = self.ready.is_empty() || (step == 0 && slow_turn);
            if slow_first && let Some(flight) = self.slow.pop() {
                self.resume(flight, Reply::Go);
                continue;
            }
            let Some(cloud) = self.ready.front().cloned() else { return };
            let again = self.entry(&cloud).begun_in == number;
            if step > 0 && !self.goes_on(again, spent()) {
                return;
            }
            self.entry(&cloud).begun_in = number;
            self.note_served(&cloud);
            self.ready.pop_front();
            self.begin_next(&cloud);
        }
    }

    /// Is there time in this turn for a cloud, which may have had its share?
    fn goes_on(&self, again: bool, spent: Duration) -> bool {
        match again {
            false => spent < LONGEST,
            true if self.now < self.about_until => spent < SHARED,
            true => spent < ALONE,
        }
    }

    fn note_served(&mut self, cloud: &Arc<str>) {
        if self.served != *cloud {
            self.about_until = self.now + ABOUT;
            self.served = cloud.clone();
        }
    }
}
