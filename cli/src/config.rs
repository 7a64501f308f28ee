//! `krl.toml`: a project's choices.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The name of the file.
pub const FILE_NAME: &str = "krl.toml";

/// A project's choices.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Level by code or name: `allow`, `hint`, `warn`, `deny`.
    #[serde(default)]
    pub lints: BTreeMap<String, String>,
    /// The formatter.
    #[serde(default)]
    pub fmt: Fmt,
    /// Budgets of `krl run`, `eval` and `repl`.
    #[serde(default)]
    pub limits: Limits,
}

/// The formatter's choices.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fmt {
    /// Columns; 100 unless said.
    pub width: Option<u32>,
}

/// Budgets (`spec` R5).
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Instructions of one event or query.
    pub instructions: Option<u64>,
    /// Bytes of one event or query.
    pub memory: Option<usize>,
    /// Nested calls.
    pub depth: Option<u32>,
    /// Events raised in one transaction.
    pub cascade: Option<u32>,
}

/// Reads the configuration: the file given, or `krl.toml` in the working folder or the nearest above it.
pub fn load(given: Option<&Path>) -> Result<(Config, Option<PathBuf>), String> {
    let path = match given {
        Some(path) => Some(path.to_owned()),
        None => std::env::current_dir().ok().and_then(|folder| nearest(&folder)),
    };
    let Some(path) = path else { return Ok((Config::default(), None)) };
    let text = std::fs::read_to_string(&path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => format!("{}: no such file", path.display()),
        _ => format!("{}: {e}", path.display()),
    })?;
    let config =
        toml::from_str(&text).map_err(|e| format!("{}: {}", path.display(), e.to_string().trim_end()))?;
    Ok((config, Some(path)))
}

fn nearest(folder: &Path) -> Option<PathBuf> {
    let path = folder.ancestors().map(|f| f.join(FILE_NAME)).find(|f| f.is_file())?;
    // The one of this folder needs no longer name.
    Some(path.strip_prefix(folder).map(Path::to_owned).unwrap_or(path))
}
