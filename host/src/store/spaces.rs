//! The keyspaces of the engine that the store's spaces are.

use super::MIB;
use super::fjall::Options;
use fjall::compaction::Leveled;
use fjall::config::{FilterPolicy, PartitioningPolicy};
use fjall::{Database, Keyspace, KeyspaceCreateOptions};
use krl_kernel::store::Space;
use std::sync::Arc;

/// The keyspace of each space.
#[derive(Clone)]
pub struct Spaces {
    clouds: Keyspace,
    channels: Keyspace,
    agenda: Keyspace,
    logs: Keyspace,
    code: Keyspace,
    host: Keyspace,
}

impl Spaces {
    /// Opens the keyspaces, or makes them.
    pub fn open(database: &Database, options: &Options) -> fjall::Result<Self> {
        let open = |space: Space| database.keyspace(space.name(), || form(space, options));
        Ok(Self {
            clouds: open(Space::Clouds)?,
            channels: open(Space::Channels)?,
            agenda: open(Space::Agenda)?,
            logs: open(Space::Logs)?,
            code: open(Space::Code)?,
            host: open(Space::Host)?,
        })
    }

    /// The keyspace of a space.
    pub fn of(&self, space: Space) -> &Keyspace {
        match space {
            Space::Clouds => &self.clouds,
            Space::Channels => &self.channels,
            Space::Agenda => &self.agenda,
            Space::Logs => &self.logs,
            Space::Code => &self.code,
            Space::Host => &self.host,
        }
    }
}

/// How the files of a space are made.
fn form(space: Space, options: &Options) -> KeyspaceCreateOptions {
    let buffer = options.buffer_bytes.max(MIB);
    // Files as large as a buffer: with the engine's larger ones, each few buffers would be merged with many times as much.
    let files = Leveled::default().with_table_target_size(buffer);
    let form = KeyspaceCreateOptions::default()
        .max_memtable_size(buffer)
        .compaction_strategy(Arc::new(files))
        // A file's index is read piece by piece, not as a whole for the first look into the file.
        .index_block_partitioning_policy(PartitioningPolicy::new([false, false, true]));
    match space {
        // They are scanned: filters answer for single keys only.
        Space::Clouds | Space::Logs => form.filter_policy(FilterPolicy::disabled()),
        Space::Channels | Space::Agenda | Space::Code | Space::Host => form,
    }
}
