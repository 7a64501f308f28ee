//! This engine over HTTP, as the bench `host` measures it: its table, read.

use krl_benches::case;
use std::process::{Command, Stdio};

/// Connections at a time.
pub const CONNECTIONS: &str = "32";
/// How long each line is measured.
const SECONDS: &str = "2";

/// Durability, workload, and answers a second.
pub fn rates() -> Vec<(String, &'static str, f64)> {
    let host = Command::new(env!("CARGO"))
        .args([
            "bench",
            "--quiet",
            "-p",
            env!("CARGO_PKG_NAME"),
            "--bench",
            "host",
            "--",
            "--seconds",
            SECONDS,
        ])
        .stderr(Stdio::inherit())
        .output();
    let table = host.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let workloads: Vec<&str> = case::hosted().iter().map(|case| case.name).collect();
    let rates: Vec<_> = table.lines().filter_map(|line| read(line, &workloads)).collect();
    assert!(!rates.is_empty(), "the bench `host` gave no figures");
    rates
}

fn read(line: &str, workloads: &[&'static str]) -> Option<(String, &'static str, f64)> {
    let (durability, line) = line.split_once(' ')?;
    let line = line.trim_start();
    let workload = workloads.iter().find(|workload| line.starts_with(**workload))?;
    let mut fields = line[workload.len()..].split_whitespace();
    if fields.next()? != CONNECTIONS {
        return None;
    }
    Some((durability.to_owned(), workload, fields.next()?.parse().ok()?))
}
