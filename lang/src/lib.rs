//! KRL source text: tokens, syntax tree, diagnostics and the formatter.
//!
//! Parsing never fails: `parse::parse` always answers with a tree and a list of diagnostics.

pub mod ast;
pub mod code;
pub mod diagnostic;
pub mod lexer;
pub mod span;
pub mod token;

pub use code::Code;
pub use diagnostic::{Applicability, Diagnostic, Severity};
pub use span::{LineIndex, Position, Span};
