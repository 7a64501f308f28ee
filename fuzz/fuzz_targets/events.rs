#![no_main]

use krl_conformance::property::{self, EventStep};
use krl_conformance::sample;
use krl_vm::unit::Unit;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static UNITS: LazyLock<Vec<Unit>> = LazyLock::new(sample::independent_units);

// Events that the examples select, in any order, with any attributes and pauses.
fuzz_target!(|input: Vec<(u8, String, u32)>| {
    let selected: Vec<_> = UNITS.iter().flat_map(|u| &u.testing.events).collect();
    let steps: Vec<EventStep> = input
        .into_iter()
        .take(30)
        .map(|(which, attrs, pause)| {
            let event = selected[usize::from(which) % selected.len()];
            EventStep {
                domain: event.domain.to_string(),
                name: event.name.to_string(),
                attrs,
                pause: pause % 400_000,
            }
        })
        .collect();
    property::events(&UNITS, &steps);
});
