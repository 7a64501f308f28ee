//! The operator's token (decision H2): made at the first start, kept in a file that only the host's user reads.

use super::answer::Refusal;
use hyper::StatusCode;
use hyper::header::{self, HeaderMap};
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The file in the data folder.
pub const FILE_NAME: &str = "operator.token";

/// Random bytes of a token.
const BYTES: usize = 32;

/// A token. Only its digest is kept, and digests are compared in constant time.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(blake3::Hash);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// Why there is no token.
#[derive(Debug)]
pub struct TokenError {
    path: PathBuf,
    problem: String,
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.problem)
    }
}

impl std::error::Error for TokenError {}

/// The token in the data folder; made if there is none.
///
/// # Errors
/// A file that cannot be read or made, or has no token in it.
pub fn read_or_make(home: &Path) -> Result<String, TokenError> {
    let path = home.join(FILE_NAME);
    let failed = |problem: String| TokenError { path: path.clone(), problem };
    match fs::read_to_string(&path) {
        Ok(text) if text.trim().len() >= 16 => return Ok(text.trim().to_owned()),
        Ok(_) => return Err(failed("this is no token; remove the file to have one made".into())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(failed(e.to_string())),
    }
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|e| failed(format!("the system gives no randomness: {e}")))?;
    let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    write(&path, &token).map_err(|e| failed(e.to_string()))?;
    Ok(token)
}

fn write(path: &Path, token: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{token}")?;
    file.sync_all()
}

impl Token {
    /// A token by its text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(blake3::hash(text.as_bytes()))
    }

    /// Refuses a request without `Authorization: Bearer TOKEN`.
    ///
    /// # Errors
    /// 401.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| {
            let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| Self::new(token.trim()))
        });
        let message = match given {
            Some(given) if given == *self => return Ok(()),
            Some(_) => "Error: this is not the operator's token",
            None => "Error: this needs the operator's token: `Authorization: Bearer TOKEN`",
        };
        Err(Refusal::new(StatusCode::UNAUTHORIZED, "unauthorized", message))
    }
}
