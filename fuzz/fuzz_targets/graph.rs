#![no_main]

use krl_conformance::property;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &str| property::graph(document));
