//! KRL operators and modules, and the one table that describes them.

pub mod datetime;
pub mod signature;
pub mod types;
