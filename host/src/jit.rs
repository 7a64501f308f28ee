//! Machine code for rulesets, where this crate was built with the feature `jit`.

use krl_vm::interp::compiled::{JitMode, Tier};
use std::sync::Arc;

/// What makes machine code in this mode; nothing where that is off, or on and this machine gets none.
///
/// # Errors
/// Code is forced, and there is no way to make any.
#[cfg(feature = "jit")]
pub fn tier(mode: JitMode) -> Result<Option<Arc<dyn Tier>>, String> {
    krl_jit::Jit::tier(mode).map_err(|why| why.to_string())
}

/// What makes machine code in this mode: nothing, this host was built without.
///
/// # Errors
/// Code is forced.
#[cfg(not(feature = "jit"))]
pub fn tier(mode: JitMode) -> Result<Option<Arc<dyn Tier>>, String> {
    match mode {
        JitMode::Force => Err("no machine code can be made: it was built without the feature `jit`".into()),
        JitMode::Off | JitMode::On => Ok(None),
    }
}
