//! Reading a backup: into an empty folder, or only to see that it is whole.

use super::{
    BLOCK, BackupError, Check, Contents, DIGEST_BYTES, END, HEADER_BYTES, MAGIC, SPACES, VERSION, file_error,
};
use crate::store::fjall::{FjallStore, Options};
use crate::store::format::FORMAT;
use krl_kernel::store::{self, Batch, Space, Store};
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Makes a store in `folder`, which must not be there or be empty, from a backup. The folder gets its name when all is in it: before, and
/// after a crash, it is called `….partial`.
///
/// # Errors
/// [`BackupError::Exists`] if there is something in the folder; what is wrong with the backup; what the store says.
pub fn restore(path: &Path, folder: &Path, options: &Options) -> Result<Contents, BackupError> {
    // A backup that is damaged at its end should not take the time and the disk of a whole restore.
    verify_backup(path, &mut |_, _, _| Ok(()))?;
    let taken = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if taken || folder.is_file() {
        return Err(BackupError::Exists(folder.to_owned()));
    }
    let mut partial = folder.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    fs::create_dir(&partial).map_err(|error| file_error(&partial, &error))?;
    let result = fill(path, &partial, options).and_then(|contents| {
        fs::rename(&partial, folder).map_err(|error| file_error(folder, &error))?;
        Ok(contents)
    });
    if result.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_dir_all(&partial);
    }
    result
}

fn fill(path: &Path, folder: &Path, options: &Options) -> Result<Contents, BackupError> {
    let store = FjallStore::open(folder, options)?;
    let mut reader = Reader::open(path)?;
    let mut contents = Contents::default();
    while let Some(block) = reader.block()? {
        let mut batch = Batch::default();
        for record in block.records() {
            let (space, key, value) = record?;
            contents.count(key, value);
            batch.put(space, key, value);
        }
        store.write_ahead(&mut batch)?;
        store.commit(&batch)?;
    }
    store.sync()?;
    drop(store);
    // An older format is brought up to this version's.
    drop(FjallStore::open(folder, options)?);
    Ok(contents)
}

/// Reads all of a backup, and shows `check` each entry.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify_backup(path: &Path, check: Check<'_>) -> Result<Contents, BackupError> {
    let mut reader = Reader::open(path)?;
    let mut contents = Contents::default();
    while let Some(block) = reader.block()? {
        for record in block.records() {
            let (space, key, value) = record?;
            contents.count(key, value);
            check_entry(check, space, key, value)?;
        }
    }
    Ok(contents)
}

/// Reads all of a store, and shows `check` each entry. The engine compares the checksum of each block that it reads.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify_store(store: &dyn store::Read, check: Check<'_>) -> Result<Contents, BackupError> {
    let mut contents = Contents::default();
    for space in Space::ALL {
        let mut found = Ok(());
        store.scan(space, &[], None, &mut |key, value| {
            contents.count(key, value);
            found = check_entry(check, space, key, value);
            if found.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        found?;
    }
    Ok(contents)
}

fn check_entry(check: Check<'_>, space: Space, key: &[u8], value: &[u8]) -> Result<(), BackupError> {
    check(space, key, value).map_err(|why| BackupError::Entry { space, key: key.to_owned(), why })
}

struct Reader {
    path: PathBuf,
    file: BufReader<File>,
    digest: blake3::Hasher,
    /// Where the next block begins.
    at: u64,
    /// How many bytes the file has.
    length: u64,
    entries: u64,
}

impl Reader {
    fn open(path: &Path) -> Result<Self, BackupError> {
        let file = File::open(path).map_err(|error| file_error(path, &error))?;
        let length = file.metadata().map_err(|error| file_error(path, &error))?.len();
        let mut reader = Self {
            path: path.to_owned(),
            file: BufReader::new(file),
            digest: blake3::Hasher::new(),
            at: 0,
            length,
            entries: 0,
        };
        if length < HEADER_BYTES as u64 || reader.take::<8>()? != *MAGIC {
            return Err(BackupError::Foreign(path.to_owned()));
        }
        for supported in [VERSION, FORMAT] {
            let found = u32::from_be_bytes(reader.take()?);
            if found > supported {
                return Err(BackupError::Version { path: path.to_owned(), found, supported });
            }
        }
        reader.at = HEADER_BYTES as u64;
        Ok(reader)
    }

    /// The next block of records; none at the end of a whole file.
    fn block(&mut self) -> Result<Option<Block>, BackupError> {
        let [kind] = self.take()?;
        let length = u64::from_be_bytes(self.take()?);
        let behind = (self.at + 9).saturating_add(length).saturating_add(DIGEST_BYTES as u64);
        if behind > self.length {
            return Err(self.damaged("the file ends inside it"));
        }
        let mut body = Vec::new();
        self.fill(&mut body, length)?;
        let digest = self.digest.finalize();
        if self.take::<DIGEST_BYTES>()? != *digest.as_bytes() {
            return Err(self.damaged("its checksum is wrong"));
        }
        let block = Block { path: self.path.clone(), at: self.at, body };
        if kind == END {
            return self.end(&block.body, behind).map(|()| None);
        }
        if kind != BLOCK {
            return Err(self.damaged("it is of an unknown kind"));
        }
        self.entries += block.records().count() as u64;
        self.at = behind;
        Ok(Some(block))
    }

    fn end(&self, body: &[u8], behind: u64) -> Result<(), BackupError> {
        if body != self.entries.to_be_bytes() {
            return Err(self.damaged("it counts other entries than there are"));
        }
        if behind != self.length {
            return Err(self.damaged("something follows the last block"));
        }
        Ok(())
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], BackupError> {
        let mut bytes = [0; N];
        match self.file.read_exact(&mut bytes) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                return Err(self.damaged("the file ends where it should be"));
            }
            Err(error) => return Err(file_error(&self.path, &error)),
        }
        self.digest.update(&bytes);
        Ok(bytes)
    }

    fn fill(&mut self, body: &mut Vec<u8>, length: u64) -> Result<(), BackupError> {
        let mut part = (&mut self.file).take(length);
        part.read_to_end(body).map_err(|error| file_error(&self.path, &error))?;
        self.digest.update(body);
        Ok(())
    }

    fn damaged(&self, what: &'static str) -> BackupError {
        BackupError::Damaged { path: self.path.clone(), at: self.at, what }
    }
}

/// The body of a block whose checksum is right.
struct Block {
    path: PathBuf,
    at: u64,
    body: Vec<u8>,
}

type Record<'a> = (Space, &'a [u8], &'a [u8]);

impl Block {
    fn records(&self) -> impl Iterator<Item = Result<Record<'_>, BackupError>> {
        let mut rest = self.body.as_slice();
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let Some((record, behind)) = split_record(rest) else {
                rest = &[];
                return Some(Err(BackupError::Damaged {
                    path: self.path.clone(),
                    at: self.at,
                    what: "it holds something that is no record",
                }));
            };
            rest = behind;
            Some(Ok(record))
        })
    }
}

fn split_record(bytes: &[u8]) -> Option<(Record<'_>, &[u8])> {
    let (&[number], rest) = bytes.split_first_chunk()?;
    let (key_length, rest) = rest.split_first_chunk()?;
    let (value_length, rest) = rest.split_first_chunk()?;
    let (key, rest) = rest.split_at_checked(u16::from_be_bytes(*key_length).into())?;
    let value_length = usize::try_from(u32::from_be_bytes(*value_length)).ok()?;
    let (value, rest) = rest.split_at_checked(value_length)?;
    let (_, space) = SPACES.iter().find(|(known, _)| *known == number)?;
    Some(((*space, key, value), rest))
}
