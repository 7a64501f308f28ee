#![no_main]

use krl_conformance::{property, sample};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static FILES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(sample::files);

// Bytes as they come; and, if a byte and changes can be read from them, an example's file forged so.
fuzz_target!(|bytes: &[u8]| {
    property::loading(bytes);
    let Some((which, rest)) = bytes.split_first() else { return };
    let changes: Vec<(u32, u8)> = rest
        .as_chunks()
        .0
        .iter()
        .take(16)
        .map(|&[a, b, c, byte]| (u32::from_le_bytes([a, b, c, 0]), byte))
        .collect();
    if !changes.is_empty() {
        property::forged_file(&FILES[usize::from(*which) % FILES.len()], &changes);
    }
});
