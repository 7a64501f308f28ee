//! ECMAScript regular expressions with bounded matching time (`spec/decisions.md` L7).
//!
//! A pattern is parsed into a tree by `parse` (JavaScript syntax without flag `u`, Annex B included). A simple
//! pattern runs as it stands (`direct`); where a finite automaton means the same, `linear` builds one and matching
//! time is linear in the text; otherwise `program` and `backtrack` match by ECMAScript's own rules under a step
//! budget, and give up with [`MatchLimit`]. `regexp` chooses; the answers are the same on every path.
//!
//! Texts are sequences of Unicode scalar values (decision L2): `.` takes a whole character, and half of a surrogate
//! pair matches nothing.

mod ast;
mod backtrack;
mod captures;
mod case;
mod charset;
mod direct;
mod error;
mod find_all;
mod flags;
mod input;
mod linear;
mod members;
mod parse;
mod program;
mod regexp;
mod source;

pub use captures::Captures;
pub use error::{MatchLimit, PatternError};
pub use find_all::FindAll;
pub use regexp::{Regexp, validate};
