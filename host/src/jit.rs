//! Machine code for rulesets, where this crate was built with the feature `jit` (`docs/jit.md`).

#[cfg(feature = "jit")]
mod folder;
#[cfg(feature = "jit")]
mod map;

use krl_vm::interp::compiled::{JitMode, Tier};
use krl_vm::unit::Unit;
use krl_vm::verify::Verified;
use std::path::Path;
use std::sync::Arc;

#[cfg(feature = "jit")]
pub use folder::{CodeFolder, MOST_BYTES};

/// A form of machine code for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Cranelift's intermediate form, as it is before it is optimized.
    Clif,
    /// The processor's instructions.
    Instructions,
}

/// What makes machine code in this mode, and keeps it in `folder`; nothing where that is off, or on and this machine gets none. A folder that
/// cannot be used is logged and done without.
///
/// # Errors
/// Code is forced, and there is no way to make any.
#[cfg(feature = "jit")]
pub fn tier(mode: JitMode, folder: Option<&Path>) -> Result<Option<Arc<dyn Tier>>, String> {
    if mode == JitMode::Off {
        return Ok(None);
    }
    let cache = folder.and_then(|folder| match CodeFolder::open(folder, MOST_BYTES) {
        Ok(cache) => Some(Arc::new(cache) as Arc<dyn krl_jit::CodeCache>),
        Err(error) => {
            tracing::warn!(target: "krl::jit", folder = %folder.display(), %error, "machine code is not kept");
            None
        }
    });
    let published = map::wanted().and_then(|path| match map::published(&path) {
        Ok(published) => Some(published),
        Err(error) => {
            tracing::warn!(target: "krl::jit", map = %path.display(), %error, "there is no map for perf");
            None
        }
    });
    krl_jit::Jit::tier(mode, krl_jit::Options { cache, published }).map_err(|why| why.to_string())
}

/// What makes machine code in this mode: nothing, this host was built without.
///
/// # Errors
/// Code is forced.
#[cfg(not(feature = "jit"))]
pub fn tier(mode: JitMode, _folder: Option<&Path>) -> Result<Option<Arc<dyn Tier>>, String> {
    match mode {
        JitMode::Force => Err(WITHOUT.into()),
        JitMode::Off | JitMode::On => Ok(None),
    }
}

#[cfg(not(feature = "jit"))]
const WITHOUT: &str = "no machine code can be made: it was built without the feature `jit`";

/// The processor and system that machine code is made for.
///
/// # Errors
/// Why none can be made.
#[cfg(feature = "jit")]
pub fn target() -> Result<String, String> {
    krl_jit::Compiler::new().map(|compiler| compiler.target()).map_err(|why| why.to_string())
}

/// The processor and system that machine code is made for.
///
/// # Errors
/// Why none can be made.
#[cfg(not(feature = "jit"))]
pub fn target() -> Result<String, String> {
    Err(WITHOUT.into())
}

/// The machine code of each function of a unit, headed by its name; the reason where it has none.
///
/// # Errors
/// Why none can be made of any.
#[cfg(feature = "jit")]
pub fn listing(unit: Verified<Unit>, form: Form) -> Result<String, String> {
    let compiler = krl_jit::Compiler::new().map_err(|why| why.to_string())?;
    let loader = krl_vm::load::Loader::new(krl_stdlib::natives());
    let unit = loader.load(unit).map_err(|why| why.to_string())?;
    let form = match form {
        Form::Clif => krl_jit::Form::Clif,
        Form::Instructions => krl_jit::Form::Instructions,
    };
    Ok(compiler.listing(&unit, form))
}

/// The machine code of each function of a unit: none.
///
/// # Errors
/// Always: this host was built without.
#[cfg(not(feature = "jit"))]
pub fn listing(_unit: Verified<Unit>, _form: Form) -> Result<String, String> {
    Err(WITHOUT.into())
}
