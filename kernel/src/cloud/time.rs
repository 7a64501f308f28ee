//! Time, as the cloud is told it passes (`krl-runtime.md` §7, decision R10).

use super::Cloud;
use super::event::{Event, EventAnswer, RuntimeError};
use krl_vm::fault::{Fault, Limit};

impl Cloud {
    /// Lets time pass until `ms`: every job that comes due fires at its time, in order, each followed by what it sends. Where jobs schedule
    /// others that are due at once, without end, the budget of events that follow from one ends it: the job that is due first is removed, and
    /// its answer has the error.
    pub fn advance_to(&mut self, ms: i64) -> Vec<EventAnswer> {
        let mut answers = Vec::new();
        // How many jobs fired since time last moved.
        let mut fired = 0;
        while let Some(due) = self.next_due().filter(|&due| due <= ms) {
            fired = if due > self.core.lasting.now { 1 } else { fired + 1 };
            self.core.lasting.now = self.core.lasting.now.max(due);
            if fired > self.core.lasting.setting.budgets.cascade {
                answers.extend(self.give_up_due());
                fired = 0;
                continue;
            }
            answers.extend(self.fire_due(due));
            answers.extend(self.settle());
        }
        self.core.lasting.now = self.core.lasting.now.max(ms);
        answers
    }

    /// Wakes the cloud at `ms` after it has not been running: every job that came due in between fires once, now. What schedules without end is
    /// ended as by [`Self::advance_to`].
    pub fn wake_at(&mut self, ms: i64) -> Vec<EventAnswer> {
        self.core.lasting.now = self.core.lasting.now.max(ms);
        let mut answers = Vec::new();
        let mut fired = 0;
        while self.next_due().is_some_and(|due| due <= ms) {
            fired += 1;
            if fired > self.core.lasting.setting.budgets.cascade {
                answers.extend(self.give_up_due());
                fired = 0;
                continue;
            }
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

    /// Removes the job that is due first; the answer that its event would have had tells why.
    fn give_up_due(&mut self) -> Option<EventAnswer> {
        let jobs = self.core.lasting.jobs.iter().enumerate();
        let (at, _) = jobs.min_by_key(|(_, job)| job.due)?;
        let job = self.core.lasting.jobs.remove(at);
        self.core.transaction.touched.jobs.push((job.id.clone(), Some(job.due)));
        let fault = Fault::limit(Limit::Cascade);
        let error = RuntimeError {
            rid: job.rid.clone(),
            rule: None,
            code: fault.code(),
            message: "jobs schedule jobs that are due at once, more than the budget allows".to_owned(),
            at: None,
            stack: Box::default(),
        };
        Some(EventAnswer {
            eid: self.core.random().id(),
            domain: job.domain.clone(),
            name: job.name.clone(),
            directives: Vec::new(),
            errors: vec![error],
        })
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
