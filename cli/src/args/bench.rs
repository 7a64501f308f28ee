//! What `krl bench` accepts.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What to measure.
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// Make clouds with the default rulesets in a store on disk; measure making, memory, start and waking of them, and events to them
    Clouds(BenchClouds),
}

/// Measure very many clouds.
#[derive(Debug, Args)]
pub struct BenchClouds {
    /// How many clouds; the first 1,000 are the parents of the others
    #[arg(long, default_value_t = 10_000, value_name = "NUMBER")]
    pub count: usize,
    /// The folder of the store; if there are clouds in it, no more are made [default: one that is removed at the end]
    #[arg(long, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Keep the folder
    #[arg(long)]
    pub keep: bool,
    /// What making a cloud and an event wait for: `sync` or `os`
    #[arg(long, default_value = "sync", value_name = "WHEN", value_parser = ["sync", "os"])]
    pub durability: String,
    /// Print one JSON object instead of the table
    #[arg(long)]
    pub json: bool,
    /// Start on the store, wake clouds of it while so many may be awake, and tell what that took
    #[arg(long, hide = true, requires = "home", value_name = "NUMBER")]
    pub probe: Option<usize>,
}
