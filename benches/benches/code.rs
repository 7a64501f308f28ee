//! What machine code costs a ruleset of 20 kB: how long the first directive takes from the start of a process, and memory.
//! `cargo bench --bench code`
#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench that cannot run has nothing to say")]

use krl_jit::Compiler;
use krl_kernel::cloud::{Cloud, Configuration, Environment};
use krl_kernel::library::Library;
use krl_vm::data::Data;
use krl_vm::interp::compiled::{Entry, JitMode};
use krl_vm::load::Loader;
use krl_vm::unit::Unit;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 41;
/// The mode and the folder of a process that is measured.
const MEASURED: [&str; 2] = ["KRL_BENCH_MODE", "KRL_BENCH_CODE"];

fn main() {
    if let [Some(mode), folder] = MEASURED.map(std::env::var_os) {
        let mode = mode.to_str().and_then(|mode| mode.parse().ok()).unwrap();
        return first_directive(mode, folder.as_deref().map(Path::new));
    }
    // `cargo test --benches` only wants to know that it starts.
    let runs = if std::env::args().any(|arg| arg == "--bench") { RUNS } else { 1 };
    println!("from the start of a process to the first directive of a ruleset of 20 kB, milliseconds");
    println!("| | median | best | 90th percentile |\n|---|---:|---:|---:|");
    let kept = tempfile::tempdir().unwrap();
    process("force", Some(kept.path()));
    for (name, mode, folder) in [
        ("interpreted", "off", None),
        ("`on`: interpreted until functions are hot", "on", None),
        ("`on`, from kept code", "on", Some(kept.path())),
        ("`force`: each function compiled before it runs", "force", None),
        ("`force`, from kept code", "force", Some(kept.path())),
    ] {
        let mut times: Vec<Duration> = (0..runs).map(|_| process(mode, folder)).collect();
        times.sort();
        let at = |share: usize| times.get(times.len() * share / 100).map_or(0.0, |t| t.as_secs_f64() * 1e3);
        println!("| {name} | {:.2} | {:.2} | {:.2} |", at(50), at(0), at(90));
    }
    println!();
    memory();
}

fn unit() -> Unit {
    krl_compiler::compile(&krl_benches::generated(20_000)).unit.unwrap()
}

/// How long a process takes to start and to do as in [`first_directive`].
fn process(mode: &str, folder: Option<&Path>) -> Duration {
    let begun = Instant::now();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(MEASURED[0], mode).stdin(Stdio::null());
    if let Some(folder) = folder {
        command.env(MEASURED[1], folder);
    }
    let done = command.output().unwrap();
    let taken = begun.elapsed();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    taken
}

/// Compiles the source, installs it, and sends the event that one of its rules waits for.
fn first_directive(mode: JitMode, folder: Option<&Path>) {
    let tier = krl_host::jit::tier(mode, folder).unwrap();
    let library = Library::compiled_by(krl_stdlib::natives(), tier.clone());
    let mut cloud = Cloud::new(Environment { library, ..Environment::default() });
    let verified = krl_vm::verify::verify(unit()).unwrap();
    cloud.install(verified, Configuration::default()).unwrap();
    let attrs = Data::parse(r#"{"name": "tea", "price": "40"}"#).unwrap();
    let answer = cloud.signal("shop", "item3", attrs).unwrap();
    assert_eq!((answer.directives.len(), answer.errors.len()), (1, 0), "{:?}", answer.errors);
    let done = tier.map(|tier| tier.statistics()).unwrap_or_default();
    if mode == JitMode::Force {
        assert!(done.compiled == 0 || done.cache_hits == 0, "{done:?}");
    }
    // Nothing is measured of how a process ends.
    std::process::exit(0);
}

/// Bytes that a ruleset takes as bytecode, for its counters and entries, and as machine code if all its functions had some.
fn memory() {
    let unit = unit();
    let (functions, instructions) =
        (unit.functions.len(), unit.functions.iter().map(|f| f.code.len()).sum::<usize>());
    let file = krl_vm::krlc::encode(&unit, "bench").unwrap().len();
    println!(
        "bytes of a ruleset of 20 kB, {functions} functions, {instructions} instructions\n| | bytes |\n|---|---:|"
    );
    println!("| `.krlc`, with its source | {file} |");
    println!("| bytecode | {} |", instructions * size_of::<krl_vm::op::Insn>());
    println!("| counters and entries | {} |", functions * size_of::<Entry>());
    let Ok(compiler) = Compiler::new() else { return println!("| machine code | none here |") };
    let loaded = Loader::new(krl_stdlib::natives()).load(krl_vm::verify::verify(unit).unwrap()).unwrap();
    let before = executable();
    let (mut installed, mut kept) = (Vec::new(), 0);
    for number in 0..functions as u32 {
        let Ok(code) = compiler.compile(&loaded, number) else { continue };
        kept += code.encode().map_or(0, |bytes| bytes.len());
        installed.push(compiler.install(&code).unwrap_or_else(|why| panic!("{why}")));
    }
    println!("| machine code of {} functions | {} |", installed.len(), compiler.live_bytes());
    println!("| the same on a disk | {kept} |");
    println!("| the same in memory, in whole pages | {} |", executable() - before);
}

/// Bytes of memory whose content can be run and comes from no file; zero where the system does not tell.
fn executable() -> u64 {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let anonymous =
        maps.lines().filter(|line| line.contains(" r-xp 00000000 00:00 0") && !line.contains('['));
    let bytes = anonymous.filter_map(|line| {
        let (from, to) = line.split(' ').next()?.split_once('-')?;
        Some(u64::from_str_radix(to, 16).ok()? - u64::from_str_radix(from, 16).ok()?)
    });
    bytes.sum()
}
