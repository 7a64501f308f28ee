//! Code that is kept between runs of the program.

use crate::compile::{Compiler, pure_natives};
use krl_vm::krlc;
use krl_vm::load::LoadedUnit;
use std::fmt;

/// Where code is kept between runs: what is put there comes back unchanged or not at all.
///
/// Code that is read is run. A cache that others can write to must know its own entries from theirs, as `krl_host`'s does with a key.
pub trait CodeCache: fmt::Debug + Send + Sync {
    /// What is kept under a key.
    fn get(&self, key: &[u8; 32]) -> Option<Vec<u8>>;

    /// Keeps something, if that works.
    fn put(&self, key: &[u8; 32], code: &[u8]);

    /// Entries that were found damaged, or not to be its own.
    fn damaged(&self) -> u64;
}

/// What code depends on besides its function, as a number: the compiler, the machine's side of the agreement and the processor.
pub fn compiler_key(compiler: &Compiler) -> [u8; 32] {
    let isa = compiler.isa();
    let mut hasher = blake3::Hasher::new();
    let agreement = [env!("KRL_CODE_AGREEMENT"), env!("CARGO_PKG_VERSION"), cranelift_jit::VERSION];
    for part in
        agreement.map(str::to_owned).into_iter().chain([isa.triple().to_string(), isa.flags().to_string()])
    {
        text(&mut hasher, &part);
    }
    for flag in isa.isa_flags() {
        text(&mut hasher, &flag.to_string());
    }
    *hasher.finalize().as_bytes()
}

fn text(hasher: &mut blake3::Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

/// The key of a function's code. None for units that cannot be written, which nobody compiles twice.
pub fn function_key(compiler: &[u8; 32], unit: &LoadedUnit, number: u32) -> Option<[u8; 32]> {
    let unit_key = unit.code().identity(|| {
        let pure: Vec<u8> = pure_natives(unit).into_iter().map(u8::from).collect();
        let mut hasher = blake3::Hasher::new();
        // Functions are compiled with what is known of their whole unit: constants, globals, what others take.
        hasher.update(&krlc::encode(unit.unit(), "").ok()?);
        hasher.update(&pure);
        Some(*hasher.finalize().as_bytes())
    })?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(compiler).update(&unit_key).update(&number.to_le_bytes());
    Some(*hasher.finalize().as_bytes())
}
