//! The host's workload on the storage engines that could carry it: clouds of a dozen small records are made, woken and counted in.
//!
//! `cargo run --release -- FOLDER CLOUDS` prints a table; `--features rocks` adds RocksDB. Each engine runs in processes of its own, so that memory and start-up are its own.

mod engine;
mod workload;

use std::path::Path;
use std::process::{Command, ExitCode};
use std::{env, fs};

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let result = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [folder, clouds] => all(Path::new(folder), clouds),
        [folder, clouds, phase, name] => one(Path::new(folder), clouds, phase, name),
        _ => Err("usage: FOLDER CLOUDS".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// One phase of one engine: lines of `measure<tab>value`.
fn one(folder: &Path, clouds: &str, phase: &str, name: &str) -> Result<(), Failure> {
    let clouds = clouds.parse()?;
    let folder = folder.join(name);
    match phase {
        "make" => workload::make(&folder, name, clouds),
        "use" => workload::wake_and_count(&folder, name, clouds),
        _ => Err("no such phase".into()),
    }
}

fn all(folder: &Path, clouds: &str) -> Result<(), Failure> {
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    for (index, name) in engine::NAMES.iter().enumerate() {
        fs::create_dir_all(folder.join(name))?;
        for phase in ["make", "use"] {
            let run = Command::new(env::current_exe()?).arg(folder).args([clouds, phase, name]).output()?;
            if !run.status.success() {
                return Err(format!("{name}: {}", String::from_utf8_lossy(&run.stderr)).into());
            }
            for line in String::from_utf8(run.stdout)?.lines() {
                let (measure, value) = line.split_once('\t').ok_or("a line without a value")?;
                let row = match rows.iter().position(|(known, _)| known == measure) {
                    Some(row) => row,
                    None => {
                        rows.push((measure.to_owned(), Vec::new()));
                        rows.len() - 1
                    }
                };
                rows[row].1.resize(index, String::from("–"));
                rows[row].1.push(value.to_owned());
            }
        }
        fs::remove_dir_all(folder.join(name))?;
    }
    println!("| {clouds} clouds | {} |", engine::NAMES.join(" | "));
    println!("|---|{}", "---|".repeat(engine::NAMES.len()));
    for (measure, mut values) in rows {
        values.resize(engine::NAMES.len(), String::from("–"));
        println!("| {measure} | {} |", values.join(" | "));
    }
    Ok(())
}
