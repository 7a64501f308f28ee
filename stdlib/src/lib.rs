//! KRL operators and modules, and the one table that describes them.

pub mod datetime;
mod declare;
pub mod digest;
pub mod encoding;
mod modules;
mod operators;
pub mod rounding;
pub mod rulesets;
pub mod signature;
mod table;
pub mod template;
pub mod types;
pub mod words;

pub use table::{all, find, find_member, id_of, members, modules, natives, operators};
