//! Clouds: rulesets at work on events and queries, their state, and nothing that touches the outside world.

pub mod channel;
pub mod cloud;
pub mod entities;
pub mod fiber;
pub mod graph;
pub mod id;
pub mod index;
pub mod journal;
pub mod library;
pub mod machine;
pub mod records;
pub mod retention;
pub mod schedule;
pub mod shard;
pub mod store;
