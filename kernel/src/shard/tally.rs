//! What a shard has done, in numbers.

use super::job::{Ending, Purpose};

/// What a shard has to do with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Clouds in memory.
    pub awake: usize,
    /// Evaluations under way.
    pub flights: usize,
    /// Those of them that are at work on lanes.
    pub long: usize,
    /// Tasks that it has not seen to yet.
    pub waiting: usize,
}

/// Evaluations that ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Events, those of jobs too.
    pub events: u64,
    /// Queries.
    pub queries: u64,
    /// Those of them that failed, or of which a ruleset did.
    pub failed: u64,
}

impl Tally {
    /// An evaluation came to its end.
    pub(super) fn ended(&mut self, ending: &Ending) {
        let failed = match ending {
            Ending::Event(done, _) => {
                self.events += 1;
                done.as_ref().map_or(true, |answer| !answer.errors.is_empty())
            }
            Ending::Due(Some(answer)) => {
                self.events += 1;
                !answer.errors.is_empty()
            }
            Ending::Query(answer) => {
                self.queries += 1;
                answer.is_err()
            }
            Ending::Due(None) | Ending::Installed(_) => false,
        };
        self.failed += u64::from(failed);
    }

    /// An evaluation was given up.
    pub(super) fn abandoned(&mut self, purpose: &Purpose) {
        match purpose {
            Purpose::Event(_) => self.events += 1,
            Purpose::Query { .. } => self.queries += 1,
            Purpose::Due | Purpose::Install { .. } | Purpose::Switch { .. } => return,
        }
        self.failed += 1;
    }
}
