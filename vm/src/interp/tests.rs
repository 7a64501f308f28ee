//! Code in, outcome out. Each case is a unit in assembler text whose function `main` runs; its result is compared as JSON, its failure
//! as text.

mod budgets;
mod calls;
mod host;
mod operators;

use super::*;
use crate::assembler::assemble;
use crate::data::Data;
use crate::verify::verify;
use host::{NATIVES, TestHost};

/// A machine with one instance of the unit, its `global` block run.
fn machine(text: &str, limits: Limits) -> (Vm, TestHost) {
    let verified = verify(assemble(text)).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let (units, number) = UnitTable::new(NATIVES).load(verified).unwrap();
    let instances = Arc::new(vec![Instance::new(number, &units)]);
    let global = units.unit(number).unwrap().unit().global;
    let mut vm = Vm::new(World { units: Arc::new(units), instances, limits, ..World::default() });
    let mut host = TestHost::default();
    if let Some(global) = global {
        let outcome = vm.run(&mut host, 0, global, &[]);
        assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}\n{text}");
    }
    (vm, host)
}

fn function_named(vm: &Vm, name: &str) -> u32 {
    let unit = vm.heap().units().unit(0).unwrap().clone();
    unit.functions().iter().position(|f| &*f.name == name).unwrap() as u32
}

fn run_main(text: &str) -> (Vm, TestHost, Outcome) {
    let (mut vm, mut host) = machine(text, Limits::default());
    let main = function_named(&vm, "main");
    let outcome = vm.run(&mut host, 0, main, &[]);
    (vm, host, outcome)
}

/// The outcome of `main` as text: JSON, or `! ` and the failure.
fn show(vm: &Vm, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(value) => vm.heap().export(*value).unwrap_or(Data::Null).to_json(),
        Outcome::Suspended(request) => format!("? {}", request.name),
        Outcome::Failed(failure) => format!("! {}", failure.fault),
    }
}

fn check(text: &str, expected: &str) {
    let (vm, _, outcome) = run_main(text);
    assert_eq!(show(&vm, &outcome), expected, "{text}");
}

/// Runs the first function of a unit with arguments of several kinds; no outcome may be the machine's own mistake.
pub(crate) fn never_internal(unit: crate::verify::Verified<crate::unit::Unit>) {
    let (units, number) = UnitTable::new(NATIVES).load(unit).unwrap();
    let instances = Arc::new(vec![Instance::new(number, &units)]);
    let limits = Limits { instructions: 1_000, memory_bytes: 1 << 16, depth: 50 };
    let mut vm = Vm::new(World { units: Arc::new(units), instances, limits, ..World::default() });
    let args = Data::parse(r#"["text", [1, 2, "x"], {"k": 1}, 3]"#).unwrap();
    let args = vm.heap_mut().import(&args).unwrap();
    let args = vm.heap().array(args).to_vec();
    if let Outcome::Failed(failure) = vm.run(&mut TestHost::default(), 0, 0, &args) {
        assert!(!matches!(failure.fault.kind(), crate::fault::FaultKind::Internal(_)), "{failure:?}");
    }
}
