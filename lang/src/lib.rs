//! KRL source text.
