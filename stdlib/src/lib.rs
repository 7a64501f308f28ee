//! KRL operators and modules, and the one table that describes them.

pub mod datetime;
pub mod digest;
pub mod encoding;
pub mod rounding;
pub mod signature;
pub mod template;
pub mod types;
pub mod words;
