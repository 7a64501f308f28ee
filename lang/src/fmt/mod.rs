//! The formatter: one layout for all rulesets.
//!
//! Tree and tokens → document (`doc`) → text (`printer`) → check (`check`). Every token and comment of the source is
//! printed once and in order; strings, regular expressions and chevron text keep their bytes; broken items are copied. What
//! the check finds wrong is never handed out: the source comes back unchanged with a diagnostic.

mod builder;
mod chain;
mod check;
mod doc;
mod event;
mod expr;
mod printer;
mod rule;
mod ruleset;
mod sequence;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::parse::{Parsed, parse};
use crate::span::Span;
use builder::Builder;
use check::Mismatch;

/// How to lay out a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Columns to stay within where the text allows it.
    pub width: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { width: 100 }
    }
}

/// A formatted file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formatted {
    /// The text to write.
    pub text: String,
    /// Does it differ from the source?
    pub changed: bool,
    /// Syntax errors of the source, whose items were copied; or the one failure of the formatter itself.
    pub diagnostics: Vec<Diagnostic>,
}

/// Formats a ruleset, or the declarations and expressions of a file without one. Never fails.
#[must_use]
pub fn format(source: &str, options: &Options) -> Formatted {
    format_parsed(source, &parse(source), options)
}

/// Formats a file that is parsed already; `parsed` must come from `source`.
#[must_use]
pub fn format_parsed(source: &str, parsed: &Parsed, options: &Options) -> Formatted {
    let errors: Vec<_> = parsed.diagnostics.iter().filter(|d| d.is_error()).cloned().collect();
    if parsed.tokens.is_empty() && !source.is_empty() {
        return Formatted { text: source.to_owned(), changed: false, diagnostics: errors };
    }
    match layout(source, parsed, options) {
        Ok(text) if errors.is_empty() || is_stable(&text, options) => {
            Formatted { changed: text != source, text, diagnostics: errors }
        }
        Err(reason) if errors.is_empty() || reason != Mismatch::Meaning => {
            let found = Diagnostic::new(Code::FormatterFailure, Span::empty(0), reason.message())
                .help("the file was left as it is; please report it");
            let diagnostics = errors.into_iter().chain([found]).collect();
            Formatted { text: source.to_owned(), changed: false, diagnostics }
        }
        // Where syntax is broken, what is taken for an item may depend on its lines; then they must stay.
        _ => Formatted { text: source.to_owned(), changed: false, diagnostics: errors },
    }
}

/// Is the layout of a broken file its own layout?
fn is_stable(text: &str, options: &Options) -> bool {
    layout(text, &parse(text), options).is_ok_and(|again| again == text)
}

fn layout(source: &str, parsed: &Parsed, options: &Options) -> Result<String, Mismatch> {
    let errors = parsed.diagnostics.iter().filter(|d| d.is_error());
    let mut places: Vec<Span> = errors.map(|d| d.span).collect();
    places.sort();
    let mut builder = Builder::new(source, &parsed.tokens, &parsed.ast, places);
    builder.file();
    if builder.lost {
        return Err(Mismatch::Tree);
    }
    let text = printer::print(&builder.doc.measure(), source, options.width, line_break(source));
    check::check(source, parsed, &text)?;
    Ok(text)
}

/// The line break of the file's first line.
fn line_break(source: &str) -> &'static str {
    match source.split_once('\n') {
        Some((line, _)) if line.ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// Columns of a text.
fn width(text: &str) -> u32 {
    if text.is_ascii() { text.len() as u32 } else { text.chars().count() as u32 }
}
