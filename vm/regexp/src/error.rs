//! What can go wrong: a pattern that is none, and a match that would take too long.

use std::fmt;

/// Why a pattern or its flags are not a regular expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// Lower case, without a full stop.
    pub message: String,
    /// Byte offset in the pattern. An offset of `pattern.len() + 1 + n` is the flag at byte `n` of the flags.
    pub offset: usize,
}

impl PatternError {
    pub(crate) fn new(message: impl Into<String>, offset: usize) -> Self {
        PatternError { message: message.into(), offset }
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid regular expression: {}", self.message)
    }
}

impl std::error::Error for PatternError {}

/// A match was given up because it exceeded its step budget (decision L7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatchLimit;

impl fmt::Display for MatchLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the regular expression takes too many steps on this text")
    }
}

impl std::error::Error for MatchLimit {}
