//! Time, as the cloud is told it passes (`krl-runtime.md` §7, decision R10).

use super::Cloud;
use super::event::{Event, EventAnswer};

impl Cloud {
    /// Lets time pass until `ms`: every job that comes due fires at its time, in order, each followed by what it sends.
    pub fn advance_to(&mut self, ms: i64) -> Vec<EventAnswer> {
        let mut answers = Vec::new();
        while let Some(due) = self.next_due().filter(|&due| due <= ms) {
            self.core.lasting.now = self.core.lasting.now.max(due);
            answers.extend(self.fire_due(due));
            answers.extend(self.settle());
        }
        self.core.lasting.now = self.core.lasting.now.max(ms);
        answers
    }

    /// Wakes the cloud at `ms` after it has not been running: every job that came due in between fires once, now.
    pub fn wake_at(&mut self, ms: i64) -> Vec<EventAnswer> {
        self.core.lasting.now = self.core.lasting.now.max(ms);
        let mut answers = Vec::new();
        while self.next_due().is_some_and(|due| due <= ms) {
            answers.extend(self.fire_due(ms));
            answers.extend(self.settle());
        }
        answers
    }

    /// When the next job comes due.
    #[must_use]
    pub fn next_due(&self) -> Option<i64> {
        self.core.lasting.jobs.iter().map(|job| job.due).min()
    }

    /// Fires the job that is due first, as if at `time`, and sets it on for the next one after that.
    pub(super) fn fire_due(&mut self, time: i64) -> Option<EventAnswer> {
        let (at, job) = self.core.lasting.jobs.iter().enumerate().min_by_key(|(_, job)| job.due)?;
        let event = Event {
            eci: job.eci.clone(),
            domain: job.domain.clone(),
            name: job.name.clone(),
            attrs: job.attrs.clone(),
            time: self.core.lasting.now,
        };
        let (id, due) = (job.id.clone(), job.due);
        match job.timing.next_after(time) {
            Some(next) => {
                if let Some(job) = self.core.lasting.jobs.get_mut(at) {
                    job.due = next;
                }
            }
            None => drop(self.core.lasting.jobs.remove(at)),
        }
        let eid = self.core.random().id();
        let answer = self.transact(event, eid, 0);
        self.core.transaction.touched.jobs.push((id, Some(due)));
        Some(answer)
    }
}
