//! Finding and reading ruleset files.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Files larger than this are refused: no ruleset is, and every offset fits 32 bits.
pub const MAX_SOURCE_BYTES: u64 = 16 << 20;

/// A file as read.
#[derive(Debug)]
pub struct SourceFile {
    /// As given, or below the folder given; `-` for standard input.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Why a path gave no file.
#[derive(Debug)]
pub struct ReadError {
    /// The path.
    pub path: PathBuf,
    /// Why, and the remedy.
    pub problem: String,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.problem)
    }
}

/// The `.krl` files that `paths` mean: files as they are, folders with all below them, in order of their names.
pub fn find(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<ReadError>) {
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for path in paths {
        if path.is_dir() {
            let before = found.len();
            walk(path, &mut found, &mut errors);
            if found.len() == before && errors.is_empty() {
                errors.push(error(path, "the folder holds no .krl file"));
            }
        } else {
            found.push(path.clone());
        }
    }
    (found, errors)
}

fn error(path: &Path, problem: &str) -> ReadError {
    ReadError { path: path.to_owned(), problem: problem.to_owned() }
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>, errors: &mut Vec<ReadError>) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) => return errors.push(error(folder, &e.to_string())),
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || name == "target" || name == "node_modules" {
            continue;
        }
        // A link to a folder may lead in a circle; links to files are read.
        if path.is_dir() && !path.is_symlink() {
            walk(&path, found, errors);
        } else if path.extension().is_some_and(|e| e == "krl") && path.is_file() {
            found.push(path);
        }
    }
}

/// Reads a file, or standard input for `-`.
pub fn read(path: &Path) -> Result<SourceFile, ReadError> {
    if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        let result = std::io::stdin().lock().take(MAX_SOURCE_BYTES + 1).read_to_end(&mut bytes);
        result.map_err(|e| error(path, &e.to_string()))?;
        return sized(path, bytes);
    }
    let problem = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => error(path, "no such file"),
        std::io::ErrorKind::PermissionDenied => error(path, "no permission to read it"),
        _ => error(path, &e.to_string()),
    };
    if path.is_dir() {
        return Err(error(path, "a folder, where a file is needed"));
    }
    let file = std::fs::File::open(path).map_err(problem)?;
    let mut bytes = Vec::new();
    file.take(MAX_SOURCE_BYTES + 1).read_to_end(&mut bytes).map_err(problem)?;
    sized(path, bytes)
}

fn sized(path: &Path, bytes: Vec<u8>) -> Result<SourceFile, ReadError> {
    if bytes.len() as u64 > MAX_SOURCE_BYTES {
        return Err(error(path, "larger than 16 MiB, which no ruleset is"));
    }
    Ok(SourceFile { path: path.to_owned(), bytes })
}

/// Reads all of `paths`; what cannot be read is told beside what can.
pub fn read_all(paths: &[PathBuf]) -> (Vec<SourceFile>, Vec<ReadError>) {
    let (paths, mut errors) = find(paths);
    let mut files = Vec::with_capacity(paths.len());
    for path in &paths {
        match read(path) {
            Ok(file) => files.push(file),
            Err(e) => errors.push(e),
        }
    }
    (files, errors)
}

/// Writes `bytes` so that the file is the old one or the new one, never half of it.
pub fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    // A link stays a link: what it points at is replaced.
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(format!(".{}.new", std::process::id()));
    let temporary = folder.join(name);
    let permissions = std::fs::metadata(&target).map(|m| m.permissions()).ok();
    let written = std::fs::write(&temporary, bytes)
        .and_then(|()| permissions.map_or(Ok(()), |p| std::fs::set_permissions(&temporary, p)))
        .and_then(|()| std::fs::rename(&temporary, &target));
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written
}
