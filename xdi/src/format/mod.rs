//! The formats graphs travel in (`xdi.md §3`): `text/xdi`, `application/xdi+json`, and the flat JSON of older signatures.
//!
//! Readers add to a graph. If a text is refused, what came before the place of the error has been added.
//!
//! ```
//! use krl_xdi::format::{self, quad, text, Format, WriteOptions};
//!
//! let (graph, format) = format::read_any(r#"{"=ann":{"<#age>":{"&":42}}}"#)?;
//! assert_eq!(format, Format::Quad);
//! assert_eq!(text::write(&graph, WriteOptions::default()), "=ann<#age>/&/42\n");
//! assert_eq!(quad::write(&graph, WriteOptions::default()), r#"{"=ann":{"<#age>":{"&":42}}}"#);
//! # Ok::<(), Box<format::ReadAnyError>>(())
//! ```

mod error;
pub mod flat;
pub mod quad;
pub mod text;

pub use error::{ReadAnyError, ReadError, ReadErrorKind};

use crate::graph::{Graph, Implied};
use crate::literal::Literal;

/// A format that can be read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `text/xdi`: a statement a line.
    Text,
    /// `application/xdi+json`: objects of roots, entities, attributes.
    Quad,
    /// One JSON object with a key for each subject and predicate.
    Flat,
}

/// How numbers that are literals are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Numbers {
    /// As they were written when they were set.
    #[default]
    AsWritten,
    /// As doubles in the notation of the reference: `42.0`, `1.2E7`.
    Doubles,
}

/// How a graph is written. The fields are the parameters of the media types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// Whether to write statements that follow from others.
    pub implied: Implied,
    /// Whether equal graphs give equal texts.
    pub ordered: bool,
    /// Whether to add white space for people.
    pub pretty: bool,
    /// How to write numbers.
    pub numbers: Numbers,
}

impl WriteOptions {
    /// Sorted, everything else as by default.
    #[must_use]
    pub fn ordered() -> Self {
        Self { ordered: true, ..Self::default() }
    }

    fn write_literal(self, literal: &Literal, out: &mut String) {
        match self.numbers {
            Numbers::AsWritten => literal.write(out),
            Numbers::Doubles => literal.write_double(out),
        }
    }
}

/// Reads a text of any format: flat JSON, quad JSON and text are tried in this order.
pub fn read_any(text: &str) -> Result<(Graph, Format), Box<ReadAnyError>> {
    let flat = match flat::read(text) {
        Ok(graph) => return Ok((graph, Format::Flat)),
        Err(error) => error,
    };
    let quad = match quad::read(text) {
        Ok(graph) => return Ok((graph, Format::Quad)),
        Err(error) => error,
    };
    match text::read(text) {
        Ok(graph) => Ok((graph, Format::Text)),
        Err(text) => Err(Box::new(ReadAnyError { flat, quad, text })),
    }
}
