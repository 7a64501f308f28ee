//! The engines behind one trait. Each has 64 MB of cache and, where it has them, write buffers of 16 MB and LZ4.

use crate::Failure;
use std::fs::File;
use std::path::{Path, PathBuf};

/// What the workload asks of an engine.
pub trait Engine: Sync {
    /// Applies puts together; the operating system has them.
    fn commit(&self, batch: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Failure>;
    /// The disk has all that was committed.
    fn sync(&self) -> Result<(), Failure>;
    /// Reads the entries with a prefix; how many they are.
    fn scan(&self, prefix: &[u8]) -> Result<u64, Failure>;
}

/// The engines; `fjall (its own sync)` holds the lock of commits while the disk works.
#[cfg(feature = "rocks")]
pub const NAMES: &[&str] = &["fjall", "fjall (its own sync)", "redb", "rocksdb"];
/// The engines; `fjall (its own sync)` holds the lock of commits while the disk works.
#[cfg(not(feature = "rocks"))]
pub const NAMES: &[&str] = &["fjall", "fjall (its own sync)", "redb"];

const CACHE_BYTES: usize = 64 << 20;
const BUFFER_BYTES: usize = 16 << 20;

/// Opens the named engine in a folder.
pub fn open(name: &str, folder: &Path) -> Result<Box<dyn Engine>, Failure> {
    match name {
        "fjall" => Ok(Box::new(Fjall::open(folder, SyncBy::Handle)?)),
        "fjall (its own sync)" => Ok(Box::new(Fjall::open(folder, SyncBy::Engine)?)),
        "redb" => Ok(Box::new(Redb::open(folder)?)),
        #[cfg(feature = "rocks")]
        "rocksdb" => Ok(Box::new(rocks::Rocks::open(folder)?)),
        _ => Err("no such engine".into()),
    }
}

enum SyncBy {
    /// As `krl_host::store` does: the newest journal is synced on a handle of its own.
    Handle,
    Engine,
}

struct Fjall {
    folder: PathBuf,
    sync_by: SyncBy,
    clouds: fjall::Keyspace,
    database: fjall::Database,
}

impl Fjall {
    fn open(folder: &Path, sync_by: SyncBy) -> Result<Self, Failure> {
        let database =
            fjall::Database::builder(folder).cache_size(CACHE_BYTES as u64).worker_threads(2).open()?;
        let clouds = database.keyspace("clouds", || {
            fjall::KeyspaceCreateOptions::default().max_memtable_size(BUFFER_BYTES as u64)
        })?;
        Ok(Self { folder: folder.to_owned(), sync_by, clouds, database })
    }
}

impl Engine for Fjall {
    fn commit(&self, batch: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Failure> {
        let mut writes = self.database.batch().durability(Some(fjall::PersistMode::Buffer));
        for (key, value) in batch {
            writes.insert(&self.clouds, key.as_slice(), value.as_slice());
        }
        Ok(writes.commit()?)
    }

    fn sync(&self) -> Result<(), Failure> {
        if let SyncBy::Engine = self.sync_by {
            return Ok(self.database.persist(fjall::PersistMode::SyncData)?);
        }
        let mut newest = None;
        for entry in std::fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".jnl")?.parse::<u64>().ok());
            newest = newest.max(number);
        }
        let newest = newest.ok_or("no journal")?;
        Ok(File::options().append(true).open(self.folder.join(format!("{newest}.jnl")))?.sync_data()?)
    }

    fn scan(&self, prefix: &[u8]) -> Result<u64, Failure> {
        use fjall::Readable;
        let mut entries = 0;
        for entry in self.database.snapshot().prefix(&self.clouds, prefix) {
            std::hint::black_box(entry.into_inner()?);
            entries += 1;
        }
        Ok(entries)
    }
}

const CLOUDS: redb::TableDefinition<&[u8], &[u8]> = redb::TableDefinition::new("clouds");

/// Its commits without sync are in the memory of the process, which is less than the workload asks: there is nothing between that and the disk.
struct Redb {
    database: redb::Database,
}

impl Redb {
    fn open(folder: &Path) -> Result<Self, Failure> {
        let database = redb::Database::builder().set_cache_size(CACHE_BYTES).create(folder.join("redb"))?;
        Ok(Self { database })
    }

    fn write(&self, batch: &[(Vec<u8>, Vec<u8>)], durability: redb::Durability) -> Result<(), Failure> {
        let mut writes = self.database.begin_write()?;
        writes.set_durability(durability)?;
        let mut table = writes.open_table(CLOUDS)?;
        for (key, value) in batch {
            table.insert(key.as_slice(), value.as_slice())?;
        }
        drop(table);
        Ok(writes.commit()?)
    }
}

impl Engine for Redb {
    fn commit(&self, batch: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Failure> {
        self.write(batch, redb::Durability::None)
    }

    fn sync(&self) -> Result<(), Failure> {
        self.write(&[], redb::Durability::Immediate)
    }

    fn scan(&self, prefix: &[u8]) -> Result<u64, Failure> {
        use redb::ReadableDatabase;
        let table = self.database.begin_read()?.open_table(CLOUDS)?;
        let mut entries = 0;
        for entry in table.range(prefix..)? {
            let (key, value) = entry?;
            if !key.value().starts_with(prefix) {
                break;
            }
            std::hint::black_box((key.value().to_vec(), value.value().to_vec()));
            entries += 1;
        }
        Ok(entries)
    }
}

#[cfg(feature = "rocks")]
mod rocks {
    use super::{BUFFER_BYTES, CACHE_BYTES, Engine, Failure};
    use rocksdb::{
        BlockBasedOptions, Cache, DB, DBCompressionType, Direction, IteratorMode, Options, WriteBatch,
    };
    use std::path::Path;

    pub struct Rocks {
        database: DB,
    }

    impl Rocks {
        pub fn open(folder: &Path) -> Result<Self, Failure> {
            let mut blocks = BlockBasedOptions::default();
            blocks.set_block_cache(&Cache::new_lru_cache(CACHE_BYTES));
            blocks.set_bloom_filter(10.0, false);
            blocks.set_cache_index_and_filter_blocks(true);
            let mut options = Options::default();
            options.create_if_missing(true);
            options.set_write_buffer_size(BUFFER_BYTES);
            options.set_max_write_buffer_number(5);
            options.set_max_background_jobs(2);
            options.set_compression_type(DBCompressionType::Lz4);
            options.set_block_based_table_factory(&blocks);
            Ok(Self { database: DB::open(&options, folder)? })
        }
    }

    impl Engine for Rocks {
        fn commit(&self, batch: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Failure> {
            let mut writes = WriteBatch::default();
            for (key, value) in batch {
                writes.put(key, value);
            }
            Ok(self.database.write(writes)?)
        }

        fn sync(&self) -> Result<(), Failure> {
            Ok(self.database.flush_wal(true)?)
        }

        fn scan(&self, prefix: &[u8]) -> Result<u64, Failure> {
            let mut entries = 0;
            for entry in self.database.iterator(IteratorMode::From(prefix, Direction::Forward)) {
                let (key, value) = entry?;
                if !key.starts_with(prefix) {
                    break;
                }
                std::hint::black_box((key, value));
                entries += 1;
            }
            Ok(entries)
        }
    }
}
