//! KRL name resolution, type checks, lints and code generation.

pub mod resolve;
