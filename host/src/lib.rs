//! A host of personal clouds: the kernel with a disk, a network, a clock and threads.

pub mod api;
pub mod client;
pub mod config;
pub mod engine;
pub mod http;
pub mod jit;
pub mod outside;
mod priority;
pub mod registry;
pub mod serve;
pub mod store;
pub mod telemetry;
