//! Files of large values, by number, each compressed and with a checksum, and who may still read them.

use super::engine_errors::from_io;
use krl_kernel::store::StoreError;
use lz4_flex::frame::{FrameDecoder, FrameEncoder, FrameInfo};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufReader, ErrorKind, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

/// The files in a folder.
pub struct Files {
    folder: PathBuf,
    next: AtomicU64,
    /// What readers who begin now may read.
    newest: Mutex<Arc<Generation>>,
    /// Numbers of files that nobody needs once the disk has what was committed before.
    dropped: Sender<u64>,
    to_remove: Mutex<Receiver<u64>>,
}

/// The files between two replacements: readers hold the one in which they began, which holds all later ones. Nobody can read what was
/// replaced at its end once it is gone.
pub struct Generation {
    replaced: Mutex<Vec<u64>>,
    later: Mutex<Option<Arc<Self>>>,
    dropped: Sender<u64>,
}

impl Generation {
    fn new(dropped: Sender<u64>) -> Arc<Self> {
        Arc::new(Self { replaced: Mutex::default(), later: Mutex::default(), dropped })
    }

    /// Tells which files are not needed any more, and gives out what it held.
    fn end(&mut self) -> Option<Arc<Self>> {
        let replaced = self.replaced.get_mut().unwrap_or_else(PoisonError::into_inner);
        for number in replaced.drain(..) {
            // A store that is closed finds them when it is opened.
            let _ = self.dropped.send(number);
        }
        self.later.get_mut().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        // One after the other: a reader that stayed long holds very many, and dropping each within the former would need a deep stack.
        let mut later = self.end();
        while let Some(mut generation) = later.and_then(Arc::into_inner) {
            later = generation.end();
        }
    }
}

impl Files {
    /// Those in a folder, which is made.
    pub fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let (dropped, to_remove) = channel();
        let files = Self {
            folder: folder.to_owned(),
            next: AtomicU64::new(0),
            newest: Mutex::new(Generation::new(dropped.clone())),
            dropped,
            to_remove: Mutex::new(to_remove),
        };
        let last = files.numbers()?.into_iter().max();
        files.next.store(last.map_or(0, |last| last + 1), Ordering::Relaxed);
        Ok(files)
    }

    fn numbers(&self) -> io::Result<Vec<u64>> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            numbers.extend(entry?.file_name().to_str().and_then(|name| name.parse::<u64>().ok()));
        }
        Ok(numbers)
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(number.to_string())
    }

    fn failed(&self, number: u64, error: &io::Error) -> StoreError {
        from_io(&self.path(number).display().to_string(), error)
    }

    /// The number of a new file.
    pub fn next(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Were there ever any?
    pub fn are_used(&self) -> bool {
        self.next.load(Ordering::Relaxed) > 0
    }

    /// Where numbers go whose files nobody needs.
    pub fn dropped(&self) -> Sender<u64> {
        self.dropped.clone()
    }

    /// Writes a value; the disk has it then.
    pub fn write(&self, number: u64, value: &[u8]) -> Result<(), StoreError> {
        self.next.fetch_max(number + 1, Ordering::Relaxed);
        let written = self.try_write(number, value);
        if written.is_err() {
            // Nobody knows of it, and it may be in the way of who needs room.
            let _ = fs::remove_file(self.path(number));
        }
        written.map_err(|error| self.failed(number, &error))
    }

    fn try_write(&self, number: u64, value: &[u8]) -> io::Result<()> {
        let info = FrameInfo::new().content_size(Some(value.len() as u64)).content_checksum(true);
        let mut encoder = FrameEncoder::with_frame_info(info, File::create(self.path(number))?);
        encoder.write_all(value)?;
        encoder.finish().map_err(io::Error::other)?.sync_data()?;
        sync_folder(&self.folder)
    }

    /// The value of so many bytes in a file.
    pub fn read(&self, number: u64, bytes: u64) -> Result<Vec<u8>, StoreError> {
        let place = || self.path(number).display().to_string();
        let file = match File::open(self.path(number)) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(StoreError::Corrupt(format!("{}: the file is gone", place())));
            }
            Err(error) => return Err(self.failed(number, &error)),
        };
        // What is read is compared with what it should be, so that a damaged length asks for no more memory than there is to read.
        let capacity = usize::try_from(bytes).unwrap_or(0).min(1 << 30);
        let mut value = Vec::with_capacity(capacity);
        match FrameDecoder::new(BufReader::new(file)).take(bytes + 1).read_to_end(&mut value) {
            Ok(_) if value.len() as u64 == bytes => Ok(value),
            Ok(_) => Err(StoreError::Corrupt(format!("{}: the value is not whole", place()))),
            Err(error) => Err(StoreError::Corrupt(format!("{}: {error}", place()))),
        }
    }

    /// What readers who begin now hold.
    pub fn generation(&self) -> Arc<Generation> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Readers who begin now read no longer what is in these files.
    pub fn replaced(&self, numbers: Vec<u64>) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let later = Generation::new(self.dropped.clone());
        *newest.replaced.lock().unwrap_or_else(PoisonError::into_inner) = numbers;
        *newest.later.lock().unwrap_or_else(PoisonError::into_inner) = Some(later.clone());
        let former = std::mem::replace(&mut *newest, later);
        drop(newest);
        // Without readers it ends here.
        drop(former);
    }

    /// The numbers of files that nobody needs once the disk has what was committed before.
    pub fn to_remove(&self) -> Vec<u64> {
        self.to_remove.lock().unwrap_or_else(PoisonError::into_inner).try_iter().collect()
    }

    /// Removes files.
    pub fn remove(&self, numbers: &[u64]) -> Result<(), StoreError> {
        for &number in numbers {
            match fs::remove_file(self.path(number)) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(self.failed(number, &error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Removes all but these.
    pub fn keep(&self, needed: &HashSet<u64>) -> Result<(), StoreError> {
        let all = self.numbers().map_err(|error| from_io(&self.folder.display().to_string(), &error))?;
        self.remove(&all.into_iter().filter(|number| !needed.contains(number)).collect::<Vec<_>>())
    }

    /// How many bytes the files have.
    pub fn disk_bytes(&self) -> io::Result<u64> {
        let sizes = fs::read_dir(&self.folder)?.map(|entry| match entry?.metadata() {
            Ok(metadata) => Ok(metadata.len()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        });
        sizes.sum()
    }
}

/// Waits until the disk has the names in a folder; elsewhere than on Unix systems they need no waiting for.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
