//! Diagnostics for people and tools. Every renderer takes the files of one run and answers text; nothing is printed here.

mod github;
mod human;
mod json;
mod sarif;

pub use github::github;
pub use human::{Colors, HumanOptions, human};
pub use json::json;
pub use sarif::sarif;

use crate::diagnostic::Diagnostic;
use crate::span::{LineIndex, Position, Span};

/// One file of the checked set and what was found in it.
#[derive(Clone, Copy, Debug)]
pub struct FileDiagnostics<'a> {
    /// Its path as people know it.
    pub path: &'a str,
    /// Its text.
    pub source: &'a str,
    /// The findings.
    pub diagnostics: &'a [Diagnostic],
}

/// The ends of a span, clamped to the source.
fn ends(lines: &LineIndex, source: &str, span: Span) -> (Position, Position) {
    (lines.position(source, span.start), lines.position(source, span.end.max(span.start)))
}
