//! JSON as the formats need it: read from left to right without a tree and without recursion, numbers kept as they are written.
//!
//! `serde_json` keeps the decimal text of numbers only by a switch that changes every other use of it in the program.

mod reader;
mod writer;

pub(crate) use reader::{JsonError, Reader};
pub(crate) use writer::{Writer, write_string};
