//! Machine code in a folder of this host, from one start to the next.
//!
//! A file holds magic and version, a MAC, its key and its code; its name is the key. The MAC's key is random and never leaves the folder,
//! which only the host's own user may read: code from elsewhere is not run, nor is code that the disk has changed.

use krl_jit::CodeCache;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// Bytes that a host keeps.
pub const MOST_BYTES: u64 = 64 << 20;

const MAGIC: &[u8; 8] = b"KRLCODE\x01";
const KEY: &str = "key";
const ENDING: &str = "code";
const UNFINISHED: &str = "new";
const HEADER_BYTES: usize = MAGIC.len() + blake3::OUT_LEN + 32;
/// Longer files are none of ours.
const MAX_FILE_BYTES: u64 = 32 << 20;
/// After so many files the folder is counted anew: other processes may use it too.
const COUNT_AFTER: u64 = 256;
/// An unfinished file of this age has been left by a process that is gone.
const LEFT_AFTER: Duration = Duration::from_secs(3_600);

/// A folder of machine code.
pub struct CodeFolder {
    path: PathBuf,
    key: [u8; 32],
    most: u64,
    damaged: AtomicU64,
    written: AtomicU64,
    /// Bytes of all files, about.
    bytes: Mutex<u64>,
}

impl std::fmt::Debug for CodeFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodeFolder")
            .field("path", &self.path)
            .field("most", &self.most)
            .finish_non_exhaustive()
    }
}

impl CodeFolder {
    /// Opens a folder, or makes it. About `most` bytes are kept: beyond that, what was not used for longest is removed.
    ///
    /// # Errors
    /// A folder of another user, or that cannot be written.
    pub fn open(path: &Path, most: u64) -> io::Result<Self> {
        make(path)?;
        let folder = Self {
            path: path.to_owned(),
            key: key(path)?,
            most,
            damaged: AtomicU64::new(0),
            written: AtomicU64::new(0),
            bytes: Mutex::new(0),
        };
        folder.bound(u64::MAX);
        Ok(folder)
    }

    fn file(&self, key: &[u8; 32]) -> PathBuf {
        self.path.join(format!("{}.{ENDING}", blake3::Hash::from_bytes(*key).to_hex()))
    }

    fn mac(&self, content: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(MAGIC).update(content).finalize()
    }

    /// What a file holds, if it is whole and this host's own.
    fn checked(&self, bytes: &[u8], key: &[u8; 32]) -> Option<Vec<u8>> {
        let (mac, content) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<{ blake3::OUT_LEN }>()?;
        // Compares in constant time.
        if self.mac(content) != blake3::Hash::from_bytes(*mac) {
            return None;
        }
        content.strip_prefix(key).map(<[u8]>::to_vec)
    }

    fn write(&self, key: &[u8; 32], code: &[u8]) -> io::Result<u64> {
        let content = [key, code].concat();
        let mut bytes = Vec::with_capacity(HEADER_BYTES + code.len());
        bytes.extend(MAGIC);
        bytes.extend(self.mac(&content).as_bytes());
        bytes.extend(content);
        self.written.fetch_add(1, Ordering::Relaxed);
        let unfinished = unfinished(&self.path);
        let written = private(&unfinished)
            .and_then(|mut file| file.write_all(&bytes))
            .and_then(|()| fs::rename(&unfinished, self.file(key)));
        if written.is_err() {
            drop(fs::remove_file(&unfinished));
        }
        written.map(|()| bytes.len() as u64)
    }

    /// Removes what is over the bound, and some more, so that this is rare. `added` bytes have come.
    fn bound(&self, added: u64) {
        let mut bytes = self.bytes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *bytes = bytes.saturating_add(added);
        if *bytes <= self.most && !self.written.load(Ordering::Relaxed).is_multiple_of(COUNT_AFTER) {
            return;
        }
        let mut files = self.files();
        *bytes = files.iter().map(|file| file.bytes).sum();
        if *bytes <= self.most {
            return;
        }
        files.sort_by_key(|file| file.used);
        for file in files {
            if *bytes <= self.most / 4 * 3 {
                return;
            }
            if fs::remove_file(&file.path).is_ok() {
                *bytes -= file.bytes;
            }
        }
    }

