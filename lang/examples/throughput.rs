//! Speed of parsing and formatting: `cargo run --release -p krl-lang --example throughput [FILE…]`, by default over the accepted vectors.

use krl_lang::fmt::{Options, format};
use krl_lang::parse;
use std::time::Instant;

fn sources() -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    if !files.is_empty() {
        return files.iter().map(|f| Ok(std::fs::read_to_string(f)?)).collect();
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/syntax.json");
    let vectors: Vec<serde_json::Value> = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let realistic = vectors.iter().filter(|v| v.get("area").and_then(|a| a.as_str()) == Some("realistic"));
    let accepted = realistic.filter(|v| v.get("accept").and_then(|a| a.as_bool()) == Some(true));
    Ok(accepted.filter_map(|v| v.get("source").and_then(|s| s.as_str()).map(str::to_owned)).collect())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sources = sources()?;
    let thermostat = include_str!("../tests/samples/thermostat.krl");
    let rules = thermostat.find("  rule measured").and_then(|at| thermostat.get(at..thermostat.len() - 2));
    let large = format!("ruleset large {{\n{}}}\n", rules.unwrap_or_default().repeat(500));
    let large = [large];
    let options = Options::default();
    measure("parse files", &sources, 500, parse);
    measure("parse one large file", &large, 10, parse);
    measure("format files", &sources, 100, |source| format(source, &options));
    measure("format one large file", &large, 5, |source| format(source, &options));
    Ok(())
}

fn measure<T>(name: &str, sources: &[String], rounds: usize, run: impl Fn(&str) -> T) {
    let bytes: usize = sources.iter().map(String::len).sum();
    let mut best = f64::MAX;
    for _ in 0..5 {
        let started = Instant::now();
        for _ in 0..rounds {
            for source in sources {
                std::hint::black_box(run(source));
            }
        }
        best = best.min(started.elapsed().as_secs_f64() / rounds as f64);
    }
    println!("{name}: {} sources, {bytes} bytes, {:.1} MB/s", sources.len(), bytes as f64 / best / 1e6);
}
