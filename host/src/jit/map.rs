//! The map of machine code that `perf` reads, on request.

use krl_jit::Published;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Where the map is to be, if the environment asks for one.
pub fn wanted() -> Option<PathBuf> {
    let asked = std::env::var_os("KRL_PERF_MAP").is_some_and(|value| value == "1");
    asked.then(|| PathBuf::from(format!("/tmp/perf-{}.map", std::process::id())))
}

/// Writes a line for each piece of code: address and length in hexadecimal, name.
pub fn published(path: &Path) -> io::Result<Published> {
    let file = Mutex::new(open(path)?);
    Ok(Box::new(move |name, address, length| {
        let line = format!("{address:x} {length:x} {name}\n");
        // What cannot be written is missing in a profile.
        drop(file.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes()));
    }))
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    // The folder is everybody's: a link that waits there must not be followed.
    let no_link = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).custom_flags(no_link).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).open(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    #[test]
    fn a_line_for_each_piece_of_code() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("perf.map");
        let published = super::published(&path).unwrap();
        published("krl:r:f", 0xABC0, 32);
        published("krl:r:f:any", 0xABE0, 7);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "abc0 20 krl:r:f\nabe0 7 krl:r:f:any\n");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("precious"), folder.path().join("perf.map"));
        std::fs::write(&target, "x").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(super::published(&link).is_err());
        assert_eq!(std::fs::read(&target).unwrap(), b"x");
    }
}
