//! Why a text is no address or statement.

use super::generation::{self, Generation};
use super::{MAX_ARCS, MAX_LENGTH, MAX_NESTING};
use std::fmt;

/// A text that is no address or no statement: what is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong.
    pub code: SyntaxCode,
    /// Where in the text, in bytes.
    pub at: usize,
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyntaxCode {
    /// A character that can't stand here.
    Unexpected(char),
    /// A bracket is not closed.
    Unclosed(char),
    /// A name without a symbol before it.
    NoSymbol,
    /// `%` without two hexadecimal digits, or an escaped character that no name may have.
    BadEscape,
    /// A cross-reference with more than one arc or `/`.
    BadXref,
    /// Too many bytes.
    TooLong,
    /// Too many arcs.
    TooManyArcs,
    /// Parentheses nest too deeply.
    TooDeep,
    /// The syntax of an older generation.
    OlderGeneration(Generation),
    /// A statement without its three parts.
    NotThreeParts,
    /// The object of a contextual statement must be one arc.
    NotOneArc,
    /// `&` where the address of a node or a predicate is needed.
    LiteralArc,
    /// A literal that is no JSON value.
    BadLiteral(String),
    /// Strict: arcs out of the order peer roots, inner roots, entities, attributes.
    OutOfOrder,
    /// Strict: an arc that XDI Core 1.0 doesn't have.
    NotInCore(&'static str),
}

impl SyntaxError {
    pub(crate) fn new(code: SyntaxCode, at: usize) -> Self {
        Self { code, at }
    }

    /// The same error inside a longer text, `by` bytes further on.
    pub(crate) fn moved(mut self, by: usize) -> Self {
        self.at += by;
        self
    }

    /// Names the older generation of the syntax that explains the error, if one does (decision X1).
    pub(crate) fn of_generation(self, text: &str) -> Self {
        let limit = matches!(self.code, SyntaxCode::TooLong | SyntaxCode::TooManyArcs | SyntaxCode::TooDeep);
        match generation::recognise(text) {
            Some((generation, at)) if !limit => Self::new(SyntaxCode::OlderGeneration(generation), at),
            _ => self,
        }
    }
}

impl SyntaxCode {
    /// A stable name for programs.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Unexpected(_) => "unexpected_character",
            Self::Unclosed(_) => "unclosed_bracket",
            Self::NoSymbol => "name_without_symbol",
            Self::BadEscape => "bad_escape",
            Self::BadXref => "bad_cross_reference",
            Self::TooLong => "too_long",
            Self::TooManyArcs => "too_many_arcs",
            Self::TooDeep => "too_deep",
            Self::OlderGeneration(_) => "older_generation",
            Self::NotThreeParts => "not_three_parts",
            Self::NotOneArc => "not_one_arc",
            Self::LiteralArc => "literal_arc",
            Self::BadLiteral(_) => "bad_literal",
            Self::OutOfOrder => "arcs_out_of_order",
            Self::NotInCore(_) => "not_in_core",
        }
    }
}

impl fmt::Display for SyntaxCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unexpected(c) => write!(f, "`{}` can't stand here", c.escape_debug()),
            Self::Unclosed(c) => write!(f, "`{c}` is missing"),
            Self::NoSymbol => write!(f, "a name needs a symbol before it, one of `= + * @ $ #`"),
            Self::BadEscape => {
                write!(
                    f,
                    "`%` needs two hexadecimal digits, and the character must be one that names may have"
                )
            }
            Self::BadXref => {
                write!(f, "parentheses hold one arc, or an address, `/` and a predicate, or text without `/`")
            }
            Self::TooLong => write!(f, "an address has at most {MAX_LENGTH} bytes"),
            Self::TooManyArcs => write!(f, "an address has at most {MAX_ARCS} arcs"),
            Self::TooDeep => write!(f, "parentheses nest at most {MAX_NESTING} deep"),
            Self::OlderGeneration(generation) => {
                write!(f, "this is the syntax of {generation}; only that of XDI Core 1.0 is read")
            }
            Self::NotThreeParts => {
                write!(f, "a statement has a subject, a predicate and an object, with `/` between")
            }
            Self::NotOneArc => write!(f, "the object of a contextual statement is exactly one arc"),
            Self::LiteralArc => write!(f, "`&` names a literal, neither a node nor a predicate"),
            Self::BadLiteral(why) => write!(f, "a literal is a JSON value: {why}"),
            Self::OutOfOrder => {
                write!(f, "arcs come in the order peer roots, inner roots, entities, attributes")
            }
            Self::NotInCore(rule) => write!(f, "not in XDI Core 1.0: {rule}"),
        }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, at byte {}", self.code, self.at)
    }
}

impl std::error::Error for SyntaxError {}
