//! Free space on the disk of a folder. The engine takes no more writes once one has failed, so a full disk is refused before it is met.

use super::engine_errors::from_io;
use krl_kernel::store::StoreError;
use std::path::Path;

/// How many bytes a user may still write there; all there are where the system does not say.
#[cfg(unix)]
pub fn free_bytes(folder: &Path) -> Result<u64, StoreError> {
    let disk =
        rustix::fs::statvfs(folder).map_err(|error| from_io(&folder.display().to_string(), &error.into()))?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// How many bytes a user may still write there; all there are where the system does not say.
#[cfg(not(unix))]
pub fn free_bytes(_folder: &Path) -> Result<u64, StoreError> {
    Ok(u64::MAX)
}
