//! The KRL virtual machine.
