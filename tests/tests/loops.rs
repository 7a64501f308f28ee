//! Natives' loops with the body of what they call in them: `vectors/loops.json` has programs, what they yield, and for how many of their functions
//! there are loops. All is the same without loops, to the last instruction of a budget.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failing helper fails the test")]

mod quiet_host;

use krl_conformance::engine::Setup;
use krl_jit::{Compiler, Form};
use krl_vm::heap::UnitTable;
use krl_vm::interp::{Instance, Limits, Outcome, World};
use krl_vm::unit::Unit;
use quiet_host::QuietHost;
use serde_json::Value;
use std::sync::Arc;

/// Instructions, and slices of them until time is over.
type Limit = (u64, Option<u32>);

/// Far more than any of the programs takes.
const PLENTY: Limit = (1 << 30, None);

struct Case {
    program: String,
    yields: String,
    loops: u64,
    unit: Unit,
}

fn cases() -> Vec<Case> {
    let all: Vec<Value> = serde_json::from_str(include_str!("../vectors/loops.json")).unwrap();
    let case = |case: &Value| {
        let text = |name: &str| case[name].as_str().unwrap().to_owned();
        let program = text("program");
        let compiled = krl_compiler::compile_program(&program);
        let unit = compiled.unit.unwrap_or_else(|| panic!("{program}: {:?}", compiled.diagnostics));
        Case { program, yields: text("yields"), loops: case["loops"].as_u64().unwrap(), unit }
    };
    all.iter().map(case).collect()
}

/// A machine's table with the unit, and the unit's number in it.
fn loaded(unit: Unit) -> (UnitTable, u32) {
    let verified = krl_vm::verify::verify(unit).unwrap();
    UnitTable::new(krl_stdlib::natives()).load(verified).unwrap()
}

/// All there is to see of a program with this budget: what it yields or why not, and what is left.
#[derive(Debug, PartialEq)]
struct Seen {
    /// With signs of zeros, or the places of a failure.
    outcome: String,
    /// JSON, or a failure's text.
    yields: String,
    instructions_left: u64,
    used_bytes: usize,
}

fn seen(unit: &Unit, setup: Setup, (instructions, slices): Limit) -> Seen {
    let unit = setup.unit(unit.clone()).unwrap();
    let global = unit.global.unwrap();
    let (units, number) = loaded(unit);
    let instances = Arc::new(vec![Instance::new(number, &units)]);
    let limits = Limits { instructions, ..Limits::default() };
    let mut vm = setup.machine(World { units: Arc::new(units), instances, limits, ..World::default() });
    let mut host = QuietHost::default();
    host.slices = slices;
    let outcome = vm.run(&mut host, 0, global, &[]);
    let (outcome, yields) = match outcome {
        Outcome::Done(value) => {
            let data = vm.heap().export(value).unwrap();
            (format!("{data:?}"), data.to_json())
        }
        Outcome::Failed(failure) => (format!("{failure:?}"), failure.fault.to_string()),
        Outcome::Suspended(request) => panic!("{request:?}"),
    };
    let (instructions_left, used_bytes) = (vm.instructions_left(), vm.heap().used_bytes());
    Seen { outcome, yields, instructions_left, used_bytes }
}

fn check(case: &Case, limit: Limit) -> Seen {
    let expected = seen(&case.unit, Setup::REFERENCE, limit);
    for setup in Setup::all(3) {
        let seen = seen(&case.unit, setup, limit);
        assert_eq!(seen, expected, "{setup:?} with {limit:?}: {}", case.program);
    }
    expected
}

#[test]
fn programs_yield() {
    for case in cases() {
        assert_eq!(check(&case, PLENTY).yields, case.yields, "{}", case.program);
    }
}

/// All through the program, and at each of its last instructions.
#[test]
fn budgets_end_at_the_same_instruction() {
    for case in cases() {
        let all = PLENTY.0 - check(&case, PLENTY).instructions_left;
        for budget in (1..5).map(|part| all * part / 5).chain(all.saturating_sub(3)..=all) {
            check(&case, (budget, None));
        }
    }
}

/// The clock is looked at between elements, after the same ones.
#[test]
fn deadlines_pass_at_the_same_instruction() {
    for case in cases() {
        let all = PLENTY.0 - seen(&case.unit, Setup::REFERENCE, PLENTY).instructions_left;
        for slice in 1..=(all / 8_192).min(9) {
            let left = check(&case, (PLENTY.0, Some(slice as u32))).instructions_left;
            assert!(left > PLENTY.0 - all, "{}", case.program);
        }
    }
}

#[test]
fn functions_of_numbers_have_loops() {
    let Ok(compiler) = Compiler::new() else { return };
    for case in cases() {
        let (units, number) = loaded(case.unit);
        let listing = compiler.listing(units.unit(number).unwrap(), Form::Clif);
        assert_eq!(listing.matches("\n; loops of natives:").count() as u64, case.loops, "{}", case.program);
    }
}
