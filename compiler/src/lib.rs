//! KRL name resolution, type checks, lints and code generation.
//!
//! Each pass is a function from data to data and diagnostics: `resolve` tells what names mean, `lower` makes code of it, `events`
//! makes automata of event expressions; `compile` runs them in order. `types` infers what values are, `project` gathers what rulesets
//! checked together know of each other, `lint` looks for likely mistakes; `check` runs these and applies the configured levels.

pub mod check;
mod compile;
mod events;
pub mod lint;
pub mod lower;
pub mod project;
pub mod resolve;
pub mod types;

pub use compile::{Compiled, compile, compile_program};
pub use resolve::suggest::nearest;
