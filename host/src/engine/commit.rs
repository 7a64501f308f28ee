//! Commits: what shards put out is applied in order; with durability `sync` the disk has it before anybody is told, and all that came
//! while the disk was busy shares its next sync.

use super::Core;
use crossbeam_channel::{Receiver, Sender};
use krl_kernel::shard::Output;
use krl_kernel::store::{Durability, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most outputs that share a commit.
const GROUP: usize = 256;

/// What a shard hands over: its number, the number of losses it knew of, and the output.
type Parcel = (usize, u64, Output);

/// An output of which it is known whether it is safe.
pub(crate) struct Settled {
    output: Output,
    /// Why it is lost, if it is.
    lost: Option<StoreError>,
}

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
        let waits = !output.batch.is_empty() || !core.has_released_all(shard);
        core.note_output(shard, output.number);
        match self {
            // The thread lives as long as there are senders.
            Self::Thread(sender) if waits => drop(sender.send((shard, losses, output))),
            _ => {
                let settled = settle(core, vec![(shard, losses, output)], Durability::Os);
                settled.into_iter().for_each(|(shard, settled)| core.take_effect(shard, settled));
            }
        }
    }
}

/// The thread that commits and syncs. What an output leads to happens on the thread of its shard, where those are who wait for it: however
/// many they are, a group wakes each thread once.
pub fn run(core: &Arc<Core>, parcels: &Receiver<Parcel>) {
    while let Ok(first) = parcels.recv() {
        let mut group = vec![first];
        group.extend(parcels.try_iter().take(GROUP));
        let mut by_shard: BTreeMap<usize, Vec<Settled>> = BTreeMap::new();
        for (shard, settled) in settle(core, group, Durability::Sync) {
            by_shard.entry(shard).or_default().push(settled);
        }
        by_shard.into_iter().for_each(|(shard, settled)| core.tell_settled(shard, settled));
    }
}

/// Commits outputs; answers what became of them, in order.
fn settle(core: &Core, group: Vec<Parcel>, durability: Durability) -> Vec<(usize, Settled)> {
    let mut settled = Vec::with_capacity(group.len());
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
        // After any other error it is not known what the store holds (`StoreError`).
        if let Err(error) = &result
            && !matches!(error, StoreError::Full | StoreError::Key { .. })
        {
            core.fail(error);
        }
        let lost = result.err();
        if let Some(error) = &lost {
            lose(core, shard, &output, error);
        }
        settled.push((shard, Settled { output, lost }));
    }
    if wrote
        && durability == Durability::Sync
        && let Err(error) = sync(core)
    {
        core.fail(&error);
        for (shard, Settled { output, lost }) in &mut settled {
            if lost.is_none() {
                lose(core, *shard, output, &error);
                *lost = Some(error.clone());
            }
        }
    }
    for (shard, Settled { output, .. }) in settled.iter().filter(|(_, settled)| settled.lost.is_none()) {
        core.note_commit(*shard, output.number);
    }
    settled
}

fn sync(core: &Core) -> Result<(), StoreError> {
    let _time = core.counts.syncs.start_timer();
    core.store.sync()
}

fn lose(core: &Core, shard: usize, output: &Output, error: &StoreError) {
    core.note_loss(shard, error);
    for (owner, change) in &output.counted {
        core.owners.uncount_clouds(shard as u16, owner, *change);
    }
}

impl Core {
    /// Carries out what an output leads to, or tells those who wait that it is lost.
    pub(super) fn take_effect(self: &Arc<Self>, shard: usize, Settled { output, lost }: Settled) {
        match lost {
            None => {
                self.scribe.keep(output.journal);
                output.releases.into_iter().for_each(|release| self.release(release));
            }
            Some(error) => output.releases.into_iter().for_each(|release| release.fail(&error)),
        }
        self.note_release(shard, output.number);
    }
}
