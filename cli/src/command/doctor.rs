//! `krl doctor`: what this machine and this project give, and whether the engine works here.

use super::Context;
use crate::exit::{self, Exit};
use crate::program::{self, Program};
use crate::report::{Printer, Source};
use crate::script;
use crate::session::{self, Options, Session};
use crate::{STACK_BYTES, report};
use krl_host::jit;
use krl_vm::interp::compiled::{JitMode, Tier};
use krl_vm::krlc;
use krl_vm::verify::verify;
use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::Arc;

/// Prints what is known and runs the self-test.
pub fn run(context: &Context) -> Exit {
    let mut text = String::new();
    let _ = writeln!(text, "krl          {}", env!("CARGO_PKG_VERSION"));
    let _ = writeln!(text, "krlc format  {}", krlc::FORMAT);
    let config = context.config_path.as_ref().map(|path| path.display().to_string());
    let _ = writeln!(text, "krl.toml     {}", config.as_deref().unwrap_or("none"));
    let budgets = session::budgets(&context.config.limits);
    let _ = writeln!(
        text,
        "limits       {} instructions a reaction, {} MiB, {} nested calls, {} raised events",
        budgets.instructions,
        budgets.memory_bytes >> 20,
        budgets.depth,
        budgets.cascade
    );
    let _ = writeln!(text, "stack        {} MiB", STACK_BYTES >> 20);
    let place = if std::io::stdout().is_terminal() { "a terminal" } else { "no terminal" };
    let _ = writeln!(text, "output       {place}, {} columns", report::width());
    let _ = writeln!(text, "library      {} operators and module members", krl_stdlib::all().len());
    let machine = jit::target().unwrap_or_else(|why| format!("none: {why}"));
    let _ = writeln!(text, "machine code {machine}");
    let tested = self_test(&context.printer);
    let _ = writeln!(text, "self-test    {}", tested.as_ref().map_or_else(String::as_str, |()| "passed"));
    exit::print(&text);
    if tested.is_ok() { Exit::Ok } else { Exit::Internal }
}

const RULESET: &str = r#"ruleset doctor {
  meta { shares total }
  global { total = function() { ent:total.defaultsTo(0) } }
  rule add {
    select when doctor add amount re#^(\d+)$# setting(amount)
    send_directive("added", {"total": total() + amount.as("Number")})
    fired { ent:total := total() + amount.as("Number") }
  }
}
"#;

const SCRIPT: &str = "event doctor:add amount=40\nevent doctor:add amount=2\nquery doctor:total\n";

/// Compiles, runs, stores, loads and runs again; both runs must answer the same, and the right thing.
fn self_test(printer: &Printer) -> Result<(), String> {
    let program = program::compile_source(printer, &Source::new("doctor.krl", RULESET))
        .map_err(|_| "the compiler refuses a good ruleset")?;
    let bytes = program::encode(&program).map_err(|e| e.to_string())?;
    let (unit, _) = krlc::decode(&bytes).map_err(|e| e.to_string())?;
    let stored = verify(unit).map_err(|e| format!("a stored ruleset is refused: {e}"))?;
    let compiled = Program { path: "doctor.krl".into(), unit: program.unit.clone() };
    let first = answers(program, None)?;
    let second = answers(Program { path: "doctor.krlc".into(), unit: stored }, None)?;
    if first != second {
        return Err(format!("a stored ruleset answers otherwise: {first:?} and {second:?}"));
    }
    // Where no machine code can be made, this is the interpreter again.
    let third = answers(compiled, jit::tier(JitMode::Force, None).unwrap_or_default())?;
    if first != third {
        return Err(format!("machine code answers otherwise: {first:?} and {third:?}"));
    }
    match first.last() {
        Some(last) if last.ends_with("\"value\":42}") => Ok(()),
        other => Err(format!("40 and 2 make {other:?}")),
    }
}

fn answers(program: Program, tier: Option<Arc<dyn Tier>>) -> Result<Vec<String>, String> {
    let budgets = krl_kernel::cloud::Budgets::default();
    let mut session = Session::new(Options { seed: 0, now: 0, budgets, trace: false, tier });
    session.install_all(vec![program])?;
    let steps = script::parse(SCRIPT)?;
    Ok(steps.iter().map(|step| session.step(step).line.to_json()).collect())
}
