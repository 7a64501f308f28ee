#![no_main]

use krl_conformance::{property, sample};
use libfuzzer_sys::fuzz_target;

// One example's code with some instructions replaced.
fuzz_target!(|input: (u8, Vec<(u32, u64)>)| {
    let (which, mut changes) = input;
    changes.truncate(8);
    let examples = sample::examples();
    let (_, source) = &examples[usize::from(which) % examples.len()];
    if let Some(unit) = krl_conformance::property::compiling(source) {
        property::damaged_code(&unit, &changes);
    }
});