    /// The files with code. Removes what processes left unfinished.
    fn files(&self) -> Vec<Kept> {
        let Ok(entries) = fs::read_dir(&self.path) else { return Vec::new() };
        let now = SystemTime::now();
        let mut files = Vec::new();
        for entry in entries.flatten() {
            let (path, Ok(data)) = (entry.path(), entry.metadata()) else { continue };
            let used = data.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            if path.extension().is_some_and(|ending| ending == ENDING) {
                files.push(Kept { path, bytes: data.len(), used });
            } else if path.extension().is_some_and(|ending| ending == UNFINISHED)
                && now.duration_since(used).is_ok_and(|age| age > LEFT_AFTER)
            {
                drop(fs::remove_file(&path));
            }
        }
        files
    }
}

struct Kept {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

impl CodeCache for CodeFolder {
    fn get(&self, key: &[u8; 32]) -> Option<Vec<u8>> {
        let path = self.file(key);
        let file = File::open(&path).ok()?;
        let mut bytes = Vec::new();
        let read = (&file).take(MAX_FILE_BYTES).read_to_end(&mut bytes);
        let code = read.ok().and_then(|_| self.checked(&bytes, key));
        match &code {
            // The order in which files are removed is that of their times.
            Some(_) => drop(file.set_modified(SystemTime::now())),
            None => {
                self.damaged.fetch_add(1, Ordering::Relaxed);
                drop(fs::remove_file(&path));
            }
        }
        code
    }

    fn put(&self, key: &[u8; 32], code: &[u8]) {
        match self.write(key, code) {
            Ok(bytes) => self.bound(bytes),
            Err(error) => {
                tracing::debug!(target: "krl::jit", folder = %self.path.display(), %error, "code is not kept");
            }
        }
    }

    fn damaged(&self) -> u64 {
        self.damaged.load(Ordering::Relaxed)
    }
}

/// A name that no other file has: not of this process, nor of another that runs.
fn unfinished(folder: &Path) -> PathBuf {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!("{}-{number}.{UNFINISHED}", std::process::id()));
    // A process that is gone may have had the same number.
    drop(fs::remove_file(&path));
    path
}

/// The key that this host's files are known by: made at the first use.
fn key(folder: &Path) -> io::Result<[u8; 32]> {
    let path = folder.join(KEY);
    if let Some(key) = known_key(&path)? {
        return Ok(key);
    }
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| io::Error::other(error.to_string()))?;
    let unfinished = unfinished(folder);
    private(&unfinished)?.write_all(&key)?;
    // Of two processes that begin at once, one makes the key and the other takes it.
    let linked = fs::hard_link(&unfinished, &path);
    fs::remove_file(&unfinished)?;
    match (linked, known_key(&path)?) {
        (_, Some(key)) => Ok(key),
        (Err(error), None) => Err(error),
        (Ok(()), None) => Err(io::Error::other("the key cannot be read again")),
    }
}

/// The key that is there. One of the wrong length, or that others could read, is removed.
fn known_key(path: &Path) -> io::Result<Option<[u8; 32]>> {
    match fs::read(path) {
        Ok(bytes) => match <[u8; 32]>::try_from(bytes) {
            Ok(key) if is_private(path)? => Ok(Some(key)),
            _ => fs::remove_file(path).map(|()| None),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn make(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let data = fs::symlink_metadata(path)?;
    if !data.is_dir() || data.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other("it is a link, or belongs to another user: move it away"));
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn make(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

#[cfg(unix)]
fn private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(unix)]
fn is_private(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(fs::symlink_metadata(path)?.mode() & 0o077 == 0)
}

#[cfg(not(unix))]
fn is_private(_path: &Path) -> io::Result<bool> {
    Ok(true)
}
