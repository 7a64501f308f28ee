//! Storage on disk: the kernel's store trait on an embedded engine, formats of the data folder.

mod archives;
pub mod backup;
mod damage;
mod engine_errors;
mod files;
mod fjall;
mod format;
mod journal;
mod large;
mod relief;
mod room;
mod spaces;
mod view;

pub use fjall::{FjallStore, Options};
pub use format::{FORMAT, Migration, migrate};

const MIB: u64 = 1024 * 1024;
