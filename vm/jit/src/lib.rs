//! Machine code for hot KRL functions, through Cranelift.
//!
//! [`Jit`] is the machine's [`Tier`](krl_vm::interp::compiled::Tier): it is told of functions that begin, and publishes code for those that
//! begin often. What compiled code may do, and how it gives up in the middle, is described in [`krl_vm::interp::compiled`].

mod cache;
mod code;
mod compile;
mod emit;
mod flow;
mod globals;
mod listing;
mod loops;
mod slow;
mod tier;

pub use cache::CodeCache;
pub use code::Code;
pub use compile::{Compiler, Form, Function, Memory, NoCode};
pub use tier::{Jit, Mode, Options, Published};
