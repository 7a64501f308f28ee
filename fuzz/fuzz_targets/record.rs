#![no_main]

use krl_conformance::property;
use libfuzzer_sys::fuzz_target;

// The space, the length of the key, the key, the record.
fuzz_target!(|bytes: &[u8]| {
    let [space, length, rest @ ..] = bytes else { return };
    let (key, record) = rest.split_at(usize::from(*length).min(rest.len()));
    property::record(*space, key, record);
});
