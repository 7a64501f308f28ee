//! KRL operators and modules, and the one table that describes them.

pub mod signature;
pub mod types;
