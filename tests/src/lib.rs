//! Shared parts of the conformance tests.
#![expect(clippy::expect_used, clippy::panic, reason = "a test helper fails by panicking")]

pub mod asking;
pub mod differ;
pub mod engine;
pub mod generate;
pub mod hosted;
pub mod house;
pub mod memory;
pub mod origin;
pub mod property;
pub mod sample;
pub mod scenario;
pub mod system;
pub mod wire;
