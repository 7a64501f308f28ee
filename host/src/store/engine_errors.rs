//! The engine's errors and panics in the kernel's words.

use krl_kernel::store::StoreError;
use std::any::Any;
use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a call of the engine. It asserts where it trusts its own files, so damage can make it panic: that becomes an error here.
///
/// `place` names what was read or written.
pub fn guarded<T>(place: &str, call: impl FnOnce() -> Result<T, fjall::Error>) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| from_engine(place, &error)),
        Err(panic) => Err(StoreError::Corrupt(format!("{place}: the engine gave up: {}", words(&*panic)))),
    }
}

fn words(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no reason given")
}

/// An error of the engine.
fn from_engine(place: &str, error: &fjall::Error) -> StoreError {
    match error {
        fjall::Error::Io(error) | fjall::Error::Storage(fjall::LsmError::Io(error)) => from_io(place, error),
        fjall::Error::Locked => StoreError::Locked(place.to_owned()),
        fjall::Error::Poisoned => {
            StoreError::Io(format!("{place}: an earlier write failed, so nothing more is taken"))
        }
        fjall::Error::InvalidVersion(Some(_)) => {
            StoreError::Io(format!("{place} belongs to another version of the storage engine"))
        }
        fjall::Error::KeyspaceDeleted => StoreError::Io(format!("{place} was dropped")),
        damage => StoreError::Corrupt(format!("{place}: {damage:?}")),
    }
}

/// An error of a file.
pub fn from_io(place: &str, error: &io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full,
        ErrorKind::UnexpectedEof | ErrorKind::InvalidData => StoreError::Corrupt(format!("{place}: {error}")),
        _ => StoreError::Io(format!("{place}: {error}")),
    }
}
