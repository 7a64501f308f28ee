//! Telling a damaged journal from one that a crash cut short.
//!
//! When the engine opens, it ends each journal at the first thing it cannot read, and drops what follows without a word: right for the last,
//! half-written batch, wrong for a changed byte in the middle. Two facts of our own show the difference:
//!
//! - Each sync counts itself: in the store, and, once the disk has that, in the file `synced`. If the store comes back with a smaller count than
//!   the file's, it has lost something that the disk had.
//! - All journals but the newest were on disk, whole, before the next one began. None of them may get shorter than what was written in it.
//!
//! Damage is noted in the file `damaged`, since the engine has changed the evidence.

use super::engine_errors::from_io;
use krl_kernel::store::StoreError;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

/// The number and path of each journal in a folder, oldest first.
pub fn journals(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".jnl")?.parse().ok());
        found.extend(number.map(|number| (number, entry.path())));
    }
    found.sort();
    Ok(found)
}

/// What must be there after the engine has opened the folder.
pub struct Before {
    folder: PathBuf,
    /// The journals that were whole, and the bytes written in each.
    whole: Vec<(PathBuf, u64)>,
    /// The count of the last sync.
    synced: u64,
}

impl Before {
    /// Looks at a folder that the engine has not opened yet.
    pub fn look(folder: &Path) -> Result<Self, StoreError> {
        let place = folder.display().to_string();
        let told = folder.join("damaged");
        match fs::read_to_string(&told) {
            Ok(what) => {
                return Err(StoreError::Corrupt(format!(
                    "{what}; restore a backup, or remove {} to go on with what is left",
                    told.display()
                )));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(from_io(&place, &error)),
        }
        let mut journals = match journals(folder) {
            Ok(journals) => journals,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(from_io(&place, &error)),
        };
        journals.pop();
        let whole = journals
            .into_iter()
            .map(|(_, path)| written(&path).map(|bytes| (path, bytes)))
            .collect::<io::Result<_>>()
            .map_err(|error| from_io(&place, &error))?;
        let synced = Marker::read(folder).map_err(|error| from_io(&place, &error))?;
        Ok(Self { folder: folder.to_owned(), whole, synced })
    }

    /// Compares with what the engine has opened: `synced` is the count in the store.
    pub fn compare(&self, synced: u64) -> Result<(), StoreError> {
        let shorter = self.whole.iter().find(|(path, bytes)| {
            // A journal that is gone has been written to tables.
            fs::metadata(path).is_ok_and(|now| now.len() < *bytes)
        });
        let what = match shorter {
            Some((path, _)) => format!("{} cannot be read to its end", path.display()),
            None if synced < self.synced => {
                format!("{} has lost what was on disk: its journal is damaged", self.folder.display())
            }
            None => return Ok(()),
        };
        // The error is told now; the file is for the next time.
        let _ = fs::write(self.folder.join("damaged"), &what);
        Err(StoreError::Corrupt(what))
    }
}

/// How many bytes of a file come before the zeros it ends with, which are space for more.
fn written(path: &Path) -> io::Result<u64> {
    const STEP: u64 = 64 * 1024;
    let mut file = File::open(path)?;
    let mut end = file.metadata()?.len();
    let mut part = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(STEP);
        file.seek(SeekFrom::Start(start))?;
        part.clear();
        (&mut file).take(end - start).read_to_end(&mut part)?;
        if let Some(last) = part.iter().rposition(|&byte| byte != 0) {
            return Ok(start + last as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

/// The file `synced`: the count of the last sync and its hash. It may be older than the journal, never newer.
pub struct Marker {
    file: File,
}

impl Marker {
    /// Opens it, or makes it.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let file = File::options().create(true).truncate(false).write(true).open(folder.join("synced"))?;
        Ok(Self { file })
    }

    /// Notes a sync that the disk has.
    pub fn note(&mut self, synced: u64) -> io::Result<()> {
        let count = synced.to_be_bytes();
        let bytes = [count, xxh3_64(&count).to_be_bytes()].concat();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&bytes)
    }

    /// The count; 0 if there is none that can be trusted.
    fn read(folder: &Path) -> io::Result<u64> {
        let bytes = match fs::read(folder.join("synced")) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error),
        };
        let Some((count, hash)) = bytes.split_first_chunk::<8>() else {
            return Ok(0);
        };
        let trusted = hash == xxh3_64(count).to_be_bytes();
        Ok(if trusted { u64::from_be_bytes(*count) } else { 0 })
    }
}
