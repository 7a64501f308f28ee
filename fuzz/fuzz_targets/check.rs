#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &str| krl_conformance::property::checking(source));
