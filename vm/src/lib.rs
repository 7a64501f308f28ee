//! The KRL virtual machine.

pub mod number;
