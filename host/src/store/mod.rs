//! Storage on disk: the kernel's store trait on an embedded engine, formats of the data folder.

pub mod backup;
mod engine_errors;
mod fjall;
mod format;
mod journal;
mod room;

pub use fjall::{FjallStore, Options};
pub use format::{FORMAT, Migration, migrate};
