//! Shared parts of the conformance tests.

pub mod scenario;
