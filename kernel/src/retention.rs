//! What is forgotten when it is old: records of logs, and notes of messages from other hosts that were seen (decision R8).
//!
//! Log records are in the order of clouds, then of time, so the old ones of a cloud are its first. A step looks at a bounded number of
//! records, and whoever drives a sweep rests between two steps.

use crate::journal;
use crate::records::agenda;
use crate::store::{Batch, Read, Space, StoreError, prefix_end};
use std::ops::ControlFlow;

/// Records looked at in a step.
const STEP: usize = 256;
/// Messages that were seen are remembered for so long: an hour longer than senders try. Milliseconds.
pub const SEEN: i64 = 25 * 3_600_000;

/// One way through all that may be old.
#[derive(Debug)]
pub struct Sweep {
    logs_before: i64,
    seen_before: i64,
    place: Place,
}

/// Where a sweep is: the first key that it has not looked at.
#[derive(Debug)]
enum Place {
    Logs(Vec<u8>),
    Seen(Vec<u8>),
    Done,
}

impl Sweep {
    /// A sweep of what is old at `now`, in milliseconds.
    #[must_use]
    pub fn new(now: i64) -> Self {
        let logs_before = (now - journal::SHOWN).max(0);
        Self { logs_before, seen_before: now - SEEN, place: Place::Logs(journal::first_key()) }
    }

    /// Adds removals to a batch; false if there is nothing left to look at.
    ///
    /// # Errors
    /// The store's.
    pub fn step(&mut self, store: &dyn Read, batch: &mut Batch) -> Result<bool, StoreError> {
        self.place = match std::mem::replace(&mut self.place, Place::Done) {
            Place::Logs(from) => match self.sweep_logs(store, from, batch)? {
                Some(next) => Place::Logs(next),
                None => Place::Seen(agenda::seen_key("", "")),
            },
            Place::Seen(from) => match self.sweep_seen(store, &from, batch)? {
                Some(next) => Place::Seen(next),
                None => Place::Done,
            },
            Place::Done => Place::Done,
        };
        Ok(!matches!(self.place, Place::Done))
    }

    /// Removes old records and digests; answers where to go on.
    fn sweep_logs(
        &self,
        store: &dyn Read,
        mut from: Vec<u8>,
        batch: &mut Batch,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        for _ in 0..STEP {
            let Some([log, old]) = self.first_log(store, &from)? else { return Ok(None) };
            let before = batch.writes.len();
            let mut last = None;
            store.scan(Space::Logs, &log, Some(&old), &mut |key, _| {
                batch.remove(Space::Logs, key);
                last = Some(key.to_vec());
                if batch.writes.len() < STEP { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })?;
            if batch.writes.len() >= STEP && batch.writes.len() > before {
                return Ok(last.map(behind));
            }
            let Some(next) = prefix_end(&log) else { return Ok(None) };
            from = next;
        }
        Ok(Some(from))
    }

    /// The log with the first record at or behind a key, and the end of what is old in it.
    fn first_log(&self, store: &dyn Read, from: &[u8]) -> Result<Option<[Vec<u8>; 2]>, StoreError> {
        let mut found = None;
        store.scan(Space::Logs, from, None, &mut |key, _| {
            found = Some(journal::old_keys(key, self.logs_before));
            ControlFlow::Break(())
        })?;
        Ok(found)
    }

    /// Removes old notes; answers where to go on.
    fn sweep_seen(
        &self,
        store: &dyn Read,
        from: &[u8],
        batch: &mut Batch,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let end = prefix_end(&agenda::seen_key("", ""));
        let (mut looked, mut last) = (0, None);
        store.scan(Space::Agenda, from, end.as_deref(), &mut |key, record| {
            // A damaged note is told by whoever verifies the store.
            if agenda::read_time(key, record).is_ok_and(|time| time < self.seen_before) {
                batch.remove(Space::Agenda, key);
            }
            looked += 1;
            last = Some(key.to_vec());
            if looked < STEP { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(last.filter(|_| looked == STEP).map(behind))
    }
}

/// The first key behind another.
fn behind(mut key: Vec<u8>) -> Vec<u8> {
    key.push(0);
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Entry, Journal, Kind};
    use crate::store::{MemoryStore, Store};
    use krl_vm::data::DataMap;

    const HOUR: i64 = 3_600_000;
    const NOW: i64 = 1_000_000 * HOUR;

    fn entry(cloud: &str, id: &str, time: i64) -> Entry {
        let names = (&"d".into(), &"n".into());
        let journal = Journal::new(Kind::Event, &id.into(), &"eci".into(), names, &DataMap::new(), time);
        Entry { cloud: cloud.into(), sequence: (time as u64) << 20, journal }
    }

    fn cloud(n: usize) -> String {
        format!("c{n:026}")
    }

    /// What a sweep leaves: ids in logs, digests, and messages seen.
    fn left(store: &MemoryStore) -> (Vec<String>, usize, usize) {
        let (mut logs, mut digests, mut seen) = (Vec::new(), 0, 0);
        let all = |space, visit: &mut dyn FnMut(&[u8], &[u8])| {
            store
                .scan(space, &[], None, &mut |key, value| {
                    visit(key, value);
                    ControlFlow::Continue(())
                })
                .unwrap();
        };
        all(Space::Logs, &mut |key, _| digests += usize::from(key[0] == b'#'));
        all(Space::Agenda, &mut |_, _| seen += 1);
        for n in 0..1_000 {
            let found = journal::read(store, &cloud(n), 0, None, usize::MAX).unwrap();
            logs.extend(found.into_iter().map(|(_, journal)| journal.id.to_string()));
        }
        (logs, digests, seen)
    }

    #[test]
    fn old_records_go_and_young_ones_stay() {
        let store = MemoryStore::default();
        let mut batch = Batch::default();
        let young = (0..600).map(|n| entry(&cloud(n), &format!("young{n}"), NOW - 11 * HOUR));
        journal::write(&young.collect::<Vec<_>>(), &mut batch);
        for n in 0..700 {
            journal::write(&[entry(&cloud(3), &format!("old{n}"), NOW - 13 * HOUR - n)], &mut batch);
        }
        journal::write(&[entry(&cloud(599), "last", NOW - 100 * HOUR)], &mut batch);
        batch.put(Space::Logs, [cloud(5).as_bytes(), &[0; 8]].concat(), "damaged");
        for n in 0..300 {
            let time = NOW - if n % 3 == 0 { 24 * HOUR } else { 26 * HOUR };
            let key = agenda::seen_key(&cloud(n), "message");
            batch.put(Space::Agenda, key, agenda::time_record(time));
        }
        let kept = agenda::dead_letter_key(&cloud(1), "letter");
        batch.put(Space::Agenda, kept, agenda::time_record(0));
        store.commit(&batch).unwrap();

        let mut sweep = Sweep::new(NOW);
        let mut steps = 0;
        loop {
            let mut batch = Batch::default();
            let more = sweep.step(&store, &mut batch).unwrap();
            assert!(batch.writes.len() <= 2 * STEP, "a batch is small");
            store.commit(&batch).unwrap();
            steps += 1;
            if !more {
                break;
            }
        }
        assert!((6..30).contains(&steps), "{steps}");
        let young: Vec<String> = (0..600).map(|n| format!("young{n}")).collect();
        assert_eq!(left(&store), (young, 1, 101));
    }
}
