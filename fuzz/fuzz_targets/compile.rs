#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &str| drop(krl_conformance::property::compiling(source)));
