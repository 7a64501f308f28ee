//! Differential testing: a generated program is played on every engine in every form, and nothing that can be seen may differ.

mod compare;
mod play;
mod shrink;
mod source;

pub use compare::{Difference, changed_by_budget, difference};
pub use play::{Seen, compiled, play};
pub use shrink::{report, shrunk};
pub use source::{changed_by_formatting, false_errors};
