//! Writing a backup, one block at a time.

use super::{BLOCK, BackupError, Contents, END, MAGIC, SPACES, VERSION, file_error};
use crate::store::format::version;
use krl_kernel::store::{Read, Space, StoreError};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// A block is written when it has so many bytes.
const BLOCK_BYTES: usize = 256 * 1024;

/// Writes what `store` holds in `spaces` to a new file. Give it a snapshot, and the host can go on meanwhile. What is there when this returns
/// is on disk; on an error nothing is.
///
/// # Errors
/// [`BackupError::Exists`] if the file is there; what the store and the file say.
pub fn backup(store: &dyn Read, spaces: &[Space], path: &Path) -> Result<Contents, BackupError> {
    let file = File::create_new(path).map_err(|error| file_error(path, &error))?;
    let result = write(store, spaces, path, file);
    if result.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(path);
    }
    result
}

fn write(store: &dyn Read, spaces: &[Space], path: &Path, file: File) -> Result<Contents, BackupError> {
    let format = version(store)?.ok_or_else(|| StoreError::Corrupt("it has no format version".to_owned()))?;
    let mut out = Writer::new(path, file);
    out.put(MAGIC)?;
    out.put(&VERSION.to_be_bytes())?;
    out.put(&format.to_be_bytes())?;
    let mut contents = Contents::default();
    for (number, space) in SPACES.iter().filter(|(_, space)| spaces.contains(space)) {
        let mut failed = None;
        store.scan(*space, &[], None, &mut |key, value| {
            contents.count(key, value);
            match out.record(*number, key, value) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        })?;
        failed.map_or(Ok(()), Err)?;
    }
    out.finish(contents.entries)?;
    Ok(contents)
}

struct Writer {
    path: PathBuf,
    file: BufWriter<File>,
    digest: blake3::Hasher,
    block: Vec<u8>,
}

impl Writer {
    fn new(path: &Path, file: File) -> Self {
        Self {
            path: path.to_owned(),
            file: BufWriter::new(file),
            digest: blake3::Hasher::new(),
            block: Vec::new(),
        }
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        self.digest.update(bytes);
        self.file.write_all(bytes).map_err(|error| file_error(&self.path, &error))
    }

    fn record(&mut self, space: u8, key: &[u8], value: &[u8]) -> Result<(), BackupError> {
        let too_long = |_| StoreError::Corrupt("an entry is longer than any store takes".into());
        let key_length = u16::try_from(key.len()).map_err(too_long)?;
        let value_length = u32::try_from(value.len()).map_err(too_long)?;
        self.block.push(space);
        self.block.extend_from_slice(&key_length.to_be_bytes());
        self.block.extend_from_slice(&value_length.to_be_bytes());
        self.block.extend_from_slice(key);
        self.block.extend_from_slice(value);
        if self.block.len() >= BLOCK_BYTES {
            let block = std::mem::take(&mut self.block);
            self.block(BLOCK, &block)?;
        }
        Ok(())
    }

    fn block(&mut self, kind: u8, body: &[u8]) -> Result<(), BackupError> {
        let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
        self.put(&[kind])?;
        self.put(&length.to_be_bytes())?;
        self.put(body)?;
        let digest = self.digest.finalize();
        self.put(digest.as_bytes())
    }

    fn finish(mut self, entries: u64) -> Result<(), BackupError> {
        let block = std::mem::take(&mut self.block);
        if !block.is_empty() {
            self.block(BLOCK, &block)?;
        }
        self.block(END, &entries.to_be_bytes())?;
        let path = self.path;
        self.file
            .into_inner()
            .map_err(|error| error.into_error())
            .and_then(|file| file.sync_all())
            .map_err(|error| file_error(&path, &error))
    }
}
