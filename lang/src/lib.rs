//! KRL source text: tokens, syntax tree, diagnostics and the formatter.
//!
//! Parsing never fails: `parse::parse` always answers with a tree and a list of diagnostics.

pub mod ast;
pub mod code;
pub mod diagnostic;
pub mod dialect;
pub mod fmt;
pub mod lexer;
pub mod literal;
pub mod parse;
pub mod render;
pub mod span;
pub mod token;

mod context;
mod explain;
mod items;
mod rid;
mod terminal;
mod tree;
mod view;

/// The parser that LALRPOP makes of `grammar.lalrpop`.
mod grammar {
    #![allow(
        clippy::all,
        clippy::panic,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::allow_attributes_without_reason,
        missing_docs,
        unused,
        reason = "generated"
    )]

    lalrpop_util::lalrpop_mod!(start, "/grammar.rs");
    pub(crate) use start::StartParser;
}

pub use code::Code;
pub use diagnostic::{Applicability, Diagnostic, Severity};
pub use parse::{Parsed, decode, parse, parse_program};
pub use span::{LineIndex, Position, Span};
