#![no_main]

use krl_conformance::{property, sample};
use krl_vm::unit::Unit;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static UNITS: LazyLock<Vec<Unit>> = LazyLock::new(sample::units);

// One example's code with some instructions replaced.
fuzz_target!(|input: (u8, Vec<(u32, u64)>)| {
    let (which, mut changes) = input;
    changes.truncate(8);
    property::damaged_code(&UNITS[usize::from(which) % UNITS.len()], &changes);
});
