//! The tables of contents of the engine's files, looked at before the engine opens them: it trusts the numbers in there so far as to ask for as
//! much memory as they say, which ends the process if one of them is wrong.
//!
//! A file ends in its contents, which are `TOC!`, the number of their entries and the entries, then 38 bytes: `SFA!`, two bytes of version,
//! a hash of the contents, their position and their length. A file that a crash cut short has no such end, which the engine sees itself.

use super::engine_errors::from_io;
use krl_kernel::store::StoreError;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use xxhash_rust::xxh3::xxh3_128;

const TRAILER_BYTES: u64 = 38;
/// The least that an entry takes.
const ENTRY_BYTES: u64 = 18;

/// Checks all tables and manifests of a store.
pub fn check(folder: &Path) -> Result<(), StoreError> {
    let keyspaces = folder.join("keyspaces");
    each(&keyspaces, &mut |keyspace| {
        check_manifest(keyspace)?;
        each(&keyspace.join("tables"), &mut check_contents)
    })
}

fn each(folder: &Path, look: &mut dyn FnMut(&Path) -> Result<(), StoreError>) -> Result<(), StoreError> {
    let failed = |error: io::Error| from_io(&folder.display().to_string(), &error);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    for entry in entries {
        look(&entry.map_err(failed)?.path())?;
    }
    Ok(())
}

/// The manifest `vN` that `current` names, with its hash: N, then the XXH3-128 of the file.
fn check_manifest(keyspace: &Path) -> Result<(), StoreError> {
    let current = keyspace.join("current");
    let place = current.display().to_string();
    let bytes = match fs::read(&current) {
        Ok(bytes) => bytes,
        // A keyspace that was being made or deleted: the engine clears it away.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(from_io(&place, &error)),
    };
    let damaged = || StoreError::Corrupt(format!("{place}: its manifest is damaged"));
    let (number, rest) = bytes.split_first_chunk().ok_or_else(damaged)?;
    let hash = rest.first_chunk().ok_or_else(damaged)?;
    let manifest = keyspace.join(format!("v{}", u64::from_le_bytes(*number)));
    let bytes = fs::read(&manifest).map_err(|_| damaged())?;
    if xxh3_128(&bytes) != u128::from_le_bytes(*hash) {
        return Err(damaged());
    }
    Ok(())
}

fn check_contents(path: &Path) -> Result<(), StoreError> {
    match contents_fit(path) {
        Ok(true) => Ok(()),
        Ok(false) => {
            Err(StoreError::Corrupt(format!("{}: its table of contents is damaged", path.display())))
        }
        Err(error) => Err(from_io(&path.display().to_string(), &error)),
    }
}

/// Is there room for as many entries as the contents say? Where there are no contents, the engine finds that.
fn contents_fit(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let Some(end) = file.metadata()?.len().checked_sub(TRAILER_BYTES) else {
        return Ok(true);
    };
    let Some(start) = part::<8>(&mut file, end + 22)?.map(u64::from_le_bytes) else {
        return Ok(true);
    };
    if part(&mut file, end)? != Some(*b"SFA!") || part(&mut file, start)? != Some(*b"TOC!") {
        return Ok(true);
    }
    let entries = part(&mut file, start.saturating_add(4))?.map_or(0, u32::from_le_bytes);
    Ok(u64::from(entries) * ENTRY_BYTES <= end.saturating_sub(start))
}

/// The bytes at a place of a file; none where it ends.
fn part<const N: usize>(file: &mut File, at: u64) -> io::Result<Option<[u8; N]>> {
    let mut bytes = [0; N];
    let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut bytes));
    match read {
        Ok(()) => Ok(Some(bytes)),
        // A place beyond what files can have is damage too.
        Err(error) if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::InvalidInput) => Ok(None),
        Err(error) => Err(error),
    }
}
