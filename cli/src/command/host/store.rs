//! Backups and what is in the folder of a stopped host.

use super::{facts, print};
use crate::args::Host;
use crate::exit::{self, Exit};
use krl_host::client::is_local;
use krl_host::config::Settings;
use krl_host::serve::store_folder;
use krl_host::store::backup::{self, BackupError, Contents};
use krl_host::store::{FjallStore, Options};
use krl_kernel::records;
use krl_kernel::store::{Space, Store, StoreError};
use krl_vm::data::{Data, DataMap};
use std::path::{Path, PathBuf};

/// The path of a file as the host sees it, which may run elsewhere.
pub fn on_host(url: &str, file: &Path) -> Result<String, Exit> {
    let path = if is_local(url) { std::path::absolute(file).unwrap_or_default() } else { file.to_owned() };
    if path.is_absolute() {
        return Ok(path.display().to_string());
    }
    Err(exit::usage(&format!("{}: say the whole path, on the disk of the host", file.display())))
}

/// Copies the store of a stopped host.
pub fn backup(args: &Host, file: &Path, home: &Path) -> Result<Exit, Exit> {
    let store = open(home)?;
    let written = backup::backup(&*store.snapshot(), &Space::ALL, file);
    let written = written.map_err(|error| refused(&error))?;
    print(args, &contents(file, written), facts);
    Ok(Exit::Ok)
}

/// Makes the folder of a host from a backup.
pub fn restore(args: &Host, file: &Path, home: &Path) -> Result<Exit, Exit> {
    let made = std::fs::create_dir_all(home);
    made.map_err(|error| exit::usage(&format!("{}: {error}", home.display())))?;
    let restored = backup::restore(file, &folder(home), &Options::default());
    let restored = restored.map_err(|error| refused(&error))?;
    print(args, &contents(home, restored), facts);
    exit::say(&format!("start it with `krl serve --home {}`", home.display()));
    Ok(Exit::Ok)
}

/// Reads all records of a backup or of a stopped host.
pub fn verify(args: &Host, file: Option<&Path>, home: Option<&Path>) -> Result<Exit, Exit> {
    let mut check = |space: Space, key: &[u8], record: &[u8]| -> Result<(), String> {
        records::check(space, key, record)
    };
    let (path, read) = match (file, home) {
        (Some(file), _) => (file, backup::verify_backup(file, &mut check)),
        (None, home) => {
            let home = home.unwrap_or(Path::new(""));
            (home, backup::verify_store(&*open(home)?.snapshot(), &mut check))
        }
    };
    let read = read.map_err(|error| refused(&error))?;
    print(args, &contents(path, read), facts);
    exit::say("all of it is sound");
    Ok(Exit::Ok)
}

fn folder(home: &Path) -> PathBuf {
    store_folder(&Settings { home: home.to_owned(), ..Settings::default() })
}

/// The store of a stopped host. None is made where there is none.
fn open(home: &Path) -> Result<FjallStore, Exit> {
    let folder = folder(home);
    if !folder.is_dir() {
        return Err(exit::usage(&format!("{}: this is no folder of a host", home.display())));
    }
    FjallStore::open(&folder, &Options::default()).map_err(|error| refused(&BackupError::Store(error)))
}

fn refused(error: &BackupError) -> Exit {
    let remedy = match error {
        BackupError::Store(StoreError::Locked(_)) => {
            "; stop the host that uses it, or leave --home out to ask the running host for a backup"
        }
        BackupError::Exists(_) => "; choose another name, or remove it",
        BackupError::Version { .. } => "; use a newer version of `krl`",
        BackupError::Damaged { .. } | BackupError::Entry { .. } => "; use another backup",
        _ => "",
    };
    exit::failure(&format!("{error}{remedy}"))
}

fn contents(path: &Path, contents: Contents) -> Data {
    let entries = [
        ("path", Data::string(path.display().to_string())),
        ("entries", Data::Number(contents.entries as f64)),
        ("bytes", Data::Number(contents.bytes as f64)),
    ];
    Data::Map(entries.into_iter().map(|(name, value)| (name.into(), value)).collect::<DataMap>())
}
