#![no_main]

use krl_conformance::differ::{difference, report};
use krl_conformance::generate::from_bytes;
use libfuzzer_sys::fuzz_target;

// A program, whose choices the bytes are, on every engine in every form.
fuzz_target!(|bytes: &[u8]| {
    let (program, _) = from_bytes(bytes);
    let (found, _) = difference(&program, bytes.len() as u64);
    if let Some(found) = found {
        panic!("{found}\n\n{}", report(&program));
    }
});
