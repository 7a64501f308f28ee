//! Records of jobs: what is to happen with the cloud, and when in the agenda.

use super::key::{Tag, of_cloud};
use super::{agenda, encode, plain};
use crate::schedule::{Job, Timing};
use crate::store::{Batch, Space};
use krl_vm::data::{Data, DataMap};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A job as its cloud keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Jobs of a cloud are in the order of these numbers.
    pub sequence: u64,
    pub rid: Arc<str>,
    pub eci: Arc<str>,
    pub domain: Arc<str>,
    pub name: Arc<str>,
    #[serde(with = "plain::map")]
    pub attrs: DataMap,
    pub due: i64,
    /// How it repeats, or null.
    #[serde(with = "plain")]
    pub timespec: Data,
}

impl Kept {
    /// The job; none if it repeats in a way that there is not.
    pub fn revive(self, id: Arc<str>) -> Option<Job> {
        let timing = match &self.timespec {
            Data::Null => Timing::At,
            spec => Timing::repeat(spec, self.due.saturating_sub(1)).ok()?.0,
        };
        let Self { sequence, rid, eci, domain, name, attrs, due, .. } = self;
        Some(Job { id, rid, eci, domain, name, attrs, timing, due, sequence })
    }
}

/// Writes a job of a cloud: a new one, or one that was due at another time before. A cloud's jobs are in the order of their numbers.
pub fn put_job(batch: &mut Batch, cloud: &str, sequence: u64, job: &Job, former_due: Option<i64>) {
    if let Some(due) = former_due {
        batch.remove(Space::Agenda, agenda::timer_key(due, cloud, &job.id));
    }
    let kept = Kept {
        sequence,
        rid: job.rid.clone(),
        eci: job.eci.clone(),
        domain: job.domain.clone(),
        name: job.name.clone(),
        attrs: job.attrs.clone(),
        due: job.due,
        timespec: match &job.timing {
            Timing::At => Data::Null,
            Timing::Repeat { spec, .. } => spec.clone(),
        },
    };
    batch.put(Space::Clouds, of_cloud(cloud, Tag::Job, &[&job.id]), encode(&kept));
    batch.put(Space::Agenda, agenda::timer_key(job.due, cloud, &job.id), encode(&()));
}

/// Removes a job of a cloud.
pub fn remove_job(batch: &mut Batch, cloud: &str, id: &str, due: i64) {
    batch.remove(Space::Clouds, of_cloud(cloud, Tag::Job, &[id]));
    batch.remove(Space::Agenda, agenda::timer_key(due, cloud, id));
}
