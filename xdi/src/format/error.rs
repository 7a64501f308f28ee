//! Why a text can't be read.

use crate::address::SyntaxError;
use crate::graph::GraphError;
use crate::json::{JsonError, Reader};
use std::fmt;

/// A text that can't be read: what is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// The line, counted from 1.
    pub line: usize,
    /// The JSON key whose value or name is wrong.
    pub key: Option<String>,
    /// What is wrong.
    pub kind: ReadErrorKind,
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadErrorKind {
    /// A text that is no address or statement.
    Syntax(SyntaxError),
    /// A statement that no graph can hold.
    Graph(GraphError),
    /// No JSON, or not the JSON that the format has.
    Json(&'static str),
}

/// No format fits: why each doesn't.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadAnyError {
    /// Why it is no flat JSON.
    pub flat: ReadError,
    /// Why it is no `application/xdi+json`.
    pub quad: ReadError,
    /// Why it is no `text/xdi`.
    pub text: ReadError,
}

/// Where in a JSON text a reader is.
pub(super) struct Place<'a> {
    pub(super) text: &'a str,
    pub(super) key: Option<String>,
}

impl Place<'_> {
    pub(super) fn error(&self, reader: &Reader<'_>, kind: impl Into<ReadErrorKind>) -> ReadError {
        ReadError { line: line_of(self.text, reader.at()), key: self.key.clone(), kind: kind.into() }
    }

    pub(super) fn json(&self, error: JsonError) -> ReadError {
        let kind = ReadErrorKind::Json(error.what);
        ReadError { line: line_of(self.text, error.at), key: self.key.clone(), kind }
    }
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|b| *b == b'\n').count()
}

impl ReadErrorKind {
    /// A stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Syntax(error) => error.code.as_str(),
            Self::Graph(error) => error.code(),
            Self::Json(_) => "bad_json",
        }
    }
}

impl From<SyntaxError> for ReadErrorKind {
    fn from(error: SyntaxError) -> Self {
        Self::Syntax(error)
    }
}

impl From<GraphError> for ReadErrorKind {
    fn from(error: GraphError) -> Self {
        Self::Graph(error)
    }
}

impl fmt::Display for ReadErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(error) => error.fmt(f),
            Self::Graph(error) => error.fmt(f),
            Self::Json(what) => f.write_str(what),
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(key) = &self.key {
            write!(f, ", key `{key}`")?;
        }
        write!(f, ": {}", self.kind)
    }
}

impl fmt::Display for ReadAnyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no XDI format fits; as text: {}; as JSON: {}; as flat JSON: {}",
            self.text, self.quad, self.flat
        )
    }
}

impl std::error::Error for ReadError {}
impl std::error::Error for ReadAnyError {}
