//! The KRL virtual machine: values and their heap, bytecode, verifier and interpreter.

#[cfg(test)]
mod assembler;
pub mod data;
pub mod fault;
pub mod heap;
pub mod interp;
pub mod krlc;
pub mod listing;
pub mod load;
pub mod native;
pub mod number;
pub mod op;
pub mod unit;
pub mod value;
pub mod verify;
