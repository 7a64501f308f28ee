//! Commits: what shards put out is applied in order; with durability `sync` the disk has it before anybody is told, and all that came
//! while the disk was busy shares its next sync.

use super::Core;
use crossbeam_channel::{Receiver, Sender};
use krl_kernel::shard::Output;
use krl_kernel::store::{Durability, StoreError};
use std::sync::Arc;

/// The most outputs that share a commit.
const GROUP: usize = 256;

/// What a shard hands over: its number, the number of losses it knew of, and the output.
type Parcel = (usize, u64, Output);

/// Takes outputs of shards.
pub enum Commits {
    /// Commits where it is called.
    Here,
    /// Hands them to the thread that commits.
    Thread(Sender<Parcel>),
}

impl Commits {
    /// Takes an output. One without writes takes effect at once if all earlier ones of its shard have.
    pub fn hand_over(&self, core: &Arc<Core>, shard: usize, losses: u64, output: Output) {
        match self {
            Self::Here => {
                core.note_output(shard, output.number);
                settle(core, vec![(shard, losses, output)], Durability::Os);
            }
            Self::Thread(_) if output.batch.is_empty() && core.has_released_all(shard) => {
                core.note_output(shard, output.number);
                settle(core, vec![(shard, losses, output)], Durability::Os);
            }
            // The thread lives as long as there are senders.
            Self::Thread(sender) => {
                core.note_output(shard, output.number);
                drop(sender.send((shard, losses, output)));
            }
        }
    }
}

/// The thread that commits and syncs.
pub fn run(core: &Arc<Core>, parcels: &Receiver<Parcel>) {
    while let Ok(first) = parcels.recv() {
        let mut group = vec![first];
        group.extend(parcels.try_iter().take(GROUP));
        settle(core, group, Durability::Sync);
    }
}

fn settle(core: &Arc<Core>, group: Vec<Parcel>, durability: Durability) {
    let mut kept = Vec::with_capacity(group.len());
    let mut wrote = false;
    for (shard, losses, output) in group {
        // An output of a shard that does not know yet that something of it was lost may rest on what was lost.
        let result = match core.loss_after(shard, losses) {
            Some(error) => Err(error),
            None if output.batch.is_empty() => Ok(()),
            None => {
                wrote = true;
                let _time = core.counts.commits.start_timer();
                core.store.commit(&output.batch)
            }
        };
        match result {
            Ok(()) => kept.push((shard, output)),
            Err(error) => {
                // After any other error it is not known what the store holds (`StoreError`).
                if !matches!(error, StoreError::Full | StoreError::Key { .. }) {
                    core.fail(&error);
                }
                lose(core, shard, output, &error);
            }
        }
    }
    if wrote
        && durability == Durability::Sync
        && let Err(error) = sync(core)
    {
        core.fail(&error);
        kept.drain(..).for_each(|(shard, output)| lose(core, shard, output, &error));
    }
    for (shard, output) in kept {
        core.note_commit(shard, output.number);
        core.scribe.keep(output.journal);
        output.releases.into_iter().for_each(|release| core.release(release));
        core.note_release(shard, output.number);
    }
}

fn sync(core: &Core) -> Result<(), StoreError> {
    let _time = core.counts.syncs.start_timer();
    core.store.sync()
}

fn lose(core: &Arc<Core>, shard: usize, output: Output, error: &StoreError) {
    core.note_loss(shard, error);
    for (owner, change) in &output.counted {
        core.owners.uncount_clouds(shard as u16, owner, *change);
    }
    output.releases.into_iter().for_each(|release| release.fail(error));
    core.note_release(shard, output.number);
}
