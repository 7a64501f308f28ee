//! Lays the sources over each other: flags over environment over file over distro over defaults.

use super::distro::Distro;
use super::file::{self, Entry};
use super::table::{Setting, TABLE};
use super::{Settings, Tls};
use std::fmt;
use std::path::{Path, PathBuf};

/// The file that is read from the data folder unless another is named.
pub const FILE_NAME: &str = "host.toml";

/// Where settings come from.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// Flags without dashes, and their values.
    pub flags: &'a [(String, String)],
    /// The environment.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// The file that was named.
    pub file: Option<&'a Path>,
}

/// Where a value was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A flag.
    Flag(String),
    /// An environment variable.
    Env(String),
    /// A line of a file.
    File(PathBuf, usize),
    /// All of a file.
    WholeFile(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "--{flag}"),
            Self::Env(name) => write!(f, "environment variable {name}"),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::WholeFile(path) => path.display().fmt(f),
        }
    }
}

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Where it was said.
    pub origin: Origin,
    /// What is wrong, and what to write instead.
    pub problem: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.origin, self.problem)
    }
}

impl std::error::Error for ConfigError {}

/// Settles all settings.
///
/// # Errors
/// All values that cannot be used, and all keys that nobody knows.
pub fn load(sources: &Sources<'_>) -> Result<Settings, Vec<ConfigError>> {
    let mut errors = Vec::new();
    // Where the file is may be said by a flag or the environment, so these are read first and laid over the file at the end.
    let mut first = Settings { home: default_home(sources.env), ..Settings::default() };
    outer(sources, &mut first, &mut errors);
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut settings = Settings { home: first.home.clone(), ..Settings::default() };
    let entries = file_entries(sources.file, &first.home, &mut errors);
    let named = first.distro_file.clone().or_else(|| distro_of(&entries));
    if let Some(path) = named {
        match Distro::read(&path) {
            Ok((distro, entries)) => {
                inner(&path, &entries, Setting::is_distros, &mut settings, &mut errors);
                settings.distro = distro;
            }
            Err(e) => errors.push(e),
        }
    }
    if let Some((path, entries)) = &entries {
        inner(path, entries, |_| true, &mut settings, &mut errors);
    }
    outer(sources, &mut settings, &mut errors);
    whole(&settings, &mut errors);
    if errors.is_empty() { Ok(settings) } else { Err(errors) }
}

type InFile = Option<(PathBuf, Vec<Entry>)>;

/// The folder of a host's data that the environment says.
#[must_use]
pub fn home(env: &dyn Fn(&str) -> Option<String>) -> PathBuf {
    let names = TABLE.iter().filter(|setting| setting.key == "home");
    let mut names = names.flat_map(|setting| [Some(setting.env), setting.also]).flatten();
    let said = names.find_map(|name| env(name).filter(|value| !value.is_empty()));
    said.map_or_else(|| default_home(env), PathBuf::from)
}

fn default_home(env: &dyn Fn(&str) -> Option<String>) -> PathBuf {
    let user = env("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    user.unwrap_or_default().join(".krl")
}

fn file_entries(named: Option<&Path>, home: &Path, errors: &mut Vec<ConfigError>) -> InFile {
    let path = named.map_or_else(|| home.join(FILE_NAME), Path::to_owned);
    if named.is_none() && !path.exists() {
        return None;
    }
    let text = match file::read(&path) {
        Ok(text) => text,
        Err(problem) => {
            errors.push(ConfigError { origin: Origin::WholeFile(path), problem });
            return None;
        }
    };
    match file::entries(&text, None) {
        Ok(mut entries) => {
            let folder = path.parent().unwrap_or(Path::new(""));
            entries.iter_mut().for_each(|entry| beside(folder, entry));
            Some((path, entries))
        }
        Err((line, problem)) => {
            errors.push(ConfigError { origin: Origin::File(path, line), problem });
            None
        }
    }
}

/// Paths that a file names are beside it, unless they begin at the root.
fn beside(folder: &Path, entry: &mut Entry) {
    let names_path =
        TABLE.iter().any(|setting| setting.key == entry.key && ["DIR", "FILE"].contains(&setting.value));
    if let (true, Ok(value)) = (names_path, &mut entry.value) {
        *value = folder.join(&*value).to_string_lossy().into_owned();
    }
}

/// The manifest that the file names.
fn distro_of(entries: &InFile) -> Option<PathBuf> {
    let (_, entries) = entries.as_ref()?;
    let entry = entries.iter().find(|entry| entry.key == "distro")?;
    Some(entry.value.as_ref().ok()?.into())
}

/// Takes over what a file says.
fn inner(
    path: &Path,
    entries: &[Entry],
    allowed: impl Fn(&Setting) -> bool,
    settings: &mut Settings,
    errors: &mut Vec<ConfigError>,
) {
    for Entry { key, value, line } in entries {
        let known = || TABLE.iter().filter(|setting| allowed(setting));
        let problem = match (known().find(|setting| setting.key == key), value) {
            (None, _) => unknown(key, known()),
            (Some(setting), Ok(value)) => match (setting.set)(settings, value) {
                Ok(()) => continue,
                Err(expected) => format!("`{key}` {expected}, not `{value}`"),
            },
            (Some(_), Err(expected)) => format!("`{key}` {expected}"),
        };
        errors.push(ConfigError { origin: Origin::File(path.to_owned(), *line), problem });
    }
}

fn unknown<'a>(key: &str, known: impl Iterator<Item = &'a Setting>) -> String {
    let keys: Vec<&str> = known.map(|setting| setting.key).collect();
    match krl_compiler::nearest(key, keys.iter().copied()) {
        Some(nearest) => format!("there is no setting `{key}`; did you mean `{nearest}`?"),
        None => format!("there is no setting `{key}`; remove it, or see `docs/host.md` for those there are"),
    }
}

/// Takes over the environment, then the flags.
fn outer(sources: &Sources<'_>, settings: &mut Settings, errors: &mut Vec<ConfigError>) {
    for setting in TABLE {
        for name in setting.also.into_iter().chain([setting.env]) {
            let Some(value) = (sources.env)(name).filter(|value| !value.is_empty()) else { continue };
            if let Err(expected) = (setting.set)(settings, &value) {
                let problem = format!("this {expected}, not `{value}`");
                errors.push(ConfigError { origin: Origin::Env(name.into()), problem });
            }
        }
    }
    for (flag, value) in sources.flags {
        let done = match TABLE.iter().find(|setting| setting.flag == flag) {
            Some(setting) => (setting.set)(settings, value).map_err(|e| format!("this {e}, not `{value}`")),
            None => Err("there is no such flag".into()),
        };
        if let Err(problem) = done {
            errors.push(ConfigError { origin: Origin::Flag(flag.clone()), problem });
        }
    }
}

/// What only all settings together can show.
fn whole(settings: &Settings, errors: &mut Vec<ConfigError>) {
    let mut wrong = |flag: &str, problem: &str| {
        errors.push(ConfigError { origin: Origin::Flag(flag.into()), problem: problem.into() });
    };
    if let Some(Tls { certificate, key }) = &settings.tls {
        if certificate.as_os_str().is_empty() {
            wrong("tls-key", "a key needs its certificate: set `tls.certificate` too");
        }
        if key.as_os_str().is_empty() {
            wrong("tls-certificate", "a certificate needs its key: set `tls.key` too");
        }
    }
    if settings.limits.uri_bytes >= settings.limits.header_bytes {
        wrong(
            "uri-limit",
            "a request's address is part of its headers: set `limits.uri` below `limits.headers`",
        );
    }
}
