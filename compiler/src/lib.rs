//! KRL name resolution, type checks, lints and code generation.
//!
//! Each pass is a function from data to data and diagnostics: `resolve` tells what names mean, `lower` makes code of it, `events`
//! makes automata of event expressions; `compile` runs them in order.

mod compile;
mod events;
pub mod lower;
pub mod resolve;

pub use compile::{Compiled, compile, compile_program};
