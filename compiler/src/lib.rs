//! KRL compiler.
